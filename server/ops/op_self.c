/* SPDX-License-Identifier: Apache-2.0 */
/* Who am I, and how is the server. */
#include "date.h"
#include "op.h"

enum {
	LATELY = 90, /* days; grants that ended before are shown by `grants` */
	DAY_SECONDS = 86400,
	RENEW_PART = 3 /* a certificate is renewed in the last third of its life */
};

static bool lately(const struct iq_grant_rec *r, int32_t today)
{
	if (r->revoked_us != 0)
		return r->revoked_us / 1000000 / DAY_SECONDS + LATELY >= today;
	return (int64_t)r->grant.to + LATELY >= today;
}

static void write_day(struct iq_buf *out, uint32_t field, int32_t day)
{
	char date[11];

	iq_date_format(day, date);
	iq_wire_str(out, field, iq_str(date));
}

enum iq_err iq_op_whoami(struct iq_req *rq)
{
	const struct iq_principal *p = rq->principal;
	struct iq_account account;
	int32_t until;

	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	iq_wire_str(rq->out, 2, p->id);
	iq_wire_str(rq->out, 3, p->name);
	if (iq_account_get(rq->txn, p->id, rq->arena, &account)) {
		for (size_t i = 0; i < account.ngrants; i++) {
			if (lately(&account.grants[i], rq->today))
				iq_write_grant(rq, rq->out, 4, p->id, &account.grants[i]);
		}
	} else { /* as known when the request came */
		for (size_t i = 0; i < p->ngrants; i++) {
			const struct iq_grant_rec r = {.grant = p->grants[i]};

			iq_write_grant(rq, rq->out, 4, p->id, &r);
		}
	}
	if (iq_certificate_until(rq->txn, rq->session->serial, &until)) {
		write_day(rq->out, 5, until);
		write_day(rq->out, 8, until - IQ_LIMIT_CERT_DAYS / RENEW_PART);
	}
	if (p->institution != IQ_NONE)
		iq_wire_str(rq->out, 6, iq_id_of(rq->txn, IQ_INSTITUTION, p->institution));
	if (p->contact != IQ_NONE)
		iq_wire_str(rq->out, 7, iq_id_of(rq->txn, IQ_CONTACT, p->contact));
	return iq_req_finish(rq);
}

enum iq_err iq_op_status(struct iq_req *rq)
{
	const struct iq_state *state = iq_rtxn_state(rq->rtxn);
	const struct iq_services *svc = rq->svc;
	struct iq_buf *out = rq->out;
	const struct iq_contact_view any = {.num = IQ_NONE};

	iq_wire_uint(out, 1, state->revision);
	iq_wire_str(out, 2, iq_str(IQ_VERSION));
	iq_wire_uint(out, 3, (uint64_t)svc->started_us);
	for (int kind = 0; kind < IQ_KINDS; kind++) {
		/* How many contacts there are is for those who may see them all. */
		if (kind == IQ_CONTACT && !iq_contact_editor(rq, &any))
			continue;
		if (iq_kind_in_circle((enum iq_kind)kind) && !iq_circle_all(rq))
			continue;
		size_t mark = iq_wire_begin(out, 4);

		iq_wire_str(out, 1, iq_str(iq_schemas[kind].name));
		iq_wire_uint(out, 2, state->count[kind]);
		iq_wire_end(out, mark);
	}
	if (svc->connections != NULL)
		iq_wire_uint(out, 5, svc->connections(svc->ctx));
	if (svc->questions != NULL)
		iq_wire_uint(out, 6, svc->questions(svc->ctx));
	iq_wire_uint(out, 7, iq_store_bytes(svc->store));
	iq_wire_uint(out, 8, (uint64_t)iq_now_us());
	return iq_req_finish(rq);
}
