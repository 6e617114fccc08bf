/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_AUDIT_AUDIT_H
#define IQ_AUDIT_AUDIT_H

/*
 * The audit log (access.md "Audit"): append-only, chained by SHA-256, in files of its own with a
 * thread of its own; one entry per person disclosed, write, grant, refusal and login. It holds
 * pseudonyms instead of contacts: a hash keyed with 32 random bytes per contact; destroying those
 * makes its entries anonymous while the chain stays whole.
 *
 * Files under DIR/audit (0700; files 0600): one segment per month "2026-11.log" of text lines, each
 * with the hash of the line before; "subjects" the keys of the pseudonyms, 32 bytes per contact
 * number; "head" the last signed head; "sign.key", "sign.pub" (Ed25519).
 */

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "hist.h"
#include "model.h"
#include "pulse.h"
#include "str.h"

/* X(ENUM, name in the file and on the wire) */
#define IQ_AUDIT_TABLE(X)                                                                          \
	X(DISCLOSED, "disclosed") /* a person's fields left the server */                          \
	X(WRITTEN, "written")     /* a change, with its revision */                                \
	X(GRANTED, "granted")     /* principal, token, grant, revocation, approval */              \
	X(REFUSED, "refused")     /* not permitted; or, without principal, counted per source */   \
	X(LOGIN, "login")                                                                          \
	X(READ, "read")   /* of the audit log itself */                                            \
	X(ALERT, "alert") /* unusually many persons */                                             \
	X(ERASED, "erased")                                                                        \
	X(HEAD, "head")       /* signed head */                                                    \
	X(SUMMARY, "summary") /* counts of what retention took away */

enum iq_audit_event {
#define X(e, name) IQ_AUDIT_##e,
	IQ_AUDIT_TABLE(X)
#undef X
		IQ_AUDIT_EVENTS
};
extern const char *const iq_audit_event_names[IQ_AUDIT_EVENTS + 1];

struct iq_audit_entry {
	enum iq_audit_event event;
	int64_t time_us;                      /* since 1970, UTC */
	struct iq_str principal, institution; /* ids; empty: unknown, none */
	iq_num subject;                       /* number of the contact; IQ_NONE: none */
	struct iq_str classes;                /* of the disclosed fields, e.g. "partners" */
	struct iq_str operation, purpose, peer;
	uint64_t revision, count; /* count: of like events; 0 and 1 mean one */
	uint8_t request_id[16];   /* zero: none */
};

/*
 * Operation of an alert: there is no change behind its revision; entries before it that say so were
 * written at the same time as a commit that failed or that a crash came before.
 */
#define IQ_AUDIT_NOT_MADE "changes-not-made"

struct iq_audit;

/* Opens or makes DIR/audit, reads the end of the chain and what the daily limit must know (the last
 * IQ_LIMIT_QUOTA_FREE_DAYS), starts the thread. */
IQ_CHECK enum iq_err iq_audit_open(const char *dir, struct iq_audit **out, struct iq_error *error);
/* Takes DIR/audit away: of a state directory that could not be made. */
void iq_audit_remove(const char *dir);
/* Writes what was submitted, signs the head, ends the thread. */
void iq_audit_close(struct iq_audit *a);

/*
 * Entries on their way. Owned by the caller, with all they refer to, until `done` is called: in
 * the audit's thread, once they are durable, or cannot be written (false). done must only hand
 * over. NULL: entries and strings are copied, nobody waits, and they go with the next batch.
 */
struct iq_audit_batch {
	struct iq_audit_batch *next; /* private */
	const struct iq_audit_entry *entries;
	size_t n;
	void (*done)(struct iq_audit_batch *batch, bool durable);
};
/* Any thread. The order of submission is the order of the chain. A list of several batches that
 * have `done`, linked by `next`, is taken as one. */
void iq_audit_submit(struct iq_audit *a, struct iq_audit_batch *batch);
/* The last revision recorded lately when the log was opened; 0: none. */
uint64_t iq_audit_revision(const struct iq_audit *a);
/* Submits and waits. Not from the audit's own thread. */
bool iq_audit_write(struct iq_audit *a, const struct iq_audit_entry *entries, size_t n);
/* An entry nobody waits for. */
void iq_audit_note(struct iq_audit *a, const struct iq_audit_entry *entry);
/*
 * False: the last attempt failed, or there is no room reserved on the disk: confidential fields
 * are to be withheld and writes refused. Tries again every second. Any thread, cheap.
 */
bool iq_audit_writable(const struct iq_audit *a);

struct iq_audit_stats {
	uint64_t events[IQ_AUDIT_EVENTS]; /* durable since it was opened; counts as such */
	uint64_t durable;                 /* number of the last durable entry */
	uint64_t backlog;                 /* entries submitted, not durable and not given up yet */
	bool writable;
	int64_t oldest_us;           /* how long the oldest of these waits; 0: none */
	const struct iq_hist *syncs; /* microseconds of each; lives as long as the log */
};
/* Any thread. */
void iq_audit_stats(struct iq_audit *a, struct iq_audit_stats *out);

