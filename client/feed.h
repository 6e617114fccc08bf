/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_FEED_H
#define IQ_CLIENT_FEED_H

/* The change feed at the client: `changes` and `watch`. */

#include "json.h"
#include "session.h"

/* What a change is to people. */
enum iq_feed_what {
	IQ_FEED_PRESENT, /* it is there; whether it was before is not known */
	IQ_FEED_ADDED,
	IQ_FEED_CHANGED,
	IQ_FEED_REMOVED,
	IQ_FEED_WITHDRAWN /* exists, but not for the caller any more */
};
const char *iq_feed_word(enum iq_feed_what what); /* "added" …: JSON, environment */
const char *iq_feed_sign(enum iq_feed_what what); /* "+" … */

struct iq_feed_change {
	enum iq_feed_what what;
	const char *kind, *id;
	uint64_t revision, time;      /* 0: not known */
	const Iq__V1__Record *record; /* NULL: gone */
};

/*
 * What a consumer holds: records, or only a hash of each, by "kind/id". Cookies name how far it
 * was told.
 */
struct iq_feed_view {
	struct iq_cli *cli;
	bool whole; /* keeps the records themselves */
	bool keeps; /* keeps anything at all: knows what is new, and what is lost */
	json_t *records;
	json_t *fresh; /* keys told since a refresh began; NULL: none is under way */
	int attempts;  /* refreshes whose count or digest did not match */
	struct iq_buf cookie;
	uint64_t revision, withheld;
	const char *because; /* something is withheld */
	void (*tell)(void *arg, const struct iq_feed_change *change);
	void *arg;
};

void iq_feed_view_init(struct iq_feed_view *v, struct iq_cli *cli);
void iq_feed_view_free(struct iq_feed_view *v);
/* The flags of the command line as a request; in cli->arena. */
IQ_CHECK enum iq_err iq_feed_query(struct iq_cli *cli, Iq__V1__ChangesRequest *q);
/*
 * Takes one answer: tells changes, moves the cookie on. *again: there is more to ask for at once.
 * IQ_ERR_BUSY: the directory kept changing.
 */
IQ_CHECK enum iq_err iq_feed_take(
	struct iq_feed_view *v, const Iq__V1__ChangesResponse *r, bool *again);
/* Asks until nothing is left to be told. The scratch arena holds one answer at a time. */
IQ_CHECK enum iq_err iq_feed_follow(struct iq_feed_view *v, struct iq_call *call,
	Iq__V1__ChangesRequest *q, struct iq_arena *scratch);

/* A file with the view: a line with the cookie, then one line per record, sorted. No such file:
 * the view stays empty. */
IQ_CHECK enum iq_err iq_feed_load(struct iq_feed_view *v, const char *path);
IQ_CHECK enum iq_err iq_feed_save(struct iq_feed_view *v, const char *path);

/* Of such a file: this line is not what iqq writes. */
enum iq_err iq_feed_bad_file(struct iq_cli *cli, const char *path, size_t line);

/* Cookies as text: base64url without padding. In cli->arena. */
const char *iq_feed_cookie_text(struct iq_cli *cli, const struct iq_buf *cookie);
IQ_CHECK enum iq_err iq_feed_cookie_parse(struct iq_cli *cli, const char *text, struct iq_buf *out);

/* One change as an object, on a line of a terminal, in a pipe. */
json_t *iq_feed_json(struct iq_cli *cli, const struct iq_feed_change *c);
void iq_feed_line(struct iq_cli *cli, const struct iq_feed_change *c);
/* Runs a command with the object on its standard input. */
void iq_feed_exec(struct iq_cli *cli, const char *command, enum iq_feed_what what, const char *kind,
	const char *id, json_t *object);

/* watch --who. */
IQ_CHECK enum iq_err iq_watch_who(struct iq_cli *cli);
/* ---- watching (cmd/watch.c) ---- */
/* From here on a signal ends the program with status 0, but only while it waits. */
void iq_watch_begin(struct iq_cli *cli);
/*
 * One request; connects first where there is no connection, and again, later and later, if it is
 * lost or the server is busy. The answer is in cli->arena, which is emptied before.
 */
IQ_CHECK enum iq_err iq_watch_ask(
	struct iq_cli *cli, Iq__V1__Request *rq, const Iq__V1__Response **out);
/* Milliseconds to ask the server to wait. */
IQ_CHECK enum iq_err iq_watch_wait(struct iq_cli *cli, uint32_t *ms);
/* Writes what is on cli->out; false: nobody reads it any more. */
bool iq_watch_flush(struct iq_cli *cli);

#endif
