# SPDX-License-Identifier: Apache-2.0
"""Whoever takes a seat in a workshop: the hand-over sheet, the successor, the welcome; and two
institutions that become one."""

import unicodedata
import re

import iqtest
from circle_world import MARK, WORD, World, day

GERMAN = {"IQQ_LANG": "de"}


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def width(line):
    return sum(0 if unicodedata.combining(c) else 1 for c in plain(line))


class Welcome(World):
    def item(self, name, *args):
        got = self.people[name].json("welcome", *args)
        self.assertEqual(got["total"], len(got["items"]))
        return got["items"][0]

    def test_member(self):
        got = self.item("second")
        self.assertEqual(got["workshop"]["id"], "runde")
        self.assertEqual((got["own"]["institution"], got["own"]["as"]), ("zwei", "representative"))
        self.assertEqual([m["institution"] for m in got["members"]],
                         ["zwei", "gast", "lad", "mit"])
        self.assertEqual([(m["invited"], m["guest"], m["votes"]) for m in got["members"]],
                         [(False, False, True), (False, True, False), (True, False, False),
                          (False, False, True)])
        self.assertEqual([(c["id"], c["own"], c["state"]) for c in got["commitments"]],
                         [("intern-zusage", True, "open"), ("gast-zusage", False, "open")])
        self.assertEqual([(v["id"], v["own_voted"], v["own_choice"]) for v in got["votes"]],
                         [("intern-laeuft", True, "no")])
        self.assertEqual([m["id"] for m in got["minutes"]], ["treffen"])
        self.assertIsNone(got["next_meeting"])
        got = self.item("member")
        self.assertEqual([(v["own_voted"], v["own_choice"], v["voted"]) for v in got["votes"]],
                         [(False, None, 1)])
        self.assertEqual(got["votes"][0]["command"],
                         "iqq vote cast intern-laeuft yes|no|abstain")

    def test_editor(self):
        """An editor sees it all, and is not told to vote."""
        got = self.item("editor")
        self.assertEqual((got["own"]["institution"], got["own"]["as"]), ("mit", "editor"))
        self.assertEqual([(v["own_voted"], v["command"]) for v in got["votes"]], [(False, None)])
        self.assertTrue(got["commitments"][0]["own"])

    def test_guest(self):
        got = self.item("guest")
        self.assertEqual((got["votes"], got["minutes"]), ([], []))
        self.assertEqual([c["id"] for c in got["commitments"]], ["gast-zusage"])
        self.assertEqual(got["next_meeting"]["id"], "treffen")
        self.assertEqual(got["next_meeting"]["agenda"], "Begrüßung")
        done = self.people["guest"].terminal("welcome", env=GERMAN)
        self.assertExit(done, 0, "Sie nimmt ohne Stimme teil.")
        self.assertNotRegex(done.out, WORD)
        self.assertNotIn("Laufende Abstimmungen", done.out)

    def test_outside(self):
        for name in ("outsider", "left", "curator"):
            done = self.people[name]("welcome", "runde", "--json")
            self.assertExit(done, 0)
            self.assertNotRegex(done.out + done.err, WORD)
            got = done.json["items"][0]
            self.assertEqual([got["own"], got["commitments"], got["votes"], got["minutes"],
                              got["next_meeting"]], [None, [], [], [], None], name)
            self.assertExit(self.people[name]("welcome"), 2, "Which workshop?",
                            "--workshop runde")
        self.assertExit(self.people["outsider"]("welcome", "--workshop", "runde"), 0)
        self.assertExit(self.people["outsider"]("welcome", "nirgends"), 2, "nirgends")
        done = self.people["invited"].terminal("welcome")
        self.assertExit(done, 0, "has not accepted yet", "iqq workshop accept runde")
        self.assertNotIn("Votes that run", done.out)

    def test_for_people(self):
        for columns in (60, 80, 120):
            done = self.people["member"].terminal("willkommen", "runde", columns=columns,
                                                  env=GERMAN)
            self.assertExit(done, 0, "Willkommen: Runde", "Sie vertreten: Haus mit.",
                            "Laufende Abstimmungen", "Ihre Institution hat noch nicht abgestimmt.",
                            "Offene Absprachen", "Ihrer Institution:", "Der anderen:",
                            "Nächstes Treffen", "Wer ist wer", "Haus gast (Gast)",
                            "Haus lad (eingeladen)", "Letzte Protokolle", MARK)
            self.assertLessEqual(max(map(width, done.out.splitlines())), columns, done)
        done = self.people["second"].terminal("welcome")
        self.assertExit(done, 0, "Your institution has voted: no")
        done = self.people["organiser"].terminal("welcome")
        self.assertExit(done, 0, "You do not stand for a member here.", "Votes that run")

    def test_rows(self):
        rows = [line.split(",") for line in
                self.people["member"]("welcome", "--csv").out.splitlines()]
        self.assertEqual(rows[0], "workshop part id institution text date state".split())
        self.assertEqual([r[1] for r in rows[1:]], ["member"] * 4 + ["commitment"] * 2 +
                         ["vote", "minutes"])
        self.assertIn(["runde", "vote", "intern-laeuft", "mit", f"{MARK} Vorschlag", day(5),
                       "not-voted"], rows)


