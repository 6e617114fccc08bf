/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "commands.h"
#include "grants.h"
#include "json.h"
#include "token.h"

enum { CREATE, LIST, REVOKE };
static const char *const verbs[] = {
	"create", "erstelle", "list", "liste", "revoke", "widerrufe", NULL};

static const struct iq_col cols[] = {
	{"id", N_("No."), IQ_CELL_NUMBER, true},
	{"principal", N_("Principal"), IQ_CELL_TEXT, true},
	{"by", N_("Made by"), IQ_CELL_TEXT, false},
	{"until", N_("Valid until"), IQ_CELL_TEXT, true},
};

/* ---- create ---------------------------------------------------------------------------------- */

/* "editor:institution=vhs-dresden:until=2027-12-31" */
static enum iq_err read_grant(struct iq_cli *cli, const char *text, Iq__V1__Grant *g)
{
	struct iq_str rest = iq_str(text), part = {NULL, 0};
	enum iq_err err = IQ_OK;

	(void)iq_str_cut(&rest, ':', &part);
	g->role = iq_arena_cstr(&cli->arena, part);
	while (err == IQ_OK && iq_str_cut(&rest, ':', &part)) {
		struct iq_str value = part, key;

		(void)iq_str_cut(&value, '=', &key);
		char *v = iq_arena_cstr(&cli->arena, value);

		if (value.p != NULL && iq_str_is(key, "institution"))
			g->institution = v;
		else if (value.p != NULL && iq_str_is(key, "region"))
			g->region = v;
		else if (value.p != NULL && iq_str_is(key, "from"))
			err = iq_change_date(cli, v, &g->valid_from);
		else if (value.p != NULL && iq_str_is(key, "until"))
			err = iq_change_date(cli, v, &g->valid_to);
		else
			err = iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is not a grant."),
				N_("For example: --grant "
				   "editor:institution=vhs-dresden:until=2027-12-31"),
				text, NULL);
	}
	return err;
}

static enum iq_err read_grants(struct iq_cli *cli, Iq__V1__TokenRequest *q)
{
	const struct iq_opt_values *given = &cli->opt[IQ_OPT_GRANT];
	enum iq_err err = IQ_OK;

	q->grants = iq_arena_array(&cli->arena, given->n + 1, sizeof(*q->grants));
	for (size_t i = 0; i < given->n && err == IQ_OK && q->grants != NULL; i++) {
		Iq__V1__Grant *g = iq_arena_alloc(&cli->arena, sizeof(*g));

		if (g == NULL)
			return IQ_ERR_INTERNAL;
		iq__v1__grant__init(g);
		q->grants[q->n_grants++] = g;
		err = read_grant(cli, given->v[i], g);
	}
	return q->grants != NULL ? err : IQ_ERR_INTERNAL;
}

static enum iq_err show_token(
	struct iq_cli *cli, const Iq__V1__TokenRequest *q, const Iq__V1__TokenResponse *r)
{
	struct iq_token token = {.port = (uint16_t)r->port};
	struct iq_profile profile;
	enum iq_err err = iq_profile_open(cli, &profile);

	if (err != IQ_OK)
		return err;
	/* A server that does not know its own address is where this client found it. */
	memcpy(token.secret, q->secret.data, sizeof(token.secret));
	if (r->fingerprint.len == sizeof(token.fingerprint))
		memcpy(token.fingerprint, r->fingerprint.data, sizeof(token.fingerprint));
	snprintf(token.host, sizeof(token.host), "%s", r->host[0] ? r->host : profile.host);
	if (token.port == 0)
		token.port = profile.port;
	const char *text = iq_token_write(&token, &cli->arena);

