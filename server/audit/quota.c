/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a principal saw lately: the daily limit and the alert, in memory. */
#include <sodium.h>
#include <stdlib.h>

#include "audit_priv.h"
#include "bounds.h"
#include "date.h"
#define IQ_LOG_PART IQ_LOG_AUDIT
#include "log.h"

enum { HOUR_SECONDS = 3600, CAP_MIN = 64, SEEN = IQ_LIMIT_ALERT_PERSONS + 1 };

static const int64_t hour_us = (int64_t)HOUR_SECONDS * 1000000;

struct iq_audit_person {
	int32_t day;    /* of count */
	unsigned count; /* different persons on it */
	int64_t alerted_us;
	size_t nseen;
	struct {
		uint64_t subject;
		int64_t us;
	} seen[SEEN]; /* the newest different ones */
};

/* ---- maps ----------------------------------------------------------------------------------- */

static size_t slot_of(const struct iq_audit_map *m, uint64_t key)
{
	size_t at = (size_t)key & (m->cap - 1);

	while (m->key[at] != 0 && m->key[at] != key)
		at = (at + 1) & (m->cap - 1);
	return at;
}

static int32_t *map_find(const struct iq_audit_map *m, uint64_t key)
{
	if (m->cap == 0)
		return NULL;
	size_t at = slot_of(m, key);

	return m->key[at] == key ? &m->value[at] : NULL;
}

/* Another table, without values before `from`. False: no memory, nothing changed. */
static bool map_rebuild(struct iq_audit_map *m, size_t cap, int32_t from)
{
	struct iq_audit_map next = {.cap = cap};

	next.key = calloc(cap, sizeof(*next.key));
	next.value = calloc(cap, sizeof(*next.value));
	if (next.key == NULL || next.value == NULL) {
		free(next.key);
		free(next.value);
		return false;
	}
	for (size_t i = 0; m->value != NULL && i < m->cap; i++) {
		if (m->key[i] == 0 || m->value[i] < from)
			continue;
		size_t at = slot_of(&next, m->key[i]);

		next.key[at] = m->key[i];
		next.value[at] = m->value[i];
		next.n++;
	}
	free(m->key);
	free(m->value);
	*m = next;
	return true;
}

static bool map_put(struct iq_audit_map *m, uint64_t key, int32_t value)
{
	size_t at;

	if ((m->value == NULL || 2 * (m->n + 1) > m->cap) &&
		!map_rebuild(m, m->cap ? 2 * m->cap : CAP_MIN, INT32_MIN))
		return false;
	at = slot_of(m, key);
	if (m->key[at] == 0)
		m->n++;
	m->key[at] = key;
	m->value[at] = value;
	return true;
}

/* ---- principals ----------------------------------------------------------------------------- */

void iq_audit_quota_init(struct iq_audit_quota *q)
{
	memset(q, 0, sizeof(*q));
	pthread_mutex_init(&q->lock, NULL);
	randombytes_buf(q->secret, sizeof(q->secret));
	q->swept = INT32_MIN;
	atomic_init(&q->limit, IQ_LIMIT_QUOTA_PERSONS);
}

void iq_audit_quota_free(struct iq_audit_quota *q)
{
	free(q->seen.key);
	free(q->seen.value);
	free(q->who.key);
	free(q->who.value);
	free(q->person);
	pthread_mutex_destroy(&q->lock);
}

/* Never 0. */
static uint64_t hash(const struct iq_audit_quota *q, struct iq_str s, uint64_t salt)
{
	uint8_t text[IQ_LIMIT_STRING > 512 ? 512 + 8 : IQ_LIMIT_STRING + 8], out[8];
	size_t n = s.n < sizeof(text) - 8 ? s.n : sizeof(text) - 8;
	uint64_t v;

	memcpy(text, &salt, 8);
	if (n > 0)
		memcpy(text + 8, s.p, n);
	crypto_shorthash(out, text, n + 8, q->secret);
	memcpy(&v, out, sizeof(v));
	return v ? v : 1;
}

static struct iq_audit_person *person_of(struct iq_audit_quota *q, struct iq_str principal)
{
	uint64_t key = hash(q, principal, 0);
	int32_t *at = map_find(&q->who, key);

	if (at != NULL)
		return &q->person[*at];
	if (q->npersons == q->cap) {
		size_t cap = q->cap ? 2 * q->cap : CAP_MIN;
		struct iq_audit_person *p = realloc(q->person, cap * sizeof(*p));

		if (p == NULL)
			return NULL;
		q->person = p;
		q->cap = cap;
	}
	if (!map_put(&q->who, key, (int32_t)q->npersons))
		return NULL;
	struct iq_audit_person *p = &q->person[q->npersons++];

	memset(p, 0, sizeof(*p));
	p->day = INT32_MIN;
	p->alerted_us = INT64_MIN;
	return p;
}

