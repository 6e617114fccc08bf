# SPDX-License-Identifier: Apache-2.0
"""Who may see and change what, naively: access.md as dictionaries and loops.

Written from the rules alone, independent of the daemon's code. Records are those of reference.py,
with the kinds `workshop` and `membership`; dates are ISO texts, which compare as dates do.
"""

import csv
import os

ROLES = ["reader", "editor", "coordinator", "curator", "admin", "auditor"]
CLASSES = ["public", "partners", "workshop", "institution"]
HIDDEN, OUTLINE, FULL = "hidden", "outline", "full"
GRANT_DAYS = 731

# The role table. How far the right reaches: "any" (a valid grant of the role will do), "all" (only
# a grant without scope), "owned" (the institution subtree covers the owner), "within" (the region
# subtree or area covers the target's), "founding" (likewise, and only what does not exist yet),
# "related" (the regions are ancestor, same or descendant).
RIGHTS = {
    ("reader", "contact"): "related",
    ("editor", "write"): "any", ("editor", "contact"): "owned", ("editor", "edit"): "owned",
    ("editor", "accept"): "owned", ("editor", "bulk"): "any", ("editor", "erase"): "owned",
    ("coordinator", "write"): "any", ("coordinator", "contact"): "related",
    ("coordinator", "edit"): "within", ("coordinator", "structure"): "founding",
    ("coordinator", "bulk"): "any",
    ("curator", "write"): "any", ("curator", "vocabulary"): "all", ("curator", "bulk"): "any",
    ("admin", "write"): "any", ("admin", "structure"): "within", ("admin", "grant"): "within",
    ("admin", "erase"): "within",
    ("auditor", "audit"): "all",
}
# what any principal may, whatever it was given
EVERYBODY = ["none", "self", "ask"]
ACTIONS = ["none", "self", "ask", "write", "contact", "edit", "accept", "vocabulary", "structure",
           "bulk", "grant", "erase", "audit"]


class Grant:
    def __init__(self, role, institution="", region="", valid_from="", valid_to="", id_=0, by="",
                 revoked=False):
        self.id, self.role, self.institution, self.region = id_, role, institution, region
        self.valid_from, self.valid_to, self.by, self.revoked = valid_from, valid_to, by, revoked

    def __repr__(self):
        scope = "+".join(s for s in (self.institution, self.region) if s) or "all"
        return f"{self.role}@{scope} {self.valid_from}..{self.valid_to}{' revoked' * self.revoked}"


class Principal:
    def __init__(self, id_, institution="", contact="", grants=(), name=""):
        self.id, self.institution, self.contact = id_, institution, contact
        self.grants, self.name, self.ended = list(grants), name or id_, False

    def __repr__(self):
        return f"{self.id}({self.institution or '-'}, {self.contact or '-'}, {self.grants})"


class Target:
    """What is acted on: the institution that owns it, a region, and whether it is still to be."""

    def __init__(self, owner="", region="", new=False):
        self.owner, self.region, self.new = owner, region, new


