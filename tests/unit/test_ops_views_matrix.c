/* SPDX-License-Identifier: Apache-2.0 */
/* matrix, overlaps, stakeholders: what is in the answers, and what is not. */
#include "views_help.h"

static void put_more(struct iq_wtxn *w)
{
	fx_put(w, IQ_STATUS, "id", "asylum", "name_de", "Asyl", "name_en", "Asylum", "symbol", "A",
		"colour", "#0072B2", "implies", "benefit=asylblg", NULL);
	fx_put(w, IQ_STATUS, "id", "asylum-old", "parent", "asylum", "name_de", "Altfall", NULL);
	fx_put(w, IQ_KIND, "id", "bamf", "name_de", "Bundesamt", "name_en", "Federal office",
		"statutory", "yes", NULL);
	fx_put(w, IQ_KIND, "id", "court", "name_de", "Gericht", "statutory", "yes", NULL);
	fx_put(w, IQ_INSTITUTION, "id", "bamf-de", "kind", "bamf", "region", "de", "name_de",
		"Bundesamt", "name_en", "Federal Office", NULL);
	fx_put(w, IQ_INSTITUTION, "id", "quiet", "kind", "office", "region", "dresden", "name_de",
		"Stilles Amt", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "bamf-course", "institution", "bamf-de", "task",
		"course", "region", "sn", "statuses", "asylum-seeker", "role", "lead", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-later", "institution", "lra", "task", "work",
		"region", "sn", "role", "support", "valid_from", "2027-01-01", NULL);
	fx_put(w, IQ_NOTICE, "id", "told", "task", "housing", "effect", "info", "text_de", "Gut.",
		NULL);
}

static int setup(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	more(put_more);
	return 0;
}

/* ---- matrix --------------------------------------------------------------------------------- */

struct ask {
	const char *region, *task, *status, *at;
	bool whole;
	Iq__V1__Lang lang;
};

static const Iq__V1__MatrixResponse *matrix(struct ask a)
{
	Iq__V1__MatrixRequest in = IQ__V1__MATRIX_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.region = term(a.region);
	in.task = term(a.task);
	in.status = term(a.status);
	in.at = term(a.at);
	in.whole = a.whole;
	in.lang = a.lang;
	msg.op_case = IQ__V1__REQUEST__OP_MATRIX;
	msg.matrix = &in;
	text = "";
	return fx_call(&msg, &iq__v1__matrix_response__descriptor);
}

static const char *frame(const Iq__V1__MatrixResponse *m)
{
	assert_non_null(m);
	assert_int_equal(m->revision, iq_rtxn_state(fx.rtxn)->revision);
	for (size_t i = 0; i < m->n_lines; i++)
		say("%s%u%s%s", i ? " " : "", m->lines[i]->depth, m->lines[i]->above ? "^" : ".",
			m->lines[i]->task);
	say(" x");
	for (size_t i = 0; i < m->n_columns; i++)
		say(" %s@%u", m->columns[i]->institution, m->columns[i]->distance);
	return text;
}

/* One cell per line, all of it. */
static const char *cells(const Iq__V1__MatrixResponse *m)
{
	assert_non_null(m);
	for (size_t i = 0; i < m->n_cells; i++) {
		const Iq__V1__MatrixCell *c = m->cells[i];

		say("%s %s:", m->lines[c->line]->task, m->columns[c->column]->institution);
		for (size_t k = 0; k < c->n_roles; k++) {
			const Iq__V1__MatrixRole *r = c->roles[k];

			say(" %s%s%s ", r->role, r->conditional ? "?" : "", r->part ? "~" : "");
			say_groups(r->groups);
			say(" ");
			say_groups(r->sure);
		}
		for (size_t k = 0; k < c->n_rows; k++)
			say(" [%s %s %s %u %s %s]", c->rows[k]->responsibility, c->rows[k]->role,
				c->rows[k]->region, c->rows[k]->distance, c->rows[k]->condition,
				c->rows[k]->confirmed_on);
		say(" (");
		say_list(c->notices, c->n_notices);
		say(")%s\n", c->effect);
	}
	no_contact();
	return text;
}

