# SPDX-License-Identifier: Apache-2.0
"""The directory, naively: everything in dictionaries, every row looked at for every question.

Written from the rules alone, independent of the daemon's code; slow and obvious on purpose.
"""

import csv
import os
import re

# kind: (file, columns); interface.md "The bundle"
KINDS = {
    "region": ("regions", "id parent kind ars members name_de name_en aliases"),
    "postcode": ("postcodes", "postcode region"),
    "task": ("tasks", "id parent name_de name_en leika aliases expected"),
    "status": ("statuses", "id parent name_de name_en legal_basis implies work_access_de "
               "work_access_en course_access obligations_de obligations_en symbol colour source "
               "confirmed_on aliases"),
    "fact": ("facts", "id type values name_de name_en labels_de labels_en aliases"),
    "kind": ("kinds", "id name_de name_en statutory"),
    "institution": ("institutions", "id kind parent region name_de name_en street postcode town "
                    "phone email url hours aliases"),
    "contact": ("contacts", "id institution name function phone email languages visibility deputy "
                "external_id informed_on valid_from valid_to"),
    "responsibility": ("responsibilities", "id institution task region statuses role contacts "
                       "condition legal_basis source note valid_from valid_to confirmed_on"),
    "notice": ("notices", "id institution task region statuses condition effect text_de text_en "
               "legal_basis source valid_from valid_to"),
    "handover": ("handovers", "id process step task statuses from_kinds to_kinds trigger_de "
                 "trigger_en documents"),
}
COLUMNS = {kind: columns.split() for kind, (_, columns) in KINDS.items()}
SEPARATORS = {"members": ";", "aliases": ";", "statuses": ";", "contacts": ";", "languages": ";",
              "values": "|", "labels_de": "|", "labels_en": "|", "from_kinds": "|",
              "to_kinds": "|"}
ROLES = ["lead", "provider", "advice", "support", "funding", "referral"]
DIRECT = ROLES[:3]
EFFECTS = ["info", "restricted", "suspended", "excluded", "not-needed"]

NO_REGION_DISTANCE = 200
MISSED_REGION_DISTANCE = 999
NEAR_MISSES = 10


def split_cell(column, text):
    """A cell as the directory keeps it: a text, or a list for the columns that are sets."""
    if column not in SEPARATORS:
        return text
    parts = []
    for part in text.split(SEPARATORS[column]):
        part = part.strip(" ")
        if part and part not in parts:
            parts.append(part)
    return parts


def join_cell(column, value):
    return SEPARATORS[column].join(value) if column in SEPARATORS else value


def make_record(kind, cells):
    """cells: column → text; what is not given is empty."""
    record = {c: split_cell(c, cells.get(c) or "") for c in COLUMNS[kind]}
    if kind == "postcode":
        record["id"] = record["postcode"] + "-" + record["region"]
    return record


def read_bundle(folder):
    records = {kind: {} for kind in KINDS}
    for kind, (name, _) in KINDS.items():
        path = os.path.join(folder, name + ".csv")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8-sig", newline="") as f:
            for row in csv.DictReader(f):
                record = make_record(kind, row)
                records[kind][record["id"]] = record
    return records


def write_bundle(folder, records):
    os.makedirs(folder, exist_ok=True)
    for kind, (name, _) in KINDS.items():
        with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as f:
            w = csv.writer(f, lineterminator="\n")
            w.writerow(COLUMNS[kind])
            for record in records[kind].values():
                w.writerow([join_cell(c, record[c]) for c in COLUMNS[kind]])


# ---- conditions ----------------------------------------------------------------------------------

CLAUSE = re.compile(r"([a-z0-9-]+)(!=|<=|>=|=|<|>)(.+)")


def parse_clauses(text):
    """[(fact, operator, [alternatives as text])]"""
    clauses = []
    for clause in text.split(";") if text else []:
        fact, operator, value = CLAUSE.fullmatch(clause).groups()
        clauses.append((fact, operator, value.split("|")))
    return clauses


def interval(text):
    low, _, high = text.partition("..")
    return int(low), int(high or low)


def holds(integer, operator, alternatives, value):
    """Does the clause hold for this one value?"""
    if not integer:
        return (value in alternatives) == (operator == "=")
    if operator in ("=", "!="):
        inside = any(low <= value <= high for low, high in map(interval, alternatives))
        return inside == (operator == "=")
    bound = int(alternatives[0])
    return {"<": value < bound, "<=": value <= bound,
            ">": value > bound, ">=": value >= bound}[operator]


