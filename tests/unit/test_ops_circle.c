/* SPDX-License-Identifier: Apache-2.0 */
/* Who sees what of what a workshop works on: membership × day, roles × places, kinds × columns. */
#include "disclose_help.h"

#include "answers.h"

#define BIT(col) (UINT32_C(1) << (col))

static struct iq_txn *txn(void)
{
	return iq_rtxn_txn(fx.rtxn);
}

static void put_workshop(struct iq_wtxn *w)
{
	fx_put(w, IQ_INSTITUTION, "id", "jc", "kind", "office", "region", "meissen", "name_de",
		"Jobcenter", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-jc", "institution", "jc", "name", "Erika Muster",
		"visibility", "public", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-ended", "institution", "jc", "name", "Otto Muster",
		"visibility", "public", "valid_to", "2026-11-21", NULL);
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "runde", "region", "dresden", "name_de", "Runde",
		"organisers", "lra-abh", "valid_from", "2026-01-01", "valid_to", "2026-12-31",
		NULL);
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "andere", "region", "meissen", "name_de", "Andere",
		NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "m-jc", "workshop", "runde", "institution", "jc",
		"representative", "c-jc", "deputy", "c-ended", "accepted_from", "2026-02-01",
		"accepted_to", "2026-11-22", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "m-vhs", "workshop", "runde", "institution", "vhs",
		"representative", "c-public", "accepted_from", "2026-02-01", "guest", "yes", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "m-lra", "workshop", "runde", "institution", "lra",
		"representative", "c-partners", NULL);
}

static void put_work(struct iq_wtxn *w)
{
	fx_put(w, IQ_TOPIC, "id", "t", "workshop", "runde", "institution", "jc", "name_de", "T",
		NULL);
	fx_put(w, IQ_MEETING, "id", "mt", "workshop", "runde", "date", "2026-12-01", NULL);
	fx_put(w, IQ_PROPOSAL, "id", "p-draft", "workshop", "runde", "institution", "jc", "text_de",
		"P", NULL);
	fx_put(w, IQ_PROPOSAL, "id", "p-open", "workshop", "runde", "institution", "jc", "text_de",
		"P", "state", "open", NULL);
	fx_put(w, IQ_PROPOSAL, "id", "p-passed", "workshop", "runde", "institution", "jc",
		"text_de", "P", "state", "passed", NULL);
	fx_put(w, IQ_BALLOT, "id", "b-open", "proposal", "p-open", "institution", "jc", "choice",
		"yes", NULL);
	fx_put(w, IQ_BALLOT, "id", "b-open-lra", "proposal", "p-open", "institution", "lra",
		"choice", "no", NULL);
	fx_put(w, IQ_BALLOT, "id", "b-passed", "proposal", "p-passed", "institution", "lra",
		"choice", "no", NULL);
	fx_put(w, IQ_COMMITMENT, "id", "c-one", "workshop", "runde", "institutions", "jc",
		"text_de", "C", NULL);
	fx_put(w, IQ_COMMITMENT, "id", "c-both", "workshop", "runde", "institutions", "jc;vhs",
		"text_de", "C", NULL);
	fx_put(w, IQ_TOPIC, "id", "t-other", "workshop", "andere", "institution", "jc", "name_de",
		"T", NULL);
}

static int setup_circle(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	more(put_workshop);
	more(put_work);
	return 0;
}

/* ---- callers -------------------------------------------------------------------------------- */

struct caller {
	const char *contact;
	int role; /* -1: none */
	const char *institution, *region;
};

