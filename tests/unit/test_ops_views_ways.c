/* SPDX-License-Identifier: Apache-2.0 */
/* gaps and path: what is in the answers, and what is not. */
#include "views_help.h"

static void put_more(struct iq_wtxn *w)
{
	fx_put(w, IQ_TASK, "id", "housing", "name_de", "Wohnen", "expected", "yes", NULL);
	fx_put(w, IQ_TASK, "id", "money", "name_de", "Geld", "expected", "yes", NULL);
	fx_put(w, IQ_STATUS, "id", "asylum-old", "parent", "asylum", "name_de", "Altfall", NULL);
	fx_put(w, IQ_KIND, "id", "school", "name_de", "Schule", "name_en", "School", NULL);
	fx_put(w, IQ_INSTITUTION, "id", "vhs", "kind", "school", "region", "dresden", "name_de",
		"Volkshochschule", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-money", "institution", "lra", "task", "money",
		"region", "dresden", "statuses", "asylum", "role", "lead", "condition",
		"benefit=asylblg", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-money", "institution", "vhs", "task", "money",
		"region", "sn", "role", "support", NULL);
	fx_put(w, IQ_NOTICE, "id", "no-need", "task", "work", "region", "dresden", "statuses", "eu",
		"effect", "not-needed", "text_de", "Frei.", NULL);
	fx_put(w, IQ_HANDOVER, "id", "p-1", "process", "p", "step", "1", "task", "housing",
		"from_kinds", "office", "to_kinds", "school|office", "trigger_de", "Einzug",
		"trigger_en", "Moving in", "documents", "Vertrag; Ausweis", NULL);
	fx_put(w, IQ_HANDOVER, "id", "p-2", "process", "p", "step", "2", "task", "course-delivery",
		"statuses", "asylum-seeker", "from_kinds", "school", "to_kinds", "school", NULL);
	fx_put(w, IQ_HANDOVER, "id", "q-1", "process", "q", "step", "1", "task", "money",
		"statuses", "eu", "to_kinds", "school", NULL);
}

static int setup(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	more(put_more);
	return 0;
}

/* ---- gaps ----------------------------------------------------------------------------------- */

struct ask {
	const char *region, *kind, *task, *status;
	uint32_t limit;
	bool near;
	Iq__V1__Lang lang;
};

static void say_near(const char *what, Iq__V1__NearMiss *const *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		say(" %s %s %s %s ", what, a[i]->responsibility, a[i]->institution, a[i]->role);
		say_list(a[i]->because, a[i]->n_because);
		say(" %s", a[i]->condition);
	}
}

static const char *gaps(struct ask a)
{
	Iq__V1__GapsRequest in = IQ__V1__GAPS_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	const Iq__V1__GapsResponse *r;

	in.region = term(a.region);
	in.kind = term(a.kind);
	in.task = term(a.task);
	in.status = term(a.status);
	in.limit = a.limit;
	in.near = a.near;
	in.lang = a.lang;
	msg.op_case = IQ__V1__REQUEST__OP_GAPS;
	msg.gaps = &in;
	text = "";
	r = fx_call(&msg, &iq__v1__gaps_response__descriptor);
	if (r == NULL)
		return "refused";
	assert_int_equal(r->revision, iq_rtxn_state(fx.rtxn)->revision);
	assert_string_equal(r->at, "2026-11-22");
	say("%s %s %s %u/%u:", r->region, r->task, r->status, r->total, r->regions);
	for (size_t i = 0; i < r->n_gaps; i++) {
		const Iq__V1__Gap *g = r->gaps[i];

		say("\n%s%s %s ", g->task, g->marked ? "!" : "", g->region);
		say_groups(g->missing);
		say(" %u (", g->peers_total);
		say_list(g->peers, g->n_peers);
		say(")");
		say_near("near", g->near_misses, g->n_near_misses);
		say_near("besides", g->involved, g->n_involved);
		assert_non_null(label_of(r->labels, r->n_labels, "task", g->task));
		assert_non_null(label_of(r->labels, r->n_labels, "region", g->region));
	}
	say("\n");
	say_targets(r->groups, r->n_groups);
	no_contact();
	return text;
}

