/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "date.h"
#include "i18n.h"
#include "log.h"
#include "notify.h"
#include "sandbox.h"

enum { STOP_MS = 10000, REPORT_SECONDS = 60, SPARE = 8 /* files */ };
enum { DESCRIPTORS_LEAST = 32 };
enum { PURGE_FIRST = 60, PURGE_EVERY = 86400, PURGE_AGAIN = 600 /* seconds */ };
enum { DAY_FIRST = 1, DAY_EVERY = 300 /* seconds */ };

static atomic_bool stopping;

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

/* ---- counters ------------------------------------------------------------------------------- */

static uint64_t sum(struct iq_daemon *d, uint64_t (*of)(const struct iq_worker *w))
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->nworkers; i++)
		n += of(d->worker[i]);
	return n;
}

static uint64_t connections(void *ctx)
{
	return sum(ctx, iq_worker_connections);
}

static uint64_t questions(void *ctx)
{
	return sum(ctx, iq_worker_questions);
}

static uint64_t refused(void *ctx)
{
	return sum(ctx, iq_worker_refused);
}

static uint64_t refused_for(void *ctx, enum iq_refusal why)
{
	struct iq_daemon *d = ctx;
	uint64_t n = 0;

	for (size_t i = 0; i < d->nworkers; i++)
		n += iq_worker_refused_for(d->worker[i], why);
	return n;
}

static uint64_t watchers(void *ctx)
{
	return sum(ctx, iq_worker_watchers);
}

static uint64_t waiting(void *ctx)
{
	return iq_lane_queue(((struct iq_daemon *)ctx)->lane);
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
	struct iq_daemon *d = arg;
	uint64_t now = refused(d);

	(void)fd;
	(void)what;
	if (now > d->refused)
		iq_log(IQ_LOG_WARN, "%llu peers refused in the last minute",
			(unsigned long long)(now - d->refused));
	d->refused = now;
	iq_refusals_flush(d->svc.refusals, d->svc.audit, iq_now_us());
}

/* Contacts that are long out of date. */
static void on_purge(evutil_socket_t fd, short what, void *arg)
{
	struct iq_daemon *d = arg;
	bool taken = iq_purge_submit(&d->svc);
	const struct timeval next = {.tv_sec = taken ? PURGE_EVERY : PURGE_AGAIN};

	(void)fd;
	(void)what;
	event_add(d->purge, &next);
}

/* A new day has begun, or the server: hand-overs that waited for it. */
static void on_day(evutil_socket_t fd, short what, void *arg)
{
	struct iq_daemon *d = arg;
	int32_t today = iq_date_in_germany(iq_now_us());
	const struct timeval next = {.tv_sec = DAY_EVERY};

	(void)fd;
	(void)what;
	if (today != d->renewed && d->renewed != 0)
		iq_daemon_renew(d);
	d->renewed = today;
	if (today != d->handed && iq_handovers_submit(&d->svc, today))
		d->handed = today;
	event_add(d->day, &next);
}

/* Who waits has a turn, so that its pulse beats. */
static void poke_all(struct iq_daemon *d)
{
	for (size_t i = 0; i < d->nworkers; i++)
		iq_worker_poke(d->worker[i]);
	iq_writer_poke(d->svc.writer);
	iq_lane_poke(d->lane);
	iq_audit_poke(d->svc.audit);
}

/* Tells the service manager that all goes on, unless a thread has come no further. */
static void on_feed(evutil_socket_t fd, short what, void *arg)
{
	struct iq_daemon *d = arg;
	const char *stuck = iq_watch_look(&d->watch);

	(void)fd;
	(void)what;
	if (stuck == NULL)
		iq_notify("WATCHDOG=1");
	else if (!d->stuck)
		iq_log(IQ_LOG_ERROR, "watchdog: the thread %s makes no progress", stuck);
	d->stuck = stuck != NULL;
	poke_all(d);
}

/* ---- events --------------------------------------------------------------------------------- */

static void give(void *arg, int fd)
{
	struct iq_daemon *d = arg;
	struct iq_worker *best = d->worker[0];

	for (size_t i = 1; i < d->nworkers; i++) {
		if (iq_worker_connections(d->worker[i]) < iq_worker_connections(best))
			best = d->worker[i];
	}
	iq_worker_give(best, fd);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct iq_daemon *d = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(d->base);
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct iq_arena arena;
	struct iq_error error;

	(void)fd;
	(void)what;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	(void)iq_daemon_reload(arg, &error);
	iq_arena_free(&arena);
}

static enum iq_err make_events(struct iq_daemon *d, struct iq_error *error)
{
	const struct timeval minute = {.tv_sec = REPORT_SECONDS};
	const struct timeval first = {.tv_sec = PURGE_FIRST}, day = {.tv_sec = DAY_FIRST};

