/* SPDX-License-Identifier: Apache-2.0 */
/* The three-way rule: base, theirs, mine. */

#include "three.h"

static bool equal(const struct iq_value *a, const struct iq_value *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!iq_str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

void iq_three_way(const struct iq_rec *base, const struct iq_rec *theirs, const struct iq_rec *mine,
	struct iq_three *out)
{
	*out = (struct iq_three){.merged = *theirs};
	for (size_t c = IQ_COL_ID + 1; c < iq_schemas[theirs->kind].ncolumns; c++) {
		const uint32_t bit = UINT32_C(1) << c;
		const struct iq_value *b = &base->col[c], *t = &theirs->col[c];
		const struct iq_value *m = mine->given & bit ? &mine->col[c] : b;
		bool they = !equal(b, t), me = !equal(b, m);

		if (they && me && equal(t, m))
			out->same |= bit;
		else if (they && me)
			out->conflicts |= bit;
		else if (they)
			out->theirs |= bit;
		else if (me)
			out->mine |= bit;
		if (me && !they)
			out->merged.col[c] = *m;
	}
}
