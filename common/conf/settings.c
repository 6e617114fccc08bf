/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bounds.h"
#include "fold.h"
#include "i18n.h"

enum { CONF_MAX = 65536, WORKERS_MAX = 64, ANSWERS_MAX = 1024, REASONS_MAX = 16, REASON_MAX = 32 };

enum type { TYPE_TEXT, TYPE_NUMBER, TYPE_SWITCH, TYPE_CODES, TYPE_LEVELS };

#define FIELD(f) offsetof(struct iq_conf, f), sizeof(((struct iq_conf *)NULL)->f)
#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define QUOTA_DEFAULT 50
_Static_assert(QUOTA_DEFAULT == IQ_LIMIT_QUOTA_PERSONS, "proto/limits.def and the default agree");

static const struct row {
	struct iq_conf_option option; /* first */
	enum type type;
	size_t at, size;
	unsigned max; /* TYPE_NUMBER */
} rows[] = {
	{{"name", N_("a host name"), "localhost",
		 N_("The name under which clients reach the server. It is in the server's "
		    "certificate and in enrolment tokens.")},
		TYPE_TEXT, FIELD(name), 0},
	{{"listen", N_("ADDRESS:PORT"), IQ_LISTEN_DEFAULT,
		 N_("Where the server listens; [::]:7430 is every address. Under systemd the "
		    "socket unit decides.")},
		TYPE_TEXT, FIELD(listen), 0},
	{{"workers", N_("a number from 0 to 64"), "0",
		 N_("Threads that answer questions. 0: as many as there are processors.")},
		TYPE_NUMBER, FIELD(workers), WORKERS_MAX},
	{{"answers", N_("a number from 0 to 1024"), "11",
		 N_("Memory in MiB, of all threads together, for answers that are kept until "
		    "something is changed. 0: none are kept.")},
		TYPE_NUMBER, FIELD(answers), ANSWERS_MAX},
	{{"anonymous", N_("yes or no"), "no",
		 N_("With yes, peers without a certificate may ask questions and see public "
		    "fields. With no, they can only enrol.")},
		TYPE_SWITCH, FIELD(anonymous), 0},
	{{"client_ca", N_("a file"), "",
		 N_("Certificates of authorities (PEM) of a public key infrastructure that exists "
		    "already. Who shows a certificate of theirs is the principal to whom its "
		    "issuer and subject are assigned. A path without / at the beginning is in the "
		    "state directory.")},
		TYPE_TEXT, FIELD(client_ca), 0},
	{{"quota", N_("a number from 1 to 100000"), STRING(QUOTA_DEFAULT),
		 N_("How many different persons of other institutions somebody may see on one day; "
		    "beyond that, contact details are withheld.")},
		TYPE_NUMBER, FIELD(quota), 100000},
	{{"reasons", N_("codes of lower-case letters and hyphens, separated by spaces"),
		 "referral case-question workshop correction",
		 N_("The reasons from which one is given when contact details are looked at that "
		    "are not public.")},
		TYPE_CODES, FIELD(reasons), 0},
	{{"log", N_("a level for all, and PART=LEVEL for single parts, separated by spaces"),
		 "info",
		 N_("What is written to the log: error, warning, info or debug. Parts are server, "
		    "request, ops, writer, store, audit and pki; with request=debug every request "
		    "leaves a line, without names or questions. Until the next reload or start, "
		    "\"iqd log-level\" changes it, too.")},
		TYPE_LEVELS, FIELD(log), 0},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= IQ_CONF_MOST, "a line for each option");

const struct iq_conf_option *iq_conf_option(size_t i)
{
	return i < ROWS ? &rows[i].option : NULL;
}

size_t iq_conf_index(const char *name)
{
	size_t i = 0;

	while (i < ROWS - 1 && strcmp(rows[i].option.name, name) != 0)
		i++;
	return i;
}

/* ---- values --------------------------------------------------------------------------------- */

static void *field(struct iq_conf *c, const struct row *r)
{
	return (char *)c + r->at;
}

static bool set_text(char *to, size_t max, struct iq_str s)
{
	if (s.n >= max)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	}
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

