# SPDX-License-Identifier: Apache-2.0
"""Proposals and votes as those see them who use them: written, opened, cast, closed, and what they change."""

import json
import re

import iqtest
from circle_world import MARK, World, day, folder, text

CHANGE = 'set responsibility r-mit statuses=duldung note="für \\"alle\\""'
NEW = "task=beratung region=stadt role=support"


class Base(World):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.do(cls.iqq, "import", folder(cls, {
            "responsibilities": text("id institution task region role",
                                     *(f"r-{i},{i},beratung,stadt,provider"
                                       for i in ("mit", "zwei", "aus"))),
            "notices": text("id institution task region effect text_de",
                            "n-mit,mit,beratung,stadt,info,Hinweis",
                            "n-alle,,beratung,stadt,info,Für alle")}), "--reason", "test")
        cls.do(cls.iqq, "add", "contact", "zwei-dep", "institution=zwei", "name=Max Muster",
               "visibility=public")
        cls.person("deputy", "institution=zwei", "contact=zwei-dep")
        cls.serial = 0

    def ok(self, name, *args, **more):
        done = self.people[name](*args, **more)
        self.assertExit(done, 0)
        return done

    def refused(self, name, *args, status):
        done = self.people[name](*args)
        self.assertExit(done, status)
        return done.err

    def proposal(self, *args, id_=None):
        type(self).serial += 1
        id_ = id_ or f"v{self.serial}"
        self.ok("editor", "proposal", "new", "Das", "Haus", "übernimmt es.", "--workshop", "runde",
                "--institution", "mit", "--id", id_, *args)
        return id_

    def opened(self, *args, deadline=None):
        id_ = self.proposal(*args)
        self.ok("organiser", "vote", "open", id_, "--deadline", deadline or day(5))
        return id_

    def both(self, id_, mit="yes", zwei="yes"):
        self.ok("member", "vote", "cast", id_, mit)
        self.ok("second", "vote", "cast", id_, zwei)

    def record(self, kind, id_):
        return self.iqq.json("get", kind, id_)["items"][0]


