/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "session.h"
#include "views.h"

static const struct iq_col cols[] = {
	{"chain", NULL, IQ_CELL_NUMBER, true},
	{"process", NULL, IQ_CELL_TEXT, false},
	{"step", NULL, IQ_CELL_NUMBER, true},
	{"task", NULL, IQ_CELL_TEXT, false},
	{"from", NULL, IQ_CELL_SET, false},
	{"from_source", NULL, IQ_CELL_TEXT, true},
	{"to", NULL, IQ_CELL_SET, false},
	{"to_source", NULL, IQ_CELL_TEXT, true},
	{"trigger", NULL, IQ_CELL_TEXT, false},
	{"documents", NULL, IQ_CELL_SET, false},
	{"certain", NULL, IQ_CELL_BOOL, true},
	{"outcome", NULL, IQ_CELL_TEXT, true},
	{"handover", NULL, IQ_CELL_TEXT, true},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]), PARTIES_SHOWN = 3 };

#define UNCERTAIN "\u00a0(?)" /* never on a line of its own */

struct path {
	struct iq_cli *cli;
	struct iq_names *names;
	const Iq__V1__PathResponse *r;
};

/* A position of a chain, checked. */
static const Iq__V1__PathStep *step_of(const struct path *p, const Iq__V1__PathChain *c, size_t i)
{
	return c->steps[i] < p->r->n_steps ? p->r->steps[c->steps[i]] : NULL;
}

static const char *trigger(const struct path *p, const Iq__V1__PathStep *s)
{
	const char *first = p->cli->lang == IQ_LANG_EN ? s->trigger_en : s->trigger_de;

	return first[0] != '\0'             ? first
	       : p->cli->lang == IQ_LANG_EN ? s->trigger_de
					    : s->trigger_en;
}

/* ---- for machines --------------------------------------------------------------------------- */

static json_t *side_json(const Iq__V1__PathSide *side)
{
	json_t *o = json_object(), *parties = json_array();

	for (size_t i = 0; side != NULL && i < side->n_parties; i++) {
		const Iq__V1__Party *x = side->parties[i];
		json_t *party = json_object();

		json_object_set_new(party, "institution", iq_json_c(x->institution));
		json_object_set_new(party, "responsibility", iq_json_c(x->responsibility));
		json_object_set_new(party, "role", iq_json_c(x->role));
		json_object_set_new(party, "certain", json_boolean(x->certain));
		json_array_append_new(parties, party);
	}
	json_object_set_new(o, "kinds",
		iq_json_strings(
			side != NULL ? side->kinds : NULL, side != NULL ? side->n_kinds : 0));
	json_object_set_new(o, "institutions", parties);
	json_object_set_new(o, "source", iq_json_c(side != NULL ? side->source : "kind"));
	return o;
}

static json_t *step_json(const Iq__V1__PathStep *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "handover", iq_json_c(s->handover));
	json_object_set_new(o, "process", iq_json_c(s->process));
	json_object_set_new(o, "step", json_integer(s->step));
	json_object_set_new(o, "task", iq_json_c(s->task));
	json_object_set_new(o, "certain", json_boolean(s->certain));
	json_object_set_new(o, "trigger_de", iq_json_c(s->trigger_de));
	json_object_set_new(o, "trigger_en", iq_json_c(s->trigger_en));
	json_object_set_new(o, "documents", iq_json_strings(s->documents, s->n_documents));
	json_object_set_new(o, "statuses", iq_json_strings(s->statuses, s->n_statuses));
	json_object_set_new(o, "from", side_json(s->from));
	json_object_set_new(o, "to", side_json(s->to));
	json_object_set_new(o, "outcome", iq_json_c(s->outcome));
	return o;
}

/* Items: the steps; asked for a way, the chains. */
static enum iq_err as_json(const struct path *p, bool chains)
{
	json_t *items = json_array();

