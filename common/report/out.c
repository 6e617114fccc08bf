/* SPDX-License-Identifier: Apache-2.0 */
/* What all writers need: texts, sentences, symbols, dates. */
#include <stdio.h>
#include <stdlib.h>

#include "report_priv.h"
#include "utf8.h"

static const char *const msgids[IQ_RW_WORDS] = {
#define X(name, text) [IQ_RW_##name] = text,
	/* long texts are two literals. NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
	IQ_RW_TABLE(X)
#undef X
};

const char *const iq_report_symbols[IQ_ROLES] = {
	[IQ_LEAD] = "●",
	[IQ_PROVIDER] = "◐",
	[IQ_ADVICE] = "○",
	[IQ_SUPPORT] = "+",
	[IQ_FUNDING] = "€",
	[IQ_REFERRAL] = "→",
};

/* gettext knows one language at a time; its answers stay valid. */
static void load_catalogue(struct iq_report_words *w)
{
	const char *language = getenv("LANGUAGE");
	char *before = language != NULL ? strdup(language) : NULL;

	iq_i18n_init("de");
	for (size_t i = 0; i < IQ_RW_WORDS; i++) {
		w->in[IQ_LANG_DE][i] = gettext(msgids[i]);
		w->in[IQ_LANG_EN][i] = msgids[i];
	}
	iq_i18n_init(before != NULL && strncmp(before, "de", 2) == 0 ? "de" : "en");
	if (before != NULL)
		setenv("LANGUAGE", before, 1);
	else
		unsetenv("LANGUAGE");
	free(before);
}

void iq_report_words_load(struct iq_report_words *w, const struct iq_report *doc)
{
	if (doc->translate == NULL) {
		load_catalogue(w);
		return;
	}
	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++)
		for (size_t i = 0; i < IQ_RW_WORDS; i++)
			w->in[lang][i] = doc->translate(doc->arg, (enum iq_lang)lang, msgids[i]);
}

void iq_report_begin(
	struct iq_report_out *o, const struct iq_report *doc, enum iq_lang lang, struct iq_buf *b)
{
	memset(o, 0, sizeof(*o));
	o->doc = doc;
	o->lang = lang;
	o->b = b;
	iq_arena_init(&o->mem, 0);
	iq_report_words_load(&o->words, doc);
}

enum iq_err iq_report_end(struct iq_report_out *o, struct iq_error *error)
{
	bool failed = o->mem.failed || (o->b != NULL && o->b->failed);

	iq_arena_free(&o->mem);
	if (failed)
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	return IQ_OK;
}

struct iq_str iq_report_in(struct iq_report_text t, enum iq_lang lang)
{
	enum iq_lang other = lang == IQ_LANG_DE ? IQ_LANG_EN : IQ_LANG_DE;

	return t.in[lang].n != 0 ? t.in[lang] : t.in[other];
}

bool iq_report_has(struct iq_report_text t)
{
	return t.in[IQ_LANG_DE].n != 0 || t.in[IQ_LANG_EN].n != 0;
}

struct iq_str iq_rw_fill(
	struct iq_report_out *o, enum iq_rw word, struct iq_str first, struct iq_str second)
{
	const struct iq_str args[] = {first, second};

	return iq_str(iq_text_fill(&o->mem, iq_rw(o, word), args, 2));
}

const char *iq_report_role(const struct iq_report_out *o, enum iq_role role)
{
	static const enum iq_rw words[IQ_ROLES] = {IQ_RW_LEAD, IQ_RW_PROVIDER, IQ_RW_ADVICE,
		IQ_RW_SUPPORT, IQ_RW_FUNDING, IQ_RW_REFERRAL};

	return (unsigned)role < IQ_ROLES ? iq_rw(o, words[role]) : "";
}

size_t iq_report_ngroups(const struct iq_report *doc)
{
	return doc->ngroups < IQ_REPORT_GROUPS ? doc->ngroups : IQ_REPORT_GROUPS;
}

/* Appends to a text in the arena, with `sep` between. */
static void join(struct iq_report_out *o, struct iq_str *s, const char *sep, struct iq_str more)
{
	char *p = s->n == 0 ? iq_arena_cstr(&o->mem, more)
			    : iq_arena_printf(
				      &o->mem, "%.*s%s%.*s", IQ_STR_ARG(*s), sep, IQ_STR_ARG(more));

	*s = iq_str(p);
}

struct iq_str iq_report_letters(struct iq_report_out *o, uint32_t groups)
{
	struct iq_str s = {0};

	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++)
		if ((groups >> i & 1) != 0)
			join(o, &s, " ", o->doc->groups[i].letter);
	return s.n != 0 ? s : iq_str(iq_rw(o, IQ_RW_ALL));
}

