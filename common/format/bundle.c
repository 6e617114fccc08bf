/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "confine.h"
#include "i18n.h"

struct opening {
	struct iq_bundle *out;
	struct iq_arena *arena;
	struct iq_error *error;
	size_t cap_files, cap_ignored;
};

static enum iq_err no_memory(struct opening *o)
{
	return iq_error_set(o->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
}

/* "regions.csv, postcodes.csv, …" */
static const char *expected_names(struct opening *o)
{
	char list[512];
	size_t n = 0;

	for (int k = 0; k < IQ_KINDS && n < sizeof(list); k++)
		n += (size_t)snprintf(
			list + n, sizeof(list) - n, "%s%s.csv", k ? ", " : "", iq_schemas[k].file);

	const char *kept = iq_arena_cstr(o->arena, iq_str(list));

	return kept ? kept : "";
}

/* The kind whose file has this name, IQ_KINDS if none. */
static enum iq_kind kind_of_file(struct iq_str name)
{
	for (int k = 0; k < IQ_KINDS; k++) {
		struct iq_str stem = iq_str(iq_schemas[k].file);

		if (iq_str_starts(name, stem) &&
			iq_str_is((struct iq_str){name.p + stem.n, name.n - stem.n}, ".csv"))
			return (enum iq_kind)k;
	}
	return IQ_KINDS;
}

/* Room for one more element at the end of a list in the arena; NULL without memory. */
static void *more(struct opening *o, void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;

	size_t cap_new = *cap ? *cap * 2 : 16;
	void *p = iq_arena_grow(o->arena, list, *cap * size, cap_new * size);

	if (p != NULL)
		*cap = cap_new;
	return p;
}

/* `entry`: within a .zip, else empty. */
static enum iq_err add_file(struct opening *o, enum iq_kind kind, const char *path,
	struct iq_str name, struct iq_str entry, uint64_t size)
{
	struct iq_bundle *b = o->out;
	struct iq_bundle_file f = {.kind = kind, .size = size};
	struct iq_bundle_file *files =
		more(o, b->files, b->nfiles, &o->cap_files, sizeof(b->files[0]));

	f.path = iq_arena_dup(o->arena, iq_str(path));
	f.name = iq_arena_dup(o->arena, name);
	f.entry = iq_arena_dup(o->arena, entry);
	if (files == NULL || f.path.p == NULL || f.name.p == NULL || f.entry.p == NULL)
		return no_memory(o);
	b->files = files;

	/* sorted by kind, in order of arrival within a kind */
	size_t at = b->nfiles++;

	for (; at > 0 && files[at - 1].kind > kind; at--)
		files[at] = files[at - 1];
	files[at] = f;
	return IQ_OK;
}

static enum iq_err add_ignored(struct opening *o, struct iq_str name)
{
	struct iq_bundle *b = o->out;
	struct iq_str *ignored =
		more(o, b->ignored, b->nignored, &o->cap_ignored, sizeof(b->ignored[0]));
	struct iq_str kept = iq_arena_dup(o->arena, name);

	if (ignored == NULL || kept.p == NULL)
		return no_memory(o);
	b->ignored = ignored;
	ignored[b->nignored++] = kept;
	return IQ_OK;
}

static enum iq_err cannot_open(struct opening *o, const char *path, int err)
{
	if (err == ENOENT || err == ENOTDIR)
		return iq_error_set(o->error, IQ_ERR_USAGE,
			N_("There is no file or directory {0}."),
			N_("Check the path, also for spelling mistakes."), path, NULL);
	return iq_error_set(o->error, IQ_ERR_USAGE, N_("Cannot read {0}: {1}."),
		N_("Check the path and the permissions of the file."), path, strerror(err), NULL);
}

static enum iq_err open_entry(struct opening *o, const char *dir, const char *entry)
{
	size_t len = strlen(dir);
	const char *slash = len != 0 && dir[len - 1] == '/' ? "" : "/";
	const char *path = iq_arena_printf(o->arena, "%s%s%s", dir, slash, entry);
	const enum iq_kind kind = kind_of_file(iq_str(entry));
	struct stat st;

