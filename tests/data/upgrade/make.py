#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a database as an earlier commit wrote it: make.py EARLIER_SOURCE NAME

EARLIER_SOURCE is a work tree of that commit, built in EARLIER_SOURCE/build. What is written:
NAME.mdb.xz, the database; NAME.json, all records as that commit exported them, its revision, and
the persons' past. test_upgrade.py opens it with today's iqd.
"""

import csv
import json
import lzma
import os
import sys

source, name = os.path.abspath(sys.argv[1]), sys.argv[2]
here = os.path.dirname(os.path.abspath(__file__))
os.environ["IQ_BUILD"] = os.path.join(source, "build")
sys.path.insert(0, os.path.join(source, "tests", "blackbox"))
import iqtest  # noqa: E402  pylint: disable=wrong-import-position


def fill(raw):
    def add(what, id_, **fields):
        raw.write("ADD", what, id_, fields)

    def put(what, id_, **fields):
        raw.write("SET", what, id_, fields)

    add("region", "land", name_de="Land")
    for n in range(1, 9):
        add("region", f"kreis-{n}", name_de=f"Kreis {n}", parent="land")
    add("kind", "stelle", name_de="Stelle")
    add("task", "kurs", name_de="Kurs", name_en="Course")
    add("task", "rat", name_de="Beratung")
    for n in range(1, 5):
        add("institution", f"amt-{n}", name_de=f"Amt {n}", kind="stelle")
    add("contact", "erika", name="Erika Mustermann", institution="amt-1",
        phone="030 23125 111", email="erika@example.org", visibility="partners")
    add("contact", "max", name="Max Muster", institution="amt-2", phone="030 23125 112",
        email="max@example.org", visibility="public")
    for n in range(1, 9):
        add("responsibility", f"r-{n}", institution=f"amt-{n % 4 + 1}", task="kurs",
            region=f"kreis-{n}", role="lead", contacts="erika" if n % 2 else "max")
    # a past, deletions, ids that lead to another record
    for n in range(60):
        put("contact", "erika", phone=f"030 23125 {200 + n}")
        put("responsibility", f"r-{n % 8 + 1}", note=f"Stand {n}")
    add("responsibility", "doppelt", institution="amt-1", task="rat", region="land", role="advice")
    raw.write("DELETE", "responsibility", "doppelt")
    add("institution", "amt-alt", name_de="Altes Amt", kind="stelle")
    raw.write("MERGE", "institution", "amt-alt", into="amt-4")


def main():
    server = iqtest.Server().start()
    client = iqtest.Client(server)
    with client.connect() as raw:
        fill(raw)
        revision = raw.call("status", {})["revision"]
    out = iqtest.temp_dir()
    done = client("export", os.path.join(out, "e"))
    if done.exit != 0:
        sys.exit(f"export: {done}")
    server.stop()
    files = {}
    for folder, _, names in os.walk(out):
        for file in names:
            if file.endswith(".csv"):
                with open(os.path.join(folder, file), encoding="utf-8-sig", newline="") as f:
                    files[file] = sorted(csv.DictReader(f), key=lambda r: sorted(r.items()))
    with open(os.path.join(server.dir, "data.mdb"), "rb") as f:
        packed = lzma.compress(f.read(), preset=9 | lzma.PRESET_EXTREME)
    with open(os.path.join(here, name + ".mdb.xz"), "wb") as f:
        f.write(packed)
    with open(os.path.join(here, name + ".json"), "w", encoding="utf-8") as f:
        json.dump({"revision": revision, "files": {k: v for k, v in files.items() if v}}, f,
                  ensure_ascii=False, indent=1, sort_keys=True)
        f.write("\n")
    print(name, "revision", revision, "packed", len(packed))


main()
