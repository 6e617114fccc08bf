# SPDX-License-Identifier: Apache-2.0
"""The daemon's answers against the naive reference: acceptance questions and random bundles.

IQ_MODEL_ROUNDS=N asks N times as much; IQ_MODEL_SEED=S starts elsewhere (a failure names its seed).
"""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
import random_bundle  # noqa: E402
import reference  # noqa: E402
from test_reference import acceptance, check_expected  # noqa: E402

ROUNDS = int(os.environ.get("IQ_MODEL_ROUNDS", "1"))
SEED = int(os.environ.get("IQ_MODEL_SEED", "1"))
BUNDLES, QUESTIONS = 10, 350


def expected(answer):
    """A reference answer in the form both are compared in."""
    return {
        "outcome": answer["outcome"], "total": answer["total"], "truncated": answer["truncated"],
        "notices": [(n["id"], n["certain"], n["depends_on"]) for n in answer["notices"]],
        "answers": [(r["responsibility"], r["group"], r["primary"], r["certain"], r["depends_on"],
                     r["role"], r["institution"], r["task_distance"], r["region_distance"])
                    for r in answer["answers"]],
        "near_misses": [(r["responsibility"], r["institution"], r["because"])
                        for r in answer["near_misses"]],
    }


def from_protocol(m):
    return {
        "outcome": m["outcome"], "total": m["total"], "truncated": m["truncated"],
        "notices": [(n["notice"]["id"], n["certain"], n["depends_on"]) for n in m["notices"]],
        "answers": [(a["responsibility"]["id"], a["group"], a["primary"], a["certain"],
                     a["depends_on"], a["responsibility"]["role"], a["institution"]["id"],
                     a["task_distance"], a["region_distance"]) for a in m["answers"]],
        "near_misses": [(n["responsibility"], n["institution"], n["because"])
                        for n in m["near_misses"]],
    }


def from_json(m):
    """`who --json` has no distances."""
    return {
        "outcome": m["outcome"], "total": m["total"], "truncated": m["truncated"],
        "notices": [(n["id"], n["certainty"] == "certain") for n in m["notices"]],
        "answers": [(a["responsibility"], a["group"], a["primary"], a["certainty"] == "certain",
                     a["depends_on"], a["role"], a["institution"]["id"]) for a in m["answers"]],
        "near_misses": [(n["responsibility"], n["institution"], n["because"])
                        for n in m.get("near_misses", [])],
    }


def without_distances(answer):
    return {**answer, "notices": [n[:2] for n in answer["notices"]],
            "answers": [a[:7] for a in answer["answers"]]}


def arguments(q):
    """The question as flags of `iqq who`."""
    args = []
    for name in ("task", "region", "status", "at"):
        if q.get(name):
            args += ["--" + name, q[name]]
    for fact, value in q.get("facts", {}).items():
        args += ["--fact", f"{fact}={value}"]
    for role in q.get("roles") or []:
        args += ["--role", role]
    for name in ("certain", "no_subtasks", "all", "explain"):
        if q.get(name):
            args.append("--" + name.replace("_", "-"))
    if q.get("limit"):
        args += ["--limit", str(q["limit"])]
    return args


def check_contacts(test, ref, q, m):
    """Public contacts that are valid on the day are shown; the others at most as withheld."""
    for a in m["answers"]:
        row = ref.records["responsibility"][a["responsibility"]["id"]]
        valid = [ref.records["contact"][c] for c in row["contacts"]]
        valid = [c for c in valid if (not c["valid_from"] or c["valid_from"] <= q["at"])
                 and (not c["valid_to"] or c["valid_to"] >= q["at"])]
        test.assertEqual(sorted(c["id"] for c in a["contacts"]),
                         sorted(c["id"] for c in valid if c["visibility"] == "public"), row["id"])
        test.assertEqual(sorted(w["visibility"] for w in a["withheld"]),
                         sorted(c["visibility"] for c in valid if c["visibility"] != "public"),
                         row["id"])


def reachable(ref, institution):
    """(phone, email, via): the nearest institution upwards that has either."""
    for id_ in ref.line("institution", institution):
        record = ref.records["institution"][id_]
        if record["phone"] or record["email"]:
            return record["phone"], record["email"], "" if id_ == institution else id_
    return "", "", ""


