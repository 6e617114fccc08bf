/* SPDX-License-Identifier: Apache-2.0 */
/* Reading entries back. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "audit_priv.h"
#include "i18n.h"

struct want {
	const struct iq_audit_filter *filter;
	struct iq_buf principal; /* as it is written */
	char pseudonym[IQ_AUDIT_HEX];
};

static bool wanted(const struct want *w, const struct iq_audit_line *line)
{
	const struct iq_audit_filter *f = w->filter;
	const struct iq_audit_entry *e = &line->entry;

	if (f == NULL)
		return true;
	if (f->principal.n > 0 &&
		!iq_str_eq(e->principal,
			(struct iq_str){(const char *)w->principal.p, w->principal.n}))
		return false;
	if (f->subject != IQ_NONE && !iq_str_is(line->pseudonym, w->pseudonym))
		return false;
	if (f->since_us != 0 && e->time_us < f->since_us)
		return false;
	return f->until_us == 0 || e->time_us < f->until_us;
}

/* False: the disk. Lines that cannot be read are passed over: verifying is another thing. */
static bool scan(struct iq_audit_reader *r, const struct want *w, uint64_t until,
	bool (*fn)(void *arg, const struct iq_audit_line *line), void *arg)
{
	struct iq_audit_line parsed;
	struct iq_str line;
	bool counted;

	for (;;) {
		switch (iq_audit_reader_next(r, &line)) {
		case IQ_AUDIT_GOT_END:
			return true;
		case IQ_AUDIT_GOT_ERROR:
			return false;
		case IQ_AUDIT_GOT_HEADER:
		case IQ_AUDIT_GOT_TORN:
			break;
		case IQ_AUDIT_GOT_LINE:
			if (!iq_audit_line_read(line, &parsed, &counted))
				break;
			if (parsed.number > until)
				return true;
			if (wanted(w, &parsed) && !fn(arg, &parsed))
				return true;
			break;
		}
	}
}

/* Entries of a segment are not older than its month begins, except where clocks stepped. */
static int from_month(const struct iq_audit_filter *f)
{
	return f == NULL || f->since_us == 0 ? 0 : iq_audit_month(f->since_us);
}

static enum iq_err read_log(const char *dir, const struct iq_audit_filter *filter, uint64_t until,
	bool (*fn)(void *arg, const struct iq_audit_line *line), void *arg, struct iq_error *error)
{
	char *audit_dir = iq_audit_path(dir);
	struct want w = {.filter = filter};
	struct iq_audit_reader r;
	bool good;

	if (audit_dir == NULL || sodium_init() < 0) {
		free(audit_dir);
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	}
	if (filter != NULL && filter->subject != IQ_NONE &&
		!iq_audit_pseudonym(dir, filter->subject, w.pseudonym)) {
		free(audit_dir);
		return IQ_OK; /* never disclosed */
	}
	iq_buf_init(&w.principal, 0);
	if (filter != NULL)
		iq_audit_escape(&w.principal, filter->principal);
	good = iq_audit_reader_open(&r, audit_dir, from_month(filter)) &&
	       scan(&r, &w, until, fn, arg);
	if (!good)
		iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The audit log in {0} cannot be used: {1}."),
			N_("Check its owner, its mode and the free space."), audit_dir,
			strerror(errno), NULL);
	iq_audit_reader_close(&r);
	iq_buf_free(&w.principal);
	free(audit_dir);
	return error->code;
}

enum iq_err iq_audit_each(struct iq_audit *a, const struct iq_audit_filter *filter,
	bool (*fn)(void *arg, const struct iq_audit_line *line), void *arg, struct iq_error *error)
{
	return read_log(a->dir, filter, atomic_load(&a->durable), fn, arg, error);
}

enum iq_err iq_audit_scan(const char *dir, const struct iq_audit_filter *filter,
	bool (*fn)(void *arg, const struct iq_audit_line *line), void *arg, struct iq_error *error)
{
	return read_log(dir, filter, UINT64_MAX, fn, arg, error);
}
