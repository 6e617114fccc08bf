/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `iqd check`: every sort of damage is found and named. Each case harms one thing in a good store,
 * behind the back of everything that keeps it consistent.
 */
#include "store_help.h"

#include "store_priv.h"
#include "wire.h"

static iq_num region, office, holder, duty;

static void put_all(struct fixture *f)
{
	const struct iq_change change = {.principal = IQ_STR("p"), .operation = IQ_STR("add")};
	struct iq_arena *a = &f->arena;
	struct iq_wtxn *w;
	struct iq_rec rec;

	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &change);
	rec = make_rec(a, IQ_REGION, "a", "name_de=A", NULL);
	region = put_rec(w, a, &rec);
	rec = make_rec(a, IQ_TASK, "course", "name_de=Kurs", NULL);
	put_rec(w, a, &rec);
	rec = make_rec(a, IQ_KIND, "office", "name_de=Amt", NULL);
	office = put_rec(w, a, &rec);
	rec = make_rec(a, IQ_INSTITUTION, "holder", "kind=office", "region=a", "name_de=Amt", NULL);
	holder = put_rec(w, a, &rec);
	rec = make_rec(a, IQ_RESPONSIBILITY, "duty", "institution=holder", "task=course",
		"region=a", "role=lead", NULL);
	duty = put_rec(w, a, &rec);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);

	/* so that there is a past */
	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &change);
	rec = make_rec(a, IQ_KIND, "office", "name_de=Behörde", NULL);
	put_rec(w, a, &rec);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static struct iq_kb first_key(struct iq_wtxn *w, enum iq_tab tab)
{
	struct iq_kb k = {.n = 0};
	struct iq_walk x;

	iq_walk_begin(&x, &w->t, tab, (struct iq_str){NULL, 0}, 0);
	assert_true(x.ok);
	iq_kb_str(&k, x.key, IQ_KEY_MAX);
	iq_walk_end(&x);
	return k;
}

static void drop_first(struct iq_wtxn *w, enum iq_tab tab)
{
	struct iq_kb k = first_key(w, tab);

	iq_del(w, tab, iq_kb_key(&k));
}

static void garble_first(struct iq_wtxn *w, enum iq_tab tab)
{
	struct iq_kb k = first_key(w, tab);

	iq_put(w, tab, iq_kb_key(&k), IQ_STR("garbage"), 0);
}

static void image(struct iq_wtxn *w)
{
	garble_first(w, IQ_TAB_REC);
}

/* The head is good; at the end something else. */
static void spoil(struct iq_wtxn *w, struct iq_str end)
{
	struct iq_kb k = iq_key_num(IQ_KIND, office);
	struct iq_str v;
	char copy[512];

	assert_true(iq_get(&w->t, IQ_TAB_REC, iq_kb_key(&k), &v) && v.n <= sizeof(copy));
	memcpy(copy, v.p, v.n);
	memcpy(copy + v.n - end.n, end.p, end.n);
	iq_put(w, IQ_TAB_REC, iq_kb_key(&k), (struct iq_str){copy, v.n}, 0);
}

/* The length of the last text is one too many. */
static void fields(struct iq_wtxn *w)
{
	spoil(w, IQ_STR("\x09"
			"Beh\u00f6rde"));
}

static void text(struct iq_wtxn *w)
{
	spoil(w, IQ_STR("\xff"));
}

static void record_gone(struct iq_wtxn *w)
{
	struct iq_kb k = iq_key_num(IQ_RESPONSIBILITY, duty);

	iq_del(w, IQ_TAB_REC, iq_kb_key(&k));
}

static void reference_gone(struct iq_wtxn *w)
{
	struct iq_kb k = iq_key_id(IQ_INSTITUTION, IQ_STR("holder"));

	iq_del(w, IQ_TAB_ID, iq_kb_key(&k));
}

static void id_elsewhere(struct iq_wtxn *w)
{
	iq_id_store(w, IQ_INSTITUTION, IQ_STR("holder"), holder + 100, IQ_ID_ALIVE);
}

static void id_without(struct iq_wtxn *w)
{
	iq_id_store(w, IQ_KIND, IQ_STR("ghost"), office, IQ_ID_ALIVE);
}

static void id_garbled(struct iq_wtxn *w)
{
	garble_first(w, IQ_TAB_ID);
}

static void cell_gone(struct iq_wtxn *w)
{
	drop_first(w, IQ_TAB_CELL);
}

static void ref_gone(struct iq_wtxn *w)
{
	drop_first(w, IQ_TAB_REF);
}

static void name_gone(struct iq_wtxn *w)
{
	drop_first(w, IQ_TAB_NAME);
}

static void cell_differs(struct iq_wtxn *w)
{
	garble_first(w, IQ_TAB_CELL);
}

static void ref_more(struct iq_wtxn *w)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u8(&k, IQ_REGION);
	iq_kb_u32(&k, region);
	iq_kb_u8(&k, IQ_INSTITUTION);
	iq_kb_u32(&k, holder + 7);
	iq_put(w, IQ_TAB_REF, iq_kb_key(&k), IQ_STR(""), 0);
}

static void cell_more(struct iq_wtxn *w)
{
	iq_put(w, IQ_TAB_CELL, IQ_STR("no key of a cell"), IQ_STR("x"), 0);
}

static void name_more(struct iq_wtxn *w)
{
	iq_put(w, IQ_TAB_NAME, IQ_STR("x"), IQ_STR("x"), 0);
}

static void log_gone(struct iq_wtxn *w)
{
	drop_first(w, IQ_TAB_LOG);
}

static void log_garbled(struct iq_wtxn *w)
{
	struct iq_kb k = first_key(w, IQ_TAB_LOG);

	iq_put(w, IQ_TAB_LOG, iq_kb_key(&k), IQ_STR("\xff\xff\xff\xff"), 0);
}

