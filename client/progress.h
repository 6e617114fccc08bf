/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_PROGRESS_H
#define IQ_CLIENT_PROGRESS_H

/* A progress bar on standard error: on a terminal only, after half a second, ten times a second. */

#include "client.h"

struct iq_progress {
	bool on, shown;
	int64_t begun, drawn; /* µs */
	unsigned width;
};

void iq_progress_begin(struct iq_cli *cli, struct iq_progress *p);
/* done of todo (any unit); `what` says what is going on, `count` things were handled so far. */
void iq_progress_show(
	struct iq_progress *p, const char *what, uint64_t done, uint64_t todo, uint64_t count);
/* Takes it off the screen. */
void iq_progress_end(struct iq_progress *p);

#endif
