/* SPDX-License-Identifier: Apache-2.0 */
/* iqd init: certificate authority, database, configuration, the first administrator. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accept.h"
#include "audit.h"
#include "cmd.h"
#include "conf.h"
#include "date.h"
#include "fold.h"
#include "i18n.h"
#include "io.h"
#include "pki.h"
#include "rights.h"

static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key", "data.mdb",
	"data.mdb-lock", "iqd.conf", "admin.token", "lock"};

static enum iq_err make_dir(const char *dir, struct iq_error *error)
{
	if (!iq_dir_is_empty(dir))
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("{0} is not empty, or cannot be read."),
			N_("Choose a new directory; an existing one is served with: iqd run "
			   "--state {0}"),
			dir, NULL);
	if ((mkdir(dir, 0700) == 0 || errno == EEXIST) && chmod(dir, 0700) == 0)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_USAGE, N_("The directory {0} cannot be made: {1}."),
		N_("Check the path and its owner."), dir, strerror(errno), NULL);
}

/* Half a state directory would only be in the way of the next try. */
static void undo(const char *dir)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = iq_state_path(dir, files[i]);

		if (path != NULL)
			unlink(path);
		free(path);
	}
	iq_audit_remove(dir);
	rmdir(dir);
}

/* Letters, digits, '.', '-', ':': what a host name or an address consists of. */
static bool is_host(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:");

	return n > 0 && n < 254 && s[n] == '\0';
}

static enum iq_err read_conf(
	const struct iq_cmd_args *args, struct iq_conf *conf, struct iq_error *error)
{
	char host[254];
	uint16_t port;

	iq_conf_default(conf);
	if (args->name != NULL) {
		if (!is_host(args->name))
			return iq_error_set(error, IQ_ERR_USAGE, N_("“{0}” is not a host name."),
				N_("For example: --name directory.example.org"), args->name, NULL);
		snprintf(conf->name, sizeof(conf->name), "%s", args->name);
	}
	if (args->listen == NULL)
		return IQ_OK;
	if (strlen(args->listen) >= sizeof(conf->listen) || strpbrk(args->listen, " \t\r\n") ||
		!iq_address_split(args->listen, host, &port))
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("“{0}” is not an address to listen on."),
			N_("Write ADDRESS:PORT, for example 127.0.0.1:7430 or [::1]:7430."),
			args->listen, NULL);
	snprintf(conf->listen, sizeof(conf->listen), "%s", args->listen);
	return IQ_OK;
}

/* The first principal belongs to no institution and may do everything, without end. */
static void put_admin(struct iq_wtxn *w, struct iq_str id, struct iq_str name)
{
	static const enum iq_access_role roles[] = {
		IQ_ACCESS_ADMIN, IQ_ACCESS_CURATOR, IQ_ACCESS_EDITOR, IQ_ACCESS_COORDINATOR};
	enum { N = sizeof(roles) / sizeof(roles[0]) };
	struct iq_grant_rec grants[N] = {{.grant = {.id = 0}}};

	for (size_t i = 0; i < N; i++)
		grants[i].grant = (struct iq_grant){
			.id = i + 1, .role = roles[i], .from = IQ_DATE_MIN, .to = IQ_DATE_MAX};
	iq_account_put(w,
		&(struct iq_account){.id = id,
			.name = name,
			.quota_until = IQ_DATE_MAX,
			.grants = grants,
			.ngrants = N,
			.created_us = iq_now_us()},
		NULL);
}

static enum iq_err fill_store(const char *dir, const struct iq_conf *conf, struct iq_str id,
	struct iq_str name, const char **token, struct iq_error *error)
{
	struct iq_store *store;
	struct iq_wtxn *w;
	enum iq_err err = iq_store_open(dir, true, NULL, &store, error);

	if (err != IQ_OK)
		return err;
	err = iq_wtxn_begin(store, &w);
	if (err == IQ_OK) {
		put_admin(w, id, name);
		err = iq_cmd_make_token(dir, conf, w, id, token, error);
		if (err == IQ_OK)
			err = iq_wtxn_commit(w);
		else
			iq_wtxn_abort(w);
	}
	if (err != IQ_OK)
		iq_error_set(error, err, N_("The database in {0} cannot be written."),
			N_("Check the free space."), dir, NULL);
	iq_store_close(store);
	return err;
}

/* The audit log begins with its keys and a signed head. */
static enum iq_err make_audit(const char *dir, struct iq_error *error)
{
	struct iq_audit *audit = NULL;
	enum iq_err err = iq_audit_open(dir, &audit, error);

	iq_audit_close(audit);
	return err;
}

static enum iq_err init(const struct iq_cmd_args *args, const struct iq_conf *conf,
	const char **token, struct iq_error *error)
{
	const char *dir = args->state, *name = args->admin ? args->admin : "admin";
	struct iq_str id = iq_fold(error->arena, iq_str(name), IQ_FOLD_AE);
	enum iq_err err;

	if (!iq_slug_valid(id) || id.n > 64)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("“{0}” does not do as the name of an administrator."),
			N_("Use letters and digits, for example: --admin max-muster"), name, NULL);
	err = make_dir(dir, error);
	if (err != IQ_OK)
		return err;
	int lock = iq_state_lock(dir, error);

	if (lock < 0)
		return error->code;
	err = iq_pki_init(dir, conf->name, error);
	if (err == IQ_OK)
		err = iq_conf_write(dir, conf, error);
	if (err == IQ_OK)
		err = fill_store(dir, conf, id, iq_str(name), token, error);
	if (err == IQ_OK)
		err = make_audit(dir, error);
	if (err == IQ_OK)
		err = iq_state_write_file(dir, "admin.token",
			iq_str(iq_arena_printf(error->arena, "%s\n", *token)), error);
	close(lock);
	if (err != IQ_OK)
		undo(dir);
	return err;
}

int iq_cmd_init(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct iq_conf conf;
	struct iq_arena arena;
	struct iq_error error;
	const char *token = NULL;
	int status = iq_cmd_args(argc, argv, "snla", &args);

	if (status != 0)
		return status;
	umask(077);
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (read_conf(&args, &conf, &error) == IQ_OK &&
		init(&args, &conf, &token, &error) == IQ_OK) {
		printf(_("The state directory %s is ready."), args.state);
		printf("\n");
		printf(_("Start the server with: iqd run --state %s"), args.state);
		printf("\n");
		printf(_("Then enrol within an hour, with the token below: iqq enroll --token-file "
			 "%s/admin.token"),
			args.state);
		printf("\ntoken: %s\n", token);
		if (fflush(stdout) != 0)
			status = iq_err_exit_status(IQ_ERR_INTERNAL);
	} else {
		status = iq_cmd_fail(&error);
	}
	iq_arena_free(&arena);
	return status;
}
