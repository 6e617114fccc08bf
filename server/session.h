/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_SESSION_H
#define IQ_SERVER_SESSION_H

/*
 * Who is at the other end of a connection, and what one thread needs to answer: grants and
 * revocations act on open connections, so both are looked up in every snapshot.
 */

#include "meter.h"
#include "ops.h"

/* What one thread answers with. */
struct iq_desk {
	const struct iq_services *svc;
	struct iq_rtxn *rtxn;
	const struct iq_vocab *vocab; /* held */
	struct iq_memo *memo;
	struct iq_notes *notes; /* may be NULL */
	struct iq_meter *meter; /* NULL without memory */
	struct iq_arena arena;  /* of one request */
	uint64_t turn;          /* number of the snapshot */
	int64_t now_us;
	int32_t today; /* in Germany */
	int64_t today_until_us;
	bool live; /* a snapshot is held */
};

IQ_CHECK enum iq_err iq_desk_init(
	struct iq_desk *d, const struct iq_services *svc, struct iq_error *error);
void iq_desk_free(struct iq_desk *d);
/* A fresh snapshot with its vocabulary, and the time. False: no snapshot is to be had. */
bool iq_desk_open(struct iq_desk *d);
/* Lets go of the snapshot; nothing holds it across a callback. */
void iq_desk_close(struct iq_desk *d);

/* The peer of a connection. */
struct iq_caller {
	struct iq_session session;
	struct iq_principal *principal; /* one block with all it refers to; NULL: not loaded */
	uint64_t turn;                  /* snapshot it was checked in */
	uint64_t revision;              /* of the snapshot it was loaded from */
	uint8_t *known;                 /* stored principal and certificate when it was loaded */
	size_t nknown;
	int32_t day;  /* on which it was loaded: workshops begin and end */
	bool greeted; /* the audit knows of the login */
};

void iq_caller_free(struct iq_caller *c);
/*
 * The principal as of the desk's snapshot. IQ_ERR_LOGIN: no certificate, a useless or a revoked
 * one.
 */
IQ_CHECK enum iq_err iq_caller_check(
	struct iq_caller *c, struct iq_desk *d, struct iq_error *error);
/* The same of certificate and principal, without loading the rights. */
IQ_CHECK enum iq_err iq_caller_known(
	struct iq_caller *c, struct iq_desk *d, struct iq_error *error);
/* Principal and certificate are stored as they were when they were looked at last. */
bool iq_caller_same(const struct iq_caller *c, struct iq_desk *d);

#endif
