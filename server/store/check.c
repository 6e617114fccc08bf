/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies everything against everything: what `iqd check` says of the database. */

#include <stdarg.h>
#include <stdio.h>

#include "codec.h"
#include "utf8.h"
#include "wire.h"
#include "store_priv.h"

enum { LINE = 320, SHOWN = 20 /* findings of one sort that are told in full */ };

struct checker {
	struct iq_txn *t;
	struct iq_arena arena;
	void (*say)(void *arg, const char *line);
	void *arg;
	uint64_t findings;
	uint64_t count[IQ_KINDS];
	uint64_t expected[IQ_TABS];
};

static void finding(struct checker *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void finding(struct checker *c, const char *fmt, ...)
{
	char line[LINE];
	va_list ap;

	c->findings++;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (c->say != NULL)
		c->say(c->arg, line);
}

/* A storage error becomes a finding, and the check goes on. */
static void clear_error(struct checker *c, const char *where)
{
	if (c->t->err == IQ_OK)
		return;
	finding(c, "%s: %s", where, c->t->detail);
	c->t->err = IQ_OK;
}

static const char *kind_name(unsigned kind)
{
	return kind < IQ_KINDS ? iq_schemas[kind].name : "?";
}

/* ---- records ------------------------------------------------------------------------------ */

static void check_keys(struct checker *c, const struct iq_rec *rec, iq_num num)
{
	struct iq_ikeys keys;
	int column;

	if (!iq_index_list(c->t, rec, num, &c->arena, &keys, &column)) {
		clear_error(c, "index");
		finding(c, "%s %u: column %s does not resolve", kind_name(rec->kind), num,
			column >= 0 ? iq_schemas[rec->kind].columns[column].name : "?");
		return;
	}
	for (size_t i = 0; i < keys.n; i++) {
		struct iq_str v;

		c->expected[keys.k[i].tab]++;
		if (!iq_get(c->t, keys.k[i].tab, keys.k[i].key, &v))
			finding(c, "%s %u: an entry of the table %s is missing",
				kind_name(rec->kind), num, iq_tab_names[keys.k[i].tab]);
		else if (!iq_str_eq(v, keys.k[i].value))
			finding(c, "%s %u: its entry of the table %s differs", kind_name(rec->kind),
				num, iq_tab_names[keys.k[i].tab]);
	}
}

/* What was written was valid; anything else would reach terminals and documents. */
static bool texts_good(struct checker *c, const struct iq_rec *rec)
{
	for (size_t i = 0; i < iq_schemas[rec->kind].ncolumns; i++)
		if (!iq_utf8_valid(iq_rec_write_cell(rec, (int)i, &c->arena)))
			return false;
	return true;
}

/* What an image superseded is in the past, unless the record begins with it. */
static void check_before(struct checker *c, const struct iq_image *image)
{
	struct iq_kb k = iq_key_past(image->kind, image->num, image->revision);
	struct iq_str v;

	if (image->revision > image->born && !iq_get(c->t, IQ_TAB_PAST, iq_kb_key(&k), &v))
		finding(c, "%s %u: the image that revision %llu superseded is missing",
			kind_name(image->kind), image->num, (unsigned long long)image->revision);
}

static void check_record(struct checker *c, struct iq_str key, struct iq_str value)
{
	const struct iq_state *s = &c->t->state;
	struct iq_image image;
	struct iq_rec rec;
	struct iq_str id;
	unsigned flags;
	iq_num num = key.n == 5 ? iq_be32(key.p + 1) : IQ_NONE, found;

	if (!iq_image_parse(value, &image) || key.n != 5 || (uint8_t)key.p[0] != image.kind ||
		image.num != num) {
		finding(c, "%s %u: the image is damaged", kind_name((uint8_t)key.p[0]), num);
		return;
	}
	c->count[image.kind]++;
	rec.kind = image.kind;
	if (!iq_codec_read(&rec, image.all, &c->arena)) {
		finding(c, "%s %u: the fields are damaged", kind_name(image.kind), num);
		return;
	}
	if (!texts_good(c, &rec))
		finding(c, "%s %u: a text is damaged", kind_name(image.kind), num);
	id = iq_image_id(&image);
	if (!iq_slug_valid(id) || !iq_str_eq(id, iq_rec_text(&rec, IQ_COL_ID)))
		finding(c, "%s %u: the id is damaged", kind_name(image.kind), num);
	else if (!iq_id_entry(c->t, image.kind, id, &found, &flags) || found != num ||
		 flags != IQ_ID_ALIVE)
		finding(c, "%s %u: the id %.*s leads elsewhere", kind_name(image.kind), num,
			IQ_STR_ARG(id));
	if (num == IQ_NONE || num >= s->next[image.kind])
		finding(c, "%s %u: the number was never given", kind_name(image.kind), num);
	if (image.revision == 0 || image.revision > s->revision || image.born > image.revision ||
		image.born == 0)
		finding(c, "%s %u: the revision is impossible", kind_name(image.kind), num);
	check_before(c, &image);
	check_keys(c, &rec, num);
}

static void check_records(struct checker *c)
{
	struct iq_walk x;

	for (iq_walk_begin(&x, c->t, IQ_TAB_REC, (struct iq_str){NULL, 0}, 0); x.ok;
		iq_walk_next(&x)) {
		iq_arena_reset(&c->arena);
		check_record(c, x.key, x.value);
		clear_error(c, "record");
	}
	iq_walk_end(&x);
	clear_error(c, "records");
	for (unsigned k = 0; k < IQ_KINDS; k++)
		if (c->count[k] != c->t->state.count[k])
			finding(c, "%s: %llu records counted, %llu there", kind_name(k),
				(unsigned long long)c->t->state.count[k],
				(unsigned long long)c->count[k]);
}

static void check_ids(struct checker *c)
{
	uint64_t alive[IQ_KINDS] = {0};
	struct iq_walk x;

	for (iq_walk_begin(&x, c->t, IQ_TAB_ID, (struct iq_str){NULL, 0}, 0); x.ok;
		iq_walk_next(&x)) {
		unsigned kind = x.key.n ? (uint8_t)x.key.p[0] : IQ_KINDS;
		struct iq_str id = {x.key.p + 1, x.key.n ? x.key.n - 1 : 0};

		if (kind >= IQ_KINDS || !iq_slug_valid(id) || x.value.n != IQ_ID_VALUE) {
			finding(c, "an entry of the table id is damaged");
			continue;
		}
		iq_num num = iq_le32(x.value.p);

		if (num == IQ_NONE || num >= c->t->state.next[kind])
			finding(c, "%s %.*s: the number %u was never given", kind_name(kind),
				IQ_STR_ARG(id), num);
		if (x.value.p[4] == IQ_ID_ALIVE) {
			alive[kind]++;
			if (!iq_str_eq(iq_id_of(c->t, (enum iq_kind)kind, num), id))
				finding(c, "%s %.*s: there is no such record", kind_name(kind),
					IQ_STR_ARG(id));
		}
		clear_error(c, "id");
	}
	iq_walk_end(&x);
	clear_error(c, "ids");
	for (unsigned k = 0; k < IQ_KINDS; k++)
		if (alive[k] != c->count[k])
			finding(c, "%s: %llu ids for %llu records", kind_name(k),
				(unsigned long long)alive[k], (unsigned long long)c->count[k]);
}

/* ---- indexes ------------------------------------------------------------------------------ */

/* The record an index entry was made from. False: the key tells of none. */
static bool entry_owner(enum iq_tab tab, struct iq_str key, enum iq_kind *kind, iq_num *num)
{
	switch ((int)tab) {
	case IQ_TAB_CELL:
		*kind = IQ_RESPONSIBILITY;
		*num = key.n == IQ_CELL_KEY ? iq_be32(key.p + 8) : IQ_NONE;
		return *num != IQ_NONE;
	case IQ_TAB_REF:
		if (key.n != 10 || (uint8_t)key.p[5] >= IQ_KINDS)
			return false;
		*kind = (enum iq_kind)key.p[5];
		*num = iq_be32(key.p + 6);
		return true;
	default:
		if (key.n < 8 || (uint8_t)key.p[0] >= IQ_KINDS)
			return false;
		*kind = (enum iq_kind)key.p[0];
		*num = iq_be32(key.p + key.n - 4);
		return true;
	}
}

/* A postcode's key names its region: its own id is the postcode and the region's id. */
static bool postcode_owner(struct checker *c, struct iq_str key, enum iq_kind *kind, iq_num *num)
{
	struct iq_str region = iq_id_of(c->t, IQ_REGION, *num);
	struct iq_str code = {key.p + 2, key.n - 7};
	char id[IQ_KEY_MAX];
	int n = snprintf(id, sizeof(id), "%.*s-%.*s", IQ_STR_ARG(code), IQ_STR_ARG(region));

	*kind = IQ_POSTCODE;
	*num = n > 0 && (size_t)n < sizeof(id) ? iq_id_find(c->t, IQ_POSTCODE, iq_str(id))
					       : IQ_NONE;
	return *num != IQ_NONE;
}

static bool belongs(struct checker *c, enum iq_tab tab, struct iq_str key)
{
	struct iq_ikeys keys;
	struct iq_rec rec;
	enum iq_kind kind;
	iq_num num;
	int column;

	iq_arena_reset(&c->arena);
	if (!entry_owner(tab, key, &kind, &num))
		return false;
	if (tab == IQ_TAB_NAME && key.p[1] == IQ_STAGE_POSTCODE &&
		!postcode_owner(c, key, &kind, &num))
		return false;
	if (!iq_rec_get(c->t, kind, num, &c->arena, &rec) ||
		!iq_index_list(c->t, &rec, num, &c->arena, &keys, &column))
		return false;
	for (size_t i = 0; i < keys.n; i++)
		if (keys.k[i].tab == tab && iq_str_eq(keys.k[i].key, key))
			return true;
	return false;
}

/* All that should be there was found; if there are more, tells which ones. */
static void check_index(struct checker *c, enum iq_tab tab)
{
	unsigned told = 0;
	struct iq_walk x;
	MDB_stat st;

	if (mdb_stat(c->t->txn, c->t->env->dbi[tab], &st) != 0) {
		finding(c, "the table %s cannot be read", iq_tab_names[tab]);
		return;
	}
	if (st.ms_entries == c->expected[tab])
		return;
	finding(c, "the table %s has %zu entries, %llu expected", iq_tab_names[tab], st.ms_entries,
		(unsigned long long)c->expected[tab]);
	for (iq_walk_begin(&x, c->t, tab, (struct iq_str){NULL, 0}, 0); x.ok && told < SHOWN;
		iq_walk_next(&x)) {
		if (!belongs(c, tab, x.key)) {
			finding(c, "an entry of the table %s belongs to no record",
				iq_tab_names[tab]);
			told++;
		}
		clear_error(c, "index");
	}
	iq_walk_end(&x);
	clear_error(c, "index");
}

/* ---- log and past ------------------------------------------------------------------------- */

struct touching {
	struct checker *c;
	uint64_t revision, n;
};

/* What a revision touched and left there must have an image from it or one that it superseded. */
static bool on_touched(void *arg, enum iq_kind kind, iq_num num)
{
	struct touching *x = arg;
	struct iq_txn *t = x->c->t;
	struct iq_kb k = iq_key_past(kind, num, x->revision);
	struct iq_image image;
	struct iq_str v;

	x->n++;
	if (num >= t->state.next[kind]) {
		finding(x->c, "log %llu: %s %u was never given", (unsigned long long)x->revision,
			kind_name(kind), num);
		return true;
	}
	/* Not there at all: added and removed in one change. */
	if (!iq_past_get(t, kind, num, x->revision, &image) || image.revision == x->revision)
		return true;
	if (!iq_get(t, IQ_TAB_PAST, iq_kb_key(&k), &v))
		finding(x->c, "log %llu: no image of %s %u", (unsigned long long)x->revision,
			kind_name(kind), num);
	return true;
}

static void check_log(struct checker *c)
{
	const struct iq_state *s = &c->t->state;
	uint64_t last = 0;
	struct iq_walk x;

	for (iq_walk_begin(&x, c->t, IQ_TAB_LOG, (struct iq_str){NULL, 0}, 0); x.ok;
		iq_walk_next(&x)) {
		uint64_t revision = x.key.n == 12 ? iq_be64(x.key.p) : 0;
		uint32_t part = x.key.n == 12 ? iq_be32(x.key.p + 8) : 0;

		if (revision != last + (part == 0))
			finding(c, "log: entry %llu follows %llu", (unsigned long long)revision,
				(unsigned long long)last);
		last = revision;
		if (part != 0)
			continue;
		struct touching touching = {c, revision, 0};
		struct iq_log_entry e;

		if (!iq_log_get(c->t, revision, &e, on_touched, &touching))
			finding(c, "log %llu: the entry is damaged", (unsigned long long)revision);
		else if (e.touched != touching.n)
			finding(c, "log %llu: %llu records counted, %llu listed",
				(unsigned long long)revision, (unsigned long long)e.touched,
				(unsigned long long)touching.n);
		clear_error(c, "log");
	}
	iq_walk_end(&x);
	clear_error(c, "log");
	if (last != s->revision || s->vocab_revision > s->revision)
		finding(c, "log: the last entry is %llu, the state says %llu",
			(unsigned long long)last, (unsigned long long)s->revision);
}

static void check_past(struct checker *c)
{
	struct iq_walk x;

	for (iq_walk_begin(&x, c->t, IQ_TAB_PAST, (struct iq_str){NULL, 0}, 0); x.ok;
		iq_walk_next(&x)) {
		struct iq_image image;
		struct iq_rec rec;
		uint64_t superseded = x.key.n == 13 ? iq_be64(x.key.p + 5) : 0;

		iq_arena_reset(&c->arena);
		if (!iq_image_parse(x.value, &image) || x.key.n != 13 ||
			(uint8_t)x.key.p[0] != image.kind || iq_be32(x.key.p + 1) != image.num ||
			image.revision >= superseded || superseded > c->t->state.revision ||
			image.born > image.revision) {
			finding(c, "an image of the past is damaged");
			continue;
		}
		rec.kind = image.kind;
		if (!iq_codec_read(&rec, image.all, &c->arena))
			finding(c, "%s %u: an image of the past is damaged", kind_name(image.kind),
				image.num);
		check_before(c, &image);
	}
	iq_walk_end(&x);
	clear_error(c, "past");
}

/* An archived record is not there, and its last image is in the past. */
static void check_archived(struct checker *c)
{
	struct iq_walk x;

	for (iq_walk_begin(&x, c->t, IQ_TAB_LIVING, IQ_STR("a"), 1); x.ok; iq_walk_next(&x)) {
		struct iq_str rest = x.value;
		struct iq_wire_field f = {.value = 0};
		struct iq_image image;
		bool bad = false;
		unsigned kind = x.key.n == IQ_ARCHIVED_KEY ? (uint8_t)x.key.p[1] : IQ_KINDS;

		if (kind >= IQ_KINDS || !iq_wire_next(&rest, &f, &bad) || f.field != 1 ||
			f.value == 0 || f.value > c->t->state.revision) {
			finding(c, "an entry of the archive is damaged");
			continue;
		}
		iq_num num = iq_be32(x.key.p + 2);

		if (iq_image_get(c->t, (enum iq_kind)kind, num, &image))
			finding(c, "%s %u: archived and still there", kind_name(kind), num);
		else if (!iq_past_get(c->t, (enum iq_kind)kind, num, f.value - 1, &image))
			finding(c, "%s %u: archived, but what it was is lost", kind_name(kind),
				num);
	}
	iq_walk_end(&x);
	clear_error(c, "archive");
}

static void check_requests(struct checker *c)
{
	struct iq_walk x;

	for (iq_walk_begin(&x, c->t, IQ_TAB_REQUEST, (struct iq_str){NULL, 0}, 0); x.ok;
		iq_walk_next(&x))
		if (x.value.n < 8 || iq_le64(x.value.p) > c->t->state.revision)
			finding(c, "an entry of the table request is damaged");
	iq_walk_end(&x);
	clear_error(c, "request");
}

static void check_vocab(struct checker *c)
{
	struct iq_vocab_source src;
	struct iq_vocab *v = NULL;
	struct iq_arena arena;
	struct iq_error e;

	iq_arena_init(&arena, 0);
	iq_error_init(&e, &arena);
	iq_txn_vocab_source(c->t, &src);
	if (iq_vocab_build(&src, c->t->state.vocab_revision, &v, &e) != IQ_OK) {
		for (size_t i = 0; i < e.nproblems; i++)
			finding(c, "vocabulary: %s",
				iq_text_fill(&arena, e.problems[i].text, e.problems[i].args,
					e.problems[i].nargs));
		if (e.nproblems == 0)
			finding(c, "vocabulary: %s", e.text ? e.text : "cannot be built");
	}
	iq_vocab_free(v);
	iq_arena_free(&arena);
	clear_error(c, "vocabulary");
}

uint64_t iq_store_check(struct iq_store *s, void (*say)(void *arg, const char *line), void *arg)
{
	struct checker c = {.say = say, .arg = arg};
	struct iq_rtxn *r;

	if (iq_rtxn_new(s, &r) != IQ_OK) {
		finding(&c, "the database cannot be read");
		return c.findings;
	}
	c.t = iq_rtxn_txn(r);
	iq_arena_init(&c.arena, 0);
	if (!iq_rtxn_renew(r)) {
		finding(&c, "the state cannot be read");
	} else {
		check_records(&c);
		check_ids(&c);
		check_index(&c, IQ_TAB_CELL);
		check_index(&c, IQ_TAB_REF);
		check_index(&c, IQ_TAB_NAME);
		check_log(&c);
		check_past(&c);
		check_archived(&c);
		check_requests(&c);
		check_vocab(&c);
	}
	iq_arena_free(&c.arena);
	iq_rtxn_free(r);
	return c.findings;
}
