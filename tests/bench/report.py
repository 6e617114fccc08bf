#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tests/bench/report.py BUILD: an interface document of 60 tasks and 25 institutions, from
command to file: statuses, kinds, process chains and texts are those of data/saxony, contacts are
made up, and some tasks are done only in the next district. Prints the median of 15 runs and the
size of the HTML file."""

import csv
import os
import statistics
import sys
import time

os.environ["IQ_BUILD"] = os.path.realpath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox"))
import iqtest  # noqa: E402

SAXONY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "saxony")
TASKS, INSTITUTIONS, RUNS = 60, 25, 15
GAPS = 6  # tasks of nobody here
CLOSED = ("--edition", "partners", "--recipient", "Jobcenter, Erika Mustermann",
          "--reason", "workshop")


def write(folder, name, rows):
    with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def saxon(name):
    with open(os.path.join(SAXONY, name + ".csv"), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def tasks():
    """Those of the process chains and what they are part of, then others, each after its parent."""
    by_id = {t["id"]: t for t in saxon("tasks")}
    chosen = []

    def choose(task):
        if task and task not in chosen:
            choose(by_id[task]["parent"])
            chosen.append(task)

    for step in saxon("handovers"):
        if len(chosen) < TASKS - 10:
            choose(step["task"])
    for task in by_id:
        if len(chosen) < TASKS and by_id[task]["parent"] in ["", *chosen]:
            choose(task)
    return [by_id[t] for t in chosen]


def institutions():
    seen, rows = set(), []
    for row in saxon("institutions"):
        if row["kind"] not in seen and len(rows) < INSTITUTIONS + 1:
            seen.add(row["kind"])
            rows.append({**row, "parent": "", "region": "ort", "street": "Musterstraße 1",
                         "postcode": "01067", "town": "Musterstadt", "phone": "030 23125 100"})
    rows[-1]["region"] = "nachbar"
    return rows


def responsibility(i, institution, task, region, texts):
    row = texts[i % len(texts)]
    if i % 3 != 0 and row["role"] == "lead":  # two in charge are the exception
        row = {**row, "role": "advice" if i % 3 == 1 else "provider"}
    return {**row, "id": f"r{i}", "institution": institution, "task": task, "region": region,
            "contacts": "" if region == "nachbar" else f"{institution}-1;{institution}-2"}


def bundle(folder):
    work, places, texts = tasks(), institutions(), saxon("responsibilities")
    mine = {t["id"] for t in work}
    steps = saxon("handovers")
    foreign = {s["process"] for s in steps if s["task"] not in mine}
    gaps = [t["id"] for t in work if t["parent"]][-GAPS:]
    for name in ("facts", "kinds", "statuses"):
        write(folder, name, saxon(name))
    write(folder, "regions", [
        {"id": "de", "parent": "", "kind": "country", "name_de": "Deutschland",
         "name_en": "Germany"},
        {"id": "ort", "parent": "de", "kind": "district", "name_de": "Musterkreis",
         "name_en": "Sample district"},
        {"id": "nachbar", "parent": "de", "kind": "district", "name_de": "Nachbarkreis",
         "name_en": "Next district"}])
    write(folder, "tasks", work)
    write(folder, "handovers", [s for s in steps if s["process"] not in foreign])
    write(folder, "notices", [n for n in saxon("notices")
                              if n["task"] in mine and not n["institution"]
                              and n["region"] == "de"])
    write(folder, "institutions", places)
    write(folder, "contacts", [
        {"id": f"{p['id']}-{k}", "institution": p["id"], "name": "Erika Mustermann",
         "function": "Sachbearbeitung Migration / case work", "phone": f"030 23125 10{k}",
         "email": f"{p['id']}-{k}@example.org", "languages": "de;en",
         "visibility": "partners", "informed_on": "2026-01-01", "valid_from": "2026-01-01"}
        for p in places[:-1] for k in (1, 2)])
    rows = []
    for t, task in enumerate(work):
        for i, place in enumerate(places[:-1]):
            if (t * 7 + i * 4) % 9 == 0 and task["id"] not in gaps:
                rows.append((place["id"], task["id"], "ort"))
    rows += [(places[-1]["id"], task, "nachbar") for task in gaps]
    write(folder, "responsibilities", [responsibility(i, *row, texts)
                                       for i, row in enumerate(rows)])


def main():
    folder, out = iqtest.temp_dir(), iqtest.temp_dir()
    server = iqtest.Server().start()
    iqq = iqtest.Client(server)
    bundle(folder)
    done = iqq("import", folder)
    if done.exit != 0:
        sys.exit(str(done))
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        done = iqq("report", "ort", *CLOSED, "--dir", out)
        times.append(time.perf_counter() - begin)
        if done.exit != 0:
            sys.exit(str(done))
    size = os.path.getsize(os.path.join(out, os.listdir(out)[0]))
    print(f"report {TASKS} x {INSTITUTIONS}: median {statistics.median(times) * 1000:.0f} ms "
          f"(least {min(times) * 1000:.0f}), HTML {size} bytes "
          f"(to reach: 200 ms, 300000 bytes)")
    server.stop()


if __name__ == "__main__":
    main()
