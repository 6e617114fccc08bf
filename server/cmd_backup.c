/* SPDX-License-Identifier: Apache-2.0 */
/* iqd backup, restore, backup-key, compact. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup.h"
#include "cmd.h"
#include "cmd_audit.h"
#include "conf.h"
#include "control.h"
#include "date.h"
#include "erasures.h"
#include "i18n.h"
#include "ops.h"
#include "upkeep.h"

static const char *utc(struct iq_arena *arena, int64_t us)
{
	char text[32];
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	return iq_arena_printf(arena, "%s", text);
}

static const char *decimal(struct iq_arena *arena, uint64_t n)
{
	return iq_arena_printf(arena, "%llu", (unsigned long long)n);
}

/* One line with {0} … filled in; to standard error for `-`. */
static void say(FILE *to, struct iq_arena *arena, const char *text, const char *a, const char *b,
	const char *c)
{
	const struct iq_str args[] = {iq_str(a), iq_str(b), iq_str(c)};

	fprintf(to, "%s\n", iq_text_fill(arena, gettext(text), args, 3));
}

static enum iq_err read_key(
	const struct iq_cmd_args *args, struct iq_backup_key *key, struct iq_error *error)
{
	if ((args->key != NULL) == (args->phrase != NULL))
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("A backup is encrypted: name a key or a file with a passphrase."),
			N_("A pair of keys is made with: iqd backup-key FILE; then --key FILE.pub "
			   "to back up and --key FILE to restore."),
			NULL);
	if (args->key != NULL)
		return iq_backup_key_read(args->key, key, error);
	return iq_backup_phrase_read(args->phrase, key, error);
}

static enum iq_err need_file(const struct iq_cmd_args *args, struct iq_error *error)
{
	if (args->file != NULL)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_USAGE, N_("The name of the file is missing."),
		N_("The commands and their options are shown by: iqd help"), NULL);
}

/* ---- on record ------------------------------------------------------------------------------ */

struct recording {
	const struct iq_cmd_args *args;
	const struct iq_backup_key *key;
};

