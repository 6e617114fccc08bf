/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "fold.h"
#include "session.h"
#include "views.h"
#include "who.h"

static const struct iq_col cols[] = {
	{"task", N_("Task"), IQ_CELL_TEXT, false},
	{"region", N_("Place"), IQ_CELL_TEXT, false},
	{"groups", NULL, IQ_CELL_SET, false},
	{"statuses", N_("Nobody for"), IQ_CELL_SET, false},
	{"marked", NULL, IQ_CELL_BOOL, false},
	{"peers", N_("Expected because"), IQ_CELL_SET, false},
	{"peers_total", NULL, IQ_CELL_NUMBER, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]), PEERS_SHOWN = 2 };

struct gaps {
	struct iq_cli *cli;
	struct iq_names *names;
	const Iq__V1__GapsResponse *r;
};

/* ---- for machines --------------------------------------------------------------------------- */

static json_t *misses_json(Iq__V1__NearMiss *const *v, size_t n, bool because)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "responsibility", iq_json_c(v[i]->responsibility));
		json_object_set_new(o, "institution", iq_json_c(v[i]->institution));
		json_object_set_new(o, "role", iq_json_c(v[i]->role));
		if (because)
			json_object_set_new(
				o, "because", iq_json_strings(v[i]->because, v[i]->n_because));
		json_array_append_new(a, o);
	}
	return a;
}

static enum iq_err as_json(const struct gaps *g)
{
	json_t *items = json_array();

	for (size_t i = 0; i < g->r->n_gaps; i++) {
		const Iq__V1__Gap *x = g->r->gaps[i];
		json_t *o = json_object();

		json_object_set_new(o, "task", iq_json_c(x->task));
		json_object_set_new(o, "region", iq_json_c(x->region));
		json_object_set_new(o, "statuses", iq_views_statuses_json(x->missing));
		json_object_set_new(o, "groups", iq_views_groups_json(x->missing));
		json_object_set_new(o, "marked", json_boolean(x->marked));
		json_object_set_new(o, "peers", iq_json_strings(x->peers, x->n_peers));
		json_object_set_new(o, "peers_total", json_integer(x->peers_total));
		json_object_set_new(
			o, "near_misses", misses_json(x->near_misses, x->n_near_misses, true));
		json_object_set_new(o, "involved", misses_json(x->involved, x->n_involved, false));
		json_array_append_new(items, o);
	}
	return iq_json_list(g->cli, g->r->revision, items, g->r->total);
}

static enum iq_err as_rows(const struct gaps *g)
{
	struct iq_table t;

	iq_table_init(&t, g->cli, cols, COLS);
	for (size_t i = 0; i < g->r->n_gaps; i++) {
		const Iq__V1__Gap *x = g->r->gaps[i];
		const struct iq_str row[COLS] = {iq_str(x->task), iq_str(x->region),
			iq_str(iq_views_shares(g->cli, x->missing)),
			iq_str(iq_views_statuses(g->cli, x->missing)),
			iq_str(x->marked ? "yes" : ""),
			iq_str(iq_views_join(g->cli, NULL, IQ_REGION, x->peers, x->n_peers, ";")),
			iq_str(iq_arena_printf(&g->cli->arena, "%u", (unsigned)x->peers_total))};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, g->r->revision, g->r->total);
}

/* ---- for people ----------------------------------------------------------------------------- */

static const char *expected_words(const struct gaps *g, const Iq__V1__Gap *x)
{
	if (x->marked)
		return _("expected everywhere");
	return iq_arena_printf(&g->cli->arena, _("answered in %s"),
		iq_views_some(g->cli, g->names, IQ_REGION, x->peers, x->n_peers, x->peers_total,
			PEERS_SHOWN));
}

static const char *for_whom(const struct gaps *g, const Iq__V1__Gap *x)
{
	return iq_views_for_whom(
		g->cli, g->names, g->r->groups, g->r->n_groups, x->missing, g->r->status);
}

/* "nobody", "nobody for D: tolerated persons". */
static const char *nobody_words(const struct gaps *g, const Iq__V1__Gap *x)
{
	if (x->missing == NULL || x->missing->all)
		return _("nobody");
	return iq_arena_printf(&g->cli->arena, _("nobody for %s"), for_whom(g, x));
}

static bool many_regions(const struct gaps *g)
{
	for (size_t i = 0; i < g->r->n_gaps; i++)
		if (strcmp(g->r->gaps[i]->region, g->r->region) != 0)
			return true;
	return false;
}

static enum iq_err as_table(const struct gaps *g)
{
	const struct iq_col shown[] = {cols[0], cols[3], cols[5]};
	struct iq_table t;

	iq_table_init(&t, g->cli, shown, 3);
	for (size_t i = 0; i < g->r->n_gaps; i++) {
		const Iq__V1__Gap *x = g->r->gaps[i];
		const struct iq_str row[3] = {iq_str(iq_names_c(g->names, IQ_TASK, x->task)),
			iq_str(for_whom(g, x)), iq_str(expected_words(g, x))};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, g->r->revision, g->r->total);
}

/* Several places: by task, with the reason where it changes. */
static void as_places(const struct gaps *g)
{
	struct iq_cli *cli = g->cli;
	const char *reason = "";

	for (size_t i = 0; i < g->r->n_gaps; i++) {
		const Iq__V1__Gap *x = g->r->gaps[i];
		bool again = i != 0 && strcmp(x->task, g->r->gaps[i - 1]->task) == 0;
		const char *expected = expected_words(g, x);

		if (!again) {
			if (i != 0)
				iq_buf_byte(&cli->out, '\n');
			iq_paragraph(cli, IQ_STYLE_BOLD, "",
				iq_safe_c(cli, iq_names_c(g->names, IQ_TASK, x->task)));
		}
		if (!again || strcmp(expected, reason) != 0)
			iq_paragraph(cli, IQ_STYLE_DIM, "  ", iq_safe_c(cli, expected));
		reason = expected;
		iq_paragraph(cli, IQ_STYLE_NONE, "  – ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s: %s",
					       iq_names_c(g->names, IQ_REGION, x->region),
					       nobody_words(g, x))));
	}
}

