/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over sheet, the transfer to the successor, and those that wait for their day. */
#include "ops_fixture.h"

#include "queue.h"
#include "rights_help.h"

static struct iq_queue *finished;
static struct iq_op_job *job;
static unsigned long requests; /* request ids of their own */
static uint8_t request_id[16];

static void done(struct iq_job *j)
{
	assert_true(iq_queue_push(finished, &j->item));
}

static void job_end(void)
{
	if (job == NULL)
		return;
	iq_op_job_release(job);
	iq_buf_free(&job->job.answer);
	iq_arena_free(&job->arena);
	free(job);
	job = NULL;
}

static void serial_of(const char *principal, uint8_t out[20])
{
	memset(out, 7, 20);
	memcpy(out, principal, strlen(principal) < 20 ? strlen(principal) : 20);
}

/* Prepares and runs a WRITE request to its end. */
static enum iq_err run(const char *principal, Iq__V1__Request *msg)
{
	uint8_t packed[4096];
	size_t n = iq__v1__request__get_packed_size(msg);
	const struct iq_op *op = iq_op_find((int)msg->op_case);

	job_end();
	job = calloc(1, sizeof(*job));
	assert_non_null(job);
	iq_arena_init(&job->arena, 0);
	iq_error_init(&job->job.error, &job->arena);
	job->svc = &fx.svc;
	job->msg = msg;
	strcpy(job->principal, principal);
	serial_of(principal, job->serial);
	job->today = fx.today;
	job->now_us = iq_now_us();
	job->job.change.principal = iq_str(job->principal);
	job->job.change.time_us = job->now_us;
	job->job.audit = (struct iq_audit_entry){
		.event = IQ_AUDIT_WRITTEN, .principal = job->job.change.principal};
	job->job.done = done;
	assert_true(n <= sizeof(packed));
	iq__v1__request__pack(msg, packed);
	fx_renew();
	struct iq_req rq = fx_req(msg);

	rq.body = (struct iq_str){(char *)packed, n};
	enum iq_err err = op->prepare(&rq, &job->job);

	if (err != IQ_OK)
		return err;
	assert_true(iq_writer_submit(fx.writer, &job->job));
	assert_non_null(iq_queue_wait(finished, 30000));
	fx_renew();
	return job->job.err;
}

/* How a hand-over is asked for. */
struct how {
	char *on;
	bool dry_run, cancel, again;
};

static enum iq_err hand(const char *principal, char *from, char *to, struct how how)
{
	Iq__V1__HandoverRequest in = IQ__V1__HANDOVER_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	if (!how.again)
		requests++;
	memset(request_id, 0, sizeof(request_id));
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.from = from;
	in.to = to;
	in.on = how.on ? how.on : "";
	in.dry_run = how.dry_run;
	in.cancel = how.cancel;
	in.lang = IQ__V1__LANG__EN;
	msg.op_case = IQ__V1__REQUEST__OP_HANDOVER;
	msg.handover = &in;
	return run(principal, &msg);
}

static const Iq__V1__HandoverResponse *answer(void)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	const Iq__V1__HandoverResponse *r =
		iq__v1__handover_response__unpack(&allocator, job->job.answer.n, job->job.answer.p);

	assert_non_null(r);
	return r;
}

static const Iq__V1__SheetResponse *sheet(char *contact, char *reason)
{
	Iq__V1__SheetRequest in = IQ__V1__SHEET_REQUEST__INIT;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	in.contact = contact;
	in.reason = reason;
	in.lang = IQ__V1__LANG__EN;
	rq.op_case = IQ__V1__REQUEST__OP_SHEET;
	rq.sheet = &in;
	return fx_call(&rq, &iq__v1__sheet_response__descriptor);
}

static const Iq__V1__HangingItem *item(
	Iq__V1__HangingItem **items, size_t n, const char *id, const char *column)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(items[i]->id, id) == 0 && strcmp(items[i]->column, column) == 0)
			return items[i];
	}
	return NULL;
}

