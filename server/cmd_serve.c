/* SPDX-License-Identifier: Apache-2.0 */
/* iqd run, check, token create. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_audit.h"
#include "conf.h"
#include "daemon.h"
#include "i18n.h"
#include "pki.h"
#include "rights.h"

int iq_cmd_run(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct iq_conf conf;
	struct iq_arena arena;
	struct iq_error error;
	int status = iq_cmd_args(argc, argv, "slw", &args);

	if (status != 0)
		return status;
	umask(077);
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	enum iq_err err = iq_conf_read(args.state, &conf, &error);

	const struct iq_daemon_orders orders = {args.state, &conf, args.listen, args.workers};

	if (err == IQ_OK)
		err = iq_daemon_run(&orders, &error);
	if (err != IQ_OK)
		status = iq_cmd_fail(&error);
	iq_arena_free(&arena);
	return status;
}

/* ---- check ---------------------------------------------------------------------------------- */

static void say(void *arg, const char *line)
{
	(void)arg;
	printf("%s\n", line);
}

int iq_cmd_check(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct iq_arena arena;
	struct iq_error error;
	struct iq_store *store;
	int status = iq_cmd_args(argc, argv, "s", &args);

	if (status != 0)
		return status;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_store_open(args.state, false, NULL, &store, &error) != IQ_OK) {
		status = iq_cmd_fail(&error);
	} else {
		uint64_t findings = iq_store_check(store, say, NULL);

		if (findings == 0)
			printf("%s\n", _("Records, indexes and the log agree."));
		else
			fprintf(stderr, "iqd: %s\n",
				_("The database is damaged; restore a backup."));
		status = iq_cmd_check_audit(args.state, &error);
		if (findings > 0)
			status = iq_err_exit_status(IQ_ERR_INTERNAL);
		iq_store_close(store);
	}
	iq_arena_free(&arena);
	return status;
}

/* ---- token create ---------------------------------------------------------------------------- */

static enum iq_err create_in(struct iq_wtxn *w, const struct iq_cmd_args *args,
	const struct iq_conf *conf, const char **token, struct iq_error *error)
{
	struct iq_account account;
	struct iq_str id = iq_str(args->principal);

	if (!iq_account_get(iq_wtxn_txn(w), id, error->arena, &account))
		return iq_error_set(error, IQ_ERR_NOT_FOUND, N_("There is no principal {0}."), NULL,
			args->principal, NULL);
	return iq_cmd_make_token(args->state, conf, w, id, token, error);
}

static enum iq_err create(
	const struct iq_cmd_args *args, const char **token, struct iq_error *error)
{
	struct iq_conf conf;
	struct iq_store *store;
	struct iq_wtxn *w;
	enum iq_err err = iq_conf_read(args->state, &conf, error);

	if (err == IQ_OK)
		err = iq_store_open(args->state, false, &(struct iq_store_options){.upgrade = true},
			&store, error);
	if (err != IQ_OK)
		return err;
	err = iq_wtxn_begin(store, &w);
	if (err == IQ_OK) {
		err = create_in(w, args, &conf, token, error);
		if (err == IQ_OK)
			err = iq_wtxn_commit(w);
		else
			iq_wtxn_abort(w);
	}
	if (err != IQ_OK)
		iq_error_set(error, err, N_("The database in {0} cannot be written."),
			N_("Check the free space."), args->state, NULL);
	iq_store_close(store);
	return err;
}

int iq_cmd_token(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct iq_arena arena;
	struct iq_error error;
	const char *token = NULL;
	int status, lock;

	if (argc < 2 || strcmp(argv[1], "create") != 0)
		return iq_cmd_usage(N_("Tokens can only be created."),
			N_("iqd token create --state DIR --principal ID"), NULL);
	status = iq_cmd_args(argc - 1, argv + 1, "sp", &args);
	if (status != 0)
		return status;
	if (args.principal == NULL)
		return iq_cmd_usage(N_("The principal is missing."),
			N_("iqd token create --state DIR --principal ID"), NULL);
	umask(077);
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	/* The database is for one writing process at a time. */
	lock = iq_state_lock(args.state, &error);
	if (lock >= 0 && create(&args, &token, &error) == IQ_OK)
		printf("token: %s\n", token);
	else
		status = iq_cmd_fail(&error);
	if (lock >= 0)
		close(lock);
	iq_arena_free(&arena);
	return status;
}
