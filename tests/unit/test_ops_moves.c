/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of records that would move rights: visibility, workshops, an institution's place. */
#include "grants_help.h"

static void test_visibility(void **state)
{
	struct iq_rec rec;
	uint64_t n;

	(void)state;
	assert_int_equal(set_contact("ed", "c-partners", "institution"), IQ_OK); /* narrower */
	assert_int_equal(answered(4), 0);
	assert_int_equal(set_contact("ed", "c-partners", "public"), IQ_OK);
	n = answered(4);
	assert_true(n > 0);
	assert_true(iq_rec_get(
		iq_rtxn_txn(fx.rtxn), IQ_CONTACT, num(IQ_CONTACT, "c-partners"), &fx.arena, &rec));
	assert_true(iq_str_is(iq_rec_text(&rec, IQ_CONTACT_VISIBILITY), "institution"));
	assert_int_equal(approve("ed", n, false), IQ_ERR_DENIED);
	assert_int_equal(approve("second", n, false), IQ_ERR_NOT_FOUND); /* no editor */
	assert_int_equal(give("root", "colleague", "editor", "vhs", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("ed", answered(3), false), IQ_OK);
	assert_int_equal(approve("colleague", n, false), IQ_OK);
	assert_true(iq_rec_get(
		iq_rtxn_txn(fx.rtxn), IQ_CONTACT, num(IQ_CONTACT, "c-partners"), &fx.arena, &rec));
	assert_true(iq_str_is(iq_rec_text(&rec, IQ_CONTACT_VISIBILITY), "public"));
}

/* ---- workshops ------------------------------------------------------------------------------- */

static enum iq_err change(const char *by, Iq__V1__Verb verb, const char *kind, const char *id,
	const char *const *cells)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__KeyValue kv[6], *fields[6];

	in.request_id = next_id();
	in.verb = verb;
	in.kind = (char *)kind;
	in.id = (char *)id;
	for (; cells[0] != NULL; cells += 2, in.n_fields++) {
		iq__v1__key_value__init(&kv[in.n_fields]);
		kv[in.n_fields].key = (char *)cells[0];
		kv[in.n_fields].value = (char *)cells[1];
		fields[in.n_fields] = &kv[in.n_fields];
	}
	in.fields = fields;
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	return run(by, &msg);
}

#define CELLS(...) ((const char *const[]){__VA_ARGS__, NULL})

static size_t workshops_of(const char *id)
{
	struct iq_arena arena;
	struct iq_principal p;
	size_t n = 0;

	iq_arena_init(&arena, 0);
	if (iq_principal_get(iq_rtxn_txn(fx.rtxn), iq_str(id), fx.today, &arena, &p))
		n = p.nworkshops;
	iq_arena_free(&arena);
	return n;
}

/* A coordinator founds a workshop around somebody: nothing comes of it without that one. */
static void test_workshops(void **state)
{
	const Iq__V1__Verb ADD = IQ__V1__VERB__ADD, SET = IQ__V1__VERB__SET;
	struct iq_grant co = all(IQ_ACCESS_COORDINATOR);
	struct iq_wtxn *w;

	(void)state;
	co.region = num(IQ_REGION, "dresden");
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	person(w, "co", NULL, NULL, "root", co);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(
		change("co", ADD, "workshop", "w1", CELLS("region", "meissen", "name_de", "Runde")),
		IQ_ERR_DENIED);
	assert_int_equal(
		change("ed", ADD, "workshop", "w1", CELLS("region", "dresden", "name_de", "Runde")),
		IQ_ERR_DENIED);
	assert_int_equal(
		change("co", ADD, "workshop", "w1", CELLS("region", "dresden", "name_de", "Runde")),
		IQ_OK);
	assert_int_equal(change("ed", ADD, "membership", "m1",
				 CELLS("workshop", "w1", "institution", "vhs")),
		IQ_ERR_DENIED);
	assert_int_equal(change("co", ADD, "membership", "m1",
				 CELLS("workshop", "w1", "institution", "vhs", "accepted_from",
					 "2026-01-01")),
		IQ_ERR_DENIED);
	assert_int_equal(change("co", ADD, "membership", "m1",
				 CELLS("workshop", "w1", "institution", "vhs")),
		IQ_OK);
	assert_int_equal(
		change("co", SET, "membership", "m1", CELLS("accepted_from", "2026-01-01")),
		IQ_ERR_DENIED);
	assert_int_equal(change("co", SET, "membership", "m1", CELLS("representative", "c-public")),
		IQ_ERR_DENIED);
	assert_int_equal(
		change("ed", SET, "membership", "m1", CELLS("institution", "lra")), IQ_ERR_DENIED);
	assert_int_equal(workshops_of("ed"), 0);
	assert_int_equal(
		change("ed", SET, "membership", "m1",
			CELLS("accepted_from", "2026-01-01", "representative", "c-inside")),
		IQ_OK);
	assert_int_equal(workshops_of("ed"), 1);
	assert_int_equal(
		change("ed", SET, "membership", "m1", CELLS("accepted_to", "2026-11-21")), IQ_OK);
	assert_int_equal(workshops_of("ed"), 0);
	/* Linking an account to somebody who stands for a member takes two. */
	assert_int_equal(principal("root", IQ__V1__PRINCIPAL_VERB__PRINCIPAL_SET, "colleague",
				 "contact", "c-inside", NULL, NULL),
		IQ_OK);
	assert_true(answered(4) > 0);
}

/* Seat, parent and kind decide rights: an editor does not touch them, nor one side alone. */
static void test_moving(void **state)
{
	const Iq__V1__Verb SET = IQ__V1__VERB__SET;

	(void)state;
	assert_int_equal(
		change("ed", SET, "institution", "vhs", CELLS("region", "sn")), IQ_ERR_DENIED);
	assert_int_equal(
		change("ed", SET, "institution", "vhs", CELLS("parent", "lra")), IQ_ERR_DENIED);
	assert_int_equal(
		change("ed", SET, "institution", "vhs", CELLS("phone", "030 23125 7")), IQ_OK);
	/* The administrator of Dresden does not put it below what lies elsewhere. */
	assert_int_equal(
		change("dd", SET, "institution", "vhs", CELLS("parent", "lra")), IQ_ERR_DENIED);
	assert_int_equal(change("root", SET, "institution", "vhs", CELLS("parent", "lra")), IQ_OK);
	assert_int_equal(
		change("dd", SET, "institution", "vhs", CELLS("parent", "")), IQ_ERR_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_visibility, setup, teardown),
		cmocka_unit_test_setup_teardown(test_workshops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moving, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
