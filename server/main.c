/* SPDX-License-Identifier: Apache-2.0 */
/* iqd: the directory daemon. */
#include <stdio.h>

#include "cmd.h"
#include "cmd_audit.h"
#include "i18n.h"
#include "sandbox.h"

static int cmd_help(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	const char *what;
} commands[] = {
	{"init", iq_cmd_init, "--state DIR [--name HOST] [--listen ADDR:PORT] [--admin NAME]",
		N_("makes certificate authority, database and configuration")},
	{"run", iq_cmd_run, "--state DIR [--listen ADDR:PORT]", N_("serves, in the foreground")},
	{"check", iq_cmd_check, "--state DIR",
		N_("verifies records, indexes, their log and the audit log")},
	{"backup", iq_cmd_backup,
		"--state DIR FILE (--key FILE.pub | --passphrase-file FILE) [--replace] "
		"[--without-ca-key]",
		N_("writes an encrypted copy of everything into a file, beside a running server")},
	{"restore", iq_cmd_restore,
		"FILE --state DIR (--key FILE | --passphrase-file FILE) [--erasures FILE]",
		N_("fills an empty directory from such a file")},
	{"backup-key", iq_cmd_backup_key, "FILE",
		N_("makes the keys for that: a secret one, FILE, and FILE.pub for the server")},
	{"compact", iq_cmd_compact, "--state DIR",
		N_("gives back the space that is free in the database, also beside a running "
		   "server")},
	{"doctor", iq_cmd_doctor, "--state DIR [--json]",
		N_("looks for what an operator should know, with the next step; exit status 1 if "
		   "there is a problem")},
	{"metrics", iq_cmd_metrics, "--state DIR [FILE]",
		N_("prints what the running server counts (OpenMetrics), or writes it to a file")},
	{"breach-report", iq_cmd_breach, "--state DIR --from DATE --to DATE [--csv]",
		N_("lists whose confidential contact data went to whom, from the audit log")},
	{"token", iq_cmd_token, "create --state DIR --principal ID",
		N_("makes a new enrolment token while the server is stopped")},
	{"ca", iq_cmd_ca,
		"show|rotate --state DIR, export --state DIR FILE [--remove], import --state DIR "
		"FILE",
		N_("the certificate authority: shows it, keeps its key elsewhere, replaces it")},
	{"config", iq_cmd_config, "check [FILE] [--state DIR] | show --state DIR",
		N_("finds mistakes in the configuration, or in a file that is to become it, or "
		   "prints what counts")},
	{"reload", iq_cmd_reload, "--state DIR",
		N_("has the running server read configuration, keys and certificates again")},
	{"log-level", iq_cmd_log_level, "--state DIR [LEVEL] [PART=LEVEL …]",
		N_("shows or changes what the running server writes to its log, until the next "
		   "reload")},
	{"approve", iq_cmd_approve, "--state DIR [NUMBER [--reject]]",
		N_("decides as the second person while the server is stopped and there is only one "
		   "administrator")},
	{"help", cmd_help, "", N_("shows this text")},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int cmd_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("iqd %s\n\n", IQ_VERSION);
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  iqd %s%s%s\n      %s\n", commands[i].name,
			commands[i].usage[0] ? " " : "", commands[i].usage,
			gettext(commands[i].what));
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	iq_sandbox_begin();
	iq_i18n_init(NULL);
	if (name == NULL)
		return iq_cmd_usage(N_("No command was given."),
			N_("The commands are shown by: iqd help"), NULL);
	if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
		printf("iqd %s\n", IQ_VERSION);
		return 0;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return cmd_help(argc, argv);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	return iq_cmd_usage(
		N_("There is no command “{0}”."), N_("The commands are shown by: iqd help"), name);
}
