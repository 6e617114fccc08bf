/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_MODEL_H
#define IQ_DOMAIN_MODEL_H

/*
 * The kinds of records and their columns, as data: bundle, protocol, storage, checks and
 * output are all driven by this one table (schema.c). A record is a list of values per column.
 */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "str.h"

/* Order of dependence: a kind refers to kinds before it or to itself. */
enum iq_kind {
	IQ_REGION,
	IQ_POSTCODE,
	IQ_TASK,
	IQ_STATUS,
	IQ_FACT,
	IQ_KIND,
	IQ_INSTITUTION,
	IQ_CONTACT,
	IQ_RESPONSIBILITY,
	IQ_NOTICE,
	IQ_HANDOVER,
	IQ_WORKSHOP_RECORD,
	IQ_MEMBERSHIP,
	IQ_TOPIC,
	IQ_MEETING,
	IQ_PROPOSAL,
	IQ_BALLOT,
	IQ_COMMITMENT,
	IQ_KINDS
};

/* The number a record's id was interned to: per kind, from 1, never reused. */
typedef uint32_t iq_num;
#define IQ_NONE 0u

enum iq_type {
	IQ_TYPE_ID,        /* slug: [a-z0-9]+(-[a-z0-9]+)*, at most IQ_LIMIT_ID bytes */
	IQ_TYPE_TEXT,      /* UTF-8 without control characters except newline and tab */
	IQ_TYPE_TEXTS,     /* set of texts, joined by `sep` */
	IQ_TYPE_REF,       /* id of a record of kind `target` */
	IQ_TYPE_REFS,      /* set of such ids, joined by `sep` */
	IQ_TYPE_DATE,      /* ISO date, empty: open */
	IQ_TYPE_ENUM,      /* one of `choices` */
	IQ_TYPE_NUMBER,    /* decimal digits, at most 9 */
	IQ_TYPE_ARS,       /* 12 digits */
	IQ_TYPE_TIME,      /* time of day in Germany, HH:MM */
	IQ_TYPE_DEADLINE,  /* ISO date, or date and time in Germany: "2026-12-01 16:00" */
	IQ_TYPE_CONDITION, /* condition language, domain.md "Records" */
	IQ_TYPE_IMPLIES    /* what a status says of facts */
};

/* Confidentiality class of a column; the record is stored in one segment per class. */
enum iq_segment {
	IQ_SEGMENT_OPEN,     /* whoever knows of the record */
	IQ_SEGMENT_OUTLINE,  /* contact: function, languages: one class below its visibility;
				responsibility, membership: its contacts, filtered like them */
	IQ_SEGMENT_PERSONAL, /* contact: name, phone, email …: its visibility */
	IQ_SEGMENTS
};

struct iq_column {
	const char *name;
	enum iq_type type;
	enum iq_kind target; /* REF, REFS */
	char sep;            /* sets: ';' or '|' */
	bool required;       /* the bundle's file must have the column, and the record a value */
	bool filled; /* the record must have a value (an ENUM without "" among its choices, too) */
	enum iq_segment segment;
	const char *const *choices; /* ENUM: NULL-terminated, "" among them if it may be empty */
};

enum { IQ_COLUMNS_MAX = 16 };

struct iq_schema {
	const char *name; /* "region" as in commands and the protocol */
	const char *file; /* "regions" as in the bundle */
	const struct iq_column *columns;
	size_t ncolumns;
	bool vocabulary; /* changes the vocabulary: trees, facts, statuses, kinds, notices … */
};

extern const struct iq_schema iq_schemas[IQ_KINDS];