static void test_matrix(void **state)
{
	const Iq__V1__MatrixResponse *m;

	(void)state;
	m = matrix((struct ask){.region = "Dresden"});
	assert_string_equal(frame(m),
		"0.housing 0.integration-coordination 0.course 1.course-delivery"
		" x vhs@0 bamf-de@1 lra@1 lra-abh@1");
	assert_string_equal(m->region, "dresden");
	assert_string_equal(m->task, "");
	assert_string_equal(m->status, "");
	assert_string_equal(m->at, "2026-11-22");
	text = "";
	assert_string_equal(cells(m),
		"housing lra: lead =asylum eu/asylum eu =asylum eu/asylum eu"
		" [lra-housing lead sn 1  ] ()\n"
		"integration-coordination vhs: lead =asylum eu/asylum eu =asylum eu/asylum eu"
		" [vhs-coord lead dresden 0  ] ()\n"
		"course vhs: advice? =asylum eu/asylum eu /"
		" [vhs-youth advice dresden 0 age=12..26 ] (stop)suspended\n"
		"course bamf-de: lead asylum-seeker/asylum* asylum-seeker/asylum*"
		" [bamf-course lead sn 1  ] (stop)suspended\n"
		"course lra-abh: lead asylum/asylum asylum/asylum"
		" [abh-course lead sn 1  ] (stop)suspended\n"
		"course-delivery vhs: provider =asylum eu/asylum eu =asylum eu/asylum eu"
		" [vhs-course provider dresden 0  2026-01-01] (stop)suspended\n");
	text = "";
	say_targets(m->groups, m->n_groups);
	assert_string_equal(text, "asylum A #0072B2; eu  ");
}

static void test_matrix_narrowed(void **state)
{
	const Iq__V1__MatrixResponse *m;

	(void)state;
	m = matrix((struct ask){.region = "dresden", .task = "course-delivery", .status = "eu"});
	assert_string_equal(frame(m), "0^course 1.course-delivery x vhs@0");
	assert_string_equal(m->task, "course-delivery");
	assert_string_equal(m->status, "eu");
	text = "";
	assert_string_equal(cells(m),
		"course vhs: advice? =eu/eu / [vhs-youth advice dresden 0 age=12..26 ]"
		" (stop)suspended\n"
		"course-delivery vhs: provider =eu/eu =eu/eu"
		" [vhs-course provider dresden 0  2026-01-01] (stop)suspended\n");
	text = "";
	say_targets(m->groups, m->n_groups);
	assert_string_equal(text, "eu  ");
	/* parts of it, and without them; an area is its members */
	assert_string_equal(
		frame(matrix((struct ask){.region = "sn", .task = "work"})), "0.work x vhs@101");
	assert_string_equal(cells(matrix((struct ask){.region = "sn", .task = "work"})),
		"work vhs: lead~ =asylum eu/asylum eu =asylum eu/asylum eu"
		" [vhs-meissen lead meissen 101  ] ()\n");
	assert_string_equal(
		frame(matrix((struct ask){.region = "sn", .task = "work", .whole = true})), " x");
	assert_string_equal(
		frame(matrix((struct ask){.region = "elbe", .task = "work"})), "0.work x vhs@0");
	assert_string_equal(frame(matrix((struct ask){
				    .region = "dresden", .task = "work", .at = "2027-01-01"})),
		"0.work x lra@1");
}

static const char *matrix_label(const Iq__V1__MatrixResponse *m, const char *kind, const char *id)
{
	const char *found = label_of(m->labels, m->n_labels, kind, id);

	return found ? found : "none";
}

static void test_languages(void **state)
{
	const Iq__V1__MatrixResponse *m = matrix((struct ask){.region = "dresden"});

	(void)state;
	assert_string_equal(matrix_label(m, "region", "sn"), "Sachsen|");
	assert_string_equal(matrix_label(m, "institution", "bamf-de"), "Bundesamt|");
	assert_string_equal(matrix_label(m, "task", "course"), "Integrationskurs|");
	assert_string_equal(matrix_label(m, "status", "asylum"), "Asyl|");
	assert_string_equal(matrix_label(m, "fact", "age"), "Alter|");
	assert_string_equal(matrix_label(m, "task", "work"), "none");
	m = matrix((struct ask){.region = "dresden", .lang = IQ__V1__LANG__EN});
	assert_string_equal(matrix_label(m, "region", "sn"), "Saxony|");
	assert_string_equal(matrix_label(m, "institution", "bamf-de"), "Federal Office|");
	assert_string_equal(matrix_label(m, "institution", "lra"), "Landratsamt|");
	m = matrix((struct ask){.region = "Sachsen", .lang = IQ__V1__LANG__BOTH});
	assert_string_equal(matrix_label(m, "region", "sn"), "Sachsen|Saxony");
	assert_string_equal(matrix_label(m, "institution", "bamf-de"), "Bundesamt|Federal Office");
	assert_string_equal(matrix_label(m, "institution", "lra"), "Landratsamt|Landratsamt");
	assert_string_equal(matrix_label(m, "status", "asylum"), "Asyl|Asylum");
	assert_string_equal(matrix_label(m, "fact", "age"), "Alter|Alter");
}

