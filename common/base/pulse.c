/* SPDX-License-Identifier: Apache-2.0 */
#include "pulse.h"

static _Thread_local struct iq_pulse *mine;

void iq_pulse_mine(struct iq_pulse *p)
{
	mine = p;
}

void iq_pulse_beat(void)
{
	/* One writer: no locked instruction is needed. */
	if (mine != NULL)
		atomic_store_explicit(&mine->beats,
			atomic_load_explicit(&mine->beats, memory_order_relaxed) + 1,
			memory_order_relaxed);
}

static uint64_t beats(const struct iq_pulse *p)
{
	return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)&p->beats, memory_order_relaxed);
}

void iq_watch_add(struct iq_watch *w, const struct iq_pulse *p)
{
	if (p == NULL || w->n == IQ_WATCH_MOST)
		return;
	w->pulse[w->n] = p;
	w->seen[w->n++] = beats(p);
}

const char *iq_watch_look(struct iq_watch *w)
{
	const char *stuck = NULL;

	for (size_t i = 0; i < w->n; i++) {
		uint64_t now = beats(w->pulse[i]);

		if (now == w->seen[i])
			stuck = w->pulse[i]->name;
		w->seen[i] = now;
	}
	return stuck;
}
