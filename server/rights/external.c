/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of an external PKI: no record, only issuer and subject of an account. */
#include "rights_priv.h"

void iq_external_mark(struct iq_str issuer, struct iq_str subject, uint8_t out[IQ_EXTERNAL_MARK])
{
	uint8_t both[2 * IQ_AUTH_HASH], digest[IQ_AUTH_HASH];

	iq_auth_hash(both, issuer.p, issuer.n);
	iq_auth_hash(both + IQ_AUTH_HASH, subject.p, subject.n);
	iq_auth_hash(digest, both, sizeof(both));
	memcpy(out, digest, IQ_EXTERNAL_MARK);
}

bool iq_external_valid(struct iq_txn *t, const uint8_t mark[IQ_EXTERNAL_MARK], struct iq_str id,
	struct iq_arena *arena)
{
	uint8_t now[IQ_EXTERNAL_MARK];
	struct iq_account account;

	if (!iq_account_get(t, id, arena, &account) || account.ended_us != 0 ||
		account.issuer.n == 0 || account.subject.n == 0)
		return false;
	iq_external_mark(account.issuer, account.subject, now);
	return memcmp(now, mark, IQ_EXTERNAL_MARK) == 0;
}
