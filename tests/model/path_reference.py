# SPDX-License-Identifier: Apache-2.0
"""Process chains of a region, naively. Written from the rules alone."""

import itertools

import reference


class Paths(reference.Reference):
    def __init__(self, records, at):
        super().__init__(records)
        self.at = at
        self.answers = {}

    def answer(self, task, region, status):
        key = task, region, status
        if key not in self.answers:
            self.answers[key] = self.who({"task": task, "region": region, "status": status,
                                          "at": self.at, "all": True})
        return self.answers[key]

    def places(self, region):
        if self.is_area(region):
            return list(self.records["region"][region]["members"])
        return [region]

    def kind_of(self, institution):
        return self.records["institution"][institution]["kind"]

    # ---- steps

    def status_of(self, handover, status):
        """The step's own status, where it says more than what was asked."""
        if len(handover["statuses"]) != 1:
            return status
        own = handover["statuses"][0]
        return own if not status or status in self.line("status", own) else status

    def certainty(self, statuses, status):
        """Is the hand-over for everybody who has the status? None: for nobody who has it."""
        if not status:
            return not statuses
        return self.match_status(statuses, status)

    def steps(self, region, status=""):
        out = []
        for h in self.records["handover"].values():
            certain = self.certainty(h["statuses"], status)
            if certain is None:
                continue
            out.append({"handover": h["id"], "process": h["process"], "step": int(h["step"]),
                        "task": h["task"], "certain": certain, "trigger_de": h["trigger_de"],
                        "trigger_en": h["trigger_en"], "statuses": h["statuses"],
                        "documents": [d.strip() for d in h["documents"].split(";") if d.strip()],
                        "outcome": self.answer(h["task"], self.places(region)[0],
                                               self.status_of(h, status))["outcome"],
                        "from": self.side(h, "from_kinds", region, status),
                        "to": self.side(h, "to_kinds", region, status)})
        out.sort(key=lambda s: (s["process"].encode(), s["step"], s["handover"].encode()))
        by_task = [(s, side, s[side]) for s in out for side in ("from", "to")
                   if s[side]["source"] == "task"]
        for i, s in enumerate(out):
            for side in ("from", "to"):
                if s[side]["source"] == "kind":
                    s[side] = self.from_process(out, i, s[side], by_task)
        return out

    def side(self, handover, column, region, status):
        kinds, parties = handover[column], []
        status = self.status_of(handover, status)
        for place in self.places(region):
            for row in self.standing(self.answer(handover["task"], place, status), kinds):
                if row["institution"] not in [p[0] for p in parties]:
                    parties.append((row["institution"], row["responsibility"], row["role"],
                                    row["certain"]))
        return {"kinds": kinds, "parties": parties, "source": "task" if parties else "kind"}

    def standing(self, answer, kinds):
        """Rows of those who stand for the kinds; without kinds the primary rows."""
        if not kinds:
            first = [row for row in answer["answers"] if row["primary"]]
            return [row for row in first if row["group"] == first[0]["group"]]
        rows = [row for row in answer["answers"] if self.kind_of(row["institution"]) in kinds]
        return [row for row in rows if self.tie(row) == self.tie(rows[0])]

    @staticmethod
    def tie(row):
        klass = 0 if row["role"] == "lead" else 1 if row["role"] in reference.DIRECT else 2
        return (row["group"], row["certain"], klass, row["task_distance"],
                row["region_distance"])

    def from_process(self, steps, at, side, by_task):
        """Who stood for one of the kinds in the nearest earlier step, else the nearest later."""
        own, mine = steps[at], []
        for s, where, other in by_task:
            parties = [p for p in other["parties"] if self.kind_of(p[0]) in side["kinds"]]
            if s["process"] == own["process"] and parties:
                mine.append((steps.index(s), where, parties))
        earlier = [m for m in mine if m[0] < at]
        near = max(earlier)[0] if earlier else min((m[0] for m in mine if m[0] > at), default=None)
        if near is None:
            return side
        parties, first = [], "to" if earlier else "from"
        for i, _, found in sorted(mine, key=lambda m: m[1] != first):
            parties += [p for p in found if i == near and p[0] not in [x[0] for x in parties]]
        return {**side, "parties": parties, "source": "process"}

    # ---- chains

    def start(self, steps, task):
        """Positions of the steps for the task, else for those below, else for what is above."""
        found = [i for i, s in enumerate(steps) if s["task"] == task]
        found = found or [i for i, s in enumerate(steps)
                          if s["task"] and task in self.line("task", s["task"])]
        for up in self.line("task", task)[1:]:
            found = found or [i for i, s in enumerate(steps) if s["task"] == up]
        return found

    def first(self, steps):
        lowest = {}
        for s in steps:
            lowest[s["process"]] = min(s["step"], lowest.get(s["process"], s["step"]))
        return [i for i, s in enumerate(steps) if s["step"] == lowest[s["process"]]]

    @staticmethod
    def follows(steps, a, b):
        x, y = steps[a], steps[b]
        gives = bool(set(x["to"]["kinds"]) & set(y["from"]["kinds"]))
        if x["process"] != y["process"]:
            return gives
        higher = [s["step"] for s in steps if s["process"] == x["process"]
                  and s["step"] > x["step"]]
        return y["step"] > x["step"] and (gives or y["step"] == min(higher))

    def chains(self, steps, from_, to):
        """(state, [chains as positions])"""
        start = self.start(steps, from_) if from_ else self.first(steps)
        end = self.start(steps, to)
        if not start:
            return "no-start", []
        if not end:
            return "no-end", []
        chains = [[i] for i in start]
        for _ in steps:
            done = [c for c in chains if c[-1] in end]
            if done:
                return "found", sorted(done)
            chains = [c + [i] for c in chains for i in range(len(steps))
                      if i not in c and self.follows(steps, c[-1], i)]
            chains = chains[:200000]
        return "unreachable", []

    # ---- the graph

    def graph(self, steps):
        """([(institution, kind, gives, takes)], [(from, to, [steps])])"""
        def hands(side):
            if side["parties"]:
                return [(0, p[0], p[0], self.kind_of(p[0])) for p in side["parties"]]
            return [(1, k, "", k) for k in side["kinds"]]
        edges, gives, takes = {}, {}, {}
        for i, s in enumerate(steps):
            for a, b in itertools.product(hands(s["from"]), hands(s["to"])):
                edges.setdefault((a, b), []).append(i)
                gives.setdefault(a, set()).add(i)
                takes.setdefault(b, set()).add(i)
        nodes = sorted(set(gives) | set(takes), key=lambda h: (h[0], h[1].encode()))
        return ([(h[2], h[3], len(gives.get(h, ())), len(takes.get(h, ()))) for h in nodes],
                [(nodes.index(a), nodes.index(b), edges[a, b])
                 for a, b in sorted(edges, key=lambda e: (nodes.index(e[0]), nodes.index(e[1])))])
