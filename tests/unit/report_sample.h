/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_SAMPLE_H
#define REPORT_SAMPLE_H

/*
 * Interface documents of any size with made-up contents, for tests and for looking at: the same
 * sizes give the same document. `hostile`: names that attack each format.
 */

#include <stdio.h>
#include <stdlib.h>

#include "report.h"

struct sample {
	struct iq_arena mem;
	struct iq_report doc;
	uint32_t seed;
	bool hostile;
	size_t next; /* of the hostile names */
};

static inline uint32_t sample_random(struct sample *s, uint32_t below)
{
	s->seed = s->seed * 1664525u + 1013904223u;
	return (s->seed >> 8) % below;
}

/* ESC, bidirectional override, isolate, BEL and a broken byte among them. */
static const char *const sample_hostile[] = {
	"<script>alert(1)</script>",
	"=HYPERLINK(\"https://example.org\",\"x\")",
	"\x1b]0;x\x07\x1b[31mRot",
	"\u202etxt.exe",
	"\u2066isoliert\u2069",
	"\"><img src=x onerror=alert(1)>",
	"' onmouseover='alert(1)",
	"</style><script>alert(2)</script>",
	"]]></title><svg onload=alert(3)>",
	"&lt;b&gt; & \\N \\\"",
	"kaputt\xff\xc3",
	"{0} {1} %s %n",
	"@SUM(A1)",
	"-2+3",
	"zwei\nZeilen\tTab",
	"</script>",
};
enum { SAMPLE_HOSTILE = sizeof(sample_hostile) / sizeof(sample_hostile[0]) };

static inline struct iq_str sample_str(struct sample *s, const char *text)
{
	if (s->hostile && s->next++ % 2 == 0)
		text = sample_hostile[s->next / 2 % SAMPLE_HOSTILE];
	return iq_arena_dup(&s->mem, iq_str(text));
}

static inline struct iq_report_text sample_text(struct sample *s, const char *de, const char *en)
{
	struct iq_report_text t;

	t.in[IQ_LANG_DE] = sample_str(s, de);
	t.in[IQ_LANG_EN] = sample_str(s, en);
	return t;
}

static const char *const sample_groups[][4] = {
	{"A", "blue", "Personen im Asylverfahren", "Persons in the asylum procedure"},
	{"D", "yellow", "Geduldete", "Persons with toleration"},
	{"H", "purple", "Humanitäre Aufenthaltstitel", "Humanitarian residence titles"},
	{"F", "orange", "Erwerbsmigration", "Labour migration"},
	{"B", "teal", "Ausbildung, Studium, Anerkennung", "Training, study, recognition"},
	{"FN", "red", "Familiennachzug", "Family reunification"},
	{"EU", "green", "Freizügigkeitsberechtigte", "Persons with freedom of movement"},
	{"U", "grey", "Unbefristeter Aufenthalt", "Permanent residence"},
	{"DE", "grey", "Deutsche mit Einwanderungsgeschichte", "Germans with a migration history"},
};
enum { SAMPLE_GROUPS = sizeof(sample_groups) / sizeof(sample_groups[0]) };

static const char *const sample_institutions[][2] = {
	{"Ausländerbehörde", "Immigration authority"},
	{"Jobcenter", "Job centre"},
	{"Agentur für Arbeit", "Employment agency"},
	{"Bundesamt für Migration und Flüchtlinge, Regionalstelle",
		"Federal Office for Migration and Refugees, regional office"},
	{"Sozialamt", "Social welfare office"},
	{"Volkshochschule", "Adult education centre"},
	{"Jugendmigrationsdienst", "Youth migration service"},
	{"Migrationsberatung für erwachsene Zugewanderte", "Migration advice for adult immigrants"},
	{"Handwerkskammer", "Chamber of crafts"},
	{"Industrie- und Handelskammer", "Chamber of industry and commerce"},
	{"Landesamt für Schule und Bildung", "State office for schools and education"},
	{"Jugendamt", "Youth welfare office"},
	{"Flüchtlingssozialarbeit", "Refugee social work"},
};
static const char *const sample_tasks[][2] = {
	{"Sprache", "Language"},
	{"Integrationskurs: Zulassung und Verpflichtung",
		"Integration course: admission, obligation"},
	{"Berufssprachkurs", "Vocational language course"},
	{"Arbeit", "Work"},
	{"Beschäftigungserlaubnis", "Work permit"},
	{"Arbeitsvermittlung und Eingliederungsleistungen", "Placement and integration measures"},
	{"Anerkennung ausländischer Berufsabschlüsse", "Recognition of foreign qualifications"},
	{"Leistungen zum Lebensunterhalt", "Benefits for subsistence"},
	{"Unterbringung und Wohnen", "Accommodation and housing"},
	{"Schulanmeldung und Vorbereitungsklasse", "School registration and preparatory class"},
	{"Aufenthaltstitel erteilen und verlängern", "Issue and extend residence titles"},
	{"Gesundheitsversorgung", "Health care"},
};
#define SAMPLE_N(list) (sizeof(list) / sizeof((list)[0]))

