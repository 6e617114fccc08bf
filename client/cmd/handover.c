/* SPDX-License-Identifier: Apache-2.0 */
/* One contact: the hand-over sheet. Two: everything on it goes to the successor. */
#include <string.h>

#include "codec.h"
#include "commands.h"
#include "grants.h"
#include "record.h"
#include "who.h"
#include "write.h"

static const struct iq_col cols[] = {
	{"kind", "", IQ_CELL_TEXT, false},
	{"id", "", IQ_CELL_TEXT, false},
	{"column", "", IQ_CELL_TEXT, false},
	{"name", "", IQ_CELL_TEXT, false},
	{"what", "", IQ_CELL_TEXT, false},
	{"task", "", IQ_CELL_TEXT, false},
	{"region", "", IQ_CELL_TEXT, false},
	{"role", "", IQ_CELL_TEXT, false},
	{"statuses", "", IQ_CELL_SET, false},
	{"state", "", IQ_CELL_TEXT, false},
	{"due", "", IQ_CELL_TEXT, false},
};

enum { COLS = sizeof(cols) / sizeof(cols[0]) };

/* ---- for machines ---------------------------------------------------------------------------- */

/* The sheet does not say which change wrote it last. */
static json_t *record_json(const struct iq_rec *rec)
{
	json_t *o = iq_record_json(rec);

	json_object_del(o, "revision");
	return o;
}

static json_t *items_json(struct iq_cli *cli, Iq__V1__HangingItem **items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const Iq__V1__HangingItem *item = items[i];
		json_t *o = json_object();

		json_object_set_new(o, "kind", iq_json_c(item->kind));
		json_object_set_new(o, "id", iq_json_c(item->id));
		json_object_set_new(o, "column", iq_json_c(item->column));
		json_object_set_new(o, "name", iq_json_c(item->name));
		json_object_set_new(o, "what", iq_json_c(item->what));
		if (item->state[0] != '\0') {
			json_object_set_new(o, "state", iq_json_c(item->state));
			json_object_set_new(o, "due", iq_json_or_null(iq_str(item->due)));
		}
		if (item->responsibility != NULL) {
			struct iq_rec rec = {.kind = IQ_RESPONSIBILITY};

			if (iq_codec_from_message(&rec, IQ_RESPONSIBILITY,
				    &item->responsibility->base, &cli->arena))
				json_object_set_new(o, "responsibility", record_json(&rec));
		}
		json_array_append_new(list, o);
	}
	return list;
}

static enum iq_err items_rows(
	struct iq_cli *cli, Iq__V1__HangingItem **items, size_t n, uint64_t revision)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < n; i++) {
		const Iq__V1__HangingItem *item = items[i];
		const Iq__V1__Responsibility *r = item->responsibility;
		const char *statuses = "";

		for (size_t k = 0; r != NULL && k < r->n_statuses; k++)
			statuses = iq_arena_printf(
				&cli->arena, "%s%s%s", statuses, k ? ";" : "", r->statuses[k]);
		const struct iq_str row[COLS] = {iq_str(item->kind), iq_str(item->id),
			iq_str(item->column), iq_str(item->name), iq_str(item->what),
			iq_str(r ? r->task : ""), iq_str(r ? r->region : ""),
			iq_str(r ? r->role : ""), iq_str(statuses), iq_str(item->state),
			iq_str(item->due)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, revision, n);
}

static json_t *contact_json(struct iq_cli *cli, const Iq__V1__Contact *c)
{
	struct iq_rec rec = {.kind = IQ_CONTACT};

	if (c == NULL || !iq_codec_from_message(&rec, IQ_CONTACT, &c->base, &cli->arena))
		return json_null();
	return record_json(&rec);
}

static enum iq_err sheet_json(struct iq_cli *cli, const Iq__V1__SheetResponse *r)
{
	json_t *list = json_array(), *o = json_object();

