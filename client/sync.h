/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_SYNC_H
#define IQ_CLIENT_SYNC_H

/* The larger parts of "iqq sync". cli->arg[0] is the name of the part. */

#include "client.h"

/* cmd/sync_resolve.c: PLAN [KIND ID [FIELD]] mine|theirs, or one question after the other. */
IQ_CHECK enum iq_err iq_sync_resolve(struct iq_cli *cli);
/* cmd/sync_template.c: the .xlsx an institution works with. */
IQ_CHECK enum iq_err iq_sync_template(struct iq_cli *cli);

#endif
