/* SPDX-License-Identifier: Apache-2.0 */
/* What an edition holds beside contacts, its pages, and requests that are none. */
#include "edition_help.h"

/* ---- requests -------------------------------------------------------------------------------- */

static void refused(enum iq_err code)
{
	assert_null(edition_asked());
	fx_refused(code);
	assert_int_equal(rq.nowed, 0);
}

static void test_requests(void **state)
{
	static const char *const bad[] = {"", "  ", "Runde\nSachsen", "Runde\x1b[31m", "a\tb",
		"Runde \xe2\x80\xae nedsred", "\x7f"};

	(void)state;
	be_named("coordinator");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ask_for("dresden", "partners");
		ask.recipient = bad[i];
		refused(IQ_ERR_USAGE);
	}
	ask_for("dresden", "members");
	ask.reason = "";
	refused(IQ_ERR_USAGE);
	ask.reason = "curiosity";
	refused(IQ_ERR_USAGE);
	ask_for("dresden", "Public");
	refused(IQ_ERR_USAGE);
	ask_for("dresden", "");
	refused(IQ_ERR_USAGE);
	ask_for("", "public");
	refused(IQ_ERR_USAGE);
	ask_for("nowhere", "public");
	refused(IQ_ERR_UNKNOWN_TERM);
	ask_for("01500", "public");
	refused(IQ_ERR_AMBIGUOUS);
	ask_for("dresden", "public");
	ask.at = "22.11.2026";
	refused(IQ_ERR_USAGE);
	ask_for("dresden", "public");
	ask.cursor = (ProtobufCBinaryData){3, (uint8_t *)(uintptr_t) "A b"};
	refused(IQ_ERR_USAGE);
}

static void test_recipient_length(void **state)
{
	char name[IQ_LIMIT_RECIPIENT + 2];

	(void)state;
	be_named("coordinator");
	memset(name, 'x', sizeof(name));
	name[IQ_LIMIT_RECIPIENT] = '\0';
	ask_for("dresden", "partners");
	ask.recipient = name;
	assert_non_null(edition_asked());
	name[IQ_LIMIT_RECIPIENT] = 'x';
	name[IQ_LIMIT_RECIPIENT + 1] = '\0';
	refused(IQ_ERR_USAGE);
}

/* ---- institutions ---------------------------------------------------------------------------- */

static void test_institutions(void **state)
{
	(void)state;
	be_named("nobody");
	const Iq__V1__EditionResponse *r = edition_of("dresden", "public");
	static const char *const ids[] = {"lra", "lra-abh", "vhs", "vhs-sub"};

	assert_int_equal(r->total, 4);
	assert_int_equal(r->n_institutions, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(r->institutions[i]->institution->id, ids[i]);
	assert_string_equal(r->region, "dresden");
	assert_string_equal(r->edition, "public");
	assert_string_equal(r->at, "2026-11-22");
	assert_int_equal(r->cursor.len, 0);
	/* by its nearest parent */
	const Iq__V1__EditionInstitution *abh = shown(r, "lra-abh");

	assert_string_equal(abh->via, "lra");
	assert_string_equal(abh->institution->phone, "030 23125 100");
	assert_string_equal(shown(r, "vhs")->via, "");
	assert_string_equal(shown(r, "vhs")->institution->email, "vhs@example.org");
	/* a seat alone */
	assert_int_equal(shown(r, "vhs-sub")->n_responsibilities, 0);
	assert_string_equal(shown(r, "vhs-sub")->via, "vhs");
	assert_null(shown(edition_of("meissen", "public"), "vhs-sub"));
}

static void put_ended(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "legal_basis",
		"§ 43 AufenthG", "source", "https://example.org", "condition", "age=12..26",
		"valid_to", "2026-11-30", "confirmed_on", "2026-01-01", "contacts", "c-public",
		NULL);
}

static void test_responsibilities(void **state)
{
	(void)state;
	more(put_ended);
	be_named("nobody");
	const Iq__V1__EditionInstitution *x = shown(edition_of("dresden", "public"), "vhs");
	/* in order of the tasks; that for Meißen does not count */
	static const char *const ids[] = {"vhs-coord", "vhs-youth", "vhs-course"};

	assert_int_equal(x->n_responsibilities, 3);
	for (size_t i = 0; i < 3; i++) {
		size_t found = 0;

		for (size_t k = 0; k < 3; k++)
			found += strcmp(x->responsibilities[k]->id, ids[i]) == 0;
		assert_int_equal(found, 1);
	}
	const Iq__V1__Responsibility *r = x->responsibilities[2];

	assert_string_equal(r->id, "vhs-course");
	assert_string_equal(r->legal_basis, "§ 43 AufenthG");
	assert_string_equal(r->source, "https://example.org");
	assert_string_equal(r->condition, "age=12..26");
	assert_string_equal(r->confirmed_on, "2026-01-01");
	assert_int_equal(r->n_contacts, 0);
	ask_for("dresden", "public");
	ask.at = "2026-12-01";
	assert_int_equal(shown(edition_asked(), "vhs")->n_responsibilities, 2);
}

