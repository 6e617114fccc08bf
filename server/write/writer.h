/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_WRITER_H
#define IQ_WRITE_WRITER_H

/*
 * The one writer: a thread that drains what arrived during the previous commit into one
 * durable transaction. Every request is checked alone: a refused one leaves no trace and does not
 * disturb the others.
 */

#include <stdatomic.h>

#include "buf.h"
#include "hist.h"
#include "pulse.h"
#include "queue.h"
#include "store.h"
#include "audit.h"
#include "vocab.h"

struct iq_writer;
struct iq_recorded;
struct iq_plan;

/* One request to the writer. Owned by the caller, lent until `done` was called. */
struct iq_job {
	struct iq_queue_item item;
	struct iq_change change;      /* strings live as long as the job */
	uint64_t connection, request; /* it comes from, for the log; 0: none */
	bool alone;                   /* bulk: a transaction of its own, aborted on any error */
	bool dry_run;                 /* checked and rolled back */
	bool closes_vote;             /* counts a vote: nothing else ends one (iq_check_step()) */
	/*
	 * Runs in the writer's thread inside iq_change_begin/end. Must read and decide first and
	 * only then write: an error after the first write aborts the batch and replays it without
	 * this job. `vocab` is the one before this job.
	 */
	enum iq_err (*run)(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab);
	/*
	 * Called in the writer's or the audit's thread when the result is durable (or refused).
	 * Must only hand over.
	 */
	void (*done)(struct iq_job *job);
	enum iq_err err;
	struct iq_error error; /* set by run; arena by the caller */
	/*
	 * Only for jobs that are `alone`: runs in the writer's thread after the commit, with no
	 * transaction open (erasure). NULL: nothing.
	 */
	enum iq_err (*settle)(struct iq_job *job, struct iq_store *s);
	/* May a record newly refer to this contact? No: as if there were no such contact. NULL: to
	 * any. Writer's thread. An import asks this of rows about contacts as well. */
	bool (*may_refer)(struct iq_job *job, iq_num contact);
	/* What the caller writes of a record: contacts named here go through may_refer also where
	 * the record has them already. NULL: nothing is named by the caller. */
	const struct iq_rec *named;
	/*
	 * May this row of an import be written? NULL: all may. rec: as it will be, `given` what the
	 * row names; fresh: there is no such record, or none that may be known of. Asked before
	 * anything is written. Not IQ_OK: *why says so, its strings live until the next call.
	 * Needs may_refer.
	 */
	enum iq_err (*may_write)(struct iq_job *job, const struct iq_rec *rec, bool fresh,
		const struct iq_plan *plan, struct iq_problem *why);
	/*
	 * What the audit gets when the change is durable; principal, institution, operation,
	 * purpose and peer are set by who makes the job, revision and request id by the writer.
	 * An event other than WRITTEN is recorded also without a new revision.
	 * `done` is called once it is durable there, too: then by the audit's thread.
	 */
	struct iq_audit_entry audit;
	struct iq_audit_batch audit_batch; /* private */
	struct iq_recorded *recorded;      /* private */
	_Atomic unsigned parts;   /* private: of commit and entry, still to come; 0: one by one */
	bool closes;              /* private: the last that went to the audit together */
	bool unrecorded;          /* private: the entry could not be written */
	struct iq_buf answer;     /* response body written by run, kept with the request id */
	uint64_t revision;        /* 0: nothing changed */
	bool replayed;            /* answer comes from an earlier request with the same id */
	uint8_t payload_hash[32]; /* of the request without its number: same id, other payload →
				     conflict */
	bool wrote;               /* private: run reached iq_job_writes() */
};

/* run calls this before its first write. */
void iq_job_writes(struct iq_job *job);

/* Starts the thread. Publishes the vocabulary at start and whenever it changed. */
/* audit: NULL in tests: nothing is recorded. Without it being writable, changes are refused. It
 * must be closed after the writer was stopped. */
IQ_CHECK enum iq_err iq_writer_start(
	struct iq_store *s, struct iq_audit *audit, struct iq_writer **out, struct iq_error *error);
/* Calls fn, in the writer's thread, after whatever may have been committed. fn must only
 * hand over; NULL: nobody listens any more. Any thread. */
void iq_writer_listen(struct iq_writer *w, void (*fn)(void *ctx), void *ctx);
/* Finishes what is queued, within `timeout_ms`, then ends the thread. */
void iq_writer_stop(struct iq_writer *w, int timeout_ms);
/* Changes waiting. Any thread. */
size_t iq_writer_queue(struct iq_writer *w);
struct iq_writer_stats {
	const struct iq_hist *commits; /* microseconds each took, durable */
	const struct iq_hist *batches; /* requests in each; live as long as the writer */
	int64_t busy_us;               /* it works on the present batch for so long; 0: it waits */
};
/* Any thread. */
void iq_writer_stats(const struct iq_writer *w, struct iq_writer_stats *out);
/* Signs of life: it beats when it is poked while it waits, with every batch, and within long ones.
 */
const struct iq_pulse *iq_writer_pulse(const struct iq_writer *w);
void iq_writer_poke(struct iq_writer *w);
/* False: queue full (busy). Any thread. */
bool iq_writer_submit(struct iq_writer *w, struct iq_job *job);

/*
 * The vocabulary that fits a snapshot: give state->vocab_revision. `held` is what this thread holds
 * (NULL at first); returns the same or swaps it. Any thread; lock-free when nothing changed.
 * Release with iq_vocab_drop().
 */
const struct iq_vocab *iq_vocab_hold(
	struct iq_writer *w, const struct iq_vocab *held, uint64_t vocab_revision);
void iq_vocab_drop(struct iq_writer *w, const struct iq_vocab *held);

#endif
