/* SPDX-License-Identifier: Apache-2.0 */
/* The audit's thread: group commit of what was submitted. */
#include "audit.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit_priv.h"
#include "date.h"
#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_AUDIT
#include "log.h"

enum {
	NOTES_SOON = 1000, /* so many entries that nobody waits for are written at once */
	NOTES_MAX = 16384, /* more are dropped */
};

static const int64_t second_us = 1000000, day_us = 86400000000;

const char *const iq_audit_event_names[IQ_AUDIT_EVENTS + 1] = {
#define X(e, name) name,
	IQ_AUDIT_TABLE(X)
#undef X
		NULL};

/* ---- submitting ----------------------------------------------------------------------------- */

static void enqueue(struct iq_audit *a, struct iq_audit_batch *b, bool urgent)
{
	if (a->first == NULL)
		atomic_store(&a->waiting_us, iq_monotonic_us());
	*a->last = b;
	atomic_fetch_add(&a->backlog, b->n);
	while (b->next != NULL) {
		b = b->next;
		atomic_fetch_add(&a->backlog, b->n);
	}
	a->last = &b->next;
	a->urgent = a->urgent || urgent;
	pthread_cond_signal(&a->wake);
}

static void free_copy(struct iq_audit_batch *b, bool durable)
{
	(void)durable;
	free(b);
}

static struct iq_str copy(char **to, struct iq_str s)
{
	struct iq_str out = {*to, s.n};

	if (s.n > 0)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return out;
}

/* One block: batch, entries, strings. */
static struct iq_audit_batch *copy_batch(const struct iq_audit_entry *entries, size_t n)
{
	size_t bytes = sizeof(struct iq_audit_batch) + n * sizeof(*entries);

	for (size_t i = 0; i < n; i++) {
		const struct iq_audit_entry *e = &entries[i];

		bytes += e->principal.n + e->institution.n + e->classes.n + e->operation.n +
			 e->purpose.n + e->peer.n;
	}
	struct iq_audit_batch *b = malloc(bytes);

	if (b == NULL)
		return NULL;
	struct iq_audit_entry *out = (struct iq_audit_entry *)(b + 1);
	char *text = (char *)(out + n);

	for (size_t i = 0; i < n; i++) {
		out[i] = entries[i];
		out[i].principal = copy(&text, out[i].principal);
		out[i].institution = copy(&text, out[i].institution);
		out[i].classes = copy(&text, out[i].classes);
		out[i].operation = copy(&text, out[i].operation);
		out[i].purpose = copy(&text, out[i].purpose);
		out[i].peer = copy(&text, out[i].peer);
	}
	*b = (struct iq_audit_batch){.entries = out, .n = n, .done = free_copy};
	return b;
}

static void note_all(struct iq_audit *a, const struct iq_audit_entry *entries, size_t n)
{
	struct iq_audit_batch *b = copy_batch(entries, n);

	pthread_mutex_lock(&a->lock);
	if (b != NULL && a->notes + n <= NOTES_MAX) {
		a->notes += n;
		enqueue(a, b, a->notes >= NOTES_SOON);
		b = NULL;
	} else {
		a->dropped += n;
	}
	pthread_mutex_unlock(&a->lock);
	free(b);
}

void iq_audit_note(struct iq_audit *a, const struct iq_audit_entry *entry)
{
	note_all(a, entry, 1);
}

void iq_audit_submit(struct iq_audit *a, struct iq_audit_batch *batch)
{
	if (batch->done == NULL) {
		note_all(a, batch->entries, batch->n);
		return;
	}
	pthread_mutex_lock(&a->lock);
	enqueue(a, batch, true);
	pthread_mutex_unlock(&a->lock);
}

struct waiting {
	struct iq_audit_batch batch; /* first */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done, durable;
};

static void waiting_done(struct iq_audit_batch *b, bool durable)
{
	struct waiting *w = (struct waiting *)b;

	pthread_mutex_lock(&w->lock);
	w->done = true;
	w->durable = durable;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

bool iq_audit_write(struct iq_audit *a, const struct iq_audit_entry *entries, size_t n)
{
	struct waiting w = {.batch = {.entries = entries, .n = n, .done = waiting_done}};

	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.changed, NULL);
	iq_audit_submit(a, &w.batch);
	pthread_mutex_lock(&w.lock);
	while (!w.done)
		pthread_cond_wait(&w.changed, &w.lock);
	pthread_mutex_unlock(&w.lock);
	pthread_cond_destroy(&w.changed);
	pthread_mutex_destroy(&w.lock);
	return w.durable;
}

