/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { HIST_SUB = 64, EVENTS = 256, OUT_CAP = 1 << 16, WAIT_MS = 100 };

const struct bench_protocol *bench_protocol;
struct bench_options bench = {.conns = 1, .depth = 1, .seconds = 2, .warmup = 0.5};
uint64_t bench_failures;

static SSL_CTX *ctx;
static uint64_t hist[64 * HIST_SUB], answered, bytes_in;
static bool measuring;

/* ---- clocks and memory --------------------------------------------------------------------- */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t process_ns(int pid)
{
	return clock_ns(
		pid != 0 ? (clockid_t)((~(unsigned)pid << 3) | 2) : CLOCK_PROCESS_CPUTIME_ID);
}

double bench_anonymous_kb(void)
{
	char line[256], path[64];
	double kb = 0;

	if (bench.pid == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", bench.pid);
	FILE *f = fopen(path, "r");

	while (f != NULL && fgets(line, sizeof(line), f))
		if (strncmp(line, "Anonymous:", 10) == 0)
			kb = atof(line + 10);
	if (f != NULL)
		fclose(f);
	return kb;
}

/* ---- connections --------------------------------------------------------------------------- */

bool bench_option(int letter, const char *value)
{
	switch (letter) {
	case 'p':
		bench.port = atoi(value);
		break;
	case 'd':
		bench.profile = value;
		break;
	case 'c':
		bench.conns = atoi(value);
		break;
	case 'n':
		bench.depth = atoi(value);
		break;
	case 't':
		bench.seconds = atof(value);
		break;
	case 'w':
		bench.warmup = atof(value);
		break;
	case 'P':
		bench.pid = atoi(value);
		break;
	default:
		return false;
	}
	return true;
}

static void load_file(const char *name, int (*load)(const char *path))
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", bench.profile, name);
	if (load(path) != 1)
		DIE("cannot load %s", path);
}

static int load_certificate(const char *path)
{
	return SSL_CTX_use_certificate_chain_file(ctx, path);
}

static int load_key(const char *path)
{
	return SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
}

static int load_authority(const char *path)
{
	return SSL_CTX_load_verify_locations(ctx, path, NULL);
}

void bench_setup(void)
{
	if (bench.depth > DEPTH_MAX || bench.depth < 1 || bench.conns < 1)
		DIE("-n is 1 to %d, -c at least 1", DEPTH_MAX);
	if (bench.profile == NULL)
		DIE("-d is missing");
	signal(SIGPIPE, SIG_IGN);
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	load_file("ca.pem", load_authority);
	if (!bench.anonymous) {
		load_file("client.pem", load_certificate);
		load_file("client.key", load_key);
	}
}

