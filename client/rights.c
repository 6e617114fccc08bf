/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rights.h"

const char *iq_word_action(enum iq_action action)
{
	static const char *const words[IQ_ACTIONS] = {
		[IQ_ACTION_NONE] = N_("enrol a computer with a token"),
		[IQ_ACTION_SELF] = N_("see one's own data and rights, report mistakes"),
		[IQ_ACTION_ASK] = N_("ask questions, search and list: public fields"),
		[IQ_ACTION_WRITE] = N_("send changes at all; each record decides for itself"),
		[IQ_ACTION_CONTACT] = N_("see confidential contact persons"),
		[IQ_ACTION_EDIT] =
			N_("change contacts, responsibilities, notices, workshops, addresses"),
		[IQ_ACTION_ACCEPT] =
			N_("join a workshop, say who represents one there, consent to editors"),
		[IQ_ACTION_VOCABULARY] =
			N_("change places, tasks, statuses, facts, kinds and hand-overs"),
		[IQ_ACTION_STRUCTURE] =
			N_("create institutions, change what they belong to, their seat and kind"),
		[IQ_ACTION_BULK] = N_("export and print with the contact persons one may see"),
		[IQ_ACTION_GRANT] = N_("administer principals, tokens and grants"),
		[IQ_ACTION_ERASE] = N_("have a person erased for good"),
		[IQ_ACTION_AUDIT] = N_("read and verify the audit log"),
	};

	return action < IQ_ACTIONS && words[action] != NULL ? gettext(words[action]) : "?";
}

const char *iq_word_reach(enum iq_reach reach)
{
	static const char *const words[IQ_REACHES] = {
		[IQ_REACH_NOWHERE] = N_("no"),
		[IQ_REACH_ANYWHERE] = N_("yes"),
		[IQ_REACH_EVERYTHING] = N_("with a grant for everything"),
		[IQ_REACH_OWNED] = N_("of the grant's institution and those below it"),
		[IQ_REACH_WITHIN] = N_("within the grant's region"),
		[IQ_REACH_FOUNDING] = N_("within the grant's region, new institutions only"),
		[IQ_REACH_RELATED] =
			N_("in the grant's region, in those above it and those below it"),
	};

	return reach < IQ_REACHES ? gettext(words[reach]) : "?";
}

const char *iq_word_scope(enum iq_scope scope)
{
	static const char *const words[IQ_SCOPES] = {
		[IQ_SCOPE_REGION] =
			N_("a region or area (an institution may narrow it), or everything"),
		[IQ_SCOPE_INSTITUTION] =
			N_("an institution (a region may narrow it), or everything"),
		[IQ_SCOPE_ALL] = N_("everything"),
	};

	return scope < IQ_SCOPES ? gettext(words[scope]) : "?";
}

struct word {
	const char *code, *text;
};

static const char *look_up(const struct word *words, const char *code)
{
	for (; words->code != NULL; words++)
		if (strcmp(words->code, code) == 0)
			return gettext(words->text);
	return code;
}

const char *iq_word_access_role(struct iq_cli *cli, const char *role)
{
	static const struct word words[] = {
		{"reader", N_("reading right")},
		{"editor", N_("editorship")},
		{"coordinator", N_("coordination")},
		{"curator", N_("care of the vocabulary")},
		{"admin", N_("administration of access")},
		{"auditor", N_("audit")},
		{NULL, NULL},
	};

	if (cli->lang != IQ_LANG_DE)
		return role;
	return iq_arena_printf(&cli->arena, "%s (%s)", role, look_up(words, role));
}

const char *iq_word_state(const char *state)
{
	static const struct word words[] = {
		{"valid", N_("valid")},
		{"future", N_("not yet valid")},
		{"ended", N_("ended")},
		{"revoked", N_("revoked")},
		{NULL, NULL},
	};

	return look_up(words, state);
}

const char *iq_word_because(const char *because)
{
	static const struct word words[] = {
		{"everybody", N_("everybody may do that, without a grant")},
		{"colleague", N_("as a colleague of the same institution")},
		{"workshop", N_("as a member of the same workshop")},
		{"public", N_("the contact person is public")},
		{NULL, NULL},
	};

	return look_up(words, because);
}

