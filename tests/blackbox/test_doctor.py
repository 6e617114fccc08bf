# SPDX-License-Identifier: Apache-2.0
"""iqd doctor, iqq doctor and iqd metrics: each finding can be brought about, and names its step."""

import os
import re
import stat

import iqtest
from iqtest import IQD

SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="[^"]*",?)*)\})? ([0-9.]+)$')


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
        lost = self.iqq("doctor", "--server", "127.0.0.1:1", "--json")
        self.assertEqual(lost.exit, 1)
        self.assertEqual({i["check"]: i["result"] for i in lost.json["items"]}["server"],
                         "problem")


class Metrics(iqtest.Case):
    def samples(self):
        done = iqd("metrics", "--state", self.server.dir)
        self.assertEqual(done.exit, 0, done)
        lines = done.out.splitlines()
        self.assertEqual(lines[-1], "# EOF")
        found = {}
        for line in lines[:-1]:
            if line.startswith("# TYPE ") or line.startswith("# HELP "):
                continue
            match = SAMPLE.match(line)
            self.assertIsNotNone(match, line)
            found[match.group(1), match.group(2) or ""] = float(match.group(3))
        return found, done.out

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
        with open(out, encoding="utf-8") as f:
            self.assertTrue(f.read().endswith("# EOF\n"))
        self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o644)
        self.server.kill()
        self.assertExit(iqd("metrics", "--state", self.server.dir), 3, "No server")
        self.server.start()  # over what the killed one left
        self.assertExit(iqd("metrics", "--state", self.server.dir), 0)
        self.server.stop()
        self.assertFalse(os.path.exists(path))
        self.server.start()


if __name__ == "__main__":
    iqtest.main()
