/* SPDX-License-Identifier: Apache-2.0 */
/* What the paths hold: bundles and lists, their tables and columns. */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "bounds.h"
#include "i18n.h"
#include "repair.h"

const char iq_template_arrow[] = " → ";
const char iq_input_based_on[] = "Stand: Revision ", iq_input_institution[] = "Institution: ";

struct opening {
	const struct iq_input_options *options;
	struct iq_arena *arena;
	struct iq_input *out;
	struct iq_error *error;
	const char *path;
	/* the file at hand */
	struct found {
		struct iq_sheet sheet;
		uint32_t line; /* of what seems to be the header, 0: none yet */
		struct iq_str headers[IQ_MAP_COLUMNS];
		size_t n;
		bool sure;
		unsigned rows;
		const struct iq_mapping *mapping;
	} * found;
	size_t nfound;
	const struct iq_template_values *known;
};

static enum iq_err no_memory(struct opening *o)
{
	return iq_error_set(o->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
}

static struct iq_input_table *add_table(struct opening *o, enum iq_kind kind)
{
	struct iq_input *in = o->out;

	if (in->ntables == in->cap_tables) {
		size_t cap = in->cap_tables ? in->cap_tables * 2 : 16;
		void *more = iq_arena_grow(o->arena, in->tables,
			in->cap_tables * sizeof(in->tables[0]), cap * sizeof(in->tables[0]));

		if (more == NULL)
			return NULL;
		in->tables = more;
		in->cap_tables = cap;
	}

	size_t at = in->ntables++;

	for (; at > 0 && in->tables[at - 1].file.kind > kind; at--)
		in->tables[at] = in->tables[at - 1];
	in->tables[at] = (struct iq_input_table){.file.kind = kind};
	return &in->tables[at];
}

static enum iq_err add_ignored(struct opening *o, struct iq_str name)
{
	struct iq_input *in = o->out;

	if (in->nignored == in->cap_ignored) {
		size_t cap = in->cap_ignored ? in->cap_ignored * 2 : 16;
		void *more = iq_arena_grow(o->arena, in->ignored,
			in->cap_ignored * sizeof(in->ignored[0]), cap * sizeof(in->ignored[0]));

		if (more == NULL)
			return no_memory(o);
		in->ignored = more;
		in->cap_ignored = cap;
	}
	in->ignored[in->nignored] = iq_arena_dup(o->arena, name);
	return in->ignored[in->nignored++].p != NULL ? IQ_OK : no_memory(o);
}

/* ---- columns of tables -------------------------------------------------------------------- */

static int sheet_column(const struct iq_columns *c, enum iq_kind kind, int col, int part)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->target[i].kind == kind && c->target[i].col == col &&
			c->target[i].part == part)
			return (int)i;
	return -1;
}

static void name_of_contact(const struct iq_columns *c, struct iq_input_column *out)
{
	out->from[2] = sheet_column(c, IQ_CONTACT, IQ_CONTACT_NAME, 1);
	out->from[3] = sheet_column(c, IQ_CONTACT, IQ_CONTACT_NAME, 0);
	out->from[4] = sheet_column(c, IQ_CONTACT, IQ_CONTACT_NAME, 2);
}

static bool comes_from(const struct iq_input_column *c)
{
	for (int i = 0; i < IQ_INPUT_FROM; i++)
		if (c->from[i] >= 0)
			return true;
	return false;
}

/* Where a column of a table comes from; false: nowhere. */
static bool origin(
	const struct iq_columns *c, enum iq_kind kind, int col, struct iq_input_column *out)
{
	*out = (struct iq_input_column){.col = col, .from = {-1, -1, -1, -1, -1}, .reported = true};
	if (kind == IQ_CONTACT && col == IQ_CONTACT_NAME)
		name_of_contact(c, out);
	else
		out->from[0] = sheet_column(c, kind, col, 0);
	if (!c->wide || comes_from(out))
		return comes_from(out);
	out->reported = false;
	if ((kind == IQ_INSTITUTION && col == IQ_INSTITUTION_NAME_DE) ||
		(kind == IQ_RESPONSIBILITY && col == IQ_RESP_INSTITUTION)) {
		out->from[0] = sheet_column(c, IQ_CONTACT, IQ_CONTACT_INSTITUTION, 0);
	} else if (kind == IQ_RESPONSIBILITY && col == IQ_RESP_CONTACTS) {
		out->from[0] = sheet_column(c, IQ_CONTACT, IQ_CONTACT_EXTERNAL_ID, 0);
		out->from[1] = sheet_column(c, IQ_CONTACT, IQ_CONTACT_EMAIL, 0);
		name_of_contact(c, out);
	}
	return comes_from(out);
}

