# SPDX-License-Identifier: Apache-2.0
"""The rows of the table: what is to be reached, what was measured, and by how much."""
import json
import os
import platform
import time


class Row:
    """One thing to reach: value >= limit, or value <= limit. Without a limit only a figure."""

    def __init__(self, name, target, figure="", value=None, least=None, most=None, ratio="", why=""):
        self.name, self.target, self.figure, self.ratio, self.why = name, target, figure, ratio, why
        self.value, self.limit = value, least if least is not None else most
        self.reached = None
        if value is not None and self.limit is not None:
            self.reached = value >= least if least is not None else value <= most
            self.margin = abs(value / self.limit - 1) if self.limit else 0

    def verdict(self):
        if self.why:
            return "not measured: " + self.why
        if self.reached is None:
            return "measured"
        word = "reached" if self.reached else "missed"
        return "%s by %.0f %%" % (word, self.margin * 100)


class Table:
    HEAD = ("", "to reach", "figure", "ratio", "")

    def __init__(self):
        self.rows, self.data = [], {}

    def add(self, *args, **more):
        self.rows.append(Row(*args, **more))

    def lines(self):
        cells = [self.HEAD] + [(r.name, r.target, r.figure, r.ratio, r.verdict()) for r in self.rows]
        widths = [max(len(c[i]) for c in cells) for i in range(len(self.HEAD))]
        for c in cells:
            yield "  ".join(text.ljust(w) for text, w in zip(c, widths)).rstrip()

    def print(self):
        print("\n".join(self.lines()))
        judged = [r for r in self.rows if r.reached is not None]
        print("\n%d of %d reached, %d not measured" % (
            sum(r.reached for r in judged), len(judged), sum(bool(r.why) for r in self.rows)))

    def write(self, path, **about):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"about": {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                                 "kernel": platform.release(), "processor": processor(),
                                 "cores": len(os.sched_getaffinity(0)), **about},
                       "rows": [{"name": r.name, "target": r.target, "figure": r.figure,
                                 "ratio": r.ratio, "value": r.value, "limit": r.limit,
                                 "reached": r.reached, "verdict": r.verdict()} for r in self.rows],
                       "measured": self.data}, f, indent=1, ensure_ascii=False)
            f.write("\n")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        return next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")),
                    platform.machine())
