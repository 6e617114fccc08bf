/* SPDX-License-Identifier: Apache-2.0 */
/* Dated hand-overs that wait for their day, and the job that carries them out. */
#include <stdlib.h>

#include "date.h"
#include "handover.h"
#define IQ_LOG_PART IQ_LOG_OPS
#include "log.h"

/* ---- stored ---------------------------------------------------------------------------------- */

enum { W_TO = 1, W_ON, W_BY, W_REASON, W_ENDED, W_BEGUN, W_ADDED, W_CHANGE };
enum { KEY = 5 };

static struct iq_str key_of(iq_num from, char out[KEY])
{
	out[0] = 'h';
	for (int i = 0; i < 4; i++)
		out[1 + i] = (char)(from >> (24 - 8 * i));
	return (struct iq_str){out, KEY};
}

static bool from_of(struct iq_str key, iq_num *out)
{
	if (key.n != KEY || key.p[0] != 'h')
		return false;
	*out = 0;
	for (int i = 0; i < 4; i++)
		*out = *out << 8 | (uint8_t)key.p[1 + i];
	return true;
}

void iq_waiting_put(struct iq_wtxn *w, const struct iq_waiting *waiting)
{
	char key[KEY];
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_uint(&b, W_TO, waiting->to);
	iq_wire_uint(&b, W_ON, (uint64_t)waiting->on);
	iq_wire_str(&b, W_BY, waiting->by);
	iq_wire_str(&b, W_REASON, waiting->reason);
	iq_wire_str(&b, W_ENDED, waiting->ended);
	iq_wire_bool(&b, W_BEGUN, waiting->begun);
	for (size_t i = 0; i < waiting->nadded; i++)
		iq_wire_uint(&b, W_ADDED, waiting->added[i]);
	for (size_t i = 0; i < waiting->nchanges; i++)
		iq_wire_uint(&b, W_CHANGE, waiting->change[i]);
	iq_table_put(w, IQ_TABLE_LIVING, key_of(waiting->from, key),
		(struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
}

/* Borrows from the value; counts `added` and `change` only. */
static bool parse(struct iq_str value, struct iq_waiting *out)
{
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == W_TO)
			out->to = (iq_num)f.value;
		else if (f.field == W_ON)
			out->on = (int32_t)f.value;
		else if (f.field == W_BY)
			out->by = f.bytes;
		else if (f.field == W_REASON)
			out->reason = f.bytes;
		else if (f.field == W_ENDED)
			out->ended = f.bytes;
		else if (f.field == W_BEGUN)
			out->begun = f.value != 0;
		else if (f.field == W_ADDED)
			out->nadded++;
		else if (f.field == W_CHANGE)
			out->nchanges++;
	}
	return !bad && out->to != IQ_NONE;
}

bool iq_waiting_get(struct iq_txn *t, iq_num from, struct iq_arena *arena, struct iq_waiting *out)
{
	char key[KEY];
	struct iq_str value;
	struct iq_wire_field f;
	bool bad = false;
	size_t n = 0, m = 0;

	*out = (struct iq_waiting){.from = from};
	if (!iq_table_get(t, IQ_TABLE_LIVING, key_of(from, key), &value) || !parse(value, out))
		return false;
	iq_num *added = iq_arena_array(arena, out->nadded + 1, sizeof(*added));
	uint64_t *change = iq_arena_array(arena, out->nchanges + 1, sizeof(*change));

	while (added != NULL && change != NULL && iq_wire_next(&value, &f, &bad)) {
		if (f.field == W_ADDED)
			added[n++] = (iq_num)f.value;
		else if (f.field == W_CHANGE)
			change[m++] = f.value;
	}
	out->added = added;
	out->change = change;
	out->by = iq_arena_dup(arena, out->by);
	out->reason = iq_arena_dup(arena, out->reason);
	out->ended = iq_arena_dup(arena, out->ended);
	return !arena->failed;
}

struct each {
	bool (*fn)(void *arg, iq_num from, int32_t on);
	void *arg;
};

static bool one(void *arg, struct iq_str key, struct iq_str value)
{
	struct each *e = arg;
	struct iq_waiting waiting = {.nadded = 0};

	if (!from_of(key, &waiting.from) || !parse(value, &waiting))
		return true;
	return e->fn(e->arg, waiting.from, waiting.on);
}

void iq_waiting_each(struct iq_txn *t, bool (*fn)(void *arg, iq_num from, int32_t on), void *arg)
{
	struct each e = {fn, arg};

	iq_table_each(t, IQ_TABLE_LIVING, IQ_STR("h"), one, &e);
}

struct of {
	uint64_t change;
	iq_num from;
};

static bool is_of(void *arg, struct iq_str key, struct iq_str value)
{
	struct of *o = arg;
	struct iq_wire_field f;
	bool bad = false, found = false;

	while (!found && iq_wire_next(&value, &f, &bad))
		found = f.field == W_CHANGE && f.value == o->change;
	return !found || !from_of(key, &o->from);
}

