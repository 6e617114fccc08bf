/* SPDX-License-Identifier: Apache-2.0 */
#include "upkeep.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "date.h"
#include "erase.h"
#include "i18n.h"
#include "local.h"

#define SOCKET "upkeep.sock"
enum { REQUEST = 512, PEERS = 8, PATIENCE = 5 /* seconds for the request */, ANSWER = 8192 };
enum { COLUMNS = 8 };

/* ---- answers -----------------------------------------------------------------------------------
 */

/* It fits the socket's buffer. Any thread. */
static void answer(int fd, struct iq_buf *line)
{
	iq_buf_byte(line, '\n');
	if (!line->failed)
		(void)send(fd, line->p, line->n, MSG_NOSIGNAL);
	iq_buf_free(line);
	close(fd);
}

static void answer_error(
	int fd, enum iq_err code, const char *text, const char *hint, const struct iq_error *filled)
{
	struct iq_buf line;

	iq_buf_init(&line, 0);
	iq_buf_printf(&line, "error\t%d\t%s\t%s", (int)code, text, hint ? hint : "");
	for (size_t i = 0; filled != NULL && i < filled->nargs; i++)
		iq_buf_printf(&line, "\t%.*s", (int)filled->args[i].n, filled->args[i].p);
	answer(fd, &line);
}

/* ---- compacting ----------------------------------------------------------------------------- */

struct compaction {
	struct iq_op_job job; /* first */
	int fd;
	uint64_t before, after;
};

static enum iq_err nothing(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	(void)job;
	(void)w;
	(void)vocab;
	return IQ_OK;
}

/* The writer's thread, between two transactions: changes wait, questions go on. */
static enum iq_err rewrite(struct iq_job *job, struct iq_store *s)
{
	struct compaction *c = (struct compaction *)job;
	enum iq_err err;

	c->before = iq_store_bytes(s);
	err = iq_store_compact(s, &job->error);
	c->after = iq_store_bytes(s);
	return err;
}

static void rewritten(struct iq_job *job)
{
	struct compaction *c = (struct compaction *)job;
	const struct iq_error *e = &job->error;
	struct iq_buf line;

	if (job->err != IQ_OK) {
		answer_error(c->fd, job->err, e->text ? e->text : N_("Something went wrong."),
			e->hint, e);
	} else {
		iq_buf_init(&line, 0);
		iq_buf_printf(&line, "ok\t%llu\t%llu", (unsigned long long)c->before,
			(unsigned long long)c->after);
		answer(c->fd, &line);
	}
	iq_buf_free(&job->answer);
	iq_arena_free(&c->job.arena);
	free(c);
}

static void compact(const struct iq_services *svc, int fd)
{
	struct compaction *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		answer_error(fd, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
		return;
	}
	iq_erase_own_job(&c->job, svc, "compact", IQ_AUDIT_WRITTEN);
	c->fd = fd;
	c->job.job.run = nothing;
	c->job.job.settle = rewrite;
	c->job.job.done = rewritten;
	if (iq_writer_submit(svc->writer, &c->job.job))
		return;
	c->job.job.err = iq_error_set(&c->job.job.error, IQ_ERR_BUSY,
		N_("Too many changes are waiting."), N_("Try again in a moment."), NULL);
	rewritten(&c->job.job);
}

/* ---- the record of a backup -------------------------------------------------------------------
 */

struct record {
	struct iq_audit_batch batch; /* first */
	struct iq_audit_entry entry;
	int fd;
	char purpose[REQUEST], peer[32];
};

static void recorded(struct iq_audit_batch *batch, bool durable)
{
	struct record *r = (struct record *)batch;
	struct iq_buf line;

	if (durable) {
		iq_buf_init(&line, 0);
		iq_buf_str(&line, IQ_STR("ok"));
		answer(r->fd, &line);
	} else {
		answer_error(r->fd, IQ_ERR_QUOTA, N_("The audit log cannot be written."),
			N_("Free space on the disk of the state directory."), NULL);
	}
	free(r);
}

static void note_backup(
	const struct iq_services *svc, int fd, const char *revision, const char *purpose)
{
	struct record *r = calloc(1, sizeof(*r));
	struct ucred who = {.uid = 0};
	socklen_t n = sizeof(who);

	if (r == NULL || svc->audit == NULL) {
		free(r);
		answer_error(fd, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
		return;
	}
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n);
	r->fd = fd;
	snprintf(r->purpose, sizeof(r->purpose), "%s", purpose);
	snprintf(r->peer, sizeof(r->peer), "uid %u", (unsigned)who.uid);
	r->entry = iq_upkeep_backup_entry(strtoull(revision, NULL, 10), r->purpose, r->peer);
	r->batch = (struct iq_audit_batch){.entries = &r->entry, .n = 1, .done = recorded};
	iq_audit_submit(svc->audit, &r->batch);
}

/* ---- peers ---------------------------------------------------------------------------------- */

