/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's configuration file. Up to the line "#set" it is what somebody wrote; behind it come
 * section, key and value of `iqq config set`. What was set is what is read, once; all other
 * settings stay. Addresses of servers: what is taken has a name and a port.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "client.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char home[64], file[128];

static void end(void)
{
	char path[128];

	unlink(file);
	snprintf(path, sizeof(path), "%s/iqq", home);
	rmdir(path);
	rmdir(home);
}

static void begin(void)
{
	scratch_make(home);
	snprintf(file, sizeof(file), "%s/iqq", home);
	require(mkdir(file, 0700) == 0);
	snprintf(file, sizeof(file), "%s/iqq/config", home);
	require(setenv("XDG_CONFIG_HOME", home, 1) == 0);
	unsetenv("IQQ_PROFILE");
	unsetenv("IQQ_SERVER");
	atexit(end);
}

static void put(struct iq_str text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
	close(fd);
}

static void check_address(struct iq_cli *cli, const char *text)
{
	char host[254];
	uint16_t port = 0;

	if (iq_parse_address(cli, text, host, &port) == IQ_OK)
		require(host[0] != '\0' && strlen(host) < sizeof(host) && port != 0);
	iq_error_init(&cli->error, &cli->arena);
}

/* Words as a command line gives them, and as the file can hold them. */
static bool is_word(const char *s, bool key)
{
	if (*s == '\0' || *s == '[' || *s == '#' || *s == ';')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || (key && (*s == '=' || *s == ']')))
			return false;
	return true;
}

static bool has(const struct iq_cli *cli, const struct iq_setting *s)
{
	const char *got = iq_config_get(cli, s->section, s->key);

	return got != NULL && strcmp(got, s->value) == 0;
}

/* Whatever the value is: it is refused, or it alone changes. */
static void set(struct iq_cli *cli, struct iq_str rest)
{
	struct iq_str part;
	const char *word[3] = {"", "", ""};
	struct iq_cli old = {.config = cli->config};

	for (size_t i = 0; i < 2 && iq_str_cut(&rest, '\n', &part); i++)
		word[i] = iq_arena_cstr(&cli->arena, part);
	word[2] = iq_arena_cstr(&cli->arena, rest);
	if ((word[0][0] != '\0' && !is_word(word[0], true)) || !is_word(word[1], true) ||
		iq_config_set(cli, word[0], word[1], word[2]) != IQ_OK)
		return;
	const struct iq_setting now = {word[0], word[1], word[2]};

	require(!is_word(word[2], false) || has(cli, &now));
	for (size_t i = 0; i < old.config.n; i++) {
		const struct iq_setting *s = &old.config.settings[i];

		if (strcmp(s->section, word[0]) == 0 && strcmp(s->key, word[1]) == 0)
			continue;
		require(has(cli, s) == has(&old, s));
	}
	for (size_t i = 0; i < cli->config.n; i++) {
		const struct iq_setting *s = &cli->config.settings[i];

		require((strcmp(s->section, word[0]) == 0 && strcmp(s->key, word[1]) == 0) ||
			iq_config_get(&old, s->section, s->key) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_str text = {(const char *)data, n};
	const char *mark = memmem(data, n, "\n#set\n", 6);
	static struct iq_cli cli;

	if (home[0] == '\0')
		begin();
	memset(&cli, 0, sizeof(cli));
	iq_arena_init(&cli.arena, 0);
	iq_error_init(&cli.error, &cli.arena);
	if (mark != NULL)
		text.n = (size_t)(mark - text.p);
	put(text);
	iq_config_load(&cli);
	for (size_t i = 0; i < cli.config.n; i++) {
		require(cli.config.settings[i].key != NULL);
		check_address(&cli, cli.config.settings[i].value);
	}
	(void)iq_setting_get(&cli, "server", NULL);
	if (mark != NULL)
		set(&cli, (struct iq_str){mark + 6, n - text.n - 6});
	iq_arena_free(&cli.arena);
	return 0;
}
