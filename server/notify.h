/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_NOTIFY_H
#define IQ_SERVER_NOTIFY_H

/* What systemd and a service agree on: sd_notify(3), sd_listen_fds(3). */

/* Sends e.g. "READY=1" to $NOTIFY_SOCKET; nothing without it. */
void iq_notify(const char *state);

enum { IQ_LISTEN_FIRST = 3 };
/* Number of sockets handed over, from descriptor IQ_LISTEN_FIRST on; 0: none. Clears the
 * environment. */
int iq_listen_fds(void);

#endif
