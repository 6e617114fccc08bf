# SPDX-License-Identifier: Apache-2.0
"""Checks of the operations that change something, and of those about rights: all without effect."""

from access_checks import MISSING, rid
from access_reference import ACTIONS, FULL, HIDDEN, ROLES, Grant, Target
from access_world import PURPOSE, day

REGIONS = ["kreis-a", "kreis-b", "stadt-a2", "gebiet", "land"]
SCOPES = {  # role: [(institution, region)], own, related and foreign to most of the contacts; all
    "reader": [("", r) for r in REGIONS],
    "editor": [("amt-a", ""), ("amt-a-team", ""), ("werk-a2", "")],
    "coordinator": [("", r) for r in REGIONS],
    "curator": [("", "")], "admin": [("", "kreis-a"), ("", "gebiet"), ("", "")],
    "auditor": [("", "")],
}
LATER = 40  # days; the walk begins then
STATES = {  # state of a grant then: (valid_from, valid_to) as days from now
    "valid": (0, 200), "expired": (0, LATER - 1), "last-day": (0, LATER),
    "first-day": (LATER, 100), "future": (LATER + 1, 100), "revoked": (0, 200),
}


class Writing:
    """Mixed in like Reading."""

    # ---- changes, all without effect

    def code(self, name, operation, message):
        _, error = self.ask(name, operation, {"request_id": rid(), "dry_run": True, **message})
        return error["code"] if error else "ok"

    def write(self, name, verb, kind, id_, fields=None, **more):
        return self.code(name, "write", {
            "verb": verb, "kind": kind, "id": id_, "reason": "correction",
            "fields": [{"key": k, "value": v} for k, v in (fields or {}).items()], **more})

    def check_write(self, name, p):
        if not self.access.may_at_all(p, "write"):
            self.assertEqual(self.write(name, "SET", "task", "kurs", {"name_en": "C"}), "denied")
            return
        vocabulary = "ok" if self.access.may(p, "vocabulary") else "denied"
        for kind, id_, fields in (("task", "kurs", {"name_en": "Course"}),
                                  ("region", "kreis-a", {"name_en": "County"}),
                                  ("status", "duldung", {"name_en": "Toleration"}),
                                  ("kind", "amt", {"name_en": "Office"}),
                                  ("notice", "neu-offen", {"effect": "info", "text_de": "x"})):
            verb = "ADD" if kind == "notice" else "SET"
            self.assertEqual(self.write(name, verb, kind, id_, fields), vocabulary,
                             f"{name} {kind}")
        self.write_contacts(name, p)
        self.write_institutions(name, p)
        self.write_others(name, p)

    def write_contacts(self, name, p):
        for c, r in self.contacts.items():
            may = self.access.may_edit_contact(p, c)
            d = self.access.disclosure(p, c)
            for verb, fields in (("SET", {"function": "Neue Stelle"}), ("DELETE", None),
                                 ("ARCHIVE", None), ("REVIVE", None)):
                m = {"request_id": rid(), "verb": verb, "kind": "contact", "id": c,
                     "dry_run": True, "reason": "correction",
                     "fields": [{"key": k, "value": v} for k, v in (fields or {}).items()]}
                if d == HIDDEN and not may:
                    self.same_as_missing(name, "write", m, c)
                    continue
                code = self.write(name, verb, "contact", c, fields)
                if not may or verb == "REVIVE":
                    self.assertIn(code, ("denied", "not-found"), f"{name} {verb} {c}")
                elif verb == "SET" and d == FULL:
                    self.assertEqual(code, "ok", f"{name} {verb} {c}")
            code = self.write(name, "ADD", "contact", c, {"institution": r["institution"],
                                                          "name": "Max Muster"})
            self.assertIn(code, ("conflict",) if may else ("conflict", "denied"), f"{name} ADD {c}")
        for owner in self.world.records["institution"]:
            code = self.write(name, "ADD", "contact", "neuer-kontakt", {
                "institution": owner, "name": "Max Muster", "visibility": "partners"})
            self.assertEqual(code, "ok" if self.access.may_edit_of(p, owner) else "denied",
                             f"{name} adds a contact of {owner}")

    def write_institutions(self, name, p):
        a = self.access
        for id_, r in self.world.records["institution"].items():
            code = self.write(name, "SET", "institution", id_, {"hours": "Mo 9-12"})
            want = a.may_edit_of(p, id_)
            if a.may(p, "structure", Target(id_, r["region"])) and not want:
                continue  # own fields by an administrator: not said
            self.assertEqual(code, "ok" if want else "denied", f"{name} hours of {id_}")
            for fields, region in (({"region": "stadt-b1"}, "stadt-b1"),
                                   ({"region": "stadt-a1"}, "stadt-a1")):
                if r["region"] != region:
                    code = self.write(name, "SET", "institution", id_, fields)
                    self.assertEqual(code, "ok" if a.may_move(p, id_, region) else "denied",
                                     f"{name} moves {id_} to {region}")
            if id_ not in ("haus-land", "amt-a"):
                code = self.write(name, "SET", "institution", id_, {"parent": "haus-land"})
                if not a.may_move(p, id_, "land"):
                    self.assertEqual(code, "denied", f"{name} gives {id_} another parent")
        for region in ("stadt-a1", "stadt-b1", "land"):
            code = self.write(name, "ADD", "institution", "neues-haus", {
                "name_de": "Neu", "kind": "amt", "region": region})
            self.assertEqual(code, "ok" if a.may_found(p, "", region) else "denied",
                             f"{name} founds in {region}")

    def write_others(self, name, p):
        a = self.access
        for institution in self.world.records["institution"]:
            for region in ("stadt-a1", "stadt-b1"):
                code = self.write(name, "ADD", "responsibility", "neue-zeile", {
                    "institution": institution, "task": "kurs", "region": region, "role": "advice"})
                want = a.may(p, "edit", Target(institution, region))
                self.assertEqual(code, "ok" if want else "denied",
                                 f"{name} adds a row of {institution} in {region}")
        for id_, r in self.world.records["responsibility"].items():
            want = a.may(p, "edit", Target(r["institution"], r["region"]))
            code = self.write(name, "SET", "responsibility", id_, {"note": "Test"})
            self.assertEqual(code, "ok" if want else "denied", f"{name} note of {id_}")
            for verb in ("CONFIRM", "ARCHIVE"):
                code = self.write(name, verb, "responsibility", id_)
                self.assertEqual(code, "ok" if want else "denied", f"{name} {verb} {id_}")
            self.attach(name, p, id_, r)
        for id_, m in self.world.records["membership"].items():
            for fields in ({"accepted_from": day(LATER)}, {"accepted_to": ""},
                           {"representative": "dienst-b-public"}):
                if all(m[k] == v for k, v in fields.items()):
                    continue
                code = self.write(name, "SET", "membership", id_, fields)
                if not a.may_accept_for(p, m["institution"]):
                    self.assertNotEqual(code, "ok", f"{name} {fields} of {id_}")

    def attach(self, name, p, id_, r):
        """Attaching a contact to a row shows it to the readers of the row's region."""
        for c in ("amt-a-partners", "amt-a-team-workshop", "dienst-b-partners"):
            if c in r["contacts"] or not self.access.may(p, "edit",
                                                        Target(r["institution"], r["region"])):
                continue
            m = {"request_id": rid(), "verb": "SET", "kind": "responsibility", "id": id_,
                 "dry_run": True, "reason": "correction",
                 "fields": [{"key": "contacts", "value": c}]}
            if self.access.may_edit_contact(p, c):
                continue
            if self.access.disclosure(p, c) == HIDDEN:
                self.same_as_missing(name, "write", m, c)
            _, error = self.ask(name, "write", {**m, "request_id": rid()})
            self.assertIsNotNone(error, f"{name} attaches {c} to {id_}")

    def check_import(self, name, p):
        if not self.access.may_at_all(p, "write"):
            self.assertEqual(self.code(name, "import_begin", {}), "denied")
            return
        for c in self.contacts:
            if not self.access.may_edit_contact(p, c):
                files = [("contacts.csv", "contact", ["id", "institution", "function"],
                          [(2, [c, self.contacts[c]["institution"], "Andere"])])]
                code = self.world.load_as(name, files, dry_run=True)
                self.assertNotEqual(code, "ok", f"{name} imports over {c}")
        if not self.access.may(p, "vocabulary"):
            self.assertNotEqual(self.import_task(name), "ok", f"{name} imports a task")

    def import_task(self, name):
        files = [("tasks.csv", "task", ["id", "name_de"], [(2, ["kurs", "Anders"])])]
        return self.world.load_as(name, files, dry_run=True)

    def import_contact(self, name, owner):
        files = [("contacts.csv", "contact", ["id", "institution", "name"],
                  [(2, ["neuer-kontakt", owner, "Max Muster"])])]
        return self.world.load_as(name, files, dry_run=True)

    def check_revert(self, name, p):
        """The change that made the world: nobody but who may write all of it takes it back."""
        if not hasattr(type(self), "first"):
            entries = self.world.root.call("history", {"kind": "task", "id": "kurs"})["entries"]
            type(self).first = entries[-1]["revision"]
        code = self.code(name, "revert", {"change": self.first, "reason": "x"})
        if not self.access.may_at_all(p, "write"):
            self.assertEqual(code, "denied")
        elif not all(self.access.may(p, a) for a in ("vocabulary", "structure", "edit")):
            self.assertIn(code, ("denied", "guard"), f"{name} takes everything back")

    def check_flag(self, name, p):
        for c in self.contacts:
            m = {"request_id": rid(), "kind": "contact", "id": c, "text": "stimmt nicht",
                 "dry_run": True}
            if self.access.disclosure(p, c) == HIDDEN and p.contact != c:
                self.same_as_missing(name, "flag", m, c)
            elif self.access.disclosure(p, c) == FULL:
                self.assertEqual(self.code(name, "flag", m), "ok", f"{name} flags {c}")

    def check_flags(self, name, p):
        for institution in ("", *self.world.records["institution"]):
            self.ask(name, "flags", {"institution": institution})

    def check_erase(self, name, p):
        for c, r in self.contacts.items():
            m = {"request_id": rid(), "contact": c, "dry_run": True, "reason": "correction"}
            seat = self.world.records["institution"][r["institution"]]["region"]
            if self.access.may(p, "erase", Target(r["institution"], seat)):
                self.assertEqual(self.code(name, "erase", m), "ok", f"{name} erases {c}")
            elif self.access.disclosure(p, c) == HIDDEN:
                self.same_as_missing(name, "erase", m, c)
            else:
                self.assertNotEqual(self.code(name, "erase", m), "ok", f"{name} erases {c}")

    def check_handover(self, name, p):
        if not self.access.may_at_all(p, "write"):
            self.assertEqual(self.code(name, "handover", {"from": MISSING, "to": MISSING}),
                             "denied")
            return
        for c, r in self.contacts.items():
            for to in self.successors(c, r["institution"]):
                m = {"request_id": rid(), "dry_run": True, "from": c, "to": to,
                     "reason": "correction"}
                if self.access.disclosure(p, c) == HIDDEN:
                    self.same_as_missing(name, "handover", m, c)
                elif (self.access.disclosure(p, to) == HIDDEN
                      and self.access.may_edit_contact(p, c)):
                    self.same_as_missing(name, "handover", m, to)
                code = self.code(name, "handover", {"from": c, "to": to})
                if self.may_hand_over(p, c, to):
                    self.assertEqual(code, "ok", f"{name} hands {c} over to {to}")
                else:
                    self.assertNotEqual(code, "ok", f"{name} hands {c} over to {to}")

    def successors(self, c, institution):
        """One colleague, and somebody of another institution."""
        of = [k for k, r in self.contacts.items() if r["institution"] == institution and k != c]
        return [of[0], "dienst-b-partners" if institution != "dienst-b" else "amt-a-partners"]

    def may_hand_over(self, p, c, to):
        a, records = self.access, self.world.records
        both = all(a.may_edit_contact(p, x) and a.disclosure(p, x) == FULL for x in (c, to))
        if not both or not a.valid(self.contacts[to]):
            return False
        for r in records["responsibility"].values():
            if c in r["contacts"] and not a.may(p, "edit", Target(r["institution"], r["region"])):
                return False
        for m in records["membership"].values():
            if c in (m["representative"], m["deputy"]) and (
                    not a.may_accept_for(p, m["institution"])
                    or self.contacts[to]["institution"] != m["institution"]):
                return False
        # what is not to be seen is not in the way
        return all(a.may_edit_contact(p, x) or a.disclosure(p, x) != FULL
                   for x, r in self.contacts.items() if r["deputy"] == c)

    # ---- rights

    def check_principal(self, name, p):
        for institution in ("", *self.world.records["institution"]):
            fields = [{"key": "name", "value": "Neu"}]
            if institution:
                fields.append({"key": "institution", "value": institution})
            code = self.code(name, "principal", {"verb": "PRINCIPAL_ADD", "id": "neuling",
                                                 "fields": fields, "reason": "x"})
            if not self.access.may_administer(p, institution):
                self.assertEqual(code, "denied", f"{name} adds a principal of {institution}")
            else:
                self.assertEqual(code, "ok", f"{name} adds a principal of {institution}")

    def check_token(self, name, p):
        for other in ("gast-b", "kollegin", name):
            code = self.code(name, "token", {"verb": "TOKEN_CREATE", "principal": other,
                                             "secret": rid(), "reason": "x"})
            of = self.world.people[other]
            if other != name and not self.access.may_administer(p, of.institution):
                self.assertIn(code, ("denied", "not-found") if self.access.may_at_all(p, "grant")
                              else ("denied",), f"{name} token for {other}")

    def check_grant(self, name, p):
        for role in ROLES:
            for institution, region in SCOPES[role]:
                for other in ("ohne-alles", name):
                    grant = Grant(role, institution, region, valid_to=day(LATER + 90))
                    code = self.code(name, "grant", {
                        "verb": "GRANT_GIVE", "principal": other, "reason": "x",
                        "grant": {k: getattr(grant, k) for k in
                                  ("role", "institution", "region", "valid_to")
                                  if getattr(grant, k)}})
                    if not self.access.may_give(p, self.world.people[other], grant):
                        if institution and self.access.may_at_all(p, "grant"):
                            continue  # an administrator of a region, for an institution there
                        self.assertEqual(code, "denied", f"{name} gives {grant} to {other}")
                    else:
                        self.assertEqual(code, "ok", f"{name} gives {grant} to {other}")

    def check_approve(self, name, p):
        for number in (0, 999999):
            for verb in ("APPROVE_YES", "APPROVE_NO"):
                code = self.code(name, "approve", {"verb": verb, "id": number, "reason": "x"})
                self.assertNotEqual(code, "ok")
        code = self.code(name, "approve", {"verb": "APPROVE_QUOTA", "principal": name,
                                           "reason": "x"})
        self.assertNotEqual(code, "ok", f"{name} lifts its own limit")

    def check_can(self, name, p):
        """The caller's own rights, and root's view of everybody's."""
        for c in [*self.contacts, MISSING]:
            if self.access.disclosure(p, c) == HIDDEN and c != MISSING:
                self.same_as_missing(name, "can", {"action": "contact", "kind": "contact",
                                                   "id": c}, c)
            answer, error = self.ask(name, "can", {"action": "contact", "kind": "contact",
                                                   "id": c})
            if answer and c != MISSING:
                self.assertEqual(answer["disclosure"], self.access.disclosure(p, c),
                                 f"{name} can {c}")
        for c in self.contacts:
            m = self.world.root.call("can", {"principal": name, "action": "contact",
                                             "kind": "contact", "id": c})
            self.assertEqual(m["disclosure"], self.access.disclosure(p, c), f"{name} can {c}")
        for action in ACTIONS:
            for region in ("kreis-a", "stadt-a2", "stadt-b1", "land"):
                self.compare_can(name, p, action, region, "")
            for id_, r in self.world.records["institution"].items():
                if action not in ("structure", "contact"):
                    self.compare_can(name, p, action, r["region"], id_)

    def compare_can(self, name, p, action, region, institution):
        if action == "contact":
            return
        m = {"principal": name, "action": action, "region": region}
        if institution:
            m["institution"] = institution
        got = self.world.root.call("can", m)
        # may(): a target in the region; structure asks for one that does not exist yet
        want = self.access.may(p, action, Target(institution, region, new=not institution))
        self.assertEqual(got["allowed"], want, f"{name} can {action} {institution} in {region}")

    def check_who_can(self, name, p):
        if not self.access.may_at_all(p, "grant"):
            self.assertEqual(self.code_plain(name, "who_can", {"action": "ask"}), "denied")

    def code_plain(self, name, operation, message):
        _, error = self.ask(name, operation, message)
        return error["code"] if error else "ok"

    def check_my_data(self, name, p):
        answer, error = self.ask(name, "my_data", {})
        if answer and answer["contact"]:
            self.assertEqual(answer["contact"]["id"], p.contact)
        if p.contact and self.access.valid(self.contacts[p.contact]):
            self.assertIsNone(error, name)
            self.assertEqual(answer["contact"]["name"], self.contacts[p.contact]["name"])
        for c in self.contacts:
            if c != p.contact and not self.access.may(p, "audit"):
                code = self.code_plain(name, "my_data", {"subject": c, "reason": PURPOSE})
                self.assertIn(code, ("denied", "not-found"), f"{name} my-data --subject {c}")

    def check_audit(self, name, p):
        want = "ok" if self.access.may(p, "audit") else "denied"
        self.assertEqual(self.code_plain(name, "audit", {"reason": PURPOSE, "limit": 50}), want)
        for c in self.contacts:
            if want == "denied":
                self.same_as_missing(name, "audit", {"subject": c, "reason": PURPOSE}, c)

    def check_audit_verify(self, name, p):
        if not self.access.may(p, "audit"):
            self.assertEqual(self.code_plain(name, "audit_verify", {}), "denied")
            return
        answer, _ = self.ask(name, "audit_verify", {})
        self.assertTrue(answer["intact"], answer)

    def check_grants(self, name, p):
        answer, error = self.ask(name, "grants", {"all": True})
        if error is None and not self.access.may_at_all(p, "grant"):
            self.assertEqual({g["principal"] for g in answer["grants"]} - {name}, set(), name)
        answer, error = self.ask(name, "grants", {"principal": "zweifach", "all": True})
        if error is None and not self.access.may_at_all(p, "grant") and name != "zweifach":
            self.assertEqual(answer["grants"], [], name)

    def check_principals(self, name, p):
        answer, error = self.ask(name, "principals", {})
        if not self.access.may_at_all(p, "grant"):
            self.assertEqual(error and error["code"], "denied", name)

    def check_tokens(self, name, p):
        answer, error = self.ask(name, "tokens", {})
        if not self.access.may_at_all(p, "grant"):
            self.assertEqual(error and error["code"], "denied", name)

    def check_approvals(self, name, p):
        answer, error = self.ask(name, "approvals", {"all": True})
        if answer and not any(g.role in ("admin", "editor") and self.access.live(g)
                              for g in p.grants):
            self.assertEqual([a["id"] for a in answer["approvals"] if a["by"] != name], [], name)

    def check_whoami(self, name, p):
        answer, _ = self.ask(name, "whoami", {})
        self.assertEqual(answer["principal"], name)

    def check_status(self, name, p):
        _, error = self.ask(name, "status", {})
        self.assertIsNone(error)

    def check_enroll(self, name, p):
        code = self.code_plain(name, "enroll", {"secret": rid(), "csr": self.world.keys.request})
        self.assertNotEqual(code, "ok", name)

    def check_renew(self, name, p):
        answer, error = self.ask(name, "renew", {"csr": self.world.keys.request})
        if answer:
            self.assertEqual(answer["principal"], name)

    def check_nothing(self, name, p):
        """Covered by another entry."""
