# SPDX-License-Identifier: Apache-2.0
"""Units that timers start: what systemd says of them, and what they run does what it should."""

import glob
import os
import re
import shlex
import shutil
import subprocess
import unittest

import iqtest
from iqtest import IQD

SYSTEMD = os.path.join(iqtest.SOURCE, "systemd")
NAMES = ("backup", "check", "metrics")
EXPOSURE = 2  # tenths, as iqd.service with its socket


def unit(name):
    """[(key, value)] of a unit's file."""
    with open(os.path.join(SYSTEMD, name), encoding="utf-8") as f:
        lines = [line.strip() for line in f]
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and line[0] != "#"]


class Timers(iqtest.Case):
    data = None

    def test_each_has_both(self):
        self.assertEqual(sorted(os.path.basename(p) for p in
                                glob.glob(os.path.join(SYSTEMD, "iqd-*.timer"))),
                         sorted(f"iqd-{n}.timer" for n in NAMES))
        for name in NAMES:
            service, timer = dict(unit(f"iqd-{name}.service")), dict(unit(f"iqd-{name}.timer"))
            self.assertEqual((service["Type"], service["User"]), ("oneshot", "iqd"))
            self.assertIn("OnCalendar", timer)
            self.assertEqual(timer["WantedBy"], "timers.target")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd here")
    def test_systemd(self):
        place = iqtest.temp_dir(self)
        for path in glob.glob(os.path.join(SYSTEMD, "iqd-*.service")) + \
                glob.glob(os.path.join(SYSTEMD, "iqd-*.timer")):
            with open(path, encoding="utf-8") as f:
                text = f.read().replace("/usr/sbin/iqd", IQD)
            with open(os.path.join(place, os.path.basename(path)), "w", encoding="utf-8") as f:
                f.write(text)
        units = sorted(glob.glob(os.path.join(place, "*")))
        self.assertEqual(len(units), 2 * len(NAMES))
        done = iqtest.run(["systemd-analyze", "verify", "--man=no", *units])
        self.assertEqual((done.exit, done.err), (0, ""), done)
        for name in NAMES:
            done = iqtest.run(["systemd-analyze", "security", "--offline=true",
                               f"--threshold={EXPOSURE}",
                               os.path.join(place, f"iqd-{name}.service")])
            self.assertEqual(done.exit, 0, done)
            when = dict(unit(f"iqd-{name}.timer"))["OnCalendar"]
            self.assertExit(iqtest.run(["systemd-analyze", "calendar", when]), 0)

    def commands(self, name, **where):
        """What the unit runs, with its directories elsewhere."""
        for key, value in unit(f"iqd-{name}.service"):
            if key not in ("ExecStart", "ExecStartPost"):
                continue
            words = [re.sub(r"\$\{(\w+)\}", lambda m: where[m.group(1)], w)
                     for w in shlex.split(value)]
            words = [w.replace("/var/backups/iqd", where["BACKUPS"])
                     .replace("/etc/iqd/backup.pub", where["KEY"]) for w in words]
            may_fail = words[0].startswith("-")
            words[0] = words[0].lstrip("-").replace("/usr/sbin/iqd", IQD)
            done = subprocess.run(words, env=iqtest.clean_env(), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertTrue(may_fail or done.returncode == 0, (words, done))

    def test_what_they_run(self):
        place = iqtest.temp_dir(self)
        key, backups = os.path.join(place, "key"), os.path.join(place, "backups")
        self.assertExit(iqtest.run([IQD, "backup-key", key]), 0)
        os.mkdir(backups)
        where = {"STATE_DIRECTORY": self.server.dir, "RUNTIME_DIRECTORY": place,
                 "BACKUPS": backups, "KEY": key + ".pub"}
        for name in NAMES:
            self.commands(name, **where)
        self.assertEqual(len(os.listdir(backups)), 1)
        self.assertTrue(os.path.exists(os.path.join(place, "iqd.prom")))


if __name__ == "__main__":
    iqtest.main()
