# SPDX-License-Identifier: Apache-2.0
"""Random people, random calls: what the daemon does and shows, and what the model says of it."""

import os
import random

import iqtest
import reference
from access_reference import CLASSES, FULL, HIDDEN, ROLES, Grant, Principal, Target
from access_world import PURPOSE, World, contact, day, record, small_world
from escalation_living import Living

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
EDITIONS = ["public", "partners", "members"]
PLACES = ["land", "kreis-a", "kreis-b", "stadt-a1", "stadt-b1", "gebiet"]
SCOPES = [("", "kreis-a"), ("", "kreis-b"), ("", "stadt-a1"), ("", "gebiet"), ("", "land"),
          ("amt-a", ""), ("amt-a-team", ""), ("dienst-b", ""), ("werk-a2", ""), ("", "")]


def rid():
    return os.urandom(16)


class Stage(World):
    """The world with its cast, and changes that are made in both."""

    deferred = False  # answers to changes are searched by search_latest()

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
        message = {"request_id": rid(), **message}
        answer, error = self.call(name, operation, message, search=not (self.deferred and operation == "write"))
        self.latest = (name, operation, message, self.wire(name).seen)
        return (error["code"], None) if error else ("ok", answer)

    def search_latest(self):
        """What a change tells is what may be seen before or after it."""
        if self.latest[1] == "write":
            self.search(*self.latest)

    def write(self, name, verb, kind, id_, fields=None, into=""):
        m = {"verb": verb, "kind": kind, "id": id_, "reason": "correction",
             "fields": [{"key": k, "value": v} for k, v in (fields or {}).items()]}
        if into:
            m["into"] = into
        return self.change(name, "write", m)

    archived = {}

    def search(self, name, operation, message, data):
        """Of who is in the archive only those hear who may change the institution's contacts."""
        super().search(name, operation, message, data)
        who, request = self.people.get(name), repr(message)
        for (kind, id_), (r, _) in self.archived.items():
            if kind != "contact" or r["visibility"] == "public" or (
                    who is not None and self.access.may_edit_of(who, r["institution"])):
                continue
            for text in (r["name"], r["phone"], r["email"], r["external_id"]):
                if text and text.encode() in data and text not in request:
                    self.test.fail(f"{who} asks {operation} {message} and sees {text!r} of {id_}, "
                                   "which is in the archive")

    def give_as(self, name, to, grant):
        fields = {k: getattr(grant, k) for k in ("role", "institution", "region", "valid_to")
                  if getattr(grant, k)}
        return self.change(name, "grant", {"verb": "GRANT_GIVE", "principal": to,
                                           "grant": fields, "reason": "Test"})

    def print_edition(self, p, edition, region, strays=False):
        """What came of it; the persons in it are those of the model, and nobody else's bytes.
        strays: persons whom the model has forgotten may be there."""
        message = {"region": region, "edition": edition}
        if edition != "public":
            message.update(reason=PURPOSE, recipient="Runde")
        answer, error = self.call(p.id, "edition", message)
        allowed = edition == "public" or self.access.may_at_all(p, "bulk")
        self.test.assertEqual(error is None, allowed, f"{p} prints {message}: {error}")
        if error:
            return error["code"]
        what, data = f"{p} prints {message}", self.wire(p.id).seen
        there = {i["institution"]["id"] for i in answer["institutions"]}
        shown = {c["id"] for i in answer["institutions"] for c in i["contacts"]}
        if strays:
            shown &= set(self.records["contact"])
        want = set()
        for id_, c in self.records["contact"].items():
            full = self.access.in_edition(p, edition, region, id_)[0] == FULL
            if full and c["institution"] in there and self.access.valid(c):
                want.add(id_)
            if not full and id_ not in shown:
                for text in (c["name"], c["phone"], c["email"], id_):
                    if text and text.encode() in data:
                        self.test.fail(f"{what}: {text!r} of {id_}")
        if answer["because"] == "quota":
            self.test.assertLessEqual(shown, want, what)
        else:
            self.test.assertEqual(shown, want, what)
        return "ok"

    def daemon_sees(self, name, contact_):
        return self.root.call("can", {"principal": name, "action": "contact", "kind": "contact",
                                      "id": contact_})["disclosure"]