static void past_garbled(struct iq_wtxn *w)
{
	garble_first(w, IQ_TAB_PAST);
}

static void past_gone(struct iq_wtxn *w)
{
	drop_first(w, IQ_TAB_PAST);
}

static void put_archived(struct iq_wtxn *w, iq_num num, uint64_t revision)
{
	struct iq_kb k = iq_key_archived(IQ_KIND, num);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_uint(&b, 1, revision);
	iq_put(w, IQ_TAB_LIVING, iq_kb_key(&k), (struct iq_str){(char *)b.p, b.n}, 0);
	iq_buf_free(&b);
}

static void archived_there(struct iq_wtxn *w)
{
	put_archived(w, office, 1);
}

static void archived_lost(struct iq_wtxn *w)
{
	put_archived(w, office + 50, 2);
}

static void archived_later(struct iq_wtxn *w)
{
	put_archived(w, office, 99);
}

static void request_short(struct iq_wtxn *w)
{
	iq_put(w, IQ_TAB_REQUEST, IQ_STR("0123456789abcdef"), IQ_STR("x"), 0);
}

static void request_later(struct iq_wtxn *w)
{
	iq_put(w, IQ_TAB_REQUEST, IQ_STR("0123456789abcdef"), IQ_STR("\x63\0\0\0\0\0\0\0"), 0);
}

static void count_wrong(struct iq_wtxn *w)
{
	iq_wtxn_state(w)->count[IQ_KIND] += 5;
}

static void number_not_given(struct iq_wtxn *w)
{
	iq_wtxn_state(w)->next[IQ_KIND] = office;
}

static void revision_back(struct iq_wtxn *w)
{
	iq_wtxn_state(w)->revision = 1;
}

static const struct {
	void (*harm)(struct iq_wtxn *w);
	const char *says[2];
} cases[] = {
	{image, {"the image is damaged", "records counted"}},
	{fields, {"the fields are damaged", NULL}},
	{text, {"kind 1: a text is damaged", NULL}},
	{record_gone, {"there is no such record", "belongs to no record"}},
	{reference_gone, {"does not resolve", "0 ids for 1 records"}},
	{id_elsewhere, {"the id holder leads elsewhere", "was never given"}},
	{id_without, {"kind ghost: there is no such record", "2 ids for 1 records"}},
	{id_garbled, {"an entry of the table id is damaged", NULL}},
	{cell_gone, {"an entry of the table cell is missing", NULL}},
	{ref_gone, {"an entry of the table ref is missing", NULL}},
	{name_gone, {"an entry of the table name is missing", NULL}},
	{cell_differs, {"its entry of the table cell differs", NULL}},
	{ref_more, {"the table ref has", "an entry of the table ref belongs to no record"}},
	{cell_more, {"the table cell has", "an entry of the table cell belongs to no record"}},
	{name_more, {"the table name has", "an entry of the table name belongs to no record"}},
	{log_gone, {"log: entry 2 follows 0", NULL}},
	{log_garbled, {"the entry is damaged", NULL}},
	{past_garbled, {"an image of the past is damaged", NULL}},
	{past_gone, {"the image that revision 2 superseded is missing", NULL}},
	{archived_there, {"archived and still there", NULL}},
	{archived_lost, {"archived, but what it was is lost", NULL}},
	{archived_later, {"an entry of the archive is damaged", NULL}},
	{request_short, {"an entry of the table request is damaged", NULL}},
	{request_later, {"an entry of the table request is damaged", NULL}},
	{count_wrong, {"records counted", NULL}},
	{number_not_given, {"the number was never given", NULL}},
	{revision_back, {"the last entry is 2, the state says 1", NULL}},
};

/* ---- finding it ------------------------------------------------------------------------------ */

struct heard {
	char text[8192];
	size_t n, lines;
};

static void hear(void *arg, const char *line)
{
	struct heard *h = arg;

	h->n += (size_t)snprintf(h->text + h->n, sizeof(h->text) - h->n, "%s\n", line);
	assert_true(h->n < sizeof(h->text));
	h->lines++;
}

static void test_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct heard h = {.n = 0};
		struct fixture f;
		struct iq_wtxn *w;

		fixture_new(&f, 0);
		put_all(&f);
		assert_clean(f.store);
		assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
		cases[i].harm(w);
		w->dirty = true;
		assert_int_equal(iq_wtxn_commit(w), IQ_OK);
		uint64_t n = iq_store_check(f.store, hear, &h);

		assert_int_equal(n, h.lines);
		for (size_t k = 0; k < 2 && cases[i].says[k] != NULL; k++)
			if (strstr(h.text, cases[i].says[k]) == NULL)
				fail_msg(
					"case %zu: no \"%s\" in:\n%s", i, cases[i].says[k], h.text);
		assert_int_equal(iq_store_check(f.store, NULL, NULL), h.lines);
		fixture_free(&f);
	}
}

/* A thousand of a kind are counted, not told. */
static void test_many(void **state)
{
	struct heard h = {.n = 0};
	struct fixture f;
	struct iq_wtxn *w;

	(void)state;
	fixture_new(&f, 0);
	put_all(&f);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	for (iq_num i = 1; i <= 1000; i++) {
		struct iq_kb k = {.n = 0};

		iq_kb_u8(&k, IQ_REGION);
		iq_kb_u32(&k, region);
		iq_kb_u8(&k, IQ_INSTITUTION);
		iq_kb_u32(&k, holder + i);
		iq_put(w, IQ_TAB_REF, iq_kb_key(&k), IQ_STR(""), 0);
	}
	w->dirty = true;
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_true(iq_store_check(f.store, hear, &h) > 0);
	assert_in_range(h.lines, 2, 21);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
