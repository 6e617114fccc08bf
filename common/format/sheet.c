/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet.h"

#include "confine.h"
#include "i18n.h"
#include "sheet_priv.h"

const char *iq_column_letters(size_t column, char out[4])
{
	char *p = out + 3;

	*p = '\0';
	for (size_t n = column + 1; n != 0 && p > out; n = (n - 1) / 26)
		*--p = (char)('A' + (n - 1) % 26);
	return p;
}

static struct iq_parse job(const struct iq_sheet_reader *reader, struct iq_str bytes)
{
	return (struct iq_parse){.what = IQ_PARSE_WORKBOOK,
		.bytes = bytes,
		.sheet = reader->only,
		.rows = reader->rows};
}

static bool is_workbook(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && strcasecmp(path + n - 5, ".xlsx") == 0;
}

enum iq_err iq_sheet_read(
	const char *path, const struct iq_sheet_reader *reader, struct iq_error *error)
{
	const char *slash = strrchr(path, '/');
	const struct iq_str file = iq_str(slash != NULL ? slash + 1 : path);
	struct iq_records records = {.file = file, .error = error, .reader = reader};
	struct iq_str bytes;

	if (!is_workbook(path))
		return iq_sheet_read_csv(path, file, reader, error);

	enum iq_err err = iq_file_map(path, &bytes, error);

	if (err != IQ_OK)
		return err;

	const struct iq_parse p = job(reader, bytes);

	err = iq_confined_run(&p, &records);
	iq_file_unmap(bytes);
	return err;
}

static bool put(void *ctx, enum iq_record type, struct iq_str content)
{
	return iq_records_take(ctx, type, content);
}

enum iq_err iq_sheet_parse(enum iq_form form, struct iq_str file, struct iq_str bytes,
	const struct iq_sheet_reader *reader, struct iq_error *error)
{
	const uint64_t before = error->problems_total;
	struct iq_records records = {.file = file, .error = error, .reader = reader};

	if (form == IQ_FORM_CSV)
		return iq_sheet_parse_csv(file, bytes, reader, error);

	struct iq_parse p = job(reader, bytes);

	p.put = put;
	p.ctx = &records;
	iq_records_begin(&records);
	iq_parse_run(&p);
	return iq_records_end(&records, before);
}
