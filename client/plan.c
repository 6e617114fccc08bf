/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "sender.h"

enum {
	REMEMBERED = 50, /* plans */
	SHORT = 8,       /* characters of their numbers that are shown … */
	WHOLE = 32       /* … of so many */
};

/* ---- responses ---------------------------------------------------------------------------- */

static void append(struct iq_cli *cli, void *list, size_t *n, void *const *more, size_t count)
{
	void **all = iq_arena_grow(
		&cli->arena, *(void ***)list, *n * sizeof(*all), (*n + count) * sizeof(*all));

	if (all == NULL || count == 0)
		return;
	memcpy(all + *n, more, count * sizeof(*all));
	*(void ***)list = all;
	*n += count;
}

void iq_plan_take(struct iq_plan *p, const Iq__V1__SyncPlanResponse *r, bool begin)
{
	struct iq_cli *cli = p->cli;

	if (begin)
		*p = (struct iq_plan){.cli = cli};
	if (r == NULL)
		return;
	p->r = r;
	append(cli, &p->lines, &p->nlines, (void *const *)r->lines, r->n_lines);
	append(cli, &p->counts, &p->ncounts, (void *const *)r->counts, r->n_counts);
	append(cli, &p->guards, &p->nguards, (void *const *)r->guards, r->n_guards);
	append(cli, &p->notes, &p->nnotes, (void *const *)r->notes, r->n_notes);
	append(cli, &p->labels, &p->nlabels, (void *const *)r->labels, r->n_labels);
}

static void on_answer(
	void *arg, const Iq__V1__Response *rs, bool begin, struct iq_progress *progress)
{
	(void)progress;
	iq_plan_take(arg, rs->sync_plan, begin);
}

bool iq_plan_is_empty(const struct iq_plan *p)
{
	return p->nlines == 0 && p->r->plan[0] == '\0';
}

/* ---- making ------------------------------------------------------------------------------- */

/* --base, else what a template says, and when this list was applied from here. */
static enum iq_err based_on(struct iq_cli *cli, const char *path, const struct iq_lists *lists,
	Iq__V1__SyncPlanRequest *q)
{
	const char *text = iq_opt(cli, IQ_OPT_BASE);
	uint64_t applied = iq_plan_applied(cli, path);
	char *end = NULL;

	q->based_on = lists->input.based_on;
	q->applied = applied >= q->based_on ? applied : 0; /* else it is another template */
	if (text == NULL)
		return IQ_OK;
	q->applied = 0;
	q->based_on = strtoull(text, &end, 10);
	if (q->based_on != 0 && *end == '\0')
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is not a revision."),
		N_("A revision is a number, as \"iqq status\" shows it."), text, NULL);
}

static enum iq_err send_lists(
	struct iq_cli *cli, const char *path, struct iq_plan *out, struct iq_lists *lists)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SyncPlanRequest q = IQ__V1__SYNC_PLAN_REQUEST__INIT;
	struct iq_error rejected;
	const struct iq_sending sending = {.lists = lists,
		.whole = true, /* what is missing in a plan would be archived */
		.last = &rq,
		.result = IQ__V1__RESPONSE__RESULT_SYNC_PLAN,
		.answer = on_answer,
		.arg = out,
		.refused = N_("There is no plan: {0} problems in the list."),
		.hint = N_("Correct these rows in the list, then plan again. Nothing was "
			   "changed.")};
	enum iq_err err = based_on(cli, path, lists, &q);

	rq.op_case = IQ__V1__REQUEST__OP_SYNC_PLAN;
	rq.sync_plan = &q;
	q.institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	if (q.institution[0] == '\0' && lists->input.institution.n != 0)
		q.institution = iq_arena_cstr(&cli->arena, lists->input.institution);
	q.delta = iq_opt_given(cli, IQ_OPT_DELTA);
	q.lang = iq_session_lang(cli);
	iq_error_init(&rejected, &cli->arena);
	if (err == IQ_OK)
		err = iq_send(cli, &sending, &rejected);
	if (err == IQ_OK && out->r == NULL)
		err = iq_error_set(&cli->error, IQ_ERR_INTERNAL,
			N_("The server's answer is incomplete."), NULL, NULL);
	iq_lists_say_repairs(lists);
	return err;
}

