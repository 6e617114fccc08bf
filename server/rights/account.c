/* SPDX-License-Identifier: Apache-2.0 */
/* Principals with their grants. */
#include <stdlib.h>

#include "rights_priv.h"

enum {
	ACCOUNT_ID = 1,
	ACCOUNT_NAME,
	ACCOUNT_INSTITUTION,
	ACCOUNT_GRANT,
	ACCOUNT_CONTACT,
	ACCOUNT_ISSUER,
	ACCOUNT_SUBJECT,
	ACCOUNT_CREATED_BY,
	ACCOUNT_CREATED,
	ACCOUNT_ENDED,
	ACCOUNT_QUOTA
};
enum {
	GRANT_ROLE = 1,
	GRANT_INSTITUTION,
	GRANT_REGION,
	GRANT_FROM,
	GRANT_TO,
	GRANT_ID,
	GRANT_BY,
	GRANT_REASON,
	GRANT_APPROVED,
	GRANT_REVOKER,
	GRANT_MADE,
	GRANT_REVOKED
};
static void put_grant(struct iq_buf *b, const struct iq_grant_rec *r)
{
	const struct iq_grant *g = &r->grant;
	size_t mark = iq_wire_begin(b, ACCOUNT_GRANT);

	iq_wire_str(b, GRANT_ROLE, iq_str(iq_access_role_names[g->role]));
	iq_wire_uint(b, GRANT_INSTITUTION, g->institution);
	iq_wire_uint(b, GRANT_REGION, g->region);
	iq_wire_uint(b, GRANT_FROM, iq_auth_from_day(g->from));
	iq_wire_uint(b, GRANT_TO, iq_auth_from_day(g->to));
	iq_wire_uint(b, GRANT_ID, g->id);
	iq_wire_str(b, GRANT_BY, r->by);
	iq_wire_str(b, GRANT_REASON, r->reason);
	iq_wire_str(b, GRANT_APPROVED, r->approved_by);
	iq_wire_str(b, GRANT_REVOKER, r->revoked_by);
	iq_wire_uint(b, GRANT_MADE, (uint64_t)r->made_us);
	iq_wire_uint(b, GRANT_REVOKED, (uint64_t)r->revoked_us);
	iq_wire_end(b, mark);
}

static bool is_text(uint32_t field)
{
	return field == GRANT_ROLE || (field >= GRANT_BY && field <= GRANT_REVOKER);
}

/* False if damaged or the role is unknown: such a grant gives nothing. */
static bool read_grant(struct iq_str bytes, struct iq_arena *arena, struct iq_grant_rec *r)
{
	struct iq_grant *g = &r->grant;
	struct iq_wire_field f;
	bool bad = false;
	int role = -1;

	*r = (struct iq_grant_rec){.grant = {.from = INT32_MIN, .to = INT32_MIN}};
	while (iq_wire_next(&bytes, &f, &bad)) {
		/* A number cut short could turn a narrow scope into all. */
		if (f.type != (is_text(f.field) ? IQ_WIRE_LEN : IQ_WIRE_VARINT) ||
			(f.field <= GRANT_TO && f.value > UINT32_MAX))
			return false;
		switch (f.field) {
		case GRANT_ROLE:
			role = iq_choice(iq_access_role_names, f.bytes);
			break;
		case GRANT_INSTITUTION:
			g->institution = (iq_num)f.value;
			break;
		case GRANT_REGION:
			g->region = (iq_num)f.value;
			break;
		case GRANT_FROM:
			g->from = iq_auth_to_day(f.value);
			break;
		case GRANT_TO:
			g->to = iq_auth_to_day(f.value);
			break;
		case GRANT_ID:
			g->id = f.value;
			break;
		case GRANT_BY:
			r->by = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_REASON:
			r->reason = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_APPROVED:
			r->approved_by = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_REVOKER:
			r->revoked_by = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_MADE:
			r->made_us = (int64_t)f.value;
			break;
		case GRANT_REVOKED:
			r->revoked_us = (int64_t)f.value;
			break;
		default: /* a scope this version does not know would be narrower */
			return false;
		}
	}
	if (bad || role < 0)
		return false;
	g->role = (enum iq_access_role)role;
	return true;
}

