# SPDX-License-Identifier: Apache-2.0
"""Lists of Excel: what is damaged is told by line and column, what is written can be read again."""

import json
import os
import zipfile

import iqtest
import workbook

LISTS = os.path.join(iqtest.SOURCE, "tests", "data", "lists")
MAP = os.path.join(LISTS, "regionen.map")


def path_of(name):
    return os.path.join(LISTS, name)


class Lists(iqtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = cls.iqq("status")  # fetches the vocabulary
        if done.exit != 0:
            raise AssertionError(done)

    def setUp(self):
        self.dir = iqtest.temp_dir(self)

    def rows(self, done):
        """{(line, column): (value, nearest)} of a refused list."""
        self.assertEqual(done.exit, 7, done)
        rows = json.loads(done.out)["error"]["rows"]
        return {(r["line"], r["column"]): (r["value"], r["nearest"]) for r in rows}

    def lint(self, name, *more):
        return self.iqq("lint", path_of(name), "--json", *more)

    # ---- contact lists ---------------------------------------------------------------------

    def test_dates_that_do_not_exist_are_refused(self):
        for name in ("kontakte.utf8bom.csv", "kontakte.utf16.csv"):
            with self.subTest(name):
                self.assertEqual(self.rows(self.lint(name)),
                                 {(4, "Gültig bis"): ("31.02.2026", "2026-02-28")})

    def test_letters_lost_in_windows_1252(self):
        rows = self.rows(self.lint("kontakte.cp1252-lossy.csv"))
        self.assertEqual(set(rows), {(4, "Ansprechpartner/in"), (4, "Gültig bis")})
        self.assertEqual(rows[4, "Ansprechpartner/in"][0], "?ukas Muster, Zoë")

    def test_every_repair_is_told(self):
        done = self.lint("kontakte.utf8bom.csv")
        for line, column, before, after in (
                (2, "Vertraulichkeit", "nur Netzwerk", "workshop"),
                (3, "Region", "Meißen, Stadt", "meissen"),
                (4, "Telefon", "030 / 23125-102", "+49 30 23125-102"),
                (4, "Rolle", "beteiligt", "support"),
                (4, "Vertraulichkeit", "vertraulich", "institution"),
                (6, "Telefon", "(030) 23125 103", "+49 30 23125103"),
                (6, "Gültig ab", "01.01.25", "2025-01-01")):
            self.assertIn(f'kontakte.utf8bom.csv:{line}: {column} "{before}" → "{after}":',
                          done.err)

    def test_repairs_are_told_in_order_of_lines(self):
        lines = [int(line.split(":")[1]) for line in self.lint("kontakte.utf8bom.csv")
                 .err.splitlines() if "→" in line and ":" in line]
        self.assertGreater(len(lines), 5)
        self.assertEqual(lines, sorted(lines))

    def test_a_refused_list_makes_no_plan_and_no_import(self):
        name = path_of("kontakte.utf8bom.csv")
        done = self.iqq("sync", "plan", name, "--institution", "vhs-dresden", "--json")
        self.assertIn((4, "Gültig bis"), self.rows(done))
        done = self.iqq("import", name)
        self.assertExit(done, 7, "id")  # an import needs ids, and says so

    def test_what_was_assumed_is_said(self):
        for name, text in (("kontakte.cp1252-lossy.csv", "Windows-1252"),
                           ("kontakte.utf8bom.csv", '";"')):
            self.assertIn("assumed:", self.lint(name).err)
            self.assertIn(text, self.lint(name).err)
        self.assertNotIn("characters", self.lint("kontakte.utf16.csv").err)

    def test_names_are_found_in_the_vocabulary(self):
        good = os.path.join(self.dir, "kontakte.csv")
        with open(good, "w", encoding="utf-8") as f:
            f.write("Institution;Name;Telefon;Aufgabe;Region;Status\n"
                    "VHS Dresden;Erika Mustermann;+49 30 23125 100;Integrationskurs;Dresden;alle\n")
        self.assertExit(self.iqq("lint", good), 0)
        with open(good, "a", encoding="utf-8") as f:
            f.write("VHS Dresden;Max Muster;+49 30 23125 101;Integrationskors;Dresdn;alle\n")
        rows = self.rows(self.iqq("lint", good, "--json"))
        self.assertEqual(rows, {(3, "Aufgabe"): ("Integrationskors", "integration-course"),
                                (3, "Region"): ("Dresdn", "dresden")})

    # ---- keys and mappings -----------------------------------------------------------------

    def test_keys_that_excel_damaged(self):
        rows = self.rows(self.lint("regionen.zero-lost.csv", "--map", MAP))
        self.assertEqual({at: value for at, (value, _) in rows.items()},
                         {(4, "Schlüssel"): "10999999999", (5, "Schlüssel"): "1,45210E+11",
                          (6, "Schlüssel"): "1461200000"})
        self.assertEqual(rows[5, "Schlüssel"][1], "")  # its digits are gone: nothing is near
        done = self.lint("regionen.zero-lost.csv", "--map", MAP)
        self.assertIn(':3: Schlüssel "10010000000" → "010010000000":', done.err)
        self.assertEqual(done.err.count("→ \"0"), 1)

    def test_names_that_lost_their_letters(self):
        rows = self.rows(self.lint("regionen.sorbian-lossy.csv", "--map", MAP))
        self.assertEqual(rows, {(2, "Bezeichnung"): ("Göda / Hod?ij", "Göda / Hodźij"),
                                (3, "Bezeichnung"): ("Lohsa / ?az", "Lohsa / Łaz")})

    def test_a_mapping_is_remembered_and_forgotten(self):
        other = iqtest.Client(self.server, self, enroll=False)
        other.env["XDG_DATA_HOME"] = os.path.join(self.iqq.home, "data")
        other.env["XDG_CONFIG_HOME"] = os.path.join(self.iqq.home, "config")
        name = path_of("regionen.cp1252.csv")
        self.assertExit(self.iqq("lint", name, "--map", "none"), 7, "Hinweis")
        self.assertExit(self.iqq("lint", name, "--map", MAP), 0, "remembered")
        self.assertExit(self.iqq("lint", name), 0, "by the mapping")
        self.assertExit(other("lint", name), 0, "by the mapping")  # it is in a file
        self.assertExit(self.iqq("lint", name, "--map", "none"), 7, "forgotten")
        self.assertExit(self.iqq("lint", name), 7, "Hinweis")

    def test_mappings_that_are_wrong(self):
        self.assertExit(self.iqq("lint", path_of("regionen.cp1252.csv"), "--map",
                                 os.path.join(self.dir, "none-there")), 2, "cannot be read")
        bad = os.path.join(self.dir, "bad.map")
        with open(bad, "w", encoding="utf-8") as f:
            f.write("table = regions\nnonsense = Schlüssel\n")
        self.assertExit(self.iqq("lint", path_of("regionen.cp1252.csv"), "--map", bad), 7,
                        "bad.map:2", "nonsense")

    # ---- writing ---------------------------------------------------------------------------

    def test_exports_are_read_again_without_a_change(self):
        for name in ("all.xlsx", "all.zip", "excel"):
            with self.subTest(name):
                to = os.path.join(self.dir, name)
                more = ["--for-excel"] if name == "excel" else []
                done = self.iqq("export", "-o", to, "--reason", "correction", *more)
                self.assertExit(done, 0)
                done = self.iqq.json("import", to, "--dry-run")
                changed = {i["kind"]: i["changed"] + i["created"] for i in done["items"]}
                repaired = {r["before"] for r in done.get("repairs", [])}
                phones = all(c in "+0123456789 -/()" for text in repaired for c in text)
                self.assertTrue(phones, repaired)  # told, and nothing else
                changed.pop("contact"), changed.pop("institution")
                self.assertEqual(set(changed.values()), {0}, changed)
        self.assertEqual(sorted(os.listdir(self.dir)), ["all.xlsx", "all.zip", "excel"])

    def test_a_zip_holds_the_bundle(self):
        folder, packed = os.path.join(self.dir, "b"), os.path.join(self.dir, "b.zip")
        self.assertExit(self.iqq("export", folder), 0)
        self.assertExit(self.iqq("export", "-o", packed), 0)
        with zipfile.ZipFile(packed) as z:
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), "rb") as f:
                    self.assertEqual(z.read(name), f.read(), name)
            self.assertEqual(sorted(z.namelist()), sorted(os.listdir(folder)))
        self.assertEqual(os.stat(packed).st_mode & 0o077, 0)

    def test_one_table_for_excel(self):
        to = os.path.join(self.dir, "institutionen.csv")
        self.assertExit(self.iqq("export", "-o", to, "--for-excel"), 0)
        with open(to, "rb") as f:
            data = f.read()
        self.assertTrue(data.startswith(b"\xef\xbb\xbfid;kind;"), data[:40])
        self.assertIn(b"\r\n", data)
        done = self.iqq("export", "-o", to, "--for-excel", env={"IQQ_LANG": "de"})
        self.assertExit(done, 0)
        with open(to, encoding="utf-8-sig") as f:
            self.assertTrue(f.readline().startswith("id;Art der Institution;"))
        self.assertExit(self.iqq("export", "-o", os.path.join(self.dir, "x.csv")), 2, "one table")

    def test_windows_1252_is_refused_where_letters_would_be_lost(self):
        to = os.path.join(self.dir, "regionen.csv")
        done = self.iqq("export", "-o", to, "--encoding", "windows-1252")
        self.assertExit(done, 7, "Windows-1252", "ź")
        self.assertEqual(os.listdir(self.dir), [])
        to = os.path.join(self.dir, "institutionen.csv")
        self.assertExit(self.iqq("export", "-o", to, "--encoding", "windows-1252"), 0)
        with open(to, "rb") as f:
            self.assertIn("ü".encode("cp1252"), f.read())

    def test_formulas_are_neutralised(self):
        self.assertExit(self.iqq("set", "institution", "vhs-dresden", "hours==1+1"), 0)
        self.addCleanup(self.iqq, "set", "institution", "vhs-dresden", "hours=")
        to = os.path.join(self.dir, "institutionen.csv")
        self.assertExit(self.iqq("export", "-o", to, "--for-excel"), 0)
        with open(to, encoding="utf-8-sig") as f:
            self.assertIn(";'=1+1;", f.read())
        done = self.iqq.json("import", to, "--dry-run")
        self.assertEqual(self.iqq.json("get", "institution", "vhs-dresden")["items"][0]["hours"],
                         "=1+1")
        self.assertEqual(done["items"][0]["created"], 0)

    # ---- template --------------------------------------------------------------------------

    def template(self, institution="abh-leipzig"):
        to = os.path.join(self.dir, "liste.xlsx")
        self.assertExit(self.iqq("sync", "template", "--institution", institution, "-o", to), 0)
        return to

    def test_a_template_explains_itself(self):
        to = self.template()
        sheets, hidden = workbook.read(to)
        self.assertEqual(list(sheets), ["Kontakte", "Zuständigkeiten", "Erläuterungen", "Listen"])
        self.assertEqual(hidden, ["Listen"])
        self.assertEqual(sheets["Kontakte"][0][0], "Ansprechpartner/in")
        revision = self.iqq.json("status")["revision"]
        self.assertIn([f"Stand: Revision {revision}"], sheets["Erläuterungen"])
        self.assertIn(["Institution: abh-leipzig"], sheets["Erläuterungen"])
        head = sheets["Zuständigkeiten"][0]
        chosen = {head[c] for c in workbook.choices(to, 2)}
        self.assertEqual(chosen, {"Aufgabe", "Region", "Aufenthaltsstatus", "Rolle",
                                  "Ansprechpartner/in"})
        head = sheets["Kontakte"][0]
        self.assertLessEqual({"Sprachen", "Vertraulichkeit", "Vertretung"},
                             {head[c] for c in workbook.choices(to, 1)})
        self.assertEqual(os.stat(to).st_mode & 0o077, 0)

    def test_a_template_has_no_ids_where_names_do(self):
        sheets, _ = workbook.read(self.template())
        head, *rows = sheets["Zuständigkeiten"]
        for row in rows:
            task = row[head.index("Aufgabe")]
            self.assertRegex(task, "[A-ZÄÖÜ ]", row)
        self.assertIn("federführend", {row[head.index("Rolle")] for row in rows})

    def test_a_template_is_read_without_repairs(self):
        done = self.iqq("lint", self.template())
        self.assertExit(done, 0)
        self.assertNotIn("repaired", done.err)

    def test_a_list_is_not_overwritten(self):
        to = self.template()
        before = os.stat(to)
        done = self.iqq("sync", "template", "--institution", "abh-leipzig", "-o", to)
        self.assertExit(done, 6, "exists already")
        self.assertEqual(os.stat(to).st_mtime_ns, before.st_mtime_ns)
        self.assertExit(self.iqq("sync", "template", "--institution", "abh-leipzig", "-o", to,
                                 "--yes"), 0)

    def test_templates_need_an_institution_and_a_suffix(self):
        self.assertExit(self.iqq("sync", "template"), 2, "--institution")
        self.assertExit(self.iqq("sync", "template", "--institution", "abh-leipzig", "-o",
                                 os.path.join(self.dir, "x.csv")), 2, ".xlsx")
        self.assertExit(self.iqq("sync", "template", "--institution", "nowhere-at-all"), 2)


