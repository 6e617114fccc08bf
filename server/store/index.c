/* SPDX-License-Identifier: Apache-2.0 */
/* The index keys that follow from a record. */

#include <stdlib.h>

#include "bounds.h"
#include "date.h"
#include "store_priv.h"

struct maker {
	struct iq_txn *t;
	const struct iq_rec *rec;
	iq_num num;
	struct iq_arena *arena;
	iq_index_fn fn;
	void *arg;
	int column; /* that does not resolve; -1: all do */
};

static iq_num resolve(struct maker *m, enum iq_kind kind, struct iq_str id, int column)
{
	iq_num num = IQ_NONE;

	if (m->t->w == NULL || !iq_bulk_resolve(m->t->w, kind, id, &num))
		num = iq_id_find(m->t, kind, id);
	if (num == IQ_NONE && m->column < 0)
		m->column = column;
	return num;
}

static void emit_ref(struct maker *m, enum iq_kind target, iq_num to)
{
	struct iq_kb k = iq_key_num(target, to);

	iq_kb_u8(&k, m->rec->kind);
	iq_kb_u32(&k, m->num);
	m->fn(m->arg, IQ_TAB_REF, iq_kb_key(&k), (struct iq_str){"", 0});
}

/* The facts a condition or an implication mentions: what stands before each operator. */
static void emit_facts(struct maker *m, int col)
{
	struct iq_str rest = iq_rec_text(m->rec, col), clause;

	if (rest.n == 0)
		return;
	while (iq_str_cut(&rest, ';', &clause)) {
		size_t n = 0;

		while (n < clause.n && strchr("=!<>", clause.p[n]) == NULL)
			n++;
		if (n == 0)
			continue;
		iq_num to = resolve(m, IQ_FACT, (struct iq_str){clause.p, n}, col);

		if (to != IQ_NONE)
			emit_ref(m, IQ_FACT, to);
	}
}

/* Columns that the cell table holds instead of the ref table. */
static bool in_cell(enum iq_kind kind, int col)
{
	return kind == IQ_RESPONSIBILITY &&
	       (col == IQ_RESP_TASK || col == IQ_RESP_REGION || col == IQ_RESP_STATUSES);
}

static void emit_refs(struct maker *m)
{
	const struct iq_schema *schema = &iq_schemas[m->rec->kind];

	for (int c = 0; c < (int)schema->ncolumns; c++) {
		const struct iq_column *column = &schema->columns[c];
		const struct iq_value *value = &m->rec->col[c];

		if (value->n == 0)
			continue;
		if (column->type == IQ_TYPE_CONDITION || column->type == IQ_TYPE_IMPLIES)
			emit_facts(m, c);
		if ((column->type != IQ_TYPE_REF && column->type != IQ_TYPE_REFS) ||
			in_cell(m->rec->kind, c))
			continue;
		for (uint32_t i = 0; i < value->n; i++) {
			iq_num to = resolve(m, column->target, value->v[i], c);

			if (to != IQ_NONE)
				emit_ref(m, column->target, to);
		}
	}
}

static int32_t day(struct iq_str s, int32_t open)
{
	int32_t days = open;

	if (s.n)
		(void)iq_date_parse(s, &days);
	return days;
}

