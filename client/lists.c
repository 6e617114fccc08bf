/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lists.h"
#include "fold.h"
#include "problems.h"
#include "repair.h"
#include "vocabulary.h"

enum { SHOWN = 20 }; /* repairs on a terminal */

/* A paragraph on standard error, wrapped on a terminal; not with -q. */
static void note_wrapped(struct iq_cli *cli, const char *first, const char *text)
{
	unsigned indent = 4;
	struct iq_str all = iq_str(iq_arena_printf(&cli->arena, "%s%s", first, text)), line;
	bool begun = false;

	if (iq_opt_given(cli, IQ_OPT_QUIET))
		return;
	all = iq_safe(cli, all);
	if (cli->tty_err)
		all = iq_wrap(cli, all, cli->width > indent + 20 ? cli->width - indent : 20);
	while (iq_str_cut(&all, '\n', &line)) {
		fprintf(stderr, "%*s%.*s\n", begun ? (int)indent : 0, "", IQ_STR_ARG(line));
		begun = true;
	}
}

/* ---- mappings that are remembered --------------------------------------------------------- */

static const char *memory_folder(struct iq_cli *cli)
{
	const char *profile = iq_setting_get(cli, "profile", NULL);
	const char *data = profile != NULL && iq_profile_name_valid(profile)
				   ? iq_path_data(cli, profile)
				   : NULL;

	return data != NULL ? iq_arena_printf(&cli->arena, "%s/maps", data) : NULL;
}

/* A file for lists with these headers: FNV-1a over them, folded. */
static const char *memory_file(struct iq_cli *cli, const struct iq_str *headers, size_t n)
{
	const char *folder = memory_folder(cli);
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < n; i++) {
		struct iq_str f = iq_fold(&cli->arena, headers[i], IQ_FOLD_AE);

		for (size_t k = 0; k <= f.n; k++)
			h = (h ^ (k < f.n ? (uint8_t)f.p[k] : 0x1f)) * 1099511628211u;
	}
	return folder != NULL ? iq_arena_printf(&cli->arena, "%s/%016llx.map", folder,
					(unsigned long long)h)
			      : NULL;
}

/* The file speaks of these very headers, and of no others. */
static bool fits(
	struct iq_cli *cli, const struct iq_mapping *m, const struct iq_str *headers, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct iq_str f = iq_fold(&cli->arena, headers[i], IQ_FOLD_AE);
		bool there = f.n == 0;

		for (size_t k = 0; k < m->nlines && !there; k++)
			there = iq_str_eq(iq_fold(&cli->arena, m->lines[k].header, IQ_FOLD_AE), f);
		if (!there)
			return false;
		found += f.n != 0;
	}
	return found == m->nlines;
}

static const struct iq_mapping *remembered(void *ctx, const struct iq_str *headers, size_t n)
{
	struct iq_lists *l = ctx;
	struct iq_cli *cli = l->cli;
	const char *map = iq_opt(cli, IQ_OPT_MAP), *path = memory_file(cli, headers, n);
	struct iq_mapping *m = iq_arena_alloc(&cli->arena, sizeof(*m));
	struct iq_error ignored;
	struct iq_str text;

	if (path == NULL || m == NULL)
		return NULL;
	if (map != NULL && strcmp(map, "none") == 0) {
		if (unlink(path) == 0)
			iq_note(cli, "%s",
				_("The mapping used for this list so far is forgotten."));
		return NULL;
	}
	iq_error_init(&ignored, &cli->arena);
	if (!iq_read_file(cli, path, &text) ||
		iq_mapping_parse(iq_str(path), text, &cli->arena, m, &ignored) != IQ_OK)
		return NULL;
	return fits(cli, m, headers, n) ? m : NULL;
}

/* Keeps how the list was understood. That it cannot be kept is no failure of the command. */
static void remember(struct iq_lists *l, const struct iq_input_table *t)
{
	struct iq_cli *cli = l->cli;
	const char *folder = memory_folder(cli), *path = memory_file(cli, t->headers, t->columns.n);
	struct iq_error kept = cli->error;
	struct iq_mapping m;
	struct iq_buf b;

	if (folder == NULL || path == NULL ||
		!iq_mapping_learn(&t->columns, t->headers, &cli->arena, &m))
		return;
	iq_buf_init(&b, 0);
	iq_mapping_write(&m, &b);

	struct iq_str now = {(const char *)b.p, b.n}, before;
	bool same = iq_read_file(cli, path, &before) && iq_str_eq(before, now);

	if (!same && iq_make_dirs(cli, folder) == IQ_OK && iq_write_file(cli, path, now) == IQ_OK)
		iq_note(cli, "%s",
			_("This mapping is remembered for lists with the same headers; "
			  "--map none forgets it."));
	iq_buf_free(&b);
	cli->error = kept;
}

static enum iq_err read_mapping(struct iq_lists *l)
{
	struct iq_cli *cli = l->cli;
	const char *path = iq_opt(cli, IQ_OPT_MAP);
	struct iq_mapping *m;
	struct iq_str text;

