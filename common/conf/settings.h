/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CONF_SETTINGS_H
#define IQ_CONF_SETTINGS_H

/*
 * The settings of iqd, from one table: parser, defaults, iqd.conf(5) and "iqd config" follow it.
 * The file is iqd.conf in the state directory; it belongs to the operator and is never rewritten.
 */

#include "buf.h"
#include "err.h"
#include "log.h"

enum { IQ_CONF_MOST = 16 /* options */ };

struct iq_conf {
	char name[254];       /* host name in the server certificate */
	char listen[280];     /* ADDRESS:PORT */
	unsigned workers;     /* 0: as many as there are processors */
	unsigned answers;     /* MiB for answers that are kept; 0: none */
	bool anonymous;       /* unknown peers may ask, for public fields */
	char client_ca[1024]; /* PEM file; empty: none. Relative to the state directory */
	unsigned quota;       /* persons a day */
	char reasons[512];    /* codes joined by spaces */
	struct iq_log_levels log;
	unsigned given;              /* bit i: option i is in the file */
	unsigned line[IQ_CONF_MOST]; /* in which option i was set; 0: it is the default */
};

#define IQ_LISTEN_DEFAULT "127.0.0.1:7430"
enum { IQ_PORT_DEFAULT = 7430 };

void iq_conf_default(struct iq_conf *c);
/*
 * Reads text over the defaults. file: for messages. Usage error that names line and option; it
 * lists every mistake as a problem, and what could be read is in `c`.
 */
IQ_CHECK enum iq_err iq_conf_parse(
	struct iq_conf *c, const char *file, struct iq_str text, struct iq_error *error);
/* The same of a file. */
IQ_CHECK enum iq_err iq_conf_read_file(const char *path, struct iq_conf *c, struct iq_error *error);
/* Reads DIR/iqd.conf; an absent file is fine. */
IQ_CHECK enum iq_err iq_conf_read(const char *dir, struct iq_conf *c, struct iq_error *error);
/* The text of a new file: name and listen as given, the others as comments. False: no memory. */
bool iq_conf_text(const struct iq_conf *c, struct iq_buf *out);

/* The table. */
struct iq_conf_option {
	const char *name;
	const char *value;   /* what it takes; msgid */
	const char *initial; /* the default as it would be written */
	const char *text;    /* what it does; msgid, sentences */
};
/* NULL past the end. */
const struct iq_conf_option *iq_conf_option(size_t i);
/* Its place in the table; one that is there. */
size_t iq_conf_index(const char *name);
/* The value as it would be written. */
void iq_conf_value(const struct iq_conf *c, size_t i, struct iq_buf *out);
/* The source of iqd.conf(5) in the present language (scdoc). */
void iq_conf_manual(struct iq_buf *out);

#endif
