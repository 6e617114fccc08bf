/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention and forgetting. A month that is over goes away once its counts, its last number and
 * its last hash are entries of the chain themselves: verifying begins where they say.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit_priv.h"
#include "bounds.h"
#include "date.h"
#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_AUDIT
#include "log.h"

enum { MONTH = 8, OPERATION = 16 };

struct count {
	char month[MONTH], operation[OPERATION];
	uint64_t n;
};

/* What a month leaves behind. */
struct remains {
	struct count *count;
	size_t n, cap;
	bool failed;
};

static void add(struct remains *r, struct iq_str month, struct iq_str operation, uint64_t n)
{
	for (size_t i = 0; i < r->n; i++)
		if (iq_str_is(month, r->count[i].month) &&
			iq_str_is(operation, r->count[i].operation)) {
			r->count[i].n += n;
			return;
		}
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 32;
		struct count *c = realloc(r->count, cap * sizeof(*c));

		if (c == NULL) {
			r->failed = true;
			return;
		}
		r->count = c;
		r->cap = cap;
	}
	struct count *c = &r->count[r->n++];

	snprintf(c->month, sizeof(c->month), "%.*s", IQ_STR_ARG(month));
	snprintf(c->operation, sizeof(c->operation), "%.*s", IQ_STR_ARG(operation));
	c->n = n;
}

static void count_line(struct remains *r, const char *month, const struct iq_audit_entry *e)
{
	if (e->event != IQ_AUDIT_SUMMARY)
		add(r, iq_str(month), iq_str(iq_audit_event_names[e->event]),
			e->count ? e->count : 1);
	else if (!iq_str_is(e->operation, "segment"))
		add(r, e->classes, e->operation, e->count); /* handed on */
}

/* ---- reading the month ---------------------------------------------------------------------- */

/* All of one segment; false: damaged or unreadable, and then it stays as evidence. */
static bool read_segment(struct iq_audit_reader *r, const char *month, struct iq_audit_mark *mark,
	struct remains *out, uint64_t *entries)
{
	size_t at = r->at;
	struct iq_audit_line parsed;
	struct iq_str line;
	bool counted;

	*entries = 0;
	if (iq_audit_reader_next(r, &line) != IQ_AUDIT_GOT_HEADER ||
		!iq_audit_header_read(line, mark))
		return false;
	for (;;) {
		switch (iq_audit_reader_next(r, &line)) {
		case IQ_AUDIT_GOT_LINE:
			break;
		case IQ_AUDIT_GOT_END:
			return r->at == at && !out->failed;
		case IQ_AUDIT_GOT_HEADER:
		case IQ_AUDIT_GOT_TORN:
		case IQ_AUDIT_GOT_ERROR:
			return false;
		}
		if (!iq_audit_line_fits(line, mark) || !iq_audit_line_read(line, &parsed, &counted))
			return false;
		count_line(out, month, &parsed.entry);
		++*entries;
	}
}

struct summed {
	uint64_t number;
	bool found;
};

static bool find_summary(void *arg, const struct iq_audit_line *line)
{
	struct summed *s = arg;

	s->found = line->entry.event == IQ_AUDIT_SUMMARY &&
		   iq_str_is(line->entry.operation, "segment") && line->entry.revision == s->number;
	return !s->found;
}

/* ---- writing the summary -------------------------------------------------------------------- */

static bool write_summary(struct iq_audit *a, const struct remains *r, const char *month,
	const struct iq_audit_mark *mark, uint64_t entries, int64_t now_us)
{
	struct iq_audit_entry *e = calloc(r->n + 1, sizeof(*e));
	struct iq_audit_batch b = {.entries = e, .n = r->n + 1};
	char hex[IQ_AUDIT_HEX];
	bool good;

	if (e == NULL)
		return false;
	for (size_t i = 0; i < r->n; i++)
		e[i] = (struct iq_audit_entry){.event = IQ_AUDIT_SUMMARY,
			.time_us = now_us,
			.classes = iq_str(r->count[i].month),
			.operation = iq_str(r->count[i].operation),
			.count = r->count[i].n};
	iq_audit_hex(hex, mark->hash, IQ_AUDIT_HASH);
	e[r->n] = (struct iq_audit_entry){.event = IQ_AUDIT_SUMMARY,
		.time_us = now_us,
		.classes = iq_str(month),
		.operation = IQ_STR("segment"),
		.purpose = iq_str(hex),
		.revision = mark->number,
		.count = entries};
	good = iq_audit_append(a, &b, true);
	free(e);
	return good;
}

