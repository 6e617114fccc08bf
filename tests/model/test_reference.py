# SPDX-License-Identifier: Apache-2.0
"""The reference model answers the acceptance questions of data/saxony as written there."""

import csv
import os
import unittest

import records
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


class Data(unittest.TestCase):
    """What stands in data/ obeys the rules of the directory."""

    def test_no_defects(self):
        held = records.Records(reference.read_bundle(DATA))
        self.assertEqual(held.defects(), [])

    def test_vocabulary_shares_ids_and_meaning(self):
        whole = reference.read_bundle(DATA)
        vocabulary = reference.read_bundle(os.path.join(DATA, "..", "vocab-de"))
        for kind in ("task", "status", "fact", "kind"):
            self.assertTrue(vocabulary[kind], kind)
            for id_, record in vocabulary[kind].items():
                if id_ in whole[kind]:
                    self.assertEqual(record["name_de"], whole[kind][id_]["name_de"], id_)
        vocabulary["institution"] = {}
        self.assertEqual(records.Records(vocabulary).defects(), [])

    def test_contacts_are_fictional(self):
        for contact in reference.read_bundle(DATA)["contact"].values():
            self.assertRegex(contact["phone"], r"^(030 23125 \d{3})?$")
            self.assertRegex(contact["email"], r"^(.*@example\.org)?$")


if __name__ == "__main__":
    unittest.main()
