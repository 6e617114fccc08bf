/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_HIST_H
#define IQ_BASE_HIST_H

/* How often something took how long, or was how large. One thread adds; others read at any time. */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { IQ_HIST_ENDS = 12 };

struct iq_hist {
	_Atomic uint64_t bucket[IQ_HIST_ENDS + 1]; /* the last has no upper end */
	_Atomic uint64_t sum;
};
/* Upper ends, inclusive: microseconds; numbers of things. */
extern const uint64_t iq_hist_times[IQ_HIST_ENDS], iq_hist_sizes[IQ_HIST_ENDS];

void iq_hist_add(struct iq_hist *h, const uint64_t ends[IQ_HIST_ENDS], uint64_t value);

#endif
