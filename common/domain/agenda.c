/* SPDX-License-Identifier: Apache-2.0 */
#include "agenda.h"

#include <stdlib.h>

const char *const iq_agenda_names[IQ_AGENDA_CLASSES + 1] = {
#define X(e, name) name,
	IQ_AGENDA_TABLE(X)
#undef X
		NULL};

/* What makes a line of the class pressing. */
enum urgency { OLDEST, NEWEST, HEAVIEST };
static const enum urgency urgency[IQ_AGENDA_CLASSES] = {
	[IQ_AGENDA_OVERDUE] = OLDEST,
	[IQ_AGENDA_PROPOSAL] = OLDEST,
	[IQ_AGENDA_GAP] = HEAVIEST,
	[IQ_AGENDA_OVERLAP] = HEAVIEST,
	[IQ_AGENDA_TOPIC] = OLDEST,
	[IQ_AGENDA_CHANGE] = NEWEST,
	[IQ_AGENDA_STALE] = OLDEST,
};

static int by_date(const struct iq_agenda_line *a, const struct iq_agenda_line *b)
{
	int c = (a->date > b->date) - (a->date < b->date);

	return urgency[a->class] == NEWEST ? -c : c;
}

static int by_weight(const struct iq_agenda_line *a, const struct iq_agenda_line *b)
{
	return (a->weight < b->weight) - (a->weight > b->weight);
}

/* Classes in their order, the most pressing line first. */
static int compare(const void *x, const void *y)
{
	const struct iq_agenda_line *a = *(const struct iq_agenda_line *const *)x;
	const struct iq_agenda_line *b = *(const struct iq_agenda_line *const *)y;
	int c;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (urgency[a->class] == HEAVIEST)
		c = by_weight(a, b) ? by_weight(a, b) : by_date(a, b);
	else
		c = by_date(a, b) ? by_date(a, b) : by_weight(a, b);
	if (c == 0)
		c = iq_str_cmp(a->id, b->id);
	return c ? c : iq_str_cmp(a->text, b->text);
}

/* Round after round, one line for each class that has more. */
static void share_out(struct iq_agenda *a, size_t limit)
{
	size_t before;

	do {
		before = a->nlines;
		for (size_t i = 0; i < a->nitems && a->nlines < limit; i++) {
			if (a->item[i].nlines < a->item[i].total) {
				a->item[i].nlines++;
				a->nlines++;
			}
		}
	} while (a->nlines > before);
}

bool iq_agenda_suggest(const struct iq_agenda_line *lines, size_t n, size_t limit,
	struct iq_arena *arena, struct iq_agenda *out)
{
	const struct iq_agenda_line **sorted = iq_arena_array(arena, n, sizeof(*sorted));

	*out = (struct iq_agenda){.nitems = 0};
	if (sorted == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &lines[i];
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++) {
		struct iq_agenda_item *last = out->nitems ? &out->item[out->nitems - 1] : NULL;

		if (last == NULL || last->class != sorted[i]->class) {
			last = &out->item[out->nitems++];
			last->class = sorted[i]->class;
			last->lines = &sorted[i];
		}
		last->total++;
	}
	if (limit == 0)
		limit = IQ_AGENDA_LINES;
	share_out(out, limit < IQ_AGENDA_LINES_MAX ? limit : IQ_AGENDA_LINES_MAX);
	return true;
}
