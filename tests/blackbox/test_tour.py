# SPDX-License-Identifier: Apache-2.0
"""A case worker's way through the client: questions, terms, tables, languages."""

import csv
import json
import os
import re
import unicodedata

import iqtest

GOOD = ("who", "--task", "integration-course", "--region", "dresden")
NOBODY = ("who", "--task", "school-placement", "--region", "chemnitz", "--fact", "age=19",
          "--at", "2026-11-22")


def width(line):
    line = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in line)


class Who(iqtest.Case):
    def test_table_on_a_terminal(self):
        for columns in (80, 120):
            with self.subTest(columns=columns):
                done = self.iqq.terminal(*GOOD, columns=columns)
                self.assertExit(done, 0, "Adult Education Centre Dresden")
                self.assertLessEqual(max(map(width, done.out.splitlines())), columns, done)
                self.assertIn("\x1b[", done.out)

    def test_phone_numbers_are_whole_on_a_narrow_terminal(self):
        answers = self.iqq.json(*GOOD)["answers"]
        phones = {a["institution"]["phone"] for a in answers if a["primary"]} - {""}
        self.assertTrue(phones)
        shown = self.iqq.terminal(*GOOD, columns=80).out
        for phone in phones:
            self.assertIn(phone, shown)

    def test_no_colour(self):
        for args, env in (((), {"NO_COLOR": "1"}), (("--color=never",), {}),
                          ((), {"TERM": "dumb"})):
            with self.subTest(args=args, env=env):
                done = self.iqq.terminal(*GOOD, *args, env=env)
                self.assertExit(done, 0, "Adult Education Centre Dresden")
                self.assertNotIn("\x1b", done.out)

    def test_pipe_is_tab_separated(self):
        done = self.iqq(*GOOD)
        self.assertExit(done, 0)
        self.assertNotIn("\x1b", done.out)
        rows = [line for line in done.out.splitlines() if "Adult Education Centre Dresden" in line]
        self.assertTrue(rows and all("\t" in row for row in rows), done)

    def test_json_keys_are_those_of_the_interface(self):
        m = self.iqq.json(*GOOD, "--at", "2026-11-22")
        self.assertEqual(set(m) - {"near_misses"}, {"query", "outcome", "revision", "total",
                                                    "truncated", "notices", "answers"})
        self.assertEqual(m["query"], {"task": "integration-course", "region": "dresden",
                                      "status": None, "facts": {}, "at": "2026-11-22"})
        self.assertEqual(m["outcome"], "answered")
        self.assertEqual(m["total"], len(m["answers"]))
        answer = m["answers"][0]
        self.assertEqual(set(answer), {
            "responsibility", "group", "primary", "certainty", "depends_on", "role", "task",
            "region", "statuses", "institution", "contacts", "withheld", "condition",
            "legal_basis", "source", "note", "valid_from", "valid_to", "confirmed_on"})
        self.assertEqual(set(answer["institution"]), {
            "id", "name", "kind", "street", "postcode", "town", "phone", "email", "url", "hours",
            "via"})
        self.assertIsNone(answer["valid_to"])
        for notice in m["notices"]:
            self.assertEqual(set(notice), {"id", "effect", "certainty", "text", "legal_basis",
                                           "valid_from", "valid_to"})
        primary = {a["institution"]["id"] for a in m["answers"]
                   if a["primary"] and a["group"] == "integration-course-delivery"}
        self.assertEqual(primary, {"vhs-dresden"})

    def test_public_contacts_and_withheld(self):
        m = self.iqq.json(*GOOD, "--at", "2026-11-22")
        seen = [c for a in m["answers"] for c in a["contacts"]]
        withheld = [w for a in m["answers"] for w in a["withheld"]]
        self.assertTrue(seen and withheld)
        self.assertEqual({c["visibility"] for c in seen}, {"public"})
        self.assertEqual(set(seen[0]), {"id", "name", "function", "phone", "email", "languages",
                                        "visibility"})
        self.assertEqual(set(withheld[0]), {"function", "languages", "visibility", "ask"})
        self.assertNotIn("Muster", json.dumps(m, ensure_ascii=False))

    def test_german(self):
        for args, env in ((("--lang", "de"), {}), ((), {"IQQ_LANG": "de"}),
                          ((), {"IQQ_LANG": "", "LANG": "de_DE.UTF-8"}),
                          ((), {"IQQ_LANG": "", "LC_ALL": "de_DE.UTF-8", "LANG": "C"}),
                          ((), {"IQQ_LANG": "", "LANGUAGE": "de", "LANG": "C.UTF-8"})):
            with self.subTest(args=args, env=env):
                done = self.iqq.terminal(*GOOD, *args, env=env, columns=120)
                self.assertExit(done, 0, "Volkshochschule Dresden")
                self.assertRegex(done.out.lower(), r"stelle|institution|zuständig")
                self.assertNotRegex(done.out, r"(?i)responsible|institution kind|role\b")
        english = self.iqq.terminal(*GOOD, "--lang", "en", env={"LANG": "de_DE.UTF-8"}).out
        german = self.iqq.terminal(*GOOD, "--lang", "de").out
        self.assertNotEqual(english, german)
        m = self.iqq.json(*GOOD, "--lang", "de")
        self.assertIn("Integrationskurs", json.dumps(m, ensure_ascii=False))
        self.assertIn("answers", m)

    def test_german_error_in_an_empty_environment(self):
        done = self.iqq("who", "--task", "nonsense-xyz",
                        env={"IQQ_LANG": "", "LANG": "de_DE.UTF-8"})
        self.assertExit(done, 2)
        self.assertRegex(done.err, r"(?i)aufgabe|unbekannt|nicht")

    def test_explain(self):
        asked = ("who", "--task", "school-placement", "--region", "chemnitz", "--fact", "age=10",
                 "--explain")
        done = self.iqq.terminal(*asked, columns=120)
        self.assertExit(done, 0, "lasub-chemnitz", "lasub-leipzig")
        near = self.iqq.json(*asked)["near_misses"]
        self.assertIn(["region"], [n["because"] for n in near])
        self.assertNotIn("near_misses", {k for k, v in self.iqq.json(*asked[:-1]).items() if v})

    def test_german_command_word_and_positional_words(self):
        m = self.iqq.json("wer", "Sprachkurs", "Gestattung", "Leipzig")
        self.assertEqual((m["query"]["task"], m["query"]["status"], m["query"]["region"]),
                         ("language", "asylum-seeker", "leipzig"))
        self.assertEqual(m["outcome"], "answered")
        same = self.iqq.json("who", "--task", "language", "--status", "asylum-seeker",
                             "--region", "leipzig")
        self.assertEqual(m["answers"], same["answers"])

    def test_words_in_any_order_and_of_several_parts(self):
        for words in (("Leipzig", "Gestattung", "Sprachkurs"),
                      ("Gestattung", "Sprachkurs", "leipzig"),
                      ("sprachkurs", "GESTATTUNG", "Stadt", "Leipzig")):
            with self.subTest(words):
                q = self.iqq.json("who", *words)["query"]
                self.assertEqual((q["task"], q["status"], q["region"]),
                                 ("language", "asylum-seeker", "leipzig"))
        q = self.iqq.json("who", "Sprachkurs", "LK", "Leipzig")["query"]
        self.assertEqual((q["task"], q["region"]), ("language", "lk-leipzig"))

    def test_unknown_words_have_suggestions(self):
        done = self.iqq("who", "Sprachkurz", "Meisen")
        self.assertExit(done, 2, "Sprachkurz", "Meisen", "Sprachkurs", "Meißen")
        self.assertEqual(done.out, "")
        done = self.iqq("who", "Sprachkurz", "Meisen", "--json")
        self.assertExit(done, 2)
        error = done.json["error"]
        self.assertEqual(error["code"], "unknown-term")
        ids = {c["id"] for c in error["candidates"]}
        self.assertLessEqual({"language", "meissen"}, ids)
        self.assertTrue(error["message"] and "hint" in error)

    def test_nobody_says_what_nearly_fits(self):
        done = self.iqq(*NOBODY)
        self.assertExit(done, 1, "lasub-chemnitz" if "lasub-chemnitz" in done.out else "Chemnitz",
                        "age")
        m = self.iqq(*NOBODY, "--json")
        self.assertExit(m, 1)
        self.assertEqual(m.json["outcome"], "nobody")
        self.assertEqual(m.json["near_misses"][0]["responsibility"],
                         "lasub-chemnitz-school-placement-chemnitz")
        self.assertEqual(m.json["near_misses"][0]["because"], ["age"])
        self.assertLessEqual(len(m.json["near_misses"]), 10)

    def test_excluded_and_not_needed(self):
        for status, outcome in (("recognised-refugee", "not-needed"),
                                ("tolerated-identity", "excluded")):
            done = self.iqq("who", "--task", "work-permit", "--region", "leipzig", "--status",
                            status, "--json")
            self.assertExit(done, 0)
            self.assertEqual(done.json["outcome"], outcome)

    def test_filters_do_not_change_outcome_or_exit_status(self):
        everything = self.iqq.json(*GOOD, "--all")
        done = self.iqq(*GOOD, "--role", "referral", "--json")
        self.assertExit(done, 0)
        self.assertEqual(done.json["outcome"], everything["outcome"])
        self.assertEqual(done.json["total"],
                         sum(a["role"] == "referral" for a in everything["answers"]))
        done = self.iqq(*GOOD, "--limit", "2", "--json")
        self.assertExit(done, 0)
        self.assertEqual((len(done.json["answers"]), done.json["truncated"], done.json["total"]),
                         (2, True, everything["total"]))
        self.assertEqual(done.json["answers"], everything["answers"][:2])
        certain = self.iqq.json(*GOOD, "--certain", "--all")
        self.assertEqual([a for a in everything["answers"] if a["certainty"] == "certain"],
                         certain["answers"])

    def test_json_fields(self):
        done = self.iqq(*GOOD, "--json=responsibility,role")
        self.assertExit(done, 0)
        self.assertIn("vhs-dresden", done.out)

    def test_help_and_version(self):
        for args in (("help",), ("--help",), ("help", "who"), ("who", "--help")):
            with self.subTest(args):
                done = self.iqq(*args)
                self.assertExit(done, 0)
                self.assertIn("who", done.out)