	json_object_set_new(o, "contact", contact_json(cli, r->contact));
	json_object_set_new(o, "deputy", contact_json(cli, r->deputy));
	json_object_set_new(o, "successor", iq_json_or_null(iq_str(r->successor)));
	json_object_set_new(o, "on", iq_json_or_null(iq_str(r->on)));
	json_object_set_new(o, "overdue", json_boolean(r->overdue));
	json_object_set_new(o, "hanging", items_json(cli, r->items, r->n_items));
	json_array_append_new(list, o);
	return iq_json_list(cli, r->revision, list, 1);
}

static enum iq_err done_json(
	struct iq_cli *cli, const Iq__V1__HandoverResponse *r, const Iq__V1__HandoverRequest *q)
{
	json_t *list = json_array(), *o = json_object();

	json_object_set_new(o, "from", iq_json_c(q->from));
	json_object_set_new(o, "to", iq_json_or_null(iq_str(q->to)));
	json_object_set_new(o, "on", iq_json_or_null(iq_str(q->on)));
	json_object_set_new(o, "hanging", items_json(cli, r->items, r->n_items));
	json_object_set_new(o, "changes", iq_changes_json(r->changes, r->n_changes, true));
	json_array_append_new(list, o);
	return iq_json_list(cli, r->revision, list, 1);
}

/* ---- for people ------------------------------------------------------------------------------ */

/* Below what is shown, for people; machines get it on standard error. */
static void tell(struct iq_cli *cli, const char *text)
{
	if (cli->format != IQ_FORMAT_TABLE) {
		iq_note(cli, "%s", text);
	} else if (!iq_opt_given(cli, IQ_OPT_QUIET)) {
		if (cli->out.n > 0)
			iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_NONE, "", iq_safe_c(cli, text));
	}
}

static void line(struct iq_cli *cli, enum iq_style style, const char *text)
{
	iq_paragraph(cli, style, "  ", iq_safe_c(cli, text));
}

/* What one item is: the same words before and after. */
static const char *item_words(struct iq_cli *cli, const Iq__V1__HangingItem *item)
{
	const Iq__V1__Responsibility *r = item->responsibility;
	const char *name = item->name[0] != '\0' ? item->name : item->id;

	if (r != NULL)
		name = iq_arena_printf(&cli->arena, "%s (%s)", name, iq_word_role(r->role));
	if (strcmp(item->kind, "contact") == 0)
		return iq_arena_printf(&cli->arena, _("deputy of %s"), name);
	if (strcmp(item->kind, "membership") == 0 && strcmp(item->column, "deputy") == 0)
		return iq_arena_printf(&cli->arena, _("deputy representative: %s"), name);
	if (strcmp(item->kind, "membership") == 0)
		return iq_arena_printf(&cli->arena, _("representative: %s"), name);
	if (strcmp(item->kind, "flag") == 0)
		return iq_arena_printf(&cli->arena, _("mark: %s"), name);
	return iq_arena_printf(&cli->arena, "%s: %s", iq_word_kind(item->kind), name);
}

static const char *statuses_words(
	struct iq_cli *cli, const Iq__V1__SheetResponse *r, const Iq__V1__Responsibility *x)
{
	const char *all = "";

	for (size_t i = 0; i < x->n_statuses; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? ", " : "",
			iq_label(r->labels, r->n_labels, "status", x->statuses[i]));
	return *all ? iq_arena_printf(&cli->arena, _("only for %s"), all) : "";
}

static void show_item(
	struct iq_cli *cli, const Iq__V1__SheetResponse *r, const Iq__V1__HangingItem *item)
{
	const char *statuses =
		item->responsibility ? statuses_words(cli, r, item->responsibility) : "";

	iq_paragraph(cli, IQ_STYLE_NONE, "  · ", iq_safe_c(cli, item_words(cli, item)));
	if (*statuses != '\0')
		iq_paragraph(cli, IQ_STYLE_DIM, "    ", iq_safe_c(cli, statuses));
	if (strcmp(item->kind, "flag") == 0)
		iq_paragraph(cli, IQ_STYLE_DIM, "    ",
			iq_safe_c(cli,
				iq_arena_printf(&cli->arena,
					_("When it is put right: iqq flag --done %s"), item->id)));
	else if (strcmp(item->kind, "principal") == 0)
		iq_paragraph(cli, IQ_STYLE_DIM, "    ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena,
					       _("The account of this person. It stays: iqq "
						 "principal end %s"),
					       item->id)));
	else if (item->name[0] != '\0')
		iq_paragraph(cli, IQ_STYLE_DIM, "    ", iq_safe_c(cli, item->id));
}

