/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "i18n.h"
#include "local.h"

#define SOCKET "control.sock"
enum { REQUEST = 512, PEERS = 8, PATIENCE = 5 /* seconds for the request */, ANSWER = 8192 };
enum { COLUMNS = 4 + IQ_ERROR_ARGS };

struct peer {
	struct iq_control *control;
	struct event event;
	int fd; /* -1: free */
	size_t n;
	char text[REQUEST];
};

struct iq_control {
	struct iq_control_handler handler;
	struct iq_local *local;
	struct event_base *base;
	struct peer peer[PEERS];
};

/* Cuts a line into columns; how many. */
static size_t cut(char *line, const char **column, size_t max)
{
	size_t n = 0;

	for (char *at = line; at != NULL && n < max; n++) {
		column[n] = at;
		at = strchr(at, '\t');
		if (at != NULL)
			*at++ = '\0';
	}
	return n;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void add_column(struct iq_buf *line, struct iq_str s)
{
	iq_buf_byte(line, '\t');
	for (size_t i = 0; i < s.n; i++)
		iq_buf_byte(line, s.p[i] == '\t' || s.p[i] == '\n' ? ' ' : (uint8_t)s.p[i]);
}

/* It fits the socket's buffer. */
static void answer(int peer, struct iq_buf *line)
{
	iq_buf_byte(line, '\n');
	if (!line->failed)
		(void)send(peer, line->p, line->n, MSG_NOSIGNAL);
	iq_buf_free(line);
	close(peer);
}

void iq_control_ok(int peer, const char *const *column, size_t n)
{
	struct iq_buf line;

	iq_buf_init(&line, ANSWER - 1);
	iq_buf_str(&line, IQ_STR("ok"));
	for (size_t i = 0; i < n; i++)
		add_column(&line, iq_str(column[i]));
	answer(peer, &line);
}

void iq_control_error(int peer, const struct iq_error *e)
{
	struct iq_buf line;

	iq_buf_init(&line, ANSWER - 1);
	iq_buf_str(&line, IQ_STR("error"));
	add_column(&line, iq_str(iq_err_name(e->code)));
	add_column(&line, iq_str(e->text ? e->text : N_("Something went wrong.")));
	add_column(&line, iq_str(e->hint ? e->hint : ""));
	for (size_t i = 0; i < e->nargs; i++)
		add_column(&line, e->args[i]);
	answer(peer, &line);
}

/* ---- peers ---------------------------------------------------------------------------------- */

static void on_text(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	const struct iq_control_handler *h = &p->control->handler;
	const char *column[COLUMNS];
	ssize_t n = what & EV_READ ? recv(fd, p->text + p->n, sizeof(p->text) - 1 - p->n, 0) : 0;
	char *end;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		p->n += (size_t)n;
	p->text[p->n] = '\0';
	end = strchr(p->text, '\n');
	if (n > 0 && end == NULL && p->n < sizeof(p->text) - 1)
		return;
	event_del(&p->event);
	p->fd = -1;
	if (end == NULL) {
		close((int)fd);
		return;
	}
	*end = '\0';
	h->serve(h->ctx, (int)fd, column, cut(p->text, column, COLUMNS));
}

static void on_peer(void *ctx, int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE};
	struct iq_control *c = ctx;

	for (size_t i = 0; i < PEERS; i++) {
		struct peer *p = &c->peer[i];

		if (p->fd >= 0)
			continue;
		event_assign(&p->event, c->base, fd, EV_READ | EV_PERSIST, on_text, p);
		if (event_add(&p->event, &patience) != 0)
			break;
		p->control = c;
		p->fd = fd;
		p->n = 0;
		return;
	}
	close(fd);
}

enum iq_err iq_control_listen(struct event_base *base, const char *dir,
	const struct iq_control_handler *handler, struct iq_control **out, struct iq_error *error)
{
	struct iq_control *c = calloc(1, sizeof(*c));
	enum iq_err err;

	*out = NULL;
	if (c == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	c->handler = *handler;
	c->base = base;
	for (size_t i = 0; i < PEERS; i++)
		c->peer[i].fd = -1;
	err = iq_local_listen(base, dir, SOCKET, on_peer, c, &c->local, error);
	if (err == IQ_OK)
		*out = c;
	else
		free(c);
	return err;
}

void iq_control_free(struct iq_control *c)
{
	if (c == NULL)
		return;
	iq_local_free(c->local);
	for (size_t i = 0; i < PEERS; i++) {
		if (c->peer[i].fd < 0)
			continue;
		event_del(&c->peer[i].event);
		close(c->peer[i].fd);
	}
	free(c);
}

/* ---- who asks ------------------------------------------------------------------------------- */

static enum iq_err understood(char *line, const char **out, size_t n, struct iq_error *error)
{
	const char *column[COLUMNS + 1] = {NULL};
	size_t got = cut(line, column, COLUMNS);

	if (got > 0 && strcmp(column[0], "ok") == 0) {
		for (size_t i = 0; i < n; i++)
			out[i] = i + 1 < got ? column[i + 1] : "";
		return IQ_OK;
	}
	if (got < 4 || strcmp(column[0], "error") != 0)
		return iq_error_set(error, IQ_ERR_BUSY,
			N_("The server ended before it had answered."), N_("Try again."), NULL);
	return iq_error_set(error, iq_err_by_name(iq_str(column[1])), column[2],
		column[3][0] ? column[3] : NULL, column[4], column[5], column[6], column[7], NULL);
}

/* The answer's line, without its end, in room of ANSWER bytes; empty: it ended first. */
static enum iq_err receive(
	int fd, const char *dir, int patience_ms, char *line, struct iq_error *error)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t have = 0;
	ssize_t n = 1;

	while (n > 0 && have < ANSWER - 1) {
		if (poll(&p, 1, patience_ms) == 0)
			return iq_error_set(error, IQ_ERR_BUSY,
				N_("The server on {0} does not answer."),
				N_("Look at its log; systemctl restart iqd starts it anew."), dir,
				NULL);
		n = read(fd, line + have, ANSWER - 1 - have);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			have += (size_t)n;
	}
	line[have] = '\0';
	if (have > 0 && line[have - 1] == '\n')
		line[have - 1] = '\0';
	return IQ_OK;
}

enum iq_err iq_control_ask(const char *dir, const char *request, int patience_ms, bool *running,
	const char **out, size_t n, struct iq_error *error)
{
	int fd = iq_local_connect(dir, SOCKET);
	char *line = iq_arena_alloc(error->arena, ANSWER);
	const char *whole = iq_arena_printf(error->arena, "%s\n", request);
	enum iq_err err = IQ_OK;

	*running = fd >= 0;
	if (fd < 0)
		return errno == ENOENT || errno == ECONNREFUSED
			       ? IQ_OK
			       : iq_error_set(error, IQ_ERR_UNREACHABLE,
					 N_("The running server cannot be asked: {0}."),
					 N_("Run this as the server's user, or as root."),
					 strerror(errno), NULL);
	if (line == NULL || whole == NULL)
		err = iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	else if (send(fd, whole, strlen(whole), MSG_NOSIGNAL) != (ssize_t)strlen(whole))
		line[0] = '\0'; /* it has just ended */
	else
		err = receive(fd, dir, patience_ms, line, error);
	close(fd);
	return err == IQ_OK ? understood(line, out, n, error) : err;
}
