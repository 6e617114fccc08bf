/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_OPS_H
#define IQ_OPS_OPS_H

/*
 * Operations: one handler per row of ops.def, one file per family. A handler reads its message,
 * writes the body of its response, or sets rq->error and returns its code. Handlers never send;
 * dispatch answers once.
 */

#include "access.h"
#include "answers.h"
#include "audit.h"
#include "i18n.h"
#include "iq.pb-c.h"
#include "pki.h"
#include "rights.h"
#include "store.h"
#include "wire.h"
#include "writer.h"
#include "apply.h"

struct iq_refusals;

/* What all operations share; immutable while the server runs, except counters. */
struct iq_services {
	struct iq_store *store;
	struct iq_writer *writer;
	struct iq_pki *pki;
	struct iq_audit *audit;       /* NULL in tests: nothing above class public is disclosed */
	struct iq_refusals *refusals; /* peers refused before a request; NULL in tests */
	struct iq_answers *answers;   /* kept; NULL: none are */
	/* These may change while requests are answered; what `reasons` pointed to stays. */
	_Atomic bool anonymous;      /* unknown peers may ask, for public fields */
	const char *_Atomic reasons; /* codes joined by spaces; NULL: the default list */
	const char *host;            /* name and port for tokens */
	uint16_t port;
	const char *dir;
	int64_t started_us;
	uint64_t (*connections)(void *ctx); /* open now */
	uint64_t (*questions)(void *ctx);   /* answered since start */
	void *ctx;
};

/* A connection's memory across requests. */
struct iq_session {
	uint64_t number;             /* of the connection, since the start; for the log */
	char principal[128];         /* id from the certificate; empty: unknown peer */
	uint8_t serial[20];          /* of our certificate; external: iq_external_mark() */
	bool external;               /* the certificate is of an external PKI */
	char *names;                 /* subject, NUL, issuer, if nobody has them; malloc'd */
	int64_t until_us;            /* the certificate's end; 0: none */
	char peer[64];               /* address, for the audit */
	bool grace;                  /* the certificate has expired lately: may only renew itself */
	const char *refused;         /* msgid: certificate without usable identity, or revoked */
	struct iq_spool *spool;      /* import between begin and commit */
	Iq__V1__ImportBegin *import; /* copy, freed with protobuf-c's default allocator */
};

struct iq_chain;
struct iq_num_set;
struct iq_right;
struct iq_gate;

/* What the audit must hold before the answer leaves. */
struct iq_owed {
	enum iq_audit_event event;
	iq_num contact; /* IQ_NONE: not about a person */
	enum iq_visibility visibility;
};

/* What a thread remembers between look-ups; optional. */
struct iq_memo;
struct iq_memo *iq_memo_new(void);
void iq_memo_free(struct iq_memo *m);
/* Before a snapshot is used: its vocabulary and its number. */
void iq_memo_turn(struct iq_memo *m, const struct iq_vocab *v, uint64_t snapshot);

struct iq_req {
	const Iq__V1__Request *msg;
	struct iq_str body; /* the frame, for hashing */
	struct iq_arena *arena;
	struct iq_rtxn *rtxn;
	struct iq_txn *txn; /* snapshot of this request (READ) */
	const struct iq_vocab *vocab;
	const struct iq_principal *principal; /* NULL: unknown peer */
	struct iq_session *session;
	const struct iq_services *svc;
	int32_t today; /* in Germany */
	int64_t now_us;
	struct iq_buf *out; /* READ: body of the response message */
	struct iq_error *error;
	struct iq_owed *owed; /* in the arena; dispatch sends the answer when they are durable */
	size_t nowed, cap_owed;
	struct iq_num_set *owed_seen; /* contacts among them, once there are many */
	struct iq_str purpose;        /* the reason given, for the audit */
	size_t nwithheld;             /* records without their personal fields … */
	const char *because;          /* … for this reason: "quota", "audit" */
	bool sealed;          /* the audit cannot be written: withhold what it would have to hold */
	void *prepared;       /* what cost() worked out for handle(); NULL otherwise */
	struct iq_memo *memo; /* may be NULL */
	struct iq_notes *notes;         /* may be NULL */
	struct iq_chain *chain;         /* the institution looked at last, with its ancestors */
	struct iq_circle_memo *circles; /* what the caller is to workshops (circle.c) */
	/* changes: goes on from this cookie instead of the request's */
	struct iq_str resume;
	/*
	 * Set by a handler that has nothing to tell yet: the answer may be kept back so long, and
	 * the request asked again whenever something was committed, from this cookie (in the
	 * arena). 0: the answer goes out.
	 */
	uint32_t wait_ms;
	struct iq_str cookie;
};

struct iq_op_approval;
struct iq_sync_ask;

