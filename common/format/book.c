/* SPDX-License-Identifier: Apache-2.0 */
/* The workbook of an .xlsx (ECMA-376 part 1, 18.2, 18.4, 18.8): sheets, strings, cell formats. */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "bounds.h"
#include "parse.h"
#include "sheet.h"

static bool no_memory(struct iq_book *b)
{
	return iq_parse_fail(b->p, IQ_PARSE_MEMORY, IQ_STR(""));
}

/* ---- relations ---------------------------------------------------------------------------- */

/* What is looked for in a file of relations. */
struct relations {
	struct iq_book *b;
	const char *base; /* folder of the part the relations belong to: "", "xl/" */
	const char *type; /* end of the type, or NULL: the sheets by their ids */
	struct iq_str target;
};

/* Where a target leads: absolute within the archive, or beside the part; "../" is not needed. */
static struct iq_str resolve(struct iq_book *b, const char *base, const char *target)
{
	const char *part = target[0] == '/' ? iq_arena_printf(b->arena, "%s", target + 1)
					    : iq_arena_printf(b->arena, "%s%s", base, target);

	return iq_str(part);
}

static bool ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcasecmp(s + n - m, end) == 0;
}

static void on_relation(struct iq_xml *x, const char *name, const char **attributes)
{
	struct relations *r = x->arg;
	const char *id = iq_xml_attribute(attributes, "Id");
	const char *type = iq_xml_attribute(attributes, "Type");
	const char *target = iq_xml_attribute(attributes, "Target");
	const char *mode = iq_xml_attribute(attributes, "TargetMode");

	if (strcmp(name, "Relationship") != 0 || id == NULL || type == NULL || target == NULL)
		return;
	if (mode != NULL && strcmp(mode, "External") == 0)
		return;
	if (r->type != NULL) {
		if (r->target.n == 0 && ends(type, r->type))
			r->target = resolve(r->b, r->base, target);
		return;
	}
	for (size_t i = 0; i < r->b->nsheets; i++)
		if (iq_str_is(r->b->sheets[i].id, id))
			r->b->sheets[i].part = resolve(r->b, r->base, target);
}

static void nothing(struct iq_xml *x, const char *name)
{
	(void)x;
	(void)name;
}

/* Position of the part a relation leads to; -1: none. */
static int64_t related(struct iq_book *b, struct iq_str relations, const char *base,
	const char *type, struct iq_str *part)
{
	struct relations r = {.b = b, .base = base, .type = type};
	struct iq_xml x = {.part = relations.p, .start = on_relation, .end = nothing, .arg = &r};
	int64_t at = relations.n != 0 ? iq_zip_find(b->zip, relations) : -1;

	if (at < 0 || !iq_xml_read(&x, b->zip, at))
		return -1;
	if (part != NULL)
		*part = r.target;
	return type != NULL && r.target.n != 0 ? iq_zip_find(b->zip, r.target) : -1;
}

/* ---- workbook.xml ------------------------------------------------------------------------- */

static void on_workbook(struct iq_xml *x, const char *name, const char **attributes)
{
	struct iq_book *b = x->arg;

	if (strcmp(name, "workbookPr") == 0) {
		const char *from = iq_xml_attribute(attributes, "date1904");

		b->from_1904 =
			from != NULL && (strcmp(from, "1") == 0 || strcmp(from, "true") == 0);
	}
	if (strcmp(name, "sheet") != 0)
		return;

	const char *title = iq_xml_attribute(attributes, "name");
	const char *id = iq_xml_attribute(attributes, "id");
	const char *state = iq_xml_attribute(attributes, "state");

	if (title == NULL || id == NULL)
		return;
	if (b->nsheets == IQ_LIMIT_SHEET_SHEETS) {
		iq_parse_fail(x->p, IQ_PARSE_SHEETS, IQ_STR(""));
		return;
	}

	struct iq_book_sheet *sheet = &b->sheets[b->nsheets++];

	sheet->name = iq_arena_dup(b->arena, iq_str(title));
	sheet->id = iq_arena_dup(b->arena, iq_str(id));
	sheet->hidden = state != NULL && strcmp(state, "visible") != 0;
	if (sheet->name.p == NULL || sheet->id.p == NULL)
		no_memory(b);
}