/* A stored cell, as the bundle writes it. */
static const char *cell(enum iq_kind kind, const char *id, const char *column)
{
	struct iq_txn *t = iq_rtxn_txn(fx.rtxn);
	struct iq_rec rec;

	fx_renew();
	if (!iq_rec_get(t, kind, iq_id_find(t, kind, iq_str(id)), &fx.arena, &rec))
		return NULL;
	return iq_arena_cstr(&fx.arena,
		iq_rec_write_cell(&rec, iq_column_by_name(kind, iq_str(column)), &fx.arena));
}

static const char *contacts_of(const char *responsibility)
{
	return cell(IQ_RESPONSIBILITY, responsibility, "contacts");
}

static iq_num contact(const char *id)
{
	return iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, iq_str(id));
}

static struct iq_wtxn *change_begin(void)
{
	const struct iq_change change = {
		.principal = IQ_STR("tester"), .operation = IQ_STR("set"), .time_us = 2};
	struct iq_wtxn *w;

	iq_rtxn_reset(fx.rtxn);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	return w;
}

static void change_end(struct iq_wtxn *w)
{
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
}

/* A principal with one grant and a certificate. */
static void account(struct iq_wtxn *w, const char *id, enum iq_access_role role,
	const char *institution, const char *region)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_grant grant = {.id = 1,
		.role = role,
		.institution =
			institution ? iq_id_find(t, IQ_INSTITUTION, iq_str(institution)) : IQ_NONE,
		.region = region ? iq_id_find(t, IQ_REGION, iq_str(region)) : IQ_NONE,
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
	uint8_t serial[20];

	serial_of(id, serial);
	help_principal_put(
		w, &(struct iq_principal){.id = iq_str(id), .grants = &grant, .ngrants = 1});
	iq_certificate_put(w, serial, iq_str(id), fx.today + 100);
}

static void put_membership(struct iq_wtxn *w, const char *representative, const char *deputy)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "round-vhs", "workshop", "round", "institution", "vhs",
		"representative", representative, "deputy", deputy, "accepted_from", "2026-01-01",
		NULL);
}

static void put_people(struct iq_wtxn *w)
{
	static const char *const of_vhs[] = {"c-new", "c-next"};

	for (size_t i = 0; i < 2; i++)
		fx_put(w, IQ_CONTACT, "id", of_vhs[i], "institution", "vhs", "name", "Eva Muster",
			"visibility", "partners", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-desk", "institution", "vhs", "name", "Uwe Muster",
		"visibility", "institution", "deputy", "c-partners", NULL);
	fx_put(w, IQ_CONTACT, "id", "l-hidden", "institution", "lra", "name", "Ute Muster",
		"visibility", "institution", "deputy", "c-partners", NULL);
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "round", "region", "sn", "name_de", "Runde", NULL);
	put_membership(w, "c-partners", "c-inside");
}

static int setup(void **state)
{
	struct iq_wtxn *w;

	if (fx_setup(state) != 0)
		return -1;
	finished = iq_queue_new(0);
	w = change_begin();
	put_people(w);
	account(w, "editor", IQ_ACCESS_EDITOR, "vhs", NULL);
	account(w, "other", IQ_ACCESS_EDITOR, "lra", NULL);
	account(w, "everybody", IQ_ACCESS_EDITOR, NULL, NULL);
	account(w, "helper", IQ_ACCESS_COORDINATOR, NULL, "sn");
	account(w, "reader", IQ_ACCESS_READER, NULL, "sn");
	change_end(w);
	return 0;
}

static void no_finding(void *arg, const char *line)
{
	(void)arg;
	print_error("finding: %s\n", line);
}

static int teardown(void **state)
{
	job_end();
	iq_queue_free(finished);
	assert_int_equal(iq_store_check(fx.store, no_finding, NULL), 0);
	return fx_teardown(state);
}

/* ---- the sheet ------------------------------------------------------------------------------- */

