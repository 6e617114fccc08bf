# SPDX-License-Identifier: Apache-2.0
"""Every operation, asked by principals of every role, scope and state of grant, for every contact
of a small world: what comes back is what access_reference.py says, and no answer holds a byte of
what the caller may not see. A new row of ops.def without an entry in CHECKS fails here."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "blackbox"))

import iqtest  # noqa: E402
from access_checks import SAMPLES, Reading, operations  # noqa: E402
from access_checks_edition import Editions  # noqa: E402
from access_checks_sync import Syncing  # noqa: E402
from access_checks_views import Viewing  # noqa: E402
from access_checks_write import LATER, SCOPES, STATES, Writing  # noqa: E402
from access_reference import (ACTIONS, EVERYBODY, RIGHTS, ROLES, Grant,  # noqa: E402
                              Principal, read_ops_table)
from access_world import World, day, small_world  # noqa: E402


class Walk(Reading, Writing, Syncing, Editions, Viewing, unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        cls.world = World(cls, small_world())
        cls.world.test = cls()
        cls.world.load()
        cls.world.second_admin()
        cls.cast()
        cls.world.travel(LATER)

    @classmethod
    def tearDownClass(cls):
        cls.world.close()
        if cls.server_alive():
            cls.world.server.stop()

    @classmethod
    def server_alive(cls):
        return cls.world.server.alive()

    def runTest(self):
        """For the instance that reports findings of the world."""

    @classmethod
    def cast(cls):
        """The principals: one per cell of role × scope × state, and those without a grant."""
        w = cls.world
        for name, institution, contact_ in (
                ("ohne-alles", "", ""), ("kollegin", "amt-a", ""), ("team-kollege", "amt-a-team", ""),
                ("gast-b", "dienst-b", ""), ("gast-haus", "haus-land", ""),
                ("vertreterin-a", "amt-a", "amt-a-rep"), ("vertreter-b", "dienst-b", "dienst-b-rep"),
                ("stellvertretung-b", "dienst-b", "dienst-b-dep"),
                ("angefragt", "werk-a2", "werk-a2-rep"), ("ehemals", "haus-land", "haus-land-rep"),
                ("person-selbst", "amt-a-team", "amt-a-team-institution")):
            w.enroll(Principal(name, institution, contact_))
        for role in ROLES:
            for institution, region in SCOPES[role]:
                for state, (since, until) in STATES.items():
                    if state != "valid" and (institution, region) != SCOPES[role][0]:
                        continue
                    cls.person(role, institution, region, state, since, until)
        # a person with rights of two kinds, and one with rights and colleagues
        w.enroll(Principal("zweifach", "dienst-b"))
        w.give("zweifach", Grant("reader", region="kreis-a", valid_to=day(100)))
        w.give("zweifach", Grant("editor", institution="werk-a2", valid_to=day(100)))

    @classmethod
    def person(cls, role, institution, region, state, since, until):
        w = cls.world
        name = "-".join(x for x in ("p", role, institution.replace("-", ""), region, state) if x)
        w.enroll(Principal(name))
        grant = Grant(role, institution, region, day(since), day(until))
        w.give(name, grant)
        if state == "revoked":
            w.revoke(name, grant)

    # ---- every row of the table

    def test_every_operation_has_an_entry(self):
        names = {name for name, _, _ in operations()}
        self.assertEqual(names, set(CHECKS), "give the new operation a check in CHECKS")
        self.assertEqual(names, set(read_ops_table()), "and a line in ops_rights.csv")

    def test_role_table(self):
        """`iqq rights` prints the model's table, cell by cell."""
        got = {(i["role"], i["action"]): i["reach"] for i in self.world.iqq.json("rights")["items"]}
        want = {(r, a): "everybody" if a in EVERYBODY else RIGHTS.get((r, a), "no")
                for r in ROLES for a in ACTIONS}
        self.assertEqual(got, want)

    def test_walk(self):
        for operation, check in CHECKS.items():
            for name, p in self.everybody():
                with self.subTest(operation=operation, principal=name):
                    check(self, name, p)
        self.assertGreater(self.world.answers, 5000)

    def test_editors_import(self):
        """What an editor or curator may write one by one, it may import."""
        for name, p in self.everybody():
            for owner in ("amt-a", "dienst-b"):
                if self.access.may_edit_of(p, owner):
                    self.assertEqual(self.import_contact(name, owner), "ok", (name, owner))
            if self.access.may(p, "vocabulary"):
                self.assertEqual(self.import_task(name), "ok", name)

    def test_coarse_rights(self):
        """No role that has the coarse right: `denied`, whatever is asked; unknown peers: `login`."""
        table = read_ops_table()
        for operation, _, _ in operations():
            for name, p in [*self.everybody(), ("", None)]:
                row = table[operation]
                roles = {g.role for g in p.grants if self.access.live(g)} if p else set()
                allowed = (row["principal"] == "yes" or any(row[r] == "yes" for r in roles)
                           if p else row["anonymous"] == "yes")
                with self.subTest(operation=operation, principal=name):
                    _, error = self.ask(name, operation, SAMPLES.get(operation, {}))
                    code = error["code"] if error else "ok"
                    if not allowed:
                        self.assertEqual(code, "denied" if p else "login")
                    elif operation not in ("enroll", "renew") and row["principal"] == "yes":
                        self.assertNotIn(code, ("denied", "login"))


CHECKS = {
    "enroll": Walk.check_enroll, "who": Walk.check_who, "contact": Walk.check_contact,
    "search": Walk.check_search, "get": Walk.check_get, "list": Walk.check_list,
    "tasks_of": Walk.check_tasks_of, "guide": Walk.check_guide,
    "import_begin": Walk.check_import, "import_rows": Walk.check_nothing,
    "import_commit": Walk.check_nothing, "export": Walk.check_export, "write": Walk.check_write,
    "revert": Walk.check_revert,
    "whoami": Walk.check_whoami, "status": Walk.check_status, "renew": Walk.check_renew,
    "principal": Walk.check_principal, "principals": Walk.check_principals,
    "token": Walk.check_token, "tokens": Walk.check_tokens, "grant": Walk.check_grant,
    "grants": Walk.check_grants, "can": Walk.check_can, "who_can": Walk.check_who_can,
    "approvals": Walk.check_approvals, "approve": Walk.check_approve, "audit": Walk.check_audit,
    "audit_verify": Walk.check_audit_verify, "my_data": Walk.check_my_data,
    "flag": Walk.check_flag, "flags": Walk.check_flags, "history": Walk.check_history,
    "sync_plan": Walk.check_sync_plan, "sync_apply": Walk.check_sync_apply,
    "sync_status": Walk.check_sync_status, "sync_resolve": Walk.check_sync_resolve,
    "erase": Walk.check_erase, "stale": Walk.check_stale, "diff": Walk.check_diff,
    "sheet": Walk.check_sheet, "handover": Walk.check_handover,
    "changes": Walk.check_changes, "edition": Walk.check_edition,
    "matrix": Walk.check_matrix, "gaps": Walk.check_gaps, "overlaps": Walk.check_overlaps,
    "stakeholders": Walk.check_stakeholders, "path": Walk.check_path,
    "tally": Walk.check_tally, "vote_close": Walk.check_vote_close,
}


if __name__ == "__main__":
    iqtest.main()
