/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_WHO_H
#define IQ_CLIENT_WHO_H

/* The answer to "who is responsible": on a terminal, in a pipe, as JSON. */

#include "iq.pb-c.h"
#include "json.h"

struct iq_who {
	struct iq_cli *cli;
	const Iq__V1__WhoResponse *r;
};

/* Name of a record mentioned in the answer, or its id. */
const char *iq_label(Iq__V1__Label **labels, size_t n, const char *kind, const char *id);
/*
 * A condition in words, "Benefit system: SGB II; Age: 12–26"; only clauses of the facts in
 * `only`, if that is not NULL. Values by label "fact=value", if there is one.
 */
const char *iq_condition_words(struct iq_cli *cli, Iq__V1__Label **labels, size_t nlabels,
	const char *condition, char **only, size_t nonly);
/* What a possible row depends on, "" for a certain one. */
const char *iq_depends_words(const struct iq_who *w, const Iq__V1__Answer *a);
/* "unconfirmed", "last confirmed 03.2024", or "" if confirmed within the last year. */
const char *iq_age_words(struct iq_cli *cli, const char *confirmed_on);

/* The question of the command line: flags and words. */
IQ_CHECK enum iq_err iq_who_question(struct iq_cli *cli, Iq__V1__WhoRequest *q);
/* An item of `answers` in JSON. */
json_t *iq_who_answer(const struct iq_who *w, const Iq__V1__Answer *a);
/* Prints; returns IQ_OK, or IQ_ERR_USAGE for a wrong --json=FIELDS. */
IQ_CHECK enum iq_err iq_who_json(const struct iq_who *w);
IQ_CHECK enum iq_err iq_who_rows(const struct iq_who *w); /* TSV, CSV */
void iq_who_terminal(const struct iq_who *w);
/* Outcome and notices on standard error, for pipes. */
void iq_who_messages(const struct iq_who *w);
/* Outcome in words; "" for answered. */
const char *iq_outcome_words(const struct iq_who *w);
/* Why a row is out: "but for another place", "only if Age: 12–26". */
const char *iq_miss_words(const struct iq_who *w, char **because, size_t n, const char *condition);
/* Near misses in words, one per line. */
void iq_near_words(const struct iq_who *w);

/* Shared with `contact`. */
json_t *iq_institution_json(bool english, const Iq__V1__Institution *i, const char *via);
/* In the language, falling back to the other, then to the id. */
const char *iq_institution_name(bool english, const Iq__V1__Institution *i);
json_t *iq_contacts_json(Iq__V1__Contact **c, size_t n);
json_t *iq_withheld_json(Iq__V1__Withheld **w, size_t n);
/* Why contact details are missing and what helps: "quota", "audit", "reason"; "" for others. */
const char *iq_because_words(struct iq_cli *cli, const char *because);
/* The same on standard error, for n persons. */
void iq_because_note(struct iq_cli *cli, const char *because, uint64_t n);
void iq_withheld_notes(struct iq_cli *cli, Iq__V1__Withheld **w, size_t n);
/* Address, phone, mail, hours, contacts, and how to ask for what is withheld. */
void iq_reach_terminal(struct iq_cli *cli, const Iq__V1__Institution *i, const char *via,
	Iq__V1__Contact **contacts, size_t ncontacts, Iq__V1__Withheld **withheld,
	size_t nwithheld);

#endif