/* ---- notices, statuses, labels --------------------------------------------------------------- */

static void put_notices(struct iq_wtxn *w)
{
	fx_put(w, IQ_NOTICE, "id", "n-all", "effect", "info", "text_de", "Überall", NULL);
	fx_put(w, IQ_NOTICE, "id", "n-part", "region", "dresden", "effect", "info", "text_de",
		"Hier", NULL);
	fx_put(w, IQ_NOTICE, "id", "n-other", "region", "meissen", "effect", "info", "text_de",
		"Dort", NULL);
	fx_put(w, IQ_NOTICE, "id", "n-past", "effect", "info", "text_de", "Früher", "valid_to",
		"2026-11-21", NULL);
	fx_put(w, IQ_NOTICE, "id", "n-lra", "institution", "lra", "effect", "info", "text_de",
		"Umzug", NULL);
	fx_put(w, IQ_NOTICE, "id", "n-sub", "institution", "vhs-sub", "effect", "info", "text_de",
		"Ohne Zeile", NULL);
}

/* Notices belong to the vocabulary, which a writer builds when it starts. */
static void more_notices(void)
{
	iq_vocab_drop(fx.writer, fx.vocab);
	fx.vocab = NULL;
	iq_writer_stop(fx.writer, 10000);
	const struct iq_change change = {.operation = IQ_STR("test"), .time_us = 2};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	put_notices(w);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(iq_writer_start(fx.store, NULL, &fx.writer, &fx.error), IQ_OK);
	fx_renew();
}

static void has_notices(const char *region, const char *const *ids, size_t n)
{
	const Iq__V1__EditionResponse *r = edition_of(region, "public");

	assert_int_equal(r->n_notices, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(r->notices[i]->id, ids[i]);
}

static void test_notices(void **state)
{
	static const char *const dresden[] = {"n-all", "n-lra", "n-part", "stop"};
	static const char *const meissen[] = {"n-all", "n-lra", "n-other", "stop"};
	static const char *const sn[] = {"n-all", "n-lra", "n-other", "n-part", "stop"};

	(void)state;
	more_notices();
	be_named("nobody");
	has_notices("dresden", dresden, 4);
	has_notices("meissen", meissen, 4);
	has_notices("sn", sn, 5);
}

static void test_statuses(void **state)
{
	static const char *const ids[] = {"asylum", "asylum-seeker", "eu"};

	(void)state;
	be_named("nobody");
	const Iq__V1__EditionResponse *r = edition_of("dresden", "public");

	assert_int_equal(r->n_statuses, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(r->statuses[i]->id, ids[i]);
	assert_string_equal(r->statuses[1]->parent, "asylum");
}

static const char *label(const Iq__V1__EditionResponse *r, const char *kind, const char *id)
{
	for (size_t i = 0; i < r->n_labels; i++) {
		if (strcmp(r->labels[i]->kind, kind) == 0 && strcmp(r->labels[i]->id, id) == 0)
			return r->labels[i]->name;
	}
	return "";
}

static void test_labels(void **state)
{
	(void)state;
	be_named("nobody");
	const Iq__V1__EditionResponse *r = edition_of("dresden", "public");

	assert_string_equal(label(r, "region", "dresden"), "Dresden");
	assert_string_equal(label(r, "region", "sn"), "Sachsen");
	assert_string_equal(label(r, "task", "course-delivery"), "Kurs geben");
	assert_string_equal(label(r, "status", "asylum"), "Asyl");
	assert_string_equal(label(r, "institution", "lra"), "Landratsamt");
	assert_string_equal(label(r, "fact", "age"), "Alter");
	assert_string_equal(label(r, "kind", "office"), "Amt");
	ask.lang = IQ__V1__LANG__EN;
	assert_string_equal(label(edition_asked(), "region", "sn"), "Saxony");
	ask.lang = IQ__V1__LANG__BOTH;
	r = edition_asked();
	assert_string_equal(label(r, "region", "sn"), "Sachsen");
	assert_true(answer_has("Saxony"));
}

/* ---- pages ----------------------------------------------------------------------------------- */

enum { MANY = 70 };

static void put_many(struct iq_wtxn *w)
{
	static char hours[8000];
	char id[32];

	memset(hours, 'x', sizeof(hours) - 1);
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "many-%02d", i);
		fx_put(w, IQ_INSTITUTION, "id", id, "kind", "office", "region", "dresden",
			"name_de", "Viele", "hours", hours, NULL);
	}
}

