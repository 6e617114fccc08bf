#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""iqq stale, diff, get --known-at: what needs care, what a month changed, what was known then."""

import csv
import datetime
import io

import iqtest

GERMAN = {"IQQ_LANG": "de"}
VHS = "vhs-dresden"


def german(iso):
    return ".".join(reversed(iso.split("-")))


class Views(iqtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = datetime.date.fromisoformat(
            cls.iqq.json("who", "integration-course", "dresden")["query"]["at"])

    def revision(self):
        return str(self.iqq.json("status")["revision"])

    def day(self, days):
        return (self.today + datetime.timedelta(days)).isoformat()

    def write(self, *args):
        done = self.iqq(*args, "--yes")
        self.assertExit(done, 0)

    def person(self, name, *fields):
        self.write("add", "contact", name, f"institution={VHS}", "visibility=institution",
                   f"informed_on={self.day(-1)}", *fields)

    def findings(self, *args):
        items = self.iqq.json("stale", "-i", VHS, *args)["items"]
        return {(i["why"], i["id"]) for i in items}

    # ---- stale

    def test_person_leaves(self):
        self.person("vhs-left", "name=Erika Mustermann", "function=Kurse")
        self.person("vhs-stays", "name=Max Muster", "deputy=vhs-left",
                    "email=max.muster@example.org")
        self.write("add", "responsibility", "vhs-orphan", f"institution={VHS}", "task=work-permit",
                   "region=dresden", "role=referral", "contacts=vhs-left",
                   f"confirmed_on={self.day(-400)}")
        before = self.findings()
        self.assertIn(("no-deputy", "vhs-left"), before)
        self.assertIn(("unconfirmed", "vhs-orphan"), before)
        self.assertNotIn(("unconfirmed", "vhs-orphan"), self.findings("--months", "14"))
        self.assertNotIn(("orphan", "vhs-orphan"), before)
        self.assertIn(("personal-mail", "vhs-stays"), before)
        self.write("set", "contact", "vhs-left", f"valid_to={self.day(-1)}")
        after = self.findings()
        self.assertIn(("orphan", "vhs-orphan"), after)
        self.assertIn(("orphan", "vhs-stays"), after)
        self.assertNotIn(("no-deputy", "vhs-left"), after)
        item = next(i for i in self.iqq.json("stale", "dresden", "--why", "orphan")["items"]
                    if i["id"] == "vhs-orphan")
        self.assertEqual((item["detail"], item["task"], item["region"], item["flag"]),
                         ("vhs-left", "work-permit", "dresden", None))
        self.write("set", "institution", VHS, "email=vhs@example.org")
        self.assertNotIn(("personal-mail", "vhs-stays"), self.findings())

    def test_who_says_the_same(self):
        """What stale calls unconfirmed is what a question calls unconfirmed, to the day."""
        year = self.today.year - 1
        last = self.today.replace(year=year, day=28 if (self.today.month, self.today.day) ==
                                  (2, 29) else self.today.day)
        self.write("add", "responsibility", "vhs-aged", f"institution={VHS}", "task=work-permit",
                   "region=dresden", "role=referral", f"confirmed_on={last.isoformat()}")
        for day, stale in ((last, False), (last - datetime.timedelta(1), True)):
            self.write("set", "responsibility", "vhs-aged", f"confirmed_on={day.isoformat()}")
            shown = self.iqq.terminal("who", "work-permit", "dresden", "--all", lines=500).out
            self.assertIn("Adult Education", shown)
            self.assertEqual(f"unconfirmed since {day.isoformat()}" in " ".join(shown.split()),
                             stale, shown)
            self.assertEqual(("unconfirmed", "vhs-aged") in self.findings(), stale)

    def test_informed_and_ended(self):
        self.write("add", "contact", "vhs-unknowing", f"institution={VHS}", "name=Rita Muster",
                   "visibility=partners")
        self.write("add", "responsibility", "vhs-over", f"institution={VHS}", "task=work-permit",
                   "region=dresden", "role=referral", "contacts=vhs-unknowing",
                   f"valid_to={self.day(-5)}")
        found = self.findings()
        self.assertLessEqual({("not-informed", "vhs-unknowing"),
                              ("ended-contact", "vhs-unknowing")}, found)
        self.assertFalse([f for f in found if f[1] == "vhs-over"], "what has ended needs no care")
        done = self.iqq("stale", "-i", VHS, "--why", "ended-contact")
        self.assertEqual(done.out.splitlines()[0].split("\t")[:5],
                         ["ended-contact", "contact", "vhs-unknowing", VHS, "Rita Muster"])
        self.assertIn(self.day(-5), done.out)

    def test_flags(self):
        number = self.iqq("flag", VHS, "Die Telefonnummer stimmt nicht.").out.strip()
        item = self.iqq.json("stale", "--why", "flag")["items"][0]
        self.assertEqual((item["why"], item["id"], item["flag"], item["detail"]),
                         ("flag", VHS, number, "Die Telefonnummer stimmt nicht."))
        shown = self.iqq.terminal("veraltet", "--institution", VHS, env=GERMAN, columns=120).out
        self.assertIn("Als fehlerhaft gemeldet (1)", shown)
        self.assertIn(f"Nr. {number}: Die Telefonnummer", shown)
        self.assertLess(shown.index("Als fehlerhaft gemeldet"), shown.index("Ohne Vertretung"))
        self.iqq("flag", "--done", number)
        self.assertEqual(self.iqq.json("stale", "--why", "flag")["items"], [])

    def test_nothing_is_fine(self):
        done = self.iqq("veraltet", "--why", "flag", "-r", "chemnitz", env=GERMAN)
        self.assertExit(done, 0, "Es gibt nichts nachzupflegen.")
        self.assertEqual(done.out, "")

    def test_stale_refuses(self):
        self.assertExit(self.iqq("stale", "--why", "müde", env=GERMAN), 2, "kein Befund", "orphan")
        self.assertExit(self.iqq("stale", "atlantis"), 2)
        self.assertExit(self.iqq("stale", "dresden", "-r", "leipzig"), 2, "twice")
        self.assertExit(self.iqq("stale", "--months", "0"), 2)

    def test_order_limit_csv(self):
        items = self.iqq.json("stale")
        self.assertEqual(items["total"], len(items["items"]))
        order = ["flag", "unreachable", "orphan", "no-contact", "unconfirmed", "undated",
                 "ended-contact", "not-informed", "no-deputy", "personal-mail"]
        places = [order.index(i["why"]) for i in items["items"]]
        self.assertEqual(places, sorted(places))
        done = self.iqq("stale", "--limit", "3", "--csv")
        rows = list(csv.DictReader(io.StringIO(done.out)))
        self.assertEqual([r["id"] for r in rows], [i["id"] for i in items["items"][:3]])
        self.assertIn(f"3 shown of {items['total']}.", done.err)

    # ---- diff

    def test_month(self):
        start = self.revision()
        self.write("set", "institution", VHS, "phone=030 23125 177")
        self.write("add", "responsibility", "vhs-d1", f"institution={VHS}", "task=work-permit",
                   "region=dresden", "role=advice", f"valid_to={self.day(10)}")
        self.write("add", "responsibility", "vhs-d2", f"institution={VHS}", "task=work-permit",
                   "region=dresden", "role=advice", f"valid_from={self.day(20)}")
        done = self.iqq("diff", "dresden", "--from", start)
        self.assertEqual(done.exit, 1, done)
        rows = [line.split("\t") for line in done.out.splitlines()]
        self.assertEqual([r[:3] for r in rows], [["added", "responsibility", "vhs-d1"],
                                                 ["changed", "institution", VHS]])
        self.assertEqual(rows[1][4:7], ["phone", "", "030 23125 177"])
        # in a fortnight one has ended, in a month the other has begun
        items = self.iqq.json("diff", "dresden", "--from", self.day(5), "--to",
                              self.day(15))["items"]
        self.assertEqual([(i["what"], i["id"], i["revision"]) for i in items],
                         [("removed", "vhs-d1", None)])
        items = self.iqq.json("diff", "-i", VHS, "--from", german(self.day(15)), "--to",
                              german(self.day(30)), env=GERMAN)["items"]
        self.assertEqual([(i["what"], i["id"]) for i in items], [("added", "vhs-d2")])
        self.assertEqual({c["column"] for c in items[0]["changes"]},
                         {"institution", "task", "region", "role", "valid_from"})
        # elsewhere nothing
        done = self.iqq("vergleich", "chemnitz", "--from", start, env=GERMAN)
        self.assertExit(done, 0, "Kein Unterschied")
        self.assertEqual(done.out, "")
        shown = self.iqq.terminal("vergleich", "dresden", "--from", start, env=GERMAN,
                                  columns=100)
        self.assertEqual(shown.exit, 1)
        for text in ("Zuständigkeiten", "+ ", "~ ", "Telefon: – → 030 23125 177",
                     "Rolle: Beratung", "(vhs-d1)"):
            self.assertIn(text, shown.out)
        self.assertNotIn("vhs-d2", shown.out)

    def test_there_and_back(self):
        start = self.revision()
        self.write("set", "institution", "jc-dresden", "hours=Mo 9-12")
        self.assertEqual(self.iqq("diff", "--from", start).exit, 1)
        self.write("set", "institution", "jc-dresden", "hours=")
        self.assertExit(self.iqq("diff", "dresden", "--from", start, "-i", "jc-dresden"), 0)

    def test_diff_names_people(self):
        self.write("add", "contact", "c-d9", f"institution={VHS}", "name=Erika Mustermann",
                   "function=Kurse", "visibility=public")
        self.write("add", "responsibility", "vhs-d9", f"institution={VHS}", "task=work-permit",
                   "region=dresden", "role=advice")
        start = self.revision()
        self.write("set", "responsibility", "vhs-d9", "contacts=c-d9")
        shown = self.iqq.terminal("vergleich", "dresden", "--from", start, env=GERMAN)
        self.assertIn("– → Erika Mustermann", shown.out)
        self.assertNotIn("c-d9", shown.out)
        items = self.iqq.json("diff", "dresden", "--from", start)["items"]
        self.assertEqual(items[0]["changes"][0]["after"], "c-d9")
        self.write("delete", "responsibility", "vhs-d9", "--yes")
        self.write("delete", "contact", "c-d9", "--yes")

    def test_diff_refuses(self):
        self.assertExit(self.iqq("diff", "dresden"), 2, "--from")
        self.assertExit(self.iqq("diff", "dresden", "--from", "gestern"), 2, "gestern")
        self.assertExit(self.iqq("diff", "--from", "999999", env=GERMAN), 2, "gibt es noch nicht")
        self.assertExit(self.iqq("diff", "atlantis", "--from", "1"), 2)

    # ---- get

    def test_known_at(self):
        self.write("set", "institution", "jc-leipzig", "phone=030 23125 301")
        then = self.revision()
        self.write("set", "institution", "jc-leipzig", "phone=030 23125 302")
        old = self.iqq.json("get", "institution", "jc-leipzig", "--known-at", then)["items"][0]
        self.assertEqual((old["phone"], str(old["revision"])), ("030 23125 301", then))
        self.assertIn("302", self.iqq("get", "institution", "jc-leipzig", "--known-at",
                                      self.day(0)).out)
        done = self.iqq("zeige", "stelle", "jc-leipzig", "--known-at", german(self.day(-3)),
                        env=GERMAN)
        self.assertExit(done, 1, "Damals gab es keinen Datensatz")
        self.assertExit(self.iqq("get", "institution", "jc-leipzig", "--known-at", "999999"), 2)
        self.assertExit(self.iqq("get", "institution", "jc-leipzig", "--known-at", "0"), 2)

    def test_valid_at(self):
        self.write("add", "responsibility", "vhs-short", f"institution={VHS}", "task=work-permit",
                   "region=dresden", "role=advice", f"valid_to={self.day(3)}")
        then = self.revision()
        fine = self.iqq("get", "responsibility", "vhs-short")
        self.assertEqual((fine.exit, fine.err), (0, ""))
        done = self.iqq("get", "responsibility", "vhs-short", "--at", german(self.day(4)),
                        env=GERMAN)
        self.assertExit(done, 0, f"ist am {german(self.day(4))} nicht gültig")
        self.assertEqual(done.out.splitlines()[0], "id\tvhs-short")
        self.write("delete", "responsibility", "vhs-short")
        self.assertExit(self.iqq("get", "responsibility", "vhs-short"), 1)
        self.assertExit(self.iqq("get", "responsibility", "vhs-short", "--known-at", then), 0,
                        "vhs-short")


if __name__ == "__main__":
    iqtest.main()
