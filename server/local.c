/* SPDX-License-Identifier: Apache-2.0 */
#include "local.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "i18n.h"

enum { BACKLOG = 8 };

struct iq_local {
	const char *name;
	void (*on_peer)(void *ctx, int fd);
	void *ctx;
	struct event event;
	bool watched;
	int fd, dir;
};

/* Paths of sockets are short; that of the directory may not be. */
static bool address(struct sockaddr_un *a, int dir, const char *name)
{
	a->sun_family = AF_UNIX;
	return snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", dir, name) <
	       (int)sizeof(a->sun_path);
}

static bool may(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct iq_local *l = arg;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (peer >= 0 && may(peer))
		l->on_peer(l->ctx, peer);
	else if (peer >= 0)
		close(peer);
}

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

enum iq_err iq_local_listen(struct event_base *base, const char *dir, const char *name,
	void (*on_peer)(void *ctx, int fd), void *ctx, struct iq_local **out,
	struct iq_error *error)
{
	struct iq_local *l = calloc(1, sizeof(*l));
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	*out = NULL;
	if (l == NULL)
		return no_memory(error);
	l->name = name;
	l->on_peer = on_peer;
	l->ctx = ctx;
	l->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->dir >= 0)
		(void)unlinkat(l->dir, name, 0); /* of one that was killed; the lock is ours */
	if (l->dir < 0 || l->fd < 0 || !address(&a, l->dir, name) ||
		bind(l->fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		fchmodat(l->dir, name, 0600, 0) != 0 || listen(l->fd, BACKLOG) != 0) {
		iq_error_set(error, IQ_ERR_INTERNAL, N_("{0}/{2} cannot be made: {1}."),
			N_("Check the owner of the directory."), dir, strerror(errno), name, NULL);
		iq_local_free(l);
		return error->code;
	}
	event_assign(&l->event, base, l->fd, EV_READ | EV_PERSIST, on_accept, l);
	l->watched = true;
	if (event_add(&l->event, NULL) != 0) {
		iq_local_free(l);
		return no_memory(error);
	}
	*out = l;
	return IQ_OK;
}

void iq_local_free(struct iq_local *l)
{
	if (l == NULL)
		return;
	if (l->watched)
		event_del(&l->event);
	if (l->dir >= 0) {
		(void)unlinkat(l->dir, l->name, 0);
		close(l->dir);
	}
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

int iq_local_connect(const char *dir, const char *name)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = at < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	bool good = fd >= 0 && address(&a, at, name) &&
		    connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	int saved = errno;

	if (at >= 0)
		close(at);
	if (!good && fd >= 0)
		close(fd);
	errno = saved;
	return good ? fd : -1;
}
