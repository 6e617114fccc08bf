# SPDX-License-Identifier: Apache-2.0
"""The audit log from outside: what the operator sees of it, and what happens to a log that somebody
touched."""

import csv
import glob
import io
import os
import re

import iqtest

CONTACT = ("institution=vhs-muster", "name=Erika Mustermann",
           "phone=030 23125 101", "visibility=partners")


class Log(iqtest.Case):
    """Each test has a server of its own."""

    def setUp(self):
        self.server = iqtest.Server(self).start()
        self.iqq = iqtest.Client(self.server, self)
        self.assertExit(self.iqq("import", os.path.join(iqtest.SOURCE, "data", "saxony")), 0)
        self.assertExit(self.iqq("add", "institution", "vhs-muster", "kind=federal-employment-agency",
                                 "region=dresden", "name_de=VHS Muster"), 0)
        self.assertExit(self.iqq("add", "contact", "vhs-muster-erika", *CONTACT), 0)

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def segment(self):
        found = glob.glob(os.path.join(self.server.dir, "audit", "*.log"))
        self.assertEqual(len(found), 1)
        return found[0]

    def entries(self):
        with open(self.segment(), encoding="utf-8") as f:
            return [line.rstrip("\n").split("\t") for line in f][1:]

    def report(self, *more):
        return iqtest.run([iqtest.IQD, "breach-report", "--state", self.server.dir,
                           "--from", "2020-01-01", "--to", "2899-12-31", *more])

    def test_changes_and_disclosures(self):
        self.assertExit(self.iqq("contact", "vhs-muster-erika", "--reason", "referral"), 0,
                        "030 23125 101")
        seen = [e for e in self.entries() if e[2] == "disclosed"]
        self.assertEqual(len(seen), 1, self.entries())
        self.assertEqual(seen[0][3], "admin")
        self.assertEqual(seen[0][6], "partners")
        self.assertEqual(seen[0][8], "referral")
        self.assertEqual(seen[0][12], "127.0.0.1")
        self.assertEqual([e[9] for e in self.entries() if e[2] == "written"], ["1", "2", "3"])
        with open(self.segment(), encoding="utf-8") as f:
            self.assertNotIn("erika", f.read())
        # beside the running daemon
        done = self.report()
        self.assertExit(done, 0, "vhs-muster-erika", "referral")
        rows = list(csv.DictReader(io.StringIO(self.report("--csv").out)))
        self.assertEqual([(r["subject"], r["principal"], r["purpose"], r["count"]) for r in rows],
                         [("vhs-muster-erika", "admin", "referral", "1")])
        self.assertExit(iqtest.run([iqtest.IQD, "breach-report", "--state", self.server.dir]), 2)
        # an administrator is no auditor, and that is on record
        self.assertExit(self.iqq("audit"), 5)
        self.assertExit(self.iqq("audit", "verify"), 5)
        self.server.stop()
        self.assertEqual(sum(e[2] == "refused" for e in self.entries()), 2)
        self.assertExit(self.server.check(), 0)

    def test_refused_change(self):
        """An editor changes what belongs to somebody else: the writer refuses, and it is recorded."""
        self.assertExit(self.iqq("principal", "add", "ed", "name=Max Muster",
                                 "institution=vhs-muster"), 0)
        done = self.iqq("token", "create", "ed", "--grant",
                        "editor:institution=vhs-muster:until=2027-12-31")
        editor = iqtest.Client(self.server, self, enroll=False)
        token = re.search(r"^token: (\S+)$", done.out, re.M)[1]
        self.assertExit(editor("enroll", "--token", token), 0)
        self.assertExit(editor("set", "institution", "vhs-dresden", "hours=nie"), 5)
        self.assertExit(editor("set", "institution", "vhs-muster", "hours=Mo 9-12"), 0)
        self.server.stop()
        refused = [e for e in self.entries() if e[2] == "refused"]
        self.assertEqual([(e[3], e[7]) for e in refused], [("ed", "set")])

    def test_touched(self):
        self.server.stop()
        self.assertExit(self.server.check(), 0)
        with open(self.segment(), "rb") as f:
            lines = f.read().splitlines(keepends=True)
        name = os.path.basename(self.segment())
        for what, changed, bad in (
                ("changed", [*lines[:3], lines[3].replace(b"admin", b"nobody"), *lines[4:]], 3),
                ("deleted", [*lines[:2], *lines[3:]], 2),
                ("cut", lines[:-1], len(lines) - 1)):
            with self.subTest(what=what):
                with open(self.segment(), "wb") as f:
                    f.writelines(changed)
                done = self.server.check()
                self.assertExit(done, 70, f"entry {bad}", name, f"line {bad + 1}")
                run = iqtest.run([iqtest.IQD, "run", "--state", self.server.dir,
                                  "--listen", "127.0.0.1:0"])
                self.assertExit(run, 70, "audit", "iqd check")
        with open(self.segment(), "wb") as f:
            f.writelines(lines)
        self.assertExit(self.server.check(), 0)
        self.server.start()
        self.server.stop()

    def test_killed(self):
        for _ in range(3):
            self.assertExit(self.iqq("contact", "vhs-muster-erika", "--reason", "referral"), 0)
            self.server.kill()
            self.server.start()
        self.server.stop()
        self.assertEqual(sum(e[2] == "disclosed" for e in self.entries()), 3)
        self.assertExit(self.server.check(), 0)

    def test_strangers_are_counted(self):
        for _ in range(5):
            with iqtest.socket.create_connection(("127.0.0.1", self.server.port)) as s:
                s.sendall(b"GET / HTTP/1.0\r\n\r\n")
                s.settimeout(iqtest.DEADLINE)
                while True:
                    try:
                        if not s.recv(4096):
                            break
                    except ConnectionResetError:
                        break
        self.server.stop()
        strangers = [e for e in self.entries() if e[2] == "refused" and not e[3]]
        self.assertEqual([(e[10], e[12]) for e in strangers], [("5", "127.0.0.1")])

    def test_older_state_directory(self):
        self.server.stop()
        for path in glob.glob(os.path.join(self.server.dir, "audit", "*")):
            os.unlink(path)
        os.rmdir(os.path.join(self.server.dir, "audit"))
        self.assertExit(self.server.check(), 0)
        self.server.start()
        self.server.stop()
        self.assertExit(self.server.check(), 0)
        self.assertEqual(os.stat(os.path.join(self.server.dir, "audit")).st_mode & 0o777, 0o700)
        for path in glob.glob(os.path.join(self.server.dir, "audit", "*")):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600, path)


if __name__ == "__main__":
    iqtest.main()
