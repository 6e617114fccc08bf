# SPDX-License-Identifier: Apache-2.0
"""matrix, gaps, overlaps, stakeholders and path against naive readings, on random directories.

IQ_MODEL_ROUNDS=N asks N times as many; IQ_MODEL_SEED=S starts elsewhere (a failure names its seed).
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
import path_reference  # noqa: E402
import random_bundle  # noqa: E402
import reference  # noqa: E402
import views_reference  # noqa: E402

ROUNDS = int(os.environ.get("IQ_MODEL_ROUNDS", "1"))
SEED = int(os.environ.get("IQ_MODEL_SEED", "1"))
BUNDLES, QUESTIONS = 6, 8


class World(random_bundle.Bundle):
    """With regions and institutions of several kinds, and processes that cross."""

    def process(self):
        rng = self.rng
        for r in self.records["region"].values():
            if r["kind"] != "area":
                r["kind"] = rng.choice(["town", "town", "district", ""])
        for _ in range(2):
            self.put("kind", id=self.ids.make("k"), name_de="Art",
                     statutory=rng.choice(["", "yes", "no"]))
        for i in self.records["institution"].values():
            i["kind"] = rng.choice(self.keys("kind")[:4])
        for r in self.records["responsibility"].values():
            r["confirmed_on"] = rng.choice(["", "", "2026-01-31", "2025-06-01"])
        for process in range(rng.randint(1, 4)):
            for step in rng.sample(range(1, 9), rng.randint(1, 6)):
                self.step(f"p{process}", step)

    def step(self, process, step):
        rng = self.rng

        def kinds(least):
            return "|".join(rng.sample(self.keys("kind"), rng.randint(least, 2)))
        self.put("handover", id=f"{process}-{step}", process=process, step=str(step),
                 task=rng.choice(self.keys("task")),
                 statuses=random_bundle.random_set(rng, self.keys("status"), 2)
                 if rng.random() < 0.4 else "",
                 from_kinds=kinds(rng.choice([0, 1])), to_kinds=kinds(rng.choice([0, 1, 1])),
                 trigger_de="Auslöser", trigger_en=rng.choice(["", "Trigger"]),
                 documents=rng.choice(["", "Bescheid", "Antrag; Ausweis "]))

    def maybe(self, kind, share):
        return self.rng.choice(self.keys(kind)) if self.rng.random() < share else ""


# ---- answers in the form both are compared in ---------------------------------------------------

def groups(g):
    return {"statuses": g["statuses"], "all": g["all"],
            "shares": [(s["group"], s["whole"]) for s in g["shares"]]}


def matrix(m):
    return {
        "lines": [(x["task"], x["depth"], x["above"]) for x in m["lines"]],
        "columns": [(x["institution"], x["distance"]) for x in m["columns"]],
        "cells": [{
            "line": c["line"], "column": c["column"], "notices": c["notices"],
            "effect": c["effect"],
            "roles": [{**r, "groups": groups(r["groups"]), "sure": groups(r["sure"])}
                      for r in c["roles"]],
            "rows": [(r["responsibility"], r["role"], r["region"], r["distance"], r["condition"],
                      r["confirmed_on"]) for r in c["rows"]]} for c in m["cells"]]}


def gap(g):
    return {"task": g["task"], "region": g["region"], "missing": groups(g["missing"]),
            "marked": g["marked"], "peers": g["peers"], "peers_total": g["peers_total"],
            "near_misses": [(n["responsibility"], n["institution"], n["role"], n["because"])
                            for n in g["near_misses"]],
            "involved": [(n["responsibility"], n["institution"], n["role"])
                         for n in g["involved"]]}


def stakeholder(s):
    return {**s, "tasks": [(t["task"], t["roles"]) for t in s["tasks"]]}


def side(s):
    return {"kinds": s["kinds"], "source": s["source"],
            "parties": [(p["institution"], p["responsibility"], p["role"], p["certain"])
                        for p in s["parties"]]}


def step(s):
    return {**s, "from": side(s["from"]), "to": side(s["to"])}


# ---- the same through `iqq --json`: a set of everybody asked for is empty -----------------------

def few(g):
    return [] if g["all"] else g["statuses"]


def flags(q):
    return [a for k, v in q.items() if v for a in ["--" + k, *([] if v is True else [v])]]


def json_matrix(m):
    return [{"task": m["lines"][c["line"]][0], "institution": m["columns"][c["column"]][0],
             "roles": [(r["role"], few(r["groups"]), r["conditional"], r["part"])
                       for r in c["roles"]],
             "responsibilities": [r[0] for r in c["rows"]], "notices": c["notices"],
             "effect": c["effect"] or None} for c in m["cells"]]


class RandomDirectories(unittest.TestCase):
    maxDiff = 6000

    def test_random_directories(self):
        for n in range(BUNDLES * ROUNDS):
            with self.subTest(seed=SEED + n):
                self.one(SEED + n)

    def one(self, seed):
        world = World(seed)
        folder = os.path.join(iqtest.temp_dir(self), "bundle")
        reference.write_bundle(folder, world.records)
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        done = iqq("import", folder)
        self.assertEqual(done.exit, 0, f"seed {seed}: {done}")
        with iqq.connect() as raw:
            self.raw, self.world = raw, world
            for at in random_bundle.DAYS[1:4:2]:
                views = views_reference.Views(world.records, at)
                paths = path_reference.Paths(world.records, at)
                for _ in range(QUESTIONS):
                    self.ask(views, paths, at)
                self.through_client(iqq, views, paths, at)
        server.stop()

    def check(self, operation, question, got, want):
        """The first difference of two lists says more than all of both."""
        if got == want:
            return
        if isinstance(got, dict) and got.keys() == want.keys():
            for k in got:
                self.check(f"{operation} {k}", question, got[k], want[k])
        if isinstance(got, list) and len(got) == len(want):
            for x, y in zip(got, want):
                self.check(operation, question, x, y)
        self.assertEqual(got, want, f"{operation} {question}")

    def ask(self, views, paths, at):
        w = self.world
        q = {"region": w.rng.choice(w.keys("region")), "at": at}
        narrow = {k: v for k, v in (("task", w.maybe("task", 0.4)),
                                    ("status", w.maybe("status", 0.4))) if v}
        some = w.rng.random() < 0.5
        self.matrix(views, q, narrow, some)
        self.overlaps(views, q, narrow, some)
        self.gaps(views, q, narrow)
        self.stakeholders(views, q, some)
        self.path(paths, q, narrow.get("status", ""))

    def matrix(self, views, q, narrow, whole):
        m = self.raw.call("matrix", {**q, **narrow, "whole": whole})
        self.check("matrix", (q, narrow, whole), matrix(m),
                   views.matrix(q["region"], whole=whole, **narrow))
        self.assertEqual({**q, **narrow}, {k: m[k] for k in (*q, *narrow)})
        self.assertEqual([g["status"] for g in m["groups"]], [
            s for s in views.status_order if not views.records["status"][s]["parent"]
            and s in (views.line("status", narrow["status"]) if "status" in narrow else [s])])
        self.labels(views, m)

    def labels(self, views, m):
        """What is named is labelled, each once."""
        known = [(x["kind"], x["id"]) for x in m["labels"]]
        self.assertEqual(len(known), len(set(known)))
        used = {("region", m["region"]), *(("task", x["task"]) for x in m["lines"]),
                *(("institution", x["institution"]) for x in m["columns"])}
        self.assertEqual(used - set(known), set())
        for x in m["labels"]:
            if "=" not in x["id"]:
                self.assertEqual(x["name"], views.records[x["kind"]][x["id"]]["name_de"])

    def overlaps(self, views, q, narrow, parts):
        m = self.raw.call("overlaps", {**q, **narrow, "parts": parts})
        want = views.overlaps(q["region"], parts=parts, **narrow)
        self.check("overlaps", (q, narrow, parts),
                   [{**o, "groups": groups(o["groups"])} for o in m["overlaps"]], want)
        self.assertEqual(m["total"], len(want))
        few = self.raw.call("overlaps", {**q, **narrow, "parts": parts, "limit": 1})
        self.assertEqual((few["overlaps"], few["total"]), (m["overlaps"][:1], m["total"]))

    def gaps(self, views, q, narrow):
        kind = self.world.rng.choice(["", "", "town", "district"])
        near = self.world.rng.random() < 0.4
        question = {**q, **narrow, "near": near, "kind": kind}
        want, regions = views.gaps(q["region"], kind, near=near, **narrow)
        if kind and not regions:
            with self.assertRaises(iqtest.Refused) as refused:
                self.raw.call("gaps", question)
            self.assertEqual(refused.exception.code, "usage")
            return
        m = self.raw.call("gaps", question)
        self.check("gaps", question, [gap(g) for g in m["gaps"]], want)
        self.assertEqual((m["total"], m["regions"]), (len(want), regions), question)
        few = self.raw.call("gaps", {**question, "limit": 2})
        self.assertEqual((few["gaps"], few["total"]), (m["gaps"][:2], m["total"]))

    def stakeholders(self, views, q, whole):
        m = self.raw.call("stakeholders", {**q, "whole": whole})
        want, missing = views.stakeholders(q["region"], whole)
        self.check("stakeholders", (q, whole), [stakeholder(s) for s in m["stakeholders"]], want)
        self.check("stakeholders", (q, whole), m["missing"], missing)

    def path(self, paths, q, status):
        w = self.world
        m = self.raw.call("path", {**q, "status": status})
        want = paths.steps(q["region"], status)
        self.check("path", (q, status), [step(s) for s in m["steps"]], want)
        self.assertEqual((m["state"], m["chains"]), ("", []))
        hands, edges = paths.graph(want)
        self.check("path", (q, status), [(h["institution"], h["kind"], h["gives"], h["takes"])
                                         for h in m["hands"]], hands)
        self.check("path", (q, status), [(e["from"], e["to"], e["steps"]) for e in m["edges"]],
                   edges)
        from_, to = w.maybe("task", 0.6), w.rng.choice(w.keys("task"))
        m = self.raw.call("path", {**q, "status": status, "from": from_, "to": to,
                                   "limit": 1000})
        state, chains = paths.chains(want, from_, to)
        self.check("path", (q, status, from_, to),
                   (m["state"], [c["steps"] for c in m["chains"]], m["chains_total"]),
                   (state, chains, len(chains)))

    def through_client(self, iqq, views, paths, at):
        q = {"region": self.world.rng.choice(self.world.keys("region")), "at": at}
        narrow = {"task": self.world.maybe("task", 0.3), "status": self.world.maybe("status", 0.3)}
        got = iqq.json("matrix", *flags({**q, **narrow}))
        self.check("iqq matrix", q, [
            {**x, "roles": [(r["role"], r["statuses"], r["conditional"], r["part"])
                            for r in x["roles"]]} for x in got["items"]],
            json_matrix(views.matrix(q["region"], **narrow)))
        got = iqq.json("gaps", "--all", *flags({**q, **narrow}))
        want, _ = views.gaps(q["region"], **narrow)
        self.check("iqq gaps", q, [(x["task"], x["region"], x["statuses"], x["marked"], x["peers"],
                                    x["peers_total"]) for x in got["items"]],
                   [(g["task"], g["region"], few(g["missing"]), g["marked"], g["peers"],
                     g["peers_total"]) for g in want])
        self.assertEqual(got["total"], len(want))
        got = iqq.json("overlaps", "--all", *flags({**q, **narrow, "parts": True}))
        want = views.overlaps(q["region"], parts=True, **narrow)
        keys = ("task", "region", "first", "second", "first_rows", "second_rows")
        self.check("iqq overlaps", q, [[*(x[k] for k in keys), x["statuses"]]
                                       for x in got["items"]],
                   [[*(o[k] for k in keys), few(o["groups"])] for o in want])
        got = iqq.json("stakeholders", *flags(q))
        want, missing = views.stakeholders(q["region"])
        self.check("iqq stakeholders", q,
                   [(x["institution"], x["kind"], x["statutory"], x["seat"])
                    for x in got["items"]],
                   [(x["institution"], x["kind"], x["statutory"], x["seat"]) for x in want]
                   + [(None, kind, True, False) for kind in missing])
        got = iqq.json("path", *flags({**q, "status": narrow["status"]}))
        self.check("iqq path", q, [
            (x["handover"], x["outcome"], *(
                (x[k]["kinds"], x[k]["source"], [p["responsibility"]
                                                 for p in x[k]["institutions"]])
                for k in ("from", "to"))) for x in got["items"]],
            [(x["handover"], x["outcome"], *(
                (x[k]["kinds"], x[k]["source"], [p[1] for p in x[k]["parties"]])
                for k in ("from", "to"))) for x in paths.steps(q["region"], narrow["status"])])


if __name__ == "__main__":
    iqtest.main()