static void test_sheet(void **state)
{
	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_non_null(r);
	assert_string_equal(r->contact->name, "Erika Muster");
	assert_string_equal(r->deputy->id, "c-public");
	assert_int_equal(r->n_items, 3);
	const Iq__V1__HangingItem *i = item(r->items, r->n_items, "vhs-course", "contacts");

	assert_non_null(i);
	assert_string_equal(i->responsibility->task, "course-delivery");
	assert_string_equal(i->name, "Kurs geben, Dresden");
	assert_string_equal(i->what, "moves");
	i = item(r->items, r->n_items, "c-desk", "deputy");
	assert_string_equal(i->name, "Uwe Muster");
	assert_null(item(r->items, r->n_items, "l-hidden", "deputy"));
	assert_string_equal(
		item(r->items, r->n_items, "round-vhs", "representative")->name, "Runde");
	assert_int_equal(r->hidden, 0);
	/* one of two seats */
	assert_int_equal(sheet("c-inside", "")->n_items, 2);
	assert_non_null(item(sheet("c-inside", "")->items, 2, "round-vhs", "deputy"));
}

/* Readers: the person with a reason, never whose deputy somebody hidden has. */
static void test_sheet_rights(void **state)
{
	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "dresden");
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_non_null(r);
	assert_string_equal(r->contact->name, "");
	assert_string_equal(r->withheld_because, "reason");
	assert_null(r->deputy);
	assert_non_null(item(r->items, r->n_items, "vhs-course", "contacts"));
	r = sheet("c-partners", "referral");
	assert_string_equal(r->contact->name, "Erika Muster");
	assert_string_equal(r->deputy->id, "c-public");
	assert_null(item(r->items, r->n_items, "c-desk", "deputy"));
	assert_null(sheet("c-partners", "curiosity"));
	fx_refused(IQ_ERR_USAGE);
	/* hidden and missing look alike */
	assert_null(sheet("c-inside", "referral"));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(sheet("c-nobody", "referral"));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(sheet("", ""));
	fx_refused(IQ_ERR_USAGE);
}

static void test_sheet_inside(void **state)
{
	struct iq_wtxn *w = change_begin();
	iq_num num = iq_id_find(iq_wtxn_txn(w), IQ_CONTACT, IQ_STR("c-partners"));
	struct iq_account of = {.id = IQ_STR("konto"), .contact = num};
	struct iq_flag flag = {.id = iq_rights_number(w),
		.kind = IQ_CONTACT,
		.num = num,
		.institution = iq_id_find(iq_wtxn_txn(w), IQ_INSTITUTION, IQ_STR("vhs")),
		.text = IQ_STR("veraltet"),
		.by = IQ_STR("somebody")};

	(void)state;
	iq_account_put(w, &of, NULL);
	iq_flag_put(w, &flag);
	change_end(w);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_int_equal(r->n_items, 4);
	assert_string_equal(r->items[3]->kind, "flag");
	assert_string_equal(r->items[3]->name, "veraltet");
	assert_string_equal(r->items[3]->what, "stays");
	/* an administrator: the account, not the flags */
	fx.principal = fx_principal(IQ_ACCESS_ADMIN, NULL, NULL);
	r = sheet("c-public", "");
	assert_null(item(r->items, r->n_items, "konto", "contact"));
	struct iq_grant two[] = {{.role = IQ_ACCESS_ADMIN, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX},
		{.role = IQ_ACCESS_READER, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX}};
	const struct iq_principal both = {.id = IQ_STR("both"), .grants = two, .ngrants = 2};

	fx.principal = &both;
	r = sheet("c-partners", "");
	assert_non_null(item(r->items, r->n_items, "konto", "contact"));
	for (size_t i = 0; i < r->n_items; i++)
		assert_string_not_equal(r->items[i]->kind, "flag");
}

/* ---- at once --------------------------------------------------------------------------------- */

