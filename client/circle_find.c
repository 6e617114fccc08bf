/* SPDX-License-Identifier: Apache-2.0 */
/* Which workshop is meant, and for which institution somebody acts. */
#include <string.h>

#include "circle.h"
#include "date.h"
#include "fold.h"

enum { OWN_MAX = 8 };

const char *iq_circle_today(struct iq_cli *cli)
{
	char text[11];

	iq_date_format(iq_date_in_germany(iq_now_us()), text);
	return iq_arena_cstr(&cli->arena, iq_str(text));
}

/* ---- institutions -----------------------------------------------------------------------------
 */

static enum iq_err several(struct iq_cli *cli, const char *word, const Iq__V1__SearchResponse *r)
{
	enum iq_err err = iq_error_set(&cli->error, IQ_ERR_AMBIGUOUS,
		N_("\"{0}\" is the name of several institutions."), NULL, word, NULL);

	for (size_t i = 0; i < r->n_hits; i++)
		if (strcmp(r->hits[i]->kind, "institution") == 0)
			iq_error_add_candidate(
				&cli->error, &(struct iq_candidate){.kind = IQ_STR("institution"),
						     .term = iq_str(word),
						     .id = iq_str(r->hits[i]->id),
						     .name = iq_str(r->hits[i]->name)});
	return err;
}

static enum iq_err choose(
	struct iq_cli *cli, const char *word, const Iq__V1__SearchResponse *r, const char **id)
{
	struct iq_str want = iq_fold(&cli->arena, iq_str(word), IQ_FOLD_AE);
	size_t hits = 0, same = 0;
	const char *hit = NULL, *exact = NULL;

	for (size_t i = 0; i < r->n_hits; i++) {
		const Iq__V1__Hit *h = r->hits[i];

		if (strcmp(h->kind, "institution") != 0)
			continue;
		hits++;
		hit = h->id;
		if (iq_str_eq(want, iq_fold(&cli->arena, iq_str(h->matched), IQ_FOLD_AE)) ||
			iq_str_eq(want, iq_fold(&cli->arena, iq_str(h->name), IQ_FOLD_AE))) {
			same++;
			exact = h->id;
		}
	}
	if (!r->near && (same == 1 || hits == 1)) {
		*id = same == 1 ? exact : hit;
		return IQ_OK;
	}
	if (hits > 0 && !r->near)
		return several(cli, word, r);
	return iq_error_set(&cli->error, IQ_ERR_UNKNOWN_TERM, N_("There is no {0} \"{1}\"."),
		N_("Find it by name: iqq search {1}"), iq_word_kind("institution"), word, NULL);
}

enum iq_err iq_circle_institution_id(struct iq_cli *cli, const char *word, const char **id)
{
	enum { HITS = 50 };
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SearchRequest q = IQ__V1__SEARCH_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_rec rec;
	bool found;
	enum iq_err err = iq_circle_seek(cli, IQ_INSTITUTION, word, &rec, &found);

	*id = word;
	if (err != IQ_OK || found)
		return err;
	q.text = iq_arena_cstr(&cli->arena, iq_str(word));
	q.limit = HITS;
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_SEARCH;
	rq.search = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_SEARCH);
	return err == IQ_OK ? choose(cli, word, rs->search, id) : err;
}

/* ---- oneself ----------------------------------------------------------------------------------
 */

/* Own institution first, then those one holds a role for; each once. */
static enum iq_err own(struct iq_cli *cli, const char *ids[OWN_MAX], size_t *n)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoamiRequest q = IQ__V1__WHOAMI_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;

	*n = 0;
	rq.op_case = IQ__V1__REQUEST__OP_WHOAMI;
	rq.whoami = &q;
	enum iq_err err = iq_ask(cli, &rq, &rs);

	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_WHOAMI);
	if (err != IQ_OK)
		return err;
	if (rs->whoami->institution[0] != '\0')
		ids[(*n)++] = rs->whoami->institution;
	for (size_t i = 0; i < rs->whoami->n_grants && *n < OWN_MAX; i++) {
		const Iq__V1__Grant *g = rs->whoami->grants[i];
		bool add = strcmp(g->role, "editor") == 0 && strcmp(g->state, "valid") == 0 &&
			   g->institution[0] != '\0';

		for (size_t j = 0; j < *n && add; j++)
			add = strcmp(ids[j], g->institution) != 0;
		if (add)
			ids[(*n)++] = g->institution;
	}
	return IQ_OK;
}

