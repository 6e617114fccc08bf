/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_REQUIRE_H
#define FUZZ_REQUIRE_H

/* What must hold whatever the input is, and a directory that costs no disk. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define require(cond)                                                                              \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* dir: 64 bytes */
static inline void scratch_make(char *dir)
{
	strcpy(dir,
		access("/dev/shm", W_OK) == 0 ? "/dev/shm/iq-fuzz-XXXXXX" : "/tmp/iq-fuzz-XXXXXX");
	require(mkdtemp(dir) != NULL);
}

#endif
