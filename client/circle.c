/* SPDX-License-Identifier: Apache-2.0 */
#include "circle.h"

#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "date.h"
#include "workshop.h"

/* ---- records ----------------------------------------------------------------------------------
 */

struct reader {
	struct iq_cli *cli;
	const struct iq_circle_query *queries;
	size_t n, at, cap;
	Iq__V1__ListRequest *q;
	Iq__V1__KeyValue filter, *filters[1];
};

static int by_id(const void *a, const void *b)
{
	return iq_str_cmp(iq_rec_text(a, IQ_COL_ID), iq_rec_text(b, IQ_COL_ID));
}

/* The request for the next kind. */
static bool ask_for(struct reader *r)
{
	const struct iq_circle_query *query = &r->queries[r->at];
	Iq__V1__ListRequest *q = r->q;

	iq__v1__list_request__init(q);
	iq__v1__key_value__init(&r->filter);
	q->kind = iq_arena_cstr(&r->cli->arena, iq_str(iq_schemas[query->kind].name));
	*query->out = (struct iq_records){.kind = query->kind};
	r->cap = 0;
	if (query->column == NULL)
		return q->kind != NULL;
	r->filter.key = iq_arena_cstr(&r->cli->arena, iq_str(query->column));
	r->filter.value = iq_arena_cstr(&r->cli->arena, iq_str(query->id));
	r->filters[0] = &r->filter;
	q->filters = r->filters;
	q->n_filters = 1;
	return q->kind != NULL && r->filter.key != NULL && r->filter.value != NULL;
}

static enum iq_err take(void *arg, const Iq__V1__Response *rs, bool *more)
{
	struct reader *r = arg;
	struct iq_arena *arena = &r->cli->arena;
	struct iq_records *out = r->queries[r->at].out;
	const Iq__V1__ListResponse *l = rs->list;

	if (out->n + l->n_records > r->cap) {
		size_t cap = 2 * (out->n + l->n_records);
		struct iq_rec *v =
			iq_arena_grow(arena, out->v, r->cap * sizeof(*v), cap * sizeof(*v));

		if (v == NULL)
			return IQ_ERR_INTERNAL;
		out->v = v;
		r->cap = cap;
	}
	for (size_t i = 0; i < l->n_records; i++) {
		struct iq_rec rec = {.kind = out->kind};

		if (iq_codec_from_record(&rec, l->records[i], arena) && rec.kind == out->kind)
			out->v[out->n++] = rec;
	}
	out->revision = l->revision;
	r->q->cursor = l->cursor;
	*more = true;
	if (l->cursor.len > 0)
		return IQ_OK;
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_id);
	*more = ++r->at < r->n;
	return !*more || ask_for(r) ? IQ_OK : IQ_ERR_INTERNAL;
}

enum iq_err iq_circle_fetch(struct iq_cli *cli, const struct iq_circle_query *queries, size_t n)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ListRequest q;
	struct reader r = {.cli = cli, .queries = queries, .n = n, .q = &q};

	if (n == 0)
		return IQ_OK;
	if (!ask_for(&r))
		return IQ_ERR_INTERNAL;
	rq.op_case = IQ__V1__REQUEST__OP_LIST;
	rq.list = &q;
	return iq_ask_pages(cli, &rq, IQ__V1__RESPONSE__RESULT_LIST, take, &r);
}

enum iq_err iq_circle_records(struct iq_cli *cli, enum iq_kind kind, const char *column,
	const char *id, struct iq_records *out)
{
	return iq_circle_fetch(cli, &(struct iq_circle_query){kind, column, id, out}, 1);
}

/* ---- one record after another -----------------------------------------------------------------
 */

