/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "codec.h"
#include "progress.h"
#include "sender.h"
#include "wire.h"

enum {
	CHUNK = 400 * 1024, /* bytes of rows in one frame */
	CHUNK_ROWS = 8000,  /* the server bounds the elements of a frame */
	IN_FLIGHT = 8,
	ROW_FIELD = 3, /* ImportRows.rows */
	ROW_LINE = 1,
	ROW_CELLS = 2
};

struct sender {
	struct iq_cli *cli;
	const struct iq_bundle *bundle;
	struct iq_call *call;
	uint8_t id[IQ_REQUEST_ID];
	bool dry_run, keep_going;
	struct iq_error *problems; /* of the files, found while reading */
	struct iq_arena scratch;   /* responses to pieces */
	struct iq_error *error;
	/* the file at hand */
	const struct iq_bundle_file *file;
	uint32_t index;
	bool announced;
	Iq__V1__ImportFile head;
	struct iq_buf rows; /* encoded ImportRow fields */
	uint32_t nrows, in_flight;
	/* progress */
	struct iq_progress bar;
	uint64_t bytes_before, bytes_total, rows_sent;
};

/* ---- pieces ------------------------------------------------------------------------------- */

static enum iq_err take_response(struct sender *s)
{
	const Iq__V1__Response *rs;
	enum iq_err err = iq_call_receive(s->call, &s->scratch, &rs, s->error);

	iq_arena_reset(&s->scratch);
	if (err == IQ_OK)
		s->in_flight--;
	return err;
}

/* Sends what has been collected; waits for an answer if too many pieces are under way. */
static enum iq_err send_rows(struct sender *s)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ImportRows q = IQ__V1__IMPORT_ROWS__INIT;
	Iq__V1__ImportFile *files[1] = {&s->head};
	/*
	 * The rows are encoded already. As one "unknown" field whose content is everything after
	 * the first tag they are copied into the frame as they are.
	 */
	ProtobufCMessageUnknownField raw = {
		.tag = ROW_FIELD, .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED};
	enum iq_err err = IQ_OK;

	if (s->nrows == 0 && s->announced)
		return IQ_OK;
	if (s->rows.failed)
		return iq_error_set(
			s->error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	if (!s->announced) {
		q.files = files;
		q.n_files = 1;
		s->announced = true;
	}
	q.file = s->index;
	if (s->nrows > 0) {
		raw.data = s->rows.p + 1;
		raw.len = s->rows.n - 1;
		q.base.unknown_fields = &raw;
		q.base.n_unknown_fields = 1;
	}
	rq.op_case = IQ__V1__REQUEST__OP_IMPORT_ROWS;
	rq.import_rows = &q;
	while (err == IQ_OK && s->in_flight >= IN_FLIGHT)
		err = take_response(s);
	if (err == IQ_OK)
		err = iq_call_send(s->call, &rq, s->error);
	if (err == IQ_OK)
		err = iq_call_flush(s->call, s->error);
	s->in_flight++;
	s->rows_sent += s->nrows;
	s->nrows = 0;
	iq_buf_reset(&s->rows, (size_t)2 * CHUNK);
	return err;
}

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct sender *s = arg;

	iq__v1__import_file__init(&s->head);
	s->head.index = s->index;
	s->head.name = iq_arena_cstr(&s->cli->arena, file->name);
	s->head.kind = iq_arena_cstr(&s->cli->arena, iq_str(iq_schemas[file->kind].name));
	s->head.columns = iq_arena_array(&s->cli->arena, n + 1, sizeof(char *));
	for (size_t i = 0; s->head.columns != NULL && i < n; i++)
		s->head.columns[i] = iq_arena_cstr(&s->cli->arena, columns[i]);
	s->head.n_columns = s->head.columns != NULL ? n : 0;
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct sender *s = arg;
	size_t size = line != 0 ? 1 + iq_wire_varint_size(line) : 0;

	for (size_t i = 0; i < n; i++)
		size += iq_wire_len_size(ROW_CELLS, cells[i].n);
	/* a row longer than a whole piece travels in one of its own */
	if (s->nrows > 0 && (s->rows.n + size + 16 > CHUNK || s->nrows >= CHUNK_ROWS)) {
		enum iq_err err = send_rows(s);

		if (err != IQ_OK)
			return err;
	}
	iq_wire_varint(&s->rows, ROW_FIELD << 3 | IQ_WIRE_LEN);
	iq_wire_varint(&s->rows, size);
	iq_wire_uint(&s->rows, ROW_LINE, line);
	for (size_t i = 0; i < n; i++)
		iq_wire_item(&s->rows, ROW_CELLS, cells[i]);
	s->nrows++;
	return IQ_OK;
}

