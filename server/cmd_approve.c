/* SPDX-License-Identifier: Apache-2.0 */
/* iqd approve: the second person on the machine itself, while there is only one administrator. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "conf.h"
#include "date.h"
#include "op.h"

struct approve {
	const char *number; /* NULL: list what waits */
	bool reject;
	struct iq_op_job job;
	struct iq_services svc;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool done;
};

/* ---- listing ----------------------------------------------------------------------------------
 */

static void print_changes(struct iq_str changes)
{
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&changes, &f, &bad)) {
		struct iq_str id = iq_image_field(f.bytes, 2), column = iq_image_field(f.bytes, 3);
		struct iq_str before = iq_image_field(f.bytes, 4);
		struct iq_str after = iq_image_field(f.bytes, 5);

		printf("  %.*s %.*s: %.*s → %.*s\n", IQ_STR_ARG(id), IQ_STR_ARG(column),
			IQ_STR_ARG(before), IQ_STR_ARG(after));
	}
}

struct listing {
	struct iq_txn *txn;
	struct iq_arena arena;
	size_t n;
};

static bool print_one(void *arg, const struct iq_approval *a)
{
	struct listing *l = arg;
	bool moved = iq_approval_void(l->txn, a, &l->arena);

	iq_arena_reset(&l->arena);
	if (a->state != IQ_APPROVAL_WAITING || a->until_us < iq_now_us() || moved)
		return true;
	l->n++;
	printf("%llu  %.*s  %.*s\n", (unsigned long long)a->id, IQ_STR_ARG(a->operation),
		IQ_STR_ARG(a->by));
	/* What may be confidential is for those who may see it. */
	if (!iq_str_is(a->operation, "visibility"))
		print_changes(a->changes);
	return true;
}

static enum iq_err list(struct iq_store *store, struct iq_error *error)
{
	struct listing l = {.n = 0};
	struct iq_rtxn *r;
	enum iq_err err = iq_rtxn_new(store, &r);

	iq_arena_init(&l.arena, 0);
	if (err == IQ_OK && iq_rtxn_renew(r)) {
		l.txn = iq_rtxn_txn(r);
		iq_approval_each(l.txn, print_one, &l);
	}
	iq_arena_free(&l.arena);
	if (err != IQ_OK)
		return iq_error_set(error, err, N_("The database cannot be read."), NULL, NULL);
	iq_rtxn_free(r);
	if (l.n == 0)
		fprintf(stderr, "iqd: %s\n", _("Nothing waits for a second person."));
	return IQ_OK;
}

/* ---- deciding ---------------------------------------------------------------------------------
 */

static void on_done(struct iq_job *job)
{
	struct approve *a = ((struct iq_op_job *)job)->owner;

	pthread_mutex_lock(&a->lock);
	a->done = true;
	pthread_cond_signal(&a->ended);
	pthread_mutex_unlock(&a->lock);
}

static void fill_job(struct approve *a)
{
	struct iq_op_job *o = &a->job;
	struct iq_job *job = &o->job;

	iq_arena_init(&o->arena, 0);
	iq_buf_init(&job->answer, IQ_LIMIT_ANSWER_MAX);
	iq_error_init(&job->error, &o->arena);
	o->svc = &a->svc;
	o->owner = a;
	o->now_us = iq_now_us();
	o->today = iq_date_in_germany(o->now_us);
	snprintf(o->principal, sizeof(o->principal), "operator");
	snprintf(o->peer, sizeof(o->peer), "local");
	job->change.time_us = o->now_us;
	job->change.principal = iq_str(o->principal);
	job->done = on_done;
	job->audit = (struct iq_audit_entry){.event = IQ_AUDIT_GRANTED,
		.time_us = o->now_us,
		.principal = iq_str(o->principal),
		.operation = a->reject ? IQ_STR("reject") : IQ_STR("approve"),
		.peer = iq_str(o->peer)};
}

