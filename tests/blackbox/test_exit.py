# SPDX-License-Identifier: Apache-2.0
"""Exit statuses, error objects, and who may do anything at all."""

import os
import re
import socket
import ssl
import stat
import subprocess

import iqtest


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class ExitStatus(iqtest.Case):
    def test_table(self):
        iqq = self.iqq
        table = [
            (0, None, ("who", "--task", "language", "--region", "dresden")),
            (1, "not-found", ("get", "task", "no-such-task")),
            (1, "not-found", ("get", "contact", "no-such-contact")),
            (2, "usage", ("who", "--no-such-flag")),
            (2, "usage", ("no-such-command",)),
            (2, "usage", ("get", "no-such-kind", "x")),
            (2, None, ("who", "--task", "language", "--fact", "shoe-size=44")),
            (2, None, ("who", "--task", "language", "--fact", "age=young")),
            (2, None, ("who", "--task", "language", "--fact", "accommodation=castle")),
            (2, None, ("who", "--task", "language", "--fact", "age")),
            (2, None, ("who", "--task", "language", "--at", "2026-02-30")),
            (2, "unknown-term", ("who", "--task", "no-such-task")),
            (2, "unknown-term", ("who", "--task", "language", "--region", "atlantis-xyz")),
            (2, None, ("who", "--task", "language", "--role", "boss")),
            (6, "conflict", ("delete", "task", "language")),
            (6, "conflict", ("delete", "region", "dresden")),
            (6, "conflict", ("add", "task", "language", "name_de=Sprache")),
            (7, "rejected", ("set", "responsibility", "abh-leipzig-toleration-leipzig",
                             "region=nowhere")),
            (7, "rejected", ("set", "responsibility", "abh-leipzig-toleration-leipzig",
                             "condition=age>old")),
            (3, "unreachable", ("--server", f"127.0.0.1:{closed_port()}", "whoami")),
        ]
        for status, code, args in table:
            with self.subTest(args):
                done = iqq(*args)
                self.assertEqual(done.exit, status, done)
                if status > 1 or code:
                    self.assertTrue(done.err.strip(), "no word on stderr")
                    self.assertEqual(done.out, "")
                done = iqq(*args, "--json")
                self.assertEqual(done.exit, status, done)
                if code:
                    error = done.json["error"]
                    self.assertEqual(error["code"], code)
                    self.assertLessEqual({"code", "message", "hint"}, set(error))
                    self.assertNotRegex(error["message"], r"\{\d\}")

    def test_set_of_a_missing_record(self):
        self.assertExit(self.iqq("set", "task", "no-such-task", "name_de=x"), 1)

    def test_delete_names_the_references(self):
        self.assertExit(self.iqq("delete", "institution", "vhs-dresden"), 6, "vhs-dresden-")

    def test_no_profile(self):
        stranger = iqtest.Client(self.server, self, enroll=False)
        done = stranger("whoami")
        self.assertIn(done.exit, (2, 4), done)
        self.assertIn("enroll", done.err)

    def test_area_as_region(self):
        self.assertExit(self.iqq("add", "region", "workshop-east", "kind=area", "name_de=Ost",
                                 "members=goerlitz;zittau"), 0)
        self.assertExit(self.iqq("who", "--task", "language", "--region", "workshop-east"), 2)

    def test_write_and_read_back(self):
        iqq = self.iqq
        self.assertExit(iqq("add", "task", "test-task", "name_de=Prüfung, \"neu\"",
                            "parent=language"), 0)
        before = iqq.json("get", "task", "test-task")
        self.assertEqual(before["items"][0]["name_de"], "Prüfung, \"neu\"")
        done = iqq("set", "task", "test-task", "name_en=Exam", "--dry-run")
        self.assertExit(done, 0)
        self.assertEqual(iqq.json("get", "task", "test-task")["items"], before["items"])
        self.assertExit(iqq("set", "task", "test-task", "name_en=Exam"), 0)
        self.assertEqual(iqq.json("get", "task", "test-task")["items"][0]["name_en"], "Exam")
        self.assertExit(iqq("add", "task", "test-task-2", "name_de=Test", "parent=language"), 0)
        self.assertExit(iqq("merge", "task", "test-task-2", "test-task"), 0)
        self.assertEqual(iqq.json("get", "task", "test-task-2")["items"][0]["id"], "test-task")
        self.assertExit(iqq("delete", "task", "test-task", "--yes"), 0)
        self.assertExit(iqq("get", "task", "test-task"), 1)


