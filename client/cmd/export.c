/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "codec.h"
#include "commands.h"
#include "convert.h"
#include "progress.h"
#include "session.h"
#include "who.h"

enum { FLUSH = 1 << 20, ATTEMPTS = 5 };

/* One file of the bundle on its way to the disk. Rows end up in order of id. */
struct target {
	const char *path, *temporary;
	int fd;
	struct iq_buf buf;
	uint64_t written; /* bytes before buf */
	uint64_t *begins; /* where each row begins */
	size_t nrows, cap;
	struct iq_buf last; /* the row before */
	bool unsorted;
};

struct exporter {
	struct iq_cli *cli;
	const char *dir; /* where the bundle is written */
	struct iq_conversion to;
	struct target target[IQ_KINDS];
	struct iq_arena scratch;
	uint64_t revision, rows;
	uint64_t withheld; /* contacts without what the caller may see otherwise … */
	const char *because;
	bool part; /* --region, --institution */
	struct iq_progress bar;
};

static enum iq_err cannot_write(struct exporter *x, const char *path)
{
	return iq_error_set(&x->cli->error, IQ_ERR_USAGE, N_("{0} cannot be written: {1}."), NULL,
		path, strerror(errno), NULL);
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static enum iq_err flush(struct exporter *x, struct target *t)
{
	if (t->buf.failed || !write_all(t->fd, t->buf.p, t->buf.n))
		return cannot_write(x, t->path);
	t->written += t->buf.n;
	iq_buf_reset(&t->buf, (size_t)2 * FLUSH);
	return IQ_OK;
}

static enum iq_err begin_file(struct exporter *x, enum iq_kind kind)
{
	struct target *t = &x->target[kind];
	char *temporary;

	t->path = iq_arena_printf(&x->cli->arena, "%s/%s.csv", x->dir, iq_schemas[kind].file);
	t->temporary = temporary =
		iq_arena_printf(&x->cli->arena, "%s/.%s.XXXXXX", x->dir, iq_schemas[kind].file);
	t->fd = mkstemp(temporary); /* mode 0600: contacts are confidential */
	if (t->fd < 0)
		return cannot_write(x, t->path);
	iq_buf_init(&t->buf, 0);
	iq_buf_init(&t->last, 0);
	iq_bundle_write_header(&t->buf, kind);
	return IQ_OK;
}

/* Notes where the row begins and whether it comes after the one before. As ',' sorts before every
 * character of an id, whole rows sort as their ids do. */
static void note_row(struct target *t, size_t begin)
{
	struct iq_str row = {(const char *)t->buf.p + begin, t->buf.n - begin};
	struct iq_str last = {(const char *)t->last.p, t->last.n};

	if (t->nrows > 0 && iq_str_cmp(last, row) > 0)
		t->unsorted = true;
	iq_buf_reset(&t->last, (size_t)1 << 16);
	iq_buf_str(&t->last, row);
	if (t->nrows == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 1024;
		uint64_t *more = realloc(t->begins, cap * sizeof(*more));

		if (more == NULL) {
			t->buf.failed = true;
			return;
		}
		t->begins = more;
		t->cap = cap;
	}
	t->begins[t->nrows++] = t->written + begin;
}

static enum iq_err add_record(struct exporter *x, const Iq__V1__Record *msg)
{
	struct iq_rec rec = {0};
	enum iq_err err = IQ_OK;

	if (!iq_codec_from_record(&rec, msg, &x->scratch))
		return iq_error_set(&x->cli->error, IQ_ERR_UNSUPPORTED,
			N_("The server sent a record of an unknown kind."),
			N_("Is the server newer than this program? See: iqq status"), NULL);
	struct target *t = &x->target[rec.kind];

	if (t->path == NULL)
		err = begin_file(x, rec.kind);
	if (err != IQ_OK)
		return err;
	size_t begin = t->buf.n;

