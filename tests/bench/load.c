/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load generator for the product's protocol: one thread, epoll, closed loop, C connections with D
 * requests in flight each. Prints one JSON line. Talks to the loopback address only.
 *
 *   bench_load -p PORT -d PROFILE_DIR -q QUERIES.csv [-m
 * who|contacts|plain|verify|write|idle|canned]
 *              [-c C] [-n D] [-t SECONDS] [-w WARMUP] [-P SERVER_PID] [-x EXPECTED.jsonl] [-T
 * LABEL]
 *
 * who     certain rows of the asked task only (as the peers answer), no near misses
 * contacts  the same with the contact persons and a reason: what is confidential is audited
 * plain   the whole answer: possible rows, sub-tasks, near misses where nobody is responsible
 * verify  asks the questions of EXPECTED.jsonl once each and compares the ids
 * write   durable updates: one note of a responsibility per request
 * idle    opens C connections and holds them; prints the server's memory per connection
 * canned  the same frames against bench_canned (no client certificate check)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "iq.pb-c.h"

enum { DEPTH_MAX = 256, IN_CAP = 1 << 20, HIST_SUB = 64 };

#define DIE(...)                                                                                   \
	do {                                                                                       \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
		exit(1);                                                                           \
	} while (0)

struct frame {
	uint8_t *p;
	size_t n;
};

struct expectation {
	char *task, *region, *status;
	char **ids;
	size_t n;
};

struct conn {
	int fd;
	SSL *ssl;
	uint64_t sent_at[DEPTH_MAX];
	uint64_t tx, rx; /* requests sent, answered */
	uint8_t *in, *out;
	size_t in_n, out_n, out_at, out_cap;
	bool want_write;
};

static struct {
	const char *mode, *label, *profile, *queries, *expected;
	int port, conns, depth, pid;
	double seconds, warmup;
} opt = {"who", NULL, NULL, NULL, NULL, 0, 1, 1, 0, 2.0, 0.5};

static SSL_CTX *ctx;
static struct frame *frames;
static size_t nframes, next_frame;
static uint64_t hist[64 * HIST_SUB], answered, bytes_in, failures;
static bool measuring;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t process_ns(int pid)
{
	struct timespec t = {0};
	clockid_t clock = pid ? (clockid_t)((~(unsigned)pid << 3) | 2) : CLOCK_PROCESS_CPUTIME_ID;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double anonymous_kb(int pid)
{
	char line[256], path[64];
	double kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	FILE *f = fopen(path, "r");

	while (f != NULL && fgets(line, sizeof(line), f))
		if (strncmp(line, "Anonymous:", 10) == 0)
			kb = atof(line + 10);
	if (f != NULL)
		fclose(f);
	return kb;
}

/* ---- questions ---------------------------------------------------------------------------- */

static struct frame pack(Iq__V1__Request *rq)
{
	size_t n = iq__v1__request__get_packed_size(rq);
	struct frame f = {malloc(n + 4), n + 4};
	uint32_t be = htonl((uint32_t)n);

	memcpy(f.p, &be, 4);
	iq__v1__request__pack(rq, f.p + 4);
	return f;
}

static struct frame question(char *task, char *region, char *status, bool plain, bool contacts)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoRequest who = IQ__V1__WHO_REQUEST__INIT;

	rq.id = 1;
	rq.op_case = IQ__V1__REQUEST__OP_WHO;
	rq.who = &who;
	who.task = task;
	who.region = region;
	who.status = status;
	who.contacts = contacts;
	who.reason = contacts ? (char *)"referral" : (char *)"";
	who.certain = who.no_subtasks = who.no_near_misses = !plain;
	return pack(&rq);
}

static struct frame update(unsigned long row)
{
	static unsigned long count;
	char id[32], note[64];
	uint8_t request_id[16];
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WriteRequest write_rq = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__KeyValue field = IQ__V1__KEY_VALUE__INIT, *fields = &field;

	snprintf(id, sizeof(id), "x-%lu", row);
	snprintf(note, sizeof(note), "Raum %lu, Vorgang %d", ++count, getpid());
	if (getrandom(request_id, sizeof(request_id), 0) != sizeof(request_id))
		DIE("getrandom: %s", strerror(errno));
	rq.id = 1;
	rq.op_case = IQ__V1__REQUEST__OP_WRITE;
	rq.write = &write_rq;
	write_rq.request_id.data = request_id;
	write_rq.request_id.len = sizeof(request_id);
	write_rq.verb = IQ__V1__VERB__SET;
	write_rq.kind = (char *)"responsibility";
	write_rq.id = id;
	write_rq.n_fields = 1;
	write_rq.fields = &fields;
	field.key = (char *)"note";
	field.value = note;
	return pack(&rq);
}

