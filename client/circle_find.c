/* SPDX-License-Identifier: Apache-2.0 */
/* Which workshop is meant, and for which institution somebody acts. */
#include <string.h>

#include "circle.h"
#include "date.h"
#include "fold.h"

const char *iq_circle_today(struct iq_cli *cli)
{
	char text[11];

	iq_date_format(iq_date_in_germany(iq_now_us()), text);
	return iq_arena_cstr(&cli->arena, iq_str(text));
}

/* ---- what a word means
 * -----------------------------------------------------------------------------
 */

struct term {
	struct iq_cli *cli;
	enum iq_kind kind;
	const char *word;
};

static bool is_kind(const struct term *t, const Iq__V1__Hit *h)
{
	return strcmp(h->kind, iq_schemas[t->kind].name) == 0;
}

static enum iq_err several(const struct term *t, const Iq__V1__SearchResponse *r)
{
	struct iq_error *error = &t->cli->error;
	const char *kind = iq_schemas[t->kind].name;
	enum iq_err err = iq_error_set(error, IQ_ERR_AMBIGUOUS,
		N_("\"{0}\" may mean several records."), NULL, t->word, NULL);

	for (size_t i = 0; i < r->n_hits; i++)
		if (is_kind(t, r->hits[i]))
			iq_error_add_candidate(error, &(struct iq_candidate){.kind = iq_str(kind),
							      .term = iq_str(t->word),
							      .id = iq_str(r->hits[i]->id),
							      .name = iq_str(r->hits[i]->name)});
	return err;
}

static bool is_exact(const struct term *t, struct iq_str want, const Iq__V1__Hit *h)
{
	struct iq_arena *arena = &t->cli->arena;

	return iq_str_eq(want, iq_fold(arena, iq_str(h->matched), IQ_FOLD_AE)) ||
	       iq_str_eq(want, iq_fold(arena, iq_str(h->name), IQ_FOLD_AE));
}

static enum iq_err choose(const struct term *t, const Iq__V1__SearchResponse *r, const char **id)
{
	struct iq_str want = iq_fold(&t->cli->arena, iq_str(t->word), IQ_FOLD_AE);
	size_t hits = 0, same = 0;
	const char *hit = NULL, *exact = NULL;

	for (size_t i = 0; i < r->n_hits && !r->near; i++) {
		const Iq__V1__Hit *h = r->hits[i];

		if (!is_kind(t, h))
			continue;
		hits++;
		hit = h->id;
		if (is_exact(t, want, h)) {
			same++;
			exact = h->id;
		}
	}
	if (same == 1 || hits == 1) {
		*id = same == 1 ? exact : hit;
		return IQ_OK;
	}
	if (hits > 0)
		return several(t, r);
	return iq_error_set(&t->cli->error, IQ_ERR_UNKNOWN_TERM, N_("There is no {0} \"{1}\"."),
		N_("Find it by name: iqq search {1}"), iq_word_kind(iq_schemas[t->kind].name),
		t->word, NULL);
}

enum iq_err iq_circle_term(struct iq_cli *cli, enum iq_kind kind, const char *word, const char **id)
{
	enum { HITS = 50 };
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SearchRequest q = IQ__V1__SEARCH_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_rec rec;
	bool found;
	enum iq_err err = iq_circle_seek(cli, kind, word, &rec, &found);

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
	return err == IQ_OK ? choose(&(struct term){cli, kind, word}, rs->search, id) : err;
}

/* ---- oneself ----------------------------------------------------------------------------------
 */

enum iq_err iq_circle_own(struct iq_cli *cli, const char *ids[IQ_CIRCLE_OWN], size_t *n)
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
	for (size_t i = 0; i < rs->whoami->n_grants && *n < IQ_CIRCLE_OWN; i++) {
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
	const char *ids[IQ_CIRCLE_OWN];
	size_t n;
	enum iq_err err;

	if (iq_opt_given(cli, IQ_OPT_INSTITUTION))
		return iq_circle_term(cli, IQ_INSTITUTION, iq_opt(cli, IQ_OPT_INSTITUTION), id);
	err = iq_circle_own(cli, ids, &n);
	if (err != IQ_OK)
		return err;
	if (n == 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("Your account belongs to no institution."),
			N_("Say for which one: --institution INSTITUTION"), NULL);
	*id = ids[0];
	return IQ_OK;
}

