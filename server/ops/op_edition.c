/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an edition of the interface document shows of the institutions of a region, for its readers:
 * see audience.c for who they are, disclose.c for what of a contact they and the caller may see.
 */
#include <stdlib.h>

#include "stakeholders.h"
#include "utf8.h"
#include "views.h"

enum {
	EDITION_REVISION = 1,
	EDITION_REGION,
	EDITION_EDITION,
	EDITION_AT,
	EDITION_INSTITUTIONS,
	EDITION_NOTICES,
	EDITION_STATUSES,
	EDITION_CURSOR,
	EDITION_TOTAL,
	EDITION_LABELS,
	EDITION_WITHHELD,
	EDITION_BECAUSE
};
/* of an institution */
enum { SHOWN_INSTITUTION = 1, SHOWN_VIA, SHOWN_RESPONSIBILITIES, SHOWN_CONTACTS, SHOWN_WITHHELD };

enum { CODE_MAX = 28 };

struct person {
	struct iq_str id;
	iq_num num;
};

struct edition {
	struct iq_req *rq;
	struct iq_views *v;
	struct iq_str after; /* cursor; empty: the first page */
	struct iq_audience audience;
	struct iq_stakeholders all;
	struct person *person; /* of the institution at hand */
	size_t npersons, cap;
};

/* ---- the request ---------------------------------------------------------------------------- */

static enum iq_err read_edition(struct iq_req *rq, enum iq_edition *out)
{
	int e = iq_choice(iq_edition_names, iq_str(rq->msg->edition->edition));

	if (e >= 0) {
		*out = (enum iq_edition)e;
		return IQ_OK;
	}
	return iq_error_set(rq->error, IQ_ERR_USAGE, N_("There is no edition “{0}”."),
		N_("Editions: public, partners, members."), rq->msg->edition->edition, NULL);
}

/* One line that shows what it is: nothing hides in it or turns it round. */
static bool is_plain(struct iq_str s)
{
	if (!iq_utf8_valid(s))
		return false;
	while (s.n > 0) {
		if (iq_utf8_is_control(iq_utf8_next(&s)))
			return false;
	}
	return true;
}

static enum iq_err read_recipient(struct iq_req *rq, struct iq_str *out)
{
	struct iq_str s = iq_str(rq->msg->edition->recipient);

	while (s.n > 0 && s.p[0] == ' ')
		s = (struct iq_str){s.p + 1, s.n - 1};
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	*out = s;
	if (s.n == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("An edition with contacts names whom it is for."),
			N_("Say so with: --recipient \"Regional workshop Dresden\""), NULL);
	if (s.n > IQ_LIMIT_RECIPIENT)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The recipient is longer than {0} bytes."), N_("Shorten it."),
			iq_arena_printf(rq->arena, "%d", IQ_LIMIT_RECIPIENT), NULL);
	if (!is_plain(s))
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The recipient contains control characters."),
			N_("Write it as one line of plain text."), NULL);
	return IQ_OK;
}

/*
 * What an edition with contacts needs. Its purpose on record is "CODE EDITION REGION: RECIPIENT";
 * codes have no spaces.
 */
static enum iq_err read_purpose(struct edition *e, enum iq_edition edition)
{
	struct iq_req *rq = e->rq;
	struct iq_str recipient;
	bool given = false;
	enum iq_err err = iq_req_bulk(rq);

	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(rq->msg->edition->reason), &given);
	if (err == IQ_OK && !given)
		err = iq_req_reason_missing(rq);
	if (err == IQ_OK)
		err = read_recipient(rq, &recipient);
	if (err != IQ_OK)
		return err;
	/* the log cuts what is too long: not the recipient */
	if (rq->purpose.n > CODE_MAX)
		rq->purpose.n = CODE_MAX;
	rq->purpose = iq_str(iq_arena_printf(rq->arena, "%.*s %s %.*s: %.*s",
		IQ_STR_ARG(rq->purpose), iq_edition_names[edition],
		IQ_STR_ARG(iq_id_of(rq->txn, IQ_REGION, e->v->region)), IQ_STR_ARG(recipient)));
	return rq->purpose.n > 0 ? IQ_OK : iq_req_finish(rq);
}

static struct iq_views *prepare(struct iq_req *rq)
{
	const Iq__V1__EditionRequest *in = rq->msg->edition;

	return iq_views_prepare(rq, &(struct iq_views_terms){.region = in->region,
					    .task = "",
					    .status = "",
					    .at = in->at,
					    .lang = in->lang,
					    .labels = EDITION_LABELS});
}

