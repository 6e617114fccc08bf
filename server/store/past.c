/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superseded images. One lies in one of two places:
 *
 * - In the log, in front of the entry of the revision that superseded it (iq_key_aside()). The
 * image that took its place was written by that revision, so each image leads to the one before it.
 *   Changes go there: all that a batch supersedes comes to lie on the last few pages of one table.
 * - In the table past, under the record's number and that revision. There the way begins where it
 *   would be too long (every PAST_STEPS images), and where no image leads to it: what was removed.
 */

#include "store_priv.h"

enum { PAST_STEPS = 32 };

/* ---- writing ------------------------------------------------------------------------------- */

/* In the past of the record's own. */
static void put_own(struct iq_wtxn *w, enum iq_kind kind, iq_num num, struct iq_str raw)
{
	struct iq_kb k = iq_key_past(kind, num, w->revision);

	iq_put(w, IQ_TAB_PAST, iq_kb_key(&k), raw, 0);
}

unsigned iq_past_step(const struct iq_image *image)
{
	return image->steps + 1 < PAST_STEPS ? image->steps + 1 : 0;
}

void iq_past_keep(struct iq_wtxn *w, const struct iq_image *image, struct iq_str raw)
{
	struct iq_kb k = iq_key_aside(image->kind, image->num, w->revision);

	if (iq_past_step(image) == 0)
		put_own(w, image->kind, image->num, raw);
	else
		iq_put(w, IQ_TAB_LOG, iq_kb_key(&k), raw, MDB_APPEND);
}

void iq_past_keep_removed(struct iq_wtxn *w, const struct iq_image *image, struct iq_str raw)
{
	struct iq_kb k = iq_key_aside(image->kind, image->num, w->revision);
	struct iq_str v;

	if (image->revision != w->revision) {
		put_own(w, image->kind, image->num, raw);
		return;
	}
	/* Written in this very change: what there was before it is kept, if there was something. */
	if (!iq_get(&w->t, IQ_TAB_LOG, iq_kb_key(&k), &v))
		return;
	iq_buf_reset(&w->image, SIZE_MAX);
	iq_buf_str(&w->image, v);
	if (w->image.failed) {
		iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory");
		return;
	}
	put_own(w, image->kind, image->num, (struct iq_str){(const char *)w->image.p, w->image.n});
	iq_del(w, IQ_TAB_LOG, iq_kb_key(&k));
}

bool iq_past_removed_now(struct iq_wtxn *w, enum iq_kind kind, iq_num num)
{
	struct iq_kb k = iq_key_past(kind, num, w->revision);
	struct iq_str v;

	return iq_get(&w->t, IQ_TAB_PAST, iq_kb_key(&k), &v);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* An image as stored, superseded by `revision`. */
static bool parse(struct iq_txn *t, struct iq_str value, enum iq_kind kind, iq_num num,
	uint64_t revision, struct iq_image *out)
{
	if (iq_image_parse(value, out) && out->kind == kind && out->num == num &&
		out->revision < revision)
		return true;
	iq_txn_refuse(t, IQ_ERR_INTERNAL, "a past image is damaged");
	return false;
}

/* Of a key of the table past; 0 (nothing was) if it is damaged. */
static uint64_t superseded_of(struct iq_str key)
{
	return key.n == IQ_PAST_KEY ? iq_be64(key.p + IQ_REC_KEY) : 0;
}

/* The image that `revision` put aside in the log. */
static bool aside(
	struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t revision, struct iq_image *out)
{
	struct iq_kb k = iq_key_aside(kind, num, revision);
	struct iq_str v;

	return iq_get(t, IQ_TAB_LOG, iq_kb_key(&k), &v) && parse(t, v, kind, num, revision, out);
}

bool iq_past_at(struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t revision)
{
	struct iq_kb k = iq_key_past(kind, num, revision);
	struct iq_image image;
	struct iq_str v;

	return aside(t, kind, num, revision, &image) || iq_get(t, IQ_TAB_PAST, iq_kb_key(&k), &v);
}

/* The image in the table past that was superseded first after `at`. */
static bool first_after(
	struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t at, struct iq_image *out)
{
	struct iq_kb k = iq_key_past(kind, num, at + 1);
	struct iq_walk x;
	bool found = false;

	iq_walk_begin(&x, t, IQ_TAB_PAST, iq_kb_key(&k), IQ_REC_KEY);
	if (x.ok)
		found = parse(t, x.value, kind, num, superseded_of(x.key), out);
	iq_walk_end(&x);
	return found;
}

/* The last one there that was superseded by `most` or before, and by which revision. */
static bool last_until(struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t most,
	struct iq_image *out, uint64_t *superseded)
{
	struct iq_kb k = iq_key_past(kind, num, most);
	struct iq_walk x;
	bool found = false;

	iq_walk_begin_last(&x, t, IQ_TAB_PAST, iq_kb_key(&k), IQ_REC_KEY);
	if (x.ok) {
		*superseded = superseded_of(x.key);
		found = parse(t, x.value, kind, num, *superseded, out);
	}
	iq_walk_end(&x);
	return found;
}

bool iq_past_get(struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t at, struct iq_image *out)
{
	struct iq_image later;
	bool there = iq_image_get(t, kind, num, out);

	if (there && out->revision <= at)
		return true;
	if (at == UINT64_MAX || t->err != IQ_OK)
		return false;
	/* From the first image behind `at` whose place is known, back to the one of then. */
	if (first_after(t, kind, num, at, &later)) {
		*out = later;
		there = true;
	}
	/*
	 * Where nothing was put aside when the image was written, there was no record before it:
	 * not yet, or it was removed, and that is in the table past at `at` or before.
	 */
	while (there && t->err == IQ_OK && out->revision > at)
		there = aside(t, kind, num, out->revision, out);
	return there && t->err == IQ_OK;
}

void iq_past_each(struct iq_txn *t, enum iq_kind kind, iq_num num,
	bool (*fn)(void *arg, const struct iq_image *image, uint64_t superseded), void *arg)
{
	struct iq_image image = {.revision = UINT64_MAX};
	bool leads = iq_image_get(t, kind, num, &image);
	uint64_t superseded = leads ? image.revision : UINT64_MAX;

	do {
		if (t->err != IQ_OK ||
			((!leads || !aside(t, kind, num, superseded, &image)) &&
				!last_until(t, kind, num, superseded, &image, &superseded)))
			break;
		leads = true;
		if (!fn(arg, &image, superseded))
			break;
		superseded = image.revision;
	} while (superseded != 0);
}

struct past_last {
	struct iq_image *image;
	uint64_t superseded;
	bool found;
};

static bool first_past(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct past_last *l = arg;

	*l->image = *image;
	l->superseded = superseded;
	l->found = true;
	return false;
}

bool iq_past_last(
	struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_image *out, uint64_t *superseded)
{
	struct past_last l = {.image = out};

	iq_past_each(t, kind, num, first_past, &l);
	if (l.found && superseded != NULL)
		*superseded = l.superseded;
	return l.found;
}
