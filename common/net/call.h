/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_NET_CALL_H
#define IQ_NET_CALL_H

/* The client's blocking connection: connect to any address of a name, send requests, read
 * responses. */

#include "buf.h"
#include "err.h"
#include "iq.pb-c.h"
#include "tls.h"

struct iq_call;

/*
 * host:port, [v6]:port. Looks the name up and starts to connect; what takes time can be done
 * meanwhile. timeout_ms per step. Close with iq_call_close().
 */
IQ_CHECK enum iq_err iq_call_begin(const char *host, uint16_t port, int timeout_ms,
	struct iq_call **out, struct iq_error *error);
/* Tries all addresses until one is connected, then shakes hands. `c` stays the caller's. */
IQ_CHECK enum iq_err iq_call_secure(
	struct iq_call *c, struct iq_tls_context *tls, struct iq_error *error);
/* begin + secure. */
IQ_CHECK enum iq_err iq_call_open(const char *host, uint16_t port, struct iq_tls_context *tls,
	int timeout_ms, struct iq_call **out, struct iq_error *error);
void iq_call_close(struct iq_call *c);
struct iq_tls *iq_call_tls(struct iq_call *c);

/* Sends one request; its id is set here (1, 2, …). Does not wait for the response. */
IQ_CHECK enum iq_err iq_call_send(struct iq_call *c, Iq__V1__Request *rq, struct iq_error *error);
/* Pushes out what was sent so far. iq_call_receive does so, too. */
IQ_CHECK enum iq_err iq_call_flush(struct iq_call *c, struct iq_error *error);
/* Next response, unpacked in the arena. A response with an Error fills `error` and returns its
 * code. */
IQ_CHECK enum iq_err iq_call_receive(struct iq_call *c, struct iq_arena *arena,
	const Iq__V1__Response **out, struct iq_error *error);
/* send + receive. */
IQ_CHECK enum iq_err iq_call(struct iq_call *c, Iq__V1__Request *rq, struct iq_arena *arena,
	const Iq__V1__Response **out, struct iq_error *error);

#endif
