# SPDX-License-Identifier: Apache-2.0
"""The views, naively: every row looked at for every cell. Written from the rules alone."""

import reference

EFFECTS = ["restricted", "suspended", "not-needed", "excluded"]  # the last says most
PEERS, NEAR = 5, 10


class Views(reference.Reference):
    def __init__(self, records, at):
        super().__init__(records)
        self.at = at
        self.region_order = self.pre_order("region")
        self.status_order = self.pre_order("status")
        parents = {kind: {r["parent"] for r in records[kind].values()}
                   for kind in ("task", "status")}
        self.leaf_tasks = [t for t in self.task_order if t not in parents["task"]]
        self.leaves = [s for s in self.status_order if s not in parents["status"]]
        self.known = {s: self.knowledge(s, {}) for s in self.leaves}
        self.rows = [r for r in records["responsibility"].values() if self.valid(r)]
        self.may, self.sure = {}, {}
        for r in self.rows:
            self.may[r["id"]], self.sure[r["id"]] = self.served(r)
        self.told = sorted((n for n in records["notice"].values() if self.valid(n)),
                           key=lambda n: n["id"].encode())
        self.told_may, self.told_sure = {}, {}
        for n in self.told:
            self.told_may[n["id"]], self.told_sure[n["id"]] = self.served(n)
        self.cover = {}

    # ---- what everything rests on

    def valid(self, record):
        return ((not record["valid_from"] or record["valid_from"] <= self.at)
                and (not record["valid_to"] or self.at <= record["valid_to"]))

    def served(self, record):
        """The leaf statuses it may be for, and those it is for whatever else is the case."""
        may, sure = set(), set()
        for s in self.leaves:
            if record["statuses"] and not set(record["statuses"]) & set(self.line("status", s)):
                continue
            false, unknown = self.match_condition(record["condition"], self.known[s])
            if not false:
                may.add(s)
                if not unknown:
                    sure.add(s)
        return may, sure

    def asked(self, status):
        return {s for s in self.leaves if not status or status in self.line("status", s)}

    def tasks_near(self, task):
        """The task, those above and those below; all without one."""
        return [t for t in self.task_order if not task or t in self.line("task", task)
                or task in self.line("task", t)]

    def places(self, region):
        if self.is_area(region):
            return list(self.records["region"][region]["members"])
        return [region]

    def distance(self, region, places):
        """0, 1, 2 … the places and what is above them, from 100 parts of them; None: elsewhere"""
        found = []
        for place in places:
            m = self.match_region(region, place)
            if m is not None:
                found.append(m[0])
        return min(found) if found else None

    def fold(self, leaves, status):
        """{statuses, shares, all} of a set of leaves"""
        asked = self.asked(status)
        below = {s: {x for x in asked if s in self.line("status", x)} for s in self.status_order}
        whole = {s for s in self.status_order if below[s] and below[s] <= leaves
                 and (not status or status in self.line("status", s))}
        return {
            "statuses": [s for s in self.status_order if s in whole
                         and not whole & set(self.line("status", s)[1:])],
            "shares": [(s, below[s] <= leaves) for s in self.status_order
                       if not self.records["status"][s]["parent"] and below[s] & leaves],
            "all": leaves == asked}

    # ---- matrix

    def counting(self, region, task, status, whole):
        """[(row, distance, may, sure)] of what counts"""
        places, asked, tasks = self.places(region), self.asked(status), self.tasks_near(task)
        out = []
        for r in self.rows:
            d = self.distance(r["region"], places)
            may, sure = self.may[r["id"]] & asked, self.sure[r["id"]] & asked
            if d is None or (whole and d >= 100) or r["task"] not in tasks or not may:
                continue
            out.append((r, d, may, sure))
        return out

    def spot(self, a, b, places):
        """Is there a place within the places that lies in both regions? "": everywhere"""
        for x in self.region_order:
            if self.is_area(x):
                continue
            line = self.line("region", x)
            if ((not a or a in line) and (not b or b in line)
                    and any(p in line for p in places)):
                return True
        return False

    def touching(self, row, may, places):
        """Ids of the notices that say more about the row than something to know."""
        out = []
        for n in self.told:
            if n["effect"] == "info" or n["institution"] not in ("", row["institution"]):
                continue
            if n["task"] and self.match_task(n["task"], row["task"]) is None:
                continue
            if not self.told_may[n["id"]] & may or not self.spot(n["region"], row["region"],
                                                                 places):
                continue
            out.append(n["id"])
        return out

    def matrix(self, region, task="", status="", whole=False):
        places, rows = self.places(region), self.counting(region, task, status, whole)
        lines = [t for t in self.task_order if any(r["task"] == t for r, *_ in rows)]
        columns = {}
        for r, d, *_ in rows:
            columns[r["institution"]] = min(d, columns.get(r["institution"], d))
        order = sorted(columns, key=lambda i: (columns[i], i.encode()))
        cells = []
        for t in lines:
            for i in order:
                mine = [x for x in rows if x[0]["task"] == t and x[0]["institution"] == i]
                if mine:
                    cells.append(self.cell(lines.index(t), order.index(i), mine, places, status))
        return {"lines": [(t, self.level(t, lines), bool(task) and t != task
                           and t in self.line("task", task)) for t in lines],
                "columns": [(i, columns[i]) for i in order], "cells": cells}

    def level(self, task, lines):
        line = self.line("task", task)
        return max(line.index(t) for t in line if t in lines)

    def cell(self, line, column, mine, places, status):
        roles = []
        for role in reference.ROLES:
            rows = [x for x in mine if x[0]["role"] == role]
            if rows:
                may = set().union(*(x[2] for x in rows))
                sure = set().union(*(x[3] for x in rows))
                roles.append({"role": role, "groups": self.fold(may, status),
                              "sure": self.fold(sure, status), "conditional": may != sure,
                              "part": all(d >= 100 for _, d, *_ in rows)})
        rows = sorted(mine, key=lambda x: (reference.ROLES.index(x[0]["role"]), x[1],
                                           x[0]["id"].encode()))
        notices = sorted({n for r, _, may, _ in mine for n in self.touching(r, may, places)},
                         key=str.encode)
        effects = {self.records["notice"][n]["effect"] for n in notices}
        return {"line": line, "column": column, "roles": roles,
                "rows": [(r["id"], r["role"], r["region"], d, r["condition"], r["confirmed_on"])
                         for r, d, *_ in rows],
                "notices": notices,
                "effect": max(effects, key=EFFECTS.index) if effects else ""}

    # ---- overlaps

    def overlaps(self, region, task="", status="", parts=False):
        places, out = self.places(region), []
        rows = [(r, d, sure) for r, d, _, sure in self.counting(region, task, status, not parts)
                if r["role"] == "lead"]
        for t, place, d in sorted({(r["task"], r["region"], d) for r, d, _ in rows},
                                  key=lambda k: (self.task_order[k[0]], k[2],
                                                 self.region_order[k[1]])):
            here = [(r, sure) for r, _, sure in rows if (r["task"], r["region"]) == (t, place)]
            for_whom = {}
            for r, sure in here:
                for_whom.setdefault(r["institution"], set()).update(sure)
            ids = sorted(for_whom, key=str.encode)
            for i, a in enumerate(ids):
                for b in ids[i + 1:]:
                    both = for_whom[a] & for_whom[b]
                    if both:
                        out.append({"task": t, "region": place, "distance": d, "first": a,
                                    "second": b, "groups": self.fold(both, status),
                                    "first_rows": self.behind(here, a, both),
                                    "second_rows": self.behind(here, b, both)})
        assert places
        return out

    @staticmethod
    def behind(here, institution, both):
        return sorted((r["id"] for r, sure in here
                       if r["institution"] == institution and sure & both), key=str.encode)

    # ---- gaps

    def covered(self, task, status, region):
        key = (task, region)
        if key not in self.cover:
            found = set()
            for r in self.rows:
                if (r["role"] in reference.DIRECT and r["task"] in self.line("task", task)
                        and self.match_region(r["region"], region)):
                    found |= self.may[r["id"]]
            self.cover[key] = found
        return status in self.cover[key]

    def ended(self, task, status, region):
        """Excluded or not needed there."""
        for n in self.told:
            if (n["effect"] in ("excluded", "not-needed") and not n["institution"]
                    and n["task"] in ["", *self.line("task", task)]
                    and n["region"] in ["", *self.line("region", region)]
                    and status in self.told_sure[n["id"]]):
                return True
        return False

    def kin(self, region):
        """Regions of the same kind, itself included."""
        kind = self.records["region"][region]["kind"]
        return [x for x in self.region_order if not self.is_area(x) and (
            x == region or kind and self.records["region"][x]["kind"] == kind)]

    def gap_regions(self, scope, kind):
        if not kind:
            return [r for r in self.region_order if r in self.places(scope)]
        return [r for r in self.region_order if not self.is_area(r)
                and self.records["region"][r]["kind"] == kind
                and any(p in self.line("region", r) for p in self.places(scope))]

    def gaps(self, scope, kind="", task="", status="", near=False):
        regions, out = self.gap_regions(scope, kind), []
        for t in self.leaf_tasks:
            if task and task not in self.line("task", t):
                continue
            for r in regions:
                missing = {s for s in self.asked(status) if self.is_gap(t, s, r)}
                if not missing:
                    continue
                peers = [p for p in self.kin(r) if any(self.covered(t, s, p) for s in missing)]
                out.append({"task": t, "region": r, "missing": self.fold(missing, status),
                            "marked": self.marked(t), "peers": peers[:PEERS],
                            "peers_total": len(peers),
                            **(self.near(t, r, missing) if near else
                               {"near_misses": [], "involved": []})})
        return out, len(regions)

    def marked(self, task):
        return self.records["task"][task]["expected"] == "yes"

    def is_gap(self, task, status, region):
        if self.covered(task, status, region) or self.ended(task, status, region):
            return False
        return self.marked(task) or any(self.covered(task, status, p) for p in self.kin(region))

    def near(self, task, region, missing):
        """Rows that fail in one thing for one of the cells, as in the best of them; and those
        that are involved besides."""
        best = {False: {}, True: {}}
        for s in sorted(missing, key=self.status_order.get):
            q = {"task": task, "region": region, "status": s, "facts": {}, "at": self.at}
            for row in self.candidates(q, self.known[s]):
                direct = row["role"] in reference.DIRECT
                if len(row["misses"]) != direct:
                    continue
                key = self.sort_key(row, task)
                old = best[direct].get(row["responsibility"])
                if old is None or key < old[0]:
                    best[direct][row["responsibility"]] = (key, row)
        lists = [[row for _, row in sorted(best[direct].values(), key=lambda x: x[0])[:NEAR]]
                 for direct in (True, False)]
        return {"near_misses": [(r["responsibility"], r["institution"], r["role"], r["because"])
                                for r in lists[0]],
                "involved": [(r["responsibility"], r["institution"], r["role"])
                             for r in lists[1]]}

    # ---- stakeholders

    def stakeholders(self, region, whole=False):
        m, places = self.matrix(region, whole=whole), self.places(region)
        distance, out = dict(m["columns"]), []
        for i in self.records["institution"].values():
            line = self.line("region", i["region"]) if i["region"] else []
            seat = any(p in line for p in places)
            if not seat and i["id"] not in distance:
                continue
            tasks = [(m["lines"][c["line"]][0], [r["role"] for r in c["roles"]])
                     for c in m["cells"] if m["columns"][c["column"]][0] == i["id"]]
            out.append({"institution": i["id"], "kind": i["kind"],
                        "statutory": self.statutory(i["kind"]), "seat": seat,
                        "region": i["region"], "distance": distance.get(i["id"], 0),
                        "tasks": tasks})
        out.sort(key=lambda s: (not s["statutory"], not s["kind"], s["kind"].encode(),
                                not s["tasks"], s["distance"], s["institution"].encode()))
        there = {s["kind"] for s in out}
        return out, sorted((k for k in self.records["kind"] if self.statutory(k)
                            and k not in there), key=str.encode)

    def statutory(self, kind):
        return bool(kind) and self.records["kind"][kind]["statutory"] == "yes"
