/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps this computer from asking, or soon will: one line per check, with the next step. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cache.h"
#include "commands.h"
#include "date.h"
#include "session.h"
#include "tls.h"

enum { CHECKS_MAX = 16, CERT_WARN_DAYS = 30, SKEW_WARN = 5, SKEW_PROBLEM = 300 /* seconds */ };

enum level { OK, WARNING, PROBLEM };

struct check {
	const char *name, *text, *next;
	enum level level;
};

struct doctor {
	struct iq_cli *cli;
	struct check check[CHECKS_MAX];
	size_t n;
	uint64_t revision;
	enum level worst;
};

/* text, next: msgids with {0} {1}; next: NULL if nothing is to be done. */
static void note(struct doctor *d, const char *name, enum level level, const char *text,
	const char *next, const char *a, const char *b)
{
	const struct iq_str args[] = {iq_str(a), iq_str(b)};

	if (d->n == CHECKS_MAX)
		return;
	d->check[d->n++] =
		(struct check){name, iq_text_fill(&d->cli->arena, gettext(text), args, 2),
			next ? iq_text_fill(&d->cli->arena, gettext(next), args, 2) : "", level};
	d->worst = level > d->worst ? level : d->worst;
}

/* The error of a step becomes its line, and is said no more. */
static void note_error(struct doctor *d, const char *name)
{
	struct iq_error *e = &d->cli->error;
	const char *text = e->text ? e->text : N_("Something went wrong.");

	if (d->n == CHECKS_MAX)
		return;
	d->check[d->n++] = (struct check){name,
		iq_text_fill(&d->cli->arena, gettext(text), e->args, e->nargs),
		e->hint ? iq_text_fill(&d->cli->arena, gettext(e->hint), e->args, e->nargs) : "",
		PROBLEM};
	d->worst = PROBLEM;
	iq_error_init(e, &d->cli->arena);
}

/* ---- this computer -------------------------------------------------------------------------- */

static void check_key(struct doctor *d, const struct iq_profile *p)
{
	struct stat st;

	if (stat(p->key, &st) != 0)
		note(d, "key", PROBLEM, N_("Your key {0} cannot be read: {1}."),
			N_("Ask an administrator for a token, then: iqq enroll"), p->key,
			strerror(errno));
	else if ((st.st_mode & 077) != 0)
		note(d, "key", PROBLEM, N_("Others can read your key {0}."), N_("chmod 600 {0}"),
			p->key, "");
	else
		note(d, "key", OK, N_("Only you can read your key."), NULL, "", "");
}

static void check_certificate(struct doctor *d, const struct iq_profile *p)
{
	int32_t until, left;
	char day[11];

	if (!iq_tls_pem_until(p->cert, &until)) {
		note(d, "certificate", PROBLEM, N_("Your certificate {0} cannot be read."),
			N_("Ask an administrator for a token, then: iqq enroll"), p->cert, "");
		return;
	}
	iq_date_format(until, day);
	left = until - iq_date_in_germany(iq_now_us());
	const char *shown = iq_arena_cstr(&d->cli->arena, iq_word_date(d->cli, day));

	if (left < 0)
		note(d, "certificate", PROBLEM, N_("Your certificate has ended on {0}."),
			N_("Within 14 days any command renews it; later ask an administrator for a "
			   "token, then: iqq enroll"),
			shown, "");
	else if (left < CERT_WARN_DAYS)
		note(d, "certificate", WARNING, N_("Your certificate ends on {0}."),
			N_("It is renewed by itself when you ask something: iqq whoami"), shown,
			"");
	else
		note(d, "certificate", OK, N_("Your certificate is valid until {0}."), NULL, shown,
			"");
}

/* ---- the server ----------------------------------------------------------------------------- */

static void check_clock(struct doctor *d, int64_t server_us, int64_t here_us)
{
	int64_t skew = (here_us - server_us) / 1000000;
	const char *text =
		iq_arena_printf(&d->cli->arena, "%lld", (long long)(skew < 0 ? -skew : skew));

	if (server_us == 0)
		return; /* an older server does not tell */
	if (skew < SKEW_WARN && skew > -SKEW_WARN)
		note(d, "clock", OK, N_("Your clock and the server's agree."), NULL, "", "");
	else
		note(d, "clock", llabs(skew) < SKEW_PROBLEM ? WARNING : PROBLEM,
			skew > 0 ? N_("Your clock is {0} seconds ahead of the server's.")
				 : N_("Your clock is {0} seconds behind the server's."),
			N_("Set the clock, and keep it right with NTP: timedatectl"), text, "");
}

