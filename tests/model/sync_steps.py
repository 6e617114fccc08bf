# SPDX-License-Identifier: Apache-2.0
"""What happens in test_sync.py: others write, clerks edit their lists and send them in many forms."""

import reference
from sync_reference import COLUMNS, Row, ident_of
from sync_world import AREAS, CLASSES, PUSHING, ROLES, TASKS, Sheet, person

SPARE = {"contact": ["function", "phone", "visibility", "external_id"],
         "responsibility": ["note", "source", "contacts"]}


def fresh(kind, cells):
    """A new record; cells as the model keeps them. Who can be seen is never by accident."""
    default = {"visibility": "institution"} if kind == "contact" else {}
    return {**reference.make_record(kind, {}), **default, **cells}


class Push:
    """A list on its way: what is sent, and what the model says to it."""

    def __init__(self, sheet, rows, kinds, columns, delta, based_on, with_ids):
        self.sheet, self.rows, self.kinds, self.columns = sheet, rows, kinds, columns
        self.delta, self.based_on, self.with_ids = delta, based_on, with_ids
        self.institution, self.decisions, self.made = sheet.institution, [], {}
        self.by = "editor-" + sheet.institution
        self.plan = self.shown = None
        self.plan_revision = 0

    def __repr__(self):
        return (f"{self.institution} {'delta' if self.delta else 'full'} {self.kinds} "
                f"based on {self.based_on}{' with ids' * self.with_ids}")