enum iq_err iq_circle_seats(struct iq_cli *cli, struct iq_seats *out)
{
	struct iq_circle_query queries[IQ_CIRCLE_OWN];
	enum iq_err err = iq_circle_own(cli, out->own, &out->n);

	for (size_t i = 0; err == IQ_OK && i < out->n; i++)
		queries[i] = (struct iq_circle_query){
			IQ_MEMBERSHIP, "institution", out->own[i], &out->memberships[i]};
	return err == IQ_OK ? iq_circle_fetch(cli, queries, out->n) : err;
}

enum iq_standing iq_circle_standing(
	const struct iq_seats *seats, const struct iq_rec *workshop, const char *today)
{
	enum iq_standing best = IQ_STANDING_NONE;

	for (size_t i = 0; i < seats->n; i++) {
		enum iq_standing is = iq_standing_in(workshop, seats->own[i],
			seats->memberships[i].v, seats->memberships[i].n, today);

		best = is > best ? is : best;
	}
	return best;
}

/* ---- workshops --------------------------------------------------------------------------------
 */

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
		alive |= in[i] && !iq_standing_over(&all->v[i], iq_circle_today(cli));
	for (size_t i = 0; i < all->n && alive; i++)
		in[i] = in[i] && !iq_standing_over(&all->v[i], iq_circle_today(cli));
}

/* Takes those away that the caller takes no part in, unless that leaves nothing. */
static enum iq_err mark_own(struct iq_cli *cli, const struct iq_records *all, bool *in)
{
	const char *today = iq_circle_today(cli);
	bool *mine = iq_arena_array(&cli->arena, all->n + 1, sizeof(*mine)), any = false;
	struct iq_seats seats;
	enum iq_err err = iq_circle_seats(cli, &seats);

	if (err != IQ_OK || mine == NULL)
		return err != IQ_OK ? err : IQ_ERR_INTERNAL;
	for (size_t i = 0; i < all->n; i++) {
		mine[i] =
			in[i] && iq_circle_standing(&seats, &all->v[i], today) >= IQ_STANDING_GUEST;
		any |= mine[i];
	}
	if (any)
		memcpy(in, mine, all->n * sizeof(*in));
	return IQ_OK;
}

/* The nearest name or id, if any is near. */
static enum iq_err unknown(struct iq_cli *cli, const char *word, const struct iq_records *all)
{
	const char **names = iq_arena_array(&cli->arena, 2 * all->n + 1, sizeof(*names));
	const char *near = NULL;
	enum iq_err err =
		iq_error_set(&cli->error, IQ_ERR_UNKNOWN_TERM, N_("There is no workshop \"{0}\"."),
			N_("All there are: iqq workshop list"), word, NULL);

	for (size_t i = 0; names != NULL && i < all->n; i++) {
		names[2 * i] = iq_circle_cell(cli, &all->v[i], "id");
		names[2 * i + 1] = iq_circle_cell(cli, &all->v[i], "name_de");
	}
	if (names != NULL)
		near = iq_nearest(cli, word, names, 2 * all->n);
	for (size_t i = 0; near != NULL && all->v != NULL && i < all->n; i++)
		if (near == names[2 * i] || near == names[2 * i + 1])
			iq_error_add_candidate(&cli->error,
				&(struct iq_candidate){.kind = IQ_STR("workshop"),
					.term = iq_str(word),
					.id = iq_rec_text(&all->v[i], IQ_COL_ID),
					.name = iq_rec_name(&all->v[i], cli->lang == IQ_LANG_EN)});
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
			in[i] = !iq_standing_over(&all.v[i], iq_circle_today(cli));
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
	return unknown(cli, word, &all);
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

enum iq_err iq_circle_all(struct iq_cli *cli, enum iq_kind kind, struct iq_records *out)
{
	const char *word = cli->nargs > 0 ? cli->arg[0] : NULL;
	struct iq_rec workshop;
	enum iq_err err;

	*out = (struct iq_records){.kind = kind};
	if (word == NULL && !iq_opt_given(cli, IQ_OPT_WORKSHOP))
		return iq_circle_records(cli, kind, NULL, NULL, out);
	err = iq_circle_meant(cli, word, &workshop);
	return err == IQ_OK ? iq_circle_records(cli, kind, "workshop",
				      iq_circle_cell(cli, &workshop, "id"), out)
			    : err;
}
