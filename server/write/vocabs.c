/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabularies in use: one per vocabulary revision that some snapshot still shows. */

#include <stdlib.h>

#include "writer_priv.h"

void iq_vocabs_init(struct iq_vocabs *v, struct iq_store *store)
{
	*v = (struct iq_vocabs){.store = store};
	pthread_mutex_init(&v->lock, NULL);
}

static void drop_entry(struct iq_published *p)
{
	iq_vocab_free(p->vocab);
	free(p);
}

void iq_vocabs_free(struct iq_vocabs *v)
{
	while (v->list != NULL) {
		struct iq_published *p = v->list;

		v->list = p->next;
		drop_entry(p);
	}
	pthread_mutex_destroy(&v->lock);
}

/* Frees what nobody holds and no snapshot can ask for. Locked. */
static void sweep(struct iq_vocabs *v)
{
	struct iq_published **at = &v->list;
	uint64_t oldest;

	if (v->list == NULL || v->list->next == NULL)
		return;
	oldest = iq_store_oldest(v->store);
	while (*at != NULL) {
		struct iq_published *p = *at;

		if (p->until == 0 || p->refs != 0 || oldest < p->until) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		drop_entry(p);
	}
}

bool iq_vocabs_publish(struct iq_vocabs *v, struct iq_vocab *vocab)
{
	struct iq_published *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return false;
	p->vocab = vocab;
	pthread_mutex_lock(&v->lock);
	p->next = v->list;
	v->list = p;
	pthread_mutex_unlock(&v->lock);
	return true;
}

void iq_vocabs_settle(struct iq_vocabs *v, uint64_t number)
{
	pthread_mutex_lock(&v->lock);
	for (struct iq_published *p = v->list->next; p != NULL; p = p->next)
		if (p->until == 0)
			p->until = number;
	sweep(v);
	pthread_mutex_unlock(&v->lock);
}

void iq_vocabs_withdraw(struct iq_vocabs *v)
{
	pthread_mutex_lock(&v->lock);
	struct iq_published *p = v->list;

	v->list = p->next;
	pthread_mutex_unlock(&v->lock);
	drop_entry(p);
}

const struct iq_vocab *iq_vocabs_newest(struct iq_vocabs *v)
{
	/* Only the writer's thread changes the list. */
	return v->list ? v->list->vocab : NULL;
}

static struct iq_published *find(struct iq_vocabs *v, const struct iq_vocab *vocab)
{
	struct iq_published *p = v->list;

	while (p != NULL && p->vocab != vocab)
		p = p->next;
	return p;
}

static void release(struct iq_vocabs *v, const struct iq_vocab *held)
{
	struct iq_published *p = held ? find(v, held) : NULL;

	if (p != NULL && p->refs > 0)
		p->refs--;
}

const struct iq_vocab *iq_vocab_hold(
	struct iq_writer *w, const struct iq_vocab *held, uint64_t vocab_revision)
{
	struct iq_vocabs *v = &w->vocabs;
	const struct iq_vocab *found = NULL;

	if (held != NULL && held->revision == vocab_revision)
		return held;
	pthread_mutex_lock(&v->lock);
	for (struct iq_published *p = v->list; p != NULL && found == NULL; p = p->next)
		if (p->vocab->revision == vocab_revision) {
			p->refs++;
			found = p->vocab;
		}
	release(v, held);
	sweep(v);
	pthread_mutex_unlock(&v->lock);
	return found;
}

void iq_vocab_drop(struct iq_writer *w, const struct iq_vocab *held)
{
	struct iq_vocabs *v = &w->vocabs;

	if (held == NULL)
		return;
	pthread_mutex_lock(&v->lock);
	release(v, held);
	sweep(v);
	pthread_mutex_unlock(&v->lock);
}
