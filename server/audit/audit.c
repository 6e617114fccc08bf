/* SPDX-License-Identifier: Apache-2.0 */
#include "audit.h"

const char *const iq_audit_event_names[IQ_AUDIT_EVENTS + 1] = {
#define X(e, name) name,
	IQ_AUDIT_TABLE(X)
#undef X
		NULL};
