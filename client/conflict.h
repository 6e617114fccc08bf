/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_CONFLICT_H
#define IQ_CLIENT_CONFLICT_H

/* What two people wrote into the same fields, for errors and for plans. */

#include "client.h"
#include "json.h"

/* The conflicts of cli->error, on standard error. */
void iq_conflicts_say(struct iq_cli *cli);
/* One of them: kind, id, column, was, theirs, mine, revision, principal, time. */
json_t *iq_conflict_json(struct iq_cli *cli, const struct iq_conflict *c);

#endif
