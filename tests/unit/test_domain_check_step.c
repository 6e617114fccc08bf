/* SPDX-License-Identifier: Apache-2.0 */
/* What may become of what a workshop works on: every pair of states, and every column in each. */
#include "domain_records.h"

#include "check.h"
#include "workshop.h"

static struct iq_arena arena;

static int setup(void **state)
{
	(void)state;
	iq_arena_init(&arena, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_arena_free(&arena);
	return 0;
}

static bool may(const struct iq_rec *before, const struct iq_rec *after, bool closes)
{
	struct iq_error e;

	iq_error_init(&e, &arena);
	enum iq_err err = iq_check_step(before, after, closes, NULL, &e);

	assert_int_equal(err == IQ_OK, e.nproblems == 0);
	return err == IQ_OK;
}

static struct iq_rec in_state(enum iq_kind kind, const char *name)
{
	struct iq_rec rec = FX_REC(&arena, kind, "id=x");
	struct iq_str *v = iq_arena_alloc(&arena, sizeof(*v));

	*v = iq_str(name);
	rec.col[iq_process_column(kind)] = (struct iq_value){v, 1};
	return rec;
}

/* As the page says it, written down a second time. */
static const char *const steps[] = {"topic open discussed", "topic discussed closed",
	"topic open closed", "meeting planned held", "meeting held minuted", "meeting minuted held",
	"proposal draft open", "proposal draft withdrawn", "proposal open withdrawn",
	"proposal conflict withdrawn", "commitment open late", "commitment late kept",
	"commitment open kept", "commitment open dropped", "commitment late dropped"};
/* Only by closing the vote. */
static const char *const closing[] = {"proposal open passed", "proposal open rejected",
	"proposal open conflict", "proposal conflict passed"};

static bool listed(const char *const *list, size_t n, const char *step)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], step) == 0)
			return true;
	return false;
}

static void test_states(void **state)
{
	(void)state;
	for (enum iq_kind k = IQ_TOPIC; k <= IQ_COMMITMENT; k++) {
		enum iq_process process = iq_process_of(k);

		if (process == IQ_PROCESSES)
			continue;
		const char *const *names = iq_process_states[process];

		for (int from = 0; names[from] != NULL; from++) {
			for (int to = 0; names[to] != NULL; to++) {
				struct iq_rec a = in_state(k, names[from]),
					      b = in_state(k, names[to]);
				const char *step = iq_arena_printf(&arena, "%s %s %s",
					iq_schemas[k].name, names[from], names[to]);
				bool plain = from == to ||
					     listed(steps, sizeof(steps) / sizeof(*steps), step);
				bool ends =
					listed(closing, sizeof(closing) / sizeof(*closing), step);

				if (may(&a, &b, false) != plain)
					fail_msg("%s", step);
				if (may(&a, &b, true) != (plain || ends))
					fail_msg("closing: %s", step);
			}
		}
	}
}

