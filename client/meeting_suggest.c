/* SPDX-License-Identifier: Apache-2.0 */
/* A suggested agenda on a terminal, for machines, and as text of a meeting. */
#include "date.h"
#include "json.h"
#include "meeting.h"

/* In the order of enum iq_agenda_class. What to do: {0} is the place, {1} the last meeting. */
static const struct {
	const char *head, *help;
	bool inner; /* what the workshop works on: not for guests */
} words[IQ_AGENDA_CLASSES] = {
	[IQ_AGENDA_OVERDUE] = {N_("Commitments past their day"),
		N_("Kept, put off or dropped? iqq commitment due"), true},
	[IQ_AGENDA_PROPOSAL] = {N_("Proposals put to the vote"),
		N_("Vote, or see how it stands: iqq vote tally PROPOSAL"), true},
	[IQ_AGENDA_GAP] = {N_("Gaps"), N_("Who takes it on? iqq gaps {0} --near"), false},
	[IQ_AGENDA_OVERLAP] = {N_("Overlaps"), N_("Who is in charge? iqq overlaps {0}"), false},
	[IQ_AGENDA_TOPIC] = {N_("Concerns of members"),
		N_("Discuss it, then: iqq topic close TOPIC"), true},
	[IQ_AGENDA_CHANGE] = {N_("Changes since the last meeting"),
		N_("Take note: iqq diff {0} --from {1}"), false},
	[IQ_AGENDA_STALE] = {N_("Not confirmed for long"), N_("If it still holds: iqq confirm ID…"),
		false},
};

static const struct iq_col cols[] = {
	{"class", NULL, IQ_CELL_TEXT, true},
	{"id", NULL, IQ_CELL_TEXT, false},
	{"text", NULL, IQ_CELL_TEXT, false},
	{"date", NULL, IQ_CELL_DATE, true},
	{"weight", NULL, IQ_CELL_NUMBER, true},
	{"todo", NULL, IQ_CELL_TEXT, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

static const char *todo(
	struct iq_cli *cli, const struct iq_suggestion *s, enum iq_agenda_class class)
{
	const struct iq_str args[] = {iq_str(s->region), iq_str(s->since)};

	return iq_text_fill(&cli->arena, gettext(words[class].help), args, 2);
}

static enum iq_err as_rows(struct iq_cli *cli, const struct iq_suggestion *s)
{
	const struct iq_agenda *a = &s->agenda;
	size_t total = 0;
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < a->nitems; i++) {
		total += a->item[i].total;
		for (size_t k = 0; k < a->item[i].nlines; k++) {
			const struct iq_agenda_line *l = a->item[i].lines[k];
			char *iso = iq_arena_alloc(&cli->arena, 11);

			if (iso == NULL)
				return IQ_ERR_INTERNAL;
			iq_date_format(l->date, iso);
			const struct iq_str row[COLS] = {iq_str(iq_agenda_names[l->class]), l->id,
				l->text, iq_str(iso),
				iq_str(iq_arena_printf(&cli->arena, "%u", l->weight)),
				iq_str(todo(cli, s, l->class))};

			iq_table_add(&t, row);
		}
	}
	return iq_table_finish(&t, s->revision, total);
}

static const char *more(struct iq_cli *cli, size_t n)
{
	return iq_arena_printf(&cli->arena, _("and %zu more"), n);
}

static void show_item(
	struct iq_cli *cli, const struct iq_suggestion *s, const struct iq_agenda_item *item)
{
	enum iq_agenda_class class = item->class;

	iq_say(cli, IQ_STYLE_BOLD,
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s (%zu)", gettext(words[class].head),
				       item->total)));
	iq_buf_byte(&cli->out, '\n');
	for (size_t k = 0; k < item->nlines; k++)
		iq_paragraph(cli, IQ_STYLE_NONE, "  – ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%.*s [%.*s]",
					       IQ_STR_ARG(item->lines[k]->text),
					       IQ_STR_ARG(item->lines[k]->id))));
	if (item->nlines < item->total)
		iq_paragraph(
			cli, IQ_STYLE_DIM, "    ", iq_str(more(cli, item->total - item->nlines)));
	iq_paragraph(cli, IQ_STYLE_DIM, "  → ", iq_safe_c(cli, todo(cli, s, class)));
}

enum iq_err iq_suggestion_show(struct iq_cli *cli, const struct iq_suggestion *s)
{
	if (cli->format != IQ_FORMAT_TABLE)
		return as_rows(cli, s);
	for (size_t i = 0; i < s->agenda.nitems; i++) {
		if (i > 0)
			iq_buf_byte(&cli->out, '\n');
		show_item(cli, s, &s->agenda.item[i]);
	}
	if (s->agenda.nitems == 0)
		iq_note(cli, "%s",
			_("Nothing waits for this meeting: no gap, no overlap, nothing overdue."));
	return IQ_OK;
}

const char *iq_suggestion_text(
	struct iq_cli *cli, const struct iq_suggestion *s, const char *before)
{
	const char *text = before;

	for (size_t i = 0; i < s->agenda.nitems; i++) {
		const struct iq_agenda_item *item = &s->agenda.item[i];
		const char *head = gettext(words[item->class].head);

		text = iq_arena_printf(&cli->arena, "%s%s%zu. %s (%zu)", text, *text ? "\n" : "",
			i + 1, head, item->total);
		for (size_t k = 0; !words[item->class].inner && k < item->nlines; k++)
			text = iq_arena_printf(
				&cli->arena, "%s\n– %.*s", text, IQ_STR_ARG(item->lines[k]->text));
	}
	return text;
}
