# SPDX-License-Identifier: Apache-2.0
"""The change feed replayed by consumers of every sort: whatever was written, granted and revoked in
between, each holds exactly what `export` shows to it, and it is never told of a record that it was
not shown before. IQ_MODEL_ROUNDS, IQ_MODEL_SEED as in test_who.py."""

import copy
import hashlib
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
from access_reference import CLASSES, Grant, Principal  # noqa: E402
from access_world import PURPOSE, World, day, small_world  # noqa: E402

ROUNDS = int(os.environ.get("IQ_MODEL_ROUNDS", "1"))
SEED = int(os.environ.get("IQ_MODEL_SEED", "1"))
STEPS = 150
PUBLIC_ONLY = ["task", "institution", "notice"]


def content(record):
    """(kind, fields) of a Record message."""
    kind = next(k for k, v in record.items() if k != "revision" and v is not None)
    return kind, {**record[kind], "revision": record["revision"]}


class Consumer:
    """Keeps a copy by the feed alone."""

    def __init__(self, test, world, name, **query):
        self.test, self.world, self.name, self.query = test, world, name, query
        self.cookie, self.copy, self.fresh = b"", {}, None
        self.told, self.refreshes = 0, {}

    def say(self, *what):
        return f"{self.test.where}: {self.name} {self.query}: " + " ".join(map(str, what))

    def page(self, **more):
        m = self.world.wire(self.name).call(
            "changes", {**self.query, **({"cookie": self.cookie} if self.cookie else {}), **more})
        if m["because"]:
            self.refreshes[m["because"]] = self.refreshes.get(m["because"], 0) + 1
            self.fresh = set()
        for e in m["events"]:
            self.take(e)
        self.cookie = m["cookie"]
        return m

    def take(self, event):
        key = (event["kind"], event["id"])
        self.told += 1
        if event["what"] == "upsert":
            kind, fields = content(event["record"])
            self.test.assertEqual(kind, event["kind"], self.say(event))
            self.copy[key] = fields
            if self.fresh is not None:
                self.fresh.add(key)
            return
        if self.fresh is None and not self.test.paging:
            self.test.assertIn(key, self.copy, self.say("is told of what it was never shown", event))
        self.copy.pop(key, None)
        if self.fresh is not None:
            self.fresh.discard(key)

    def follow(self):
        while True:
            m = self.page(verify=True)
            if not m["more"]:
                break
        if self.fresh is not None:
            self.copy = {k: v for k, v in self.copy.items() if k in self.fresh}
            self.fresh = None
        lines = sorted(f"{kind}/{id_}\n".encode() for kind, id_ in self.copy)
        self.test.assertEqual((m["count"], m["digest"]),
                              (len(lines), hashlib.sha256(b"".join(lines)).digest()),
                              self.say("count and digest"))
        return m

    def shown(self):
        """What export shows, with the same filter."""
        out, cursor = {}, b""
        query = {k: v for k, v in self.query.items() if k != "task"}
        while True:
            m = self.world.wire(self.name).call(
                "export", {**query, **({"cursor": cursor} if cursor else {})})
            for r in m["records"]:
                kind, fields = content(r)
                out[kind, fields["id"]] = fields
            cursor = m["cursor"]
            if not cursor:
                break
        if "task" in self.query:
            tasks = {self.query["task"], *self.test.below_task(self.query["task"])}
            out = {k: v for k, v in out.items() if k[0] in ("responsibility", "notice")
                   and (v["task"] in tasks or (k[0] == "notice" and not v["task"]))}
        return out

    def check(self):
        try:
            self.follow()
        except iqtest.Refused as e:  # no contacts in bulk any more: neither here nor there
            self.test.assertTrue(e.code == "denied" and "reason" in self.query, self.say(e))
            with self.test.assertRaises(iqtest.Refused):
                self.shown()
            return
        want = self.shown()
        if self.copy == want:
            return
        lines = [f"{k}: has {self.copy.get(k)}, should have {want.get(k)}"
                 for k in sorted(set(want) | set(self.copy)) if want.get(k) != self.copy.get(k)]
        self.test.fail(self.say(*lines))


