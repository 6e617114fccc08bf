/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codec.h"
#include "commands.h"
#include "record.h"
#include "session.h"
#include "who.h"

struct listing {
	struct iq_cli *cli;
	enum iq_kind kind;
	struct iq_rec *recs;
	size_t n, cap;
	uint64_t revision, total;
	uint64_t withheld; /* contacts without what the caller may see otherwise … */
	const char *because;
};

static void add_filter(struct iq_cli *cli, Iq__V1__ListRequest *q, struct iq_str key, const char *v)
{
	Iq__V1__KeyValue *kv = iq_arena_alloc(&cli->arena, sizeof(*kv));
	Iq__V1__KeyValue **more = iq_arena_grow(&cli->arena, q->filters,
		q->n_filters * sizeof(*more), (q->n_filters + 1) * sizeof(*more));

	if (kv == NULL || more == NULL)
		return;
	iq__v1__key_value__init(kv);
	kv->key = iq_arena_cstr(&cli->arena, key);
	kv->value = iq_arena_cstr(&cli->arena, iq_str(v));
	more[q->n_filters++] = kv;
	q->filters = more;
}

static enum iq_err read_filters(struct iq_cli *cli, enum iq_kind kind, Iq__V1__ListRequest *q)
{
	static const struct {
		enum iq_opt opt;
		const char *column;
	} flags[] = {
		{IQ_OPT_REGION, "region"},
		{IQ_OPT_INSTITUTION, "institution"},
		{IQ_OPT_TASK, "task"},
		{IQ_OPT_STATUS, "statuses"},
		{IQ_OPT_KIND, "kind"},
		{IQ_OPT_ROLE, "role"},
		{IQ_OPT_VISIBILITY, "visibility"},
		{IQ_OPT_EFFECT, "effect"},
		{IQ_OPT_PARENT, "parent"},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (iq_opt_given(cli, flags[i].opt))
			add_filter(cli, q, iq_str(flags[i].column), iq_opt(cli, flags[i].opt));
	for (size_t i = 1; i < cli->nargs; i++) {
		const char *eq = strchr(cli->arg[i], '=');

		if (eq == NULL)
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("A filter is COLUMN=VALUE, not \"{0}\"."), NULL, cli->arg[i],
				NULL);
		add_filter(
			cli, q, (struct iq_str){cli->arg[i], (size_t)(eq - cli->arg[i])}, eq + 1);
	}
	for (size_t i = 0; i < q->n_filters; i++)
		if (iq_column_by_name(kind, iq_str(q->filters[i]->key)) < 0)
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("\"{0}\" is no column of {1}."), N_("See: iqq help list"),
				q->filters[i]->key, iq_schemas[kind].file, NULL);
	return IQ_OK;
}

static enum iq_err take(struct listing *l, const Iq__V1__ListResponse *r)
{
	struct iq_cli *cli = l->cli;

	if (l->n + r->n_records > l->cap) {
		size_t cap = (l->n + r->n_records) * 2;
		struct iq_rec *more = iq_arena_grow(
			&cli->arena, l->recs, l->cap * sizeof(*more), cap * sizeof(*more));

		if (more == NULL)
			return IQ_ERR_INTERNAL;
		l->recs = more;
		l->cap = cap;
	}
	for (size_t i = 0; i < r->n_records; i++) {
		struct iq_rec rec = {.kind = l->kind};

		if (iq_codec_from_record(&rec, r->records[i], &cli->arena) && rec.kind == l->kind)
			l->recs[l->n++] = rec;
	}
	l->withheld += r->withheld;
	if (r->because[0] != '\0')
		l->because = r->because;
	l->revision = r->revision;
	if (r->total > l->total)
		l->total = r->total;
	return IQ_OK;
}

static enum iq_err read_pages(struct listing *l, Iq__V1__ListRequest *q, uint32_t limit)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(l->cli, false, &call);

	rq.op_case = IQ__V1__REQUEST__OP_LIST;
	rq.list = q;
	do {
		if (err == IQ_OK && limit > 0)
			q->limit = limit - (uint32_t)l->n;
		if (err == IQ_OK)
			err = iq_call(call, &rq, &l->cli->arena, &rs, &l->cli->error);
		if (err == IQ_OK)
			err = iq_expect(l->cli, rs, IQ__V1__RESPONSE__RESULT_LIST);
		if (err == IQ_OK)
			err = take(l, rs->list);
		if (err == IQ_OK)
			q->cursor = rs->list->cursor;
	} while (err == IQ_OK && q->cursor.len > 0 && (limit == 0 || l->n < limit));
	iq_session_close(call);
	return iq_explain_login(l->cli, err);
}

enum iq_err iq_cmd_list(struct iq_cli *cli)
{
	Iq__V1__ListRequest q = IQ__V1__LIST_REQUEST__INIT;
	struct listing l = {.cli = cli};
	uint32_t limit = 0;
	int kind;
	enum iq_err err = iq_word_to_kind(cli, cli->arg[0], &kind);

	if (err == IQ_OK)
		err = iq_opt_number(cli, IQ_OPT_LIMIT, &limit);
	if (err != IQ_OK)
		return err;
	l.kind = (enum iq_kind)kind;
	q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	err = read_filters(cli, l.kind, &q);
	if (err == IQ_OK)
		err = read_pages(&l, &q, limit);
	if (err != IQ_OK)
		return err;
	if (l.total < l.n)
		l.total = l.n;
	err = iq_records_show(cli, l.kind, l.recs, l.n, l.revision, l.total);
	if (err == IQ_OK && l.n < l.total)
		iq_note(cli, _("%zu shown of %llu."), l.n, (unsigned long long)l.total);
	if (err == IQ_OK && l.because != NULL)
		iq_because_note(cli, l.because, l.withheld);
	if (err == IQ_OK && l.n == 0) {
		iq_note(cli, "%s", _("Nothing found."));
		err = IQ_ERR_NOT_FOUND;
	}
	return err;
}
