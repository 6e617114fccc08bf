/* SPDX-License-Identifier: Apache-2.0 */
#include "votes.h"

#include <string.h>

#include "fold.h"
#include "write.h"

static const struct iq_col cols[] = {
	{"institution", NULL, IQ_CELL_TEXT, true},
	{"name", N_("Institution"), IQ_CELL_TEXT, false},
	{"voted", NULL, IQ_CELL_BOOL, true},
	{"choice", N_("Vote"), IQ_CELL_TEXT, true},
	{"as", N_("Cast by"), IQ_CELL_TEXT, true},
	{"cast_on", N_("On"), IQ_CELL_DATE, true},
	{"lost", N_("Does not count"), IQ_CELL_TEXT, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

/* ---- words ----------------------------------------------------------------------------------- */

static const struct {
	const char *code, *de, *word; /* as typed in German, as shown */
} choices[] = {{"yes", "ja", N_("yes")}, {"no", "nein", N_("no")},
	{"abstain", "enthaltung", N_("abstention")}};

struct word {
	const char *code, *text;
};
static const struct word seats[] = {
	{"representative", N_("representative")}, {"deputy", N_("deputy")}, {NULL, NULL}};
static const struct word losses[] = {{"undecided", N_("sends nobody who decides")},
	{"guest", N_("is a guest")}, {"left", N_("has left the workshop")},
	{"invited", N_("has not accepted the invitation")}, {"stranger", N_("takes no part")},
	{"rejoined", N_("has left and come back")}, {NULL, NULL}};
static const struct word ends[] = {{"passed", N_("The proposal has passed.")},
	{"no-quorum", N_("The proposal is rejected: too few have voted.")},
	{"tie", N_("The proposal is rejected: as many for it as against it.")},
	{"no-majority", N_("The proposal is rejected: it has not found its majority.")},
	{NULL, NULL}};
static const struct word majorities[] = {
	{"simple", N_("simple majority")}, {"two-thirds", N_("two-thirds majority")}, {NULL, NULL}};

static const char *word_of(const struct word *words, const char *code)
{
	for (; words->code != NULL; words++)
		if (strcmp(words->code, code) == 0)
			return gettext(words->text);
	return code;
}

const char *iq_vote_choice(const char *word)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (strcasecmp(word, choices[i].code) == 0 || strcasecmp(word, choices[i].de) == 0)
			return choices[i].code;
	return "";
}

const char *iq_vote_choice_word(const char *choice)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (strcmp(choice, choices[i].code) == 0)
			return gettext(choices[i].word);
	return choice;
}

static const char *name_of(const struct iq_vote_shown *v, const char *id)
{
	for (size_t i = 0; i < v->nlabels; i++)
		if (strcmp(v->labels[i]->kind, "institution") == 0 &&
			strcmp(v->labels[i]->id, id) == 0)
			return v->labels[i]->name;
	return id;
}

/* ---- for machines ---------------------------------------------------------------------------- */

static json_t *line_json(const struct iq_vote_shown *v, const Iq__V1__VoteLine *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "institution", iq_json_c(l->institution));
	json_object_set_new(o, "name", iq_json_c(name_of(v, l->institution)));
	json_object_set_new(o, "voted", json_boolean(l->voted));
	json_object_set_new(o, "choice", iq_json_or_null(iq_str(l->choice)));
	json_object_set_new(o, "as", iq_json_or_null(iq_str(l->as)));
	json_object_set_new(o, "cast_on", iq_json_or_null(iq_str(l->cast_on)));
	json_object_set_new(o, "lost", iq_json_or_null(iq_str(l->lost)));
	return o;
}

static json_t *number(const Iq__V1__Tally *t, uint32_t n)
{
	return t->secret ? json_null() : json_integer(n);
}

static json_t *vote_json(const Iq__V1__Tally *t)
{
	json_t *o = json_object();

	json_object_set_new(o, "proposal", iq_json_c(t->proposal));
	json_object_set_new(o, "state", iq_json_c(t->state));
	json_object_set_new(o, "majority", iq_json_or_null(iq_str(t->majority)));
	json_object_set_new(o, "quorum", json_integer(t->quorum));
	json_object_set_new(o, "deadline", iq_json_or_null(iq_str(t->deadline)));
	json_object_set_new(o, "closed_on", iq_json_or_null(iq_str(t->closed_on)));
	json_object_set_new(o, "result", iq_json_or_null(iq_str(t->result)));
	json_object_set_new(o, "entitled", json_integer(t->entitled));
	json_object_set_new(o, "voted", json_integer(t->voted));
	json_object_set_new(o, "needed", json_integer(t->needed));
	json_object_set_new(o, "secret", json_boolean(t->secret));
	json_object_set_new(o, "yes", number(t, t->yes));
	json_object_set_new(o, "no", number(t, t->no));
	json_object_set_new(o, "abstain", number(t, t->abstain));
	json_object_set_new(o, "end", iq_json_or_null(iq_str(t->end)));
	json_object_set_new(o, "late", json_boolean(t->late));
	json_object_set_new(o, "may_close", json_boolean(t->may_close));
	return o;
}