class Terms(iqtest.Case):
    """What people write for a place, a task, a status."""

    REGIONS = {
        "Meissen": "meissen", "Meißen": "meissen", "MEIẞEN": "meissen", "meißen": "meissen",
        "Mei\u00dfen": "meissen", "Gorlitz": "goerlitz", "Goerlitz": "goerlitz",
        "Görlitz": "goerlitz", "Go\u0308rlitz": "goerlitz", "LK Leipzig": "lk-leipzig",
        "Landkreis Leipzig": "lk-leipzig", "lk-leipzig": "lk-leipzig", "Leipzig": "leipzig",
        "leipzig": "leipzig", "01067": "dresden", "146120000000": "dresden", "14612": "dresden",
        "14612000": "dresden", "14": "land-sachsen", "11": "berlin", "DD": "dresden",
        "Weißwasser/O.L.": "weisswasser-o-l", "weisswasser-o-l": "weisswasser-o-l",
        "  Dresden ": "dresden", "146270140140": "meissen", "14627140": "meissen",
    }
    TASKS = {"I-Kurs": "integration-course", "Integrationskurs": "integration-course",
             "Sprachkurs": "language", "integration-course": "integration-course"}
    STATUSES = {"Duldung": "tolerated", "Gestattung": "asylum-seeker",
                "§ 55 AsylG": "asylum-seeker"}

    def ask(self, raw, **q):
        return raw.call("who", {**q, "limit": 1, "at": "2026-11-22"})["query"]

    def test_regions(self):
        with self.iqq.connect() as raw:
            for term, id_ in self.REGIONS.items():
                with self.subTest(term):
                    got = self.ask(raw, task="asylum-decision", region=term)
                    self.assertEqual(got["region"], id_)

    def test_tasks_and_statuses(self):
        with self.iqq.connect() as raw:
            for term, id_ in self.TASKS.items():
                with self.subTest(term):
                    self.assertEqual(self.ask(raw, task=term, region="dresden")["task"], id_)
            for term, id_ in self.STATUSES.items():
                with self.subTest(term):
                    got = self.ask(raw, task="language", region="dresden", status=term)
                    self.assertEqual(got["status"], id_)

    def test_suggestions_are_never_resolutions(self):
        with self.iqq.connect() as raw:
            for term, near in (("Dresdn", "dresden"), ("Leipz", "leipzig"),
                               ("Görlits", "goerlitz"), ("Chemnits", "chemnitz")):
                with self.subTest(term), self.assertRaises(iqtest.Refused) as refused:
                    self.ask(raw, task="language", region=term)
                self.assertEqual(refused.exception.code, "unknown-term")
                ids = [c["id"] for c in refused.exception.error["candidates"]]
                self.assertIn(near, ids)
                self.assertLessEqual(len(ids), 5)

    def test_postcode_in_several_regions(self):
        asked = ("who", "--task", "residence-title", "--status", "recognised-refugee",
                 "--at", "2026-11-22", "--region")
        done = self.iqq(*asked, "01920", "--json")  # nine places of one district: one answer
        self.assertExit(done, 0)
        self.assertEqual(done.json["query"]["region"],
                         min(self.regions_of("01920"), key=str.encode))
        district = {c: self.districts_of(c) for c in ("09306", "02708", "02906", "01561", "04849")}
        code = next((c for c, d in district.items() if len(d) > 1), None)
        if code:
            done = self.iqq(*asked, code, "--json")
            self.assertExit(done, 2)
            self.assertEqual(done.json["error"]["code"], "ambiguous-term")
            self.assertEqual({c["id"] for c in done.json["error"]["candidates"]},
                             set(self.regions_of(code)))

    def rows(self, name):
        with open(os.path.join(iqtest.SAXONY, name + ".csv"), encoding="utf-8", newline="") as f:
            return list(csv.DictReader(f))

    def regions_of(self, code):
        return [p["region"] for p in self.rows("postcodes") if p["postcode"] == code]

    def districts_of(self, code):
        parents = {r["id"]: r["parent"] for r in self.rows("regions")}
        return {parents[r] for r in self.regions_of(code)}

    def test_search_get_list_contact(self):
        done = self.iqq.json("search", "Volkshochschule Dresden")
        self.assertIn("vhs-dresden", {i["id"] for i in done["items"]})
        done = self.iqq.json("get", "institution", "vhs-dresden")
        self.assertEqual(done["items"][0]["id"], "vhs-dresden")
        self.assertEqual(set(done), {"revision", "items", "total"})
        self.assertEqual(done["total"], 1)
        done = self.iqq.json("list", "kind")
        self.assertEqual(done["total"], 41)
        self.assertExit(self.iqq("contact", "vhs-dresden"), 0)
        self.assertExit(self.iqq("tasks-of", "vhs-dresden"), 0)
        self.assertExit(self.iqq("guide", "tolerated"), 0)
        for args in (("whoami",), ("status",), ("list", "fact"), ("tasks-of", "vhs-dresden"),
                     ("guide", "tolerated")):
            with self.subTest(args):
                self.assertLessEqual({"revision", "items", "total"}, set(self.iqq.json(*args)))


if __name__ == "__main__":
    iqtest.main()
