#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Contacts in confidence: on record before the answer leaves, in order, and what happens when the
audit log cannot be written."""

import glob
import os
import resource
import signal
import unittest

import iqtest

PLAIN = {"task": "integration-course", "region": "dresden"}
PERSON = {"term": "abh-leipzig-casework", "reason": "referral"}
NAME = "Carla Vorlage"


class Confidential(iqtest.Case):
    def log_lines(self):
        lines = []
        for path in sorted(glob.glob(os.path.join(self.server.dir, "audit", "*.log"))):
            with open(path, encoding="utf-8", errors="replace") as f:
                lines += [line for line in f.read().splitlines() if line.strip("\0")]
        return lines

    def disclosed(self):
        return sum("disclosed" in line for line in self.log_lines())

    def limit_files(self, size):
        """No file of the daemon can grow beyond this; what is there can still be read."""
        _, hard = resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (size, hard))

    def shows(self):
        return NAME in self.iqq("contact", PERSON["term"], "--reason", "referral").out

    def break_log(self):
        self.addCleanup(self.mend_log)
        self.limit_files(64)
        iqtest.wait_for(lambda: not self.shows(), "the log to be broken")

    def mend_log(self):
        if not self.server.alive():
            return
        self.limit_files(resource.RLIM_INFINITY)
        iqtest.wait_for(self.shows, "the log to be whole again")

    def test_on_record_first(self):
        before = self.disclosed()
        with self.iqq.connect() as c:
            for i in range(20):
                r = c.call("contact", PERSON)
                self.assertEqual(r["contacts"][0]["name"], NAME)
                # durable before the answer left
                self.assertGreater(self.disclosed(), before + i)
        self.assertTrue(any("referral" in line for line in self.log_lines()))
        self.assertFalse(any(NAME in line or PERSON["term"] in line for line in self.log_lines()))

    def pipelined(self, c, n, want):
        """Questions of all kinds at once; answers come in their order."""
        kinds = [("who", PLAIN), ("contact", PERSON), ("get", {"kind": "contact", "id": PERSON["term"]}),
                 ("status", {}), ("export", {"kinds": ["contact"]})]
        asked = [kinds[i * 7 % len(kinds)] for i in range(n)]
        numbers = [c.send(*q) for q in asked]
        names = 0
        for number, (operation, _) in zip(numbers, asked):
            r = c.receive()
            self.assertEqual(r["id"], number)
            self.assertIsNone(r["error"], r)
            self.assertIsNotNone(r[operation], r)
            if operation == "contact":
                names += len(r["contact"]["contacts"])
                for w in r["contact"]["withheld"]:
                    self.assertEqual(w["because"], "audit")
            elif operation == "get":
                names += bool(r["get"]["record"]["contact"]["name"])
        self.assertEqual(names, want * sum(q[0] in ("contact", "get") for q in asked))

    def test_order(self):
        with self.iqq.connect() as c:
            self.pipelined(c, 150, 1)

    def test_writes_between(self):
        with self.iqq.connect() as c:
            sent = []
            for i in range(30):
                sent.append((c.send("contact", PERSON), "contact", None))
                field = [{"key": "note", "value": f"Hinweis {i}"}]
                sent.append((c.send("write", {"request_id": os.urandom(16), "verb": "SET", "kind": "responsibility",
                                              "id": self.responsibility(), "fields": field}), "write", None))
                sent.append((c.send("get", {"kind": "responsibility", "id": self.responsibility()}), "get",
                             f"Hinweis {i}"))
            for number, operation, note in sent:
                r = c.receive()
                self.assertEqual(r["id"], number)
                self.assertIsNotNone(r[operation], r)
                if note:
                    self.assertEqual(r["get"]["record"]["responsibility"]["note"], note)

    def responsibility(self):
        if not hasattr(self, "first"):
            self.first = self.iqq.json("list", "responsibility", "--limit", "1")["items"][0]["id"]
        return self.first

    def test_broken_log(self):
        plain = self.iqq.json("who", "--task", "integration-course", "--region", "dresden")["answers"]
        self.break_log()
        # plain answers go on as before
        self.assertEqual(self.iqq.json("who", "--task", "integration-course", "--region", "dresden")["answers"], plain)
        # confidential fields are withheld, and it is said why
        done = self.iqq("contact", "abh-leipzig", "--reason", "referral")
        self.assertExit(done, 0, "cannot put on record")
        self.assertNotIn(NAME, done.out)
        german = self.iqq("kontakt", "abh-leipzig", "--reason", "referral", env={"IQQ_LANG": "de"})
        self.assertExit(german, 0, "zurückgehalten")
        terminal = self.iqq.terminal("contact", "abh-leipzig", "--reason", "referral")
        self.assertIn("cannot put on record", " ".join(terminal.out.split()))
        item = self.iqq.json("contact", "abh-leipzig", "--reason", "referral")["items"][0]
        self.assertEqual({w["because"] for w in item["withheld"]}, {"audit"})
        self.assertExit(self.iqq("get", "contact", PERSON["term"], "--reason", "referral"), 0, "cannot put on record")
        listed = self.iqq("list", "contact", "--csv")
        self.assertExit(listed, 0, "cannot put on record")
        self.assertNotIn(NAME, listed.out)
        # changes are refused
        self.assertExit(self.iqq("set", "responsibility", self.responsibility(), "note=x"), 8, "audit log")
        self.assertExit(self.iqq("set", "contact", PERSON["term"], "phone=+49 30 23125 999", "-n"), 8)
        self.assertIn("audit", self.server.read_log())
        with self.iqq.connect() as c:
            self.pipelined(c, 40, 0)
        self.mend_log()
        self.assertExit(self.iqq("set", "responsibility", self.responsibility(), "note=x"), 0)

    def test_breaks_under_way(self):
        """The log breaks while answers wait for it: each is whole or withheld, in order."""
        self.addCleanup(self.mend_log)
        with self.iqq.connect() as c:
            numbers = [c.send("contact", PERSON) for _ in range(50)]
            self.limit_files(64)
            numbers += [c.send("contact", PERSON) for _ in range(50)]
            before = None
            for number in numbers:
                r = c.receive()
                self.assertEqual(r["id"], number)
                self.assertIsNone(r["error"], r)
                self.assertEqual(len(r["contact"]["contacts"]) + len(r["contact"]["withheld"]), 1)
                before = r
            self.assertEqual(before["contact"]["withheld"][0]["because"], "audit")

    def test_gone_while_waiting(self):
        for _ in range(20):
            c = self.iqq.connect()
            for _ in range(30):
                c.send("contact", PERSON)
            c.close()
        self.assertTrue(self.shows())


class Drain(iqtest.Case):
    def test_stop_while_waiting(self):
        """What was asked is answered before the server goes."""
        with self.iqq.connect() as c:
            numbers = [c.send("contact", PERSON) for _ in range(100)]
            first = c.receive()
            self.assertEqual(first["id"], numbers[0])
            self.server.process.send_signal(signal.SIGTERM)
            got = 1
            try:
                for number in numbers[1:]:
                    r = c.receive()
                    self.assertEqual(r["id"], number)
                    self.assertIsNotNone(r["contact"])
                    got += 1
            except (EOFError, OSError):
                pass  # what was not read yet when the signal came
        self.assertEqual(self.server.process.wait(iqtest.DEADLINE), 0, self.server.read_log())
        self.server.process.stdout.close()
        self.assertGreaterEqual(got, 1)
        self.assertEqual(self.server.check().exit, 0)


if __name__ == "__main__":
    iqtest.main()
