/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_world.h"
#include "bounds.h"
#include "term.h"

/* domain.md "Finding terms": keys, stages, suggestions. */

static void small(struct world *w)
{
	world_init(w);
	world_put(w, IQ_REGION, "id", "de", "kind", "country", "ars", "000000000000", "name_de",
		"Deutschland", "name_en", "Germany", NULL);
	world_put(w, IQ_REGION, "id", "land-berlin", "parent", "de", "kind", "state", "ars",
		"110000000000", "name_de", "Berlin", NULL);
	world_put(w, IQ_REGION, "id", "berlin-city", "parent", "land-berlin", "kind", "city", "ars",
		"110000000000", "name_de", "Berlin", NULL);
	world_put(w, IQ_REGION, "id", "ost", "parent", "de", "kind", "state", "ars", "140000000000",
		"name_de", "Ostland", NULL);
	world_put(w, IQ_REGION, "id", "goerlitz", "parent", "ost", "kind", "municipality", "ars",
		"146260110110", "name_de", "Görlitz", "aliases", "Zhorjelc;Zgorzelec", NULL);
	world_put(w, IQ_REGION, "id", "weiss", "parent", "ost", "kind", "municipality", "ars",
		"146265242600", "name_de", "Weißwasser/O.L. / Běła Woda", NULL);
	world_put(w, IQ_REGION, "id", "neustadt-1", "parent", "ost", "kind", "municipality", "ars",
		"145220600000", "name_de", "Neustadt", NULL);
	world_put(w, IQ_REGION, "id", "neustadt-2", "parent", "ost", "kind", "municipality", "ars",
		"145225555060", "name_de", "Neustadt", "aliases", "Altstadt", NULL);
	world_put(w, IQ_REGION, "id", "altstadt", "parent", "ost", "kind", "municipality",
		"name_de", "Altes Dorf", "aliases", "Neustadt", NULL);
	world_put(w, IQ_POSTCODE, "id", "01067-goerlitz", "postcode", "01067", "region", "goerlitz",
		NULL);
	world_put(
		w, IQ_POSTCODE, "id", "14000-weiss", "postcode", "14000", "region", "weiss", NULL);
	world_put(w, IQ_POSTCODE, "id", "14000-goerlitz", "postcode", "14000", "region", "goerlitz",
		NULL);
	world_put(w, IQ_TASK, "id", "course", "name_de", "Integrationskurs", "name_en",
		"Integration course", "aliases", "I-Kurs;§ 44", "leika", "99010001001000", NULL);
	world_put(
		w, IQ_TASK, "id", "course-fee", "parent", "course", "name_de", "Kursgebühr", NULL);
	world_put(w, IQ_STATUS, "id", "tolerated", "name_de", "Geduldete", "aliases", "Duldung",
		NULL);
	world_put(w, IQ_KIND, "id", "office", "name_de", "Amt", NULL);
	world_put(w, IQ_INSTITUTION, "id", "abh", "kind", "office", "region", "goerlitz", "name_de",
		"Ausländerbehörde", "aliases", "ABH Görlitz", NULL);
	world_put(w, IQ_CONTACT, "id", "abh-1", "institution", "abh", "name", "Max Mustermann",
		"visibility", "public", NULL);
	world_index(w);
}

/* ---- keys ---------------------------------------------------------------------------------- */

static void check_keys(struct world *w, enum iq_kind kind, const char *id, const char *expect)
{
	static const char letters[] = {'i', 'n', 'a', 'p', 's', 'l'}; /* by stage */
	static struct iq_key keys[IQ_KEYS_MAX];
	iq_num num = world_num(w, kind, id);
	size_t n = iq_term_keys(iq_directory_get(w->dir, kind, num), 4711, &w->arena, keys);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(keys[i].num, 4711);
		iq_buf_printf(&b, "%s%c:%.*s", i ? " " : "", letters[keys[i].stage],
			IQ_STR_ARG(keys[i].key));
	}
	iq_buf_byte(&b, 0);
	if (strcmp((const char *)b.p, expect) != 0)
		fail_msg("%s: got %s, expected %s", id, (const char *)b.p, expect);
	iq_buf_free(&b);
}

