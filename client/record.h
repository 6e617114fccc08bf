/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_RECORD_H
#define IQ_CLIENT_RECORD_H

/* Records of any kind on the screen and as JSON, driven by the schema table. */

#include "json.h"
#include "model.h"

/* All columns, sets as arrays, absent dates null, then "revision". */
json_t *iq_record_json(const struct iq_rec *rec);
/* All fields that are set, one per line; CSV: header and row as in the bundle. */
void iq_record_show(struct iq_cli *cli, const struct iq_rec *rec);
/* Records of one kind: some columns; CSV and JSON: all. */
IQ_CHECK enum iq_err iq_records_show(struct iq_cli *cli, enum iq_kind kind,
	const struct iq_rec *recs, size_t n, uint64_t revision, uint64_t total);

/* "street, postcode town" of an institution, empty if there is none. */
struct iq_str iq_address(
	struct iq_cli *cli, const char *street, const char *postcode, const char *town);

#endif
