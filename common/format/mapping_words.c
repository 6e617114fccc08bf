/* SPDX-License-Identifier: Apache-2.0 */
/* Words that institutions use for columns and sheets. Compared after folding. */
#include "mapping.h"

/* clang-format off */
#define W(k, c, words_) {.kind = k, .col = c, .words = words_}
#define L(k, c, words_) {.kind = k, .col = c, .wide = true, .words = words_}
#define PART(k, c, p, words_) {.kind = k, .col = c, .wide = true, .part = p, .words = words_}

const struct iq_map_word iq_map_words[] = {
	/* contacts */
	L(IQ_CONTACT, IQ_CONTACT_INSTITUTION,
		"Institution|Einrichtung|Behörde|Dienststelle|Stelle|Organisation|Amt"),
	L(IQ_CONTACT, IQ_CONTACT_NAME,
		"Ansprechpartner/in|Name|Ansprechpartner|Ansprechpartnerin|Ansprechperson|"
		"Ansprechpersonen|Kontakt|Kontaktperson|Kontaktname|Mitarbeiter/in|"
		"Mitarbeiter|Mitarbeiterin|Contact|Contact person|Vor- und Nachname|"
		"Name, Vorname|Vorname Nachname|Vorname Name"),
	PART(IQ_CONTACT, IQ_CONTACT_NAME, 1, "Vorname|Given name|First name"),
	PART(IQ_CONTACT, IQ_CONTACT_NAME, 2,
		"Nachname|Familienname|Zuname|Family name|Last name|Surname"),
	L(IQ_CONTACT, IQ_CONTACT_FUNCTION,
		"Funktion|Position|Tätigkeit|Funktion/Position|Amtsbezeichnung|Job title"),
	L(IQ_CONTACT, IQ_CONTACT_PHONE,
		"Telefon|Tel.|Tel|Telefonnummer|Telefon-Nr.|Tel.-Nr.|Telefonnr.|Rufnummer|"
		"Durchwahl|Fon|Telephone"),
	L(IQ_CONTACT, IQ_CONTACT_EMAIL,
		"E-Mail|Email|Mail|E-Mail-Adresse|Mailadresse|Emailadresse|E-Mailadresse|"
		"Mail-Adresse"),
	L(IQ_CONTACT, IQ_CONTACT_LANGUAGES, "Sprachen|Sprache|Sprachkenntnisse|Language"),
	L(IQ_CONTACT, IQ_CONTACT_VISIBILITY,
		"Vertraulichkeit|Sichtbarkeit|Freigabe|Confidentiality"),
	L(IQ_CONTACT, IQ_CONTACT_DEPUTY,
		"Vertretung|Stellvertretung|Vertreter|Vertreterin|Vertreter/in"),
	L(IQ_CONTACT, IQ_CONTACT_EXTERNAL_ID,
		"Personalnummer|Personal-Nr.|Kennung|Externe Kennung|Externe ID"),
	L(IQ_CONTACT, IQ_CONTACT_INFORMED_ON, "Informiert am|Datenschutzhinweis am"),
	W(IQ_CONTACT, IQ_CONTACT_VALID_FROM, "Gültig ab|Gültig von|Ab|Von|Beginn|Seit"),
	W(IQ_CONTACT, IQ_CONTACT_VALID_TO, "Gültig bis|Bis|Ende"),
	/* responsibilities */
	W(IQ_RESPONSIBILITY, IQ_RESP_INSTITUTION,
		"Institution|Einrichtung|Behörde|Dienststelle|Stelle|Organisation|Amt"),
	L(IQ_RESPONSIBILITY, IQ_RESP_TASK,
		"Aufgabe|Aufgaben|Aufgabenbereich|Thema|Leistung|Zuständig für|Zuständigkeit"),
	L(IQ_RESPONSIBILITY, IQ_RESP_REGION,
		"Region|Gebiet|Zuständigkeitsbereich|Landkreis|Kreis|Einzugsgebiet|"
		"Gebietsschlüssel|Regionalschlüssel|ARS|AGS"),
	L(IQ_RESPONSIBILITY, IQ_RESP_STATUSES,
		"Aufenthaltsstatus|Status|Personengruppe|Personengruppen|Zielgruppe|"
		"Zielgruppen|Residence status"),
	L(IQ_RESPONSIBILITY, IQ_RESP_ROLE, "Rolle|Art der Zuständigkeit"),
	W(IQ_RESPONSIBILITY, IQ_RESP_CONTACTS,
		"Ansprechpartner/in|Ansprechpartner|Ansprechpersonen|Kontakte|Kontakt"),
	L(IQ_RESPONSIBILITY, IQ_RESP_CONDITION, "Bedingung|Bedingungen|Voraussetzung"),
	L(IQ_RESPONSIBILITY, IQ_RESP_LEGAL_BASIS, "Rechtsgrundlage"),
	L(IQ_RESPONSIBILITY, IQ_RESP_SOURCE, "Quelle"),
	L(IQ_RESPONSIBILITY, IQ_RESP_NOTE,
		"Hinweis|Hinweise|Bemerkung|Bemerkungen|Anmerkung|Anmerkungen|Notiz"),
	L(IQ_RESPONSIBILITY, IQ_RESP_VALID_FROM, "Gültig ab|Gültig von|Ab|Von|Beginn|Seit"),
	L(IQ_RESPONSIBILITY, IQ_RESP_VALID_TO, "Gültig bis|Bis|Ende"),
	L(IQ_RESPONSIBILITY, IQ_RESP_CONFIRMED_ON, "Bestätigt am|Stand"),
	/* institutions */
	L(IQ_INSTITUTION, IQ_INSTITUTION_KIND, "Art der Institution|Institutionsart"),
	W(IQ_INSTITUTION, IQ_INSTITUTION_KIND, "Art|Typ"),
	W(IQ_INSTITUTION, IQ_INSTITUTION_PARENT, "Übergeordnete Stelle|Übergeordnet|Träger"),
	W(IQ_INSTITUTION, IQ_INSTITUTION_REGION, "Region|Gebiet|Sitz|Landkreis|Kreis"),
	W(IQ_INSTITUTION, IQ_INSTITUTION_NAME_DE,
		"Name|Institution|Einrichtung|Behörde|Bezeichnung|Dienststelle|Organisation"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_NAME_EN,
		"Name (englisch)|Name englisch|Bezeichnung (englisch)"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_STREET,
		"Straße|Anschrift|Straße und Hausnummer|Straße, Hausnummer|Straße/Hausnummer|"
		"Straße/Nr.|Adresse"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_POSTCODE, "PLZ|Postleitzahl"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_TOWN, "Ort|Stadt"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_PHONE,
		"Telefon der Institution|Telefon Zentrale|Zentrale"),
	W(IQ_INSTITUTION, IQ_INSTITUTION_PHONE, "Telefon|Tel.|Tel|Telefonnummer|Rufnummer"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_EMAIL, "E-Mail der Institution"),
	W(IQ_INSTITUTION, IQ_INSTITUTION_EMAIL, "E-Mail|Email|Mail|E-Mail-Adresse"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_URL,
		"Internet|Webseite|Website|Homepage|Internetseite|Web"),
	L(IQ_INSTITUTION, IQ_INSTITUTION_HOURS, "Öffnungszeiten|Sprechzeiten"),
	W(IQ_INSTITUTION, IQ_INSTITUTION_ALIASES,
		"Weitere Namen|Auch bekannt als|Abkürzung|Kurzname"),
	/* regions */
	W(IQ_REGION, IQ_REGION_ARS,
		"Regionalschlüssel|Schlüssel|Amtlicher Regionalschlüssel|Gebietsschlüssel"),
	W(IQ_REGION, IQ_REGION_NAME_DE, "Name|Bezeichnung|Gemeinde|Gemeindename|Region"),
	W(IQ_REGION, IQ_REGION_NAME_EN, "Name (englisch)|Name englisch"),
	W(IQ_REGION, IQ_REGION_PARENT, "Übergeordnete Region|Übergeordnet|Gehört zu"),
	W(IQ_REGION, IQ_REGION_KIND, "Art|Typ"),
	W(IQ_REGION, IQ_REGION_MEMBERS, "Mitglieder|Besteht aus"),
	W(IQ_REGION, IQ_REGION_ALIASES, "Weitere Namen|Auch bekannt als"),
	/* postcodes */
	W(IQ_POSTCODE, IQ_POSTCODE_POSTCODE, "PLZ|Postleitzahl"),
	W(IQ_POSTCODE, IQ_POSTCODE_REGION, "Region|Gemeinde|Ort"),
	/* tasks */
	W(IQ_TASK, IQ_TASK_PARENT, "Übergeordnete Aufgabe|Übergeordnet|Gehört zu"),
	W(IQ_TASK, IQ_TASK_NAME_DE, "Name|Aufgabe|Bezeichnung|Leistung"),
	W(IQ_TASK, IQ_TASK_NAME_EN, "Name (englisch)|Name englisch"),
	W(IQ_TASK, IQ_TASK_LEIKA, "LeiKa-Schlüssel|LeiKa|Leikaschlüssel"),
	W(IQ_TASK, IQ_TASK_ALIASES, "Weitere Namen|Auch bekannt als|Suchworte"),
	W(IQ_TASK, IQ_TASK_EXPECTED, "Erwartet"),
	/* statuses */
	W(IQ_STATUS, IQ_STATUS_PARENT, "Übergeordneter Status|Übergeordnet|Gehört zu"),
	W(IQ_STATUS, IQ_STATUS_NAME_DE, "Name|Status|Aufenthaltsstatus|Bezeichnung"),
	W(IQ_STATUS, IQ_STATUS_NAME_EN, "Name (englisch)|Name englisch"),
	W(IQ_STATUS, IQ_STATUS_LEGAL_BASIS, "Rechtsgrundlage"),
	W(IQ_STATUS, IQ_STATUS_SOURCE, "Quelle"),
	W(IQ_STATUS, IQ_STATUS_CONFIRMED_ON, "Bestätigt am|Stand"),
	W(IQ_STATUS, IQ_STATUS_ALIASES, "Weitere Namen|Auch bekannt als"),
	/* kinds */
	W(IQ_KIND, IQ_KIND_NAME_DE, "Name|Art|Bezeichnung"),
	W(IQ_KIND, IQ_KIND_NAME_EN, "Name (englisch)|Name englisch"),
	W(IQ_KIND, IQ_KIND_STATUTORY, "Gesetzlich"),
	/* notices */
	W(IQ_NOTICE, IQ_NOTICE_INSTITUTION, "Institution|Einrichtung|Behörde"),
	W(IQ_NOTICE, IQ_NOTICE_TASK, "Aufgabe|Leistung"),
	W(IQ_NOTICE, IQ_NOTICE_REGION, "Region|Gebiet"),
	W(IQ_NOTICE, IQ_NOTICE_STATUSES, "Aufenthaltsstatus|Status|Personengruppe"),
	W(IQ_NOTICE, IQ_NOTICE_CONDITION, "Bedingung"),
	W(IQ_NOTICE, IQ_NOTICE_EFFECT, "Wirkung"),
	W(IQ_NOTICE, IQ_NOTICE_TEXT_DE, "Text|Hinweis"),
	W(IQ_NOTICE, IQ_NOTICE_TEXT_EN, "Text (englisch)|Text englisch"),
	W(IQ_NOTICE, IQ_NOTICE_LEGAL_BASIS, "Rechtsgrundlage"),
	W(IQ_NOTICE, IQ_NOTICE_SOURCE, "Quelle"),
	W(IQ_NOTICE, IQ_NOTICE_VALID_FROM, "Gültig ab|Gültig von|Ab"),
	W(IQ_NOTICE, IQ_NOTICE_VALID_TO, "Gültig bis|Bis"),
	{.kind = IQ_KINDS, .words = NULL},
};
/* clang-format on */

