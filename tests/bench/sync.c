/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many institutions push their lists at once: one thread and connection each, plan and apply per
 * round, all rounds begun together. Beside it a reader asks for whole institutions and counts
 * answers that show a sync in halves. Prints one JSON line. Loopback only.
 *
 *   bench_sync -p PORT -d DIR [-i INSTITUTIONS] [-n RECORDS] [-r ROUNDS] [-f FIRST_ROUND]
 *
 * DIR/<number> is the profile of an editor of the institution inst-<number>, from 0. Tasks task-0
 * …, regions region-0 … and statuses status-0 … must exist: tests/bench/sync makes them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "iq.pb-c.h"

enum { CONTACTS_SHARE = 10, TASKS = 30, REGIONS = 20, TRIES = 50, IN_CAP = 4 << 20 };

#define DIE(...)                                                                                   \
	do {                                                                                       \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
		exit(1);                                                                           \
	} while (0)

static struct {
	const char *dir;
	int port, institutions, records, rounds, first;
} opt = {NULL, 0, 200, 500, 3, 0};

static pthread_barrier_t together;
static _Atomic uint64_t failed, busy, checked, mixed;
static atomic_bool over;
static double *took; /* milliseconds, by round and institution */

struct peer {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	uint8_t *in;
	uint64_t id;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void peer_open(struct peer *c, int number)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)opt.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static const unsigned char alpn[] = {4, 'i', 'q', '/', '1'};
	char path[3][4096];
	int one = 1;

	snprintf(path[0], sizeof(path[0]), "%s/%d/client.pem", opt.dir, number);
	snprintf(path[1], sizeof(path[1]), "%s/%d/client.key", opt.dir, number);
	snprintf(path[2], sizeof(path[2]), "%s/%d/ca.pem", opt.dir, number);
	c->ctx = SSL_CTX_new(TLS_client_method());
	c->in = malloc(IN_CAP);
	if (SSL_CTX_use_certificate_chain_file(c->ctx, path[0]) != 1 ||
		SSL_CTX_use_PrivateKey_file(c->ctx, path[1], SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_load_verify_locations(c->ctx, path[2], NULL) != 1)
		DIE("no profile in %s/%d", opt.dir, number);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		DIE("connect to port %d: %s", opt.port, strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ssl = SSL_new(c->ctx);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_alpn_protos(c->ssl, alpn, sizeof(alpn));
	SSL_set_tlsext_host_name(c->ssl, "localhost");
	if (SSL_connect(c->ssl) != 1)
		DIE("TLS handshake failed");
}

static void peer_close(struct peer *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
	free(c->in);
}

static void take(struct peer *c, uint8_t *p, size_t n)
{
	while (n > 0) {
		int got = SSL_read(c->ssl, p, (int)n);

		if (got <= 0)
			DIE("the server closed the connection");
		p += got;
		n -= (size_t)got;
	}
}

/* The last response to a request; free with iq__v1__response__free_unpacked(). */
static Iq__V1__Response *ask(struct peer *c, Iq__V1__Request *rq)
{
	rq->id = ++c->id;
	size_t n = iq__v1__request__get_packed_size(rq);
	uint8_t *out = malloc(n + 4);
	uint32_t be = htonl((uint32_t)n);

	memcpy(out, &be, 4);
	iq__v1__request__pack(rq, out + 4);
	if (SSL_write(c->ssl, out, (int)(n + 4)) != (int)(n + 4))
		DIE("write failed");
	free(out);
	for (;;) {
		take(c, (uint8_t *)&be, 4);
		n = ntohl(be);
		if (n > IN_CAP)
			DIE("answer of %zu bytes", n);
		take(c, c->in, n);
		Iq__V1__Response *rs = iq__v1__response__unpack(NULL, n, c->in);

		if (rs == NULL)
			DIE("answer that cannot be read");
		if (!rs->more)
			return rs;
		iq__v1__response__free_unpacked(rs, NULL);
	}
}

/* 0: done, 1: busy, 2: failed. */
static int outcome(Iq__V1__Response *rs)
{
	int r = 0;

	if (rs->result_case == IQ__V1__RESPONSE__RESULT_ERROR) {
		r = strcmp(rs->error->code, "busy") == 0 ? 1 : 2;
		if (r == 2)
			fprintf(stderr, "%s: %s (%s; %zu rows)\n", rs->error->code, rs->error->text,
				rs->error->n_args ? rs->error->args[0] : "", rs->error->n_rows);
	}
	iq__v1__response__free_unpacked(rs, NULL);
	return r;
}

/* ---- the list ------------------------------------------------------------------------------- */

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
	char buf[128];
	va_list args;

	va_start(args, format);
	vsnprintf(buf, sizeof(buf), format, args);
	va_end(args);
	return strdup(buf);
}

