/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bounds.h"
#include "i18n.h"
#include "io.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* sanitizers reserve terabytes of addresses */
#endif

enum { PIPE = 3, HEAD = 5 }; /* the child's only descriptor; u32 length, u8 type */

/* In the child: a record into the pipe. */
static bool put(void *ctx, enum iq_record type, struct iq_str content)
{
	const uint8_t head[HEAD] = {(uint8_t)content.n, (uint8_t)(content.n >> 8),
		(uint8_t)(content.n >> 16), (uint8_t)(content.n >> 24), (uint8_t)type};

	(void)ctx;
	return iq_write_all(PIPE, head, sizeof(head)) && iq_write_all(PIPE, content.p, content.n);
}

static bool limit(int what, rlim_t n)
{
	/* processor time: the signal of the soft limit can be told from the kill of the hard one */
	const struct rlimit l = {n, what == RLIMIT_CPU ? n + 1 : n};

	return setrlimit((__rlimit_resource_t)what, &l) == 0;
}

/* System calls of malloc, qsort (sysinfo), expat and libzip over memory; writing into the pipe. */
static bool allow(const struct iq_lib_seccomp *lib, scmp_filter_ctx filter)
{
	static const int calls[] = {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(rt_sigreturn),
		SCMP_SYS(sysinfo), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
		SCMP_SYS(exit), SCMP_SYS(exit_group)};
	int bad = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		bad |= lib->seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	bad |= lib->seccomp_rule_add(
		filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, PIPE, 0));
	/* memory, but none that is executable and none of a file */
	bad |= lib->seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	bad |= lib->seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return bad == 0;
}

/* Gives everything up. False: it could not, so nothing may be parsed. */
static bool confine(void)
{
	const struct iq_lib_seccomp *lib = iq_lib_seccomp();
	scmp_filter_ctx filter = lib != NULL ? lib->seccomp_init(SCMP_ACT_KILL_PROCESS) : NULL;
	bool ok = filter != NULL && allow(lib, filter);

	if (!SANITIZED)
		ok = ok && limit(RLIMIT_AS, IQ_LIMIT_SHEET_MEMORY);
	ok = ok && limit(RLIMIT_CPU, IQ_LIMIT_SHEET_SECONDS) && limit(RLIMIT_CORE, 0) &&
	     limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	ok = ok && limit(RLIMIT_NOFILE, 0) && lib->seccomp_load(filter) == 0;
	/* the filter's memory stays: giving it back would be the first call under it */
	return ok;
}

static _Noreturn void child(int fd, const struct iq_parse *parse, pid_t parent)
{
	struct iq_parse p = *parse;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(0);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	signal(SIGPIPE, SIG_IGN); /* the parent had enough: writing fails */
	/* libraries first: afterwards no file can be opened */
	(void)iq_lib_zip();
	(void)iq_lib_xml();
	(void)iq_lib_seccomp();
	if (fd != PIPE && dup2(fd, PIPE) < 0)
		_exit(1);
	/* libzip asks for local times, which would look for /etc/localtime */
	setenv("TZ", "UTC0", 1);
	tzset();
	close_range(PIPE + 1, ~0u, 0);
	close_range(0, PIPE - 1, 0);
	p.put = put;
	p.ended = false;
	iq_buf_init(&p.out, IQ_RECORD_MAX);
	if (confine())
		iq_parse_run(&p);
	else
		iq_parse_fail(&p, IQ_PARSE_CONFINE, IQ_STR(""));
	_exit(0);
}

enum iq_err iq_confined_start(
	struct iq_confined *c, const struct iq_parse *p, struct iq_error *error)
{
	const pid_t self = getpid();
	int ends[2];

	*c = (struct iq_confined){.fd = -1, .pid = -1};
	iq_buf_init(&c->content, IQ_RECORD_MAX);
	if (pipe2(ends, O_CLOEXEC) == 0) {
		c->pid = fork();
		if (c->pid == 0)
			child(ends[1], p, self);
		close(ends[1]);
		c->fd = ends[0];
		if (c->pid > 0)
			return IQ_OK;
		close(c->fd);
		c->fd = -1;
	}
	return iq_error_set(error, IQ_ERR_BUSY, N_("No process could be started: {0}."),
		N_("Try again later."), strerror(errno), NULL);
}

