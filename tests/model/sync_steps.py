# SPDX-License-Identifier: Apache-2.0
"""What happens in test_sync.py: others write, clerks edit their lists and send them in many forms."""

import iqtest
import reference
from sync_lists import COLUMNS, LINKS, Row, fresh, links
from sync_world import (AREAS, CLASSES, CONDITIONS, EFFECTS, MAILBOX, PUSHING, ROLES, TASKS, Sheet,
                        cell, person, some_statuses)

SPARE = {"contact": ["institution", "function", "phone", "email", "visibility", "deputy",
                     "external_id"],
         "responsibility": ["institution", "note", "source", "contacts", "statuses", "condition"],
         "notice": ["institution", "text_de", "statuses", "condition"]}


class Push:
    """A list on its way: what is sent, and what the model says to it."""

    def __init__(self, sheet, rows, kinds, columns, delta, with_ids):
        self.sheet, self.rows, self.kinds, self.columns = sheet, rows, kinds, columns
        self.delta, self.with_ids = delta, with_ids
        self.based_on, self.applied = sheet.base, sheet.applied
        self.institution, self.decisions, self.made = sheet.institution, [], {}
        self.by = "editor-" + sheet.institution.removesuffix("-team")
        self.plan = self.shown = None
        self.plan_revision = 0

    def __repr__(self):
        return (f"{self.institution} {'delta' if self.delta else 'full'} {self.columns} "
                f"based on {self.based_on}, applied {self.applied}{' with ids' * self.with_ids}")


