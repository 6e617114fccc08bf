/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "client.h"
#include "model.h"

struct word {
	const char *code, *text;
};

static const char *look_up(const struct word *words, const char *code)
{
	for (; words->code != NULL; words++)
		if (strcmp(words->code, code) == 0)
			return gettext(words->text);
	return code;
}

const char *iq_word_role(const char *role)
{
	static const struct word words[] = {
		{"lead", N_("in charge")},
		{"provider", N_("provider")},
		{"advice", N_("advice")},
		{"support", N_("support")},
		{"funding", N_("funding")},
		{"referral", N_("referral")},
		{NULL, NULL},
	};

	return look_up(words, role);
}

const char *iq_word_effect(const char *effect)
{
	static const struct word words[] = {
		{"info", N_("Note")},
		{"restricted", N_("Restricted")},
		{"suspended", N_("Suspended")},
		{"excluded", N_("Not entitled")},
		{"not-needed", N_("Not needed")},
		{NULL, NULL},
	};

	return look_up(words, effect);
}

const char *iq_word_course(const char *access)
{
	static const struct word words[] = {
		{"entitled", N_("entitled")},
		{"admissible", N_("admission possible")},
		{"none", N_("no access")},
		{NULL, NULL},
	};

	return look_up(words, access);
}

const char *iq_word_visibility(const char *visibility)
{
	static const struct word words[] = {
		{"public", N_("public")},
		{"partners", N_("for partners")},
		{"workshop", N_("for members of the workshop")},
		{"institution", N_("within the institution")},
		{NULL, NULL},
	};

	return look_up(words, visibility);
}

const char *iq_word_kind(const char *kind)
{
	static const struct word words[] = {
		{"region", N_("place")},
		{"postcode", N_("postcode")},
		{"task", N_("task")},
		{"status", N_("residence status")},
		{"fact", N_("fact")},
		{"kind", N_("kind of institution")},
		{"region-kind", N_("kind of place")},
		{"institution", N_("institution")},
		{"contact", N_("contact person")},
		{"responsibility", N_("responsibility")},
		{"notice", N_("notice")},
		{"handover", N_("hand-over")},
		{"workshop", N_("workshop")},
		{"membership", N_("membership")},
		{"topic", N_("topic")},
		{"meeting", N_("meeting")},
		{"proposal", N_("proposal")},
		{"ballot", N_("ballot")},
		{"commitment", N_("commitment")},
		{"principal", N_("account")},
		{NULL, NULL},
	};

	return look_up(words, kind);
}

const char *iq_word_process(const char *state)
{
	static const struct word words[] = {
		{"open", N_("open")},
		{"discussed", N_("discussed")},
		{"closed", N_("closed")},
		{"planned", N_("planned")},
		{"held", N_("held")},
		{"minuted", N_("minuted")},
		{"draft", N_("draft")},
		{"passed", N_("passed")},
		{"rejected", N_("rejected")},
		{"withdrawn", N_("withdrawn")},
		{"conflict", N_("in conflict")},
		{"kept", N_("kept")},
		{"late", N_("late")},
		{"dropped", N_("given up")},
		{NULL, NULL},
	};

	return look_up(words, state);
}

