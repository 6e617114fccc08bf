/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "bounds.h"
#include "date.h"
#include "fold.h"
#include "i18n.h"
#include "utf8.h"
#include "workshop.h"

/* A value is shown in a problem up to this length. */
enum { SHOWN_MAX = 200 };

int iq_choice(const char *const *names, struct iq_str s)
{
	for (int i = 0; names[i] != NULL; i++)
		if (iq_str_is(s, names[i]))
			return i;
	return -1;
}

enum iq_kind iq_kind_by_name(struct iq_str name)
{
	for (unsigned k = 0; k < IQ_KINDS; k++)
		if (iq_str_is(name, iq_schemas[k].name) || iq_str_is(name, iq_schemas[k].file))
			return (enum iq_kind)k;
	return IQ_KINDS;
}

int iq_column_by_name(enum iq_kind kind, struct iq_str name)
{
	const struct iq_schema *s = &iq_schemas[kind];

	for (size_t i = 0; i < s->ncolumns; i++)
		if (iq_str_is(name, s->columns[i].name))
			return (int)i;
	return -1;
}

struct iq_str iq_rec_name(const struct iq_rec *r, bool english)
{
	static const int8_t names[IQ_KINDS][2] = {
		[IQ_REGION] = {IQ_REGION_NAME_DE, IQ_REGION_NAME_EN},
		[IQ_TASK] = {IQ_TASK_NAME_DE, IQ_TASK_NAME_EN},
		[IQ_STATUS] = {IQ_STATUS_NAME_DE, IQ_STATUS_NAME_EN},
		[IQ_FACT] = {IQ_FACT_NAME_DE, IQ_FACT_NAME_EN},
		[IQ_KIND] = {IQ_KIND_NAME_DE, IQ_KIND_NAME_EN},
		[IQ_INSTITUTION] = {IQ_INSTITUTION_NAME_DE, IQ_INSTITUTION_NAME_EN},
		[IQ_CONTACT] = {IQ_CONTACT_NAME, IQ_CONTACT_NAME},
		[IQ_WORKSHOP_RECORD] = {IQ_WORKSHOP_NAME_DE, IQ_WORKSHOP_NAME_EN},
		[IQ_TOPIC] = {IQ_TOPIC_NAME_DE, IQ_TOPIC_NAME_EN},
		[IQ_MEETING] = {IQ_MEETING_NAME_DE, IQ_MEETING_NAME_EN},
		[IQ_PROPOSAL] = {IQ_PROPOSAL_TEXT_DE, IQ_PROPOSAL_TEXT_EN},
		[IQ_COMMITMENT] = {IQ_COMMITMENT_TEXT_DE, IQ_COMMITMENT_TEXT_EN},
	};
	struct iq_str name = iq_rec_text(r, names[r->kind][english]);

	if (name.n == 0)
		name = iq_rec_text(r, names[r->kind][!english]);
	const char *line = name.n ? memchr(name.p, '\n', name.n) : NULL;

	if (line != NULL) /* the title of a longer text */
		name.n = (size_t)(line - name.p);
	return name.n ? name : iq_rec_text(r, IQ_COL_ID);
}

#define EACH_BYTE(c) ((uint64_t)(c)*UINT64_C(0x0101010101010101))
static const uint64_t top_bits = EACH_BYTE(0x80);

/* The top bit of each byte from lo to hi; of bytes that have it themselves: anything. */
static uint64_t in_range(uint64_t w, unsigned char lo, unsigned char hi)
{
	return (w + EACH_BYTE(0x80 - lo)) & ~(w + EACH_BYTE(0x7f - hi)) & top_bits;
}

/* Eight bytes of an id: only what is allowed, and no two hyphens in a row. */
static bool is_slug_word(uint64_t w)
{
	uint64_t dash, good;

	if (w & top_bits)
		return false;
	dash = in_range(w, '-', '-');
	good = dash | in_range(w, 'a', 'z') | in_range(w, '0', '9');
	return good == top_bits && (dash & dash << 8) == 0;
}

static bool is_slug_at(const char *p, size_t n)
{
	uint64_t w = EACH_BYTE('a');
	uint32_t half;

	if (n >= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		return is_slug_word(w);
	}
	if (n >= sizeof(half)) {
		memcpy(&half, p, sizeof(half));
		return is_slug_word(w << 32 | half);
	}
	for (size_t i = 0; i < n; i++)
		w = w << 8 | (unsigned char)p[i];
	return is_slug_word(w);
}

