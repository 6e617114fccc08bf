# SPDX-License-Identifier: Apache-2.0
"""iqd doctor, iqq doctor and iqd metrics: each finding can be brought about, and names its step."""

import os
import re
import resource
import signal
import stat
import threading
import time
import unittest

import iqtest
import openmetrics
from iqtest import IQD

CLOCK_LIB = os.path.join(iqtest.BUILD, "tests", "model", "clock_shift.so")
PROM = re.compile(r'^[a-z_]+(?:\{(?:[a-z_]+="[^"]*",?)*\})? [0-9.]+$')
DAY = 86400
# what an operator needs (docs/runbook.md); requests and their times come with the first request
FAMILIES = """iqd_build iqd_start_time_seconds iqd_requests iqd_request_seconds iqd_connections
    iqd_watchers iqd_peers_refused iqd_writer_queue iqd_writer_busy_seconds iqd_writer_batch
    iqd_writer_commit_seconds iqd_lane_queue iqd_revision iqd_records iqd_database_bytes
    iqd_database_used_bytes iqd_database_free_bytes iqd_database_map_bytes iqd_database_readers
    iqd_database_reader_lag iqd_audit_events iqd_audit_entry iqd_audit_backlog iqd_audit_writable
    iqd_audit_age_seconds iqd_audit_sync_seconds iqd_backup_time_seconds
    iqd_certificate_end_seconds iqd_memory_resident_bytes iqd_memory_anonymous_bytes""".split()
# of these, values come from lists in the source; anything else would be data
LABELS = {"operation", "result", "le", "kind", "event", "reason", "certificate", "version"}


def iqd(*args, **env):
    return iqtest.run([IQD, *args], env=iqtest.clean_env(**{"IQQ_LANG": "en", **env}))


