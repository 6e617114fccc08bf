/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_AUDIT_AUDIT_PRIV_H
#define IQ_AUDIT_AUDIT_PRIV_H

/* What the files of the audit share. */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "audit.h"
#include "buf.h"
#include "pulse.h"

enum {
	IQ_AUDIT_HASH = 32,
	IQ_AUDIT_HEX = 2 * IQ_AUDIT_HASH + 1,
	IQ_AUDIT_SIGNATURE = 64,
	IQ_AUDIT_LINE_MAX = 4096, /* bytes of a line; what entries bring is cut long before */
};

/* ---- lines (line.c) ------------------------------------------------------------------------ */

/* An end of the chain: the last entry and its hash. Zero: nothing was written yet. */
struct iq_audit_mark {
	uint64_t number;
	uint8_t hash[IQ_AUDIT_HASH];
};

/* Appends the line of an entry and moves the mark to it. counted: for the daily limit. */
void iq_audit_line_write(struct iq_buf *b, struct iq_audit_mark *mark,
	const struct iq_audit_entry *e, const char *pseudonym, bool counted);
/* Splits a line (without its end); strings lie in it, escaped. False: malformed. */
bool iq_audit_line_read(struct iq_str line, struct iq_audit_line *out, bool *counted);
/* Does the line go on from the mark? True: and the mark is moved. */
bool iq_audit_line_fits(struct iq_str line, struct iq_audit_mark *mark);
/* The first line of a segment, which goes on from the mark. */
void iq_audit_header_write(struct iq_buf *b, const struct iq_audit_mark *mark);
bool iq_audit_header_read(struct iq_str line, struct iq_audit_mark *mark);
/* Escaped and cut as in the column of principals. */
void iq_audit_escape(struct iq_buf *b, struct iq_str s);
void iq_audit_hex(char *out, const uint8_t *p, size_t n);
/* Lower case only. */
bool iq_audit_unhex(uint8_t *out, struct iq_str text, size_t n);
/* Decimal without leading zeros. */
bool iq_audit_number(struct iq_str s, uint64_t *out);
/* Months since year 0, UTC; its name: "2026-11". */
int iq_audit_month(int64_t us);
void iq_audit_month_name(int month, char out[8]);

/* ---- segments (segment.c) ------------------------------------------------------------------ */

struct iq_audit_segment {
	char name[16]; /* "2026-11.log" */
	int month;
	int fd;
};

enum iq_audit_got {
	IQ_AUDIT_GOT_HEADER, /* first line of a segment */
	IQ_AUDIT_GOT_LINE,
	IQ_AUDIT_GOT_TORN, /* the end of a segment has no end of line, or one is far too long */
	IQ_AUDIT_GOT_END,
	IQ_AUDIT_GOT_ERROR /* the disk or memory */
};

/* Goes through segments in order. */
struct iq_audit_reader {
	struct iq_audit_segment *seg;
	size_t nseg, at; /* at: the current one */
	struct iq_buf buf;
	size_t pos;
	uint64_t line; /* from 1 */
	off_t offset;  /* of the current line in its segment */
	off_t next;
	bool open, eof;
};

/* DIR/audit, malloc'd. */
char *iq_audit_path(const char *dir);
/* Opens all segments that end in or after `from_month`. audit_dir: DIR/audit. False: errno. */
bool iq_audit_reader_open(struct iq_audit_reader *r, const char *audit_dir, int from_month);
void iq_audit_reader_close(struct iq_audit_reader *r);
/* The line without its end; valid until the next call. */
enum iq_audit_got iq_audit_reader_next(struct iq_audit_reader *r, struct iq_str *line);
const char *iq_audit_reader_name(const struct iq_audit_reader *r);
/* A file, whole or not at all: written beside, synced, renamed. False: errno. */
bool iq_audit_replace(const char *audit_dir, const char *name, struct iq_str text);
/* Up to `max` bytes of a small file. -1: errno. */
ssize_t iq_audit_slurp(const char *audit_dir, const char *name, char *out, size_t max);
bool iq_audit_pwrite(int fd, struct iq_str text, off_t at);
bool iq_audit_sync_dir(const char *audit_dir);

/* ---- keys and heads (keys.c) --------------------------------------------------------------- */

/* Keys of the pseudonyms. */
struct iq_audit_keys {
	pthread_mutex_t lock;
	int fd;
	off_t reserved;
	bool dirty; /* written, not synced */
};

/* The lock is made by whoever owns the keys. */
bool iq_audit_keys_open(struct iq_audit_keys *k, const char *audit_dir);
void iq_audit_keys_close(struct iq_audit_keys *k);
/* Makes the key on first use. False: it cannot be written. Any thread. */
bool iq_audit_keys_pseudonym(struct iq_audit_keys *k, iq_num subject, char out[IQ_AUDIT_HEX]);
/* Makes what was made durable. */
bool iq_audit_keys_sync(struct iq_audit_keys *k);
bool iq_audit_keys_forget(struct iq_audit_keys *k, iq_num subject);

