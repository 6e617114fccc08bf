/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: what does not happen by accident, and what happens to random lists. */
#include "sync_help.h"

#include <sys/stat.h>

/* ---- guards --------------------------------------------------------------------------------- */

static void put_many(struct iq_wtxn *w)
{
	char id[32], name[32];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "c-%u", i);
		snprintf(name, sizeof(name), "Person %c", 'A' + i);
		fx_put(w, IQ_CONTACT, "id", id, "institution", "vhs-sub", "name", name,
			"visibility", "public", NULL);
	}
}

/* The people of put_many() but the first n, and those of the vhs itself. */
static char *without(unsigned n, const char *rest)
{
	static char text[4096];
	size_t at = (size_t)snprintf(text, sizeof(text),
		"contact\nname|function|institution\nMax Muster|Service|vhs\n"
		"Erika Muster|Kurse|vhs\nPaul Muster|Leitung|vhs\nOtto Muster||vhs\n");

	for (unsigned i = n; i < 20; i++)
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "Person %c||vhs-sub\n", 'A' + i);
	snprintf(text + at, sizeof(text) - at, "%s", rest);
	return text;
}

static void test_deletes(void **state)
{
	(void)state;
	more(put_many);
	assert_int_equal(make_plan(EDITH, "", without(4, "")), IQ_OK);
	assert_int_equal(plan->deletes, 0); /* 4 of 24 */
	assert_int_equal(make_plan(EDITH, "", without(5, "")), IQ_OK);
	assert_int_equal(plan->deletes, 5);
	assert_false(plan->second);
	assert_non_null(guard_of("deletes"));
	assert_string_equal(guard_of("deletes")->args[0], "5");
	assert_string_equal(guard_of("deletes")->args[1], "24");
	assert_int_equal(apply(EDITH, 0), IQ_ERR_GUARD);
	assert_int_equal(apply(EDITH, 4), IQ_ERR_GUARD);
	assert_int_equal(apply(EDITH, 6), IQ_ERR_GUARD);
	assert_non_null(cell(IQ_CONTACT, "c-0", "name"));
	assert_int_equal(apply(EDITH, 5), IQ_OK);
	assert_null(cell(IQ_CONTACT, "c-4", "name"));
	assert_non_null(cell(IQ_CONTACT, "c-5", "name"));
}

static void test_scope(void **state)
{
	(void)state;
	more(put_many);
	/* no row names the branch: its people are no business of this list */
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function\nMax Muster|Service\n"
				 "Erika Muster|Kurse\nPaul Muster|Leitung\n"),
		IQ_OK);
	assert_int_equal(plan->n_lines, 1);
	assert_string_equal(act_of("c-gone"), "archive");
	assert_int_equal(plan->counts[0]->left, 20);
}

static void test_half_and_empty(void **state)
{
	const char *duties = "\nresponsibility\ntask|region|role|condition\n"
			     "course-delivery|dresden|provider|\ncourse|dresden|advice|age=12..26\n"
			     "work|meissen|lead|\nintegration-coordination|dresden|lead|\n";

	(void)state;
	more(put_many);
	assert_int_equal(make_plan(EDITH, "", without(0, duties)), IQ_OK);
	assert_string_equal(plan->plan, ""); /* nothing to do */
	assert_int_equal(make_plan(EDITH, "", without(4, duties)), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	/* 24 rows then; 11 now, with two that go */
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function\nMax Muster|Service\nErika Muster|Kurse\n"
				 "\nresponsibility\ntask|region|role|condition\n"
				 "course-delivery|dresden|provider|\n"
				 "course|dresden|advice|age=12..26\nwork|meissen|lead|\n"
				 "integration-coordination|dresden|lead|\n"),
		IQ_OK);
	assert_non_null(guard_of("half"));
	assert_string_equal(guard_of("half")->args[1], "24");
	assert_null(guard_of("deletes"));
	assert_int_equal(plan->deletes, 2);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_GUARD);
	assert_int_equal(make_plan(EDITH, "", "contact\nname|function\n"), IQ_ERR_GUARD);
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function\n\nresponsibility\n"
				 "task|region|role|condition\ncourse-delivery|dresden|provider|\n"
				 "course|dresden|advice|age=12..26\nwork|meissen|lead|\n"
				 "integration-coordination|dresden|lead|\n"),
		IQ_OK);
	assert_non_null(guard_of("empty"));
	assert_int_equal(plan->deletes, 4);
}

