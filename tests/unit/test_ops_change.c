/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that cannot lose anything: based on a revision, archived, revived, taken back. */
#include "ops_jobs.h"

#include "archive.h"

/* One request. ids: up to three; fields: pairs. */
struct ask {
	Iq__V1__Verb verb;
	char *kind, *ids[4];
	char *field[6];
	uint64_t base;
	bool merge, dry;
};

static void next_id(void)
{
	requests++;
	memset(request_id, 0, sizeof(request_id));
	memcpy(request_id, &requests, sizeof(requests));
}

static enum iq_err ask(const char *who, struct ask a)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__KeyValue kv[3], *fields[3];

	next_id();
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.verb = a.verb;
	in.kind = a.kind ? a.kind : "";
	in.based_on = a.base;
	in.merge = a.merge;
	in.dry_run = a.dry;
	if (a.verb == IQ__V1__VERB__ADD || a.verb == IQ__V1__VERB__SET ||
		a.verb == IQ__V1__VERB__DELETE) {
		in.id = a.ids[0];
	} else {
		in.ids = a.ids;
		while (a.ids[in.n_ids] != NULL)
			in.n_ids++;
	}
	in.fields = fields;
	for (; in.n_fields < 3 && a.field[2 * in.n_fields] != NULL; in.n_fields++) {
		iq__v1__key_value__init(&kv[in.n_fields]);
		kv[in.n_fields].key = a.field[2 * in.n_fields];
		kv[in.n_fields].value = a.field[2 * in.n_fields + 1];
		fields[in.n_fields] = &kv[in.n_fields];
	}
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	return run(who, &msg);
}

static enum iq_err revert(const char *who, uint64_t change, bool merge)
{
	Iq__V1__RevertRequest in = IQ__V1__REVERT_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	next_id();
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.change = change;
	in.merge = merge;
	msg.op_case = IQ__V1__REQUEST__OP_REVERT;
	msg.revert = &in;
	return run(who, &msg);
}

#define SET(k, i, ...)                                                                             \
	((struct ask){.verb = IQ__V1__VERB__SET, .kind = k, .ids = {i}, .field = {__VA_ARGS__}})
#define DO(v, k, ...) ((struct ask){.verb = IQ__V1__VERB__##v, .kind = k, .ids = {__VA_ARGS__}})

static uint64_t revision(void)
{
	return iq_rtxn_state(fx.rtxn)->revision;
}

static void well(enum iq_err err)
{
	if (err != IQ_OK)
		print_error("%s: %s\n", iq_err_name(err), job->job.error.text);
	assert_int_equal(err, IQ_OK);
	assert_int_equal(iq_store_check(fx.store, NULL, NULL), 0);
}

static const char *cell(enum iq_kind kind, const char *id, const char *column)
{
	struct iq_txn *t = iq_rtxn_txn(fx.rtxn);
	iq_num num = iq_id_find(t, kind, iq_str(id));
	struct iq_rec rec;

	if (num == IQ_NONE || !iq_rec_get(t, kind, num, &fx.arena, &rec))
		return "-";
	return iq_arena_cstr(&fx.arena,
		iq_rec_write_cell(&rec, iq_column_by_name(kind, iq_str(column)), &fx.arena));
}

/* The text of the error, until the next call. */
static const char *said(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s", job->job.error.text);
	return text;
}

/* ---- based on -------------------------------------------------------------------------------- */

