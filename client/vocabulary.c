/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"
#include "cache.h"
#include "check.h"
#include "session.h"
#include "vocabulary.h"

struct reading {
	struct iq_directory *directory;
	enum iq_kind kind;
	int at[IQ_COLUMNS_MAX];
	size_t n;
	bool usable, any;
	struct iq_arena scratch;
	struct iq_error *error;
};

enum iq_err iq_vocabulary_update(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__StatusRequest q = IQ__V1__STATUS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(cli, false, &call);

	rq.op_case = IQ__V1__REQUEST__OP_STATUS;
	rq.status = &q;
	if (err == IQ_OK)
		err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_STATUS);
	if (err == IQ_OK)
		iq_cache_refresh(cli, call, rs->status->revision);
	iq_session_close(call);
	return iq_explain_login(cli, err);
}

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct reading *r = arg;
	struct iq_problem where = {.file = file->name, .line = 1};

	r->kind = file->kind;
	r->usable = n <= IQ_COLUMNS_MAX &&
		    iq_check_header(file->kind, columns, n, r->at, &where, r->error) == IQ_OK;
	r->n = n;
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct reading *r = arg;
	struct iq_rec rec = {.kind = r->kind};
	bool good = r->usable;

	(void)line;
	iq_arena_reset(&r->scratch);
	for (size_t i = 0; good && i < n && i < r->n; i++) {
		struct iq_problem p = {0};

		if (r->at[i] >= 0)
			good = iq_rec_read_cell(&rec, r->at[i], cells[i], &r->scratch, &p) == IQ_OK;
	}
	if (good && iq_directory_put(r->directory, &rec) != IQ_NONE)
		r->any = true;
	return IQ_OK;
}

struct iq_directory *iq_vocabulary_read(struct iq_cli *cli)
{
	const char *folder = iq_cache_folder(cli);
	struct reading r = {.directory = NULL};
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, &r};
	struct iq_bundle bundle;
	struct iq_error ignored;

	iq_error_init(&ignored, &cli->arena);
	if (folder == NULL || iq_bundle_open(&folder, 1, &cli->arena, &bundle, &ignored) != IQ_OK)
		return NULL;
	r.directory = iq_directory_new();
	r.error = &ignored;
	iq_arena_init(&r.scratch, 0);
	for (size_t i = 0; r.directory != NULL && i < bundle.nfiles; i++)
		if (iq_bundle_read(&bundle.files[i], &reader, &ignored) != IQ_OK)
			continue; /* what can be read serves */
	iq_arena_free(&r.scratch);
	iq_error_init(&ignored, &cli->arena);
	/* without trees names are found all the same */
	if (r.directory != NULL && iq_directory_index(r.directory, &ignored) == IQ_ERR_INTERNAL)
		r.any = false;
	if (!r.any) {
		iq_directory_free(r.directory);
		return NULL;
	}
	return r.directory;
}
