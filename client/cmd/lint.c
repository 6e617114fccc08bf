/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "cache.h"
#include "check.h"
#include "commands.h"
#include "directory.h"
#include "json.h"
#include "lists.h"
#include "problems.h"

/* Where a record came from; empty file name: the cached vocabulary. */
struct place {
	struct iq_str file;
	uint32_t line;
};

struct linter {
	struct iq_cli *cli;
	struct iq_lists *lists;
	struct iq_directory *directory;
	struct iq_error *found;
	struct place *places[IQ_KINDS];
	size_t cap[IQ_KINDS];
	bool given[IQ_KINDS], known[IQ_KINDS]; /* in the files; in the files or the cache */
	/* the file at hand */
	const struct iq_bundle_file *file;
	bool cached, usable, list;
	unsigned rows; /* of lists, without id */
	int at[IQ_COLUMNS_MAX];
	size_t ncells;
	struct iq_str root; /* of regions that stand for unknown ones */
	struct iq_arena scratch;
};

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct linter *l = arg;
	struct iq_problem where = {.file = file->name, .line = 1};
	int at[IQ_COLUMNS_MAX * 4];
	size_t max = sizeof(at) / sizeof(at[0]);

	if (l->list) { /* understood when it was opened */
		l->usable = true;
		l->ncells = n < IQ_COLUMNS_MAX ? n : IQ_COLUMNS_MAX;
		for (size_t i = 0; i < l->ncells; i++)
			l->at[i] = iq_column_by_name(file->kind, columns[i]);
		return IQ_OK;
	}
	l->usable = iq_check_header(file->kind, columns, n < max ? n : max, at, &where, l->found) ==
		    IQ_OK;
	l->ncells = n < IQ_COLUMNS_MAX ? n : IQ_COLUMNS_MAX;
	memcpy(l->at, at, l->ncells * sizeof(at[0]));
	return IQ_OK;
}

/* A record that stands for one that is not known here, so that references to it can pass. */
static void stand_in(struct linter *l, enum iq_kind kind, struct iq_str id, struct iq_str owner)
{
	struct iq_rec rec = {.kind = kind};
	struct iq_str values[4] = {id, id, owner, l->root};
	int name =
		kind == IQ_CONTACT ? IQ_CONTACT_NAME : iq_column_by_name(kind, IQ_STR("name_de"));

	if (iq_directory_find(l->directory, kind, id) != IQ_NONE)
		return;
	rec.col[IQ_COL_ID] = (struct iq_value){&values[0], 1};
	if (name >= 0)
		rec.col[name] = (struct iq_value){&values[1], 1};
	if (kind == IQ_CONTACT)
		rec.col[IQ_CONTACT_INSTITUTION] = (struct iq_value){&values[2], 1};
	if (kind == IQ_REGION && l->root.n > 0)
		rec.col[IQ_REGION_PARENT] = (struct iq_value){&values[3], 1};
	else if (kind == IQ_REGION)
		l->root = iq_arena_dup(&l->cli->arena, id);
	if (iq_directory_put(l->directory, &rec) == IQ_NONE)
		l->usable = false;
}

/* What refers to kinds that are neither in the files nor in the cache cannot be judged. */
static void excuse(struct linter *l, struct iq_rec *rec)
{
	const struct iq_schema *s = &iq_schemas[rec->kind];
	struct iq_str owner = {NULL, 0};

	if (rec->kind == IQ_RESPONSIBILITY)
		owner = iq_rec_text(rec, IQ_RESP_INSTITUTION);
	for (size_t c = 0; c < s->ncolumns; c++) {
		const struct iq_column *col = &s->columns[c];

		if (col->type == IQ_TYPE_CONDITION || col->type == IQ_TYPE_IMPLIES) {
			if (!l->known[IQ_FACT])
				rec->col[c].n = 0;
		} else if ((col->type == IQ_TYPE_REF || col->type == IQ_TYPE_REFS) &&
			   !l->known[col->target]) {
			for (uint32_t i = 0; i < rec->col[c].n; i++)
				stand_in(l, col->target, rec->col[c].v[i], owner);
		}
	}
}

/* In lists institutions and contacts are named, not known by id; the server matches them. */
static bool is_for_server(const struct linter *l, enum iq_kind kind, int col)
{
	const struct iq_column *c = &iq_schemas[kind].columns[col];
	bool reference = c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS;

	if (!l->list || !reference)
		return false;
	return c->target == IQ_INSTITUTION || c->target == IQ_CONTACT ||
	       (l->lists->options.names == NULL && !l->given[c->target]);
}

static void fill(struct iq_rec *rec, int col, struct iq_str *value)
{
	if (rec->col[col].n == 0)
		rec->col[col] = (struct iq_value){value, 1};
}