static void put_work(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-work", "institution", "lra", "task", "work",
		"region", "dresden", "role", "lead", NULL);
}

static void test_cell(void **state)
{
	const char *rest = "responsibility\ntask|region|role|condition\n"
			   "course-delivery|dresden|provider|\ncourse|dresden|advice|age=12..26\n"
			   "integration-coordination|dresden|lead|\n";

	(void)state;
	more(put_work);
	assert_int_equal(make_plan(EDITH, "", rest), IQ_OK);
	assert_int_equal(plan->n_guards, 1);
	assert_non_null(guard_of("cell"));
	assert_string_equal(guard_of("cell")->task, "work");
	assert_string_equal(guard_of("cell")->region, "meissen");
	assert_string_equal(guard_of("cell")->status, "");
	assert_string_equal(guard_of("cell")->responsibility, "vhs-meissen");
	assert_string_equal(guard_of("cell")->args[2], "Volkshochschule");
	assert_int_equal(plan->deletes, 1);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_GUARD);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-meissen", "role"), "lead");
	/* by a change as well */
	delta = true;
	assert_int_equal(
		make_plan(EDITH, "", "responsibility\nid|role\nvhs-meissen|support\n"), IQ_OK);
	assert_string_equal(act_of("vhs-meissen"), "change");
	assert_non_null(guard_of("cell"));
	assert_int_equal(plan->deletes, 1);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_GUARD);
	assert_int_equal(apply(EDITH, 1), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-meissen", "role"), "support");
}

static void test_cell_for_some(void **state)
{
	(void)state;
	more(put_work);
	delta = true;
	/* it stays responsible for the others */
	assert_int_equal(
		make_plan(EDITH, "", "responsibility\nid|statuses\nvhs-meissen|eu\n"), IQ_OK);
	assert_non_null(guard_of("cell"));
	assert_string_equal(guard_of("cell")->status, "asylum-seeker");
	assert_string_equal(guard_of("cell")->args[3], "Aufenthaltsgestattung");
}

/* ---- a second person ------------------------------------------------------------------------ */

static enum iq_err approve(uint8_t who, uint64_t id)
{
	Iq__V1__ApproveRequest in = IQ__V1__APPROVE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.id = id;
	in.verb = IQ__V1__APPROVE_VERB__APPROVE_YES;
	in.request_id = request_id(true);
	msg.op_case = IQ__V1__REQUEST__OP_APPROVE;
	msg.approve = &in;
	return request(who, &msg);
}

static uint64_t approval_of(void)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&job->arena);
	const Iq__V1__SyncApplyResponse *r = iq__v1__sync_apply_response__unpack(
		&allocator, job->job.answer.n, job->job.answer.p);

	assert_non_null(r);
	return r->approval;
}

static void test_second(void **state)
{
	uint64_t number;

	(void)state;
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function\nMax Muster|Service\n"), IQ_OK);
	assert_true(plan->second);
	assert_int_equal(plan->deletes, 3);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_GUARD);
	assert_int_equal(apply(EDITH, 3), IQ_OK);
	number = approval_of();
	assert_int_not_equal(number, 0);
	assert_non_null(cell(IQ_CONTACT, "c-inside", "name"));
	assert_int_equal(apply(EDITH, 3), IQ_ERR_CONFLICT); /* it waits already */
	assert_int_equal(approve(EDITH, number), IQ_ERR_DENIED);
	assert_int_equal(approve(LARS, number), IQ_ERR_NOT_FOUND);
	assert_int_equal(approve(EMIL, number), IQ_OK);
	assert_null(cell(IQ_CONTACT, "c-inside", "name"));
	assert_non_null(cell(IQ_CONTACT, "c-public", "name"));
	assert_int_equal(apply(EDITH, 3), IQ_ERR_CONFLICT);
}

static void test_second_too_late(void **state)
{
	uint64_t number;

	(void)state;
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function\nMax Muster|Service\n"), IQ_OK);
	assert_int_equal(apply(EDITH, 3), IQ_OK);
	number = approval_of();
	assert_int_equal(change(ROOT, "contact", "c-inside", "phone", "1"), IQ_OK);
	assert_int_equal(approve(EMIL, number), IQ_ERR_CONFLICT);
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "phone"), "1");
	/* decided, and shown again: then it may be agreed to */
	assert_int_equal(resolve(EDITH, "", "", "mine"), IQ_OK);
	assert_int_equal(approve(EMIL, number), IQ_OK);
	assert_null(cell(IQ_CONTACT, "c-inside", "phone"));
}

