/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "model.h"

/* Completion scripts, generated from the command table. They start no program: words are in the
 * script, ids come from the vocabulary kept in the cache folder. */

static void put(struct iq_cli *cli, const char *text)
{
	iq_buf_str(&cli->out, iq_str(text));
}

static void put_kinds(struct iq_cli *cli)
{
	for (int k = 0; k < IQ_KINDS; k++)
		iq_buf_printf(&cli->out, "%s%s", k ? " " : "", iq_schemas[k].name);
}

static void put_words(struct iq_cli *cli, const struct iq_command *c)
{
	const char *w = c->words != NULL ? c->words : "";

	if (strcmp(w, "kind") == 0)
		put_kinds(cli);
	else if (strcmp(w, "shell") == 0)
		put(cli, "bash zsh fish");
	else if (strcmp(w, "profile") == 0)
		put(cli, "list use delete");
	else if (strcmp(w, "audit") == 0)
		put(cli, "verify");
	else if (strcmp(w, "workshop") == 0)
		put(cli, "list show create invite accept leave organiser dissolve");
	else if (strcmp(w, "topic") == 0)
		put(cli, "list add discussed close");
	else if (strcmp(w, "proposal") == 0)
		put(cli, "list new show withdraw");
	else if (strcmp(w, "vote") == 0)
		put(cli, "tally cast open close yes no abstain");
	else if (strcmp(w, "commitment") == 0)
		put(cli, "list add due close defer");
	else if (strcmp(w, "sync") == 0)
		put(cli, "plan apply status resolve template");
	else if (strcmp(w, "meeting") == 0)
		put(cli, "plan list show hold attend minutes");
	else if (strcmp(w, "config") == 0)
		put(cli, "show get set unset profile server lang pager timeout color");
	else if (strcmp(w, "command") == 0)
		for (const struct iq_command *o = iq_commands; o->name != NULL; o++)
			iq_buf_printf(&cli->out, "%s ", o->name);
}

static void put_flags(struct iq_cli *cli, const struct iq_command *c)
{
	for (const uint8_t *o = c != NULL ? c->options : NULL; o != NULL && *o != 0; o++)
		iq_buf_printf(&cli->out, "--%s ", iq_options[*o].name);
	for (int i = 1; i < IQ_OPT_GLOBAL_END; i++)
		iq_buf_printf(&cli->out, "--%s ", iq_options[i].name);
}

static void put_commands(struct iq_cli *cli)
{
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++)
		iq_buf_printf(&cli->out, "%s %s ", c->name, c->alias != NULL ? c->alias : "");
}

static void put_names(struct iq_cli *cli, const struct iq_command *c)
{
	iq_buf_printf(&cli->out, "%s%s%s", c->name, c->alias != NULL ? "|" : "",
		c->alias != NULL ? c->alias : "");
}

/* Words that are ids of the vocabulary. */
static void bash_ids(struct iq_cli *cli, const struct iq_command *c)
{
	static const char *const places[] = {
		"matrix", "gaps", "overlaps", "stakeholders", "path", NULL};

	if (strcmp(c->name, "who") == 0)
		put(cli, "\n\t\twords=\"$(_iqq_ids tasks) $(_iqq_ids statuses) "
			 "$(_iqq_ids regions)\"");
	if (strcmp(c->name, "guide") == 0)
		put(cli, "\n\t\twords=\"$(_iqq_ids statuses)\"");
	if (iq_choice(places, iq_str(c->name)) >= 0)
		put(cli, "\n\t\twords=\"$(_iqq_ids regions)\"");
}

