/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_SENDER_H
#define IQ_CLIENT_SENDER_H

/*
 * Sends tables of a bundle or list to the server: begin, rows in pieces, several of them under way
 * at once, and the request that makes something of them. A connection that is lost before the
 * answer is tried once more, whole, with the same request id, so that nothing is written twice.
 */

#include "lists.h"
#include "progress.h"
#include "session.h"

struct iq_sending {
	struct iq_lists *lists;
	bool dry_run, keep_going;
	bool whole; /* with a row missing it must not be sent to the end, not even to try it */
	Iq__V1__Request *last; /* ImportCommit, SyncPlanRequest */
	Iq__V1__Response__ResultCase result;
	/* Every response to it, in cli->arena; all but the last have `more`. `begin`: of the
	 * first one; what came before is void. */
	void (*answer)(
		void *arg, const Iq__V1__Response *rs, bool begin, struct iq_progress *progress);
	void *arg;
	/* what to say if rows are rejected; {0}: how many */
	const char *refused, *hint;
};

/*
 * Bad rows: without keep_going IQ_ERR_REJECTED with all of them in cli->error, from reading the
 * files and from the server; with it those found while reading are in `rejected`.
 */
IQ_CHECK enum iq_err iq_send(
	struct iq_cli *cli, const struct iq_sending *what, struct iq_error *rejected);

#endif
