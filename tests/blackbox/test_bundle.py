# SPDX-License-Identifier: Apache-2.0
"""Import and export: byte for byte, all rows or none, every defect named."""

import csv
import os

import iqtest

HEADS = {}
for name in os.listdir(iqtest.SAXONY):
    with open(os.path.join(iqtest.SAXONY, name), encoding="utf-8") as f:
        HEADS[name] = f.readline().strip()


def snapshot(folder):
    out = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as f:
            out[name] = f.read()
    return out


class RoundTrip(iqtest.Case):
    def export(self, iqq, name):
        folder = os.path.join(iqtest.temp_dir(self), name)
        done = iqq("export", folder)
        self.assertEqual(done.exit, 0, done)
        return folder

    def test_export_import_export(self):
        first = self.export(self.iqq, "first")
        other = iqtest.Server(self).start()
        iqq = iqtest.Client(other, self)
        self.assertExit(iqq("import", first), 0)
        second = self.export(iqq, "second")
        a, b = snapshot(first), snapshot(second)
        self.assertEqual(sorted(a), sorted(b))
        for name, data in a.items():
            self.assertEqual(data, b[name], name)
        self.assertGreaterEqual(len(a), 11)
        other.stop()
        self.assertEqual(other.check().exit, 0)

    def test_export_holds_what_was_imported(self):
        folder = self.export(self.iqq, "all")
        for name in sorted(HEADS):
            if name == "queries.csv":
                continue
            with self.subTest(name):
                with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
                    got = list(csv.DictReader(f))
                with open(os.path.join(iqtest.SAXONY, name), encoding="utf-8", newline="") as f:
                    want = list(csv.DictReader(f))
                def key(r):
                    return r.get("id") or (r["postcode"], r["region"])
                got = {key(r): r for r in got}
                self.assertEqual(len(got), len(want))
                for row in want:
                    have = got[key(row)]
                    for column, value in row.items():
                        self.assertEqual(have[column], value, f"{key(row)} {column}")

    def test_importing_the_same_again_changes_nothing(self):
        before = self.iqq.json("status")["revision"]
        self.assertExit(self.iqq("import", iqtest.SAXONY), 0)
        self.assertEqual(self.iqq.json("status")["revision"], before)

    def test_dry_run_writes_nothing(self):
        folder = iqtest.temp_dir(self)
        with open(os.path.join(folder, "kinds.csv"), "w", encoding="utf-8") as f:
            f.write("id,name_de\nbrand-new,Neu\n")
        self.assertExit(self.iqq("import", folder, "--dry-run"), 0)
        self.assertExit(self.iqq("get", "kind", "brand-new"), 1)


