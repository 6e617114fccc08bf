/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_JSON_H
#define IQ_CLIENT_JSON_H

/* JSON output (jansson). Keys never translate; values are the stored texts. */

#include <jansson.h>

#include "client.h"

json_t *iq_json_str(struct iq_str s);
static inline json_t *iq_json_c(const char *c)
{
	return iq_json_str(iq_str(c));
}
/* null if empty */
json_t *iq_json_or_null(struct iq_str s);
/* An array of the parts of s. */
json_t *iq_json_set(struct iq_str s, char sep);
json_t *iq_json_strings(char **v, size_t n);

/* Prints to cli->out with newline and drops the reference. */
void iq_json_print(struct iq_cli *cli, json_t *root);
/* The same on one line, to `out`. */
void iq_json_line(struct iq_buf *out, json_t *root);
/*
 * Keeps only the fields of --json=FIELDS in every object of `items`. IQ_ERR_USAGE if there is no
 * such field.
 */
IQ_CHECK enum iq_err iq_json_pick(struct iq_cli *cli, json_t *items);
/* {"revision":N,"items":[…],"total":N}; takes `items`. */
IQ_CHECK enum iq_err iq_json_list(
	struct iq_cli *cli, uint64_t revision, json_t *items, uint64_t total);
/* The same with one more member, which it takes; more NULL: without. */
IQ_CHECK enum iq_err iq_json_list_with(struct iq_cli *cli, uint64_t revision, json_t *items,
	uint64_t total, const char *key, json_t *more);

#endif
