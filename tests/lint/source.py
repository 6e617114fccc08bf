# SPDX-License-Identifier: Apache-2.0
"""House rules for source files that no compiler checks. Usage: source.py SOURCE-TREE"""

import os
import re
import sys

FILE_LINES, FUNCTION_LINES, COLUMNS = 600, 60, 100
SKIP = {".git", "__pycache__", "data", "seeds"}
CODE = (".c", ".h", ".py", ".sh", ".proto", ".def", ".cmake", ".txt")
PROSE = (".md", ".json", ".service", ".socket", ".conf")
LICENSE = "SPDX-License-Identifier: Apache-2.0"
# spelled apart, so that this file passes its own rules
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE = re.compile(r"(?<![\w.$}>-])/(wo" r"rk|ho" r"me|ro" r"ot)/\w")
TYPEDEF = re.compile(r"^\s*typedef\s+(struct|union)\b[^(]*$")


def tracked(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIP and not f.startswith("build"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield path


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except UnicodeDecodeError:
        return None


def functions(lines):
    """(line of the opening brace, lines of the body); braces of functions stand in column 1"""
    start = None
    for n, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = n
        elif line.startswith("}") and start is not None:
            yield start, n - start - 1
            start = None


def check_c(lines):
    for n, body in functions(lines):
        if body > FUNCTION_LINES:
            yield n, f"function of {body} lines, at most {FUNCTION_LINES}"
    for n, line in enumerate(lines, 1):
        if TYPEDEF.match(line):
            yield n, "typedef of a struct: say struct iq_… everywhere"
        if len(line.expandtabs(8)) > COLUMNS:
            yield n, f"line of {len(line.expandtabs(8))} columns, at most {COLUMNS}"


def check_text(path, text):
    lines = text.splitlines()
    script = text.startswith("#!")
    if path.endswith(CODE) or script:
        if not any(LICENSE in line for line in lines[:3]):
            yield 1, "no SPDX line"
        if len(lines) > FILE_LINES and not path.endswith(".proto"):  # one table of messages
            yield 1, f"file of {len(lines)} lines, at most {FILE_LINES}"
    for n, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield n, "unfinished: " + line.strip()[:60]
        if MACHINE.search(line):
            yield n, "path of one machine: " + line.strip()[:60]
    if path.endswith((".c", ".h")):
        yield from check_c(lines)


def check(root):
    files, out = 0, []
    for path in tracked(root):
        if not path.endswith(CODE + PROSE) and not os.access(path, os.X_OK):
            continue
        text = read(path)
        if text is None:
            continue
        files += 1
        name = os.path.relpath(path, root)
        out += [f"{name}:{n}: {wrong}" for n, wrong in check_text(path, text)]
    return files, out


def main():
    files, out = check(sys.argv[1])
    print("\n".join(out + [f"{files} files, {len(out)} findings"]))
    return 1 if out or not files else 0


if __name__ == "__main__":
    sys.exit(main())