static void on_progress(void *arg, uint64_t bytes)
{
	struct sender *s = arg;

	iq_progress_show(&s->bar, _("sending"), s->bytes_before + bytes, s->bytes_total,
		s->rows_sent + s->nrows);
}

static void add_problems(struct iq_error *to, const struct iq_error *from)
{
	for (size_t i = 0; i < from->nproblems; i++)
		iq_error_add_problem(to, &from->problems[i]);
	if (from->problems_total > from->nproblems)
		to->problems_total += from->problems_total - from->nproblems;
}

static enum iq_err send_file(struct sender *s, size_t i)
{
	const struct iq_bundle_reader reader = {on_header, on_row, on_progress, s};
	struct iq_error problems;

	s->file = &s->bundle->files[i];
	s->index = (uint32_t)i;
	s->announced = false;
	iq_error_init(&problems, &s->cli->arena);
	enum iq_err err = iq_bundle_read(s->file, &reader, &problems);

	if (err == IQ_ERR_REJECTED && s->error->code == IQ_ERR_OK) {
		add_problems(s->problems, &problems);
		err = IQ_OK;
	} else if (err != IQ_OK && s->error->code == IQ_ERR_OK) {
		*s->error = problems;
	}
	if (err == IQ_OK && s->head.name != NULL)
		err = send_rows(s);
	s->bytes_before += s->file->size;
	return err;
}

/* ---- begin and commit --------------------------------------------------------------------- */

static enum iq_err begin(struct sender *s)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ImportBegin q = IQ__V1__IMPORT_BEGIN__INIT;
	const Iq__V1__Response *rs;

	q.request_id = (ProtobufCBinaryData){sizeof(s->id), s->id};
	q.dry_run = s->dry_run;
	q.keep_going = s->keep_going;
	q.reason = iq_opt_text(s->cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_IMPORT_BEGIN;
	rq.import_begin = &q;
	return iq_call(s->call, &rq, &s->scratch, &rs, s->error);
}

static enum iq_err commit(struct sender *s, const Iq__V1__ImportResponse **out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ImportCommit q = IQ__V1__IMPORT_COMMIT__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = IQ_OK;

	while (err == IQ_OK && s->in_flight > 0)
		err = take_response(s);
	rq.op_case = IQ__V1__REQUEST__OP_IMPORT_COMMIT;
	rq.import_commit = &q;
	if (err == IQ_OK)
		err = iq_call_send(s->call, &rq, s->error);
	do {
		if (err == IQ_OK)
			err = iq_call_receive(s->call, &s->cli->arena, &rs, s->error);
		if (err == IQ_OK)
			err = iq_expect(s->cli, rs, IQ__V1__RESPONSE__RESULT_IMPORT_COMMIT);
		if (err == IQ_OK && rs->more) {
			const Iq__V1__ImportResponse *p = rs->import_commit;

			iq_progress_show(&s->bar,
				strcmp(p->phase, "write") == 0 ? _("writing") : _("checking"),
				p->done, p->todo, 0);
		}
	} while (err == IQ_OK && rs->more);
	if (err == IQ_OK)
		*out = rs->import_commit;
	return err;
}

/* The whole way once. */
static enum iq_err send_once(struct sender *s, const Iq__V1__ImportResponse **out)
{
	enum iq_err err = iq_session_open(s->cli, true, &s->call);

	s->in_flight = 0;
	s->nrows = 0;
	s->rows_sent = 0;
	s->bytes_before = 0;
	s->head = (Iq__V1__ImportFile){.name = NULL};
	iq_error_init(s->problems, &s->cli->arena);
	iq_buf_reset(&s->rows, (size_t)2 * CHUNK);
	iq_progress_begin(s->cli, &s->bar);
	if (err == IQ_OK)
		err = begin(s);
	for (size_t i = 0; err == IQ_OK && i < s->bundle->nfiles; i++)
		err = send_file(s, i);
	if (err == IQ_OK && s->problems->problems_total > 0 && !s->keep_going && !s->dry_run)
		err = IQ_ERR_REJECTED; /* without commit nothing is written */
	if (err == IQ_OK)
		err = commit(s, out);
	iq_progress_end(&s->bar);
	iq_session_close(s->call);
	s->call = NULL;
	return err;
}

static enum iq_err send_twice(struct sender *s, const Iq__V1__ImportResponse **out)
{
	bool connected;
	enum iq_err err;

