/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_LISTS_H
#define IQ_CLIENT_LISTS_H

/*
 * Bundles and lists of Excel as import, lint and sync read them: what was assumed and repaired is
 * said, mappings are remembered per profile.
 */

#include "client.h"
#include "directory.h"
#include "input.h"
#include "json.h"

struct iq_lists {
	struct iq_cli *cli;
	struct iq_input input;
	struct iq_input_options options;
	struct iq_repairs repairs; /* of the last reading */
	bool any;                  /* one of the tables is of a list */
	struct iq_directory *vocabulary;
};

enum iq_lists_use {
	IQ_LISTS_IMPORT, /* ids are needed, the server is asked for its vocabulary */
	IQ_LISTS_SYNC,   /* no ids, rows need not name their institution; likewise */
	IQ_LISTS_LINT    /* like sync, with the vocabulary that is there */
};

/* Opens what `paths` name, following --map. Close it in any case. */
IQ_CHECK enum iq_err iq_lists_open(struct iq_cli *cli, const char *const *paths, size_t n,
	enum iq_lists_use use, struct iq_lists *out);
void iq_lists_close(struct iq_lists *l);
/* The repairs, on standard error, by line. */
void iq_lists_say_repairs(struct iq_lists *l);
/* By file and line. */
void iq_lists_sort(struct iq_problem *problems, size_t n);
/* What the list calls a column of the bundle; the column itself if it is of no list. */
struct iq_str iq_lists_header(const struct iq_lists *l, struct iq_str file, struct iq_str column);
/* [{"file","line","column","before","after","reason"}] */
json_t *iq_lists_repairs_json(const struct iq_lists *l);

#endif
