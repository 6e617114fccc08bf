/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the command table (commands.c): what a workshop is run with. */
{"workshop", "werkstatt", IQ_GROUP_CIRCLE,
	N_("Workshops: who takes part, and what is on; set up, invite, leave"),
	N_("[list | show [WORKSHOP] | create NAME --region PLACE | invite INSTITUTION | "
	   "accept | leave | organiser INSTITUTION… | dissolve]"),
	N_("An organiser or coordinator invites, the institution's editor accepts and says "
	   "who votes for it. Who is invited again after having been a guest becomes a "
	   "member by accepting. \"organiser\" hands the role over: those named have it "
	   "then. The last day counts."),
	EXAMPLES({"iqq workshop show dresden", N_("members, votes, topics, what is due")},
		{"iqq werkstatt gruenden 'Runde Dresden' -r dresden --organiser "
		 "sozialamt-dresden",
			N_("by the coordinator of the region")},
		{"iqq workshop invite vhs-dresden", N_("or with --guest, who has no vote")},
		{"iqq werkstatt annehmen --representative vhs-muster-erika",
			N_("by the editor of the institution")},
		{"iqq workshop leave --on 31.12.2026", N_("takes part until then")}),
	OPTIONS(IQ_OPT_WORKSHOP, IQ_OPT_REGION, IQ_OPT_ORGANISER, IQ_OPT_GOALS, IQ_OPT_QUORUM,
		IQ_OPT_SIZE, IQ_OPT_FROM, IQ_OPT_ID, IQ_OPT_GUEST, IQ_OPT_NO_VOTE,
		IQ_OPT_INSTITUTION, IQ_OPT_REPRESENTATIVE, IQ_OPT_DEPUTY, IQ_OPT_LAST_DAY,
		IQ_OPT_ALSO, IQ_OPT_ALL, IQ_OPT_VCARD, IQ_OPT_OUTPUT),
	0, 9, "workshop", iq_cmd_workshop},
	{"topic", "anliegen", IQ_GROUP_CIRCLE, N_("What a workshop has to talk about"),
		N_("[list | add NAME | discussed ID | close ID --lesson TEXT]"),
		N_("Whoever takes part brings topics. Closing one asks what remains of it."),
		EXAMPLES({"iqq topic add 'Waiting times for courses' --text 'Three months, says …'",
				 N_("for the next meeting")},
			{"iqq anliegen abschliessen runde-wartezeiten --lesson 'Liste teilen'",
				N_("with what was learned")}),
		OPTIONS(IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_TEXT, IQ_OPT_TASK,
			IQ_OPT_LESSON, IQ_OPT_ID, IQ_OPT_ALL),
		0, 2, "topic", iq_cmd_topic},
	{"meeting", "treffen", IQ_GROUP_CIRCLE,
		N_("Meetings of a workshop: plan, invite, who came, minutes"),
		N_("[list [WORKSHOP] | plan [WORKSHOP] --on DATE [--from HH:MM] [--to HH:MM] "
		   "[--place TEXT] [--link URL] [--repeat RHYTHM] [--suggest] | show MEETING "
		   "[--invitation | --ics] | hold MEETING | attend MEETING INSTITUTION…|--all | "
		   "minutes MEETING [FILE]]"),
		N_("plan --suggest writes an agenda of what waits for the group; without --on it "
		   "is only shown, line by line with what to do. Guests see the agenda of a "
		   "meeting: of commitments, proposals and concerns it has the number only. hold, "
		   "attend and minutes of a series are about its last date, or that of --on, which "
		   "becomes a meeting of its own. Minutes come from FILE or standard input and end "
		   "the meeting; put decisions into them, and a link to anything longer."),
		EXAMPLES({"iqq meeting plan leipzig --suggest",
				 N_("what the next one could be about")},
			{"iqq meeting plan leipzig --on 2027-01-12 --from 10:00 --to 12:00 --place "
			 "'Neues Rathaus, Raum 259' --repeat monthly --suggest",
				N_("every second Tuesday, with the agenda of today")},
			{"iqq meeting show leipzig-monthly --invitation",
				N_("a text to be mailed")},
			{"iqq treffen liste leipzig --ics -o workshop.ics", N_("for a calendar")},
			{"iqq treffen anwesend leipzig-monthly jc-leipzig abh-leipzig",
				N_("who came to the last one")},
			{"iqq treffen protokoll leipzig-monthly protokoll.txt",
				N_("the minutes of it")}),
		OPTIONS(IQ_OPT_WORKSHOP, IQ_OPT_ON_DAY, IQ_OPT_FROM_TIME, IQ_OPT_TO_TIME,
			IQ_OPT_NAME, IQ_OPT_PLACE, IQ_OPT_LINK, IQ_OPT_AGENDA, IQ_OPT_REPEAT,
			IQ_OPT_UNTIL, IQ_OPT_ID, IQ_OPT_SUGGEST, IQ_OPT_INVITATION, IQ_OPT_ICS,
			IQ_OPT_OUTPUT, IQ_OPT_ALL),
		0, MANY, "meeting", iq_cmd_meeting},
	{"proposal", "vorschlag", IQ_GROUP_CIRCLE, N_("Proposals to a workshop"),
		N_("[list [WORKSHOP] [--all] | new TEXT… | show ID | withdraw ID]"),
		N_("A new one is a draft until the vote on it is opened. With --change it says "
		   "what of the records changes when it passes: fields of institutions, "
		   "responsibilities and notices of members. They are applied with the closing of "
		   "the vote, all or none."),
		EXAMPLES({"iqq proposal new 'The job centre takes over advice on housing.' --task "
			  "housing --change 'set responsibility jc-housing statuses=a;b'",
				 N_("one that changes a record")},
			{"iqq vorschlag zeigen leipzig-2026-12-01",
				N_("what is proposed, and how far it is")},
			{"iqq proposal list leipzig --all", N_("also those that are over")}),
		OPTIONS(IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_TOPIC, IQ_OPT_TASK,
			IQ_OPT_REGION, IQ_OPT_STATUS, IQ_OPT_CHANGE, IQ_OPT_BASE, IQ_OPT_ENGLISH,
			IQ_OPT_ID, IQ_OPT_ALL),
		0, MANY, "proposal", iq_cmd_proposal},
	{"vote", "abstimmung", IQ_GROUP_CIRCLE,
		N_("The vote on a proposal: open, cast, tally, close"),
		N_("open ID --deadline DATE [--majority M] [--quorum N] | cast ID "
		   "yes|no|abstain [--note TEXT] | tally ID | close ID"),
		N_("One vote per institution, by name, cast by its representative or deputy; it "
		   "may be changed until the vote is closed. How others vote is shown only then. "
		   "It can be closed after the deadline, or as soon as everybody has voted. If a "
		   "proposal passes whose changes do not fit any more, nothing of them is applied: "
		   "exit status 6, and closing it again tries again."),
		EXAMPLES({"iqq vote open leipzig-2026-12-01 --deadline 2026-12-15", N_("it runs")},
			{"iqq abstimmung stimmen leipzig-2026-12-01 ja", N_("vote yes")},
			{"iqq vote tally leipzig-2026-12-01", N_("who has voted; in the end, how")},
			{"iqq abstimmung schliessen leipzig-2026-12-01", N_("count, and apply")}),
		OPTIONS(IQ_OPT_INSTITUTION, IQ_OPT_NOTE, IQ_OPT_DEADLINE, IQ_OPT_MAJORITY,
			IQ_OPT_QUORUM),
		1, 3, "vote", iq_cmd_vote},
	{"commitment", "absprache", IQ_GROUP_CIRCLE,
		N_("Who owes what until when, and whether it was kept"),
		N_("[list | add TEXT -i INSTITUTION… | due | close ID --evidence TEXT | close ID "
		   "--dropped WHY | defer ID --due DATE]"),
		N_("What is past its day is late. \"due\" shows what is late or due soon, in all "
		   "workshops; with --for it is a text to be sent by mail. Exit status 1: nothing "
		   "is due."),
		EXAMPLES({"iqq commitment add 'Opening hours on Saturdays' -i vhs-dresden --due "
			  "2027-03-31",
				 N_("the VHS has said so")},
			{"iqq commitment close runde-opening-hours --evidence 'Seen on 27 March'",
				N_("by the editor of the institution")},
			{"iqq absprache faellig --within 7", N_("this week")},
			{"iqq commitment due --for vhs-dresden | mail -E -s iqq info@example.org",
				N_("a reminder, once a week by cron")}),
		OPTIONS(IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_DUE, IQ_OPT_PROPOSAL, IQ_OPT_ID,
			IQ_OPT_WITHIN, IQ_OPT_FOR, IQ_OPT_EVIDENCE, IQ_OPT_DROPPED, IQ_OPT_ICS,
			IQ_OPT_OUTPUT, IQ_OPT_ALL),
		0, 2, "commitment", iq_cmd_commitment},
	{"welcome", "willkommen", IQ_GROUP_CIRCLE,
		N_("What goes on in your workshop, for whoever takes a seat there"),
		N_("[WORKSHOP]"),
		N_("Goals, votes that run, open and late commitments (those of your own "
		   "institution first), the next meeting, who is who, the last two minutes. "
		   "Without WORKSHOP: every one in which you take part. Names that are not public "
		   "are shown for a --reason."),
		EXAMPLES({"iqq welcome", N_("everything you have to know")},
			{"iqq welcome leipzig --reason workshop",
				N_("with the names of the members' people")}),
		OPTIONS(IQ_OPT_WORKSHOP), 0, 1, NULL, iq_cmd_welcome},
