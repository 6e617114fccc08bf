/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "client.h"

static const char *const group_titles[IQ_GROUPS] = {
	[IQ_GROUP_ASK] = N_("Ask"),
	[IQ_GROUP_KEEP] = N_("Maintain"),
	[IQ_GROUP_CIRCLE] = N_("Workshop"),
	[IQ_GROUP_BUNDLE] = N_("Import and export"),
	[IQ_GROUP_RIGHTS] = N_("Rights"),
	[IQ_GROUP_SELF] = N_("This program"),
};

static void title(struct iq_cli *cli, const char *text)
{
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(text));
	iq_buf_byte(&cli->out, '\n');
}

/* "  left    right", the right part wrapped. */
static void entry(struct iq_cli *cli, const char *left, unsigned width, const char *right)
{
	unsigned w = iq_width(iq_str(left));

	if (w > width) {
		iq_buf_printf(&cli->out, "  %s\n", left);
		left = "";
		w = 0;
	}
	iq_paragraph(cli, IQ_STYLE_NONE,
		iq_arena_printf(&cli->arena, "  %s%*s  ", left, (int)(width - w), ""),
		iq_str(right));
}

static const char *word_of(struct iq_cli *cli, const struct iq_command *c)
{
	if (c->alias == NULL)
		return c->name;
	return iq_arena_printf(&cli->arena, "%s, %s", c->name, c->alias);
}

static void option_entry(struct iq_cli *cli, enum iq_opt opt)
{
	const struct iq_option *o = &iq_options[opt];
	char letter[8] = "    ";
	const char *arg = "";

	if (o->letter != 0) {
		memcpy(letter, "-x, ", 5);
		letter[1] = o->letter;
	}
	if (o->arg != NULL)
		arg = iq_arena_printf(&cli->arena, o->optional ? "[=%s]" : " %s", gettext(o->arg));
	entry(cli, iq_arena_printf(&cli->arena, "%s--%s%s", letter, o->name, arg), 28,
		gettext(o->help));
}

static void global_options(struct iq_cli *cli)
{
	title(cli, _("Flags of every command"));
	for (int i = 1; i < IQ_OPT_GLOBAL_END; i++)
		option_entry(cli, (enum iq_opt)i);
}

static void first_steps(struct iq_cli *cli)
{
	static const struct iq_example examples[] = {
		{"iqq who integration-course dresden", N_("who offers integration courses there?")},
		{"iqq wer Arbeitserlaubnis Duldung Leipzig", N_("the same in German words")},
		{"iqq contact abh-leipzig --reason referral", N_("whom do I call there?")},
		{"iqq help who", N_("all about one command")},
	};

	title(cli, _("Examples"));
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		entry(cli, examples[i].line, 42, gettext(examples[i].what));
}

void iq_help_all(struct iq_cli *cli)
{
	iq_paragraph(cli, IQ_STYLE_NONE, "",
		iq_str(_("iqq answers who is responsible for a task, for a person with this "
			 "residence status, in this place, and whom to call.")));
	first_steps(cli);
	for (int g = 0; g < IQ_GROUPS; g++) {
		title(cli, gettext(group_titles[g]));
		for (const struct iq_command *c = iq_commands; c->name != NULL; c++)
			if ((int)c->group == g)
				entry(cli, word_of(cli, c), 20, gettext(c->summary));
	}
	global_options(cli);
	iq_buf_printf(&cli->out, "\n%s\n", _("More: iqq help COMMAND, iqq help exit-codes"));
}

void iq_help_command(struct iq_cli *cli, const struct iq_command *c)
{
	iq_paragraph(cli, IQ_STYLE_BOLD,
		iq_arena_printf(&cli->arena, "iqq %s%s", c->name, c->usage != NULL ? " " : ""),
		iq_str(c->usage != NULL ? gettext(c->usage) : ""));
	iq_buf_byte(&cli->out, '\n');
	iq_paragraph(cli, IQ_STYLE_NONE, "", iq_str(gettext(c->summary)));
	if (c->alias != NULL)
		iq_buf_printf(&cli->out, _("German word for it: %s\n"), c->alias);
	if (c->text != NULL) {
		iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_NONE, "", iq_str(gettext(c->text)));
	}
	if (c->examples != NULL) {
		title(cli, _("Examples"));
		for (const struct iq_example *e = c->examples; e->line != NULL; e++) {
			iq_buf_printf(&cli->out, "  %s\n", e->line);
			iq_paragraph(cli, IQ_STYLE_DIM, "      ", iq_str(gettext(e->what)));
		}
	}
	if (c->options != NULL && c->options[0] != 0) {
		title(cli, _("Flags"));
		for (const uint8_t *o = c->options; *o != 0; o++)
			option_entry(cli, (enum iq_opt) * o);
	}
	global_options(cli);
}

static const struct {
	const char *status, *text;
} exit_codes[] = {
	{"0", N_("done")},
	{"1", N_("nothing found, no such record, nobody on record")},
	{"2", N_("wrong usage, unknown or ambiguous term, unknown fact")},
	{"3", N_("the server cannot be reached")},
	{"4", N_("certificate or login")},
	{"5", N_("not permitted")},
	{"6", N_("conflict, or a safety limit refused the change")},
	{"7", N_("rows of the input were rejected")},
	{"8", N_("busy or over a quota: try again later")},
	{"70", N_("a defect of this program or of the server")},
};

void iq_help_each_exit_code(struct iq_cli *cli,
	void (*fn)(struct iq_cli *cli, const char *status, const char *rest, const char *text))
{
	for (size_t i = 0; i < sizeof(exit_codes) / sizeof(exit_codes[0]); i++)
		fn(cli, exit_codes[i].status, "", gettext(exit_codes[i].text));
}

static void exit_entry(struct iq_cli *cli, const char *status, const char *rest, const char *text)
{
	(void)rest;
	entry(cli, status, 3, text);
}

void iq_help_exit_codes(struct iq_cli *cli)
{
	title(cli, _("Exit status"));
	iq_help_each_exit_code(cli, exit_entry);
}
