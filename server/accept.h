/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_ACCEPT_H
#define IQ_SERVER_ACCEPT_H

/* Listening sockets on the main thread's event loop. */

#include <event2/event.h>

#include "err.h"

struct iq_acceptor;

/* give: takes over an accepted, non-blocking socket. */
IQ_CHECK enum iq_err iq_acceptor_new(struct event_base *base, void (*give)(void *arg, int fd),
	void *arg, struct iq_acceptor **out, struct iq_error *error);
/* addr: "host:port", "[v6]:port"; port 0: any. Binds every address of the name. */
IQ_CHECK enum iq_err iq_acceptor_listen(
	struct iq_acceptor *a, const char *addr, struct iq_error *error);
/* A socket that listens already (socket activation); takes it over. */
IQ_CHECK enum iq_err iq_acceptor_adopt(struct iq_acceptor *a, int fd, struct iq_error *error);
/* "ADDR:PORT" of the first socket, NUL-terminated. */
void iq_acceptor_name(const struct iq_acceptor *a, char *out, size_t n);
/* Stops listening and frees. */
void iq_acceptor_free(struct iq_acceptor *a);

/* Splits "host:port" and "[v6]:port"; false if it is neither. host: at most 253 bytes. */
bool iq_address_split(const char *addr, char host[254], uint16_t *port);
/* "0.0.0.0", "::", "*": no address to connect to. */
bool iq_address_everywhere(const char *host);

#endif
