/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

const struct iq_option iq_options[IQ_OPTS] = {
	[IQ_OPT_PROFILE] = {"profile", 0, N_("NAME"), false, N_("use this profile")},
	[IQ_OPT_SERVER] = {"server", 0, N_("HOST:PORT"), false,
		N_("talk to this address instead of the profile's")},
	[IQ_OPT_JSON] = {"json", 0, N_("FIELDS"), true,
		N_("print JSON; FIELDS picks fields of items or answers, joined by commas")},
	[IQ_OPT_CSV] = {"csv", 0, NULL, false, N_("print CSV with a header line")},
	[IQ_OPT_LANG] = {"lang", 0, "de|en", false, N_("language of the output")},
	[IQ_OPT_COLOR] = {"color", 0, "auto|never", false, N_("colours on a terminal")},
	[IQ_OPT_NO_PAGER] = {"no-pager", 0, NULL, false, N_("never start a pager")},
	[IQ_OPT_NO_INPUT] = {"no-input", 0, NULL, false, N_("never ask, fail instead")},
	[IQ_OPT_DRY_RUN] = {"dry-run", 'n', NULL, false, N_("check and show, change nothing")},
	[IQ_OPT_YES] = {"yes", 'y', NULL, false, N_("do not ask for confirmation")},
	[IQ_OPT_REASON] = {"reason", 0, N_("CODE"), false,
		N_("why: referral, case-question, workshop, correction; goes on record")},
	[IQ_OPT_LIMIT] = {"limit", 0, N_("N"), false, N_("show at most N rows")},
	[IQ_OPT_TIMEOUT] = {"timeout", 0, N_("SECONDS"), false, N_("wait at most that long")},
	[IQ_OPT_QUIET] = {"quiet", 'q', NULL, false, N_("no messages but errors")},
	[IQ_OPT_VERBOSE] = {"verbose", 'v', NULL, false, N_("more messages")},
	[IQ_OPT_HELP] = {"help", 'h', NULL, false, N_("show help")},
	[IQ_OPT_VERSION] = {"version", 'V', NULL, false, N_("show the version")},
	[IQ_OPT_TASK] = {"task", 't', N_("TASK"), false, N_("task: name, alias, id or LeiKa key")},
	[IQ_OPT_REGION] = {"region", 'r', N_("PLACE"), false,
		N_("place: name, postcode, official key or id")},
	[IQ_OPT_STATUS] = {"status", 's', N_("STATUS"), false,
		N_("residence status: name, alias or id")},
	[IQ_OPT_FACT] = {"fact", 'f', N_("FACT=VALUE"), false,
		N_("something known of the case, as age=17, age=16..17 or "
		   "accommodation=shared|decentral; may be repeated")},
	[IQ_OPT_AT] = {"at", 0, N_("DATE"), false,
		N_("as of this date, as 2026-03-01; default: today")},
	[IQ_OPT_KNOWN_AT] = {"known-at", 0, N_("DATE|REVISION"), false,
		N_("as it was known at the end of that day, or after that change")},
	[IQ_OPT_CERTAIN] = {"certain", 0, NULL, false, N_("only rows that depend on nothing else")},
	[IQ_OPT_NO_SUBTASKS] = {"no-subtasks", 0, NULL, false,
		N_("only the task itself, not its parts")},
	[IQ_OPT_ROLE] = {"role", 0, N_("ROLE"), false,
		N_("only lead, provider, advice, support, funding or referral; may be repeated")},
	[IQ_OPT_ALL] = {"all", 'a', NULL, false, N_("everything, however much it is")},
	[IQ_OPT_EXPLAIN] = {"explain", 0, NULL, false,
		N_("show what decided, also what was left out")},
	[IQ_OPT_CONTACTS] = {"contacts", 0, NULL, false,
		N_("show the contact persons of whoever is responsible; needs --reason")},
	[IQ_OPT_INSTITUTION] = {"institution", 'i', N_("INSTITUTION"), false,
		N_("institution: name, alias or id")},
	[IQ_OPT_KIND] = {"kind", 0, N_("KIND"), false, N_("kind of institution, region or record")},
	[IQ_OPT_VISIBILITY] = {"visibility", 0, N_("CLASS"), false,
		N_("public, partners, workshop or institution")},
	[IQ_OPT_EFFECT] = {"effect", 0, N_("EFFECT"), false,
		N_("info, restricted, suspended, excluded or not-needed")},
	[IQ_OPT_PARENT] = {"parent", 0, N_("ID"), false, N_("only what is directly below it")},
	[IQ_OPT_MONTHS] = {"months", 0, N_("N"), false,
		N_("unconfirmed for so many months; default: 12")},
	[IQ_OPT_WHY] = {"why", 0, N_("CODE"), false, N_("only this finding; may be repeated")},
	[IQ_OPT_TOKEN] = {"token", 0, N_("TOKEN"), false, N_("the token you were given")},
	[IQ_OPT_TOKEN_FILE] = {"token-file", 0, N_("FILE"), false,
		N_("file with the token; - for standard input")},
	[IQ_OPT_DIR] = {"dir", 0, N_("DIR"), false, N_("folder to write to")},
	[IQ_OPT_KEEP_GOING] = {"keep-going", 'k', NULL, false,
		N_("write the good rows, put the bad ones into a file")},
	[IQ_OPT_REJECTS] = {"rejects", 0, N_("FILE"), false,
		N_("file for bad rows; default: iqq-rejects.csv")},
	[IQ_OPT_ORIGIN] = {"origin", 0, NULL, false, N_("say where each value comes from")},
	[IQ_OPT_FROM] = {"from", 0, N_("DATE"), false, N_("first day; default: today")},
	[IQ_OPT_TO] = {"to", 0, N_("DATE|REVISION"), false,
		N_("the state to compare with; default: today")},
	[IQ_OPT_HOURS] = {"hours", 0, N_("N"), false,
		N_("how long the token works; default and most: 48")},
	[IQ_OPT_GRANT] = {"grant", 0, N_("ROLE[:KEY=VALUE]…"), false,
		N_("a first grant, as editor:institution=vhs-dresden:until=2027-12-31; may be "
		   "repeated")},
	[IQ_OPT_CERTIFICATES] = {"certificates", 0, NULL, false,
		N_("the certificates: they must enrol again")},
	[IQ_OPT_REJECT] = {"reject", 0, NULL, false, N_("reject instead of agreeing")},
	[IQ_OPT_PRINCIPAL] = {"principal", 'p', N_("ID"), false,
		N_("only what this principal did")},
	[IQ_OPT_SUBJECT] = {"subject", 0, N_("CONTACT"), false,
		N_("only what concerns this contact person (id)")},
	[IQ_OPT_SINCE] = {"since", 0, N_("DATE"), false,
		N_("from this day on, as 2026-03-01; for \"changes\" the cookie of an earlier "
		   "answer")},
	[IQ_OPT_UNTIL] = {"until", 0, N_("DATE"), false, N_("last day, which counts")},
	[IQ_OPT_MARKDOWN] = {"markdown", 0, NULL, false, N_("print Markdown tables")},
	[IQ_OPT_BASE] = {"base", 0, N_("REVISION"), false,
		N_("the revision your data is of: what others changed since is not lost")},
	[IQ_OPT_MERGE] = {"merge", 0, NULL, false,
		N_("take fields that only one side changed together")},
	[IQ_OPT_DONE] = {"done", 0, N_("N"), false, N_("takes the mark with this number away")},
	[IQ_OPT_ON] = {"on", 0, N_("DATE"), false,
		N_("first day of the successor; default: today")},
	[IQ_OPT_CANCEL] = {"cancel", 0, NULL, false, N_("take back what waits for its day")},
	[IQ_OPT_MAP] = {"map", 0, N_("FILE"), false,
		N_("what the columns of the list mean; remembered, \"none\" forgets it")},
	[IQ_OPT_OUTPUT] = {"output", 'o', N_("FILE"), false,
		N_("file (.xlsx, .csv, .zip) or folder to write to; for \"report\" formats: html, "
		   "pdf, xlsx, csv, json, svg, dot")},
	[IQ_OPT_FOR_EXCEL] = {"for-excel", 0, NULL, false,
		N_("CSV as Excel reads it: semicolons, UTF-8 with a mark, no formulas")},
	[IQ_OPT_ENCODING] = {"encoding", 0, "utf-8|windows-1252", false,
		N_("characters of CSV for Excel")},
	[IQ_OPT_FULL] = {"full", 0, NULL, false,
		N_("the list is complete: what is missing in it is archived (default)")},
	[IQ_OPT_DELTA] = {"delta", 0, NULL, false,
		N_("the list holds changes only: what is missing in it stays")},
	[IQ_OPT_ALLOW_DELETES] = {"allow-deletes", 0, N_("N"), false,
		N_("archive so many records, exactly the number the plan names")},
	[IQ_OPT_MIRROR] = {"mirror", 0, N_("FILE"), false,
		N_("keep a copy of everything you may see in this file")},
	[IQ_OPT_EXEC] = {"exec", 0, N_("COMMAND"), false,
		N_("run this for every change: as JSON on its standard input, with IQ_WHAT, "
		   "IQ_KIND and IQ_ID in its environment")},
	[IQ_OPT_STATE] = {"state", 0, N_("FILE"), false,
		N_("remember in this file what was told, and go on from there next time")},
	[IQ_OPT_WHO] = {"who", 0, NULL, false,
		N_("a question as for \"who\": tells when its answer changes")},
	[IQ_OPT_EDITION] = {"edition", 0, "public|partners|members", false,
		N_("for whom: everybody (default), partners, members of the workshop")},
	[IQ_OPT_RECIPIENT] = {"recipient", 0, N_("TEXT"), false,
		N_("who gets this edition; stands on every page and goes on record")},
	[IQ_OPT_WHOLE] = {"whole", 0, NULL, false,
		N_("only what holds for all of the place, not for parts of it")},
	[IQ_OPT_PARTS] = {"parts", 0, NULL, false, N_("in parts of the place, too")},
	[IQ_OPT_NEAR] = {"near", 0, NULL, false,
		N_("also who is nearly responsible, and who is involved besides")},
	/* the same words as for dates; no command takes both */
	[IQ_OPT_FROM_TASK] = {"from", 0, N_("TASK"), false,
		N_("the task to begin with; default: the first steps")},
	[IQ_OPT_TO_TASK] = {"to", 0, N_("TASK"), false,
		N_("the task to arrive at: the shortest ways to it")},
	[IQ_OPT_WORKSHOP] = {"workshop", 0, N_("WORKSHOP"), false,
		N_("the workshop: name, id or place; default: the one you take part in")},
	[IQ_OPT_ID] = {"id", 0, N_("ID"), false, N_("id of the new record; default: by its name")},
	[IQ_OPT_TOPIC] = {"topic", 0, N_("ID"), false, N_("the topic that it is about")},
	[IQ_OPT_ENGLISH] = {"english", 0, N_("TEXT"), false, N_("the same text in English")},
	[IQ_OPT_CHANGE] = {"change", 0, N_("CHANGE"), false,
		N_("what changes once it has passed, as 'set responsibility ID statuses=a;b' or "
		   "'add …'; may be repeated")},
	[IQ_OPT_DEADLINE] = {"deadline", 0, N_("DATE"), false,
		N_("until when, this day included; or a time, '2026-12-01 16:00'")},
	[IQ_OPT_MAJORITY] = {"majority", 0, N_("MAJORITY"), false,
		N_("simple (more yes than no) or two-thirds; default: simple")},
	[IQ_OPT_QUORUM] = {"quorum", 0, N_("PERCENT"), false,
		N_("of those entitled, how many must vote; default: 50, or that of the workshop")},
	[IQ_OPT_NOTE] = {"note", 0, N_("TEXT"), false, N_("why, for the record")},
	[IQ_OPT_ON_DAY] = {"on", 0, N_("DATE"), false,
		N_("day of the meeting; of a series: which of its dates")},
	[IQ_OPT_FROM_TIME] = {"from", 0, N_("HH:MM"), false, N_("when it begins, in Germany")},
	[IQ_OPT_TO_TIME] = {"to", 0, N_("HH:MM"), false, N_("when it ends")},
	[IQ_OPT_NAME] = {"name", 0, N_("TEXT"), false, N_("what it is called")},
	[IQ_OPT_PLACE] = {"place", 0, N_("TEXT"), false, N_("where it takes place")},
	[IQ_OPT_LINK] = {"link", 0, N_("URL"), false, N_("where to take part online")},
	[IQ_OPT_AGENDA] = {"agenda", 0, N_("TEXT"), false,
		N_("what it is about; before what --suggest adds")},
	[IQ_OPT_REPEAT] = {"repeat", 0, "weekly|fortnightly|monthly|quarterly", false,
		N_("a series; monthly is the same weekday in the same week of the month")},
	[IQ_OPT_SUGGEST] = {"suggest", 0, NULL, false,
		N_("suggest the agenda from gaps, overlaps, what is overdue and what changed")},
	[IQ_OPT_INVITATION] = {"invitation", 0, NULL, false,
		N_("the invitation, as text for mail")},
	[IQ_OPT_ICS] = {"ics", 0, NULL, false, N_("as a calendar (iCalendar) for other programs")},
	[IQ_OPT_VCARD] = {"vcard", 0, NULL, false, N_("as cards (vCard) for an address book")},
	[IQ_OPT_LAST_DAY] = {"on", 0, N_("DATE"), false,
		N_("last day, which counts; default: today")},
	[IQ_OPT_ORGANISER] = {"organiser", 0, N_("INSTITUTION"), false,
		N_("who organises the workshop; may be repeated")},
	[IQ_OPT_GOALS] = {"goals", 0, N_("TEXT"), false, N_("what the workshop is for")},
	[IQ_OPT_SIZE] = {"size", 0, N_("NUMBER"), false,
		N_("members at most, as a guideline; default: 25")},
	[IQ_OPT_GUEST] = {"guest", 0, NULL, false, N_("takes part as a guest, without a vote")},
	[IQ_OPT_NO_VOTE] = {"no-vote", 0, NULL, false,
		N_("member without a vote: sends nobody who may decide")},
	[IQ_OPT_REPRESENTATIVE] = {"representative", 0, N_("CONTACT"), false,
		N_("the contact person who votes for the institution")},
	[IQ_OPT_DEPUTY] = {"deputy", 0, N_("CONTACT"), false,
		N_("the contact person who votes in the absence of the representative")},
	[IQ_OPT_ALSO] = {"also", 0, NULL, false, N_("beside those who are it already")},
	[IQ_OPT_TEXT] = {"text", 0, N_("TEXT"), false, N_("more about it, in some sentences")},
	[IQ_OPT_LESSON] = {"lesson", 0, N_("TEXT"), false,
		N_("what remains at the end; may be empty")},
	[IQ_OPT_PROPOSAL] = {"proposal", 0, N_("ID"), false, N_("the proposal it comes from")},
	[IQ_OPT_DUE] = {"due", 0, N_("DATE"), false, N_("last day on which it is in time")},
	[IQ_OPT_EVIDENCE] = {"evidence", 0, N_("TEXT"), false,
		N_("it was kept, and what shows that; may be empty")},
	[IQ_OPT_DROPPED] = {"dropped", 0, N_("WHY"), false, N_("it is given up, and why")},
	[IQ_OPT_WITHIN] = {"within", 0, N_("DAYS"), false,
		N_("what is due in so many days; default: 14")},
	[IQ_OPT_FOR] = {"for", 0, N_("INSTITUTION"), false,
		N_("a text to send to this institution; exit status 1 if there is nothing")},
};

