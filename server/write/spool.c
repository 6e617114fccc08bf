/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way into an import: a nameless file, so that a million of them take no memory. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "bounds.h"
#include "i18n.h"
#include "import_priv.h"
#include "pulse.h"
#include "wire.h"

enum {
	FILES = 64,
	COLUMNS = 64,
	CHUNK = 1 << 20,  /* bytes read at once */
	CHUNKS = 1 << 20, /* at most: bounds the list when files alternate */
	FIELD_FILES = 1,  /* ImportRows */
	FIELD_FILE = 2,
	FIELD_ROWS = 3,
	CELL_TAG = 2 << 3 | 2 /* ImportRow.cells */
};

static int open_nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *name;

	if (fd >= 0)
		return fd;
	if (asprintf(&name, "%s/import-XXXXXX", dir) < 0)
		return -1;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	free(name);
	return fd;
}

enum iq_err iq_spool_new(const char *dir, struct iq_spool **out, struct iq_error *error)
{
	struct iq_spool *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return iq_no_memory(error);
	iq_arena_init(&s->arena, 0);
	s->files = iq_arena_array(&s->arena, FILES, sizeof(*s->files));
	s->hash = EVP_MD_CTX_new();
	s->fd = open_nameless(dir);
	if (s->fd < 0) {
		const char *why = strerror(errno);

		iq_spool_free(s);
		return iq_error_set(error, IQ_ERR_QUOTA,
			N_("The server cannot keep the rows of an import: {0}."),
			N_("Ask the operator to look at the state directory and its free space."),
			why, NULL);
	}
	if (s->files == NULL || s->hash == NULL ||
		EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) != 1) {
		iq_spool_free(s);
		return iq_no_memory(error);
	}
	*out = s;
	return IQ_OK;
}

void iq_spool_free(struct iq_spool *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	EVP_MD_CTX_free(s->hash);
	free(s->chunks);
	free(s->buf);
	iq_arena_free(&s->arena);
	free(s);
}

static enum iq_err malformed(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("The rows of the import are malformed."),
		N_("Use an up-to-date iqq."), NULL);
}

/* ---- files -------------------------------------------------------------------------------- */

static struct iq_spool_file *file_at(struct iq_spool *s, uint64_t index)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->files[i].index == index)
			return &s->files[i];
	return NULL;
}

static enum iq_err add_file(struct iq_spool *s, struct iq_str bytes, struct iq_error *error)
{
	struct iq_spool_file f = {.index = 0};
	struct iq_str kind = {"", 0};
	struct iq_str columns[COLUMNS];
	struct iq_wire_field w;
	bool bad = false;

	while (iq_wire_next(&bytes, &w, &bad)) {
		if (w.field == 1 && w.type == IQ_WIRE_VARINT && w.value <= UINT16_MAX)
			f.index = (uint32_t)w.value;
		else if (w.field == 2 && w.type == IQ_WIRE_LEN)
			f.name = iq_arena_dup(&s->arena, w.bytes);
		else if (w.field == 3 && w.type == IQ_WIRE_LEN)
			kind = w.bytes;
		else if (w.field == 4 && w.type == IQ_WIRE_LEN && f.ncolumns < COLUMNS)
			columns[f.ncolumns++] = iq_arena_dup(&s->arena, w.bytes);
		else
			return malformed(error);
	}
	if (bad || s->nfiles == FILES || file_at(s, f.index) != NULL)
		return malformed(error);
	f.kind = iq_kind_by_name(kind);
	if (f.kind == IQ_KINDS) {
		const char *text = iq_arena_cstr(&s->arena, kind);

		return iq_error_set(error, IQ_ERR_USAGE, N_("There is no kind of record “{0}”."),
			N_("The kinds are listed by: iqq help import"), text ? text : "", NULL);
	}
	f.columns = iq_arena_array(&s->arena, f.ncolumns, sizeof(*f.columns));
	f.map = iq_arena_array(&s->arena, f.ncolumns, sizeof(*f.map));
	if (s->arena.failed)
		return iq_no_memory(error);
	memcpy(f.columns, columns, f.ncolumns * sizeof(*columns));
	s->files[s->nfiles++] = f;
	return IQ_OK;
}

/* ---- adding ------------------------------------------------------------------------------- */

/* What a message says beside its rows. */
static enum iq_err look(struct iq_spool *s, struct iq_str rest, uint32_t *file, uint64_t *rows,
	struct iq_error *error)
{
	struct iq_wire_field w;
	uint64_t index = 0;
	bool bad = false;

	*rows = 0;
	while (iq_wire_next(&rest, &w, &bad)) {
		enum iq_err err = IQ_OK;

		if (w.field == FIELD_FILES && w.type == IQ_WIRE_LEN)
			err = add_file(s, w.bytes, error);
		else if (w.field == FIELD_FILE && w.type == IQ_WIRE_VARINT)
			index = w.value;
		else if (w.field == FIELD_ROWS && w.type == IQ_WIRE_LEN)
			++*rows;
		else
			err = malformed(error);
		if (err != IQ_OK)
			return err;
	}
	struct iq_spool_file *f = file_at(s, index);

	if (bad || (f == NULL && *rows))
		return malformed(error);
	*file = f ? (uint32_t)(f - s->files) : 0;
	return IQ_OK;
}

static enum iq_err add_chunk(struct iq_spool *s, uint32_t file, size_t n, struct iq_error *error)
{
	struct iq_chunk *last = s->nchunks ? &s->chunks[s->nchunks - 1] : NULL;

