# SPDX-License-Identifier: Apache-2.0
"""tests/bench/run works: a smoke run verifies the answers and fills every row. No figure counts."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("IQ_BUILD") or os.path.join(HERE, "..", "..", "build")
LATER = "only in the full run"
ROWS = [  # name, target, why it is not measured in a smoke run
    ("who 1 × 1: rate", "≥ 0.85 × ceiling", None),
    ("who 64 × 1: rate", "≥ 5 × slapd", "left out"),
    ("who 64 × 1: server CPU", "≤ 22 µs", None),
    ("who 64 × 1: p99", "≤ 1.5 × ceiling", None),
    ("who 16 × 16: rate", "≥ 10 × slapd", "left out"),
    ("who 16 × 16: server CPU", "≤ 9 µs", None),
    ("who 1 × 1, both ends on one core", "≤ 18 µs", None),
    ("cold: iqq who", "≤ 7 ms", None),
    ("cold: iqq who", "≤ 0.8 × ldapsearch", "left out"),
    ("import: rate", "≥ 250000 rows/s", None),
    ("import: on disk", "≤ 500 MB", None),
    ("growth to 1,000,000 rows, 64 × 1", "≤ 1.3 × CPU per query", LATER),
    ("growth to 1,000,000 rows, 16 × 16", "≤ 1.3 × CPU per query", LATER),
    ("memory over a million questions", "≤ 512 KB more", LATER),
    ("anonymous memory under load, after the import", "≤ 24 MB", None),
    ("plain question 1 × 1", "", None),
    ("plain question 64 × 1", "", None),
    ("plain question 16 × 16", "", None),
    ("durable updates, 1 client", "≥ 2500/s", None),
    ("durable updates, 16 clients", "≥ 10000/s", None),
    ("durable updates, 64 clients", "≥ 18000/s", None),
    ("anonymous memory under load, after a start", "≤ 24 MB", None),
    ("idle connection", "≤ 28 KB", None),
    ("idle connections held", "10000", LATER),
    ("audited disclosure, 64 × 1", "≥ 0.5 × without", None),
]


class Run(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="iq-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder, cls.json = folder.name, os.path.join(folder.name, "out.json")
        cls.done = cls.run_bench("--json", cls.json)

    @classmethod
    def run_bench(cls, *more):
        return subprocess.run(
            [sys.executable, "-B", os.path.join(HERE, "run"), "--smoke", "--build", BUILD,
             "--data", os.path.join(cls.folder, "data"), *more],
            capture_output=True, text=True, timeout=300)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def test_every_row(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        with open(self.json, encoding="utf-8") as f:
            found = json.load(f)
        self.assertEqual([(r["name"], r["target"]) for r in found["rows"]],
                         [(name, target) for name, target, _ in ROWS])
        for row, (name, target, why) in zip(found["rows"], ROWS):
            line = next(x for x in self.done.stdout.splitlines()
                        if x.startswith(name + " ") and target in x)
            self.assertIn(row["verdict"], line)
            if why:
                self.assertEqual(row["verdict"], "not measured: " + why)
                continue
            self.assertTrue(row["figure"], name)
            self.assertEqual(row["reached"] is None, target == "", name)
            if target:
                self.assertGreater(row["value"], 0, name)

    def test_verified(self):
        with open(self.json, encoding="utf-8") as f:
            checks = json.load(f)["measured"]["verify"]
        self.assertEqual(len(checks), 2)  # the plain data and the confidential
        for check in checks:
            self.assertGreater(check["asked"], 100)
            self.assertEqual(check["bad"], 0)

    def test_nothing_left(self):
        self.assertEqual([n for n in os.listdir(os.path.join(self.folder, "data"))
                          if n.startswith("run.")], [])

    def test_wrong_answer_ends_the_run(self):
        path = os.path.join(self.folder, "data", "national-1-300", "bundle.expected.jsonl")
        with open(path, encoding="utf-8") as f:
            kept = f.read()
        self.addCleanup(self.write, path, kept)
        self.write(path, kept.replace('"x-', '"x-9', 1))
        done = self.run_bench("--only", "core")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("wrong answer", done.stderr)
        self.assertNotIn("one core", done.stdout)


if __name__ == "__main__":
    unittest.main()