struct iq_str iq_report_statuses(struct iq_report_out *o, const struct iq_report_entry *e)
{
	struct iq_str s = {0};

	if (iq_report_has(e->statuses))
		return iq_report_in(e->statuses, o->lang);
	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++)
		if ((e->groups >> i & 1) != 0)
			join(o, &s, ", ", iq_report_in(o->doc->groups[i].name, o->lang));
	return s.n != 0 ? s : iq_str(iq_rw(o, IQ_RW_ALL));
}

struct iq_str iq_report_sentence(struct iq_report_out *o, const struct iq_report_entry *e)
{
	struct iq_str role = iq_str(iq_report_role(o, e->role)), none = {0};
	bool any = e->groups == 0 && !iq_report_has(e->statuses);
	struct iq_str s = any ? iq_rw_fill(o, IQ_RW_FOR_ALL, role, none)
			      : iq_rw_fill(o, IQ_RW_FOR, role, iq_report_statuses(o, e));

	if (iq_report_has(e->condition))
		s = iq_rw_fill(o, IQ_RW_IF, s, iq_report_in(e->condition, o->lang));
	else if (e->possible)
		s = iq_rw_fill(o, IQ_RW_PARTLY, s, none);
	return s;
}

struct iq_str iq_report_cell_text(struct iq_report_out *o, const struct iq_report_cell *c)
{
	struct iq_str s = {0};

	for (size_t i = 0; i < c->nentries; i++) {
		const struct iq_report_entry *e = &c->entries[i];
		struct iq_str letters = iq_report_letters(o, e->groups);
		const char *mark = iq_report_has(e->condition) ? "*" : e->possible ? "?" : "";

		if ((unsigned)e->role < IQ_ROLES)
			join(o, &s, "; ",
				iq_str(iq_arena_printf(&o->mem, "%s %.*s%s",
					iq_report_symbols[e->role], IQ_STR_ARG(letters), mark)));
	}
	return s;
}

struct iq_str iq_report_date(struct iq_report_out *o, struct iq_str iso)
{
	static const char form[] = "dddd-dd-dd";

	if (o->lang != IQ_LANG_DE || iso.n != sizeof(form) - 1)
		return iso;
	for (size_t i = 0; i < iso.n; i++)
		if (form[i] == 'd' ? iso.p[i] < '0' || iso.p[i] > '9' : iso.p[i] != form[i])
			return iso;
	return iq_str(iq_arena_printf(&o->mem, "%.2s.%.2s.%.4s", iso.p + 8, iso.p + 5, iso.p));
}

struct iq_str iq_report_visible(struct iq_report_out *o, struct iq_str s)
{
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_utf8_escape(&b, s);
	o->mem.failed = o->mem.failed || b.failed;

	struct iq_str out = iq_arena_dup(&o->mem, (struct iq_str){(char *)b.p, b.n});

	iq_buf_free(&b);
	return out;
}

static const enum iq_rw notices[] = {
	IQ_RW_PRIVACY_CLOSED, IQ_RW_PRIVACY_DESTROY, IQ_RW_PRIVACY_RECORD};

size_t iq_report_nprivacy(const struct iq_report *doc)
{
	if (doc->nprivacy != 0)
		return doc->nprivacy;
	return doc->edition == IQ_REPORT_PUBLIC ? 1 : sizeof(notices) / sizeof(notices[0]);
}

struct iq_str iq_report_privacy(struct iq_report_out *o, size_t i)
{
	if (o->doc->nprivacy != 0)
		return iq_report_in(o->doc->privacy[i], o->lang);
	return iq_str(
		iq_rw(o, o->doc->edition == IQ_REPORT_PUBLIC ? IQ_RW_PRIVACY_PUBLIC : notices[i]));
}

const char *iq_report_edition_name(const struct iq_report_out *o)
{
	static const enum iq_rw names[] = {IQ_RW_PUBLIC, IQ_RW_PARTNERS, IQ_RW_MEMBERS};
	unsigned edition = (unsigned)o->doc->edition;

	return edition <= IQ_REPORT_MEMBERS ? iq_rw(o, names[edition]) : "";
}

struct iq_str iq_report_compared(struct iq_report_out *o)
{
	const struct iq_report *doc = o->doc;
	struct iq_str date = iq_report_date(o, doc->base_date), none = {NULL, 0};
	struct iq_str revision =
		iq_str(iq_arena_printf(&o->mem, "%llu", (unsigned long long)doc->base_revision));

	if (doc->base_revision == 0)
		return date.n != 0 ? iq_rw_fill(o, IQ_RW_COMPARED, date, none) : none;
	if (date.n == 0)
		return iq_rw_fill(o, IQ_RW_COMPARED_REV, revision, none);
	return iq_rw_fill(o, IQ_RW_COMPARED_BOTH, date, revision);
}
