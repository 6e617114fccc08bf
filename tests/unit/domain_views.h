/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_DOMAIN_VIEWS_H
#define IQ_TESTS_DOMAIN_VIEWS_H

/* A small vocabulary and random directories over it, for tests of views. */

#include "domain_world.h"

enum { VIEWS_ROWS = 30 };

static const int32_t views_at = 20514; /* 2026-03-02 */
static uint32_t views_seed;

static inline unsigned pick(unsigned n)
{
	views_seed = views_seed * 1664525u + 1013904223u;
	return (views_seed >> 10) % n;
}

static inline const char *one_of(const char *const *names, unsigned n)
{
	return names[pick(n)];
}

#define ONE_OF(...)                                                                                \
	one_of((const char *const[]){__VA_ARGS__},                                                 \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static inline void views_vocabulary(struct world *w)
{
	static const char *const regions[] = {"de - country -", "sn de state -", "by de state -",
		"dd sn city -", "le sn city -", "m by city -", "old dd quarter -",
		"new dd quarter -", "around - area dd;m", NULL};
	static const char *const tasks[] = {"language - -", "course language -",
		"advice language -", "money - yes", "leisure - no", NULL};
	static const char *const statuses[] = {"asylum - home=shared|own",
		"asylum-new asylum home=centre", "asylum-old asylum -", "tolerated - -",
		"title - -", "title-work title home=own", "title-study title -",
		"title-visit title -", NULL};
	static const char *const kinds[] = {
		"agency yes", "bureau yes", "club no", "desk yes", "exam no", NULL};
	static const char *const institutions[] = {"i1 agency de", "i2 bureau dd", "i3 club dd",
		"i4 bureau le", "i5 club m", "i6 exam old", NULL};

	world_init(w);
	world_put(w, IQ_FACT, "id", "home", "type", "choice", "values", "centre|shared|own", NULL);
	for (int i = 0; regions[i]; i++)
		world_line(w, IQ_REGION, "id parent kind members", regions[i]);
	for (int i = 0; tasks[i]; i++)
		world_line(w, IQ_TASK, "id parent expected", tasks[i]);
	for (int i = 0; statuses[i]; i++)
		world_line(w, IQ_STATUS, "id parent implies", statuses[i]);
	for (int i = 0; kinds[i]; i++)
		world_line(w, IQ_KIND, "id statutory", kinds[i]);
	for (int i = 0; institutions[i]; i++)
		world_line(w, IQ_INSTITUTION, "id kind region", institutions[i]);
}

static inline void views_row(struct world *w, const char *line)
{
	world_line(w, IQ_RESPONSIBILITY,
		"id institution task region statuses role condition valid_from valid_to "
		"confirmed_on",
		line);
}

static inline void views_notice(struct world *w, const char *line)
{
	world_line(w, IQ_NOTICE, "id effect institution task region statuses condition", line);
}

/* A directory that the seed decides. */
static inline void views_random(struct world *w, uint32_t seed)
{
	views_seed = seed * 7919u + 1;
	views_vocabulary(w);
	for (unsigned i = 0, n = 1 + pick(VIEWS_ROWS); i < n; i++)
		views_row(w,
			iq_arena_printf(&w->arena, "r%u %s %s %s %s %s %s - %s %s", i,
				ONE_OF("i1", "i2", "i3", "i4", "i5"),
				ONE_OF("language", "course", "advice", "money", "leisure"),
				ONE_OF("de", "sn", "by", "dd", "dd", "le", "m", "old", "new"),
				ONE_OF("-", "asylum", "asylum-new", "asylum-old;tolerated",
					"tolerated", "title", "title-work;asylum"),
				ONE_OF("lead", "lead", "provider", "advice", "support", "referral"),
				ONE_OF("-", "-", "home=centre", "home=shared", "home!=own"),
				ONE_OF("-", "-", "-", "2026-03-01"),
				ONE_OF("-", "2025-01-31", "2026-01-15")));
	for (unsigned i = pick(5); i > 0; i--)
		views_notice(w,
			iq_arena_printf(&w->arena, "n%u %s %s %s %s %s %s", i,
				ONE_OF("excluded", "not-needed", "restricted", "suspended", "info"),
				ONE_OF("-", "-", "i1", "i2"),
				ONE_OF("-", "course", "language", "money"),
				ONE_OF("-", "sn", "dd", "m", "old"),
				ONE_OF("-", "asylum", "asylum-old", "tolerated"),
				ONE_OF("-", "home=centre", "home=own")));
}

static inline bool views_leaf(const struct iq_tree *t, iq_num n)
{
	return n != IQ_NONE && t->id[n].n > 0 && t->pre[n] == t->end[n];
}

/* The leaf statuses in pre-order; how many. */
static inline uint32_t views_leaves(const struct iq_vocab *v, iq_num *leaf)
{
	uint32_t n = 0;

	for (uint32_t pre = 1; pre <= v->status.n; pre++) {
		if (views_leaf(&v->status, v->status.at[pre]))
			leaf[n++] = v->status.at[pre];
	}
	return n;
}

/* The regions asked for: the region itself, or the members of an area; ended by IQ_NONE. */
static inline const iq_num *views_places(const struct iq_vocab *v, iq_num region, iq_num one[2])
{
	one[0] = region;
	one[1] = IQ_NONE;
	return v->region_is_area[region] ? v->area_members[region] : one;
}

/* The statuses of a fold as "a b*": a star for what is a part of its group; shares first. */
static inline const char *views_groups(
	struct world *w, const struct iq_tree *t, const iq_num *status, size_t n)
{
	struct iq_buf b;
	const char *text;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++)
		iq_buf_printf(&b, "%s%.*s", i ? " " : "", IQ_STR_ARG(t->id[status[i]]));
	text = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return text ? text : "";
}

#endif
