/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "json.h"
#include "record.h"
#include "welcome.h"

static void set(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, iq_json_c(text));
}

static void set_or_null(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, iq_json_or_null(iq_str(text)));
}

static void cell(struct iq_cli *cli, json_t *o, const struct iq_rec *rec, const char *column)
{
	set(o, column, iq_circle_cell(cli, rec, column));
}

/* The id in a column, and the name behind it. */
static void named(struct iq_cli *cli, json_t *o, const struct iq_rec *rec, enum iq_kind kind,
	const char *column, const char *name)
{
	const char *id = iq_circle_cell(cli, rec, column);

	set_or_null(o, column, id);
	set_or_null(o, name, *id != '\0' ? iq_circle_name(cli, kind, id) : "");
}

static json_t *member(struct iq_cli *cli, const struct iq_rec *m)
{
	json_t *o = json_object();

	cell(cli, o, m, "id");
	named(cli, o, m, IQ_INSTITUTION, "institution", "name");
	named(cli, o, m, IQ_CONTACT, "representative", "representative_name");
	named(cli, o, m, IQ_CONTACT, "deputy", "deputy_name");
	set_or_null(o, "accepted_from", iq_circle_cell(cli, m, "accepted_from"));
	json_object_set_new(o, "invited", json_boolean(*iq_welcome_standing(cli, m) != '\0'));
	json_object_set_new(
		o, "guest", json_boolean(strcmp(iq_circle_cell(cli, m, "guest"), "yes") == 0));
	json_object_set_new(o, "votes", json_boolean(iq_welcome_votes(cli, m)));
	return o;
}

static json_t *own(struct iq_cli *cli, const struct iq_welcome *w)
{
	if (w->seat == NULL)
		return json_null();
	json_t *o = member(cli, w->seat);

	set(o, "as", w->as);
	return o;
}

static json_t *meeting(struct iq_cli *cli, const struct iq_welcome *w)
{
	static const char *const columns[] = {"begins", "ends", "place", "link", "agenda"};

	if (w->meeting == NULL)
		return json_null();
	json_t *o = json_object();

	cell(cli, o, w->meeting, "id");
	json_object_set_new(
		o, "name", iq_json_str(iq_rec_name(w->meeting, cli->lang == IQ_LANG_EN)));
	set(o, "date", w->meeting_date);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		cell(cli, o, w->meeting, columns[i]);
	return o;
}

static json_t *commitment(struct iq_cli *cli, const struct iq_welcome *w, const struct iq_rec *c)
{
	json_t *o = json_object();

	cell(cli, o, c, "id");
	set(o, "text", iq_welcome_title(cli, c));
	json_object_set_new(o, "institutions",
		iq_json_set(iq_str(iq_circle_cell(cli, c, "institutions")), ';'));
	set_or_null(o, "due", iq_circle_cell(cli, c, "due"));
	set(o, "state", iq_welcome_state(cli, c));
	json_object_set_new(o, "own", json_boolean(iq_welcome_is_own(cli, w, c)));
	return o;
}

static json_t *vote(struct iq_cli *cli, const struct iq_welcome *w, const struct iq_welcome_vote *v)
{
	const char *command = iq_welcome_command(cli, w, v);
	json_t *o = json_object();

	cell(cli, o, v->proposal, "id");
	set(o, "title", iq_welcome_title(cli, v->proposal));
	set_or_null(o, "deadline", iq_circle_cell(cli, v->proposal, "deadline"));
	json_object_set_new(o, "voted", json_integer((json_int_t)v->voted));
	json_object_set_new(o, "own_voted", json_boolean(v->own != NULL));
	set_or_null(o, "own_choice", v->own ? iq_circle_cell(cli, v->own, "choice") : "");
	set_or_null(o, "command", command != NULL ? command : "");
	return o;
}

static json_t *minutes(struct iq_cli *cli, const struct iq_rec *m)
{
	json_t *o = json_object();

	cell(cli, o, m, "id");
	cell(cli, o, m, "date");
	cell(cli, o, m, "minutes");
	return o;
}

static json_t *one(struct iq_cli *cli, const struct iq_welcome *w)
{
	json_t *o = json_object(), *members = json_array(), *commitments = json_array();
	json_t *votes = json_array(), *last = json_array();

	for (size_t i = 0; i < w->nmembers; i++)
		json_array_append_new(members, member(cli, w->member[i]));
	for (size_t i = 0; i < w->ncommitments; i++)
		json_array_append_new(commitments, commitment(cli, w, w->commitment[i]));
	for (size_t i = 0; i < w->nvotes; i++)
		json_array_append_new(votes, vote(cli, w, &w->vote[i]));
	for (size_t i = 0; i < w->nminutes; i++)
		json_array_append_new(last, minutes(cli, w->minutes[i]));
	json_object_set_new(o, "workshop", iq_record_json(&w->workshop));
	json_object_set_new(o, "own", own(cli, w));
	json_object_set_new(o, "members", members);
	json_object_set_new(o, "next_meeting", meeting(cli, w));
	json_object_set_new(o, "commitments", commitments);
	json_object_set_new(o, "votes", votes);
	json_object_set_new(o, "minutes", last);
	return o;
}

enum iq_err iq_welcome_json(struct iq_cli *cli, const struct iq_welcomes *all)
{
	json_t *items = json_array();

	for (size_t i = 0; i < all->n; i++)
		json_array_append_new(items, one(cli, &all->v[i]));
	return iq_json_list(cli, all->revision, items, all->n);
}