def possible_values(integer, known, alternatives):
    """The values that matter: a clause is constant between the bounds it names."""
    if not integer:
        return sorted(known)
    low, high = known
    points = {low, high}
    for bounds in map(interval, alternatives):
        for bound in bounds:
            points |= {p for p in (bound - 1, bound, bound + 1) if low <= p <= high}
    return sorted(points)


class Reference:
    """Answers questions over records: {kind: {id: record}}; merged: {(kind, old): new}."""

    def __init__(self, records, merged=None):
        self.records = records
        self.merged = merged or {}
        self.task_order = self.pre_order("task")
        self.root = next((r["id"] for r in records["region"].values()
                          if not r["parent"] and not self.is_area(r["id"])), None)

    # ---- trees

    def resolve(self, kind, id_):
        while (kind, id_) in self.merged:
            id_ = self.merged[kind, id_]
        return id_

    def is_area(self, region):
        return self.records["region"][region]["kind"] == "area"

    def line(self, kind, id_):
        """id, its parent, …, root"""
        out = []
        while id_:
            out.append(id_)
            id_ = self.records[kind][id_]["parent"]
        return out

    def pre_order(self, kind):
        children = {}
        for record in self.records[kind].values():
            children.setdefault(record["parent"], []).append(record["id"])
        order = {}

        def walk(parent):
            for child in sorted(children.get(parent, []), key=str.encode):
                order[child] = len(order)
                walk(child)
        walk("")
        return order

    # ---- one dimension each; None: out, else (…, open things)

    def match_task(self, row_task, task):
        """(group, distance)"""
        if not task:
            return row_task, 0
        up = self.line("task", task)
        if row_task in up:
            return task, up.index(row_task)
        if row_task and task in self.line("task", row_task):
            return row_task, 0
        return None

    def match_region(self, row_region, region):
        """(distance, certain)"""
        if not region:
            return NO_REGION_DISTANCE, row_region == self.root
        up = self.line("region", region)
        if row_region in up:
            return up.index(row_region), True
        down = self.line("region", row_region)
        if region in down:
            return 100 + down.index(region), False
        return None

    def match_status(self, statuses, status):
        """certain or None"""
        if not statuses:
            return True
        if status:
            up = self.line("status", status)
            if any(s in up for s in statuses):
                return True
            if any(status in self.line("status", s) for s in statuses):
                return False
            return None
        return False

    def read_fact(self, fact, text):
        integer = self.records["fact"][fact]["type"] == "integer"
        return interval(text) if integer else set(text.split("|"))

    def knowledge(self, status, facts):
        known = {}
        for s in reversed(self.line("status", status)) if status else []:
            for fact, _, alternatives in parse_clauses(self.records["status"][s]["implies"]):
                known[fact] = self.read_fact(fact, "|".join(alternatives))
        for fact, text in facts.items():
            fact = self.resolve("fact", fact)
            known[fact] = self.read_fact(fact, text)
        return known

    def match_condition(self, condition, known):
        """(facts of false clauses, facts of unknown clauses), in order, each once"""
        false, unknown = [], []
        for fact, operator, alternatives in parse_clauses(condition):
            where = None
            if fact not in known:
                where = unknown
            else:
                integer = self.records["fact"][fact]["type"] == "integer"
                truths = {holds(integer, operator, alternatives, v)
                          for v in possible_values(integer, known[fact], alternatives)}
                if truths == {False}:
                    where = false
                elif truths != {True}:
                    where = unknown
            if where is not None and fact not in where:
                where.append(fact)
        return false, unknown

    # ---- rows

    def look_at(self, row, q, known):
        """One responsibility or notice against the question: what fails, what is open."""
        misses, because, opened = [], [], []
        region_distance = 0
        if row["region"]:
            m = self.match_region(row["region"], q["region"])
            if m is None:
                misses.append("region")
                because.append("region")
                region_distance = MISSED_REGION_DISTANCE
            else:
                region_distance, sure = m
                if not sure:
                    opened.append("region")
        m = self.match_status(row["statuses"], q["status"])
        if m is None:
            misses.append("status")
            because.append("status")
        elif not m:
            opened.append("status")
        false, unknown = self.match_condition(row["condition"], known)
        date_missed = (row["valid_from"] and q["at"] < row["valid_from"]
                       or row["valid_to"] and q["at"] > row["valid_to"])
        if date_missed:
            misses.append("date")
            because.append("date")
        if false:
            misses.append("condition")
            because += false
        else:
            opened += [f for f in unknown if f not in opened]
        return misses, because, opened, region_distance

    def candidates(self, q, known):
        rows = []
        for r in self.records["responsibility"].values():
            m = self.match_task(r["task"], q["task"])
            if m is None:
                continue
            misses, because, opened, region_distance = self.look_at(r, q, known)
            rows.append({
                "responsibility": r["id"], "institution": r["institution"], "role": r["role"],
                "task": r["task"], "region": r["region"],
                "group": m[0], "task_distance": m[1], "region_distance": region_distance,
                "certain": not opened, "depends_on": opened, "misses": misses,
                "because": because, "primary": False})
        rows.sort(key=lambda row: self.sort_key(row, q["task"]))
        return rows

    def sort_key(self, row, task):
        return (row["group"] != task, self.task_order[row["group"]],
                row["role"] not in DIRECT, not row["certain"], row["role"] != "lead",
                row["task_distance"], row["region_distance"], ROLES.index(row["role"]),
                row["institution"].encode(), row["responsibility"].encode())

    @staticmethod
    def mark_primary(rows):
        first = {}
        for row in rows:
            klass = 0 if row["role"] == "lead" else 1 if row["role"] in DIRECT else 2
            rank = (row["certain"], klass, row["task_distance"], row["region_distance"])
            row["primary"] = klass < 2 and first.setdefault(row["group"], rank) == rank

    def notices(self, q, known, rows):
        institutions = {row["institution"] for row in rows}
        out = []
        for n in sorted(self.records["notice"].values(), key=lambda n: n["id"].encode()):
            if n["task"] and self.match_task(n["task"], q["task"]) is None:
                continue
            misses, _, opened, _ = self.look_at(n, q, known)
            if misses or n["institution"] and n["institution"] not in institutions:
                continue
            out.append({"id": n["id"], "effect": n["effect"], "certain": not opened,
                        "depends_on": opened})
        return out

    def outcome(self, q, rows, notices):
        if q["task"]:
            up = self.line("task", q["task"])
            for effect in ("excluded", "not-needed"):
                for match in notices:
                    n = self.records["notice"][match["id"]]
                    if (n["effect"] == effect and match["certain"] and not n["institution"]
                            and (not n["task"] or n["task"] in up)):
                        return effect
        return "answered" if any(r["role"] in DIRECT for r in rows) else "nobody"

    def who(self, question):
        """question: task, region, status: ids or ""; facts: {id: text}; at: ISO date;
        roles, certain, no_subtasks, limit, all, explain: as the flags."""
        q = {"task": "", "region": "", "status": "", "facts": {}, **question}
        for kind in ("task", "region", "status"):
            q[kind] = self.resolve(kind, q[kind])
        known = self.knowledge(q["status"], q["facts"])
        seen = self.candidates(q, known)
        rows = [row for row in seen if not row["misses"]]
        self.mark_primary(rows)
        notices = self.notices(q, known, rows)
        outcome = self.outcome(q, rows, notices)
        near = []
        if outcome == "nobody" or q.get("explain"):
            near = [row for row in seen if row["role"] in DIRECT and len(row["misses"]) == 1]
        shown = [row for row in rows
                 if (not q.get("roles") or row["role"] in q["roles"])
                 and (row["certain"] or not q.get("certain"))
                 and (not q.get("no_subtasks") or row["group"] == q["task"])]
        limit = len(shown) if q.get("all") else q.get("limit") or 50
        return {"outcome": outcome, "notices": notices, "answers": shown[:limit],
                "total": len(shown), "truncated": len(shown) > limit,
                "near_misses": near[:NEAR_MISSES]}

    def postcode(self, question, postcode):
        """The answer for the smallest region id, or None if the regions differ."""
        regions = sorted((p["region"] for p in self.records["postcode"].values()
                          if p["postcode"] == postcode), key=str.encode)
        signatures = set()
        for region in regions:
            a = self.who({**question, "region": region, "roles": None, "certain": False,
                          "no_subtasks": False, "all": True})
            signatures.add((
                frozenset((r["group"], r["responsibility"], r["certain"],
                           frozenset(r["depends_on"])) for r in a["answers"] if r["primary"]),
                frozenset((n["id"], n["certain"]) for n in a["notices"])))
        return self.who({**question, "region": regions[0]}) if len(signatures) == 1 else None