/* "Jobcenter 2": names repeat with a number. */
static inline struct iq_report_text sample_name(
	struct sample *s, const char *const (*list)[2], size_t n, size_t i)
{
	const char *name[2];

	for (int k = 0; k < 2; k++)
		name[k] = i < n ? list[i][k]
				: iq_arena_printf(&s->mem, "%s %zu", list[i % n][k], i / n + 1);
	return sample_text(s, name[0], name[1]);
}

static inline void sample_entry(struct sample *s, struct iq_report_entry *e)
{
	e->role = (enum iq_role)sample_random(s, IQ_ROLES);
	for (uint32_t i = sample_random(s, 4); i > 0; i--)
		e->groups |= (uint32_t)1 << sample_random(s, SAMPLE_GROUPS);
	e->possible = sample_random(s, 5) == 0;
	if (sample_random(s, 5) == 0)
		e->condition = sample_text(s, "Alter 12 bis 27", "age 12 to 27");
}

/* A cell in `in100` of a hundred is filled. */
static inline void sample_matrix(struct sample *s, size_t rows, size_t columns, uint32_t in100)
{
	struct iq_report_column *c = iq_arena_array(&s->mem, columns, sizeof(*c));
	struct iq_report_row *r = iq_arena_array(&s->mem, rows, sizeof(*r));
	struct iq_report_cell *cells = iq_arena_array(&s->mem, rows * columns, sizeof(*cells));

	for (size_t i = 0; i < columns; i++) {
		c[i].name = sample_name(s, sample_institutions, SAMPLE_N(sample_institutions), i);
		c[i].sheet = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < rows; i++) {
		r[i].name = sample_name(s, sample_tasks, SAMPLE_N(sample_tasks), i);
		r[i].depth = i % 4 == 0 ? 0 : 1 + (i % 4 == 3);
		r[i].marks = i % 7 == 3 ? IQ_REPORT_GAP : i % 11 == 5 ? IQ_REPORT_OVERLAP : 0;
	}
	for (size_t i = 0; i < rows * columns; i++) {
		if (sample_random(s, 100) >= in100)
			continue;

		struct iq_report_entry *e = iq_arena_array(&s->mem, 2, sizeof(*e));

		cells[i].entries = e;
		cells[i].nentries = 1 + (sample_random(s, 8) == 0);
		for (size_t k = 0; k < cells[i].nentries; k++)
			sample_entry(s, &e[k]);
	}
	s->doc.matrix = (struct iq_report_matrix){c, columns, r, rows, cells};
}

static inline struct iq_report_line *sample_part(
	struct sample *s, enum iq_report_part part, size_t n)
{
	struct iq_report_line *lines = iq_arena_array(&s->mem, n, sizeof(*lines));

	s->doc.parts[part] = (struct iq_report_table){true, lines, n};
	return lines;
}

static inline void sample_cells(
	struct sample *s, struct iq_report_line *l, const char *const (*texts)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		l->cells[i] = sample_text(s, texts[i][0], texts[i][1]);
}

static const char *const sample_minutes[][2] = {{"2026-11-10", "2026-11-10"},
	{"Runde Dresden", "Dresden workshop"}, {"Ausländerbehörde", "Immigration authority"},
	{"Beschluss:\n1. <b>Merkblatt</b> bis März", "Decision:\n1. <b>leaflet</b> by March"}};

