/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a daemon under test: the one call that IQ_FAULT=CLASS:INDEX names fails,
 * counted from 1 over all threads. Classes: memory (asked for by anything but OpenSSL and the
 * loader), read, write, sync, name (rename, link, unlink). The file IQ_FAULT_FIRED holds the number
 * of calls (8 bytes) and then a byte that is not 0 once it has. With index 0 none fails; with
 * "sync:all" every sync does. With IQ_FAULT_KILL the process is killed before that call instead.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum class { NONE, MEMORY, READ, WRITE, SYNC, NAME };
enum { RANGES = 16, ALL = -1 };

static enum class wanted;
static long wanted_index;
static bool kills;
/* Shared with children, which may not open files: how many calls there were, and the verdict. */
static struct {
	atomic_long seen;
	atomic_bool fired;
} * common;
static struct {
	uintptr_t from, to;
	bool loop; /* libevent, whose writes only wake itself up */
} foreign[RANGES];
static size_t nforeign;

static int note(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	bool loop = strstr(info->dlpi_name, "libevent") != NULL;

	if (!loop && strstr(info->dlpi_name, "libcrypto") == NULL &&
		strstr(info->dlpi_name, "libssl") == NULL && strstr(info->dlpi_name, "ld-") == NULL)
		return 0;
	for (int i = 0; i < info->dlpi_phnum && nforeign < RANGES; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		foreign[nforeign].loop = loop;
		foreign[nforeign].from = info->dlpi_addr + p->p_vaddr;
		foreign[nforeign++].to = info->dlpi_addr + p->p_vaddr + p->p_memsz;
	}
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	static const char *const names[] = {"", "memory", "read", "write", "sync", "name"};
	const char *text = getenv("IQ_FAULT");
	const char *colon = text ? strchr(text, ':') : NULL;

	const char *file = getenv("IQ_FAULT_FIRED");
	int fd = file ? open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (colon == NULL || fd < 0)
		return;
	if (ftruncate(fd, sizeof(*common)) == 0)
		common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (common == MAP_FAILED)
		abort();
	kills = getenv("IQ_FAULT_KILL") != NULL;
	dl_iterate_phdr(note, NULL);
	wanted_index = strcmp(colon + 1, "all") == 0 ? ALL : atol(colon + 1);
	for (enum class c = MEMORY; c <= NAME; c++)
		if (strncmp(text, names[c], (size_t)(colon - text)) == 0)
			wanted = c;
}

/* Whether this call is the one. */
static bool fails(enum class c, const void *caller)
{
	if (c != wanted)
		return false;
	for (size_t i = 0; i < nforeign; i++)
		if (foreign[i].loop != (c == MEMORY) && (uintptr_t)caller >= foreign[i].from &&
			(uintptr_t)caller < foreign[i].to)
			return false;
	if (atomic_fetch_add(&common->seen, 1) + 1 != wanted_index && wanted_index != ALL)
		return false;
	atomic_store(&common->fired, true);
	if (kills)
		(void)raise(SIGKILL);
	return true;
}

/* Files, sockets and pipes fail; what only threads wake each other by does not. */
static bool may_fail(int fd)
{
	struct stat st;

	return wanted > MEMORY && fstat(fd, &st) == 0 &&
	       (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode));
}

#define CALLER __builtin_return_address(0)

/* ---- memory --------------------------------------------------------------------------------- */

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	if (fails(MEMORY, CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	if (fails(MEMORY, CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	if (fails(MEMORY, CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, n);
}

/* ---- files and sockets ---------------------------------------------------------------------- */

#define NEXT(name)                                                                                 \
	if (next == NULL)                                                                          \
	*(void **)&next = dlsym(RTLD_NEXT, #name)

#define CALL(type, name, class, number, params, args)                                              \
	type name params                                                                           \
	{                                                                                          \
		static type(*next) params;                                                         \
		NEXT(name);                                                                        \
		if (may_fail(fd) && fails(class, CALLER)) {                                        \
			errno = number;                                                            \
			return -1;                                                                 \
		}                                                                                  \
		return next args;                                                                  \
	}

CALL(ssize_t, read, READ, EIO, (int fd, void *p, size_t n), (fd, p, n))
CALL(ssize_t, pread, READ, EIO, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
CALL(ssize_t, pread64, READ, EIO, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
CALL(ssize_t, recv, READ, EIO, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
CALL(ssize_t, write, WRITE, EIO, (int fd, const void *p, size_t n), (fd, p, n))
CALL(ssize_t, pwrite, WRITE, EIO, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
CALL(ssize_t, pwrite64, WRITE, EIO, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
CALL(ssize_t, writev, WRITE, EIO, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(ssize_t, pwritev, WRITE, EIO, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
CALL(ssize_t, send, WRITE, EIO, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
CALL(int, ftruncate, WRITE, EIO, (int fd, off_t n), (fd, n))
CALL(int, ftruncate64, WRITE, EIO, (int fd, off_t n), (fd, n))
CALL(int, fallocate, WRITE, EIO, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n))
CALL(int, fsync, SYNC, EIO, (int fd), (fd))
CALL(int, fdatasync, SYNC, EIO, (int fd), (fd))

#define CALL_NAME(name, params, args)                                                              \
	int name params                                                                            \
	{                                                                                          \
		static int(*next) params;                                                          \
		NEXT(name);                                                                        \
		if (fails(NAME, CALLER)) {                                                         \
			errno = EIO;                                                               \
			return -1;                                                                 \
		}                                                                                  \
		return next args;                                                                  \
	}

CALL_NAME(rename, (const char *from, const char *to), (from, to))
CALL_NAME(link, (const char *from, const char *to), (from, to))
CALL_NAME(unlink, (const char *path), (path))
