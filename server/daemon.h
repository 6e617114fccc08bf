/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_DAEMON_H
#define IQ_SERVER_DAEMON_H

/* The running server: threads, sockets, signals, orderly end. */

#include "conf.h"

/*
 * Serves the state directory until SIGTERM or SIGINT. Prints "ready ADDR:PORT" on standard
 * output once it accepts. Main thread.
 */
IQ_CHECK enum iq_err iq_daemon_run(
	const char *dir, const struct iq_conf *conf, struct iq_error *error);

#endif
