# SPDX-License-Identifier: Apache-2.0
"""question.py VALGRIND …: a daemon under valgrind answers, writes and ends; a client checks a bundle.

A client under valgrind may be too slow for the seconds a handshake has, so it works offline.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox"))
sys.dont_write_bytecode = True

import iqtest  # noqa: E402

MEMCHECK = sys.argv[1:]
FOUND = 99  # exit status of valgrind, see CMakeLists.txt


def daemon(server, iqq):
    """Questions, a write, an export and a broken frame; the daemon's exit status is valgrind's."""
    server.start(before=MEMCHECK)
    with iqq.connect() as raw:
        who = raw.call("who", {"task": "integration-course", "region": "dresden"})
        if not who["answers"]:
            sys.exit(f"nobody is responsible: {who}")
        raw.call("search", {"text": "Ausländerbehörde"})
        raw.write("ADD", "kind", "memcheck", {"name_de": "Art"})
        raw.call("list", {"kind": "institution"})
        try:
            raw.call("get", {"kind": "kind", "id": "no such"})
        except iqtest.Refused:
            pass
        raw.send_bytes(b"\0\0\0\4\xff\xff\xff\xff")
        raw.receive()
    server.stop()
    if " at 0x" in server.read_log():
        sys.exit(server.read_log())


def client(iqq):
    for args in (("lint", iqtest.SAXONY), ("help", "who"), ("lint", iqq.home)):
        done = iqtest.run([*MEMCHECK, iqtest.IQQ, *args], env=iqq.env)
        if done.exit == FOUND or " at 0x" in done.err or (args[1] != iqq.home and done.exit != 0):
            sys.exit(f"iqq {' '.join(args)}: {done}")


def main():
    server = iqtest.Server().start()
    iqq = iqtest.Client(server)
    done = iqq("import", iqtest.SAXONY, "--reason", "test")
    if done.exit != 0:
        sys.exit(f"iqq import: {done}")
    server.stop()
    daemon(server, iqq)
    client(iqq)


if __name__ == "__main__":
    main()
