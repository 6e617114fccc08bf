# SPDX-License-Identifier: Apache-2.0
"""The files in systemd/ are what systemd's own programs accept, and the unit is as closed as
promised. Usage: units.py SOURCE-TREE; 77: nothing could be looked at."""

import os
import shutil
import subprocess
import sys
import tempfile

THRESHOLD = 2  # tenths, of 100
SKIPPED = 77


def run(*args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, check=False, **more)


def exposure(folder):
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager",
               f"--threshold={THRESHOLD}", "systemd/iqd.service", cwd=os.path.dirname(folder))
    print(done.stdout.strip().splitlines()[-1])
    return [] if done.returncode == 0 else [f"exposure above {THRESHOLD / 10}: {done.stdout}"]


def verify(folder):
    """Without complaints about a program that is not installed here."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("iqd.service", "iqd.socket"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text = f.read().replace("/usr/sbin/iqd", "/bin/true")
            with open(os.path.join(scratch, name), "w", encoding="utf-8") as f:
                f.write(text)
        done = run("systemd-analyze", "verify", "--man=no", "./iqd.service", "./iqd.socket",
                   cwd=scratch)
    said = [line for line in done.stdout.splitlines() if "iqd." in line]
    return [f"systemd-analyze verify: {line}" for line in said]


def sysusers(folder):
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "etc"))
        done = run("systemd-sysusers", f"--root={root}", "--dry-run",
                   os.path.join(folder, "iqd.sysusers"))
    good = done.returncode == 0 and "iqd" in done.stdout
    return [] if good else [f"systemd-sysusers: {done.stdout}"]


def tmpfiles(folder):
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "etc"))
        ids = f"{os.getuid()}:{os.getgid()}"
        for name, line in (("passwd", f"iqd:x:{ids}::/var/lib/iqd:/bin/false\n"),
                           ("group", f"iqd:x:{os.getgid()}:\n")):
            with open(os.path.join(root, "etc", name), "w", encoding="utf-8") as f:
                f.write(line)
        done = run("systemd-tmpfiles", f"--root={root}", "--create",
                   os.path.join(folder, "iqd.tmpfiles"))
        made = os.path.join(root, "var", "lib", "iqd")
        good = done.returncode == 0 and os.path.isdir(made) and os.stat(made).st_mode & 0o777 == 0o700
    return [] if good else [f"systemd-tmpfiles: {done.stdout}"]


def main():
    folder = os.path.join(os.path.abspath(sys.argv[1]), "systemd")
    wrong, looked = [], 0
    for program, checks in (("systemd-analyze", (exposure, verify)),
                            ("systemd-sysusers", (sysusers,)), ("systemd-tmpfiles", (tmpfiles,))):
        if shutil.which(program) is None:
            print(f"skipped: there is no {program} here")
            continue
        for check in checks:
            wrong += check(folder)
            looked += 1
    print("\n".join(wrong + [f"{looked} checks, {len(wrong)} findings"]))
    return 1 if wrong else 0 if looked else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
