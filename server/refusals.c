/* SPDX-License-Identifier: Apache-2.0 */
#include "refusals.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { SOURCES = 256 }; /* different addresses a minute; the others are counted together */

struct iq_refusals {
	pthread_mutex_t lock;
	size_t n;
	uint64_t others;
	struct source {
		char peer[64];
		uint64_t count;
	} source[SOURCES];
};

struct iq_refusals *iq_refusals_new(void)
{
	struct iq_refusals *r = calloc(1, sizeof(*r));

	if (r != NULL)
		pthread_mutex_init(&r->lock, NULL);
	return r;
}

void iq_refusals_free(struct iq_refusals *r)
{
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void iq_refusals_count(struct iq_refusals *r, const char *peer)
{
	size_t i = 0;

	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	while (i < r->n && strcmp(r->source[i].peer, peer) != 0)
		i++;
	if (i == r->n && i < SOURCES) {
		snprintf(r->source[i].peer, sizeof(r->source[i].peer), "%s", peer);
		r->n++;
	}
	if (i < SOURCES)
		r->source[i].count++;
	else
		r->others++;
	pthread_mutex_unlock(&r->lock);
}

static void write_entry(struct iq_audit *audit, int64_t now_us, const char *peer, uint64_t count)
{
	if (audit != NULL)
		iq_audit_note(audit, &(struct iq_audit_entry){.event = IQ_AUDIT_REFUSED,
					     .time_us = now_us,
					     .operation = IQ_STR("connect"),
					     .peer = iq_str(peer),
					     .count = count});
}

uint64_t iq_refusals_flush(struct iq_refusals *r, struct iq_audit *audit, int64_t now_us)
{
	uint64_t total = 0;

	if (r == NULL)
		return 0;
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n; i++) {
		write_entry(audit, now_us, r->source[i].peer, r->source[i].count);
		total += r->source[i].count;
		r->source[i] = (struct source){.count = 0};
	}
	if (r->others > 0)
		write_entry(audit, now_us, "others", r->others);
	total += r->others;
	r->n = 0;
	r->others = 0;
	pthread_mutex_unlock(&r->lock);
	return total;
}
