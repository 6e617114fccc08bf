/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of the database: the first byte of the entry "state".
 *
 * 1: without the table living, or with it (it came before its number)
 * 2: with it
 * 3: with topics to commitments, and the columns appended with them; until the first change the
 *    entry itself may still count fewer kinds. Superseded images also in the log; those of before
 *    stay where they are
 *
 * Whatever an earlier iqd would lose or misread gets a new number, also a new table: that one would
 * not copy it. An upgrade is one transaction, so that a crash leaves the old version or the new.
 */

#include "store_priv.h"

static int state_of(MDB_txn *txn, MDB_dbi meta, MDB_val *out)
{
	MDB_val k = {5, (void *)(uintptr_t) "state"};
	int rc = mdb_get(txn, meta, &k, out);

	return rc == 0 && out->mv_size == 0 ? MDB_CORRUPTED : rc;
}

int iq_version_get(struct iq_env *e, unsigned *out)
{
	MDB_txn *txn;
	MDB_dbi meta;
	MDB_val v;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return rc;
	rc = mdb_dbi_open(txn, iq_tab_names[IQ_TAB_META], 0, &meta);
	if (rc == 0)
		rc = state_of(txn, meta, &v);
	if (rc == 0)
		*out = *(const uint8_t *)v.mv_data;
	mdb_txn_abort(txn);
	return rc;
}

int iq_version_set(struct iq_env *e, MDB_txn *txn)
{
	MDB_val k = {5, (void *)(uintptr_t) "state"}, v;
	uint8_t state[256];
	int rc = state_of(txn, e->dbi[IQ_TAB_META], &v);

	if (rc != 0)
		return rc;
	if (v.mv_size > sizeof(state))
		return MDB_CORRUPTED;
	memcpy(state, v.mv_data, v.mv_size);
	state[0] = IQ_STATE_VERSION;
	v.mv_data = state;
	return mdb_put(txn, e->dbi[IQ_TAB_META], &k, &v, 0);
}