/* Who it is, as far as it may be shown. */
static void show_person(struct iq_cli *cli, const Iq__V1__SheetResponse *r)
{
	const Iq__V1__Contact *c = r->contact;
	const char *name = c->name[0] != '\0' ? c->name : c->id;
	const char *at = iq_label(r->labels, r->n_labels, "institution", c->institution);

	iq_say(cli, IQ_STYLE_BOLD,
		iq_safe_c(cli, iq_arena_printf(&cli->arena, _("Hand-over sheet: %s"), name)));
	iq_buf_byte(&cli->out, '\n');
	line(cli, IQ_STYLE_NONE,
		c->function[0] != '\0' ? iq_arena_printf(&cli->arena, "%s, %s", c->function, at)
				       : at);
	if (c->phone[0] != '\0' || c->email[0] != '\0')
		line(cli, IQ_STYLE_NONE,
			iq_arena_printf(&cli->arena, "%s%s%s", c->phone,
				c->phone[0] && c->email[0] ? ", " : "", c->email));
	line(cli, IQ_STYLE_DIM, c->id);
	if (c->valid_from[0] != '\0')
		line(cli, IQ_STYLE_NONE,
			iq_arena_printf(&cli->arena, _("first day: %s"),
				iq_word_date(cli, c->valid_from).p));
	if (c->valid_to[0] != '\0')
		line(cli, IQ_STYLE_NONE,
			iq_arena_printf(
				&cli->arena, _("last day: %s"), iq_word_date(cli, c->valid_to).p));
	if (r->deputy != NULL)
		line(cli, IQ_STYLE_NONE,
			iq_arena_printf(&cli->arena, _("deputy: %s"),
				r->deputy->name[0] != '\0' ? r->deputy->name : r->deputy->id));
}

static void show_waiting(struct iq_cli *cli, const Iq__V1__SheetResponse *r)
{
	const char *to = r->successor[0] != '\0' ? r->successor : _("somebody who is gone");
	const char *day;

	if (r->on[0] == '\0')
		return;
	day = iq_word_date(cli, r->on).p;
	if (r->overdue)
		line(cli, IQ_STYLE_YELLOW,
			iq_arena_printf(&cli->arena,
				_("A hand-over to %s was due on %s and could not be carried out; "
				  "it is tried again every day. To take it back: iqq handover %s "
				  "--cancel"),
				to, day, r->contact->id));
	else
		line(cli, IQ_STYLE_YELLOW,
			iq_arena_printf(&cli->arena,
				_("On %s it goes to %s. To take it back: iqq handover %s --cancel"),
				day, to, r->contact->id));
}

static void heading(struct iq_cli *cli, const char *text)
{
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(text));
	iq_buf_byte(&cli->out, '\n');
}

static bool is_what(const Iq__V1__HangingItem *item, const char *what)
{
	return strcmp(item->what, what) == 0;
}

static bool stays(const Iq__V1__HangingItem *item)
{
	return is_what(item, "stays");
}

/* ---- what goes with a seat ------------------------------------------------------------------- */

static const char *seat_words(struct iq_cli *cli, const Iq__V1__HangingItem *item)
{
	const char *due = item->due[0] != '\0' ? iq_word_date(cli, item->due).p : NULL;

	if (is_what(item, "seat") && strcmp(item->kind, "proposal") == 0) {
		const char *how = strcmp(item->state, "voted") == 0
					  ? _("cast by this person; the successor may change it")
					  : _("not voted yet");

		return due == NULL ? how
				   : iq_arena_printf(&cli->arena, _("%s; the vote runs until %s"),
					     how, due);
	}
	if (strcmp(item->state, "late") == 0)
		return due == NULL ? _("late")
				   : iq_arena_printf(&cli->arena, _("late: was due on %s"), due);
	return due == NULL ? _("no due date") : iq_arena_printf(&cli->arena, _("due on %s"), due);
}