	if (path == NULL || strcmp(path, "none") == 0)
		return IQ_OK;
	if (!iq_read_file(cli, path, &text))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The mapping file {0} cannot be read."),
			N_("A mapping file has lines like: phone = Durchwahl"), path, NULL);
	m = iq_arena_alloc(&cli->arena, sizeof(*m));
	if (m == NULL)
		return iq_error_set(&cli->error, IQ_ERR_INTERNAL, N_("There is not enough memory."),
			NULL, NULL);
	l->options.mapping = m;
	return iq_mapping_parse(iq_str(path), text, &cli->arena, m, &cli->error);
}

/* ---- what was assumed --------------------------------------------------------------------- */

static const char *delimiter_name(char c)
{
	return c == '\t' ? _("tab") : c == ';' ? "\";\"" : c == ',' ? "\",\"" : "\"|\"";
}

static void say_form(struct iq_cli *cli, const struct iq_input_table *t)
{
	const struct iq_sheet *s = &t->sheet;
	const char *text;

	if (s->form != IQ_FORM_CSV || (s->said_encoding && s->said_delimiter))
		return;
	if (s->said_encoding)
		text = iq_arena_printf(&cli->arena, _("assumed: columns parted by %s."),
			delimiter_name(s->delimiter));
	else if (s->said_delimiter)
		text = iq_arena_printf(&cli->arena, _("assumed: characters in %s."),
			iq_encoding_names[s->encoding]);
	else
		text = iq_arena_printf(&cli->arena,
			_("assumed: characters in %s, columns parted by %s."),
			iq_encoding_names[s->encoding], delimiter_name(s->delimiter));
	note_wrapped(cli, iq_arena_printf(&cli->arena, "%.*s: ", IQ_STR_ARG(s->file)), text);
}

/* What a column was taken for, in words; wide lists name the kind, too. */
static const char *meaning(
	struct iq_cli *cli, const struct iq_input_table *t, const struct iq_target *target)
{
	const struct iq_schema *s = &iq_schemas[target->kind];
	const char *name = iq_word_column(s->columns[target->col].name);

	if (target->part == 1)
		name = _("given name");
	else if (target->part == 2)
		name = _("family name");
	if (!t->wide || target->kind == IQ_CONTACT)
		return name;
	return iq_arena_printf(&cli->arena, "%s (%s)", name, iq_word_kind(s->name));
}

static bool is_obvious(const struct iq_input_table *t, size_t i)
{
	const struct iq_target *target = &t->columns.target[i];
	struct iq_str header = iq_trim(t->headers[i]);

	return target->part == 0 &&
	       (iq_str_eq(header, iq_mapping_header(target->kind, target->col)) ||
		       iq_str_is(header, iq_schemas[target->kind].columns[target->col].name));
}

/* Headers whose meaning is not plain from their words, and those left out. */
static void say_headers(struct iq_cli *cli, const struct iq_input_table *t)
{
	const char *all = "", *left = "", *first;

	for (size_t i = 0; i < t->columns.n; i++) {
		const struct iq_target *target = &t->columns.target[i];
		struct iq_str header = iq_trim(t->headers[i]);

		if (header.n == 0)
			continue;
		if (target->kind == IQ_KINDS)
			left = iq_arena_printf(&cli->arena, "%s%s\"%.*s\"", left, *left ? ", " : "",
				IQ_STR_ARG(header));
		else if (!is_obvious(t, i))
			all = iq_arena_printf(&cli->arena, "%s%s\"%.*s\" → %s", all,
				*all ? ", " : "", IQ_STR_ARG(header), meaning(cli, t, target));
	}
	first = iq_arena_printf(&cli->arena, "%.*s: ", IQ_STR_ARG(t->sheet.file));
	if (*all != '\0')
		note_wrapped(cli, first,
			iq_arena_printf(&cli->arena,
				t->mapped ? _("columns by the mapping: %s.")
					  : _("columns understood as: %s."),
				all));
	if (*left != '\0')
		note_wrapped(
			cli, first, iq_arena_printf(&cli->arena, _("columns left out: %s."), left));
}

/* ---- problems of lists -------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct iq_problem *x = a, *y = b;
	int c = iq_str_cmp(x->file, y->file);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

/* qsort() is not stable, but columns of one line may come in any order. */
void iq_lists_sort(struct iq_problem *problems, size_t n)
{
	if (n > 1)
		qsort(problems, n, sizeof(*problems), by_place);
}

struct iq_str iq_lists_header(const struct iq_lists *l, struct iq_str file, struct iq_str column)
{
	for (size_t i = 0; i < l->input.ntables; i++) {
		const struct iq_input_table *t = &l->input.tables[i];

		if (!t->list || !iq_str_eq(t->file.name, file))
			continue;
		for (size_t c = 0; c < t->nout; c++) {
			int from = t->out[c].from[0];

			if (from >= 0 &&
				iq_str_is(column,
					iq_schemas[t->file.kind].columns[t->out[c].col].name))
				return iq_trim(t->headers[from]);
		}
	}
	return column;
}