struct iq_audit_sign {
	uint8_t secret[64], public[32];
};
/* Reads the pair; fresh: makes it if there is none. */
bool iq_audit_sign_open(struct iq_audit_sign *s, const char *audit_dir, bool fresh);
bool iq_audit_sign_public(const char *audit_dir, uint8_t public[32]);
/* Signature in hex: what the entry `head` carries. */
void iq_audit_sign_mark(const struct iq_audit_sign *s, const struct iq_audit_mark *mark,
	int64_t time_us, char out[2 * IQ_AUDIT_SIGNATURE + 1]);
bool iq_audit_sign_good(const uint8_t public[32], const struct iq_audit_mark *mark, int64_t time_us,
	struct iq_str signature);
bool iq_audit_head_write(const char *audit_dir, const struct iq_audit_sign *s,
	const struct iq_audit_mark *mark, int64_t time_us);

enum iq_audit_head { IQ_AUDIT_HEAD_GOOD, IQ_AUDIT_HEAD_MISSING, IQ_AUDIT_HEAD_BAD };
enum iq_audit_head iq_audit_head_read(
	const char *audit_dir, const uint8_t public[32], struct iq_audit_mark *mark);

/* ---- the daily limit (quota.c) ------------------------------------------------------------- */

struct iq_audit_map {
	uint64_t *key; /* 0: free */
	int32_t *value;
	size_t n, cap;
};
struct iq_audit_person;
struct iq_audit_quota {
	pthread_mutex_t lock;
	uint8_t secret[16];       /* of the hash, so that nobody chooses collisions */
	struct iq_audit_map seen; /* principal and person → day */
	struct iq_audit_map who;  /* principal → index of person */
	struct iq_audit_person *person;
	size_t npersons, cap;
	int32_t swept; /* day */
	_Atomic unsigned limit;
};

void iq_audit_quota_init(struct iq_audit_quota *q);
void iq_audit_quota_free(struct iq_audit_quota *q);
/* One look; *alert: it is the one too many of this hour. subject: bytes of the pseudonym. */
bool iq_audit_quota_look(struct iq_audit_quota *q, struct iq_str principal, uint64_t subject,
	int32_t day, int64_t now_us, bool lifted, bool *alert);
/* An entry of earlier, at start: was alerted, or saw this subject. */
void iq_audit_quota_replay(
	struct iq_audit_quota *q, const struct iq_audit_line *line, bool counted);
/* Was this look one that counts? */
bool iq_audit_quota_counts(struct iq_audit_quota *q, struct iq_str principal, uint64_t subject);
uint64_t iq_audit_subject_bits(const char *pseudonym);

/* ---- the log (audit.c, append.c) ----------------------------------------------------------- */

struct iq_audit {
	char *dir, *audit_dir;
	pthread_t thread;
	struct iq_pulse pulse;
	bool started;
	/* submitted, not taken */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct iq_audit_batch *first, **last;
	size_t notes; /* of them that nobody waits for */
	bool urgent, stop;
	uint64_t dropped;
	/* the end of the log: whoever holds `file` */
	pthread_mutex_t file;
	struct iq_audit_mark mark;
	int fd, month;
	off_t size, reserved;
	bool full, failed;                        /* no room reserved; the last write failed */
	uint64_t lost;                            /* entries that could not be written */
	bool unsigned_since;                      /* entries behind the last head */
	int64_t head_due_us, retry_us, retain_us; /* monotonic */
	struct iq_buf buf;
	_Atomic bool writable;
	_Atomic uint64_t durable;               /* number */
	_Atomic uint64_t backlog;               /* entries */
	_Atomic int64_t waiting_us, writing_us; /* since when, monotonic; 0: none */
	struct iq_hist syncs;
	_Atomic uint64_t events[IQ_AUDIT_EVENTS];
	uint64_t revision; /* the last one recorded before the start */
	struct iq_audit_keys keys;
	struct iq_audit_sign sign;
	struct iq_audit_quota quota;
	/* Fault injection of tests, before data is made durable: false: as if it had failed. */
	bool (*fault)(void *arg);
	void *fault_arg;
};

/* All under `file`. */
/* Writes the batches as one; false: none of it is in the log. */
bool iq_audit_append(struct iq_audit *a, const struct iq_audit_batch *list, bool one);
/* Opens the segment of a month behind the current one. False: it stays as it was. */
bool iq_audit_rotate(struct iq_audit *a, int month);
bool iq_audit_reserve(struct iq_audit *a, size_t need);
/* Signs the head, if anything was written since. */
void iq_audit_head(struct iq_audit *a);
enum iq_err iq_audit_retain_locked(struct iq_audit *a, int64_t now_us, struct iq_error *error);
void iq_audit_judge(struct iq_audit *a);

/* Reads what is there at start. */
enum iq_err iq_audit_load(struct iq_audit *a, struct iq_error *error);

#endif