class Doctor(iqtest.Case):
    def checks(self, status=0):
        done = iqd("doctor", "--state", self.server.dir, "--json")
        self.assertEqual(done.exit, status, done)
        self.assertEqual(done.json["total"], len(done.json["items"]))
        for item in done.json["items"]:
            self.assertEqual(item["next"] == "", item["result"] == "ok", item)
        return {item["check"]: item["result"] for item in done.json["items"]}

    def test_daemon(self):
        found = self.checks()
        self.assertEqual(found.pop("backup"), "warning")  # none was made yet
        self.assertEqual(set(found.values()), {"ok"}, found)
        place = iqtest.temp_dir(self)
        key = os.path.join(place, "key")
        self.assertExit(iqd("backup-key", key), 0)
        self.assertExit(iqd("backup", "--state", self.server.dir, os.path.join(place, "b"),
                            "--key", key + ".pub"), 0)
        self.assertEqual(self.checks()["backup"], "ok")
        last = os.path.join(self.server.dir, "last-backup")
        for us, status, result in ((1, 1, "problem"), (0, 0, "warning")):
            with open(last, "w", encoding="ascii") as f:
                f.write(f"{us} 1 1\n")
            os.chmod(last, 0o600)
            self.assertEqual(self.checks(status)["backup"], result)
        os.remove(last)

        conf = os.path.join(self.server.dir, "iqd.conf")
        with open(conf, encoding="utf-8") as f:
            good = f.read()
        with open(conf, "a", encoding="utf-8") as f:
            f.write("nonsense = 1\n")
        self.assertEqual(self.checks(1)["configuration"], "problem")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(good)
        os.chmod(conf, 0o644)
        self.assertEqual(self.checks(1)["permissions"], "problem")
        os.chmod(conf, 0o600)
        ca_key = os.path.join(self.server.dir, "ca.key")
        os.rename(ca_key, os.path.join(place, "ca.key"))
        self.assertEqual(self.checks()["authority-key"], "warning")
        os.rename(os.path.join(place, "ca.key"), ca_key)

        text = iqd("doctor", "--state", self.server.dir, IQQ_LANG="de")
        self.assertExit(text, 0, "in Ordnung", "Warnung", "Sicherung")
        self.server.stop()
        try:
            self.assertEqual(self.checks()["server"], "warning")
            log = os.path.join(self.server.dir, "audit", sorted(
                n for n in os.listdir(os.path.join(self.server.dir, "audit"))
                if n.endswith(".log"))[0])
            with open(log, "rb") as f:
                whole = f.read()
            with open(log, "wb") as f:
                f.write(whole.replace(b"\tadmin\t", b"\tnobod\t", 1))
            self.assertEqual(self.checks(1)["audit"], "problem")
            with open(log, "wb") as f:
                f.write(whole)
        finally:
            self.server.start()

    def finding(self, name, where=None, before=(), **env):
        done = iqtest.run([*before, IQD, "doctor", "--state", where or self.server.dir, "--json"],
                          env=iqtest.clean_env(IQQ_LANG="en", **env))
        item, = [i for i in done.json["items"] if i["check"] == name]
        return item["result"], item["text"] + " " + item["next"]

    def shifted(self, name, days):
        return self.finding(name, LD_PRELOAD=CLOCK_LIB, IQ_CLOCK_SHIFT=str(days * DAY))

    def test_what_goes_wrong(self):
        """What an operator meets: each has its line and its step."""
        with self.subTest("no directory"):
            result, text = self.finding("directory", "/nonexistent/state")
            self.assertEqual(result, "problem")
            self.assertIn("iqd init", text)
        with self.subTest("a clock that is slow"):
            result, text = self.shifted("clock", -400)
            self.assertEqual(result, "problem")
            self.assertIn("NTP", text)
        with self.subTest("certificates"):
            self.assertEqual(self.shifted("server-certificate", 700)[0], "ok")
            self.assertEqual(self.shifted("server-certificate", 800)[0], "warning")
            result, text = self.shifted("server-certificate", 900)
            self.assertEqual(result, "problem")
            self.assertIn("Start the server again", text)
            result, text = self.shifted("authority", 4000)
            self.assertEqual(result, "problem")
            self.assertIn("iqd ca rotate", text)
        with self.subTest("a backup of three days ago"):
            last = os.path.join(self.server.dir, "last-backup")
            with open(last, "w", encoding="ascii") as f:
                f.write(f"{int((time.time() - 3 * DAY) * 1e6)} 1 1\n")
            os.chmod(last, 0o600)
            self.assertEqual(self.finding("backup")[0], "warning")
            os.remove(last)
        with self.subTest("dates as the language writes them"):
            done = iqd("doctor", "--state", self.server.dir, IQQ_LANG="de")
            self.assertRegex(done.out, r"Heute ist der \d\d\.\d\d\.\d{4}")
        with self.subTest("it holds the directory and does not answer"):
            os.kill(self.server.pid, signal.SIGSTOP)
            try:
                result, text = self.finding("server")
            finally:
                os.kill(self.server.pid, signal.SIGCONT)
            self.assertEqual(result, "warning")
            self.assertIn("journalctl -u iqd", text)
        with self.subTest("the audit log cannot be written"):
            _, most = resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (4096, most))
            try:
                result, text = iqtest.wait_for(self.full, "a log that is full")
            finally:
                resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (most, most))
            self.assertIn("Free space", text)
            iqtest.wait_for(lambda: self.finding("server")[0] == "ok", "room")
            if os.path.exists(last):
                os.remove(last)

    def full(self):
        """Each backup is an entry of the log."""
        place = iqtest.temp_dir(self)
        key = os.path.join(place, "key")
        self.assertExit(iqd("backup-key", key), 0)
        iqd("backup", "--state", self.server.dir, place, "--key", key + ".pub")
        found = self.finding("server")
        return found if found[0] == "problem" else None

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_of_somebody_else(self):
        """root leaves nothing behind that the server could not use."""
        server = iqtest.Server(self)
        os.chown(server.dir, 12345, -1)
        result, text = self.finding("directory", server.dir)
        self.assertEqual(result, "problem")
        self.assertIn("runuser -u 12345", text)
        for args in (["check"], ["run"], ["compact"], ["token", "create", "--principal", "admin"]):
            self.assertExit(iqd(*args, "--state", server.dir), 2, "runuser -u #12345")
        os.chown(server.dir, 0, -1)
        self.assertExit(iqd("check", "--state", server.dir), 0)

    def test_client(self):
        self.assertExit(self.iqq("status"), 0)
        found = self.iqq.json("doctor")
        self.assertEqual({i["result"] for i in found["items"]}, {"ok"}, found)
        self.assertEqual([i["check"] for i in found["items"]],
                         ["profile", "key", "certificate", "server", "clock", "version",
                          "vocabulary"])
        self.assertExit(self.iqq("diagnose", env={"IQQ_LANG": "de"}), 0, "Zertifikat")
        nobody = iqtest.Client(self.server, self, enroll=False)
        self.assertExit(nobody("doctor"), 1, "not enrolled")
        key = self.iqq.files()[0]
        os.chmod(key, 0o644)
        self.assertExit(self.iqq("doctor"), 1, "chmod 600")
        os.chmod(key, 0o600)
        for days, name in ((365, "certificate"), (-1, "server")):
            late = self.iqq("doctor", "--json", env={"LD_PRELOAD": CLOCK_LIB,
                                                     "IQ_CLOCK_SHIFT": str((days + 2) * DAY)
                                                     if days > 0 else str(-400 * DAY)})
            found = {i["check"]: i for i in late.json["items"]}
            self.assertEqual(found[name]["result"], "problem", late)
            self.assertNotEqual(found[name]["next"], "")
        lost = self.iqq("doctor", "--server", "127.0.0.1:1", "--json")
        self.assertEqual(lost.exit, 1)
        self.assertEqual({i["check"]: i["result"] for i in lost.json["items"]}["server"],
                         "problem")


