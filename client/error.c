/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "date.h"
#include "client.h"
#include "conflict.h"
#include "fold.h"
#include "json.h"
#include "problems.h"

const char *iq_nearest(struct iq_cli *cli, const char *word, const char *const *words, size_t n)
{
	struct iq_str folded = iq_fold(&cli->arena, iq_str(word), IQ_FOLD_AE);
	const char *best = NULL;
	unsigned best_distance = folded.n < 4 ? 2 : 3;

	for (size_t i = 0; i < n; i++) {
		struct iq_str candidate = iq_fold(&cli->arena, iq_str(words[i]), IQ_FOLD_AE);
		unsigned d = iq_fold_distance(folded, candidate, best_distance);

		if (folded.n >= 2 && iq_str_starts(candidate, folded))
			d = d > 1 ? 1 : d;
		if (d < best_distance) {
			best_distance = d;
			best = words[i];
		}
	}
	return best;
}

static bool plain(const char *s)
{
	return *s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_./:=,@%+")] == '\0';
}

static void add_quoted(struct iq_buf *b, const char *s)
{
	if (plain(s)) {
		iq_buf_str(b, iq_str(s));
		return;
	}
	iq_buf_byte(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			iq_buf_str(b, IQ_STR("'\\''"));
		else
			iq_buf_byte(b, (uint8_t)*s);
	}
	iq_buf_byte(b, '\'');
}

static bool is_dimension(struct iq_str kind)
{
	return iq_str_is(kind, "task") || iq_str_is(kind, "region") || iq_str_is(kind, "status") ||
	       iq_str_is(kind, "workshop");
}

/* How many arguments from argv[i] on, joined by blanks, are the term; 0: none. */
static int run_of(struct iq_cli *cli, int i, struct iq_str term)
{
	size_t at = 0;

	for (int n = 0; i + n < cli->argc; n++) {
		struct iq_str word = iq_str(cli->argv[i + n]);

		if (n > 0) {
			if (at >= term.n || term.p[at] != ' ')
				return 0;
			at++;
		}
		if (term.n - at < word.n || memcmp(term.p + at, word.p, word.n) != 0)
			return 0;
		at += word.n;
		if (at == term.n)
			return n + 1;
	}
	return 0;
}

static void add_replaced(
	struct iq_cli *cli, struct iq_buf *b, int i, const struct iq_candidate *c, const char *id)
{
	bool value = i > 1 && cli->argv[i - 1][0] == '-' && strchr(cli->argv[i - 1], '=') == NULL;
	bool who = cli->command != NULL && strcmp(cli->command->name, "who") == 0;

	if (who && !value && is_dimension(c->kind))
		iq_buf_printf(b, "--%.*s ", IQ_STR_ARG(c->kind));
	add_quoted(b, id);
}

/* Where the name of a fact stands in "foo=1" or "--fact=foo=1"; NULL: nowhere. */
static const char *fact_of(const char *arg, const struct iq_candidate *c)
{
	if (!iq_str_is(c->kind, "fact"))
		return NULL;
	if (strncmp(arg, "--fact=", 7) == 0)
		arg += 7;
	return iq_str_starts(iq_str(arg), c->term) && arg[c->term.n] == '=' ? arg : NULL;
}

const char *iq_retry_line(struct iq_cli *cli, const struct iq_candidate *c)
{
	struct iq_buf b;
	const char *id = iq_arena_cstr(&cli->arena, c->id);
	bool done = c->term.n == 0;

	iq_buf_init(&b, 0);
	iq_buf_str(&b, IQ_STR("iqq"));
	for (int i = 1; i < cli->argc; i++) {
		const char *equals = strchr(cli->argv[i], '=');
		const char *fact = done ? NULL : fact_of(cli->argv[i], c);
		int n = done ? 0 : run_of(cli, i, c->term);

		iq_buf_byte(&b, ' ');
		if (fact != NULL) {
			add_quoted(&b,
				iq_arena_printf(&cli->arena, "%.*s%s%s", (int)(fact - cli->argv[i]),
					cli->argv[i], id, fact + c->term.n));
			done = true;
		} else if (n > 0) {
			add_replaced(cli, &b, i, c, id);
			done = true;
			i += n - 1;
		} else if (!done && equals != NULL && iq_str_eq(iq_str(equals + 1), c->term)) {
			iq_buf_printf(&b, "%.*s=", (int)(equals - cli->argv[i]), cli->argv[i]);
			add_quoted(&b, id);
			done = true;
		} else {
			add_quoted(&b, cli->argv[i]);
		}
	}
	if ((!done || c->term.n == 0) && is_dimension(c->kind)) {
		iq_buf_printf(&b, " --%.*s ", IQ_STR_ARG(c->kind));
		add_quoted(&b, id);
	}
	struct iq_str line = iq_arena_dup(&cli->arena, (struct iq_str){(char *)b.p, b.n});

	iq_buf_free(&b);
	return line.p;
}

/* Dates as the reader writes them. */
static struct iq_str argument(struct iq_cli *cli, struct iq_str arg)
{
	int32_t day;