static void test_terms(void **state)
{
	(void)state;
	assert_null(matrix((struct ask){.region = "Dresdn"}));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	assert_int_equal(fx.error.ncandidates, 1);
	assert_true(iq_str_is(fx.error.candidates[0].id, "dresden"));
	assert_null(matrix((struct ask){.region = ""}));
	refused_hint(IQ_ERR_USAGE, "iqq list regions");
	assert_null(matrix((struct ask){.region = "01500"}));
	fx_refused(IQ_ERR_AMBIGUOUS);
	assert_int_equal(fx.error.ncandidates, 2);
	assert_non_null(matrix((struct ask){.region = "01067"}));
	assert_null(matrix((struct ask){.region = "sn", .task = "langage"}));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	assert_null(matrix((struct ask){.region = "sn", .status = "asylem"}));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	assert_null(matrix((struct ask){.region = "sn", .at = "22.11.2026"}));
	fx_refused(IQ_ERR_USAGE);
}

static void put_united(struct iq_wtxn *w)
{
	struct iq_txn *t = iq_wtxn_txn(w);

	iq_id_redirect(w, IQ_REGION, IQ_STR("drezno"), iq_id_find(t, IQ_REGION, IQ_STR("dresden")));
	iq_id_redirect(w, IQ_TASK, IQ_STR("lodging"), iq_id_find(t, IQ_TASK, IQ_STR("housing")));
	iq_id_redirect(w, IQ_STATUS, IQ_STR("union"), iq_id_find(t, IQ_STATUS, IQ_STR("eu")));
}

static void test_merged(void **state)
{
	const Iq__V1__MatrixResponse *m;

	(void)state;
	more(put_united);
	m = matrix((struct ask){.region = "drezno", .task = "lodging", .status = "union"});
	assert_string_equal(frame(m), "0.housing x lra@1");
	assert_string_equal(m->region, "dresden");
	assert_string_equal(m->task, "housing");
	assert_string_equal(m->status, "eu");
}

/* What does not fit into one answer says so. */
static void test_too_long(void **state)
{
	Iq__V1__MatrixRequest in = IQ__V1__MATRIX_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	(void)state;
	in.region = term("dresden");
	msg.op_case = IQ__V1__REQUEST__OP_MATRIX;
	msg.matrix = &in;
	struct iq_req rq = fx_req(&msg);

	fx.out.max = 100;
	assert_int_equal(iq_op_matrix(&rq), IQ_ERR_BUSY);
	refused_hint(IQ_ERR_BUSY, "--task");
	fx.out.max = 0;
	rq = fx_req(&msg);
	fx.arena.cap = fx.arena.used + 8192;
	assert_int_equal(iq_op_matrix(&rq), IQ_ERR_BUSY);
	refused_hint(IQ_ERR_BUSY, "--task");
	fx.arena.cap = 0;
	rq = fx_req(&msg);
	assert_true(iq_cost_matrix(&rq) > 0);
	assert_true(iq_cost_matrix(&rq) <= IQ_LANE_COST);
	assert_int_equal(iq_op_matrix(&rq), IQ_OK);
}

/* ---- overlaps ------------------------------------------------------------------------------- */

static const char *overlaps(
	const char *region, const char *task, const char *status, bool parts, uint32_t limit)
{
	Iq__V1__OverlapsRequest in = IQ__V1__OVERLAPS_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	const Iq__V1__OverlapsResponse *r;

	in.region = term(region);
	in.task = term(task);
	in.status = term(status);
	in.parts = parts;
	in.limit = limit;
	msg.op_case = IQ__V1__REQUEST__OP_OVERLAPS;
	msg.overlaps = &in;
	text = "";
	r = fx_call(&msg, &iq__v1__overlaps_response__descriptor);
	if (r == NULL)
		return "refused";
	assert_int_equal(r->revision, iq_rtxn_state(fx.rtxn)->revision);
	assert_string_equal(r->at, "2026-11-22");
	say("%s %s %s %u:", r->region, r->task, r->status, r->total);
	for (size_t i = 0; i < r->n_overlaps; i++) {
		const Iq__V1__Overlap *o = r->overlaps[i];

		say(" %s %s %u %s %s ", o->task, o->region, o->distance, o->first, o->second);
		say_groups(o->groups);
		say(" [");
		say_list(o->first_rows, o->n_first_rows);
		say("|");
		say_list(o->second_rows, o->n_second_rows);
		say("]");
		assert_non_null(label_of(r->labels, r->n_labels, "institution", o->first));
		assert_non_null(label_of(r->labels, r->n_labels, "institution", o->second));
		assert_non_null(label_of(r->labels, r->n_labels, "task", o->task));
		assert_non_null(label_of(r->labels, r->n_labels, "region", o->region));
	}
	say(" ");
	say_targets(r->groups, r->n_groups);
	no_contact();
	return text;
}

