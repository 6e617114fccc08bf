/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The condition language: whatever bytes arrive, checking says yes or no, and what passes is
 * evaluated consistently: knowing less never turns true into false or the other way round.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "condition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct iq_str places[] = {{"reception-centre", 16}, {"shared", 6}, {"decentral", 9}};
static const struct iq_str yes_no[] = {{"yes", 3}, {"no", 2}};
static const struct iq_fact all[] = {
	{.num = 1, .id = {"accommodation", 13}, .values = places, .nvalues = 3},
	{.num = 2, .id = {"age", 3}, .integer = true},
	{.num = 3, .id = {"work", 4}, .values = yes_no, .nvalues = 2},
};
static const struct iq_facts facts = {all, 3};
enum { NFACTS = 3 };

/* From knowing all to knowing nothing; each line allows what the one before allows. */
static const struct iq_known states[][NFACTS] = {
	{{true, 0, 0, 2}, {true, 17, 17, 0}, {true, 0, 0, 1}},
	{{true, 0, 0, 6}, {true, 16, 20, 0}, {true, 0, 0, 1}},
	{{true, 0, 0, 7}, {true, 0, 999999999, 0}, {true, 0, 0, 3}},
	{{false, 0, 0, 0}, {false, 0, 0, 0}, {false, 0, 0, 0}},
};
enum { STATES = sizeof(states) / sizeof(*states) };

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void evaluate(struct iq_str text, bool valid)
{
	enum iq_truth truth[STATES];

	for (int i = 0; i < STATES; i++) {
		struct iq_fact_list open, failed;

		truth[i] = iq_condition_eval(&facts, text, states[i], &open, &failed);
		require(truth[i] == iq_condition_eval(&facts, text, states[i], NULL, NULL));
		require((failed.n > 0) == (truth[i] == IQ_FALSE));
		require(!valid || (open.n > 0) >= (truth[i] == IQ_UNKNOWN));
		require(i == 0 || truth[i] == IQ_UNKNOWN || truth[i] == truth[i - 1]);
	}
	require(!valid || truth[0] != IQ_UNKNOWN);
	require(!valid || text.n == 0 || truth[STATES - 1] == IQ_UNKNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_str text = {(const char *)data, n};
	struct iq_known known[NFACTS] = {{0}};
	struct iq_problem p = {0};

	evaluate(text, iq_condition_check(&facts, text, &p) == IQ_OK);
	if (iq_implies_parse(&facts, text, known, &p) != IQ_OK)
		require(p.text != NULL && p.nargs >= 2);
	for (int i = 0; i < NFACTS; i++)
		if (iq_known_parse(&all[i], text, &known[i], &p) == IQ_OK)
			require(known[i].known && known[i].low <= known[i].high);
	return 0;
}