	d->base = event_base_new();
	if (d->base == NULL)
		return no_memory(error);
	d->term = evsignal_new(d->base, SIGTERM, on_signal, d);
	d->interrupt = evsignal_new(d->base, SIGINT, on_signal, d);
	d->hangup = evsignal_new(d->base, SIGHUP, on_hangup, d);
	d->report = event_new(d->base, -1, EV_PERSIST, on_report, d);
	d->purge = event_new(d->base, -1, 0, on_purge, d);
	d->day = event_new(d->base, -1, 0, on_day, d);
	if (d->term == NULL || d->interrupt == NULL || d->hangup == NULL || d->report == NULL ||
		d->purge == NULL || d->day == NULL || event_add(d->day, &day) != 0 ||
		event_add(d->term, NULL) != 0 || event_add(d->interrupt, NULL) != 0 ||
		event_add(d->hangup, NULL) != 0 || event_add(d->report, &minute) != 0 ||
		event_add(d->purge, &first) != 0)
		return no_memory(error);
	return iq_acceptor_new(d->base, give, d, &d->acceptor, error);
}

/* What tokens name: where the server listens, or its name if that is everywhere. */
static void name_self(struct iq_daemon *d, const struct iq_conf *conf)
{
	char name[300];

	iq_acceptor_name(d->acceptor, name, sizeof(name));
	if (!iq_address_split(name, d->host, &d->svc.port) || iq_address_everywhere(d->host))
		snprintf(d->host, sizeof(d->host), "%s", conf->name);
	d->svc.host = d->host;
}

static enum iq_err listen_on(struct iq_daemon *d, const char *addr, struct iq_error *error)
{
	int n = iq_listen_fds();
	enum iq_err err = IQ_OK;

	if (n == 0)
		return iq_acceptor_listen(d->acceptor, addr, error);
	for (int i = 0; err == IQ_OK && i < n; i++)
		err = iq_acceptor_adopt(d->acceptor, IQ_LISTEN_FIRST + i, error);
	return err;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static enum iq_err open_audit(struct iq_daemon *d, const char *dir, struct iq_error *error)
{
	enum iq_err err = iq_audit_open(dir, &d->svc.audit, error);

	if (err != IQ_OK)
		return err;
	iq_audit_limit(d->svc.audit, d->conf.quota);
	d->svc.refusals = iq_refusals_new();
	return d->svc.refusals ? IQ_OK : no_memory(error);
}

static unsigned worker_count(const struct iq_conf *conf)
{
	long n = conf->workers ? (long)conf->workers : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > IQ_WORKERS_MAX ? IQ_WORKERS_MAX : (unsigned)n;
}

/* The writer's thread: waiting requests may have something to tell. */
static void on_commit(void *ctx)
{
	struct iq_daemon *d = ctx;

	for (size_t i = 0; i < d->nworkers; i++)
		iq_worker_news(d->worker[i]);
}

static enum iq_err start_threads(
	struct iq_daemon *d, const struct iq_conf *conf, struct iq_error *error)
{
	unsigned n = worker_count(conf);
	sigset_t all, old;

	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	enum iq_err err = iq_writer_start(d->svc.store, d->svc.audit, &d->svc.writer, error);

	if (err == IQ_OK)
		err = iq_lane_start(&d->svc, &d->lane, error);
	d->svc.answers = iq_answers_new((size_t)conf->answers << 20); /* the lane keeps none */
	while (err == IQ_OK && d->nworkers < n) {
		err = iq_worker_start(&d->svc, d->tls, d->lane, &d->worker[d->nworkers], error);
		if (err == IQ_OK)
			d->nworkers++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (d->svc.writer != NULL)
		iq_writer_listen(d->svc.writer, on_commit, d);
	return err;
}

/* Figures for those who watch the server. */
static void tell_metrics(struct iq_daemon *d, const char *dir, struct iq_arena *arena)
{
	struct iq_error error;

	iq_error_init(&error, arena);
	for (size_t i = 0; i < d->nworkers; i++)
		if (iq_worker_meter(d->worker[i]) != NULL)
			d->meter[d->source.nmeters++] = iq_worker_meter(d->worker[i]);
	if (iq_lane_meter(d->lane) != NULL)
		d->meter[d->source.nmeters++] = iq_lane_meter(d->lane);
	d->source.svc = &d->svc;
	d->source.meter = d->meter;
	d->source.refused = refused_for;
	d->source.watchers = watchers;
	d->source.lane = waiting;
	/* The directory serves without them, too. */
	if (iq_metrics_listen(d->base, dir, &d->source, &d->metrics, &error) != IQ_OK)
		iq_log(IQ_LOG_WARN, "there is no metrics.sock: %s",
			error.nargs > 1 ? iq_arena_cstr(arena, error.args[1]) : error.text);
}

/* Orders of the operator; who does not need them has signals. */
static void tell_control(struct iq_daemon *d, struct iq_arena *arena)
{
	struct iq_error error;

	iq_error_init(&error, arena);
	if (iq_control_listen(d->base, d->dir, &(struct iq_control_handler){iq_daemon_serve, d},
		    &d->control, &error) != IQ_OK)
		iq_log(IQ_LOG_WARN, "%s", iq_daemon_say(&error));
}

/* As often as the service manager wants to hear of us, twice. */
static enum iq_err start_watch(struct iq_daemon *d, struct iq_error *error)
{
	int64_t us = iq_notify_watchdog_us() / 2;
	const struct timeval every = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};