/* The request as it waits, made ready to run. */
static enum iq_err prepare(struct approve *a, struct iq_rtxn *r, const struct iq_vocab *vocab)
{
	struct iq_session session = {.spool = NULL};
	struct iq_op_job *o = &a->job;
	struct iq_audit_entry audit = o->job.audit;
	struct iq_req rq = {.arena = &o->arena,
		.rtxn = r,
		.txn = iq_rtxn_txn(r),
		.vocab = vocab,
		.session = &session,
		.svc = &a->svc,
		.today = o->today,
		.now_us = o->now_us,
		.error = &o->job.error};
	enum iq_err err =
		iq_approval_prepare(&rq, &o->job, strtoull(a->number, NULL, 10), a->reject);

	/* Not a retry of what was asked; who decides is written down. */
	memset(o->job.change.request_id, 0, sizeof(o->job.change.request_id));
	o->job.dry_run = false;
	audit.purpose = o->job.audit.purpose;
	o->job.audit = audit;
	return err;
}

static enum iq_err decide(struct approve *a, struct iq_error *error)
{
	const struct iq_vocab *vocab = NULL;
	struct iq_rtxn *r = NULL;
	enum iq_err err = iq_rtxn_new(a->svc.store, &r);

	if (err == IQ_OK && iq_rtxn_renew(r))
		vocab = iq_vocab_hold(a->svc.writer, NULL, iq_rtxn_state(r)->vocab_revision);
	if (vocab == NULL) {
		iq_rtxn_free(r);
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("The database cannot be read."),
			N_("Verify it: iqd check"), NULL);
	}
	err = prepare(a, r, vocab);
	iq_rtxn_reset(r);
	if (err == IQ_OK && iq_writer_submit(a->svc.writer, &a->job.job)) {
		pthread_mutex_lock(&a->lock);
		while (!a->done)
			pthread_cond_wait(&a->ended, &a->lock);
		pthread_mutex_unlock(&a->lock);
		err = a->job.job.err;
	}
	iq_vocab_drop(a->svc.writer, vocab);
	iq_rtxn_free(r);
	if (err != IQ_OK)
		*error = a->job.job.error;
	return err;
}

static enum iq_err approve(struct approve *a, const char *dir, struct iq_error *error)
{
	enum iq_err err = iq_store_open(
		dir, false, &(struct iq_store_options){.upgrade = true}, &a->svc.store, error);

	a->svc.dir = dir;
	if (err != IQ_OK)
		return err;
	if (a->number == NULL) {
		err = list(a->svc.store, error);
	} else {
		fill_job(a);
		err = iq_audit_open(dir, &a->svc.audit, error);
		if (err == IQ_OK)
			err = iq_writer_start(a->svc.store, a->svc.audit, &a->svc.writer, error);
		if (err == IQ_OK)
			err = decide(a, error);
		iq_writer_stop(a->svc.writer, 10000);
		iq_audit_close(a->svc.audit);
	}
	iq_store_close(a->svc.store);
	return err;
}

/* Takes what the other commands do not know out of the arguments: a number, --reject. */
static int own_arguments(struct approve *a, int argc, char **argv)
{
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--reject") == 0)
			a->reject = true;
		else if (i > 0 && argv[i][0] != '\0' &&
			 argv[i][strspn(argv[i], "0123456789")] == '\0' &&
			 (i + 1 == argc || strcmp(argv[i - 1], "--state") != 0))
			a->number = argv[i];
		else
			argv[n++] = argv[i];
	}
	return n;
}

int iq_cmd_approve(int argc, char **argv)
{
	struct approve a = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
	struct iq_cmd_args args;
	struct iq_arena arena;
	struct iq_error error;
	int status = iq_cmd_args(own_arguments(&a, argc, argv), argv, "s", &args), lock;

	if (status != 0)
		return status;
	umask(077);
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	lock = iq_state_lock(args.state, &error);
	if (lock < 0 || approve(&a, args.state, &error) != IQ_OK)
		status = iq_cmd_fail(&error);
	else if (a.number != NULL)
		printf(a.reject ? _("Number %s was rejected.\n")
				: _("Number %s was approved and carried out.\n"),
			a.number);
	if (lock >= 0)
		close(lock);
	iq_op_job_release(&a.job);
	iq_buf_free(&a.job.job.answer);
	iq_arena_free(&a.job.arena);
	iq_arena_free(&arena);
	return status;
}
