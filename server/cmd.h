/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_CMD_H
#define IQ_SERVER_CMD_H

/* The commands of iqd: each gets its own arguments and returns an exit status. */

#include "err.h"

int iq_cmd_init(int argc, char **argv);
int iq_cmd_run(int argc, char **argv);
int iq_cmd_check(int argc, char **argv);
int iq_cmd_token(int argc, char **argv);
int iq_cmd_ca(int argc, char **argv);
int iq_cmd_config(int argc, char **argv);
int iq_cmd_reload(int argc, char **argv);
int iq_cmd_log_level(int argc, char **argv);
int iq_cmd_approve(int argc, char **argv);
int iq_cmd_backup(int argc, char **argv);
int iq_cmd_restore(int argc, char **argv);
int iq_cmd_backup_key(int argc, char **argv);
int iq_cmd_compact(int argc, char **argv);
int iq_cmd_doctor(int argc, char **argv);
int iq_cmd_metrics(int argc, char **argv);

/* ---- shared ---------------------------------------------------------------------------------- */

/* Prints the error on standard error; returns its exit status. */
int iq_cmd_fail(const struct iq_error *error);
/* Usage error about the command line. */
int iq_cmd_usage(const char *text, const char *hint, const char *arg);

/* Options of all commands; NULL: not given. */
struct iq_cmd_args {
	const char *state, *name, *listen, *admin, *principal, *from, *to;
	const char *key, *phrase, *erasures;
	const char *file; /* an argument that is no option */
	bool remove, replace, without_ca, json;
	unsigned workers;
	bool csv;
	int rest; /* index of the first argument that is no option */
};
/* allowed: letters of options: s(tate) n(ame) l(isten) a(dmin) p(rincipal) w(orkers) r(emove)
 * f(rom) t(o) c(sv) k(ey) P (passphrase file) e(rasures) R(eplace) K (without ca key) j(son) and
 * F(ile: one argument) A(ny number of them, from `rest` on). --state is required where it is
 * allowed, unless there is a ? as well. 0, or an exit status. */
int iq_cmd_args(int argc, char **argv, const char *allowed, struct iq_cmd_args *out);

struct iq_wtxn;
/*
 * Makes a token for the principal: its text in the error's arena. It carries the CA's
 * fingerprint, host and port.
 */
struct iq_conf;
IQ_CHECK enum iq_err iq_cmd_make_token(const char *dir, const struct iq_conf *conf,
	struct iq_wtxn *w, struct iq_str principal, const char **text, struct iq_error *error);

#endif
