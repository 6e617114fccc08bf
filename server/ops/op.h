/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_OP_H
#define IQ_OPS_OP_H

/* What the handlers share among themselves. */

#include "bounds.h"
#include "circle.h"
#include "codec.h"
#include "ops.h"

/* ---- terms --------------------------------------------------------------------------------- */

/* Resolves a term; several matches only for a postcode (regions). Errors go to rq->error. */
enum iq_err iq_req_terms(struct iq_req *rq, enum iq_kind kind, struct iq_str term, bool english,
	struct iq_resolved *out);
/* The same, one record only. */
enum iq_err iq_req_term(
	struct iq_req *rq, enum iq_kind kind, struct iq_str term, bool english, iq_num *out);
/* Number of the record with this id; record images. As the store's, but remembered. */
iq_num iq_req_find(struct iq_req *rq, enum iq_kind kind, struct iq_str id);
bool iq_req_image(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_image *out);
/* A region's, task's or status's label as it stands in answers, from the length on; empty: not
 * made yet. And keeping one. */
struct iq_str iq_memo_label(struct iq_memo *m, enum iq_kind kind, iq_num num, bool english);
void iq_memo_keep_label(
	struct iq_memo *m, enum iq_kind kind, iq_num num, bool english, struct iq_str bytes);
/*
 * Appends bytes of the snapshot or its vocabulary, as they are or as a field: an answer that is
 * kept refers to them.
 */
void iq_req_copy(struct iq_req *rq, const void *p, size_t n);
void iq_req_item(struct iq_req *rq, uint32_t field, struct iq_str s);
/* The kind of this name, or usage error. */
enum iq_err iq_req_kind(struct iq_req *rq, struct iq_str name, enum iq_kind *out);
/* Text as an argument of iq_error_set(). */
const char *iq_req_cstr(struct iq_req *rq, struct iq_str s);
/* IQ_OK, or busy and internal after a failed buffer, arena or transaction. */
enum iq_err iq_req_finish(struct iq_req *rq);
/* A reason of the list is given: *given, and it becomes the purpose. Usage error for one that is
 * not on it. */
enum iq_err iq_req_reason(struct iq_req *rq, struct iq_str reason, bool *given);
enum iq_err iq_req_reason_missing(struct iq_req *rq);
/* Denied unless the caller may get contact details in bulk: list, export, reports. */
enum iq_err iq_req_bulk(struct iq_req *rq);
/*
 * Notes what the audit must hold before the answer leaves; each contact once. False: it cannot be
 * recorded (no audit, sealed, no memory) and must not be in the answer.
 */
bool iq_req_owe(struct iq_req *rq, enum iq_audit_event event, iq_num contact,
	enum iq_visibility visibility);
enum iq_err iq_req_unsupported(struct iq_req *rq);
/* Sets a usage error from what a parser of the domain said about a value. */
enum iq_err iq_req_problem(
	struct iq_req *rq, const struct iq_problem *p, const char *kind, const char *hint);

/* ---- institutions -------------------------------------------------------------------------- */

struct iq_chain {
	iq_num owner[IQ_LIMIT_TREE_DEPTH + 1]; /* the institution, then its ancestors */
	size_t n;
	iq_num region; /* seat */
	/* in which the institution takes part; read when first asked for */
	const iq_num *workshops;
	size_t nworkshops;
	bool workshops_read;
};
void iq_chain_read(struct iq_txn *t, iq_num institution, struct iq_chain *out);
/* Valid until the next call. Never NULL; n == 0: no such institution. */
const struct iq_chain *iq_req_chain(struct iq_req *rq, iq_num institution);
/* The institution and everything below it. */
struct iq_num_set;
struct iq_num_set *iq_req_institutions(struct iq_req *rq, iq_num root);

/* ---- pages --------------------------------------------------------------------------------- */

