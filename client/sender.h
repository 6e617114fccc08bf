/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_SENDER_H
#define IQ_CLIENT_SENDER_H

/*
 * Sends a bundle to the server: begin, rows in pieces, several of them under way at once, commit.
 * A connection that is lost before the answer is tried once more, whole, with the same request
 * id, so that nothing is written twice.
 */

#include "bundle.h"
#include "session.h"

/*
 * Bad rows: without --keep-going IQ_ERR_REJECTED with all of them in cli->error, from reading the
 * files and from the server; with it they are in `rejected`.
 */
IQ_CHECK enum iq_err iq_send_bundle(struct iq_cli *cli, const struct iq_bundle *bundle,
	struct iq_error *rejected, const Iq__V1__ImportResponse **out);

#endif
