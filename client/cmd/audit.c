/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "commands.h"
#include "json.h"
#include "session.h"

static const struct iq_col cols[] = {
	{"number", N_("No."), IQ_CELL_NUMBER, true},
	{"time", N_("When"), IQ_CELL_TEXT, true},
	{"event", N_("Event"), IQ_CELL_TEXT, true},
	{"principal", N_("Principal"), IQ_CELL_NULL, false},
	{"institution", N_("Institution"), IQ_CELL_NULL, false},
	{"subject", N_("Person"), IQ_CELL_NULL, true},
	{"contact", NULL, IQ_CELL_NULL, false},
	{"classes", N_("Class"), IQ_CELL_NULL, false},
	{"operation", N_("Operation"), IQ_CELL_NULL, false},
	{"purpose", N_("Purpose"), IQ_CELL_NULL, false},
	{"revision", NULL, IQ_CELL_NUMBER, true},
	{"count", N_("Count"), IQ_CELL_NUMBER, true},
	{"request_id", NULL, IQ_CELL_NULL, false},
	{"peer", N_("Address"), IQ_CELL_NULL, true},
};

enum { COLS = sizeof(cols) / sizeof(cols[0]), SHORT = 12, HEX_MAX = 16 };

static const char *event_word(const char *event)
{
	static const struct {
		const char *event, *word;
	} words[] = {
		{"disclosed", N_("shown")},
		{"written", N_("changed")},
		{"granted", N_("rights")},
		{"refused", N_("refused")},
		{"login", N_("login")},
		{"read", N_("log read")},
		{"alert", N_("alert")},
		{"erased", N_("erased")},
		{"head", N_("signed")},
		{"summary", N_("summary")},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].event, event) == 0)
			return gettext(words[i].word);
	return event;
}

static const char *hex(struct iq_cli *cli, ProtobufCBinaryData d)
{
	const char *text = "";

	for (size_t i = 0; i < d.len && i < HEX_MAX && text != NULL; i++)
		text = iq_arena_printf(&cli->arena, "%s%02x", text, d.data[i]);
	return text ? text : "";
}

static const char *number(struct iq_cli *cli, uint64_t v)
{
	const char *text = iq_arena_printf(&cli->arena, "%llu", (unsigned long long)v);

	return text ? text : "";
}

