/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_I18N_H
#define IQ_BASE_I18N_H

/*
 * German and English texts by gettext. German must work on a machine without a German locale:
 * the locale is C.UTF-8 then and LANGUAGE selects the catalogue.
 */

#include <libintl.h>

#define _(s) gettext(s)
#define N_(s) s

enum iq_lang { IQ_LANG_DE, IQ_LANG_EN };

/*
 * Chooses the language: `force` ("de", "en") if not NULL, else the first non-empty of
 * IQQ_LANG, LANGUAGE, LC_ALL, LC_MESSAGES, LANG that begins with de or en ("C", "POSIX": en),
 * else English. Sets LC_CTYPE (C.UTF-8 if the environment's is not UTF-8) and binds the catalogue:
 * ../locale beside the running program's folder (build tree) if it is there, else the
 * installed one. Main thread, once at start (calling again changes the language).
 */
enum iq_lang iq_i18n_init(const char *force);

#endif
