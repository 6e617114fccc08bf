/* SPDX-License-Identifier: Apache-2.0 */
/* iqd ca. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "conf.h"
#include "date.h"
#include "i18n.h"
#include "pki.h"

/* ---- ca ------------------------------------------------------------------------------------- */

static void show_one(void *arg, const struct iq_pki_certificate *c)
{
	const char *what = c->server  ? _("server")
			   : c->signs ? _("authority, its key is here")
				      : _("authority, its key is not here");
	char day[11];

	(void)arg;
	iq_date_format(c->until, day);
	printf("%s\n  ", c->name);
	printf(_("%s, valid until %s"), what, day);
	printf("\n  SHA-256 ");
	for (size_t i = 0; i < sizeof(c->fingerprint); i++)
		printf("%02X%s", c->fingerprint[i], i + 1 < sizeof(c->fingerprint) ? ":" : "\n");
}

static enum iq_err show(const struct iq_cmd_args *args, struct iq_error *error)
{
	return iq_pki_show(args->state, show_one, NULL, error);
}

static enum iq_err need_file(const struct iq_cmd_args *args, struct iq_error *error)
{
	if (args->file != NULL)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_USAGE, N_("The name of the file is missing."),
		N_("The commands and their options are shown by: iqd help"), NULL);
}

/* The running daemon goes on with what it has read. */
static void note_running(const char *dir)
{
	struct iq_arena arena;
	struct iq_error error;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	int lock = iq_state_lock(dir, &error);

	if (lock < 0)
		fprintf(stderr, "iqd: %s\n",
			_("iqd is running: this takes effect when it is started again."));
	else
		close(lock);
	iq_arena_free(&arena);
}

static enum iq_err export_key(const struct iq_cmd_args *args, struct iq_error *error)
{
	enum iq_err err = need_file(args, error);

	if (err == IQ_OK)
		err = iq_pki_export(args->state, args->file, args->remove, error);
	if (err != IQ_OK)
		return err;
	printf(_("The key of the certificate authority is in %s. Keep it where nobody else gets "
		 "at it."),
		args->file);
	printf("\n");
	if (args->remove) {
		printf("%s\n",
			_("It is no longer in the state directory: nobody can enrol or renew a "
			  "certificate until it is back (iqd ca import)."));
		note_running(args->state);
	}
	return IQ_OK;
}

static enum iq_err import_key(const struct iq_cmd_args *args, struct iq_error *error)
{
	enum iq_err err = need_file(args, error);

	if (err == IQ_OK)
		err = iq_pki_import(args->state, args->file, error);
	if (err != IQ_OK)
		return err;
	printf("%s\n", _("The key of the certificate authority is in the state directory again."));
	note_running(args->state);
	return IQ_OK;
}

static enum iq_err rotate(const struct iq_cmd_args *args, struct iq_error *error)
{
	struct iq_conf conf;
	enum iq_err err = iq_conf_read(args->state, &conf, error);

	if (err != IQ_OK)
		return err;
	int lock = iq_state_lock(args->state, error);

	if (lock < 0)
		return error->code;
	err = iq_pki_rotate(args->state, conf.name, error);
	close(lock);
	if (err != IQ_OK)
		return err;
	printf("%s\n",
		_("There is a new certificate authority. Certificates of the old one stay valid "
		  "until they end; clients learn of the new one when they renew theirs."));
	return show(args, error);
}

int iq_cmd_ca(int argc, char **argv)
{
	static const struct {
		const char *name, *options;
		enum iq_err (*run)(const struct iq_cmd_args *args, struct iq_error *error);
	} all[] = {{"show", "s", show}, {"export", "sFr", export_key}, {"import", "sF", import_key},
		{"rotate", "s", rotate}};
	struct iq_cmd_args args;
	struct iq_arena arena;
	struct iq_error error;
	size_t i = 0;

	while (i < sizeof(all) / sizeof(*all) && (argc < 2 || strcmp(argv[1], all[i].name) != 0))
		i++;
	if (i == sizeof(all) / sizeof(*all))
		return iq_cmd_usage(N_("What is to be done with the certificate authority?"),
			N_("iqd ca show|export|import|rotate --state DIR"), NULL);
	int status = iq_cmd_args(argc - 1, argv + 1, all[i].options, &args);

	if (status != 0)
		return status;
	umask(077);
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (all[i].run(&args, &error) != IQ_OK)
		status = iq_cmd_fail(&error);
	iq_arena_free(&arena);
	return status;
}
