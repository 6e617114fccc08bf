/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "date.h"
#include "json.h"
#include "renew.h"
#include "session.h"
#include "token.h"

static enum iq_err read_token(struct iq_cli *cli, struct iq_token *token)
{
	const char *text = iq_opt(cli, IQ_OPT_TOKEN), *file = iq_opt(cli, IQ_OPT_TOKEN_FILE);
	struct iq_str content;

	if (text != NULL && file != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--token and --token-file exclude each other."), NULL, NULL);
	if (file != NULL) {
		if (!iq_read_file(cli, file, &content))
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("{0} cannot be read: {1}."), NULL, file, strerror(errno), NULL);
		text = content.p;
	}
	if (text == NULL && cli->tty_in && iq_opt_given(cli, IQ_OPT_NO_INPUT))
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("A token is needed."),
			N_("Use --token-file FILE."), NULL);
	if (text == NULL)
		text = iq_read_line(cli, cli->tty_in ? _("Token: ") : NULL, true);
	/* a file may hold the line as "iqd init" prints it, and a newline */
	if (text != NULL && strncmp(text, "token:", 6) == 0)
		text += 6;
	struct iq_str t = iq_str(text != NULL ? text : "");

	while (t.n > 0 && strchr(" \t\r\n", t.p[t.n - 1]) != NULL)
		t.n--;
	while (t.n > 0 && strchr(" \t\r\n", t.p[0]) != NULL) {
		t.p++;
		t.n--;
	}
	if (t.n > 0 && iq_token_read(t, token))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE,
		t.n > 0 ? N_("This is no token, or there is a mistake in it.")
			: N_("A token is needed."),
		N_("Copy it whole, with all groups of four. It is the last line of \"iqd init\" or "
		   "comes from your administrator."),
		NULL);
}

/* Files of the new profile; written beside the old ones first. */
struct files {
	const char *dir, *key, *cert, *ca, *new_key, *new_cert, *new_ca;
};

static void name_files(struct iq_cli *cli, const char *dir, struct files *f)
{
	f->dir = dir;
	f->key = iq_arena_printf(&cli->arena, "%s/client.key", dir);
	f->cert = iq_arena_printf(&cli->arena, "%s/client.pem", dir);
	f->ca = iq_arena_printf(&cli->arena, "%s/ca.pem", dir);
	f->new_key = iq_arena_printf(&cli->arena, "%s/.client.key.%d", dir, (int)getpid());
	f->new_cert = iq_arena_printf(&cli->arena, "%s/.client.pem.%d", dir, (int)getpid());
	f->new_ca = iq_arena_printf(&cli->arena, "%s/.ca.pem.%d", dir, (int)getpid());
	unlink(f->new_key);
	unlink(f->new_cert);
	unlink(f->new_ca);
}

static enum iq_err ask_certificate(struct iq_cli *cli, const struct iq_token *token,
	const struct files *f, const Iq__V1__EnrollResponse **out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__EnrollRequest q = IQ__V1__ENROLL_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_tls_context *tls = NULL;
	struct iq_call *call = NULL;
	struct iq_str csr = {NULL, 0};
	uint8_t secret[IQ_TOKEN_SECRET];
	int timeout;
	enum iq_err err = iq_timeout(cli, false, &timeout);

	if (err == IQ_OK)
		err = iq_tls_client_context(NULL, NULL, NULL, &tls, &cli->error);
	if (err == IQ_OK)
		err = iq_call_open(token->host, token->port, tls, timeout, &call, &cli->error);
	if (err == IQ_OK && !iq_tls_check_fingerprint(iq_call_tls(call), token->fingerprint,
				    sizeof(token->fingerprint), token->host))
		err = iq_error_set(&cli->error, IQ_ERR_LOGIN,
			N_("The server at {0} is not the one the token is for."),
			N_("Check the address. If it is right, somebody may be in between: ask "
			   "your administrator. Nothing was sent."),
			token->host, NULL);
	if (err == IQ_OK)
		err = iq_tls_make_key(f->new_key, &cli->arena, &csr, &cli->error);
	memcpy(secret, token->secret, sizeof(secret));
	q.secret = (ProtobufCBinaryData){sizeof(secret), secret};
	q.csr = (ProtobufCBinaryData){csr.n, (uint8_t *)(uintptr_t)csr.p};
	rq.op_case = IQ__V1__REQUEST__OP_ENROLL;
	rq.enroll = &q;
	if (err == IQ_OK)
		err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_ENROLL);
	if (err == IQ_OK)
		*out = rs->enroll;
	iq_call_close(call);
	iq_tls_context_free(tls);
	return err;
}