static void become(const struct caller *c)
{
	self = (struct iq_principal){
		.id = IQ_STR("caller"), .contact = num(IQ_CONTACT, c->contact)};
	if (c->role < 0)
		return;
	grant = (struct iq_grant){.id = 1,
		.role = (enum iq_access_role)c->role,
		.institution = num(IQ_INSTITUTION, c->institution),
		.region = num(IQ_REGION, c->region),
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
	self.grants = &grant;
	self.ngrants = 1;
}

static void circle_on(const struct caller *c, const char *date, struct iq_circle *out)
{
	int32_t day;

	assert_true(iq_date_parse(iq_str(date), &day));
	become(c);
	assert_true(iq_circle_read(
		txn(), &self, num(IQ_WORKSHOP_RECORD, "runde"), fx.vocab, day, &fx.arena, out));
}

static const struct caller member = {.contact = "c-jc", .role = -1};
static const struct caller guest = {.contact = "c-public", .role = -1};
static const struct caller stranger = {.contact = "c-inside", .role = -1};

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_days(void **state)
{
	static const struct caller invited = {.contact = "c-partners", .role = -1},
				   ended = {.contact = "c-ended", .role = -1},
				   organiser = {.role = IQ_ACCESS_EDITOR, .institution = "lra-abh"},
				   coordinator = {.role = IQ_ACCESS_COORDINATOR, .region = "sn"};
	static const struct {
		const struct caller *who;
		const char *day;
		enum iq_insight insight;
	} cells[] = {
		{&member, "2026-01-31", IQ_INSIGHT_NONE}, /* the day before it is accepted */
		{&member, "2026-02-01", IQ_INSIGHT_ALL},
		{&member, "2026-11-22", IQ_INSIGHT_ALL}, /* the last day is included */
		{&member, "2026-11-23", IQ_INSIGHT_NONE},
		{&guest, "2026-02-01", IQ_INSIGHT_GUEST},
		{&guest, "2026-12-31", IQ_INSIGHT_GUEST},
		{&guest, "2027-01-01", IQ_INSIGHT_NONE}, /* the workshop has ended */
		{&invited, "2026-06-01", IQ_INSIGHT_NONE},
		{&ended, "2026-11-21", IQ_INSIGHT_ALL},
		{&ended, "2026-11-22", IQ_INSIGHT_NONE}, /* the person has left */
		{&stranger, "2026-06-01", IQ_INSIGHT_NONE},
		{&organiser, "2026-06-01", IQ_INSIGHT_ALL},
		{&organiser, "2027-06-01", IQ_INSIGHT_ALL}, /* brings it to order */
		{&coordinator, "2027-06-01", IQ_INSIGHT_ALL},
	};
	struct iq_circle c;

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		circle_on(cells[i].who, cells[i].day, &c);
		if (iq_circle_insight(&c) != cells[i].insight)
			fail_msg("cell %zu: %d", i, iq_circle_insight(&c));
	}
}

static void test_grants(void **state)
{
	static const struct {
		struct caller who;
		enum iq_insight insight;
	} cells[] = {
		{{NULL, IQ_ACCESS_COORDINATOR, NULL, "dresden"}, IQ_INSIGHT_ALL},
		{{NULL, IQ_ACCESS_COORDINATOR, NULL, "sn"}, IQ_INSIGHT_ALL},
		{{NULL, IQ_ACCESS_COORDINATOR, NULL, "elbe"}, IQ_INSIGHT_ALL},
		{{NULL, IQ_ACCESS_COORDINATOR, NULL, NULL}, IQ_INSIGHT_ALL},
		{{NULL, IQ_ACCESS_COORDINATOR, NULL, "meissen"}, IQ_INSIGHT_NONE},
		{{NULL, IQ_ACCESS_READER, NULL, "dresden"}, IQ_INSIGHT_NONE},
		{{NULL, IQ_ACCESS_READER, NULL, NULL}, IQ_INSIGHT_NONE},
		{{NULL, IQ_ACCESS_CURATOR, NULL, NULL}, IQ_INSIGHT_NONE},
		{{NULL, IQ_ACCESS_ADMIN, NULL, NULL}, IQ_INSIGHT_NONE},
		{{NULL, IQ_ACCESS_AUDITOR, NULL, NULL}, IQ_INSIGHT_NONE},
		{{NULL, IQ_ACCESS_EDITOR, "jc", NULL}, IQ_INSIGHT_ALL},
		{{NULL, IQ_ACCESS_EDITOR, "lra", NULL}, IQ_INSIGHT_ALL}, /* above the organiser */
		{{NULL, IQ_ACCESS_EDITOR, "vhs", NULL}, IQ_INSIGHT_GUEST},
		{{NULL, IQ_ACCESS_EDITOR, "jc", "dresden"}, IQ_INSIGHT_NONE}, /* not its seat */
	};
	struct iq_circle c;

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		circle_on(&cells[i].who, "2026-11-22", &c);
		if (iq_circle_insight(&c) != cells[i].insight)
			fail_msg("cell %zu: %d", i, iq_circle_insight(&c));
	}
	assert_true(iq_circle_read(
		txn(), NULL, num(IQ_WORKSHOP_RECORD, "runde"), fx.vocab, fx.today, &fx.arena, &c));
	assert_int_equal(iq_circle_insight(&c), IQ_INSIGHT_NONE);
}

