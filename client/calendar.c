/* SPDX-License-Identifier: Apache-2.0 */
/* Meetings and what is due as a calendar for other programs. */
#include <string.h>

#include "date.h"
#include "json.h"
#include "meeting.h"

struct writing {
	struct iq_cli *cli;
	struct iq_buf buf;
	struct iq_ical cal;
};

/* ---- when records were changed ---------------------------------------------------------------
 */

struct stamps {
	struct iq_cli *cli;
	const struct iq_rec *const *recs;
	int64_t *us; /* one per record */
	size_t n, at;
	Iq__V1__HistoryRequest *q;
};

static bool next_stamp(struct stamps *s)
{
	s->q->id = iq_arena_cstr(&s->cli->arena, iq_rec_text(s->recs[s->at], IQ_COL_ID));
	return s->q->id != NULL;
}

static enum iq_err take(void *arg, const Iq__V1__Response *rs, bool *more)
{
	struct stamps *s = arg;
	const Iq__V1__HistoryResponse *r = rs->history;

	s->us[s->at] = r->n_entries > 0 ? (int64_t)r->entries[0]->time : 0;
	*more = ++s->at < s->n;
	return !*more || next_stamp(s) ? IQ_OK : IQ_ERR_INTERNAL;
}

/* Microseconds since 1970, one after another on one connection. */
static enum iq_err ask_stamps(struct iq_cli *cli, enum iq_kind kind,
	const struct iq_rec *const *recs, size_t n, int64_t *us)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__HistoryRequest q = IQ__V1__HISTORY_REQUEST__INIT;
	struct stamps s = {.cli = cli, .recs = recs, .us = us, .n = n, .q = &q};

	if (n == 0)
		return IQ_OK;
	q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.limit = 1;
	if (q.kind == NULL || !next_stamp(&s))
		return IQ_ERR_INTERNAL;
	rq.op_case = IQ__V1__REQUEST__OP_HISTORY;
	rq.history = &q;
	return iq_ask_pages(cli, &rq, IQ__V1__RESPONSE__RESULT_HISTORY, take, &s);
}

/* ---- the file --------------------------------------------------------------------------------
 */

static enum iq_err begin(struct writing *w, struct iq_cli *cli, const char *name)
{
	struct iq_profile profile;
	enum iq_err err = iq_profile_open(cli, &profile);

	w->cli = cli;
	iq_buf_init(&w->buf, 0);
	if (cli->format == IQ_FORMAT_JSON || cli->format == IQ_FORMAT_CSV)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--ics excludes --json and --csv: a calendar is a format of its own."),
			NULL, NULL);
	if (err == IQ_OK) {
		const char *host = iq_arena_cstr(&cli->arena, iq_str(profile.host));

		iq_ical_begin(&w->cal, &w->buf, iq_str(host != NULL ? host : ""), iq_str(name));
	}
	return err;
}

/* To the file, or to standard output as it is. */
static enum iq_err end(struct writing *w, size_t n)
{
	struct iq_cli *cli = w->cli;
	const char *path = iq_opt(cli, IQ_OPT_OUTPUT);
	enum iq_err err = IQ_OK;

	iq_ical_end(&w->cal);
	if (w->buf.failed)
		err = IQ_ERR_INTERNAL;
	else if (path != NULL && strcmp(path, "-") != 0)
		err = iq_write_file(cli, path, (struct iq_str){(char *)w->buf.p, w->buf.n});
	else
		iq_buf_add(&cli->out, w->buf.p, w->buf.n);
	if (err == IQ_OK && path != NULL && strcmp(path, "-") != 0)
		iq_note(cli, _("%s: calendar with %zu entries."), path, n);
	iq_buf_free(&w->buf);
	return err;
}

/* ---- meetings --------------------------------------------------------------------------------
 */

static struct iq_ical_event event_of(
	struct iq_cli *cli, const struct iq_meeting *m, int64_t changed)
{
	struct iq_ical_event e = {.id = iq_str(m->series != NULL ? m->series : m->id),
		.day = m->day,
		.begins = m->begins,
		.ends = m->ends,
		.repeat = m->repeat,
		.repeat_to = m->repeat_to,
		.is_instance = m->series != NULL,
		.planned_day = m->planned_day,
		.planned_begins = m->planned_begins,
		.title = iq_str(iq_meeting_title(cli, m)),
		.place = iq_str(m->place),
		.link = iq_str(m->link),
		.changed = changed,
		.revision = m->rec.revision};

