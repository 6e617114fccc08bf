/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdlib.h>

#include "bounds.h"
#include "date.h"

enum { SERIAL = 20, KEY_MAX = 64 };

static const int64_t second_us = 1000000;

enum iq_err iq_desk_init(struct iq_desk *d, const struct iq_services *svc, struct iq_error *error)
{
	*d = (struct iq_desk){.svc = svc};
	iq_arena_init(&d->arena, 0);
	d->memo = iq_memo_new(); /* does without if there is no memory */
	d->notes = iq_notes_new(svc->answers);
	d->meter = calloc(1, sizeof(*d->meter));
	if (iq_rtxn_new(svc->store, &d->rtxn) == IQ_OK)
		return IQ_OK;
	iq_memo_free(d->memo);
	d->memo = NULL;
	iq_notes_free(d->notes);
	d->notes = NULL;
	free(d->meter);
	d->meter = NULL;
	return iq_error_set(
		error, IQ_ERR_INTERNAL, N_("The database allows no more readers."), NULL, NULL);
}

void iq_desk_free(struct iq_desk *d)
{
	iq_desk_close(d);
	if (d->vocab != NULL)
		iq_vocab_drop(d->svc->writer, d->vocab);
	iq_rtxn_free(d->rtxn);
	iq_memo_free(d->memo);
	iq_notes_free(d->notes);
	free(d->meter);
	d->meter = NULL;
	iq_arena_free(&d->arena);
}

bool iq_desk_open(struct iq_desk *d)
{
	if (!iq_rtxn_renew(d->rtxn))
		return false;
	d->vocab = iq_vocab_hold(d->svc->writer, d->vocab, iq_rtxn_state(d->rtxn)->vocab_revision);
	if (d->vocab == NULL) {
		iq_rtxn_reset(d->rtxn);
		return false;
	}
	d->live = true;
	d->turn = iq_rtxn_number(d->rtxn);
	iq_memo_turn(d->memo, d->vocab, d->turn);
	d->now_us = iq_now_us();
	/* The date changes on a full second; the clock may also step back. */
	if (d->now_us >= d->today_until_us || d->now_us < d->today_until_us - second_us) {
		d->today = iq_date_in_germany(d->now_us);
		d->today_until_us = d->now_us - d->now_us % second_us + second_us;
	}
	iq_notes_turn(d->notes, d->vocab, d->turn, d->today);
	return true;
}

void iq_desk_close(struct iq_desk *d)
{
	if (d->live)
		iq_rtxn_reset(d->rtxn);
	d->live = false;
}

/* ---- callers ------------------------------------------------------------------------------- */

static void forget(struct iq_caller *c)
{
	free(c->principal);
	c->principal = NULL;
	free(c->known);
	c->known = NULL;
	c->nknown = 0;
}

void iq_caller_free(struct iq_caller *c)
{
	forget(c);
	iq_session_release(&c->session);
}

/* The institution's ancestors, for the class "institution". */
static size_t ancestors(struct iq_txn *t, iq_num institution, iq_num out[IQ_LIMIT_TREE_DEPTH])
{
	size_t n = 0;

	while (institution != IQ_NONE && n < IQ_LIMIT_TREE_DEPTH) {
		struct iq_image image;
		struct iq_wire_field f;
		struct iq_str rest, parent = {NULL, 0};
		bool bad = false;

		if (!iq_image_get(t, IQ_INSTITUTION, institution, &image))
			break;
		rest = image.segment[IQ_SEGMENT_OPEN];
		while (iq_wire_next(&rest, &f, &bad)) {
			if (f.field == IQ_INSTITUTION_PARENT + 1)
				parent = f.bytes;
		}
		institution = parent.n ? iq_id_find(t, IQ_INSTITUTION, parent) : IQ_NONE;
		if (institution != IQ_NONE)
			out[n++] = institution;
	}
	return n;
}

/* A principal in one block: it lives as long as the connection, and small. */
static struct iq_principal *pack(const struct iq_principal *p, const iq_num *above, size_t nabove)
{
	size_t grants = p->ngrants * sizeof(*p->grants), nums = nabove * sizeof(*above);
	size_t workshops = p->nworkshops * sizeof(*p->workshops);
	struct iq_principal *out =
		malloc(sizeof(*out) + grants + nums + workshops + p->id.n + p->name.n + 1);

	if (out == NULL)
		return NULL;
	struct iq_grant *g = (struct iq_grant *)(out + 1);
	iq_num *a = (iq_num *)(g + p->ngrants);
	iq_num *w = a + nabove;
	char *text = (char *)(w + p->nworkshops);

	*out = *p;
	if (grants)
		memcpy(g, p->grants, grants);
	if (nums)
		memcpy(a, above, nums);
	if (workshops)
		memcpy(w, p->workshops, workshops);
	memcpy(text, p->id.p, p->id.n);
	if (p->name.n)
		memcpy(text + p->id.n, p->name.p, p->name.n);
	out->grants = g;
	out->above = a;
	out->nabove = nabove;
	out->workshops = w;
	out->id.p = text;
	out->name.p = text + p->id.n;
	return out;
}

/*
 * The stored values of principal and certificate, if their keys are plain: comparing them is
 * cheaper than decoding.
 */
static bool stored(
	const struct iq_caller *c, struct iq_txn *t, struct iq_str *p, struct iq_str *cert)
{
	size_t n = strlen(c->session.principal);
	char key[KEY_MAX + SERIAL] = "p/";

	if (n + 2 > KEY_MAX)
		return false;
	memcpy(key + 2, c->session.principal, n);
	if (!iq_table_get(t, IQ_TABLE_AUTH, (struct iq_str){key, n + 2}, p))
		return false;
	*cert = IQ_STR("");
	if (c->session.external)
		return true;
	key[0] = 'c';
	memcpy(key + 2, c->session.serial, SERIAL);
	return iq_table_get(t, IQ_TABLE_AUTH, (struct iq_str){key, SERIAL + 2}, cert);
}