static inline void sample_parts(struct sample *s)
{
	static const char *const gap[][2] = {{"Berufssprachkurs", "Vocational language course"},
		{"Personen im Asylverfahren, Geduldete", "Asylum procedure, toleration"},
		{"vorhanden in Leipzig, Landkreis Görlitz",
			"exists in Leipzig, district of Görlitz"},
		{"Jugendmigrationsdienst (Vermittlung)", "Youth migration service (referral)"}};
	static const char *const overlap[][2] = {{"Arbeitsvermittlung", "Placement"},
		{"Geduldete", "Toleration"},
		{"Jobcenter; Agentur für Arbeit", "Job centre; agency"},
		{"Kreisfreie Stadt", "City"}};
	static const char *const notice[][2] = {{"ausgesetzt", "suspended"},
		{"Zulassungen ruhen bis auf Weiteres.", "No admissions until further notice."},
		{"Integrationskurs", "Integration course"}, {"", ""}, {"Dresden", "Dresden"},
		{"§ 44 Abs. 4 AufenthG", "§ 44 Abs. 4 AufenthG"}, {"2026-02-09", "2026-02-09"},
		{"", ""}};
	static const char *const contact[][2] = {{"Jobcenter", "Job centre"},
		{"Erika Mustermann", "Erika Mustermann"}, {"Teamleitung", "Team leader"},
		{"+49 30 23125 101", "+49 30 23125 101"},
		{"erika.mustermann@example.org", "erika.mustermann@example.org"},
		{"Deutsch, Englisch", "German, English"}, {"Max Muster", "Max Muster"},
		{"Partner", "partners"}};
	static const char *const status[][2] = {{"", ""},
		{"Aufenthaltsgestattung", "Permission to stay (asylum procedure)"},
		{"§ 55 AsylG", "§ 55 AsylG"},
		{"nach 3 Monaten Ermessen, nach 6 Monaten Anspruch",
			"discretionary after 3 months"},
		{"zulassungsfähig", "admissible"},
		{"Verpflichtung zum Integrationskurs möglich", "may be obliged to attend"},
		{"2026-03-01", "2026-03-01"},
		{"https://example.org/asylg", "https://example.org/a"}};
	static const char *const commitment[][2] = {
		{"Die Ausländerbehörde meldet Ablehnungen binnen drei Tagen an das Jobcenter.",
			"The immigration authority reports refusals within three days."},
		{"Ausländerbehörde", "Immigration authority"}, {"2027-01-31", "2027-01-31"},
		{"offen", "open"}};
	static const char *const change[][2] = {{"2026-11-02", "2026-11-02"},
		{"Beschäftigungserlaubnis", "Work permit"}, {"Ausländerbehörde", "Authority"},
		{"Landesamt", "State office"}};
	const struct {
		enum iq_report_part part;
		const char *const (*texts)[2];
		size_t n, lines;
	} parts[] = {{IQ_REPORT_GAPS, gap, 4, 4}, {IQ_REPORT_OVERLAPS, overlap, 4, 2},
		{IQ_REPORT_NOTICES, notice, 8, 1}, {IQ_REPORT_GUIDE, status, 8, 9},
		{IQ_REPORT_COMMITMENTS, commitment, 4, 2}, {IQ_REPORT_CHANGES, change, 4, 3},
		{IQ_REPORT_MINUTES, sample_minutes, 4, 2}, {IQ_REPORT_CONTACTS, contact, 8, 12}};

	for (size_t i = 0; i < SAMPLE_N(parts); i++) {
		if (parts[i].part == IQ_REPORT_CONTACTS && s->doc.edition == IQ_REPORT_PUBLIC)
			continue;

		struct iq_report_line *l = sample_part(s, parts[i].part, parts[i].lines);

		for (size_t k = 0; k < parts[i].lines; k++) {
			sample_cells(s, &l[k], parts[i].texts, parts[i].n);
			l[k].groups = parts[i].part == IQ_REPORT_CONTACTS
					      ? 0
					      : (uint32_t)1 << (k % SAMPLE_GROUPS);
		}
	}
}

