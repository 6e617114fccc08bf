# SPDX-License-Identifier: Apache-2.0
"""Nobody gets more than was given: random people make random calls, permitted and forbidden; after
each, what the daemon did and shows is compared with access_reference.py.

A call the model forbids must be refused. A call the model permits may still be refused for other
reasons (the records would be wrong); whatever the daemon did is then done in the model.
IQ_MODEL_STEPS=N, IQ_MODEL_SEED=N; default 2,000 steps, seed 1.
"""

import copy
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
import reference  # noqa: E402
from access_reference import (CLASSES, FULL, HIDDEN, Grant, Principal, ROLES, Target)  # noqa: E402
from access_world import (PURPOSE, World, contact, day, record, small_world)  # noqa: E402

STEPS = int(os.environ.get("IQ_MODEL_STEPS", "2000"))
SEED = int(os.environ.get("IQ_MODEL_SEED", "1"))

CAST = [  # id, institution, contact, grants
    ("adm-a", "amt-a", "", [("admin", "", "kreis-a")]),
    ("adm-b", "dienst-b", "dienst-b-rep", [("admin", "", "kreis-b")]),
    ("adm-b-zweit", "dienst-b", "dienst-b-rep", []),
    ("ed-a", "amt-a", "", [("editor", "amt-a", "")]),
    ("ed-team", "amt-a-team", "", [("editor", "amt-a-team", "")]),
    ("ed-b", "dienst-b", "dienst-b-dep", [("editor", "dienst-b", "")]),
    ("ed-werk", "werk-a2", "", [("editor", "werk-a2", "")]),
    ("co-a", "werk-a2", "werk-a2-rep", [("coordinator", "", "kreis-a")]),
    ("co-b", "haus-land", "haus-land-rep", [("coordinator", "", "kreis-b")]),
    ("rd-a", "haus-land", "", [("reader", "", "stadt-a1")]),
    ("rd-gebiet", "", "", [("reader", "", "gebiet")]),
    ("kurator", "", "", [("curator", "", "")]),
    ("revision", "", "", [("auditor", "", "")]),
    ("mitglied-a", "amt-a", "amt-a-rep", []),
    ("niemand", "", "", []),
]
SCOPES = [("", "kreis-a"), ("", "kreis-b"), ("", "stadt-a1"), ("", "gebiet"), ("", "land"),
          ("amt-a", ""), ("amt-a-team", ""), ("dienst-b", ""), ("werk-a2", ""), ("", "")]


def rid():
    return os.urandom(16)


class Stage(World):
    """The world with its cast, and changes that are made in both."""

    def __init__(self, test):
        super().__init__(test, small_world())
        self.load()
        self.second_admin()
        for name, institution, contact_, grants in CAST:
            self.enroll(Principal(name, institution, contact_))
            for role, i, r in grants:
                self.give(name, Grant(role, i, r, valid_to=day(100)))

    def change(self, name, operation, message):
        """(code, answer)"""
        answer, error = self.call(name, operation, {"request_id": rid(), **message})
        return (error["code"], None) if error else ("ok", answer)

    def write(self, name, verb, kind, id_, fields=None, into=""):
        m = {"verb": verb, "kind": kind, "id": id_, "reason": "correction",
             "fields": [{"key": k, "value": v} for k, v in (fields or {}).items()]}
        if into:
            m["into"] = into
        return self.change(name, "write", m)

    def give_as(self, name, to, grant):
        fields = {k: getattr(grant, k) for k in ("role", "institution", "region", "valid_to")
                  if getattr(grant, k)}
        return self.change(name, "grant", {"verb": "GRANT_GIVE", "principal": to,
                                           "grant": fields, "reason": "Test"})

    def daemon_sees(self, name, contact_):
        return self.root.call("can", {"principal": name, "action": "contact", "kind": "contact",
                                      "id": contact_})["disclosure"]


class Call:
    """One random call: what the model says of it, and what it does to the model."""

    def __init__(self, text, send, permitted, apply, waits=False, approver=None, about=""):
        self.text, self.send, self.permitted, self.apply = text, send, permitted, apply
        self.waits, self.approver, self.about = waits, approver, about


