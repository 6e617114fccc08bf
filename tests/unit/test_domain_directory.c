/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_records.h"

#include "date.h"
#include "directory.h"

static struct iq_arena arena;
static struct iq_directory *d;

static int setup(void **state)
{
	(void)state;
	iq_arena_init(&arena, 0);
	d = iq_directory_new();
	return d ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	iq_directory_free(d);
	iq_directory_free(NULL);
	iq_arena_free(&arena);
	return 0;
}

#define PUT(kind, ...) put(FX_REC(&arena, kind, __VA_ARGS__))

static iq_num put(struct iq_rec rec)
{
	return iq_directory_put(d, &rec);
}

static enum iq_err build(struct iq_error *e)
{
	iq_error_init(e, &arena);
	return iq_directory_index(d, e);
}

static void test_put(void **state)
{
	const struct iq_rec *rec;

	(void)state;
	assert_int_equal(iq_directory_find(d, IQ_TASK, IQ_STR("course")), IQ_NONE);
	assert_int_equal(PUT(IQ_TASK, "id=course", "name_de=Kurs", "aliases=a;b"), 1);
	assert_int_equal(PUT(IQ_TASK, "id=other", "name_de=Anderes"), 2);
	assert_int_equal(PUT(IQ_REGION, "id=course"), 1);
	assert_int_equal(PUT(IQ_TASK, "id=course", "aliases="), 1);
	assert_int_equal(PUT(IQ_TASK, "name_de=Ohne"), IQ_NONE);
	rec = iq_directory_get(d, IQ_TASK, 1);
	fx_str_equal(iq_rec_text(rec, IQ_TASK_NAME_DE), "Kurs");
	assert_int_equal(rec->col[IQ_TASK_ALIASES].n, 0);
	assert_int_equal(iq_directory_count(d, IQ_TASK), 2);
	assert_int_equal(iq_directory_find(d, IQ_TASK, IQ_STR("other")), 2);
	assert_int_equal(iq_directory_find(d, IQ_TASK, IQ_STR("othe")), IQ_NONE);
	assert_null(iq_directory_get(d, IQ_TASK, IQ_NONE));
	assert_null(iq_directory_get(d, IQ_TASK, 3));
}

/* What was given may be overwritten afterwards. */
static void test_deep_copy(void **state)
{
	char id[] = "course", alias[] = "alias";
	struct iq_str ids = iq_str(id), aliases = iq_str(alias);
	struct iq_rec rec = {.kind = IQ_TASK};

	(void)state;
	rec.col[IQ_COL_ID] = (struct iq_value){&ids, 1};
	rec.col[IQ_TASK_ALIASES] = (struct iq_value){&aliases, 1};
	assert_int_equal(iq_directory_put(d, &rec), 1);
	memset(id, 'x', sizeof(id));
	memset(alias, 'x', sizeof(alias));
	ids.n = 0;
	fx_str_equal(iq_rec_text(iq_directory_get(d, IQ_TASK, 1), IQ_COL_ID), "course");
	fx_str_equal(iq_rec_text(iq_directory_get(d, IQ_TASK, 1), IQ_TASK_ALIASES), "alias");
	assert_int_equal(iq_directory_find(d, IQ_TASK, IQ_STR("course")), 1);
	/* a record that gives nothing replaces the whole */
	struct iq_rec bare = FX_REC(&arena, IQ_TASK, "id=course");

	bare.given = 0;
	assert_int_equal(iq_directory_put(d, &bare), 1);
	assert_int_equal(iq_directory_get(d, IQ_TASK, 1)->col[IQ_TASK_ALIASES].n, 0);
}