static void test_pages(void **state)
{
	char last[IQ_LIMIT_ID + 1] = "";
	uint8_t cursor[IQ_LIMIT_ID];
	size_t n = 0, pages = 0;

	(void)state;
	more(put_many);
	be_named("nobody");
	ask_for("dresden", "public");
	for (;;) {
		const Iq__V1__EditionResponse *r = edition_asked();

		assert_non_null(r);
		assert_true(fx.out.n < 2 * IQ_LIMIT_PAGE);
		assert_int_equal(r->total, pages == 0 ? MANY + 4 : 0);
		assert_int_equal(r->n_statuses, pages == 0 ? 3 : 0);
		assert_int_equal(r->n_notices, pages == 0 ? 1 : 0);
		for (size_t i = 0; i < r->n_institutions; i++) {
			assert_true(strcmp(r->institutions[i]->institution->id, last) > 0);
			snprintf(last, sizeof(last), "%s", r->institutions[i]->institution->id);
		}
		n += r->n_institutions;
		pages++;
		if (r->cursor.len == 0)
			break;
		assert_true(r->cursor.len <= sizeof(cursor));
		memcpy(cursor, r->cursor.data, r->cursor.len);
		ask.cursor = (ProtobufCBinaryData){r->cursor.len, cursor};
	}
	assert_int_equal(n, MANY + 4);
	assert_true(pages > 1);
}

/* ---- pages with persons ---------------------------------------------------------------------- */

static void put_many_people(struct iq_wtxn *w)
{
	char id[32], institution[32], name[32];

	put_many(w);
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "many-c-%02d", i);
		snprintf(institution, sizeof(institution), "many-%02d", i);
		snprintf(name, sizeof(name), "Muster %02d", i);
		fx_put(w, IQ_CONTACT, "id", id, "institution", institution, "name", name,
			"visibility", "partners", NULL);
	}
}

static void put_newcomers(struct iq_wtxn *w)
{
	/* before and after where the first page ended */
	fx_put(w, IQ_INSTITUTION, "id", "a-new", "kind", "office", "region", "dresden", "name_de",
		"Neu", NULL);
	fx_put(w, IQ_INSTITUTION, "id", "zz-new", "kind", "office", "region", "dresden", "name_de",
		"Neu", NULL);
}

struct paged {
	size_t institutions, persons, owed, withheld, pages;
	char last[IQ_LIMIT_ID + 1];
	uint8_t cursor[IQ_LIMIT_ID];
	bool sorted, more;
};

/* The next page, all of whose persons are owed to the audit, and on record from then on. */
static const Iq__V1__EditionResponse *turn(struct paged *p)
{
	const Iq__V1__EditionResponse *r = edition_asked();

	assert_non_null(r);
	size_t persons_shown = 0;

	for (size_t i = 0; i < r->n_institutions; i++) {
		const Iq__V1__EditionInstitution *x = r->institutions[i];

		p->sorted = p->sorted && strcmp(x->institution->id, p->last) > 0;
		snprintf(p->last, sizeof(p->last), "%s", x->institution->id);
		for (size_t k = 0; k < x->n_contacts; k++)
			persons_shown += strcmp(x->contacts[k]->visibility, "public") != 0;
	}
	assert_int_equal(rq.nowed, persons_shown);
	p->institutions += r->n_institutions;
	p->persons += persons_shown;
	p->owed += rq.nowed;
	p->withheld += r->withheld;
	p->pages++;
	p->more = r->cursor.len > 0;
	assert_true(r->cursor.len <= sizeof(p->cursor));
	if (p->more)
		memcpy(p->cursor, r->cursor.data, r->cursor.len);
	ask.cursor = (ProtobufCBinaryData){r->cursor.len, p->cursor};
	return r;
}

static struct paged begin_pages(void)
{
	more(put_many_people);
	be_named("coordinator");
	ask_for("dresden", "partners");
	return (struct paged){.sorted = true};
}

