# SPDX-License-Identifier: Apache-2.0
"""What the runbook says exists: each command with its options, each figure, each unit, each file."""

import os
import re
import shlex
import subprocess
import unittest

import iqtest
from iqtest import IQD, IQQ

RUNBOOK = os.path.join(iqtest.SOURCE, "docs", "runbook.md")
MANUAL = os.path.join(iqtest.SOURCE, "docs", "man", "iqd.8.scd")


def say(*args):
    done = subprocess.run(args, env=iqtest.clean_env(IQQ_LANG="en", HOME="/nonexistent"),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.stdout.decode()


def text():
    with open(RUNBOOK, encoding="utf-8") as f:
        return f.read()


def commands():
    """Every command of iqd and iqq in code: [(program, words)]."""
    whole = text()
    code = re.findall(r"```\n?(.*?)```", whole, re.S)
    code += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"```.*?```", "", whole, flags=re.S))
    for piece in code:
        for line in piece.splitlines():
            line = re.sub(r"^\s*runuser -u iqd -- ", "", line).strip()
            match = re.match(r"(iqd|iqq) (?!…)", line)
            if match is None:
                continue
            line = line.split(" | ")[0]
            yield match.group(1), shlex.split(line.replace("'umask", "umask"))[1:]


def usages():
    """{subcommand of iqd: its usage}."""
    lines = say(IQD, "help").splitlines()
    return {line.split()[1]: line for line in lines if line.startswith("  iqd ")}


class Runbook(unittest.TestCase):
    def test_commands(self):
        known, help_of, seen = usages(), {}, 0
        for program, words in commands():
            with self.subTest(f"{program} {' '.join(words)}"):
                seen += 1
                name = words[0]
                if program == "iqd":
                    self.assertIn(name, known)
                    usage = known[name]
                else:
                    if name not in help_of:
                        help_of[name] = say(IQQ, name, "--help")
                    usage = help_of[name]
                    self.assertTrue(usage.startswith(f"iqq {name}"), usage[:200])
                for word in words[1:]:
                    if word.startswith("--"):
                        self.assertIn(word.split("=")[0], usage)
                # words that stand in the usage as they are: iqd ca show, iqq token create
                sub = words[1] if len(words) > 1 else ""
                if name in ("ca", "config", "token", "principal", "sync") and sub.isalpha() and \
                        sub.islower():
                    self.assertIn(sub, usage)
        self.assertGreater(seen, 40)

    def test_figures(self):
        server = iqtest.Server(self).start()
        place = iqtest.temp_dir(self)
        client = iqtest.Client(server, self)
        client("whoami")
        out = os.path.join(place, "iqd.prom")
        self.assertEqual(iqtest.run([IQD, "metrics", "--state", server.dir, out]).exit, 0)
        with open(out, encoding="utf-8") as f:
            there = set(re.findall(r"^# TYPE (\w+)", f.read(), re.M))
        server.stop()
        named = set(re.findall(r"`(iqd_[a-z_]+)", text()))
        self.assertEqual(named - there, set())
        self.assertEqual(there - named, set(), "figures that the runbook does not explain")

    def test_units(self):
        folder = os.path.join(iqtest.SOURCE, "systemd")
        there = {n.removesuffix(".in") for n in os.listdir(folder)}
        for unit in set(re.findall(r"\biqd(?:-\w+)?\.(?:service|socket|timer)\b", text())):
            self.assertIn(unit, there)
        for conf in re.findall(r"systemd-tmpfiles --create (.*)", text())[0].split():
            self.assertIn(conf.replace(".conf", ".tmpfiles"), there)

    def test_sections(self):
        """Links within the page lead somewhere."""
        anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
                   for title in re.findall(r"^#+ (.*)", text(), re.M)}
        for link in re.findall(r"\]\(#([^)]*)\)", text()):
            self.assertIn(link, anchors)

    def test_manual(self):
        """iqd(8) names every subcommand with each of its options."""
        with open(MANUAL, encoding="utf-8") as f:
            manual = f.read()
        for name, usage in usages().items():
            with self.subTest(name):
                self.assertTrue(f"*iqd* {name}" in manual or f"*{name}" in manual or
                                name == "help", name)
                for option in re.findall(r"--[a-z-]+", usage):
                    self.assertIn(option, manual)


if __name__ == "__main__":
    iqtest.main()
