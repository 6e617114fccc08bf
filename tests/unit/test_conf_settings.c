/* SPDX-License-Identifier: Apache-2.0 */
/* iqd.conf: every line counts, and a mistake is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "settings.h"

static struct iq_conf conf;
static struct iq_arena arena;
static struct iq_error error;

static enum iq_err parse(const char *text)
{
	iq_arena_reset(&arena);
	iq_error_init(&error, &arena);
	return iq_conf_parse(&conf, "iqd.conf", iq_str(text), &error);
}

static void defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), IQ_OK);
	assert_string_equal(conf.name, "localhost");
	assert_string_equal(conf.listen, IQ_LISTEN_DEFAULT);
	assert_int_equal(conf.workers, 0);
	assert_false(conf.anonymous);
	assert_string_equal(conf.client_ca, "");
	assert_int_equal(conf.quota, 50);
	assert_string_equal(conf.reasons, "referral case-question workshop correction");
	assert_int_equal(conf.given, 0);
	for (size_t i = 0; iq_conf_option(i) != NULL; i++)
		assert_int_equal(conf.line[i], 0);
	assert_int_equal(conf.log.of[IQ_LOG_STORE], IQ_LOG_INFO);
}

static void values(void **state)
{
	(void)state;
	assert_int_equal(parse("# a comment\n; another\n[server]\r\n  name=iq.example.org \n"
			       "listen = [::]:7430\nworkers = 3\nanonymous = yes\n"
			       "client_ca = /etc/ssl/pki = old.pem\nquota = 7\n"
			       "reasons =  referral   audit-visit \n"),
		IQ_OK);
	assert_string_equal(conf.name, "iq.example.org");
	assert_string_equal(conf.listen, "[::]:7430");
	assert_int_equal(conf.workers, 3);
	assert_true(conf.anonymous);
	assert_string_equal(conf.client_ca, "/etc/ssl/pki = old.pem");
	assert_int_equal(conf.quota, 7);
	assert_string_equal(conf.reasons, "referral audit-visit");
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *line, *about;
	} cases[] = {
		{"\nname\n", "2", NULL},
		{"[client]\n", "1", NULL},
		{"nmae = x\n", "1", "nmae"},
		{"workers = 65\n", "1", "workers"},
		{"workers = -1\n", "1", "workers"},
		{"workers = 1x\n", "1", "workers"},
		{"workers =\n", "1", "workers"},
		{"quota = 0\n", "1", "quota"},
		{"quota = 9999999\n", "1", "quota"},
		{"anonymous = maybe\n", "1", "anonymous"},
		{"anonymous = true\n", "1", "anonymous = true"},
		{"log = chatty\n", "1", "log"},
		{"log = info quota=debug\n", "1", "log"},
		{"name = \n", "1", "name"},
		{"name = a\x01\n", "1", "name"},
		{"reasons = \n", "1", "reasons"},
		{"reasons = Referral\n", "1", "reasons"},
		{"reasons = a -b\n", "1", "reasons"},
		{"quota = 5\nquota = 6\n", "2", "quota"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (parse(cases[i].text) != IQ_ERR_USAGE)
			fail_msg("accepted: %s", cases[i].text);
		assert_true(iq_str_is(error.args[0], "iqd.conf"));
		assert_true(iq_str_is(error.args[1], cases[i].line));
		if (cases[i].about != NULL)
			assert_true(iq_str_is(error.args[2], cases[i].about));
	}
}

/* All of them are told, and what may have been meant. */
static void every_mistake(void **state)
{
	(void)state;
	assert_int_equal(
		parse("lsten = x\nquota = 7\nanonymous = nein\nzzzzzz = 1\nlog = wraning\n"),
		IQ_ERR_USAGE);
	assert_int_equal(error.nproblems, 4);
	assert_int_equal(error.problems[0].line, 1);
	assert_true(iq_str_is(error.problems[0].args[3], "listen"));
	assert_int_equal(error.problems[1].line, 3);
	assert_true(iq_str_is(error.problems[1].args[3], "anonymous = no"));
	assert_int_equal(error.problems[2].line, 4);
	assert_true(iq_str_is(error.problems[3].args[3], "log = warning"));
	assert_int_equal(conf.quota, 7);
	assert_int_equal(conf.line[iq_conf_index("quota")], 2);
}

/* What is written is what is read, and the manual knows every option. */
static void round_trip(void **state)
{
	struct iq_buf text, manual;

	(void)state;
	iq_buf_init(&text, 0);
	iq_buf_init(&manual, 0);
	for (size_t i = 0; iq_conf_option(i) != NULL; i++) {
		iq_buf_printf(&text, "%s = ", iq_conf_option(i)->name);
		iq_buf_printf(&text, "%s\n", iq_conf_option(i)->initial);
	}
	iq_buf_byte(&text, '\0');
	assert_int_equal(parse((char *)text.p), IQ_OK);
	iq_buf_reset(&text, 0);
	strcpy(conf.name, "iq.example.org");
	assert_true(iq_conf_text(&conf, &text));
	iq_buf_byte(&text, '\0');
	assert_non_null(strstr((char *)text.p, "#quota = 50\n"));
	assert_int_equal(parse((char *)text.p), IQ_OK);
	assert_string_equal(conf.name, "iq.example.org");
	assert_int_equal(conf.line[iq_conf_index("name")], 3);
	assert_int_equal(conf.line[iq_conf_index("listen")], 4);
	assert_int_equal(conf.line[iq_conf_index("quota")], 0);
	iq_conf_manual(&manual);
	iq_buf_byte(&manual, '\0');
	assert_non_null(strstr((char *)manual.p, "*client\\_ca* = "));
	iq_buf_free(&text);
	iq_buf_free(&manual);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(values),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(every_mistake),
		cmocka_unit_test(round_trip),
	};
	iq_arena_init(&arena, 0);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	iq_arena_free(&arena);
	return failed;
}
