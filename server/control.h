/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_CONTROL_H
#define IQ_SERVER_CONTROL_H

/*
 * What the operator says to the running server: one packet, one answer, over DIR/control.sock
 * (0600). Words are separated by spaces; an answer is text, or an error with its parts, so that
 * whoever asked says it in their language.
 */

#include <event2/event.h>

#include "buf.h"
#include "err.h"

struct iq_control;

/*
 * `serve` gets each request (words) in the main thread and writes its answer; what it sets as the
 * error is the answer otherwise.
 */
struct iq_control_handler {
	enum iq_err (*serve)(
		void *ctx, struct iq_str words, struct iq_buf *out, struct iq_error *error);
	void *ctx;
};
/* `handler` lives until iq_control_free(). Main thread. */
IQ_CHECK enum iq_err iq_control_listen(struct event_base *base, const char *dir,
	const struct iq_control_handler *handler, struct iq_control **out, struct iq_error *error);
void iq_control_free(struct iq_control *c);

/* Asks the server of `dir`; IQ_ERR_UNREACHABLE: none is running. The answer is appended to out. */
IQ_CHECK enum iq_err iq_control_ask(
	const char *dir, struct iq_str words, struct iq_buf *out, struct iq_error *error);

#endif
