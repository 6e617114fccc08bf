/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "date.h"
#include "tls.h"

static const struct iq_col cols[] = {
	{"name", N_("Profile"), IQ_CELL_TEXT, false},
	{"default", N_("Default"), IQ_CELL_BOOL, true},
	{"server", N_("Server"), IQ_CELL_TEXT, false},
	{"principal", N_("You are"), IQ_CELL_TEXT, false},
	{"certificate_until", N_("Certificate valid until"), IQ_CELL_DATE, true},
};

static bool known(const struct iq_cli *cli, const char *name)
{
	return name[0] != '\0' && iq_config_get(cli, name, "server") != NULL;
}

static struct iq_str until(struct iq_cli *cli, const char *name)
{
	const char *dir = iq_path_data(cli, name);
	char text[11] = "";
	int32_t days;

	if (dir != NULL &&
		iq_tls_pem_until(iq_arena_printf(&cli->arena, "%s/client.pem", dir), &days))
		iq_date_format(days, text);
	return iq_arena_dup(&cli->arena, iq_str(text));
}

static enum iq_err list(struct iq_cli *cli)
{
	const char *now = iq_setting_get(cli, "profile", NULL);
	struct iq_table t;

	iq_table_init(&t, cli, cols, 5);
	for (size_t i = 0; i < cli->config.n; i++) {
		const struct iq_setting *s = &cli->config.settings[i];
		const char *principal;

		if (s->section[0] == '\0' || strcmp(s->key, "server") != 0)
			continue;
		principal = iq_config_get(cli, s->section, "principal");
		const struct iq_str row[] = {iq_str(s->section),
			iq_str(now != NULL && strcmp(now, s->section) == 0 ? "yes" : ""),
			iq_str(s->value), iq_str(principal != NULL ? principal : ""),
			until(cli, s->section)};

		iq_table_add(&t, row);
	}
	if (t.nrows == 0)
		iq_note(cli, "%s",
			_("You are not enrolled at any server yet. Next: iqq enroll --token "
			  "TOKEN"));
	return iq_table_finish(&t, 0, t.nrows);
}

static enum iq_err unknown(struct iq_cli *cli, const char *name)
{
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no profile \"{0}\"."),
		N_("See: iqq profile list"), name, NULL);
}

static enum iq_err use(struct iq_cli *cli, const char *name)
{
	enum iq_err err;

	if (!known(cli, name))
		return unknown(cli, name);
	err = iq_config_set(cli, "", "profile", name);
	if (err == IQ_OK)
		iq_note(cli, _("\"%s\" is the default profile now."), name);
	return err;
}

static enum iq_err drop(struct iq_cli *cli, const char *name)
{
	static const char *const files[] = {"client.key", "client.pem", "ca.pem"};
	const char *dir = iq_path_data(cli, name), *now = iq_config_get(cli, "", "profile");
	enum iq_err err;

	if (!known(cli, name) || !iq_profile_name_valid(name) || dir == NULL)
		return unknown(cli, name);
	if (!iq_opt_given(cli, IQ_OPT_YES) && iq_can_ask(cli) &&
		!iq_confirm(cli, iq_arena_printf(&cli->arena,
					 _("Delete the profile %s and its key?"), name)))
		return iq_error_set(
			&cli->error, IQ_ERR_CONFLICT, N_("Nothing was deleted."), NULL, NULL);
	for (size_t i = 0; i < 3; i++)
		unlink(iq_arena_printf(&cli->arena, "%s/%s", dir, files[i]));
	rmdir(dir);
	err = iq_config_set(cli, name, NULL, NULL);
	if (err == IQ_OK && now != NULL && strcmp(now, name) == 0)
		err = iq_config_set(cli, "", "profile", NULL);
	if (err == IQ_OK)
		iq_note(cli, _("The profile \"%s\" is gone."), name);
	return err;
}

enum iq_err iq_cmd_profile(struct iq_cli *cli)
{
	static const char *const words[] = {"list", "use", "delete"};
	const char *what = cli->nargs > 0 ? cli->arg[0] : "list";

	if (strcmp(what, "list") == 0 && cli->nargs < 2)
		return list(cli);
	if (strcmp(what, "use") == 0 && cli->nargs == 2)
		return use(cli, cli->arg[1]);
	if (strcmp(what, "delete") == 0 && cli->nargs == 2)
		return drop(cli, cli->arg[1]);
	const char *near = iq_nearest(cli, what, words, 3);

	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is not understood here."),
		near != NULL ? N_("Did you mean: iqq profile {1}?")
			     : N_("Write: iqq profile list, use NAME or delete NAME"),
		what, near != NULL ? near : "", NULL);
}