int iq_action_by_word(const char *word)
{
	static const struct {
		const char *german;
		enum iq_action action;
	} german[] = {
		{"fragen", IQ_ACTION_ASK},
		{"schreiben", IQ_ACTION_WRITE},
		{"kontakt", IQ_ACTION_CONTACT},
		{"sehen", IQ_ACTION_CONTACT},
		{"bearbeiten", IQ_ACTION_EDIT},
		{"pflegen", IQ_ACTION_EDIT},
		{"zusagen", IQ_ACTION_ACCEPT},
		{"vokabular", IQ_ACTION_VOCABULARY},
		{"struktur", IQ_ACTION_STRUCTURE},
		{"ausgeben", IQ_ACTION_BULK},
		{"berechtigen", IQ_ACTION_GRANT},
		{"loeschen", IQ_ACTION_ERASE},
		{"löschen", IQ_ACTION_ERASE},
		{"protokoll", IQ_ACTION_AUDIT},
	};

	for (int i = 0; i < IQ_ACTIONS; i++)
		if (strcmp(iq_action_names[i], word) == 0)
			return i;
	for (size_t i = 0; i < sizeof(german) / sizeof(*german); i++)
		if (strcmp(german[i].german, word) == 0)
			return (int)german[i].action;
	return -1;
}

enum iq_err iq_word_to_action(struct iq_cli *cli, const char *word, enum iq_action *action)
{
	int found = iq_action_by_word(word);

	if (found >= 0) {
		*action = (enum iq_action)found;
		return IQ_OK;
	}
	enum iq_err err =
		iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no action called \"{0}\"."),
			N_("They are shown by: iqq rights"), word, NULL);
	const char *near = iq_nearest(cli, word, iq_action_names, IQ_ACTIONS);

	if (near != NULL)
		iq_error_add_candidate(&cli->error, &(struct iq_candidate){.kind = IQ_STR("action"),
							    .term = iq_str(word),
							    .id = iq_str(near),
							    .name = iq_str(near)});
	return err;
}

/* ---- grants -------------------------------------------------------------------------------- */

const char *iq_grant_scope_words(struct iq_cli *cli, const Iq__V1__Grant *g)
{
	if (g->institution[0] != '\0' && g->region[0] != '\0')
		return iq_arena_printf(&cli->arena, _("for %s in %s"), g->institution, g->region);
	if (g->institution[0] != '\0')
		return iq_arena_printf(&cli->arena, _("for %s"), g->institution);
	if (g->region[0] != '\0')
		return iq_arena_printf(&cli->arena, _("in %s"), g->region);
	return _("for everything");
}

static const char *date(struct iq_cli *cli, const char *iso)
{
	const char *c = iq_arena_cstr(&cli->arena, iq_word_date(cli, iso));

	return c != NULL ? c : iso;
}

const char *iq_grant_words(struct iq_cli *cli, const Iq__V1__Grant *g)
{
	const char *text =
		iq_arena_printf(&cli->arena, _("grant %llu, %s %s"), (unsigned long long)g->id,
			iq_word_access_role(cli, g->role), iq_grant_scope_words(cli, g));

	if (g->valid_to[0] != '\0')
		text = iq_arena_printf(
			&cli->arena, _("%s, until %s"), text, date(cli, g->valid_to));
	else
		text = iq_arena_printf(&cli->arena, _("%s, without end"), text);
	if (g->by[0] != '\0')
		text = iq_arena_printf(&cli->arena, _("%s, given by %s"), text, g->by);
	return text;
}

json_t *iq_grant_json(const Iq__V1__Grant *g)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_integer((json_int_t)g->id));
	json_object_set_new(o, "principal", iq_json_c(g->principal));
	json_object_set_new(o, "role", iq_json_c(g->role));
	json_object_set_new(o, "institution", iq_json_or_null(iq_str(g->institution)));
	json_object_set_new(o, "region", iq_json_or_null(iq_str(g->region)));
	json_object_set_new(o, "valid_from", iq_json_or_null(iq_str(g->valid_from)));
	json_object_set_new(o, "valid_to", iq_json_or_null(iq_str(g->valid_to)));
	json_object_set_new(o, "state", iq_json_c(g->state));
	json_object_set_new(o, "by", iq_json_c(g->by));
	json_object_set_new(o, "reason", iq_json_c(g->reason));
	json_object_set_new(o, "approved_by", iq_json_c(g->approved_by));
	json_object_set_new(o, "revoked_by", iq_json_c(g->revoked_by));
	return o;
}

json_t *iq_can_json(const Iq__V1__CanResponse *r, const char *action)
{
	json_t *o = json_object(), *grants = json_array();

	json_object_set_new(o, "principal", iq_json_c(r->principal));
	json_object_set_new(o, "action", iq_json_c(action));
	json_object_set_new(o, "allowed", json_boolean(r->allowed));
	json_object_set_new(o, "because", iq_json_c(r->because));
	json_object_set_new(o, "disclosure", iq_json_or_null(iq_str(r->disclosure)));
	for (size_t i = 0; i < r->n_grants; i++) {
		json_t *g = iq_grant_json(r->grants[i]->grant);

		json_object_set_new(g, "verdict", iq_json_c(r->grants[i]->verdict));
		json_array_append_new(grants, g);
	}
	json_object_set_new(o, "grants", grants);
	return o;
}