class Call:
    """One random call: what the model says of it, and what it does to the model."""

    def __init__(self, text, send, permitted, apply, waits=False, approver=None, about=""):
        self.text, self.send, self.permitted, self.apply = text, send, permitted, apply
        self.waits, self.approver, self.about = waits, approver, about


class Run(Living):
    def __init__(self, test, seed):
        self.test, self.rng, self.seed = test, random.Random(seed), seed
        self.w = Stage(test)
        self.w.deferred = True
        self.a = self.w.access
        self.pending = {}  # number: (Call, by)
        self.archived, self.was_archived = {}, set()  # (kind, id): record, what named it
        self.changes = []  # revision, kind, id, fields before it
        self.w.archived = self.archived
        self.trace, self.tally, self.n = [], {}, 0

    def say(self, *what):
        return (f"seed {self.seed}, step {self.n}: " + " ".join(map(str, what))
                + "\n  " + "\n  ".join(self.trace[-15:]))

    # ---- calls

    def someone(self):
        return self.w.people[self.rng.choice([n for n in self.w.people if n != self.w.second])]

    def some(self, kind):
        return self.rng.choice(sorted(self.w.records[kind]))

    def living(self, *call):
        return Call(*call)

    def step(self):
        self.n += 1
        if self.rng.random() < 0.15 and self.pending:
            self.approve(self.likely("grant", "edit"))
        else:
            make, actions = self.rng.choice([
                (self.grant, ["grant"]), (self.grant, ["grant"]), (self.revoke, ["grant"]),
                (self.visibility, ["edit"]), (self.visibility, ["edit"]), (self.attach, ["edit"]),
                (self.attach, ["edit"]), (self.row, ["edit"]), (self.seat, ["structure"]),
                (self.membership, ["accept"]), (self.membership, ["edit"]),
                (self.invite, ["edit"]), (self.link, ["grant"]), (self.token, ["grant"]),
                (self.move_contact, ["edit"]), (self.new_contact, ["edit"]),
                (self.load, ["edit"]), (self.merge, ["structure"]), (self.quota, ["grant"]),
                (self.vocabulary, ["vocabulary"]), (self.archive, ["edit"]),
                (self.revive, ["edit"]), (self.revive, ["edit"]), (self.add_archived, ["edit"]),
                (self.revert, ["edit"]), (self.revert, ["edit"]), (self.based, ["edit"]),
                (self.handover, ["edit"]), (self.sync, ["edit"]), (self.sync, ["edit"])])
            p = self.likely(*actions)
            self.perform(p, make(p))
        self.compare()

    def likely(self, *actions):
        """Often somebody who may do such things at all."""
        able = [p for n, p in self.w.people.items() if n != self.w.second
                and any(self.a.may_at_all(p, a) for a in actions)]
        return self.rng.choice(able) if able and self.rng.random() < 0.6 else self.someone()

    def perform(self, p, call):
        if call is None:
            return
        finding, self.w.latest = None, ("", "", {}, b"")
        code, answer = call.send()
        try:
            self.w.search_latest()
        except AssertionError as e:
            finding = e
        self.judge(p, call, code, answer)
        if finding is not None:
            self.w.search_latest()

    def judge(self, p, call, code, answer):
        waiting = answer.get("approval") if answer else 0
        waiting = 0 if isinstance(waiting, dict) else waiting  # an approval itself
        self.trace.append(f"{self.n} {p.id}: {call.text} → {code}{' waits' if waiting else ''}")
        key = call.text.split()[0]
        done = "waits" if waiting else code
        self.tally.setdefault(key, {}).setdefault(done, 0)
        self.tally[key][done] += 1
        if code != "ok":
            return
        if not call.permitted():
            self.test.fail(self.say("not permitted, but done:", p, call.text, [
                (r, self.a.disclosure(p, c)) for c, r in self.w.records["contact"].items()
                if c in call.text], *[
                    r for kind in ("responsibility", "institution", "membership")
                    for i, r in self.w.records[kind].items() if i in call.text]))
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
        def apply(answer):
            r = self.w.records[kind][id_]
            if kind in ("contact", "responsibility") and not same:
                self.note_change(kind, id_, {k: r[k] for k in fields}, answer)
            for k, v in fields.items():
                r[k] = reference.split_cell(k, v)
        r = self.w.records[kind][id_]
        same = all(reference.join_cell(k, r[k]) == v for k, v in fields.items())
        text = f"set-{kind} {id_} {fields}"
        return Call(text, lambda: self.w.write(p.id, "SET", kind, id_, fields),
                    lambda: same or permitted(), apply, **more)

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

    def may_link(self, p, c, row):
        """Whoever links somebody to a row must not see more by it."""
        if self.may_attach(p, c) or self.w.records["contact"][c]["visibility"] == "public":
            return True
        seen, before = self.a.disclosure(p, c), row["contacts"]
        row["contacts"] = [*before, c]
        after = self.a.disclosure(p, c)
        row["contacts"] = before
        return self.a.may_edit_contact(p, c) and seen != HIDDEN and after != FULL

    def attach(self, p):
        id_ = self.some("responsibility")
        r = self.w.records["responsibility"][id_]
        contacts = self.rng.sample(sorted(self.w.records["contact"]), self.rng.randint(0, 2))

        def permitted():
            if not self.a.may(p, "edit", Target(r["institution"], r["region"])):
                return False
            if any(self.a.disclosure(p, c) == HIDDEN for c in contacts):
                return False
            return all(self.may_link(p, c, r) for c in contacts if c not in r["contacts"])

        def apply(answer):
            # Who is hidden stays.
            hidden = [c for c in r["contacts"] if self.a.disclosure(p, c) == HIDDEN]
            if contacts != [c for c in r["contacts"] if c not in hidden]:
                self.note_change("responsibility", id_, {"contacts": r["contacts"]}, answer)
                r["contacts"] = contacts + hidden
        fields = {"contacts": ";".join(contacts)}
        return Call(f"set-responsibility {id_} {fields}",
                    lambda: self.w.write(p.id, "SET", "responsibility", id_, fields),
                    permitted, apply)

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
            return (parent == old or not self.a.belongs(p, id_)) and self.a.may_move(
                p, id_, r["region"]) and all(
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
        new = contact(institution, f"neu{self.n:06}", self.rng.choice(CLASSES))
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
            if after == r:
                return True
            return (not lower and self.a.may_edit_contact(p, c)
                    and self.a.disclosure(p, c) != HIDDEN
                    and self.a.may_edit_of(p, after["institution"])
                    and (after["institution"] == r["institution"] or self.may_attach(p, c)))
        return Call(f"import-contact {c} {fields}",
                    lambda: (self.w.load_as(p.id, files), {}), permitted,
                    lambda _: r.update(fields))

    def merge(self, p):
        """Only tried: all contacts of one institution become the other's. Scenarios look at what
        the answer tells."""
        old, new = self.rng.sample(sorted(self.w.records["institution"]), 2)
        seats = {i: self.w.records["institution"][i]["region"] for i in (old, new)}

        def send():
            try:
                return "ok", self.w.wire(p.id).call("write", {
                    "request_id": rid(), "verb": "MERGE", "kind": "institution", "id": old,
                    "into": new, "dry_run": True})
            except iqtest.Refused as e:
                return e.code, None
        return Call(f"merge {old} {new}", send,
                    lambda: all(self.a.may(p, "structure", Target(i, r))
                                and not self.a.belongs(p, i)
                                for i, r in seats.items()), lambda _: None)

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
                 ("approvals", {"all": True}), ("my_data", {}), ("grants", {}),
                 *((view, {"region": rng.choice(PLACES), "lang": "BOTH"}) for view in (
                     "matrix", "gaps", "overlaps", "stakeholders", "path"))]
        operation, message = rng.choice(reads)
        try:
            w.call(p.id, operation, message)
        except AssertionError as e:
            self.test.fail(self.say(e))
        if self.n % 10 == 0:
            self.compare_grants(self.someone())
        if self.n % 4 == 0:
            self.compare_edition(self.likely("bulk"))

    def compare_edition(self, p):
        """On paper stands what both its readers and whoever prints it may see."""
        edition, region = self.rng.choice(EDITIONS), self.rng.choice(PLACES)
        try:
            got = self.w.print_edition(p, edition, region)
        except AssertionError as e:
            self.test.fail(self.say(e))
        key = f"edition-{edition}"
        self.tally.setdefault(key, {}).setdefault(got, 0)
        self.tally[key][got] += 1

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
        for key in ("grant", "set-contact", "set-responsibility", "approve", "edition-partners",
                    "edition-members"):
            self.test.assertGreater(self.tally.get(key, {}).get("ok", 0), 0,
                                    self.say(key, "never succeeded:", self.tally))
