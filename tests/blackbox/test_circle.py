# SPDX-License-Identifier: Apache-2.0
"""Who sees what a workshop works on: every way out, for people of every sort. What somebody must not
know of is not in any answer, and looks like what does not exist."""

import json
import os

import iqtest
from circle_world import (COLUMNS, MARK, RECORDS, WORD, World, circle_files, day, folder)

KINDS = ("topic", "meeting", "proposal", "ballot", "commitment")
ALL = {"coordinator", "organiser", "member", "second", "editor"}
GUESTS = {"guest", "hosteditor"}
NOTHING = {"invited", "left", "outsider", "curator"}


class Reading(World):
    def ways(self, client):
        """Everything that comes out, by the way it took."""
        out = {}
        for kind, id_ in RECORDS:
            for args in (("get", kind, id_), ("get", kind, id_, "--json"),
                         ("get", kind, id_, "--known-at", str(self.now), "--json"),
                         ("history", kind, id_, "--json"), ("can", "edit", kind, id_)):
                out[args] = client(*args)
        for kind in KINDS:
            out["list", kind] = client("list", kind, "--json")
            column = COLUMNS[kind].split()[1]
            f = f"{column}={'intern-laeuft' if column == 'proposal' else 'runde'}"
            out["list", kind, f] = client("list", kind, f, "--json")
        out["list", "state"] = client("list", "proposal", "state=open", "--json")
        for word in (MARK, "anliegen", "intern", "vertraulihc anliegen", "auftakt"):
            out["search", word] = client("search", word, "--json")
        for args in (("changes",), ("diff", "--from", str(self.before)), ("status",)):
            out[args] = client(*args, "--json")
        path = os.path.join(iqtest.temp_dir(self), "out")
        out["export"] = client("export", path)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            with open(os.path.join(path, name), encoding="utf-8") as f:
                out["export", name] = iqtest.Result(0, f.read(), "")
        return out

    def setUp(self):
        self.now = self.iqq.json("status")["revision"]

    def got(self, name):
        """Ids by kind, from the list."""
        client = self.people[name]
        return {k: {i["id"]: i for i in client.json("list", k)["items"]} for k in KINDS}

    def test_nothing(self):
        for name in sorted(NOTHING):
            for way, done in self.ways(self.people[name]).items():
                with self.subTest(who=name, way=way):
                    text = done.out + done.err
                    for asked in (w for w in way if isinstance(way, tuple)):
                        text = text.replace(asked, "")
                    self.assertNotRegex(text, WORD)
                    self.assertNotIn("Rathaus", text)
                    self.assertNotIn("Raum stellen", text)
                    if way[0] in ("get", "history"):
                        self.assertEqual(done.exit, 1, done)
            self.assertEqual({k: list(v) for k, v in self.got(name).items()},
                             {k: [] for k in KINDS}, name)

    def test_all(self):
        """Members see all but how others vote while the vote runs."""
        for name in sorted(ALL):
            with self.subTest(who=name):
                got = self.got(name)
                self.assertEqual({(k, i) for k in KINDS for i in got[k]}, set(RECORDS))
                self.assertIn(MARK, got["meeting"]["treffen"]["minutes"])
                self.assertEqual(got["ballot"]["intern-vorbei-mit"]["choice"], "yes")
                running = got["ballot"]["intern-laeuft-zwei"]
                own = name == "second"
                self.assertEqual(running["institution"], "zwei")
                self.assertEqual(running.get("choice") or None, "no" if own else None)
                self.assertEqual(MARK in (running.get("note") or ""), own)
                items = self.people[name].json("search", MARK)["items"]
                self.assertEqual([(i["kind"], i["id"]) for i in items],
                                 [("topic", "intern-anliegen")])

    def test_guests(self):
        for name in sorted(GUESTS):
            with self.subTest(who=name):
                got = self.got(name)
                self.assertEqual({(k, i) for k in KINDS for i in got[k]},
                                 {("meeting", "treffen"), ("commitment", "gast-zusage")})
                meeting = got["meeting"]["treffen"]
                for column in ("date", "begins", "place", "link", "agenda"):
                    self.assertTrue(meeting[column], column)
                for column in ("minutes", "attended", "state"):
                    self.assertFalse(meeting.get(column), column)
                for way, done in self.ways(self.people[name]).items():
                    text = done.out + done.err
                    for asked in (w for w in way if isinstance(way, tuple)):
                        text = text.replace(asked, "")
                    self.assertNotRegex(text, WORD, f"{name} {way}")

    def test_can(self):
        """What somebody may change is answered by the seat, too."""
        for name, kind, id_, status in (
                ("member", "topic", "intern-anliegen", 0), ("second", "topic", "intern-anliegen", 5),
                ("organiser", "meeting", "treffen", 0), ("member", "meeting", "treffen", 5),
                ("second", "ballot", "intern-laeuft-zwei", 0),
                ("member", "ballot", "intern-laeuft-zwei", 5),
                ("hosteditor", "commitment", "gast-zusage", 5), ("guest", "topic", "intern-anliegen", 1),
                ("outsider", "meeting", "treffen", 1)):
            self.assertExit(self.people[name]("can", "edit", kind, id_), status)

    def test_filters_do_not_tell(self):
        """Nobody finds out by a filter what is not shown."""
        def total(name, *args):
            done = self.people[name]("list", *args, "--json")
            self.assertExit(done, 0 if done.json["items"] else 1)
            return len(done.json["items"])
        self.assertEqual(total("guest", "meeting", "state=held"), 0)
        self.assertEqual(total("member", "meeting", "state=held"), 1)
        self.assertEqual(total("guest", "meeting", "attended=mit"), 0)
        self.assertEqual(total("member", "meeting", "attended=mit"), 1)
        self.assertEqual(total("member", "ballot", "choice=no"), 0)
        self.assertEqual(total("second", "ballot", "choice=no"), 1)
        self.assertEqual(total("outsider", "ballot", "proposal=intern-laeuft"), 0)
        self.assertEqual(total("outsider", "ballot", "proposal=gibt-es-nicht"), 0)
        self.assertEqual(total("member", "ballot", "proposal=intern-laeuft"), 1)

    def test_totals(self):
        for name, count in (("outsider", 0), ("guest", 1), ("member", 2)):
            with self.people[name].connect() as raw:
                answer = raw.call("list", {"kind": "commitment", "limit": 1})
                self.assertEqual(answer["total"], count, name)
                counts = {c["kind"] for c in raw.call("status", {})["records"]}
                self.assertFalse(counts & set(KINDS), name)

    def test_hidden_looks_like_missing(self):
        """The same words and the same exit status, whatever is tried."""
        def tried(name, kind, id_):
            client, ways = self.people[name], []
            for args in (("get", kind, id_), ("history", kind, id_), ("can", "edit", kind, id_),
                         ("get", kind, id_, "--known-at", str(self.now)),
                         ("set", kind, id_, "workshop=runde"), ("delete", kind, id_, "--yes"),
                         ("archive", kind, id_, "--yes"), ("revive", kind, id_, "--yes"),
                         ("list", kind, f"id={id_}"), ("flag", id_, "--kind", kind, "falsch"),
                         ("search", id_)):
                done = client(*args)
                ways.append((args[0], done.exit, (done.out + done.err).replace(id_, "ID")))
            return ways
        for name in sorted(NOTHING):
            for kind, id_ in RECORDS:
                with self.subTest(who=name, kind=kind, id=id_):
                    self.assertEqual(tried(name, kind, id_), tried(name, kind, "gibt-es-nicht"))
        for kind, id_ in (("topic", "intern-anliegen"), ("ballot", "intern-vorbei-mit"),
                          ("commitment", "intern-zusage")):
            self.assertEqual(tried("guest", kind, id_), tried("guest", kind, "gibt-es-nicht"))

    def test_import_does_not_tell(self):
        """A row of a hidden id is refused as one of a new id is."""
        files = circle_files()
        fresh = {n: t.replace("intern-", "neu-").replace("gast-zusage", "neu-gast-zusage")
                 .replace("treffen,", "neu-treffen,") for n, t in files.items()}
        for name in ("outsider", "hosteditor"):
            with self.subTest(who=name):
                for kind in ("topics", "meetings", "commitments"):
                    answers = []
                    for f in (files, fresh):
                        done = self.people[name]("import", folder(self, {kind: f[kind]}),
                                                 "--reason", "test")
                        self.assertNotEqual(done.exit, 0, done)
                        answers.append((done.exit, done.err.replace("neu-", "intern-")))
                    if name == "outsider":
                        lines = [[line for line in a.splitlines() if "/tmp" not in line]
                                 for _, a in answers]
                        self.assertEqual(len(lines[0]), len(lines[1]), answers)
                        self.assertEqual(answers[0][0], answers[1][0])

    def test_references(self):
        """Whoever may delete what hidden records refer to is not told of them."""
        task = "beratung-neu"
        self.do(self.iqq, "add", "task", task, "name_de=Beratung neu", "--yes")
        self.do(self.people["organiser"], "set", "topic", "intern-anliegen", f"task={task}", "--yes")
        done = self.people["curator"]("delete", "task", task, "--yes", "--json")
        self.assertEqual(done.exit, 6, done)
        self.assertNotRegex(done.out + done.err, WORD)
        self.assertNotIn("1 records", done.out + done.err)
        done = self.people["curator"]("merge", "task", task, "beratung", "--yes", "--json")
        self.assertExit(done, 0)
        self.assertNotRegex(done.out + done.err, WORD)
        got = self.people["member"].json("get", "topic", "intern-anliegen")
        self.assertIn("beratung", json.dumps(got))

    def test_regions(self):
        """A region that becomes an area does not tell who speaks of it."""
        self.do(self.iqq, "add", "region", "dorf", "name_de=Dorf", "parent=land", "kind=gemeinde",
                "--yes")
        self.do(self.people["editor"], "add", "proposal", "intern-dorf", "workshop=runde",
                "institution=mit", f"text_de={MARK} Dorf", "region=dorf", "--yes")
        done = self.people["curator"]("delete", "region", "dorf", "--yes")
        self.assertEqual(done.exit, 6, done)
        self.assertNotRegex(done.out + done.err, WORD)
        done = self.people["curator"]("set", "region", "dorf", "kind=area", "parent=", "--yes")
        self.assertExit(done, 0)
        self.assertNotRegex(done.out + done.err, WORD)
        self.do(self.people["editor"], "delete", "proposal", "intern-dorf", "--yes")

    def test_taken_id(self):
        """Who may add finds an id taken, and learns nothing else."""
        self.do(self.iqq, "add", "workshop", "dritte", "region=fern", "name_de=Dritte",
                "organisers=aus", "--yes")
        client = self.people["outsider"]
        done = client("add", "topic", "intern-anliegen", "workshop=dritte", "institution=aus",
                      "name_de=Eigenes", "--yes")
        self.assertEqual(done.exit, 6, done)
        self.assertNotRegex((done.out + done.err).replace("intern-anliegen", ""), WORD)
        self.do(client, "add", "topic", "eigenes", "workshop=dritte", "institution=aus",
                "name_de=Eigenes", "--yes")
        done = client("add", "proposal", "eigener", "workshop=dritte", "institution=aus",
                      "text_de=Eigener", "topic=intern-anliegen", "--yes")
        missing = client("add", "proposal", "eigener", "workshop=dritte", "institution=aus",
                         "text_de=Eigener", "topic=gibt-es-nicht", "--yes")
        self.assertNotEqual(done.exit, 0)
        self.assertEqual((done.exit, (done.out + done.err).replace("intern-anliegen", "ID")),
                         (missing.exit,
                          (missing.out + missing.err).replace("gibt-es-nicht", "ID")))