enum iq_err iq_circle_institution(struct iq_cli *cli, const char **id)
{
	const char *ids[OWN_MAX];
	size_t n;
	enum iq_err err;

	if (iq_opt_given(cli, IQ_OPT_INSTITUTION))
		return iq_circle_institution_id(cli, iq_opt(cli, IQ_OPT_INSTITUTION), id);
	err = own(cli, ids, &n);
	if (err != IQ_OK)
		return err;
	if (n == 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("Your account belongs to no institution."),
			N_("Say for which one: --institution INSTITUTION"), NULL);
	*id = ids[0];
	return IQ_OK;
}

/* ---- workshops --------------------------------------------------------------------------------
 */

static bool over(struct iq_cli *cli, const struct iq_rec *rec)
{
	const char *to = iq_circle_cell(cli, rec, "valid_to");

	return to[0] != '\0' && strcmp(to, iq_circle_today(cli)) < 0;
}

/* How well a text is what was asked for: 0 not, 1 a part of it, 2 all of it. */
static int fits(struct iq_cli *cli, const char *word, const char *text)
{
	int best = 0;

	for (int how = 0; how < IQ_FOLDS; how++) {
		struct iq_str want = iq_fold(&cli->arena, iq_str(word), (enum iq_fold)how);
		struct iq_str have = iq_fold(&cli->arena, iq_str(text), (enum iq_fold)how);

		if (want.n == 0 || have.n == 0)
			continue;
		if (iq_str_eq(want, have))
			best = 2;
		else if (best == 0 && strstr(have.p, want.p) != NULL)
			best = 1;
	}
	return best;
}

static int rank(struct iq_cli *cli, const char *word, const struct iq_rec *rec)
{
	static const char *const columns[] = {"id", "name_de", "name_en", "region"};
	int best =
		fits(cli, word, iq_circle_name(cli, IQ_REGION, iq_circle_cell(cli, rec, "region")));

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		int fit = fits(cli, word, iq_circle_cell(cli, rec, columns[i]));

		best = fit > best ? fit : best;
	}
	return best;
}

static enum iq_err ambiguous(
	struct iq_cli *cli, const char *word, const struct iq_records *all, const bool *in)
{
	enum iq_err err = word != NULL
				  ? iq_error_set(&cli->error, IQ_ERR_AMBIGUOUS,
					    N_("\"{0}\" fits several workshops."), NULL, word, NULL)
				  : iq_error_set(&cli->error, IQ_ERR_AMBIGUOUS,
					    N_("Which workshop? There are several."), NULL, NULL);

	for (size_t i = 0; i < all->n; i++)
		if (in[i])
			iq_error_add_candidate(&cli->error,
				&(struct iq_candidate){.kind = IQ_STR("workshop"),
					.term = iq_str(word != NULL ? word : ""),
					.id = iq_rec_text(&all->v[i], IQ_COL_ID),
					.name = iq_rec_name(&all->v[i], cli->lang == IQ_LANG_EN)});
	return err;
}

/* The one that is marked; NULL if there are none or several: n says so. */
static const struct iq_rec *only(const struct iq_records *all, const bool *in, size_t *n)
{
	const struct iq_rec *hit = NULL;

	*n = 0;
	for (size_t i = 0; i < all->n; i++)
		if (in[i]) {
			hit = &all->v[i];
			++*n;
		}
	return *n == 1 ? hit : NULL;
}

/* Marks those that fit best; of several those that are not over. */
static void mark_by_word(
	struct iq_cli *cli, const char *word, const struct iq_records *all, bool *in)
{
	const char **regions = iq_arena_array(&cli->arena, all->n + 1, sizeof(*regions));
	int best = 1;
	bool alive = false;

	for (size_t i = 0; regions != NULL && i < all->n; i++)
		regions[i] = iq_circle_cell(cli, &all->v[i], "region");
	if (regions != NULL)
		iq_circle_names(cli, IQ_REGION, regions, all->n);
	for (size_t i = 0; i < all->n; i++) {
		int fit = iq_str_is(iq_rec_text(&all->v[i], IQ_COL_ID), word)
				  ? 3
				  : rank(cli, word, &all->v[i]);

		if (fit > best) {
			memset(in, 0, all->n * sizeof(*in));
			best = fit;
		}
		in[i] = fit == best;
	}
	for (size_t i = 0; i < all->n; i++)
		alive |= in[i] && !over(cli, &all->v[i]);
	for (size_t i = 0; i < all->n && alive; i++)
		in[i] = in[i] && !over(cli, &all->v[i]);
}

