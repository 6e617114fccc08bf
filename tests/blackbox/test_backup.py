# SPDX-License-Identifier: Apache-2.0
"""Backups made while others write, restored into an empty directory; and what is refused."""

import csv
import fcntl
import os
import random
import resource
import shutil
import stat
import subprocess
import threading

import iqtest
import test_erase
from iqtest import IQD

WRITERS = 3
BACKUPS = 3
BACKUPS_MOST = 60


def iqd(*args, **more):
    return iqtest.run([IQD, *args], env=iqtest.clean_env(IQQ_LANG="en", **more))


class Writer(threading.Thread):
    """Writes until it is told to stop; keeps what was answered with which revision."""

    def __init__(self, test, name):
        super().__init__()
        self.test, self.me, self.stop = test, name, threading.Event()
        self.done, self.wrong = [], None

    def run(self):
        rng, known = random.Random(self.me), set()
        try:
            with self.test.iqq.connect() as raw:
                while not self.stop.is_set():
                    id_, value = f"{self.me}-{rng.randrange(40)}", f"Wert {rng.randrange(1 << 40)}"
                    m = raw.write("SET" if id_ in known else "ADD", "kind", id_,
                                  {"name_de": value})
                    known.add(id_)
                    self.done.append((m["revision"], id_, value))
        except Exception as e:  # pylint: disable=broad-except
            self.wrong = e


class Restored(iqtest.Server):
    """A server over a restored directory."""

    def __init__(self, test, dir_):
        super().__init__(test, init=False)
        self.dir = dir_


