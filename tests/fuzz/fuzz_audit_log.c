/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log as somebody may have left it on disk. The first byte says what the rest is: 's' a
 * segment, 'h' the file "head", 'p' the public key, each in an otherwise good log; 'l' one line;
 * 'w' texts, between line feeds, that are written as an entry and must read as one.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_priv.h"
#include "utf8.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define SEGMENT "2026-11.log"

static char dir[64];
static struct iq_buf good; /* a segment of some entries */
static struct iq_audit_sign key;
static struct iq_audit_mark last;

static void in_dir(char path[128], const char *name)
{
	snprintf(path, 128, "%s/audit%s%s", dir, *name ? "/" : "", name);
}

static void put(const char *name, const void *p, size_t n)
{
	char path[128];

	in_dir(path, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	close(fd);
}

static void end(void)
{
	static const char *const files[] = {SEGMENT, "head", "sign.pub", "sign.key", ""};
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		in_dir(path, files[i]);
		(void)remove(path);
	}
	rmdir(dir);
	iq_buf_free(&good);
}

static struct iq_audit_entry entry(enum iq_audit_event event)
{
	return (struct iq_audit_entry){.event = event,
		.time_us = INT64_C(1793620800000000),
		.principal = IQ_STR("erika"),
		.institution = IQ_STR("abh"),
		.operation = IQ_STR("who"),
		.purpose = IQ_STR("referral"),
		.peer = IQ_STR("127.0.0.1")};
}

static void begin(void)
{
	char path[128];

	scratch_make(dir);
	require(sodium_init() >= 0);
	in_dir(path, "");
	require(mkdir(path, 0700) == 0);
	atexit(end);
	iq_buf_init(&good, 0);
	iq_audit_header_write(&good, &last);
	for (int i = 0; i < 3; i++) {
		struct iq_audit_entry e = entry(i == 1 ? IQ_AUDIT_WRITTEN : IQ_AUDIT_LOGIN);

		iq_audit_line_write(&good, &last, &e, "", false);
	}
	require(iq_audit_sign_open(&key, path, true));
	require(iq_audit_head_write(path, &key, &last, entry(IQ_AUDIT_LOGIN).time_us));
}

static bool count(void *arg, const struct iq_audit_line *line)
{
	uint64_t *n = arg;

	require(line->entry.event < IQ_AUDIT_EVENTS);
	(*n)++;
	return true;
}

/* A log with one file replaced. Verifying and reading never fail but by saying so. */
static void whole(const char *name, const uint8_t *p, size_t n)
{
	const struct iq_audit_filter all = {.subject = IQ_NONE};
	struct iq_audit_report report;
	struct iq_arena arena;
	struct iq_error error;
	char path[128];
	uint64_t seen = 0;

	in_dir(path, "");
	put(SEGMENT, good.p, good.n);
	put("sign.pub", key.public, sizeof(key.public));
	if (strcmp(name, "head") != 0)
		require(iq_audit_head_write(path, &key, &last, entry(IQ_AUDIT_LOGIN).time_us));
	put(name, p, n);
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_audit_verify(dir, &report, &error) == IQ_OK)
		/* nothing but the whole log verifies with its head and its key */
		require(!report.intact || report.entries >= last.number);
	iq_error_init(&error, &arena);
	if (iq_audit_scan(dir, &all, count, &seen, &error) != IQ_OK)
		require(error.text != NULL);
	iq_arena_free(&arena);
}

static void line(struct iq_str s)
{
	struct iq_audit_mark mark = {.number = 6}, header;
	struct iq_audit_line out;
	bool counted;

	if (iq_audit_line_read(s, &out, &counted))
		require(out.entry.event < IQ_AUDIT_EVENTS && out.entry.time_us >= 0);
	if (iq_audit_line_fits(s, &mark))
		require(mark.number == 7);
	(void)iq_audit_header_read(s, &header);
}

static void written(struct iq_str rest)
{
	struct iq_audit_entry e = entry(IQ_AUDIT_DISCLOSED);
	struct iq_audit_mark before = {.number = 41}, mark = before;
	struct iq_audit_line out;
	struct iq_buf b;
	bool counted;

	(void)iq_str_cut(&rest, '\n', &e.principal);
	(void)iq_str_cut(&rest, '\n', &e.institution);
	(void)iq_str_cut(&rest, '\n', &e.operation);
	(void)iq_str_cut(&rest, '\n', &e.classes);
	e.purpose = rest;
	e.peer = rest;
	iq_buf_init(&b, 0);
	iq_audit_line_write(&b, &mark, &e, "", true);
	require(!b.failed && b.n > 1 && b.n <= IQ_AUDIT_LINE_MAX && b.p[b.n - 1] == '\n');
	for (size_t i = 0; i < b.n - 1; i++)
		require(b.p[i] == '\t' || (b.p[i] >= ' ' && b.p[i] != 0x7f));
	struct iq_str s = {(char *)b.p, b.n - 1};

	require(iq_utf8_valid(s) && iq_audit_line_read(s, &out, &counted) && counted);
	require(out.number == 42 && out.entry.time_us == e.time_us);
	require(iq_audit_line_fits(s, &before) && before.number == mark.number &&
		memcmp(before.hash, mark.hash, sizeof(mark.hash)) == 0);
	iq_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (dir[0] == '\0')
		begin();
	if (n == 0)
		return 0;
	struct iq_str rest = {(const char *)data + 1, n - 1};

	switch (data[0]) {
	case 's':
		whole(SEGMENT, data + 1, n - 1);
		break;
	case 'h':
		whole("head", data + 1, n - 1);
		break;
	case 'p':
		whole("sign.pub", data + 1, n - 1);
		break;
	case 'l':
		line(rest);
		break;
	case 'w':
		written(rest);
		break;
	default:
		break;
	}
	return 0;
}
