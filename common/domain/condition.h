/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_CONDITION_H
#define IQ_DOMAIN_CONDITION_H

/*
 * The condition language: clauses `fact op value` joined by `;`, over facts whose value is
 * known as a set (choices) or a closed range (integers), or not at all. Three-valued.
 */

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

struct iq_fact {
	iq_num num;
	struct iq_str id;
	bool integer;                /* else choice */
	const struct iq_str *values; /* choice: at most 64 */
	uint32_t nvalues;
	struct iq_str name[2];
	const struct iq_str *labels[2];
	uint32_t nlabels[2];
};

/* All facts, by id. An index into `fact` is a fact's position; it is not stored anywhere. */
struct iq_facts {
	const struct iq_fact *fact;
	uint32_t n; /* at most IQ_LIMIT_FACTS */
};

/* What is known of one fact. */
struct iq_known {
	bool known;
	int64_t low, high; /* integer: closed range */
	uint64_t mask;     /* choice: bit per possible value */
};

enum iq_truth { IQ_FALSE, IQ_UNKNOWN, IQ_TRUE };

/* Position or -1. */
int iq_fact_find(const struct iq_facts *facts, struct iq_str id);

/*
 * Reads what a question says of a fact: "17", "16..17", "shared|decentral".
 * IQ_ERR_REJECTED sets p's column (fact id), value, text, args, nearest.
 *
 * Of this and the next two: args[0] is the position of the mistake in the text (bytes, from 1).
 * Positions and nearest values may live in a buffer of the calling thread that the next call
 * overwrites; iq_error_add_problem() copies them.
 */
IQ_CHECK enum iq_err iq_known_parse(const struct iq_fact *fact, struct iq_str value,
	struct iq_known *out, struct iq_problem *p);

/* `implies`: clauses with = only, each fact once; fills known[0 … facts->n). Others untouched. */
IQ_CHECK enum iq_err iq_implies_parse(const struct iq_facts *facts, struct iq_str text,
	struct iq_known *known, struct iq_problem *p);

/* Syntax, facts, types and values of a condition. Sets p's value, text, args, nearest. */
IQ_CHECK enum iq_err iq_condition_check(
	const struct iq_facts *facts, struct iq_str text, struct iq_problem *p);

/* Positions of facts, in order of the clauses, each once. */
struct iq_fact_list {
	uint8_t n;
	uint8_t fact[16]; /* IQ_LIMIT_CLAUSES */
};

/*
 * Evaluates a checked condition ("" is true). known: facts->n elements. On IQ_UNKNOWN `open`
 * lists the facts that are unknown; on IQ_FALSE `failed` lists the facts of false clauses (all of
 * them). Either may be NULL. Both lists may be filled when the result is IQ_FALSE.
 */
enum iq_truth iq_condition_eval(const struct iq_facts *facts, struct iq_str text,
	const struct iq_known *known, struct iq_fact_list *open, struct iq_fact_list *failed);

#endif