class Succession(World):
    """The seat goes to a successor, and with it all that hangs on it."""

    def test_seat(self):
        sheet = self.people["editor"].json("handover", "mit-rep")["items"][0]["hanging"]
        seat = [(i["id"], i["state"], i["due"]) for i in sheet if i["what"] == "seat"]
        self.assertEqual(seat, [("intern-zusage", "open", day(30)),
                                ("intern-laeuft", "not-voted", day(5))])
        done = self.people["editor"].terminal("handover", "mit-rep", env=GERMAN)
        self.assertExit(done, 0, "Geht mit dem Sitz über", "fällig am", "noch nicht abgestimmt")
        # others see the seat, not what goes with it
        done = self.people["outsider"]("handover", "mit-rep", "--json")
        self.assertExit(done, 0)
        self.assertNotRegex(done.out, WORD)

        vote = self.people["member"]("vote", "cast", "intern-laeuft", "no")
        self.assertExit(vote, 0)
        sheet = self.people["editor"].json("handover", "mit-rep")["items"][0]["hanging"]
        self.assertIn(("intern-laeuft", "voted"),
                      [(i["id"], i.get("state")) for i in sheet])
        # nobody of another house takes the seat
        self.assertExit(self.people["editor"]("handover", "mit-rep", "zwei-rep"), 5)
        # whoever comes to a member of a workshop: its own editor agrees
        self.do(self.iqq, "principal", "add", "successor", "name=Max", "institution=mit",
                "contact=mit-zweit")
        number = str(self.iqq.json("approve")["items"][-1]["id"])
        self.do(self.people["editor"], "approve", number)
        self.enrolled("successor")
        done = self.people["editor"]("handover", "mit-rep", "mit-zweit")
        self.assertExit(done, 0, "iqq welcome")

        got = self.people["successor"].json("welcome")["items"][0]
        self.assertEqual((got["own"]["as"], got["own"]["representative"]),
                         ("representative", "mit-zweit"))
        self.assertEqual([(v["own_voted"], v["own_choice"]) for v in got["votes"]],
                         [(True, "no")])
        # the successor may change it, who left may not
        self.assertExit(self.people["successor"]("vote", "cast", "intern-laeuft", "yes"), 0)
        got = self.people["successor"].json("welcome")["items"][0]
        self.assertEqual(got["votes"][0]["own_choice"], "yes")
        done = self.people["member"]("vote", "cast", "intern-laeuft", "no")
        self.assertNotEqual(done.exit, 0, done)
        self.assertEqual(got["votes"][0]["voted"], 2)


    def test_series(self):
        """Of a series the next date; a meeting that was held is none."""
        self.do(self.people["organiser"], "add", "meeting", "serie", "workshop=runde",
                f"date={day(-10)}", "repeats=weekly", "begins=10:00")
        got = self.people["second"].json("welcome")["items"][0]["next_meeting"]
        self.assertEqual((got["id"], got["date"], got["begins"]), ("serie", day(4), "10:00"))

    def test_reason(self):
        self.assertExit(self.people["second"]("welcome", "--reason", "neugier"), 2)


class United(World):
    """Two members become one institution: one seat, one vote, one promise."""

    def test_merge(self):
        self.assertExit(self.people["member"]("vote", "cast", "intern-laeuft", "yes"), 0)
        before = self.people["organiser"].json("list", "ballot", "proposal=intern-laeuft")["items"]
        self.assertEqual({b["institution"] for b in before}, {"mit", "zwei"})
        done = self.iqq("merge", "institution", "zwei", "mit", "--dry-run")
        self.assertExit(done, 0)
        self.assertNotRegex(done.out + done.err, f"{MARK} darum")
        self.do(self.iqq, "merge", "institution", "zwei", "mit", "--yes")
        got = self.people["organiser"].json("welcome", "runde")["items"][0]
        self.assertEqual([m["institution"] for m in got["members"]], ["gast", "lad", "mit"])
        self.assertEqual([m["representative"] for m in got["members"]],
                         ["gast-rep", "lad-rep", "mit-rep"])
        ballots = self.people["organiser"].json("list", "ballot", "proposal=intern-laeuft")
        self.assertEqual([b["institution"] for b in ballots["items"]], ["mit"])
        self.assertEqual(got["votes"][0]["voted"], 1)
        own = self.people["member"].json("welcome")["items"][0]
        self.assertEqual(own["votes"][0]["own_choice"], "yes")  # its own stays
        self.assertEqual([c["institutions"] for c in own["commitments"]
                          if c["id"] == "intern-zusage"], [["mit"]])
        # the vote can be changed, and closed: everybody has voted
        self.assertExit(self.people["member"]("vote", "cast", "intern-laeuft", "no"), 0)
        self.assertExit(self.people["organiser"]("vote", "close", "intern-laeuft"), 0)
        tally = self.people["organiser"].json("vote", "tally", "intern-laeuft")["items"][0]
        self.assertIn("votes=1", self.people["organiser"].json(
            "get", "proposal", "intern-laeuft")["items"][0]["result"], tally)
        # the store is whole
        self.server.stop()
        self.server.check()


if __name__ == "__main__":
    iqtest.main()