/* The id of the last institution. */
static enum iq_err read_cursor(struct edition *e)
{
	ProtobufCBinaryData cursor = e->rq->msg->edition->cursor;

	e->after = (struct iq_str){(const char *)cursor.data, cursor.len};
	if (cursor.len == 0 || iq_slug_valid(e->after))
		return IQ_OK;
	return iq_error_set(e->rq->error, IQ_ERR_USAGE,
		N_("The position to go on from is not one that this server gave."),
		N_("Start again from the beginning."), NULL);
}

static enum iq_err read_request(struct edition *e)
{
	struct iq_req *rq = e->rq;
	enum iq_edition edition = IQ_EDITION_PUBLIC;
	enum iq_err err = read_edition(rq, &edition);

	if (err != IQ_OK)
		return err;
	e->v = prepare(rq);
	if (e->v == NULL)
		return rq->error->code;
	if (edition != IQ_EDITION_PUBLIC)
		err = read_purpose(e, edition);
	if (err == IQ_OK)
		err = read_cursor(e);
	if (err == IQ_OK)
		iq_audience_init(rq, edition, e->v->region, &e->audience);
	return err;
}

/* ---- institutions --------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	return iq_str_cmp(
		((const struct iq_stakeholder *)a)->id, ((const struct iq_stakeholder *)b)->id);
}

static enum iq_err find_institutions(struct edition *e)
{
	struct iq_views *v = e->v;
	enum iq_err err = iq_views_done(v, iq_stakeholders_find(&v->view, &v->lookup, v->region,
						   v->at, false, e->rq->arena, &e->all));

	if (err == IQ_OK && e->all.n > 1)
		qsort(e->all.a, e->all.n, sizeof(*e->all.a), by_id);
	return err;
}

static void add_labels(struct edition *e, enum iq_kind kind, struct iq_str open)
{
	const struct iq_schema *schema = &iq_schemas[kind];
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&open, &f, &bad)) {
		if (f.field == 0 || f.field > schema->ncolumns)
			continue;
		const struct iq_column *c = &schema->columns[f.field - 1];

		if (c->type == IQ_TYPE_CONDITION)
			iq_labels_condition(&e->v->labels, f.bytes);
		else if ((c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) &&
			 (c->target == IQ_TASK || c->target == IQ_REGION ||
				 c->target == IQ_STATUS || c->target == IQ_INSTITUTION ||
				 c->target == IQ_KIND))
			iq_labels_add(
				&e->v->labels, c->target, iq_req_find(e->rq, c->target, f.bytes));
	}
}

/* What is open of a record, as a field of the message at hand; false: there is none. */
static bool write_open(struct edition *e, uint32_t field, enum iq_kind kind, iq_num num)
{
	struct iq_image image;

	if (!iq_req_image(e->rq, kind, num, &image))
		return false;
	iq_wire_item(e->rq->out, field, image.segment[IQ_SEGMENT_OPEN]);
	add_labels(e, kind, image.segment[IQ_SEGMENT_OPEN]);
	return true;
}

static bool add_person(void *arg, enum iq_kind from, iq_num num)
{
	struct edition *e = arg;

	(void)from;
	if (e->npersons == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 32;
		struct person *p = iq_arena_grow(
			e->rq->arena, e->person, e->cap * sizeof(*p), cap * sizeof(*p));

		if (p == NULL)
			return false;
		e->person = p;
		e->cap = cap;
	}
	e->person[e->npersons++] = (struct person){iq_id_of(e->rq->txn, IQ_CONTACT, num), num};
	return true;
}

static int by_person(const void *a, const void *b)
{
	return iq_str_cmp(((const struct person *)a)->id, ((const struct person *)b)->id);
}

static void write_contacts(struct edition *e, iq_num institution)
{
	const struct iq_contact_mode mode = {.audience = &e->audience,
		.disclose = true,
		.reason = e->rq->purpose.n > 0,
		.contact_field = SHOWN_CONTACTS,
		.withheld_field = SHOWN_WITHHELD};

	e->npersons = 0;
	iq_each_ref_by(e->rq->txn, IQ_INSTITUTION, institution, IQ_CONTACT, add_person, e);
	if (e->npersons > 1)
		qsort(e->person, e->npersons, sizeof(*e->person), by_person);
	for (size_t i = 0; i < e->npersons; i++)
		iq_disclose_contact(e->rq, e->person[i].num, &mode, e->v->at);
}

