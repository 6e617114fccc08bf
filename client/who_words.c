/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bounds.h"
#include "date.h"
#include "who.h"

const char *iq_label(Iq__V1__Label **labels, size_t n, const char *kind, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(labels[i]->id, id) == 0 && strcmp(labels[i]->kind, kind) == 0 &&
			labels[i]->name[0] != '\0')
			return labels[i]->name;
	return id;
}

struct words {
	struct iq_cli *cli;
	Iq__V1__Label **labels;
	size_t nlabels;
};

static const char *value_words(const struct words *w, const char *fact, struct iq_str value)
{
	const char *v = iq_arena_cstr(&w->cli->arena, value);
	const char *key = iq_arena_printf(&w->cli->arena, "%s=%s", fact, v);
	const char *name = iq_label(w->labels, w->nlabels, "fact", key);

	if (name != key)
		return name;
	if (strcmp(v, "yes") == 0)
		return _("yes");
	if (strcmp(v, "no") == 0)
		return _("no");
	const char *dots = strstr(v, "..");

	if (dots != NULL)
		return iq_arena_printf(&w->cli->arena, "%.*s–%s", (int)(dots - v), v, dots + 2);
	return v;
}

static const char *values_words(const struct words *w, const char *fact, struct iq_str values)
{
	const char *all = "";
	struct iq_str value;

	if (values.n == 0)
		return "";
	while (iq_str_cut(&values, '|', &value)) {
		const char *one = value_words(w, fact, value);

		all = *all == '\0' ? one : iq_arena_printf(&w->cli->arena, _("%s or %s"), all, one);
	}
	return all;
}

/* "not X", "under 3" … */
static const char *relation_words(struct iq_cli *cli, struct iq_str op, const char *values)
{
	if (iq_str_is(op, "!="))
		return iq_arena_printf(&cli->arena, _("not %s"), values);
	if (iq_str_is(op, "<"))
		return iq_arena_printf(&cli->arena, _("less than %s"), values);
	if (iq_str_is(op, "<="))
		return iq_arena_printf(&cli->arena, _("at most %s"), values);
	if (iq_str_is(op, ">"))
		return iq_arena_printf(&cli->arena, _("more than %s"), values);
	if (iq_str_is(op, ">="))
		return iq_arena_printf(&cli->arena, _("at least %s"), values);
	return values;
}

static const char *clause_words(const struct words *w, struct iq_str clause, const char **fact)
{
	size_t at = 0, end;

	while (at < clause.n && strchr("=!<>", clause.p[at]) == NULL)
		at++;
	end = at;
	while (end < clause.n && strchr("=!<>", clause.p[end]) != NULL)
		end++;
	*fact = iq_arena_cstr(&w->cli->arena, (struct iq_str){clause.p, at});
	const char *values =
		values_words(w, *fact, (struct iq_str){clause.p + end, clause.n - end});

	return iq_arena_printf(&w->cli->arena, "%s: %s",
		iq_label(w->labels, w->nlabels, "fact", *fact),
		relation_words(w->cli, (struct iq_str){clause.p + at, end - at}, values));
}

