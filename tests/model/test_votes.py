# SPDX-License-Identifier: Apache-2.0
"""Votes under a running daemon against votes_reference.py: random sequences of votes cast, changed and
late, of members who leave, come back, become guests or decide no more, of deputies and representatives,
until the vote is closed. IQ_MODEL_ROUNDS=N: N times as many rounds; IQ_MODEL_SEED: other sequences."""

import os
import random
import re
import struct
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "blackbox"))

import iqtest  # noqa: E402
from circle_world import UNTIL, folder, text  # noqa: E402
from votes_reference import FAR, Member, Vote, day_of  # noqa: E402

CLOCK = os.path.join(iqtest.BUILD, "tests", "model", "clock_shift.so")
ROUNDS = 40 * int(os.environ.get("IQ_MODEL_ROUNDS", "1"))
STEPS = 26
HOUSES = ("ha", "hb", "hc", "hd", "he")
CHOICES = ("yes", "no", "abstain")
CODES = {"": "", "late": "conflict", "closed": "conflict", "no vote": "conflict",
         "stands": "conflict"}


def rid():
    return os.urandom(16)


class Votes(iqtest.Case):
    data = None

    @classmethod
    def setUpClass(cls):
        cls.clock = os.path.join(iqtest.temp_dir(cls), "clock")
        cls.shift = 0
        cls.advance(0)
        cls.server = iqtest.Server(cls).start(LD_PRELOAD=CLOCK, IQ_CLOCK_FILE=cls.clock)
        cls.iqq = iqtest.Client(cls.server, cls)
        contacts = [f"{h}-{s}" for h in HOUSES for s in ("rep", "dep", "neu")]
        cls.must("import", folder(cls, {
            "regions": text("id parent kind name_de", "land,,state,Land", "stadt,land,kreis,Stadt"),
            "kinds": text("id name_de", "amt,Amt"), "tasks": text("id name_de", "rat,Rat"),
            "institutions": text("id kind region name_de",
                                 *(f"{h},amt,stadt,Haus {h}" for h in (*HOUSES, "orga"))),
            "contacts": text("id institution name visibility",
                             *(f"{c},{c[:2]},Max {c},public" for c in contacts)),
            "responsibilities": text("id institution task region role note",
                                     *(f"r-{h},{h},rat,stadt,provider,alt" for h in HOUSES)),
        }), "--reason", "test")
        cls.people = {c: cls.person(c, f"institution={c[:2]}", f"contact={c}") for c in contacts}
        cls.people["orga"] = cls.person("orga", grant="editor:institution=orga")
        cls.root = cls.iqq.connect()
        cls.addClassCleanup(cls.root.close)

    @classmethod
    def must(cls, *args, client=None):
        done = (client or cls.iqq)(*args)
        if done.exit != 0:
            raise AssertionError(f"iqq {' '.join(args)}: {done}")
        return done

    @classmethod
    def person(cls, name, *fields, grant=None):
        cls.must("principal", "add", name, f"name={name}", *fields)
        given = ("--grant", f"{grant}:until={UNTIL}") if grant else ()
        token = re.search(r"^token: (\S+)$", cls.must("token", "create", name, *given).out, re.M)
        client = iqtest.Client(cls.server, cls, enroll=False)
        cls.must("enroll", "--token", token.group(1), client=client)
        raw = client.connect()
        cls.addClassCleanup(raw.close)
        return raw

    @classmethod
    def advance(cls, seconds):
        """The daemon's calendar; a whole number in place, so that it never reads half of one."""
        cls.shift += seconds
        with open(cls.clock, "r+b" if os.path.exists(cls.clock) else "w+b") as f:
            f.write(struct.pack("=q", cls.shift))

    @property
    def now(self):
        return time.time() + self.shift

    # ---- a vote --------------------------------------------------------------------------------

    def code(self, raw, operation, message):
        try:
            return "", raw.call(operation, message)
        except iqtest.Refused as e:
            return e.code, str(e)

    def write(self, raw, verb, kind, id_, **fields):
        pairs = [{"key": k, "value": v} for k, v in fields.items()]
        return self.code(raw, "write", {"request_id": rid(), "verb": verb, "kind": kind, "id": id_,
                                        "fields": pairs})

    def done(self, verb, kind, id_, raw=None, **fields):
        code, answer = self.write(raw or self.root, verb, kind, id_, **fields)
        self.assertEqual(code, "", f"{verb} {kind} {id_} {fields}: {answer}")
        return answer

    def join(self, house, since, dep=True):
        m = Member(f"m{self.number}-{house}-{len(self.vote.members)}", house, f"{house}-rep",
                   f"{house}-dep" if dep else "", since)
        self.done("ADD", "membership", m.id, workshop=self.workshop, institution=house,
                  representative=m.rep, deputy=m.dep, accepted_from=since)
        self.vote.members.append(m)

    def begin(self, number):
        self.number, self.workshop, self.id = number, f"w{number}", f"p{number}"
        self.random = random.Random(f"{os.environ.get('IQ_MODEL_SEED', '1')}/{number}")
        quorum = self.random.choice((1, 34, 50, 50, 51, 67, 100))
        majority = self.random.choice(("simple", "two-thirds"))
        hours = self.random.choice((2, 5, 30)) if number % 8 else 54
        deadline = int(self.now + hours * 3600) // 60 * 60
        self.vote = Vote(deadline, quorum, majority)
        # what it goes by: in the workshop, or with the command
        own = self.random.random() < 0.5
        self.done("ADD", "workshop", self.workshop, region="stadt", name_de="Runde",
                  organisers="orga", quorum=str(quorum) if own else "")
        for house in HOUSES:
            if self.random.random() < 0.85:
                self.join(house, day_of(self.now - 86400 * self.random.randrange(3)))
        self.target = next((f"r-{m.institution}" for m in self.vote.members), "")
        self.before = self.note()
        revision = self.root.call("status", {})["revision"]
        self.carries = bool(self.target) and self.random.random() < 0.6
        changes = f"base {revision}\nset responsibility {self.target} note=neu-{number}"
        self.done("ADD", "proposal", self.id, workshop=self.workshop, institution="orga", raw=self.people["orga"],
                  text_de="Vorschlag", **({"changes": changes} if self.carries else {}))
        rules = {} if own else {"quorum": str(quorum)}
        if majority != "simple":
            rules["majority"] = majority
        self.done("SET", "proposal", self.id, raw=self.people["orga"], state="open",
                  deadline=time.strftime("%Y-%m-%d %H:%M", time.localtime(deadline)), **rules)

    def note(self):
        if not self.target:
            return ""
        record = self.root.call("get", {"kind": "responsibility", "id": self.target})["record"]
        return record["responsibility"]["note"]

    # ---- steps ---------------------------------------------------------------------------------

    def cast(self, house=None, contact=None):
        house = house or self.random.choice(HOUSES)
        contact = contact or f"{self.random.choice((house, house, house, 'ha'))}-" \
                             f"{self.random.choice(('rep', 'rep', 'dep', 'neu'))}"
        choice = self.random.choices(CHOICES, (4, 3, 1))[0]
        now = self.now
        known = house in self.vote.ballots
        seat = self.vote.seat(house, contact, day_of(now)) or "representative"
        former = vars(self.vote.ballots[house]) if known else None
        want = self.vote.cast(contact, house, choice, now)
        fields = {"choice": choice, "contact": contact, "as": seat, "cast_on": day_of(now)}
        if not known:
            fields |= {"proposal": self.id, "institution": house}
        code, answer = self.write(self.people[contact], "SET" if known else "ADD", "ballot",
                                  f"{self.id}-{house}", **fields)
        if code == "" and former == {"contact": contact, "choice": choice, "seat": seat,
                                     "day": day_of(now)}:
            self.assertEqual(answer["changes"], [])  # whoever says the same again says nothing
            return
        if want == "denied":
            self.assertIn(code, ("denied", "not-found"), f"{contact} {house}: {answer}")
        else:
            self.assertEqual(code, CODES[want], f"{contact} {house} {want}: {answer}")
        self.seen[want] = self.seen.get(want, 0) + 1

    def member(self):
        m = self.random.choice(self.vote.members)
        today, tomorrow = day_of(self.now), day_of(self.now + 86400)
        what = self.random.choice(("leave", "leave", "join", "guest", "member", "decides", "person"))
        if what == "leave" and m.until == FAR and m.since:
            last = self.random.choice((day_of(self.now - 86400), today))
            m.until = max(m.since, last)
            self.done("SET", "membership", m.id, accepted_to=m.until)
        elif what == "join":
            here = {n.institution for n in self.vote.members if n.until >= today}
            house = self.random.choice(HOUSES)
            if house not in here:
                self.join(house, self.random.choice((today, today, tomorrow)))
        elif what == "guest" and not m.guest:
            m.guest = True
            self.done("SET", "membership", m.id, guest="yes")
        elif what == "member" and m.guest and m.until == FAR:
            m.guest, m.since = False, ""
            self.done("SET", "membership", m.id, guest="no", accepted_from="")
            if self.random.random() < 0.7:
                m.since = today
                self.done("SET", "membership", m.id, accepted_from=today)
        elif what == "decides":
            m.decides = not m.decides
            self.done("SET", "membership", m.id, decides="yes" if m.decides else "no")
        elif what == "person":
            m.rep = f"{m.institution}-neu" if m.rep.endswith("rep") else f"{m.institution}-rep"
            self.done("SET", "membership", m.id, representative=m.rep)

    def come_back(self):
        """A member votes, leaves, and is there again the next day: the vote does not come along."""
        m = self.vote.members[0]
        self.cast(m.institution, m.rep)
        m.until = day_of(self.now)
        self.done("SET", "membership", m.id, accepted_to=m.until)
        self.advance(86400)
        self.join(m.institution, day_of(self.now))
        self.assertIn((m.institution, "rejoined"),
                      [(i, lost) for i, _, lost in self.vote.tally(self.now)[0]])
        self.check_tally(self.now, "open")

    def wait(self):
        """Also to just before the deadline, and just beyond."""
        left = self.vote.deadline - self.now
        self.advance(int(self.random.choice((600, 3600, 20000, max(left - 60, 60),
                                             max(left + 1, 60)))))

    # ---- counting ------------------------------------------------------------------------------

    def check_tally(self, now, state):
        """What everybody is told: how only after closing, but for one's own."""
        secret = state == "open"
        lines, numbers = self.vote.tally(now)
        for name in ("orga", self.random.choice(sorted(self.people))):
            code, answer = self.code(self.people[name], "tally", {"proposal": self.id})
            today = day_of(self.now)
            mine = {m.institution for m in self.vote.members
                    if m.takes_part(today) and not m.guest and name in (m.rep, m.dep)}
            if name != "orga" and not mine:
                self.assertEqual(code, "not-found", f"{name}: {answer}")
                continue
            self.assertEqual(code, "", answer)
            t = answer["tally"]
            self.assertEqual((t["state"], t["secret"]), (state, secret))
            for key in ("entitled", "voted", "needed") + (() if secret else CHOICES):
                self.assertEqual(t[key], numbers[key], f"{key}: {t}")
            told = sorted(((line["institution"], line["voted"], line["choice"], line["lost"])
                           for line in t["lines"]), key=str)
            want = sorted(((i, v is not None, (v or "") if not secret or i in mine else "", lost)
                           for i, v, lost in lines), key=str)
            self.assertEqual(told, want, name)
            self.assertEqual(t["end"], "" if secret else self.vote.end(now))
            if secret:
                self.assertEqual(t["may_close"], bool(self.vote.may_close(now)))
                self.assertFalse(any(t[c] for c in CHOICES))

    def close(self):
        now = self.now
        allowed = self.vote.may_close(now)
        code, answer = self.code(self.people["orga"], "vote_close",
                                 {"request_id": rid(), "proposal": self.id})
        if not allowed:
            self.assertEqual(code, "conflict", answer)
            return False
        self.assertEqual(code, "", answer)
        end = self.vote.end(now)
        lines, n = self.vote.tally(now)
        target = self.target[2:]
        fits = not self.carries or (self.note() in (self.before, f"neu-{self.number}")
                                    and target in {i for i, _, lost in lines if not lost})
        state = "rejected" if end != "passed" else "passed" if fits else "conflict"
        self.assertEqual(answer["tally"]["state"], state, answer)
        self.assertEqual(answer["conflict"] is not None, state == "conflict")
        self.assertEqual(answer["tally"]["result"],
                         f"yes={n['yes']} no={n['no']} abstain={n['abstain']} votes={n['voted']} "
                         f"quorum={n['needed']}")
        self.vote.closed, self.closed_at, self.state = True, now, state
        self.seen[end] = self.seen.get(end, 0) + 1
        self.seen[state] = self.seen.get(state, 0) + 1
        self.check_tally(now, state)
        return True

    def check_applied(self):
        """All of it, or nothing."""
        if self.carries and self.state == "passed":
            self.assertEqual(self.note(), f"neu-{self.number}")
        elif self.target:
            self.assertEqual(self.note(), self.before if not self.meddled else self.meddled)

    def meddle(self):
        """Somebody else changes what the proposal is about."""
        self.meddled = f"anders-{self.number}"
        self.done("SET", "responsibility", self.target, note=self.meddled)

    def after(self):
        """Closed is closed: votes are refused, and whoever leaves now changes nothing."""
        frozen = self.vote.tally(self.closed_at)
        for _ in range(2):
            self.cast()
        kept = [(m, dict(vars(m))) for m in self.vote.members]
        if self.vote.members:
            self.member()
        for m, values in kept:
            vars(m).update(values)
        self.vote.members = [m for m, _ in kept]
        self.assertEqual(self.vote.tally(self.closed_at), frozen)
        _, answer = self.code(self.people["orga"], "tally", {"proposal": self.id})
        told = sorted(((x["institution"], x["choice"] or None, x["lost"])
                       for x in answer["tally"]["lines"]), key=str)
        self.assertEqual(told, frozen[0])
        code, answer = self.code(self.people["orga"], "vote_close",
                                 {"request_id": rid(), "proposal": self.id})
        if self.state != "conflict":
            self.assertEqual(code, "conflict", answer)
            return
        self.assertEqual((code, answer["tally"]["state"]), ("", "conflict"))
        if self.meddled and self.target[2:] in {i for i, _, lost in frozen[0] if not lost}:
            self.done("SET", "responsibility", self.target, note=self.before)
            _, answer = self.code(self.people["orga"], "vote_close",
                                  {"request_id": rid(), "proposal": self.id})
            self.assertEqual(answer["tally"]["state"], "passed")
            self.assertEqual(self.note(), f"neu-{self.number}")
            self.seen["again"] = self.seen.get("again", 0) + 1

    def one_round(self, number):
        self.begin(number)
        self.meddled, closed = "", False
        if number % 8 == 0 and self.vote.members:
            self.come_back()
        for _ in range(STEPS):
            what = self.random.choices(("cast", "member", "wait", "close", "tally", "meddle"),
                                       (14, 3, 1, 2, 2, 0.7))[0]
            if what == "tally":
                self.check_tally(self.now, "open")
            elif what == "meddle" and self.carries:
                self.meddle()
            elif what == "cast" or (what == "member" and self.vote.members):
                getattr(self, what)()
            elif what == "wait":
                self.wait()
            elif what == "close" and self.close():
                closed = True
                break
        if not closed:
            self.advance(max(int(self.vote.deadline - self.now) + 1, 0))
            self.cast()
            self.assertTrue(self.close())
        self.check_applied()
        self.after()

    def test_votes(self):
        type(self).seen = {}
        for number in range(ROUNDS):
            with self.subTest(round=number):
                self.one_round(number)
        for what in ("", "late", "closed", "stands", "no vote", "denied", "passed", "no-quorum",
                     "tie", "no-majority", "conflict", "again"):
            self.assertGreater(self.seen.get(what, 0), 0, f"{what} never happened: {self.seen}")


if __name__ == "__main__":
    unittest.main()