class Access:
    def __init__(self, records, today):
        self.records, self.today = records, today

    # ---- trees and scopes

    def line(self, kind, id_):
        """id, its parent, …, root"""
        out = []
        while id_ and id_ not in out:
            out.append(id_)
            id_ = self.records[kind][id_]["parent"]
        return out

    def territory(self, region):
        """An area stands for its members."""
        members = self.records["region"][region]["members"]
        return members if self.records["region"][region]["kind"] == "area" else [region]

    def covers_region(self, scope, region):
        if not scope:
            return True
        return bool(region) and all(
            any(s in self.line("region", r) for s in self.territory(scope))
            for r in self.territory(region))

    def related(self, scope, region):
        if not scope:
            return True
        return any(s in self.line("region", r) or r in self.line("region", s)
                   for s in self.territory(scope) for r in self.territory(region) if region)

    def covers_owner(self, scope, institution):
        return not scope or scope in self.line("institution", institution)

    # ---- decide

    def live(self, grant):
        return (not grant.revoked and (grant.valid_from or "0") <= self.today
                <= (grant.valid_to or "9"))

    def gives(self, grant, action, target):
        if not self.live(grant):
            return False
        reach = RIGHTS.get((grant.role, action))
        if reach == "any":
            return True
        if reach == "all":
            return not grant.institution and not grant.region
        if reach == "owned":
            return (self.covers_owner(grant.institution, target.owner)
                    and (not grant.region or self.covers_region(grant.region, target.region)))
        if reach in ("within", "founding"):
            return (self.covers_region(grant.region, target.region)
                    and self.covers_owner(grant.institution, target.owner)
                    and (reach == "within" or target.new))
        if reach == "related":
            return (self.related(grant.region, target.region)
                    and self.covers_owner(grant.institution, target.owner))
        return False

    def may(self, principal, action, target=None):
        if principal is None:
            return action == "none"
        if principal.ended:
            return False
        return action in EVERYBODY or any(
            self.gives(g, action, target or Target()) for g in principal.grants)

    def may_at_all(self, principal, action):
        """The coarse right: is there a target for which it may?"""
        if principal is None:
            return action == "none"
        return not principal.ended and (action in EVERYBODY or any(
            self.live(g) and (g.role, action) in RIGHTS for g in principal.grants))

    # ---- contacts

    def valid(self, record, day=None):
        day = day or self.today
        return (record["valid_from"] or "0") <= day <= (record["valid_to"] or "9")

    def seats(self, contact):
        """The regions that count: of valid responsibilities it is attached to, else the seat."""
        c = self.records["contact"][contact]
        regions = [r["region"] for r in self.records["responsibility"].values()
                   if contact in r["contacts"] and self.valid(r)]
        return regions or [self.records["institution"][c["institution"]]["region"]]

    def members(self, workshop):
        """Memberships that count today."""
        return [m for m in self.records["membership"].values() if m["workshop"] == workshop
                and m["accepted_from"] and m["accepted_from"] <= self.today
                and self.today <= (m["accepted_to"] or "9")]

    def is_editor_of(self, principal, contact):
        owner = self.records["contact"][contact]["institution"]
        seat = self.records["institution"][owner]["region"]
        return any(g.role == "editor" and self.gives(g, "contact", Target(owner, seat))
                   for g in principal.grants)

    def passes(self, principal, contact, class_):
        """Whoever passes a narrower test passes the wider."""
        c = self.records["contact"][contact]
        if self.is_editor_of(principal, contact):
            return True
        if c["institution"] in self.line("institution", principal.institution):
            return True
        if class_ == "institution":
            return False
        for w in self.records["workshop"]:
            members = self.members(w)
            if (any(principal.contact and principal.contact in (m["representative"], m["deputy"])
                    for m in members)
                    and any(m["institution"] == c["institution"] for m in members)):
                return True
        if class_ == "workshop":
            return False
        return any(g.role in ("reader", "coordinator")
                   and self.gives(g, "contact", Target(c["institution"], region))
                   for g in principal.grants for region in self.seats(contact))

    def disclosure(self, principal, contact, class_=None):
        """class_: another class than the record's, for its history."""
        c = self.records["contact"].get(contact)
        if principal is None or principal.ended or c is None:
            return HIDDEN
        class_ = class_ or c["visibility"] or "institution"
        if class_ == "public" or self.passes(principal, contact, class_):
            return FULL
        lower = CLASSES[CLASSES.index(class_) - 1]
        if lower == "public" or self.passes(principal, contact, lower):
            return OUTLINE
        return HIDDEN

    # ---- editions of the interface document

    def reader_passes(self, edition, region, contact, class_):
        """Readers are nobody in particular: what a grant for the region opens, and for members
        the workshops of exactly that region. What only an institution itself sees is for nobody."""
        if edition == "public" or class_ == "institution":
            return False
        owner = self.records["contact"][contact]["institution"]
        rounds = [self.members(id_) for id_, w in self.records["workshop"].items()
                  if w["region"] == region and self.valid(w) and self.members(id_)]
        # a reader may be of any of them
        if edition == "members" and rounds and all(
                any(m["institution"] == owner for m in members) for members in rounds):
            return True
        return class_ == "partners" and any(
            self.related(region, r) for r in self.seats(contact))

    def reader_sees(self, edition, region, contact):
        class_ = self.records["contact"][contact]["visibility"] or "institution"
        if class_ == "public" or self.reader_passes(edition, region, contact, class_):
            return FULL
        lower = CLASSES[CLASSES.index(class_) - 1]
        if edition != "public" and (lower == "public"
                                    or self.reader_passes(edition, region, contact, lower)):
            return OUTLINE
        return HIDDEN

    def in_edition(self, principal, edition, region, contact):
        """What both the readers and whoever prints it may see, and whether the latter is why
        there is less."""
        readers = self.reader_sees(edition, region, contact)
        own = self.disclosure(principal, contact)
        if HIDDEN in (readers, own):
            return HIDDEN, False
        if readers == FULL and own == FULL:
            return FULL, False
        return OUTLINE, readers == FULL

    def is_own(self, principal, contact):
        """Of the principal's own institution, or one it edits: the daily limit does not count."""
        owner = self.records["contact"][contact]["institution"]
        return (owner in self.line("institution", principal.institution)
                or self.is_editor_of(principal, contact))

    def needs_purpose(self, principal, contact):
        return (self.records["contact"][contact]["visibility"] != "public"
                and not self.is_editor_of(principal, contact))

    # ---- changes

    def may_edit_contact(self, principal, contact):
        owner = self.records["contact"][contact]["institution"]
        return self.may_edit_of(principal, owner)

    def may_edit_of(self, principal, owner, region=None):
        seat = self.records["institution"][owner]["region"] if owner else ""
        return self.may(principal, "edit", Target(owner, seat if region is None else region))

    def may_accept_for(self, principal, institution):
        """Only the institution itself: a coordinator or admin cannot."""
        seat = self.records["institution"][institution]["region"]
        return self.may(principal, "accept", Target(institution, seat))

    def may_found(self, principal, parent, region):
        return self.may(principal, "structure", Target(parent, region, new=True))

    def belongs(self, principal, institution):
        """To it, or to one below: whoever moves it moves, too, and would see other contacts."""
        return bool(principal.institution) and self.covers_owner(
            institution, principal.institution)

    def may_move(self, principal, institution, region):
        """parent, region, kind: the scope covers both sides."""
        before = self.records["institution"][institution]["region"]
        return all(self.may(principal, "structure", Target(institution, r))
                   for r in (before, region))

    def same_person(self, a, b):
        return a.id == b.id or (a.contact != "" and a.contact == b.contact)

    def has_editors(self, people, institution):
        """Editors whose consent another editor needs; a grant for everything is not the owner's."""
        return any(g.role == "editor" and self.live(g) and g.institution
                   and self.covers_owner(g.institution, institution)
                   for p in people for g in p.grants)

    def covers_grant(self, own, grant):
        """An admin grant covers another grant if everything that grant reaches lies within."""
        if own.institution and not (grant.institution and self.covers_owner(
                own.institution, grant.institution)):
            return False
        if not own.region or (grant.region and self.covers_region(own.region, grant.region)):
            return True
        below = [r for i, r in self.records["institution"].items()
                 if grant.institution and grant.institution in self.line("institution", i)]
        return bool(below) and all(self.covers_region(own.region, r["region"]) for r in below)

    def may_give(self, by, to, grant):
        """Any role within its own scope, to others. What two must agree to is another question."""
        return not self.same_person(by, to) and any(
            own.role == "admin" and self.live(own) and self.covers_grant(own, grant)
            for own in by.grants)

    def may_administer(self, by, institution):
        """Principals and tokens of institutions seated in the admin's scope."""
        region = self.records["institution"][institution]["region"] if institution else ""
        return self.may(by, "grant", Target(institution, region))

    def may_enrol(self, by, to):
        """A token makes whoever uses it that principal: with no more than `by` could have given; for
        oneself, another computer."""
        return self.may_administer(by, to.institution) and (self.same_person(by, to) or all(
            self.may_give(by, to, g) for g in to.grants if self.live(g)))


def read_ops_table(path=os.path.join(os.path.dirname(__file__), "ops_rights.csv")):
    """{operation: {who: coarse right}}; who: anonymous, principal and the roles."""
    with open(path, encoding="utf-8", newline="") as f:
        return {row["operation"]: row for row in csv.DictReader(f)}

