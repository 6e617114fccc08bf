/* SPDX-License-Identifier: Apache-2.0 */
#include "renew.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "date.h"

static bool later; /* a certificate in the last third of its life was shown */

enum { AUTHORITIES_MAX = 16 };

bool iq_renew_due(struct iq_call *call)
{
	int64_t from, until, now = iq_now_us() / 1000000;

	if (!iq_tls_own_dates(iq_call_tls(call), &from, &until) || until <= from)
		return false;
	later = now > until - (until - from) / 3;
	return now > until;
}

enum iq_err iq_renew_write_authorities(
	const char *file, const Iq__V1__EnrollResponse *r, struct iq_error *error)
{
	struct iq_str all[AUTHORITIES_MAX] = {{(const char *)r->ca.data, r->ca.len}};
	size_t n = 1;

	/* The list holds the issuer, too. */
	for (size_t i = 0; i < r->n_authorities && i < AUTHORITIES_MAX; i++) {
		all[i] = (struct iq_str){
			(const char *)r->authorities[i].data, r->authorities[i].len};
		n = i + 1;
	}
	return iq_tls_write_pems(file, all, n, error);
}

/* ---- files ---------------------------------------------------------------------------------- */

struct fresh {
	const char *key, *cert, *ca;
};

static void name_fresh(struct iq_cli *cli, const struct iq_profile *p, struct fresh *f)
{
	f->key = iq_arena_printf(&cli->arena, "%s/client.key.next", p->dir);
	f->cert = iq_arena_printf(&cli->arena, "%s/client.pem.next", p->dir);
	f->ca = iq_arena_printf(&cli->arena, "%s/ca.pem.next", p->dir);
}

static enum iq_err replace(struct iq_cli *cli, const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("{0} cannot be written: {1}."), NULL, to,
		strerror(errno), NULL);
}

bool iq_renew_complete(struct iq_cli *cli, const struct iq_profile *p)
{
	struct fresh f;

	name_fresh(cli, p, &f);
	/* The key is in place once there is none beside it. */
	return access(f.key, F_OK) != 0 && errno == ENOENT &&
	       (rename(f.cert, p->cert) == 0 || errno == ENOENT);
}

/* ---- asking --------------------------------------------------------------------------------- */

static enum iq_err ask(struct iq_cli *cli, const struct fresh *f, struct iq_call *call)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__RenewRequest q = IQ__V1__RENEW_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_str csr = {NULL, 0};
	enum iq_err err = iq_tls_make_key(f->key, &cli->arena, &csr, &cli->error);

	if (err != IQ_OK)
		return err;
	q.csr = (ProtobufCBinaryData){csr.n, (uint8_t *)(uintptr_t)csr.p};
	rq.op_case = IQ__V1__REQUEST__OP_RENEW;
	rq.renew = &q;
	err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_RENEW);
	if (err == IQ_OK)
		err = iq_tls_write_pem(f->cert,
			(struct iq_str){(const char *)rs->renew->certificate.data,
				rs->renew->certificate.len},
			&cli->error);
	if (err == IQ_OK)
		err = iq_renew_write_authorities(f->ca, rs->renew, &cli->error);
	return err;
}

/* The server must take the new certificate, and be known by the new authorities. */
static enum iq_err try_out(struct iq_cli *cli, const struct iq_profile *p, const struct fresh *f)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoamiRequest q = IQ__V1__WHOAMI_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_tls_context *tls = NULL;
	struct iq_call *call = NULL;
	int timeout;
	enum iq_err err = iq_timeout(cli, false, &timeout);

	rq.op_case = IQ__V1__REQUEST__OP_WHOAMI;
	rq.whoami = &q;
	if (err == IQ_OK)
		err = iq_tls_client_context(f->ca, f->cert, f->key, &tls, &cli->error);
	if (err == IQ_OK)
		err = iq_call_open(p->host, p->port, tls, timeout, &call, &cli->error);
	if (err == IQ_OK)
		err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
	iq_call_close(call);
	iq_tls_context_free(tls);
	return err;
}

static enum iq_err renew(struct iq_cli *cli, const struct iq_profile *p, struct iq_call *call)
{
	struct fresh f;
	enum iq_err err;

	name_fresh(cli, p, &f);
	unlink(f.key);
	unlink(f.cert);
	err = ask(cli, &f, call);
	if (err == IQ_OK)
		err = try_out(cli, p, &f);
	/* Authorities first: with them the old certificate works as well. */
	if (err == IQ_OK)
		err = replace(cli, f.ca, p->ca);
	if (err == IQ_OK)
		err = replace(cli, f.key, p->key);
	if (err == IQ_OK)
		err = replace(cli, f.cert, p->cert);
	if (err != IQ_OK) {
		unlink(f.ca);
		if (unlink(f.key) == 0) /* else the pair is completed later */
			unlink(f.cert);
	}
	return err;
}

/* Another command was faster. */
static bool is_new(const struct iq_profile *p)
{
	int32_t until;

	return iq_tls_pem_until(p->cert, &until) && until > iq_date_in_germany(iq_now_us());
}

enum iq_err iq_renew(
	struct iq_cli *cli, const struct iq_profile *p, struct iq_call *call, bool wait)
{
	int fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum iq_err err = IQ_OK;

	if (fd < 0 || flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0)
		err = iq_error_set(&cli->error, IQ_ERR_BUSY,
			N_("Your certificate is being renewed."), N_("Try again in a moment."),
			NULL);
	else if (!wait || !is_new(p))
		err = renew(cli, p, call);
	if (fd >= 0)
		close(fd);
	return err;
}

void iq_renew_later(struct iq_cli *cli)
{
	struct iq_profile p;
	struct iq_call *call = NULL;

	if (!later)
		return;
	iq_error_init(&cli->error, &cli->arena);
	/* Opening looks at the certificate again: another command may have been faster. */
	if (iq_session_open(cli, false, &call) == IQ_OK && later &&
		iq_profile_open(cli, &p) == IQ_OK)
		(void)!iq_renew(cli, &p, call, false);
	iq_session_close(call);
}