static bool is_in(struct iq_cli *cli, const struct iq_rec *workshop, const char *own_id,
	const struct iq_records *members)
{
	const struct iq_value *organisers = &workshop->col[IQ_WORKSHOP_ORGANISERS];
	const char *today = iq_circle_today(cli);

	for (uint32_t i = 0; i < organisers->n; i++)
		if (iq_str_is(organisers->v[i], own_id))
			return true;
	for (size_t i = 0; i < members->n; i++) {
		const struct iq_rec *m = &members->v[i];
		const char *from = iq_circle_cell(cli, m, "accepted_from");
		const char *to = iq_circle_cell(cli, m, "accepted_to");

		if (iq_str_eq(iq_rec_text(m, IQ_MEMBERSHIP_WORKSHOP),
			    iq_rec_text(workshop, IQ_COL_ID)) &&
			from[0] != '\0' && strcmp(from, today) <= 0 &&
			(to[0] == '\0' || strcmp(today, to) <= 0))
			return true;
	}
	return false;
}

/* Marks those the caller takes part in, or all there are, if it is none. */
static enum iq_err mark_own(struct iq_cli *cli, const struct iq_records *all, bool *in)
{
	struct iq_circle_query queries[OWN_MAX];
	struct iq_records members[OWN_MAX];
	const char *ids[OWN_MAX];
	bool any = false;
	size_t n;
	enum iq_err err = own(cli, ids, &n);

	for (size_t i = 0; i < n; i++)
		queries[i] =
			(struct iq_circle_query){IQ_MEMBERSHIP, "institution", ids[i], &members[i]};
	if (err == IQ_OK)
		err = iq_circle_fetch(cli, queries, n);
	for (size_t i = 0; err == IQ_OK && i < all->n; i++)
		for (size_t k = 0; k < n && in[i] && !any; k++)
			any = is_in(cli, &all->v[i], ids[k], &members[k]);
	for (size_t i = 0; err == IQ_OK && any && i < all->n; i++) {
		bool mine = false;

		for (size_t k = 0; k < n && !mine; k++)
			mine = is_in(cli, &all->v[i], ids[k], &members[k]);
		in[i] = in[i] && mine;
	}
	return err;
}

enum iq_err iq_circle_find(struct iq_cli *cli, const char *word, struct iq_rec *out)
{
	struct iq_records all;
	const struct iq_rec *hit;
	size_t n = 0;
	enum iq_err err = iq_circle_records(cli, IQ_WORKSHOP_RECORD, NULL, NULL, &all);
	bool *in = iq_arena_array(&cli->arena, all.n + 1, sizeof(*in));

	if (err != IQ_OK || in == NULL)
		return err != IQ_OK ? err : IQ_ERR_INTERNAL;
	if (word != NULL) {
		mark_by_word(cli, word, &all, in);
	} else {
		for (size_t i = 0; i < all.n; i++)
			in[i] = !over(cli, &all.v[i]);
		if (only(&all, in, &n) == NULL && n > 1)
			err = mark_own(cli, &all, in);
	}
	hit = only(&all, in, &n);
	if (err == IQ_OK && hit != NULL)
		*out = *hit;
	if (err != IQ_OK || hit != NULL)
		return err;
	if (n > 1)
		return ambiguous(cli, word, &all, in);
	if (word == NULL)
		return iq_error_set(&cli->error, IQ_ERR_NOT_FOUND, N_("There is no workshop yet."),
			N_("A coordinator sets one up: iqq workshop create NAME --region PLACE"),
			NULL);
	return iq_error_set(&cli->error, IQ_ERR_UNKNOWN_TERM, N_("There is no workshop \"{0}\"."),
		N_("All there are: iqq workshop list"), word, NULL);
}

enum iq_err iq_circle_meant(struct iq_cli *cli, const char *word, struct iq_rec *out)
{
	const char *flag = iq_opt(cli, IQ_OPT_WORKSHOP);

	if (word != NULL && flag != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The workshop is given twice: \"{0}\" and \"{1}\"."), NULL, word, flag,
			NULL);
	return iq_circle_find(cli, word != NULL ? word : flag, out);
}
