/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_PAST_H
#define IQ_CLIENT_PAST_H

/* Moments of the past as people give them. */

#include "grants.h"

/*
 * "2026-03-01", "01.03.2026": *date, ISO; digits only: *revision, the number of a change. The other
 * one is left alone. Usage error.
 */
IQ_CHECK enum iq_err iq_read_moment(
	struct iq_cli *cli, const char *text, char **date, uint64_t *revision);

#endif
