/* SPDX-License-Identifier: Apache-2.0 */
/* All answers of one document, of one revision and for one day. */
#include <string.h>

#include "date.h"
#include "report_doc.h"

enum { TRIES = 5 };

static char *text(const char *s)
{
	return (char *)(uintptr_t)s; /* messages are packed, never written to */
}

static enum iq_err ask(struct iq_rep *r, Iq__V1__Request *rq, Iq__V1__Response__ResultCase result,
	const Iq__V1__Response **rs)
{
	enum iq_err err = iq_call(r->call, rq, &r->cli->arena, rs, &r->cli->error);

	return err == IQ_OK ? iq_expect(r->cli, *rs, result) : err;
}

/* Both become parts of names of files: whatever the server is, they lead nowhere else. */
static enum iq_err check_names(const struct iq_rep *r)
{
	int32_t day;

	if (iq_slug_valid(iq_str(r->matrix->region)) && iq_date_parse(iq_str(r->matrix->at), &day))
		return IQ_OK;
	return iq_error_set(&r->cli->error, IQ_ERR_INTERNAL,
		N_("The server's answer is incomplete."),
		N_("Is the server older or newer than this program? See: iqq status"), NULL);
}

/* The first answer says which region and which day are meant; the others are asked by these. */
static enum iq_err ask_matrix(struct iq_rep *r)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__MatrixRequest q = IQ__V1__MATRIX_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.region = text(r->term);
	q.at = text(r->at);
	q.lang = IQ__V1__LANG__BOTH;
	rq.op_case = IQ__V1__REQUEST__OP_MATRIX;
	rq.matrix = &q;
	err = ask(r, &rq, IQ__V1__RESPONSE__RESULT_MATRIX, &rs);
	if (err == IQ_OK)
		r->matrix = rs->matrix;
	return err == IQ_OK ? check_names(r) : err;
}

static enum iq_err ask_gaps(struct iq_rep *r)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GapsRequest q = IQ__V1__GAPS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.region = r->matrix->region;
	q.at = r->matrix->at;
	q.near = true;
	q.lang = IQ__V1__LANG__BOTH;
	rq.op_case = IQ__V1__REQUEST__OP_GAPS;
	rq.gaps = &q;
	err = ask(r, &rq, IQ__V1__RESPONSE__RESULT_GAPS, &rs);
	if (err == IQ_OK)
		r->gaps = rs->gaps;
	return err;
}

static enum iq_err ask_overlaps(struct iq_rep *r)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__OverlapsRequest q = IQ__V1__OVERLAPS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.region = r->matrix->region;
	q.at = r->matrix->at;
	q.lang = IQ__V1__LANG__BOTH;
	rq.op_case = IQ__V1__REQUEST__OP_OVERLAPS;
	rq.overlaps = &q;
	err = ask(r, &rq, IQ__V1__RESPONSE__RESULT_OVERLAPS, &rs);
	if (err == IQ_OK)
		r->overlaps = rs->overlaps;
	return err;
}

static enum iq_err ask_path(struct iq_rep *r)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__PathRequest q = IQ__V1__PATH_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.region = r->matrix->region;
	q.at = r->matrix->at;
	q.lang = IQ__V1__LANG__BOTH;
	rq.op_case = IQ__V1__REQUEST__OP_PATH;
	rq.path = &q;
	err = ask(r, &rq, IQ__V1__RESPONSE__RESULT_PATH, &rs);
	if (err == IQ_OK)
		r->path = rs->path;
	return err;
}

/* Room for one more page. */
static bool push(struct iq_rep *r, const void ***list, size_t *n, const void *page)
{
	size_t size = sizeof(**list);
	const void **more = iq_arena_grow(&r->cli->arena, *list, *n * size, (*n + 1) * size);

	if (more == NULL)
		return false;
	more[(*n)++] = page;
	*list = more;
	return true;
}

/*
 * What changed, in one language. Without a reason: persons are left out by the server already,
 * and what it tells of them all the same is not taken (report_changes.c).
 */