	if (us == 0)
		return IQ_OK;
	for (size_t i = 0; i < d->nworkers; i++)
		iq_watch_add(&d->watch, iq_worker_pulse(d->worker[i]));
	iq_watch_add(&d->watch, iq_lane_pulse(d->lane));
	iq_watch_add(&d->watch, iq_writer_pulse(d->svc.writer));
	iq_watch_add(&d->watch, iq_audit_pulse(d->svc.audit));
	poke_all(d);
	d->feed = event_new(d->base, -1, EV_PERSIST, on_feed, d);
	return d->feed != NULL && event_add(d->feed, &every) == 0 ? IQ_OK : no_memory(error);
}

/* The writer's thread. Whatever is being asked is answered; then the service manager starts anew.
 */
static void on_broken(void *ctx)
{
	(void)ctx;
	/* While it stops, a signal would end it where it stands. */
	if (!atomic_load(&stopping))
		(void)kill(getpid(), SIGTERM);
}

static enum iq_err check_disk(struct iq_daemon *d, enum iq_err err, struct iq_error *error)
{
	if (err != IQ_OK || !iq_store_broken(d->svc.store))
		return err;
	return iq_error_set(error, IQ_ERR_INTERNAL,
		N_("The disk failed while the database was written; nothing that was "
		   "acknowledged is lost."),
		N_("Check the disk and the system's log, then verify with iqd check and start "
		   "again."),
		NULL);
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

/*
 * Beyond these, connections give way to new ones, so that descriptors do not run out. Some are left
 * for files and for sockets that were accepted and not looked at yet.
 */
static void share_descriptors(struct iq_daemon *d)
{
	struct rlimit r;
	size_t used = open_descriptors();

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
		return;
	size_t left = r.rlim_cur > used + SPARE ? r.rlim_cur - used - SPARE : 0;

	left = (left - left / 8) / d->nworkers;
	for (size_t i = 0; i < d->nworkers; i++)
		iq_worker_limit(d->worker[i], left > 4 ? left : 4);
}

/* All sockets are open: nothing but files, memory and threads is needed from here on. */
static void confine(void)
{
	if (!iq_sandbox_enter() && errno != 0)
		iq_log(IQ_LOG_WARN, "running without a system call filter: %s", strerror(errno));
}

static enum iq_err start(
	struct iq_daemon *d, const char *dir, const struct iq_conf *conf, struct iq_error *error)
{
	/* The process that holds the authority's key is split off first. */
	enum iq_err err = iq_pki_open(dir, &d->svc.pki, error);

	struct iq_setup setup = {.conf = *conf};

