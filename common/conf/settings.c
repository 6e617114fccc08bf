/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "bounds.h"
#include "i18n.h"

enum { CONF_MAX = 65536, WORKERS_MAX = 64, ANSWERS_MAX = 1024, REASONS_MAX = 16, REASON_MAX = 32 };

enum type { TYPE_TEXT, TYPE_NUMBER, TYPE_SWITCH, TYPE_CODES };

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
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct iq_conf_option *iq_conf_option(size_t i)
{
	return i < ROWS ? &rows[i].option : NULL;
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
	char line[16];
	struct iq_error *error;
};

static enum iq_err bad_line(const struct where *at)
{
	return iq_error_set(at->error, IQ_ERR_USAGE, N_("Line {1} of {0} is not a setting."),
		N_("Settings are written as name = value, under [server]."), at->file, at->line,
		NULL);
}

static enum iq_err unknown(const struct where *at, struct iq_str name)
{
	struct iq_buf all, given;
	enum iq_err err;

	iq_buf_init(&all, 0);
	iq_buf_init(&given, 0);
	for (size_t i = 0; i < ROWS; i++)
		iq_buf_printf(&all, "%s%s", i ? ", " : "", rows[i].option.name);
	iq_buf_byte(&all, '\0');
	iq_buf_str(&given, name);
	iq_buf_byte(&given, '\0');
	err = iq_error_set(at->error, IQ_ERR_USAGE,
		N_("Line {1} of {0}: there is no setting “{2}”."), N_("Settings are: {3}."),
		at->file, at->line, given.failed ? "" : (char *)given.p,
		all.failed ? "" : (char *)all.p, NULL);
	iq_buf_free(&all);
	iq_buf_free(&given);
	return err;
}

static enum iq_err set_line(
	struct iq_conf *c, struct where *at, struct iq_str name, struct iq_str value)
{
	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];

		if (!iq_str_is(name, r->option.name))
			continue;
		if (c->given & 1u << i)
			return iq_error_set(at->error, IQ_ERR_USAGE,
				N_("Line {1} of {0}: {2} is set for the second time."),
				N_("Remove one of the two lines."), at->file, at->line,
				r->option.name, NULL);
		if (!set(c, r, value))
			return iq_error_set(at->error, IQ_ERR_USAGE,
				N_("Line {1} of {0}: {2} takes {3}."),
				N_("Correct the line; without it the default is taken."), at->file,
				at->line, r->option.name, gettext(r->option.value), NULL);
		c->given |= 1u << i;
		return IQ_OK;
	}
	return unknown(at, name);
}

/* One line: empty, comment, section or key = value. */
static enum iq_err read_line(struct iq_conf *c, struct where *at, struct iq_str line)
{
	struct iq_str key;

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';' || iq_str_is(line, "[server]"))
		return IQ_OK;
	if (line.p[0] == '[' || memchr(line.p, '=', line.n) == NULL ||
		!iq_str_cut(&line, '=', &key))
		return bad_line(at);
	return set_line(c, at, trim(key), trim(line));
}

enum iq_err iq_conf_parse(
	struct iq_conf *c, const char *file, struct iq_str text, struct iq_error *error)
{
	struct where at = {.file = file, .error = error};
	struct iq_str line;
	enum iq_err err = IQ_OK;

	iq_conf_default(c);
	for (unsigned n = 1; err == IQ_OK && iq_str_cut(&text, '\n', &line); n++) {
		snprintf(at.line, sizeof(at.line), "%u", n);
		err = read_line(c, &at, line);
	}
	return err;
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

enum iq_err iq_conf_read(const char *dir, struct iq_conf *c, struct iq_error *error)
{
	char *path;
	enum iq_err err = IQ_OK;

	iq_conf_default(c);
	if (asprintf(&path, "%s/iqd.conf", dir) < 0)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	FILE *f = fopen(path, "re");

	if (f != NULL)
		err = read_file(f, path, c, error);
	else if (errno != ENOENT)
		err = iq_error_set(error, IQ_ERR_USAGE,
			N_("The configuration {0} cannot be read: {1}."),
			N_("Check its owner and mode."), path, strerror(errno), NULL);
	if (f != NULL)
		fclose(f);
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
		  "Settings take effect when iqd is started."));
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