static void test_moves(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.dry_run = true}), IQ_OK);
	assert_int_equal(answer()->n_items, 3);
	assert_int_equal(answer()->n_changes, 4);
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	uint64_t revision = job->job.revision;

	assert_int_not_equal(revision, 0);
	assert_string_equal(answer()->items[0]->what, "moves");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-new;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "c-inside");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-21");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "");
	/* not told, not touched */
	assert_string_equal(cell(IQ_CONTACT, "l-hidden", "deputy"), "c-partners");
	assert_null(memmem(job->job.answer.p, job->job.answer.n, "l-hidden", 8));
	assert_int_equal(job->job.audit.subject, contact("c-partners"));
	assert_true(iq_str_is(job->job.change.operation, "handover"));
	/* a retry is no second hand-over */
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.again = true}), IQ_OK);
	assert_true(job->job.replayed);
	assert_int_equal(job->job.revision, revision);
	assert_int_equal(hand("editor", "c-partners", "c-next", (struct how){.again = true}),
		IQ_ERR_CONFLICT);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_int_equal(sheet("c-partners", "")->n_items, 0);
	assert_int_equal(sheet("c-new", "")->n_items, 3);
	/* again: there is nothing to do */
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_int_equal(job->job.revision, 0);
	assert_int_equal(answer()->n_items, 0);
}

/* Whoever stands there already is not named twice. */
static void test_doubles(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-youth", "institution", "vhs", "task", "course",
		"region", "dresden", "role", "advice", "contacts", "c-new;c-public;c-partners",
		NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-coord", "institution", "vhs", "task", "work",
		"region", "dresden", "role", "lead", "contacts", "c-partners;c-public;c-new", NULL);
	put_membership(w, "c-partners", "c-new");
	change_end(w);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(contacts_of("vhs-youth"), "c-new;c-public");
	assert_string_equal(contacts_of("vhs-coord"), "c-new;c-public");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "");
	/* the other way round: the representative takes over from the deputy */
	w = change_begin();
	put_membership(w, "c-next", "c-new");
	change_end(w);
	assert_int_equal(hand("editor", "c-new", "c-next", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-next");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "");
}

/* Nobody stands in for himself, not even over others. */
static void test_deputies(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	/* c-new → c-desk → c-partners → c-public */
	fx_put(w, IQ_CONTACT, "id", "c-new", "institution", "vhs", "name", "Eva Muster",
		"visibility", "partners", "deputy", "c-desk", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-next", "institution", "vhs", "name", "Eva Muster",
		"visibility", "partners", "deputy", "c-partners", NULL);
	change_end(w);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "deputy"), "c-desk");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-public");
	assert_string_equal(cell(IQ_CONTACT, "c-next", "deputy"), "c-new");
	/* the successor's own deputy goes */
	assert_int_equal(hand("editor", "c-desk", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "deputy"), "c-public");
	/* and has none to leave */
	assert_int_equal(hand("editor", "c-public", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "deputy"), "");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
}

/* ---- rights ---------------------------------------------------------------------------------- */

