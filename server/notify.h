/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_NOTIFY_H
#define IQ_SERVER_NOTIFY_H

/* What systemd and a service agree on: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). */

#include <stdint.h>

/*
 * Takes $NOTIFY_SOCKET: from here on iq_notify() needs nothing but a datagram. Without it, nothing
 * is sent.
 */
void iq_notify_open(void);
void iq_notify_close(void);
/* Sends lines as printf makes them, e.g. "READY=1\nSTATUS=%s". Main thread. */
void iq_notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "STATUS=text" behind other lines (`ready`, each with its end; may be empty). */
void iq_notify_status(const char *ready, const char *text);
/* The line that systemd wants with RELOADING=1. */
void iq_notify_reloading(void);

/*
 * How often the service manager wants to hear of us, in microseconds, as $WATCHDOG_USEC and
 * $WATCHDOG_PID say; 0: it does not.
 */
int64_t iq_notify_watchdog_us(void);

enum { IQ_LISTEN_FIRST = 3 };
/* Number of sockets handed over, from descriptor IQ_LISTEN_FIRST on; 0: none. Clears the
 * environment. */
int iq_listen_fds(void);

#endif