static void check_version(struct doctor *d, const char *version)
{
	if (strcmp(version, IQ_VERSION) == 0)
		note(d, "version", OK, N_("iqq and the server are of version {0}."), NULL, version,
			"");
	else
		note(d, "version", WARNING, N_("iqq is of version {0}, the server of {1}."),
			N_("Install the same version where something does not work."), IQ_VERSION,
			version);
}

static void check_cache(struct doctor *d)
{
	const char *folder = iq_cache_folder(d->cli);
	struct iq_str text;

	if (folder != NULL &&
		iq_read_file(
			d->cli, iq_arena_printf(&d->cli->arena, "%s/revision", folder), &text) &&
		strtoull(text.p, NULL, 10) <= d->revision)
		note(d, "vocabulary", OK,
			N_("The vocabulary for completion and lint is on this computer."), NULL, "",
			"");
	else
		note(d, "vocabulary", WARNING,
			N_("The vocabulary for completion and lint is not on this computer, or of "
			   "another server."),
			N_("Fetch it: iqq status"), "", "");
}

static void check_server(struct doctor *d)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__StatusRequest q = IQ__V1__STATUS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	const char *server;
	struct iq_cli *cli = d->cli;
	enum iq_err err;

	rq.op_case = IQ__V1__REQUEST__OP_STATUS;
	rq.status = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_STATUS);
	if (err != IQ_OK) {
		note_error(d, "server");
		return;
	}
	server = iq_setting_get(cli, "server", NULL);
	d->revision = rs->status->revision;
	note(d, "server", OK, N_("The server {0} answers and knows you."), NULL,
		server ? server : "", "");
	check_clock(d, (int64_t)rs->status->now, iq_now_us());
	check_version(d, rs->status->version);
	check_cache(d);
}

/* ---- output --------------------------------------------------------------------------------- */

static enum iq_err as_table(struct doctor *d)
{
	static const struct iq_col cols[] = {{"check", NULL, IQ_CELL_TEXT, true},
		{"result", NULL, IQ_CELL_TEXT, true}, {"text", NULL, IQ_CELL_TEXT, false},
		{"next", NULL, IQ_CELL_TEXT, false}};
	static const char *const words[] = {"ok", "warning", "problem"};
	struct iq_table t;

	iq_table_init(&t, d->cli, cols, 4);
	for (size_t i = 0; i < d->n; i++) {
		const struct check *c = &d->check[i];

		iq_table_add(&t, (struct iq_str[]){iq_str(c->name), iq_str(words[c->level]),
					 iq_str(c->text), iq_str(c->next)});
	}
	return iq_table_finish(&t, d->revision, d->n);
}

static void as_lines(struct doctor *d)
{
	static const enum iq_style styles[] = {IQ_STYLE_GREEN, IQ_STYLE_YELLOW, IQ_STYLE_RED};
	const char *const words[] = {_("ok"), _("warning"), _("problem")};

	for (size_t i = 0; i < d->n; i++) {
		const struct check *c = &d->check[i];
		const char *first = iq_arena_printf(&d->cli->arena, "%-8s ", words[c->level]);

		iq_paragraph(d->cli, styles[c->level], first, iq_safe_c(d->cli, c->text));
		if (c->next[0] != '\0')
			iq_paragraph(
				d->cli, IQ_STYLE_NONE, "         → ", iq_safe_c(d->cli, c->next));
	}
}

enum iq_err iq_cmd_doctor(struct iq_cli *cli)
{
	struct doctor d = {.cli = cli};
	struct iq_profile p;
	enum iq_err err = IQ_OK;

	if (iq_profile_open(cli, &p) != IQ_OK) {
		note_error(&d, "profile");
	} else {
		note(&d, "profile", OK, N_("The profile {0} is in use."), NULL, p.name, "");
		check_key(&d, &p);
		check_certificate(&d, &p);
		check_server(&d);
	}
	if (cli->format == IQ_FORMAT_TABLE)
		as_lines(&d);
	else
		err = as_table(&d);
	/* The exit status says it; the lines have said why. */
	cli->keep_out = true;
	return err == IQ_OK && d.worst == PROBLEM ? IQ_ERR_NOT_FOUND : err;
}