static const struct word columns[] = {
	{"parent", N_("Belongs to")},
	{"kind", N_("Kind")},
	{"ars", N_("Official key")},
	{"members", N_("Members")},
	{"name_de", N_("Name (German)")},
	{"name_en", N_("Name (English)")},
	{"aliases", N_("Also called")},
	{"postcode", N_("Postcode")},
	{"region", N_("Place")},
	{"leika", N_("LeiKa key")},
	{"expected", N_("Expected everywhere")},
	{"legal_basis", N_("Legal basis")},
	{"implies", N_("Implies")},
	{"work_access_de", N_("Work (German)")},
	{"work_access_en", N_("Work (English)")},
	{"course_access", N_("Courses")},
	{"obligations_de", N_("Obligations (German)")},
	{"obligations_en", N_("Obligations (English)")},
	{"symbol", N_("Symbol")},
	{"colour", N_("Colour")},
	{"source", N_("Source")},
	{"confirmed_on", N_("Confirmed on")},
	{"type", N_("Type")},
	{"values", N_("Values")},
	{"labels_de", N_("Labels (German)")},
	{"labels_en", N_("Labels (English)")},
	{"statutory", N_("Statutory")},
	{"street", N_("Street")},
	{"town", N_("Town")},
	{"phone", N_("Phone")},
	{"email", N_("E-mail")},
	{"url", N_("Web")},
	{"hours", N_("Opening hours")},
	{"institution", N_("Institution")},
	{"name", N_("Name")},
	{"function", N_("Function")},
	{"languages", N_("Languages")},
	{"visibility", N_("Visible")},
	{"deputy", N_("Deputy")},
	{"external_id", N_("Number elsewhere")},
	{"informed_on", N_("Informed on")},
	{"valid_from", N_("Valid from")},
	{"valid_to", N_("Valid until")},
	{"task", N_("Task")},
	{"statuses", N_("Residence statuses")},
	{"role", N_("Role")},
	{"contacts", N_("Contact persons")},
	{"condition", N_("Condition")},
	{"note", N_("Remark")},
	{"effect", N_("Effect")},
	{"text_de", N_("Text (German)")},
	{"text_en", N_("Text (English)")},
	{"process", N_("Process")},
	{"step", N_("Step")},
	{"from_kinds", N_("From")},
	{"to_kinds", N_("To")},
	{"trigger_de", N_("Trigger (German)")},
	{"trigger_en", N_("Trigger (English)")},
	{"documents", N_("Documents")},
	{"workshop", N_("Workshop")},
	{"organisers", N_("Organisers")},
	{"goals", N_("Goals")},
	{"quorum", N_("Quorum (percent)")},
	{"size", N_("Members at most, as a guideline")},
	{"representative", N_("Representative")},
	{"accepted_from", N_("Takes part from")},
	{"accepted_to", N_("Takes part until")},
	{"decides", N_("May decide")},
	{"guest", N_("Guest without a vote")},
	{"text", N_("Text")},
	{"state", N_("State")},
	{"opened_on", N_("Brought on")},
	{"closed_on", N_("Closed on")},
	{"lesson_de", N_("Lesson learned (German)")},
	{"lesson_en", N_("Lesson learned (English)")},
	{"date", N_("Date")},
	{"begins", N_("Begins")},
	{"ends", N_("Ends")},
	{"repeats", N_("Repeats")},
	{"repeats_to", N_("Repeats until")},
	{"place", N_("Room")},
	{"link", N_("Link")},
	{"agenda", N_("Agenda")},
	{"attended", N_("Attended")},
	{"minutes", N_("Minutes")},
	{"topic", N_("Topic")},
	{"changes", N_("Changes to records")},
	{"majority", N_("Majority")},
	{"deadline", N_("Deadline")},
	{"result", N_("Result")},
	{"proposal", N_("Proposal")},
	{"choice", N_("Vote")},
	{"contact", N_("Cast by")},
	{"as", N_("Cast as")},
	{"cast_on", N_("Cast on")},
	{"institutions", N_("Institutions")},
	{"due", N_("Due")},
	{"evidence", N_("Evidence")},
	{"reason", N_("Reason")},
	{"settled_on", N_("Settled on")},
	{NULL, NULL},
};

const char *iq_word_column(const char *name)
{
	return look_up(columns, name);
}

struct iq_str iq_word_date(struct iq_cli *cli, const char *iso)
{
	if (cli->lang != IQ_LANG_DE || strlen(iso) != 10)
		return iq_safe_c(cli, iso);
	return iq_safe_c(
		cli, iq_arena_printf(&cli->arena, "%.2s.%.2s.%.4s", iso + 8, iso + 5, iso));
}

