/* SPDX-License-Identifier: Apache-2.0 */
/* Files of plans: a line that says what it is, the length of the head, the head, the rows. */

#include "plan_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply_priv.h"
#include "i18n.h"
#include "wire.h"
#include "io.h"

enum { PATH = 4096, HEAD_MAX = 64 << 20, FILE_MAX = 256 << 20 };
enum {
	F_PRINCIPAL = 1,
	F_INSTITUTION,
	F_DELTA,
	F_BASED_ON,
	F_REVISION,
	F_MADE_US,
	F_UNTIL_US,
	F_DIGEST,
	F_DELETES,
	F_SECOND,
	F_APPROVAL,
	F_MADE,
	F_DECISION,
	F_REASON,
	F_ASKED,
	F_APPLIED
};
static const char magic[] = "iq-plan 1\n";
static const char unfinished[] = ".new";

/* ---- names ----------------------------------------------------------------------------------- */

bool iq_plan_id_valid(struct iq_str id)
{
	if (id.n != IQ_PLAN_ID)
		return false;
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f')))
			return false;
	return true;
}

bool iq_plan_id_make(char id[IQ_PLAN_ID + 1])
{
	uint8_t bytes[IQ_PLAN_ID / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

/* DIR/plans, and a file there. */
static bool path_of(char path[PATH], const char *dir, const char *name, const char *suffix)
{
	int n = snprintf(path, PATH, "%s/plans%s%s%s", dir, *name ? "/" : "", name, suffix);

	return n > 0 && n < PATH;
}

/* ---- the head -------------------------------------------------------------------------------- */

static void write_head(struct iq_buf *b, const struct iq_plan_file *p)
{
	iq_wire_str(b, F_PRINCIPAL, p->principal);
	iq_wire_str(b, F_REASON, p->reason);
	iq_wire_uint(b, F_INSTITUTION, p->institution);
	iq_wire_bool(b, F_DELTA, p->delta);
	iq_wire_uint(b, F_BASED_ON, p->based_on);
	iq_wire_uint(b, F_APPLIED, p->applied);
	iq_wire_uint(b, F_REVISION, p->revision);
	iq_wire_uint(b, F_MADE_US, (uint64_t)p->made_us);
	iq_wire_uint(b, F_UNTIL_US, (uint64_t)p->until_us);
	iq_wire_item(b, F_DIGEST, (struct iq_str){(const char *)p->digest, sizeof(p->digest)});
	iq_wire_item(b, F_ASKED, (struct iq_str){(const char *)p->asked, sizeof(p->asked)});
	iq_wire_uint(b, F_DELETES, p->deletes);
	iq_wire_bool(b, F_SECOND, p->second);
	iq_wire_uint(b, F_APPROVAL, p->approval);
	for (size_t i = 0; i < p->nmade; i++) {
		size_t mark = iq_wire_begin(b, F_MADE);

		iq_wire_uint(b, 1, p->made[i].row);
		iq_wire_str(b, 2, p->made[i].id);
		iq_wire_end(b, mark);
	}
	for (size_t i = 0; i < p->ndecisions; i++) {
		const struct iq_sync_decision *d = &p->decisions[i];
		size_t mark = iq_wire_begin(b, F_DECISION);

		iq_wire_uint(b, 1, d->kind);
		iq_wire_str(b, 2, d->id);
		iq_wire_uint(b, 3, (uint64_t)((int64_t)d->col + 1));
		iq_wire_bool(b, 4, d->theirs);
		iq_wire_uint(b, 5, d->revision);
		iq_wire_end(b, mark);
	}
}

static size_t count(struct iq_str bytes, uint32_t field)
{
	struct iq_wire_field f;
	bool bad = false;
	size_t n = 0;

	while (iq_wire_next(&bytes, &f, &bad))
		n += f.field == field;
	return n;
}

static struct iq_sync_made read_made(struct iq_str bytes)
{
	struct iq_sync_made m = {.row = 0};
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&bytes, &f, &bad)) {
		if (f.field == 1)
			m.row = (uint32_t)f.value;
		else if (f.field == 2)
			m.id = f.bytes;
	}
	return m;
}

