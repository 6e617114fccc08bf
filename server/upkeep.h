/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_UPKEEP_H
#define IQ_SERVER_UPKEEP_H

/* The requests compact and backup of control.h: work that is answered later. */

#include "ops.h"

/* False: the request is another, and not answered. Main thread; `svc` outlives the work. */
bool iq_upkeep_serve(const struct iq_services *svc, int peer, const char **column, size_t n);

/* What the audit log says of a backup; strings are borrowed. */
struct iq_audit_entry iq_upkeep_backup_entry(
	uint64_t revision, const char *purpose, const char *peer);

#endif
