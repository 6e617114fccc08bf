# SPDX-License-Identifier: Apache-2.0
"""Lists of institutions against a directory, naively: what a plan shows, and what applying it does.

Written from docs/sync.md and the rules alone. Which record a row is about is not searched for: the
test knows it (an e-mail address is one person's for ever; a responsibility is known by institution,
task, region and role), so that what the daemon finds out can be compared with it.
"""

import datetime

COLUMNS = {"contact": ["name", "function", "phone", "email", "visibility", "external_id"],
           "responsibility": ["task", "region", "role", "note", "source", "contacts"]}
LINKS = {"responsibility": "contacts"}  # kind: column that names contacts
WHOLE = ""                              # a conflict about a record, not about one of its fields


def ident_of(kind, r):
    if kind == "contact":
        return r["email"]
    return r["institution"], r["task"], r["region"], r["role"]


class Gone:
    """In the archive: the record, what it was taken out of, what it takes along."""

    def __init__(self, record, revision, taken):
        self.record, self.revision, self.taken, self.own = record, revision, taken, []


class Row:
    def __init__(self, kind, ident, cells, line, id_=""):
        self.kind, self.ident, self.cells, self.line, self.id = kind, ident, cells, line, id_


class Rejected(Exception):
    """The list contradicts itself, or names who is not there."""


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
        self.guards, self.deletes, self.open = set(), 0, 0

    def shown(self):
        return {k: line.shown() for k, line in self.lines.items()}

    @property
    def any(self):
        return any(line.act != "same" for line in self.lines.values())


