/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: lines of a plan, and what the list does not name. */

#include <openssl/evp.h>

#include "archive_priv.h"
#include "i18n.h"
#include "sync_priv.h"

const char *const iq_sync_act_names[IQ_SYNC_ACTS] = {
	"same", "add", "change", "archive", "revive", "conflict"};
const char *const iq_sync_by_names[IQ_SYNC_BYS] = {"", "id", "external_id", "email", "name", "key"};

/* ---- names for people ------------------------------------------------------------------------ */

static struct iq_str label(
	const struct iq_sync *s, const struct iq_label *labels, const struct iq_tree *t, iq_num num)
{
	if (num == IQ_NONE || num > t->n || t->id[num].n == 0)
		return (struct iq_str){NULL, 0};
	return labels[num].name[s->english];
}

struct iq_str iq_sync_name(struct iq_sync_priv *p, const struct iq_rec *rec)
{
	const struct iq_sync *s = p->s;
	const struct iq_vocab *v = s->vocab;
	bool duty = rec->kind == IQ_RESPONSIBILITY;
	iq_num task, region;
	struct iq_str what, where;

	if (!duty && rec->kind != IQ_NOTICE)
		return iq_arena_dup(p->arena, iq_rec_name(rec, s->english));
	task = iq_id_find(
		p->t, IQ_TASK, iq_rec_text(rec, duty ? (int)IQ_RESP_TASK : (int)IQ_NOTICE_TASK));
	region = iq_id_find(p->t, IQ_REGION,
		iq_rec_text(rec, duty ? (int)IQ_RESP_REGION : (int)IQ_NOTICE_REGION));
	what = label(s, v->task_label, &v->task, task);
	where = label(s, v->region_label, &v->region, region);
	if (what.n == 0)
		what = iq_rec_text(rec, IQ_COL_ID);
	return iq_str(iq_arena_printf(
		p->arena, "%.*s%s%.*s", IQ_STR_ARG(what), where.n ? ", " : "", IQ_STR_ARG(where)));
}

/* ---- lines ----------------------------------------------------------------------------------- */

struct iq_sync_line *iq_sync_line_add(struct iq_sync_priv *p, enum iq_sync_act act,
	const struct iq_sync_row *row, const struct iq_stored *stored)
{
	struct iq_sync *s = p->s;
	void *list = s->lines;
	struct iq_sync_line *l = iq_sync_grow(p, &list, s->nlines, &s->cap_lines, sizeof(*l));

	s->lines = list;
	if (l == NULL)
		return NULL;
	*l = (struct iq_sync_line){.act = act, .by = row ? row->by : IQ_SYNC_NEW};
	if (stored != NULL) {
		l->kind = stored->kind;
		l->num = stored->num;
		l->revision = stored->revision;
		l->id = iq_rec_text(&stored->rec, IQ_COL_ID);
	}
	if (row != NULL) {
		l->kind = row->kind;
		l->id = row->id;
		l->file = row->file->name;
		l->line = row->line;
	}
	if (stored != NULL || row != NULL)
		l->name = iq_sync_name(p, stored ? &stored->rec : &row->want);
	s->nlines++;
	return l;
}

void iq_sync_conflict_add(struct iq_sync_priv *p, struct iq_sync_line *l, int col,
	struct iq_str was, struct iq_str theirs, struct iq_str mine, uint64_t revision)
{
	void *list = l->conflicts;
	struct iq_sync_conflict *c =
		iq_sync_grow(p, &list, l->nconflicts, &l->cap_conflicts, sizeof(*c));
	struct iq_log_entry log;

	l->conflicts = list;
	if (c == NULL)
		return;
	*c = (struct iq_sync_conflict){
		.col = col, .was = was, .theirs = theirs, .mine = mine, .revision = revision};
	if (iq_log_get(p->t, revision, &log, NULL, NULL)) {
		c->time_us = (uint64_t)log.time_us;
		c->principal = iq_arena_dup(p->arena, log.principal);
	}
	l->nconflicts++;
	p->s->open++;
}

bool iq_sync_shows(struct iq_sync_priv *p, const struct iq_stored *stored)
{
	int visibility;

	if (stored->kind != IQ_CONTACT)
		return true;
	visibility =
		iq_choice(iq_visibility_names, iq_rec_text(&stored->rec, IQ_CONTACT_VISIBILITY));
	if (visibility == IQ_PUBLIC)
		return true;
	return p->s->shows(p->s->ctx, stored->num,
		visibility < 0 ? IQ_INSTITUTION_ONLY : (enum iq_visibility)visibility);
}

void iq_sync_show(struct iq_sync_priv *p, const struct iq_stored *stored, struct iq_sync_line *l)
{
	static const struct iq_str none = {"", 0};

	if (iq_sync_shows(p, stored))
		return;
	l->name = l->id;
	for (size_t i = 0; i < l->diffs.n; i++)
		l->diffs.d[i].before = none;
	for (size_t i = 0; i < l->nconflicts; i++)
		l->conflicts[i].was = l->conflicts[i].theirs = none;
}

