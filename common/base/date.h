/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_DATE_H
#define IQ_BASE_DATE_H

/* Calendar dates (proleptic Gregorian) as days since 1970-01-01, and the clock. */

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

#define IQ_DATE_MIN INT32_MIN /* open start */
#define IQ_DATE_MAX INT32_MAX /* open end */

/* ISO 8601 yyyy-mm-dd, years 1900 to 2999, real days only. False: *days is unchanged. */
bool iq_date_parse(struct iq_str s, int32_t *days);
/* The same day `months` earlier, or the last day of that month; within the years above. */
int32_t iq_date_months_before(int32_t days, uint32_t months);
/* Writes yyyy-mm-dd and NUL; an empty string for IQ_DATE_MIN and IQ_DATE_MAX. */
void iq_date_format(int32_t days, char out[11]);
/* Reads 1.3.2025, 01.03.25 (German; 00 to 68: 20xx); false if it is none or no real day. */
bool iq_date_parse_german(struct iq_str s, int32_t *days);

/* Microseconds since 1970, UTC. */
int64_t iq_now_us(void);
/* Microseconds of a clock that never steps; for deadlines. */
int64_t iq_monotonic_us(void);
/* The calendar date in Germany (CET/CEST by the rule of Directive 2000/84/EC) at `us`. */
int32_t iq_date_in_germany(int64_t us);

/* When that date begins in Germany, in microseconds since 1970. */
int64_t iq_date_begin(int32_t day);

#endif