static uint32_t columns_of(const struct iq_circle *c, enum iq_kind kind, const char *id)
{
	struct iq_image image;

	assert_true(iq_image_get(txn(), kind, num(kind, id), &image));
	return iq_circle_columns(txn(), c, &image);
}

static void test_columns(void **state)
{
	static const uint32_t secret = BIT(IQ_BALLOT_CHOICE) | BIT(IQ_BALLOT_NOTE);
	static const struct caller editor = {.role = IQ_ACCESS_EDITOR, .institution = "jc"},
				   all = {.role = IQ_ACCESS_EDITOR};
	struct iq_circle m, g, s, e;

	(void)state;
	circle_on(&member, "2026-11-22", &m);
	circle_on(&guest, "2026-11-22", &g);
	circle_on(&stranger, "2026-11-22", &s);
	assert_int_equal(columns_of(&m, IQ_TOPIC, "t"), UINT32_MAX);
	assert_int_equal(columns_of(&m, IQ_MEETING, "mt"), UINT32_MAX);
	assert_int_equal(columns_of(&m, IQ_PROPOSAL, "p-draft"), UINT32_MAX);
	assert_int_equal(columns_of(&m, IQ_COMMITMENT, "c-one"), UINT32_MAX);
	assert_int_equal(columns_of(&m, IQ_TOPIC, "t-other"), 0); /* of another workshop */
	/* the own vote always; those of others when the vote is over */
	assert_int_equal(columns_of(&m, IQ_BALLOT, "b-open"), UINT32_MAX);
	assert_int_equal(columns_of(&m, IQ_BALLOT, "b-open-lra"), ~secret);
	assert_int_equal(columns_of(&m, IQ_BALLOT, "b-passed"), UINT32_MAX);
	circle_on(&editor, "2026-11-22", &e);
	assert_int_equal(columns_of(&e, IQ_BALLOT, "b-open"), ~secret);
	circle_on(&all, "2026-11-22", &e); /* whoever may edit everything, too */
	assert_int_equal(columns_of(&e, IQ_BALLOT, "b-open"), ~secret);
	assert_int_equal(columns_of(&g, IQ_TOPIC, "t"), 0);
	assert_int_equal(columns_of(&g, IQ_PROPOSAL, "p-passed"), 0);
	assert_int_equal(columns_of(&g, IQ_BALLOT, "b-passed"), 0);
	assert_int_equal(columns_of(&g, IQ_COMMITMENT, "c-one"), 0);
	assert_int_equal(columns_of(&g, IQ_COMMITMENT, "c-both"), UINT32_MAX);
	uint32_t invited = columns_of(&g, IQ_MEETING, "mt");

	for (int c = IQ_MEETING_DATE; c <= IQ_MEETING_AGENDA; c++)
		assert_true(invited & BIT(c));
	assert_false(invited & (BIT(IQ_MEETING_MINUTES) | BIT(IQ_MEETING_ATTENDED)));
	for (enum iq_kind k = IQ_TOPIC; k <= IQ_COMMITMENT; k++) {
		static const char *const ids[] = {"t", "mt", "p-passed", "b-passed", "c-both"};

		assert_int_equal(columns_of(&s, k, ids[k - IQ_TOPIC]), 0);
	}
}

static void test_running(void **state)
{
	(void)state;
	assert_true(iq_circle_running(txn(), num(IQ_PROPOSAL, "p-draft")));
	assert_true(iq_circle_running(txn(), num(IQ_PROPOSAL, "p-open")));
	assert_false(iq_circle_running(txn(), num(IQ_PROPOSAL, "p-passed")));
	assert_true(iq_circle_running(txn(), IQ_NONE)); /* unknown: nothing is shown */
}

/* The seats that the change feed goes by. */
struct marks {
	uint32_t v[32];
	size_t n;
};

