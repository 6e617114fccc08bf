/* SPDX-License-Identifier: Apache-2.0 */
/* One change of one record of a workshop. */
#include <string.h>

#include "bounds.h"
#include "circle.h"
#include "fold.h"
#include "write.h"

enum iq_err iq_circle_put(struct iq_cli *cli, Iq__V1__Verb verb, enum iq_kind kind, const char *id,
	const struct iq_cell_value *cells, size_t n, uint64_t based_on, const char *done)
{
	Iq__V1__WriteRequest q = IQ__V1__WRITE_REQUEST__INIT;
	enum iq_err err = iq_write_begin(cli, &q);

	if (err != IQ_OK)
		return err;
	q.verb = verb;
	q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.id = iq_arena_cstr(&cli->arena, iq_str(id));
	if (q.based_on == 0)
		q.based_on = based_on;
	q.fields = iq_arena_array(&cli->arena, n + 1, sizeof(*q.fields));
	for (size_t i = 0; q.fields != NULL && i < n; i++) {
		Iq__V1__KeyValue *kv = iq_arena_alloc(&cli->arena, sizeof(*kv));

		if (kv == NULL)
			return IQ_ERR_INTERNAL;
		iq__v1__key_value__init(kv);
		kv->key = iq_arena_cstr(&cli->arena, iq_str(cells[i].column));
		kv->value = iq_arena_cstr(&cli->arena, iq_str(cells[i].value));
		q.fields[q.n_fields++] = kv;
	}
	if (q.fields == NULL || cli->arena.failed)
		return IQ_ERR_INTERNAL;
	return iq_write_finish(cli, &q, done);
}

/* What may be an id of a text, at most `most` bytes; whole words, if there is one that fits. */
static struct iq_str slug(struct iq_cli *cli, const char *text, size_t most)
{
	struct iq_str folded = iq_fold(&cli->arena, iq_str(text), IQ_FOLD_AE);
	char *out = iq_arena_alloc(&cli->arena, folded.n + 1);
	size_t n = 0, last = 0;

	for (size_t i = 0; out != NULL && i < folded.n; i++) {
		char c = folded.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
		else if (n > 0 && out[n - 1] != '-')
			out[n++] = '-';
	}
	for (size_t i = 0; i < n && i <= most; i++)
		if (out[i] == '-')
			last = i;
	if (n > most)
		n = last > 0 ? last : most;
	while (n > 0 && out[n - 1] == '-')
		n--;
	return (struct iq_str){out, out != NULL ? n : 0};
}

enum iq_err iq_circle_new_id(
	struct iq_cli *cli, enum iq_kind kind, const char *base, const char **id)
{
	enum { ROOM = 5, TRIES = 1000 }; /* "-1000" */
	/* People type them: of a sentence the first words are enough. */
	enum { OF_TEXT = 40 };
	bool text = kind == IQ_TOPIC || kind == IQ_COMMITMENT;
	struct iq_str stem = slug(cli, base, text ? OF_TEXT : IQ_LIMIT_ID - ROOM);

	if (stem.n == 0)
		stem = iq_str(iq_schemas[kind].name);
	for (unsigned i = 1; i < TRIES; i++) {
		struct iq_rec rec;
		bool found = false;

		*id = i == 1 ? iq_arena_cstr(&cli->arena, stem)
			     : iq_arena_printf(&cli->arena, "%.*s-%u", IQ_STR_ARG(stem), i);
		enum iq_err err = *id != NULL ? iq_circle_seek(cli, kind, *id, &rec, &found)
					      : IQ_ERR_INTERNAL;

		if (err != IQ_OK || !found)
			return err;
	}
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("There is no free id for \"{0}\"."),
		N_("Give one: --id ID"), base, NULL);
}

bool iq_circle_sure(struct iq_cli *cli, const char *question)
{
	if (iq_opt_given(cli, IQ_OPT_YES) || iq_opt_given(cli, IQ_OPT_DRY_RUN) || !cli->tty_in ||
		!cli->tty_err)
		return true;
	if (iq_opt_given(cli, IQ_OPT_NO_INPUT))
		(void)iq_error_set(&cli->error, IQ_ERR_USAGE, N_("This needs a confirmation."),
			N_("Add --yes."), NULL);
	else if (iq_confirm(cli, question))
		return true;
	else
		(void)iq_error_set(
			&cli->error, IQ_ERR_CONFLICT, N_("Nothing was changed."), NULL, NULL);
	return false;
}