/* To whom and where to; columns and lines of the log stay whole. */
static const char *describe(const struct recording *r, struct iq_arena *arena)
{
	char name[17];
	char *text;

	iq_backup_key_name(r->key->public, name);
	text = iq_arena_printf(arena, "%s %.*s to %.160s",
		r->key->kind == IQ_BACKUP_PASSPHRASE ? "passphrase" : "key",
		r->key->kind == IQ_BACKUP_PASSPHRASE ? 0 : 16, name, r->args->file);
	for (char *p = text; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return text;
}

/* Without a server: what it would have written. */
static enum iq_err record_here(
	const char *dir, const struct iq_audit_entry *entry, struct iq_error *error)
{
	struct iq_audit *audit;
	struct iq_error held;
	enum iq_err err;

	iq_error_init(&held, error->arena);
	int lock = iq_state_lock(dir, &held);

	if (lock < 0)
		return iq_error_set(error, IQ_ERR_BUSY,
			N_("The backup cannot be put on record: another iqd works on {0} and does "
			   "not answer yet."),
			N_("Try again in a moment; a server of an earlier version has to be "
			   "started anew first."),
			dir, NULL);
	err = iq_audit_open(dir, &audit, error);
	if (err == IQ_OK) {
		if (!iq_audit_write(audit, entry, 1))
			err = iq_error_set(error, IQ_ERR_QUOTA,
				N_("The audit log cannot be written."),
				N_("Free space on the disk of the state directory."), NULL);
		iq_audit_close(audit);
	}
	close(lock);
	return err;
}

static enum iq_err record(void *ctx, const struct iq_backup_head *head, struct iq_error *error)
{
	const struct recording *r = ctx;
	const char *purpose = describe(r, error->arena), *request = NULL;
	bool running;
	enum iq_err err;

	if (purpose != NULL)
		request = iq_arena_printf(error->arena, "backup\t%llu\t%s",
			(unsigned long long)head->revision, purpose);
	if (request == NULL)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	err = iq_control_ask(r->args->state, request, IQ_CONTROL_MS, &running, NULL, 0, error);
	if (running || err != IQ_OK)
		return err;
	const char *who = iq_arena_printf(error->arena, "uid %u", (unsigned)getuid());
	struct iq_audit_entry entry =
		iq_upkeep_backup_entry(head->revision, purpose, who ? who : "");

	return record_here(r->args->state, &entry, error);
}

/* ---- backup --------------------------------------------------------------------------------- */

/* In a folder: a name that sorts by time. */
static const char *name_it(const char *file, struct iq_arena *arena)
{
	time_t now = (time_t)(iq_now_us() / 1000000);
	char moment[32];
	struct stat st;
	struct tm tm;

	if (file == NULL || stat(file, &st) != 0 || !S_ISDIR(st.st_mode))
		return file;
	gmtime_r(&now, &tm);
	strftime(moment, sizeof(moment), "%Y-%m-%dT%H%M%SZ", &tm);
	return iq_arena_printf(arena, "%s/iq-%s", file, moment);
}

static enum iq_err save(const struct iq_cmd_args *given, struct iq_error *error)
{
	struct iq_cmd_args named = *given, *args = &named;

	struct iq_arena *arena = error->arena;
	struct iq_backup_report r;
	struct iq_backup_key key;
	struct iq_conf conf;
	bool standard = args->file != NULL && strcmp(args->file, "-") == 0;
	enum iq_err err = need_file(args, error);

	args->file = name_it(given->file, arena);
	if (err == IQ_OK && standard && isatty(STDOUT_FILENO))
		err = iq_error_set(error, IQ_ERR_USAGE,
			N_("A backup is not written to a terminal."),
			N_("Name a file, or pipe it on."), NULL);
	if (err == IQ_OK)
		err = iq_conf_read(args->state, &conf, error);
	if (err == IQ_OK)
		err = read_key(args, &key, error);
	if (err != IQ_OK)
		return err;
	struct iq_backup_ask ask = {.dir = args->state,
		.file = args->file,
		.key = &key,
		.replace = args->replace,
		.without_ca = args->without_ca,
		.server = conf.name,
		.client_ca = conf.client_ca,
		.record = record,
		.ctx = &(struct recording){args, &key}};

	err = iq_backup_save(&ask, &r, error);
	iq_backup_key_forget(&key);
	if (err != IQ_OK)
		return err;
	FILE *to = standard ? stderr : stdout;

	say(to, arena, N_("{0}: the directory at revision {1}, {2} bytes."), args->file,
		decimal(arena, r.head.revision), decimal(arena, r.bytes));
	if (r.replaced)
		say(to, arena, N_("An older file of this name was replaced."), "", "", "");
	if (!r.ca_key)
		say(to, arena,
			N_("Without the key of the certificate authority, which is to be kept "
			   "elsewhere (iqd ca export)."),
			"", "", "");
	say(to, arena, N_("It expires on {0}; delete it then."), utc(arena, r.head.expires_us), "",
		"");
	return IQ_OK;
}

/* ---- restore -------------------------------------------------------------------------------- */

/* Erases once more whom the list names; says in the log and the list that this is a restore. */
static enum iq_err settle(const struct iq_cmd_args *args, const struct iq_backup_report *r,
	struct iq_services *svc, size_t *erased, struct iq_error *error)
{
	struct iq_rtxn *t;
	iq_num *num = NULL, next;
	uint64_t generation = 0;
	enum iq_err err = iq_rtxn_new(svc->store, &t);

	if (err != IQ_OK || !iq_rtxn_renew(t))
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("The database cannot be read."), NULL, NULL);
	generation = iq_rtxn_state(t)->generation;
	next = iq_rtxn_state(t)->next[IQ_CONTACT];
	if (iq_rtxn_state(t)->revision != r->head.revision)
		err = iq_error_set(error, IQ_ERR_REJECTED, N_("The backup is damaged or cut off."),
			N_("Take another one."), NULL);
	iq_rtxn_free(t);
	if (err == IQ_OK && args->erasures != NULL)
		err = iq_erasures_read(args->erasures, r->head.generation, r->head.made_us, next,
			&num, erased, error);
	if (err == IQ_OK && !iq_erasures_restored(svc->dir, args->erasures, iq_now_us(),
				    r->head.generation, generation, next))
		err = iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The state directory {0} cannot be written."),
			N_("Check the free space."), svc->dir, NULL);
	if (err == IQ_OK && *erased > 0)
		err = iq_writer_start(svc->store, svc->audit, &svc->writer, error);
	if (err == IQ_OK && *erased > 0)
		err = iq_erase_again(svc, num, *erased, error);
	if (svc->writer != NULL)
		iq_writer_stop(svc->writer, 10000);
	if (err == IQ_OK && !iq_audit_write(svc->audit,
				    &(struct iq_audit_entry){.event = IQ_AUDIT_ALERT,
					    .time_us = iq_now_us(),
					    .principal = IQ_STR("iqd"),
					    .operation = IQ_STR("restored"),
					    .revision = r->head.revision},
				    1))
		err = iq_error_set(error, IQ_ERR_INTERNAL, N_("The audit log cannot be written."),
			N_("Check the free space."), NULL);
	return err;
}

static void finding(void *arg, const char *line)
{
	(void)arg;
	printf("%s\n", line);
}

/* The restored directory as a server would find it. */
static enum iq_err finish(const struct iq_cmd_args *args, const struct iq_backup_report *r,
	size_t *erased, struct iq_error *error)
{
	struct iq_services svc = {.dir = args->state};
	enum iq_err err = iq_store_open(
		args->state, false, &(struct iq_store_options){.upgrade = true}, &svc.store, error);

	if (err != IQ_OK)
		return err;
	err = iq_audit_open(args->state, &svc.audit, error);
	if (err == IQ_OK)
		err = settle(args, r, &svc, erased, error);
	iq_audit_close(svc.audit);
	if (err == IQ_OK && iq_store_check(svc.store, finding, NULL) > 0)
		err = iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The database is damaged; restore a backup."), NULL, NULL);
	iq_store_close(svc.store);
	return err;
}

