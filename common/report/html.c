/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file with everything in it. The meta element for the security policy allows exactly the
 * style and the script written here, by their hashes; no value can add another.
 */
#include <stdio.h>

#include "lib.h"
#include "report_priv.h"

static const char *const codes[IQ_REPORT_LANGS] = {[IQ_LANG_DE] = "de", [IQ_LANG_EN] = "en"};

void iq_report_put(struct iq_report_out *o, const char *html)
{
	iq_buf_add(o->b, html, strlen(html));
}

void iq_report_say(struct iq_report_out *o, struct iq_str s)
{
	iq_report_escape(o->b, s);
}

void iq_report_say_text(struct iq_report_out *o, struct iq_report_text t)
{
	enum iq_lang other = o->lang == IQ_LANG_DE ? IQ_LANG_EN : IQ_LANG_DE;
	bool foreign = t.in[o->lang].n == 0 && t.in[other].n != 0;

	if (foreign)
		iq_buf_printf(o->b, "<span lang=%s>", codes[other]);
	iq_report_escape(o->b, iq_report_in(t, o->lang));
	if (foreign)
		iq_report_put(o, "</span>");
}

void iq_report_word(struct iq_report_out *o, enum iq_rw word)
{
	iq_report_escape(o->b, iq_str(iq_rw(o, word)));
}

void iq_report_id(struct iq_report_out *o, const char *name)
{
	if (o->both && o->lang == IQ_LANG_EN)
		iq_report_put(o, "e-");
	iq_report_put(o, name);
}

void iq_report_chips(struct iq_report_out *o, uint32_t groups)
{
	bool any = true;

	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++) {
		if ((groups >> i & 1) == 0)
			continue;
		iq_buf_printf(o->b, "<b class=g%zu>", i);
		iq_report_say(o, o->doc->groups[i].letter);
		iq_report_put(o, "</b>");
		any = false;
	}
	if (any) {
		iq_report_put(o, "<b class=gx>");
		iq_report_word(o, IQ_RW_ALL);
		iq_report_put(o, "</b>");
	}
}

void iq_report_section(struct iq_report_out *o, const char *id, enum iq_rw title)
{
	iq_report_put(o, "<section id=");
	iq_report_id(o, id);
	iq_report_put(o, "><h2>");
	iq_report_word(o, title);
	iq_report_put(o, "</h2>\n");
}

/* ---- head --------------------------------------------------------------------------------- */

/* A colour per group; the kind of border tells them apart where there is no colour. */
static void put_group_style(struct iq_report_out *o, struct iq_buf *b)
{
	static const char *const borders[] = {"solid", "dashed", "dotted", "double"};

	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++) {
		struct iq_report_colour c = iq_report_colour(o->doc->groups[i].colour);

		iq_buf_printf(b, ".g%zu{background-color:#%06x;color:#%06x;border-style:%s}\n", i,
			c.back, c.text, borders[i % 4]);
	}
}

/* What stands at the foot of each page: title, revision, and for whom it was made. */
static void put_page_style(struct iq_report_out *o, struct iq_buf *b)
{
	const struct iq_report *doc = o->doc;

	iq_buf_str(b, IQ_STR("@page{@bottom-left{content:\""));
	iq_report_escape_css(b, iq_report_in(doc->title, o->lang));
	iq_buf_str(b, IQ_STR(" · "));
	iq_report_escape_css(b, iq_str(iq_rw(o, IQ_RW_REVISION)));
	iq_buf_printf(b, " %llu", (unsigned long long)doc->revision);
	if (doc->edition != IQ_REPORT_PUBLIC && doc->recipient.n != 0) {
		iq_buf_str(b, IQ_STR(" · "));
		iq_report_escape_css(b, iq_str(iq_rw(o, IQ_RW_RECIPIENT)));
		iq_buf_str(b, IQ_STR(": "));
		iq_report_escape_css(b, doc->recipient);
	}
	iq_buf_str(b, IQ_STR("\"}}\n"));
}