static void add_mark(void *arg, uint32_t value)
{
	struct marks *m = arg;

	assert_true(m->n < 32);
	m->v[m->n++] = value;
}

static size_t marks_on(const char *date, const char *edited, uint32_t *first)
{
	struct marks m = {.n = 0};
	iq_num list[] = {num(IQ_INSTITUTION, edited)};
	int32_t day;

	assert_true(iq_date_parse(iq_str(date), &day));
	iq_circle_mark(txn(), &self, list, edited != NULL, fx.vocab, day, &fx.arena, add_mark, &m);
	*first = m.n > 2 ? m.v[2] : 0;
	return m.n;
}

static void test_marks(void **state)
{
	static const struct caller editor = {.role = IQ_ACCESS_EDITOR, .institution = "vhs"};
	uint32_t how;

	(void)state;
	become(&member);
	assert_int_equal(marks_on("2026-01-31", NULL, &how), 0);
	assert_int_equal(marks_on("2026-02-01", NULL, &how), 3);
	assert_int_equal(how, 2);
	assert_int_equal(marks_on("2026-11-23", NULL, &how), 0);
	become(&guest);
	assert_int_equal(marks_on("2026-12-31", NULL, &how), 3);
	assert_int_equal(how, 3);
	assert_int_equal(marks_on("2027-01-01", NULL, &how), 0);
	become(&editor);
	assert_int_equal(marks_on("2026-12-31", "vhs", &how), 3);
	assert_int_equal(how, 9);
}

/* Of workshops in which a guest takes part, its people are no fellows. */
static void test_fellows(void **state)
{
	const iq_num *in;

	(void)state;
	assert_int_equal(
		iq_workshops_of(txn(), num(IQ_INSTITUTION, "vhs"), fx.today, &fx.arena, &in), 1);
	assert_int_equal(
		iq_workshops_of(txn(), num(IQ_INSTITUTION, "lra"), fx.today, &fx.arena, &in), 0);
	assert_true(
		iq_workshop_meets(txn(), num(IQ_WORKSHOP_RECORD, "runde"), fx.today, &fx.arena));
	/* the only member has left, the guest is none */
	assert_false(iq_workshop_meets(
		txn(), num(IQ_WORKSHOP_RECORD, "runde"), fx.today + 1, &fx.arena));
}

static void test_deeds(void **state)
{
	static const struct caller organiser = {.role = IQ_ACCESS_EDITOR, .institution = "lra-abh"},
				   coordinator = {.role = IQ_ACCESS_COORDINATOR, .region = "sn"},
				   editor = {.role = IQ_ACCESS_EDITOR, .institution = "jc"};
	static const struct caller *const who[] = {
		&coordinator, &organiser, &member, &editor, &guest, &stranger};
	/* per caller: for jc, for the organiser, for nobody in particular */
	static const struct {
		enum iq_deed deed;
		const char *may;
	} rows[IQ_DEEDS] = {
		{IQ_DEED_TOPIC_ADD, "yyy yyy y-- y-- --- ---"},
		{IQ_DEED_TOPIC_EDIT, "yyy yyy y-- y-- --- ---"},
		{IQ_DEED_TOPIC_DISCUSS, "yyy yyy --- --- --- ---"},
		{IQ_DEED_TOPIC_CLOSE, "yyy yyy y-- y-- --- ---"},
		{IQ_DEED_TOPIC_DELETE, "yyy yyy --- --- --- ---"},
		{IQ_DEED_MEETING, "yyy yyy --- --- --- ---"},
		{IQ_DEED_PROPOSAL_DRAFT, "--- -y- y-- y-- --- ---"},
		{IQ_DEED_PROPOSAL_RUN, "yyy yyy --- --- --- ---"},
		{IQ_DEED_BALLOT_CAST, "--- --- y-- --- --- ---"},
		{IQ_DEED_COMMITMENT_ADD, "yyy yyy --- y-- --- ---"},
		{IQ_DEED_COMMITMENT_SETTLE, "--- --- --- y-- --- ---"},
		{IQ_DEED_COMMITMENT_PUT_OFF, "yyy yyy --- --- --- ---"},
		{IQ_DEED_COMMITMENT_DROP, "yyy yyy --- y-- --- ---"},
		{IQ_DEED_COMMITMENT_DELETE, "yyy yyy --- --- --- ---"},
	};
	const iq_num of[] = {num(IQ_INSTITUTION, "jc"), num(IQ_INSTITUTION, "lra-abh"), IQ_NONE};
	struct iq_circle c;

	(void)state;
	for (size_t w = 0; w < sizeof(who) / sizeof(who[0]); w++) {
		circle_on(who[w], "2026-11-22", &c);
		for (size_t i = 0; i < IQ_DEEDS; i++) {
			for (size_t k = 0; k < 3; k++) {
				bool may = iq_circle_may(&c, rows[i].deed, of[k]);

				if (may != (rows[i].may[4 * w + k] == 'y'))
					fail_msg("%s: caller %zu, %zu", iq_deed_names[rows[i].deed],
						w, k);
			}
		}
	}
}

