/* SPDX-License-Identifier: Apache-2.0 */
/* A small directory on disk, and requests to the handlers of operations. */
#ifndef TESTS_UNIT_OPS_FIXTURE_H
#define TESTS_UNIT_OPS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "date.h"
#include "op.h"

static struct fixture {
	char dir[64];
	struct iq_store *store;
	struct iq_writer *writer;
	struct iq_audit *audit;
	struct iq_rtxn *rtxn;
	const struct iq_vocab *vocab;
	struct iq_services svc;
	struct iq_arena arena;
	struct iq_buf out;
	struct iq_error error;
	struct iq_session session;
	const struct iq_principal *principal;
	int32_t today;
} fx;

/* put(w, IQ_TASK, "id", "language", "name_de", "Sprache", NULL): columns and cells. */
static inline void fx_put(struct iq_wtxn *w, enum iq_kind kind, ...)
{
	struct iq_arena arena;
	struct iq_rec rec = {.kind = kind};
	struct iq_problem p = {.line = 0};
	const char *column;
	va_list ap;

	iq_arena_init(&arena, 0);
	va_start(ap, kind);
	while ((column = va_arg(ap, const char *)) != NULL) {
		int col = iq_column_by_name(kind, iq_str(column));

		assert_true(col >= 0);
		assert_int_equal(
			iq_rec_read_cell(&rec, col, iq_str(va_arg(ap, const char *)), &arena, &p),
			IQ_OK);
	}
	va_end(ap);
	assert_true(iq_rec_complete(&rec, &arena));
	iq_num num = iq_id_intern(w, kind, iq_rec_text(&rec, IQ_COL_ID));

	assert_int_not_equal(num, IQ_NONE);
	iq_rec_put(w, num, &rec, &arena);
	iq_arena_free(&arena);
}

static inline void fx_vocabulary(struct iq_wtxn *w)
{
	fx_put(w, IQ_REGION, "id", "de", "kind", "country", "name_de", "Deutschland", NULL);
	fx_put(w, IQ_REGION, "id", "sn", "parent", "de", "kind", "state", "name_de", "Sachsen",
		"name_en", "Saxony", NULL);
	fx_put(w, IQ_REGION, "id", "dresden", "parent", "sn", "kind", "city", "name_de", "Dresden",
		NULL);
	fx_put(w, IQ_REGION, "id", "meissen", "parent", "sn", "kind", "city", "name_de", "Meißen",
		NULL);
	fx_put(w, IQ_REGION, "id", "elbe", "kind", "area", "members", "dresden;meissen", "name_de",
		"Elbland", NULL);
	fx_put(w, IQ_POSTCODE, "postcode", "01067", "region", "dresden", NULL);
	fx_put(w, IQ_POSTCODE, "postcode", "01500", "region", "dresden", NULL);
	fx_put(w, IQ_POSTCODE, "postcode", "01500", "region", "meissen", NULL);
	fx_put(w, IQ_TASK, "id", "language", "name_de", "Sprache", "name_en", "Language", NULL);
	fx_put(w, IQ_TASK, "id", "course", "parent", "language", "name_de", "Integrationskurs",
		"aliases", "I-Kurs", NULL);
	fx_put(w, IQ_TASK, "id", "course-delivery", "parent", "course", "name_de", "Kurs geben",
		NULL);
	fx_put(w, IQ_TASK, "id", "integration-coordination", "name_de", "Koordination", NULL);
	fx_put(w, IQ_TASK, "id", "work", "name_de", "Arbeit", NULL);
	fx_put(w, IQ_FACT, "id", "age", "type", "integer", "name_de", "Alter", "aliases",
		"Lebensalter", NULL);
	fx_put(w, IQ_FACT, "id", "benefit", "type", "choice", "values", "asylblg|sgb2", "name_de",
		"Leistung", NULL);
	fx_put(w, IQ_TASK, "id", "housing", "name_de", "Wohnen", NULL);
	fx_put(w, IQ_STATUS, "id", "asylum", "name_de", "Asyl", "implies", "benefit=asylblg", NULL);
	fx_put(w, IQ_STATUS, "id", "asylum-seeker", "parent", "asylum", "name_de",
		"Aufenthaltsgestattung", NULL);
	fx_put(w, IQ_STATUS, "id", "eu", "name_de", "Unionsbürger", NULL);
	fx_put(w, IQ_KIND, "id", "office", "name_de", "Amt", NULL);
}

static inline void fx_people(struct iq_wtxn *w)
{
	fx_put(w, IQ_INSTITUTION, "id", "lra", "kind", "office", "region", "sn", "name_de",
		"Landratsamt", "phone", "030 23125 100", NULL);
	fx_put(w, IQ_INSTITUTION, "id", "lra-abh", "kind", "office", "parent", "lra", "region",
		"sn", "name_de", "Ausländerbehörde", NULL);
	fx_put(w, IQ_INSTITUTION, "id", "vhs", "kind", "office", "region", "dresden", "name_de",
		"Volkshochschule", "email", "vhs@example.org", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-public", "institution", "vhs", "name", "Max Muster",
		"function", "Service", "phone", "030 23125 101", "languages", "de;en", "visibility",
		"public", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"function", "Kurse", "languages", "de", "visibility", "partners", "deputy",
		"c-public", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-inside", "institution", "vhs", "name", "Paul Muster",
		"function", "Leitung", "visibility", "institution", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-gone", "institution", "vhs", "name", "Otto Muster",
		"visibility", "public", "valid_to", "2020-01-01", NULL);
}