	iq_bundle_write_record(&t->buf, &rec, &x->scratch);
	if (!t->buf.failed)
		note_row(t, begin);
	x->rows++;
	return t->buf.n >= FLUSH || t->buf.failed ? flush(x, t) : IQ_OK;
}

/* ---- order -------------------------------------------------------------------------------- */

struct row {
	const char *p;
	size_t n;
};

static int by_id(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return iq_str_cmp((struct iq_str){x->p, x->n}, (struct iq_str){y->p, y->n});
}

static enum iq_err write_sorted(struct exporter *x, struct target *t, const char *text)
{
	struct row *rows = malloc(t->nrows * sizeof(*rows));
	char *temporary = iq_arena_printf(&x->cli->arena, "%s/.sorted.XXXXXX", x->dir);
	int fd = rows != NULL ? mkstemp(temporary) : -1;
	enum iq_err err = IQ_OK;

	if (rows == NULL || fd < 0) {
		free(rows);
		return cannot_write(x, t->path);
	}
	for (size_t i = 0; i < t->nrows; i++) {
		uint64_t end = i + 1 < t->nrows ? t->begins[i + 1] : t->written;

		rows[i] = (struct row){text + t->begins[i], (size_t)(end - t->begins[i])};
	}
	qsort(rows, t->nrows, sizeof(*rows), by_id);
	iq_buf_add(&t->buf, text, (size_t)t->begins[0]);
	close(t->fd);
	unlink(t->temporary);
	t->fd = fd;
	t->temporary = temporary;
	for (size_t i = 0; err == IQ_OK && i < t->nrows; i++) {
		iq_buf_add(&t->buf, rows[i].p, rows[i].n);
		if (t->buf.n >= FLUSH)
			err = flush(x, t);
	}
	free(rows);
	return err == IQ_OK ? flush(x, t) : err;
}

static enum iq_err sort_file(struct exporter *x, struct target *t)
{
	size_t n = (size_t)t->written;
	char *text = mmap(NULL, n, PROT_READ, MAP_PRIVATE, t->fd, 0);

	if (text == MAP_FAILED)
		return cannot_write(x, t->path);
	enum iq_err err = write_sorted(x, t, text);

	munmap(text, n);
	return err;
}

static void drop_files(struct exporter *x)
{
	for (int k = 0; k < IQ_KINDS; k++) {
		struct target *t = &x->target[k];

		if (t->path != NULL) {
			if (t->fd >= 0)
				close(t->fd);
			if (t->temporary != NULL)
				unlink(t->temporary);
			iq_buf_free(&t->buf);
			iq_buf_free(&t->last);
		}
		free(t->begins);
		*t = (struct target){0};
	}
	x->rows = x->withheld = 0;
	x->because = NULL;
}

static enum iq_err finish_file(struct exporter *x, struct target *t)
{
	enum iq_err err = flush(x, t);

	if (err == IQ_OK && t->unsorted)
		err = sort_file(x, t);
	if (err == IQ_OK && fsync(t->fd) != 0)
		err = cannot_write(x, t->path);
	return err;
}

/* All files get their names only when all are complete. */
static enum iq_err finish_files(struct exporter *x)
{
	enum iq_err err = IQ_OK;

	for (int k = 0; err == IQ_OK && k < IQ_KINDS; k++)
		if (x->target[k].path != NULL)
			err = finish_file(x, &x->target[k]);
	for (int k = 0; err == IQ_OK && k < IQ_KINDS; k++) {
		struct target *t = &x->target[k];
		const char *path =
			iq_arena_printf(&x->cli->arena, "%s/%s.csv", x->dir, iq_schemas[k].file);

		if (t->path == NULL) {
			if (!x->part && unlink(path) == 0)
				iq_note(x->cli, _("Removed %s: no such records any more."), path);
		} else if (rename(t->temporary, t->path) != 0) {
			err = cannot_write(x, t->path);
		} else {
			t->temporary = NULL;
		}
	}
	return err;
}

/* ---- pages -------------------------------------------------------------------------------- */

static enum iq_err take_page(struct exporter *x, const Iq__V1__ExportResponse *r)
{
	enum iq_err err = IQ_OK;