/* ---- answers that are kept ------------------------------------------------------------------ */

/* Every way to a record of a workshop. */
enum way {
	WAY_NONE,
	WAY_CIRCLE,
	WAY_NO_WORKSHOP,
	WAY_SEEN,
	WAY_SHOWN,
	WAY_KNOWN,
	WAY_MISSING,
	WAY_ALL,
	WAY_DISCLOSED,
	WAYS
};

static void go(enum way way, struct iq_req *r)
{
	struct iq_image image;

	assert_true(iq_image_get(txn(), IQ_TOPIC, num(IQ_TOPIC, "t"), &image));
	switch ((int)way) {
	case WAY_CIRCLE:
		(void)iq_req_circle(r, num(IQ_WORKSHOP_RECORD, "runde"));
		break;
	case WAY_NO_WORKSHOP:
		(void)iq_req_circle(r, IQ_NONE);
		break;
	case WAY_SEEN:
		(void)iq_circle_seen(r, &image);
		break;
	case WAY_SHOWN:
		(void)iq_circle_shown(r, &image);
		break;
	case WAY_KNOWN:
		(void)iq_record_known(r, IQ_TOPIC, image.num);
		break;
	case WAY_MISSING:
		(void)iq_record_known(r, IQ_TOPIC, image.num + 1000);
		break;
	case WAY_ALL:
		(void)iq_circle_all(r);
		break;
	case WAY_DISCLOSED:
		(void)iq_disclose_record(r, IQ_TOPIC, image.num, r->out);
		break;
	default:
		break;
	}
}

/* An answer that has asked about such a record is the caller's own, whatever it says. */
static void test_never_kept(void **state)
{
	static const struct caller *const who[] = {&member, &guest, &stranger};
	struct iq_answers *answers = iq_answers_new(2 << 20);
	struct iq_notes *notes = iq_notes_new(answers);

	(void)state;
	assert_non_null(notes);
	for (size_t i = 0; i < WAYS * sizeof(who) / sizeof(who[0]); i++) {
		const char question[] = {'q', (char)i};
		struct iq_str request = {question, sizeof(question)};
		enum way way = (enum way)(i % WAYS);

		become(who[i / WAYS]);
		fx.principal = &self;
		rq = fx_req(NULL);

		rq.notes = notes;
		iq_notes_turn(notes, fx.vocab, 1, fx.today);
		iq_notes_begin(notes);
		iq_buf_str(&fx.out, IQ_STR("an answer"));
		go(way, &rq);
		iq_notes_keep(notes, &fx.out, 0, request);
		bool kept = iq_notes_find(notes, NULL, request) != NULL;

		if (kept != (way == WAY_NONE))
			fail_msg("way %d: %d", way, kept);
	}
	iq_notes_free(notes);
	iq_answers_free(answers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_days, setup_circle, fx_teardown),
		cmocka_unit_test_setup_teardown(test_grants, setup_circle, fx_teardown),
		cmocka_unit_test_setup_teardown(test_columns, setup_circle, fx_teardown),
		cmocka_unit_test_setup_teardown(test_running, setup_circle, fx_teardown),
		cmocka_unit_test_setup_teardown(test_marks, setup_circle, fx_teardown),
		cmocka_unit_test_setup_teardown(test_fellows, setup_circle, fx_teardown),
		cmocka_unit_test_setup_teardown(test_deeds, setup_circle, fx_teardown),
		cmocka_unit_test_setup_teardown(test_never_kept, setup_circle, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
