/* SPDX-License-Identifier: Apache-2.0 */
#include "upkeep.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compact.h"
#include "control.h"
#include "date.h"
#include "i18n.h"

enum { PURPOSE = 512, DECIMAL = 24 };

static void refuse(int peer, enum iq_err code, const char *text, const char *hint)
{
	iq_control_error(peer, &(struct iq_error){.code = code, .text = text, .hint = hint});
}

/* ---- compacting ----------------------------------------------------------------------------- */

static void compacted(void *ctx, const struct iq_compacted *c)
{
	int peer = (int)(intptr_t)ctx;
	char before[DECIMAL], after[DECIMAL];

	snprintf(before, sizeof(before), "%llu", (unsigned long long)c->before);
	snprintf(after, sizeof(after), "%llu", (unsigned long long)c->after);
	if (c->error->code != IQ_OK)
		iq_control_error(peer, c->error);
	else
		iq_control_ok(peer, (const char *[]){before, after}, 2);
}

static void compact(const struct iq_services *svc, int peer)
{
	if (!iq_compact_submit(svc, compacted, (void *)(intptr_t)peer))
		refuse(peer, IQ_ERR_BUSY, N_("Too many changes are waiting."),
			N_("Try again in a moment."));
}

/* ---- the record of a backup -------------------------------------------------------------------
 */

struct record {
	struct iq_audit_batch batch; /* first */
	struct iq_audit_entry entry;
	int peer;
	char purpose[PURPOSE], who[32];
};

static void recorded(struct iq_audit_batch *batch, bool durable)
{
	struct record *r = (struct record *)batch;

	if (durable)
		iq_control_ok(r->peer, NULL, 0);
	else
		refuse(r->peer, IQ_ERR_QUOTA, N_("The audit log cannot be written."),
			N_("Free space on the disk of the state directory."));
	free(r);
}

static void note_backup(
	const struct iq_services *svc, int peer, const char *revision, const char *purpose)
{
	struct record *r = calloc(1, sizeof(*r));
	struct ucred who = {.uid = 0};
	socklen_t n = sizeof(who);

	if (r == NULL || svc->audit == NULL) {
		free(r);
		refuse(peer, IQ_ERR_BUSY, N_("There is not enough memory."), NULL);
		return;
	}
	(void)getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &n);
	r->peer = peer;
	snprintf(r->purpose, sizeof(r->purpose), "%s", purpose);
	snprintf(r->who, sizeof(r->who), "uid %u", (unsigned)who.uid);
	r->entry = iq_upkeep_backup_entry(strtoull(revision, NULL, 10), r->purpose, r->who);
	r->batch = (struct iq_audit_batch){.entries = &r->entry, .n = 1, .done = recorded};
	iq_audit_submit(svc->audit, &r->batch);
}

struct iq_audit_entry iq_upkeep_backup_entry(
	uint64_t revision, const char *purpose, const char *peer)
{
	return (struct iq_audit_entry){.event = IQ_AUDIT_READ,
		.time_us = iq_now_us(),
		.principal = IQ_STR("iqd"),
		.subject = IQ_NONE,
		.operation = IQ_STR("backup"),
		.purpose = iq_str(purpose),
		.peer = iq_str(peer),
		.revision = revision};
}

/* ---- requests ------------------------------------------------------------------------------- */

bool iq_upkeep_serve(const struct iq_services *svc, int peer, const char **column, size_t n)
{
	if (n == 1 && strcmp(column[0], "compact") == 0)
		compact(svc, peer);
	else if (n == 3 && strcmp(column[0], "backup") == 0)
		note_backup(svc, peer, column[1], column[2]);
	else
		return false;
	return true;
}