const char *const iq_map_sheets[IQ_KINDS] = {
	[IQ_REGION] = "Regionen|Gebiete|Gemeinden",
	[IQ_POSTCODE] = "Postleitzahlen|PLZ",
	[IQ_TASK] = "Aufgaben|Leistungen",
	[IQ_STATUS] = "Status|Aufenthaltsstatus",
	[IQ_FACT] = "Merkmale|Tatsachen",
	[IQ_KIND] = "Institutionsarten|Arten",
	[IQ_INSTITUTION] = "Institutionen|Einrichtungen|Behörden|Stellen",
	[IQ_CONTACT] =
		"Kontakte|Ansprechpartner|Ansprechpersonen|Kontaktliste|Ansprechpartnerliste",
	[IQ_RESPONSIBILITY] = "Zuständigkeiten|Zuständigkeit",
	[IQ_NOTICE] = "Mitteilungen",
	[IQ_HANDOVER] = "Übergaben",
	[IQ_WORKSHOP_RECORD] = "Werkstätten",
	[IQ_MEMBERSHIP] = "Mitgliedschaften|Mitglieder",
	[IQ_TOPIC] = "Anliegen|Themen",
	[IQ_MEETING] = "Treffen|Sitzungen",
	[IQ_PROPOSAL] = "Vorschläge|Beschlussvorschläge",
	[IQ_BALLOT] = "Stimmen",
	[IQ_COMMITMENT] = "Absprachen|Zusagen|Selbstverpflichtungen",
};

const char iq_map_explanations[] = "Erläuterungen|Erläuterung|Explanations|Explanation|Anleitung|"
				   "Legende|Hinweise|Listen|Lists|Werte|Values|Deckblatt";