	if (path == NULL)
		return no_memory(o);
	if (kind == IQ_KINDS)
		return add_ignored(o, iq_str(entry));
	if (stat(path, &st) != 0)
		return cannot_open(o, path, errno);
	if (!S_ISREG(st.st_mode))
		return add_ignored(o, iq_str(entry));
	return add_file(o, kind, path, iq_str(entry), IQ_STR(""), (uint64_t)st.st_size);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum iq_err open_directory(struct opening *o, const char *path)
{
	struct dirent **entries = NULL;
	const size_t before = o->out->nfiles;
	const int n = scandir(path, &entries, visible, by_bytes);
	enum iq_err err = IQ_OK;

	if (n < 0)
		return cannot_open(o, path, errno);
	for (int i = 0; i < n; i++) {
		if (err == IQ_OK)
			err = open_entry(o, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (err == IQ_OK && o->out->nfiles == before)
		err = iq_error_set(o->error, IQ_ERR_USAGE,
			N_("The directory {0} contains no file of a bundle."),
			N_("Expected is at least one of: {1}."), path, expected_names(o), NULL);
	return err;
}

/* ---- archives ----------------------------------------------------------------------------- */

struct archive {
	struct opening *o;
	const char *path;
	struct iq_str name; /* for messages */
};

/* An entry: its folder does not matter, hidden ones (of macOS) are not seen. */
static enum iq_err on_entry(void *arg, struct iq_str entry, uint64_t size)
{
	struct archive *a = arg;
	const char *slash = entry.n ? memrchr(entry.p, '/', entry.n) : NULL;
	struct iq_str name = entry;

	if (slash != NULL)
		name = (struct iq_str){slash + 1, entry.n - (size_t)(slash + 1 - entry.p)};
	if (name.n == 0 || name.p[0] == '.')
		return IQ_OK;

	enum iq_kind kind = kind_of_file(name);

	if (kind == IQ_KINDS)
		return add_ignored(a->o, entry);

	const char *shown =
		iq_arena_printf(a->o->arena, "%.*s/%.*s", IQ_STR_ARG(a->name), IQ_STR_ARG(name));

	return add_file(a->o, kind, a->path, iq_str(shown), entry, size);
}

static enum iq_err open_archive(struct opening *o, const char *path, struct iq_str name)
{
	struct archive a = {o, path, name};
	struct iq_records records = {.file = name, .error = o->error, .entry = on_entry, .arg = &a};
	struct iq_parse p = {.what = IQ_PARSE_LIST};
	const size_t before = o->out->nfiles;
	enum iq_err err = iq_file_map(path, &p.bytes, o->error);

	if (err != IQ_OK)
		return err;
	err = iq_confined_run(&p, &records);
	iq_file_unmap(p.bytes);
	if (err == IQ_OK && o->out->nfiles == before)
		err = iq_error_set(o->error, IQ_ERR_USAGE,
			N_("The archive {0} contains no file of a bundle."),
			N_("Expected is at least one of: {1}."), path, expected_names(o), NULL);
	return err;
}

static bool is_archive(struct iq_str name)
{
	return name.n > 4 && strcasecmp(name.p + name.n - 4, ".zip") == 0;
}

static enum iq_err open_path(struct opening *o, const char *path)
{
	const char *slash = strrchr(path, '/');
	const struct iq_str name = iq_str(slash ? slash + 1 : path);
	const enum iq_kind kind = kind_of_file(name);
	struct stat st;

	if (stat(path, &st) != 0)
		return cannot_open(o, path, errno);
	if (S_ISDIR(st.st_mode))
		return open_directory(o, path);
	if (is_archive(name) && S_ISREG(st.st_mode))
		return open_archive(o, path, name);
	if (kind == IQ_KINDS || !S_ISREG(st.st_mode))
		return iq_error_set(o->error, IQ_ERR_USAGE, N_("{0} is not a file of a bundle."),
			N_("Name a directory, or a file called one of: {1}."), path,
			expected_names(o), NULL);
	return add_file(o, kind, path, name, IQ_STR(""), (uint64_t)st.st_size);
}

enum iq_err iq_bundle_open(const char *const *paths, size_t npaths, struct iq_arena *arena,
	struct iq_bundle *out, struct iq_error *error)
{
	struct opening o = {.out = out, .arena = arena, .error = error};
	enum iq_err err = IQ_OK;

	*out = (struct iq_bundle){0};
	if (npaths == 0)
		return iq_error_set(error, IQ_ERR_USAGE, N_("No file and no directory is given."),
			N_("Name a directory, or a file called one of: {0}."), expected_names(&o),
			NULL);
	for (size_t i = 0; err == IQ_OK && i < npaths; i++)
		err = open_path(&o, paths[i]);
	return err;
}

/* A cell that would be read differently without quotes, or that a person could misread. */
static bool needs_quotes(struct iq_str s)
{
	if (s.n == 0)
		return false;
	if (s.p[0] == ' ' || s.p[s.n - 1] == ' ')
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r')
			return true;
	return false;
}

static void write_quoted(struct iq_buf *b, struct iq_str s)
{
	struct iq_str part;

	iq_buf_byte(b, '"');
	for (bool first = true; iq_str_cut(&s, '"', &part); first = false) {
		if (!first)
			iq_buf_add(b, "\"\"", 2);
		iq_buf_str(b, part);
	}
	iq_buf_byte(b, '"');
}

void iq_csv_write_row(struct iq_buf *b, const struct iq_str *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i != 0)
			iq_buf_byte(b, ',');
		/* a lone empty cell would be a blank line, which readers skip */
		if (needs_quotes(cells[i]) || (n == 1 && cells[i].n == 0))
			write_quoted(b, cells[i].n ? cells[i] : (struct iq_str){"", 0});
		else
			iq_buf_str(b, cells[i]);
	}
	iq_buf_byte(b, '\n');
}

/* Postcodes have an id within only; in the bundle the pair is the key. */
static size_t first_column(enum iq_kind kind)
{
	return kind == IQ_POSTCODE ? IQ_COL_ID + 1 : IQ_COL_ID;
}

void iq_bundle_write_header(struct iq_buf *b, enum iq_kind kind)
{
	const struct iq_schema *schema = &iq_schemas[kind];
	struct iq_str cells[IQ_COLUMNS_MAX];
	size_t n = 0;

	for (size_t i = first_column(kind); i < schema->ncolumns; i++)
		cells[n++] = iq_str(schema->columns[i].name);
	iq_csv_write_row(b, cells, n);
}

void iq_bundle_write_record(struct iq_buf *b, const struct iq_rec *rec, struct iq_arena *arena)
{
	struct iq_str cells[IQ_COLUMNS_MAX];
	size_t n = 0;

	for (size_t i = first_column(rec->kind); i < iq_schemas[rec->kind].ncolumns; i++)
		cells[n++] = iq_rec_write_cell(rec, (int)i, arena);
	if (arena->failed) /* rather no row than one with a cell missing */
		b->failed = true;
	iq_csv_write_row(b, cells, n);
}
