# SPDX-License-Identifier: Apache-2.0
"""Institutions with contacts, responsibilities and notices for test_sync.py, and the clerks' lists."""

import reference
from access_world import record
from sync_lists import COLUMNS, links

AREAS = {"land": "", "kreis-a": "land", "kreis-b": "land", "stadt-a": "kreis-a",
         "stadt-b": "kreis-b"}
TASKS = ["kurs", "rat", "notdienst"]
ROLES = ["lead", "provider", "advice", "support", "funding", "referral"]
STATUSES = {"aufenthalt": "", "duldung": "aufenthalt", "asyl": "aufenthalt", "eu": ""}
IMPLIED = {"asyl": {"unterkunft": "gemeinschaft"}}
CONDITIONS = ["", "", "", "unterkunft=gemeinschaft", "unterkunft=dezentral", "alter<27"]
EFFECTS = ["info", "restricted", "suspended", "excluded", "not-needed"]
# each with its parent; lists come from all but "haus"
INSTITUTIONS = {"verein-1": "", "verein-1-team": "verein-1", "verein-1-team-rat": "verein-1-team",
                "verein-2": "", "verein-2-haus": "verein-2", "verein-3": "", "haus": ""}
PUSHING = ["verein-1", "verein-1", "verein-2", "verein-2", "verein-3", "verein-1-team"]
EDITORS = ["verein-1", "verein-2", "verein-3"]
CLASSES = ["public", "partners", "institution"]
MAILBOX = "post@example.org"  # that of a post, not of a person


def lines(parents):
    """each: itself and all above it"""
    out = {}
    for r in parents:
        out[r] = [r]
        while parents[out[r][-1]]:
            out[r].append(parents[out[r][-1]])
    return out


def person(number, institution, visibility, **more):
    """The given name is one person's for ever; everything else may change."""
    return {"institution": institution, "name": f"Erika{number} Muster{number}",
            "function": f"Stelle {number}", "phone": f"030 23125 {100 + number}",
            "email": f"p{number}@example.org", "visibility": visibility, **more}


def some_statuses(rng):
    return sorted(rng.sample(list(STATUSES), rng.choice([0, 0, 1, 1, 2])))


class Builder:
    def __init__(self, rng):
        self.rng, self.number = rng, 0
        self.records = {k: {} for k in ("region", "task", "status", "fact", "kind", "institution",
                                        *COLUMNS)}
        for id_, parent in AREAS.items():
            self.add("region", id=id_, parent=parent, kind="kreis" if parent else "land",
                     name_de=id_)
        for t in TASKS:
            self.add("task", id=t, name_de=t.title(), expected="yes" if t == "notdienst" else "")
        self.add("fact", id="alter", type="integer", name_de="Alter")
        self.add("fact", id="unterkunft", type="choice", values="gemeinschaft|dezentral",
                 name_de="Unterkunft", labels_de="Gemeinschaft|dezentral")
        for id_, parent in STATUSES.items():
            facts = ";".join(f"{f}={v}" for f, v in IMPLIED.get(id_, {}).items())
            self.add("status", id=id_, parent=parent, name_de=id_.title(), implies=facts)
        self.add("kind", id="verein", name_de="Verein")
        for id_, parent in INSTITUTIONS.items():
            self.add("institution", id=id_, parent=parent, kind="verein", region="kreis-a",
                     name_de=id_.title())
        for id_, parent in INSTITUTIONS.items():
            self.institution(id_, 3 if parent else 5)
        for t in TASKS[:2]:  # so that only the third loses its last row often
            self.add("responsibility", id=f"haus-{t}", institution="haus", task=t, region="land",
                     role="lead")
        for i, region in enumerate(("kreis-a", "stadt-b", "kreis-b")):
            self.add("responsibility", id=f"not-{i}", institution=EDITORS[i], task="notdienst",
                     region=region, role="lead", statuses=";".join(some_statuses(rng)))

    def add(self, kind, /, **columns):
        self.records[kind][columns["id"]] = record(kind, **columns)

    def institution(self, id_, size):
        rng, people = self.rng, []
        for _ in range(rng.randrange(size - 1, size + 3)):
            self.number += 1
            n = self.number
            self.add("contact", id=f"k{n}", external_id=f"x{n}" if rng.random() < 0.5 else "",
                     deputy=rng.choice(people) if people and rng.random() < 0.4 else "",
                     **{**person(n, id_, rng.choice(CLASSES)),
                        **({"email": MAILBOX} if rng.random() < 0.1 else {})})
            people.append(f"k{n}")
        for k in range(rng.randrange(size - 1, size + 3)):
            self.add("responsibility", id=f"{id_}-{k}", institution=id_, task=rng.choice(TASKS[:2]),
                     region=list(AREAS)[k % 5], role=ROLES[k % 6], note=f"Anmerkung {k}",
                     statuses=";".join(some_statuses(rng)), condition=rng.choice(CONDITIONS),
                     contacts=";".join(rng.sample(people, rng.randrange(3))))
        for k in range(rng.randrange(3)):
            self.add("notice", id=f"{id_}-h{k}", institution=id_, effect=rng.choice(EFFECTS),
                     task=rng.choice(["", *TASKS]), region=rng.choice(["", *AREAS]),
                     statuses=";".join(some_statuses(rng)), text_de=f"Hinweis {k}")


class Sheet:
    """What a clerk has on the own disk: from a template, then edited and pushed.

    rows: (kind, number) → cells, where persons are named by such keys as well; ids: → id as stored."""

    def __init__(self, directory, institution, with_below, revision):
        self.institution, self.base, self.rows, self.ids = institution, revision, {}, {}
        self.next, self.applied = 0, 0
        self.parts = sorted(directory.below(institution)) if with_below else [institution]
        mine = [k for k, r in directory.now.items() if r["institution"] in self.parts]
        whose = {k[1]: self.put(k[0], directory.now[k], k[1]) for k in mine if k[0] == "contact"}
        for k in mine:
            if k[0] != "contact":
                self.put(k[0], directory.now[k], k[1])
        for who, cells in self.rows.items():
            for c in ("contacts", "deputy"):
                if c in cells:
                    cells[c] = [whose.get(x, x) for x in cells[c]]

    def put(self, kind, r, id_=""):
        """Names of people as they are in r, in a list."""
        self.next += 1
        who = kind, self.next
        self.rows[who] = {c: r[c] for c in COLUMNS[kind]}
        if kind == "contact":
            self.rows[who]["deputy"] = links(("contact",), r)
        self.ids[who] = id_
        return who

    def of(self, kind):
        return [w for w in self.rows if w[0] == kind]

    def remove(self, who):
        del self.rows[who]
        for cells in self.rows.values():
            for c in ("contacts", "deputy"):
                if c in cells:
                    cells[c] = [x for x in cells[c] if x != who]

    def word_for(self, rng, who, columns, with_ids):
        """How the list calls somebody."""
        if isinstance(who, str):
            return who  # is not in the list: the id
        if with_ids and self.ids[who] and rng.random() < 0.7:
            return self.ids[who]
        cells = self.rows[who]
        ways = [cells["name"]]
        if cells["email"] and cells["email"] != MAILBOX:
            ways += [cells["email"]] * 3
        if cells["external_id"] and (columns is None or "external_id" in columns):
            ways.append(cells["external_id"])
        return rng.choice(ways)


def cell(column, value):
    return value if isinstance(value, str) else reference.join_cell(column, value)
