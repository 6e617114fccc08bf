/* SPDX-License-Identifier: Apache-2.0 */
/* The question: reading it, and answers for postcodes of several regions. */
#include <stdlib.h>

#include "date.h"
#include "who.h"

static struct iq_str term(const char *s)
{
	return iq_str(s);
}

static enum iq_err read_fact(
	struct iq_req *rq, struct iq_who *w, const Iq__V1__KeyValue *kv, struct iq_known *known)
{
	const struct iq_facts *facts = &rq->vocab->facts;
	int at = iq_fact_find(facts, term(kv->key));

	if (at < 0) {
		iq_num num;
		enum iq_err err = iq_req_term(rq, IQ_FACT, term(kv->key), w->english, &num);

		if (err != IQ_OK)
			return err;
		at = iq_fact_find(facts, iq_id_of(rq->txn, IQ_FACT, num));
		if (at < 0) /* the vocabulary is older than the snapshot for a moment */
			return iq_error_set(rq->error, IQ_ERR_BUSY,
				N_("The vocabulary is changing at this moment."), N_("Try again."),
				NULL);
	}
	if (known[at].known)
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("The fact “{0}” is given twice."),
			N_("Say several values at once: --fact {0}=A|B or --fact {0}=FROM..TO"),
			kv->key, NULL);
	struct iq_problem p = {.value = term(kv->value)};

	if (iq_known_parse(&facts->fact[at], term(kv->value), &known[at], &p) != IQ_OK)
		return iq_req_problem(
			rq, &p, "fact", N_("The values of a fact are shown by: iqq get fact ID"));
	known[at].known = true;
	w->fact[w->nfacts++] = (uint8_t)at;
	return IQ_OK;
}

static enum iq_err read_facts(struct iq_req *rq, struct iq_who *w)
{
	const Iq__V1__WhoRequest *in = w->in;
	struct iq_known *known;

	if (in->n_facts == 0)
		return IQ_OK;
	known = iq_arena_array(rq->arena, rq->vocab->facts.n + 1, sizeof(*known));
	w->fact = iq_arena_array(rq->arena, in->n_facts, sizeof(*w->fact));
	if (known == NULL || w->fact == NULL)
		return iq_req_finish(rq);
	for (size_t i = 0; i < in->n_facts; i++) {
		enum iq_err err = read_fact(rq, w, in->facts[i], known);

		if (err != IQ_OK)
			return err;
	}
	w->q.facts = known;
	return IQ_OK;
}

static enum iq_err read_roles(struct iq_req *rq, struct iq_who *w)
{
	for (size_t i = 0; i < w->in->n_roles; i++) {
		int role = iq_choice(iq_role_names, term(w->in->roles[i]));

		if (role < 0)
			return iq_error_set(rq->error, IQ_ERR_USAGE,
				N_("There is no role called “{0}”."),
				N_("Roles: lead, provider, advice, support, funding, referral."),
				w->in->roles[i], NULL);
		w->roles |= 1u << role;
	}
	return IQ_OK;
}

static enum iq_err read_words(struct iq_req *rq, struct iq_who *w)
{
	const Iq__V1__WhoRequest *in = w->in;
	struct iq_names names;
	struct iq_words words = {.task = w->task, .region = w->region, .status = w->status};
	struct iq_str list[IQ_LIMIT_WORDS];

	if (in->n_words == 0)
		return IQ_OK;
	if (in->n_words > IQ_LIMIT_WORDS)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("A question takes at most {0} words."),
			N_("Use --task, --region and --status."),
			iq_arena_printf(rq->arena, "%d", IQ_LIMIT_WORDS), NULL);
	for (size_t i = 0; i < in->n_words; i++)
		list[i] = term(in->words[i]);
	iq_txn_names(rq->txn, rq->vocab, w->english, rq->arena, &names);
	enum iq_err err = iq_words_resolve(&names, list, in->n_words, rq->arena, &words, rq->error);

	if (err != IQ_OK)
		return err;
	w->task_word = w->task.n == 0 && words.task.n > 0;
	w->region_word = w->region.n == 0 && words.region.n > 0;
	w->status_word = w->status.n == 0 && words.status.n > 0;
	w->task = words.task;
	w->region = words.region;
	w->status = words.status;
	return IQ_OK;
}