static void test_keys(void **state)
{
	struct world w;

	(void)state;
	small(&w);
	check_keys(&w, IQ_REGION, "de", "n:deutschland n:germany s:a00 s:g00");
	check_keys(&w, IQ_REGION, "goerlitz",
		"n:goerlitz n:gorlitz a:zhorjelc a:zgorzelec s:a14626011011 s:g1462611");
	check_keys(&w, IQ_REGION, "weiss", "n:weisswasser-o-l-bela-woda s:a1462652426 s:g146266");
	check_keys(&w, IQ_REGION, "berlin-city", "n:berlin s:a11 s:g11");
	check_keys(&w, IQ_POSTCODE, "01067-goerlitz", "p:01067");
	check_keys(&w, IQ_TASK, "course",
		"n:integrationskurs n:integration-course a:i-kurs a:44 l:99010001001000");
	check_keys(&w, IQ_STATUS, "tolerated", "n:geduldete a:duldung");
	check_keys(&w, IQ_KIND, "office", "n:amt");
	check_keys(&w, IQ_INSTITUTION, "abh",
		"n:auslaenderbehoerde n:auslanderbehorde a:abh-goerlitz a:abh-gorlitz");
	check_keys(&w, IQ_CONTACT, "abh-1", "n:max-mustermann");
	world_free(&w);
}

/* A record full of aliases has room for all its keys. */
static void test_many_aliases(void **state)
{
	static struct iq_key keys[IQ_KEYS_MAX];
	struct iq_str alias[IQ_LIMIT_SET];
	struct iq_rec rec = world_rec(IQ_REGION);
	struct world w;
	struct iq_str name = IQ_STR("Ä"), ars = IQ_STR("123456789012");

	(void)state;
	world_init(&w);
	for (int i = 0; i < IQ_LIMIT_SET; i++)
		alias[i] = iq_str(iq_arena_printf(&w.arena, "Ö %d", i));
	rec.col[IQ_REGION_NAME_DE] = (struct iq_value){&name, 1};
	rec.col[IQ_REGION_ARS] = (struct iq_value){&ars, 1};
	rec.col[IQ_REGION_ALIASES] = (struct iq_value){alias, IQ_LIMIT_SET};
	assert_int_equal(iq_term_keys(&rec, 1, &w.arena, keys), 2 + 2 * IQ_LIMIT_SET + 2);
	world_free(&w);
}

/* ---- lookup -------------------------------------------------------------------------------- */

