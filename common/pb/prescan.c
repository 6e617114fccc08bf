/* SPDX-License-Identifier: Apache-2.0 */
#include "prescan.h"

#include "bounds.h"
#include "i18n.h"
#include "utf8.h"
#include "wire.h"

const struct iq_prescan_limits iq_prescan_request = {
	.depth = IQ_LIMIT_DEPTH,
	.fields = IQ_LIMIT_FIELDS,
	.repeated = IQ_LIMIT_REPEATED,
	.string = IQ_LIMIT_STRING,
};

const struct iq_prescan_limits iq_prescan_response = {
	.depth = 2 * IQ_LIMIT_DEPTH,
	.fields = 16 * IQ_LIMIT_FIELDS,
	.repeated = IQ_LIMIT_ANSWER_MAX / 2, /* the shortest element takes two bytes */
	.string = IQ_LIMIT_ANSWER_MAX,
	.allow_unknown = true,
};

struct scan {
	const struct iq_prescan_limits *limits;
	uint32_t fields, repeated; /* seen so far */
	enum iq_err err;           /* sticky */
	const char *why;
};

/* One message being walked. */
struct level {
	const ProtobufCMessageDescriptor *descriptor;
	uint32_t depth;
	bool element;     /* in a repeated message, itself counted: its fields are not */
	unsigned hint;    /* index after the last field found: fields mostly come in order */
	uint64_t seen[2]; /* bit per field index */
};

static bool refuse(struct scan *s, enum iq_err err, const char *why)
{
	if (s->err == IQ_OK) {
		s->err = err;
		s->why = why;
	}
	return false;
}

static bool usage(struct scan *s, const char *why)
{
	return refuse(s, IQ_ERR_USAGE, why);
}

/* The field with this number, or NULL. */
static const ProtobufCFieldDescriptor *find(struct level *at, uint32_t id)
{
	const ProtobufCMessageDescriptor *d = at->descriptor;

	if (at->hint < d->n_fields && d->fields[at->hint].id == id)
		return &d->fields[at->hint++];
	unsigned low = 0, high = d->n_fields;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (d->fields[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == d->n_fields || d->fields[low].id != id)
		return NULL;
	at->hint = low + 1;
	return &d->fields[low];
}

static bool count(struct scan *s, uint32_t *counter, uint32_t limit)
{
	if (++*counter <= limit)
		return true;
	return usage(s, N_("The message has more elements than allowed."));
}

static bool was_seen(const struct level *at, size_t i)
{
	return (at->seen[i / 64] >> i % 64 & 1) != 0;
}

/* A field that may come once: not a second time, nor beside another member of its oneof. */
static bool once(struct scan *s, struct level *at, const ProtobufCFieldDescriptor *f)
{
	const ProtobufCMessageDescriptor *d = at->descriptor;
	size_t i = (size_t)(f - d->fields);

	if (i >= 128)
		return usage(s, N_("The message has more fields than this program can check."));
	if (was_seen(at, i))
		return usage(s, N_("A field of the message occurs twice."));
	if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
		for (size_t k = 0; k < d->n_fields; k++) {
			if (was_seen(at, k) &&
				(d->fields[k].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
				d->fields[k].quantifier_offset == f->quantifier_offset)
				return usage(s, N_("The message sets two fields of which only one "
						   "may be set."));
		}
	}
	at->seen[i / 64] |= UINT64_C(1) << i % 64;
	return at->element || count(s, &s->fields, s->limits->fields);
}

/* The wire type of the field; repeated numbers may come packed, too. */
static enum iq_wire_type wire_type(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return IQ_WIRE_I32;
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return IQ_WIRE_I64;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return IQ_WIRE_LEN;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		break;
	}
	return IQ_WIRE_VARINT;
}

/* Enumerators this program does not know come from a newer one, like unknown fields. */
static bool number(struct scan *s, const ProtobufCFieldDescriptor *f, uint64_t v)
{
	if (f->type == PROTOBUF_C_TYPE_UINT32 && v > UINT32_MAX)
		return usage(s, N_("A number of the message is too large."));
	if (f->type == PROTOBUF_C_TYPE_ENUM && !s->limits->allow_unknown &&
		(v > INT32_MAX ||
			protobuf_c_enum_descriptor_get_value(f->descriptor, (int)v) == NULL))
		return refuse(s, IQ_ERR_UNSUPPORTED,
			N_("The message holds a choice this version does not know."));
	return true;
}