static void test_based(void **state)
{
	(void)state;
	uint64_t base = revision();

	/* somebody else first */
	well(ask("root", SET("institution", "vhs", "phone", "030 23125 201")));
	uint64_t theirs = revision();
	struct ask mine = SET("institution", "vhs", "phone", "030 23125 301");

	mine.base = base;
	assert_int_equal(ask("root", mine), IQ_ERR_CONFLICT);
	const struct iq_error *e = &job->job.error;

	assert_int_equal(e->nconflicts, 1);
	assert_true(iq_str_is(e->conflicts[0].id, "vhs"));
	assert_true(iq_str_is(e->conflicts[0].column, "phone"));
	assert_int_equal(e->conflicts[0].was.n, 0);
	assert_true(iq_str_is(e->conflicts[0].theirs, "030 23125 201"));
	assert_true(iq_str_is(e->conflicts[0].mine, "030 23125 301"));
	assert_int_equal(e->conflicts[0].revision, theirs);
	assert_true(iq_str_is(e->conflicts[0].principal, "root"));
	assert_true(e->conflicts[0].time_us > 0);
	/* together, it is still the same field */
	mine.merge = true;
	assert_int_equal(ask("root", mine), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	/* to the same: no conflict */
	mine = SET("institution", "vhs", "phone", "030 23125 201");
	mine.base = base;
	well(ask("root", mine));
	assert_int_equal(job->job.revision, 0);
	/* another field: only together, and theirs stays */
	mine = SET("institution", "vhs", "town", "Dresden", "phone", "");
	mine.base = base;
	assert_int_equal(ask("root", mine), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	mine.merge = true;
	well(ask("root", mine));
	assert_string_equal(cell(IQ_INSTITUTION, "vhs", "town"), "Dresden");
	assert_string_equal(cell(IQ_INSTITUTION, "vhs", "phone"), "030 23125 201");
	/* from what is there now */
	mine = SET("institution", "vhs", "phone", "030 23125 301");
	mine.base = revision();
	well(ask("root", mine));
	mine.base = revision() + 1;
	assert_int_equal(ask("root", mine), IQ_ERR_USAGE);
}

static void test_based_delete(void **state)
{
	(void)state;
	uint64_t base = revision();

	well(ask("root", SET("notice", "stop", "text_de", "Wieder.")));
	struct ask gone = DO(DELETE, "notice", "stop");

	gone.base = base;
	assert_int_equal(ask("root", gone), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	gone.verb = IQ__V1__VERB__ARCHIVE;
	assert_int_equal(ask("root", gone), IQ_ERR_CONFLICT);
	gone.base = revision();
	well(ask("root", gone));
	/* and who goes on from before is told that it is gone */
	struct ask mine = SET("notice", "stop", "text_de", "Doch.");

	mine.base = base;
	assert_int_equal(ask("root", mine), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	assert_int_equal(job->job.error.conflicts[0].column.n, 0);
	mine.base = 0;
	assert_int_equal(ask("root", mine), IQ_ERR_NOT_FOUND);
}

/* What an error tells of a contact is on record, and only as much as the caller may see. */
static void test_based_contact(void **state)
{
	(void)state;
	uint64_t base = revision();

	well(ask("root", SET("contact", "c-inside", "phone", "030 23125 401")));
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	struct ask mine = SET("contact", "c-inside", "phone", "030 23125 402");

	mine.base = base;
	assert_int_equal(ask("editor", mine), IQ_ERR_CONFLICT);
	assert_true(iq_str_is(job->job.error.conflicts[0].theirs, "030 23125 401"));
	assert_int_equal(job->nowed, 1);
	/* of others: hidden and missing look alike */
	become("other", grant_of(IQ_ACCESS_EDITOR, "lra"));
	assert_int_equal(ask("other", mine), IQ_ERR_NOT_FOUND);
	assert_int_equal(job->job.error.nconflicts, 0);
	assert_int_equal(job->nowed, 0);
	/* a hidden contact in a list: not told, and it stays */
	well(IQ_OK);
	become("root", grant_of(IQ_ACCESS_EDITOR, NULL));
	base = revision();
	well(ask("root", SET("responsibility", "lra-housing", "contacts", "c-inside")));
	become("other", grant_of(IQ_ACCESS_EDITOR, "lra"));
	mine = SET("responsibility", "lra-housing", "note", "neu");
	mine.base = base;
	well(ask("other", mine)); /* nothing that they may know of was changed */
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-housing", "contacts"), "c-inside");
}

/* ---- confirm, archive, revive -----------------------------------------------------------------
 */

static void test_confirm(void **state)
{
	(void)state;
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	uint64_t before = revision();

	well(ask("editor", DO(CONFIRM, NULL, "vhs-course", "vhs-youth", "vhs-course")));
	assert_int_equal(revision(), before + 1);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "confirmed_on"), "2026-11-22");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-youth", "confirmed_on"), "2026-11-22");
	/* again: nothing to change */
	well(ask("editor", DO(CONFIRM, "responsibility", "vhs-course")));
	assert_int_equal(revision(), before + 1);
	/* all or none */
	assert_int_equal(
		ask("editor", DO(CONFIRM, NULL, "vhs-meissen", "lra-housing")), IQ_ERR_DENIED);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-meissen", "confirmed_on"), "");
	assert_int_equal(
		ask("editor", DO(CONFIRM, NULL, "vhs-meissen", "nothing")), IQ_ERR_NOT_FOUND);
	assert_int_equal(ask("editor", DO(CONFIRM, "institution", "vhs")), IQ_ERR_USAGE);
	assert_int_equal(ask("editor", DO(CONFIRM, NULL, "eu")), IQ_ERR_DENIED);
	become("curator", grant_of(IQ_ACCESS_CURATOR, NULL));
	well(ask("curator", DO(CONFIRM, NULL, "eu")));
	assert_string_equal(cell(IQ_STATUS, "eu", "confirmed_on"), "2026-11-22");
}

static void test_archive(void **state)
{
	(void)state;
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	uint64_t before = revision();

	well(ask("editor", DO(ARCHIVE, "contact", "c-public", "c-inside")));
	assert_int_equal(revision(), before + 1);
	assert_string_equal(cell(IQ_CONTACT, "c-public", "id"), "-");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"), "c-partners;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "deputy"), "");
	/* the lists they were taken out of are told */
	assert_true(memmem(job->job.answer.p, job->job.answer.n, "vhs-course", 10) != NULL);
	/* the id is theirs */
	assert_int_equal(ask("editor", (struct ask){.verb = IQ__V1__VERB__ADD,
					       .kind = "contact",
					       .ids = {"c-inside"},
					       .field = {"institution", "vhs", "name", "X"}}),
		IQ_ERR_CONFLICT);
	assert_non_null(strstr(job->job.error.hint, "revive"));
	/* others learn nothing: not by reviving, and the conflict is that of any id that is taken
	 */
	become("other", grant_of(IQ_ACCESS_EDITOR, "lra"));
	assert_int_equal(ask("other", DO(REVIVE, "contact", "c-inside")), IQ_ERR_NOT_FOUND);
	const char *text = said();

	assert_int_equal(ask("other", DO(REVIVE, "contact", "c-never")), IQ_ERR_NOT_FOUND);
	assert_string_equal(job->job.error.text, text);
	struct ask taken = {.verb = IQ__V1__VERB__ADD,
		.kind = "contact",
		.ids = {"c-inside"},
		.field = {"institution", "lra", "name", "X"}};

	assert_int_equal(ask("other", taken), IQ_ERR_CONFLICT);
	text = said();
	taken.ids[0] = "c-partners";
	assert_int_equal(ask("other", taken), IQ_ERR_CONFLICT);
	assert_string_equal(job->job.error.text, text);

	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	well(ask("editor", DO(REVIVE, "contact", "c-public", "c-inside")));
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "deputy"), "c-public");
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "visibility"), "institution");
	assert_non_null(strstr(cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"), "c-inside"));
}

static void test_archive_rights(void **state)
{
	(void)state;
	become("other", grant_of(IQ_ACCESS_EDITOR, "lra"));
	assert_int_equal(ask("other", DO(ARCHIVE, "contact", "c-inside")), IQ_ERR_NOT_FOUND);
	assert_int_equal(ask("other", DO(ARCHIVE, "contact", "c-never")), IQ_ERR_NOT_FOUND);
	assert_int_equal(ask("other", DO(ARCHIVE, "responsibility", "vhs-course")), IQ_ERR_DENIED);
	assert_int_equal(ask("other", DO(ARCHIVE, "contact", "c-public")), IQ_ERR_DENIED);
	/* one that may not be: none */
	assert_int_equal(ask("other", DO(ARCHIVE, "responsibility", "lra-housing", "vhs-course")),
		IQ_ERR_DENIED);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-housing", "id"), "lra-housing");
	/* a trial shows who it is: on record */
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	struct ask trial = DO(ARCHIVE, "contact", "c-inside");

	trial.dry = true;
	well(ask("editor", trial));
	assert_int_equal(job->nowed, 1);
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "id"), "c-inside");
	/* only what is archived comes back, and once */
	well(ask("editor", DO(ARCHIVE, "responsibility", "vhs-youth")));
	assert_int_equal(
		ask("editor", DO(REVIVE, "responsibility", "vhs-coord")), IQ_ERR_NOT_FOUND);
	well(ask("editor", DO(REVIVE, "responsibility", "vhs-youth")));
	assert_int_equal(
		ask("editor", DO(REVIVE, "responsibility", "vhs-youth")), IQ_ERR_NOT_FOUND);
}

