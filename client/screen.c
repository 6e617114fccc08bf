/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "client.h"
#include "utf8.h"

static unsigned env_number(const char *name)
{
	const char *v = getenv(name);
	long n = v != NULL ? strtol(v, NULL, 10) : 0;

	return n > 0 && n < 10000 ? (unsigned)n : 0;
}

void iq_screen_init(struct iq_cli *cli)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
	const char *color = iq_setting_get(cli, "color", NULL);
	struct winsize ws = {0};

	cli->tty_in = isatty(STDIN_FILENO) == 1;
	cli->tty_out = isatty(STDOUT_FILENO) == 1;
	cli->tty_err = isatty(STDERR_FILENO) == 1;
	if (cli->tty_out && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0) {
		cli->width = ws.ws_col;
		cli->height = ws.ws_row;
	}
	if (env_number("COLUMNS") > 0)
		cli->width = env_number("COLUMNS");
	if (cli->width == 0)
		cli->width = 80;
	if (cli->width < 40)
		cli->width = 40;
	if (cli->height == 0)
		cli->height = 24;
	cli->colour = cli->tty_out && (no == NULL || no[0] == '\0') &&
		      (term == NULL || strcmp(term, "dumb") != 0) &&
		      (color == NULL || strcmp(color, "never") != 0);
	if (iq_opt_given(cli, IQ_OPT_JSON))
		cli->format = IQ_FORMAT_JSON;
	else if (iq_opt_given(cli, IQ_OPT_CSV))
		cli->format = IQ_FORMAT_CSV;
	else
		cli->format = cli->tty_out ? IQ_FORMAT_TABLE : IQ_FORMAT_TSV;
}

/* False on an error other than a reader that went away. */
static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return errno == EPIPE;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static bool longer_than_screen(const struct iq_cli *cli)
{
	unsigned lines = 0;

	for (size_t i = 0; i < cli->out.n && lines < cli->height; i++)
		lines += cli->out.p[i] == '\n';
	return lines >= cli->height;
}

static const char *pager_command(struct iq_cli *cli)
{
	const char *p = iq_setting_get(cli, "pager", NULL);

	if (p == NULL)
		p = getenv("PAGER");
	if (p == NULL || p[0] == '\0')
		p = "less -FRX";
	return strcmp(p, "cat") == 0 ? NULL : p;
}

