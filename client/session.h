/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_SESSION_H
#define IQ_CLIENT_SESSION_H

/* The one connection of a command, opened with the profile's certificate. */

#include "call.h"
#include "client.h"

enum { IQ_REQUEST_ID = 16 };

/* Files of a profile. */
struct iq_profile {
	const char *name, *dir, *key, *cert, *ca;
	char host[254];
	uint16_t port;
};

/* IQ_ERR_LOGIN with the next command if there is no such profile. */
IQ_CHECK enum iq_err iq_profile_open(struct iq_cli *cli, struct iq_profile *out);
/* `patient`: for commands that may take minutes. Close with iq_session_close(). */
IQ_CHECK enum iq_err iq_session_open(struct iq_cli *cli, bool patient, struct iq_call **out);
void iq_session_close(struct iq_call *c);
/* open + one request + close. `out` is in cli->arena. */
IQ_CHECK enum iq_err iq_ask(struct iq_cli *cli, Iq__V1__Request *rq, const Iq__V1__Response **out);
/* Like iq_ask; sends once more on a new connection if it was lost before the answer. */
IQ_CHECK enum iq_err iq_ask_again(
	struct iq_cli *cli, Iq__V1__Request *rq, const Iq__V1__Response **out);
/*
 * One request after another on one connection, as long as `take` sets *more. It reads an answer,
 * which stays in cli->arena, and moves the cursor of the request on.
 */
IQ_CHECK enum iq_err iq_ask_pages(struct iq_cli *cli, Iq__V1__Request *rq,
	Iq__V1__Response__ResultCase result,
	enum iq_err (*take)(void *arg, const Iq__V1__Response *rs, bool *more), void *arg);
/* IQ_ERR_INTERNAL unless the response holds the result expected. */
IQ_CHECK enum iq_err iq_expect(
	struct iq_cli *cli, const Iq__V1__Response *rs, Iq__V1__Response__ResultCase result);
/* Says so if the reason is that the own certificate is out of date. */
enum iq_err iq_explain_login(struct iq_cli *cli, enum iq_err err);
/* The time in milliseconds, then random bytes: ids in order of time cost the server less. */
IQ_CHECK enum iq_err iq_request_id(struct iq_cli *cli, uint8_t out[IQ_REQUEST_ID]);
/* Milliseconds. */
IQ_CHECK enum iq_err iq_timeout(struct iq_cli *cli, bool patient, int *out);
static inline Iq__V1__Lang iq_session_lang(const struct iq_cli *cli)
{
	return cli->lang == IQ_LANG_DE ? IQ__V1__LANG__DE : IQ__V1__LANG__EN;
}

#endif
