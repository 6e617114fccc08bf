# SPDX-License-Identifier: Apache-2.0
"""What answers must hold, against access_reference.py; checks of the operations that read."""

import os
import re

import iqtest
import reference
from access_reference import FULL, HIDDEN, OUTLINE
from access_world import PURPOSE, day

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
        return {k: plain(v) for k, v in value.items()
                if k not in ("revision", "to_revision", "cursor")}
    return [plain(v) for v in value] if isinstance(value, list) else value


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
              "grant": {"role": "reader", "region": "kreis-a", "valid_to": day(80)}},
    "can": {"action": "ask"}, "who_can": {"action": "ask"},
    "approve": {"request_id": ID, "verb": "APPROVE_YES", "id": 999999, "dry_run": True},
    "revert": {"request_id": ID, "change": 1, "dry_run": True},
    "audit": {"reason": PURPOSE, "limit": 1},
    "flag": {"request_id": ID, "kind": "institution", "id": "amt-a", "text": "x", "dry_run": True},
    "history": {"kind": "task", "id": "kurs"}, "diff": {"from": "2026-01-01", "region": "land"},
    "erase": {"request_id": ID, "contact": MISSING, "dry_run": True},
    "sync_apply": {"request_id": ID, "plan": MISSING, "dry_run": True},
    "sync_resolve": {"request_id": ID, "plan": MISSING, "side": "mine"},
    "sheet": {"contact": "amt-a-public", "reason": PURPOSE},
    "edition": {"region": "land", "edition": "public"},
    "tally": {"proposal": MISSING},
    "vote_close": {"request_id": ID, "proposal": MISSING, "dry_run": True},
    "handover": {"request_id": ID, "from": MISSING, "to": "amt-a-public", "dry_run": True},
}


