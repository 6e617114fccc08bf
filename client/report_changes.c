/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes since the last edition. Contact persons never appear here: what a difference shows of
 * them is what whoever makes the report may see, not its readers.
 */
#include <string.h>

#include "codec.h"
#include "date.h"
#include "report_doc.h"
#include "who.h"

/* Fields that are told of; others are of no use to readers, or say who the persons are. */
static const char *const told[] = {"task", "region", "statuses", "role", "condition", "legal_basis",
	"valid_from", "valid_to", "effect", "text_de", "text_en", "name_de", "name_en", "street",
	"postcode", "town", "phone", "email", "url", "hours", "kind", "parent", "institution",
	NULL};

struct changes {
	struct iq_rep *r;
	struct iq_report_line *line; /* NULL: they are counted only */
	size_t n, most;
};

static bool is_told(const Iq__V1__DiffItem *x)
{
	return strcmp(x->kind, "responsibility") == 0 || strcmp(x->kind, "notice") == 0 ||
	       strcmp(x->kind, "institution") == 0;
}

static const char *name_of(
	const Iq__V1__DiffResponse *page, const struct iq_column *c, const char *id)
{
	return iq_label(page->labels, page->n_labels, iq_schemas[c->target].name, id);
}

/* A cell as people read it, in the language that is set. */
static const char *value(struct iq_cli *cli, const Iq__V1__DiffResponse *page,
	const struct iq_column *c, const char *cell)
{
	struct iq_str rest = iq_str(cell), part;
	const char *all = "";

	if (cell[0] == '\0')
		return "–";
	if (c->type == IQ_TYPE_DATE)
		return iq_word_date(cli, cell).p;
	if (strcmp(c->name, "role") == 0)
		return iq_word_role(cell);
	if (strcmp(c->name, "effect") == 0)
		return iq_word_effect(cell);
	if (c->type != IQ_TYPE_REF && c->type != IQ_TYPE_REFS)
		return cell;
	while (iq_str_cut(&rest, c->sep ? c->sep : ';', &part))
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? ", " : "",
			name_of(page, c, iq_arena_cstr(&cli->arena, part)));
	return all;
}

static struct iq_str day_of(struct iq_cli *cli, const Iq__V1__DiffItem *x)
{
	char text[11] = "";

	if (x->time != 0)
		iq_date_format(iq_date_in_germany((int64_t)x->time), text);
	return iq_arena_dup(&cli->arena, iq_str(text));
}

/* The next line, in one language. */
static void put(struct changes *c, const Iq__V1__DiffItem *x, enum iq_lang lang, const char *what,
	const char *before, const char *after)
{
	const char *const cells[] = {what, before, after};
	size_t at = c->n++;

	if (c->line == NULL || at >= c->most)
		return;

	struct iq_report_line *line = &c->line[at];

	line->cells[0].in[lang] = day_of(c->r->cli, x);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		line->cells[1 + i].in[lang] = iq_str(cells[i]);
}

static void put_item(struct changes *c, const Iq__V1__DiffResponse *page, const Iq__V1__DiffItem *x,
	enum iq_lang lang)
{
	struct iq_cli *cli = c->r->cli;
	enum iq_kind kind = iq_kind_by_name(iq_str(x->kind));
	const char *name = x->name[0] != '\0' ? x->name : x->id;

	if (strcmp(x->what, "added") == 0)
		put(c, x, lang, name, "–", _("new"));
	else if (strcmp(x->what, "removed") == 0)
		put(c, x, lang, name, _("on record"), _("no longer"));
	for (size_t i = 0; strcmp(x->what, "changed") == 0 && i < x->n_changes; i++) {
		const Iq__V1__Change *change = x->changes[i];
		int column = iq_column_by_name(kind, iq_str(change->column));

		if (column < 0 || iq_choice(told, iq_str(change->column)) < 0)
			continue;

		const struct iq_column *schema = &iq_schemas[kind].columns[column];

		put(c, x, lang,
			iq_arena_printf(
				&cli->arena, "%s – %s", name, iq_word_column(change->column)),
			value(cli, page, schema, change->before),
			value(cli, page, schema, change->after));
	}
}

static void put_all(struct changes *c, enum iq_lang lang)
{
	const struct iq_rep *r = c->r;

	c->n = 0;
	for (size_t p = 0; p < r->ndiff[lang]; p++)
		for (size_t i = 0; i < r->diff[lang][p]->n_items; i++)
			if (is_told(r->diff[lang][p]->items[i]))
				put_item(c, r->diff[lang][p], r->diff[lang][p]->items[i], lang);
}

void iq_rep_fill_changes(struct iq_rep *r)
{
	static const char *const codes[IQ_REPORT_LANGS] = {
		[IQ_LANG_DE] = "de", [IQ_LANG_EN] = "en"};
	struct changes c = {.r = r};
	enum iq_lang before = r->cli->lang;

	if (r->ndiff[IQ_LANG_DE] == 0)
		return;
	r->doc.base_revision = r->diff[IQ_LANG_DE][0]->from_revision;
	r->doc.base_date =
		iq_str(r->base.revision != 0 ? r->base.date : r->diff[IQ_LANG_DE][0]->from);
	put_all(&c, IQ_LANG_DE);
	c.most = c.n;
	c.line = iq_rep_lines(r, IQ_REPORT_CHANGES, c.most);
	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++) {
		iq_i18n_init(codes[lang]);
		r->cli->lang = (enum iq_lang)lang;
		put_all(&c, (enum iq_lang)lang);
	}
	r->cli->lang = before;
	iq_i18n_init(codes[before]);
}
