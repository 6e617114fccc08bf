/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_RIGHTS_CIRCLE_H
#define IQ_RIGHTS_CIRCLE_H

/*
 * Who sees what a workshop works on, and who does what with it (docs/workshop.md): the kinds of
 * iq_kind_in_circle(). The one place where that is decided; every way out asks here, by way of
 * ops/circle.c. Nothing means nothing: a record of which no column is shown does not exist.
 *
 * A principal is measured by the day: the past, too, is read with today's rights.
 */

#include "access.h"
#include "store.h"

/* What a principal is to a workshop, by itself. */
enum iq_insight {
	IQ_INSIGHT_NONE,
	IQ_INSIGHT_GUEST, /* of meetings when and where; commitments of the own institution */
	IQ_INSIGHT_ALL
};

/* An institution that takes part today, and for which the principal stands. */
struct iq_circle_seat {
	iq_num institution;
	bool guest, decides;
	bool represents, deputises; /* the principal's contact does */
	bool edits;                 /* the principal is its editor */
};

struct iq_circle {
	iq_num workshop;  /* IQ_NONE: there is none */
	bool coordinates; /* may edit in its region */
	bool organises;   /* edits one of the organising institutions */
	bool meets;       /* it has begun and not ended */
	/* those organised for by the principal, then seats; in the arena */
	const iq_num *organised;
	size_t norganised;
	const struct iq_circle_seat *seats;
	size_t nseats;
};

/*
 * Reads the workshop and its memberships (some dozens of records). today: days since 1970.
 * principal NULL: nothing. False without memory: *out shows nothing.
 */
bool iq_circle_read(struct iq_txn *t, const struct iq_principal *principal, iq_num workshop,
	const struct iq_vocab *vocab, int32_t today, struct iq_arena *arena, struct iq_circle *out);
enum iq_insight iq_circle_insight(const struct iq_circle *c);

/* The workshop of a record in the circle, of any time; IQ_NONE: it is no more. */
iq_num iq_circle_of(struct iq_txn *t, const struct iq_image *image);
/*
 * What the principal sees of the record: a bit 1 << column each; 0: it does not exist. A ballot of
 * a vote that runs shows who has voted, and how only to whoever votes for that institution.
 */
uint32_t iq_circle_columns(
	struct iq_txn *t, const struct iq_circle *c, const struct iq_image *image);
/* The vote on this proposal runs: nobody learns how others voted. Also of one that is no more. */
bool iq_circle_running(struct iq_txn *t, iq_num proposal);

/*
 * Tells `add` the seats that the principal has today, as far as days and memberships decide: of its
 * contact, and of the institutions `edited` (all those it edits). Whatever else decides is a change
 * of the workshop or of grants.
 */
void iq_circle_mark(struct iq_txn *t, const struct iq_principal *principal, const iq_num *edited,
	size_t nedited, const struct iq_vocab *vocab, int32_t today, struct iq_arena *arena,
	void (*add)(void *arg, uint32_t value), void *arg);

/* ---- who does what --------------------------------------------------------------------------- */

/* X(ENUM, name, coordinator, organiser, member, editor): '-' no, 'y' yes, 'o' for its own
 * institution. Member: who represents or deputises; guests are neither. */
#define IQ_DEED_TABLE(X)                                                                           \
	X(TOPIC_ADD, "topic-add", 'y', 'y', 'o', 'o')                                              \
	X(TOPIC_EDIT, "topic-edit", 'y', 'y', 'o', 'o')                                            \
	X(TOPIC_DISCUSS, "topic-discuss", 'y', 'y', '-', '-')                                      \
	X(TOPIC_CLOSE, "topic-close", 'y', 'y', 'o', 'o')                                          \
	X(TOPIC_DELETE, "topic-delete", 'y', 'y', '-', '-')                                        \
	X(MEETING, "meeting", 'y', 'y', '-', '-')                                                  \
	X(PROPOSAL_DRAFT, "proposal-draft", '-', 'o', 'o', 'o')                                    \
	X(PROPOSAL_RUN, "proposal-run", 'y', 'y', '-', '-')                                        \
	X(BALLOT_CAST, "ballot-cast", '-', '-', 'o', '-')                                          \
	X(COMMITMENT_ADD, "commitment-add", 'y', 'y', '-', 'o')                                    \
	X(COMMITMENT_SETTLE, "commitment-settle", '-', '-', '-', 'o')                              \
	X(COMMITMENT_PUT_OFF, "commitment-put-off", 'y', 'y', '-', '-')                            \
	X(COMMITMENT_DROP, "commitment-drop", 'y', 'y', '-', 'o')                                  \
	X(COMMITMENT_DELETE, "commitment-delete", 'y', 'y', '-', '-')

enum iq_deed {
#define X(e, name, c, o, m, ed) IQ_DEED_##e,
	IQ_DEED_TABLE(X)
#undef X
		IQ_DEEDS
};
extern const char *const iq_deed_names[IQ_DEEDS + 1];

/* May it be done for this institution? IQ_NONE: for nobody in particular. */
bool iq_circle_may(const struct iq_circle *c, enum iq_deed deed, iq_num institution);

#endif
