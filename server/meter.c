/* SPDX-License-Identifier: Apache-2.0 */
#include "meter.h"

const uint32_t iq_meter_ends[IQ_METER_BUCKETS - 1] = {
	10, 25, 50, 100, 250, 1000, 5000, 25000, 100000, 500000, 2000000};

/* One writer: no locked instruction is needed. */
static void add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(
		to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

void iq_meter_count(struct iq_meter *m, const struct iq_op *op, enum iq_err result, int64_t us)
{
	size_t i = 0;

	if (m == NULL || op == NULL || op->tag <= 0 || op->tag >= IQ_METER_OPS ||
		(unsigned)result >= IQ_METER_RESULTS)
		return;
	while (i < IQ_METER_BUCKETS - 1 && us > (int64_t)iq_meter_ends[i])
		i++;
	add(&m->requests[op->tag][result], 1);
	add(&m->bucket[op->tag][i], 1);
	add(&m->sum_us[op->tag], us > 0 ? (uint64_t)us : 0);
}
