/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_SUB_H
#define IQ_CLIENT_SUB_H

/* Commands that have commands of their own: "iqq workshop invite …". */

#include "client.h"

struct iq_sub {
	const char *name, *alias;               /* alias: German, folded (ae, ue) */
	enum iq_err (*run)(struct iq_cli *cli); /* cli->arg begins behind the word */
	uint8_t min, max;                       /* words behind it */
	const char *usage;                      /* what follows, msgid; "": nothing */
	const uint8_t *options;                 /* of those the command has, ended by IQ_OPT_NONE */
};

/*
 * Runs the one that the first word names, `subs` being ended by name == NULL; without any word the
 * first. Usage errors: no such word, too few or many words, a flag that does not belong to it.
 */
IQ_CHECK enum iq_err iq_sub_run(struct iq_cli *cli, const struct iq_sub *subs);

#endif
