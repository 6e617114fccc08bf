/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of institutions, sent, planned and applied. For test_ops_sync*.c */
#ifndef TESTS_UNIT_SYNC_HELP_H
#define TESTS_UNIT_SYNC_HELP_H

#include "disclose_help.h"

#include "plan_file.h"
#include "jobs_help.h"
#include "rights_help.h"
#include "sync.h"

static const Iq__V1__SyncPlanResponse *plan; /* the last one; in the job's arena */
static char plan_id[64];
static int64_t clock_us;              /* added to the time of jobs */
static uint64_t based_on, applied_at; /* of the list; 0: not */
static bool delta;
static const char *reason = "";

enum { EDITH = 1, LARS, CORA, ROOT, EMIL };

static inline void put_one(struct iq_wtxn *w, uint8_t n, const char *id, const char *in,
	const struct iq_grant *grants, size_t ngrants)
{
	uint8_t serial[20] = {n};
	struct iq_txn *t = iq_wtxn_txn(w);

	help_principal_put(
		w, &(struct iq_principal){.id = iq_str(id),
			   .name = iq_str(id),
			   .institution = in ? iq_id_find(t, IQ_INSTITUTION, iq_str(in)) : IQ_NONE,
			   .grants = grants,
			   .ngrants = ngrants});
	iq_certificate_put(w, serial, iq_str(id), INT32_MAX - 1);
}

static inline struct iq_grant granted(
	struct iq_txn *t, enum iq_access_role role, const char *in, const char *re)
{
	static uint64_t id;

	return (struct iq_grant){.id = ++id,
		.role = role,
		.institution = in ? iq_id_find(t, IQ_INSTITUTION, iq_str(in)) : IQ_NONE,
		.region = re ? iq_id_find(t, IQ_REGION, iq_str(re)) : IQ_NONE,
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
}

/* edith and emil edit the vhs, lars the lra; cora coordinates Saxony. */
static inline void put_people(struct iq_wtxn *w)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_grant g[4];

	fx_put(w, IQ_INSTITUTION, "id", "vhs-sub", "kind", "office", "parent", "vhs", "region",
		"dresden", "name_de", "Zweigstelle", NULL);
	g[0] = granted(t, IQ_ACCESS_EDITOR, "vhs", NULL);
	put_one(w, EDITH, "edith", "vhs", g, 1);
	g[0] = granted(t, IQ_ACCESS_EDITOR, "vhs", NULL);
	put_one(w, EMIL, "emil", "vhs", g, 1);
	g[0] = granted(t, IQ_ACCESS_EDITOR, "lra", NULL);
	put_one(w, LARS, "lars", "lra", g, 1);
	g[0] = granted(t, IQ_ACCESS_COORDINATOR, NULL, "sn");
	put_one(w, CORA, "cora", NULL, g, 1);
	g[0] = granted(t, IQ_ACCESS_ADMIN, NULL, NULL);
	g[1] = granted(t, IQ_ACCESS_CURATOR, NULL, NULL);
	g[2] = granted(t, IQ_ACCESS_EDITOR, NULL, NULL);
	put_one(w, ROOT, "root", NULL, g, 3);
}

static inline int start(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	more(put_people);
	clock_us = 0;
	based_on = applied_at = 0;
	delta = false;
	reason = "";
	plan_id[0] = '\0';
	finished = iq_queue_new(0);
	return finished ? 0 : -1;
}

static inline int end(void **state)
{
	job_end();
	iq_queue_free(finished);
	return fx_teardown(state);
}

/* ---- requests ------------------------------------------------------------------------------- */

static inline const char *name_of(uint8_t who)
{
	static const char *const names[] = {"", "edith", "lars", "cora", "root", "emil"};

	return names[who];
}

static inline ProtobufCBinaryData request_id(bool fresh)
{
	static uint8_t id[16];

	requests += fresh;
	memcpy(id, &requests, sizeof(requests));
	return (ProtobufCBinaryData){sizeof(id), id};
}

static inline void show_error(void)
{
	const struct iq_error *e = &job->job.error;

	if (job->job.err == IQ_OK)
		return;
	print_message("  %s: %s\n", iq_err_name(job->job.err), e->text ? e->text : "");
	for (size_t i = 0; i < e->nproblems; i++) {
		const struct iq_problem *p = &e->problems[i];

		print_message("  %.*s:%u %.*s=%.*s %s\n", IQ_STR_ARG(p->file), p->line,
			IQ_STR_ARG(p->column), IQ_STR_ARG(p->value), p->text);
	}
}