/* Records in order of kind and id, as many as fit into one answer. */
struct iq_page {
	struct iq_req *rq;
	uint32_t field; /* of the records in the response */
	uint64_t limit; /* records */
	bool count;     /* go on counting when the page is full */
	uint64_t written, total;
	bool full, more;
	enum iq_kind last_kind; /* of the last record written */
	struct iq_str last;
	/* May the record be in the answer at all? NULL: yes. */
	bool (*wanted)(void *arg, const struct iq_image *image);
	/* The same for what the caller may see of it: fields of the record message. */
	bool (*still)(void *arg, struct iq_str fields);
	void *arg;
	size_t start;        /* rq->out->n at the beginning */
	struct iq_buf probe; /* records that are only counted; freed by the caller */
};
/* False: nothing more is needed. */
bool iq_page_add(struct iq_page *p, enum iq_kind kind, struct iq_str id, iq_num num);
/* The cursor for the next page: empty at the end. */
void iq_page_write_cursor(struct iq_page *p, uint32_t field);
/* Where to go on. Usage error for a cursor that is none. */
enum iq_err iq_page_read_cursor(
	struct iq_req *rq, ProtobufCBinaryData cursor, enum iq_kind *kind, struct iq_str *after);

/* What a scope of region or institution selects; other kinds belong to everybody. */
enum {
	IQ_SCOPED =
		1u << IQ_INSTITUTION | 1u << IQ_CONTACT | 1u << IQ_RESPONSIBILITY | 1u << IQ_NOTICE
};
/* Institution (owner, or the record itself) and region of a record of these kinds. */
void iq_req_scope_of(
	struct iq_req *rq, const struct iq_image *image, iq_num *institution, iq_num *region);

/* ---- sets of numbers ----------------------------------------------------------------------- */

/* In an arena; NULL-safe: a set that could not be made is empty. */
struct iq_num_set *iq_num_set_new(struct iq_arena *a);
/* False: it was there (or no memory). */
bool iq_num_set_add(struct iq_num_set *s, uint64_t v);
bool iq_num_set_has(const struct iq_num_set *s, uint64_t v);
/* In order of arrival. */
size_t iq_num_set_size(const struct iq_num_set *s);
uint64_t iq_num_set_at(const struct iq_num_set *s, size_t i);

/* ---- parts of answers ---------------------------------------------------------------------- */

/* Display names that an answer needs, each once. */
struct iq_labels {
	struct iq_req *rq;
	struct iq_num_set *seen; /* kind << 32 | number */
	uint32_t field;
	bool english;
	bool both; /* English as a second name; set after iq_labels_init() */
};
void iq_labels_init(struct iq_labels *l, struct iq_req *rq, uint32_t field, bool english);
/* kind: region, task, status, institution, kind; fact: the position in vocab->facts + 1; contact:
 * by name as far as it may leave, which is owed then, else by function. */
void iq_labels_add(struct iq_labels *l, enum iq_kind kind, iq_num num);
/* The statuses of an entry: 16 bit little-endian numbers. */
void iq_labels_statuses(struct iq_labels *l, const uint8_t *statuses, uint32_t n);
/* The facts that a condition names. */
void iq_labels_condition(struct iq_labels *l, struct iq_str condition);
void iq_labels_write(struct iq_labels *l);

/* Ids of facts, and their labels. */
void iq_write_facts(struct iq_labels *l, uint32_t field, const struct iq_fact_list *list);
/* The dimensions and facts that a near miss fails in. */
void iq_write_because(struct iq_labels *l, uint32_t field, const struct iq_row *row);
/* A near miss as a sub-message. */
void iq_write_near_miss(struct iq_labels *l, uint32_t field, const struct iq_row *row);

/* The institution as a sub-message, with phone and email of its nearest ancestor if it has
 * neither; returns that ancestor or IQ_NONE. */
iq_num iq_write_institution(struct iq_req *rq, uint32_t field, const struct iq_image *image);
/* Text of a field of a record image; empty if unset. */
struct iq_str iq_image_field(struct iq_str bytes, uint32_t field);

/* ---- contacts ------------------------------------------------------------------------------ */

struct iq_contact_view {
	struct iq_image image;
	iq_num num;
	struct iq_str institution; /* id */
	enum iq_visibility visibility;
	int32_t from, to;
};
bool iq_contact_read(struct iq_req *rq, iq_num num, struct iq_contact_view *out);
/* The same of an image at hand, of any time. False: damaged. */
bool iq_contact_view_of(const struct iq_image *image, struct iq_contact_view *out);
/* What the contact's being attached to a valid responsibility in this region opens; IQ_NONE or the
 * institution's seat for one that is attached to none. Editors' rights are not asked. */
enum iq_disclosure iq_contact_level_in(
	struct iq_req *rq, const struct iq_contact_view *c, iq_num region);
