/* SPDX-License-Identifier: Apache-2.0 */
#include "err.h"

#include <stdarg.h>

#include "bounds.h"
#include "buf.h"
#include "i18n.h"
#include "utf8.h"

/* A longer value of a problem is cut: it is shown to a person, a thousand times at worst. */
enum { VALUE_SHOWN = 200 };

static const struct {
	const char *name;
	int status;
	bool retryable;
} errors[] = {
#define X(e, name, status, retry) [IQ_ERR_##e] = {name, status, retry},
	IQ_ERR_TABLE(X)
#undef X
};

enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

/* Text of an error that consists of problems; iq_error_set() may put a better one. */
static const char problems_text[] = N_("The input contains errors.");
static const char problems_hint[] = N_("Correct the rows listed and try again.");

static size_t index_of(enum iq_err err)
{
	return (size_t)err < ERRORS ? (size_t)err : (size_t)IQ_ERR_INTERNAL;
}

const char *iq_err_name(enum iq_err err)
{
	return errors[index_of(err)].name;
}

int iq_err_exit_status(enum iq_err err)
{
	return errors[index_of(err)].status;
}

bool iq_err_retryable(enum iq_err err)
{
	return errors[index_of(err)].retryable;
}

enum iq_err iq_err_by_name(struct iq_str name)
{
	for (size_t i = 0; i < ERRORS; i++)
		if (iq_str_is(name, errors[i].name))
			return (enum iq_err)i;
	return IQ_ERR_INTERNAL;
}

void iq_error_init(struct iq_error *e, struct iq_arena *arena)
{
	*e = (struct iq_error){.arena = arena};
}

/* A copy in the error's arena; without an arena the string itself, which must then stay. */
static struct iq_str keep(const struct iq_error *e, struct iq_str s)
{
	if (s.n == 0)
		return (struct iq_str){"", 0};
	return e->arena ? iq_arena_dup(e->arena, s) : s;
}

enum iq_err iq_error_set(
	struct iq_error *e, enum iq_err code, const char *text, const char *hint, ...)
{
	va_list ap;

	if (e == NULL || code == IQ_OK)
		return code;
	if (e->code != IQ_OK && !(e->code == code && e->text == problems_text))
		return code;
	e->code = code;
	e->text = text;
	e->hint = hint;
	e->nargs = 0;
	va_start(ap, hint);
	for (const char *arg; e->nargs < IQ_ERROR_ARGS && (arg = va_arg(ap, const char *)) != NULL;)
		e->args[e->nargs++] = keep(e, iq_str(arg));
	va_end(ap);
	return code;
}

/* Room for one more element of `size` bytes at the end of a list in the arena, or NULL. */
static void *room(struct iq_arena *arena, void **list, size_t n, size_t *cap, size_t size)
{
	if (arena == NULL)
		return NULL;
	if (n == *cap) {
		size_t more = *cap ? *cap * 2 : 8;
		void *p = iq_arena_grow(arena, *list, *cap * size, more * size);

		if (p == NULL)
			return NULL;
		*list = p;
		*cap = more;
	}
	return (char *)*list + n * size;
}

void iq_error_add_candidate(struct iq_error *e, const struct iq_candidate *c)
{
	void *list = e->candidates;
	struct iq_candidate *to =
		room(e->arena, &list, e->ncandidates, &e->cap_candidates, sizeof(*to));

	e->candidates = list;
	if (to == NULL)
		return;

	struct iq_str *detail = iq_arena_array(e->arena, c->ndetail, sizeof(*detail));

	for (size_t i = 0; detail != NULL && i < c->ndetail; i++)
		detail[i] = keep(e, c->detail[i]);
	*to = (struct iq_candidate){.kind = keep(e, c->kind),
		.term = keep(e, c->term),
		.id = keep(e, c->id),
		.name = keep(e, c->name),
		.detail = detail,
		.ndetail = detail ? c->ndetail : 0};
	e->ncandidates++;
}

