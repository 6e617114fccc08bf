# SPDX-License-Identifier: Apache-2.0
"""Settings and profiles: where each comes from, what is refused, what is gone afterwards."""

import os
import re

import iqtest


class Settings(iqtest.Case):
    """Two profiles at one server; the second is made by hand."""

    data = None

    def setUp(self):
        self.config = os.path.join(self.iqq.home, "config", "iqq", "config")
        with open(self.config, encoding="utf-8") as f:
            before = f.read()
        self.addCleanup(self.write, before)

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(text)

    def read(self):
        with open(self.config, encoding="utf-8") as f:
            return f.read()

    def origin(self, key, *args, **more):
        done = self.iqq("config", "get", key, "--csv", *args, **more)
        self.assertExit(done, 0)
        return done.out.splitlines()[1].split(",")[1:]

    def test_origins(self):
        self.assertEqual(self.origin("timeout"), ["30", "default"])
        self.assertExit(self.iqq("config", "set", "timeout", "7"), 0)
        self.assertEqual(self.origin("timeout"), ["7", "config"])
        self.assertEqual(self.origin("timeout", env={"IQQ_TIMEOUT": "8"}), ["8", "env"])
        self.assertEqual(self.origin("timeout", "--timeout", "9", env={"IQQ_TIMEOUT": "8"}),
                         ["9", "flag"])
        self.assertExit(self.iqq("config", "unset", "timeout"), 0)
        self.assertEqual(self.origin("timeout"), ["30", "default"])
        self.assertEqual(self.iqq("config", "get", "timeout").out, "30\n")
        self.assertExit(self.iqq("config"), 0, "timeout", "profile", "server")

    def test_refused(self):
        before = self.read()
        for args, text in (
                (("get", "timeuot"), "timeout"), (("set", "lang", "fr"), "fr"),
                (("set", "profile", "nowhere"), "nowhere"), (("set", "server", "a:0"), "a:0"),
                (("unset", "server"), "profile"), (("get",), "understood"),
                (("set", "pager", "less\n[]\nlang = de"), "cannot be"),
                (("set", "pager", "a\x1bb"), "cannot be")):
            self.assertExit(self.iqq("config", *args), 2, text)
            self.assertEqual(self.read(), before, args)

    def test_server(self):
        address = self.server.address
        self.assertExit(self.iqq("config", "set", "server", "localhost:1"), 0)
        self.assertExit(self.iqq("status"), 3)
        self.assertExit(self.iqq("config", "set", "server", address), 0)
        self.assertExit(self.iqq("status"), 0)

    def test_profiles(self):
        name = self.origin("profile")[0]
        self.write(self.read() + f"\n[other]\nserver = {self.server.address}\n")
        self.assertExit(self.iqq("profile"), 0, name, "other", "admin")
        self.assertExit(self.iqq("profile", "use", "nowhere"), 2, "nowhere")
        self.assertExit(self.iqq("profile", "use", "other"), 0, "other")
        self.assertEqual(self.origin("profile")[0], "other")
        self.assertExit(self.iqq("status"), 4)  # it has no certificate
        self.assertExit(self.iqq("profile", "lsit"), 2, "list")
        self.assertExit(self.iqq("profile", "delete", "../other"), 2)
        self.assertExit(self.iqq("profile", "delete", "other"), 0, "gone")
        self.assertNotIn("other", self.read())
        self.assertExit(self.iqq("profile", "use", name), 0)
        self.assertExit(self.iqq("status"), 0)

    def test_key_goes(self):
        iqq = iqtest.Client(test=self)
        self.assertExit(iqq("profile"), 0, "not enrolled")
        self.assertExit(self.iqq("principal", "add", "erika", "name=Erika Mustermann"), 0)
        token = self.iqq("token", "create", "erika")
        self.assertExit(token, 0, "token: ")
        token = re.search(r"^token: (\S+)$", token.out, re.M)[1]
        iqq.server = self.server
        self.assertExit(iqq.enroll(token), 0)
        folder = os.path.dirname(iqq.files()[0])
        self.assertEqual(sorted(os.listdir(folder)), ["ca.pem", "client.key", "client.pem"])
        name = os.path.basename(folder)
        self.assertExit(iqq("profile", "delete", name), 0)
        self.assertFalse(os.path.exists(folder))
        self.assertExit(iqq("status"), 4)


if __name__ == "__main__":
    iqtest.main()
