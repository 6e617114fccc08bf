/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_REFUSALS_H
#define IQ_SERVER_REFUSALS_H

/*
 * Peers that were refused before anybody knew who they are, counted per address: one entry of the
 * audit log per address and minute, in bounded memory.
 */

#include "audit.h"

struct iq_refusals;

/* NULL without memory. */
struct iq_refusals *iq_refusals_new(void);
void iq_refusals_free(struct iq_refusals *r);
/* One more; peer: an address, may be empty. r may be NULL. Any thread. */
void iq_refusals_count(struct iq_refusals *r, const char *peer);
/* Writes what was counted and begins anew; returns how many. Any thread. */
uint64_t iq_refusals_flush(struct iq_refusals *r, struct iq_audit *audit, int64_t now_us);

#endif
