/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_CONF_H
#define IQ_SERVER_CONF_H

/* The state directory: its files and its lock. */

#include "err.h"
#include "settings.h"

/* A new iqd.conf. */
IQ_CHECK enum iq_err iq_conf_write(
	const char *dir, const struct iq_conf *c, struct iq_error *error);

/*
 * Reads the configuration and checks what it refers to: the address can be listened on in
 * principle, the file of client_ca can be read. file: NULL: DIR/iqd.conf. Every mistake is a
 * problem of the error, with its line; `nearest` of a problem is a msgid, what to do about it.
 */
IQ_CHECK enum iq_err iq_conf_check(
	const char *dir, const char *file, struct iq_conf *c, struct iq_error *error);
/* The path of client_ca, malloc'd; NULL without memory. */
char *iq_conf_client_ca(const char *dir, const struct iq_conf *c);

/* DIR/NAME, malloc'd; NULL without memory. */
char *iq_state_path(const char *dir, const char *name);
/* A new file with mode 0600. */
IQ_CHECK enum iq_err iq_state_write_file(
	const char *dir, const char *name, struct iq_str text, struct iq_error *error);
/*
 * The lock that lets one process change the state: returns its descriptor, to be kept open, or -1
 * with the error set.
 */
int iq_state_lock(const char *dir, struct iq_error *error);

#endif
