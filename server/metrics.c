/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "backup.h"
#include "date.h"
#include "log.h"

#define SOCKET "metrics.sock"
enum { BACKLOG = 8, SEND_ROOM = 1 << 20 };

/* ---- text ----------------------------------------------------------------------------------- */

static void family(struct iq_buf *out, const char *name, const char *type, const char *help)
{
	iq_buf_printf(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void gauge(struct iq_buf *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "gauge", help);
	iq_buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void counter(struct iq_buf *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "counter", help);
	iq_buf_printf(out, "%s_total %llu\n", name, (unsigned long long)value);
}

static uint64_t sum(const struct iq_metrics_source *s, size_t offset)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->nmeters; i++)
		n += atomic_load_explicit(
			(_Atomic uint64_t *)(uintptr_t)((const char *)s->meter[i] + offset),
			memory_order_relaxed);
	return n;
}

#define SUM(s, member) sum(s, offsetof(struct iq_meter, member))

static void requests(const struct iq_metrics_source *s, struct iq_buf *out)
{
	family(out, "iqd_requests", "counter", "Requests answered, by operation and result.");
	for (int tag = 1; tag < IQ_METER_OPS; tag++) {
		const struct iq_op *op = iq_op_find(tag);

		for (int r = 0; op != NULL && r < IQ_METER_RESULTS; r++) {
			uint64_t n = SUM(s, requests[tag][r]);

			if (n > 0)
				iq_buf_printf(out,
					"iqd_requests_total{operation=\"%s\",result=\"%s\"} %llu\n",
					op->name, iq_err_name((enum iq_err)r),
					(unsigned long long)n);
		}
	}
}

static void latencies(const struct iq_metrics_source *s, struct iq_buf *out)
{
	family(out, "iqd_request_seconds", "histogram",
		"From the request to its answer on the server; changes: until they are durable.");
	for (int tag = 1; tag < IQ_METER_OPS; tag++) {
		const struct iq_op *op = iq_op_find(tag);
		uint64_t n = 0, total = 0, us = op ? SUM(s, sum_us[tag]) : 0;

		for (int b = 0; op != NULL && b < IQ_METER_BUCKETS; b++)
			total += SUM(s, bucket[tag][b]);
		if (total == 0)
			continue;
		for (int b = 0; b < IQ_METER_BUCKETS - 1; b++) {
			n += SUM(s, bucket[tag][b]);
			iq_buf_printf(out,
				"iqd_request_seconds_bucket{operation=\"%s\",le=\"%u.%06u\"} "
				"%llu\n",
				op->name, iq_meter_ends[b] / 1000000, iq_meter_ends[b] % 1000000,
				(unsigned long long)(n < total ? n : total));
		}
		iq_buf_printf(out,
			"iqd_request_seconds_bucket{operation=\"%s\",le=\"+Inf\"} %llu\n"
			"iqd_request_seconds_count{operation=\"%s\"} %llu\n"
			"iqd_request_seconds_sum{operation=\"%s\"} %llu.%06llu\n",
			op->name, (unsigned long long)total, op->name, (unsigned long long)total,
			op->name, (unsigned long long)(us / 1000000),
			(unsigned long long)(us % 1000000));
	}
}

static void directory(const struct iq_metrics_source *s, struct iq_rtxn *rtxn, struct iq_buf *out)
{
	struct iq_store_usage u;

	if (iq_rtxn_renew(rtxn)) {
		const struct iq_state *state = iq_rtxn_state(rtxn);

		gauge(out, "iqd_revision", "Number of the last durable change.", state->revision);
		family(out, "iqd_records", "gauge", "Records, by kind.");
		/* How many contacts there are is not for everybody. */
		for (int k = 0; k < IQ_KINDS; k++)
			if (k != IQ_CONTACT)
				iq_buf_printf(out, "iqd_records{kind=\"%s\"} %llu\n",
					iq_schemas[k].name, (unsigned long long)state->count[k]);
		iq_rtxn_reset(rtxn);
	}
	iq_store_usage(s->svc->store, &u);
	gauge(out, "iqd_database_bytes", "Size of data.mdb.", iq_store_bytes(s->svc->store));
	gauge(out, "iqd_database_used_bytes", "Up to its last page in use.", u.used_bytes);
	gauge(out, "iqd_database_map_bytes", "The most it may take.", u.map_bytes);
	gauge(out, "iqd_database_readers", "Slots of read transactions in use.", u.readers);
}

static void audit(const struct iq_metrics_source *s, struct iq_buf *out)
{
	struct iq_audit_stats a;

	if (s->svc->audit == NULL)
		return;
	iq_audit_stats(s->svc->audit, &a);
	family(out, "iqd_audit_events", "counter",
		"What was recorded since the start, by event: disclosed, refused, erased …");
	for (int e = 0; e < IQ_AUDIT_EVENTS; e++)
		iq_buf_printf(out, "iqd_audit_events_total{event=\"%s\"} %llu\n",
			iq_audit_event_names[e], (unsigned long long)a.events[e]);
	gauge(out, "iqd_audit_entry", "Number of the last durable entry.", a.durable);
	gauge(out, "iqd_audit_backlog", "Entries handed over and not durable yet.", a.backlog);
	gauge(out, "iqd_audit_writable", "0: changes are refused and confidential fields withheld.",
		a.writable);
}

