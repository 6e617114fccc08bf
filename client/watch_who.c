/* SPDX-License-Identifier: Apache-2.0 */
/* A question that is asked again whenever something changed: what is different in its answer. */
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "who.h"

struct watch_who {
	struct iq_cli *cli;
	const char *exec; /* NULL: none */
	json_t *rows; /* the answer: responsibility → item of `answers`; NULL: not asked yet */
	char outcome[16];
	bool closed; /* nobody reads the output any more */
};

static const char *text_at(const json_t *row, const char *key, const char *inner)
{
	const char *text = json_string_value(json_object_get(json_object_get(row, key), inner));

	return text != NULL ? text : "";
}

/* The fields in which two rows differ, "phone, email". */
static void add_differences(
	struct iq_cli *cli, const json_t *before, const json_t *after, const char **list)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)after, key, value)
	{
		json_t *was = json_object_get(before, key);

		if (was != NULL && json_equal(was, value))
			continue;
		if (was != NULL && json_is_object(value) && json_is_object(was) &&
			strcmp(key, "institution") == 0)
			add_differences(cli, was, value, list);
		else
			*list = iq_arena_printf(&cli->arena, "%s%s%s", *list, **list ? ", " : "",
				cli->format == IQ_FORMAT_TABLE ? iq_word_column(key) : key);
	}
}

static void tell_row(struct watch_who *w, enum iq_feed_what what, const char *id,
	const json_t *before, const json_t *after)
{
	struct iq_cli *cli = w->cli;
	const json_t *row = after != NULL ? after : before;
	json_t *o = json_object();
	const char *fields = "";

	json_object_set_new(o, "what", json_string(iq_feed_word(what)));
	json_object_set_new(o, "kind", json_string("responsibility"));
	json_object_set_new(o, "id", iq_json_c(id));
	json_object_set_new(
		o, "before", before ? json_incref((json_t *)(uintptr_t)before) : json_null());
	json_object_set_new(
		o, "after", after ? json_incref((json_t *)(uintptr_t)after) : json_null());
	if (before != NULL && after != NULL)
		add_differences(cli, before, after, &fields);
	if (cli->format == IQ_FORMAT_JSON) {
		iq_json_line(&cli->out, json_incref(o));
	} else if (cli->format == IQ_FORMAT_TABLE) {
		iq_buf_printf(&cli->out, "%s %s: %s, %s%s%s\n", iq_feed_sign(what),
			iq_safe_c(cli, text_at(row, "institution", "name")).p,
			iq_safe_c(cli, text_at(row, "task", "name")).p,
			iq_safe_c(cli, text_at(row, "region", "name")).p, *fields ? "  · " : "",
			fields);
	} else {
		iq_buf_printf(&cli->out, "%s\t%s\t%s\t%s\t%s\t%s\n", iq_feed_word(what),
			iq_safe_c(cli, id).p, iq_safe_c(cli, text_at(row, "institution", "name")).p,
			iq_safe_c(cli, text_at(row, "task", "name")).p,
			iq_safe_c(cli, text_at(row, "region", "name")).p, fields);
	}
	if (!iq_watch_flush(cli))
		w->closed = true;
	if (w->exec != NULL)
		iq_feed_exec(cli, w->exec, what, "responsibility", id, json_incref(o));
	json_decref(o);
}

static void compare(struct watch_who *w, json_t *rows)
{
	const char *id;
	json_t *row;

	json_object_foreach(rows, id, row)
	{
		json_t *was = json_object_get(w->rows, id);

		if (was == NULL)
			tell_row(w, IQ_FEED_ADDED, id, NULL, row);
		else if (!json_equal(was, row))
			tell_row(w, IQ_FEED_CHANGED, id, was, row);
	}
	json_object_foreach(w->rows, id, row)
	{
		if (json_object_get(rows, id) == NULL)
			tell_row(w, IQ_FEED_REMOVED, id, row, NULL);
	}
}

static void take_answer(struct watch_who *w, const Iq__V1__WhoResponse *r)
{
	const struct iq_who who = {w->cli, r};
	json_t *rows = json_object();

	for (size_t i = 0; i < r->n_answers; i++)
		json_object_set_new(rows, r->answers[i]->responsibility->id,
			iq_who_answer(&who, r->answers[i]));
	if (w->rows != NULL) {
		compare(w, rows);
		if (strcmp(w->outcome, r->outcome) != 0)
			iq_who_messages(&who);
	} else {
		iq_note(w->cli, _("Watching an answer of %zu rows."), r->n_answers);
	}
	snprintf(w->outcome, sizeof(w->outcome), "%s", r->outcome);
	json_decref(w->rows);
	w->rows = rows;
}

static enum iq_err ask(struct watch_who *w, Iq__V1__WhoRequest *q)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;

	rq.op_case = IQ__V1__REQUEST__OP_WHO;
	rq.who = q;
	enum iq_err err = iq_watch_ask(w->cli, &rq, &rs);

	if (err == IQ_OK)
		err = iq_expect(w->cli, rs, IQ__V1__RESPONSE__RESULT_WHO);
	if (err == IQ_OK)
		take_answer(w, rs->who);
	return err;
}

/* Waits until something may have changed. */
static enum iq_err wait_for_news(
	struct watch_who *w, Iq__V1__ChangesRequest *c, struct iq_buf *cookie)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;

	rq.op_case = IQ__V1__REQUEST__OP_CHANGES;
	rq.changes = c;
	c->start = cookie->n == 0;
	c->cookie = (ProtobufCBinaryData){cookie->n, cookie->p};
	enum iq_err err = iq_watch_ask(w->cli, &rq, &rs);

	if (err == IQ_OK)
		err = iq_expect(w->cli, rs, IQ__V1__RESPONSE__RESULT_CHANGES);
	if (err != IQ_OK)
		return err;
	iq_buf_reset(cookie, SIZE_MAX);
	/* Much at once, or everything: what it is does not matter here. */
	if (!rs->changes->refresh && !rs->changes->more)
		iq_buf_add(cookie, rs->changes->cookie.data, rs->changes->cookie.len);
	return IQ_OK;
}

static enum iq_err follow(struct watch_who *w, Iq__V1__WhoRequest *q, Iq__V1__ChangesRequest *c)
{
	struct iq_buf cookie;
	enum iq_err err = IQ_OK;

	iq_buf_init(&cookie, 0);
	while (err == IQ_OK && !w->closed) {
		/* The cookie is older than the answer: nothing falls between. */
		err = wait_for_news(w, c, &cookie);
		if (err == IQ_OK)
			err = ask(w, q);
	}
	iq_buf_free(&cookie);
	return err;
}

enum iq_err iq_watch_who(struct iq_cli *cli)
{
	struct watch_who w = {.cli = cli, .exec = iq_opt(cli, IQ_OPT_EXEC)};
	Iq__V1__WhoRequest q = IQ__V1__WHO_REQUEST__INIT;
	Iq__V1__ChangesRequest c = IQ__V1__CHANGES_REQUEST__INIT;
	enum iq_err err = iq_who_question(cli, &q);

	if (err == IQ_OK)
		err = iq_watch_wait(cli, &c.wait_ms);
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_STATE))
		err = iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--state does not go together with --who."), NULL, NULL);
	if (err == IQ_OK) {
		q.all = true;
		iq_watch_begin(cli);
		err = follow(&w, &q, &c);
	}
	json_decref(w.rows);
	return err;
}