static void say_restored(const struct iq_cmd_args *args, const struct iq_backup_report *r,
	size_t erased, struct iq_arena *arena)
{
	say(stdout, arena, N_("{0}: the directory of {1}, revision {2}."), args->state,
		utc(arena, r->head.made_us), decimal(arena, r->head.revision));
	if (args->erasures != NULL)
		say(stdout, arena, N_("Persons erased since the backup and now again: {0}."),
			decimal(arena, erased), "", "");
	else
		say(stdout, arena,
			N_("Persons who were erased since then are in it again: restore with "
			   "--erasures FILE, the file “erasures” of the old state directory or "
			   "these lines of its log."),
			"", "", "");
	say(stdout, arena,
		N_("Access revoked since then is valid again, and certificates given since are "
		   "unknown: compare with the lists you have."),
		"", "", "");
	if (!r->ca_key)
		say(stdout, arena,
			N_("The key of the certificate authority was not in the backup: iqd ca "
			   "import --state {0} FILE"),
			args->state, "", "");
	say(stdout, arena, N_("Start the server with: iqd run --state {0}"), args->state, "", "");
}

static enum iq_err restore(const struct iq_cmd_args *args, struct iq_error *error)
{
	struct iq_backup_report r;
	struct iq_backup_key key;
	size_t erased = 0;
	enum iq_err err = need_file(args, error);

	if (err == IQ_OK && args->erasures != NULL && access(args->erasures, R_OK) != 0)
		err = iq_error_set(error, IQ_ERR_USAGE, N_("The file {0} cannot be read: {1}."),
			N_("Check the path and its owner."), args->erasures, strerror(errno), NULL);
	if (err == IQ_OK)
		err = read_key(args, &key, error);
	if (err != IQ_OK)
		return err;
	struct iq_backup_ask ask = {.dir = args->state, .file = args->file, .key = &key};

	err = iq_backup_restore(&ask, iq_now_us(), &r, error);
	iq_backup_key_forget(&key);
	if (err != IQ_OK)
		return err;
	err = finish(args, &r, &erased, error);
	if (err != IQ_OK)
		iq_backup_undo(args->state);
	else
		say_restored(args, &r, erased, error->arena);
	return err;
}

/* ---- backup-key, compact ----------------------------------------------------------------------
 */

static enum iq_err make_key(const struct iq_cmd_args *args, struct iq_error *error)
{
	struct iq_arena *arena = error->arena;
	struct iq_backup_key key;
	char name[17];
	enum iq_err err = need_file(args, error);

	if (err == IQ_OK)
		err = iq_backup_key_make(args->file, error);
	if (err == IQ_OK)
		err = iq_backup_key_read(args->file, &key, error);
	if (err != IQ_OK)
		return err;
	iq_backup_key_name(key.public, name);
	iq_backup_key_forget(&key);
	say(stdout, arena, N_("Key {0}."), name, "", "");
	say(stdout, arena,
		N_("{0} opens backups: keep it twice, away from the server. {0}.pub makes them: it "
		   "belongs on the server."),
		args->file, "", "");
	return IQ_OK;
}

static enum iq_err compact(const struct iq_cmd_args *args, struct iq_error *error)
{
	struct iq_arena *arena = error->arena;
	const char *size[2] = {"", ""};
	struct iq_store *store;
	bool running;
	enum iq_err err = iq_control_ask(
		args->state, "compact", IQ_CONTROL_FOREVER, &running, size, 2, error);

	if (err == IQ_OK && !running) {
		int lock = iq_state_lock(args->state, error);

		if (lock < 0)
			return error->code;
		err = iq_store_open(args->state, false, &(struct iq_store_options){.upgrade = true},
			&store, error);
		if (err == IQ_OK) {
			size[0] = decimal(arena, iq_store_bytes(store));
			err = iq_store_compact(store, error);
			size[1] = decimal(arena, iq_store_bytes(store));
			iq_store_close(store);
		}
		close(lock);
	}
	if (err == IQ_OK)
		say(stdout, arena, N_("data.mdb: {0} bytes, now {1}."), size[0], size[1], "");
	return err;
}

/* ---- commands ------------------------------------------------------------------------------- */

static int command(int argc, char **argv, const char *options,
	enum iq_err (*run)(const struct iq_cmd_args *args, struct iq_error *error))
{
	struct iq_cmd_args args;
	struct iq_arena arena;
	struct iq_error error;
	int status = iq_cmd_args(argc, argv, options, &args);

	if (status != 0)
		return status;
	umask(077);
	signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails instead */
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (run(&args, &error) != IQ_OK)
		status = iq_cmd_fail(&error);
	iq_arena_free(&arena);
	return status;
}

int iq_cmd_backup(int argc, char **argv)
{
	return command(argc, argv, "sFkPRK", save);
}

int iq_cmd_restore(int argc, char **argv)
{
	return command(argc, argv, "sFkPe", restore);
}

int iq_cmd_backup_key(int argc, char **argv)
{
	return command(argc, argv, "F", make_key);
}

int iq_cmd_compact(int argc, char **argv)
{
	return command(argc, argv, "s", compact);
}