static int send_rows(struct peer *c, Iq__V1__ImportFile *file, char ***rows, int n)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ImportRows body = IQ__V1__IMPORT_ROWS__INIT;
	Iq__V1__ImportRow *row = calloc((size_t)n, sizeof(*row)),
			  **list = calloc((size_t)n, sizeof(*list));

	for (int i = 0; i < n; i++) {
		iq__v1__import_row__init(&row[i]);
		row[i].line = (uint32_t)(i + 2);
		row[i].n_cells = file->n_columns;
		row[i].cells = rows[i];
		list[i] = &row[i];
	}
	rq.op_case = IQ__V1__REQUEST__OP_IMPORT_ROWS;
	rq.import_rows = &body;
	body.n_files = 1;
	body.files = &file;
	body.file = file->index;
	body.n_rows = (size_t)n;
	body.rows = list;
	int r = outcome(ask(c, &rq));

	free(list);
	free(row);
	return r;
}

static int send_table(struct peer *c, int number, int round, bool contacts)
{
	static char *contact_columns[] = {
		"external_id", "name", "function", "phone", "email", "visibility"};
	static char *task_columns[] = {"task", "region", "statuses", "role", "note"};
	Iq__V1__ImportFile file = IQ__V1__IMPORT_FILE__INIT;
	int ncontacts = opt.records / CONTACTS_SHARE,
	    n = contacts ? ncontacts : opt.records - ncontacts;
	char ***rows = calloc((size_t)n, sizeof(*rows));

	file.index = contacts ? 0 : 1;
	file.name = contacts ? "contacts.csv" : "responsibilities.csv";
	file.kind = contacts ? "contact" : "responsibility";
	file.columns = contacts ? contact_columns : task_columns;
	file.n_columns = contacts ? 6 : 5;
	for (int i = 0; i < n; i++) {
		char **cell = rows[i] = calloc(file.n_columns, sizeof(*cell));

		if (contacts) {
			cell[0] = text("x-%d", i);
			cell[1] = text("Erika Muster %d", i);
			cell[2] = text("Stelle %d, Fassung %d", i, round);
			cell[3] = text("030 23125 %03d", i % 1000);
			cell[4] = text("stelle-%d-%d@example.org", number, i);
			cell[5] = strdup("partners");
		} else {
			cell[0] = text("task-%d", i % TASKS);
			cell[1] = text("region-%d", i / TASKS % REGIONS);
			cell[2] = text("status-%d", i / TASKS / REGIONS);
			cell[3] = strdup("provider");
			cell[4] = text("Fassung %d", round);
		}
	}
	int r = send_rows(c, &file, rows, n);

	for (int i = 0; i < n; i++) {
		for (size_t k = 0; k < file.n_columns; k++)
			free(rows[i][k]);
		free(rows[i]);
	}
	free(rows);
	return r;
}

static int apply(struct peer *c, char *plan)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SyncApplyRequest body = IQ__V1__SYNC_APPLY_REQUEST__INIT;
	uint8_t id[16];
	int r;

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		DIE("no random numbers");
	body.request_id = (ProtobufCBinaryData){sizeof(id), id};
	body.plan = plan;
	rq.op_case = IQ__V1__REQUEST__OP_SYNC_APPLY;
	rq.sync_apply = &body;
	for (int i = 0; (r = outcome(ask(c, &rq))) == 1 && i < TRIES; i++)
		atomic_fetch_add(&busy, 1);
	return r;
}

static int sync_once(struct peer *c, int number, int round)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ImportBegin begin = IQ__V1__IMPORT_BEGIN__INIT;
	Iq__V1__SyncPlanRequest plan = IQ__V1__SYNC_PLAN_REQUEST__INIT;
	uint8_t id[16];
	char institution[32];
	int r;

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		DIE("no random numbers");
	begin.request_id = (ProtobufCBinaryData){sizeof(id), id};
	rq.op_case = IQ__V1__REQUEST__OP_IMPORT_BEGIN;
	rq.import_begin = &begin;
	r = outcome(ask(c, &rq));
	if (r == 0)
		r = send_table(c, number, round, true);
	if (r == 0)
		r = send_table(c, number, round, false);
	if (r != 0)
		return r;
	snprintf(institution, sizeof(institution), "inst-%d", number);
	plan.institution = institution;
	rq.op_case = IQ__V1__REQUEST__OP_SYNC_PLAN;
	rq.sync_plan = &plan;
	Iq__V1__Response *rs = ask(c, &rq);

	if (rs->result_case != IQ__V1__RESPONSE__RESULT_SYNC_PLAN)
		return outcome(rs);
	r = rs->sync_plan->plan[0] == '\0' ? 2 : apply(c, rs->sync_plan->plan);
	iq__v1__response__free_unpacked(rs, NULL);
	return r;
}

