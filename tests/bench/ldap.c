/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load generator for an LDAP server: the same loop with the few bytes of BER that a search of one
 * level needs, so that the client costs as little as that of the product. Prints one JSON line.
 *
 *   bench_ldap -p PORT -d PROFILE_DIR -q QUESTIONS [-m who|verify] [-c CONNECTIONS]
 *              [-n IN_FLIGHT] [-t SECONDS] [-w WARMUP] [-P SERVER_PID]
 *
 * A line of QUESTIONS has three columns with tabs between: values of iqRT, values of iqStatus, and
 * the expected values of iqId or a hyphen, each with spaces between.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "loop.h"

enum {
	BER_BOOL = 0x01,
	BER_INT = 0x02,
	BER_OCTETS = 0x04,
	BER_ENUM = 0x0a,
	BER_SEQUENCE = 0x30,
	LDAP_BIND = 0x60,
	LDAP_BOUND = 0x61,
	LDAP_SEARCH = 0x63,
	LDAP_ENTRY = 0x64,
	LDAP_DONE = 0x65,
	LDAP_SIMPLE = 0x80,
	LDAP_AND = 0xa0,
	LDAP_OR = 0xa1,
	LDAP_EQUAL = 0xa3,
	HEAD = 6,        /* a tag, 0x84 and a length of four bytes */
	FRAME = 1 << 16, /* of one question */
	ID_AT = HEAD + 2,
	IDS_MAX = 4096,
};

static const char *const attributes[] = {"iqId", "iqRole", "iqNote", "iqValidFrom", "o", "street",
	"postalCode", "l", "telephoneNumber", "mail", "iqContact"};

struct ber {
	uint8_t p[FRAME];
	size_t n;
};

struct question {
	struct bench_frame frame;
	char *expected;
};

static struct question *questions;
static size_t n_questions, next;
static long ids[IDS_MAX];
static size_t n_ids;
static bool keep_ids;

/* ---- writing ------------------------------------------------------------------------------- */

static size_t begin(struct ber *b, uint8_t tag)
{
	if (b->n + HEAD > sizeof(b->p))
		DIE("question too long");
	b->p[b->n] = tag;
	b->p[b->n + 1] = 0x84;
	b->n += HEAD;
	return b->n;
}

static void end(struct ber *b, size_t start)
{
	size_t n = b->n - start;

	for (size_t i = 1; i <= 4; i++, n >>= 8)
		b->p[start - i] = (uint8_t)n;
}

static void bytes(struct ber *b, uint8_t tag, const char *p, size_t n)
{
	size_t start = begin(b, tag);

	if (b->n + n > sizeof(b->p))
		DIE("question too long");
	memcpy(b->p + b->n, p, n);
	b->n += n;
	end(b, start);
}

static void text(struct ber *b, uint8_t tag, const char *s)
{
	bytes(b, tag, s, strlen(s));
}

static void number(struct ber *b, uint8_t tag, char value)
{
	bytes(b, tag, &value, 1);
}

/* (|(NAME=value)…) */
static void any_of(struct ber *b, const char *name, char *values)
{
	size_t either = begin(b, LDAP_OR);
	char *rest = NULL;

	for (char *v = strtok_r(values, " ", &rest); v != NULL; v = strtok_r(NULL, " ", &rest)) {
		size_t equal = begin(b, LDAP_EQUAL);

		text(b, BER_OCTETS, name);
		text(b, BER_OCTETS, v);
		end(b, equal);
	}
	end(b, either);
}

/* The message up to its number, which stands at ID_AT, four bytes. */
static size_t message(struct ber *b)
{
	size_t whole;

	b->n = 0;
	whole = begin(b, BER_SEQUENCE);
	memcpy(b->p + b->n, "\x02\x04\x00\x00\x00\x00", 6);
	b->n += 6;
	return whole;
}

static struct bench_frame copy(const struct ber *b)
{
	struct bench_frame f = {malloc(b->n), b->n};

	memcpy(f.p, b->p, b->n);
	return f;
}

static struct bench_frame search(char *keys, char *statuses)
{
	static struct ber b;
	size_t whole = message(&b), op = begin(&b, LDAP_SEARCH), both, list;

	text(&b, BER_OCTETS, "dc=iq");
	number(&b, BER_ENUM, 1); /* one level */
	number(&b, BER_ENUM, 0);
	number(&b, BER_INT, 0);
	number(&b, BER_INT, 0);
	number(&b, BER_BOOL, 0);
	both = begin(&b, LDAP_AND);
	any_of(&b, "iqRT", keys);
	any_of(&b, "iqStatus", statuses);
	end(&b, both);
	list = begin(&b, BER_SEQUENCE);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		text(&b, BER_OCTETS, attributes[i]);
	end(&b, list);
	end(&b, op);
	end(&b, whole);
	return copy(&b);
}

/* A message's number is one more than the request's: LDAP keeps 0 for itself. */
static void number_frame(struct bench_frame f, uint64_t request)
{
	for (size_t i = 0; i < 4; i++)
		f.p[ID_AT + i] = (uint8_t)((request + 1) >> (24 - 8 * i));
}