/* "'sha256-…'": as the policy names what it allows. False without the library. */
static bool put_hash(struct iq_report_out *o, struct iq_str s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const struct iq_lib_sodium *lib = iq_lib_sodium();
	uint8_t hash[33] = {0}; /* one more, so that the last group of three is whole */
	char out[45];

	if (lib == NULL || lib->sodium_init() < 0)
		return false;
	lib->crypto_hash_sha256(hash, (const uint8_t *)s.p, s.n);
	for (size_t i = 0; i < 11; i++) {
		uint32_t v = (uint32_t)hash[3 * i] << 16 | (uint32_t)hash[3 * i + 1] << 8 |
			     hash[3 * i + 2];

		for (size_t k = 0; k < 4; k++)
			out[4 * i + k] = digits[v >> (18 - 6 * k) & 63];
	}
	out[43] = '=';
	out[44] = '\0';
	iq_buf_printf(o->b, "'sha256-%s'", out);
	return true;
}

static bool put_head(struct iq_report_out *o)
{
	struct iq_buf style;
	bool ok;

	iq_buf_init(&style, 0);
	iq_buf_str(&style, iq_str(iq_report_style));
	put_group_style(o, &style);
	put_page_style(o, &style);
	iq_buf_printf(o->b,
		"<!DOCTYPE html>\n<html lang=%s>\n<head>\n<meta charset=utf-8>\n"
		"<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src ",
		codes[o->lang]);
	ok = put_hash(o, (struct iq_str){(char *)style.p, style.n});
	iq_report_put(o, "; script-src ");
	ok = ok && put_hash(o, iq_str(iq_report_script));
	iq_report_put(o, "; base-uri 'none'; form-action 'none'\">\n"
			 "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
			 "<meta name=referrer content=no-referrer>\n");
	if (o->doc->edition != IQ_REPORT_PUBLIC)
		iq_report_put(o, "<meta name=robots content=\"noindex,nofollow,noarchive\">\n");
	iq_report_put(o, "<title>");
	iq_report_say(o, iq_report_in(o->doc->title, o->lang));
	iq_report_put(o, "</title>\n<style>");
	iq_buf_add(o->b, style.p, style.n);
	iq_report_put(o, "</style>\n</head>\n");
	o->b->failed = o->b->failed || style.failed;
	iq_buf_free(&style);
	return ok;
}

/* ---- the document ------------------------------------------------------------------------- */

static const struct chapter {
	const char *id;
	enum iq_rw title;
	unsigned part; /* IQ_REPORT_TABLES: none */
} chapters[] = {
	{"matrix", IQ_RW_MATRIX, IQ_REPORT_MATRIX},
	{"legend", IQ_RW_LEGEND, IQ_REPORT_LEGEND},
	{"gaps", IQ_RW_GAPS, IQ_REPORT_GAPS},
	{"overlaps", IQ_RW_OVERLAPS, IQ_REPORT_OVERLAPS},
	{"notices", IQ_RW_NOTICES, IQ_REPORT_NOTICES},
	{"chains", IQ_RW_CHAINS, IQ_REPORT_TABLES},
	{"sheets", IQ_RW_SHEETS, IQ_REPORT_DUTIES},
	{"contacts", IQ_RW_CONTACTS, IQ_REPORT_CONTACTS},
	{"guide", IQ_RW_GUIDE, IQ_REPORT_GUIDE},
	{"minutes", IQ_RW_MINUTES, IQ_REPORT_MINUTES},
	{"commitments", IQ_RW_COMMITMENTS, IQ_REPORT_COMMITMENTS},
	{"changes", IQ_RW_CHANGES, IQ_REPORT_CHANGES},
};
enum { CHAPTERS = sizeof(chapters) / sizeof(chapters[0]) };

static bool has_chapter(const struct iq_report *doc, const struct chapter *c)
{
	if (c->part == IQ_REPORT_TABLES)
		return doc->ngraphs != 0;
	if (c->part == IQ_REPORT_DUTIES)
		return doc->nsheets != 0;
	return iq_report_present(doc, c->part);
}

static void put_link(struct iq_report_out *o, const char *class, const char *id, struct iq_str text)
{
	iq_buf_printf(o->b, "<a%s href=#", class);
	iq_report_id(o, id);
	iq_report_put(o, ">");
	iq_report_say(o, text);
	iq_report_put(o, "</a>");
}