	for (size_t i = 0; !chains && i < p->r->n_steps; i++)
		json_array_append_new(items, step_json(p->r->steps[i]));
	for (size_t i = 0; chains && i < p->r->n_chains; i++) {
		json_t *o = json_object(), *steps = json_array();

		for (size_t k = 0; k < p->r->chains[i]->n_steps; k++) {
			const Iq__V1__PathStep *s = step_of(p, p->r->chains[i], k);

			if (s != NULL)
				json_array_append_new(steps, step_json(s));
		}
		json_object_set_new(o, "steps", steps);
		json_array_append_new(items, o);
	}
	return iq_json_list(p->cli, p->r->revision, items,
		chains ? p->r->chains_total : json_array_size(items));
}

static const char *side_ids(const struct path *p, const Iq__V1__PathSide *side)
{
	const char *all = "";

	if (side == NULL)
		return "";
	if (side->n_parties == 0)
		return iq_views_join(p->cli, NULL, IQ_KIND, side->kinds, side->n_kinds, ";");
	for (size_t i = 0; i < side->n_parties; i++)
		all = iq_arena_printf(&p->cli->arena, "%s%s%s", all, i != 0 ? ";" : "",
			side->parties[i]->institution);
	return all;
}

static void add_row(
	struct iq_table *t, const struct path *p, size_t chain, const Iq__V1__PathStep *s)
{
	struct iq_arena *a = &p->cli->arena;
	const struct iq_str row[COLS] = {iq_str(iq_arena_printf(a, "%zu", chain)),
		iq_str(s->process), iq_str(iq_arena_printf(a, "%u", (unsigned)s->step)),
		iq_str(s->task), iq_str(side_ids(p, s->from)),
		iq_str(s->from != NULL ? s->from->source : ""), iq_str(side_ids(p, s->to)),
		iq_str(s->to != NULL ? s->to->source : ""), iq_str(trigger(p, s)),
		iq_str(iq_views_join(p->cli, NULL, IQ_HANDOVER, s->documents, s->n_documents, ";")),
		iq_str(s->certain ? "yes" : ""), iq_str(s->outcome), iq_str(s->handover)};

	iq_table_add(t, row);
}

static enum iq_err as_rows(const struct path *p, bool chains)
{
	struct iq_table t;

	iq_table_init(&t, p->cli, cols, COLS);
	for (size_t i = 0; !chains && i < p->r->n_steps; i++)
		add_row(&t, p, 0, p->r->steps[i]);
	for (size_t i = 0; chains && i < p->r->n_chains; i++)
		for (size_t k = 0; k < p->r->chains[i]->n_steps; k++) {
			const Iq__V1__PathStep *s = step_of(p, p->r->chains[i], k);

			if (s != NULL)
				add_row(&t, p, i + 1, s);
		}
	return iq_table_finish(&t, p->r->revision, t.nrows);
}

/* ---- for people ----------------------------------------------------------------------------- */

/* "A, B and 3 more"; of kinds it is said that nobody is known. */
static const char *side_words(const struct path *p, const Iq__V1__PathSide *side)
{
	struct iq_cli *cli = p->cli;
	const char *all = "";
	size_t shown;

	if (side == NULL || side->n_parties + side->n_kinds == 0)
		return _("not on record");
	if (side->n_parties == 0)
		return iq_arena_printf(&cli->arena, _("%s (nobody on record for it)"),
			iq_views_join(
				cli, p->names, IQ_KIND, side->kinds, side->n_kinds, _(" or ")));
	shown = side->n_parties;
	if (shown > PARTIES_SHOWN + 1 && !iq_opt_given(cli, IQ_OPT_ALL))
		shown = PARTIES_SHOWN;
	for (size_t i = 0; i < shown; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s%s", all, i != 0 ? _(" or ") : "",
			iq_names_c(p->names, IQ_INSTITUTION, side->parties[i]->institution),
			side->parties[i]->certain ? "" : UNCERTAIN);
	if (shown < side->n_parties)
		all = iq_arena_printf(
			&cli->arena, _("%s and %zu more"), all, side->n_parties - shown);
	return all;
}

static const char *outcome_words(const char *outcome)
{
	if (strcmp(outcome, "excluded") == 0)
		return _("not entitled");
	if (strcmp(outcome, "not-needed") == 0)
		return _("not needed");
	return "";
}

static void line(const struct path *p, const char *first, const char *text)
{
	if (text[0] != '\0')
		iq_paragraph(p->cli, IQ_STYLE_NONE, first, iq_safe_c(p->cli, text));
}

