/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: handshake, reading, writing, closing. */
#include <errno.h>
#include <fcntl.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>

#include "date.h"
#include "i18n.h"
#include "tls_private.h"

enum { MESSAGES_MAX = 32 }; /* key updates in a row */

static struct iq_tls *new_tls(struct iq_tls_context *c, int fd, bool server)
{
	struct iq_tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	ERR_clear_error();
	t->server = server;
	pthread_mutex_lock(&c->lock);
	t->ssl = SSL_new(c->ctx);
	pthread_mutex_unlock(&c->lock);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1) {
		SSL_free(t->ssl);
		free(t);
		ERR_clear_error();
		return NULL;
	}
	SSL_set_msg_callback_arg(t->ssl, t);
	SSL_set_app_data(t->ssl, t);
	return t;
}

struct iq_tls *iq_tls_accept(struct iq_tls_context *c, int fd)
{
	struct iq_tls *t = new_tls(c, fd, true);

	if (t != NULL)
		SSL_set_accept_state(t->ssl);
	return t;
}

void iq_tls_free(struct iq_tls *t)
{
	if (t == NULL)
		return;
	ERR_clear_error();
	if (t->open && !t->broken)
		(void)SSL_shutdown(t->ssl);
	SSL_free(t->ssl);
	ERR_clear_error();
	free(t);
}

static enum iq_io broken(struct iq_tls *t, const char *words)
{
	t->broken = true;
	t->reason = SSL_R_UNEXPECTED_MESSAGE;
	snprintf(t->words, sizeof(t->words), "%s", words);
	return IQ_IO_ERROR;
}

/* What a call of OpenSSL that did not succeed means. */
static enum iq_io outcome(struct iq_tls *t, int rc)
{
	int sys = errno;
	int why = SSL_get_error(t->ssl, rc);

	switch (why) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_X509_LOOKUP: /* client: only until iq_tls_show() */
		return IQ_IO_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return IQ_IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return IQ_IO_EOF;
	default:
		t->broken = true;
		iq_tls_record(t, why == SSL_ERROR_SYSCALL, sys);
		ERR_clear_error();
		return IQ_IO_ERROR;
	}
}

enum iq_io iq_tls_handshake(struct iq_tls *t)
{
	const unsigned char *proto;
	unsigned n;

	if (t->open)
		return IQ_IO_OK;
	if (t->broken)
		return IQ_IO_ERROR;
	ERR_clear_error();
	errno = 0;
	int rc = SSL_do_handshake(t->ssl);

	if (rc != 1)
		return outcome(t, rc);
	t->open = true;
	SSL_get0_alpn_selected(t->ssl, &proto, &n);
	if (n != 4 || memcmp(proto, "iq/1", 4) != 0) {
		t->reason = SSL_R_NO_APPLICATION_PROTOCOL;
		snprintf(t->words, sizeof(t->words), "the peer does not speak iq/1");
		return IQ_IO_ERROR;
	}
	return IQ_IO_OK;
}

enum iq_io iq_tls_read(struct iq_tls *t, void *p, size_t n, size_t *done)
{
	if (t->broken)
		return IQ_IO_ERROR;
	for (;;) {
		unsigned before = t->messages;

		ERR_clear_error();
		errno = 0;
		int rc = SSL_read_ex(t->ssl, p, n, done);

		if (rc == 1) {
			t->messages = 0;
			t->drained = false;
			return IQ_IO_OK;
		}
		enum iq_io io = outcome(t, rc);

		if (t->messages > MESSAGES_MAX)
			return broken(t, "too many key updates");
		/* A message of TLS itself was read: data may wait behind it. */
		if (io == IQ_IO_WANT_READ && t->messages != before)
			continue;
		t->drained = io == IQ_IO_WANT_READ;
		return io;
	}
}

enum iq_io iq_tls_write(struct iq_tls *t, const void *p, size_t n, size_t *done)
{
	*done = 0;
	if (t->broken)
		return IQ_IO_ERROR;
	while (*done < n) {
		size_t wrote;

		ERR_clear_error();
		errno = 0;
		int rc = SSL_write_ex(t->ssl, (const char *)p + *done, n - *done, &wrote);

		if (rc != 1) {
			enum iq_io io = outcome(t, rc);

			return *done != 0 && io != IQ_IO_ERROR ? IQ_IO_OK : io;
		}
		*done += wrote;
	}
	return IQ_IO_OK;
}

size_t iq_tls_pending(const struct iq_tls *t)
{
	if (t->drained || t->broken)
		return 0;
	int n = SSL_pending(t->ssl);

	return n > 0 ? (size_t)n : (size_t)SSL_has_pending(t->ssl);
}

const char *iq_tls_reason(const struct iq_tls *t)
{
	return t->words[0] != '\0' ? t->words : "no error";
}

/* ---- client ------------------------------------------------------------------------------- */

short iq_tls_wait(int fd, short events, int64_t deadline_us)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline_us - iq_monotonic_us();
		int ms = left <= 0                        ? 0
			 : left > 1000 * (int64_t)INT_MAX ? -1
							  : (int)((left + 999) / 1000);
		int n = poll(&p, 1, ms);

		if (n > 0)
			return p.revents;
		if (n == 0)
			return 0;
		if (errno != EINTR)
			return POLLERR;
	}
}

static bool is_address(const char *host)
{
	unsigned char address[16];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

bool iq_tls_set_host(X509_VERIFY_PARAM *param, const char *host)
{
	X509_VERIFY_PARAM_set_hostflags(
		param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

static enum iq_err timed_out(const char *host, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_UNREACHABLE,
		N_("The server {0} does not answer the TLS handshake."),
		N_("Try again later, or ask the operator whether iqd is running."), host, NULL);
}

/* Loads the own certificate while the server works on its answer to the hello. */
static enum iq_err shake_hands(const struct iq_tls_context *c, struct iq_tls *t, int fd,
	const char *host, int64_t deadline, struct iq_error *error)
{
	enum iq_io io;

	while ((io = iq_tls_handshake(t)) == IQ_IO_WANT_READ || io == IQ_IO_WANT_WRITE) {
		if (!t->shown) {
			enum iq_err err = iq_tls_show(c, t, error);

			if (err != IQ_OK)
				return err;
		} else if (iq_tls_wait(fd, io == IQ_IO_WANT_READ ? POLLIN : POLLOUT, deadline) ==
			   0) {
			return timed_out(host, error);
		}
	}
	return io == IQ_IO_OK ? IQ_OK : iq_tls_explain(t, host, error);
}

enum iq_err iq_tls_connect(struct iq_tls_context *c, int fd, const char *host, int timeout_ms,
	struct iq_tls **out, struct iq_error *error)
{
	int64_t deadline =
		timeout_ms < 0 ? INT64_MAX : iq_monotonic_us() + (int64_t)timeout_ms * 1000;
	struct iq_tls *t = new_tls(c, fd, false);
	int flags = fcntl(fd, F_GETFL);

	*out = NULL;
	if (t == NULL || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
		!iq_tls_set_host(SSL_get0_param(t->ssl), host) ||
		(!is_address(host) && SSL_set_tlsext_host_name(t->ssl, host) != 1)) {
		iq_tls_free(t);
		return iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The connection to {0} cannot be set up."), NULL, host, NULL);
	}
	SSL_set_connect_state(t->ssl);
	enum iq_err err = shake_hands(c, t, fd, host, deadline, error);

	if (err != IQ_OK) {
		iq_tls_free(t);
		return err;
	}
	*out = t;
	return IQ_OK;
}