static bool read_decision(struct iq_str bytes, struct iq_sync_decision *d)
{
	uint64_t kind = 0, col = 0;
	struct iq_wire_field f;
	bool bad = false;

	*d = (struct iq_sync_decision){.revision = 0};
	while (iq_wire_next(&bytes, &f, &bad)) {
		if (f.field == 1)
			kind = f.value;
		else if (f.field == 2)
			d->id = f.bytes;
		else if (f.field == 3)
			col = f.value;
		else if (f.field == 4)
			d->theirs = f.value != 0;
		else if (f.field == 5)
			d->revision = f.value;
	}
	if (bad || kind >= IQ_KINDS || col > iq_schemas[kind].ncolumns)
		return false;
	d->kind = (enum iq_kind)kind;
	d->col = (int)col - 1;
	return true;
}

static bool read_number(struct iq_plan_file *p, const struct iq_wire_field *f)
{
	switch (f->field) {
	case F_INSTITUTION:
		p->institution = (iq_num)f->value;
		return true;
	case F_DELTA:
		p->delta = f->value != 0;
		return true;
	case F_BASED_ON:
		p->based_on = f->value;
		return true;
	case F_APPLIED:
		p->applied = f->value;
		return true;
	case F_REVISION:
		p->revision = f->value;
		return true;
	case F_MADE_US:
		p->made_us = (int64_t)f->value;
		return true;
	case F_UNTIL_US:
		p->until_us = (int64_t)f->value;
		return true;
	case F_DELETES:
		p->deletes = f->value;
		return true;
	case F_SECOND:
		p->second = f->value != 0;
		return true;
	case F_APPROVAL:
		p->approval = f->value;
		return true;
	default:
		return false;
	}
}

static bool read_head(struct iq_str bytes, struct iq_arena *arena, struct iq_plan_file *p)
{
	struct iq_wire_field f;
	bool bad = false;

	p->made = iq_arena_array(arena, count(bytes, F_MADE), sizeof(*p->made));
	p->decisions = iq_arena_array(arena, count(bytes, F_DECISION), sizeof(*p->decisions));
	if (p->made == NULL || p->decisions == NULL)
		return false;
	while (iq_wire_next(&bytes, &f, &bad)) {
		if (f.type == IQ_WIRE_VARINT)
			bad = bad || !read_number(p, &f);
		else if (f.field == F_PRINCIPAL)
			p->principal = f.bytes;
		else if (f.field == F_REASON)
			p->reason = f.bytes;
		else if (f.field == F_DIGEST && f.bytes.n == sizeof(p->digest))
			memcpy(p->digest, f.bytes.p, sizeof(p->digest));
		else if (f.field == F_ASKED && f.bytes.n == sizeof(p->asked))
			memcpy(p->asked, f.bytes.p, sizeof(p->asked));
		else if (f.field == F_MADE)
			p->made[p->nmade++] = read_made(f.bytes);
		else if (f.field == F_DECISION)
			bad = bad || !read_decision(f.bytes, &p->decisions[p->ndecisions++]);
	}
	return !bad && p->principal.n > 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool write_file(const char *path, const struct iq_buf *head, struct iq_str rows)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	uint32_t n = (uint32_t)head->n;
	bool ok;

	if (fd < 0)
		return false;
	ok = iq_write_all(fd, magic, sizeof(magic) - 1) && iq_write_all(fd, &n, sizeof(n)) &&
	     iq_write_all(fd, head->p, head->n) && iq_write_all(fd, rows.p, rows.n) &&
	     fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

static enum iq_err cannot(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_QUOTA, N_("The server cannot keep the plan: {0}."),
		N_("Ask the operator to look at the state directory and its free space."),
		strerror(errno), NULL);
}

enum iq_err iq_plan_save(const char *dir, const struct iq_plan_file *plan, struct iq_error *error)
{
	char folder[PATH], path[PATH], fresh[PATH] = "";
	enum iq_err err = IQ_OK;
	struct iq_buf head;

