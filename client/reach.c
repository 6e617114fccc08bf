/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "record.h"
#include "who.h"

enum { INDENT = 4 };

const char *iq_institution_name(bool english, const Iq__V1__Institution *i)
{
	const char *first = english ? i->name_en : i->name_de;
	const char *second = english ? i->name_de : i->name_en;

	if (first[0] != '\0')
		return first;
	return second[0] != '\0' ? second : i->id;
}

/* Parts joined by " · ", several on a line as long as they fit: a phone number is never broken. */
static void line_at(
	struct iq_cli *cli, unsigned indent, const char *a, const char *b, const char *c)
{
	const char *parts[] = {a, b, c};
	unsigned at = 0;

	for (size_t i = 0; i < 3; i++) {
		struct iq_str part = iq_safe_c(cli, parts[i]);
		unsigned w = iq_width(part);

		if (w == 0)
			continue;
		if (at > 0 && at + 3 + w <= cli->width) {
			iq_buf_printf(&cli->out, " · %.*s", IQ_STR_ARG(part));
			at += 3 + w;
			continue;
		}
		if (at > 0)
			iq_buf_byte(&cli->out, '\n');
		if (w + indent > cli->width && memchr(part.p, ' ', part.n) != NULL) {
			part = iq_wrap(cli, part, cli->width - indent);
			w = cli->width;
		}
		struct iq_str line;

		for (bool first = true; iq_str_cut(&part, '\n', &line); first = false)
			iq_buf_printf(&cli->out, "%s%*s%.*s", first ? "" : "\n", (int)indent, "",
				IQ_STR_ARG(line));
		at = indent + w;
	}
	if (at > 0)
		iq_buf_byte(&cli->out, '\n');
}

static void line_of(struct iq_cli *cli, const char *a, const char *b, const char *c)
{
	line_at(cli, INDENT, a, b, c);
}

static const char *phone_of(struct iq_cli *cli, const char *phone)
{
	return *phone != '\0' ? iq_arena_printf(&cli->arena, _("phone %s"), phone) : "";
}

static void contact_line(struct iq_cli *cli, const Iq__V1__Contact *c)
{
	const char *who = iq_arena_printf(&cli->arena, "%s%s%s%s", c->name,
		*c->name && *c->function ? " (" : "", c->function,
		*c->name && *c->function ? ")" : "");
	const char *languages = "";

	for (size_t i = 0; i < c->n_languages; i++)
		languages = iq_arena_printf(
			&cli->arena, "%s%s%s", languages, i ? ", " : "", c->languages[i]);
	if (*languages != '\0')
		who = iq_arena_printf(&cli->arena, "%s [%s]", who, languages);
	line_of(cli, who, "", "");
	line_at(cli, INDENT + 2, phone_of(cli, c->phone), c->email, "");
}

/* ---- what is withheld ----------------------------------------------------------------------- */

static const char *own_principal(struct iq_cli *cli)
{
	const char *profile = iq_setting_get(cli, "profile", NULL);
	const char *principal = profile ? iq_config_get(cli, profile, "principal") : NULL;

	return principal != NULL && *principal != '\0' ? principal : "PRINCIPAL";
}

const char *iq_because_words(struct iq_cli *cli, const char *because)
{
	if (strcmp(because, "quota") == 0)
		return iq_arena_printf(&cli->arena,
			_("Contact details withheld (daily limit reached). An administrator lifts "
			  "it with: iqq approve quota %s"),
			own_principal(cli));
	if (strcmp(because, "audit") == 0)
		return _("Contact details withheld (the server cannot put on record at the moment "
			 "who sees them). Try again later; the operator finds the cause in the "
			 "server's log.");
	if (strcmp(because, "reason") == 0)
		return _("Contact details are shown with a reason, as: --reason referral");
	return "";
}

void iq_because_note(struct iq_cli *cli, const char *because, uint64_t n)
{
	const char *words = iq_because_words(cli, because);

	if (*words == '\0')
		return;
	if (n > 1)
		iq_note(cli, _("%llu persons: %s"), (unsigned long long)n, words);
	else
		iq_note(cli, "%s", words);
}