static enum iq_err add_list(struct opening *o, const struct found *f, const struct iq_columns *c,
	enum iq_kind kind, bool first)
{
	struct iq_input_table *t = add_table(o, kind);
	struct iq_str *headers = iq_arena_array(o->arena, f->n + 1, sizeof(headers[0]));

	if (t == NULL || headers == NULL)
		return no_memory(o);
	memcpy(headers, f->headers, f->n * sizeof(headers[0]));
	t->file.path = iq_arena_dup(o->arena, iq_str(o->path));
	t->file.name = f->sheet.file;
	t->file.entry = IQ_STR("");
	t->list = true;
	t->wide = c->wide;
	t->first = first;
	t->sheet = f->sheet;
	t->header_line = f->line;
	t->headers = headers;
	t->columns = *c;
	t->mapped = f->mapping != NULL;
	t->known = o->known;
	for (size_t col = 0; col < iq_schemas[kind].ncolumns; col++)
		if (origin(c, kind, (int)col, &t->out[t->nout]))
			t->nout++;
	return t->file.path.p != NULL ? IQ_OK : no_memory(o);
}

static enum iq_err add_tables(struct opening *o, const struct found *f, const struct iq_columns *c)
{
	static const enum iq_kind kinds[] = {IQ_INSTITUTION, IQ_CONTACT, IQ_RESPONSIBILITY};
	bool first = true;
	enum iq_err err = IQ_OK;

	if (!c->wide)
		return add_list(o, f, c, c->table, true);
	for (size_t i = 0; err == IQ_OK && i < 3; i++)
		if (c->has[kinds[i]]) {
			err = add_list(o, f, c, kinds[i], first);
			first = false;
		}
	return err;
}

/* ---- sheets of a file --------------------------------------------------------------------- */

static enum iq_err on_sheet(void *arg, const struct iq_sheet *sheet, bool *skip)
{
	struct opening *o = arg;
	struct found *more = iq_arena_grow(
		o->arena, o->found, o->nfound * sizeof(*more), (o->nfound + 1) * sizeof(*more));

	if (more == NULL)
		return no_memory(o);
	o->found = more;

	struct found *f = &o->found[o->nfound++];

	*f = (struct found){.sheet = *sheet};
	f->sheet.file = iq_arena_dup(o->arena, sheet->file);
	f->sheet.name = iq_arena_dup(o->arena, sheet->name);
	*skip = sheet->hidden;
	return o->arena->failed ? no_memory(o) : IQ_OK;
}

/* ---- templates ---------------------------------------------------------------------------- */

/* The words after "Stand: Revision " and "Institution: " of a template's explanations. */
static void read_origin(struct opening *o, const struct iq_sheet_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct iq_str s = iq_trim(cells[i].text);
		uint64_t number = 0;

		if (iq_str_starts(s, iq_str(iq_input_based_on))) {
			for (size_t k = strlen(iq_input_based_on); k < s.n && number < UINT32_MAX;
				k++) {
				if (s.p[k] < '0' || s.p[k] > '9')
					break;
				number = number * 10 + (uint64_t)(s.p[k] - '0');
			}
			o->out->based_on = number;
		} else if (iq_str_starts(s, iq_str(iq_input_institution))) {
			size_t skip = strlen(iq_input_institution);

			o->out->institution =
				iq_arena_dup(o->arena, (struct iq_str){s.p + skip, s.n - skip});
		}
	}
}

struct knowing {
	struct iq_arena *arena;
	struct iq_str *v;
	size_t n, cap;
};

static enum iq_err on_hidden(void *arg, const struct iq_sheet *sheet, bool *skip)
{
	(void)arg;
	*skip = !sheet->hidden;
	return IQ_OK;
}

static enum iq_err on_value(void *arg, uint32_t line, const struct iq_sheet_cell *cells, size_t n)
{
	struct knowing *k = arg;

