/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_CMD_AUDIT_H
#define IQ_SERVER_CMD_AUDIT_H

#include "err.h"

int iq_cmd_breach(int argc, char **argv);
/* Verifies the log and prints what is wrong with it: an exit status. */
int iq_cmd_check_audit(const char *dir, struct iq_error *error);

#endif
