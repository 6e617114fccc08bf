# SPDX-License-Identifier: Apache-2.0
"""A strict reader of OpenMetrics text 1.0: whatever it does not allow is an error."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.+)\}})? ([0-9]+(?:\.[0-9]+)?)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,(?!$)|$)')
ENDS = {"counter": ("_total",), "gauge": ("",), "info": ("_info",),
        "histogram": ("_bucket", "_count", "_sum")}
UNITS = ("seconds", "bytes")


class Wrong(Exception):
    pass


class Family:
    def __init__(self, name):
        self.name, self.type, self.meta, self.samples = name, None, {}, {}


def need(condition, why):
    if not condition:
        raise Wrong(why)


def labels_of(text):
    found, at = {}, 0
    while text and at < len(text):
        match = LABEL.match(text, at)
        need(match, f"labels {text!r}")
        need(match.group(1) not in found, f"label twice in {text!r}")
        found[match.group(1)] = match.group(2)
        at = match.end()
    return found


def check_histogram(f):
    series = {}
    for (name, labels), value in f.samples.items():
        rest = tuple(kv for kv in labels if kv[0] != "le")
        series.setdefault(rest, {}).setdefault(name[len(f.name):], []).append(
            (dict(labels).get("le"), value))
    for rest, parts in series.items():
        need(set(parts) == {"_bucket", "_count", "_sum"}, f"{f.name}{rest}: {sorted(parts)}")
        buckets = parts["_bucket"]
        need(buckets[-1][0] == "+Inf", f"{f.name}: last bucket {buckets[-1]}")
        ends = [float(le) for le, _ in buckets]
        counts = [n for _, n in buckets]
        need(all("." in le for le, _ in buckets[:-1]), f"{f.name}: ends are no floats")
        need(ends == sorted(set(ends)), f"{f.name}: ends {ends}")
        need(counts == sorted(counts), f"{f.name}: counts {counts}")
        need(counts[-1] == parts["_count"][0][1], f"{f.name}: count")


def read(text):
    """{family name: Family}; samples: {(name, ((label, value), …)): number}, in their order."""
    need(text.endswith("# EOF\n"), "the end is missing")
    families, now = {}, None
    lines = text.split("\n")
    need(lines[-1] == "" and lines.count("# EOF") == 1, "the end is not at the end")
    for line in lines[:-2]:
        match = META.fullmatch(line)
        if match:
            what, name, value = match.groups()
            if now is None or now.name != name:
                need(name not in families, f"family {name} twice")
                need(what == "TYPE", f"{name} begins with {what}")
                now = families[name] = Family(name)
            need(not now.samples, f"{line!r} behind samples")
            need(what not in now.meta, f"{what} of {name} twice")
            now.meta[what] = value
            if what == "TYPE":
                need(value in ENDS, f"type {value!r}")
                now.type = value
                need(not name.endswith(("_total", "_info", "_bucket", "_count", "_sum")), name)
            if what == "UNIT":
                need(name.endswith("_" + value), f"{name} is not in {value}")
            continue
        match = SAMPLE.fullmatch(line)
        need(match and now is not None, f"line {line!r}")
        name, labels, value = match.groups()
        need(name in [now.name + end for end in ENDS[now.type]], f"{name} within {now.name}")
        key = name, tuple(labels_of(labels or "").items())
        need(key not in now.samples, f"{key} twice")
        need(now.type != "info" or value == "1", f"info {line!r}")
        need(now.type != "histogram" or name.endswith("_sum") or value.isdigit(), line)
        now.samples[key] = float(value)
    for f in families.values():
        need("HELP" in f.meta, f"{f.name} has no help")
        for unit in UNITS:
            need(not f.name.endswith("_" + unit) or f.meta.get("UNIT") == unit,
                 f"{f.name} has no unit")
        if f.type == "histogram":
            check_histogram(f)
    return families
