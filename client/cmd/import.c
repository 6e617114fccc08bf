/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
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

static enum iq_err as_json(
	struct iq_cli *cli, const Iq__V1__ImportResponse *r, const struct iq_error *rejected)
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

enum iq_err iq_cmd_import(struct iq_cli *cli)
{
	struct iq_bundle bundle;
	struct iq_error rejected;
	const Iq__V1__ImportResponse *r = NULL;
	enum iq_err err = iq_bundle_open(cli->arg, cli->nargs, &cli->arena, &bundle, &cli->error);

	if (err != IQ_OK)
		return err;
	for (size_t i = 0; i < bundle.nignored; i++)
		iq_note(cli, _("Ignored: %s"), iq_safe(cli, bundle.ignored[i]).p);
	if (iq_opt_given(cli, IQ_OPT_REJECTS) && !iq_opt_given(cli, IQ_OPT_KEEP_GOING))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--rejects is of use with --keep-going only."), NULL, NULL);
	iq_error_init(&rejected, &cli->arena);
	err = iq_send_bundle(cli, &bundle, &rejected, &r);
	if (err != IQ_OK)
		return err;
	err = cli->format == IQ_FORMAT_JSON ? as_json(cli, r, &rejected) : show_counts(cli, r);
	return err != IQ_OK ? err : keep_rejects(cli, &rejected);
}