static void put_skips(struct iq_report_out *o)
{
	for (size_t i = 0; i < CHAPTERS; i++) {
		const struct chapter *c = &chapters[i];
		bool wanted = c->part == IQ_REPORT_MATRIX || c->part == IQ_REPORT_DUTIES ||
			      c->part == IQ_REPORT_CONTACTS;

		if (wanted && has_chapter(o->doc, c))
			put_link(o, " class=skip", c->id,
				iq_rw_fill(o, IQ_RW_SKIP, iq_str(iq_rw(o, c->title)),
					(struct iq_str){0}));
	}
}

static void put_fact(struct iq_report_out *o, enum iq_rw word, struct iq_str value)
{
	if (value.n == 0)
		return;
	iq_report_put(o, "<div><dt>");
	iq_report_word(o, word);
	iq_report_put(o, "</dt><dd>");
	iq_report_say(o, value);
	iq_report_put(o, "</dd></div>");
}

static void put_header(struct iq_report_out *o)
{
	const struct iq_report *doc = o->doc;
	bool closed = doc->edition != IQ_REPORT_PUBLIC;
	char revision[24];

	snprintf(revision, sizeof(revision), "%llu", (unsigned long long)doc->revision);
	iq_report_put(o, "<header>");
	put_skips(o);
	iq_report_put(o, "<h1>");
	iq_report_say_text(o, doc->title);
	iq_buf_printf(o->b, "</h1>\n<dl class=\"facts%s\">", closed ? " closed" : "");
	put_fact(o, IQ_RW_EDITION, iq_str(iq_report_edition_name(o)));
	if (closed) {
		put_fact(o, IQ_RW_RECIPIENT, doc->recipient);
		put_fact(o, IQ_RW_DESTROY_BY, iq_report_date(o, doc->destroy_by));
	}
	put_fact(o, IQ_RW_AS_OF, iq_report_date(o, doc->date));
	put_fact(o, IQ_RW_REVISION, iq_str(revision));
	iq_report_put(o, "</dl></header>\n");
}

static void put_contents(struct iq_report_out *o)
{
	iq_report_put(o, "<nav class=toc aria-label=\"");
	iq_report_word(o, IQ_RW_CONTENTS);
	iq_report_put(o, "\"><ul>");
	for (size_t i = 0; i < CHAPTERS; i++) {
		if (!has_chapter(o->doc, &chapters[i]))
			continue;
		iq_report_put(o, "<li>");
		put_link(o, "", chapters[i].id, iq_str(iq_rw(o, chapters[i].title)));
	}
	iq_report_put(o, "<li>");
	put_link(o, "", "privacy", iq_str(iq_rw(o, IQ_RW_PRIVACY)));
	iq_report_put(o, "</ul></nav>\n");
}

/* A choice of a filter; classes r0 …, g0 … are those of the entries. */
static void put_option(struct iq_report_out *o, char class, size_t i, struct iq_str text)
{
	iq_buf_printf(o->b, "<option value=%c%zu>", class, i);
	iq_report_say(o, text);
}

/* Hidden until the script shows it: without, it could do nothing. */
static void put_filter(struct iq_report_out *o)
{
	iq_report_put(o, "<form class=filter role=search hidden aria-label=\"");
	iq_report_word(o, IQ_RW_FILTER);
	iq_report_put(o, "\" data-shown=\"");
	iq_report_word(o, IQ_RW_SHOWN);
	iq_report_put(o, "\"><label>");
	iq_report_word(o, IQ_RW_SEARCH);
	iq_report_put(o, " <input type=search name=q autocomplete=off></label><label>");
	iq_report_word(o, IQ_RW_STATUS);
	iq_report_put(o, " <select name=s><option value=\"\">");
	iq_report_word(o, IQ_RW_ANY_STATUS);
	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++)
		put_option(o, 'g', i, iq_report_in(o->doc->groups[i].name, o->lang));
	iq_report_put(o, "</select></label><label>");
	iq_report_word(o, IQ_RW_ROLE);
	iq_report_put(o, " <select name=r><option value=\"\">");
	iq_report_word(o, IQ_RW_ANY_ROLE);
	for (size_t i = 0; i < IQ_ROLES; i++)
		put_option(o, 'r', i, iq_str(iq_report_role(o, (enum iq_role)i)));
	iq_report_put(o, "</select></label><button type=reset>");
	iq_report_word(o, IQ_RW_RESET);
	iq_report_put(o, "</button><output aria-live=polite></output></form>\n");
}

