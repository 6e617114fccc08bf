/* SPDX-License-Identifier: Apache-2.0 */
#include "compact.h"

#include <stdlib.h>

#include "erase.h"

struct compaction {
	struct iq_op_job job; /* first */
	void (*done)(void *ctx, const struct iq_compacted *c);
	void *ctx;
	uint64_t before, after;
};

static enum iq_err nothing(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	(void)job;
	(void)w;
	(void)vocab;
	return IQ_OK;
}

/* The writer's thread, between two transactions. */
static enum iq_err rewrite(struct iq_job *job, struct iq_store *s)
{
	struct compaction *c = (struct compaction *)job;
	enum iq_err err;

	c->before = iq_store_bytes(s);
	err = iq_store_compact(s, &job->error);
	c->after = iq_store_bytes(s);
	return err;
}

static void rewritten(struct iq_job *job)
{
	struct compaction *c = (struct compaction *)job;

	job->error.code = job->err; /* some failures have no text of their own */
	if (c->done != NULL)
		c->done(c->ctx, &(struct iq_compacted){&job->error, c->before, c->after});
	iq_buf_free(&job->answer);
	iq_arena_free(&c->job.arena);
	free(c);
}

bool iq_compact_submit(const struct iq_services *svc,
	void (*done)(void *ctx, const struct iq_compacted *c), void *ctx)
{
	struct compaction *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return false;
	iq_erase_own_job(&c->job, svc, "compact", IQ_AUDIT_WRITTEN);
	c->done = done;
	c->ctx = ctx;
	c->job.job.run = nothing;
	c->job.job.settle = rewrite;
	c->job.job.done = rewritten;
	if (iq_writer_submit(svc->writer, &c->job.job))
		return true;
	iq_arena_free(&c->job.arena);
	free(c);
	return false;
}
