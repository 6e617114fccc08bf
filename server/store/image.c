/* SPDX-License-Identifier: Apache-2.0 */
/* Record images: reading them from the map. */

#include "codec.h"
#include "pulse.h"
#include "store_priv.h"

bool iq_image_parse(struct iq_str bytes, struct iq_image *out)
{
	const char *p = bytes.p;
	uint64_t total = 0;

	if (bytes.n < IQ_IMAGE_HEADER || p[0] != IQ_IMAGE_VERSION || (uint8_t)p[1] >= IQ_KINDS)
		return false;
	out->kind = (enum iq_kind)p[1];
	out->steps = (uint8_t)p[2];
	out->num = iq_le32(p + 4);
	out->revision = iq_le64(p + 8);
	out->born = iq_le64(p + 16);
	for (size_t i = 0; i < IQ_SEGMENTS; i++) {
		uint32_t n = iq_le32(p + 24 + 4 * i);

		if (total + n > bytes.n - IQ_IMAGE_HEADER)
			return false;
		out->segment[i] = (struct iq_str){p + IQ_IMAGE_HEADER + total, n};
		total += n;
	}
	if (total != bytes.n - IQ_IMAGE_HEADER)
		return false;
	out->all = (struct iq_str){p + IQ_IMAGE_HEADER, (size_t)total};
	return true;
}

bool iq_image_get(struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_image *out)
{
	struct iq_kb k = iq_key_num(kind, num);
	struct iq_str v;

	if (!iq_get(t, IQ_TAB_REC, iq_kb_key(&k), &v))
		return false;
	if (!iq_image_parse(v, out) || out->kind != kind || out->num != num) {
		iq_txn_refuse(t, IQ_ERR_INTERNAL, "a record image is damaged");
		return false;
	}
	return true;
}

struct iq_str iq_image_id(const struct iq_image *image)
{
	struct iq_str s = image->segment[IQ_SEGMENT_OPEN];

	/* Field 1, length-delimited; ids are shorter than 128 bytes: one byte of length. */
	if (s.n < 2 || s.p[0] != 0x0a || (uint8_t)s.p[1] > 127 || (size_t)s.p[1] > s.n - 2)
		return (struct iq_str){NULL, 0};
	return (struct iq_str){s.p + 2, (size_t)s.p[1]};
}

struct iq_str iq_id_of(struct iq_txn *t, enum iq_kind kind, iq_num num)
{
	struct iq_image image;

	if (!iq_image_get(t, kind, num, &image))
		return (struct iq_str){NULL, 0};
	return iq_image_id(&image);
}

bool iq_rec_get(
	struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_arena *arena, struct iq_rec *out)
{
	struct iq_image image;

	if (!iq_image_get(t, kind, num, &image))
		return false;
	out->kind = kind;
	if (!iq_codec_read(out, image.all, arena)) {
		iq_txn_refuse(t, arena->failed ? IQ_ERR_BUSY : IQ_ERR_INTERNAL,
			"a record cannot be read");
		return false;
	}
	out->revision = image.revision;
	return true;
}

void iq_each_record(struct iq_txn *t, enum iq_kind kind, iq_num from,
	bool (*fn)(void *arg, const struct iq_image *image), void *arg)
{
	struct iq_kb k = iq_key_num(kind, from);
	struct iq_walk x;

	for (iq_walk_begin(&x, t, IQ_TAB_REC, iq_kb_key(&k), 1); x.ok; iq_walk_next(&x)) {
		struct iq_image image;

		iq_pulse_beat();
		if (!iq_image_parse(x.value, &image) || image.kind != kind || x.key.n != 5 ||
			image.num != iq_be32(x.key.p + 1)) {
			iq_txn_refuse(t, IQ_ERR_INTERNAL, "a record image is damaged");
			break;
		}
		if (!fn(arg, &image))
			break;
	}
	iq_walk_end(&x);
}
