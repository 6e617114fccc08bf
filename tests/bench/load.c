/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load generator for the product's protocol. Prints one JSON line.
 *
 *   bench_load -p PORT -d PROFILE_DIR -q QUERIES.csv [-m MODE] [-c CONNECTIONS] [-n IN_FLIGHT]
 *              [-t SECONDS] [-w WARMUP] [-P SERVER_PID] [-x EXPECTED.jsonl] [-r ROWS]
 *
 * who       certain rows of the asked task only (as the peers answer), no near misses
 * contacts  the same with the contact persons and a reason: what is confidential is audited
 * plain     the whole answer: possible rows, sub-tasks, near misses where nobody is responsible
 * verify    asks the questions of EXPECTED.jsonl once each and compares the ids
 * write     durable updates: one note of one of ROWS responsibilities per request
 * idle      opens C connections and holds them; prints the server's memory per connection
 * canned    the questions of who, asked of bench_canned
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "iq.pb-c.h"
#include "loop.h"

enum { ROWS = 100000, REQUEST_ID = 16, REQUEST_TIME = 6 };

static struct {
	const char *mode, *queries, *expected;
	long rows;
} opt = {"who", NULL, NULL, ROWS};

static struct bench_frame *frames;
static size_t nframes, next_frame;
static Iq__V1__Response *last;

/* ---- requests ------------------------------------------------------------------------------ */

static struct bench_frame pack(Iq__V1__Request *rq)
{
	size_t n = iq__v1__request__get_packed_size(rq);
	struct bench_frame f = {malloc(n + 4), n + 4};
	uint32_t be = htonl((uint32_t)n);

	memcpy(f.p, &be, 4);
	iq__v1__request__pack(rq, f.p + 4);
	return f;
}

static struct bench_frame question(
	char *task, char *region, char *status, bool plain, bool contacts)
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

static struct bench_frame next_question(uint64_t number)
{
	struct bench_frame f = frames[next_frame];

	(void)number;
	next_frame = next_frame + 1 == nframes ? 0 : next_frame + 1;
	return f;
}

/* As iqq makes them: the time in milliseconds, then randomness. */
static void make_id(uint8_t id[REQUEST_ID])
{
	struct timespec t = {0};
	uint64_t ms;

	clock_gettime(CLOCK_REALTIME, &t);
	ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	for (int i = REQUEST_TIME; i-- > 0; ms >>= 8)
		id[i] = (uint8_t)ms;
	if (getrandom(id + REQUEST_TIME, REQUEST_ID - REQUEST_TIME, 0) != REQUEST_ID - REQUEST_TIME)
		DIE("getrandom: %s", strerror(errno));
}

static struct bench_frame update(uint64_t number)
{
	static struct bench_frame f;
	char id[32], note[64];
	uint8_t request_id[REQUEST_ID];
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WriteRequest write_rq = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__KeyValue field = IQ__V1__KEY_VALUE__INIT, *fields = &field;

	snprintf(id, sizeof(id), "x-%ld", 1 + random() % opt.rows);
	snprintf(note, sizeof(note), "Raum %lu, Vorgang %d-%ld", number, getpid(), random());
	make_id(request_id);
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
	free(f.p);
	f = pack(&rq);
	return f;
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

/* ---- answers ------------------------------------------------------------------------------- */

static size_t size(const uint8_t *p, size_t n)
{
	uint32_t be;

	if (n < sizeof(be))
		return 0;
	memcpy(&be, p, sizeof(be));
	return sizeof(be) + (size_t)ntohl(be);
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

static void take(struct bench_conn *c, const uint8_t *p, size_t n)
{
	bench_answered(c, c->rx, is_error(p + 4, n - 4));
}

static void keep(struct bench_conn *c, const uint8_t *p, size_t n)
{
	last = iq__v1__response__unpack(NULL, n - 4, p + 4);
	c->rx++;
}

/* ---- verify -------------------------------------------------------------------------------- */

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

static bool check(struct bench_conn *c, const char *line)
{
	char *t = json_text(line, "task"), *r = json_text(line, "region"),
	     *s = json_text(line, "status");
	struct bench_frame q = question(t, r, s, false, false);
	bool ok;

	bench_ask(c, q);
	ok = last != NULL && last->result_case == IQ__V1__RESPONSE__RESULT_WHO &&
	     ids_agree(line, last->who);
	if (!ok && bench_failures++ < 3)
		fprintf(stderr, "wrong answer for %s %s %s\n", t, r, s);
	iq__v1__response__free_unpacked(last, NULL);
	free(q.p), free(t), free(r), free(s);
	return ok;
}

static int verify(struct bench_conn *c)
{
	static char line[1 << 16];
	FILE *f = fopen(opt.expected, "r");
	unsigned long asked = 0, bad = 0;

	if (f == NULL)
		DIE("%s: %s", opt.expected, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		asked++;
		bad += !check(c, line);
	}
	fclose(f);
	printf("{\"what\":\"verify\",\"asked\":%lu,\"bad\":%lu}\n", asked, bad);
	return bad != 0 || asked == 0;
}

/* ---- idle ---------------------------------------------------------------------------------- */

static int idle(const struct bench_conn *conns, double before_kb)
{
	double after = bench_anonymous_kb();
	int held = 0;

	for (int i = 0; i < bench.conns; i++) {
		char byte;
		ssize_t n = recv(conns[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

		held += n > 0 || (n < 0 && errno == EAGAIN);
	}
	printf("{\"what\":\"idle\",\"conns\":%d,\"held\":%d,\"kb_per_conn\":%.1f,\"anon_mb\":%.1f}"
	       "\n",
		bench.conns, held, (after - before_kb) / bench.conns, after / 1024);
	return held != bench.conns;
}

static bool mode_is(const char *name)
{
	return strcmp(opt.mode, name) == 0;
}

static void options(int argc, char **argv)
{
	for (int o; (o = getopt(argc, argv, "p:d:q:m:c:n:t:w:P:x:r:")) != -1;) {
		switch (o) {
		case 'q':
			opt.queries = optarg;
			break;
		case 'm':
			opt.mode = optarg;
			break;
		case 'x':
			opt.expected = optarg;
			break;
		case 'r':
			opt.rows = atol(optarg);
			break;
		default:
			if (!bench_option(o, optarg))
				DIE("usage: see the top of tests/bench/load.c");
		}
	}
	if (opt.rows < 1)
		DIE("-r is at least 1");
}

int main(int argc, char **argv)
{
	static struct bench_protocol iq = {
		(const unsigned char *)"\x04iq/1", 5, NULL, next_question, size, take};

	options(argc, argv);
	bench.what = opt.mode;
	bench_protocol = &iq;
	bench_setup();
	if (opt.queries != NULL)
		load_questions(mode_is("plain"), mode_is("contacts"));
	if (mode_is("verify"))
		iq.take = keep;
	if (mode_is("write"))
		iq.request = update;
	else if (nframes == 0 && !mode_is("verify") && !mode_is("idle"))
		DIE("no questions: give -q");
	static struct bench_conn *conns;

	conns = calloc((size_t)bench.conns, sizeof(*conns));
	double before = bench_anonymous_kb();

	for (int i = 0; i < bench.conns; i++)
		bench_open(&conns[i], !mode_is("idle"));
	if (mode_is("verify"))
		return verify(conns);
	if (mode_is("idle"))
		return idle(conns, before);
	bench_run(conns);
}