class Others:
    """Mixed into the test."""

    # ---- what others do

    def direct(self):
        """A change by somebody else."""
        key = self.rng.choice([k for k in self.model.now if self.rng.random() < 0.3
                               or self.model.now[k]["institution"] in self.sheets])
        self.rng.choice([self.direct_set] * 5 + [self.direct_add] * 2 + [
            self.direct_archive, self.direct_archive, self.direct_revive])("alle", key)

    def direct_set(self, name, key):
        rng, (kind, id_) = self.rng, key
        r = self.model.now[key]
        value = f"Stand {rng.randrange(10 ** 6)}"
        if kind == "contact":
            cells = rng.choice([{"phone": f"030 23125 {rng.randrange(10 ** 5)}"},
                                {"function": value}, {"name": r["name"].split()[0] + " " + value}])
        elif rng.random() < 0.4:
            people = [k[1] for k, c in self.model.now.items() if k[0] == "contact"
                      and c["institution"] == r["institution"]]
            cells = {"contacts": rng.sample(people, min(len(people), rng.randrange(3)))}
            if cells["contacts"] == r["contacts"]:
                return
        else:
            name = rng.choice(["alle", "koordination"])
            cells = {rng.choice(["note", "source"]): value}
        m = self.world.wire(name).write("SET", kind, id_, {
            c: reference.join_cell(c, v) for c, v in cells.items()})
        self.happened(m, lambda: self.model.put(key, cells))

    def happened(self, m, change):
        self.model.begin()
        change()
        self.model.end(m["revision"])
        self.count("direct")

    def direct_add(self, name, key):
        institution = self.model.now[key]["institution"]
        if self.rng.random() < 0.5:
            cells = self.new_person(institution)
            kind, id_ = "contact", f"k{self.number}"
        else:
            free = self.free_duties(institution)
            if not free:
                return
            task, region, role = self.rng.choice(free)
            kind, id_ = "responsibility", f"neu-{institution}-{task}-{region}-{role}"
            cells = {"institution": institution, "task": task, "region": region, "role": role}
        m = self.world.wire(name).write("ADD", kind, id_, cells)
        self.happened(m, lambda: self.model.put((kind, id_), fresh(kind, {**cells, "id": id_})))

    def new_person(self, institution):
        self.number += 1
        return person(self.number, institution, self.rng.choice(CLASSES))

    def free_duties(self, institution):
        """(task, region, role) that nothing of this institution was ever about."""
        used = {(r["task"], r["region"], r["role"]) for r in [
            *self.model.now.values(), *[g.record for g in self.model.archive.values()]]
            if r["institution"] == institution and "task" in r}
        used |= {w[1][1:] for s in self.all_sheets() if s.institution == institution
                 for w in s.of("responsibility")}
        return [(t, a, r) for t in TASKS for a in AREAS for r in ROLES if (t, a, r) not in used]

    def all_sheets(self):
        return [*self.sheets.values(), *[p.sheet for p in self.waiting]]

    def direct_archive(self, name, key):
        m = self.world.wire(name).write("ARCHIVE", *key)
        self.happened(m, lambda: self.model.take(key))

    def direct_revive(self, name, key):
        if not self.model.archive:
            return
        key = self.rng.choice(list(self.model.archive))
        m = self.world.wire(name).write("REVIVE", *key)
        self.happened(m, lambda: self.model.bring(key))

    # ---- what clerks do

    def sheet(self):
        """Most go on with the list they have; some begin with a new template."""
        institution = self.rng.choice(PUSHING)
        sheet = self.sheets.get(institution)
        if sheet is None or self.rng.random() < 0.3:
            sheet = Sheet(self.model, institution, self.model.past[-1][0])
            self.sheets[institution] = sheet
        for _ in range(self.rng.choice([0, 1, 1, 2, 3, 6])):
            self.edit(sheet)
        return sheet

    def edit(self, sheet):
        rng = self.rng
        value = f"Liste {rng.randrange(10 ** 6)}"
        people, duties = sheet.of("contact"), sheet.of("responsibility")
        what = rng.choice(["rename", "phone", "function", "note", "links", "hire", "hire", "leave",
                           "return", "return", "begin", "end", "back"])
        if what in ("rename", "phone", "function") and people:
            cells = sheet.rows[rng.choice(people)]
            cells.update({"rename": {"name": cells["name"].split()[0] + " " + value},
                          "phone": {"phone": f"030 23125 {rng.randrange(10 ** 5)}"},
                          "function": {"function": value}}[what])
        elif what == "note" and duties:
            sheet.rows[rng.choice(duties)][rng.choice(["note", "source"])] = value
        elif what == "links" and duties:
            emails = [w[1] for w in people]
            sheet.rows[rng.choice(duties)]["contacts"] = rng.sample(
                emails, min(len(emails), rng.randrange(3)))
        elif what == "hire":
            sheet.put(self.model, "contact", fresh("contact", self.new_person(sheet.institution)))
        elif what in ("leave", "end"):
            of = people if what == "leave" else duties
            for who in rng.sample(of, min(len(of), rng.choice([1, 1, 1, 2, 4]))):
                sheet.remove(who)
        elif what in ("return", "back"):
            self.edit_return(sheet, "contact" if what == "return" else "responsibility")
        elif what == "begin":
            free = self.free_duties(sheet.institution)
            if free:
                task, region, role = rng.choice(free)
                sheet.put(self.model, "responsibility", fresh("responsibility", {
                    "institution": sheet.institution, "task": task, "region": region,
                    "role": role}))

    def edit_return(self, sheet, kind):
        """Somebody who is in the archive is in the list again."""
        gone = [(k, g.record) for k, g in self.model.archive.items()
                if k[0] == kind and g.record["institution"] == sheet.institution]
        if not gone:
            return
        key, r = self.rng.choice(gone)
        sheet.put(self.model, kind, r, self.rng.choice(["", key[1]]))
        # where the others of the list are changed, the links of who returns are at stake
        for other, _ in self.model.archive[key].taken:
            if other not in self.model.now:
                continue
            row = other[0], ident_of(other[0], self.model.now[other])
            if row in sheet.rows and self.rng.random() < 0.7:
                sheet.rows[row]["note"] = f"Liste {self.rng.randrange(10 ** 6)}"

    def push(self):
        """The rows of a sheet as one of many forms of list."""
        rng, sheet = self.rng, self.sheet()
        kinds = rng.choice([["contact", "responsibility"]] * 3 + [["contact"], ["responsibility"]])
        delta, with_ids = rng.random() < 0.25, rng.random() < 0.4
        columns = {k: [c for c in COLUMNS[k] if c not in SPARE[k] or rng.random() < 0.85]
                   for k in kinds}
        rows, line = [], 1
        for kind in kinds:
            for who in sheet.of(kind):
                line += 1
                if delta and rng.random() < 0.6:
                    continue
                cells = {c: v for c, v in sheet.rows[who].items() if c in columns[kind]}
                ident = who[1]
                rows.append(Row(kind, ident, cells, line, sheet.ids[who]))
        push = Push(sheet, rows, kinds, columns, delta, sheet.base, with_ids)
        if rng.random() < 0.2:
            push.by = "alle"
        return push