class Feed(World):
    """A copy of what one may see, while what one may see changes."""

    def update(self, name):
        path = self.paths.setdefault(name, os.path.join(iqtest.temp_dir(self), "m.jsonl"))
        done = self.people[name]("changes", "--mirror", path, "--json")
        self.assertExit(done, 0)
        with open(path, encoding="utf-8") as f:
            held = {(r["kind"], r["id"]): r["record"] for r in map(json.loads, list(f)[1:])}
        return ({(i["what"], i["kind"], i["id"]) for i in done.json["items"]
                 if i["kind"] in KINDS}, {k: v for k, v in held.items() if k[0] in KINDS})

    def test_feed(self):
        self.paths = {}
        names = ("member", "second", "guest", "outsider", "invited", "coordinator")
        first = {n: self.update(n)[1] for n in names}
        self.assertEqual(set(first["member"]), set(RECORDS))
        self.assertEqual(set(first["guest"]), {("meeting", "treffen"),
                                               ("commitment", "gast-zusage")})
        self.assertEqual((first["outsider"], first["invited"]), ({}, {}))
        self.changes()
        self.vote_ends()
        self.bound_no_more()
        self.accepted()
        self.left()
        self.dissolved()

    def changes(self):
        organiser = self.people["organiser"]
        self.do(organiser, "set", "meeting", "treffen", f"minutes={MARK} Neues", "--yes")
        self.do(organiser, "add", "topic", "intern-neu", "workshop=runde", "institution=orga",
                f"name_de={MARK} Neu", "--yes")
        told, held = self.update("member")
        self.assertEqual(told, {("changed", "meeting", "treffen"), ("added", "topic", "intern-neu")})
        self.assertEqual(held["meeting", "treffen"]["minutes"], f"{MARK} Neues")
        told, held = self.update("guest")
        self.assertEqual({t[1:] for t in told} - {("meeting", "treffen")}, set())
        self.assertNotRegex(str(held), WORD)
        for name in ("outsider", "invited"):
            self.assertEqual(self.update(name), (set(), {}))
        self.do(organiser, "delete", "topic", "intern-neu", "--yes")
        self.assertEqual(self.update("member")[0], {("removed", "topic", "intern-neu")})
        for name in ("outsider", "invited", "guest"):
            self.assertEqual(self.update(name)[0], set(), name)

    def vote_ends(self):
        """How others voted comes with the end of the vote."""
        key = ("ballot", "intern-laeuft-zwei")
        self.assertFalse(self.update("member")[1][key].get("choice"))
        self.do(self.people["editor"], "set", "proposal", "intern-laeuft", "state=withdrawn", "--yes")
        told, held = self.update("member")
        self.assertIn(("changed",) + key, told)
        self.assertEqual(held[key]["choice"], "no")
        self.assertEqual(self.update("guest")[0], set())

    def bound_no_more(self):
        self.do(self.people["coordinator"], "set", "commitment", "gast-zusage",
                "institutions=gast;zwei", "--yes")
        self.assertEqual(self.update("guest")[0], {("changed", "commitment", "gast-zusage")})
        self.do(self.people["coordinator"], "set", "commitment", "gast-zusage",
                "institutions=zwei", "--yes")
        told, held = self.update("guest")
        self.assertEqual(told, {("withdrawn", "commitment", "gast-zusage")})
        self.assertEqual(set(held), {("meeting", "treffen")})

    def accepted(self):
        self.do(self.iqq, "set", "membership", "m-lad", f"accepted_from={day()}", "--yes")
        self.assertEqual(set(self.update("invited")[1]), set(RECORDS))

    def left(self):
        """Who leaves loses it with the next day, and the copy with the next update."""
        self.do(self.people["editor"], "set", "membership", "m-mit", f"accepted_to={day(-1)}", "--yes")
        told, held = self.update("member")
        self.assertEqual(held, {})
        self.assertEqual(told, {("withdrawn", k, i) for k, i in RECORDS})
        self.assertExit(self.people["member"]("get", "meeting", "treffen"), 1)
        self.assertEqual(set(self.update("second")[1]), set(RECORDS))

    def dissolved(self):
        self.do(self.people["organiser"], "set", "workshop", "runde", f"valid_to={day(-1)}", "--yes")
        for name in ("second", "guest", "invited"):
            told, held = self.update(name)
            self.assertEqual(held, {}, name)
            self.assertTrue(told and {t[0] for t in told} == {"withdrawn"}, told)
        self.assertEqual(set(self.update("coordinator")[1]), set(RECORDS))


class Persons(World):
    def test_leaves(self):
        """Whoever goes takes the name out of the ballot; the vote stays."""
        self.do(self.iqq, "set", "membership", "m-mit", "representative=mit-zweit", "--yes")
        self.do(self.iqq, "archive", "contact", "mit-rep", "--yes")
        done = self.do(self.people["second"], "get", "ballot", "intern-vorbei-mit", "--json")
        self.assertIn('"yes"', done.out)
        self.assertNotIn("mit-rep", done.out)
        self.assertExit(self.people["member"]("get", "topic", "intern-anliegen"), 1)


class Contacts(World):
    """Contacts of class workshop are for members, not for guests and those only invited."""

    def test_class(self):
        for name, sees in (("second", True), ("guest", False), ("invited", False),
                           ("left", False), ("outsider", False), ("hosteditor", False)):
            done = self.people[name]("contact", "mit", "--reason", "workshop")
            self.assertEqual("Erika Kreis" in done.out, sees, f"{name}: {done}")


if __name__ == "__main__":
    iqtest.main()
