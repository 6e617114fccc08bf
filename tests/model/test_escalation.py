# SPDX-License-Identifier: Apache-2.0
"""Nobody gets more than was given: random people make random calls, permitted and forbidden; after
each, what the daemon did and shows is compared with access_reference.py.

A call the model forbids must be refused. A call the model permits may still be refused for other
reasons (the records would be wrong); whatever the daemon did is then done in the model.
IQ_MODEL_STEPS=N, IQ_MODEL_SEED=N; default 2,000 steps, seed 1.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
from access_reference import OUTLINE, Grant, Principal  # noqa: E402
from access_world import PURPOSE, contact, day, record  # noqa: E402
from escalation_walk import Run, Stage, rid  # noqa: E402

STEPS = int(os.environ.get("IQ_MODEL_STEPS", "2000"))
SEED = int(os.environ.get("IQ_MODEL_SEED", "1"))


class Walk(unittest.TestCase):
    def test_random_walk(self):
        run = Run(self, SEED)
        self.addCleanup(run.w.close)
        for _ in range(STEPS):
            run.step()
        run.finish()
        if os.environ.get("IQ_MODEL_TALLY"):
            for key, counts in sorted(run.tally.items()):
                print(key, counts, file=sys.stderr)


class Scenarios(unittest.TestCase):
    """The cases that are named: each step is tried, and what the person sees stays the same."""

    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.w = Stage(cls)
        cls.w.test = cls()

    @classmethod
    def tearDownClass(cls):
        cls.w.close()
        cls.w.server.stop()

    def runTest(self):
        """For the instance that reports findings of the world."""

    def setUp(self):
        self.before = {p: self.view(p) for p in self.w.people}

    def tearDown(self):
        after = {p: self.view(p) for p in self.before}
        self.assertEqual(after, self.before, "somebody sees more or less than before")

    def view(self, name):
        return {c: self.w.daemon_sees(name, c) for c in self.w.records["contact"]}

    def refused(self, got, *codes):
        code, answer = got
        self.assertIn(code, codes or ("denied", "not-found"), answer)

    def raw(self, operation, message):
        return self.w.root.call(operation, {"request_id": rid(), **message})

    def root_set(self, kind, id_, **fields):
        m = self.raw("write", {"verb": "SET", "kind": kind, "id": id_, "reason": "correction",
                               "fields": [{"key": k, "value": v} for k, v in fields.items()]})
        if m["approval"]:
            self.w.approve(m["approval"])

    def test_editor_moves_its_institution(self):
        for fields in ({"region": "stadt-a1"}, {"region": "kreis-a"}, {"parent": "amt-a"},
                       {"kind": ""}):
            self.refused(self.w.write("ed-b", "SET", "institution", "dienst-b", fields))
        self.refused(self.w.write("ed-a", "SET", "institution", "amt-a-team", {"parent": ""}))
        self.refused(self.w.write("ed-a", "SET", "institution", "dienst-b", {"parent": "amt-a"}))
        self.refused(self.w.write("ed-a", "ADD", "institution", "amt-a-neu", {
            "name_de": "Neu", "parent": "amt-a", "kind": "amt", "region": "stadt-b1"}))
        self.refused(self.w.write("ed-a", "MERGE", "institution", "dienst-b", into="amt-a"))
        files = [("institutions.csv", "institution", ["id", "name_de", "parent"],
                  [(2, ["dienst-b", "Dienst-B", "amt-a"])])]
        for who in ("ed-b", "ed-a", "co-a", "kurator"):
            self.assertIn(self.w.load_as(who, files), ("denied", "not-found", "rejected"), who)

    def test_admin_moves_across_its_border(self):
        """adm-a has kreis-a: nothing comes in, nothing goes out."""
        self.refused(self.w.write("adm-a", "SET", "institution", "dienst-b",
                                  {"region": "stadt-a1"}))
        self.refused(self.w.write("adm-a", "SET", "institution", "werk-a2",
                                  {"region": "stadt-b1"}))
        self.refused(self.w.write("adm-a", "SET", "institution", "werk-a2",
                                  {"parent": "dienst-b"}))
        self.refused(self.w.write("adm-a", "SET", "institution", "dienst-b", {"parent": "amt-a"}))

    def test_coordinator_founds_a_workshop_around_somebody(self):
        code, _ = self.w.write("co-a", "ADD", "workshop", "falle",
                               {"region": "kreis-a", "name_de": "Falle"})
        self.assertEqual(code, "ok")
        for n, (institution, more) in enumerate((
                ("amt-a", {"accepted_from": "2026-01-01"}),
                ("amt-a", {"accepted_from": day(0), "representative": "werk-a2-rep"}),
                ("werk-a2", {"accepted_from": day(0), "representative": "werk-a2-rep"}))):
            code, _ = self.w.write("co-a", "ADD", "membership", f"falle-{n}", {
                "workshop": "falle", "institution": institution, **more})
            self.assertNotEqual(code, "ok", (institution, more))
        for institution in ("amt-a", "werk-a2"):
            id_ = "falle-" + institution
            code, _ = self.w.write("co-a", "ADD", "membership", id_, {
                "workshop": "falle", "institution": institution})
            self.assertEqual(code, "ok")
            for fields in ({"accepted_from": day(0)}, {"representative": "werk-a2-rep"},
                           {"deputy": "werk-a2-rep"}):
                self.refused(self.w.write("co-a", "SET", "membership", id_, fields))
        # an accepted membership must not be carried to another workshop or institution
        for fields in ({"workshop": "falle"}, {"institution": "werk-a2"},
                       {"representative": "werk-a2-rep"}):
            self.refused(self.w.write("co-a", "SET", "membership", "runde-1-amt-a", fields))
        files = [("memberships.csv", "membership",
                  ["id", "workshop", "institution", "representative", "accepted_from"],
                  [(2, ["falle-amt-a", "falle", "amt-a", "werk-a2-rep", "2026-01-01"])])]
        self.assertNotEqual(self.w.load_as("co-a", files), "ok")

    def printed(self, who, edition, region):
        """Contact persons by class; print_edition() compares them with the model."""
        got = self.w.print_edition(self.w.people[who], edition, region, strays=True)
        self.assertEqual(got, "ok")
        return {r["visibility"] for c, r in self.w.records["contact"].items()
                if r["name"] and r["name"].encode() in self.w.wire(who).seen}

    def added(self, who, kind, id_, fields):
        code, _ = self.w.write(who, "ADD", kind, id_, fields)
        self.assertEqual(code, "ok", (who, kind, id_))
        self.addCleanup(self.w.root.call, "write", {
            "request_id": rid(), "verb": "DELETE", "kind": kind, "id": id_})
        self.w.records[kind][id_] = record(kind, id=id_, **fields)
        self.addCleanup(self.w.records[kind].pop, id_)

    def test_workshop_founded_to_print_its_members(self):
        """A workshop with a straw member neither opens others' persons nor adds readers who see
        more than they may."""
        self.assertIn("workshop", self.printed("ed-a", "members", "kreis-a"))
        self.added("co-a", "workshop", "druck", {"region": "kreis-a", "name_de": "Druck"})
        self.assertIn("workshop", self.printed("ed-a", "members", "kreis-a"))
        self.added("co-a", "membership", "druck-amt", {"workshop": "druck", "institution": "amt-a"})
        self.added("co-a", "membership", "druck-werk", {
            "workshop": "druck", "institution": "werk-a2"})
        fields = {"accepted_from": day(0), "representative": "werk-a2-rep"}
        self.assertEqual(self.w.write("ed-werk", "SET", "membership", "druck-werk", fields)[0],
                         "ok")
        self.w.records["membership"]["druck-werk"].update(fields)
        for who in ("co-a", "ed-werk", "kurator", "co-b", "ed-b"):
            seen = self.printed(who, "members", "kreis-a")
            self.assertLessEqual(seen, {"public", "partners"}, who)
        # amt-a's own editor may see its people, readers from werk-a2 may not
        self.assertLessEqual(self.printed("ed-a", "members", "kreis-a"), {"public", "partners"})

    def test_area_made_to_print_it(self):
        """Who draws a wide area prints of it what was open before."""
        self.added("kurator", "region", "alles", {"kind": "area", "members": "land",
                                                  "name_de": "Alles"})
        self.assertEqual(self.printed("kurator", "partners", "alles"), {"public"})
        self.assertEqual(self.printed("kurator", "members", "alles"), {"public"})
        for who in ("co-a", "co-b", "ed-a", "ed-b", "ed-werk"):
            for edition in ("public", "partners", "members"):
                for region in ("alles", "land", "gebiet", "kreis-a", "kreis-b", "stadt-b1"):
                    self.assertNotIn("institution", self.printed(who, edition, region))

    def test_admin_grants_through_a_second_account(self):
        g = Grant("reader", "", "kreis-b", valid_to=day(50))
        self.refused(self.w.give_as("adm-b", "adm-b", g), "denied")
        self.refused(self.w.give_as("adm-b", "adm-b-zweit", g), "denied")
        # nor does it take another identity, or give its own to somebody
        self.refused(self.w.change("adm-b", "principal", {
            "verb": "PRINCIPAL_SET", "id": "adm-b", "reason": "x",
            "fields": [{"key": "contact", "value": "dienst-b-dep"}]}), "denied")
        self.refused(self.w.change("adm-b", "principal", {
            "verb": "PRINCIPAL_SET", "id": "adm-b", "reason": "x",
            "fields": [{"key": "institution", "value": "haus-land"}]}), "denied")
        # another may give it to the second account, but the first may not approve
        code, m = self.w.give_as(self.w.second, "adm-b-zweit",
                                 Grant("admin", "", "kreis-b", valid_to=day(50)))
        self.assertEqual(code, "ok")
        self.assertNotEqual(m["approval"], 0)
        for who in ("adm-b", "adm-b-zweit", self.w.second, "adm-a", "niemand", "revision"):
            self.refused(self.w.change(who, "approve", {
                "verb": "APPROVE_YES", "id": m["approval"], "reason": "x"}),
                "denied", "not-found", "conflict", "guard")
        self.raw("approve", {"verb": "APPROVE_NO", "id": m["approval"], "reason": "x"})

    def test_admin_gives_beyond_its_region(self):
        for role, institution, region in (
                ("reader", "", "kreis-b"), ("reader", "", ""), ("reader", "", "land"),
                ("reader", "", "gebiet"), ("coordinator", "", "land"), ("editor", "dienst-b", ""),
                ("editor", "", ""), ("curator", "", ""), ("auditor", "", ""), ("admin", "", ""),
                ("admin", "", "land")):
            got = self.w.give_as("adm-a", "niemand",
                                 Grant(role, institution, region, valid_to=day(50)))
            self.refused(got, "denied", "usage")
        for to in (day(800), ""):
            got = self.w.give_as("adm-a", "niemand", Grant("reader", "", "kreis-a", valid_to=to))
            self.assertNotEqual(got[0], "ok", f"a grant until {to or 'for ever'}")

    def test_token_for_somebody_else(self):
        """Whoever uses a token is that principal."""
        for other in (self.w.second, "adm-b", "ed-b", "revision", self.w.root_id):
            self.refused(self.w.change("adm-a", "token", {
                "verb": "TOKEN_CREATE", "principal": other, "secret": rid(), "reason": "x"}),
                "denied", "not-found", "guard")

    def test_token_with_first_grants(self):
        for grant in ({"role": "reader", "region": "kreis-b", "valid_to": day(20)},
                      {"role": "curator", "valid_to": day(20)}):
            self.refused(self.w.change("adm-a", "token", {
                "verb": "TOKEN_CREATE", "principal": "mitglied-a", "secret": rid(), "reason": "x",
                "grants": [grant]}), "denied")

    def test_link_to_a_foreign_contact(self):
        """Being somebody's account opens my-data and the class workshop."""
        for fields in ({"contact": "dienst-b-institution"}, {"institution": "dienst-b"}):
            self.refused(self.w.change("adm-a", "principal", {
                "verb": "PRINCIPAL_SET", "id": "ed-team", "reason": "x",
                "fields": [{"key": k, "value": v} for k, v in fields.items()]}),
                "denied", "not-found", "rejected")
            self.refused(self.w.change("adm-a", "principal", {
                "verb": "PRINCIPAL_ADD", "id": "strohmann", "reason": "x",
                "fields": [{"key": "name", "value": "S"},
                           *({"key": k, "value": v} for k, v in fields.items())]}),
                "denied", "not-found", "rejected")

    def test_contact_links(self):
        """co-b attaches somebody whom it may not see to a row of its region."""
        self.refused(self.w.write("co-b", "SET", "responsibility", "r2-amt-a",
                                  {"contacts": "amt-a-public;amt-a-team-partners"}))
        self.refused(self.w.write("co-b", "ADD", "responsibility", "haken", {
            "institution": "haus-land", "task": "kurs", "region": "kreis-b", "role": "advice",
            "contacts": "amt-a-team-partners"}))
        self.refused(self.w.write("ed-b", "SET", "responsibility", "r3-dienst-b",
                                  {"contacts": "dienst-b-public;amt-a-institution"}))
        self.refused(self.w.write("co-a", "SET", "contact", "amt-a-team-workshop",
                                  {"institution": "werk-a2"}))
        files = [("responsibilities.csv", "responsibility",
                  ["id", "institution", "task", "region", "contacts"],
                  [(2, ["haken", "dienst-b", "kurs", "kreis-b", "amt-a-team-partners"])])]
        for who in ("co-b", "ed-b"):
            self.assertNotEqual(self.w.load_as(who, files), "ok", who)

    def test_attached_to_see(self):
        """co-a may edit contacts of amt-a, but sees in full only those at work in its region."""
        c = contact("amt-a", "fern", "partners")
        self.w.records["contact"][c["id"]] = c
        self.w.load(["contact"])
        self.raw("write", {"verb": "ADD", "kind": "responsibility", "id": "r-fern", "fields": [
            {"key": k, "value": v} for k, v in (
                ("institution", "amt-a"), ("task", "kurs"), ("region", "stadt-b1"),
                ("role", "advice"), ("contacts", c["id"]))]})
        try:
            self.assertEqual(self.w.daemon_sees("co-a", c["id"]), OUTLINE)
            self.w.write("co-a", "ADD", "responsibility", "r-haken", {
                "institution": "amt-a", "task": "kurs", "region": "stadt-a1", "role": "advice",
                "contacts": c["id"]})
            self.assertEqual(self.w.daemon_sees("co-a", c["id"]), OUTLINE,
                             "sees in full what it attached to a row of its region")
        finally:
            del self.w.records["contact"][c["id"]]

    def test_row_made_to_see(self):
        """co-b has no right over amt-a-team, but writes a row of it in its own region."""
        self.assertEqual(self.w.daemon_sees("co-b", "amt-a-team-partners"), OUTLINE)
        self.w.write("co-b", "ADD", "responsibility", "r-koeder", {
            "institution": "amt-a-team", "task": "kurs", "region": "kreis-b", "role": "advice",
            "contacts": "amt-a-team-partners"})
        self.assertEqual(self.w.daemon_sees("co-b", "amt-a-team-partners"), OUTLINE)

    def test_attached_while_public(self):
        """Who attaches somebody else's public contact must not decide who sees it later."""
        code, _ = self.w.write("ed-team", "SET", "responsibility", "r0-team",
                               {"contacts": "dienst-b-public"})
        try:
            if code == "ok":
                self.root_set("contact", "dienst-b-public", visibility="partners")
                self.assertEqual(self.w.daemon_sees("rd-a", "dienst-b-public"), OUTLINE,
                                 "a reader of stadt-a1 sees a contact of dienst-b in kreis-b")
        finally:
            self.root_set("contact", "dienst-b-public", visibility="public")
            self.root_set("responsibility", "r0-team", contacts="")

    def test_deputy_across_classes(self):
        """A public contact whose deputy is confidential: the reference is filtered."""
        c = self.w.records["contact"]["amt-a-public"]
        answer, _ = self.w.call("niemand", "get", {"kind": "contact", "id": "amt-a-public"})
        self.assertNotIn(answer["record"]["contact"]["deputy"], ("amt-a-workshop",
                                                                 "amt-a-institution"))
        self.root_set("contact", "amt-a-public", deputy="amt-a-institution")
        c["deputy"] = "amt-a-institution"
        for operation, message in (
                ("get", {"kind": "contact", "id": "amt-a-public"}), ("list", {"kind": "contact"}),
                ("contact", {"term": "amt-a-public"}), ("export", {"kinds": ["contact"]}),
                ("who", {"task": "kurs", "region": "stadt-a1", "all": True}),
                ("history", {"kind": "contact", "id": "amt-a-public"}),
                ("list", {"kind": "contact", "filters": [
                    {"key": "deputy", "value": "amt-a-institution"}]})):
            self.w.call("niemand", operation, message)  # the bytes are searched
        # naming a hidden person as deputy is like naming nobody
        self.refused(self.w.write("ed-werk", "SET", "contact", "werk-a2-public",
                                  {"deputy": "amt-a-institution"}), "rejected", "not-found",
                     "denied")
        _, hidden = self.w.call("ed-werk", "write", {
            "request_id": rid(), "verb": "SET", "kind": "contact", "id": "werk-a2-public",
            "fields": [{"key": "deputy", "value": "amt-a-institution"}]})
        _, missing = self.w.call("ed-werk", "write", {
            "request_id": rid(), "verb": "SET", "kind": "contact", "id": "werk-a2-public",
            "fields": [{"key": "deputy", "value": "amt-a-institutiox"}]})
        self.assertEqual(str(hidden).replace("amt-a-institution", "amt-a-institutiox"),
                         str(missing))

    def test_deleting_what_a_hidden_record_refers_to(self):
        """The conflict lists references; hidden ones must not be among them."""
        for who in ("kurator", "co-a", "adm-a", "ed-a", "ed-werk"):
            for kind, id_ in (("institution", "amt-a-team"), ("contact", "amt-a-institution"),
                              ("region", "stadt-a1"), ("contact", "werk-a2-rep"),
                              ("workshop", "runde-1")):
                m = {"request_id": rid(), "verb": "DELETE", "kind": kind, "id": id_,
                     "dry_run": True}
                self.w.call(who, "write", m)  # the bytes are searched

    def history(self, who, id_):
        self.w.call(who, "history", {"kind": "contact", "id": id_, "reason": PURPOSE})
        return self.w.wire(who).seen

    def test_history_of_a_raised_record(self):
        """What was said in confidence stays so, and what became confidential is so for the past:
        the strictest class since then counts."""
        id_ = "werk-a2-public"
        c = self.w.records["contact"][id_]
        c["phone"] = "030 23125 Qalt"
        self.root_set("contact", id_, phone=c["phone"])
        self.assertIn(b"Qalt", self.history("ed-werk", id_))
        self.root_set("contact", id_, visibility="institution", phone="030 23125 Qinnen")
        c.update(visibility="institution", phone="030 23125 Qinnen")
        for who in ("niemand", "rd-a", "rd-gebiet", "ed-b", "co-b"):
            data = self.history(who, id_)
            for word in (b"Qalt", b"Qinnen", c["name"].encode()):
                self.assertNotIn(word, data, who)
        self.root_set("contact", id_, visibility="public", phone="030 23125 Qneu")
        c.update(visibility="public", phone="030 23125 Qneu")
        for who in ("niemand", "rd-a", "rd-gebiet", "ed-b"):
            data = self.history(who, id_)
            self.assertNotIn(b"Qinnen", data, f"{who}: written while it was confidential")
            self.assertNotIn(b"Qalt", data, f"{who}: the strictest class since then counts")
        self.assertIn(b"Qinnen", self.history("ed-werk", id_))
        phone = "030 23125 " + "Qwerk" + "Public"
        self.root_set("contact", id_, phone=phone)
        c["phone"] = phone

    def test_proposal_of_somebody_who_lost_the_right(self):
        self.w.enroll(Principal("aushilfe", "amt-a"))
        self.before["aushilfe"] = self.view("aushilfe")
        m = self.raw("grant", {"verb": "GRANT_GIVE", "principal": "aushilfe", "reason": "x",
                               "grant": {"role": "editor", "institution": "amt-a",
                                         "valid_to": day(9)}})
        if m["approval"]:
            self.w.approve(m["approval"])
        code, m = self.w.write("aushilfe", "SET", "contact", "amt-a-institution",
                               {"visibility": "public"})
        self.assertEqual(code, "ok")
        self.assertNotEqual(m["approval"], 0, "lowering a class needs a second person")
        self.raw("grant", {"verb": "GRANT_REVOKE", "principal": "aushilfe", "id": 0,
                           "reason": "x"})
        got = self.w.change("ed-a", "approve", {"verb": "APPROVE_YES", "id": m["approval"],
                                                "reason": "x"})
        self.refused(got, "denied", "conflict", "guard", "not-found")

    def test_merge_names_nobody(self):
        """What an answer lists as changed is filtered like everything else."""
        for who in ("adm-a", self.w.second):
            for old, new in (("werk-a2", "amt-a"), ("amt-a-team", "werk-a2")):
                self.w.call(who, "write", {  # the bytes are searched
                    "request_id": rid(), "verb": "MERGE", "kind": "institution", "id": old,
                    "into": new, "dry_run": True})

    def test_proposal_about_somebody_who_moved(self):
        """What waits is for the editors of today's institution."""
        c = contact("amt-a", "zieht", "institution")
        self.w.records["contact"][c["id"]] = c
        self.w.load(["contact"])
        self.w.enroll(Principal("ed-a-zwei"))
        self.w.give("ed-a-zwei", Grant("editor", "amt-a", valid_to=day(50)))
        self.before["ed-a-zwei"] = self.view("ed-a-zwei")
        self.before["ed-a-zwei"].pop(c["id"])
        code, m = self.w.write("ed-a", "SET", "contact", c["id"], {"visibility": "workshop"})
        self.assertNotEqual(m["approval"], 0)
        self.root_set("contact", c["id"], institution="haus-land")
        c["institution"] = "haus-land"
        try:
            answer, _ = self.w.call("ed-a-zwei", "approvals", {})
            self.assertEqual([a["id"] for a in answer["approvals"]
                              if any(d["id"] == c["id"] for d in a["changes"])], [],
                             "it shows a contact that is hidden now")
            got = self.w.change("ed-a-zwei", "approve", {
                "verb": "APPROVE_YES", "id": m["approval"], "reason": "x"})
            self.assertNotEqual(got[0], "ok")
        finally:
            del self.w.records["contact"][c["id"]]

    def test_own_institution_moved(self):
        """An administrator gives its own institution, and so itself, no other place in the tree."""
        self.assertEqual(self.w.write("adm-a", "SET", "institution", "amt-a",
                                      {"parent": "werk-a2"})[0], "denied")
        for old, new in (("amt-a", "werk-a2"), ("werk-a2", "amt-a")):
            self.assertEqual(self.w.write("adm-a", "MERGE", "institution", old, into=new)[0],
                             "denied")

    def test_straw_account(self):
        """An account linked to a person opens that person's record (my-data): an administrator
        alone must not get it for an institution that has editors."""
        code, m = self.w.change("adm-a", "principal", {
            "verb": "PRINCIPAL_ADD", "id": "strohfrau", "reason": "x", "fields": [
                {"key": "name", "value": "S"}, {"key": "institution", "value": "amt-a"},
                {"key": "contact", "value": "amt-a-institution"}]})
        if code != "ok" or m["approval"]:
            return
        self.w.people["strohfrau"] = Principal("strohfrau", "amt-a", "amt-a-institution")
        secret = rid()
        code, _ = self.w.change("adm-a", "token", {
            "verb": "TOKEN_CREATE", "principal": "strohfrau", "secret": secret, "reason": "x"})
        self.assertNotEqual(code, "ok", "an account linked to a contact, enrolled by one person")

    def test_attached_by_an_old_state(self):
        """What a row named once comes back with it only if it named it in the end."""
        row = {"institution": "amt-a", "task": "kurs", "region": "stadt-a1", "role": "advice"}
        self.raw("write", {"verb": "ADD", "kind": "responsibility", "id": "r-alt", "fields": [
            {"key": k, "value": v} for k, v in {**row, "contacts": "dienst-b-public"}.items()]})
        code, gone = self.w.write("ed-a", "DELETE", "responsibility", "r-alt")
        self.assertEqual(code, "ok")
        take_back = {"change": gone["revision"], "merge": True, "reason": "x"}
        self.assertEqual(self.w.change("ed-a", "revert", take_back)[0], "ok")
        self.root_set("responsibility", "r-alt", contacts="")
        self.assertEqual(self.w.write("ed-a", "DELETE", "responsibility", "r-alt")[0], "ok")
        self.refused(self.w.change("ed-a", "revert", take_back), "denied")

    def test_past_of_somebody_who_moved_and_went(self):
        """Archived by the next institution, a person's past is not open again to the first."""
        c = contact("amt-a", "wechsel", "institution")
        self.w.records["contact"][c["id"]] = c
        self.w.load(["contact"])
        known = self.raw("write", {"verb": "SET", "kind": "contact", "id": c["id"], "fields": [
            {"key": "function", "value": "Vertretung"}]})["revision"]
        self.root_set("contact", c["id"], institution="dienst-b")
        ask = {"kind": "contact", "id": c["id"], "known_at": known, "reason": PURPOSE}
        del self.w.records["contact"][c["id"]]
        self.assertEqual(self.w.call("ed-a", "get", ask)[1]["code"], "not-found")
        self.raw("write", {"verb": "ARCHIVE", "kind": "contact", "id": c["id"]})
        self.assertEqual(self.w.call("ed-a", "get", ask)[1]["code"], "not-found")

    def test_lowering_by_import_is_refused(self):
        files = [("contacts.csv", "contact", ["id", "institution", "visibility"],
                  [(2, ["amt-a-institution", "amt-a", "public"])])]
        self.assertIn(self.w.load_as("ed-a", files), ("guard", "denied"))

    def test_lowering_by_detour(self):
        """Merged into a public one, or deleted and made anew: nothing of it becomes public."""
        records = self.w.records["contact"]
        for id_, class_ in (("amt-a-umweg", "institution"), ("amt-a-ziel", "public")):
            c = contact("amt-a", id_[6:], class_)
            if class_ == "public":
                c["phone"] = c["external_id"] = ""
            records[id_] = c
        self.w.load(["contact"])
        self.w.write("ed-a", "MERGE", "contact", "amt-a-umweg", into="amt-a-ziel")
        for operation, m in (("get", {"kind": "contact", "id": "amt-a-ziel"}),
                             ("get", {"kind": "contact", "id": "amt-a-umweg"}),
                             ("contact", {"term": "amt-a"}), ("search", {"text": "Erika"}),
                             ("history", {"kind": "contact", "id": "amt-a-ziel"}),
                             ("history", {"kind": "contact", "id": "amt-a-umweg"})):
            self.w.call("niemand", operation, m)  # the bytes are searched
        self.w.write("ed-a", "DELETE", "contact", "amt-a-umweg")
        _, m = self.w.write("ed-a", "ADD", "contact", "amt-a-umweg", {
            "institution": "amt-a", "name": "Max Muster", "visibility": "public"})
        self.w.call("niemand", "history", {"kind": "contact", "id": "amt-a-umweg"})
        for id_ in ("amt-a-umweg", "amt-a-ziel"):
            del records[id_]


if __name__ == "__main__":
    iqtest.main()
