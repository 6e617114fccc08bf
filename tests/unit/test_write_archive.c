/* SPDX-License-Identifier: Apache-2.0 */
/* archive, revive: gone with its references, and back with them. */

#include "bounds.h"
#include "write_help.h"

struct world {
	struct fixture f;
	struct iq_writer *w;
	struct iq_rtxn *r;
	int64_t now_us;
};

#define REC(kind, id, ...) make_rec(&x->f.arena, kind, id, __VA_ARGS__, NULL)

static int setup(void **state)
{
	struct world *x = calloc(1, sizeof(*x));

	fixture_new(&x->f, 64 << 20);
	assert_int_equal(iq_writer_start(x->f.store, NULL, &x->w, &x->f.error), IQ_OK);
	assert_int_equal(iq_rtxn_new(x->f.store, &x->r), IQ_OK);
	apply_ok(x->w, ADD, REC(IQ_REGION, "de", "name_de=Deutschland"));
	apply_ok(x->w, ADD, REC(IQ_TASK, "course", "name_de=Kurs"));
	apply_ok(x->w, ADD, REC(IQ_INSTITUTION, "abh", "name_de=ABH", "region=de"));
	apply_ok(x->w, ADD, REC(IQ_INSTITUTION, "vhs", "name_de=VHS", "region=de"));
	apply_ok(x->w, ADD,
		REC(IQ_CONTACT, "max", "institution=abh", "name=Max Muster",
			"phone=030 23125 001"));
	apply_ok(x->w, ADD,
		REC(IQ_CONTACT, "eva", "institution=abh", "name=Eva Muster", "deputy=max"));
	apply_ok(x->w, ADD,
		REC(IQ_CONTACT, "erika", "institution=abh", "name=Erika Mustermann", "deputy=eva"));
	apply_ok(x->w, ADD,
		REC(IQ_RESPONSIBILITY, "r-one", "institution=abh", "task=course", "region=de",
			"role=lead", "contacts=erika;max;eva"));
	apply_ok(x->w, ADD,
		REC(IQ_RESPONSIBILITY, "r-two", "institution=vhs", "task=course", "region=de",
			"role=advice", "contacts=max"));
	apply_ok(x->w, ADD, REC(IQ_WORKSHOP_RECORD, "ws", "region=de", "name_de=Werkstatt"));
	apply_ok(x->w, ADD,
		REC(IQ_MEMBERSHIP, "ws-abh", "workshop=ws", "institution=abh",
			"representative=erika", "deputy=max", "accepted_from=2026-01-01"));
	x->now_us = (int64_t)1000 * 86400 * 1000000;
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct world *x = *state;

	iq_rtxn_free(x->r);
	iq_writer_stop(x->w, 5000);
	assert_clean(x->f.store);
	fixture_free(&x->f);
	free(x);
	return 0;
}

/* All records with all cells. */
struct all {
	struct world *x;
	struct iq_txn *t;
	char *text;
};

static bool add_text(void *arg, const struct iq_image *image)
{
	struct all *a = arg;
	struct iq_rec rec;

	assert_true(iq_rec_get(a->t, image->kind, image->num, &a->x->f.arena, &rec));
	a->text =
		iq_arena_printf(&a->x->f.arena, "%s%s\n", a->text, rec_text(&a->x->f.arena, &rec));
	return true;
}

static const char *everything(struct world *x)
{
	struct all a = {.x = x, .text = ""};

	assert_true(iq_rtxn_renew(x->r));
	a.t = iq_rtxn_txn(x->r);
	for (int k = 0; k < IQ_KINDS; k++)
		iq_each_record(a.t, (enum iq_kind)k, 0, add_text, &a);
	iq_rtxn_reset(x->r);
	return a.text;
}

/* The same with the deputy's seat in the workshop empty: who comes back is given it anew. */
static const char *all_but_the_seat(struct world *x)
{
	static const char seat[] = "|erika|max|";
	const char *text = everything(x), *at = strstr(text, "membership|ws-abh|");
	const char *cut = at ? strstr(at, seat) : NULL;

	assert_non_null(cut);
	return iq_arena_printf(
		&x->f.arena, "%.*s|erika||%s", (int)(cut - text), text, cut + sizeof(seat) - 1);
}

static const char *cell(struct world *x, enum iq_kind kind, const char *id, const char *column)
{
	struct iq_rec rec;
	const char *text = "-";

	assert_true(iq_rtxn_renew(x->r));
	struct iq_txn *t = iq_rtxn_txn(x->r);
	iq_num num = iq_id_find(t, kind, iq_str(id));

	if (num != IQ_NONE && iq_rec_get(t, kind, num, &x->f.arena, &rec))
		text = iq_arena_cstr(
			&x->f.arena, iq_rec_write_cell(&rec,
					     iq_column_by_name(kind, iq_str(column)), &x->f.arena));
	iq_rtxn_reset(x->r);
	return text;
}