/* The regions of responsibilities decide about what the caller sees: only for some roles. */
bool iq_contact_regions(const struct iq_req *rq);
/* A responsibility is valid on this day. */
bool iq_duty_valid(const struct iq_image *duty, int32_t day);
/* How much the caller may see; stops looking once `want` is reached. */
enum iq_disclosure iq_contact_level(
	struct iq_req *rq, const struct iq_contact_view *c, enum iq_disclosure want);
/* The caller is an editor of the contact's institution: needs no reason. */
bool iq_contact_editor(struct iq_req *rq, const struct iq_contact_view *c);
/*
 * The strictest class of what was in force after revision `since` (0: ever), the record of now
 * included. Nothing on record: the narrowest class.
 */
enum iq_visibility iq_contact_strictest(struct iq_req *rq, iq_num contact, uint64_t since);
/* The strictest class on that day or after. */
enum iq_visibility iq_contact_strictest_on(struct iq_req *rq, iq_num contact, int32_t at);
/* May the caller know that there is this contact? since: as above; UINT64_MAX: as of now. */
bool iq_contact_known(struct iq_req *rq, struct iq_str id, uint64_t since);
/* A reason is all that is missing to see the contact in full. */
bool iq_disclose_reason(struct iq_req *rq, iq_num contact);
/* May it be found by its name? leaves: it is written into the answer, and owed to the audit. */
bool iq_search_contact(struct iq_req *rq, iq_num contact, bool leaves);
/* How much of a former state of a contact may be seen: by who had it then and has it now. */
enum iq_disclosure iq_contact_past_level(struct iq_req *rq, const struct iq_image *image);
/* As iq_disclose_record(), to decide about a record that does not leave: nothing is owed. */
bool iq_disclose_peek(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_buf *out);
/*
 * As iq_disclose_record() for a superseded image: with today's rights and the strictest class since
 * then. If the contact still is, the institution it has now must let the caller in as well.
 */
bool iq_disclose_past(struct iq_req *rq, const struct iq_image *image, struct iq_buf *out);
/* The same to decide about it, or to tell of it later (iq_veil_owe()): nothing is owed. */
bool iq_disclose_past_peek(struct iq_req *rq, const struct iq_image *image, struct iq_buf *out);

/* The mark is in a queue that the caller works off, on a record that the caller may know of. */
bool iq_flag_readable(struct iq_req *rq, const struct iq_flag *flag);

/* ---- readers of an edition (audience.c) ----------------------------------------------------- */

enum iq_edition { IQ_EDITION_PUBLIC, IQ_EDITION_PARTNERS, IQ_EDITION_MEMBERS, IQ_EDITIONS };
extern const char *const iq_edition_names[IQ_EDITIONS + 1];

/*
 * Those for whom an edition of the interface document is printed, as a principal that is nobody:
 * partners have a reader's grant for the region; members stand for somebody in one of the region's
 * workshops as well, whichever: the paper does not say which. Do not copy: it points into itself.
 */
struct iq_audience {
	enum iq_edition edition;
	struct iq_grant grant;
	struct iq_principal readers;
};
void iq_audience_init(
	struct iq_req *rq, enum iq_edition edition, iq_num region, struct iq_audience *out);
/* How much of the contact such a reader may see. The public learns of public contacts only: on
 * paper there is nobody whom it could ask for the others. */
enum iq_disclosure iq_audience_level(
	struct iq_req *rq, const struct iq_audience *audience, const struct iq_contact_view *c);
/*
 * The workshop whose work such a reader may see, as its members do; IQ_NONE: of none, or the region
 * has several, and a member of one does not see what another works on.
 */
iq_num iq_audience_workshop(const struct iq_audience *audience);
/* Minutes and open commitments of that workshop: the fields 14 to 16 of EditionResponse. at: days
 * since 1970, the date of the document. */
void iq_edition_circle(struct iq_req *rq, const struct iq_audience *audience, int32_t at,
	struct iq_labels *labels);

/* ---- the past (past.c) ----------------------------------------------------------------------- */

/* The last revision of that day or before in Germany; today and later: the current one. 0: none. */
uint64_t iq_past_revision(struct iq_req *rq, int32_t day);
/* The day a revision was made in Germany; the current one: today; IQ_DATE_MIN: before all. */
int32_t iq_past_day(struct iq_req *rq, uint64_t revision);
/* A record that is no more, from its last image: the caller could have changed it. */
bool iq_past_may(struct iq_req *rq, const struct iq_image *last);
/*
 * The record as it was at the end of that revision; *current: as it is now. False: it did not
 * exist, or is a deleted contact that is not for the caller. What it shows is iq_past_disclose()'s.
 */