	if (text == NULL)
		return IQ_ERR_INTERNAL;
	for (size_t i = 0; i < r->n_approvals; i++)
		iq_note_waits(cli, r->approvals[i]);
	if (cli->format == IQ_FORMAT_JSON) {
		json_t *items = json_array(), *o = json_object();

		json_object_set_new(o, "id", json_integer((json_int_t)r->id));
		json_object_set_new(o, "principal", iq_json_c(q->principal));
		json_object_set_new(o, "until", iq_json_c(iq_time_text(cli, r->until)));
		json_object_set_new(o, "token", iq_json_c(q->dry_run ? "" : text));
		json_t *waits = json_array();

		for (size_t i = 0; i < r->n_approvals; i++)
			json_array_append_new(waits, json_integer((json_int_t)r->approvals[i]));
		json_object_set_new(o, "approvals", waits);
		json_array_append_new(items, o);
		return iq_json_list(cli, r->revision, items, 1);
	}
	if (q->dry_run) {
		iq_note_done(cli, "");
		return IQ_OK;
	}
	iq_note(cli, _("Hand this over in confidence; it works once, until %s:"),
		iq_time_text(cli, r->until));
	iq_buf_str(&cli->out, iq_str(iq_arena_printf(&cli->arena, "token: %s\n", text)));
	return IQ_OK;
}

static enum iq_err create(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__TokenRequest q = IQ__V1__TOKEN_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	uint8_t secret[IQ_TOKEN_SECRET];
	enum iq_err err = iq_change_id(cli, &q.request_id);

	if (err == IQ_OK)
		err = iq_opt_number(cli, IQ_OPT_HOURS, &q.hours);
	if (err == IQ_OK)
		err = read_grants(cli, &q);
	if (err != IQ_OK)
		return err;
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return iq_error_set(&cli->error, IQ_ERR_INTERNAL,
			N_("The system gives no random numbers."), NULL, NULL);
	q.verb = IQ__V1__TOKEN_VERB__TOKEN_CREATE;
	q.principal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	q.secret = (ProtobufCBinaryData){sizeof(secret), secret};
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_TOKEN;
	rq.token = &q;
	err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_TOKEN, &rs);
	return err == IQ_OK ? show_token(cli, &q, rs->token) : err;
}

/* ---- list, revoke ---------------------------------------------------------------------------- */

static enum iq_err list(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__TokensRequest q = IQ__V1__TOKENS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_table t;
	enum iq_err err;

	if (cli->nargs > 1)
		q.principal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	rq.op_case = IQ__V1__REQUEST__OP_TOKENS;
	rq.tokens = &q;
	err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_TOKENS, &rs);
	if (err != IQ_OK)
		return err;
	iq_table_init(&t, cli, cols, 4);
	for (size_t i = 0; i < rs->tokens->n_tokens; i++) {
		const Iq__V1__Token *k = rs->tokens->tokens[i];
		const char *number =
			iq_arena_printf(&cli->arena, "%llu", (unsigned long long)k->id);
		const struct iq_str row[] = {iq_str(number), iq_str(k->principal), iq_str(k->by),
			iq_str(iq_time_text(cli, k->until))};

		iq_table_add(&t, row);
	}
	if (t.nrows == 0)
		iq_note(cli, "%s", _("There is no token that was not used yet."));
	return iq_table_finish(&t, rs->tokens->revision, t.nrows);
}

static enum iq_err revoke(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__TokenRequest q = IQ__V1__TOKEN_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_change_id(cli, &q.request_id);

	q.verb = IQ__V1__TOKEN_VERB__TOKEN_REVOKE;
	q.token = strtoull(cli->arg[1], NULL, 10);
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_TOKEN;
	rq.token = &q;
	if (err == IQ_OK)
		err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_TOKEN, &rs);
	if (err == IQ_OK)
		iq_note_done(cli, _("The token does not work any more."));
	return err;
}

enum iq_err iq_cmd_token(struct iq_cli *cli)
{
	const char *word = cli->nargs > 0 ? cli->arg[0] : "list";
	int verb = iq_subcommand(word, verbs);

	if (verb < 0 || (verb != LIST && cli->nargs != 2))
		return iq_no_subcommand(cli, word, cli->command->usage);
	return verb == CREATE ? create(cli) : verb == LIST ? list(cli) : revoke(cli);
}
