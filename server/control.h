/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_CONTROL_H
#define IQ_SERVER_CONTROL_H

/*
 * What commands of the operator say to the running server, over DIR/control.sock (0600). A request
 * is one line, columns between tabs; so is the answer: "ok" and columns, or "error", the name of
 * the code, sentence, next step and what they are filled in with, so that whoever asked says it in
 * their language.
 *
 * reload               ok: the configuration was read again and is in force
 * log-level [LEVELS]   ok, levels of the log
 * compact              ok, bytes before, bytes after: data.mdb was written anew meanwhile
 * backup REVISION TEXT ok: it is on record, durably, that a backup is being made
 */

#include <event2/event.h>

#include "err.h"

struct iq_control;

struct iq_control_handler {
	/*
	 * One request, in the main thread; peer is to be answered, then or later, once, by one of
	 * the functions below.
	 */
	void (*serve)(void *ctx, int peer, const char **column, size_t n);
	void *ctx;
};
/* Main thread. */
IQ_CHECK enum iq_err iq_control_listen(struct event_base *base, const char *dir,
	const struct iq_control_handler *handler, struct iq_control **out, struct iq_error *error);
void iq_control_free(struct iq_control *c);

/* Answers with columns (n of them) and closes. Any thread. */
void iq_control_ok(int peer, const char *const *column, size_t n);
/* Likewise, with an error. */
void iq_control_error(int peer, const struct iq_error *e);

/* How long a command waits for the answer. */
enum { IQ_CONTROL_MS = 60000, IQ_CONTROL_FOREVER = -1 };
/*
 * Asks the running server and waits. *running: there is one; without, nothing was done and the
 * result is IQ_OK. out: columns behind "ok" (up to n), in the error's arena.
 */
IQ_CHECK enum iq_err iq_control_ask(const char *dir, const char *request, int patience_ms,
	bool *running, const char **out, size_t n, struct iq_error *error);

#endif
