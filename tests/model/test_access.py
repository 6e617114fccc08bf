# SPDX-License-Identifier: Apache-2.0
"""Every operation, asked by principals of every role, scope and state of grant, for every contact
of a small world: what comes back is what access_reference.py says, and no answer holds a byte of
what the caller may not see. A new row of ops.def without an entry in CHECKS fails here."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
import reference  # noqa: E402
from access_reference import (ACTIONS, CLASSES, FULL, HIDDEN, OUTLINE, ROLES, Grant,  # noqa: E402
                              Principal, Target, read_ops_table)
from access_world import PURPOSE, World, day, record, small_world, contact  # noqa: E402

REGIONS = ["kreis-a", "kreis-b", "stadt-a2", "gebiet", "land"]
SCOPES = {  # role: [(institution, region)], own, related and foreign to most of the contacts; all
    "reader": [("", r) for r in REGIONS],
    "editor": [("amt-a", ""), ("amt-a-team", ""), ("werk-a2", "")],
    "coordinator": [("", r) for r in REGIONS],
    "curator": [("", "")], "admin": [("", "kreis-a"), ("", "gebiet"), ("", "")],
    "auditor": [("", "")],
}
STATES = {  # valid_from, valid_to
    "valid": ("2026-01-01", None), "expired": ("2026-01-01", "2026-02-01"),
    "future": (30, 60), "revoked": ("2026-01-01", None),
}
MISSING = "gibt-es-nicht"
PERSONAL = ["name", "phone", "email"]


def operations():
    with open(os.path.join(iqtest.SOURCE, "proto", "ops.def"), encoding="utf-8") as f:
        return re.findall(r"^OP\((\w+), \w+, (\w+), (\w+), \d+\)$", f.read(), re.M)


def rid():
    return os.urandom(16)


def plain(value):
    """An answer without the revision, to compare two worlds."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in ("revision", "cursor")}
    return [plain(v) for v in value] if isinstance(value, list) else value