class Others:
    """Mixed into the test."""

    # ---- what others do

    def direct(self):
        """A change by somebody else."""
        pushing = {i for s in self.all_sheets() for i in s.parts}
        of = [k for k in self.model.now if self.model.now[k]["institution"] in pushing
              or self.rng.random() < 0.3]
        self.rng.choice([self.direct_set] * 4 + [self.direct_clash] * 3 + [self.direct_add] * 2 + [
            self.direct_archive, self.direct_archive, self.direct_revive, self.direct_delete,
            self.direct_delete])(
                self.rng.choice(of or list(self.model.now)))

    def people_of(self, institution):
        return [k[1] for k, c in self.model.now.items() if k[0] == "contact"
                and c["institution"] == institution]

    def direct_set(self, key):
        self.write_cells(key, self.new_of(key[0], self.model.now[key]))

    def write_cells(self, key, cells):
        r = self.model.now[key]
        if all(r[c] == v for c, v in cells.items()):
            return
        name = "alle"
        if key[0] == "responsibility" and "contacts" not in cells:
            name = self.rng.choice(["alle", "koordination"])
        trial = self.model.copy()
        trial.begin()
        trial.put(key, cells)
        if trial.circle():
            return
        m = self.world.wire(name).write("SET", *key, {
            c: reference.join_cell(c, v) for c, v in cells.items()})
        self.happened(m, lambda: self.model.put(key, cells))

    def direct_clash(self, key):
        """What a list has changed and not sent yet."""
        changed = [(w[0], s.ids[w], c) for s in self.sheets.values() for w, cells in s.rows.items()
                   for c, v in cells.items() if c not in (*LINKS.values(), "institution")
                   and (w[0], s.ids[w]) in self.model.now
                   and self.model.now[w[0], s.ids[w]][c] != v]
        if not changed:
            return
        kind, id_, column = self.rng.choice(changed)
        for _ in range(30):
            cells = self.new_of(kind, self.model.now[kind, id_])
            if column in cells:
                self.write_cells((kind, id_), cells)
                return

    def new_of(self, kind, r):
        return {"contact": self.new_cells, "responsibility": self.new_duty,
                "notice": self.new_notice}[kind](r)

    def new_cells(self, r):
        value = f"Stand{self.rng.randrange(10 ** 6)}"
        return self.rng.choice([
            {"phone": f"030 23125 {self.rng.randrange(10 ** 5)}"}, {"function": value},
            {"name": r["name"].split()[0] + " " + value}, {"email": self.address()},
            {"deputy": self.rng.choice([""] + self.people_of(r["institution"]))},
            {"deputy": self.rng.choice([""] + self.people_of(r["institution"]))}]
            if self.rng.random() < 0.9 else [{"external_id": self.key()}])

    def address(self):
        return self.rng.choice([f"neu{self.rng.randrange(10 ** 6)}@example.org"] * 4 + [MAILBOX])

    def key(self):
        return f"y{self.rng.randrange(10 ** 6)}"

    def new_duty(self, r):
        people = self.people_of(r["institution"])
        return self.rng.choice([
            {"contacts": self.rng.sample(people, min(len(people), self.rng.randrange(3)))},
            {self.rng.choice(["note", "source"]): f"Stand {self.rng.randrange(10 ** 6)}"},
            {"statuses": some_statuses(self.rng)}, {"condition": self.rng.choice(CONDITIONS)}])

    def new_notice(self, r):
        return self.rng.choice([
            {"text_de": f"Stand {self.rng.randrange(10 ** 6)}"},
            {"statuses": some_statuses(self.rng)}, {"effect": self.rng.choice(EFFECTS)}])

    def happened(self, m, change):
        self.model.begin()
        change()
        self.model.end(m["revision"])
        self.count("direct")

    def direct_add(self, key):
        institution = self.model.now[key]["institution"]
        self.number += 1
        kind = self.rng.choice(["contact", "contact", "responsibility", "responsibility", "notice"])
        id_ = f"{kind[0]}{self.number}"
        cells = self.new_record(kind, institution)
        m = self.world.wire("alle").write("ADD", kind, id_, {
            c: reference.join_cell(c, v) for c, v in cells.items()})
        self.happened(m, lambda: self.model.put((kind, id_),
                                                {**fresh(kind), **cells, "id": id_}))

    def new_record(self, kind, institution):
        rng = self.rng
        if kind == "contact":
            self.number += 1
            cells = person(self.number, institution, rng.choice(CLASSES))
            if rng.random() < 0.3:
                cells["external_id"] = f"x{self.number}"
            return cells
        cells = {"institution": institution, "task": rng.choice(TASKS),
                 "region": rng.choice(list(AREAS)), "statuses": some_statuses(rng),
                 "condition": rng.choice(CONDITIONS)}
        if kind == "notice":
            return {**cells, "effect": rng.choice(EFFECTS),
                    "text_de": f"Hinweis {rng.randrange(10 ** 6)}"}
        return {**cells, "role": rng.choice(ROLES)}

    def all_sheets(self):
        return [*self.sheets.values(), *[p.sheet for p in self.waiting]]

    def direct_archive(self, key):
        m = self.world.wire("alle").write("ARCHIVE", *key)
        self.happened(m, lambda: self.model.take(key))

    def direct_delete(self, key):
        """Not what others name: that is a conflict, and nothing happens."""
        try:
            m = self.world.wire("alle").write("DELETE", *key)
        except iqtest.Refused as e:
            named = [k for k, r in self.model.now.items() if key[0] == "contact"
                     and key[1] in links(k, r)]
            self.assertTrue(named and e.code == "conflict", self.say("delete", key, named, e))
            return
        self.happened(m, lambda: self.model.drop(key))
        self.assertEqual(self.model.dangling(), [], self.say("deleted", key))
        self.count("delete")

    def direct_revive(self, key):
        if not self.model.archive:
            return
        key = self.rng.choice(list(self.model.archive))
        try:
            m = self.world.wire("alle").write("REVIVE", *key)
        except iqtest.Refused as e:
            self.assertEqual((e.code, key in self.model.kept()), ("not-found", False),
                             self.say("revive", key, e))
            self.count("too late")
            return
        self.assertIn(key, self.model.kept(), self.say("revived too late"))
        self.happened(m, lambda: self.model.bring(key))

    # ---- what clerks do

    def sheet(self):
        """Most go on with the list they have; some begin with a new template."""
        institution = self.rng.choice(PUSHING)
        sheet = self.sheets.get(institution)
        if sheet is None or self.rng.random() < 0.3:
            sheet = Sheet(self.model, institution, self.rng.random() < 0.5,
                          self.model.past[-1][0])
            self.sheets[institution] = sheet
        for _ in range(self.rng.choice([0, 1, 1, 2, 3, 6])):
            self.edit(sheet)
        return sheet

    def edit(self, sheet):
        rng = self.rng
        what = rng.choice(["person"] * 3 + ["duty"] * 3 + ["notice"] + ["hire", "begin", "leave",
                          "end", "return", "return", "back", "move"])
        kind = {"person": "contact", "hire": "contact", "leave": "contact", "return": "contact",
                "move": "contact", "notice": "notice"}.get(
                    what, rng.choice(["responsibility"] * 3 + ["notice"]))
        rows = sheet.of(kind)
        if what in ("hire", "begin"):
            sheet.put(kind, {**fresh(kind), **self.new_record(kind, rng.choice(sheet.parts))})
        elif what in ("return", "back"):
            self.edit_return(sheet, kind)
        elif not rows:
            return
        elif what in ("leave", "end"):
            for who in rng.sample(rows, min(len(rows), rng.choice([1, 1, 1, 2, 4]))):
                sheet.remove(who)
        elif what == "move":
            sheet.rows[rng.choice(rows)]["institution"] = rng.choice(sheet.parts)
        else:
            who = rng.choice(rows)
            self.edit_row(sheet, who, self.new_of(kind, sheet.rows[who]))

    def edit_row(self, sheet, who, new):
        for c, v in new.items():
            if c in ("deputy", "contacts"):
                people = [w for w in sheet.of("contact") if w != who]
                n = self.rng.randrange(3) if c == "contacts" else self.rng.randrange(2)
                v = self.rng.sample(people, min(len(people), n))
            elif isinstance(v, str):
                v = v.replace("Stand", "Liste")
            sheet.rows[who][c] = v

    def edit_return(self, sheet, kind):
        """Somebody who is in the archive is in the list again."""
        gone = [(k, g.record) for k, g in self.model.archive.items()
                if k[0] == kind and g.record["institution"] in sheet.parts]
        if not gone:
            return
        key, r = self.rng.choice(gone)
        whose = {id_: w for w, id_ in sheet.ids.items() if id_ and w[0] == "contact"
                 and w in sheet.rows}
        who = sheet.put(kind, r, self.rng.choice(["", key[1]]))
        cells = sheet.rows[who]
        for c in ("contacts", "deputy"):
            if c in cells:
                cells[c] = [whose.get(x, x) for x in cells[c]
                            if x in whose or ("contact", x) in self.model.now]
        # where the others of the list are changed, the links of who returns are at stake
        for other, _ in self.model.archive[key].taken:
            for w, id_ in sheet.ids.items():
                if (w[0], id_) == other and w in sheet.rows and self.rng.random() < 0.7:
                    column = "note" if w[0] == "responsibility" else "function"
                    sheet.rows[w][column] = f"Liste {self.rng.randrange(10 ** 6)}"

    def push(self):
        """The rows of a sheet as one of many forms of list."""
        rng, sheet = self.rng, self.sheet()
        kinds = rng.choice([list(COLUMNS)] * 4 + [["contact", "responsibility"], ["contact"],
                                                  ["responsibility"], ["notice", "contact"]])
        delta, with_ids = rng.random() < 0.3, rng.random() < 0.4
        columns = {k: [c for c in COLUMNS[k] if c not in SPARE[k] or rng.random() < 0.85
                       or (c == "institution" and len(sheet.parts) > 1)] for k in kinds}
        own = [sheet.institution] if rng.random() < 0.25 else sheet.parts  # only the own, at times
        rows, line = [], 1
        for kind in kinds:
            for who in sheet.of(kind):
                line += 1
                if (delta and rng.random() < 0.6) or sheet.rows[who]["institution"] not in own:
                    continue
                rows.append(Row(kind, self.cells_of(sheet, who, columns, with_ids), line,
                                sheet.ids[who] if with_ids else ""))
        push = Push(sheet, rows, kinds, columns, delta, with_ids)
        if rng.random() < 0.2:
            push.by = "alle"
        return push

    def cells_of(self, sheet, who, columns, with_ids):
        cells = {c: v for c, v in sheet.rows[who].items() if c in columns[who[0]]}
        for c in ("contacts", "deputy"):
            if c in cells:
                words = [sheet.word_for(self.rng, x, columns.get("contact"), with_ids)
                         for x in cells[c]]
                cells[c] = words if c == "contacts" else "".join(words[:1])
        return cells

    @staticmethod
    def text_of(row, columns, with_ids):
        return [cell(c, row.cells[c]) for c in columns] + ([row.id] if with_ids else [])
