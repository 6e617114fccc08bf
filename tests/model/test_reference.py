# SPDX-License-Identifier: Apache-2.0
"""The reference model answers the acceptance questions of data/saxony as written there."""

import csv
import os
import unittest

import reference

DATA = os.path.join(os.path.dirname(__file__), "..", "..", "data", "saxony")


def acceptance():
    with open(os.path.join(DATA, "queries.csv"), encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            facts = dict(part.split("=") for part in row["facts"].split(";") if part)
            question = {"task": row["task"], "region": row["region"], "status": row["status"],
                        "facts": facts, "at": row["at"]}
            yield row, question


def check_expected(test, row, answers):
    """answers: dicts with group, primary, institution, role"""
    primary = [a for a in answers if a["primary"] and a["group"] == row["group"]]
    test.assertEqual(sorted({a["institution"] for a in primary}),
                     sorted(row["expected_primary"].split(";")), row["id"])
    test.assertEqual({a["role"] for a in primary}, {row["expected_role"]}, row["id"])


class Acceptance(unittest.TestCase):
    def test_reference_answers_as_expected(self):
        ref = reference.Reference(reference.read_bundle(DATA))
        asked = 0
        for row, question in acceptance():
            with self.subTest(row["id"]):
                check_expected(self, row, ref.who({**question, "all": True})["answers"])
            asked += 1
        self.assertEqual(asked, 35)


if __name__ == "__main__":
    unittest.main()