static void test_complete(void **state)
{
	(void)state;
	assert_int_equal(PUT(IQ_POSTCODE, "postcode=01067", "region=dresden"), 1);
	assert_int_equal(iq_directory_find(d, IQ_POSTCODE, IQ_STR("01067-dresden")), 1);
	assert_int_equal(PUT(IQ_CONTACT, "id=a", "visibility=public"), 1);
	assert_int_equal(PUT(IQ_CONTACT, "id=b"), 2);
	assert_int_equal(PUT(IQ_CONTACT, "id=a", "name=Max Muster"), 1);
	fx_str_equal(
		iq_rec_text(iq_directory_get(d, IQ_CONTACT, 1), IQ_CONTACT_VISIBILITY), "public");
	fx_str_equal(iq_rec_text(iq_directory_get(d, IQ_CONTACT, 2), IQ_CONTACT_VISIBILITY),
		"institution");
}

static void test_many(void **state)
{
	enum { MANY = 5000 };

	(void)state;
	for (int i = 0; i < MANY; i++)
		assert_int_equal(
			PUT(IQ_KIND, iq_arena_printf(&arena, "id=k%d", i), "name_de=K"), i + 1);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(
			iq_directory_find(d, IQ_KIND, iq_str(iq_arena_printf(&arena, "k%d", i))),
			i + 1);
	assert_int_equal(iq_directory_count(d, IQ_KIND), MANY);
}

/* ---- cells and names ---------------------------------------------------------------------- */

static void put_world(void)
{
	PUT(IQ_REGION, "id=de", "name_de=Deutschland", "name_en=Germany");
	PUT(IQ_REGION, "id=dresden", "parent=de", "name_de=Dresden", "ars=146120000000");
	PUT(IQ_REGION, "id=meissen", "parent=de",
		"name_de=Mei\xc3\x9f"
		"en",
		"aliases=Misnia");
	PUT(IQ_POSTCODE, "postcode=01067", "region=dresden");
	PUT(IQ_POSTCODE, "postcode=01067", "region=meissen");
	PUT(IQ_POSTCODE, "postcode=01069", "region=nowhere");
	PUT(IQ_TASK, "id=course", "name_de=Kurs");
	PUT(IQ_TASK, "id=money", "name_de=Geld");
	PUT(IQ_STATUS, "id=asylum", "name_de=Asyl");
	PUT(IQ_STATUS, "id=tolerated", "name_de=Duldung");
	PUT(IQ_INSTITUTION, "id=vhs", "name_de=Volkshochschule");
	PUT(IQ_RESPONSIBILITY, "id=r1", "institution=vhs", "task=course", "region=dresden",
		"role=provider", "statuses=tolerated;asylum", "valid_from=2026-01-01");
	PUT(IQ_RESPONSIBILITY, "id=r2", "institution=vhs", "task=course", "region=meissen",
		"role=lead");
	PUT(IQ_RESPONSIBILITY, "id=r3", "institution=vhs", "task=money", "region=dresden",
		"role=lead", "condition=age<18");
	PUT(IQ_RESPONSIBILITY, "id=r4", "institution=vhs", "task=course", "region=dresden",
		"role=lead");
	PUT(IQ_RESPONSIBILITY, "id=r5", "institution=gone", "task=course", "region=dresden",
		"role=lead");
	PUT(IQ_RESPONSIBILITY, "id=r6", "institution=vhs", "task=course", "region=dresden",
		"role=lead", "statuses=asylum;gone");
}

struct seen {
	char text[256];
	size_t stop; /* after so many */
	size_t n;
	struct iq_entry first;
};

static bool see(void *arg, const struct iq_entry *e)
{
	struct seen *s = arg;
	struct iq_str id = iq_rec_text(iq_directory_get(d, IQ_RESPONSIBILITY, e->num), 0);

	if (s->n == 0)
		s->first = *e;
	snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%.*s ",
		IQ_STR_ARG(id));
	return ++s->n != s->stop;
}

