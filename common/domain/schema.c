/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of kinds and columns. Names and order are those of the bundle and of iq.proto
 * (position + 1 is the field number): append columns, never move them.
 */

#include "model.h"
#include "vote.h"
#include "workshop.h"

const char *const iq_role_names[IQ_ROLES + 1] = {
	"lead", "provider", "advice", "support", "funding", "referral", NULL};
const char *const iq_effect_names[IQ_EFFECTS + 1] = {
	"info", "restricted", "suspended", "excluded", "not-needed", NULL};
const char *const iq_visibility_names[IQ_VISIBILITIES + 1] = {
	"public", "partners", "workshop", "institution", NULL};

static const char *const yes_no[] = {"", "yes", "no", NULL};
static const char *const repeats[] = {"", "weekly", "fortnightly", "monthly", "quarterly", NULL};
static const char *const majorities[] = {"", "simple", "two-thirds", NULL};
static const char *const seats[] = {"", "representative", "deputy", NULL};
static const char *const fact_types[] = {"integer", "choice", NULL};

/* clang-format off */
#define ID {.name = "id", .type = IQ_TYPE_ID, .required = true, .filled = true}
#define TEXT(n) {.name = n, .type = IQ_TYPE_TEXT}
#define TEXT_IN(n, s) {.name = n, .type = IQ_TYPE_TEXT, .segment = IQ_SEGMENT_##s}
#define NAME(n) {.name = n, .type = IQ_TYPE_TEXT, .required = true, .filled = true}
#define FILLED(n, t) {.name = n, .type = IQ_TYPE_##t, .filled = true}
#define TEXTS(n, c) {.name = n, .type = IQ_TYPE_TEXTS, .sep = c}
#define REF(n, t) {.name = n, .type = IQ_TYPE_REF, .target = t}
#define OWNER(n, t) \
	{.name = n, .type = IQ_TYPE_REF, .target = t, .required = true, .filled = true}
#define REFS(n, t, c) {.name = n, .type = IQ_TYPE_REFS, .target = t, .sep = c}
#define TIME(n) {.name = n, .type = IQ_TYPE_TIME}
#define NUMBER(n) {.name = n, .type = IQ_TYPE_NUMBER}
#define DATE(n) {.name = n, .type = IQ_TYPE_DATE}
#define CHOICE(n, list) {.name = n, .type = IQ_TYPE_ENUM, .choices = list}
#define CHOICE_FILLED(n, list) {.name = n, .type = IQ_TYPE_ENUM, .choices = list, .filled = true}

static const struct iq_column regions[] = {
	ID,
	REF("parent", IQ_REGION),
	TEXT("kind"),
	{.name = "ars", .type = IQ_TYPE_ARS},
	REFS("members", IQ_REGION, ';'),
	NAME("name_de"),
	TEXT("name_en"),
	TEXTS("aliases", ';'),
};

/* The file has no column id: iq_rec_complete() makes it. */
static const struct iq_column postcodes[] = {
	FILLED("id", ID),
	NAME("postcode"),
	OWNER("region", IQ_REGION),
};

static const struct iq_column tasks[] = {
	ID,
	REF("parent", IQ_TASK),
	NAME("name_de"),
	TEXT("name_en"),
	TEXT("leika"),
	TEXTS("aliases", ';'),
	CHOICE("expected", yes_no),
};

static const struct iq_column statuses[] = {
	ID,
	REF("parent", IQ_STATUS),
	NAME("name_de"),
	TEXT("name_en"),
	TEXT("legal_basis"),
	{.name = "implies", .type = IQ_TYPE_IMPLIES},
	TEXT("work_access_de"),
	TEXT("work_access_en"),
	TEXT("course_access"),
	TEXT("obligations_de"),
	TEXT("obligations_en"),
	TEXT("symbol"),
	TEXT("colour"),
	TEXT("source"),
	DATE("confirmed_on"),
	TEXTS("aliases", ';'),
};

static const struct iq_column facts[] = {
	ID,
	CHOICE_FILLED("type", fact_types),
	TEXTS("values", '|'),
	NAME("name_de"),
	TEXT("name_en"),
	TEXTS("labels_de", '|'),
	TEXTS("labels_en", '|'),
	TEXTS("aliases", ';'),
};

static const struct iq_column kinds[] = {
	ID,
	NAME("name_de"),
	TEXT("name_en"),
	CHOICE("statutory", yes_no),
};