	if (x->revision == 0)
		x->revision = r->revision;
	if (x->revision != r->revision)
		return IQ_ERR_BUSY; /* somebody wrote meanwhile: start again */
	x->withheld += r->withheld;
	if (r->because[0] != '\0')
		x->because = iq_arena_cstr(&x->cli->arena, iq_str(r->because));
	for (size_t i = 0; err == IQ_OK && i < r->n_records; i++)
		err = add_record(x, r->records[i]);
	iq_progress_show(&x->bar, _("receiving"), 0, 0, x->rows);
	return err;
}

static enum iq_err read_pages(struct exporter *x, struct iq_call *call)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ExportRequest q = IQ__V1__EXPORT_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	char *kinds[1];
	struct iq_buf cursor;
	enum iq_err err;

	q.region = iq_opt_text(x->cli, IQ_OPT_REGION);
	q.institution = iq_opt_text(x->cli, IQ_OPT_INSTITUTION);
	q.reason = iq_opt_text(x->cli, IQ_OPT_REASON);
	if (x->to.only != IQ_KINDS) {
		kinds[0] = iq_arena_cstr(&x->cli->arena, iq_str(iq_schemas[x->to.only].name));
		q.kinds = kinds;
		q.n_kinds = 1;
	}
	rq.op_case = IQ__V1__REQUEST__OP_EXPORT;
	rq.export = &q;
	iq_buf_init(&cursor, 0);
	x->revision = 0;
	do {
		iq_arena_reset(&x->scratch);
		err = iq_call(call, &rq, &x->scratch, &rs, &x->cli->error);
		if (err == IQ_OK)
			err = iq_expect(x->cli, rs, IQ__V1__RESPONSE__RESULT_EXPORT);
		if (err == IQ_OK)
			err = take_page(x, rs->export);
		if (err == IQ_OK) {
			iq_buf_reset(&cursor, 4096);
			iq_buf_add(&cursor, rs->export->cursor.data, rs->export->cursor.len);
			q.cursor = (ProtobufCBinaryData){cursor.n, cursor.p};
		}
	} while (err == IQ_OK && cursor.n > 0);
	iq_buf_free(&cursor);
	return err;
}

static enum iq_err run(struct exporter *x)
{
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(x->cli, true, &call);
	int attempt = 0;

	iq_progress_begin(x->cli, &x->bar);
	while (err == IQ_OK) {
		err = read_pages(x, call);
		if (err != IQ_ERR_BUSY || x->cli->error.code != IQ_ERR_OK)
			break;
		drop_files(x);
		if (++attempt == ATTEMPTS)
			break;
		err = IQ_OK;
	}
	iq_progress_end(&x->bar);
	iq_session_close(call);
	if (err == IQ_ERR_BUSY && x->cli->error.code == IQ_ERR_OK)
		return iq_error_set(&x->cli->error, IQ_ERR_BUSY,
			N_("The directory kept changing during the export."),
			N_("Try again in a quieter moment."), NULL);
	return iq_explain_login(x->cli, err);
}

static enum iq_err report(struct exporter *x)
{
	static const struct iq_col cols[] = {
		{"kind", N_("Kind"), IQ_CELL_TEXT, true},
		{"file", N_("File"), IQ_CELL_TEXT, false},
		{"records", N_("Records"), IQ_CELL_NUMBER, true},
	};
	struct iq_cli *cli = x->cli;
	struct iq_table t;

