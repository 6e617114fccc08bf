# SPDX-License-Identifier: Apache-2.0
"""Just enough .xlsx for tests: sheets as lists of rows of texts, in and out."""

import re
import xml.etree.ElementTree as ET
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def letters(n):
    text = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        text = chr(65 + rest) + text
    return text


def column(ref):
    n = 0
    for c in re.match("[A-Z]+", ref).group():
        n = n * 26 + ord(c) - 64
    return n - 1


def write(path, sheets, hidden=()):
    """sheets: name → rows of texts."""
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("[Content_Types].xml",
                   '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                   '<Default Extension="xml" ContentType="application/xml"/></Types>')
        z.writestr("_rels/.rels",
                   '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                   f'relationships"><Relationship Id="r0" Type="{REL}/officeDocument" '
                   'Target="xl/workbook.xml"/></Relationships>')
        entries, relations = "", ""
        for i, (name, rows) in enumerate(sheets.items(), 1):
            state = ' state="hidden"' if name in hidden else ""
            entries += f'<sheet name={quoteattr(name)} sheetId="{i}"{state} r:id="r{i}"/>'
            relations += (f'<Relationship Id="r{i}" Type="{REL}/worksheet" '
                          f'Target="worksheets/sheet{i}.xml"/>')
            body = ""
            for r, row in enumerate(rows, 1):
                cells = "".join(
                    f'<c r="{letters(c)}{r}" t="inlineStr"><is><t xml:space="preserve">'
                    f'{escape(text)}</t></is></c>' for c, text in enumerate(row) if text)
                body += f'<row r="{r}">{cells}</row>'
            z.writestr(f"xl/worksheets/sheet{i}.xml",
                       f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>')
        z.writestr("xl/workbook.xml",
                   f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{entries}</sheets>'
                   '</workbook>')
        z.writestr("xl/_rels/workbook.xml.rels",
                   '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                   f'relationships">{relations}</Relationships>')


def text_of(element):
    return "".join(t.text or "" for t in element.iter(f"{{{MAIN}}}t"))


def read(path):
    """(sheets, names of hidden ones)"""
    with zipfile.ZipFile(path) as z:
        shared = []
        if "xl/sharedStrings.xml" in z.namelist():
            shared = [text_of(e) for e in ET.fromstring(z.read("xl/sharedStrings.xml"))]
        targets = {e.get("Id"): e.get("Target")
                   for e in ET.fromstring(z.read("xl/_rels/workbook.xml.rels"))}
        sheets, hidden = {}, []
        for e in ET.fromstring(z.read("xl/workbook.xml")).iter(f"{{{MAIN}}}sheet"):
            name, rows = e.get("name"), []
            if e.get("state") == "hidden":
                hidden.append(name)
            tree = ET.fromstring(z.read("xl/" + targets[e.get(f"{{{REL}}}id")]))
            for row in tree.iter(f"{{{MAIN}}}row"):
                while len(rows) < int(row.get("r")):
                    rows.append([])
                for c in row:
                    value = c.find(f"{{{MAIN}}}v")
                    text = (shared[int(value.text)] if c.get("t") == "s" else
                            text_of(c) if value is None else value.text)
                    at = column(c.get("r"))
                    rows[-1].extend([""] * (at + 1 - len(rows[-1])))
                    rows[-1][at] = text
            sheets[name] = rows
        return sheets, hidden


def choices(path, sheet):
    """Columns of the n-th sheet that have a list to choose from."""
    with zipfile.ZipFile(path) as z:
        tree = ET.fromstring(z.read(f"xl/worksheets/sheet{sheet}.xml"))
    return sorted(column(v.get("sqref")) for v in tree.iter(f"{{{MAIN}}}dataValidation"))
