/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "who.h"

static enum iq_err read_facts(struct iq_cli *cli, Iq__V1__WhoRequest *q)
{
	const struct iq_opt_values *given = &cli->opt[IQ_OPT_FACT];

	q->facts = iq_arena_array(&cli->arena, given->n + 1, sizeof(*q->facts));
	for (size_t i = 0; q->facts != NULL && i < given->n; i++) {
		const char *eq = strchr(given->v[i], '=');
		Iq__V1__KeyValue *kv = iq_arena_alloc(&cli->arena, sizeof(*kv));

		if (eq == NULL || eq == given->v[i])
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("--fact needs a name and a value, not \"{0}\"."),
				N_("Write: --fact age=17. All facts: iqq list facts"), given->v[i],
				NULL);
		if (kv == NULL)
			return IQ_ERR_INTERNAL;
		iq__v1__key_value__init(kv);
		kv->key = iq_arena_cstr(
			&cli->arena, (struct iq_str){given->v[i], (size_t)(eq - given->v[i])});
		kv->value = iq_arena_cstr(&cli->arena, iq_str(eq + 1));
		q->facts[q->n_facts++] = kv;
	}
	return IQ_OK;
}

static char **strings(struct iq_cli *cli, const char **v, size_t n)
{
	char **out = iq_arena_array(&cli->arena, n + 1, sizeof(*out));

	for (size_t i = 0; out != NULL && i < n; i++)
		out[i] = iq_arena_cstr(&cli->arena, iq_str(v[i]));
	return out;
}

enum iq_err iq_who_question(struct iq_cli *cli, Iq__V1__WhoRequest *q)
{
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &q->limit);

	q->task = iq_opt_text(cli, IQ_OPT_TASK);
	q->region = iq_opt_text(cli, IQ_OPT_REGION);
	q->status = iq_opt_text(cli, IQ_OPT_STATUS);
	q->at = iq_opt_text(cli, IQ_OPT_AT);
	q->certain = iq_opt_given(cli, IQ_OPT_CERTAIN);
	q->no_subtasks = iq_opt_given(cli, IQ_OPT_NO_SUBTASKS);
	q->all = iq_opt_given(cli, IQ_OPT_ALL);
	q->explain = iq_opt_given(cli, IQ_OPT_EXPLAIN);
	q->contacts = iq_opt_given(cli, IQ_OPT_CONTACTS);
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	q->lang = iq_session_lang(cli);
	q->words = strings(cli, cli->arg, cli->nargs);
	q->n_words = cli->nargs;
	q->roles = strings(cli, cli->opt[IQ_OPT_ROLE].v, cli->opt[IQ_OPT_ROLE].n);
	q->n_roles = cli->opt[IQ_OPT_ROLE].n;
	if (err == IQ_OK)
		err = read_facts(cli, q);
	if (err == IQ_OK && q->n_words + q->n_facts == 0 && !*q->task && !*q->region &&
		!*q->status && !*q->at && !q->all)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The question names neither a task nor a region nor a status."),
			N_("For example: iqq who --task integration-course --region dresden"),
			NULL);
	return err;
}

/* Takes the words that make up `term` out of the question; false if they are not there. */
static bool drop_words(struct iq_cli *cli, Iq__V1__WhoRequest *q, struct iq_str term)
{
	for (size_t i = 0; i < q->n_words; i++) {
		const char *joined = "";

		for (size_t n = 0; i + n < q->n_words; n++) {
			joined = iq_arena_printf(
				&cli->arena, "%s%s%s", joined, n ? " " : "", q->words[i + n]);
			if (!iq_str_is(term, joined))
				continue;
			for (size_t k = i; k + n + 1 < q->n_words; k++)
				q->words[k] = q->words[k + n + 1];
			q->n_words -= n + 1;
			return true;
		}
	}
	return false;
}

