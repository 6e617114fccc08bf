/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_CONFINE_H
#define IQ_FORMAT_CONFINE_H

/*
 * Parsing where it can do no harm: a forked process without files, sockets and new privileges,
 * with bounded memory and processor time. It may use memory, tell the end, and write records
 * into one pipe; any other system call ends it. For this folder only; no other threads may run.
 */

#include "parse.h"
#include "records.h"

struct iq_confined {
	int fd; /* where the records come from */
	int pid;
	struct iq_buf content;
};

/* Starts parsing; p->put is not used. IQ_ERR_BUSY: no process to be had. */
IQ_CHECK enum iq_err iq_confined_start(
	struct iq_confined *c, const struct iq_parse *p, struct iq_error *error);
/* The next record; 0: there is none, because the process ended. */
enum iq_record iq_confined_next(struct iq_confined *c, struct iq_str *content);
/* Ends it, whatever it does. Returns false if it was ended by the system for what it did. */
bool iq_confined_end(struct iq_confined *c);

/* All of the above: parses and lets `r` take every record. */
IQ_CHECK enum iq_err iq_confined_run(const struct iq_parse *p, struct iq_records *r);

/* Opens a file for parsing; *bytes are mapped until iq_file_unmap(). Bounded by SHEET_FILE. */
IQ_CHECK enum iq_err iq_file_map(const char *path, struct iq_str *bytes, struct iq_error *error);
void iq_file_unmap(struct iq_str bytes);

#endif
