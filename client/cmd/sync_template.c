/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec.h"
#include "excel.h"
#include "fold.h"
#include "input.h"
#include "mapping.h"
#include "session.h"
#include "sync.h"
#include "vocabulary.h"
#include "who.h"

enum { ATTEMPTS = 5, SPARE_ROWS = 500, REGIONS_MAX = 2000 };

/* Records of one kind. */
struct records {
	struct iq_rec *a;
	size_t n, cap;
};

struct maker {
	struct iq_cli *cli;
	const char *path, *institution;
	uint64_t revision, withheld;
	const char *because;
	struct records of[IQ_KINDS];
	struct iq_directory *vocabulary;
	const struct iq_names *names;
	const char **term; /* of contacts, by position: what stands for them in other cells */
};

/* A column of the template. */
struct part {
	uint8_t col;
	const char *explanation;
};

static const struct part contact_parts[] = {
	{IQ_CONTACT_INSTITUTION, N_("Part of your institution the person belongs to.")},
	{IQ_CONTACT_NAME, N_("Name of the person, or of a mailbox (\"Front desk\"). When a name "
			     "changes, overwrite it; do not make a new row.")},
	{IQ_CONTACT_FUNCTION, N_("What the person does, in words that others understand.")},
	{IQ_CONTACT_PHONE, N_("With area code; any usual form.")},
	{IQ_CONTACT_EMAIL, N_("Best a mailbox of the function, which outlives changes of staff.")},
	{IQ_CONTACT_LANGUAGES, N_("Several parted by a semicolon: Deutsch; Arabisch.")},
	{IQ_CONTACT_VISIBILITY,
		N_("Who may see the person: everybody, partners of the region, members of your "
		   "workshops, or your institution only.")},
	{IQ_CONTACT_DEPUTY, N_("Name of the deputy, as it stands in this list.")},
	{IQ_CONTACT_EXTERNAL_ID, N_("A number that your institution knows the person by.")},
	{IQ_CONTACT_INFORMED_ON, N_("When the person was told of the directory (Art. 14 GDPR).")},
	{IQ_CONTACT_VALID_FROM, N_("First day, as 01.03.2026. Empty: open.")},
	{IQ_CONTACT_VALID_TO, N_("Last day. Empty: open.")},
	{IQ_COL_ID, N_("Id in the directory. Do not change it; leave it empty in new rows.")},
};

static const struct part responsibility_parts[] = {
	{IQ_RESP_INSTITUTION, N_("Part of your institution that does it.")},
	{IQ_RESP_TASK, N_("Choose a task of the list.")},
	{IQ_RESP_REGION, N_("Where: name or official key of the place.")},
	{IQ_RESP_STATUSES, N_("For whom; several parted by a semicolon. Empty: for everybody.")},
	{IQ_RESP_ROLE, N_("In charge, provider, advice; or also involved: support, funding, "
			  "referral.")},
	{IQ_RESP_CONTACTS, N_("Names as in the other sheet; several parted by a semicolon.")},
	{IQ_RESP_CONDITION, N_("Only if something else decides, as age=16..27.")},
	{IQ_RESP_LEGAL_BASIS, N_("For example § 43 AufenthG.")},
	{IQ_RESP_SOURCE, N_("Where it is written down.")},
	{IQ_RESP_NOTE, N_("What callers should know.")},
	{IQ_RESP_VALID_FROM, N_("First day, as 01.03.2026. Empty: open.")},
	{IQ_RESP_VALID_TO, N_("Last day. Empty: open.")},
	{IQ_RESP_CONFIRMED_ON, N_("When you last checked that this row is right.")},
	{IQ_COL_ID, N_("Id in the directory. Do not change it; leave it empty in new rows.")},
};

/* Values and the words for them, which lists are read by (repair_cell.c). */
static const char *const word_table[][2] = {{"lead", "federführend"}, {"provider", "Anbieter"},
	{"advice", "Beratung"}, {"support", "Unterstützung"}, {"funding", "Finanzierung"},
	{"referral", "Vermittlung"}, {"public", "öffentlich"}, {"partners", "Partner"},
	{"workshop", "Werkstatt"}, {"institution", "Institution"}};
