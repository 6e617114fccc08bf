/* SPDX-License-Identifier: Apache-2.0 */
/* One change: on a line, as JSON, to a command. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec.h"
#include "feed.h"
#include "model.h"
#include "record.h"

static const struct {
	const char *word, *sign;
	enum iq_style style;
} whats[] = {
	[IQ_FEED_PRESENT] = {"present", "=", IQ_STYLE_NONE},
	[IQ_FEED_ADDED] = {"added", "+", IQ_STYLE_GREEN},
	[IQ_FEED_CHANGED] = {"changed", "~", IQ_STYLE_YELLOW},
	[IQ_FEED_REMOVED] = {"removed", "−", IQ_STYLE_RED},
	[IQ_FEED_WITHDRAWN] = {"withdrawn", "⊘", IQ_STYLE_RED},
};

const char *iq_feed_word(enum iq_feed_what what)
{
	return whats[what].word;
}

const char *iq_feed_sign(enum iq_feed_what what)
{
	return whats[what].sign;
}

/* What people call it. */
static struct iq_str name_of(struct iq_cli *cli, const struct iq_rec *rec)
{
	bool english = cli->lang == IQ_LANG_EN;

	switch (rec->kind) {
	case IQ_CONTACT: {
		struct iq_str name = iq_rec_text(rec, IQ_CONTACT_NAME);

		return name.n > 0 ? name : iq_rec_text(rec, IQ_CONTACT_FUNCTION);
	}
	case IQ_RESPONSIBILITY:
		return iq_str(iq_arena_printf(&cli->arena, "%.*s · %.*s · %.*s",
			IQ_STR_ARG(iq_rec_text(rec, IQ_RESP_INSTITUTION)),
			IQ_STR_ARG(iq_rec_text(rec, IQ_RESP_TASK)),
			IQ_STR_ARG(iq_rec_text(rec, IQ_RESP_REGION))));
	case IQ_NOTICE: {
		struct iq_str text =
			iq_rec_text(rec, english ? IQ_NOTICE_TEXT_EN : IQ_NOTICE_TEXT_DE);

		return text.n > 0 ? text : iq_rec_text(rec, IQ_NOTICE_TEXT_DE);
	}
	case IQ_MEMBERSHIP:
		return iq_rec_text(rec, IQ_MEMBERSHIP_INSTITUTION);
	case IQ_BALLOT:
		return iq_rec_text(rec, IQ_BALLOT_INSTITUTION);
	case IQ_POSTCODE:
		return iq_rec_text(rec, IQ_POSTCODE_REGION);
	case IQ_HANDOVER:
		return iq_rec_text(rec, IQ_HANDOVER_PROCESS);
	case IQ_REGION:
	case IQ_TASK:
	case IQ_STATUS:
	case IQ_FACT:
	case IQ_KIND:
	case IQ_INSTITUTION:
	case IQ_WORKSHOP_RECORD:
	case IQ_TOPIC:
	case IQ_MEETING:
	case IQ_PROPOSAL:
	case IQ_COMMITMENT:
	case IQ_KINDS:
		break;
	}
	return iq_rec_name(rec, english);
}

static struct iq_str change_name(struct iq_cli *cli, const struct iq_feed_change *c)
{
	struct iq_rec rec = {0};

	if (c->record == NULL || !iq_codec_from_record(&rec, c->record, &cli->arena))
		return iq_str("");
	struct iq_str name = name_of(cli, &rec);

	return name.n == 0 || iq_str_is(name, c->id) ? iq_str("") : name;
}

json_t *iq_feed_json(struct iq_cli *cli, const struct iq_feed_change *c)
{
	json_t *o = json_object(), *record = json_null();
	struct iq_rec rec = {0};

	json_object_set_new(o, "what", json_string(whats[c->what].word));
	json_object_set_new(o, "kind", iq_json_c(c->kind));
	json_object_set_new(o, "id", iq_json_c(c->id));
	json_object_set_new(o, "revision", json_integer((json_int_t)c->revision));
	json_object_set_new(
		o, "time", c->time ? iq_json_c(iq_word_time(cli, c->time)) : json_null());
	if (c->record != NULL && iq_codec_from_record(&rec, c->record, &cli->arena))
		record = iq_record_json(&rec);
	json_object_set_new(o, "record", record);
	return o;
}

