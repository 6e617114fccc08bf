# SPDX-License-Identifier: Apache-2.0
"""The records as a dictionary, with the rules for changing them: each change is tried on a copy,
the copy is checked whole, and kept only if everything holds."""

import copy
import datetime
import re

import reference

REFERENCES = {  # (kind, column) → kind it refers to
    ("region", "parent"): "region", ("region", "members"): "region",
    ("postcode", "region"): "region", ("task", "parent"): "task", ("status", "parent"): "status",
    ("institution", "kind"): "kind", ("institution", "parent"): "institution",
    ("institution", "region"): "region", ("contact", "institution"): "institution",
    ("contact", "deputy"): "contact", ("responsibility", "institution"): "institution",
    ("responsibility", "task"): "task", ("responsibility", "region"): "region",
    ("responsibility", "statuses"): "status", ("responsibility", "contacts"): "contact",
    ("notice", "institution"): "institution", ("notice", "task"): "task",
    ("notice", "region"): "region", ("notice", "statuses"): "status", ("handover", "task"): "task",
    ("handover", "statuses"): "status", ("handover", "from_kinds"): "kind",
    ("handover", "to_kinds"): "kind",
}
REQUIRED = {
    "region": ["name_de"], "postcode": ["postcode", "region"], "task": ["name_de"],
    "status": ["name_de"], "fact": ["name_de"], "kind": ["name_de"], "institution": ["name_de"],
    "contact": ["institution"], "responsibility": ["institution", "task", "region"],
}
CHOICES = {("responsibility", "role"): reference.ROLES,
           ("notice", "effect"): reference.EFFECTS,
           ("contact", "visibility"): ["public", "partners", "workshop", "institution"]}
DATES = ["valid_from", "valid_to", "confirmed_on", "informed_on"]


def values(record, column):
    v = record[column]
    return v if isinstance(v, list) else [v] if v else []


def is_date(text):
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class Records:
    def __init__(self, records):
        self.records = records
        self.merged = {}

    def reference(self):
        return reference.Reference(self.records, self.merged)

    # ---- what must hold

    def defects(self):
        out = []
        for kind, of_kind in self.records.items():
            for record in of_kind.values():
                out += [(kind, record["id"], d) for d in self.defects_of(kind, record)]
        return out + list(self.cycles())

    def defects_of(self, kind, r):
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", r["id"]) or len(r["id"]) > 96:
            yield "id"
        if kind == "region" and r["kind"] == "area" and r["parent"]:
            yield "an area with a parent"
        for column in REQUIRED.get(kind, []):
            if not r[column]:
                yield "required " + column
        for column in reference.COLUMNS[kind]:
            target = REFERENCES.get((kind, column))
            for v in values(r, column):
                if target and v not in self.records[target]:
                    yield f"dangling {column}={v}"
                elif target == "region" and column != "members" and self.is_area(v):
                    yield f"area {column}={v}"
                if (kind, column) in CHOICES and v not in CHOICES[kind, column]:
                    yield f"choice {column}={v}"
                if column in DATES and not is_date(v):
                    yield f"date {column}={v}"
        if r.get("condition"):
            yield from self.bad_condition(r["condition"])
        if r.get("implies"):
            yield from self.bad_condition(r["implies"])
            facts = [c[0] for c in reference.parse_clauses(r["implies"])]
            if len(facts) != len(set(facts)):
                yield "implies"
        if kind == "fact" and (r["type"] == "choice") != bool(r["values"]):
            yield "values go with choices"
        if kind == "postcode" and not re.fullmatch(r"\d{5}", r["postcode"]):
            yield "postcode"
        if r.get("valid_from") and r.get("valid_to") and r["valid_from"] > r["valid_to"]:
            yield "dates"

    def is_area(self, region):
        return self.records["region"][region]["kind"] == "area"

    def bad_condition(self, text):
        for clause in text.split(";"):
            m = reference.CLAUSE.fullmatch(clause)
            fact = self.records["fact"].get(m[1]) if m else None
            if fact is None:
                yield "condition"
            elif fact["type"] == "choice" or not fact["type"]:
                if m[2] not in ("=", "!=") or set(m[3].split("|")) - set(fact["values"]):
                    yield "condition"
            elif not re.fullmatch(r"\d+(\.\.\d+)?(\|\d+(\.\.\d+)?)*", m[3]):
                yield "condition"

    def cycles(self):
        for kind in ("region", "task", "status", "institution"):
            for id_ in self.records[kind]:
                seen, at = set(), id_
                while at in self.records[kind] and at not in seen:
                    seen.add(at)
                    at = self.records[kind][at]["parent"]
                if at in seen:
                    yield kind, id_, "cycle"
        roots = [r for r in self.records["region"].values()
                 if not r["parent"] and r["kind"] != "area"]
        if len(roots) > 1:
            yield "region", roots[1]["id"], "second root"

    def referring(self, kind, id_):
        out = []
        for (k, column), target in REFERENCES.items():
            if target == kind:
                out += [(k, r["id"], column) for r in self.records[k].values()
                        if id_ in values(r, column)]
        if kind == "fact":
            for k, column in (("status", "implies"), ("responsibility", "condition"),
                              ("notice", "condition")):
                out += [(k, r["id"], column) for r in self.records[k].values()
                        if id_ in {c[0] for c in reference.parse_clauses(r[column])}]
        return out

    # ---- changes; each returns "ok" or the code of the refusal

    def attempt(self, change):
        before = copy.deepcopy(self.records), dict(self.merged)
        change()
        if self.defects():
            self.records, self.merged = before
            return "rejected"
        return "ok"

    def put(self, kind, id_, cells):
        old = self.records[kind].get(id_)
        full = {c: reference.join_cell(c, old[c]) for c in reference.COLUMNS[kind]} if old else {}
        record = reference.make_record(kind, {**full, "id": id_, **cells})
        for column in record:
            target = REFERENCES.get((kind, column))
            if target:
                self.follow(record, column, target)
        self.records[kind][record["id"]] = record

    def follow(self, record, column, target):
        """Ids that were merged into another stand for that other."""
        def resolve(v):
            while (target, v) in self.merged:
                v = self.merged[target, v]
            return v
        v = record[column]
        record[column] = list(dict.fromkeys(map(resolve, v))) if isinstance(v, list) else resolve(v)

    def add(self, kind, id_, cells):
        if id_ in self.records[kind] or (kind, id_) in self.merged:
            return "conflict"
        return self.attempt(lambda: self.put(kind, id_, cells))

    def set(self, kind, id_, cells):
        if id_ not in self.records[kind]:
            return "not-found"
        return self.attempt(lambda: self.put(kind, id_, cells))

    def delete(self, kind, id_):
        if id_ not in self.records[kind]:
            return "not-found"
        if self.referring(kind, id_):
            return "conflict"
        return self.attempt(lambda: self.records[kind].pop(id_))

    def merge(self, kind, old, new):
        def change():
            self.merged[kind, old] = new
            for k, r, column in self.referring(kind, old):
                self.follow(self.records[k][r], column, kind)
            del self.records[kind][old]
        return self.attempt(change)

    def load(self, files):
        """[(kind, [cells])]; rows of merged ids are passed over."""
        def change():
            for kind, rows in files:
                for cells in rows:
                    id_ = reference.make_record(kind, cells)["id"]
                    if (kind, id_) not in self.merged:
                        self.put(kind, id_, cells)
        return self.attempt(change)
