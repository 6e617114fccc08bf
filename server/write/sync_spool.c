/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of an import as bytes that outlive the connection, and back. */

#include <unistd.h>

#include "i18n.h"
#include "import_priv.h"
#include "sync.h"
#include "wire.h"

enum { F_FILE = 1, F_CHUNK };
enum { FILE_INDEX = 1, FILE_NAME, FILE_KIND, FILE_COLUMN };
enum { ROWS_FILES = 1, ROWS_FILE, ROWS_ROWS };

static void save_file(struct iq_buf *out, const struct iq_spool_file *f)
{
	size_t mark = iq_wire_begin(out, F_FILE);

	iq_wire_uint(out, FILE_INDEX, f->index);
	iq_wire_str(out, FILE_NAME, f->name);
	iq_wire_str(out, FILE_KIND, iq_str(iq_schemas[f->kind].name));
	for (size_t i = 0; i < f->ncolumns; i++)
		iq_wire_item(out, FILE_COLUMN, f->columns[i]);
	iq_wire_end(out, mark);
}

static bool read_back(int fd, uint8_t *to, size_t n, uint64_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, to + done, n - done, (off_t)(at + done));

		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* A chunk as one message: its files are known, only its rows go along. */
static bool save_chunk(struct iq_buf *out, struct iq_spool *s, const struct iq_chunk *c)
{
	size_t mark = iq_wire_begin(out, F_CHUNK);
	struct iq_wire_field f;
	struct iq_buf raw;
	bool bad = false, ok;

	iq_buf_init(&raw, 0);
	uint8_t *room = iq_buf_room(&raw, c->n);

	ok = room != NULL && read_back(s->fd, room, c->n, c->at);
	iq_wire_uint(out, ROWS_FILE, s->files[c->file].index);
	for (struct iq_str rest = {(const char *)room, ok ? c->n : 0};
		iq_wire_next(&rest, &f, &bad);)
		if (f.field == ROWS_ROWS)
			iq_wire_item(out, ROWS_ROWS, f.bytes);
	iq_wire_end(out, mark);
	iq_buf_free(&raw);
	return ok && !bad;
}

bool iq_spool_save(struct iq_spool *s, struct iq_buf *out)
{
	for (size_t i = 0; i < s->nfiles; i++)
		save_file(out, &s->files[i]);
	for (size_t i = 0; i < s->nchunks; i++)
		if (!save_chunk(out, s, &s->chunks[i]))
			return false;
	return !out->failed;
}

static enum iq_err load_file(struct iq_spool *s, struct iq_str bytes, struct iq_error *error)
{
	struct iq_buf b;
	enum iq_err err;

	iq_buf_init(&b, 0);
	iq_wire_item(&b, ROWS_FILES, bytes);
	err = b.failed ? iq_no_memory(error)
		       : iq_spool_add(s, (struct iq_str){(const char *)b.p, b.n}, error);
	iq_buf_free(&b);
	return err;
}

enum iq_err iq_spool_load(
	const char *dir, struct iq_str bytes, struct iq_spool **out, struct iq_error *error)
{
	struct iq_wire_field f;
	struct iq_spool *s;
	bool bad = false;
	enum iq_err err = iq_spool_new(dir, &s, error);

	if (err != IQ_OK)
		return err;
	while (err == IQ_OK && iq_wire_next(&bytes, &f, &bad)) {
		if (f.field == F_FILE)
			err = load_file(s, f.bytes, error);
		else if (f.field == F_CHUNK)
			err = iq_spool_add(s, f.bytes, error);
	}
	if (err == IQ_OK && bad)
		err = iq_error_set(error, IQ_ERR_INTERNAL, N_("The plan cannot be read."),
			N_("Make a new one: iqq sync plan PATH"), NULL);
	if (err != IQ_OK) {
		iq_spool_free(s);
		return err;
	}
	*out = s;
	return IQ_OK;
}
