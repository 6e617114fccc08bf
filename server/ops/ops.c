/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "op.h"

/* Operations without a cost of their own always run on the worker. */
#define iq_cost_contact NULL
#define iq_cost_get NULL
#define iq_cost_guide NULL
#define iq_cost_whoami NULL
#define iq_cost_status NULL
#define iq_cost_principals NULL
#define iq_cost_tokens NULL
#define iq_cost_grants NULL
#define iq_cost_can NULL
#define iq_cost_approvals NULL
#define iq_cost_flags NULL
#define iq_cost_history NULL
#define iq_cost_tally NULL

/* These walk through files or all principals. */
static uint64_t always_lane(struct iq_req *rq)
{
	(void)rq;
	return UINT64_MAX;
}
#define iq_cost_who_can always_lane
#define iq_cost_audit always_lane
#define iq_cost_audit_verify always_lane
#define iq_cost_my_data always_lane
#define iq_cost_sheet always_lane
#define iq_cost_stale always_lane
#define iq_cost_diff always_lane
#define iq_cost_edition always_lane

#define ROW_READ(field) .handle = iq_op_##field, .cost = iq_cost_##field
#define ROW_SPOOL(field) .handle = iq_op_##field
#define ROW_WRITE(field) .prepare = iq_op_##field
#define ROW_ANON(field) .prepare = iq_op_##field

static const struct iq_op table[] = {
#define OP(f, TAG, m, a, max)                                                                      \
	[IQ__V1__REQUEST__OP_##TAG] = {.name = #f,                                                 \
		.tag = IQ__V1__REQUEST__OP_##TAG,                                                  \
		.mode = IQ_MODE_##m,                                                               \
		.action = IQ_ACTION_##a,                                                           \
		.frame_max = max,                                                                  \
		.raw = IQ__V1__REQUEST__OP_##TAG == IQ__V1__REQUEST__OP_IMPORT_ROWS,               \
		ROW_##m(f)},
#include "ops.def"
#undef OP
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

const struct iq_op *iq_op_find(int tag)
{
	if (tag <= 0 || tag >= ROWS || table[tag].name == NULL)
		return NULL;
	return &table[tag];
}

const struct iq_op *iq_op_at(size_t i)
{
	for (int tag = 0; tag < ROWS; tag++) {
		if (table[tag].name != NULL && i-- == 0)
			return &table[tag];
	}
	return NULL;
}

void iq_op_job_answer(
	const struct iq_op *op, const struct iq_op_job *job, uint64_t revision, struct iq_buf *out)
{
	uint32_t replayed = 0;

	size_t sent = job->nparts ? job->parts[job->nparts - 1] : 0;

	if (job->job.answer.n > sent)
		iq_buf_add(out, job->job.answer.p + sent, job->job.answer.n - sent);
	if (op->tag == IQ__V1__REQUEST__OP_ENROLL || op->tag == IQ__V1__REQUEST__OP_RENEW)
		return;
	/* A plan says itself which state it was made for. */
	if (op->tag == IQ__V1__REQUEST__OP_SYNC_PLAN || op->tag == IQ__V1__REQUEST__OP_SYNC_RESOLVE)
		return;
	iq_wire_uint(out, 1, job->job.revision ? job->job.revision : revision);
	if (op->tag == IQ__V1__REQUEST__OP_WRITE || op->tag == IQ__V1__REQUEST__OP_PRINCIPAL ||
		op->tag == IQ__V1__REQUEST__OP_VOTE_CLOSE)
		replayed = 3;
	else if (op->tag == IQ__V1__REQUEST__OP_IMPORT_COMMIT ||
		 op->tag == IQ__V1__REQUEST__OP_HANDOVER)
		replayed = 5;
	else if (op->tag == IQ__V1__REQUEST__OP_SYNC_APPLY)
		replayed = 4;
	if (replayed)
		iq_wire_bool(out, replayed, job->job.replayed);
}

void iq_session_release(struct iq_session *s)
{
	free(s->names);
	s->names = NULL;
	if (s->spool != NULL)
		iq_spool_free(s->spool);
	s->spool = NULL;
	if (s->import != NULL)
		iq__v1__import_begin__free_unpacked(s->import, NULL);
	s->import = NULL;
}

void iq_op_job_release(struct iq_op_job *job)
{
	if (job->spool != NULL)
		iq_spool_free(job->spool);
	job->spool = NULL;
}