bool iq_past_image(struct iq_req *rq, enum iq_kind kind, iq_num num, uint64_t revision,
	struct iq_image *out, bool *current);
/* Appends the body of a Record message; false: hidden. leaves: `out` is the answer. */
bool iq_past_disclose(struct iq_req *rq, const struct iq_image *image, bool current, bool leaves,
	struct iq_buf *out);

/* ---- writing ------------------------------------------------------------------------------- */

/* Who may change what, decided in the writer's transaction. */
struct iq_right {
	struct iq_op_job *job;
	struct iq_txn *txn;
	const struct iq_vocab *vocab;
	struct iq_principal principal; /* who asked, even if a second person approved it later */
	struct iq_str approved_by;     /* that person; empty: nobody has, or nobody needs to */
	struct iq_num_set *hidden;  /* contacts that were hidden before the change; may be NULL */
	const struct iq_plan *plan; /* an import: what it is about to create; NULL: nothing */
};
/* What writing a record as it is asks for: any of the actions, over the target. */
struct iq_asked {
	enum iq_action action[2];
	size_t n;
	struct iq_chain chain; /* the target's owners lie here: do not copy */
	struct iq_target target;
};
/* plan: NULL but for imports. */
void iq_right_asked(struct iq_txn *t, const struct iq_plan *plan, const struct iq_rec *rec,
	struct iq_asked *out);
/* Number of the record, stored or planned. */
iq_num iq_plan_ref(
	struct iq_txn *t, const struct iq_plan *plan, enum iq_kind kind, struct iq_str id);
/* NULL: not planned. */
const struct iq_planned *iq_plan_get(const struct iq_plan *plan, enum iq_kind kind, iq_num num);
/* As iq_chain_read(), planned institutions included. */
void iq_plan_chain(
	struct iq_txn *t, const struct iq_plan *plan, iq_num institution, struct iq_chain *out);
bool iq_asked_allowed(const struct iq_principal *p, const struct iq_asked *asked,
	const struct iq_vocab *vocab, int32_t today);
/* "valid", "future", "ended", "revoked" */
const char *iq_grant_state(const struct iq_grant_rec *r, int32_t today);
/* Writes a Grant message as `field`. */
void iq_write_grant(struct iq_req *rq, struct iq_buf *out, uint32_t field, struct iq_str principal,
	const struct iq_grant_rec *r);

/* The certificate the job came with is still the principal's. */
bool iq_right_certificate(const struct iq_op_job *job, struct iq_txn *t, struct iq_str id);
/* Loads the principal as it is now: grants and certificates act at once. */
enum iq_err iq_right_load(
	struct iq_right *r, struct iq_op_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab);
/* The same over a snapshot, for reading: `job` is filled as far as rights look at it. The caller
 * frees its arena, and resets it in between. */
void iq_right_of_request(struct iq_right *r, struct iq_req *rq, struct iq_op_job *job);
/* A record as given (partial or complete); what is stored under its id counts as well. */
enum iq_err iq_right_put(struct iq_right *r, const struct iq_rec *rec);
/* The caller belongs to it, or to one below: by moving it the caller would give itself a place from
 * which to see other contacts, so somebody else must. */
bool iq_right_belongs(const struct iq_right *r, iq_num institution);
/* A stored record as a whole: delete, merge. */
enum iq_err iq_right_whole(struct iq_right *r, enum iq_kind kind, struct iq_str id);
/* May everything: its imports need no decision per row. */
bool iq_right_all(struct iq_right *r);

/* May the principal do this to what belongs to the institution (IQ_NONE: nobody) and lies in the
 * region? owners_of: whose chain of owners counts, for what has no owner yet. */
bool iq_right_may(struct iq_right *r, enum iq_action action, iq_num institution, iq_num owners_of,
	iq_num region);
/* The same for any principal. */
bool iq_right_of(struct iq_right *r, const struct iq_principal *p, enum iq_action action,
	iq_num institution, iq_num region);

/* As iq_right_put() for a record that must be new: what is stored under its id is not looked at. */
enum iq_err iq_right_add(struct iq_right *r, const struct iq_rec *rec);

/* ---- what workshops work on (circle.c) --------------------------------------------------------
 */

