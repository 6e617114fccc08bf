/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames into the dispatcher, answers out, over a small directory made once per process. The
 * first byte says who asks; the rest is a stream of frames. Every answer must be a valid
 * Response. Changes run as the writer runs them, but here and not in its thread, and are rolled
 * back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bounds.h"
#include "codec.h"
#include "date.h"
#include "dispatch.h"
#include "feed.h"
#include "frame.h"
#include "log.h"
#include "mutate.h"
#include "prescan.h"
#include "writer_priv.h"
#include "../unit/rights_help.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FRAMES_MAX = 64 };

static struct world {
	char dir[64];
	struct iq_services svc;
	struct iq_desk desk;
} w;

/* kind, then column=cell … */
static const char *const records[][10] = {
	{"region", "id=de", "name_de=Deutschland"},
	{"region", "id=dresden", "parent=de", "name_de=Dresden", "aliases=DD"},
	{"region", "id=meissen", "parent=de", "name_de=Meißen"},
	{"region", "id=elbe", "kind=area", "members=dresden;meissen", "name_de=Elbland"},
	{"postcode", "postcode=01067", "region=dresden"},
	{"postcode", "postcode=01067", "region=meissen"},
	{"task", "id=course", "name_de=Integrationskurs"},
	{"task", "id=integration-coordination", "name_de=Koordination"},
	{"fact", "id=age", "type=integer", "name_de=Alter"},
	{"fact", "id=benefit", "type=choice", "values=a|b", "name_de=Leistung"},
	{"status", "id=asylum", "name_de=Asyl", "implies=benefit=a"},
	{"kind", "id=office", "name_de=Amt"},
	{"institution", "id=lra", "kind=office", "region=de", "name_de=Landratsamt",
		"phone=030 23125 100"},
	{"institution", "id=abh", "parent=lra", "region=dresden", "name_de=Ausländerbehörde"},
	{"contact", "id=c1", "institution=abh", "name=Max Muster", "visibility=public"},
	{"contact", "id=c2", "institution=abh", "name=Erika Muster", "visibility=partners",
		"deputy=c1"},
	{"responsibility", "id=r1", "institution=abh", "task=course", "region=dresden", "role=lead",
		"contacts=c1;c2"},
	{"responsibility", "id=r2", "institution=lra", "task=course", "region=meissen",
		"role=advice", "condition=age=12..26"},
	{"handover", "id=h1", "process=p", "step=1", "task=course", "from_kinds=office",
		"to_kinds=office", "trigger_de=danach"},
	{"handover", "id=h2", "process=p", "step=2", "task=integration-coordination",
		"to_kinds=office"},
	{"workshop", "id=ws", "region=elbe", "name_de=Runde"},
	{"membership", "id=m1", "workshop=ws", "institution=abh", "representative=c1",
		"accepted_from=2026-01-01"},
	{"proposal", "id=p1", "workshop=ws", "institution=abh", "text_de=Antrag", "state=open",
		"majority=simple", "quorum=50", "deadline=2026-01-02",
		"changes=base 1\nset institution abh url=https://example.org"},
	{"ballot", "id=b1", "proposal=p1", "institution=abh", "choice=yes", "contact=c1",
		"as=representative", "cast_on=2026-01-01"},
	{"notice", "id=n1", "task=course", "effect=suspended", "text_de=Halt"},
};

static void put(struct iq_wtxn *x, const char *const *row)
{
	struct iq_arena arena;
	struct iq_rec rec = {.kind = iq_kind_by_name(iq_str(row[0]))};
	struct iq_problem p = {.line = 0};

	iq_arena_init(&arena, 0);
	for (size_t i = 1; i < 10 && row[i] != NULL; i++) {
		struct iq_str cell = iq_str(row[i]), name;

		iq_str_cut(&cell, '=', &name);
		require(iq_rec_read_cell(&rec, iq_column_by_name(rec.kind, name), cell, &arena,
				&p) == IQ_OK);
	}
	require(iq_rec_complete(&rec, &arena));
	iq_rec_put(x, iq_id_intern(x, rec.kind, iq_rec_text(&rec, IQ_COL_ID)), &rec, &arena);
	iq_arena_free(&arena);
}

