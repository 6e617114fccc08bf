/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: contacts that cells name — by id, by the institution's own key, by e-mail address or by
 * name — become ids. Those of the list come first.
 */

#include <stdlib.h>

#include "i18n.h"
#include "sync_priv.h"

struct refs {
	struct iq_sync_priv *p;
	struct iq_sync_index by_id, by_external, by_email, by_name; /* people */
	struct iq_sync_index by_former; /* name and address before the list changed them */
	struct person {
		const struct iq_sync_row *row; /* NULL: not in the list */
		struct iq_stored *stored;      /* NULL: new */
		struct iq_str id;
		iq_num institution;
	} * people;
	size_t n;
};

static struct iq_str lower(struct iq_sync_priv *p, struct iq_str s)
{
	char *c = s.n ? iq_arena_cstr(p->arena, s) : NULL;

	for (size_t i = 0; c != NULL && i < s.n; i++)
		if (c[i] >= 'A' && c[i] <= 'Z')
			c[i] = (char)(c[i] + 'a' - 'A');
	return (struct iq_str){c, c ? s.n : 0};
}

static int by_bytes(const void *a, const void *b)
{
	return iq_str_cmp(*(const struct iq_str *)a, *(const struct iq_str *)b);
}

/* The words of a folded name in order, so that "Mustermann, Erika" is found as well. */
static struct iq_str sorted_words(struct iq_sync_priv *p, struct iq_str name)
{
	enum { WORDS = 16 };
	struct iq_str words[WORDS], word;
	const char *out = "";
	size_t n = 0;

	for (struct iq_str rest = name; n < WORDS && iq_str_cut(&rest, '-', &word);)
		words[n++] = word;
	if (n > 1)
		qsort(words, n, sizeof(*words), by_bytes);
	for (size_t i = 0; i < n && out != NULL; i++)
		out = iq_arena_printf(
			p->arena, "%s%s%.*s", out, *out ? "-" : "", IQ_STR_ARG(words[i]));
	return iq_str(out);
}

static void add(struct refs *r, const struct iq_sync_row *row, struct iq_stored *stored)
{
	struct iq_sync_priv *p = r->p;
	struct person *to = &r->people[r->n];
	const struct iq_rec *rec = stored ? &stored->rec : NULL;

	/* Rows with a problem may have no id; whoever names them has no other problem. */
	*to = (struct person){row, stored, IQ_STR("c-0"), IQ_NONE};
	if (rec != NULL) {
		to->id = iq_rec_text(rec, IQ_COL_ID);
		to->institution = stored->institution;
	}
	if (row != NULL) {
		to->id = row->id.n ? row->id : IQ_STR("c-0");
		to->institution = row->institution;
	}
	iq_sync_index_add(&r->by_id, to->id, (uint32_t)r->n);
	if (row != NULL) {
		iq_sync_index_add(
			&r->by_external, row->cell[IQ_CONTACT_EXTERNAL_ID], (uint32_t)r->n);
		iq_sync_index_add(&r->by_email, row->email, (uint32_t)r->n);
		iq_sync_index_add(&r->by_name, sorted_words(p, row->name), (uint32_t)r->n);
	}
	/* What the list does not say stays. */
	if (rec != NULL && (row == NULL || row->cell[IQ_CONTACT_EXTERNAL_ID].n == 0))
		iq_sync_index_add(
			&r->by_external, iq_rec_text(rec, IQ_CONTACT_EXTERNAL_ID), (uint32_t)r->n);
	if (rec != NULL && (row == NULL || row->email.n == 0))
		iq_sync_index_add(
			&r->by_email, lower(p, iq_rec_text(rec, IQ_CONTACT_EMAIL)), (uint32_t)r->n);
	if (rec != NULL && (row == NULL || row->name.n == 0))
		iq_sync_index_add(&r->by_name,
			sorted_words(p, iq_sync_fold(p, iq_rec_text(rec, IQ_CONTACT_NAME))),
			(uint32_t)r->n);
	/* Who changes a name in one sheet of a list may forget the others. */
	if (rec != NULL && row != NULL) {
		iq_sync_index_add(&r->by_former, lower(p, iq_rec_text(rec, IQ_CONTACT_EMAIL)),
			(uint32_t)r->n);
		iq_sync_index_add(&r->by_former,
			sorted_words(p, iq_sync_fold(p, iq_rec_text(rec, IQ_CONTACT_NAME))),
			(uint32_t)r->n);
	}
	r->n++;
}

/* Rows before what is stored, the own institution before others; NULL with *several: open. */
static struct person *best(struct refs *r, const struct iq_sync_index *x, struct iq_str key,
	iq_num institution, bool *several)
{
	struct person *found = NULL;
	unsigned found_rank = 0;
	uint32_t at = 0, what;

	*several = false;
	while (iq_sync_index_next(x, key, &at, &what)) {
		struct person *c = &r->people[what];
		unsigned rank = (c->row != NULL ? 2U : 0U) + (c->institution == institution);

		if (found != NULL && rank < found_rank)
			continue;
		*several = found != NULL && rank == found_rank && found != c;
		if (found == NULL || rank > found_rank)
			found = c;
		found_rank = rank;
	}
	return *several ? NULL : found;
}

