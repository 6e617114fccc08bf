/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a report. Each is replaced whole; confidential ones are the owner's only. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report_doc.h"

const char *const iq_rep_formats[IQ_REP_FORMATS + 1] = {
	[IQ_REP_HTML] = "html",
	[IQ_REP_PDF] = "pdf",
	[IQ_REP_XLSX] = "xlsx",
	[IQ_REP_CSV] = "csv",
	[IQ_REP_JSON] = "json",
	[IQ_REP_SVG] = "svg",
	[IQ_REP_DOT] = "dot",
};
const char *const iq_rep_editions[] = {
	[IQ_REPORT_PUBLIC] = "public",
	[IQ_REPORT_PARTNERS] = "partners",
	[IQ_REPORT_MEMBERS] = "members",
	NULL,
};

static const char *const languages[] = {
	[IQ_REPORT_DE] = "de", [IQ_REPORT_EN] = "en", [IQ_REPORT_BOTH] = NULL};

const char *iq_rep_name(
	struct iq_rep *r, enum iq_report_lang lang, const char *part, const char *extension)
{
	const char *code = languages[lang];

	return iq_arena_printf(&r->cli->arena, "schnittstellenpapier-%s-%s%s%s%s%s.%s",
		r->matrix->region, r->edition, code ? "-" : "", code ? code : "", part ? "-" : "",
		part ? part : "", extension);
}

static const char *path_of(
	struct iq_rep *r, enum iq_report_lang lang, const char *part, const char *extension)
{
	const char *name = iq_rep_name(r, lang, part, extension);

	if (r->dir[0] == '\0')
		return name;
	return iq_arena_printf(&r->cli->arena, "%s%s%s", r->dir,
		r->dir[strlen(r->dir) - 1] == '/' ? "" : "/", name);
}

static void note_file(
	struct iq_rep *r, const char *path, const char *format, enum iq_report_lang lang)
{
	size_t size = sizeof(*r->file);
	struct iq_rep_file *more =
		iq_arena_grow(&r->cli->arena, r->file, r->nfiles * size, (r->nfiles + 1) * size);
	struct stat st;

	if (more == NULL)
		return;
	r->file = more;
	r->file[r->nfiles++] = (struct iq_rep_file){path, format,
		lang == IQ_REPORT_BOTH ? "de;en" : languages[lang],
		!r->dry && stat(path, &st) == 0 ? (uint64_t)st.st_size : 0};
}

/* A dry run: what the file would be called. */
static enum iq_err plan_file(
	struct iq_rep *r, enum iq_report_lang lang, const char *part, enum iq_rep_format format)
{
	const char *extension = iq_rep_formats[format];

	note_file(r, path_of(r, lang, part, extension), extension, lang);
	return IQ_OK;
}

/*
 * What everybody may read has the rights that files have by default. Of the file that was written
 * only: in a folder that others may write to, something else may have come to its place.
 */
static void open_up(const struct iq_rep *r, const char *path)
{
	mode_t mask = umask(077);
	struct stat st;
	int fd;

	umask(mask);
	if (r->doc.edition != IQ_REPORT_PUBLIC)
		return;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		(void)!fchmod(fd, 0666 & ~mask);
	close(fd);
}

static enum iq_err put_file(struct iq_rep *r, enum iq_report_lang lang, const char *part,
	enum iq_rep_format format, const struct iq_buf *b)
{
	const char *extension = iq_rep_formats[format];
	const char *path = path_of(r, lang, part, extension);
	enum iq_err err;

	if (r->dry)
		return plan_file(r, lang, part, format);
	err = iq_write_file(r->cli, path, (struct iq_str){(char *)b->p, b->n});
	if (err != IQ_OK)
		return err;
	open_up(r, path);
	note_file(r, path, extension, lang);
	return IQ_OK;
}

/* ---- HTML and PDF ------------------------------------------------------------------------- */

static enum iq_err write_html(struct iq_rep *r, enum iq_report_lang lang)
{
	struct iq_buf b;
	enum iq_err err;

	if (r->dry)
		return plan_file(r, lang, NULL, IQ_REP_HTML);
	iq_buf_init(&b, 0);
	err = iq_report_html(&r->doc, lang, &b, &r->cli->error);
	if (err == IQ_OK)
		err = put_file(r, lang, NULL, IQ_REP_HTML, &b);
	iq_buf_free(&b);
	return err;
}

