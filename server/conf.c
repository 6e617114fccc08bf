/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "i18n.h"

enum { CONF_MAX = 65536, WORKERS_MAX = 64 };

void iq_conf_default(struct iq_conf *c)
{
	*c = (struct iq_conf){.name = "localhost", .listen = IQ_LISTEN_DEFAULT};
}

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

/* ---- configuration -------------------------------------------------------------------------- */

static struct iq_str trim(struct iq_str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && strchr(" \t\r", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

static bool copy(char *to, size_t max, struct iq_str s)
{
	if (s.n == 0 || s.n >= max || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

static bool set(struct iq_conf *c, struct iq_str key, struct iq_str value)
{
	if (iq_str_is(key, "name"))
		return copy(c->name, sizeof(c->name), value);
	if (iq_str_is(key, "listen"))
		return copy(c->listen, sizeof(c->listen), value);
	if (iq_str_is(key, "workers")) {
		char text[8], *end;

		if (!copy(text, sizeof(text), value))
			return false;
		unsigned long n = strtoul(text, &end, 10);

		c->workers = (unsigned)n;
		return *end == '\0' && n <= WORKERS_MAX;
	}
	return false;
}

/* One line: empty, comment, section or key = value. */
static bool read_line(struct iq_conf *c, struct iq_str line)
{
	struct iq_str key;

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return true;
	if (line.p[0] == '[')
		return iq_str_is(line, "[server]");
	if (memchr(line.p, '=', line.n) == NULL || !iq_str_cut(&line, '=', &key))
		return false;
	return set(c, trim(key), trim(line));
}

enum iq_err iq_conf_read(const char *dir, struct iq_conf *c, struct iq_error *error)
{
	char *path = iq_state_path(dir, "iqd.conf"), *text = malloc(CONF_MAX);
	FILE *f = path ? fopen(path, "re") : NULL;
	enum iq_err err = IQ_OK;
	struct iq_str rest, line;
	unsigned number = 0;

	iq_conf_default(c);
	if (path == NULL || text == NULL) {
		err = no_memory(error);
	} else if (f == NULL) {
		if (errno != ENOENT)
			err = iq_error_set(error, IQ_ERR_USAGE,
				N_("The configuration {0} cannot be read: {1}."),
				N_("Check its owner and mode."), path, strerror(errno), NULL);
	} else {
		rest = (struct iq_str){text, fread(text, 1, CONF_MAX, f)};
		while (err == IQ_OK && iq_str_cut(&rest, '\n', &line)) {
			char where[16];

			snprintf(where, sizeof(where), "%u", ++number);
			if (!read_line(c, line))
				err = iq_error_set(error, IQ_ERR_USAGE,
					N_("Line {1} of {0} is not a valid setting."),
					N_("Settings are: name, listen, workers; written as "
					   "name = value."),
					path, where, NULL);
		}
	}
	if (f != NULL)
		fclose(f);
	free(text);
	free(path);
	return err;
}

enum iq_err iq_conf_write(const char *dir, const struct iq_conf *c, struct iq_error *error)
{
	char *text;
	enum iq_err err;
	int n = asprintf(&text,
		"# Configuration of iqd; see iqd.conf(5).\n"
		"[server]\n"
		"name = %s\n"
		"listen = %s\n",
		c->name, c->listen);

	if (n < 0)
		return no_memory(error);
	err = iq_state_write_file(dir, "iqd.conf", (struct iq_str){text, (size_t)n}, error);
	free(text);
	return err;
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool write_all(int fd, struct iq_str text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text.p += n;
		text.n -= (size_t)n;
	}
	return fsync(fd) == 0;
}

enum iq_err iq_state_write_file(
	const char *dir, const char *name, struct iq_str text, struct iq_error *error)
{
	char *path = iq_state_path(dir, name);
	enum iq_err err = IQ_OK;

	if (path == NULL)
		return no_memory(error);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || !write_all(fd, text))
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