/* What the caller is to a workshop; remembered for the request. */
const struct iq_circle *iq_req_circle(struct iq_req *rq, iq_num workshop);
/*
 * What the caller sees of a record of iq_kind_in_circle(), of any time: with today's rights, and no
 * more than of the record as it is, or was last. A bit per column; 0: it does not exist.
 */
uint32_t iq_circle_seen(struct iq_req *rq, const struct iq_image *image);
/* The same of this image alone: would the caller have been shown it as it was? */
bool iq_circle_shown(struct iq_req *rq, const struct iq_image *image);
/* May the caller know of this record? Contacts as iq_contact_known() of now. */
bool iq_record_known(struct iq_req *rq, enum iq_kind kind, iq_num num);
/* The region of its workshop; IQ_NONE: none. */
iq_num iq_circle_place(struct iq_txn *t, const struct iq_rec *rec);
/* Those who see what all workshops work on: for counts. */
bool iq_circle_all(struct iq_req *rq);
/* Putting a record of the circle: `now` NULL: it is new. IQ_ERR_REJECTED with problems, denied. */
enum iq_err iq_circle_put(struct iq_right *r, const struct iq_rec *now, const struct iq_rec *after);
/* Removing it as a whole. */
bool iq_circle_whole(struct iq_right *r, const struct iq_rec *now);

/* ---- what a change may tell (veil.c) -------------------------------------------------------- */

/* The caller as a reader, within the writer's transaction. Not to be kept across a write. */
struct iq_req iq_veil_reader(struct iq_right *r);
/* A refusal, or a trial, tells what is on record about a contact: the audit must hold it. */
void iq_veil_owe(struct iq_right *r, iq_num contact);
/* Before institutions are united: the hidden contacts of one stay hidden in the answer. */
void iq_veil_before(struct iq_right *r, iq_num institution);
/* The same by number: not hidden. */
bool iq_veil_sees(struct iq_right *r, iq_num contact);
/* The same for a record of any kind. */
bool iq_veil_shown(struct iq_right *r, enum iq_kind kind, iq_num num);
/* The caller may know that this contact exists. */
bool iq_veil_known(struct iq_right *r, struct iq_str contact);
/*
 * After the rights were decided: a contact that is hidden from the caller does not exist, and one
 * that cannot be seen in full cannot be changed.
 */
enum iq_err iq_veil_target(
	struct iq_right *r, enum iq_kind kind, struct iq_str id, enum iq_err decided);
/* Contacts that the record newly refers to: hidden ones will be said to be missing, those of others
 * are denied. `r` must live until the change is applied. */
enum iq_err iq_veil_references(struct iq_right *r, const struct iq_rec *rec);
/* The same for a record that comes back: whom `last` names, may stay; others must be known, too. */
enum iq_err iq_veil_attach(struct iq_right *r, const struct iq_rec *rec, const struct iq_rec *last);
/* Puts hidden contacts that the record names into the lists that the caller sets: whom one does not
 * know, one does not take away. False: no memory. */
IQ_CHECK bool iq_veil_keep(struct iq_right *r, struct iq_rec *rec);
/* Takes hidden contacts out of the references that stand in the way of a deletion. */
enum iq_err iq_veil_conflict(
	struct iq_right *r, enum iq_kind kind, struct iq_str id, enum iq_err err);
/* Takes hidden contacts out of what an answer shows. kind, id: of the record that was asked for. */
void iq_veil_diffs(struct iq_right *r, enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs);
/* Whom the change is about, for the audit; before it is applied. */
void iq_veil_note(struct iq_right *r, enum iq_kind kind, struct iq_str id);

/* ---- imports, row by row (gate.c) ----------------------------------------------------------- */

struct iq_gate {
	struct iq_op_job *owner;
	struct iq_op_job job; /* lends its arena and its error to one decision at a time */
	struct iq_right right;
	struct iq_num_set *known, *hidden; /* contacts, as they are before the import */
};
/* Makes the job ask about each row. `g` must live until the import is applied. */
void iq_gate_set(struct iq_gate *g, const struct iq_right *right);
void iq_gate_free(struct iq_gate *g);

/* ---- four eyes ----------------------------------------------------------------------------- */

/*
 * A request that needs a second person waits as an approval. Approved, its operation's prepare and
 * run see the same message again, in the name of who asked: iq_right.approved_by is set then, and
 * run must not ask again. `alone` and `settle` of the job are prepare's: settle must find out by
 * itself whether run did it or only asked.
 */
