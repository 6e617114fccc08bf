/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_FILL_H
#define IQ_CLIENT_FILL_H

/*
 * From the answers about a region to the interface document (common/report). Everything lives in
 * the arena of the process, as long as the answers do.
 */

#include "client.h"
#include "iq.pb-c.h"
#include "report.h"

/* Names of records, from the labels of any number of answers. */
struct iq_names;
struct iq_names *iq_names_new(struct iq_cli *cli);
/* The first label of a record stays. The labels must live as long as the names. */
void iq_names_add(struct iq_names *names, Iq__V1__Label *const *labels, size_t n);
/* German and English; one of them, if only that was asked for; the id, if there is no label. */
struct iq_report_text iq_names_get(const struct iq_names *names, enum iq_kind kind, const char *id);
/* The one in the language of the output. */
const char *iq_names_c(const struct iq_names *names, enum iq_kind kind, const char *id);
/* One text after another; the second, if the first is empty. */
struct iq_str iq_names_join(
	const struct iq_names *names, struct iq_str all, const char *glue, struct iq_str s);

/*
 * Target groups; bit i of a mask is groups[i]. The names remember which group has which bit: one
 * document per names.
 */
void iq_fill_groups(struct iq_report *doc, struct iq_names *names,
	Iq__V1__TargetGroup *const *groups, size_t n);
/* The bits of a set, after iq_fill_groups(); 0 and NULL: all. */
uint32_t iq_fill_mask(const struct iq_names *names, const Iq__V1__Groups *groups);
/* A set in words: "Duldung, Personen im Asylverfahren"; empty for all. */
struct iq_report_text iq_fill_statuses(struct iq_names *names, const Iq__V1__Groups *groups);
/* A condition in words, "Alter: 12–26", by the labels of its facts and values; "" for "". */
struct iq_report_text iq_fill_condition(struct iq_names *names, const char *condition);
/* The conditions of the rows of a cell in this role, each once: "a; or b". */
struct iq_report_text iq_fill_conditions(
	struct iq_names *names, const Iq__V1__MatrixCell *cell, const char *role);

/* doc->groups and doc->matrix; marks and sheets are left to the caller. */
void iq_fill_matrix(struct iq_report *doc, struct iq_cli *cli, struct iq_names *names,
	const Iq__V1__MatrixResponse *matrix);

#endif
