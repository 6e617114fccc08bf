/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_PATH_H
#define IQ_DOMAIN_PATH_H

/*
 * Process chains of a region with real institutions, and the shortest chain of hand-overs between
 * two tasks: who hands what to whom, with which documents (domain.md "Views"). Pure. Any thread
 * with its own view.
 *
 * Steps: the hand-overs that fit the status (one that names none fits all; without a status asked,
 * all of them), by process (bytes), step, id.
 *
 * Who stands for the kinds of a side, the first of these that yields somebody:
 *   the task   the answer to "who" for the step's task in the region, those of the kinds: the first
 *              row in order and those that tie with it as primary rows do, in its group. A side
 *              without kinds: the primary rows of the first group that has any. Status: the one
 *              asked; if the step names exactly one and none or a wider one was asked, the step's
 *   the process   who stood for one of the kinds by its task in the nearest earlier step of the
 *              process (who takes first), else in the nearest later one (who gives first)
 *   the kind   nobody: the kinds are all there is to say
 *
 * Chains: a step follows another of the same process if its number is the next, or a higher one
 * and the receiver gives; of another process if the receiver gives (kinds in common).
 *
 * Cost: a question per step (iq_match_cost()); chains O(steps²).
 */

#include "lookup.h"

enum iq_party_source { IQ_PARTY_TASK, IQ_PARTY_PROCESS, IQ_PARTY_KIND };

struct iq_party {
	iq_num institution, kind;
	struct iq_str id;
	/* of the row that says so */
	iq_num row;
	enum iq_role role;
	bool certain;
};

struct iq_side {
	iq_num *kind; /* nkinds, as recorded; those that do not exist are left out */
	struct iq_str *kind_id;
	size_t nkinds;
	struct iq_party *party; /* in order of the answer; of an area: by member, each once */
	size_t nparties;
	enum iq_party_source source;
};

struct iq_step {
	iq_num handover, task;
	struct iq_str id, process;
	uint32_t step;
	bool certain;             /* for all who have the status */
	struct iq_str trigger[2]; /* de, en; as recorded */
	struct iq_str *document;  /* the text, at its semicolons */
	size_t ndocuments;
	struct iq_str *status; /* as recorded; none: any */
	size_t nstatuses;
	struct iq_side from, to;
	/* of the answer for the task: who is not there may not be needed; of an area: its first
	 * member */
	enum iq_outcome outcome;
};

struct iq_steps {
	struct iq_step *a;
	size_t n, cap;
};

struct iq_path_query {
	iq_num region; /* or an area: who stands there for any of its members */
	iq_num status; /* IQ_NONE: any */
	int32_t at;
};

/*
 * The steps with the institutions behind them. Everything in `out` is in `arena` or belongs to the
 * view. Errors: IQ_ERR_USAGE a number of the question does not exist; IQ_ERR_BUSY the arena's cap
 * does not hold it.
 */
IQ_CHECK enum iq_err iq_steps_find(const struct iq_view *view, const struct iq_lookup *lookup,
	const struct iq_path_query *q, struct iq_arena *arena, struct iq_steps *out);

enum iq_chain_state {
	IQ_CHAIN_FOUND,
	IQ_CHAIN_NO_START,   /* no step is for the first task */
	IQ_CHAIN_NO_END,     /* no step is for the last task */
	IQ_CHAIN_UNREACHABLE /* there are such steps, but no way from one to the other */
};

struct iq_chains {
	enum iq_chain_state state;
	size_t length;   /* steps of each, both ends included */
	uint32_t **step; /* n chains: positions in the steps; in the order of these */
	size_t n;
	uint64_t total; /* chains of this length; UINT64_MAX: or more */
};

/*
 * The shortest chains from a step for the task `from` (IQ_NONE: from the first steps of the
 * processes) to one for the task `to`; both ends included, so that a task to itself is a chain
 * of one step. Where no step is for the task itself, those for tasks below it count, else those
 * for its nearest ancestor that has any. At most `limit` chains. Everything is in `arena`.
 * Errors: IQ_ERR_USAGE a task does not exist, or `to` is IQ_NONE; IQ_ERR_BUSY the arena's cap
 * does not hold it.
 */
IQ_CHECK enum iq_err iq_chains_find(const struct iq_view *view, const struct iq_steps *steps,
	iq_num from, iq_num to, size_t limit, struct iq_arena *arena, struct iq_chains *out);

/* ---- the graph of a region ------------------------------------------------------------------ */

/* Who gives or takes: an institution, or a kind for which nobody is known. */
struct iq_hand {
	iq_num institution, kind; /* institution IQ_NONE: the kind itself */
	struct iq_str id;         /* of the institution or the kind */
	uint32_t gives, takes;    /* steps */
};

struct iq_handover_edge {
	uint32_t from, to; /* positions in `hand`; equal: within the same house */
	uint32_t *step;    /* positions in the steps: how often, and what */
	size_t nsteps;
};

struct iq_handgraph {
	struct iq_hand *hand; /* institutions by id, then kinds by id */
	size_t nhands;
	struct iq_handover_edge *edge; /* by from, to */
	size_t nedges;
};

/*
 * Who hands over to whom in these steps, how often: of several on a side each with each. A side
 * with neither institutions nor kinds is no hand-over between anybody. Everything is in `arena`.
 * IQ_ERR_BUSY: the arena's cap does not hold it. O(pairs log pairs).
 */
IQ_CHECK enum iq_err iq_handgraph_build(
	const struct iq_steps *steps, struct iq_arena *arena, struct iq_handgraph *out);

#endif