void iq_metrics_text(const struct iq_metrics_source *s, struct iq_rtxn *rtxn, struct iq_buf *out)
{
	const struct iq_services *svc = s->svc;

	family(out, "iqd_build", "info", "Version of the server.");
	iq_buf_printf(out, "iqd_build_info{version=\"%s\"} 1\n", IQ_VERSION);
	gauge(out, "iqd_start_time_seconds", "When the server was started, since 1970.",
		(uint64_t)(svc->started_us / 1000000));
	requests(s, out);
	latencies(s, out);
	gauge(out, "iqd_connections", "Connections open now.", svc->connections(svc->ctx));
	counter(out, "iqd_peers_refused", "Connections refused before a request.",
		s->refused(svc->ctx));
	gauge(out, "iqd_writer_queue", "Changes waiting for the writer.",
		iq_writer_queue(svc->writer));
	gauge(out, "iqd_lane_queue", "Long questions waiting.", s->lane(svc->ctx));
	directory(s, rtxn, out);
	audit(s, out);
	gauge(out, "iqd_backup_time_seconds",
		"When the last backup was made, since 1970; 0: never.",
		(uint64_t)(iq_backup_last(svc->dir) / 1000000));
	iq_buf_printf(out, "# EOF\n");
}

/* ---- the socket ----------------------------------------------------------------------------- */

struct iq_metrics {
	const struct iq_metrics_source *source;
	struct iq_rtxn *rtxn;
	struct event event;
	bool watched;
	int fd, dir;
};

/* Paths of sockets are short; that of the directory may not be. */
static bool address(struct sockaddr_un *a, int dir)
{
	a->sun_family = AF_UNIX;
	return snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/" SOCKET, dir) <
	       (int)sizeof(a->sun_path);
}

/* All at once: it fits the socket, and whoever does not read loses the rest. */
static void on_peer(evutil_socket_t fd, short what, void *arg)
{
	struct iq_metrics *m = arg;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), room = SEND_ROOM;
	struct iq_buf text;

	(void)what;
	if (peer < 0)
		return;
	(void)setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	iq_buf_init(&text, 0);
	iq_metrics_text(m->source, m->rtxn, &text);
	if (!text.failed)
		for (size_t at = 0; at < text.n;) {
			ssize_t n = send(peer, text.p + at, text.n - at, MSG_NOSIGNAL);

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				break;
			at += (size_t)n;
		}
	iq_buf_free(&text);
	close(peer);
}

static enum iq_err cannot(const char *dir, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("{0}/metrics.sock cannot be made: {1}."),
		N_("Check the owner of the directory."), dir, strerror(errno), NULL);
}

enum iq_err iq_metrics_listen(struct event_base *base, const char *dir,
	const struct iq_metrics_source *source, struct iq_metrics **out, struct iq_error *error)
{
	struct iq_metrics *m = calloc(1, sizeof(*m));
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	enum iq_err err = IQ_OK;

	*out = NULL;
	if (m == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	m->source = source;
	m->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (m->dir >= 0)
		(void)unlinkat(m->dir, SOCKET, 0); /* of one that was killed; the lock is ours */
	if (m->dir < 0 || m->fd < 0 || !address(&a, m->dir) ||
		bind(m->fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		fchmodat(m->dir, SOCKET, 0600, 0) != 0 || listen(m->fd, BACKLOG) != 0)
		err = cannot(dir, error);
	if (err == IQ_OK && iq_rtxn_new(source->svc->store, &m->rtxn) != IQ_OK)
		err = iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The database allows no more readers."), NULL, NULL);
	if (err != IQ_OK) {
		iq_metrics_free(m);
		return err;
	}
	event_assign(&m->event, base, m->fd, EV_READ | EV_PERSIST, on_peer, m);
	m->watched = true;
	if (event_add(&m->event, NULL) != 0) {
		iq_metrics_free(m);
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	}
	*out = m;
	return IQ_OK;
}

void iq_metrics_free(struct iq_metrics *m)
{
	if (m == NULL)
		return;
	if (m->watched)
		event_del(&m->event);
	if (m->rtxn != NULL)
		iq_rtxn_free(m->rtxn);
	if (m->dir >= 0) {
		(void)unlinkat(m->dir, SOCKET, 0);
		close(m->dir);
	}
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

bool iq_metrics_fetch(const char *dir, struct iq_buf *out)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	bool good = at >= 0 && fd >= 0 && address(&a, at) &&
		    connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	ssize_t n = 1;

	while (good && n > 0) {
		uint8_t *room = iq_buf_room(out, 65536);

		n = room ? read(fd, room, 65536) : -1;
		good = n >= 0;
		out->n += n > 0 ? (size_t)n : 0;
	}
	int saved = errno;

	if (fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	errno = saved;
	return good;
}
