# SPDX-License-Identifier: Apache-2.0
"""Random changes, good and bad, against a dictionary: after every step the daemon holds exactly
what the dictionary holds. IQ_MODEL_ROUNDS, IQ_MODEL_SEED as in test_who.py."""

import copy
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
import random_bundle  # noqa: E402
import reference  # noqa: E402
from records import Records, values  # noqa: E402
from test_who import expected, from_protocol  # noqa: E402

ROUNDS = int(os.environ.get("IQ_MODEL_ROUNDS", "1"))
SEED = int(os.environ.get("IQ_MODEL_SEED", "1"))
STEPS = 500
MERGEABLE = ["region", "task", "status", "kind", "institution"]


def plain(kind, message):
    """A record message as the model keeps records."""
    names = reference.COLUMNS[kind] + (["id"] if kind == "postcode" else [])
    return {name: message[name] for name in names}


class Run:
    def __init__(self, test, seed):
        self.test, self.seed = test, seed
        self.bundle = random_bundle.Bundle(seed)
        self.rng = self.bundle.rng
        self.model = Records(self.bundle.records)
        self.server = iqtest.Server(test).start()
        self.iqq = iqtest.Client(self.server, test)
        self.raw = self.iqq.connect()
        self.revision = 0
        self.done = []  # (arguments of write, revision, changed something): for retries
        self.tally = {}
        self.deleted = {}

    def say(self, *what):
        return f"seed {self.seed}: " + " ".join(map(str, what))

    # ---- one step

    def step(self):
        kinds = [self.add, self.add, self.add, self.set, self.set, self.set, self.bad, self.bad,
                 self.delete, self.delete, self.merge, self.load, self.retry, self.dry_run]
        self.rng.choice(kinds)()

    def attempt(self, want, call, *what):
        """The daemon must say what the model says; returns the answer or None."""
        try:
            m, code = call(), "ok"
        except iqtest.Refused as e:
            m, code = None, e.code
            if code == "rejected":
                self.test.assertTrue(e.error["rows"], self.say(*what, "rejected without a row"))
        self.test.assertEqual(code, want, self.say(*what))
        self.tally[want] = self.tally.get(want, 0) + 1
        if m is not None and m["revision"]:
            self.test.assertGreaterEqual(m["revision"], self.revision, self.say(*what))
            self.revision = m["revision"]
        return m

    def write(self, want, verb, kind, id_, cells=None, into=""):
        args = (verb, kind, id_, cells, into, os.urandom(16))
        m = self.attempt(want, lambda: self.raw.write(*args), verb, kind, id_, cells, into)
        if m is not None:
            self.done.append((args, m["revision"], bool(m["changes"])))
        return m

    def fresh(self):
        """A record that does not exist yet, as cells; taken from the generator."""
        b, rng = self.bundle, self.rng
        kind = rng.choice(["responsibility", "responsibility", "notice", "contact", "institution",
                           "task", "status", "region", "kind", "fact", "postcode", "handover"])
        b.records = self.model.records
        b.regions = [r for r in b.keys("region") if not self.model.is_area(r)]
        b.facts = list(b.records["fact"].values())
        if kind in ("responsibility", "notice"):
            record = b.responsibility() if kind == "responsibility" else b.notice()
            del self.model.records[kind][record["id"]]
            cells = {c: reference.join_cell(c, record[c]) for c in reference.COLUMNS[kind]}
            return kind, cells.pop("id"), {c: v for c, v in cells.items() if v}
        if kind == "postcode":
            code, region = f"{rng.randrange(100):05}", rng.choice(b.regions)
            return kind, f"{code}-{region}", {"postcode": code, "region": region}
        id_ = b.ids.make(kind[0]) + "-new"
        gone = [d for d in self.deleted.get(kind, []) if d not in b.records[kind]]
        if gone and rng.random() < 0.3:
            id_ = rng.choice(gone)  # the same thing comes back
        cells = {"name_de": "Neu, \"" + id_ + "\" §"}
        if kind in ("region", "task", "status", "institution"):
            cells["parent"] = rng.choice(b.regions if kind == "region" else b.keys(kind))
        if kind == "institution":
            cells.update(kind=rng.choice(b.keys("kind")), region=rng.choice(b.regions))
        if kind == "fact":
            cells = {c: v for c, v in random_bundle.random_fact(rng, id_, rng.random() < 0.5).items()
                     if c != "id" and v}
        if kind == "handover":
            cells = {"process": "chain", "step": str(rng.randrange(1, 9)),
                     "task": rng.choice(b.keys("task")), "to_kinds": rng.choice(b.keys("kind"))}
        if kind == "contact":
            cells = {"institution": rng.choice(b.keys("institution")), "name": "Erika Muster",
                     "visibility": "partners", "function": "Beratung"}
        return kind, id_, cells

    def add(self):
        kind, id_, cells = self.fresh()
        if self.rng.random() < 0.15 and kind != "postcode" and self.bundle.keys(kind):
            id_ = self.rng.choice(self.bundle.keys(kind))
        self.write(self.model.add(kind, id_, cells), "ADD", kind, id_, cells)
        self.compare(kind, id_)

    def some(self, *kinds):
        kind = self.rng.choice([k for k in kinds if self.model.records[k]])  # not empty
        return kind, self.rng.choice(list(self.model.records[kind]))

    def set(self):
        rng = self.rng
        kind, id_ = self.some("responsibility", "responsibility", "notice", "institution", "task",
                              "status", "region", "fact", "contact")
        cells = {}
        if kind in ("responsibility", "notice"):
            _, _, other = self.fresh_like(kind)
            columns = rng.sample(sorted(other), min(len(other), rng.randint(1, 3)))
            cells = {c: other[c] for c in columns}
            if rng.random() < 0.3:
                cells["condition"] = ""
        elif kind == "fact":  # conditions that name the old values stand in the way
            old = self.model.records[kind][id_]["values"]
            cells["values"] = "|".join(rng.sample(old, rng.randint(1, len(old))) if old else ["x"])
            if not old:
                cells = {"name_en": "Fact"}
        elif kind == "contact":
            cells["deputy"] = rng.choice([""] + list(self.model.records[kind]))
            if self.line_of_deputies(cells["deputy"], id_):
                cells["deputy"] = ""
        else:
            cells["name_en"] = f"Name {rng.randrange(100)}"
            if rng.random() < 0.6:  # often a cycle
                cells["parent"] = rng.choice(list(self.model.records[kind]))
        self.write(self.model.set(kind, id_, cells), "SET", kind, id_, cells)
        self.compare(kind, id_)

    def line_of_deputies(self, start, id_):
        """Would id_ become a deputy of its own deputies?"""
        seen = []
        while start and start not in seen:
            seen.append(start)
            start = self.model.records["contact"][start]["deputy"]
        return id_ in seen

    def fresh_like(self, kind):
        while True:
            fresh = self.fresh()
            if fresh[0] == kind:
                return fresh

    def bad(self):
        """One defect each; the model knows what to say."""
        rng = self.rng
        kind, id_ = self.some("responsibility", "notice")
        cells = rng.choice([
            {"region": "no-such-region"}, {"task": "t0-missing"}, {"statuses": "s1-missing;s2-x"},
            {"condition": "nothing=1"}, {"condition": "age"}, {"condition": "=3"},
            {"valid_from": "2026-02-30"}, {"valid_to": "01.03.2026"},
            {"valid_from": "2027-01-01", "valid_to": "2026-01-01"},
            {"role" if kind == "responsibility" else "effect": "boss"},
        ])
        if rng.random() < 0.2:
            id_, cells = "missing-" + id_, {"valid_from": "2026-01-01"}
        areas = [r for r in self.model.records["region"] if self.model.is_area(r)]
        if areas and rng.random() < 0.2 and not id_.startswith("missing"):
            cells = {"region": rng.choice(areas)}
        want = self.model.set(kind, id_, cells)
        self.write(want, "SET", kind, id_, cells)
        self.compare(kind, id_)

    def delete(self):
        kind, id_ = self.some("responsibility", "responsibility", "notice", "contact", "task",
                              "status", "region", "institution", "fact", "postcode", "handover")
        if self.rng.random() < 0.15:
            id_ += "-x"
        want = self.model.delete(kind, id_)
        self.write(want, "DELETE", kind, id_)
        if want == "ok":
            self.deleted.setdefault(kind, []).append(id_)
        self.compare(kind, id_)

    def merge(self):
        records = self.model.records
        kind = self.rng.choice(MERGEABLE)
        used = {v for r in records[kind].values() for v in values(r, "parent")} \
            if kind != "kind" else set()
        used |= {p["region"] for p in records["postcode"].values()}  # part of their ids
        root = self.model.reference().root
        leaves = [r for r in records[kind] if r not in used and r != root
                  and not (kind == "region" and self.model.is_area(r))]
        if len(leaves) < 2:
            return
        old, new = self.rng.sample(leaves, 2)
        names = {n for c in ("name_de", "name_en", "aliases") if c in records[kind][old]
                 for n in values(records[kind][old], c)}
        want = self.model.merge(kind, old, new)
        self.write(want, "MERGE", kind, old, into=new)
        if want == "ok" and "aliases" in records[kind][new]:
            got = self.get(kind, new)
            known = {got["name_de"], got["name_en"], *got["aliases"]}
            self.test.assertLessEqual(names, known, self.say("merge", kind, old, new))
            self.test.assertLessEqual(set(records[kind][new]["aliases"]), set(got["aliases"]))
            self.model.records[kind][new]["aliases"] = got["aliases"]
        self.test.assertEqual(self.get(kind, old), self.get(kind, new),
                              self.say("merge", kind, old))

    def load(self):
        rng = self.rng
        files, seen = {}, set()
        for _ in range(rng.randint(1, 12)):
            kind, id_, cells = self.fresh()
            if rng.random() < 0.4 and kind != "postcode" and self.model.records[kind]:
                id_ = rng.choice(list(self.model.records[kind]))
            if rng.random() < 0.06 and kind not in ("postcode", "handover"):
                cells["institution" if kind == "contact" else "name_de"] = ""
            if (kind, id_) not in seen:
                seen.add((kind, id_))
                files.setdefault(kind, []).append({"id": id_, **cells})
        protocol = []
        for kind, rows in files.items():
            columns = [c for c in reference.COLUMNS[kind]
                       if any(c in r for r in rows) or c == "name_de"]
            if kind == "postcode":
                for r in rows:
                    del r["id"]
            for r in rows:
                r.update({c: r.get(c, "") for c in columns})
            protocol.append((reference.KINDS[kind][0] + ".csv", kind, columns,
                             [(n, [r[c] for c in columns]) for n, r in enumerate(rows, 2)]))
        before = copy.deepcopy(self.model)
        want = self.model.load(list(files.items()))
        if want == "ok" and any(self.opened(before, r) for r in files.get("contact", [])):
            want, self.model = "guard", before  # that needs a second person
        self.attempt(want, lambda: self.raw.load(protocol), "import", files)
        for kind, rows in files.items():
            for r in rows:
                self.compare(kind, reference.make_record(kind, r)["id"])

    def opened(self, before, row):
        """Would this row show its contact to more people than before?"""
        classes = ["public", "partners", "workshop", "institution"]
        old, new = (m.records["contact"].get(row["id"]) for m in (before, self.model))
        return bool(old and new) and (classes.index(new["visibility"] or "institution") <
                                      classes.index(old["visibility"] or "institution"))

    def retry(self):
        if not self.done:
            return
        args, revision, changed = self.rng.choice(self.done)
        m = self.raw.write(*args)
        self.test.assertTrue(m["replayed"], self.say("retry", args))
        if changed:  # a write that changes nothing has no revision of its own
            self.test.assertEqual(m["revision"], revision, self.say("retry", args))
        with self.test.assertRaises(iqtest.Refused) as refused:
            self.raw.write("SET", "task", "some-other", {"name_de": "x"}, "", args[5])
        self.test.assertEqual(refused.exception.code, "conflict")

    def dry_run(self):
        kind, id_, cells = self.fresh()
        if self.rng.random() < 0.3 and kind != "postcode" and self.bundle.keys(kind):
            id_ = self.rng.choice(self.bundle.keys(kind))
        want = copy.deepcopy(self.model).add(kind, id_, cells)
        self.attempt(want, lambda: self.raw.write("ADD", kind, id_, cells, dry_run=True),
                     "dry run", kind, id_, cells)
        self.compare(kind, id_)

    # ---- comparing

    def get(self, kind, id_):
        try:
            m = self.raw.call("get", {"kind": kind, "id": id_})
        except iqtest.Refused as e:
            self.test.assertEqual(e.code, "not-found", self.say("get", kind, id_))
            return None
        return plain(kind, m["record"][kind])

    def compare(self, kind, id_):
        while (kind, id_) in self.model.merged:
            id_ = self.model.merged[kind, id_]
        self.test.assertEqual(self.get(kind, id_), self.model.records[kind].get(id_),
                              self.say("get", kind, id_))

    def ask(self, count):
        ref = self.model.reference()
        self.fresh()  # the generator asks about what exists now
        for _ in range(count):
            q = self.bundle.question()
            for (kind, old), new in self.model.merged.items():
                if q.get(kind) == new and self.rng.random() < 0.5:
                    q[kind] = old
            self.test.assertEqual(from_protocol(self.raw.who(q)), expected(ref.who(q)),
                                  self.say(q))

    def list_all(self):
        for kind, records in self.model.records.items():
            got, cursor, total = {}, b"", None
            while True:
                m = self.raw.call("list", {"kind": kind, "cursor": cursor,
                                           "limit": self.rng.choice([0, 7, 50])})
                total = m["total"] if total is None else total
                for r in m["records"]:
                    got[r[kind]["id"]] = plain(kind, r[kind])
                cursor = m["cursor"]
                if not cursor:
                    break
            self.test.assertEqual(got, records, self.say("list", kind))
            self.test.assertEqual(total, len(records), self.say("list", kind))

    def export(self):
        got, cursor = {kind: {} for kind in self.model.records}, b""
        while True:
            m = self.raw.call("export", {"cursor": cursor})
            for r in m["records"]:
                for kind in got:
                    if r[kind] is not None:
                        got[kind][r[kind]["id"]] = plain(kind, r[kind])
            cursor = m["cursor"]
            if not cursor:
                break
        self.test.assertEqual(got, self.model.records, self.say("export"))

    def restart(self, orderly):
        self.raw.close()
        if orderly:
            self.server.stop()
        else:
            self.server.kill()
        self.server.start()
        self.raw = self.iqq.connect()

    def finish(self):
        self.list_all()
        self.export()
        self.raw.close()
        self.server.stop()
        done = self.server.check()
        self.test.assertEqual(done.exit, 0, self.say("iqd check", done))
        for code in ("ok", "rejected", "conflict", "not-found"):
            self.test.assertGreater(self.tally.get(code, 0), 0, self.say(self.tally))


class Changes(unittest.TestCase):
    maxDiff = 6000

    def test_random_changes(self):
        for n in range(3 * ROUNDS):
            with self.subTest(seed=SEED + n):
                self.one(SEED + n)

    def one(self, seed):
        run = Run(self, seed)
        files = [(kind, [{c: reference.join_cell(c, r[c]) for c in reference.COLUMNS[kind]}
                         for r in records.values()])
                 for kind, records in run.model.records.items()]
        run.raw.load([(reference.KINDS[kind][0] + ".csv", kind, reference.COLUMNS[kind],
                       [(i, list(r.values())) for i, r in enumerate(rows, 2)])
                      for kind, rows in files if rows])
        for i in range(STEPS):
            run.step()
            if i % 10 == 0:
                run.ask(4)
            if i == STEPS // 2:
                run.restart(orderly=True)
                run.list_all()
            elif i == STEPS * 3 // 4:
                run.restart(orderly=False)
        run.ask(40)
        run.finish()


if __name__ == "__main__":
    iqtest.main()
