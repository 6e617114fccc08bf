/* SPDX-License-Identifier: Apache-2.0 */
#include "past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum iq_err iq_read_moment(struct iq_cli *cli, const char *text, char **date, uint64_t *revision)
{
	unsigned long long n;

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
		return text[0] != '\0'
			       ? iq_change_date(cli, text, date)
			       : iq_error_set(&cli->error, IQ_ERR_USAGE,
					 N_("\"{0}\" is not a date."),
					 N_("Write it as 2027-12-31 or 31.12.2027."), text, NULL);
	errno = 0;
	n = strtoull(text, NULL, 10);
	if (errno != 0 || n == 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" is not the number of a change."),
			N_("Revisions are shown by: iqq history KIND ID"), text, NULL);
	*revision = n;
	return IQ_OK;
}