/* Whoever asked cannot put others in the place of those that were agreed to. */
static void test_second_for_others(void **state)
{
	uint64_t number;

	(void)state;
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function\nMax Muster|Service\n"), IQ_OK);
	assert_int_equal(apply(EDITH, 3), IQ_OK);
	number = approval_of();
	/* now the row is somebody else, and as many others are missing */
	assert_int_equal(change(ROOT, "contact", "c-public", "name", "Moritz Beispiel"), IQ_OK);
	assert_int_equal(change(ROOT, "contact", "c-inside", "name", "Max Muster"), IQ_OK);
	assert_int_equal(change(ROOT, "contact", "c-inside", "function", "Service"), IQ_OK);
	assert_int_equal(status_of(EDITH), IQ_OK);
	assert_string_equal(act_of("c-inside"), "none");
	assert_int_equal(resolve(EDITH, "", "", "mine"), IQ_OK);
	assert_int_equal(approve(EMIL, number), IQ_ERR_CONFLICT);
	assert_non_null(cell(IQ_CONTACT, "c-public", "name"));
}

/* ---- files ---------------------------------------------------------------------------------- */

static size_t files(void)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/plans/%s", fx.dir, plan_id);
	if (plan_id[0] == '\0' || stat(path, &st) != 0)
		return 0;
	assert_int_equal(st.st_mode & 0777, 0600);
	return 1;
}

static void test_files(void **state)
{
	char first[64];

	(void)state;
	delta = true;
	assert_int_equal(make_plan(EDITH, "", "contact\nname|phone\nRosa Neumann|1\n"), IQ_OK);
	assert_int_equal(files(), 1);
	snprintf(first, sizeof(first), "%s", plan_id);
	/* names do not stay behind */
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(files(), 0);
	for (unsigned i = 0; i < IQ_LIMIT_PLANS + 1; i++) {
		assert_int_equal(
			make_plan(EDITH, "", "contact\nname|phone\nRosa Neumann|2\n"), IQ_OK);
		if (i == 0)
			snprintf(first, sizeof(first), "%s", plan_id);
	}
	assert_int_equal(files(), 1);
	iq_plan_remove_all(fx.dir);
	assert_int_equal(files(), 0);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_NOT_FOUND);
	snprintf(plan_id, sizeof(plan_id), "%s", first);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_NOT_FOUND);
}

static void put_workshop(struct iq_wtxn *w)
{
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "ws", "region", "sn", "name_de", "Runde", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "ws-vhs", "workshop", "ws", "institution", "vhs",
		"representative", "c-inside", "deputy", "c-partners", "accepted_from", "2026-01-01",
		NULL);
}

static void test_representative(void **state)
{
	(void)state;
	more(put_workshop);
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function\nMax Muster|Service\nOtto Muster|\n"),
		IQ_OK);
	assert_string_equal(act_of("c-partners"), "archive");
	assert_string_equal(act_of("c-inside"), "none");
	assert_int_equal(plan->n_notes, 1);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_non_null(cell(IQ_CONTACT, "c-inside", "name"));
	/* and is told of the next time as well */
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function\nMax Muster|Kasse\nOtto Muster|\n"),
		IQ_OK);
	assert_int_equal(plan->n_notes, 1);
}

/* ---- parts ---------------------------------------------------------------------------------- */

static void test_long_answer(void **state)
{
	enum { ROWS = 4000 };
	char *text = malloc(ROWS * 64 + 64);
	size_t at = 0, lines = 0;
	struct iq_buf out;

	(void)state;
	delta = true;
	at += (size_t)sprintf(text, "contact\nname|function\n");
	for (unsigned i = 0; i < ROWS; i++)
		at += (size_t)sprintf(text + at, "Person %u|Stelle mit langem Namen\n", i);
	send_list(text);
	free(text);
	Iq__V1__SyncPlanRequest in = IQ__V1__SYNC_PLAN_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.delta = true;
	msg.op_case = IQ__V1__REQUEST__OP_SYNC_PLAN;
	msg.sync_plan = &in;
	assert_int_equal(request(EDITH, &msg), IQ_OK);
	assert_true(job->nparts > 1);
	for (size_t i = 0, from = 0; i <= job->nparts; i++) {
		size_t to = i < job->nparts ? job->parts[i] : job->job.answer.n;

		take_plan((struct iq_str){(const char *)job->job.answer.p + from, to - from});
		lines += plan->n_lines;
		assert_int_equal(plan->n_counts > 0, i == job->nparts);
		from = to;
	}
	assert_int_equal(lines, ROWS);
	/* what is sent last begins behind what was sent */
	iq_buf_init(&out, 0);
	iq_op_job_answer(iq_op_find(IQ__V1__REQUEST__OP_SYNC_PLAN), job, 7, &out);
	assert_int_equal(out.n, job->job.answer.n - job->parts[job->nparts - 1]);
	iq_buf_free(&out);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(job->nparts, 0);
}

