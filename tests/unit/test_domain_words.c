/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_world.h"
#include "bounds.h"
#include "term.h"

/* Positional words: joint assignment to task, status and region. */

enum { WORDS = IQ_LIMIT_WORDS + 1 };

static size_t split(const char *text, struct iq_str *words)
{
	struct iq_str rest = iq_str(text);
	size_t n = 0;

	while (*text && n < WORDS && iq_str_cut(&rest, ' ', &words[n]))
		n++;
	return n;
}

static void part(struct iq_buf *b, const struct iq_names *names, enum iq_kind kind,
	const struct iq_resolved *r)
{
	for (size_t i = 0; i < r->n; i++)
		iq_buf_printf(b, "%s%.*s",
			i      ? ","
			: b->n ? " "
			       : "",
			IQ_STR_ARG(names->id(names->ctx, kind, r->num[i])));
	if (r->n == 0)
		iq_buf_printf(b, "%s-", b->n ? " " : "");
}

/*
 * The reading as "task status region", or the error's name with its candidates as "kind:term:id".
 * `taken`: letters t, s, r of what a flag has given.
 */
static const char *read_words(
	struct world *w, const char *text, const char *taken, struct iq_error *error)
{
	const struct iq_names *names = iq_directory_names(w->dir, false);
	struct iq_words io;
	struct iq_str words[WORDS];
	size_t n = split(text, words);
	struct iq_buf b;
	const char *out;
	enum iq_err err;

	memset(&io, 0, sizeof(io));
	if (strchr(taken, 't'))
		io.task = (struct iq_resolved){.n = 1, .num = {1}};
	if (strchr(taken, 's'))
		io.status = (struct iq_resolved){.n = 1, .num = {1}};
	if (strchr(taken, 'r'))
		io.region = (struct iq_resolved){.n = 1, .num = {1}};
	iq_error_init(error, &w->arena);
	err = iq_words_resolve(names, words, n, &w->arena, &io, error);
	assert_int_equal(err, error->code);
	iq_buf_init(&b, 0);
	if (err == IQ_OK) {
		part(&b, names, IQ_TASK, &io.task);
		part(&b, names, IQ_STATUS, &io.status);
		part(&b, names, IQ_REGION, &io.region);
	} else {
		iq_buf_printf(&b, "%s", iq_err_name(err));
		assert_non_null(error->text);
		assert_non_null(error->hint);
	}
	for (size_t i = 0; i < error->ncandidates; i++)
		iq_buf_printf(&b, " %.*s:%.*s:%.*s", IQ_STR_ARG(error->candidates[i].kind),
			IQ_STR_ARG(error->candidates[i].term), IQ_STR_ARG(error->candidates[i].id));
	out = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return out;
}

static void check(struct world *w, const char *text, const char *taken, const char *expect)
{
	struct iq_error error;
	const char *got = read_words(w, text, taken, &error);

	if (strcmp(got, expect) != 0)
		fail_msg("\"%s\" (%s): got \"%s\", expected \"%s\"", text, taken, got, expect);
}