static void on_terminal(struct iq_cli *cli, const struct iq_feed_change *c)
{
	struct iq_str name = iq_safe(cli, change_name(cli, c));
	const char *time = c->time ? iq_word_time(cli, c->time) : "";

	iq_say(cli, whats[c->what].style, iq_str(whats[c->what].sign));
	iq_buf_printf(&cli->out, " %s %s", iq_word_kind(c->kind), iq_safe_c(cli, c->id).p);
	if (name.n > 0)
		iq_buf_printf(&cli->out, "  %.*s", IQ_STR_ARG(name));
	if (c->what == IQ_FEED_WITHDRAWN)
		iq_buf_printf(&cli->out, "  (%s)", _("not for you any more"));
	else if (c->what == IQ_FEED_REMOVED)
		iq_buf_printf(&cli->out, "  (%s)", _("deleted"));
	if (time[0] != '\0') {
		iq_buf_str(&cli->out, iq_str("  "));
		iq_say(cli, IQ_STYLE_DIM, iq_str(time));
	}
	iq_buf_byte(&cli->out, '\n');
}

static void in_pipe(struct iq_cli *cli, const struct iq_feed_change *c)
{
	static const struct iq_col cols[] = {{"what", NULL, IQ_CELL_TEXT, true},
		{"kind", NULL, IQ_CELL_TEXT, true}, {"id", NULL, IQ_CELL_TEXT, true},
		{"revision", NULL, IQ_CELL_NUMBER, true}, {"time", NULL, IQ_CELL_TEXT, true},
		{"name", NULL, IQ_CELL_TEXT, false}};
	struct iq_table t;
	const struct iq_str row[] = {iq_str(whats[c->what].word), iq_str(c->kind), iq_str(c->id),
		iq_str(iq_arena_printf(&cli->arena, "%llu", (unsigned long long)c->revision)),
		iq_str(c->time ? iq_word_time(cli, c->time) : ""), change_name(cli, c)};

	static bool headed;
	size_t start = cli->out.n;

	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	iq_table_add(&t, row);
	(void)!iq_table_finish(&t, 0, 1);
	uint8_t *end =
		cli->out.n > start ? memchr(cli->out.p + start, '\n', cli->out.n - start) : NULL;

	if (cli->format != IQ_FORMAT_CSV || end == NULL)
		return;
	if (headed) { /* one header is enough */
		size_t rest = cli->out.n - (size_t)(end + 1 - cli->out.p);

		memmove(cli->out.p + start, end + 1, rest);
		cli->out.n = start + rest;
	}
	headed = true;
}

void iq_feed_line(struct iq_cli *cli, const struct iq_feed_change *c)
{
	if (cli->format == IQ_FORMAT_JSON)
		iq_json_line(&cli->out, iq_feed_json(cli, c));
	else if (cli->format == IQ_FORMAT_TABLE)
		on_terminal(cli, c);
	else
		in_pipe(cli, c);
}

/* ---- commands ------------------------------------------------------------------------------- */

static void become(const char *command, enum iq_feed_what what, const char *kind, const char *id,
	const int fd[2])
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(fd[0], STDIN_FILENO);
	close(fd[0]);
	close(fd[1]);
	/* Data never gets into the command line. */
	setenv("IQ_WHAT", whats[what].word, 1);
	setenv("IQ_KIND", kind, 1);
	setenv("IQ_ID", id, 1);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void write_all(int fd, const struct iq_buf *b)
{
	size_t at = 0;

	while (at < b->n) {
		ssize_t n = write(fd, b->p + at, b->n - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* it does not want to read all of it */
		at += (size_t)n;
	}
}

void iq_feed_exec(struct iq_cli *cli, const char *command, enum iq_feed_what what, const char *kind,
	const char *id, json_t *object)
{
	struct iq_buf b;
	int fd[2], status = 0;
	pid_t pid = -1;

	iq_buf_init(&b, 0);
	iq_json_line(&b, object);
	if (pipe(fd) == 0) {
		pid = fork();
		if (pid == 0)
			become(command, what, kind, id, fd);
		close(fd[0]);
		if (pid > 0)
			write_all(fd[1], &b);
		close(fd[1]);
	}
	iq_buf_free(&b);
	if (pid < 0) {
		iq_warn(cli, _("\"%s\" could not be started: %s"), command, strerror(errno));
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		iq_warn(cli, _("\"%s\" failed for %s %s (exit status %d)"), command, kind, id,
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
