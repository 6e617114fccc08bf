# SPDX-License-Identifier: Apache-2.0
"""Lists of institutions against a directory, naively: what a plan shows, and what applying it does.

Written from docs/sync.md and the rules alone; every record is looked at for every question. Which
record a row is about is in sync_match.py.
"""

import copy
import datetime

from sync_lists import (ALL, COLUMNS, LINKS, WHOLE, Gone, Line, Plan, Row, empty, fresh, links,
                        with_links)
from sync_match import Matching, Person, Rejected, meant

ANSWERS = ["lead", "provider", "advice"]
KEPT_DAYS = 90


class Directory:
    """Contacts, responsibilities and notices as the model has them; keys are (kind, id).

    Trees are lines: each with itself and all above it. implied: facts by status."""

    def __init__(self, records, revision, regions, statuses, institutions, implied, day):
        self.now = {(k, i): dict(r) for k in COLUMNS for i, r in records[k].items()}
        self.revision_of = {key: revision for key in self.now}
        self.born = {key: n for n, key in enumerate(self.now)}
        self.ever = dict(self.now)  # each as it was last
        self.past = [(revision, dict(self.now))]
        self.archive, self.last_rows, self.said = {}, {}, {}
        # by institution whose list it is, revisions: of full lists, for each institution they
        # speak of; of parts of lists and of what lists added, by record; of what any list said
        self.bases, self.told, self.own = {}, {}, {}
        self.removed = {}               # key → [revision, whether by a list]
        self.regions, self.statuses, self.institutions = regions, statuses, institutions
        self.implied, self.day = implied, day

    def copy(self):
        other = copy.copy(self)
        other.now, other.born, other.ever = dict(self.now), dict(self.born), dict(self.ever)
        other.archive = {k: copy.copy(g) for k, g in self.archive.items()}
        for g in other.archive.values():
            g.taken, g.own = list(g.taken), list(g.own)
        other.removed = {k: list(x) for k, x in self.removed.items()}
        other.revision_of = dict(self.revision_of)
        return other

    def at(self, revision):
        """The records at the end of a revision."""
        return next(s for r, s in reversed(self.past) if r <= revision)

    def below(self, institution):
        return {i for i, line in self.institutions.items() if institution in line}

    def kept(self):
        """What can be brought back from the archive."""
        last = datetime.date.fromisoformat(self.day) - datetime.timedelta(days=KEPT_DAYS)
        return {k: g for k, g in self.archive.items() if g.day >= last.isoformat()}

    def dangling(self):
        return [(key, c) for key, r in self.now.items()
                for c in links(key, r) if ("contact", c) not in self.now]

    def circle(self):
        """Deputies that stand for one another."""
        for key in self.now:
            seen, at = set(), key[1] if key[0] == "contact" else ""
            while at and ("contact", at) in self.now:
                if at in seen:
                    return key
                seen.add(at)
                at = self.now["contact", at]["deputy"]
        return None

    # ---- single changes; what was touched is of the next revision

    def begin(self):
        self.touched, self.before, self.by_list = set(), dict(self.now), False

    def end(self, revision):
        for key in self.touched:
            if key in self.now:
                self.revision_of[key] = revision
        for gone in self.removed.values():
            gone[0] = gone[0] or revision
        self.past.append((revision, dict(self.now)))

    def put(self, key, cells):
        self.now[key] = {**self.now.get(key, {}), **cells}
        self.born.setdefault(key, len(self.born))
        self.archive.pop(key, None)
        self.ever[key] = self.now[key]
        self.touched.add(key)

    def take(self, key):
        """Archives: it goes as it was before the change, and out of everything that names it."""
        taken = []
        for other, r in self.now.items():
            if key[0] == "contact" and other != key and key[1] in links(other, r):
                taken.append((other, links(other, r).index(key[1])))
        for other, _ in taken:
            self.put(other, with_links(other, [c for c in links(other, self.now[other])
                                               if c != key[1]]))
        del self.now[key]
        self.removed[key] = [0, self.by_list]
        self.archive[key] = Gone(self.before[key], self.day, taken)

    def drop(self, key):
        """Deletes."""
        self.removed[key] = [0, self.by_list]
        del self.now[key]

    def insert(self, key, record, at, id_):
        """The links of the record with one more, where there is room for it."""
        ids = links(key, record)
        if id_ in ids or (key[0] == "contact" and ids):
            return ids
        return ids[:at] + [id_] + ids[at:]

    def bring(self, key):
        """Revives, with what referred to it and what it referred to."""
        gone = self.archive.pop(key)
        record = dict(gone.record)
        if key[0] in LINKS:
            for id_, at in gone.own:
                record.update(with_links(key, self.insert(key, record, at, id_)))
            before = links(key, record)
            record.update(with_links(key, [c for c in before if ("contact", c) in self.now]))
            for at, id_ in enumerate(before):
                if ("contact", id_) in self.archive:
                    self.archive["contact", id_].taken.append((key, at))
        self.put(key, record)
        for other, at in reversed(gone.taken):
            if other in self.now:
                before = self.now[other]
                ids = self.insert(other, before, at, key[1])
                if ids != links(other, before):
                    self.put(other, with_links(other, ids))
                    if other[0] == "contact" and self.circle():
                        self.now[other] = before
            elif other in self.archive:
                self.archive[other].own.append((key[1], at))

    # ---- a plan

    def plan(self, institution, rows, columns, delta, based_on, applied, plan_revision=0,
             decisions=()):
        """columns: of each kind that the list has, also without rows. based_on: what the list was
        made from, applied: when it was applied before; 0: not. plan_revision: of the plan
        that is looked at again. decisions: [(key, column, side, revision of the record)], the
        latest last."""
        p = Plan()
        p.institution, p.delta = institution, delta
        p.based_on, p.applied, p.columns = based_on, applied, columns
        p.own_base = applied or not based_on
        p.shown_at = self.at(plan_revision) if plan_revision else None
        p.plan_revision, p.decisions = plan_revision, decisions
        p.rows = [Row(r.kind, {**r.cells, "institution": r.cells.get("institution")
                               or institution}, r.line, r.id) for r in rows]
        p.speaks_of = {institution} | {r.cells["institution"] for r in p.rows}
        scope, kept = self.below(institution), self.kept()
        p.gone = self.deleted(p, scope, kept)
        p.matching = Matching(
            [{k: r for k, r in now.items() if r["institution"] in scope} for now in (
                self.now, {k: g.record for k, g in kept.items()}, p.gone)], p.rows)
        for row in p.rows:
            key = row.kind, row.id
            if key in self.ever and key not in p.matching.found.values() and (
                    key in self.now or self.ever[key]["institution"] not in scope):
                raise Rejected(f"{key} is the id of others")
        self.name_people(p, scope)
        self.returning(p)
        for row in p.rows:
            self.row(p, row)
        if not delta:
            self.not_named(p, kept)
        p.open = sum(len(line.conflicts) for line in p.lines.values())
        self.guard(p)
        return p

    def deleted(self, p, scope, kept):
        """What the list knew and others took away so that nothing brings it back: as it was then."""
        out = {}
        for key, last in self.ever.items():
            if key in self.now or key in kept or key[0] not in p.columns \
                    or last["institution"] not in scope:
                continue
            known = self.base_at(p, key, last["institution"])
            at = known or p.plan_revision
            if at and key in self.at(at):
                out[key] = self.at(at)[key]
            elif "left" in self.said_of(p, key):
                out[key] = last  # an earlier list has left it so
            elif not known and not self.removed[key][1] and any(
                    (r.kind, r.id) == key for r in p.rows):
                out[key] = last  # who knows the id, knew the record
        return out

    def base_at(self, p, key, institution, column=WHOLE, full=None):
        """The revision at which the list's institution last told of this; 0: never, so that the
        list counts. full: of full lists, this column counts instead."""
        own = max(self.bases.get((p.institution, institution, key[0],
                                  column if full is None else full), 0),
                  self.told.get((p.institution, key, column), 0))
        if not p.applied:
            return p.based_on or own
        return max(p.based_on, min(own, p.applied))

    def base(self, p, key, institution, column=WHOLE):
        at = self.base_at(p, key, institution, column)
        return self.at(at) if at else None

    def name_people(self, p, scope):
        """Names of contacts become ids; p.named: those that only other rows name."""
        people, p.named = [], set()
        for row in p.rows:
            if row.kind == "contact":
                key = p.matching.found.get(row.line)
                r = key and self.as_known(p, key)
                people.append(Person(key[1] if key else row.id or row.line,
                                     row.cells["institution"], row.cells, r))
        listed = {x.id for x in people}
        people += [Person(k[1], r["institution"], None, r) for k, r in self.now.items()
                   if k[0] == "contact" and r["institution"] in scope and k[1] not in listed]
        known = {k[1]: Person(k[1], r["institution"], None, r) for k, r in self.now.items()
                 if k[0] == "contact"}
        for row in p.rows:
            column = LINKS.get(row.kind)
            if column not in row.cells:
                continue
            who = [meant(people, w, row.cells["institution"], known)
                   for w in links((row.kind,), row.cells)]
            p.named |= {("contact", x.id) for x in who if x.id not in listed}
            ids = [x.id for x in who]
            row.cells[column] = ids if column == "contacts" else ids[0] if ids else ""

    def as_known(self, p, key):
        """On record, as deleted, or as archived."""
        return self.now.get(key) or p.gone.get(key) or self.archive[key].record

    def decided(self, p, key, column, revision):
        for k, c, side, r in reversed(p.decisions):
            if k == key and c in (WHOLE, column) and r == revision:
                return side
        return None

    def returning(self, p):
        """Which of those that others took away come back. Who stays away is named by no row."""
        p.back, p.away = {}, set()
        for row in p.rows:
            key = p.matching.found.get(row.line)
            if key is None or key in self.now:
                continue
            p.back[row.line] = self.comes_back(p, key, row)
            if p.back[row.line][0] != "mine":
                p.away |= {key[1]} if row.kind == "contact" else set()

    def present(self, p, kind, column, value):
        if column != LINKS.get(kind):
            return value
        return [x for x in value if x not in p.away] if isinstance(value, list) else \
            "" if value in p.away else value

    def row(self, p, row):
        key = p.matching.found.get(row.line)
        if key in self.now:
            self.living(p, key, row)
            return
        mine = {c: self.present(p, row.kind, c, v) for c, v in row.cells.items()}
        if key is None:
            key = row.kind, row.id or row.line
            p.lines[key] = line = Line("add", row)
            line.takes = {**fresh(row.kind), **mine}
            return
        verdict, side = p.back[row.line]
        line = Line("same", row, self.removed[key][0])
        line.resolved = side or ""
        if verdict == "mine" and key in p.gone:
            line.act = "add"
            before = p.gone[key]
            living = [x for x in links(key, before) if ("contact", x) in self.now
                      or any(k[1] == x for k in p.matching.found.values())]
            line.takes = {**before, **(with_links(key, living) if key[0] in LINKS else {}), **mine}
        elif verdict == "mine":
            line.act = "revive"
            line.takes = {c: v for c, v in mine.items()
                          if row.cells[c] != self.archive[key].record[c]}
        else:
            p.left[key] = row.cells
            if verdict == "conflict":
                line.act = "conflict"
                line.conflicts.append(WHOLE)
        if line.act != "same" or line.resolved:
            p.lines[key] = line

    def comes_back(self, p, key, row):
        """(whose word counts, who was decided for)"""
        revision = self.removed[key][0]
        side = self.decided(p, key, WHOLE, revision)
        said = self.said_of(p, key)
        if side:
            return side, side
        if p.own_base and "left" in said:
            return "theirs" if said["left"] == row.cells else "conflict", None
        if key in p.gone:
            return "conflict", None
        was = (self.base(p, key, self.archive[key].record["institution"]) or {}).get(key)
        if was is not None:  # somebody archived it since
            same = all(was[c] == v for c, v in row.cells.items())
            return "theirs" if same else "conflict", None
        return "conflict" if p.plan_revision and revision > p.plan_revision else "mine", None

    def living(self, p, key, row):
        line = Line("same", row, self.revision_of[key])
        for column in sorted(row.cells, key=ALL[row.kind].index):
            mine = self.present(p, row.kind, column, row.cells[column])
            if mine == self.now[key][column]:
                continue
            side = self.decided(p, key, column, line.revision)
            verdict = side or self.verdict(p, key, column, mine, row.cells[column])
            line.resolved = side or line.resolved
            if verdict == "mine":
                line.takes[column] = mine
            else:
                p.kept.setdefault(key, {})[column] = row.cells[column]
                if verdict == "conflict":
                    line.conflicts.append(column)
        line.act = "conflict" if line.conflicts else "change" if line.takes else "same"
        if line.act != "same" or line.resolved:
            p.lines[key] = line

    def verdict(self, p, key, column, mine, in_list):
        """Whose value counts, where the list says something else than the directory."""
        said = self.said_of(p, key)
        if p.own_base and column in said:  # was not taken last time
            return "theirs" if said[column] == in_list else "conflict"
        theirs = self.now[key][column]
        base = self.base(p, key, self.now[key]["institution"], column)
        was = self.present(p, key[0], column, base.get(key, empty(key[0]))[column]) \
            if base is not None else theirs
        if base is not None and was == mine:
            return "theirs"
        if p.shown_at is not None and self.revision_of[key] > p.plan_revision \
                and key in p.shown_at:
            shown = self.present(p, key[0], column, p.shown_at[key][column])
            if shown != theirs:
                return "theirs" if shown == mine else self.clash(p, key, column)
        return "mine" if was == theirs else self.clash(p, key, column)

    def clash(self, p, key, column):
        return "mine" if self.is_own(p, key, column) else "conflict"

    def is_own(self, p, key, column):
        """Has another list of the institution put it there since?"""
        at = self.own.get((p.institution, key, column), 0)
        base = self.base_at(p, key, self.now[key]["institution"], column)
        return bool(base) and at > base and column not in self.said_of(p, key) and (
            self.at(at)[key][column] == self.now[key][column])

    def said_of(self, p, key):
        """What lists of the institution said of it and was not taken."""
        return self.said.get((p.institution, key), {})

    def candidates(self, p):
        """Nothing else goes because a list does not name it."""
        return [k for k, r in self.now.items()
                if k[0] in p.columns and r["institution"] in p.speaks_of]

    def not_named(self, p, kept):
        in_list = set(p.matching.found.values())
        # who names them again later has changed the list
        p.missing = [k for k, g in kept.items() if k[0] in p.columns
                     and g.record["institution"] in p.speaks_of and k not in in_list]
        p.missing += [k for k, r in p.gone.items()
                      if r["institution"] in p.speaks_of and k not in in_list]
        for key in self.candidates(p):
            if key in in_list:
                continue
            p.missing.append(key)
            revision = self.revision_of[key]
            side = self.decided(p, key, WHOLE, revision)
            fate = side or self.fate(p, key, revision)
            if fate == "theirs":
                p.unnamed.add(key)
                continue
            if fate == "mine" and key in p.named:
                raise Rejected(f"{key} is missing and named")
            line = p.lines[key] = Line("archive", None, revision)
            line.resolved = side or ""
            if fate == "conflict":
                line.act = "conflict"
                line.conflicts.append(WHOLE)

    def fate(self, p, key, revision):
        if p.own_base and "unnamed" in self.said_of(p, key):
            return "theirs"
        now = self.now[key]
        base = self.base(p, key, now["institution"])
        if base is not None and key not in base:
            return "theirs"  # who made the list could not name it
        for c in now if base is not None else []:
            at = self.base_at(p, key, now["institution"], c, WHOLE)
            was = self.at(at).get(key, now) if at else now
            if was[c] != now[c] and not self.is_own(p, key, c):
                return "conflict"
        if p.shown_at is not None and revision > p.plan_revision:
            if key not in p.shown_at:
                return "theirs"
            if p.shown_at[key] != self.now[key]:
                return "conflict"
        return "mine"

    # ---- guards

    def answers(self, duty, status):
        """Does it count as somebody for the status, asked without facts?"""
        known = self.implied.get(status, {})
        return (duty["role"] in ANSWERS
                and (duty["valid_from"] or "0") <= self.day <= (duty["valid_to"] or "9")
                and (not duty["statuses"] or set(duty["statuses"]) & set(self.statuses[status]))
                and all(known.get(f, v) == v for f, v in self.clauses(duty["condition"])))

    @staticmethod
    def clauses(condition):
        """What a status can contradict: fact=value."""
        return [c.split("=") for c in condition.split(";") if c and not set(c) & set("<>!|")]

    def lost(self, p, after):
        """Rows of which a cell is left without anybody: there or above; a row of a part does not
        stand for the rest."""
        leaves = [s for s in self.statuses
                  if not any(s in line[1:] for line in self.statuses.values())]
        out = []
        for key, line in p.lines.items():
            duty = self.now.get(key)
            if key[0] != "responsibility" or duty is None or not (
                    line.act == "archive" or line.takes):
                continue
            for s in leaves:
                if self.answers(duty, s) and not any(
                        d["task"] == duty["task"] and d["region"] in self.regions[duty["region"]]
                        and self.answers(d, s)
                        for k, d in after.now.items() if k[0] == "responsibility"):
                    out.append(key)
        return set(out)

    def guard(self, p):
        p.archive = [k for k, line in p.lines.items() if line.act == "archive"]
        gone, all_ = len(p.archive), len(self.candidates(p))
        if gone > 2 and gone * 100 > all_ * 20:
            p.guards.add("deletes")
            if gone * 100 > all_ * 50:
                p.guards.add("second")
        for kind in p.columns:
            if any(k[0] == kind for k in p.archive) and not any(r.kind == kind for r in p.rows):
                p.guards.add("empty")
        if gone and len(p.rows) * 2 < self.last_rows.get(p.institution, 0):
            p.guards.add("half")
        after = self.copy()
        after.change(p, {})
        lost = self.lost(p, after)
        if lost:
            p.guards.add("cell")
        if p.guards:
            # a cell that several rows lose together is told with one of them
            changed = len(lost - set(p.archive))
            p.deletes = {gone + n for n in range(changed + 1)
                         if n or not changed or lost & set(p.archive)}

    # ---- applying

    def change(self, p, made):
        """Writes what the plan says: first what goes, then what comes back, then the rows. made:
        ids of new records by line of the row."""
        self.begin()
        self.by_list = True
        order, parts = list(COLUMNS), list(self.institutions)
        gone = [k for k, line in p.lines.items() if line.act == "archive"]
        # whose place in a list counts is as the others before have left it
        for key in sorted(gone, key=lambda k: (-order.index(k[0]), parts.index(
                self.now[k]["institution"]), self.born[k])):
            self.take(key)
        lines = sorted(((k, line) for k, line in p.lines.items() if line.row),
                       key=lambda e: (order.index(e[0][0]), e[1].row.line))
        for key, line in lines:
            if line.act == "revive":
                self.bring(key)
        for key, line in lines:
            cells = {c: self.named(v, made) for c, v in line.takes.items()}
            if line.act == "add":
                id_ = made.get(key[1], key[1])
                self.put((key[0], id_), {**cells, "id": id_})
            elif cells:
                self.put(key, cells)
        if self.dangling() or self.circle():
            raise Rejected(self.dangling() or self.circle())

    @staticmethod
    def named(value, made):
        return [made.get(x, x) for x in value] if isinstance(value, list) else \
            made.get(value, value)

    def apply(self, p, revision, made):
        self.change(p, made)
        self.end(revision)
        if not p.delta:
            self.last_rows[p.institution] = len(p.rows)
            for part in p.speaks_of:
                for kind, all_ in COLUMNS.items():
                    for c in [WHOLE, *all_]:
                        at = p.institution, part, kind, c
                        if at not in self.bases or (
                                kind in p.columns and c in [WHOLE, *p.columns[kind]]):
                            self.bases[at] = revision
        self.tell(p, revision, made)
        self.note(p, made)

    def tell(self, p, revision, made):
        """What was kept of others is not the institution's word."""
        for row in p.rows:
            id_ = p.matching.found.get(row.line, (0, row.id or made.get(row.line)))[1]
            key = row.kind, id_
            if key in p.left:
                continue
            line = p.lines.get(key) or p.lines.get((row.kind, row.line))
            added = line is not None and line.act == "add"  # all of it is the list's
            for c in ALL[row.kind] if added else row.cells:
                if c not in p.kept.get(key, {}):
                    self.own[p.institution, key, c] = revision
                    if p.delta or added:
                        self.told[p.institution, key, c] = revision
            if p.delta or added:
                self.told[p.institution, key, WHOLE] = revision

    def note(self, p, made):
        """What the list said where it was not taken: who says it again has not changed the mind."""
        before, of = self.said, p.institution
        self.said = dict(before)
        for row in p.rows:
            key = p.matching.found.get(row.line)
            said = before.get((of, key), {}) if key not in p.gone else {}
            # of what the list does not have, nothing new was said
            self.said[of, key] = {c: v for c, v in said.items()
                                  if c in COLUMNS[row.kind] and c not in row.cells}
        for key in p.missing:
            self.said[of, key] = {}
        for key, cells in p.kept.items():
            self.said[of, key].update({c: self.named(v, made) for c, v in cells.items()})
        for key, cells in p.left.items():
            self.said[of, key]["left"] = {c: self.named(v, made) for c, v in cells.items()}
        for key in p.unnamed:
            self.said[of, key] = {"unnamed": True}