static const struct {
	enum iq_kind kind;
	const char *term;
	enum iq_stage stage;
	const char *expect; /* ids, "" if unknown */
} lookups[] = {
	{IQ_REGION, "goerlitz", IQ_STAGE_ID, "goerlitz"},
	{IQ_REGION, "Görlitz", IQ_STAGE_ID, "goerlitz"},
	{IQ_REGION, "GÖRLITZ", IQ_STAGE_ID, "goerlitz"},
	{IQ_REGION, "Gorlitz", IQ_STAGE_NAME, "goerlitz"},
	{IQ_REGION, "zhorjelc", IQ_STAGE_ALIAS, "goerlitz"},
	{IQ_REGION, "Weisswasser O.L., Bela Woda", IQ_STAGE_NAME, "weiss"},
	{IQ_REGION, "Germany", IQ_STAGE_NAME, "de"},
	{IQ_REGION, "Berlin", IQ_STAGE_NAME, "berlin-city land-berlin"},
	{IQ_REGION, "Neustadt", IQ_STAGE_NAME, "neustadt-1 neustadt-2"},
	{IQ_REGION, "Altstadt", IQ_STAGE_ID, "altstadt"},
	{IQ_REGION, "01067", IQ_STAGE_POSTCODE, "goerlitz"},
	{IQ_REGION, " 01067 ", IQ_STAGE_POSTCODE, "goerlitz"},
	{IQ_REGION, "14000", IQ_STAGE_POSTCODE, "goerlitz weiss"},
	{IQ_REGION, "1067", IQ_STAGE_ID, ""},
	{IQ_REGION, "11", IQ_STAGE_ARS, "berlin-city"},
	{IQ_REGION, "11000000", IQ_STAGE_ARS, "berlin-city"},
	{IQ_REGION, "110000000000", IQ_STAGE_ARS, "berlin-city"},
	{IQ_REGION, "000000000000", IQ_STAGE_ARS, "de"},
	{IQ_REGION, "00", IQ_STAGE_ARS, "de"},
	{IQ_REGION, "0", IQ_STAGE_ID, ""},
	{IQ_REGION, "14", IQ_STAGE_ARS, "ost"},
	{IQ_REGION, "140", IQ_STAGE_ARS, "ost"},
	{IQ_REGION, "146260110110", IQ_STAGE_ARS, "goerlitz"},
	{IQ_REGION, "14626011011", IQ_STAGE_ARS, "goerlitz"},
	{IQ_REGION, "14626110", IQ_STAGE_ARS, "goerlitz"},
	{IQ_REGION, "1462611", IQ_STAGE_ID, ""},
	/* as AGS of one place and as ARS of another: both are listed */
	{IQ_REGION, "14522060", IQ_STAGE_ARS, "neustadt-1 neustadt-2"},
	{IQ_REGION, "1462601101101", IQ_STAGE_ID, ""},
	{IQ_REGION, "Görlit", IQ_STAGE_ID, ""},
	{IQ_REGION, "", IQ_STAGE_ID, ""},
	{IQ_REGION, "--", IQ_STAGE_ID, ""},
	{IQ_TASK, "01067", IQ_STAGE_ID, ""},
	{IQ_TASK, "I-Kurs", IQ_STAGE_ALIAS, "course"},
	{IQ_TASK, "i kurs", IQ_STAGE_ALIAS, "course"},
	{IQ_TASK, "§ 44", IQ_STAGE_ALIAS, "course"},
	{IQ_TASK, "Kursgebuhr", IQ_STAGE_NAME, "course-fee"},
	{IQ_TASK, "99010001001000", IQ_STAGE_LEIKA, "course"},
	{IQ_TASK, "9901000100100", IQ_STAGE_ID, ""},
	{IQ_STATUS, "DULDUNG", IQ_STAGE_ALIAS, "tolerated"},
	{IQ_INSTITUTION, "ABH Gorlitz", IQ_STAGE_ALIAS, "abh"},
	{IQ_CONTACT, "max mustermann", IQ_STAGE_NAME, "abh-1"},
	{IQ_CONTACT, "abh-1", IQ_STAGE_ID, "abh-1"},
};

static void check_lookup(struct world *w, enum iq_kind kind, const char *term, enum iq_stage stage,
	const char *expect)
{
	const struct iq_names *names = iq_directory_names(w->dir, false);
	struct iq_resolved r;
	struct iq_buf b;

	iq_term_lookup(names, kind, iq_str(term), &w->arena, &r);
	iq_buf_init(&b, 0);
	for (size_t i = 0; i < r.n; i++)
		iq_buf_printf(&b, "%s%.*s", i ? " " : "",
			IQ_STR_ARG(names->id(names->ctx, kind, r.num[i])));
	iq_buf_byte(&b, 0);
	if (strcmp((const char *)b.p, expect) != 0 || (r.n && r.stage != stage))
		fail_msg("%s: got \"%s\" in stage %d, expected \"%s\" in stage %d", term,
			(const char *)b.p, (int)r.stage, expect, (int)stage);
	iq_buf_free(&b);
}

static void test_lookup(void **state)
{
	struct world w;

	(void)state;
	small(&w);
	for (size_t i = 0; i < sizeof(lookups) / sizeof(*lookups); i++)
		check_lookup(
			&w, lookups[i].kind, lookups[i].term, lookups[i].stage, lookups[i].expect);
	world_free(&w);
}

