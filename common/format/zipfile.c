/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: only what Excel and ordinary packers write, within bounds of size and proportion. */
#include <stdlib.h>
#include <strings.h>

#include "bounds.h"
#include "parse.h"

enum { PIECE = 1 << 14 };

static int by_name(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two entries of one name: readers would disagree about which one counts. */
static bool check_names(struct iq_parse *p, const char **names, size_t n)
{
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 1; i < n; i++)
		if (strcasecmp(names[i - 1], names[i]) == 0)
			return iq_parse_fail(p, IQ_PARSE_TWICE, iq_str(names[i]));
	return true;
}

static bool check_entry(struct iq_zip *z, zip_uint64_t i, const char **name)
{
	const zip_uint64_t wanted =
		ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
	zip_stat_t st;

	if (z->lib->zip_stat_index(z->archive, i, 0, &st) != 0 || (st.valid & wanted) != wanted)
		return iq_parse_fail(z->p, IQ_PARSE_NO_ZIP, IQ_STR(""));
	*name = st.name;
	if (st.encryption_method != ZIP_EM_NONE)
		return iq_parse_fail(z->p, IQ_PARSE_ENCRYPTED, iq_str(st.name));
	if (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE)
		return iq_parse_fail(z->p, IQ_PARSE_METHOD, iq_str(st.name));
	return true;
}

bool iq_zip_open(struct iq_zip *z, struct iq_parse *p, uint64_t unpacked)
{
	zip_error_t error;
	zip_source_t *source;

	*z = (struct iq_zip){.p = p, .lib = iq_lib_zip(), .left = unpacked};
	if (z->lib == NULL)
		return iq_parse_fail(p, IQ_PARSE_LIBRARY, IQ_STR("libzip"));
	source = z->lib->zip_source_buffer_create(p->bytes.p, p->bytes.n, 0, &error);
	if (source == NULL)
		return iq_parse_fail(p, IQ_PARSE_MEMORY, IQ_STR(""));
	z->archive = z->lib->zip_open_from_source(source, ZIP_RDONLY, &error);
	if (z->archive == NULL) {
		z->lib->zip_source_free(source);
		return iq_parse_fail(p, IQ_PARSE_NO_ZIP, IQ_STR(""));
	}

	zip_int64_t n = z->lib->zip_get_num_entries(z->archive, 0);

	if (n > IQ_LIMIT_SHEET_ENTRIES)
		return iq_parse_fail(p, IQ_PARSE_ENTRIES, IQ_STR(""));

	const char **names = calloc((size_t)n + 1, sizeof(*names));
	bool ok = true;

	if (names == NULL)
		return iq_parse_fail(p, IQ_PARSE_MEMORY, IQ_STR(""));

	for (zip_int64_t i = 0; ok && i < n; i++)
		ok = check_entry(z, (zip_uint64_t)i, &names[i]);
	ok = ok && check_names(p, names, (size_t)n);
	free(names);
	return ok;
}

void iq_zip_close(struct iq_zip *z)
{
	if (z->archive != NULL)
		z->lib->zip_discard(z->archive);
	z->archive = NULL;
}

int64_t iq_zip_find(struct iq_zip *z, struct iq_str name)
{
	zip_int64_t n = z->lib->zip_get_num_entries(z->archive, 0);
	zip_stat_t st;

	for (zip_int64_t i = 0; i < n; i++)
		if (z->lib->zip_stat_index(z->archive, (zip_uint64_t)i, 0, &st) == 0 &&
			strlen(st.name) == name.n && strncasecmp(st.name, name.p, name.n) == 0)
			return i;
	return -1;
}

bool iq_zip_read(
	struct iq_zip *z, int64_t at, bool (*take)(void *arg, const char *p, size_t n), void *arg)
{
	zip_stat_t st = {0};
	char piece[PIECE];
	uint64_t sum = 0;
	zip_int64_t n = -1;

	if (z->lib->zip_stat_index(z->archive, (zip_uint64_t)at, 0, &st) != 0)
		return iq_parse_fail(z->p, IQ_PARSE_NO_ZIP, IQ_STR(""));

	zip_file_t *file = z->lib->zip_fopen_index(z->archive, (zip_uint64_t)at, 0);
	bool ok = file != NULL;

	/* what is declared is not believed: what comes out is counted */
	while (ok && (n = z->lib->zip_fread(file, piece, sizeof(piece))) > 0) {
		sum += (uint64_t)n;
		if ((uint64_t)n > z->left)
			ok = iq_parse_fail(z->p, IQ_PARSE_UNPACKED, IQ_STR(""));
		else if (sum > IQ_LIMIT_SHEET_SMALL && sum / IQ_LIMIT_SHEET_RATIO > st.comp_size)
			ok = iq_parse_fail(z->p, IQ_PARSE_RATIO, iq_str(st.name));
		else
			ok = take(arg, piece, (size_t)n);
		z->left -= ok ? (uint64_t)n : 0;
	}
	if (file != NULL)
		z->lib->zip_fclose(file);
	if (file == NULL || (ok && n < 0))
		return iq_parse_fail(z->p, IQ_PARSE_DAMAGED, iq_str(st.name));
	return ok;
}