/* ---- the daily limit ------------------------------------------------------------------------- */

/*
 * May `principal` see this contact of another institution on `day`? True: and it is remembered as
 * seen (a person seen within IQ_LIMIT_QUOTA_FREE_DAYS is free). Counts also towards the alert:
 * the call that makes it more than IQ_LIMIT_ALERT_PERSONS different persons within an hour writes
 * one entry and one line of the log. lifted: never refuses. Any thread.
 */
bool iq_audit_quota(struct iq_audit *a, struct iq_str principal, iq_num subject, int32_t day,
	int64_t now_us, bool lifted);

/* Could the principal see a new one today? Counts nothing. lifted: always. Any thread. */
bool iq_audit_quota_left(struct iq_audit *a, struct iq_str principal, int32_t day, bool lifted);

/* Signs of life: it beats when it is poked while it waits, and with whatever it writes. */
const struct iq_pulse *iq_audit_pulse(const struct iq_audit *a);
void iq_audit_poke(struct iq_audit *a);

/* Different persons a day from now on; 0: the default. Any thread. */
void iq_audit_limit(struct iq_audit *a, unsigned persons);

/* ---- reading --------------------------------------------------------------------------------- */

/* An entry as read; strings live until fn returns. */
struct iq_audit_line {
	uint64_t number;             /* from 1, over all segments */
	struct iq_audit_entry entry; /* subject is IQ_NONE: see pseudonym */
	struct iq_str pseudonym;     /* hex; empty: none */
};
struct iq_audit_filter {
	struct iq_str principal;    /* empty: all */
	iq_num subject;             /* IQ_NONE: all */
	int64_t since_us, until_us; /* 0: open */
};
/* What is durable now, oldest first; fn returns false to stop. Any thread; slow: reads files. */
IQ_CHECK enum iq_err iq_audit_each(struct iq_audit *a, const struct iq_audit_filter *filter,
	bool (*fn)(void *arg, const struct iq_audit_line *line), void *arg, struct iq_error *error);

/* ---- verifying ------------------------------------------------------------------------------- */

struct iq_audit_report {
	uint64_t entries;
	bool intact;
	uint64_t first_bad;    /* number the first bad entry has or should have */
	const char *finding;   /* msgid: what is wrong with it; static */
	uint64_t signed_until; /* number of the last entry under a good signature */
	char file[64];         /* segment and line of the first bad entry */
	uint64_t line;
};
/* Reads everything under DIR/audit. Works without and beside a running daemon. */
IQ_CHECK enum iq_err iq_audit_verify(
	const char *dir, struct iq_audit_report *out, struct iq_error *error);

/* ---- backups --------------------------------------------------------------------------------- */

/*
 * The log as it is when this returns, without the rest of a line that is being written: it verifies
 * by itself. Beside a running daemon; any thread.
 */
struct iq_audit_copy;
IQ_CHECK enum iq_err iq_audit_copy_begin(
	const char *dir, struct iq_audit_copy **out, struct iq_error *error);
/*
 * Each file of DIR/audit: `bytes` from the beginning of an open one, or its text. The functions
 * return false to stop. False: stopped, or one cannot be read (errno).
 */
IQ_CHECK bool iq_audit_copy_each(struct iq_audit_copy *c,
	bool (*fn)(void *arg, const char *name, int fd, uint64_t bytes),
	bool (*text)(void *arg, const char *name, struct iq_str bytes), void *arg);
void iq_audit_copy_end(struct iq_audit_copy *c);

/* ---- forgetting ------------------------------------------------------------------------------ */

/* Destroys the pseudonym's key of an erased contact, durably. Any thread. */
IQ_CHECK enum iq_err iq_audit_forget(struct iq_audit *a, iq_num subject, struct iq_error *error);
/*
 * Replaces segments that ended more than IQ_LIMIT_AUDIT_MONTHS ago by their counts; the chain goes
 * on from their last hash. Once a day by the audit's thread; here for tests and for the operator.
 */
IQ_CHECK enum iq_err iq_audit_retain(struct iq_audit *a, int64_t now_us, struct iq_error *error);
/* Who saw whom between two times, without a running daemon: `iqd breach-report`. */
IQ_CHECK enum iq_err iq_audit_scan(const char *dir, const struct iq_audit_filter *filter,
	bool (*fn)(void *arg, const struct iq_audit_line *line), void *arg, struct iq_error *error);
/* The pseudonym of a contact (hex, 65 bytes with NUL); false: it was never disclosed, or erased. */
bool iq_audit_pseudonym(const char *dir, iq_num subject, char out[65]);

#endif