static const struct iq_column institutions[] = {
	ID,
	REF("kind", IQ_KIND),
	REF("parent", IQ_INSTITUTION),
	REF("region", IQ_REGION),
	NAME("name_de"),
	TEXT("name_en"),
	TEXT("street"),
	TEXT("postcode"),
	TEXT("town"),
	TEXT("phone"),
	TEXT("email"),
	TEXT("url"),
	TEXT("hours"),
	TEXTS("aliases", ';'),
};

static const struct iq_column contacts[] = {
	ID,
	OWNER("institution", IQ_INSTITUTION),
	TEXT_IN("name", PERSONAL),
	TEXT_IN("function", OUTLINE),
	TEXT_IN("phone", PERSONAL),
	TEXT_IN("email", PERSONAL),
	{.name = "languages", .type = IQ_TYPE_TEXTS, .sep = ';', .segment = IQ_SEGMENT_OUTLINE},
	CHOICE_FILLED("visibility", iq_visibility_names),
	{.name = "deputy", .type = IQ_TYPE_REF, .target = IQ_CONTACT,
		.segment = IQ_SEGMENT_PERSONAL},
	TEXT_IN("external_id", PERSONAL),
	{.name = "informed_on", .type = IQ_TYPE_DATE, .segment = IQ_SEGMENT_PERSONAL},
	DATE("valid_from"),
	DATE("valid_to"),
};

static const struct iq_column responsibilities[] = {
	ID,
	OWNER("institution", IQ_INSTITUTION),
	OWNER("task", IQ_TASK),
	OWNER("region", IQ_REGION),
	REFS("statuses", IQ_STATUS, ';'),
	CHOICE_FILLED("role", iq_role_names),
	/* in a segment of its own: answers copy the open one as it is */
	{.name = "contacts", .type = IQ_TYPE_REFS, .target = IQ_CONTACT, .sep = ';',
		.segment = IQ_SEGMENT_OUTLINE},
	{.name = "condition", .type = IQ_TYPE_CONDITION},
	TEXT("legal_basis"),
	TEXT("source"),
	TEXT("note"),
	DATE("valid_from"),
	DATE("valid_to"),
	DATE("confirmed_on"),
};

static const struct iq_column notices[] = {
	ID,
	REF("institution", IQ_INSTITUTION),
	REF("task", IQ_TASK),
	REF("region", IQ_REGION),
	REFS("statuses", IQ_STATUS, ';'),
	{.name = "condition", .type = IQ_TYPE_CONDITION},
	CHOICE_FILLED("effect", iq_effect_names),
	TEXT("text_de"),
	TEXT("text_en"),
	TEXT("legal_basis"),
	TEXT("source"),
	DATE("valid_from"),
	DATE("valid_to"),
};

static const struct iq_column handovers[] = {
	ID,
	FILLED("process", TEXT),
	FILLED("step", NUMBER),
	{.name = "task", .type = IQ_TYPE_REF, .target = IQ_TASK, .filled = true},
	REFS("statuses", IQ_STATUS, ';'),
	REFS("from_kinds", IQ_KIND, '|'),
	REFS("to_kinds", IQ_KIND, '|'),
	TEXT("trigger_de"),
	TEXT("trigger_en"),
	TEXT("documents"),
};

static const struct iq_column workshops[] = {
	ID,
	OWNER("region", IQ_REGION),
	NAME("name_de"),
	TEXT("name_en"),
	REFS("organisers", IQ_INSTITUTION, ';'),
	TEXT("goals"),
	DATE("valid_from"),
	DATE("valid_to"),
	NUMBER("quorum"),
	NUMBER("size"),
};

/* Counts while the institution has accepted it: accepted_from is set and not in the future. */
static const struct iq_column memberships[] = {
	ID,
	OWNER("workshop", IQ_WORKSHOP_RECORD),
	OWNER("institution", IQ_INSTITUTION),
	{.name = "representative", .type = IQ_TYPE_REF, .target = IQ_CONTACT,
		.segment = IQ_SEGMENT_OUTLINE},
	{.name = "deputy", .type = IQ_TYPE_REF, .target = IQ_CONTACT,
		.segment = IQ_SEGMENT_OUTLINE},
	DATE("accepted_from"),
	DATE("accepted_to"),
	CHOICE("decides", yes_no),
	CHOICE("guest", yes_no),
};

/* What a workshop works on (docs/workshop.md): for those who take part (iq_kind_in_circle()). */
static const struct iq_column topics[] = {
	ID,
	OWNER("workshop", IQ_WORKSHOP_RECORD),
	OWNER("institution", IQ_INSTITUTION),
	NAME("name_de"),
	TEXT("name_en"),
	TEXT("text"),
	REF("task", IQ_TASK),
	CHOICE_FILLED("state", iq_process_states[IQ_PROCESS_TOPIC]),
	DATE("opened_on"),
	DATE("closed_on"),
	TEXT("lesson_de"),
	TEXT("lesson_en"),
};