/* Ids of contacts that are hidden from the caller go from a cell. */
static struct iq_str visible(struct iq_sync_priv *p, struct iq_str cell)
{
	const char *out = "";
	struct iq_str id;
	bool all = true;

	for (struct iq_str rest = cell; rest.n > 0 && iq_str_cut(&rest, ';', &id);) {
		if (!iq_sync_knows(p, id)) {
			all = false;
			continue;
		}
		out = iq_arena_printf(p->arena, "%s%s%.*s", out, *out ? ";" : "", IQ_STR_ARG(id));
		if (out == NULL)
			return (struct iq_str){NULL, 0};
	}
	return all ? cell : iq_str(out);
}

void iq_sync_diffs(struct iq_sync_priv *p, struct iq_sync_line *l, const struct iq_rec *before,
	const struct iq_rec *after)
{
	size_t kept = 0;

	if (!iq_diffs_add(&l->diffs, before, after, p->arena)) {
		p->err = iq_no_memory(&p->s->job->error);
		return;
	}
	for (size_t i = 0; i < l->diffs.n; i++) {
		struct iq_diff *d = &l->diffs.d[i];
		int col = iq_column_by_name(d->kind, d->column);

		if (col == IQ_COL_ID)
			continue;
		if (col > 0 && iq_sync_column(d->kind, col)->target == IQ_CONTACT) {
			d->before = visible(p, d->before);
			d->after = visible(p, d->after);
			if (iq_str_eq(d->before, d->after))
				continue;
		}
		l->diffs.d[kept++] = *d;
	}
	l->diffs.n = kept;
}

static bool has_id(const struct iq_value *v, struct iq_str id)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_eq(v->v[i], id))
			return true;
	return false;
}

/* ---- what the list does not name ------------------------------------------------------------- */

/* May it be archived because it is missing? Else it is left, and why is said. */
enum fate { GOES, STAYS, OPEN };

/* Did others change it since it was in a list, or a field since a delta had that? */
static bool changed(struct iq_sync_priv *p, const struct iq_stored *e)
{
	struct iq_rec was = {.kind = e->kind};
	uint64_t read = 0;
	bool there = false;

	for (int c = 1; c < (int)iq_schemas[e->kind].ncolumns; c++) {
		uint64_t at = iq_sync_base_whole(p, e, c);

		if (at != read)
			there = iq_sync_past(p, e, at, &was);
		read = at;
		if (there && !iq_sync_same_value(e->kind, c, &was.col[c], &e->rec.col[c]) &&
			!iq_sync_is_own(p, e, c))
			return true;
	}
	return false;
}

static enum fate fate_of(
	struct iq_sync_priv *p, struct iq_stored *e, const struct iq_sync_decision **decided)
{
	struct iq_sync *s = p->s;
	struct iq_rec base, shown;
	uint64_t mark, based = iq_sync_base(p, e, IQ_COL_ID);

	*decided = iq_sync_decided(p, e, -1);
	if (*decided != NULL)
		return (*decided)->theirs ? STAYS : GOES;
	if (p->last_base && iq_sync_mark_get(p, e, IQ_SYNC_MARK_UNNAMED, &mark))
		return STAYS;
	/* Nobody who made the list then could have named it. */
	if (based != 0 && !iq_sync_past(p, e, based, &base))
		return STAYS;
	if (based != 0 && changed(p, e))
		return OPEN;
	if (s->plan_revision == 0 || e->revision <= s->plan_revision)
		return GOES;
	if (!iq_sync_past(p, e, s->plan_revision, &shown))
		return STAYS;
	return iq_sync_same_rec(&shown, &e->rec) ? GOES : OPEN;
}

/* Every row, so that all can be put right at once; in the words of the list. */
static void named_in_rows(struct iq_sync_priv *p, struct iq_stored *e)
{
	iq_sync_tell(p, e); /* it says that there is such a person */
	for (struct iq_sync_naming *n = e->named; n != NULL; n = n->next)
		iq_sync_say(p, n->row,
			n->row->kind == IQ_CONTACT ? (int)IQ_CONTACT_DEPUTY : (int)IQ_RESP_CONTACTS,
			n->part,
			N_("{0} is named here, but missing among the contacts of the list. Name "
			   "somebody else, or put {0} back there."),
			n->part);
}

struct holding {
	struct iq_sync_priv *p;
	const struct iq_stored *e;
	bool held;
};

/* A record that needs this contact: somebody else must be named there first. */
static bool on_ref(void *arg, enum iq_kind from, iq_num num)
{
	struct holding *h = arg;
	const struct iq_schema *schema = &iq_schemas[from];
	struct iq_rec rec = {.kind = from};

	if (!iq_rec_get(h->p->t, from, num, h->p->arena, &rec))
		return true;
	for (size_t c = 0; c < schema->ncolumns; c++)
		if (schema->columns[c].target == IQ_CONTACT && !iq_archive_spares(from, (int)c) &&
			has_id(&rec.col[c], iq_rec_text(&h->e->rec, IQ_COL_ID)))
			h->held = true;
	return !h->held;
}

