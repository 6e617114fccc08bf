/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that holds the authority's key. It is forked before the daemon has threads, opens
 * the store or listens; it closes everything but one end of a socket pair, gives up what it can and
 * answers one request at a time. Neither side parses ASN.1 of the other's making here: a key
 * arrives as a point on a curve.
 *
 *     request   u32 length (big-endian), u8 what (enum iq_issue), u8 curve (256, 384 / 8),
 *               the point (uncompressed), then the name
 *     answer    u32 length, u8 1: done, serial (20 bytes), certificate (DER)
 *                           u8 0: refused
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bounds.h"
#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_PKI
#include "log.h"
#include "pem.h"
#include "pki_private.h"

enum {
	FRAME = 4096,
	HEAD = 2,          /* of a request: what, curve */
	WAIT_SECONDS = 10, /* the daemon waits for an answer; a signature takes a millisecond */
	NAME_MAX_REQUEST = 253,
	CHILD_FD = 3,
};

/* The child's first byte. */
enum state { STATE_READY = 'r', STATE_OPEN = 'o', STATE_NO_KEY = 'n', STATE_BAD_KEY = 'b' };

static bool send_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static bool read_all(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = read(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static bool send_frame(int fd, const uint8_t *p, size_t n)
{
	const uint8_t head[4] = {
		(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	return send_all(fd, head, sizeof(head)) && send_all(fd, p, n);
}

/* 0: the other side is gone or talks nonsense. */
static size_t read_frame(int fd, uint8_t out[FRAME])
{
	uint8_t head[4];

	if (!read_all(fd, head, sizeof(head)))
		return 0;
	size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];

	return n <= FRAME && read_all(fd, out, n) ? n : 0;
}

/* ---- the child ------------------------------------------------------------------------------ */

static bool allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);

		if (rc != 0 && rc != -EDOM) /* a call this machine does not have */
			return false;
	}
	return true;
}