class Metrics(iqtest.Case):
    def families(self):
        done = iqd("metrics", "--state", self.server.dir)
        self.assertEqual(done.exit, 0, done)
        return openmetrics.read(done.out), done.out

    def samples(self):
        families, text = self.families()
        return {(name, ",".join(f'{k}="{v}"' for k, v in labels)): value
                for f in families.values() for (name, labels), value in f.samples.items()}, text

    def test_complete(self):
        self.assertExit(self.iqq("status"), 0)
        families, _ = self.families()
        self.assertEqual(sorted(families), sorted(FAMILIES))
        for f in families.values():
            for name, labels in f.samples:
                self.assertLessEqual(set(dict(labels)), LABELS, name)
        one = {name: f.samples.get((name, ())) for name, f in families.items()}
        now = time.time()
        ends = families["iqd_certificate_end_seconds"].samples
        self.assertEqual({dict(labels)["certificate"] for _, labels in ends},
                         {"server", "authority"})
        for end in ends.values():
            self.assertGreater(end, now + 300 * DAY)
        self.assertLessEqual(one["iqd_database_free_bytes"], one["iqd_database_used_bytes"])
        anonymous, resident = self.server.memory()
        self.assertGreater(one["iqd_memory_resident_bytes"], resident * 1024 / 2)
        self.assertGreater(one["iqd_memory_anonymous_bytes"], anonymous * 1024 / 2)
        self.assertEqual(one["iqd_audit_writable"], 1)
        self.assertEqual(one["iqd_backup_time_seconds"], 0)
        self.assertLess(one["iqd_start_time_seconds"], now)

    def test_no_data_in_labels(self):
        """Whatever is in the directory, and whoever asks: the text has no word of it."""
        secret = "geheimnis-17"
        institution = self.iqq.json("list", "institution")["items"][0]["id"]
        with self.iqq.connect() as raw:
            raw.write("ADD", "kind", secret, {"name_de": "Erika Mustermann"})
            raw.write("ADD", "contact", secret + "-p", {"name": "Erika Mustermann",
                                                        "phone": "030 23125 117",
                                                        "institution": institution})
            for what in (secret, "erika@example.org"):
                try:
                    raw.who({"task": what, "region": "dresden"})
                except iqtest.Refused:
                    pass
            try:
                raw.call("get", {"kind": "contact", "id": secret + "-p", "reason": "correction"})
            except iqtest.Refused:
                pass
        _, text = self.samples()
        for word in (secret, "Erika", "Mustermann", "23125", "example.org", "127.0.0.1",
                     "localhost", self.server.dir):
            self.assertNotIn(word, text)

    def test_refused_and_waiting(self):
        def value(name, labels=""):
            return self.samples()[0][name, labels]
        before = value("iqd_peers_refused_total", 'reason="handshake"')
        with iqtest.socket.create_connection(("127.0.0.1", self.server.port)) as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            s.settimeout(iqtest.DEADLINE)
            try:
                while s.recv(4096):
                    pass
            except ConnectionResetError:
                pass
        iqtest.wait_for(lambda: value("iqd_peers_refused_total", 'reason="handshake"') ==
                        before + 1, "the refusal")
        with self.iqq.connect() as raw:
            m = raw.call("changes", {})
            while m["more"]:
                m = raw.call("changes", {"cookie": m["cookie"]})
            raw.send("changes", {"cookie": m["cookie"], "wait_ms": 50000})
            iqtest.wait_for(lambda: value("iqd_watchers") == 1, "the watcher")
            commits = value("iqd_writer_commit_seconds_count")
            with self.iqq.connect() as other:
                other.write("ADD", "kind", "wacht", {"name_de": "Wacht"})
            raw.result("changes")
        self.assertGreater(value("iqd_writer_commit_seconds_count"), commits)
        self.assertGreater(value("iqd_audit_sync_seconds_count"), 0)
        self.assertEqual(value("iqd_watchers"), 0)

    def test_figures(self):
        before, _ = self.samples()
        with self.iqq.connect() as raw:
            for _ in range(7):
                raw.who({"task": "integration-course", "region": "dresden"})
            raw.write("ADD", "kind", "zaehlung", {"name_de": "Zählung"})
            with self.assertRaises(iqtest.Refused):
                raw.call("get", {"kind": "kind", "id": "keine"})
            after, text = self.samples()
            self.assertEqual(after["iqd_connections", ""], 1)

        def more(name, labels=""):
            return after.get((name, labels), 0) - before.get((name, labels), 0)

        self.assertEqual(more("iqd_requests_total", 'operation="who",result="ok"'), 7)
        self.assertEqual(more("iqd_requests_total", 'operation="write",result="ok"'), 1)
        self.assertEqual(more("iqd_requests_total", 'operation="get",result="not-found"'), 1)
        self.assertEqual(more("iqd_request_seconds_count", 'operation="who"'), 7)
        self.assertEqual(more("iqd_request_seconds_bucket", 'operation="who",le="+Inf"'), 7)
        self.assertGreater(more("iqd_request_seconds_sum", 'operation="write"'), 0)
        self.assertLess(more("iqd_request_seconds_sum", 'operation="write"'), 60)
        self.assertEqual(more("iqd_revision"), 1)
        self.assertEqual(more("iqd_records", 'kind="kind"'), 1)
        self.assertEqual(more("iqd_audit_events_total", 'event="written"'), 1)
        # buckets only grow
        last = 0
        for (name, labels), value in after.items():
            if name == "iqd_request_seconds_bucket" and 'operation="who"' in labels:
                self.assertGreaterEqual(value, last)
                last = value
        # nothing about persons or what was asked; not even how many contacts there are
        for word in ("contact", "admin", "zaehlung", "dresden", "integration", "127.0.0.1"):
            self.assertNotIn(f'="{word}', text)
        self.assertNotIn("Zählung", text)

    def test_where(self):
        path = os.path.join(self.server.dir, "metrics.sock")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        out = os.path.join(iqtest.temp_dir(self), "iqd.prom")
        self.assertExit(iqd("metrics", "--state", self.server.dir, out), 0)
        self.prometheus(out)
        self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o644)
        self.assertEqual(os.listdir(os.path.dirname(out)), ["iqd.prom"])
        self.server.kill()
        self.assertExit(iqd("metrics", "--state", self.server.dir), 3, "No server")
        self.assertExit(iqd("metrics", "--state", self.server.dir, out), 3, "No server")
        with open(out, encoding="utf-8") as f:
            self.assertEqual([n for n in f if n[0] != "#"], ["iqd_up 0\n"])
        self.server.start()  # over what the killed one left
        self.assertExit(iqd("metrics", "--state", self.server.dir), 0)
        self.server.stop()
        self.assertFalse(os.path.exists(path))
        self.server.start()

    def prometheus(self, path):
        """Prometheus' text format 0.0.4, as node_exporter reads it from files."""
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        self.assertIn("iqd_up 1", lines)
        types, samples = {}, set()
        for line in lines:
            words = line.split(" ", 3)
            if line.startswith("# TYPE "):
                self.assertNotIn(words[2], types)
                types[words[2]] = words[3]
                self.assertIn(words[3], ("counter", "gauge", "histogram"))
            elif line.startswith("#"):
                self.assertEqual(words[1], "HELP", line)
                self.assertIn(words[2], types)
            else:
                self.assertRegex(line, PROM)
                samples.add(re.split("[ {]", line)[0])
        for name in samples:
            base = re.sub("_(bucket|count|sum)$", "", name)
            self.assertTrue(name in types or types.get(base) == "histogram", name)
        for name, type_ in types.items():
            self.assertEqual(type_ == "counter", name.endswith("_total"), name)

    def test_replaced_whole(self):
        """Whoever reads the file never sees a part of it."""
        out = os.path.join(iqtest.temp_dir(self), "iqd.prom")
        self.assertExit(iqd("metrics", "--state", self.server.dir, out), 0)
        stop, wrong, seen = threading.Event(), [], [0]

        def read():
            while not stop.is_set():
                with open(out, encoding="utf-8") as f:
                    text = f.read()
                seen[0] += 1
                if not text.startswith("# TYPE iqd_up") or "iqd_memory_anonymous_bytes" not in text:
                    wrong.append(text)

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(20):
            self.assertExit(iqd("metrics", "--state", self.server.dir, out), 0)
        stop.set()
        reader.join(iqtest.DEADLINE)
        self.assertEqual(wrong, [])
        self.assertGreater(seen[0], 0)


if __name__ == "__main__":
    iqtest.main()
