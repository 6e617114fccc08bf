# SPDX-License-Identifier: Apache-2.0
"""Seeded random bundles and questions, small but with every feature of the rules."""

import random

import reference

DAYS = ["2025-12-31", "2026-01-01", "2026-01-02", "2026-06-30", "2026-07-01", "2026-12-31"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Ids:
    """Ids whose order by bytes differs from other orders: t1, t1-1, t10, t2."""

    def __init__(self, rng):
        self.rng, self.used = rng, set()

    def make(self, prefix):
        while True:
            id_ = prefix + str(self.rng.randrange(1, 40))
            if self.rng.random() < 0.4:
                id_ += "-" + self.rng.choice(LETTERS + "0123456789")
            if id_ not in self.used:
                self.used.add(id_)
                return id_


def tree(rng, ids, prefix, count, roots):
    """[(id, parent)], parents first"""
    out = []
    for i in range(count):
        parent = ""
        if i >= roots:
            recent = out[-4:] if rng.random() < 0.5 else out
            parent = rng.choice(recent)[0]
        out.append((ids.make(prefix), parent))
    return out


def random_fact(rng, id_, integer):
    values = rng.sample(["yes", "no", "shared", "own", "a1", "b-2"], rng.randint(2, 5))
    return {"id": id_, "type": "integer" if integer else "choice",
            "values": "" if integer else "|".join(values), "name_de": "Fakt " + id_}


def random_value(rng, fact, ranges=True):
    """What a question or `implies` may say of a fact."""
    if fact["type"] == "choice":
        values = fact["values"]
        return "|".join(rng.sample(values, rng.randint(1, min(len(values), 3))))
    low = rng.randrange(0, 30)
    if ranges and rng.random() < 0.5:
        return f"{low}..{low + rng.choice([0, 1, 2, 5, 12])}"
    return str(low)


def random_clause(rng, fact):
    if fact["type"] == "choice":
        values = rng.sample(fact["values"], rng.randint(1, len(fact["values"])))
        return fact["id"] + rng.choice(["=", "!="]) + "|".join(values)
    operator = rng.choice(["=", "!=", "<", "<=", ">", ">="])
    if operator in ("=", "!="):
        alternatives = [random_value(rng, fact) for _ in range(rng.randint(1, 3))]
        return fact["id"] + operator + "|".join(alternatives)
    return fact["id"] + operator + str(rng.randrange(0, 32))


def random_condition(rng, facts, share=0.4):
    if rng.random() > share:
        return ""
    return ";".join(random_clause(rng, rng.choice(facts)) for _ in range(rng.randint(1, 3)))


def random_implies(rng, facts):
    chosen = rng.sample(facts, rng.choice([0, 0, 1, 1, 2]))
    return ";".join(f["id"] + "=" + random_value(rng, f) for f in chosen)


def random_validity(rng):
    if rng.random() < 0.6:
        return "", ""
    low, high = sorted(rng.choices(DAYS, k=2))
    return rng.choice(["", low]), rng.choice(["", high])


def random_set(rng, ids, most):
    return ";".join(rng.sample(ids, rng.randint(1, min(most, len(ids)))))


class Bundle:
    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.ids = Ids(rng)
        self.records = {kind: {} for kind in reference.KINDS}
        self.vocabulary()
        self.actors()
        for _ in range(rng.randint(30, 140)):
            self.responsibility()
        for _ in range(rng.randint(2, 14)):
            self.notice()
        self.process()

    def put(self, kind, /, **cells):
        record = reference.make_record(kind, cells)
        self.records[kind][record["id"]] = record
        return record

    def keys(self, kind):
        return list(self.records[kind])

    def vocabulary(self):
        rng = self.rng
        for id_, parent in tree(rng, self.ids, "r", rng.randint(3, 30), 1):
            self.put("region", id=id_, parent=parent, name_de="Ort " + id_,
                     kind="municipality" if parent else "country",
                     aliases="Alias von " + id_ if rng.random() < 0.2 else "")
        self.regions = self.keys("region")
        for _ in range(rng.randint(0, 2)):
            id_ = self.ids.make("area")
            self.put("region", id=id_, kind="area", members=random_set(rng, self.regions, 3),
                     name_de="Gebiet " + id_)
        for i in range(rng.randint(0, 6)):
            for region in rng.sample(self.regions, rng.choice([1, 1, 2, 3])):
                self.put("postcode", postcode=f"{10000 + i}", region=region)
        for id_, parent in tree(rng, self.ids, "t", rng.randint(3, 20), rng.randint(1, 3)):
            self.put("task", id=id_, parent=parent, name_de="Aufgabe " + id_,
                     expected=rng.choice(["", "", "yes"]))
        for i in range(rng.randint(2, 6)):
            fact = random_fact(rng, self.ids.make("f"), i % 2 == 0)
            self.put("fact", **fact)
        self.facts = list(self.records["fact"].values())
        for id_, parent in tree(rng, self.ids, "s", rng.randint(2, 14), rng.randint(1, 3)):
            self.put("status", id=id_, parent=parent, name_de="Status " + id_,
                     implies=random_implies(rng, self.facts))

    def actors(self):
        rng = self.rng
        for _ in range(3):
            self.put("kind", id=self.ids.make("k"), name_de="Art", statutory="yes")
        for id_, parent in tree(rng, self.ids, "i", rng.randint(2, 12), 2):
            self.put("institution", id=id_, parent=parent, kind=rng.choice(self.keys("kind")),
                     region=rng.choice(self.regions), name_de="Amt " + id_,
                     phone=rng.choice(["", "", "030 23125 100"]),
                     email=rng.choice(["", "", id_ + "@example.org"]))
        for _ in range(rng.randint(1, 10)):
            valid_from, valid_to = random_validity(rng)
            id_ = self.ids.make("c")
            self.put("contact", id=id_, institution=rng.choice(self.keys("institution")),
                     name="Max Muster " + id_, function="Beratung", languages="de;en",
                     visibility=rng.choice(["public", "partners", "workshop", "institution"]),
                     valid_from=valid_from, valid_to=valid_to)

    def responsibility(self):
        rng = self.rng
        valid_from, valid_to = random_validity(rng)
        institution = rng.choice(self.keys("institution"))
        contacts = [c["id"] for c in self.records["contact"].values()
                    if c["institution"] == institution]
        return self.put(
            "responsibility", id=self.ids.make("x") + "-" + self.ids.make("n"),
            institution=institution, task=rng.choice(self.keys("task")),
            region=rng.choice(self.regions),
            statuses=random_set(rng, self.keys("status"), 3) if rng.random() < 0.6 else "",
            role=rng.choice(reference.ROLES), contacts=";".join(contacts),
            condition=random_condition(rng, self.facts),
            valid_from=valid_from, valid_to=valid_to)

    def notice(self):
        rng = self.rng
        valid_from, valid_to = random_validity(rng)

        def maybe(kind, share):
            return rng.choice(self.keys(kind)) if rng.random() < share else ""
        region = rng.choice(self.regions) if rng.random() < 0.6 else ""
        return self.put(
            "notice", id=self.ids.make("z") + "-" + self.ids.make("n"),
            institution=maybe("institution", 0.25), task=maybe("task", 0.7), region=region,
            statuses=random_set(rng, self.keys("status"), 3) if rng.random() < 0.5 else "",
            condition=random_condition(rng, self.facts, 0.25),
            effect=rng.choice(reference.EFFECTS), text_de="Hinweis", text_en="Notice",
            valid_from=valid_from, valid_to=valid_to)

    def process(self):
        rng = self.rng
        for step in range(rng.randint(0, 3)):
            self.put("handover", id=f"chain-{step + 1}", process="chain", step=str(step + 1),
                     task=rng.choice(self.keys("task")),
                     from_kinds="|".join(rng.sample(self.keys("kind"), 2)),
                     to_kinds=rng.choice(self.keys("kind")), trigger_de="Auslöser, \"neu\"")

    def question(self):
        rng = self.rng

        def maybe(ids, share):
            return rng.choice(ids) if rng.random() < share else ""
        facts = rng.sample(self.facts, rng.choice([0, 0, 0, 1, 1, 2]))
        q = {"task": maybe(self.keys("task"), 0.85), "region": maybe(self.regions, 0.75),
             "status": maybe(self.keys("status"), 0.6),
             "facts": {f["id"]: random_value(rng, f) for f in facts}, "at": rng.choice(DAYS)}
        if rng.random() < 0.15:
            q["roles"] = rng.sample(reference.ROLES, rng.randint(1, 3))
        if rng.random() < 0.15:
            q["certain"] = True
        if q["task"] and rng.random() < 0.15:
            q["no_subtasks"] = True
        if rng.random() < 0.15:
            q["explain"] = True
        if rng.random() < 0.2:
            q["limit"] = rng.randint(1, 5)
        else:
            q["all"] = True
        return q
