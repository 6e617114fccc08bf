/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_LOG_H
#define IQ_BASE_LOG_H

/*
 * Log lines on standard error, one write each, any thread: a sentence, then key=value pairs: the
 * part that speaks and, where the line belongs to one, connection and request. Under systemd
 * (JOURNAL_STREAM names standard error) they carry the <N> priority prefix. Never log names,
 * phones, questions or facts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

enum iq_log_level { IQ_LOG_ERROR = 3, IQ_LOG_WARN = 4, IQ_LOG_INFO = 6, IQ_LOG_DEBUG = 7 };

/* X(ENUM, name in lines and settings) */
#define IQ_LOG_PARTS(X)                                                                            \
	X(SERVER, "server")   /* start, reload, stop, sockets */                                   \
	X(REQUEST, "request") /* connections and requests */                                       \
	X(OPS, "ops")         /* what operations do beside their answer */                         \
	X(WRITER, "writer")                                                                        \
	X(STORE, "store")                                                                          \
	X(AUDIT, "audit")                                                                          \
	X(PKI, "pki")

enum iq_log_part {
#define X(e, name) IQ_LOG_##e,
	IQ_LOG_PARTS(X)
#undef X
		IQ_LOG_PART_COUNT
};

/* A file that speaks for another part defines this before it includes the header. */
#ifndef IQ_LOG_PART
#define IQ_LOG_PART IQ_LOG_SERVER
#endif
#define iq_log(level, ...) iq_log_line(IQ_LOG_PART, (level), __VA_ARGS__)
void iq_log_line(enum iq_log_part part, enum iq_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Would a line be written? Before work for one. */
bool iq_log_wanted(enum iq_log_part part, enum iq_log_level level);

/* What each part says at most. */
struct iq_log_levels {
	enum iq_log_level of[IQ_LOG_PART_COUNT];
};
/* All parts alike. */
void iq_log_level(enum iq_log_level level);
/* Takes effect at once; any thread. */
void iq_log_set(const struct iq_log_levels *levels);
void iq_log_present(struct iq_log_levels *out);
/*
 * "LEVEL PART=LEVEL …", the level of all and those of single parts, in any order; levels are
 * error, warning, info, debug. False: it says something else, *bad is the word that is wrong.
 */
bool iq_log_levels_read(struct iq_str text, struct iq_log_levels *out, struct iq_str *bad);
enum { IQ_LOG_LEVELS_TEXT = 256 };
/* The same in words: the level most parts have, then the others. */
void iq_log_levels_text(const struct iq_log_levels *levels, char out[IQ_LOG_LEVELS_TEXT]);

/*
 * This thread works on the request of a connection (numbers from 1; 0: none): what is logged until
 * the next call belongs to it.
 */
struct iq_log_context {
	uint64_t connection, request;
};
#define IQ_LOG_NOBODY ((struct iq_log_context){0, 0})
void iq_log_about(struct iq_log_context context);

#endif
