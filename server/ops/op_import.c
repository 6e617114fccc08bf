/* SPDX-License-Identifier: Apache-2.0 */
/* Import: rows are spooled as they come, then checked and written as a whole by the writer. */
#include "compact.h"
#include "date.h"
#include "log.h"
#include "op.h"

enum {
	IMPORT_COUNTS = 2,
	IMPORT_ROWS,
	IMPORT_ROWS_TOTAL,
	IMPORT_PHASE = 6,
	IMPORT_DONE,
	IMPORT_TODO
};
enum { PROGRESS_US = 100000 };
enum { LARGE = 50000 /* rows: some 25 MB of pages */ };

enum iq_err iq_op_import_begin(struct iq_req *rq)
{
	const Iq__V1__ImportBegin *in = rq->msg->import_begin;
	struct iq_session *s = rq->session;
	uint8_t packed[IQ_LIMIT_FRAME_ANON];
	size_t n = iq__v1__import_begin__get_packed_size(in);

	iq_session_release(s);
	if (in->request_id.len != 16 || n > sizeof(packed))
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The request has no valid request id (16 bytes)."),
			N_("Use an up-to-date iqq."), NULL);
	enum iq_err err = iq_spool_new(rq->svc->dir, &s->spool, rq->error);

	if (err != IQ_OK)
		return err;
	iq__v1__import_begin__pack(in, packed);
	s->import = iq__v1__import_begin__unpack(NULL, n, packed);
	if (s->import == NULL) {
		iq_session_release(s);
		rq->arena->failed = true;
	}
	return iq_req_finish(rq);
}

static enum iq_err not_begun(struct iq_req *rq)
{
	return iq_error_set(rq->error, IQ_ERR_USAGE,
		N_("No import was begun on this connection, or it failed before."),
		N_("Begin the import again."), NULL);
}

enum iq_err iq_op_import_rows(struct iq_req *rq)
{
	struct iq_session *s = rq->session;

	if (s->spool == NULL)
		return not_begun(rq);
	struct iq_str rows = iq_image_field(rq->body, IQ__V1__REQUEST__OP_IMPORT_ROWS);
	enum iq_err err = iq_spool_add(s->spool, rows, rq->error);

	if (err != IQ_OK)
		iq_session_release(s);
	return err;
}

/* ---- in the writer's thread ----------------------------------------------------------------- */

static void write_counts(struct iq_buf *out, const struct iq_counts *counts)
{
	for (int kind = 0; kind < IQ_KINDS; kind++) {
		const struct iq_counts *c = &counts[kind];

		if (c->created + c->changed + c->unchanged + c->skipped + c->rejected == 0)
			continue;
		size_t mark = iq_wire_begin(out, IMPORT_COUNTS);

		iq_wire_str(out, 1, iq_str(iq_schemas[kind].name));
		iq_wire_uint(out, 2, c->created);
		iq_wire_uint(out, 3, c->changed);
		iq_wire_uint(out, 4, c->unchanged);
		iq_wire_uint(out, 5, c->skipped);
		iq_wire_uint(out, 6, c->rejected);
		iq_wire_end(out, mark);
	}
}

/* keep_going: what was left out. */
static void write_rejects(struct iq_buf *out, const struct iq_error *error)
{
	for (size_t i = 0; i < error->nproblems; i++) {
		size_t mark = iq_wire_begin(out, IMPORT_ROWS);

		iq_codec_problem(out, &error->problems[i]);
		iq_wire_end(out, mark);
	}
	iq_wire_uint(out, IMPORT_ROWS_TOTAL, error->problems_total);
}

static void report(void *arg, bool writing, uint64_t done, uint64_t todo)
{
	struct iq_op_job *o = arg;
	int64_t now = iq_monotonic_us();
	struct iq_buf body;

	if (o->progress == NULL || now - o->progress_us < PROGRESS_US)
		return;
	o->progress_us = now;
	iq_buf_init(&body, 0);
	iq_wire_str(&body, IMPORT_PHASE, writing ? IQ_STR("write") : IQ_STR("check"));
	iq_wire_uint(&body, IMPORT_DONE, done);
	iq_wire_uint(&body, IMPORT_TODO, todo);
	if (!body.failed)
		o->progress(o, (struct iq_str){(const char *)body.p, body.n});
	iq_buf_free(&body);
}

/*
 * LMDB keeps the memory of all pages that a transaction wrote until the file is closed: after a
 * large one that happens by writing it anew.
 */
static enum iq_err give_back(struct iq_job *job, struct iq_store *s)
{
	struct iq_op_job *o = (struct iq_op_job *)job;

	(void)s;
	if (!iq_compact_submit(o->svc, NULL, NULL))
		iq_log(IQ_LOG_WARN, "the memory of a large import is kept: try iqd compact");
	return IQ_OK;
}

static uint64_t rows_written(const struct iq_counts counts[IQ_KINDS])
{
	uint64_t n = 0;

	for (int kind = 0; kind < IQ_KINDS; kind++)
		n += counts[kind].created + counts[kind].changed;
	return n;
}

static enum iq_err run_import(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_counts counts[IQ_KINDS] = {{0}};
	struct iq_right right;
	struct iq_gate gate;
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	if (err != IQ_OK)
		return err;
	bool all = iq_right_all(&right);

	if (!all)
		iq_gate_set(&gate, &right);
	err = iq_apply_import(job, w, o->spool, o->keep_going, counts, report, o);
	if (!all)
		iq_gate_free(&gate);
	if (err != IQ_OK)
		return err;
	if (rows_written(counts) >= LARGE)
		job->settle = give_back;
	write_counts(&job->answer, counts);
	write_rejects(&job->answer, &job->error);
	return IQ_OK;
}

/* ---- in the worker's thread ----------------------------------------------------------------- */

enum iq_err iq_op_import_commit(struct iq_req *rq, struct iq_job *job)
{
	struct iq_session *s = rq->session;
	struct iq_op_job *o = (struct iq_op_job *)job;

	if (s->spool == NULL || s->import == NULL)
		return not_begun(rq);
	const Iq__V1__ImportBegin *begin = s->import;
	enum iq_err err = iq_job_request_id(rq, begin->request_id, job);

	if (err != IQ_OK)
		return err;
	iq_spool_hash(s->spool, job->payload_hash);
	/* The same rows with other options are another request. */
	job->payload_hash[0] ^= (uint8_t)((begin->dry_run ? 1 : 0) | (begin->keep_going ? 2 : 0));
	job->change.operation = IQ_STR("import");
	job->change.reason = iq_arena_dup(&o->arena, iq_str(begin->reason));
	job->alone = true;
	job->dry_run = begin->dry_run;
	job->run = run_import;
	o->keep_going = begin->keep_going;
	o->spool = s->spool;
	s->spool = NULL;
	iq_session_release(s);
	return IQ_OK;
}
