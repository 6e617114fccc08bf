# SPDX-License-Identifier: Apache-2.0
"""Who may do what in a workshop, cell by cell: circle_rights.csv against a running daemon. `yes`: for
any institution; `own`: for the own institution, not for another; `no`: for neither."""

import csv
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "blackbox"))

import iqtest  # noqa: E402
from circle_world import MEMBERS, World, day, folder, text  # noqa: E402

OWN = {"organiser": "orga", "member": "mit", "editor": "mit", "guest": "gast",
       "hosteditor": "gast", "invited": "lad", "left": "weg", "outsider": "aus"}
OTHER = "zwei"
EVERYBODY = ("mit", "zwei", "orga", "gast", "lad", "weg", "aus")


def read_table():
    with open(os.path.join(HERE, "circle_rights.csv"), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def more_files():
    """A record of each sort for each institution."""
    return {
        "topics": text("id workshop institution name_de",
                       *(f"t-{i},runde,{i},Anliegen {i}" for i in EVERYBODY)),
        "meetings": text("id workshop date", f"m-offen,runde,{day(9)}"),
        "proposals": text("id workshop institution text_de state majority quorum deadline",
                          *(f"p-{i},runde,{i},Vorschlag {i},draft,simple,50,{day(3)}"
                            for i in EVERYBODY),
                          f"p-offen,runde,zwei,Läuft,open,simple,50,{day(3)}",
                          f"p-faellig,runde,zwei,Fällig,open,simple,50,{day(-1)}"),
        "commitments": text("id workshop institutions text_de due",
                            *(f"c-{i},runde,{i},Zusage {i},{day(9)}" for i in EVERYBODY)),
    }


class Cells(World):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.do(cls.iqq, "import", folder(cls, more_files()), "--reason", "test")
        cls.table = read_table()

    def attempt(self, deed, institution):
        """The command that does it for the institution."""
        kind, what = deed.split(" ", 1)
        words = what.split()
        if kind == "membership" and what != "invite" and institution not in MEMBERS:
            institution = "mit"
        at = {"topic": f"t-{institution}", "meeting": "m-offen", "proposal": f"p-{institution}",
              "commitment": f"c-{institution}", "membership": f"m-{institution}",
              "workshop": "runde"}.get(kind, "")
        new = {"topic": ("workshop=runde", f"institution={institution}", "name_de=Neu"),
               "meeting": ("workshop=runde", f"date={day(3)}"),
               "proposal": ("workshop=runde", f"institution={institution}", "text_de=Neu"),
               "ballot": ("proposal=p-offen", f"institution={institution}", "choice=yes",
                          f"contact={institution}-rep", "as=representative", f"cast_on={day()}"),
               "commitment": ("workshop=runde", f"institutions={institution}", "text_de=Neu"),
               "workshop": ("region=stadt", "name_de=Neu", f"organisers={institution}")}
        if what == "add":
            return ("add", kind, "ganz-neu", *new[kind])
        if what == "invite":
            return ("add", kind, "ganz-neu", "workshop=runde", f"institution={institution}")
        if what in ("close", "tally"):
            return ("vote", what, "p-faellig" if what == "close" else "p-offen")
        if what == "delete":
            return ("delete", kind, at)
        special = {
            "open": ("state=open",), "drop": ("state=dropped", "reason=b"),
            "leave": (f"accepted_to={day()}",), "set valid_to": (f"valid_to={day()}",),
            "set guest": ("guest=no", "accepted_from=") if institution == "gast" else ("guest=yes",),
            "put-off": ((f"deadline={day(8)}",) if kind == "proposal" else (f"due={day(19)}",))}
        if kind == "proposal" and what == "put-off":
            at = "p-offen"
        return ("set", kind, at, *(special.get(what) or words[1:]))

    def done(self, name, deed, institution):
        result = self.people[name](*self.attempt(deed, institution), "--dry-run", "--yes")
        self.assertIn(result.exit, (0, 1, 5), f"{name} {deed} {institution}: {result}")
        return result.exit == 0

    def test_cells(self):
        for row in self.table:
            deed = row["deed"]
            for name in list(row)[1:]:
                own = self.done(name, deed, OWN.get(name, "mit"))
                other = self.done(name, deed, OTHER)
                with self.subTest(deed=deed, who=name):
                    got = {(True, True): "yes", (True, False): "own",
                           (False, False): "no"}.get((own, other), "other only")
                    self.assertEqual(got, row[name])

    def test_table_is_whole(self):
        """Every deed of the server's table is in a row."""
        with open(os.path.join(HERE, "..", "..", "server", "rights", "circle.h"),
                  encoding="utf-8") as f:
            deeds = [w for w in ("TOPIC_ADD", "TOPIC_EDIT", "TOPIC_DISCUSS", "TOPIC_CLOSE",
                                 "TOPIC_DELETE", "MEETING", "PROPOSAL_DRAFT", "PROPOSAL_RUN",
                                 "BALLOT_CAST", "COMMITMENT_ADD", "COMMITMENT_SETTLE",
                                 "COMMITMENT_PUT_OFF", "COMMITMENT_DROP", "COMMITMENT_DELETE")]
            source = f.read()
        self.assertEqual(source.count('\n\tX('), len(deeds))
        for deed in deeds:
            self.assertIn(f"X({deed}, ", source)


class Never(World):
    """What nobody may, however much they may otherwise."""

    def setUp(self):
        self.boss = self.iqq  # every role for everything

    def refused(self, client, *args, status=None):
        done = client(*args, "--yes")
        self.assertNotEqual(done.exit, 0, done)
        if status is not None:
            self.assertEqual(done.exit, status, done)
        return done

    def test_ballots(self):
        """Ballots are cast by whoever votes, in the open; and closed is closed."""
        second = self.people["second"]
        change = ("set", "ballot", "intern-laeuft-zwei", "choice=abstain", f"cast_on={day()}")
        self.refused(self.boss, *change, status=5)
        self.refused(self.people["coordinator"], *change, status=5)
        self.refused(self.people["member"], *change, status=5)
        self.assertExit(second(*change, "--yes"), 0)
        self.refused(second, "set", "ballot", "intern-laeuft-zwei", f"cast_on={day(-3)}")
        self.refused(second, "set", "ballot", "intern-laeuft-zwei", "contact=mit-rep")
        self.refused(second, "add", "ballot", "noch-eine", "proposal=intern-laeuft",
                     "institution=zwei", "choice=yes", "contact=zwei-rep", "as=representative",
                     f"cast_on={day()}", status=6)
        for client in (self.boss, self.people["member"], self.people["coordinator"]):
            self.refused(client, "set", "ballot", "intern-vorbei-mit", "choice=no")
            self.refused(client, "delete", "ballot", "intern-vorbei-mit")
            self.refused(client, "archive", "ballot", "intern-vorbei-mit")
        late = text("id proposal institution choice", "nachtrag,intern-vorbei,zwei,no")
        self.refused(self.boss, "import", folder(self, {"ballots": late}), "--reason", "test")
        other = text("id proposal institution choice", "intern-vorbei-mit,intern-vorbei,mit,no")
        self.refused(self.boss, "import", folder(self, {"ballots": other}), "--reason", "test")
        # brought along with what was voted on, but once for each institution
        new = {"proposals": text("id workshop institution text_de state majority quorum deadline",
                                 f"alt,runde,mit,Alt,rejected,simple,50,{day(-9)}"),
               "ballots": text("id proposal institution choice", "alt-1,alt,mit,no",
                               "alt-2,alt,mit,yes")}
        done = self.refused(self.boss, "import", folder(self, new), "--reason", "test")
        self.assertIn("two ballots", done.err)
        new["ballots"] = text("id proposal institution choice", "alt-1,alt,mit,no", "alt-2,alt,zwei,no")
        self.assertExit(self.boss("import", folder(self, new), "--reason", "test"), 0)
        self.assertExit(self.boss("import", folder(self, new), "--reason", "test"), 0)
        # a proposal that is withdrawn takes no votes any more
        self.assertExit(self.people["editor"]("set", "proposal", "intern-laeuft",
                                              "state=withdrawn", "--yes"), 0)
        self.refused(second, "set", "ballot", "intern-laeuft-zwei", "choice=yes",
                     f"cast_on={day()}", status=6)

    def test_no_way_back(self):
        for kind, id_, fields in (
                ("proposal", "intern-vorbei", "state=open"),
                ("proposal", "intern-vorbei", "text_de=Anders"),
                ("proposal", "intern-vorbei", "result=yes=9"),
                ("proposal", "intern-vorbei", "workshop=andere"),
                ("topic", "intern-anliegen", "workshop=andere"),
                ("commitment", "gast-zusage", "state=dropped")):
            self.refused(self.boss, "set", kind, id_, fields)
            rows = text(f"id {fields.split('=')[0]}", f"{id_},{fields.split('=', 1)[1]}")
            self.refused(self.boss, "import", folder(self, {kind + "s": rows}), "--reason", "test")
        for state in ("passed", "rejected", "conflict"):
            self.refused(self.people["coordinator"], "set", "proposal", "intern-laeuft",
                         f"state={state}")
        self.refused(self.people["coordinator"], "set", "proposal", "intern-laeuft",
                     f"deadline={day(1)}")
        self.refused(self.people["coordinator"], "set", "proposal", "intern-laeuft", "quorum=1")
        self.refused(self.people["member"], "add", "proposal", "fertig", "workshop=runde",
                     "institution=mit", "text_de=Fertig", "state=open")

    def test_guest_becomes_member(self):
        """What a guest accepted is not what a member accepts."""
        organiser = self.people["organiser"]
        self.refused(organiser, "set", "membership", "m-gast", "guest=no", status=5)
        self.refused(self.people["hosteditor"], "set", "membership", "m-gast", "guest=no", status=5)
        self.assertExit(organiser("set", "membership", "m-gast", "guest=no", "accepted_from=",
                                  "--yes"), 0)
        self.refused(self.people["guest"], "get", "topic", "intern-anliegen", status=1)
        self.refused(organiser, "set", "membership", "m-gast", f"accepted_from={day()}", status=5)
        self.assertExit(self.people["hosteditor"]("set", "membership", "m-gast",
                                                  f"accepted_from={day()}", "--yes"), 0)
        self.assertExit(self.people["guest"]("get", "topic", "intern-anliegen"), 0)

    def test_elsewhere(self):
        """A reference into another workshop is one to nothing."""
        for topic in ("anderes", "gibt-es-nicht"):
            if topic == "anderes":
                self.assertExit(self.boss("add", "topic", topic, "workshop=andere",
                                          "institution=aus", "name_de=Anderes", "--yes"), 0)
            done = self.refused(self.people["member"], "add", "proposal", "quer", "workshop=runde",
                                "institution=mit", "text_de=Quer", f"topic={topic}")
            self.assertIn("There is no topic with this id.", done.err)


if __name__ == "__main__":
    unittest.main()
