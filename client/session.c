/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "date.h"
#include "renew.h"
#include "session.h"

static struct iq_tls_context *context; /* of the one connection */

enum { TIMEOUT_MS = 30000, PATIENT_MS = 600000 };
enum { REQUEST_TIME = 6 /* bytes of a request id */ };

enum iq_err iq_timeout(struct iq_cli *cli, bool patient, int *out)
{
	const char *v = iq_setting_get(cli, "timeout", NULL);
	char *end = NULL;

	*out = patient ? PATIENT_MS : TIMEOUT_MS;
	if (v == NULL)
		return IQ_OK;
	double seconds = strtod(v, &end);

	if (end == v || *end != '\0' || !(seconds > 0 && seconds <= 86400))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The timeout must be a number of seconds, not \"{0}\"."), NULL, v, NULL);
	*out = (int)(seconds * 1000) > 0 ? (int)(seconds * 1000) : 1;
	return IQ_OK;
}

static enum iq_err check_key(struct iq_cli *cli, const struct iq_profile *p)
{
	struct stat st;

	if (stat(p->key, &st) != 0)
		return iq_error_set(&cli->error, IQ_ERR_LOGIN,
			N_("The profile \"{0}\" has no key on this computer ({1})."),
			N_("Enrol with the token you were given: iqq enroll --token TOKEN"),
			p->name, p->key, NULL);
	if ((st.st_mode & 077) != 0)
		return iq_error_set(&cli->error, IQ_ERR_LOGIN,
			N_("Others on this computer can read your key {0}."),
			N_("Run: chmod 600 {0}"), p->key, NULL);
	return IQ_OK;
}

enum iq_err iq_profile_open(struct iq_cli *cli, struct iq_profile *out)
{
	const char *name = iq_setting_get(cli, "profile", NULL), *server;
	enum iq_err err;

	*out = (struct iq_profile){.name = name};
	if (name == NULL)
		return iq_error_set(&cli->error, IQ_ERR_LOGIN,
			N_("You are not enrolled at any server yet."),
			N_("Enrol with the token you were given: iqq enroll --token TOKEN"), NULL);
	server = iq_setting_get(cli, "server", NULL);
	if (!iq_profile_name_valid(name) || server == NULL)
		return iq_error_set(&cli->error, IQ_ERR_LOGIN, N_("There is no profile \"{0}\"."),
			N_("See: iqq profile list"), name, NULL);
	err = iq_parse_address(cli, server, out->host, &out->port);
	out->dir = iq_path_data(cli, name);
	if (err == IQ_OK && out->dir == NULL)
		err = iq_error_set(&cli->error, IQ_ERR_LOGIN,
			N_("There is no home directory to read the key from."),
			N_("Set HOME or XDG_DATA_HOME."), NULL);
	if (err != IQ_OK)
		return err;
	out->key = iq_arena_printf(&cli->arena, "%s/client.key", out->dir);
	out->cert = iq_arena_printf(&cli->arena, "%s/client.pem", out->dir);
	out->ca = iq_arena_printf(&cli->arena, "%s/ca.pem", out->dir);
	return check_key(cli, out);
}

/* With TLS 1.3 a refused certificate shows with the first answer only. */
enum iq_err iq_explain_login(struct iq_cli *cli, enum iq_err err)
{
	const char *name = iq_setting_get(cli, "profile", NULL);
	const char *dir = name != NULL ? iq_path_data(cli, name) : NULL;
	int32_t until, today = iq_date_in_germany(iq_now_us());
	char text[11];

	if ((err != IQ_ERR_LOGIN && err != IQ_ERR_UNREACHABLE) || dir == NULL)
		return err;
	if (!iq_tls_pem_until(iq_arena_printf(&cli->arena, "%s/client.pem", dir), &until) ||
		until >= today)
		return err;
	iq_date_format(until, text);
	iq_error_init(&cli->error, &cli->arena);
	return iq_error_set(&cli->error, IQ_ERR_LOGIN, N_("Your certificate expired on {0}."),
		N_("Ask your administrator for a new token, then: iqq enroll --token TOKEN"),
		iq_word_date(cli, text).p, NULL);
}

static enum iq_err connect_to(
	struct iq_cli *cli, const struct iq_profile *p, int timeout, struct iq_call **out)
{
	/* The server takes the connection up while TLS is being set up here. */
	enum iq_err err = iq_call_begin(p->host, p->port, timeout, out, &cli->error);