static void *institution_main(void *arg)
{
	int number = (int)(intptr_t)arg;
	struct peer c = {.id = 0};

	peer_open(&c, number);
	for (int round = 0; round < opt.rounds; round++) {
		pthread_barrier_wait(&together);
		double begun = now_ms();
		int r = sync_once(&c, number, opt.first + round);

		for (int i = 0; r == 1 && i < TRIES; i++) {
			atomic_fetch_add(&busy, 1);
			r = sync_once(&c, number, opt.first + round);
		}
		if (r != 0)
			atomic_fetch_add(&failed, 1);
		took[round * opt.institutions + number] = now_ms() - begun;
	}
	peer_close(&c);
	return NULL;
}

/* Every answer must show one version of the list. */
static void *reader_main(void *arg)
{
	struct peer c = {.id = 0};
	unsigned number = 0;

	(void)arg;
	peer_open(&c, 0);
	for (; !atomic_load(&over); number = (number + 7) % (unsigned)opt.institutions) {
		Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
		Iq__V1__TasksOfRequest q = IQ__V1__TASKS_OF_REQUEST__INIT;
		char institution[32];

		snprintf(institution, sizeof(institution), "inst-%u", number);
		q.institution = institution;
		rq.op_case = IQ__V1__REQUEST__OP_TASKS_OF;
		rq.tasks_of = &q;
		Iq__V1__Response *rs = ask(&c, &rq);

		if (rs->result_case != IQ__V1__RESPONSE__RESULT_TASKS_OF) {
			atomic_fetch_add(&failed, outcome(rs) == 2);
			continue;
		}
		const Iq__V1__TasksOfResponse *t = rs->tasks_of;
		bool whole = t->n_responsibilities == 0 ||
			     t->n_responsibilities ==
				     (size_t)(opt.records - opt.records / CONTACTS_SHARE);

		for (size_t i = 1; i < t->n_responsibilities; i++)
			whole &= strcmp(t->responsibilities[i]->note,
					 t->responsibilities[0]->note) == 0;
		atomic_fetch_add(&checked, 1);
		atomic_fetch_add(&mixed, !whole);
		iq__v1__response__free_unpacked(rs, NULL);
	}
	peer_close(&c);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	for (int o; (o = getopt(argc, argv, "p:d:i:n:r:f:")) != -1;) {
		if (o == 'p')
			opt.port = atoi(optarg);
		else if (o == 'd')
			opt.dir = optarg;
		else if (o == 'i')
			opt.institutions = atoi(optarg);
		else if (o == 'n')
			opt.records = atoi(optarg);
		else if (o == 'r')
			opt.rounds = atoi(optarg);
		else if (o == 'f')
			opt.first = atoi(optarg);
		else
			DIE("usage: see the top of tests/bench/sync.c");
	}
	if (opt.dir == NULL || opt.institutions < 1 || opt.rounds < 1 ||
		opt.records < CONTACTS_SHARE)
		DIE("usage: see the top of tests/bench/sync.c");
	signal(SIGPIPE, SIG_IGN);
	size_t n = (size_t)opt.institutions, all = n * (size_t)opt.rounds;
	pthread_t *thread = calloc(n, sizeof(*thread)), reader;

	took = calloc(all, sizeof(*took));
	pthread_barrier_init(&together, NULL, (unsigned)n);
	double begun = now_ms();

	for (size_t i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, institution_main, (void *)(intptr_t)i) != 0)
			DIE("a thread cannot be started");
	if (pthread_create(&reader, NULL, reader_main, NULL) != 0)
		DIE("a thread cannot be started");
	for (size_t i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	double seconds = (now_ms() - begun) / 1e3;

	atomic_store(&over, true);
	pthread_join(reader, NULL);
	qsort(took, all, sizeof(*took), by_value);
	printf("{\"what\":\"sync\",\"institutions\":%d,\"records\":%d,\"rounds\":%d,\"seconds\":%."
	       "2f,"
	       "\"p50_ms\":%.0f,\"p99_ms\":%.0f,\"failed\":%llu,\"busy\":%llu,\"checked\":%llu,"
	       "\"mixed\":%llu}\n",
		opt.institutions, opt.records, opt.rounds, seconds, took[all / 2],
		took[all * 99 / 100], (unsigned long long)failed, (unsigned long long)busy,
		(unsigned long long)checked, (unsigned long long)mixed);
	return failed != 0 || mixed != 0;
}
