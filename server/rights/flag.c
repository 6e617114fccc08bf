/* SPDX-License-Identifier: Apache-2.0 */
/* Marks on records that are wrong. */
#include "rights_priv.h"

enum { FLAG_KIND = 1, FLAG_NUM, FLAG_INSTITUTION, FLAG_TEXT, FLAG_BY, FLAG_MADE };

void iq_flag_put(struct iq_wtxn *w, const struct iq_flag *flag)
{
	struct iq_auth_key k = iq_auth_number_key('f', flag->id);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_str(&b, FLAG_KIND, iq_str(iq_schemas[flag->kind].name));
	iq_wire_uint(&b, FLAG_NUM, flag->num);
	iq_wire_uint(&b, FLAG_INSTITUTION, flag->institution);
	iq_wire_str(&b, FLAG_TEXT, flag->text);
	iq_wire_str(&b, FLAG_BY, flag->by);
	iq_wire_uint(&b, FLAG_MADE, iq_auth_from_time(flag->made_us));
	iq_auth_put(w, &k, &b);
}

/* Borrows from the value; false if damaged. */
static bool flag_read(struct iq_str value, struct iq_flag *out)
{
	struct iq_wire_field f;
	bool bad = false;

	out->kind = IQ_KINDS;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == FLAG_KIND)
			out->kind = iq_kind_by_name(f.bytes);
		else if (f.field == FLAG_NUM)
			out->num = (iq_num)f.value;
		else if (f.field == FLAG_INSTITUTION)
			out->institution = (iq_num)f.value;
		else if (f.field == FLAG_TEXT)
			out->text = f.bytes;
		else if (f.field == FLAG_BY)
			out->by = f.bytes;
		else if (f.field == FLAG_MADE)
			out->made_us = (int64_t)f.value;
	}
	return !bad && out->kind != IQ_KINDS;
}

bool iq_flag_get(struct iq_txn *t, uint64_t id, struct iq_arena *arena, struct iq_flag *out)
{
	struct iq_auth_key k = iq_auth_number_key('f', id);
	struct iq_str value;

	*out = (struct iq_flag){.id = id};
	if (!iq_table_get(t, IQ_TABLE_AUTH, iq_auth_str(&k), &value) || !flag_read(value, out))
		return false;
	out->text = iq_arena_dup(arena, out->text);
	out->by = iq_arena_dup(arena, out->by);
	return !arena->failed;
}

void iq_flag_remove(struct iq_wtxn *w, uint64_t id)
{
	struct iq_auth_key k = iq_auth_number_key('f', id);

	iq_auth_remove(w, &k);
}

void iq_flag_each(struct iq_txn *t, bool (*fn)(void *arg, const struct iq_flag *flag), void *arg)
{
	struct iq_auth_key at = {.n = 0};
	struct iq_str value;

	while (iq_auth_next(t, IQ_STR("f/"), &at, &value)) {
		struct iq_flag flag = {.id = 0};

		if (iq_auth_key_number(iq_auth_str(&at), &flag.id) && flag_read(value, &flag) &&
			!fn(arg, &flag))
			return;
	}
}
