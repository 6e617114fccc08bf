/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backup.h"
#include "date.h"
#include "i18n.h"
#include "local.h"
#include "pki.h"

#define SOCKET "metrics.sock"
enum { SEND_ROOM = 1 << 20, PATIENCE = 10 /* seconds for an answer */ };
static const uint64_t micro = 1000000;

/* ---- text ----------------------------------------------------------------------------------- */

static bool ends(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static void family(struct iq_buf *out, const char *name, const char *type, const char *help)
{
	iq_buf_printf(out, "# TYPE %s %s\n", name, type);
	if (ends(name, "_seconds") || ends(name, "_bytes"))
		iq_buf_printf(out, "# UNIT %s %s\n", name, strrchr(name, '_') + 1);
	iq_buf_printf(out, "# HELP %s %s\n", name, help);
}

static void gauge(struct iq_buf *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "gauge", help);
	iq_buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* Microseconds as seconds. */
static void seconds(struct iq_buf *out, const char *name, const char *help, int64_t us)
{
	uint64_t n = us > 0 ? (uint64_t)us : 0;

	family(out, name, "gauge", help);
	iq_buf_printf(out, "%s %llu.%06llu\n", name, (unsigned long long)(n / micro),
		(unsigned long long)(n % micro));
}

/* scale: what of the values is one of the unit. */
static void histogram(struct iq_buf *out, const char *name, const char *help,
	const struct iq_hist *h, const uint64_t upper[IQ_HIST_ENDS], uint64_t scale)
{
	uint64_t n = 0, sum = atomic_load_explicit(&h->sum, memory_order_relaxed);
	char end[48], total[48];

	family(out, name, "histogram", help);
	for (size_t i = 0; i <= IQ_HIST_ENDS; i++) {
		n += atomic_load_explicit(&h->bucket[i], memory_order_relaxed);
		if (i == IQ_HIST_ENDS)
			snprintf(end, sizeof(end), "+Inf");
		else if (scale == 1)
			snprintf(end, sizeof(end), "%llu.0", (unsigned long long)upper[i]);
		else
			snprintf(end, sizeof(end), "%llu.%06llu",
				(unsigned long long)(upper[i] / scale),
				(unsigned long long)(upper[i] % scale));
		iq_buf_printf(out, "%s_bucket{le=\"%s\"} %llu\n", name, end, (unsigned long long)n);
	}
	if (scale == 1)
		snprintf(total, sizeof(total), "%llu", (unsigned long long)sum);
	else
		snprintf(total, sizeof(total), "%llu.%06llu", (unsigned long long)(sum / scale),
			(unsigned long long)(sum % scale));
	iq_buf_printf(out, "%s_count %llu\n%s_sum %s\n", name, (unsigned long long)n, name, total);
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
	gauge(out, "iqd_database_free_bytes", "Of these, in pages that are free; see iqd compact.",
		u.free_bytes);
	gauge(out, "iqd_database_map_bytes", "The most it may take.", u.map_bytes);
	gauge(out, "iqd_database_readers", "Slots of read transactions in use.", u.readers);
	gauge(out, "iqd_database_reader_lag",
		"Commits since the oldest snapshot that a thread of the server holds.", u.lag);
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
	seconds(out, "iqd_audit_age_seconds", "How long the oldest of the backlog waits.",
		a.oldest_us);
	histogram(out, "iqd_audit_sync_seconds", "Writes of the audit log to the disk.", a.syncs,
		iq_hist_times, micro);
}

static void writer(const struct iq_metrics_source *s, struct iq_buf *out)
{
	struct iq_writer_stats w;

	iq_writer_stats(s->svc->writer, &w);
	gauge(out, "iqd_writer_queue", "Changes waiting for the writer.",
		iq_writer_queue(s->svc->writer));
	seconds(out, "iqd_writer_busy_seconds",
		"How long the writer works on the present batch; the queue waits for so long.",
		w.busy_us);
	histogram(out, "iqd_writer_batch", "Changes in a commit.", w.batches, iq_hist_sizes, 1);
	histogram(out, "iqd_writer_commit_seconds", "Commits, until they are on the disk.",
		w.commits, iq_hist_times, micro);
}

/* ---- the process ------------------------------------------------------------------------------
 */

static void certificate(void *arg, const struct iq_pki_certificate *cert)
{
	struct iq_buf *out = arg;

	if (cert->server || cert->signs)
		iq_buf_printf(out, "iqd_certificate_end_seconds{certificate=\"%s\"} %lld\n",
			cert->server ? "server" : "authority", (long long)cert->until * 86400);
}

static void certificates(const struct iq_metrics_source *s, struct iq_buf *out)
{
	struct iq_buf rows;
	struct iq_arena arena;
	struct iq_error error;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	iq_buf_init(&rows, 0);
	if (iq_pki_show(s->svc->dir, certificate, &rows, &error) == IQ_OK && !rows.failed) {
		family(out, "iqd_certificate_end_seconds", "gauge",
			"When it ends, since 1970; authority: the one whose key is here.");
		iq_buf_add(out, rows.p, rows.n);
	}
	iq_buf_free(&rows);
	iq_arena_free(&arena);
}

static void memory(struct iq_buf *out)
{
	static const struct {
		const char *field, *name, *help;
	} rows[] = {{"VmRSS:", "iqd_memory_resident_bytes", "Memory, with mapped pages."},
		{"RssAnon:", "iqd_memory_anonymous_bytes", "Memory of its own."}};
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (strncmp(line, rows[i].field, strlen(rows[i].field)) == 0)
				gauge(out, rows[i].name, rows[i].help,
					strtoull(line + strlen(rows[i].field), NULL, 10) * 1024);
	if (f != NULL)
		fclose(f);
}

static void refusals(const struct iq_metrics_source *s, struct iq_buf *out)
{
	static const char *const names[] = {
#define X(e, name) name,
		IQ_REFUSALS(X)
#undef X
	};

	family(out, "iqd_peers_refused", "counter",
		"Connections refused before a request, by reason.");
	for (int i = 0; i < IQ_REFUSAL_COUNT; i++)
		iq_buf_printf(out, "iqd_peers_refused_total{reason=\"%s\"} %llu\n", names[i],
			(unsigned long long)s->refused(s->svc->ctx, (enum iq_refusal)i));
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
	gauge(out, "iqd_watchers", "Requests that wait for a change.", s->watchers(svc->ctx));
	refusals(s, out);
	writer(s, out);
	gauge(out, "iqd_lane_queue", "Long questions waiting.", s->lane(svc->ctx));
	directory(s, rtxn, out);
	audit(s, out);
	gauge(out, "iqd_backup_time_seconds",
		"When the last backup was made, since 1970; 0: never.",
		(uint64_t)(iq_backup_last(svc->dir) / 1000000));
	certificates(s, out);
	memory(out);
	iq_buf_printf(out, "# EOF\n");
}

/* ---- the socket ----------------------------------------------------------------------------- */

struct iq_metrics {
	const struct iq_metrics_source *source;
	struct iq_rtxn *rtxn;
	struct iq_local *local;
};

/* All at once: it fits the socket, and whoever does not read loses the rest. */
static void on_peer(void *ctx, int peer)
{
	struct iq_metrics *m = ctx;
	int room = SEND_ROOM;
	struct iq_buf text;

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

enum iq_err iq_metrics_listen(struct event_base *base, const char *dir,
	const struct iq_metrics_source *source, struct iq_metrics **out, struct iq_error *error)
{
	struct iq_metrics *m = calloc(1, sizeof(*m));
	enum iq_err err = IQ_OK;

	*out = NULL;
	if (m == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	m->source = source;
	if (iq_rtxn_new(source->svc->store, &m->rtxn) != IQ_OK)
		err = iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The database allows no more readers."), NULL, NULL);
	if (err == IQ_OK)
		err = iq_local_listen(base, dir, SOCKET, on_peer, m, &m->local, error);
	if (err == IQ_OK)
		*out = m;
	else
		iq_metrics_free(m);
	return err;
}

void iq_metrics_free(struct iq_metrics *m)
{
	if (m == NULL)
		return;
	iq_local_free(m->local);
	if (m->rtxn != NULL)
		iq_rtxn_free(m->rtxn);
	free(m);
}

bool iq_metrics_fetch(const char *dir, struct iq_buf *out)
{
	const struct timeval patience = {.tv_sec = PATIENCE};
	int fd = iq_local_connect(dir, SOCKET);
	bool good = fd >= 0;
	ssize_t n = 1;

	if (good)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (good && n > 0) {
		uint8_t *room = iq_buf_room(out, 65536);

		n = room ? read(fd, room, 65536) : -1;
		good = n >= 0;
		out->n += n > 0 ? (size_t)n : 0;
	}
	int saved = errno == EAGAIN ? ETIMEDOUT : errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return good;
}