static void test_view(void **state)
{
	struct seen s = {{0}, 0, 0, {0}}, all = {{0}, 0, 0, {0}}, one = {{0}, 1, 0, {0}};
	struct seen other = {{0}, 0, 0, {0}};
	const struct iq_view *v;
	struct iq_error e;
	int32_t from;

	(void)state;
	put_world();
	assert_int_equal(build(&e), IQ_OK);
	v = iq_directory_view(d);
	v->cell(v->ctx, 1, 2, see, &s);
	assert_string_equal(s.text, "r1 r4 ");
	assert_true(iq_date_parse(IQ_STR("2026-01-01"), &from));
	assert_int_equal(s.first.from, from);
	assert_int_equal(s.first.to, IQ_DATE_MAX);
	assert_int_equal(s.first.role, IQ_PROVIDER);
	assert_int_equal(s.first.institution, 1);
	assert_int_equal(s.first.nstatuses, 2);
	assert_memory_equal(s.first.statuses, "\2\0\1\0", 4);
	v->task(v->ctx, 1, see, &all);
	assert_string_equal(all.text, "r1 r4 r2 ");
	v->task(v->ctx, 1, see, &one);
	assert_string_equal(one.text, "r1 ");
	v->task(v->ctx, 2, see, &other);
	assert_string_equal(other.text, "r3 ");
	fx_str_equal(other.first.condition, "age<18");
	v->cell(v->ctx, 2, 1, see, &other);
	v->cell(v->ctx, 99, 99, see, &other);
	assert_int_equal(other.n, 1);
	fx_str_equal(v->id(v->ctx, IQ_RESPONSIBILITY, 2), "r2");
	assert_int_equal(v->id(v->ctx, IQ_RESPONSIBILITY, 77).n, 0);
	assert_int_equal(v->vocab->root, 1);
}

static bool count_key(void *arg, enum iq_stage stage, struct iq_str key, iq_num num)
{
	size_t *n = arg;

	assert_true(key.n > 0);
	assert_true(num != IQ_NONE);
	n[stage]++;
	return true;
}

static bool stop_at_once(void *arg, enum iq_stage stage, struct iq_str key, iq_num num)
{
	(void)stage;
	(void)key;
	(void)num;
	++*(size_t *)arg;
	return false;
}

static void test_names(void **state)
{
	const struct iq_names *names;
	size_t n[IQ_STAGES] = {0}, stopped = 0;
	struct iq_error e;
	iq_num out[4];

	(void)state;
	put_world();
	assert_int_equal(build(&e), IQ_OK);
	names = iq_directory_names(d, true);
	assert_int_equal(names->find(names->ctx, IQ_REGION, IQ_STR("meissen")), 3);
	assert_int_equal(
		names->exact(names->ctx, IQ_REGION, IQ_STAGE_NAME, IQ_STR("germany"), out, 4), 1);
	assert_int_equal(out[0], 1);
	assert_int_equal(
		names->exact(names->ctx, IQ_REGION, IQ_STAGE_ALIAS, IQ_STR("misnia"), out, 4), 1);
	assert_int_equal(out[0], 3);
	assert_int_equal(
		names->exact(names->ctx, IQ_REGION, IQ_STAGE_NAME, IQ_STR("misnia"), out, 4), 0);
	/* more there than there is room for */
	out[1] = 77;
	assert_int_equal(
		names->exact(names->ctx, IQ_REGION, IQ_STAGE_POSTCODE, IQ_STR("01067"), out, 1), 2);
	assert_int_equal(out[0], 2);
	assert_int_equal(out[1], 77);
	assert_int_equal(
		names->exact(names->ctx, IQ_REGION, IQ_STAGE_POSTCODE, IQ_STR("01069"), out, 4), 0);
	fx_str_equal(names->name(names->ctx, IQ_REGION, 1, true), "Germany");
	fx_str_equal(names->name(names->ctx, IQ_REGION, 2, true), "Dresden");
	assert_int_equal(names->name(names->ctx, IQ_REGION, 9, true).n, 0);
	assert_true(names->english);
	assert_false(iq_directory_names(d, false)->english);
	names->each(names->ctx, IQ_REGION, count_key, n);
	assert_int_equal(n[IQ_STAGE_ID], 3);
	assert_int_equal(n[IQ_STAGE_NAME], 4);
	assert_int_equal(n[IQ_STAGE_ALIAS], 1);
	assert_int_equal(n[IQ_STAGE_POSTCODE] + n[IQ_STAGE_ARS], 0);
	names->each(names->ctx, IQ_REGION, stop_at_once, &stopped);
	assert_int_equal(stopped, 1);
}

