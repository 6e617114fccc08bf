# SPDX-License-Identifier: Apache-2.0
"""What a list is compared with: what others deleted is not added again unasked."""

import os

import iqtest
import workbook

GERMAN = {"IQQ_LANG": "de"}
HEAD = "id;name;function;phone\n"


class Base(iqtest.Case):
    data = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put = lambda kind_, id_, **f: cls.command(
            "add", kind_, id_, *[f"{k}={v}" for k, v in f.items()])
        put("region", "stadt", kind="country", name_de="Stadt", name_en="City")
        put("task", "kurs", name_de="Sprachkurs", name_en="Language course")
        put("kind", "behoerde", name_de="Behörde")

    @classmethod
    def command(cls, *args):
        done = cls.iqq(*args)
        if done.exit != 0:
            raise AssertionError(f"iqq {args}: {done}")
        return done

    def setUp(self):
        """An institution of its own for each test."""
        self.own = self.id().rsplit("_", 1)[-1]
        self.command("add", "institution", self.own, "kind=behoerde", "region=stadt",
                     f"name_de=Amt {self.own}")

    def write(self, head, *rows, name="kontakte.csv"):
        path = os.path.join(iqtest.temp_dir(self), name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join((head, *rows)) + "\n")
        return path

    def plan(self, path, *args, status=1):
        done = self.iqq("sync", "plan", path, "--institution", self.own, "--reason", "correction",
                        "--json", *args)
        self.assertExit(done, status)
        return done.json

    def apply(self, *args, status=0):
        done = self.iqq("sync", "apply", "last", "--yes", *args)
        self.assertExit(done, status)

    def sync(self, path, *args):
        self.plan(path, *args)
        self.apply()

    def contacts(self):
        items = self.iqq.json("list", "contact", "--institution", self.own, "--reason",
                              "correction")["items"]
        return {i["name"]: i for i in items}

    def test_deleted(self):
        path = self.write("name;function;phone", "Erika Mustermann;Kurse;030 23125 101",
                          "Max Muster;Kasse;030 23125 102")
        self.sync(path)
        max_ = self.contacts()["Max Muster"]["id"]
        self.command("delete", "contact", max_, "--yes")

        # the same list: not a plain "new"
        plan = self.plan(path)
        self.assertEqual([(i["act"], i["id"]) for i in plan["items"]], [("conflict", max_)])
        conflict = plan["items"][0]["conflicts"][0]
        self.assertEqual((conflict["column"], conflict["base"], conflict["theirs"],
                          conflict["mine"]), ("", "Max Muster", "", "Max Muster"))
        self.assertEqual(plan["open_conflicts"], 1)
        refused = self.iqq("sync", "apply", "last", "--yes")
        self.assertExit(refused, 6)
        shown = self.iqq.terminal("sync", "status", "last", env=GERMAN).out
        self.assertRegex(shown, r"vorher +Max Muster")
        self.assertRegex(shown, r"im Verzeichnis +entfernt +\(")
        self.assertRegex(shown, r"in Ihrer Liste +Max Muster")

        # theirs: it stays so, also with the next list
        self.assertExit(self.iqq("sync", "resolve", "last", "theirs"), 0)
        self.apply()
        self.assertEqual(set(self.contacts()), {"Erika Mustermann"})
        self.plan(path, status=0)

        # mine: it is there again, as the same record
        path = self.write("name;function;phone", "Erika Mustermann;Kurse;030 23125 101",
                          "Max Muster;Kasse;030 23125 109")
        self.assertEqual(self.plan(path)["open_conflicts"], 1)
        self.assertExit(self.iqq("sync", "resolve", "last", "contact", max_, "mine"), 0)
        self.apply()
        self.assertEqual(self.contacts()["Max Muster"]["id"], max_)
        self.plan(path, status=0)

    def test_archived(self):
        """What its own list took away comes back without a question."""
        both = self.write("name;phone", "Erika Mustermann;1", "Max Muster;2")
        self.sync(both)
        self.sync(self.write("name;phone", "Erika Mustermann;1"))
        both = self.write("name;phone", "Erika Mustermann;1", "Max Muster;2")
        self.assertEqual([i["act"] for i in self.plan(both)["items"]], ["revive"])
        self.apply()
        self.assertEqual(set(self.contacts()), {"Erika Mustermann", "Max Muster"})

    def test_same_file(self):
        """A file that is edited on and on: what others changed stays, the own is no conflict."""
        rows = "Erika Mustermann;Kurse;{}", "Max Muster;Kasse;102"
        path = self.write("name;function;phone", rows[0].format(101), rows[1])
        self.sync(path)
        erika = self.contacts()["Erika Mustermann"]["id"]

        def edit(*lines):
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")

        for number in (111, 112, 101):
            edit("name;function;phone", rows[0].format(number))
            self.assertEqual(self.plan(path, "--delta")["open_conflicts"], 0)
            self.apply()
        self.command("set", "contact", erika, "phone=999")
        edit("name;function;phone;languages", rows[0].format(101) + ";fr")
        for _ in range(2):
            plan = self.plan(path, "--delta", status=_ == 0)
            self.assertEqual(len(plan["notes"]), 1, (_, plan))
            if _ == 0:
                self.apply()
        self.assertEqual(self.contacts()["Erika Mustermann"]["phone"], "999")
        self.assertEqual(self.contacts()["Erika Mustermann"]["languages"], ["fr"])

    def test_template_in_parts(self):
        """A template that is applied bit by bit: it is what the rest was made from."""
        for name in "Erika Mustermann", "Max Muster":
            self.command("add", "contact", f"{self.own}-{name[:3].lower()}",
                         f"institution={self.own}", f"name={name}", "phone=101",
                         "visibility=public")
        path = os.path.join(iqtest.temp_dir(self), "liste.xlsx")
        self.command("sync", "template", "-o", path, "--institution", self.own, "--reason",
                     "correction")
        sheets, _ = workbook.read(path)
        contacts = next(iter(sheets))
        rows = sheets[contacts]

        def edit(name, phone):
            row = next(r for r in rows if name in r)
            changed = [phone if cell == "101" else cell for cell in row]
            workbook.write(path, {**sheets, contacts: [rows[0], changed]})

        self.command("set", "contact", f"{self.own}-eri", "phone=555")
        edit("Max Muster", "102")
        self.sync(path, "--delta")
        edit("Erika Mustermann", "101")
        self.assertEqual(len(self.plan(path, "--delta", status=0)["notes"]), 1)
        edit("Erika Mustermann", "103")
        conflict = self.plan(path, "--delta")["items"][0]["conflicts"][0]
        self.assertEqual((conflict["base"], conflict["theirs"], conflict["mine"]),
                         ("101", "555", "103"))
        self.assertEqual(self.contacts()["Max Muster"]["phone"], "102")

    def test_below(self):
        """A list without the rows of an institution below it says nothing of them."""
        below = self.own + "-unten"
        self.command("add", "institution", below, "kind=behoerde", "region=stadt",
                     f"name_de=Zweigstelle {self.own}", f"parent={self.own}")
        head, mine = "name;institution;phone", "Erika Mustermann;;{}"
        path = self.write(head, mine.format(1), f"Uta Vorlage;{below};2")
        self.sync(path)
        uta = self.iqq.json("list", "contact", "--institution", below, "--reason",
                            "correction")["items"]
        uta = next(i["id"] for i in uta if i["name"] == "Uta Vorlage")
        self.command("set", "contact", uta, "phone=7")

        def rewrite(*lines):
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join((head, *lines)) + "\n")

        rewrite(mine.format(3))
        self.sync(path)
        rewrite(mine.format(3), f"Uta Vorlage;{below};2")
        self.assertEqual(len(self.plan(path, status=0)["notes"]), 1)
        rewrite(mine.format(3), f"Uta Vorlage;{below};4")
        conflict = self.plan(path)["items"][0]["conflicts"][0]
        self.assertEqual((conflict["base"], conflict["theirs"], conflict["mine"]),
                         ("2", "7", "4"))


if __name__ == "__main__":
    iqtest.main()
