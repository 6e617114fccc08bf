# SPDX-License-Identifier: Apache-2.0
"""Moves of the random walk that take records away, bring them back, or change several at once."""

import iqtest
import reference
from access_reference import CLASSES, FULL, HIDDEN, Target
from access_world import day

REFERS = (("responsibility", "contacts"), ("contact", "deputy"), ("membership", "representative"),
          ("membership", "deputy"))


class Living:
    """Mixed into Run. What a record looks like afterwards is read by root, who sees everything;
    the model says who may cause it and what may come of it."""

    def read(self, kind, id_, *columns):
        """Cells of a record as they are stored."""
        r = self.w.root.call("get", {"kind": kind, "id": id_, "reason": "correction"})
        r = r["record"][kind]
        return [";".join(r[c]) if isinstance(r[c], list) else r[c] for c in columns]

    def refresh(self, kind, id_, *columns):
        """Not of one that the same change took away: its turn comes."""
        r = self.w.records[kind][id_]
        try:
            cells = self.read(kind, id_, *columns)
        except iqtest.Refused:
            return
        for c, v in zip(columns, cells):
            r[c] = reference.split_cell(c, v)

    def named(self, kind, r, column, contact_):
        return contact_ in (r[column] if isinstance(r[column], list) else [r[column]])

    def referrers(self, contact_):
        return [(kind, id_, column) for kind, column in REFERS
                for id_, r in self.w.records[kind].items()
                if self.named(kind, r, column, contact_)]

    def may_change(self, p, kind, id_):
        if kind == "contact":
            return self.a.may_edit_contact(p, id_) and self.a.disclosure(p, id_) == FULL
        r = self.w.records[kind][id_]
        return self.a.may(p, "edit", Target(r["institution"], r["region"]))

    def linked(self, contact_):
        return any(q.contact == contact_ for q in self.w.people.values())

    # ---- archive and revive

    def take_away(self, kind, id_, hung=None):
        """The model's part of an archive. hung: what named it, before several went at once."""
        hung = self.referrers(id_) if hung is None else hung
        self.archived[kind, id_] = self.w.records[kind].pop(id_), hung
        for k, other, column in hung:
            if other in self.w.records[k]:
                self.refresh(k, other, column)
                r = self.w.records[k][other]
                if self.named(k, r, column, id_):
                    self.test.fail(self.say("archived, but still named by", k, other))

    def archive(self, p):
        kind = self.rng.choice(["contact", "contact", "responsibility"])
        id_ = self.some(kind)
        if kind == "contact" and (self.linked(id_) or len(self.w.records[kind]) < 15):
            return None
        if kind == "responsibility" and len(self.w.records[kind]) < 8:
            return None
        return self.living(f"archive-{kind} {id_}",
                           lambda: self.w.write(p.id, "ARCHIVE", kind, id_),
                           lambda: self.may_change(p, kind, id_),
                           lambda _: self.take_away(kind, id_))

    def may_bring_back(self, p, kind, id_):
        r, _ = self.archived[kind, id_]
        if kind != "contact":
            return self.a.may(p, "edit", Target(r["institution"], r["region"]))
        self.w.records["contact"][id_] = {**r, "deputy": ""}
        try:  # it is attached to nothing
            return (self.a.may_edit_of(p, r["institution"])
                    and self.a.disclosure(p, id_) == FULL)
        finally:
            del self.w.records["contact"][id_]

    def bring_back(self, kind, id_):
        """As it was, and into no more than it was in."""
        r, hung = self.archived.pop((kind, id_))
        columns = [c for c in r if c not in ("id", "contacts", "deputy")]
        got = self.read(kind, id_, *columns)
        want = [reference.join_cell(c, r[c]) for c in columns]
        self.test.assertEqual(got, want, self.say("came back changed:", kind, id_))
        before = {x: self.named(x[0], self.w.records[x[0]][x[1]], x[2], id_)
                  for x in self.referrers_of_all()}
        self.w.records[kind][id_] = r
        for k, c in (("contact", "deputy"), ("responsibility", "contacts")):
            if k == kind:
                self.refresh(kind, id_, c)
        for k, other, column in before:
            self.refresh(k, other, column)
        for x in before:
            k, other, column = x
            now = self.named(k, self.w.records[k][other], column, id_)
            if now and not before[x] and x not in hung and (k, other) not in self.was_archived:
                self.test.fail(self.say("came back into what it was not in:", id_, x))

    def referrers_of_all(self):
        return [(k, i, c) for k, c in REFERS for i in self.w.records[k]]

    def revive(self, p):
        if not self.archived:
            return None
        kind, id_ = self.rng.choice(sorted(self.archived))

        def apply(_):
            self.was_archived.add((kind, id_))
            self.bring_back(kind, id_)
        return self.living(f"revive-{kind} {id_}",
                           lambda: self.w.write(p.id, "REVIVE", kind, id_),
                           lambda: self.may_bring_back(p, kind, id_), apply)

    def add_archived(self, p):
        """Nobody becomes public by being made anew under the id."""
        gone = sorted(i for (k, i), (r, _) in self.archived.items()
                      if k == "contact" and r["visibility"] != "public")
        if not gone:
            return None
        id_ = self.rng.choice(gone)
        r, _ = self.archived["contact", id_]
        rows = [(2, [id_, r["institution"], "public", "Max Muster"])]
        files = [("contacts.csv", "contact", ["id", "institution", "visibility", "name"], rows)]
        fields = {"institution": r["institution"], "visibility": "public", "name": "Max Muster"}
        if self.rng.random() < 0.5:
            return self.living(f"import-archived {id_}", lambda: (self.w.load_as(p.id, files), {}),
                               lambda: False, None)
        return self.living(f"add-archived {id_}",
                           lambda: self.w.write(p.id, "ADD", "contact", id_, fields),
                           lambda: False, None)

    # ---- taken back

    def note_change(self, kind, id_, before, answer):
        if answer and answer.get("revision") and before:
            self.changes.append((answer["revision"], kind, id_, before))
            del self.changes[:-30]

    def may_set(self, p, kind, id_, fields):
        """As a single change, without a second person."""
        r = self.w.records[kind][id_]
        after = {**r, **fields}
        if kind == "contact":
            lower = CLASSES.index(after["visibility"]) < CLASSES.index(r["visibility"])
            moved = after["institution"] != r["institution"]
            return (not lower and self.a.may_edit_contact(p, id_)
                    and self.a.disclosure(p, id_) != HIDDEN
                    and self.a.may_edit_of(p, after["institution"])
                    and (not moved or self.may_attach(p, id_)))
        new = [c for c in after["contacts"] if c not in r["contacts"]]
        return (all(self.a.may(p, "edit", Target(x["institution"], x["region"]))
                    for x in (r, after)) and all(self.may_link(p, c, r) for c in new
                                                 if c in self.w.records["contact"]))

    def might(self, p, kind, id_, before):
        """Could the record have been made of what it was by a single change?"""
        after = self.w.records[kind][id_]
        if after == before:
            return True
        self.w.records[kind][id_] = before
        may = self.may_set(p, kind, id_, after)
        self.w.records[kind][id_] = after
        return may

    def revert(self, p):
        if not self.changes:
            return None
        revision, kind, id_, fields = self.rng.choice(self.changes)
        if id_ not in self.w.records[kind]:
            return None
        merge = self.rng.random() < 0.3
        may = self.may_set(p, kind, id_, fields)
        before = dict(self.w.records[kind][id_])

        def apply(_):
            self.refresh(kind, id_, *fields)
            if not self.might(p, kind, id_, before):
                self.test.fail(self.say(p, "took back what it may not set:", before,
                                        self.w.records[kind][id_]))
        return self.living(f"revert {revision} of {kind} {id_} {fields}",
                           lambda: self.w.change(p.id, "revert", {
                               "change": revision, "merge": merge, "reason": "x"}),
                           lambda: may or self.may_change(p, kind, id_), apply)

    # ---- written on top of an older state

    def based(self, p):
        if not self.changes:
            return None
        revision, kind, id_, fields = self.rng.choice(self.changes)
        if id_ not in self.w.records[kind]:
            return None
        if kind == "contact":
            fields = {"visibility": self.rng.choice(CLASSES)}
        cells = {k: reference.join_cell(k, v) for k, v in fields.items()}
        may = self.may_set(p, kind, id_, fields)
        before = dict(self.w.records[kind][id_])
        base = max(1, revision - self.rng.randint(0, 3))

        def send():
            m = {"verb": "SET", "kind": kind, "id": id_, "reason": "correction",
                 "based_on": base, "merge": self.rng.random() < 0.7,
                 "fields": [{"key": k, "value": v} for k, v in cells.items()]}
            code, answer = self.w.change(p.id, "write", m)
            if answer and answer.get("approval"):  # looked at elsewhere
                self.w.root.call("approve", {"request_id": self.rng.randbytes(16),
                                             "verb": "APPROVE_NO", "id": answer["approval"],
                                             "reason": "x"})
                return "waits", None
            return code, answer

        def apply(_):
            self.refresh(kind, id_, *fields)
            if not self.might(p, kind, id_, before):
                self.test.fail(self.say(p, "merged what it may not set:", before))
        return self.living(f"set-based {kind} {id_} {cells}", send,
                           lambda: may or self.may_see_to_change(p, kind, id_), apply)

    def may_see_to_change(self, p, kind, id_):
        if kind == "contact":
            return self.a.may_edit_contact(p, id_) and self.a.disclosure(p, id_) != HIDDEN
        return self.may_change(p, kind, id_)

    # ---- handed over

    def handover(self, p):
        from_, to = self.some("contact"), self.some("contact")
        owner = self.w.records["contact"][from_]["institution"]
        same = [c for c, r in self.w.records["contact"].items()
                if r["institution"] == owner and c != from_]
        if same and self.rng.random() < 0.8:
            to = self.rng.choice(sorted(same))
        hung = self.referrers(from_)

        def permitted():
            if not all(self.may_change(p, "contact", c) for c in (from_, to)):
                return False
            for kind, id_, _ in hung:
                r = self.w.records[kind][id_]
                if kind == "responsibility" and not self.may_change(p, kind, id_):
                    return False
                if kind == "membership" and not (
                        self.a.may_accept_for(p, r["institution"])
                        and self.w.records["contact"][to]["institution"] == r["institution"]):
                    return False
                if (kind == "contact" and self.a.disclosure(p, id_) == FULL
                        and not self.a.may_edit_contact(p, id_)):
                    return False
            return True

        def apply(_):
            self.refresh("contact", from_, "valid_to", "deputy")
            self.refresh("contact", to, "valid_from", "deputy")
            for kind, id_, column in hung:
                self.refresh(kind, id_, column)
                if kind == "membership":
                    self.refresh(kind, id_, "representative", "deputy")
        return self.living(f"handover {from_} {to}", lambda: self.w.change(p.id, "handover", {
            "from": from_, "to": to, "reason": "correction"}), permitted, apply)

    # ---- lists

    def sync(self, p):
        """A few rows, or a full list that lacks somebody; at times with somebody of the archive."""
        owner = self.some("institution")
        own = sorted(c for c, r in self.w.records["contact"].items() if r["institution"] == owner
                     and self.a.disclosure(p, c) == FULL)
        gone = sorted(i for (k, i), (r, _) in self.archived.items()
                      if k == "contact" and r["institution"] == owner)
        full = self.rng.random() < 0.3
        rows = {c: self.w.records["contact"][c]["visibility"] for c in own}
        if not full:
            picked = self.rng.sample(sorted(self.w.records["contact"]), 2)
            rows = {c: self.rng.choice(CLASSES) for c in picked[:1] + own[:1]}
        elif rows:
            missing = self.rng.choice(own)
            if not self.linked(missing):
                del rows[missing]
        if gone and self.rng.random() < 0.5:
            rows[gone[0]] = self.archived["contact", gone[0]][0]["visibility"]
        if not rows:
            return None
        before = {c: dict(r) for c, r in self.w.records["contact"].items()}
        files = [("contacts.csv", "contact", ["id", "visibility"],
                  [(i + 2, [c, v]) for i, (c, v) in enumerate(sorted(rows.items()))])]

        def send():
            found = {}
            code = self.w.load_as(p.id, files, into=found, commit=(
                "sync_plan", {"institution": owner, "delta": not full}))
            if code != "ok":
                return code, None
            plan = found["answer"]
            self.check_plan(p, owner, plan)
            if any(line["act"] == "archive" and self.linked(line["id"])
                   for line in plan["lines"]) or not plan["plan"]:
                return "left", None
            code, answer = self.w.change(p.id, "sync_apply", {
                "plan": plan["plan"], "allow_deletes": plan["deletes"], "reason": "correction"})
            return ("waits", None) if answer and answer["approval"] else (code, plan)

        def apply(plan):
            hung = {line["id"]: self.referrers(line["id"]) for line in plan["lines"]}
            for line in plan["lines"]:
                kind, id_, act = line["kind"], line["id"], line["act"]
                if act == "archive":
                    self.take_away(kind, id_, hung[id_])
                elif act == "revive":
                    self.was_archived.add((kind, id_))
                    # a row that names no institution is of the one whose list it is
                    self.archived[kind, id_][0]["institution"] = owner
                    self.bring_back(kind, id_)
                elif act == "change":
                    self.refresh(kind, id_, "visibility", "institution")
                    was, is_ = before[id_], self.w.records[kind][id_]
                    if CLASSES.index(is_["visibility"]) < CLASSES.index(was["visibility"]):
                        self.test.fail(self.say("a list lowered a class:", id_))
                else:
                    self.test.fail(self.say("a list with ids did", act, id_))
        return self.living(f"sync {owner} {'full' if full else 'delta'} {rows}", send,
                           lambda: self.a.may_edit_of(p, owner), apply)

    def check_plan(self, p, owner, plan):
        """Each line by itself must be the caller's to do."""
        for line in plan["lines"]:
            id_, act = line["id"], line["act"]
            if act == "revive":
                may = self.may_bring_back(p, "contact", id_)
            elif act == "add":
                may = False
            else:
                may = id_ in self.w.records["contact"] and self.may_change(p, "contact", id_)
            if not may:
                self.test.fail(self.say(p, "plans for", owner, line))