void bench_open(struct bench_conn *c, bool with_buffers)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)bench.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		DIE("connect to port %d: %s", bench.port, strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ssl = SSL_new(ctx);
	SSL_set_fd(c->ssl, c->fd);
	if (bench_protocol->alpn != NULL)
		SSL_set_alpn_protos(c->ssl, bench_protocol->alpn, bench_protocol->alpn_n);
	SSL_set_tlsext_host_name(c->ssl, "localhost");
	if (SSL_connect(c->ssl) != 1)
		DIE("TLS handshake failed");
	if (with_buffers) {
		c->in = malloc(IN_CAP);
		c->out = malloc(c->out_cap = OUT_CAP);
	}
	if (bench_protocol->greet != NULL)
		bench_protocol->greet(c);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static void flush(struct bench_conn *c)
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

static void add(struct bench_conn *c, struct bench_frame f)
{
	if (c->out_n + f.n > c->out_cap)
		c->out = realloc(c->out, c->out_cap = (c->out_n + f.n) * 2);
	memcpy(c->out + c->out_n, f.p, f.n);
	c->out_n += f.n;
	c->sent_at[c->tx++ % SLOTS] = now_ns();
}

/* Reads what is there; hands on each complete message. */
static void fill(struct bench_conn *c)
{
	for (;;) {
		int n = SSL_read(c->ssl, c->in + c->in_n, (int)(IN_CAP - c->in_n));
		size_t at = 0, size;

		if (n <= 0) {
			if (SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
				return;
			DIE("the server closed the connection");
		}
		c->in_n += (size_t)n;
		bytes_in += (uint64_t)n;
		while ((size = bench_protocol->size(c->in + at, c->in_n - at)) != 0) {
			if (size > IN_CAP)
				DIE("message of %zu bytes", size);
			if (size > c->in_n - at)
				break;
			bench_protocol->take(c, c->in + at, size);
			at += size;
		}
		memmove(c->in, c->in + at, c->in_n - at);
		c->in_n -= at;
	}
}

void bench_ask(struct bench_conn *c, struct bench_frame f)
{
	uint64_t before = c->rx;
	size_t size;

	fcntl(c->fd, F_SETFL, 0);
	add(c, f);
	flush(c);
	while (c->rx == before) {
		int n = SSL_read(c->ssl, c->in + c->in_n, (int)(IN_CAP - c->in_n));
		size_t at = 0;

		if (n <= 0)
			DIE("connection lost");
		c->in_n += (size_t)n;
		while ((size = bench_protocol->size(c->in + at, c->in_n - at)) != 0 &&
			size <= c->in_n - at) {
			bench_protocol->take(c, c->in + at, size);
			at += size;
		}
		memmove(c->in, c->in + at, c->in_n - at);
		c->in_n -= at;
	}
}

/* ---- the loop ------------------------------------------------------------------------------ */

void bench_answered(struct bench_conn *c, uint64_t number, bool failed)
{
	uint64_t v = now_ns() - c->sent_at[number % SLOTS];
	int e = v < HIST_SUB ? 0 : 63 - __builtin_clzll(v) - 5;

	c->rx++;
	bench_failures += failed;
	if (measuring) {
		hist[e * HIST_SUB + (int)((v >> e) % HIST_SUB)]++;
		answered++;
	}
}

/* µs */
static double quantile(double q)
{
	uint64_t want = (uint64_t)((double)answered * q), seen = 0;

	for (int e = 0; e < 58; e++)
		for (int i = 0; i < HIST_SUB; i++)
			if ((seen += hist[e * HIST_SUB + i]) > want)
				return (double)((uint64_t)i << e) / 1e3;
	return 0;
}

static void submit(struct bench_conn *c)
{
	while (c->tx - c->rx < (uint64_t)bench.depth)
		add(c, bench_protocol->request(c->tx));
	flush(c);
}

static void serve(int ep, const struct epoll_event *event)
{
	struct bench_conn *c = event->data.ptr;
	struct epoll_event ev = {.data.ptr = c};
	bool wanted = c->want_write;

	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		fill(c);
	submit(c);
	if (c->want_write != wanted) {
		ev.events = EPOLLIN | (c->want_write ? EPOLLOUT : 0);
		epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev);
	}
}

struct counts {
	uint64_t at, server, self, bytes;
};

static struct counts count(void)
{
	return (struct counts){
		now_ns(), bench.pid != 0 ? process_ns(bench.pid) : 0, process_ns(0), bytes_in};
}

static void say(const struct counts *a)
{
	struct counts z = count();
	double n = answered != 0 ? (double)answered : 1;

	printf("{\"what\":\"%s\",\"conns\":%d,\"depth\":%d,\"answered\":%lu,\"qps\":%.0f,"
	       "\"p50_us\":%.1f,\"p99_us\":%.1f,\"srv_us\":%.2f,\"gen_us\":%.2f,\"bytes\":%.0f,"
	       "\"errors\":%lu,\"anon_mb\":%.1f}\n",
		bench.what, bench.conns, bench.depth, answered,
		(double)answered / ((double)(z.at - a->at) / 1e9), quantile(.5), quantile(.99),
		(double)(z.server - a->server) / 1e3 / n, (double)(z.self - a->self) / 1e3 / n,
		(double)(z.bytes - a->bytes) / n, bench_failures, bench_anonymous_kb() / 1024);
}

void bench_run(struct bench_conn *conns)
{
	int ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN}, evs[EVENTS];
	uint64_t t = now_ns(), end = UINT64_MAX, warm = t + (uint64_t)(bench.warmup * 1e9);
	struct counts start = {0};

	for (int i = 0; i < bench.conns; i++) {
		ev.data.ptr = &conns[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev);
		submit(&conns[i]);
	}
	while (t < end) {
		int n = epoll_wait(ep, evs, EVENTS, WAIT_MS);

		for (int i = 0; i < n; i++)
			serve(ep, &evs[i]);
		t = now_ns();
		if (!measuring && t >= warm) {
			measuring = true;
			start = count();
			end = start.at + (uint64_t)(bench.seconds * 1e9);
		}
	}
	say(&start);
	fflush(stdout);
	_exit(bench_failures != 0);
}
