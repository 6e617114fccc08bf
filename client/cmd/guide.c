/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"
#include "commands.h"
#include "record.h"
#include "session.h"
#include "who.h"

static const char *first_of(const char *a, const char *b)
{
	return a[0] != '\0' ? a : b;
}

struct guide {
	struct iq_cli *cli;
	const Iq__V1__GuideResponse *r;
	bool english;
};

static const char *status_name(const struct guide *g, const Iq__V1__Status *s)
{
	return first_of(g->english ? first_of(s->name_en, s->name_de) : s->name_de, s->id);
}

static const char *implied_words(const struct guide *g)
{
	const char *all = "";

	for (size_t i = 0; i < g->r->n_implied; i++) {
		const char *clause = iq_arena_printf(
			&g->cli->arena, "%s=%s", g->r->implied[i]->key, g->r->implied[i]->value);

		all = iq_arena_printf(&g->cli->arena, "%s%s%s", all, i ? "; " : "",
			iq_condition_words(g->cli, g->r->labels, g->r->n_labels, clause, NULL, 0));
	}
	return all;
}

/* A field of the status, or of its nearest ancestor that has it. */
static struct iq_str inherited(
	const struct guide *g, const char *(*field)(const struct guide *, const Iq__V1__Status *))
{
	for (size_t i = 0; i < g->r->n_statuses; i++) {
		const char *v = field(g, g->r->statuses[i]);

		if (v[0] == '\0')
			continue;
		if (i == 0)
			return iq_str(v);
		return iq_str(iq_arena_printf(
			&g->cli->arena, _("%s (as for %s)"), v, status_name(g, g->r->statuses[i])));
	}
	return (struct iq_str){NULL, 0};
}

static const char *work(const struct guide *g, const Iq__V1__Status *s)
{
	return g->english ? first_of(s->work_access_en, s->work_access_de) : s->work_access_de;
}

static const char *obligations(const struct guide *g, const Iq__V1__Status *s)
{
	return g->english ? first_of(s->obligations_en, s->obligations_de) : s->obligations_de;
}

static const char *courses(const struct guide *g, const Iq__V1__Status *s)
{
	(void)g;
	return s->course_access;
}

static const char *basis(const struct guide *g, const Iq__V1__Status *s)
{
	(void)g;
	return s->legal_basis;
}

static struct iq_str names(const struct guide *g, Iq__V1__Status **v, size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = iq_arena_printf(
			&g->cli->arena, "%s%s%s", all, i ? ", " : "", status_name(g, v[i]));
	return iq_str(all);
}

static void show(const struct guide *g)
{
	struct iq_cli *cli = g->cli;
	const Iq__V1__Status *s = g->r->statuses[0];
	unsigned w = 22;

	if (cli->format == IQ_FORMAT_TABLE) {
		iq_say(cli, IQ_STYLE_BOLD, iq_safe_c(cli, status_name(g, s)));
		iq_buf_printf(&cli->out, "  (%s)\n\n", s->id);
	}
	iq_field(cli, w, _("Legal basis"), inherited(g, basis));
	iq_field(cli, w, _("Work"), inherited(g, work));
	iq_field(cli, w, _("Courses"), inherited(g, courses));
	iq_field(cli, w, _("Obligations"), inherited(g, obligations));
	iq_field(cli, w, _("Follows from it"), iq_str(implied_words(g)));
	iq_field(cli, w, _("Belongs to"),
		names(g, g->r->statuses + 1, g->r->n_statuses > 0 ? g->r->n_statuses - 1 : 0));
	iq_field(cli, w, _("More precisely"), names(g, g->r->children, g->r->n_children));
	iq_field(cli, w, _("Source"), iq_str(s->source));
	iq_field(cli, w, _("Confirmed on"), iq_word_date(cli, s->confirmed_on));
}

static json_t *record(struct iq_cli *cli, const Iq__V1__Status *s)
{
	struct iq_rec rec = {.kind = IQ_STATUS};

	if (!iq_codec_from_message(&rec, IQ_STATUS, &s->base, &cli->arena))
		return json_object();
	return iq_record_json(&rec);
}

static enum iq_err as_json(const struct guide *g)
{
	json_t *items = json_array(), *o = record(g->cli, g->r->statuses[0]);
	json_t *ancestors = json_array(), *children = json_array(), *implied = json_object();

	for (size_t i = 1; i < g->r->n_statuses; i++)
		json_array_append_new(ancestors, record(g->cli, g->r->statuses[i]));
	for (size_t i = 0; i < g->r->n_children; i++)
		json_array_append_new(children, record(g->cli, g->r->children[i]));
	for (size_t i = 0; i < g->r->n_implied; i++)
		json_object_set_new(
			implied, g->r->implied[i]->key, iq_json_c(g->r->implied[i]->value));
	json_object_set_new(o, "ancestors", ancestors);
	json_object_set_new(o, "children", children);
	json_object_set_new(o, "implied", implied);
	json_array_append_new(items, o);
	return iq_json_list(g->cli, g->r->revision, items, 1);
}

static enum iq_err as_csv(const struct guide *g)
{
	struct iq_rec rec = {.kind = IQ_STATUS};

	if (iq_codec_from_message(&rec, IQ_STATUS, &g->r->statuses[0]->base, &g->cli->arena))
		iq_record_show(g->cli, &rec);
	return IQ_OK;
}

enum iq_err iq_cmd_guide(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GuideRequest q = IQ__V1__GUIDE_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	for (size_t i = 0; i < cli->nargs; i++)
		q.status = iq_arena_printf(
			&cli->arena, "%s%s%s", i ? q.status : "", i ? " " : "", cli->arg[i]);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_GUIDE;
	rq.guide = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_GUIDE);
	if (err != IQ_OK)
		return err;
	const struct guide g = {cli, rs->guide, cli->lang == IQ_LANG_EN};

	if (g.r->n_statuses == 0)
		return IQ_ERR_NOT_FOUND;
	if (cli->format == IQ_FORMAT_JSON)
		return as_json(&g);
	if (cli->format == IQ_FORMAT_CSV)
		return as_csv(&g);
	show(&g);
	return IQ_OK;
}