static void load_questions(bool plain, bool contacts)
{
	char line[512], task[128], region[128], status[128];
	FILE *f = fopen(opt.queries, "r");
	size_t cap = 0;

	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		DIE("%s: %s", opt.queries, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%127[^,],%127[^,],%127[^\r\n]", task, region, status) != 3)
			DIE("%s: not task,region,status: %s", opt.queries, line);
		if (nframes == cap)
			frames = realloc(frames, (cap = cap ? cap * 2 : 4096) * sizeof(*frames));
		frames[nframes++] = question(task, region, status, plain, contacts);
	}
	fclose(f);
}

/* ---- connections -------------------------------------------------------------------------- */

static void connect_one(struct conn *c)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)opt.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	static const unsigned char alpn[] = {4, 'i', 'q', '/', '1'};

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		DIE("connect to port %d: %s", opt.port, strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ssl = SSL_new(ctx);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_alpn_protos(c->ssl, alpn, sizeof(alpn));
	SSL_set_tlsext_host_name(c->ssl, "localhost");
	if (SSL_connect(c->ssl) != 1)
		DIE("TLS handshake failed");
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (strcmp(opt.mode, "idle") != 0) {
		c->in = malloc(IN_CAP);
		c->out = malloc(c->out_cap = 65536);
	}
}

static void flush(struct conn *c)
{
	c->want_write = false;
	while (c->out_at < c->out_n) {
		int n = SSL_write(c->ssl, c->out + c->out_at, (int)(c->out_n - c->out_at));

		if (n > 0) {
			c->out_at += (size_t)n;
			continue;
		}
		if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_WRITE)
			DIE("write failed");
		c->want_write = true;
		return;
	}
	c->out_n = c->out_at = 0;
}

static void submit(struct conn *c)
{
	struct frame f;
	bool writing = strcmp(opt.mode, "write") == 0;

	if (writing) {
		f = update(1 + (unsigned long)(random() % 100000));
	} else {
		f = frames[next_frame];
		next_frame = next_frame + 1 == nframes ? 0 : next_frame + 1;
	}
	if (c->out_n + f.n > c->out_cap)
		c->out = realloc(c->out, c->out_cap = (c->out_n + f.n) * 2);
	memcpy(c->out + c->out_n, f.p, f.n);
	c->out_n += f.n;
	c->sent_at[c->tx++ % DEPTH_MAX] = now_ns();
	if (writing)
		free(f.p);
}

static void count_answer(struct conn *c, uint64_t now)
{
	uint64_t v = now - c->sent_at[c->rx++ % DEPTH_MAX];
	int e = v < HIST_SUB ? 0 : 63 - __builtin_clzll(v) - 5;

	if (measuring) {
		hist[e * HIST_SUB + (int)((v >> e) % HIST_SUB)]++;
		answered++;
	}
}

static double quantile(double q)
{
	uint64_t want = (uint64_t)((double)answered * q), seen = 0;

	for (int e = 0; e < 58; e++)
		for (int i = 0; i < HIST_SUB; i++)
			if ((seen += hist[e * HIST_SUB + i]) > want)
				return (double)((uint64_t)i << e) / 1e3;
	return 0;
}

/* Cheap look at a response: field 3 (error) as the first field after id means failure. */
static bool is_error(const uint8_t *p, size_t n)
{
	size_t at = 0;

	if (n > 1 && p[0] == 0x08)
		for (at = 1; at < n && (p[at++] & 0x80) != 0;)
			;
	return at < n && p[at] == 0x1a;
}