static enum iq_err as_json(struct iq_cli *cli, const struct iq_vote_shown *v)
{
	json_t *root = json_object(), *items = json_array();

	for (size_t i = 0; i < v->tally->n_lines; i++)
		json_array_append_new(items, line_json(v, v->tally->lines[i]));
	enum iq_err err = iq_json_pick(cli, items);

	json_object_set_new(root, "revision", json_integer((json_int_t)v->revision));
	json_object_set_new(root, "vote", vote_json(v->tally));
	if (v->closing)
		json_object_set_new(
			root, "changes", iq_changes_json(v->changes, v->nchanges, true));
	json_object_set_new(root, "items", items);
	json_object_set_new(root, "total", json_integer((json_int_t)v->tally->n_lines));
	if (err == IQ_OK)
		iq_json_print(cli, root);
	else
		json_decref(root);
	return err;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static const char *vote_word(const Iq__V1__VoteLine *l)
{
	if (!l->voted)
		return _("none");
	return l->choice[0] != '\0' ? iq_vote_choice_word(l->choice) : _("has voted");
}

static enum iq_err as_rows(struct iq_cli *cli, const struct iq_vote_shown *v)
{
	bool people = cli->format == IQ_FORMAT_TABLE;
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < v->tally->n_lines; i++) {
		const Iq__V1__VoteLine *l = v->tally->lines[i];
		const struct iq_str row[COLS] = {iq_str(l->institution),
			iq_str(name_of(v, l->institution)), iq_str(l->voted ? "yes" : ""),
			iq_str(people ? vote_word(l) : l->choice),
			iq_str(people ? word_of(seats, l->as) : l->as), iq_str(l->cast_on),
			iq_str(people ? word_of(losses, l->lost) : l->lost)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, v->revision, v->tally->n_lines);
}

/* ---- for people ------------------------------------------------------------------------------ */

static void say(struct iq_cli *cli, const char *text)
{
	iq_paragraph(cli, IQ_STYLE_NONE, "", iq_safe_c(cli, text != NULL ? text : ""));
}

/* A deadline: its day as the reader writes it, and the time if there is one. */
static const char *moment(struct iq_cli *cli, const char *deadline)
{
	const char *day = iq_arena_printf(&cli->arena, "%.10s", deadline);
	struct iq_str shown = iq_word_date(cli, day != NULL ? day : deadline);

	return strlen(deadline) > 10
		       ? iq_arena_printf(&cli->arena, "%.*s%s", IQ_STR_ARG(shown), deadline + 10)
		       : shown.p;
}

static void say_numbers(struct iq_cli *cli, const Iq__V1__Tally *t)
{
	say(cli, iq_arena_printf(&cli->arena,
			 _("%u of %u have voted; %u are needed (quorum %u percent, %s)."), t->voted,
			 t->entitled, t->needed, t->quorum,
			 word_of(majorities, t->majority[0] != '\0' ? t->majority : "simple")));
	if (!t->secret && strcmp(t->state, "draft") != 0)
		say(cli, iq_arena_printf(&cli->arena, _("Yes %u, no %u, abstentions %u."), t->yes,
				 t->no, t->abstain));
	if (strcmp(t->state, "conflict") == 0)
		iq_paragraph(cli, IQ_STYLE_BOLD, "", iq_str(_("The proposal has its majority.")));
	else if (t->end[0] != '\0')
		iq_paragraph(cli, IQ_STYLE_BOLD, "", iq_str(word_of(ends, t->end)));
}

static void say_state(struct iq_cli *cli, const Iq__V1__Tally *t)
{
	if (strcmp(t->state, "draft") == 0)
		iq_note(cli,
			_("The vote has not been opened yet: iqq vote open %s --deadline "
			  "DATE"),
			t->proposal);
	else if (strcmp(t->state, "withdrawn") == 0)
		iq_note(cli, "%s", _("The proposal was withdrawn."));
	else if (t->may_close)
		iq_note(cli, _("The vote can be closed: iqq vote close %s"), t->proposal);
	else if (strcmp(t->state, "open") == 0)
		iq_note(cli,
			_("The vote runs until %s. How others vote is shown once it is closed."),
			moment(cli, t->deadline));
	else if (strcmp(t->state, "conflict") == 0)
		iq_note(cli,
			_("Its changes were not applied. Once they fit again: iqq vote close %s"),
			t->proposal);
}

enum iq_err iq_vote_show(struct iq_cli *cli, const struct iq_vote_shown *v)
{
	enum iq_err err;

	if (cli->format == IQ_FORMAT_JSON)
		return as_json(cli, v);
	if (cli->format != IQ_FORMAT_TABLE)
		return as_rows(cli, v);
	say_numbers(cli, v->tally);
	iq_buf_byte(&cli->out, '\n');
	err = as_rows(cli, v);
	if (v->nchanges > 0) {
		iq_buf_byte(&cli->out, '\n');
		iq_changes_show(cli, v->changes, v->nchanges);
	}
	if (!v->closing)
		say_state(cli, v->tally);
	return err;
}
