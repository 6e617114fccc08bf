# SPDX-License-Identifier: Apache-2.0
"""What lists of institutions consist of, and what plans do; for sync_reference.py."""

COLUMNS = {"contact": ["institution", "name", "function", "phone", "email", "visibility", "deputy",
                       "external_id"],
           "responsibility": ["institution", "task", "region", "statuses", "role", "condition",
                              "note", "source", "contacts"],
           "notice": ["institution", "task", "region", "statuses", "condition", "effect",
                      "text_de"]}
LINKS = {"responsibility": "contacts", "contact": "deputy"}  # columns that name contacts
WHOLE = ""               # a conflict about a record, not about one of its fields


def links(key, record):
    """The contacts that a record names, in order."""
    value = record[LINKS[key[0]]] if key[0] in LINKS else []
    return value if isinstance(value, list) else [value] if value else []


def with_links(key, ids):
    column = LINKS[key[0]]
    return {column: ids if column == "contacts" else "".join(map(str, ids[:1]))}


class Gone:
    """In the archive: the record, since when, what it was taken out of, what it takes along."""

    def __init__(self, record, day, taken):
        self.record, self.day, self.taken, self.own = record, day, taken, []


class Row:
    def __init__(self, kind, cells, line, id_=""):
        self.kind, self.cells, self.line, self.id = kind, cells, line, id_

    def __repr__(self):
        return f"{self.kind} {self.line} {self.id} {self.cells}"


class Line:
    def __init__(self, act, row=None, revision=0):
        self.act, self.row, self.revision = act, row, revision
        self.takes, self.conflicts, self.resolved = {}, [], ""

    def shown(self):
        """All that makes it another line if it differs."""
        takes = [(c, v) for c, v in sorted(self.takes.items())]
        return (self.act, self.revision, self.resolved, repr(takes), sorted(self.conflicts))


class Plan:
    def __init__(self):
        self.lines = {}                # key → Line; a new record's key has the row's line as id
        self.kept, self.left, self.unnamed = {}, {}, set()
        self.rows, self.missing, self.archive, self.owned = [], [], [], 0
        self.guards, self.deletes, self.open = set(), {0}, 0

    def shown(self):
        return {k: line.shown() for k, line in self.lines.items()}

    @property
    def any(self):
        return any(line.act != "same" for line in self.lines.values())


def empty(kind):
    return {c: [] if c in ("statuses", "contacts", "languages") else "" for c in ALL[kind]}


def fresh(kind):
    """A new record of which nothing was said. Who can be seen is never by accident."""
    return {**empty(kind), **({"visibility": "institution"} if kind == "contact" else {})}


ALL = {"contact": "id institution name function phone email languages visibility deputy external_id "
                  "informed_on valid_from valid_to".split(),
       "responsibility": "id institution task region statuses role contacts condition legal_basis "
                         "source note valid_from valid_to confirmed_on".split(),
       "notice": "id institution task region statuses condition effect text_de text_en legal_basis "
                 "source valid_from valid_to".split()}