class Run:
    def __init__(self, test, seed):
        self.test, self.rng, self.seed = test, random.Random(seed), seed
        self.w = Stage(test)
        self.a = self.w.access
        self.pending = {}  # number: (Call, by)
        self.trace, self.tally, self.n = [], {}, 0

    def say(self, *what):
        return (f"seed {self.seed}, step {self.n}: " + " ".join(map(str, what))
                + "\n  " + "\n  ".join(self.trace[-15:]))

    # ---- calls

    def someone(self):
        return self.w.people[self.rng.choice([n for n in self.w.people if n != self.w.second])]

    def some(self, kind):
        return self.rng.choice(sorted(self.w.records[kind]))

    def step(self):
        self.n += 1
        p = self.someone()
        if self.rng.random() < 0.15 and self.pending:
            self.approve(p)
        else:
            make = self.rng.choice([
                self.grant, self.grant, self.revoke, self.visibility, self.visibility, self.attach,
                self.attach, self.row, self.seat, self.membership, self.membership, self.invite,
                self.link, self.token, self.move_contact, self.new_contact, self.load, self.merge,
                self.quota, self.vocabulary])
            self.perform(p, make(p))
        self.compare()

    def perform(self, p, call):
        if call is None:
            return
        code, answer = call.send()
        waiting = answer.get("approval") if answer else 0
        self.trace.append(f"{self.n} {p.id}: {call.text} → {code}{' waits' if waiting else ''}")
        key = call.text.split()[0]
        done = "waits" if waiting else code
        self.tally.setdefault(key, {}).setdefault(done, 0)
        self.tally[key][done] += 1
        if code != "ok":
            return
        if not call.permitted():
            self.test.fail(self.say("not permitted, but done:", p, call.text))
        if waiting:
            self.pending[waiting] = (call, p)
            return
        if call.waits:
            self.test.fail(self.say("needs a second person, but was done:", p, call.text))
        call.apply(answer)

    def approve(self, p):
        number = self.rng.choice(sorted(self.pending))
        call, by = self.pending[number]
        yes = self.rng.random() < 0.8
        code, _ = self.w.change(p.id, "approve", {
            "verb": "APPROVE_YES" if yes else "APPROVE_NO", "id": number, "reason": "x"})
        self.trace.append(f"{self.n} {p.id}: approves {yes} {number} {call.text} → {code}")
        self.tally.setdefault("approve", {}).setdefault(code, 0)
        self.tally["approve"][code] += 1
        if code != "ok":
            return
        del self.pending[number]
        if not yes:
            return
        if self.a.same_person(p, by):
            self.test.fail(self.say("approves what it asked for itself:", p, call.text))
        if not call.permitted():
            self.test.fail(self.say("approved, though", by, "has lost the right to", call.text))
        if call.about and self.a.same_person(p, self.w.people[call.about]):
            self.test.fail(self.say("approves its own grant:", p, call.text))
        if call.approver and not call.approver(p):
            self.test.fail(self.say("has no right to approve:", p, call.text))
        call.apply({"grants": []})

    def grant(self, p):
        to = self.someone()
        institution, region = self.rng.choice(SCOPES)
        g = Grant(self.rng.choice(ROLES), institution, region, valid_to=day(100), by=p.id)
        a, people = self.a, self.w.people

        def apply(answer):
            held = {h["id"] for h in self.w.root.call(
                "grants", {"principal": to.id, "all": True})["grants"]}
            g.id = max(held - {h.id for h in to.grants})
            to.grants.append(g)
        consent = g.role == "editor" and a.has_editors(people.values(), institution)

        def approver(q):
            if g.role in ("admin", "auditor"):
                return any(own.role == "admin" and a.live(own) and a.covers_grant(own, g)
                           for own in q.grants)
            return a.may_accept_for(q, institution) if institution else True
        waits = g.role in ("admin", "auditor") or (
            consent and institution and not a.may_accept_for(p, institution))
        return Call(f"grant {g} to {to.id}", lambda: self.w.give_as(p.id, to.id, g),
                    lambda: a.may_give(p, to, g), apply, waits, approver, to.id)

    def revoke(self, p):
        if self.rng.random() < 0.5:
            return None
        to = self.someone()
        grants = [g for g in to.grants if not g.revoked]
        if not grants:
            return None
        g = self.rng.choice(grants)

        def permitted():
            return any(own.role == "admin" and self.a.live(own) and self.a.covers_grant(own, g)
                       for own in p.grants)

        def apply(_):
            g.revoked = True
        return Call(f"revoke {g} of {to.id}", lambda: self.w.change(p.id, "grant", {
            "verb": "GRANT_REVOKE", "principal": to.id, "id": g.id, "reason": "x"}),
            permitted, apply)

    def set_record(self, p, kind, id_, fields, permitted, **more):
        def apply(_):
            r = self.w.records[kind][id_]
            for k, v in fields.items():
                r[k] = reference.split_cell(k, v)
        text = f"set-{kind} {id_} {fields}"
        return Call(text, lambda: self.w.write(p.id, "SET", kind, id_, fields), permitted, apply,
                    **more)

    def visibility(self, p):
        c = self.some("contact")
        if self.rng.random() < 0.6:  # an editor, of one's own
            own = [c for c in self.w.records["contact"] if self.a.may_edit_contact(p, c)]
            c = self.rng.choice(sorted(own) or [c])
        class_ = self.rng.choice(CLASSES)
        lower = CLASSES.index(class_) < CLASSES.index(self.w.records["contact"][c]["visibility"])
        return self.set_record(
            p, "contact", c, {"visibility": class_},
            lambda: self.a.may_edit_contact(p, c) and self.a.disclosure(p, c) != HIDDEN,
            waits=lower, approver=lambda q: self.a.may_edit_contact(q, c))

    def may_attach(self, p, c):
        return self.a.may_edit_contact(p, c) and self.a.disclosure(p, c) == FULL

    def attach(self, p):
        id_ = self.some("responsibility")
        r = self.w.records["responsibility"][id_]
        contacts = self.rng.sample(sorted(self.w.records["contact"]), self.rng.randint(0, 2))

        def permitted():
            return (self.a.may(p, "edit", Target(r["institution"], r["region"]))
                    and all(self.may_attach(p, c) for c in contacts if c not in r["contacts"]))
        return self.set_record(p, "responsibility", id_, {"contacts": ";".join(contacts)},
                               permitted)

    def row(self, p):
        """A row goes to another region or owner."""
        id_ = self.some("responsibility")
        r = self.w.records["responsibility"][id_]
        fields = self.rng.choice([
            {"region": self.rng.choice(["stadt-a1", "kreis-b", "stadt-b1", "land"])},
            {"institution": self.some("institution")},
            {"valid_to": self.rng.choice(["", "2026-02-01"])}])
        after = {**r, **fields}
        edits = [(x["institution"], x["region"]) for x in (r, after)]

        def permitted():
            return all(self.a.may(p, "edit", Target(i, x)) for i, x in edits)
        return self.set_record(p, "responsibility", id_, fields, permitted)

    def seat(self, p):
        id_ = self.some("institution")
        r = self.w.records["institution"][id_]
        if self.rng.random() < 0.5:
            region = self.rng.choice(["stadt-a1", "stadt-a2", "stadt-b1", "kreis-b"])
            return self.set_record(p, "institution", id_, {"region": region},
                                   lambda: self.a.may_move(p, id_, region))
        parent = self.rng.choice(["", self.some("institution")])
        old = r["parent"]

        def permitted():
            return self.a.may_move(p, id_, r["region"]) and all(
                self.a.may(p, "structure", Target(i, self.w.records["institution"][i]["region"]))
                for i in (parent, old) if i)
        return self.set_record(p, "institution", id_, {"parent": parent}, permitted)

    def membership(self, p):
        id_ = self.some("membership")
        m = self.w.records["membership"][id_]
        fields = self.rng.choice([
            {"accepted_from": self.rng.choice([day(0), "2026-01-01", ""])},
            {"accepted_to": self.rng.choice(["", "2026-02-01"])},
            {"representative": self.some("contact")}, {"deputy": self.some("contact")},
            {"workshop": self.some("workshop")}, {"institution": self.some("institution")}])
        owners = {m["institution"], {**m, **fields}["institution"]}
        narrows = fields in ({"accepted_from": ""}, {"accepted_to": "2026-02-01"})

        def permitted():
            return (all(self.a.may_accept_for(p, i) for i in owners)
                    or (narrows and self.a.may_at_all(p, "edit")))
        return self.set_record(p, "membership", id_, fields, permitted)

    def invite(self, p):
        """A workshop is founded around somebody."""
        n = self.n
        if self.rng.random() < 0.3:
            fields = {"region": self.rng.choice(["kreis-a", "kreis-b", "gebiet"]),
                      "name_de": f"Runde {n}"}
            new = record("workshop", id=f"runde-{n}", **fields)
            return Call(f"add-workshop {fields}",
                        lambda: self.w.write(p.id, "ADD", "workshop", f"runde-{n}", fields),
                        lambda: self.a.may(p, "edit", Target("", fields["region"])),
                        lambda _: self.w.records["workshop"].update({new["id"]: new}))
        institution = self.some("institution")
        fields = {"workshop": self.some("workshop"), "institution": institution}
        if self.rng.random() < 0.6:
            fields["accepted_from"] = day(0)
        if self.rng.random() < 0.6:
            fields["representative"] = p.contact or self.some("contact")
        new = record("membership", id=f"teil-{n}", **fields)

        def permitted():
            if len(fields) == 2:
                return self.a.may_at_all(p, "edit")
            return self.a.may_accept_for(p, institution)
        return Call(f"add-membership {fields}",
                    lambda: self.w.write(p.id, "ADD", "membership", new["id"], fields), permitted,
                    lambda _: self.w.records["membership"].update({new["id"]: new}))

    def link(self, p):
        """A principal goes to another institution, or is linked to another person."""
        to = self.someone()
        if self.rng.random() < 0.5:
            fields = {"institution": self.some("institution")}
        else:
            fields = {"contact": self.some("contact")}

        def permitted():
            owners = [to.institution, fields.get("institution") or self.w.records["contact"][
                fields["contact"]]["institution"]]
            return not self.a.same_person(p, to) and all(
                self.a.may_administer(p, i) for i in owners)

        def apply(_):
            for k, v in fields.items():
                setattr(to, k, v)
        return Call(f"set-principal {to.id} {fields}", lambda: self.w.change(p.id, "principal", {
            "verb": "PRINCIPAL_SET", "id": to.id, "reason": "x",
            "fields": [{"key": k, "value": v} for k, v in fields.items()]}), permitted, apply)

    def token(self, p):
        to = self.someone()
        return Call(f"token for {to.id}", lambda: self.w.change(p.id, "token", {
            "verb": "TOKEN_CREATE", "principal": to.id, "secret": rid(), "reason": "x"}),
            lambda: self.a.may_enrol(p, to), lambda _: None)

    def move_contact(self, p):
        c = self.some("contact")
        to = self.some("institution")
        owner = self.w.records["contact"][c]["institution"]
        return self.set_record(
            p, "contact", c, {"institution": to},
            lambda: self.may_attach(p, c) and self.a.may_edit_of(p, to)
            and self.a.may_edit_of(p, owner))

    def new_contact(self, p):
        if len(self.w.records["contact"]) > 45:
            return None
        institution = self.some("institution")
        if institution not in ("amt-a", "amt-a-team", "dienst-b", "werk-a2", "haus-land"):
            return None
        new = contact(institution, f"neu{self.n}", self.rng.choice(CLASSES))
        fields = {k: reference.join_cell(k, v) for k, v in new.items() if k != "id" and v}
        return Call(f"add-contact {new['id']}",
                    lambda: self.w.write(p.id, "ADD", "contact", new["id"], fields),
                    lambda: self.a.may_edit_of(p, institution),
                    lambda _: self.w.records["contact"].update({new["id"]: new}))

    def load(self, p):
        """An import changes what single changes may not."""
        c = self.some("contact")
        r = self.w.records["contact"][c]
        fields = self.rng.choice([{"visibility": self.rng.choice(CLASSES)},
                                  {"institution": self.some("institution")}])
        after = {**r, **fields}
        lower = CLASSES.index(after["visibility"]) < CLASSES.index(r["visibility"])
        # columns not given stay; the owner's column is required
        files = [("contacts.csv", "contact", ["id", "institution", "visibility"],
                  [(2, [c, after["institution"], after["visibility"]])])]

        def permitted():
            return (not lower and self.a.may_edit_contact(p, c)
                    and self.a.disclosure(p, c) != HIDDEN
                    and self.a.may_edit_of(p, after["institution"])
                    and (after["institution"] == r["institution"] or self.may_attach(p, c)))
        return Call(f"import-contact {c} {fields}",
                    lambda: (self.w.load_as(p.id, files), {}), permitted,
                    lambda _: r.update(fields))

    def merge(self, p):
        if self.rng.random() < 0.5:
            return None
        old, new = self.rng.sample(sorted(self.w.records["institution"]), 2)

        def apply(_):
            self.test.fail(self.say("institutions with contacts were merged by", p))
        return Call(f"merge {old} {new}", lambda: self.w.write(
            p.id, "MERGE", "institution", old, into=new), lambda: False, apply)

    def quota(self, p):
        to = self.someone()
        return Call(f"quota of {to.id}", lambda: self.w.change(p.id, "approve", {
            "verb": "APPROVE_QUOTA", "principal": to.id, "reason": "x"}),
            lambda: not self.a.same_person(p, to) and self.a.may_administer(p, to.institution),
            lambda _: None)

    def vocabulary(self, p):
        return self.set_record(p, "region", "gebiet",
                               {"members": self.rng.choice(["stadt-a2;stadt-b1",
                                                            "stadt-a1;stadt-b1"])},
                               lambda: self.a.may(p, "vocabulary"))

    # ---- what is seen afterwards

    def compare(self):
        rng, w = self.rng, self.w
        for _ in range(4):
            p, c = self.someone(), self.some("contact")
            self.test.assertEqual(w.daemon_sees(p.id, c), self.a.disclosure(p, c),
                                  self.say(p, "sees of", w.records["contact"][c]))
        p = self.someone()
        reads = [("contact", {"term": self.some("institution"), "reason": PURPOSE}),
                 ("who", {"task": "kurs", "region": rng.choice(["stadt-a1", "stadt-b1"]),
                          "all": True, "contacts": True, "reason": PURPOSE}),
                 ("get", {"kind": "contact", "id": self.some("contact"), "reason": PURPOSE}),
                 ("list", {"kind": rng.choice(["contact", "responsibility", "membership"]),
                           "reason": PURPOSE}),
                 ("search", {"text": rng.choice(["Erika", "Fachstelle", "amt", "Q"])}),
                 ("export", {"kinds": ["contact", "responsibility"], "reason": PURPOSE}),
                 ("history", {"kind": "contact", "id": self.some("contact"), "reason": PURPOSE}),
                 ("history", {"kind": "membership", "id": self.some("membership")}),
                 ("history", {"kind": "responsibility", "id": self.some("responsibility")}),
                 ("approvals", {"all": True}), ("my_data", {}), ("grants", {})]
        operation, message = rng.choice(reads)
        try:
            w.call(p.id, operation, message)
        except AssertionError as e:
            self.test.fail(self.say(e))
        if self.n % 10 == 0:
            self.compare_grants(self.someone())

    def compare_grants(self, p):
        got = {(g["role"], g["institution"], g["region"]) for g in self.w.root.call(
            "grants", {"principal": p.id})["grants"] if g["state"] == "valid"}
        want = {(g.role, g.institution, g.region) for g in p.grants if self.a.live(g)}
        self.test.assertEqual(got, want, self.say("grants of", p.id))

    def finish(self):
        for p in self.w.people.values():
            self.compare_grants(p)
            for c in self.w.records["contact"]:
                self.test.assertEqual(self.w.daemon_sees(p.id, c), self.a.disclosure(p, c),
                                      self.say(p, "sees of", c))
        self.w.close()
        self.w.server.stop()
        done = self.w.server.check()
        self.test.assertEqual(done.exit, 0, self.say("iqd check", done))
        for key in ("grant", "set-contact", "set-responsibility", "approve"):
            self.test.assertGreater(self.tally.get(key, {}).get("ok", 0), 0,
                                    self.say(key, "never succeeded:", self.tally))