/* ---- repairs ------------------------------------------------------------------------------ */

static const char *reason(struct iq_cli *cli, const struct iq_problem *p)
{
	return iq_text_fill(&cli->arena, gettext(p->text), p->args, p->nargs);
}

void iq_lists_say_repairs(struct iq_lists *l)
{
	const struct iq_repairs *r = &l->repairs;
	struct iq_cli *cli = l->cli;
	size_t shown =
		cli->tty_err && r->n > SHOWN && !iq_opt_given(cli, IQ_OPT_VERBOSE) ? SHOWN : r->n;

	iq_lists_sort(r->list, r->n);
	if (r->total == 1)
		iq_note(cli, "%s", _("One cell was repaired; please check:"));
	else if (r->total > 1)
		iq_note(cli, _("%llu cells were repaired; please check:"),
			(unsigned long long)r->total);
	for (size_t i = 0; i < shown; i++) {
		const struct iq_problem *p = &r->list[i];

		note_wrapped(cli,
			iq_arena_printf(&cli->arena, "%.*s:%u: %.*s ", IQ_STR_ARG(p->file), p->line,
				IQ_STR_ARG(p->column)),
			iq_arena_printf(&cli->arena, "\"%.*s\" → \"%.*s\": %s",
				IQ_STR_ARG(p->value), IQ_STR_ARG(p->nearest), reason(cli, p)));
	}
	if (r->total > shown)
		iq_note(cli, _("… and %llu more."), (unsigned long long)(r->total - shown));
}

json_t *iq_lists_repairs_json(const struct iq_lists *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->repairs.n; i++) {
		const struct iq_problem *p = &l->repairs.list[i];
		json_t *o = json_object();

		json_object_set_new(o, "file", iq_json_str(p->file));
		json_object_set_new(o, "line", json_integer(p->line));
		json_object_set_new(o, "column", iq_json_str(p->column));
		json_object_set_new(o, "before", iq_json_str(p->value));
		json_object_set_new(o, "after", iq_json_str(p->nearest));
		json_object_set_new(o, "reason", iq_json_c(reason(l->cli, p)));
		json_array_append_new(a, o);
	}
	return a;
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum iq_err get_vocabulary(struct iq_lists *l, enum iq_lists_use use)
{
	enum iq_err err = use != IQ_LISTS_LINT ? iq_vocabulary_update(l->cli) : IQ_OK;

	if (err != IQ_OK)
		return err;
	l->vocabulary = iq_vocabulary_read(l->cli);
	if (l->vocabulary != NULL)
		l->options.names = iq_directory_names(l->vocabulary, l->cli->lang == IQ_LANG_EN);
	else
		iq_note(l->cli, "%s",
			_("Names of tasks, places and statuses are not checked: this computer has "
			  "no vocabulary yet. \"iqq status\" fetches it."));
	return IQ_OK;
}

static void say_tables(struct iq_lists *l)
{
	struct iq_cli *cli = l->cli;

	for (size_t i = 0; i < l->input.nignored; i++)
		if (l->input.based_on == 0) /* templates bring their explanations along */
			iq_note(cli, _("Ignored: %s"), iq_safe(cli, l->input.ignored[i]).p);
	for (size_t i = 0; i < l->input.ntables; i++) {
		const struct iq_input_table *t = &l->input.tables[i];

		if (!t->list || !t->first)
			continue;
		l->any = true;
		say_form(cli, t);
		say_headers(cli, t);
		if (l->options.mapping != NULL)
			remember(l, t);
	}
}

enum iq_err iq_lists_open(struct iq_cli *cli, const char *const *paths, size_t n,
	enum iq_lists_use use, struct iq_lists *out)
{
	enum iq_err err;

	*out = (struct iq_lists){.cli = cli};
	out->options.ids = use == IQ_LISTS_IMPORT;
	out->options.institution_given = use != IQ_LISTS_IMPORT;
	out->options.remembered = remembered;
	out->options.ctx = out;
	iq_repairs_init(&out->repairs, &cli->arena);
	err = read_mapping(out);
	if (err == IQ_OK)
		err = iq_input_open(paths, n, &out->options, &cli->arena, &out->input, &cli->error);
	if (err == IQ_ERR_REJECTED && cli->error.nproblems > 0)
		iq_error_set(&cli->error, IQ_ERR_REJECTED, N_("The list was not understood."),
			N_("Correct the headers, or say with --map FILE what they mean."), NULL);
	if (err == IQ_OK)
		say_tables(out);
	if (err == IQ_OK && out->any)
		err = get_vocabulary(out, use);
	return err;
}

void iq_lists_close(struct iq_lists *l)
{
	iq_directory_free(l->vocabulary);
	l->vocabulary = NULL;
}