static size_t count_grants(struct iq_str bytes)
{
	struct iq_wire_field f;
	size_t n = 0;
	bool bad = false;

	while (iq_wire_next(&bytes, &f, &bad))
		n += f.field == ACCOUNT_GRANT;
	return n;
}

static void read_text(struct iq_arena *arena, const struct iq_wire_field *f, struct iq_account *a)
{
	struct iq_str *to[] = {[ACCOUNT_ID] = &a->id,
		[ACCOUNT_NAME] = &a->name,
		[ACCOUNT_ISSUER] = &a->issuer,
		[ACCOUNT_SUBJECT] = &a->subject,
		[ACCOUNT_CREATED_BY] = &a->created_by};

	if (f->field < sizeof(to) / sizeof(to[0]) && to[f->field] != NULL)
		*to[f->field] = iq_arena_dup(arena, f->bytes);
}

static bool account_read(struct iq_str value, struct iq_arena *arena, struct iq_account *out)
{
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct iq_account){.id = {NULL, 0}};
	out->grants = iq_arena_array(arena, count_grants(value), sizeof(*out->grants));
	if (out->grants == NULL)
		return false;
	while (iq_wire_next(&value, &f, &bad)) {
		switch (f.field) {
		case ACCOUNT_GRANT:
			if (read_grant(f.bytes, arena, &out->grants[out->ngrants]))
				out->ngrants++;
			break;
		case ACCOUNT_INSTITUTION:
			out->institution = (iq_num)f.value;
			break;
		case ACCOUNT_CONTACT:
			out->contact = (iq_num)f.value;
			break;
		case ACCOUNT_CREATED:
			out->created_us = (int64_t)f.value;
			break;
		case ACCOUNT_ENDED:
			out->ended_us = (int64_t)f.value;
			break;
		case ACCOUNT_QUOTA:
			out->quota_until = iq_auth_to_day(f.value);
			break;
		default:
			read_text(arena, &f, out);
			break;
		}
	}
	return !bad;
}

/* Long names would not fit into a key: those lie under their hash. */
static struct iq_auth_key principal_key(struct iq_str id)
{
	uint8_t digest[IQ_AUTH_HASH];

	if (id.n <= IQ_AUTH_KEY - IQ_AUTH_PREFIX)
		return iq_auth_key('p', id.p, id.n);
	iq_auth_hash(digest, id.p, id.n);
	struct iq_auth_key k = iq_auth_key('p', digest, IQ_AUTH_HASH);

	k.p[1] = '#';
	return k;
}

bool iq_account_get(
	struct iq_txn *t, struct iq_str id, struct iq_arena *arena, struct iq_account *out)
{
	struct iq_auth_key k = principal_key(id);
	struct iq_str value;

	*out = (struct iq_account){.id = {NULL, 0}};
	return iq_table_get(t, IQ_TABLE_AUTH, iq_auth_str(&k), &value) &&
	       account_read(value, arena, out) && iq_str_eq(out->id, id);
}

/* ---- the mapping of an external PKI --------------------------------------------------------- */

enum { SUBJECT_PRINCIPAL = 1, SUBJECT_ISSUER, SUBJECT_SUBJECT };

/* A name's end is no ambiguity: each is hashed alone. */
static struct iq_auth_key subject_key(struct iq_str issuer, struct iq_str subject)
{
	uint8_t both[2 * IQ_AUTH_HASH], digest[IQ_AUTH_HASH];

	iq_auth_hash(both, issuer.p, issuer.n);
	iq_auth_hash(both + IQ_AUTH_HASH, subject.p, subject.n);
	iq_auth_hash(digest, both, sizeof(both));
	return iq_auth_key('x', digest, IQ_AUTH_HASH);
}

bool iq_account_by_subject(struct iq_txn *t, struct iq_str issuer, struct iq_str subject,
	struct iq_arena *arena, struct iq_str *id)
{
	struct iq_auth_key k = subject_key(issuer, subject);
	struct iq_str value, part[SUBJECT_SUBJECT + 1] = {{NULL, 0}};
	struct iq_wire_field f;
	bool bad = false;