	/* Two messages in a row are one message with the rows of both. */
	if (last != NULL && last->file == file && last->n + n <= CHUNK) {
		last->n += (uint32_t)n;
		return IQ_OK;
	}
	if (s->nchunks == CHUNKS)
		return iq_error_set(error, IQ_ERR_QUOTA,
			N_("The import comes in too many small parts."),
			N_("Use an up-to-date iqq."), NULL);
	if (s->chunks == NULL || s->nchunks == s->cap_chunks) {
		size_t cap = s->cap_chunks ? s->cap_chunks * 2 : 64;
		struct iq_chunk *c = realloc(s->chunks, cap * sizeof(*c));

		if (c == NULL)
			return iq_no_memory(error);
		s->chunks = c;
		s->cap_chunks = cap;
	}
	s->chunks[s->nchunks++] = (struct iq_chunk){s->bytes, (uint32_t)n, file};
	return IQ_OK;
}

static bool write_all(struct iq_spool *s, struct iq_str b)
{
	size_t done = 0;

	while (done < b.n) {
		ssize_t n = pwrite(s->fd, b.p + done, b.n - done, (off_t)(s->bytes + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

enum iq_err iq_spool_add(struct iq_spool *s, struct iq_str import_rows, struct iq_error *error)
{
	uint64_t rows;
	uint32_t file = 0;
	enum iq_err err;

	if (import_rows.n > IQ_LIMIT_IMPORT_SPOOL - s->bytes)
		return iq_error_set(error, IQ_ERR_QUOTA, N_("The import is too large."),
			N_("Import it in several parts."), NULL);
	err = look(s, import_rows, &file, &rows, error);
	if (err != IQ_OK)
		return err;
	if (EVP_DigestUpdate(s->hash, import_rows.p, import_rows.n) != 1)
		return iq_no_memory(error);
	if (rows == 0)
		return IQ_OK;
	if (!write_all(s, import_rows))
		return iq_error_set(error, IQ_ERR_QUOTA,
			N_("The server cannot keep the rows of an import: {0}."),
			N_("Ask the operator to look at the state directory and its free space."),
			strerror(errno), NULL);
	err = add_chunk(s, file, import_rows.n, error);
	if (err != IQ_OK)
		return err;
	s->bytes += import_rows.n;
	s->rows += rows;
	s->rows_of[s->files[file].kind] += rows;
	return IQ_OK;
}

uint64_t iq_spool_rows(const struct iq_spool *s)
{
	return s->rows;
}

uint64_t iq_spool_bytes(const struct iq_spool *s)
{
	return s->bytes;
}

void iq_spool_hash(struct iq_spool *s, uint8_t out[32])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();

	memset(out, 0, 32);
	if (copy != NULL && EVP_MD_CTX_copy_ex(copy, s->hash) == 1)
		(void)EVP_DigestFinal_ex(copy, out, NULL);
	EVP_MD_CTX_free(copy);
}

/* ---- reading ------------------------------------------------------------------------------ */

bool iq_spool_read(const struct iq_spool *s, const struct iq_chunk *c, char **buf, size_t *cap)
{
	size_t done = 0;

	if (*cap < c->n) {
		free(*buf);
		*cap = c->n > CHUNK ? c->n : CHUNK;
		*buf = malloc(*cap);
		if (*buf == NULL) {
			*cap = 0;
			return false;
		}
	}
	while (done < c->n) {
		ssize_t n = pread(s->fd, *buf + done, c->n - done, (off_t)(c->at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static void add_cell(struct iq_import_row *row, struct iq_str cell)
{
	/* Cells beyond those a record can have are counted only: the row is rejected then. */
	if (row->ncells < IQ_COLUMNS_MAX)
		row->cells[row->ncells] = cell;
	row->ncells++;
}

bool iq_spool_row(struct iq_str bytes, struct iq_import_row *row)
{
	struct iq_wire_field w;
	bool bad = false;

	row->line = 0;
	row->ncells = 0;
	for (;;) {
		/* A cell of less than 128 bytes: nearly all of them, some ten million. */
		while (bytes.n >= 2 && bytes.p[0] == CELL_TAG && (uint8_t)bytes.p[1] < 0x80 &&
			(size_t)bytes.p[1] + 2 <= bytes.n) {
			size_t n = (size_t)bytes.p[1];

			add_cell(row, (struct iq_str){bytes.p + 2, n});
			bytes.p += n + 2;
			bytes.n -= n + 2;
		}
		if (!iq_wire_next(&bytes, &w, &bad))
			return !bad;
		if (w.field == 1)
			row->line = (uint32_t)w.value;
		else
			add_cell(row, w.bytes);
	}
}

bool iq_spool_each(struct iq_spool *s, enum iq_kind kind,
	bool (*fn)(void *arg, const struct iq_import_row *row), void *arg)
{
	struct iq_import_row row;

	for (size_t i = 0; i < s->nchunks; i++) {
		const struct iq_spool_file *f = &s->files[s->chunks[i].file];
		struct iq_wire_field w;
		bool bad = false;

		if (f->kind != kind || f->skipped)
			continue;
		iq_pulse_beat();
		if (!iq_spool_read(s, &s->chunks[i], &s->buf, &s->cap_buf))
			return false;
		row.file = f;
		row.ready = NULL;
		row.nmemo = 0;
		row.checked = false;
		for (struct iq_str rest = {s->buf, s->chunks[i].n};
			iq_wire_next(&rest, &w, &bad);) {
			if (w.field != FIELD_ROWS)
				continue;
			if (!iq_spool_row(w.bytes, &row))
				return false;
			if (!fn(arg, &row))
				return true;
		}
		if (bad)
			return false;
	}
	return true;
}
