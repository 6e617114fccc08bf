/* SPDX-License-Identifier: Apache-2.0 */
/* Class × edition × who prints it: what is in the edition, and what is owed to the audit for it. */
#include "edition_help.h"

static enum iq_disclosure level(enum iq_visibility cleared, enum iq_visibility v)
{
	if (v <= cleared)
		return IQ_FULL;
	return v == cleared + 1 ? IQ_OUTLINE : IQ_HIDDEN;
}

/* What readers pass at the contacts of vhs, in an edition for a region of that line. */
static enum iq_visibility readers_of(const char *region, const char *edition)
{
	if (strcmp(edition, "public") == 0 || strcmp(region, "meissen") == 0)
		return IQ_PUBLIC;
	/* the workshop is the state's */
	return strcmp(edition, "members") == 0 && strcmp(region, "sn") == 0 ? IQ_WORKSHOP
									    : IQ_PARTNERS;
}

static void check_vhs(const struct person *p, const char *region, const char *edition,
	const Iq__V1__EditionResponse *r)
{
	const Iq__V1__EditionInstitution *x = shown(r, "vhs");
	bool public = strcmp(edition, "public") == 0;
	unsigned given = 0, refused = 0;

	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++) {
		enum iq_disclosure readers = level(readers_of(region, edition), v);
		enum iq_disclosure author = level(p->level, v);
		bool full = v == IQ_PUBLIC || (readers == IQ_FULL && author == IQ_FULL);
		bool outline = !full && !public && readers != IQ_HIDDEN && author != IQ_HIDDEN;
		const Iq__V1__Contact *c = printed(x, persons[v].id);
		const Iq__V1__Withheld *w = kept_back(x, v);

		assert_int_equal(c != NULL, full);
		assert_int_equal(w != NULL, outline);
		assert_int_equal(answer_has(persons[v].name), full);
		if (w != NULL) {
			assert_string_equal(w->because, readers == IQ_FULL ? "right" : "");
			refused += readers == IQ_FULL;
		}
		given |= (unsigned)full << v;
	}
	owes(given);
	assert_int_equal(r->withheld, refused);
	assert_string_equal(r->because, refused ? "right" : "");
}

static void test_walk(void **state)
{
	static const char *const regions[] = {"sn", "dresden", "meissen"};

	(void)state;
	for (size_t i = 0; i < PEOPLE; i++) {
		const struct person *p = &people[i];

		be(p);
		for (size_t e = 0; e < IQ_EDITIONS; e++) {
			for (size_t k = 0; k < 3; k++) {
				const Iq__V1__EditionResponse *r =
					edition_of(regions[k], editions[e]);

				if (e > 0 && !p->bulk) {
					assert_null(r);
					fx_refused(IQ_ERR_DENIED);
					continue;
				}
				check_vhs(p, regions[k], editions[e], r);
			}
		}
	}
}

/* What the editor of the institution could read, readers of the edition still cannot. */
static void test_never_for_the_author(void **state)
{
	(void)state;
	be_named("editor");
	for (size_t e = 0; e < IQ_EDITIONS; e++) {
		const Iq__V1__EditionResponse *r = edition_of("sn", editions[e]);

		assert_false(answer_has("Paul Muster"));
		assert_int_equal(answer_has("Wanda Muster"), e == IQ_EDITION_MEMBERS);
		assert_int_equal(answer_has("Erika Muster"), e != IQ_EDITION_PUBLIC);
		assert_true(answer_has("Max Muster"));
		assert_int_equal(r->withheld, 0);
	}
}

/* Nothing of the owner's own notes, and no reference to a person. */
static void test_fields(void **state)
{
	(void)state;
	be_named("editor");
	const Iq__V1__EditionInstitution *x = shown(edition_of("sn", "members"), "vhs");
	const Iq__V1__Contact *c = printed(x, "c-partners");

	assert_string_equal(c->deputy, "");
	assert_string_equal(c->external_id, "");
	assert_string_equal(c->informed_on, "");
	assert_string_equal(c->function, "Kurse");
	assert_true(x->n_responsibilities > 0);
	for (size_t i = 0; i < x->n_responsibilities; i++)
		assert_int_equal(x->responsibilities[i]->n_contacts, 0);
}

/* ---- grants and memberships ------------------------------------------------------------------ */

static void test_expired_grant(void **state)
{
	(void)state;
	be_named("coordinator");
	grant.to = fx.today - 1;
	assert_null(edition_of("sn", "partners"));
	fx_refused(IQ_ERR_DENIED);
	assert_non_null(edition_of("sn", "public"));
	grant.to = fx.today;
	assert_non_null(printed(shown(edition_of("sn", "partners"), "vhs"), "c-partners"));
	grant.from = fx.today + 1;
	assert_null(edition_of("sn", "partners"));
	fx_refused(IQ_ERR_DENIED);
}

