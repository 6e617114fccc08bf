/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_PROBLEMS_H
#define IQ_CLIENT_PROBLEMS_H

/* Bad rows of an import, a change or a lint run. */

#include "json.h"

/* Lists them on standard error, some on a terminal, all elsewhere. */
void iq_problems_say(struct iq_cli *cli, const struct iq_error *e);
/* [{file,line,column,value,reason,nearest}] */
json_t *iq_problems_json(struct iq_cli *cli, const struct iq_error *e);
/* file,line,column,value,reason as CSV with header. */
void iq_problems_csv(struct iq_cli *cli, const struct iq_error *e, struct iq_buf *out);

#endif
