/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"

enum iq_err iq_cmd_help(struct iq_cli *cli)
{
	const char *words[128];
	size_t n = 0;

	if (cli->nargs == 0) {
		iq_help_all(cli);
		return IQ_OK;
	}
	if (strcmp(cli->arg[0], "exit-codes") == 0) {
		iq_help_exit_codes(cli);
		return IQ_OK;
	}
	if (strcmp(cli->arg[0], "manual") == 0) {
		iq_help_manual(cli);
		return IQ_OK;
	}
	const struct iq_command *c = iq_command_find(cli->arg[0]);

	if (c != NULL) {
		iq_help_command(cli, c);
		return IQ_OK;
	}
	for (c = iq_commands; c->name != NULL && n < 126; c++) {
		words[n++] = c->name;
		if (c->alias != NULL)
			words[n++] = c->alias;
	}
	words[n++] = "exit-codes";
	const char *near = iq_nearest(cli, cli->arg[0], words, n);

	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no help for \"{0}\"."),
		near != NULL ? N_("Did you mean: iqq help {1}?") : N_("All commands: iqq help"),
		cli->arg[0], near != NULL ? near : "", NULL);
}