class Directory:
    """Contacts and responsibilities as the model has them; keys are (kind, id)."""

    def __init__(self, records, revision, regions, day=None):
        self.now = {(k, i): dict(r) for k in ("contact", "responsibility")
                    for i, r in records[k].items()}
        self.revision_of = {key: revision for key in self.now}
        self.past = [(revision, dict(self.now))]
        self.archive, self.lists, self.said = {}, {}, {}
        self.regions = regions
        self.day = day or datetime.date.today().isoformat()

    def at(self, revision):
        return next(s for r, s in reversed(self.past) if r <= revision)

    def find(self, kind, ident):
        """(key, archived) of who this is; archived is None if there is nobody."""
        for archived, of in ((False, self.now), (True, self.archive)):
            for key, r in of.items():
                if key[0] == kind and ident_of(kind, r.record if archived else r) == ident:
                    return key, archived
        return None, None

    def dangling(self):
        return [(key, c) for key, r in self.now.items() if key[0] in LINKS
                for c in r[LINKS[key[0]]] if ("contact", c) not in self.now]

    # ---- single changes; what was touched is of the next revision

    def begin(self):
        self.touched = set()

    def end(self, revision):
        for key in self.touched:
            if key in self.now:
                self.revision_of[key] = revision
        for key in self.archive:
            if self.archive[key].revision is None:
                self.archive[key].revision = revision
        self.past.append((revision, dict(self.now)))

    def put(self, key, cells):
        self.now[key] = {**self.now.get(key, {}), **cells}
        self.touched.add(key)

    def take(self, key):
        """Archives: it goes, and out of every list that names it."""
        taken = []
        for other, r in self.now.items():
            column = LINKS.get(other[0])
            if key[0] == "contact" and column and key[1] in r[column]:
                taken.append((other, r[column].index(key[1])))
        for other, _ in taken:
            column = LINKS[other[0]]
            self.put(other, {column: [c for c in self.now[other][column] if c != key[1]]})
        self.archive[key] = Gone(self.now.pop(key), None, taken)

    def insert(self, record, column, at, id_):
        if id_ in record[column]:
            return record[column]
        return record[column][:at] + [id_] + record[column][at:]

    def bring(self, key):
        """Revives, with what referred to it and what it referred to."""
        gone = self.archive.pop(key)
        record = dict(gone.record)
        column = LINKS.get(key[0])
        for id_, at in gone.own:
            record[column] = self.insert(record, column, at, id_)
        if column:
            before = record[column]
            record[column] = [c for c in before if ("contact", c) in self.now]
            for at, id_ in enumerate(before):
                if ("contact", id_) in self.archive:
                    self.archive["contact", id_].taken.append((key, at))
        self.put(key, record)
        for other, at in reversed(gone.taken):
            column = LINKS[other[0]]
            if other in self.now:
                links = self.insert(self.now[other], column, at, key[1])
                if links != self.now[other][column]:
                    self.put(other, {column: links})
            elif other in self.archive:
                self.archive[other].own.append((key[1], at))

    # ---- a plan

    def plan(self, institution, rows, columns, delta, based_on, plan_revision=0, decisions=()):
        """columns: of each kind that the list has, also without rows. plan_revision: of the plan that is looked at
        again. decisions: [(key, column, side, revision of the record)], the latest last."""
        bases, last_rows = self.lists.get(institution, ({}, 0))
        p = Plan()
        p.based_on, p.bases = based_on, bases
        p.shown_at = self.at(plan_revision) if plan_revision else None
        p.plan_revision, p.decisions = plan_revision, decisions
        p.own_base = not based_on
        p.rows, p.columns, kinds = rows, columns, list(columns)
        people = self.people_of(rows, institution)
        named = set()
        for row in rows:
            self.row(p, self.with_ids(row, people, named))
        if not delta:
            self.not_named(p, institution, rows, kinds, named)
        p.open = sum(len(line.conflicts) for line in p.lines.values())
        self.guard(p, institution, rows, kinds, last_rows)
        return p

    def base(self, p, kind, column=WHOLE):
        """The records when a list last told of this; None: never, so that the list counts."""
        at = p.based_on or p.bases.get((kind, column), 0)
        return self.at(at) if at else None

    def people_of(self, rows, institution):
        people = {r["email"]: (key[1], False) for key, r in self.now.items()
                  if key[0] == "contact" and r["institution"] == institution}
        for row in rows:
            if row.kind == "contact":
                key, _ = self.find("contact", row.ident)
                people[row.ident] = (key[1] if key else row.line, True)
        return people

    def with_ids(self, row, people, named):
        cells = dict(row.cells)
        column = LINKS.get(row.kind)
        if column in cells:
            for email in cells[column]:
                if email not in people:
                    raise Rejected(f"{row.ident} names {email}")
                if not people[email][1]:
                    named.add(("contact", people[email][0]))
            cells[column] = [people[email][0] for email in cells[column]]
        return Row(row.kind, row.ident, cells, row.line)

    def decided(self, p, key, column, revision):
        for k, c, side, r in reversed(p.decisions):
            if k == key and c in (WHOLE, column) and r == revision:
                return side
        return None

    def row(self, p, row):
        key, archived = self.find(row.kind, row.ident)
        if key is None:
            line = p.lines[row.kind, row.line] = Line("add", row)
            line.takes = row.cells
        elif archived:
            self.returning(p, key, row)
        else:
            self.living(p, key, row)

    def living(self, p, key, row):
        line = Line("same", row, self.revision_of[key])
        for column, mine in row.cells.items():
            if mine == self.now[key][column]:
                continue
            side = self.decided(p, key, column, line.revision)
            verdict = side or self.verdict(p, key, column, mine)
            line.resolved = side or line.resolved
            if verdict == "mine":
                line.takes[column] = mine
            else:
                p.kept.setdefault(key, {})[column] = mine
                if verdict == "conflict":
                    line.conflicts.append(column)
        line.act = "conflict" if line.conflicts else "change" if line.takes else "same"
        if line.act != "same" or line.resolved:
            p.lines[key] = line

    def verdict(self, p, key, column, mine):
        """Whose value counts, where the list says something else than the directory."""
        said = self.said.get(key, {})
        if p.own_base and column in said:  # was not taken last time
            return "theirs" if said[column] == mine else "conflict"
        theirs = self.now[key][column]
        base = self.base(p, key[0], column)
        was = base.get(key, {}).get(column, [] if isinstance(mine, list) else "") \
            if base is not None else theirs
        if base is not None and was == mine:
            return "theirs"
        if p.shown_at is not None and self.revision_of[key] > p.plan_revision \
                and key in p.shown_at and p.shown_at[key][column] != theirs:
            return "theirs" if p.shown_at[key][column] == mine else "conflict"
        return "mine" if was == theirs else "conflict"

    def returning(self, p, key, row):
        gone = self.archive[key]
        line = Line("revive", row, gone.revision)
        side = self.decided(p, key, WHOLE, gone.revision)
        line.resolved = side or ""
        said = self.said.get(key, {})
        was = (self.base(p, key[0]) or {}).get(key)
        if side:
            verdict = side
        elif p.own_base and "left" in said:
            verdict = "theirs" if said["left"] == row.cells else "conflict"
        elif was is not None:  # somebody archived it since
            same = all(was[c] == v for c, v in row.cells.items())
            verdict = "theirs" if same else "conflict"
        elif p.plan_revision and gone.revision > p.plan_revision:
            verdict = "conflict"
        else:
            verdict = "mine"
        if verdict == "mine":
            line.takes = {c: v for c, v in row.cells.items() if v != gone.record[c]}
        else:
            p.left[key] = row.cells
            line.act = "same"
            if verdict == "conflict":
                line.act = "conflict"
                line.conflicts.append(WHOLE)
        if line.act != "same" or line.resolved:
            p.lines[key] = line

    def candidates(self, institution, kinds):
        return [k for k, r in self.now.items()
                if k[0] in kinds and r["institution"] == institution]

    def not_named(self, p, institution, rows, kinds, named):
        in_list = {self.find(r.kind, r.ident)[0] for r in rows}
        # who names them again later has changed the list
        p.missing = [k for k, g in self.archive.items() if k[0] in kinds
                     and g.record["institution"] == institution and k not in in_list]
        for key in self.candidates(institution, kinds):
            if key in in_list:
                continue
            p.missing.append(key)
            revision = self.revision_of[key]
            side = self.decided(p, key, WHOLE, revision)
            fate = side or self.fate(p, key, revision)
            if fate == "theirs":
                p.unnamed.add(key)
                continue
            if fate == "mine" and key in named:
                raise Rejected(f"{key} is missing and named")
            line = p.lines[key] = Line("archive", None, revision)
            line.resolved = side or ""
            if fate == "conflict":
                line.act = "conflict"
                line.conflicts.append(WHOLE)

    def fate(self, p, key, revision):
        if p.own_base and "unnamed" in self.said.get(key, {}):
            return "theirs"
        base = self.base(p, key[0])
        if base is not None:
            if key not in base:
                return "theirs"  # who made the list could not name it
            if base[key] != self.now[key]:
                return "conflict"
        if p.shown_at is not None and revision > p.plan_revision:
            if key not in p.shown_at:
                return "theirs"
            if p.shown_at[key] != self.now[key]:
                return "conflict"
        return "mine"

    # ---- guards

    def nobody(self, records):
        """Regions for all of which the expected task has nobody: there or above."""
        duties = [r for k, r in records.items() if k[0] == "responsibility"
                  and r["task"] == "notdienst" and r["role"] in ("lead", "provider", "advice")
                  and (r["valid_from"] or "0") <= self.day <= (r["valid_to"] or "9")]
        return {x for x in self.regions
                if not any(d["region"] in self.regions[x] for d in duties)}

    def guard(self, p, institution, rows, kinds, last_rows):
        p.archive = [k for k, line in p.lines.items() if line.act == "archive"]
        lost, all_ = len(p.archive), len(self.candidates(institution, kinds))
        if lost == 0:
            return
        if lost > 2 and lost * 100 > all_ * 20:
            p.guards.add("deletes")
            if lost * 100 > all_ * 50:
                p.guards.add("second")
        for kind in kinds:
            if any(k[0] == kind for k in p.archive) and not any(r.kind == kind for r in rows):
                p.guards.add("empty")
        if len(rows) * 2 < last_rows:
            p.guards.add("half")
        after = {k: r for k, r in self.now.items() if k not in p.archive}
        for k, line in p.lines.items():
            if line.act in ("add", "revive") and k[0] == "responsibility":
                after[k] = {**(self.archive[k].record if k in self.archive else
                               {"valid_from": "", "valid_to": ""}), **line.row.cells}
        # asked for in the rows' own regions; rows of a part do not stand for the rest
        own = {self.now[k]["region"] for k in p.archive if k[0] == "responsibility"
               and self.now[k]["task"] == "notdienst"}
        if (self.nobody(after) - self.nobody(self.now)) & own:
            p.guards.add("cell")
        p.deletes = lost if p.guards else 0

    # ---- applying

    def apply(self, institution, p, revision, delta, made, fresh):
        """made: ids by line of the row. fresh: a new record of a kind, from its cells."""
        self.begin()
        order = {"contact": 0, "responsibility": 1}
        lines = sorted(p.lines.items(), key=lambda e: order[e[0][0]])
        name = (lambda v: [made.get(x, x) for x in v] if isinstance(v, list) else v)
        for key, line in sorted(lines, key=lambda e: -order[e[0][0]]):
            if line.act == "archive":
                self.take(key)
        for key, line in lines:
            if line.act == "revive":
                self.bring(key)
        for key, line in lines:
            if line.act == "add":
                cells = {c: name(v) for c, v in line.takes.items()}
                self.put((key[0], made[line.row.line]), fresh(
                    key[0], {**cells, "institution": institution, "id": made[line.row.line]}))
            elif line.takes and line.act in ("change", "revive"):
                self.put(key, {c: name(v) for c, v in line.takes.items()})
        if self.dangling():
            raise Rejected(self.dangling())
        self.end(revision)
        if not delta:
            bases = dict(p.bases)
            for kind, all_ in COLUMNS.items():
                for c in [WHOLE, *all_]:
                    if (kind, c) not in bases or (kind in p.columns
                                                  and c in [WHOLE, *p.columns[kind]]):
                        bases[kind, c] = revision
            self.lists[institution] = bases, len(p.rows)
        self.note(p)

    def note(self, p):
        for row in p.rows:
            key, _ = self.find(row.kind, row.ident)
            self.said.pop(key, None)
        for key in p.missing:
            self.said.pop(key, None)
        for key, cells in p.kept.items():
            self.said[key] = dict(cells)
        for key, cells in p.left.items():
            self.said[key] = {"left": cells}
        for key in p.unnamed:
            self.said[key] = {"unnamed": True}