/* A step and its number in what is shown. */
static void show_step(const struct path *p, size_t number, const Iq__V1__PathStep *s)
{
	struct iq_cli *cli = p->cli;
	const char *head = iq_names_c(p->names, IQ_TASK, s->task);
	const char *outcome = outcome_words(s->outcome), *papers;
	const char *from = side_words(p, s->from), *to = side_words(p, s->to);
	const char *mark = iq_arena_printf(&cli->arena, "%3zu  ", number);

	if (outcome[0] != '\0')
		head = iq_arena_printf(&cli->arena, "%s (%s)", head, outcome);
	iq_paragraph(cli, IQ_STYLE_BOLD, mark, iq_safe_c(cli, head));
	if (strcmp(from, to) == 0) {
		line(p, "     ", iq_arena_printf(&cli->arena, _("within: %s"), from));
	} else {
		line(p, "     ", from);
		line(p, "     → ", to);
	}
	if (trigger(p, s)[0] != '\0')
		line(p, "     ", iq_arena_printf(&cli->arena, _("when: %s"), trigger(p, s)));
	papers = iq_views_join(cli, NULL, IQ_HANDOVER, s->documents, s->n_documents, ", ");
	if (papers[0] != '\0')
		line(p, "     ", iq_arena_printf(&cli->arena, _("documents: %s"), papers));
	if (!s->certain && s->n_statuses != 0)
		line(p, "     ",
			iq_arena_printf(&cli->arena, _("only for %s"),
				iq_views_some(cli, p->names, IQ_STATUS, s->statuses, s->n_statuses,
					s->n_statuses, 4)));
}

/* "Arrival → work permit (asylum-arrival-to-work)": processes have no names of their own. */
static void show_process(
	const struct path *p, const Iq__V1__PathStep *first, const Iq__V1__PathStep *last)
{
	struct iq_cli *cli = p->cli;
	const char *from = iq_names_c(p->names, IQ_TASK, first->task);

	if (first != last)
		from = iq_arena_printf(&cli->arena, _("From \"%s\" to \"%s\""), from,
			iq_names_c(p->names, IQ_TASK, last->task));
	iq_paragraph(cli, IQ_STYLE_GREEN, "",
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s (%s)", from, first->process)));
}

static void show_steps(const struct path *p)
{
	const Iq__V1__PathResponse *r = p->r;

	for (size_t i = 0, end; i < r->n_steps; i = end) {
		const char *process = r->steps[i]->process;

		for (end = i + 1; end < r->n_steps && strcmp(r->steps[end]->process, process) == 0;)
			end++;
		if (i != 0)
			iq_buf_byte(&p->cli->out, '\n');
		show_process(p, r->steps[i], r->steps[end - 1]);
		for (size_t k = i; k < end; k++)
			show_step(p, k - i + 1, r->steps[k]);
	}
}

/* The first in full, of the others what they do differently. */
static void show_chains(const struct path *p)
{
	struct iq_cli *cli = p->cli;
	const Iq__V1__PathResponse *r = p->r;

	for (size_t i = 0; i < r->n_chains; i++) {
		const Iq__V1__PathChain *c = r->chains[i];
		const char *all = "";

		for (size_t k = 0; k < c->n_steps; k++) {
			const Iq__V1__PathStep *s = step_of(p, c, k);

			if (s == NULL)
				continue;
			if (i == 0)
				show_step(p, k + 1, s);
			all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? " → " : "",
				iq_names_c(p->names, IQ_TASK, s->task));
		}
		if (i == 1) {
			iq_buf_byte(&cli->out, '\n');
			iq_say(cli, IQ_STYLE_BOLD, iq_str(_("Just as short")));
			iq_buf_byte(&cli->out, '\n');
		}
		if (i != 0)
			line(p, "  – ", all);
	}
	if (r->n_chains < r->chains_total && r->n_chains != 0)
		iq_note(cli, _("%zu shown of %llu."), r->n_chains,
			(unsigned long long)r->chains_total);
}

static enum iq_err no_way(const struct path *p)
{
	const char *state = p->r->state;
	const char *from = iq_names_c(p->names, IQ_TASK, p->r->from);
	const char *to = iq_names_c(p->names, IQ_TASK, p->r->to);