static const char *const language_table[][2] = {{"de", "Deutsch"}, {"en", "Englisch"},
	{"ar", "Arabisch"}, {"uk", "Ukrainisch"}, {"ru", "Russisch"}, {"fa", "Farsi"},
	{"ps", "Paschtu"}, {"tr", "Türkisch"}, {"fr", "Französisch"}, {"es", "Spanisch"},
	{"pl", "Polnisch"}, {"ro", "Rumänisch"}, {"ku", "Kurdisch"}, {"ti", "Tigrinya"},
	{"vi", "Vietnamesisch"}, {"cs", "Tschechisch"}, {"wen", "Sorbisch"}, {"it", "Italienisch"},
	{"el", "Griechisch"}, {"bg", "Bulgarisch"}, {"sr", "Serbisch"}, {"sq", "Albanisch"},
	{"ka", "Georgisch"}, {"so", "Somali"}, {"ur", "Urdu"}, {"hi", "Hindi"}};
enum {
	LANGUAGES = sizeof(language_table) / sizeof(language_table[0]),
	WORDS = sizeof(word_table) / sizeof(word_table[0])
};

static struct iq_str word_for(const char *const table[][2], size_t n, struct iq_str value)
{
	for (size_t i = 0; i < n; i++)
		if (iq_str_is(value, table[i][0]))
			return iq_str(table[i][1]);
	return value;
}

/* ---- records ------------------------------------------------------------------------------ */

static enum iq_err no_memory(struct maker *m)
{
	return iq_error_set(
		&m->cli->error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

static enum iq_err take(struct maker *m, const Iq__V1__Record *msg)
{
	struct iq_rec rec = {0};

	if (!iq_codec_from_record(&rec, msg, &m->cli->arena))
		return no_memory(m);

	struct records *r = &m->of[rec.kind];

	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		void *more = iq_arena_grow(
			&m->cli->arena, r->a, r->cap * sizeof(*r->a), cap * sizeof(*r->a));

		if (more == NULL)
			return no_memory(m);
		r->a = more;
		r->cap = cap;
	}
	r->a[r->n++] = rec;
	return IQ_OK;
}

static enum iq_err take_page(struct maker *m, const Iq__V1__ExportResponse *r)
{
	enum iq_err err = IQ_OK;

	if (m->revision != 0 && m->revision != r->revision)
		return IQ_ERR_BUSY;
	m->revision = r->revision;
	m->withheld += r->withheld;
	if (r->because[0] != '\0')
		m->because = iq_arena_cstr(&m->cli->arena, iq_str(r->because));
	for (size_t i = 0; err == IQ_OK && i < r->n_records; i++)
		err = take(m, r->records[i]);
	return err;
}

static enum iq_err read_pages(struct maker *m, struct iq_call *call)
{
	static char *kinds[] = {"institution", "contact", "responsibility"};
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ExportRequest q = IQ__V1__EXPORT_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	memset(m->of, 0, sizeof(m->of));
	m->revision = m->withheld = 0;
	q.kinds = kinds;
	q.n_kinds = 3;
	q.institution = iq_arena_cstr(&m->cli->arena, iq_str(m->institution));
	q.reason = iq_opt_text(m->cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_EXPORT;
	rq.export = &q;
	do {
		err = iq_call(call, &rq, &m->cli->arena, &rs, &m->cli->error);
		if (err == IQ_OK)
			err = iq_expect(m->cli, rs, IQ__V1__RESPONSE__RESULT_EXPORT);
		if (err == IQ_OK)
			err = take_page(m, rs->export);
		if (err == IQ_OK)
			q.cursor = rs->export->cursor;
	} while (err == IQ_OK && q.cursor.len > 0);
	return err;
}

/* The caller's own, unless one is named. */
static enum iq_err find_institution(struct maker *m)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoamiRequest q = IQ__V1__WHOAMI_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	m->institution = iq_opt(m->cli, IQ_OPT_INSTITUTION);
	if (m->institution != NULL)
		return IQ_OK;
	rq.op_case = IQ__V1__REQUEST__OP_WHOAMI;
	rq.whoami = &q;
	err = iq_ask(m->cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(m->cli, rs, IQ__V1__RESPONSE__RESULT_WHOAMI);
	if (err != IQ_OK)
		return err;
	m->institution = rs->whoami->institution;
	if (m->institution[0] == '\0')
		return iq_error_set(&m->cli->error, IQ_ERR_USAGE,
			N_("Your account belongs to no institution. Whose list is it?"),
			N_("Name it: --institution INSTITUTION"), NULL);
	return IQ_OK;
}

static enum iq_err fetch(struct maker *m)
{
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(m->cli, true, &call);

