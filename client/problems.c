/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "bundle.h"
#include "problems.h"

enum { SHOWN = 50 }; /* on a terminal */

static struct iq_str reason(struct iq_cli *cli, const struct iq_problem *p)
{
	const char *text = p->text != NULL && p->text[0] != '\0' ? gettext(p->text) : "";

	return iq_str(iq_text_fill(&cli->arena, text, p->args, p->nargs));
}

void iq_problems_say(struct iq_cli *cli, const struct iq_error *e)
{
	size_t shown = e->nproblems;
	bool guard = e->code == IQ_ERR_GUARD; /* their column is a code for programs */

	if (cli->tty_err && shown > SHOWN)
		shown = SHOWN;
	for (size_t i = 0; i < shown; i++) {
		const struct iq_problem *p = &e->problems[i];

		if (p->file.n > 0)
			fprintf(stderr, "%s:", iq_safe(cli, p->file).p);
		if (p->line > 0)
			fprintf(stderr, "%u:", p->line);
		if (p->column.n > 0 && !guard)
			fprintf(stderr, "%s%s", p->file.n > 0 ? " " : "",
				iq_safe(cli, p->column).p);
		if (p->value.n > 0)
			fprintf(stderr, " \"%s\"", iq_safe(cli, p->value).p);
		fprintf(stderr, "%s %s",
			guard                               ? "  !"
			: p->column.n > 0 || p->value.n > 0 ? ":"
							    : "",
			iq_safe(cli, reason(cli, p)).p);
		if (p->nearest.n > 0)
			fprintf(stderr, _(" Nearest: \"%s\"."), iq_safe(cli, p->nearest).p);
		fputc('\n', stderr);
	}
	if (e->problems_total > shown)
		fprintf(stderr, _("… and %llu more.\n"),
			(unsigned long long)(e->problems_total - shown));
}

json_t *iq_problems_json(struct iq_cli *cli, const struct iq_error *e)
{
	json_t *a = json_array();

	for (size_t i = 0; i < e->nproblems; i++) {
		const struct iq_problem *p = &e->problems[i];
		json_t *o = json_object();

		json_object_set_new(o, "file", iq_json_str(p->file));
		json_object_set_new(o, "line", json_integer(p->line));
		json_object_set_new(o, "column", iq_json_str(p->column));
		json_object_set_new(o, "value", iq_json_str(p->value));
		json_object_set_new(o, "reason", iq_json_str(reason(cli, p)));
		json_object_set_new(o, "nearest", iq_json_str(p->nearest));
		json_array_append_new(a, o);
	}
	return a;
}

void iq_problems_csv(struct iq_cli *cli, const struct iq_error *e, struct iq_buf *out)
{
	const struct iq_str head[] = {IQ_STR("file"), IQ_STR("line"), IQ_STR("column"),
		IQ_STR("value"), IQ_STR("reason")};

	iq_csv_write_row(out, head, 5);
	for (size_t i = 0; i < e->nproblems; i++) {
		const struct iq_problem *p = &e->problems[i];
		const char *line = iq_arena_printf(&cli->arena, "%u", p->line);
		const struct iq_str row[] = {
			p->file, iq_str(line), p->column, p->value, reason(cli, p)};

		iq_csv_write_row(out, row, 5);
	}
}