enum { LONG_BASE = 256 };

struct parser {
	struct iq_cli *cli;
	bool allowed[IQ_OPTS];
	struct option longs[IQ_OPTS + 1];
	char letters[2 * IQ_OPTS + 2];
};

static void allow(struct parser *p, enum iq_opt opt)
{
	if (iq_options[opt].name != NULL)
		p->allowed[opt] = true;
}

/* getopt's tables for what is allowed; `mode` is the first letter of its short options. */
static void build(struct parser *p, char mode)
{
	size_t n = 0, at = 0;

	p->letters[at++] = mode;
	p->letters[at++] = ':';
	for (int i = 1; i < IQ_OPTS; i++) {
		const struct iq_option *o = &iq_options[i];

		if (!p->allowed[i])
			continue;
		int has = o->arg == NULL ? no_argument
			  : o->optional  ? optional_argument
					 : required_argument;

		p->longs[n++] = (struct option){o->name, has, NULL, LONG_BASE + i};
		if (o->letter != 0) {
			p->letters[at++] = o->letter;
			if (o->arg != NULL)
				p->letters[at++] = ':';
		}
	}
	p->letters[at] = '\0';
	p->longs[n] = (struct option){NULL, 0, NULL, 0};
}

static void push(struct iq_cli *cli, struct iq_opt_values *list, const char *value)
{
	const char **v = iq_arena_grow(
		&cli->arena, list->v, list->n * sizeof(*v), (list->n + 1) * sizeof(*v));

	if (v == NULL)
		return;
	v[list->n++] = value;
	list->v = v;
}