static bool read_all(int fd, void *to, size_t n)
{
	char *at = to;

	while (n != 0) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

enum iq_record iq_confined_next(struct iq_confined *c, struct iq_str *content)
{
	uint8_t head[HEAD];
	size_t n;

	if (!read_all(c->fd, head, sizeof(head)))
		return 0;
	n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
	iq_buf_reset(&c->content, IQ_RECORD_MAX);
	if (head[4] == 0 || head[4] >= IQ_RECORDS || n > IQ_RECORD_MAX)
		return IQ_RECORDS; /* whoever takes it will not like it */
	if (n != 0) {
		uint8_t *room = iq_buf_room(&c->content, n);

		if (room == NULL || !read_all(c->fd, room, n))
			return 0;
		c->content.n = n;
	}
	*content = (struct iq_str){(char *)c->content.p, n};
	return (enum iq_record)head[4];
}

bool iq_confined_end(struct iq_confined *c)
{
	int status = 0;
	pid_t got = -1;

	if (c->fd >= 0)
		close(c->fd);
	if (c->pid > 0) {
		kill(c->pid, SIGKILL); /* harmless if it ended by itself */
		do
			got = waitpid(c->pid, &status, 0);
		while (got < 0 && errno == EINTR);
	}
	iq_buf_free(&c->content);
	c->fd = -1;
	c->pid = -1;
	return !(got > 0 && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL);
}

enum iq_err iq_confined_run(const struct iq_parse *p, struct iq_records *r)
{
	const uint64_t before = r->error->problems_total;
	struct iq_confined c;
	struct iq_str content = {"", 0};
	enum iq_record type;
	enum iq_err err = iq_confined_start(&c, p, r->error);

	if (err != IQ_OK)
		return err;
	iq_records_begin(r);
	do
		type = iq_confined_next(&c, &content);
	while (type != 0 && iq_records_take(r, type, content));

	bool ended_well = iq_confined_end(&c);

	if (type == 0 && r->err == IQ_OK) {
		const char *file = iq_arena_cstr(&r->arena, r->file);

		r->err = iq_error_set(r->error, IQ_ERR_REJECTED,
			ended_well ? N_("{0} needs too much memory.")
				   : N_("{0} cannot be read: it needs too much time or memory, or "
					"makes its reader do what it must not."),
			N_("Save the list as \"CSV UTF-8\" and use that."), file ? file : "", NULL);
	}
	return iq_records_end(r, before);
}

static enum iq_err cannot_read(const char *path, int err, struct iq_error *error)
{
	if (err == ENOENT || err == ENOTDIR)
		return iq_error_set(error, IQ_ERR_USAGE, N_("There is no file or directory {0}."),
			N_("Check the path, also for spelling mistakes."), path, NULL);
	return iq_error_set(error, IQ_ERR_USAGE, N_("Cannot read {0}: {1}."),
		N_("Check the path and the permissions of the file."), path, strerror(err), NULL);
}

enum iq_err iq_file_map(const char *path, struct iq_str *bytes, struct iq_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = NULL;
	int failed = 0;

	*bytes = (struct iq_str){NULL, 0};
	if (fd < 0 || fstat(fd, &st) != 0)
		failed = errno;
	else if (!S_ISREG(st.st_mode))
		failed = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else if (st.st_size > IQ_LIMIT_SHEET_FILE)
		failed = EFBIG;
	else if (st.st_size != 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		failed = errno;
	if (fd >= 0)
		close(fd);
	if (failed != 0)
		return cannot_read(path, failed, error);
	if (p != NULL)
		*bytes = (struct iq_str){p, (size_t)st.st_size};
	return IQ_OK;
}

void iq_file_unmap(struct iq_str bytes)
{
	if (bytes.n != 0)
		munmap((void *)(uintptr_t)bytes.p, bytes.n);
}
