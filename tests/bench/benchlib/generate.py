# SPDX-License-Identifier: Apache-2.0
"""A synthetic national directory with questions and expected answers, the same for the same seed.

directory(folder, rows) writes FOLDER/raw/*.csv (numbered rows, for a peer to be loaded from),
FOLDER/bundle (what `iqq import` takes), FOLDER/bundle.queries.csv (task, region, status) and
FOLDER/bundle.expected.jsonl (ids of the certain rows in the group of the asked task). The expected
answers come from SQLite over the written files and must agree with an index in memory, and some of
them with a scan of the file.
"""
import bisect
import csv
import itertools
import json
import os
import random
import sqlite3

SEED = 20240217
SYL = ("Al Bad Berg Birk Boden Bruch Buch Dorn Eich Eis Elb Erl Feld Frei Fried Grün Halb Hirsch Hoch "
       "Kirch König Lich Linden Mühl Neu Nieder Ober Rosen Röder Schön Stein Tann Unter Wald Weiß "
       "Wild").split()
SUF = ("ach au bach berg brück burg dorf feld furt hagen haus heim hof ingen kirchen leben rode see "
       "stadt stein tal walde").split()
AREAS = "aufenthalt arbeit sprache bildung anerkennung wohnen gesundheit soziales".split()
MIDS = "beratung antrag bescheid vermittlung".split()
LEAVES = "erstkontakt pruefung foerderung".split()
GROUPS = "asylverfahren schutz duldung aufenthaltserlaubnis eu sonstige".split()
KINDS = ["Ausländerbehörde", "Jobcenter", "Agentur für Arbeit", "Sozialamt", "Volkshochschule",
         "Migrationsberatung", "Jugendmigrationsdienst", "Bildungsberatung", "Gesundheitsamt",
         "Wohnungsamt"]
STREETS = ["Bahnhofstraße", "Hauptstraße", "Wiener Straße", "Rathausplatz", "Schulweg", "Am Markt",
           "Lindenallee", "Gartenstraße"]
FIRST = ("Alma Bruno Carla David Edda Falk Greta Henri Ines Jonas Karla Leo Mila Nils Olga Paul Rosa "
         "Sven Tilda Udo Wanda").split()
LAST = ("Beispiel Muster Probe Exempel Vorlage Entwurf Platzhalter Modell Schema Fiktiv Müllerin "
        "Schneiderin Fischerin Weberin Beckerin Schäferin Bauerin Richterin Kleinschmied "
        "Neumüller").split()
FUNCTIONS = ["Sachbearbeitung", "Teamleitung", "Fallmanagement", "Koordination", "Beratung",
             "Arbeitgeberservice"]
ROLES = {"zuständig": "lead", "beteiligt": "support", "beratend": "advice", "koordinierend": "referral"}
NOTES = ["Termin nur nach Vereinbarung,", "Unterlagen bitte vollständig,", "Erstgespräch ohne Anmeldung;",
         "zuständig laut Schnittstelle,", "Übergabe an Jobcenter prüfen,", "Dolmetscher wird gestellt;",
         "Frist drei Monate beachten,", "Absprache mit BAMF nötig,"]
DETAILS = ["Aktenzeichen %06d, siehe Blatt %d", "Raum %d im Haus %d, Aufzug", "Vorgang %d nach Matrix %d",
           "Stand %d, Version %d geprüft"]
LEVELS = {"1": "country", "2": "state", "3": "district", "4": "municipality"}
# states, districts of each, municipalities of each, institutions, contacts, rows of the country and
# of its states; the second is for a run that only shows that the benchmark works
NATIONAL = (16, 25, 27, 20000, 60000, 60, 960)
TINY = (3, 2, 3, 40, 80, 6, 12)
SAMPLE = 2000  # questions with an expected answer
SCANS = 20


def place(i):
    a, b = divmod(i, len(SUF))
    c, a2 = divmod(a, len(SYL))
    return SYL[a2] + SUF[b] + ("" if c == 0 else " (" + SYL[(c * 7) % len(SYL)] + ")")


def cumulative(n, s):
    return list(itertools.accumulate((k + 1) ** -s for k in range(n)))


def ancestors(parent, x):
    found = []
    while x:
        found.append(x)
        x = parent[x]
    return found


def parents(tree):
    return [0] + [int(r[2] or 0) for r in tree]