/* ---- shared strings ----------------------------------------------------------------------- */

struct strings {
	struct iq_book *b;
	unsigned phonetic; /* within readings for Japanese, which are no text of the cell */
	struct iq_buf text;
};

static void on_string_start(struct iq_xml *x, const char *name, const char **attributes)
{
	struct strings *s = x->arg;

	(void)attributes;
	if (strcmp(name, "rPh") == 0)
		s->phonetic++;
	x->collect = strcmp(name, "t") == 0 && s->phonetic == 0;
}

static void keep_string(struct strings *s)
{
	struct iq_book *b = s->b;
	struct iq_str text = {(char *)s->text.p, s->text.n};

	if (b->nstrings == IQ_LIMIT_SHEET_STRINGS) {
		iq_parse_fail(b->p, IQ_PARSE_STRINGS, IQ_STR(""));
		return;
	}
	if (b->nstrings == b->cap_strings) {
		size_t cap = b->cap_strings ? b->cap_strings * 2 : 256;
		void *more = realloc(b->strings, cap * sizeof(b->strings[0]));

		if (more == NULL) {
			no_memory(b);
			return;
		}
		b->strings = more;
		b->cap_strings = cap;
	}
	text = iq_arena_dup(b->arena, text);
	if (text.p == NULL || s->text.failed)
		no_memory(b);
	b->strings[b->nstrings++] = text;
}

static void on_string_end(struct iq_xml *x, const char *name)
{
	struct strings *s = x->arg;

	if (strcmp(name, "rPh") == 0 && s->phonetic > 0)
		s->phonetic--;
	if (x->collect) {
		iq_buf_add(&s->text, x->text.p, x->text.n);
		iq_buf_reset(&x->text, IQ_LIMIT_STRING);
		x->collect = false;
	}
	if (strcmp(name, "si") == 0) {
		keep_string(s);
		iq_buf_reset(&s->text, IQ_LIMIT_STRING);
	}
}

/* ---- cell formats ------------------------------------------------------------------------- */

enum { FORMATS_OWN = 1024 }; /* a workbook's own number formats that are looked at */

struct styles {
	struct iq_book *b;
	bool cells; /* within cellXfs */
	struct {
		uint32_t id;
		uint8_t type;
	} own[FORMATS_OWN];
	size_t nown;
};

/* What a format code makes of a number: letters of dates outside quotes and brackets, or %. */
static uint8_t type_of_code(const char *code)
{
	uint8_t type = IQ_SHEET_NUMBER;

	for (const char *p = code; *p != '\0' && *p != ';'; p++) {
		if (*p == '\\' || *p == '_' || *p == '*') {
			p += p[1] != '\0';
		} else if (*p == '"') {
			while (p[1] != '\0' && *++p != '"')
				continue;
		} else if (*p == '[' && strchr("hms", tolower((unsigned char)p[1])) == NULL) {
			while (p[1] != '\0' && *++p != ']')
				continue;
		} else if (*p == '%') {
			return IQ_SHEET_PERCENT;
		} else if (strchr("dmyhs", tolower((unsigned char)*p)) != NULL) {
			type = IQ_SHEET_DATE;
		}
		if (*p == '\0')
			break;
	}
	return strcasecmp(code, "General") == 0 ? IQ_SHEET_NUMBER : type;
}

/* Built-in formats (18.8.30), those of East Asia among them. */
static uint8_t type_of_format(const struct styles *s, int64_t id)
{
	if (id == 9 || id == 10)
		return IQ_SHEET_PERCENT;
	if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
		(id >= 50 && id <= 58))
		return IQ_SHEET_DATE;
	for (size_t i = 0; i < s->nown; i++)
		if (s->own[i].id == id)
			return s->own[i].type;
	return IQ_SHEET_NUMBER;
}

