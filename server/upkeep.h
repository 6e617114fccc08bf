/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_UPKEEP_H
#define IQ_SERVER_UPKEEP_H

/*
 * What the running server does for commands of its operator: DIR/upkeep.sock (0600). A request is
 * one line, columns between tabs; so is the answer: "ok" and columns, or "error", code, sentence,
 * next step and what they are filled in with.
 *
 * compact              ok, bytes before, bytes after: data.mdb was written anew meanwhile
 * backup REVISION TEXT ok: it is on record, durably, that a backup is being made
 */

#include <event2/event.h>

#include "ops.h"

struct iq_upkeep;
/* Main thread. `svc` lives until iq_upkeep_free(). */
IQ_CHECK enum iq_err iq_upkeep_listen(struct event_base *base, const struct iq_services *svc,
	struct iq_upkeep **out, struct iq_error *error);
void iq_upkeep_free(struct iq_upkeep *c);

/* What the audit log says of a backup; strings are borrowed. */
struct iq_audit_entry iq_upkeep_backup_entry(
	uint64_t revision, const char *purpose, const char *peer);

/*
 * Asks the running server; waits for its answer. *running: there is one; without, nothing was done
 * and the result is IQ_OK. out: columns behind "ok" (up to n), in the error's arena.
 */
IQ_CHECK enum iq_err iq_upkeep_ask(const char *dir, const char *request, bool *running,
	const char **out, size_t n, struct iq_error *error);

#endif
