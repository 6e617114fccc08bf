/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_WRITER_PRIV_H
#define IQ_WRITE_WRITER_PRIV_H

/* What the files of the writer share. */

#include <pthread.h>

#include "writer.h"

/* ---- vocabularies in use (vocabs.c) -------------------------------------------------------- */

/* One published vocabulary. It lives while somebody holds it or an old snapshot may ask for it. */
struct iq_published {
	struct iq_vocab *vocab;
	uint64_t refs;
	uint64_t until; /* first snapshot with a newer one; 0: none is durable yet */
	struct iq_published *next;
};

struct iq_vocabs {
	struct iq_store *store;
	pthread_mutex_t lock;
	struct iq_published *list; /* newest first */
};

void iq_vocabs_init(struct iq_vocabs *v, struct iq_store *store);
void iq_vocabs_free(struct iq_vocabs *v);
/* Takes the vocabulary, before the commit that makes it visible. False without memory. */
IQ_CHECK bool iq_vocabs_publish(struct iq_vocabs *v, struct iq_vocab *vocab);
/* The commit succeeded: snapshots from `number` show the newest. */
void iq_vocabs_settle(struct iq_vocabs *v, uint64_t number);
/* The commit failed: takes back and frees the newest. */
void iq_vocabs_withdraw(struct iq_vocabs *v);
const struct iq_vocab *iq_vocabs_newest(struct iq_vocabs *v);

/* ---- request ids (request.c) --------------------------------------------------------------- */

enum iq_replay { IQ_REPLAY_NEW, IQ_REPLAY_SAME, IQ_REPLAY_OTHER };
/* Looks for an earlier request; SAME: fills revision, answer and replayed. */
enum iq_replay iq_request_find(struct iq_txn *t, struct iq_job *job);
void iq_request_store(struct iq_wtxn *w, const struct iq_job *job, int64_t now_us);
/* Drops entries that are too old, looking at `steps` entries behind *pos (kept by the caller). */
void iq_request_purge(struct iq_wtxn *w, struct iq_buf *pos, size_t steps, int64_t now_us);

/* ---- what the audit must hold (recorded.c) -------------------------------------------------- */

/* Jobs that are to be given back. */
struct iq_answers_due {
	struct iq_job *first, *last;
	size_t n;
};

struct iq_recorded {
	struct iq_answers_due due; /* the audit's thread only */
	struct iq_audit *audit;    /* NULL: nothing is recorded */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t waiting; /* jobs at the audit, and one for those that went there together */
	bool careful;   /* the last commit failed: entries come after the next one again */
};

void iq_recorded_init(struct iq_recorded *r, struct iq_audit *audit);
void iq_recorded_free(struct iq_recorded *r);
/* Records what a crash came before. */
void iq_recorded_recover(struct iq_recorded *r, struct iq_store *s);
/* May changes be made? Waits while too many are at the audit. */
bool iq_recorded_possible(struct iq_recorded *r);
void iq_recorded_refuse(struct iq_job *job);
/*
 * Before a commit: hands the entries of the jobs to the audit, so that both become durable at the
 * same time; answers wait for both. Not where an entry says more than that a revision was written:
 * what a crash leaves of the one without the other is found by its revision.
 */
void iq_recorded_ahead(struct iq_recorded *r, struct iq_job **jobs, size_t n);
/* How the commit ended. before: the revision before it. */
void iq_recorded_committed(
	struct iq_recorded *r, struct iq_job **jobs, size_t n, bool good, uint64_t before);
/* Calls `done` of each, in order, once what they changed is recorded. committed: also where
 * settling failed. */
void iq_recorded_finish(struct iq_recorded *r, struct iq_job **jobs, size_t n, bool committed);
/* Until all have their answer. */
void iq_recorded_wait(struct iq_recorded *r);

/* ---- one transaction (batch.c) ------------------------------------------------------------- */

struct iq_writer {
	struct iq_store *store;
	struct iq_queue *queue;
	pthread_t thread;
	struct iq_pulse pulse;
	struct iq_queue_item wake; /* queued by stop */
	_Atomic bool stopping;
	_Atomic int64_t deadline_us;
	bool broken; /* a storage error other than "full": no more writes */
	struct iq_vocabs vocabs;
	struct iq_buf purge_pos;
	struct iq_recorded recorded;
	struct iq_hist commits, batches;
	_Atomic int64_t busy_since_us; /* monotonic; 0: waiting */
	pthread_mutex_t listening;
	void (*listen)(void *ctx); /* NULL: nobody */
	void *listen_ctx;
};

/*
 * Runs and commits the jobs in order in as few transactions as needed; each has its result
 * then. `done` is not called.
 */
void iq_batch_run(struct iq_writer *w, struct iq_job **jobs, size_t n);

#endif
