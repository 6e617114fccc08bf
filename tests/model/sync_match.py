# SPDX-License-Identifier: Apache-2.0
"""Which record a row of a list is about, and whom its cells mean: every row against every record.

Persons are known by id, by the institution's own key, by e-mail address (if a part of the name
agrees), by name and function; different keys are two persons, what is not clear is asked. Duties and
notices are known by what they say: by all of it, else by the first four if there is only one. Who is
on record comes before who is in the archive.
"""

import re

WORD = re.compile("[a-zäöüß0-9]+")
SAYS = {"responsibility": ["institution", "task", "region", "role", "statuses", "condition"],
        "notice": ["institution", "effect", "task", "region", "statuses", "condition"]}
FIRST = 4


class Rejected(Exception):
    """The list contradicts itself, or names who is not there."""


def words(name):
    return frozenset(WORD.findall(name.lower()))


# ---- persons

def two_people(a, b):
    return a.get("external_id", "") != b.get("external_id", "") and bool(
        a.get("external_id") and b.get("external_id"))


def same_key(row, r):
    return bool(row.get("external_id")) and row["external_id"] == r["external_id"]


def same_address(row, r):
    if not row.get("email") or row["email"].lower() != r["email"].lower() or two_people(row, r):
        return False
    alike = {w for w in words(row.get("name", "")) & words(r["name"]) if len(w) > 2}
    return bool(alike) or not row.get("name")


def same_address_and_name(row, r):
    """Of several at one mailbox, the one of that name comes first."""
    return same_address(row, r) and words(row.get("name", "")) == words(r["name"])


def same_name(row, r):
    jobs = row.get("function", "").lower(), r["function"].lower()
    return (bool(row.get("name")) and words(row["name"]) == words(r["name"])
            and row["institution"] == r["institution"] and not two_people(row, r)
            and ("" in jobs or jobs[0] == jobs[1]))


class Matching:
    """pools: who is on record, who is in the archive, who was deleted. rows: with their institution.
    found: line of the row → key of the record."""

    def __init__(self, pools, rows):
        self.pools, self.rows, self.found = pools, rows, {}
        ids = [(row.kind, row.id) for row in rows if row.id]
        if len(ids) != len(set(ids)):
            raise Rejected("an id is there twice")
        for row in rows:
            if row.id:
                self.by_id(row)
        self.persons()
        for kind in SAYS:
            self.by_what_it_says(kind)

    def free(self, kind, pool):
        taken = set(self.found.values())
        return {k: r for k, r in pool.items() if k[0] == kind and k not in taken}

    def open(self, kind):
        return [row for row in self.rows if row.kind == kind and row.line not in self.found]

    def by_id(self, row):
        key = row.kind, row.id
        if not any(key in pool for pool in self.pools):
            return
        self.found[row.line] = key

    def persons(self):
        keys = [r.cells["external_id"] for r in self.rows
                if r.kind == "contact" and r.cells.get("external_id")]
        if len(keys) != len(set(keys)):
            raise Rejected("a key is there twice")
        others = (same_address_and_name, same_address, same_name)
        for pool in self.pools[:2]:
            self.claim(pool, same_key)
        for pool in self.pools[:2]:
            for rule in others:
                self.claim(pool, rule)
        for rule in (same_key, *others):
            self.claim(self.pools[2], rule)

    def claim(self, pool, rule):
        free, claims = self.free("contact", pool), {}
        for row in self.open("contact"):
            fits = [k for k, r in free.items() if rule(row.cells, r)]
            if len(fits) > 1 or (fits and fits[0] in claims.values()):
                raise Rejected(f"{row.cells}: who of {fits}?")
            if fits:
                claims[row.line] = fits[0]
        self.found.update(claims)

    def by_what_it_says(self, kind):
        columns = SAYS[kind]
        said = [tuple(map(str, (row.cells.get(c, "") for c in columns)))
                for row in self.open(kind) if not row.id]
        if len(said) != len(set(said)):
            raise Rejected("a record is there twice")
        living = self.pools[0]
        for pool, n in ((pool, n) for pool in self.pools for n in (len(columns), FIRST)):
            # other statuses than those of what is gone are another thing
            asking = [row for row in self.open(kind) if not row.id
                      and all(c in row.cells for c in columns[:n])
                      and not (pool is not living and n == FIRST
                               and all(c in row.cells for c in columns))]
            free = self.free(kind, pool)
            for row in asking:
                same = [k for k, r in free.items() if self.agree(row.cells, r, columns[:n])]
                rivals = [o for o in asking if self.agree(row.cells, o.cells, columns[:n])]
                if len(same) == 1 and len(rivals) == 1:
                    self.found[row.line] = same[0]

    @staticmethod
    def agree(a, b, columns):
        return all(a[c] == b[c] for c in columns)


# ---- whom a cell means

class Person:
    def __init__(self, id_, institution, row, r):
        """row: the cells of the list, or None; r: the record, or None"""
        self.id, self.institution, self.listed = id_, institution, row is not None
        now = {c: (row or {}).get(c) or (r or {}).get(c, "")
               for c in ("external_id", "email", "name")}
        self.ways = [id_, now["external_id"], now["email"].lower(), words(now["name"])]
        if row is not None and r is not None:  # as the list called this person before
            self.ways += [r["email"].lower(), words(r["name"])]


def meant(people, word, institution, known):
    """The person a word of a cell means: those in the list first, then the own institution's."""
    names = [word, word, word.lower(), words(word), word.lower(), words(word)]
    for n, name in enumerate(names):
        if n == 1 and word in known:
            return known[word]
        fits = [p for p in people if len(p.ways) > n and p.ways[n] and p.ways[n] == name]
        best = max(((p.listed, p.institution == institution) for p in fits), default=None)
        fits = [p for p in fits if (p.listed, p.institution == institution) == best]
        if len(fits) > 1:
            raise Rejected(f"{word} is the name of several")
        if fits:
            return fits[0]
    raise Rejected(f"nobody is called {word}")