/* The institution's place and the workshops of the contact lie in other records. */
static bool rests_on_records(const struct iq_principal *p)
{
	return p->institution != IQ_NONE || p->contact != IQ_NONE;
}

static bool unchanged(const struct iq_caller *c, struct iq_str p, struct iq_str cert,
	uint64_t revision, int32_t today)
{
	return c->principal != NULL && c->nknown == p.n + cert.n && c->day == today &&
	       (!rests_on_records(c->principal) || c->revision == revision) &&
	       memcmp(c->known, p.p, p.n) == 0 && memcmp(c->known + p.n, cert.p, cert.n) == 0;
}

static void remember(struct iq_caller *c, struct iq_str p, struct iq_str cert)
{
	c->known = malloc(p.n + cert.n + 1);
	if (c->known == NULL)
		return;
	memcpy(c->known, p.p, p.n);
	memcpy(c->known + p.n, cert.p, cert.n);
	c->nknown = p.n + cert.n;
}

/* The certificate is the caller's and not taken back. */
static bool certificate_valid(const struct iq_caller *c, struct iq_desk *d, struct iq_str id)
{
	struct iq_txn *t = iq_rtxn_txn(d->rtxn);

	return c->session.external ? iq_external_valid(t, c->session.serial, id, &d->arena)
				   : iq_certificate_valid(t, c->session.serial, id);
}

/* A certificate that was valid once, or a principal that is no more. */
static enum iq_err no_access(const struct iq_caller *c, struct iq_desk *d, struct iq_error *error)
{
	struct iq_txn *t = iq_rtxn_txn(d->rtxn);
	const char *id = c->session.principal, *hint = N_("Ask an administrator.");
	struct iq_account account;
	int32_t until;

	if (iq_account_get(t, iq_str(id), &d->arena, &account) && account.ended_us != 0)
		return iq_error_set(
			error, IQ_ERR_LOGIN, N_("The access of {0} was ended."), hint, id, NULL);
	if (c->session.external)
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("Your certificate is not assigned to {0} any more."), hint, id, NULL);
	hint = N_("Ask an administrator for a token, then: iqq enroll");
	if (iq_certificate_until(t, c->session.serial, &until))
		return iq_error_set(error, IQ_ERR_LOGIN, N_("The certificate of {0} was revoked."),
			hint, id, NULL);
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("This server has no record of the certificate of {0}."), hint, id, NULL);
}

static enum iq_err no_login(const struct iq_caller *c, struct iq_error *error)
{
	if (c->session.names != NULL)
		return iq_error_set(error, IQ_ERR_LOGIN, c->session.refused,
			N_("Ask an administrator to assign it: subject “{0}”, issuer “{1}”."),
			c->session.names, c->session.names + strlen(c->session.names) + 1, NULL);
	if (c->session.refused != NULL)
		return iq_error_set(error, IQ_ERR_LOGIN, c->session.refused,
			N_("Ask an administrator for a token, then: iqq enroll"), NULL);
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("The server does not know you: no certificate was shown."),
		N_("Ask an administrator for a token, then: iqq enroll"), NULL);
}

enum iq_err iq_caller_check(struct iq_caller *c, struct iq_desk *d, struct iq_error *error)
{
	struct iq_txn *t = iq_rtxn_txn(d->rtxn);
	uint64_t revision = iq_rtxn_state(d->rtxn)->revision;
	struct iq_str p, cert;
	struct iq_principal principal;
	iq_num above[IQ_LIMIT_TREE_DEPTH];

	if (c->turn == d->turn && c->principal != NULL && c->day == d->today)
		return IQ_OK;
	if (c->session.principal[0] == '\0' || c->session.refused != NULL)
		return no_login(c, error);
	bool plain = stored(c, t, &p, &cert);

	if (plain && unchanged(c, p, cert, revision, d->today)) {
		c->turn = d->turn;
		return IQ_OK;
	}
	forget(c);
	struct iq_str id = iq_str(c->session.principal);

	if (!certificate_valid(c, d, id) ||
		!iq_principal_get(t, id, d->today, &d->arena, &principal))
		return no_access(c, d, error);
	c->principal = pack(&principal, above, ancestors(t, principal.institution, above));
	if (c->principal == NULL)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("The server is out of memory."), NULL, NULL);
	if (plain)
		remember(c, p, cert);
	c->revision = revision;
	c->day = d->today;
	c->turn = d->turn;
	return IQ_OK;
}

bool iq_caller_same(const struct iq_caller *c, struct iq_desk *d)
{
	struct iq_str p, cert;

	return c->known != NULL && stored(c, iq_rtxn_txn(d->rtxn), &p, &cert) &&
	       c->nknown == p.n + cert.n && memcmp(c->known, p.p, p.n) == 0 &&
	       memcmp(c->known + p.n, cert.p, cert.n) == 0;
}

enum iq_err iq_caller_known(struct iq_caller *c, struct iq_desk *d, struct iq_error *error)
{
	struct iq_txn *t = iq_rtxn_txn(d->rtxn);
	struct iq_str id = iq_str(c->session.principal), p, cert;
	struct iq_account account;

	if (!certificate_valid(c, d, id) || !iq_account_get(t, id, &d->arena, &account) ||
		account.ended_us != 0)
		return no_access(c, d, error);
	free(c->known);
	c->known = NULL;
	c->nknown = 0;
	if (stored(c, t, &p, &cert))
		remember(c, p, cert);
	return IQ_OK;
}
