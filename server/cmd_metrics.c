/* SPDX-License-Identifier: Apache-2.0 */
/* iqd metrics: what the running server counts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "i18n.h"
#include "io.h"
#include "metrics.h"

/* Whole or not at all, readable for the collector. */
static enum iq_err replace(const char *file, const struct iq_buf *text, struct iq_error *error)
{
	enum iq_err err = IQ_OK;
	char *beside;

	if (asprintf(&beside, "%s.new", file) < 0)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool good = fd >= 0 && iq_write_all(fd, text->p, text->n) && fchmod(fd, 0644) == 0;

	if (fd >= 0)
		close(fd);
	if (!good || rename(beside, file) != 0) {
		err = iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The file {0} cannot be written: {1}."),
			N_("Check the path, its owner and the free space."), file, strerror(errno),
			NULL);
		(void)unlink(beside);
	}
	free(beside);
	return err;
}

static enum iq_err show(const struct iq_cmd_args *args, struct iq_error *error)
{
	struct iq_buf text;
	enum iq_err err = IQ_OK;

	iq_buf_init(&text, 0);
	if (!iq_metrics_fetch(args->state, &text))
		err = iq_error_set(error, IQ_ERR_UNREACHABLE,
			N_("No server is running on {0}, or it cannot be asked: {1}."),
			N_("Start it with: iqd run --state {0}"), args->state, strerror(errno),
			NULL);
	else if (text.n < 6 || memcmp(text.p + text.n - 6, "# EOF\n", 6) != 0)
		err = iq_error_set(error, IQ_ERR_BUSY, N_("The server's figures were cut off."),
			N_("Try again."), NULL);
	else if (args->file != NULL)
		err = replace(args->file, &text, error);
	else
		fwrite(text.p, 1, text.n, stdout);
	iq_buf_free(&text);
	return err;
}

int iq_cmd_metrics(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct iq_arena arena;
	struct iq_error error;
	int status = iq_cmd_args(argc, argv, "sF", &args);

	if (status != 0)
		return status;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (show(&args, &error) != IQ_OK)
		status = iq_cmd_fail(&error);
	iq_arena_free(&arena);
	return status;
}
