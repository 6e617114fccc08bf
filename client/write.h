/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_WRITE_H
#define IQ_CLIENT_WRITE_H

/* What add, set, delete and merge share: one request, shown change by change. */

#include "json.h"
#include "session.h"

/* add, set, delete, merge: KIND ID and what follows, from cli->arg. */
IQ_CHECK enum iq_err iq_write(struct iq_cli *cli, Iq__V1__Verb verb);
/* confirm, archive, revive: KIND ID… (confirm: ID…), all in one change. */
IQ_CHECK enum iq_err iq_write_several(struct iq_cli *cli, Iq__V1__Verb verb);
/* What was changed, and that it was, or waits for a second person. done: what to say then; NULL:
 * the revision. */
IQ_CHECK enum iq_err iq_write_show(
	struct iq_cli *cli, const Iq__V1__WriteResponse *r, const char *done);

/* The same in two steps. begin: request id, --base and what all changes have, into an initialised
 * request; finish: asks, and shows the answer. */
IQ_CHECK enum iq_err iq_write_begin(struct iq_cli *cli, Iq__V1__WriteRequest *q);
IQ_CHECK enum iq_err iq_write_finish(struct iq_cli *cli, Iq__V1__WriteRequest *q, const char *done);

/* Changes in words, for a terminal, under the records they belong to. */
void iq_changes_show(struct iq_cli *cli, Iq__V1__Change **changes, size_t n);
/* One difference: "  ~ phone: before → after". */
void iq_change_show(struct iq_cli *cli, const Iq__V1__Change *c);
/* An array of them. records: each with the kind and id of its record. */
json_t *iq_changes_json(Iq__V1__Change **changes, size_t n, bool records);

#endif
