/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which edition was the last one: a line per server, region and edition in the client's state
 * directory. At the revision of that edition its own predecessor counts, so that the same state
 * gives the same document however often it is asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "report_doc.h"

enum { COLUMNS = 7, LINES_MOST = 1000 };

/* A line of the file: server, region, edition, revision, date, and of its predecessor. */
struct remembered {
	struct iq_str cell[COLUMNS];
	bool ours;
};

static const char *path_of(struct iq_cli *cli)
{
	const char *dir = iq_path_state(cli);

	return dir != NULL ? iq_arena_printf(&cli->arena, "%s/editions", dir) : NULL;
}

static const char *server_of(struct iq_cli *cli)
{
	const char *server = iq_setting_get(cli, "server", NULL);

	return server != NULL ? server : "";
}

static uint64_t number(struct iq_cli *cli, struct iq_str s)
{
	const char *text = iq_arena_cstr(&cli->arena, s);

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static struct iq_rep_state state(struct iq_rep *r, const struct remembered *m, size_t column)
{
	return (struct iq_rep_state){number(r->cli, m->cell[column]),
		iq_arena_cstr(&r->cli->arena, m->cell[column + 1])};
}

static bool read_line(const struct iq_rep *r, struct iq_str line, struct remembered *m)
{
	size_t n = 0;
	struct iq_str cell;

	while (n < COLUMNS && iq_str_cut(&line, '\t', &cell))
		m->cell[n++] = cell;
	if (n != COLUMNS || line.n != 0)
		return false;
	m->ours = iq_str_is(m->cell[0], server_of(r->cli)) &&
		  iq_str_is(m->cell[1], r->matrix->region) && iq_str_is(m->cell[2], r->edition);
	return true;
}

/* The line of this report; false: it is the first one. */
static bool find(struct iq_rep *r, struct remembered *out)
{
	const char *path = path_of(r->cli);
	struct iq_str rest, line;

	if (path == NULL || !iq_read_file(r->cli, path, &rest))
		return false;
	while (rest.n > 0 && iq_str_cut(&rest, '\n', &line))
		if (read_line(r, line, out) && out->ours)
			return true;
	return false;
}

static struct iq_rep_state last(struct iq_rep *r)
{
	struct remembered m;

	if (!find(r, &m))
		return (struct iq_rep_state){0, ""};
	struct iq_rep_state mine = state(r, &m, 3);

	return mine.revision == r->matrix->revision ? state(r, &m, 5) : mine;
}

void iq_rep_state_find(struct iq_rep *r)
{
	r->base = last(r);
	/* of a server that was set up anew, or restored */
	if (r->base.revision > r->matrix->revision)
		r->base = (struct iq_rep_state){0, ""};
}

/* This edition first, then the others as they were. */
static void write_lines(struct iq_rep *r, const char *path, struct iq_buf *b)
{
	struct iq_rep_state before = last(r);
	struct iq_str rest, line;
	struct remembered m;
	size_t n = 1;

	iq_buf_printf(b, "%s\t%s\t%s\t%llu\t%s\t%llu\t%s\n", server_of(r->cli), r->matrix->region,
		r->edition, (unsigned long long)r->matrix->revision, r->matrix->at,
		(unsigned long long)before.revision, before.date);
	if (!iq_read_file(r->cli, path, &rest))
		return;
	while (rest.n > 0 && n < LINES_MOST && iq_str_cut(&rest, '\n', &line)) {
		if (!read_line(r, line, &m) || m.ours)
			continue;
		iq_buf_str(b, line);
		iq_buf_byte(b, '\n');
		n++;
	}
}

void iq_rep_state_keep(struct iq_rep *r)
{
	const char *dir = iq_path_state(r->cli), *path = path_of(r->cli);
	struct iq_error before = r->cli->error;
	enum iq_err err = dir == NULL ? IQ_ERR_USAGE : iq_make_dirs(r->cli, dir);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	if (err == IQ_OK) {
		write_lines(r, path, &b);
		err = iq_write_file(r->cli, path, (struct iq_str){(char *)b.p, b.n});
	}
	iq_buf_free(&b);
	if (err == IQ_OK)
		return;
	r->cli->error = before;
	iq_warn(r->cli, "%s",
		_("This edition could not be remembered: the next one will not know what to "
		  "compare with."));
}
