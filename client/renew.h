/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_RENEW_H
#define IQ_CLIENT_RENEW_H

/*
 * The certificate renews itself: in the last third of its life after the user was answered, and in
 * the days of grace after its end before the question is asked. Quietly; a command never fails
 * because of it, unless it could not work without.
 *
 * Files: the new pair is written beside the old one, tried, and put in its place key first. Whoever
 * finds a key without its certificate completes that (iq_renew_complete()).
 */

#include "session.h"

/* Looks at the certificate that an open connection shows. True: expired, to be renewed first. */
bool iq_renew_due(struct iq_call *call);
/*
 * Renews on an open connection. wait: for another command that is doing it, and takes over what
 * that got; else IQ_ERR_BUSY. IQ_ERR_CONFLICT: the server finds it too early.
 */
IQ_CHECK enum iq_err iq_renew(
	struct iq_cli *cli, const struct iq_profile *p, struct iq_call *call, bool wait);
/* After the answer: renews if a connection of this command has found it due. */
void iq_renew_later(struct iq_cli *cli);
/* Finishes what was interrupted. True: try again to read the key. */
bool iq_renew_complete(struct iq_cli *cli, const struct iq_profile *p);
/* The file of trusted authorities, from an answer. */
IQ_CHECK enum iq_err iq_renew_write_authorities(
	const char *file, const Iq__V1__EnrollResponse *r, struct iq_error *error);

#endif
