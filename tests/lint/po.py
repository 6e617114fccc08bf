# SPDX-License-Identifier: Apache-2.0
"""Every text of the sources has a complete German translation. Usage: po.py SOURCE-TREE"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile

PLACEHOLDER = re.compile(r"\{[0-9]\}|%[-+ #0]*[0-9*]*(?:\.[0-9*]+)?(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def parse(text):
    """Entries of a catalogue as {(context, msgid): (msgstrs, fuzzy)}, without the header."""
    entries = {}
    for block in re.split(r"\n\s*\n", text):
        fields, last, fuzzy = {}, None, False
        for line in block.splitlines():
            if line.startswith("#,"):
                fuzzy = fuzzy or "fuzzy" in line
            elif line and not line.startswith("#"):
                word = re.match(r"(msg\w+(?:\[\d+\])?)\s", line)
                last = word.group(1) if word else last
                for part in STRING.findall(line):
                    fields[last] = fields.get(last, "") + ast.literal_eval(part)
        if fields.get("msgid"):
            strs = [v for k, v in fields.items() if k.startswith("msgstr")]
            entries[fields.get("msgctxt"), fields["msgid"]] = strs, fuzzy
    return entries


def compare(template, catalogue):
    """What is wrong with `catalogue`, one sentence each."""
    out = []
    for key in template:
        strs, fuzzy = catalogue.get(key, ([], False))
        if not strs or not all(strs):
            out.append(f"no translation of {key[1]!r}")
        elif fuzzy:
            out.append(f"translation of {key[1]!r} is marked as fuzzy")
        else:
            wanted = sorted(PLACEHOLDER.findall(key[1]))
            for s in strs:
                if sorted(PLACEHOLDER.findall(s)) != wanted:
                    out.append(f"placeholders differ in the translation of {key[1]!r}")
    out += [f"no source has the text {key[1]!r}" for key in catalogue if key not in template]
    return out


def check(root):
    po = os.path.join(root, "po", "de.po")
    with tempfile.TemporaryDirectory() as folder:
        pot = os.path.join(folder, "iq.pot")
        subprocess.run([os.path.join(root, "po", "extract"), pot], check=True)
        with open(pot, encoding="utf-8") as f:
            template = parse(f.read())
    with open(po, encoding="utf-8") as f:
        catalogue = parse(f.read())
    out = compare(template, catalogue)
    if not template:
        out.append("the sources have no texts at all: extraction is broken")
    done = subprocess.run(["msgfmt", "--check", "--output-file=/dev/null", po],
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        out.append("msgfmt --check: " + done.stderr.strip())
    return len(template), out


def selftest():
    """The comparison finds what it is for."""
    def entries(msgid, msgstr, fuzzy=""):
        return parse(f'{fuzzy}msgid "{msgid}"\nmsgstr "{msgstr}"\n')

    template = entries("No {0}.", "")
    assert compare(template, entries("No {0}.", "Kein {0}.")) == []
    for bad in (entries("No {0}.", ""), entries("No {0}.", "Kein {1}."), {},
                entries("No {0}.", "Kein {0}.", "#, fuzzy\n")):
        assert len(compare(template, bad)) == 1, bad
    assert len(compare({}, entries("No {0}.", "Kein {0}."))) == 1


def main():
    selftest()
    if shutil.which("xgettext") is None or shutil.which("msgfmt") is None:
        print("xgettext and msgfmt (Debian package gettext) are needed", file=sys.stderr)
        return 1
    count, out = check(sys.argv[1])
    for line in out:
        print("po/de.po:", line)
    print(f"{count} texts, {len(out)} findings")
    return 1 if out else 0


if __name__ == "__main__":
    sys.exit(main())
