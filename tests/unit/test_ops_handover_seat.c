/* SPDX-License-Identifier: Apache-2.0 */
/* What goes with a seat in a workshop: shown on the sheet, moved by moving the seat. */
#include "handover_help.h"

static void put_promises(struct iq_wtxn *w)
{
	static const char *const states[] = {"open", "late", "kept", "dropped"};

	for (size_t i = 0; i < 4; i++)
		fx_put(w, IQ_COMMITMENT, "id", states[i], "workshop", "round", "institutions",
			"vhs;lra", "text_de", "Kurse\nmehr davon", "due", "2026-12-31", "state",
			states[i], NULL);
	fx_put(w, IQ_COMMITMENT, "id", "overdue", "workshop", "round", "institutions", "vhs",
		"text_de", "Räume", "text_en", "Rooms", "due", "2026-11-21", NULL);
	fx_put(w, IQ_COMMITMENT, "id", "today", "workshop", "round", "institutions", "vhs",
		"text_de", "Räume", "due", "2026-11-22", NULL);
	fx_put(w, IQ_COMMITMENT, "id", "others", "workshop", "round", "institutions", "lra",
		"text_de", "Kurse", NULL);
}

static void put_vote(struct iq_wtxn *w, const char *id, const char *state, const char *deadline,
	const char *ballot_of, const char *by)
{
	fx_put(w, IQ_PROPOSAL, "id", id, "workshop", "round", "institution", "lra", "text_de",
		"Titel\nText", "state", state, "deadline", deadline, NULL);
	if (ballot_of != NULL)
		fx_put(w, IQ_BALLOT, "id", iq_arena_printf(&fx.arena, "%s-b", id), "proposal", id,
			"institution", ballot_of, "choice", "no", "contact", by, "as",
			"representative", "cast_on", "2026-11-20", NULL);
}

static void put_work(struct iq_wtxn *w)
{
	put_promises(w);
	put_vote(w, "none-yet", "open", "2090-01-01", NULL, NULL);
	put_vote(w, "by-other-house", "open", "", "lra", "l-hidden");
	put_vote(w, "by-person", "open", "2090-01-01", "vhs", "c-partners");
	put_vote(w, "by-deputy", "open", "2090-01-01", "vhs", "c-inside");
	put_vote(w, "over", "open", "2020-01-01", NULL, NULL);
	put_vote(w, "draft", "draft", "", NULL, NULL);
	put_vote(w, "passed", "passed", "", NULL, NULL);
	/* another workshop */
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "else", "region", "sn", "name_de", "Andere", NULL);
	fx_put(w, IQ_COMMITMENT, "id", "elsewhere", "workshop", "else", "institutions", "vhs",
		"text_de", "Kurse", NULL);
}

static int setup_seat(void **state)
{
	if (setup(state) != 0)
		return -1;
	struct iq_wtxn *w = change_begin();

	put_work(w);
	change_end(w);
	return 0;
}

static void put_accepted(const char *from, const char *to, const char *guest, const char *decides)
{
	struct iq_wtxn *w = change_begin();

	fx_put(w, IQ_MEMBERSHIP, "id", "round-vhs", "workshop", "round", "institution", "vhs",
		"representative", "c-partners", "deputy", "c-inside", "accepted_from", from,
		"accepted_to", to, "guest", guest, "decides", decides, NULL);
	change_end(w);
}

/* "id:state:due …" of what goes with the seat, in the order of the sheet. */
static const char *seat_of(char *contact)
{
	const Iq__V1__SheetResponse *r = sheet(contact, "");
	const char *all = "";

	assert_non_null(r);
	for (size_t i = 0; i < r->n_items; i++) {
		const Iq__V1__HangingItem *x = r->items[i];

		if (strcmp(x->what, "seat") == 0)
			all = iq_arena_printf(&fx.arena, "%s%s%s:%s:%s", all, *all ? " " : "",
				x->id, x->state, x->due);
		else
			assert_string_equal(x->state, "");
	}
	return all;
}

#define PROMISES                                                                                   \
	"open:open:2026-12-31 late:late:2026-12-31 overdue:late:2026-11-21 today:open:2026-11-22"

static void test_sheet(void **state)
{
	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_string_equal(seat_of("c-partners"),
		PROMISES " none-yet:not-voted:2090-01-01 by-other-house:not-voted: "
			 "by-person:voted:2090-01-01");
	/* the deputy's seat */
	assert_string_equal(seat_of("c-inside"),
		PROMISES " none-yet:not-voted:2090-01-01 by-other-house:not-voted: "
			 "by-deputy:voted:2090-01-01");
	assert_string_equal(seat_of("c-desk"), "");
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");
	const Iq__V1__HangingItem *i = item(r->items, r->n_items, "overdue", "institutions");

	assert_non_null(i);
	assert_string_equal(i->name, "Rooms"); /* asked in English; the first line */
	assert_string_equal(item(r->items, r->n_items, "open", "institutions")->name, "Kurse");
	assert_string_equal(item(r->items, r->n_items, "none-yet", "")->kind, "proposal");
}

/* A seat that brings nothing: not accepted, left; one without a vote. */
static void test_membership(void **state)
{
	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, NULL, NULL);
	put_accepted("", "", "", "");
	assert_string_equal(seat_of("c-partners"), "");
	put_accepted("2026-11-23", "", "", "");
	assert_string_equal(seat_of("c-partners"), "");
	put_accepted("2026-01-01", "2026-11-21", "", "");
	assert_string_equal(seat_of("c-partners"), "");
	put_accepted("2026-01-01", "2026-11-22", "yes", "");
	assert_string_equal(seat_of("c-partners"), PROMISES);
	put_accepted("2026-11-22", "", "", "no");
	assert_string_equal(seat_of("c-partners"), PROMISES);
}

/* Whoever does not see what the workshop works on is not told. */
static void test_rights(void **state)
{
	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "sn");
	const Iq__V1__SheetResponse *r = sheet("c-partners", "referral");

	assert_non_null(item(r->items, r->n_items, "round-vhs", "representative"));
	for (size_t i = 0; i < r->n_items; i++)
		assert_string_not_equal(r->items[i]->what, "seat");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "lra", NULL);
	r = sheet("c-partners", "referral");
	assert_non_null(r);
	for (size_t i = 0; i < r->n_items; i++)
		assert_string_not_equal(r->items[i]->what, "seat");
}

/* The seat moves, nothing of what goes with it is written. */
static void test_moves(void **state)
{
	(void)state;
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	for (size_t i = 0; i < answer()->n_changes; i++) {
		assert_string_not_equal(answer()->changes[i]->kind, "ballot");
		assert_string_not_equal(answer()->changes[i]->kind, "commitment");
	}
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
	assert_string_equal(cell(IQ_BALLOT, "by-person-b", "contact"), "c-partners");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_string_equal(seat_of("c-partners"), "");
	/* what the predecessor cast is cast: no vote is missing */
	assert_string_equal(seat_of("c-new"),
		PROMISES " none-yet:not-voted:2090-01-01 by-other-house:not-voted:");
	/* nobody of another house takes the seat */
	assert_int_equal(
		hand("everybody", "c-new", "l-hidden", (struct how){.on = NULL}), IQ_ERR_DENIED);
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sheet, setup_seat, teardown),
		cmocka_unit_test_setup_teardown(test_membership, setup_seat, teardown),
		cmocka_unit_test_setup_teardown(test_rights, setup_seat, teardown),
		cmocka_unit_test_setup_teardown(test_moves, setup_seat, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