bool iq_slug_valid(struct iq_str s)
{
	const size_t step = s.n >= 8 ? 8 : s.n >= 4 ? 4 : s.n;

	if (s.n == 0 || s.n > IQ_LIMIT_ID || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	/* In words that overlap by a byte, so that every two neighbours are in one. */
	for (size_t i = 0; i + step < s.n; i += step - 1)
		if (!is_slug_at(s.p + i, step))
			return false;
	return is_slug_at(s.p + s.n - step, step);
}

static struct iq_str trim(struct iq_str s)
{
	while (s.n && s.p[0] == ' ') {
		s.p++;
		s.n--;
	}
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

static bool all_digits(struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* What a cell is read with: the column, scratch memory, and where to say what is wrong. */
struct reader {
	const struct iq_column *col;
	struct iq_arena *arena;
	struct iq_problem *p;
};

/* The part of a value that can be shown and sent. */
static struct iq_str shown(struct iq_str s)
{
	if (s.n > SHOWN_MAX)
		s.n = SHOWN_MAX;
	s.n = iq_utf8_valid_prefix(s);
	return s;
}

static enum iq_err reject(struct reader *r, struct iq_str value, const char *text)
{
	r->p->column = iq_str(r->col->name);
	r->p->value = shown(value);
	r->p->text = text;
	r->p->nargs = 0;
	r->p->nearest = (struct iq_str){NULL, 0};
	return IQ_ERR_REJECTED;
}

static enum iq_err reject_limit(
	struct reader *r, struct iq_str value, const char *text, unsigned limit)
{
	char *number = iq_arena_printf(r->arena, "%u", limit);

	reject(r, value, text);
	if (number == NULL)
		return IQ_ERR_INTERNAL;
	r->p->args[0] = iq_str(number);
	r->p->nargs = 1;
	return IQ_ERR_REJECTED;
}

/* Might there be a control character in these eight bytes? */
static bool is_suspect(const char *p)
{
	uint64_t w, del, latin;

	memcpy(&w, p, sizeof(w));
	del = w ^ EACH_BYTE(0x7f);
	latin = w ^ EACH_BYTE(0xc2);
	return (((w - EACH_BYTE(0x20)) & ~w) | ((del - EACH_BYTE(1)) & ~del) |
		       ((latin - EACH_BYTE(1)) & ~latin)) &
	       top_bits;
}

static enum iq_err read_text(struct reader *r, struct iq_str s)
{
	if (s.n > IQ_LIMIT_CELL)
		return reject_limit(
			r, s, N_("This is longer than {0} bytes. Shorten it."), IQ_LIMIT_CELL);
	if (memchr(s.p, 0, s.n) == NULL && !iq_utf8_valid(s))
		return reject(r, s, N_("This is not valid UTF-8. Save the text as UTF-8."));
	for (size_t i = 0; i < s.n; i++) {
		while (s.n - i >= 8 && !is_suspect(s.p + i))
			i += 8;
		if (i == s.n)
			break;
		unsigned char c = (unsigned char)s.p[i];
		bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || c1)
			return reject_limit(r, (struct iq_str){s.p, i},
				N_("There is a control character at byte {0}. Remove it."),
				(unsigned)i + 1);
	}
	return IQ_OK;
}

/* An id; the nearest valid one is the text without spaces around it, or folded like a name. */
static enum iq_err read_slug(struct reader *r, struct iq_str s)
{
	struct iq_str t = trim(s);

	if (iq_slug_valid(s))
		return IQ_OK;
	enum iq_err err = read_text(r, s);

	if (err != IQ_OK)
		return err;
	if (s.n > IQ_LIMIT_ID)
		return reject_limit(r, s, N_("This id is longer than {0} bytes."), IQ_LIMIT_ID);
	reject(r, s,
		N_("This is no id: ids have small letters a-z and digits, in groups joined by "
		   "single hyphens."));
	r->p->nearest = iq_slug_valid(t) ? t : iq_fold(r->arena, t, IQ_FOLD_AE);
	if (!iq_slug_valid(r->p->nearest))
		r->p->nearest = (struct iq_str){NULL, 0};
	return IQ_ERR_REJECTED;
}

static enum iq_err read_date(struct reader *r, struct iq_str s)
{
	int32_t days;
	char iso[11];

	if (iq_date_parse(s, &days))
		return IQ_OK;
	reject(r, s, N_("This is no date. Write year-month-day, for example 2026-03-31."));
	if (iq_date_parse(trim(s), &days) || iq_date_parse_german(trim(s), &days)) {
		iq_date_format(days, iso);
		r->p->nearest = iq_arena_dup(r->arena, iq_str(iso));
	}
	return IQ_ERR_REJECTED;
}

static enum iq_err read_enum(struct reader *r, struct iq_str s)
{
	struct iq_str folded;
	unsigned best = 3; /* edits: more than two are another word */

	if (iq_choice(r->col->choices, s) >= 0)
		return IQ_OK;
	reject(r, s, N_("This is none of the values allowed here: {0}."));
	char *list = iq_arena_printf(r->arena, "%s", "");

	folded = iq_utf8_valid(s) ? iq_fold(r->arena, s, IQ_FOLD_AE) : s;
	for (int i = 0; r->col->choices[i] != NULL && list != NULL; i++) {
		const char *choice = r->col->choices[i];
		unsigned d = iq_fold_distance(folded, iq_str(choice), 2);

		if (choice[0] == 0)
			continue;
		list = iq_arena_printf(r->arena, "%s%s%s", list, list[0] ? ", " : "", choice);
		if (d < best && folded.n && d < strlen(choice)) {
			best = d;
			r->p->nearest = iq_str(choice);
		}
	}
	if (list == NULL)
		return IQ_ERR_INTERNAL;
	r->p->args[0] = iq_str(list);
	r->p->nargs = 1;
	return IQ_ERR_REJECTED;
}

static enum iq_err read_number(struct reader *r, struct iq_str s)
{
	if (s.n <= 9 && all_digits(s))
		return IQ_OK;
	reject(r, s, N_("This is no number. Write digits only, at most nine."));
	if (trim(s).n && trim(s).n <= 9 && all_digits(trim(s)))
		r->p->nearest = trim(s);
	return IQ_ERR_REJECTED;
}

static enum iq_err read_ars(struct reader *r, struct iq_str s)
{
	if (s.n == 12 && all_digits(s))
		return IQ_OK;
	reject(r, s, N_("This is no official key (ARS): it has exactly twelve digits."));
	if (trim(s).n == 12 && all_digits(trim(s)))
		r->p->nearest = trim(s);
	return IQ_ERR_REJECTED;
}

static enum iq_err read_time(struct reader *r, struct iq_str s)
{
	int minutes;

	if (iq_time_of_day_parse(s, &minutes))
		return IQ_OK;
	reject(r, s, N_("This is no time of day. Write hours and minutes, for example 09:30."));
	if (iq_time_of_day_parse(trim(s), &minutes))
		r->p->nearest = trim(s);
	return IQ_ERR_REJECTED;
}

static enum iq_err read_deadline(struct reader *r, struct iq_str s)
{
	int64_t us;

	if (iq_deadline_parse(s, &us))
		return IQ_OK;
	reject(r, s,
		N_("This is no date and no date with a time. Write 2026-12-01 or 2026-12-01 16:00, "
		   "German time."));
	if (iq_deadline_parse(trim(s), &us))
		r->p->nearest = trim(s);
	return IQ_ERR_REJECTED;
}

static enum iq_err read_scalar(struct reader *r, struct iq_str s)
{
	switch (r->col->type) {
	case IQ_TYPE_ID:
	case IQ_TYPE_REF:
	case IQ_TYPE_REFS:
		return read_slug(r, s);
	case IQ_TYPE_DATE:
		return read_date(r, s);
	case IQ_TYPE_ENUM:
		return read_enum(r, s);
	case IQ_TYPE_NUMBER:
		return read_number(r, s);
	case IQ_TYPE_ARS:
		return read_ars(r, s);
	case IQ_TYPE_TIME:
		return read_time(r, s);
	case IQ_TYPE_DEADLINE:
		return read_deadline(r, s);
	case IQ_TYPE_TEXT:
	case IQ_TYPE_TEXTS:
	case IQ_TYPE_CONDITION:
	case IQ_TYPE_IMPLIES:
		break;
	}
	return read_text(r, s);
}

static bool contains(const struct iq_str *v, uint32_t n, struct iq_str s)
{
	for (uint32_t i = 0; i < n; i++)
		if (iq_str_eq(v[i], s))
			return true;
	return false;
}

static enum iq_err read_set(struct reader *r, struct iq_str cell, struct iq_value *out)
{
	struct iq_str rest = cell, part;
	uint32_t n = 1;

	if (cell.n > IQ_LIMIT_CELL)
		return read_text(r, cell);
	if (memchr(cell.p, r->col->sep, cell.n) != NULL)
		for (size_t i = 0; i < cell.n; i++)
			n += cell.p[i] == r->col->sep;
	struct iq_str *v = iq_arena_array(r->arena, n, sizeof(*v));

	if (v == NULL)
		return IQ_ERR_INTERNAL;
	n = 0;
	while (iq_str_cut(&rest, r->col->sep, &part)) {
		part = trim(part);
		if (part.n == 0 || contains(v, n, part))
			continue;
		enum iq_err err = read_scalar(r, part);

		if (err != IQ_OK)
			return err;
		if (n == IQ_LIMIT_SET)
			return reject_limit(
				r, cell, N_("These are more than {0} values."), IQ_LIMIT_SET);
		v[n++] = part;
	}
	*out = (struct iq_value){v, n};
	return IQ_OK;
}

enum iq_err iq_rec_read_cell(struct iq_rec *rec, int col, struct iq_str cell,
	struct iq_arena *arena, struct iq_problem *p)
{
	const struct iq_column *c = &iq_schemas[rec->kind].columns[col];
	struct reader r = {c, arena, p};
	struct iq_value value = {NULL, 0};
	enum iq_err err;

	if (cell.n == 0) {
		err = IQ_OK; /* whether it may be empty is asked of the complete record */
	} else if (c->sep) {
		err = read_set(&r, cell, &value);
	} else {
		struct iq_str *v = iq_arena_alloc(arena, sizeof(*v));

		if (v == NULL)
			return IQ_ERR_INTERNAL;
		*v = cell;
		value = (struct iq_value){v, 1};
		err = read_scalar(&r, cell);
	}
	if (err != IQ_OK)
		return err;
	rec->col[col] = value;
	rec->given |= UINT32_C(1) << col;
	return IQ_OK;
}

struct iq_str iq_rec_write_cell(const struct iq_rec *rec, int col, struct iq_arena *arena)
{
	const struct iq_value *value = &rec->col[col];
	char sep = iq_schemas[rec->kind].columns[col].sep;
	size_t n = 0;

	if (value->n <= 1)
		return iq_rec_text(rec, col);
	for (uint32_t i = 0; i < value->n; i++)
		n += value->v[i].n + 1;
	char *p = iq_arena_alloc(arena, n);

	if (p == NULL)
		return (struct iq_str){NULL, 0};
	n = 0;
	for (uint32_t i = 0; i < value->n; i++) {
		if (i > 0)
			p[n++] = sep;
		if (value->v[i].n)
			memcpy(p + n, value->v[i].p, value->v[i].n);
		n += value->v[i].n;
	}
	p[n] = 0;
	return (struct iq_str){p, n};
}

/* The state of a new record: the first of its list. */
static bool complete_state(struct iq_rec *rec, struct iq_arena *arena)
{
	enum iq_process process = iq_process_of(rec->kind);
	int col = iq_process_column(rec->kind);

	if (process == IQ_PROCESSES || rec->col[col].n > 0)
		return true;
	struct iq_str *first = iq_arena_alloc(arena, sizeof(*first));

	if (first == NULL)
		return false;
	*first = iq_str(iq_process_states[process][0]);
	rec->col[col] = (struct iq_value){first, 1};
	return true;
}

static bool complete_postcode(struct iq_rec *rec, struct iq_arena *arena)
{
	struct iq_str code = iq_rec_text(rec, IQ_POSTCODE_POSTCODE);
	struct iq_str region = iq_rec_text(rec, IQ_POSTCODE_REGION);
	struct iq_str *id;
	char *text;

	if (rec->col[IQ_COL_ID].n || code.n == 0 || region.n == 0)
		return true;
	id = iq_arena_alloc(arena, sizeof(*id));
	text = iq_arena_printf(arena, "%.*s-%.*s", IQ_STR_ARG(code), IQ_STR_ARG(region));
	if (id == NULL || text == NULL)
		return false;
	*id = iq_str(text);
	rec->col[IQ_COL_ID] = (struct iq_value){id, 1};
	rec->given |= UINT32_C(1) << IQ_COL_ID;
	return true;
}

bool iq_rec_complete(struct iq_rec *rec, struct iq_arena *arena)
{
	static const struct iq_str strictest = {"institution", sizeof("institution") - 1};

	if (rec->kind == IQ_POSTCODE)
		return complete_postcode(rec, arena);
	if (rec->kind == IQ_CONTACT && rec->col[IQ_CONTACT_VISIBILITY].n == 0)
		rec->col[IQ_CONTACT_VISIBILITY] = (struct iq_value){&strictest, 1};
	return complete_state(rec, arena);
}

void iq_rec_merge(struct iq_rec *base, const struct iq_rec *change)
{
	for (size_t i = 0; i < iq_schemas[base->kind].ncolumns; i++)
		if (change->given & (UINT32_C(1) << i))
			base->col[i] = change->col[i];
	base->given |= change->given;
}

bool iq_rec_equal(const struct iq_rec *a, const struct iq_rec *b)
{
	if (a->kind != b->kind)
		return false;
	for (size_t i = 0; i < iq_schemas[a->kind].ncolumns; i++) {
		if (a->col[i].n != b->col[i].n)
			return false;
		for (uint32_t k = 0; k < a->col[i].n; k++)
			if (!iq_str_eq(a->col[i].v[k], b->col[i].v[k]))
				return false;
	}
	return true;
}