/* Reading, writing, memory, random numbers, the clock: all else fails, from open() to socket(). */
static bool sandbox(void)
{
	static const int calls[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(brk),
		SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(getrandom),
		SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
		SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
		SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
		SCMP_SYS(exit_group)};
	static const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (filter == NULL)
		return false;
	bool good = allow(filter, calls, sizeof(calls) / sizeof(*calls));

	for (size_t i = 0; good && i < sizeof(maps) / sizeof(*maps); i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, maps[i], 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
	good = good && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return good;
}

/* Leaves one descriptor, CHILD_FD; standard input, output and error lead nowhere. */
static bool close_others(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return false;
	for (int i = 0; i < CHILD_FD; i++) {
		if (dup2(null, i) != i)
			return false;
	}
	return dup2(fd, CHILD_FD) == CHILD_FD && close_range(CHILD_FD + 1, ~0U, 0) == 0;
}

/* A key on the curve; NULL if it is none. The caller frees. */
static EVP_PKEY *read_point(int curve, uint8_t *point, size_t n)
{
	char *group = curve == 32 ? "prime256v1" : "secp384r1";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, n),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static X509 *issue(const struct iq_authority *a, int what, EVP_PKEY *key, struct iq_str name,
	uint8_t serial[IQ_SERIAL])
{
	char host[NAME_MAX_REQUEST + 1];

	if (what == IQ_ISSUE_CLIENT)
		return iq_authority_principal_valid(name)
			       ? iq_authority_client(a, key, name, serial)
			       : NULL;
	if (what != IQ_ISSUE_SERVER || !iq_authority_host_valid(name) || name.n >= sizeof(host))
		return NULL;
	memcpy(host, name.p, name.n);
	host[name.n] = '\0';
	return iq_authority_server(a, key, host, serial);
}

/* Length of the answer in `out`. */
static size_t answer(const struct iq_authority *a, uint8_t *request, size_t n, uint8_t out[FRAME])
{
	X509 *cert = NULL;
	size_t size = 1;

	out[0] = 0;
	if (n < HEAD || (request[1] != 32 && request[1] != 48))
		return size;
	size_t point = 1 + 2 * (size_t)request[1];

	if (n <= HEAD + point || request[HEAD] != 4) /* 4: uncompressed */
		return size;
	EVP_PKEY *key = read_point(request[1], request + HEAD, point);
	struct iq_str name = {(char *)request + HEAD + point, n - HEAD - point};

	if (key != NULL)
		cert = issue(a, request[0], key, name, out + 1);
	int length = cert ? i2d_X509(cert, NULL) : 0;

	if (length > 0 && (size_t)length <= FRAME - 1 - IQ_SERIAL) {
		unsigned char *p = out + 1 + IQ_SERIAL;

		size = 1 + IQ_SERIAL + (size_t)i2d_X509(cert, &p);
		out[0] = 1;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return size;
}

static bool tell(enum state state, uint8_t which)
{
	const uint8_t words[2] = {(uint8_t)state, which};

	return send_all(CHILD_FD, words, sizeof(words));
}

/* The key, if it is there and belongs to one of the certificates. */
static enum state load_key(const struct iq_pki *p, const char *dir, struct iq_authority *a)
{
	char *file = iq_pki_key_path(dir, IQ_CA_KEY);
	bool absent = file != NULL && access(file, F_OK) != 0 && errno == ENOENT;
	struct iq_error ignored;

	free(file);
	if (absent)
		return STATE_NO_KEY;
	iq_error_init(&ignored, NULL);
	a->key = iq_pki_read_key(dir, IQ_CA_KEY, &ignored);
	a->ca = a->key ? iq_pki_owner(p->all, a->key) : NULL;
	a->crl = p->crl;
	return a->ca ? STATE_READY : STATE_BAD_KEY;
}

static _Noreturn void child(const struct iq_pki *p, const char *dir, int fd)
{
	struct iq_authority a = {.ca = NULL};
	uint8_t in[FRAME], out[FRAME];
	size_t n;

	/* It ends when the daemon's end closes, not with the daemon's signals. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (!close_others(fd) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		_exit(1);
	(void)prctl(PR_SET_NAME, "iqd-ca", 0, 0, 0);
	enum state state = load_key(p, dir, &a);
	uint8_t which = 0;

	if (state == STATE_READY) {
		while (sk_X509_value(p->all, which) != a.ca)
			which++;
		if (!sandbox())
			state = STATE_OPEN;
	}
	if (!tell(state, which) || a.ca == NULL)
		_exit(0);
	while ((n = read_frame(CHILD_FD, in)) > 0) {
		if (!send_frame(CHILD_FD, out, answer(&a, in, n, out)))
			break;
	}
	_exit(0);
}

/* ---- the daemon's side ---------------------------------------------------------------------- */

static enum iq_err no_process(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL,
		N_("The process of the certificate authority cannot be started: {0}."),
		N_("Check the limits for processes and descriptors."), strerror(errno), NULL);
}

static enum iq_err first_words(struct iq_pki *p, const char *dir, struct iq_error *error)
{
	uint8_t words[2];

	if (!read_all(p->fd, words, sizeof(words))) {
		errno = ECHILD;
		return no_process(error);
	}
	p->ca = sk_X509_value(p->all, words[1]);
	switch (words[0]) {
	case STATE_OPEN:
		iq_log(IQ_LOG_WARN,
			"the process of the certificate authority runs without a system call "
			"filter");
		return IQ_OK;
	case STATE_READY:
		return p->ca ? IQ_OK : no_process(error);
	case STATE_NO_KEY:
		iq_process_stop(p);
		p->ca = sk_X509_value(p->all, 0);
		iq_log(IQ_LOG_WARN, "the certificate authority is offline: there is no ca.key");
		return IQ_OK;
	default:
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("The files ca.pem and ca.key in {0} do not belong together, or ca.key "
			   "cannot be read."),
			N_("Restore both from the same backup, readable for iqd only."), dir, NULL);
	}
}

enum iq_err iq_process_start(struct iq_pki *p, const char *dir, struct iq_error *error)
{
	const struct timeval patience = {.tv_sec = WAIT_SECONDS};
	int fds[2];

	p->fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return no_process(error);
	p->fd = fds[0];
	p->pid = fork();
	if (p->pid == 0)
		child(p, dir, fds[1]);
	close(fds[1]);
	if (p->pid < 0) {
		p->pid = 0;
		return no_process(error);
	}
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return first_words(p, dir, error);
}

void iq_process_stop(struct iq_pki *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	if (p->pid > 0) {
		/* It keeps nothing that could be lost; libseccomp without memory loops for ever. */
		(void)kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	p->pid = 0;
}

static enum iq_err offline(const struct iq_pki *p, struct iq_error *error)
{
	if (p->pid == 0)
		return iq_error_set(error, IQ_ERR_BUSY,
			N_("The server's certificate authority is offline: nobody can enrol or "
			   "renew a certificate now."),
			N_("Ask the operator for: iqd ca import --state DIR FILE, and a restart of "
			   "iqd. Then try again; a token stays valid."),
			NULL);
	return iq_error_set(error, IQ_ERR_BUSY,
		N_("The process of the server's certificate authority does not answer."),
		N_("Ask the operator to restart iqd, then try again; a token stays valid."), NULL);
}

/* The request for a key; 0: not a key of ours. */
static size_t write_request(
	enum iq_issue what, EVP_PKEY *key, struct iq_str name, uint8_t out[FRAME])
{
	unsigned char *point = NULL;
	size_t n = EVP_PKEY_get1_encoded_public_key(key, &point);
	size_t total = 0;

	if ((n == 65 || n == 97) && name.n <= NAME_MAX_REQUEST) {
		out[0] = (uint8_t)what;
		out[1] = n == 65 ? 32 : 48;
		memcpy(out + HEAD, point, n);
		memcpy(out + HEAD + n, name.p, name.n);
		total = HEAD + n + name.n;
	}
	OPENSSL_free(point);
	return total;
}

bool iq_process_online(struct iq_pki *p)
{
	pthread_mutex_lock(&p->lock);
	bool online = p->fd >= 0;

	pthread_mutex_unlock(&p->lock);
	return online;
}

/* Request and answer in `frame`. False: offline, or the process is gone. */
static bool exchange(struct iq_pki *p, uint8_t frame[FRAME], size_t *n)
{
	bool was = false, good = false;

	pthread_mutex_lock(&p->lock);
	if (p->fd >= 0) {
		was = true;
		good = send_frame(p->fd, frame, *n) && (*n = read_frame(p->fd, frame)) > 0;
	}
	if (was && !good) {
		/* What comes later would be taken for the answer to the next request. */
		close(p->fd);
		p->fd = -1;
	}
	pthread_mutex_unlock(&p->lock);
	if (was && !good)
		iq_log(IQ_LOG_ERROR, "the process of the certificate authority is gone");
	return good;
}

enum iq_err iq_process_issue(struct iq_pki *p, enum iq_issue what, EVP_PKEY *key,
	struct iq_str name, X509 **cert, uint8_t serial[IQ_SERIAL], struct iq_error *error)
{
	uint8_t frame[FRAME];
	size_t n = write_request(what, key, name, frame);

	*cert = NULL;
	if (n == 0)
		return iq_pki_no_cert(error);
	if (!exchange(p, frame, &n))
		return offline(p, error);
	if (n <= 1 + IQ_SERIAL || frame[0] != 1)
		return iq_pki_no_cert(error);
	const unsigned char *der = frame + 1 + IQ_SERIAL;

	memcpy(serial, frame + 1, IQ_SERIAL);
	*cert = d2i_X509(NULL, &der, (long)(n - 1 - IQ_SERIAL));
	return *cert ? IQ_OK : iq_pki_no_cert(error);
}