struct iq_ask {
	const char *operation;      /* "grant", "visibility", "erase" …: how it is listed */
	enum iq_action needs;       /* the right an approver needs … */
	iq_num institution, region; /* … over this; IQ_NONE: all */
	const Iq__V1__Request *msg; /* what will be carried out; NULL: the job's own */
	struct iq_str changes;      /* made by iq_change_write(); may be empty */
};
/*
 * Stores it, to wait IQ_LIMIT_APPROVAL_DAYS. *number: for the answer. Counts as the job's first
 * write. Conflict if the same already waits.
 */
IQ_CHECK enum iq_err iq_approval_ask(
	struct iq_right *r, struct iq_wtxn *w, const struct iq_ask *ask, uint64_t *number);
/* One Change message as a field. In an approval their number is IQ_APPROVAL_CHANGES. */
enum { IQ_APPROVAL_CHANGES = 8, IQ_CHANGE_COLUMN = 3, IQ_CHANGE_AFTER = 5 };
void iq_change_put(struct iq_buf *out, uint32_t field, const char *kind, struct iq_str id,
	struct iq_str column, struct iq_str before, struct iq_str after);
static inline void iq_change_write(struct iq_buf *out, const char *kind, struct iq_str id,
	const char *column, struct iq_str before, struct iq_str after)
{
	iq_change_put(out, IQ_APPROVAL_CHANGES, kind, id, iq_str(column), before, after);
}

/* A waiting request on its way to be carried out, or rejected. */
struct iq_op_approval {
	uint64_t id;
	bool reject;
	struct iq_str by;       /* who asked */
	struct iq_str approver; /* empty on the machine itself */
	struct iq_str reason;
	/* of the operation that waits */
	enum iq_err (*run)(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab);
};
/*
 * Makes the job decide on an approval: the caller then sets approval->approver, request id and
 * dry_run. The job's run checks who decides, carries out what waits and records the decision.
 */
enum iq_err iq_approval_prepare(struct iq_req *rq, struct iq_job *job, uint64_t id, bool reject);

/*
 * The contact it is about belongs to another institution than when it was asked: those who could
 * decide then have no business with it, and those who could now were not asked. The arena is
 * scratch.
 */
bool iq_approval_void(struct iq_txn *t, const struct iq_approval *a, struct iq_arena *arena);

/* Same request or another one with the same id? For job->payload_hash. */
void iq_job_payload(struct iq_req *rq, int tag, struct iq_job *job);
/* Request id, payload and what the audit says of a grant-like operation. */
enum iq_err iq_job_grant(struct iq_req *rq, struct iq_job *job, ProtobufCBinaryData request_id,
	const char *operation, const char *reason);

/* Copies a request id; usage error if it is not 16 bytes. */
enum iq_err iq_job_request_id(struct iq_req *rq, ProtobufCBinaryData id, struct iq_job *job);

/* ---- the audit log ------------------------------------------------------------------------- */

/* Body of an AuditEntry. contact: id, if it was asked for by that; else empty. */
void iq_audit_entry_write(
	struct iq_buf *b, const struct iq_audit_line *line, struct iq_str contact);

/* ---- handlers ------------------------------------------------------------------------------ */

#define IQ_DECLARE_READ(field) enum iq_err iq_op_##field(struct iq_req *rq);
#define IQ_DECLARE_SPOOL(field) enum iq_err iq_op_##field(struct iq_req *rq);
#define IQ_DECLARE_WRITE(field) enum iq_err iq_op_##field(struct iq_req *rq, struct iq_job *job);
#define IQ_DECLARE_ANON(field) enum iq_err iq_op_##field(struct iq_req *rq, struct iq_job *job);
#define OP(field, TAG, mode, action, frame_max) IQ_DECLARE_##mode(field)
#include "ops.def"
#undef OP

uint64_t iq_cost_who(struct iq_req *rq);
uint64_t iq_cost_search(struct iq_req *rq);
uint64_t iq_cost_list(struct iq_req *rq);
uint64_t iq_cost_tasks_of(struct iq_req *rq);
uint64_t iq_cost_export(struct iq_req *rq);
uint64_t iq_cost_changes(struct iq_req *rq);
uint64_t iq_cost_matrix(struct iq_req *rq);
uint64_t iq_cost_gaps(struct iq_req *rq);
uint64_t iq_cost_overlaps(struct iq_req *rq);
uint64_t iq_cost_stakeholders(struct iq_req *rq);
uint64_t iq_cost_path(struct iq_req *rq);

#endif