	if (strcmp(state, "no-start") == 0)
		return iq_error_set(&p->cli->error, IQ_ERR_NOT_FOUND,
			N_("In these processes no step is for the task \"{0}\"."),
			N_("All steps: leave out --from and --to."), from, NULL);
	if (strcmp(state, "no-end") == 0)
		return iq_error_set(&p->cli->error, IQ_ERR_NOT_FOUND,
			N_("In these processes no step is for the task \"{0}\"."),
			N_("All steps: leave out --from and --to."), to, NULL);
	if (p->r->from[0] == '\0')
		return iq_error_set(&p->cli->error, IQ_ERR_NOT_FOUND,
			N_("The hand-overs on record do not lead to \"{0}\"."),
			N_("All steps: leave out --from and --to."), to, NULL);
	return iq_error_set(&p->cli->error, IQ_ERR_NOT_FOUND,
		N_("The hand-overs on record do not lead from \"{0}\" to \"{1}\"."),
		N_("All steps: leave out --from and --to."), from, to, NULL);
}

static bool uncertain(const Iq__V1__PathSide *side)
{
	for (size_t i = 0; side != NULL && i < side->n_parties; i++)
		if (!side->parties[i]->certain)
			return true;
	return false;
}

static bool any_uncertain(const Iq__V1__PathResponse *r)
{
	for (size_t i = 0; i < r->n_steps; i++)
		if (uncertain(r->steps[i]->from) || uncertain(r->steps[i]->to))
			return true;
	return false;
}

static enum iq_err show(const struct path *p, bool chains)
{
	struct iq_cli *cli = p->cli;
	const Iq__V1__PathResponse *r = p->r;

	if (cli->format == IQ_FORMAT_JSON)
		return as_json(p, chains);
	if (cli->format != IQ_FORMAT_TABLE)
		return as_rows(p, chains);
	iq_views_title(cli, p->names, r->region, "", r->status, r->at,
		chains ? iq_views_count(cli, r->chains[0]->n_steps, N_("the way has one step"),
				 N_("the shortest way has {0} steps"))
		       : iq_views_count(cli, r->n_steps, N_("one step"), N_("{0} steps")));
	if (chains)
		show_chains(p);
	else
		show_steps(p);
	if (any_uncertain(r)) {
		iq_buf_byte(&cli->out, '\n');
		iq_paragraph(
			cli, IQ_STYLE_DIM, "(?)  ", iq_str(_("not in every case; see: iqq who")));
	}
	return IQ_OK;
}

static enum iq_err read_request(struct iq_cli *cli, Iq__V1__PathRequest *q)
{
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &q->limit);

	if (err == IQ_OK)
		err = iq_views_place(cli, &q->region);
	if (err == IQ_OK)
		err = iq_views_at(cli, &q->at);
	q->status = iq_opt_text(cli, IQ_OPT_STATUS);
	q->from = iq_opt_text(cli, IQ_OPT_FROM_TASK);
	q->to = iq_opt_text(cli, IQ_OPT_TO_TASK);
	q->lang = iq_session_lang(cli);
	if (err == IQ_OK && q->from[0] != '\0' && q->to[0] == '\0')
		err = iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--from needs --to: where the way leads."),
			N_("For example: iqq path dresden --from asylum-application --to "
			   "work-permit"),
			NULL);
	return err;
}

enum iq_err iq_cmd_path(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__PathRequest q = IQ__V1__PATH_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = read_request(cli, &q);

	rq.op_case = IQ__V1__REQUEST__OP_PATH;
	rq.path = &q;
	if (err == IQ_OK)
		err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_PATH);
	if (err != IQ_OK)
		return err;
	const struct path p = {cli, iq_names_new(cli), rs->path};
	bool chains = p.r->to[0] != '\0';

	iq_names_add(p.names, p.r->labels, p.r->n_labels);
	if (p.r->n_steps == 0)
		return iq_error_set(&cli->error, IQ_ERR_NOT_FOUND,
			N_("No process on record is for this residence status."),
			N_("All processes: iqq list handovers"), NULL);
	if (chains && p.r->n_chains == 0)
		return no_way(&p);
	return show(&p, chains);
}
