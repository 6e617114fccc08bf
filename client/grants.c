/* SPDX-License-Identifier: Apache-2.0 */
#include "grants.h"

#include <string.h>
#include <time.h>

#include "date.h"
#include "rights.h"

static const struct iq_col cols[] = {
	{"id", N_("No."), IQ_CELL_NUMBER, true},
	{"principal", N_("Principal"), IQ_CELL_TEXT, true},
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"institution", N_("Institution"), IQ_CELL_NULL, false},
	{"region", N_("Place"), IQ_CELL_NULL, false},
	{"valid_from", N_("Valid from"), IQ_CELL_DATE, true},
	{"valid_to", N_("Valid until"), IQ_CELL_DATE, true},
	{"state", N_("State"), IQ_CELL_TEXT, true},
	{"by", N_("Given by"), IQ_CELL_NULL, false},
	{"approved_by", NULL, IQ_CELL_NULL, false},
	{"revoked_by", NULL, IQ_CELL_NULL, false},
	{"reason", NULL, IQ_CELL_NULL, false},
};

enum { COLS = sizeof(cols) / sizeof(cols[0]) };

enum iq_err iq_change_id(struct iq_cli *cli, ProtobufCBinaryData *out)
{
	uint8_t *id = iq_arena_alloc(&cli->arena, IQ_REQUEST_ID);

	if (id == NULL)
		return IQ_ERR_INTERNAL;
	*out = (ProtobufCBinaryData){IQ_REQUEST_ID, id};
	return iq_request_id(cli, id);
}

enum iq_err iq_change(struct iq_cli *cli, Iq__V1__Request *rq, Iq__V1__Response__ResultCase result,
	const Iq__V1__Response **out)
{
	enum iq_err err = iq_ask_again(cli, rq, out);

	return err == IQ_OK ? iq_expect(cli, *out, result) : err;
}

enum iq_err iq_change_fields(struct iq_cli *cli, size_t from, Iq__V1__KeyValue ***out, size_t *n)
{
	*n = 0;
	*out = iq_arena_array(&cli->arena, cli->nargs + 1, sizeof(**out));
	for (size_t i = from; *out != NULL && i < cli->nargs; i++) {
		const char *eq = strchr(cli->arg[i], '=');
		Iq__V1__KeyValue *kv = iq_arena_alloc(&cli->arena, sizeof(*kv));

		if (eq == NULL)
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("A field is written FIELD=VALUE, not \"{0}\"."),
				N_("As in: 'name=Max Muster'. An empty value clears it."),
				cli->arg[i], NULL);
		if (kv == NULL)
			return IQ_ERR_INTERNAL;
		iq__v1__key_value__init(kv);
		kv->key = iq_arena_cstr(
			&cli->arena, (struct iq_str){cli->arg[i], (size_t)(eq - cli->arg[i])});
		kv->value = iq_arena_cstr(&cli->arena, iq_str(eq + 1));
		(*out)[(*n)++] = kv;
	}
	return *out != NULL ? IQ_OK : IQ_ERR_INTERNAL;
}

void iq_note_waits(struct iq_cli *cli, uint64_t approval)
{
	if (approval == 0)
		return;
	if (iq_opt_given(cli, IQ_OPT_DRY_RUN)) {
		iq_note(cli, "%s", _("A second person would have to agree first."));
		return;
	}
	iq_note(cli, _("Not done yet: a second person must agree. It waits under the number %llu."),
		(unsigned long long)approval);
	iq_note(cli, _("They look at it and agree with: iqq approve %llu"),
		(unsigned long long)approval);
}

void iq_note_done(struct iq_cli *cli, const char *done)
{
	iq_note(cli, "%s",
		iq_opt_given(cli, IQ_OPT_DRY_RUN) ? _("Nothing was written (--dry-run).") : done);
}

int iq_subcommand(const char *word, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i / 2;
	}
	return -1;
}

enum iq_err iq_no_subcommand(struct iq_cli *cli, const char *word, const char *usage)
{
	return iq_error_set(&cli->error, IQ_ERR_USAGE,
		N_("\"{0}\" does not know what to do with \"{1}\"."), N_("Usage: {2}"),
		cli->command->name, word,
		iq_arena_printf(&cli->arena, "iqq %s %s", cli->command->name, gettext(usage)),
		NULL);
}

enum iq_err iq_change_date(struct iq_cli *cli, const char *text, char **out)
{
	char iso[11];
	int32_t days;

	if (text == NULL || text[0] == '\0') {
		*out = iq_arena_cstr(&cli->arena, (struct iq_str){"", 0});
		return IQ_OK;
	}
	if (!iq_date_parse(iq_str(text), &days) && !iq_date_parse_german(iq_str(text), &days))
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is not a date."),
			N_("Write it as 2027-12-31 or 31.12.2027."), text, NULL);
	iq_date_format(days, iso);
	*out = iq_arena_cstr(&cli->arena, iq_str(iso));
	return *out != NULL ? IQ_OK : IQ_ERR_INTERNAL;
}

const char *iq_time_text(struct iq_cli *cli, uint64_t us)
{
	time_t t = (time_t)(us / 1000000);
	bool shown = cli->format == IQ_FORMAT_TABLE;
	struct tm tm;
	char text[32] = "";

	if (us != 0 && (shown ? localtime_r(&t, &tm) : gmtime_r(&t, &tm)) != NULL)
		strftime(text, sizeof(text),
			!shown                    ? "%Y-%m-%dT%H:%M:%SZ"
			: cli->lang == IQ_LANG_DE ? "%d.%m.%Y %H:%M"
						  : "%Y-%m-%d %H:%M",
			&tm);
	return iq_arena_cstr(&cli->arena, iq_str(text));
}

enum iq_err iq_grants_show(struct iq_cli *cli, Iq__V1__Grant **grants, size_t n, uint64_t revision)
{
	bool shown = cli->format == IQ_FORMAT_TABLE;
	const char *all = shown ? _("all") : "";
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < n; i++) {
		const Iq__V1__Grant *g = grants[i];
		const char *number =
			iq_arena_printf(&cli->arena, "%llu", (unsigned long long)g->id);
		const char *by = g->by;

		if (shown && g->approved_by[0] != '\0')
			by = iq_arena_printf(&cli->arena, "%s + %s", g->by, g->approved_by);
		const struct iq_str row[COLS] = {iq_str(number), iq_str(g->principal),
			iq_str(g->role), iq_str(g->institution[0] ? g->institution : all),
			iq_str(g->region[0] ? g->region : all), iq_str(g->valid_from),
			iq_str(g->valid_to), iq_str(shown ? iq_word_state(g->state) : g->state),
			iq_str(by), iq_str(g->approved_by), iq_str(g->revoked_by),
			iq_str(g->reason)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, revision, n);
}