static void tell(struct refs *r, struct iq_sync_row *row, int col, struct iq_str part, bool several)
{
	iq_sync_say(r->p, row, col, part,
		several ? N_("Several contacts are called that. Name the one that is meant by its "
			     "id, key or e-mail address.")
			: N_("There is no such contact in the list or on record."),
		(struct iq_str){NULL, 0});
}

/* A row may name somebody in two ways: it is told once. */
static void note_naming(
	struct refs *r, struct iq_stored *stored, struct iq_sync_row *row, struct iq_str part)
{
	struct iq_sync_naming **at = &stored->named;

	while (*at != NULL && (*at)->row != row)
		at = &(*at)->next;
	if (*at != NULL)
		return;
	*at = iq_arena_zalloc(r->p->arena, sizeof(**at));
	if (*at != NULL)
		**at = (struct iq_sync_naming){.row = row, .part = iq_arena_dup(r->p->arena, part)};
}

static struct iq_str resolve(struct refs *r, struct iq_sync_row *row, int col, struct iq_str part)
{
	struct iq_sync_priv *p = r->p;
	bool several = false, open = false;
	struct person *found = best(r, &r->by_id, part, row->institution, &several);

	/* A contact of others: whether it may be named, is decided when the row is written. */
	if (found == NULL && iq_slug_valid(part) && iq_id_find(p->t, IQ_CONTACT, part) != IQ_NONE &&
		iq_sync_knows(p, part))
		return part;
	if (found == NULL)
		found = best(r, &r->by_external, part, row->institution, &several);
	open = several;
	if (found == NULL && !open)
		found = best(r, &r->by_email, lower(p, part), row->institution, &several);
	open = open || several;
	if (found == NULL && !(several && memchr(part.p, '@', part.n) != NULL))
		found = best(r, &r->by_name, sorted_words(p, iq_sync_fold(p, part)),
			row->institution, &several);
	open = open || several;
	if (found == NULL && !open)
		found = best(r, &r->by_former, lower(p, part), row->institution, &several);
	if (found == NULL && !open)
		found = best(r, &r->by_former, sorted_words(p, iq_sync_fold(p, part)),
			row->institution, &several);
	if (found == NULL) {
		tell(r, row, col, part, open || several);
		return part;
	}
	if (found->stored != NULL && found->row == NULL)
		note_naming(r, found->stored, row, part);
	return found->id;
}

static struct iq_str trimmed(struct iq_str s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = (struct iq_str){s.p + 1, s.n - 1};
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

/* Keeps the cell's text: its values are parsed later. */
static void resolve_cell(struct refs *r, struct iq_sync_row *row, int col)
{
	struct iq_str part;
	struct iq_buf b;

	if (!(row->given & UINT32_C(1) << col) || row->cell[col].n == 0)
		return;
	iq_buf_init(&b, 0);
	if (iq_sync_column(row->kind, col)->type == IQ_TYPE_REF) {
		iq_buf_str(&b, resolve(r, row, col, row->cell[col]));
	} else {
		for (struct iq_str rest = row->cell[col]; iq_str_cut(&rest, ';', &part);) {
			part = trimmed(part);
			if (part.n == 0)
				continue;
			if (b.n > 0)
				iq_buf_byte(&b, ';');
			iq_buf_str(&b, resolve(r, row, col, part));
		}
	}
	/* A cell with a problem stays out, so that it is told once. */
	row->cell[col] = row->bad ? (struct iq_str){"", 0}
				  : iq_arena_dup(r->p->arena, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
}

void iq_sync_refs(struct iq_sync_priv *p)
{
	struct refs r = {.p = p};
	size_t most = p->nrows + p->nstored;

	r.people = iq_arena_array(p->arena, most + 1, sizeof(*r.people));
	if (r.people == NULL) {
		p->err = iq_no_memory(&p->s->job->error);
		return;
	}
	iq_sync_index_init(&r.by_id, p->arena, most);
	iq_sync_index_init(&r.by_external, p->arena, most);
	iq_sync_index_init(&r.by_email, p->arena, most);
	iq_sync_index_init(&r.by_name, p->arena, most);
	iq_sync_index_init(&r.by_former, p->arena, most);
	for (size_t i = 0; i < p->nrows; i++)
		if (p->rows[i].kind == IQ_CONTACT)
			add(&r, &p->rows[i], iq_sync_of(p, &p->rows[i]));
	for (size_t i = 0; i < p->nstored; i++)
		if (p->stored[i].kind == IQ_CONTACT && p->stored[i].row == 0 &&
			!p->stored[i].archived)
			add(&r, NULL, &p->stored[i]);
	for (size_t i = 0; i < p->nrows; i++) {
		if (p->rows[i].kind == IQ_CONTACT)
			resolve_cell(&r, &p->rows[i], IQ_CONTACT_DEPUTY);
		else if (p->rows[i].kind == IQ_RESPONSIBILITY)
			resolve_cell(&r, &p->rows[i], IQ_RESP_CONTACTS);
	}
}