/* Column positions that code needs by name. */
enum { IQ_COL_ID = 0 };
enum iq_col_region {
	IQ_REGION_PARENT = 1,
	IQ_REGION_KIND,
	IQ_REGION_ARS,
	IQ_REGION_MEMBERS,
	IQ_REGION_NAME_DE,
	IQ_REGION_NAME_EN,
	IQ_REGION_ALIASES
};
enum iq_col_postcode { IQ_POSTCODE_POSTCODE = 1, IQ_POSTCODE_REGION };
enum iq_col_task {
	IQ_TASK_PARENT = 1,
	IQ_TASK_NAME_DE,
	IQ_TASK_NAME_EN,
	IQ_TASK_LEIKA,
	IQ_TASK_ALIASES,
	IQ_TASK_EXPECTED
};
enum iq_col_status {
	IQ_STATUS_PARENT = 1,
	IQ_STATUS_NAME_DE,
	IQ_STATUS_NAME_EN,
	IQ_STATUS_LEGAL_BASIS,
	IQ_STATUS_IMPLIES,
	IQ_STATUS_WORK_ACCESS_DE,
	IQ_STATUS_WORK_ACCESS_EN,
	IQ_STATUS_COURSE_ACCESS,
	IQ_STATUS_OBLIGATIONS_DE,
	IQ_STATUS_OBLIGATIONS_EN,
	IQ_STATUS_SYMBOL,
	IQ_STATUS_COLOUR,
	IQ_STATUS_SOURCE,
	IQ_STATUS_CONFIRMED_ON,
	IQ_STATUS_ALIASES
};
enum iq_col_fact {
	IQ_FACT_TYPE = 1,
	IQ_FACT_VALUES,
	IQ_FACT_NAME_DE,
	IQ_FACT_NAME_EN,
	IQ_FACT_LABELS_DE,
	IQ_FACT_LABELS_EN,
	IQ_FACT_ALIASES
};
enum iq_col_kind { IQ_KIND_NAME_DE = 1, IQ_KIND_NAME_EN, IQ_KIND_STATUTORY };
enum iq_col_institution {
	IQ_INSTITUTION_KIND = 1,
	IQ_INSTITUTION_PARENT,
	IQ_INSTITUTION_REGION,
	IQ_INSTITUTION_NAME_DE,
	IQ_INSTITUTION_NAME_EN,
	IQ_INSTITUTION_STREET,
	IQ_INSTITUTION_POSTCODE,
	IQ_INSTITUTION_TOWN,
	IQ_INSTITUTION_PHONE,
	IQ_INSTITUTION_EMAIL,
	IQ_INSTITUTION_URL,
	IQ_INSTITUTION_HOURS,
	IQ_INSTITUTION_ALIASES
};
enum iq_col_contact {
	IQ_CONTACT_INSTITUTION = 1,
	IQ_CONTACT_NAME,
	IQ_CONTACT_FUNCTION,
	IQ_CONTACT_PHONE,
	IQ_CONTACT_EMAIL,
	IQ_CONTACT_LANGUAGES,
	IQ_CONTACT_VISIBILITY,
	IQ_CONTACT_DEPUTY,
	IQ_CONTACT_EXTERNAL_ID,
	IQ_CONTACT_INFORMED_ON,
	IQ_CONTACT_VALID_FROM,
	IQ_CONTACT_VALID_TO
};
enum iq_col_responsibility {
	IQ_RESP_INSTITUTION = 1,
	IQ_RESP_TASK,
	IQ_RESP_REGION,
	IQ_RESP_STATUSES,
	IQ_RESP_ROLE,
	IQ_RESP_CONTACTS,
	IQ_RESP_CONDITION,
	IQ_RESP_LEGAL_BASIS,
	IQ_RESP_SOURCE,
	IQ_RESP_NOTE,
	IQ_RESP_VALID_FROM,
	IQ_RESP_VALID_TO,
	IQ_RESP_CONFIRMED_ON
};
enum iq_col_notice {
	IQ_NOTICE_INSTITUTION = 1,
	IQ_NOTICE_TASK,
	IQ_NOTICE_REGION,
	IQ_NOTICE_STATUSES,
	IQ_NOTICE_CONDITION,
	IQ_NOTICE_EFFECT,
	IQ_NOTICE_TEXT_DE,
	IQ_NOTICE_TEXT_EN,
	IQ_NOTICE_LEGAL_BASIS,
	IQ_NOTICE_SOURCE,
	IQ_NOTICE_VALID_FROM,
	IQ_NOTICE_VALID_TO
};
enum iq_col_handover {
	IQ_HANDOVER_PROCESS = 1,
	IQ_HANDOVER_STEP,
	IQ_HANDOVER_TASK,
	IQ_HANDOVER_STATUSES,
	IQ_HANDOVER_FROM_KINDS,
	IQ_HANDOVER_TO_KINDS,
	IQ_HANDOVER_TRIGGER_DE,
	IQ_HANDOVER_TRIGGER_EN,
	IQ_HANDOVER_DOCUMENTS
};