static void emit_cell(struct maker *m)
{
	const struct iq_rec *r = m->rec;
	const struct iq_value *statuses = &r->col[IQ_RESP_STATUSES];
	const struct iq_value *contacts = &r->col[IQ_RESP_CONTACTS];
	struct iq_str condition = iq_rec_text(r, IQ_RESP_CONDITION);
	char v[IQ_CELL_FIXED + 6 * IQ_LIMIT_SET + IQ_LIMIT_CELL], *p = v;
	struct iq_kb k = {.n = 0};
	int role = iq_choice(iq_role_names, iq_rec_text(r, IQ_RESP_ROLE));
	int32_t from = day(iq_rec_text(r, IQ_RESP_VALID_FROM), IQ_DATE_MIN);
	int32_t to = day(iq_rec_text(r, IQ_RESP_VALID_TO), IQ_DATE_MAX);
	uint16_t nstatuses = (uint16_t)statuses->n, ncondition = (uint16_t)condition.n;
	uint16_t ncontacts = (uint16_t)contacts->n;

	if (role < 0)
		m->column = IQ_RESP_ROLE;
	if (statuses->n > IQ_LIMIT_SET)
		m->column = IQ_RESP_STATUSES;
	if (contacts->n > IQ_LIMIT_SET)
		m->column = IQ_RESP_CONTACTS;
	if (condition.n > IQ_LIMIT_CELL)
		m->column = IQ_RESP_CONDITION;
	iq_num institution = resolve(
		m, IQ_INSTITUTION, iq_rec_text(r, IQ_RESP_INSTITUTION), IQ_RESP_INSTITUTION);

	iq_kb_u32(&k, resolve(m, IQ_TASK, iq_rec_text(r, IQ_RESP_TASK), IQ_RESP_TASK));
	iq_kb_u32(&k, resolve(m, IQ_REGION, iq_rec_text(r, IQ_RESP_REGION), IQ_RESP_REGION));
	iq_kb_u32(&k, m->num);
	if (m->column >= 0)
		return;
	memcpy(p, &institution, 4);
	memcpy(p + 4, &from, 4);
	memcpy(p + 8, &to, 4);
	p[12] = (char)role;
	memcpy(p + 13, &nstatuses, 2);
	memcpy(p + 15, &ncontacts, 2);
	memcpy(p + 17, &ncondition, 2);
	p += IQ_CELL_FIXED;
	for (uint32_t i = 0; i < statuses->n; i++, p += 2) {
		uint16_t s = (uint16_t)resolve(m, IQ_STATUS, statuses->v[i], IQ_RESP_STATUSES);

		memcpy(p, &s, 2);
	}
	for (uint32_t i = 0; i < contacts->n; i++, p += 4) {
		iq_num contact = resolve(m, IQ_CONTACT, contacts->v[i], IQ_RESP_CONTACTS);

		memcpy(p, &contact, 4);
	}
	if (condition.n)
		memcpy(p, condition.p, condition.n);
	if (m->column < 0)
		m->fn(m->arg, IQ_TAB_CELL, iq_kb_key(&k),
			(struct iq_str){v, (size_t)(p - v) + condition.n});
}

bool iq_cell_parse(struct iq_str key, struct iq_str value, struct iq_entry *out)
{
	const char *p = value.p;

	if (key.n != IQ_CELL_KEY || value.n < IQ_CELL_FIXED || (uint8_t)p[12] >= IQ_ROLES)
		return false;
	size_t nstatuses = iq_le16(p + 13), ncontacts = iq_le16(p + 15),
	       ncondition = iq_le16(p + 17);

	if (value.n != IQ_CELL_FIXED + 2 * nstatuses + 4 * ncontacts + ncondition)
		return false;
	out->task = iq_be32(key.p);
	out->region = iq_be32(key.p + 4);
	out->num = iq_be32(key.p + 8);
	out->institution = iq_le32(p);
	out->from = (int32_t)iq_le32(p + 4);
	out->to = (int32_t)iq_le32(p + 8);
	out->role = (enum iq_role)p[12];
	out->nstatuses = (uint32_t)nstatuses;
	out->statuses = (const uint8_t *)p + IQ_CELL_FIXED;
	out->ncontacts = (uint32_t)ncontacts;
	out->contacts = out->statuses + 2 * nstatuses;
	out->condition = (struct iq_str){(const char *)out->contacts + 4 * ncontacts, ncondition};
	return true;
}