static void bash(struct iq_cli *cli)
{
	put(cli, "# bash completion for iqq\n"
		 "_iqq_ids() {\n"
		 "\tcat \"${XDG_CACHE_HOME:-$HOME/.cache}\"/iqq/vocab-*/\"$1\".csv 2>/dev/null |\n"
		 "\t\tsed -n '2,$s/,.*//p'\n"
		 "}\n"
		 "_iqq() {\n"
		 "\tlocal cur prev command word words flags i\n"
		 "\tcur=${COMP_WORDS[COMP_CWORD]}\n"
		 "\tprev=${COMP_WORDS[COMP_CWORD-1]}\n"
		 "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		 "\t\tword=${COMP_WORDS[i]}\n"
		 "\t\t[[ $word == -* ]] || { command=$word; break; }\n"
		 "\tdone\n"
		 "\tcase $prev in\n"
		 "\t-t | --task) COMPREPLY=($(compgen -W \"$(_iqq_ids tasks)\" -- \"$cur\")); "
		 "return ;;\n"
		 "\t-r | --region) COMPREPLY=($(compgen -W \"$(_iqq_ids regions)\" -- \"$cur\")); "
		 "return ;;\n"
		 "\t-s | --status) COMPREPLY=($(compgen -W \"$(_iqq_ids statuses)\" -- \"$cur\")); "
		 "return ;;\n"
		 "\t--role) COMPREPLY=($(compgen -W \"lead provider advice support funding "
		 "referral\" -- \"$cur\")); return ;;\n"
		 "\t--reason) COMPREPLY=($(compgen -W \"referral case-question workshop "
		 "correction\" -- \"$cur\")); return ;;\n"
		 "\t--lang) COMPREPLY=($(compgen -W \"de en\" -- \"$cur\")); return ;;\n"
		 "\t--color) COMPREPLY=($(compgen -W \"auto never\" -- \"$cur\")); return ;;\n"
		 "\t--token-file | --rejects | --map | -o | --output) COMPREPLY=($(compgen -f -- "
		 "\"$cur\")); return ;;\n"
		 "\t--dir) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
		 "\tesac\n"
		 "\tcase $command in\n");
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++) {
		put(cli, "\t");
		put_names(cli, c);
		put(cli, ")\n\t\tflags='");
		put_flags(cli, c);
		put(cli, "'\n\t\twords='");
		put_words(cli, c);
		put(cli, "'");
		bash_ids(cli, c);
		put(cli, "\n\t\t;;\n");
	}
	put(cli, "\t*)\n\t\tflags='");
	put_flags(cli, NULL);
	put(cli, "'\n\t\twords='");
	put_commands(cli);
	put(cli, "'\n\t\t;;\n\tesac\n"
		 "\tif [[ $cur == -* ]]; then words=$flags; fi\n"
		 "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		 "\tcase $command in\n"
		 "\timport|importiere|export|exportiere|lint|pruefe|sync|abgleich) "
		 "COMPREPLY+=($(compgen -f -- "
		 "\"$cur\")) ;;\n"
		 "\tesac\n"
		 "}\n"
		 "complete -o filenames -F _iqq iqq\n");
}

static void put_zsh_flags(struct iq_cli *cli, const struct iq_command *c)
{
	bool taken[IQ_OPTS] = {false};

	for (int i = 1; i < IQ_OPT_GLOBAL_END; i++)
		taken[i] = true;
	for (const uint8_t *o = c->options; o != NULL && *o != 0; o++)
		taken[*o] = true;
	for (int i = 1; i < IQ_OPTS; i++) {
		const struct iq_option *o = &iq_options[i];

		if (!taken[i] || o->name == NULL)
			continue;
		iq_buf_printf(&cli->out, " \\\n\t\t\t'*--%s%s[", o->name,
			o->arg != NULL && !o->optional ? "=" : "");
		for (const char *p = gettext(o->help); *p != '\0'; p++)
			if (strchr("[]':\\", *p) == NULL)
				iq_buf_byte(&cli->out, (uint8_t)*p);
		iq_buf_printf(&cli->out, "]%s'", o->arg != NULL && !o->optional ? ":value:" : "");
	}
}

