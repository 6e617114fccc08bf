/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_NET_FRAME_H
#define IQ_NET_FRAME_H

/* Frames: u32 big-endian length, then one Request or Response. */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

enum { IQ_FRAME_HEADER = 4 };

enum iq_frame { IQ_FRAME_MORE, IQ_FRAME_READY, IQ_FRAME_TOO_LONG, IQ_FRAME_EMPTY };

/* Looks at the front of `in`. READY: *body borrows. TOO_LONG as soon as the header says more than
 * max. */
enum iq_frame iq_frame_peek(struct iq_str in, size_t max, struct iq_str *body);

/* Reserves the header in `out`; end writes the length. mark = begin(out); …; end(out, mark). */
size_t iq_frame_begin(struct iq_buf *out);
void iq_frame_end(struct iq_buf *out, size_t mark);

#endif
