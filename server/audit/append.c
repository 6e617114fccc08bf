/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the log: writing entries, segments, heads. Whoever calls holds `file`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "audit_priv.h"
#include "date.h"
#define IQ_LOG_PART IQ_LOG_AUDIT
#include "log.h"

enum {
	CHUNK = 4 << 20, /* disk space taken at once */
	LOW = 2 << 20,   /* less than this left: no new changes, no confidential fields */
	KEEP_BUF = 1 << 20,
};

/* ---- room ----------------------------------------------------------------------------------- */

/* Filesystems that cannot reserve: at least see that there is room. */
static bool has_room(struct iq_audit *a)
{
	struct statvfs v;

	return fstatvfs(a->fd, &v) == 0 && v.f_bavail * v.f_frsize >= (unsigned long)CHUNK;
}

bool iq_audit_reserve(struct iq_audit *a, size_t need)
{
	off_t end = a->size + (off_t)need + LOW, more;

	if (end <= a->reserved)
		return true;
	more = end - a->reserved > CHUNK ? end - a->reserved : CHUNK;
	if (fallocate(a->fd, FALLOC_FL_KEEP_SIZE, a->reserved, more) == 0) {
		a->reserved += more;
		return true;
	}
	if ((errno == EOPNOTSUPP || errno == ENOSYS) && has_room(a)) {
		a->reserved = end;
		return true;
	}
	return false;
}

/* Says so once when it begins and once when it ends. */
void iq_audit_judge(struct iq_audit *a)
{
	bool good = !a->full && !a->failed;

	if (good == atomic_load(&a->writable))
		return;
	atomic_store(&a->writable, good);
	if (good)
		iq_log(IQ_LOG_WARN, "audit: entries can be written again");
	else
		iq_log(IQ_LOG_ERROR,
			"audit: %s; changes are refused and confidential fields withheld",
			a->failed ? "entries cannot be written" : "no disk space left to reserve");
}

/* ---- entries -------------------------------------------------------------------------------- */

/* Lines of one batch behind what is in the buffer. */
static bool format(struct iq_audit *a, struct iq_audit_mark *mark, const struct iq_audit_batch *b)
{
	char pseudonym[IQ_AUDIT_HEX];

	for (size_t i = 0; i < b->n; i++) {
		const struct iq_audit_entry *e = &b->entries[i];
		bool counted = false;

		pseudonym[0] = '\0';
		if (e->subject != IQ_NONE) {
			if (!iq_audit_keys_pseudonym(&a->keys, e->subject, pseudonym))
				return false;
			counted = e->event == IQ_AUDIT_DISCLOSED &&
				  iq_audit_quota_counts(&a->quota, e->principal,
					  iq_audit_subject_bits(pseudonym));
		}
		iq_audit_line_write(&a->buf, mark, e, pseudonym, counted);
	}
	return !a->buf.failed;
}

/* What is in the buffer, durably, or nothing of it. */
static bool flush(struct iq_audit *a)
{
	bool good =
		iq_audit_pwrite(a->fd, (struct iq_str){(const char *)a->buf.p, a->buf.n}, a->size);

	if (good && a->fault != NULL)
		good = a->fault(a->fault_arg);
	int64_t began = iq_monotonic_us();

	good = good && fdatasync(a->fd) == 0;
	iq_hist_add(&a->syncs, iq_hist_times, (uint64_t)(iq_monotonic_us() - began));
	if (good) {
		a->size += (off_t)a->buf.n;
	} else {
		int saved = errno;

		/* Takes the reserved space along, unless it is taken again. */
		if (ftruncate(a->fd, a->size) != 0)
			iq_log(IQ_LOG_ERROR, "audit: the log cannot be cut back");
		a->reserved = a->size;
		errno = saved;
	}
	return good;
}

static int newest_month(const struct iq_audit_batch *list, bool one)
{
	int month = 0;

	for (; list != NULL; list = one ? NULL : list->next)
		for (size_t i = 0; i < list->n; i++) {
			int m = iq_audit_month(list->entries[i].time_us);

			month = m > month ? m : month;
		}
	return month;
}

