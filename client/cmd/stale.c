/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "date.h"
#include "json.h"
#include "past.h"
#include "stale.h"
#include "who.h"

/* Why, and what helps: in the order of enum iq_stale_why. */
static const struct {
	const char *head, *help;
} words[IQ_STALE_WHYS] = {
	[IQ_STALE_FLAG] = {N_("Flagged as wrong"),
		N_("Put it right, then: iqq flag --done NUMBER")},
	[IQ_STALE_UNREACHABLE] = {N_("Nobody can be reached"),
		N_("Name a contact person, or enter phone or e-mail of the institution.")},
	[IQ_STALE_ORPHAN] = {N_("The person named has left"),
		N_("Hand over to the successor: iqq handover FROM TO")},
	[IQ_STALE_NO_CONTACT] = {N_("Without contact person"),
		N_("Add one: iqq set responsibility ID contacts=CONTACT")},
	[IQ_STALE_UNCONFIRMED] = {N_("Not confirmed for long"),
		N_("If it still holds: iqq confirm ID…")},
	[IQ_STALE_UNDATED] = {N_("Never confirmed"), N_("If it holds: iqq confirm ID…")},
	[IQ_STALE_ENDED_CONTACT] = {N_("Contact persons whose tasks have all ended"),
		N_("Give them new ones, or end them: iqq set contact ID valid_to=DATE")},
	[IQ_STALE_NOT_INFORMED] = {N_("Not informed of being stored (Art. 14 GDPR)"),
		N_("Inform them, then: iqq set contact ID informed_on=DATE")},
	[IQ_STALE_NO_DEPUTY] = {N_("Without deputy"),
		N_("Name one: iqq set contact ID deputy=CONTACT")},
	[IQ_STALE_PERSONAL_MAIL] = {N_("Personal e-mail, no function mailbox"),
		N_("Enter a function mailbox for the institution.")},
};

static const struct iq_col cols[] = {
	{"why", NULL, IQ_CELL_TEXT, true},
	{"kind", NULL, IQ_CELL_TEXT, true},
	{"id", N_("Id"), IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"name", N_("Name"), IQ_CELL_TEXT, false},
	{"task", NULL, IQ_CELL_NULL, false},
	{"region", N_("Place"), IQ_CELL_NULL, false},
	{"detail", N_("Detail"), IQ_CELL_TEXT, false},
	{"flag", NULL, IQ_CELL_NULL, true},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

/* On a terminal. */
static const struct iq_col shown[] = {
	{"id", N_("Id"), IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"name", N_("What"), IQ_CELL_TEXT, false},
	{"detail", "", IQ_CELL_TEXT, false},
};
enum { SHOWN = sizeof(shown) / sizeof(shown[0]) };

struct line {
	const Iq__V1__StaleItem *item;
	const Iq__V1__StaleResponse *page; /* its labels */
	int why;
	size_t at;
};

struct stale {
	struct iq_cli *cli;
	Iq__V1__StaleRequest *q;
	uint32_t limit; /* 0: none */
	struct line *line;
	size_t n, cap;
	uint64_t revision, total, withheld;
	const char *because;
};

static enum iq_err take(void *arg, const Iq__V1__Response *rs, bool *more)
{
	struct stale *s = arg;
	const Iq__V1__StaleResponse *r = rs->stale;
	uint32_t limit = s->limit;
	size_t n = r->n_items, size = sizeof(*s->line);

	if (s->n + n > s->cap) {
		size_t cap = 2 * (s->n + n);
		struct line *grown =
			iq_arena_grow(&s->cli->arena, s->line, s->cap * size, cap * size);

		if (grown == NULL)
			return IQ_ERR_INTERNAL;
		s->line = grown;
		s->cap = cap;
	}
	for (size_t i = 0; i < n && (limit == 0 || s->n < limit); i++, s->n++)
		s->line[s->n] = (struct line){
			r->items[i], r, iq_choice(iq_stale_names, iq_str(r->items[i]->why)), s->n};
	s->revision = r->revision;
	s->withheld += r->withheld;
	if (r->total > s->total)
		s->total = r->total;
	if (r->because[0] != '\0')
		s->because = r->because;
	s->q->cursor = r->cursor;
	*more = r->cursor.len > 0 && (limit == 0 || s->n < limit);
	return IQ_OK;
}

/* What was confirmed longest ago comes first; all else as the server has it. */
static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int c = 0;

	if (x->why == y->why && x->why == IQ_STALE_UNCONFIRMED)
		c = strcmp(x->item->detail, y->item->detail);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static const char *label(const struct line *l, const char *kind, const char *id)
{
	return iq_label(l->page->labels, l->page->n_labels, kind, id);
}

static const char *number(struct iq_cli *cli, uint64_t n)
{
	return n ? iq_arena_printf(&cli->arena, "%llu", (unsigned long long)n) : "";
}

static enum iq_err as_rows(struct stale *s)
{
	struct iq_table t;

	iq_table_init(&t, s->cli, cols, COLS);
	for (size_t i = 0; i < s->n; i++) {
		const Iq__V1__StaleItem *x = s->line[i].item;
		const struct iq_str row[COLS] = {iq_str(x->why), iq_str(x->kind), iq_str(x->id),
			iq_str(x->institution), iq_str(x->name), iq_str(x->task), iq_str(x->region),
			iq_str(x->detail), iq_str(number(s->cli, x->flag))};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, s->revision, s->total);
}

/* What it is about: a task in a place, a person by name or function, a workshop. */
static struct iq_str what(struct iq_cli *cli, const struct line *l)
{
	const Iq__V1__StaleItem *x = l->item;

	if (x->region[0] != '\0')
		return iq_str(iq_arena_printf(
			&cli->arena, "%s, %s", x->name, label(l, "region", x->region)));
	if (x->name[0] != '\0')
		return iq_str(x->name);
	return iq_str(iq_word_kind(x->kind));
}

/* A hand-over that was not carried out: "2026-12-01 c-new". */
static struct iq_str overdue(struct iq_cli *cli, const char *text)
{
	struct iq_str rest = iq_str(text), on;
	int32_t day;

	if (!iq_str_cut(&rest, ' ', &on) || !iq_date_parse(on, &day))
		return iq_str(text);
	const char *date = iq_word_date(cli, iq_arena_cstr(&cli->arena, on)).p;

	return iq_str(rest.n == 0 ? iq_arena_printf(&cli->arena,
					    _("hand-over due %s, not carried out"), date)
				  : iq_arena_printf(&cli->arena,
					    _("hand-over to %.*s due %s, not carried out"),
					    IQ_STR_ARG(rest), date));
}

static struct iq_str detail(struct iq_cli *cli, const struct line *l)
{
	const Iq__V1__StaleItem *x = l->item;

	switch (l->why) {
	case IQ_STALE_FLAG:
		return iq_str(iq_arena_printf(
			&cli->arena, _("No. %llu: %s"), (unsigned long long)x->flag, x->detail));
	case IQ_STALE_UNCONFIRMED:
	case IQ_STALE_ENDED_CONTACT:
		return iq_str(iq_arena_printf(
			&cli->arena, _("since %s"), iq_word_date(cli, x->detail).p));
	case IQ_STALE_ORPHAN:
		return overdue(cli, x->detail);
	default:
		return iq_str(x->detail);
	}
}

static enum iq_err show_section(struct stale *s, size_t from, size_t to)
{
	struct iq_cli *cli = s->cli;
	struct iq_table t;
	int why = s->line[from].why;
	const char *head = why >= 0 ? _(words[why].head) : s->line[from].item->why;

	if (from > 0)
		iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD,
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s (%zu)", head, to - from)));
	iq_buf_byte(&cli->out, '\n');
	iq_table_init(&t, cli, shown, SHOWN);
	for (size_t i = from; i < to; i++) {
		const struct line *l = &s->line[i];
		const struct iq_str row[SHOWN] = {iq_str(l->item->id),
			iq_str(label(l, "institution", l->item->institution)), what(cli, l),
			detail(cli, l)};

		iq_table_add(&t, row);
	}
	struct iq_str *lines = iq_table_lines(&t, 2);

	for (size_t i = 0; lines != NULL && i < t.nrows; i++) {
		iq_buf_str(&cli->out, lines[i]);
		if (lines[i].n > 0 && lines[i].p[lines[i].n - 1] != '\n')
			iq_buf_byte(&cli->out, '\n');
	}
	if (why >= 0)
		iq_paragraph(cli, IQ_STYLE_DIM, "  → ", iq_str(_(words[why].help)));
	return IQ_OK;
}

static enum iq_err show(struct stale *s)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0, end; i < s->n && err == IQ_OK; i = end) {
		for (end = i + 1; end < s->n && s->line[end].why == s->line[i].why;)
			end++;
		err = show_section(s, i, end);
	}
	return err;
}

