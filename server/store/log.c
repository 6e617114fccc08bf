/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: per revision an entry with time, principal, operation, reason, request id, and the
 * records it touched as runs of numbers. Part 0 begins with the header; every part is at most
 * about 64 KiB. Between the entries lie the images that were superseded (past.c).
 */

#include <stdlib.h>

#include "store_priv.h"

enum {
	LOG_VERSION = 1,
	HEADER = 1 + 8 + 16 + 8 + 3 * 4, /* version, time, request id, touched, three lengths */
	RUN = 10,                        /* kind u8, operation u8, first u32, count u32 */
	PART_RUNS = 6400                 /* 64,000 bytes */
};

void iq_log_touch(struct iq_wtxn *w, enum iq_kind kind, iq_num num, enum iq_op_code op)
{
	struct iq_run *last = w->nruns ? &w->runs[w->nruns - 1] : NULL;

	w->touched++;
	if (last != NULL && last->kind == kind && last->op == op &&
		last->first + last->count == num) {
		last->count++;
		return;
	}
	if (w->runs == NULL || w->nruns == w->cap_runs) {
		size_t cap = w->cap_runs ? w->cap_runs * 2 : 64;
		struct iq_run *runs = realloc(w->runs, cap * sizeof(*runs));

		if (runs == NULL) {
			iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for the log");
			return;
		}
		w->runs = runs;
		w->cap_runs = cap;
	}
	w->runs[w->nruns++] = (struct iq_run){(uint8_t)kind, (uint8_t)op, num, 1};
}

static void add_number(struct iq_buf *b, uint64_t v, size_t n)
{
	iq_buf_add(b, &v, n);
}

static struct iq_kb part_key(uint64_t revision, uint32_t part)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u64(&k, revision);
	iq_kb_u32(&k, part);
	return k;
}

void iq_log_write(struct iq_wtxn *w)
{
	struct iq_buf *b = &w->image;
	const struct iq_change *c = &w->change;
	size_t at = 0;
	uint32_t part = 0;

	iq_buf_reset(b, SIZE_MAX);
	iq_buf_byte(b, LOG_VERSION);
	add_number(b, (uint64_t)c->time_us, 8);
	iq_buf_add(b, c->request_id, sizeof(c->request_id));
	add_number(b, w->touched, 8);
	add_number(b, c->principal.n, 4);
	add_number(b, c->operation.n, 4);
	add_number(b, c->reason.n, 4);
	iq_buf_str(b, c->principal);
	iq_buf_str(b, c->operation);
	iq_buf_str(b, c->reason);
	do {
		struct iq_kb k = part_key(w->revision, part++);

		for (size_t n = 0; n < PART_RUNS && at < w->nruns; n++, at++) {
			const struct iq_run *r = &w->runs[at];

			iq_buf_byte(b, r->kind);
			iq_buf_byte(b, r->op);
			add_number(b, r->first, 4);
			add_number(b, r->count, 4);
		}
		if (b->failed)
			iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for the log");
		iq_put(w, IQ_TAB_LOG, iq_kb_key(&k), (struct iq_str){(char *)b->p, b->n},
			MDB_APPEND);
		iq_buf_reset(b, SIZE_MAX);
	} while (at < w->nruns && w->t.err == IQ_OK);
}

static bool read_header(struct iq_str *v, struct iq_log_entry *out)
{
	struct iq_str *texts[3] = {&out->principal, &out->operation, &out->reason};
	const char *p = v->p;

	if (v->n < HEADER || p[0] != LOG_VERSION)
		return false;
	out->time_us = (int64_t)iq_le64(p + 1);
	memcpy(out->request_id, p + 9, 16);
	out->touched = iq_le64(p + 25);
	v->p += HEADER;
	v->n -= HEADER;
	for (size_t i = 0; i < 3; i++) {
		uint32_t n = iq_le32(p + 33 + 4 * i);

		if (n > v->n)
			return false;
		*texts[i] = (struct iq_str){v->p, n};
		v->p += n;
		v->n -= n;
	}
	return true;
}

/* False: damaged. *stop: fn wants no more. */
static bool read_runs(struct iq_str v, bool (*touch)(void *arg, enum iq_kind kind, iq_num num),
	void *arg, bool *stop)
{
	if (v.n % RUN != 0)
		return false;
	for (; v.n && !*stop; v.p += RUN, v.n -= RUN) {
		unsigned kind = (uint8_t)v.p[0];
		uint32_t first = iq_le32(v.p + 2), count = iq_le32(v.p + 6);

		if (kind >= IQ_KINDS || first == IQ_NONE || count > UINT32_MAX - first)
			return false;
		for (uint32_t i = 0; i < count && !*stop; i++)
			*stop = !touch(arg, (enum iq_kind)kind, first + i);
	}
	return true;
}

bool iq_log_get(struct iq_txn *t, uint64_t revision, struct iq_log_entry *out,
	bool (*touch)(void *arg, enum iq_kind kind, iq_num num), void *arg)
{
	struct iq_kb k = part_key(revision, 0);
	struct iq_walk x;
	bool stop = touch == NULL, found = false, whole = true;

	out->revision = revision;
	for (iq_walk_begin(&x, t, IQ_TAB_LOG, iq_kb_key(&k), 8); x.ok && whole; iq_walk_next(&x)) {
		struct iq_str v = x.value;

		if (x.key.n != IQ_LOG_KEY)
			break; /* behind the entry: what the next one superseded */
		if (!found)
			whole = iq_be32(x.key.p + 8) == 0 && read_header(&v, out);
		found = true;
		if (whole && !stop)
			whole = read_runs(v, touch, arg, &stop);
		if (stop)
			break;
	}
	iq_walk_end(&x);
	if (!whole)
		iq_txn_refuse(t, IQ_ERR_INTERNAL, "a log entry is damaged");
	return found && whole;
}
