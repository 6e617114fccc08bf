/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_CONF_H
#define IQ_SERVER_CONF_H

/* The state directory: its files, its configuration (iqd.conf) and its lock. */

#include "err.h"

struct iq_conf {
	char name[254];   /* host name in the server certificate */
	char listen[280]; /* ADDRESS:PORT */
	unsigned workers; /* 0: as many as there are processors */
};

#define IQ_LISTEN_DEFAULT "127.0.0.1:7430"
enum { IQ_PORT_DEFAULT = 7430 };

void iq_conf_default(struct iq_conf *c);
/* Reads DIR/iqd.conf over the defaults; an absent file is fine. Usage error with the line. */
IQ_CHECK enum iq_err iq_conf_read(const char *dir, struct iq_conf *c, struct iq_error *error);
IQ_CHECK enum iq_err iq_conf_write(
	const char *dir, const struct iq_conf *c, struct iq_error *error);

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
