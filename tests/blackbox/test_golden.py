#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The views of Leipzig and Dresden, byte by byte as tests/golden has them (see its README)."""

import os

import iqtest

GOLDEN = os.path.join(iqtest.SOURCE, "tests", "golden")
AT = "2026-11-22"
COLUMNS = 100
# a change of the files is meant to be read: whoever renews them never sees this test pass
RENEW = os.environ.get("IQ_GOLDEN_RENEW") == "yes"

VIEWS = {
    "matrix-housing": ("matrix", "--task", "housing"),
    "matrix-language": ("matrix", "--task", "language"),
    "matrix-work": ("matrix", "--task", "work"),
    "gaps": ("gaps",),
    "gaps-near": ("gaps", "--near"),
    "overlaps": ("overlaps", "--parts"),
    "stakeholders": ("stakeholders",),
    "path-asylum-seeker": ("path", "--status", "asylum-seeker"),
    "path-to-work-permit": ("path", "--status", "asylum-seeker", "--to", "work-permit"),
}


def cases():
    """(name of the file, words of the command, terminal)"""
    for city in ("dresden", "leipzig"):
        for name, (view, *rest) in VIEWS.items():
            for lang in ("de", "en"):
                yield (f"{city}-{name}.{lang}.out",
                       (view, city, *rest, "--at", AT, "--lang", lang), True)
        yield f"{city}-matrix.csv", ("matrix", city, "--at", AT, "--csv"), False


class Golden(iqtest.Case):
    maxDiff = None

    def shown(self, words, terminal):
        if terminal:
            done = self.iqq.terminal("--no-pager", *words, columns=COLUMNS,
                                     env={"NO_COLOR": "1"})
        else:
            done = self.iqq(*words)
        self.assertExit(done, 0)
        # as in a transcript: the command, then everything it says
        return f"$ iqq {' '.join(words)}\n{done.out}{done.err}" if terminal else done.out

    def test_views(self):
        for name, words, terminal in cases():
            with self.subTest(name):
                now, path = self.shown(words, terminal), os.path.join(GOLDEN, name)
                before = ""
                if os.path.exists(path):
                    with open(path, encoding="utf-8", newline="") as f:
                        before = f.read()
                if RENEW and now != before:
                    with open(path, "w", encoding="utf-8", newline="") as f:
                        f.write(now)
                self.assertEqual(before, now)

    def test_nothing_else_lies_there(self):
        there = set(os.listdir(GOLDEN)) - {"README.md"}
        self.assertEqual(there, {name for name, *_ in cases()})

    def test_not_renewed(self):
        self.assertFalse(RENEW, "the files were renewed: read git diff, then run without "
                                "IQ_GOLDEN_RENEW")


if __name__ == "__main__":
    iqtest.main()
