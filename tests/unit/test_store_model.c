/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store against a naive model: random puts, removals, merges, bulks and aborted transactions;
 * after them every record in every revision, every reference and every index must agree.
 */

#include "store_help.h"

#include "codec.h"

enum { IDS = 12, REVISIONS = 160, NAME = 24 };

/* What the model knows of a moment: the text of each record, or NULL. */
struct moment {
	const char *text[IQ_KINDS][IDS];
};

struct model {
	struct fixture f;
	struct moment at[REVISIONS + 1];
	uint64_t revision;
	iq_num num[IQ_KINDS][IDS];
	bool merged[IQ_KINDS][IDS];
	uint32_t seed;
};

static uint32_t next_random(struct model *m, uint32_t n)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return (m->seed >> 8) % n;
}

static const char *name_of(enum iq_kind kind, unsigned i, char out[NAME])
{
	snprintf(out, NAME, "%.4s-%u", iq_schemas[kind].name, i);
	return out;
}

/* A random living record of a kind; IDS if there is none. */
static unsigned some(struct model *m, const struct moment *now, enum iq_kind kind)
{
	unsigned start = next_random(m, IDS);

	for (unsigned i = 0; i < IDS; i++)
		if (now->text[kind][(start + i) % IDS] != NULL)
			return (start + i) % IDS;
	return IDS;
}

static void set(struct model *m, struct iq_rec *rec, int col, const char *value)
{
	struct iq_problem p;

	assert_int_equal(iq_rec_read_cell(rec, col, iq_arena_dup(&m->f.arena, iq_str(value)),
				 &m->f.arena, &p),
		IQ_OK);
}

static bool set_ref(
	struct model *m, const struct moment *now, struct iq_rec *rec, int col, enum iq_kind target)
{
	char name[NAME];
	unsigned i = some(m, now, target);

	if (i == IDS)
		return false;
	set(m, rec, col, name_of(target, i, name));
	return true;
}

/* False: what it must refer to is not there. */
static bool random_record(struct model *m, const struct moment *now, enum iq_kind kind, unsigned i,
	struct iq_rec *rec)
{
	char text[64], name[NAME];
	bool ok = true;

	*rec = (struct iq_rec){.kind = kind};
	set(m, rec, IQ_COL_ID, name_of(kind, i, name));
	snprintf(text, sizeof(text), "Name %u", next_random(m, 6));
	if (kind == IQ_REGION || kind == IQ_TASK || kind == IQ_STATUS) {
		set(m, rec, kind == IQ_REGION ? (int)IQ_REGION_NAME_DE : (int)IQ_TASK_NAME_DE,
			text);
		/* below an older one, so that there are no circles; the first is the root */
		if (i > 0 && now->text[kind][0] != NULL)
			set(m, rec, IQ_TASK_PARENT, name_of(kind, 0, name));
		else if (i > 0)
			ok = false;
	} else if (kind == IQ_INSTITUTION) {
		set(m, rec, IQ_INSTITUTION_NAME_DE, text);
		ok = set_ref(m, now, rec, IQ_INSTITUTION_REGION, IQ_REGION);
	} else if (kind == IQ_CONTACT) {
		set(m, rec, IQ_CONTACT_NAME, "Max Muster");
		set(m, rec, IQ_CONTACT_VISIBILITY, "public");
		ok = set_ref(m, now, rec, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION);
	} else if (kind == IQ_RESPONSIBILITY) {
		ok = set_ref(m, now, rec, IQ_RESP_INSTITUTION, IQ_INSTITUTION) &&
		     set_ref(m, now, rec, IQ_RESP_TASK, IQ_TASK) &&
		     set_ref(m, now, rec, IQ_RESP_REGION, IQ_REGION);
		(void)(next_random(m, 2) && set_ref(m, now, rec, IQ_RESP_STATUSES, IQ_STATUS));
		(void)(next_random(m, 2) && set_ref(m, now, rec, IQ_RESP_CONTACTS, IQ_CONTACT));
		set(m, rec, IQ_RESP_ROLE, iq_role_names[next_random(m, IQ_ROLES)]);
		set(m, rec, IQ_RESP_VALID_FROM, next_random(m, 2) ? "2026-01-01" : "");
	} else {
		set(m, rec, IQ_NOTICE_EFFECT, "info");
		set(m, rec, IQ_NOTICE_TEXT_DE, text);
		(void)set_ref(m, now, rec, IQ_NOTICE_TASK, IQ_TASK);
	}
	return ok;
}