	for (int i = 0; err == IQ_OK; i++) {
		err = read_pages(m, call);
		if (err != IQ_ERR_BUSY || m->cli->error.code != IQ_OK || i + 1 == ATTEMPTS)
			break;
		err = IQ_OK; /* somebody wrote meanwhile */
	}
	iq_session_close(call);
	if (err == IQ_ERR_BUSY && m->cli->error.code == IQ_OK)
		return iq_error_set(&m->cli->error, IQ_ERR_BUSY,
			N_("The directory kept changing during the export."),
			N_("Try again in a quieter moment."), NULL);
	return iq_explain_login(m->cli, err);
}

/* The institution itself: the one whose parent is not among them. */
static enum iq_err find_root(struct maker *m)
{
	const struct records *all = &m->of[IQ_INSTITUTION];

	for (size_t i = 0; i < all->n; i++) {
		struct iq_str parent = iq_rec_text(&all->a[i], IQ_INSTITUTION_PARENT);
		bool inside = false;

		for (size_t k = 0; k < all->n && !inside; k++)
			inside = parent.n > 0 &&
				 iq_str_eq(iq_rec_text(&all->a[k], IQ_COL_ID), parent);
		if (!inside) {
			m->institution =
				iq_arena_cstr(&m->cli->arena, iq_rec_text(&all->a[i], IQ_COL_ID));
			return IQ_OK;
		}
	}
	return iq_error_set(&m->cli->error, IQ_ERR_NOT_FOUND,
		N_("There is no institution \"{0}\"."), NULL, m->institution, NULL);
}

/* ---- names -------------------------------------------------------------------------------- */

/* The name by which a list finds the record again, else its id. */
static struct iq_str term_for(struct maker *m, enum iq_kind kind, struct iq_str id)
{
	const struct iq_names *names = m->names;
	iq_num num = names != NULL ? names->find(names->ctx, kind, id) : IQ_NONE;
	struct iq_resolved found;

	if (num == IQ_NONE)
		return id;

	struct iq_str name = names->name(names->ctx, kind, num, false);

	if (name.n == 0 || memchr(name.p, ';', name.n) != NULL ||
		memchr(name.p, '\n', name.n) != NULL)
		return id;
	iq_term_lookup(names, kind, name, &m->cli->arena, &found);
	return found.n == 1 && found.num[0] == num ? iq_arena_dup(&m->cli->arena, name) : id;
}

static bool is_once(const struct records *all, size_t at, int col)
{
	struct iq_str mine = iq_rec_text(&all->a[at], col);

	if (mine.n == 0 || memchr(mine.p, ';', mine.n) != NULL ||
		memchr(mine.p, '\n', mine.n) != NULL)
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (i != at && iq_str_eq(iq_rec_text(&all->a[i], col), mine))
			return false;
	return true;
}

/* Contacts are named in other cells as nobody else is. */
static bool name_contacts(struct maker *m)
{
	const struct records *all = &m->of[IQ_CONTACT];

	m->term = iq_arena_array(&m->cli->arena, all->n + 1, sizeof(*m->term));
	for (size_t i = 0; m->term != NULL && i < all->n; i++) {
		int col = is_once(all, i, IQ_CONTACT_NAME)    ? (int)IQ_CONTACT_NAME
			  : is_once(all, i, IQ_CONTACT_EMAIL) ? (int)IQ_CONTACT_EMAIL
							      : (int)IQ_COL_ID;

		m->term[i] = iq_arena_cstr(&m->cli->arena, iq_rec_text(&all->a[i], col));
	}
	return m->term != NULL;
}

static struct iq_str reference(struct maker *m, enum iq_kind kind, struct iq_str id)
{
	const struct records *all = &m->of[IQ_CONTACT];

