#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Editions of the interface document: a directory full of marked confidential values, and what of
them is in the bytes that leave; on record first, with the recipient; and when the log is broken."""

import csv
import glob
import io
import os
import re
import resource

import iqtest

CLASSES = ["public", "partners", "workshop", "institution"]
TO = {"reason": "workshop", "recipient": "Landratsamt Görlitz, Frau Muster"}
INSTITUTIONS = 6


def mark(class_, i, what):
    return f"Q{class_}{i}{what}Q"


class Bytes(iqtest.Raw):
    """Keeps the bytes of the last answer."""

    seen = b""

    def receive_exactly(self, n):
        data = super().receive_exactly(n)
        self.seen += data
        return data

    def call(self, *args, **more):
        self.seen = b""
        return super().call(*args, **more)


def bundle(folder):
    def write(name, columns, rows):
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            out.writerow(columns.split())
            out.writerows(rows)
    write("regions", "id parent kind members name_de", [
        ("land", "", "land", "", "Land"), ("stadt", "land", "stadt", "", "Stadt"),
        ("fern", "land", "stadt", "", "Fern"), ("gebiet", "", "area", "stadt", "Gebiet")])
    write("tasks", "id name_de", [("kurs", "Kurs")])
    write("statuses", "id name_de", [("duldung", "Duldung")])
    write("kinds", "id name_de statutory", [("amt", "Amt", "yes")])
    write("institutions", "id kind region name_de phone",
          [(f"amt-{i}", "amt", "stadt", f"Amt {i}", "030 23125 100") for i in range(INSTITUTIONS)])
    write("contacts", "id institution name function phone email languages visibility external_id",
          [(f"c-{class_}-{i}", f"amt-{i}", mark(class_, i, "name"), mark(class_, i, "function"),
            mark(class_, i, "phone"), f"{mark(class_, i, 'mail')}@example.org", "de", class_,
            mark(class_, i, "extern")) for class_ in CLASSES for i in range(INSTITUTIONS)])
    write("responsibilities", "id institution task region role contacts",
          [(f"r-{i}", f"amt-{i}", "kurs", "stadt", "lead",
            ";".join(f"c-{class_}-{i}" for class_ in CLASSES)) for i in range(INSTITUTIONS)])
    write("workshops", "id region name_de", [("runde", "stadt", "Runde")])
    # accepted, not accepted, over, not yet
    write("memberships", "id workshop institution accepted_from accepted_to", [
        ("m-0", "runde", "amt-0", "2026-01-01", ""), ("m-1", "runde", "amt-1", "2026-01-01", ""),
        ("m-2", "runde", "amt-2", "", ""), ("m-3", "runde", "amt-3", "2026-01-01", "2026-02-01"),
        ("m-4", "runde", "amt-4", "2899-01-01", "")])


MEMBERS = {0, 1}


class Edition(iqtest.Case):
    data = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = iqtest.temp_dir(cls)
        bundle(folder)
        done = cls.iqq("import", folder, "--reason", "test")
        if done.exit != 0:
            raise AssertionError(done)

    def ask(self, edition, client=None, region="stadt", **more):
        """(answer, bytes)"""
        with (client or self.iqq).connect() as c:
            c.__class__ = Bytes
            message = {"region": region, "edition": edition, **(TO if edition != "public" else {})}
            return c.call("edition", {**message, **more}), c.seen

    def refused(self, code, edition, client=None, **more):
        with self.assertRaises(iqtest.Refused) as e:
            self.ask(edition, client, **more)
        self.assertEqual(e.exception.code, code)

    def assertHolds(self, data, expected):
        """expected: class → institutions whose personal fields are in it; functions one class lower;
        the owner's own notes never."""
        for class_ in CLASSES:
            for i in range(INSTITUTIONS):
                for what in ("name", "phone", "mail"):
                    self.assertEqual(mark(class_, i, what).encode() in data,
                                     i in expected.get(class_, ()), f"{class_} {i} {what}")
                self.assertNotIn(mark(class_, i, "extern").encode(), data)

    def functions(self, data):
        return {class_: {i for i in range(INSTITUTIONS)
                         if mark(class_, i, "function").encode() in data} for class_ in CLASSES}

    def log_lines(self):
        lines = []
        for path in sorted(glob.glob(os.path.join(self.server.dir, "audit", "*.log"))):
            with open(path, encoding="utf-8", errors="replace") as f:
                lines += [line.split("\t") for line in f.read().splitlines() if line.strip("\0")]
        return [x for x in lines if len(x) > 8 and x[2] == "disclosed"]

    def person(self, name, grant):
        done = self.iqq("principal", "add", name, f"name={name}")
        self.assertExit(done, 0)
        done = self.iqq("token", "create", name, "--grant", f"{grant}:until=2027-06-30")
        self.assertExit(done, 0)
        client = iqtest.Client(self.server, self, enroll=False)
        self.assertExit(client.enroll(re.search(r"^token: (\S+)$", done.out, re.M)[1]), 0)
        return client

    # ---- what is in it, printed by somebody who may see everything

    def test_public(self):
        before = len(self.log_lines())
        answer, data = self.ask("public")
        everywhere = range(INSTITUTIONS)
        self.assertHolds(data, {"public": everywhere})
        self.assertEqual(self.functions(data), {"public": set(everywhere), "partners": set(),
                                                "workshop": set(), "institution": set()})
        self.assertEqual((answer["total"], answer["withheld"], answer["because"]),
                         (INSTITUTIONS, 0, ""))
        self.assertEqual(len(self.log_lines()), before)

    def test_partners(self):
        answer, data = self.ask("partners")
        everywhere = set(range(INSTITUTIONS))
        self.assertHolds(data, {"public": everywhere, "partners": everywhere})
        self.assertEqual(self.functions(data), {"public": everywhere, "partners": everywhere,
                                                "workshop": everywhere, "institution": set()})
        self.assertEqual(answer["withheld"], 0)

    def test_members(self):
        _, data = self.ask("members")
        everywhere = set(range(INSTITUTIONS))
        self.assertHolds(data, {"public": everywhere, "partners": everywhere, "workshop": MEMBERS})
        self.assertEqual(self.functions(data), {"public": everywhere, "partners": everywhere,
                                                "workshop": everywhere, "institution": MEMBERS})

    def test_region_without_workshop(self):
        everywhere = set(range(INSTITUTIONS))
        for region in ("land", "gebiet"):
            _, data = self.ask("members", region=region)
            self.assertHolds(data, {"public": everywhere, "partners": everywhere})

    def test_elsewhere(self):
        """Of a region that nothing of it is related to."""
        for edition in ("public", "partners", "members"):
            answer, data = self.ask(edition, region="fern")
            self.assertEqual(answer["institutions"], [])
            self.assertHolds(data, {})

    # ---- printed by others

    def test_reader(self):
        reader = self.person("leserin", "reader:region=stadt")
        for edition in ("partners", "members"):
            self.refused("denied", edition, reader)
        _, data = self.ask("public", reader)
        self.assertHolds(data, {"public": range(INSTITUTIONS)})

    def test_editor_of_another(self):
        editor = self.person("redaktion", "editor:institution=amt-5")
        everywhere = set(range(INSTITUTIONS))
        answer, data = self.ask("partners", editor)
        self.assertHolds(data, {"public": everywhere, "partners": {5}})
        self.assertEqual((answer["withheld"], answer["because"]), (INSTITUTIONS - 1, "right"))
        answer, data = self.ask("members", editor)
        self.assertHolds(data, {"public": everywhere, "partners": {5}})
        # whom the editor does not know of is not counted
        self.assertEqual(answer["withheld"], INSTITUTIONS - 1)

    def test_coordinator_elsewhere(self):
        other = self.person("koordination", "coordinator:region=fern")
        for edition in ("partners", "members"):
            _, data = self.ask(edition, other)
            self.assertHolds(data, {"public": range(INSTITUTIONS)})

    def test_coordinator(self):
        """Not for the author: no workshop contact without a seat in the workshop."""
        one = self.person("koordinatorin", "coordinator:region=land")
        everywhere = set(range(INSTITUTIONS))
        answer, data = self.ask("members", one)
        self.assertHolds(data, {"public": everywhere, "partners": everywhere})
        self.assertEqual((answer["withheld"], answer["because"]), (len(MEMBERS), "right"))
        self.assertExit(self.iqq("revoke", "koordinatorin", "--all", "--yes"), 0)
        with self.assertRaises((iqtest.Refused, EOFError, OSError)):
            self.ask("partners", one)

    def test_usage(self):
        for more in ({"recipient": ""}, {"recipient": "a\x1b[1m"}, {"recipient": "x" * 121},
                     {"reason": ""}, {"reason": "neugier"}):
            self.refused("usage", "partners", **more)
        self.refused("usage", "geheim")
        self.refused("usage", "")

    # ---- on record

    def test_on_record(self):
        before = len(self.log_lines())
        self.ask("partners")
        lines = self.log_lines()[before:]
        self.assertEqual(len(lines), INSTITUTIONS)
        for line in lines:
            self.assertEqual((line[6], line[7], line[8]), (
                "partners", "edition", f"workshop partners stadt: {TO['recipient']}"))
        report = [iqtest.IQD, "breach-report", "--state", self.server.dir, "--from", "2020-01-01",
                  "--to", "2899-12-31"]
        rows = [r for r in csv.DictReader(io.StringIO(iqtest.run([*report, "--csv"]).out))
                if r["edition"] == "partners stadt" and r["subject"] == "c-partners-0"
                and r["principal"] == "admin"]
        self.assertEqual([(r["purpose"], r["recipient"]) for r in rows],
                         [("workshop", TO["recipient"])])
        self.assertExit(iqtest.run(report), 0, f"edition partners stadt for {TO['recipient']}")

    def test_my_data(self):
        """The person learns for whom it was printed."""
        self.ask("members")
        self.assertExit(self.iqq("principal", "add", "person", "name=Person", "institution=amt-0",
                                 "contact=c-workshop-0"), 0)
        done = self.iqq("token", "create", "person")
        person = iqtest.Client(self.server, self, enroll=False)
        self.assertExit(person.enroll(re.search(r"^token: (\S+)$", done.out, re.M)[1]), 0)
        seen = person.json("my-data")["items"][0]["disclosures"]
        self.assertIn(("edition", f"workshop members stadt: {TO['recipient']}"),
                      {(d["operation"], d["purpose"]) for d in seen})
        for lang, text in (("en", f"a workshop; printed for members stadt: {TO['recipient']}"),
                           ("de", f"Workshop; gedruckt für members stadt: {TO['recipient']}")):
            shown = person.terminal("my-data", env={"IQQ_LANG": lang}, columns=200)
            self.assertIn(text, " ".join(shown.out.split()))

    def limit_files(self, size):
        _, hard = resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (size, hard))

    def test_broken_log(self):
        """Nothing that cannot be recorded, and all the rest."""
        public = self.ask("public")[0]
        self.addCleanup(self.limit_files, resource.RLIM_INFINITY)
        self.limit_files(64)
        everywhere = range(INSTITUTIONS)
        for _ in range(2):  # while it breaks, and when it is broken
            answer, data = self.ask("members")
            self.assertHolds(data, {"public": everywhere})
            self.assertEqual((answer["withheld"], answer["because"]),
                             (INSTITUTIONS + len(MEMBERS), "audit"))
            for mine, theirs in zip(answer["institutions"], public["institutions"]):
                self.assertEqual(mine["responsibilities"], theirs["responsibilities"])
        self.assertEqual(self.ask("public")[0], public)
        self.limit_files(resource.RLIM_INFINITY)
        iqtest.wait_for(lambda: self.ask("members")[0]["withheld"] == 0, "the log to be whole")


if __name__ == "__main__":
    iqtest.main()
