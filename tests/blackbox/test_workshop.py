# SPDX-License-Identifier: Apache-2.0
"""iqq workshop, topic, commitment: set up, invite, accept, leave, dissolve; what is brought, owed,
kept; who may not; what a reader of another language or a machine gets."""

import json
import unittest

import iqtest
from circle_world import MARK, World, day

NEW = "neue-runde-sued"


class Workshop(World):
    """One story in steps; the tests run in the order of their names."""

    def ok(self, who, *args, status=0):
        return self.do(self.people[who], *args, status=status)

    def refused(self, who, *args, code):
        done = self.people[who](*args, "--json")
        self.assertNotEqual(done.exit, 0, done)
        error = json.loads(done.out)["error"]
        self.assertEqual(error["code"], code, done)
        return error

    def record(self, kind, id_, who="coordinator"):
        return self.people[who].json("get", kind, id_)["items"][0]

    # ---- workshops

    def test_01_create(self):
        self.refused("outsider", "workshop", "create", "Fremde", "--region", "Stadt", code="denied")
        self.refused("coordinator", "workshop", "create", "Ohne Ort", code="usage")
        self.refused("coordinator", "workshop", "create", "X", "-r", "nirgendwo",
                     code="unknown-term")
        done = self.ok("coordinator", "workshop", "create", "Neue Runde Süd", "--region", "Stadt",
                       "--organiser", "orga", "--organiser", "Haus zwei", "--goals", "Reden",
                       "--size", "1", "--dry-run")
        self.assertIn("--dry-run", done.err)
        self.assertEqual(self.people["coordinator"]("get", "workshop", NEW).exit, 1)
        self.ok("coordinator", "werkstatt", "gruenden", "Neue Runde Süd", "--region", "Stadt",
                "--organiser", "orga", "--organiser", "Haus zwei", "--goals", "Reden",
                "--size", "1")
        got = self.record("workshop", NEW)
        self.assertEqual((got["region"], got["organisers"], got["size"]),
                         ("stadt", ["orga", "zwei"], "1"))
        # a second one of the same name gets an id of its own
        self.ok("coordinator", "workshop", "create", "Neue Runde Süd", "--region", "stadt",
                "--dry-run")
        done = self.ok("coordinator", "workshop", "create", "Neue Runde Süd", "-r", "stadt",
                       "--dry-run", "--json")
        self.assertEqual({i["id"] for i in json.loads(done.out)["items"]}, {NEW + "-2"})

    def test_02_find(self):
        """By id, name, place, a part, without umlauts; several are named."""
        for word in (NEW, "Neue Runde Süd", "neue runde sued", "sud", "neue"):
            done = self.people["outsider"].json("workshop", "show", word)
            self.assertEqual([i["id"] for i in done["items"]], [NEW], word)
        self.assertEqual(self.people["outsider"].json("workshop", "show", "Ferne")["items"][0]["id"],
                         "andere")
        # all of a name comes before a part of one
        self.assertEqual(self.people["outsider"].json("workshop", "show", "Runde")["items"][0]["id"],
                         "runde")
        error = self.refused("outsider", "workshop", "show", "Stadt", code="ambiguous-term")
        self.assertEqual({c["id"] for c in error["candidates"]}, {NEW, "runde"})
        error = self.refused("outsider", "workshop", "show", code="ambiguous-term")
        self.assertEqual({c["id"] for c in error["candidates"]}, {NEW, "runde", "andere"})
        done = self.people["outsider"]("workshop", "show")
        self.assertIn("iqq workshop show --workshop runde", done.err)
        self.assertEqual(self.people["member"].json("workshop", "show")["items"][0]["id"], "runde")
        error = self.refused("outsider", "workshop", "show", "gibtsnicht", code="unknown-term")
        self.assertEqual(error["candidates"], [])
        error = self.refused("outsider", "workshop", "show", "ruhnde", code="unknown-term")
        self.assertEqual([c["id"] for c in error["candidates"]], ["runde"])
        self.refused("outsider", "workshop", "show", "runde", "--workshop", NEW, code="usage")
        hits = self.people["outsider"].json("search", "süd")["items"]
        self.assertIn(("workshop", NEW), [(h["kind"], h["id"]) for h in hits])
        done = self.people["outsider"]("search", "nuee runde sued")
        self.assertEqual(done.exit, 1)
        self.assertIn(NEW, done.err)

    def test_03_invite_and_accept(self):
        self.refused("outsider", "workshop", "invite", "aus", "--workshop", "neue", code="denied")
        self.ok("organiser", "workshop", "invite", "Haus mit", "--workshop", "neue")
        self.ok("organiser", "workshop", "invite", "gast", "--workshop", "neue", "--guest")
        self.refused("organiser", "workshop", "invite", "mit", "--workshop", "neue",
                     code="conflict")
        self.assertEqual(self.standings(), {"mit": "invited", "gast": "invited"})
        # the organiser cannot accept for somebody else
        self.refused("organiser", "workshop", "accept", "neue", "--institution", "mit",
                     code="denied")
        self.refused("outsider", "workshop", "accept", "neue", code="not-found")
        self.ok("editor", "workshop", "accept", "--representative", "mit-rep")
        got = self.record("membership", f"{NEW}-mit")
        self.assertEqual((got["representative"], got["accepted_from"]), ("mit-rep", day()))
        self.ok("editor", "workshop", "accept", "neue", "--deputy", "mit-zweit")
        got = self.record("membership", f"{NEW}-mit")
        self.assertEqual((got["representative"], got["deputy"]), ("mit-rep", "mit-zweit"))
        self.refused("editor", "workshop", "accept", "neue", "--deputy", "gast-rep",
                     code="rejected")

    def standings(self):
        item = self.people["coordinator"].json("workshop", "show", NEW)["items"][0]
        return {m["institution"]: m["standing"] for m in item["memberships"]}

    def test_04_size(self):
        """More than the guideline is a warning, told again when the request is repeated."""
        done = self.ok("hosteditor", "workshop", "accept", "--dry-run", "--json")
        self.assertEqual(len(json.loads(done.out)["warnings"]), 1)
        done = self.ok("hosteditor", "workshop", "accept", "--json")
        warnings = json.loads(done.out)["warnings"]
        self.assertEqual([w["column"] for w in warnings], ["accepted_from"])
        self.assertIn("2", warnings[0]["reason"])
        self.assertIn(warnings[0]["reason"], done.err)
        self.assertEqual(self.standings(), {"mit": "member", "gast": "guest"})
        # whoever is in already is no news
        done = self.ok("hosteditor", "set", "membership", f"{NEW}-gast", "representative=gast-rep",
                       "--json")
        self.assertNotIn("warnings", json.loads(done.out))

    def test_04_size_again(self):
        """The same request once more gets the same answer, with its warning."""
        key, certificate, _ = self.people["hosteditor"].files()
        raw = iqtest.Raw(self.server, certificate, key)
        self.addCleanup(raw.close)
        fields = {"accepted_from": "", "accepted_to": ""}
        raw.write("SET", "membership", f"{NEW}-gast", fields)
        answers = [raw.write("SET", "membership", f"{NEW}-gast", {"accepted_from": day(-9)},
                             request_id=b"once-and-once-on") for _ in range(2)]
        self.assertEqual([bool(a.get("replayed")) for a in answers], [False, True])
        self.assertEqual(answers[0]["revision"], answers[1]["revision"])
        for answer in answers:
            self.assertEqual([w["args"] for w in answer["warnings"]], [["2", "1"]])

    def test_05_guest_becomes_member(self):
        self.ok("organiser", "workshop", "invite", "gast", "--workshop", "neue")
        self.assertEqual(self.standings(), {"mit": "member", "gast": "invited"})
        self.ok("hosteditor", "workshop", "accept", NEW, "--from", day(-5))
        self.assertEqual(self.standings(), {"mit": "member", "gast": "member"})

    def test_06_leave(self):
        self.refused("outsider", "workshop", "leave", "neue", code="not-found")
        self.refused("hosteditor", "workshop", "leave", NEW, "--on", "bald", code="usage")
        done = self.people["hosteditor"].terminal("workshop", "leave", "neue", "--no-input")
        self.assertEqual(done.exit, 2, done)
        self.ok("hosteditor", "werkstatt", "verlassen", "neue", "--on", day(-1))
        self.assertEqual(self.standings(), {"mit": "member"})
        self.ok("editor", "workshop", "leave", "neue", "--on", day(3))
        self.assertEqual(self.standings(), {"mit": "member"})
        self.assertEqual(self.record("membership", f"{NEW}-mit")["accepted_to"], day(3))
        # whoever comes back gets a new record
        self.ok("organiser", "workshop", "invite", "gast", "--workshop", "neue")
        self.assertEqual(self.record("membership", f"{NEW}-gast-2")["institution"], "gast")
        self.refused("hosteditor", "workshop", "leave", "neue", code="conflict")

    def test_07_hand_over(self):
        self.refused("editor", "workshop", "organiser", "mit", "--workshop", "neue", code="denied")
        self.ok("organiser", "workshop", "organiser", "mit", "--also", "--workshop", "neue")
        self.assertEqual(self.record("workshop", NEW)["organisers"], ["orga", "zwei", "mit"])
        self.ok("organiser", "workshop", "organiser", "Haus mit", "--workshop", "neue")
        self.assertEqual(self.record("workshop", NEW)["organisers"], ["mit"])
        self.refused("organiser", "workshop", "organiser", "orga", "--workshop", "neue",
                     code="denied")

    def test_08_list(self):
        rows = {r["id"]: r for r in self.people["editor"].json("workshop", "list")["items"]}
        self.assertEqual(set(rows), {"runde", "andere", NEW})
        self.assertEqual((rows["runde"]["members"], rows["runde"]["guests"],
                          rows["runde"]["invited"]), (2, 1, 1))
        self.assertEqual((rows["runde"]["standing"], rows[NEW]["standing"],
                          rows["andere"]["standing"]), ("member", "organiser", ""))
        done = self.ok("editor", "workshop", "list", "--csv")
        self.assertEqual(done.out.split("\n")[0], "id,name,region,organisers,members,guests,"
                         "invited,standing,valid_from,valid_to")

    def test_09_dissolve(self):
        self.refused("outsider", "workshop", "dissolve", "neue", code="denied")
        self.ok("editor", "topic", "add", "Letztes", "--workshop", "neue", "--institution", "mit")
        self.ok("editor", "workshop", "dissolve", "neue", "--on", day(-1))
        rows = {r["id"] for r in self.people["editor"].json("workshop", "list")["items"]}
        self.assertEqual(rows, {"runde", "andere"})
        rows = {r["id"] for r in self.people["editor"].json("workshop", "list", "--all")["items"]}
        self.assertIn(NEW, rows)
        # members see nothing of it any more, coordinators do
        self.assertEqual(self.people["member"].json("topic", "list", NEW)["items"], [])
        self.assertEqual(len(self.people["coordinator"].json("topic", "list", NEW)["items"]), 1)

    def test_10_outsiders_see_who_takes_part(self):
        item = self.people["outsider"].json("workshop", "show", "runde")["items"][0]
        self.assertEqual({m["institution"] for m in item["memberships"]},
                         {"mit", "zwei", "gast", "lad"})
        for key in ("topics", "meetings", "proposals", "commitments"):
            self.assertEqual(item[key], [], key)
        item = self.people["member"].json("workshop", "show", "runde")["items"][0]
        self.assertEqual([p["id"] for p in item["proposals"]], ["intern-laeuft"])
        self.assertEqual([p["id"] for p in item["topics"]], ["intern-anliegen"])
        for who, seen in (("outsider", False), ("guest", False), ("member", True)):
            shown = self.people[who].terminal("workshop", "show", "runde", "--lang", "de")
            self.assertEqual(shown.exit, 0, shown)
            self.assertEqual(MARK in shown.out, seen, shown)
            self.assertIn("Mitglieder (2)", shown.out)

    def test_11_people(self):
        """Who represents a member is named to those who may see it, and only with a reason."""
        self.ok("editor", "workshop", "accept", "runde", "--representative", "mit-kreis")
        name = "Erika Kreis"
        args = ("workshop", "show", "runde")
        self.assertNotIn(name, self.people["second"].terminal(*args).out)
        self.assertIn(name, self.people["second"].terminal(*args, "--reason", "workshop").out)
        self.assertEqual(self.people["second"].terminal(*args, "--reason", "quatsch").exit, 2)
        for who in ("guest", "outsider", "invited"):
            shown = self.people[who].terminal(*args, "--reason", "workshop").out
            self.assertIn("Haus mit", shown)
            self.assertNotIn(name, shown, who)
            self.assertNotIn("mit-kreis", shown, who)
        self.ok("editor", "workshop", "accept", "runde", "--representative", "mit-rep")

    def test_12_invitation_taken_back(self):
        self.ok("organiser", "workshop", "invite", "aus", "--workshop", "runde")
        error = self.refused("organiser", "workshop", "invite", "aus", "--workshop", "runde",
                             code="conflict")
        self.assertIn("iqq delete membership runde-aus", error["hint"])
        self.ok("organiser", "delete", "membership", "runde-aus")
        self.refused("outsider", "workshop", "accept", code="not-found")

    # ---- topics

    def test_20_topics(self):
        id_ = "runde-wartezeiten-der-aemter"
        self.refused("guest", "topic", "add", "Nein", "--workshop", "runde", code="denied")
        self.ok("member", "topic", "add", "Wartezeiten der Ämter", "--text", "Drei Monate",
                "--task", "Beratung", "--workshop", "runde")
        got = self.record("topic", id_, "second")
        self.assertEqual((got["institution"], got["state"], got["task"], got["opened_on"]),
                         ("mit", "open", "beratung", day()))
        self.refused("member", "topic", "discussed", id_, code="denied")
        self.ok("organiser", "topic", "discussed", id_)
        self.refused("member", "topic", "close", id_, code="usage")
        self.ok("member", "anliegen", "abschliessen", id_, "--lesson", "Früher fragen")
        got = self.record("topic", id_)
        self.assertEqual((got["state"], got["closed_on"], got["lesson_de"]),
                         ("closed", day(), "Früher fragen"))
        self.assertEqual([t["id"] for t in self.people["member"].json("topic", "list")["items"]],
                         ["intern-anliegen"])
        ids = {t["id"] for t in self.people["member"].json("topic", "list", "--all")["items"]}
        self.assertEqual(ids, {"intern-anliegen", id_})
        self.refused("member", "topic", "close", id_, "--lesson", "Anders", code="rejected")
        self.refused("outsider", "topic", "close", id_, "--lesson", "", code="not-found")

    # ---- commitments

    def test_30_commitments(self):
        late, soon = "runde-war-gestern", "runde-samstags-oeffnen"
        self.refused("editor", "commitment", "add", "Für andere", "-i", "zwei", "--workshop",
                     "runde", code="denied")
        self.ok("organiser", "commitment", "add", "War gestern", "-i", "mit", "--due", day(-1),
                "--workshop", "runde")
        self.ok("organiser", "commitment", "add", "Samstags öffnen", "-i", "mit", "-i",
                "Haus zwei", "--due", day(14), "--proposal", "intern-vorbei")
        self.assertEqual(self.record("commitment", soon)["institutions"], ["mit", "zwei"])
        items = self.people["member"].json("commitment", "due")["items"]
        self.assertEqual([(i["id"], i["state"]) for i in items], [(late, "late"), (soon, "open")])
        items = self.people["member"].json("commitment", "due", "--within", "13")["items"]
        self.assertEqual([i["id"] for i in items], [late])
        items = self.people["member"].json("commitment", "due", "-i", "zwei")["items"]
        self.assertEqual([i["id"] for i in items], [soon])
        # written only with the next change, whatever it is
        self.assertEqual(self.record("commitment", late)["state"], "open")
        done = self.ok("organiser", "set", "commitment", late, "text_de=War vorgestern", "--json")
        self.assertEqual({c["column"]: c["after"] for c in json.loads(done.out)["items"]},
                         {"text_de": "War vorgestern", "state": "late"})
        # put off in time: never late
        self.ok("organiser", "commitment", "defer", soon, "--due", day(40))
        self.assertEqual((self.record("commitment", soon)["state"],
                          self.record("commitment", soon)["due"]), ("open", day(40)))
        self.refused("editor", "commitment", "defer", soon, "--due", day(50), code="denied")

    def test_30_ids(self):
        """Of whatever the text is made, the id is one, and within its limit."""
        for text, id_ in (("Sehr " * 30, None), ("???", "runde"), ("Ł", "runde-l"),
                          ("مرحبا", None)):
            with self.subTest(text=text):
                done = self.ok("organiser", "commitment", "add", text, "-i", "mit", "--workshop",
                               "runde", "--dry-run", "--json")
                got = {i["id"] for i in json.loads(done.out)["items"]}
                self.assertEqual(len(got), 1)
                self.assertRegex(got.copy().pop(), r"^[a-z0-9]+(-[a-z0-9]+)*$")
                if id_:
                    self.assertEqual(got, {id_})

    def test_31_reminder(self):
        done = self.ok("member", "absprache", "fällig", "--for", "Haus mit", "--lang", "de")
        self.assertIn("Überfällig", done.out)
        self.assertIn("War vorgestern", done.out)
        self.assertNotIn("Samstags", done.out)
        self.assertTrue(all(len(line) <= 80 for line in done.out.split("\n")), done.out)
        done = self.ok("member", "commitment", "due", "--for", "gast", status=1)
        self.assertEqual(done.out, "")
        # a guest is reminded of its own
        done = self.ok("guest", "commitment", "due", "--within", "40", "--csv")
        self.assertEqual([line.split(",")[0] for line in done.out.split("\n")[1:-1]],
                         ["gast-zusage"])
        self.assertEqual(self.people["outsider"].json("commitment", "list")["items"], [])
        self.assertEqual(self.people["outsider"].json("topic", "list")["items"], [])
        done = self.ok("outsider", "commitment", "due", "--within", "400", status=1)
        self.assertEqual(done.out, "")

    def test_32_settle(self):
        late, soon = "runde-war-gestern", "runde-samstags-oeffnen"
        self.refused("editor", "commitment", "close", late, code="usage")
        self.refused("editor", "commitment", "close", late, "--evidence", "Foto", "--dropped",
                     "doch nicht", code="usage")
        self.refused("editor", "commitment", "close", late, "--dropped", "", code="usage")
        self.refused("organiser", "commitment", "close", late, "--evidence", "x", code="denied")
        self.ok("editor", "commitment", "close", late, "--evidence", "Foto")
        got = self.record("commitment", late)
        self.assertEqual((got["state"], got["evidence"], got["settled_on"]),
                         ("kept", "Foto", day()))
        self.ok("organiser", "absprache", "abschliessen", soon, "--dropped", "Kein Personal")
        got = self.record("commitment", soon)
        self.assertEqual((got["state"], got["reason"]), ("dropped", "Kein Personal"))
        self.refused("editor", "commitment", "close", soon, "--evidence", "doch", code="rejected")
        items = self.people["member"].json("commitment", "list", "runde")["items"]
        self.assertEqual({i["id"] for i in items}, {"intern-zusage", "gast-zusage"})
        items = self.people["member"].json("commitment", "list", "--all")["items"]
        self.assertEqual({i["id"] for i in items}, {"intern-zusage", "gast-zusage", late, soon})

    # ---- wrong words

    def test_40_words(self):
        for args in (("workshop", "dissolv"), ("workshop", "invite"),
                     ("workshop", "show", "a", "b"), ("workshop", "show", "--guest"),
                     ("topic", "add", "ein", "zwei"), ("commitment", "due", "--dropped", "x"),
                     ("commitment", "add", "x", "--due", "31.02.2027", "--workshop", "runde")):
            with self.subTest(args=args):
                self.refused("member", *args, code="usage")
        done = self.people["member"]("werkstatt", "aufloes", "--lang", "de")
        self.assertIn("aufloesen", done.err)


if __name__ == "__main__":
    unittest.main()
