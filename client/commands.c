/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "fold.h"

/* The command table: help, completion and dispatch follow it. */

#define OPTIONS(...) ((const uint8_t[]){__VA_ARGS__, IQ_OPT_NONE})
#define EXAMPLES(...) ((const struct iq_example[]){__VA_ARGS__, {NULL, NULL}})
#define MANY 255

static const uint8_t import_options[] = {
	IQ_OPT_KEEP_GOING, IQ_OPT_REJECTS, IQ_OPT_MAP, IQ_OPT_NONE};
static const uint8_t sync_options[] = {IQ_OPT_INSTITUTION, IQ_OPT_FULL, IQ_OPT_DELTA, IQ_OPT_BASE,
	IQ_OPT_MAP, IQ_OPT_ALLOW_DELETES, IQ_OPT_OUTPUT, IQ_OPT_NONE};
static const uint8_t list_options[] = {IQ_OPT_REGION, IQ_OPT_INSTITUTION, IQ_OPT_TASK,
	IQ_OPT_STATUS, IQ_OPT_KIND, IQ_OPT_ROLE, IQ_OPT_VISIBILITY, IQ_OPT_EFFECT, IQ_OPT_PARENT,
	IQ_OPT_NONE};
static const uint8_t who_options[] = {IQ_OPT_TASK, IQ_OPT_REGION, IQ_OPT_STATUS, IQ_OPT_FACT,
	IQ_OPT_AT, IQ_OPT_CERTAIN, IQ_OPT_NO_SUBTASKS, IQ_OPT_ROLE, IQ_OPT_ALL, IQ_OPT_EXPLAIN,
	IQ_OPT_CONTACTS, IQ_OPT_NONE};

static const uint8_t stale_options[] = {
	IQ_OPT_REGION, IQ_OPT_INSTITUTION, IQ_OPT_MONTHS, IQ_OPT_WHY, IQ_OPT_NONE};
static const uint8_t report_options[] = {IQ_OPT_OUTPUT, IQ_OPT_EDITION, IQ_OPT_RECIPIENT,
	IQ_OPT_DIR, IQ_OPT_REGION, IQ_OPT_SINCE, IQ_OPT_AT, IQ_OPT_NONE};
static const uint8_t changes_options[] = {IQ_OPT_SINCE, IQ_OPT_KIND, IQ_OPT_REGION,
	IQ_OPT_INSTITUTION, IQ_OPT_TASK, IQ_OPT_MIRROR, IQ_OPT_NONE};
static const uint8_t watch_options[] = {IQ_OPT_KIND, IQ_OPT_REGION, IQ_OPT_INSTITUTION, IQ_OPT_TASK,
	IQ_OPT_STATE, IQ_OPT_EXEC, IQ_OPT_WHO, IQ_OPT_STATUS, IQ_OPT_FACT, IQ_OPT_AT,
	IQ_OPT_CERTAIN, IQ_OPT_NO_SUBTASKS, IQ_OPT_ROLE, IQ_OPT_ALL, IQ_OPT_CONTACTS, IQ_OPT_NONE};
static const uint8_t audit_options[] = {
	IQ_OPT_PRINCIPAL, IQ_OPT_SUBJECT, IQ_OPT_SINCE, IQ_OPT_UNTIL, IQ_OPT_NONE};

