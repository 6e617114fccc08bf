/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second thread reads the rows of an import and looks at them (import_look.c) while those before
 * are written. It changes nothing but its own memory.
 */

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "import_priv.h"

enum {
	PORTION = 128, /* rows handed over at once */
	RING = 16,     /* portions on their way */
	SOME = 4,      /* of them: who waits goes on when so many are there, or are left */
	BUFS = 2,      /* chunks they lie in */
	FIELD_ROWS = 3 /* ImportRows.rows */
};

struct portion {
	size_t n;
	bool checked;
	struct iq_arena arena; /* of the values in recs */
	struct iq_import_row rows[PORTION];
	struct iq_rec recs[PORTION];
};

struct ahead {
	struct iq_spool *spool;
	const struct iq_look *look;
	enum iq_kind kind;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, room;
	size_t made, done; /* portions */
	bool stop, ended, failed;
	struct portion *ring;
	char *buf[BUFS];
	size_t cap[BUFS], last[BUFS]; /* last: portions made when its chunk was at its end */
};

/* ---- the second thread ---------------------------------------------------------------------- */

/* Until `portions` are done. False: no more are wanted. */
static bool wait_done(struct ahead *a, size_t portions)
{
	bool go_on;

	pthread_mutex_lock(&a->lock);
	if (a->done < portions)
		pthread_cond_signal(&a->more); /* fewer than SOME may lie there */
	while (a->done < portions && !a->stop)
		pthread_cond_wait(&a->room, &a->lock);
	go_on = !a->stop;
	pthread_mutex_unlock(&a->lock);
	return go_on;
}

/* Whoever has time for it checks: is the writer well behind? */
static bool has_time(struct ahead *a)
{
	size_t waiting;

	pthread_mutex_lock(&a->lock);
	waiting = a->made - a->done;
	pthread_mutex_unlock(&a->lock);
	return waiting > RING / 2;
}

static void check(const struct ahead *a, struct portion *p)
{
	iq_look_check(a->look, p->rows, p->recs, p->n, &p->arena);
	p->checked = true;
}

static void hand_over(struct ahead *a, struct portion *p)
{
	iq_look_at(a->look, p->rows, p->recs, p->n, &p->arena);
	p->checked = false;
	if (has_time(a))
		check(a, p);
	pthread_mutex_lock(&a->lock);
	a->made++;
	if (a->made - a->done >= SOME) /* not for each: waking costs more than a portion */
		pthread_cond_signal(&a->more);
	pthread_mutex_unlock(&a->lock);
}

/* The rows of a chunk that is in memory. False: malformed, or no more are wanted. */
static bool parse(struct ahead *a, const struct iq_spool_file *f, struct iq_str rest)
{
	struct portion *p = NULL;
	struct iq_wire_field w;
	bool bad = false;

	while (iq_wire_next(&rest, &w, &bad)) {
		if (w.field != FIELD_ROWS)
			continue;
		if (p == NULL) {
			if (a->made >= RING && !wait_done(a, a->made - RING + 1))
				return false;
			p = &a->ring[a->made % RING];
			p->n = 0;
			iq_arena_reset(&p->arena);
		}
		p->rows[p->n].file = f;
		if (!iq_spool_row(w.bytes, &p->rows[p->n]))
			return false;
		if (++p->n == PORTION) {
			hand_over(a, p);
			p = NULL;
		}
	}
	if (p != NULL)
		hand_over(a, p);
	return !bad;
}

static bool work(struct ahead *a)
{
	const struct iq_spool *s = a->spool;
	size_t n = 0;

	for (size_t i = 0; i < s->nchunks; i++) {
		const struct iq_chunk *c = &s->chunks[i];
		const struct iq_spool_file *f = &s->files[c->file];
		size_t b = n % BUFS;

		if (f->kind != a->kind || f->skipped)
			continue;
		if (!wait_done(a, a->last[b]))
			return true;
		if (!iq_spool_read(s, c, &a->buf[b], &a->cap[b]) ||
			!parse(a, f, (struct iq_str){a->buf[b], c->n}))
			return false;
		a->last[b] = a->made;
		n++;
	}
	return true;
}

static void *ahead_main(void *arg)
{
	struct ahead *a = arg;
	bool good = work(a);

	pthread_mutex_lock(&a->lock);
	a->ended = true;
	a->failed = !good && !a->stop;
	pthread_cond_signal(&a->more);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ---- the writer's --------------------------------------------------------------------------- */

/* The next portion; NULL: that was all. */
static struct portion *next(struct ahead *a)
{
	struct portion *p;

	pthread_mutex_lock(&a->lock);
	while (a->made == a->done && !a->ended)
		pthread_cond_wait(&a->more, &a->lock);
	p = a->made > a->done ? &a->ring[a->done % RING] : NULL;
	pthread_mutex_unlock(&a->lock);
	return p;
}

static void give_back(struct ahead *a, bool stop)
{
	pthread_mutex_lock(&a->lock);
	a->done++;
	a->stop = stop;
	if (stop || a->made - a->done <= SOME)
		pthread_cond_signal(&a->room);
	pthread_mutex_unlock(&a->lock);
}

/* Signals are the main thread's. */
static bool start(struct ahead *a)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&a->thread, NULL, ahead_main, a);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc == 0;
}

static size_t chunks_of(const struct iq_spool *s, enum iq_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nchunks; i++)
		n += s->files[s->chunks[i].file].kind == kind;
	return n;
}

static void ahead_free(struct ahead *a)
{
	for (size_t i = 0; i < RING && a->ring != NULL; i++)
		iq_arena_free(&a->ring[i].arena);
	for (size_t i = 0; i < BUFS; i++)
		free(a->buf[i]);
	free(a->ring);
	pthread_cond_destroy(&a->room);
	pthread_cond_destroy(&a->more);
	pthread_mutex_destroy(&a->lock);
}

bool iq_spool_each_ahead(struct iq_spool *s, enum iq_kind kind, const struct iq_look *look,
	bool (*fn)(void *arg, const struct iq_import_row *row), void *arg)
{
	struct ahead a = {.spool = s, .look = look, .kind = kind};
	bool go_on = true;

	if (chunks_of(s, kind) < BUFS)
		return iq_spool_each(s, kind, fn, arg);
	pthread_mutex_init(&a.lock, NULL);
	pthread_cond_init(&a.more, NULL);
	pthread_cond_init(&a.room, NULL);
	a.ring = calloc(RING, sizeof(*a.ring));
	for (size_t i = 0; i < RING && a.ring != NULL; i++)
		iq_arena_init(&a.ring[i].arena, 0);
	if (a.ring == NULL || !start(&a)) {
		ahead_free(&a);
		return iq_spool_each(s, kind, fn, arg);
	}
	for (struct portion *p; go_on && (p = next(&a)) != NULL; give_back(&a, !go_on)) {
		if (!p->checked)
			check(&a, p);
		if (look->before != NULL)
			look->before(arg, p->rows, p->n);
		for (size_t i = 0; i < p->n && go_on; i++)
			go_on = fn(arg, &p->rows[i]);
	}
	pthread_join(a.thread, NULL);
	ahead_free(&a);
	return !a.failed;
}
