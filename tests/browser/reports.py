#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tests/browser/reports.py BUILD DIR: makes the documents that the browser test opens, with
iqq report from data/saxony, and two small ones of the generator: one with everything that a report
can have, and one with hostile values. Prints a JSON list."""

import csv
import json
import os
import shutil
import subprocess
import sys

BUILD, OUT = (os.path.realpath(p) for p in sys.argv[1:3])
HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["IQ_BUILD"] = BUILD
sys.path.insert(0, os.path.join(HERE, "..", "blackbox"))
import iqtest  # noqa: E402

SAXONY = os.path.join(HERE, "..", "..", "data", "saxony")
CLOSED = ("--edition", "partners", "--recipient", "Jobcenter Leipzig, Erika Mustermann",
          "--reason", "workshop")


def must(done):
    if done.exit != 0:
        sys.exit(str(done))


def overlap(iqq):
    """A second institution in charge of what one in Dresden is, so that there is an overlap."""
    with open(os.path.join(SAXONY, "responsibilities.csv"), encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    row = next(r for r in rows if r["institution"] == "abh-dresden" and r["role"] == "lead"
               and not r["condition"])
    path = os.path.join(iqtest.temp_dir(), "responsibilities.csv")
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(row), lineterminator="\n")
        out.writeheader()
        out.writerow({**row, "id": "second-in-charge", "institution": "jc-dresden"})
    must(iqq("import", path))


def main():
    os.makedirs(OUT, exist_ok=True)
    server = iqtest.Server().start()
    iqq = iqtest.Client(server)
    must(iqq("import", SAXONY))
    must(iqq("report", "dresden", "--dir", iqtest.temp_dir()))  # the edition to compare with
    must(iqq("set", "institution", "vhs-dresden", "hours=Mo 9-12", "phone=030 23125 100", "--yes"))
    overlap(iqq)
    documents = []
    for name, lang, *args in (("leipzig-partners", "de", "leipzig", *CLOSED),
                              ("dresden-public", "de", "dresden"),
                              ("leipzig-english", "en", "leipzig"),
                              ("leipzig-both", "both", "leipzig", *CLOSED)):
        folder = iqtest.temp_dir()
        must(iqq("report", *args, "--lang", lang, "--dir", folder))
        path = os.path.join(OUT, name + ".html")
        shutil.move(os.path.join(folder, os.listdir(folder)[0]), path)
        documents.append({"name": name, "file": path, "both": lang == "both", "small": False,
                          "word": "responsible" if lang == "en" else "zuständig"})
    for name, *args in (("small", "7", "6", "50", "partners", "both"),
                        ("hostile", "8", "6", "60", "partners", "both", "hostile")):
        path = os.path.join(OUT, name + ".html")
        with open(path, "wb") as f:
            subprocess.run([os.path.join(BUILD, "tests", "report_sample"), "html", *args],
                           stdout=f, check=True)
        documents.append({"name": name, "file": path, "both": True, "small": True,
                          "word": "zuständig"})
    server.stop()
    json.dump(documents, sys.stdout)


if __name__ == "__main__":
    main()
