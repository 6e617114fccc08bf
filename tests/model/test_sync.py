# SPDX-License-Identifier: Apache-2.0
"""Institutions push random lists while others write, connections break and the daemon is killed:
plans say what the model says, applying does that and nothing else, and the change feed replayed on
an empty consumer is the directory. IQ_MODEL_ROUNDS, IQ_MODEL_SEED as in test_who.py."""

import os
import random
import ssl
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
import reference  # noqa: E402
import sync_world  # noqa: E402
from access_reference import FULL, HIDDEN, Grant, Principal  # noqa: E402
from access_world import PURPOSE, World, day  # noqa: E402
from sync_lists import COLUMNS, WHOLE  # noqa: E402
from sync_match import Rejected  # noqa: E402
from sync_reference import Directory  # noqa: E402
from sync_steps import Others  # noqa: E402
from sync_world import EDITORS  # noqa: E402
from test_feed import Consumer  # noqa: E402

# ctest -L model is the whole run; tools/check takes a share of it: a quarter of a minute
SHARE = int(os.environ.get("IQ_MODEL_SHARE", "1"))
ROUNDS = int(os.environ.get("IQ_MODEL_ROUNDS", "1")) * (6 if SHARE == 1 else 1)
SEED = int(os.environ.get("IQ_MODEL_SEED", "1"))
STEPS = 225 if SHARE == 1 else 150 if SHARE <= 3 else 45
LATER = {STEPS // 3: 46, STEPS * 2 // 3: 91}  # from this step on it is so many days later
BROKEN = (EOFError, ConnectionError, ssl.SSLError, OSError)


class Sync(Others, unittest.TestCase):
    maxDiff = 4000
    paging = False
    where = ""

    # ---- the world

    def begin(self, seed):
        self.rng, self.tally = random.Random(seed), {}
        built = sync_world.Builder(self.rng)
        self.number = built.number
        self.world = World(self, built.records)
        self.addCleanup(self.world.close)
        self.world.load()
        self.world.second_admin()
        for i in EDITORS:
            self.world.enroll(Principal("editor-" + i, i))
            self.world.give("editor-" + i, Grant("editor", institution=i))
        self.world.enroll(Principal("alle"))
        self.world.give("alle", Grant("editor"))
        self.world.enroll(Principal("koordination"))
        self.world.give("koordination", Grant("coordinator", region="land"))
        self.world.enroll(Principal("gast"))
        loaded = {k: self.stored(k) for k in COLUMNS}
        revision = self.world.root.call("status", {})["revision"]
        self.model = Directory(
            {k: {i: of[i][0] for i in built.records[k]} for k, of in loaded.items()}, revision,
            sync_world.lines(sync_world.AREAS), sync_world.lines(sync_world.STATUSES),
            sync_world.lines(sync_world.INSTITUTIONS), sync_world.IMPLIED, day(0))
        for k, of in loaded.items():
            for i, (_, r) in of.items():
                self.model.revision_of[k, i] = r
        self.sheets, self.waiting, self.days = {}, [], 0
        self.consumers = [Consumer(self, self.world, "alle", reason=PURPOSE),
                          Consumer(self, self.world, "gast")]

    def stored(self, kind):
        """id → (record as the model keeps it, revision), as who edits everything sees them."""
        out, cursor = {}, b""
        while True:
            m = self.world.wire("alle").call("export", {
                "kinds": [kind], "reason": PURPOSE, **({"cursor": cursor} if cursor else {})})
            for r in m["records"]:
                out[r[kind]["id"]] = self.plain(kind, r[kind]), r["revision"]
            cursor = m["cursor"]
            if not cursor:
                return out

    @staticmethod
    def plain(kind, fields):
        """The order of statuses says nothing."""
        r = {c: fields[c] for c in reference.COLUMNS[kind]}
        return {**r, **({"statuses": sorted(r["statuses"])} if "statuses" in r else {})}

    def say(self, *what):
        return f"{self.where}: " + " ".join(map(str, what))

    def count(self, what):
        self.tally[what] = self.tally.get(what, 0) + 1

    def compare(self, *what):
        for kind in COLUMNS:
            have = self.stored(kind)
            want = {k[1]: (r, self.model.revision_of[k]) for k, r in self.model.now.items()
                    if k[0] == kind}
            if have != want:
                self.fail(self.say(*what, *[
                    f"\n{kind} {i}: has {have.get(i)}, should have {want.get(i)}"
                    for i in sorted(set(have) | set(want)) if have.get(i) != want.get(i)]))

    def crash(self):
        self.count("kill")
        self.world.crash()

    def travel(self, days):
        """Open plans expire; in the end, so does the oldest of what is in the archive."""
        self.days = days
        self.world.travel(days)
        self.model.day = day(days)
        for push in self.waiting:
            _, code = self.apply(push, 0)
            self.assertEqual(code, "conflict", self.say(push, "days later"))
        self.waiting = []

    # ---- the feed

    def feed(self):
        everything, guest = self.consumers
        for c in self.consumers:
            c.check()
        for kind in COLUMNS:
            want = {(kind, k[1]): {**r, "revision": self.model.revision_of[k]}
                    for k, r in self.model.now.items() if k[0] == kind}
            have = {k: {**self.plain(kind, v), "revision": v["revision"]}
                    for k, v in everything.copy.items() if k[0] == kind}
            self.assertEqual(have, want, self.say("feed of alle"))
        self.guest_sees(guest)

    def guest_sees(self, guest):
        records = {**self.world.records, **{
            kind: {k[1]: r for k, r in self.model.now.items() if k[0] == kind}
            for kind in COLUMNS}}
        self.world.access.records = records
        seen = {c: self.world.access.disclosure(self.world.people["gast"], c)
                for c in records["contact"]}
        have = {k[1]: r for k, r in guest.copy.items() if k[0] == "responsibility"}
        self.assertEqual(set(have), set(records["responsibility"]), self.say("feed of gast"))
        for i, r in records["responsibility"].items():
            for c in reference.COLUMNS["responsibility"]:
                if c != "contacts":
                    self.assertEqual(have[i][c], r[c], self.say("gast", i, c))
            hidden = [c for c in have[i]["contacts"] if seen.get(c, HIDDEN) == HIDDEN]
            lost = [c for c in r["contacts"] if seen[c] == FULL and c not in have[i]["contacts"]]
            self.assertEqual((hidden, lost), ([], []), self.say("gast", i))

    # ---- plans

    def message(self, push):
        """(steps of the list, the request for a plan)"""
        files = []
        for kind in push.kinds:
            columns = push.columns[kind]
            rows = [(row.line, self.text_of(row, columns, push.with_ids)) for row in push.rows
                    if row.kind == kind]
            files.append((kind + ".xlsx", kind, columns + ["id"] * push.with_ids, rows))
        return files, {"institution": push.institution, "delta": push.delta,
                       "based_on": push.based_on, "applied": push.applied}

    def steps(self, name, files, last):
        w = self.world.wire(name)
        for step, message in self.world.import_steps(files, {}):
            w.call(step, message)
        return w.call(*last)

    def attempt(self, call):
        try:
            return call(), "ok"
        except iqtest.Refused as e:
            self.error = e
            return None, e.code

    def predict(self, push, again=True):
        return self.model.plan(push.institution, push.rows, push.columns, push.delta, push.based_on,
                               push.applied, push.plan_revision if again else 0, push.decisions)

    def opens(self, plan):
        """More people would see somebody: not by a list."""
        order = sync_world.CLASSES.index
        for key, line in plan.lines.items():
            if key[0] == "contact" and key in self.model.ever and "visibility" in line.takes:
                # also of somebody who was deleted
                before = (self.model.ever[key] if line.act == "add" else
                          self.model.as_known(plan, key))["visibility"]
                if order(line.takes["visibility"]) < order(before):
                    return True
        return False

    def make(self, push):
        """Plan; False if there is nothing to apply."""
        name = push.by
        files, request = self.message(push)
        if self.rng.random() < 0.04:  # a plan on its way is nothing yet
            for step, message in self.world.import_steps(files, {}):
                self.world.wire(name).call(step, message)
            self.world.wire(name).send("sync_plan", request)
            self.crash()
        m, code = self.attempt(lambda: self.steps(name, files, ("sync_plan", request)))
        if not push.rows:
            self.assertEqual(code, "guard", self.say(push))
            return False
        try:
            plan = self.predict(push, again=False)
        except Rejected as e:
            self.assertEqual(code, "rejected", self.say(push, e))
            self.count("rejected")
            return False
        if self.opens(plan):
            self.assertEqual(code, "guard", self.say(push, "shows people to more than before"))
            self.count("opened")
            del self.sheets[push.institution]
            return False
        self.assertEqual(code, "ok", self.say(push, getattr(self, "error", "")))
        push.plan_revision = m["revision"]
        self.assertEqual(bool(m["plan"]), plan.any, self.say(push, m))
        self.check_plan(push, plan, m)
        push.plan = m["plan"]
        self.count("delta" if push.delta else "full")
        return bool(push.plan)

    def key_of(self, push, line):
        if line["act"] == "add":
            if (line["kind"], line["id"]) not in self.model.ever:
                known = push.made.setdefault(line["line"], line["id"])
                self.assertEqual(known, line["id"], self.say("made another id"))
                return line["kind"], line["line"]
        return line["kind"], line["id"]

    def check_plan(self, push, plan, m):
        """What is shown is what the model says."""
        have = {self.key_of(push, line): line for line in m["lines"]}
        want = plan.lines
        self.assertEqual({k: (line["act"], line["resolved"], sorted(
            c["column"] for c in line["conflicts"])) for k, line in have.items()},
            {k: (line.act, line.resolved, sorted(line.conflicts)) for k, line in want.items()},
            self.say(push))
        for k, line in want.items():
            if line.act in ("change", "conflict") and WHOLE not in line.conflicts:
                self.assertEqual({c["column"]: self.read(c["column"], c["after"])
                                  for c in have[k]["changes"]},
                                 {c: self.told(push, c, v) for c, v in line.takes.items()},
                                 self.say(push, k))
                self.conflicts(push, k, have[k])
        self.assertEqual(m["open_conflicts"], plan.open, self.say(push))
        self.assertEqual({g["code"] for g in m["guards"]}, plan.guards, self.say(push, m["guards"]))
        self.assertIn(m["deletes"], plan.deletes, self.say(push))
        self.assertEqual(m["second"], "second" in plan.guards, self.say(push))
        push.deletes = m["deletes"]
        for k in want:
            self.count("plan " + want[k].act)
            self.what(push, want[k], have[k])
        push.shown = plan.shown()

    def what(self, push, line, have):
        """So that one sees whether all of it happens."""
        if have["matched"]:
            self.count("by " + have["matched"])
        for c in line.takes if line.act == "change" else line.conflicts:
            self.count(f"{'~' if line.act == 'change' else '!'} {c or 'whole'}")
        if line.row and line.row.cells.get("institution", push.institution) != push.institution:
            self.count("below")

    def told(self, push, column, value):
        return Directory.named(value, push.made)

    @staticmethod
    def read(column, text):
        value = reference.split_cell(column, text)
        return sorted(value) if column == "statuses" else value

    def conflicts(self, push, key, line):
        """Each shows what is stored, and what the list says."""
        for c in line["conflicts"]:
            if c["column"] != WHOLE:
                self.assertEqual(self.read(c["column"], c["theirs"]),
                                 self.model.now[key][c["column"]], self.say(push, key))

    def resolve(self, push):
        """Decides about conflicts, one by one or all at once, until none is left."""
        name = push.by
        while True:
            try:
                plan = self.predict(push)
            except Rejected:
                return  # somebody it names is gone by now: applying tells
            open_ = [(k, c, line.revision) for k, line in plan.lines.items()
                     for c in line.conflicts]
            if not open_:
                return
            self.count("conflict")
            if self.rng.random() < 0.3:
                m, code = self.apply(push, push.deletes)
                self.assertEqual(code, "conflict", self.say(push, "with open conflicts"))
            side = self.rng.choice(["mine", "theirs"])
            request = {"request_id": os.urandom(16), "plan": push.plan, "side": side}
            chosen = open_
            if self.rng.random() < 0.7:
                chosen = [self.rng.choice(open_)]
                (kind, id_), column, _ = chosen[0]
                request.update(kind=kind, id=id_, column=column)
            for k, c, revision in chosen:
                push.decisions.append((k, c, side, revision))
            m, code = self.attempt(
                lambda r=request: self.world.wire(name).call("sync_resolve", r))
            if not self.expect(push, m, code):
                push.plan = None
                return

    def expect(self, push, m, code):
        """The plan as it is shown again."""
        try:
            plan = self.predict(push)
        except Rejected:
            self.assertEqual(code, "rejected", self.say(push))
            return False
        if self.opens(plan):
            self.assertEqual(code, "guard", self.say(push, "shows people to more than before"))
            return False
        self.assertEqual(code, "ok", self.say(push, getattr(self, "error", "")))
        self.check_plan(push, plan, m)
        return True

    # ---- applying

    def apply(self, push, number, request_id=None):
        request = {"request_id": request_id or os.urandom(16), "plan": push.plan,
                   "allow_deletes": number}
        return self.attempt(lambda: self.world.wire(push.by).call(
            "sync_apply", request))

    def apply_roughly(self, push, number):
        """The connection breaks, or the daemon is killed, and the client asks again."""
        name, once = push.by, os.urandom(16)
        how, pause = self.rng.random(), self.rng.choice([0, self.rng.random() * 0.02])
        if how < 0.35:
            try:
                self.world.wire(name).send("sync_apply", {
                    "request_id": once, "plan": push.plan, "allow_deletes": number})
                time.sleep(pause)  # any moment will do
                if how < 0.12:
                    self.crash()
            except BROKEN:
                pass
            self.world.drop(name)
            self.count("broken")
        m, code = self.apply(push, number, once)
        if code == "ok" and self.rng.random() < 0.6:
            if self.rng.random() < 0.1:
                self.crash()
            again, code = self.apply(push, number, once)
            self.assertEqual(code, "ok", self.say(push))
            self.assertTrue(again["replayed"], self.say(push))
            self.assertEqual({**again, "replayed": None}, {**m, "replayed": None}, self.say(push))
            self.count("replayed")
        return m, code

    def finish(self, push):
        """Applies the plan as the model says it may be."""
        plan = None
        try:
            plan = self.predict(push)
            if self.opens(plan):
                plan = None
        except Rejected:
            pass
        if plan is None:
            _, code = self.apply(push, 0)
            self.assertIn(code, ("rejected", "conflict", "guard"), self.say(push))
            return
        if plan.open or plan.shown() != push.shown:
            self.stale(push, plan)
            return
        if push.deletes not in plan.deletes:  # other lists came in between
            push.deletes = max(plan.deletes)
        if plan.guards:
            for wrong in {0, push.deletes + 1, push.deletes - 1} - {push.deletes}:
                _, code = self.apply(push, wrong)
                self.assertEqual(code, "guard", self.say(push, "with", wrong, plan.guards))
                self.count("guard")
        m, code = self.apply_roughly(push, push.deletes)
        self.assertEqual(code, "ok", self.say(push, getattr(self, "error", "")))
        self.assertEqual(bool(m["approval"]), "second" in plan.guards, self.say(push))
        revision = m["revision"]
        if m["approval"]:
            self.compare(push, "waits")
            other = "editor-" + push.institution if push.by == "alle" else "alle"
            m = self.world.wire(other).call("approve", {
                "request_id": os.urandom(16), "verb": "APPROVE_YES", "id": m["approval"],
                "reason": "geprüft"})
            revision = self.world.root.call("status", {})["revision"]
            self.count("second")
        self.applied(push, plan, revision)

    def applied(self, push, plan, revision):
        self.nothing_lost(push, plan)
        outside = {k: r for k, r in self.model.now.items()
                   if r["institution"] not in plan.speaks_of and k not in plan.lines}
        gone = set(self.model.archive)
        self.model.apply(plan, revision, push.made)
        self.untouched(push, outside)
        self.assertEqual(set(self.model.archive) - gone, set(plan.archive))
        self.compare(push, push.shown)
        _, code = self.apply(push, push.deletes)
        self.assertEqual(code, "conflict", self.say(push, "a second time"))
        if self.rng.random() < 0.5:
            push.sheet.applied = revision  # the same file goes on
        elif not push.delta and len(push.kinds) == len(COLUMNS):
            push.sheet.base = push.sheet.applied = 0  # it is kept elsewhere
        self.count("applied")

    def untouched(self, push, outside):
        """Of others only that goes which named who has gone."""
        for key, r in outside.items():
            now = self.model.now[key]
            self.assertEqual([c for c in r if r[c] != now[c] and c not in ("contacts", "deputy")],
                             [], self.say(push, key))

    def nothing_lost(self, push, plan):
        """What was written since the list's base goes only if that was decided."""
        for key, line in plan.lines.items():
            before = self.model.now.get(key)
            if before is None or line.act not in ("change", "archive"):
                continue
            for c in line.takes if line.act == "change" else before:
                column = c if line.act == "change" else WHOLE
                was = (self.model.base(plan, key, before["institution"], column) or {}).get(key, {})
                known = self.model.present(plan, key[0], c, was.get(c, before[c]))
                if before[c] != known and not self.model.is_own(plan, key, c):
                    side = self.model.decided(plan, key, c, line.revision)
                    self.assertEqual(side, "mine", self.say(push, key, c))

    def stale(self, push, plan):
        m, code = self.apply(push, push.deletes)
        self.assertEqual(code, "conflict", self.say(push, "although others wrote"))
        self.compare(push, "was stale")
        self.count("stale")
        name = push.by
        m, code = self.attempt(lambda: self.world.wire(name).call(
            "sync_status", {"plan": push.plan}))
        if self.expect(push, m and m["plan"], code) and self.rng.random() < 0.7:
            self.resolve(push)
            if push.plan and self.predict(push).any:
                self.finish(push)

    # ---- steps

    def step(self):
        what = self.rng.random()
        if what < 0.35:
            self.direct()
        elif what < 0.4:
            self.crash()
        elif self.waiting and what < 0.6:
            push = self.waiting.pop(self.rng.randrange(len(self.waiting)))
            self.finish(push)
        else:
            push = self.push()
            if not self.make(push):
                return
            while self.rng.random() < 0.2:
                self.direct()
            self.resolve(push)
            if push.plan is None:
                return
            if self.rng.random() < 0.3 and len(self.waiting) < 6:
                self.waiting.append(push)  # others come in between, or it is left
            else:
                self.finish(push)

    def test_sync(self):
        for seed in range(SEED, SEED + ROUNDS):
            self.begin(seed)
            for n in range(STEPS):
                self.where = f"seed {seed} step {n}"
                if n in LATER:
                    self.travel(LATER[n])
                self.step()
                self.compare()
                if n % 4 == 3:
                    self.feed()
            self.where = f"seed {seed} end"
            self.feed()
            self.end(seed)

    def end(self, seed):
        """Plans expire; all that is stored is whole."""
        self.travel(self.days + 2)
        self.compare()
        self.world.server.stop()
        done = self.world.server.check()
        self.assertEqual(done.exit, 0, done)
        self.world.server.start()
        print(f"seed {seed}:", ", ".join(f"{n} {k}" for k, n in sorted(self.tally.items())))


if __name__ == "__main__":
    iqtest.main()