static const enum iq_kind kinds[] = {
	IQ_REGION, IQ_TASK, IQ_STATUS, IQ_INSTITUTION, IQ_CONTACT, IQ_RESPONSIBILITY, IQ_NOTICE};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static bool count_ref(void *arg, enum iq_kind from, iq_num num)
{
	(void)from;
	(void)num;
	++*(unsigned *)arg;
	return true;
}

/* References by reading every text: "|<id>|", "|<id>;" … */
static unsigned model_refs(struct model *m, const struct moment *now, enum iq_kind kind, unsigned i)
{
	char name[NAME], needle[NAME + 2];
	unsigned n = 0;

	snprintf(needle, sizeof(needle), "|%s|", name_of(kind, i, name));
	for (unsigned k = 0; k < KINDS; k++)
		for (unsigned r = 0; r < IDS; r++) {
			const char *t = now->text[kinds[k]][r];

			if (t == NULL || (kinds[k] == kind && r == i))
				continue;
			n += strstr(t, needle) != NULL;
		}
	(void)m;
	return n;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void do_put(struct model *m, struct iq_wtxn *w, struct moment *now)
{
	enum iq_kind kind = kinds[next_random(m, KINDS)];
	unsigned i = next_random(m, IDS);
	struct iq_arena *a = &m->f.arena;
	struct iq_rec rec;
	char name[NAME];

	if (m->merged[kind][i] || !random_record(m, now, kind, i, &rec))
		return;
	iq_num num = iq_id_intern(w, kind, iq_str(name_of(kind, i, name)));

	assert_true(m->num[kind][i] == IQ_NONE || m->num[kind][i] == num);
	m->num[kind][i] = num;
	iq_rec_put(w, num, &rec, a);
	const char *text = rec_text(a, &rec);

	if (!same_text(now->text[kind][i], text))
		now->text[kind][i] = text;
}

static void do_remove(struct model *m, struct iq_wtxn *w, struct moment *now)
{
	enum iq_kind kind = kinds[next_random(m, KINDS)];
	unsigned i = some(m, now, kind), refs = 0;

	if (i == IDS)
		return;
	iq_each_ref(iq_wtxn_txn(w), kind, m->num[kind][i], count_ref, &refs);
	assert_int_equal(refs, model_refs(m, now, kind, i));
	if (refs)
		return;
	iq_rec_remove(w, kind, m->num[kind][i], &m->f.arena);
	now->text[kind][i] = NULL;
	/* Now and then the id is united with another one. */
	unsigned into = some(m, now, kind);
	char name[NAME];

	if (into != IDS && next_random(m, 6) == 0) {
		iq_id_redirect(w, kind, iq_str(name_of(kind, i, name)), m->num[kind][into]);
		m->merged[kind][i] = true;
	}
}

/* New records only, through a bulk: all institutions that are not there yet. */
static iq_num find_in(void *ctx, enum iq_kind kind, struct iq_str id)
{
	return iq_id_find(ctx, kind, id);
}

static void do_bulk(struct model *m, struct iq_wtxn *w, struct moment *now)
{
	struct iq_rec rec[IDS];
	unsigned which[IDS], n = 0;
	char name[NAME];

	for (unsigned i = 0; i < IDS; i++)
		if (m->num[IQ_INSTITUTION][i] == IQ_NONE && !m->merged[IQ_INSTITUTION][i] &&
			next_random(m, 4) == 0 && random_record(m, now, IQ_INSTITUTION, i, &rec[n]))
			which[n++] = i;
	iq_bulk_begin(w, find_in, iq_wtxn_txn(w));
	iq_num first = iq_num_reserve(w, IQ_INSTITUTION, n);

	for (unsigned i = 0; i < n; i++) {
		unsigned k = which[i];

		m->num[IQ_INSTITUTION][k] = first + i;
		iq_id_bind(w, IQ_INSTITUTION, iq_str(name_of(IQ_INSTITUTION, k, name)), first + i);
		iq_rec_put(w, first + i, &rec[i], &m->f.arena);
		now->text[IQ_INSTITUTION][k] = rec_text(&m->f.arena, &rec[i]);
	}
	iq_bulk_end(w);
}

static const char *image_text(struct model *m, const struct iq_image *image)
{
	struct iq_rec rec = {.kind = image->kind};

	assert_true(iq_codec_read(&rec, image->all, &m->f.arena));
	return rec_text(&m->f.arena, &rec);
}

static void compare_past(struct model *m, struct iq_txn *t, uint64_t revision)
{
	for (unsigned k = 0; k < KINDS; k++)
		for (unsigned i = 0; i < IDS; i++) {
			const char *expected = m->at[revision].text[kinds[k]][i];
			iq_num num = m->num[kinds[k]][i];
			struct iq_image image;
			bool there =
				num != IQ_NONE && iq_past_get(t, kinds[k], num, revision, &image);

			assert_true(there == (expected != NULL));
			if (there)
				assert_string_equal(image_text(m, &image), expected);
		}
}

static void change(struct model *m)
{
	struct moment now = m->at[m->revision];
	struct iq_change c = {.principal = IQ_STR("max"), .operation = IQ_STR("test")};
	bool had_merged[IQ_KINDS][IDS];
	iq_num had_num[IQ_KINDS][IDS];
	struct iq_wtxn *w;

	memcpy(had_merged, m->merged, sizeof(had_merged));
	memcpy(had_num, m->num, sizeof(had_num));
	assert_int_equal(iq_wtxn_begin(m->f.store, &w), IQ_OK);
	c.time_us = (int64_t)m->revision;
	iq_change_begin(w, &c);
	if (next_random(m, 10) == 0)
		do_bulk(m, w, &now);
	for (unsigned n = 1 + next_random(m, 5); n-- > 0;) {
		if (next_random(m, 3) == 0)
			do_remove(m, w, &now);
		else
			do_put(m, w, &now);
	}
	iq_change_end(w);
	if (next_random(m, 8) == 0) {
		memcpy(m->merged, had_merged, sizeof(had_merged));
		memcpy(m->num, had_num, sizeof(had_num));
		iq_wtxn_abort(w);
		return;
	}
	uint64_t revision = iq_wtxn_state(w)->revision;

	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_true(revision == m->revision || revision == m->revision + 1);
	if (revision == m->revision)
		assert_memory_equal(&now, &m->at[revision], sizeof(now));
	m->revision = revision;
	m->at[revision] = now;
}

/* What differs between two moments must be in the log of the revision. */
struct touches {
	struct model *m;
	bool at[IQ_KINDS][IDS];
};

static bool on_touch(void *arg, enum iq_kind kind, iq_num num)
{
	struct touches *t = arg;

	for (unsigned i = 0; i < IDS; i++)
		if (t->m->num[kind][i] == num) {
			assert_false(t->at[kind][i]); /* each once */
			t->at[kind][i] = true;
		}
	return true;
}

static void compare_log(struct model *m, struct iq_txn *t, uint64_t revision)
{
	struct touches x = {.m = m};
	struct iq_log_entry e;

	assert_true(iq_log_get(t, revision, &e, on_touch, &x));
	assert_true(iq_str_is(e.principal, "max"));
	assert_int_equal(e.time_us, revision - 1);
	for (unsigned k = 0; k < KINDS; k++)
		for (unsigned i = 0; i < IDS; i++)
			if (!same_text(m->at[revision - 1].text[kinds[k]][i],
				    m->at[revision].text[kinds[k]][i]))
				assert_true(x.at[kinds[k]][i]);
}

static void run_model(uint32_t seed)
{
	struct model *m = calloc(1, sizeof(*m));
	struct iq_rtxn *r;

	assert_non_null(m);
	m->seed = seed;
	fixture_new(&m->f, 64 << 20);
	while (m->revision < REVISIONS)
		change(m);
	assert_clean(m->f.store);
	iq_store_close(m->f.store);
	fixture_open(&m->f, false, 64 << 20);
	assert_int_equal(iq_rtxn_new(m->f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	assert_int_equal(iq_rtxn_state(r)->revision, m->revision);
	for (uint64_t revision = 0; revision <= m->revision; revision++)
		compare_past(m, iq_rtxn_txn(r), revision);
	for (uint64_t revision = 1; revision <= m->revision; revision++)
		compare_log(m, iq_rtxn_txn(r), revision);
	assert_int_equal(iq_txn_error(iq_rtxn_txn(r), NULL), IQ_OK);
	iq_rtxn_free(r);
	fixture_free(&m->f);
	free(m);
}

static void test_model(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 4; seed++)
		run_model(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