/* Reads what is there; hands each complete response to `each`. False at the end of the stream. */
static void poll_in(struct conn *c, void (*each)(struct conn *c, const uint8_t *p, size_t n))
{
	for (;;) {
		int n = SSL_read(c->ssl, c->in + c->in_n, (int)(IN_CAP - c->in_n));

		if (n <= 0) {
			if (SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
				return;
			DIE("the server closed the connection");
		}
		c->in_n += (size_t)n;
		bytes_in += (uint64_t)n;
		size_t at = 0;
		uint32_t len;

		while (c->in_n - at >= 4) {
			memcpy(&len, c->in + at, 4);
			len = ntohl(len);
			if (len > IN_CAP - 4)
				DIE("answer of %u bytes", len);
			if (c->in_n - at < 4 + (size_t)len)
				break;
			each(c, c->in + at + 4, len);
			at += 4 + (size_t)len;
		}
		memmove(c->in, c->in + at, c->in_n - at);
		c->in_n -= at;
	}
}

static void each_timed(struct conn *c, const uint8_t *p, size_t n)
{
	failures += is_error(p, n);
	count_answer(c, now_ns());
}

/* ---- modes -------------------------------------------------------------------------------- */

static Iq__V1__Response *last;

static void each_kept(struct conn *c, const uint8_t *p, size_t n)
{
	last = iq__v1__response__unpack(NULL, n, p);
	c->rx++;
}

static char *json_text(const char *line, const char *key)
{
	char pattern[32];

	snprintf(pattern, sizeof(pattern), "\"%s\": \"", key);
	const char *at = strstr(line, pattern);

	if (at == NULL)
		DIE("%s: no %s in %s", opt.expected, key, line);
	at += strlen(pattern);
	return strndup(at, strcspn(at, "\""));
}

static bool ids_agree(const char *line, const Iq__V1__WhoResponse *who)
{
	const char *list = strstr(line, "\"certain\": [");
	size_t expected = 0, found = 0;

	if (list == NULL)
		DIE("%s: no certain", opt.expected);
	for (const char *p = list; (p = strstr(p, "\"x-")) != NULL; p++) {
		size_t n = strcspn(p + 1, "\"");

		expected++;
		for (size_t i = 0; i < who->n_answers; i++) {
			const char *id = who->answers[i]->responsibility->id;

			found += strlen(id) == n && strncmp(id, p + 1, n) == 0;
		}
	}
	return expected == found && expected == who->total;
}

static int verify(struct conn *c)
{
	static char line[1 << 16];
	FILE *f = fopen(opt.expected, "r");
	unsigned long asked = 0, bad = 0;

	if (f == NULL)
		DIE("%s: %s", opt.expected, strerror(errno));
	fcntl(c->fd, F_SETFL, 0);
	while (fgets(line, sizeof(line), f)) {
		char *t = json_text(line, "task"), *r = json_text(line, "region"),
		     *s = json_text(line, "status");
		struct frame q = question(t, r, s, false, false);
		uint8_t head[4];
		size_t n = 0;

		if (SSL_write(c->ssl, q.p, (int)q.n) != (int)q.n || SSL_read(c->ssl, head, 4) != 4)
			DIE("connection lost");
		size_t want = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 |
			      head[3];

		while (n < want && want <= IN_CAP) {
			int got = SSL_read(c->ssl, c->in + n, (int)(want - n));

			if (got <= 0)
				DIE("connection lost");
			n += (size_t)got;
		}
		each_kept(c, c->in, n);
		asked++;
		if (last == NULL || last->result_case != IQ__V1__RESPONSE__RESULT_WHO ||
			!ids_agree(line, last->who)) {
			if (bad++ < 3)
				fprintf(stderr, "wrong answer for %s %s %s\n", t, r, s);
		}
		iq__v1__response__free_unpacked(last, NULL);
		free(q.p), free(t), free(r), free(s);
	}
	fclose(f);
	printf("{\"what\":\"verify\",\"asked\":%lu,\"bad\":%lu}\n", asked, bad);
	return bad != 0 || asked == 0;
}

static int idle(struct conn *c, double before_kb)
{
	double after = anonymous_kb(opt.pid);

	(void)c;
	printf("{\"what\":\"idle\",\"conns\":%d,\"kb_per_conn\":%.1f,\"anon_mb\":%.1f}\n",
		opt.conns, (after - before_kb) / opt.conns, after / 1024);
	return 0;
}

static int timed(struct conn *conns)
{
	int ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN}, evs[256];
	uint64_t t = now_ns(), start = t, end = t + (uint64_t)((opt.warmup + opt.seconds) * 1e9);
	uint64_t warm = t + (uint64_t)(opt.warmup * 1e9), server = 0, self = 0, bytes = 0;

	for (int i = 0; i < opt.conns; i++) {
		ev.data.ptr = &conns[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev);
		while (conns[i].tx - conns[i].rx < (uint64_t)opt.depth)
			submit(&conns[i]);
		flush(&conns[i]);
	}
	while (t < end) {
		int n = epoll_wait(ep, evs, 256, 100);

		for (int i = 0; i < n; i++) {
			struct conn *c = evs[i].data.ptr;
			bool wanted = c->want_write;

			if (evs[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				poll_in(c, each_timed);
			while (c->tx - c->rx < (uint64_t)opt.depth)
				submit(c);
			flush(c);
			if (c->want_write != wanted) {
				ev.events = EPOLLIN | (c->want_write ? EPOLLOUT : 0);
				ev.data.ptr = c;
				epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev);
			}
		}
		t = now_ns();
		if (!measuring && t >= warm) {
			measuring = true;
			server = process_ns(opt.pid);
			self = process_ns(0);
			bytes = bytes_in;
			start = now_ns();
			end = start + (uint64_t)(opt.seconds * 1e9);
		}
	}
	double n = answered ? (double)answered : 1, wall = (double)(t - start) / 1e9;

	printf("{\"what\":\"%s\",\"label\":\"%s\",\"conns\":%d,\"depth\":%d,\"qps\":%.0f,\"p50_"
	       "us\":%.1f,"
	       "\"p99_us\":%.1f,\"srv_us\":%.2f,\"gen_us\":%.2f,\"bytes\":%.0f,\"errors\":%lu,"
	       "\"anon_mb\":%.1f}\n",
		opt.mode, opt.label ? opt.label : opt.mode, opt.conns, opt.depth,
		(double)answered / wall, quantile(.5), quantile(.99),
		opt.pid ? (double)(process_ns(opt.pid) - server) / 1e3 / n : 0.0,
		(double)(process_ns(0) - self) / 1e3 / n, (double)(bytes_in - bytes) / n, failures,
		opt.pid ? anonymous_kb(opt.pid) / 1024 : 0.0);
	fflush(stdout);
	_exit(failures != 0);
}

static void setup_tls(void)
{
	char path[4096];
	static const char *const names[] = {"client.pem", "client.key", "ca.pem"};

	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	for (int i = 0; opt.profile != NULL && i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", opt.profile, names[i]);
		int ok = i == 0   ? SSL_CTX_use_certificate_chain_file(ctx, path)
			 : i == 1 ? SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM)
				  : SSL_CTX_load_verify_locations(ctx, path, NULL);
		if (ok != 1)
			DIE("cannot load %s", path);
	}
	if (opt.profile != NULL)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
}

