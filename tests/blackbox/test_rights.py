# SPDX-License-Identifier: Apache-2.0
"""Asking about rights: rights, can, who-can, whoami; in German and English."""

import iqtest


class Rights(iqtest.Case):
    def test_table_needs_no_server(self):
        done = self.iqq("--server", "localhost:1", "rights", "--json")
        self.assertExit(done, 0)
        cells = {(c["role"], c["action"]): c["reach"] for c in done.json["items"]}
        self.assertEqual(cells["reader", "edit"], "no")
        self.assertEqual(cells["editor", "edit"], "owned")
        self.assertEqual(cells["admin", "grant"], "within")
        self.assertEqual(cells["admin", "contact"], "no")
        self.assertEqual(cells["auditor", "audit"], "all")
        self.assertEqual(cells["auditor", "ask"], "everybody")

    def test_words(self):
        done = self.iqq.terminal("--no-pager", "--lang", "de", "rechte")
        self.assertExit(done, 0, "Geltungsbereich", "Redaktion", "das Protokoll lesen")
        done = self.iqq.terminal("--no-pager", "--lang", "en", "rights")
        self.assertExit(done, 0, "Scope", "read and verify the audit log")

    def test_can(self):
        self.assertExit(self.iqq("can", "edit", "institution", "vhs-dresden"), 0, "yes")
        done = self.iqq("can", "audit", "--json")
        self.assertExit(done, 5)
        (item,) = done.json["items"]
        self.assertFalse(item["allowed"])
        self.assertEqual({g["verdict"] for g in item["grants"]}, {"role"})
        done = self.iqq("can", "edit", "task", "integration-course", "--json")
        self.assertExit(done, 0)
        gives = [g["role"] for g in done.json["items"][0]["grants"] if g["verdict"] == "gives"]
        self.assertEqual(gives, ["curator"])

    def test_can_explains(self):
        done = self.iqq.terminal("--lang", "de", "darf", "protokoll", "--explain")
        self.assertExit(done, 5, "Nein:", "dieses Recht nicht", "ohne Ende")
        done = self.iqq.terminal("--lang", "en", "can", "grant", "--region", "dresden")
        self.assertExit(done, 0, "Yes:", "admin for everything")

    def test_missing_targets(self):
        self.assertExit(self.iqq("can", "edit", "contact", "there-is-none"), 1)
        self.assertExit(self.iqq("can", "nobody-known", "edit"), 1)
        self.assertExit(self.iqq("can", "edit", "institution"), 2)
        self.assertExit(self.iqq("can", "edti"), 2, "edit")
        self.assertExit(self.iqq("who-can", "edit", "institution"), 2)

    def test_who_can(self):
        done = self.iqq("who-can", "edit", "institution", "vhs-dresden", "--json")
        self.assertExit(done, 0)
        (item,) = done.json["items"]
        self.assertIn("editor", {g["role"] for g in item["grants"]})
        self.assertExit(self.iqq("wer-darf", "protokoll"), 1)

    def test_whoami(self):
        (me,) = self.iqq.json("whoami")["items"]
        self.assertEqual({g["state"] for g in me["grants"]}, {"valid"})
        self.assertLess(me["renew_from"], me["certificate_until"])


if __name__ == "__main__":
    iqtest.main()
