/* SPDX-License-Identifier: Apache-2.0 */
#include "vcard.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "de", "zh-Hant": letters, then parts of up to eight letters and digits. */
static bool is_language(struct iq_str s)
{
	size_t part = 0, parts = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '-' && part > 0) {
			part = 0;
			parts++;
		} else if (is_letter(s.p[i]) || (parts > 0 && is_digit(s.p[i]))) {
			part++;
		} else {
			return false;
		}
		if (part > 8)
			return false;
	}
	return part > 0;
}

/* +49 341 1234: a number that is the same everywhere (RFC 3966, 5.1.4). */
static bool is_global(struct iq_str s)
{
	size_t digits = 0;

	for (size_t i = 1; i < s.n; i++) {
		digits += is_digit(s.p[i]);
		if (!is_digit(s.p[i]) && strchr(" -.()", s.p[i]) == NULL)
			return false;
	}
	return s.n > 0 && s.p[0] == '+' && digits >= 3 && is_digit(s.p[1]);
}

static void phone(struct iq_content *c, struct iq_str s)
{
	if (s.n == 0)
		return;
	if (!is_global(s)) { /* as text: an URI would need a country */
		iq_content_text_line(c, "TEL;TYPE=work", s);
		return;
	}
	iq_content_raw(c, "TEL;VALUE=uri;TYPE=work:tel:");
	for (size_t i = 0; i < s.n; i++)
		iq_content_raw_str(c, s.p[i] == ' ' ? IQ_STR("-") : (struct iq_str){s.p + i, 1});
	iq_content_end(c);
}

/* Post office box; extension; street; locality; region; postal code; country. */
static void address(struct iq_content *c, const struct iq_vcard *card)
{
	if (card->street.n == 0 && card->postcode.n == 0 && card->town.n == 0)
		return;
	iq_content_raw(c, "ADR;TYPE=work:;;");
	iq_content_text(c, card->street);
	iq_content_raw(c, ";");
	iq_content_text(c, card->town);
	iq_content_raw(c, ";;");
	iq_content_text(c, card->postcode);
	iq_content_raw(c, ";");
	iq_content_end(c);
}

/* What it is called by: FN must be there and must say something. */
static bool formatted_name(struct iq_content *c, const struct iq_vcard *card)
{
	struct iq_str first = card->organisation ? card->institution : card->name, second = {0};

	if (!card->organisation && first.n == 0) {
		first = card->function.n ? card->function : card->institution;
		second = card->function.n ? card->institution : second;
	}
	if (first.n == 0)
		return false;
	iq_content_line(c, "BEGIN", "VCARD");
	iq_content_line(c, "VERSION", "4.0");
	iq_content_line(c, "KIND", card->organisation ? "org" : "individual");
	iq_content_raw(c, "FN:");
	iq_content_text(c, first);
	if (second.n > 0) {
		iq_content_text(c, IQ_STR(", "));
		iq_content_text(c, second);
	}
	iq_content_end(c);
	return true;
}

bool iq_vcard_write(struct iq_buf *out, const struct iq_vcard *card)
{
	struct iq_content c = {.out = out};
	char stamp[17];

	if (!formatted_name(&c, card))
		return false;
	iq_content_text_line(&c, "UID;VALUE=text", card->uid);
	iq_content_text_line(&c, "ORG", card->institution);
	iq_content_text_line(&c, "TITLE", card->function);
	phone(&c, card->phone);
	iq_content_text_line(&c, "EMAIL;TYPE=work", card->email);
	address(&c, card);
	if (iq_content_is_url(card->url)) {
		iq_content_raw(&c, "URL;TYPE=work:");
		iq_content_raw_str(&c, card->url);
		iq_content_end(&c);
	}
	for (size_t i = 0; i < card->nlanguages; i++)
		if (is_language(card->languages[i]))
			iq_content_text_line(&c, "LANG", card->languages[i]);
	if (!iq_str_is(card->visibility, "public"))
		iq_content_text_line(&c, "X-IQ-CONFIDENTIALITY", card->visibility);
	if (card->changed > 0) {
		iq_content_utc(card->changed, stamp);
		iq_content_line(&c, "REV", stamp);
	}
	iq_content_line(&c, "END", "VCARD");
	return true;
}