static inline void sample_sheets(struct sample *s)
{
	const struct iq_report_matrix *m = &s->doc.matrix;
	struct iq_report_sheet *sheets = iq_arena_array(&s->mem, m->ncolumns, sizeof(*sheets));

	for (size_t c = 0; c < m->ncolumns; c++) {
		struct iq_report_duty *d = iq_arena_array(&s->mem, m->nrows * 2, sizeof(*d));

		sheets[c].name = m->columns[c].name;
		sheets[c].kind = sample_text(s, "Behörde", "Authority");
		sheets[c].address = sample_str(s, "Musterstraße 1, 01067 Dresden");
		sheets[c].phone = sample_str(s, "+49 30 23125 200");
		sheets[c].email = sample_str(s, "post@example.org");
		sheets[c].url = sample_str(s, "https://example.org/amt");
		sheets[c].hours = sample_text(s, "Mo–Do 9–15 Uhr", "Mon–Thu 9–15");
		sheets[c].duties = d;
		for (size_t r = 0; r < m->nrows; r++) {
			const struct iq_report_cell *cell = &m->cells[r * m->ncolumns + c];

			for (size_t i = 0; i < cell->nentries; i++, d++) {
				d->task = m->rows[r].name;
				d->entry = cell->entries[i];
				d->legal_basis = sample_str(s, "§ 44 AufenthG");
				d->confirmed_on = iq_str(r % 5 != 0 ? "2026-03-01" : "");
				d->stale = r % 5 == 0;
				sheets[c].nduties++;
			}
		}
	}
	s->doc.sheets = sheets;
	s->doc.nsheets = m->ncolumns;
}

static inline void sample_graph(
	struct sample *s, struct iq_report_graph *g, bool chain, size_t nodes, size_t edges)
{
	struct iq_report_node *n = iq_arena_array(&s->mem, nodes, sizeof(*n));
	struct iq_report_edge *e = iq_arena_array(&s->mem, edges, sizeof(*e));

	g->chain = chain;
	g->title = chain ? sample_text(s, "Vom Asylantrag zur Arbeit", "From asylum to work")
			 : sample_text(s, "Wer übergibt an wen", "Who hands over to whom");
	for (size_t i = 0; i < nodes; i++) {
		n[i].label = chain ? sample_name(s, sample_tasks, SAMPLE_N(sample_tasks), i)
				   : sample_name(s, sample_institutions,
					     SAMPLE_N(sample_institutions), i);
		if (chain)
			n[i].detail = sample_name(
				s, sample_institutions, SAMPLE_N(sample_institutions), i * 5);
		n[i].marks = i % 9 == 4 ? IQ_REPORT_GAP : 0;
	}
	for (size_t i = 0; i < edges; i++) {
		e[i].from = chain ? (uint32_t)(i % nodes) : sample_random(s, (uint32_t)nodes);
		e[i].to = chain ? (uint32_t)((i + 1) % nodes) : sample_random(s, (uint32_t)nodes);
		e[i].weight = chain ? 0 : 1 + sample_random(s, 14);
		e[i].text = sample_text(s, "nach Zuweisung: Bescheid, Kopie des Ausweises",
			"after allocation: decision, copy of the identity card");
	}
	g->nodes = n;
	g->nnodes = nodes;
	g->edges = e;
	g->nedges = edges;
}

static inline void sample_make(struct sample *s, size_t rows, size_t columns, uint32_t in100,
	enum iq_report_edition edition, bool hostile)
{
	struct iq_report_group *groups;
	struct iq_report_graph *graphs;

	memset(s, 0, sizeof(*s));
	iq_arena_init(&s->mem, 0);
	s->seed = 7;
	s->hostile = hostile;
	s->doc.edition = edition;
	s->doc.title = sample_text(s, "Schnittstellenpapier Dresden", "Interface document Dresden");
	if (edition != IQ_REPORT_PUBLIC) {
		s->doc.recipient = sample_str(s, "Jobcenter, Erika Mustermann");
		s->doc.destroy_by = IQ_STR("2027-12-31");
	}
	s->doc.revision = 1287;
	s->doc.date = IQ_STR("2026-11-22");
	groups = iq_arena_array(&s->mem, SAMPLE_GROUPS, sizeof(*groups));
	for (size_t i = 0; i < SAMPLE_GROUPS; i++) {
		groups[i].letter = iq_str(sample_groups[i][0]);
		groups[i].colour = iq_str(sample_groups[i][1]);
		groups[i].name = sample_text(s, sample_groups[i][2], sample_groups[i][3]);
	}
	s->doc.groups = groups;
	s->doc.ngroups = SAMPLE_GROUPS;
	sample_matrix(s, rows, columns, in100);
	sample_parts(s);
	sample_sheets(s);
	graphs = iq_arena_array(&s->mem, 2, sizeof(*graphs));
	sample_graph(s, &graphs[0], true, 6, 5);
	sample_graph(s, &graphs[1], false, columns, columns * 3 / 2);
	s->doc.graphs = graphs;
	s->doc.ngraphs = 2;
}

static inline void sample_free(struct sample *s)
{
	iq_arena_free(&s->mem);
}

#endif