static void small(struct world *w)
{
	world_init(w);
	world_put(w, IQ_REGION, "id", "de", "kind", "country", "aliases", "Bund", NULL);
	world_put(w, IQ_REGION, "id", "leipzig", "parent", "de", "kind", "city", "aliases",
		"L;Stadt L", NULL);
	world_put(w, IQ_REGION, "id", "lk-leipzig", "parent", "de", "kind", "district", NULL);
	world_put(w, IQ_REGION, "id", "neustadt-a", "parent", "de", "kind", "city", "name_de",
		"Neustadt", NULL);
	world_put(w, IQ_REGION, "id", "neustadt-b", "parent", "de", "kind", "city", "name_de",
		"Neustadt", NULL);
	world_put(w, IQ_POSTCODE, "id", "01067-leipzig", "postcode", "01067", "region", "leipzig",
		NULL);
	world_put(w, IQ_POSTCODE, "id", "01067-lk-leipzig", "postcode", "01067", "region",
		"lk-leipzig", NULL);
	world_put(w, IQ_TASK, "id", "course", "name_de", "Sprachkurs", "aliases",
		"Deutsch lernen;Arbeit;Duldung;Verfahren;Kurs;Kurs Stadt", NULL);
	world_put(w, IQ_TASK, "id", "money", "name_de", "Geld vom Amt", NULL);
	world_put(w, IQ_TASK, "id", "permit", "name_de", "Arbeit Erlaubnis", "aliases", "Neustadt",
		NULL);
	world_put(w, IQ_STATUS, "id", "asylum", "name_de", "Gestattung", "aliases", "Verfahren",
		NULL);
	world_put(w, IQ_STATUS, "id", "tolerated", "name_de", "Geduldete", "aliases",
		"Duldung;Bund;money", NULL);
	world_put(w, IQ_STATUS, "id", "erlaubnis", NULL);
	world_index(w);
}

static void test_words(void **state)
{
	static const struct {
		const char *words, *taken, *expect;
	} table[] = {
		{"", "", "- - -"},
		{"leipzig", "", "- - leipzig"},
		{"Sprachkurs Gestattung Leipzig", "", "course asylum leipzig"},
		{"Leipzig Gestattung Sprachkurs", "", "course asylum leipzig"},
		{"Gestattung Leipzig", "", "- asylum leipzig"},
		{"Sprachkurs LK Leipzig", "", "course - lk-leipzig"},
		{"LK Leipzig Geld vom Amt", "", "money - lk-leipzig"},
		{"Geld vom Amt Duldung LK Leipzig", "", "money tolerated lk-leipzig"},
		{"Deutsch lernen Leipzig", "", "course - leipzig"},
		/* a postcode with several regions is no ambiguity */
		{"Sprachkurs 01067", "", "course - leipzig,lk-leipzig"},
		/* what a flag has given is not filled again */
		{"Duldung Leipzig", "t", "course tolerated leipzig"},
		{"Duldung Leipzig", "s", "course asylum leipzig"},
		/* the better stages win: name and id over aliases */
		{"Arbeit Erlaubnis", "", "permit - -"},
		{"Sprachkurs Duldung", "", "course tolerated -"},
		{"money", "", "money - -"},
		/* two ways to cut that say the same are no tie */
		{"Kurs Stadt L", "", "course - leipzig"},
		/* one record rather than several */
		{"Neustadt", "", "permit - -"},
	};
	struct world w;

	(void)state;
	small(&w);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		check(&w, table[i].words, table[i].taken, table[i].expect);
	world_free(&w);
}

static void test_ambiguous(void **state)
{
	struct world w;
	struct iq_error error;

	(void)state;
	small(&w);
	/* one candidate per reading, the part that differs first */
	check(&w, "Duldung", "", "ambiguous-term task:Duldung:course status:Duldung:tolerated");
	check(&w, "Duldung Leipzig", "",
		"ambiguous-term task:Duldung:course status:Duldung:tolerated");
	read_words(&w, "Duldung Leipzig", "", &error);
	assert_int_equal(error.candidates[0].ndetail, 2);
	assert_true(iq_str_is(error.candidates[0].detail[0], "task=course"));
	assert_true(iq_str_is(error.candidates[0].detail[1], "region=leipzig"));
	assert_true(iq_str_is(error.candidates[1].detail[0], "status=tolerated"));
	/* both ways round */
	check(&w, "Duldung Verfahren", "",
		"ambiguous-term status:Verfahren:asylum status:Duldung:tolerated");
	/* a word with several matches: those are listed */
	check(&w, "Sprachkurs Neustadt", "",
		"ambiguous-term region:Neustadt:neustadt-a region:Neustadt:neustadt-b");
	world_free(&w);
}

