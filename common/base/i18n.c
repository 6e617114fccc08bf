/* SPDX-License-Identifier: Apache-2.0 */
#include "i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "iq"

enum { PATH_LENGTH = 4096 };

/* True if `s` ("de_DE.UTF-8", "C", "deutsch") is of one of our languages. */
static bool language_of(const char *s, enum iq_lang *lang)
{
	if (strncmp(s, "de", 2) == 0)
		*lang = IQ_LANG_DE;
	else if (strncmp(s, "en", 2) == 0 || strncmp(s, "POSIX", 5) == 0 ||
		 (s[0] == 'C' && strchr(".:", s[1]) != NULL))
		*lang = IQ_LANG_EN;
	else
		return false;
	return true;
}

static enum iq_lang choose(const char *force)
{
	static const char *const variables[] = {
		"IQQ_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
	enum iq_lang lang = IQ_LANG_EN;

	if (force != NULL) {
		language_of(force, &lang);
		return lang;
	}
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		while (value != NULL && *value != '\0') { /* LANGUAGE is a list */
			if (language_of(value, &lang))
				return lang;

			size_t n = strcspn(value, ":");

			value += n + (value[n] == ':');
		}
	}
	return lang;
}

/* The catalogues of the build tree, beside the folder of the running program. */
static bool build_tree(char *dir, size_t size)
{
	char exe[PATH_LENGTH], file[PATH_LENGTH + 64];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return false;
	exe[n] = '\0';

	char *slash = strrchr(exe, '/');

	if (slash == NULL)
		return false;
	*slash = '\0';
	snprintf(file, sizeof(file), "%s/../locale/de/LC_MESSAGES/" DOMAIN ".mo", exe);

	int len = snprintf(dir, size, "%s/../locale", exe);

	return len > 0 && (size_t)len < size && access(file, R_OK) == 0;
}

enum iq_lang iq_i18n_init(const char *force)
{
	char dir[PATH_LENGTH];
	enum iq_lang lang = choose(force);

	/* gettext looks at LANGUAGE only if the locale is not plain "C"; C.UTF-8 is part of
	 * glibc and needs no locale to be generated. The other categories are the same in both. */
	setlocale(LC_MESSAGES, "C.UTF-8");
	if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	setenv("LANGUAGE", lang == IQ_LANG_DE ? "de" : "en", 1);
	bindtextdomain(DOMAIN, build_tree(dir, sizeof(dir)) ? dir : IQ_LOCALEDIR);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
	return lang;
}
