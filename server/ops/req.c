/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"
#include "op.h"

const char *iq_req_cstr(struct iq_req *rq, struct iq_str s)
{
	const char *c = iq_arena_cstr(rq->arena, s);

	return c ? c : "";
}

enum iq_err iq_req_terms(struct iq_req *rq, enum iq_kind kind, struct iq_str term, bool english,
	struct iq_resolved *out)
{
	struct iq_names names;
	enum iq_err err;

	/* An id decides before anything else and needs no folding. */
	if (iq_slug_valid(term)) {
		out->num[0] = iq_id_find(rq->txn, kind, term);
		if (out->num[0] != IQ_NONE) {
			out->stage = IQ_STAGE_ID;
			out->n = 1;
			return IQ_OK;
		}
	}
	iq_txn_names(rq->txn, rq->vocab, english, rq->arena, &names);
	err = iq_term_resolve(&names, kind, term, rq->arena, out, rq->error);
	return err;
}

enum iq_err iq_req_term(
	struct iq_req *rq, enum iq_kind kind, struct iq_str term, bool english, iq_num *out)
{
	struct iq_resolved r;
	enum iq_err err = iq_req_terms(rq, kind, term, english, &r);

	if (err != IQ_OK)
		return err;
	if (r.n == 1) {
		*out = r.num[0];
		return IQ_OK;
	}
	err = iq_error_set(rq->error, IQ_ERR_AMBIGUOUS, N_("“{0}” can mean several things."),
		N_("Say which one by its id."), iq_req_cstr(rq, term), NULL);
	for (size_t i = 0; i < r.n && i < IQ_TERM_MATCHES; i++) {
		struct iq_candidate c = {.kind = iq_str(iq_schemas[kind].name),
			.term = term,
			.id = iq_id_of(rq->txn, kind, r.num[i])};

		if (kind == IQ_REGION)
			c.name = rq->vocab->region_label[r.num[i]].name[english];
		iq_error_add_candidate(rq->error, &c);
	}
	return err;
}

enum iq_err iq_req_kind(struct iq_req *rq, struct iq_str name, enum iq_kind *out)
{
	*out = iq_kind_by_name(name);
	if (*out != IQ_KINDS)
		return IQ_OK;
	enum iq_err err = iq_error_set(rq->error, IQ_ERR_USAGE,
		N_("There is no kind of record called “{0}”."),
		N_("Kinds: region, postcode, task, status, fact, kind, institution, contact, "
		   "responsibility, notice, handover."),
		iq_req_cstr(rq, name), NULL);

	for (int k = 0; k < IQ_KINDS; k++) {
		struct iq_str other = iq_str(iq_schemas[k].name);

		if (iq_fold_distance(other, name, 2) <= 2)
			iq_error_add_candidate(rq->error,
				&(struct iq_candidate){.kind = IQ_STR("kind"),
					.term = name,
					.id = other,
					.name = other});
	}
	return err;
}

enum iq_err iq_req_finish(struct iq_req *rq)
{
	if (rq->error->code != IQ_OK)
		return rq->error->code;
	if (rq->txn != NULL && iq_txn_error(rq->txn, NULL) != IQ_OK)
		return iq_error_set(rq->error, IQ_ERR_INTERNAL,
			N_("The directory could not be read on the server."),
			N_("Ask the operator to run: iqd check"), NULL);
	if (rq->arena->failed || (rq->out != NULL && rq->out->failed))
		return iq_error_set(rq->error, IQ_ERR_BUSY,
			N_("The answer is too long for the server to send at once."),
			N_("Narrow the question, or use --limit."), NULL);
	return IQ_OK;
}

/* The purposes of access.md; a configurable list comes with the operator's configuration. */
static const char *const reasons[] = {"referral", "case-question", "workshop", "correction", NULL};

enum iq_err iq_req_reason(struct iq_req *rq, struct iq_str reason, bool *given)
{
	*given = reason.n > 0;
	if (reason.n == 0 || iq_choice(reasons, reason) >= 0)
		return IQ_OK;
	enum iq_err err = iq_error_set(rq->error, IQ_ERR_USAGE,
		N_("“{0}” is not one of the reasons for seeing contact details."),
		N_("Use --reason with one of: referral, case-question, workshop, correction."),
		iq_req_cstr(rq, reason), NULL);

	for (size_t i = 0; reasons[i] != NULL; i++)
		iq_error_add_candidate(rq->error,
			&(struct iq_candidate){.kind = IQ_STR("reason"),
				.term = reason,
				.id = iq_str(reasons[i]),
				.name = iq_str(reasons[i])});
	return err;
}

enum iq_err iq_req_reason_missing(struct iq_req *rq)
{
	return iq_error_set(rq->error, IQ_ERR_USAGE,
		N_("A reason is needed to see contact details that are not public."),
		N_("Use --reason with one of: referral, case-question, workshop, correction."),
		NULL);
}

enum iq_err iq_req_problem(
	struct iq_req *rq, const struct iq_problem *p, const char *kind, const char *hint)
{
	const char *args[IQ_ERROR_ARGS + 1] = {NULL};

	for (size_t i = 0; i < p->nargs && i < IQ_ERROR_ARGS; i++)
		args[i] = iq_req_cstr(rq, p->args[i]);
	enum iq_err err = iq_error_set(rq->error, IQ_ERR_USAGE,
		p->text ? p->text : N_("This value is not valid."), hint, args[0], args[1], args[2],
		args[3], NULL);

