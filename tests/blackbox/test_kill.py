# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random points of a write load: nothing acknowledged is lost, nothing corrupt.

IQ_KILLS=N (200 unless set). One line at the end says what was done: how many kills, writes that were
acknowledged, requests that were sent and not answered when it was killed and how many of these had
been made durable, and how many kills came while a thread was writing or syncing the database.
tests/fault/kills runs several of these side by side, each with its own seed and state, and adds up.
"""

import os
import random
import ssl
import threading
import time

import iqtest

KILLS = int(os.environ.get("IQ_KILLS", "200"))
SEED = int(os.environ.get("IQ_KILL_SEED", "1"))
CHECK_EVERY = 20
WRITERS = 3
# system calls on x86-64 and aarch64: write pwrite64 writev pwritev fsync fdatasync
STORING = {"x86_64": {1, 18, 20, 296, 74, 75}, "aarch64": {64, 68, 66, 70, 82, 83}}
BROKEN = (EOFError, ConnectionError, ssl.SSLError, OSError)


class Writer(threading.Thread):
    """Writes as fast as it is answered, until the connection breaks. It alone writes its ids."""

    def __init__(self, name, rng, raw, known):
        super().__init__()
        self.me, self.rng, self.raw, self.known = name, rng, raw, known
        self.acknowledged = 0
        self.revision = 0
        self.pending = []  # [(arguments of write, value)]: sent, not answered
        self.last = None   # the latest that was answered: (arguments, revision)
        self.wrong = None

    def run(self):
        try:
            while True:
                self.one()
        except BROKEN:
            pass
        except Exception as e:  # shown by the main thread
            self.wrong = e
        finally:
            self.raw.close()

    def one(self):
        id_ = f"{self.me}-{self.rng.randrange(50)}"
        value = f"Wert {self.rng.randrange(1 << 40)}"
        verb = "SET" if id_ in self.known else "ADD"
        args = (verb, "kind", id_, {"name_de": value}, "", os.urandom(16))
        self.pending = [(args, value)]
        m = self.raw.write(*args)
        self.pending = []
        self.known[id_] = value
        if m["revision"] <= self.revision:
            raise AssertionError(f"revision {m['revision']} after {self.revision}")
        self.revision = m["revision"]
        self.last = args, m["revision"]
        self.acknowledged += 1


def storing(pid):
    """Is a thread of this process inside a call that writes or syncs data.mdb? It only looks."""
    numbers = STORING.get(os.uname().machine, set())
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/syscall", encoding="ascii") as f:
                words = f.read().split()
            if words[0].isdigit() and int(words[0]) in numbers:
                fd = int(words[1], 16)
                if os.readlink(f"/proc/{pid}/fd/{fd}").endswith("/data.mdb"):
                    return True
        except OSError:
            pass  # the thread ended, or this may not be looked at
    return False


class Kill(iqtest.Case):
    data = None

    def test_kill(self):
        rng = random.Random(SEED)
        known = [{} for _ in range(WRITERS)]
        self.certificate = self.iqq.files()[1::-1]
        acknowledged = retried = in_flight = in_commit = 0
        revision = 0
        for n in range(KILLS):
            writers = [Writer(f"w{i}", random.Random(rng.random()), self.connect(), known[i])
                       for i in range(WRITERS)]
            for w in writers:
                w.revision = revision
                w.start()
            # a moment that falls anywhere in the work; not to wait for something
            time.sleep(rng.random() * 0.06)
            in_commit += storing(self.server.pid)
            self.server.kill()
            for w in writers:
                w.join(iqtest.DEADLINE)
                self.assertIsNone(w.wrong, w.wrong)
                acknowledged += w.acknowledged
            if n % CHECK_EVERY == 0:
                done = self.server.check()
                self.assertEqual(done.exit, 0, f"kill {n}: {done}")
            self.server.port = 0  # somebody else may have taken the old one meanwhile
            self.server.start()
            revision = max([revision] + [w.revision for w in writers])
            with self.connect() as raw:
                now = raw.call("status", {})["revision"]
                self.assertGreaterEqual(now, revision, f"kill {n}: revision went back")
                for w in writers:
                    in_flight += len(w.pending)
                    retried += self.settle(raw, w, f"kill {n}")
                revision = now
                if n % 5 == 0 or n == KILLS - 1:
                    self.compare(raw, known, f"kill {n}")
        self.server.stop()
        done = self.server.check()
        self.assertEqual(done.exit, 0, done)
        self.server.start()
        self.assertGreater(acknowledged, KILLS)
        print(f"{KILLS} kills, {acknowledged} acknowledged writes, {in_flight} in flight when "
              f"killed, {retried} of these were durable, {in_commit} kills during a commit",
              flush=True)

    def connect(self):
        return iqtest.Raw(self.server, *self.certificate)

    def settle(self, raw, writer, where):
        """What was sent but not answered happened whole or not at all; a retry is harmless."""
        durable = 0
        if writer.last:
            args, revision = writer.last
            m = raw.write(*args)
            self.assertEqual((m["replayed"], m["revision"]), (True, revision), f"{where} {args}")
        for args, value in writer.pending:
            id_ = args[2]
            before = self.value(raw, id_)
            self.assertIn(before, (value, writer.known.get(id_)), f"{where} {args}")
            m = raw.write(*args)
            durable += m["replayed"]
            if before != value:
                self.assertFalse(m["replayed"], f"{where} {args}")
            self.assertEqual(self.value(raw, id_), value, f"{where} {args}")
            writer.known[id_] = value
        return durable

    def value(self, raw, id_):
        try:
            return raw.call("get", {"kind": "kind", "id": id_})["record"]["kind"]["name_de"]
        except iqtest.Refused:
            return None

    def compare(self, raw, known, where):
        want = {id_: value for k in known for id_, value in k.items()}
        got, cursor = {}, b""
        while True:
            m = raw.call("list", {"kind": "kind", "cursor": cursor})
            got.update({r["kind"]["id"]: r["kind"]["name_de"] for r in m["records"]})
            cursor = m["cursor"]
            if not cursor:
                break
        self.assertEqual(got, want, where)


if __name__ == "__main__":
    iqtest.main()
