/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "feed.h"
#include "who.h"

enum { WAIT_MS = 20000, PAUSE_FIRST_MS = 250, PAUSE_MOST_MS = 30000 };

/* ---- going on ------------------------------------------------------------------------------- */

static struct iq_arena kept; /* what was there before: flags, settings */
static struct iq_call *call; /* NULL: not connected */
static bool was_connected;   /* since the program began */
static unsigned pause_ms;    /* before the next attempt */

static void on_signal(int number)
{
	(void)number;
	_exit(0); /* everything told is written and remembered */
}

static void signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(how, &set, NULL);
}

void iq_watch_begin(struct iq_cli *cli)
{
	struct sigaction action = {.sa_handler = on_signal};

	signals(SIG_BLOCK);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* From here on each answer has the memory to itself: this may go on for months. */
	kept = cli->arena;
	iq_arena_init(&cli->arena, 0);
}

/* What one should do about an error: wait and try again? */
static bool passes(enum iq_err err)
{
	return err == IQ_ERR_UNREACHABLE || err == IQ_ERR_BUSY;
}

static void pause_before(struct iq_cli *cli, enum iq_err err)
{
	if (pause_ms == 0 && err == IQ_ERR_UNREACHABLE)
		iq_note(cli, "%s", _("The connection is lost; trying again until it is back."));
	pause_ms = pause_ms == 0                  ? PAUSE_FIRST_MS
		   : pause_ms < PAUSE_MOST_MS / 2 ? 2 * pause_ms
						  : PAUSE_MOST_MS;
	/* Not all at once when a server comes back. */
	long us = (long)(pause_ms - pause_ms / 4 + (unsigned)getpid() % (pause_ms / 4 + 1)) * 1000;
	struct timespec ts = {us / 1000000, us % 1000000 * 1000};

	signals(SIG_UNBLOCK);
	nanosleep(&ts, NULL);
	signals(SIG_BLOCK);
}

static enum iq_err attempt(struct iq_cli *cli, Iq__V1__Request *rq, const Iq__V1__Response **out)
{
	enum iq_err err = IQ_OK;

	signals(SIG_UNBLOCK);
	if (call == NULL)
		err = iq_session_open(cli, false, &call);
	if (err == IQ_OK)
		err = iq_call(call, rq, &cli->arena, out, &cli->error);
	signals(SIG_BLOCK);
	if (err == IQ_OK || err == IQ_ERR_BUSY)
		return err;
	iq_session_close(call);
	call = NULL;
	return iq_explain_login(cli, err);
}

enum iq_err iq_watch_ask(struct iq_cli *cli, Iq__V1__Request *rq, const Iq__V1__Response **out)
{
	for (;;) {
		iq_arena_reset(&cli->arena);
		iq_error_init(&cli->error, &cli->arena);
		enum iq_err err = attempt(cli, rq, out);

		if (err == IQ_OK) {
			if (pause_ms != 0)
				iq_note(cli, "%s", _("Connected again."));
			pause_ms = 0;
			was_connected = true;
			return err;
		}
		if (!was_connected || !passes(err))
			return err;
		pause_before(cli, err);
	}
}

enum iq_err iq_watch_wait(struct iq_cli *cli, uint32_t *ms)
{
	int timeout;
	enum iq_err err = iq_timeout(cli, false, &timeout);

	*ms = timeout / 2 < WAIT_MS ? (uint32_t)timeout / 2 : WAIT_MS;
	return err;
}

bool iq_watch_flush(struct iq_cli *cli)
{
	size_t at = 0;
	bool ok = !cli->out.failed;

	/* Never through a pager. */
	while (ok && at < cli->out.n) {
		ssize_t n = write(STDOUT_FILENO, cli->out.p + at, cli->out.n - at);

		if (n < 0 && errno == EINTR)
			continue;
		ok = n >= 0;
		at += ok ? (size_t)n : 0;
	}
	iq_buf_reset(&cli->out, (size_t)1 << 16);
	return ok;
}

/* ---- the feed ------------------------------------------------------------------------------- */

