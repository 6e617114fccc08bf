/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bundle.h"
#include "record.h"

enum { COLUMNS = 8 };

/* What a table shows of each kind; "name" is the one of the language. */
static const char *const shown[IQ_KINDS][COLUMNS] = {
	[IQ_REGION] = {"id", "name", "kind", "parent", "ars"},
	[IQ_POSTCODE] = {"postcode", "region"},
	[IQ_TASK] = {"id", "name", "parent", "leika"},
	[IQ_STATUS] = {"id", "name", "parent", "legal_basis"},
	[IQ_FACT] = {"id", "name", "type", "values"},
	[IQ_KIND] = {"id", "name", "statutory"},
	[IQ_INSTITUTION] = {"id", "name", "kind", "region", "phone", "email"},
	[IQ_CONTACT] = {"id", "institution", "name", "function", "phone", "email", "visibility"},
	[IQ_RESPONSIBILITY] = {"id", "institution", "task", "region", "statuses", "role",
		"condition", "confirmed_on"},
	[IQ_NOTICE] = {"id", "effect", "task", "region", "statuses", "valid_from", "valid_to"},
	[IQ_HANDOVER] = {"id", "process", "step", "task", "from_kinds", "to_kinds"},
	[IQ_WORKSHOP_RECORD] = {"id", "name", "region", "organisers", "valid_from", "valid_to"},
	[IQ_MEMBERSHIP] = {"id", "workshop", "institution", "accepted_from", "accepted_to",
		"decides", "guest"},
	[IQ_TOPIC] = {"id", "workshop", "name", "institution", "state", "opened_on"},
	[IQ_MEETING] = {"id", "workshop", "name", "date", "begins", "place", "state"},
	[IQ_PROPOSAL] = {"id", "workshop", "institution", "text_de", "state", "deadline", "result"},
	[IQ_BALLOT] = {"id", "proposal", "institution", "choice", "as", "cast_on"},
	[IQ_COMMITMENT] = {"id", "workshop", "institutions", "text_de", "due", "state"},
};

static bool is_set(const struct iq_column *c)
{
	return c->type == IQ_TYPE_TEXTS || c->type == IQ_TYPE_REFS;
}

json_t *iq_record_json(const struct iq_rec *rec)
{
	const struct iq_schema *s = &iq_schemas[rec->kind];
	json_t *o = json_object();

	for (size_t c = 0; c < s->ncolumns; c++) {
		const struct iq_column *col = &s->columns[c];
		json_t *v;

		if (is_set(col)) {
			v = json_array();
			for (uint32_t i = 0; i < rec->col[c].n; i++)
				json_array_append_new(v, iq_json_str(rec->col[c].v[i]));
		} else if (col->type == IQ_TYPE_DATE) {
			v = iq_json_or_null(iq_rec_text(rec, (int)c));
		} else {
			v = iq_json_str(iq_rec_text(rec, (int)c));
		}
		json_object_set_new(o, col->name, v);
	}
	json_object_set_new(o, "revision", json_integer((json_int_t)rec->revision));
	return o;
}

static void csv(struct iq_cli *cli, enum iq_kind kind, const struct iq_rec *recs, size_t n)
{
	iq_bundle_write_header(&cli->out, kind);
	for (size_t i = 0; i < n; i++)
		iq_bundle_write_record(&cli->out, &recs[i], &cli->arena);
}

/* Dates as people write them, sets with blanks. */
static struct iq_str in_words(
	struct iq_cli *cli, const struct iq_rec *rec, size_t c, struct iq_str v)
{
	const struct iq_column *col = &iq_schemas[rec->kind].columns[c];
	const char *all = "";

	if (col->type == IQ_TYPE_DATE && v.n > 0)
		return iq_word_date(cli, v.p);
	if (!is_set(col))
		return v;
	for (uint32_t i = 0; i < rec->col[c].n; i++)
		all = iq_arena_printf(
			&cli->arena, "%s%s%.*s", all, i ? "; " : "", IQ_STR_ARG(rec->col[c].v[i]));
	return iq_str(all);
}

