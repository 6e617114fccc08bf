/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"
#include "op.h"

const char *iq_req_cstr(struct iq_req *rq, struct iq_str s)
{
	const char *c = iq_arena_cstr(rq->arena, s);

	return c ? c : "";
}

void iq_req_copy(struct iq_req *rq, const void *p, size_t n)
{
	iq_buf_add(rq->out, p, n);
	iq_notes_copied(rq->notes, rq->out, p, n);
}

void iq_req_item(struct iq_req *rq, uint32_t field, struct iq_str s)
{
	iq_wire_item(rq->out, field, s);
	iq_notes_copied(rq->notes, rq->out, s.p, s.n);
}

enum iq_err iq_req_terms(struct iq_req *rq, enum iq_kind kind, struct iq_str term, bool english,
	struct iq_resolved *out)
{
	struct iq_names names;
	enum iq_err err;

	/* An id decides before anything else and needs no folding. */
	if (iq_slug_valid(term)) {
		out->num[0] = iq_req_find(rq, kind, term);
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
			iq_error_add_candidate(
				rq->error, &(struct iq_candidate){.kind = IQ_STR("kind"),
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

/* The purposes of access.md, unless the operator has configured others. */
static const char default_reasons[] = "referral case-question workshop correction";

static struct iq_str reason_list(const struct iq_req *rq)
{
	const char *list = rq->svc->reasons;

	return iq_str(list != NULL && *list != '\0' ? list : default_reasons);
}

/* The next code of a list; false at its end. */
static bool next_reason(struct iq_str *list, struct iq_str *code)
{
	while (list->n > 0) {
		if (iq_str_cut(list, ' ', code) && code->n > 0)
			return true;
	}
	return false;
}

/* For sentences: "referral, case-question". */
static const char *reasons_text(struct iq_req *rq)
{
	struct iq_str list = reason_list(rq), code;
	const char *text = "";

	while (text != NULL && next_reason(&list, &code))
		text = iq_arena_printf(
			rq->arena, "%s%s%.*s", text, *text ? ", " : "", IQ_STR_ARG(code));
	return text ? text : "";
}

enum iq_err iq_req_reason(struct iq_req *rq, struct iq_str reason, bool *given)
{
	struct iq_str list = reason_list(rq), code;

	*given = reason.n > 0;
	if (reason.n == 0)
		return IQ_OK;
	while (next_reason(&list, &code)) {
		if (!iq_str_eq(code, reason))
			continue;
		rq->purpose = code;
		iq_notes_spoil(rq->notes);
		return IQ_OK;
	}
	*given = false;
	enum iq_err err = iq_error_set(rq->error, IQ_ERR_USAGE,
		N_("“{0}” is not one of the reasons for seeing contact details."),
		N_("Use --reason with one of: {1}."), iq_req_cstr(rq, reason), reasons_text(rq),
		NULL);

	list = reason_list(rq);
	while (next_reason(&list, &code))
		iq_error_add_candidate(rq->error, &(struct iq_candidate){.kind = IQ_STR("reason"),
							  .term = reason,
							  .id = code,
							  .name = code});
	return err;
}

enum iq_err iq_req_reason_missing(struct iq_req *rq)
{
	return iq_error_set(rq->error, IQ_ERR_USAGE,
		N_("A reason is needed to see contact details that are not public."),
		N_("Use --reason with one of: {0}."), reasons_text(rq), NULL);
}

enum iq_err iq_req_bulk(struct iq_req *rq)
{
	if (iq_decide(rq->principal, IQ_ACTION_BULK, NULL, rq->vocab, rq->today))
		return IQ_OK;
	return iq_error_set(rq->error, IQ_ERR_DENIED,
		N_("Only coordinators, editors and curators get contact details in bulk."),
		N_("Without --reason you get what is open; one person: iqq contact ID --reason "
		   "CODE"),
		NULL);
}

/* From this many on, a set finds them. */
enum { OWED_FEW = 16 };

static bool owed_already(struct iq_req *rq, iq_num contact)
{
	if (contact == IQ_NONE)
		return false;
	if (rq->owed_seen != NULL)
		return iq_num_set_has(rq->owed_seen, contact);
	for (size_t i = 0; i < rq->nowed; i++) {
		if (rq->owed[i].contact == contact)
			return true;
	}
	return false;
}

static bool owed_room(struct iq_req *rq)
{
	if (rq->nowed == OWED_FEW && rq->owed_seen == NULL) {
		rq->owed_seen = iq_num_set_new(rq->arena);
		for (size_t i = 0; i < rq->nowed; i++)
			iq_num_set_add(rq->owed_seen, rq->owed[i].contact);
	}
	if (rq->nowed < rq->cap_owed)
		return true;
	size_t cap = rq->cap_owed ? 2 * rq->cap_owed : OWED_FEW;
	struct iq_owed *owed = iq_arena_grow(
		rq->arena, rq->owed, rq->cap_owed * sizeof(*owed), cap * sizeof(*owed));

	if (owed == NULL)
		return false;
	rq->owed = owed;
	rq->cap_owed = cap;
	return true;
}

bool iq_req_owe(
	struct iq_req *rq, enum iq_audit_event event, iq_num contact, enum iq_visibility visibility)
{
	iq_notes_spoil(rq->notes);
	if (rq->sealed || rq->svc->audit == NULL)
		return false;
	if (owed_already(rq, contact))
		return true;
	if (!owed_room(rq))
		return false;
	rq->owed[rq->nowed++] = (struct iq_owed){event, contact, visibility};
	if (rq->owed_seen != NULL)
		iq_num_set_add(rq->owed_seen, contact);
	return true;
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
		iq_error_add_candidate(rq->error, &(struct iq_candidate){.kind = iq_str(kind),
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

void iq_chain_read(struct iq_txn *t, iq_num institution, struct iq_chain *c)
{
	struct iq_image image;

	c->n = 0;
	c->region = IQ_NONE;
	c->workshops_read = false;
	for (iq_num at = institution; at != IQ_NONE && c->n <= IQ_LIMIT_TREE_DEPTH;) {
		if (!iq_image_get(t, IQ_INSTITUTION, at, &image))
			break;
		struct iq_str open = image.segment[IQ_SEGMENT_OPEN];
		struct iq_str parent = iq_image_field(open, IQ_INSTITUTION_PARENT + 1);
		struct iq_str seat = iq_image_field(open, IQ_INSTITUTION_REGION + 1);

		if (c->n == 0 && seat.n > 0)
			c->region = iq_id_find(t, IQ_REGION, seat);
		c->owner[c->n++] = at;
		at = parent.n ? iq_id_find(t, IQ_INSTITUTION, parent) : IQ_NONE;
	}
}

const struct iq_chain *iq_req_chain(struct iq_req *rq, iq_num institution)
{
	static const struct iq_chain none;

	if (rq->chain == NULL)
		rq->chain = iq_arena_zalloc(rq->arena, sizeof(*rq->chain));
	if (rq->chain == NULL)
		return &none;
	if (rq->chain->n == 0 || rq->chain->owner[0] != institution)
		iq_chain_read(rq->txn, institution, rq->chain);
	return rq->chain;
}

struct below {
	struct iq_req *rq;
	struct iq_num_set *set;
	iq_num parent;
};

static bool below_one(void *arg, enum iq_kind from, iq_num num)
{
	struct below *b = arg;
	struct iq_image image;

	if (from != IQ_INSTITUTION || !iq_image_get(b->rq->txn, from, num, &image))
		return true;
	struct iq_str parent =
		iq_image_field(image.segment[IQ_SEGMENT_OPEN], IQ_INSTITUTION_PARENT + 1);

	if (iq_id_find(b->rq->txn, IQ_INSTITUTION, parent) == b->parent)
		iq_num_set_add(b->set, num);
	return true;
}

struct iq_num_set *iq_req_institutions(struct iq_req *rq, iq_num root)
{
	struct below b = {.rq = rq, .set = iq_num_set_new(rq->arena)};

	iq_num_set_add(b.set, root);
	for (size_t i = 0; i < iq_num_set_size(b.set); i++) {
		b.parent = (iq_num)iq_num_set_at(b.set, i);
		iq_each_ref(rq->txn, IQ_INSTITUTION, b.parent, below_one, &b);
	}
	return b.set;
}

/* ---- sets of numbers ----------------------------------------------------------------------- */

struct iq_num_set {
	struct iq_arena *arena;
	uint32_t *slot; /* position in `list` + 1; 0: empty */
	uint64_t *list;
	size_t n, cap; /* cap of slots: a power of two; of the list: half of it */
};

enum { SET_FIRST = 64 };

static bool set_alloc(struct iq_num_set *s, size_t cap)
{
	uint32_t *slot = iq_arena_array(s->arena, cap, sizeof(*slot));
	uint64_t *list = iq_arena_grow(
		s->arena, s->list, s->cap / 2 * sizeof(*list), cap / 2 * sizeof(*list));

	if (slot == NULL || list == NULL)
		return false;
	s->slot = slot;
	s->list = list;
	s->cap = cap;
	return true;
}

struct iq_num_set *iq_num_set_new(struct iq_arena *a)
{
	struct iq_num_set *s = iq_arena_zalloc(a, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->arena = a;
	return set_alloc(s, SET_FIRST) ? s : NULL;
}

static size_t slot_of(const struct iq_num_set *s, uint64_t v)
{
	uint64_t h = (v + 1) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 32) & (s->cap - 1);

	while (s->slot[i] != 0 && s->list[s->slot[i] - 1] != v)
		i = (i + 1) & (s->cap - 1);
	return i;
}

bool iq_num_set_add(struct iq_num_set *s, uint64_t v)
{
	if (s == NULL)
		return false;
	size_t i = slot_of(s, v);

	if (s->slot[i] != 0)
		return false;
	if (2 * s->n >= s->cap) {
		if (!set_alloc(s, 2 * s->cap))
			return false;
		for (size_t k = 0; k < s->n; k++)
			s->slot[slot_of(s, s->list[k])] = (uint32_t)k + 1;
		i = slot_of(s, v);
	}
	s->list[s->n++] = v;
	s->slot[i] = (uint32_t)s->n;
	return true;
}

bool iq_num_set_has(const struct iq_num_set *s, uint64_t v)
{
	return s != NULL && s->slot[slot_of(s, v)] != 0;
}

size_t iq_num_set_size(const struct iq_num_set *s)
{
	return s ? s->n : 0;
}

uint64_t iq_num_set_at(const struct iq_num_set *s, size_t i)
{
	return s->list[i];
}

enum iq_err iq_req_unsupported(struct iq_req *rq)
{
	return iq_error_set(rq->error, IQ_ERR_UNSUPPORTED,
		N_("This server does not know this operation."),
		N_("Use an iqq of the server's version."), NULL);
}