uint64_t iq_audit_revision(const struct iq_audit *a)
{
	return a->revision;
}

void iq_audit_stats(struct iq_audit *a, struct iq_audit_stats *out)
{
	for (size_t i = 0; i < IQ_AUDIT_EVENTS; i++)
		out->events[i] = atomic_load(&a->events[i]);
	out->durable = atomic_load(&a->durable);
	out->backlog = atomic_load(&a->backlog);
	out->writable = iq_audit_writable(a);
	int64_t since = atomic_load(&a->writing_us);

	if (since == 0)
		since = atomic_load(&a->waiting_us);
	out->oldest_us = since && out->backlog ? iq_monotonic_us() - since : 0;
	out->syncs = &a->syncs;
}

bool iq_audit_writable(const struct iq_audit *a)
{
	return atomic_load_explicit(&a->writable, memory_order_acquire);
}

/* ---- the thread ----------------------------------------------------------------------------- */

static void finish(struct iq_audit_batch *b, bool durable)
{
	b->done(b, durable); /* it may be gone then */
}

/* All in one; if that fails, one by one: the reserved space may do for some. */
static void write_list(struct iq_audit *a, struct iq_audit_batch *list)
{
	struct iq_audit_batch *next;
	bool all, many = list->next != NULL; /* the first one is gone after the first round */

	pthread_mutex_lock(&a->file);
	all = iq_audit_append(a, list, false);
	pthread_mutex_unlock(&a->file);
	for (struct iq_audit_batch *b = list; b != NULL; b = next) {
		bool good = all;

		next = b->next;
		if (!all && many) {
			pthread_mutex_lock(&a->file);
			good = iq_audit_append(a, b, true);
			pthread_mutex_unlock(&a->file);
		}
		if (!good)
			a->lost += b->n;
		(void)atomic_fetch_sub(&a->backlog, b->n);
		iq_pulse_beat();
		finish(b, good);
	}
	atomic_store(&a->writing_us, 0);
}

/* Tries whether the log can be written again, by an entry that says how many are missing. */
static void retry(struct iq_audit *a)
{
	struct iq_audit_entry e = {.event = IQ_AUDIT_ALERT,
		.time_us = iq_now_us(),
		.operation = IQ_STR("entries-lost"),
		.count = a->lost};
	struct iq_audit_batch b = {.entries = &e, .n = 1};

	a->retry_us = iq_monotonic_us() + second_us;
	if (!a->failed) {
		a->full = !iq_audit_reserve(a, 0);
		iq_audit_judge(a);
	} else if (iq_audit_append(a, &b, true)) {
		a->lost = 0;
	}
}

static void retain_daily(struct iq_audit *a)
{
	struct iq_arena arena;
	struct iq_error error;

	a->retain_us = iq_monotonic_us() + day_us;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_audit_retain_locked(a, iq_now_us(), &error) != IQ_OK)
		iq_log(IQ_LOG_ERROR, "audit: %s", error.text ? error.text : "retention failed");
	iq_arena_free(&arena);
}

/* What is due besides entries. */
static void work(struct iq_audit *a, bool last)
{
	int64_t now;

	pthread_mutex_lock(&a->file);
	now = iq_monotonic_us();
	if ((a->full || a->failed) && now >= a->retry_us)
		retry(a);
	if (now >= a->retain_us && !last)
		retain_daily(a);
	if (a->unsigned_since && (last || now >= a->head_due_us))
		iq_audit_head(a);
	pthread_mutex_unlock(&a->file);
}

/* Until when there is nothing to do, on the monotonic clock. */
static int64_t next_due(struct iq_audit *a)
{
	int64_t due;

	pthread_mutex_lock(&a->file);
	due = a->retain_us;
	if (a->unsigned_since && a->head_due_us < due)
		due = a->head_due_us;
	if ((a->full || a->failed) && a->retry_us < due)
		due = a->retry_us;
	pthread_mutex_unlock(&a->file);
	return due;
}

/* Waits for entries; those nobody waits for may collect for a second. NULL: time is up. */
static struct iq_audit_batch *take(struct iq_audit *a, int64_t due, bool *stop)
{
	struct iq_audit_batch *list;
	int64_t notes_due = 0;

