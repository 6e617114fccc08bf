/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "cache.h"
#include "commands.h"
#include "json.h"

static enum iq_err as_json(struct iq_cli *cli, const char *server, const Iq__V1__StatusResponse *r)
{
	json_t *items = json_array(), *o = json_object(), *records = json_object();

	json_object_set_new(o, "server", iq_json_c(server));
	json_object_set_new(o, "version", iq_json_c(r->version));
	json_object_set_new(o, "started", json_integer((json_int_t)(r->started / 1000000)));
	for (size_t i = 0; i < r->n_records; i++)
		json_object_set_new(records, r->records[i]->kind,
			json_integer((json_int_t)r->records[i]->created));
	json_object_set_new(o, "records", records);
	json_object_set_new(o, "connections", json_integer((json_int_t)r->connections));
	json_object_set_new(o, "questions", json_integer((json_int_t)r->questions));
	json_object_set_new(o, "database_bytes", json_integer((json_int_t)r->database_bytes));
	json_array_append_new(items, o);
	return iq_json_list(cli, r->revision, items, 1);
}

static void number(struct iq_cli *cli, const char *key, const char *label, uint64_t n)
{
	const char *text = iq_arena_printf(&cli->arena, "%llu", (unsigned long long)n);

	iq_field(cli, 24, cli->format == IQ_FORMAT_TABLE ? label : key, iq_str(text));
}

static void show(struct iq_cli *cli, const char *server, const Iq__V1__StatusResponse *r)
{
	bool words = cli->format == IQ_FORMAT_TABLE;
	time_t started = (time_t)(r->started / 1000000);
	char text[32] = "";
	struct tm tm;

	if (r->started > 0 && localtime_r(&started, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	iq_field(cli, 24, words ? _("Server") : "server", iq_str(server));
	iq_field(cli, 24, words ? _("Version") : "version", iq_str(r->version));
	iq_field(cli, 24, words ? _("Running since") : "started", iq_str(text));
	number(cli, "revision", _("Revision"), r->revision);
	for (size_t i = 0; i < r->n_records; i++)
		number(cli, r->records[i]->kind, iq_word_kind(r->records[i]->kind),
			r->records[i]->created);
	number(cli, "connections", _("Connections"), r->connections);
	number(cli, "questions", _("Questions answered"), r->questions);
	number(cli, "database_bytes", _("Database, bytes"), r->database_bytes);
}

enum iq_err iq_cmd_status(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__StatusRequest q = IQ__V1__STATUS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_call *call = NULL;
	struct iq_profile p;
	enum iq_err err = iq_profile_open(cli, &p);

	rq.op_case = IQ__V1__REQUEST__OP_STATUS;
	rq.status = &q;
	if (err == IQ_OK)
		err = iq_session_open(cli, false, &call);
	if (err == IQ_OK)
		err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_STATUS);
	if (err == IQ_OK) {
		const char *server = iq_arena_printf(&cli->arena,
			strchr(p.host, ':') != NULL ? "[%s]:%u" : "%s:%u", p.host, p.port);

		if (cli->format == IQ_FORMAT_JSON)
			err = as_json(cli, server, rs->status);
		else
			show(cli, server, rs->status);
		iq_cache_refresh(cli, call, rs->status->revision);
	}
	iq_session_close(call);
	return iq_explain_login(cli, err);
}
