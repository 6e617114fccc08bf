/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_BOUNDS_H
#define IQ_BASE_BOUNDS_H

/* proto/limits.def as constants: IQ_LIMIT_FRAME_MAX … */

#define LIMIT(name, value, unit, what) IQ_LIMIT_##name = value,
enum iq_limit {
#include "limits.def"
};
#undef LIMIT

#endif
