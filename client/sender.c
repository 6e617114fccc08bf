/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
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
	const struct iq_sending *what;
	struct iq_call *call;
	uint8_t id[IQ_REQUEST_ID];
	bool dry_run;
	struct iq_error *problems; /* of the files, found while reading */
	struct iq_arena scratch;   /* responses to pieces */
	struct iq_error *error;
	/* the file at hand */
	const struct iq_input_table *table;
	uint32_t index;
	bool announced, begun; /* begun: something was sent */
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

	s->table = &s->what->lists->input.tables[i];
	s->index = (uint32_t)i;
	s->announced = false;
	s->head = (Iq__V1__ImportFile){.name = NULL};
	iq_error_init(&problems, &s->cli->arena);
	enum iq_err err = iq_input_read(
		s->table, &s->what->lists->options, &reader, &s->what->lists->repairs, &problems);

	if (err == IQ_ERR_REJECTED && s->error->code == IQ_ERR_OK) {
		add_problems(s->problems, &problems);
		err = IQ_OK;
	} else if (err != IQ_OK && s->error->code == IQ_ERR_OK) {
		*s->error = problems;
	}
	if (err == IQ_OK && s->head.name != NULL) {
		s->begun = true;
		err = send_rows(s);
	}
	s->bytes_before += s->table->file.size;
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
	q.keep_going = s->what->keep_going;
	q.reason = iq_opt_text(s->cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_IMPORT_BEGIN;
	rq.import_begin = &q;
	return iq_call(s->call, &rq, &s->scratch, &rs, s->error);
}

static enum iq_err finish(struct sender *s)
{
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = IQ_OK;
	bool first = true;

	while (err == IQ_OK && s->in_flight > 0)
		err = take_response(s);
	if (err == IQ_OK)
		err = iq_call_send(s->call, s->what->last, s->error);
	do {
		if (err == IQ_OK)
			err = iq_call_receive(s->call, &s->cli->arena, &rs, s->error);
		if (err == IQ_OK)
			err = iq_expect(s->cli, rs, s->what->result);
		if (err == IQ_OK)
			s->what->answer(s->what->arg, rs, first, &s->bar);
		first = false;
	} while (err == IQ_OK && rs->more);
	return err;
}

/* The whole way once. */
static enum iq_err send_once(struct sender *s)
{
	enum iq_err err = iq_session_open(s->cli, true, &s->call);

	s->in_flight = 0;
	s->nrows = 0;
	s->rows_sent = 0;
	s->bytes_before = 0;
	s->begun = false;
	iq_error_init(s->problems, &s->cli->arena);
	iq_repairs_init(&s->what->lists->repairs, &s->cli->arena);
	iq_buf_reset(&s->rows, (size_t)2 * CHUNK);
	iq_progress_begin(s->cli, &s->bar);
	if (err == IQ_OK)
		err = begin(s);
	for (size_t i = 0; err == IQ_OK && i < s->what->lists->input.ntables; i++)
		err = send_file(s, i);
	if (err == IQ_OK && s->problems->problems_total > 0 && !s->what->keep_going && !s->dry_run)
		err = IQ_ERR_REJECTED; /* without commit nothing is written */
	if (err == IQ_OK)
		err = finish(s);
	iq_progress_end(&s->bar);
	iq_session_close(s->call);
	s->call = NULL;
	return err;
}

static enum iq_err send_twice(struct sender *s)
{
	bool connected;
	enum iq_err err;

	iq_error_init(s->error, &s->cli->arena);
	err = iq_request_id(s->cli, s->id);
	if (err == IQ_OK)
		err = send_once(s);
	connected = s->begun;
	if (err == IQ_ERR_UNREACHABLE && connected) {
		iq_note(s->cli, "%s", _("The connection was lost; trying once more."));
		iq_error_init(s->error, &s->cli->arena);
		err = send_once(s);
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

/* Looks at the header of every file of a bundle: if one is wrong, there is no use in sending. Those
 * of lists were understood when they were opened. */
static enum iq_err check_headers(
	struct iq_cli *cli, const struct iq_lists *lists, struct iq_error *problems)
{
	bool stop = false;

	for (size_t i = 0; i < lists->input.ntables; i++) {
		const struct iq_bundle_file *file = &lists->input.tables[i].file;
		struct checker c = {file, problems, false};
		const struct iq_bundle_reader reader = {check_header, stop_at_row, NULL, &c};
		struct iq_error ignored;

		if (lists->input.tables[i].list || !lists->options.ids)
			continue;
		iq_error_init(&ignored, &cli->arena);
		enum iq_err err = iq_bundle_read(file, &reader, &ignored);

		if (err != IQ_OK && err != IQ_ERR_REJECTED && err != IQ_ERR_CONFLICT) {
			cli->error = ignored;
			return err;
		}
		stop = stop || c.stop;
	}
	return stop ? IQ_ERR_REJECTED : IQ_OK;
}

static enum iq_err all_rejected(
	struct iq_cli *cli, const struct iq_sending *what, const struct iq_error *problems)
{
	const char *n =
		iq_arena_printf(&cli->arena, "%llu", (unsigned long long)problems->problems_total);

	iq_error_init(&cli->error, &cli->arena);
	enum iq_err err =
		iq_error_set(&cli->error, IQ_ERR_REJECTED, what->refused, what->hint, n, NULL);

	add_problems(&cli->error, problems);
	for (size_t i = 0; i < cli->error.nproblems; i++) {
		struct iq_problem *p = &cli->error.problems[i];

		p->column = iq_lists_header(what->lists, p->file, p->column);
	}
	if (what->lists->any)
		iq_lists_sort(cli->error.problems, cli->error.nproblems);
	return err;
}

enum iq_err iq_send(struct iq_cli *cli, const struct iq_sending *what, struct iq_error *rejected)
{
	struct sender s = {.cli = cli,
		.what = what,
		.error = &cli->error,
		.problems = rejected,
		.dry_run = what->dry_run};
	enum iq_err err = check_headers(cli, what->lists, rejected);

	if (err == IQ_ERR_REJECTED)
		return all_rejected(cli, what, rejected);
	if (err != IQ_OK)
		return err;
	iq_arena_init(&s.scratch, 0);
	iq_buf_init(&s.rows, 0);
	for (size_t i = 0; i < what->lists->input.ntables; i++)
		s.bytes_total += what->lists->input.tables[i].file.size;
	err = send_twice(&s);
	if (err == IQ_ERR_REJECTED && cli->error.code == IQ_ERR_OK && !what->whole) {
		/* the files are at fault; what is wrong with the other rows is to be told, too */
		s.dry_run = true;
		err = send_twice(&s);
	}
	bool spoilt = rejected->problems_total > 0 && !what->keep_going;

	if (err == IQ_ERR_REJECTED)
		add_problems(rejected, &cli->error);
	if (err == IQ_ERR_REJECTED || (err == IQ_OK && spoilt))
		err = all_rejected(cli, what, rejected);
	iq_buf_free(&s.rows);
	iq_arena_free(&s.scratch);
	return err;
}