/*
 * A write on its way through the writer. Dispatch makes and frees it; all it needs lies in its
 * arena. `job` must stay first.
 */
struct iq_op_job {
	struct iq_job job;
	struct iq_arena arena;
	const struct iq_services *svc;
	const Iq__V1__Request *msg; /* in the arena */
	char principal[128];
	uint8_t serial[20];
	bool external; /* as in iq_session */
	char peer[64];
	int32_t today;
	int64_t now_us;
	struct iq_spool *spool; /* import: taken over from the session */
	bool keep_going;
	struct iq_op_approval *approval; /* NULL: nothing that waited */
	int64_t progress_us;             /* when progress was reported last */
	/* what a job that changes nothing shows of persons: audited before its answer leaves */
	struct iq_owed *owed;
	size_t nowed;
	struct iq_right *right; /* while the job runs: for may_refer */
	struct iq_gate *gate;   /* the same for an import that is decided row by row */
	struct iq_sync_ask *sync;
	/* Ends of bodies that leave before the last one (more = true), within job.answer. */
	size_t *parts, nparts, cap_parts;
	void *owner; /* dispatch's */
	/* Sends the body of a response before the answer (more = true). Writer's thread; NULL:
	 * nobody listens. */
	void (*progress)(struct iq_op_job *job, struct iq_str body);
};
struct iq_op;
/* Body of the response to a job that was done; `revision` if the job changed nothing. */
void iq_op_job_answer(
	const struct iq_op *op, const struct iq_op_job *job, uint64_t revision, struct iq_buf *out);
/* Frees what the operation put into the job (the spool); not the job itself. */
void iq_op_job_release(struct iq_op_job *job);
void iq_session_release(struct iq_session *s);

/*
 * Hands the writer the job that erases contacts whose last day is more than IQ_LIMIT_PURGE_DAYS
 * back, and what an interrupted erasure left. Any thread; false: not taken (busy, no memory).
 */
bool iq_purge_submit(const struct iq_services *svc);

/*
 * Erases contacts once more, in a directory that was restored from a backup: of those numbers, who
 * is there. The writer runs, nothing else does; waits for the end.
 */
IQ_CHECK enum iq_err iq_erase_again(
	const struct iq_services *svc, const iq_num *contacts, size_t n, struct iq_error *error);

/*
 * Hands the writer the dated hand-overs whose day has come, one job each, with the rights that who
 * asked for it has now. What cannot be done stays, is logged, and is tried again the next time.
 * today: days since 1970. The caller's thread reads the store; false: not all were taken (busy, no
 * memory).
 */
bool iq_handovers_submit(const struct iq_services *svc, int32_t today);

/* Index probes above which a request leaves the worker for the slow lane. */
enum { IQ_LANE_COST = 4000 };

enum iq_op_mode { IQ_MODE_ANON, IQ_MODE_READ, IQ_MODE_WRITE, IQ_MODE_SPOOL };

struct iq_op {
	const char *name; /* field in Request and Response */
	int tag;          /* IQ__V1__REQUEST__OP_… and the field number in Response */
	enum iq_op_mode mode;
	enum iq_action action;
	size_t frame_max;
	bool raw; /* the handler reads the frame itself: not unpacked */
	/* READ, SPOOL: answers at once. WRITE, ANON: checks and prepares `job` (job->run …). */
	enum iq_err (*handle)(struct iq_req *rq);
	enum iq_err (*prepare)(struct iq_req *rq, struct iq_job *job);
	/* READ, may be NULL: index probes expected; above IQ_LANE_COST the request runs in the slow
	 * lane. */
	uint64_t (*cost)(struct iq_req *rq);
};

/* NULL: unset oneof. The table is built from ops.def; the build fails if a handler is missing. */
const struct iq_op *iq_op_find(int tag);
const struct iq_op *iq_op_at(size_t i); /* NULL past the end */

/*
 * The choke point: the only functions that put contacts into answers. What the caller may not
 * see is not written.
 */
struct iq_audience;
struct iq_contact_mode {
	/* an edition: for these readers, and no more than the caller may see; NULL: for the caller
	 */
	const struct iq_audience *audience;
	bool disclose; /* the caller asked for personal fields */
	bool reason;   /* and gave a reason; without one only editors of the owner see them */
	uint32_t contact_field, withheld_field; /* field numbers in the surrounding message */
};
/*
 * Writes the contact as `contacts` or `withheld` of the message being written, or nothing. Sets
 * rq->error if a reason is missing.
 */
void iq_disclose_contact(
	struct iq_req *rq, iq_num contact, const struct iq_contact_mode *mode, int32_t at);
/* Appends the body of a Record message as the caller may see it: segments by permission, references
 * to contacts filtered. False: hidden or missing. */
bool iq_disclose_record(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_buf *out);

#endif