	(void)line;
	if (k->cap - k->n < n) {
		size_t cap = k->cap * 2 + n + 64;
		struct iq_str *more =
			iq_arena_grow(k->arena, k->v, k->cap * sizeof(*more), cap * sizeof(*more));

		if (more == NULL)
			return IQ_OK; /* then it is repaired, and told */
		k->v = more;
		k->cap = cap;
	}
	for (size_t i = 0; i < n; i++)
		if (iq_trim(cells[i].text).n != 0)
			k->v[k->n++] = iq_arena_dup(k->arena, iq_trim(cells[i].text));
	return IQ_OK;
}

static int by_text(const void *a, const void *b)
{
	const struct iq_str *x = a, *y = b;

	return iq_str_cmp(*x, *y);
}

/* The values of a template's hidden sheet. */
static const struct iq_template_values *read_known(struct opening *o, const struct iq_str *bytes)
{
	struct knowing k = {.arena = o->arena};
	const struct iq_sheet_reader reader = {
		.sheet = on_hidden, .row = on_value, .arg = &k, .only = -1};
	struct iq_template_values *known = iq_arena_alloc(o->arena, sizeof(*known));
	struct iq_error ignored;
	enum iq_err err;

	iq_error_init(&ignored, o->arena);
	err = bytes != NULL
		      ? iq_sheet_parse(IQ_FORM_XLSX, iq_str(o->path), *bytes, &reader, &ignored)
		      : iq_sheet_read(o->path, &reader, &ignored);
	if (err != IQ_OK || known == NULL || o->arena->failed)
		return NULL;
	if (k.n != 0)
		qsort(k.v, k.n, sizeof(k.v[0]), by_text);
	*known = (struct iq_template_values){k.v, k.n};
	return known;
}

bool iq_template_has(const struct iq_template_values *known, struct iq_str text)
{
	return known != NULL && known->n != 0 &&
	       bsearch(&text, known->v, known->n, sizeof(text), by_text) != NULL;
}

struct iq_str iq_template_id(const struct iq_template_values *known, struct iq_str name)
{
	const size_t arrow = strlen(iq_template_arrow);
	size_t low = 0, high = known != NULL ? known->n : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (iq_str_cmp(known->v[mid], name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; known != NULL && low < known->n && iq_str_starts(known->v[low], name); low++) {
		struct iq_str rest = {known->v[low].p + name.n, known->v[low].n - name.n};

		if (iq_str_starts(rest, iq_str(iq_template_arrow)))
			return (struct iq_str){rest.p + arrow, rest.n - arrow};
	}
	return (struct iq_str){NULL, 0};
}

/* ---- headers of sheets -------------------------------------------------------------------- */

/* The header is the first row with two cells; a title above has one. */
static enum iq_err on_row(void *arg, uint32_t line, const struct iq_sheet_cell *cells, size_t n)
{
	struct opening *o = arg;
	struct found *f = &o->found[o->nfound - 1];
	size_t filled = 0;

	if (f->sheet.form == IQ_FORM_XLSX && iq_mapping_is_explanation(f->sheet.name, o->arena))
		read_origin(o, cells, n);
	for (size_t i = 0; i < n; i++)
		filled += iq_trim(cells[i].text).n != 0;
	if (f->sure || (f->line != 0 && filled < 2) || f->rows++ > IQ_LIMIT_SHEET_TITLES)
		return IQ_OK;
	f->sure = filled > 1; /* else it may be the header of the only column */
	f->line = line;
	f->n = n < IQ_MAP_COLUMNS ? n : IQ_MAP_COLUMNS;
	for (size_t i = 0; i < f->n; i++)
		f->headers[i] = iq_arena_dup(o->arena, cells[i].text);
	return o->arena->failed ? no_memory(o) : IQ_OK;
}

static bool is_candidate(struct opening *o, const struct found *f)
{
	return !f->sheet.hidden && f->line != 0 &&
	       (f->sheet.form == IQ_FORM_CSV ||
		       !iq_mapping_is_explanation(f->sheet.name, o->arena));
}

/* In a workbook with several sheets one that holds nothing known is left out. */
static bool holds_nothing(struct opening *o, const struct found *f)
{
	const struct iq_map_options options = {.mapping = f->mapping,
		.sheet = f->sheet.name,
		.institution_given = o->options->institution_given};
	const struct iq_problem where = {0};
	struct iq_columns columns;
	struct iq_error ignored;

	iq_error_init(&ignored, o->arena);
	return iq_mapping_kind_of_name(f->sheet.name, o->arena) == IQ_KINDS &&
	       iq_mapping_apply(&options, f->headers, f->n, o->arena, &where, &columns, &ignored) !=
		       IQ_OK &&
	       columns.table == IQ_KINDS;
}

/* The mapping that was asked for, or the one used for such a list before. */
static void choose_mapping(struct opening *o, struct found *f)
{
	const struct iq_input_options *options = o->options;

	f->mapping = options->mapping;
	if (f->mapping == NULL && options->remembered != NULL && f->line != 0)
		f->mapping = options->remembered(options->ctx, f->headers, f->n);
}

static enum iq_err take_sheet(struct opening *o, const struct found *f)
{
	const struct iq_map_options options = {.mapping = f->mapping,
		.sheet = f->sheet.name,
		.ids = o->options->ids,
		.institution_given = o->options->institution_given};
	const struct iq_problem where = {.file = f->sheet.file, .line = f->line};
	struct iq_columns columns;
	enum iq_err err =
		iq_mapping_apply(&options, f->headers, f->n, o->arena, &where, &columns, o->error);

