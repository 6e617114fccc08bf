/* SPDX-License-Identifier: Apache-2.0 */
/* iqd doctor: what an operator should know before it hurts, one line each. Works beside a running
 * server and changes nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "audit.h"
#include "backup.h"
#include "cmd.h"
#include "conf.h"
#include "date.h"
#include "i18n.h"
#include "metrics.h"
#include "pki.h"
#include "store.h"

enum level { OK, WARNING, PROBLEM };
enum { CHECKS_MAX = 64, CERT_WARN_DAYS = 25, BACKUP_WARN_DAYS = 2, CLOCK_SLACK_US = 60000000 };

static const uint64_t disk_least = UINT64_C(64) << 20;
static const int64_t day_us = 86400000000;

struct check {
	const char *name; /* stable, for scripts */
	enum level level;
	const char *text, *next; /* as shown; next: NULL if nothing is to be done */
};

struct doctor {
	const char *dir;
	struct iq_arena *arena;
	struct check check[CHECKS_MAX];
	size_t n;
	uint64_t revision;
	int64_t now_us;
};

/* text, next: msgids with {0} {1} {2}; next: NULL: nothing is to be done. */
static void note(struct doctor *d, const char *name, enum level level, const char *text,
	const char *next, const char *a, const char *b, const char *c)
{
	const struct iq_str args[] = {iq_str(a), iq_str(b), iq_str(c)};

	if (d->n == CHECKS_MAX)
		return;
	d->check[d->n++] =
		(struct check){name, level, iq_text_fill(d->arena, gettext(text), args, 3),
			next ? iq_text_fill(d->arena, gettext(next), args, 3) : NULL};
}

static void note_error(struct doctor *d, const char *name, const struct iq_error *e)
{
	const char *arg[3] = {"", "", ""};

	for (size_t i = 0; i < e->nargs && i < 3; i++)
		arg[i] = iq_arena_cstr(d->arena, e->args[i]);
	note(d, name, PROBLEM, e->text ? e->text : N_("Something went wrong."), e->hint, arg[0],
		arg[1], arg[2]);
}

static const char *number(struct doctor *d, uint64_t n)
{
	return iq_arena_printf(d->arena, "%llu", (unsigned long long)n);
}

static const char *mib(struct doctor *d, uint64_t bytes)
{
	return iq_arena_printf(d->arena, "%llu MiB", (unsigned long long)(bytes >> 20));
}

/* As the language writes it. */
static const char *date(struct doctor *d, int32_t day)
{
	char text[11];

	iq_date_format(day, text);
	const struct iq_str part[] = {{text, 4}, {text + 5, 2}, {text + 8, 2}};

	/* TRANSLATORS: year, month, day */
	return iq_text_fill(d->arena, _("{0}-{1}-{2}"), part, 3);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Counts what others can reach, or somebody else owns; the first of them in *first. */
static unsigned open_to_others(struct doctor *d, const char *path, const char **first)
{
	DIR *dir = opendir(path);
	unsigned n = 0;
	struct stat st, own;

	if (dir == NULL || fstat(dirfd(dir), &own) != 0) {
		if (dir != NULL)
			closedir(dir);
		return 0;
	}
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (strcmp(e->d_name, "..") == 0 ||
			fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
			((st.st_mode & 077) == 0 && st.st_uid == own.st_uid))
			continue;
		if (n++ == 0 && strcmp(e->d_name, ".") == 0)
			*first = path;
		else if (n == 1)
			*first = iq_arena_printf(d->arena, "%s/%s", path, e->d_name);
	}
	closedir(dir);
	return n;
}

static void check_modes(struct doctor *d)
{
	const char *first = "";
	unsigned n = open_to_others(d, d->dir, &first);

	n += open_to_others(d, iq_arena_printf(d->arena, "%s/audit", d->dir), &first);
	n += open_to_others(d, iq_arena_printf(d->arena, "%s/plans", d->dir), &first);
	if (n == 0)
		note(d, "permissions", OK, N_("Only the owner can read the state directory."), NULL,
			"", "", "");
	else
		note(d, "permissions", PROBLEM,
			N_("Others can read {0}, or it belongs to somebody else; {1} such files "
			   "and folders in all."),
			N_("chmod -R go= {2}; and look at who owns them"), first, number(d, n),
			d->dir);
}

