# SPDX-License-Identifier: Apache-2.0
"""Institutions with contacts and responsibilities for test_sync.py, and the clerks' lists."""

from access_world import record
from sync_reference import ident_of

AREAS = {"land": "", "kreis-a": "land", "kreis-b": "land", "stadt-a": "kreis-a",
         "stadt-b": "kreis-b"}
TASKS = ["kurs", "rat", "notdienst"]
ROLES = ["lead", "provider", "advice", "support", "funding", "referral"]
PUSHING = ["verein-1", "verein-2", "verein-3"]
OTHERS = {"verein-1-team": "verein-1", "haus": ""}
CLASSES = ["public", "partners", "institution"]


def lines():
    """region: itself and all above"""
    out = {}
    for r in AREAS:
        out[r] = [r]
        while AREAS[out[r][-1]]:
            out[r].append(AREAS[out[r][-1]])
    return out


def person(number, institution, visibility, **more):
    """Given name and address are one person's for ever; the family name may change."""
    return {"institution": institution, "name": f"Erika{number} Muster{number}",
            "function": f"Stelle {number}", "phone": f"030 23125 {100 + number}",
            "email": f"p{number}@example.org", "visibility": visibility, **more}


def world(rng):
    r = {k: {} for k in ("region", "task", "status", "kind", "institution", "contact",
                         "responsibility")}

    def add(kind, /, **columns):
        r[kind][columns["id"]] = record(kind, **columns)

    for id_, parent in AREAS.items():
        add("region", id=id_, parent=parent, kind="kreis" if parent else "land", name_de=id_)
    for t in TASKS:
        add("task", id=t, name_de=t.title(), expected="yes" if t == "notdienst" else "")
    add("status", id="duldung", name_de="Duldung")
    add("status", id="asyl", name_de="Asyl")
    add("kind", id="verein", name_de="Verein")
    numbers = iter(range(1, 1000))
    for id_, parent in [(i, "") for i in PUSHING] + list(OTHERS.items()):
        add("institution", id=id_, parent=parent, kind="verein", region="kreis-a",
            name_de=id_.title())
        people = []
        for _ in range(rng.randrange(4, 9)):
            n = next(numbers)
            people.append(f"k{n}")
            add("contact", id=f"k{n}", external_id=f"x{n}" if rng.random() < 0.5 else "",
                **person(n, id_, rng.choice(CLASSES)))
        for k in range(rng.randrange(4, 8)):
            add("responsibility", id=f"{id_}-{k}", institution=id_, task=rng.choice(TASKS[:2]),
                region=list(AREAS)[k % 5], role=ROLES[k % 6], note=f"Anmerkung {k}",
                contacts=";".join(rng.sample(people, rng.randrange(3))))
    for t in TASKS[:2]:  # so that only the third can lose its last row
        add("responsibility", id=f"haus-{t}", institution="haus", task=t, region="land",
            role="lead")
    for i, region in enumerate(("kreis-a", "stadt-b", "kreis-b")):
        add("responsibility", id=f"not-{i}", institution=PUSHING[i], task="notdienst",
            region=region, role="lead")
    return r, next(numbers)


class Sheet:
    """What a clerk has on the own disk: from a template, then edited and pushed."""

    def __init__(self, directory, institution, revision):
        self.institution, self.base, self.rows, self.ids = institution, revision, {}, {}
        for key, r in directory.now.items():
            if r["institution"] == institution:
                self.put(directory, key[0], r, key[1])

    def put(self, directory, kind, r, id_=""):
        who = kind, ident_of(kind, r)
        self.rows[who] = self.cells(directory, kind, r)
        self.ids[who] = id_

    @staticmethod
    def cells(directory, kind, r):
        if kind == "contact":
            return {c: r[c] for c in ("name", "function", "phone", "email", "visibility",
                                      "external_id")}
        emails = [directory.now["contact", c]["email"] for c in r["contacts"]
                  if ("contact", c) in directory.now]
        return {**{c: r[c] for c in ("task", "region", "role", "note", "source")},
                "contacts": emails}

    def of(self, kind):
        return [w for w in self.rows if w[0] == kind]

    def remove(self, who):
        del self.rows[who]
        if who[0] == "contact":
            for w in self.of("responsibility"):
                cells = self.rows[w]
                cells["contacts"] = [e for e in cells["contacts"] if e != who[1]]
