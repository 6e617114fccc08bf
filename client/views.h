/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_VIEWS_H
#define IQ_CLIENT_VIEWS_H

/* What the commands about a region share: matrix, gaps, overlaps, stakeholders, path, guide. */

#include "fill.h"
#include "json.h"

/* The place: the words, or --region. Usage error if it is missing or given twice. */
IQ_CHECK enum iq_err iq_views_place(struct iq_cli *cli, char **region);
/* --at as ISO date; "" if not given. */
IQ_CHECK enum iq_err iq_views_at(struct iq_cli *cli, char **at);

/* "Dresden, 22.11.2026: " and the rest, bold, and an empty line; with task and status, if asked
 * for. */
void iq_views_title(struct iq_cli *cli, const struct iq_names *names, const char *region,
	const char *task, const char *status, const char *at, const char *rest);
/* What was asked, for a sentence: "Dresden, Sprachkurse, Duldung". */
const char *iq_views_question(struct iq_cli *cli, const struct iq_names *names, const char *region,
	const char *task, const char *status);

/* A set with its letters, "D: Duldung"; "everybody" for all, or, if a status was asked for, "all of
 * them". Long ones end with "and 3 more",
 * unless --all. */
const char *iq_views_for_whom(struct iq_cli *cli, const struct iq_names *names,
	Iq__V1__TargetGroup *const *letters, size_t n, const Iq__V1__Groups *groups,
	const char *status);
/* Ids or names joined by `glue`; names of `kind`, if `names` is not NULL. */
const char *iq_views_join(struct iq_cli *cli, const struct iq_names *names, enum iq_kind kind,
	char *const *ids, size_t n, const char *glue);
/* "a, b and 3 more": at most `most` names, all of them with --all. `total`: how many there are. */
const char *iq_views_some(struct iq_cli *cli, const struct iq_names *names, enum iq_kind kind,
	char *const *ids, size_t n, size_t total, size_t most);

/* Ids of the top-level statuses of a set, joined by ';'; "" for all. */
const char *iq_views_shares(struct iq_cli *cli, const Iq__V1__Groups *groups);
/* Statuses of a set, joined by ';'; "" for all. */
const char *iq_views_statuses(struct iq_cli *cli, const Iq__V1__Groups *groups);
/* Arrays: ids of statuses; objects `status`, `whole`. Both empty for everybody. */
json_t *iq_views_statuses_json(const Iq__V1__Groups *groups);
json_t *iq_views_groups_json(const Iq__V1__Groups *groups);

/* A cell of the matrix as JSON item. */
json_t *iq_views_cell_json(const Iq__V1__MatrixResponse *m, const Iq__V1__MatrixCell *cell);
/*
 * What the notices of its cells say. They are asked for on the connection that the matrix came
 * from; one that is gone meanwhile, and all beyond the first 40, are left out.
 */
struct iq_view_notices {
	const Iq__V1__Notice **v; /* by effect, what says most first; then by id */
	size_t n, total;
};
struct iq_call;
IQ_CHECK enum iq_err iq_view_notices_ask(struct iq_cli *cli, struct iq_call *call,
	const Iq__V1__MatrixResponse *m, struct iq_view_notices *out);
/* With a heading; nothing, if there are none. */
void iq_view_notices_show(
	struct iq_cli *cli, struct iq_names *names, const struct iq_view_notices *notices);

/* "one task", "14 tasks": msgids. */
const char *iq_views_count(struct iq_cli *cli, size_t n, const char *one, const char *many);
/* What "{0} shown of {1}" says on standard error, if not all is shown. */
void iq_views_note_limit(struct iq_cli *cli, size_t shown, uint64_t total);

#endif
