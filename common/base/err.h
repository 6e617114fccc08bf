/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_ERR_H
#define IQ_BASE_ERR_H

/*
 * Error codes, shared by daemon, client and protocol, and `struct iq_error`: what went wrong,
 * in words for a person, with candidates and rows where there are any.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "str.h"

/* X(ENUM, name on the wire and in JSON, exit status, retryable) -- frozen, docs/json.md */
#define IQ_ERR_TABLE(X)                                                                            \
	X(OK, "ok", 0, false)                                                                      \
	X(NOT_FOUND, "not-found", 1, false)                                                        \
	X(USAGE, "usage", 2, false)                                                                \
	X(UNKNOWN_TERM, "unknown-term", 2, false)                                                  \
	X(AMBIGUOUS, "ambiguous-term", 2, false)                                                   \
	X(UNREACHABLE, "unreachable", 3, true)                                                     \
	X(LOGIN, "login", 4, false)                                                                \
	X(DENIED, "denied", 5, false)                                                              \
	X(CONFLICT, "conflict", 6, false)                                                          \
	X(GUARD, "guard", 6, false)                                                                \
	X(REJECTED, "rejected", 7, false)                                                          \
	X(BUSY, "busy", 8, true)                                                                   \
	X(QUOTA, "quota", 8, true)                                                                 \
	X(UNSUPPORTED, "unsupported", 2, false)                                                    \
	X(INTERNAL, "internal", 70, false)

enum iq_err {
#define X(e, name, status, retry) IQ_ERR_##e,
	IQ_ERR_TABLE(X)
#undef X
};
#define IQ_OK IQ_ERR_OK

/* A result that must not be ignored. */
#define IQ_CHECK __attribute__((warn_unused_result))

const char *iq_err_name(enum iq_err err);
int iq_err_exit_status(enum iq_err err);
bool iq_err_retryable(enum iq_err err);
/* The code with this wire name; IQ_ERR_INTERNAL if there is none. */
enum iq_err iq_err_by_name(struct iq_str name);

enum { IQ_ERROR_ARGS = 4 };

struct iq_candidate {
	struct iq_str kind, term, id, name;
	const struct iq_str *detail;
	size_t ndetail;
};

/* One thing wrong with one cell of the input. */
struct iq_problem {
	struct iq_str file;
	uint32_t line; /* from 1; 0: not from a file */
	struct iq_str column, value;
	const char *text; /* msgid with {0} {1} …; static storage or the error's arena */
	struct iq_str args[IQ_ERROR_ARGS];
	size_t nargs;
	struct iq_str nearest;
};

/* A field that somebody else changed since the revision a change was based on. */
struct iq_conflict {
	struct iq_str kind, id;
	struct iq_str column;            /* empty: the whole record */
	struct iq_str was, theirs, mine; /* cells as in the bundle */
	uint64_t revision;               /* of their change; 0: not known */
	struct iq_str principal;         /* who made it */
	int64_t time_us;                 /* since 1970, UTC */
};

/*
 * An error on its way to a person. Zeroed it means "no error". All strings live in `arena`
 * or in static storage. The first error set stays; later calls are ignored (sticky).
 */
struct iq_error {
	enum iq_err code;
	struct iq_arena *arena;
	const char *text; /* msgid: a sentence with {0} {1} … for args; marked with N_() */
	const char *hint; /* msgid or NULL: what to do next; same args */
	struct iq_str args[IQ_ERROR_ARGS];
	size_t nargs;
	struct iq_candidate *candidates;
	size_t ncandidates, cap_candidates;
	struct iq_problem *problems;
	size_t nproblems, cap_problems;
	uint64_t problems_total; /* counts also what is beyond IQ_LIMIT_PROBLEMS */
	struct iq_conflict *conflicts;
	size_t nconflicts, cap_conflicts;
};

void iq_error_init(struct iq_error *e, struct iq_arena *arena);

/*
 * Sets code, text and hint. args: up to IQ_ERROR_ARGS strings, ended by NULL; copied into the
 * arena. Returns `code`, so that `return iq_error_set(…)` reads well.
 */
enum iq_err iq_error_set(struct iq_error *e, enum iq_err code, const char *text, const char *hint,
	/* const char *args */...) __attribute__((sentinel));

/* Copies the candidate's strings into the arena. */
void iq_error_add_candidate(struct iq_error *e, const struct iq_candidate *c);

/* Copies; values are not cut. Beyond IQ_LIMIT_PROBLEMS it is left out. */
void iq_error_add_conflict(struct iq_error *e, const struct iq_conflict *c);

/*
 * Copies (values are cut to about 200 bytes, invalid UTF-8 is escaped); sets code
 * IQ_ERR_REJECTED and a general text if no code is set yet; iq_error_set() with
 * IQ_ERR_REJECTED may replace that text. Counts beyond the limit.
 */
void iq_error_add_problem(struct iq_error *e, const struct iq_problem *p);

/*
 * Replaces {0} … {3} in `text` (already translated or not) by the arguments. The result is
 * NUL-terminated, in `arena`; on lack of memory `text` itself.
 */
const char *iq_text_fill(
	struct iq_arena *arena, const char *text, const struct iq_str *args, size_t nargs);

#endif