static enum iq_err read_dimension(struct iq_req *rq, struct iq_who *w, enum iq_kind kind,
	const char *text, struct iq_resolved *out)
{
	if (text[0] == '\0')
		return IQ_OK;
	return iq_req_terms(rq, kind, term(text), w->english, out);
}

static enum iq_err check_region(struct iq_req *rq, const struct iq_who *w)
{
	for (size_t i = 0; i < w->region.n; i++) {
		iq_num region = w->region.num[i];

		if (region > rq->vocab->region.n || !rq->vocab->region_is_area[region])
			continue;
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("“{0}” is the area of a workshop, not a place somebody lives in."),
			N_("Ask for one of its regions; they are shown by: iqq get region {0}"),
			iq_req_cstr(rq, rq->vocab->region.id[region]), NULL);
	}
	return IQ_OK;
}

static enum iq_err read_terms(struct iq_req *rq, struct iq_who *w)
{
	const Iq__V1__WhoRequest *in = w->in;
	enum iq_err err = read_dimension(rq, w, IQ_TASK, in->task, &w->task);

	if (err == IQ_OK)
		err = read_dimension(rq, w, IQ_REGION, in->region, &w->region);
	if (err == IQ_OK)
		err = read_dimension(rq, w, IQ_STATUS, in->status, &w->status);
	if (err == IQ_OK)
		err = read_words(rq, w);
	if (err == IQ_OK)
		err = check_region(rq, w);
	if (err != IQ_OK)
		return err;
	if (w->task.n > 0)
		w->q.task = w->task.num[0];
	if (w->status.n > 0)
		w->q.status = w->status.num[0];
	if (w->region.n > 0)
		w->q.region = w->region.num[0];
	return IQ_OK;
}

static enum iq_err read_rest(struct iq_req *rq, struct iq_who *w)
{
	const Iq__V1__WhoRequest *in = w->in;
	enum iq_err err = read_facts(rq, w);

	if (err == IQ_OK)
		err = read_roles(rq, w);
	if (err == IQ_OK)
		err = iq_req_reason(rq, term(in->reason), &w->reason);
	if (err != IQ_OK)
		return err;
	w->q.at = rq->today;
	if (in->at[0] != '\0' && !iq_date_parse(term(in->at), &w->q.at))
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
			N_("Dates are written like 2026-03-31."), in->at, NULL);
	w->limit = in->all ? UINT32_MAX : in->limit ? in->limit : IQ_LIMIT_WHO_LIMIT;
	w->q.want_near = !in->no_near_misses;
	w->q.want_explain = in->explain;
	/* Whether the regions of a postcode agree is decided on whole answers. */
	w->q.only_certain = in->certain && w->region.n <= 1;
	w->q.only_own = in->no_subtasks && w->region.n <= 1;
	return IQ_OK;
}

static void view_cell(void *ctx, iq_num task, iq_num region, iq_entry_fn fn, void *arg)
{
	const struct iq_who *w = ctx;

	w->store.cell(w->store.ctx, task, region, fn, arg);
}

static void view_task(void *ctx, iq_num task, iq_entry_fn fn, void *arg)
{
	const struct iq_who *w = ctx;

	w->store.task(w->store.ctx, task, fn, arg);
}

/* The records whose ids decide the order are those that the answer shows. */
static struct iq_str view_id(void *ctx, enum iq_kind kind, iq_num num)
{
	const struct iq_who *w = ctx;
	struct iq_image image;

	if (!iq_req_image(w->rq, kind, num, &image))
		return (struct iq_str){NULL, 0};
	return iq_image_id(&image);
}

/* Reads the question once; cost() may have done so. NULL: rq->error says why. */
static struct iq_who *prepare(struct iq_req *rq)
{
	struct iq_who *w = rq->prepared;

	if (w != NULL || rq->error->code != IQ_OK)
		return w;
	w = iq_arena_alloc(rq->arena, sizeof(*w));
	if (w == NULL) {
		iq_req_finish(rq);
		return NULL;
	}
	*w = (struct iq_who){.in = rq->msg->who, .english = rq->msg->who->lang == IQ__V1__LANG__EN};
	if (read_terms(rq, w) != IQ_OK || read_rest(rq, w) != IQ_OK)
		return NULL;
	w->rq = rq;
	iq_txn_view(rq->txn, rq->vocab, &w->store);
	w->view = w->store;
	w->view.ctx = w;
	w->view.cell = view_cell;
	w->view.task = view_task;
	w->view.id = view_id;
	return rq->prepared = w;
}