/* ---- random lists --------------------------------------------------------------------------- */

enum { KEYS = 24, GONE = 0, STEPS = 60, SEEDS = 12 };

/* Telephone numbers by key; GONE: nobody. `then`: at the last push. */
struct model {
	uint64_t seed;
	unsigned list[KEYS], server[KEYS], list_then[KEYS], server_then[KEYS];
	bool ever[KEYS], synced;
	unsigned next, pushes, conflicts;
};

static unsigned rnd(struct model *m, unsigned n)
{
	m->seed = m->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(m->seed >> 33) % n;
}

/* What becomes of one key when the list is pushed; *open: both changed it. */
static unsigned merged(const struct model *m, unsigned k, bool *open)
{
	unsigned list = m->list[k], now = m->server[k], then = m->server_then[k],
		 said = m->list_then[k];

	*open = false;
	if (list == now || !m->synced)
		return list;
	if (list == said) /* the list has not changed its mind */
		return now;
	/* changed by both; or changed where it was not taken the last time */
	*open = now != then || (list != GONE && said != GONE && said != then);
	return list;
}

static bool put_newcomer(unsigned k, unsigned number)
{
	char id[16], key[16], phone[16], name[16];
	const struct iq_change c = {.operation = IQ_STR("test"), .time_us = iq_now_us()};
	struct iq_wtxn *w;

	snprintf(id, sizeof(id), "c-other-%u", k);
	snprintf(key, sizeof(key), "K%u", k);
	snprintf(phone, sizeof(phone), "%u", number);
	snprintf(name, sizeof(name), "Person %c", 'A' + (int)k);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	fx_put(w, IQ_CONTACT, "id", id, "institution", "lra-abh", "name", name, "external_id", key,
		"phone", phone, "visibility", "public", NULL);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
	return true;
}

/* The contact of this key; NULL: nobody. Static. */
static const char *id_of(unsigned k)
{
	static char id[128];
	struct iq_txn *t = iq_rtxn_txn(fx.rtxn);
	char key[16];

	id[0] = '\0';
	snprintf(key, sizeof(key), "K%u", k);
	for (iq_num n = 1; n < iq_rtxn_state(fx.rtxn)->next[IQ_CONTACT]; n++) {
		struct iq_rec rec = {.kind = IQ_CONTACT};

		if (!iq_rec_get(t, IQ_CONTACT, n, &fx.arena, &rec) ||
			!iq_str_is(iq_rec_text(&rec, IQ_CONTACT_INSTITUTION), "lra-abh") ||
			!iq_str_is(iq_rec_text(&rec, IQ_CONTACT_EXTERNAL_ID), key))
			continue;
		assert_string_equal(id, ""); /* only one */
		snprintf(id, sizeof(id), "%.*s", IQ_STR_ARG(iq_rec_text(&rec, IQ_COL_ID)));
	}
	return id[0] ? id : NULL;
}

static void check_model(const struct model *m)
{
	fx_renew();
	for (unsigned k = 0; k < KEYS; k++) {
		const char *id = id_of(k);
		char phone[16];

		snprintf(phone, sizeof(phone), "%u", m->server[k]);
		if (m->server[k] == GONE)
			assert_null(id);
		else
			assert_non_null(id);
		if (id != NULL)
			assert_string_equal(cell(IQ_CONTACT, id, "phone"), phone);
	}
	/* of others, whatever their keys and names are */
	assert_string_equal(cell(IQ_CONTACT, "c-far", "phone"), "untouched");
	assert_string_equal(cell(IQ_CONTACT, "c-public", "phone"), "030 23125 101");
}

static size_t write_list(const struct model *m, char *text, size_t cap)
{
	size_t at = (size_t)snprintf(text, cap, "contact\nexternal_id|name|phone\n"), n = 0;

	for (unsigned k = 0; k < KEYS; k++) {
		if (m->list[k] == GONE)
			continue;
		at += (size_t)snprintf(
			text + at, cap - at, "K%u|Person %c|%u\n", k, 'A' + (int)k, m->list[k]);
		n++;
	}
	return n;
}

