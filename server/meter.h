/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_METER_H
#define IQ_SERVER_METER_H

/*
 * What a thread counts of the requests it answered, by operation and result. Each thread writes its
 * own; others may read at any time.
 */

#include <stdatomic.h>

#include "ops.h"

enum { IQ_METER_OPS = 128, IQ_METER_BUCKETS = 12 };
#define IQ_METER_RESULTS (IQ_ERR_INTERNAL + 1)

struct iq_meter {
	_Atomic uint64_t requests[IQ_METER_OPS][IQ_METER_RESULTS];
	/* microseconds from the frame to the answer; the last bucket has no upper end */
	_Atomic uint64_t bucket[IQ_METER_OPS][IQ_METER_BUCKETS];
	_Atomic uint64_t sum_us[IQ_METER_OPS];
};
/* Upper ends in microseconds; the last is missing. */
extern const uint32_t iq_meter_ends[IQ_METER_BUCKETS - 1];

/* m, op may be NULL: nothing is counted. The owning thread. */
void iq_meter_count(struct iq_meter *m, const struct iq_op *op, enum iq_err result, int64_t us);

#endif
