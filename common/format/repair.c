/* SPDX-License-Identifier: Apache-2.0 */
#include "repair.h"

#include "charset.h"
#include "fold.h"
#include "i18n.h"
#include "utf8.h"

static const struct iq_str none = {"", 0};

struct iq_str iq_trim(struct iq_str s)
{
	for (;;) {
		if (s.n != 0 && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\n')) {
			s.p++;
			s.n--;
		} else if (iq_str_starts(s, IQ_STR("\u00a0"))) {
			s.p += 2;
			s.n -= 2;
		} else {
			break;
		}
	}
	for (;;) {
		char last = s.n != 0 ? s.p[s.n - 1] : 'x';

		if (last == ' ' || last == '\t' || last == '\n')
			s.n--;
		else if (s.n >= 2 && memcmp(s.p + s.n - 2, "\u00a0", 2) == 0)
			s.n -= 2;
		else
			return s.n != 0 ? s : none;
	}
}

void iq_fixed_none(struct iq_fixed *out, struct iq_str value)
{
	*out = (struct iq_fixed){.how = IQ_FIX_NONE, .value = value};
}

void iq_fixed_repaired(struct iq_fixed *out, struct iq_str value, const char *why)
{
	*out = (struct iq_fixed){.how = IQ_FIX_REPAIRED, .value = value, .why = why};
}

void iq_fixed_refused(struct iq_fixed *out, const char *why, struct iq_str nearest)
{
	*out = (struct iq_fixed){.how = IQ_FIX_REFUSED, .why = why, .nearest = nearest};
}

static bool digits_only(struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n != 0;
}

/* 1,45210E+11: what is left of a long number. */
static bool is_scientific(struct iq_str s)
{
	size_t i = 0, digits = 0;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == 0 || i > 3)
		return false;
	if (i < s.n && (s.p[i] == ',' || s.p[i] == '.'))
		for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9';)
			i++;
	if (i + 2 > s.n || (s.p[i] != 'E' && s.p[i] != 'e') || s.p[i + 1] != '+')
		return false;
	for (i += 2; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		digits++;
	return digits != 0 && i == s.n;
}

static const char destroyed[] =
	N_("Excel turned this into a rounded number; its digits are lost. Format the column as "
	   "text and enter it again.");

/* ---- keys and postcodes ------------------------------------------------------------------- */

static bool known(bool (*exists)(void *, struct iq_str), void *ctx, struct iq_str s)
{
	return exists != NULL && s.p != NULL && exists(ctx, s);
}

/* The digits with their usual blanks gone ("14 6 12 000"), and without ",00". */
static struct iq_str bare_digits(const struct iq_repair *r, struct iq_str s)
{
	char *out = iq_arena_alloc(r->arena, s.n + 1);
	size_t n = 0;

	for (size_t i = s.n; i > 0 && s.p[i - 1] == '0'; i--)
		if (i >= 2 && (s.p[i - 2] == ',' || s.p[i - 2] == '.')) {
			s.n = i - 2;
			break;
		}
	for (size_t i = 0; out != NULL && i < s.n; i++)
		if (s.p[i] != ' ')
			out[n++] = s.p[i];
	return (struct iq_str){out, n};
}

static void lost_zero(const struct iq_repair *r, struct iq_str digits, struct iq_fixed *out)
{
	struct iq_str before = iq_str(iq_arena_printf(r->arena, "0%.*s", IQ_STR_ARG(digits)));
	struct iq_str behind = iq_str(iq_arena_printf(r->arena, "%.*s0", IQ_STR_ARG(digits)));
	bool front = known(r->key, r->ctx, before), back = known(r->key, r->ctx, behind);

	if (front && !back)
		iq_fixed_repaired(out, before,
			N_("A zero in front was lost; only with it there is such a region."));
	else if (front)
		iq_fixed_refused(out,
			N_("A digit is missing, and there are two regions this could be."), none);
	else if (back)
		iq_fixed_refused(out, N_("A digit is missing at the end."), behind);
	else
		iq_fixed_refused(out,
			N_("A digit is missing. A zero in front was probably lost, but no region "
			   "with "
			   "that key is known."),
			before);
}

void iq_repair_key(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out)
{
	struct iq_str s = iq_trim(cell), digits;

	iq_fixed_none(out, s);
	if (s.n == 0)
		return;
	if (is_scientific(s)) {
		iq_fixed_refused(out, destroyed, none);
		return;
	}
	digits = bare_digits(r, s);
	if (!digits_only(digits))
		return; /* a name, or something the schema will refuse */
	if (digits.n == 11 || digits.n == 7 || digits.n == 4)
		lost_zero(r, digits, out);
	else if (digits.n > 12)
		iq_fixed_refused(out, N_("A key of a region has at most twelve digits."), none);
	else if (!iq_str_eq(digits, s))
		iq_fixed_repaired(out, digits, N_("Blanks or decimal places were left out."));
}

void iq_repair_postcode(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out)
{
	struct iq_str s = iq_trim(cell), bare = s, five;

	iq_fixed_none(out, s);
	if (iq_str_starts(bare, IQ_STR("D-")) || iq_str_starts(bare, IQ_STR("D ")))
		bare = (struct iq_str){bare.p + 2, bare.n - 2};
	if (is_scientific(s)) {
		iq_fixed_refused(out, destroyed, none);
		return;
	}
	if (!digits_only(bare))
		return;
	if (bare.n == 5) {
		if (bare.n != s.n)
			iq_fixed_repaired(out, bare, N_("The sign of the country was left out."));
		return;
	}
	five = iq_str(iq_arena_printf(r->arena, "0%.*s", IQ_STR_ARG(bare)));
	if (bare.n == 4 && known(r->postcode, r->ctx, five))
		iq_fixed_repaired(out, five,
			N_("A zero in front was lost; only with it there is such a postcode."));
	else
		iq_fixed_refused(
			out, N_("A postcode has exactly five digits."), bare.n == 4 ? five : none);
}

