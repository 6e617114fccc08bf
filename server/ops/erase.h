/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_ERASE_H
#define IQ_OPS_ERASE_H

/* What erasure on request and purge share. */

#include "op.h"

enum { IQ_ERASE_APPROVAL = 2, IQ_ERASE_CHANGES };

/* What would go, as Change messages of an EraseResponse: the contact and each reference to it that
 * the caller may know of. No personal fields. */
IQ_CHECK enum iq_err iq_erase_show(
	struct iq_right *r, iq_num contact, struct iq_str id, struct iq_buf *said);
/* Removes the contact (if it still is) with all references and notes that it is to vanish. A job's
 * first write. */
IQ_CHECK enum iq_err iq_erase_remove(
	struct iq_job *job, struct iq_wtxn *w, iq_num contact, struct iq_arena *arena);
/* The institution a contact belongs to, or did last (IQ_NONE: none). False: it is no more, or never
 * was. */
bool iq_erase_owner(
	struct iq_txn *t, struct iq_str id, struct iq_arena *arena, iq_num *institution);
/* A job's settle: makes everything vanish that is noted; nothing noted, nothing done. */
enum iq_err iq_erase_settle(struct iq_job *job, struct iq_store *s);
/* A job of the server's own that makes contacts vanish; run and done are left to the caller. */
void iq_erase_own_job(struct iq_op_job *o, const struct iq_services *svc, const char *operation,
	enum iq_audit_event event);

#endif
