/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_ACCESS_PLACES_H
#define IQ_ACCESS_PLACES_H

/*
 * Where the tests of rights take place. Regions: de – sachsen – dresden – neustadt, de – sachsen –
 * leipzig, de – bayern; area `elbe` of dresden. Institutions, by number: 1 county council –
 * 2 office – 3 desk; 9 is another one.
 */
#include "domain_records.h"

#include "access.h"
#include "date.h"
#include "directory.h"

enum { DE = 1, SACHSEN, DRESDEN, NEUSTADT, LEIPZIG, BAYERN, ELBE };
enum { COUNTY = 1, OFFICE, DESK, OTHER = 9 };
enum { TODAY = 20000 };

static struct iq_arena arena;
static struct iq_directory *dir;
static const struct iq_vocab *vocab;

static int setup(void **state)
{
	struct iq_error e;

	(void)state;
	iq_arena_init(&arena, 0);
	iq_error_init(&e, &arena);
	dir = iq_directory_new();
	const struct iq_rec recs[] = {
		FX_REC(&arena, IQ_REGION, "id=de"),
		FX_REC(&arena, IQ_REGION, "id=sachsen", "parent=de"),
		FX_REC(&arena, IQ_REGION, "id=dresden", "parent=sachsen"),
		FX_REC(&arena, IQ_REGION, "id=neustadt", "parent=dresden"),
		FX_REC(&arena, IQ_REGION, "id=leipzig", "parent=sachsen"),
		FX_REC(&arena, IQ_REGION, "id=bayern", "parent=de"),
		FX_REC(&arena, IQ_REGION, "id=elbe", "kind=area", "members=dresden"),
	};

	for (size_t i = 0; i < sizeof(recs) / sizeof(*recs); i++)
		if (iq_directory_put(dir, &recs[i]) != i + 1)
			return -1;
	if (iq_directory_index(dir, &e) != IQ_OK)
		return -1;
	vocab = iq_directory_view(dir)->vocab;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_directory_free(dir);
	iq_arena_free(&arena);
	return 0;
}

/* Scopes of a grant; what is acted on belongs to OFFICE and lies in DRESDEN. */
static const struct place_scope {
	const char *name;
	iq_num institution, region;
} scopes[] = {
	{"all", IQ_NONE, IQ_NONE},
	{"own institution", OFFICE, IQ_NONE},
	{"parent institution", COUNTY, IQ_NONE},
	{"sub-institution", DESK, IQ_NONE},
	{"other institution", OTHER, IQ_NONE},
	{"own region", IQ_NONE, DRESDEN},
	{"region above", IQ_NONE, DE},
	{"region below", IQ_NONE, NEUSTADT},
	{"region beside", IQ_NONE, LEIPZIG},
	{"area", IQ_NONE, ELBE},
	{"both right", COUNTY, SACHSEN},
	{"wrong region", COUNTY, BAYERN},
	{"wrong institution", OTHER, SACHSEN},
};
enum { SCOPES = sizeof(scopes) / sizeof(*scopes) };

#define PLACE_GRANT(r, i, place, first, last)                                                      \
	((struct iq_grant){.id = 1,                                                                \
		.role = (r),                                                                       \
		.institution = (i),                                                                \
		.region = (place),                                                                 \
		.from = (first),                                                                   \
		.to = (last)})

#endif
