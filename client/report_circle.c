/* SPDX-License-Identifier: Apache-2.0 */
/* Minutes and open commitments of the workshop: of the answer about the edition, all of it. */
#include "date.h"
#include "report_doc.h"
#include "workshop.h"

static const struct iq_report_text nothing;

static struct iq_report_text institutions(struct iq_rep *r, char *const *ids, size_t n)
{
	struct iq_report_text all = nothing;

	for (size_t i = 0; i < n; i++)
		all = iq_rep_join(r, all, ", ", iq_names_get(r->names, IQ_INSTITUTION, ids[i]));
	return all;
}

static void fill_minutes(struct iq_rep *r, const Iq__V1__EditionResponse *first)
{
	struct iq_report_line *line;

	if (first->n_meetings == 0)
		return;
	line = iq_rep_lines(r, IQ_REPORT_MINUTES, first->n_meetings);
	for (size_t i = 0; line != NULL && i < first->n_meetings; i++, line++) {
		const Iq__V1__Meeting *m = first->meetings[i];

		line->cells[0] = iq_rep_same(m->date);
		line->cells[1] = iq_rep_pair(m->name_de, m->name_en);
		if (m->name_de[0] == '\0' && m->name_en[0] == '\0')
			line->cells[1] = iq_rep_text(r, N_("Meeting"), nothing, nothing);
		line->cells[2] = institutions(r, m->attended, m->n_attended);
		line->cells[3] = iq_rep_same(m->minutes);
	}
}

/* As it stands on the date of the document. */
static const char *state_of(const struct iq_rep *r, const Iq__V1__Commitment *c)
{
	int state = iq_choice(iq_process_states[IQ_PROCESS_COMMITMENT], iq_str(c->state));
	int32_t due = IQ_DATE_MAX, at;

	(void)iq_date_parse(iq_str(c->due), &due);
	if (state < 0 || !iq_date_parse(iq_str(r->matrix->at), &at))
		return c->state; /* of a newer server */
	return iq_process_states[IQ_PROCESS_COMMITMENT]
				[iq_commitment_today((enum iq_commitment_state)state, due, at)];
}

static const char *word_of_state(const char *state)
{
	return iq_choice((const char *const[]){"late", NULL}, iq_str(state)) == 0 ? _("late")
										  : _("open");
}

/* What was agreed is the head of its line: in one line. */
static struct iq_report_text in_one_line(struct iq_rep *r, struct iq_report_text text)
{
	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++) {
		struct iq_str rest = text.in[lang], line;
		const char *all = "";

		while (rest.n > 0 && iq_str_cut(&rest, '\n', &line))
			all = iq_arena_printf(
				&r->cli->arena, "%s%s%.*s", all, *all ? " " : "", IQ_STR_ARG(line));
		text.in[lang] = iq_str(all);
	}
	return text;
}

static void fill_commitments(struct iq_rep *r, const Iq__V1__EditionResponse *first)
{
	struct iq_report_line *line;

	if (first->n_commitments == 0)
		return;
	line = iq_rep_lines(r, IQ_REPORT_COMMITMENTS, first->n_commitments);
	for (size_t i = 0; line != NULL && i < first->n_commitments; i++, line++) {
		const Iq__V1__Commitment *c = first->commitments[i];

		line->cells[0] = in_one_line(r, iq_rep_pair(c->text_de, c->text_en));
		line->cells[1] = institutions(r, c->institutions, c->n_institutions);
		line->cells[2] = iq_rep_same(c->due);
		line->cells[3] = iq_rep_word(r, word_of_state, state_of(r, c));
	}
	if (first->n_commitments < first->commitments_total)
		iq_note(r->cli, _("Commitments: the first %zu of %u are in the document."),
			first->n_commitments, first->commitments_total);
}

void iq_rep_fill_circle(struct iq_rep *r)
{
	fill_minutes(r, r->page[0]);
	fill_commitments(r, r->page[0]);
}
