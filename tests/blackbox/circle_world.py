# SPDX-License-Identifier: Apache-2.0
"""A workshop with all it works on, and people of every sort around it. What only those who take
part may know of carries a mark in every word: MARK in text, "intern-" in ids."""

import datetime
import os
import re
import subprocess
import time

import iqtest

MARK = "vertraulich"
WORD = re.compile(r"vertraulich|intern-", re.I)
UNTIL = f"{time.gmtime().tm_year + 1}-12-31"
COLUMNS = {
    "topic": "id workshop institution name_de text state lesson_de",
    "meeting": "id workshop name_de date begins ends place link agenda attended minutes state",
    "proposal": "id workshop topic institution text_de state majority quorum deadline result",
    "ballot": "id proposal institution choice contact as cast_on note",
    "commitment": "id workshop proposal institutions text_de due state",
}


def day(offset=0):
    text = subprocess.run(["date", "+%F"], env={"TZ": "CET-1CEST,M3.5.0,M10.5.0/3",
                                                "PATH": os.environ["PATH"]},
                          stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    return (datetime.date.fromisoformat(text) + datetime.timedelta(days=offset)).isoformat()


INSTITUTIONS = ("orga", "mit", "zwei", "gast", "lad", "weg", "aus")
MEMBERS = {  # institution → accepted_from, accepted_to, guest
    "mit": (day(-100), "", ""), "zwei": (day(-100), "", "no"), "gast": (day(-100), "", "yes"),
    "lad": ("", "", ""), "weg": (day(-100), day(-1), "")}


def text(columns, *rows):
    return "\n".join([",".join(columns.split()), *rows]) + "\n"


def base_files():
    """Everything but what the workshop works on."""
    members = [f"m-{i},runde,{i},{i}-rep,{a},{b},{g}" for i, (a, b, g) in MEMBERS.items()]
    return {
        "regions": text("id parent kind name_de", "land,,state,Land", "stadt,land,kreis,Stadt",
                        "fern,land,kreis,Ferne"),
        "kinds": text("id name_de", "amt,Amt"),
        "tasks": text("id name_de", "beratung,Beratung"),
        "statuses": text("id name_de", "duldung,Duldung"),
        "institutions": text("id kind region name_de",
                             *(f"{i},amt,{'fern' if i == 'aus' else 'stadt'},Haus {i}"
                               for i in INSTITUTIONS)),
        "contacts": text("id institution name function visibility",
                         *(f"{i}-rep,{i},Max {i},Vertretung,public" for i in INSTITUTIONS),
                         "mit-kreis,mit,Erika Kreis,Kreis,workshop",
                         "mit-zweit,mit,Max Zweit,Vertretung,public"),
        "workshops": text("id region name_de organisers quorum size",
                          "runde,stadt,Runde,orga,50,25", "andere,fern,Andere,,,"),
        "memberships": text("id workshop institution representative accepted_from accepted_to "
                            "guest", *members),
    }


def circle_files():
    """What the workshop works on; a vote that runs and one that has ended."""
    return {
        "topics": text(COLUMNS["topic"],
                       f"intern-anliegen,runde,mit,{MARK} Anliegen,{MARK} Text,open,"),
        "meetings": text(COLUMNS["meeting"],
                         f"treffen,runde,Auftakt,{day(7)},09:30,11:00,Rathaus,"
                         f"https://example.org/raum,Begrüßung,mit;zwei,{MARK} Protokoll,held"),
        "proposals": text(COLUMNS["proposal"],
                          f"intern-laeuft,runde,intern-anliegen,mit,{MARK} Vorschlag,open,simple,"
                          f"50,{day(5)},",
                          f"intern-vorbei,runde,,zwei,{MARK} Altes,passed,simple,50,{day(-5)},"
                          "yes=1 no=0 abstain=0 votes=1 quorum=1"),
        "ballots": text(COLUMNS["ballot"],
                        f"intern-laeuft-zwei,intern-laeuft,zwei,no,zwei-rep,representative,{day(-1)},"
                        f"{MARK} darum",
                        f"intern-vorbei-mit,intern-vorbei,mit,yes,mit-rep,representative,{day(-6)},"
                        f"{MARK} gern"),
        "commitments": text(COLUMNS["commitment"],
                            f"intern-zusage,runde,intern-vorbei,mit;zwei,{MARK} Zusage,{day(30)},open",
                            f"gast-zusage,runde,,gast,Raum stellen,{day(30)},open"),
    }


RECORDS = [("topic", "intern-anliegen"), ("meeting", "treffen"), ("proposal", "intern-laeuft"),
           ("proposal", "intern-vorbei"), ("ballot", "intern-laeuft-zwei"),
           ("ballot", "intern-vorbei-mit"), ("commitment", "intern-zusage"),
           ("commitment", "gast-zusage")]


def folder(test, files):
    path = iqtest.temp_dir(test)
    for name, content in files.items():
        with open(os.path.join(path, name + ".csv"), "w", encoding="utf-8") as f:
            f.write(content)
    return path


class World(iqtest.Case):
    """The workshop `runde` and, by name, those who ask: coordinator, organiser, member, second
    (another member), editor (of a member), guest, hosteditor (of the guest), invited, left,
    outsider, curator."""

    data = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {}
        files = base_files()
        members = {"memberships": files.pop("memberships")}
        cls.do(cls.iqq, "import", folder(cls, files), "--reason", "test")
        for name, institution in (("member", "mit"), ("second", "zwei"), ("guest", "gast"),
                                  ("invited", "lad"), ("left", "weg")):
            cls.person(name, f"institution={institution}", f"contact={institution}-rep")
        for name, grant in (("coordinator", "coordinator:region=stadt"),
                            ("organiser", "editor:institution=orga"),
                            ("editor", "editor:institution=mit"),
                            ("hosteditor", "editor:institution=gast"),
                            ("outsider", "editor:institution=aus"), ("curator", "curator")):
            cls.person(name, grants=(grant,))
        cls.do(cls.iqq, "import", folder(cls, members), "--reason", "test")
        cls.before = cls.iqq.json("status")["revision"]
        cls.do(cls.iqq, "import", folder(cls, circle_files()), "--reason", "test")

    @classmethod
    def do(cls, client, *args, status=0):
        done = client(*args)
        if done.exit != status:
            raise AssertionError(f"iqq {' '.join(args)}: {done}")
        return done

    @classmethod
    def person(cls, name, *fields, grants=()):
        cls.do(cls.iqq, "principal", "add", name, f"name={name}", *fields)
        cls.enrolled(name, grants)

    @classmethod
    def enrolled(cls, name, grants=()):
        given = [a for g in grants for a in ("--grant", f"{g}:until={UNTIL}")]
        done = cls.do(cls.iqq, "token", "create", name, *given)
        token = re.search(r"^token: (\S+)$", done.out, re.M).group(1)
        client = iqtest.Client(cls.server, cls, enroll=False)
        cls.do(client, "enroll", "--token", token)
        cls.people[name] = client