	for (size_t i = 0; kind == IQ_CONTACT && i < all->n; i++)
		if (iq_str_eq(iq_rec_text(&all->a[i], IQ_COL_ID), id))
			return iq_str(m->term[i]);
	return kind == IQ_CONTACT || kind == IQ_INSTITUTION ? id : term_for(m, kind, id);
}

/* ---- cells -------------------------------------------------------------------------------- */

static struct iq_str value_of(struct maker *m, const struct iq_column *c, struct iq_str v)
{
	if (v.n == 0)
		return v;
	if (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS)
		return reference(m, c->target, v);
	if (c->type == IQ_TYPE_ENUM)
		return word_for(word_table, WORDS, v);
	if (strcmp(c->name, "languages") == 0)
		return word_for(language_table, LANGUAGES, v);
	if (c->type == IQ_TYPE_DATE && v.n == 10) /* 2026-03-01 → 01.03.2026 */
		return iq_str(
			iq_arena_printf(&m->cli->arena, "%.2s.%.2s.%.4s", v.p + 8, v.p + 5, v.p));
	return v;
}

static struct iq_str cell_of(struct maker *m, const struct iq_rec *rec, int col)
{
	const struct iq_column *c = &iq_schemas[rec->kind].columns[col];
	const struct iq_value *v = &rec->col[col];
	const char *all = "";

	if (v->n == 1)
		return value_of(m, c, v->v[0]);
	for (uint32_t i = 0; i < v->n; i++) {
		struct iq_str one = value_of(m, c, v->v[i]);

		all = iq_arena_printf(
			&m->cli->arena, "%s%s%.*s", all, i ? "; " : "", IQ_STR_ARG(one));
	}
	return iq_str(all);
}

/* ---- choices ------------------------------------------------------------------------------ */

static int by_fold(const void *a, const void *b)
{
	const struct iq_str *x = a, *y = b;

	return iq_str_cmp(*x, *y);
}

static void vocabulary_choices(struct maker *m, enum iq_kind kind, struct iq_excel_column *out)
{
	iq_num n = m->vocabulary != NULL ? iq_directory_count(m->vocabulary, kind) : 0;
	struct iq_str *v = iq_arena_array(&m->cli->arena, (size_t)n + 1, sizeof(*v));
	size_t k = 0;

	if (v == NULL || (kind == IQ_REGION && n > REGIONS_MAX))
		return;
	for (iq_num i = 1; i <= n; i++) {
		const struct iq_rec *rec = iq_directory_get(m->vocabulary, kind, i);

		/* areas are scopes, nobody is responsible in one */
		if (rec == NULL ||
			(kind == IQ_REGION && iq_str_is(iq_rec_text(rec, IQ_REGION_KIND), "area")))
			continue;
		v[k++] = term_for(m, kind, iq_rec_text(rec, IQ_COL_ID));
	}
	qsort(v, k, sizeof(*v), by_fold);
	out->values = v;
	out->nvalues = k;
}

static void table_choices(struct maker *m, const char *const table[][2], size_t n,
	const char *const *only, struct iq_excel_column *out)
{
	struct iq_str *v = iq_arena_array(&m->cli->arena, n + 1, sizeof(*v));
	size_t k = 0;

	for (size_t i = 0; v != NULL && i < n; i++)
		if (only == NULL || iq_choice(only, iq_str(table[i][0])) >= 0)
			v[k++] = iq_str(table[i][1]);
	out->values = v;
	out->nvalues = k;
}

/* What stands in a column: phones as they are (they are not to be repaired), names of contacts. */
static void own_choices(struct maker *m, int col, struct iq_excel_column *out)
{
	const struct records *all = &m->of[IQ_CONTACT];
	struct iq_str *v = iq_arena_array(&m->cli->arena, all->n + 1, sizeof(*v));
	size_t k = 0;

	for (size_t i = 0; v != NULL && i < all->n; i++) {
		struct iq_str s =
			col == IQ_CONTACT_NAME ? iq_str(m->term[i]) : iq_rec_text(&all->a[i], col);

		if (s.n > 0)
			v[k++] = s;
	}
	out->values = v;
	out->nvalues = k;
	out->other_values = true;
}

static void add_choices(struct maker *m, const struct iq_column *c, struct iq_excel_column *out)
{
	bool reference = c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS;

	out->other_values = c->sep != '\0' || (reference && c->target == IQ_REGION);
	if (reference && c->target == IQ_CONTACT)
		own_choices(m, IQ_CONTACT_NAME, out);
	else if (reference && c->target != IQ_INSTITUTION)
		vocabulary_choices(m, c->target, out);
	else if (c->type == IQ_TYPE_ENUM)
		table_choices(m, word_table, WORDS, c->choices, out);
	else if (strcmp(c->name, "languages") == 0)
		table_choices(m, language_table, LANGUAGES, NULL, out);
	else if (strcmp(c->name, "phone") == 0)
		own_choices(m, IQ_CONTACT_PHONE, out);
}

/* ---- sheets ------------------------------------------------------------------------------- */

static bool make_sheet(struct maker *m, enum iq_kind kind, const char *name,
	const struct part *parts, size_t nparts, struct iq_excel_sheet *out)
{
	const struct records *all = &m->of[kind];
	/* whose row it is needs to be said only where there are several */
	size_t skip = m->of[IQ_INSTITUTION].n > 1 ? 0 : 1, n = nparts - skip;
	struct iq_excel_column *columns = iq_arena_array(&m->cli->arena, n, sizeof(*columns));
	struct iq_str *cells = iq_arena_array(&m->cli->arena, all->n * n + 1, sizeof(*cells));

	if (columns == NULL || cells == NULL)
		return false;
	for (size_t c = 0; c < n; c++) {
		const struct part *p = &parts[c + skip];

		columns[c].header = iq_arena_cstr(&m->cli->arena, iq_mapping_header(kind, p->col));
		columns[c].explanation = _(p->explanation);
		add_choices(m, &iq_schemas[kind].columns[p->col], &columns[c]);
		for (size_t r = 0; r < all->n; r++)
			cells[r * n + c] = cell_of(m, &all->a[r], p->col);
	}
	*out = (struct iq_excel_sheet){name, columns, n, cells, all->n};
	return true;
}

/* "Erika Mustermann → vhs-dresden-0123": which contact a name in the list stands for. */
static struct iq_str *name_lines(struct maker *m)
{
	const struct records *all = &m->of[IQ_CONTACT];
	struct iq_str *v = iq_arena_array(&m->cli->arena, all->n + 1, sizeof(*v));