static const struct iq_column meetings[] = {
	ID,
	OWNER("workshop", IQ_WORKSHOP_RECORD),
	TEXT("name_de"),
	TEXT("name_en"),
	{.name = "date", .type = IQ_TYPE_DATE, .required = true, .filled = true},
	TIME("begins"),
	TIME("ends"),
	CHOICE("repeats", repeats),
	DATE("repeats_to"),
	TEXT("place"),
	TEXT("link"),
	TEXT("agenda"),
	REFS("attended", IQ_INSTITUTION, ';'),
	TEXT("minutes"),
	CHOICE_FILLED("state", iq_process_states[IQ_PROCESS_MEETING]),
};

static const struct iq_column proposals[] = {
	ID,
	OWNER("workshop", IQ_WORKSHOP_RECORD),
	REF("topic", IQ_TOPIC),
	OWNER("institution", IQ_INSTITUTION),
	NAME("text_de"),
	TEXT("text_en"),
	REF("task", IQ_TASK),
	REF("region", IQ_REGION),
	REFS("statuses", IQ_STATUS, ';'),
	TEXT("changes"),
	CHOICE_FILLED("state", iq_process_states[IQ_PROCESS_PROPOSAL]),
	CHOICE("majority", majorities),
	NUMBER("quorum"),
	{.name = "deadline", .type = IQ_TYPE_DEADLINE},
	DATE("closed_on"),
	TEXT("result"),
};

static const struct iq_column ballots[] = {
	ID,
	OWNER("proposal", IQ_PROPOSAL),
	OWNER("institution", IQ_INSTITUTION),
	{.name = "choice", .type = IQ_TYPE_ENUM, .choices = iq_choice_names, .required = true,
		.filled = true},
	{.name = "contact", .type = IQ_TYPE_REF, .target = IQ_CONTACT,
		.segment = IQ_SEGMENT_OUTLINE},
	CHOICE("as", seats),
	DATE("cast_on"),
	TEXT("note"),
};

static const struct iq_column commitments[] = {
	ID,
	OWNER("workshop", IQ_WORKSHOP_RECORD),
	REF("proposal", IQ_PROPOSAL),
	{.name = "institutions", .type = IQ_TYPE_REFS, .target = IQ_INSTITUTION, .sep = ';',
		.required = true, .filled = true},
	NAME("text_de"),
	TEXT("text_en"),
	DATE("due"),
	CHOICE_FILLED("state", iq_process_states[IQ_PROCESS_COMMITMENT]),
	TEXT("evidence"),
	TEXT("reason"),
	DATE("settled_on"),
};

#define SCHEMA(one, many, vocab)                                                                   \
	{.name = one, .file = #many, .columns = many,                                              \
		.ncolumns = sizeof(many) / sizeof(many[0]), .vocabulary = vocab}

const struct iq_schema iq_schemas[IQ_KINDS] = {
	[IQ_REGION] = SCHEMA("region", regions, true),
	[IQ_POSTCODE] = SCHEMA("postcode", postcodes, false),
	[IQ_TASK] = SCHEMA("task", tasks, true),
	[IQ_STATUS] = SCHEMA("status", statuses, true),
	[IQ_FACT] = SCHEMA("fact", facts, true),
	[IQ_KIND] = SCHEMA("kind", kinds, true),
	[IQ_INSTITUTION] = SCHEMA("institution", institutions, false),
	[IQ_CONTACT] = SCHEMA("contact", contacts, false),
	[IQ_RESPONSIBILITY] = SCHEMA("responsibility", responsibilities, false),
	[IQ_NOTICE] = SCHEMA("notice", notices, true),
	[IQ_HANDOVER] = SCHEMA("handover", handovers, false),
	[IQ_WORKSHOP_RECORD] = SCHEMA("workshop", workshops, false),
	[IQ_MEMBERSHIP] = SCHEMA("membership", memberships, false),
	[IQ_TOPIC] = SCHEMA("topic", topics, false),
	[IQ_MEETING] = SCHEMA("meeting", meetings, false),
	[IQ_PROPOSAL] = SCHEMA("proposal", proposals, false),
	[IQ_BALLOT] = SCHEMA("ballot", ballots, false),
	[IQ_COMMITMENT] = SCHEMA("commitment", commitments, false),
};
/* clang-format on */