class Writing(Base):
    def test_new(self):
        self.ok("editor", "vorschlag", "neu", "Ein Satz.", "--english", "A sentence.", "--task",
                "beratung", "--status", "duldung", "--change", CHANGE, "--institution", "mit")
        id_ = f"runde-{day()}"
        got = self.ok("member", "proposal", "show", id_, "--json").json["items"][0]
        self.assertEqual((got["text_de"], got["text_en"], got["task"], got["statuses"], got["state"]),
                         ("Ein Satz.", "A sentence.", "beratung", ["duldung"], "draft"))
        self.assertRegex(got["changes"], r"^base \d+\n" + CHANGE.replace("\\", r"\\"))
        self.assertIn(id_, [i["id"] for i in self.ok("member", "proposal", "list",
                                                     "--json").json["items"]])
        done = self.ok("editor", "vorschlag", "zurückziehen", id_)
        self.assertIn("withdrawn", done.err)
        self.assertNotIn(id_, [i["id"] for i in self.ok("member", "vorschlag", "liste",
                                                        "--json").json["items"]])
        self.assertIn(id_, [i["id"] for i in self.ok("member", "vorschlag", "liste", "--all",
                                                     "--json").json["items"]])
        self.assertIn("over", self.refused("editor", "proposal", "withdraw", id_, status=6))
        self.refused("organiser", "vote", "open", id_, "--deadline", day(3), status=7)
        self.refused("outsider", "proposal", "show", id_, status=1)

    def bad(self, *changes, status=7):
        args = [a for c in changes for a in ("--change", c)]
        return self.refused("editor", "proposal", "new", "Kaputt", "--institution", "mit",
                            "--workshop", "runde", *args, status=status)

    def test_malformed(self):
        """Refused when it is written, with the line and the reason."""
        for change, words in (
                ("delete responsibility r-mit", "A line is: set KIND ID"),
                ("set contact mit-rep name=x", "A vote can change institutions"),
                ("set responsibility", "The id of the record is missing"),
                ("set responsibility r-mit", "column=value"),
                ("set responsibility r-mit statuses", "column=value"),
                ("set responsibility r-mit farbe=rot", "There is no such field"),
                ("set responsibility r-mit note=a note=b", "given twice"),
                ('set responsibility r-mit note="a', "quotation mark"),
                ("set responsibility r-mit role=chef", "chef"),
                ("set responsibility r-mit statuses=gibt-es-nicht", "There is no status"),
                ("set responsibility r-nicht note=a", "There is no record with this id"),
                ("set responsibility r-mit contacts=mit-rep", "A vote cannot change this"),
                ("set responsibility r-mit institution=zwei", "A vote cannot change this"),
                ("set institution mit parent=zwei", "A vote cannot change this"),
                ("set institution mit region=fern", "A vote cannot change this"),
                ("set notice n-alle text_de=Anders", "may vote"),
                ("set responsibility r-aus note=a", "may vote"),
                ("set institution gast hours=nie", "may vote"),
                ("add institution neu name_de=Neu", "A vote can add responsibilities"),
                (f"add responsibility r-mit institution=mit {NEW}", "with this id already"),
                (f"add responsibility r-4 institution=aus {NEW}", "may vote"),
                (f"add responsibility r-4 institution=gast {NEW}", "may vote"),
                (f"add responsibility r-4 {NEW}", "may vote"),
                ("add responsibility r-4 institution=mit task=beratung", "changes[3].region"),
                (f"add responsibility r-4 institution=mit contacts=mit-rep {NEW}",
                 "A vote cannot change this")):
            err = self.bad("set notice n-mit text_de=Neu", change)
            self.assertIn("changes[3]", err, change)
            self.assertIn(words, err, change)
        # the first line is the base, and only the first
        self.assertIn("changes[2]", self.bad("base 7\nset responsibility r-mit note=a"))
        done = self.people["editor"]("add", "proposal", "ohne-stand", "workshop=runde",
                                     "institution=mit", "text_de=X",
                                     "changes=set responsibility r-mit note=a", "--yes")
        self.assertExit(done, 7)
        self.assertIn("base REVISION", done.err)
        err = self.refused("editor", "proposal", "new", "Kaputt", "--institution", "mit", "--base",
                           "999999", "--change", "set responsibility r-mit note=a", status=7)
        self.assertIn("no such revision yet", err)
        rows = text("id workshop institution text_de changes", "import,runde,mit,X,quatsch")
        done = self.iqq("import", folder(self, {"proposals": rows}), "--reason", "test")
        self.assertExit(done, 7)
        self.assertIn("changes[1]", done.err)
        self.assertExit(self.iqq("list", "proposal", "text_de=Kaputt"), 1)

    def test_base_is_old(self):
        revision = self.iqq.json("status")["revision"]
        self.do(self.iqq, "set", "responsibility", "r-zwei", "source=jemand")
        err = self.refused("editor", "proposal", "new", "Alt", "--institution", "mit", "--base",
                           str(revision), "--change", "set responsibility r-zwei source=wir",
                           status=6)
        self.assertIn("jemand", err)

    def test_opening(self):
        id_ = self.proposal()
        self.assertIn("deadline", self.refused("organiser", "vote", "open", id_, status=2))
        self.assertIn("passed", self.refused("organiser", "vote", "open", id_, "--deadline",
                                             day(-1), status=7))
        self.refused("editor", "vote", "open", id_, "--deadline", day(3), status=5)
        self.refused("organiser", "vote", "open", id_, "--deadline", day(3), "--majority", "drei",
                     status=7)
        self.refused("organiser", "vote", "open", id_, "--deadline", day(3), "--quorum", "101",
                     status=7)
        german = ".".join(reversed(day(3).split("-")))
        self.ok("organiser", "abstimmung", "öffnen", id_, "--deadline", german + " 16:00",
                "--majority", "two-thirds")
        got = self.record("proposal", id_)
        self.assertEqual((got["state"], got["quorum"], got["majority"], got["deadline"]),
                         ("open", "50", "two-thirds", day(3) + " 16:00"))


