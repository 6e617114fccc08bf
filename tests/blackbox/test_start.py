# SPDX-License-Identifier: Apache-2.0
"""What a start of the client costs: libraries are loaded by the commands that need them."""
import re
import unittest

import iqtest

# of tables, JSON, hashes, letters, spreadsheets: see client/later.c and common/format/lib.c
LATER = {"libsmartcols", "libjansson", "libsodium", "libutf8proc", "libxlsxwriter", "libzip",
         "libexpat", "libseccomp"}


class Start(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = iqtest.Server(cls).start()
        cls.iqq = iqtest.Client(cls.server, cls)
        done = cls.iqq("import", iqtest.SAXONY)
        assert done.exit == 0, done

    def loaded(self, *args):
        """Names of the libraries the dynamic linker loads for this command, and its result."""
        done = self.iqq(*args, env={"LD_DEBUG": "files"})
        names = re.findall(r"file=(lib[a-z0-9_-]+)\.so[0-9.]* .*(?:needed|dynamically loaded) by",
                           done.err)
        self.assertIn("libcrypto", names)
        return set(names), done

    def test_a_question_in_pipes_loads_none(self):
        names, done = self.loaded("who", "--task", "integration-course", "--region", "dresden")
        self.assertIn(done.exit, (0, 1))
        self.assertIn("integration-course", done.out)
        self.assertEqual(names & LATER, set())

    def test_json_loads_its_own(self):
        names, done = self.loaded("who", "--task", "integration-course", "--region", "dresden",
                                  "--json")
        self.assertEqual(names & LATER, {"libjansson"})
        self.assertEqual(done.json["outcome"], "answered")


if __name__ == "__main__":
    unittest.main()