class Feed(unittest.TestCase):
    maxDiff = 3000
    paging = False
    where = ""

    def below_task(self, task):
        tasks = self.world.records["task"]
        return {t for t in tasks if tasks[t]["parent"] == task}

    def cast(self):
        """Principals of several roles, each with several feeds."""
        w = self.world
        people = [Principal("ohne-alles"), Principal("kollegin", "amt-a"),
                  Principal("team-kollege", "amt-a-team"),
                  Principal("vertreterin-a", "amt-a", "amt-a-rep"),
                  Principal("vertreter-b", "dienst-b", "dienst-b-rep")]
        grants = [("leserin", Grant("reader", region="kreis-b")),
                  ("leser-land", Grant("reader", region="land")),
                  ("leser-stadt", Grant("reader", region="stadt-a2")),
                  ("editorin", Grant("editor", institution="amt-a")),
                  ("koordination", Grant("coordinator", region="kreis-b")),
                  ("kuratorin", Grant("curator"))]
        for p in people:
            w.enroll(p)
        for name, g in grants:
            w.enroll(Principal(name, "dienst-b" if name == "koordination" else ""))
            g.valid_to = day(300)
            w.give(name, g)
        names = [p.id for p in people] + [n for n, _ in grants] + [w.root_id]
        for name in names:
            self.consumers.append(Consumer(self, w, name))
            self.consumers.append(Consumer(self, w, name, kinds=["responsibility", "membership"]))
        for name in ("editorin", "koordination", "kuratorin", w.root_id):
            self.consumers.append(Consumer(self, w, name, reason=PURPOSE))
        for name in ("ohne-alles", "leserin", "editorin"):
            self.consumers.append(Consumer(self, w, name, region="kreis-a"))
            self.consumers.append(Consumer(self, w, name, institution="amt-a"))
            self.consumers.append(Consumer(self, w, name, task="sprache"))
            self.consumers.append(Consumer(self, w, name, kinds=PUBLIC_ONLY))

    # ---- what happens

    def write(self, verb, kind, id_, cells=None):
        try:
            m = self.world.root.write(verb, kind, id_, cells)
        except iqtest.Refused as e:
            self.refused[e.code] = self.refused.get(e.code, 0) + 1
            return False
        return not m.get("approval") or self.approved(m["approval"])

    def approved(self, number):
        """Whoever may; it waits for ever if nobody may any more."""
        waiting = self.world.root.call("approvals", {"id": number})["approvals"]
        for name in [self.world.second, *self.world.people] if waiting else []:
            try:
                self.world.wire(name).call("approve", {
                    "request_id": os.urandom(16), "verb": "APPROVE_YES", "id": number,
                    "reason": "geprüft"})
                return True
            except iqtest.Refused:
                continue
        return False

    def pick(self, kind):
        return self.rng.choice(sorted(self.world.records[kind]))

    def set_contact(self):
        rng, r = self.rng, self.world.records
        cells = rng.choice([
            {"visibility": rng.choice(CLASSES)}, {"function": f"Stelle {rng.random()}"},
            {"name": f"Max {rng.random()}"}, {"institution": self.pick("institution")},
            {"deputy": rng.choice(["", self.pick("contact")])},
            {"valid_to": rng.choice(["", day(-3), day(9)])}])
        return self.write("SET", "contact", rng.choice(sorted(r["contact"])), cells)

    def some_contacts(self):
        return ";".join(self.rng.sample(sorted(self.world.records["contact"]),
                                        self.rng.randrange(3)))

    def set_duty(self):
        rng = self.rng
        cells = rng.choice([
            {"contacts": self.some_contacts()}, {"contacts": self.some_contacts()},
            {"region": rng.choice(["land", "kreis-a", "kreis-b", "stadt-a1", "stadt-b1"])},
            {"valid_to": rng.choice(["", day(-3), day(1), day(2)])},
            {"valid_from": rng.choice(["2026-01-01", day(1), day(2)])},
            {"task": self.pick("task")}, {"note": f"{rng.random()}"}])
        return self.write("SET", "responsibility", self.pick("responsibility"), cells)

    def add_duty(self):
        id_ = f"neu-{self.rng.randrange(30)}"
        ok = self.write("ADD", "responsibility", id_, {
            "institution": self.pick("institution"), "task": self.pick("task"), "role": "advice",
            "region": self.rng.choice(["land", "kreis-a", "stadt-b1"]),
            "contacts": self.some_contacts()})
        if ok:
            self.world.records["responsibility"][id_] = {}

    def delete_duty(self):
        id_ = self.pick("responsibility")
        if self.write("DELETE", "responsibility", id_):
            del self.world.records["responsibility"][id_]

    def add_contact(self):
        id_ = f"kontakt-{self.rng.randrange(12)}"
        if self.write("ADD", "contact", id_, {
                "institution": self.pick("institution"), "name": "Max Muster",
                "function": "Beratung", "visibility": self.rng.choice(CLASSES)}):
            self.world.records["contact"][id_] = {}

    def delete_contact(self):
        id_ = self.pick("contact")
        if self.write("DELETE", "contact", id_):
            del self.world.records["contact"][id_]

    def come_and_go(self):
        """Several changes of the same thing between two answers."""
        for _ in range(3):
            self.rng.choice([self.add_contact, self.delete_contact, self.set_duty,
                             self.set_contact])()

    def structure(self):
        rng = self.rng
        rng.choice([
            lambda: self.write("SET", "institution", self.pick("institution"),
                               {"parent": rng.choice(["", self.pick("institution")])}),
            lambda: self.write("SET", "institution", self.pick("institution"),
                               {"region": rng.choice(["stadt-a1", "stadt-b1", "kreis-a"])}),
            lambda: self.write("SET", "institution", self.pick("institution"),
                               {"phone": f"030 23125 {rng.randrange(100, 999)}"}),
            lambda: self.write("SET", "region", rng.choice(["stadt-a1", "stadt-a2", "stadt-b1"]),
                               {"parent": rng.choice(["kreis-a", "kreis-b"])}),
            lambda: self.write("SET", "region", "gebiet",
                               {"members": rng.choice(["stadt-a2", "stadt-a1;stadt-b1"])}),
            lambda: self.write("SET", "task", "sprache",
                               {"parent": rng.choice(["", "kurs"]), "name_en": f"{rng.random()}"}),
        ])()

    def workshops(self):
        rng = self.rng
        self.write("SET", "membership", self.pick("membership"), rng.choice([
            {"accepted_from": "2026-01-01"}, {"accepted_to": rng.choice(["", day(-1), day(1)])},
            {"representative": self.pick("contact")}]))

    def rights(self):
        rng, w = self.rng, self.world
        name = rng.choice([n for n in w.people if n not in ("zweite-admin",)])
        live = [g for g in w.people[name].grants if not g.revoked]
        try:
            if live and rng.random() < 0.4:
                w.revoke(name, rng.choice(live))
            elif len(live) < 3:
                w.give(name, Grant(rng.choice(["reader", "coordinator"]),
                                   region=rng.choice(["land", "kreis-a", "stadt-b1"]),
                                   valid_to=rng.choice([day(100), day(1)])))
        except iqtest.Refused as e:
            self.refused[e.code] = self.refused.get(e.code, 0) + 1

    def step(self):
        self.rng.choice([self.set_contact] * 4 + [self.set_duty] * 6 + [self.add_duty] * 2 + [
            self.delete_duty, self.delete_duty, self.add_contact, self.add_contact,
            self.delete_contact, self.delete_contact, self.come_and_go, self.come_and_go,
            self.structure, self.workshops, self.rights])()

    def begin(self, seed):
        self.rng, self.refused, self.consumers = random.Random(seed), {}, []
        self.world = World(self, copy.deepcopy(small_world()))
        self.addCleanup(self.world.close)
        self.world.load()
        self.world.second_admin()
        self.cast()
        for c in self.consumers:
            c.check()

    def test_replay(self):
        for seed in range(SEED, SEED + ROUNDS):
            self.begin(seed)
            days = 0
            for n in range(STEPS):
                self.where = f"seed {seed} step {n}"
                self.step()
                for c in self.consumers:  # not everybody asks every time
                    if self.rng.random() < 0.3:
                        c.check()
                if n % 60 == 59:
                    days += 1
                    self.world.travel(days)
            self.where = f"seed {seed} end"
            for c in self.consumers:
                c.check()
            reasons = {}
            for c in self.consumers:
                for k, v in c.refreshes.items():
                    reasons[k] = reasons.get(k, 0) + v
            self.assertGreaterEqual(set(reasons), {"start", "rights", "structure"}, reasons)
            self.assertGreater(sum(c.told for c in self.consumers), 1000)
            self.assertLess(sum(self.refused.values()), STEPS, self.refused)

    def long_duties(self, letter):
        """So much text that a feed takes several pages."""
        rows = []
        for n in range(120):
            # some of them open contacts, some close them again
            contacts = self.some_contacts() if n % 3 == 0 else ""
            rows.append((n + 2, [f"lang-{n}", "amt-a", "kurs", "stadt-b1", "advice",
                                 letter * 6000, contacts]))
            self.world.records["responsibility"][f"lang-{n}"] = {}
        columns = ["id", "institution", "task", "region", "role", "note", "contacts"]
        self.world.root.load([("responsibilities.csv", "responsibility", columns, rows)],
                             reason="correction")

    def test_pages(self):
        """What is written between the pages of an answer gets into the copy as well."""
        self.paging = True
        for seed in range(SEED, SEED + ROUNDS):
            self.begin(seed)
            pages = 0
            for n, letter in enumerate("abcdef"):
                self.where = f"seed {seed} round {n}"
                self.long_duties(letter)
                for c in self.rng.sample([c for c in self.consumers if "kinds" not in c.query], 4):
                    if self.rng.random() < 0.5:
                        c.cookie, c.copy = b"", {}
                    self.page_through(c)
                    pages += c.pages
            self.assertGreater(pages, 30)

    def page_through(self, c):
        c.pages = 0
        try:
            while c.page()["more"] and c.pages < 40:
                c.pages += 1
                self.come_and_go()
                self.step()
        except iqtest.Refused as e:
            self.assertEqual(e.code, "denied", c.say(e))
        c.check()


if __name__ == "__main__":
    iqtest.main()
