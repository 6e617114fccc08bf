#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Somebody leaves: the sheet, the hand-over at once, on a day, and taken back; in both languages."""

import csv
import datetime
import io
import os
import unittest

import iqtest

CLOCK = os.path.join(iqtest.BUILD, "tests", "model", "clock_shift.so")
GERMAN = {"IQQ_LANG": "de"}


class Handover(iqtest.Case):
    data = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put = lambda kind_, id_, **f: cls.command(
            "add", kind_, id_, *[f"{k}={v}" for k, v in f.items()])
        put("region", "stadt", kind="country", name_de="Stadt", name_en="City")
        put("task", "kurs", name_de="Sprachkurs", name_en="Language course")
        put("status", "duldung", name_de="Duldung", name_en="Toleration")
        put("kind", "amt", name_de="Amt")
        for id_ in ("vhs", "lra"):
            put("institution", id_, kind="amt", region="stadt", name_de=id_.upper())
        put("workshop", "runde", region="stadt", name_de="Runde")
        # the daemon's today: that of Germany
        cls.today = cls.iqq.json("who", "--task", "kurs")["query"]["at"]

    def day(self, offset):
        today = datetime.date.fromisoformat(self.today)
        return (today + datetime.timedelta(days=offset)).isoformat()

    @classmethod
    def command(cls, *args):
        done = cls.iqq(*args)
        if done.exit != 0:
            raise AssertionError(f"iqq {args}: {done}")

    def setUp(self):
        """A cast of its own for each test."""
        n = self.id().rsplit("_", 1)[-1]
        self.erika, self.max, self.desk, self.row, self.seat = (
            f"{x}-{n}" for x in ("erika", "max", "desk", "kurs", "sitz"))
        for id_, name, deputy in ((self.erika, "Erika Mustermann", ""),
                                  (self.max, "Max Muster", ""),
                                  (self.desk, "Uwe Vorlage", self.erika)):
            self.command("add", "contact", id_, "institution=vhs", f"name={name}",
                         "phone=030 23125 100", "visibility=partners", f"deputy={deputy}")
        self.command("add", "responsibility", self.row, "institution=vhs", "task=kurs",
                     "region=stadt", "role=provider", "statuses=duldung",
                     f"contacts={self.desk};{self.erika}")
        self.command("add", "membership", self.seat, "workshop=runde", "institution=vhs",
                     f"representative={self.erika}", f"accepted_from={self.day(-10)}")

    def get(self, kind, id_, column):
        return self.iqq.json("get", kind, id_)["items"][0][column]

    def sheet(self, id_):
        return self.iqq.json("handover", id_)["items"][0]

    def hanging(self, id_):
        return {(i["id"], i["column"]) for i in self.sheet(id_)["hanging"]}

    def everything(self):
        return {(self.row, "contacts"), (self.desk, "deputy"), (self.seat, "representative")}

    def callable_now(self):
        """Whom somebody is given who asks today."""
        m = self.iqq.json("who", "--task", "kurs", "--contacts", "--reason", "referral")
        return {c["id"] for a in m["answers"] if a["responsibility"] == self.row
                for c in a["contacts"]}

    def test_sheet(self):
        s = self.sheet(self.erika)
        self.assertEqual(s["contact"]["name"], "Erika Mustermann")
        self.assertEqual([s["deputy"], s["successor"], s["on"], s["overdue"]],
                         [None, None, None, False])
        self.assertEqual(self.hanging(self.erika), self.everything())
        row = next(i for i in s["hanging"] if i["kind"] == "responsibility")
        self.assertEqual((row["name"], row["what"], row["responsibility"]["role"]),
                         ("Language course, City", "moves", "provider"))
        done = self.iqq("handover", self.erika, "--csv")
        rows = list(csv.DictReader(io.StringIO(done.out)))
        self.assertEqual(len(rows), 3)
        self.assertEqual((rows[0]["task"], rows[0]["region"], rows[0]["statuses"]),
                         ("kurs", "stadt", "duldung"))
        self.assertEqual(len(self.iqq("handover", self.erika).out.splitlines()), 3)

    def test_words(self):
        for word in ("übergabe", "uebergabe", "handover"):
            done = self.iqq.terminal(word, self.erika, env=GERMAN)
            self.assertExit(done, 0, "Übergabeblatt: Erika Mustermann", "Sprachkurs, Stadt",
                            "nur für Duldung", "Vertretung von Uwe Vorlage", "Runde",
                            f"iqq handover {self.erika}")
        done = self.iqq.terminal("handover", self.erika)
        self.assertExit(done, 0, "Hand-over sheet: Erika Mustermann", "Language course, City",
                        "only for Toleration", "deputy of Uwe Vorlage")
        self.assertExit(self.iqq("hilfe", "übergabe", env=GERMAN), 0, "Übergabeblatt")

    def test_once(self):
        tried = self.iqq("handover", self.erika, self.max, "--dry-run")
        self.assertExit(tried, 0, "--dry-run")
        self.assertEqual(self.hanging(self.erika), self.everything())
        done = self.iqq.terminal("übergabe", self.erika, self.max, env=GERMAN)
        self.assertExit(done, 0, f"Von {self.erika} an {self.max}", "→", "Übergeben",
                        "Blatt", "ist leer", "valid_to")
        self.assertEqual(self.hanging(self.erika), set())
        self.assertEqual(self.hanging(self.max), self.everything())
        self.assertEqual(self.get("responsibility", self.row, "contacts"), [self.desk, self.max])
        self.assertEqual(self.get("contact", self.erika, "valid_to"), self.day(-1))
        self.assertEqual(self.callable_now(), {self.desk, self.max})
        done = self.iqq.terminal("handover", self.erika, env=GERMAN)
        self.assertExit(done, 0, "Das Blatt ist leer", "letzter Tag")
        # one change, and undone by nobody by accident
        last = self.iqq.json("history", "contact", self.erika)["items"][0]
        row = self.iqq.json("history", "responsibility", self.row)["items"][0]
        self.assertEqual((last["revision"], last["operation"]), (row["revision"], "handover"))
        self.assertExit(self.iqq("handover", self.max, self.erika), 6, "not valid")

    def test_json(self):
        m = self.iqq.json("handover", self.erika, self.max, "--reason", "correction")["items"][0]
        self.assertEqual((m["from"], m["to"], m["on"]), (self.erika, self.max, None))
        self.assertEqual({i["what"] for i in m["hanging"]}, {"moves"})
        self.assertIn({"kind": "contact", "id": self.desk, "column": "deputy",
                       "before": self.erika, "after": self.max}, m["changes"])

    def test_cancel(self):
        german = datetime.date.fromisoformat(self.day(30)).strftime("%-d.%-m.%Y")
        done = self.iqq.terminal("übergabe", self.erika, self.max, "--on", german, env=GERMAN)
        self.assertExit(done, 0, "Vorgemerkt")
        s = self.sheet(self.erika)
        self.assertEqual((s["successor"], s["on"]), (self.max, self.day(30)))
        self.assertEqual({i["what"] for i in s["hanging"]}, {"later"})
        self.assertEqual(self.callable_now(), {self.desk, self.erika})
        self.assertExit(self.iqq("handover", self.erika, self.desk), 6, "--cancel")
        self.assertExit(self.iqq("handover", self.erika, "--cancel", env=GERMAN), 0,
                        "Zurückgenommen")
        self.assertIsNone(self.get("contact", self.erika, "valid_to"))
        self.assertIsNone(self.get("contact", self.max, "valid_from"))
        self.assertEqual(self.get("responsibility", self.row, "contacts"),
                         [self.desk, self.erika])
        self.assertExit(self.iqq("handover", self.erika, "--cancel"), 1, "waits")
        # reverting the change that noted it does the same, and says so
        self.iqq("handover", self.erika, self.max, "--on", self.day(30))
        change = str(self.iqq.json("history", "contact", self.erika)["items"][0]["revision"])
        self.assertExit(self.iqq("revert", change, env=GERMAN), 0,
                        f"Übergabe von {self.erika}")
        self.assertIsNone(self.sheet(self.erika)["on"])
        self.assertIsNone(self.get("contact", self.erika, "valid_to"))

    def test_day(self):
        """The server carries it out when the day has come, also if it was off."""
        done = self.iqq("handover", self.erika, self.max, "--on", self.day(30))
        self.assertExit(done, 0, "Noted")
        self.assertEqual(self.get("membership", self.seat, "representative"), self.erika)
        # whoever asks for a day to come is told the right person
        for offset, want in ((29, self.erika), (30, self.max)):
            m = self.iqq.json("who", "--task", "kurs", "--contacts", "--reason", "referral",
                              "--at", self.day(offset))
            got = {c["id"] for a in m["answers"] if a["responsibility"] == self.row
                   for c in a["contacts"]}
            self.assertEqual(got, {self.desk, want}, offset)
        self.restart(29)
        self.assertEqual(self.sheet(self.erika)["on"], self.day(30))
        self.assertEqual(self.hanging(self.erika), self.everything())
        self.restart(31)
        iqtest.wait_for(lambda: not self.hanging(self.erika), "the hand-over")
        self.assertEqual(self.hanging(self.max), self.everything())
        self.assertEqual(self.get("contact", self.erika, "valid_to"), self.day(29))
        self.assertEqual(self.callable_now(), {self.desk, self.max})
        self.restart(0)
        self.server.stop()
        self.assertExit(self.server.check(), 0)
        self.server.start()

    def restart(self, days):
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.server.stop()
        self.server.start(LD_PRELOAD=CLOCK, IQ_CLOCK_SHIFT=str(days * 86400),
                          ASAN_OPTIONS=sanitizer.lstrip(":"))

    def test_refused(self):
        self.command("add", "contact", "fremd", "institution=lra", "name=Ina Muster")
        done = self.iqq("handover", self.erika, "fremd")
        self.assertExit(done, 5, f"iqq get membership {self.seat}")
        self.assertNotIn(self.row, done.err)
        self.assertEqual(self.hanging(self.erika), self.everything())
        error = self.iqq.json("handover", self.erika, "fremd")["error"]
        self.assertEqual((error["code"], [c["id"] for c in error["candidates"]]),
                         ("denied", [self.seat]))
        done = self.iqq("handover", self.erika, "fremd", env=GERMAN)
        self.assertExit(done, 5, "nicht an die Stelle", "Fragen Sie")
        for args, status in ((("gibt-es-nicht",), 1), (("gibt-es-nicht", self.max), 1),
                             ((self.erika, "gibt-es-nicht"), 1), ((self.erika, self.erika), 2),
                             ((self.erika, self.max, "--on", self.day(-1)), 2),
                             ((self.erika, self.max, "--on", "bald"), 2),
                             ((self.erika, "--on", self.day(1)), 2),
                             ((self.erika, self.max, "--cancel"), 2), ((), 2)):
            with self.subTest(args=args):
                self.assertExit(self.iqq("handover", *args), status)
                self.assertExit(self.iqq("handover", *args, env=GERMAN), status)


if __name__ == "__main__":
    iqtest.main()