uint64_t iq_cost_who(struct iq_req *rq)
{
	const struct iq_who *w = prepare(rq);

	if (w == NULL)
		return 0;
	uint64_t cost = iq_match_cost(&w->view, &w->q);

	return w->region.n > 1 ? cost * w->region.n : cost;
}

static enum iq_err match(struct iq_req *rq, struct iq_who *w, struct iq_match *m)
{
	enum iq_err err = iq_match(&w->view, &w->q, rq->arena, m);

	if (err == IQ_OK)
		return IQ_OK;
	if (err == IQ_ERR_USAGE) /* the snapshot is ahead of the vocabulary for a moment */
		return iq_error_set(rq->error, IQ_ERR_BUSY,
			N_("The vocabulary is changing at this moment."), N_("Try again."), NULL);
	rq->arena->failed = true;
	return iq_req_finish(rq);
}

struct choice {
	iq_num region;
	struct iq_str id;
	struct iq_match match;
};

static int compare_choices(const void *a, const void *b)
{
	return iq_str_cmp(((const struct choice *)a)->id, ((const struct choice *)b)->id);
}

/* What was said of the region; of several words the postcode, since only it means several. */
static struct iq_str region_term(const struct iq_who *w)
{
	if (!w->region_word)
		return term(w->in->region);
	for (size_t i = 0; i < w->in->n_words; i++) {
		if (strspn(w->in->words[i], "0123456789") == strlen(w->in->words[i]))
			return term(w->in->words[i]);
	}
	return IQ_STR("");
}

static void add_choice(struct iq_req *rq, const struct iq_who *w, const struct choice *c)
{
	const struct iq_match *m = &c->match;
	struct iq_str *detail = iq_arena_array(rq->arena, m->nrows, sizeof(*detail));
	struct iq_num_set *seen = iq_num_set_new(rq->arena);
	size_t n = 0;

	for (size_t i = 0; detail != NULL && i < m->nrows; i++) {
		if (m->rows[i].primary && iq_num_set_add(seen, m->rows[i].entry.institution))
			detail[n++] = m->rows[i].institution_id;
	}
	iq_error_add_candidate(
		rq->error, &(struct iq_candidate){.kind = IQ_STR("region"),
				   .term = region_term(w),
				   .id = c->id,
				   .name = rq->vocab->region_label[c->region].name[w->english],
				   .detail = detail,
				   .ndetail = n});
}

/* A postcode of several regions: one answer if they agree, else the choices. */
static enum iq_err match_regions(struct iq_req *rq, struct iq_who *w, struct iq_match *m)
{
	size_t n = w->region.n < IQ_TERM_MATCHES ? w->region.n : IQ_TERM_MATCHES;
	struct choice *c = iq_arena_array(rq->arena, n, sizeof(*c));
	bool same = true;

	if (c == NULL)
		return iq_req_finish(rq);
	for (size_t i = 0; i < n; i++) {
		c[i].region = w->region.num[i];
		c[i].id = iq_id_of(rq->txn, IQ_REGION, c[i].region);
	}
	qsort(c, n, sizeof(*c), compare_choices);
	for (size_t i = 0; i < n; i++) {
		w->q.region = c[i].region;
		enum iq_err err = match(rq, w, &c[i].match);

		if (err != IQ_OK)
			return err;
		if (i > 0 && !iq_match_same(&c[0].match, &c[i].match, rq->arena))
			same = false;
	}
	w->q.region = c[0].region;
	*m = c[0].match;
	if (same)
		return iq_req_finish(rq);
	enum iq_err err = iq_error_set(rq->error, IQ_ERR_AMBIGUOUS,
		N_("The postcode belongs to several regions with different answers."),
		N_("Say which region: --region ID"), NULL);

	for (size_t i = 0; i < n; i++)
		add_choice(rq, w, &c[i]);
	return err;
}

enum iq_err iq_op_who(struct iq_req *rq)
{
	struct iq_who *w = prepare(rq);
	struct iq_match m;

	if (w == NULL)
		return rq->error->code;
	enum iq_err err = w->region.n > 1 ? match_regions(rq, w, &m) : match(rq, w, &m);

	if (err != IQ_OK)
		return err;
	iq_who_write(rq, w, &m);
	return iq_req_finish(rq);
}