	*id = (struct iq_str){NULL, 0};
	if (issuer.n == 0 || subject.n == 0 ||
		!iq_table_get(t, IQ_TABLE_AUTH, iq_auth_str(&k), &value))
		return false;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.type == IQ_WIRE_LEN && f.field <= SUBJECT_SUBJECT)
			part[f.field] = f.bytes;
	}
	if (bad || !iq_str_eq(part[SUBJECT_ISSUER], issuer) ||
		!iq_str_eq(part[SUBJECT_SUBJECT], subject))
		return false;
	*id = iq_arena_dup(arena, part[SUBJECT_PRINCIPAL]);
	return id->n > 0;
}

static void unmap(struct iq_wtxn *w, const struct iq_account *a)
{
	struct iq_auth_key k = subject_key(a->issuer, a->subject);
	struct iq_wire_field f;
	struct iq_str value;
	bool bad = false;

	if (a->issuer.n == 0 || a->subject.n == 0 ||
		!iq_table_get(iq_wtxn_txn(w), IQ_TABLE_AUTH, iq_auth_str(&k), &value))
		return;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == SUBJECT_PRINCIPAL && iq_str_eq(f.bytes, a->id)) {
			iq_auth_remove(w, &k);
			return;
		}
	}
}

/* Who has ended leaves the mapping to others. */
static void map(struct iq_wtxn *w, const struct iq_account *a)
{
	struct iq_auth_key k = subject_key(a->issuer, a->subject);
	struct iq_buf b;

	if (a->issuer.n == 0 || a->subject.n == 0 || a->ended_us != 0)
		return;
	iq_buf_init(&b, 0);
	iq_wire_str(&b, SUBJECT_PRINCIPAL, a->id);
	iq_wire_str(&b, SUBJECT_ISSUER, a->issuer);
	iq_wire_str(&b, SUBJECT_SUBJECT, a->subject);
	iq_auth_put(w, &k, &b);
}

void iq_account_put(
	struct iq_wtxn *w, const struct iq_account *account, const struct iq_account *before)
{
	struct iq_auth_key k = principal_key(account->id);
	struct iq_buf b;

	if (before != NULL)
		unmap(w, before);
	map(w, account);
	iq_buf_init(&b, 0);
	iq_wire_str(&b, ACCOUNT_ID, account->id);
	iq_wire_str(&b, ACCOUNT_NAME, account->name);
	iq_wire_uint(&b, ACCOUNT_INSTITUTION, account->institution);
	for (size_t i = 0; i < account->ngrants; i++)
		put_grant(&b, &account->grants[i]);
	iq_wire_uint(&b, ACCOUNT_CONTACT, account->contact);
	iq_wire_str(&b, ACCOUNT_ISSUER, account->issuer);
	iq_wire_str(&b, ACCOUNT_SUBJECT, account->subject);
	iq_wire_str(&b, ACCOUNT_CREATED_BY, account->created_by);
	iq_wire_uint(&b, ACCOUNT_CREATED, iq_auth_from_time(account->created_us));
	iq_wire_uint(&b, ACCOUNT_ENDED, iq_auth_from_time(account->ended_us));
	iq_wire_uint(&b, ACCOUNT_QUOTA, iq_auth_from_day(account->quota_until));
	iq_auth_put(w, &k, &b);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
	return iq_str_cmp(*(const struct iq_str *)a, *(const struct iq_str *)b);
}

/* The names that lie under their hash, in order; few. */
static size_t long_names(struct iq_txn *t, struct iq_arena *arena, struct iq_str **out)
{
	struct iq_auth_key at = {.n = 0};
	struct iq_account a;
	struct iq_str value;
	size_t n = 0, cap = 0;

	*out = NULL;
	while (iq_auth_next(t, IQ_STR("p#"), &at, &value)) {
		if (n == cap) {
			size_t more = cap ? 2 * cap : 16;
			struct iq_str *list = iq_arena_grow(
				arena, *out, cap * sizeof(*list), more * sizeof(*list));

			if (list == NULL)
				break;
			*out = list;
			cap = more;
		}
		if (account_read(value, arena, &a))
			(*out)[n++] = a.id;
	}
	if (n)
		qsort(*out, n, sizeof(**out), by_bytes);
	return n;
}

