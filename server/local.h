/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_LOCAL_H
#define IQ_SERVER_LOCAL_H

/* Sockets in the state directory (0600), for commands on the same machine. */

#include <event2/event.h>

#include "err.h"

struct iq_local;

/*
 * Listens on DIR/name; what a killed server left there goes. on_peer gets a socket that does not
 * block and owns it; whoever is neither the server's own user nor root was sent away before. Main
 * thread.
 */
IQ_CHECK enum iq_err iq_local_listen(struct event_base *base, const char *dir, const char *name,
	void (*on_peer)(void *ctx, int fd), void *ctx, struct iq_local **out,
	struct iq_error *error);
void iq_local_free(struct iq_local *l);

/* Connects to DIR/name: a socket, or -1 and errno. */
int iq_local_connect(const char *dir, const char *name);

#endif
