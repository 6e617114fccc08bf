/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_LOGIN_H
#define IQ_SERVER_LOGIN_H

/*
 * From the peer's certificate to a caller, and what its state allows. What TLS does not refuse (see
 * iq_tls_server_context()) is refused here, in words: session.refused.
 */

#include "session.h"
#include "tls.h"

/* After the handshake. Opens the desk for a while if the certificate is of an external PKI. */
void iq_login_identify(struct iq_caller *c, const struct iq_tls *tls, struct iq_desk *d);
/* An unknown peer that may ask this, as anonymous = yes says. */
bool iq_login_anonymous(
	const struct iq_caller *c, const struct iq_services *svc, const struct iq_op *op);
/*
 * IQ_ERR_LOGIN with the date if the certificate has expired since; within the days of grace the
 * caller may still renew it.
 */
IQ_CHECK enum iq_err iq_login_current(
	struct iq_caller *c, const struct iq_op *op, int64_t now_us, struct iq_error *error);
/*
 * False with the error set: certificate or principal were revoked or ended, so that the connection
 * is to be closed. Compares what is stored, and decodes only if that has changed. Desk: open.
 */
bool iq_login_alive(struct iq_caller *c, struct iq_desk *d, struct iq_error *error);

#endif
