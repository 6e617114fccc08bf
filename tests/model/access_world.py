# SPDX-License-Identifier: Apache-2.0
"""A small world of confidential contacts in a running daemon, and people who ask it.

`World` holds the records and principals as the model sees them, and keeps the daemon the same by
the protocol alone. Every answer that passes `World.call` is searched, byte by byte, for what the
caller must not see.
"""

import datetime
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
import reference  # noqa: E402
from access_reference import (CLASSES, FULL, HIDDEN, Access, Grant, Principal)  # noqa: E402

reference.KINDS.setdefault("workshop", ("workshops", "id region name_de name_en organisers goals "
                                        "valid_from valid_to"))
reference.KINDS.setdefault("membership", ("memberships", "id workshop institution representative "
                                          "deputy accepted_from accepted_to"))
for _kind, (_, _columns) in reference.KINDS.items():
    reference.COLUMNS[_kind] = _columns.split()
reference.SEPARATORS.setdefault("organisers", ";")

PURPOSE = "referral"


def today():
    """Today in Germany, as the daemon counts."""
    text = subprocess.run(["date", "+%F"], env={"TZ": "CET-1CEST,M3.5.0,M10.5.0/3",
                                                "PATH": os.environ["PATH"]},
                          stdout=subprocess.PIPE, check=True).stdout
    return text.decode().strip()


def day(offset):
    return (datetime.date.fromisoformat(today()) + datetime.timedelta(days=offset)).isoformat()


# Administrators see which contact a principal is linked to, and whoever asked for something or may
# agree to it sees whom it is about: the id, nothing else.
ACCOUNTS = ["principals", "principal"]
PROPOSALS = ["approvals", "approve"]
CLOCK = os.path.join(iqtest.BUILD, "tests", "model", "clock_shift.so")


def cells(kind, record):
    return [reference.join_cell(c, record[c]) for c in reference.COLUMNS[kind]]


class Wire(iqtest.Raw):
    """Keeps the bytes of the last answer."""

    seen = b""

    def receive(self):
        n = int.from_bytes(self.receive_exactly(4), "big")
        data = self.receive_exactly(n)
        self.seen += data
        return iqtest.SCHEMA.decode("Response", data)

    def call(self, operation, message):
        self.seen = b""
        return super().call(operation, message)


