/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_WELCOME_H
#define IQ_CLIENT_WELCOME_H

/* What somebody new to a workshop has to know, gathered for cmd/welcome.c and welcome_json.c. */

#include "circle.h"

enum { IQ_WELCOME_MINUTES = 2 };

struct iq_welcome_vote {
	const struct iq_rec *proposal;
	struct iq_records ballots;
	const struct iq_rec *own; /* the ballot of the own institution; NULL: it has not voted */
	size_t voted;             /* institutions */
};

struct iq_welcome {
	struct iq_rec workshop;
	const struct iq_rec *seat; /* the membership of the own institution; NULL: there is none */
	const char *institution;   /* the own one; "": none */
	const char *as;            /* representative, deputy, editor, "" */
	const struct iq_rec **member; /* accepted or invited; the own one first, then by name */
	size_t nmembers;
	const struct iq_rec *meeting;     /* the next one; NULL: none is planned */
	const char *meeting_date;         /* of a series: the next one */
	const struct iq_rec **commitment; /* open and late: own ones first, then by due day */
	size_t ncommitments;
	struct iq_welcome_vote *vote; /* that run, by deadline */
	size_t nvotes;
	const struct iq_rec *minutes[IQ_WELCOME_MINUTES]; /* the latest first */
	size_t nminutes;
};

struct iq_welcomes {
	struct iq_welcome *v;
	size_t n;
	uint64_t revision;
};

/* word NULL: every workshop in which the caller takes part. All in cli->arena. */
IQ_CHECK enum iq_err iq_welcome_read(struct iq_cli *cli, const char *word, struct iq_welcomes *out);

/* Is this commitment one of the own institution? How it stands today: open, late. */
bool iq_welcome_is_own(
	struct iq_cli *cli, const struct iq_welcome *w, const struct iq_rec *commitment);
const char *iq_welcome_state(struct iq_cli *cli, const struct iq_rec *commitment);
/* "" accepted, "invited"; whether it has a vote today. */
const char *iq_welcome_standing(struct iq_cli *cli, const struct iq_rec *membership);
bool iq_welcome_votes(struct iq_cli *cli, const struct iq_rec *membership);
/* First line of text_de or text_en. */
const char *iq_welcome_title(struct iq_cli *cli, const struct iq_rec *rec);
/* How the own vote is cast; NULL: the caller cannot. */
const char *iq_welcome_command(
	struct iq_cli *cli, const struct iq_welcome *w, const struct iq_welcome_vote *vote);

enum iq_err iq_welcome_json(struct iq_cli *cli, const struct iq_welcomes *all);

#endif