static enum iq_err move(struct iq_cli *cli, const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("{0} cannot be written: {1}."), NULL, to,
		strerror(errno), NULL);
}

static enum iq_err store(struct iq_cli *cli, const struct files *f, const Iq__V1__EnrollResponse *r)
{
	const struct iq_str cert = {(const char *)r->certificate.data, r->certificate.len};
	enum iq_err err = iq_tls_write_pem(f->new_cert, cert, &cli->error);

	if (err == IQ_OK)
		err = iq_renew_write_authorities(f->new_ca, r, &cli->error);
	if (err == IQ_OK)
		err = move(cli, f->new_key, f->key);
	if (err == IQ_OK)
		err = move(cli, f->new_cert, f->cert);
	if (err == IQ_OK)
		err = move(cli, f->new_ca, f->ca);
	return err;
}

static enum iq_err configure(
	struct iq_cli *cli, const char *profile, const char *server, const char *principal)
{
	enum iq_err err = iq_config_set(cli, profile, "server", server);

	if (err == IQ_OK)
		err = iq_config_set(cli, profile, "principal", principal);
	if (err == IQ_OK)
		err = iq_config_set(cli, "", "profile", profile);
	return err;
}

static enum iq_err report(struct iq_cli *cli, const char *profile, const char *server,
	const char *principal, const struct files *f)
{
	static const struct iq_col cols[] = {
		{"profile", N_("Profile"), IQ_CELL_TEXT, false},
		{"server", N_("Server"), IQ_CELL_TEXT, false},
		{"principal", N_("You are"), IQ_CELL_TEXT, false},
		{"certificate_until", N_("Certificate valid until"), IQ_CELL_DATE, true},
	};
	char until[11] = "";
	struct iq_table t;
	int32_t days;

	if (iq_tls_pem_until(f->cert, &days))
		iq_date_format(days, until);
	if (cli->format == IQ_FORMAT_TABLE) {
		iq_note(cli, _("The server is the one the token is for."));
		iq_note(cli, _("You are enrolled at %s as %s, until %s."), server,
			iq_safe_c(cli, principal).p, iq_word_date(cli, until).p);
		iq_note(cli, "%s", _("Next: iqq status, iqq help"));
		return IQ_OK;
	}
	const struct iq_str row[] = {
		iq_str(profile), iq_str(server), iq_str(principal), iq_str(until)};

	iq_table_init(&t, cli, cols, 4);
	iq_table_add(&t, row);
	return iq_table_finish(&t, 0, 1);
}

/* The profile asked for, else the host. */
static enum iq_err name_profile(struct iq_cli *cli, const char *host, const char **out)
{
	const char *name = iq_opt(cli, IQ_OPT_PROFILE);

	if (name == NULL && iq_config_get(cli, "", "profile") == NULL)
		name = iq_setting_get(cli, "profile", NULL); /* IQQ_PROFILE */
	if (name == NULL)
		name = iq_profile_name_valid(host) ? host : "default";
	*out = name;
	if (iq_profile_name_valid(name))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" cannot be a profile's name."),
		N_("Use letters, digits, dots and hyphens."), name, NULL);
}

enum iq_err iq_cmd_enroll(struct iq_cli *cli)
{
	struct iq_token token = {.port = 0};
	struct files f = {0};
	const Iq__V1__EnrollResponse *r = NULL;
	const char *profile = NULL, *dir = NULL, *server = iq_opt(cli, IQ_OPT_SERVER);
	enum iq_err err = read_token(cli, &token);

	if (cli->nargs > 0)
		server = cli->arg[0];
	if (err == IQ_OK && server != NULL)
		err = iq_parse_address(cli, server, token.host, &token.port);
	if (err == IQ_OK)
		err = name_profile(cli, token.host, &profile);
	if (err != IQ_OK)
		return err;
	dir = iq_path_data(cli, profile);
	if (dir == NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("There is no home directory to keep the key in."),
			N_("Set HOME or XDG_DATA_HOME."), NULL);
	server = iq_arena_printf(&cli->arena, strchr(token.host, ':') != NULL ? "[%s]:%u" : "%s:%u",
		token.host, token.port);
	err = iq_make_dirs(cli, dir);
	if (err != IQ_OK)
		return err;
	name_files(cli, dir, &f);
	err = ask_certificate(cli, &token, &f, &r);
	if (err == IQ_OK)
		err = store(cli, &f, r);
	if (err == IQ_OK)
		err = configure(cli, profile, server, r->principal);
	unlink(f.new_key);
	unlink(f.new_cert);
	unlink(f.new_ca);
	return err == IQ_OK ? report(cli, profile, server, r->principal, &f) : err;
}
