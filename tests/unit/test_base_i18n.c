/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "i18n.h"

static const char *const variables[] = {"IQQ_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

enum { VARIABLES = sizeof(variables) / sizeof(variables[0]) };

static void set(const char *const values[VARIABLES])
{
	for (size_t i = 0; i < VARIABLES; i++) {
		if (values[i] != NULL)
			setenv(variables[i], values[i], 1);
		else
			unsetenv(variables[i]);
	}
}

static void language_is_chosen(void **state)
{
	static const struct {
		const char *force, *env[VARIABLES];
		enum iq_lang lang;
	} rows[] = {
		{NULL, {NULL, NULL, NULL, NULL, NULL}, IQ_LANG_EN},
		{NULL, {NULL, NULL, NULL, NULL, "de_DE.UTF-8"}, IQ_LANG_DE},
		{NULL, {NULL, NULL, NULL, NULL, "de_AT@euro"}, IQ_LANG_DE},
		{NULL, {NULL, NULL, NULL, NULL, "C.UTF-8"}, IQ_LANG_EN},
		{NULL, {NULL, NULL, "C", NULL, "de_DE.UTF-8"}, IQ_LANG_EN},
		{NULL, {NULL, NULL, "POSIX", NULL, "de_DE.UTF-8"}, IQ_LANG_EN},
		{NULL, {NULL, NULL, "", NULL, "de_DE.UTF-8"}, IQ_LANG_DE},
		{NULL, {NULL, NULL, NULL, "en_GB.UTF-8", "de_DE.UTF-8"}, IQ_LANG_EN},
		{NULL, {NULL, NULL, NULL, "fr_FR.UTF-8", "de_DE.UTF-8"}, IQ_LANG_DE},
		{NULL, {NULL, "fr:de:en", NULL, NULL, "en_US.UTF-8"}, IQ_LANG_DE},
		{NULL, {"de", "en", "en_US.UTF-8", NULL, NULL}, IQ_LANG_DE},
		{NULL, {"en", "de", "de_DE.UTF-8", NULL, NULL}, IQ_LANG_EN},
		{NULL, {NULL, NULL, NULL, NULL, "Catalan"}, IQ_LANG_EN},
		{"de", {"en", "en", "C", NULL, NULL}, IQ_LANG_DE},
		{"en", {"de", "de", "de_DE.UTF-8", NULL, NULL}, IQ_LANG_EN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set(rows[i].env);
		if (iq_i18n_init(rows[i].force) != rows[i].lang)
			fail_msg("row %zu", i);
		assert_string_equal(nl_langinfo(CODESET), "UTF-8");
		/* the texts follow, whatever locales this machine has */
		assert_string_equal(_("The input contains errors."),
			rows[i].lang == IQ_LANG_DE ? "Die Eingabe enthält Fehler."
						   : "The input contains errors.");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(language_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
