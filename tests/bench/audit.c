/* SPDX-License-Identifier: Apache-2.0 */
/* How many entries a second the audit log takes, until they are durable. Usage: bench_audit DIR
 * [ENTRIES-PER-BATCH [BATCHES]] */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "date.h"

struct flight {
	struct iq_audit_batch batch; /* first */
	struct iq_audit_entry *entries;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned long in_flight, failed;

static void done(struct iq_audit_batch *batch, bool durable)
{
	free(((struct flight *)batch)->entries);
	free(batch);
	pthread_mutex_lock(&lock);
	in_flight--;
	failed += !durable;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static struct flight *make(unsigned long n, unsigned long first)
{
	struct flight *f = calloc(1, sizeof(*f));
	struct iq_audit_entry *e = calloc(n, sizeof(*e));

	if (f == NULL || e == NULL)
		abort();
	for (unsigned long i = 0; i < n; i++)
		e[i] = (struct iq_audit_entry){.event = IQ_AUDIT_DISCLOSED,
			.time_us = iq_now_us(),
			.principal = IQ_STR("max-muster"),
			.institution = IQ_STR("jobcenter-muster"),
			.subject = (iq_num)(1 + (first + i) % 2000),
			.classes = IQ_STR("partners"),
			.operation = IQ_STR("who"),
			.purpose = IQ_STR("referral"),
			.request_id = {1, 2, 3},
			.peer = IQ_STR("192.0.2.7")};
	f->batch = (struct iq_audit_batch){.entries = e, .n = n, .done = done};
	f->entries = e;
	return f;
}

int main(int argc, char **argv)
{
	unsigned long each = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000,
		      batches = argc > 3 ? strtoul(argv[3], NULL, 10) : 500;
	struct iq_arena arena;
	struct iq_error error;
	struct iq_audit *a;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (argc < 2 || each == 0 || iq_audit_open(argv[1], &a, &error) != IQ_OK) {
		fprintf(stderr, "bench_audit: %s\n", error.text ? error.text : "DIR is missing");
		return 2;
	}
	int64_t start = iq_monotonic_us();

	for (unsigned long i = 0; i < batches; i++) {
		struct flight *f = make(each, i * each);

		pthread_mutex_lock(&lock);
		while (in_flight >= 64)
			pthread_cond_wait(&changed, &lock);
		in_flight++;
		pthread_mutex_unlock(&lock);
		iq_audit_submit(a, &f->batch);
	}
	pthread_mutex_lock(&lock);
	while (in_flight > 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	double s = (double)(iq_monotonic_us() - start) / 1e6;

	printf("%lu entries in batches of %lu: %.2f s, %.0f entries/s durable, %lu batches "
	       "failed\n",
		each * batches, each, s, (double)(each * batches) / s, failed);
	iq_audit_close(a);
	iq_arena_free(&arena);
	return failed > 0;
}