static enum iq_err ask_diff(struct iq_rep *r, enum iq_lang lang)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__DiffRequest q = IQ__V1__DIFF_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;
	const void **pages = NULL;

	r->ndiff[lang] = 0;
	q.region = r->matrix->region;
	q.from = r->since;
	q.from_revision = r->since[0] != '\0' ? 0 : r->base.revision;
	q.to = text(r->at);
	q.lang = lang == IQ_LANG_DE ? IQ__V1__LANG__DE : IQ__V1__LANG__EN;
	rq.op_case = IQ__V1__REQUEST__OP_DIFF;
	rq.diff = &q;
	do {
		err = ask(r, &rq, IQ__V1__RESPONSE__RESULT_DIFF, &rs);
		if (err == IQ_OK && !push(r, &pages, &r->ndiff[lang], rs->diff))
			err = IQ_ERR_INTERNAL;
		if (err == IQ_OK)
			q.cursor = rs->diff->cursor;
	} while (err == IQ_OK && q.cursor.len > 0);
	r->diff[lang] = (const Iq__V1__DiffResponse **)pages;
	return err;
}

static enum iq_err ask_changes(struct iq_rep *r)
{
	enum iq_err err = IQ_OK;

	if (r->since_revision != 0)
		r->base = (struct iq_rep_state){r->since_revision, ""};
	else if (r->since[0] == '\0')
		iq_rep_state_find(r);
	if (r->since[0] == '\0' && r->base.revision == 0)
		return IQ_OK;
	for (int lang = 0; lang < IQ_REPORT_LANGS && err == IQ_OK; lang++)
		err = ask_diff(r, (enum iq_lang)lang);
	return err;
}

static bool is_whole(const struct iq_rep *r)
{
	uint64_t revision = r->matrix->revision;
	bool same = r->gaps->revision == revision && r->overlaps->revision == revision &&
		    r->path->revision == revision;

	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++)
		for (size_t i = 0; i < r->ndiff[lang]; i++)
			same = same && r->diff[lang][i]->revision == revision;
	for (size_t i = 0; i < r->npages; i++)
		same = same && r->page[i]->revision == revision;
	return same;
}

/* Last of all: it discloses, and is asked for only if the others agree. */
static enum iq_err ask_edition(struct iq_rep *r)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__EditionRequest q = IQ__V1__EDITION_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	const void **pages = NULL;
	enum iq_err err;

	r->npages = 0;
	q.region = r->matrix->region;
	q.edition = text(r->edition);
	q.recipient = iq_opt_text(r->cli, IQ_OPT_RECIPIENT);
	q.reason = iq_opt_text(r->cli, IQ_OPT_REASON);
	q.at = r->matrix->at;
	q.lang = IQ__V1__LANG__BOTH;
	rq.op_case = IQ__V1__REQUEST__OP_EDITION;
	rq.edition = &q;
	do {
		err = ask(r, &rq, IQ__V1__RESPONSE__RESULT_EDITION, &rs);
		if (err == IQ_OK && !push(r, &pages, &r->npages, rs->edition))
			err = IQ_ERR_INTERNAL;
		if (err == IQ_OK)
			q.cursor = rs->edition->cursor;
		r->page = (const Iq__V1__EditionResponse **)pages;
	} while (err == IQ_OK && q.cursor.len > 0 && rs->edition->revision == r->matrix->revision);
	return err;
}

static enum iq_err try_once(struct iq_rep *r, bool *whole)
{
	enum iq_err err = ask_matrix(r);

	r->npages = 0;
	r->ndiff[IQ_LANG_DE] = r->ndiff[IQ_LANG_EN] = 0;
	if (err == IQ_OK)
		err = ask_gaps(r);
	if (err == IQ_OK)
		err = ask_overlaps(r);
	if (err == IQ_OK)
		err = ask_path(r);
	if (err == IQ_OK)
		err = ask_changes(r);
	*whole = err == IQ_OK && is_whole(r);
	/* it discloses and is put on record: not for a dry run */
	if (*whole && !r->dry)
		err = ask_edition(r);
	*whole = *whole && err == IQ_OK && is_whole(r);
	return err;
}

enum iq_err iq_rep_ask(struct iq_rep *r)
{
	enum iq_err err = iq_session_open(r->cli, true, &r->call);
	bool whole = false;

	for (int i = 0; i < TRIES && err == IQ_OK && !whole; i++)
		err = try_once(r, &whole);
	iq_session_close(r->call);
	if (err == IQ_OK && !whole)
		return iq_error_set(&r->cli->error, IQ_ERR_BUSY,
			N_("The directory changes all the time: its parts do not fit together."),
			N_("Try again in a moment."), NULL);
	return iq_explain_login(r->cli, err);
}
