/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_GRANTS_H
#define IQ_CLIENT_GRANTS_H

/* What the commands about principals, tokens, grants and approvals share. */

#include "session.h"

/* One request of a change: sent again if the connection is lost. */
IQ_CHECK enum iq_err iq_change(struct iq_cli *cli, Iq__V1__Request *rq,
	Iq__V1__Response__ResultCase result, const Iq__V1__Response **out);
/* A request id, for the field of the message. */
IQ_CHECK enum iq_err iq_change_id(struct iq_cli *cli, ProtobufCBinaryData *out);
/* "FIELD=VALUE" words from the `from`-th argument on. */
IQ_CHECK enum iq_err iq_change_fields(
	struct iq_cli *cli, size_t from, Iq__V1__KeyValue ***out, size_t *n);
/* Says that a request waits for a second person, and what they do. */
void iq_note_waits(struct iq_cli *cli, uint64_t approval);
/* Says that it is done, or that it was only tried. */
void iq_note_done(struct iq_cli *cli, const char *done);
/* The position of the word, or of its German alias, in `words` (pairs, ended by NULL); -1. */
int iq_subcommand(const char *word, const char *const *words);
/* Usage error with what there is. */
enum iq_err iq_no_subcommand(struct iq_cli *cli, const char *word, const char *usage);

/* A date as people write it (01.03.2027, 2027-03-01) as ISO; usage error. "" stays. */
IQ_CHECK enum iq_err iq_change_date(struct iq_cli *cli, const char *text, char **out);
/* Microseconds since 1970 as local date and time, or as ISO for machines. */
const char *iq_time_text(struct iq_cli *cli, uint64_t us);

/* Grants as a table or JSON. */
IQ_CHECK enum iq_err iq_grants_show(
	struct iq_cli *cli, Iq__V1__Grant **grants, size_t n, uint64_t revision);

#endif
