/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: arguments, errors, tokens. */
#include "cmd.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accept.h"
#include "bounds.h"
#include "conf.h"
#include "date.h"
#include "i18n.h"
#include "pki.h"
#include "rights.h"

int iq_cmd_fail(const struct iq_error *e)
{
	struct iq_arena arena;
	const char *text = e->text ? e->text : N_("Something went wrong.");

	iq_arena_init(&arena, 0);
	fprintf(stderr, "iqd: %s\n", iq_text_fill(&arena, gettext(text), e->args, e->nargs));
	if (e->hint != NULL)
		fprintf(stderr, "     %s\n",
			iq_text_fill(&arena, gettext(e->hint), e->args, e->nargs));
	iq_arena_free(&arena);
	return iq_err_exit_status(e->code ? e->code : IQ_ERR_INTERNAL);
}

int iq_cmd_usage(const char *text, const char *hint, const char *arg)
{
	struct iq_arena arena;
	struct iq_error error;
	int status;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	iq_error_set(&error, IQ_ERR_USAGE, text, hint, arg, NULL);
	status = iq_cmd_fail(&error);
	iq_arena_free(&arena);
	return status;
}

static const struct option options[] = {
	{"state", required_argument, NULL, 's'},
	{"name", required_argument, NULL, 'n'},
	{"listen", required_argument, NULL, 'l'},
	{"admin", required_argument, NULL, 'a'},
	{"principal", required_argument, NULL, 'p'},
	{"workers", required_argument, NULL, 'w'},
	{"from", required_argument, NULL, 'f'},
	{"to", required_argument, NULL, 't'},
	{"csv", no_argument, NULL, 'c'},
	{"remove", no_argument, NULL, 'r'},
	{"key", required_argument, NULL, 'k'},
	{"passphrase-file", required_argument, NULL, 'P'},
	{"erasures", required_argument, NULL, 'e'},
	{"replace", no_argument, NULL, 'R'},
	{"without-ca-key", no_argument, NULL, 'K'},
	{"json", no_argument, NULL, 'j'},
	{NULL, 0, NULL, 0},
};

static bool read_number(const char *text, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (unsigned)n;
	return text[0] >= '1' && text[0] <= '9' && *end == '\0' && n <= 64;
}

static bool keep(int option, struct iq_cmd_args *out)
{
	switch (option) {
	case 's':
		out->state = optarg;
		return true;
	case 'n':
		out->name = optarg;
		return true;
	case 'l':
		out->listen = optarg;
		return true;
	case 'a':
		out->admin = optarg;
		return true;
	case 'p':
		out->principal = optarg;
		return true;
	case 'f':
		out->from = optarg;
		return true;
	case 't':
		out->to = optarg;
		return true;
	case 'c':
		out->csv = true;
		return true;
	case 'r':
		out->remove = true;
		return true;
	case 'k':
		out->key = optarg;
		return true;
	case 'P':
		out->phrase = optarg;
		return true;
	case 'e':
		out->erasures = optarg;
		return true;
	case 'R':
		out->replace = true;
		return true;
	case 'K':
		out->without_ca = true;
		return true;
	case 'j':
		out->json = true;
		return true;
	case 'w':
		return read_number(optarg, &out->workers);
	default:
		return false;
	}
}

/* What root leaves in a directory of somebody else, the server could not use any more. */
static int right_user(const char *dir)
{
	struct iq_arena arena;
	struct passwd *owner;
	struct stat st;
	int status;

	if (geteuid() != 0 || stat(dir, &st) != 0 || st.st_uid == 0)
		return 0;
	owner = getpwuid(st.st_uid);
	iq_arena_init(&arena, 0);
	const char *name = owner ? owner->pw_name : iq_arena_printf(&arena, "#%u", st.st_uid);

	status = iq_cmd_usage(N_("The state directory belongs to {0}, and files of root would stop "
				 "the server."),
		N_("Run this as its owner: runuser -u {0} -- iqd …"), name ? name : "");
	iq_arena_free(&arena);
	return status;
}

int iq_cmd_args(int argc, char **argv, const char *allowed, struct iq_cmd_args *out)
{
	const char *hint = N_("The commands and their options are shown by: iqd help");
	int option;

	*out = (struct iq_cmd_args){.state = NULL};
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		const char *given = argv[optind - 1];

		if (option == '?')
			return iq_cmd_usage(N_("There is no option {0}."), hint, given);
		if (option == ':')
			return iq_cmd_usage(N_("The option {0} needs a value."), hint, given);
		if (strchr(allowed, option) == NULL)
			return iq_cmd_usage(
				N_("The option {0} does not belong to this command."), hint, given);
		if (!keep(option, out))
			return iq_cmd_usage(
				N_("“{0}” is not a number that fits here."), hint, optarg);
	}
	out->rest = optind;
	if (out->state == NULL && strchr(allowed, 's') != NULL && strchr(allowed, '?') == NULL)
		return iq_cmd_usage(
			N_("The state directory is missing."), N_("Add: --state DIR"), NULL);
	if (out->state != NULL && strchr(allowed, 'j') == NULL) {
		int status = right_user(out->state);

		if (status != 0)
			return status;
	}
	if (optind < argc && strchr(allowed, 'F') != NULL)
		out->file = argv[optind++];
	if (optind < argc && strchr(allowed, 'A') == NULL)
		return iq_cmd_usage(N_("“{0}” is one argument too many."), hint, argv[optind]);
	return 0;
}

enum iq_err iq_cmd_make_token(const char *dir, const struct iq_conf *conf, struct iq_wtxn *w,
	struct iq_str principal, const char **text, struct iq_error *error)
{
	struct iq_token token = {.port = IQ_PORT_DEFAULT};
	uint8_t fingerprint[32];
	char host[254];
	uint16_t port;
	enum iq_err err = iq_pki_fingerprint(dir, fingerprint, error);

	if (err != IQ_OK)
		return err;
	if (getrandom(token.secret, sizeof(token.secret), 0) != sizeof(token.secret))
		return iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The system gives no random numbers."), NULL, NULL);
	memcpy(token.fingerprint, fingerprint, sizeof(token.fingerprint));
	if (!iq_address_split(conf->listen, host, &port))
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("“{0}” is not an address to listen on."),
			N_("Write ADDRESS:PORT, for example 127.0.0.1:7430 or [::1]:7430."),
			conf->listen, NULL);
	snprintf(token.host, sizeof(token.host), "%s",
		iq_address_everywhere(host) ? conf->name : host);
	if (port != 0)
		token.port = port;
	*text = iq_token_write(&token, error->arena);
	if (*text == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	iq_token_put(w, token.secret,
		&(struct iq_token_rec){.id = iq_rights_number(w),
			.principal = principal,
			.until_us = iq_now_us() + (int64_t)IQ_LIMIT_TOKEN_SECONDS * 1000000});
	return IQ_OK;
}
