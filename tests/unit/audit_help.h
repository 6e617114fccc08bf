/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_AUDIT_HELP_H
#define IQ_TESTS_AUDIT_HELP_H

/* An audit log in a scratch directory. For test_audit_*. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit_priv.h"
#include "date.h"
#include "log.h"

struct audit_world {
	char dir[64];
	struct iq_audit *a;
	struct iq_arena arena;
	struct iq_error error;
};

static inline enum iq_err world_open(struct audit_world *x)
{
	iq_error_init(&x->error, &x->arena);
	return iq_audit_open(x->dir, &x->a, &x->error);
}

static inline void world_new(struct audit_world *x)
{
	memset(x, 0, sizeof(*x));
	iq_log_level((enum iq_log_level)0); /* failures are provoked */
	iq_arena_init(&x->arena, 0);
	strcpy(x->dir, "/tmp/iq-audit-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	assert_int_equal(world_open(x), IQ_OK);
}

static inline void world_close(struct audit_world *x)
{
	iq_audit_close(x->a);
	x->a = NULL;
}

static inline void world_free(struct audit_world *x)
{
	char command[128];

	world_close(x);
	iq_arena_free(&x->arena);
	snprintf(command, sizeof(command), "rm -rf %s", x->dir);
	assert_int_equal(system(command), 0);
}

static inline struct iq_audit_entry disclosed(const char *principal, iq_num subject, int64_t us)
{
	return (struct iq_audit_entry){.event = IQ_AUDIT_DISCLOSED,
		.time_us = us,
		.principal = iq_str(principal),
		.institution = IQ_STR("vhs-muster"),
		.subject = subject,
		.classes = IQ_STR("partners"),
		.operation = IQ_STR("contact"),
		.purpose = IQ_STR("referral"),
		.request_id = {1, 2, 3},
		.peer = IQ_STR("192.0.2.7")};
}

static inline bool world_write(struct audit_world *x, struct iq_audit_entry e)
{
	return iq_audit_write(x->a, &e, 1);
}

static inline struct iq_audit_report world_verify(struct audit_world *x)
{
	struct iq_audit_report r;

	iq_error_init(&x->error, &x->arena);
	assert_int_equal(iq_audit_verify(x->dir, &r, &x->error), IQ_OK);
	return r;
}

static inline void assert_intact(struct audit_world *x, uint64_t entries)
{
	struct iq_audit_report r = world_verify(x);

	if (!r.intact)
		print_error("%s:%llu: entry %llu: %s\n", r.file, (unsigned long long)r.line,
			(unsigned long long)r.first_bad, r.finding);
	assert_true(r.intact);
	if (entries != 0)
		assert_int_equal(r.entries, entries);
}

/* ---- files ---------------------------------------------------------------------------------- */

static inline char *file_path(struct audit_world *x, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/audit/%s", x->dir, name);
	return path;
}

/* malloc'd, NUL-terminated */
static inline char *file_read(struct audit_world *x, const char *name, size_t *n)
{
	FILE *f = fopen(file_path(x, name), "re");
	char *text;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	*n = (size_t)ftell(f);
	rewind(f);
	text = malloc(*n + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, *n, f), *n);
	text[*n] = '\0';
	fclose(f);
	return text;
}

static inline void file_write(struct audit_world *x, const char *name, const char *text, size_t n)
{
	FILE *f = fopen(file_path(x, name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Name of the segment of a time. */
static inline const char *segment_at(int64_t us)
{
	static char name[16];
	char month[8];

	iq_audit_month_name(iq_audit_month(us), month);
	snprintf(name, sizeof(name), "%s.log", month);
	return name;
}

#endif