static void on_style_start(struct iq_xml *x, const char *name, const char **attributes)
{
	struct styles *s = x->arg;
	struct iq_book *b = s->b;

	if (strcmp(name, "cellXfs") == 0)
		s->cells = true;
	if (strcmp(name, "numFmt") == 0 && s->nown < FORMATS_OWN) {
		int64_t id = iq_xml_number(iq_xml_attribute(attributes, "numFmtId"), UINT32_MAX);
		const char *code = iq_xml_attribute(attributes, "formatCode");

		if (id >= 0 && code != NULL) {
			s->own[s->nown].id = (uint32_t)id;
			s->own[s->nown++].type = type_of_code(code);
		}
	}
	if (!s->cells || strcmp(name, "xf") != 0)
		return;
	if (b->nstyles == IQ_LIMIT_SHEET_STYLES) {
		iq_parse_fail(x->p, IQ_PARSE_STYLES, IQ_STR(""));
		return;
	}
	b->styles[b->nstyles++] = type_of_format(
		s, iq_xml_number(iq_xml_attribute(attributes, "numFmtId"), UINT32_MAX));
}

static void on_style_end(struct iq_xml *x, const char *name)
{
	struct styles *s = x->arg;

	if (strcmp(name, "cellXfs") == 0)
		s->cells = false;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* The folder of a part, with the slash; and the part's relations beside it. */
static const char *relations_of(struct iq_book *b, struct iq_str part, struct iq_str *relations)
{
	const char *slash = part.n ? memrchr(part.p, '/', part.n) : NULL;
	struct iq_str folder = {part.p, slash != NULL ? (size_t)(slash - part.p) + 1 : 0};
	struct iq_str name = {part.p + folder.n, part.n - folder.n};

	*relations = iq_str(iq_arena_printf(
		b->arena, "%.*s_rels/%.*s.rels", IQ_STR_ARG(folder), IQ_STR_ARG(name)));
	return iq_arena_printf(b->arena, "%.*s", IQ_STR_ARG(folder));
}

static bool read_strings(struct iq_book *b, struct iq_str relations, const char *base)
{
	struct strings s = {.b = b};
	struct iq_xml x = {.part = "sharedStrings.xml",
		.start = on_string_start,
		.end = on_string_end,
		.arg = &s};
	int64_t at = related(b, relations, base, "/sharedStrings", NULL);
	bool ok = !b->p->ended && (at < 0 || iq_xml_read(&x, b->zip, at));

	iq_buf_free(&s.text);
	return ok;
}

static bool read_styles(struct iq_book *b, struct iq_str relations, const char *base)
{
	struct styles *s = iq_arena_zalloc(b->arena, sizeof(*s));
	struct iq_xml x = {
		.part = "styles.xml", .start = on_style_start, .end = on_style_end, .arg = s};
	int64_t at = related(b, relations, base, "/styles", NULL);

	b->styles = iq_arena_alloc(b->arena, IQ_LIMIT_SHEET_STYLES);
	if (s == NULL || b->styles == NULL)
		return no_memory(b);
	s->b = b;
	return !b->p->ended && (at < 0 || iq_xml_read(&x, b->zip, at));
}

bool iq_book_open(struct iq_book *b)
{
	struct iq_str part, relations;
	struct iq_xml x = {.part = "workbook.xml", .start = on_workbook, .end = nothing, .arg = b};
	int64_t at = related(b, IQ_STR("_rels/.rels"), "", "/officeDocument", &part);

	if (b->p->ended)
		return false;
	if (at < 0)
		return iq_parse_fail(b->p, IQ_PARSE_NO_WORKBOOK, IQ_STR(""));
	b->sheets = iq_arena_array(b->arena, IQ_LIMIT_SHEET_SHEETS, sizeof(b->sheets[0]));
	if (b->sheets == NULL)
		return no_memory(b);
	if (!iq_xml_read(&x, b->zip, at))
		return false;

	const char *base = relations_of(b, part, &relations);

	if (base == NULL || relations.p == NULL)
		return no_memory(b);
	(void)related(b, relations, base, NULL, NULL); /* the sheets' parts */
	if (b->p->ended || !read_strings(b, relations, base) || !read_styles(b, relations, base))
		return false;
	if (b->nsheets == 0)
		return iq_parse_fail(b->p, IQ_PARSE_NO_WORKBOOK, IQ_STR(""));
	return true;
}
