#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""iqq report: the interface document as files; what an edition contains, and what it never does."""

import csv
import glob
import html
import json
import os
import re
import shutil
import stat
import subprocess
import unittest
import zipfile

import iqtest

STEM = "schnittstellenpapier-dresden-public"
CLOSED = ("--edition", "partners", "--recipient", "Jobcenter Dresden, Erika Mustermann",
          "--reason", "workshop")
GERMAN = {"IQQ_LANG": "de"}
# the server takes no ESC at all; what writers do with one is in the unit tests
HOSTILE = ("<script>alert(1)</script>", '=HYPERLINK("https://example.org","x")',
           "\u202etxt.exe", "{0} %s \"' &amp; javascript:alert(1)")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def text_of(path):
    """All that stands in a file, unpacked, with entities resolved."""
    data = read(path)
    if path.endswith(".xlsx"):
        with zipfile.ZipFile(path) as z:
            data = b"\n".join(z.read(n) for n in z.namelist())
    elif path.endswith(".pdf") and shutil.which("pdftotext"):
        data = subprocess.run(["pdftotext", path, "-"], stdout=subprocess.PIPE, check=True).stdout
    raw = data.decode("utf-8", "replace")
    return raw + html.unescape(raw)


class Base(iqtest.Case):
    def report(self, *args, exit_status=0, env=None, folder=None):
        folder = folder or iqtest.temp_dir(self)
        done = self.iqq("report", *args, "--dir", folder, env=env)
        self.assertExit(done, exit_status)
        return folder, done

    def section(self, folder, name, stem=STEM):
        with open(os.path.join(folder, f"{stem}-en.json"), encoding="utf-8") as f:
            doc = json.load(f)
        rows = [i["rows"] for i in doc["items"] if i["section"] == name]
        return rows[0] if rows else None