	iq_error_init(s->error, &s->cli->arena);
	err = iq_request_id(s->cli, s->id);
	if (err == IQ_OK)
		err = send_once(s, out);
	connected = s->head.name != NULL; /* something was sent */
	if (err == IQ_ERR_UNREACHABLE && connected) {
		iq_note(s->cli, "%s", _("The connection was lost; trying once more."));
		iq_error_init(s->error, &s->cli->arena);
		err = send_once(s, out);
	}
	return iq_explain_login(s->cli, err);
}

/* ---- what is wrong with the files themselves ---------------------------------------------- */

struct checker {
	const struct iq_bundle_file *file;
	struct iq_error *error;
	bool stop;
};

static enum iq_err check_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct checker *c = arg;
	struct iq_problem where = {.file = file->name, .line = 1};
	int at[IQ_COLUMNS_MAX * 4];

	if (n > sizeof(at) / sizeof(at[0]))
		n = sizeof(at) / sizeof(at[0]);
	if (iq_check_header(file->kind, columns, n, at, &where, c->error) != IQ_OK)
		c->stop = true;
	return IQ_OK;
}

static enum iq_err stop_at_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	(void)arg;
	(void)line;
	(void)cells;
	(void)n;
	return IQ_ERR_CONFLICT; /* only the header is of interest */
}

/* Looks at the header of every file: if one is wrong, there is no use in sending. */
static enum iq_err check_headers(
	struct iq_cli *cli, const struct iq_bundle *bundle, struct iq_error *problems)
{
	bool stop = false;

	for (size_t i = 0; i < bundle->nfiles; i++) {
		struct checker c = {&bundle->files[i], problems, false};
		const struct iq_bundle_reader reader = {check_header, stop_at_row, NULL, &c};
		struct iq_error ignored;

		iq_error_init(&ignored, &cli->arena);
		enum iq_err err = iq_bundle_read(&bundle->files[i], &reader, &ignored);

		if (err != IQ_OK && err != IQ_ERR_REJECTED && err != IQ_ERR_CONFLICT) {
			cli->error = ignored;
			return err;
		}
		stop = stop || c.stop;
	}
	return stop ? IQ_ERR_REJECTED : IQ_OK;
}

static enum iq_err all_rejected(struct iq_cli *cli, const struct iq_error *problems)
{
	const char *n =
		iq_arena_printf(&cli->arena, "%llu", (unsigned long long)problems->problems_total);

	iq_error_init(&cli->error, &cli->arena);
	enum iq_err err = iq_error_set(&cli->error, IQ_ERR_REJECTED,
		N_("Nothing was written: {0} problems in the input."),
		N_("Correct the rows, or write the good ones with --keep-going."), n, NULL);

	add_problems(&cli->error, problems);
	return err;
}

static void add_rejected(struct iq_cli *cli, struct iq_error *to, const Iq__V1__ImportResponse *r)
{
	for (size_t i = 0; i < r->n_rows; i++) {
		struct iq_problem p = {0};

		iq_codec_read_problem(&p, r->rows[i], &cli->arena);
		iq_error_add_problem(to, &p);
	}
	if (r->rows_total > r->n_rows)
		to->problems_total += r->rows_total - r->n_rows;
}

enum iq_err iq_send_bundle(struct iq_cli *cli, const struct iq_bundle *bundle,
	struct iq_error *rejected, const Iq__V1__ImportResponse **out)
{
	struct sender s = {
		.cli = cli, .bundle = bundle, .error = &cli->error, .problems = rejected};
	enum iq_err err = check_headers(cli, bundle, rejected);

	if (err == IQ_ERR_REJECTED)
		return all_rejected(cli, rejected);
	if (err != IQ_OK)
		return err;
	iq_arena_init(&s.scratch, 0);
	iq_buf_init(&s.rows, 0);
	for (size_t i = 0; i < bundle->nfiles; i++)
		s.bytes_total += bundle->files[i].size;
	s.keep_going = iq_opt_given(cli, IQ_OPT_KEEP_GOING);
	s.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	err = send_twice(&s, out);
	if (err == IQ_ERR_REJECTED && cli->error.code == IQ_ERR_OK) {
		/* the files are at fault; what is wrong with the other rows is to be told, too */
		s.dry_run = true;
		err = send_twice(&s, out);
	}
	bool spoilt = rejected->problems_total > 0 && !s.keep_going;

	if (err == IQ_ERR_REJECTED)
		add_problems(rejected, &cli->error);
	if (err == IQ_ERR_REJECTED || (err == IQ_OK && spoilt))
		err = all_rejected(cli, rejected);
	else if (err == IQ_OK)
		add_rejected(cli, rejected, *out);
	iq_buf_free(&s.rows);
	iq_arena_free(&s.scratch);
	return err;
}