/* Counts towards the hour; true: it is the one too many. */
static bool look_hour(struct iq_audit_person *p, uint64_t subject, int64_t now_us)
{
	size_t n = 0, oldest = 0;
	bool known = false;

	for (size_t i = 0; i < p->nseen; i++) {
		if (p->seen[i].subject == subject) {
			p->seen[i].us = now_us;
			known = true;
		}
		if (now_us - p->seen[i].us < hour_us)
			p->seen[n++] = p->seen[i];
	}
	p->nseen = n;
	for (size_t i = 1; i < n; i++)
		if (p->seen[i].us < p->seen[oldest].us)
			oldest = i;
	if (!known) {
		size_t at = n < SEEN ? p->nseen++ : oldest;

		p->seen[at].subject = subject;
		p->seen[at].us = now_us;
	}
	if (p->nseen < SEEN || (p->alerted_us != INT64_MIN && now_us - p->alerted_us < hour_us))
		return false;
	p->alerted_us = now_us;
	return true;
}

/* Forgets, once a day, who would be free no longer. */
static void sweep(struct iq_audit_quota *q, int32_t day)
{
	if (day <= q->swept)
		return;
	q->swept = day;
	if (q->seen.cap > 0)
		(void)map_rebuild(&q->seen, q->seen.cap, day - IQ_LIMIT_QUOTA_FREE_DAYS);
}

bool iq_audit_quota_look(struct iq_audit_quota *q, struct iq_str principal, uint64_t subject,
	int32_t day, int64_t now_us, bool lifted, bool *alert)
{
	unsigned limit = atomic_load_explicit(&q->limit, memory_order_relaxed);
	bool may = false;

	*alert = false;
	pthread_mutex_lock(&q->lock);
	sweep(q, day);
	struct iq_audit_person *p = person_of(q, principal);
	uint64_t key = hash(q, principal, subject);
	int32_t *last = map_find(&q->seen, key);
	bool free_look = last != NULL && day - *last < IQ_LIMIT_QUOTA_FREE_DAYS;

	if (p != NULL && day > p->day) {
		p->day = day;
		p->count = 0;
	}
	/* Without memory nothing is shown that could not be counted. */
	if (p != NULL && (free_look || lifted || p->count < limit) && map_put(&q->seen, key, day)) {
		may = true;
		if (!free_look)
			p->count++;
		*alert = look_hour(p, subject, now_us);
	}
	pthread_mutex_unlock(&q->lock);
	return may;
}

void iq_audit_quota_replay(struct iq_audit_quota *q, const struct iq_audit_line *line, bool counted)
{
	const struct iq_audit_entry *e = &line->entry;
	uint64_t bits = 0;
	bool alert;

	if (e->event == IQ_AUDIT_ALERT) {
		pthread_mutex_lock(&q->lock);
		struct iq_audit_person *p = person_of(q, e->principal);

		if (p != NULL)
			p->alerted_us = e->time_us;
		pthread_mutex_unlock(&q->lock);
	} else if (counted && line->pseudonym.n == IQ_AUDIT_HEX - 1) {
		bits = iq_audit_subject_bits(line->pseudonym.p);
		(void)iq_audit_quota_look(q, e->principal, bits, iq_date_in_germany(e->time_us),
			e->time_us, true, &alert);
	}
}

bool iq_audit_quota_counts(struct iq_audit_quota *q, struct iq_str principal, uint64_t subject)
{
	bool found;

	pthread_mutex_lock(&q->lock);
	found = map_find(&q->seen, hash(q, principal, subject)) != NULL;
	pthread_mutex_unlock(&q->lock);
	return found;
}

uint64_t iq_audit_subject_bits(const char *pseudonym)
{
	uint8_t bytes[8];
	uint64_t v;

	if (!iq_audit_unhex(bytes, (struct iq_str){pseudonym, 16}, 8))
		return 0;
	memcpy(&v, bytes, sizeof(v));
	return v;
}

bool iq_audit_quota(struct iq_audit *a, struct iq_str principal, iq_num subject, int32_t day,
	int64_t now_us, bool lifted)
{
	char pseudonym[IQ_AUDIT_HEX];
	bool alert, may;

	if (!iq_audit_keys_pseudonym(&a->keys, subject, pseudonym))
		return false;
	may = iq_audit_quota_look(&a->quota, principal, iq_audit_subject_bits(pseudonym), day,
		now_us, lifted, &alert);
	if (alert) {
		iq_log(IQ_LOG_WARN, "audit: %.*s saw more than %d persons within an hour",
			IQ_STR_ARG(principal), IQ_LIMIT_ALERT_PERSONS);
		iq_audit_note(a, &(struct iq_audit_entry){.event = IQ_AUDIT_ALERT,
					 .time_us = now_us,
					 .principal = principal,
					 .operation = IQ_STR("persons-per-hour"),
					 .count = SEEN});
	}
	return may;
}

bool iq_audit_quota_left(struct iq_audit *a, struct iq_str principal, int32_t day, bool lifted)
{
	struct iq_audit_quota *q = &a->quota;
	bool left = false;

	pthread_mutex_lock(&q->lock);
	const struct iq_audit_person *p = person_of(q, principal);

	if (p != NULL)
		left = lifted || day > p->day ||
		       p->count < atomic_load_explicit(&q->limit, memory_order_relaxed);
	pthread_mutex_unlock(&q->lock);
	return left;
}

void iq_audit_limit(struct iq_audit *a, unsigned persons)
{
	atomic_store(&a->quota.limit, persons ? persons : IQ_LIMIT_QUOTA_PERSONS);
}
