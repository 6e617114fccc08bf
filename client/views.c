/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "grants.h"
#include "views.h"

enum { STATUSES_SHOWN = 4 };

enum iq_err iq_views_place(struct iq_cli *cli, char **region)
{
	const char *words = "";

	for (size_t i = 0; i < cli->nargs; i++)
		words = iq_arena_printf(
			&cli->arena, "%s%s%s", words, i != 0 ? " " : "", cli->arg[i]);
	*region = iq_opt_text(cli, IQ_OPT_REGION);
	if (cli->nargs == 0 && (*region)[0] == '\0')
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" needs to know the place."), N_("For example: iqq {0} dresden"),
			cli->command->name, NULL);
	if (cli->nargs != 0 && iq_opt_given(cli, IQ_OPT_REGION))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The place is given twice: \"{0}\" and --region."), NULL, words, NULL);
	if (cli->nargs != 0)
		*region = iq_arena_cstr(&cli->arena, iq_str(words));
	return IQ_OK;
}

enum iq_err iq_views_at(struct iq_cli *cli, char **at)
{
	return iq_change_date(cli, iq_opt_text(cli, IQ_OPT_AT), at);
}

const char *iq_views_question(struct iq_cli *cli, const struct iq_names *names, const char *region,
	const char *task, const char *status)
{
	const char *all = iq_names_c(names, IQ_REGION, region);

	if (task[0] != '\0')
		all = iq_arena_printf(&cli->arena, "%s, %s", all, iq_names_c(names, IQ_TASK, task));
	if (status[0] != '\0')
		all = iq_arena_printf(
			&cli->arena, "%s, %s", all, iq_names_c(names, IQ_STATUS, status));
	return all;
}

void iq_views_title(struct iq_cli *cli, const struct iq_names *names, const char *region,
	const char *task, const char *status, const char *at, const char *rest)
{
	const char *what = iq_views_question(cli, names, region, task, status);
	const char *day = iq_word_date(cli, at).p;

	iq_paragraph(cli, IQ_STYLE_BOLD, "",
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s, %s: %s", what, day, rest)));
	iq_buf_byte(&cli->out, '\n');
}

/* ---- sets --------------------------------------------------------------------------------- */

const char *iq_views_join(struct iq_cli *cli, const struct iq_names *names, enum iq_kind kind,
	char *const *ids, size_t n, const char *glue)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i != 0 ? glue : "",
			names != NULL ? iq_names_c(names, kind, ids[i]) : ids[i]);
	return all;
}

const char *iq_views_some(struct iq_cli *cli, const struct iq_names *names, enum iq_kind kind,
	char *const *ids, size_t n, size_t total, size_t most)
{
	size_t shown = n;

	if (n > most + 1 && !iq_opt_given(cli, IQ_OPT_ALL)) /* "and 1 more" takes as much room */
		shown = most;
	total = total < n ? n : total;
	const char *all = iq_views_join(cli, names, kind, ids, shown, ", ");

	if (shown == total)
		return all;
	return iq_arena_printf(&cli->arena, _("%s and %zu more"), all, total - shown);
}

static const char *letter_of(
	Iq__V1__TargetGroup *const *letters, size_t n, const Iq__V1__Share *share)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(letters[i]->status, share->group) == 0)
			return letters[i]->letter;
	return "";
}

const char *iq_views_for_whom(struct iq_cli *cli, const struct iq_names *names,
	Iq__V1__TargetGroup *const *letters, size_t n, const Iq__V1__Groups *groups,
	const char *status)
{
	const char *all = "", *words;

	if (groups == NULL || groups->all)
		return status[0] != '\0' ? _("all of them") : _("everybody");
	for (size_t i = 0; i < groups->n_shares; i++) {
		const char *letter = letter_of(letters, n, groups->shares[i]);

		if (letter[0] != '\0')
			all = iq_arena_printf(
				&cli->arena, "%s%s%s", all, all[0] != '\0' ? " " : "", letter);
	}
	words = iq_views_some(cli, names, IQ_STATUS, groups->statuses, groups->n_statuses,
		groups->n_statuses, STATUSES_SHOWN);
	return all[0] != '\0' ? iq_arena_printf(&cli->arena, "%s: %s", all, words) : words;
}

const char *iq_views_shares(struct iq_cli *cli, const Iq__V1__Groups *groups)
{
	const char *all = "";

	for (size_t i = 0; groups != NULL && !groups->all && i < groups->n_shares; i++)
		all = iq_arena_printf(
			&cli->arena, "%s%s%s", all, i != 0 ? ";" : "", groups->shares[i]->group);
	return all;
}

const char *iq_views_statuses(struct iq_cli *cli, const Iq__V1__Groups *groups)
{
	if (groups == NULL || groups->all)
		return "";
	return iq_views_join(cli, NULL, IQ_STATUS, groups->statuses, groups->n_statuses, ";");
}

json_t *iq_views_statuses_json(const Iq__V1__Groups *groups)
{
	bool some = groups != NULL && !groups->all;

	return iq_json_strings(some ? groups->statuses : NULL, some ? groups->n_statuses : 0);
}

json_t *iq_views_groups_json(const Iq__V1__Groups *groups)
{
	json_t *a = json_array();

	for (size_t i = 0; groups != NULL && !groups->all && i < groups->n_shares; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "status", iq_json_c(groups->shares[i]->group));
		json_object_set_new(o, "whole", json_boolean(groups->shares[i]->whole));
		json_array_append_new(a, o);
	}
	return a;
}

/* ---- the matrix ---------------------------------------------------------------------------- */

json_t *iq_views_cell_json(const Iq__V1__MatrixResponse *m, const Iq__V1__MatrixCell *cell)
{
	json_t *o = json_object(), *roles = json_array(), *rows = json_array();

	json_object_set_new(o, "task", iq_json_c(m->lines[cell->line]->task));
	json_object_set_new(o, "institution", iq_json_c(m->columns[cell->column]->institution));
	for (size_t i = 0; i < cell->n_roles; i++) {
		const Iq__V1__MatrixRole *r = cell->roles[i];
		json_t *role = json_object();

		json_object_set_new(role, "role", iq_json_c(r->role));
		json_object_set_new(role, "statuses", iq_views_statuses_json(r->groups));
		json_object_set_new(role, "groups", iq_views_groups_json(r->groups));
		json_object_set_new(role, "conditional", json_boolean(r->conditional));
		json_object_set_new(role, "part", json_boolean(r->part));
		json_array_append_new(roles, role);
	}
	for (size_t i = 0; i < cell->n_rows; i++)
		json_array_append_new(rows, iq_json_c(cell->rows[i]->responsibility));
	json_object_set_new(o, "roles", roles);
	json_object_set_new(o, "responsibilities", rows);
	json_object_set_new(o, "notices", iq_json_strings(cell->notices, cell->n_notices));
	json_object_set_new(o, "effect", iq_json_or_null(iq_str(cell->effect)));
	return o;
}

const char *iq_views_count(struct iq_cli *cli, size_t n, const char *one, const char *many)
{
	struct iq_str number = iq_str(iq_arena_printf(&cli->arena, "%zu", n));

	return iq_text_fill(&cli->arena, gettext(n == 1 ? one : many), &number, 1);
}

void iq_views_note_limit(struct iq_cli *cli, size_t shown, uint64_t total)
{
	if (shown < total)
		iq_note(cli, _("%zu shown of %llu."), shown, (unsigned long long)total);
}
