#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""iqq matrix, gaps, overlaps, stakeholders, path, guide --region over the Saxon data."""

import csv
import io
import re
import unicodedata

import iqtest

GERMAN = {"IQQ_LANG": "de"}
PLAIN = {"NO_COLOR": "1"}
VIEWS = (("matrix", "dresden"), ("matrix", "leipzig", "--task", "language"),
         ("gaps", "dresden"), ("gaps", "dresden", "--near"),
         ("gaps", "sachsen", "--kind", "district", "--task", "language"),
         ("overlaps", "dresden"), ("stakeholders", "dresden"),
         ("path", "dresden", "--status", "asylum-seeker"),
         ("path", "dresden", "--status", "asylum-seeker", "--to", "work-permit"),
         ("guide", "Duldung", "--region", "dresden"))
ENGLISH_ONLY = ("tasks", "institutions", " or ", "when:", "documents:", "nobody", "everybody",
                "answered in", "in charge", "Missing", "steps")


def columns(line):
    """Columns on a terminal; all of these texts are narrow."""
    return sum(not unicodedata.combining(c) for c in line)


class RegionViews(iqtest.Case):
    def show(self, *args, width=80, german=False):
        env = {**PLAIN, **(GERMAN if german else {})}
        return self.iqq.terminal("--no-pager", *args, columns=width, env=env)

    def ids(self, kind):
        return {i["id"] for i in self.iqq.json("list", kind, "--limit", "5000")["items"]}

    # ---- on a terminal

    def test_nothing_is_wider_than_the_terminal(self):
        for view in VIEWS:
            for width in (80, 120):
                for german in (False, True):
                    done = self.show(*view, width=width, german=german)
                    self.assertExit(done, 0)
                    for line in done.out.splitlines():
                        self.assertLessEqual(columns(line), width, f"{view}: {line!r}")
                        self.assertNotIn("\x1b", line)

    def test_german_has_no_english_words(self):
        for view in VIEWS:
            shown = self.show(*view, german=True).out
            for word in ENGLISH_ONLY:
                self.assertNotIn(word, shown, view)

    def test_matrix(self):
        shown = self.show("matrix", "dresden", "--task", "housing").out
        self.assertRegex(shown, r"^Dresden, Accommodation and housing, \S+: "
                                r"4 tasks, 2 institutions\n")
        self.assertRegex(shown, r"\nHousing costs +● FN EU DE H U\*\n")
        self.assertIn("\nA   Persons in the asylum procedure\n", shown)
        one = self.show("matrix", "dresden", "--task", "housing", "--status", "asylum-seeker").out
        self.assertIn("1 institution\n".replace("1", "one"), one)
        self.assertNotIn("Job Centre", one)
        colour = self.iqq.terminal("--no-pager", "matrix", "dresden", "--task", "housing")
        self.assertIn("\x1b[48;5;", colour.out)

    def test_matrix_marks_gaps(self):
        """A row in which somebody is there, but not for all."""
        gaps = {g["task"] for g in self.iqq.json("gaps", "lk-goerlitz")["items"] if g["statuses"]}
        rows = {c["task"] for c in self.iqq.json("matrix", "lk-goerlitz")["items"]}
        self.assertTrue(gaps & rows)
        self.assertIn("\n▲ Migration counselling for adults",
                      self.show("matrix", "lk-goerlitz", "--task", "migration-advice-adults",
                                width=120).out)

    def test_matrix_every_institution_is_somewhere(self):
        items = self.iqq.json("matrix", "dresden", "--task", "language")["items"]
        names = {i["id"]: i["name_de"] for i in self.iqq.json("list", "institutions", "--limit",
                                                              "1000")["items"]}
        shown = self.show("matrix", "dresden", "--task", "language", width=400, german=True).out
        for i in items:
            self.assertIn(names[i["institution"]].split()[-1], shown)

    def test_gaps(self):
        shown = self.show("gaps", "dresden").out
        self.assertIn("Registration of residence", shown)
        self.assertIn("answered in Chemnitz, Leipzig", shown)
        self.assertNotIn("resident-registration", shown)
        german = self.show("lücken", "dresden", "--near", german=True).out
        self.assertIn("beinahe: Stadt Chemnitz, Bürgeramt (zuständig), aber für einen anderen Ort",
                      " ".join(german.split()))
        self.assertIn("Beauftragter", german)
        self.assertEqual(self.show("luecken", "dresden", german=True).out,
                         self.show("gaps", "--region", "Dresden", german=True).out)

    def test_gaps_of_all_districts(self):
        items = self.iqq.json("gaps", "sachsen", "--kind", "district")
        self.assertGreater(len({i["region"] for i in items["items"]}), 3)
        self.assertEqual(items, self.iqq.json("gaps", "Sachsen", "--kind", "Landkreis"))
        few = self.iqq("gaps", "sachsen", "--kind", "district", "--limit", "2")
        self.assertEqual(len(few.out.splitlines()), 2)
        self.assertIn(f"2 shown of {items['total']}.", few.err)

    def test_stakeholders(self):
        shown = self.show("stakeholders", "dresden").out
        self.assertRegex(shown, r"^Dresden, \S+: \d+ institutions\n")
        self.assertRegex(shown, r"\nMissing: these exist everywhere by law")
        self.assertIn("\n§ Central immigration", shown)
        items = self.iqq.json("stakeholders", "dresden")["items"]
        self.assertEqual({i["institution"] is None for i in items}, {True, False})
        for i in items:
            if i["institution"] is None:
                self.assertTrue(i["statutory"])
                self.assertFalse(i["tasks"])

    def test_path(self):
        shown = self.show("weg", "dresden", "--status", "Gestattung", "--to", "work-permit",
                          german=True)
        self.assertExit(shown, 0)
        self.assertIn("der kürzeste Weg hat 4 Schritte", shown.out)
        self.assertIn("\n  4  Beschäftigungserlaubnis\n", shown.out)
        self.assertIn("     → Landeshauptstadt Dresden, Ausländerbehörde\n", shown.out)
        self.assertIn("\nEbenso kurz\n  – ", shown.out)
        self.assertIn("Erstaufnahmeeinrichtung (dafür niemand eingetragen)", shown.out)
        for chain in self.iqq.json("path", "dresden", "--status", "asylum-seeker", "--to",
                                   "work-permit")["items"]:
            self.assertEqual(len(chain["steps"]), 4)
            self.assertEqual(chain["steps"][-1]["task"], "work-permit")

    def test_within_one_house(self):
        shown = self.show("path", "leipzig", "--status", "tolerated").out
        self.assertIn("     within: City of Leipzig, Immigration Authority\n", shown)

    def test_completion(self):
        script = self.iqq("completion", "bash").out
        for view in ("matrix", "gaps", "overlaps", "stakeholders", "path"):
            part = re.split(rf"\n\t{view}\b", script)[1].split(";;")[0]
            self.assertIn("$(_iqq_ids regions)", part)

    def test_no_way(self):
        done = self.iqq("path", "dresden", "--status", "tolerated", "--from",
                        "training-contract", "--to", "toleration")
        self.assertExit(done, 1)
        self.assertIn("do not lead from", done.err)
        self.assertNotIn("training-contract", done.err)
        done = self.iqq("path", "dresden", "--to", "ombuds-commissioner")
        self.assertExit(done, 1)
        self.assertIn("no step is for the task", done.err)
        error = self.iqq.json("path", "dresden", "--to", "ombuds-commissioner")["error"]
        self.assertEqual(error["code"], "not-found")

    def test_guide(self):
        alone = self.iqq("guide", "Duldung").out
        there = self.iqq("guide", "Duldung", "--region", "dresden").out
        self.assertTrue(there.startswith(alone))
        self.assertGreater(len(there.splitlines()), len(alone.splitlines()) + 20)
        shown = self.show("leitfaden", "Duldung", "-r", "dresden", german=True).out
        self.assertIn("Wer in Dresden wofür zuständig ist", shown)
        self.assertIn("wenn Alter", shown)
        self.assertNotIn("accommodation", shown)
        item = self.iqq.json("guide", "Duldung", "--region", "dresden")["items"][0]
        cells = self.iqq.json("matrix", "dresden", "--status", "tolerated")["items"]
        self.assertEqual(item["responsible"], cells)
        self.assertNotIn("responsible", self.iqq.json("guide", "Duldung")["items"][0])

    def test_notices_in_words(self):
        """What a notice says of some is not said of all; ids are for machines."""
        shown = self.show("leitfaden", "Duldung", "-r", "dresden", german=True).out
        self.assertIn("(siehe Hinweise)", " ".join(shown.split()))
        self.assertIn("– Kein Anspruch: Beschäftigungserlaubnis, für: Duldung für Personen mit\n",
                      shown)
        self.assertNotIn("(Kein Anspruch)", shown)
        self.assertNotIn("work-permit", shown)
        for view in (("matrix", "dresden", "--task", "work"), ("matrix", "leipzig")):
            shown = self.show(*view, german=True).out
            self.assertIn("\n  § 60b Abs. 5 AufenthG; ab 21.08.2019\n", shown)
            self.assertNotIn("work-permit", shown)

    def test_courses_in_words(self):
        self.assertRegex(self.show("leitfaden", "Gestattung", german=True).out,
                         r"\nKurse +Zulassung möglich\n")
        self.assertEqual(self.iqq.json("guide", "Gestattung")["items"][0]["course_access"],
                         "admissible")

    # ---- for machines

    def test_ids_that_exist(self):
        tasks, institutions = self.ids("tasks"), self.ids("institutions")
        rows = self.ids("responsibilities")
        answer = self.iqq.json("matrix", "leipzig")
        self.assertEqual(answer["total"], len(answer["items"]))
        for i in answer["items"]:
            self.assertIn(i["task"], tasks)
            self.assertIn(i["institution"], institutions)
            self.assertTrue(i["roles"])
            self.assertTrue(i["responsibilities"] and set(i["responsibilities"]) <= rows)
        piped = self.iqq("matrix", "leipzig").out.splitlines()
        self.assertEqual(len(piped), sum(len(i["roles"]) for i in answer["items"]))
        self.assertEqual({line.count("\t") for line in piped}, {9})

    def test_csv(self):
        for view in VIEWS[:-1]:
            rows = list(csv.reader(io.StringIO(self.iqq(*view, "--csv").out)))
            self.assertEqual({len(r) for r in rows}, {len(rows[0])}, view)
        excel = self.iqq("matrix", "dresden", "--csv", "--for-excel", env=GERMAN)
        self.assertTrue(excel.out.startswith("\ufeffAufgabe;"))
        self.assertExit(self.iqq("matrix", "dresden", "--for-excel"), 2)

    def test_pick_fields(self):
        items = self.iqq.json("gaps", "dresden")["items"]
        done = self.iqq("gaps", "dresden", "--json=task,region")
        self.assertEqual(done.json["items"],
                         [{"task": i["task"], "region": i["region"]} for i in items])

    # ---- nothing, and nonsense

    def test_nothing_there(self):
        done = self.iqq("overlaps", "dresden")
        self.assertExit(done, 0)
        self.assertEqual(done.out, "")
        self.assertIn("Nowhere are two institutions in charge of the same: Dresden.", done.err)
        done = self.iqq("gaps", "dresden", "--task", "work-permit")
        self.assertExit(done, 0)
        self.assertIn("No gaps are known: Dresden, Work permit", done.err)
        self.assertEqual(self.iqq.json("gaps", "dresden", "--task", "work-permit")["items"], [])
        done = self.iqq("matrix", "dresden", "--task", "resident-registration")
        self.assertExit(done, 1)
        self.assertIn("Nothing is on record for Dresden", done.err)

    def test_wrong_input(self):
        for view in ("matrix", "gaps", "overlaps", "stakeholders", "path"):
            done = self.iqq(view)
            self.assertExit(done, 2)
            self.assertIn(f"iqq {view} dresden", done.err)
            self.assertExit(self.iqq(view, "atlantis"), 2)
            self.assertExit(self.iqq(view, "leipzig", "--region", "dresden"), 2)
            self.assertExit(self.iqq(view, "dresden", "--at", "31.02.2027"), 2)
            self.assertIn(f"iqq {view}", self.iqq("help", view).out)
        self.assertExit(self.iqq("matrix", "dresden", "--task", "moon"), 2)
        self.assertExit(self.iqq("gaps", "sachsen", "--kind", "moon"), 2)
        self.assertExit(self.iqq("path", "dresden", "--from", "work-permit"), 2)
        self.assertExit(self.iqq("guide", "Duldung", "--at", "2027-01-01"), 2)
        self.assertEqual(self.iqq.json("matrix", "atlantis")["error"]["code"], "unknown-term")

    def test_several_words_and_dates(self):
        one = self.iqq("matrix", "Landkreis", "Bautzen", "--at", "01.12.2026").out
        self.assertTrue(one)
        self.assertEqual(one, self.iqq("matrix", "-r", "lk-bautzen", "--at", "2026-12-01").out)

    def test_names_are_harmless(self):
        self.write("add", "institution", "evil", "kind=adult-education-centre", "region=dresden",
                   "name_de=\u202eBöse \u2066Stelle")
        for row, region in (("evil-1", "dresden"), ("evil-2", "land-sachsen")):
            self.write("add", "responsibility", row, "institution=evil", "task=housing-cost",
                       f"region={region}", "role=lead")
        try:
            for view in (("matrix", "dresden", "--task", "housing"), ("overlaps", "dresden"),
                         ("stakeholders", "dresden"), ("guide", "Duldung", "-r", "dresden")):
                for done in (self.show(*view), self.iqq(*view)):
                    self.assertExit(done, 0)
                    for c in "\x1b\u202e\u2066":
                        self.assertNotIn(c, done.out + done.err, view)
                if view[0] != "overlaps":
                    self.assertIn("\\u202e", self.show(*view, width=300).out, view)
        finally:
            for row in ("evil-1", "evil-2"):
                self.write("delete", "responsibility", row)
            self.write("delete", "institution", "evil")

    def test_overlap(self):
        self.write("add", "responsibility", "second-lead", "institution=vhs-dresden",
                   "task=asylum-application", "region=dresden", "role=lead")
        self.write("add", "responsibility", "third-lead", "institution=abh-dresden",
                   "task=asylum-application", "region=dresden", "role=lead")
        try:
            item, = self.iqq.json("overlaps", "dresden")["items"]
            self.assertEqual((item["first"], item["second"]), ("abh-dresden", "vhs-dresden"))
            self.assertEqual(item["second_rows"], ["second-lead"])
            shown = self.show("überschneidungen", "dresden", german=True).out
            self.assertIn("eine Überschneidung", shown)
            self.assertIn("Volkshochschule Dresden", shown)
            self.assertIn("◆", self.show("matrix", "dresden", "--task",
                                         "asylum-application").out.split("●")[0])
        finally:
            for row in ("second-lead", "third-lead"):
                self.write("delete", "responsibility", row)

    def write(self, *args):
        self.assertExit(self.iqq(*args, "--yes"), 0)


class NoServer(iqtest.Case):
    def test_server_down(self):
        self.server.stop()
        for view in VIEWS:
            done = self.iqq(*view)
            self.assertExit(done, 3)
            self.assertEqual(done.out, "")
            self.assertTrue(done.err)


if __name__ == "__main__":
    iqtest.main()