/* What rows of lists may leave out, so that the rest can be judged. */
static void complete(struct linter *l, struct iq_rec *rec)
{
	static struct iq_str some = {"x-list", 6}, strictest = {"institution", 11},
			     lead = {"lead", 4};
	struct iq_str *id = iq_arena_alloc(&l->scratch, sizeof(*id));

	if (!l->list || id == NULL)
		return;
	*id = iq_str(iq_arena_printf(&l->scratch, "x-row-%u", ++l->rows));
	if (rec->kind != IQ_POSTCODE) /* the pair is its id */
		fill(rec, IQ_COL_ID, id);
	for (size_t c = 0; c < iq_schemas[rec->kind].ncolumns; c++) {
		const struct iq_column *column = &iq_schemas[rec->kind].columns[c];

		if (!column->required || column->type != IQ_TYPE_REF ||
			!is_for_server(l, rec->kind, (int)c))
			continue;
		stand_in(l, column->target, some, some);
		fill(rec, (int)c, &some);
	}
	if (rec->kind == IQ_REGION && rec->col[IQ_REGION_PARENT].n == 0) {
		stand_in(l, IQ_REGION, some, some);
		fill(rec, IQ_REGION_PARENT, &some);
	}
	if (rec->kind == IQ_CONTACT)
		fill(rec, IQ_CONTACT_VISIBILITY, &strictest);
	if (rec->kind == IQ_RESPONSIBILITY)
		fill(rec, IQ_RESP_ROLE, &lead);
}

static void remember(struct linter *l, enum iq_kind kind, iq_num num, uint32_t line)
{
	if (num >= l->cap[kind]) {
		size_t cap = (size_t)num * 2 + 64;
		struct place *more = iq_arena_grow(&l->cli->arena, l->places[kind],
			l->cap[kind] * sizeof(*more), cap * sizeof(*more));

		if (more == NULL)
			return;
		memset(more + l->cap[kind], 0, (cap - l->cap[kind]) * sizeof(*more));
		l->places[kind] = more;
		l->cap[kind] = cap;
	}
	struct place *p = &l->places[kind][num];
	bool twice = p->line > 0 && p->file.n > 0;

	if (l->cached)
		return;
	if (twice) {
		const char *first = iq_arena_printf(&l->scratch, "%u", p->line);
		struct iq_problem problem = {.file = l->file->name,
			.line = line,
			.column = IQ_STR("id"),
			.text = N_("This record is in the input twice; first in line {0} of {1}."),
			.args = {iq_str(first), p->file},
			.nargs = 2};

		iq_error_add_problem(l->found, &problem);
	}
	*p = (struct place){l->file->name, line};
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct linter *l = arg;
	struct iq_rec rec = {.kind = l->file->kind};
	bool good = l->usable;

	iq_arena_reset(&l->scratch);
	for (size_t i = 0; l->usable && i < n && i < l->ncells; i++) {
		struct iq_problem p = {.file = l->file->name, .line = line};

		if (l->at[i] < 0 || is_for_server(l, rec.kind, l->at[i]))
			continue;
		if (iq_rec_read_cell(&rec, l->at[i], cells[i], &l->scratch, &p) == IQ_OK)
			continue;
		good = false;
		if (l->list)
			p.column = iq_lists_header(l->lists, p.file, p.column);
		if (!l->cached)
			iq_error_add_problem(l->found, &p);
	}
	if (!good) { /* told already; what refers to it is not wrong for that */
		struct iq_str id = iq_rec_text(&rec, IQ_COL_ID);

		if (id.n > 0 && rec.kind != IQ_POSTCODE)
			stand_in(l, rec.kind, id, iq_rec_text(&rec, IQ_CONTACT_INSTITUTION));
		return IQ_OK;
	}
	complete(l, &rec);
	excuse(l, &rec);
	iq_num num = iq_directory_put(l->directory, &rec);

	if (num == IQ_NONE) {
		struct iq_problem p = {.file = l->file->name,
			.line = line,
			.column = IQ_STR("id"),
			.text = N_("A value is missing here.")};

		if (!l->cached)
			iq_error_add_problem(l->found, &p);
		return IQ_OK;
	}
	remember(l, rec.kind, num, line);
	return IQ_OK;
}

/* What reading gave is told, and reading goes on with the next file. */
static enum iq_err go_on(struct linter *l, enum iq_err err)
{
	if (err == IQ_OK || err == IQ_ERR_REJECTED || l->cached)
		return IQ_OK;
	if (l->cli->error.code == IQ_ERR_OK)
		l->cli->error = *l->found;
	return err;
}

static void read_cache(struct linter *l)
{
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, l};
	const char *folder = iq_cache_folder(l->cli);
	struct iq_bundle cache = {0};
	struct iq_error ignored;

	iq_error_init(&ignored, &l->cli->arena);
	if (folder == NULL || iq_bundle_open(&folder, 1, &l->cli->arena, &cache, &ignored) != IQ_OK)
		return;
	l->cached = true;
	for (size_t i = 0; i < cache.nfiles; i++) {
		l->file = &cache.files[i];
		l->known[l->file->kind] = true;
		if (!l->given[l->file->kind] && iq_bundle_read(l->file, &reader, &ignored) != IQ_OK)
			continue; /* what can be read serves */
	}
	l->cached = false;
}

