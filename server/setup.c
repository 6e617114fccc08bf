/* SPDX-License-Identifier: Apache-2.0 */
#include "setup.h"

#include <stdlib.h>
#include <string.h>

#include "i18n.h"

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

static enum iq_err trust_others(const char *dir, struct iq_setup *s, struct iq_error *error)
{
	char *file = iq_conf_client_ca(dir, &s->conf);
	enum iq_err err = file ? iq_tls_server_trust(s->tls, file, error) : no_memory(error);

	free(file);
	return err;
}

static enum iq_err open_tls(const char *dir, struct iq_setup *s, struct iq_error *error)
{
	char *ca = iq_state_path(dir, "ca.pem"), *cert = iq_state_path(dir, "server.pem"),
	     *key = iq_pki_key_path(dir, "server.key");
	enum iq_err err;

	if (ca == NULL || cert == NULL || key == NULL)
		err = no_memory(error);
	else
		err = iq_tls_server_context(ca, cert, key, &s->tls, error);
	free(ca);
	free(cert);
	free(key);
	if (err == IQ_OK && s->conf.client_ca[0] != '\0')
		err = trust_others(dir, s, error);
	return err;
}

enum iq_err iq_setup_keys(
	const char *dir, struct iq_pki *pki, struct iq_setup *out, struct iq_error *error)
{
	out->tls = NULL;
	enum iq_err err = iq_pki_renew_server(pki, dir, out->conf.name, error);

	if (err == IQ_OK)
		err = open_tls(dir, out, error);
	if (err != IQ_OK && out->tls != NULL) {
		iq_tls_context_free(out->tls);
		out->tls = NULL;
	}
	return err;
}

enum iq_err iq_setup_read(
	const char *dir, struct iq_pki *pki, struct iq_setup *out, struct iq_error *error)
{
	enum iq_err err = iq_conf_check(dir, NULL, &out->conf, error);

	return err == IQ_OK ? iq_setup_keys(dir, pki, out, error) : err;
}

static void name(struct iq_buf *out, const char *what)
{
	iq_buf_printf(out, "%s%s", out->n > 0 ? " " : "", what);
}

void iq_setup_waiting(const struct iq_conf *old, const struct iq_conf *fresh, struct iq_buf *out)
{
	if (strcmp(old->name, fresh->name) != 0)
		name(out, "name");
	if (strcmp(old->listen, fresh->listen) != 0)
		name(out, "listen");
	if (old->workers != fresh->workers)
		name(out, "workers");
}