	if (!iq_date_parse(arg, &day))
		return arg;
	return iq_word_date(cli, iq_arena_cstr(&cli->arena, arg));
}

static const char *filled(struct iq_cli *cli, const char *msgid)
{
	struct iq_str args[IQ_ERROR_ARGS];

	if (msgid == NULL || msgid[0] == '\0')
		return "";
	for (size_t i = 0; i < cli->error.nargs; i++)
		args[i] = argument(cli, cli->error.args[i]);
	return iq_text_fill(&cli->arena, gettext(msgid), args, cli->error.nargs);
}

/* Records that stand in the way, as those that refer to one to be deleted or handed over. */
static void say_records(struct iq_cli *cli)
{
	const struct iq_error *e = &cli->error;

	for (size_t i = 0; i < e->ncandidates; i++) {
		const struct iq_candidate *c = &e->candidates[i];
		struct iq_str name = iq_safe(cli, c->name);

		fprintf(stderr, "    iqq get %s %s", iq_safe(cli, c->kind).p,
			iq_safe(cli, c->id).p);
		if (name.n > 0 && !iq_str_eq(c->name, c->id))
			fprintf(stderr, "   (%s)", name.p);
		fputc('\n', stderr);
	}
}

static void say_candidates(struct iq_cli *cli)
{
	const struct iq_error *e = &cli->error;

	if (e->code == IQ_ERR_CONFLICT || e->code == IQ_ERR_DENIED) {
		say_records(cli);
		return;
	}
	if (e->ncandidates == 0)
		return;
	fprintf(stderr, "  %s\n",
		e->code == IQ_ERR_AMBIGUOUS ? _("Choose one:") : _("Did you mean:"));
	for (size_t i = 0; i < e->ncandidates; i++) {
		const struct iq_candidate *c = &e->candidates[i];
		struct iq_str name = iq_safe(cli, c->name);

		fprintf(stderr, "    %s", iq_safe_c(cli, iq_retry_line(cli, c)).p);
		if (name.n != 0)
			fprintf(stderr, "   (%s: %s)",
				iq_word_kind(iq_arena_cstr(&cli->arena, c->kind)), name.p);
		for (size_t d = 0; d < c->ndetail; d++)
			fprintf(stderr, "%s%s", d == 0 ? "  " : ", ", iq_safe(cli, c->detail[d]).p);
		fputc('\n', stderr);
	}
}

static json_t *candidate_json(const struct iq_candidate *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", iq_json_str(c->kind));
	json_object_set_new(o, "term", iq_json_str(c->term));
	json_object_set_new(o, "id", iq_json_str(c->id));
	json_object_set_new(o, "name", iq_json_str(c->name));
	if (c->ndetail > 0) {
		json_t *detail = json_array();

		for (size_t i = 0; i < c->ndetail; i++)
			json_array_append_new(detail, iq_json_str(c->detail[i]));
		json_object_set_new(o, "detail", detail);
	}
	return o;
}

static void say_json(struct iq_cli *cli)
{
	const struct iq_error *e = &cli->error;
	json_t *root = json_object(), *o = json_object(), *candidates = json_array();

	json_object_set_new(root, "error", o);
	json_object_set_new(o, "code", json_string(iq_err_name(e->code)));
	json_object_set_new(o, "message", iq_json_str(iq_str(filled(cli, e->text))));
	json_object_set_new(o, "hint", iq_json_str(iq_str(filled(cli, e->hint))));
	json_object_set_new(o, "candidates", candidates);
	for (size_t i = 0; i < e->ncandidates; i++)
		json_array_append_new(candidates, candidate_json(&e->candidates[i]));
	if (e->nconflicts > 0) {
		json_t *conflicts = json_array();

		for (size_t i = 0; i < e->nconflicts; i++)
			json_array_append_new(conflicts, iq_conflict_json(cli, &e->conflicts[i]));
		json_object_set_new(o, "conflicts", conflicts);
	}
	if (e->code == IQ_ERR_REJECTED || e->nproblems > 0) {
		json_object_set_new(o, "rows", iq_problems_json(cli, e));
		json_object_set_new(o, "rows_total", json_integer((json_int_t)e->problems_total));
	}
	cli->out.n = 0;
	iq_json_print(cli, root);
}

void iq_error_say(struct iq_cli *cli)
{
	const struct iq_error *e = &cli->error;
	const char *text = filled(cli, e->text), *hint = filled(cli, e->hint);

	if (e->nproblems > 0)
		iq_problems_say(cli, e);
	fprintf(stderr, "%s%s%s %s\n", cli->colour ? iq_style(cli, IQ_STYLE_RED) : "", _("Error:"),
		cli->colour ? "\x1b[0m" : "",
		*text != '\0' ? iq_safe_c(cli, text).p : iq_err_name(e->code));
	iq_conflicts_say(cli);
	if (*hint != '\0')
		fprintf(stderr, "  %s\n", iq_safe_c(cli, hint).p);
	say_candidates(cli);
	if (cli->format == IQ_FORMAT_JSON)
		say_json(cli);
}
