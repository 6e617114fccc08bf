/* SPDX-License-Identifier: Apache-2.0 */
/* What two people wrote into the same fields: as it was, as it is, as it was to become. */
#include <stdio.h>

#include "conflict.h"
#include "date.h"
#include "model.h"

static const char *value(struct iq_cli *cli, struct iq_str v)
{
	int32_t day;

	if (v.n == 0)
		return _("(empty)");
	if (iq_date_parse(v, &day))
		return iq_word_date(cli, iq_arena_cstr(&cli->arena, v)).p;
	return iq_safe(cli, v).p;
}

/* "max, 22.11.2026, 20:15, revision 1287" */
static const char *who(struct iq_cli *cli, const struct iq_conflict *c)
{
	struct iq_str name = iq_safe(cli, c->principal);

	if (c->revision == 0)
		return "";
	return iq_arena_printf(&cli->arena, _("   (%s, %s, revision %llu)"), name.p,
		iq_word_moment(cli, (uint64_t)c->time_us), (unsigned long long)c->revision);
}

static void line(
	struct iq_cli *cli, unsigned width, const char *label, const char *text, const char *more)
{
	unsigned w = iq_width(iq_str(label));

	(void)cli;
	fprintf(stderr, "      %s%*s  %s%s\n", label, (int)(w < width ? width - w : 0), "", text,
		more);
}

static void say_field(struct iq_cli *cli, const struct iq_conflict *c, bool whole)
{
	const char *was = _("was:"), *theirs = _("theirs:"), *mine = _("yours:");
	unsigned width = iq_width(iq_str(was)), w = iq_width(iq_str(theirs));

	width = w > width ? w : width;
	w = iq_width(iq_str(mine));
	width = w > width ? w : width;
	if (whole) {
		line(cli, width, theirs,
			c->theirs.n == 0 ? _("removed")
			: c->was.n == 0  ? _("created")
					 : _("changed"),
			who(cli, c));
		return;
	}
	fprintf(stderr, "    %s\n", iq_word_column(iq_arena_cstr(&cli->arena, c->column)));
	line(cli, width, was, value(cli, c->was), "");
	line(cli, width, theirs, value(cli, c->theirs), who(cli, c));
	if (iq_str_eq(c->was, c->mine))
		line(cli, width, mine, _("unchanged"), "");
	else
		line(cli, width, mine, value(cli, c->mine), "");
}

void iq_conflicts_say(struct iq_cli *cli)
{
	const struct iq_error *e = &cli->error;

	for (size_t i = 0; i < e->nconflicts; i++) {
		const struct iq_conflict *c = &e->conflicts[i];

		if (i == 0 || !iq_str_eq(c[-1].id, c->id) || !iq_str_eq(c[-1].kind, c->kind))
			fprintf(stderr, "  %s %s\n",
				iq_word_kind(iq_arena_cstr(&cli->arena, c->kind)),
				iq_safe(cli, c->id).p);
		say_field(cli, c, c->column.n == 0);
	}
}

json_t *iq_conflict_json(struct iq_cli *cli, const struct iq_conflict *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", iq_json_str(c->kind));
	json_object_set_new(o, "id", iq_json_str(c->id));
	json_object_set_new(o, "column", iq_json_str(c->column));
	json_object_set_new(o, "was", iq_json_str(c->was));
	json_object_set_new(o, "theirs", iq_json_str(c->theirs));
	json_object_set_new(o, "mine", iq_json_str(c->mine));
	json_object_set_new(o, "revision", json_integer((json_int_t)c->revision));
	json_object_set_new(o, "principal", iq_json_str(c->principal));
	json_object_set_new(o, "time", iq_json_c(iq_word_time(cli, (uint64_t)c->time_us)));
	return o;
}