static enum iq_err read_request(struct iq_cli *cli, Iq__V1__StaleRequest *q)
{
	const struct iq_opt_values *why = &cli->opt[IQ_OPT_WHY];

	q->lang = iq_session_lang(cli);
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	q->institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	q->region = cli->nargs ? iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]))
			       : iq_opt_text(cli, IQ_OPT_REGION);
	if (cli->nargs > 0 && iq_opt_given(cli, IQ_OPT_REGION))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The place is given twice: \"{0}\" and --region."), NULL, cli->arg[0],
			NULL);
	q->why = iq_arena_array(&cli->arena, why->n + 1, sizeof(*q->why));
	for (size_t i = 0; q->why != NULL && i < why->n; i++)
		q->why[q->n_why++] = iq_arena_cstr(&cli->arena, iq_str(why->v[i]));
	return iq_opt_number(cli, IQ_OPT_MONTHS, &q->months);
}

enum iq_err iq_cmd_stale(struct iq_cli *cli)
{
	Iq__V1__StaleRequest q = IQ__V1__STALE_REQUEST__INIT;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	struct stale s = {.cli = cli, .q = &q};
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &s.limit);

	if (err == IQ_OK)
		err = read_request(cli, &q);
	rq.op_case = IQ__V1__REQUEST__OP_STALE;
	rq.stale = &q;
	if (err == IQ_OK)
		err = iq_ask_pages(cli, &rq, IQ__V1__RESPONSE__RESULT_STALE, take, &s);
	if (err != IQ_OK)
		return err;
	if (s.n > 1)
		qsort(s.line, s.n, sizeof(*s.line), compare);
	err = cli->format == IQ_FORMAT_TABLE ? show(&s) : as_rows(&s);
	if (s.n == 0)
		iq_note(cli, "%s", _("Nothing needs care."));
	else if (s.n < s.total)
		iq_note(cli, _("%zu shown of %llu."), s.n, (unsigned long long)s.total);
	if (s.because != NULL)
		iq_because_note(cli, s.because, s.withheld);
	return err;
}
