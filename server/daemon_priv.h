/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_DAEMON_PRIV_H
#define IQ_SERVER_DAEMON_PRIV_H

/* What daemon.c and reload.c share. Everything here belongs to the main thread. */

#include "accept.h"
#include "control.h"
#include "lane.h"
#include "metrics.h"
#include "refusals.h"
#include "setup.h"
#include "worker.h"

enum { IQ_WORKERS_MAX = 64 };

/* A list of reasons that is or was in force: whoever reads it may take its time. */
struct reasons {
	struct reasons *next;
	char text[];
};

struct iq_daemon {
	struct iq_services svc;
	const char *dir;
	struct iq_conf conf;     /* as the file says, in force */
	struct reasons *reasons; /* each list once, so that reloading does not grow */
	struct iq_tls_context *tls;
	struct iq_lane *lane;
	struct iq_worker *worker[IQ_WORKERS_MAX];
	size_t nworkers;
	struct event_base *base;
	struct iq_acceptor *acceptor;
	struct event *term, *interrupt, *hangup, *report, *purge, *day, *feed;
	int32_t renewed;  /* day of the last look at certificates */
	int32_t handed;   /* day whose hand-overs were carried out */
	char host[254];   /* for tokens */
	uint64_t refused; /* reported so far */
	const struct iq_meter *meter[IQ_WORKERS_MAX + 1];
	struct iq_metrics_source source;
	struct iq_metrics *metrics;
	struct iq_control *control;
	struct iq_watch watch;
	bool stuck; /* said so */
	char name[300];
};

/* ---- what changes while it runs (reload.c) --------------------------------------------------- */

/* Settings that need no restart take effect. IQ_ERR_INTERNAL: no memory; nothing has changed. */
IQ_CHECK enum iq_err iq_daemon_apply(
	struct iq_daemon *d, const struct iq_conf *conf, struct iq_error *error);
/* SIGHUP: what is new is built and checked as a whole; else what is in force stays. */
enum iq_err iq_daemon_reload(struct iq_daemon *d, struct iq_error *error);
/* Once a day: the server's certificate is renewed if it is time, and read again, as are the keys.
 */
void iq_daemon_renew(struct iq_daemon *d);
/* A request of the operator; for struct iq_control_handler. */
void iq_daemon_serve(void *ctx, int peer, const char **column, size_t n);
/* Tells the service manager what goes on; ready: a line before it, or empty. */
void iq_daemon_tell_state(const struct iq_daemon *d, const char *ready);
/* The error in English, in its arena: for the log. */
const char *iq_daemon_say(const struct iq_error *e);
void iq_daemon_forget(struct iq_daemon *d);

#endif