static bool take_away(struct iq_audit *a, const char *name)
{
	char *path;
	bool good;

	if (asprintf(&path, "%s/%s", a->audit_dir, name) < 0)
		return false;
	good = unlink(path) == 0 && iq_audit_sync_dir(a->audit_dir);
	free(path);
	return good;
}

static enum iq_err no_retention(struct iq_audit *a, const char *name, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL,
		N_("The file {0} of the audit log is damaged or cannot be replaced by its counts; "
		   "it stays."),
		N_("Find out more with: iqd check. The log is in {1}."), name, a->audit_dir, NULL);
}

/* One segment becomes counts. */
static enum iq_err retain_one(struct iq_audit *a, const struct iq_audit_segment *seg,
	int64_t now_us, struct iq_error *error)
{
	/* A reader of this one alone: its descriptor stays the other's. */
	struct iq_audit_segment one = *seg;
	struct iq_audit_reader r = {.seg = &one, .nseg = 1};
	struct remains remains = {.n = 0};
	struct iq_audit_mark mark;
	struct summed before = {.number = 0};
	char month[MONTH];
	uint64_t entries;
	bool good;

	iq_audit_month_name(seg->month, month);
	iq_buf_init(&r.buf, 0);
	good = read_segment(&r, month, &mark, &remains, &entries);
	iq_buf_free(&r.buf);
	if (good) {
		/* A crash may have come between summary and taking away. */
		before.number = mark.number;
		good = iq_audit_each(a, NULL, find_summary, &before, error) == IQ_OK &&
		       (before.found ||
			       write_summary(a, &remains, month, &mark, entries, now_us)) &&
		       take_away(a, seg->name);
	}
	free(remains.count);
	if (!good)
		return no_retention(a, seg->name, error);
	iq_log(IQ_LOG_INFO, "audit: %s is replaced by its counts (%llu entries)", seg->name,
		(unsigned long long)entries);
	return IQ_OK;
}

enum iq_err iq_audit_retain_locked(struct iq_audit *a, int64_t now_us, struct iq_error *error)
{
	int now = iq_audit_month(now_us), limit = now - IQ_LIMIT_AUDIT_MONTHS;
	struct iq_audit_reader r;
	enum iq_err err = IQ_OK;

	if (!iq_audit_reader_open(&r, a->audit_dir, 0)) {
		iq_audit_reader_close(&r);
		return no_retention(a, "*.log", error);
	}
	bool due = r.nseg > 0 && r.seg[0].month < limit;

	/* The current one may be old, too: then the log goes on in another. */
	if (due && a->month < limit && !iq_audit_rotate(a, now))
		err = no_retention(a, r.seg[r.nseg - 1].name, error);
	for (size_t i = 0; err == IQ_OK && i < r.nseg && r.seg[i].month < limit; i++)
		err = retain_one(a, &r.seg[i], now_us, error);
	iq_audit_reader_close(&r);
	return err;
}

enum iq_err iq_audit_retain(struct iq_audit *a, int64_t now_us, struct iq_error *error)
{
	enum iq_err err;

	pthread_mutex_lock(&a->file);
	err = iq_audit_retain_locked(a, now_us, error);
	pthread_mutex_unlock(&a->file);
	return err;
}

/* ---- forgetting ----------------------------------------------------------------------------- */

enum iq_err iq_audit_forget(struct iq_audit *a, iq_num subject, struct iq_error *error)
{
	if (iq_audit_keys_forget(&a->keys, subject))
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_INTERNAL,
		N_("The pseudonym of the contact could not be destroyed: {0}."),
		N_("Check the disk of the server, then try again."), strerror(errno), NULL);
}
