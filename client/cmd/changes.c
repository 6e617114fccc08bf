/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "feed.h"
#include "who.h"

struct changes {
	struct iq_cli *cli;
	struct iq_feed_view view;
	const char *mirror; /* NULL: none */
	json_t *items;      /* with --json */
	uint64_t n;
	struct iq_arena scratch;
};

static void add_change(void *arg, const struct iq_feed_change *c)
{
	struct changes *x = arg;

	x->n++;
	if (x->items != NULL)
		json_array_append_new(x->items, iq_feed_json(x->cli, c));
	else
		iq_feed_line(x->cli, c);
}

static enum iq_err begin(struct changes *x, Iq__V1__ChangesRequest *q)
{
	struct iq_cli *cli = x->cli;
	const char *since = iq_opt(cli, IQ_OPT_SINCE);
	enum iq_err err = iq_feed_query(cli, q);

	if (err != IQ_OK)
		return err;
	if (x->mirror != NULL && since != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--mirror and --since do not go together."),
			N_("The file knows how far it was told."), NULL);
	q->verify = x->view.keeps = x->view.whole = x->mirror != NULL;
	if (x->mirror != NULL)
		return iq_feed_load(&x->view, x->mirror);
	if (since == NULL)
		return IQ_OK;
	q->start = strcmp(since, "now") == 0 || strcmp(since, "jetzt") == 0;
	return q->start ? IQ_OK : iq_feed_cookie_parse(cli, since, &x->view.cookie);
}

static enum iq_err finish(struct changes *x)
{
	struct iq_cli *cli = x->cli;
	const char *cookie = iq_feed_cookie_text(cli, &x->view.cookie);
	enum iq_err err = IQ_OK;

	if (x->items != NULL) {
		json_t *root = json_object();

		err = iq_json_pick(cli, x->items);
		json_object_set_new(root, "revision", json_integer((json_int_t)x->view.revision));
		json_object_set(root, "items", x->items);
		json_object_set_new(root, "total", json_integer((json_int_t)x->n));
		json_object_set_new(root, "cookie", json_string(cookie));
		if (err == IQ_OK)
			iq_json_print(cli, root);
		else
			json_decref(root);
	} else if (x->mirror == NULL) {
		/* The result, not a message: also with --quiet. After the changes. */
		if (!iq_screen_flush(cli))
			cli->out.failed = true;
		if (cli->tty_err)
			iq_note(cli, _("Next time: iqq changes --since %s"), cookie);
		else
			fprintf(stderr, "%s\n", cookie);
	}
	if (x->view.because != NULL)
		iq_because_note(cli, x->view.because, x->view.withheld);
	return err;
}

enum iq_err iq_cmd_changes(struct iq_cli *cli)
{
	struct changes x = {.cli = cli, .mirror = iq_opt(cli, IQ_OPT_MIRROR)};
	Iq__V1__ChangesRequest q;
	struct iq_call *call = NULL;
	enum iq_err err;

	iq_feed_view_init(&x.view, cli);
	iq_arena_init(&x.scratch, 0);
	x.view.tell = add_change;
	x.view.arg = &x;
	x.items = cli->format == IQ_FORMAT_JSON ? json_array() : NULL;
	err = begin(&x, &q);
	if (err == IQ_OK)
		err = iq_session_open(cli, true, &call);
	if (err == IQ_OK)
		err = iq_feed_follow(&x.view, call, &q, &x.scratch);
	iq_session_close(call);
	err = iq_explain_login(cli, err);
	if (err == IQ_OK && x.mirror != NULL)
		err = iq_feed_save(&x.view, x.mirror);
	if (err == IQ_OK)
		err = finish(&x);
	json_decref(x.items);
	iq_arena_free(&x.scratch);
	iq_feed_view_free(&x.view);
	return err;
}
