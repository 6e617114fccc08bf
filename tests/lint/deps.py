# SPDX-License-Identifier: Apache-2.0
"""The direction of includes: a file includes only lower floors, siblings never each other, and
each library's headers appear only in the folders that wrap it. Usage: deps.py SOURCE-TREE"""

import os
import re
import sys

FLOORS = {
    "proto": 0, "common/base": 0, "common/domain": 1, "common/conf": 1, "common/pb": 2,
    "common/net": 2, "common/format": 2, "common/report": 3, "server/store": 3, "server/audit": 4, "server/rights": 4,
    "server/feed": 4, "server/pki": 4, "server/backup": 5, "server/write": 5, "server/ops": 6, "server": 7,
    "client": 7, "client/cmd": 8,
}
# the exceptions: same floor, but one direction
ALSO = {("common/net", "common/pb"), ("client", "client/cmd")}
# messages of the protocol: never below this floor, and not in the formats
MESSAGES, MESSAGES_FLOOR, NO_MESSAGES = re.compile(r"iq\.pb-c\.h|protobuf-c/"), 2, {"common/format"}

HASHES = r"openssl/(evp|sha|crypto)\.h"
LIBRARIES = [  # (header, folders that may include it)
    (HASHES, {"common/net", "server/pki", "server/write", "server/audit"}),
    (r"openssl/", {"common/net", "server/pki"}),
    (r"lmdb\.h", {"server/store"}),
    (r"event2?[./]|event2?\.h", {"server"}),
    (r"jansson\.h", {"client", "client/cmd"}),
    (r"libsmartcols", {"client", "client/cmd"}),
    (r"(csv|zip|expat|xlsxwriter)\.h", {"common/format"}),
    (r"utf8proc\.h", {"common/base", "client"}),  # client/later.c stands in for it
]
# the domain decides by pure functions
IMPURE = re.compile(r"time\.h|sys/(time|socket|stat|mman|epoll|types)\.h|netinet/|arpa/|netdb\.h|"
                    r"pthread\.h|unistd\.h|fcntl\.h|sodium\.h")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)


def sources(root):
    """(folder, path, text) of every C file of the house"""
    for top in ("common", "server", "client", "proto"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as f:
                        yield os.path.relpath(folder, root), os.path.relpath(path, root), f.read()


def visible(folder):
    """The programs in which the headers of this folder count."""
    program = folder.partition("/")[0]
    return [program] if program in ("client", "server") else ["client", "server"]


def home_of(homes, folder, name):
    """The folder of an own header; one of the other program, if there is no nearer."""
    for program in visible(folder) + ["client", "server"]:
        if (program, name) in homes:
            return homes[program, name]
    return None


def check_own(folder, name, home):
    """What is wrong with including our own header `name`, which lives in `home`."""
    if home == folder or (folder, home) in ALSO:
        return None
    if home not in FLOORS:
        return f"{home} has no floor: add it to deps.py"
    if folder.startswith("client") and not home.startswith(("common/", "client", "proto")):
        return f"the client may use common only, not {home}/{name}"
    if FLOORS[home] > FLOORS[folder]:
        return f"{home}/{name} is above {folder} (floor {FLOORS[home]} over {FLOORS[folder]})"
    if FLOORS[home] == FLOORS[folder] and home != "proto" and folder != "proto":
        return f"{home} and {folder} are siblings on floor {FLOORS[folder]}"
    return None


def check_library(folder, name):
    if MESSAGES.match(name) and (FLOORS[folder] < MESSAGES_FLOOR or folder in NO_MESSAGES):
        return f"{folder} knows no protobuf, so not <{name}>"
    if folder == "common/domain" and IMPURE.match(name):
        return f"the domain is pure: no <{name}>"
    for header, folders in LIBRARIES:
        if re.match(header, name):
            if folder in folders:
                return None
            return f"<{name}> belongs in {', '.join(sorted(folders))} only"
    return None


def check(root):
    files = list(sources(root))
    homes, out = {}, []  # (program, header) → folder; client and server do not see each other
    for folder, path, _ in files:
        name = os.path.basename(path)
        if not name.endswith(".h"):
            continue
        for program in visible(folder):
            if (program, name) in homes:
                out.append(f"{path}: {homes[program, name]} has a {name}, too, and names are used "
                           "without folder")
                break
            homes[program, name] = folder
    for folder, path, text in files:
        if folder not in FLOORS:
            out.append(f"{path}: folder {folder} has no floor: add it to deps.py")
            continue
        for m in INCLUDE.finditer(text):
            name = m[2]
            line = text.count("\n", 0, m.start()) + 1 + m[0].count("\n")
            if m[1] == '"' and "/" in name and not name.startswith("event2/"):
                wrong = "own headers are included by base name"
            elif m[1] == '"' and (home := home_of(homes, folder, name)):
                wrong = check_own(folder, name, home)
            else:
                wrong = check_library(folder, name)
            if wrong:
                out.append(f"{path}:{line}: {wrong}")
    return files, out


def main():
    files, out = check(sys.argv[1])
    print("\n".join(out + [f"{len(files)} files, {len(out)} findings"]))
    return 1 if out or not files else 0


if __name__ == "__main__":
    sys.exit(main())