	if (m->agenda[0] != '\0')
		e.text = iq_str(iq_arena_printf(&cli->arena, "%s:\n%s", _("Agenda"), m->agenda));
	return e;
}

enum iq_err iq_calendar_meetings(struct iq_cli *cli, const struct iq_meeting *v, size_t n)
{
	const struct iq_rec **recs = iq_arena_array(&cli->arena, n + 1, sizeof(*recs));
	int64_t *us = iq_arena_array(&cli->arena, n + 1, sizeof(*us));
	struct writing w;
	size_t written = 0;
	enum iq_err err = begin(&w, cli, _("Meetings of the workshop"));

	if (err == IQ_OK && (recs == NULL || us == NULL))
		err = IQ_ERR_INTERNAL;
	for (size_t i = 0; err == IQ_OK && i < n; i++)
		recs[i] = &v[i].rec;
	if (err == IQ_OK)
		err = ask_stamps(cli, IQ_MEETING, recs, n, us);
	for (size_t i = 0; err == IQ_OK && i < n; i++) {
		if (v[i].day == IQ_DATE_MIN)
			continue;
		const struct iq_ical_event e = event_of(cli, &v[i], us[i]);

		iq_ical_event(&w.cal, &e);
		written++;
	}
	if (err != IQ_OK) {
		iq_buf_free(&w.buf);
		return err;
	}
	return end(&w, written);
}

/* ---- commitments -----------------------------------------------------------------------------
 */

static struct iq_ical_todo todo_of(struct iq_cli *cli, const struct iq_rec *rec, int64_t changed)
{
	bool english = cli->lang == IQ_LANG_EN && rec->col[IQ_COMMITMENT_TEXT_EN].n > 0;
	struct iq_str all =
		iq_rec_text(rec, english ? IQ_COMMITMENT_TEXT_EN : IQ_COMMITMENT_TEXT_DE);
	struct iq_str rest = all, first = all;
	const char *who = "";
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_COMMITMENT], iq_rec_text(rec, IQ_COMMITMENT_STATE));
	struct iq_ical_todo t = {.id = iq_rec_text(rec, IQ_COL_ID),
		.due = IQ_DATE_MAX,
		.done_on = IQ_DATE_MIN,
		.state = state == IQ_COMMITMENT_KEPT      ? IQ_TODO_DONE
			 : state == IQ_COMMITMENT_DROPPED ? IQ_TODO_DROPPED
							  : IQ_TODO_OPEN,
		.changed = changed,
		.revision = rec->revision};

	(void)iq_str_cut(&rest, '\n', &first);
	t.title = first;
	for (uint32_t i = 0; i < rec->col[IQ_COMMITMENT_INSTITUTIONS].n; i++)
		who = iq_arena_printf(&cli->arena, "%s%s%s", who, i ? ", " : "",
			iq_circle_name(cli, IQ_INSTITUTION,
				iq_arena_cstr(
					&cli->arena, rec->col[IQ_COMMITMENT_INSTITUTIONS].v[i])));
	t.text = iq_str(iq_arena_printf(&cli->arena, "%s: %s%s%.*s", _("Answerable"), who,
		rest.n > 0 ? "\n" : "", IQ_STR_ARG(rest)));
	(void)iq_date_parse(iq_rec_text(rec, IQ_COMMITMENT_DUE), &t.due);
	(void)iq_date_parse(iq_rec_text(rec, IQ_COMMITMENT_SETTLED_ON), &t.done_on);
	return t;
}

enum iq_err iq_calendar_commitments(struct iq_cli *cli, const struct iq_rec *v, size_t n)
{
	const struct iq_rec **recs = iq_arena_array(&cli->arena, n + 1, sizeof(*recs));
	int64_t *us = iq_arena_array(&cli->arena, n + 1, sizeof(*us));
	struct writing w;
	enum iq_err err = begin(&w, cli, _("Commitments of the workshop"));

	if (err == IQ_OK && (recs == NULL || us == NULL))
		err = IQ_ERR_INTERNAL;
	for (size_t i = 0; err == IQ_OK && i < n; i++)
		recs[i] = &v[i];
	if (err == IQ_OK)
		err = ask_stamps(cli, IQ_COMMITMENT, recs, n, us);
	for (size_t i = 0; err == IQ_OK && i < n; i++) {
		const struct iq_ical_todo t = todo_of(cli, &v[i], us[i]);

		iq_ical_todo(&w.cal, &t);
	}
	if (err != IQ_OK) {
		iq_buf_free(&w.buf);
		return err;
	}
	return end(&w, n);
}
