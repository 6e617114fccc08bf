# SPDX-License-Identifier: Apache-2.0
"""Sync over the protocol: a plan changes nothing, applying does what was shown, once; plans outlive
a restart, but not what they hold of a person who is erased."""

import os

import iqtest


class Plans(iqtest.Case):
    data = None

    def setUp(self):
        self.root = self.iqq.connect()
        self.addCleanup(lambda: self.root.close())

    def files(self):
        folder = os.path.join(self.server.dir, "plans")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def plan(self, rows, **request):
        head = [{"index": 0, "name": "kontakte.xlsx", "kind": "contact",
                 "columns": ["name", "function", "email", "phone"]}]
        self.root.call("import_begin", {"request_id": os.urandom(16), "reason": "correction"})
        self.root.call("import_rows", {"files": head, "file": 0, "rows": [
            {"line": i + 2, "cells": list(row)} for i, row in enumerate(rows)]})
        return self.root.call("sync_plan", {"institution": "amt", **request})

    def restart(self, between=lambda: None):
        self.root.close()
        self.server.stop()
        between()
        self.server.start()
        self.root = self.iqq.connect()

    def apply(self, plan, request_id=None, **more):
        return self.root.call("sync_apply", {"request_id": request_id or os.urandom(16),
                                             "plan": plan["plan"], **more})

    def refused(self, code, function, *args, **more):
        with self.assertRaises(iqtest.Refused) as r:
            function(*args, **more)
        self.assertEqual(r.exception.code, code)

    def contacts(self):
        listed = self.root.call("list", {"kind": "contact", "reason": "correction"})
        return {r["contact"]["name"]: r["contact"] for r in listed["records"]}

    def test_life_of_a_plan(self):
        self.root.write("ADD", "region", "stadt", {"kind": "kreis", "name_de": "Stadt"})
        self.root.write("ADD", "kind", "behoerde", {"name_de": "Behörde"})
        self.root.write("ADD", "institution", "amt", {
            "kind": "behoerde", "region": "stadt", "name_de": "Amt"})
        first = [("Erika Mustermann", "Kurse", "erika@example.org", "030 23125 101"),
                 ("Max Muster", "Kasse", "max@example.org", "030 23125 102")]
        plan = self.plan(first)
        self.assertEqual([line["act"] for line in plan["lines"]], ["add", "add"])
        self.assertEqual(self.contacts(), {})
        self.assertEqual(self.files(), [plan["plan"]])
        self.restart()
        once = os.urandom(16)
        done = self.apply(plan, once)
        self.assertEqual(set(self.contacts()), {"Erika Mustermann", "Max Muster"})
        self.assertEqual(self.files(), [])
        again = self.apply(plan, once)
        self.assertTrue(again["replayed"])
        self.assertEqual(again["revision"], done["revision"])
        self.refused("conflict", self.apply, plan)

        # a marriage; somebody left
        plan = self.plan([("Erika Sommer", "Kurse", "erika@example.org", "030 23125 101")])
        acts = {line["name"]: line for line in plan["lines"]}
        self.assertTrue(acts["Erika Mustermann"]["renamed"])
        self.assertEqual(acts["Max Muster"]["act"], "archive")
        erika = acts["Erika Mustermann"]["id"]
        self.apply(plan)
        self.assertEqual(set(self.contacts()), {"Erika Sommer"})
        self.assertEqual(self.contacts()["Erika Sommer"]["id"], erika)
        status = self.root.call("sync_status", {"institution": "amt"})
        self.assertEqual(status["states"][0]["rows"], 1)

        # a list that waits names whom it likes: it goes with whoever is erased
        plan = self.plan([("Erika Sommer", "Leitung", "erika@example.org", "030 23125 101")])
        self.assertEqual(self.files(), [plan["plan"]])
        asked = self.root.call("erase", {"request_id": os.urandom(16), "contact": erika,
                                         "reason": "correction"})
        # by the operator: there is only one administrator
        self.restart(lambda: self.assertExit(iqtest.run(
            [iqtest.IQD, "approve", "--state", self.server.dir, str(asked["approval"])]), 0))
        self.assertEqual(self.files(), [])
        self.refused("not-found", self.apply, plan)

        # what is stored is whole, after all of this
        self.restart(lambda: self.assertExit(iqtest.run(
            [iqtest.IQD, "check", "--state", self.server.dir]), 0))


if __name__ == "__main__":
    iqtest.main()