static bool set_number(unsigned *to, const struct row *r, struct iq_str s)
{
	unsigned n = 0, min = r->max == WORKERS_MAX || r->max == ANSWERS_MAX ? 0 : 1;

	if (s.n == 0 || s.n > 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (unsigned)(s.p[i] - '0');
	}
	*to = n;
	return n >= min && n <= r->max;
}

static bool set_switch(bool *to, struct iq_str s)
{
	*to = iq_str_is(s, "yes");
	return *to || iq_str_is(s, "no");
}

static bool is_code(struct iq_str s)
{
	if (s.n > REASON_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '-')
			return false;
	}
	return true;
}

/* Keeps them joined by one space each. */
static bool set_codes(char *to, size_t max, struct iq_str s)
{
	struct iq_str rest = s, code;
	size_t n = 0, count = 0;

	while (iq_str_cut(&rest, ' ', &code)) {
		if (code.n == 0)
			continue;
		if (!is_code(code) || ++count > REASONS_MAX || n + code.n + 2 > max)
			return false;
		if (n > 0)
			to[n++] = ' ';
		memcpy(to + n, code.p, code.n);
		n += code.n;
	}
	to[n] = '\0';
	return count > 0;
}

static bool set_levels(struct iq_log_levels *to, struct iq_str s)
{
	struct iq_str bad;

	for (int i = 0; i < IQ_LOG_PART_COUNT; i++)
		to->of[i] = IQ_LOG_INFO;
	return iq_log_levels_read(s, to, &bad);
}

static bool set(struct iq_conf *c, const struct row *r, struct iq_str value)
{
	void *to = field(c, r);

	switch (r->type) {
	case TYPE_TEXT:
		return (value.n > 0 || r->option.initial[0] == '\0') &&
		       set_text(to, r->size, value);
	case TYPE_NUMBER:
		return set_number(to, r, value);
	case TYPE_SWITCH:
		return set_switch(to, value);
	case TYPE_CODES:
		return set_codes(to, r->size, value);
	case TYPE_LEVELS:
		return set_levels(to, value);
	}
	return false;
}

void iq_conf_default(struct iq_conf *c)
{
	*c = (struct iq_conf){.workers = 0};
	for (size_t i = 0; i < ROWS; i++)
		(void)set(c, &rows[i], iq_str(rows[i].option.initial));
}

void iq_conf_value(const struct iq_conf *c, size_t i, struct iq_buf *out)
{
	const struct row *r = &rows[i];
	const char *at = (const char *)c + r->at;

	switch (r->type) {
	case TYPE_TEXT:
	case TYPE_CODES:
		iq_buf_str(out, iq_str(at));
		break;
	case TYPE_NUMBER:
		iq_buf_printf(out, "%u", *(const unsigned *)(const void *)at);
		break;
	case TYPE_SWITCH:
		iq_buf_str(out, iq_str(*(const bool *)(const void *)at ? "yes" : "no"));
		break;
	case TYPE_LEVELS: {
		char text[IQ_LOG_LEVELS_TEXT];

		iq_log_levels_text((const struct iq_log_levels *)(const void *)at, text);
		iq_buf_str(out, iq_str(text));
		break;
	}
	}
}

/* ---- the file ------------------------------------------------------------------------------- */

static struct iq_str trim(struct iq_str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && memchr(" \t\r", s.p[s.n - 1], 3) != NULL)
		s.n--;
	return s;
}

struct where {
	const char *file;
	unsigned number;
	char line[16];
	struct iq_error *error;
};

/* One of many: the first is the error itself. a, b: arguments {2} and {3}. */
static void mistake(
	struct where *at, const char *text, const char *hint, const char *a, const char *b)
{
	struct iq_problem p = {.file = iq_str(at->file),
		.line = at->number,
		.text = text,
		.args = {iq_str(at->file), iq_str(at->line), iq_str(a ? a : ""),
			iq_str(b ? b : "")},
		.nargs = 4,
		.nearest = iq_str(hint ? hint : "")};

	iq_error_set(at->error, IQ_ERR_USAGE, text, hint, at->file, at->line, a ? a : "",
		b ? b : "", NULL);
	iq_error_add_problem(at->error, &p);
}

static const char *copy(struct where *at, struct iq_str s)
{
	const char *text = at->error->arena ? iq_arena_cstr(at->error->arena, s) : NULL;

	return text ? text : "";
}

