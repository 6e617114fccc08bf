/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codec.h"
#include "commands.h"
#include "lists.h"
#include "problems.h"
#include "sender.h"

static const struct iq_col cols[] = {
	{"kind", N_("Kind"), IQ_CELL_TEXT, true},
	{"created", N_("New"), IQ_CELL_NUMBER, true},
	{"changed", N_("Changed"), IQ_CELL_NUMBER, true},
	{"unchanged", N_("Unchanged"), IQ_CELL_NUMBER, true},
	{"skipped", N_("Skipped"), IQ_CELL_NUMBER, true},
	{"rejected", N_("Rejected"), IQ_CELL_NUMBER, true},
};

static struct iq_str number(struct iq_cli *cli, uint64_t n)
{
	return iq_str(iq_arena_printf(&cli->arena, "%llu", (unsigned long long)n));
}

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__ImportResponse *r,
	const struct iq_error *rejected, const struct iq_lists *lists)
{
	json_t *root = json_object(), *items = json_array();

	for (size_t i = 0; i < r->n_counts; i++) {
		const Iq__V1__Count *c = r->counts[i];
		json_t *o = json_object();

		json_object_set_new(o, "kind", iq_json_c(c->kind));
		json_object_set_new(o, "created", json_integer((json_int_t)c->created));
		json_object_set_new(o, "changed", json_integer((json_int_t)c->changed));
		json_object_set_new(o, "unchanged", json_integer((json_int_t)c->unchanged));
		json_object_set_new(o, "skipped", json_integer((json_int_t)c->skipped));
		json_object_set_new(o, "rejected", json_integer((json_int_t)c->rejected));
		json_array_append_new(items, o);
	}
	enum iq_err err = iq_json_pick(cli, items);

	json_object_set_new(root, "revision", json_integer((json_int_t)r->revision));
	json_object_set_new(root, "items", items);
	json_object_set_new(root, "total", json_integer((json_int_t)r->n_counts));
	json_object_set_new(root, "rows", iq_problems_json(cli, rejected));
	json_object_set_new(root, "rows_total", json_integer((json_int_t)rejected->problems_total));
	if (lists->any)
		json_object_set_new(root, "repairs", iq_lists_repairs_json(lists));
	if (err == IQ_OK)
		iq_json_print(cli, root);
	else
		json_decref(root);
	return err;
}

static enum iq_err show_counts(struct iq_cli *cli, const Iq__V1__ImportResponse *r)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, 6);
	for (size_t i = 0; i < r->n_counts; i++) {
		const Iq__V1__Count *c = r->counts[i];
		const struct iq_str row[] = {
			iq_str(cli->format == IQ_FORMAT_TABLE ? iq_word_kind(c->kind) : c->kind),
			number(cli, c->created), number(cli, c->changed), number(cli, c->unchanged),
			number(cli, c->skipped), number(cli, c->rejected)};

		iq_table_add(&t, row);
	}
	enum iq_err err = iq_table_finish(&t, r->revision, t.nrows);

	if (iq_opt_given(cli, IQ_OPT_DRY_RUN))
		iq_note(cli, "%s", _("Nothing was written (--dry-run)."));
	else
		iq_note(cli, _("Written as revision %llu."), (unsigned long long)r->revision);
	return err;
}

/* --keep-going: the bad rows go to a file; exit status 7 tells that there were some. */
static enum iq_err keep_rejects(struct iq_cli *cli, const struct iq_error *rejected)
{
	const char *path = iq_opt(cli, IQ_OPT_REJECTS);
	struct iq_buf b;

	if (rejected->problems_total == 0)
		return IQ_OK;
	path = path != NULL ? path : "iqq-rejects.csv";
	iq_buf_init(&b, 0);
	iq_problems_csv(cli, rejected, &b);
	enum iq_err err = iq_write_file(cli, path, (struct iq_str){(char *)b.p, b.n});

	iq_buf_free(&b);
	if (err != IQ_OK)
		return err;
	iq_problems_say(cli, rejected);
	iq_note(cli, _("%llu problems; rows that were left out are listed in %s."),
		(unsigned long long)rejected->problems_total, path);
	return IQ_ERR_REJECTED;
}

struct answer {
	struct iq_cli *cli;
	const Iq__V1__ImportResponse *last;
};

static void on_answer(
	void *arg, const Iq__V1__Response *rs, bool begin, struct iq_progress *progress)
{
	struct answer *a = arg;
	const Iq__V1__ImportResponse *r = rs->import_commit;

	(void)begin;
	a->last = r;
	if (rs->more)
		iq_progress_show(progress,
			strcmp(r->phase, "write") == 0 ? _("writing") : _("checking"), r->done,
			r->todo, 0);
}

/* --keep-going: rows the server left out. */
static void add_rejected(struct iq_cli *cli, struct iq_error *to, const Iq__V1__ImportResponse *r)
{
	for (size_t i = 0; i < r->n_rows; i++) {
		struct iq_problem p = {0};

		iq_codec_read_problem(&p, r->rows[i], &cli->arena);
		iq_error_add_problem(to, &p);
	}
	if (r->rows_total > r->n_rows)
		to->problems_total += r->rows_total - r->n_rows;
}

static enum iq_err import(struct iq_cli *cli, struct iq_lists *lists)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ImportCommit q = IQ__V1__IMPORT_COMMIT__INIT;
	struct answer a = {.cli = cli};
	struct iq_error rejected;
	const struct iq_sending sending = {.lists = lists,
		.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN),
		.keep_going = iq_opt_given(cli, IQ_OPT_KEEP_GOING),
		.last = &rq,
		.result = IQ__V1__RESPONSE__RESULT_IMPORT_COMMIT,
		.answer = on_answer,
		.arg = &a,
		.refused = N_("Nothing was written: {0} problems in the input."),
		.hint = N_("Correct the rows, or write the good ones with --keep-going.")};

	rq.op_case = IQ__V1__REQUEST__OP_IMPORT_COMMIT;
	rq.import_commit = &q;
	iq_error_init(&rejected, &cli->arena);
	enum iq_err err = iq_send(cli, &sending, &rejected);

	iq_lists_say_repairs(lists);
	if (err != IQ_OK)
		return err;
	add_rejected(cli, &rejected, a.last);
	err = cli->format == IQ_FORMAT_JSON ? as_json(cli, a.last, &rejected, lists)
					    : show_counts(cli, a.last);
	return err != IQ_OK ? err : keep_rejects(cli, &rejected);
}

enum iq_err iq_cmd_import(struct iq_cli *cli)
{
	struct iq_lists lists;
	enum iq_err err;

	if (iq_opt_given(cli, IQ_OPT_REJECTS) && !iq_opt_given(cli, IQ_OPT_KEEP_GOING))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--rejects is of use with --keep-going only."), NULL, NULL);
	err = iq_lists_open(cli, cli->arg, cli->nargs, IQ_LISTS_IMPORT, &lists);
	if (err == IQ_OK)
		err = import(cli, &lists);
	iq_lists_close(&lists);
	return err;
}