struct each {
	struct iq_txn *t;
	struct iq_arena one; /* the account at hand */
	const struct iq_str *names;
	size_t n, at;
	struct iq_str after;
	bool (*fn)(void *arg, const struct iq_account *account);
	void *arg;
	bool stopped;
};

/* Long names up to `before` (NULL: all that are left). */
static void give_long(struct each *e, const struct iq_str *before)
{
	struct iq_account a;

	for (; e->at < e->n && !e->stopped; e->at++) {
		struct iq_str id = e->names[e->at];

		if (before != NULL && iq_str_cmp(id, *before) > 0)
			return;
		iq_arena_reset(&e->one);
		if (iq_str_cmp(id, e->after) > 0 && iq_account_get(e->t, id, &e->one, &a))
			e->stopped = !e->fn(e->arg, &a);
	}
}

void iq_account_each(struct iq_txn *t, struct iq_str after, struct iq_arena *arena,
	bool (*fn)(void *arg, const struct iq_account *account), void *arg)
{
	size_t fits = IQ_AUTH_KEY - IQ_AUTH_PREFIX;
	struct iq_auth_key at = iq_auth_key('p', after.p, after.n < fits ? after.n : fits);
	struct each e = {.t = t, .after = after, .fn = fn, .arg = arg};
	struct iq_str value, *names;
	struct iq_account a;

	e.n = long_names(t, arena, &names);
	e.names = names;
	iq_arena_init(&e.one, 0);
	while (!e.stopped && iq_auth_next(t, IQ_STR("p/"), &at, &value)) {
		struct iq_str id = {at.p + IQ_AUTH_PREFIX, at.n - IQ_AUTH_PREFIX};

		give_long(&e, &id);
		iq_arena_reset(&e.one);
		if (!e.stopped && iq_account_get(t, id, &e.one, &a))
			e.stopped = !fn(arg, &a);
	}
	give_long(&e, NULL);
	iq_arena_free(&e.one);
}

bool iq_same_person(const struct iq_account *a, const struct iq_account *b)
{
	return iq_str_eq(a->id, b->id) || (a->contact != IQ_NONE && a->contact == b->contact);
}

bool iq_account_is_admin(const struct iq_account *account, int32_t today)
{
	for (size_t i = 0; i < account->ngrants && account->ended_us == 0; i++) {
		const struct iq_grant_rec *r = &account->grants[i];
		const struct iq_grant *g = &r->grant;

		if (g->role == IQ_ACCESS_ADMIN && r->revoked_us == 0 && g->from <= today &&
			today <= g->to && g->institution == IQ_NONE && g->region == IQ_NONE)
			return true;
	}
	return false;
}

struct admins {
	int32_t today;
	struct iq_arena *arena;
	iq_num *contacts; /* of those who were counted */
	size_t n, ncontacts, cap;
};

/* Two accounts of one person are one administrator. */
static bool count_admin(void *arg, const struct iq_account *a)
{
	struct admins *x = arg;

	if (!iq_account_is_admin(a, x->today))
		return true;
	for (size_t i = 0; i < x->ncontacts && a->contact != IQ_NONE; i++) {
		if (x->contacts[i] == a->contact)
			return true;
	}
	x->n++;
	if (a->contact == IQ_NONE)
		return true;
	if (x->ncontacts == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 16;
		iq_num *more = iq_arena_grow(
			x->arena, x->contacts, x->cap * sizeof(*more), cap * sizeof(*more));

		if (more == NULL)
			return false;
		x->contacts = more;
		x->cap = cap;
	}
	x->contacts[x->ncontacts++] = a->contact;
	return true;
}

size_t iq_admin_count(struct iq_txn *t, int32_t today, struct iq_arena *arena)
{
	struct admins x = {.today = today, .arena = arena};

	iq_account_each(t, (struct iq_str){NULL, 0}, arena, count_admin, &x);
	return x.n;
}
