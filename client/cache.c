/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "bundle.h"
#include "cache.h"
#include "codec.h"
#include "log.h"

static const enum iq_kind kinds[] = {IQ_REGION, IQ_POSTCODE, IQ_TASK, IQ_STATUS, IQ_FACT, IQ_KIND};
enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char *iq_cache_folder(struct iq_cli *cli)
{
	const char *profile = iq_setting_get(cli, "profile", NULL);

	if (profile == NULL || !iq_profile_name_valid(profile))
		return NULL;
	return iq_path_cache(cli, profile);
}

static bool current(struct iq_cli *cli, const char *folder, uint64_t revision)
{
	const char *path = iq_arena_printf(&cli->arena, "%s/revision", folder);
	struct iq_str text;

	return iq_read_file(cli, path, &text) && strtoull(text.p, NULL, 10) == revision;
}

static void add_page(struct iq_cli *cli, struct iq_buf *files, const Iq__V1__ExportResponse *r)
{
	for (size_t i = 0; i < r->n_records; i++) {
		struct iq_rec rec = {0};

		if (!iq_codec_from_record(&rec, r->records[i], &cli->arena))
			continue;
		for (size_t k = 0; k < NKINDS; k++)
			if (rec.kind == kinds[k])
				iq_bundle_write_record(&files[k], &rec, &cli->arena);
	}
}

/* All pages of one revision into `files`; false if that did not work. */
static bool fetch(
	struct iq_cli *cli, struct iq_call *call, uint64_t *revision, struct iq_buf *files)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ExportRequest q = IQ__V1__EXPORT_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_error ignored;
	char *names[NKINDS];

	iq_error_init(&ignored, &cli->arena);
	for (size_t k = 0; k < NKINDS; k++)
		names[k] = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kinds[k]].name));
	q.kinds = names;
	q.n_kinds = NKINDS;
	rq.op_case = IQ__V1__REQUEST__OP_EXPORT;
	rq.export = &q;
	*revision = 0;
	do {
		if (iq_call(call, &rq, &cli->arena, &rs, &ignored) != IQ_OK ||
			rs->result_case != IQ__V1__RESPONSE__RESULT_EXPORT)
			return false;
		if (*revision != 0 && *revision != rs->export->revision)
			return false;
		*revision = rs->export->revision;
		add_page(cli, files, rs->export);
		q.cursor = rs->export->cursor;
	} while (q.cursor.len > 0);
	return true;
}

void iq_cache_refresh(struct iq_cli *cli, struct iq_call *call, uint64_t revision)
{
	const char *folder = iq_cache_folder(cli);
	struct iq_buf files[NKINDS];
	struct iq_error kept = cli->error;
	bool ok;

	if (folder == NULL || current(cli, folder, revision))
		return;
	for (size_t k = 0; k < NKINDS; k++) {
		iq_buf_init(&files[k], 0);
		iq_bundle_write_header(&files[k], kinds[k]);
	}
	ok = iq_make_dirs(cli, folder) == IQ_OK && fetch(cli, call, &revision, files);
	for (size_t k = 0; k < NKINDS; k++) {
		const char *path = iq_arena_printf(
			&cli->arena, "%s/%s.csv", folder, iq_schemas[kinds[k]].file);

		ok = ok && iq_write_file(cli, path,
				   (struct iq_str){(char *)files[k].p, files[k].n}) == IQ_OK;
		iq_buf_free(&files[k]);
	}
	const char *number = iq_arena_printf(&cli->arena, "%llu\n", (unsigned long long)revision);

	/* last: without it the cache does not count */
	if (ok && iq_write_file(cli, iq_arena_printf(&cli->arena, "%s/revision", folder),
			  iq_str(number)) != IQ_OK)
		iq_log(IQ_LOG_DEBUG, "the vocabulary was not kept in %s", folder);
	cli->error = kept; /* whatever went wrong here is no failure of the command */
}
