/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_WHO_H
#define IQ_OPS_WHO_H

/* A question between reading (op_who.c) and answering (who_answer.c). */

#include "op.h"

struct iq_who {
	const Iq__V1__WhoRequest *in;
	bool english;
	/* n == 0: not given; region: n > 1 for a postcode */
	struct iq_resolved task, region, status;
	bool task_word, region_word, status_word; /* filled by a positional word */
	struct iq_question q;
	uint8_t *fact; /* positions in the vocabulary of the facts given */
	size_t nfacts;
	uint32_t roles; /* bit per role to show; 0: all */
	uint32_t limit;
	bool reason;
	struct iq_req *rq;
	struct iq_view view;  /* over `store`, remembering records */
	struct iq_view store; /* the snapshot's */
};

/* Everything the response says, after the question was matched. */
void iq_who_write(struct iq_req *rq, struct iq_who *w, const struct iq_match *m);

#endif
