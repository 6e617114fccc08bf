/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDF by WeasyPrint (Debian: weasyprint) in a process of its own: the HTML on its standard input,
 * the PDF on its standard output, both files without a name. Its environment holds nothing but
 * what it needs; a proxy that does not exist keeps it from the network, though the document
 * refers to nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "date.h"
#include "io.h"
#include "report_doc.h"

enum { PDF_MS = 600000, SAID = 200 };

/* Where the program is; NULL: it is not installed. */
static const char *find_program(struct iq_arena *arena)
{
	const char *path = getenv("PATH");
	struct iq_str rest = iq_str(path != NULL ? path : "/usr/local/bin:/usr/bin:/bin"), dir;

	while (iq_str_cut(&rest, ':', &dir)) {
		const char *file = iq_arena_printf(arena, "%.*s/weasyprint", IQ_STR_ARG(dir));

		if (dir.n > 0 && dir.p[0] == '/' && file != NULL && access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}

bool iq_rep_pdf_possible(void)
{
	struct iq_arena arena;
	bool found;

	iq_arena_init(&arena, 0);
	found = find_program(&arena) != NULL;
	iq_arena_free(&arena);
	return found;
}

struct child {
	struct iq_cli *cli;
	const char *program;
	char *const *env;
	int in, out, err; /* files without a name */
	pid_t pid;
};

static char *variable(struct iq_cli *cli, const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return iq_arena_printf(&cli->arena, "%s=%s", name, value != NULL ? value : fallback);
}

/* The date of the document is the date of the file: the same document gives the same bytes. */
static char **environment(const struct iq_rep *r)
{
	struct iq_cli *cli = r->cli;
	char **env = iq_arena_array(&cli->arena, 12, sizeof(*env));
	size_t n = 0;
	int32_t day = 0;

	if (env == NULL)
		return NULL;
	(void)iq_date_parse(r->doc.date, &day);
	env[n++] = variable(cli, "PATH", "/usr/bin:/bin");
	env[n++] = variable(cli, "HOME", "/");
	env[n++] = iq_arena_printf(&cli->arena, "SOURCE_DATE_EPOCH=%lld", (long long)day * 86400);
	env[n++] = iq_arena_cstr(&cli->arena, IQ_STR("LC_ALL=C.UTF-8"));
	env[n++] = iq_arena_cstr(&cli->arena, IQ_STR("PYTHONHASHSEED=0"));
	env[n++] = iq_arena_cstr(&cli->arena, IQ_STR("http_proxy=http://127.0.0.1:9"));
	env[n++] = iq_arena_cstr(&cli->arena, IQ_STR("https_proxy=http://127.0.0.1:9"));
	env[n++] = iq_arena_cstr(&cli->arena, IQ_STR("ftp_proxy=http://127.0.0.1:9"));
	return env;
}

static void run_child(const struct child *c)
{
	static const char *const args[] = {
		"weasyprint", "--quiet", "--pdf-variant", "pdf/ua-1", "-", "-", NULL};

	if (dup2(c->in, STDIN_FILENO) < 0 || dup2(c->out, STDOUT_FILENO) < 0 ||
		dup2(c->err, STDERR_FILENO) < 0)
		_exit(127);
	execve(c->program, (char *const *)(uintptr_t)args, c->env);
	_exit(127);
}

/* The exit status; -1: it took too long. */
static int wait_for(const struct child *c, int timeout_ms)
{
	int fd = pidfd_open(c->pid, 0), status = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	bool late = false;

	if (fd >= 0) {
		int n;

		do {
			n = poll(&p, 1, timeout_ms);
		} while (n < 0 && errno == EINTR);
		late = n == 0;
		close(fd);
	}
	if (late)
		kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (late)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/* What stands in a file without a name. */
static bool read_back(int fd, struct iq_buf *out)
{
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return false;
	do {
		uint8_t *room = iq_buf_room(out, 65536);

		n = room != NULL ? read(fd, room, 65536) : -1;
		if (n > 0)
			out->n += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR && !out->failed));
	return n == 0;
}

static bool put_input(int fd, const struct iq_buf *html)
{
	return iq_write_all(fd, html->p, html->n) && lseek(fd, 0, SEEK_SET) == 0;
}

/* The last line of what the program said. */
static enum iq_err failed(struct child *c, int status)
{
	struct iq_buf said;
	struct iq_str rest, line, last = iq_str("?");

	if (status < 0)
		return iq_error_set(&c->cli->error, IQ_ERR_UNSUPPORTED,
			N_("WeasyPrint took too long to write the PDF."),
			N_("Allow more time with --timeout SECONDS, or print the HTML file from a "
			   "browser."),
			NULL);
	iq_buf_init(&said, 0);
	(void)read_back(c->err, &said);
	rest = (struct iq_str){(char *)said.p, said.n};
	while (rest.n > 0 && iq_str_cut(&rest, '\n', &line))
		if (line.n > 0)
			last = line;
	if (last.n > SAID)
		last.n = SAID;
	last = iq_safe(c->cli, last);
	(void)iq_error_set(&c->cli->error, IQ_ERR_UNSUPPORTED,
		N_("WeasyPrint could not write the PDF: {0}"),
		N_("Print the HTML file from a browser, or report this as a mistake."),
		iq_arena_cstr(&c->cli->arena, last), NULL);
	iq_buf_free(&said);
	return IQ_ERR_UNSUPPORTED;
}

static enum iq_err convert(struct child *c, const struct iq_buf *html, struct iq_buf *out, int ms)
{
	int status = 127;

	if (c->in >= 0 && c->out >= 0 && c->err >= 0 && put_input(c->in, html)) {
		c->pid = fork();
		if (c->pid == 0)
			run_child(c);
		status = c->pid > 0 ? wait_for(c, ms) : 127;
	}
	if (status != 0 || !read_back(c->out, out) || out->n < 5 || memcmp(out->p, "%PDF-", 5) != 0)
		return failed(c, status);
	return IQ_OK;
}

enum iq_err iq_rep_pdf(struct iq_rep *r, const struct iq_buf *html, struct iq_buf *out)
{
	struct child c = {
		.cli = r->cli, .program = find_program(&r->cli->arena), .env = environment(r)};
	int ms = PDF_MS;
	enum iq_err err = IQ_OK;

	if (iq_opt_given(r->cli, IQ_OPT_TIMEOUT))
		err = iq_timeout(r->cli, true, &ms);
	if (err != IQ_OK || c.program == NULL || c.env == NULL)
		return err != IQ_OK ? err : IQ_ERR_UNSUPPORTED;
	c.in = memfd_create("html", MFD_CLOEXEC);
	c.out = memfd_create("pdf", MFD_CLOEXEC);
	c.err = memfd_create("said", MFD_CLOEXEC);
	err = convert(&c, html, out, ms);
	close(c.in);
	close(c.out);
	close(c.err);
	return err;
}
