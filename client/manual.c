/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page iqq(1) as scdoc source, generated from the command table. */
#include <string.h>

#include "client.h"

/* scdoc gives a meaning to these; a backslash takes it away. */
static void text(struct iq_cli *cli, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("\\_*`#-[]|.", *s) != NULL)
			iq_buf_byte(&cli->out, '\\');
		iq_buf_byte(&cli->out, (uint8_t)*s);
	}
}

static void section(struct iq_cli *cli, const char *title)
{
	iq_buf_printf(&cli->out, "\n# %s\n\n", title);
}

static void paragraph(struct iq_cli *cli, const char *s)
{
	text(cli, s);
	iq_buf_printf(&cli->out, "\n\n");
}

/* A bold term and, indented below it, what it means. */
static void term(struct iq_cli *cli, const char *name, const char *rest, const char *meaning)
{
	iq_buf_byte(&cli->out, '*');
	text(cli, name);
	iq_buf_printf(&cli->out, "*%s", rest[0] != '\0' ? " " : "");
	text(cli, rest);
	iq_buf_printf(&cli->out, "\n\t");
	text(cli, meaning);
	iq_buf_printf(&cli->out, "\n\n");
}

static void option(struct iq_cli *cli, enum iq_opt opt)
{
	const struct iq_option *o = &iq_options[opt];
	const char *arg = o->arg != NULL ? gettext(o->arg) : "";
	char letter[8] = "";

	if (o->letter != 0) {
		memcpy(letter, "-x, ", 5);
		letter[1] = o->letter;
	}
	term(cli, iq_arena_printf(&cli->arena, "%s--%s", letter, o->name),
		o->optional ? iq_arena_printf(&cli->arena, "[=%s]", arg) : arg, gettext(o->help));
}

static void command(struct iq_cli *cli, const struct iq_command *c)
{
	term(cli, iq_arena_printf(&cli->arena, "iqq %s", c->name),
		c->usage != NULL ? gettext(c->usage) : "", gettext(c->summary));
	if (c->alias != NULL)
		paragraph(
			cli, iq_arena_printf(&cli->arena, _("German word for it: %s\n"), c->alias));
	if (c->text != NULL)
		paragraph(cli, gettext(c->text));
	for (const uint8_t *o = c->options; o != NULL && *o != 0; o++)
		option(cli, (enum iq_opt) * o);
	for (const struct iq_example *e = c->examples; e != NULL && e->line != NULL; e++)
		term(cli, e->line, "", gettext(e->what));
}

void iq_help_manual(struct iq_cli *cli)
{
	iq_buf_printf(&cli->out, "iqq(1)\n");
	section(cli, _("NAME"));
	paragraph(cli, iq_arena_printf(&cli->arena, "iqq - %s", _("ask who is responsible")));
	section(cli, _("SYNOPSIS"));
	iq_buf_printf(&cli->out, "*iqq* _%s_ …\n\n", _("COMMAND"));
	section(cli, _("DESCRIPTION"));
	paragraph(cli, _("iqq answers who is responsible for a task, for a person with this "
			 "residence status, in this place, and whom to call."));
	section(cli, _("COMMANDS"));
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++)
		command(cli, c);
	section(cli, _("OPTIONS"));
	for (int i = 1; i < IQ_OPT_GLOBAL_END; i++)
		option(cli, (enum iq_opt)i);
	section(cli, _("EXIT STATUS"));
	iq_help_each_exit_code(cli, term);
	section(cli, _("FILES"));
	term(cli, "$XDG_CONFIG_HOME/iqq/config", "", _("settings and profiles"));
	term(cli, "$XDG_DATA_HOME/iqq/PROFILE/", "",
		_("key and certificates of a profile; nobody else may read them"));
	term(cli, "$XDG_STATE_HOME/iqq/PROFILE/", "", _("of which state the last reports were"));
	section(cli, _("SEE ALSO"));
	iq_buf_printf(&cli->out, "*iqd*(8)\n");
}