static int by_letter(const struct parser *p, int letter)
{
	for (int i = 1; i < IQ_OPTS; i++)
		if (p->allowed[i] && iq_options[i].letter == letter && letter != 0)
			return i;
	return 0;
}

static void other_command_hint(char *out, size_t size, const char *name)
{
	out[0] = '\0';
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++)
		for (const uint8_t *o = c->options; o != NULL && *o != 0; o++)
			if (strcmp(iq_options[*o].name, name) == 0) {
				snprintf(out, size, "iqq %s", c->name);
				return;
			}
}

static enum iq_err unknown_long(struct parser *p, const char *typed)
{
	struct iq_cli *cli = p->cli;
	const char *words[IQ_OPTS];
	const char *command = cli->command ? cli->command->name : "";
	const char *help =
		iq_arena_printf(&cli->arena, "iqq help%s%s", *command ? " " : "", command);
	char other[64];
	size_t n = 0;

	for (int i = 1; i < IQ_OPTS; i++)
		if (p->allowed[i])
			words[n++] = iq_options[i].name;
	char *name = iq_arena_cstr(&cli->arena, iq_str(typed));

	name[strcspn(name, "=")] = '\0';
	other_command_hint(other, sizeof(other), name);
	if (other[0] != '\0' && cli->command != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" does not take the flag --{1}."), N_("See: {2}"), command, name,
			help, NULL);
	const char *near = iq_nearest(cli, name, words, n);

	if (near != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no flag --{0}."),
			N_("Did you mean --{1}? See: {2}"), name, near, help, NULL);
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no flag --{0}."),
		N_("See: {1}"), name, help, NULL);
}

