/* SPDX-License-Identifier: Apache-2.0 */
#include "stale.h"

#include "date.h"
#include "fold.h"

const char *const iq_stale_names[IQ_STALE_WHYS + 1] = {
#define X(e, name) name,
	IQ_STALE_TABLE(X)
#undef X
		NULL};

enum { FAMILY_NAME = 3 }; /* letters; shorter ones are in too many words */

static unsigned bit(bool is, enum iq_stale_why why)
{
	return is ? 1u << why : 0;
}

unsigned iq_stale_row(const struct iq_stale_row *row, int32_t today, int32_t since)
{
	bool alone = row->living == 0;

	if (row->to < today)
		return 0;
	return bit(alone && !row->reachable, IQ_STALE_UNREACHABLE) |
	       bit(alone && row->whole && row->ended > 0, IQ_STALE_ORPHAN) |
	       bit(alone && row->whole && row->ended == 0 && row->reachable, IQ_STALE_NO_CONTACT) |
	       bit(row->confirmed == IQ_DATE_MIN, IQ_STALE_UNDATED) |
	       bit(row->confirmed != IQ_DATE_MIN && row->confirmed < since, IQ_STALE_UNCONFIRMED);
}

unsigned iq_stale_contact(const struct iq_stale_contact *c, int32_t today)
{
	if (c->to < today)
		return 0;
	return bit(c->full && c->deputy_ended, IQ_STALE_ORPHAN) |
	       bit(c->rows > 0 && c->rows == c->rows_ended, IQ_STALE_ENDED_CONTACT) |
	       bit(c->inside && !c->informed, IQ_STALE_NOT_INFORMED) |
	       bit(c->full && c->whole && !c->deputy, IQ_STALE_NO_DEPUTY) |
	       bit(c->full && c->personal_mail && !c->mailbox, IQ_STALE_PERSONAL_MAIL);
}

unsigned iq_stale_membership(const struct iq_stale_membership *m, int32_t today)
{
	if (m->to < today)
		return 0;
	return bit(m->representative_ended || m->deputy_ended, IQ_STALE_ORPHAN) |
	       bit(m->whole && !m->deputy, IQ_STALE_NO_DEPUTY);
}

/* True if `word` is in `text`; both folded. */
static bool holds(struct iq_str text, struct iq_str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++) {
		if (memcmp(text.p + i, word.p, word.n) == 0)
			return true;
	}
	return false;
}

bool iq_stale_mail_personal(struct iq_str name, struct iq_str mail, struct iq_arena *arena)
{
	static const enum iq_fold styles[] = {IQ_FOLD_AE, IQ_FOLD_A};
	struct iq_str local;

	if (mail.n == 0 || !iq_str_cut(&mail, '@', &local) || mail.p == NULL)
		return false;
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		struct iq_str rest = iq_fold(arena, name, styles[i]), word, family = {NULL, 0};
		size_t words = 0;

		while (iq_str_cut(&rest, '-', &word)) {
			family = word;
			words++;
		}
		if (words > 1 && family.n >= FAMILY_NAME &&
			holds(iq_fold(arena, local, styles[i]), family))
			return true;
	}
	return false;
}