static void check_disk(struct doctor *d, uint64_t data)
{
	struct statvfs v;

	if (statvfs(d->dir, &v) != 0)
		return;
	uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;

	if (room < disk_least)
		note(d, "disk", PROBLEM, N_("Only {0} are free on the disk."),
			N_("Free space: without it changes are refused and contacts withheld."),
			mib(d, room), "", "");
	else if (room < data + disk_least)
		note(d, "disk", WARNING,
			N_("{0} are free on the disk; erasing somebody needs as much as the "
			   "database takes, {1}."),
			N_("Free space."), mib(d, room), mib(d, data), "");
	else
		note(d, "disk", OK, N_("{0} are free on the disk; the database takes {1}."), NULL,
			mib(d, room), mib(d, data), "");
}

/* It holds the directory; does it work, too? */
static void check_answer(struct doctor *d)
{
	struct iq_buf text;

	iq_buf_init(&text, 0);
	bool good = iq_metrics_fetch(d->dir, &text);

	iq_buf_byte(&text, '\0');
	if (!good || text.failed)
		note(d, "server", WARNING,
			N_("The server is running, but does not tell its figures: {0}."),
			N_("It may be starting, or another command works on {1}. If it stays: "
			   "journalctl -u iqd, then systemctl restart iqd"),
			good ? "" : strerror(errno), d->dir, "");
	else if (strstr((char *)text.p, "\niqd_audit_writable 0\n") != NULL)
		note(d, "server", PROBLEM,
			N_("The server cannot write its audit log: changes are refused and "
			   "contacts withheld."),
			N_("Free space and look at the disk; it goes on by itself within seconds."),
			"", "", "");
	else
		note(d, "server", OK, N_("The server is running."), NULL, "", "", "");
	iq_buf_free(&text);
}

static void check_lock(struct doctor *d)
{
	char *path = iq_state_path(d->dir, "lock");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (held)
		check_answer(d);
	else
		note(d, "server", WARNING, N_("The server is not running."),
			N_("Start it: iqd run --state {0}, or: systemctl start iqd.socket"), d->dir,
			"", "");
	if (fd >= 0)
		close(fd);
	free(path);
}

/* ---- configuration and certificates -----------------------------------------------------------
 */

static void check_conf(struct doctor *d)
{
	struct iq_conf conf;
	struct iq_error error;

	iq_error_init(&error, d->arena);
	if (iq_conf_check(d->dir, NULL, &conf, &error) != IQ_OK)
		note_error(d, "configuration", &error);
	else
		note(d, "configuration", OK, N_("The configuration is in order."), NULL, "", "",
			"");
}

struct certificates {
	struct doctor *d;
	bool signs;
};

static void check_one(void *arg, const struct iq_pki_certificate *cert)
{
	struct certificates *c = arg;
	struct doctor *d = c->d;
	int32_t left = cert->until - iq_date_in_germany(d->now_us);
	const char *name = cert->server ? "server-certificate" : "authority";
	const char *day = date(d, cert->until);

	c->signs = c->signs || cert->signs;
	if (left < 0)
		note(d, name, PROBLEM, N_("The certificate of {0} has ended on {1}."),
			cert->server ? N_("Start the server again: it renews its certificate.")
				     : N_("Replace it: iqd ca rotate --state {2}"),
			cert->name, day, d->dir);
	else if (left < CERT_WARN_DAYS)
		note(d, name, WARNING, N_("The certificate of {0} ends on {1}."),
			cert->server ? N_("Start the server again: it renews its certificate.")
				     : N_("Replace it: iqd ca rotate --state {2}"),
			cert->name, day, d->dir);
	else
		note(d, name, OK, N_("The certificate of {0} is valid until {1}."), NULL,
			cert->name, day, "");
}