	/* what is wrong with other sheets is to be told, too */
	if (err == IQ_ERR_REJECTED)
		return IQ_OK;
	return err == IQ_OK ? add_tables(o, f, &columns) : err;
}

static enum iq_err take_sheets(struct opening *o)
{
	size_t candidates = 0;
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < o->nfound; i++) {
		choose_mapping(o, &o->found[i]);
		candidates += is_candidate(o, &o->found[i]);
	}
	for (size_t i = 0; err == IQ_OK && i < o->nfound; i++) {
		const struct found *f = &o->found[i];

		if (f->sheet.hidden)
			continue;
		if (!is_candidate(o, f) || (candidates > 1 && holds_nothing(o, f)))
			err = add_ignored(o, f->sheet.file);
		else
			err = take_sheet(o, f);
	}
	if (err == IQ_OK && candidates == 0) {
		const struct iq_problem p = {
			.file = o->nfound != 0 ? o->found[0].sheet.file : iq_str(o->path),
			.line = 1,
			.text = N_("The file is empty; a first line with the names of the columns "
				   "is expected.")};

		iq_error_add_problem(o->error, &p);
	}
	return err;
}

/* Reads the first rows of every sheet. Problems in them come up again when they are read. */
static enum iq_err open_list(
	struct opening *o, const char *path, enum iq_form form, const struct iq_str *bytes)
{
	const struct iq_sheet_reader reader = {.sheet = on_sheet,
		.row = on_row,
		.arg = o,
		.only = -1,
		.rows = IQ_LIMIT_SHEET_TITLES + 1};
	struct iq_error error;
	enum iq_err err;

	iq_error_init(&error, o->arena);
	o->path = path;
	o->found = NULL;
	o->nfound = 0;
	o->known = NULL;
	err = bytes != NULL ? iq_sheet_parse(form, iq_str(path), *bytes, &reader, &error)
			    : iq_sheet_read(path, &reader, &error);
	if (err != IQ_OK && o->error->code == IQ_OK && error.problems_total == 0) {
		*o->error = error;
		return err;
	}
	if (form == IQ_FORM_XLSX && o->out->based_on != 0)
		o->known = read_known(o, bytes);
	return err == IQ_OK || err == IQ_ERR_REJECTED ? take_sheets(o) : err;
}

/* ---- paths -------------------------------------------------------------------------------- */

static bool ends(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcasecmp(path + n - m, suffix) == 0;
}

/* A file of the bundle is one whose first line has nothing but names of its columns. */
static bool is_bundle_file(const struct iq_bundle_file *file)
{
	char head[4096];
	FILE *f = fopen(file->path.p, "rbe");
	size_t n = f != NULL ? fread(head, 1, sizeof(head), f) : 0;
	struct iq_str rest = {head, n}, line, cell;

	if (f != NULL)
		fclose(f);
	if (iq_str_starts(rest, IQ_STR("\xef\xbb\xbf")))
		rest = (struct iq_str){rest.p + 3, rest.n - 3};
	if (n == 0 || !iq_str_cut(&rest, '\n', &line))
		return true; /* the bundle's reader will say what is wrong */
	if (line.n != 0 && line.p[line.n - 1] == '\r')
		line.n--;
	while (iq_str_cut(&line, ',', &cell)) {
		if (cell.n > 2 && cell.p[0] == '"' && cell.p[cell.n - 1] == '"')
			cell = (struct iq_str){cell.p + 1, cell.n - 2};
		if (iq_column_by_name(file->kind, cell) < 0)
			return false;
	}
	return true;
}