enum iq_col_workshop {
	IQ_WORKSHOP_REGION = 1,
	IQ_WORKSHOP_NAME_DE,
	IQ_WORKSHOP_NAME_EN,
	IQ_WORKSHOP_ORGANISERS,
	IQ_WORKSHOP_GOALS,
	IQ_WORKSHOP_VALID_FROM,
	IQ_WORKSHOP_VALID_TO,
	IQ_WORKSHOP_QUORUM,
	IQ_WORKSHOP_SIZE
};
enum iq_col_membership {
	IQ_MEMBERSHIP_WORKSHOP = 1,
	IQ_MEMBERSHIP_INSTITUTION,
	IQ_MEMBERSHIP_REPRESENTATIVE,
	IQ_MEMBERSHIP_DEPUTY,
	IQ_MEMBERSHIP_ACCEPTED_FROM,
	IQ_MEMBERSHIP_ACCEPTED_TO,
	IQ_MEMBERSHIP_DECIDES,
	IQ_MEMBERSHIP_GUEST
};
enum iq_col_topic {
	IQ_TOPIC_WORKSHOP = 1,
	IQ_TOPIC_INSTITUTION,
	IQ_TOPIC_NAME_DE,
	IQ_TOPIC_NAME_EN,
	IQ_TOPIC_TEXT,
	IQ_TOPIC_TASK,
	IQ_TOPIC_STATE,
	IQ_TOPIC_OPENED_ON,
	IQ_TOPIC_CLOSED_ON,
	IQ_TOPIC_LESSON_DE,
	IQ_TOPIC_LESSON_EN
};
enum iq_col_meeting {
	IQ_MEETING_WORKSHOP = 1,
	IQ_MEETING_NAME_DE,
	IQ_MEETING_NAME_EN,
	IQ_MEETING_DATE,
	IQ_MEETING_BEGINS,
	IQ_MEETING_ENDS,
	IQ_MEETING_REPEATS,
	IQ_MEETING_REPEATS_TO,
	IQ_MEETING_PLACE,
	IQ_MEETING_LINK,
	IQ_MEETING_AGENDA,
	IQ_MEETING_ATTENDED,
	IQ_MEETING_MINUTES,
	IQ_MEETING_STATE
};
enum iq_col_proposal {
	IQ_PROPOSAL_WORKSHOP = 1,
	IQ_PROPOSAL_TOPIC,
	IQ_PROPOSAL_INSTITUTION,
	IQ_PROPOSAL_TEXT_DE,
	IQ_PROPOSAL_TEXT_EN,
	IQ_PROPOSAL_TASK,
	IQ_PROPOSAL_REGION,
	IQ_PROPOSAL_STATUSES,
	IQ_PROPOSAL_CHANGES,
	IQ_PROPOSAL_STATE,
	IQ_PROPOSAL_MAJORITY,
	IQ_PROPOSAL_QUORUM,
	IQ_PROPOSAL_DEADLINE,
	IQ_PROPOSAL_CLOSED_ON,
	IQ_PROPOSAL_RESULT
};
enum iq_col_ballot {
	IQ_BALLOT_PROPOSAL = 1,
	IQ_BALLOT_INSTITUTION,
	IQ_BALLOT_CHOICE,
	IQ_BALLOT_CONTACT,
	IQ_BALLOT_AS,
	IQ_BALLOT_CAST_ON,
	IQ_BALLOT_NOTE
};
enum iq_col_commitment {
	IQ_COMMITMENT_WORKSHOP = 1,
	IQ_COMMITMENT_PROPOSAL,
	IQ_COMMITMENT_INSTITUTIONS,
	IQ_COMMITMENT_TEXT_DE,
	IQ_COMMITMENT_TEXT_EN,
	IQ_COMMITMENT_DUE,
	IQ_COMMITMENT_STATE,
	IQ_COMMITMENT_EVIDENCE,
	IQ_COMMITMENT_REASON,
	IQ_COMMITMENT_SETTLED_ON
};

