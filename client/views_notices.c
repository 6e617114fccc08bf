/* SPDX-License-Identifier: Apache-2.0 */
/* The notices that touch cells of a matrix, in words. */
#include <stdlib.h>
#include <string.h>

#include "session.h"
#include "views.h"

enum { NOTICES_MOST = 40, STATUSES_SHOWN = 4 };

/* Distinct ids, in the order of the cells. */
static size_t ids_of(const Iq__V1__MatrixResponse *m, const char **ids, size_t most, size_t *total)
{
	size_t n = 0;

	*total = 0;
	for (size_t i = 0; i < m->n_cells; i++)
		for (size_t k = 0; k < m->cells[i]->n_notices; k++) {
			bool known = false;

			for (size_t j = 0; j < n && !known; j++)
				known = strcmp(ids[j], m->cells[i]->notices[k]) == 0;
			if (!known && n < most)
				ids[n++] = m->cells[i]->notices[k];
			*total += !known;
		}
	return n;
}

static int weight(const Iq__V1__Notice *n)
{
	static const char *const effects[] = {"excluded", "not-needed", "suspended", "restricted"};

	for (int i = 0; i < 4; i++)
		if (strcmp(effects[i], n->effect) == 0)
			return i;
	return 4;
}

static int compare(const void *a, const void *b)
{
	const Iq__V1__Notice *x = *(const Iq__V1__Notice *const *)a;
	const Iq__V1__Notice *y = *(const Iq__V1__Notice *const *)b;

	return weight(x) != weight(y) ? weight(x) - weight(y) : strcmp(x->id, y->id);
}

enum iq_err iq_view_notices_ask(struct iq_cli *cli, struct iq_call *call,
	const Iq__V1__MatrixResponse *m, struct iq_view_notices *out)
{
	const char *ids[NOTICES_MOST];
	size_t n = ids_of(m, ids, NOTICES_MOST, &out->total);

	out->n = 0;
	out->v = iq_arena_array(&cli->arena, n, sizeof(*out->v));
	for (size_t i = 0; out->v != NULL && i < n; i++) {
		Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
		Iq__V1__GetRequest q = IQ__V1__GET_REQUEST__INIT;
		const Iq__V1__Response *rs = NULL;
		enum iq_err err;

		q.kind = "notice";
		q.id = (char *)(uintptr_t)ids[i];
		rq.op_case = IQ__V1__REQUEST__OP_GET;
		rq.get = &q;
		err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
		if (err == IQ_OK)
			err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_GET);
		if (err == IQ_ERR_NOT_FOUND)
			continue;
		if (err != IQ_OK)
			return err;
		if (rs->get->record != NULL &&
			rs->get->record->of_case == IQ__V1__RECORD__OF_NOTICE)
			out->v[out->n++] = rs->get->record->notice;
	}
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), compare);
	return IQ_OK;
}

static const char *text_of(const struct iq_cli *cli, const Iq__V1__Notice *n)
{
	if (cli->lang == IQ_LANG_EN && n->text_en[0] != '\0')
		return n->text_en;
	return n->text_de;
}

/* "Suspended: Admission subject to available places, for Persons in the asylum procedure". */
static const char *head_of(struct iq_cli *cli, struct iq_names *names, const Iq__V1__Notice *n)
{
	const char *head = iq_word_effect(n->effect);

	if (n->task[0] != '\0')
		head = iq_arena_printf(
			&cli->arena, "%s: %s", head, iq_names_c(names, IQ_TASK, n->task));
	if (n->institution[0] != '\0')
		head = iq_arena_printf(&cli->arena, "%s, %s", head,
			iq_names_c(names, IQ_INSTITUTION, n->institution));
	if (n->n_statuses != 0)
		head = iq_arena_printf(&cli->arena, _("%s, for %s"), head,
			iq_views_some(cli, names, IQ_STATUS, n->statuses, n->n_statuses,
				n->n_statuses, STATUSES_SHOWN));
	if (n->condition[0] != '\0') {
		struct iq_str words = iq_fill_condition(names, n->condition).in[cli->lang];

		head = iq_arena_printf(&cli->arena, _("%s, if %.*s"), head, IQ_STR_ARG(words));
	}
	return head;
}

/* "§ 44 Abs. 4 AufenthG; since 09.02.2026". */
static const char *foot_of(struct iq_cli *cli, const Iq__V1__Notice *n)
{
	const char *foot = n->legal_basis;

	if (n->valid_from[0] != '\0')
		foot = iq_arena_printf(&cli->arena, "%s%s%s", foot, *foot ? "; " : "",
			iq_arena_printf(
				&cli->arena, _("from %s"), iq_word_date(cli, n->valid_from).p));
	if (n->valid_to[0] != '\0')
		foot = iq_arena_printf(&cli->arena, "%s%s%s", foot, *foot ? "; " : "",
			iq_arena_printf(
				&cli->arena, _("until %s"), iq_word_date(cli, n->valid_to).p));
	return foot;
}

void iq_view_notices_show(
	struct iq_cli *cli, struct iq_names *names, const struct iq_view_notices *notices)
{
	if (notices->n == 0)
		return;
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(_("Notices")));
	iq_buf_byte(&cli->out, '\n');
	for (size_t i = 0; i < notices->n; i++) {
		const Iq__V1__Notice *n = notices->v[i];
		const char *foot = foot_of(cli, n);

		iq_paragraph(cli, IQ_STYLE_NONE, "– ", iq_safe_c(cli, head_of(cli, names, n)));
		iq_paragraph(cli, IQ_STYLE_NONE, "  ", iq_safe_c(cli, text_of(cli, n)));
		if (foot[0] != '\0')
			iq_paragraph(cli, IQ_STYLE_DIM, "  ", iq_safe_c(cli, foot));
	}
	iq_views_note_limit(cli, notices->n, notices->total);
}