/* Indexing again after another put replaces everything. */
static void test_reindex(void **state)
{
	struct seen s = {{0}, 0, 0, {0}};
	const struct iq_view *v;
	struct iq_error e;

	(void)state;
	put_world();
	assert_int_equal(build(&e), IQ_OK);
	PUT(IQ_RESPONSIBILITY, "id=r4", "task=money");
	assert_int_equal(build(&e), IQ_OK);
	v = iq_directory_view(d);
	v->cell(v->ctx, 1, 2, see, &s);
	assert_string_equal(s.text, "r1 ");
}

/* ---- checks ------------------------------------------------------------------------------- */

static struct iq_problem where(void *arg, enum iq_kind kind, iq_num num)
{
	(void)arg;
	return (struct iq_problem){
		.file = iq_str(iq_schemas[kind].file), .line = (uint32_t)num + 1};
}

static void test_check(void **state)
{
	struct iq_error e;

	(void)state;
	put_world();
	assert_int_equal(build(&e), IQ_OK);
	assert_int_equal(iq_directory_check(d, where, NULL, &e), IQ_ERR_REJECTED);
	/* postcode → nowhere; condition on a fact that is not there; r5, r6 */
	assert_int_equal(e.nproblems, 4);
	const struct iq_problem *p = fx_problem(&e, "statuses", "gone");

	assert_non_null(p);
	fx_str_equal(p->file, "responsibilities");
	assert_int_equal(p->line, 7);
	assert_non_null(fx_problem(&e, "region", "nowhere"));
	assert_non_null(fx_problem(&e, "condition", "age<18"));
	assert_non_null(fx_problem(&e, "institution", "gone"));
}

static void test_check_chains(void **state)
{
	struct iq_error e;

	(void)state;
	PUT(IQ_INSTITUTION, "id=a", "name_de=A", "parent=b");
	PUT(IQ_INSTITUTION, "id=b", "name_de=B", "parent=a");
	PUT(IQ_INSTITUTION, "id=c", "name_de=C");
	PUT(IQ_CONTACT, "id=x", "institution=c", "deputy=y");
	PUT(IQ_CONTACT, "id=y", "institution=c", "deputy=x");
	PUT(IQ_CONTACT, "id=z", "institution=c");
	assert_int_equal(build(&e), IQ_OK);
	assert_int_equal(iq_directory_check(d, NULL, NULL, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 4);
	assert_non_null(fx_problem(&e, "parent", "b"));
	assert_non_null(fx_problem(&e, "deputy", "x"));
}

/* A broken tree: no view, but names and checks go on. */
static void test_broken(void **state)
{
	struct iq_error e;
	iq_num out;

	(void)state;
	put_world();
	PUT(IQ_TASK, "id=loop", "parent=loop", "name_de=Kreis");
	assert_int_equal(build(&e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 1);
	assert_null(iq_directory_view(d));
	const struct iq_names *names = iq_directory_names(d, false);

	assert_int_equal(
		names->exact(names->ctx, IQ_TASK, IQ_STAGE_NAME, IQ_STR("kreis"), &out, 1), 1);
	iq_error_init(&e, &arena);
	assert_int_equal(iq_directory_check(d, where, NULL, &e), IQ_ERR_REJECTED);
	assert_non_null(fx_problem(&e, "parent", "loop"));
	assert_null(fx_problem(&e, "condition", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_put, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deep_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_complete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_view, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reindex, setup, teardown),
		cmocka_unit_test_setup_teardown(test_check, setup, teardown),
		cmocka_unit_test_setup_teardown(test_check_chains, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