static void push(struct model *m)
{
	char text[4096];
	bool theirs = rnd(m, 2);
	unsigned after[KEYS], opened = 0;

	for (unsigned k = 0; k < KEYS; k++) {
		bool open;

		after[k] = merged(m, k, &open);
		if (open && theirs)
			after[k] = m->server[k];
		opened += open;
	}
	if (write_list(m, text, sizeof(text)) == 0)
		return;
	assert_int_equal(make_plan(LARS, "lra-abh", text), IQ_OK);
	if (plan->open_conflicts != opened) {
		for (unsigned k = 0; k < KEYS; k++)
			print_error("K%u list %u (%u) server %u (%u)\n", k, m->list[k],
				m->list_then[k], m->server[k], m->server_then[k]);
		for (size_t i = 0; i < plan->n_lines; i++)
			print_error("%s %s %s %zu\n", plan->lines[i]->act, plan->lines[i]->id,
				plan->lines[i]->name, plan->lines[i]->n_conflicts);
	}
	assert_int_equal(plan->open_conflicts, opened);
	if (plan_id[0] == '\0')
		return; /* nothing to do: what it is compared with stays */
	if (opened > 0) {
		assert_int_equal(apply(LARS, 0), IQ_ERR_CONFLICT);
		assert_int_equal(resolve(LARS, "", "", theirs ? "theirs" : "mine"), IQ_OK);
		m->conflicts++;
	}
	if (plan->second || plan_id[0] == '\0')
		return;
	assert_int_equal(apply(LARS, plan->deletes), IQ_OK);
	memcpy(m->server, after, sizeof(after));
	memcpy(m->server_then, after, sizeof(after));
	memcpy(m->list_then, m->list, sizeof(m->list));
	for (unsigned k = 0; k < KEYS; k++)
		m->ever[k] = m->ever[k] || after[k] != GONE;
	m->synced = true;
	m->pushes++;
}

static void others(struct model *m, unsigned k)
{
	char phone[16], id[128];

	if (m->server[k] == GONE) {
		if (!m->ever[k])
			m->ever[k] = put_newcomer(k, m->server[k] = ++m->next);
		return;
	}
	m->server[k] = ++m->next;
	snprintf(phone, sizeof(phone), "%u", m->next);
	snprintf(id, sizeof(id), "%s", id_of(k));
	assert_int_equal(change(ROOT, "contact", id, "phone", phone), IQ_OK);
}

static void put_far(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-far", "institution", "lra", "name", "Person A", "phone",
		"untouched", "external_id", "K0", "visibility", "public", NULL);
}

static void random_run(uint64_t seed, struct model *total)
{
	struct model m = {.seed = seed, .next = 100};

	for (unsigned step = 0; step < STEPS; step++) {
		unsigned k = rnd(&m, KEYS);

		switch (rnd(&m, 8)) {
		case 0:
		case 1:
		case 2:
		case 3:
			m.list[k] = m.list[k] == GONE || rnd(&m, 4) ? ++m.next : GONE;
			break;
		case 4:
		case 5:
			others(&m, k);
			break;
		default:
			push(&m);
			check_model(&m);
			break;
		}
	}
	total->pushes += m.pushes;
	total->conflicts += m.conflicts;
}

static void test_random(void **state)
{
	struct model total = {.seed = 0};

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		more(put_far);
		random_run(seed, &total);
		assert_int_equal(end(state), 0);
		assert_int_equal(start(state), 0);
	}
	/* it was about something */
	assert_true(total.pushes > 5 * SEEDS);
	assert_true(total.conflicts > SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_deletes, start, end),
		cmocka_unit_test_setup_teardown(test_scope, start, end),
		cmocka_unit_test_setup_teardown(test_half_and_empty, start, end),
		cmocka_unit_test_setup_teardown(test_cell, start, end),
		cmocka_unit_test_setup_teardown(test_cell_for_some, start, end),
		cmocka_unit_test_setup_teardown(test_second, start, end),
		cmocka_unit_test_setup_teardown(test_second_too_late, start, end),
		cmocka_unit_test_setup_teardown(test_second_for_others, start, end),
		cmocka_unit_test_setup_teardown(test_files, start, end),
		cmocka_unit_test_setup_teardown(test_representative, start, end),
		cmocka_unit_test_setup_teardown(test_long_answer, start, end),
		cmocka_unit_test_setup_teardown(test_random, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
