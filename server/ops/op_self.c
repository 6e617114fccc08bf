/* SPDX-License-Identifier: Apache-2.0 */
/* Who am I, and how is the server. */
#include "date.h"
#include "op.h"

static void write_grant(struct iq_req *rq, const struct iq_grant *g)
{
	struct iq_buf *out = rq->out;
	size_t mark = iq_wire_begin(out, 4);
	char date[11];

	iq_wire_str(out, 1, iq_str(iq_access_role_names[g->role]));
	if (g->institution != IQ_NONE)
		iq_wire_str(out, 2, iq_id_of(rq->txn, IQ_INSTITUTION, g->institution));
	if (g->region != IQ_NONE)
		iq_wire_str(out, 3, iq_id_of(rq->txn, IQ_REGION, g->region));
	if (g->from != IQ_DATE_MIN) {
		iq_date_format(g->from, date);
		iq_wire_str(out, 4, iq_str(date));
	}
	if (g->to != IQ_DATE_MAX) {
		iq_date_format(g->to, date);
		iq_wire_str(out, 5, iq_str(date));
	}
	iq_wire_end(out, mark);
}

enum iq_err iq_op_whoami(struct iq_req *rq)
{
	const struct iq_principal *p = rq->principal;
	int32_t until;
	char date[11];

	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	iq_wire_str(rq->out, 2, p->id);
	iq_wire_str(rq->out, 3, p->name);
	for (size_t i = 0; i < p->ngrants; i++)
		write_grant(rq, &p->grants[i]);
	if (iq_certificate_until(rq->txn, rq->session->serial, &until)) {
		iq_date_format(until, date);
		iq_wire_str(rq->out, 5, iq_str(date));
	}
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
	return iq_req_finish(rq);
}