static void write_institution(struct edition *e, const struct iq_stakeholder *h)
{
	struct iq_req *rq = e->rq;
	struct iq_image image;

	if (!iq_req_image(rq, IQ_INSTITUTION, h->institution, &image))
		return;
	size_t mark = iq_wire_begin(rq->out, EDITION_INSTITUTIONS);
	iq_num via = iq_write_institution(rq, SHOWN_INSTITUTION, &image);

	iq_labels_add(&e->v->labels, IQ_INSTITUTION, h->institution);
	add_labels(e, IQ_INSTITUTION, image.segment[IQ_SEGMENT_OPEN]);
	if (via != IQ_NONE) {
		iq_wire_str(rq->out, SHOWN_VIA, iq_id_of(rq->txn, IQ_INSTITUTION, via));
		iq_labels_add(&e->v->labels, IQ_INSTITUTION, via);
	}
	for (size_t i = 0; i < h->ncells; i++) {
		for (size_t k = 0; k < h->cell[i]->nrows; k++)
			write_open(e, SHOWN_RESPONSIBILITIES, IQ_RESPONSIBILITY,
				h->cell[i]->row[k].num);
	}
	write_contacts(e, h->institution);
	iq_wire_end(rq->out, mark);
}

static void write_institutions(struct edition *e)
{
	struct iq_buf *out = e->rq->out;
	size_t start = out->n, i = 0, last;

	while (i < e->all.n && e->after.n > 0 && iq_str_cmp(e->all.a[i].id, e->after) <= 0)
		i++;
	for (last = i; i < e->all.n && out->n - start < IQ_LIMIT_PAGE && !out->failed; i++) {
		write_institution(e, &e->all.a[i]);
		last = i;
	}
	if (i < e->all.n)
		iq_wire_str(out, EDITION_CURSOR, e->all.a[last].id);
}

/* ---- first page: notices, statuses ----------------------------------------------------------- */

static bool has_rows(const struct edition *e, iq_num institution)
{
	const struct iq_matrix *m = &e->all.matrix;

	for (size_t i = 0; i < m->ncolumns; i++) {
		if (m->column[i].institution == institution)
			return true;
	}
	return false;
}

/* Valid on the day, and for all or a part of the region; of one institution: for its rows. */
static bool touches(
	const struct edition *e, const struct iq_reach_map *reach, const struct iq_notice *n)
{
	if (e->v->at < n->from || e->v->at > n->to)
		return false;
	if (n->region != IQ_NONE && !iq_reach_has(reach, n->region))
		return false;
	return n->institution == IQ_NONE || has_rows(e, n->institution);
}

static enum iq_err write_notices(struct edition *e)
{
	const struct iq_vocab *v = e->rq->vocab;
	struct iq_reach_map reach;
	enum iq_err err = iq_views_done(
		e->v, iq_reach_init(&reach, &e->v->view, e->v->region, true, e->rq->arena));

	if (err != IQ_OK)
		return err;
	for (size_t i = 0; i < v->nnotices; i++) {
		if (touches(e, &reach, &v->notices[i]))
			write_open(e, EDITION_NOTICES, IQ_NOTICE, v->notices[i].num);
	}
	return IQ_OK;
}

static void write_statuses(struct edition *e)
{
	const struct iq_tree *t = &e->rq->vocab->status;

	for (iq_num pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++)
		write_open(e, EDITION_STATUSES, IQ_STATUS, t->at[pre]);
}

/* ---- the operation --------------------------------------------------------------------------- */

enum iq_err iq_op_edition(struct iq_req *rq)
{
	struct edition *e = iq_arena_zalloc(rq->arena, sizeof(*e));

	if (e == NULL)
		return iq_req_finish(rq);
	e->rq = rq;
	enum iq_err err = read_request(e);

	if (err == IQ_OK)
		err = find_institutions(e);
	if (err != IQ_OK)
		return err;
	iq_wire_uint(rq->out, EDITION_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_views_id(e->v, EDITION_REGION, IQ_REGION, e->v->region);
	iq_wire_str(rq->out, EDITION_EDITION, iq_str(iq_edition_names[e->audience.edition]));
	iq_views_date(e->v, EDITION_AT, e->v->at);
	write_institutions(e);
	if (e->after.n == 0) {
		err = write_notices(e);
		if (err != IQ_OK)
			return err;
		write_statuses(e);
		iq_edition_circle(rq, &e->audience, e->v->at, &e->v->labels);
		iq_wire_uint(rq->out, EDITION_TOTAL, e->all.n);
	}
	iq_wire_uint(rq->out, EDITION_WITHHELD, rq->nwithheld);
	if (rq->because != NULL)
		iq_wire_str(rq->out, EDITION_BECAUSE, iq_str(rq->because));
	return iq_views_finish(e->v);
}
