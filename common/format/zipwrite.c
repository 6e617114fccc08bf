/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle as .zip, by libzip. */
#include <stdio.h>

#include "bundle.h"
#include "i18n.h"
#include "lib.h"

enum { CREATED = 946684800 }; /* 2000-01-01: the same files give the same archive */

static enum iq_err cannot(struct iq_error *error, const char *path, const char *why)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("Cannot write {0}: {1}."),
		N_("Check the path and the permissions of the folder."), path, why, NULL);
}

static bool add(const struct iq_lib_zip *lib, zip_t *zip, const char *file, const char *name)
{
	zip_source_t *source = lib->zip_source_file(zip, file, 0, -1);
	zip_int64_t at =
		source != NULL ? lib->zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;

	if (source != NULL && at < 0)
		lib->zip_source_free(source);
	return at >= 0 && lib->zip_file_set_mtime(zip, (zip_uint64_t)at, CREATED, 0) == 0;
}

enum iq_err iq_bundle_zip(const char *dir, const char *path, struct iq_error *error)
{
	const struct iq_lib_zip *lib = iq_lib_zip();
	bool ok = true;
	int code = 0;

	if (lib == NULL)
		return iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("{0} cannot be written: the library {1} is not installed."),
			N_("Install the Debian package of that library, or write CSV."), path,
			"libzip", NULL);

	zip_t *zip = lib->zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);

	if (zip == NULL)
		return cannot(error, path, "zip_open");
	for (int k = 0; ok && k < IQ_KINDS; k++) {
		char file[4096], name[64];
		FILE *f;

		snprintf(name, sizeof(name), "%s.csv", iq_schemas[k].file);
		ok = snprintf(file, sizeof(file), "%s/%s", dir, name) < (int)sizeof(file);
		f = ok ? fopen(file, "rbe") : NULL;
		if (f == NULL)
			continue;
		fclose(f);
		ok = add(lib, zip, file, name);
	}
	if (ok && lib->zip_close(zip) == 0)
		return IQ_OK;
	if (!ok)
		lib->zip_discard(zip);
	return cannot(error, path, "libzip");
}
