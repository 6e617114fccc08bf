/* SPDX-License-Identifier: Apache-2.0 */
/* What a failed step of the database means: full, or the end of this process. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#define IQ_LOG_PART IQ_LOG_STORE
#include "log.h"
#include "store_priv.h"

enum { SPACE_LOW = 16 << 20 /* bytes left below which a short write means "full" */ };

bool iq_disk_full(const struct iq_store *s)
{
	struct statvfs v;
	struct rlimit r;

	if (getrlimit(RLIMIT_FSIZE, &r) == 0 && r.rlim_cur != RLIM_INFINITY &&
		iq_store_bytes(s) + SPACE_LOW > r.rlim_cur)
		return true;
	return statvfs(s->path, &v) == 0 && (uint64_t)v.f_bavail * v.f_frsize < SPACE_LOW;
}

bool iq_store_is_fatal(const struct iq_store *s, int rc)
{
	switch (rc) {
	case EIO:
		return !iq_disk_full(s); /* LMDB's name for a write that was cut short, too */
	case MDB_PANIC:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return true;
	default:
		return false;
	}
}

/*
 * What a failed write or sync left behind nobody knows, and the next sync may succeed without
 * having written it: nothing more is written, and the process is to end. A new one begins with the
 * last commit that was whole.
 */
void iq_store_break(struct iq_store *s, int rc)
{
	if (rc == 0 || iq_store_classify(rc) != IQ_ERR_INTERNAL ||
		atomic_exchange(&s->broken, true))
		return;
	iq_log(IQ_LOG_ERROR, "store: %s: nothing is written any more", mdb_strerror(rc));
	if (s->on_broken != NULL)
		s->on_broken(s->on_broken_ctx);
}

void iq_store_on_broken(struct iq_store *s, void (*tell)(void *ctx), void *ctx)
{
	s->on_broken = tell;
	s->on_broken_ctx = ctx;
}

bool iq_store_broken(const struct iq_store *s)
{
	return atomic_load(&s->broken);
}