/* Bulk rights elsewhere open nothing here. */
static void test_coordinator_elsewhere(void **state)
{
	static const struct person elsewhere = {
		"k", IQ_PUBLIC, false, true, IQ_ACCESS_COORDINATOR, NULL, "meissen", NULL, NULL};

	(void)state;
	be(&elsewhere);
	const Iq__V1__EditionResponse *r = edition_of("dresden", "partners");

	assert_null(printed(shown(r, "vhs"), "c-partners"));
	assert_string_equal(kept_back(shown(r, "vhs"), IQ_PARTNERS)->because, "right");
	assert_int_equal(r->withheld, 1);
	assert_int_equal(rq.nowed, 0);
	/* the class above: does not exist for it, and is not counted */
	r = edition_of("sn", "members");
	assert_null(kept_back(shown(r, "vhs"), IQ_WORKSHOP));
	assert_int_equal(r->withheld, 1);
}

static void put_invited(struct iq_wtxn *w)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "ws-vhs", "workshop", "ws", "institution", "vhs", NULL);
}

static void put_later(struct iq_wtxn *w)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "ws-vhs", "workshop", "ws", "institution", "vhs",
		"accepted_from", "2026-11-23", NULL);
}

static void put_revoked(struct iq_wtxn *w)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "ws-vhs", "workshop", "ws", "institution", "vhs",
		"accepted_from", "2026-01-01", "accepted_to", "2026-11-21", NULL);
}

static void put_accepted(struct iq_wtxn *w)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "ws-vhs", "workshop", "ws", "institution", "vhs",
		"accepted_from", "2026-11-22", NULL);
}

static void put_ended(struct iq_wtxn *w)
{
	put_accepted(w);
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "ws", "region", "sn", "name_de", "Runde", "valid_to",
		"2026-11-21", NULL);
}

static void put_elsewhere(struct iq_wtxn *w)
{
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "ws", "region", "meissen", "name_de", "Runde", NULL);
}

static void test_memberships(void **state)
{
	static const struct {
		void (*put)(struct iq_wtxn *w);
		bool member;
	} cases[] = {{put_invited, false}, {put_later, false}, {put_revoked, false},
		{put_accepted, true}, {put_ended, false}, {put_elsewhere, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		more(cases[i].put);
		be_named("editor"); /* may see it in any case */
		const Iq__V1__EditionResponse *r = edition_of("sn", "members");

		assert_int_equal(answer_has("Wanda Muster"), cases[i].member);
		assert_non_null(printed(shown(r, "vhs"), "c-partners"));
	}
}

static void put_second(struct iq_wtxn *w)
{
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "w2", "region", "sn", "name_de", "Zweite", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "w2-lra", "workshop", "w2", "institution", "lra", NULL);
}

static void put_second_meets(struct iq_wtxn *w)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "w2-lra", "workshop", "w2", "institution", "lra",
		"accepted_from", "2026-01-01", NULL);
}

static void put_second_shared(struct iq_wtxn *w)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "w2-vhs", "workshop", "w2", "institution", "vhs",
		"accepted_from", "2026-01-01", NULL);
}

static void put_second_ended(struct iq_wtxn *w)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "w2-vhs", "workshop", "w2", "institution", "vhs",
		"accepted_from", "2026-01-01", "accepted_to", "2026-11-20", NULL);
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "w2", "region", "sn", "name_de", "Zweite", "valid_to",
		"2026-11-21", NULL);
}

/* The paper does not say of which workshop its reader is: what all of them may see. */
static void test_several_workshops(void **state)
{
	static const struct {
		void (*put)(struct iq_wtxn *w);
		enum iq_disclosure wanda;
	} cases[] = {{put_second, IQ_FULL}, {put_second_meets, IQ_OUTLINE},
		{put_second_shared, IQ_FULL}, {put_second_ended, IQ_FULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		more(cases[i].put);
		be_named("editor");
		const Iq__V1__EditionResponse *r = edition_of("sn", "members");

		assert_int_equal(answer_has("Wanda Muster"), cases[i].wanda == IQ_FULL);
		assert_int_equal(kept_back(shown(r, "vhs"), IQ_WORKSHOP) != NULL,
			cases[i].wanda == IQ_OUTLINE);
		assert_non_null(printed(shown(r, "vhs"), "c-partners"));
	}
}

/* An area has its own grants and workshops. */
static void put_area(struct iq_wtxn *w)
{
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "wa", "region", "elbe", "name_de", "Elbrunde", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "wa-vhs", "workshop", "wa", "institution", "vhs",
		"accepted_from", "2026-01-01", NULL);
}

