/* SPDX-License-Identifier: Apache-2.0 */
/* iqd breach-report, and the audit's part of iqd check: both work beside a running server. */
#include "cmd_audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "audit.h"
#include "cmd.h"
#include "conf.h"
#include "date.h"
#include "i18n.h"
#include "store.h"

/* ---- check ---------------------------------------------------------------------------------- */

static bool has_log(const char *dir)
{
	char *path = iq_state_path(dir, "audit");
	struct stat st;
	bool there = path != NULL && stat(path, &st) == 0;

	free(path);
	return there;
}

int iq_cmd_check_audit(const char *dir, struct iq_error *error)
{
	struct iq_audit_report r;
	struct iq_arena *arena = error->arena;
	const char *text;

	/* A state directory of before there was a log. */
	if (!has_log(dir))
		return 0;
	if (iq_audit_verify(dir, &r, error) != IQ_OK)
		return iq_cmd_fail(error);
	if (r.intact) {
		printf(_("The audit log is whole: %llu entries, signed up to entry %llu."),
			(unsigned long long)r.entries, (unsigned long long)r.signed_until);
		printf("\n");
		return 0;
	}
	const struct iq_str args[] = {
		iq_str(iq_arena_printf(arena, "%llu", (unsigned long long)r.first_bad)),
		iq_str(r.file), iq_str(iq_arena_printf(arena, "%llu", (unsigned long long)r.line)),
		iq_str(gettext(r.finding))};

	text = iq_text_fill(arena, _("audit: entry {0} ({1}, line {2}): {3}"), args, 4);
	printf("%s\n", text);
	fprintf(stderr, "iqd: %s\n",
		_("The audit log was changed or is damaged; keep the folder audit as evidence."));
	return iq_err_exit_status(IQ_ERR_INTERNAL);
}

/* ---- breach-report -------------------------------------------------------------------------- */

/* One recipient of one person's data. */
struct row {
	char *key; /* pseudonym, principal, institution, purpose, edition, recipient, with tabs */
	uint64_t count;
	int64_t first_us, last_us;
};

struct report {
	struct row *row;
	size_t n, cap;
	bool failed;
	struct iq_arena *arena;
	/* pseudonym → id, of contacts that are known */
	struct known {
		char pseudonym[65];
		char *id;
	} * known;
	size_t nknown, cap_known;
	const char *dir;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->key, ((const struct row *)b)->key);
}

static int by_pseudonym(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->pseudonym, ((const struct known *)b)->pseudonym);
}

static void *grow(void *p, size_t n, size_t *cap, size_t size)
{
	void *more;

	if (n < *cap)
		return p;
	more = realloc(p, (*cap ? 2 * *cap : 256) * size);
	if (more != NULL)
		*cap = *cap ? 2 * *cap : 256;
	return more;
}

/* On record, the purpose of an edition is "CODE EDITION REGION: RECIPIENT". */
struct purpose {
	struct iq_str code, edition, recipient;
};

static struct purpose purpose_of(const struct iq_audit_entry *e)
{
	struct purpose p = {.code = e->purpose};
	struct iq_str rest = e->purpose, code, edition;

	if (!iq_str_is(e->operation, "edition") || !iq_str_cut(&rest, ' ', &code) ||
		!iq_str_cut(&rest, ':', &edition) || rest.n == 0 || rest.p[0] != ' ')
		return p;
	return (struct purpose){code, edition, {rest.p + 1, rest.n - 1}};
}

static bool on_entry(void *arg, const struct iq_audit_line *line)
{
	struct report *r = arg;
	const struct iq_audit_entry *e = &line->entry;
	const struct purpose p = purpose_of(e);
	struct row *row;

	if (e->event != IQ_AUDIT_DISCLOSED)
		return true;
	row = grow(r->row, r->n, &r->cap, sizeof(*row));
	r->failed = row == NULL;
	if (r->failed)
		return false;
	r->row = row;
	row += r->n;
	*row = (struct row){.count = e->count ? e->count : 1,
		.first_us = e->time_us,
		.last_us = e->time_us,
		.key = iq_arena_printf(r->arena, "%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t%.*s",
			IQ_STR_ARG(line->pseudonym), IQ_STR_ARG(e->principal),
			IQ_STR_ARG(e->institution), IQ_STR_ARG(p.code), IQ_STR_ARG(p.edition),
			IQ_STR_ARG(p.recipient))};
	r->failed = row->key == NULL;
	r->n += !r->failed;
	return !r->failed;
}

