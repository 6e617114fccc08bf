/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions stay text: they are short, and evaluating them in place needs no memory. What is
 * evaluated was checked when it was written; should the vocabulary have changed since, the
 * clause is unknown.
 */

#include "condition.h"

#include <stdio.h>

#include "bounds.h"
#include "fold.h"
#include "i18n.h"

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

/* Numbers have at most this many digits. */
enum { DIGITS_MAX = 9 };

struct clause {
	struct iq_str fact, value;
	enum op op;
};

int iq_fact_find(const struct iq_facts *facts, struct iq_str id)
{
	uint32_t low = 0, high = facts->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = iq_str_cmp(facts->fact[mid].id, id);

		if (c == 0)
			return (int)mid;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Cuts at the first operator; false if there is none. */
static bool split_clause(struct iq_str s, struct clause *out)
{
	size_t i = 0, n = 1;

	while (i < s.n && s.p[i] != '=' && s.p[i] != '!' && s.p[i] != '<' && s.p[i] != '>')
		i++;
	if (i == s.n)
		return false;
	bool equal = i + 1 < s.n && s.p[i + 1] == '=';

	switch (s.p[i]) {
	case '=':
		out->op = OP_EQ;
		break;
	case '!':
		if (!equal)
			return false;
		out->op = OP_NE;
		n = 2;
		break;
	case '<':
		out->op = equal ? OP_LE : OP_LT;
		n = equal ? 2 : 1;
		break;
	default:
		out->op = equal ? OP_GE : OP_GT;
		n = equal ? 2 : 1;
		break;
	}
	out->fact = (struct iq_str){s.p, i};
	out->value = (struct iq_str){s.p + i + n, s.n - i - n};
	return true;
}

static bool read_number(struct iq_str s, int64_t *out)
{
	int64_t v = 0;

	if (s.n == 0 || s.n > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

/* "12" or "12..27"; low may be greater than high. */
static bool read_range(struct iq_str s, int64_t *low, int64_t *high)
{
	const char *dot = s.n ? memchr(s.p, '.', s.n) : NULL;

	if (dot == NULL) {
		if (!read_number(s, low))
			return false;
		*high = *low;
		return true;
	}
	size_t n = (size_t)(dot - s.p);

	return n + 2 < s.n && dot[1] == '.' && read_number((struct iq_str){s.p, n}, low) &&
	       read_number((struct iq_str){dot + 2, s.n - n - 2}, high);
}

static int find_value(const struct iq_fact *fact, struct iq_str s)
{
	for (uint32_t i = 0; i < fact->nvalues && i < IQ_LIMIT_FACT_VALUES; i++)
		if (iq_str_eq(fact->values[i], s))
			return (int)i;
	return -1;
}

/* ---- checking ----------------------------------------------------------------------------- */

struct checker {
	const struct iq_facts *facts;
	struct iq_str text;
	struct iq_problem *p;
};

/* See the header: these outlive the call, but not the next one. */
static _Thread_local char position_text[24], nearest_text[2 * DIGITS_MAX + 8];

/* {0} is the position in the text, {1} the token that starts there. */
static enum iq_err fail(struct checker *c, struct iq_str token, const char *text)
{
	size_t at = token.p ? (size_t)(token.p - c->text.p) : c->text.n;

	snprintf(position_text, sizeof(position_text), "%zu", at + 1);
	c->p->value = c->text;
	c->p->text = text;
	c->p->args[0] = iq_str(position_text);
	c->p->args[1] = token;
	c->p->nargs = 2;
	c->p->nearest = (struct iq_str){NULL, 0};
	return IQ_ERR_REJECTED;
}

/* How far a known word may be from what was written to be suggested: case and few edits. */
static unsigned distance(struct iq_str written, struct iq_str known)
{
	char lower[IQ_LIMIT_ID];
	unsigned max = known.n < 4 ? 1 : 2;

	if (written.n == 0 || written.n > sizeof(lower))
		return UINT32_MAX;
	for (size_t i = 0; i < written.n; i++) {
		char c = written.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		lower[i] = c == '_' || c == ' ' ? '-' : c;
	}
	unsigned d = iq_fold_distance((struct iq_str){lower, written.n}, known, max);

	return d <= max ? d : UINT32_MAX;
}

static enum iq_err fail_fact(struct checker *c, struct iq_str token)
{
	unsigned best = UINT32_MAX;
	enum iq_err err =
		fail(c, token, N_("The fact '{1}' at position {0} is not in the vocabulary."));

	for (uint32_t i = 0; i < c->facts->n; i++) {
		unsigned d = distance(token, c->facts->fact[i].id);

		if (d < best) {
			best = d;
			c->p->nearest = c->facts->fact[i].id;
		}
	}
	return err;
}

static enum iq_err fail_value(struct checker *c, const struct iq_fact *fact, struct iq_str token)
{
	unsigned best = UINT32_MAX;
	enum iq_err err = fail(
		c, token, N_("The value '{1}' at position {0} is none of the values of '{2}'."));

	c->p->args[2] = fact->id;
	c->p->nargs = 3;
	for (uint32_t i = 0; i < fact->nvalues; i++) {
		unsigned d = distance(token, fact->values[i]);

		if (d < best) {
			best = d;
			c->p->nearest = fact->values[i];
		}
	}
	return err;
}

static enum iq_err check_range(struct checker *c, struct iq_str part, int64_t *low, int64_t *high)
{
	if (!read_range(part, low, high))
		return fail(c, part,
			N_("'{1}' at position {0} is no number and no range. Write digits, at "
			   "most nine, or a range such as 12..27."));
	if (*low <= *high)
		return IQ_OK;
	enum iq_err err = fail(c, part,
		N_("The range '{1}' at position {0} runs backwards: the smaller number comes "
		   "first."));

	snprintf(nearest_text, sizeof(nearest_text), "%lld..%lld", (long long)*high,
		(long long)*low);
	c->p->nearest = iq_str(nearest_text);
	return err;
}

/* The alternatives of = and !=, of integers and choices alike. */
static enum iq_err check_alternatives(
	struct checker *c, const struct iq_fact *fact, struct iq_str value)
{
	struct iq_str rest = value, part;
	unsigned n = 0;

	while (iq_str_cut(&rest, '|', &part)) {
		int64_t low, high;
		enum iq_err err = IQ_OK;

		if (part.n == 0)
			return fail(c, part, N_("A value is missing at position {0}."));
		if (++n > IQ_LIMIT_FACT_VALUES)
			return fail(c, part,
				N_("There are too many alternatives, from position "
				   "{0} on."));
		if (fact->integer)
			err = check_range(c, part, &low, &high);
		else if (find_value(fact, part) < 0)
			err = fail_value(c, fact, part);
		if (err != IQ_OK)
			return err;
	}
	return IQ_OK;
}

static enum iq_err check_compared(
	struct checker *c, const struct iq_fact *fact, const struct clause *clause)
{
	int64_t number;

	if (clause->op == OP_EQ || clause->op == OP_NE)
		return check_alternatives(c, fact, clause->value);
	if (!fact->integer)
		return fail(c, clause->fact,
			N_("The fact '{1}' at position {0} has no order: compare it with = or "
			   "!=."));
	if (clause->value.n == 0)
		return fail(c, clause->value, N_("A value is missing at position {0}."));
	if (!read_number(clause->value, &number))
		return fail(c, clause->value,
			N_("'{1}' at position {0} is no number. Write digits, at most nine."));
	return IQ_OK;
}

static enum iq_err check_clause(
	struct checker *c, struct iq_str text, struct clause *clause, int *fact)
{
	const char *space = text.n ? memchr(text.p, ' ', text.n) : NULL;

	if (text.n == 0)
		return fail(c, text, N_("A clause is missing at position {0}."));
	if (space != NULL)
		return fail(c, (struct iq_str){space, 1},
			N_("There is a space at position {0}. Write conditions without spaces."));
	if (!split_clause(text, clause))
		return fail(c, text,
			N_("'{1}' at position {0} is no clause. Write fact, operator and value, "
			   "for example age>=27."));
	*fact = iq_fact_find(c->facts, clause->fact);
	if (*fact < 0)
		return fail_fact(c, clause->fact);
	return IQ_OK;
}

enum iq_err iq_condition_check(
	const struct iq_facts *facts, struct iq_str text, struct iq_problem *p)
{
	struct checker c = {facts, text, p};
	struct iq_str rest = text, part;
	unsigned n = 0;

	if (text.n == 0)
		return IQ_OK;
	while (iq_str_cut(&rest, ';', &part)) {
		struct clause clause;
		int fact = -1;

		if (++n > IQ_LIMIT_CLAUSES)
			return fail(
				&c, part, N_("There are too many clauses, from position {0} on."));
		enum iq_err err = check_clause(&c, part, &clause, &fact);

		if (err == IQ_OK)
			err = check_compared(&c, &facts->fact[fact], &clause);
		if (err != IQ_OK)
			return err;
	}
	return IQ_OK;
}

/* What a question may say: one range, or alternatives of a choice. */
static enum iq_err read_known(
	struct checker *c, const struct iq_fact *fact, struct iq_str value, struct iq_known *out)
{
	struct iq_known known = {.known = true};
	struct iq_str rest = value, part;
	enum iq_err err;

	if (value.n == 0)
		return fail(c, value, N_("A value is missing at position {0}."));
	if (fact->integer) {
		err = check_range(c, value, &known.low, &known.high);
	} else {
		err = check_alternatives(c, fact, value);
		while (err == IQ_OK && iq_str_cut(&rest, '|', &part))
			known.mask |= UINT64_C(1) << find_value(fact, part);
	}
	if (err == IQ_OK)
		*out = known;
	return err;
}

enum iq_err iq_known_parse(
	const struct iq_fact *fact, struct iq_str value, struct iq_known *out, struct iq_problem *p)
{
	const struct iq_facts one = {fact, 1};
	struct checker c = {&one, value, p};

	p->column = fact->id;
	return read_known(&c, fact, value, out);
}

enum iq_err iq_implies_parse(const struct iq_facts *facts, struct iq_str text,
	struct iq_known *known, struct iq_problem *p)
{
	struct checker c = {facts, text, p};
	struct iq_str rest = text, part;
	uint64_t seen[IQ_LIMIT_FACTS / 64] = {0};

	if (text.n == 0)
		return IQ_OK;
	while (iq_str_cut(&rest, ';', &part)) {
		struct clause clause;
		int fact = -1;
		enum iq_err err = check_clause(&c, part, &clause, &fact);

		if (err != IQ_OK)
			return err;
		if (clause.op != OP_EQ)
			return fail(
				&c, part, N_("'{1}' at position {0}: only = is possible here."));
		if (fact >= IQ_LIMIT_FACTS || seen[fact / 64] & UINT64_C(1) << fact % 64)
			return fail(&c, clause.fact,
				N_("The fact '{1}' at position {0} was named before. Name each "
				   "fact once."));
		seen[fact / 64] |= UINT64_C(1) << fact % 64;
		err = read_known(&c, &facts->fact[fact], clause.value, &known[fact]);
		if (err != IQ_OK)
			return err;
	}
	return IQ_OK;
}

/* ---- evaluating --------------------------------------------------------------------------- */

static enum iq_truth negate(enum iq_truth t)
{
	return (enum iq_truth)(IQ_TRUE - t);
}

/*
 * Is the union of the alternatives a superset of the known range, disjoint from it, or neither?
 * Exact: walks from the low end as far as the alternatives reach without a hole.
 */
static enum iq_truth in_ranges(struct iq_str value, const struct iq_known *k)
{
	int64_t covered = k->low; /* everything known below this is in the union */
	bool moved = true;

	for (bool touched = false; moved;) {
		struct iq_str rest = value, part;
		int64_t low, high;

		moved = false;
		while (iq_str_cut(&rest, '|', &part)) {
			if (!read_range(part, &low, &high))
				return IQ_UNKNOWN;
			touched = touched || (low <= k->high && high >= k->low);
			if (low <= covered && covered <= high) {
				covered = high + 1;
				moved = true;
			}
		}
		if (covered > k->high)
			return IQ_TRUE;
		if (!touched)
			return IQ_FALSE;
	}
	return IQ_UNKNOWN;
}

static enum iq_truth in_values(
	const struct iq_fact *fact, struct iq_str value, const struct iq_known *k)
{
	struct iq_str rest = value, part;
	uint64_t mask = 0;

	while (iq_str_cut(&rest, '|', &part)) {
		int i = find_value(fact, part);

		if (i < 0)
			return IQ_UNKNOWN;
		mask |= UINT64_C(1) << i;
	}
	if ((k->mask & mask) == 0)
		return k->mask ? IQ_FALSE : IQ_UNKNOWN;
	return (k->mask & ~mask) == 0 ? IQ_TRUE : IQ_UNKNOWN;
}

/* x < n for all, none or some x of the known range. */
static enum iq_truth below(const struct iq_known *k, int64_t n)
{
	if (k->high < n)
		return IQ_TRUE;
	return k->low >= n ? IQ_FALSE : IQ_UNKNOWN;
}

static enum iq_truth eval_clause(
	const struct iq_fact *fact, const struct clause *c, const struct iq_known *k)
{
	int64_t n = 0;
	enum iq_truth t;

	if (c->op == OP_EQ || c->op == OP_NE) {
		t = fact->integer ? in_ranges(c->value, k) : in_values(fact, c->value, k);
		return c->op == OP_EQ ? t : negate(t);
	}
	if (!fact->integer || !read_number(c->value, &n))
		return IQ_UNKNOWN;
	if (c->op == OP_LT || c->op == OP_GE)
		t = below(k, n);
	else
		t = below(k, n + 1);
	return c->op == OP_LT || c->op == OP_LE ? t : negate(t);
}

static void list_add(struct iq_fact_list *list, int fact)
{
	if (list == NULL || fact < 0)
		return;
	for (unsigned i = 0; i < list->n; i++)
		if (list->fact[i] == fact)
			return;
	if (list->n < IQ_LIMIT_CLAUSES)
		list->fact[list->n++] = (uint8_t)fact;
}

enum iq_truth iq_condition_eval(const struct iq_facts *facts, struct iq_str text,
	const struct iq_known *known, struct iq_fact_list *open, struct iq_fact_list *failed)
{
	struct iq_str rest = text, part;
	enum iq_truth all = IQ_TRUE;

	if (open != NULL)
		open->n = 0;
	if (failed != NULL)
		failed->n = 0;
	while (rest.n && iq_str_cut(&rest, ';', &part)) {
		enum iq_truth t = IQ_UNKNOWN;
		struct clause clause;
		int fact = -1;

		if (split_clause(part, &clause))
			fact = iq_fact_find(facts, clause.fact);
		if (fact >= 0 && known[fact].known)
			t = eval_clause(&facts->fact[fact], &clause, &known[fact]);
		if (t < all)
			all = t;
		if (t == IQ_UNKNOWN)
			list_add(open, fact);
		else if (t == IQ_FALSE)
			list_add(failed, fact);
		if (t == IQ_FALSE && failed == NULL)
			break;
	}
	return all;
}

_Static_assert(IQ_LIMIT_FACTS <= UINT8_MAX + 1, "positions of facts are bytes");
_Static_assert(sizeof(((struct iq_fact_list *)0)->fact) == IQ_LIMIT_CLAUSES, "one per clause");
