# SPDX-License-Identifier: Apache-2.0
"""Checks of sync: plans show and take no more than their caller's rights; they are nobody else's."""

from access_checks import rid

NO_PLAN = "0123456789abcdef0123456789abcdef"


class Syncing:
    """Mixed in like Reading."""

    plans = {}  # of others: principal, number

    def plan(self, name, institution, rows, **request):
        """Columns function and name; what answers to SyncPlanRequest, and the code."""
        files = [("contacts.csv", "contact", ["name", "function"],
                  [(i + 2, list(row)) for i, row in enumerate(rows)])]
        found = {}
        code = self.world.load_as(
            name, files, commit=("sync_plan", {"institution": institution, **request}),
            into=found)
        return found.get("answer"), code

    def check_sync_plan(self, name, p):
        for owner in self.world.records["institution"]:
            may = self.access.may_at_all(p, "write") and self.access.may_edit_of(p, owner)
            # everybody of the institution is missing in this list
            answer, code = self.plan(name, owner, [("Neu Muster", "Empfang")])
            self.assertEqual(code, "ok" if may else "denied", f"{name} syncs {owner}")
            if not may:
                continue
            Syncing.plans[name] = answer["plan"]
            self.assertEqual(answer["institution"], owner)
            lines = {line["id"]: line for line in answer["lines"]}
            for c, line in lines.items():
                if c not in self.contacts:
                    self.assertEqual(line["act"], "add")
                    continue
                self.assertEqual(self.contacts[c]["institution"], owner, f"{name}: {c}")
                self.assertEqual(self.access.disclosure(p, c), "full", f"{name}: {c}")
                self.assertTrue(self.access.may_edit_contact(p, c), f"{name}: {c}")

    def others_plan(self, name):
        return next((n for who, n in Syncing.plans.items() if who != name), NO_PLAN)

    def check_sync_apply(self, name, p):
        want = "not-found" if self.access.may_at_all(p, "write") else "denied"
        for number in (NO_PLAN, self.others_plan(name)):
            code = self.code(name, "sync_apply", {"plan": number, "allow_deletes": 1})
            self.assertEqual(code, want, f"{name} applies another's plan")

    def check_sync_resolve(self, name, p):
        want = "not-found" if self.access.may_at_all(p, "write") else "denied"
        for number in (NO_PLAN, self.others_plan(name)):
            _, error = self.ask(name, "sync_resolve", {"request_id": rid(), "plan": number,
                                                       "side": "mine"})
            self.assertEqual(error["code"], want, f"{name} decides in another's plan")

    def check_sync_status(self, name, p):
        coarse = self.access.may_at_all(p, "write")
        want = "not-found" if coarse else "denied"
        _, error = self.ask(name, "sync_status", {"plan": self.others_plan(name)})
        self.assertEqual(error["code"], want, f"{name} looks at another's plan")
        for owner in self.world.records["institution"]:
            answer, error = self.ask(name, "sync_status", {"institution": owner})
            if coarse and self.access.may_edit_of(p, owner):
                self.assertEqual([s["institution"] for s in answer["states"]], [owner])
            else:
                self.assertEqual(error["code"], "denied", f"{name}: {owner}")
        if coarse:
            answer, _ = self.ask(name, "sync_status", {})
            for state in answer.get("states", []):
                self.assertTrue(self.access.may_edit_of(p, state["institution"]), name)
