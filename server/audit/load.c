/* SPDX-License-Identifier: Apache-2.0 */
/* What is there at start: the end of the chain, and whom principals saw lately. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit_priv.h"
#include "bounds.h"
#include "date.h"
#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_AUDIT
#include "log.h"

static const int64_t day_us = 86400000000;

struct load {
	struct iq_audit *a;
	struct iq_audit_reader r;
	struct iq_audit_mark mark, head;
	int64_t since_us;            /* of the daily limit */
	bool started, torn, lasting; /* lasting: the last entry is a head */
	off_t end;
};

static enum iq_err damaged(struct load *l, struct iq_error *error)
{
	char line[24];

	snprintf(line, sizeof(line), "%llu", (unsigned long long)l->r.line);
	return iq_error_set(error, IQ_ERR_INTERNAL,
		N_("The audit log does not fit its chain: {0}, line {1}. It was changed or is "
		   "damaged."),
		N_("Find out more with: iqd check. Keep the folder {2} as evidence; then bring it "
		   "back from a backup, or move it away to begin a new log."),
		iq_audit_reader_name(&l->r), line, l->a->audit_dir, NULL);
}

static enum iq_err unreadable(struct load *l, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The audit log in {0} cannot be used: {1}."),
		N_("Check its owner, its mode and the free space."), l->a->audit_dir,
		strerror(errno), NULL);
}

/* Written by a crash, not by us: the rest of a line, or pages that never reached the disk. */
static bool is_torn(const struct load *l, enum iq_audit_got got, struct iq_str line)
{
	return l->r.at + 1 == l->r.nseg &&
	       (got == IQ_AUDIT_GOT_TORN || memchr(line.p, '\0', line.n) != NULL);
}

static bool take_line(struct load *l, struct iq_str line)
{
	struct iq_audit_line parsed;
	bool counted;

	if (!iq_audit_line_fits(line, &l->mark) || !iq_audit_line_read(line, &parsed, &counted))
		return false;
	if (l->mark.number == l->head.number &&
		memcmp(l->mark.hash, l->head.hash, IQ_AUDIT_HASH) != 0)
		return false;
	enum iq_audit_event event = parsed.entry.event;

	if ((event == IQ_AUDIT_WRITTEN || event == IQ_AUDIT_GRANTED || event == IQ_AUDIT_ERASED) &&
		parsed.entry.revision > l->a->revision)
		l->a->revision = parsed.entry.revision;
	if (event == IQ_AUDIT_ALERT && iq_str_is(parsed.entry.operation, IQ_AUDIT_NOT_MADE))
		l->a->revision = parsed.entry.revision;
	l->lasting = event == IQ_AUDIT_HEAD;
	if (parsed.entry.time_us >= l->since_us)
		iq_audit_quota_replay(&l->a->quota, &parsed, counted);
	return true;
}

static bool take_header(struct load *l, struct iq_str line)
{
	struct iq_audit_mark mark;

	if (!iq_audit_header_read(line, &mark))
		return false;
	if (l->started && memcmp(&mark, &l->mark, sizeof(mark)) != 0)
		return false;
	l->mark = mark;
	l->started = true;
	return true;
}

static enum iq_err read_all(struct load *l, struct iq_error *error)
{
	struct iq_str line;

	for (;;) {
		enum iq_audit_got got = iq_audit_reader_next(&l->r, &line);
		bool good = false;

		if (got == IQ_AUDIT_GOT_END)
			return IQ_OK;
		if (got == IQ_AUDIT_GOT_ERROR)
			return unreadable(l, error);
		if (got == IQ_AUDIT_GOT_HEADER)
			good = take_header(l, line);
		else if (got == IQ_AUDIT_GOT_LINE)
			good = take_line(l, line);
		if (good) {
			l->end = l->r.next;
			continue;
		}
		if (!is_torn(l, got, line) || !l->started)
			return damaged(l, error);
		l->torn = true;
		return IQ_OK;
	}
}