static enum iq_err bad_option(struct parser *p, int c, char **argv)
{
	struct iq_cli *cli = p->cli;
	const char *typed = argv[optind - 1];
	char letter[2] = {(char)optopt, '\0'};

	if (optopt >= LONG_BASE && optopt < LONG_BASE + IQ_OPTS) {
		const struct iq_option *o = &iq_options[optopt - LONG_BASE];

		if (c == ':')
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("The flag --{0} needs a value."), N_("Write: --{0} {1}"),
				o->name, gettext(o->arg), NULL);
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("The flag --{0} takes no value."),
			NULL, o->name, NULL);
	}
	if (c == ':')
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("The flag -{0} needs a value."),
			NULL, letter, NULL);
	if (optopt != 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no flag -{0}."),
			N_("See: iqq help"), letter, NULL);
	return unknown_long(p, typed + (strncmp(typed, "--", 2) == 0 ? 2 : 0));
}

/* One run of getopt over argv; stops at the first word (mode '+') or takes words, too ('-'). */
static enum iq_err run(struct parser *p, int argc, char **argv, char mode)
{
	struct iq_cli *cli = p->cli;
	struct iq_opt_values words = {NULL, 0};
	int c;

	build(p, mode);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, p->letters, p->longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return bad_option(p, c, argv);
		if (c == 1) {
			push(cli, &words, optarg);
			continue;
		}
		int opt = c >= LONG_BASE ? c - LONG_BASE : by_letter(p, c);

