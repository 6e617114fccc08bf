/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_SYNC_RUN_H
#define IQ_OPS_SYNC_RUN_H

/* What the operations of sync share: the engine with the caller's rights, and answers. */

#include "op.h"
#include "plan_file.h"
#include "sync.h"

/* Made when the request is prepared; in the job's arena. */
struct iq_sync_ask {
	iq_num institution;
	bool reason;                  /* one of the list was given */
	uint64_t revision;            /* of the state it runs on */
	char applied[IQ_PLAN_ID + 1]; /* its file may go once the change is durable */
};

struct iq_sync_run {
	struct iq_op_job *o;
	struct iq_right right;
	bool gated;
	bool editor;    /* of the institution, so that all is the own */
	bool colleague; /* belongs to it: needs a reason, but no limit */
	struct iq_gate gate;
	struct iq_op_job look; /* lends its arena to one question at a time */
	struct iq_right looker;
	struct iq_arena arena; /* of the engine */
	struct iq_sync s;
	struct iq_plan_file plan;
	struct iq_spool *loaded;
	struct iq_num_set *owed;
	size_t cap_owed, cap_decisions;
};

/* Loads rights. To be ended in any case. */
IQ_CHECK enum iq_err iq_sync_run_begin(struct iq_sync_run *x, struct iq_op_job *o,
	struct iq_wtxn *w, const struct iq_vocab *vocab);
void iq_sync_run_end(struct iq_sync_run *x);
/* May the caller sync this institution? Then the engine is ready but for its rows. */
IQ_CHECK enum iq_err iq_sync_run_for(struct iq_sync_run *x, iq_num institution);
/* Loads the caller's plan, so that the engine is ready. Errors: unknown, applied, expired. */
IQ_CHECK enum iq_err iq_sync_run_plan(struct iq_sync_run *x, struct iq_str id);

/* In the worker's thread: what all four have. */
enum iq_err iq_sync_prepare(struct iq_req *rq, struct iq_job *job);
/* Computes the plan as it stands now, answers it as a field (0: alone) and keeps what was shown. */
enum iq_err iq_sync_show_plan(struct iq_sync_run *x, uint32_t field);
/* Is there anything to do? */
bool iq_sync_any(const struct iq_sync *s);
/*
 * Writes a SyncPlanResponse to the job's answer, in parts. field: of a surrounding message; 0:
 * none.
 */
void iq_sync_answer(struct iq_sync_run *x, uint32_t field, bool lines);
/* A plan as a list of plans names it. */
void iq_sync_answer_head(
	struct iq_sync_run *x, uint32_t field, const struct iq_plan_file *plan, struct iq_txn *t);
void iq_sync_answer_counts(struct iq_buf *out, uint32_t field, const struct iq_sync *s);
/* Errors: open conflicts with each of them; guards with their texts. */
enum iq_err iq_sync_refuse_conflicts(struct iq_sync_run *x);
enum iq_err iq_sync_refuse_guard(struct iq_sync_run *x, uint64_t given);

/* Plans that were applied (IQ_TABLE_LIVING "p", id): kept so that none is applied twice. */
void iq_sync_used_put(struct iq_wtxn *w, const char *id, int64_t now_us);
bool iq_sync_used(struct iq_txn *t, struct iq_str id);
void iq_sync_used_purge(struct iq_wtxn *w, int64_t now_us);

#endif