	for (size_t i = 0; v != NULL && i < all->n; i++)
		v[i] = iq_str(iq_arena_printf(&m->cli->arena, "%s%s%.*s", m->term[i],
			iq_template_arrow, IQ_STR_ARG(iq_rec_text(&all->a[i], IQ_COL_ID))));
	return v;
}

static enum iq_err write_book(struct maker *m)
{
	struct iq_cli *cli = m->cli;
	const char *const introduction[] = {_("List for the directory of responsibilities"),
		iq_arena_printf(
			&cli->arena, "%s%llu", iq_input_based_on, (unsigned long long)m->revision),
		iq_arena_printf(&cli->arena, "%s%s", iq_input_institution, m->institution),
		_("Please leave the two lines above as they are: they tell what the list was made "
		  "from."),
		"",
		_("1. Change the rows, add new ones below, delete those that are no longer right."),
		_("2. Save the file as an Excel workbook (.xlsx)."),
		_("3. Look at what would change: iqq sync plan FILE"),
		_("4. Carry it out: iqq sync apply last"), NULL};
	struct iq_excel_sheet sheets[2];
	const struct iq_excel_book book = {.title = _("List for the directory of responsibilities"),
		.sheets = sheets,
		.nsheets = 2,
		.explanations = "Erläuterungen",
		.introduction = introduction,
		.lists = "Listen",
		.values = name_lines(m),
		.nvalues = m->of[IQ_CONTACT].n,
		.spare = SPARE_ROWS};