struct peer {
	struct iq_upkeep *upkeep;
	struct event event;
	int fd; /* -1: free */
	size_t n;
	char text[REQUEST];
};

struct iq_upkeep {
	const struct iq_services *svc;
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

static void handle(struct iq_upkeep *c, int fd, char *line)
{
	const char *column[COLUMNS];
	size_t n = cut(line, column, COLUMNS);

	if (n == 1 && strcmp(column[0], "compact") == 0)
		compact(c->svc, fd);
	else if (n == 3 && strcmp(column[0], "backup") == 0)
		note_backup(c->svc, fd, column[1], column[2]);
	else
		answer_error(fd, IQ_ERR_UNSUPPORTED,
			N_("The running server is of another version and does not know this."),
			N_("Start it again: systemctl restart iqd"), NULL);
}

static void on_text(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
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
	handle(p->upkeep, (int)fd, p->text);
}

static void on_peer(void *ctx, int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE};
	struct iq_upkeep *c = ctx;

	for (size_t i = 0; i < PEERS; i++) {
		struct peer *p = &c->peer[i];

		if (p->fd >= 0)
			continue;
		event_assign(&p->event, c->base, fd, EV_READ | EV_PERSIST, on_text, p);
		if (event_add(&p->event, &patience) != 0)
			break;
		p->upkeep = c;
		p->fd = fd;
		p->n = 0;
		return;
	}
	close(fd);
}

enum iq_err iq_upkeep_listen(struct event_base *base, const struct iq_services *svc,
	struct iq_upkeep **out, struct iq_error *error)
{
	struct iq_upkeep *c = calloc(1, sizeof(*c));
	enum iq_err err;

	*out = NULL;
	if (c == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	c->svc = svc;
	c->base = base;
	for (size_t i = 0; i < PEERS; i++)
		c->peer[i].fd = -1;
	err = iq_local_listen(base, svc->dir, SOCKET, on_peer, c, &c->local, error);
	if (err == IQ_OK)
		*out = c;
	else
		free(c);
	return err;
}

void iq_upkeep_free(struct iq_upkeep *c)
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

/* ---- the other side ---------------------------------------------------------------------------
 */

struct iq_audit_entry iq_upkeep_backup_entry(
	uint64_t revision, const char *purpose, const char *peer)
{
	return (struct iq_audit_entry){.event = IQ_AUDIT_READ,
		.time_us = iq_now_us(),
		.principal = IQ_STR("iqd"),
		.subject = IQ_NONE,
		.operation = IQ_STR("backup"),
		.purpose = iq_str(purpose),
		.peer = iq_str(peer),
		.revision = revision};
}

static enum iq_err understood(char *line, const char **out, size_t n, struct iq_error *error)
{
	const char *column[COLUMNS] = {NULL};
	size_t got = cut(line, column, COLUMNS);
	enum iq_err err = IQ_ERR_INTERNAL;

	if (got > 0 && strcmp(column[0], "ok") == 0) {
		for (size_t i = 0; i < n; i++)
			out[i] = i + 1 < got ? column[i + 1] : "";
		return IQ_OK;
	}
	if (got < 4 || strcmp(column[0], "error") != 0)
		return iq_error_set(error, IQ_ERR_BUSY,
			N_("The server ended before it had answered."), N_("Try again."), NULL);
	err = (enum iq_err)strtoul(column[1], NULL, 10);
	return iq_error_set(error, err > IQ_OK && err <= IQ_ERR_INTERNAL ? err : IQ_ERR_INTERNAL,
		column[2], column[3][0] ? column[3] : NULL, column[4], column[5], column[6],
		column[7], NULL);
}

enum iq_err iq_upkeep_ask(const char *dir, const char *request, bool *running, const char **out,
	size_t n, struct iq_error *error)
{
	int fd = iq_local_connect(dir, SOCKET);
	char *line = iq_arena_alloc(error->arena, ANSWER);
	size_t have = 0;
	ssize_t more = 1;

	*running = fd >= 0;
	if (fd < 0)
		return errno == ENOENT || errno == ECONNREFUSED
			       ? IQ_OK
			       : iq_error_set(error, IQ_ERR_UNREACHABLE,
					 N_("The running server cannot be asked: {0}."),
					 N_("Run this as the server's user, or as root."),
					 strerror(errno), NULL);
	/* One piece: it fits the socket's buffer. */
	const char *whole = iq_arena_printf(error->arena, "%s\n", request);

	if (line == NULL || whole == NULL ||
		send(fd, whole, strlen(whole), MSG_NOSIGNAL) != (ssize_t)strlen(whole))
		more = 0;
	while (more > 0 && have < ANSWER - 1) {
		more = read(fd, line + have, ANSWER - 1 - have);
		if (more < 0 && errno == EINTR)
			more = 1;
		else if (more > 0)
			have += (size_t)more;
	}
	close(fd);
	if (line == NULL)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	line[have] = '\0';
	if (have > 0 && line[have - 1] == '\n')
		line[have - 1] = '\0';
	return understood(line, out, n, error);
}