	iq_table_init(&t, cli, cols, 3);
	for (int k = 0; k < IQ_KINDS; k++) {
		const struct target *f = &x->target[k];

		if (f->path == NULL)
			continue;

		const char *path = f->path;

		if (x->to.form != IQ_TARGET_BUNDLE)
			path = x->to.to;
		else if (x->dir != x->to.to)
			path = iq_arena_printf(
				&cli->arena, "%s/%s.csv", x->to.to, iq_schemas[k].file);

		const struct iq_str row[] = {
			iq_str(cli->format == IQ_FORMAT_TABLE ? iq_word_kind(iq_schemas[k].name)
							      : iq_schemas[k].name),
			iq_str(path), iq_str(iq_arena_printf(&cli->arena, "%zu", f->nrows))};

		iq_table_add(&t, row);
	}
	if (x->because != NULL)
		iq_because_note(cli, x->because, x->withheld);
	iq_note(cli, _("Revision %llu."), (unsigned long long)x->revision);
	return iq_table_finish(&t, x->revision, t.nrows);
}

/* What the command line names, in whichever way. */
static const char *target_of(struct iq_cli *cli)
{
	const char *to = NULL;
	int n = 0;

	if (iq_opt_given(cli, IQ_OPT_OUTPUT) && ++n)
		to = iq_opt(cli, IQ_OPT_OUTPUT);
	if (iq_opt_given(cli, IQ_OPT_DIR) && ++n)
		to = iq_opt(cli, IQ_OPT_DIR);
	if (cli->nargs > 0 && ++n)
		to = cli->arg[0];
	if (n > 1)
		iq_error_set(
			&cli->error, IQ_ERR_USAGE, N_("The folder is given twice."), NULL, NULL);
	else if (to == NULL || to[0] == '\0' || strcmp(to, "-") == 0)
		iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"export\" needs a folder or file to write to."),
			N_("Write: iqq export DIR, or iqq export -o FILE.xlsx"), NULL);
	return to;
}

/* A folder for the bundle on the way to a file, beside it. */
static enum iq_err make_way(struct exporter *x)
{
	char *way = iq_arena_printf(&x->cli->arena, "%s.XXXXXX", x->to.to);

	x->dir = x->to.to;
	if (iq_conversion_is_none(&x->to))
		return iq_make_dirs(x->cli, x->dir);
	x->dir = mkdtemp(way); /* mode 0700 */
	return x->dir != NULL ? IQ_OK : cannot_write(x, x->to.to);
}

/* Takes it away with what is left in it. */
static void clear_way(struct exporter *x)
{
	static const char *const more[] = {"book.xlsx", "book.xlsx.part", "bundle.zip"};
	struct iq_cli *cli = x->cli;

	if (x->dir == NULL || x->dir == x->to.to)
		return;
	for (int k = 0; k < IQ_KINDS; k++) {
		unlink(iq_arena_printf(&cli->arena, "%s/%s.csv", x->dir, iq_schemas[k].file));
		unlink(iq_arena_printf(&cli->arena, "%s/%s.csv.excel", x->dir, iq_schemas[k].file));
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		unlink(iq_arena_printf(&cli->arena, "%s/%s", x->dir, more[i]));
	rmdir(x->dir);
}

enum iq_err iq_cmd_export(struct iq_cli *cli)
{
	struct exporter x = {.cli = cli};
	const char *to = target_of(cli);
	enum iq_err err = cli->error.code;

	if (err == IQ_OK)
		err = iq_conversion_plan(cli, to, &x.to);
	x.part = iq_opt_given(cli, IQ_OPT_REGION) || iq_opt_given(cli, IQ_OPT_INSTITUTION);
	if (err == IQ_OK)
		err = make_way(&x);
	if (err != IQ_OK)
		return err;
	iq_arena_init(&x.scratch, 0);
	err = run(&x);
	if (err == IQ_OK)
		err = finish_files(&x);
	if (err == IQ_OK && !iq_conversion_is_none(&x.to))
		err = iq_convert(cli, x.dir, &x.to);
	if (err == IQ_OK)
		err = report(&x);
	drop_files(&x);
	clear_way(&x);
	iq_arena_free(&x.scratch);
	return err;
}