class Voting(Base):
    def test_casting(self):
        id_ = self.opened()
        self.assertIn("runs until", self.refused("organiser", "vote", "close", id_, status=6))
        self.assertIn("no vote", self.refused("member", "vote", "cast", id_, "vielleicht", status=2))
        for name in ("guest", "outsider", "left", "invited", "curator"):
            self.refused(name, "vote", "cast", id_, "yes", status=1)
            self.refused(name, "vote", "tally", id_, status=1)
        self.assertIn("stands for nobody", self.refused("editor", "vote", "cast", id_, "yes",
                                                        status=5))
        done = self.ok("member", "abstimmung", "stimmen", id_, "nein", "--note", f"{MARK} darum")
        self.assertIn("Voted for Haus mit: no", done.err)
        self.assertEqual(self.record("ballot", f"{id_}-mit")["cast_on"], day())
        self.ok("member", "vote", "cast", id_, "ja")  # changed
        t = self.ok("organiser", "vote", "tally", id_, "--json").json
        self.assertEqual([(i["institution"], i["voted"], i["choice"]) for i in t["items"]],
                         [("mit", True, None), ("zwei", False, None)])
        self.assertEqual((t["vote"]["yes"], t["vote"]["end"], t["vote"]["secret"]),
                         (None, None, True))
        own = self.ok("member", "vote", "tally", id_, "--json").json["items"]
        self.assertEqual([i["choice"] for i in own], ["yes", None])
        for form in ((), ("--csv",), ("--json",)):
            self.assertNotIn(MARK, self.ok("second", "vote", "tally", id_, *form).out)
        self.ok("second", "vote", "cast", id_, "enthaltung")
        # a trial tells no count
        trial = self.ok("organiser", "vote", "close", id_, "--dry-run", "--json").json
        self.assertEqual([trial["vote"][k] for k in ("yes", "no", "end", "result", "closed_on",
                                                     "state")], [None] * 5 + ["open"])
        self.assertEqual([i["choice"] for i in trial["items"]], [None, None])
        done = self.ok("organiser", "abstimmung", "schließen", id_)
        self.assertIn("iqq commitment add", done.err)
        got = self.record("proposal", id_)
        self.assertEqual((got["state"], got["result"], got["closed_on"]),
                         ("passed", "yes=1 no=0 abstain=1 votes=2 quorum=1", day()))
        self.assertIn("closed", self.refused("member", "vote", "cast", id_, "no", status=6))
        self.assertIn("closed already", self.refused("organiser", "vote", "close", id_, status=6))
        t = self.ok("second", "abstimmung", "ergebnis", id_, "--json").json
        self.assertEqual([i["choice"] for i in t["items"]], ["yes", "abstain"])

    def test_deputy(self):
        """A deputy is told so; the representative's vote stands."""
        id_ = self.opened()
        self.do(self.iqq, "set", "membership", "m-zwei", "deputy=zwei-dep")
        self.assertIn("as deputy", self.ok("deputy", "vote", "cast", id_, "no").err)
        self.assertEqual(self.record("ballot", f"{id_}-zwei")["as"], "deputy")
        self.ok("second", "vote", "cast", id_, "yes")
        self.assertIn("that stands", self.refused("deputy", "vote", "cast", id_, "no", status=6))
        self.ok("member", "vote", "cast", id_, "no")
        self.ok("organiser", "vote", "close", id_)
        t = self.ok("member", "vote", "tally", id_, "--json").json
        self.assertEqual((t["vote"]["state"], t["vote"]["end"]), ("rejected", "tie"))

    def test_forms(self):
        id_ = self.opened()
        self.both(id_, "no", "no")
        self.ok("organiser", "vote", "close", id_)
        rows = self.ok("member", "vote", "tally", id_, "--csv").out.splitlines()
        self.assertEqual(rows[0], "institution,name,voted,choice,as,cast_on,lost")
        self.assertEqual(rows[1], f"mit,Haus mit,yes,no,representative,{day()},")
        for lang in ("de", "en"):
            done = self.people["member"].terminal("vote", "tally", id_, "--lang", lang)
            self.assertExit(done, 0)
            lines = re.sub(r"\x1b\[[0-9;]*m", "", done.out).splitlines()
            self.assertLessEqual(max(map(len, lines)), 80, done.out)
        picked = self.ok("member", "vote", "tally", id_, "--json=institution,choice").json
        self.assertEqual(picked["items"][0], {"institution": "mit", "choice": "no"})


