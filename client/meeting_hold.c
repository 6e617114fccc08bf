/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a meeting once it takes place: that it does, who came, what was decided. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bounds.h"
#include "date.h"
#include "meeting.h"
#include "utf8.h"

/* One command may take several changes; only the last one is shown. */
struct steps {
	struct iq_cli *cli;
	struct iq_meeting m;
	bool fresh;
};

static enum iq_err find(struct iq_cli *cli, struct steps *s)
{
	s->cli = cli;
	enum iq_err err = iq_meeting_date(cli, cli->arg[0], &s->m, &s->fresh);

	if (err == IQ_OK && s->m.day > 0 && !iq_opt_given(cli, IQ_OPT_QUIET)) {
		char iso[11];

		iq_date_format(s->m.day, iso);
		if (strcmp(iso, iq_circle_today(cli)) > 0)
			iq_warn(cli, _("This meeting is on %s, which has not come yet."),
				iq_word_date(cli, iso).p);
	}
	return err;
}

static bool is_dry(const struct steps *s)
{
	return iq_opt_given(s->cli, IQ_OPT_DRY_RUN);
}

/* The record of the date is there; *stop: a dry run ends here. */
static enum iq_err make_sure(struct steps *s, bool *stop)
{
	struct iq_cli *cli = s->cli;
	size_t at = cli->out.n;
	enum iq_err err;

	*stop = false;
	if (!s->fresh)
		return IQ_OK;
	err = iq_meeting_create(cli, &s->m);
	*stop = is_dry(s);
	if (err == IQ_OK && !*stop)
		cli->out.n = at;
	return err;
}

static enum iq_err set(
	struct steps *s, const struct iq_cell_value *cells, size_t n, const char *done)
{
	return iq_circle_put(s->cli, IQ__V1__VERB__SET, IQ_MEETING, s->m.id, cells, n,
		s->fresh ? 0 : s->m.rec.revision, done);
}

/* ---- hold ------------------------------------------------------------------------------------
 */

static enum iq_err held(struct steps *s)
{
	const struct iq_cell_value cell = {"state", "held"};

	return set(s, &cell, 1, _("The meeting counts as held."));
}

enum iq_err iq_meeting_hold(struct iq_cli *cli)
{
	struct steps s;
	bool stop = false;
	enum iq_err err = find(cli, &s);

	if (err == IQ_OK && s.m.state == IQ_MEETING_MINUTED)
		return iq_error_set(&cli->error, IQ_ERR_CONFLICT,
			N_("\"{0}\" has been held, and has its minutes."),
			N_("To take the minutes back: iqq set meeting {0} state=held"), s.m.id,
			NULL);
	if (err == IQ_OK)
		err = make_sure(&s, &stop);
	return err == IQ_OK && !stop ? held(&s) : err;
}

/* ---- attendance ------------------------------------------------------------------------------
 */

static bool has(struct iq_str list, struct iq_str id)
{
	struct iq_str part = {NULL, 0};

	while (list.n > 0 && iq_str_cut(&list, ';', &part))
		if (iq_str_eq(part, id))
			return true;
	return false;
}

static const char *with(struct iq_cli *cli, const char *list, const char *id)
{
	if (id == NULL || has(iq_str(list), iq_str(id)))
		return list;
	return iq_arena_printf(&cli->arena, "%s%s%s", list, *list ? ";" : "", id);
}

/* Everybody who takes part on the day of the meeting. */
static enum iq_err add_members(struct steps *s, const char **list)
{
	struct iq_cli *cli = s->cli;
	struct iq_records members;
	char iso[11];
	enum iq_err err =
		iq_circle_records(cli, IQ_MEMBERSHIP, "workshop", s->m.workshop, &members);

	iq_date_format(s->m.day, iso);
	for (size_t i = 0; err == IQ_OK && i < members.n; i++) {
		const char *from = iq_circle_cell(cli, &members.v[i], "accepted_from");
		const char *to = iq_circle_cell(cli, &members.v[i], "accepted_to");

		if (from[0] != '\0' && strcmp(from, iso) <= 0 &&
			(to[0] == '\0' || strcmp(iso, to) <= 0))
			*list = with(cli, *list, iq_circle_cell(cli, &members.v[i], "institution"));
	}
	return err;
}

enum iq_err iq_meeting_attend(struct iq_cli *cli)
{
	struct steps s;
	bool stop = false;
	const char *list;
	enum iq_err err = find(cli, &s);