static enum iq_err read_all(struct linter *l)
{
	const struct iq_input *in = &l->lists->input;
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, l};
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < in->ntables; i++)
		l->given[in->tables[i].file.kind] = l->known[in->tables[i].file.kind] = true;
	read_cache(l);
	for (size_t i = 0; err == IQ_OK && i < in->ntables; i++) {
		l->file = &in->tables[i].file;
		l->list = in->tables[i].list;
		err = go_on(l, iq_input_read(&in->tables[i], &l->lists->options, &reader,
				       &l->lists->repairs, l->found));
	}
	return err;
}

static struct iq_problem where(void *arg, enum iq_kind kind, iq_num num)
{
	struct linter *l = arg;
	struct iq_problem p = {0};

	if (num < l->cap[kind]) {
		p.file = l->places[kind][num].file;
		p.line = l->places[kind][num].line;
	}
	return p;
}

/* Problems of the files, not of the cache. */
static void keep_real(struct linter *l, const struct iq_error *all)
{
	for (size_t i = 0; i < all->nproblems; i++)
		if (all->problems[i].file.n > 0) {
			struct iq_problem p = all->problems[i];

			p.column = iq_lists_header(l->lists, p.file, p.column);
			iq_error_add_problem(l->found, &p);
		}
	if (all->problems_total > all->nproblems)
		l->found->problems_total += all->problems_total - all->nproblems;
}

static void say_unknown(struct linter *l)
{
	bool wanted[IQ_KINDS] = {false};
	const char *all = "";

	for (int k = 0; k < IQ_KINDS; k++)
		for (size_t c = 0; l->given[k] && c < iq_schemas[k].ncolumns; c++) {
			const struct iq_column *col = &iq_schemas[k].columns[c];

			if (col->type == IQ_TYPE_REF || col->type == IQ_TYPE_REFS)
				wanted[col->target] = true;
			if (col->type == IQ_TYPE_CONDITION || col->type == IQ_TYPE_IMPLIES)
				wanted[IQ_FACT] = true;
		}
	if (l->lists->any) /* named there, and matched by the server */
		wanted[IQ_INSTITUTION] = wanted[IQ_CONTACT] = false;
	for (int k = 0; k < IQ_KINDS; k++)
		if (wanted[k] && !l->known[k])
			all = iq_arena_printf(&l->cli->arena, "%s%s%s", all, *all ? ", " : "",
				iq_schemas[k].file);
	if (*all != '\0')
		iq_note(l->cli,
			_("Not checked, since they are not in the files: references to %s. "
			  "\"iqq status\" fetches the vocabulary."),
			all);
}

static enum iq_err finish(struct linter *l)
{
	struct iq_cli *cli = l->cli;
	const struct iq_error *e = l->found;

	iq_lists_say_repairs(l->lists);
	say_unknown(l);
	if (e->problems_total == 0) {
		iq_note(cli, "%s", _("No problems found."));
		if (cli->format == IQ_FORMAT_JSON)
			iq_json_print(cli,
				json_pack("{s:i,s:[],s:i,s:o}", "revision", 0, "items", "total", 0,
					"repairs", iq_lists_repairs_json(l->lists)));
		return IQ_OK;
	}
	const char *n = iq_arena_printf(&cli->arena, "%llu", (unsigned long long)e->problems_total);

	iq_error_init(&cli->error, &cli->arena);
	enum iq_err err = iq_error_set(
		&cli->error, IQ_ERR_REJECTED, N_("{0} problems found."), NULL, n, NULL);

	for (size_t i = 0; i < e->nproblems; i++)
		iq_error_add_problem(&cli->error, &e->problems[i]);
	cli->error.problems_total = e->problems_total;
	if (l->lists->any)
		iq_lists_sort(cli->error.problems, cli->error.nproblems);
	return err;
}

static enum iq_err lint(struct linter *l)
{
	struct iq_error checked;
	enum iq_err err = read_all(l);

	if (err != IQ_OK)
		return err;
	iq_error_init(&checked, &l->cli->arena);
	err = iq_directory_index(l->directory, &checked);
	if (err == IQ_OK || err == IQ_ERR_REJECTED)
		err = iq_directory_check(l->directory, where, l, &checked);
	if (err != IQ_OK && err != IQ_ERR_REJECTED) {
		l->cli->error = checked;
		return err;
	}
	keep_real(l, &checked);
	return finish(l);
}

enum iq_err iq_cmd_lint(struct iq_cli *cli)
{
	struct iq_lists lists;
	struct linter l = {.cli = cli, .lists = &lists};
	struct iq_error found;
	enum iq_err err = iq_lists_open(cli, cli->arg, cli->nargs, IQ_LISTS_LINT, &lists);

	if (err == IQ_OK) {
		iq_error_init(&found, &cli->arena);
		iq_arena_init(&l.scratch, 0);
		l.found = &found;
		l.directory = iq_directory_new();
		if (l.directory == NULL)
			err = iq_error_set(&cli->error, IQ_ERR_INTERNAL,
				N_("There is not enough memory."), NULL, NULL);
		else
			err = lint(&l);
		iq_directory_free(l.directory);
		iq_arena_free(&l.scratch);
	}
	iq_lists_close(&lists);
	return err;
}