static const char *party(const struct gaps *g, const Iq__V1__NearMiss *m)
{
	return iq_arena_printf(&g->cli->arena, "%s (%s)",
		iq_names_c(g->names, IQ_INSTITUTION, m->institution), iq_word_role(m->role));
}

/* An institution with the same in several places is said once. */
static void show_nearly(const struct gaps *g, const struct iq_who *w, const Iq__V1__Gap *x)
{
	struct iq_cli *cli = g->cli;
	const char **said = iq_arena_array(&cli->arena, x->n_near_misses, sizeof(*said));

	for (size_t k = 0; said != NULL && k < x->n_near_misses; k++) {
		const Iq__V1__NearMiss *m = x->near_misses[k];
		bool again = false;

		said[k] = iq_arena_printf(&cli->arena, _("nearly: %s, %s"), party(g, m),
			iq_miss_words(w, m->because, m->n_because, m->condition));
		for (size_t i = 0; i < k && !again; i++)
			again = strcmp(said[i], said[k]) == 0;
		if (!again)
			iq_paragraph(cli, IQ_STYLE_NONE, "  – ", iq_safe_c(cli, said[k]));
	}
}

/* Each gap as a block, with who is nearly there. */
static void as_blocks(const struct gaps *g)
{
	struct iq_cli *cli = g->cli;
	Iq__V1__WhoResponse labels = IQ__V1__WHO_RESPONSE__INIT;
	const struct iq_who w = {cli, &labels};
	bool places = many_regions(g);

	labels.labels = g->r->labels;
	labels.n_labels = g->r->n_labels;
	for (size_t i = 0; i < g->r->n_gaps; i++) {
		const Iq__V1__Gap *x = g->r->gaps[i];
		const char *head = iq_names_c(g->names, IQ_TASK, x->task);

		if (places)
			head = iq_arena_printf(&cli->arena, "%s, %s", head,
				iq_names_c(g->names, IQ_REGION, x->region));
		if (i != 0)
			iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_BOLD, "", iq_safe_c(cli, head));
		iq_paragraph(cli, IQ_STYLE_NONE, "  ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s; %s", nobody_words(g, x),
					       expected_words(g, x))));
		show_nearly(g, &w, x);
		for (size_t k = 0; k < x->n_involved; k++)
			iq_paragraph(cli, IQ_STYLE_DIM, "  – ",
				iq_safe_c(cli, iq_arena_printf(&cli->arena, _("besides: %s"),
						       party(g, x->involved[k]))));
	}
}

static enum iq_err show(const struct gaps *g, bool near)
{
	struct iq_cli *cli = g->cli;
	const Iq__V1__GapsResponse *r = g->r;
	const char *count = iq_views_count(cli, r->total, N_("one gap"), N_("{0} gaps"));

	if (r->regions > 1)
		count = iq_arena_printf(
			&cli->arena, _("%s in %u places"), count, (unsigned)r->regions);
	iq_views_title(cli, g->names, r->region, r->task, r->status, r->at, count);
	if (!near && !many_regions(g))
		return as_table(g);
	if (near)
		as_blocks(g);
	else
		as_places(g);
	return IQ_OK;
}

/* Kinds of places, also as people call them; others are left to the server to refuse. */
static char *region_kind(struct iq_cli *cli)
{
	static const char *const words[][2] = {{"land", "state"}, {"bundesland", "state"},
		{"stadt", "city"}, {"kreisfreie stadt", "city"}, {"kreis", "district"},
		{"landkreis", "district"}, {"gemeinde", "municipality"}};
	char *given = iq_opt_text(cli, IQ_OPT_KIND);
	struct iq_str folded = iq_fold(&cli->arena, iq_str(given), IQ_FOLD_AE);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (iq_str_is(folded, words[i][0]))
			return iq_arena_cstr(&cli->arena, iq_str(words[i][1]));
	return given;
}

enum iq_err iq_cmd_gaps(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GapsRequest q = IQ__V1__GAPS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &q.limit);

	if (err == IQ_OK)
		err = iq_views_place(cli, &q.region);
	if (err == IQ_OK)
		err = iq_views_at(cli, &q.at);
	q.kind = region_kind(cli);
	q.task = iq_opt_text(cli, IQ_OPT_TASK);
	q.status = iq_opt_text(cli, IQ_OPT_STATUS);
	q.near = iq_opt_given(cli, IQ_OPT_NEAR) || iq_opt_given(cli, IQ_OPT_EXPLAIN);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_GAPS;
	rq.gaps = &q;
	if (err == IQ_OK)
		err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_GAPS);
	if (err != IQ_OK)
		return err;
	const struct gaps g = {cli, iq_names_new(cli), rs->gaps};

	iq_names_add(g.names, g.r->labels, g.r->n_labels);
	if (g.r->total == 0)
		iq_note(cli, _("No gaps are known: %s."),
			iq_safe_c(cli, iq_views_question(
					       cli, g.names, g.r->region, g.r->task, g.r->status))
				.p);
	if (cli->format == IQ_FORMAT_JSON)
		err = as_json(&g);
	else if (cli->format != IQ_FORMAT_TABLE)
		err = as_rows(&g);
	else if (g.r->n_gaps != 0)
		err = show(&g, q.near);
	iq_views_note_limit(cli, g.r->n_gaps, g.r->total);
	return err;
}