/* Does the header look like one of Excel? A bundle with a wrong column stays a bundle. */
static bool is_list(const struct iq_bundle_file *file)
{
	char head[4096];
	FILE *f = fopen(file->path.p, "rbe");
	size_t n = f != NULL ? fread(head, 1, sizeof(head), f) : 0;
	const char *end = n != 0 ? memchr(head, '\n', n) : NULL;
	size_t line = end != NULL ? (size_t)(end - head) : n;
	bool ascii = true;

	if (f != NULL)
		fclose(f);
	for (size_t i = 0; i < line; i++)
		ascii = ascii && (uint8_t)head[i] < 0x80;
	return !ascii || memchr(head, ';', line) != NULL || memchr(head, '\t', line) != NULL ||
	       memchr(head, '|', line) != NULL;
}

static enum iq_err add_bundle(struct opening *o, const struct iq_bundle *b)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; err == IQ_OK && i < b->nfiles; i++) {
		const struct iq_bundle_file *file = &b->files[i];

		if (file->entry.n == 0 && !is_bundle_file(file) && is_list(file)) {
			err = open_list(o, file->path.p, IQ_FORM_CSV, NULL);
			continue;
		}

		struct iq_input_table *t = add_table(o, file->kind);

		if (t == NULL)
			return no_memory(o);
		t->file = *file;
	}
	for (size_t i = 0; err == IQ_OK && i < b->nignored; i++)
		err = add_ignored(o, b->ignored[i]);
	return err;
}

/* Named after a kind, exactly: "contacts.csv". */
static bool is_named_as_bundle(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	for (int k = 0; k < IQ_KINDS; k++) {
		size_t n = strlen(iq_schemas[k].file);

		if (strncmp(name, iq_schemas[k].file, n) == 0 && strcmp(name + n, ".csv") == 0)
			return true;
	}
	return false;
}

static enum iq_err open_path(struct opening *o, const char *path)
{
	struct stat st;
	struct iq_bundle bundle;
	bool list = stat(path, &st) == 0 && S_ISREG(st.st_mode) && !is_named_as_bundle(path) &&
		    (ends(path, ".csv") || ends(path, ".txt") || ends(path, ".tsv") ||
			    ends(path, ".xlsx"));

	if (list)
		return open_list(o, path, ends(path, ".xlsx") ? IQ_FORM_XLSX : IQ_FORM_CSV, NULL);
	if (ends(path, ".xls") || ends(path, ".ods"))
		return iq_error_set(o->error, IQ_ERR_USAGE,
			N_("{0} cannot be read: only .xlsx, .csv and .zip can."),
			N_("Save it as \"Excel workbook (.xlsx)\" or \"CSV UTF-8\"."), path, NULL);

	enum iq_err err = iq_bundle_open(&path, 1, o->arena, &bundle, o->error);

	return err == IQ_OK ? add_bundle(o, &bundle) : err;
}

static enum iq_err finish(struct opening *o, enum iq_err err, uint64_t before)
{
	if (err == IQ_OK && o->error->problems_total != before)
		return IQ_ERR_REJECTED;
	return err;
}

enum iq_err iq_input_open(const char *const *paths, size_t npaths,
	const struct iq_input_options *options, struct iq_arena *arena, struct iq_input *out,
	struct iq_error *error)
{
	struct opening o = {.options = options, .arena = arena, .out = out, .error = error};
	const uint64_t before = error->problems_total;
	enum iq_err err = IQ_OK;

	*out = (struct iq_input){0};
	if (npaths == 0) {
		struct iq_bundle none;

		return iq_bundle_open(NULL, 0, arena, &none, error); /* says what is expected */
	}
	for (size_t i = 0; err == IQ_OK && i < npaths; i++)
		err = open_path(&o, paths[i]);
	return finish(&o, err, before);
}

enum iq_err iq_input_open_bytes(enum iq_form form, struct iq_str file, struct iq_str bytes,
	const struct iq_input_options *options, struct iq_arena *arena, struct iq_input *out,
	struct iq_error *error)
{
	struct opening o = {.options = options, .arena = arena, .out = out, .error = error};
	const uint64_t before = error->problems_total;
	const char *name = iq_arena_cstr(arena, file);

	*out = (struct iq_input){0};
	return finish(&o, name != NULL ? open_list(&o, name, form, &bytes) : no_memory(&o), before);
}
