# SPDX-License-Identifier: Apache-2.0
"""Votes of a workshop, naively, from the rules in docs/workshop.md: who may vote, what casting does, and
how a vote ends. Days are ISO texts, instants are seconds since 1970."""

import os
import time

os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
time.tzset()

FAR = "9999-12-31"


def day_of(now):
    return time.strftime("%Y-%m-%d", time.localtime(now))


class Member:
    """A membership record."""

    def __init__(self, id_, institution, rep, dep, since):
        self.id, self.institution, self.rep, self.dep = id_, institution, rep, dep
        self.since, self.until, self.decides, self.guest = since, FAR, True, False

    def takes_part(self, day):
        return self.since != "" and self.since <= day <= self.until

    def votes(self, day):
        return self.takes_part(day) and self.decides and not self.guest

    def why_not(self, day):
        if self.since == "" or self.since > day:
            return 4, "invited"
        if self.until < day:
            return 3, "left"
        if self.guest:
            return 2, "guest"
        return (0, "") if self.decides else (1, "undecided")


class Ballot:
    def __init__(self, contact, choice, seat, day):
        self.contact, self.choice, self.seat, self.day = contact, choice, seat, day


class Vote:
    def __init__(self, deadline, quorum, majority):
        self.deadline, self.quorum, self.majority = deadline, quorum, majority
        self.members, self.ballots, self.closed = [], {}, False

    def of(self, institution):
        return [m for m in self.members if m.institution == institution]

    def entitled(self, day):
        return {m.institution for m in self.members if m.votes(day)}

    def stands(self, institution, day):
        """The ballot was cast in a membership that still gives a vote."""
        ballot = self.ballots[institution]
        return any(m.votes(day) and m.since <= ballot.day for m in self.of(institution))

    def seat(self, institution, contact, day):
        seats = {"representative" for m in self.of(institution) if m.votes(day) and m.rep == contact}
        seats |= {"deputy" for m in self.of(institution) if m.votes(day) and m.dep == contact}
        return "representative" if "representative" in seats else "".join(seats)

    def cast(self, contact, institution, choice, now):
        """What becomes of it: "", or why not."""
        day = day_of(now)
        if not any(m.takes_part(day) and not m.guest and contact in (m.rep, m.dep)
                   for m in self.of(institution)):
            return "denied"
        if self.closed:
            return "closed"
        if now >= self.deadline:
            return "late"
        seat = self.seat(institution, contact, day)
        if not seat:
            return "no vote" if institution not in self.entitled(day) else "denied"
        former = self.ballots.get(institution)
        if seat == "deputy" and former and former.seat == "representative" \
                and self.stands(institution, day):
            return "stands"
        self.ballots[institution] = Ballot(contact, choice, seat, day)
        return ""

    def may_close(self, now):
        lines, _ = self.tally(now)
        mine = [v for _, v, lost in lines if not lost]
        return not self.closed and (now >= self.deadline or (mine and all(mine)))

    def tally(self, now):
        """Lines: institution, choice or None, why it is lost; and the numbers."""
        day = day_of(min(now, self.deadline - 1))
        counted = {i: self.ballots[i].choice for i in self.entitled(day)
                   if i in self.ballots and self.stands(i, day)}
        lines = [(i, counted.get(i), "") for i in self.entitled(day)]
        for i, ballot in self.ballots.items():
            if i not in counted:
                why = min(m.why_not(day) for m in self.of(i))[1]
                lines.append((i, ballot.choice, why or "rejoined"))
        n = {c: list(counted.values()).count(c) for c in ("yes", "no", "abstain")}
        needed = -(-len(self.entitled(day)) * self.quorum // 100)
        numbers = {**n, "entitled": len(self.entitled(day)), "voted": len(counted), "needed": needed}
        return sorted(lines, key=str), numbers

    def end(self, now):
        _, n = self.tally(now)
        if n["entitled"] == 0 or n["voted"] < n["needed"]:
            return "no-quorum"
        if n["yes"] == n["no"]:
            return "tie"
        need = n["no"] < n["yes"] if self.majority == "simple" else \
            3 * n["yes"] >= 2 * (n["yes"] + n["no"])
        return "passed" if need else "no-majority"