void iq_record_show(struct iq_cli *cli, const struct iq_rec *rec)
{
	const struct iq_schema *s = &iq_schemas[rec->kind];
	unsigned width = 0;

	if (cli->format == IQ_FORMAT_CSV) {
		csv(cli, rec->kind, rec, 1);
		return;
	}
	for (size_t c = 0; c < s->ncolumns; c++) {
		unsigned w = iq_width(iq_str(iq_word_column(s->columns[c].name)));

		width = w > width ? w : width;
	}
	for (size_t c = 0; c < s->ncolumns; c++) {
		const struct iq_column *col = &s->columns[c];
		struct iq_str v = iq_rec_write_cell(rec, (int)c, &cli->arena);

		if (cli->format == IQ_FORMAT_TABLE)
			v = in_words(cli, rec, c, v);
		const char *label = cli->format == IQ_FORMAT_TSV || c == IQ_COL_ID
					    ? col->name
					    : iq_word_column(col->name);

		iq_field(cli, width, label, v);
	}
	if (rec->revision != 0)
		iq_field(cli, width, cli->format == IQ_FORMAT_TSV ? "revision" : _("Revision"),
			iq_str(iq_arena_printf(
				&cli->arena, "%llu", (unsigned long long)rec->revision)));
}

static const char *heading(enum iq_kind kind, const char *name)
{
	if (strcmp(name, "id") == 0)
		return N_("Id");
	for (size_t c = 0; c < iq_schemas[kind].ncolumns; c++)
		if (strcmp(iq_schemas[kind].columns[c].name, name) == 0)
			return name;
	return N_("Name");
}

static struct iq_str cell(struct iq_cli *cli, const struct iq_rec *rec, const char *name)
{
	int c = iq_column_by_name(rec->kind, iq_str(name));

	if (c < 0) /* "name" */
		return iq_rec_name(rec, cli->lang == IQ_LANG_EN);
	return iq_rec_write_cell(rec, c, &cli->arena);
}

/* Ids, phones and dates stay in one piece; texts may wrap. */
static bool in_one_piece(const char *name)
{
	static const char *const names[] = {
		"phone", "ars", "postcode", "confirmed_on", "valid_from", "valid_to", NULL};

	return iq_choice(names, iq_str(name)) >= 0;
}

static enum iq_err table(struct iq_cli *cli, enum iq_kind kind, const struct iq_rec *recs, size_t n)
{
	struct iq_col cols[COLUMNS] = {{0}};
	struct iq_table t;
	size_t ncols = 0;

	while (ncols < COLUMNS && shown[kind][ncols] != NULL) {
		const char *name = shown[kind][ncols];
		const char *head = heading(kind, name);
		int at = iq_column_by_name(kind, iq_str(name));

		cols[ncols++] = (struct iq_col){name, head == name ? iq_word_column(name) : head,
			at >= 0 && iq_schemas[kind].columns[at].type == IQ_TYPE_DATE ? IQ_CELL_DATE
										     : IQ_CELL_TEXT,
			in_one_piece(name)};
	}
	iq_table_init(&t, cli, cols, ncols);
	for (size_t i = 0; i < n; i++) {
		struct iq_str row[COLUMNS];

		for (size_t c = 0; c < ncols; c++)
			row[c] = cell(cli, &recs[i], cols[c].key);
		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, 0, n);
}

enum iq_err iq_records_show(struct iq_cli *cli, enum iq_kind kind, const struct iq_rec *recs,
	size_t n, uint64_t revision, uint64_t total)
{
	if (cli->format == IQ_FORMAT_JSON) {
		json_t *items = json_array();

		for (size_t i = 0; i < n; i++)
			json_array_append_new(items, iq_record_json(&recs[i]));
		return iq_json_list(cli, revision, items, total);
	}
	if (cli->format == IQ_FORMAT_CSV) {
		csv(cli, kind, recs, n);
		return IQ_OK;
	}
	return table(cli, kind, recs, n);
}

struct iq_str iq_address(
	struct iq_cli *cli, const char *street, const char *postcode, const char *town)
{
	bool place = *postcode != '\0' || *town != '\0';
	const char *text = iq_arena_printf(&cli->arena, "%s%s%s%s%s", street,
		*street != '\0' && place ? ", " : "", postcode,
		*postcode != '\0' && *town != '\0' ? " " : "", town);

	return iq_safe_c(cli, text);
}
