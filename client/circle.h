/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_CIRCLE_H
#define IQ_CLIENT_CIRCLE_H

/*
 * What the commands of a workshop share (workshop, topic, meeting, proposal, vote, commitment,
 * welcome): its records as the caller may see them, which one is meant, and one change of one.
 * Everything lives in cli->arena.
 */

#include "model.h"
#include "session.h"
#include "standing.h"

struct iq_records {
	enum iq_kind kind;
	struct iq_rec *v; /* sorted by id */
	size_t n;
	uint64_t revision;
};

/*
 * All records of a kind whose `column` refers to `id` (as "workshop", "proposal"; column NULL: all
 * there are). None is no error.
 */
IQ_CHECK enum iq_err iq_circle_records(struct iq_cli *cli, enum iq_kind kind, const char *column,
	const char *id, struct iq_records *out);
/* Several lists, one after another on one connection; each as iq_circle_records(). */
struct iq_circle_query {
	enum iq_kind kind;
	const char *column, *id;
	struct iq_records *out;
};
IQ_CHECK enum iq_err iq_circle_fetch(
	struct iq_cli *cli, const struct iq_circle_query *queries, size_t n);
/* One record by id; *found: whether it is there. */
IQ_CHECK enum iq_err iq_circle_seek(
	struct iq_cli *cli, enum iq_kind kind, const char *id, struct iq_rec *out, bool *found);
/* One record by id. IQ_ERR_NOT_FOUND with the command that lists them. */
IQ_CHECK enum iq_err iq_circle_record(
	struct iq_cli *cli, enum iq_kind kind, const char *id, struct iq_rec *out);

/*
 * The workshop that is meant by an id, a name, a region or a part of them, without regard to case
 * and umlauts; NULL: the only one in which the caller takes part or that there is. Several:
 * IQ_ERR_AMBIGUOUS with candidates.
 */
IQ_CHECK enum iq_err iq_circle_find(struct iq_cli *cli, const char *word, struct iq_rec *out);
/* The same, of the word of a command or else of --workshop. */
IQ_CHECK enum iq_err iq_circle_meant(struct iq_cli *cli, const char *word, struct iq_rec *out);
/* For lists: the records of that workshop, or of all workshops if there is neither word nor flag.
 */
IQ_CHECK enum iq_err iq_circle_all(struct iq_cli *cli, enum iq_kind kind, struct iq_records *out);
/* The id of a record that is meant by an id, a name or an alias. */
IQ_CHECK enum iq_err iq_circle_term(
	struct iq_cli *cli, enum iq_kind kind, const char *word, const char **id);
static inline enum iq_err iq_circle_institution_id(
	struct iq_cli *cli, const char *word, const char **id)
{
	return iq_circle_term(cli, IQ_INSTITUTION, word, id);
}
/* Ids of the institutions the caller may act for: that of the account first, then those it edits;
 * each once. */
enum { IQ_CIRCLE_OWN = 8 };
IQ_CHECK enum iq_err iq_circle_own(struct iq_cli *cli, const char *ids[IQ_CIRCLE_OWN], size_t *n);
/* Their memberships, in whatever workshops. */
struct iq_seats {
	const char *own[IQ_CIRCLE_OWN];
	struct iq_records memberships[IQ_CIRCLE_OWN];
	size_t n;
};
IQ_CHECK enum iq_err iq_circle_seats(struct iq_cli *cli, struct iq_seats *out);
enum iq_standing iq_circle_standing(
	const struct iq_seats *seats, const struct iq_rec *workshop, const char *today);
/* The institution for which the caller acts: --institution, or that of the account. */
IQ_CHECK enum iq_err iq_circle_institution(struct iq_cli *cli, const char **id);

/* The cell of a column as text, "" if empty. */
const char *iq_circle_cell(struct iq_cli *cli, const struct iq_rec *rec, const char *column);
/* Name of a record in the language of the user, its id if it has none or is not to be seen. Asked
 * for once per record. */
const char *iq_circle_name(struct iq_cli *cli, enum iq_kind kind, const char *id);
/* Asks for many names at once, so that iq_circle_name() has them. Those of contacts with --reason;
 * if that goes wrong, cli->error says so. */
void iq_circle_names(struct iq_cli *cli, enum iq_kind kind, const char *const *ids, size_t n);
/* The same of all that a column of the records names. */
void iq_circle_names_of(struct iq_cli *cli, enum iq_kind kind, const struct iq_records *records,
	const char *column);
/* Names of the parts of a set (institutions of a commitment), joined by ", ". */
const char *iq_circle_set_names(
	struct iq_cli *cli, enum iq_kind kind, const struct iq_rec *rec, const char *column);
/* One of two texts, "text" of text_de and text_en, in the language of the user. */
const char *iq_circle_text(struct iq_cli *cli, const struct iq_rec *rec, const char *column);
/* Today in Germany, as ISO date. */
const char *iq_circle_today(struct iq_cli *cli);

/* A change of one record. */
struct iq_cell_value {
	const char *column, *value; /* value "": the cell is emptied */
};
/*
 * ADD or SET (by Iq__V1__Verb), shown as iq_write_show() does; --dry-run, --reason and --json as
 * everywhere. based_on: revision of the record that was read, 0: any. done: what to say then.
 */
IQ_CHECK enum iq_err iq_circle_put(struct iq_cli *cli, Iq__V1__Verb verb, enum iq_kind kind,
	const char *id, const struct iq_cell_value *cells, size_t n, uint64_t based_on,
	const char *done);
/* An id for a new record that is free: `base`, lower case and within the limit, else base-2 … */
IQ_CHECK enum iq_err iq_circle_new_id(
	struct iq_cli *cli, enum iq_kind kind, const char *base, const char **id);

/* How a commitment stands today becomes its state: late, if it is open past its due day. */
void iq_circle_judge(struct iq_cli *cli, struct iq_rec *commitment);
/* A question before what cannot be undone; --yes answers it. False: error is set. */
bool iq_circle_sure(struct iq_cli *cli, const char *question);

#endif