	iq_buf_init(&head, HEAD_MAX);
	write_head(&head, plan);
	if (head.failed)
		err = iq_no_memory(error);
	else if (!path_of(folder, dir, "", "") || !path_of(path, dir, plan->id, "") ||
		 !path_of(fresh, dir, plan->id, unfinished) ||
		 (mkdir(folder, 0700) != 0 && errno != EEXIST) ||
		 !write_file(fresh, &head, plan->rows) || rename(fresh, path) != 0 ||
		 !sync_dir(folder))
		err = cannot(error);
	if (err != IQ_OK)
		unlink(fresh);
	iq_buf_free(&head);
	return err;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool read_exactly(int fd, void *to, size_t n)
{
	char *at = to;

	while (n > 0) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

static bool read_plan(int fd, bool rows, struct iq_arena *arena, struct iq_plan_file *out)
{
	char begin[sizeof(magic) - 1];
	struct stat st;
	uint32_t n;
	char *head;
	size_t fixed = sizeof(begin) + sizeof(n), rest;

	if (fstat(fd, &st) != 0 || st.st_size < (off_t)fixed || st.st_size > FILE_MAX ||
		!read_exactly(fd, begin, sizeof(begin)) || !read_exactly(fd, &n, sizeof(n)) ||
		memcmp(begin, magic, sizeof(begin)) != 0 || n > (size_t)st.st_size - fixed)
		return false;
	head = iq_arena_alloc(arena, n);
	if (head == NULL || !read_exactly(fd, head, n) ||
		!read_head((struct iq_str){head, n}, arena, out))
		return false;
	if (!rows)
		return true;
	rest = (size_t)st.st_size - fixed - n;
	out->rows = (struct iq_str){iq_arena_alloc(arena, rest), rest};
	return out->rows.p != NULL && read_exactly(fd, (char *)(uintptr_t)out->rows.p, rest);
}

bool iq_plan_load(const char *dir, struct iq_str id, bool rows, struct iq_arena *arena,
	struct iq_plan_file *out)
{
	char path[PATH];
	bool ok;
	int fd;

	memset(out, 0, sizeof(*out));
	if (!iq_plan_id_valid(id))
		return false;
	memcpy(out->id, id.p, id.n);
	if (!path_of(path, dir, out->id, ""))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	ok = read_plan(fd, rows, arena, out);
	close(fd);
	return ok;
}

/* ---- all of them ----------------------------------------------------------------------------- */

void iq_plan_remove(const char *dir, const char *id)
{
	char path[PATH], folder[PATH];

	if (path_of(path, dir, id, "") && unlink(path) == 0 && path_of(folder, dir, "", ""))
		(void)sync_dir(folder);
}

void iq_plan_each(const char *dir, struct iq_arena *arena,
	bool (*fn)(void *arg, const struct iq_plan_file *plan), void *arg)
{
	char folder[PATH];
	DIR *d = path_of(folder, dir, "", "") ? opendir(folder) : NULL;
	struct iq_plan_file plan;

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (iq_plan_load(dir, iq_str(e->d_name), false, arena, &plan) && !fn(arg, &plan))
			break;
	closedir(d);
}

static void remove_where(const char *dir, int64_t before_us)
{
	char folder[PATH], path[PATH];
	DIR *d = path_of(folder, dir, "", "") ? opendir(folder) : NULL;
	struct iq_arena arena;
	struct iq_plan_file plan;
	bool any = false;

	if (d == NULL)
		return;
	iq_arena_init(&arena, 0);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		iq_arena_reset(&arena);
		/* What cannot be read is of no use to anybody. */
		if (iq_plan_load(dir, iq_str(e->d_name), false, &arena, &plan) &&
			plan.until_us >= before_us)
			continue;
		if (!arena.failed && path_of(path, dir, e->d_name, ""))
			any = unlink(path) == 0 || any;
	}
	closedir(d);
	iq_arena_free(&arena);
	if (any)
		(void)sync_dir(folder);
}

void iq_plan_purge(const char *dir, int64_t now_us)
{
	remove_where(dir, now_us);
}

void iq_plan_remove_all(const char *dir)
{
	remove_where(dir, INT64_MAX);
}