static void zsh(struct iq_cli *cli)
{
	put(cli, "#compdef iqq\n_iqq() {\n\tlocal -a commands\n\tcommands=(\n");
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++) {
		iq_buf_printf(&cli->out, "\t\t'%s:", c->name);
		for (const char *p = gettext(c->summary); *p != '\0'; p++)
			if (*p != '\'' && *p != ':')
				iq_buf_byte(&cli->out, (uint8_t)*p);
		put(cli, "'\n");
	}
	put(cli, "\t)\n"
		 "\tif ((CURRENT == 2)); then\n"
		 "\t\t_describe command commands\n"
		 "\t\treturn\n"
		 "\tfi\n"
		 "\tcase $words[2] in\n");
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++) {
		put(cli, "\t");
		put_names(cli, c);
		put(cli, ")\n\t\t_arguments");
		put_zsh_flags(cli, c);
		bool path = c->words != NULL && strcmp(c->words, "path") == 0;

		if (path) {
			put(cli, " \\\n\t\t\t'*:path:_files'");
		} else if (c->words != NULL) {
			put(cli, " \\\n\t\t\t'*:word:(");
			put_words(cli, c);
			put(cli, ")'");
		}
		put(cli, "\n\t\t;;\n");
	}
	put(cli, "\tesac\n}\n"
		 "if [ \"$funcstack[1]\" = _iqq ]; then _iqq \"$@\"; else compdef _iqq iqq; fi\n");
}

static void put_fish_text(struct iq_cli *cli, const char *text)
{
	put(cli, "'");
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\'' || *p == '\\')
			iq_buf_byte(&cli->out, '\\');
		iq_buf_byte(&cli->out, (uint8_t)*p);
	}
	put(cli, "'");
}

static void put_fish_flag(struct iq_cli *cli, const struct iq_command *c, int opt)
{
	const struct iq_option *o = &iq_options[opt];

	put(cli, "complete -c iqq");
	if (c != NULL)
		iq_buf_printf(&cli->out, " -n '__fish_seen_subcommand_from %s %s'", c->name,
			c->alias != NULL ? c->alias : "");
	iq_buf_printf(&cli->out, " -l %s", o->name);
	if (o->letter != 0)
		iq_buf_printf(&cli->out, " -s %c", o->letter);
	if (o->arg != NULL && !o->optional)
		put(cli, " -x");
	put(cli, " -d ");
	put_fish_text(cli, gettext(o->help));
	put(cli, "\n");
}

static void fish(struct iq_cli *cli)
{
	put(cli, "# fish completion for iqq\ncomplete -c iqq -f\n");
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++) {
		iq_buf_printf(
			&cli->out, "complete -c iqq -n __fish_use_subcommand -a %s -d ", c->name);
		put_fish_text(cli, gettext(c->summary));
		put(cli, "\n");
		for (const uint8_t *o = c->options; o != NULL && *o != 0; o++)
			put_fish_flag(cli, c, *o);
		if (c->words == NULL)
			continue;
		iq_buf_printf(&cli->out, "complete -c iqq -n '__fish_seen_subcommand_from %s %s'",
			c->name, c->alias != NULL ? c->alias : "");
		if (strcmp(c->words, "path") == 0) {
			put(cli, " -F\n");
			continue;
		}
		put(cli, " -a '");
		put_words(cli, c);
		put(cli, "'\n");
	}
	for (int i = 1; i < IQ_OPT_GLOBAL_END; i++)
		put_fish_flag(cli, NULL, i);
}

enum iq_err iq_cmd_completion(struct iq_cli *cli)
{
	static const char *const shells[] = {"bash", "zsh", "fish"};
	static void (*const print[])(struct iq_cli *) = {bash, zsh, fish};

	for (size_t i = 0; i < 3; i++)
		if (strcmp(cli->arg[0], shells[i]) == 0) {
			print[i](cli);
			return IQ_OK;
		}
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no completion for \"{0}\"."),
		N_("Shells: bash, zsh, fish."), cli->arg[0], NULL);
}
