/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "date.h"

enum { MESSAGE = 1024, WATCHDOG_LEAST_US = 1000 };

static int sock = -1;
static struct sockaddr_un to;
static socklen_t to_size;

void iq_notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;

	to = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n < 2 || n >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@') /* abstract */
		to.sun_path[0] = '\0';
	to_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void iq_notify_close(void)
{
	if (sock >= 0)
		close(sock);
	sock = -1;
}

void iq_notify(const char *fmt, ...)
{
	char text[MESSAGE];
	va_list ap;

	if (sock < 0)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	va_end(ap);
	if (n > 0)
		(void)sendto(
			sock, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, to_size);
}

void iq_notify_status(const char *ready, const char *text)
{
	char line[MESSAGE / 2];

	snprintf(line, sizeof(line), "%s", text);
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ') /* a line of its own would be another statement */
			*c = ' ';
	iq_notify("%sSTATUS=%s", ready, line);
}

void iq_notify_reloading(void)
{
	iq_notify("RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=Reading the configuration",
		(long long)iq_monotonic_us());
}

int64_t iq_notify_watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	long long n = us ? strtoll(us, NULL, 10) : 0;

	if (n < WATCHDOG_LEAST_US || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return n;
}

int iq_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long n = 0;

	if (pid != NULL && fds != NULL && strtol(pid, NULL, 10) == (long)getpid())
		n = strtol(fds, NULL, 10);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (n < 0 || n > 64)
		return 0;
	for (int i = 0; i < (int)n; i++)
		(void)fcntl(IQ_LISTEN_FIRST + i, F_SETFD, FD_CLOEXEC);
	return (int)n;
}
