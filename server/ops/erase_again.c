/* SPDX-License-Identifier: Apache-2.0 */
/* After a restore: whom the backup still holds although they were erased. */
#include <pthread.h>

#include "archive.h"
#include "date.h"
#include "erase.h"

struct again {
	struct iq_op_job job; /* first */
	const iq_num *contacts;
	size_t n;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool over;
};

static enum iq_err run_again(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct again *a = (struct again *)job;
	enum iq_err err = IQ_OK;

	(void)vocab;
	for (size_t i = 0; i < a->n && err == IQ_OK; i++) {
		struct iq_image image;

		/* Removed, but not erased yet: only the past is left to go. */
		if (!iq_image_get(iq_wtxn_txn(w), IQ_CONTACT, a->contacts[i], &image)) {
			iq_job_writes(job);
			iq_archived_forget(w, IQ_CONTACT, a->contacts[i]);
			iq_erase_mark(w, a->contacts[i]);
		} else {
			err = iq_erase_remove(job, w, a->contacts[i], &a->job.arena);
		}
	}
	return err != IQ_OK ? err : iq_txn_error(iq_wtxn_txn(w), NULL);
}

static void ended(struct iq_job *job)
{
	struct again *a = (struct again *)job;

	pthread_mutex_lock(&a->lock);
	a->over = true;
	pthread_cond_signal(&a->ended);
	pthread_mutex_unlock(&a->lock);
}

enum iq_err iq_erase_again(
	const struct iq_services *svc, const iq_num *contacts, size_t n, struct iq_error *error)
{
	struct again a = {.contacts = contacts,
		.n = n,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.ended = PTHREAD_COND_INITIALIZER};
	enum iq_err err = IQ_OK;

	iq_erase_own_job(&a.job, svc, "restore", IQ_AUDIT_ERASED);
	a.job.job.audit.count = n;
	a.job.job.run = run_again;
	a.job.job.done = ended;
	if (!iq_writer_submit(svc->writer, &a.job.job)) {
		err = IQ_ERR_BUSY;
	} else {
		pthread_mutex_lock(&a.lock);
		while (!a.over)
			pthread_cond_wait(&a.ended, &a.lock);
		pthread_mutex_unlock(&a.lock);
		err = a.job.job.err;
	}
	iq_buf_free(&a.job.job.answer);
	iq_arena_free(&a.job.arena);
	if (err == IQ_OK)
		return IQ_OK;
	return iq_error_set(error, err,
		N_("Persons that were erased are in the backup and could not be erased again."),
		N_("Look at the messages above, and restore once more."), NULL);
}
