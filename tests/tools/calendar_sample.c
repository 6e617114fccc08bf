/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the calendar of calendar_sample.h, for test_calendar.py. */
#include <stdio.h>

#include "calendar_sample.h"

int main(void)
{
	struct iq_buf out;
	bool ok;

	iq_buf_init(&out, 0);
	fx_calendar(&out);
	ok = !out.failed && fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
	iq_buf_free(&out);
	return ok ? 0 : 70;
}