const struct iq_command iq_commands[] = {
	{"who", "wer", IQ_GROUP_ASK, N_("Who is responsible, and whom do I call?"),
		N_("[WORD…] [--task TASK] [--region PLACE] [--status STATUS] [--fact FACT=VALUE]"),
		N_("Words are task, place and residence status in any order; names, aliases, "
		   "postcodes and ids are understood, with or without umlauts. What you leave out "
		   "stays open: rows that depend on it are shown with what they depend on."),
		EXAMPLES({"iqq who integration-course dresden",
				 N_("who offers or decides on integration courses in Dresden?")},
			{"iqq wer Arbeitserlaubnis Duldung 04109",
				N_("work permit, tolerated person, a postcode of Leipzig")},
			{"iqq who school-placement goerlitz --fact age=15",
				N_("something known of the case narrows the answer")},
			{"iqq who -t work-permit -r leipzig -s tolerated --contacts --reason "
			 "referral",
				N_("with the contact persons; this goes on record")}),
		who_options, 0, 12, NULL, iq_cmd_who},
	{"contact", "kontakt", IQ_GROUP_ASK, N_("How to reach an institution or a contact person"),
		N_("INSTITUTION|ID [--reason CODE]"),
		N_("Confidential contact persons are shown to those who may see them, and only "
		   "with a reason; every such look goes on record."),
		EXAMPLES({"iqq contact abh-leipzig", N_("public ways to reach it")},
			{"iqq kontakt 'VHS Dresden' --reason referral",
				N_("with the confidential contact persons")}),
		NULL, 1, 1, NULL, iq_cmd_contact},
	{"search", "suche", IQ_GROUP_ASK, N_("Find records by name or alias"), N_("TEXT…"), NULL,
		EXAMPLES({"iqq search Sprachkurs", N_("everything that is called so")}), NULL, 1,
		MANY, NULL, iq_cmd_search},
	{"tasks-of", "aufgaben", IQ_GROUP_ASK, N_("What an institution is responsible for"),
		N_("INSTITUTION [--all]"), N_("With --all also what belongs to it."),
		EXAMPLES({"iqq tasks-of abh-leipzig", N_("tasks, places and roles")}),
		OPTIONS(IQ_OPT_ALL), 1, 1, NULL, iq_cmd_tasks_of},
	{"guide", "leitfaden", IQ_GROUP_ASK,
		N_("What a residence status means: work, courses, obligations, legal basis"),
		N_("STATUS [--region PLACE]"),
		N_("With a place also who does what there for people with this status."),
		EXAMPLES({"iqq guide Duldung", N_("all about one status")},
			{"iqq leitfaden Duldung --region dresden",
				N_("and who is responsible in Dresden")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_AT), 1, MANY, NULL, iq_cmd_guide},
	{"matrix", NULL, IQ_GROUP_ASK, N_("Who does what in a place: tasks and institutions"),
		N_("PLACE [--task TASK] [--status STATUS] [--at DATE] [--whole]"),
		N_("Tasks in rows, institutions in columns. The symbol is the role, the letters "
		   "are the residence statuses it is for; a legend follows. With --csv one line "
		   "per task, institution and role; with --csv --for-excel the matrix itself."),
		EXAMPLES({"iqq matrix leipzig --task language", N_("everything about language")},
			{"iqq matrix Landkreis Bautzen --status Duldung",
				N_("for people who are tolerated")},
			{"iqq matrix leipzig --csv --for-excel > matrix.csv",
				N_("for a spreadsheet")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_TASK, IQ_OPT_STATUS, IQ_OPT_AT, IQ_OPT_WHOLE,
			IQ_OPT_FOR_EXCEL),
		0, 12, NULL, iq_cmd_matrix},
	{"gaps", "lücken", IQ_GROUP_ASK,
		N_("Where nobody is responsible, though somebody should be"),
		N_("PLACE [--kind KIND] [--task TASK] [--status STATUS] [--at DATE] [--near]"),
		N_("Somebody is expected for a task that is marked so, and where other places of "
		   "the same kind have somebody. With --kind all places of this kind in PLACE. "
		   "With --near who is nearly responsible, and what stands in the way."),
		EXAMPLES({"iqq gaps dresden", N_("one line per task")},
			{"iqq lücken Sachsen --kind kreis --task language",
				N_("in all its districts")},
			{"iqq gaps dresden --near", N_("and who could close it")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_KIND, IQ_OPT_TASK, IQ_OPT_STATUS, IQ_OPT_AT,
			IQ_OPT_NEAR, IQ_OPT_EXPLAIN, IQ_OPT_ALL),
		0, 12, NULL, iq_cmd_gaps},
	{"overlaps", "überschneidungen", IQ_GROUP_ASK,
		N_("Where two institutions are in charge of the same"),
		N_("PLACE [--task TASK] [--status STATUS] [--at DATE] [--parts]"), NULL,
		EXAMPLES({"iqq overlaps dresden", N_("what to settle in the workshop")},
			{"iqq überschneidungen Sachsen --parts", N_("also in its districts")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_TASK, IQ_OPT_STATUS, IQ_OPT_AT, IQ_OPT_PARTS,
			IQ_OPT_ALL),
		0, 12, NULL, iq_cmd_overlaps},
	{"stakeholders", "akteure", IQ_GROUP_ASK,
		N_("Who has to do with a place, and which statutory kinds are missing"),
		N_("PLACE [--at DATE] [--whole]"),
		N_("Institutions with their seat there or with a responsibility for it, by kind: "
		   "whom to invite. A statutory kind exists everywhere by law; if none is on "
		   "record, somebody has been forgotten."),
		EXAMPLES({"iqq stakeholders leipzig", N_("whom to invite")},
			{"iqq akteure Landkreis Görlitz --whole",
				N_("without those for parts of it only")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_AT, IQ_OPT_WHOLE), 0, 12, NULL, iq_cmd_stakeholders},
	{"path", "weg", IQ_GROUP_ASK,
		N_("Step by step through the offices: who hands what to whom"),
		N_("PLACE [--status STATUS] [--from TASK] [--to TASK] [--at DATE]"),
		N_("The processes for a residence status, with the institutions of the place. With "
		   "--to only the shortest way to that task, and its alternatives. Exit status "
		   "1 if there is none."),
		EXAMPLES({"iqq path dresden --status asylum-seeker", N_("the whole chain")},
			{"iqq weg dresden --status Gestattung --to work-permit",
				N_("the shortest way to the work permit")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_STATUS, IQ_OPT_FROM_TASK, IQ_OPT_TO_TASK, IQ_OPT_AT),
		0, 12, NULL, iq_cmd_path},
	{"get", "zeige", IQ_GROUP_ASK, N_("Show one record"),
		N_("KIND ID [--known-at DATE|REVISION] [--at DATE] [--reason CODE]"),
		N_("With --known-at as it was known then; with --at it is said whether the record "
		   "is valid on that day."),
		EXAMPLES({"iqq get institution vhs-dresden", N_("all its fields")},
			{"iqq zeige stelle vhs-dresden --known-at 01.03.2026",
				N_("as it was on file that evening")}),
		OPTIONS(IQ_OPT_AT, IQ_OPT_KNOWN_AT), 2, 2, "kind", iq_cmd_get},
	{"stale", "veraltet", IQ_GROUP_ASK,
		N_("What needs care: unconfirmed, orphaned, nobody to reach"),
		N_("[PLACE] [--institution INSTITUTION] [--months N] [--why CODE]…"),
		N_("Sorted by what to do first. Findings: flag (flagged as wrong), unreachable (no "
		   "contact person, no phone, no mail), orphan (the person named has left, or "
		   "a dated hand-over was not carried out), no-contact (no contact person), "
		   "unconfirmed (for too long), undated (never confirmed), ended-contact (all "
		   "tasks of the person have ended), not-informed "
		   "(of being stored, Art. 14 GDPR), no-deputy, personal-mail (and no function "
		   "mailbox). Contact persons as far as you may see them."),
		EXAMPLES({"iqq stale --institution vhs-dresden", N_("of one institution")},
			{"iqq veraltet dresden --months 6 --why unconfirmed",
				N_("what nobody confirmed for half a year")}),
		stale_options, 0, 1, NULL, iq_cmd_stale},
	{"diff", "vergleich", IQ_GROUP_ASK,
		N_("Two dates of a place side by side: what is new, changed, gone"),
		N_("[PLACE] --from DATE|REVISION [--to DATE|REVISION] [--institution INSTITUTION]"),
		N_("A date means what was known at the end of that day, and valid on it; without "
		   "--to it is compared with today. A revision is the number of a change. Exit "
		   "status 0 without differences, 1 with."),
		EXAMPLES({"iqq diff dresden --from 2026-10-01", N_("what happened since then")},
			{"iqq vergleich sachsen --from 01.10.2026 --to 31.10.2026",
				N_("one month: the agenda of the next workshop")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_INSTITUTION, IQ_OPT_FROM, IQ_OPT_TO), 0, 1, NULL,
		iq_cmd_diff},
	{"report", "bericht", IQ_GROUP_ASK,
		N_("The interface document of a place: matrix, gaps, process chains, contacts"),
		N_("[PLACE] [-o FORMAT,…] [--edition public|partners|members] [--recipient TEXT] "
		   "[--reason CODE] [--lang de|en|both] [--dir DIR] [--since DATE] [--at DATE]"),
		N_("Formats: html (default), pdf, xlsx, csv, json, svg, dot. The files are called "
		   "schnittstellenpapier-PLACE-EDITION-LANG, in the current folder or that of "
		   "--dir; files of the same name are replaced. The public edition (default) "
		   "contains no contact persons. The others contain what their readers may see, "
		   "name their recipient and count as disclosure: they need --reason. Without "
		   "--since the changes are those since the last edition made here. With --lang "
		   "both the HTML file holds both languages, other formats are two files."),
		EXAMPLES({"iqq report dresden -o html,pdf,xlsx", N_("the public edition")},
			{"iqq bericht leipzig --edition partners --recipient 'Jobcenter Leipzig' "
			 "--reason workshop --dir mappe",
				N_("with contact persons, for one recipient")}),
		report_options, 0, 1, NULL, iq_cmd_report},
	{"list", "liste", IQ_GROUP_ASK, N_("List records of a kind"), N_("KIND [COLUMN=VALUE…]"),
		N_("Kinds: region, postcode, task, status, fact, kind, institution, contact, "
		   "responsibility, notice, handover, workshop, membership; for those who take "
		   "part in a workshop topic, meeting, proposal, ballot, commitment. --csv and "
		   "--json give all columns."),
		EXAMPLES({"iqq list institutions --region lk-leipzig", N_("in this place")},
			{"iqq liste zuständigkeiten --task work-permit --csv",
				N_("for a spreadsheet")}),
		list_options, 1, MANY, "kind", iq_cmd_list},

	{"add", "neu", IQ_GROUP_KEEP, N_("Create a record"), N_("KIND ID FIELD=VALUE…"),
		N_("Fields are the columns of the bundle; parts of sets are joined by ; or |."),
		EXAMPLES({"iqq add institution vhs-muster kind=vhs region=leipzig "
			  "'name_de=VHS Muster'",
			N_("creates it, or says what is wrong")}),
		NULL, 3, MANY, "kind", iq_cmd_add},
	{"set", "setze", IQ_GROUP_KEEP, N_("Change fields of a record"), N_("KIND ID FIELD=VALUE…"),
		N_("An empty value clears the field. With --base nothing is overwritten that "
		   "somebody else changed since: you see both, field by field."),
		EXAMPLES({"iqq set institution vhs-dresden 'phone=030 23125 100' --dry-run",
				 N_("shows what would change")},
			{"iqq set institution vhs-dresden 'phone=030 23125 100' --base 1287 "
			 "--merge",
				N_("unless somebody else gave it another number since")}),
		OPTIONS(IQ_OPT_BASE, IQ_OPT_MERGE), 3, MANY, "kind", iq_cmd_set},
	{"delete", "entferne", IQ_GROUP_KEEP, N_("Delete a record that nothing refers to"),
		N_("KIND ID"), NULL,
		EXAMPLES({"iqq delete notice old-notice --yes", N_("without asking again")}),
		OPTIONS(IQ_OPT_BASE), 2, 2, "kind", iq_cmd_delete},
	{"archive", "archiviere", IQ_GROUP_KEEP,
		N_("Take a record out of sight, with what refers to it"), N_("KIND ID…"),
		N_("It can be brought back for 90 days, into every list it stood in. What others "
		   "need (who stands for a member of a workshop) has to be handed over first. A "
		   "hand-over of the contact that waits for its day is void then."),
		EXAMPLES({"iqq archive contact vhs-muster-erika --dry-run",
				 N_("shows where she would be taken out")},
			{"iqq archiviere zuständigkeit vhs-kurs vhs-beratung",
				N_("two in one change")}),
		OPTIONS(IQ_OPT_BASE), 2, MANY, "kind", iq_cmd_archive},
	{"revive", "reaktiviere", IQ_GROUP_KEEP, N_("Bring an archived record back"),
		N_("KIND ID…"), N_("Under its id, as it was, and back into the lists it stood in."),
		EXAMPLES({"iqq revive contact vhs-muster-erika", N_("within 90 days")}), NULL, 2,
		MANY, "kind", iq_cmd_revive},
	{"confirm", "bestätigen", IQ_GROUP_KEEP,
		N_("Say that responsibilities or statuses are still right, as of today"), N_("ID…"),
		N_("Their \"confirmed on\" becomes today, all in one change. What was not "
		   "confirmed "
		   "for long is shown by: iqq stale --why unconfirmed"),
		EXAMPLES({"iqq confirm vhs-kurs vhs-beratung", N_("both in one change")}), NULL, 1,
		MANY, NULL, iq_cmd_confirm},
	{"revert", "zurücknehmen", IQ_GROUP_KEEP, N_("Take a whole change back"),
		N_("CHANGE [--merge] [--reason TEXT]"),
		N_("CHANGE is the revision that \"iqq history\" shows. Every record it touched "
		   "becomes what it was before; what was created is archived, what was removed "
		   "comes back. With --merge, fields that were changed again since stay."),
		EXAMPLES({"iqq revert 1287 --dry-run", N_("shows what would become of it")},
			{"iqq zurücknehmen 1287 --reason 'Liste vom Vorjahr'",
				N_("in one change")}),
		OPTIONS(IQ_OPT_MERGE), 1, 1, NULL, iq_cmd_revert},
	{"merge", "vereine", IQ_GROUP_KEEP, N_("Unite two records: OLD becomes NEW everywhere"),
		N_("KIND OLD NEW"),
		N_("Names of OLD become aliases of NEW; the id OLD stays reserved and means NEW."),
		EXAMPLES({"iqq merge task sprachkurs language-course", N_("in one change")}), NULL,
		3, 3, "kind", iq_cmd_merge},

	{"history", "verlauf", IQ_GROUP_KEEP, N_("What a record was, and who changed it"),
		N_("KIND ID [--limit N] [--reason CODE]"),
		N_("Newest changes first. What you may not see is left out; for the personal "
		   "fields of contact persons a reason is needed."),
		EXAMPLES({"iqq history institution vhs-dresden", N_("every change")},
			{"iqq verlauf kontakt vhs-muster-erika --reason correction",
				N_("with the personal fields; this goes on record")}),
		NULL, 2, 2, "kind", iq_cmd_history},
	{"flag", "melde", IQ_GROUP_KEEP, N_("Tell the owner of a record that something is wrong"),
		N_("[KIND] ID TEXT | --done N"),
		N_("The text goes to those who maintain the record; with --done they take it off "
		   "their list. Never name clients in it."),
		EXAMPLES({"iqq flag vhs-dresden 'The phone number is out of date.'",
				 N_("for the institution's editors")},
			{"iqq melde --done 1004", N_("worked off")}),
		OPTIONS(IQ_OPT_DONE), 0, MANY, NULL, iq_cmd_flag},
	{"flags", "meldungen", IQ_GROUP_KEEP, N_("What was flagged in records you maintain"),
		N_("[--institution INSTITUTION]"), NULL,
		EXAMPLES({"iqq flags --institution vhs-dresden", N_("of one institution")}),
		OPTIONS(IQ_OPT_INSTITUTION), 0, 0, NULL, iq_cmd_flags},
	{"handover", "übergabe", IQ_GROUP_KEEP,
		N_("What hangs on a contact person; hand it over to the successor"),
		N_("FROM [TO [--on DATE] | --cancel] [--reason CODE]"),
		N_("With one contact: its hand-over sheet, that is responsibilities, those it "
		   "stands in for, and seats in workshops. With two, TO takes the place of FROM "
		   "everywhere in one change, and FROM ends the day before. On a day to come it is "
		   "carried out by the server, with your rights of that day; --cancel takes it "
		   "back."),
		EXAMPLES({"iqq handover vhs-muster-erika", N_("the sheet")},
			{"iqq handover vhs-muster-erika vhs-muster-max --dry-run",
				N_("shows what would change")},
			{"iqq übergabe vhs-muster-erika vhs-muster-max --on 1.1.2027",
				N_("on the first working day of the successor")}),
		OPTIONS(IQ_OPT_ON, IQ_OPT_CANCEL), 1, 2, NULL, iq_cmd_handover},
	{"erase", "loesche", IQ_GROUP_KEEP, N_("Erase a contact person for good, with the past"),
		N_("CONTACT --reason CODE"),
		N_("Name, phone, e-mail and id vanish from records, history and logs; it cannot "
		   "be undone. A second person has to agree with \"iqq approve\"."),
		EXAMPLES({"iqq erase vhs-muster-erika --reason correction --dry-run",
				 N_("shows what would vanish")},
			{"iqq loesche vhs-muster-erika --reason correction",
				N_("asks, then waits for the second person")}),
		NULL, 1, 1, NULL, iq_cmd_erase},

	{"sync", "abgleich", IQ_GROUP_BUNDLE,
		N_("Bring the directory in line with your institution's list"),
		N_("plan FILE… | apply PLAN|FILE… | status [PLAN] | resolve PLAN [KIND ID [FIELD]] "
		   "mine|theirs | template [-o FILE]"),
		N_("FILE is an Excel list (.xlsx, .csv) or a bundle; rows need no ids. \"plan\" "
		   "shows what would change and changes nothing; exit status 1 if there are "
		   "differences. \"apply\" carries a plan out. What a complete list does not name "
		   "any more is archived and can be brought back for 90 days; --delta leaves it "
		   "alone. PLAN is the number shown, its first characters, or \"last\"."),
		EXAMPLES({"iqq sync template -o list.xlsx",
				 N_("your current entries as an Excel list")},
			{"iqq sync plan list.xlsx", N_("shows what would change")},
			{"iqq abgleich anwenden last --allow-deletes 2",
				N_("carries it out, with the number the plan names")},
			{"iqq abgleich lösen last", N_("asks conflict by conflict")}),
		sync_options, 0, MANY, "sync", iq_cmd_sync},
#include "commands_circle.h"

	{"import", "importiere", IQ_GROUP_BUNDLE,
		N_("Write records from a bundle or from Excel lists"),
		N_("PATH… [--dry-run] [--keep-going [--rejects FILE]] [--map FILE]"),
		N_("PATH is a folder or .zip, a file named after its kind (institutions.csv), or a "
		   "list with ids (.xlsx, .csv). All rows are written or none; with --keep-going "
		   "the good ones. Exit status 7 if rows were rejected. Lists without ids are for "
		   "\"iqq sync\"."),
		EXAMPLES(
			{"iqq import data/saxony --dry-run", N_("checks everything on the server")},
			{"iqq import contacts.csv --keep-going", N_("bad rows go to a file")}),
		import_options, 1, MANY, "path", iq_cmd_import},
	{"export", "exportiere", IQ_GROUP_BUNDLE, N_("Write all records as a bundle, or for Excel"),
		N_("DIR | -o FILE.xlsx|FILE.csv|FILE.zip [--for-excel] [--region PLACE] "
		   "[--institution INSTITUTION]"),
		N_("A folder or .zip holds a bundle of CSV files, .xlsx one sheet per table, .csv "
		   "the one table it is named after (contacts.csv). --for-excel writes CSV as "
		   "German Excel reads it."),
		EXAMPLES({"iqq export backup-2026", N_("everything you may see")},
			{"iqq export -o leipzig.xlsx --region leipzig", N_("for Excel")},
			{"iqq export -o kontakte.csv --for-excel", N_("one table")}),
		OPTIONS(IQ_OPT_OUTPUT, IQ_OPT_DIR, IQ_OPT_FOR_EXCEL, IQ_OPT_ENCODING, IQ_OPT_REGION,
			IQ_OPT_INSTITUTION),
		0, 1, "path", iq_cmd_export},
	{"lint", "pruefe", IQ_GROUP_BUNDLE, N_("Check a bundle or a list without a server"),
		N_("PATH… [--map FILE]"),
		N_("References to kinds that are in none of the files are checked against the "
		   "vocabulary that \"iqq status\" keeps on this computer."),
		EXAMPLES({"iqq lint data/saxony", N_("says nothing if all is well")}),
		OPTIONS(IQ_OPT_MAP), 1, MANY, "path", iq_cmd_lint},

	{"changes", "änderungen", IQ_GROUP_BUNDLE, N_("What changed since you asked last"),
		N_("[--since COOKIE] [--kind KIND]… [--region PLACE] [--institution INSTITUTION] "
		   "[--task TASK] [--reason CODE] [--mirror FILE]"),
		N_("Without a cookie: everything you may see; --since now tells nothing, but "
		   "gives a cookie to begin with. Every answer ends with a new cookie. + is "
		   "new, ~ changed, - deleted, and ⊘ is still there but not for you any more. "
		   "With --mirror a file holds everything you may see, one JSON object a line; "
		   "it is brought up to date as a whole or not at all."),
		EXAMPLES({"iqq changes --since now", N_("a cookie for the next time")},
			{"iqq änderungen --kind zuständigkeit --region leipzig --since COOKIE",
				N_("what is new in Leipzig")},
			{"iqq changes --mirror copy.jsonl", N_("every night, for another system")}),
		changes_options, 0, 0, NULL, iq_cmd_changes},
	{"watch", "beobachten", IQ_GROUP_BUNDLE, N_("Tell of every change as it comes"),
		N_("[--kind KIND]… [--region PLACE] [--institution INSTITUTION] [--task TASK] "
		   "[--reason CODE] [--state FILE] [--exec COMMAND] | --who [WORD…] [--task TASK] "
		   "[--region PLACE] [--status STATUS] [--state FILE] [--exec COMMAND]"),
		N_("Goes on until you stop it (Ctrl-C), also when the server was away for a "
		   "while. With --state it goes on from where it had come, and first tells what "
		   "changed meanwhile. With --who a question is asked again whenever something "
		   "changed, and only what is different in its answer is told."),
		EXAMPLES({"iqq watch --region leipzig", N_("all changes in Leipzig")},
			{"iqq beobachten --who Integrationskurs Dresden",
				N_("speaks up when the answer changes")},
			{"iqq watch --kind contact --exec ./update-phone-book --state "
			 "phone-book.state",
				N_("for another system")}),
		watch_options, 0, 12, NULL, iq_cmd_watch},

	{"rights", "rechte", IQ_GROUP_RIGHTS, N_("The roles, and what each may do"),
		N_("[--markdown]"),
		N_("Printed from the data that decides. Needs no server. A pipe and --json get "
		   "every cell of the table in codes."),
		EXAMPLES({"iqq rights", N_("in words")},
			{"iqq rechte --markdown", N_("as tables for a document")}),
		OPTIONS(IQ_OPT_MARKDOWN), 0, 0, NULL, iq_cmd_rights},
	{"can", "darf", IQ_GROUP_RIGHTS, N_("May I, or may somebody, do this? And why?"),
		N_("[PRINCIPAL] ACTION [KIND ID | --region PLACE | --institution INSTITUTION]"),
		N_("Actions are those of \"iqq rights\". Without a target: is there anything at "
		   "all? Exit status 5 if not. About others ask administrators, within their "
		   "scope, and auditors."),
		EXAMPLES({"iqq can edit institution vhs-dresden", N_("may I change it?")},
			{"iqq darf erika.mustermann kontakt contact vhs-muster --explain",
				N_("which grant lets her see this person, and which do not")},
			{"iqq can grant --region leipzig", N_("may I give rights there?")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_INSTITUTION, IQ_OPT_EXPLAIN), 1, 4, NULL, iq_cmd_can},
	{"who-can", "wer-darf", IQ_GROUP_RIGHTS, N_("Who may do this, and by which grant?"),
		N_("ACTION [KIND ID | --region PLACE | --institution INSTITUTION]"),
		N_("For administrators: among the principals they administer."),
		EXAMPLES({"iqq who-can edit institution vhs-dresden", N_("who may change it")},
			{"iqq wer-darf kontakt --region dresden",
				N_("who sees contact persons for partners there")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_INSTITUTION), 1, 3, NULL, iq_cmd_who_can},
	{"principal", "konto", IQ_GROUP_RIGHTS,
		N_("Accounts: the people and services that have access"),
		N_("[list [ID] | add ID FIELD=VALUE… | set ID FIELD=VALUE… | end ID]"),
		N_("Fields: name, institution, contact (the person's own record), issuer and "
		   "subject (of a certificate of another authority). Ids of accounts that have "
		   "ended stay reserved. With --all the list has those, too."),
		EXAMPLES({"iqq principal add max-muster 'name=Max Muster' institution=vhs-dresden",
				 N_("a new account; then it needs a token")},
			{"iqq konto beende max-muster", N_("no access any more, at once")}),
		OPTIONS(IQ_OPT_INSTITUTION, IQ_OPT_ALL), 0, MANY, NULL, iq_cmd_principal},
	{"token", NULL, IQ_GROUP_RIGHTS, N_("One-time tokens with which somebody enrols"),
		N_("[list [PRINCIPAL] | create PRINCIPAL [--grant GRANT]… [--hours N] | revoke "
		   "NUMBER]"),
		N_("A token is shown once and works once. Hand it over in confidence: who has it "
		   "enrols as that account."),
		EXAMPLES({"iqq token create max-muster --grant "
			  "reader:region=dresden:until=31.12.2027",
				 N_("with a first grant")},
			{"iqq token widerrufe 1007", N_("it does not work any more")}),
		OPTIONS(IQ_OPT_GRANT, IQ_OPT_HOURS), 0, 2, NULL, iq_cmd_token},
	{"grant", "erteile", IQ_GROUP_RIGHTS,
		N_("Give somebody a role, for a region or an institution"),
		N_("PRINCIPAL ROLE [--institution INSTITUTION] [--region PLACE] [--from DATE] "
		   "--until DATE [--reason TEXT]"),
		N_("Roles are explained by \"iqq rights\". A role as editor needs the consent of "
		   "the editors the institution has; admin and auditor need a second "
		   "administrator: then it waits."),
		EXAMPLES({"iqq grant erika-mustermann reader --region dresden --until 2027-12-31",
				 N_("she sees contact persons for partners there")},
			{"iqq erteile max-muster editor -i vhs-dresden --until 31.12.2027",
				N_("he keeps the records of the VHS")}),
		OPTIONS(IQ_OPT_INSTITUTION, IQ_OPT_REGION, IQ_OPT_FROM, IQ_OPT_UNTIL), 2, 2, NULL,
		iq_cmd_grant},
	{"revoke", "widerrufe", IQ_GROUP_RIGHTS, N_("Take a grant back, or the certificates"),
		N_("PRINCIPAL NUMBER | PRINCIPAL --all | PRINCIPAL --certificates"),
		N_("Acts at once, also on open connections."),
		EXAMPLES({"iqq revoke max-muster 1003", N_("one grant; numbers: iqq grants")},
			{"iqq widerrufe max-muster --certificates",
				N_("a computer was lost: he must enrol again")}),
		OPTIONS(IQ_OPT_ALL, IQ_OPT_CERTIFICATES), 1, 2, NULL, iq_cmd_revoke},
	{"grants", "erteilt", IQ_GROUP_RIGHTS, N_("Who was given what, by whom, until when"),
		N_("[PRINCIPAL] [--region PLACE] [--institution INSTITUTION] [--all]"),
		N_("Your own, and those you administer. With --all also ended and revoked ones."),
		EXAMPLES({"iqq grants max-muster", N_("his grants and their numbers")}),
		OPTIONS(IQ_OPT_REGION, IQ_OPT_INSTITUTION, IQ_OPT_ALL), 0, 1, NULL, iq_cmd_grants},
	{"approve", "genehmige", IQ_GROUP_RIGHTS,
		N_("What waits for a second person; agree or reject"),
		N_("[NUMBER [--reject] | quota PRINCIPAL [--until DATE]]"),
		N_("Without a number: what waits, and what it would change. Nobody agrees to their "
		   "own request. \"quota\" lifts the daily limit of persons somebody may see."),
		EXAMPLES({"iqq approve", N_("what waits for me or was asked by me")},
			{"iqq genehmige 1012", N_("agree; it is carried out at once")},
			{"iqq approve quota max-muster --until 2026-11-30",
				N_("he may see more persons until then")}),
		OPTIONS(IQ_OPT_REJECT, IQ_OPT_ALL, IQ_OPT_UNTIL), 0, 2, NULL, iq_cmd_approve},

	{"enroll", "anmelden", IQ_GROUP_SELF,
		N_("Enrol this computer with the token you were given"),
		N_("[HOST:PORT] [--token TOKEN | --token-file FILE]"),
		N_("Makes a key on this computer and gets a certificate for it. The token holds "
		   "the server's address and fingerprint; HOST:PORT overrides the address. The "
		   "new profile becomes the default."),
		EXAMPLES({"iqq enroll --token-file token.txt", N_("reads the token from a file")},
			{"iqq enroll", N_("asks for the token")}),
		OPTIONS(IQ_OPT_TOKEN, IQ_OPT_TOKEN_FILE), 0, 1, NULL, iq_cmd_enroll},
	{"whoami", "werbinich", IQ_GROUP_SELF,
		N_("Who the server takes you for, and what you may do"), NULL, NULL, NULL, NULL, 0,
		0, NULL, iq_cmd_whoami},
	{"my-data", "meine-daten", IQ_GROUP_SELF,
		N_("What is stored about you, where it came from, and who saw it"),
		N_("[--subject CONTACT]"),
		N_("Your right under Art. 15 GDPR. Auditors may ask with --subject in the name of "
		   "a person without an account; this goes on record."),
		EXAMPLES({"iqq my-data", N_("about yourself")},
			{"iqq meine-daten --subject vhs-muster-erika --json",
				N_("for a person who asked for it")}),
		OPTIONS(IQ_OPT_SUBJECT), 0, 0, NULL, iq_cmd_my_data},
	{"status", NULL, IQ_GROUP_SELF, N_("Is the server there, and what does it hold?"), NULL,
		N_("Also refreshes the vocabulary on this computer that completion and lint use."),
		NULL, NULL, 0, 0, NULL, iq_cmd_status},
	{"doctor", "diagnose", IQ_GROUP_SELF,
		N_("Is everything in order on this computer, and what is to be done?"), NULL,
		N_("Looks at profile, key, certificate, server, clock, version and the vocabulary "
		   "for completion; one line each. Exit status 1 if there is a problem."),
		NULL, NULL, 0, 0, NULL, iq_cmd_doctor},
	{"audit", "protokoll", IQ_GROUP_SELF,
		N_("Who saw and changed what: read or verify the audit log"),
		N_("[verify] [--principal ID] [--subject CONTACT] [--since DATE] [--until DATE]"),
		N_("For auditors; newest entries first. Persons appear under pseudonyms. Reading "
		   "and verifying goes on record itself."),
		EXAMPLES({"iqq audit --since 2026-11-01 --principal max-muster",
				 N_("what this principal did since then")},
			{"iqq protokoll --subject vhs-muster-erika",
				N_("who saw the data of this contact person")},
			{"iqq audit verify", N_("has anything been changed afterwards?")}),
		audit_options, 0, 1, "audit", iq_cmd_audit},
	{"profile", "profil", IQ_GROUP_SELF, N_("Servers this computer is enrolled at"),
		N_("[list | use NAME | delete NAME]"), NULL,
		EXAMPLES({"iqq profile use leipzig", N_("makes it the default")}), NULL, 0, 2,
		"profile", iq_cmd_profile},
	{"config", "einstellung", IQ_GROUP_SELF, N_("Settings, and where each comes from"),
		N_("[show | get KEY | set KEY VALUE | unset KEY]"),
		N_("Keys: profile, lang, pager, timeout, color. Flags come before the environment "
		   "(IQQ_PROFILE, IQQ_SERVER, IQQ_LANG, IQQ_PAGER, IQQ_TIMEOUT), that before the "
		   "file."),
		EXAMPLES({"iqq config set lang de", N_("German from now on")}),
		OPTIONS(IQ_OPT_ORIGIN), 0, 3, "config", iq_cmd_config},
	{"completion", NULL, IQ_GROUP_SELF, N_("Print a completion script for your shell"),
		N_("bash|zsh|fish"), NULL,
		EXAMPLES({"source <(iqq completion bash)", N_("in ~/.bashrc")}), NULL, 1, 1,
		"shell", iq_cmd_completion},
	{"help", "hilfe", IQ_GROUP_SELF, N_("Help for iqq or one of its commands"),
		N_("[COMMAND | exit-codes]"), NULL, NULL, NULL, 0, 1, "command", iq_cmd_help},
	{NULL, NULL, IQ_GROUP_SELF, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL},
};

/* "Übergabe", "uebergabe": keyboards differ. */
static bool is_alias(const char *alias, const char *word)
{
	struct iq_arena arena;

	iq_arena_init(&arena, 0);
	bool same = iq_str_eq(iq_fold(&arena, iq_str(alias), IQ_FOLD_AE),
		iq_fold(&arena, iq_str(word), IQ_FOLD_AE));

	iq_arena_free(&arena);
	return same;
}

const struct iq_command *iq_command_find(const char *word)
{
	for (const struct iq_command *c = iq_commands; c->name != NULL; c++)
		if (strcmp(c->name, word) == 0 || (c->alias != NULL && is_alias(c->alias, word)))
			return c;
	return NULL;
}
