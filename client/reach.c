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

static void withheld_lines(
	struct iq_cli *cli, const Iq__V1__Institution *i, Iq__V1__Withheld **w, size_t n)
{
	const char *command = cli->lang == IQ_LANG_DE ? "kontakt" : "contact";

	if (n == 0)
		return;
	const char *functions = "";

	for (size_t k = 0; k < n; k++) {
		const char *f = w[k]->function[0] != '\0' ? w[k]->function : _("a contact person");

		if (strstr(functions, f) == NULL)
			functions = iq_arena_printf(
				&cli->arena, "%s%s%s", functions, *functions ? "; " : "", f);
	}
	iq_paragraph(cli, IQ_STYLE_NONE, "    ",
		iq_safe_c(cli, iq_arena_printf(&cli->arena, _("Also on record, in confidence: %s."),
				       functions)));
	iq_paragraph(cli, IQ_STYLE_NONE, "    ",
		iq_safe_c(cli, iq_arena_printf(&cli->arena,
				       _("If you may see them: iqq %s %s --reason referral"),
				       command, i->id)));
	const char *ask = w[0]->ask;

	if (*ask != '\0' && strcmp(ask, i->id) != 0)
		iq_paragraph(cli, IQ_STYLE_NONE, "    ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, _("Otherwise ask %s."), ask)));
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
