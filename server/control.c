/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "i18n.h"

#define SOCKET "control.sock"
enum { BACKLOG = 8, PACKET = 8192, PEERS = 8, PEER_SECONDS = 5, ANSWER_MS = 60000 };

/*
 *     answer    "+" text
 *               "-" code NUL text NUL hint NUL argument NUL …     (English msgids)
 */

struct peer {
	struct iq_control *control;
	struct event event;
	int fd; /* -1: free */
};

struct iq_control {
	struct event_base *base;
	const struct iq_control_handler *handler;
	struct event event;
	bool watched;
	int fd, dir;
	struct peer peer[PEERS];
};

/* Paths of sockets are short; that of the directory may not be. */
static bool address(struct sockaddr_un *a, int dir)
{
	a->sun_family = AF_UNIX;
	return snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/" SOCKET, dir) <
	       (int)sizeof(a->sun_path);
}

/* ---- the server's side ---------------------------------------------------------------------- */

static void add_word(struct iq_buf *out, struct iq_str s)
{
	iq_buf_str(out, s);
	iq_buf_byte(out, '\0');
}

static void write_error(const struct iq_error *e, struct iq_buf *out)
{
	iq_buf_byte(out, '-');
	add_word(out, iq_str(iq_err_name(e->code)));
	add_word(out, iq_str(e->text ? e->text : ""));
	add_word(out, iq_str(e->hint ? e->hint : ""));
	for (size_t i = 0; i < e->nargs; i++)
		add_word(out, e->args[i]);
}

static void answer(struct peer *p, struct iq_str words)
{
	const struct iq_control_handler *h = p->control->handler;
	struct iq_arena arena;
	struct iq_error error;
	struct iq_buf out;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	iq_buf_init(&out, PACKET);
	iq_buf_byte(&out, '+');
	if (h->serve(h->ctx, words, &out, &error) != IQ_OK) {
		iq_buf_reset(&out, PACKET);
		write_error(&error, &out);
	}
	if (!out.failed)
		(void)send(p->fd, out.p, out.n, MSG_NOSIGNAL);
	iq_buf_free(&out);
	iq_arena_free(&arena);
}

static void on_packet(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	char packet[PACKET];

	if (what & EV_READ) {
		ssize_t n = recv(fd, packet, sizeof(packet), 0);

		if (n > 0)
			answer(p, (struct iq_str){packet, (size_t)n});
	}
	close(fd);
	p->fd = -1;
}

static void on_peer(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval patience = {.tv_sec = PEER_SECONDS};
	struct iq_control *c = arg;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i = 0;

	(void)what;
	if (peer < 0)
		return;
	while (i < PEERS && c->peer[i].fd >= 0)
		i++;
	if (i == PEERS) {
		close(peer);
		return;
	}
	c->peer[i].fd = peer;
	c->peer[i].control = c;
	event_assign(&c->peer[i].event, c->base, peer, EV_READ, on_packet, &c->peer[i]);
	if (event_add(&c->peer[i].event, &patience) != 0) {
		close(peer);
		c->peer[i].fd = -1;
	}
}

static enum iq_err no_socket(const char *dir, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("{0}/control.sock cannot be made: {1}."),
		N_("Check the owner of the directory."), dir, strerror(errno), NULL);
}

enum iq_err iq_control_listen(struct event_base *base, const char *dir,
	const struct iq_control_handler *handler, struct iq_control **out, struct iq_error *error)
{
	struct iq_control *c = calloc(1, sizeof(*c));
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	*out = NULL;
	if (c == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	c->base = base;
	c->handler = handler;
	for (size_t i = 0; i < PEERS; i++)
		c->peer[i].fd = -1;
	c->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->dir >= 0)
		(void)unlinkat(c->dir, SOCKET, 0); /* of one that was killed; the lock is ours */
	event_assign(&c->event, base, c->fd, EV_READ | EV_PERSIST, on_peer, c);
	if (c->dir < 0 || c->fd < 0 || !address(&a, c->dir) ||
		bind(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		fchmodat(c->dir, SOCKET, 0600, 0) != 0 || listen(c->fd, BACKLOG) != 0 ||
		event_add(&c->event, NULL) != 0) {
		enum iq_err err = no_socket(dir, error);

		iq_control_free(c);
		return err;
	}
	c->watched = true;
	*out = c;
	return IQ_OK;
}

void iq_control_free(struct iq_control *c)
{
	if (c == NULL)
		return;
	if (c->watched)
		event_del(&c->event);
	for (size_t i = 0; i < PEERS; i++) {
		if (c->peer[i].fd < 0)
			continue;
		event_del(&c->peer[i].event);
		close(c->peer[i].fd);
	}
	if (c->dir >= 0) {
		(void)unlinkat(c->dir, SOCKET, 0);
		close(c->dir);
	}
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* ---- who asks ------------------------------------------------------------------------------- */

static enum iq_err nobody(const char *dir, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_UNREACHABLE,
		N_("No server is running on {0}, or it cannot be asked: {1}."),
		N_("Start it with: iqd run --state {0}"), dir, strerror(errno), NULL);
}

/* The error as the server has set it. */
static enum iq_err read_error(struct iq_str s, struct iq_error *error)
{
	struct iq_str word[3 + IQ_ERROR_ARGS];
	const char *text[3 + IQ_ERROR_ARGS] = {NULL};
	size_t n = 0;

	while (n < 3 + IQ_ERROR_ARGS && s.n > 0 && iq_str_cut(&s, '\0', &word[n])) {
		text[n] = iq_arena_cstr(error->arena, word[n]);
		n++;
	}
	if (n < 3 || text[1] == NULL || text[2] == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("Something went wrong."), NULL, NULL);
	return iq_error_set(error, iq_err_by_name(word[0]), text[1],
		text[2][0] != '\0' ? text[2] : NULL, text[3], text[4], text[5], text[6], NULL);
}

static enum iq_err exchange(
	int fd, const char *dir, struct iq_str words, struct iq_buf *out, struct iq_error *error)
{
	char packet[PACKET];
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (send(fd, words.p, words.n, MSG_NOSIGNAL) != (ssize_t)words.n)
		return nobody(dir, error);
	if (poll(&p, 1, ANSWER_MS) == 0)
		return iq_error_set(error, IQ_ERR_BUSY, N_("The server on {0} does not answer."),
			N_("Look at its log; systemctl restart iqd starts it anew."), dir, NULL);
	ssize_t n = recv(fd, packet, sizeof(packet), 0);

	if (n <= 0) {
		errno = n == 0 ? ECONNRESET : errno;
		return nobody(dir, error);
	}
	struct iq_str body = {packet + 1, (size_t)n - 1};

	if (packet[0] != '+')
		return read_error(body, error);
	iq_buf_str(out, body);
	return IQ_OK;
}

enum iq_err iq_control_ask(
	const char *dir, struct iq_str words, struct iq_buf *out, struct iq_error *error)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	enum iq_err err;

	if (at < 0 || fd < 0 || !address(&a, at) ||
		connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		err = nobody(dir, error);
	else
		err = exchange(fd, dir, words, out, error);
	if (fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	return err;
}