/* Equal ones become one, with their sum. */
static void unite(struct report *r)
{
	size_t n = 0;

	if (r->n == 0)
		return;
	qsort(r->row, r->n, sizeof(*r->row), by_key);
	for (size_t i = 1; i < r->n; i++) {
		struct row *last = &r->row[n], *row = &r->row[i];

		if (strcmp(last->key, row->key) != 0) {
			r->row[++n] = *row;
			continue;
		}
		last->count += row->count;
		if (row->first_us < last->first_us)
			last->first_us = row->first_us;
		if (row->last_us > last->last_us)
			last->last_us = row->last_us;
	}
	r->n = n + 1;
}

static bool on_contact(void *arg, const struct iq_image *image)
{
	struct report *r = arg;
	struct known *k = grow(r->known, r->nknown, &r->cap_known, sizeof(*k));

	r->failed = k == NULL;
	if (r->failed)
		return false;
	r->known = k;
	k += r->nknown;
	if (!iq_audit_pseudonym(r->dir, image->num, k->pseudonym))
		return true;
	k->id = iq_arena_cstr(r->arena, iq_image_id(image));
	r->failed = k->id == NULL;
	r->nknown++;
	return !r->failed;
}

/* A store that cannot be read leaves pseudonyms in the report. */
static void know_contacts(struct report *r)
{
	struct iq_store *store = NULL;
	struct iq_rtxn *t = NULL;
	struct iq_error error;

	iq_error_init(&error, r->arena);
	if (iq_store_open(r->dir, false, NULL, &store, &error) != IQ_OK ||
		iq_rtxn_new(store, &t) != IQ_OK || !iq_rtxn_renew(t))
		fprintf(stderr, "iqd: %s\n",
			_("The database cannot be read: persons are shown by their pseudonyms."));
	else
		iq_each_record(iq_rtxn_txn(t), IQ_CONTACT, 0, on_contact, r);
	iq_rtxn_free(t);
	iq_store_close(store);
	if (r->nknown > 0)
		qsort(r->known, r->nknown, sizeof(*r->known), by_pseudonym);
}

static struct iq_str subject_of(const struct report *r, struct iq_str pseudonym)
{
	struct known key = {.id = NULL};

	if (pseudonym.n == sizeof(key.pseudonym) - 1)
		memcpy(key.pseudonym, pseudonym.p, pseudonym.n);
	const struct known *k =
		r->nknown ? bsearch(&key, r->known, r->nknown, sizeof(key), by_pseudonym) : NULL;

	return k != NULL ? iq_str(k->id) : pseudonym;
}

/* A cell of a CSV file; what a spreadsheet would take for a formula is quoted by ' as well. */
static void csv_cell(struct iq_str s, char end)
{
	bool quote = false;

	for (size_t i = 0; i < s.n; i++)
		quote = quote || strchr("\",\r\n;", s.p[i]) != NULL;
	if (quote)
		putchar('"');
	if (s.n > 0 && strchr("=+-@", s.p[0]) != NULL)
		putchar('\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			putchar('"');
		putchar(s.p[i]);
	}
	if (quote)
		putchar('"');
	putchar(end);
}