static void test_unknown(void **state)
{
	struct world w;
	struct iq_error error;

	(void)state;
	small(&w);
	check(&w, "Sprachkurz Leipzig", "", "unknown-term task:Sprachkurz:course");
	read_words(&w, "Sprachkurz Leipzig", "", &error);
	assert_true(iq_str_is(error.args[0], "\"Sprachkurz\""));
	check(&w, "Sprachkurz Gestatung", "",
		"unknown-term task:Sprachkurz:course status:Gestatung:asylum");
	read_words(&w, "Sprachkurz Gestatung Leipzig", "", &error);
	assert_true(iq_str_is(error.args[0], "\"Sprachkurz\", \"Gestatung\""));
	/* neighbours are tried together first */
	check(&w, "LK Leipzg", "", "unknown-term region:LK Leipzg:lk-leipzig");
	/* only what is free is suggested; one dimension has its own words */
	check(&w, "Leipzg", "ts", "unknown-term region:Leipzg:leipzig region:Leipzg:lk-leipzig");
	read_words(&w, "Leipzg", "ts", &error);
	assert_string_equal(error.text, "Region \"{0}\" is unknown.");
	check(&w, "Leipzig", "r", "unknown-term");
	check(&w, "Gestatung", "s", "unknown-term");
	check(&w, "xyzzy", "", "unknown-term");
	check(&w, "§", "", "unknown-term");
	world_free(&w);
}

static void test_usage(void **state)
{
	struct world w;

	(void)state;
	small(&w);
	/* every word means something, but two mean the same dimension */
	check(&w, "Leipzig Bund Sprachkurs Gestattung", "",
		"usage region:Leipzig:leipzig status:Bund:tolerated region:Bund:de "
		"task:Sprachkurs:course status:Gestattung:asylum");
	check(&w, "Leipzig", "tsr", "usage");
	check(&w, "1 2 3 4 5 6 7 8 9 10 11 12 13", "", "usage");
	check(&w, "1 2 3 4 5 6 7 8 9 10 11 12", "", "unknown-term");
	world_free(&w);
}

static void test_little_memory(void **state)
{
	struct world w;
	struct iq_str words[] = {
		IQ_STR("Geld"), IQ_STR("vom"), IQ_STR("Amt"), IQ_STR("LK"), IQ_STR("Leipzig")};
	unsigned busy = 0;
	enum iq_err err;
	size_t cap = 64;

	(void)state;
	small(&w);
	do {
		struct iq_arena little;
		struct iq_error error;
		struct iq_words io;

		memset(&io, 0, sizeof(io));
		iq_arena_init(&little, cap);
		iq_error_init(&error, &w.arena);
		err = iq_words_resolve(
			iq_directory_names(w.dir, false), words, 5, &little, &io, &error);
		iq_arena_free(&little);
		if (err != IQ_OK) {
			assert_int_equal(err, IQ_ERR_BUSY);
			busy++;
		}
		cap += 256;
	} while (err != IQ_OK && cap < 1u << 20);
	assert_int_equal(err, IQ_OK);
	assert_true(busy > 0);
	world_free(&w);
}

static void test_saxony(void **state)
{
	static const struct {
		const char *words, *expect;
	} table[] = {
		{"Sprachkurs Gestattung Leipzig", "language asylum-seeker leipzig"},
		{"Arbeitserlaubnis Duldung LK Leipzig", "work-permit tolerated lk-leipzig"},
		{"Integrationskurs Dresden", "integration-course - dresden"},
		{"I-Kurs Görlitz Duldung", "integration-course tolerated goerlitz"},
		{"dresden integration-course", "integration-course - dresden"},
		{"Duldung Leipzig",
			"ambiguous-term task:Duldung:toleration status:Duldung:tolerated"},
	};
	struct world w;

	(void)state;
	world_init(&w);
	world_saxony(&w);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		check(&w, table[i].words, "", table[i].expect);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_little_memory),
		cmocka_unit_test(test_saxony),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
