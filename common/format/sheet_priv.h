/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_SHEET_PRIV_H
#define IQ_FORMAT_SHEET_PRIV_H

/* CSV under sheet.h, for this folder only. `file`: for messages, NUL-terminated. */

#include "sheet.h"

IQ_CHECK enum iq_err iq_sheet_read_csv(const char *path, struct iq_str file,
	const struct iq_sheet_reader *reader, struct iq_error *error);
IQ_CHECK enum iq_err iq_sheet_parse_csv(struct iq_str file, struct iq_str bytes,
	const struct iq_sheet_reader *reader, struct iq_error *error);

#endif
