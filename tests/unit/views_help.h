/* SPDX-License-Identifier: Apache-2.0 */
/* Answers about a region as text, to compare them whole. For test_ops_views_*. */
#ifndef TESTS_UNIT_VIEWS_HELP_H
#define TESTS_UNIT_VIEWS_HELP_H

#include "ops_fixture.h"

/* The writer publishes the vocabulary: it starts anew with what is put here. */
static inline void more(void (*put)(struct iq_wtxn *w))
{
	const struct iq_change change = {.operation = IQ_STR("test"), .time_us = iq_now_us()};
	struct iq_wtxn *w;

	iq_vocab_drop(fx.writer, fx.vocab);
	iq_writer_stop(fx.writer, 10000);
	fx.vocab = NULL;
	iq_rtxn_reset(fx.rtxn);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	put(w);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(iq_writer_start(fx.store, NULL, &fx.writer, &fx.error), IQ_OK);
	fx.svc.writer = fx.writer;
	fx_renew();
}

static inline char *term(const char *s)
{
	return (char *)(uintptr_t)(s ? s : "");
}

static const char *text; /* of the answer at hand; in the arena */

static inline void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline void say(const char *fmt, ...)
{
	char part[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	text = iq_arena_printf(&fx.arena, "%s%s", text, part);
	assert_non_null(text);
}

static inline void say_list(char *const *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say("%s%s", i ? " " : "", a[i]);
}

/* "asylum-seeker/asylum*": statuses, then shares, a star for a part; "=" before all. */
static inline void say_groups(const Iq__V1__Groups *g)
{
	say("%s", g->all ? "=" : "");
	say_list(g->statuses, g->n_statuses);
	say("/");
	for (size_t i = 0; i < g->n_shares; i++)
		say("%s%s%s", i ? " " : "", g->shares[i]->group, g->shares[i]->whole ? "" : "*");
}

static inline void say_targets(Iq__V1__TargetGroup *const *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say("%s%s %s %s", i ? "; " : "", a[i]->status, a[i]->letter, a[i]->colour);
}

/* "kind id", its names; NULL: no such label. More than one of a record is a mistake. */
static inline const char *label_of(
	Iq__V1__Label *const *a, size_t n, const char *kind, const char *id)
{
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i]->kind, kind) != 0 || strcmp(a[i]->id, id) != 0)
			continue;
		assert_null(found);
		found = iq_arena_printf(&fx.arena, "%s|%s", a[i]->name, a[i]->name_en);
	}
	return found;
}

/* Nothing of any contact is in the last answer. */
static inline void no_contact(void)
{
	static const char *const secrets[] = {
		"Muster", "23125 101", "c-public", "c-partners", "c-inside", "c-gone", "Service"};

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		assert_null(memmem(fx.out.p, fx.out.n, secrets[i], strlen(secrets[i])));
}

static inline void refused_hint(enum iq_err code, const char *word)
{
	fx_refused(code);
	assert_non_null(fx.error.hint);
	if (word != NULL)
		assert_non_null(strstr(fx.error.hint, word));
}

#endif
