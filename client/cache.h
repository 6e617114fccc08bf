/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_CACHE_H
#define IQ_CLIENT_CACHE_H

/*
 * The vocabulary kept on this computer, for lint and completion: a bundle of regions, tasks,
 * statuses, facts and kinds, and the revision it shows. No contacts, no institutions.
 */

#include "session.h"

/* Folder of the current profile's cache; NULL: none. */
const char *iq_cache_folder(struct iq_cli *cli);
/* Fetches it anew if `revision` is not the cached one. Failures are of no consequence. */
void iq_cache_refresh(struct iq_cli *cli, struct iq_call *call, uint64_t revision);

#endif
