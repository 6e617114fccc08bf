/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BACKUP_ERASURES_H
#define IQ_BACKUP_ERASURES_H

/*
 * DIR/erasures: which contacts were erased when, as numbers that say nothing about a person; kept
 * elsewhere as well, it makes a restored backup forget again whom it still holds. Lines of words:
 *   erased TIME GENERATION NUMBER            time in microseconds since 1970, UTC
 *   restored TIME OLD NEW NUMBER             a backup of OLD became NEW; numbers below are the same
 */

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "model.h"

/* Durable when it returns true. Writer's thread. */
IQ_CHECK bool iq_erasures_add(
	const char *dir, uint64_t generation, const iq_num *contacts, size_t n, int64_t time_us);
/* After a restore: the list it was given (NULL: none) is taken over, then the line of it. */
IQ_CHECK bool iq_erasures_restored(const char *dir, const char *list, int64_t time_us,
	uint64_t from, uint64_t to, iq_num next);
/*
 * Contacts of a backup of `generation` that were erased after `since_us` (numbers from `next` on
 * were given later); the list in the error's arena. Usage error: the file cannot be read or holds
 * something else.
 */
IQ_CHECK enum iq_err iq_erasures_read(const char *file, uint64_t generation, int64_t since_us,
	iq_num next, iq_num **out, size_t *n, struct iq_error *error);

#endif
