/* SPDX-License-Identifier: Apache-2.0 */
/* A question that is asked again whenever something changed: what is different in its answer. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "who.h"

enum { HASH = 16 };

struct watch_who {
	struct iq_cli *cli;
	const char *exec, *state;    /* NULL: none */
	char question[2 * HASH + 1]; /* what is asked, as a hash: which answers can be compared */
	json_t *rows; /* the answer: responsibility → item of `answers`; NULL: not asked yet */
	char outcome[16];
	bool asked;  /* since the program began */
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

/* ---- the last answer in a file --------------------------------------------------------------- */

/* The language counts, the purpose does not. */
static void name_question(struct watch_who *w, const Iq__V1__WhoRequest *q)
{
	Iq__V1__WhoRequest same = *q;
	uint8_t hash[HASH];

	same.reason = "";
	size_t n = iq__v1__who_request__get_packed_size(&same);
	uint8_t *packed = iq_arena_alloc(&w->cli->arena, n + 1);

	if (packed == NULL)
		return;
	iq__v1__who_request__pack(&same, packed);
	crypto_generichash(hash, sizeof(hash), packed, n, NULL, 0);
	sodium_bin2hex(w->question, sizeof(w->question), hash, sizeof(hash));
}

/* The first line says what was asked; false: it is none. */
static bool load_head(struct watch_who *w, const json_t *o, enum iq_err *err)
{
	const char *question = json_string_value(json_object_get(o, "question"));
	const char *outcome = json_string_value(json_object_get(o, "outcome"));

	if (question == NULL || outcome == NULL)
		return false;
	if (strcmp(question, w->question) != 0)
		*err = iq_error_set(&w->cli->error, IQ_ERR_USAGE,
			N_("{0} holds the answer to another question, or in another language."),
			N_("Name another file for this question: --state FILE"), w->state, NULL);
	snprintf(w->outcome, sizeof(w->outcome), "%s", outcome);
	w->rows = json_object();
	return true;
}

static bool load_row(struct watch_who *w, const json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	json_t *answer = json_object_get(o, "answer");

	return id != NULL && json_is_object(answer) && json_object_set(w->rows, id, answer) == 0;
}

/* No such file: nothing was asked yet. */
static enum iq_err load(struct watch_who *w)
{
	struct iq_str text, line;
	enum iq_err err = IQ_OK;
	size_t n = 0;

	if (w->state == NULL || !iq_read_file(w->cli, w->state, &text))
		return IQ_OK;
	while (err == IQ_OK && text.n > 0 && iq_str_cut(&text, '\n', &line)) {
		if (line.n == 0)
			continue;
		json_t *o = json_loadb(line.p, line.n, 0, NULL);

		if (!(n++ == 0 ? load_head(w, o, &err) : load_row(w, o)))
			err = iq_feed_bad_file(w->cli, w->state, n);
		json_decref(o);
	}
	return err;
}

static enum iq_err save(struct watch_who *w)
{
	json_t *head = json_object(), *row;
	struct iq_buf b;
	const char *id;

	iq_buf_init(&b, 0);
	json_object_set_new(head, "question", json_string(w->question));
	json_object_set_new(head, "outcome", iq_json_c(w->outcome));
	iq_json_line(&b, head);
	json_object_foreach(w->rows, id, row)
	{
		json_t *o = json_object();

		json_object_set_new(o, "id", iq_json_c(id));
		json_object_set(o, "answer", row);
		iq_json_line(&b, o);
	}
	if (b.failed)
		w->cli->out.failed = true;
	enum iq_err err = iq_write_file(w->cli, w->state, (struct iq_str){(char *)b.p, b.n});

	iq_buf_free(&b);
	return err;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum iq_err take_answer(struct watch_who *w, const Iq__V1__WhoResponse *r)
{
	const struct iq_who who = {w->cli, r};
	json_t *rows = json_object();
	bool same;

	for (size_t i = 0; i < r->n_answers; i++)
		json_object_set_new(rows, r->answers[i]->responsibility->id,
			iq_who_answer(&who, r->answers[i]));
	same = w->rows != NULL && strcmp(w->outcome, r->outcome) == 0 && json_equal(w->rows, rows);
	if (w->rows != NULL) {
		compare(w, rows);
		if (strcmp(w->outcome, r->outcome) != 0)
			iq_who_messages(&who);
	}
	if (!w->asked)
		iq_note(w->cli, _("Watching an answer of %zu rows."), r->n_answers);
	w->asked = true;
	snprintf(w->outcome, sizeof(w->outcome), "%s", r->outcome);
	json_decref(w->rows);
	w->rows = rows;
	/* What it tells is out before it is remembered. */
	return w->state == NULL || same || w->closed ? IQ_OK : save(w);
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
	return err == IQ_OK ? take_answer(w, rs->who) : err;
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
	struct watch_who w = {
		.cli = cli, .exec = iq_opt(cli, IQ_OPT_EXEC), .state = iq_opt(cli, IQ_OPT_STATE)};
	Iq__V1__WhoRequest q = IQ__V1__WHO_REQUEST__INIT;
	Iq__V1__ChangesRequest c = IQ__V1__CHANGES_REQUEST__INIT;
	enum iq_err err = iq_who_question(cli, &q);

	if (err == IQ_OK)
		err = iq_watch_wait(cli, &c.wait_ms);
	q.all = true;
	if (err == IQ_OK) {
		name_question(&w, &q);
		err = load(&w);
	}
	if (err == IQ_OK) {
		iq_watch_begin(cli);
		err = follow(&w, &q, &c);
	}
	json_decref(w.rows);
	return err;
}
