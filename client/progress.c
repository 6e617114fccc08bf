/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "date.h"
#include "progress.h"

enum { BAR = 24, FIRST_US = 500000, STEP_US = 100000 };

void iq_progress_begin(struct iq_cli *cli, struct iq_progress *p)
{
	*p = (struct iq_progress){
		.on = cli->tty_err && !iq_opt_given(cli, IQ_OPT_QUIET),
		.begun = iq_monotonic_us(),
	};
}

void iq_progress_show(
	struct iq_progress *p, const char *what, uint64_t done, uint64_t todo, uint64_t count)
{
	if (!p->on)
		return;
	int64_t now = iq_monotonic_us();

	if (now - p->begun < FIRST_US || now - p->drawn < STEP_US)
		return;
	unsigned full = todo > 0 && done <= todo ? (unsigned)(done * BAR / todo) : BAR;
	double seconds = (double)(now - p->begun) / 1e6;

	fputs("\r\x1b[K", stderr);
	for (unsigned i = 0; i < BAR; i++)
		fputs(i < full ? "█" : "░", stderr);
	fprintf(stderr, " %3u %%  %s",
		todo > 0 && done <= todo ? (unsigned)(done * 100 / todo) : 100, what);
	if (count > 0)
		fprintf(stderr, "  %llu  %.0f/s", (unsigned long long)count,
			(double)count / seconds);
	fflush(stderr);
	p->drawn = now;
	p->shown = true;
}

void iq_progress_end(struct iq_progress *p)
{
	if (p->shown)
		fputs("\r\x1b[K", stderr);
	p->shown = false;
	p->on = false;
}
