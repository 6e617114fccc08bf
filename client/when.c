/* SPDX-License-Identifier: Apache-2.0 */
/* Words about the past: when, what was done, and why. */
#include <string.h>
#include <time.h>

#include "client.h"

struct word {
	const char *code, *text;
};

static const char *word_for(const struct word *words, const char *code)
{
	for (; words->code != NULL; words++)
		if (strcmp(words->code, code) == 0)
			return gettext(words->text);
	return code;
}

const char *iq_word_moment(struct iq_cli *cli, uint64_t us)
{
	time_t s = (time_t)(us / 1000000);
	char text[40] = "";
	struct tm tm;

	if (localtime_r(&s, &tm) != NULL)
		strftime(text, sizeof(text),
			cli->lang == IQ_LANG_DE ? "%d.%m.%Y, %H:%M" : "%Y-%m-%d %H:%M", &tm);
	const char *copy = iq_arena_cstr(&cli->arena, iq_str(text));

	return copy ? copy : "";
}

const char *iq_word_time(struct iq_cli *cli, uint64_t us)
{
	time_t s = (time_t)(us / 1000000);
	char text[40] = "";
	struct tm tm;

	if (cli->format == IQ_FORMAT_TABLE)
		return iq_word_moment(cli, us);
	if (gmtime_r(&s, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	const char *copy = iq_arena_cstr(&cli->arena, iq_str(text));

	return copy ? copy : "";
}

const char *iq_word_operation(const char *operation)
{
	static const struct word words[] = {
		{"add", N_("created")},
		{"set", N_("changed")},
		{"delete", N_("deleted")},
		{"merge", N_("united with another record")},
		{"import", N_("imported")},
		{"confirm", N_("confirmed")},
		{"archive", N_("archived")},
		{"revive", N_("brought back")},
		{"revert", N_("change taken back")},
		{"erase", N_("erased")},
		{"purge", N_("erased as out of date")},
		{"who", N_("question with contact persons")},
		{"contact", N_("contact details looked up")},
		{"get", N_("record shown")},
		{"list", N_("list")},
		{"search", N_("search")},
		{"export", N_("export")},
		{"history", N_("history of the record")},
		{"handover", N_("handed over")},
		{"vote-close", N_("changed by a vote")},
		{"sheet", N_("hand-over sheet")},
		{"edition", N_("edition of the interface document")},
		{"my_data", N_("information for the person concerned")},
		{"audit", N_("audit log read")},
		{NULL, NULL},
	};

	return word_for(words, operation);
}

const char *iq_word_purpose(const char *purpose)
{
	static const struct word words[] = {
		{"referral", N_("passing somebody on")},
		{"case-question", N_("a question about a case")},
		{"workshop", N_("a workshop")},
		{"correction", N_("a correction")},
		{NULL, NULL},
	};

	return word_for(words, purpose);
}
