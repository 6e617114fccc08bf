/* SPDX-License-Identifier: Apache-2.0 */
/* A plan file as found on disk: read or not; what is read, saved and read again, is the same. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan_file.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define ID "0123456789abcdef0123456789abcdef"

static char dir[64];

static void end(void)
{
	char path[128];

	iq_plan_remove_all(dir);
	snprintf(path, sizeof(path), "%s/plans", dir);
	rmdir(path);
	rmdir(dir);
}

static void begin(void)
{
	char path[128];

	scratch_make(dir);
	snprintf(path, sizeof(path), "%s/plans", dir);
	require(mkdir(path, 0700) == 0);
	atexit(end);
}

static void put(const uint8_t *p, size_t n)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/plans/" ID, dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	close(fd);
}

static void same(const struct iq_plan_file *a, const struct iq_plan_file *b)
{
	require(iq_str_eq(a->principal, b->principal) && iq_str_eq(a->reason, b->reason) &&
		iq_str_eq(a->rows, b->rows) && a->institution == b->institution &&
		a->delta == b->delta && a->second == b->second && a->nmade == b->nmade &&
		a->ndecisions == b->ndecisions && a->revision == b->revision &&
		a->until_us == b->until_us && a->approval == b->approval);
	for (size_t i = 0; i < a->nmade; i++)
		require(a->made[i].row == b->made[i].row &&
			iq_str_eq(a->made[i].id, b->made[i].id));
	for (size_t i = 0; i < a->ndecisions; i++)
		require(a->decisions[i].kind == b->decisions[i].kind &&
			a->decisions[i].col == b->decisions[i].col &&
			a->decisions[i].theirs == b->decisions[i].theirs &&
			iq_str_eq(a->decisions[i].id, b->decisions[i].id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_plan_file plan, again;
	struct iq_arena arena;
	struct iq_error error;

	if (dir[0] == '\0')
		begin();
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	put(data, n);
	if (iq_plan_load(dir, IQ_STR(ID), true, &arena, &plan)) {
		require(iq_plan_save(dir, &plan, &error) == IQ_OK);
		require(iq_plan_load(dir, IQ_STR(ID), true, &arena, &again));
		same(&plan, &again);
	}
	require(!arena.failed);
	iq_plan_purge(dir, 0);
	iq_arena_free(&arena);
	return 0;
}