static bool is_held(struct iq_sync_priv *p, const struct iq_stored *e)
{
	struct holding h = {p, e, false};

	if (e->kind == IQ_CONTACT)
		iq_each_ref_by(p->t, IQ_CONTACT, e->num, IQ_MEMBERSHIP, on_ref, &h);
	return h.held;
}

static void missing(struct iq_sync_priv *p, struct iq_stored *e)
{
	const struct iq_sync_decision *d;
	struct iq_sync *s = p->s;
	struct iq_sync_line *l;
	enum fate fate = fate_of(p, e, &d);

	if (fate == STAYS) {
		e->unnamed = true;
		s->counts[e->kind].left++;
		if (d == NULL)
			iq_sync_remark(p, NULL, iq_rec_text(&e->rec, IQ_COL_ID), -1,
				(struct iq_str){NULL, 0}, (struct iq_str){NULL, 0},
				N_("{0} came into being since the list was made: it stays."));
		return;
	}
	if (is_held(p, e)) {
		s->counts[e->kind].left++;
		iq_sync_remark(p, NULL, iq_rec_text(&e->rec, IQ_COL_ID), -1,
			(struct iq_str){NULL, 0}, (struct iq_str){NULL, 0},
			N_("{0} stands for the institution in a workshop and stays until somebody "
			   "else is named there."));
		return;
	}
	if (fate == GOES && e->named != NULL) {
		named_in_rows(p, e);
		return;
	}
	l = iq_sync_line_add(p, IQ_SYNC_ARCHIVE, NULL, e);
	if (l == NULL)
		return;
	if (d != NULL)
		l->resolved = "mine";
	if (fate == OPEN) {
		l->act = IQ_SYNC_CONFLICT;
		iq_sync_conflict_add(
			p, l, -1, l->name, l->name, (struct iq_str){NULL, 0}, e->revision);
	}
	iq_sync_show(p, e, l);
}

static void count_lines(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;

	for (size_t i = 0; i < s->nlines; i++) {
		const struct iq_sync_line *l = &s->lines[i];
		struct iq_sync_count *c = &s->counts[l->kind];

		c->add += l->act == IQ_SYNC_ADD;
		c->change += l->act == IQ_SYNC_CHANGE;
		c->archive += l->act == IQ_SYNC_ARCHIVE;
		c->revive += l->act == IQ_SYNC_REVIVE;
		c->conflict += l->act == IQ_SYNC_CONFLICT;
	}
	for (size_t i = 0; i < p->nrows; i++) {
		struct iq_sync_count *c = &s->counts[p->rows[i].kind];

		c->same += p->rows[i].act == IQ_SYNC_SAME && !p->rows[i].left && !p->rows[i].bad;
	}
}

static void mix(EVP_MD_CTX *md, struct iq_str s)
{
	uint32_t n = (uint32_t)s.n;

	(void)EVP_DigestUpdate(md, &n, sizeof(n));
	(void)EVP_DigestUpdate(md, s.p, s.n);
}

static void mix_line(EVP_MD_CTX *md, const struct iq_sync_line *l)
{
	uint32_t fixed[] = {l->act, l->kind, (uint32_t)l->nconflicts, (uint32_t)l->diffs.n};

	(void)EVP_DigestUpdate(md, fixed, sizeof(fixed));
	(void)EVP_DigestUpdate(md, &l->revision, sizeof(l->revision));
	mix(md, l->id);
	for (size_t k = 0; k < l->diffs.n; k++) {
		mix(md, l->diffs.d[k].column);
		mix(md, l->diffs.d[k].after);
	}
}

/* all: of all that a person was shown: if it is the same, nothing else is done than that. */
static void digest(const struct iq_sync *s, bool all, uint8_t out[32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	memset(out, 0, 32);
	if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(md);
		return;
	}
	for (size_t i = 0; i < s->nlines; i++) {
		const struct iq_sync_line *l = &s->lines[i];

		if (all) {
			mix_line(md, l);
		} else if (l->act == IQ_SYNC_ARCHIVE) {
			mix(md, iq_str(iq_schemas[l->kind].name));
			mix(md, l->id);
		}
	}
	(void)EVP_DigestFinal_ex(md, out, NULL);
	EVP_MD_CTX_free(md);
}

void iq_sync_missing(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;

	for (size_t i = 0; i < p->nstored && p->err == IQ_OK; i++) {
		struct iq_stored *e = &p->stored[i];
		size_t at;

		if (e->row != 0 || e->archived || e->kind == IQ_INSTITUTION)
			continue;
		if (!iq_sync_in_scope(p, e->institution, &at) || !p->scope_named[at] || s->delta ||
			!p->in_list[e->kind] ||
			!s->owns(s->ctx, e->kind, iq_rec_text(&e->rec, IQ_COL_ID)))
			s->counts[e->kind].left++;
		else
			missing(p, e);
	}
	count_lines(p);
	digest(s, true, s->digest);
	digest(s, false, s->gone);
}