enum iq_err iq_plan_make(struct iq_cli *cli, const char *const *paths, size_t n,
	struct iq_plan *out, struct iq_lists *lists)
{
	enum iq_err err;

	*out = (struct iq_plan){.cli = cli};
	*lists = (struct iq_lists){.cli = cli};
	if (iq_opt_given(cli, IQ_OPT_FULL) && iq_opt_given(cli, IQ_OPT_DELTA))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("A list is either complete (--full) or holds changes only (--delta)."),
			NULL, NULL);
	err = iq_lists_open(cli, paths, n, IQ_LISTS_SYNC, lists);
	if (err == IQ_OK)
		err = send_lists(cli, paths[0], out, lists);
	if (err == IQ_OK && out->r->plan[0] != '\0')
		iq_plan_note(cli, out->r->plan, paths[0], 0);
	return err;
}

enum iq_err iq_plan_fetch(struct iq_cli *cli, const char *plan, struct iq_plan *out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SyncStatusRequest q = IQ__V1__SYNC_STATUS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_call *call = NULL;
	bool begin = true;
	enum iq_err err = iq_session_open(cli, false, &call);

	*out = (struct iq_plan){.cli = cli};
	q.plan = iq_arena_cstr(&cli->arena, iq_str(plan));
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_SYNC_STATUS;
	rq.sync_status = &q;
	if (err == IQ_OK)
		err = iq_call_send(call, &rq, &cli->error);
	do {
		if (err == IQ_OK)
			err = iq_call_receive(call, &cli->arena, &rs, &cli->error);
		if (err == IQ_OK)
			err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_SYNC_STATUS);
		if (err == IQ_OK && rs->sync_status->plan == NULL)
			err = iq_error_set(&cli->error, IQ_ERR_NOT_FOUND,
				N_("There is no plan {0}."), N_("See: iqq sync status"), plan,
				NULL);
		if (err == IQ_OK)
			iq_plan_take(out, rs->sync_status->plan, begin);
		begin = false;
	} while (err == IQ_OK && rs->more);
	iq_session_close(call);
	return iq_explain_login(cli, err);
}

/* ---- what is remembered ------------------------------------------------------------------- */

/* A line: plan, revision at which it was applied or 0, path; newest last. */
struct note {
	struct iq_str plan, applied, path;
};

static const char *notes_file(struct iq_cli *cli)
{
	const char *profile = iq_setting_get(cli, "profile", NULL);
	const char *data = profile != NULL && iq_profile_name_valid(profile)
				   ? iq_path_data(cli, profile)
				   : NULL;

	return data != NULL ? iq_arena_printf(&cli->arena, "%s/plans", data) : NULL;
}

static size_t read_notes(struct iq_cli *cli, struct note out[REMEMBERED])
{
	const char *file = notes_file(cli);
	struct iq_str rest, line;
	size_t n = 0;

	if (file == NULL || !iq_read_file(cli, file, &rest))
		return 0;
	while (n < REMEMBERED && iq_str_cut(&rest, '\n', &line)) {
		struct note *t = &out[n];

		if (iq_str_cut(&line, '\t', &t->plan) && iq_str_cut(&line, '\t', &t->applied) &&
			t->plan.n > 0) {
			t->path = line.p != NULL ? line : IQ_STR("");
			n++;
		}
	}
	return n;
}

/* Whole path, so that it means the same from any folder. */
static struct iq_str whole(struct iq_cli *cli, const char *path)
{
	char *real = path != NULL ? realpath(path, NULL) : NULL;
	struct iq_str s = iq_arena_dup(&cli->arena, iq_str(real != NULL ? real : ""));

	free(real);
	return memchr(s.p, '\n', s.n) == NULL ? s : IQ_STR("");
}