/* On a terminal in local time, else as ISO 8601 in UTC. */
static const char *time_text(struct iq_cli *cli, uint64_t us)
{
	time_t s = (time_t)(us / 1000000);
	char text[40] = "";
	struct tm tm;

	if (cli->format == IQ_FORMAT_TABLE && localtime_r(&s, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	else if (gmtime_r(&s, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	const char *copy = iq_arena_cstr(&cli->arena, iq_str(text));

	return copy ? copy : "";
}

static void add_entry(struct iq_table *t, const Iq__V1__AuditEntry *e)
{
	struct iq_cli *cli = t->cli;
	bool table = cli->format == IQ_FORMAT_TABLE;
	struct iq_str subject = iq_str(e->subject), purpose = iq_str(e->purpose);

	/* On a terminal as much as tells persons apart. */
	if (table && e->contact[0] != '\0')
		subject = iq_str(e->contact);
	else if (table && subject.n > SHORT)
		subject.n = SHORT;
	if (table && (strcmp(e->event, "head") == 0 || strcmp(e->event, "summary") == 0) &&
		purpose.n > SHORT)
		purpose.n = SHORT;
	const struct iq_str row[COLS] = {iq_str(number(cli, e->number)),
		iq_str(time_text(cli, e->time)), iq_str(table ? event_word(e->event) : e->event),
		iq_str(e->principal), iq_str(e->institution), subject, iq_str(e->contact),
		iq_str(e->classes), iq_str(e->operation), purpose, iq_str(number(cli, e->revision)),
		iq_str(table && e->count <= 1 ? "" : number(cli, e->count)),
		iq_str(hex(cli, e->request_id)), iq_str(e->peer)};

	iq_table_add(t, row);
}

static enum iq_err read_log(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__AuditRequest q = IQ__V1__AUDIT_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_table t;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &q.limit);

	q.principal = iq_opt_text(cli, IQ_OPT_PRINCIPAL);
	q.subject = iq_opt_text(cli, IQ_OPT_SUBJECT);
	q.since = iq_opt_text(cli, IQ_OPT_SINCE);
	q.until = iq_opt_text(cli, IQ_OPT_UNTIL);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_AUDIT;
	rq.audit = &q;
	if (err == IQ_OK)
		err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_AUDIT);
	if (err != IQ_OK)
		return err;
	const Iq__V1__AuditResponse *r = rs->audit;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < r->n_entries; i++)
		add_entry(&t, r->entries[i]);
	err = iq_table_finish(&t, r->revision, t.nrows);
	if (r->n_entries == 0)
		iq_note(cli, "%s", _("The log has no such entries."));
	else if (r->truncated)
		iq_note(cli, "%s",
			_("There are older entries: narrow it with --since and --until, or show "
			  "more with --limit."));
	return err;
}

static enum iq_err show_report(struct iq_cli *cli, const Iq__V1__AuditVerifyResponse *r)
{
	json_t *items, *o;

	if (cli->format == IQ_FORMAT_JSON) {
		items = json_array();
		o = json_object();
		json_object_set_new(o, "intact", json_boolean(r->intact));
		json_object_set_new(o, "entries", json_integer((json_int_t)r->entries));
		json_object_set_new(o, "signed_until", json_integer((json_int_t)r->signed_until));
		json_object_set_new(o, "first_bad",
			r->intact ? json_null() : json_integer((json_int_t)r->first_bad));
		json_object_set_new(o, "finding", iq_json_or_null(iq_str(r->finding)));
		json_array_append_new(items, o);
		return iq_json_list(cli, r->revision, items, 1);
	}
	if (cli->format != IQ_FORMAT_TABLE) {
		static const struct iq_col report[] = {{"intact", "", IQ_CELL_BOOL, false},
			{"entries", "", IQ_CELL_NUMBER, false},
			{"signed_until", "", IQ_CELL_NUMBER, false},
			{"first_bad", "", IQ_CELL_NUMBER, false},
			{"finding", "", IQ_CELL_TEXT, false}};
		const struct iq_str row[] = {iq_str(r->intact ? "yes" : ""),
			iq_str(number(cli, r->entries)), iq_str(number(cli, r->signed_until)),
			iq_str(r->intact ? "" : number(cli, r->first_bad)), iq_str(r->finding)};
		struct iq_table t;

		iq_table_init(&t, cli, report, 5);
		iq_table_add(&t, row);
		return iq_table_finish(&t, r->revision, 1);
	}
	if (r->intact)
		iq_buf_printf(&cli->out,
			_("The audit log is whole: %llu entries, signed up to entry %llu."),
			(unsigned long long)r->entries, (unsigned long long)r->signed_until);
	else
		iq_buf_printf(&cli->out,
			_("The audit log is NOT whole. First bad entry: %llu. Signed and good up "
			  "to entry "
			  "%llu."),
			(unsigned long long)r->first_bad, (unsigned long long)r->signed_until);
	iq_buf_byte(&cli->out, '\n');
	return IQ_OK;
}

static enum iq_err verify(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__AuditVerifyRequest q = IQ__V1__AUDIT_VERIFY_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	rq.op_case = IQ__V1__REQUEST__OP_AUDIT_VERIFY;
	rq.audit_verify = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_AUDIT_VERIFY);
	if (err == IQ_OK)
		err = show_report(cli, rs->audit_verify);
	if (err != IQ_OK || rs->audit_verify->intact)
		return err;
	const char *text = iq_arena_cstr(&cli->arena, iq_str(rs->audit_verify->finding));

	return iq_error_set(&cli->error, IQ_ERR_REJECTED,
		text && *text ? text : N_("It was changed."),
		N_("The operator finds file and line with: iqd check. Keep the folder audit as "
		   "evidence."),
		NULL);
}

enum iq_err iq_cmd_audit(struct iq_cli *cli)
{
	if (cli->nargs == 0)
		return read_log(cli);
	if (strcmp(cli->arg[0], "verify") == 0 || strcmp(cli->arg[0], "prüfe") == 0 ||
		strcmp(cli->arg[0], "pruefe") == 0)
		return verify(cli);
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is not known here."),
		N_("iqq audit, or: iqq audit verify"), cli->arg[0], NULL);
}
