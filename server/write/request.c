/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request ids: the answer to a request is kept in the same transaction as its effect, so
 * that a retry gets it instead of a second effect. Value: revision u64, changed revision u64, time
 * i64, payload hash, answer.
 */

#include "bounds.h"
#include "writer_priv.h"

enum { VALUE_FIXED = IQ_REQUEST_KEPT, KEY_MAX = 300 };
_Static_assert(IQ_REQUEST_KEPT == 8 + 8 + 8 + 32, "what an erasure leaves of a value");

static const int64_t life_us = (int64_t)IQ_LIMIT_REQUEST_ID_DAYS * 86400 * 1000000;

/* Empty: the job has no request id. */
static struct iq_str request_key(const struct iq_job *job, char out[KEY_MAX])
{
	static const uint8_t none[16];
	struct iq_str principal = job->change.principal;

	if (memcmp(job->change.request_id, none, 16) == 0 || principal.n > KEY_MAX - 17 ||
		job->dry_run)
		return (struct iq_str){NULL, 0};
	if (principal.n)
		memcpy(out, principal.p, principal.n);
	out[principal.n] = 0;
	memcpy(out + principal.n + 1, job->change.request_id, 16);
	return (struct iq_str){out, principal.n + 17};
}

static uint64_t number_at(struct iq_str v, size_t at)
{
	uint64_t n;

	memcpy(&n, v.p + at, 8);
	return n;
}

enum iq_replay iq_request_find(struct iq_txn *t, struct iq_job *job)
{
	char bytes[KEY_MAX];
	struct iq_str key = request_key(job, bytes), v;

	if (key.n == 0 || !iq_table_get(t, IQ_TABLE_REQUEST, key, &v) || v.n < VALUE_FIXED)
		return IQ_REPLAY_NEW;
	if (memcmp(v.p + 24, job->payload_hash, 32) != 0)
		return IQ_REPLAY_OTHER;
	job->revision = number_at(v, 8);
	job->replayed = true;
	iq_buf_add(&job->answer, v.p + VALUE_FIXED, v.n - VALUE_FIXED);
	return IQ_REPLAY_SAME;
}

void iq_request_store(struct iq_wtxn *w, const struct iq_job *job, int64_t now_us)
{
	uint64_t revision = iq_wtxn_state(w)->revision;
	char bytes[KEY_MAX];
	struct iq_str key = request_key(job, bytes);
	struct iq_buf b;

	if (key.n == 0)
		return;
	iq_buf_init(&b, 0);
	iq_buf_add(&b, &revision, 8);
	iq_buf_add(&b, &job->revision, 8);
	iq_buf_add(&b, &now_us, 8);
	iq_buf_add(&b, job->payload_hash, 32);
	iq_buf_add(&b, job->answer.p, job->answer.n);
	/* Without memory it is better not to promise that a retry is harmless: nothing is stored.
	 */
	if (!b.failed)
		iq_table_put(w, IQ_TABLE_REQUEST, key, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
}

struct purge {
	struct iq_buf *pos; /* the key looked at last */
	size_t steps;       /* left */
	int64_t oldest_us;  /* that is kept */
	bool old;           /* the entry at pos goes */
};

static bool look_at(void *arg, struct iq_str key, struct iq_str value)
{
	struct purge *p = arg;

	iq_buf_reset(p->pos, SIZE_MAX);
	iq_buf_str(p->pos, key);
	p->old = value.n < VALUE_FIXED || (int64_t)number_at(value, 16) < p->oldest_us;
	return --p->steps > 0 && !p->old && !p->pos->failed;
}

void iq_request_purge(struct iq_wtxn *w, struct iq_buf *pos, size_t steps, int64_t now_us)
{
	struct purge p = {.pos = pos, .steps = steps, .oldest_us = now_us - life_us};

	while (p.steps > 0 && !pos->failed) {
		struct iq_str at = {(char *)pos->p, pos->n};
		char after[KEY_MAX];

		if (at.n > KEY_MAX)
			at.n = 0;
		if (at.n > 0)
			memcpy(after, at.p, at.n);
		p.old = false;
		iq_table_behind(iq_wtxn_txn(w), IQ_TABLE_REQUEST, (struct iq_str){after, at.n},
			look_at, &p);
		if (p.old && !pos->failed)
			iq_table_put(w, IQ_TABLE_REQUEST, (struct iq_str){(char *)pos->p, pos->n},
				(struct iq_str){NULL, 0});
		else if (p.steps > 0)
			iq_buf_reset(pos, SIZE_MAX); /* round again next time */
		if (!p.old)
			break;
	}
	if (pos->failed)
		iq_buf_reset(pos, 0);
}
