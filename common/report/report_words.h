/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_REPORT_WORDS_H
#define IQ_REPORT_WORDS_H

/* The texts of the writers. X(NAME, msgid) */

#define IQ_RW_TABLE(X)                                                                             \
	X(LEAD, N_("in charge"))                                                                   \
	X(PROVIDER, N_("provider"))                                                                \
	X(ADVICE, N_("advice"))                                                                    \
	X(SUPPORT, N_("support"))                                                                  \
	X(FUNDING, N_("funding"))                                                                  \
	X(REFERRAL, N_("referral"))                                                                \
	X(FOR, N_("{0} for {1}"))                                                                  \
	X(FOR_ALL, N_("{0}, whatever the status"))                                                 \
	X(IF, N_("{0}, if {1}"))                                                                   \
	X(PARTLY, N_("{0}, not in every case"))                                                    \
	X(ALL, N_("any"))                                                                          \
	X(MATRIX, N_("Who is responsible for what"))                                               \
	X(MATRIX_PART, N_("Matrix, part {0} of {1}"))                                              \
	X(MATRIX_CAPTION,                                                                          \
		N_("Tasks in rows, institutions in columns: {0} to {1}. Only tasks with an entry " \
		   "here; those of nobody are in part 1."))                                        \
	X(MATRIX_ONE, N_("Tasks in rows, institutions in columns"))                                \
	X(MATRIX_NONE, N_("No responsibilities are on record."))                                   \
	X(LEGEND, N_("Legend"))                                                                    \
	X(SYMBOL, N_("Symbol"))                                                                    \
	X(MEANING, N_("Meaning"))                                                                  \
	X(LETTER, N_("Letter"))                                                                    \
	X(LEGEND_ROLES, N_("Roles"))                                                               \
	X(LEGEND_GROUPS, N_("Target groups"))                                                      \
	X(LEGEND_MARKS, N_("Marks"))                                                               \
	X(LEGEND_ALL, N_("whatever the residence status"))                                         \
	X(LEGEND_CONDITION, N_("under a condition"))                                               \
	X(LEGEND_POSSIBLE, N_("in a part of the cases or places"))                                 \
	X(LEGEND_STALE, N_("not confirmed for long"))                                              \
	X(GAP, N_("gap"))                                                                          \
	X(OVERLAP, N_("two in charge"))                                                            \
	X(STALE, N_("old"))                                                                        \
	X(LEGEND_GAP, N_("Nobody is responsible, for one target group at least"))                  \
	X(LEGEND_OVERLAP, N_("Two institutions are in charge"))                                    \
	X(GAPS, N_("Gaps"))                                                                        \
	X(GAPS_NONE, N_("No gaps are known."))                                                     \
	X(OVERLAPS, N_("Overlaps"))                                                                \
	X(OVERLAPS_NONE, N_("Nowhere are two institutions in charge."))                            \
	X(NOTICES, N_("Notices"))                                                                  \
	X(NOTICES_NONE, N_("There are no notices."))                                               \
	X(CONTACTS, N_("Contacts"))                                                                \
	X(CONTACTS_NONE, N_("No contact persons are on record."))                                  \
	X(GUIDE, N_("Residence statuses: rights and obligations"))                                 \
	X(GUIDE_NONE, N_("No residence statuses are on record."))                                  \
	X(COMMITMENTS, N_("Commitments"))                                                          \
	X(COMMITMENTS_NONE, N_("No commitments are on record."))                                   \
	X(MINUTES, N_("Minutes of the last meetings"))                                             \
	X(MINUTES_NONE, N_("No minutes are on record."))                                           \
	X(CHANGES, N_("Changes since the last edition"))                                           \
	X(CHANGES_NONE, N_("Nothing has changed."))                                                \
	X(COMPARED, N_("Compared with the state of {0}"))                                          \
	X(COMPARED_BOTH, N_("Compared with the state of {0}, revision {1}"))                       \
	X(COMPARED_REV, N_("Compared with revision {0}"))                                          \
	X(SHEETS, N_("Institutions"))                                                              \
	X(CHAINS, N_("Process chains and hand-overs"))                                             \
	X(PRIVACY, N_("Data protection"))                                                          \
	X(DUTIES, N_("Responsibilities"))                                                          \
	X(TASK, N_("Task"))                                                                        \
	X(STATUSES, N_("Residence statuses"))                                                      \
	X(EXPECTED, N_("Expected because"))                                                        \
	X(INVOLVED, N_("Also involved"))                                                           \
	X(INSTITUTION, N_("Institution"))                                                          \
	X(INSTITUTIONS, N_("Institutions"))                                                        \
	X(LEVEL, N_("Level"))                                                                      \
	X(EFFECT, N_("Effect"))                                                                    \
	X(TEXT, N_("Text"))                                                                        \
	X(REGION, N_("Region"))                                                                    \
	X(LEGAL_BASIS, N_("Legal basis"))                                                          \
	X(FROM, N_("From"))                                                                        \
	X(TO, N_("Until"))                                                                         \
	X(NAME, N_("Name"))                                                                        \
	X(FUNCTION, N_("Function"))                                                                \
	X(PHONE, N_("Phone"))                                                                      \
	X(EMAIL, N_("E-mail"))                                                                     \
	X(LANGUAGES, N_("Languages"))                                                              \
	X(DEPUTY, N_("Deputy"))                                                                    \
	X(SHOWN_TO, N_("Shown to"))                                                                \
	X(STATUS, N_("Residence status"))                                                          \
	X(WORK, N_("Work"))                                                                        \
	X(COURSE, N_("Integration course"))                                                        \
	X(OBLIGATIONS, N_("Obligations"))                                                          \
	X(AS_OF, N_("As of"))                                                                      \
	X(SOURCE, N_("Source"))                                                                    \
	X(MEETING, N_("Meeting"))                                                                  \
	X(PRESENT, N_("Present"))                                                                  \
	X(DECISIONS, N_("Minutes"))                                                                \
	X(COMMITMENT, N_("Commitment"))                                                            \
	X(OWNER, N_("Answerable"))                                                                 \
	X(DUE, N_("Due"))                                                                          \
	X(STATE, N_("State"))                                                                      \
	X(DATE, N_("Date"))                                                                        \
	X(WHAT, N_("What"))                                                                        \
	X(BEFORE, N_("Before"))                                                                    \
	X(AFTER, N_("After"))                                                                      \
	X(ROLE, N_("Role"))                                                                        \
	X(CONDITION, N_("Condition"))                                                              \
	X(CONFIRMED, N_("Confirmed on"))                                                           \
	X(NEVER, N_("never"))                                                                      \
	X(ADDRESS, N_("Address"))                                                                  \
	X(WEB, N_("Web"))                                                                          \
	X(HOURS, N_("Opening hours"))                                                              \
	X(VIA, N_("Reached through {0}"))                                                          \
	X(NO_WAY, N_("No way to reach it is on record."))                                          \
	X(EDITION, N_("Edition"))                                                                  \
	X(PUBLIC, N_("public"))                                                                    \
	X(PARTNERS, N_("for partners"))                                                            \
	X(MEMBERS, N_("for members of the workshop"))                                              \
	X(RECIPIENT, N_("Recipient"))                                                              \
	X(DESTROY_BY, N_("To be destroyed by"))                                                    \
	X(ABOUT, N_("About this document"))                                                        \
	X(REVISION, N_("Revision"))                                                                \
	X(CHECKSUM, N_("Checksum"))                                                                \
	X(SKIP, N_("Skip to: {0}"))                                                                \
	X(CONTENTS, N_("Contents"))                                                                \
	X(LANGUAGE, N_("Language"))                                                                \
	X(FILTER, N_("Filter"))                                                                    \
	X(SEARCH, N_("Search"))                                                                    \
	X(ANY_STATUS, N_("any status"))                                                            \
	X(ANY_ROLE, N_("any role"))                                                                \
	X(SHOWN, N_("Lines shown: {0} of {1}"))                                                    \
	X(RESET, N_("Show all"))                                                                   \
	X(STEPS, N_("Steps in words"))                                                             \
	X(HANDOVERS, N_("Hand-overs in words"))                                                    \
	X(HANDS_TO, N_("Hands over to"))                                                           \
	X(HOW_OFTEN, N_("How often"))                                                              \
	X(WHEN, N_("When, with which documents"))                                                  \
	X(WHO, N_("Who"))                                                                          \
	X(STEP, N_("Step"))                                                                        \
	X(GRAPH_CHAIN, N_("Process chain with {0} steps and {1} hand-overs."))                     \
	X(GRAPH_OVERS, N_("Graph with {0} institutions or tasks and {1} hand-overs."))             \
	X(GRAPH_LARGE, N_("Too large for a picture; the table has all of it."))                    \
	X(GRAPH_READ,                                                                              \
		N_("An arrow leads from who hands over to who takes over; a number says how "      \
		   "often."))                                                                      \
	X(PRIVACY_PUBLIC, N_("This edition contains no contact details but those meant for the "   \
			     "public."))                                                           \
	X(PRIVACY_CLOSED,                                                                          \
		N_("This edition contains personal data given in confidence. It is for the "       \
		   "named recipient only and must not be handed on, copied or published."))        \
	X(PRIVACY_DESTROY,                                                                         \
		N_("Destroy it when it is no longer needed, at the latest when a newer edition "   \
		   "appears."))                                                                    \
	X(PRIVACY_RECORD,                                                                          \
		N_("Its making is on record as a disclosure. Contact persons can ask for their "   \
		   "data, have mistakes corrected and object."))

enum iq_rw {
#define X(name, text) IQ_RW_##name,
	IQ_RW_TABLE(X)
#undef X
		IQ_RW_WORDS
};

#endif