/* Puts the choice into the question. */
static bool choose(struct iq_cli *cli, Iq__V1__WhoRequest *q, const struct iq_candidate *c)
{
	char *id = iq_arena_cstr(&cli->arena, c->id);
	char **field = iq_str_is(c->kind, "task")     ? &q->task
		       : iq_str_is(c->kind, "region") ? &q->region
		       : iq_str_is(c->kind, "status") ? &q->status
						      : NULL;

	if (field == NULL || ((*field)[0] == '\0' && !drop_words(cli, q, c->term)))
		return false;
	*field = id;
	return true;
}

/* Several places or readings: asks which on a terminal. False: the error stays as it is. */
static bool ask_which(struct iq_cli *cli, Iq__V1__WhoRequest *q)
{
	const struct iq_error *e = &cli->error;

	if (e->code != IQ_ERR_AMBIGUOUS || e->ncandidates == 0 || !iq_can_ask(cli))
		return false;
	fprintf(stderr, "%s\n",
		iq_safe_c(cli, iq_text_fill(&cli->arena, gettext(e->text), e->args, e->nargs)).p);
	for (size_t i = 0; i < e->ncandidates; i++) {
		const struct iq_candidate *c = &e->candidates[i];

		fprintf(stderr, "  %zu  %s (%s)", i + 1, iq_safe(cli, c->name).p,
			iq_safe(cli, c->id).p);
		for (size_t d = 0; d < c->ndetail; d++)
			fprintf(stderr, "%s%s", d == 0 ? ": " : ", ", iq_safe(cli, c->detail[d]).p);
		fputc('\n', stderr);
	}
	const char *answer = iq_read_line(cli, _("Which one? "), false);
	unsigned long n = answer != NULL ? strtoul(answer, NULL, 10) : 0;

	return n >= 1 && n <= e->ncandidates && choose(cli, q, &e->candidates[n - 1]);
}

/* A postcode given as a word: the server does not say which word it was. */
static void name_postcode(struct iq_cli *cli)
{
	struct iq_str word = {NULL, 0};

	for (size_t i = 0; i < cli->nargs; i++)
		if (strlen(cli->arg[i]) == 5 && strspn(cli->arg[i], "0123456789") == 5)
			word = iq_str(cli->arg[i]);
	for (size_t i = 0; i < cli->error.ncandidates; i++) {
		struct iq_candidate *c = &cli->error.candidates[i];

		if (c->term.n == 0 && iq_str_is(c->kind, "region"))
			c->term = word;
	}
}

static enum iq_err show(struct iq_cli *cli, const Iq__V1__WhoResponse *r)
{
	const struct iq_who w = {cli, r};
	enum iq_err err = IQ_OK;

	if (r->query == NULL)
		return iq_error_set(&cli->error, IQ_ERR_INTERNAL,
			N_("The server's answer is incomplete."), NULL, NULL);
	if (cli->format == IQ_FORMAT_JSON) {
		err = iq_who_json(&w);
	} else if (cli->format == IQ_FORMAT_TABLE) {
		iq_who_terminal(&w);
	} else {
		err = iq_who_rows(&w);
		iq_who_messages(&w);
	}
	if (err == IQ_OK && strcmp(r->outcome, "nobody") == 0)
		err = IQ_ERR_NOT_FOUND;
	return err;
}

enum iq_err iq_cmd_who(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoRequest q = IQ__V1__WHO_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_who_question(cli, &q);

	rq.op_case = IQ__V1__REQUEST__OP_WHO;
	rq.who = &q;
	if (err == IQ_OK)
		err = iq_ask(cli, &rq, &rs);
	name_postcode(cli);
	while (err == IQ_ERR_AMBIGUOUS && ask_which(cli, &q)) {
		iq_error_init(&cli->error, &cli->arena);
		err = iq_ask(cli, &rq, &rs);
		name_postcode(cli);
	}
	if (err != IQ_OK)
		return err;
	err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_WHO);
	return err != IQ_OK ? err : show(cli, rs->who);
}