static void put_privacy(struct iq_report_out *o)
{
	iq_report_section(o, "privacy", IQ_RW_PRIVACY);
	for (size_t i = 0; i < iq_report_nprivacy(o->doc); i++) {
		iq_report_put(o, "<p>");
		iq_report_say(o, iq_report_privacy(o, i));
		iq_report_put(o, "</p>");
	}
	iq_report_put(o, "</section>\n");
}

static void put_compared(struct iq_report_out *o)
{
	struct iq_str base = iq_report_compared(o);

	if (base.n == 0)
		return;
	iq_report_put(o, "<p>");
	iq_report_say(o, base);
	iq_report_put(o, ".</p>");
}

static void put_chapter(struct iq_report_out *o, const struct chapter *c)
{
	iq_report_section(o, c->id, c->title);
	if (c->part == IQ_REPORT_MATRIX)
		iq_report_html_matrix(o);
	else if (c->part == IQ_REPORT_LEGEND)
		iq_report_html_legend(o);
	else if (c->part == IQ_REPORT_DUTIES)
		iq_report_html_sheets(o);
	else if (c->part == IQ_REPORT_TABLES)
		iq_report_html_graphs(o);
	else {
		if (c->part == IQ_REPORT_CHANGES)
			put_compared(o);
		iq_report_html_part(o, (enum iq_report_part)c->part);
	}
	iq_report_put(o, "</section>\n");
}

static void put_document(struct iq_report_out *o, const char *sum)
{
	iq_buf_printf(o->b, "<div class=\"doc %s\" lang=%s>\n", codes[o->lang], codes[o->lang]);
	put_header(o);
	put_contents(o);
	iq_report_put(o, "<main>\n");
	put_filter(o);
	for (size_t i = 0; i < CHAPTERS; i++)
		if (has_chapter(o->doc, &chapters[i]))
			put_chapter(o, &chapters[i]);
	put_privacy(o);
	iq_report_put(o, "</main>\n<footer><p>");
	iq_report_word(o, IQ_RW_CHECKSUM);
	iq_buf_printf(o->b, ": <code>%s</code></p></footer>\n</div>\n", sum);
}

/* Two radio buttons; the style shows the half that is chosen, and both where it cannot. */
static void put_switch(struct iq_report_out *o)
{
	iq_buf_printf(o->b,
		"<section class=switch aria-label=\"%s / %s\"><label><input type=radio name=lang "
		"id=l-de checked> <span lang=de>Deutsch</span></label> <label><input type=radio "
		"name=lang id=l-en> <span lang=en>English</span></label></section>\n",
		o->words.in[IQ_LANG_DE][IQ_RW_LANGUAGE], o->words.in[IQ_LANG_EN][IQ_RW_LANGUAGE]);
}

enum iq_err iq_report_html(const struct iq_report *doc, enum iq_report_lang lang,
	struct iq_buf *out, struct iq_error *error)
{
	struct iq_report_out o;
	char sum[IQ_REPORT_SUM];
	enum iq_err err = iq_report_checksum(doc, sum, error);

	if (err != IQ_OK)
		return err;
	iq_report_begin(&o, doc, lang == IQ_REPORT_EN ? IQ_LANG_EN : IQ_LANG_DE, out);
	o.both = lang == IQ_REPORT_BOTH;
	put_head(&o); /* the checksum has shown that there is the library */
	iq_report_put(&o, "<body>\n");
	if (o.both)
		put_switch(&o);
	put_document(&o, sum);
	if (o.both) {
		o.lang = IQ_LANG_EN;
		put_document(&o, sum);
	}
	iq_report_put(&o, "<script>");
	iq_report_put(&o, iq_report_script);
	iq_report_put(&o, "</script>\n</body>\n</html>\n");
	return iq_report_end(&o, error);
}