static inline void fx_duties(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts",
		"c-public;c-partners;c-inside;c-gone", "confirmed_on", "2026-01-01", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "abh-course", "institution", "lra-abh", "task", "course",
		"region", "sn", "statuses", "asylum", "role", "lead", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-youth", "institution", "vhs", "task", "course",
		"region", "dresden", "role", "advice", "condition", "age=12..26", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-meissen", "institution", "vhs", "task", "work",
		"region", "meissen", "role", "lead", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-coord", "institution", "vhs", "task",
		"integration-coordination", "region", "dresden", "role", "lead", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-housing", "institution", "lra", "task", "housing",
		"region", "sn", "role", "lead", NULL);
	fx_put(w, IQ_NOTICE, "id", "stop", "task", "course", "region", "sn", "effect", "suspended",
		"text_de", "Zur Zeit nicht.", NULL);
}

static inline void fx_renew(void)
{
	assert_true(iq_rtxn_renew(fx.rtxn));
	fx.vocab = iq_vocab_hold(fx.writer, fx.vocab, iq_rtxn_state(fx.rtxn)->vocab_revision);
	assert_non_null(fx.vocab);
}

static inline int fx_setup(void **state)
{
	struct iq_wtxn *w;
	const struct iq_store_options options = {.map_bytes = 64 << 20};
	const struct iq_change change = {.operation = IQ_STR("test"), .time_us = 1};

	(void)state;
	memset(&fx, 0, sizeof(fx));
	strcpy(fx.dir, "/tmp/iq-ops-XXXXXX");
	assert_non_null(mkdtemp(fx.dir));
	iq_arena_init(&fx.arena, 0);
	iq_buf_init(&fx.out, 0);
	iq_error_init(&fx.error, &fx.arena);
	assert_int_equal(iq_store_open(fx.dir, true, &options, &fx.store, &fx.error), IQ_OK);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	fx_vocabulary(w);
	fx_people(w);
	fx_duties(w);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(iq_writer_start(fx.store, NULL, &fx.writer, &fx.error), IQ_OK);
	assert_int_equal(iq_rtxn_new(fx.store, &fx.rtxn), IQ_OK);
	assert_int_equal(iq_audit_open(fx.dir, &fx.audit, &fx.error), IQ_OK);
	fx.svc = (struct iq_services){
		.store = fx.store, .writer = fx.writer, .audit = fx.audit, .dir = fx.dir};
	assert_true(iq_date_parse(IQ_STR("2026-11-22"), &fx.today));
	fx_renew();
	return 0;
}

static inline int fx_teardown(void **state)
{
	char command[128];

	(void)state;
	iq_vocab_drop(fx.writer, fx.vocab);
	iq_rtxn_free(fx.rtxn);
	iq_writer_stop(fx.writer, 10000);
	iq_audit_close(fx.audit);
	iq_store_close(fx.store);
	iq_session_release(&fx.session);
	iq_buf_free(&fx.out);
	iq_arena_free(&fx.arena);
	snprintf(command, sizeof(command), "rm -rf %s", fx.dir);
	return system(command);
}

/* ---- callers -------------------------------------------------------------------------------- */

static inline const struct iq_principal *fx_principal(
	enum iq_access_role role, const char *institution, const char *region)
{
	static struct iq_grant grant;
	static struct iq_principal p;
	struct iq_txn *t = iq_rtxn_txn(fx.rtxn);

	grant = (struct iq_grant){.role = role,
		.institution =
			institution ? iq_id_find(t, IQ_INSTITUTION, iq_str(institution)) : IQ_NONE,
		.region = region ? iq_id_find(t, IQ_REGION, iq_str(region)) : IQ_NONE,
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
	p = (struct iq_principal){.id = IQ_STR("somebody"),
		.name = IQ_STR("Somebody"),
		.grants = &grant,
		.ngrants = 1};
	return &p;
}

static inline const struct iq_principal *fx_nobody(void)
{
	static const struct iq_principal p = {.id = IQ_STR("nobody"), .name = IQ_STR("Nobody")};

	return &p;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static inline struct iq_req fx_req(const Iq__V1__Request *msg)
{
	iq_arena_reset(&fx.arena);
	iq_buf_reset(&fx.out, SIZE_MAX);
	iq_error_init(&fx.error, &fx.arena);
	return (struct iq_req){.msg = msg,
		.arena = &fx.arena,
		.rtxn = fx.rtxn,
		.txn = iq_rtxn_txn(fx.rtxn),
		.vocab = fx.vocab,
		.principal = fx.principal ? fx.principal : fx_nobody(),
		.session = &fx.session,
		.svc = &fx.svc,
		.today = fx.today,
		.now_us = iq_now_us(),
		.out = &fx.out,
		.error = &fx.error};
}

/* Calls the handler of a READ operation; the unpacked answer (in the arena), NULL on error. */
static inline const void *fx_call(const Iq__V1__Request *msg, const ProtobufCMessageDescriptor *d)
{
	struct iq_req rq = fx_req(msg);
	const struct iq_op *op = iq_op_find((int)msg->op_case);

	assert_non_null(op);
	if (op->cost != NULL)
		(void)op->cost(&rq);
	enum iq_err err = op->handle(&rq);

	assert_int_equal(err, fx.error.code);
	if (err != IQ_OK)
		return NULL;
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	const void *out = protobuf_c_message_unpack(d, &allocator, fx.out.n, fx.out.p);

	assert_non_null(out);
	return out;
}

static inline void fx_refused(enum iq_err code)
{
	if (fx.error.code != code)
		print_error("%s: %s\n", iq_err_name(fx.error.code), fx.error.text);
	assert_int_equal(fx.error.code, code);
	assert_non_null(fx.error.text);
}

#endif