class Backup(iqtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = iqtest.temp_dir(cls)
        cls.key = os.path.join(cls.place, "key")
        done = iqd("backup-key", cls.key)
        if done.exit != 0:
            raise AssertionError(done)

    def path(self, name):
        return os.path.join(self.place, name)

    def backup(self, name, *more, server=None):
        done = iqd("backup", "--state", (server or self.server).dir, self.path(name), "--key",
                   self.key + ".pub", *more)
        self.assertExit(done, 0, "revision")
        return self.header(name)

    def header(self, name):
        with open(self.path(name), "rb") as f:
            text = f.read(4096).split(b"\n\n", 1)[0].decode()
        lines = text.splitlines()
        self.assertEqual(lines[0], "iq-backup 1")
        return dict(line.split(": ", 1) for line in lines[1:])

    def restore(self, name, into, *more):
        return iqd("restore", self.path(name), "--state", self.path(into), "--key", self.key,
                   *more)

    def follow(self, server):
        """The same client, for another server with the same authority."""
        client = iqtest.Client(server, self, enroll=False)
        shutil.rmtree(client.home)
        shutil.copytree(self.iqq.home, client.home)
        return client

    def export(self, server):
        """What a server gives out: {file: text}."""
        out = iqtest.temp_dir(self)
        client = self.follow(server)
        done = client("--server", server.address, "export", os.path.join(out, "e"))
        if done.exit != 0:
            raise AssertionError(done)
        files = {}
        for folder, _, names in os.walk(out):
            for name in names:
                with open(os.path.join(folder, name), "rb") as f:
                    files[name] = f.read()
        self.assertIn("kinds.csv", files)
        return files

    # ---- the drill ------------------------------------------------------------------------------

    def test_while_others_write(self):
        writers = [Writer(self, f"w{i}") for i in range(WRITERS)]
        for w in writers:
            w.start()
        heads = []
        try:
            iqtest.wait_for(lambda: all(len(w.done) > 20 for w in writers), "writes")
            wrote = [False] * WRITERS  # while a backup was made; each may take an instant only
            while len(heads) < BACKUPS or not all(wrote):
                self.assertLess(len(heads), BACKUPS_MOST, wrote)
                n = len(heads)
                before = [len(w.done) for w in writers]
                heads.append((f"busy-{n}", self.backup(f"busy-{n}")))
                wrote = [is_ or len(w.done) > b for is_, w, b in zip(wrote, writers, before)]
                iqtest.wait_for(lambda: all(len(w.done) > b + 5 or not w.is_alive()
                                            for w, b in zip(writers, before)), "more writes")
        finally:
            for w in writers:
                w.stop.set()
            for w in writers:
                w.join(iqtest.DEADLINE)
        self.assertEqual([w.wrong for w in writers], [None] * WRITERS)
        last = max(r for w in writers for r, _, _ in w.done)
        whole = self.export(self.server)
        self.assertGreater(len(whole), 5)
        for name, head in heads[-BACKUPS:]:
            revision = int(head["revision"])
            self.assertLess(revision, last)
            self.assertExit(self.restore(name, name + "-state"), 0)
            server = Restored(self, self.path(name + "-state"))
            self.assertExit(server.check(), 0, "audit log is whole")
            server.start()
            expected = {}
            for r, id_, value in sorted((d for w in writers for d in w.done)):
                if r <= revision:
                    expected[id_] = value
            with self.follow(server).connect() as raw:
                self.assertEqual(raw.call("status", {})["revision"], revision)
            # what the writers wrote up to the moment, and everything else as it always was
            restored = self.export(server)
            found, others = self.kinds(restored)
            self.assertEqual(found, expected)
            self.assertEqual(others, self.kinds(whole)[1])
            self.assertEqual({n: d for n, d in restored.items() if n != "kinds.csv"},
                             {n: d for n, d in whole.items() if n != "kinds.csv"})
            # the log of the restored server goes on, and says that it was restored
            with self.follow(server).connect() as raw:
                raw.write("SET", "kind", "federal-employment-agency", {"name_en": "Another"})
            server.stop()
            self.assertExit(server.check(), 0)
            with open(self.log_of(server.dir), encoding="utf-8") as f:
                self.assertIn("\trestored\t", f.read())

    @staticmethod
    def kinds(files):
        """({id: value} of the writers, all other rows)."""
        found, others = {}, []
        for row in csv.DictReader(files["kinds.csv"].decode().splitlines()):
            if row["id"][1:3] in ("0-", "1-", "2-"):
                found[row["id"]] = row["name_de"]
            else:
                others.append(row)
        return found, others

    # ---- on record ------------------------------------------------------------------------------

    def recorded(self):
        with open(self.log_of(self.server.dir), encoding="utf-8") as f:
            rows = [line.rstrip("\n").split("\t") for line in f]
        return [row for row in rows if len(row) > 7 and row[7] == "backup"]

    def test_on_record(self):
        """Who, when, where to, of which revision and for which key; with and without a server."""
        before = len(self.recorded())
        head = self.backup("noted")
        rows = self.recorded()
        self.assertEqual(len(rows), before + 1)
        row = rows[-1]
        self.assertEqual(row[2:4], ["read", "iqd"])
        self.assertEqual(row[8], f"key {head['recipient'][:16]} to {self.path('noted')}")
        self.assertEqual(row[9], head["revision"])
        self.assertIn(f"uid {os.getuid()}", row)
        self.server.stop()
        try:
            self.backup("noted-too")
            self.assertEqual(len(self.recorded()), before + 2)
            self.assertExit(self.server.check(), 0, "audit log is whole")
            # somebody holds the directory and does not answer: no backup without a record
            with open(os.path.join(self.server.dir, "lock"), "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                done = iqd("backup", "--state", self.server.dir, self.path("unnoted"), "--key",
                           self.key + ".pub")
                self.assertExit(done, 8, "cannot be put on record", "Try again")
            self.assertFalse(os.path.exists(self.path("unnoted")))
            self.assertFalse(os.path.exists(self.path("unnoted.part")))
            self.assertEqual(len(self.recorded()), before + 2)
        finally:
            self.server.start()

    def test_no_record_no_backup(self):
        """The audit log cannot be written: nothing leaves the server."""
        _, most = resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE)
        with self.iqq.connect() as raw:
            resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (4096, most))
            try:
                iqtest.wait_for(lambda: self.unwritable(raw), "a log that is full")
                done = iqd("backup", "--state", self.server.dir, self.path("silent"), "--key",
                           self.key + ".pub")
                self.assertExit(done, 8, "audit log cannot be written")
                self.assertFalse(os.path.exists(self.path("silent")))
            finally:
                resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (most, most))
        iqtest.wait_for(lambda: "iqd_audit_writable 1" in
                        iqd("metrics", "--state", self.server.dir).out, "room")

    def unwritable(self, raw):
        try:
            raw.write("SET", "kind", "federal-employment-agency", {"name_en": "Full"})
        except iqtest.Refused:
            pass
        return "iqd_audit_writable 0" in iqd("metrics", "--state", self.server.dir).out

    def log_of(self, dir_):
        folder = os.path.join(dir_, "audit")
        return os.path.join(folder, sorted(n for n in os.listdir(folder)
                                           if n.endswith(".log"))[-1])

    def test_export_is_equal(self):
        self.backup("still")
        before = self.export(self.server)
        self.assertExit(self.restore("still", "still-state"), 0)
        server = Restored(self, self.path("still-state")).start()
        self.assertEqual(self.export(server), before)
        # whoever follows the changes begins anew
        with self.iqq.connect() as raw:
            old = raw.call("changes", {})
            while old["more"]:
                old = raw.call("changes", {"cookie": old["cookie"]})
        with self.follow(server).connect() as raw:
            again = raw.call("changes", {"cookie": old["cookie"]})
            self.assertEqual(again["because"], "generation")
        server.stop()

    def test_files(self):
        """Modes, no overwriting, nothing half-written, nothing in the clear."""
        self.backup("modes")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("modes")).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.key).st_mode), 0o600)
        with open(self.path("modes"), "rb") as f:
            data = f.read()
        for text in (b"Volkshochschule", b"PRIVATE KEY", b"disclosed", b"Dresden"):
            self.assertNotIn(text, data)
        again = iqd("backup", "--state", self.server.dir, self.path("modes"), "--key",
                    self.key + ".pub")
        self.assertExit(again, 6, "exists already", "--replace")
        with open(self.path("modes"), "rb") as f:
            self.assertEqual(f.read(), data)
        done = iqd("backup", "--state", self.server.dir, self.path("modes"), "--key",
                   self.key + ".pub", "--replace")
        self.assertExit(done, 0, "replaced")
        self.assertEqual([n for n in os.listdir(self.place) if n.endswith(".part")], [])
        self.assertExit(self.restore("modes", "modes-state"), 0)
        for folder, folders, names in os.walk(self.path("modes-state")):
            for name in folders:
                mode = os.stat(os.path.join(folder, name)).st_mode
                self.assertEqual(stat.S_IMODE(mode), 0o700, name)
            for name in names:
                mode = os.stat(os.path.join(folder, name)).st_mode
                self.assertEqual(stat.S_IMODE(mode), 0o600, name)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("modes-state")).st_mode), 0o700)

    def test_into_a_folder(self):
        """Named by the moment, so that a timer needs no shell."""
        folder = self.path("folder")
        os.mkdir(folder)
        done = iqd("backup", "--state", self.server.dir, folder, "--key", self.key + ".pub")
        self.assertExit(done, 0)
        name, = os.listdir(folder)
        self.assertRegex(name, r"^iq-\d{4}-\d\d-\d\dT\d{6}Z$")
        self.assertIn(name, done.out)
        self.assertExit(self.restore("folder/" + name, "folder-state"), 0)

    def test_piped(self):
        made = subprocess.run([IQD, "backup", "--state", self.server.dir, "-", "--key",
                               self.key + ".pub"], env=iqtest.clean_env(), check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        done = subprocess.run([IQD, "restore", "-", "--state", self.path("piped-state"), "--key",
                               self.key], env=iqtest.clean_env(), input=made.stdout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done)

    def test_no_room(self):
        """Neither half a backup nor half a directory is left."""
        def limited(*args):
            done = subprocess.run(["sh", "-c", 'ulimit -f 200; exec "$@"', "sh", IQD, *args],
                                  env=iqtest.clean_env(), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 8, done)

        limited("backup", "--state", self.server.dir, self.path("big"), "--key",
                self.key + ".pub")
        self.assertEqual([n for n in os.listdir(self.place) if n.startswith("big")], [])
        self.backup("whole")
        limited("restore", self.path("whole"), "--state", self.path("small"), "--key", self.key)
        self.assertEqual(os.listdir(self.path("small")), [])
        self.assertExit(self.restore("whole", "small"), 0)

    def test_passphrase(self):
        phrase, other = self.path("phrase"), self.path("other-phrase")
        for path, text in ((phrase, "Ein langer Satz zum Merken\n"),
                           (other, "Ein ganz anderer Satz\n")):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(path, 0o600)
        args = ("backup", "--state", self.server.dir, self.path("locked"))
        self.assertExit(iqd(*args, "--passphrase-file", phrase), 0)
        restore = ("restore", self.path("locked"), "--state", self.path("locked-state"))
        self.assertExit(iqd(*restore, "--passphrase-file", other), 4, "passphrase")
        self.assertExit(iqd(*restore, "--key", self.key), 2, "passphrase")
        self.assertFalse(os.path.exists(self.path("locked-state")))
        self.assertExit(iqd(*restore, "--passphrase-file", phrase), 0)
        os.chmod(phrase, 0o644)
        self.assertExit(iqd(*args[:3], self.path("open"), "--passphrase-file", phrase), 2,
                        "chmod 600")

    def test_without_the_authority(self):
        self.backup("without", "--without-ca-key")
        done = self.restore("without", "without-state")
        self.assertExit(done, 0, "iqd ca import")
        self.assertFalse(os.path.exists(self.path("without-state/ca.key")))
        server = Restored(self, self.path("without-state")).start()
        with self.follow(server).connect() as raw:
            self.assertGreater(raw.call("status", {})["revision"], 0)
        server.stop()

    # ---- refused --------------------------------------------------------------------------------

    def test_no_key(self):
        done = iqd("backup", "--state", self.server.dir, self.path("clear"))
        self.assertExit(done, 2, "encrypted", "backup-key")
        self.assertFalse(os.path.exists(self.path("clear")))

    def test_not_empty(self):
        self.backup("full")
        done = self.restore("full", self.server.dir)
        self.assertExit(done, 6, "not empty")
        self.assertTrue(self.server.alive())
        self.assertExit(self.server.check(), 0)

    def test_other_key(self):
        other = self.path("other-key")
        self.assertExit(iqd("backup-key", other), 0)
        self.assertExit(iqd("backup-key", other), 6, "exists already")
        self.backup("mine")
        args = ("restore", self.path("mine"), "--state", self.path("mine-state"), "--key")
        self.assertExit(iqd(*args, other), 4, "made for the key")
        self.assertExit(iqd(*args, self.key + ".pub"), 2, "public key")
        self.assertExit(iqd(*args, self.path("mine")), 2, "no key")
        self.assertFalse(os.path.exists(self.path("mine-state")))

    def test_damaged(self):
        head = self.backup("good")
        with open(self.path("good"), "rb") as f:
            good = f.read()
        end = good.index(b"\n\n") + 2
        bad = {"foreign": b"PK\x03\x04" + good, "empty": b"", "header": good[:end - 1],
               "only-header": good[:end], "longer": good + b"x", "piece": good[:end + 65553],
               "expiry": good.replace(head["expires"].encode(), b"9803165457300117 2280-01-01"),
               "revision": good.replace(b"revision: ", b"revision: 9", 1)}
        rng = random.Random(1)
        for i in range(12):
            at = rng.randrange(end, len(good))
            bad[f"bit-{i}"] = good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + \
                good[at + 1:]
            bad[f"cut-{i}"] = good[:rng.randrange(end, len(good))]
        for name, data in bad.items():
            with open(self.path("bad"), "wb") as f:
                f.write(data)
            done = self.restore("bad", "bad-state")
            self.assertEqual(done.exit, 7, (name, done))
            left = os.listdir(self.path("bad-state")) if os.path.exists(
                self.path("bad-state")) else []
            self.assertEqual(left, [], name)
        # and it still goes into the directory that was left empty
        self.assertExit(self.restore("good", "bad-state"), 0)


class Forgotten(iqtest.Case):
    """Somebody is erased after the backup was made."""

    data = None

    def test_erased_stays_erased(self):
        place = iqtest.temp_dir(self)
        key, file = os.path.join(place, "key"), os.path.join(place, "backup")
        self.root = self.iqq.connect()
        self.addCleanup(lambda: self.root.close())
        self.put = lambda verb, kind_, id_, **f: self.root.write(verb, kind_, id_, f)
        test_erase.Erase.build(self)
        second = test_erase.Person(self, self.root, "zweite-person", name="Zweite Person")
        number = test_erase.give(self, self.root, second.name, "admin")
        self.root.close()
        self.server.stop()
        self.assertExit(iqd("approve", "--state", self.server.dir, str(number)), 0)
        self.server.start()
        self.root = self.iqq.connect()
        second.connect_again()
        test_erase.give(self, self.root, second.name, "editor", institution="vhs")
        # on record under a pseudonym, which must go as well
        self.root.call("contact", {"term": test_erase.PERSON, "reason": "referral"})

        self.assertExit(iqd("backup-key", key), 0)
        self.assertExit(iqd("backup", "--state", self.server.dir, file, "--key", key + ".pub"), 0)
        number = self.iqq.json("erase", test_erase.PERSON, "--reason", "correction",
                               "--yes")["items"][0]["approval"]
        second.call("approve", {"request_id": os.urandom(16), "verb": "APPROVE_YES", "id": number,
                                "reason": "correction"})
        erasures = os.path.join(self.server.dir, "erasures")
        with open(erasures, encoding="ascii") as f:
            line = f.read()
        self.assertRegex(line, r"^erased \d+ [0-9a-f]{16} \d+\n$")
        self.assertIn(line.strip(), self.server.read_log())

        restore = ("restore", file, "--key", key, "--state")
        done = iqd(*restore, os.path.join(place, "again"))
        self.assertExit(done, 0, "--erasures")
        self.assertIn("data.mdb", holding(os.path.join(place, "again"), "Erika Musterfrau"))

        state = os.path.join(place, "forgotten")
        done = iqd(*restore, state, "--erasures", erasures)
        self.assertExit(done, 0, "now again: 1")
        for secret in test_erase.SECRETS:
            self.assertEqual(holding(state, secret), [], secret)
        self.assertIn("data.mdb", holding(state, "Max Muster"))
        server = Restored(self, state)
        self.assertExit(server.check(), 0, "audit log is whole")

        # a list of something else is refused, and nothing is left half-done
        other = os.path.join(place, "other")
        done = iqd(*restore, other, "--erasures", key)
        self.assertExit(done, 2, "list of erasures")
        self.assertEqual(os.listdir(other), [])


def holding(dir_, text):
    found = []
    for folder, _, names in os.walk(dir_):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                if text.encode() in f.read():
                    found.append(os.path.relpath(os.path.join(folder, name), dir_))
    return sorted(found)


class Compact(iqtest.Case):
    def test_compact(self):
        with self.iqq.connect() as raw:
            for i in range(300):
                raw.write("ADD", "kind", f"frei-{i}", {"name_de": "x" * 60})
            for i in range(300):
                raw.write("DELETE", "kind", f"frei-{i}")
        self.server.stop()
        path = os.path.join(self.server.dir, "data.mdb")
        before = os.path.getsize(path)
        done = iqd("compact", "--state", self.server.dir)
        self.assertExit(done, 0, "bytes")
        self.assertLess(os.path.getsize(path), before)
        self.assertExit(self.server.check(), 0)
        # on a full disk nothing changes
        with open(path, "rb") as f:
            data = f.read()
        full = subprocess.run(["sh", "-c", 'ulimit -f 100; exec "$@"', "sh", IQD, "compact",
                               "--state", self.server.dir], env=iqtest.clean_env(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(full.returncode, 8, full)
        with open(path, "rb") as f:
            self.assertEqual(f.read(), data)
        self.assertEqual([n for n in os.listdir(self.server.dir)
                          if n.startswith("data.mdb") and n not in ("data.mdb",
                                                                    "data.mdb-lock")], [])
        self.server.start()
        self.assertEqual(self.iqq.json("get", "kind", "federal-employment-agency")["items"][0]["id"], "federal-employment-agency")


if __name__ == "__main__":
    iqtest.main()