/* The last segment, to be written on. */
static bool open_last(struct load *l)
{
	struct iq_audit *a = l->a;
	char *path;

	if (asprintf(&path, "%s/%s", a->audit_dir, iq_audit_reader_name(&l->r)) < 0)
		return false;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	free(path);
	if (fd < 0 || (l->torn && (ftruncate(fd, l->end) != 0 || fdatasync(fd) != 0))) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	a->fd = fd;
	a->month = l->r.seg[l->r.nseg - 1].month;
	a->size = a->reserved = l->end;
	a->mark = l->mark;
	a->unsigned_since = !l->lasting && l->mark.number > 0;
	a->head_due_us = iq_monotonic_us();
	atomic_store(&a->durable, l->mark.number);
	return true;
}

static void note_torn(struct load *l)
{
	iq_log(IQ_LOG_WARN,
		"audit: %s ended in the middle of line %llu after a crash; that line is cut off",
		iq_audit_reader_name(&l->r), (unsigned long long)l->r.line);
	iq_audit_note(l->a, &(struct iq_audit_entry){.event = IQ_AUDIT_ALERT,
				    .time_us = iq_now_us(),
				    .operation = IQ_STR("torn-line-cut"),
				    .revision = l->mark.number});
}

static enum iq_err begin_new(struct load *l, struct iq_error *error)
{
	struct iq_audit *a = l->a;

	if (!iq_audit_sign_open(&a->sign, a->audit_dir, true) ||
		!iq_audit_head_write(a->audit_dir, &a->sign, &a->mark, iq_now_us()) ||
		!iq_audit_rotate(a, iq_audit_month(iq_now_us())))
		return unreadable(l, error);
	return IQ_OK;
}

static enum iq_err cut_off(struct load *l, struct iq_error *error)
{
	char have[24], want[24];

	snprintf(have, sizeof(have), "%llu", (unsigned long long)l->mark.number);
	snprintf(want, sizeof(want), "%llu", (unsigned long long)l->head.number);
	return iq_error_set(error, IQ_ERR_INTERNAL,
		N_("The audit log ends with entry {0}, but entry {1} was signed: its end is "
		   "missing."),
		N_("Find out more with: iqd check. Keep the folder {2} as evidence; then bring it "
		   "back from a backup, or move it away to begin a new log."),
		have, want, l->a->audit_dir, NULL);
}

static enum iq_err bad_head(struct load *l, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL,
		N_("The signed head of the audit log is missing or was changed."),
		N_("Find out more with: iqd check. Keep the folder {0} as evidence; then bring it "
		   "back from a backup, or move it away to begin a new log."),
		l->a->audit_dir, NULL);
}

static enum iq_err load_from(struct load *l, struct iq_error *error)
{
	struct iq_audit *a = l->a;
	enum iq_audit_head head;
	uint8_t public[32];
	enum iq_err err;

	if (l->r.nseg == 0) {
		/* Nothing, or a beginning that a crash interrupted. */
		bool had = iq_audit_sign_public(a->audit_dir, public);

		if (had &&
			iq_audit_head_read(a->audit_dir, public, &l->head) == IQ_AUDIT_HEAD_GOOD &&
			l->head.number > 0)
			return cut_off(l, error);
		return begin_new(l, error);
	}
	if (!iq_audit_sign_open(&a->sign, a->audit_dir, false))
		return unreadable(l, error);
	head = iq_audit_head_read(a->audit_dir, a->sign.public, &l->head);
	if (head != IQ_AUDIT_HEAD_GOOD)
		return bad_head(l, error);
	err = read_all(l, error);
	if (err != IQ_OK)
		return err;
	if (l->mark.number < l->head.number)
		return cut_off(l, error);
	if (!open_last(l))
		return unreadable(l, error);
	if (l->torn)
		note_torn(l);
	return IQ_OK;
}

enum iq_err iq_audit_load(struct iq_audit *a, struct iq_error *error)
{
	struct load l = {.a = a};
	enum iq_err err;

	l.since_us = iq_now_us() - IQ_LIMIT_QUOTA_FREE_DAYS * day_us;
	if (!iq_audit_reader_open(&l.r, a->audit_dir, iq_audit_month(l.since_us)))
		return unreadable(&l, error);
	err = load_from(&l, error);
	iq_audit_reader_close(&l.r);
	return err;
}