static void check_certificates(struct doctor *d)
{
	struct certificates c = {.d = d};
	struct iq_error error;

	iq_error_init(&error, d->arena);
	if (iq_pki_show(d->dir, check_one, &c, &error) != IQ_OK)
		note_error(d, "authority", &error);
	else if (c.signs)
		note(d, "authority-key", OK, N_("The key of the certificate authority is here."),
			NULL, "", "", "");
	else
		note(d, "authority-key", WARNING,
			N_("The key of the certificate authority is not here: nobody can enrol or "
			   "renew."),
			N_("When somebody has to: iqd ca import --state {0} FILE"), d->dir, "", "");
}

/* ---- database and log -------------------------------------------------------------------------
 */

static void check_usage(struct doctor *d, struct iq_store *s)
{
	struct iq_store_usage u;

	iq_store_usage(s, &u);
	if (u.used_bytes > u.map_bytes / 10 * 9)
		note(d, "map", PROBLEM, N_("{0} of the {1} that the database may take are used."),
			N_("Make room: iqd compact --state {2}"), mib(d, u.used_bytes),
			mib(d, u.map_bytes), d->dir);
	else
		note(d, "map", OK, N_("{0} of the {1} that the database may take are used."), NULL,
			mib(d, u.used_bytes), mib(d, u.map_bytes), "");
	if (u.stale > 0)
		note(d, "readers", WARNING,
			N_("{0} read transactions of processes that are gone were cleared away."),
			N_("Nothing is to be done; if it happens again, look at what was killed."),
			number(d, u.stale), "", "");
	else
		note(d, "readers", OK, N_("No read transaction was left behind."), NULL, "", "",
			"");
	check_disk(d, u.used_bytes);
}

/* Time goes on: what is recorded is not of tomorrow. */
static void check_clock(struct doctor *d, struct iq_txn *t)
{
	struct iq_log_entry e;

	int64_t last = iq_backup_last(d->dir);

	if (d->revision > 0 && iq_log_get(t, d->revision, &e, NULL, NULL) && e.time_us > last)
		last = e.time_us;
	if (last > d->now_us + CLOCK_SLACK_US) {
		const char *day = date(d, iq_date_in_germany(last));

		note(d, "clock", PROBLEM,
			N_("The last change or backup is of {0}: the clock of this machine is "
			   "slow, or was "
			   "fast then."),
			N_("Set the clock, and keep it right with NTP: timedatectl"), day, "", "");
		return;
	}
	const char *day = date(d, iq_date_in_germany(d->now_us));

	note(d, "clock", OK, N_("Today is {0}, and nothing recorded is of later."), NULL, day, "",
		"");
}

static void check_store(struct doctor *d)
{
	struct iq_store *s;
	struct iq_error error;
	struct iq_rtxn *r;

	iq_error_init(&error, d->arena);
	if (iq_store_open(d->dir, false, NULL, &s, &error) != IQ_OK) {
		note_error(d, "database", &error);
		return;
	}
	if (iq_rtxn_new(s, &r) != IQ_OK) {
		note(d, "database", PROBLEM, N_("The database cannot be read."),
			N_("Find out more with: iqd check"), "", "", "");
	} else {
		if (iq_rtxn_renew(r)) {
			d->revision = iq_rtxn_state(r)->revision;
			note(d, "database", OK, N_("The database is at revision {0}."), NULL,
				number(d, d->revision), "", "");
			check_usage(d, s);
			check_clock(d, iq_rtxn_txn(r));
		}
		iq_rtxn_free(r);
	}
	iq_store_close(s);
}

static void check_audit(struct doctor *d)
{
	struct iq_audit_report r;
	struct iq_error error;

	iq_error_init(&error, d->arena);
	if (iq_audit_verify(d->dir, &r, &error) != IQ_OK)
		note_error(d, "audit", &error);
	else if (!r.intact)
		note(d, "audit", PROBLEM,
			N_("The audit log does not fit its chain: {0}, line {1}. It was changed or "
			   "is damaged."),
			N_("Keep the folder audit as evidence; find out more with: iqd check"),
			r.file, number(d, r.line), "");
	else
		note(d, "audit", OK, N_("The audit log is whole: {0} entries, signed up to {1}."),
			NULL, number(d, r.entries), number(d, r.signed_until), "");
}

