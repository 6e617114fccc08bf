# SPDX-License-Identifier: Apache-2.0
"""What is hidden does not exist, the daily limit, and peers without certificate."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
from access_checks import SAMPLES, operations, plain, rid  # noqa: E402
from access_checks_edition import EDITIONS, REGIONS  # noqa: E402
from access_reference import HIDDEN, Grant, Principal  # noqa: E402
from access_world import PURPOSE, World, contact, day, small_world  # noqa: E402


class Small(unittest.TestCase):
    """Worlds of their own, with few people."""

    maxDiff = 3000

    def setUp(self):
        self.world = World(self, small_world())
        self.world.load()
        self.addCleanup(self.world.server.discard)
        self.addCleanup(self.world.close)

    def person(self, name, institution="", grants=()):
        self.world.enroll(Principal(name, institution))
        for g in grants:
            self.world.give(name, g)
        return self.world.people[name]

    def ask(self, name, operation, message):
        answer, error = self.world.call(name, operation, message)
        return plain([answer, error])


class Absent(Small):
    """A hidden contact does not exist: with it and without it every answer is the same."""

    def questions(self):
        reason = {"reason": PURPOSE}
        for contacts in ({}, {"contacts": True, **reason}):
            for region in ("stadt-a1", "kreis-b", "land"):
                yield "who", {"task": "kurs", "region": region, "all": True, "explain": True,
                              **contacts}
        for i in self.world.records["institution"]:
            yield "contact", {"term": i, **reason}
            yield "tasks_of", {"institution": i}
            yield "list", {"kind": "contact", "filters": [{"key": "institution", "value": i}],
                           **reason}
            yield "flags", {"institution": i}
        for text in ("Qverborgen", "Erika", "amt-a-verborgen", "verborgen", "Fachstelle", "amt",
                     "Erika Qverborgen"):
            yield "search", {"text": text}
        for kind in self.world.records:
            yield "list", {"kind": kind, **reason}
            yield "export", {"kinds": [kind], **reason}
        for kind, id_ in (("contact", "amt-a-verborgen"), ("contact", "amt-a-public"),
                          ("responsibility", "r1-amt-a"), ("membership", "runde-1-werk-a2")):
            yield "get", {"kind": kind, "id": id_, **reason}
            yield "get", {"kind": kind, "id": id_, "known_at": 1, **reason}
        for more in ({}, reason):
            yield "stale", {**more}
            yield "stale", {"institution": "amt-a", "why": ["no-contact", "orphan"], **more}
            yield "diff", {"from_revision": 1, "region": "land", **more}
            yield "diff", {"from": "2026-01-01", **more}
        for edition in EDITIONS:
            for region in REGIONS:
                yield "edition", {"region": region, "edition": edition, "recipient": "Runde",
                                  **reason}
        for operation in ("my_data", "whoami", "approvals", "grants"):
            yield operation, {}
        yield "history", {"kind": "contact", "id": "amt-a-verborgen", **reason}
        yield "can", {"action": "contact", "kind": "contact", "id": "amt-a-verborgen"}
        yield "can", {"action": "edit", "kind": "contact", "id": "amt-a-verborgen"}

    def hide(self):
        """Somebody in the shadow, referred to from everywhere."""
        new = contact("amt-a", "verborgen", "institution")
        new.update(name="Erika Qverborgen", email="qverborgen@example.org",
                   function="Fachstelle Qverborgen", phone="030 23125 Qverborgen")
        records = self.world.records
        records["contact"][new["id"]] = new
        records["responsibility"]["r1-amt-a"]["contacts"].append(new["id"])
        records["contact"]["amt-a-public"]["deputy"] = new["id"]
        records["membership"]["runde-1-werk-a2"]["deputy"] = new["id"]
        self.world.load(["contact", "responsibility", "membership"])

    def test_nothing_changes(self):
        self.world.records["contact"]["amt-a-public"]["deputy"] = ""
        self.world.records["membership"]["runde-1-werk-a2"]["deputy"] = ""
        self.world.load(["contact", "membership"])
        self.person("niemand")
        self.person("gast-haus", "haus-land")
        self.person("leserin", "", [Grant("reader", region="land", valid_to=day(50))])
        self.person("koordination", "", [Grant("coordinator", region="kreis-b",
                                               valid_to=day(50))])
        self.person("kurator", "", [Grant("curator", valid_to=day(50))])
        before = {(name, n): self.ask(name, *q) for name in self.world.people
                  for n, q in enumerate(self.questions())}
        self.hide()
        for name, p in self.world.people.items():
            self.assertEqual(self.world.access.disclosure(p, "amt-a-verborgen"), HIDDEN)
            for n, q in enumerate(self.questions()):
                with self.subTest(principal=name, question=q):
                    self.assertEqual(self.ask(name, *q), before[name, n])

    def test_status_counts(self):
        self.person("niemand")
        before = self.ask("niemand", "status", {})[0]["records"]
        self.hide()
        self.assertEqual(self.ask("niemand", "status", {})[0]["records"], before)


class Limit(Small):
    """Fifty different persons of other institutions a day, by whatever way."""

    PERSONS = 70

    def setUp(self):
        super().setUp()
        for n in range(self.PERSONS):
            c = contact("dienst-b", f"person{n:02}", "partners")
            self.world.records["contact"][c["id"]] = c
        self.world.load(["contact"])
        self.world.second_admin()

    def names(self, data):
        return {c for c, r in self.world.records["contact"].items()
                if r["institution"] == "dienst-b" and r["visibility"] != "public"
                and r["name"].encode() in data}

    def everything(self, name):
        """What is seen by all ways together."""
        seen = set()
        questions = [("contact", {"term": "dienst-b"}), ("list", {"kind": "contact"}),
                     ("export", {"kinds": ["contact"]}), ("search", {"text": "Erika"})]
        some = [c for c in self.world.records["contact"] if c.startswith("dienst-b")]
        for c in some:
            questions += [("get", {"kind": "contact", "id": c}), ("contact", {"term": c}),
                          ("history", {"kind": "contact", "id": c})]
        for operation, m in questions:
            if operation != "search":
                m["reason"] = PURPOSE
            self.world.call(name, operation, m)
            seen |= self.names(self.world.wire(name).seen)
        return seen

    def test_reader(self):
        self.person("leserin", "", [Grant("reader", region="stadt-b1", valid_to=day(50))])
        answer, error = self.world.call("leserin", "contact", {"term": "dienst-b",
                                                               "reason": PURPOSE})
        self.assertIsNone(error, "beyond the limit the answer stays")
        confidential = [c for c in answer["contacts"] if c["visibility"] != "public"]
        self.assertEqual(len(confidential), 50)
        self.assertEqual({w["because"] for w in answer["withheld"]
                          if w["visibility"] == "partners"}, {"quota"})
        first = {c["id"] for c in confidential}
        self.assertEqual(self.everything("leserin"), first, "repeats are free, others are not")
        _, error = self.world.call("leserin", "approve", {
            "request_id": rid(), "verb": "APPROVE_QUOTA", "principal": "leserin", "reason": "x"})
        self.assertIsNotNone(error, "nobody lifts the own limit")
        self.world.root.call("approve", {"request_id": rid(), "verb": "APPROVE_QUOTA",
                                         "principal": "leserin", "reason": "x"})
        self.assertGreater(len(self.everything("leserin")), self.PERSONS - 1)

    def test_coordinator(self):
        self.person("koordination", "", [Grant("coordinator", region="kreis-b",
                                               valid_to=day(50))])
        self.assertLessEqual(len(self.everything("koordination")), 50)

    def test_own_are_free(self):
        self.person("editorin", "", [Grant("editor", institution="dienst-b", valid_to=day(50))])
        self.person("kollege", "dienst-b")
        for name in ("editorin", "kollege"):
            self.assertGreaterEqual(len(self.everything(name)), self.PERSONS, name)


class Anonymous(Small):
    def test_nothing_without_a_certificate(self):
        """Whatever is asked: `login`, and nothing of the records."""
        for operation, _, _ in operations():
            if operation == "enroll":
                continue
            answer, error = self.world.call("", operation, SAMPLES.get(operation, {}))
            self.assertEqual(error and error["code"], "login", operation)

    def test_workshop_of_an_area(self):
        """Areas are the territory of workshops."""
        self.world.root.write("ADD", "workshop", "gebietsrunde",
                              {"region": "gebiet", "name_de": "Gebietsrunde"})


if __name__ == "__main__":
    iqtest.main()