/* True if the pager has shown everything. */
static bool page(struct iq_cli *cli)
{
	const char *command = pager_command(cli);
	int fd[2];

	if (command == NULL || pipe(fd) != 0)
		return false;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(fd[0], STDIN_FILENO);
		close(fd[0]);
		close(fd[1]);
		signal(SIGPIPE, SIG_DFL);
		setenv("LESSCHARSET", "utf-8", 0);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(fd[0]);
	if (pid < 0) {
		close(fd[1]);
		return false;
	}
	int status = 0;

	write_all(fd[1], cli->out.p, cli->out.n);
	close(fd[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

bool iq_screen_flush(struct iq_cli *cli)
{
	if (cli->out.failed)
		return false;
	if (cli->out.n == 0)
		return true;
	if (cli->tty_out && !iq_opt_given(cli, IQ_OPT_NO_PAGER) && longer_than_screen(cli) &&
		page(cli))
		return true;
	bool ok = write_all(STDOUT_FILENO, cli->out.p, cli->out.n);

	iq_buf_reset(&cli->out, 0);
	return ok;
}

void iq_note(struct iq_cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (iq_opt_given(cli, IQ_OPT_QUIET))
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void iq_warn(struct iq_cli *cli, const char *fmt, ...)
{
	va_list ap;

	(void)cli;
	fputs(_("Warning: "), stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *iq_style(const struct iq_cli *cli, enum iq_style style)
{
	static const char *const codes[] = {
		[IQ_STYLE_NONE] = "\x1b[0m",
		[IQ_STYLE_BOLD] = "\x1b[1m",
		[IQ_STYLE_DIM] = "\x1b[2m",
		[IQ_STYLE_RED] = "\x1b[1;31m",
		[IQ_STYLE_YELLOW] = "\x1b[33m",
		[IQ_STYLE_GREEN] = "\x1b[32m",
	};

	return cli->colour ? codes[style] : "";
}

struct iq_str iq_safe(struct iq_cli *cli, struct iq_str s)
{
	bool clean = true;
	struct iq_str at = s;

	if (iq_utf8_valid_prefix(s) != s.n)
		clean = false;
	while (clean && at.n > 0)
		clean = !iq_utf8_is_control(iq_utf8_next(&at));
	if (clean)
		return iq_arena_dup(&cli->arena, s);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_utf8_escape(&b, s);
	struct iq_str out = iq_arena_dup(&cli->arena, (struct iq_str){(char *)b.p, b.n});

	iq_buf_free(&b);
	return out;
}

void iq_say(struct iq_cli *cli, enum iq_style style, struct iq_str s)
{
	iq_buf_str(&cli->out, iq_str(style != IQ_STYLE_NONE ? iq_style(cli, style) : ""));
	iq_buf_str(&cli->out, s);
	iq_buf_str(&cli->out, iq_str(style != IQ_STYLE_NONE ? iq_style(cli, IQ_STYLE_NONE) : ""));
}

void iq_paragraph(struct iq_cli *cli, enum iq_style style, const char *first, struct iq_str text)
{
	unsigned indent = iq_width(iq_str(first));
	struct iq_str rest =
		iq_wrap(cli, text, cli->width > indent + 20 ? cli->width - indent : 20);
	struct iq_str line;
	bool begun = false;

	if (rest.p == NULL)
		rest = IQ_STR("");
	while (iq_str_cut(&rest, '\n', &line)) {
		if (begun)
			iq_buf_printf(&cli->out, "%*s", (int)indent, "");
		else
			iq_buf_str(&cli->out, iq_str(first));
		iq_say(cli, style, line);
		iq_buf_byte(&cli->out, '\n');
		begun = true;
	}
}

void iq_field(struct iq_cli *cli, unsigned label_width, const char *label, struct iq_str value)
{
	unsigned w = iq_width(iq_str(label));
	unsigned pad = w < label_width ? label_width - w : 0;

	if (value.n == 0)
		return;
	value = iq_safe(cli, value);
	if (cli->format == IQ_FORMAT_TSV) {
		iq_buf_printf(&cli->out, "%s\t%.*s\n", label, IQ_STR_ARG(value));
		return;
	}
	iq_paragraph(cli, IQ_STYLE_NONE,
		iq_arena_printf(&cli->arena, "%s%*s  ", label, (int)pad, ""), value);
}

bool iq_can_ask(const struct iq_cli *cli)
{
	return cli->tty_in && cli->tty_err && !iq_opt_given(cli, IQ_OPT_NO_INPUT) &&
	       cli->format != IQ_FORMAT_JSON && cli->format != IQ_FORMAT_CSV;
}

char *iq_read_line(struct iq_cli *cli, const char *prompt, bool secret)
{
	struct termios old, quiet;
	char *line = NULL;
	size_t cap = 0;

	if (prompt != NULL) {
		fputs(prompt, stderr);
		fflush(stderr);
	}
	secret = secret && tcgetattr(STDIN_FILENO, &old) == 0;
	if (secret) {
		quiet = old;
		quiet.c_lflag &= (tcflag_t)~ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	ssize_t n = getline(&line, &cap, stdin);

	if (secret) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	char *out = NULL;

	if (n >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		out = iq_arena_cstr(&cli->arena, iq_str(line));
	}
	free(line);
	return out;
}

bool iq_confirm(struct iq_cli *cli, const char *question)
{
	const char *prompt = iq_arena_printf(&cli->arena, _("%s [y/N] "), question);
	const char *a = iq_read_line(cli, prompt, false);

	return a != NULL && (a[0] == 'y' || a[0] == 'Y' || a[0] == 'j' || a[0] == 'J');
}