static void put_overlaps(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-meissen", "institution", "lra", "task", "work",
		"region", "meissen", "role", "lead", NULL);
}

static void test_overlaps(void **state)
{
	(void)state;
	more(put_overlaps);
	assert_string_equal(overlaps("dresden", "", "", false, 0),
		"dresden   1: course sn 1 bamf-de lra-abh asylum-seeker/asylum*"
		" [bamf-course|abh-course] asylum A #0072B2; eu  ");
	assert_string_equal(overlaps("dresden", "", "eu", false, 0), "dresden  eu 0: eu  ");
	assert_string_equal(overlaps("sn", "", "asylum-seeker", true, 0),
		"sn  asylum-seeker 2: course sn 0 bamf-de lra-abh =asylum-seeker/asylum"
		" [bamf-course|abh-course]"
		" work meissen 101 lra vhs =asylum-seeker/asylum [lra-meissen|vhs-meissen]"
		" asylum A #0072B2");
	assert_string_equal(overlaps("elbe", "work", "", false, 1),
		"elbe work  1: work meissen 0 lra vhs =asylum eu/asylum eu"
		" [lra-meissen|vhs-meissen] asylum A #0072B2; eu  ");
	assert_string_equal(overlaps("sn", "", "eu", true, 1),
		"sn  eu 1: work meissen 101 lra vhs =eu/eu [lra-meissen|vhs-meissen] eu  ");
	assert_non_null(strstr(overlaps("sn", "", "", true, 1), "sn   2: course"));
	assert_null(strstr(text, "meissen"));
	assert_string_equal(overlaps("nowhere", "", "", false, 0), "refused");
	fx_refused(IQ_ERR_UNKNOWN_TERM);
}

/* ---- stakeholders --------------------------------------------------------------------------- */

static const char *stakeholders(const char *region, bool whole, Iq__V1__Lang lang)
{
	Iq__V1__StakeholdersRequest in = IQ__V1__STAKEHOLDERS_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	const Iq__V1__StakeholdersResponse *r;

	in.region = term(region);
	in.whole = whole;
	in.lang = lang;
	msg.op_case = IQ__V1__REQUEST__OP_STAKEHOLDERS;
	msg.stakeholders = &in;
	text = "";
	r = fx_call(&msg, &iq__v1__stakeholders_response__descriptor);
	if (r == NULL)
		return "refused";
	assert_int_equal(r->revision, iq_rtxn_state(fx.rtxn)->revision);
	assert_string_equal(r->at, "2026-11-22");
	say("%s", r->region);
	for (size_t i = 0; i < r->n_stakeholders; i++) {
		const Iq__V1__Stakeholder *s = r->stakeholders[i];

		say("; %s %s%s %s%s %u", s->institution, s->kind, s->statutory ? "!" : "",
			s->region, s->seat ? "+" : "", s->distance);
		for (size_t k = 0; k < s->n_tasks; k++) {
			say(" %s=", s->tasks[k]->task);
			say_list(s->tasks[k]->roles, s->tasks[k]->n_roles);
		}
	}
	say(" - ");
	say_list(r->missing, r->n_missing);
	say(" (%s)", label_of(r->labels, r->n_labels, "kind", "court"));
	no_contact();
	return text;
}

static void test_stakeholders(void **state)
{
	(void)state;
	assert_string_equal(stakeholders("dresden", false, IQ__V1__LANG__BOTH),
		"dresden; bamf-de bamf! de 1 course=lead"
		"; vhs office dresden+ 0 integration-coordination=lead course=advice"
		" course-delivery=provider"
		"; lra office sn 1 housing=lead; lra-abh office sn 1 course=lead"
		"; quiet office dresden+ 0 - court (Gericht|Gericht)");
	assert_string_equal(stakeholders("meissen", true, IQ__V1__LANG__EN),
		"meissen; bamf-de bamf! de 1 course=lead; vhs office dresden 0 work=lead"
		"; lra office sn 1 housing=lead; lra-abh office sn 1 course=lead"
		" - court (Gericht|)");
	assert_string_equal(stakeholders("", false, IQ__V1__LANG__DE), "refused");
	refused_hint(IQ_ERR_USAGE, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_matrix),
		TEST(test_matrix_narrowed),
		TEST(test_languages),
		TEST(test_terms),
		TEST(test_merged),
		TEST(test_too_long),
		TEST(test_overlaps),
		TEST(test_stakeholders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