static void test_gaps(void **state)
{
	(void)state;
	/* work: meissen has it, dresden is of the same kind, and eu needs no permission there */
	assert_string_equal(gaps((struct ask){.region = "dresden"}),
		"dresden   2/1:"
		"\nmoney! dresden eu/eu 0 ()"
		"\nwork dresden asylum/asylum 1 (meissen)"
		"\nasylum  ; eu  ");
	assert_string_equal(gaps((struct ask){.region = "dresden", .near = true, .task = "money"}),
		"dresden money  1/1:"
		"\nmoney! dresden eu/eu 0 () near lra-money lra lead status benefit=asylblg"
		" besides vhs-money vhs support  "
		"\nasylum  ; eu  ");
	assert_string_equal(gaps((struct ask){.region = "dresden", .status = "asylum"}),
		"dresden  asylum 1/1:\nwork dresden =asylum/asylum 1 (meissen)\nasylum  ");
	/* nobody coordinates in Meißen, nor is there a course; an area is its members */
	assert_string_equal(gaps((struct ask){.region = "elbe", .task = "money"}),
		"elbe money  2/2:"
		"\nmoney! dresden eu/eu 0 ()"
		"\nmoney! meissen =asylum eu/asylum eu 1 (dresden)"
		"\nasylum  ; eu  ");
	assert_string_equal(gaps((struct ask){.region = "sn", .kind = "city", .limit = 2}),
		"sn   5/2:"
		"\nintegration-coordination meissen =asylum eu/asylum eu 1 (dresden)"
		"\ncourse-delivery meissen eu/eu 1 (dresden)"
		"\nasylum  ; eu  ");
	assert_non_null(
		strstr(gaps((struct ask){.kind = "city", .task = "work"}), "de work  1/2:"));
}

static void test_gaps_kinds(void **state)
{
	(void)state;
	assert_string_equal(gaps((struct ask){.region = "sn", .kind = "town"}), "refused");
	refused_hint(IQ_ERR_USAGE, "--kind");
	assert_int_equal(fx.error.ncandidates, 2);
	assert_true(iq_str_is(fx.error.candidates[0].id, "state"));
	assert_true(iq_str_is(fx.error.candidates[1].id, "city"));
	assert_string_equal(gaps((struct ask){.region = "dresden", .kind = "state"}), "refused");
	fx_refused(IQ_ERR_USAGE);
	assert_string_equal(gaps((struct ask){.region = ""}), "refused");
	refused_hint(IQ_ERR_USAGE, "iqq list regions");
	assert_string_equal(gaps((struct ask){.region = "dresden", .task = "moneyy"}), "refused");
	fx_refused(IQ_ERR_UNKNOWN_TERM);
}

/* ---- path ----------------------------------------------------------------------------------- */

static void say_side(const Iq__V1__PathSide *s)
{
	say(" <");
	say_list(s->kinds, s->n_kinds);
	say("|%s", s->source);
	for (size_t i = 0; i < s->n_parties; i++)
		say(" %s %s %s%s", s->parties[i]->institution, s->parties[i]->responsibility,
			s->parties[i]->role, s->parties[i]->certain ? "" : "?");
	say(">");
}

static void say_steps(const Iq__V1__PathResponse *r)
{
	for (size_t i = 0; i < r->n_steps; i++) {
		const Iq__V1__PathStep *s = r->steps[i];

		say("\n%s %s %u %s%s %s %s (", s->handover, s->process, s->step, s->task,
			s->certain ? "" : "?", s->trigger_de, s->trigger_en);
		for (size_t k = 0; k < s->n_documents; k++)
			say("%s%s", k ? "|" : "", s->documents[k]);
		say(") [");
		say_list(s->statuses, s->n_statuses);
		say("]");
		say_side(s->from);
		say_side(s->to);
		say(" %s", s->outcome);
	}
}