void iq_error_add_conflict(struct iq_error *e, const struct iq_conflict *c)
{
	void *list = e->conflicts;
	struct iq_conflict *to;

	if (e->nconflicts >= IQ_LIMIT_PROBLEMS)
		return;
	to = room(e->arena, &list, e->nconflicts, &e->cap_conflicts, sizeof(*to));
	e->conflicts = list;
	if (to == NULL)
		return;
	*to = (struct iq_conflict){.kind = keep(e, c->kind),
		.id = keep(e, c->id),
		.column = keep(e, c->column),
		.was = keep(e, c->was),
		.theirs = keep(e, c->theirs),
		.mine = keep(e, c->mine),
		.revision = c->revision,
		.principal = keep(e, c->principal),
		.time_us = c->time_us};
	e->nconflicts++;
}

/* What is shown of a cell: valid UTF-8 (it may be reported because it is not), not too long. */
static struct iq_str keep_value(const struct iq_error *e, struct iq_str s)
{
	struct iq_buf b;
	struct iq_str kept;
	bool cut = s.n > VALUE_SHOWN;

	if (cut)
		s.n = VALUE_SHOWN;
	while (cut && s.n > VALUE_SHOWN - 4 && ((uint8_t)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	if (!cut && iq_utf8_valid(s))
		return keep(e, s);
	iq_buf_init(&b, 0);
	if (iq_utf8_valid(s))
		iq_buf_str(&b, s);
	else
		iq_utf8_escape(&b, s);
	if (cut)
		iq_buf_str(&b, IQ_STR("…"));
	kept = b.failed ? (struct iq_str){"", 0} : keep(e, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
	return kept;
}

void iq_error_add_problem(struct iq_error *e, const struct iq_problem *p)
{
	if (e->code == IQ_OK) {
		e->code = IQ_ERR_REJECTED;
		e->text = problems_text;
		e->hint = problems_hint;
	}
	e->problems_total++;
	if (e->nproblems >= IQ_LIMIT_PROBLEMS)
		return;

	void *list = e->problems;
	struct iq_problem *to = room(e->arena, &list, e->nproblems, &e->cap_problems, sizeof(*to));

	e->problems = list;
	if (to == NULL)
		return;
	*to = (struct iq_problem){.file = keep(e, p->file),
		.line = p->line,
		.column = keep(e, p->column),
		.value = keep_value(e, p->value),
		.text = p->text,
		.nargs = p->nargs < IQ_ERROR_ARGS ? p->nargs : IQ_ERROR_ARGS,
		.nearest = keep(e, p->nearest)};
	for (size_t i = 0; i < to->nargs; i++)
		to->args[i] = keep_value(e, p->args[i]);
	e->nproblems++;
}

/* Which argument stands at p ("{0}" … "{3}"), or -1. */
static int placeholder(const char *p, size_t nargs)
{
	if (p[0] != '{' || p[1] < '0' || p[1] > '9' || p[2] != '}')
		return -1;
	return (size_t)(p[1] - '0') < nargs ? p[1] - '0' : -1;
}

const char *iq_text_fill(
	struct iq_arena *arena, const char *text, const struct iq_str *args, size_t nargs)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0';) {
		int arg = placeholder(p, nargs);

		n += arg < 0 ? 1 : args[arg].n;
		p += arg < 0 ? 1 : 3;
	}

	char *out = iq_arena_alloc(arena, n + 1), *to = out;

	if (out == NULL)
		return text;
	for (const char *p = text; *p != '\0';) {
		int arg = placeholder(p, nargs);

		if (arg < 0) {
			*to++ = *p++;
			continue;
		}
		if (args[arg].n != 0)
			memcpy(to, args[arg].p, args[arg].n);
		to += args[arg].n;
		p += 3;
	}
	*to = '\0';
	return out;
}
