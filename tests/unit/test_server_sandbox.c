/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon gives up: each step in a child process, which says by its exit how it went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

enum { GOOD = 0, BAD = 1, NO_FILTER = 77 };

static char said[4096];

/* Exit status of the child, or minus the signal that ended it; what it said is in `said`. */
static int in_child(int (*fn)(void))
{
	int out[2], status = 0;
	size_t n = 0;

	assert_int_equal(pipe(out), 0);
	pid_t pid = fork();

	if (pid == 0) {
		dup2(out[1], STDERR_FILENO);
		iq_sandbox_begin();
		if (!iq_sandbox_enter())
			_exit(NO_FILTER);
		_exit(fn());
	}
	assert_true(pid > 0);
	close(out[1]);
	for (ssize_t got; (got = read(out[0], said + n, sizeof(said) - 1 - n)) > 0;)
		n += (size_t)got;
	said[n] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int refused(long rc)
{
	return rc < 0 && errno == EPERM ? GOOD : BAD;
}

static int run_program(void)
{
	char *const args[] = {"/bin/true", NULL};

	(void)execv(args[0], args);
	return BAD;
}

static int make_process(void)
{
	(void)!fork();
	return BAD;
}

static int become_root(void)
{
	(void)!setuid(0);
	return BAD;
}

static int call_out(void)
{
	return refused(socket(AF_INET, SOCK_STREAM, 0)) | refused(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int make_code(void)
{
	void *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		return BAD;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p != MAP_FAILED ? refused(mprotect(p, 4096, PROT_READ | PROT_EXEC)) : BAD;
}

/* What the daemon does all day. */
static int work(void)
{
	char name[] = "/tmp/iq-sandbox-XXXXXX", byte = 'x';
	struct stat st;
	int fd = mkstemp(name);

	return fd >= 0 && write(fd, &byte, 1) == 1 && fdatasync(fd) == 0 && fstat(fd, &st) == 0 &&
			       (st.st_mode & 0777) == 0600 && unlink(name) == 0 && close(fd) == 0 &&
			       malloc(1 << 22) != NULL
		       ? GOOD
		       : BAD;
}

static int no_core(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0 ? GOOD : BAD;
}

static sem_t go;
static int thread_result = BAD;

static void *in_thread(void *arg)
{
	(void)arg;
	sem_wait(&go);
	thread_result = call_out();
	return NULL;
}

/* Threads may be started, and are under the filter. */
static int newer_thread(void)
{
	pthread_t thread;

	sem_init(&go, 0, 1);
	if (pthread_create(&thread, NULL, in_thread, NULL) != 0)
		return BAD;
	pthread_join(thread, NULL);
	return thread_result;
}

/* Threads that ran before are under the filter as well. */
static int older_thread(void)
{
	pthread_t thread;
	int status = 0;
	pid_t pid;

	sem_init(&go, 0, 0);
	pid = fork();
	if (pid == 0) {
		if (pthread_create(&thread, NULL, in_thread, NULL) != 0)
			_exit(BAD);
		if (!iq_sandbox_enter())
			_exit(NO_FILTER);
		sem_post(&go);
		pthread_join(thread, NULL);
		_exit(thread_result);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void filter(void **state)
{
	static const struct {
		int (*fn)(void);
		const char *call;
	} hostile[] = {{run_program, "execve"}, {make_process, "clone"}, {become_root, "setuid"}};
	int first = in_child(work);

	(void)state;
	if (first == NO_FILTER)
		skip(); /* sanitizers, or a system without seccomp */
	assert_int_equal(first, GOOD);
	assert_int_equal(in_child(call_out), GOOD);
	assert_int_equal(in_child(make_code), GOOD);
	assert_int_equal(in_child(no_core), GOOD);
	assert_int_equal(older_thread(), GOOD);
	assert_int_equal(in_child(newer_thread), GOOD);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		char want[64];

		assert_int_equal(in_child(hostile[i].fn), -SIGSYS);
		snprintf(want, sizeof(want), "call=%s", hostile[i].call);
		assert_non_null(strstr(said, want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(filter)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