static void say_graph(const Iq__V1__PathResponse *r)
{
	for (size_t i = 0; i < r->n_hands; i++)
		say(" %s/%s %u %u", r->hands[i]->institution, r->hands[i]->kind, r->hands[i]->gives,
			r->hands[i]->takes);
	for (size_t i = 0; i < r->n_edges; i++) {
		say(" %u>%u", r->edges[i]->from, r->edges[i]->to);
		for (size_t k = 0; k < r->edges[i]->n_steps; k++)
			say(" %u", r->edges[i]->steps[k]);
	}
}

static const Iq__V1__PathResponse *path(
	const char *region, const char *status, const char *from, const char *to)
{
	Iq__V1__PathRequest in = IQ__V1__PATH_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	const Iq__V1__PathResponse *r;

	in.region = term(region);
	in.status = term(status);
	in.from = term(from);
	in.to = term(to);
	in.lang = IQ__V1__LANG__BOTH;
	msg.op_case = IQ__V1__REQUEST__OP_PATH;
	msg.path = &in;
	text = "";
	r = fx_call(&msg, &iq__v1__path_response__descriptor);
	if (r == NULL)
		return NULL;
	assert_int_equal(r->revision, iq_rtxn_state(fx.rtxn)->revision);
	assert_string_equal(r->at, "2026-11-22");
	no_contact();
	say("%s %s %s %s", r->region, r->status, r->from, r->to);
	return r;
}

static void test_path(void **state)
{
	const Iq__V1__PathResponse *r = path("dresden", "asylum-seeker", "", "");

	(void)state;
	assert_non_null(r);
	say_steps(r);
	assert_string_equal(text,
		"dresden asylum-seeker  "
		"\np-1 p 1 housing Einzug Moving in (Vertrag|Ausweis) []"
		" <office|task lra lra-housing lead> <school office|task lra lra-housing lead>"
		" answered"
		"\np-2 p 2 course-delivery   () [asylum-seeker]"
		" <school|task vhs vhs-course provider> <school|task vhs vhs-course provider>"
		" answered");
	assert_string_equal(r->state, "");
	assert_int_equal(r->n_chains, 0);
	assert_string_equal(label_of(r->labels, r->n_labels, "kind", "school"), "Schule|School");
	assert_string_equal(label_of(r->labels, r->n_labels, "kind", "office"), "Amt|Amt");
	assert_non_null(label_of(r->labels, r->n_labels, "status", "asylum-seeker"));
	assert_non_null(label_of(r->labels, r->n_labels, "institution", "lra"));
	text = "";
	say_graph(r);
	assert_string_equal(text, " lra/office 1 1 vhs/school 1 1 0>0 0 1>1 1");
}

static void test_chains(void **state)
{
	const Iq__V1__PathResponse *r = path("elbe", "", "housing", "course-delivery");

	(void)state;
	assert_non_null(r);
	assert_string_equal(text, "elbe  housing course-delivery");
	assert_string_equal(r->state, "found");
	assert_int_equal(r->n_steps, 3);
	assert_int_equal(r->chains_total, 1);
	assert_int_equal(r->n_chains, 1);
	assert_int_equal(r->chains[0]->n_steps, 2);
	assert_int_equal(r->chains[0]->steps[0], 0);
	assert_int_equal(r->chains[0]->steps[1], 1);
	assert_non_null(label_of(r->labels, r->n_labels, "task", "housing"));
	r = path("dresden", "", "", "course-delivery");
	assert_int_equal(r->chains[0]->n_steps, 2);
	assert_string_equal(
		path("dresden", "", "course-delivery", "housing")->state, "unreachable");
	assert_string_equal(path("dresden", "", "work", "housing")->state, "no-start");
	assert_string_equal(path("dresden", "", "housing", "work")->state, "no-end");
	assert_null(path("dresden", "", "housing", ""));
	refused_hint(IQ_ERR_USAGE, "--to");
	assert_null(path("dresden", "", "housing", "wurk"));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	assert_null(path("", "", "", ""));
	refused_hint(IQ_ERR_USAGE, "iqq list regions");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gaps),
		TEST(test_gaps_kinds),
		TEST(test_path),
		TEST(test_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