static void test_pages_of_persons(void **state)
{
	struct paged p = begin_pages();

	(void)state;
	iq_audit_limit(fx.audit, 1000);
	do
		turn(&p);
	while (p.more);
	assert_true(p.pages > 1 && p.sorted);
	assert_int_equal(p.institutions, MANY + 4);
	assert_int_equal(p.persons, MANY + 1); /* and c-partners */
	assert_int_equal(p.withheld, 0);
}

/* The limit of a day counts over pages; what it keeps back is counted on its page. */
static void test_quota_between_pages(void **state)
{
	struct paged p = begin_pages();
	const Iq__V1__EditionResponse *r;

	(void)state;
	iq_audit_limit(fx.audit, 50);
	r = turn(&p);
	assert_int_equal(r->withheld, 0);
	do
		r = turn(&p);
	while (p.more);
	assert_string_equal(r->because, "quota");
	assert_int_equal(p.institutions, MANY + 4);
	assert_int_equal(p.persons, 50);
	assert_int_equal(p.withheld, MANY + 1 - 50);
	/* nor does another edition bring more, of the region or of one above it */
	p = (struct paged){.sorted = true};
	ask_for("sn", "members");
	do
		turn(&p);
	while (p.more);
	assert_int_equal(p.persons, 50);
}

/* Once nothing can be recorded, the pages to come are without persons, and say so. */
static void test_sealed_between_pages(void **state)
{
	struct paged p = begin_pages();
	const Iq__V1__EditionResponse *r = turn(&p);
	size_t first = p.persons;

	(void)state;
	assert_true(first > 0);
	assert_int_equal(r->withheld, 0);
	sealed = true;
	do
		r = turn(&p);
	while (p.more);
	sealed = false;
	assert_string_equal(r->because, "audit");
	assert_int_equal(p.institutions, MANY + 4);
	assert_int_equal(p.persons, first);
	assert_int_equal(p.withheld, MANY + 1 - first);
}

/* Rights end between pages: the next one is refused, and owes nothing. */
static void test_right_lost_between_pages(void **state)
{
	struct paged p = begin_pages();

	(void)state;
	turn(&p);
	self.ngrants = 0;
	refused(IQ_ERR_DENIED);
}

/* Written between pages: each page names its revision, and none comes twice or is lost. */
static void test_change_between_pages(void **state)
{
	struct paged p = begin_pages();
	uint64_t before = turn(&p)->revision;

	(void)state;
	more(put_newcomers);
	be_named("coordinator");
	do
		assert_true(turn(&p)->revision > before);
	while (p.more);
	assert_true(p.sorted);
	assert_int_equal(p.institutions, MANY + 4 + 1);
	assert_string_equal(p.last, "zz-new");
}

static void test_lane(void **state)
{
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__EditionRequest in = IQ__V1__EDITION_REQUEST__INIT;
	const struct iq_op *op = iq_op_find(IQ__V1__REQUEST__OP_EDITION);

	(void)state;
	msg.op_case = IQ__V1__REQUEST__OP_EDITION;
	msg.edition = &in;
	rq = fx_req(&msg);
	assert_true(op->cost(&rq) > IQ_LANE_COST);
}

/* Where unknown peers may ask at all (`anonymous = yes`): what everybody gets, and no more. */
static void test_anonymous(void **state)
{
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__EditionRequest in = IQ__V1__EDITION_REQUEST__INIT;
	const struct iq_op *op = iq_op_find(IQ__V1__REQUEST__OP_EDITION);

	(void)state;
	msg.op_case = IQ__V1__REQUEST__OP_EDITION;
	msg.edition = &in;
	in.region = "sn";
	in.edition = "public";
	rq = fx_req(&msg);
	rq.principal = NULL;
	assert_int_equal(op->handle(&rq), IQ_OK);
	assert_true(answer_has("Max Muster"));
	assert_false(answer_has("Erika Muster"));
	assert_false(answer_has("Kurse"));
	in.edition = "partners";
	in.reason = "workshop";
	in.recipient = "Niemand";
	rq = fx_req(&msg);
	rq.principal = NULL;
	assert_int_equal(op->handle(&rq), IQ_ERR_DENIED);
	assert_int_equal(rq.nowed, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_requests),
		T(test_recipient_length),
		T(test_institutions),
		T(test_responsibilities),
		T(test_notices),
		T(test_statuses),
		T(test_labels),
		T(test_pages),
		T(test_pages_of_persons),
		T(test_quota_between_pages),
		T(test_sealed_between_pages),
		T(test_right_lost_between_pages),
		T(test_change_between_pages),
		T(test_lane),
		T(test_anonymous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