	pthread_mutex_lock(&a->lock);
	while (!a->urgent && !a->stop) {
		int64_t now = iq_monotonic_us(), until = due;

		if (a->first != NULL && notes_due == 0)
			notes_due = now + second_us;
		if (notes_due != 0 && notes_due < until)
			until = notes_due;
		if (now >= until)
			break;
		struct timespec t = {
			.tv_sec = until / second_us, .tv_nsec = until % second_us * 1000};

		pthread_cond_timedwait(&a->wake, &a->lock, &t);
		iq_pulse_beat();
	}
	list = a->first;
	atomic_store(&a->writing_us, list ? atomic_load(&a->waiting_us) : 0);
	atomic_store(&a->waiting_us, 0);
	a->first = NULL;
	a->last = &a->first;
	a->notes = 0;
	a->urgent = false;
	*stop = a->stop;
	if (a->dropped > 0) {
		iq_log(IQ_LOG_WARN, "audit: %llu entries dropped, as too many came at once",
			(unsigned long long)a->dropped);
		a->dropped = 0;
	}
	pthread_mutex_unlock(&a->lock);
	return list;
}

static void *audit_main(void *arg)
{
	struct iq_audit *a = arg;
	bool stop = false;

	iq_pulse_mine(&a->pulse);
	while (!stop) {
		iq_pulse_beat();
		struct iq_audit_batch *list = take(a, next_due(a), &stop);

		if (list != NULL)
			write_list(a, list);
		work(a, stop);
	}
	return NULL;
}

const struct iq_pulse *iq_audit_pulse(const struct iq_audit *a)
{
	return &a->pulse;
}

void iq_audit_poke(struct iq_audit *a)
{
	pthread_mutex_lock(&a->lock);
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
}

/* ---- opening and closing -------------------------------------------------------------------- */

static void audit_free(struct iq_audit *a)
{
	if (a->fd >= 0)
		close(a->fd);
	iq_audit_keys_close(&a->keys);
	iq_audit_quota_free(&a->quota);
	sodium_memzero(&a->sign, sizeof(a->sign));
	pthread_mutex_destroy(&a->file);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->wake);
	iq_buf_free(&a->buf);
	free(a->audit_dir);
	free(a->dir);
	free(a);
}

static struct iq_audit *audit_new(const char *dir)
{
	struct iq_audit *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	if (a == NULL)
		return NULL;
	a->fd = a->keys.fd = -1;
	a->pulse.name = "audit";
	a->last = &a->first;
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->file, NULL);
	pthread_mutex_init(&a->keys.lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->wake, &attr);
	pthread_condattr_destroy(&attr);
	iq_buf_init(&a->buf, 0);
	iq_audit_quota_init(&a->quota);
	atomic_init(&a->writable, true);
	atomic_init(&a->durable, 0);
	a->retain_us = iq_monotonic_us();
	a->dir = strdup(dir);
	a->audit_dir = iq_audit_path(dir);
	if (a->dir == NULL || a->audit_dir == NULL) {
		audit_free(a);
		return NULL;
	}
	return a;
}

static enum iq_err no_file(struct iq_audit *a, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The audit log in {0} cannot be used: {1}."),
		N_("Check its owner, its mode and the free space."), a->audit_dir, strerror(errno),
		NULL);
}

/* Signals are the main thread's. */
static bool start_thread(struct iq_audit *a)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	a->started = pthread_create(&a->thread, NULL, audit_main, a) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return a->started;
}

enum iq_err iq_audit_open(const char *dir, struct iq_audit **out, struct iq_error *error)
{
	struct iq_audit *a;
	enum iq_err err = IQ_OK;

	*out = NULL;
	if (sodium_init() < 0 || (a = audit_new(dir)) == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	if ((mkdir(a->audit_dir, 0700) != 0 && errno != EEXIST) ||
		!iq_audit_keys_open(&a->keys, a->audit_dir))
		err = no_file(a, error);
	if (err == IQ_OK)
		err = iq_audit_load(a, error);
	if (err == IQ_OK) {
		a->full = !iq_audit_reserve(a, 0);
		iq_audit_judge(a);
		if (!start_thread(a))
			err = iq_error_set(error, IQ_ERR_BUSY,
				N_("The system refuses another thread."), NULL, NULL);
	}
	if (err != IQ_OK) {
		audit_free(a);
		return err;
	}
	*out = a;
	return IQ_OK;
}

void iq_audit_close(struct iq_audit *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	(void)!ftruncate(a->fd, a->size); /* gives back what was reserved */
	audit_free(a);
}
