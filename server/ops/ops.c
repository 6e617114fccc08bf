/* SPDX-License-Identifier: Apache-2.0 */
#include "op.h"

/* Operations without a cost of their own always run on the worker. */
#define iq_cost_contact NULL
#define iq_cost_get NULL
#define iq_cost_guide NULL
#define iq_cost_whoami NULL
#define iq_cost_status NULL

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

void iq_session_release(struct iq_session *s)
{
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