static bool among(const char *word, char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

const char *iq_condition_words(struct iq_cli *cli, Iq__V1__Label **labels, size_t nlabels,
	const char *condition, char **only, size_t nonly)
{
	struct words w = {cli, labels, nlabels};
	struct iq_str rest = iq_str(condition), clause;
	const char *all = "";

	while (rest.n > 0 && iq_str_cut(&rest, ';', &clause)) {
		const char *fact;
		const char *one = clause_words(&w, clause, &fact);

		if (only != NULL && !among(fact, only, nonly))
			continue;
		all = *all == '\0' ? one : iq_arena_printf(&cli->arena, "%s; %s", all, one);
	}
	return all;
}

enum { STATUSES_SHOWN = 6 };

static const char *status_names(const struct iq_who *w, const Iq__V1__Responsibility *r)
{
	const char *all = "";
	size_t n = r->n_statuses;

	if (n > STATUSES_SHOWN + 1 && !iq_opt_given(w->cli, IQ_OPT_ALL))
		n = STATUSES_SHOWN;
	for (size_t i = 0; i < n; i++)
		all = iq_arena_printf(&w->cli->arena, "%s%s%s", all, i ? ", " : "",
			iq_label(w->r->labels, w->r->n_labels, "status", r->statuses[i]));
	if (n < r->n_statuses)
		all = iq_arena_printf(&w->cli->arena, _("%s and %zu more"), all, r->n_statuses - n);
	return all;
}

static const char *join(struct iq_cli *cli, const char *a, const char *b)
{
	return *a == '\0' ? b : iq_arena_printf(&cli->arena, "%s; %s", a, b);
}

const char *iq_depends_words(const struct iq_who *w, const Iq__V1__Answer *a)
{
	const Iq__V1__Responsibility *r = a->responsibility;
	const char *all = "";

	if (among("region", a->depends_on, a->n_depends_on))
		all = iq_arena_printf(&w->cli->arena, _("only in %s"),
			iq_label(w->r->labels, w->r->n_labels, "region", r->region));
	if (among("status", a->depends_on, a->n_depends_on))
		all = join(w->cli, all,
			iq_arena_printf(&w->cli->arena, _("only for %s"), status_names(w, r)));
	const char *facts = iq_condition_words(
		w->cli, w->r->labels, w->r->n_labels, r->condition, a->depends_on, a->n_depends_on);

	if (*facts != '\0')
		all = join(w->cli, all, iq_arena_printf(&w->cli->arena, _("if %s"), facts));
	return all;
}

const char *iq_age_words(struct iq_cli *cli, const char *confirmed_on)
{
	int32_t day;

	if (confirmed_on[0] == '\0' || !iq_date_parse(iq_str(confirmed_on), &day))
		return _("unconfirmed");
	if (day >= iq_date_months_before(iq_date_in_germany(iq_now_us()), IQ_LIMIT_STALE_MONTHS))
		return "";
	return iq_arena_printf(
		&cli->arena, _("unconfirmed since %s"), iq_word_date(cli, confirmed_on).p);
}

const char *iq_outcome_words(const struct iq_who *w)
{
	if (strcmp(w->r->outcome, "excluded") == 0)
		return _("Not entitled: the law excludes it for this case.");
	if (strcmp(w->r->outcome, "not-needed") == 0)
		return _("Not needed: in this case no permission is necessary.");
	if (strcmp(w->r->outcome, "nobody") == 0)
		return _("Nobody is on record as responsible.");
	return "";
}

/* "in another place", "if Age: 12–26" … */
const char *iq_miss_words(const struct iq_who *w, char **because, size_t n, const char *condition)
{
	const char *all = "";

	if (among("region", because, n))
		all = join(w->cli, all, _("but for another place"));
	if (among("status", because, n))
		all = join(w->cli, all, _("but for another residence status"));
	if (among("date", because, n))
		all = join(w->cli, all, _("but not on this date"));
	const char *facts =
		iq_condition_words(w->cli, w->r->labels, w->r->n_labels, condition, because, n);

	if (*facts != '\0')
		all = join(w->cli, all, iq_arena_printf(&w->cli->arena, _("only if %s"), facts));
	return all;
}

void iq_near_words(const struct iq_who *w)
{
	struct iq_cli *cli = w->cli;

	if (w->r->n_near_misses == 0)
		return;
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(_("Nearly responsible:")));
	iq_buf_byte(&cli->out, '\n');
	for (size_t i = 0; i < w->r->n_near_misses; i++) {
		const Iq__V1__NearMiss *m = w->r->near_misses[i];
		const char *name =
			iq_label(w->r->labels, w->r->n_labels, "institution", m->institution);

		iq_paragraph(cli, IQ_STYLE_NONE, "  – ",
			iq_safe_c(cli,
				iq_arena_printf(&cli->arena, "%s (%s): %s", name,
					iq_word_role(m->role),
					iq_miss_words(w, m->because, m->n_because, m->condition))));
	}
}