class Keys:
    """One key for everybody: what is tested is not the cryptography."""

    def __init__(self, folder):
        self.key = os.path.join(folder, "key.pem")
        self.csr = os.path.join(folder, "csr.der")
        self.folder = folder
        run = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=ignored",
               "-keyout", self.key, "-outform", "DER", "-out", self.csr]
        subprocess.run(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        with open(self.csr, "rb") as f:
            self.request = f.read()

    def certificate(self, name, der):
        path = os.path.join(self.folder, name + ".pem")
        done = subprocess.run(["openssl", "x509", "-inform", "DER", "-out", path], input=der,
                              stdout=subprocess.DEVNULL, check=True)
        assert done.returncode == 0
        return path


class World:
    def __init__(self, test, records):
        self.test, self.records = test, {k: dict(records.get(k, {})) for k in reference.COLUMNS}
        self.people, self.wires, self.certificates = {}, {}, {}
        self.access = Access(self.records, today())
        self.server = iqtest.Server(test).start()
        self.keys = Keys(iqtest.temp_dir(test))
        self.iqq = iqtest.Client(self.server, test)
        self.root = self.iqq.connect()
        self.root_id = self.root.call("whoami", {})["principal"]
        self.log = []
        self.answers = 0
        self.clock = {}

    def close(self):
        for w in self.wires.values():
            w.close()
        self.root.close()

    def restart(self, between=None, **env):
        for name in list(self.wires):
            self.drop(name)
        self.root.close()
        self.server.stop()
        done = between() if between else None
        if done is not None and done.exit != 0:
            raise AssertionError(f"while the server is stopped: {done}")
        self.server.start(**env)
        self.root = self.iqq.connect()

    def crash(self):
        """It is killed and starts again, at the same time of its calendar."""
        self.server.kill()
        for name in list(self.wires):
            self.drop(name)
        self.root.close()
        self.server.start(**self.clock)
        self.root = self.iqq.connect()

    def travel(self, days):
        """Some days later: the daemon starts anew with another calendar."""
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.clock = {"LD_PRELOAD": CLOCK, "IQ_CLOCK_SHIFT": str(days * 86400),
                      "ASAN_OPTIONS": sanitizer.lstrip(":")}
        self.restart(**self.clock)
        self.access.today = day(days)

    # ---- records

    def load(self, kinds=None):
        files = []
        for kind in kinds or reference.COLUMNS:
            rows = [cells(kind, r) for r in self.records[kind].values()]
            if rows:
                files.append((reference.KINDS[kind][0] + ".csv", kind, reference.COLUMNS[kind],
                              list(enumerate(rows, 2))))
        return self.root.load(files, reason="correction")

    # ---- people

    def second_admin(self, name="zweite-admin"):
        """Four eyes need two; the first approval is given on the machine."""
        self.enroll(Principal(name))
        grant = {"role": "admin", "valid_to": day(300)}
        m = self.root.call("grant", {"request_id": os.urandom(16), "verb": "GRANT_GIVE",
                                     "principal": name, "grant": grant, "reason": "Vertretung"})
        if m["approval"]:
            self.restart(lambda: iqtest.run([iqtest.IQD, "approve", "--state", self.server.dir,
                                             str(m["approval"])]))
        self.people[name].grants.append(Grant("admin", valid_to=day(300)))
        self.second = name
        return name

    def enroll(self, principal):
        """Adds the principal and gives it a certificate; grants come later."""
        fields = {"name": principal.name, "institution": principal.institution,
                  "contact": principal.contact}
        m = self.root.call("principal", {
            "request_id": os.urandom(16), "verb": "PRINCIPAL_ADD", "id": principal.id,
            "fields": [{"key": k, "value": v} for k, v in fields.items() if v],
            "reason": "Anmeldung"})
        if m["approval"]:  # to be somebody's account opens what that person may see
            self.approve(m["approval"])
        self.people[principal.id] = principal
        self.certify(principal.id)

    def certify(self, name):
        secret = os.urandom(16)
        self.root.call("token", {"request_id": os.urandom(16), "verb": "TOKEN_CREATE",
                                 "principal": name, "secret": secret, "reason": "Anmeldung"})
        with Wire(self.server) as w:
            m = w.call("enroll", {"secret": secret, "csr": self.keys.request})
        assert m["principal"] == name, m["principal"]
        self.certificates[name] = self.keys.certificate(name, m["certificate"])

    def wire(self, name):
        """An open connection of this principal; "": without certificate."""
        if name == self.root_id:
            return self.root
        if name not in self.wires:
            self.wires[name] = (Wire(self.server, self.certificates[name], self.keys.key)
                                if name else Wire(self.server))
        return self.wires[name]

    def drop(self, name):
        if name in self.wires:
            self.wires.pop(name).close()

    def give(self, name, grant, by=None):
        """Gives a grant as an administrator; others approve where two are needed."""
        fields = {k: getattr(grant, k) for k in ("role", "institution", "region", "valid_from",
                                                 "valid_to") if getattr(grant, k)}
        fields.setdefault("valid_to", day(300))
        w = self.wire(by) if by else self.root
        m = w.call("grant", {"request_id": os.urandom(16), "verb": "GRANT_GIVE",
                             "principal": name, "grant": fields, "reason": "Test"})
        if m["approval"]:
            m = self.approve(m["approval"])
            held = self.root.call("grants", {"principal": name, "all": True})["grants"]
            grant.id = max(g["id"] for g in held)
        else:
            grant.id = m["grants"][-1]["id"]
        self.people[name].grants.append(grant)
        return grant

    def approve(self, number):
        """Whoever may; the daemon says who."""
        for name in [self.second, *self.people]:
            w = self.wire(name)
            try:
                waiting = w.call("approvals", {"id": number})["approvals"]
            except iqtest.Refused:
                continue  # not for this one
            if waiting and waiting[0]["yours"]:
                return w.call("approve", {"request_id": os.urandom(16), "verb": "APPROVE_YES",
                                          "id": number, "reason": "geprüft"})
        raise AssertionError(f"nobody may approve {number}")

    def revoke(self, name, grant):
        self.root.call("grant", {"request_id": os.urandom(16), "verb": "GRANT_REVOKE",
                                 "principal": name, "id": grant.id, "reason": "Test"})
        grant.revoked = True

    # ---- asking

    def call(self, name, operation, message, search=True):
        """(answer or None, error or None); the bytes were searched."""
        w = self.wire(name)
        answer = error = None
        try:
            answer = w.call(operation, message)
        except iqtest.Refused as e:
            error = e.error
        except EOFError:
            self.drop(name)
            raise
        self.answers += 1
        if search and isinstance(w, Wire):
            self.search(name, operation, message, w.seen)
        return answer, error

    def load_as(self, name, files, commit=("import_commit", {}), into=None, **begin):
        """An import, or what else is done with its rows; code of the refusal or "ok". into: a
        dictionary for the last answer."""
        w = self.wire(name)
        data = b""
        try:
            for step, message in [*self.import_steps(files, begin), commit]:
                try:
                    last = w.call(step, message)
                finally:
                    data += w.seen
            code = "ok"
            if into is not None:
                into["answer"] = last
        except iqtest.Refused as e:
            code = e.code
        self.search(name, "import", files, data)
        return code

    def import_steps(self, files, begin):
        yield "import_begin", {"request_id": os.urandom(16), "reason": "correction", **begin}
        for index, (name, kind, columns, rows) in enumerate(files):
            head = [{"index": index, "name": name, "kind": kind, "columns": columns}]
            yield "import_rows", {"files": head, "file": index,
                                  "rows": [{"line": n, "cells": c} for n, c in rows]}

    def secrets(self, contact, seen):
        """Texts that must not be in an answer to somebody who sees this much of the contact."""
        if seen == FULL:
            return []
        c = self.records["contact"][contact]
        texts = [c["name"], c["phone"], c["email"], c["external_id"]]
        if seen == HIDDEN:
            texts += [c["id"], c["function"]]
        return [t for t in texts if t]

    def search(self, name, operation, message, data):
        """No answer of any kind holds what the caller may not see."""
        who = self.people.get(name)
        request = repr(message)
        for contact in self.records["contact"]:
            seen = self.access.disclosure(who, contact)
            if who is not None and who.contact == contact and operation == "my_data":
                continue  # the own record
            texts = self.secrets(contact, seen)
            if operation in PROPOSALS or (operation in ACCOUNTS
                                          and self.access.may_at_all(who, "grant")):
                texts = [t for t in texts if t != contact]
            for text in texts:
                if text.encode() in data and text not in request:
                    self.test.fail(f"{who or 'anonymous'} asks {operation} {message} and sees "
                                   f"{text!r} of {contact}, which is {seen}")


# ---- the fixed world ---------------------------------------------------------------------------

def record(kind, /, **columns):
    for c in ("valid_from",):
        if c in reference.COLUMNS[kind] and kind not in ("workshop",):
            columns.setdefault(c, "2026-01-01")
    return reference.make_record(kind, columns)


INSTITUTIONS = {  # id: (parent, seat)
    "amt-a": ("", "kreis-a"), "amt-a-team": ("amt-a", "stadt-a1"), "dienst-b": ("", "stadt-b1"),
    "werk-a2": ("", "stadt-a2"), "haus-land": ("", "land"),
}
# Letters that no other text of the world holds, so that bytes can be searched for them.
WORDS = {"amt-a": "Qamta", "amt-a-team": "Qteam", "dienst-b": "Qdienst", "werk-a2": "Qwerk",
         "haus-land": "Qhaus"}


def contact(institution, suffix, visibility, **more):
    word = f"{WORDS[institution]}{suffix.title().replace('-', '')}"
    return record("contact", **{
        "id": f"{institution}-{suffix}", "institution": institution, "visibility": visibility,
        "name": f"Erika {word}", "function": f"Fachstelle {word}x", "languages": "de;en",
        "phone": f"030 23125 {word}", "email": f"{word.lower()}@example.org",
        "external_id": f"ext-{word}", **more})


def regions():
    for id_, parent, kind, members in (
            ("land", "", "land", ""), ("kreis-a", "land", "kreis", ""),
            ("kreis-b", "land", "kreis", ""), ("stadt-a1", "kreis-a", "stadt", ""),
            ("stadt-a2", "kreis-a", "stadt", ""), ("stadt-b1", "kreis-b", "stadt", ""),
            ("gebiet", "", "area", "stadt-a2;stadt-b1")):
        yield record("region", id=id_, parent=parent, kind=kind, members=members,
                     name_de=id_.title())


def contacts():
    for institution in ("amt-a", "amt-a-team", "dienst-b", "werk-a2"):
        for class_ in CLASSES:
            # the deputy of each is of the next narrower class
            narrower = CLASSES[CLASSES.index(class_) + 1:][:1]
            yield contact(institution, class_, class_,
                          deputy="".join(f"{institution}-{n}" for n in narrower))
    for class_ in ("public", "partners"):
        yield contact("amt-a", "ended-" + class_, class_, valid_to=day(-1))
    for institution in ("amt-a", "dienst-b", "werk-a2", "haus-land"):
        yield contact(institution, "rep", "workshop")
        yield contact(institution, "dep", "institution")


def responsibilities():
    """amt-a's contacts act in two regions, dienst-b's in one, werk-a2's only in a row that ended,
    amt-a-team's in none."""
    n = 0
    for class_ in CLASSES:
        for institution, region, until in (("amt-a", "stadt-a1", ""), ("amt-a", "kreis-b", ""),
                                           ("dienst-b", "kreis-b", ""),
                                           ("werk-a2", "kreis-b", "2026-02-01")):
            n += 1
            yield record("responsibility", id=f"r{n}-{institution}", institution=institution,
                         task="kurs", region=region, role="advice", valid_to=until,
                         contacts=f"{institution}-{class_}")
    yield record("responsibility", id="r0-team", institution="amt-a-team", task="kurs",
                 region="stadt-a1", role="lead")
    yield record("responsibility", id="r0-ended", institution="amt-a", task="kurs", role="lead",
                 region="stadt-a1", contacts="amt-a-ended-public;amt-a-ended-partners")


def memberships():
    for workshop, institution, since, until in (
            ("runde-1", "amt-a", "2026-01-01", ""), ("runde-1", "dienst-b", "2026-01-01", ""),
            ("runde-1", "werk-a2", "", ""),
            ("runde-1", "haus-land", "2026-01-01", "2026-02-01"),
            ("runde-2", "werk-a2", "2026-01-01", ""),
            ("runde-3", "amt-a", "2026-01-01", ""), ("runde-3", "werk-a2", "", "")):
        yield record("membership", id=f"{workshop}-{institution}", workshop=workshop,
                     institution=institution, representative=f"{institution}-rep",
                     deputy=f"{institution}-dep", accepted_from=since, accepted_to=until)


def small_world():
    every = [("region", regions()),
             ("task", [record("task", id="kurs", name_de="Kurs"),
                       record("task", id="sprache", parent="kurs", name_de="Sprache")]),
             ("status", [record("status", id="duldung", name_de="Duldung")]),
             ("kind", [record("kind", id="amt", name_de="Amt", statutory="yes")]),
             ("institution", [record("institution", id=i, parent=p, region=r, kind="amt",
                                     name_de=i.title(), phone="030 23125 999")
                              for i, (p, r) in INSTITUTIONS.items()]),
             ("contact", contacts()), ("responsibility", responsibilities()),
             ("notice", [record("notice", id="hinweis-a", institution="amt-a", effect="info",
                                text_de="Hinweis", region="kreis-a")]),
             ("handover", []),
             ("workshop", [record("workshop", id=w, region=r, name_de=w.title()) for w, r in (
                 ("runde-1", "land"), ("runde-2", "land"), ("runde-3", "kreis-a"))]),
             ("membership", memberships())]
    return {kind: {r["id"]: r for r in of_kind} for kind, of_kind in every}
