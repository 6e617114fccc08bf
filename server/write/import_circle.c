/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of what workshops work on: they stay in their workshop and go forward through their states.
 */
#include "i18n.h"
#include "import_priv.h"

/* The workshop of a topic or a proposal as it will be. */
static iq_num workshop_of(struct iq_import *im, enum iq_kind kind, struct iq_str id)
{
	const struct iq_seen *e = iq_idmap_find(&im->map, kind, id);
	struct iq_str workshop;
	struct iq_rec rec;

	if (e != NULL && e->flags & IQ_SEEN_ROW)
		return e->up; /* those are checked before */
	if (!iq_rec_get(im->t, kind, iq_id_find(im->t, kind, id), &im->row, &rec))
		return IQ_NONE;
	workshop = iq_rec_text(&rec, iq_column_by_name(kind, IQ_STR("workshop")));
	return workshop.n > 0 ? iq_id_find(im->t, IQ_WORKSHOP_RECORD, workshop) : IQ_NONE;
}

/* As if there were none: it belongs to another workshop. */
static bool belongs(struct iq_import *im, const struct iq_rec *rec, iq_num own, int col,
	const struct iq_seen *e, const char *missing)
{
	struct iq_str id = iq_rec_text(rec, col);

	if (id.n == 0 || workshop_of(im, iq_schemas[rec->kind].columns[col].target, id) == own)
		return true;
	iq_import_say(im, e, col, id, missing, NULL, NULL);
	return false;
}

/* One vote per institution and proposal: the pair, as a text that no id is. */
static bool votes_twice(struct iq_import *im, const struct iq_rec *rec)
{
	static const uint64_t few[IQ_KINDS] = {0};
	struct iq_str proposal = iq_rec_text(rec, IQ_BALLOT_PROPOSAL);
	struct iq_str institution = iq_rec_text(rec, IQ_BALLOT_INSTITUTION);
	const char *pair = iq_arena_printf(
		&im->row, "%.*s/%.*s", IQ_STR_ARG(proposal), IQ_STR_ARG(institution));

	if (im->votes.table[IQ_BALLOT].slots == NULL && !iq_idmap_init(&im->votes, few)) {
		im->err = iq_no_memory(&im->job->error);
		return false;
	}
	if (pair == NULL || iq_idmap_find(&im->votes, IQ_BALLOT, iq_str(pair)) != NULL)
		return pair != NULL;
	if (iq_idmap_add(&im->votes, IQ_BALLOT, iq_str(pair)) == NULL)
		im->err = iq_no_memory(&im->job->error);
	return false;
}

/* Who may write everything brings votes along with what was voted on, and casts none. */
static bool may_bring(struct iq_import *im, const struct iq_rec *rec, const struct iq_rec *base,
	const struct iq_seen *e)
{
	const struct iq_seen *proposal;

	if (iq_import_asks(im) || (base != NULL && iq_rec_equal(base, rec)))
		return true;
	proposal = iq_idmap_find(&im->map, IQ_PROPOSAL, iq_rec_text(rec, IQ_BALLOT_PROPOSAL));
	if (proposal != NULL && proposal->flags & IQ_SEEN_ROW && proposal->flags & IQ_SEEN_FRESH) {
		if (!votes_twice(im, rec))
			return true;
		iq_import_say(im, e, IQ_BALLOT_INSTITUTION, iq_rec_text(rec, IQ_BALLOT_INSTITUTION),
			N_("This institution has two ballots on one proposal."), NULL, NULL);
		return false;
	}
	iq_import_say(im, e, IQ_BALLOT_PROPOSAL, iq_rec_text(rec, IQ_BALLOT_PROPOSAL),
		N_("Ballots are cast, not imported, unless the proposal is imported with them."),
		NULL, NULL);
	return false;
}

bool iq_import_circle(
	struct iq_import *im, const struct iq_rec *rec, const struct iq_rec *base, size_t at)
{
	struct iq_problem where = iq_import_where(im, &im->map.a[at]);
	int col = iq_column_by_name(rec->kind, IQ_STR("workshop"));
	struct iq_str workshop = col > 0 ? iq_rec_text(rec, col) : (struct iq_str){NULL, 0};
	iq_num own = IQ_NONE;
	bool ok = true;

	if (!iq_kind_in_circle(rec->kind))
		return true;
	if (workshop.n > 0)
		own = iq_import_number(im, IQ_WORKSHOP_RECORD, workshop);
	const struct iq_seen e = im->map.a[at]; /* looking up moves the list */

	im->map.a[at].up = own;
	if (base != NULL)
		ok = iq_check_step(base, rec, false, &where, &im->job->error) == IQ_OK;
	if (rec->kind == IQ_PROPOSAL)
		ok &= belongs(
			im, rec, own, IQ_PROPOSAL_TOPIC, &e, N_("There is no topic with this id."));
	else if (rec->kind == IQ_COMMITMENT)
		ok &= belongs(im, rec, own, IQ_COMMITMENT_PROPOSAL, &e,
			N_("There is no proposal with this id."));
	else if (rec->kind == IQ_BALLOT)
		ok &= may_bring(im, rec, base, &e);
	return ok;
}