static void test_rights(void **state)
{
	static const struct {
		const char *who;
		char *from, *to;
		enum iq_err err;
	} cases[] = {
		{"other", "c-partners", "c-new", IQ_ERR_DENIED},
		{"other", "c-inside", "c-new", IQ_ERR_NOT_FOUND}, /* hidden from lra */
		{"other", "c-public", "c-new", IQ_ERR_DENIED},
		{"other", "l-hidden", "c-public", IQ_ERR_DENIED},
		{"other", "l-hidden", "c-inside", IQ_ERR_NOT_FOUND},
		{"other", "l-hidden", "c-nobody", IQ_ERR_NOT_FOUND},
		{"editor", "c-partners", "l-hidden", IQ_ERR_NOT_FOUND},
		{"editor", "c-partners", "c-partners", IQ_ERR_USAGE},
		{"editor", "c-partners", "c-gone", IQ_ERR_CONFLICT},
		{"reader", "c-partners", "c-new", IQ_ERR_DENIED},
		/* the seat in the workshop is for the institution to give */
		{"helper", "c-partners", "c-new", IQ_ERR_DENIED},
		/* and for its own people */
		{"everybody", "c-partners", "l-hidden", IQ_ERR_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum iq_err err =
			hand(cases[i].who, cases[i].from, cases[i].to, (struct how){.on = NULL});

		if (err != cases[i].err)
			print_error("case %zu: %s\n", i, iq_err_name(err));
		assert_int_equal(err, cases[i].err);
		assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "");
	}
	/* what is in the way is listed */
	assert_int_equal(job->job.error.ncandidates, 1);
	assert_true(iq_str_is(job->job.error.candidates[0].id, "round-vhs"));
	/* without the seat it works, also to another institution */
	struct iq_wtxn *w = change_begin();

	put_membership(w, "c-inside", "");
	change_end(w);
	assert_int_equal(
		hand("everybody", "c-partners", "l-hidden", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(contacts_of("vhs-course"), "c-public;l-hidden;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "l-hidden", "deputy"), "c-public");
}

/* Records of others that name the contact openly are in the way. */
static void test_blocked(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-housing", "institution", "lra", "task", "housing",
		"region", "sn", "role", "lead", "contacts", "c-partners", NULL);
	fx_put(w, IQ_CONTACT, "id", "l-open", "institution", "lra", "name", "Ina Muster",
		"visibility", "public", "deputy", "c-partners", NULL);
	change_end(w);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_ERR_DENIED);
	assert_int_equal(job->job.error.ncandidates, 2);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}),
		IQ_ERR_DENIED);
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_int_equal(hand("everybody", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(contacts_of("lra-housing"), "c-new");
	assert_string_equal(cell(IQ_CONTACT, "l-open", "deputy"), "c-new");
	assert_string_equal(cell(IQ_CONTACT, "l-hidden", "deputy"), "c-new");
}

/* Whom the answer shows is on record. */
static void test_audit(void **state)
{
	size_t partners = 0, desk = 0, new = 0;

	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.dry_run = true}), IQ_OK);
	for (size_t i = 0; i < job->nowed; i++) {
		assert_int_equal(job->owed[i].event, IQ_AUDIT_DISCLOSED);
		partners += job->owed[i].contact == contact("c-partners");
		desk += job->owed[i].contact == contact("c-desk");
		new += job->owed[i].contact == contact("c-new");
	}
	assert_true(partners == 1 && desk == 1 && new == 1);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_int_equal(job->nowed, 1);
	assert_int_equal(job->owed[0].contact, contact("c-desk"));
}

/* ---- dated ----------------------------------------------------------------------------------- */

static int32_t day(const char *text)
{
	int32_t d = 0;

	assert_true(iq_date_parse(iq_str(text), &d));
	return d;
}

/* The timer on that day; comes back when the writer is through. */
static void on_day(const char *text)
{
	assert_true(iq_handovers_submit(&fx.svc, day(text)));
	(void)hand("editor", "c-public", "c-new", (struct how){.dry_run = true});
}

static void test_dated(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_not_equal(job->job.revision, 0);
	assert_int_equal(answer()->n_items, 3);
	assert_string_equal(answer()->items[0]->what, "later");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-new;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-30");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-partners");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_string_equal(r->successor, "c-new");
	assert_string_equal(r->on, "2026-12-01");
	assert_false(r->overdue);
	assert_string_equal(r->items[0]->what, "later");
	/* not for others */
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "sn");
	assert_string_equal(sheet("c-partners", "referral")->on, "");
	/* to somebody else: no */
	assert_int_equal(
		hand("editor", "c-partners", "c-next", (struct how){.on = NULL}), IQ_ERR_CONFLICT);
	on_day("2026-11-30");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-new;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-30");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	r = sheet("c-partners", "");
	assert_string_equal(r->on, "");
	assert_int_equal(r->n_items, 0);
	/* nothing is done twice */
	uint64_t revision = iq_rtxn_state(fx.rtxn)->revision;

	on_day("2026-12-02");
	assert_int_equal(iq_rtxn_state(fx.rtxn)->revision, revision);
}

/* In whose name it is carried out. */
static void test_dated_log(void **state)
{
	struct iq_log_entry entry;

	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	on_day("2026-12-05"); /* the server was off */
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-30");
	assert_true(iq_log_get(
		iq_rtxn_txn(fx.rtxn), iq_rtxn_state(fx.rtxn)->revision, &entry, NULL, NULL));
	assert_true(iq_str_is(entry.principal, "editor"));
	assert_true(iq_str_is(entry.operation, "handover"));
}

