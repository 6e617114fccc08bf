/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "renew.h"

/* Flag, then IQQ_LANG, then the configuration; NULL: what the environment says. */
static const char *language(struct iq_cli *cli)
{
	const char *v = iq_options_lang(cli->argc, cli->argv), *env = getenv("IQQ_LANG");

	if (v != NULL && strcmp(v, "both") == 0) /* of a report, not of messages */
		v = NULL;
	if (v == NULL && (env == NULL || env[0] == '\0'))
		v = iq_config_get(cli, "", "lang");
	return v != NULL && (strcmp(v, "de") == 0 || strcmp(v, "en") == 0) ? v : NULL;
}

static enum iq_err run(struct iq_cli *cli)
{
	if (iq_opt_given(cli, IQ_OPT_VERSION)) {
		iq_buf_printf(&cli->out, "iqq %s\n", IQ_VERSION);
		return IQ_OK;
	}
	if (cli->command == NULL) {
		iq_help_all(cli);
		return IQ_OK;
	}
	if (iq_opt_given(cli, IQ_OPT_HELP)) {
		iq_help_command(cli, cli->command);
		return IQ_OK;
	}
	return cli->command->run(cli);
}

/* A last resort where even the arena failed. */
static enum iq_err out_of_memory(struct iq_cli *cli, enum iq_err err)
{
	if (!cli->arena.failed && !cli->out.failed)
		return err;
	iq_error_init(&cli->error, &cli->arena);
	cli->keep_out = false;
	return iq_error_set(
		&cli->error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

static enum iq_err finish(struct iq_cli *cli, enum iq_err err)
{
	err = out_of_memory(cli, err);
	if (cli->error.code != IQ_ERR_OK) {
		if (!cli->keep_out)
			cli->out.n = 0;
		iq_error_say(cli);
	}
	if (!iq_screen_flush(cli)) {
		fprintf(stderr, "%s %s: %s\n", _("Error:"), _("The output cannot be written"),
			strerror(errno));
		err = IQ_ERR_INTERNAL;
	}
	return err;
}

int main(int argc, char **argv)
{
	static struct iq_cli cli;
	enum iq_err err;

	signal(SIGPIPE, SIG_IGN);
	iq_arena_init(&cli.arena, 0);
	iq_buf_init(&cli.out, 0);
	iq_error_init(&cli.error, &cli.arena);
	cli.argc = argc;
	cli.argv = argv;
	iq_config_load(&cli);
	cli.lang = iq_i18n_init(language(&cli));
	err = iq_options_parse(&cli);
	iq_screen_init(&cli);
	if (err == IQ_OK)
		err = run(&cli);
	err = finish(&cli, err);
	iq_renew_later(&cli);
	iq_buf_free(&cli.out);
	iq_arena_free(&cli.arena);
	return iq_err_exit_status(err);
}