static bool packed(struct scan *s, const ProtobufCFieldDescriptor *f, struct iq_str bytes)
{
	enum iq_wire_type type = wire_type(f);
	size_t width = type == IQ_WIRE_I64 ? 8 : 4;

	if (type != IQ_WIRE_VARINT) {
		if (bytes.n % width != 0)
			return usage(s, N_("The message is damaged."));
		if (bytes.n / width > s->limits->repeated - s->repeated)
			return usage(s, N_("The message has more elements than allowed."));
		s->repeated += (uint32_t)(bytes.n / width);
		return true;
	}
	while (bytes.n != 0) {
		size_t n = 0;
		uint64_t v = 0;

		do {
			if (n == bytes.n || n == 10)
				return usage(s, N_("The message is damaged."));
			v |= (uint64_t)((uint8_t)bytes.p[n] & 0x7f) << 7 * n;
		} while (((uint8_t)bytes.p[n++] & 0x80) != 0);
		bytes.p += n;
		bytes.n -= n;
		if (!count(s, &s->repeated, s->limits->repeated) || !number(s, f, v))
			return false;
	}
	return true;
}

static bool message(struct scan *s, const ProtobufCMessageDescriptor *descriptor,
	struct iq_str bytes, uint32_t depth, bool element);

static bool text(struct scan *s, const ProtobufCFieldDescriptor *f, struct iq_str bytes)
{
	if (bytes.n > s->limits->string)
		return usage(s, N_("A text of the message is too long."));
	if (f->type == PROTOBUF_C_TYPE_STRING && !iq_utf8_valid(bytes))
		return usage(s, N_("A text of the message is not valid UTF-8."));
	return true;
}

static bool content(struct scan *s, const struct level *at, const ProtobufCFieldDescriptor *f,
	const struct iq_wire_field *w)
{
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return message(s, f->descriptor, w->bytes, at->depth + 1,
			at->element || f->label == PROTOBUF_C_LABEL_REPEATED);
	if (w->type != IQ_WIRE_LEN)
		return number(s, f, w->value);
	return text(s, f, w->bytes);
}

/* Short texts of the same repeated field that follow, as the cells of a row do: at once. */
static bool more_texts(struct scan *s, const ProtobufCFieldDescriptor *f, struct iq_str *rest)
{
	while (f->id < 16 && rest->n >= 2 && (uint8_t)rest->p[0] == (f->id << 3 | IQ_WIRE_LEN) &&
		(uint8_t)rest->p[1] < 0x80 && (uint8_t)rest->p[1] <= rest->n - 2) {
		struct iq_str bytes = {rest->p + 2, (uint8_t)rest->p[1]};

		if (!count(s, &s->repeated, s->limits->repeated) || !text(s, f, bytes))
			return false;
		rest->p += 2 + bytes.n;
		rest->n -= 2 + bytes.n;
	}
	return true;
}

/* *rest: what follows the field; moves on where more of the same was looked at, too. */
static bool field(
	struct scan *s, struct level *at, const struct iq_wire_field *w, struct iq_str *rest)
{
	const ProtobufCFieldDescriptor *f = find(at, w->field);

	if (f == NULL) {
		if (!s->limits->allow_unknown)
			return refuse(s, IQ_ERR_UNSUPPORTED,
				N_("The message holds a field this version does not know."));
		return count(s, &s->fields, s->limits->fields);
	}
	enum iq_wire_type type = wire_type(f);
	bool repeated = f->label == PROTOBUF_C_LABEL_REPEATED;

	if (w->type != type) {
		if (repeated && w->type == IQ_WIRE_LEN)
			return packed(s, f, w->bytes);
		return usage(s, N_("A field of the message has the wrong type."));
	}
	if (repeated ? !count(s, &s->repeated, s->limits->repeated) : !once(s, at, f))
		return false;
	if (!content(s, at, f, w))
		return false;
	return !repeated || f->type != PROTOBUF_C_TYPE_STRING || more_texts(s, f, rest);
}

static bool message(struct scan *s, const ProtobufCMessageDescriptor *descriptor,
	struct iq_str bytes, uint32_t depth, bool element)
{
	struct level at = {.descriptor = descriptor, .depth = depth, .element = element};
	struct iq_wire_field w;
	bool bad = false;

	if (depth > s->limits->depth)
		return usage(s, N_("The message is nested too deeply."));
	while (iq_wire_next(&bytes, &w, &bad)) {
		if (!field(s, &at, &w, &bytes))
			return false;
	}
	return !bad || usage(s, N_("The message is damaged."));
}

enum iq_err iq_prescan(const ProtobufCMessageDescriptor *descriptor, struct iq_str bytes,
	const struct iq_prescan_limits *limits, const char **why)
{
	struct scan s = {.limits = limits};

	if (message(&s, descriptor, bytes, 1, false))
		return IQ_OK;
	*why = s.why;
	return s.err;
}
