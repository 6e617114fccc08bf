/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the caller may see, page by page, as import takes it. */
#include "op.h"

enum { EXPORT_REVISION = 1, EXPORT_RECORDS, EXPORT_CURSOR, EXPORT_WITHHELD, EXPORT_BECAUSE };

struct export
{
	struct iq_req *rq;
	uint32_t kinds; /* bit per kind */
	iq_num region;  /* IQ_NONE: all */
	const struct iq_num_set *institutions;
	enum iq_kind kind;
	struct iq_page page;
};

void iq_req_scope_of(
	struct iq_req *rq, const struct iq_image *image, iq_num *institution, iq_num *region)
{
	static const uint32_t region_field[IQ_KINDS] = {
		[IQ_INSTITUTION] = IQ_INSTITUTION_REGION + 1,
		[IQ_RESPONSIBILITY] = IQ_RESP_REGION + 1,
		[IQ_NOTICE] = IQ_NOTICE_REGION + 1,
		[IQ_WORKSHOP_RECORD] = IQ_WORKSHOP_REGION + 1,
	};
	static const uint32_t owner_field[IQ_KINDS] = {
		[IQ_CONTACT] = IQ_CONTACT_INSTITUTION + 1,
		[IQ_RESPONSIBILITY] = IQ_RESP_INSTITUTION + 1,
		[IQ_NOTICE] = IQ_NOTICE_INSTITUTION + 1,
		[IQ_MEMBERSHIP] = IQ_MEMBERSHIP_INSTITUTION + 1,
	};
	struct iq_str open = image->segment[IQ_SEGMENT_OPEN];

	*institution = image->kind == IQ_INSTITUTION
			       ? image->num
			       : iq_id_find(rq->txn, IQ_INSTITUTION,
					 iq_image_field(open, owner_field[image->kind]));
	if (image->kind == IQ_CONTACT)
		*region = iq_req_chain(rq, *institution)->region;
	else
		*region = iq_id_find(
			rq->txn, IQ_REGION, iq_image_field(open, region_field[image->kind]));
}

static bool wanted(void *arg, const struct iq_image *image)
{
	struct export *x = arg;
	iq_num institution, region;

	if (!(IQ_SCOPED & 1u << image->kind))
		return true;
	iq_req_scope_of(x->rq, image, &institution, &region);
	if (x->institutions != NULL && !iq_num_set_has(x->institutions, institution))
		return false;
	return x->region == IQ_NONE || iq_vocab_in_scope(x->rq->vocab, x->region, region);
}

static bool add(void *arg, struct iq_str id, iq_num num)
{
	struct export *x = arg;

	return iq_page_add(&x->page, x->kind, id, num);
}

static enum iq_err read_export(struct export *x)
{
	struct iq_req *rq = x->rq;
	const Iq__V1__ExportRequest *in = rq->msg->export;
	enum iq_err err = IQ_OK;
	enum iq_kind kind;
	iq_num num;

	for (size_t i = 0; err == IQ_OK && i < in->n_kinds; i++) {
		err = iq_req_kind(rq, iq_str(in->kinds[i]), &kind);
		if (err == IQ_OK)
			x->kinds |= 1u << kind;
	}
	if (err == IQ_OK && in->region[0] != '\0') {
		err = iq_req_term(rq, IQ_REGION, iq_str(in->region), false, &num);
		if (err == IQ_OK)
			x->region = num;
	}
	if (err == IQ_OK && in->institution[0] != '\0') {
		err = iq_req_term(rq, IQ_INSTITUTION, iq_str(in->institution), false, &num);
		if (err == IQ_OK)
			x->institutions = iq_req_institutions(rq, num);
	}
	if (x->kinds == 0)
		x->kinds = x->region != IQ_NONE || x->institutions ? IQ_SCOPED : UINT32_MAX;
	bool reason = false;

	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &reason);
	if (err == IQ_OK && reason && x->kinds & 1u << IQ_CONTACT)
		err = iq_req_bulk(rq);
	return err == IQ_OK && rq->arena->failed ? iq_req_finish(rq) : err;
}

enum iq_err iq_op_export(struct iq_req *rq)
{
	const Iq__V1__ExportRequest *in = rq->msg->export;
	struct export x = {.rq = rq};
	enum iq_kind from;
	struct iq_str after;
	enum iq_err err = read_export(&x);

	if (err == IQ_OK)
		err = iq_page_read_cursor(rq, in->cursor, &from, &after);
	if (err != IQ_OK)
		return err;
	x.page = (struct iq_page){.rq = rq,
		.field = EXPORT_RECORDS,
		.limit = UINT64_MAX,
		.wanted = x.region != IQ_NONE || x.institutions ? wanted : NULL,
		.arg = &x,
		.start = rq->out->n};
	iq_wire_uint(rq->out, EXPORT_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	for (x.kind = from; x.kind < IQ_KINDS && !x.page.more; x.kind++) {
		if (x.kinds & 1u << x.kind)
			iq_each_id(rq->txn, x.kind, after, add, &x);
		after = (struct iq_str){NULL, 0};
	}
	iq_page_write_cursor(&x.page, EXPORT_CURSOR);
	iq_wire_uint(rq->out, EXPORT_WITHHELD, rq->nwithheld);
	if (rq->because != NULL)
		iq_wire_str(rq->out, EXPORT_BECAUSE, iq_str(rq->because));
	iq_buf_free(&x.page.probe);
	return iq_req_finish(rq);
}

/* Always in the slow lane: pages follow each other for as long as the directory is. */
uint64_t iq_cost_export(struct iq_req *rq)
{
	(void)rq;
	return IQ_LANE_COST + 1;
}