/* For those who watch the server. */
static void count(struct iq_audit *a, const struct iq_audit_batch *list, bool one)
{
	for (; list != NULL; list = one ? NULL : list->next)
		for (size_t i = 0; i < list->n; i++) {
			const struct iq_audit_entry *e = &list->entries[i];

			atomic_fetch_add(&a->events[e->event], e->count ? e->count : 1);
		}
}

bool iq_audit_append(struct iq_audit *a, const struct iq_audit_batch *list, bool one)
{
	struct iq_audit_mark mark;
	int month = newest_month(list, one);
	bool good = true;

	/* Without room for another segment the old one goes on. */
	if (month > a->month)
		(void)iq_audit_rotate(a, month);
	mark = a->mark;
	iq_buf_reset(&a->buf, KEEP_BUF);
	for (const struct iq_audit_batch *b = list; b != NULL && good; b = one ? NULL : b->next)
		good = format(a, &mark, b);
	if (good && a->buf.n == 0)
		return true;
	if (good)
		a->full = !iq_audit_reserve(a, a->buf.n);
	good = good && iq_audit_keys_sync(&a->keys) && flush(a);
	a->failed = !good;
	if (good) {
		count(a, list, one);
		a->mark = mark;
		a->full = !iq_audit_reserve(a, 0);
		atomic_store(&a->durable, mark.number);
		if (!a->unsigned_since)
			a->head_due_us = iq_monotonic_us() + 60000000;
		a->unsigned_since = true;
	}
	iq_audit_judge(a);
	return good;
}

/* ---- segments ------------------------------------------------------------------------------- */

bool iq_audit_rotate(struct iq_audit *a, int month)
{
	char name[16], text[8], *path;
	struct iq_buf header;
	bool good;
	int fd = -1;

	iq_audit_month_name(month, text);
	snprintf(name, sizeof(name), "%s.log", text);
	iq_buf_init(&header, 0);
	iq_audit_header_write(&header, &a->mark);
	good = !header.failed &&
	       iq_audit_replace(a->audit_dir, name, (struct iq_str){(char *)header.p, header.n});
	if (good && asprintf(&path, "%s/%s", a->audit_dir, name) >= 0) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		free(path);
	}
	if (fd >= 0) {
		if (a->fd >= 0) {
			(void)!ftruncate(a->fd, a->size); /* gives back what was reserved */
			close(a->fd);
		}
		a->fd = fd;
		a->month = month;
		a->size = a->reserved = (off_t)header.n;
	} else {
		iq_log(IQ_LOG_ERROR, "audit: the file of a new month cannot be made: %m");
	}
	iq_buf_free(&header);
	return fd >= 0;
}

/* ---- heads ---------------------------------------------------------------------------------- */

void iq_audit_head(struct iq_audit *a)
{
	char signature[2 * IQ_AUDIT_SIGNATURE + 1], hex[IQ_AUDIT_HEX];
	struct iq_audit_entry e = {.event = IQ_AUDIT_HEAD, .time_us = iq_now_us()};
	struct iq_audit_batch b = {.entries = &e, .n = 1};

	if (!a->unsigned_since)
		return;
	a->head_due_us = iq_monotonic_us() + 60000000;
	iq_audit_sign_mark(&a->sign, &a->mark, e.time_us, signature);
	e.revision = a->mark.number;
	e.purpose = iq_str(signature);
	if (!iq_audit_append(a, &b, true))
		return;
	if (!iq_audit_head_write(a->audit_dir, &a->sign, &a->mark, e.time_us)) {
		iq_log(IQ_LOG_ERROR, "audit: the signed head cannot be written: %m");
		return;
	}
	a->unsigned_since = false;
	iq_audit_hex(hex, a->mark.hash, IQ_AUDIT_HASH);
	iq_log(IQ_LOG_INFO, "audit head %llu %s", (unsigned long long)a->mark.number, hex);
}