/* As if it had been archived so long ago. */
static void age(enum iq_kind kind, const char *id, int days)
{
	char key[IQ_ARCHIVE_KEY] = {'a', (char)kind};
	struct iq_str value, rest;
	struct iq_wire_field f;
	struct iq_wtxn *w;
	struct iq_buf b;
	bool merged, bad = false;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_num n = iq_id_reserved(iq_wtxn_txn(w), kind, iq_str(id), &merged);

	for (int i = 0; i < 4; i++)
		key[2 + i] = (char)(n >> (24 - 8 * i));
	assert_true(iq_table_get(
		iq_wtxn_txn(w), IQ_TABLE_LIVING, (struct iq_str){key, sizeof(key)}, &value));
	iq_buf_init(&b, 0);
	for (rest = value; iq_wire_next(&rest, &f, &bad);) {
		if (f.type == IQ_WIRE_LEN)
			iq_wire_item(&b, f.field, f.bytes);
		else
			iq_wire_uint(&b, f.field,
				f.field == 2 ? f.value - (uint64_t)days * 86400 * 1000000
					     : f.value);
	}
	iq_table_put(w, IQ_TABLE_LIVING, (struct iq_str){key, sizeof(key)},
		(struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
}

static bool count_archived(void *arg, const struct iq_archived *a)
{
	(void)a;
	++*(int *)arg;
	return true;
}

static int archived(enum iq_kind kind)
{
	int n = 0;

	fx_renew();
	iq_archived_each(iq_rtxn_txn(fx.rtxn), kind, count_archived, &n);
	return n;
}

/* After 90 days contacts are gone for good, of the others only the entry. */
static void test_purge(void **state)
{
	struct iq_image image;
	bool merged;

	(void)state;
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	well(ask("editor", DO(ARCHIVE, "contact", "c-inside", "c-partners")));
	well(ask("editor", DO(ARCHIVE, "responsibility", "vhs-youth")));
	age(IQ_CONTACT, "c-inside", IQ_LIMIT_ARCHIVE_DAYS + 1);
	age(IQ_RESPONSIBILITY, "vhs-youth", IQ_LIMIT_ARCHIVE_DAYS + 1);
	age(IQ_CONTACT, "c-partners", IQ_LIMIT_ARCHIVE_DAYS - 1);
	assert_int_equal(ask("editor", DO(REVIVE, "contact", "c-inside")), IQ_ERR_NOT_FOUND);
	iq_num youth = iq_id_reserved(
		iq_rtxn_txn(fx.rtxn), IQ_RESPONSIBILITY, IQ_STR("vhs-youth"), &merged);

	assert_true(iq_purge_submit(&fx.svc));
	do
		fx_renew();
	while (iq_id_reserved(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, IQ_STR("c-inside"), &merged) !=
		IQ_NONE);
	assert_int_equal(archived(IQ_CONTACT), 1);
	assert_int_equal(archived(IQ_RESPONSIBILITY), 0);
	/* what the row was is still known */
	assert_true(iq_past_get(iq_rtxn_txn(fx.rtxn), IQ_RESPONSIBILITY, youth, 1, &image));
	well(ask("editor", DO(REVIVE, "contact", "c-partners")));
	assert_int_equal(archived(IQ_CONTACT), 0);
}

/* ---- revert -----------------------------------------------------------------------------------
 */

static void test_revert(void **state)
{
	(void)state;
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	well(ask("editor", SET("institution", "vhs", "phone", "030 23125 500", "town", "Dresden")));
	uint64_t change = revision();

	well(revert("editor", change, false));
	assert_string_equal(cell(IQ_INSTITUTION, "vhs", "phone"), "");
	assert_string_equal(cell(IQ_INSTITUTION, "vhs", "email"), "vhs@example.org");
	/* and that again */
	well(revert("editor", revision(), false));
	assert_string_equal(cell(IQ_INSTITUTION, "vhs", "phone"), "030 23125 500");
	/* changed since: only with merge, and what was changed since stays */
	change = revision();
	well(ask("editor", SET("institution", "vhs", "town", "Radebeul")));
	assert_int_equal(revert("editor", change, false), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	assert_true(iq_str_is(job->job.error.conflicts[0].column, "town"));
	well(revert("editor", change, true));
	assert_string_equal(cell(IQ_INSTITUTION, "vhs", "phone"), "");
	assert_string_equal(cell(IQ_INSTITUTION, "vhs", "town"), "Radebeul");
	/* no such change */
	assert_int_equal(revert("editor", 0, false), IQ_ERR_USAGE);
	assert_int_equal(revert("editor", revision() + 1, false), IQ_ERR_NOT_FOUND);
}

static void test_revert_removed(void **state)
{
	(void)state;
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	const char *contacts = cell(IQ_RESPONSIBILITY, "vhs-course", "contacts");
	char *copy = strdup(contacts);

	/* archived: it is back in its lists */
	well(ask("editor", DO(ARCHIVE, "contact", "c-public")));
	uint64_t change = revision();

	well(revert("editor", change, false));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"), copy);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "deputy"), "c-public");
	free(copy);
	/* taking that back archives it again: the reviving did not create it */
	well(revert("editor", revision(), false));
	assert_string_equal(cell(IQ_CONTACT, "c-public", "id"), "-");
	/* deleted, not archived */
	well(ask("editor", DO(DELETE, "responsibility", "vhs-youth")));
	well(revert("editor", revision(), false));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-youth", "condition"), "age=12..26");
	/* created: archived, unless somebody needs it */
	well(ask("editor", (struct ask){.verb = IQ__V1__VERB__ADD,
				   .kind = "contact",
				   .ids = {"c-new"},
				   .field = {"institution", "vhs", "name", "Erika Neu"}}));
	change = revision();
	well(ask("editor", SET("responsibility", "vhs-youth", "contacts", "c-new")));
	assert_int_equal(revert("editor", change, false), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.ncandidates, 1);
	well(revert("editor", revision(), false));
	well(revert("editor", change, false));
	assert_string_equal(cell(IQ_CONTACT, "c-new", "id"), "-");
	well(ask("editor", DO(REVIVE, "contact", "c-new")));
}

static void test_revert_rights(void **state)
{
	(void)state;
	well(ask("root", SET("contact", "c-inside", "phone", "030 23125 600")));
	uint64_t hidden = revision();

	well(ask("root", SET("institution", "vhs", "phone", "030 23125 601")));
	uint64_t plain = revision();

	/* a change of somebody hidden and one that may not be changed look alike */
	become("other", grant_of(IQ_ACCESS_EDITOR, "lra"));
	assert_int_equal(revert("other", hidden, false), IQ_ERR_DENIED);
	const char *text = said();

	assert_int_equal(revert("other", plain, false), IQ_ERR_DENIED);
	assert_string_equal(job->job.error.text, text);
	/* the beginning: more than one may change */
	assert_int_equal(revert("other", 1, false), IQ_ERR_DENIED);
	become("editor", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	well(revert("editor", hidden, false));
	/* more people would see her */
	well(ask("editor", SET("contact", "c-public", "visibility", "institution")));
	assert_int_equal(revert("editor", revision(), false), IQ_ERR_GUARD);
	assert_non_null(strstr(job->job.error.hint, "visibility"));
	assert_string_equal(cell(IQ_CONTACT, "c-public", "visibility"), "institution");
}

/* Contacts that the caller does not know of come and go with a record, and are never named. */
static void test_revert_hidden(void **state)
{
	(void)state;
	become("root", grant_of(IQ_ACCESS_EDITOR, NULL));
	well(ask("root", SET("responsibility", "lra-housing", "contacts", "c-inside")));
	become("other", grant_of(IQ_ACCESS_EDITOR, "lra"));
	well(ask("other", SET("responsibility", "lra-housing", "note", "neu")));
	well(revert("other", revision(), false));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-housing", "contacts"), "c-inside");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-housing", "note"), "");
	/* removed and back */
	well(ask("other", DO(DELETE, "responsibility", "lra-housing")));
	uint64_t change = revision();

	assert_true(memmem(job->job.answer.p, job->job.answer.n, "c-inside", 8) == NULL);
	well(revert("other", change, false));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-housing", "contacts"), "c-inside");
	assert_true(memmem(job->job.answer.p, job->job.answer.n, "c-inside", 8) == NULL);
	well(ask("other", DO(ARCHIVE, "responsibility", "lra-housing")));
	assert_true(memmem(job->job.answer.p, job->job.answer.n, "c-inside", 8) == NULL);
	well(ask("other", DO(REVIVE, "responsibility", "lra-housing")));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-housing", "contacts"), "c-inside");
	assert_true(memmem(job->job.answer.p, job->job.answer.n, "c-inside", 8) == NULL);
	/* who took the hidden one out: to them nothing was changed that they could set back */
	become("root", grant_of(IQ_ACCESS_EDITOR, NULL));
	well(ask("root", SET("responsibility", "lra-housing", "contacts", "")));
	become("other", grant_of(IQ_ACCESS_EDITOR, "lra"));
	well(revert("other", revision(), false));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-housing", "contacts"), "");
}

/* ---- request ids ------------------------------------------------------------------------------
 */

static void test_request_ids(void **state)
{
	(void)state;
	assert_int_equal(
		change("root", IQ__V1__VERB__ARCHIVE, "notice", "stop", NULL, NULL, false), IQ_OK);
	uint64_t first = job->job.revision;

	assert_int_equal(
		change("root", IQ__V1__VERB__ARCHIVE, "notice", "stop", NULL, NULL, true), IQ_OK);
	assert_true(job->job.replayed);
	assert_int_equal(job->job.revision, first);
	assert_int_equal(change("root", IQ__V1__VERB__REVIVE, "notice", "stop", NULL, NULL, true),
		IQ_ERR_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_based, setup, teardown),
		cmocka_unit_test_setup_teardown(test_based_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_based_contact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_confirm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_archive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_archive_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_purge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revert, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revert_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revert_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revert_hidden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request_ids, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
