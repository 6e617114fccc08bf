# SPDX-License-Identifier: Apache-2.0
"""iqd compact beside a server that is being asked and written to; kill -9 at any point of it.

IQ_COMPACT_KILLS=N (20 unless set): kills under load. One line at the end says what was done.
"""

import os
import random
import re
import resource
import signal
import socket
import threading
import unittest

import iqtest
import test_kill
from iqtest import IQD

KILLS = int(os.environ.get("IQ_COMPACT_KILLS", "20"))
FAULT_LIB = os.path.join(iqtest.BUILD, "tests", "fault", "libiq_fault.so")
CALLS = 12  # of a class, where there are more


def compact(server):
    return iqtest.run([IQD, "compact", "--state", server.dir],
                      env=iqtest.clean_env(IQQ_LANG="en"))


def left_over(server):
    return sorted(n for n in os.listdir(server.dir)
                  if n.startswith("data.mdb") and n not in ("data.mdb", "data.mdb-lock"))


class Asker(threading.Thread):
    """The same question again and again; the answer does not change."""

    def __init__(self, raw):
        super().__init__()
        self.raw, self.stop, self.asked, self.wrong = raw, threading.Event(), 0, None

    def run(self):
        try:
            with self.raw as raw:
                first = self.ask(raw)
                while not self.stop.is_set():
                    if self.ask(raw) != first:
                        raise AssertionError("another answer")
                    self.asked += 1
        except Exception as e:  # pylint: disable=broad-except
            self.wrong = e

    @staticmethod
    def ask(raw):
        m = raw.who({"task": "integration-course", "region": "dresden"})
        return {k: v for k, v in m.items() if k != "revision"}


