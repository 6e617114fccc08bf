/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_DAEMON_H
#define IQ_SERVER_DAEMON_H

/* The running server: threads, sockets, signals, orderly end. */

#include "conf.h"

struct iq_daemon_orders {
	const char *dir;            /* state directory */
	const struct iq_conf *conf; /* as its file says */
	const char *listen;         /* instead of what it says; NULL: as it says */
	unsigned workers;           /* likewise; 0: as it says */
};

/*
 * Serves the state directory until SIGTERM or SIGINT. Prints "ready ADDR:PORT" on standard
 * output once it accepts. SIGHUP reads configuration, keys and certificates again. The first signal
 * ends it within ten seconds, in order; a second one at once. Main thread.
 */
IQ_CHECK enum iq_err iq_daemon_run(const struct iq_daemon_orders *o, struct iq_error *error);

#endif
