# SPDX-License-Identifier: Apache-2.0
"""No operation without its rights: each row of ops.def has a line in ops_rights.csv that says, role
by role, who may call it at all; the line agrees with the action of the row and the role table."""

import os
import re
import sys
import unittest

import access_reference as reference

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COLUMNS = ["operation", "anonymous", "principal", *reference.ROLES]


def operations():
    with open(os.path.join(SOURCE, "proto", "ops.def"), encoding="utf-8") as f:
        text = f.read()
    rows = re.findall(r"^OP\((\w+), (\w+), (\w+), (\w+), (\d+)\)$", text, re.M)
    if len(rows) != len(re.findall(r"^OP\(", text, re.M)):
        raise AssertionError("a row of ops.def is not as expected")
    return [(name, mode, action.lower()) for name, _, mode, action, _ in rows]


def members(message):
    """Names in the oneof of Request or Response."""
    with open(os.path.join(SOURCE, "proto", "iq.proto"), encoding="utf-8") as f:
        text = re.sub(r"//[^\n]*", "", f.read())
    body = re.search(rf"\bmessage {message} \{{(.*?)\n\}}", text, re.S).group(1)
    return set(re.findall(r"\w+ (\w+) = \d+;", re.search(r"oneof \w+ \{(.*?)\}", body,
                                                         re.S).group(1)))


class Table(unittest.TestCase):
    def setUp(self):
        self.table = reference.read_ops_table()

    def test_every_operation_has_a_line(self):
        names = [name for name, _, _ in operations()]
        self.assertEqual(sorted(names), sorted(self.table))
        self.assertEqual(set(names), members("Request"))
        self.assertEqual(set(names), members("Response") - {"error"})

    def test_lines_are_complete(self):
        for operation, row in self.table.items():
            with self.subTest(operation):
                self.assertEqual(list(row), COLUMNS)
                self.assertLessEqual({row[c] for c in COLUMNS[1:]}, {"yes", "no"})

    def test_lines_agree_with_the_role_table(self):
        for name, mode, action in operations():
            row = self.table[name]
            with self.subTest(name):
                self.assertIn(action, reference.ACTIONS)
                self.assertEqual(row["anonymous"], "yes" if mode == "ANON" else "no")
                everybody = action in reference.EVERYBODY
                self.assertEqual(row["principal"], "yes" if everybody else "no")
                for role in reference.ROLES:
                    want = everybody or (role, action) in reference.RIGHTS
                    self.assertEqual(row[role], "yes" if want else "no", role)

    def test_only_enrolment_is_open(self):
        self.assertEqual([n for n, r in self.table.items() if r["anonymous"] == "yes"], ["enroll"])

    def test_what_changes_is_not_for_readers(self):
        own = {"renew", "approve", "flag"}  # about the caller, or decided by the target
        for name, mode, _ in operations():
            if mode == "WRITE" and name not in own:
                self.assertEqual(self.table[name]["reader"], "no", name)
                self.assertEqual(self.table[name]["auditor"], "no", name)


if __name__ == "__main__":
    sys.exit(unittest.main())
