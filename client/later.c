/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that a short question does not need, loaded with the first call of one of their
 * functions: JSON, tables, hashes and base64, the properties of letters beyond Latin, mathematics.
 * Linked, each would lengthen every start of the client by its mapping and its relocations, and all
 * together by an eighth. The functions here stand in for theirs; a missing one is found by the
 * linker. Only the main thread calls them.
 */
#include <dlfcn.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "client.h"

/* The sonames of Debian 12, whose headers the calls are made from. */
struct library {
	const char *file;
	void *handle;
};
static struct library json = {"libjansson.so.4", NULL}, scols = {"libsmartcols.so.1", NULL},
		      sodium = {"libsodium.so.23", NULL}, letters = {"libutf8proc.so.2", NULL},
		      maths = {"libm.so.6", NULL};

/* Ends the program where a library is missing, as the dynamic linker does. */
static void *find(struct library *lib, const char *name)
{
	if (lib->handle == NULL)
		lib->handle = dlopen(lib->file, RTLD_NOW | RTLD_LOCAL);
	void *f = lib->handle != NULL ? dlsym(lib->handle, name) : NULL;

	if (f != NULL)
		return f;
	fprintf(stderr, "iqq: %s\n", dlerror());
	exit(iq_err_exit_status(IQ_ERR_INTERNAL));
}