class Peers(iqtest.Case):
    data = None

    def test_unknown_peer_may_only_enrol(self):
        with iqtest.Raw(self.server) as raw:
            for operation, message in (
                    ("who", {"task": "language"}), ("whoami", {}), ("status", {}), ("export", {}),
                    ("get", {"kind": "task", "id": "x"}), ("list", {"kind": "task"}),
                    ("write", {"request_id": os.urandom(16), "verb": "ADD", "kind": "task",
                               "id": "x"}),
                    ("import_begin", {"request_id": os.urandom(16)}), ("import_commit", {})):
                with self.subTest(operation):
                    with self.assertRaises(iqtest.Refused) as refused:
                        raw.call(operation, message)
                    self.assertIn(refused.exception.code, ("login", "denied"))

    def test_token_is_for_one_use(self):
        done = iqtest.Client(self.server, self, enroll=False).enroll(self.server.token)
        self.assertExit(done, 4)
        self.assertRegex(done.err, r"(?i)token")

    def test_wrong_tokens(self):
        token = self.server.token
        swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
        for bad in (swapped, "XXXX-XXXX", "", token.replace("-", "")[::-1]):
            with self.subTest(bad):
                done = iqtest.Client(self.server, self, enroll=False).enroll(bad)
                self.assertIn(done.exit, (2, 4), done)
                self.assertTrue(done.err.strip())

    def test_token_of_another_server_does_not_fit(self):
        other = iqtest.Server(self).start()
        iqq = iqtest.Client(self.server, self, enroll=False)
        done = iqq.enroll(other.token)  # the fingerprint is the other's
        self.assertExit(done, 4)
        other.stop()

    def test_certificate_of_another_server(self):
        other = iqtest.Server(self).start()
        stranger = iqtest.Client(other, self)
        key, certificate, _ = stranger.files()
        refused = False
        try:
            with iqtest.Raw(self.server, certificate, key) as raw:
                raw.call("whoami", {})
        except (iqtest.Refused, ssl.SSLError, ConnectionError, EOFError):
            refused = True
        self.assertTrue(refused)
        self.assertEqual(self.iqq("whoami").exit, 0)
        other.stop()

    def test_token_file_and_address_from_the_token(self):
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self, enroll=False)
        path = os.path.join(server.dir, "admin.token")
        self.assertExit(iqq("enroll", server.address, "--token-file", path), 0)
        self.assertExit(iqq("whoami"), 0, "admin")
        server.stop()

    def test_permissions(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.server.dir).st_mode), 0o700)
        for folder, folders, names in os.walk(self.server.dir):
            for name in names:
                path = os.path.join(folder, name)
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o077, 0, path)
                if re.fullmatch(r"ca.*\.(pem|crt)", name):
                    with open(path, encoding="ascii") as f:
                        self.assertNotIn("PRIVATE KEY", f.read())
            for name in folders:
                mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
                self.assertEqual(mode & 0o077, 0, name)
        key, _, _ = self.iqq.files()
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)

    def test_server_certificate(self):
        text = subprocess.run(
            ["openssl", "x509", "-noout", "-text", "-in",
             os.path.join(self.server.dir, "server.pem")], stdout=subprocess.PIPE, check=True).stdout.decode()
        self.assertIn("DNS:localhost", text)
        self.assertIn("CRL Distribution Points", text)
        end = subprocess.run(
            ["openssl", "x509", "-noout", "-checkend", str(825 * 86400), "-in",
             os.path.join(self.server.dir, "server.pem")], stdout=subprocess.DEVNULL, check=False)
        self.assertEqual(end.returncode, 1, "lives longer than 825 days")

    def test_init_twice_and_run_without_state(self):
        again = iqtest.run([iqtest.IQD, "init", "--state", self.server.dir])
        self.assertNotEqual(again.exit, 0)
        self.assertTrue(again.err.strip())
        self.assertTrue(self.iqq("whoami").exit == 0)
        missing = iqtest.run([iqtest.IQD, "run", "--state", self.server.dir + "-missing"])
        self.assertNotEqual(missing.exit, 0)
        self.assertNotIn("ready", missing.out)
        self.assertEqual(iqtest.run([iqtest.IQD, "run"]).exit, 2)
        self.assertEqual(iqtest.run([iqtest.IQD, "dance"]).exit, 2)


if __name__ == "__main__":
    iqtest.main()
