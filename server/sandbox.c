/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* sanitizers start threads and look into the process at its end */
#endif

/* Files, memory, threads, clocks, connections that others opened. */
static const int allowed[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev),
	SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(lseek), SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(getcwd), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(ftruncate), SCMP_SYS(truncate),
	SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(msync),
	SCMP_SYS(sync_file_range), SCMP_SYS(flock), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(statfs),
	SCMP_SYS(fstatfs), SCMP_SYS(fadvise64), SCMP_SYS(copy_file_range), SCMP_SYS(umask),
	SCMP_SYS(eventfd2),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mincore),
	SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(membarrier),
	/* threads, signals, time */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(wait4), SCMP_SYS(waitid),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(getrandom), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64),
	SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname),
	/* connections */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg),
	SCMP_SYS(shutdown), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockopt), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl)};

/* Nothing of this is done by mistake, nor by a newer libc on its own account. */
static const struct {
	int call;
	const char *name;
} hostile[] = {
#define X(call)                                                                                    \
	{                                                                                          \
		SCMP_SYS(call), #call                                                              \
	}
	X(execve), X(execveat), X(fork), X(vfork), X(clone), X(clone3), X(ptrace),
	X(process_vm_readv), X(process_vm_writev), X(mount), X(umount2), X(pivot_root), X(chroot),
	X(unshare), X(setns), X(bpf), X(perf_event_open), X(init_module), X(finit_module),
	X(delete_module), X(kexec_load), X(kexec_file_load), X(add_key), X(request_key), X(keyctl),
	X(userfaultfd), X(personality), X(setuid), X(setgid), X(setreuid), X(setregid),
	X(setresuid), X(setresgid), X(setgroups), X(capset)
#undef X
};
enum { HOSTILE = sizeof(hostile) / sizeof(*hostile) };

void iq_sandbox_begin(void)
{
	const struct rlimit none = {0, 0};

	umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (!SANITIZED)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void put(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return; /* nowhere left to say so */
}

/* Whoever gets here is not ours any more: says so and ends, by a signal that tells why. */
static void on_hostile(int number, siginfo_t *info, void *context)
{
	const char *name = "of another kind";

	(void)context;
	for (size_t i = 0; i < HOSTILE; i++) {
		if (hostile[i].call == info->si_syscall)
			name = hostile[i].name;
	}
	put("forbidden system call, the process ends part=server call=");
	put(name);
	put("\n");
	/* SA_RESETHAND: this time it has no handler. */
	(void)raise(number);
	_exit(128 + number);
}

static bool rule(scmp_filter_ctx filter, uint32_t action, int call)
{
	int rc = seccomp_rule_add(filter, action, call, 0);

	return rc == 0 || rc == -EDOM; /* a call this machine does not have */
}

static bool fill(scmp_filter_ctx filter)
{
	static const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	bool good = true;

	for (size_t i = 0; good && i < sizeof(allowed) / sizeof(*allowed); i++)
		good = rule(filter, SCMP_ACT_ALLOW, allowed[i]);
	for (size_t i = 0; good && i < HOSTILE; i++)
		good = rule(filter, SCMP_ACT_TRAP, hostile[i].call);
	/* memory, but none that is executable */
	for (size_t i = 0; good && i < sizeof(maps) / sizeof(*maps); i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, maps[i], 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
	return good;
}

bool iq_sandbox_enter(void)
{
	struct sigaction action = {.sa_sigaction = on_hostile,
		.sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER)};
	scmp_filter_ctx filter;

	errno = 0;
	if (SANITIZED)
		return false;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL) {
		errno = ENOMEM;
		return false;
	}
	/* Threads that run already get it, too; refused calls go to the system's audit log. */
	bool good = fill(filter) && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;

	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	good = good && sigaction(SIGSYS, &action, NULL) == 0;
	int rc = good ? seccomp_load(filter) : -ENOMEM;

	seccomp_release(filter);
	errno = -rc;
	return rc == 0;
}