static void put_caller(struct iq_wtxn *x, uint8_t number, const char *id, const char *institution,
	const enum iq_access_role *roles, size_t n)
{
	struct iq_grant grants[4];
	uint8_t serial[20] = {number};

	for (size_t i = 0; i < n; i++)
		grants[i] =
			(struct iq_grant){.role = roles[i], .from = IQ_DATE_MIN, .to = IQ_DATE_MAX};
	help_principal_put(
		x, &(struct iq_principal){.id = iq_str(id),
			   .institution = institution ? iq_id_find(iq_wtxn_txn(x), IQ_INSTITUTION,
								iq_str(institution))
						      : IQ_NONE,
			   .grants = grants,
			   .ngrants = n});
	iq_certificate_put(x, serial, iq_str(id), INT32_MAX - 1);
}

static void remove_dir(void)
{
	static const char *const files[] = {
		"data.mdb", "data.mdb-lock", "ca.pem", "ca.key", "server.pem", "server.key"};
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", w.dir, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/plans", w.dir);
	rmdir(path); /* what is asked for here is rolled back: it is empty */
	rmdir(w.dir);
}

/* Ends the threads, so that nothing is left for leak checks to find. */
static void end(void)
{
	iq_desk_free(&w.desk);
	iq_writer_stop(w.svc.writer, 1000);
	iq_pki_close(w.svc.pki);
	iq_store_close(w.svc.store);
	remove_dir();
}

static void begin(void)
{
	static const enum iq_access_role all[] = {
		IQ_ACCESS_ADMIN, IQ_ACCESS_CURATOR, IQ_ACCESS_EDITOR, IQ_ACCESS_COORDINATOR};
	static const enum iq_access_role reader[] = {IQ_ACCESS_READER};
	const struct iq_store_options options = {.map_bytes = 64 << 20};
	const struct iq_change change = {.operation = IQ_STR("test"), .time_us = iq_now_us()};
	struct iq_error error = {.code = IQ_OK};
	struct iq_wtxn *x;

	iq_log_level(IQ_LOG_ERROR);
	scratch_make(w.dir);
	require(iq_pki_init(w.dir, "localhost", &error) == IQ_OK);
	require(iq_pki_open(w.dir, &w.svc.pki, &error) == IQ_OK);
	require(iq_store_open(w.dir, true, &options, &w.svc.store, &error) == IQ_OK);
	require(iq_wtxn_begin(w.svc.store, &x) == IQ_OK);
	iq_change_begin(x, &change);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		put(x, records[i]);
	iq_change_end(x);
	/* The same in every process, so that a seed can hold a cookie. */
	iq_table_put(x, IQ_TABLE_LIVING, IQ_STR("k"),
		(struct iq_str){"0123456789abcdef0123456789abcdef", IQ_FEED_KEY});
	iq_wtxn_state(x)->generation = 1;
	put_caller(x, 1, "admin", NULL, all, 4);
	put_caller(x, 2, "reader", "abh", reader, 1);
	require(iq_wtxn_commit(x) == IQ_OK);
	require(iq_writer_start(w.svc.store, NULL, &w.svc.writer, &error) == IQ_OK);
	w.svc.dir = w.dir;
	require(iq_desk_init(&w.desk, &w.svc, &error) == IQ_OK);
	atexit(end);
}

static void run_job(const struct iq_dispatch *d)
{
	struct iq_job *job = &d->job->job;

	job->dry_run = true;
	iq_desk_close(&w.desk);
	iq_batch_run(w.svc.writer, &job, 1);
	iq_dispatch_done(d->op, d->id, d->job, 1, d->out);
	iq_dispatch_free(d->job);
	require(iq_desk_open(&w.desk));
}