	if (p->nearest.n > 0)
		iq_error_add_candidate(rq->error,
			&(struct iq_candidate){.kind = iq_str(kind),
				.term = p->value,
				.id = p->nearest,
				.name = p->nearest});
	return err;
}

/* ---- institutions -------------------------------------------------------------------------- */

struct iq_str iq_image_field(struct iq_str bytes, uint32_t field)
{
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&bytes, &f, &bad)) {
		if (f.field == field && f.type == IQ_WIRE_LEN)
			return f.bytes;
	}
	return (struct iq_str){NULL, 0};
}

const struct iq_chain *iq_req_chain(struct iq_req *rq, iq_num institution)
{
	static const struct iq_chain none;
	struct iq_chain *c = rq->chain;
	struct iq_image image;

	if (c == NULL) {
		c = rq->chain = iq_arena_zalloc(rq->arena, sizeof(*c));
		if (c == NULL)
			return &none;
	}
	if (c->n > 0 && c->owner[0] == institution)
		return c;
	c->n = 0;
	c->region = IQ_NONE;
	for (iq_num at = institution; at != IQ_NONE && c->n <= IQ_LIMIT_TREE_DEPTH;) {
		if (!iq_image_get(rq->txn, IQ_INSTITUTION, at, &image))
			break;
		struct iq_str open = image.segment[IQ_SEGMENT_OPEN];
		struct iq_str parent = iq_image_field(open, IQ_INSTITUTION_PARENT + 1);

		if (c->n == 0)
			c->region = iq_id_find(rq->txn, IQ_REGION,
				iq_image_field(open, IQ_INSTITUTION_REGION + 1));
		c->owner[c->n++] = at;
		at = parent.n ? iq_id_find(rq->txn, IQ_INSTITUTION, parent) : IQ_NONE;
	}
	return c;
}

struct below {
	struct iq_req *rq;
	struct iq_num_set *set;
	iq_num parent;
	iq_num *todo;
	size_t n, cap;
};

static bool below_one(void *arg, enum iq_kind from, iq_num num)
{
	struct below *b = arg;
	struct iq_image image;

	if (from != IQ_INSTITUTION || !iq_image_get(b->rq->txn, from, num, &image))
		return true;
	struct iq_str parent =
		iq_image_field(image.segment[IQ_SEGMENT_OPEN], IQ_INSTITUTION_PARENT + 1);

	if (iq_id_find(b->rq->txn, IQ_INSTITUTION, parent) != b->parent ||
		!iq_num_set_add(b->set, num))
		return true;
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 16;
		iq_num *p = iq_arena_grow(b->rq->arena, b->todo, b->cap * sizeof(*p),
			cap * sizeof(*p));

		if (p == NULL)
			return false;
		b->todo = p;
		b->cap = cap;
	}
	b->todo[b->n++] = num;
	return true;
}

struct iq_num_set *iq_req_institutions(struct iq_req *rq, iq_num root)
{
	struct below b = {.rq = rq, .set = iq_num_set_new(rq->arena), .parent = root};

	iq_num_set_add(b.set, root);
	for (size_t i = 0;; i++) {
		iq_each_ref(rq->txn, IQ_INSTITUTION, b.parent, below_one, &b);
		if (i >= b.n)
			break;
		b.parent = b.todo[i];
	}
	return b.set;
}

/* ---- sets of numbers ----------------------------------------------------------------------- */

struct iq_num_set {
	struct iq_arena *arena;
	uint64_t *slot; /* value + 1; 0: empty */
	size_t n, cap;  /* cap: a power of two */
};

struct iq_num_set *iq_num_set_new(struct iq_arena *a)
{
	struct iq_num_set *s = iq_arena_zalloc(a, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->arena = a;
	s->cap = 32;
	s->slot = iq_arena_zalloc(a, s->cap * sizeof(*s->slot));
	return s->slot ? s : NULL;
}

static size_t slot_of(const struct iq_num_set *s, uint64_t v)
{
	uint64_t h = (v + 1) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 32) & (s->cap - 1);

	while (s->slot[i] != 0 && s->slot[i] != v + 1)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static bool set_grow(struct iq_num_set *s)
{
	struct iq_num_set old = *s;
	uint64_t *slot = iq_arena_array(s->arena, 2 * s->cap, sizeof(*slot));

	if (slot == NULL)
		return false;
	s->slot = slot;
	s->cap *= 2;
	for (size_t i = 0; i < old.cap; i++) {
		if (old.slot[i] != 0)
			s->slot[slot_of(s, old.slot[i] - 1)] = old.slot[i];
	}
	return true;
}

bool iq_num_set_add(struct iq_num_set *s, uint64_t v)
{
	if (s == NULL)
		return false;
	size_t i = slot_of(s, v);

	if (s->slot[i] != 0)
		return false;
	if (2 * s->n >= s->cap) {
		if (!set_grow(s))
			return false;
		i = slot_of(s, v);
	}
	s->slot[i] = v + 1;
	s->n++;
	return true;
}

bool iq_num_set_has(const struct iq_num_set *s, uint64_t v)
{
	return s != NULL && s->slot[slot_of(s, v)] != 0;
}