int main(int argc, char **argv)
{
	for (int o; (o = getopt(argc, argv, "p:d:q:m:c:n:t:w:P:x:T:")) != -1;) {
		switch (o) {
		case 'p':
			opt.port = atoi(optarg);
			break;
		case 'd':
			opt.profile = optarg;
			break;
		case 'q':
			opt.queries = optarg;
			break;
		case 'm':
			opt.mode = optarg;
			break;
		case 'c':
			opt.conns = atoi(optarg);
			break;
		case 'n':
			opt.depth = atoi(optarg);
			break;
		case 't':
			opt.seconds = atof(optarg);
			break;
		case 'w':
			opt.warmup = atof(optarg);
			break;
		case 'P':
			opt.pid = atoi(optarg);
			break;
		case 'x':
			opt.expected = optarg;
			break;
		case 'T':
			opt.label = optarg;
			break;
		default:
			DIE("usage: see the top of tests/bench/load.c");
		}
	}
	if (opt.depth > DEPTH_MAX || opt.depth < 1 || opt.conns < 1)
		DIE("-n is 1 to %d, -c at least 1", DEPTH_MAX);
	signal(SIGPIPE, SIG_IGN);
	setup_tls();
	if (opt.queries != NULL)
		load_questions(strcmp(opt.mode, "plain") == 0, strcmp(opt.mode, "contacts") == 0);
	struct conn *conns = calloc((size_t)opt.conns, sizeof(*conns));
	double before = opt.pid ? anonymous_kb(opt.pid) : 0;

	for (int i = 0; i < opt.conns; i++)
		connect_one(&conns[i]);
	if (strcmp(opt.mode, "verify") == 0)
		return verify(conns);
	if (strcmp(opt.mode, "idle") == 0)
		return idle(conns, before);
	if (nframes == 0 && strcmp(opt.mode, "write") != 0)
		DIE("no questions: give -q");
	return timed(conns);
}