/* With IQ_FUZZ_TELL: what came of a request, for the test that the seeds get where they should. */
static void tell(const struct iq_op *op, const Iq__V1__Response *r)
{
	if (getenv("IQ_FUZZ_TELL") == NULL || op == NULL)
		return;
	printf("%s: %s", op->name,
		r->result_case == IQ__V1__RESPONSE__RESULT_ERROR ? r->error->code : "done");
	if (r->result_case == IQ__V1__RESPONSE__RESULT_SYNC_PLAN)
		printf(", %zu lines", r->sync_plan->n_lines);
	if (r->result_case == IQ__V1__RESPONSE__RESULT_CHANGES) {
		printf(", %zu events, refresh %d \"%s\", cookie ", r->changes->n_events,
			r->changes->refresh, r->changes->because);
		for (size_t i = 0; i < r->changes->cookie.len; i++)
			printf("%02x", r->changes->cookie.data[i]);
	}
	putchar('\n');
}

/* Exactly one response, valid to the last byte. */
static void check(const struct iq_op *op, const struct iq_buf *out)
{
	struct iq_str body, all = {(const char *)out->p, out->n};
	struct iq_arena arena;
	const char *why;

	require(!out->failed);
	require(iq_frame_peek(all, IQ_LIMIT_ANSWER_MAX, &body) == IQ_FRAME_READY);
	require(body.n + IQ_FRAME_HEADER == all.n);
	require(iq_prescan(&iq__v1__response__descriptor, body, &iq_prescan_response, &why) ==
		IQ_OK);
	iq_arena_init(&arena, 0);
	ProtobufCAllocator allocator = iq_codec_allocator(&arena);
	const Iq__V1__Response *msg =
		iq__v1__response__unpack(&allocator, body.n, (const uint8_t *)body.p);

	require(msg != NULL && msg->result_case != IQ__V1__RESPONSE__RESULT__NOT_SET);
	if (msg->result_case == IQ__V1__RESPONSE__RESULT_ERROR)
		require(msg->error->text[0] != '\0' && msg->error->code[0] != '\0');
	tell(op, msg);
	iq_arena_free(&arena);
}

static bool one(struct iq_caller *caller, struct iq_str frame, struct iq_buf *out)
{
	struct iq_dispatch d = {.desk = &w.desk, .caller = caller, .frame = frame, .out = out};
	enum iq_dispatched how = iq_dispatch(&d);

	if (how == IQ_DISPATCH_LANE) {
		d.in_lane = true;
		how = iq_dispatch(&d);
	}
	require(how != IQ_DISPATCH_LANE);
	if (how == IQ_DISPATCH_WRITE)
		run_job(&d);
	check(d.op, out);
	return how != IQ_DISPATCH_FATAL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const names[] = {"", "admin", "reader"};
	struct iq_caller caller = {.turn = 0};
	struct iq_str rest, body;
	struct iq_buf out;

	if (w.svc.store == NULL)
		begin();
	if (n == 0)
		return 0;
	strcpy(caller.session.principal, names[data[0] % 3]);
	caller.session.serial[0] = data[0] % 3;
	rest = (struct iq_str){(const char *)data + 1, n - 1};
	iq_buf_init(&out, 0);
	require(iq_desk_open(&w.desk));
	for (int i = 0; i < FRAMES_MAX; i++) {
		if (iq_frame_peek(rest, IQ_LIMIT_FRAME_MAX, &body) != IQ_FRAME_READY)
			break;
		iq_buf_reset(&out, 1 << 16);
		if (!one(&caller, body, &out))
			break;
		rest.p += IQ_FRAME_HEADER + body.n;
		rest.n -= IQ_FRAME_HEADER + body.n;
	}
	iq_desk_close(&w.desk);
	iq_caller_free(&caller);
	iq_buf_free(&out);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	if (n > 0 && seed % 64 == 0)
		data[0] = (uint8_t)(seed / 64 % 3);
	return mutate_frames(data, n, max, 1, seed);
}
