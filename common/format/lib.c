/* SPDX-License-Identifier: Apache-2.0 */
#include "lib.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct name {
	const char *name;
	size_t offset; /* of the pointer in the table */
};

/* Fills the table; false if the library or one of its functions is missing. */
static bool load(const char *file, const struct name *names, size_t n, void *table)
{
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; lib != NULL && i < n; i++) {
		void *f = dlsym(lib, names[i].name);

		if (f == NULL)
			return false;
		memcpy((char *)table + names[i].offset, &f, sizeof(f));
	}
	return lib != NULL;
}

/* The sonames of Debian 12, whose headers these tables are made from. */
#define TABLE(what, file, list, NAME)                                                              \
	const struct what *what(void)                                                              \
	{                                                                                          \
		static const struct name names[] = {list(NAME)};                                   \
		static struct what table;                                                          \
		static int loaded; /* 1: yes, -1: not to be had */                                 \
                                                                                                   \
		if (loaded == 0)                                                                   \
			loaded = load(file, names, sizeof(names) / sizeof(names[0]), &table) ? 1   \
											     : -1; \
		return loaded > 0 ? &table : NULL;                                                 \
	}

#define ZIP_NAME(f) {#f, offsetof(struct iq_lib_zip, f)},
#define XML_NAME(f) {#f, offsetof(struct iq_lib_xml, f)},
#define SECCOMP_NAME(f) {#f, offsetof(struct iq_lib_seccomp, f)},
#define SODIUM_NAME(f) {#f, offsetof(struct iq_lib_sodium, f)},
#define WRITER_NAME(f) {#f, offsetof(struct iq_lib_writer, f)},

TABLE(iq_lib_zip, "libzip.so.4", IQ_LIB_ZIP, ZIP_NAME)
TABLE(iq_lib_xml, "libexpat.so.1", IQ_LIB_XML, XML_NAME)
TABLE(iq_lib_seccomp, "libseccomp.so.2", IQ_LIB_SECCOMP, SECCOMP_NAME)
TABLE(iq_lib_sodium, "libsodium.so.23", IQ_LIB_SODIUM, SODIUM_NAME)
TABLE(iq_lib_writer, "libxlsxwriter.so.4", IQ_LIB_WRITER, WRITER_NAME)
