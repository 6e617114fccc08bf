/* SPDX-License-Identifier: Apache-2.0 */
/* The roles and what they may do: from the data that decides, without a server. */
#include <string.h>

#include "commands.h"
#include "rights.h"

static const struct iq_col cols[] = {
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"scope", NULL, IQ_CELL_TEXT, true},
	{"action", N_("Action"), IQ_CELL_TEXT, true},
	{"reach", N_("How far"), IQ_CELL_TEXT, false},
	{"opens", NULL, IQ_CELL_NULL, true},
};

static bool needs_grant(enum iq_action action)
{
	return action != IQ_ACTION_NONE && action != IQ_ACTION_SELF && action != IQ_ACTION_ASK;
}

/* How far, and for contact persons up to which class. */
static const char *cell(struct iq_cli *cli, enum iq_access_role role, enum iq_action action)
{
	enum iq_reach reach = iq_right_reach(role, action);
	const char *words = iq_word_reach(reach);

	if (action != IQ_ACTION_CONTACT || reach == IQ_REACH_NOWHERE)
		return words;
	if (iq_role_opens(role) == IQ_INSTITUTION_ONLY)
		return iq_arena_printf(&cli->arena, _("all classes, %s"), words);
	return iq_arena_printf(&cli->arena, _("up to class \"%s\", %s"),
		iq_visibility_names[iq_role_opens(role)], words);
}

/* Every cell, for programs; codes, not words. */
static enum iq_err as_rows(struct iq_cli *cli)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, 5);
	for (int r = 0; r < IQ_ACCESS_ROLES; r++)
		for (int a = 0; a < IQ_ACTIONS; a++) {
			enum iq_access_role role = (enum iq_access_role)r;
			enum iq_action action = (enum iq_action)a;
			enum iq_reach reach = iq_right_reach(role, action);
			bool opens = action == IQ_ACTION_CONTACT && reach != IQ_REACH_NOWHERE;
			const struct iq_str row[] = {iq_str(iq_access_role_names[r]),
				iq_str(iq_scope_names[iq_role_scope(role)]),
				iq_str(iq_action_names[a]),
				iq_str(needs_grant(action) ? iq_reach_names[reach] : "everybody"),
				iq_str(opens ? iq_visibility_names[iq_role_opens(role)] : "")};

			iq_table_add(&t, row);
		}
	return iq_table_finish(&t, 0, t.nrows);
}

static void line(struct iq_cli *cli, const char *name, const char *text)
{
	iq_paragraph(cli, IQ_STYLE_NONE, iq_arena_printf(&cli->arena, "  %-12s", name),
		iq_safe_c(cli, text));
}

static void as_text(struct iq_cli *cli)
{
	iq_say(cli, IQ_STYLE_BOLD, iq_str(_("Everybody who is enrolled")));
	iq_buf_byte(&cli->out, '\n');
	for (int a = IQ_ACTION_SELF; a < IQ_ACTIONS; a++)
		if (!needs_grant((enum iq_action)a))
			line(cli, iq_action_names[a], iq_word_action((enum iq_action)a));
	for (int r = 0; r < IQ_ACCESS_ROLES; r++) {
		enum iq_access_role role = (enum iq_access_role)r;

		iq_buf_byte(&cli->out, '\n');
		iq_say(cli, IQ_STYLE_BOLD,
			iq_str(iq_word_access_role(cli, iq_access_role_names[r])));
		iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_DIM, "  ",
			iq_str(iq_arena_printf(
				&cli->arena, _("Scope: %s."), iq_word_scope(iq_role_scope(role)))));
		for (int a = 0; a < IQ_ACTIONS; a++) {
			enum iq_action action = (enum iq_action)a;
			enum iq_reach reach = iq_right_reach(role, action);

			if (reach == IQ_REACH_NOWHERE)
				continue;
			line(cli, iq_action_names[a],
				reach == IQ_REACH_ANYWHERE
					? iq_word_action(action)
					: iq_arena_printf(&cli->arena, "%s: %s",
						  iq_word_action(action), cell(cli, role, action)));
		}
	}
}

/* For docs/access.md. */
static void as_markdown(struct iq_cli *cli)
{
	struct iq_buf *out = &cli->out;

	iq_buf_printf(out, "| %s | %s |\n|---|---|\n", _("Role"), _("Scope"));
	for (int r = 0; r < IQ_ACCESS_ROLES; r++)
		iq_buf_printf(out, "| `%s` | %s |\n", iq_access_role_names[r],
			iq_word_scope(iq_role_scope((enum iq_access_role)r)));
	iq_buf_printf(out, "\n| %s | |", _("Action"));
	for (int r = 0; r < IQ_ACCESS_ROLES; r++)
		iq_buf_printf(out, " %s |", iq_access_role_names[r]);
	iq_buf_printf(out, "\n|---|---|");
	for (int r = 0; r < IQ_ACCESS_ROLES; r++)
		iq_buf_printf(out, "---|");
	for (int a = 0; a < IQ_ACTIONS; a++) {
		enum iq_action action = (enum iq_action)a;

		iq_buf_printf(out, "\n| `%s` | %s |", iq_action_names[a], iq_word_action(action));
		for (int r = 0; r < IQ_ACCESS_ROLES; r++) {
			enum iq_access_role role = (enum iq_access_role)r;

			if (!needs_grant(action))
				iq_buf_printf(out, " %s |", _("everybody"));
			else if (iq_right_reach(role, action) == IQ_REACH_NOWHERE)
				iq_buf_printf(out, " – |");
			else
				iq_buf_printf(out, " %s |", cell(cli, role, action));
		}
	}
	iq_buf_byte(out, '\n');
}

enum iq_err iq_cmd_rights(struct iq_cli *cli)
{
	if (iq_opt_given(cli, IQ_OPT_MARKDOWN))
		as_markdown(cli);
	else if (cli->format == IQ_FORMAT_TABLE)
		as_text(cli);
	else
		return as_rows(cli);
	return IQ_OK;
}
