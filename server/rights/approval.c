/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for a second person. */
#include <stdlib.h>

#include "bounds.h"
#include "rights_priv.h"

/* Changes have the number they have in the message. */
enum {
	APPROVAL_STATE = 1,
	APPROVAL_OPERATION,
	APPROVAL_BY,
	APPROVAL_REASON,
	APPROVAL_MADE,
	APPROVAL_UNTIL,
	APPROVAL_NEEDS,
	APPROVAL_CHANGES,
	APPROVAL_INSTITUTION,
	APPROVAL_REGION,
	APPROVAL_REQUEST,
	APPROVAL_DECIDED_BY,
	APPROVAL_DECIDED
};

static const int64_t life_us = (int64_t)IQ_LIMIT_APPROVAL_DAYS * 86400 * 1000000;

void iq_approval_put(struct iq_wtxn *w, const struct iq_approval *a)
{
	struct iq_auth_key k = iq_auth_number_key('a', a->id);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_uint(&b, APPROVAL_STATE, a->state);
	iq_wire_str(&b, APPROVAL_OPERATION, a->operation);
	iq_wire_str(&b, APPROVAL_BY, a->by);
	iq_wire_str(&b, APPROVAL_REASON, a->reason);
	iq_wire_uint(&b, APPROVAL_MADE, iq_auth_from_time(a->made_us));
	iq_wire_uint(&b, APPROVAL_UNTIL, iq_auth_from_time(a->until_us));
	iq_wire_str(&b, APPROVAL_NEEDS, iq_str(iq_action_names[a->needs]));
	iq_wire_str(&b, APPROVAL_CHANGES, a->changes);
	iq_wire_uint(&b, APPROVAL_INSTITUTION, a->institution);
	iq_wire_uint(&b, APPROVAL_REGION, a->region);
	iq_wire_str(&b, APPROVAL_REQUEST, a->request);
	iq_wire_str(&b, APPROVAL_DECIDED_BY, a->decided_by);
	iq_wire_uint(&b, APPROVAL_DECIDED, iq_auth_from_time(a->decided_us));
	iq_auth_put(w, &k, &b);
}

static void read_text(struct iq_arena *arena, const struct iq_wire_field *f, struct iq_approval *a)
{
	struct iq_str *to[] = {[APPROVAL_OPERATION] = &a->operation,
		[APPROVAL_BY] = &a->by,
		[APPROVAL_REASON] = &a->reason,
		[APPROVAL_CHANGES] = &a->changes,
		[APPROVAL_REQUEST] = &a->request,
		[APPROVAL_DECIDED_BY] = &a->decided_by};

	if (f->field < sizeof(to) / sizeof(to[0]) && to[f->field] != NULL)
		*to[f->field] = iq_arena_dup(arena, f->bytes);
}

/* False if damaged, or the right it needs is unknown: such a request cannot be approved. */
static bool approval_read(struct iq_str value, struct iq_arena *arena, struct iq_approval *out)
{
	struct iq_wire_field f;
	bool bad = false;
	int needs = -1;

	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == APPROVAL_STATE)
			out->state = (enum iq_approval_state)f.value;
		else if (f.field == APPROVAL_MADE)
			out->made_us = (int64_t)f.value;
		else if (f.field == APPROVAL_UNTIL)
			out->until_us = (int64_t)f.value;
		else if (f.field == APPROVAL_NEEDS)
			needs = iq_choice(iq_action_names, f.bytes);
		else if (f.field == APPROVAL_INSTITUTION)
			out->institution = (iq_num)f.value;
		else if (f.field == APPROVAL_REGION)
			out->region = (iq_num)f.value;
		else if (f.field == APPROVAL_DECIDED)
			out->decided_us = (int64_t)f.value;
		else
			read_text(arena, &f, out);
	}
	if (bad || needs < 0 || out->state > IQ_APPROVAL_REJECTED || arena->failed)
		return false;
	out->needs = (enum iq_action)needs;
	return true;
}

bool iq_approval_get(struct iq_txn *t, uint64_t id, struct iq_arena *arena, struct iq_approval *out)
{
	struct iq_auth_key k = iq_auth_number_key('a', id);
	struct iq_str value;

	*out = (struct iq_approval){.id = id};
	return iq_table_get(t, IQ_TABLE_AUTH, iq_auth_str(&k), &value) &&
	       approval_read(value, arena, out);
}

struct numbers {
	uint64_t *list;
	size_t n, cap;
};

/* False: no memory for all of them; those that there are, are the oldest. */
static bool numbers_read(struct iq_txn *t, struct numbers *out)
{
	struct iq_auth_key at = {.n = 0};
	struct iq_str value;
	uint64_t number;

	*out = (struct numbers){.list = NULL};
	while (iq_auth_next(t, IQ_STR("a/"), &at, &value)) {
		if (!iq_auth_key_number(iq_auth_str(&at), &number))
			continue;
		if (out->n == out->cap) {
			size_t cap = out->cap ? 2 * out->cap : 64;
			uint64_t *list = realloc(out->list, cap * sizeof(*list));

			if (list == NULL)
				return false;
			out->list = list;
			out->cap = cap;
		}
		out->list[out->n++] = number;
	}
	return true;
}

void iq_approval_each(
	struct iq_txn *t, bool (*fn)(void *arg, const struct iq_approval *approval), void *arg)
{
	struct iq_approval a;
	struct iq_arena arena;
	struct numbers all;
	bool go_on = numbers_read(t, &all);

	iq_arena_init(&arena, 0);
	while (go_on && all.n > 0) {
		iq_arena_reset(&arena);
		if (iq_approval_get(t, all.list[--all.n], &arena, &a))
			go_on = fn(arg, &a);
	}
	iq_arena_free(&arena);
	free(all.list);
}

void iq_approval_purge(struct iq_wtxn *w, int64_t now_us)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_auth_key at = {.n = 0};
	struct iq_str value;
	struct iq_arena arena;

	iq_arena_init(&arena, 0);
	while (iq_auth_next(t, IQ_STR("a/"), &at, &value)) {
		struct iq_approval a = {.id = 0};

		iq_arena_reset(&arena);
		if (!approval_read(value, &arena, &a))
			continue;
		int64_t over = a.state == IQ_APPROVAL_WAITING ? a.until_us : a.decided_us;

		if (over < now_us - life_us)
			iq_auth_remove(w, &at);
	}
	iq_arena_free(&arena);
}
