/* SPDX-License-Identifier: Apache-2.0 */
/* The small tables of other folders: values are opaque here. */

#include "store_priv.h"

enum { TABLE_KEY_MAX = 511 }; /* LMDB's limit */

static enum iq_tab tab_of(enum iq_table table)
{
	switch (table) {
	case IQ_TABLE_AUTH:
		return IQ_TAB_AUTH;
	case IQ_TABLE_LIVING:
		return IQ_TAB_LIVING;
	case IQ_TABLE_REQUEST:
		break;
	}
	return IQ_TAB_REQUEST;
}

bool iq_table_get(struct iq_txn *t, enum iq_table table, struct iq_str key, struct iq_str *value)
{
	if (key.n == 0 || key.n > TABLE_KEY_MAX)
		return false;
	return iq_get(t, tab_of(table), key, value);
}

void iq_table_put(struct iq_wtxn *w, enum iq_table table, struct iq_str key, struct iq_str value)
{
	if (key.n == 0 || key.n > TABLE_KEY_MAX)
		iq_txn_refuse(&w->t, IQ_ERR_REJECTED, "a key is empty or too long");
	else if (value.n == 0)
		iq_del(w, tab_of(table), key);
	else
		iq_put(w, tab_of(table), key, value, 0);
}

void iq_table_each(struct iq_txn *t, enum iq_table table, struct iq_str prefix,
	bool (*fn)(void *arg, struct iq_str key, struct iq_str value), void *arg)
{
	struct iq_walk x;

	if (prefix.n > IQ_KEY_MAX)
		return;
	for (iq_walk_begin(&x, t, tab_of(table), prefix, prefix.n); x.ok; iq_walk_next(&x))
		if (!fn(arg, x.key, x.value))
			break;
	iq_walk_end(&x);
}

void iq_table_behind(struct iq_txn *t, enum iq_table table, struct iq_str after,
	bool (*fn)(void *arg, struct iq_str key, struct iq_str value), void *arg)
{
	struct iq_walk x;

	iq_walk_begin(&x, t, tab_of(table), after, 0);
	if (x.ok && after.n && iq_str_eq(x.key, after))
		iq_walk_next(&x);
	for (; x.ok && fn(arg, x.key, x.value); iq_walk_next(&x))
		;
	iq_walk_end(&x);
}

struct first {
	struct iq_str *key, *value;
	bool there;
};

static bool take_first(void *arg, struct iq_str key, struct iq_str value)
{
	struct first *f = arg;

	*f->key = key;
	*f->value = value;
	f->there = true;
	return false;
}

bool iq_table_next(struct iq_txn *t, enum iq_table table, struct iq_str after, struct iq_str *key,
	struct iq_str *value)
{
	struct first f = {.key = key, .value = value};

	iq_table_behind(t, table, after, take_first, &f);
	return f.there;
}