void iq_withheld_notes(struct iq_cli *cli, Iq__V1__Withheld **w, size_t n)
{
	static const char *const causes[] = {"quota", "audit"};

	for (size_t c = 0; c < sizeof(causes) / sizeof(causes[0]); c++) {
		uint64_t count = 0;

		for (size_t k = 0; k < n; k++)
			count += strcmp(w[k]->because, causes[c]) == 0;
		if (count > 0)
			iq_because_note(cli, causes[c], count);
	}
}

/* "course advice; head of unit" of those that are withheld for this reason; "" if there are none.
 */
static const char *functions_of(
	struct iq_cli *cli, Iq__V1__Withheld **w, size_t n, const char *because)
{
	const char *functions = "";

	for (size_t k = 0; k < n; k++) {
		const char *f = w[k]->function[0] != '\0' ? w[k]->function : _("a contact person");

		if (strcmp(w[k]->because, because) == 0 && strstr(functions, f) == NULL)
			functions = iq_arena_printf(
				&cli->arena, "%s%s%s", functions, *functions ? "; " : "", f);
	}
	return functions;
}

static void say_line(struct iq_cli *cli, const char *text)
{
	iq_paragraph(cli, IQ_STYLE_NONE, "    ", iq_safe_c(cli, text));
}

static void withheld_lines(
	struct iq_cli *cli, const Iq__V1__Institution *i, Iq__V1__Withheld **w, size_t n)
{
	static const char *const causes[] = {"", "quota", "audit"};
	const char *command = cli->lang == IQ_LANG_DE ? "kontakt" : "contact";
	const char *ask = "";

	for (size_t c = 0; c < sizeof(causes) / sizeof(causes[0]); c++) {
		const char *functions = functions_of(cli, w, n, causes[c]);

		if (*functions == '\0')
			continue;
		say_line(cli, iq_arena_printf(&cli->arena, _("Also on record, in confidence: %s."),
				      functions));
		if (*causes[c] != '\0')
			say_line(cli, iq_because_words(cli, causes[c]));
		else if (*iq_opt_text(cli, IQ_OPT_REASON) != '\0')
			say_line(cli, _("Your rights do not reach that far."));
		else
			say_line(cli, iq_arena_printf(&cli->arena,
					      _("If you may see them: iqq %s %s --reason "
						"referral"),
					      command, i->id));
	}
	for (size_t k = 0; k < n && *ask == '\0'; k++)
		ask = w[k]->ask;
	if (*ask != '\0' && strcmp(ask, i->id) != 0)
		say_line(cli, iq_arena_printf(&cli->arena, _("Otherwise ask %s."), ask));
}

void iq_reach_terminal(struct iq_cli *cli, const Iq__V1__Institution *i, const char *via,
	Iq__V1__Contact **contacts, size_t ncontacts, Iq__V1__Withheld **withheld, size_t nwithheld)
{
	const char *name = iq_institution_name(cli->lang == IQ_LANG_EN, i);

	iq_paragraph(cli, IQ_STYLE_BOLD, "  ", iq_safe_c(cli, name));
	line_of(cli, iq_address(cli, i->street, i->postcode, i->town).p, "", "");
	line_of(cli, phone_of(cli, i->phone), i->email, i->url);
	if (i->phone[0] == '\0' && i->email[0] == '\0' && ncontacts == 0)
		line_of(cli, _("no way to reach it on record"), "", "");
	if (via[0] != '\0')
		line_of(cli, iq_arena_printf(&cli->arena, _("(phone and mail of %s)"), via), "",
			"");
	if (i->hours[0] != '\0')
		line_of(cli, iq_arena_printf(&cli->arena, _("open: %s"), i->hours), "", "");
	for (size_t k = 0; k < ncontacts; k++)
		contact_line(cli, contacts[k]);
	withheld_lines(cli, i, withheld, nwithheld);
}
