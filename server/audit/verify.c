/* SPDX-License-Identifier: Apache-2.0 */
/* Proving that the log is whole: every line against its chain, the chain against its heads. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit_priv.h"
#include "i18n.h"

struct verify {
	struct iq_audit_report *out;
	struct iq_audit_reader r;
	uint8_t public[32];
	bool has_public;
	struct iq_audit_mark start, mark, head;
	bool head_met, started, cut;
	bool covered;     /* a summary speaks for what is before the start */
	uint64_t summed;  /* last number that any summary before the start speaks for */
	const char *last; /* segment */
	uint64_t last_line;
};

/* The first finding stays. */
static void find(
	struct verify *v, uint64_t number, const char *text, const char *file, uint64_t line)
{
	struct iq_audit_report *o = v->out;

	if (!o->intact)
		return;
	o->intact = false;
	o->first_bad = number;
	o->finding = text;
	snprintf(o->file, sizeof(o->file), "%s", file);
	o->line = line;
}

static void find_here(struct verify *v, const char *text)
{
	find(v, v->mark.number + 1, text, iq_audit_reader_name(&v->r), v->r.line);
}

/* A summary says up to which entry, and with which hash, a segment was taken away. */
static void take_summary(struct verify *v, const struct iq_audit_entry *e)
{
	uint8_t hash[IQ_AUDIT_HASH];

	if (e->event != IQ_AUDIT_SUMMARY || !iq_str_is(e->operation, "segment") ||
		!iq_audit_unhex(hash, e->purpose, sizeof(hash)))
		return;
	if (e->revision == v->start.number && memcmp(hash, v->start.hash, sizeof(hash)) == 0)
		v->covered = true;
	else if (e->revision < v->start.number && e->revision > v->summed)
		v->summed = e->revision;
}

static void take_head(
	struct verify *v, const struct iq_audit_entry *e, const struct iq_audit_mark *before)
{
	if (e->event != IQ_AUDIT_HEAD || !v->has_public)
		return;
	if (e->revision != before->number ||
		!iq_audit_sign_good(v->public, before, e->time_us, e->purpose))
		find(v, before->number + 1, N_("The signature does not fit the entries before it."),
			iq_audit_reader_name(&v->r), v->r.line);
	else if (v->out->intact)
		v->out->signed_until = before->number;
}

static void take_line(struct verify *v, struct iq_str line)
{
	struct iq_audit_mark before = v->mark;
	struct iq_audit_line parsed;
	bool counted, read = iq_audit_line_read(line, &parsed, &counted);

	v->out->entries++;
	if (read)
		take_summary(v, &parsed.entry);
	if (!v->out->intact)
		return;
	if (read && parsed.number != v->mark.number + 1) {
		find_here(v, parsed.number > v->mark.number + 1
				     ? N_("An entry is missing, or entries changed places.")
				     : N_("An entry was inserted, or entries changed places."));
		return;
	}
	if (!iq_audit_line_fits(line, &v->mark)) {
		find_here(v, N_("The entry was changed: its hash does not fit."));
		return;
	}
	if (!read) {
		v->mark = before;
		find_here(v, N_("The entry cannot be read."));
		return;
	}
	take_head(v, &parsed.entry, &before);
	if (v->mark.number != v->head.number)
		return;
	if (memcmp(v->mark.hash, v->head.hash, IQ_AUDIT_HASH) == 0)
		v->head_met = true;
	else
		find(v, v->mark.number, N_("The entry is not the one that was signed."),
			iq_audit_reader_name(&v->r), v->r.line);
}

static void take_header(struct verify *v, struct iq_str line)
{
	struct iq_audit_mark mark;
	bool read = iq_audit_header_read(line, &mark);

	if (!v->started) {
		v->started = true;
		if (read) {
			v->start = v->mark = mark;
			v->head_met = mark.number == v->head.number;
		} else {
			find_here(v, N_("The first line of the file was changed."));
		}
		return;
	}
	if (!read)
		find_here(v, N_("The first line of the file was changed."));
	else if (mark.number > v->mark.number)
		find_here(v, N_("A file of the log is missing, or the one before is cut."));
	else if (memcmp(&mark, &v->mark, sizeof(mark)) != 0)
		find_here(v, N_("The first line of the file was changed."));
}

/* False: the disk. */
static bool read_all(struct verify *v)
{
	struct iq_str line;

	for (;;) {
		switch (iq_audit_reader_next(&v->r, &line)) {
		case IQ_AUDIT_GOT_END:
			return true;
		case IQ_AUDIT_GOT_ERROR:
			return false;
		case IQ_AUDIT_GOT_HEADER:
			take_header(v, line);
			break;
		case IQ_AUDIT_GOT_LINE:
			take_line(v, line);
			break;
		case IQ_AUDIT_GOT_TORN:
			/* At the very end: being written now, or a crash. */
			if (v->r.at + 1 < v->r.nseg || line.n > IQ_AUDIT_LINE_MAX)
				find_here(v, N_("The file ends in the middle of a line."));
			break;
		}
		v->last_line = v->r.line;
	}
}

static void judge_start(struct verify *v)
{
	struct iq_audit_report *o = v->out;

	if (v->start.number == 0 || v->covered)
		return;
	o->intact = true; /* what is missing at the beginning comes first */
	find(v, v->summed + 1, N_("A file of the log is missing at its beginning."),
		v->r.nseg ? v->r.seg[0].name : "", 1);
}

static void judge_end(struct verify *v, enum iq_audit_head head)
{
	const char *file = iq_audit_reader_name(&v->r);
	uint64_t next = v->mark.number + 1;

	if (!v->has_public)
		find(v, next, N_("The key that verifies signatures is missing or was changed."),
			"sign.pub", 1);
	else if (head == IQ_AUDIT_HEAD_MISSING)
		find(v, next, N_("The signed head is missing."), "head", 1);
	else if (head == IQ_AUDIT_HEAD_BAD)
		find(v, v->head.number && v->head.number < next ? v->head.number : next,
			N_("The signature of the head is wrong."), "head", 1);
	else if (v->mark.number < v->head.number)
		find(v, next, N_("The end of the log is missing: later entries were signed."), file,
			v->last_line + 1);
	else if (v->head_met && v->out->intact)
		v->out->signed_until = v->head.number;
}

enum iq_err iq_audit_verify(const char *dir, struct iq_audit_report *out, struct iq_error *error)
{
	struct verify v = {.out = out};
	char *audit_dir = iq_audit_path(dir);
	enum iq_audit_head head;
	bool good;

	*out = (struct iq_audit_report){.intact = true};
	if (audit_dir == NULL || sodium_init() < 0) {
		free(audit_dir);
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	}
	/* The head first: the log only grows. */
	v.has_public = iq_audit_sign_public(audit_dir, v.public);
	head = iq_audit_head_read(audit_dir, v.public, &v.head);
	if (head != IQ_AUDIT_HEAD_GOOD)
		v.head.number = 0;
	good = iq_audit_reader_open(&v.r, audit_dir, 0);
	if (good) {
		/* entries up to the finding, then only summaries count */
		v.head_met = v.head.number == 0;
		good = read_all(&v);
		if (good) {
			judge_end(&v, head);
			judge_start(&v);
		}
	}
	if (!good)
		iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The audit log in {0} cannot be used: {1}."),
			N_("Check its owner, its mode and the free space."), audit_dir,
			strerror(errno), NULL);
	iq_audit_reader_close(&v.r);
	free(audit_dir);
	return error->code;
}
