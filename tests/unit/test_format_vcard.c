/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vcard.h"

static struct iq_buf out;

static int setup(void **state)
{
	(void)state;
	iq_buf_init(&out, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_buf_free(&out);
	return 0;
}

static const char *card(const struct iq_vcard *v)
{
	iq_buf_reset(&out, 0);
	assert_true(iq_vcard_write(&out, v));
	iq_buf_byte(&out, 0);
	assert_false(out.failed);
	return (const char *)out.p;
}

static void test_person(void **state)
{
	static const struct iq_str languages[] = {
		{"de", 2}, {"zh-Hant", 7}, {"Deutsch und so", 14}, {"-", 1}, {"de-", 3}};

	(void)state;
	assert_string_equal(card(&(struct iq_vcard){.uid = IQ_STR("contact/em@iqd.example.org"),
				    .name = IQ_STR("Mustermann, Erika"),
				    .institution = IQ_STR("Jobcenter Leipzig; Team 7"),
				    .function = IQ_STR("Fallmanagement\\Asyl"),
				    .phone = IQ_STR("+49 30 23125 100"),
				    .email = IQ_STR("erika.mustermann@example.org"),
				    .url = IQ_STR("https://example.org/jc"),
				    .street = IQ_STR("Georg-Schumann-Straße 150, Haus B"),
				    .postcode = IQ_STR("04159"),
				    .town = IQ_STR("Leipzig"),
				    .languages = languages,
				    .nlanguages = 5,
				    .visibility = IQ_STR("partners"),
				    .changed = INT64_C(1795348800000000)}),
		"BEGIN:VCARD\r\n"
		"VERSION:4.0\r\n"
		"KIND:individual\r\n"
		"FN:Mustermann\\, Erika\r\n"
		"UID;VALUE=text:contact/em@iqd.example.org\r\n"
		"ORG:Jobcenter Leipzig\\; Team 7\r\n"
		"TITLE:Fallmanagement\\\\Asyl\r\n"
		"TEL;VALUE=uri;TYPE=work:tel:+49-30-23125-100\r\n"
		"EMAIL;TYPE=work:erika.mustermann@example.org\r\n"
		"ADR;TYPE=work:;;Georg-Schumann-Straße 150\\, Haus B;Leipzig;;04159;\r\n"
		"URL;TYPE=work:https://example.org/jc\r\n"
		"LANG:de\r\n"
		"LANG:zh-Hant\r\n"
		"X-IQ-CONFIDENTIALITY:partners\r\n"
		"REV:20261122T120000Z\r\n"
		"END:VCARD\r\n");
}

/* Nothing is made up, and no empty line is left behind. */
static void test_only_what_is_given(void **state)
{
	(void)state;
	assert_string_equal(card(&(struct iq_vcard){
				    .name = IQ_STR("Max Muster"), .visibility = IQ_STR("public")}),
		"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:individual\r\nFN:Max Muster\r\nEND:VCARD\r\n");
	/* the name is withheld */
	assert_string_equal(card(&(struct iq_vcard){.function = IQ_STR("Beratung"),
				    .institution = IQ_STR("vhs Leipzig")}),
		"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:individual\r\nFN:Beratung\\, vhs Leipzig\r\n"
		"ORG:vhs Leipzig\r\nTITLE:Beratung\r\nEND:VCARD\r\n");
	assert_string_equal(card(&(struct iq_vcard){.institution = IQ_STR("vhs Leipzig")}),
		"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:individual\r\nFN:vhs Leipzig\r\n"
		"ORG:vhs Leipzig\r\nEND:VCARD\r\n");
	assert_string_equal(card(&(struct iq_vcard){.organisation = true,
				    .institution = IQ_STR("vhs Leipzig"),
				    .town = IQ_STR("Leipzig"),
				    .url = IQ_STR("www.example.org")}),
		"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nFN:vhs Leipzig\r\n"
		"ORG:vhs Leipzig\r\nADR;TYPE=work:;;;Leipzig;;;\r\nEND:VCARD\r\n");
	iq_buf_reset(&out, 0);
	assert_false(iq_vcard_write(&out, &(struct iq_vcard){.phone = IQ_STR("1")}));
	assert_false(iq_vcard_write(
		&out, &(struct iq_vcard){.organisation = true, .name = IQ_STR("x")}));
	assert_int_equal(out.n, 0);
}

static void test_phones(void **state)
{
	static const struct {
		const char *phone, *line;
	} cases[] = {
		{"+49 (30) 23125-100", "TEL;VALUE=uri;TYPE=work:tel:+49-(30)-23125-100\r\n"},
		{"030 23125 100", "TEL;TYPE=work:030 23125 100\r\n"},
		{"+49 341 1234 oder 5678", "TEL;TYPE=work:+49 341 1234 oder 5678\r\n"},
		{"+", "TEL;TYPE=work:+\r\n"},
		{"115; Zentrale", "TEL;TYPE=work:115\\; Zentrale\r\n"},
		{"+1\r\nNOTE:x", "TEL;TYPE=work:+1\\nNOTE:x\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = card(
			&(struct iq_vcard){.name = IQ_STR("x"), .phone = iq_str(cases[i].phone)});

		if (strstr(got, cases[i].line) == NULL)
			fail_msg("%s: %s", cases[i].phone, got);
	}
}

static void test_folding(void **state)
{
	char name[300];
	const char *p;

	(void)state;
	memset(name, 'n', sizeof(name));
	p = card(&(struct iq_vcard){.name = {name, sizeof(name)}});
	for (const char *end; (end = strstr(p, "\r\n")) != NULL; p = end + 2)
		assert_true(end - p <= 75);
	assert_string_equal(p, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_person),
		cmocka_unit_test(test_only_what_is_given),
		cmocka_unit_test(test_phones),
		cmocka_unit_test(test_folding),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