class Report(Base):
    def test_formats(self):
        folder, done = self.report("dresden", "-o", "html,xlsx,csv", "-o", "json,svg,dot")
        names = sorted(os.listdir(folder))
        told = [line.split("\t") for line in done.out.splitlines()]
        self.assertEqual(sorted(os.path.basename(t[0]) for t in told), names)
        for path, kind, lang, size in told:
            self.assertEqual(int(size), os.path.getsize(path))
            self.assertTrue(path.endswith("." + kind) and lang == "en", path)
            self.assertEqual(os.stat(path).st_mode & 0o600, 0o600)
        for extension in ("html", "xlsx", "json"):
            self.assertIn(f"{STEM}-en.{extension}", names)
        self.assertIn(f"{STEM}-en-matrix.csv", names)
        self.assertIn(f"{STEM}-en-handovers.svg", names)
        self.assertIn(f"{STEM}-en-handovers.dot", names)
        self.assertFalse([n for n in names if "contacts" in n or "changes" in n])
        page = read(os.path.join(folder, f"{STEM}-en.html")).decode()
        for word in ("Interface document Dresden", "ABH", "Process chains", "AufenthG", "<svg"):
            self.assertIn(word if word != "ABH" else "Residence statuses", page)
        self.assertIsNone(zipfile.ZipFile(os.path.join(folder, f"{STEM}-en.xlsx")).testzip())
        with open(os.path.join(folder, f"{STEM}-en-gaps.csv"), encoding="utf-8-sig") as f:
            gaps = list(csv.reader(f, delimiter=";"))
        told = self.iqq.json("gaps", "dresden")
        self.assertEqual(len(gaps) - 1, told["total"])

    def test_json(self):
        folder, _ = self.report("dresden", "-o", "json")
        marked = {r["task"]["id"] for r in self.section(folder, "matrix") if r["gap"]}
        gaps = {g["task"]["id"] if isinstance(g["task"], dict) else g["task"]
                for g in self.iqq.json("gaps", "dresden")["items"]}
        self.assertTrue(marked)
        self.assertLessEqual(marked, gaps)
        sheets = {s["id"]: s for s in self.section(folder, "institutions")}
        duty = [d for s in sheets.values() for d in s["responsibilities"] if d["stale"]]
        rows = self.section(folder, "matrix")
        self.assertEqual(bool(duty), any(r["stale"] for r in rows))
        columns = {c["institution"] for r in rows for c in r["cells"]}
        self.assertLessEqual(columns, set(sheets))
        self.assertEqual(len(self.section(folder, "guide")), 51)
        self.assertIsNone(self.section(folder, "contacts"))
        self.assertIsNone(self.section(folder, "commitments"))
        chains = self.section(folder, "graphs")
        self.assertIn("asylum-arrival-to-work", [c["process"] for c in chains])
        self.assertIsNone(chains[-1]["process"])

    def test_languages(self):
        folder, _ = self.report("dresden", "--lang", "both", "-o", "html,json")
        self.assertEqual(sorted(os.listdir(folder)),
                         [f"{STEM}-de.json", f"{STEM}-en.json", f"{STEM}.html"])
        page = read(os.path.join(folder, f"{STEM}.html")).decode()
        self.assertIn("Interface document Dresden", page)
        self.assertIn("Schnittstellenpapier Dresden", page)
        folder, done = self.report("dresden", env=GERMAN)
        page = read(os.path.join(folder, f"{STEM}-de.html")).decode()
        self.assertIn("<html lang=de>", page)
        for english in ("Interface document", "somebody does it", "nearly:", "Each step"):
            self.assertNotIn(english, page)
        done = self.iqq("gaps", "dresden", "--lang", "both")
        self.assertExit(done, 2)

    def test_same_bytes(self):
        args = ("leipzig", "-o", "html,json,svg,xlsx,csv,dot", "--at", "2026-11-20")
        first, _ = self.report(*args)
        second, _ = self.report(*args)
        self.assertEqual(sorted(os.listdir(first)), sorted(os.listdir(second)))
        for name in os.listdir(first):
            self.assertEqual(read(os.path.join(first, name)), read(os.path.join(second, name)),
                             name)

    def test_closed(self):
        folder, done = self.report("dresden", *CLOSED, "-o", "html,xlsx,json,csv")
        for name in os.listdir(folder):
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            self.assertEqual(mode, 0o600, name)
        people = self.section(folder, "contacts", "schnittstellenpapier-dresden-partners")
        self.assertTrue(people)
        self.assertLessEqual({p["visibility"] for p in people}, {"public", "for partners"})
        page = read(glob.glob(os.path.join(folder, "*.html"))[0]).decode()
        self.assertIn("Jobcenter Dresden, Erika Mustermann", page)
        self.assertIn("Jobcenter Dresden, Erika Mustermann only", done.err)

    def test_wrong(self):
        folder = iqtest.temp_dir(self)
        closed = os.path.join(folder, "closed")
        plain = os.path.join(folder, "plain")
        os.mkdir(closed, 0o500)
        with open(plain, "w", encoding="ascii"):
            pass
        wrong = [(), ("dresden", "-o", "docx"), ("dresden", "-o", "-"), ("dresden", "-o", ""),
                 ("dresden", "--edition", "secret"), ("dresden", "--edition", "partners"),
                 ("dresden", "--recipient", "Max Muster"), ("dresden", "--region", "leipzig"),
                 ("dresden", "--at", "gestern"), ("dresden", "--since", "gestern"),
                 ("dresdn",), ("dresden", "--lang", "fr"), ("dresden", "--dir", plain),
                 ("dresden", "--dir", os.path.join(folder, "none")),
                 ("dresden", "--edition", "partners", "--recipient", "Max Muster")]
        if os.geteuid() != 0:
            wrong.append(("dresden", "--dir", closed))
        for args in wrong:
            if "--dir" not in args:
                args += ("--dir", folder)
            done = self.iqq("report", *args)
            self.assertExit(done, 2)
            self.assertTrue(done.err.startswith("Error"), done)
            self.assertEqual(sorted(os.listdir(folder)), ["closed", "plain"], args)
        done = self.iqq("report", "dresdn", "--dir", folder, "--json")
        self.assertEqual(done.json["error"]["code"], "unknown-term")

    def test_printed(self):
        done = self.iqq("report", "dresden", "--json", "--dir", iqtest.temp_dir(self))
        self.assertEqual(set(done.json["items"][0]), {"file", "format", "lang", "bytes"})

    def test_dry_run(self):
        """Says what would be written; discloses nothing, and nothing is put on record."""
        before = self.disclosures()
        for args in ((), CLOSED):
            folder, done = self.report("dresden", "-n", "-o", "html,xlsx,csv,json,svg,dot", *args)
            self.assertEqual(os.listdir(folder), [])
            planned = [line.split("\t")[0] for line in done.out.splitlines()]
            self.assertIn("Nothing was written", done.err)
            self.assertEqual("Erika Mustermann" in done.err, bool(args))
            self.assertEqual(self.disclosures(), before)
            self.report("dresden", "-o", "html,xlsx,csv,json,svg,dot", *args, folder=folder)
            self.assertEqual(sorted(os.path.basename(p) for p in planned),
                             sorted(os.listdir(folder)))
            self.assertEqual(self.disclosures() > before, bool(args))

    def disclosures(self):
        """What the audit log has of the recipient."""
        logs = glob.glob(os.path.join(self.server.dir, "audit", "*"))
        self.assertTrue(logs)
        return sum(read(p).count(b"Jobcenter Dresden, Erika Mustermann") for p in logs)

    def test_no_pdf(self):
        """Without the program: the HTML, and how to print it."""
        folder, done = self.report("dresden", "-o", "pdf,json", exit_status=2,
                                   env={"PATH": "/nonexistent"})
        self.assertEqual(sorted(os.listdir(folder)), [f"{STEM}-en.html", f"{STEM}-en.json"])
        self.assertIn("weasyprint", done.err)
        self.assertIn(f"{STEM}-en.json", done.out)

    def fake(self, script):
        folder = iqtest.temp_dir(self)
        path = os.path.join(folder, "weasyprint")
        with open(path, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o700)
        return {"PATH": folder + ":/usr/bin:/bin"}

    def test_pdf_program(self):
        env = self.fake("env >&2\nprintf '%%PDF-1.7 %s ' \"$SOURCE_DATE_EPOCH\"\ngrep -c '<svg'\n")
        folder, _ = self.report("dresden", "-o", "pdf", "--at", "2026-11-20",
                                env={**env, "SECRET": "marked-secret"})
        data = read(os.path.join(folder, f"{STEM}-en.pdf")).decode()
        self.assertTrue(data.startswith("%PDF-1.7 1795132800 "), data)
        for script in ("echo 'Traceback' >&2\necho 'broken font' >&2\nexit 1\n", "echo no\n"):
            folder, done = self.report("dresden", "-o", "pdf", exit_status=2,
                                       env=self.fake(script))
            self.assertEqual(os.listdir(folder), [])
        _, done = self.report("dresden", "-o", "pdf", exit_status=2,
                              env=self.fake("echo 'broken font' >&2\nexit 1\n"))
        self.assertIn("broken font", done.err)
        folder, done = self.report("dresden", "-o", "pdf", "--timeout", "1", exit_status=2,
                                   env=self.fake("exec sleep 600\n"))
        self.assertIn("too long", done.err)
        self.assertEqual(os.listdir(folder), [])

    def test_server_down(self):
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        server.stop()
        folder = iqtest.temp_dir(self)
        self.assertExit(iqq("report", "dresden", "--dir", folder), 3)
        self.assertEqual(os.listdir(folder), [])