	if (err != IQ_OK)
		return err;
	if (cli->nargs < 2 && !iq_opt_given(cli, IQ_OPT_ALL))
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("Who was there?"),
			N_("Name the institutions, or all who take part: --all"), NULL);
	list = s.fresh ? "" : iq_circle_cell(cli, &s.m.rec, "attended");
	if (iq_opt_given(cli, IQ_OPT_ALL))
		err = add_members(&s, &list);
	for (size_t i = 1; err == IQ_OK && i < cli->nargs; i++) {
		const char *id = "";

		err = iq_circle_term(cli, IQ_INSTITUTION, cli->arg[i], &id);
		if (err == IQ_OK && id == NULL)
			err = IQ_ERR_INTERNAL;
		if (err == IQ_OK)
			list = with(cli, list, id);
	}
	if (err == IQ_OK)
		err = make_sure(&s, &stop);
	if (err != IQ_OK || stop)
		return err;
	const struct iq_cell_value cell = {"attended", list};

	return set(&s, &cell, 1, _("The attendance is on record."));
}

/* ---- minutes ---------------------------------------------------------------------------------
 */

static enum iq_err read_stream(struct iq_cli *cli, struct iq_buf *b)
{
	char chunk[4096];
	size_t n;

	if (cli->tty_in)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("Where are the minutes?"),
			N_("Name a file, or send them through a pipe: … | iqq meeting minutes {0}"),
			cli->arg[0], NULL);
	while (b->n <= IQ_LIMIT_CELL && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		iq_buf_add(b, chunk, n);
	return IQ_OK;
}

static enum iq_err check_text(struct iq_cli *cli, struct iq_str text)
{
	if (text.n == 0)
		return iq_error_set(
			&cli->error, IQ_ERR_USAGE, N_("The minutes are empty."), NULL, NULL);
	if (text.n > IQ_LIMIT_CELL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The minutes are longer than {0} bytes."),
			N_("Keep the decisions here, and a link to the whole: iqq set meeting {1} "
			   "link=URL"),
			iq_arena_printf(&cli->arena, "%d", IQ_LIMIT_CELL), cli->arg[0], NULL);
	if (!iq_utf8_valid(text))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The minutes are not UTF-8 text."),
			N_("Save them as plain text in UTF-8."), NULL);
	return IQ_OK;
}

/* Lines end with a newline alone; nothing but lines at the end. */
static const char *tidy(struct iq_cli *cli, struct iq_str s)
{
	char *out = iq_arena_alloc(&cli->arena, s.n + 1);
	size_t n = 0;

	if (s.p == NULL)
		return "";
	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		s = (struct iq_str){s.p + 3, s.n - 3};
	for (size_t i = 0; out != NULL && i < s.n; i++)
		if (s.p[i] != '\r')
			out[n++] = s.p[i];
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		n--;
	if (out != NULL)
		out[n] = '\0';
	return out != NULL ? out : "";
}

static enum iq_err read_text(struct iq_cli *cli, const char **out)
{
	const char *path = cli->nargs > 1 ? cli->arg[1] : "-";
	struct iq_str text = {NULL, 0};
	enum iq_err err = IQ_OK;
	struct iq_buf b;

	iq_buf_init(&b, 0);
	if (strcmp(path, "-") == 0) {
		err = read_stream(cli, &b);
		text = (struct iq_str){(char *)b.p, b.n};
	} else if (!iq_read_file(cli, path, &text)) {
		err = iq_error_set(&cli->error, IQ_ERR_USAGE, N_("{0} cannot be read: {1}"), NULL,
			path, strerror(errno), NULL);
	}
	if (err == IQ_OK && memchr(text.p != NULL ? text.p : "", '\0', text.n) != NULL)
		err = iq_error_set(&cli->error, IQ_ERR_USAGE, N_("The minutes are not UTF-8 text."),
			N_("Save them as plain text in UTF-8."), NULL);
	*out = err == IQ_OK ? tidy(cli, text) : "";
	iq_buf_free(&b);
	return err == IQ_OK ? check_text(cli, iq_str(*out)) : err;
}

enum iq_err iq_meeting_minutes(struct iq_cli *cli)
{
	struct steps s;
	bool stop = false;
	const char *text;
	size_t at = cli->out.n;
	enum iq_err err = find(cli, &s);

	if (err == IQ_OK && s.m.state == IQ_MEETING_MINUTED)
		return iq_error_set(&cli->error, IQ_ERR_CONFLICT,
			N_("\"{0}\" has its minutes already."),
			N_("To take them back: iqq set meeting {0} state=held"), s.m.id, NULL);
	if (err == IQ_OK)
		err = read_text(cli, &text);
	if (err == IQ_OK)
		err = make_sure(&s, &stop);
	if (err == IQ_OK && !stop && s.m.state == IQ_MEETING_PLANNED) {
		err = held(&s);
		stop = is_dry(&s);
		if (!stop)
			cli->out.n = at;
		s.fresh = true; /* its revision is not known any more */
	}
	if (err != IQ_OK || stop)
		return err;
	const struct iq_cell_value cells[] = {{"minutes", text}, {"state", "minuted"}};

	return set(&s, cells, 2, _("The minutes are on record."));
}