static void emit_names(struct maker *m)
{
	enum iq_kind kind = m->rec->kind;
	iq_num num = m->num;
	struct iq_key *keys;
	size_t n;

	switch (kind) {
	case IQ_RESPONSIBILITY:
	case IQ_NOTICE:
	case IQ_HANDOVER:
	case IQ_MEMBERSHIP:
	case IQ_PROPOSAL:
	case IQ_BALLOT:
	case IQ_COMMITMENT:
	case IQ_KINDS:
		return;
	case IQ_POSTCODE: /* found as its region */
		kind = IQ_REGION;
		num = resolve(
			m, IQ_REGION, iq_rec_text(m->rec, IQ_POSTCODE_REGION), IQ_POSTCODE_REGION);
		break;
	case IQ_REGION:
	case IQ_TASK:
	case IQ_STATUS:
	case IQ_FACT:
	case IQ_KIND:
	case IQ_INSTITUTION:
	case IQ_CONTACT:
	case IQ_WORKSHOP_RECORD:
	case IQ_TOPIC:
	case IQ_MEETING:
		break;
	}
	keys = iq_arena_alloc(m->arena, IQ_KEYS_MAX * sizeof(*keys));
	if (keys == NULL)
		return; /* the arena says so */
	n = iq_term_keys(m->rec, num, m->arena, keys);
	for (size_t i = 0; i < n; i++) {
		struct iq_kb k = {.n = 0};

		iq_kb_u8(&k, kind);
		iq_kb_u8(&k, keys[i].stage);
		iq_kb_str(&k, keys[i].key, IQ_NAME_KEY_MAX - 5);
		iq_kb_u8(&k, 0);
		iq_kb_u32(&k, num);
		m->fn(m->arg, IQ_TAB_NAME, iq_kb_key(&k), (struct iq_str){"", 0});
	}
}

bool iq_index_each(struct iq_txn *t, const struct iq_rec *rec, iq_num num, struct iq_arena *arena,
	iq_index_fn fn, void *arg, int *column)
{
	struct maker m = {t, rec, num, arena, fn, arg, -1};

	if (rec->kind == IQ_RESPONSIBILITY)
		emit_cell(&m);
	emit_refs(&m);
	emit_names(&m);
	if (arena->failed)
		iq_txn_refuse(t, IQ_ERR_BUSY, "no memory for index keys");
	*column = m.column;
	return m.column < 0 && t->err == IQ_OK;
}

/* ---- as a list ---------------------------------------------------------------------------- */

static void list_add(void *arg, enum iq_tab tab, struct iq_str key, struct iq_str value)
{
	struct iq_ikeys *l = arg;

	if (l->failed)
		return;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct iq_ikey *k =
			iq_arena_grow(l->arena, l->k, l->cap * sizeof(*k), cap * sizeof(*k));

		l->failed = k == NULL;
		if (l->failed)
			return;
		l->k = k;
		l->cap = cap;
	}
	l->k[l->n] =
		(struct iq_ikey){tab, iq_arena_dup(l->arena, key), iq_arena_dup(l->arena, value)};
	l->failed = l->k[l->n].key.p == NULL || l->k[l->n].value.p == NULL;
	l->n++;
}

int iq_ikey_cmp(const struct iq_ikey *a, const struct iq_ikey *b)
{
	return a->tab != b->tab ? (a->tab > b->tab) - (a->tab < b->tab)
				: iq_str_cmp(a->key, b->key);
}

static int cmp(const void *a, const void *b)
{
	return iq_ikey_cmp(a, b);
}

bool iq_index_list(struct iq_txn *t, const struct iq_rec *rec, iq_num num, struct iq_arena *arena,
	struct iq_ikeys *out, int *column)
{
	size_t n = 0;
	bool ok;

	*out = (struct iq_ikeys){.arena = arena};
	ok = iq_index_each(t, rec, num, arena, list_add, out, column);
	if (out->failed) {
		iq_txn_refuse(t, IQ_ERR_BUSY, "no memory for index keys");
		return false;
	}
	if (out->n > 1)
		qsort(out->k, out->n, sizeof(*out->k), cmp);
	for (size_t i = 0; i < out->n; i++)
		if (n == 0 || iq_ikey_cmp(&out->k[n - 1], &out->k[i]) != 0)
			out->k[n++] = out->k[i];
	out->n = n;
	return ok;
}
