/* SPDX-License-Identifier: Apache-2.0 */
#include "term_priv.h"

#include "bounds.h"
#include "i18n.h"

/*
 * Positional words: every way to cut them into runs and to give each run to another one of task,
 * status and region is a reading. The most definite reading wins if it is alone.
 */

enum { DIMENSIONS = 3, READINGS_MAX = 16, WORDS_MAX = IQ_LIMIT_WORDS };

static const enum iq_kind kinds[DIMENSIONS] = {IQ_TASK, IQ_STATUS, IQ_REGION};

struct reading {
	const struct iq_resolved *part[DIMENSIONS]; /* NULL: no words for it */
	uint8_t from[DIMENSIONS], to[DIMENSIONS];   /* first and last word */
	unsigned ambiguous, stages, parts;          /* rank: less is better, in this order */
};

struct reader {
	const struct iq_names *names;
	const struct iq_str *words;
	size_t nwords;
	struct iq_arena *arena;
	struct iq_error *error;
	bool open[DIMENSIONS]; /* not taken by a flag */
	/* what the words i … j mean in a dimension; NULL: not looked up yet */
	const struct iq_resolved *seen[WORDS_MAX][WORDS_MAX][DIMENSIONS];
	struct reading best[READINGS_MAX]; /* all of the best rank */
	size_t nbest;
	bool failed;
};

static const struct iq_resolved nothing;

static struct iq_str joined(const struct reader *r, size_t from, size_t to)
{
	struct iq_str out = r->words[from];
	size_t n = to - from, at = 0;
	char *p;

	if (from == to)
		return out;
	for (size_t i = from; i <= to; i++)
		n += r->words[i].n;
	p = iq_arena_alloc(r->arena, n);
	if (p == NULL)
		return (struct iq_str){NULL, 0};
	for (size_t i = from; i <= to; i++) {
		if (i > from)
			p[at++] = ' ';
		if (r->words[i].n > 0)
			memcpy(p + at, r->words[i].p, r->words[i].n);
		at += r->words[i].n;
	}
	return (struct iq_str){p, n};
}

static const struct iq_resolved *meaning(struct reader *r, size_t from, size_t to, int dimension)
{
	const struct iq_resolved **seen = &r->seen[from][to][dimension];
	struct iq_resolved found, *copy;

	if (*seen != NULL)
		return *seen;
	iq_term_lookup(r->names, kinds[dimension], joined(r, from, to), r->arena, &found);
	*seen = &nothing;
	if (found.n > 0) {
		copy = iq_arena_zalloc(r->arena, sizeof(*copy));
		if (copy == NULL) {
			r->failed = true;
			return &nothing;
		}
		copy->stage = found.stage;
		copy->n = found.n;
		memcpy(copy->num, found.num, found.n * sizeof(*found.num));
		*seen = copy;
	}
	return *seen;
}

static bool same_part(const struct iq_resolved *a, const struct iq_resolved *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->n == b->n && memcmp(a->num, b->num, a->n * sizeof(*a->num)) == 0;
}

static int compare_rank(const struct reading *a, const struct reading *b)
{
	if (a->ambiguous != b->ambiguous)
		return a->ambiguous < b->ambiguous ? -1 : 1;
	if (a->stages != b->stages)
		return a->stages < b->stages ? -1 : 1;
	return (a->parts > b->parts) - (a->parts < b->parts);
}

static void offer(struct reader *r, const struct reading *reading)
{
	int c = r->nbest ? compare_rank(reading, &r->best[0]) : -1;

	if (c > 0)
		return;
	if (c < 0)
		r->nbest = 0;
	for (size_t i = 0; i < r->nbest; i++) {
		bool same = true;

		for (int d = 0; d < DIMENSIONS; d++)
			same = same && same_part(reading->part[d], r->best[i].part[d]);
		if (same)
			return;
	}
	if (r->nbest < READINGS_MAX)
		r->best[r->nbest++] = *reading;
}

/* Extends a reading that ends before word `from` in every way; at most three deep. */
static void read_on(struct reader *r, size_t from, const struct reading *so_far)
{
	if (from == r->nwords) {
		offer(r, so_far);
		return;
	}
	for (int d = 0; d < DIMENSIONS; d++) {
		if (!r->open[d] || so_far->part[d] != NULL)
			continue;
		for (size_t to = from; to < r->nwords; to++) {
			const struct iq_resolved *m = meaning(r, from, to, d);
			struct reading next = *so_far;

			if (m->n == 0)
				continue;
			next.part[d] = m;
			next.from[d] = (uint8_t)from;
			next.to[d] = (uint8_t)to;
			next.ambiguous += iq_resolved_is_ambiguous(m);
			next.stages += (unsigned)m->stage;
			next.parts++;
			read_on(r, to + 1, &next);
		}
	}
}