class Defects(iqtest.Case):
    """(file, text, line, column, value, nearest): what must be named in the report."""

    RESP = "id,institution,task,region,role\n"
    TABLE = [
        ("responsibilities.csv", RESP + "x-1,vhs-dresdn,language,dresden,lead\n",
         2, "institution", "vhs-dresdn", "vhs-dresden"),
        ("responsibilities.csv", RESP + "x-1,vhs-dresden,langage,dresden,lead\n",
         2, "task", "langage", "language"),
        ("responsibilities.csv", RESP + "x-1,vhs-dresden,language,dresdn,lead\n",
         2, "region", "dresdn", "dresden"),
        ("responsibilities.csv", RESP + "x-1,vhs-dresden,language,dresden,leed\n",
         2, "role", "leed", "lead"),
        ("responsibilities.csv", RESP + "x-1,,language,dresden,lead\n", 2, "institution", "", None),
        ("responsibilities.csv", RESP + "X 1,vhs-dresden,language,dresden,lead\n",
         2, "id", "X 1", None),
        ("responsibilities.csv", RESP + "x-0,vhs-dresden,language,dresden,lead\n"
         + "x-1,vhs-dresden,language,dresden\n", 3, None, None, None),
        ("responsibilities.csv", RESP.strip() + ",condition\n"
         + "x-1,vhs-dresden,language,dresden,lead,agee>3\n", 2, "condition", "agee", "age"),
        ("responsibilities.csv", RESP.strip() + ",condition\n"
         + "x-1,vhs-dresden,language,dresden,lead,accommodation=shred\n",
         2, "condition", "shred", "shared"),
        ("responsibilities.csv", RESP.strip() + ",condition\n"
         + "x-1,vhs-dresden,language,dresden,lead,accommodation>shared\n",
         2, "condition", "accommodation", None),
        ("responsibilities.csv", RESP.strip() + ",valid_from\n"
         + "x-1,vhs-dresden,language,dresden,lead,2026-02-30\n",
         2, "valid_from", "2026-02-30", None),
        ("responsibilities.csv", RESP.strip() + ",statuses\n"
         + "x-1,vhs-dresden,language,dresden,lead,tolerated;tolerate\n",
         2, "statuses", "tolerate", "tolerated"),
        ("notices.csv", "id,effect\nn-1,forbidden\n", 2, "effect", "forbidden", None),
        ("tasks.csv", "id,name_de,colour\nt-1,Test,red\n", 1, "colour", "colour", None),
        ("tasks.csv", "id,parent\nt-1,language\n", 1, "name_de", None, None),
        ("tasks.csv", "id,name_de\nt-1,\n", 2, "name_de", None, None),
        ("tasks.csv", "id,name_de,parent\nlanguage,Sprache,integration-course\n",
         2, "parent", None, None),
        ("regions.csv", "id,name_de\nsecond-root,Neuland\n", 2, "parent", None, None),
        ("kinds.csv", "id,name_de\nk-1,Gut\nk-2,\"a\nb\"\nk 3,Schlecht\n", 5, "id", "k 3", None),
        ("postcodes.csv", "postcode,region\n01067,dresdn\n", 2, "region", "dresdn", "dresden"),
        ("contacts.csv", "id,institution,visibility\nc-1,vhs-dresden,secret\n",
         2, "visibility", "secret", None),
        ("facts.csv", "id,type,name_de\nf-1,number,Zahl\n", 2, "type", "number", None),
        ("kinds.csv", b"id,name_de\nk-1,Sch\xf6n\n", 2, None, None, None),
        ("statuses.csv", "id,name_de,implies\ns-1,Test,age>3\n", 2, "implies", None, None),
    ]

    def attempt(self, files):
        folder = os.path.join(iqtest.temp_dir(self), "bundle")
        os.makedirs(folder)
        for name, text in files.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(text if isinstance(text, bytes) else text.encode())
        return self.iqq("import", folder), self.iqq("import", folder, "--json")

    def exported(self):
        folder = os.path.join(iqtest.temp_dir(self), "export")
        self.assertExit(self.iqq("export", folder), 0)
        return snapshot(folder)

    def test_each_defect_is_named(self):
        before = self.exported()
        for name, text, line, column, value, nearest in self.TABLE:
            with self.subTest(name=name, text=text):
                plain, done = self.attempt({name: text})
                self.assertExit(plain, 7, name)
                self.assertExit(done, 7)
                error = done.json["error"]
                self.assertEqual(error["code"], "rejected")
                rows = [r for r in error["rows"] if r["file"] == name and r["line"] == line
                        and (column is None or r["column"] == column)]
                self.assertTrue(rows, error["rows"])
                if value:
                    self.assertTrue(any(value in r["value"] or value in str(r) for r in rows), rows)
                if nearest:
                    self.assertTrue(any(r["nearest"] == nearest for r in rows), rows)
                    self.assertIn(nearest, plain.err)
                self.assertIn(str(line), plain.err)
                self.assertNotRegex(plain.err, r"\{\d\}")
        self.assertEqual(self.exported(), before)

    def test_all_defects_are_reported_at_once(self):
        places = ["dresden" if n % 2 else f"nowhere-{n}" for n in range(40)]
        rows = "".join(f"x-{n},vhs-dresden,language,{place},lead\n"
                       for n, place in enumerate(places))
        before = self.exported()
        _, done = self.attempt({"responsibilities.csv": self.RESP + rows,
                                "kinds.csv": "id,name_de\nk 1,Schlecht\nk-good,Gut\n"})
        self.assertExit(done, 7)
        lines = {(r["file"], r["line"]) for r in done.json["error"]["rows"]}
        self.assertEqual(lines, {("responsibilities.csv", n + 2) for n in range(0, 40, 2)}
                         | {("kinds.csv", 2)})
        self.assertEqual(self.exported(), before)

    def test_other_files_are_named_and_passed_over(self):
        plain, _ = self.attempt({"kinds.csv": "id,name_de\nk-other,Gut\n", "notes.txt": "x"})
        self.assertExit(plain, 0)
        self.assertIn("notes.txt", plain.err)

    def test_missing_column_keeps_and_empty_cell_clears(self):
        iqq = self.iqq
        head = "id,name_de,name_en,statutory\n"
        self.attempt({"kinds.csv": head + "k-keep,Alt,Old,yes\n"})
        plain, _ = self.attempt({"kinds.csv": "name_de,id\nNeu,k-keep\n"})
        self.assertExit(plain, 0)
        item = iqq.json("get", "kind", "k-keep")["items"][0]
        self.assertEqual((item["name_de"], item["name_en"]), ("Neu", "Old"))
        self.attempt({"kinds.csv": "id,name_de,name_en\nk-keep,Neu,\n"})
        self.assertEqual(iqq.json("get", "kind", "k-keep")["items"][0]["name_en"], "")

    def test_keep_going_writes_the_good_rows(self):
        folder = os.path.join(iqtest.temp_dir(self), "bundle")
        os.makedirs(folder)
        with open(os.path.join(folder, "kinds.csv"), "w", encoding="utf-8") as f:
            f.write("id,name_de\nk-fine,Gut\nk bad,Schlecht\nk-fine-2,Gut\n")
        done = self.iqq("import", folder, "--keep-going", cwd=os.path.dirname(folder))
        self.assertIn(done.exit, (0, 7), done)
        self.assertExit(self.iqq("get", "kind", "k-fine"), 0)
        self.assertExit(self.iqq("get", "kind", "k-fine-2"), 0)

    def test_rows_of_one_import_in_any_order(self):
        plain, _ = self.attempt({
            "tasks.csv": "id,name_de,parent\norder-a,A,order-b\norder-b,B,order-c\norder-c,C,\n",
            "institutions.csv": "id,kind,parent,region,name_de\no-1,k-order,o-2,dresden,Eins\n"
                                "o-2,k-order,,dresden,Zwei\n",
            "kinds.csv": "id,name_de\nk-order,Art\n"})
        self.assertExit(plain, 0)

    def test_cycle_within_one_import(self):
        for name in ("tasks.csv", "statuses.csv"):
            _, done = self.attempt({name: "id,name_de,parent\ncy-a,A,cy-b\ncy-b,B,cy-a\n"})
            self.assertExit(done, 7)
        head = "id,kind,parent,region,name_de\n"
        _, done = self.attempt({"institutions.csv": head + "cy-1,association,cy-2,dresden,A\n"
                                "cy-2,association,cy-1,dresden,B\n"})
        self.assertExit(done, 7)


