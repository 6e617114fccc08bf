/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_TERM_H
#define IQ_DOMAIN_TERM_H

/* Finding records by what people write; domain.md "Finding terms". Pure. */

#include "model.h"
#include "vocab.h"

enum iq_stage {
	IQ_STAGE_ID,
	IQ_STAGE_NAME,
	IQ_STAGE_ALIAS,
	IQ_STAGE_POSTCODE,
	IQ_STAGE_ARS,
	IQ_STAGE_LEIKA,
	IQ_STAGES
};

/*
 * One key a record is found by: made from a record by iq_term_keys(), stored in an index,
 * looked up by iq_term_resolve(). Keys of IQ_STAGE_ID are not made: the id itself is the key.
 */
struct iq_key {
	enum iq_stage stage;
	struct iq_str key; /* folded name; postcode; ARS without trailing zeros (at least 2 digits
			      left), AGS; LeiKa */
	iq_num num;        /* postcodes: the region */
};

enum { IQ_KEYS_MAX = 2 * 256 + 8 };

/*
 * The keys of a record: names and aliases in both foldings (each once), ARS, AGS, LeiKa. For a
 * postcode record the key belongs to kind IQ_REGION. Kinds with keys: region, task, status, fact,
 * kind, institution, contact (name only: confidential, the caller filters). Returns how many; keys
 * in `arena`.
 */
size_t iq_term_keys(const struct iq_rec *rec, iq_num num, struct iq_arena *arena,
	struct iq_key out[IQ_KEYS_MAX]);

struct iq_names {
	void *ctx;
	const struct iq_vocab *vocab; /* for depth of regions; may be NULL */
	/* number of the record with this id (merged ids followed), or IQ_NONE */
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id);
	/* numbers that carry exactly this key in this stage; at most cap; returns how many there
	 * are */
	size_t (*exact)(void *ctx, enum iq_kind kind, enum iq_stage stage, struct iq_str key,
		iq_num *out, size_t cap);
	/* every id (stage ID), name and alias key of the kind; fn returns false to stop */
	void (*each)(void *ctx, enum iq_kind kind,
		bool (*fn)(void *arg, enum iq_stage stage, struct iq_str key, iq_num num),
		void *arg);
	/* id and display name */
	struct iq_str (*id)(void *ctx, enum iq_kind kind, iq_num num);
	struct iq_str (*name)(void *ctx, enum iq_kind kind, iq_num num, bool english);
	/* the record itself, for the spelling of a suggestion; false: none */
	bool (*get)(void *ctx, enum iq_kind kind, iq_num num, struct iq_arena *arena,
		struct iq_rec *out);
	bool english;
};

enum { IQ_TERM_MATCHES = 64 };

struct iq_resolved {
	enum iq_stage stage;
	size_t n; /* matches; 1: resolved */
	iq_num num[IQ_TERM_MATCHES];
};

/* Numbers of the first stage with a match; n == 0: unknown. No suggestions, no errors. */
void iq_term_lookup(const struct iq_names *names, enum iq_kind kind, struct iq_str term,
	struct iq_arena *arena, struct iq_resolved *out);

/*
 * Resolves a term to one record. IQ_ERR_UNKNOWN_TERM (candidates: at most five suggestions,
 * prefixes and near spellings, best first) or IQ_ERR_AMBIGUOUS (candidates: the matches). A
 * postcode with several regions is resolved (n > 1, stage POSTCODE): the caller answers for all of
 * them.
 */
IQ_CHECK enum iq_err iq_term_resolve(const struct iq_names *names, enum iq_kind kind,
	struct iq_str term, struct iq_arena *arena, struct iq_resolved *out,
	struct iq_error *error);

/* Which of task, status, region the positional words may fill. */
struct iq_words {
	struct iq_resolved task, status, region; /* in: n > 0 means taken by a flag; out: filled */
};

/*
 * Assigns positional words jointly to task, status and region; adjacent words may form one
 * term ("LK Leipzig"). Unknown words: IQ_ERR_UNKNOWN_TERM with suggestions; ties: IQ_ERR_AMBIGUOUS
 * with one candidate per reading.
 */
IQ_CHECK enum iq_err iq_words_resolve(const struct iq_names *names, const struct iq_str *words,
	size_t nwords, struct iq_arena *arena, struct iq_words *io, struct iq_error *error);

/* Suggestions only: at most `max` numbers, best first. Used for rejected cells, too. */
size_t iq_term_suggest(const struct iq_names *names, enum iq_kind kind, struct iq_str term,
	struct iq_arena *arena, iq_num *out, size_t max);

#endif