	if (book.values == NULL ||
		!make_sheet(m, IQ_CONTACT, "Kontakte", contact_parts,
			sizeof(contact_parts) / sizeof(contact_parts[0]), &sheets[0]) ||
		!make_sheet(m, IQ_RESPONSIBILITY, "Zuständigkeiten", responsibility_parts,
			sizeof(responsibility_parts) / sizeof(responsibility_parts[0]), &sheets[1]))
		return no_memory(m);

	mode_t before = umask(077); /* contacts are confidential */
	enum iq_err err = iq_excel_write(m->path, &book, &cli->error);

	umask(before);
	return err;
}

/* A list that somebody worked on is not to be lost. */
static enum iq_err check_path(struct maker *m)
{
	struct iq_cli *cli = m->cli;
	size_t n;

	m->path = iq_opt(cli, IQ_OPT_OUTPUT);
	if (m->path == NULL)
		m->path = iq_arena_printf(&cli->arena, "%s.xlsx", m->institution);
	n = strlen(m->path);
	if (n < 6 || strcasecmp(m->path + n - 5, ".xlsx") != 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The template is an Excel workbook: its name must end in .xlsx."),
			N_("As in: iqq sync template -o {0}.xlsx"), m->path, NULL);
	if (access(m->path, F_OK) != 0 || iq_opt_given(cli, IQ_OPT_YES))
		return IQ_OK;
	if (iq_can_ask(cli) &&
		iq_confirm(cli, iq_arena_printf(&cli->arena, _("%s exists. Overwrite it?"),
					iq_safe_c(cli, m->path).p)))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT,
		N_("{0} exists already and was not touched."),
		N_("Choose another name with -o, or add --yes to overwrite it."), m->path, NULL);
}

static enum iq_err report(struct maker *m)
{
	static const struct iq_col cols[] = {
		{"kind", N_("Kind"), IQ_CELL_TEXT, true},
		{"file", N_("File"), IQ_CELL_TEXT, false},
		{"records", N_("Records"), IQ_CELL_NUMBER, true},
	};
	static const enum iq_kind kinds[] = {IQ_CONTACT, IQ_RESPONSIBILITY};
	struct iq_cli *cli = m->cli;
	struct iq_table t;

	iq_table_init(&t, cli, cols, 3);
	for (size_t i = 0; i < 2; i++) {
		const char *name = iq_schemas[kinds[i]].name;
		const struct iq_str row[] = {
			iq_str(cli->format == IQ_FORMAT_TABLE ? iq_word_kind(name) : name),
			iq_str(m->path),
			iq_str(iq_arena_printf(&cli->arena, "%zu", m->of[kinds[i]].n))};

		iq_table_add(&t, row);
	}
	iq_note(cli, _("Revision %llu."), (unsigned long long)m->revision);
	return iq_table_finish(&t, m->revision, t.nrows);
}

static enum iq_err make(struct maker *m)
{
	enum iq_err err = find_institution(m);

	if (err == IQ_OK)
		err = iq_vocabulary_update(m->cli);
	if (err == IQ_OK)
		err = fetch(m);
	if (err == IQ_OK)
		err = find_root(m);
	if (err == IQ_OK && m->withheld > 0) {
		iq_because_note(m->cli, m->because != NULL ? m->because : "", m->withheld);
		return iq_error_set(&m->cli->error, IQ_ERR_DENIED,
			N_("Not all contact persons of {0} may be shown to you. With gaps the list "
			   "would do damage."),
			N_("The editors of the institution can make it."), m->institution, NULL);
	}
	if (err == IQ_OK)
		err = check_path(m);
	if (err != IQ_OK)
		return err;
	m->vocabulary = iq_vocabulary_read(m->cli);
	if (m->vocabulary != NULL)
		m->names = iq_directory_names(m->vocabulary, false);
	if (!name_contacts(m))
		return no_memory(m);
	err = write_book(m);
	return err == IQ_OK ? report(m) : err;
}

enum iq_err iq_sync_template(struct iq_cli *cli)
{
	struct maker m = {.cli = cli};
	enum iq_err err;

	if (cli->nargs > 1)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("A template takes no further words."),
			N_("Name the file with -o FILE.xlsx, the institution with --institution."),
			NULL);
	err = make(&m);
	iq_directory_free(m.vocabulary);
	return err;
}