static const struct {
	enum iq_kind kind;
	const char *before, *column, *was, *is;
	bool may;
} edits[] = {
	{IQ_TOPIC, "open", "text", "a", "b", true},
	{IQ_TOPIC, "discussed", "text", "a", "b", true},
	{IQ_TOPIC, "closed", "text", "a", "b", false},
	{IQ_TOPIC, "closed", "lesson_de", "a", "b", false},
	{IQ_TOPIC, "open", "workshop", "a", "b", false},
	{IQ_TOPIC, "open", "institution", "a", "b", true},
	{IQ_MEETING, "planned", "date", "2026-01-01", "2026-01-02", true},
	{IQ_MEETING, "held", "minutes", "a", "b", true},
	{IQ_MEETING, "minuted", "minutes", "a", "b", false},
	{IQ_MEETING, "planned", "workshop", "a", "b", false},
	{IQ_PROPOSAL, "draft", "text_de", "a", "b", true},
	{IQ_PROPOSAL, "draft", "quorum", "50", "60", true},
	{IQ_PROPOSAL, "open", "text_de", "a", "b", false},
	{IQ_PROPOSAL, "open", "quorum", "50", "51", false},
	{IQ_PROPOSAL, "open", "majority", "simple", "two-thirds", false},
	{IQ_PROPOSAL, "open", "changes", "a", "b", false},
	{IQ_PROPOSAL, "open", "result", "", "yes=9", false},
	{IQ_PROPOSAL, "open", "deadline", "2026-12-01", "2026-12-02", true},
	{IQ_PROPOSAL, "open", "deadline", "2026-12-01", "2026-12-01 16:00", false},
	{IQ_PROPOSAL, "open", "deadline", "2026-12-02", "2026-12-01", false},
	{IQ_PROPOSAL, "draft", "deadline", "2026-12-02", "2026-12-01", true},
	{IQ_PROPOSAL, "conflict", "deadline", "2026-12-01", "2026-12-02", false},
	{IQ_PROPOSAL, "passed", "result", "yes=6", "yes=9", false},
	{IQ_PROPOSAL, "passed", "text_de", "a", "b", false},
	{IQ_PROPOSAL, "draft", "workshop", "a", "b", false},
	{IQ_COMMITMENT, "open", "text_de", "a", "b", true},
	{IQ_COMMITMENT, "late", "due", "2026-01-01", "2026-02-01", true},
	{IQ_COMMITMENT, "kept", "evidence", "a", "b", false},
	{IQ_COMMITMENT, "dropped", "reason", "a", "b", false},
	{IQ_COMMITMENT, "open", "workshop", "a", "b", false},
};

static void set(struct iq_rec *rec, const char *column, const char *cell)
{
	struct iq_problem p;
	int col = iq_column_by_name(rec->kind, iq_str(column));

	assert_true(col > 0);
	assert_int_equal(iq_rec_read_cell(rec, col, iq_str(cell), &arena, &p), IQ_OK);
}

static void test_edits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct iq_rec a = in_state(edits[i].kind, edits[i].before), b = a;

		set(&a, edits[i].column, edits[i].was);
		set(&b, edits[i].column, edits[i].is);
		if (may(&a, &b, false) != edits[i].may)
			fail_msg("%s %s %s", iq_schemas[edits[i].kind].name, edits[i].before,
				edits[i].column);
	}
}

/* Taken back, minutes may be written in the same step; a step may bring its own fields. */
static void test_steps_with_edits(void **state)
{
	struct iq_rec a = in_state(IQ_MEETING, "minuted"), b = in_state(IQ_MEETING, "held");

	(void)state;
	set(&a, "minutes", "a");
	set(&b, "minutes", "b");
	assert_true(may(&a, &b, false));
	a = in_state(IQ_TOPIC, "open");
	b = in_state(IQ_TOPIC, "closed");
	set(&b, "lesson_de", "Früher fragen.");
	assert_true(may(&a, &b, false));
	a = in_state(IQ_PROPOSAL, "open");
	b = in_state(IQ_PROPOSAL, "passed");
	set(&b, "result", "yes=6 no=2 abstain=1 votes=9 quorum=5");
	assert_true(may(&a, &b, true));
	assert_false(may(&a, &b, false));
}

static void test_ballots(void **state)
{
	struct iq_rec a = FX_REC(&arena, IQ_BALLOT, "id=x", "proposal=p", "institution=i",
			      "choice=yes"),
		      b = a;

	(void)state;
	set(&b, "choice", "no");
	assert_true(may(&a, &b, false));
	set(&b, "institution", "j");
	assert_false(may(&a, &b, false));
	b = a;
	set(&b, "proposal", "q");
	assert_false(may(&a, &b, false));
	/* other kinds go where they like */
	a = FX_REC(&arena, IQ_MEMBERSHIP, "id=x", "workshop=a");
	b = FX_REC(&arena, IQ_MEMBERSHIP, "id=x", "workshop=b");
	assert_true(may(&a, &b, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_steps_with_edits),
		cmocka_unit_test(test_ballots),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