		push(cli, &cli->opt[opt], optarg != NULL ? optarg : "");
	}
	if (mode == '-') {
		for (int i = optind; i < argc; i++)
			push(cli, &words, argv[i]);
		cli->arg = words.v;
		cli->nargs = words.n;
	}
	return IQ_OK;
}

static enum iq_err unknown_command(struct iq_cli *cli, const char *word)
{
	const char *words[128];
	size_t n = 0;

	for (const struct iq_command *c = iq_commands; c->name != NULL && n < 126; c++) {
		words[n++] = c->name;
		if (c->alias != NULL)
			words[n++] = c->alias;
	}
	const char *near = iq_nearest(cli, word, words, n);

	if (near != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no command \"{0}\"."),
			N_("Did you mean: iqq {1}? All commands: iqq help"), word, near, NULL);
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no command \"{0}\"."),
		N_("All commands: iqq help"), word, NULL);
}

static enum iq_err check_words(struct iq_cli *cli)
{
	const struct iq_command *c = cli->command;
	const char *line = iq_arena_printf(
		&cli->arena, "iqq %s %s", c->name, c->usage != NULL ? gettext(c->usage) : "");

	if (iq_opt_given(cli, IQ_OPT_HELP))
		return IQ_OK;
	if (cli->nargs < c->min)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" needs more words."),
			N_("Usage: {1}"), c->name, line, NULL);
	if (cli->nargs > c->max)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" does not know what to do with \"{1}\"."), N_("Usage: {2}"),
			c->name, cli->arg[c->max], line, NULL);
	return IQ_OK;
}

