# SPDX-License-Identifier: Apache-2.0
"""What is around the daemon fails: disk full, files limited, syncs failing, a file cut off, few
descriptors. Questions go on where they can, changes say so, nothing acknowledged is lost.
"""

import os
import resource
import shutil
import ssl
import subprocess

import iqtest

FAULT_LIB = os.path.join(iqtest.BUILD, "tests", "fault", "libiq_fault.so")
DATE = {"task": "integration-course", "region": "dresden", "at": "2026-11-22"}
TEXT = "x" * 8000


class Faults(iqtest.Case):
    def asks(self, server=None):
        key, certificate, _ = self.iqq.files()
        with iqtest.Raw(server or self.server, certificate, key) as raw:
            self.assertEqual(raw.who(DATE)["outcome"], "answered")

    def copy(self, home=None):
        """A server over a copy of the directory; it is stopped meanwhile."""
        other = iqtest.Server(self, init=False)
        if home:
            other.dir = os.path.join(home, "state")
        self.server.stop()
        shutil.copytree(self.server.dir, other.dir)
        self.server.start()
        return other

    def connect(self, server):
        key, certificate, _ = self.iqq.files()
        return iqtest.Raw(server, certificate, key)

    def fill(self, server, known, most=3000):
        """Writes until it is refused; returns the code. known: what was acknowledged."""
        with self.connect(server) as raw:
            for _ in range(most):
                id_ = f"full-{len(known)}"
                try:
                    raw.write("ADD", "task", id_, {"name_de": TEXT, "parent": "language"})
                except iqtest.Refused as e:
                    return e.code
                known.append(id_)
        return None

    def assertThere(self, server, known):
        with self.connect(server) as raw:
            for id_ in known:
                m = raw.call("get", {"kind": "task", "id": id_})
                self.assertEqual(m["record"]["task"]["name_de"], TEXT, id_)

    def room(self, server, grow):
        """It cannot write, others can; then it can again, and all is there."""
        known = []
        self.assertEqual(self.fill(server, known), "quota")
        self.asks(server)
        self.assertTrue(server.alive())
        grow()
        with self.connect(server) as raw:
            iqtest.wait_for(lambda: self.writes(raw, len(known)), "writing to work again")
        known.append(f"full-{len(known)}")
        self.assertThere(server, known)
        server.stop()
        self.assertExit(server.check(), 0)
        server.start()
        self.assertThere(server, known)
        server.stop()

    def writes(self, raw, n):
        try:
            raw.write("ADD", "task", f"full-{n}", {"name_de": TEXT, "parent": "language"})
            return True
        except iqtest.Refused as e:
            self.assertEqual(e.code, "quota")
            return False

    def test_disk_full(self):
        disk = iqtest.temp_dir(self)
        size = 6 << 20
        for _, _, names in os.walk(self.server.dir):
            size += sum(64 << 10 for _ in names)
        size += os.stat(os.path.join(self.server.dir, "data.mdb")).st_size
        mount = ["mount", "-t", "tmpfs", "-o"]
        if shutil.which("mount") is None or subprocess.run(
                [*mount, f"size={size}", "tmpfs", disk], stderr=subprocess.DEVNULL,
                check=False).returncode != 0:
            self.skipTest("no file system can be mounted here; see test_file_size_limit")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        server = self.copy(disk).start()
        self.addCleanup(server.discard)
        self.room(server, lambda: subprocess.run(
            [*mount, f"remount,size={4 * size}", disk], check=True))

    def test_file_size_limit(self):
        server = self.copy().start()
        size = os.stat(os.path.join(server.dir, "data.mdb")).st_size + (1 << 20)
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, hard))
        self.room(server, lambda: resource.prlimit(server.pid, resource.RLIMIT_FSIZE,
                                                   (hard, hard)))

    def test_syncs_fail(self):
        if not os.path.exists(FAULT_LIB):
            self.skipTest("a sanitizer's build has no fault library")
        server = self.copy()
        mark = os.path.join(server.home, "fired")
        server.start(LD_PRELOAD=FAULT_LIB, IQ_FAULT="sync:all", IQ_FAULT_FIRED=mark)
        try:
            with self.connect(server) as raw:
                raw.write("ADD", "kind", "k-sync", {"name_de": "x"})
            self.fail("acknowledged what is not durable")
        except (iqtest.Refused, EOFError, OSError, ssl.SSLError):
            pass
        self.assertEqual(server.process.wait(iqtest.DEADLINE), 70, server.read_log())
        server.process.stdout.close()
        self.assertIn("disk failed", server.read_log())
        self.assertExit(server.check(), 0)
        server.start()
        self.asks(server)
        server.stop()

    def test_cut_off(self):
        server = self.copy()
        path = os.path.join(server.dir, "data.mdb")
        size = os.stat(path).st_size
        for left in (size // 2, 8192, 100, 0):
            with self.subTest(left):
                os.truncate(path, left)
                for command in ("run", "check"):
                    done = iqtest.run([iqtest.IQD, command, "--state", server.dir])
                    self.assertExit(done, 70, "damaged or cut off")
                    self.assertNotIn("ready", done.out)

    def test_killed_leaves_no_lock(self):
        server = self.copy().start()
        for _ in range(3):
            server.kill()
            server.start()
            self.asks(server)
        server.stop()

    def test_few_descriptors(self):
        for n in (64, 32, 31, 16, 8):
            with self.subTest(n):
                server = self.copy()
                try:
                    server.start(before=("prlimit", f"--nofile={n}"))
                except AssertionError:
                    self.assertIn(server.process.wait(iqtest.DEADLINE), (2, 70, 127))
                    server.process.stdout.close()
                    self.assertTrue(server.read_log().strip())
                    continue
                self.asks(server)
                with self.connect(server) as raw:
                    raw.write("ADD", "kind", "k-few", {"name_de": "x"})
                server.stop()


if __name__ == "__main__":
    iqtest.main()
