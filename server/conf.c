/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accept.h"
#include "i18n.h"
#include "pki.h"
#include "tls.h"
#include "io.h"

char *iq_state_path(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

static enum iq_err file_error(const char *path, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The file {0} cannot be written: {1}."),
		N_("Check the path, its owner and the free space."), path, strerror(errno), NULL);
}

enum iq_err iq_conf_write(const char *dir, const struct iq_conf *c, struct iq_error *error)
{
	struct iq_buf text;
	enum iq_err err;

	iq_buf_init(&text, 0);
	err = iq_conf_text(c, &text) ? iq_state_write_file(dir, "iqd.conf",
					       (struct iq_str){(char *)text.p, text.n}, error)
				     : no_memory(error);
	iq_buf_free(&text);
	return err;
}

char *iq_conf_client_ca(const char *dir, const struct iq_conf *c)
{
	return c->client_ca[0] == '/' ? strdup(c->client_ca) : iq_state_path(dir, c->client_ca);
}

/* Of a setting that is in the file: its line. */
static enum iq_err bad_setting(const struct iq_conf *c, const char *name, const char *file,
	const char *text, const char *hint, const char *value, struct iq_error *error)
{
	char line[16];
	unsigned n = c->line[iq_conf_index(name)];
	struct iq_problem p = {.file = iq_str(file),
		.line = n,
		.text = text,
		.args = {iq_str(file), iq_str(line), iq_str(value)},
		.nargs = 3,
		.nearest = iq_str(hint)};

	snprintf(line, sizeof(line), "%u", n);
	p.args[1] = iq_str(line);
	iq_error_set(error, IQ_ERR_USAGE, text, hint, file, line, value, NULL);
	iq_error_add_problem(error, &p);
	return error->code;
}

static enum iq_err check_values(
	const char *dir, const char *file, const struct iq_conf *c, struct iq_error *error)
{
	char host[254];
	uint16_t port;

	if (!iq_pki_host_valid(c->name))
		bad_setting(c, "name", file,
			N_("Line {1} of {0}: “{2}” is not the name of a host."),
			N_("Give the name under which clients reach the server."), c->name, error);
	if (!iq_address_split(c->listen, host, &port))
		bad_setting(c, "listen", file,
			N_("Line {1} of {0}: “{2}” is not an address to listen on."),
			N_("Write ADDRESS:PORT, for example 127.0.0.1:7430 or [::1]:7430."),
			c->listen, error);
	if (c->client_ca[0] == '\0' || error->code != IQ_OK)
		return error->code;
	char *path = iq_conf_client_ca(dir, c);
	enum iq_err err = path ? iq_tls_check_authorities(path, error) : no_memory(error);

	free(path);
	return err;
}

enum iq_err iq_conf_check(
	const char *dir, const char *file, struct iq_conf *c, struct iq_error *error)
{
	char *own = file == NULL ? iq_state_path(dir, "iqd.conf") : NULL;
	enum iq_err err;

	iq_conf_default(c);
	if (file == NULL && own == NULL)
		err = no_memory(error);
	else if (access(dir, R_OK | X_OK) != 0)
		err = iq_error_set(error, IQ_ERR_USAGE,
			N_("The state directory {0} cannot be used: {1}."),
			N_("Make it first: iqd init --state {0}"), dir, strerror(errno), NULL);
	else
		err = file ? iq_conf_read_file(file, c, error) : iq_conf_read(dir, c, error);
	/* Also beside other mistakes, so that all are told at once. */
	if (err == IQ_OK || error->nproblems > 0)
		err = check_values(dir, file ? file : own, c, error);
	free(own);
	return err;
}

/* ---- files ---------------------------------------------------------------------------------- */

enum iq_err iq_state_write_file(
	const char *dir, const char *name, struct iq_str text, struct iq_error *error)
{
	char *path = iq_state_path(dir, name);
	enum iq_err err = IQ_OK;

	if (path == NULL)
		return no_memory(error);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || !iq_write_all(fd, text.p, text.n) || fsync(fd) != 0)
		err = file_error(path, error);
	if (fd >= 0)
		close(fd);
	free(path);
	return err;
}

int iq_state_lock(const char *dir, struct iq_error *error)
{
	char *path = iq_state_path(dir, "lock");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0) {
		iq_error_set(error, IQ_ERR_USAGE,
			N_("The state directory {0} cannot be used: {1}."),
			N_("Make it first: iqd init --state {0}"), dir, strerror(errno), NULL);
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		fd = -1;
		iq_error_set(error, IQ_ERR_CONFLICT,
			N_("Another iqd is running on the state directory {0}."),
			N_("Stop it first, or choose another directory."), dir, NULL);
	}
	free(path);
	return fd;
}