static struct bench_frame request(uint64_t count)
{
	struct bench_frame f = questions[next].frame;

	next = next + 1 == n_questions ? 0 : next + 1;
	number_frame(f, count);
	return f;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Bytes of tag and length; *body: of what follows. 0: not all there. */
static size_t head(const uint8_t *p, size_t n, size_t *body)
{
	size_t k;

	if (n < 2)
		return 0;
	*body = p[1];
	if (p[1] < 0x80)
		return 2;
	k = p[1] & 0x7f;
	if (k > 4 || n < 2 + k)
		return 0;
	*body = 0;
	for (size_t i = 0; i < k; i++)
		*body = *body << 8 | p[2 + i];
	return 2 + k;
}

static size_t size(const uint8_t *p, size_t n)
{
	size_t body = 0, h = head(p, n, &body);

	return h != 0 ? h + body : 0;
}

static void take(struct bench_conn *c, const uint8_t *p, size_t n)
{
	size_t body, h = head(p, n, &body), at = h + 2 + p[h + 1];
	uint64_t id = 0;

	for (size_t i = h + 2; i < at; i++)
		id = id << 8 | p[i];
	size_t op = head(p + at, n - at, &body);

	if (p[at] == LDAP_ENTRY && keep_ids && n_ids < IDS_MAX) {
		const char *dn = (const char *)p + at + op + head(p + at + op, n - at - op, &body);

		if (strncmp(dn, "iqId=", 5) != 0)
			DIE("name %.20s", dn);
		ids[n_ids++] = atol(dn + 5);
	}
	if (p[at] == LDAP_DONE || p[at] == LDAP_BOUND) /* their first member is the result's code */
		bench_answered(c, id - 1, p[at + op + 2] != 0);
	else if (p[at] != LDAP_ENTRY)
		DIE("message 0x%02x", p[at]);
}

/* Binds as nobody. */
static void greet(struct bench_conn *c)
{
	static struct ber b;
	size_t whole = message(&b), op = begin(&b, LDAP_BIND);

	number(&b, BER_INT, 3);
	text(&b, BER_OCTETS, "");
	text(&b, LDAP_SIMPLE, "");
	end(&b, op);
	end(&b, whole);
	number_frame((struct bench_frame){b.p, b.n}, c->tx);
	bench_ask(c, (struct bench_frame){b.p, b.n});
	if (bench_failures != 0)
		DIE("the server refuses to bind");
}

/* ---- questions ----------------------------------------------------------------------------- */

static void load(const char *path)
{
	static char line[FRAME];
	FILE *f = fopen(path, "r");
	size_t cap = 0;

	if (f == NULL)
		DIE("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		char *rest = NULL, *keys = strtok_r(line, "\t\n", &rest),
		     *statuses = strtok_r(NULL, "\t\n", &rest),
		     *expected = strtok_r(NULL, "\t\n", &rest);

		if (expected == NULL)
			DIE("%s: not three columns", path);
		if (n_questions == cap)
			questions = realloc(
				questions, (cap = cap ? cap * 2 : 4096) * sizeof(*questions));
		questions[n_questions++] =
			(struct question){search(keys, statuses), strdup(expected)};
	}
	fclose(f);
	if (n_questions == 0)
		DIE("%s: no questions", path);
}

static bool agree(char *expected)
{
	char *rest = NULL;
	size_t n = 0, found = 0;

	for (char *v = strtok_r(expected, " ", &rest); v != NULL; v = strtok_r(NULL, " ", &rest)) {
		if (strcmp(v, "-") == 0)
			continue;
		n++;
		for (size_t i = 0; i < n_ids; i++)
			found += ids[i] == atol(v);
	}
	return n == found && n == n_ids;
}

static int verify(struct bench_conn *c)
{
	unsigned long bad = 0;

	keep_ids = true;
	for (size_t i = 0; i < n_questions; i++) {
		n_ids = 0;
		number_frame(questions[i].frame, c->tx);
		bench_ask(c, questions[i].frame);
		bad += !agree(questions[i].expected);
	}
	printf("{\"what\":\"verify\",\"asked\":%zu,\"bad\":%lu}\n", n_questions, bad);
	return bad != 0;
}

int main(int argc, char **argv)
{
	static const struct bench_protocol ldap = {NULL, 0, greet, request, size, take};
	const char *mode = "who", *path = NULL;

	for (int o; (o = getopt(argc, argv, "p:d:q:m:c:n:t:w:P:")) != -1;) {
		if (o == 'q')
			path = optarg;
		else if (o == 'm')
			mode = optarg;
		else if (!bench_option(o, optarg))
			DIE("usage: see the top of tests/bench/ldap.c");
	}
	if (path == NULL)
		DIE("-q is missing");
	bench.what = mode;
	bench.anonymous = true;
	bench_protocol = &ldap;
	bench_setup();
	load(path);
	static struct bench_conn *conns;

	conns = calloc((size_t)bench.conns, sizeof(*conns));

	for (int i = 0; i < bench.conns; i++)
		bench_open(&conns[i], true);
	if (strcmp(mode, "verify") == 0)
		return verify(conns);
	bench_run(conns);
}