#define LATER(lib, result, name, parameters, arguments)                                            \
	result name parameters                                                                     \
	{                                                                                          \
		static __typeof__(name) *real;                                                     \
                                                                                                   \
		if (real == NULL)                                                                  \
			real = (__typeof__(name) *)find(&(lib), #name);                            \
		return real arguments;                                                             \
	}

/* ---- jansson ------------------------------------------------------------------------------ */

LATER(json, json_t *, json_object, (void), ())
LATER(json, json_t *, json_array, (void), ())
LATER(json, json_t *, json_string, (const char *v), (v))
LATER(json, json_t *, json_stringn, (const char *v, size_t n), (v, n))
LATER(json, json_t *, json_integer, (json_int_t v), (v))
LATER(json, json_t *, json_true, (void), ())
LATER(json, json_t *, json_false, (void), ())
LATER(json, json_t *, json_null, (void), ())
LATER(json, void, json_delete, (json_t * j), (j))
LATER(json, const char *, json_string_value, (const json_t *j), (j))
LATER(json, int, json_equal, (const json_t *a, const json_t *b), (a, b))
LATER(json, char *, json_dumps, (const json_t *j, size_t flags), (j, flags))
LATER(json, json_t *, json_loadb, (const char *p, size_t n, size_t flags, json_error_t *e),
	(p, n, flags, e))
LATER(json, size_t, json_array_size, (const json_t *a), (a))
LATER(json, json_t *, json_array_get, (const json_t *a, size_t i), (a, i))
LATER(json, int, json_array_set_new, (json_t * a, size_t i, json_t *v), (a, i, v))
LATER(json, int, json_array_append_new, (json_t * a, json_t *v), (a, v))
LATER(json, size_t, json_object_size, (const json_t *o), (o))
LATER(json, json_t *, json_object_get, (const json_t *o, const char *key), (o, key))
LATER(json, int, json_object_set_new, (json_t * o, const char *key, json_t *v), (o, key, v))
LATER(json, int, json_object_del, (json_t * o, const char *key), (o, key))
LATER(json, int, json_object_update, (json_t * o, json_t *other), (o, other))
LATER(json, void *, json_object_iter, (json_t * o), (o))
LATER(json, void *, json_object_iter_next, (json_t * o, void *at), (o, at))
LATER(json, const char *, json_object_iter_key, (void *at), (at))
LATER(json, json_t *, json_object_iter_value, (void *at), (at))
LATER(json, void *, json_object_key_to_iter, (const char *key), (key))

json_t *json_pack(const char *format, ...)
{
	static __typeof__(json_vpack_ex) *real;
	va_list values;

	if (real == NULL)
		real = (__typeof__(json_vpack_ex) *)find(&json, "json_vpack_ex");
	va_start(values, format);
	json_t *made = real(NULL, 0, format, values);

	va_end(values);
	return made;
}

/* ---- libsmartcols ------------------------------------------------------------------------- */

#define table struct libscols_table
#define line struct libscols_line
#define column struct libscols_column
#define cell struct libscols_cell

LATER(scols, table *, scols_new_table, (void), ())
LATER(scols, void, scols_unref_table, (table * t), (t))
LATER(scols, int, scols_table_enable_colors, (table * t, int on), (t, on))
LATER(scols, int, scols_table_enable_minout, (table * t, int on), (t, on))
LATER(scols, int, scols_table_enable_noencoding, (table * t, int on), (t, on))
LATER(scols, int, scols_table_enable_noheadings, (table * t, int on), (t, on))
LATER(scols, int, scols_table_set_column_separator, (table * t, const char *s), (t, s))
LATER(scols, int, scols_table_set_termforce, (table * t, int force), (t, force))
LATER(scols, int, scols_table_set_termwidth, (table * t, size_t width), (t, width))
LATER(scols, column *, scols_table_new_column, (table * t, const char *name, double w, int flags),
	(t, name, w, flags))
LATER(scols, line *, scols_table_new_line, (table * t, line *parent), (t, parent))
LATER(scols, line *, scols_table_get_line, (table * t, size_t n), (t, n))
LATER(scols, int, scols_print_table_to_string, (table * t, char **out), (t, out))
LATER(scols, int, scols_table_print_range_to_string, (table * t, line *from, line *to, char **out),
	(t, from, to, out))
LATER(scols, int, scols_line_set_data, (line * l, size_t n, const char *data), (l, n, data))
LATER(scols, cell *, scols_line_get_cell, (line * l, size_t n), (l, n))
LATER(scols, int, scols_cell_set_color, (cell * c, const char *color), (c, color))
LATER(scols, int, scols_column_set_safechars, (column * c, const char *safe), (c, safe))
LATER(scols, size_t, scols_wrapnl_chunksize, (const column *c, const char *data, void *arg),
	(c, data, arg))
LATER(scols, char *, scols_wrapnl_nextchunk, (const column *c, char *data, void *arg),
	(c, data, arg))
LATER(scols, int, scols_column_set_wrapfunc,
	(column * c, size_t (*size)(const column *, const char *, void *),
		char *(*next)(const column *, char *, void *), void *arg),
	(c, size, next, arg))

/* ---- libsodium ---------------------------------------------------------------------------- */

#define byte unsigned char

LATER(sodium, int, crypto_generichash,
	(byte * out, size_t nout, const byte *in, unsigned long long nin, const byte *key,
		size_t nkey),
	(out, nout, in, nin, key, nkey))
LATER(sodium, int, crypto_hash_sha256_init, (crypto_hash_sha256_state * s), (s))
LATER(sodium, int, crypto_hash_sha256_update,
	(crypto_hash_sha256_state * s, const byte *in, unsigned long long n), (s, in, n))
LATER(sodium, int, crypto_hash_sha256_final, (crypto_hash_sha256_state * s, byte *out), (s, out))
LATER(sodium, char *, sodium_bin2hex, (char *out, size_t nout, const byte *in, size_t n),
	(out, nout, in, n))
LATER(sodium, char *, sodium_bin2base64,
	(char *out, size_t nout, const byte *in, size_t n, int variant),
	(out, nout, in, n, variant))
LATER(sodium, int, sodium_base642bin,
	(byte * out, size_t nout, const char *in, size_t n, const char *ignore, size_t *got,
		const char **end, int variant),
	(out, nout, in, n, ignore, got, end, variant))

/* ---- utf8proc, libm ----------------------------------------------------------------------- */

LATER(letters, utf8proc_category_t, utf8proc_category, (utf8proc_int32_t c), (c))
LATER(letters, int, utf8proc_charwidth, (utf8proc_int32_t c), (c))
LATER(letters, utf8proc_ssize_t, utf8proc_encode_char, (utf8proc_int32_t c, utf8proc_uint8_t *out),
	(c, out))
LATER(letters, utf8proc_ssize_t, utf8proc_decompose,
	(const utf8proc_uint8_t *s, utf8proc_ssize_t n, utf8proc_int32_t *out,
		utf8proc_ssize_t nout, utf8proc_option_t options),
	(s, n, out, nout, options))

LATER(maths, double, floor, (double x), (x))
LATER(maths, long, lround, (double x), (x))
LATER(maths, double, pow, (double x, double y), (x, y))