class Sync(iqtest.Case):
    """What a clerk does with the list, and what the screen says."""

    institution = "abh-leipzig"

    def setUp(self):
        self.dir = iqtest.temp_dir(self)
        self.list = os.path.join(self.dir, "liste.xlsx")
        self.assertExit(self.iqq("sync", "template", "-i", self.institution, "-o", self.list), 0)

    def edit(self, change):
        """change(contacts, responsibilities): lists of dicts by header, changed in place."""
        sheets, hidden = workbook.read(self.list)
        tables = {}
        for name in ("Kontakte", "Zuständigkeiten"):
            head, *rows = sheets[name]
            tables[name] = [dict(zip(head, r + [""] * (len(head) - len(r)))) for r in rows]
        change(*tables.values())
        for name, rows in tables.items():
            head = sheets[name][0]
            sheets[name] = [head] + [[r.get(h, "") for h in head] for r in rows]
        workbook.write(self.list, sheets, hidden)

    def plan(self, *more):
        return self.iqq("sync", "plan", self.list, "--json", *more)

    def test_an_unchanged_template_is_no_difference(self):
        for institution in ("abh-leipzig", "vhs-dresden", "jc-leipzig", "bamf-rst-leipzig"):
            with self.subTest(institution):
                to = os.path.join(self.dir, institution + ".xlsx")
                done = self.iqq("sync", "template", "-i", institution, "-o", to)
                if done.exit == 2:
                    continue  # no such institution in the data
                self.assertExit(done, 0)
                done = self.iqq("sync", "plan", to, "--json")
                self.assertEqual((done.exit, done.json["items"]), (0, []), done)
                self.assertIsNone(done.json["plan"])
                self.assertEqual(done.json["institution"], institution)
                self.assertEqual(done.json["repairs"], [])

    def test_the_way_of_a_change(self):
        name = "Erika Mustermann"

        def change(contacts, responsibilities):
            contacts[0]["Telefon"] = "0341/12 34"
            contacts.append({"Ansprechpartner/in": name, "Funktion": "Leitung",
                             "E-Mail": "erika.mustermann@example.org",
                             "Vertraulichkeit": "Partner", "Sprachen": "Deutsch; Türkisch"})

        self.edit(change)
        done = self.plan()
        self.assertEqual(done.exit, 1, done)
        plan = done.json
        self.assertEqual([i["act"] for i in plan["items"]], ["change", "add"])
        self.assertEqual(plan["items"][0]["changes"][0]["after"], "+49 341 1234")
        self.assertEqual((plan["items"][1]["file"], plan["items"][1]["line"]),
                         ("liste.xlsx/Kontakte", len(plan["items"]) + 4))
        self.assertEqual([r["after"] for r in plan["repairs"]], ["+49 341 1234"])
        screen = self.iqq.terminal("sync", "status", plan["plan"][:6], env={"IQQ_LANG": "de",
                                                                            "NO_COLOR": "1"})
        self.assertIn(f"+ {name}  (Zeile {plan['items'][1]['line']})", screen.out)
        self.assertIn(f"iqq sync apply {plan['plan'][:8]}\n", screen.out)
        self.assertLessEqual(max(map(len, screen.out.splitlines())), 80, screen.out)
        done = self.iqq("abgleich", "anwenden", "last", "--json")
        self.assertExit(done, 0)
        self.assertEqual(sum(i["add"] for i in done.json["items"]), 1)
        self.assertEqual(self.plan().exit, 0)  # the same list again: nothing to do
        self.assertExit(self.iqq("search", name, "--reason", "correction"), 0, name)
        # without it she goes; the plan names the number that the guard wants, or none
        self.edit(lambda contacts, _: contacts.pop())
        plan = self.plan().json
        self.assertEqual([i["act"] for i in plan["items"]], ["archive"])
        unlock = ["--allow-deletes", str(plan["deletes"])] if plan["deletes"] else []
        self.assertExit(self.iqq("sync", "apply", self.list, "--yes", *unlock), 0)
        self.assertEqual(self.plan().exit, 0)

    def test_a_cell_that_loses_its_lead(self):
        self.edit(lambda _, responsibilities: responsibilities.pop(1))
        done = self.plan()
        self.assertIn("cell", [g["code"] for g in done.json["guards"]])
        number = done.json["deletes"]
        self.assertGreater(number, 0)
        self.assertExit(self.iqq("sync", "apply", "last"), 6)
        self.assertExit(self.iqq("sync", "apply", "last", "--allow-deletes", str(number + 1)), 6)
        done = self.iqq("sync", "apply", self.list, "--yes")
        self.assertExit(done, 6, f"--allow-deletes {number}")
        self.assertEqual(self.plan("--delta").exit, 0)  # then what is missing stays

    def test_conflicts_are_decided(self):
        self.edit(lambda contacts, _: contacts[1].update(Telefon="+49 30 23125 888",
                                                         Funktion="Leitung"))
        sheets, _ = workbook.read(self.list)
        contact = sheets["Kontakte"][2][sheets["Kontakte"][0].index("id")]
        self.assertExit(self.iqq("set", "contact", contact, "phone=+49 30 23125 999"), 0)
        plan = self.plan().json
        self.assertEqual(plan["open_conflicts"], 1)
        item = plan["items"][0]
        self.assertEqual((item["act"], item["line"]), ("conflict", 3))
        self.assertEqual({k: item["conflicts"][0][k] for k in ("column", "theirs", "mine")},
                         {"column": "phone", "theirs": "+49 30 23125 999",
                          "mine": "+49 30 23125 888"})
        self.assertExit(self.iqq("sync", "apply", "last"), 6)
        self.assertExit(self.iqq("sync", "resolve", "last"), 2, "mine")  # nobody to ask
        self.assertExit(self.iqq("sync", "resolve", "last", "contact", contact, "nonsense",
                                 "mine"), 2, "nonsense")
        done = self.iqq("abgleich", "lösen", "last", "kontakt", contact, "Telefon", "ihre",
                        "--json", env={"IQQ_LANG": "de"})
        self.assertExit(done, 0)
        self.assertEqual(done.json["open_conflicts"], 0)
        self.assertExit(self.iqq("sync", "apply", "last"), 0)
        now = self.iqq.json("get", "contact", contact, "--reason", "correction")["items"][0]
        self.assertEqual((now["phone"], now["function"]), ("+49 30 23125 999", "Leitung"))

    def test_a_name_is_changed_in_one_sheet_only(self):
        def change(contacts, _):
            row = next(r for r in contacts if " " in r["Ansprechpartner/in"])
            row["Ansprechpartner/in"] += "-Muster"

        self.edit(change)
        items = self.plan().json["items"]
        self.assertEqual([(i["act"], i["renamed"]) for i in items], [("change", True)])
        self.assertExit(self.iqq("sync", "apply", "last"), 0)
        self.assertEqual(self.plan().exit, 0)  # the other sheet still has the former name

    def test_rows_are_told_in_the_words_of_the_list(self):
        self.edit(lambda contacts, _: contacts[0].update({"Gültig bis": "31.02.2026"}))
        done = self.plan()
        self.assertEqual(done.exit, 7, done)
        row = done.json["error"]["rows"][0]
        self.assertEqual((row["file"], row["line"], row["column"]),
                         ("liste.xlsx/Kontakte", 2, "Gültig bis"))
        state = self.iqq.json("sync", "status", "-i", self.institution)["items"][0]
        record = self.iqq.json("get", "institution", self.institution)["items"][0]
        self.assertEqual((state["institution"], state["name"]),
                         (self.institution, record["name_en"]))
        rows = self.iqq("sync", "status", "-i", self.institution).out.splitlines()
        self.assertEqual(rows[0].split("\t")[0], self.institution)
        screen = self.iqq.terminal("abgleich", "status", "-i", self.institution, env={
            "IQQ_LANG": "de", "NO_COLOR": "1"}, columns=160)
        self.assertIn(record["name_de"], screen.out)
        self.assertNotIn(self.institution, screen.out)

    def test_what_needs_a_word_more(self):
        self.assertExit(self.iqq("sync", "plan"), 2, "list")
        self.assertExit(self.iqq("sync", "apply"), 2)
        self.assertExit(self.iqq("sync", "apply", self.list), 2, "--yes")
        self.assertExit(self.iqq("sync", "plan", self.list, "--full", "--delta"), 2)
        self.assertExit(self.iqq("sync", "plan", self.list, "--base", "x"), 2, "revision")
        self.assertExit(self.iqq("sync", "dance"), 2, "dance")


if __name__ == "__main__":
    iqtest.main()