/* ---- text --------------------------------------------------------------------------------- */

static bool is_letter(uint8_t c)
{
	return c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* A question mark where a letter was. Sentences and addresses of the web have others. */
static bool has_lost_letters(struct iq_str s, bool name)
{
	if (memmem(s.p, s.n, "\ufffd", 3) != NULL)
		return true;
	if (name)
		return memchr(s.p, '?', s.n) != NULL;
	if (memmem(s.p, s.n, "://", 3) != NULL)
		return false;
	for (size_t i = 1; i + 1 < s.n; i++)
		if (s.p[i] == '?' && is_letter((uint8_t)s.p[i - 1]) &&
			is_letter((uint8_t)s.p[i + 1]))
			return true;
	return false;
}

/* "Ã¼": what became of two bytes of UTF-8. Only a hint; undoing it must work, too. */
static bool looks_doubled(struct iq_str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		uint8_t a = (uint8_t)s.p[i], b = (uint8_t)s.p[i + 1];

		if (a == 0xc3 && (b == 0x83 || b == 0x84 || b == 0x85))
			return true;
	}
	return false;
}

void iq_repair_text(const struct iq_repair *r, enum iq_kind kind, bool name, struct iq_str cell,
	struct iq_fixed *out)
{
	struct iq_str s = iq_trim(cell);
	struct iq_buf undone;

	iq_fixed_none(out, s);
	if (s.n == 0)
		return;
	if (is_scientific(s)) {
		iq_fixed_refused(out, destroyed, none);
		return;
	}
	if (has_lost_letters(s, name)) {
		struct iq_str nearest = none;

		if (r->like != NULL && kind != IQ_CONTACT)
			nearest = r->like(r->ctx, kind, s);
		iq_fixed_refused(out,
			N_("Letters were lost: the file was saved in an encoding without them. "
			   "Save it "
			   "as \"CSV UTF-8\"."),
			nearest);
		return;
	}
	if (!looks_doubled(s))
		return;
	iq_buf_init(&undone, 0);
	if (iq_charset_undo_double(s, &undone))
		iq_fixed_refused(out,
			N_("Umlauts were garbled: the text was read in a wrong encoding before."),
			iq_arena_dup(r->arena, (struct iq_str){(char *)undone.p, undone.n}));
	iq_buf_free(&undone);
}

bool iq_repair_matches(struct iq_str pattern, struct iq_str name)
{
	while (pattern.n != 0 && name.n != 0) {
		uint32_t want = iq_utf8_next(&pattern), have = iq_utf8_next(&name);

		if (want != have && want != '?' && want != 0xfffd)
			return false;
	}
	return pattern.n == 0 && name.n == 0;
}

/* ---- looking into a vocabulary ------------------------------------------------------------ */

static bool has_key(void *ctx, struct iq_str digits)
{
	struct iq_repair_lookup *l = ctx;
	struct iq_resolved found;

	iq_term_lookup(l->names, IQ_REGION, digits, l->arena, &found);
	return found.n != 0 && found.stage == IQ_STAGE_ARS;
}

static bool has_postcode(void *ctx, struct iq_str digits)
{
	struct iq_repair_lookup *l = ctx;
	struct iq_resolved found;

	iq_term_lookup(l->names, IQ_REGION, digits, l->arena, &found);
	return found.n != 0 && found.stage == IQ_STAGE_POSTCODE;
}

static bool look_at(void *arg, enum iq_stage stage, struct iq_str key, iq_num num)
{
	struct iq_repair_lookup *l = arg;
	struct iq_str name;

	(void)key;
	if (stage != IQ_STAGE_NAME || num == l->last)
		return true;
	l->last = num;
	name = l->names->name(l->names->ctx, l->kind, num, false);
	if (!iq_repair_matches(l->pattern, name))
		return true;
	l->found = iq_arena_dup(l->arena, name);
	return false;
}

static struct iq_str like(void *ctx, enum iq_kind kind, struct iq_str pattern)
{
	struct iq_repair_lookup *l = ctx;

	static const char title[] = ", Stadt"; /* registers add it, names go without */
	const char *at = memmem(pattern.p, pattern.n, title, sizeof(title) - 1);

	l->kind = kind;
	l->pattern = pattern;
	l->found = none;
	l->last = IQ_NONE;
	if (kind >= IQ_KINDS || l->names->each == NULL)
		return none;
	l->names->each(l->names->ctx, kind, look_at, l);
	if (l->found.n != 0 || at == NULL)
		return l->found;
	l->pattern = iq_str(iq_arena_printf(l->arena, "%.*s%.*s", (int)(at - pattern.p), pattern.p,
		(int)(pattern.n - (size_t)(at - pattern.p) - (sizeof(title) - 1)),
		at + sizeof(title) - 1));
	l->last = IQ_NONE;
	l->names->each(l->names->ctx, kind, look_at, l);
	return l->found;
}

void iq_repair_init(struct iq_repair *r, struct iq_repair_lookup *lookup,
	const struct iq_names *names, struct iq_arena *arena)
{
	*r = (struct iq_repair){.arena = arena};
	*lookup = (struct iq_repair_lookup){.names = names, .arena = arena};
	if (names == NULL)
		return;
	r->ctx = lookup;
	r->key = has_key;
	r->postcode = has_postcode;
	r->like = like;
}