static enum iq_err get_one(struct iq_cli *cli, struct iq_call *call, enum iq_kind kind,
	const char *id, const char *reason, struct iq_rec *out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GetRequest q = IQ__V1__GET_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_rec rec = {.kind = kind};

	*out = (struct iq_rec){.kind = kind};
	q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.id = iq_arena_cstr(&cli->arena, iq_str(id));
	q.reason = iq_arena_cstr(&cli->arena, iq_str(reason));
	if (q.kind == NULL || q.id == NULL || q.reason == NULL)
		return IQ_ERR_INTERNAL;
	rq.op_case = IQ__V1__REQUEST__OP_GET;
	rq.get = &q;
	enum iq_err err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);

	if (err == IQ_ERR_NOT_FOUND) {
		iq_error_init(&cli->error, &cli->arena);
		return IQ_OK;
	}
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_GET);
	if (err == IQ_OK && rs->get->record != NULL &&
		iq_codec_from_record(&rec, rs->get->record, &cli->arena) && rec.kind == kind)
		*out = rec;
	return err;
}

/* Those that are not there, or are hidden, are without columns then. */
static enum iq_err look_up(struct iq_cli *cli, enum iq_kind kind, const char *const *ids, size_t n,
	const char *reason, struct iq_rec *out)
{
	struct iq_call *call = NULL;
	enum iq_err err = IQ_OK;

	if (n > 0)
		err = iq_session_open(cli, false, &call);
	for (size_t i = 0; err == IQ_OK && i < n; i++)
		err = get_one(cli, call, kind, ids[i], reason, &out[i]);
	iq_session_close(call);
	return iq_explain_login(cli, err);
}

enum iq_err iq_circle_seek(
	struct iq_cli *cli, enum iq_kind kind, const char *id, struct iq_rec *out, bool *found)
{
	enum iq_err err = IQ_OK;

	*out = (struct iq_rec){.kind = kind};
	if (iq_slug_valid(iq_str(id)))
		err = look_up(cli, kind, &id, 1, "", out);
	*found = err == IQ_OK && out->col[IQ_COL_ID].n > 0;
	return err;
}

enum iq_err iq_circle_record(
	struct iq_cli *cli, enum iq_kind kind, const char *id, struct iq_rec *out)
{
	bool found;
	enum iq_err err = iq_circle_seek(cli, kind, id, out, &found);

	if (err != IQ_OK || found)
		return err;
	return iq_error_set(&cli->error, IQ_ERR_NOT_FOUND, N_("There is no {0} \"{1}\"."),
		N_("Those you may see: iqq list {2}"), iq_word_kind(iq_schemas[kind].name), id,
		iq_schemas[kind].name, NULL);
}

/* ---- cells and names --------------------------------------------------------------------------
 */

const char *iq_circle_cell(struct iq_cli *cli, const struct iq_rec *rec, const char *column)
{
	int col = iq_column_by_name(rec->kind, iq_str(column));
	const char *text =
		col < 0 ? NULL
			: iq_arena_cstr(&cli->arena, iq_rec_write_cell(rec, col, &cli->arena));

	return text != NULL ? text : "";
}

/* Names that were asked for, of the one process and its one arena. */
struct name {
	enum iq_kind kind;
	const char *id, *name;
	struct name *next;
};
static struct name *names;

static const char *known_name(enum iq_kind kind, const char *id)
{
	for (const struct name *n = names; n != NULL; n = n->next)
		if (n->kind == kind && strcmp(n->id, id) == 0)
			return n->name;
	return NULL;
}

static const char *name_of(struct iq_cli *cli, const struct iq_rec *rec, const char *id)
{
	struct iq_str name = iq_rec_name(rec, cli->lang == IQ_LANG_EN);

	if (rec->kind == IQ_CONTACT)
		name = iq_rec_text(rec, IQ_CONTACT_NAME);
	return name.n > 0 ? iq_arena_cstr(&cli->arena, name) : id;
}

