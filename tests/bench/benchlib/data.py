# SPDX-License-Identifier: Apache-2.0
"""The data sets, made once and kept under a scratch directory."""
import base64
import contextlib
import csv
import fcntl
import itertools
import json
import os
import shutil

from . import generate

VERSION = 1  # of what is kept: another one is made anew
QUERIES, TINY_QUERIES, TINY_ROWS = 20000, 200, 1000


def read(bundle, name):
    with open(os.path.join(bundle, name + ".csv"), encoding="utf-8", newline="") as f:
        yield from csv.DictReader(f)


def count(path):
    with open(path, "rb") as f:
        return sum(1 for _ in f) - 1


@contextlib.contextmanager
def alone(folder):
    """One run at a time makes the same data."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Data:
    """A bundle with questions and expected answers, and what is derived from it in `folder`."""

    def __init__(self, bundle, folder):
        self.bundle, self.folder = bundle.rstrip("/"), folder
        self.queries = self.bundle + ".queries.csv"
        self.expected = self.bundle + ".expected.jsonl"
        self.responsibilities = count(os.path.join(self.bundle, "responsibilities.csv"))
        self.rows = sum(count(os.path.join(self.bundle, f)) for f in os.listdir(self.bundle))

    def made(self, name, make):
        """The path of something made once: make(path of a folder that is empty)."""
        path = os.path.join(self.folder, name)
        with alone(path):
            if not os.path.exists(path):
                shutil.rmtree(path + ".new", ignore_errors=True)
                os.makedirs(path + ".new")
                make(path + ".new")
                os.rename(path + ".new", path)
        return path

    def confidential(self):
        """All contacts of class partners, and the questions whose certain rows have some."""
        made = self.made("confidential", self.make_confidential)
        return Data(os.path.join(made, "bundle"), made)

    def make_confidential(self, folder):
        to = os.path.join(folder, "bundle")
        shutil.copytree(self.bundle, to)
        contacts = list(read(self.bundle, "contacts"))
        with open(os.path.join(to, "contacts.csv"), "w", encoding="utf-8", newline="") as f:
            out = csv.DictWriter(f, contacts[0], lineterminator="\n")
            out.writeheader()
            out.writerows({**c, "visibility": "partners", "valid_from": "", "valid_to": ""}
                          for c in contacts)
        shutil.copy(self.expected, to + ".expected.jsonl")
        known = {r["id"] for r in read(self.bundle, "responsibilities") if r["contacts"]}
        with open(self.expected, encoding="utf-8") as lines, \
                open(to + ".queries.csv", "w", encoding="utf-8") as out:
            out.write("task,region,status\n")
            for line in lines:
                q = json.loads(line)
                if known & set(q["certain"]):
                    out.write("%(task)s,%(region)s,%(status)s\n" % q)

    # ---- the same for a peer: one key of region and task, as its best set-up wants it

    def trees(self):
        """For regions, tasks and statuses: {id: numbers of it and of those above}."""
        def tree(name):
            rows = list(read(self.bundle, name))
            numbers = {r["id"]: n for n, r in enumerate(rows, 1)}
            parent = {r["id"]: r["parent"] for r in rows}

            def up(x):
                while x:
                    yield numbers[x]
                    x = parent[x]
            return {x: list(up(x)) for x in numbers}
        return [tree(n) for n in ("regions", "tasks", "statuses")]

    def ldif(self, path):
        regions, tasks, statuses = self.trees()

        def line(key, value):
            plain = value.isascii() and value and value[0] not in " :<" and value[-1] != " "
            return ("%s: %s\n" % (key, value) if plain else
                    "%s:: %s\n" % (key, base64.b64encode(value.encode()).decode()))
        places = {i["id"]: "".join(line(k, i[v]) for k, v in (
            ("o", "name_de"), ("street", "street"), ("postalCode", "postcode"), ("l", "town"),
            ("telephoneNumber", "phone"), ("mail", "email")) if i[v])
            for i in read(self.bundle, "institutions")}
        persons = {c["id"]: line("iqContact", "|".join((c["name"], c["phone"], c["email"])))
                   for c in read(self.bundle, "contacts")}
        with open(path, "w", encoding="ascii") as out:
            out.write("dn: dc=iq\nobjectClass: dcObject\nobjectClass: organization\ndc: iq\no: iq\n\n")
            for n, r in enumerate(read(self.bundle, "responsibilities"), 1):
                out.write("dn: iqId=%d,dc=iq\nobjectClass: iqResp\niqId: %d\n" % (n, n))
                for s in r["statuses"].split(";") if r["statuses"] else statuses:
                    out.write("iqStatus: %d\n" % statuses[s][0])
                out.write("iqRT: %d.%d\n" % (regions[r["region"]][0], tasks[r["task"]][0]))
                out.write(line("iqRole", r["role"]) + (line("iqNote", r["note"]) if r["note"] else "") +
                          line("iqValidFrom", r["valid_from"] or "-") + places[r["institution"]])
                out.write("".join(persons[c] for c in r["contacts"].split(";") if c) + "\n")

    def peer_questions(self, path, expected_path):
        """Lines for bench_ldap: all questions, and those with an expected answer."""
        regions, tasks, statuses = self.trees()
        ids = {r["id"]: n for n, r in enumerate(read(self.bundle, "responsibilities"), 1)}

        def text(q, found):
            keys = " ".join("%d.%d" % k for k in
                            itertools.product(regions[q["region"]], tasks[q["task"]]))
            return "%s\t%s\t%s\n" % (keys, " ".join(map(str, statuses[q["status"]])), found or "-")
        with open(self.queries, encoding="utf-8", newline="") as f, \
                open(path, "w", encoding="ascii") as out:
            out.writelines(text(q, "") for q in csv.DictReader(f))
        with open(self.expected, encoding="utf-8") as f, \
                open(expected_path, "w", encoding="ascii") as out:
            for q in map(json.loads, f):
                out.write(text(q, " ".join(str(ids[i]) for i in q["certain"])))

    def first_question(self):
        with open(self.queries, encoding="utf-8", newline="") as f:
            return next(csv.DictReader(f))


def national(scratch, rows):
    """The set with that many responsibilities; a small one for fewer than TINY_ROWS."""
    folder = os.path.join(scratch, "national-%d-%d" % (VERSION, rows))
    tiny = rows < TINY_ROWS
    with alone(folder):
        if not os.path.exists(folder):
            shutil.rmtree(folder + ".new", ignore_errors=True)
            generate.directory(folder + ".new", rows, TINY_QUERIES if tiny else QUERIES,
                               generate.TINY if tiny else generate.NATIONAL)
            shutil.rmtree(os.path.join(folder + ".new", "raw"))
            os.rename(folder + ".new", folder)
    return Data(os.path.join(folder, "bundle"), folder)
