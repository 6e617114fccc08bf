/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment tokens: there and back, and every typing mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "token.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static struct iq_token sample(const char *host, uint16_t port)
{
	struct iq_token t = {.port = port};

	for (size_t i = 0; i < IQ_TOKEN_SECRET; i++) {
		t.secret[i] = (uint8_t)(i * 37 + 5);
		t.fingerprint[i] = (uint8_t)(255 - i * 11);
	}
	strcpy(t.host, host);
	return t;
}

static void assert_same(const struct iq_token *a, const struct iq_token *b)
{
	assert_memory_equal(a->secret, b->secret, IQ_TOKEN_SECRET);
	assert_memory_equal(a->fingerprint, b->fingerprint, IQ_TOKEN_FINGERPRINT);
	assert_string_equal(a->host, b->host);
	assert_int_equal(a->port, b->port);
}

static void round_trip(void **state)
{
	struct iq_arena a;
	char longest[254];

	(void)state;
	memset(longest, 'x', 253);
	longest[253] = '\0';
	const char *const hosts[] = {
		"a", "ab", "abc", "abcd", "abcde", "127.0.0.1", "::1", "iq.example.org", longest};

	iq_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct iq_token t = sample(hosts[i], (uint16_t)(7430 + i)), read;
		char *text = iq_token_write(&t, &a);

		assert_non_null(text);
		assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567-"), strlen(text));
		for (size_t k = 0; k < strlen(text); k++)
			assert_int_equal(text[k] == '-', k % 5 == 4);
		assert_true(text[strlen(text) - 1] != '-');
		assert_true(iq_token_read(iq_str(text), &read));
		assert_same(&t, &read);
	}
	iq_arena_free(&a);
}

/* Upper and lower case, spaces, line ends and '-' anywhere. */
static void forms(void **state)
{
	struct iq_arena a;
	struct iq_token t = sample("iq.example.org", 7430), read;

	(void)state;
	iq_arena_init(&a, 0);
	char *text = iq_token_write(&t, &a), loose[512], *p = loose;

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '-')
			continue;
		*p++ = text[i] >= 'A' ? (char)(text[i] | 0x20) : text[i];
		if (i % 7 == 0)
			*p++ = ' ';
	}
	strcpy(p, "\r\n");
	assert_true(iq_token_read(iq_str(loose), &read));
	assert_same(&t, &read);
	iq_arena_free(&a);
}

static void mistakes(void **state)
{
	struct iq_arena a;
	struct iq_token t = sample("iq.example.org", 7430), read;

	(void)state;
	iq_arena_init(&a, 0);
	char *text = iq_token_write(&t, &a);
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		char right = text[i];

		if (right == '-')
			continue;
		for (const char *c = alphabet; *c != '\0'; c++) {
			text[i] = *c;
			if (iq_token_read(iq_str(text), &read) != (*c == right))
				fail_msg("%c for %c at %zu", *c, right, i);
		}
		text[i] = right;
		size_t next = text[i + 1] == '-' ? i + 2 : i + 1;

		if (next < n && text[next] != right) {
			text[i] = text[next];
			text[next] = right;
			if (iq_token_read(iq_str(text), &read))
				fail_msg("swapped at %zu", i);
			text[next] = text[i];
			text[i] = right;
		}
	}
	iq_arena_free(&a);
}

static void refused(void **state)
{
	static const char *const cases[] = {"", "-", "AAAA", "AAAA-AAAA",
		"0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000",
		"token: AAAA"};
	struct iq_arena a;
	struct iq_token t = sample("localhost", 0), read;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_false(iq_token_read(iq_str(cases[i]), &read));
	iq_arena_init(&a, 0);
	assert_false(iq_token_read(iq_str(iq_token_write(&t, &a)), &read)); /* port 0 */
	t = sample("", 7430);
	assert_false(iq_token_read(iq_str(iq_token_write(&t, &a)), &read));
	t = sample("a\nb", 7430);
	assert_false(iq_token_read(iq_str(iq_token_write(&t, &a)), &read));
	t = sample("localhost", 7430);
	char *text = iq_token_write(&t, &a);

	for (size_t n = 0; n < strlen(text) - 1; n++) { /* cut short */
		if (text[n] != '-' && iq_token_read((struct iq_str){text, n}, &read) &&
			strcmp(read.host, "localhost") == 0)
			fail_msg("cut at %zu", n);
	}
	char huge[2000];

	memset(huge, 'A', sizeof(huge));
	assert_false(iq_token_read((struct iq_str){huge, sizeof(huge)}, &read));
	iq_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(forms),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