static enum iq_err write_pdf(struct iq_rep *r, enum iq_report_lang lang)
{
	struct iq_buf html, pdf;
	enum iq_err err;

	if (r->dry)
		return plan_file(r, lang, NULL, IQ_REP_PDF);
	iq_buf_init(&html, 0);
	iq_buf_init(&pdf, 0);
	err = iq_report_html(&r->doc, lang, &html, &r->cli->error);
	if (err == IQ_OK)
		err = iq_rep_pdf(r, &html, &pdf);
	if (err == IQ_OK)
		err = put_file(r, lang, NULL, IQ_REP_PDF, &pdf);
	iq_buf_free(&html);
	iq_buf_free(&pdf);
	return err;
}

/* ---- tables, graphs ----------------------------------------------------------------------- */

/* The library writes to a name: in a folder that nobody else may look into. */
static enum iq_err write_xlsx(struct iq_rep *r, enum iq_report_lang lang)
{
	const char *path = path_of(r, lang, NULL, "xlsx");
	char *dir = iq_arena_printf(&r->cli->arena, "%s.XXXXXX", path);
	enum iq_err err;

	if (r->dry)
		return plan_file(r, lang, NULL, IQ_REP_XLSX);
	if (dir == NULL || mkdtemp(dir) == NULL)
		return iq_error_set(&r->cli->error, IQ_ERR_USAGE, N_("{0} cannot be written: {1}."),
			NULL, path, strerror(errno), NULL);
	const char *inside = iq_arena_printf(&r->cli->arena, "%s/book", dir);

	err = iq_report_xlsx(&r->doc, (enum iq_lang)lang, inside, &r->cli->error);
	if (err == IQ_OK && (chmod(inside, 0600) != 0 || rename(inside, path) != 0))
		err = iq_error_set(&r->cli->error, IQ_ERR_USAGE, N_("{0} cannot be written: {1}."),
			NULL, path, strerror(errno), NULL);
	if (err != IQ_OK)
		unlink(inside);
	rmdir(dir);
	if (err == IQ_OK) {
		open_up(r, path);
		note_file(r, path, "xlsx", lang);
	}
	return err;
}

static enum iq_err write_csv(struct iq_rep *r, enum iq_report_lang lang)
{
	static const char *const names[IQ_REPORT_TABLES] = {
		[IQ_REPORT_GAPS] = "gaps",
		[IQ_REPORT_OVERLAPS] = "overlaps",
		[IQ_REPORT_NOTICES] = "notices",
		[IQ_REPORT_CONTACTS] = "contacts",
		[IQ_REPORT_GUIDE] = "guide",
		[IQ_REPORT_COMMITMENTS] = "commitments",
		[IQ_REPORT_CHANGES] = "changes",
		[IQ_REPORT_MINUTES] = "minutes",
		[IQ_REPORT_MATRIX] = "matrix",
		[IQ_REPORT_DUTIES] = "responsibilities",
		[IQ_REPORT_LEGEND] = "legend",
	};
	enum iq_err err = IQ_OK;

	for (unsigned t = 0; t < IQ_REPORT_TABLES && err == IQ_OK; t++) {
		struct iq_buf b;

		if (t < IQ_REPORT_PARTS && !r->doc.parts[t].present)
			continue;
		iq_buf_init(&b, 0);
		err = iq_report_csv(&r->doc, t, (enum iq_lang)lang, &b, &r->cli->error);
		if (err == IQ_OK)
			err = put_file(r, lang, names[t], IQ_REP_CSV, &b);
		iq_buf_free(&b);
	}
	return err;
}

static enum iq_err write_json(struct iq_rep *r, enum iq_report_lang lang)
{
	struct iq_buf b;
	enum iq_err err;

	iq_buf_init(&b, 0);
	err = iq_rep_json(r, (enum iq_lang)lang, &b);
	if (err == IQ_OK)
		err = put_file(r, lang, NULL, IQ_REP_JSON, &b);
	iq_buf_free(&b);
	return err;
}

/* "handovers", or "chain-2-NAME" with what may stand in a name of a file. */
static const char *graph_name(struct iq_rep *r, size_t i)
{
	enum { MOST = 60 };
	char name[MOST + 1];
	size_t n = 0;

	if (r->process[i] == NULL)
		return "handovers";
	for (const char *p = r->process[i]; *p != '\0' && n < MOST; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');

		name[n++] = plain ? *p : '-';
	}
	name[n] = '\0';
	return iq_arena_printf(&r->cli->arena, "chain-%zu-%s", i + 1, name);
}

