/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing contacts for good: everything else stays, nothing of them does, questions go on. */

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

static uint32_t rnd(struct world *x, uint32_t n)
{
	x->seed = x->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(x->seed >> 33) % n;
}

static struct iq_wtxn *begin(struct world *x, const char *operation)
{
	struct iq_change c = {.principal = IQ_STR("tester"),
		.operation = iq_str(operation),
		.reason = IQ_STR("correction")};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(x->f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	return w;
}

static void commit(struct iq_wtxn *w)
{
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

static const char *person_id(struct world *x, uint32_t i)
{
	return iq_arena_printf(&x->f.arena, "person-%02u-geheim", i);
}

static void put_person(struct world *x, struct iq_wtxn *w, uint32_t i, uint32_t turn)
{
	struct iq_arena *a = &x->f.arena;
	struct iq_rec rec = make_rec(a, IQ_CONTACT, person_id(x, i), "institution=amt",
		iq_arena_printf(a, "name=Mustermann%02u Nr. %u", i, turn), "function=Beratung",
		iq_arena_printf(a, "email=mustermann%02u@example.org", i), "visibility=partners",
		"deputy=", NULL);

	x->num[i] = put_rec(w, a, &rec);
}

static void put_duty(struct world *x, struct iq_wtxn *w, uint32_t i, uint32_t a_, uint32_t b_)
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

static void put_basics(struct world *x)
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

static void start(struct world *x, uint64_t seed)
{
	memset(x, 0, sizeof(*x));
	x->seed = seed;
	fixture_new(&x->f, MAP);
	put_basics(x);
}

/* Changes at random; requests with an answer behind what must stay. */
static void stir(struct world *x, int steps)
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
static size_t remove_some(struct world *x, uint32_t n, iq_num *out)
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

static bool is_gone(struct dump *d, iq_num num)
{
	for (uint32_t i = 0; i < PEOPLE; i++)
		if (d->x->gone[i] && d->x->num[i] == num)
			return true;
	return false;
}

static bool is_gone_id(struct dump *d, struct iq_str id)
{
	for (uint32_t i = 0; i < PEOPLE; i++)
		if (d->x->gone[i] && iq_str_eq(iq_str(person_id(d->x, i)), id))
			return true;
	return false;
}

static void line(struct dump *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void line(struct dump *d, const char *fmt, ...)
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
static struct iq_rec read_image(struct dump *d, const struct iq_image *image)
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

static bool past_one(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct dump *d = arg;
	struct iq_rec rec = read_image(d, image);

	line(d, "past %s %u until %llu: %llu born %llu %s", iq_schemas[image->kind].name,
		image->num, (unsigned long long)superseded, (unsigned long long)image->revision,
		(unsigned long long)image->born, rec_text(&d->x->f.arena, &rec));
	return true;
}

static bool record_one(void *arg, const struct iq_image *image)
{
	struct dump *d = arg;

	line(d, "rec %s %u %llu born %llu %zu %.*s", iq_schemas[image->kind].name, image->num,
		(unsigned long long)image->revision, (unsigned long long)image->born, image->all.n,
		IQ_STR_ARG(image->all));
	return true;
}

static bool id_one(void *arg, struct iq_str id, iq_num num)
{
	line(arg, "id %.*s %u", IQ_STR_ARG(id), num);
	return true;
}

static bool touched_one(void *arg, enum iq_kind kind, iq_num num)
{
	line(arg, "  %s %u", iq_schemas[kind].name, num);
	return true;
}

static bool table_one(void *arg, struct iq_str key, struct iq_str value)
{
	size_t n = value.n < IQ_REQUEST_KEPT ? value.n : IQ_REQUEST_KEPT;

	line(arg, "table %.*s = %.*s", IQ_STR_ARG(key), (int)n, value.p);
	return true;
}

static char *dump(struct world *x)
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
static bool on_disk(struct world *x, const char *text)
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

static size_t files(struct world *x)
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
static size_t unnamed(struct world *x)
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

static void erase(struct world *x, const iq_num *num, size_t n)
{
	enum iq_err err = iq_store_erase(x->f.store, num, n, &x->f.error);

	if (err != IQ_OK)
		print_error("%s\n", x->f.error.text);
	assert_int_equal(err, IQ_OK);
}

static void test_rest_stays(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world x;
		iq_num num[PEOPLE];

		start(&x, seed);
		stir(&x, STEPS);
		for (uint32_t every = 7; every >= 3; every -= 2) {
			size_t n = remove_some(&x, every, num);
			char *before = dump(&x), *after;

			assert_true(n > 0 && on_disk(&x, "person-00-geheim") == (every == 7));
			erase(&x, num, n);
			after = dump(&x);
			assert_string_equal(before, after);
			assert_clean(x.f.store);
			assert_int_equal(files(&x), 2);
			assert_int_equal(unnamed(&x), 0);
			free(before);
			free(after);
			stir(&x, STEPS / 4);
			for (uint32_t i = 0; i < PEOPLE; i++) {
				char name[40], mail[40];

				snprintf(name, sizeof(name), "Mustermann%02u", i);
				snprintf(mail, sizeof(mail), "mustermann%02u@", i);
				assert_int_equal(on_disk(&x, name), !x.gone[i]);
				assert_int_equal(on_disk(&x, mail), !x.gone[i]);
				assert_int_equal(on_disk(&x, person_id(&x, i)), !x.gone[i]);
			}
			/* As after a restart. */
			iq_store_close(x.f.store);
			fixture_open(&x.f, false, MAP);
			assert_clean(x.f.store);
		}
		fixture_free(&x.f);
	}
}

/* An erased number stays used up; the id is free. */
static void test_numbers(void **state)
{
	struct world x;
	iq_num num[PEOPLE];
	bool merged;

	(void)state;
	start(&x, 4);
	size_t n = remove_some(&x, 8, num);

	erase(&x, num, n);
	struct iq_wtxn *w = begin(&x, "add");

	assert_int_equal(
		iq_id_reserved(iq_wtxn_txn(w), IQ_CONTACT, iq_str(person_id(&x, 0)), &merged),
		IQ_NONE);
	put_person(&x, w, 0, 9);
	commit(w);
	assert_int_equal(x.num[0], PEOPLE + 1);
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

/* What was united with the contact is the same person. */
static void test_united(void **state)
{
	struct world x;

	(void)state;
	start(&x, 5);
	struct iq_wtxn *w = begin(&x, "merge");

	iq_rec_remove(w, IQ_CONTACT, x.num[3], &x.f.arena);
	iq_id_redirect(w, IQ_CONTACT, iq_str(person_id(&x, 3)), x.num[5]);
	commit(w);
	w = begin(&x, "erase");
	iq_rec_remove(w, IQ_CONTACT, x.num[5], &x.f.arena);
	iq_erase_mark(w, x.num[5]);
	commit(w);
	assert_true(on_disk(&x, "Mustermann03"));
	erase(&x, NULL, 0); /* noted is enough */
	assert_false(on_disk(&x, "person-03-geheim"));
	assert_false(on_disk(&x, "Mustermann03"));
	assert_false(on_disk(&x, "Mustermann05"));
	assert_true(on_disk(&x, "Mustermann04"));
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

static bool no_mark(void *arg, iq_num contact)
{
	(void)arg;
	(void)contact;
	fail();
	return false;
}

static void test_marks_go(void **state)
{
	struct world x;
	struct iq_rtxn *r;

	(void)state;
	start(&x, 6);
	struct iq_wtxn *w = begin(&x, "erase");

	iq_rec_remove(w, IQ_CONTACT, x.num[1], &x.f.arena);
	iq_erase_mark(w, x.num[1]);
	commit(w);
	assert_clean(x.f.store);
	erase(&x, NULL, 0);
	assert_int_equal(iq_rtxn_new(x.f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	iq_erase_each(iq_rtxn_txn(r), no_mark, NULL);
	iq_rtxn_free(r);
	fixture_free(&x.f);
}

static void test_refused(void **state)
{
	struct world x;

	(void)state;
	start(&x, 7);
	char *before = dump(&x);

	assert_int_equal(iq_store_erase(x.f.store, &x.num[2], 1, &x.f.error), IQ_ERR_CONFLICT);
	char *after = dump(&x);

	assert_string_equal(before, after);
	assert_int_equal(files(&x), 2);
	free(before);
	free(after);
	fixture_free(&x.f);
}

/* No room: nothing has changed, and it works once there is. */
static void test_full(void **state)
{
	struct world x;
	struct rlimit old, small;
	iq_num num[PEOPLE];

	(void)state;
	start(&x, 8);
	stir(&x, 20);
	size_t n = remove_some(&x, 2, num);
	char *before = dump(&x);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 32768;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	enum iq_err err = iq_store_erase(x.f.store, num, n, &x.f.error);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_not_equal(err, IQ_OK);
	char *after = dump(&x);

	assert_string_equal(before, after);
	assert_int_equal(files(&x), 2);
	free(before);
	free(after);
	iq_error_init(&x.f.error, &x.f.arena);
	erase(&x, num, n);
	assert_false(on_disk(&x, person_id(&x, 0)));
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

/* ---- crashes --------------------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	char block[4096];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		assert_int_equal(fwrite(block, 1, n, out), n);
	fclose(in);
	fclose(out);
}

static const char *path(struct world *x, const char *name)
{
	return iq_arena_printf(&x->f.arena, "%s/%s", x->f.dir, name);
}

/* Before the names change: half a new file. After: an unused lock beside the old file. */
static void test_crash(void **state)
{
	struct world x;

	(void)state;
	for (int stage = 0; stage < 4; stage++) {
		start(&x, 9);
		stir(&x, 20);
		char *before = dump(&x), *after;

		copy_file(path(&x, "data.mdb"), path(&x, "data.mdb.new"));
		copy_file(path(&x, "data.mdb-lock"), path(&x, "data.mdb.new-lock"));
		iq_store_close(x.f.store);
		if (stage >= 1) /* the old lock kept */
			assert_int_equal(
				link(path(&x, "data.mdb-lock"), path(&x, "data.mdb-lock.old")), 0);
		if (stage >= 2) /* the new lock in place */
			assert_int_equal(
				rename(path(&x, "data.mdb.new-lock"), path(&x, "data.mdb-lock")),
				0);
		if (stage >= 3) /* the new file in place */
			assert_int_equal(rename(path(&x, "data.mdb.new"), path(&x, "data.mdb")), 0);
		fixture_open(&x.f, false, MAP);
		assert_int_equal(files(&x), 2);
		after = dump(&x);
		assert_string_equal(before, after);
		stir(&x, 3);
		assert_clean(x.f.store);
		free(before);
		free(after);
		fixture_free(&x.f);
	}
}

/* ---- readers across the exchange --------------------------------------------------------------
 */

static void test_snapshot(void **state)
{
	struct world x;
	struct iq_rtxn *live, *idle;
	struct iq_image image;
	iq_num num[PEOPLE];

	(void)state;
	start(&x, 10);
	assert_int_equal(iq_rtxn_new(x.f.store, &live), IQ_OK);
	assert_int_equal(iq_rtxn_new(x.f.store, &idle), IQ_OK);
	assert_true(iq_rtxn_renew(live));
	uint64_t number = iq_rtxn_number(live);

	size_t n = remove_some(&x, 4, num);

	erase(&x, num, n);
	/* The snapshot still shows what it showed. */
	assert_true(unnamed(&x) > 0);
	assert_int_equal(iq_rtxn_number(live), number);
	assert_true(iq_image_get(iq_rtxn_txn(live), IQ_CONTACT, num[0], &image));
	assert_non_null(memmem(image.all.p, image.all.n, "Mustermann00", 12));
	assert_int_equal(iq_store_oldest(x.f.store), number);
	iq_rtxn_reset(live);
	/* Nobody has it any more, though one of them was never asked again. */
	assert_int_equal(unnamed(&x), 0);
	assert_int_equal(iq_store_oldest(x.f.store), UINT64_MAX);
	assert_true(iq_rtxn_renew(live));
	assert_true(iq_rtxn_renew(idle));
	assert_true(iq_rtxn_number(live) > number + 1);
	assert_int_equal(iq_rtxn_number(live), iq_rtxn_number(idle));
	assert_false(iq_image_get(iq_rtxn_txn(live), IQ_CONTACT, num[0], &image));
	iq_rtxn_free(live);
	iq_rtxn_free(idle);
	fixture_free(&x.f);
}

struct reader {
	struct world *x;
	_Atomic bool *stop;
	uint64_t turns, wrong;
	pthread_t thread;
};

static bool count_cell(void *arg, const struct iq_entry *e)
{
	(void)e;
	++*(uint64_t *)arg;
	return true;
}

/* Person 1 is never removed; the rows of the one task are as many as there are duties. */
static void *read_on(void *arg)
{
	struct reader *d = arg;
	uint64_t last = 0, last_revision = 0;
	struct iq_rtxn *r;
	struct iq_image image;

	if (iq_rtxn_new(d->x->f.store, &r) != IQ_OK) {
		d->wrong++;
		return NULL;
	}
	while (!atomic_load(d->stop)) {
		struct iq_view view;
		uint64_t rows = 0;

		if (!iq_rtxn_renew(r)) {
			d->wrong++;
			break;
		}
		struct iq_txn *t = iq_rtxn_txn(r);
		const struct iq_state *s = iq_rtxn_state(r);

		iq_txn_view(t, NULL, &view);
		view.cell(view.ctx, 1, 1, count_cell, &rows);
		if (!iq_image_get(t, IQ_CONTACT, 2, &image) ||
			memmem(image.all.p, image.all.n, "Mustermann01", 12) == NULL ||
			rows != s->count[IQ_RESPONSIBILITY] || s->revision < last_revision ||
			iq_rtxn_number(r) < last ||
			(s->revision != last_revision && iq_rtxn_number(r) == last))
			d->wrong++;
		last = iq_rtxn_number(r);
		last_revision = s->revision;
		d->turns++;
		if (d->turns % 3)
			iq_rtxn_reset(r);
	}
	iq_rtxn_free(r);
	return NULL;
}

static void test_threads(void **state)
{
	struct world x;
	struct reader d[3];
	_Atomic bool stop = false;

	(void)state;
	start(&x, 11);
	stir(&x, 10);
	for (int i = 0; i < 3; i++) {
		d[i] = (struct reader){.x = &x, .stop = &stop};
		assert_int_equal(pthread_create(&d[i].thread, NULL, read_on, &d[i]), 0);
	}
	for (uint32_t i = 0; i < 12; i++) {
		struct iq_wtxn *w = begin(&x, "erase");
		iq_num num = x.num[2 * i];

		for (uint32_t k = 0; k < 12; k++)
			put_duty(&x, w, k, PEOPLE, 0);
		x.gone[2 * i] = true;
		iq_rec_remove(w, IQ_CONTACT, num, &x.f.arena);
		commit(w);
		erase(&x, &num, 1);
		stir(&x, 2);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++) {
		pthread_join(d[i].thread, NULL);
		assert_int_equal(d[i].wrong, 0);
	}
	assert_int_equal(unnamed(&x), 0);
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rest_stays),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_united),
		cmocka_unit_test(test_marks_go),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
