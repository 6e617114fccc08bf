/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

/* ---- folders and files -------------------------------------------------------------------- */

static const char *home(void)
{
	const char *h = getenv("HOME");

	if (h != NULL && h[0] == '/')
		return h;
	const struct passwd *pw = getpwuid(getuid());

	return pw != NULL && pw->pw_dir != NULL && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
}

/* $VARIABLE/iqq or ~/FALLBACK/iqq */
static const char *folder(struct iq_cli *cli, const char *variable, const char *fallback)
{
	const char *base = getenv(variable), *h;

	if (base != NULL && base[0] == '/')
		return iq_arena_printf(&cli->arena, "%s/iqq", base);
	h = home();
	return h != NULL ? iq_arena_printf(&cli->arena, "%s/%s/iqq", h, fallback) : NULL;
}

const char *iq_path_data(struct iq_cli *cli, const char *profile)
{
	const char *base = folder(cli, "XDG_DATA_HOME", ".local/share");

	return base != NULL ? iq_arena_printf(&cli->arena, "%s/%s", base, profile) : NULL;
}

const char *iq_path_cache(struct iq_cli *cli, const char *profile)
{
	const char *base = folder(cli, "XDG_CACHE_HOME", ".cache");

	return base != NULL ? iq_arena_printf(&cli->arena, "%s/vocab-%s", base, profile) : NULL;
}

const char *iq_path_state(struct iq_cli *cli)
{
	const char *base = folder(cli, "XDG_STATE_HOME", ".local/state");
	const char *profile = iq_setting_get(cli, "profile", NULL);

	if (base == NULL || profile == NULL || !iq_profile_name_valid(profile))
		return NULL;
	return iq_arena_printf(&cli->arena, "%s/%s", base, profile);
}

bool iq_profile_name_valid(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 200 && name[0] != '.' && name[0] != '-' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789._-")] == '\0';
}

enum iq_err iq_make_dirs(struct iq_cli *cli, const char *path)
{
	char *copy = iq_arena_cstr(&cli->arena, iq_str(path));

	for (char *p = copy + 1; copy != NULL; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("The folder {0} cannot be made: {1}."), NULL, copy,
				strerror(errno), NULL);
		*p = c;
		if (c == '\0')
			break;
	}
	return IQ_OK;
}

bool iq_read_file(struct iq_cli *cli, const char *path, struct iq_str *out)
{
	struct iq_buf b;
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		return false;
	iq_buf_init(&b, 0);
	do {
		uint8_t *room = iq_buf_room(&b, 16384);

		n = room != NULL ? read(fd, room, 16384) : 0;
		if (n > 0)
			b.n += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	int saved = errno;

	if (fd != STDIN_FILENO)
		close(fd);
	*out = iq_arena_dup(&cli->arena, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
	errno = saved;
	return n == 0;
}

static enum iq_err cannot_write(struct iq_cli *cli, const char *path)
{
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("{0} cannot be written: {1}."), NULL,
		path, strerror(errno), NULL);
}

enum iq_err iq_write_file(struct iq_cli *cli, const char *path, struct iq_str content)
{
	char *temporary = iq_arena_printf(&cli->arena, "%s.XXXXXX", path);
	int fd = mkstemp(temporary); /* mode 0600 */
	bool ok = fd >= 0;

	if (fd < 0)
		return cannot_write(cli, path);
	while (ok && content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno == EINTR)
			continue;
		ok = n >= 0;
		content.p += ok ? n : 0;
		content.n -= ok ? (size_t)n : 0;
	}
	ok = ok && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && rename(temporary, path) == 0;
	if (!ok) {
		int saved = errno;

		unlink(temporary);
		errno = saved;
		return cannot_write(cli, path);
	}
	return IQ_OK;
}

/* ---- the configuration file --------------------------------------------------------------- */