struct watch {
	struct iq_cli *cli;
	struct iq_feed_view view;
	const char *state, *exec; /* NULL: none */
	bool quiet;               /* what is there at the beginning is no news */
	bool closed;              /* nobody reads the output any more */
	uint64_t told;            /* changes of this answer */
};

static void on_change(void *arg, const struct iq_feed_change *c)
{
	struct watch *w = arg;

	if (w->quiet)
		return;
	w->told++;
	iq_feed_line(w->cli, c);
	if (!iq_watch_flush(w->cli))
		w->closed = true;
	if (w->exec != NULL)
		iq_feed_exec(w->cli, w->exec, c->what, c->kind, c->id, iq_feed_json(w->cli, c));
}

/* What is asked for, apart from the cookie. It outlives the answers. */
static enum iq_err begin(struct watch *w, Iq__V1__ChangesRequest *q)
{
	struct iq_cli *cli = w->cli;
	enum iq_err err = iq_feed_query(cli, q);

	if (err == IQ_OK)
		err = iq_watch_wait(cli, &q->wait_ms);
	if (err == IQ_OK && w->state != NULL)
		err = iq_feed_load(&w->view, w->state);
	w->quiet = w->view.cookie.n == 0;
	return err;
}

/* One answer: what it tells is out before the cookie is remembered. */
static enum iq_err take(struct watch *w, const Iq__V1__ChangesResponse *r)
{
	bool again, first = w->quiet;
	bool moved = r->cookie.len != w->view.cookie.n ||
		     memcmp(r->cookie.data, w->view.cookie.p, r->cookie.len) != 0;
	enum iq_err err = iq_feed_take(&w->view, r, &again);

	if (err != IQ_OK || (again && w->view.fresh != NULL) || w->view.cookie.n == 0)
		return err;
	w->quiet = false;
	if (first)
		iq_note(w->cli, _("Watching %zu records."), json_object_size(w->view.records));
	if (w->view.because != NULL && w->view.withheld > 0)
		iq_because_note(w->cli, w->view.because, w->view.withheld);
	w->view.withheld = 0;
	return w->state != NULL && moved ? iq_feed_save(&w->view, w->state) : IQ_OK;
}

static enum iq_err follow(struct watch *w, Iq__V1__ChangesRequest *q)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = IQ_OK;

	rq.op_case = IQ__V1__REQUEST__OP_CHANGES;
	rq.changes = q;
	while (err == IQ_OK && !w->closed) {
		/* The count belongs to a refresh, and does not wait. */
		q->verify = w->view.fresh != NULL || w->view.cookie.n == 0;
		q->cookie = (ProtobufCBinaryData){w->view.cookie.n, w->view.cookie.p};
		err = iq_watch_ask(w->cli, &rq, &rs);
		if (err == IQ_OK)
			err = iq_expect(w->cli, rs, IQ__V1__RESPONSE__RESULT_CHANGES);
		if (err == IQ_OK && rs != NULL)
			err = take(w, rs->changes);
	}
	return err;
}

enum iq_err iq_cmd_watch(struct iq_cli *cli)
{
	struct watch w = {
		.cli = cli, .state = iq_opt(cli, IQ_OPT_STATE), .exec = iq_opt(cli, IQ_OPT_EXEC)};
	Iq__V1__ChangesRequest q;
	enum iq_err err;

	if (iq_opt_given(cli, IQ_OPT_WHO))
		return iq_watch_who(cli);
	if (cli->nargs > 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"watch\" does not know what to do with \"{0}\"."),
			N_("With --who the words are a question: iqq watch --who {0}"), cli->arg[0],
			NULL);
	iq_feed_view_init(&w.view, cli);
	w.view.tell = on_change;
	w.view.arg = &w;
	err = begin(&w, &q);
	if (err == IQ_OK) {
		iq_watch_begin(cli);
		err = follow(&w, &q);
	}
	iq_session_close(call);
	call = NULL;
	iq_feed_view_free(&w.view);
	return err;
}
