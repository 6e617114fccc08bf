/* SPDX-License-Identifier: Apache-2.0 */
/* iqd config, reload, log-level: the configuration, and the running server's. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "conf.h"
#include "control.h"
#include "i18n.h"

/* ---- config --------------------------------------------------------------------------------- */

/* Those that are in the file, or the others. */
static void print_some(const struct iq_conf *conf, bool given)
{
	struct iq_buf value;

	iq_buf_init(&value, 0);
	for (size_t i = 0; iq_conf_option(i) != NULL; i++) {
		if (((conf->given & 1u << i) != 0) != given)
			continue;
		iq_buf_reset(&value, 4096);
		iq_conf_value(conf, i, &value);
		printf("%s = %.*s\n", iq_conf_option(i)->name, (int)value.n,
			value.n ? (char *)value.p : "");
	}
	iq_buf_free(&value);
}

static void print_conf(const struct iq_conf *conf)
{
	printf("[server]\n# %s\n", _("from iqd.conf"));
	print_some(conf, true);
	printf("# %s\n", _("defaults"));
	print_some(conf, false);
}

static int manual(void)
{
	struct iq_buf text;

	iq_buf_init(&text, 0);
	iq_conf_manual(&text);
	fwrite(text.p, 1, text.n, stdout);
	iq_buf_free(&text);
	return 0;
}

/* Every mistake, each with what to do. */
static int print_mistakes(const struct iq_error *e)
{
	struct iq_arena arena;

	if (e->nproblems == 0)
		return iq_cmd_fail(e);
	iq_arena_init(&arena, 0);
	for (size_t i = 0; i < e->nproblems; i++) {
		const struct iq_problem *p = &e->problems[i];
		const char *hint = iq_arena_cstr(&arena, p->nearest);

		fprintf(stderr, "iqd: %s\n",
			iq_text_fill(&arena, gettext(p->text), p->args, p->nargs));
		if (hint != NULL && hint[0] != '\0')
			fprintf(stderr, "     %s\n",
				iq_text_fill(&arena, gettext(hint), p->args, p->nargs));
	}
	iq_arena_free(&arena);
	return iq_err_exit_status(e->code);
}

static int check_or_show(const struct iq_cmd_args *args, bool check)
{
	struct iq_conf conf;
	struct iq_arena arena;
	struct iq_error error;
	char *copy = args->file ? strdup(args->file) : NULL;
	const char *dir = args->state ? args->state : copy ? dirname(copy) : ".";
	int status = 0;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_conf_check(dir, args->file, &conf, &error) != IQ_OK)
		status = print_mistakes(&error);
	else if (check)
		printf("%s\n", _("The configuration is in order."));
	else
		print_conf(&conf);
	iq_arena_free(&arena);
	free(copy);
	return status;
}

int iq_cmd_config(int argc, char **argv)
{
	struct iq_cmd_args args;
	const char *what = argc > 1 ? argv[1] : "";
	bool check = strcmp(what, "check") == 0;

	if (strcmp(what, "manual") == 0)
		return manual();
	if (!check && strcmp(what, "show") != 0)
		return iq_cmd_usage(N_("What is to be done with the configuration?"),
			N_("iqd config check|show --state DIR"), NULL);
	int status = iq_cmd_args(argc - 1, argv + 1, check ? "s?F" : "s", &args);

	if (status != 0)
		return status;
	if (args.state == NULL && args.file == NULL)
		return iq_cmd_usage(N_("Which configuration?"),
			N_("Add --state DIR, or the name of a file."), NULL);
	return check_or_show(&args, check);
}

/* ---- the running server's ------------------------------------------------------------------- */

/* Asks and prints the answer's column, or `said`. */
static int ask(const char *dir, const char *request, const char *said)
{
	struct iq_arena arena;
	struct iq_error error;
	const char *text = "";
	int status = 0;
	bool running;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_control_ask(dir, request, IQ_CONTROL_MS, &running, &text, 1, &error) == IQ_OK &&
		!running)
		iq_error_set(&error, IQ_ERR_UNREACHABLE, N_("No server is running on {0}."),
			N_("Start it with: iqd run --state {0}"), dir, NULL);
	if (error.code != IQ_OK)
		status = iq_cmd_fail(&error);
	else
		printf("%s\n", said ? said : text);
	iq_arena_free(&arena);
	return status;
}

int iq_cmd_reload(int argc, char **argv)
{
	struct iq_cmd_args args;
	int status = iq_cmd_args(argc, argv, "s", &args);

	if (status != 0)
		return status;
	return ask(args.state, "reload", _("The configuration was read again and is in force."));
}

int iq_cmd_log_level(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct iq_buf request;
	int status = iq_cmd_args(argc, argv, "sA", &args);

	if (status != 0)
		return status;
	iq_buf_init(&request, 0);
	iq_buf_printf(&request, "log-level");
	for (int i = args.rest; i < argc; i++)
		iq_buf_printf(&request, "%c%s", i == args.rest ? '\t' : ' ', argv[i]);
	iq_buf_byte(&request, '\0');
	status = ask(args.state, request.failed ? "log-level" : (const char *)request.p, NULL);
	iq_buf_free(&request);
	return status;
}