/* A request as the dispatcher would make a job of it; the message is copied. */
static inline enum iq_err request(uint8_t who, const Iq__V1__Request *msg)
{
	job_begin(name_of(who), iq_now_us() + clock_us);
	ProtobufCAllocator allocator = iq_codec_allocator(&job->arena);
	size_t n = iq__v1__request__get_packed_size(msg);
	uint8_t *bytes = iq_arena_alloc(&job->arena, n);

	iq__v1__request__pack(msg, bytes);
	job->msg = iq__v1__request__unpack(&allocator, n, bytes);
	job->serial[0] = who;
	fx_renew();
	struct iq_req r = fx_req(job->msg);
	struct iq_principal p;

	r.body = (struct iq_str){(char *)bytes, n};
	assert_true(iq_principal_get(r.txn, iq_str(job->principal), fx.today, &fx.arena, &p));
	r.principal = &p;
	enum iq_err err = iq_op_find((int)msg->op_case)->prepare(&r, &job->job);

	if (err != IQ_OK) {
		job->job.err = err;
		job->job.error = fx.error;
		show_error();
		return err;
	}
	(void)job_run();
	show_error();
	return job->job.err;
}

static inline void spool_msg(Iq__V1__Request *msg)
{
	struct iq_req r = fx_req(msg);
	size_t n = iq__v1__request__get_packed_size(msg);
	uint8_t *packed = malloc(n);

	iq__v1__request__pack(msg, packed);
	r.body = (struct iq_str){(char *)packed, n};
	assert_int_equal(iq_op_find((int)msg->op_case)->handle(&r), IQ_OK);
	free(packed);
}

/* ---- lists ---------------------------------------------------------------------------------- */

enum { LINES = 4096, CELLS = 16 };

static inline size_t split(char *line, char sep, char **out, size_t most)
{
	size_t n = 0;

	for (char *at = line; at != NULL && n < most;) {
		out[n++] = at;
		at = strchr(at, sep);
		if (at != NULL)
			*at++ = '\0';
	}
	return n;
}

static inline void spool_rows(uint32_t index, char **lines, size_t n)
{
	Iq__V1__ImportFile file = IQ__V1__IMPORT_FILE__INIT, *files[] = {&file};
	Iq__V1__ImportRows in = IQ__V1__IMPORT_ROWS__INIT;
	Iq__V1__ImportRow *rows = calloc(n, sizeof(*rows)), **list = calloc(n, sizeof(*list));
	char *(*cells)[CELLS] = calloc(n, sizeof(*cells));
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	char *columns[CELLS];

	assert_true(n >= 2);
	file.index = index;
	file.kind = lines[0];
	file.name = lines[0];
	file.columns = columns;
	file.n_columns = split(lines[1], '|', columns, CELLS);
	for (size_t i = 2; i < n; i++) {
		iq__v1__import_row__init(&rows[i]);
		rows[i].line = (uint32_t)i;
		rows[i].cells = cells[i];
		rows[i].n_cells = split(lines[i], '|', cells[i], CELLS);
		list[in.n_rows++] = &rows[i];
	}
	in.files = files;
	in.n_files = 1;
	in.file = index;
	in.rows = list;
	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_ROWS;
	msg.import_rows = &in;
	spool_msg(&msg);
	free(cells);
	free(list);
	free(rows);
}

/* "contact\nname|email\nErika Muster|e@example.org\n\nresponsibility\n…": rows are lines from 2. */
static inline void send_list(const char *text)
{
	Iq__V1__ImportBegin in = IQ__V1__IMPORT_BEGIN__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	char *copy = strdup(text), *lines[LINES];
	size_t n = split(copy, '\n', lines, LINES);
	uint32_t index = 0;

	in.request_id = request_id(true);
	in.reason = (char *)(uintptr_t)reason;
	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_BEGIN;
	msg.import_begin = &in;
	spool_msg(&msg);
	for (size_t i = 0, first = 0; i <= n; i++) {
		if (i < n && lines[i][0] != '\0')
			continue;
		if (i > first)
			spool_rows(index++, lines + first, i - first);
		first = i + 1;
	}
	free(copy);
}

static inline void take_plan(struct iq_str bytes)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&job->arena);

	plan = iq__v1__sync_plan_response__unpack(&allocator, bytes.n, (const uint8_t *)bytes.p);
	assert_non_null(plan);
	snprintf(plan_id, sizeof(plan_id), "%s", plan->plan);
}

/* ends: the last answer */
static inline struct iq_str answer(void)
{
	return (struct iq_str){(const char *)job->job.answer.p, job->job.answer.n};
}