class Changes(Base):
    def test_since(self):
        folder, _ = self.report("leipzig", "-o", "json")
        stem = "schnittstellenpapier-leipzig-public"
        self.assertIsNone(self.section(folder, "changes", stem))
        self.iqq("set", "institution", "vhs-leipzig", "hours=Mo 9-12", "--yes")
        self.iqq("set", "contact", "abh-leipzig-service", "function=Marked", "--yes")
        folder, _ = self.report("leipzig", "-o", "json,html")
        rows = self.section(folder, "changes", stem)
        self.assertEqual([r["after"] for r in rows], ["Mo 9-12"])
        with open(os.path.join(folder, f"{stem}-en.json"), encoding="utf-8") as f:
            doc = json.load(f)
        self.assertEqual(doc["compared_revision"], 1)
        self.assertRegex(doc["compared_at"], r"^\d{4}-\d\d-\d\d$")
        page = read(os.path.join(folder, f"{stem}-en.html")).decode()
        self.assertRegex(page, r"Compared with the state of [^<]*, revision 1\.")
        again, _ = self.report("leipzig", "-o", "json,html")
        for name in os.listdir(folder):
            self.assertEqual(read(os.path.join(folder, name)), read(os.path.join(again, name)))
        self.iqq("set", "institution", "vhs-leipzig", "hours=Di 9-12", "--yes")
        folder, _ = self.report("leipzig", "-o", "json")
        rows = self.section(folder, "changes", stem)
        self.assertEqual([(r["before"], r["after"]) for r in rows], [("Mo 9-12", "Di 9-12")])
        folder, _ = self.report("leipzig", "-o", "json", "--since", "1")
        rows = self.section(folder, "changes", stem)
        self.assertEqual([r["after"] for r in rows], ["Di 9-12"])
        folder, _ = self.report("leipzig", "-o", "json", *CLOSED)
        closed = "schnittstellenpapier-leipzig-partners"
        self.assertIsNone(self.section(folder, "changes", closed))
        folder, _ = self.report("leipzig", "-o", "json", "--since", "1", *CLOSED)
        rows = self.section(folder, "changes", closed)
        self.assertNotIn("Marked", json.dumps(rows))


