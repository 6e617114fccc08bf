/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_PLAN_H
#define IQ_CLIENT_PLAN_H

/* Plans of a sync: made from lists, shown, and remembered on this computer for `last`. */

#include "lists.h"
#include "session.h"

struct iq_plan {
	struct iq_cli *cli;
	const Iq__V1__SyncPlanResponse *r; /* the last response; the arrays below are of all */
	Iq__V1__PlanLine **lines;
	Iq__V1__PlanCount **counts;
	Iq__V1__PlanGuard **guards;
	Iq__V1__Problem **notes;
	Iq__V1__Label **labels;
	size_t nlines, ncounts, nguards, nnotes, nlabels;
};

/* ---- plan.c ------------------------------------------------------------------------------- */

/* Takes the parts of a response in; `begin`: what came before is void. */
void iq_plan_take(struct iq_plan *p, const Iq__V1__SyncPlanResponse *r, bool begin);
/* Sends the lists and has a plan made: --institution, --full, --delta, --base, --map. */
IQ_CHECK enum iq_err iq_plan_make(struct iq_cli *cli, const char *const *paths, size_t n,
	struct iq_plan *out, struct iq_lists *lists);
/* A plan with its lines from the server. */
IQ_CHECK enum iq_err iq_plan_fetch(struct iq_cli *cli, const char *plan, struct iq_plan *out);
/* Nothing in it differs from the directory. */
bool iq_plan_is_empty(const struct iq_plan *p);

/*
 * What this computer knows of plans it made. `path`: of the list, NULL: as it was noted. Failures
 * to write are no failure of the command.
 */
void iq_plan_note(struct iq_cli *cli, const char *plan, const char *path, uint64_t applied);
/* "last", or the first characters of a plan made here or open at the server; else the word. */
IQ_CHECK enum iq_err iq_plan_named(struct iq_cli *cli, const char *word, const char **out);
/* As few characters as name the plan here; all if it was made elsewhere. */
const char *iq_plan_short(struct iq_cli *cli, const char *plan);
/* The revision at which the list at this path was applied, 0: never from here. */
uint64_t iq_plan_applied(struct iq_cli *cli, const char *path);

/* ---- plan_show.c -------------------------------------------------------------------------- */

/* On a terminal, to cli->out. `conflicts`: only what is in conflict. */
void iq_plan_show(const struct iq_plan *p, bool conflicts);
/* What to type next, and warnings, to cli->out. */
void iq_plan_next(const struct iq_plan *p);
/* "Volkshochschule Dresden": the label, or the id. */
const char *iq_plan_label(const struct iq_plan *p, const char *kind, const char *id);
/* A value of a column in words: names for ids, dates as people write them. */
const char *iq_plan_value(
	const struct iq_plan *p, const char *kind, const char *column, const char *value);
/* One conflict: the three values, one per line. */
void iq_plan_conflict(
	const struct iq_plan *p, const Iq__V1__PlanLine *l, const Iq__V1__Conflict *c);
/* "3 new, 11 changed" */
const char *iq_plan_count(struct iq_cli *cli, const Iq__V1__PlanCount *c);

/* ---- plan_data.c -------------------------------------------------------------------------- */

/* As --json, --csv or tab-separated. `lists`: whose repairs are told, too; may be NULL. */
IQ_CHECK enum iq_err iq_plan_print(const struct iq_plan *p, const struct iq_lists *lists);
json_t *iq_plan_counts_json(Iq__V1__PlanCount **counts, size_t n);
/* A plan without its lines. */
json_t *iq_plan_head_json(struct iq_cli *cli, const Iq__V1__SyncPlanResponse *r);

#endif