enum { NEAR = 2 /* letters that may be wrong */, SHORT = 2 * NEAR, SPELLED_MAX = 64 };

/* The one of `words` (ended by NULL) that is spelled much the same; NULL: none. */
static const char *nearest(struct iq_str given, const char *const *words)
{
	unsigned best = given.n < SHORT ? 1 : NEAR;
	const char *found = NULL;

	for (; given.n > 0 && given.n < SPELLED_MAX && *words != NULL; words++) {
		unsigned d = iq_fold_distance(given, iq_str(*words), NEAR);

		if (d <= best && (found == NULL || d < best)) {
			best = d;
			found = *words;
		}
	}
	return found;
}

static void unknown(struct where *at, struct iq_str name)
{
	const char *names[ROWS + 1] = {NULL};
	struct iq_buf all;

	iq_buf_init(&all, 0);
	for (size_t i = 0; i < ROWS; i++) {
		names[i] = rows[i].option.name;
		iq_buf_printf(&all, "%s%s", i ? ", " : "", rows[i].option.name);
	}
	iq_buf_byte(&all, '\0');
	const char *near = nearest(name, names);

	if (near != NULL)
		mistake(at, N_("Line {1} of {0}: there is no setting “{2}”."),
			N_("Did you mean “{3}”?"), copy(at, name), near);
	else
		mistake(at, N_("Line {1} of {0}: there is no setting “{2}”."),
			N_("Settings are: {3}."), copy(at, name), all.failed ? "" : (char *)all.p);
	iq_buf_free(&all);
}

/* What may have been meant by a word; NULL: nobody knows. */
static const char *meant(const struct row *r, struct iq_str word)
{
	static const char *const yes[] = {"true", "on", "1", "y", "ja", "Yes", "YES", NULL},
				 *const no[] = {"false", "off", "0", "n", "nein", "No", "NO", NULL},
				 *const levels[] = {"error", "warning", "info", "debug", NULL};

	for (size_t i = 0; r->type == TYPE_SWITCH && yes[i] != NULL; i++) {
		if (iq_str_is(word, yes[i]))
			return "yes";
		if (iq_str_is(word, no[i]))
			return "no";
	}
	return r->type == TYPE_LEVELS ? nearest(word, levels) : NULL;
}

static void bad_value(struct where *at, const struct row *r, struct iq_str value)
{
	const char *word = meant(r, value);

	if (word != NULL && at->error->arena != NULL)
		mistake(at, N_("Line {1} of {0}: “{2}” does not fit."), N_("Did you mean “{3}”?"),
			iq_arena_printf(
				at->error->arena, "%s = %.*s", r->option.name, IQ_STR_ARG(value)),
			iq_arena_printf(at->error->arena, "%s = %s", r->option.name, word));
	else
		mistake(at, N_("Line {1} of {0}: {2} takes {3}."),
			N_("Correct the line; without it the default is taken."), r->option.name,
			gettext(r->option.value));
}

static void set_line(struct iq_conf *c, struct where *at, struct iq_str name, struct iq_str value)
{
	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];

		if (!iq_str_is(name, r->option.name))
			continue;
		if (c->line[i] != 0)
			mistake(at, N_("Line {1} of {0}: {2} is set for the second time."),
				N_("Remove one of the two lines."), r->option.name, NULL);
		else if (!set(c, r, value))
			bad_value(at, r, value);
		c->line[i] = at->number;
		c->given |= 1u << i;
		return;
	}
	unknown(at, name);
}

/* One line: empty, comment, section or key = value. */
static void read_line(struct iq_conf *c, struct where *at, struct iq_str line)
{
	struct iq_str key;

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';' || iq_str_is(line, "[server]"))
		return;
	if (line.p[0] == '[' || memchr(line.p, '=', line.n) == NULL ||
		!iq_str_cut(&line, '=', &key))
		mistake(at, N_("Line {1} of {0} is not a setting."),
			N_("Settings are written as name = value, under [server]."), NULL, NULL);
	else
		set_line(c, at, trim(key), trim(line));
}

enum iq_err iq_conf_parse(
	struct iq_conf *c, const char *file, struct iq_str text, struct iq_error *error)
{
	struct where at = {.file = file, .error = error};
	struct iq_str line;