static const struct {
	const char *german;
	enum iq_kind kind;
} kinds_german[] = {
	{"ort", IQ_REGION},
	{"orte", IQ_REGION},
	{"regionen", IQ_REGION},
	{"plz", IQ_POSTCODE},
	{"postleitzahlen", IQ_POSTCODE},
	{"aufgabe", IQ_TASK},
	{"aufgaben", IQ_TASK},
	{"fakt", IQ_FACT},
	{"fakten", IQ_FACT},
	{"merkmale", IQ_FACT},
	{"arten", IQ_KIND},
	{"einrichtung", IQ_INSTITUTION},
	{"einrichtungen", IQ_INSTITUTION},
	{"stelle", IQ_INSTITUTION},
	{"stellen", IQ_INSTITUTION},
	{"kontakt", IQ_CONTACT},
	{"kontakte", IQ_CONTACT},
	{"zustaendigkeit", IQ_RESPONSIBILITY},
	{"zuständigkeit", IQ_RESPONSIBILITY},
	{"zustaendigkeiten", IQ_RESPONSIBILITY},
	{"zuständigkeiten", IQ_RESPONSIBILITY},
	{"hinweis", IQ_NOTICE},
	{"hinweise", IQ_NOTICE},
	{"uebergabe", IQ_HANDOVER},
	{"übergabe", IQ_HANDOVER},
	{"uebergaben", IQ_HANDOVER},
	{"übergaben", IQ_HANDOVER},
	{"werkstatt", IQ_WORKSHOP_RECORD},
	{"werkstaetten", IQ_WORKSHOP_RECORD},
	{"werkstätten", IQ_WORKSHOP_RECORD},
	{"mitgliedschaft", IQ_MEMBERSHIP},
	{"mitgliedschaften", IQ_MEMBERSHIP},
	{"anliegen", IQ_TOPIC},
	{"thema", IQ_TOPIC},
	{"themen", IQ_TOPIC},
	{"treffen", IQ_MEETING},
	{"sitzung", IQ_MEETING},
	{"sitzungen", IQ_MEETING},
	{"vorschlag", IQ_PROPOSAL},
	{"vorschlaege", IQ_PROPOSAL},
	{"vorschläge", IQ_PROPOSAL},
	{"stimme", IQ_BALLOT},
	{"stimmen", IQ_BALLOT},
	{"zusage", IQ_COMMITMENT},
	{"zusagen", IQ_COMMITMENT},
	{"absprache", IQ_COMMITMENT},
	{"absprachen", IQ_COMMITMENT},
};

enum iq_err iq_word_to_kind(struct iq_cli *cli, const char *word, int *kind)
{
	const char *names[2 * IQ_KINDS];
	const char *all = "";

	*kind = (int)iq_kind_by_name(iq_str(word));
	for (size_t i = 0; *kind == IQ_KINDS && i < sizeof(kinds_german) / sizeof(kinds_german[0]);
		i++)
		if (strcmp(kinds_german[i].german, word) == 0)
			*kind = (int)kinds_german[i].kind;
	if (*kind != IQ_KINDS)
		return IQ_OK;
	for (size_t k = 0; k < IQ_KINDS; k++) {
		names[2 * k] = iq_schemas[k].name;
		names[2 * k + 1] = iq_schemas[k].file;
		all = iq_arena_printf(
			&cli->arena, "%s%s%s", all, *all ? ", " : "", iq_schemas[k].name);
	}
	const char *near = iq_nearest(cli, word, names, (size_t)2 * IQ_KINDS);

	if (near != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("There is no kind of record \"{0}\"."),
			N_("Did you mean \"{1}\"? Kinds: {2}."), word, near, all, NULL);
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no kind of record \"{0}\"."),
		N_("Kinds: {1}."), word, all, NULL);
}