/* What people write, on the real vocabulary. */
static void test_saxony(void **state)
{
	static const struct {
		enum iq_kind kind;
		const char *term;
		enum iq_stage stage;
		const char *expect;
	} table[] = {
		{IQ_REGION, "Meissen", IQ_STAGE_ID, "meissen"},
		{IQ_REGION, "Meißen", IQ_STAGE_ID, "meissen"},
		{IQ_REGION, "Gorlitz", IQ_STAGE_NAME, "goerlitz"},
		{IQ_REGION, "Leipzig", IQ_STAGE_ID, "leipzig"},
		{IQ_REGION, "LK Leipzig", IQ_STAGE_ID, "lk-leipzig"},
		{IQ_REGION, "Landkreis Leipzig", IQ_STAGE_NAME, "lk-leipzig"},
		{IQ_REGION, "01067", IQ_STAGE_POSTCODE, "dresden"},
		{IQ_REGION, "01936", IQ_STAGE_POSTCODE,
			"grossnaundorf koenigsbrueck laussnitz neukirch schwepnitz"},
		{IQ_REGION, "14612", IQ_STAGE_ARS, "dresden"},
		{IQ_REGION, "14612000", IQ_STAGE_ARS, "dresden"},
		{IQ_REGION, "146120000000", IQ_STAGE_ARS, "dresden"},
		{IQ_REGION, "110000000000", IQ_STAGE_ARS, "berlin"},
		{IQ_REGION, "Bernsdorf", IQ_STAGE_NAME, "bernsdorf-bautzen bernsdorf-zwickau"},
		{IQ_REGION, "Budysin", IQ_STAGE_ID, ""},
		{IQ_TASK, "I-Kurs", IQ_STAGE_ALIAS, "integration-course"},
		{IQ_STATUS, "Duldung", IQ_STAGE_ALIAS, "tolerated"},
		{IQ_INSTITUTION, "ABH Dresden", IQ_STAGE_ID, "abh-dresden"},
	};
	struct world w;

	(void)state;
	world_init(&w);
	world_saxony(&w);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		check_lookup(&w, table[i].kind, table[i].term, table[i].stage, table[i].expect);
	world_free(&w);
}

/* ---- resolution and suggestions ------------------------------------------------------------ */

static enum iq_err resolve(struct world *w, enum iq_kind kind, const char *term, bool english,
	struct iq_resolved *out, struct iq_error *error)
{
	iq_error_init(error, &w->arena);
	return iq_term_resolve(
		iq_directory_names(w->dir, english), kind, iq_str(term), &w->arena, out, error);
}

static void test_resolve(void **state)
{
	struct world w;
	struct iq_resolved r;
	struct iq_error e;

	(void)state;
	small(&w);
	assert_int_equal(resolve(&w, IQ_REGION, "Görlitz", false, &r, &e), IQ_OK);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.num[0], world_num(&w, IQ_REGION, "goerlitz"));
	assert_int_equal(e.code, IQ_OK);

	/* several regions of a postcode are for the caller */
	assert_int_equal(resolve(&w, IQ_REGION, "14000", false, &r, &e), IQ_OK);
	assert_int_equal(r.n, 2);

	assert_int_equal(resolve(&w, IQ_REGION, "Neustadt", false, &r, &e), IQ_ERR_AMBIGUOUS);
	assert_int_equal(e.code, IQ_ERR_AMBIGUOUS);
	assert_string_equal(e.text, "Several regions are called \"{0}\".");
	assert_true(iq_str_is(e.args[0], "Neustadt"));
	assert_non_null(e.hint);
	assert_int_equal(e.ncandidates, 2);
	assert_true(iq_str_is(e.candidates[0].kind, "region"));
	assert_true(iq_str_is(e.candidates[0].term, "Neustadt"));
	assert_true(iq_str_is(e.candidates[0].id, "neustadt-1"));
	assert_true(iq_str_is(e.candidates[0].name, "Neustadt"));
	assert_true(iq_str_is(e.candidates[1].id, "neustadt-2"));

	assert_int_equal(
		resolve(&w, IQ_TASK, "Integrationskurz", true, &r, &e), IQ_ERR_UNKNOWN_TERM);
	assert_int_equal(e.code, IQ_ERR_UNKNOWN_TERM);
	assert_string_equal(e.text, "Task \"{0}\" is unknown.");
	assert_string_equal(
		e.hint, "Did you mean one of the suggestions? `iqq list tasks` shows all.");
	assert_int_equal(e.ncandidates, 1);
	assert_true(iq_str_is(e.candidates[0].kind, "task"));
	assert_true(iq_str_is(e.candidates[0].id, "course"));
	assert_true(iq_str_is(e.candidates[0].name, "Integration course"));

	assert_int_equal(resolve(&w, IQ_TASK, "xyzzy", true, &r, &e), IQ_ERR_UNKNOWN_TERM);
	assert_int_equal(e.ncandidates, 0);
	assert_string_equal(e.hint, "`iqq list tasks` shows all tasks.");
	world_free(&w);
}

