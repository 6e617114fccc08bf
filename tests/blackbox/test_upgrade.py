# SPDX-License-Identifier: Apache-2.0
"""A database that an earlier iqd wrote; killed at every point of its upgrade; one of a later iqd.

The databases are in tests/data/upgrade, with what that commit exported from them; make.py there
makes them. before-workshops.backup is the first of them, upgraded and backed up (`iqd backup`) by the
last iqd without workshops' records; backup.key opens it.
"""

import csv
import json
import lzma
import os
import re
import shutil
import signal
import time
import unittest

import iqtest
from iqtest import IQD
from test_mirror import shifted

DATA = os.path.join(iqtest.SOURCE, "tests", "data", "upgrade")
NAMES = sorted(n[:-len(".mdb.xz")] for n in os.listdir(DATA) if n.endswith(".mdb.xz"))
FAULT_LIB = os.path.join(iqtest.BUILD, "tests", "fault", "libiq_fault.so")
MAGIC = b"state"
NOW = 3


def versions(data):
    """Versions of the state entries among the pages of a file, older copies included."""
    found, at = set(), data.find(MAGIC)
    while at >= 0:
        found.add(data[at + len(MAGIC)])
        at = data.find(MAGIC, at + 1)
    return found


class Upgrade(iqtest.Case):
    data = None

    def place(self, name):
        """A state directory of today with the database of then."""
        server = iqtest.Server(self)
        with open(os.path.join(DATA, name + ".mdb.xz"), "rb") as f:
            data = lzma.decompress(f.read())
        self.assertNotIn(NOW, versions(data))
        self.put(server, data)
        return server, data

    def put(self, server, data):
        for end in ("", "-lock"):
            path = os.path.join(server.dir, "data.mdb" + end)
            if os.path.exists(path):
                os.remove(path)
        path = os.path.join(server.dir, "data.mdb")
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, 0o600)

    def compare(self, name, server):
        """All records as they were exported then, and the revision."""
        with open(os.path.join(DATA, name + ".json"), encoding="utf-8") as f:
            expected = json.load(f)
        done = iqtest.run([IQD, "token", "create", "--state", server.dir, "--principal", "admin"])
        self.assertExit(done, 0)
        server.token = done.out.split()[-1]
        server.start()
        client = iqtest.Client(server, self)
        out = iqtest.temp_dir(self)
        self.assertExit(client("export", os.path.join(out, "e")), 0)
        found = {}
        for folder, _, names in os.walk(out):
            for file in names:
                if file.endswith(".csv"):
                    with open(os.path.join(folder, file), encoding="utf-8-sig", newline="") as f:
                        found[file] = list(csv.DictReader(f))
        for file, rows in expected["files"].items():
            columns = set(rows[0])
            for row in found[file]:
                # what came later is empty
                self.assertEqual({k: v for k, v in row.items() if k not in columns and v}, {})
            self.assertEqual(sorted((tuple(sorted((k, v) for k, v in row.items() if k in columns))
                                     for row in found[file])),
                             sorted(tuple(sorted(row.items())) for row in rows), file)
        for file, rows in found.items():
            self.assertTrue(not rows or file in expected["files"], file)
        with client.connect() as raw:
            self.assertEqual(raw.call("status", {})["revision"], expected["revision"])
            # it goes on: its past, and changes that need what is new
            past = raw.call("get", {"kind": "contact", "id": "erika", "reason": "correction",
                                    "known_at": expected["revision"] - 10})
            self.assertEqual(past["record"]["contact"]["name"], "Erika Mustermann")
            raw.write("SET", "task", "kurs", {"name_en": "Language course"})
            # a past half here, half there
            raw.write("SET", "contact", "erika", {"phone": "030 23125 300"})
            for back, phone in ((0, "300"), (2, "259"), (10, None)):
                past = raw.call("get", {"kind": "contact", "id": "erika", "reason": "correction",
                                        "known_at": expected["revision"] + 2 - back})
                self.assertTrue(past["record"]["contact"]["phone"].endswith(phone or ""))
        self.assertExit(client("archive", "responsibility", "r-1", "--yes"), 0)
        self.assertExit(client("revive", "responsibility", "r-1"), 0)
        server.stop()
        self.assertExit(server.check(), 0)

    def test_there_are_some(self):
        self.assertEqual({"before-living", "before-aside"} - set(NAMES), set())

    def test_opens(self):
        for name in NAMES:
            with self.subTest(name):
                server, data = self.place(name)
                # commands beside a server that may be an earlier one leave it alone
                self.assertExit(server.check(), 6, "earlier version", "Start the server once")
                with open(os.path.join(server.dir, "data.mdb"), "rb") as f:
                    self.assertEqual(f.read(), data)
                server.start()
                server.stop()
                self.assertExit(server.check(), 0)
                with open(os.path.join(server.dir, "data.mdb"), "rb") as f:
                    self.assertIn(NOW, versions(f.read()))
                self.compare(name, server)

    def test_backup_of_then(self):
        server = iqtest.Server(self, init=False)
        with open(os.path.join(DATA, "before-workshops.backup"), "rb") as f:
            made = int(re.search(rb"made: (\d+)", f.read(200))[1]) // 1000000
        # it expires after 90 days, on paper: this is the day after it was made
        day = shifted((made + 86400 - int(time.time())) / 86400)
        key = os.path.join(iqtest.temp_dir(self), "key")
        shutil.copy(os.path.join(DATA, "backup.key"), key)
        os.chmod(key, 0o600)
        done = iqtest.run([IQD, "restore", os.path.join(DATA, "before-workshops.backup"),
                           "--state", server.dir, "--key", key], env=iqtest.clean_env(**day))
        self.assertExit(done, 0)
        self.compare("before-living", server)
        with open(os.path.join(server.dir, "data.mdb"), "rb") as f:
            self.assertIn(NOW, versions(f.read()))

    @unittest.skipUnless(os.path.exists(FAULT_LIB), "a sanitizer's build has no fault library")
    def test_killed(self):
        """Before every write and every sync until the server is ready."""
        kills, old, new = 0, 0, 0
        name = NAMES[0]
        server, data = self.place(name)
        mark = os.path.join(server.home, "fired")
        for what in ("write", "sync"):
            index = 0
            while True:
                index += 1
                self.put(server, data)
                if os.path.exists(mark):
                    os.remove(mark)
                ended = self.killed_at(server, f"{what}:{index}", mark)
                if not ended:
                    break  # it became ready before that many
                kills += 1
                done = server.check()
                if done.exit == 6:
                    old += 1
                    self.assertExit(done, 6, "earlier version")
                else:
                    new += 1
                    self.assertExit(done, 0)
                server.start()
                server.stop()
                self.assertExit(server.check(), 0)
        self.assertGreater(old, 0)
        self.assertGreater(new, 0)
        self.compare(name, server)
        print(f"{kills} kills while upgrading: {old} left the old version, {new} the new one")

    def killed_at(self, server, fault, mark):
        try:
            server.start(LD_PRELOAD=FAULT_LIB, IQ_FAULT=fault, IQ_FAULT_FIRED=mark,
                         IQ_FAULT_KILL="yes")
        except AssertionError:
            self.assertEqual(server.process.wait(iqtest.DEADLINE), -signal.SIGKILL,
                             server.read_log())
            server.process.stdout.close()
            return True
        server.kill()
        return False

    def test_newer(self):
        """Nothing of it is touched, by no command."""
        server, _ = self.place(NAMES[0])
        server.start()
        server.stop()
        path = os.path.join(server.dir, "data.mdb")
        with open(path, "rb") as f:
            data = f.read()
        data = data.replace(MAGIC + bytes([NOW]), MAGIC + bytes([NOW + 1]))
        self.put(server, data)
        place = iqtest.temp_dir(self)
        key = os.path.join(place, "key")
        self.assertExit(iqtest.run([IQD, "backup-key", key]), 0)
        for args in (["run", "--listen", "127.0.0.1:0"], ["check"], ["compact"],
                     ["token", "create", "--principal", "admin"],
                     ["backup", os.path.join(place, "b"), "--key", key + ".pub"]):
            done = iqtest.run([IQD, *args, "--state", server.dir],
                              env=iqtest.clean_env(IQQ_LANG="en"))
            self.assertExit(done, 2, "later version", "Install that version again")
        done = iqtest.run([IQD, "doctor", "--state", server.dir, "--json"])
        self.assertEqual({i["check"]: i["result"] for i in done.json["items"]}["database"],
                         "problem")
        with open(path, "rb") as f:
            self.assertEqual(f.read(), data)
        shutil.rmtree(place)


if __name__ == "__main__":
    iqtest.main()