void iq_circle_names(struct iq_cli *cli, enum iq_kind kind, const char *const *ids, size_t n)
{
	const char **missing = iq_arena_array(&cli->arena, n + 1, sizeof(*missing));
	struct iq_rec *recs = iq_arena_array(&cli->arena, n + 1, sizeof(*recs));
	size_t k = 0;

	if (missing == NULL || recs == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		bool twice = ids[i][0] == '\0' || known_name(kind, ids[i]) != NULL;

		for (size_t j = 0; j < k && !twice; j++)
			twice = strcmp(missing[j], ids[i]) == 0;
		if (!twice)
			missing[k++] = ids[i];
	}
	/* A name is a courtesy: without it the id has to do. That of a person may need a reason; a
	 * wrong one is the user's to know. */
	const char *reason = kind == IQ_CONTACT ? iq_opt_text(cli, IQ_OPT_REASON) : "";

	if (look_up(cli, kind, missing, k, reason, recs) != IQ_OK && reason[0] == '\0')
		iq_error_init(&cli->error, &cli->arena);
	for (size_t i = 0; i < k; i++) {
		struct name *name = iq_arena_alloc(&cli->arena, sizeof(*name));

		if (name == NULL)
			return;
		recs[i].kind = kind;
		*name = (struct name){kind, missing[i], name_of(cli, &recs[i], missing[i]), names};
		names = name;
	}
}

void iq_circle_names_of(
	struct iq_cli *cli, enum iq_kind kind, const struct iq_records *records, const char *column)
{
	int col = iq_column_by_name(records->kind, iq_str(column));
	size_t n = 0, k = 0;

	for (size_t i = 0; col >= 0 && i < records->n; i++)
		n += records->v[i].col[col].n;
	const char **ids = iq_arena_array(&cli->arena, n + 1, sizeof(*ids));

	if (ids == NULL || n == 0)
		return;
	for (size_t i = 0; i < records->n; i++)
		for (uint32_t j = 0; j < records->v[i].col[col].n; j++) {
			const char *id = iq_arena_cstr(&cli->arena, records->v[i].col[col].v[j]);

			if (id != NULL)
				ids[k++] = id;
		}
	iq_circle_names(cli, kind, ids, k);
}

const char *iq_circle_name(struct iq_cli *cli, enum iq_kind kind, const char *id)
{
	const char *name = known_name(kind, id);

	if (name == NULL && id[0] != '\0') {
		iq_circle_names(cli, kind, &id, 1);
		name = known_name(kind, id);
	}
	return name != NULL ? name : id;
}

const char *iq_circle_set_names(
	struct iq_cli *cli, enum iq_kind kind, const struct iq_rec *rec, const char *column)
{
	int col = iq_column_by_name(rec->kind, iq_str(column));
	const struct iq_value *set = &rec->col[col < 0 ? 0 : col];
	const char **ids = iq_arena_array(&cli->arena, set->n + 1, sizeof(*ids));
	const char *all = "";

	for (uint32_t i = 0; ids != NULL && i < set->n; i++)
		ids[i] = iq_arena_cstr(&cli->arena, set->v[i]);
	if (ids == NULL || cli->arena.failed)
		return "";
	iq_circle_names(cli, kind, ids, set->n);
	for (uint32_t i = 0; i < set->n; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? ", " : "",
			iq_circle_name(cli, kind, ids[i]));
	return all;
}

const char *iq_circle_text(struct iq_cli *cli, const struct iq_rec *rec, const char *column)
{
	const char *english =
		iq_circle_cell(cli, rec, iq_arena_printf(&cli->arena, "%s_en", column));
	const char *german =
		iq_circle_cell(cli, rec, iq_arena_printf(&cli->arena, "%s_de", column));
	bool swap = cli->lang == IQ_LANG_EN;
	const char *first = swap ? english : german, *second = swap ? german : english;

	return first[0] != '\0' ? first : second;
}

void iq_circle_judge(struct iq_cli *cli, struct iq_rec *commitment)
{
	const char *const *states = iq_process_states[IQ_PROCESS_COMMITMENT];
	int state = iq_choice(states, iq_rec_text(commitment, IQ_COMMITMENT_STATE));
	int32_t due = IQ_DATE_MAX;

	(void)iq_date_parse(iq_rec_text(commitment, IQ_COMMITMENT_DUE), &due);
	if (state < 0)
		return;
	enum iq_commitment_state today = iq_commitment_today(
		(enum iq_commitment_state)state, due, iq_date_in_germany(iq_now_us()));
	struct iq_str *v = iq_arena_alloc(&cli->arena, sizeof(*v));

	if (v == NULL)
		return;
	*v = iq_str(states[today]);
	commitment->col[IQ_COMMITMENT_STATE] = (struct iq_value){v, 1};
}