class Acceptance(iqtest.Case):
    def test_expected_answers_and_reference_agree(self):
        ref = reference.Reference(reference.read_bundle(iqtest.SAXONY))
        asked = 0
        with self.iqq.connect() as raw:
            for row, q in acceptance():
                with self.subTest(row["id"]):
                    q["all"] = True
                    m = raw.who(q)
                    check_expected(self, row, [
                        {"group": a["group"], "primary": a["primary"],
                         "institution": a["institution"]["id"],
                         "role": a["responsibility"]["role"]} for a in m["answers"]])
                    self.assertEqual(from_protocol(m), expected(ref.who(q)))
                    check_contacts(self, ref, q, m)
                asked += 1
        self.assertEqual(asked, 35)

    def test_through_the_client(self):
        ref = reference.Reference(reference.read_bundle(iqtest.SAXONY))
        for row, q in list(acceptance())[::4]:
            with self.subTest(row["id"]):
                m = self.iqq.json("who", *arguments(q))
                self.assertEqual(from_json(m), without_distances(expected(ref.who(q))))

    def test_every_task_and_status_of_a_town(self):
        records = reference.read_bundle(iqtest.SAXONY)
        ref = reference.Reference(records)
        towns = ["dresden", "lk-goerlitz", "weisswasser-o-l", "de", ""]
        with self.iqq.connect() as raw:
            for i, task in enumerate(sorted(records["task"])):
                for j, status in enumerate([""] + sorted(records["status"])[i % 7::7]):
                    q = {"task": task, "region": towns[(i + j) % len(towns)], "status": status,
                         "facts": {}, "at": "2026-11-22", "all": True}
                    with self.subTest(q=q):
                        self.assertEqual(from_protocol(raw.who(q)), expected(ref.who(q)))

    def test_postcodes_of_several_regions(self):
        records = reference.read_bundle(iqtest.SAXONY)
        ref = reference.Reference(records)
        regions = {}
        for p in records["postcode"].values():
            regions.setdefault(p["postcode"], []).append(p["region"])
        several = sorted(code for code, where in regions.items() if len(where) > 1)
        self.assertTrue(several)
        asked = {"same": 0, "different": 0}
        tasks = ["residence-title", "school-transport", "job-placement", "asylum-decision"]
        with self.iqq.connect() as raw:
            for i, code in enumerate(several):
                q = {"task": tasks[i % len(tasks)], "status": "recognised-refugee", "facts": {},
                     "at": "2026-11-22", "all": True}
                want = ref.postcode(q, code)
                asked["same" if want else "different"] += 1
                with self.subTest(code, task=q["task"]):
                    if want:
                        m = raw.who({**q, "region": code})
                        self.assertEqual(from_protocol(m), expected(want))
                        self.assertEqual(m["query"]["region"],
                                         min(regions[code], key=str.encode))
                    else:
                        with self.assertRaises(iqtest.Refused) as refused:
                            raw.who({**q, "region": code})
                        self.assertEqual(refused.exception.code, "ambiguous-term")
                        self.assertEqual(
                            sorted(c["id"] for c in refused.exception.error["candidates"]),
                            sorted(regions[code]))
        self.assertGreater(asked["same"], 0)
        self.assertGreater(asked["different"], 0)


class RandomBundles(unittest.TestCase):
    maxDiff = 6000

    def ask(self, bundle, ref, raw, questions):
        """Questions are pipelined in groups; each answer is found by its number."""
        for start in range(0, len(questions), 50):
            for i, q in enumerate(questions[start:start + 50], start + 1):
                raw.send("who", iqtest.who_message(q), number=i)
            answers = {}
            for _ in questions[start:start + 50]:
                response = raw.receive()
                answers[response["id"]] = response
            for i, q in enumerate(questions[start:start + 50], start + 1):
                response = answers[i]
                self.assertIsNone(response["error"], f"{bundle} {q}: {response['error']}")
                m = response["who"]
                want = expected(ref.who(q))
                got = from_protocol(m)
                if got != want:
                    self.assertEqual(got, want, f"{bundle} {json.dumps(q)}")
                check_contacts(self, ref, q, m)
                for a in m["answers"]:
                    self.assertEqual((a["institution"]["phone"], a["institution"]["email"],
                                      a["via"]), reachable(ref, a["institution"]["id"]), bundle)

    def test_random_bundles(self):
        for n in range(BUNDLES * ROUNDS):
            seed = SEED + n
            with self.subTest(seed=seed):
                self.one_bundle(seed)

    def one_bundle(self, seed):
        bundle = random_bundle.Bundle(seed)
        folder = os.path.join(iqtest.temp_dir(self), "bundle")
        reference.write_bundle(folder, bundle.records)
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        done = iqq("import", folder)
        self.assertEqual(done.exit, 0, f"seed {seed}: {done}")
        ref = reference.Reference(bundle.records)
        questions = [bundle.question() for _ in range(QUESTIONS)]
        questions = [dict(t) for t in {json.dumps(q): q for q in questions}.values()]
        with iqq.connect() as raw:
            self.ask(f"seed {seed}", ref, raw, questions)
            self.postcodes(bundle, ref, raw, seed)
        for q in questions[:4]:
            done = iqq("who", *arguments(q), "--json")
            want = ref.who(q)
            self.assertEqual(from_json(done.json), without_distances(expected(want)),
                             f"seed {seed} {q}")
            self.assertEqual(done.exit, 1 if want["outcome"] == "nobody" else 0, f"seed {seed} {q}")
        server.stop()
        self.assertEqual(server.check().exit, 0, f"seed {seed}")

    def postcodes(self, bundle, ref, raw, seed):
        codes = sorted({p["postcode"] for p in bundle.records["postcode"].values()})
        for code in codes * 3:
            q = {**bundle.question(), "region": ""}
            want = ref.postcode(q, code)
            try:
                got = from_protocol(raw.who({**q, "region": code}))
            except iqtest.Refused as e:
                self.assertEqual(e.code, "ambiguous-term", f"seed {seed} {code} {q}")
                got = None
            self.assertEqual(got, want and expected(want), f"seed {seed} {code} {q}")


if __name__ == "__main__":
    iqtest.main()