/* ---- errors -------------------------------------------------------------------------------- */

static const char *as_arg(struct reader *r, struct iq_str s)
{
	const char *c = iq_arena_cstr(r->arena, s);

	return c ? c : "";
}

/* Some run of words with this one means something. */
static bool is_understood(struct reader *r, size_t word)
{
	for (size_t from = 0; from <= word; from++) {
		for (size_t to = word; to < r->nwords; to++) {
			for (int d = 0; d < DIMENSIONS; d++) {
				if (r->open[d] && meaning(r, from, to, d)->n > 0)
					return true;
			}
		}
	}
	return false;
}

/* Suggestions from all that is free; returns how many. */
static size_t suggest(struct reader *r, struct iq_str term)
{
	struct iq_hints hints;

	if (!iq_hints_init(&hints, r->names, r->arena, IQ_LIMIT_SUGGESTIONS))
		return 0;
	for (int d = 0; d < DIMENSIONS; d++) {
		if (r->open[d])
			iq_hints_gather(&hints, kinds[d], term);
	}
	for (size_t i = 0; i < hints.n; i++)
		iq_hint_add_candidate(&hints, &hints.item[i], term, r->error);
	return hints.n;
}

/* "LK Leipzg" is rather one misspelt name than two: neighbours are tried together first. */
static void suggest_run(struct reader *r, size_t from, size_t to)
{
	if (from < to && suggest(r, joined(r, from, to)) > 0)
		return;
	for (size_t i = from; i <= to; i++)
		suggest(r, r->words[i]);
}

static enum iq_err report_unknown(struct reader *r, const bool *unknown, size_t n)
{
	const char *list = "";

	if (n == 1 && r->open[0] + r->open[1] + r->open[2] == 1) {
		size_t w = 0;
		int d = r->open[0] ? 0 : r->open[1] ? 1 : 2;

		while (!unknown[w])
			w++;
		return iq_term_unknown(r->names, kinds[d], r->words[w], r->arena, r->error);
	}
	for (size_t i = 0; i < r->nwords; i++) {
		if (unknown[i])
			list = iq_arena_printf(r->arena, "%s%s\"%.*s\"", list ? list : "",
				list && *list ? ", " : "", IQ_STR_ARG(r->words[i]));
	}
	iq_error_set(r->error, IQ_ERR_UNKNOWN_TERM,
		n == 1 ? N_("The word {0} is not known here.")
		       : N_("The words {0} are not known here."),
		N_("Words may name a task, a residence status and a region, each once. "
		   "`iqq search TEXT` looks everywhere."),
		list ? list : "", NULL);
	for (size_t from = 0, to; from < r->nwords; from = to + 1) {
		for (to = from; to + 1 < r->nwords && unknown[from] && unknown[to + 1];)
			to++;
		if (unknown[from])
			suggest_run(r, from, to);
	}
	return IQ_ERR_UNKNOWN_TERM;
}

/* Every word means something, but not all of them together. */
static enum iq_err report_clash(struct reader *r)
{
	iq_error_set(r->error, IQ_ERR_USAGE,
		N_("The words \"{0}\" do not make one question: task, residence status and region "
		   "can be named once each."),
		N_("Leave words out, or name what is meant with --task, --status and --region."),
		as_arg(r, joined(r, 0, r->nwords - 1)), NULL);
	for (size_t w = 0; w < r->nwords; w++) {
		for (int d = 0; d < DIMENSIONS; d++) {
			const struct iq_resolved *m = r->open[d] ? meaning(r, w, w, d) : &nothing;

			for (size_t i = 0; i < m->n; i++)
				iq_term_add_candidate(
					r->names, kinds[d], m->num[i], r->words[w], r->error);
		}
	}
	return IQ_ERR_USAGE;
}

static enum iq_err report_none(struct reader *r)
{
	bool unknown[WORDS_MAX] = {false};
	size_t n = 0;

	for (size_t i = 0; i < r->nwords; i++) {
		unknown[i] = !is_understood(r, i);
		n += unknown[i];
	}
	return n > 0 ? report_unknown(r, unknown, n) : report_clash(r);
}