class Retry(iqtest.Case):
    data = None

    def test_retry_of_an_import(self):
        rid = os.urandom(16)
        rows = [("kinds.csv", "kind", ["id", "name_de"],
                 [(2, ["k-1", "Eins"]), (3, ["k-2", "Zwei"])])]
        with self.iqq.connect() as raw:
            first = raw.load(rows, rid)
            again = raw.load(rows, rid)
            self.assertEqual((again["replayed"], again["revision"]), (True, first["revision"]))
            self.assertFalse(first["replayed"])
            self.assertEqual(again["counts"], first["counts"])
            other = [("kinds.csv", "kind", ["id", "name_de"], [(2, ["k-3", "Drei"])])]
            with self.assertRaises(iqtest.Refused) as refused:
                raw.load(other, rid)
            self.assertEqual(refused.exception.code, "conflict")
            with self.assertRaises(iqtest.Refused):
                raw.call("get", {"kind": "kind", "id": "k-3"})
        self.server.stop()
        self.server.start()
        with self.iqq.connect() as raw:
            self.assertEqual(raw.load(rows, rid)["revision"], first["revision"])

    def test_commit_without_begin_and_begin_twice(self):
        with self.iqq.connect() as raw:
            with self.assertRaises(iqtest.Refused):
                raw.call("import_commit", {})
            with self.assertRaises(iqtest.Refused):
                raw.call("import_rows", {"files": [{"index": 0, "name": "kinds.csv", "kind": "kind",
                                                    "columns": ["id", "name_de"]}]})
            raw.call("import_begin", {"request_id": os.urandom(16)})
            raw.load([("kinds.csv", "kind", ["id", "name_de"], [(2, ["k-9", "Neun"])])])
            raw.call("whoami", {})


class Escaping(iqtest.Case):
    """Names are data: they do nothing to the terminal, to spreadsheets, to tables."""

    data = None
    EVIL = ["\x1b[31mrot\x1b]0;Titel\x07", "a\u202eb\u2066c", "=HYPERLINK(\"http://example.org\")",
            "Tab\there", "zwei\nZeilen", "\u009b31m C1"]

    def test_terminal(self):
        iqq = self.iqq
        for n, text in enumerate(self.EVIL):
            with self.subTest(text):
                done = iqq("add", "kind", f"evil-{n}", f"name_de={text}", "name_en=x" + text)
                self.assertIn(done.exit, (0, 7), done)
                for shown in (done, iqq.terminal("list", "kind", env={"NO_COLOR": "1"}),
                              iqq("list", "kind"), iqq.terminal("get", "kind", f"evil-{n}",
                                                                env={"NO_COLOR": "1"})):
                    for c in "\x1b\x07\u202e\u2066\u009b":
                        self.assertNotIn(c, shown.out + shown.err)

    def test_pipe_keeps_one_line_per_record(self):
        self.iqq("add", "kind", "lines", "name_de=zwei\nZeilen\tund mehr")
        done = self.iqq("list", "kind")
        total = self.iqq.json("list", "kind")["total"]
        self.assertIn(len(done.out.splitlines()), (total, total + 1), done)

    def test_error_messages_are_clean(self):
        done = self.iqq("get", "kind", "\x1b[31mx")
        self.assertIn(done.exit, (1, 2))
        self.assertNotIn("\x1b", done.err)


if __name__ == "__main__":
    iqtest.main()