	iq_conf_default(c);
	while (iq_str_cut(&text, '\n', &line)) {
		snprintf(at.line, sizeof(at.line), "%u", ++at.number);
		read_line(c, &at, line);
	}
	return error->code;
}

static enum iq_err read_file(FILE *f, const char *path, struct iq_conf *c, struct iq_error *error)
{
	char *text = malloc(CONF_MAX);
	enum iq_err err;

	if (text == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	size_t n = fread(text, 1, CONF_MAX, f);

	if (ferror(f) || n == CONF_MAX)
		err = iq_error_set(error, IQ_ERR_USAGE,
			N_("The configuration {0} cannot be read: {1}."),
			N_("Check its owner and mode."), path,
			n == CONF_MAX ? strerror(EFBIG) : strerror(errno), NULL);
	else
		err = iq_conf_parse(c, path, (struct iq_str){text, n}, error);
	free(text);
	return err;
}

enum iq_err iq_conf_read_file(const char *path, struct iq_conf *c, struct iq_error *error)
{
	enum iq_err err;

	iq_conf_default(c);
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("The configuration {0} cannot be read: {1}."),
			errno == ENOENT ? N_("Check the path, also for spelling mistakes.")
					: N_("Check its owner and mode."),
			path, strerror(errno), NULL);
	err = read_file(f, path, c, error);
	fclose(f);
	return err;
}

enum iq_err iq_conf_read(const char *dir, struct iq_conf *c, struct iq_error *error)
{
	char *path;
	enum iq_err err = IQ_OK;

	iq_conf_default(c);
	if (asprintf(&path, "%s/iqd.conf", dir) < 0)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	if (access(path, F_OK) == 0 || errno != ENOENT)
		err = iq_conf_read_file(path, c, error);
	free(path);
	return err;
}

bool iq_conf_text(const struct iq_conf *c, struct iq_buf *out)
{
	iq_buf_printf(out, "# Configuration of iqd; see iqd.conf(5).\n[server]\n");
	for (size_t i = 0; i < ROWS; i++) {
		const char *name = rows[i].option.name;
		bool first = strcmp(name, "name") == 0 || strcmp(name, "listen") == 0;

		iq_buf_printf(out, "%s%s = ", first ? "" : "#", name);
		iq_conf_value(c, i, out);
		iq_buf_byte(out, '\n');
	}
	return !out->failed;
}

/* ---- iqd.conf(5) ------------------------------------------------------------------------------
 */

/* Underscores mean emphasis to scdoc. */
static void escaped(struct iq_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("_*\\[]#", *text) != NULL)
			iq_buf_byte(out, '\\');
		iq_buf_byte(out, (uint8_t)*text);
	}
}

void iq_conf_manual(struct iq_buf *out)
{
	iq_buf_printf(out, "iqd.conf(5)\n\n# NAME\n\niqd.conf - %s\n\n# %s\n\n",
		_("settings of the directory daemon"), _("DESCRIPTION"));
	escaped(out,
		_("The file iqd.conf lies in the state directory. Each line is a setting, name "
		  "= value, below the line [server]; empty lines and lines that begin with # "
		  "or ; say nothing. A mistake keeps iqd from starting; \"iqd config check "
		  "--state DIR\" finds it, and \"iqd config show\" prints what counts. "
		  "\"systemctl reload iqd\", \"iqd reload\" or SIGHUP reads the file again: all of "
		  "it "
		  "or, with a mistake in it, nothing. Changes of name, listen and workers wait for "
		  "the next start."));
	iq_buf_printf(out, "\n\n# %s\n", _("SETTINGS"));
	for (size_t i = 0; i < ROWS; i++) {
		const struct iq_conf_option *o = &rows[i].option;

		iq_buf_printf(out, "\n*");
		escaped(out, o->name);
		iq_buf_printf(out, "* = ");
		escaped(out, gettext(o->value));
		iq_buf_printf(out, "\n\t");
		escaped(out, gettext(o->text));
		if (o->initial[0] != '\0') {
			iq_buf_printf(out, " %s ", _("Default:"));
			escaped(out, o->initial);
			iq_buf_byte(out, '.');
		}
		iq_buf_byte(out, '\n');
	}
	iq_buf_printf(out, "\n# %s\n\n*iqd*(8), *iqq*(1)\n", _("SEE ALSO"));
}