class Changing(Base):
    def history(self, name, kind, id_):
        return self.people[name].json("history", kind, id_)["items"]

    def test_applied(self):
        id_ = self.opened("--change", CHANGE, "--change", "set institution zwei hours='Mo'",
                          "--change", "set responsibility r-mit source=Beschluss")
        self.both(id_)
        trial = self.ok("organiser", "vote", "close", id_, "--dry-run", "--json").json
        self.assertEqual({c["column"] for c in trial["changes"]},
                         {"statuses", "note", "source", "hours"})
        self.assertEqual(self.record("responsibility", "r-mit")["note"], "")
        answer = self.ok("organiser", "vote", "close", id_, "--json").json
        self.assertEqual({c["kind"] for c in answer["changes"]},
                         {"responsibility", "institution", "proposal"})
        got = self.record("responsibility", "r-mit")
        self.assertEqual((got["statuses"], got["note"], got["source"]),
                         (["duldung"], 'für "alle"', "Beschluss"))
        # one change: with the closing, by who closed, in the name of the proposal
        self.assertEqual({self.record(k, i)["revision"] for k, i in (
            ("responsibility", "r-mit"), ("institution", "zwei"), ("proposal", id_))},
            {answer["revision"]})
        last = self.history("member", "responsibility", "r-mit")[0]
        self.assertEqual((last["operation"], last["principal"], last["reason"]),
                         ("vote-close", "organiser", f"proposal {id_}"))
        # whoever must not know of the proposal, reads of a vote and no more
        for name in ("outsider", "guest", "curator"):
            last = self.history(name, "responsibility", "r-mit")[0]
            self.assertEqual((last["operation"], last["reason"]), ("vote-close", ""), name)

    def test_added(self):
        """A gap is taken: the record that nobody had."""
        new = f"add responsibility r-neu institution=zwei {NEW} statuses=duldung"
        id_ = self.opened("--change", new)
        taken = self.opened("--change", new.replace("r-neu", "r-neu-2"))
        self.both(id_)
        self.both(taken)
        answer = self.ok("organiser", "vote", "close", id_, "--json").json
        self.assertIn(("responsibility", "r-neu"),
                      {(c["kind"], c["id"]) for c in answer["changes"]})
        got = self.record("responsibility", "r-neu")
        self.assertEqual((got["institution"], got["statuses"], got["revision"]),
                         ("zwei", ["duldung"], answer["revision"]))
        # somebody was quicker
        self.do(self.iqq, "add", "responsibility", "r-neu-2", "institution=mit", "task=beratung",
                "region=stadt", "role=support")
        self.assertIn("There is a record with this id already",
                      self.refused("organiser", "vote", "close", taken, status=6))
        self.assertEqual(self.record("responsibility", "r-neu-2")["institution"], "mit")
        self.assertEqual(self.record("proposal", taken)["state"], "conflict")

    def test_rejected(self):
        id_ = self.opened("--change", "set institution mit hours=nie")
        self.both(id_, "yes", "no")
        self.assertEqual(self.ok("organiser", "vote", "close", id_, "--json").json["vote"]["end"],
                         "tie")
        self.assertNotEqual(self.record("institution", "mit")["hours"], "nie")

    def test_conflict(self):
        id_ = self.opened("--change", "set responsibility r-zwei note=neu", "--change",
                          "set institution mit email=neu@example.org")
        self.both(id_)
        # confirming a record, or who the contact persons are, is another matter
        self.do(self.iqq, "confirm", "responsibility", "r-zwei")
        self.do(self.iqq, "set", "responsibility", "r-zwei", "role=advice")
        err = self.refused("organiser", "vote", "close", id_, status=6)
        self.assertIn("nothing of it was applied", err)
        self.assertIn("advice", err)
        got = self.record("proposal", id_)
        self.assertEqual((got["state"], got["result"]),
                         ("conflict", "yes=2 no=0 abstain=0 votes=2 quorum=1"))
        self.assertEqual(self.record("institution", "mit")["email"], "")
        self.assertIn("closed", self.refused("member", "vote", "cast", id_, "no", status=6))
        # nothing has changed: the same again, and nothing is written
        before = self.iqq.json("status")["revision"]
        done = self.people["organiser"]("vote", "close", id_, "--json")
        self.assertExit(done, 6)
        conflict = json.loads(done.out)["error"]["conflicts"][0]
        self.assertEqual((conflict["id"], conflict["column"], conflict["theirs"]),
                         ("r-zwei", "role", "advice"))
        self.assertEqual(self.iqq.json("status")["revision"], before)
        self.do(self.iqq, "set", "responsibility", "r-zwei", "role=provider")
        self.ok("organiser", "vote", "close", id_)
        self.assertEqual(self.record("responsibility", "r-zwei")["note"], "neu")
        self.assertEqual(self.record("institution", "mit")["email"], "neu@example.org")
        self.assertEqual(self.record("proposal", id_)["result"],
                         "yes=2 no=0 abstain=0 votes=2 quorum=1")

    def test_not_valid_any_more(self):
        """A record that is gone; a status that is."""
        self.do(self.iqq, "add", "status", "neuer-status", "name_de=Neu")
        self.do(self.iqq, "add", "responsibility", "r-weg", "institution=mit", "task=beratung",
                "region=stadt", "role=support")
        first = self.opened("--change", "set responsibility r-weg note=a")
        second = self.opened("--change", "set responsibility r-zwei statuses=neuer-status")
        for id_ in (first, second):
            self.both(id_)
        self.do(self.iqq, "delete", "responsibility", "r-weg", "--yes")
        self.do(self.iqq, "delete", "status", "neuer-status", "--yes")
        for id_, words in ((first, "r-weg"), (second, "changes[2].statuses")):
            self.assertIn(words, self.refused("organiser", "vote", "close", id_, status=6))
            self.assertEqual(self.record("proposal", id_)["state"], "conflict")
        done = self.people["organiser"]("vote", "close", second, "--json")
        self.assertEqual(json.loads(done.out)["error"]["rows"][0]["column"], "changes[2].statuses")
        self.ok("editor", "proposal", "withdraw", second)
        self.assertEqual(self.record("proposal", second)["state"], "withdrawn")

    def test_left_before_closing(self):
        """What belongs to somebody who had no vote at closing stays as it is."""
        id_ = self.opened("--change", "set responsibility r-zwei legal_basis=x")
        self.both(id_)
        self.do(self.iqq, "set", "membership", "m-zwei", "decides=no")
        err = self.refused("organiser", "vote", "close", id_, status=6)
        self.assertIn("may vote", err)
        self.do(self.iqq, "set", "membership", "m-zwei", "decides=yes")
        # it counts who had a vote when it was closed
        self.refused("organiser", "vote", "close", id_, status=6)


if __name__ == "__main__":
    iqtest.main()