static struct iq_str trim(struct iq_str s)
{
	while (s.n > 0 && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

enum line { LINE_OTHER, LINE_SECTION, LINE_SETTING };

/* What a line says; key is the section's name for LINE_SECTION. */
static enum line read_line(struct iq_str line, struct iq_str *key, struct iq_str *value)
{
	line = trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return LINE_OTHER;
	if (line.p[0] == '[' && line.p[line.n - 1] == ']') {
		*key = trim((struct iq_str){line.p + 1, line.n - 2});
		return LINE_SECTION;
	}
	const char *eq = memchr(line.p, '=', line.n);

	if (eq == NULL)
		return LINE_OTHER;
	*key = trim((struct iq_str){line.p, (size_t)(eq - line.p)});
	*value = trim((struct iq_str){eq + 1, line.n - (size_t)(eq - line.p) - 1});
	return LINE_SETTING;
}

void iq_config_load(struct iq_cli *cli)
{
	struct iq_config *c = &cli->config;
	const char *dir = folder(cli, "XDG_CONFIG_HOME", ".config"), *section = "";
	struct iq_str rest, line, key, value;

	if (dir == NULL)
		return;
	c->path = iq_arena_printf(&cli->arena, "%s/config", dir);
	c->n = 0;
	c->settings = NULL;
	if (!iq_read_file(cli, c->path, &rest))
		return;
	while (iq_str_cut(&rest, '\n', &line)) {
		enum line what = read_line(line, &key, &value);

		if (what == LINE_SECTION)
			section = iq_arena_cstr(&cli->arena, key);
		if (what != LINE_SETTING)
			continue;
		struct iq_setting *more = iq_arena_grow(
			&cli->arena, c->settings, c->n * sizeof(*more), (c->n + 1) * sizeof(*more));

		if (more == NULL)
			return;
		more[c->n++] = (struct iq_setting){section, iq_arena_cstr(&cli->arena, key),
			iq_arena_cstr(&cli->arena, value)};
		c->settings = more;
	}
}

const char *iq_config_get(const struct iq_cli *cli, const char *section, const char *key)
{
	const char *value = NULL;

	for (size_t i = 0; i < cli->config.n; i++) {
		const struct iq_setting *s = &cli->config.settings[i];

		if (strcmp(s->section, section) == 0 && strcmp(s->key, key) == 0)
			value = s->value;
	}
	return value;
}

struct edit {
	const char *section, *key, *value;
	bool in_section, done;
};

static void add_setting(struct iq_buf *b, struct edit *e)
{
	if (!e->done && e->key != NULL && e->value != NULL)
		iq_buf_printf(b, "%s = %s\n", e->key, e->value);
	e->done = true;
}

/* One line of the old file into the new one. */
static void edit_line(struct iq_buf *b, struct edit *e, struct iq_str line)
{
	struct iq_str key = {0}, value = {0};
	enum line what = read_line(line, &key, &value);

	if (what == LINE_SECTION) {
		if (e->in_section)
			add_setting(b, e);
		e->in_section = iq_str_is(key, e->section);
	}
	if (e->in_section && e->key == NULL && e->section[0] != '\0')
		return; /* the whole section goes */
	if (e->in_section && what == LINE_SETTING && e->key != NULL && iq_str_is(key, e->key)) {
		add_setting(b, e);
		return;
	}
	iq_buf_str(b, line);
	iq_buf_byte(b, '\n');
}

/* Also what a server said: a second line could be another setting, such as a command. */
static bool is_one_line(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

enum iq_err iq_config_set(
	struct iq_cli *cli, const char *section, const char *key, const char *value)
{
	struct edit e = {section, key, value, section[0] == '\0', false};
	struct iq_str old = {NULL, 0}, line;
	struct iq_buf b;
	const char *dir = folder(cli, "XDG_CONFIG_HOME", ".config");
	enum iq_err err;

	if (dir == NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("There is no home directory to keep the configuration in."),
			N_("Set HOME or XDG_CONFIG_HOME."), NULL);
	if (!is_one_line(value))
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" cannot be \"{1}\"."),
			NULL, key, value, NULL);
	err = iq_make_dirs(cli, dir);
	if (err != IQ_OK)
		return err;
	iq_buf_init(&b, 0);
	if (!iq_read_file(cli, cli->config.path, &old))
		old = (struct iq_str){NULL, 0};
	if (old.n > 0 && old.p[old.n - 1] == '\n')
		old.n--;
	while (old.n > 0 && iq_str_cut(&old, '\n', &line))
		edit_line(&b, &e, line);
	if (!e.done && key != NULL && value != NULL) {
		if (!e.in_section)
			iq_buf_printf(&b, "%s[%s]\n", b.n > 0 ? "\n" : "", section);
		add_setting(&b, &e);
	}
	err = iq_write_file(cli, cli->config.path, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
	if (err == IQ_OK)
		iq_config_load(cli);
	return err;
}

/* ---- effective settings ------------------------------------------------------------------- */

const char *iq_setting_get(struct iq_cli *cli, const char *name, enum iq_origin *origin)
{
	static const struct {
		const char *name;
		enum iq_opt opt;
		const char *variable;
	} sources[] = {
		{"profile", IQ_OPT_PROFILE, "IQQ_PROFILE"},
		{"server", IQ_OPT_SERVER, "IQQ_SERVER"},
		{"lang", IQ_OPT_LANG, "IQQ_LANG"},
		{"pager", IQ_OPT_NONE, "IQQ_PAGER"},
		{"timeout", IQ_OPT_TIMEOUT, "IQQ_TIMEOUT"},
		{"color", IQ_OPT_COLOR, NULL},
	};
	enum iq_origin ignored = IQ_FROM_DEFAULT;
	const char *v = NULL;

	origin = origin != NULL ? origin : &ignored;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strcmp(sources[i].name, name) != 0)
			continue;
		*origin = IQ_FROM_FLAG;
		if (sources[i].opt != IQ_OPT_NONE && (v = iq_opt(cli, sources[i].opt)) != NULL)
			return v;
		*origin = IQ_FROM_ENV;
		if (sources[i].variable != NULL && (v = getenv(sources[i].variable)) != NULL &&
			v[0] != '\0')
			return v;
	}
	*origin = IQ_FROM_CONFIG;
	if (strcmp(name, "server") == 0) {
		const char *profile = iq_setting_get(cli, "profile", NULL);

		v = profile != NULL ? iq_config_get(cli, profile, "server") : NULL;
	} else {
		v = iq_config_get(cli, "", name);
	}
	if (v == NULL)
		*origin = IQ_FROM_DEFAULT;
	return v;
}

enum iq_err iq_parse_address(struct iq_cli *cli, const char *text, char host[254], uint16_t *port)
{
	struct iq_str h = iq_str(text);
	const char *p = NULL, *colon = strrchr(text, ':');
	char *end = NULL;
	long n = 7430;

	if (text[0] == '[') {
		const char *close = strchr(text, ']');

		h = (struct iq_str){text + 1, close != NULL ? (size_t)(close - text - 1) : 0};
		p = close != NULL && close[1] == ':' ? close + 2 : NULL;
		if (close != NULL && close[1] != ':' && close[1] != '\0')
			h.n = 0;
	} else if (colon != NULL && strchr(text, ':') == colon) {
		h.n = (size_t)(colon - text);
		p = colon + 1;
	}
	if (p != NULL)
		n = strtol(p, &end, 10);
	if (h.n == 0 || h.n > 253 || n < 1 || n > 65535 ||
		(p != NULL && (*p == '\0' || *end != '\0')))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" is no address of a server."),
			N_("Write HOST or HOST:PORT, as in iq.example.org:7430."), text, NULL);
	memcpy(host, h.p, h.n);
	host[h.n] = '\0';
	*port = (uint16_t)n;
	return IQ_OK;
}