enum iq_role { IQ_LEAD, IQ_PROVIDER, IQ_ADVICE, IQ_SUPPORT, IQ_FUNDING, IQ_REFERRAL, IQ_ROLES };
enum iq_effect { IQ_INFO, IQ_RESTRICTED, IQ_SUSPENDED, IQ_EXCLUDED, IQ_NOT_NEEDED, IQ_EFFECTS };
enum iq_visibility { IQ_PUBLIC, IQ_PARTNERS, IQ_WORKSHOP, IQ_INSTITUTION_ONLY, IQ_VISIBILITIES };

extern const char *const iq_role_names[IQ_ROLES + 1];
extern const char *const iq_effect_names[IQ_EFFECTS + 1];
extern const char *const iq_visibility_names[IQ_VISIBILITIES + 1];

/*
 * What a workshop works on: topic to commitment. The record belongs to its workshop (a ballot to
 * that of its proposal) for good, and is seen by those who take part in it, in whole or in part.
 */
static inline bool iq_kind_in_circle(enum iq_kind kind)
{
	return kind >= IQ_TOPIC && kind <= IQ_COMMITMENT;
}

/* Position of s in a NULL-terminated list, or -1. */
int iq_choice(const char *const *names, struct iq_str s);

/* IQ_KINDS if there is no such kind; accepts "region" and "regions". */
enum iq_kind iq_kind_by_name(struct iq_str name);
/* Column position or -1. */
int iq_column_by_name(enum iq_kind kind, struct iq_str name);

/* The values of one column: texts have at most one, sets any number. */
struct iq_value {
	const struct iq_str *v;
	uint32_t n;
};

struct iq_rec {
	enum iq_kind kind;
	uint32_t given;    /* bit per column: this change sets it (partial records) */
	uint64_t revision; /* 0: not stored yet */
	struct iq_value col[IQ_COLUMNS_MAX];
};

/* The single text of a column, empty if unset. */
static inline struct iq_str iq_rec_text(const struct iq_rec *r, int col)
{
	return r->col[col].n ? r->col[col].v[0] : (struct iq_str){NULL, 0};
}

/* Name in the language, falling back to the other; the id if there is none. */
struct iq_str iq_rec_name(const struct iq_rec *r, bool english);

/*
 * Reads a cell of the bundle into column `col` of `rec` (sets `given`): splits sets (parts
 * trimmed of spaces; empty parts dropped; of equal parts one stays), checks the syntax of its
 * type, without looking at other records. Values borrow from `cell`, lists are in `arena`.
 * IQ_ERR_REJECTED: p->column, value, text, args, nearest describe why (file and line untouched).
 */
IQ_CHECK enum iq_err iq_rec_read_cell(struct iq_rec *rec, int col, struct iq_str cell,
	struct iq_arena *arena, struct iq_problem *p);

/* The cell as the bundle writes it (sets joined), in the arena. */
struct iq_str iq_rec_write_cell(const struct iq_rec *rec, int col, struct iq_arena *arena);

/*
 * Fills what the bundle leaves out: the id of a postcode ("<postcode>-<region>", marked as given),
 * the visibility of a contact (the strictest), the state of what a workshop works on (the first of
 * its list; both not marked as given unless it was, so that merging a
 * partial record never narrows the stored one). To be called after reading a row and again after
 * merging. False without memory.
 */
IQ_CHECK bool iq_rec_complete(struct iq_rec *rec, struct iq_arena *arena);

/* Columns given in `change` replace those of `base`; id and kind must agree. */
void iq_rec_merge(struct iq_rec *base, const struct iq_rec *change);

/* True if all columns are equal (revision and `given` aside). */
bool iq_rec_equal(const struct iq_rec *a, const struct iq_rec *b);

/* True for a valid id. */
bool iq_slug_valid(struct iq_str s);

#endif
