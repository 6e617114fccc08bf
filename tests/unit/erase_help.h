/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_ERASE_HELP_H
#define IQ_TESTS_ERASE_HELP_H

/* A small world of contacts that can be erased, and everything else of it as text. */

#include "codec.h"
#include "store_help.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { MAP = 256 << 20, PEOPLE = 40, STEPS = 120 };

struct world {
	struct fixture f;
	uint64_t seed;
	bool gone[PEOPLE]; /* removed and to be erased */
	iq_num num[PEOPLE];
};

static inline uint32_t rnd(struct world *x, uint32_t n)
{
	x->seed = x->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(x->seed >> 33) % n;
}

static inline struct iq_wtxn *begin(struct world *x, const char *operation)
{
	struct iq_change c = {.principal = IQ_STR("tester"),
		.operation = iq_str(operation),
		.reason = IQ_STR("correction")};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(x->f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	return w;
}

static inline void commit(struct iq_wtxn *w)
{
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

static inline const char *person_id(struct world *x, uint32_t i)
{
	return iq_arena_printf(&x->f.arena, "person-%02u-geheim", i);
}

static inline void put_person(struct world *x, struct iq_wtxn *w, uint32_t i, uint32_t turn)
{
	struct iq_arena *a = &x->f.arena;
	struct iq_rec rec = make_rec(a, IQ_CONTACT, person_id(x, i), "institution=amt",
		iq_arena_printf(a, "name=Mustermann%02u Nr. %u", i, turn), "function=Beratung",
		iq_arena_printf(a, "email=mustermann%02u@example.org", i), "visibility=partners",
		"deputy=", NULL);

	x->num[i] = put_rec(w, a, &rec);
}

static inline void put_duty(
	struct world *x, struct iq_wtxn *w, uint32_t i, uint32_t a_, uint32_t b_)
{
	struct iq_arena *a = &x->f.arena;
	struct iq_rec rec = make_rec(a, IQ_RESPONSIBILITY, iq_arena_printf(a, "duty-%u", i),
		"institution=amt", "task=kurs", "region=stadt", "role=provider",
		a_ == PEOPLE
			? "contacts="
			: iq_arena_printf(a, "contacts=%s;%s", person_id(x, a_), person_id(x, b_)),
		iq_arena_printf(a, "note=Stand %u", rnd(x, 1000)), NULL);

	put_rec(w, a, &rec);
}

static inline void put_basics(struct world *x)
{
	struct iq_arena *a = &x->f.arena;
	struct iq_wtxn *w = begin(x, "import");
	struct iq_rec recs[] = {
		make_rec(a, IQ_REGION, "stadt", "kind=kreis", "name_de=Stadt", NULL),
		make_rec(a, IQ_TASK, "kurs", "name_de=Kurs", NULL),
		make_rec(a, IQ_KIND, "behoerde", "name_de=Behörde", NULL),
		make_rec(a, IQ_INSTITUTION, "amt", "kind=behoerde", "region=stadt", "name_de=Amt",
			NULL),
	};

	for (size_t i = 0; i < sizeof(recs) / sizeof(recs[0]); i++)
		put_rec(w, a, &recs[i]);
	for (uint32_t i = 0; i < PEOPLE; i++)
		put_person(x, w, i, 0);
	iq_table_put(w, IQ_TABLE_AUTH, IQ_STR("p/tester"), IQ_STR("opaque"));
	commit(w);
}

static inline void start(struct world *x, uint64_t seed)
{
	memset(x, 0, sizeof(*x));
	x->seed = seed;
	fixture_new(&x->f, MAP);
	put_basics(x);
}

/* Changes at random; requests with an answer behind what must stay. */
static inline void stir(struct world *x, int steps)
{
	for (int i = 0; i < steps; i++) {
		struct iq_wtxn *w = begin(x, "set");
		char key[24], value[IQ_REQUEST_KEPT + 40];
		uint64_t revision = iq_wtxn_state(w)->revision;
		uint32_t who = rnd(x, PEOPLE);

		if (!x->gone[who])
			put_person(x, w, who, rnd(x, 5));
		uint32_t a = rnd(x, PEOPLE), b = rnd(x, PEOPLE);

		put_duty(x, w, rnd(x, 12), x->gone[a] || x->gone[b] || a == b ? PEOPLE : a, b);
		memset(value, 'k', sizeof(value));
		memcpy(value, &revision, 8);
		memcpy(value + IQ_REQUEST_KEPT, "name: Mustermann", 16);
		snprintf(key, sizeof(key), "tester %d", i);
		iq_table_put(
			w, IQ_TABLE_REQUEST, iq_str(key), (struct iq_str){value, sizeof(value)});
		commit(w);
	}
}

/* Removes every n-th person and what refers to them. */
static inline size_t remove_some(struct world *x, uint32_t n, iq_num *out)
{
	size_t count = 0;
	struct iq_wtxn *w = begin(x, "erase");

	for (uint32_t i = 0; i < 12; i++)
		put_duty(x, w, i, PEOPLE, 0);
	for (uint32_t i = 0; i < PEOPLE; i += n) {
		if (x->gone[i])
			continue;
		x->gone[i] = true;
		iq_rec_remove(w, IQ_CONTACT, x->num[i], &x->f.arena);
		out[count++] = x->num[i];
	}
	commit(w);
	return count;
}

/* ---- everything that must stay, as text ------------------------------------------------------ */

struct dump {
	struct world *x;
	struct iq_txn *t;
	struct iq_buf b;
};

static inline bool is_gone(struct dump *d, iq_num num)
{
	for (uint32_t i = 0; i < PEOPLE; i++)
		if (d->x->gone[i] && d->x->num[i] == num)
			return true;
	return false;
}

static inline bool is_gone_id(struct dump *d, struct iq_str id)
{
	for (uint32_t i = 0; i < PEOPLE; i++)
		if (d->x->gone[i] && iq_str_eq(iq_str(person_id(d->x, i)), id))
			return true;
	return false;
}

static inline void line(struct dump *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void line(struct dump *d, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	iq_buf_str(&d->b, iq_str(text));
	iq_buf_byte(&d->b, '\n');
}

/* The record without its references to those who are gone. */
static inline struct iq_rec read_image(struct dump *d, const struct iq_image *image)
{
	struct iq_rec rec = {.kind = image->kind};

	assert_true(iq_codec_read(&rec, image->all, &d->x->f.arena));
	for (size_t c = 0; c < iq_schemas[rec.kind].ncolumns; c++) {
		struct iq_str *v = (struct iq_str *)(uintptr_t)rec.col[c].v;
		uint32_t n = 0;

		if (iq_schemas[rec.kind].columns[c].target != IQ_CONTACT)
			continue;
		for (uint32_t i = 0; i < rec.col[c].n; i++)
			if (!is_gone_id(d, v[i]))
				v[n++] = v[i];
		rec.col[c].n = n;
	}
	return rec;
}

static inline bool past_one(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct dump *d = arg;
	struct iq_rec rec = read_image(d, image);

	line(d, "past %s %u until %llu: %llu born %llu %s", iq_schemas[image->kind].name,
		image->num, (unsigned long long)superseded, (unsigned long long)image->revision,
		(unsigned long long)image->born, rec_text(&d->x->f.arena, &rec));
	return true;
}

static inline bool record_one(void *arg, const struct iq_image *image)
{
	struct dump *d = arg;

	line(d, "rec %s %u %llu born %llu %zu %.*s", iq_schemas[image->kind].name, image->num,
		(unsigned long long)image->revision, (unsigned long long)image->born, image->all.n,
		IQ_STR_ARG(image->all));
	return true;
}

static inline bool id_one(void *arg, struct iq_str id, iq_num num)
{
	line(arg, "id %.*s %u", IQ_STR_ARG(id), num);
	return true;
}

static inline bool touched_one(void *arg, enum iq_kind kind, iq_num num)
{
	line(arg, "  %s %u", iq_schemas[kind].name, num);
	return true;
}

static inline bool table_one(void *arg, struct iq_str key, struct iq_str value)
{
	size_t n = value.n < IQ_REQUEST_KEPT ? value.n : IQ_REQUEST_KEPT;

	line(arg, "table %.*s = %.*s", IQ_STR_ARG(key), (int)n, value.p);
	return true;
}

static inline char *dump(struct world *x)
{
	struct dump d = {.x = x};
	struct iq_rtxn *r;

	iq_buf_init(&d.b, 0);
	assert_int_equal(iq_rtxn_new(x->f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	d.t = iq_rtxn_txn(r);
	const struct iq_state *s = iq_rtxn_state(r);

	line(&d, "state %llu %llu %llu", (unsigned long long)s->revision,
		(unsigned long long)s->vocab_revision, (unsigned long long)s->generation);
	for (unsigned k = 0; k < IQ_KINDS; k++) {
		enum iq_kind kind = (enum iq_kind)k;

		line(&d, "kind %u: next %u, %llu", k, s->next[k], (unsigned long long)s->count[k]);
		iq_each_record(d.t, kind, 0, record_one, &d);
		iq_each_id(d.t, kind, (struct iq_str){NULL, 0}, id_one, &d);
		for (iq_num num = 1; num < s->next[k]; num++)
			if (kind != IQ_CONTACT || !is_gone(&d, num))
				iq_past_each(d.t, kind, num, past_one, &d);
	}
	for (uint64_t at = 1; at <= s->revision; at++) {
		struct iq_log_entry e;

		assert_true(iq_log_get(d.t, at, &e, touched_one, &d));
		line(&d, "log %llu %.*s %.*s %.*s %llu", (unsigned long long)at,
			IQ_STR_ARG(e.principal), IQ_STR_ARG(e.operation), IQ_STR_ARG(e.reason),
			(unsigned long long)e.touched);
	}
	iq_table_each(d.t, IQ_TABLE_AUTH, (struct iq_str){NULL, 0}, table_one, &d);
	iq_table_each(d.t, IQ_TABLE_REQUEST, (struct iq_str){NULL, 0}, table_one, &d);
	assert_int_equal(iq_txn_error(d.t, NULL), IQ_OK);
	iq_rtxn_free(r);
	assert_false(d.b.failed);
	iq_buf_byte(&d.b, 0);
	return (char *)d.b.p;
}

/* True if a file of the directory has these bytes. */
static inline bool on_disk(struct world *x, const char *text)
{
	DIR *dir = opendir(x->f.dir);
	bool found = false;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL && !found;) {
		char path[400];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", x->f.dir, e->d_name);
		if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		FILE *f = fopen(path, "r");
		char *bytes = malloc((size_t)st.st_size + 1);

		assert_non_null(f);
		assert_non_null(bytes);
		size_t n = fread(bytes, 1, (size_t)st.st_size, f);

		found = memmem(bytes, n, text, strlen(text)) != NULL;
		free(bytes);
		fclose(f);
	}
	closedir(dir);
	return found;
}

static inline size_t files(struct world *x)
{
	DIR *dir = opendir(x->f.dir);
	size_t n = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* Files without a name that this process still holds. */
static inline size_t unnamed(struct world *x)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		char path[300], to[300];

		snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
		ssize_t len = readlink(path, to, sizeof(to) - 1);

		if (len <= 0)
			continue;
		to[len] = '\0';
		n += strstr(to, x->f.dir) != NULL && strstr(to, "(deleted)") != NULL;
	}
	closedir(dir);
	return n;
}

static inline void erase(struct world *x, const iq_num *num, size_t n)
{
	enum iq_err err = iq_store_erase(x->f.store, num, n, &x->f.error);

	if (err != IQ_OK)
		print_error("%s\n", x->f.error.text);
	assert_int_equal(err, IQ_OK);
}

#endif