/* Nothing of it is written anew: whoever has the seat has it. */
static void show_seats(struct iq_cli *cli, const Iq__V1__SheetResponse *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_items; i++) {
		const Iq__V1__HangingItem *item = r->items[i];

		if (!is_what(item, "seat"))
			continue;
		if (n++ == 0)
			heading(cli, _("Goes with the seat"));
		iq_paragraph(cli, IQ_STYLE_NONE, "  · ", iq_safe_c(cli, item_words(cli, item)));
		iq_paragraph(cli, strcmp(item->state, "late") == 0 ? IQ_STYLE_YELLOW : IQ_STYLE_DIM,
			"    ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s · %s", item->id,
					       seat_words(cli, item))));
	}
}

static void show_sheet(struct iq_cli *cli, const Iq__V1__SheetResponse *r)
{
	size_t moving = 0, staying = 0;

	show_person(cli, r);
	show_waiting(cli, r);
	for (size_t i = 0; i < r->n_items; i++) {
		staying += stays(r->items[i]);
		moving += !stays(r->items[i]) && !is_what(r->items[i], "seat");
	}
	heading(cli, _("To hand over"));
	for (size_t i = 0; i < r->n_items; i++)
		if (!stays(r->items[i]) && !is_what(r->items[i], "seat"))
			show_item(cli, r, r->items[i]);
	if (moving == 0)
		line(cli, IQ_STYLE_NONE, _("Nothing: the sheet is empty."));
	show_seats(cli, r);
	if (staying > 0)
		heading(cli, _("To settle besides"));
	for (size_t i = 0; i < r->n_items; i++)
		if (stays(r->items[i]))
			show_item(cli, r, r->items[i]);
	if (moving > 0 && r->on[0] == '\0')
		tell(cli, iq_arena_printf(&cli->arena,
				  _("It goes to a successor with: iqq handover %s SUCCESSOR"),
				  r->contact->id));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum iq_err sheet(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SheetRequest q = IQ__V1__SHEET_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.contact = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_SHEET;
	rq.sheet = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_SHEET);
	if (err != IQ_OK)
		return err;
	const Iq__V1__SheetResponse *r = rs->sheet;

	if (r->contact == NULL)
		return IQ_ERR_NOT_FOUND;
	if (cli->format == IQ_FORMAT_JSON)
		err = sheet_json(cli, r);
	else if (cli->format != IQ_FORMAT_TABLE)
		err = items_rows(cli, r->items, r->n_items, r->revision);
	else
		show_sheet(cli, r);
	iq_because_note(cli, r->withheld_because, 1);
	return err;
}

static void say_done(
	struct iq_cli *cli, const Iq__V1__HandoverResponse *r, const Iq__V1__HandoverRequest *q)
{
	const char *on = iq_word_date(cli, q->on).p;

	if (q->dry_run)
		tell(cli, _("Nothing was written (--dry-run)."));
	else if (q->cancel)
		tell(cli, iq_arena_printf(&cli->arena, _("Taken back: everything stays with %s."),
				  q->from));
	else if (r->n_items > 0 && strcmp(r->items[0]->what, "later") == 0)
		tell(cli, iq_arena_printf(&cli->arena,
				  _("Noted: on %s everything goes from %s to %s. Lists name both "
				    "until then, each counts on its days."),
				  on, q->from, q->to));
	else if (r->n_items > 0)
		tell(cli, iq_arena_printf(&cli->arena,
				  _("Handed over: %s has it all, the sheet of %s is empty."), q->to,
				  q->from));
	else if (r->n_changes > 0)
		tell(cli, iq_arena_printf(&cli->arena,
				  _("Nothing hung on %s; the last day is noted."), q->from));
	else
		tell(cli, iq_arena_printf(&cli->arena,
				  _("Nothing hung on %s: nothing has changed."), q->from));
}

