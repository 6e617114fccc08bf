/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue knows one language at a time: what was looked up is kept. */
#include <string.h>

#include "report_doc.h"

struct kept {
	const char *(*word)(const char *);
	const char *code;
	struct iq_report_text text;
};

struct iq_rep_words {
	struct kept *kept;
	size_t n, cap;
};

static const char *const codes[IQ_REPORT_LANGS] = {[IQ_LANG_DE] = "de", [IQ_LANG_EN] = "en"};

static const char *by_catalogue(const char *msgid)
{
	return gettext(msgid);
}

static struct iq_report_text look_up(
	struct iq_rep *r, const char *(*word)(const char *), const char *code)
{
	struct iq_report_text text = {{{0}}};

	for (int lang = 0; lang < IQ_REPORT_LANGS && code[0] != '\0'; lang++) {
		iq_i18n_init(codes[lang]);
		text.in[lang] = iq_str(word(code));
	}
	iq_i18n_init(codes[r->cli->lang]);
	return text;
}

struct iq_report_text iq_rep_word(
	struct iq_rep *r, const char *(*word)(const char *code), const char *code)
{
	struct iq_rep_words *w = r->words;
	struct iq_report_text text;

	if (w == NULL)
		w = r->words = iq_arena_zalloc(&r->cli->arena, sizeof(*w));
	for (size_t i = 0; w != NULL && i < w->n; i++)
		if (w->kept[i].word == word && strcmp(w->kept[i].code, code) == 0)
			return w->kept[i].text;
	text = look_up(r, word, code);
	if (w != NULL && w->n == w->cap) {
		size_t cap = w->cap != 0 ? 2 * w->cap : 64, size = sizeof(*w->kept);
		struct kept *more =
			iq_arena_grow(&r->cli->arena, w->kept, w->cap * size, cap * size);

		if (more == NULL)
			return text;
		w->kept = more;
		w->cap = cap;
	}
	if (w != NULL)
		w->kept[w->n++] = (struct kept){word, code, text};
	return text;
}

struct iq_report_text iq_rep_text(struct iq_rep *r, const char *msgid, struct iq_report_text first,
	struct iq_report_text second)
{
	struct iq_report_text text = iq_rep_word(r, by_catalogue, msgid);

	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++) {
		const struct iq_str args[] = {first.in[lang], second.in[lang]};
		const char *format = iq_arena_cstr(&r->cli->arena, text.in[lang]);

		text.in[lang] = iq_str(iq_text_fill(&r->cli->arena, format ? format : "", args, 2));
	}
	return text;
}

struct iq_report_text iq_rep_join(
	struct iq_rep *r, struct iq_report_text a, const char *glue, struct iq_report_text b)
{
	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++) {
		if (a.in[lang].n == 0)
			a.in[lang] = b.in[lang];
		else if (b.in[lang].n != 0)
			a.in[lang] = iq_str(iq_arena_printf(&r->cli->arena, "%.*s%s%.*s",
				IQ_STR_ARG(a.in[lang]), glue, IQ_STR_ARG(b.in[lang])));
	}
	return a;
}

struct iq_report_text iq_rep_number(struct iq_rep *r, uint64_t n)
{
	return iq_rep_same(iq_arena_printf(&r->cli->arena, "%llu", (unsigned long long)n));
}
