/* SPDX-License-Identifier: Apache-2.0 */
/* XML parts by expat: no document type, hence no entities; bounded depth. */
#include <string.h>

#include "bounds.h"
#include "parse.h"

static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon != NULL ? colon + 1 : name;
}

static void fail(struct iq_xml *x, enum iq_parse_text text)
{
	iq_parse_fail(x->p, text, iq_str(x->part));
	x->lib->XML_StopParser(x->parser, XML_FALSE);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct iq_xml *x = user;

	if (x->p->ended || x->enough)
		return;
	if (++x->depth > IQ_LIMIT_XML_DEPTH) {
		fail(x, IQ_PARSE_DEPTH);
		return;
	}
	x->start(x, local(name), attributes);
	if (x->p->ended || x->enough)
		x->lib->XML_StopParser(x->parser, XML_FALSE);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct iq_xml *x = user;

	if (x->p->ended || x->enough)
		return;
	x->depth--;
	x->end(x, local(name));
	if (x->p->ended || x->enough)
		x->lib->XML_StopParser(x->parser, XML_FALSE);
}

static void XMLCALL on_text(void *user, const XML_Char *s, int n)
{
	struct iq_xml *x = user;

	if (x->collect && !x->p->ended)
		iq_buf_add(&x->text, s, (size_t)n);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system,
	const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	fail(user, IQ_PARSE_DTD);
}

static bool on_piece(void *arg, const char *p, size_t n)
{
	struct iq_xml *x = arg;

	if (x->lib->XML_Parse(x->parser, p, (int)n, 0) == XML_STATUS_ERROR) {
		if (!x->enough && !x->p->ended)
			iq_parse_fail(x->p, IQ_PARSE_XML, iq_str(x->part));
		return false;
	}
	if (x->text.failed)
		return iq_parse_fail(x->p, IQ_PARSE_MEMORY, IQ_STR(""));
	return true;
}

bool iq_xml_read(struct iq_xml *x, struct iq_zip *z, int64_t entry)
{
	x->p = z->p;
	x->lib = iq_lib_xml();
	x->depth = 0;
	x->enough = false;
	if (x->lib == NULL)
		return iq_parse_fail(x->p, IQ_PARSE_LIBRARY, IQ_STR("libexpat"));
	x->parser = x->lib->XML_ParserCreate(NULL);
	if (x->parser == NULL)
		return iq_parse_fail(x->p, IQ_PARSE_MEMORY, IQ_STR(""));
	/* a fixed salt: expat need not ask the system; names are few, processor time is bounded */
	x->lib->XML_SetHashSalt(x->parser, 0x9e3779b97f4a7c15ul);
	x->lib->XML_SetUserData(x->parser, x);
	x->lib->XML_SetElementHandler(x->parser, on_start, on_end);
	x->lib->XML_SetCharacterDataHandler(x->parser, on_text);
	x->lib->XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);

	bool ok = iq_zip_read(z, entry, on_piece, x);

	if (ok && x->lib->XML_Parse(x->parser, "", 0, 1) == XML_STATUS_ERROR && !x->enough)
		ok = iq_parse_fail(x->p, IQ_PARSE_XML, iq_str(x->part));
	x->lib->XML_ParserFree(x->parser);
	x->parser = NULL;
	iq_buf_free(&x->text);
	return (ok || x->enough) && !x->p->ended;
}

const char *iq_xml_attribute(const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(local(attributes[0]), name) == 0)
			return attributes[1];
	return NULL;
}

int64_t iq_xml_number(const char *s, int64_t max)
{
	int64_t n = 0;

	if (s == NULL || *s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = n * 10 + (*s - '0');
		if (n > max)
			return -1;
	}
	return n;
}