def write(folder, name, head, rows):
    with open(os.path.join(folder, name + ".csv"), "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(head.split())
        out.writerows(rows)


def read(folder, name):
    with open(os.path.join(folder, name + ".csv"), newline="", encoding="utf-8") as f:
        yield from csv.DictReader(f)


class Directory:
    """The numbered rows; the order of the calls of the random generator is part of the data."""

    def __init__(self, folder, rows, seed, shape):
        self.folder, self.rows = folder, rows
        self.random = random.Random(seed)
        (self.n_states, self.n_districts, self.n_municipalities, self.n_institutions,
         self.n_contacts, self.of_country, self.of_states) = shape
        self.index = {}

    def regions(self):
        rows, n = [(1, "DE", "", 1, "Bundesrepublik")], 1
        self.states, self.districts, self.municipalities = [], [], []
        for s in range(1, self.n_states + 1):
            n += 1
            self.states.append(n)
            rows.append((n, "%02d" % s, 1, 2, "Land " + place(s * 13)))
        for si, s in enumerate(self.states):
            for d in range(1, self.n_districts + 1):
                n += 1
                self.districts.append(n)
                rows.append((n, "%02d%03d" % (si + 1, d), s, 3,
                             "Kreis " + place(100 + si * self.n_districts + d)))
        for di, d in enumerate(self.districts):
            for m in range(1, self.n_municipalities + 1):
                n += 1
                self.municipalities.append(n)
                rows.append((n, "%s%03d" % (rows[d - 1][1], m), d, 4,
                             place(di * self.n_municipalities + m)))
        self.region_rows, self.region_of = rows, parents(rows)
        write(self.folder, "regions", "id code parent_id level name", rows)

    def tasks(self):
        rows, self.roots, self.middle, self.leaves = [], [], [], []
        for a in AREAS:
            self.roots.append(len(rows) + 1)
            rows.append((len(rows) + 1, a, "", 1, a.capitalize()))
        for a in self.roots:
            for m in MIDS:
                self.middle.append(len(rows) + 1)
                rows.append((len(rows) + 1, rows[a - 1][1] + "." + m, a, 2, rows[a - 1][4] + ": " + m))
        for i, m in enumerate(self.middle):
            for leaf in LEAVES[:3 if i % 2 == 0 else 2]:
                self.leaves.append(len(rows) + 1)
                rows.append((len(rows) + 1, rows[m - 1][1] + "." + leaf, m, 3,
                             rows[m - 1][4] + ", " + leaf))
        self.task_of = parents(rows)
        write(self.folder, "tasks", "id code parent_id level name", rows)

    def statuses(self):
        rows, self.groups, self.cases = [(1, "any", "", 1, "jeder Aufenthaltsstatus")], [], []
        for g in GROUPS:
            self.groups.append(len(rows) + 1)
            rows.append((len(rows) + 1, g, 1, 2, g))
        for i, g in enumerate(self.groups):
            for k in range(3 if i == 5 else 4):
                self.cases.append(len(rows) + 1)
                rows.append((len(rows) + 1, "%s.%d" % (GROUPS[i], k + 1), g, 3,
                             "%s, Fall %d" % (GROUPS[i], k + 1)))
        self.n_statuses, self.status_of = len(rows), parents(rows)
        write(self.folder, "statuses", "id code parent_id level name", rows)

    def phone(self):
        r = self.random.randrange
        return "+49 30 23125 %03d" % ((r(201, 9999) + r(100000, 9999999)) % 1000)

    def institutions(self):
        r, rows, count = self.random.randrange, [], len(self.districts)
        self.in_district = {d: [] for d in self.districts}
        self.in_state = {s: [] for s in self.states}
        for i in range(1, self.n_institutions + 1):
            d = self.districts[(i - 1) % count]
            m = self.municipalities[((i - 1) % count) * self.n_municipalities +
                                    r(self.n_municipalities)]
            town, kind = self.region_rows[m - 1][4], KINDS[r(len(KINDS))]
            host = "stelle%05d.example" % i
            rows.append((i, "%s %s %d" % (kind, town, (i - 1) // count + 1),
                         "%s %d" % (STREETS[r(len(STREETS))], r(1, 199)), "%05d" % r(1000, 99999),
                         town, self.phone(), "post@" + host, "https://www." + host + "/",
                         "Mo-Fr %02d:00-%02d:00, Do bis %02d:00" % (r(7, 10), r(12, 16), r(16, 19)),
                         m))
            self.in_district[d].append(i)
            self.in_state[self.region_of[d]].append(i)
        write(self.folder, "institutions",
              "id name street postcode town phone email url hours region_id", rows)

    def contacts(self):
        rnd, rows = self.random, []
        self.contacts_of = [[] for _ in range(self.n_institutions + 1)]
        for c in range(1, self.n_contacts + 1):
            i = c if c <= self.n_institutions else rnd.randrange(1, self.n_institutions + 1)
            first, last = rnd.choice(FIRST), rnd.choice(LAST)
            self.contacts_of[i].append(c)
            rows.append((c, i, first + " " + last, rnd.choice(FUNCTIONS), self.phone(),
                         "k%05d@stelle%05d.example" % (c, i)))
        write(self.folder, "contacts", "id institution_id name function phone email", rows)

    def where_and_what(self):
        """Region and task of each responsibility: few popular ones, most in municipalities."""
        rnd, n = self.random, self.rows
        n_districts = min(24000, n * 15 // 100)
        self.popular = self.municipalities[:]
        rnd.shuffle(self.popular)
        region = ([1] * self.of_country + rnd.choices(self.states, k=self.of_states) +
                  rnd.choices(self.districts, k=n_districts) +
                  rnd.choices(self.popular, cum_weights=cumulative(len(self.popular), 0.25),
                              k=n - self.of_country - self.of_states - n_districts))
        rnd.shuffle(region)
        self.by_leaf, self.by_middle, self.by_root = self.leaves[:], self.middle[:], self.roots[:]
        for x in (self.by_leaf, self.by_middle, self.by_root):
            rnd.shuffle(x)
        weights = cumulative(80, .5), cumulative(32, .5), cumulative(8, .3)
        level = rnd.choices((0, 1, 2), weights=(80, 15, 5), k=n)
        picks = [iter(rnd.choices(x, cum_weights=w, k=n))
                 for x, w in zip((self.by_leaf, self.by_middle, self.by_root), weights)]
        return region, [next(picks[v]) for v in level]

    def institutions_of(self, region):
        if region > self.districts[-1]:
            return self.in_district[self.region_of[region]]
        if region > self.states[-1]:
            return self.in_district[region]
        return self.in_state[region] if region > 1 else None

    def responsibilities(self):
        rnd, n = self.random, self.rows
        region, task = self.where_and_what()
        sizes = rnd.choices((1, 2, 3, 4), weights=(40, 30, 20, 10), k=n)
        weights = list(itertools.accumulate(
            0.9 if s in self.groups else 3.0 if s == 1 else 1.0
            for s in range(1, self.n_statuses + 1)))
        everyone = list(range(1, self.n_statuses + 1))
        persons = rnd.choices((1, 2), weights=(60, 40), k=n)
        role = rnd.choices(tuple(ROLES), weights=(6, 2, 1, 1), k=n)
        rc, choices = rnd.random, rnd.choices

        def rows():
            for i in range(n):
                pool = self.institutions_of(region[i])
                inst = pool[int(rc() * len(pool))] if pool else int(rc() * self.n_institutions) + 1
                status = sorted(set(choices(everyone, cum_weights=weights, k=sizes[i])))
                known = self.contacts_of[inst]
                count, k = min(persons[i], len(known)), int(rc() * len(known))
                shown = [known[(k + j) % len(known)] for j in range(count)]
                note = (NOTES[int(rc() * 8)] + " " +
                        DETAILS[int(rc() * 4)] % (int(rc() * 1000000), int(rc() * 100)))
                since = "20%02d-%02d-%02d" % (int(rc() * 9) + 15, int(rc() * 12) + 1,
                                              int(rc() * 28) + 1)
                mask = 0
                for s in status:
                    mask |= 1 << s
                self.index.setdefault((region[i] << 8) | task[i], []).append((i + 1, mask))
                yield (i + 1, inst, task[i], region[i], ";".join(map(str, status)), role[i],
                       ";".join(map(str, shown)), note, since)
        write(self.folder, "responsibilities", "id institution_id task_id region_id status_ids role "
              "contact_ids note valid_from", rows())

    def match(self, task, region, status):
        asked, found = 0, []
        for x in ancestors(self.status_of, status):
            asked |= 1 << x
        tasks = ancestors(self.task_of, task)
        for r in ancestors(self.region_of, region):
            for t in tasks:
                found += [i for i, mask in self.index.get((r << 8) | t, ()) if mask & asked]
        return sorted(found)

    def draw(self, weights, districts, states, cases):
        """One question; most are about municipalities, leaves and cases."""
        rnd, x = self.random, self.random.random()
        m, d, s, leaf, middle, root, case = weights
        region = (rnd.choices(self.popular, cum_weights=m)[0] if x < .85 else
                  rnd.choices(districts, cum_weights=d)[0] if x < .97 else
                  rnd.choices(states, cum_weights=s)[0])
        x = rnd.random()
        task = (rnd.choices(self.by_leaf, cum_weights=leaf)[0] if x < .85 else
                rnd.choices(self.by_middle, cum_weights=middle)[0] if x < .97 else
                rnd.choices(self.by_root, cum_weights=root)[0])
        x = rnd.random()
        status = (rnd.choices(cases, cum_weights=case)[0] if x < .85 else
                  rnd.choice(self.groups) if x < .96 else 1)
        return task, region, status

    def queries(self, count):
        """10 % nobody, 3 % nine to forty rows, the others one to eight, as far as they can be had."""
        rnd = self.random
        heavy = (cumulative(len(self.popular), 1.0), cumulative(len(self.districts), .8),
                 cumulative(len(self.states), .5), cumulative(80, .8), cumulative(32, .8),
                 cumulative(8, .5))
        districts, states = self.districts[:], self.states[:]
        rnd.shuffle(districts)
        rnd.shuffle(states)
        cases = self.cases[:]
        rnd.shuffle(cases)
        heavy = (*heavy, cumulative(len(cases), .7))
        none, many = count // 10, count * 3 // 100
        wanted, got, tries = (none, count - none - many, many), [0, 0, 0], 0
        self.questions = []
        while len(self.questions) < count:
            tries += 1
            t, r, s = self.draw(heavy, districts, states, cases)
            n = len(self.match(t, r, s))
            if n > 40:
                continue
            size = bisect.bisect_left((0, 8), n)
            if got[size] >= wanted[size] and tries < 5 * count:
                continue
            got[size] += 1
            self.questions.append((len(self.questions) + 1, t, r, s, n))
        write(self.folder, "queries", "id task_id region_id status_id",
              [q[:4] for q in self.questions])

    def database(self):
        """What was written, read again by another program."""
        db = sqlite3.connect(":memory:")
        db.executescript(
            "create table region(id integer primary key, parent int);"
            "create table task(id integer primary key, parent int);"
            "create table status(id integer primary key, parent int);"
            "create table resp(id integer primary key, task int, region int);"
            "create table rs(resp int, status int, primary key(resp, status)) without rowid;")
        for name, table in (("regions", "region"), ("tasks", "task"), ("statuses", "status")):
            db.executemany("insert into %s values(?, ?)" % table,
                           ((int(x["id"]), int(x["parent_id"]) if x["parent_id"] else None)
                            for x in read(self.folder, name)))
        db.executemany("insert into resp values(?, ?, ?)",
                       ((int(x["id"]), int(x["task_id"]), int(x["region_id"]))
                        for x in read(self.folder, "responsibilities")))
        db.executemany("insert into rs values(?, ?)",
                       ((int(x["id"]), int(s)) for x in read(self.folder, "responsibilities")
                        for s in x["status_ids"].split(";")))
        db.execute("create index rk on resp(region, task)")
        return db

    ASK = ("with recursive ra(x) as (select ? union all select parent from region join ra on id = x"
           " where parent is not null), "
           "ta(x) as (select ? union all select parent from task join ta on id = x"
           " where parent is not null), "
           "sa(x) as (select ? union all select parent from status join sa on id = x"
           " where parent is not null) "
           "select distinct r.id from ra cross join ta cross join resp r on r.region = ra.x"
           " and r.task = ta.x where exists(select 1 from sa, rs where rs.resp = r.id"
           " and rs.status = sa.x) order by 1")

    def expected(self, seed):
        db = self.database()
        chosen = sorted(random.Random(seed + 1).sample(
            range(len(self.questions)), min(SAMPLE, len(self.questions))))
        expected = {}
        with open(os.path.join(self.folder, "expected.jsonl"), "w", encoding="utf-8") as f:
            for k in chosen:
                n, t, r, s, count = self.questions[k]
                ids = [x[0] for x in db.execute(self.ASK, (r, t, s))]
                if len(ids) != count or ids != self.match(t, r, s):
                    raise AssertionError("two ways to answer question %d disagree" % n)
                expected[k] = ids
                f.write(json.dumps({"q": n, "task": t, "region": r, "status": s, "ids": ids},
                                   separators=(",", ":")) + "\n")
        self.scan([k for k in chosen[::max(1, len(chosen) // SCANS)][:SCANS]], expected)

    def scan(self, chosen, expected):
        asked = [(k, set(ancestors(self.task_of, self.questions[k][1])),
                  set(ancestors(self.region_of, self.questions[k][2])),
                  set(ancestors(self.status_of, self.questions[k][3])), []) for k in chosen]
        for x in read(self.folder, "responsibilities"):
            t, r, statuses = (int(x["task_id"]), int(x["region_id"]),
                              set(map(int, x["status_ids"].split(";"))))
            for _, tasks, regions, wanted, found in asked:
                if t in tasks and r in regions and not wanted.isdisjoint(statuses):
                    found.append(int(x["id"]))
        for k, _, _, _, found in asked:
            if sorted(found) != expected[k]:
                raise AssertionError("a scan answers question %d differently" % (k + 1))


def bundle(src, out):
    """The numbered rows as a bundle, with questions and expected answers beside it."""
    os.makedirs(out, exist_ok=True)
    task = {r["id"]: r["code"].replace(".", "-") for r in read(src, "tasks")}
    status = {r["id"]: "s-" + r["code"].replace(".", "-") for r in read(src, "statuses")}
    region = {r["id"]: "r-" + r["code"].lower() for r in read(src, "regions")}
    write(out, "regions", "id parent kind ars name_de name_en aliases",
          ((region[r["id"]], region.get(r["parent_id"], ""), LEVELS[r["level"]],
            "" if r["level"] == "1" else r["code"].ljust(12, "0"), r["name"], "", "")
           for r in read(src, "regions")))
    write(out, "tasks", "id parent name_de name_en leika aliases",
          ((task[r["id"]], task.get(r["parent_id"], ""), r["name"], "", "", "")
           for r in read(src, "tasks")))
    write(out, "statuses", "id parent name_de name_en legal_basis work_access_de course_access aliases",
          ((status[r["id"]], status.get(r["parent_id"], ""), r["name"], "", "", "", "", "")
           for r in read(src, "statuses")))
    write(out, "kinds", "id name_de name_en statutory", [("office", "Behörde", "Office", "yes")])
    write(out, "institutions", "id kind parent region name_de name_en street postcode town phone "
          "email url hours aliases",
          (("i-" + r["id"], "office", "", region[r["region_id"]], r["name"], "", r["street"],
            r["postcode"], r["town"], r["phone"], r["email"], r["url"], r["hours"], "")
           for r in read(src, "institutions")))
    write(out, "contacts", "id institution name function phone email languages visibility deputy "
          "valid_from valid_to",
          (("c-" + r["id"], "i-" + r["institution_id"], r["name"], r["function"], r["phone"],
            r["email"], "de", "public", "", "", "") for r in read(src, "contacts")))
    write(out, "responsibilities", "id institution task region statuses role contacts condition "
          "legal_basis source note valid_from valid_to confirmed_on",
          (("x-" + r["id"], "i-" + r["institution_id"], task[r["task_id"]], region[r["region_id"]],
            ";".join(status[x] for x in r["status_ids"].split(";")), ROLES[r["role"]],
            ";".join("c-" + x for x in r["contact_ids"].split(";")), "", "", "", r["note"],
            r["valid_from"], "", "") for r in read(src, "responsibilities")))
    write(os.path.dirname(out), os.path.basename(out) + ".queries", "task region status",
          ((task[r["task_id"]], region[r["region_id"]], status[r["status_id"]])
           for r in read(src, "queries")))
    with open(out + ".expected.jsonl", "w", encoding="utf-8") as f, \
            open(os.path.join(src, "expected.jsonl"), encoding="utf-8") as lines:
        for line in lines:
            q = json.loads(line)
            f.write(json.dumps({"task": task[str(q["task"])], "region": region[str(q["region"])],
                                "status": status[str(q["status"])],
                                "certain": sorted("x-%d" % i for i in q["ids"])}) + "\n")


def directory(folder, rows, queries, shape, seed=SEED):
    raw = os.path.join(folder, "raw")
    os.makedirs(raw, exist_ok=True)
    d = Directory(raw, rows, seed, shape)
    for step in (d.regions, d.tasks, d.statuses, d.institutions, d.contacts, d.responsibilities):
        step()
    d.queries(queries)
    d.expected(seed)
    bundle(raw, os.path.join(folder, "bundle"))