static enum iq_err try(
	struct world *x, struct test_job *t, enum test_verb verb, enum iq_kind kind, const char *id)
{
	job_init(t, run_apply);
	t->verb = verb;
	t->rec.kind = kind;
	t->id = id;
	t->job.change.time_us = x->now_us;
	return job_run(x->w, t);
}

static void done(struct world *x, enum test_verb verb, enum iq_kind kind, const char *id)
{
	struct test_job t;
	enum iq_err err = try(x, &t, verb, kind, id);

	if (err != IQ_OK)
		print_error_of(&t.job.error);
	assert_int_equal(err, IQ_OK);
	assert_true(t.job.revision > 0);
	assert_true(t.diffs.n > 0);
	job_free(&t);
	assert_clean(x->f.store);
}

static bool count(void *arg, const struct iq_archived *a)
{
	(void)a;
	++*(int *)arg;
	return true;
}

static int in_archive(struct world *x)
{
	int n = 0;

	assert_true(iq_rtxn_renew(x->r));
	for (int k = 0; k < IQ_KINDS; k++)
		iq_archived_each(iq_rtxn_txn(x->r), (enum iq_kind)k, count, &n);
	iq_rtxn_reset(x->r);
	return n;
}

static void test_round_trip(void **state)
{
	struct world *x = *state;
	const char *before = all_but_the_seat(x);
	struct iq_archived a;
	struct iq_rec rec;

	done(x, ARCHIVE, IQ_CONTACT, "max");
	assert_string_equal(cell(x, IQ_CONTACT, "max", "id"), "-");
	assert_string_equal(cell(x, IQ_CONTACT, "eva", "deputy"), "");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "contacts"), "erika;eva");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-two", "contacts"), "");
	assert_string_equal(cell(x, IQ_MEMBERSHIP, "ws-abh", "deputy"), "");
	assert_int_equal(in_archive(x), 1);
	assert_true(iq_rtxn_renew(x->r));
	struct iq_txn *t = iq_rtxn_txn(x->r);
	bool merged;
	iq_num num = iq_id_reserved(t, IQ_CONTACT, IQ_STR("max"), &merged);

	assert_true(iq_archived_get(t, IQ_CONTACT, num, x->now_us, &a));
	assert_int_equal(a.revision, iq_rtxn_state(x->r)->revision);
	assert_int_equal(a.time_us, x->now_us);
	assert_true(iq_archived_rec(t, &a, &x->f.arena, &rec));
	assert_true(iq_str_is(iq_rec_text(&rec, IQ_CONTACT_NAME), "Max Muster"));
	iq_rtxn_reset(x->r);

	done(x, REVIVE, IQ_CONTACT, "max");
	assert_string_equal(everything(x), before);
	assert_int_equal(in_archive(x), 0);
	assert_true(iq_rtxn_renew(x->r));
	assert_int_equal(iq_id_find(iq_rtxn_txn(x->r), IQ_CONTACT, IQ_STR("max")), num);
	iq_rtxn_reset(x->r);
}

/* Back while the other end is gone, gone again, and then back for good. */
static void test_to_and_fro(void **state)
{
	struct world *x = *state;
	const char *before = all_but_the_seat(x);

	done(x, ARCHIVE, IQ_CONTACT, "max");
	done(x, ARCHIVE, IQ_RESPONSIBILITY, "r-two");
	done(x, REVIVE, IQ_CONTACT, "max");
	done(x, ARCHIVE, IQ_CONTACT, "max");
	done(x, REVIVE, IQ_RESPONSIBILITY, "r-two");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-two", "contacts"), "");
	done(x, REVIVE, IQ_CONTACT, "max");
	assert_string_equal(everything(x), before);
}

