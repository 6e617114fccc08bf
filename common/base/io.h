/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_IO_H
#define IQ_BASE_IO_H

/* Files, as far as several folders need the same of them. */

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* Writes all n bytes, in several goes if need be. False: errno says why. Any thread. */
IQ_CHECK bool iq_write_all(int fd, const void *p, size_t n);
/* True if there is nothing in the directory, or no such directory. False: something is, or it
 * cannot be read. Any thread. */
bool iq_dir_is_empty(const char *dir);

#endif