class Marked(Base):
    """Confidential values are marked: the public edition contains none of them."""
    bundle = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = iqtest.temp_dir(cls)
        with open(os.path.join(iqtest.SAXONY, "contacts.csv"), encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        for i, r in enumerate(rows):
            if r["visibility"] == "public":
                continue
            r["name"], r["function"] = f"Marke{i} Geheim", f"Geheimfunktion {i}"
            r["email"], r["phone"] = f"geheim{i}@example.org", f"030 2312599 {i:03}"
        with open(os.path.join(cls.folder, "contacts.csv"), "w", encoding="utf-8") as f:
            out = csv.DictWriter(f, list(rows[0]))
            out.writeheader()
            out.writerows(rows)
        done = cls.iqq("import", cls.folder, "--yes")
        if done.exit != 0:
            raise AssertionError(str(done))

    def contents(self, folder):
        return "\n".join(text_of(p) for p in sorted(glob.glob(os.path.join(folder, "*"))))

    def test_public(self):
        formats = "html,xlsx,csv,json,svg,dot"
        folder, _ = self.report("dresden", "-o", formats, "--since", "1")
        self.assertIsNone(re.search("geheim|2312599", self.contents(folder), re.I))
        folder, _ = self.report("dresden", "-o", formats, "--since", "1",
                                *CLOSED)
        seen = self.contents(folder)
        self.assertIn("Geheim", seen)
        with open(os.path.join(self.folder, "contacts.csv"), encoding="utf-8") as f:
            for r in csv.DictReader(f):
                if r["visibility"] in ("workshop", "institution"):
                    self.assertNotIn(r["email"], seen)


# Together longer than a cell of Excel may be.
SYMBOLS = ["S0", '"><svg onload=alert(1)>', "\u202eS", *("A" * 8000 + str(i) for i in range(5))]
COLOURS = ["red;background:url(https://example.org/x)", '#fff"><script>alert(1)</script>',
           "#12345", "expression(alert(1))"]


def small_bundle(folder):
    """Every text that may be anything attacks; what is confidential is marked."""
    n = iter(range(10 ** 6))

    def bad():
        return HOSTILE[next(n) % len(HOSTILE)]

    tables = {
        "regions": [{"id": "de", "name_de": "Deutschland"},
                    {"id": "ort", "parent": "de", "kind": "kreis", "name_de": bad(),
                     "name_en": bad()}],
        "tasks": [{"id": f"t{i}", "name_de": f"{i} {bad()}", "name_en": f"{i} {bad()}"}
                  for i in range(8)],
        "statuses": [{"id": f"s{i}", "name_de": f"{i} {bad()}", "name_en": f"{i} {bad()}",
                      "legal_basis": bad(), "work_access_de": bad(), "work_access_en": bad(),
                      "obligations_de": bad(), "obligations_en": bad(), "symbol": SYMBOLS[i],
                      "colour": COLOURS[i % len(COLOURS)],
                      "source": bad(), "course_access": bad()} for i in range(len(SYMBOLS))],
        "kinds": [{"id": f"k{i}", "name_de": bad(), "name_en": bad()} for i in range(4)],
        "institutions": [{"id": f"i{i}", "kind": f"k{i % 4}", "region": "ort",
                          "name_de": f"{i} {bad()}", "name_en": f"{i} {bad()}", "street": bad(),
                          "town": bad(), "url": bad(), "hours": bad()}
                         for i in range(8)],
        "contacts": [{"id": f"c{i}", "institution": f"i{i}", "name": f"Geheim{i} {bad()}",
                      "function": f"Geheim {bad()}", "email": f"geheim{i}@example.org",
                      "visibility": ("partners", "workshop", "institution")[i % 3]}
                     for i in range(8)],
        "responsibilities": [{"id": f"r{i}", "institution": f"i{i}", "task": f"t{i}",
                              "region": "ort", "role": "lead", "contacts": f"c{i}",
                              "statuses": ";".join(f"s{k}" for k in range(1, len(SYMBOLS)))
                              if i == 0 else f"s{i % 4}", "legal_basis": bad(), "source": bad(),
                              "note": bad()} for i in range(8)],
        "notices": [{"id": f"n{i}", "task": f"t{i}", "region": "ort", "effect": "info",
                     "text_de": bad(), "text_en": bad(), "legal_basis": bad(), "source": bad()}
                    for i in range(4)],
        "handovers": [{"id": f"h{i}", "process": "../p", "step": i + 1, "task": f"t{i}",
                       "from_kinds": f"k{i % 4}", "to_kinds": f"k{(i + 1) % 4}",
                       "trigger_de": bad(), "trigger_en": bad(), "documents": bad()}
                      for i in range(8)],
    }
    for name, rows in tables.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as f:
            out = csv.DictWriter(f, list(rows[-1]), lineterminator="\n")
            out.writeheader()
            out.writerows(rows)


class Hostile(Base):
    data = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = iqtest.temp_dir(cls)
        small_bundle(folder)
        done = cls.iqq("import", folder, "--yes")
        if done.exit != 0:
            raise AssertionError(str(done))

    def harmless(self, path):
        data = text_of(path) if path.endswith((".xlsx", ".pdf")) else read(path).decode()
        if not path.endswith(".xlsx"):
            self.assertNotIn("\x1b", data, path)
        if not path.endswith((".json", ".xlsx")):
            self.assertNotIn("\u202e", data, path)
        if path.endswith((".html", ".svg")):
            self.assertNotIn("<script>alert", data, path)
            self.assertNotIn("<svg onload", data, path)
            self.assertNotIn("url(https", data, path)
            self.assertNotIn("expression(", data, path)
            self.assertNotIn('href="javascript:', data, path)
        if path.endswith(".csv"):
            with open(path, encoding="utf-8-sig", newline="") as f:
                for row in csv.reader(f, delimiter=";"):
                    self.assertFalse([c for c in row if c.startswith("=")], path)
        if path.endswith(".xlsx"):
            with zipfile.ZipFile(path) as z:
                sheets = [z.read(n) for n in z.namelist() if "worksheets/sheet" in n]
            self.assertFalse([s for s in sheets if b"<f>" in s])
        if path.endswith(".dot") and shutil.which("dot"):
            subprocess.run(["dot", "-Tsvg", "-o", os.devnull, path], check=True,
                           stderr=subprocess.DEVNULL)

    def test_harmless(self):
        formats = "html,csv,json,svg,dot,xlsx"
        if shutil.which("weasyprint") and shutil.which("pdftotext"):
            formats += ",pdf"
        for args in ((), CLOSED):
            folder, _ = self.report("ort", "-o", formats, "--lang", "both", *args)
            paths = glob.glob(os.path.join(folder, "*"))
            self.assertGreater(len(paths), 20)
            for path in paths:
                self.harmless(path)
                if not args:
                    self.assertIsNone(re.search("geheim", text_of(path), re.I), path)
                if not path.endswith((".svg", ".dot", ".pdf")) and not args:
                    self.assertRegex(path, r"schnittstellenpapier-ort-public[a-z0-9-]*\.[a-z]+$")
        seen = "".join(text_of(p) for p in paths if p.endswith((".html", ".json")))
        self.assertIn("alert(1)", seen)


if __name__ == "__main__":
    unittest.main()