/* Two that know each other, and a row with both: back in every order. */
static void test_orders(void **state)
{
	static const struct {
		enum iq_kind kind;
		const char *id;
	} three[] = {{IQ_CONTACT, "eva"}, {IQ_CONTACT, "max"}, {IQ_RESPONSIBILITY, "r-two"}};
	static const int order[6][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct world *x = *state;
	const char *before = all_but_the_seat(x);

	for (int i = 0; i < 6; i++) {
		for (int k = 0; k < 6; k++) {
			for (int n = 0; n < 3; n++)
				done(x, ARCHIVE, three[order[i][n]].kind, three[order[i][n]].id);
			for (int n = 0; n < 3; n++)
				done(x, REVIVE, three[order[k][n]].kind, three[order[k][n]].id);
			/* The order in a list of several is not promised then. */
			struct test_job t;

			assert_int_equal(
				apply(x->w, &t, SET,
					REC(IQ_RESPONSIBILITY, "r-one", "contacts=erika;max;eva")),
				IQ_OK);
			job_free(&t);
			assert_string_equal(everything(x), before);
		}
	}
}

static void test_needed(void **state)
{
	struct world *x = *state;
	struct test_job t;

	assert_int_equal(try(x, &t, ARCHIVE, IQ_CONTACT, "erika"), IQ_ERR_CONFLICT);
	assert_int_equal(t.job.error.ncandidates, 1);
	assert_true(iq_str_is(t.job.error.candidates[0].id, "ws-abh"));
	assert_false(t.job.wrote);
	job_free(&t);
	assert_int_equal(try(x, &t, ARCHIVE, IQ_INSTITUTION, "vhs"), IQ_ERR_CONFLICT);
	assert_int_equal(t.job.error.ncandidates, 1);
	job_free(&t);
	assert_int_equal(try(x, &t, ARCHIVE, IQ_REGION, "de"), IQ_ERR_CONFLICT);
	job_free(&t);
	assert_int_equal(try(x, &t, ARCHIVE, IQ_CONTACT, "nobody"), IQ_ERR_NOT_FOUND);
	job_free(&t);
	assert_int_equal(try(x, &t, REVIVE, IQ_CONTACT, "erika"), IQ_ERR_NOT_FOUND);
	job_free(&t);
	assert_int_equal(try(x, &t, REVIVE, IQ_CONTACT, "nobody"), IQ_ERR_NOT_FOUND);
	job_free(&t);

	/* what it belongs to must be there */
	done(x, ARCHIVE, IQ_RESPONSIBILITY, "r-two");
	done(x, ARCHIVE, IQ_INSTITUTION, "vhs");
	assert_int_equal(try(x, &t, REVIVE, IQ_RESPONSIBILITY, "r-two"), IQ_ERR_CONFLICT);
	assert_int_equal(t.job.error.ncandidates, 1);
	assert_true(iq_str_is(t.job.error.candidates[0].id, "vhs"));
	job_free(&t);
	done(x, REVIVE, IQ_INSTITUTION, "vhs");
	done(x, REVIVE, IQ_RESPONSIBILITY, "r-two");
}

/* Nobody is put in the place of somebody else, or into a circle. */
static void test_meanwhile(void **state)
{
	struct world *x = *state;

	done(x, ARCHIVE, IQ_CONTACT, "max");
	apply_ok(x->w, SET, REC(IQ_CONTACT, "erika", "deputy="));
	apply_ok(x->w, SET, REC(IQ_CONTACT, "eva", "deputy=erika"));
	apply_ok(x->w, SET, REC(IQ_RESPONSIBILITY, "r-two", "note=x"));
	done(x, REVIVE, IQ_CONTACT, "max");
	assert_string_equal(cell(x, IQ_CONTACT, "eva", "deputy"), "erika");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-two", "contacts"), "max");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-two", "note"), "x");
}

static void test_circle(void **state)
{
	struct world *x = *state;

	/* erika → eva → max: without eva max may become the one for whom erika stands in */
	done(x, ARCHIVE, IQ_CONTACT, "eva");
	apply_ok(x->w, SET, REC(IQ_CONTACT, "max", "deputy=erika"));
	done(x, REVIVE, IQ_CONTACT, "eva"); /* erika → eva would close it */
	assert_string_equal(cell(x, IQ_CONTACT, "eva", "deputy"), "max");
	assert_string_equal(cell(x, IQ_CONTACT, "erika", "deputy"), "");
}

static void test_id_is_kept(void **state)
{
	struct world *x = *state;
	struct test_job t;

	done(x, ARCHIVE, IQ_RESPONSIBILITY, "r-two");
	struct iq_rec again = REC(IQ_RESPONSIBILITY, "r-two", "institution=abh", "task=course",
		"region=de", "role=lead");

	job_init(&t, run_apply);
	t.verb = ADD;
	t.rec = again;
	t.job.change.time_us = x->now_us;
	assert_int_equal(job_run(x->w, &t), IQ_ERR_CONFLICT);
	job_free(&t);
	/* too old to be revived: the id is free again, and the entry goes with its use */
	x->now_us += ((int64_t)IQ_LIMIT_ARCHIVE_DAYS * 86400 + 1) * 1000000;
	assert_int_equal(try(x, &t, REVIVE, IQ_RESPONSIBILITY, "r-two"), IQ_ERR_NOT_FOUND);
	job_free(&t);
	assert_int_equal(in_archive(x), 1);
	job_init(&t, run_apply);
	t.verb = ADD;
	t.rec = again;
	t.job.change.time_us = x->now_us;
	assert_int_equal(job_run(x->w, &t), IQ_OK);
	job_free(&t);
	assert_int_equal(in_archive(x), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_to_and_fro, setup, teardown),
		cmocka_unit_test_setup_teardown(test_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_needed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_circle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_id_is_kept, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
