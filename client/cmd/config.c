/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"

static const char *const keys[] = {"profile", "server", "lang", "pager", "timeout", "color"};
enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };

static const struct iq_col cols[] = {
	{"key", N_("Setting"), IQ_CELL_TEXT, true},
	{"value", N_("Value"), IQ_CELL_NULL, false},
	{"origin", N_("Comes from"), IQ_CELL_TEXT, false},
};

static const char *origin_text(struct iq_cli *cli, enum iq_origin origin, const char *key)
{
	bool words = cli->format == IQ_FORMAT_TABLE;

	switch (origin) {
	case IQ_FROM_FLAG:
		return words ? iq_arena_printf(&cli->arena, _("flag --%s"), key) : "flag";
	case IQ_FROM_ENV:
		return words ? _("environment") : "env";
	case IQ_FROM_CONFIG:
		return words ? cli->config.path : "config";
	case IQ_FROM_DEFAULT:
		break;
	}
	return words ? _("default") : "default";
}

static const char *fallback(const struct iq_cli *cli, const char *key)
{
	if (strcmp(key, "lang") == 0)
		return cli->lang == IQ_LANG_DE ? "de" : "en";
	if (strcmp(key, "pager") == 0)
		return "less -FRX";
	if (strcmp(key, "timeout") == 0)
		return "30";
	return strcmp(key, "color") == 0 ? "auto" : "";
}

static void add(struct iq_cli *cli, struct iq_table *t, const char *key)
{
	enum iq_origin origin;
	const char *v = iq_setting_get(cli, key, &origin);
	const struct iq_str row[] = {iq_str(key), iq_str(v != NULL ? v : fallback(cli, key)),
		iq_str(origin_text(cli, origin, key))};

	iq_table_add(t, row);
}

static enum iq_err show(struct iq_cli *cli)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, 3);
	for (size_t i = 0; i < NKEYS; i++)
		add(cli, &t, keys[i]);
	return iq_table_finish(&t, 0, t.nrows);
}

static enum iq_err check_key(struct iq_cli *cli, const char *key)
{
	for (size_t i = 0; i < NKEYS; i++)
		if (strcmp(keys[i], key) == 0)
			return IQ_OK;
	const char *near = iq_nearest(cli, key, keys, NKEYS);

	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no setting \"{0}\"."),
		near != NULL ? N_("Did you mean \"{1}\"?")
			     : N_("Settings: profile, server, lang, pager, timeout, color."),
		key, near != NULL ? near : "", NULL);
}

static enum iq_err get(struct iq_cli *cli, const char *key)
{
	enum iq_err err = check_key(cli, key);
	struct iq_table t;

	if (err != IQ_OK)
		return err;
	iq_table_init(&t, cli, cols, 3);
	add(cli, &t, key);
	if (cli->format == IQ_FORMAT_JSON || cli->format == IQ_FORMAT_CSV)
		return iq_table_finish(&t, 0, 1);
	iq_buf_printf(&cli->out, "%.*s\n", IQ_STR_ARG(t.cells[1]));
	return IQ_OK;
}

static enum iq_err bad_value(struct iq_cli *cli, const char *key, const char *value)
{
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" cannot be \"{1}\"."), NULL, key,
		value, NULL);
}

/* value NULL: back to the default. */
static enum iq_err set(struct iq_cli *cli, const char *key, const char *value)
{
	enum iq_err err = check_key(cli, key);
	const char *section = "";

	if (err != IQ_OK)
		return err;
	if (value != NULL && strcmp(key, "lang") == 0 && strcmp(value, "de") != 0 &&
		strcmp(value, "en") != 0)
		return bad_value(cli, key, value);
	if (value != NULL && strcmp(key, "profile") == 0 &&
		iq_config_get(cli, value, "server") == NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no profile \"{0}\"."),
			N_("See: iqq profile list"), value, NULL);
	if (strcmp(key, "server") == 0) {
		char host[254];
		uint16_t port;

		section = iq_setting_get(cli, "profile", NULL);
		if (section == NULL || value == NULL)
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("A server belongs to a profile."),
				N_("Enrol with the token you were given: iqq enroll --token TOKEN"),
				NULL);
		err = iq_parse_address(cli, value, host, &port);
		if (err != IQ_OK)
			return err;
	}
	return iq_config_set(cli, section, key, value);
}

enum iq_err iq_cmd_config(struct iq_cli *cli)
{
	const char *what = cli->nargs > 0 ? cli->arg[0] : "show";

	if ((strcmp(what, "show") == 0 || strcmp(what, "list") == 0) && cli->nargs < 2)
		return show(cli);
	if (strcmp(what, "get") == 0 && cli->nargs == 2)
		return get(cli, cli->arg[1]);
	if (strcmp(what, "set") == 0 && cli->nargs == 3)
		return set(cli, cli->arg[1], cli->arg[2]);
	if (strcmp(what, "unset") == 0 && cli->nargs == 2)
		return set(cli, cli->arg[1], NULL);
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is not understood here."),
		N_("Write: iqq config show, get KEY, set KEY VALUE or unset KEY"), what, NULL);
}