bool iq_waiting_of(
	struct iq_txn *t, uint64_t change, struct iq_arena *arena, struct iq_waiting *out)
{
	struct of o = {change, IQ_NONE};

	iq_table_each(t, IQ_TABLE_LIVING, IQ_STR("h"), is_of, &o);
	return o.from != IQ_NONE && iq_waiting_get(t, o.from, arena, out);
}

/* ---- on the day ------------------------------------------------------------------------------ */

/* One change each: what cannot be done does not hold up the others. */
struct due_job {
	struct iq_op_job op;         /* must be first */
	struct iq_op_approval asked; /* in whose name */
	struct iq_waiting waiting;
};

static enum iq_err run_due(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct due_job *d = (struct due_job *)job;
	struct iq_txn *t = iq_wtxn_txn(w);
	iq_num from = d->waiting.from;
	struct iq_right right;
	struct iq_waiting now;
	struct iq_diffs diffs = {.d = NULL};
	struct iq_image image;

	/* Taken back or put off since; or there is nobody any more who could hand over. */
	if (!iq_waiting_get(t, from, &d->op.arena, &now) || now.on > d->op.today)
		return IQ_OK;
	if (!iq_image_get(t, IQ_CONTACT, from, &image)) {
		iq_job_writes(job);
		iq_waiting_forget(w, IQ_CONTACT, from);
		return iq_txn_error(t, NULL);
	}
	enum iq_err err = iq_right_load(&right, &d->op, w, vocab);

	if (err != IQ_OK)
		return err;
	struct iq_hand hand = {.from = from, .to = now.to, .on = now.on};

	job->audit.institution = iq_arena_dup(
		&d->op.arena, iq_id_of(t, IQ_INSTITUTION, right.principal.institution));
	err = iq_hand_over(&right, w, &hand, &diffs);
	d->op.right = NULL;
	return err;
}

/* No id of a contact: the log of the machine is not part of what is erased. */
static void due_done(struct iq_job *job)
{
	struct due_job *d = (struct due_job *)job;

	if (job->err != IQ_OK && !iq_err_retryable(job->err)) {
		char on[11];

		iq_date_format(d->waiting.on, on);
		iq_log(IQ_LOG_WARN,
			"handover: one that %.*s asked for and that was due on %s was not carried "
			"out (%s); it is tried again daily",
			IQ_STR_ARG(d->waiting.by), on, iq_err_name(job->err));
	}
	iq_buf_free(&job->answer);
	iq_arena_free(&d->op.arena);
	free(d);
}

static bool submit(const struct iq_services *svc, struct iq_txn *t, iq_num from, int32_t today)
{
	struct due_job *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return false;
	struct iq_op_job *o = &d->op;

	iq_arena_init(&o->arena, 0);
	iq_buf_init(&o->job.answer, 0);
	iq_error_init(&o->job.error, &o->arena);
	o->svc = svc;
	o->now_us = iq_now_us();
	o->today = today;
	o->job.run = run_due;
	o->job.done = due_done;
	if (!iq_waiting_get(t, from, &o->arena, &d->waiting)) {
		due_done(&o->job);
		return true;
	}
	d->asked = (struct iq_op_approval){.by = d->waiting.by};
	o->approval = &d->asked;
	o->job.change = (struct iq_change){.principal = d->waiting.by,
		.operation = IQ_STR("handover"),
		.reason = d->waiting.reason,
		.time_us = o->now_us};
	o->job.audit = (struct iq_audit_entry){.event = IQ_AUDIT_WRITTEN,
		.time_us = o->now_us,
		.principal = o->job.change.principal,
		.operation = o->job.change.operation,
		.purpose = o->job.change.reason};
	if (iq_writer_submit(svc->writer, &o->job))
		return true;
	due_done(&o->job);
	return false;
}

struct due {
	struct iq_arena arena;
	int32_t today;
	iq_num *from;
	size_t n, cap;
};

static bool note_due(void *arg, iq_num from, int32_t on)
{
	struct due *d = arg;

	if (on > d->today)
		return true;
	if (d->n == d->cap) {
		size_t cap = d->cap ? 2 * d->cap : 16;
		iq_num *grown = iq_arena_grow(
			&d->arena, d->from, d->cap * sizeof(*grown), cap * sizeof(*grown));

		if (grown == NULL)
			return false;
		d->from = grown;
		d->cap = cap;
	}
	d->from[d->n++] = from;
	return true;
}

bool iq_handovers_submit(const struct iq_services *svc, int32_t today)
{
	struct due due = {.today = today};
	struct iq_rtxn *r;
	bool all = false;

	if (iq_rtxn_new(svc->store, &r) != IQ_OK)
		return false;
	iq_arena_init(&due.arena, 0);
	if (iq_rtxn_renew(r)) {
		struct iq_txn *t = iq_rtxn_txn(r);

		iq_waiting_each(t, note_due, &due);
		all = !due.arena.failed;
		for (size_t i = 0; i < due.n; i++)
			all = submit(svc, t, due.from[i], today) && all;
	}
	iq_arena_free(&due.arena);
	iq_rtxn_free(r);
	return all;
}