class Reading:
    """Mixed into the test that has `world`; everything takes the caller: its id, its rights."""

    def setUp(self):
        self.access, self.contacts = self.world.access, self.world.records["contact"]

    def everybody(self):
        """All principals; with IQ_MODEL_SHARE=n every n-th, for slow builds."""
        return list(self.world.people.items())[::int(os.environ.get("IQ_MODEL_SHARE", "1"))]

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

    def assertFields(self, p, message, reason, what, whole=True):
        """A Contact message against the model. whole: the record, not an entry of an answer."""
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
        elif c["deputy"] and d == FULL and whole and self.access.valid(c):
            self.assertNotEqual(self.access.disclosure(p, c["deputy"]), FULL, f"{what} deputy")

    def assertList(self, p, contacts, withheld, expected, reason, what):
        """contacts and withheld of an answer against the contacts that belong there."""
        expected = [c for c in expected if self.access.valid(self.contacts[c])]
        full = {c for c in expected if self.seen(p, c, reason) == FULL}
        outline = {c for c in expected if self.seen(p, c, reason) == OUTLINE}
        self.assertEqual({m["id"] for m in contacts}, full, what)
        for m in contacts:
            self.assertFields(p, m, reason, what, whole=False)
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
            elif d == FULL and self.access.valid(self.contacts[c]):
                self.assertIn(c, ids, what)
        self.assertLessEqual(set(ids), set(stored), what)

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
                self.assertLessEqual(set(r["contacts"]), {
                    c for c in stored if self.access.disclosure(p, c) != HIDDEN},
                    f"{name} tasks-of {r['id']}")

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

    def check_stale(self, name, p):
        """No conclusion from a person that the caller may not know of, no name without the right."""
        rows = self.world.records["responsibility"]
        for reason in ("", PURPOSE):
            answer, error = self.ask(name, "stale", {"reason": reason})
            if error:
                self.assertEqual((error["code"], reason), ("denied", PURPOSE), name)
                continue
            for i in answer["items"]:
                what = f"{name} stale {i}"
                if i["kind"] == "contact":
                    d, c = self.seen(p, i["id"], bool(reason)), self.contacts[i["id"]]
                    self.assertNotEqual(d, HIDDEN, what)
                    self.assertIn(i["name"], (c["name"], "") if d == FULL else (c["function"],))
                    if i["why"] in ("no-deputy", "personal-mail", "not-informed"):
                        self.assertEqual(d, FULL, what)
                    if i["why"] == "not-informed":
                        self.assertTrue(self.access.is_editor_of(p, i["id"]), what)
                elif i["kind"] == "responsibility" and i["why"] in ("no-contact", "orphan"):
                    self.assertFalse([c for c in rows[i["id"]]["contacts"]
                                      if self.access.valid(self.contacts[c])], what)
                if i["why"] == "orphan":
                    self.assertNotEqual(self.access.disclosure(p, i["detail"]), HIDDEN, what)

    def check_diff(self, name, p):
        """Since the first revision, everything: what a list would show, and no more."""
        for reason in ("", PURPOSE):
            answer, error = self.ask(name, "diff", {"from_revision": 1, "reason": reason})
            if error:
                self.assertEqual((error["code"], reason), ("denied", PURPOSE), name)
                continue
            for i in answer["items"]:
                what = f"{name} diff {i}"
                cells = {c["column"]: c["after"] for c in i["changes"]}
                if i["kind"] == "contact" and i["id"] in self.contacts:
                    d = self.seen(p, i["id"], bool(reason))
                    self.assertNotEqual(d, HIDDEN, what)
                    if d != FULL:
                        self.assertFalse(set(PERSONAL) & set(cells), what)
                elif i["kind"] == "responsibility" and i["id"] in self.world.records[i["kind"]]:
                    stored = self.world.records[i["kind"]][i["id"]]["contacts"]
                    for c in filter(None, cells.get("contacts", "").split(";")):
                        self.assertIn(c, stored, what)
                        self.assertNotEqual(self.access.disclosure(p, c), HIDDEN, what)

    def check_changes(self, name, p):
        """A refresh is what export shows; who gets no contacts in bulk gets none here."""
        bulk = self.access.may_at_all(p, "bulk")
        for scope in ({}, {"region": "kreis-a"}, {"institution": "amt-a"}):
            for kinds in ([], ["contact"], ["responsibility", "membership"]):
                message = {"kinds": kinds, "reason": PURPOSE, **scope}
                answer, error = self.ask(name, "changes", message)
                got, refused = self.pages(name, "export", message)
                if error or refused:
                    self.assertEqual(plain(error), plain(refused), f"{name} changes {kinds}")
                    self.assertFalse(bulk, f"{name} changes {kinds}")
                    continue
                self.assertEqual((answer["because"], answer["more"]), ("start", False))
                records = [e["record"] for e in answer["events"]]
                self.assertEqual(records, got[0], f"{name} changes {kinds} {scope}")
                self.check_exported(name, p, records, scope, kinds)
            self.without_reason(name, "changes", {"kinds": ["contact"], **scope})

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

    def check_sheet(self, name, p):
        """What hangs on a contact is shown like the records themselves."""
        for c, r in self.contacts.items():
            message = {"contact": c, "reason": PURPOSE}
            if self.access.disclosure(p, c) == HIDDEN:
                self.same_as_missing(name, "sheet", message, c)
                continue
            answer, error = self.ask(name, "sheet", message)
            self.assertIsNone(error, f"{name} sheet {c}")
            self.assertFields(p, answer["contact"], True, f"{name} sheet {c}")
            if answer["deputy"]:
                self.assertEqual(answer["deputy"]["id"], r["deputy"])
                self.assertFields(p, answer["deputy"], True, f"{name} sheet {c} deputy")
            self.check_hanging(name, p, c, answer["items"])
            self.without_reason(name, "sheet", {"contact": c})

    def check_hanging(self, name, p, c, items):
        what = f"{name} sheet {c}"
        got = {(i["kind"], i["id"], i["column"]) for i in items if i["kind"] != "principal"}
        want = {("responsibility", id_, "contacts")
                for id_, r in self.world.records["responsibility"].items() if c in r["contacts"]}
        want |= {("membership", id_, column) for id_, m in self.world.records["membership"].items()
                 for column in ("representative", "deputy") if m[column] == c}
        # whose deputy it is: a personal field of that contact
        want |= {("contact", id_, "deputy") for id_, r in self.contacts.items()
                 if r["deputy"] == c and self.access.disclosure(p, id_) == FULL}
        self.assertEqual(got, want, what)
        for i in items:
            if i["kind"] == "principal":
                self.assertTrue(self.access.may_at_all(p, "grant"), f"{what} {i}")
