/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_PULSE_H
#define IQ_BASE_PULSE_H

/*
 * Signs of life. A thread that must not get stuck has a pulse and beats whenever it has come
 * further: once per turn of its loop, and within work that takes long. Whoever watches looks at all
 * of them from time to time and pokes their queues, so that an idle thread has a turn, too.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct iq_pulse {
	const char *name; /* of the thread, for the log */
	_Atomic uint64_t beats;
};

/* The calling thread's pulse from now on; NULL: none. It must outlive the thread. */
void iq_pulse_mine(struct iq_pulse *p);
/* The calling thread has come further. A few instructions; nothing without a pulse. */
void iq_pulse_beat(void);

/* The watcher's view. One thread. */
enum { IQ_WATCH_MOST = 80 };
struct iq_watch {
	const struct iq_pulse *pulse[IQ_WATCH_MOST];
	uint64_t seen[IQ_WATCH_MOST];
	size_t n;
};
/* NULL is left out, as are those beyond IQ_WATCH_MOST. */
void iq_watch_add(struct iq_watch *w, const struct iq_pulse *p);
/*
 * The name of a thread that has not beaten since the last look (or since it was added); NULL: all
 * have.
 */
const char *iq_watch_look(struct iq_watch *w);

#endif