	d->svc.dir = dir;
	d->svc.started_us = iq_now_us();
	d->svc.connections = connections;
	d->svc.questions = questions;
	d->svc.ctx = d;
	if (err == IQ_OK)
		err = iq_daemon_apply(d, conf, error);
	if (err == IQ_OK)
		err = iq_setup_keys(dir, d->svc.pki, &setup, error);
	d->tls = err == IQ_OK ? setup.tls : NULL;
	if (err == IQ_OK)
		err = iq_store_open(dir, false, &(struct iq_store_options){.upgrade = true},
			&d->svc.store, error);
	if (err == IQ_OK)
		err = open_audit(d, dir, error);
	if (err == IQ_OK)
		err = start_threads(d, conf, error);
	if (err == IQ_OK)
		err = make_events(d, error);
	if (err == IQ_OK) {
		iq_store_on_broken(d->svc.store, on_broken, d);
		err = check_disk(d, err, error);
	}
	if (err == IQ_OK)
		err = start_watch(d, error);
	if (err == IQ_OK) {
		tell_metrics(d, dir, error->arena);
		tell_control(d, error->arena);
	}
	if (err == IQ_OK)
		err = listen_on(d, conf->listen, error);
	if (err == IQ_OK) {
		name_self(d, conf);
		share_descriptors(d);
		confine();
	}
	return err;
}

/* Answers what was asked, within ten seconds, then takes everything down. */
static void stop(struct iq_daemon *d)
{
	int64_t until = iq_monotonic_us() + (int64_t)STOP_MS * 1000, left;

	iq_metrics_free(d->metrics);
	iq_control_free(d->control);
	iq_acceptor_free(d->acceptor);
	for (size_t i = 0; i < d->nworkers; i++)
		iq_worker_drain(d->worker[i], STOP_MS);
	for (size_t i = 0; i < d->nworkers; i++)
		iq_worker_join(d->worker[i]);
	iq_lane_stop(d->lane);
	left = (until - iq_monotonic_us()) / 1000;
	if (d->svc.writer != NULL)
		iq_writer_stop(d->svc.writer, left > 0 ? (int)left : 0);
	for (size_t i = 0; i < d->nworkers; i++)
		iq_worker_free(d->worker[i]);
	iq_answers_free(d->svc.answers);
	/* After all who may have something to record. */
	iq_refusals_flush(d->svc.refusals, d->svc.audit, iq_now_us());
	iq_refusals_free(d->svc.refusals);
	iq_audit_close(d->svc.audit);
	if (d->term != NULL)
		event_free(d->term);
	if (d->interrupt != NULL)
		event_free(d->interrupt);
	if (d->hangup != NULL)
		event_free(d->hangup);
	if (d->feed != NULL)
		event_free(d->feed);
	if (d->report != NULL)
		event_free(d->report);
	if (d->purge != NULL)
		event_free(d->purge);
	if (d->day != NULL)
		event_free(d->day);
	if (d->base != NULL)
		event_base_free(d->base);
	if (d->tls != NULL)
		iq_tls_context_free(d->tls);
	if (d->svc.pki != NULL)
		iq_pki_close(d->svc.pki);
	if (d->svc.store != NULL)
		iq_store_close(d->svc.store);
	iq_daemon_forget(d);
}

/* Every connection takes a descriptor: as many as the system grants. */
static enum iq_err raise_limits(struct iq_error *error)
{
	struct rlimit r;
	char now[24], least[24];

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return IQ_OK;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_max >= DESCRIPTORS_LEAST)
		return IQ_OK;
	/* libevent would end the process where it finds none. */
	snprintf(now, sizeof(now), "%llu", (unsigned long long)r.rlim_max);
	snprintf(least, sizeof(least), "%d", DESCRIPTORS_LEAST);
	return iq_error_set(error, IQ_ERR_USAGE,
		N_("The system grants {0} file descriptors; iqd needs {1} and one more for every "
		   "connection."),
		N_("Raise the limit: LimitNOFILE= in the unit, or ulimit -Hn."), now, least, NULL);
}

/* Waits for the end, which a second signal brings at once. */
static void serve(struct iq_daemon *d)
{
	iq_acceptor_name(d->acceptor, d->name, sizeof(d->name));
	iq_log(IQ_LOG_INFO, "iqd %s serves %s with %zu workers", IQ_VERSION, d->name, d->nworkers);
	printf("ready %s\n", d->name);
	fflush(stdout);
	iq_daemon_tell_state(d, "READY=1\n");
	event_base_dispatch(d->base);
	atomic_store(&stopping, true);
	event_del(d->term);
	event_del(d->interrupt);
	event_del(d->hangup);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	iq_notify("STOPPING=1\nSTATUS=Answering what was asked");
	iq_log(IQ_LOG_INFO, "stopping");
}

enum iq_err iq_daemon_run(const struct iq_daemon_orders *o, struct iq_error *error)
{
	struct iq_daemon d = {.dir = o->dir, .conf = *o->conf};
	struct iq_conf conf = *o->conf;
	int lock = iq_state_lock(o->dir, error);

	if (lock < 0)
		return error->code;
	/* An address that is too long is none: refused when listening. */
	if (o->listen != NULL && snprintf(conf.listen, sizeof(conf.listen), "%s", o->listen) >=
					 (int)sizeof(conf.listen))
		conf.listen[0] = '\0';
	if (o->workers != 0)
		conf.workers = o->workers;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);  /* until there is something to reload */
	signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails instead */
	if (geteuid() == 0)
		iq_log(IQ_LOG_WARN, "running as root; a user of its own would be safer");
	iq_notify_open();
	enum iq_err err = raise_limits(error);

	if (err == IQ_OK)
		err = start(&d, o->dir, &conf, error);
	if (err == IQ_OK) {
		serve(&d);
		err = check_disk(&d, err, error);
	}
	stop(&d);
	if (err == IQ_OK)
		iq_log(IQ_LOG_INFO, "stopped");
	iq_notify_close();
	close(lock);
	return err;
}
