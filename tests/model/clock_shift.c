/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a daemon under test: its calendar is IQ_CLOCK_SHIFT seconds ahead, so that grants
 * end within a test. With IQ_CLOCK_FILE the seconds are in that file, eight bytes, and may change
 * while the daemon runs. Monotonic clocks stay as they are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *file;

/* Before main: the daemon opens nothing later on. */
static void __attribute__((constructor)) map_file(void)
{
	const char *path = getenv("IQ_CLOCK_FILE");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	void *p = mmap(NULL, sizeof(*file), PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	if (p != MAP_FAILED)
		file = p;
}

static time_t shift(void)
{
	const char *text = getenv("IQ_CLOCK_SHIFT");

	if (file != NULL)
		return (time_t)*file;
	return text != NULL ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	static int (*next)(clockid_t, struct timespec *);
	int rc;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
	rc = next(clock, out);
	if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		out->tv_sec += shift();
	return rc;
}

time_t time(time_t *out)
{
	struct timespec now = {.tv_sec = 0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now = {.tv_sec = 0};
	int rc = clock_gettime(CLOCK_REALTIME, &now);

	(void)zone;
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return rc;
}