class Walk(unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.world = World(cls, small_world())
        cls.world.test = cls()
        cls.world.load()
        cls.world.second_admin()
        cls.cast()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()
        if cls.server_alive():
            cls.world.server.stop()

    @classmethod
    def server_alive(cls):
        return cls.world.server.alive()

    def runTest(self):
        """For the instance that reports findings of the world."""

    @classmethod
    def cast(cls):
        """The principals: one per cell of role × scope × state, and those without a grant."""
        w = cls.world
        for name, institution, contact_ in (
                ("ohne-alles", "", ""), ("kollegin", "amt-a", ""), ("team-kollege", "amt-a-team", ""),
                ("gast-b", "dienst-b", ""), ("gast-haus", "haus-land", ""),
                ("vertreterin-a", "amt-a", "amt-a-rep"), ("vertreter-b", "", "dienst-b-rep"),
                ("stellvertretung-b", "dienst-b", "dienst-b-dep"),
                ("angefragt", "werk-a2", "werk-a2-rep"), ("ehemals", "haus-land", "haus-land-rep"),
                ("person-extern", "", "amt-a-team-institution")):
            w.enroll(Principal(name, institution, contact_))
        for role in ROLES:
            for institution, region in SCOPES[role]:
                for state, (since, until) in STATES.items():
                    if state != "valid" and (institution, region) != SCOPES[role][0]:
                        continue
                    cls.person(role, institution, region, state, since, until)
        # a person with rights of two kinds, and one with rights and colleagues
        w.enroll(Principal("zweifach", "dienst-b"))
        w.give("zweifach", Grant("reader", region="kreis-a", valid_to=day(100)))
        w.give("zweifach", Grant("editor", institution="werk-a2", valid_to=day(100)))

    @classmethod
    def person(cls, role, institution, region, state, since, until):
        w = cls.world
        name = "-".join(x for x in ("p", role, institution.replace("-", ""), region, state) if x)
        w.enroll(Principal(name))
        grant = Grant(role, institution, region,
                      day(since) if isinstance(since, int) else since,
                      day(until) if isinstance(until, int) else until or day(200))
        w.give(name, grant)
        if state == "revoked":
            w.revoke(name, grant)

    # ---- helpers

    def setUp(self):
        self.access, self.contacts = self.world.access, self.world.records["contact"]

    def everybody(self):
        for name, p in self.world.people.items():
            yield name, p

    def seen(self, p, contact_, reason=True):
        """What an answer shows: without a reason no more than the outline of others' contacts."""
        d = self.access.disclosure(p, contact_)
        if d == FULL and not reason and self.access.needs_purpose(p, contact_):
            return OUTLINE
        return d

    def ask(self, name, operation, message):
        return self.world.call(name, operation, message)

    def same_as_missing(self, name, operation, message, id_, twin=MISSING):
        """Hidden and missing look alike, to the letter."""
        def swap(value):
            if isinstance(value, str):
                return value.replace(id_, twin)
            if isinstance(value, dict):
                return {k: swap(v) for k, v in value.items()}
            return [swap(v) for v in value] if isinstance(value, list) else value
        got = self.ask(name, operation, message)
        want = self.ask(name, operation, {**swap(message), **(
            {"request_id": rid()} if "request_id" in message else {})})
        self.assertEqual(plain(swap(list(got))), plain(list(want)),
                         f"{name} {operation} {message}: a hidden record differs from a missing")

    def assertFields(self, p, message, reason, what):
        """A Contact message against the model."""
        c = self.contacts[message["id"]] if message["id"] else None
        if c is None:
            self.fail(f"{what}: a contact without id: {message}")
        d = self.seen(p, c["id"], reason)
        self.assertNotEqual(d, HIDDEN, what)
        if d == FULL:
            for column in ("institution", "name", "function", "phone", "email", "visibility"):
                self.assertEqual(message[column], c[column], f"{what} {column}")
        else:
            for column in PERSONAL:
                self.assertEqual(message[column], "", f"{what} {column} of an outline")
        if message["deputy"]:
            self.assertEqual(message["deputy"], c["deputy"], what)
            self.assertNotEqual(self.access.disclosure(p, c["deputy"]), HIDDEN,
                                f"{what} deputy")
        elif c["deputy"] and d == FULL:
            self.assertNotEqual(self.access.disclosure(p, c["deputy"]), FULL, f"{what} deputy")

    def assertList(self, p, contacts, withheld, expected, reason, what):
        """contacts and withheld of an answer against the contacts that belong there."""
        expected = [c for c in expected if self.access.valid(self.contacts[c])]
        full = {c for c in expected if self.seen(p, c, reason) == FULL}
        outline = {c for c in expected if self.seen(p, c, reason) == OUTLINE}
        self.assertEqual({m["id"] for m in contacts}, full, what)
        for m in contacts:
            self.assertFields(p, m, reason, what)
        self.assertEqual(sorted(m["function"] for m in withheld),
                         sorted(self.contacts[c]["function"] for c in outline), what)
        for m in withheld:
            c = next(c for c in outline if self.contacts[c]["function"] == m["function"])
            self.assertEqual((m["visibility"], m["ask"]),
                             (self.contacts[c]["visibility"], self.contacts[c]["institution"]),
                             what)

    def assertReferences(self, p, ids, stored, what):
        """contacts of a responsibility: all that may be seen, nothing hidden."""
        for c in stored:
            d = self.access.disclosure(p, c)
            if d == HIDDEN:
                self.assertNotIn(c, ids, what)
            elif d == FULL:
                self.assertIn(c, ids, what)
        self.assertLessEqual(set(ids), set(stored), what)

    # ---- every row of the table

    def test_every_operation_has_an_entry(self):
        names = {name for name, _, _ in operations()}
        self.assertEqual(names, set(CHECKS), "give the new operation a check in CHECKS")
        self.assertEqual(names, set(read_ops_table()), "and a line in ops_rights.csv")

    def test_walk(self):
        for operation, check in CHECKS.items():
            for name, p in self.everybody():
                with self.subTest(operation=operation, principal=name):
                    check(self, name, p)
        self.assertGreater(self.world.answers, 5000)

    def test_coarse_rights(self):
        """No role that has the coarse right: `denied`, whatever is asked; unknown peers: `login`."""
        table = read_ops_table()
        for operation, _, _ in operations():
            for name, p in [*self.everybody(), ("", None)]:
                row = table[operation]
                roles = {g.role for g in p.grants if self.access.live(g)} if p else set()
                allowed = (row["principal"] == "yes" or any(row[r] == "yes" for r in roles)
                           if p else row["anonymous"] == "yes")
                with self.subTest(operation=operation, principal=name):
                    _, error = self.ask(name, operation, SAMPLES.get(operation, {}))
                    code = error["code"] if error else "ok"
                    if not allowed:
                        self.assertEqual(code, "denied" if p else "login")
                    elif operation not in ("enroll", "renew") and row["principal"] == "yes":
                        self.assertNotIn(code, ("denied", "login"))

    # ---- answers

    def check_who(self, name, p):
        for region in ("stadt-a1", "stadt-b1", "kreis-b"):
            for contacts in (False, True):
                m = {"task": "kurs", "region": region, "all": True}
                if contacts:
                    m.update(contacts=True, reason=PURPOSE)
                answer, error = self.ask(name, "who", m)
                self.assertIsNone(error)
                self.check_rows(name, p, answer, contacts)
        _, error = self.ask(name, "who", {"task": "kurs", "region": "stadt-a1", "contacts": True})
        for near in ("explain",):
            self.ask(name, "who", {"task": "kurs", "region": "stadt-a1", near: True, "all": True})

    def check_rows(self, name, p, answer, disclose):
        for row in answer["answers"]:
            r = self.world.records["responsibility"][row["responsibility"]["id"]]
            self.assertEqual(row["responsibility"]["contacts"], [])
            what = f"{name} who {r['id']} primary={row['primary']} contacts={disclose}"
            if disclose and row["primary"]:
                self.assertList(p, row["contacts"], row["withheld"], r["contacts"], True, what)
                continue
            stored = [c for c in r["contacts"] if self.access.valid(self.contacts[c])
                      and self.access.disclosure(p, c) != HIDDEN]
            public = {c for c in stored if self.contacts[c]["visibility"] == "public"}
            shown = {m["id"] for m in row["contacts"]}
            own = {c for c in stored if self.access.is_editor_of(p, c)}
            self.assertLessEqual(public, shown, what)
            self.assertLessEqual(shown, public | own, what)
            self.assertEqual(sorted(m["function"] for m in row["withheld"]),
                             sorted(self.contacts[c]["function"] for c in stored
                                    if c not in shown), what)

    def check_contact(self, name, p):
        for institution in self.world.records["institution"]:
            answer, error = self.ask(name, "contact", {"term": institution, "reason": PURPOSE})
            self.assertIsNone(error)
            of = [c for c, r in self.contacts.items() if r["institution"] == institution]
            self.assertList(p, answer["contacts"], answer["withheld"], of, True,
                            f"{name} contact {institution}")
            self.without_reason(name, "contact", {"term": institution})
        for c in self.contacts:
            message = {"term": c, "reason": PURPOSE}
            if self.access.disclosure(p, c) == HIDDEN:
                self.same_as_missing(name, "contact", message, c)
                continue
            answer, error = self.ask(name, "contact", message)
            if not self.access.valid(self.contacts[c]):
                continue
            self.assertIsNone(error, f"{name} contact {c}")
            self.assertList(p, answer["contacts"], answer["withheld"], [c], True,
                            f"{name} contact {c}")

    def without_reason(self, name, operation, message):
        """No reason: no personal field of a class above public, but of one's own."""
        p = self.world.people[name]
        for reason in ({}, {"reason": "frei-erfunden"}):
            self.ask(name, operation, {**message, **reason})
            data = self.world.wire(name).seen
            for c, r in self.contacts.items():
                if not self.access.needs_purpose(p, c) or p.contact == c:
                    continue
                for column in PERSONAL:
                    self.assertNotIn(r[column].encode(), data,
                                     f"{name} {operation} {message} without a reason: {c}")

    def check_search(self, name, p):
        for c, r in self.contacts.items():
            d = self.access.disclosure(p, c)
            for text in (c, r["name"], r["function"], r["email"], r["name"].split()[-1],
                         r["name"].split()[-1][:-1], r["phone"]):
                answer, error = self.ask(name, "search", {"text": text})
                hits = [h["id"] for h in (answer or {"hits": []})["hits"] if h["kind"] == "contact"]
                for hit in hits:
                    self.assertNotEqual(self.access.disclosure(p, hit), HIDDEN, f"{name} {text}")
                if d != FULL and (text in (r["name"], r["email"], r["phone"])):
                    self.assertNotIn(c, hits, f"{name} finds {c} by {text!r}")

    def check_get(self, name, p):
        for c, r in self.contacts.items():
            message = {"kind": "contact", "id": c, "reason": PURPOSE}
            d = self.access.disclosure(p, c)
            if d == HIDDEN:
                self.same_as_missing(name, "get", message, c)
                continue
            answer, error = self.ask(name, "get", message)
            if d == FULL and self.access.valid(r):
                self.assertIsNone(error, f"{name} get {c}")
                self.assertFields(p, answer["record"]["contact"], True, f"{name} get {c}")
            elif answer:
                self.assertFields(p, answer["record"]["contact"], True, f"{name} get {c}")
            self.without_reason(name, "get", {"kind": "contact", "id": c})
        for id_, r in self.world.records["responsibility"].items():
            answer, error = self.ask(name, "get", {"kind": "responsibility", "id": id_})
            self.assertIsNone(error)
            self.assertReferences(p, answer["record"]["responsibility"]["contacts"],
                                  r["contacts"], f"{name} get {id_}")
        for id_ in self.world.records["membership"]:
            self.ask(name, "get", {"kind": "membership", "id": id_})

    def pages(self, name, operation, message):
        records, cursor, total = [], b"", None
        while True:
            answer, error = self.ask(name, operation, {**message, "cursor": cursor}
                                     if cursor else message)
            if error:
                return None, error
            total = answer.get("total") if total is None else total
            records += answer["records"]
            cursor = answer["cursor"]
            if not cursor:
                return (records, total), None

    def check_list(self, name, p):
        got, error = self.pages(name, "list", {"kind": "contact", "reason": PURPOSE, "limit": 5})
        if error is None:
            records, total = got
            ids = [r["contact"]["id"] for r in records]
            self.assertEqual(total, len(ids), f"{name} list contact: what is hidden is not counted")
            for r in records:
                self.assertFields(p, r["contact"], True, f"{name} list {r['contact']['id']}")
            self.assertLessEqual({c for c in self.contacts if self.seen(p, c) == FULL
                                  and self.access.valid(self.contacts[c])}, set(ids), name)
        self.without_reason(name, "list", {"kind": "contact"})
        for column in reference.COLUMNS["contact"]:
            for c, r in self.contacts.items():
                value = reference.join_cell(column, r[column]).split(";")[0]
                if value and self.access.disclosure(p, c) != FULL:
                    self.filtered(name, p, c, column, value)
        for id_ in self.contacts:
            if self.access.disclosure(p, id_) == HIDDEN:
                self.same_as_missing(name, "list", {
                    "kind": "responsibility", "filters": [{"key": "contacts", "value": id_}]}, id_)
        for kind in self.world.records:
            if kind != "contact":
                got, error = self.pages(name, "list", {"kind": kind})
                self.assertIsNone(error, f"{name} list {kind}")
                self.assertEqual(got[1], len(got[0]), f"{name} list {kind}")

    def filtered(self, name, p, c, column, value):
        """A filter must not say what the answer would not."""
        answer, error = self.ask(name, "list", {
            "kind": "contact", "reason": PURPOSE,
            "filters": [{"key": column, "value": value}]})
        if error:
            return
        ids = {r["contact"]["id"] for r in answer["records"]}
        hidden = {i for i in ids if self.access.disclosure(p, i) == HIDDEN}
        self.assertEqual(hidden, set(), f"{name} list {column}={value}")
        self.assertEqual(answer["total"], len(ids), f"{name} list {column}={value}")
        if column in ("name", "phone", "email", "external_id"):
            self.assertNotIn(c, ids, f"{name} list {column}={value}")

    def check_tasks_of(self, name, p):
        for institution in self.world.records["institution"]:
            answer, error = self.ask(name, "tasks_of", {"institution": institution, "all": True})
            self.assertIsNone(error)
            for r in answer["responsibilities"]:
                stored = self.world.records["responsibility"][r["id"]]["contacts"]
                self.assertReferences(p, r["contacts"], stored, f"{name} tasks-of {r['id']}")

    def check_guide(self, name, p):
        _, error = self.ask(name, "guide", {"status": "duldung"})
        self.assertIsNone(error)

    def check_export(self, name, p):
        bulk = self.access.may_at_all(p, "bulk")
        for scope in ({}, {"region": "kreis-a"}, {"institution": "amt-a"}):
            for kinds in ([], ["contact"], ["responsibility", "membership"]):
                got, error = self.pages(name, "export",
                                        {"kinds": kinds, "reason": PURPOSE, **scope})
                if error:
                    self.assertEqual(error["code"], "denied", f"{name} export {kinds} {error}")
                    self.assertFalse(bulk, f"{name} export {kinds}")
                    continue
                self.check_exported(name, p, got[0], scope, kinds)
            self.without_reason(name, "export", {"kinds": ["contact"], **scope})

    def check_exported(self, name, p, records, scope, kinds):
        contacts = [r["contact"] for r in records if r["contact"]]
        for m in contacts:
            self.assertFields(p, m, True, f"{name} export {m['id']}")
            if not self.access.may_at_all(p, "bulk"):
                self.assertEqual(self.contacts[m["id"]]["visibility"], "public",
                                 f"{name} exports {m['id']} without the right to")
        if not scope and "responsibility" not in kinds and self.access.may_at_all(p, "bulk"):
            self.assertLessEqual({c for c in self.contacts if self.seen(p, c) == FULL
                                  and self.access.valid(self.contacts[c])},
                                 {m["id"] for m in contacts}, f"{name} export")
        for r in records:
            if r["responsibility"]:
                id_ = r["responsibility"]["id"]
                self.assertReferences(p, r["responsibility"]["contacts"],
                                      self.world.records["responsibility"][id_]["contacts"],
                                      f"{name} export {id_}")

    def check_history(self, name, p):
        for c in self.contacts:
            message = {"kind": "contact", "id": c, "reason": PURPOSE}
            if self.access.disclosure(p, c) == HIDDEN:
                self.same_as_missing(name, "history", message, c)
            else:
                self.ask(name, "history", message)
                self.without_reason(name, "history", {"kind": "contact", "id": c})
        for kind in ("responsibility", "membership"):
            for id_ in self.world.records[kind]:
                self.ask(name, "history", {"kind": kind, "id": id_, "reason": PURPOSE})

    # ---- changes, all without effect

    def code(self, name, operation, message):
        _, error = self.ask(name, operation, {"request_id": rid(), "dry_run": True, **message})
        return error["code"] if error else "ok"

    def write(self, name, verb, kind, id_, fields=None, **more):
        return self.code(name, "write", {
            "verb": verb, "kind": kind, "id": id_, "reason": "correction",
            "fields": [{"key": k, "value": v} for k, v in (fields or {}).items()], **more})

    def check_write(self, name, p):
        if not self.access.may_at_all(p, "write"):
            self.assertEqual(self.write(name, "SET", "task", "kurs", {"name_en": "C"}), "denied")
            return
        vocabulary = "ok" if self.access.may(p, "vocabulary") else "denied"
        for kind, id_, fields in (("task", "kurs", {"name_en": "Course"}),
                                  ("region", "kreis-a", {"name_en": "County"}),
                                  ("status", "duldung", {"name_en": "Toleration"}),
                                  ("kind", "amt", {"name_en": "Office"}),
                                  ("notice", "neu-offen", {"effect": "info", "text_de": "x"})):
            verb = "ADD" if kind == "notice" else "SET"
            self.assertEqual(self.write(name, verb, kind, id_, fields), vocabulary,
                             f"{name} {kind}")
        self.write_contacts(name, p)
        self.write_institutions(name, p)
        self.write_others(name, p)

    def write_contacts(self, name, p):
        for c, r in self.contacts.items():
            may = self.access.may_edit_contact(p, c)
            d = self.access.disclosure(p, c)
            for verb, fields in (("SET", {"function": "Neue Stelle"}), ("DELETE", None)):
                m = {"request_id": rid(), "verb": verb, "kind": "contact", "id": c,
                     "dry_run": True, "reason": "correction",
                     "fields": [{"key": k, "value": v} for k, v in (fields or {}).items()]}
                if d == HIDDEN and not may:
                    self.same_as_missing(name, "write", m, c)
                    continue
                code = self.write(name, verb, "contact", c, fields)
                if not may:
                    self.assertIn(code, ("denied", "not-found"), f"{name} {verb} {c}")
                elif verb == "SET" and d == FULL:
                    self.assertEqual(code, "ok", f"{name} {verb} {c}")
            code = self.write(name, "ADD", "contact", c, {"institution": r["institution"],
                                                          "name": "Max Muster"})
            self.assertIn(code, ("conflict",) if may else ("conflict", "denied"), f"{name} ADD {c}")
        for owner in self.world.records["institution"]:
            code = self.write(name, "ADD", "contact", "neuer-kontakt", {
                "institution": owner, "name": "Max Muster", "visibility": "partners"})
            self.assertEqual(code, "ok" if self.access.may_edit_of(p, owner) else "denied",
                             f"{name} adds a contact of {owner}")

    def write_institutions(self, name, p):
        a = self.access
        for id_, r in self.world.records["institution"].items():
            code = self.write(name, "SET", "institution", id_, {"hours": "Mo 9-12"})
            want = a.may_edit_of(p, id_)
            if a.may(p, "structure", Target(id_, r["region"])) and not want:
                continue  # own fields by an administrator: not said
            self.assertEqual(code, "ok" if want else "denied", f"{name} hours of {id_}")
            for fields, region in (({"region": "stadt-b1"}, "stadt-b1"),
                                   ({"region": "stadt-a1"}, "stadt-a1")):
                if r["region"] != region:
                    code = self.write(name, "SET", "institution", id_, fields)
                    self.assertEqual(code, "ok" if a.may_move(p, id_, region) else "denied",
                                     f"{name} moves {id_} to {region}")
            if id_ not in ("haus-land", "amt-a"):
                code = self.write(name, "SET", "institution", id_, {"parent": "haus-land"})
                if not a.may_move(p, id_, "land"):
                    self.assertEqual(code, "denied", f"{name} gives {id_} another parent")
        for region in ("stadt-a1", "stadt-b1", "land"):
            code = self.write(name, "ADD", "institution", "neues-haus", {
                "name_de": "Neu", "kind": "amt", "region": region})
            self.assertEqual(code, "ok" if a.may_found(p, "", region) else "denied",
                             f"{name} founds in {region}")

    def write_others(self, name, p):
        a = self.access
        for institution in self.world.records["institution"]:
            for region in ("stadt-a1", "stadt-b1"):
                code = self.write(name, "ADD", "responsibility", "neue-zeile", {
                    "institution": institution, "task": "kurs", "region": region, "role": "advice"})
                want = a.may(p, "edit", Target(institution, region))
                self.assertEqual(code, "ok" if want else "denied",
                                 f"{name} adds a row of {institution} in {region}")
        for id_, r in self.world.records["responsibility"].items():
            want = a.may(p, "edit", Target(r["institution"], r["region"]))
            code = self.write(name, "SET", "responsibility", id_, {"note": "Test"})
            self.assertEqual(code, "ok" if want else "denied", f"{name} note of {id_}")
            self.attach(name, p, id_, r)
        for id_, m in self.world.records["membership"].items():
            for fields in ({"accepted_from": day(0)}, {"accepted_to": ""},
                           {"representative": "dienst-b-public"}):
                if all(m[k] == v for k, v in fields.items()):
                    continue
                code = self.write(name, "SET", "membership", id_, fields)
                if not a.may_accept_for(p, m["institution"]):
                    self.assertNotEqual(code, "ok", f"{name} {fields} of {id_}")

    def attach(self, name, p, id_, r):
        """Attaching a contact to a row shows it to the readers of the row's region."""
        for c in ("amt-a-partners", "amt-a-team-workshop", "dienst-b-partners"):
            if c in r["contacts"] or not self.access.may(p, "edit",
                                                        Target(r["institution"], r["region"])):
                continue
            m = {"request_id": rid(), "verb": "SET", "kind": "responsibility", "id": id_,
                 "dry_run": True, "reason": "correction",
                 "fields": [{"key": "contacts", "value": c}]}
            if self.access.may_edit_contact(p, c):
                continue
            if self.access.disclosure(p, c) == HIDDEN:
                self.same_as_missing(name, "write", m, c)
            _, error = self.ask(name, "write", {**m, "request_id": rid()})
            self.assertIsNotNone(error, f"{name} attaches {c} to {id_}")

    def check_import(self, name, p):
        if not self.access.may_at_all(p, "write"):
            self.assertEqual(self.code(name, "import_begin", {}), "denied")
            return
        for owner in ("amt-a", "amt-a-team", "dienst-b", "werk-a2"):
            files = [("contacts.csv", "contact", ["id", "institution", "name"],
                      [(2, ["neuer-kontakt", owner, "Max Muster"])])]
            want = "ok" if self.access.may_edit_of(p, owner) else "denied"
            code = self.world.load_as(name, files, dry_run=True)
            self.assertIn(code, (want,) if want == "ok" else ("denied", "rejected"),
                          f"{name} imports a contact of {owner}")
        for c in self.contacts:
            if not self.access.may_edit_contact(p, c):
                files = [("contacts.csv", "contact", ["id", "institution", "function"],
                          [(2, [c, self.contacts[c]["institution"], "Andere"])])]
                code = self.world.load_as(name, files, dry_run=True)
                self.assertNotEqual(code, "ok", f"{name} imports over {c}")
        files = [("tasks.csv", "task", ["id", "name_de"], [(2, ["kurs", "Anders"])])]
        code = self.world.load_as(name, files, dry_run=True)
        if not self.access.may(p, "vocabulary"):
            self.assertNotEqual(code, "ok", f"{name} imports a task")
        else:
            self.assertEqual(code, "ok", f"{name} imports a task")

    def check_flag(self, name, p):
        for c in self.contacts:
            m = {"request_id": rid(), "kind": "contact", "id": c, "text": "stimmt nicht",
                 "dry_run": True}
            if self.access.disclosure(p, c) == HIDDEN and p.contact != c:
                self.same_as_missing(name, "flag", m, c)
            elif self.access.disclosure(p, c) == FULL:
                self.assertEqual(self.code(name, "flag", m), "ok", f"{name} flags {c}")

    def check_flags(self, name, p):
        for institution in ("", *self.world.records["institution"]):
            self.ask(name, "flags", {"institution": institution})

    def check_erase(self, name, p):
        for c in self.contacts:
            m = {"request_id": rid(), "contact": c, "dry_run": True, "reason": "correction"}
            if self.access.disclosure(p, c) == HIDDEN and not self.access.may_edit_contact(p, c) \
                    and not self.access.may_at_all(p, "grant"):
                self.same_as_missing(name, "erase", m, c)
            elif not self.access.may_edit_contact(p, c) and not self.access.may_at_all(p, "grant"):
                self.assertNotEqual(self.code(name, "erase", m), "ok", f"{name} erases {c}")

    # ---- rights

    def check_principal(self, name, p):
        for institution in ("", *self.world.records["institution"]):
            fields = [{"key": "name", "value": "Neu"}]
            if institution:
                fields.append({"key": "institution", "value": institution})
            code = self.code(name, "principal", {"verb": "PRINCIPAL_ADD", "id": "neuling",
                                                 "fields": fields, "reason": "x"})
            if not self.access.may_administer(p, institution):
                self.assertEqual(code, "denied", f"{name} adds a principal of {institution}")
            else:
                self.assertEqual(code, "ok", f"{name} adds a principal of {institution}")

    def check_token(self, name, p):
        for other in ("gast-b", "kollegin", name):
            code = self.code(name, "token", {"verb": "TOKEN_CREATE", "principal": other,
                                             "secret": rid(), "reason": "x"})
            of = self.world.people[other]
            if not self.access.may_administer(p, of.institution):
                self.assertEqual(code, "denied", f"{name} token for {other}")

    def check_grant(self, name, p):
        for role in ROLES:
            for institution, region in SCOPES[role]:
                for other in ("ohne-alles", name):
                    grant = Grant(role, institution, region, valid_to=day(90))
                    code = self.code(name, "grant", {
                        "verb": "GRANT_GIVE", "principal": other, "reason": "x",
                        "grant": {k: getattr(grant, k) for k in
                                  ("role", "institution", "region", "valid_to")
                                  if getattr(grant, k)}})
                    if not self.access.may_give(p, self.world.people[other], grant):
                        if institution and self.access.may_at_all(p, "grant"):
                            continue  # an administrator of a region, for an institution there
                        self.assertEqual(code, "denied", f"{name} gives {grant} to {other}")
                    else:
                        self.assertEqual(code, "ok", f"{name} gives {grant} to {other}")

    def check_approve(self, name, p):
        for number in (0, 999999):
            for verb in ("APPROVE_YES", "APPROVE_NO"):
                code = self.code(name, "approve", {"verb": verb, "id": number, "reason": "x"})
                self.assertNotEqual(code, "ok")
        code = self.code(name, "approve", {"verb": "APPROVE_QUOTA", "principal": name,
                                           "reason": "x"})
        self.assertNotEqual(code, "ok", f"{name} lifts its own limit")

    def check_can(self, name, p):
        """The caller's own rights, and root's view of everybody's."""
        for c in [*self.contacts, MISSING]:
            if self.access.disclosure(p, c) == HIDDEN and c != MISSING:
                self.same_as_missing(name, "can", {"action": "contact", "kind": "contact",
                                                   "id": c}, c)
            answer, error = self.ask(name, "can", {"action": "contact", "kind": "contact",
                                                   "id": c})
            if answer and c != MISSING:
                self.assertEqual(answer["disclosure"], self.access.disclosure(p, c),
                                 f"{name} can {c}")
        for c in self.contacts:
            m = self.world.root.call("can", {"principal": name, "action": "contact",
                                             "kind": "contact", "id": c})
            self.assertEqual(m["disclosure"], self.access.disclosure(p, c), f"{name} can {c}")
        for action in ACTIONS:
            if action == "erase":
                continue
            for region in ("kreis-a", "stadt-a2", "stadt-b1", "land"):
                self.compare_can(name, p, action, region, "")
            for id_, r in self.world.records["institution"].items():
                if action not in ("structure", "contact"):
                    self.compare_can(name, p, action, r["region"], id_)

    def compare_can(self, name, p, action, region, institution):
        if action == "contact":
            return
        m = {"principal": name, "action": action, "region": region}
        if institution:
            m["institution"] = institution
        got = self.world.root.call("can", m)
        # may(): a target in the region; structure asks for one that does not exist yet
        want = self.access.may(p, action, Target(institution, region, new=not institution))
        self.assertEqual(got["allowed"], want, f"{name} can {action} {institution} in {region}")

    def check_who_can(self, name, p):
        if not self.access.may_at_all(p, "grant"):
            self.assertEqual(self.code_plain(name, "who_can", {"action": "ask"}), "denied")

    def code_plain(self, name, operation, message):
        _, error = self.ask(name, operation, message)
        return error["code"] if error else "ok"

    def check_my_data(self, name, p):
        answer, error = self.ask(name, "my_data", {})
        if answer and answer["contact"]:
            self.assertEqual(answer["contact"]["id"], p.contact)
        if p.contact and self.access.valid(self.contacts[p.contact]):
            self.assertIsNone(error, name)
            self.assertEqual(answer["contact"]["name"], self.contacts[p.contact]["name"])
        for c in self.contacts:
            if c != p.contact and not self.access.may(p, "audit"):
                code = self.code_plain(name, "my_data", {"subject": c, "reason": PURPOSE})
                self.assertIn(code, ("denied", "not-found"), f"{name} my-data --subject {c}")

    def check_audit(self, name, p):
        want = "ok" if self.access.may(p, "audit") else "denied"
        self.assertEqual(self.code_plain(name, "audit", {"reason": PURPOSE, "limit": 50}), want)
        for c in self.contacts:
            if want == "denied":
                self.same_as_missing(name, "audit", {"subject": c, "reason": PURPOSE}, c)

    def check_audit_verify(self, name, p):
        if not self.access.may(p, "audit"):
            self.assertEqual(self.code_plain(name, "audit_verify", {}), "denied")
            return
        answer, _ = self.ask(name, "audit_verify", {})
        self.assertTrue(answer["intact"], answer)

    def check_grants(self, name, p):
        answer, error = self.ask(name, "grants", {"all": True})
        if error is None and not self.access.may_at_all(p, "grant"):
            self.assertEqual({g["principal"] for g in answer["grants"]} - {name}, set(), name)
        answer, error = self.ask(name, "grants", {"principal": "zweifach", "all": True})
        if error is None and not self.access.may_at_all(p, "grant") and name != "zweifach":
            self.assertEqual(answer["grants"], [], name)

    def check_principals(self, name, p):
        answer, error = self.ask(name, "principals", {})
        if not self.access.may_at_all(p, "grant"):
            self.assertEqual(error and error["code"], "denied", name)

    def check_tokens(self, name, p):
        answer, error = self.ask(name, "tokens", {})
        if not self.access.may_at_all(p, "grant"):
            self.assertEqual(error and error["code"], "denied", name)

    def check_approvals(self, name, p):
        answer, error = self.ask(name, "approvals", {"all": True})
        if answer and not any(g.role in ("admin", "editor") and self.access.live(g)
                              for g in p.grants):
            self.assertEqual([a["id"] for a in answer["approvals"] if a["by"] != name], [], name)

    def check_whoami(self, name, p):
        answer, _ = self.ask(name, "whoami", {})
        self.assertEqual(answer["principal"], name)

    def check_status(self, name, p):
        _, error = self.ask(name, "status", {})
        self.assertIsNone(error)

    def check_enroll(self, name, p):
        code = self.code_plain(name, "enroll", {"secret": rid(), "csr": self.world.keys.request})
        self.assertNotEqual(code, "ok", name)

    def check_renew(self, name, p):
        answer, error = self.ask(name, "renew", {"csr": self.world.keys.request})
        if answer:
            self.assertEqual(answer["principal"], name)

    def check_nothing(self, name, p):
        """Covered by another entry."""


CHECKS = {
    "enroll": Walk.check_enroll, "who": Walk.check_who, "contact": Walk.check_contact,
    "search": Walk.check_search, "get": Walk.check_get, "list": Walk.check_list,
    "tasks_of": Walk.check_tasks_of, "guide": Walk.check_guide,
    "import_begin": Walk.check_import, "import_rows": Walk.check_nothing,
    "import_commit": Walk.check_nothing, "export": Walk.check_export, "write": Walk.check_write,
    "whoami": Walk.check_whoami, "status": Walk.check_status, "renew": Walk.check_renew,
    "principal": Walk.check_principal, "principals": Walk.check_principals,
    "token": Walk.check_token, "tokens": Walk.check_tokens, "grant": Walk.check_grant,
    "grants": Walk.check_grants, "can": Walk.check_can, "who_can": Walk.check_who_can,
    "approvals": Walk.check_approvals, "approve": Walk.check_approve, "audit": Walk.check_audit,
    "audit_verify": Walk.check_audit_verify, "my_data": Walk.check_my_data,
    "flag": Walk.check_flag, "flags": Walk.check_flags, "history": Walk.check_history,
    "erase": Walk.check_erase,
}

ID = b"0123456789abcdef"
# A request that is well formed, without effect, for the coarse right.
SAMPLES = {
    "enroll": {"secret": ID, "csr": b"x"}, "who": {"task": "kurs", "region": "land"},
    "contact": {"term": "amt-a", "reason": PURPOSE}, "search": {"text": "amt"},
    "get": {"kind": "task", "id": "kurs"}, "list": {"kind": "task"},
    "tasks_of": {"institution": "amt-a"}, "guide": {"status": "duldung"},
    "import_begin": {"request_id": ID, "dry_run": True}, "import_rows": {}, "import_commit": {},
    "export": {"kinds": ["task"]}, "renew": {"csr": b"x"},
    "write": {"request_id": ID, "verb": "SET", "kind": "task", "id": "kurs", "dry_run": True,
              "fields": [{"key": "name_en", "value": "x"}]},
    "principal": {"request_id": ID, "verb": "PRINCIPAL_ADD", "id": "neuling", "dry_run": True,
                  "fields": [{"key": "name", "value": "Neu"}]},
    "token": {"request_id": ID, "verb": "TOKEN_CREATE", "principal": "kollegin", "secret": ID,
              "dry_run": True},
    "grant": {"request_id": ID, "verb": "GRANT_GIVE", "principal": "kollegin", "dry_run": True,
              "grant": {"role": "reader", "region": "kreis-a", "valid_to": day(20)}},
    "can": {"action": "ask"}, "who_can": {"action": "ask"},
    "approve": {"request_id": ID, "verb": "APPROVE_YES", "id": 999999, "dry_run": True},
    "audit": {"reason": PURPOSE, "limit": 1},
    "flag": {"request_id": ID, "kind": "institution", "id": "amt-a", "text": "x", "dry_run": True},
    "history": {"kind": "task", "id": "kurs"},
    "erase": {"request_id": ID, "contact": MISSING, "dry_run": True},
}


if __name__ == "__main__":
    iqtest.main()
