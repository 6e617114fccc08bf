/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_CONVERT_H
#define IQ_CLIENT_CONVERT_H

/* A bundle in a folder as what was asked for: .xlsx, .csv, .zip, CSV for Excel. */

#include "client.h"
#include "model.h"

enum iq_target_form { IQ_TARGET_BUNDLE, IQ_TARGET_XLSX, IQ_TARGET_CSV, IQ_TARGET_ZIP };

struct iq_conversion {
	enum iq_target_form form;
	const char *to;    /* file, or folder of a bundle */
	enum iq_kind only; /* IQ_TARGET_CSV: the one table; else IQ_KINDS */
	bool excel;        /* CSV for Excel … */
	bool cp1252;       /* … in Windows-1252 */
};

/* By the file's suffix and the options; usage errors. */
IQ_CHECK enum iq_err iq_conversion_plan(
	struct iq_cli *cli, const char *to, struct iq_conversion *out);
/* True if the bundle itself is what is wanted. */
bool iq_conversion_is_none(const struct iq_conversion *c);
/* Reads the bundle in `dir`, which is on the same file system as the target, and puts the result
 * in place (mode 0600). Files left in `dir` are the caller's. */
IQ_CHECK enum iq_err iq_convert(struct iq_cli *cli, const char *dir, const struct iq_conversion *c);

#endif
