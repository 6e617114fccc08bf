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

/* ---- for collectors that read files -----------------------------------------------------------
 */

static bool begins(const char **line, const char *with)
{
	size_t n = strlen(with);

	if (strncmp(*line, with, n) != 0)
		return false;
	*line += n;
	return true;
}

/*
 * One line of OpenMetrics as Prometheus' own text format has it, which is what node_exporter reads
 * from files: there the type stands at the name of the sample, and "info" and units do not exist.
 */
static void put_line(struct iq_buf *out, const char *line, const char **end)
{
	const char *at = line;

	if (begins(&at, "# TYPE ")) {
		const char *type = strchr(at, ' ');

		if (type == NULL)
			return;
		*end = strcmp(type, " counter") == 0 ? "_total"
		       : strcmp(type, " info") == 0  ? "_info"
						     : "";
		iq_buf_printf(out, "# TYPE %.*s%s%s\n", (int)(type - at), at, *end,
			strcmp(type, " info") == 0 ? " gauge" : type);
	} else if (begins(&at, "# HELP ")) {
		const char *help = strchr(at, ' ');

		if (help != NULL)
			iq_buf_printf(out, "# HELP %.*s%s%s\n", (int)(help - at), at, *end, help);
	} else if (line[0] != '#') {
		iq_buf_printf(out, "%s\n", line);
	}
}

/* text: NULL: the server does not answer, and the file says so. */
static enum iq_err put_file(const char *file, struct iq_buf *text, struct iq_error *error)
{
	const char *end = "";
	struct iq_buf out;
	char *rest = NULL;

	iq_buf_init(&out, 0);
	iq_buf_printf(&out,
		"# TYPE iqd_up gauge\n# HELP iqd_up Whether the server tells its figures.\n"
		"iqd_up %d\n",
		text != NULL);
	if (text != NULL)
		iq_buf_byte(text, '\0');
	if (text != NULL && !text->failed)
		for (char *line = strtok_r((char *)text->p, "\n", &rest); line != NULL;
			line = strtok_r(NULL, "\n", &rest))
			put_line(&out, line, &end);
	enum iq_err err = out.failed || (text != NULL && text->failed)
				  ? iq_error_set(error, IQ_ERR_BUSY,
					    N_("There is not enough memory."), NULL, NULL)
				  : replace(file, &out, error);

	iq_buf_free(&out);
	return err;
}

static enum iq_err silent(const struct iq_cmd_args *args, struct iq_error *error)
{
	const char *why = iq_arena_printf(error->arena, "%s", strerror(errno));
	enum iq_err err = args->file ? put_file(args->file, NULL, error) : IQ_OK;

	if (err != IQ_OK)
		return err;
	return iq_error_set(error, IQ_ERR_UNREACHABLE,
		N_("No server is running on {0}, or it cannot be asked: {1}."),
		N_("Start it with: iqd run --state {0}"), args->state, why ? why : "", NULL);
}

static enum iq_err show(const struct iq_cmd_args *args, struct iq_error *error)
{
	struct iq_buf text;
	enum iq_err err = IQ_OK;

	iq_buf_init(&text, 0);
	if (!iq_metrics_fetch(args->state, &text))
		err = silent(args, error);
	else if (text.n < 6 || memcmp(text.p + text.n - 6, "# EOF\n", 6) != 0)
		err = iq_error_set(error, IQ_ERR_BUSY, N_("The server's figures were cut off."),
			N_("Try again."), NULL);
	else if (args->file != NULL)
		err = put_file(args->file, &text, error);
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