static void print_row(const struct report *r, const struct row *row, bool csv)
{
	enum { EDITION = 4, RECIPIENT, CELLS };
	struct iq_str rest = iq_str(row->key), cell[CELLS];
	char first[11], last[11], count[24];
	size_t n = 0;

	while (n < CELLS && iq_str_cut(&rest, '\t', &cell[n]))
		n++;
	while (n < CELLS)
		cell[n++] = IQ_STR("");
	cell[0] = subject_of(r, cell[0]);
	iq_date_format(iq_date_in_germany(row->first_us), first);
	iq_date_format(iq_date_in_germany(row->last_us), last);
	snprintf(count, sizeof(count), "%llu", (unsigned long long)row->count);
	if (csv) {
		for (size_t i = 0; i < EDITION; i++)
			csv_cell(cell[i], ',');
		csv_cell(iq_str(count), ',');
		csv_cell(iq_str(first), ',');
		csv_cell(iq_str(last), ',');
		csv_cell(cell[EDITION], ',');
		csv_cell(cell[RECIPIENT], '\n');
		return;
	}
	printf("%-24.*s %-20.*s %-20.*s %-14.*s %6s  %s", IQ_STR_ARG(cell[0]), IQ_STR_ARG(cell[1]),
		IQ_STR_ARG(cell[2]), IQ_STR_ARG(cell[3]), count, first);
	if (strcmp(first, last) != 0)
		printf(" – %s", last);
	if (cell[EDITION].n > 0) {
		printf("  ");
		printf(_("edition %.*s for %.*s"), IQ_STR_ARG(cell[EDITION]),
			IQ_STR_ARG(cell[RECIPIENT]));
	}
	printf("\n");
}

static void print_report(const struct report *r, const struct iq_cmd_args *args)
{
	size_t subjects = 0;

	if (args->csv)
		printf("subject,principal,institution,purpose,count,first,last,edition,"
		       "recipient\n");
	else if (r->n > 0)
		printf("%-24s %-20s %-20s %-14s %6s  %s\n", _("Person"), _("Principal"),
			_("Institution"), _("Purpose"), _("Count"), _("When"));
	for (size_t i = 0; i < r->n; i++) {
		const char *key = r->row[i].key;

		/* rows are ordered by pseudonym */
		if (i == 0 || strncmp(key, r->row[i - 1].key, strcspn(key, "\t") + 1) != 0)
			subjects++;
		print_row(r, &r->row[i], args->csv);
	}
	if (args->csv)
		return;
	if (r->n > 0)
		printf("\n");
	printf(_("From %s to %s: %zu persons, %zu recipients and purposes."), args->from, args->to,
		subjects, r->n);
	printf("\n");
}

static int read_days(const struct iq_cmd_args *args, int32_t *from, int32_t *to)
{
	static const char usage[] =
		N_("iqd breach-report --state DIR --from 2026-11-01 --to 2026-11-30 [--csv]");

	if (args->from == NULL || args->to == NULL)
		return iq_cmd_usage(N_("--from and --to are needed."), usage, NULL);
	if (!iq_date_parse(iq_str(args->from), from))
		return iq_cmd_usage(N_("“{0}” is not a date."), usage, args->from);
	if (!iq_date_parse(iq_str(args->to), to))
		return iq_cmd_usage(N_("“{0}” is not a date."), usage, args->to);
	if (*to < *from)
		return iq_cmd_usage(N_("--to is before --from."), usage, NULL);
	return 0;
}

int iq_cmd_breach(int argc, char **argv)
{
	struct iq_cmd_args args;
	struct report r = {.n = 0};
	struct iq_arena arena;
	struct iq_error error;
	int32_t from = 0, to = 0;
	int status = iq_cmd_args(argc, argv, "sftc", &args);

	if (status == 0)
		status = read_days(&args, &from, &to);
	if (status != 0)
		return status;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	r.arena = &arena;
	r.dir = args.state;
	const struct iq_audit_filter filter = {
		.since_us = iq_date_begin(from), .until_us = iq_date_begin(to + 1)};

	if (!has_log(args.state))
		iq_error_set(&error, IQ_ERR_USAGE, N_("There is no audit log in {0}."),
			N_("Check --state."), args.state, NULL);
	else if (iq_audit_scan(args.state, &filter, on_entry, &r, &error) == IQ_OK && !r.failed)
		know_contacts(&r);
	if (error.code == IQ_OK && r.failed)
		iq_error_set(
			&error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	if (error.code == IQ_OK) {
		unite(&r);
		print_report(&r, &args);
	} else {
		status = iq_cmd_fail(&error);
	}
	free(r.row);
	free(r.known);
	iq_arena_free(&arena);
	return status;
}
