/* SPDX-License-Identifier: Apache-2.0 */
#include "login.h"

#include <stdlib.h>

#include "bounds.h"
#include "date.h"

static const int64_t second_us = 1000000, day_us = INT64_C(86400000000);

/* ---- who it is ------------------------------------------------------------------------------ */

/* For the answer: an administrator needs them to assign the certificate. */
static void keep_names(struct iq_session *s, struct iq_str issuer, struct iq_str subject)
{
	s->names = malloc(issuer.n + subject.n + 2);
	if (s->names == NULL)
		return;
	memcpy(s->names, subject.p, subject.n);
	s->names[subject.n] = '\0';
	memcpy(s->names + subject.n + 1, issuer.p, issuer.n);
	s->names[subject.n + 1 + issuer.n] = '\0';
}

static const char *map_names(
	struct iq_session *s, struct iq_desk *d, struct iq_str issuer, struct iq_str subject)
{
	struct iq_str id;

	iq_arena_reset(&d->arena);
	if (!iq_account_by_subject(iq_rtxn_txn(d->rtxn), issuer, subject, &d->arena, &id) ||
		id.n >= sizeof(s->principal)) {
		keep_names(s, issuer, subject);
		return N_("Your certificate is valid, but its subject is assigned to nobody here.");
	}
	memcpy(s->principal, id.p, id.n);
	s->principal[id.n] = '\0';
	s->external = true;
	iq_external_mark(issuer, subject, s->serial);
	return NULL;
}

/* Of an external PKI: issuer and subject say who it is. NULL, or why not. */
static const char *map(struct iq_session *s, const struct iq_tls *tls, struct iq_desk *d)
{
	const char *why = N_("The names in the certificate cannot be read.");
	struct iq_buf issuer, subject;

	if (!iq_tls_peer_for_login(tls))
		return N_("The certificate is not meant for clients: its extended key usage does "
			  "not say clientAuth.");
	iq_buf_init(&issuer, IQ_LIMIT_CELL);
	iq_buf_init(&subject, IQ_LIMIT_CELL);
	if (iq_tls_peer_names(tls, &issuer, &subject) && iq_desk_open(d)) {
		why = map_names(s, d, (struct iq_str){(char *)issuer.p, issuer.n},
			(struct iq_str){(char *)subject.p, subject.n});
		iq_desk_close(d);
	}
	iq_buf_free(&issuer);
	iq_buf_free(&subject);
	return why;
}

/* Of our own authority. NULL, or why not. */
static const char *read_own(struct iq_session *s, const struct iq_tls *tls)
{
	const char *why = NULL;

	if (!iq_tls_peer_principal(tls, s->principal, &why))
		return why ? why : N_("The certificate names no principal.");
	if (s->principal[0] != '\0' && iq_tls_peer_serial(tls, s->serial) != sizeof(s->serial))
		return N_("The certificate was not issued by this server.");
	return NULL;
}

void iq_login_identify(struct iq_caller *c, const struct iq_tls *tls, struct iq_desk *d)
{
	struct iq_session *s = &c->session;

	s->until_us = iq_tls_peer_until(tls) * second_us;
	s->refused = iq_tls_peer_external(tls) ? map(s, tls, d) : read_own(s, tls);
	if (s->refused != NULL)
		s->principal[0] = '\0';
}

/* ---- what it may --------------------------------------------------------------------------------
 */

bool iq_login_anonymous(
	const struct iq_caller *c, const struct iq_services *svc, const struct iq_op *op)
{
	return svc->anonymous && c->session.principal[0] == '\0' && c->session.refused == NULL &&
	       op->mode == IQ_MODE_READ && op->action == IQ_ACTION_ASK;
}

static void format_day(int64_t us, char out[11])
{
	iq_date_format((int32_t)(us / day_us), out);
}

enum iq_err iq_login_current(
	struct iq_caller *c, const struct iq_op *op, int64_t now_us, struct iq_error *error)
{
	struct iq_session *s = &c->session;
	int64_t end = s->until_us + (int64_t)IQ_LIMIT_CERT_GRACE_DAYS * day_us;
	char until[11], grace[11];

	s->grace = s->until_us != 0 && now_us >= s->until_us + second_us;
	if (!s->grace)
		return IQ_OK;
	format_day(s->until_us, until);
	format_day(end, grace);
	if (s->external)
		return iq_error_set(error, IQ_ERR_LOGIN, N_("Your certificate expired on {0}."),
			N_("Get a new one where your organisation issues them."), until, NULL);
	if (now_us >= end)
		return iq_error_set(error, IQ_ERR_LOGIN, N_("Your certificate expired on {0}."),
			N_("Ask an administrator for a token, then: iqq enroll"), until, NULL);
	if (op->tag == IQ__V1__REQUEST__OP_RENEW)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("Your certificate expired on {0}; until {1} it can only be renewed."),
		N_("iqq does that by itself with the next command. If it does not, ask an "
		   "administrator for a token, then: iqq enroll"),
		until, grace, NULL);
}

bool iq_login_alive(struct iq_caller *c, struct iq_desk *d, struct iq_error *error)
{
	if (c->session.principal[0] == '\0' || iq_caller_same(c, d))
		return true;
	/* Who has not asked yet is not loaded for this. */
	if (c->principal == NULL)
		return iq_caller_known(c, d, error) == IQ_OK;
	return iq_caller_check(c, d, error) == IQ_OK || error->code != IQ_ERR_LOGIN;
}