static inline enum iq_err make_plan(uint8_t who, const char *institution, const char *text)
{
	Iq__V1__SyncPlanRequest in = IQ__V1__SYNC_PLAN_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	send_list(text);
	in.institution = (char *)(uintptr_t)institution;
	in.based_on = based_on;
	in.applied = applied_at;
	in.delta = delta;
	msg.op_case = IQ__V1__REQUEST__OP_SYNC_PLAN;
	msg.sync_plan = &in;
	plan_id[0] = '\0';
	enum iq_err err = request(who, &msg);

	if (err == IQ_OK)
		take_plan(answer());
	return err;
}

static inline enum iq_err status_of(uint8_t who)
{
	Iq__V1__SyncStatusRequest in = IQ__V1__SYNC_STATUS_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.plan = plan_id;
	msg.op_case = IQ__V1__REQUEST__OP_SYNC_STATUS;
	msg.sync_status = &in;
	enum iq_err err = request(who, &msg);

	if (err == IQ_OK)
		take_plan(iq_image_field(answer(), 3));
	return err;
}

static inline enum iq_err resolve(uint8_t who, const char *id, const char *column, const char *side)
{
	Iq__V1__SyncResolveRequest in = IQ__V1__SYNC_RESOLVE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.plan = plan_id;
	in.id = (char *)(uintptr_t)id;
	in.column = (char *)(uintptr_t)column;
	in.side = (char *)(uintptr_t)side;
	in.request_id = request_id(true);
	msg.op_case = IQ__V1__REQUEST__OP_SYNC_RESOLVE;
	msg.sync_resolve = &in;
	enum iq_err err = request(who, &msg);

	if (err == IQ_OK)
		take_plan(answer());
	return err;
}

static inline enum iq_err apply_again(uint8_t who, uint64_t deletes, bool fresh)
{
	Iq__V1__SyncApplyRequest in = IQ__V1__SYNC_APPLY_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.plan = plan_id;
	in.allow_deletes = deletes;
	in.request_id = request_id(fresh);
	msg.op_case = IQ__V1__REQUEST__OP_SYNC_APPLY;
	msg.sync_apply = &in;
	return request(who, &msg);
}

static inline enum iq_err apply(uint8_t who, uint64_t deletes)
{
	return apply_again(who, deletes, true);
}

/* A single change by somebody else. */
static inline enum iq_err change(
	uint8_t who, const char *kind, const char *id, const char *column, const char *value)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__KeyValue field = IQ__V1__KEY_VALUE__INIT, *fields[] = {&field};
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	struct iq_op_job *keep_job = job;
	const Iq__V1__SyncPlanResponse *keep_plan = plan;

	job = NULL;
	in.verb = IQ__V1__VERB__SET;
	in.kind = (char *)(uintptr_t)kind;
	in.id = (char *)(uintptr_t)id;
	in.fields = fields;
	in.n_fields = 1;
	field.key = (char *)(uintptr_t)column;
	field.value = (char *)(uintptr_t)value;
	in.request_id = request_id(true);
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	enum iq_err err = request(who, &msg);

	job_end();
	job = keep_job;
	plan = keep_plan;
	return err;
}

/* ---- looking -------------------------------------------------------------------------------- */

static inline const char *cell(enum iq_kind kind, const char *id, const char *column)
{
	struct iq_rec rec = {.kind = kind};
	iq_num n = num(kind, id);

	if (n == IQ_NONE)
		return NULL;
	assert_true(iq_rec_get(iq_rtxn_txn(fx.rtxn), kind, n, &fx.arena, &rec));
	return iq_arena_cstr(&fx.arena,
		iq_rec_write_cell(&rec, iq_column_by_name(kind, iq_str(column)), &fx.arena));
}

/* The line about this record, NULL: none. id: or the name. */
static inline const Iq__V1__PlanLine *line_of(const char *id)
{
	assert_non_null(plan);
	for (size_t i = 0; i < plan->n_lines; i++)
		if (strcmp(plan->lines[i]->id, id) == 0 || strcmp(plan->lines[i]->name, id) == 0)
			return plan->lines[i];
	return NULL;
}

static inline const char *act_of(const char *id)
{
	const Iq__V1__PlanLine *l = line_of(id);

	return l ? l->act : "none";
}

static inline const char *matched_of(const char *id)
{
	const Iq__V1__PlanLine *l = line_of(id);

	return l ? l->matched : "none";
}

static inline const Iq__V1__PlanGuard *guard_of(const char *code)
{
	assert_non_null(plan);
	for (size_t i = 0; i < plan->n_guards; i++)
		if (strcmp(plan->guards[i]->code, code) == 0)
			return plan->guards[i];
	return NULL;
}

static inline const struct iq_problem *problem(size_t i)
{
	assert_non_null(job);
	assert_true(i < job->job.error.nproblems);
	return &job->job.error.problems[i];
}

#endif
