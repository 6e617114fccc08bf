/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a bundle's file: UTF-8, comma, as many cells as the header has. */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "confine.h"
#include "csv_read.h"
#include "i18n.h"

enum {
	BUFFER_FILE = 1 << 18,
	BUFFER_MEMORY = 256 /* small, so that tests and fuzzing meet every way of refilling */
};

struct reading {
	const struct iq_bundle_file *file;
	const struct iq_bundle_reader *reader;
	int fd;
	struct iq_str rest; /* of bytes in memory */
	uint64_t bytes;
	bool header; /* was seen */
	/* within a .zip */
	struct iq_confined child;
	struct iq_records records;
};

static const struct iq_str none = {"", 0};

static enum iq_err cannot_read(const struct iq_bundle_file *file, struct iq_error *error, int err)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("Cannot read {0}: {1}."),
		N_("Check the path and the permissions of the file."), file->path.p, strerror(err),
		NULL);
}

static void progress(struct reading *r, size_t n)
{
	r->bytes += n;
	if (r->reader->progress != NULL)
		r->reader->progress(r->reader->arg, r->bytes);
}

static enum iq_err read_fd(void *ctx, char *to, size_t room, size_t *got, struct iq_error *error)
{
	struct reading *r = ctx;
	ssize_t n;

	do
		n = read(r->fd, to, room);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return cannot_read(r->file, error, errno);
	*got = (size_t)n;
	progress(r, *got);
	return IQ_OK;
}

static enum iq_err read_memory(
	void *ctx, char *to, size_t room, size_t *got, struct iq_error *error)
{
	struct reading *r = ctx;

	(void)error;
	*got = room < r->rest.n ? room : r->rest.n;
	if (*got != 0) {
		memcpy(to, r->rest.p, *got);
		r->rest.p += *got;
		r->rest.n -= *got;
	}
	progress(r, *got);
	return IQ_OK;
}

static enum iq_err on_bytes(void *arg, struct iq_str bytes)
{
	struct reading *r = arg;

	r->rest = bytes;
	return IQ_OK;
}

/* What is left of the last record, or of the next one. */
static enum iq_err read_child(void *ctx, char *to, size_t room, size_t *got, struct iq_error *error)
{
	struct reading *r = ctx;

	while (r->rest.n == 0 && !r->records.done) {
		struct iq_str content = {"", 0};
		enum iq_record type = iq_confined_next(&r->child, &content);

		if (type == 0)
			return iq_error_set(error, IQ_ERR_REJECTED,
				N_("{0} cannot be read: it needs too much time or memory, or makes "
				   "its reader do what it must not."),
				NULL, r->file->path.p, NULL);
		(void)iq_records_take(&r->records, type, content);
		if (r->records.err != IQ_OK)
			return r->records.err;
	}
	return read_memory(ctx, to, room, got, error);
}

/* Byte order marks. */
static enum iq_err take_bom(struct iq_csv *s)
{
	const struct iq_str left = {s->buf + s->start, s->end - s->start};

	if (iq_str_starts(left, IQ_STR("\xff\xfe")) || iq_str_starts(left, IQ_STR("\xfe\xff"))) {
		iq_csv_problem(s, 0, none,
			N_("The file is UTF-16; save it as \"CSV UTF-8\" and try again."), 0, 0);
		return IQ_ERR_REJECTED;
	}
	if (iq_str_starts(left, IQ_STR("\xef\xbb\xbf")))
		s->start += 3;
	return IQ_OK;
}

static enum iq_err take_header(struct iq_csv *s, struct reading *r)
{
	if (s->ncells > IQ_CSV_COLUMNS) {
		iq_csv_problem(s, IQ_CSV_COLUMNS, none,
			N_("The header has {0} columns; {1} is the limit."), s->ncells,
			IQ_CSV_COLUMNS);
		return IQ_ERR_REJECTED;
	}
	if (!iq_csv_finish(s))
		return IQ_ERR_REJECTED;
	if (!iq_csv_columns(s))
		return iq_error_set(s->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	r->header = true;
	return r->reader->header(r->reader->arg, r->file, s->columns, s->ncolumns);
}

static enum iq_err take_row(struct iq_csv *s)
{
	struct reading *r = s->arg;

	if (!r->header)
		return take_header(s, r);
	if (s->ncells != s->ncolumns) {
		iq_csv_problem(s, IQ_CSV_COLUMNS, none,
			N_("The number of cells is {0}, but the header has {1} columns."),
			s->ncells, s->ncolumns);
		return IQ_OK;
	}
	if (!iq_csv_finish(s))
		return IQ_OK;
	return r->reader->row(r->reader->arg, s->line, s->cells, s->ncells);
}

static enum iq_err run(struct reading *r, struct iq_csv *s, struct iq_error *error)
{
	s->name = r->file->name;
	s->error = error;
	s->delimiter = ',';
	s->quotes = true;
	s->arg = r;
	s->begin = take_bom;
	s->row = take_row;
	return iq_csv_run(s);
}

static enum iq_err read_entry(const struct iq_bundle_file *file,
	const struct iq_bundle_reader *reader, struct iq_error *error)
{
	struct reading r = {.file = file, .reader = reader, .fd = -1};
	struct iq_csv s = {.first = BUFFER_FILE, .read = read_child, .ctx = &r};
	struct iq_parse p = {.what = IQ_PARSE_ENTRY, .entry = file->entry};
	enum iq_err err = iq_file_map(file->path.p, &p.bytes, error);

	if (err != IQ_OK)
		return err;
	err = iq_confined_start(&r.child, &p, error);
	if (err == IQ_OK) {
		r.records = (struct iq_records){
			.file = file->name, .error = error, .bytes = on_bytes, .arg = &r};
		iq_records_begin(&r.records);
		err = run(&r, &s, error);
		(void)iq_confined_end(&r.child);
		iq_arena_free(&r.records.arena);
	}
	iq_file_unmap(p.bytes);
	return err;
}

enum iq_err iq_bundle_read(const struct iq_bundle_file *file, const struct iq_bundle_reader *reader,
	struct iq_error *error)
{
	struct reading r = {.file = file, .reader = reader};
	struct iq_csv s = {.first = BUFFER_FILE, .read = read_fd, .ctx = &r};

	if (file->entry.n != 0)
		return read_entry(file, reader, error);
	r.fd = open(file->path.p, O_RDONLY | O_CLOEXEC);
	if (r.fd < 0)
		return cannot_read(file, error, errno);
	posix_fadvise(r.fd, 0, 0, POSIX_FADV_SEQUENTIAL);

	enum iq_err err = run(&r, &s, error);

	close(r.fd);
	return err;
}

enum iq_err iq_bundle_parse(const struct iq_bundle_file *file, struct iq_str bytes,
	const struct iq_bundle_reader *reader, struct iq_error *error)
{
	struct reading r = {.file = file, .reader = reader, .fd = -1, .rest = bytes};
	struct iq_csv s = {.first = BUFFER_MEMORY, .read = read_memory, .ctx = &r};

	return run(&r, &s, error);
}