static enum iq_err write_graph(
	struct iq_rep *r, enum iq_report_lang lang, enum iq_rep_format format, size_t i)
{
	const struct iq_report_graph *g = &r->doc.graphs[i];
	struct iq_buf b;
	enum iq_err err;

	if (g->nnodes > IQ_REPORT_GRAPH_NODES || g->nedges > IQ_REPORT_GRAPH_EDGES) {
		iq_warn(r->cli, _("%s: too large for a picture; it is in the other formats."),
			iq_rep_name(r, lang, graph_name(r, i), iq_rep_formats[format]));
		return IQ_OK;
	}
	iq_buf_init(&b, 0);
	err = format == IQ_REP_SVG
		      ? iq_report_svg(&r->doc, g, (enum iq_lang)lang, &b, &r->cli->error)
		      : iq_report_dot(&r->doc, g, (enum iq_lang)lang, &b, &r->cli->error);
	if (err == IQ_OK)
		err = put_file(r, lang, graph_name(r, i), format, &b);
	iq_buf_free(&b);
	return err;
}

static enum iq_err write_graphs(
	struct iq_rep *r, enum iq_report_lang lang, enum iq_rep_format format)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < r->doc.ngraphs && err == IQ_OK; i++)
		err = write_graph(r, lang, format, i);
	return err;
}

/* ---- all of them -------------------------------------------------------------------------- */

static bool wants(const struct iq_rep *r, enum iq_rep_format format)
{
	return r->formats >> format & 1;
}

/* Without the program: the HTML in its place, and how to print that. */
static enum iq_err no_pdf(struct iq_rep *r)
{
	enum iq_err err = wants(r, IQ_REP_HTML) ? IQ_OK : write_html(r, r->lang);

	if (err != IQ_OK)
		return err;
	return iq_error_set(&r->cli->error, IQ_ERR_UNSUPPORTED,
		N_("There is no PDF: the program weasyprint is not installed."),
		N_("Open {0} in a browser and print it to a file (Ctrl+P, A4 landscape, \"Save as "
		   "PDF\"), or install the Debian package weasyprint."),
		path_of(r, r->lang, NULL, "html"), NULL);
}

static enum iq_err write_one(struct iq_rep *r, enum iq_report_lang lang, enum iq_rep_format format)
{
	switch (format) {
	case IQ_REP_XLSX:
		return write_xlsx(r, lang);
	case IQ_REP_CSV:
		return write_csv(r, lang);
	case IQ_REP_JSON:
		return write_json(r, lang);
	case IQ_REP_SVG:
	case IQ_REP_DOT:
		return write_graphs(r, lang, format);
	case IQ_REP_PDF:
		return write_pdf(r, lang);
	case IQ_REP_HTML:
	case IQ_REP_FORMATS:
		break;
	}
	return IQ_OK;
}

/* In each language of the report. */
static enum iq_err write_each(struct iq_rep *r, enum iq_rep_format format)
{
	enum iq_err err = IQ_OK;

	if (!wants(r, format))
		return IQ_OK;
	for (int lang = IQ_REPORT_DE; lang <= IQ_REPORT_EN && err == IQ_OK; lang++)
		if (r->lang == IQ_REPORT_BOTH || r->lang == (enum iq_report_lang)lang)
			err = write_one(r, (enum iq_report_lang)lang, format);
	return err;
}

/* PDF last: it is what most easily fails, and the others are there then. */
enum iq_err iq_rep_write(struct iq_rep *r)
{
	static const enum iq_rep_format order[] = {
		IQ_REP_XLSX, IQ_REP_CSV, IQ_REP_JSON, IQ_REP_SVG, IQ_REP_DOT};
	enum iq_err err = wants(r, IQ_REP_HTML) ? write_html(r, r->lang) : IQ_OK;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && err == IQ_OK; i++)
		err = write_each(r, order[i]);
	if (err == IQ_OK && wants(r, IQ_REP_PDF))
		err = iq_rep_pdf_possible() ? write_each(r, IQ_REP_PDF) : no_pdf(r);
	return err;
}
