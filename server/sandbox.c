/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h> /* names of calls only */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
static const int allowed[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(epoll_wait),
	SCMP_SYS(futex), SCMP_SYS(pwrite64), SCMP_SYS(fdatasync), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2),
	SCMP_SYS(pwritev2), SCMP_SYS(lseek), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close),
	SCMP_SYS(close_range), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(getcwd), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(ftruncate), SCMP_SYS(truncate),
	SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(msync), SCMP_SYS(sync_file_range),
	SCMP_SYS(flock), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(fadvise64), SCMP_SYS(copy_file_range), SCMP_SYS(umask), SCMP_SYS(eventfd2),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mincore),
	SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(membarrier),
	/* threads, signals, time */
	SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
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
	X(execve), X(execveat), X(fork), X(vfork), X(ptrace), X(process_vm_readv),
	X(process_vm_writev), X(mount), X(umount2), X(pivot_root), X(chroot), X(unshare), X(setns),
	X(bpf), X(perf_event_open), X(init_module), X(finit_module), X(delete_module),
	X(kexec_load), X(kexec_file_load), X(add_key), X(request_key), X(keyctl), X(userfaultfd),
	X(personality), X(setuid), X(setgid), X(setreuid), X(setregid), X(setresuid), X(setresgid),
	X(setgroups), X(capset)
#undef X
};
enum { ALLOWED = sizeof(allowed) / sizeof(*allowed), HOSTILE = sizeof(hostile) / sizeof(*hostile) };

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
	if (info->si_syscall == SCMP_SYS(clone))
		name = "clone";
	put("forbidden system call, the process ends part=server call=");
	put(name);
	put("\n");
	/* SA_RESETHAND: this time it has no handler. */
	(void)raise(number);
	_exit(128 + number);
}

/* ---- the filter -----------------------------------------------------------------------------
 *
 * Made by hand: libseccomp crashes or never returns when it gets no memory, which must not happen
 * here. Comparisons in a row, those of the hot path first; the kernel keeps the outcome per call.
 */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* not known here: no filter */
#endif

enum { FIXED = 24, PROGRAM = FIXED + 2 * ALLOWED + 2 * HOSTILE };

struct program {
	struct sock_filter code[PROGRAM];
	unsigned short n;
};

static void add(struct program *p, unsigned op, uint32_t k, unsigned yes, unsigned no)
{
	p->code[p->n++] =
		(struct sock_filter){(unsigned short)op, (unsigned char)yes, (unsigned char)no, k};
}

/* `action` for this call; whatever is loaded stays. */
static void rule(struct program *p, int call, uint32_t action)
{
	if (call < 0)
		return; /* a call this machine does not have */
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
	add(p, BPF_RET | BPF_K, action, 0, 0);
}

static void fill(struct program *p)
{
	const unsigned load = BPF_LD | BPF_W | BPF_ABS;

	add(p, load, offsetof(struct seccomp_data, arch), 0, 0);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	add(p, load, offsetof(struct seccomp_data, nr), 0, 0);
	for (size_t i = 0; i < ALLOWED; i++)
		rule(p, allowed[i], SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < HOSTILE; i++)
		rule(p, hostile[i].call, SECCOMP_RET_TRAP);
	/* Threads, but no processes. What clone3() is to make cannot be seen from here: the C
	 * library takes clone() instead. */
	rule(p, SCMP_SYS(clone3), SECCOMP_RET_ERRNO | ENOSYS);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SCMP_SYS(clone), 0, 4);
	add(p, load, offsetof(struct seccomp_data, args[0]), 0, 0);
	add(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_TRAP, 0, 0);
	/* memory, but none that is executable: the third argument, its lower half */
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SCMP_SYS(mmap), 1, 0);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SCMP_SYS(mprotect), 0, 3);
	add(p, load, offsetof(struct seccomp_data, args[2]), 0, 0);
	add(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

bool iq_sandbox_enter(void)
{
	/* Threads that run already get it, too; refused calls go to the system's audit log. The
	 * process runs no code of others: it needs no protection against its own speculation. */
	const unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
			       SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	struct sigaction action = {.sa_sigaction = on_hostile,
		.sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER)};
	struct program p = {.n = 0};

	errno = SANITIZED ? 0 : ENOSYS;
	if (SANITIZED || ARCH == 0)
		return false;
	fill(&p);
	const struct sock_fprog whole = {.len = p.n, .filter = p.code};

	if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &whole);

	if (rc > 0)
		errno = EBUSY; /* a thread of another filter */
	return rc == 0;
}