static void test_area(void **state)
{
	(void)state;
	be_named("editor");
	(void)edition_of("elbe", "members");
	assert_true(answer_has("Erika Muster"));
	assert_false(answer_has("Wanda Muster"));
	more(put_area);
	be_named("editor");
	(void)edition_of("elbe", "members");
	assert_true(answer_has("Wanda Muster"));
	assert_false(answer_has("Paul Muster"));
	(void)edition_of("elbe", "partners");
	assert_false(answer_has("Wanda Muster"));
}

/* ---- the past -------------------------------------------------------------------------------- */

static void put_stricter(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-once", "institution", "vhs", "name", "Eva Muster",
		"function", "Aufnahme", "visibility", "institution", NULL);
}

static void put_wider(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-once", "institution", "vhs", "name", "Eva Muster",
		"function", "Aufnahme", "visibility", "public", NULL);
}

/* Of a day when it was narrower, the narrower class counts. */
static void test_past_class(void **state)
{
	(void)state;
	more(put_stricter);
	more(put_wider);
	fx.today = iq_date_in_germany(iq_now_us());
	be_named("nobody");
	(void)edition_of("sn", "public");
	assert_true(answer_has("Eva Muster"));
	ask_for("sn", "public");
	ask.at = "2026-06-01";
	assert_non_null(edition_asked());
	assert_false(answer_has("Eva Muster"));
	assert_true(answer_has("Max Muster"));
}

static void put_dated(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-next", "institution", "vhs", "name", "Ida Muster",
		"visibility", "public", "valid_from", "2026-12-01", NULL);
}

static void test_dates(void **state)
{
	(void)state;
	more(put_dated);
	be_named("nobody");
	(void)edition_of("sn", "public");
	assert_false(answer_has("Ida Muster"));
	assert_false(answer_has("Otto Muster"));
	ask_for("sn", "public");
	ask.at = "2026-12-01";
	assert_non_null(edition_asked());
	assert_true(answer_has("Ida Muster"));
}

/* ---- quota and audit ------------------------------------------------------------------------- */

static void test_quota(void **state)
{
	(void)state;
	be_named("coordinator");
	iq_audit_limit(fx.audit, 1);
	assert_non_null(list("referral", "id", "c-partners", 0));
	const Iq__V1__EditionResponse *r = edition_of("sn", "partners");

	/* seen already: free */
	assert_non_null(printed(shown(r, "vhs"), "c-partners"));
	be_named("fellow");
	self.grants = &grant;
	self.ngrants = 1;
	grant = (struct iq_grant){.id = 1, .role = IQ_ACCESS_CURATOR, .to = IQ_DATE_MAX};
	r = edition_of("sn", "members");
	/* by id: partners, then workshop */
	assert_non_null(printed(shown(r, "vhs"), "c-partners"));
	assert_null(printed(shown(r, "vhs"), "c-workshop"));
	assert_string_equal(kept_back(shown(r, "vhs"), IQ_WORKSHOP)->because, "quota");
	assert_int_equal(r->withheld, 1);
	assert_string_equal(r->because, "quota");
	assert_int_equal(rq.nowed, 1);
}

/* What cannot be recorded is not shown; the rest is. */
static void test_sealed(void **state)
{
	(void)state;
	sealed = true;
	be_named("editor");
	const Iq__V1__EditionResponse *r = edition_of("sn", "members");

	sealed = false;
	assert_int_equal(rq.nowed, 0);
	assert_false(answer_has("Erika Muster"));
	assert_false(answer_has("Wanda Muster"));
	assert_true(answer_has("Max Muster"));
	assert_string_equal(kept_back(shown(r, "vhs"), IQ_PARTNERS)->because, "audit");
	assert_int_equal(r->withheld, 2);
	assert_string_equal(r->because, "audit");
	assert_true(shown(r, "vhs")->n_responsibilities > 0);
	assert_true(r->n_statuses > 0);
}

/* On record: why, which edition, for whom. */
static void test_purpose(void **state)
{
	(void)state;
	be_named("coordinator");
	ask_for("01067", "partners");
	ask.recipient = "  Landratsamt Bautzen, Frau Muster ";
	assert_non_null(edition_asked());
	assert_true(iq_str_is(
		rq.purpose, "workshop partners dresden: Landratsamt Bautzen, Frau Muster"));
	assert_non_null(edition_of("dresden", "public"));
	assert_int_equal(rq.purpose.n, 0);
	assert_int_equal(rq.nowed, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_walk),
		T(test_never_for_the_author),
		T(test_fields),
		T(test_expired_grant),
		T(test_coordinator_elsewhere),
		T(test_memberships),
		T(test_several_workshops),
		T(test_area),
		T(test_past_class),
		T(test_dates),
		T(test_quota),
		T(test_sealed),
		T(test_purpose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
