/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies of the change feed, the digest, and the log read as what was touched since. */
#include <stdlib.h>

#include "feed.h"
#include "store_help.h"

static const uint8_t key[IQ_FEED_KEY] = {1, 2, 3};

static struct iq_feed_cookie some_cookie(void)
{
	struct iq_feed_cookie c = {.generation = UINT64_MAX - 1,
		.phase = IQ_FEED_DELTA,
		.base = 7,
		.told = 9,
		.kind = IQ_CONTACT,
		.after = "vhs-muster",
		.at = 8,
		.index = 12,
		.day = -3};

	memset(c.filter, 0x11, sizeof(c.filter));
	memset(c.rights, 0x22, sizeof(c.rights));
	return c;
}

static void test_round(void **state)
{
	struct iq_feed_cookie c = some_cookie(), out;
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	iq_feed_cookie_write(&c, key, &b);
	assert_true(iq_feed_cookie_read((struct iq_str){(char *)b.p, b.n}, key, &out));
	assert_int_equal(out.generation, c.generation);
	assert_int_equal(out.phase, c.phase);
	assert_int_equal(out.base, 7);
	assert_int_equal(out.told, 9);
	assert_int_equal(out.at, 8);
	assert_int_equal(out.index, 12);
	assert_int_equal(out.kind, IQ_CONTACT);
	assert_string_equal(out.after, "vhs-muster");
	assert_int_equal(out.day, -3);
	assert_memory_equal(out.filter, c.filter, sizeof(c.filter));
	assert_memory_equal(out.rights, c.rights, sizeof(c.rights));
	iq_buf_free(&b);
}

/* Whoever changes a byte, cuts it, or signs with another key, has no cookie. */
static void test_forged(void **state)
{
	struct iq_feed_cookie c = some_cookie(), out;
	const uint8_t other[IQ_FEED_KEY] = {9};
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	iq_feed_cookie_write(&c, key, &b);
	struct iq_str bytes = {(char *)b.p, b.n};

	assert_false(iq_feed_cookie_read(bytes, other, &out));
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 0x40;
		assert_false(iq_feed_cookie_read(bytes, key, &out));
		b.p[i] ^= 0x40;
		assert_false(iq_feed_cookie_read((struct iq_str){bytes.p, i}, key, &out));
	}
	assert_true(iq_feed_cookie_read(bytes, key, &out));
	iq_buf_free(&b);
}

/* SHA-256 of "contact/a\ncontact/a-b\n", by sha256sum. */
static void test_digest(void **state)
{
	static const uint8_t want[] = {0x0f, 0xa3, 0x1c, 0xec, 0x68, 0x9e, 0xc9, 0xe4, 0xf2, 0x7f,
		0xe8, 0x25, 0x6f, 0xb4, 0x23, 0xfd, 0xfd, 0x28, 0x7d, 0x06, 0xa3, 0x61, 0xd5, 0xe0,
		0x9b, 0x1f, 0xd5, 0x5b, 0xe7, 0x1b, 0x87, 0xf1};
	struct iq_feed_digest d;
	uint8_t got[IQ_FEED_DIGEST];

	(void)state;
	iq_feed_digest_begin(&d);
	iq_feed_digest_add(&d, IQ_CONTACT, IQ_STR("a"));
	iq_feed_digest_add(&d, IQ_CONTACT, IQ_STR("a-b"));
	iq_feed_digest_end(&d, got);
	assert_int_equal(d.count, 2);
	assert_memory_equal(got, want, sizeof(want));
}

static void test_kinds_in_order(void **state)
{
	(void)state;
	for (int i = 1; i < IQ_KINDS; i++)
		assert_true(strcmp(iq_schemas[iq_feed_kind_at(i - 1)].name,
				    iq_schemas[iq_feed_kind_at(i)].name) < 0);
	assert_int_equal(iq_feed_kind_at(IQ_KINDS), IQ_KINDS);
}

/* ---- the log --------------------------------------------------------------------------------- */

static struct fixture f;

/* name: of the place "a"; NULL: it is deleted. */
static void change(const char *name)
{
	const struct iq_change c = {.operation = IQ_STR("test"), .time_us = 1};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	if (name != NULL) {
		struct iq_rec rec = make_rec(&f.arena, IQ_REGION, "a", "kind=country", name, NULL);

		put_rec(w, &f.arena, &rec);
	} else {
		iq_rec_remove(w, IQ_REGION, 1, &f.arena);
	}
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

static bool note_touch(void *arg, const struct iq_feed_touch *touch)
{
	uint64_t *bits = arg;

	assert_int_equal(touch->kind, IQ_REGION);
	assert_int_equal(touch->num, 1);
	*bits |= UINT64_C(1) << touch->revision;
	return true;
}

static void note_revision(void *arg, uint64_t revision)
{
	uint64_t *bits = arg;

	assert_false(*bits >> revision & 1);
	*bits |= UINT64_C(1) << revision;
}

static void test_log(void **state)
{
	uint64_t bits = 0, last;
	struct iq_image image;
	struct iq_rtxn *r;
	uint8_t made[IQ_FEED_KEY], again[IQ_FEED_KEY];
	struct iq_wtxn *w;

	(void)state;
	fixture_new(&f, 16 << 20);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_false(iq_feed_key(iq_wtxn_txn(w), made));
	assert_true(iq_feed_key_make(w));
	assert_true(iq_feed_key(iq_wtxn_txn(w), made));
	assert_true(iq_feed_key_make(w)); /* stays the same */
	assert_true(iq_feed_key(iq_wtxn_txn(w), again));
	assert_memory_equal(made, again, sizeof(made));
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	change("name_de=A"); /* 1 */
	change("name_de=B");
	change(NULL);
	change("name_de=C");
	change(NULL); /* 5 */
	assert_int_equal(iq_rtxn_new(f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	struct iq_txn *t = iq_rtxn_txn(r);

	assert_true(iq_feed_each(t, 2, 4, 0, note_touch, &bits));
	assert_int_equal(bits, 1 << 3 | 1 << 4);
	bits = 0;
	assert_true(iq_feed_each(t, 2, 4, 1, note_touch, &bits)); /* the first was told */
	assert_int_equal(bits, 1 << 4);
	assert_false(iq_feed_each(t, 4, 6, 0, note_touch, &bits)); /* there is no 6 */
	assert_int_equal(iq_feed_count(t, 0, 5, 1000), 10);
	assert_true(iq_feed_count(t, 0, 6, 1000) == UINT64_MAX);
	assert_int_equal(iq_feed_state(t, IQ_REGION, 1, &image, &last), IQ_FEED_GONE);
	assert_int_equal(last, 5);
	assert_true(iq_str_is(iq_image_id(&image), "a"));
	assert_int_equal(iq_feed_state(t, IQ_REGION, 2, &image, &last), IQ_FEED_FORGOTTEN);
	bits = 0;
	iq_feed_revisions(t, IQ_REGION, 1, 1, 5, note_revision, &bits);
	assert_int_equal(bits, 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5);
	iq_rtxn_free(r);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_kinds_in_order),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