/* The matches of the words that fit several records. */
static void add_matches(struct reader *r, const struct reading *reading)
{
	for (int d = 0; d < DIMENSIONS; d++) {
		const struct iq_resolved *m = reading->part[d];

		if (m == NULL || !iq_resolved_is_ambiguous(m))
			continue;
		for (size_t i = 0; i < m->n; i++)
			iq_term_add_candidate(r->names, kinds[d], m->num[i],
				joined(r, reading->from[d], reading->to[d]), r->error);
	}
}

/* The first part that not all readings share is what there is to choose. */
static int deciding(const struct reader *r, const struct reading *reading)
{
	int first = -1;

	for (int d = 0; d < DIMENSIONS; d++) {
		if (reading->part[d] == NULL)
			continue;
		for (size_t i = 0; i < r->nbest; i++) {
			if (!same_part(reading->part[d], r->best[i].part[d]))
				return d;
		}
		if (first < 0)
			first = d;
	}
	return first;
}

static void add_reading(struct reader *r, const struct reading *reading)
{
	const struct iq_names *names = r->names;
	struct iq_str detail[DIMENSIONS];
	struct iq_candidate c = {.detail = detail};
	int decides = deciding(r, reading);

	for (int d = 0; d < DIMENSIONS; d++) {
		const struct iq_resolved *m = reading->part[d];
		struct iq_str id;
		const char *text;

		if (m == NULL)
			continue;
		id = names->id(names->ctx, kinds[d], m->num[0]);
		text = iq_arena_printf(
			r->arena, "%s=%.*s", iq_schemas[kinds[d]].name, IQ_STR_ARG(id));
		if (text != NULL)
			detail[c.ndetail++] = iq_str(text);
		if (d != decides)
			continue;
		c.kind = iq_str(iq_schemas[kinds[d]].name);
		c.term = joined(r, reading->from[d], reading->to[d]);
		c.id = id;
		c.name = names->name(names->ctx, kinds[d], m->num[0], names->english);
	}
	iq_error_add_candidate(r->error, &c);
}

static enum iq_err report_ambiguous(struct reader *r)
{
	iq_error_set(r->error, IQ_ERR_AMBIGUOUS, N_("\"{0}\" can be understood in several ways."),
		N_("Choose one and name it with --task, --status or --region and its id."),
		as_arg(r, joined(r, 0, r->nwords - 1)), NULL);
	for (size_t i = 0; i < r->nbest; i++) {
		if (r->best[0].ambiguous > 0)
			add_matches(r, &r->best[i]);
		else
			add_reading(r, &r->best[i]);
	}
	return IQ_ERR_AMBIGUOUS;
}

enum iq_err iq_words_resolve(const struct iq_names *names, const struct iq_str *words,
	size_t nwords, struct iq_arena *arena, struct iq_words *io, struct iq_error *error)
{
	struct iq_resolved *out[DIMENSIONS] = {&io->task, &io->status, &io->region};
	struct reader r = {
		.names = names, .words = words, .nwords = nwords, .arena = arena, .error = error};
	struct reading start = {.parts = 0};

	if (nwords == 0)
		return IQ_OK;
	if (nwords > WORDS_MAX)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("{0} words are too many for one question."),
			N_("At most {1} words: a task, a residence status and a region."),
			as_arg(&r, iq_str(iq_arena_printf(arena, "%zu", nwords))),
			as_arg(&r, iq_str(iq_arena_printf(arena, "%d", (int)WORDS_MAX))), NULL);
	for (int d = 0; d < DIMENSIONS; d++)
		r.open[d] = out[d]->n == 0;
	if (!r.open[0] && !r.open[1] && !r.open[2])
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("Task, residence status and region are given already; "
			   "there is nothing left for \"{0}\" to name."),
			N_("Leave out the words or one of --task, --status and --region."),
			as_arg(&r, joined(&r, 0, nwords - 1)), NULL);
	read_on(&r, 0, &start);
	if (r.failed || arena->failed)
		return iq_error_set(error, IQ_ERR_BUSY,
			N_("The words need more memory than one question may use."),
			N_("Use fewer words."), NULL);
	if (r.nbest == 0)
		return report_none(&r);
	if (r.nbest > 1 || r.best[0].ambiguous > 0)
		return report_ambiguous(&r);
	for (int d = 0; d < DIMENSIONS; d++) {
		const struct iq_resolved *m = r.best[0].part[d];

		if (m == NULL)
			continue;
		out[d]->stage = m->stage;
		out[d]->n = m->n;
		memcpy(out[d]->num, m->num, m->n * sizeof(*m->num));
	}
	return IQ_OK;
}