static enum iq_err check_choice(struct iq_cli *cli, enum iq_opt opt, const char *a, const char *b)
{
	const char *v = iq_opt(cli, opt);

	if (v == NULL || strcmp(v, a) == 0 || strcmp(v, b) == 0)
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("--{0} cannot be \"{1}\"."),
		N_("Use {2} or {3}."), iq_options[opt].name, v, a, b, NULL);
}

/* A report may be in both languages at once; its messages are in the user's. */
static bool takes_both(const struct iq_cli *cli)
{
	const char *v = iq_opt(cli, IQ_OPT_LANG);

	return v != NULL && strcmp(v, "both") == 0 && cli->command != NULL &&
	       strcmp(cli->command->name, "report") == 0;
}

/* A wrong command line is reported as JSON, too, if --json stands behind the mistake. */
static enum iq_err wants_json(struct iq_cli *cli, enum iq_err err)
{
	for (int i = 1; i < cli->argc && strcmp(cli->argv[i], "--") != 0; i++)
		if (strcmp(cli->argv[i], "--json") == 0 || strncmp(cli->argv[i], "--json=", 7) == 0)
			push(cli, &cli->opt[IQ_OPT_JSON], "");
	return err;
}

enum iq_err iq_options_parse(struct iq_cli *cli)
{
	struct parser p = {.cli = cli};
	enum iq_err err;

	for (int i = 1; i < IQ_OPT_GLOBAL_END; i++)
		allow(&p, (enum iq_opt)i);
	err = run(&p, cli->argc, cli->argv, '+');
	if (err != IQ_OK)
		return wants_json(cli, err);
	int at = optind;

	if (at < cli->argc) {
		cli->command = iq_command_find(cli->argv[at]);
		if (cli->command == NULL)
			return wants_json(cli, unknown_command(cli, cli->argv[at]));
		for (const uint8_t *o = cli->command->options; o != NULL && *o != 0; o++)
			allow(&p, (enum iq_opt) * o);
		err = run(&p, cli->argc - at, cli->argv + at, '-');
		if (err == IQ_OK)
			err = check_words(cli);
		if (err != IQ_OK)
			return wants_json(cli, err);
	}
	if (iq_opt_given(cli, IQ_OPT_JSON) && iq_opt_given(cli, IQ_OPT_CSV))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--json and --csv exclude each other."), NULL, NULL);
	err = takes_both(cli) ? IQ_OK : check_choice(cli, IQ_OPT_LANG, "de", "en");
	return err != IQ_OK ? err : check_choice(cli, IQ_OPT_COLOR, "auto", "never");
}

const char *iq_options_lang(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (strncmp(argv[i], "--lang=", 7) == 0)
			return argv[i] + 7;
		if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

bool iq_opt_given(const struct iq_cli *cli, enum iq_opt opt)
{
	return cli->opt[opt].n > 0;
}

const char *iq_opt(const struct iq_cli *cli, enum iq_opt opt)
{
	const struct iq_opt_values *o = &cli->opt[opt];

	return o->n > 0 ? o->v[o->n - 1] : NULL;
}

char *iq_opt_text(const struct iq_cli *cli, enum iq_opt opt)
{
	const char *v = iq_opt(cli, opt);

	/* messages are packed, never written to */
	return (char *)(uintptr_t)(v != NULL ? v : "");
}

enum iq_err iq_opt_number(struct iq_cli *cli, enum iq_opt opt, uint32_t *out)
{
	const char *v = iq_opt(cli, opt);
	char *end = NULL;

	*out = 0;
	if (v == NULL)
		return IQ_OK;
	errno = 0;
	unsigned long n = strtoul(v, &end, 10);

	if (errno != 0 || end == v || *end != '\0' || v[0] == '-' || n < 1 || n > 1000000000)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--{0} must be a whole number from 1, not \"{1}\"."), NULL,
			iq_options[opt].name, v, NULL);
	*out = (uint32_t)n;
	return IQ_OK;
}