class Live(iqtest.Case):
    def writers(self, n=2):
        certificate = self.iqq.files()[1::-1]
        known = [{} for _ in range(n)]
        writers = [test_kill.Writer(f"w{i}", random.Random(i),
                                    iqtest.Raw(self.server, *certificate), known[i])
                   for i in range(n)]
        return writers, known

    def export(self):
        files = {}
        out = iqtest.temp_dir(self)
        self.assertExit(self.iqq("--server", self.server.address, "export",
                                 os.path.join(out, "e")), 0)
        for folder, _, names in os.walk(out):
            for name in names:
                with open(os.path.join(folder, name), "rb") as f:
                    files[name] = f.read()
        return files

    def test_under_load(self):
        writers, known = self.writers()
        asker = Asker(self.iqq.connect())
        for thread in (*writers, asker):
            thread.start()
        sizes = []
        for _ in range(8):
            before = [w.acknowledged for w in writers], asker.asked
            iqtest.wait_for(lambda: asker.wrong or asker.asked > before[1] and
                            all(w.acknowledged > b + 3 or not w.is_alive()
                                for w, b in zip(writers, before[0])), "writes and questions")
            self.assertEqual([x.wrong for x in (asker, *writers)], [None] * 3)
            done = compact(self.server)
            self.assertExit(done, 0)
            sizes.append([int(n) for n in re.findall(r"(\d+) bytes, now (\d+)", done.out)[0]])
        asker.stop.set()
        asker.join(iqtest.DEADLINE)
        self.assertIsNone(asker.wrong, asker.wrong)
        self.assertTrue(any(after < before for before, after in sizes), sizes)
        self.server.stop()
        for w in writers:
            w.join(iqtest.DEADLINE)
            self.assertIsNone(w.wrong, w.wrong)
        self.assertEqual(left_over(self.server), [])
        self.assertExit(self.server.check(), 0)
        self.server.start()
        with self.iqq.connect() as raw:
            for k in known:
                for id_, value in k.items():
                    m = raw.call("get", {"kind": "kind", "id": id_})
                    self.assertEqual(m["record"]["kind"]["name_de"], value)

    def test_stopped(self):
        before = self.export()
        self.server.stop()
        self.assertExit(compact(self.server), 0, "bytes, now")
        self.server.start()
        self.assertEqual(self.export(), before)

    def test_no_room(self):
        """Nothing has changed, and the server goes on."""
        before, size = self.export(), os.path.getsize(os.path.join(self.server.dir, "data.mdb"))
        _, most = resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (size // 3, most))
        self.assertExit(compact(self.server), 8, "not enough room", "Free as much space")
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (most, most))
        self.assertEqual(left_over(self.server), [])
        self.assertEqual(self.export(), before)
        iqtest.wait_for(lambda: compact(self.server).exit == 0, "room")

    def test_socket(self):
        """What is no request is refused or left alone."""
        path = os.path.join(self.server.dir, "control.sock")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        for text, answer in ((b"nonsense\n", b"error\t"), (b"compact\tmore\n", b"error\t"),
                             (b"backup\n", b"error\t"), (b"\n", b"error\t"),
                             (b"x" * 5000, b""), (b"\0\n", b"")):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(iqtest.DEADLINE)
                s.connect(path)
                s.sendall(text)
                got = b""
                try:
                    while part := s.recv(4096):
                        got += part
                except ConnectionResetError:
                    pass
                self.assertEqual(got[:len(answer)] if answer else got, answer, text)
        # as many as like may connect and say nothing
        silent = []
        for _ in range(20):
            s = socket.socket(socket.AF_UNIX)
            s.connect(path)
            silent.append(s)
        for s in silent:
            s.close()
        iqtest.wait_for(lambda: compact(self.server).exit == 0, "an answer")

    # ---- kill -9 --------------------------------------------------------------------------------

    @unittest.skipUnless(os.path.exists(FAULT_LIB), "a sanitizer's build has no fault library")
    def test_killed_at_each_call(self):
        before = self.export()
        self.server.stop()
        mark = os.path.join(self.server.home, "fired")
        kills, new = 0, 0
        for what in ("write", "sync", "name"):
            first, last = self.calls(what, mark)
            points = range(first + 1, last + 1)
            if len(points) > CALLS:
                points = sorted({*points[:3], *points[-3:],
                                 *random.Random(1).sample(points, CALLS - 6)})
            for index in points:
                inode = os.stat(os.path.join(self.server.dir, "data.mdb")).st_ino
                self.start_with(f"{what}:{index}", mark)
                done = compact(self.server)
                self.assertExit(done, 8, "ended before it had answered")
                self.assertEqual(self.server.process.wait(iqtest.DEADLINE), -signal.SIGKILL)
                self.server.process.stdout.close()
                kills += 1
                new += os.stat(os.path.join(self.server.dir, "data.mdb")).st_ino != inode
                self.assertExit(self.server.check(), 0)
                self.server.start()
                self.assertEqual(left_over(self.server), [], f"{what}:{index}")
                self.assertEqual(self.export(), before, f"{what}:{index}")
                self.server.stop()
        self.server.start()
        self.assertGreater(new, 0)
        self.assertGreater(kills - new, 0)
        print(f"{kills} kills while compacting: {kills - new} left the old file, {new} the new one")

    def start_with(self, fault, mark, **more):
        if os.path.exists(mark):
            os.remove(mark)
        self.server.start(LD_PRELOAD=FAULT_LIB, IQ_FAULT=fault, IQ_FAULT_FIRED=mark,
                          IQ_FAULT_KILL="yes", **more)

    def calls(self, what, mark):
        """How many calls of a class there were before compacting, and after."""
        def seen():
            with open(mark, "rb") as f:
                return int.from_bytes(f.read(8), "little")
        self.start_with(f"{what}:0", mark)
        first = seen()
        self.assertExit(compact(self.server), 0)
        last = seen()
        self.server.stop()
        self.assertGreater(last, first, what)
        return first, last

    def test_killed_under_load(self):
        rng = random.Random(1)
        acknowledged = rewritten = 0
        for n in range(KILLS):
            writers, known = self.writers()
            for i, w in enumerate(writers):
                w.me = f"k{n}-{i}"
                w.start()
            iqtest.wait_for(lambda: all(w.acknowledged > 0 for w in writers), "writes")
            inode = os.stat(os.path.join(self.server.dir, "data.mdb")).st_ino
            worker = threading.Thread(target=compact, args=(self.server,))
            timer = threading.Timer(rng.random() * 0.15, self.server.process.kill)
            worker.start()
            timer.start()
            worker.join(iqtest.DEADLINE)
            timer.join(iqtest.DEADLINE)
            self.server.kill()
            rewritten += os.stat(os.path.join(self.server.dir, "data.mdb")).st_ino != inode
            for w in writers:
                w.join(iqtest.DEADLINE)
                self.assertIsNone(w.wrong, w.wrong)
                acknowledged += w.acknowledged
            self.assertExit(self.server.check(), 0)
            self.server.start()
            self.assertEqual(left_over(self.server), [])
            with self.iqq.connect() as raw:
                for w, k in zip(writers, known):
                    for id_, value in k.items():
                        m = raw.call("get", {"kind": "kind", "id": id_})
                        now = m["record"]["kind"]["name_de"]
                        pending = [v for args, v in w.pending if args[2] == id_]
                        self.assertIn(now, [value, *pending], id_)
        print(f"{KILLS} kills under load: {rewritten} after the exchange, "
              f"{acknowledged} acknowledged writes, all there")


if __name__ == "__main__":
    iqtest.main()
