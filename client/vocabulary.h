/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_VOCABULARY_H
#define IQ_CLIENT_VOCABULARY_H

/* The vocabulary kept on this computer (cache.h) as a directory in memory: names to ids. */

#include "client.h"
#include "directory.h"

/* Fetches it if the server's is newer. Errors are those of asking the server. */
IQ_CHECK enum iq_err iq_vocabulary_update(struct iq_cli *cli);
/* Reads it; NULL: there is none. iq_directory_free() ends it. */
struct iq_directory *iq_vocabulary_read(struct iq_cli *cli);

#endif
