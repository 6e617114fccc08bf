#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The role table in docs/access.md is what `iqq rights --markdown` prints.

    rights.py ROOT IQQ [--write]
"""

import pathlib
import subprocess
import sys

BEGIN, END = "<!-- rights: begin.", "<!-- rights: end -->"


def split(text):
    """Before the table (with its first marker), the table, and what follows."""
    start = text.index("\n", text.index(BEGIN)) + 1
    end = text.index(END)
    return text[:start], text[start:end], text[end:]


def main(root, iqq, write):
    path = pathlib.Path(root, "docs", "access.md")
    try:
        before, table, after = split(path.read_text(encoding="utf-8"))
    except ValueError:
        print(f"{path}: the markers around the table are missing")
        return 1
    now = subprocess.run([iqq, "--lang", "en", "rights", "--markdown"], check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    if not now.startswith("|"):
        print(f"{iqq}: printed no table")
        return 1
    if write:
        path.write_text(before + now + after, encoding="utf-8")
        return 0
    if table == now:
        return 0
    print(f"{path}: the table of roles is out of date; renew it with:\n"
          f"  tests/lint/rights.py {root} {iqq} --write")
    return 1


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if a != "--write"]
    if len(args) != 2:
        sys.exit(__doc__)
    sys.exit(main(args[0], args[1], "--write" in sys.argv))
