/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_sample FORMAT [ROWS COLUMNS PERCENT [public|partners|members [de|en|both [hostile]]]]
 * writes an interface document with made-up contents to stdout: html, text, colour, csv, svg, dot;
 * xlsx=FILE to a file. For looking at it, for the browser test, and for measuring.
 */
#include "report_sample.h"

static void write_out(const struct iq_buf *b)
{
	fwrite(b->p, 1, b->n, stdout);
}

static enum iq_err run(struct sample *s, const char *format, enum iq_report_lang both,
	struct iq_buf *b, struct iq_error *error)
{
	enum iq_lang lang = both == IQ_REPORT_EN ? IQ_LANG_EN : IQ_LANG_DE;

	if (strcmp(format, "html") == 0)
		return iq_report_html(&s->doc, both, b, error);
	if (strcmp(format, "text") == 0 || strcmp(format, "colour") == 0)
		return iq_report_text(&s->doc, lang, 100, format[0] == 'c', b, error);
	if (strcmp(format, "csv") == 0)
		return iq_report_csv(&s->doc, IQ_REPORT_MATRIX, lang, b, error);
	if (strcmp(format, "svg") == 0)
		return iq_report_svg(&s->doc, &s->doc.graphs[1], lang, b, error);
	if (strcmp(format, "dot") == 0)
		return iq_report_dot(&s->doc, &s->doc.graphs[1], lang, b, error);
	if (strncmp(format, "xlsx=", 5) == 0)
		return iq_report_xlsx(&s->doc, lang, format + 5, error);
	return IQ_ERR_USAGE;
}

int main(int argc, char **argv)
{
	const char *edition = argc > 5 ? argv[5] : "partners", *lang = argc > 6 ? argv[6] : "de";
	struct iq_arena mem;
	struct iq_error error;
	struct iq_buf b;
	struct sample s;
	enum iq_err err;

	if (argc < 2)
		return 2;
	iq_i18n_init(NULL);
	sample_make(&s, argc > 2 ? strtoul(argv[2], NULL, 10) : 24,
		argc > 3 ? strtoul(argv[3], NULL, 10) : 13,
		argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 30,
		edition[0] == 'm'   ? IQ_REPORT_MEMBERS
		: edition[1] == 'a' ? IQ_REPORT_PARTNERS
				    : IQ_REPORT_PUBLIC,
		argc > 7);
	iq_arena_init(&mem, 0);
	iq_error_init(&error, &mem);
	iq_buf_init(&b, 0);
	err = run(&s, argv[1],
		lang[0] == 'b'   ? IQ_REPORT_BOTH
		: lang[0] == 'e' ? IQ_REPORT_EN
				 : IQ_REPORT_DE,
		&b, &error);
	if (err != IQ_OK)
		fprintf(stderr, "%s\n", error.text != NULL ? error.text : "usage");
	write_out(&b);
	iq_buf_free(&b);
	iq_arena_free(&mem);
	sample_free(&s);
	return iq_err_exit_status(err);
}
