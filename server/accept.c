/* SPDX-License-Identifier: Apache-2.0 */
#include "accept.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "i18n.h"
#include "log.h"

/* BACKLOG: what a Linux kernel allows unless told otherwise (net.core.somaxconn). Who finds it full
 * tries again after a second, so it holds what a flood brings while this thread waits its turn. */
enum { SOCKETS = 16, BACKLOG = 4096, PER_TURN = 64 };
enum { PAUSE_FIRST_MS = 2, PAUSE_MS = 128 };

struct iq_acceptor {
	struct event_base *base;
	void (*give)(void *arg, int fd);
	void *arg;
	struct listening {
		struct iq_acceptor *acceptor;
		struct event event;
		int fd;
	} socket[SOCKETS];
	size_t n;
	struct event resume;
	int reserve;       /* given up to refuse a peer when descriptors have run out */
	unsigned pause_ms; /* the next; 0: descriptors are there */
	bool refusing;
};

bool iq_address_split(const char *addr, char host[254], uint16_t *port)
{
	const char *colon = strrchr(addr, ':');
	size_t n = colon ? (size_t)(colon - addr) : 0;
	char *end;

	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return false;
	unsigned long v = strtoul(colon + 1, &end, 10);

	if (*end != '\0' || v > UINT16_MAX)
		return false;
	if (n >= 2 && addr[0] == '[' && addr[n - 1] == ']') {
		addr++;
		n -= 2;
	} else if (memchr(addr, ':', n) != NULL) {
		return false;
	}
	if (n == 0 || n > 253)
		return false;
	memcpy(host, addr, n);
	host[n] = '\0';
	*port = (uint16_t)v;
	return true;
}

/* ---- accepting ------------------------------------------------------------------------------ */

static void listen_events(struct iq_acceptor *a, bool on)
{
	for (size_t i = 0; i < a->n; i++) {
		if (on)
			event_add(&a->socket[i].event, NULL);
		else
			event_del(&a->socket[i].event);
	}
}

/* Tells one peer by closing. */
static void turn_away(struct iq_acceptor *a, int listener)
{
	if (!a->refusing)
		iq_log(IQ_LOG_WARN, "no file descriptors left: new connections are refused");
	a->refusing = true;
	if (a->reserve < 0)
		return;
	close(a->reserve);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		close(fd);
	a->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/*
 * Without descriptors: waits for the workers, which close others for what was accepted, instead of
 * spinning. Longer and longer, at last turning peers away.
 */
static void out_of_descriptors(struct iq_acceptor *a, int listener)
{
	a->pause_ms = a->pause_ms == 0 ? PAUSE_FIRST_MS : a->pause_ms * 2;
	if (a->pause_ms >= PAUSE_MS) {
		a->pause_ms = PAUSE_MS;
		turn_away(a, listener);
	}
	const struct timeval pause = {.tv_usec = a->pause_ms * 1000L};

	if (event_add(&a->resume, &pause) == 0)
		listen_events(a, false);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct iq_acceptor *a = arg;

	(void)fd;
	(void)what;
	listen_events(a, true);
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct iq_acceptor *a = ((struct listening *)arg)->acceptor;
	const int one = 1;

	(void)what;
	for (int i = 0; i < PER_TURN; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
				errno == ENOMEM)
				out_of_descriptors(a, listener);
			if (errno != EINTR && errno != ECONNABORTED)
				return;
			continue;
		}
		if (a->refusing)
			iq_log(IQ_LOG_INFO, "connections are accepted again");
		a->refusing = false;
		a->pause_ms = 0;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		a->give(a->arg, fd);
	}
}

/* ---- listening ------------------------------------------------------------------------------ */

enum iq_err iq_acceptor_new(struct event_base *base, void (*give)(void *arg, int fd), void *arg,
	struct iq_acceptor **out, struct iq_error *error)
{
	struct iq_acceptor *a = calloc(1, sizeof(*a));

	*out = a;
	if (a == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	a->base = base;
	a->give = give;
	a->arg = arg;
	a->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	evtimer_assign(&a->resume, base, on_resume, a);
	return IQ_OK;
}

enum iq_err iq_acceptor_adopt(struct iq_acceptor *a, int fd, struct iq_error *error)
{
	struct listening *l = &a->socket[a->n];

	if (a->n == SOCKETS || evutil_make_socket_nonblocking(fd) != 0) {
		close(fd);
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("Too many addresses to listen on, or a socket that is none."), NULL,
			NULL);
	}
	l->acceptor = a;
	l->fd = fd;
	event_assign(&l->event, a->base, fd, EV_READ | EV_PERSIST, on_accept, l);
	a->n++;
	if (event_add(&l->event, NULL) != 0)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	return IQ_OK;
}

static int bind_one(const struct addrinfo *ai)
{
	const int one = 1;
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

enum iq_err iq_acceptor_listen(struct iq_acceptor *a, const char *addr, struct iq_error *error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list;
	char host[254], service[8];
	uint16_t port;
	int why = 0;
	size_t before = a->n;

	if (!iq_address_split(addr, host, &port))
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("“{0}” is not an address to listen on."),
			N_("Write ADDRESS:PORT, for example 127.0.0.1:7430 or [::1]:7430."), addr,
			NULL);
	snprintf(service, sizeof(service), "%u", (unsigned)port);
	int rc = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, service, &hints, &list);

	if (rc != 0)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("The address {0} cannot be found: {1}."),
			N_("Check --listen and the configuration."), addr, gai_strerror(rc), NULL);
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		int fd = bind_one(ai);

		if (fd < 0)
			why = errno;
		else if (iq_acceptor_adopt(a, fd, error) != IQ_OK)
			break;
		if (port == 0 && a->n > before)
			break; /* another address would get another port */
	}
	freeaddrinfo(list);
	if (a->n > before)
		return error->code;
	return iq_error_set(error, IQ_ERR_UNREACHABLE, N_("Cannot listen on {0}: {1}."),
		N_("Is another server running there? Choose another port with --listen."), addr,
		strerror(why), NULL);
}

void iq_acceptor_name(const struct iq_acceptor *a, char *out, size_t n)
{
	struct sockaddr_storage addr = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(addr);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	out[0] = '\0';
	if (a->n == 0 || getsockname(a->socket[0].fd, (struct sockaddr *)&addr, &len) != 0 ||
		getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(out, n, addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

void iq_acceptor_free(struct iq_acceptor *a)
{
	if (a == NULL)
		return;
	event_del(&a->resume);
	for (size_t i = 0; i < a->n; i++) {
		event_del(&a->socket[i].event);
		close(a->socket[i].fd);
	}
	if (a->reserve >= 0)
		close(a->reserve);
	free(a);
}

bool iq_address_everywhere(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || strcmp(host, "*") == 0;
}
