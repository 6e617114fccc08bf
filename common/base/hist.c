/* SPDX-License-Identifier: Apache-2.0 */
#include "hist.h"

const uint64_t iq_hist_times[IQ_HIST_ENDS] = {
	50, 100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000, 5000000};
const uint64_t iq_hist_sizes[IQ_HIST_ENDS] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};

/* One writer: no locked instruction is needed. */
static void add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(
		to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

void iq_hist_add(struct iq_hist *h, const uint64_t ends[IQ_HIST_ENDS], uint64_t value)
{
	size_t i = 0;

	while (i < IQ_HIST_ENDS && value > ends[i])
		i++;
	add(&h->bucket[i], 1);
	add(&h->sum, value);
}
