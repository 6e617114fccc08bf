/* SPDX-License-Identifier: Apache-2.0 */
#include "sub.h"

#include <string.h>

#include "fold.h"

/* German verbs in either form: "zeigen", "zeige". */
static bool is_word(struct iq_cli *cli, const struct iq_sub *s, const char *word)
{
	struct iq_str typed = iq_fold(&cli->arena, iq_str(word), IQ_FOLD_AE);
	struct iq_str alias = iq_str(s->alias);

	if (strcmp(s->name, word) == 0 || iq_str_eq(typed, alias))
		return true;
	return alias.n > 0 && alias.p[alias.n - 1] == 'n' &&
	       iq_str_eq(typed, (struct iq_str){alias.p, alias.n - 1});
}

static bool is_german(const struct iq_cli *cli)
{
	return cli->lang == IQ_LANG_DE && cli->command->alias != NULL;
}

/* The words of the language in use. */
static const char *command_of(const struct iq_cli *cli)
{
	return is_german(cli) ? cli->command->alias : cli->command->name;
}

static const char *word_of(const struct iq_cli *cli, const struct iq_sub *s)
{
	return is_german(cli) ? s->alias : s->name;
}

static const char *usage_of(struct iq_cli *cli, const struct iq_sub *s)
{
	const char *more = s->usage[0] != '\0' ? gettext(s->usage) : "";

	return iq_arena_printf(&cli->arena, "iqq %s %s%s%s", command_of(cli), word_of(cli, s),
		*more != '\0' ? " " : "", more);
}

static enum iq_err unknown(struct iq_cli *cli, const struct iq_sub *subs, const char *word)
{
	enum { WORDS_MAX = 16 };
	const char *names[WORDS_MAX], *all = "";
	size_t n = 0;

	for (; n < WORDS_MAX && subs[n].name != NULL; n++) {
		names[n] = word_of(cli, &subs[n]);
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, n ? ", " : "", names[n]);
	}
	const char *near = iq_nearest(cli, word, names, n);

	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no \"iqq {0} {1}\"."),
		near != NULL ? N_("Did you mean: iqq {0} {2}? There are: {3}.")
			     : N_("There are: {3}."),
		command_of(cli), word, near != NULL ? near : "", all, NULL);
}

static bool takes(const struct iq_sub *s, int opt)
{
	for (const uint8_t *o = s->options; o != NULL && *o != IQ_OPT_NONE; o++)
		if (*o == opt)
			return true;
	return false;
}

static enum iq_err check(struct iq_cli *cli, const struct iq_sub *s)
{
	for (int i = IQ_OPT_GLOBAL_END + 1; i < IQ_OPTS; i++)
		if (iq_opt_given(cli, (enum iq_opt)i) && !takes(s, i))
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("The flag --{0} does not belong to \"iqq {1} {2}\"."),
				N_("Usage: {3}"), iq_options[i].name, command_of(cli),
				word_of(cli, s), usage_of(cli, s), NULL);
	if (cli->nargs < s->min)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"iqq {0} {1}\" needs more words."), N_("Usage: {2}"), command_of(cli),
			word_of(cli, s), usage_of(cli, s), NULL);
	if (cli->nargs > s->max)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{2}\" is a word too many. A text of several words goes in quotes."),
			N_("Usage: {3}"), command_of(cli), word_of(cli, s), cli->arg[s->max],
			usage_of(cli, s), NULL);
	return IQ_OK;
}

enum iq_err iq_sub_run(struct iq_cli *cli, const struct iq_sub *subs)
{
	const struct iq_sub *s = subs;

	if (cli->nargs > 0) {
		while (s->name != NULL && !is_word(cli, s, cli->arg[0]))
			s++;
		if (s->name == NULL)
			return unknown(cli, subs, cli->arg[0]);
		cli->arg++;
		cli->nargs--;
	}
	enum iq_err err = check(cli, s);

	return err == IQ_OK ? s->run(cli) : err;
}