static void test_cancel(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"visibility", "partners", "deputy", "c-public", "valid_to", "2027-12-31", NULL);
	change_end(w);
	assert_int_equal(
		hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_ERR_NOT_FOUND);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("other", "c-partners", "", (struct how){.cancel = true}), IQ_ERR_DENIED);
	assert_int_equal(hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2027-12-31");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "");
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	/* what somebody else changed since stays */
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	w = change_begin();
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"visibility", "partners", "deputy", "c-public", "valid_to", "2026-11-25", NULL);
	change_end(w);
	assert_int_equal(hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-25");
}

/* The same successor on another day, earlier or at once. */
static void test_moved_day(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2027-02-01"}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2027-01-31");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "2027-02-01");
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	assert_int_equal(hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-11-22"}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-21");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "2026-11-22");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	assert_int_equal(
		hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_ERR_NOT_FOUND);
}

/* Who has tasks of his own is not made to begin later. */
static void test_busy_successor(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-inside", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "valid_from"), "");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	on_day("2026-12-01");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-inside;c-gone");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "");
}

/* The right was lost, or the successor is gone: it stays, and is tried again. */
static void test_orphans(void **state)
{
	struct iq_wtxn *w;
	struct iq_arena arena;

	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	w = change_begin();
	account(w, "editor", IQ_ACCESS_READER, NULL, "sn");
	change_end(w);
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	fx.today = day("2026-12-02");
	assert_true(sheet("c-partners", "")->overdue);
	w = change_begin();
	account(w, "editor", IQ_ACCESS_EDITOR, "vhs", NULL);
	change_end(w);
	on_day("2026-12-02");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	/* a successor who is gone */
	fx.today = day("2026-12-03");
	assert_int_equal(
		hand("editor", "c-new", "c-next", (struct how){.on = "2026-12-10"}), IQ_OK);
	w = change_begin();
	iq_arena_init(&arena, 0);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts", "c-new",
		NULL);
	iq_rec_remove(
		w, IQ_CONTACT, iq_id_find(iq_wtxn_txn(w), IQ_CONTACT, IQ_STR("c-next")), &arena);
	iq_arena_free(&arena);
	change_end(w);
	on_day("2026-12-10");
	fx.today = day("2026-12-11");
	const Iq__V1__SheetResponse *r = sheet("c-new", "");

	assert_true(r->overdue);
	assert_string_equal(r->successor, "");
	assert_string_equal(r->on, "2026-12-10");
	assert_int_equal(hand("editor", "c-new", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_to"), "");
}

static void test_usage(void **state)
{
	static const struct {
		char *from, *to;
		struct how how;
	} cases[] = {
		{"c-partners", "c-new", {.on = "2026-11-21"}},
		{"c-partners", "c-new", {.on = "1.12.2026"}},
		{"c-partners", "", {.on = NULL}},
		{"", "c-new", {.on = NULL}},
		{"c-partners", "c-new", {.cancel = true}},
		{"c-partners", "", {.cancel = true, .on = "2026-12-01"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			hand("editor", cases[i].from, cases[i].to, cases[i].how), IQ_ERR_USAGE);
	/* somebody who begins today has no day before */
	struct iq_wtxn *w = change_begin();

	fx_put(w, IQ_CONTACT, "id", "c-next", "institution", "vhs", "name", "Eva Muster",
		"visibility", "partners", "valid_from", "2026-11-22", NULL);
	change_end(w);
	assert_int_equal(
		hand("editor", "c-next", "c-new", (struct how){.on = NULL}), IQ_ERR_CONFLICT);
	/* one who ended keeps the day */
	assert_int_equal(hand("editor", "c-gone", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-gone", "valid_to"), "2020-01-01");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-new");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sheet),
		TEST(test_sheet_rights),
		TEST(test_sheet_inside),
		TEST(test_moves),
		TEST(test_doubles),
		TEST(test_deputies),
		TEST(test_rights),
		TEST(test_blocked),
		TEST(test_audit),
		TEST(test_dated),
		TEST(test_dated_log),
		TEST(test_cancel),
		TEST(test_moved_day),
		TEST(test_busy_successor),
		TEST(test_orphans),
		TEST(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
