/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PB_PRESCAN_H
#define IQ_PB_PRESCAN_H

/*
 * Looks over a frame before protobuf-c unpacks it: depth, number of fields and elements,
 * string lengths, UTF-8 without NUL, no unknown fields, no repeated singular fields, no oneof set
 * twice, wire types that fit. protobuf-c 1.4.1 checks none of these.
 */

#include <protobuf-c/protobuf-c.h>

#include "err.h"
#include "str.h"

struct iq_prescan_limits {
	uint32_t depth, fields, repeated;
	size_t string;
	bool allow_unknown; /* answers from a newer server */
};

extern const struct iq_prescan_limits iq_prescan_request;  /* from limits.def */
extern const struct iq_prescan_limits iq_prescan_response; /* for the client: wider */

/*
 * IQ_OK, IQ_ERR_UNSUPPORTED (unknown field: a newer client) or IQ_ERR_USAGE (malformed). On error
 * *why is a msgid in static storage.
 */
IQ_CHECK enum iq_err iq_prescan(const ProtobufCMessageDescriptor *descriptor, struct iq_str bytes,
	const struct iq_prescan_limits *limits, const char **why);

#endif