void iq_plan_note(struct iq_cli *cli, const char *plan, const char *path, uint64_t applied)
{
	struct note notes[REMEMBERED], mine = {iq_str(plan), {"", 0}, whole(cli, path)};
	size_t n = read_notes(cli, notes);
	const char *file = notes_file(cli);
	struct iq_error kept = cli->error;
	struct iq_buf b;

	mine.applied = iq_str(iq_arena_printf(&cli->arena, "%llu", (unsigned long long)applied));
	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		if (iq_str_eq(notes[i].plan, mine.plan)) {
			if (path == NULL)
				mine.path = notes[i].path;
			continue;
		}
		if (i > 0 || n < REMEMBERED)
			iq_buf_printf(&b, "%.*s\t%.*s\t%.*s\n", IQ_STR_ARG(notes[i].plan),
				IQ_STR_ARG(notes[i].applied), IQ_STR_ARG(notes[i].path));
	}
	iq_buf_printf(&b, "%.*s\t%.*s\t%.*s\n", IQ_STR_ARG(mine.plan), IQ_STR_ARG(mine.applied),
		IQ_STR_ARG(mine.path));
	if (file != NULL && iq_write_file(cli, file, (struct iq_str){(char *)b.p, b.n}) != IQ_OK)
		cli->error = kept;
	iq_buf_free(&b);
}

static enum iq_err several(struct iq_cli *cli, const char *word)
{
	return iq_error_set(&cli->error, IQ_ERR_AMBIGUOUS, N_("Several plans begin with \"{0}\"."),
		N_("Write more of it; see: iqq sync status"), word, NULL);
}

/* Among the open plans of all that the caller edits. */
static enum iq_err ask_server(struct iq_cli *cli, const char *word, const char **out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SyncStatusRequest q = IQ__V1__SYNC_STATUS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	size_t found = 0;
	enum iq_err err;

	rq.op_case = IQ__V1__REQUEST__OP_SYNC_STATUS;
	rq.sync_status = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_SYNC_STATUS);
	for (size_t i = 0; err == IQ_OK && i < rs->sync_status->n_states; i++) {
		const Iq__V1__SyncState *s = rs->sync_status->states[i];

		for (size_t k = 0; k < s->n_plans; k++)
			if (strncmp(s->plans[k]->plan, word, strlen(word)) == 0) {
				*out = s->plans[k]->plan;
				found++;
			}
	}
	return err == IQ_OK && found > 1 ? several(cli, word) : err;
}

enum iq_err iq_plan_named(struct iq_cli *cli, const char *word, const char **out)
{
	struct note notes[REMEMBERED];
	size_t n = read_notes(cli, notes), found = 0;

	*out = word;
	if (strcmp(word, "last") == 0 || strcmp(word, "letzter") == 0) {
		if (n == 0)
			return iq_error_set(&cli->error, IQ_ERR_NOT_FOUND,
				N_("No plan was made on this computer yet."),
				N_("Make one: iqq sync plan FILE"), NULL);
		*out = iq_arena_cstr(&cli->arena, notes[n - 1].plan);
		return IQ_OK;
	}
	for (size_t i = 0; i < n; i++) {
		if (iq_str_is(notes[i].plan, word))
			return IQ_OK;
		if (!iq_str_starts(notes[i].plan, iq_str(word)))
			continue;
		*out = iq_arena_cstr(&cli->arena, notes[i].plan);
		found++;
	}
	if (found == 0 && strlen(word) < WHOLE)
		return ask_server(cli, word, out);
	return found > 1 ? several(cli, word) : IQ_OK;
}

const char *iq_plan_short(struct iq_cli *cli, const char *plan)
{
	struct note notes[REMEMBERED];
	size_t n = read_notes(cli, notes), same = 0;
	bool mine = false;

	for (size_t i = 0; i < n; i++) {
		same += iq_str_starts(notes[i].plan, (struct iq_str){plan, strnlen(plan, SHORT)});
		mine = mine || iq_str_is(notes[i].plan, plan);
	}
	return mine && same == 1 ? iq_arena_printf(&cli->arena, "%.*s", SHORT, plan) : plan;
}

uint64_t iq_plan_applied(struct iq_cli *cli, const char *path)
{
	struct note notes[REMEMBERED];
	struct iq_str mine = whole(cli, path);
	size_t n = read_notes(cli, notes);
	uint64_t last = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t applied = strtoull(notes[i].applied.p, NULL, 10);

		if (mine.n > 0 && iq_str_eq(notes[i].path, mine) && applied > last)
			last = applied;
	}
	return last;
}