static void check_backup(struct doctor *d)
{
	int64_t last = iq_backup_last(d->dir), age = (d->now_us - last) / day_us;
	const char *how = N_("iqd backup --state {2} FILE --key FILE.pub; let a timer do it daily");

	if (last == 0) {
		note(d, "backup", WARNING, N_("No backup was made yet."), how, "", "", d->dir);
		return;
	}
	const char *day = date(d, iq_date_in_germany(last));

	if (age >= IQ_BACKUP_DAYS)
		note(d, "backup", PROBLEM,
			N_("The last backup is of {0} and has expired: there is none that could be "
			   "restored."),
			how, day, "", d->dir);
	else if (age >= BACKUP_WARN_DAYS)
		note(d, "backup", WARNING, N_("The last backup is of {0}."), how, day, "", d->dir);
	else
		note(d, "backup", OK, N_("The last backup is of {0}."), NULL, day, "", "");
}

/* Without the directory there is nothing to look at. */
static bool check_reach(struct doctor *d)
{
	struct passwd *owner;
	struct stat st;

	if (stat(d->dir, &st) != 0) {
		note(d, "directory", PROBLEM, N_("The state directory {0} cannot be used: {1}."),
			N_("Is it the right one? A new one is made with: iqd init --state {0}"),
			d->dir, strerror(errno), "");
		return false;
	}
	if (st.st_uid == geteuid())
		return true;
	owner = getpwuid(st.st_uid);
	note(d, "directory", PROBLEM, N_("The state directory {0} belongs to {1}."),
		N_("Run this as its owner: runuser -u {1} -- iqd doctor --state {0}"), d->dir,
		owner ? owner->pw_name : number(d, st.st_uid), "");
	return false;
}

/* ---- output --------------------------------------------------------------------------------- */

static void json_string(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ')
			printf("\\u%04x", (unsigned)*s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void print_json(const struct doctor *d)
{
	static const char *const words[] = {"ok", "warning", "problem"};

	printf("{\"revision\":%llu,\"items\":[", (unsigned long long)d->revision);
	for (size_t i = 0; i < d->n; i++) {
		const struct check *c = &d->check[i];

		printf("%s{\"check\":\"%s\",\"result\":\"%s\",\"text\":", i ? "," : "", c->name,
			words[c->level]);
		json_string(c->text);
		printf(",\"next\":");
		json_string(c->next ? c->next : "");
		putchar('}');
	}
	printf("],\"total\":%zu}\n", d->n);
}

static void print_lines(const struct doctor *d)
{
	const char *const words[] = {_("ok"), _("warning"), _("problem")};

	for (size_t i = 0; i < d->n; i++) {
		const struct check *c = &d->check[i];

		printf("%-8s %s\n", words[c->level], c->text);
		if (c->next != NULL)
			printf("         → %s\n", c->next);
	}
}

int iq_cmd_doctor(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct iq_arena arena;
	enum level worst = OK;
	int status = iq_cmd_args(argc, argv, "sj", &args);

	if (status != 0)
		return status;
	iq_arena_init(&arena, 0);
	struct doctor d = {.dir = args.state, .arena = &arena, .now_us = iq_now_us()};

	if (check_reach(&d)) {
		check_conf(&d);
		check_modes(&d);
		check_lock(&d);
		check_certificates(&d);
		check_store(&d);
		check_audit(&d);
		check_backup(&d);
	}
	for (size_t i = 0; i < d.n; i++)
		worst = d.check[i].level > worst ? d.check[i].level : worst;
	if (args.json)
		print_json(&d);
	else
		print_lines(&d);
	iq_arena_free(&arena);
	return worst == PROBLEM ? 1 : 0;
}
