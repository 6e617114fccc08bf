# SPDX-License-Identifier: Apache-2.0
"""What a list is compared with: what others deleted is not added again unasked."""

import os

import iqtest

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


if __name__ == "__main__":
    iqtest.main()
