/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: what the caller may know of contacts, and who was found by what the list says. */

#include "i18n.h"
#include "sync_priv.h"

/* ---- references ------------------------------------------------------------------------------ */

static bool may_refer(const struct iq_sync_priv *p, iq_num contact)
{
	struct iq_job *job = p->s->job;

	return job->may_refer == NULL || job->may_refer(job, contact);
}

bool iq_sync_knows(struct iq_sync_priv *p, struct iq_str id)
{
	iq_num num = iq_id_find(p->t, IQ_CONTACT, id);
	bool merged;

	if (num != IQ_NONE)
		return iq_sync_stored(p, IQ_CONTACT, num) != NULL || may_refer(p, num);
	num = iq_id_reserved(p->t, IQ_CONTACT, id, &merged);
	/* New in the list; or gone. */
	return num == IQ_NONE || p->s->job->may_refer == NULL ||
	       iq_sync_stored(p, IQ_CONTACT, num) != NULL || iq_sync_was_own(p, IQ_CONTACT, num);
}

static bool names_contacts(const struct iq_column *c)
{
	return c->target == IQ_CONTACT && (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS);
}

static struct iq_stored *reserved(struct iq_sync_priv *p, struct iq_str id)
{
	bool merged;

	return iq_sync_stored(p, IQ_CONTACT, iq_id_reserved(p->t, IQ_CONTACT, id, &merged));
}

/* Was it taken away by others, and does it stay away, though the list names it? */
static bool stays_away(struct iq_sync_priv *p, struct iq_str id)
{
	const struct iq_stored *s = p->away ? reserved(p, id) : NULL;

	return s != NULL && s->row != 0 && p->rows[s->row - 1].left;
}

static bool is_present(struct iq_sync_priv *p, struct iq_str id)
{
	return !stays_away(p, id);
}

static bool lives(struct iq_sync_priv *p, struct iq_str id)
{
	const struct iq_stored *s = reserved(p, id);

	return iq_id_find(p->t, IQ_CONTACT, id) != IQ_NONE ||
	       (s != NULL && s->row != 0 && !p->rows[s->row - 1].left);
}

static struct iq_value those(struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v,
	bool (*counts)(struct iq_sync_priv *p, struct iq_str id))
{
	struct iq_str *kept;
	uint32_t n = 0;

	if (v.n == 0 || !names_contacts(iq_sync_column(kind, col)))
		return v;
	kept = iq_arena_array(p->arena, v.n, sizeof(*kept));
	if (kept == NULL) /* the arena has failed: there is no plan */
		return (struct iq_value){NULL, 0};
	for (uint32_t i = 0; i < v.n; i++)
		if (counts(p, v.v[i]))
			kept[n++] = v.v[i];
	return (struct iq_value){kept, n};
}

struct iq_value iq_sync_present(
	struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v)
{
	return p->away ? those(p, kind, col, v, is_present) : v;
}

struct iq_value iq_sync_living(
	struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v)
{
	return those(p, kind, col, v, lives);
}

struct iq_value iq_sync_known(struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v)
{
	return those(p, kind, col, v, iq_sync_knows);
}

static bool among(const struct iq_value *v, struct iq_str id)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_eq(v->v[i], id))
			return true;
	return false;
}

struct iq_value iq_sync_with_hidden(struct iq_sync_priv *p, enum iq_kind kind, int col,
	struct iq_value list, struct iq_value now)
{
	struct iq_str *all;
	uint32_t n = 0;

	if (now.n == 0 || !names_contacts(iq_sync_column(kind, col)) ||
		iq_sync_column(kind, col)->type != IQ_TYPE_REFS)
		return list;
	all = iq_arena_array(p->arena, (size_t)list.n + now.n, sizeof(*all));
	if (all == NULL)
		return list;
	for (uint32_t i = 0; i < list.n; i++)
		all[n++] = list.v[i];
	for (uint32_t i = 0; i < now.n; i++)
		if (!among(&list, now.v[i]) && !iq_sync_knows(p, now.v[i]))
			all[n++] = now.v[i];
	return (struct iq_value){all, n};
}

/* ---- who was found --------------------------------------------------------------------------- */

void iq_sync_tell(struct iq_sync_priv *p, const struct iq_stored *stored)
{
	struct iq_sync *s = p->s;
	void *list = s->told;
	iq_num *to;

	if (stored->kind != IQ_CONTACT)
		return;
	if (!iq_sync_shows(p, stored)) {
		p->withheld = true;
		return;
	}
	to = iq_sync_grow(p, &list, s->ntold, &s->cap_told, sizeof(*to));
	s->told = list;
	if (to == NULL)
		return;
	*to = stored->num;
	s->ntold++;
}

/* Does it say something of a person that not everybody may know? */
static bool guesses(const struct iq_sync_row *row)
{
	if (row->kind != IQ_CONTACT || row->bad)
		return false;
	if (row->cell[IQ_COL_ID].n == 0)
		return true;
	for (int c = 1; c < (int)iq_schemas[IQ_CONTACT].ncolumns; c++)
		if (row->given & UINT32_C(1) << c &&
			iq_sync_column(IQ_CONTACT, c)->segment == IQ_SEGMENT_PERSONAL)
			return true;
	return false;
}

enum iq_err iq_sync_check_guesses(struct iq_sync_priv *p)
{
	for (size_t i = 0; i < p->nrows; i++)
		if (guesses(&p->rows[i]))
			return p->s->may_match(p->s->ctx, false);
	return IQ_OK;
}

enum iq_err iq_sync_check_found(struct iq_sync_priv *p)
{
	for (size_t i = 0; i < p->nrows && !p->withheld; i++) {
		const struct iq_stored *stored = iq_sync_of(p, &p->rows[i]);

		p->withheld = stored != NULL && guesses(&p->rows[i]) && !iq_sync_shows(p, stored);
	}
	return p->withheld ? p->s->may_match(p->s->ctx, true) : IQ_OK;
}