class Walk(unittest.TestCase):
    def test_random_walk(self):
        run = Run(self, SEED)
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
                "denied", "not-found")
            self.refused(self.w.change("adm-a", "principal", {
                "verb": "PRINCIPAL_ADD", "id": "strohmann", "reason": "x",
                "fields": [{"key": "name", "value": "S"},
                           *({"key": k, "value": v} for k, v in fields.items())]}),
                "denied", "not-found")

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
            "fields": [{"key": "deputy", "value": "amt-a-institutioX"}]})
        self.assertEqual(str(hidden).replace("amt-a-institution", "amt-a-institutioX"),
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
        for who in ("niemand", "rd-a", "rd-gebiet", "ed-b", "co-a"):
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

    def test_lowering_by_import_is_refused(self):
        files = [("contacts.csv", "contact", ["id", "institution", "visibility"],
                  [(2, ["amt-a-institution", "amt-a", "public"])])]
        self.assertIn(self.w.load_as("ed-a", files), ("guard", "denied"))

    def test_lowering_by_detour(self):
        """Deleted and made anew, or merged into a public one: the class must not be lost."""
        self.w.write("ed-a", "MERGE", "contact", "amt-a-institution", into="amt-a-public")
        answer, _ = self.w.call("niemand", "get", {"kind": "contact", "id": "amt-a-institution"})
        if answer:
            self.assertEqual(answer["record"]["contact"]["name"],
                             self.w.records["contact"]["amt-a-public"]["name"])


if __name__ == "__main__":
    iqtest.main()