/* Every kind has its own words for what is wrong. */
static void test_texts(void **state)
{
	struct world w;
	struct iq_resolved r;
	struct iq_error e;
	const char *seen[IQ_KINDS];

	(void)state;
	small(&w);
	for (int k = 0; k < IQ_KINDS; k++) {
		assert_int_equal(
			resolve(&w, (enum iq_kind)k, "xyzzy", false, &r, &e), IQ_ERR_UNKNOWN_TERM);
		assert_non_null(e.text);
		assert_non_null(strstr(e.text, "{0}"));
		assert_non_null(strstr(e.hint, iq_schemas[k].file));
		seen[k] = e.text;
		for (int i = 0; i < k; i++)
			assert_string_not_equal(seen[i], e.text);
	}
	world_free(&w);
}

static void check_suggest(
	struct world *w, enum iq_kind kind, const char *term, size_t max, const char *expect)
{
	const struct iq_names *names = iq_directory_names(w->dir, false);
	iq_num num[16];
	size_t n = iq_term_suggest(names, kind, iq_str(term), &w->arena, num, max);
	struct iq_buf b;

	assert_true(n <= max);
	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++)
		iq_buf_printf(&b, "%s%.*s", i ? " " : "",
			IQ_STR_ARG(names->id(names->ctx, kind, num[i])));
	iq_buf_byte(&b, 0);
	if (strcmp((const char *)b.p, expect) != 0)
		fail_msg("%s: got \"%s\", expected \"%s\"", term, (const char *)b.p, expect);
	iq_buf_free(&b);
}

static void test_suggest(void **state)
{
	static const char *const ids[] = {"berg", "bergen", "bergheim", "berk", "neu-berg",
		"bergwald-nord", "bergwald-sued", "waldheim", "nora", NULL};
	static const struct {
		const char *term;
		size_t max;
		const char *expect;
	} table[] = {
		/* beginnings, the shortest first, then by id */
		{"Bergw", 5, "bergwald-nord bergwald-sued berg neu-berg"},
		{"be", 3, "berg berk bergen"},
		/* the best of a record counts */
		{"bergheim", 5, "bergheim"},
		/* near spellings, less edits first */
		{"Borg", 5, "berg neu-berg"},
		{"wladheim", 5, "waldheim"},
		/* words in a name come last */
		{"neu", 1, "neu-berg"},
		{"nord", 5, "nora bergwald-nord"},
		{"xyzzy", 5, ""},
		{"", 5, ""},
		{"be", 0, ""},
		/* one letter is no beginning */
		{"w", 5, ""},
	};
	struct world w;

	(void)state;
	world_init(&w);
	world_put(&w, IQ_REGION, "id", "de", "kind", "country", NULL);
	for (int i = 0; ids[i]; i++)
		world_put(
			&w, IQ_REGION, "id", ids[i], "parent", "de", "kind", "municipality", NULL);
	world_index(&w);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		check_suggest(&w, IQ_REGION, table[i].term, table[i].max, table[i].expect);
	world_free(&w);
}

static bool suggests(struct world *w, enum iq_kind kind, const char *term, const char *id)
{
	iq_num num[IQ_LIMIT_SUGGESTIONS];
	size_t n = iq_term_suggest(iq_directory_names(w->dir, false), kind, iq_str(term), &w->arena,
		num, IQ_LIMIT_SUGGESTIONS);

	for (size_t i = 0; i < n; i++) {
		if (num[i] == world_num(w, kind, id))
			return true;
	}
	return false;
}

static void test_suggest_saxony(void **state)
{
	static const struct {
		enum iq_kind kind;
		const char *term, *id;
	} table[] = {
		{IQ_TASK, "Sprachkurz", "language"},
		{IQ_REGION, "Meisen", "meissen"},
		{IQ_REGION, "Dresdn", "dresden"},
		{IQ_REGION, "Görliz", "goerlitz"},
		{IQ_REGION, "Weißwasser", "weisswasser-o-l"},
		{IQ_REGION, "Budyšin", "bautzen"},
		{IQ_STATUS, "Dulding", "tolerated"},
		{IQ_TASK, "Integrationskur", "integration-course"},
	};
	struct world w;

	(void)state;
	world_init(&w);
	world_saxony(&w);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!suggests(&w, table[i].kind, table[i].term, table[i].id))
			fail_msg("%s does not suggest %s", table[i].term, table[i].id);
	}
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_many_aliases),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_saxony),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_suggest_saxony),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