	if (err == IQ_OK && context == NULL)
		err = iq_tls_client_context(p->ca, p->cert, p->key, &context, &cli->error);
	if (err == IQ_OK)
		err = iq_call_secure(*out, context, &cli->error);
	if (err != IQ_OK) {
		iq_call_close(*out);
		*out = NULL;
	}
	return err;
}

/* Forgets what went wrong, and the certificate. */
static void start_over(struct iq_cli *cli, struct iq_call **call)
{
	iq_session_close(*call);
	*call = NULL;
	iq_error_init(&cli->error, &cli->arena);
}

/* In the days of grace after its end a certificate can do nothing but renew itself. */
static enum iq_err renew_first(
	struct iq_cli *cli, const struct iq_profile *p, int timeout, struct iq_call **out)
{
	enum iq_err err = iq_renew(cli, p, *out, true);

	/* Too early, says the server: then the clock of this computer is wrong. */
	if (err != IQ_OK && err != IQ_ERR_CONFLICT)
		return err;
	start_over(cli, out);
	return connect_to(cli, p, timeout, out);
}

enum iq_err iq_session_open(struct iq_cli *cli, bool patient, struct iq_call **out)
{
	struct iq_profile p;
	int timeout;
	enum iq_err err = iq_timeout(cli, patient, &timeout);

	if (err == IQ_OK)
		err = iq_profile_open(cli, &p);
	if (err != IQ_OK)
		return err;
	err = connect_to(cli, &p, timeout, out);
	if (err == IQ_ERR_LOGIN && iq_renew_complete(cli, &p)) {
		start_over(cli, out);
		err = connect_to(cli, &p, timeout, out);
	}
	if (err == IQ_OK && iq_renew_due(*out))
		err = renew_first(cli, &p, timeout, out);
	return err;
}

void iq_session_close(struct iq_call *c)
{
	if (c != NULL)
		iq_call_close(c);
	iq_tls_context_free(context);
	context = NULL;
}

enum iq_err iq_ask(struct iq_cli *cli, Iq__V1__Request *rq, const Iq__V1__Response **out)
{
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(cli, false, &call);

	if (err == IQ_OK)
		err = iq_call(call, rq, &cli->arena, out, &cli->error);
	iq_session_close(call);
	return iq_explain_login(cli, err);
}

enum iq_err iq_ask_pages(struct iq_cli *cli, Iq__V1__Request *rq,
	Iq__V1__Response__ResultCase result,
	enum iq_err (*take)(void *arg, const Iq__V1__Response *rs, bool *more), void *arg)
{
	const Iq__V1__Response *rs = NULL;
	struct iq_call *call = NULL;
	bool more = true;
	enum iq_err err = iq_session_open(cli, true, &call);

	while (err == IQ_OK && more) {
		more = false;
		err = iq_call(call, rq, &cli->arena, &rs, &cli->error);
		if (err == IQ_OK)
			err = iq_expect(cli, rs, result);
		if (err == IQ_OK)
			err = take(arg, rs, &more);
	}
	iq_session_close(call);
	return iq_explain_login(cli, err);
}

enum iq_err iq_ask_again(struct iq_cli *cli, Iq__V1__Request *rq, const Iq__V1__Response **out)
{
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(cli, false, &call);

	if (err != IQ_OK)
		return err;
	err = iq_call(call, rq, &cli->arena, out, &cli->error);
	iq_session_close(call);
	if (err != IQ_ERR_UNREACHABLE)
		return err;
	iq_error_init(&cli->error, &cli->arena);
	return iq_ask(cli, rq, out);
}

enum iq_err iq_request_id(struct iq_cli *cli, uint8_t out[IQ_REQUEST_ID])
{
	const int random = IQ_REQUEST_ID - REQUEST_TIME;
	uint64_t ms = (uint64_t)iq_now_us() / 1000;

	for (int i = REQUEST_TIME; i-- > 0; ms >>= 8)
		out[i] = (uint8_t)ms;
	if (getrandom(out + REQUEST_TIME, (size_t)random, 0) == random)
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_INTERNAL,
		N_("This computer gives no random numbers: {0}."), NULL, strerror(errno), NULL);
}

enum iq_err iq_expect(
	struct iq_cli *cli, const Iq__V1__Response *rs, Iq__V1__Response__ResultCase result)
{
	if (rs->result_case == result)
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_INTERNAL, N_("The server's answer is incomplete."),
		N_("Is the server older or newer than this program? See: iqq status"), NULL);
}
