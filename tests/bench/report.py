#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tests/bench/report.py BUILD: an interface document of 60 tasks and 25 institutions, from
command to file. Prints the median of 15 runs and the size of the HTML file."""

import csv
import os
import statistics
import sys
import time

os.environ["IQ_BUILD"] = os.path.realpath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox"))
import iqtest  # noqa: E402

TASKS, INSTITUTIONS, RUNS = 60, 25, 15


def write(folder, name, rows):
    with open(os.path.join(folder, name + ".csv"), "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def bundle(folder):
    write(folder, "regions", [{"id": "de", "parent": "", "name_de": "Deutschland"},
                              {"id": "ort", "parent": "de", "name_de": "Musterkreis"}])
    write(folder, "tasks", [{"id": f"task-{i}", "name_de": f"Aufgabe Nummer {i} der Beratung"}
                            for i in range(TASKS)])
    write(folder, "statuses", [{"id": f"s{i}", "name_de": f"Aufenthaltsstatus {i}",
                                "symbol": f"S{i}"} for i in range(9)])
    write(folder, "kinds", [{"id": "amt", "name_de": "Amt"}])
    write(folder, "institutions", [{"id": f"amt-{i}", "kind": "amt", "region": "ort",
                                    "name_de": f"Landratsamt, Amt für Aufgabe {i}",
                                    "street": "Musterstraße 1", "postcode": "01067",
                                    "town": "Musterstadt", "phone": "030 23125 100"}
                                   for i in range(INSTITUTIONS)])
    write(folder, "responsibilities", [
        {"id": f"r{t}-{i}", "institution": f"amt-{i}", "task": f"task-{t}", "region": "ort",
         "statuses": f"s{(t + i) % 9}" if (t + i) % 3 else "", "role": "provider",
         "legal_basis": "§ 44 AufenthG", "confirmed_on": "2026-03-01"}
        for t in range(TASKS) for i in range(INSTITUTIONS) if (t * 7 + i * 5) % 4 == 0])


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
        done = iqq("report", "ort", "--dir", out)
        times.append(time.perf_counter() - begin)
        if done.exit != 0:
            sys.exit(str(done))
    size = os.path.getsize(os.path.join(out, os.listdir(out)[0]))
    print(f"report {TASKS} x {INSTITUTIONS}: median {statistics.median(times) * 1000:.0f} ms "
          f"(least {min(times) * 1000:.0f}), HTML {size / 1000:.0f} KB "
          f"(to reach: 200 ms, 300 KB)")
    server.stop()


if __name__ == "__main__":
    main()