/* The sheet that goes, then what has changed. */
static void show_done(
	struct iq_cli *cli, const Iq__V1__HandoverResponse *r, const Iq__V1__HandoverRequest *q)
{
	if (r->n_items > 0 && !q->cancel)
		iq_say(cli, IQ_STYLE_BOLD,
			iq_safe_c(cli,
				iq_arena_printf(&cli->arena, _("From %s to %s:"), q->from, q->to)));
	else if (r->n_items > 0)
		iq_say(cli, IQ_STYLE_BOLD,
			iq_safe_c(cli, iq_arena_printf(&cli->arena, _("Stays with %s:"), q->from)));
	if (r->n_items > 0)
		iq_buf_byte(&cli->out, '\n');
	for (size_t i = 0; i < r->n_items; i++) {
		const Iq__V1__HangingItem *item = r->items[i];

		iq_paragraph(cli, IQ_STYLE_NONE, stays(item) ? "  · " : "  → ",
			iq_safe_c(cli, item_words(cli, item)));
	}
	/* The lists were shown above as what they are. */
	Iq__V1__Change **changes = iq_arena_array(&cli->arena, r->n_changes + 1, sizeof(*changes));
	size_t n = 0;

	for (size_t i = 0; changes != NULL && i < r->n_changes; i++) {
		const Iq__V1__Change *c = r->changes[i];
		bool shown = strcmp(c->column, "contacts") == 0 ||
			     (!q->cancel && strcmp(c->after, q->to) == 0);

		if (!shown || iq_opt_given(cli, IQ_OPT_VERBOSE))
			changes[n++] = r->changes[i];
	}
	if (n > 0 && r->n_items > 0)
		heading(cli, _("Besides"));
	if (n > 0)
		iq_changes_show(cli, changes, n);
}

/* Whoever takes a seat wants to know what goes on there. */
static void point_to_welcome(
	struct iq_cli *cli, const Iq__V1__HandoverResponse *r, const Iq__V1__HandoverRequest *q)
{
	bool seat = false;

	for (size_t i = 0; i < r->n_items; i++)
		seat = seat || strcmp(r->items[i]->kind, "membership") == 0;
	if (seat && !q->cancel && !q->dry_run)
		tell(cli, iq_arena_printf(&cli->arena,
				  _("What the seat brings with it, %s is told by: iqq welcome"),
				  q->to));
}

static enum iq_err read_request(struct iq_cli *cli, Iq__V1__HandoverRequest *q)
{
	enum iq_err err = iq_change_id(cli, &q->request_id);

	if (err == IQ_OK)
		err = iq_change_date(cli, iq_opt_text(cli, IQ_OPT_ON), &q->on);
	q->from = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	if (cli->nargs > 1)
		q->to = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	q->cancel = iq_opt_given(cli, IQ_OPT_CANCEL);
	q->dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	q->lang = iq_session_lang(cli);
	return err;
}

static enum iq_err hand_over(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__HandoverRequest q = IQ__V1__HANDOVER_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = read_request(cli, &q);

	if (err != IQ_OK)
		return err;
	rq.op_case = IQ__V1__REQUEST__OP_HANDOVER;
	rq.handover = &q;
	err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_HANDOVER, &rs);
	if (err != IQ_OK)
		return err;
	const Iq__V1__HandoverResponse *r = rs->handover;

	if (cli->format == IQ_FORMAT_JSON)
		err = done_json(cli, r, &q);
	else if (cli->format != IQ_FORMAT_TABLE)
		err = items_rows(cli, r->items, r->n_items, r->revision);
	else
		show_done(cli, r, &q);
	say_done(cli, r, &q);
	point_to_welcome(cli, r, &q);
	return err;
}

enum iq_err iq_cmd_handover(struct iq_cli *cli)
{
	bool cancel = iq_opt_given(cli, IQ_OPT_CANCEL), on = iq_opt_given(cli, IQ_OPT_ON);

	if (cancel && (on || cli->nargs > 1))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--cancel takes a hand-over back: it needs the contact only."),
			N_("iqq handover FROM --cancel"), NULL);
	if (on && cli->nargs < 2)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("--on needs a successor."),
			N_("iqq handover FROM TO --on DATE"), NULL);
	return cancel || cli->nargs > 1 ? hand_over(cli) : sheet(cli);
}
