#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Meetings of a workshop: planned with a suggested agenda, invited to, held, minuted; the calendar
of it in an independent parser; what guests and others see of it; minutes and commitments in the
report of its members and nowhere else."""

import datetime
import json
import os
import re
import sys
import zoneinfo

try:
    import dateutil.rrule
    import icalendar
except ImportError:
    # Debian's packages belong to Debian's interpreter, which need not be the first in the path
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B"] + sys.argv)

import circle_world
import iqtest
from circle_world import MARK, WORD, day

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
CLASSES = ["overdue", "proposal", "gap", "overlap", "topic", "change", "stale"]


def write(test, content):
    path = os.path.join(iqtest.temp_dir(test), "protokoll.txt")
    with open(path, "wb") as f:
        f.write(content.encode() if isinstance(content, str) else content)
    return path


class Meeting(circle_world.World):
    """One thing after another, as it happens in a workshop."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a gap (what is expected and nobody does), an overlap, something long unconfirmed
        cls.do(cls.iqq, "import", circle_world.folder(cls, {
            "tasks": circle_world.text("id name_de expected", "wohnen,Wohnungssuche,yes",
                                       "arbeit,Arbeitserlaubnis,"),
            "responsibilities": circle_world.text(
                "id institution task region role confirmed_on",
                "mit-arbeit,mit,arbeit,stadt,lead,2024-01-31",
                "zwei-arbeit,zwei,arbeit,stadt,lead," + day(-1)),
            "commitments": circle_world.text(
                circle_world.COLUMNS["commitment"],
                f"intern-spaet,runde,,zwei,{MARK} Merkblatt,{day(-3)},open",
                f"intern-fertig,runde,,zwei,{MARK} Fertiges,{day(-3)},open"),
        }), "--reason", "test")
        cls.do(cls.iqq, "set", "commitment", "intern-fertig", "state=kept", "evidence=da")
        cls.organiser = cls.people["organiser"]

    def ok(self, client, *args, **more):
        done = client(*args, **more)
        self.assertExit(done, 0)
        return done

    def items(self, *args, who="organiser"):
        return self.people[who].json(*args)["items"]

    def terminal(self, client, *args):
        done = client.terminal(*args)
        self.assertExit(done, 0)
        return re.sub(r"\x1b\[[0-9;]*m", "", done.out)

    # ---- the agenda

    def test_01_suggest(self):
        items = self.items("meeting", "plan", "runde", "--suggest")
        found = {}
        for x in items:
            self.assertEqual(set(x), {"class", "id", "text", "date", "weight", "todo"})
            found.setdefault(x["class"], []).append(x)
        order = [x["class"] for x in items]
        self.assertEqual(order, sorted(order, key=CLASSES.index))
        self.assertEqual([x["id"] for x in found["overdue"]], ["intern-spaet"])
        self.assertEqual(found["overdue"][0]["date"], day(-3))
        self.assertIn("Haus zwei", found["overdue"][0]["text"])
        self.assertEqual([x["id"] for x in found["proposal"]], ["intern-laeuft"])
        self.assertIn("wohnen", [x["id"] for x in found["gap"]])
        self.assertEqual([x["id"] for x in found["overlap"]], ["arbeit"])
        self.assertIn("Haus mit", found["overlap"][0]["text"])
        self.assertEqual([x["id"] for x in found["topic"]], ["intern-anliegen"])
        self.assertEqual([x["id"] for x in found["stale"]], ["mit-arbeit"])
        self.assertEqual(found["stale"][0]["date"], "2024-01-31")
        self.assertNotIn("change", found)  # there was no meeting yet
        for x in items:
            self.assertTrue(x["todo"])

    def test_02_suggest_in_words(self):
        text = self.terminal(self.organiser, "treffen", "plane", "stadt", "--suggest", "--lang",
                             "de")
        for part in ("Wohnungssuche", "Arbeitserlaubnis", f"{MARK} Merkblatt", "31.01.2024",
                     "iqq lücken stadt --near"):
            self.assertIn(part, text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80)
        self.assertEqual(len(self.items("meeting", "plan", "runde", "--suggest", "--limit", "2")), 2)

    def test_03_suggest_for_others(self):
        for who in ("guest", "outsider", "curator"):
            items = self.items("meeting", "plan", "runde", "--suggest", who=who)
            self.assertLessEqual({x["class"] for x in items},
                                 {"gap", "overlap", "change", "stale", "overdue"}, who)
            self.assertFalse(WORD.search(json.dumps(items)), who)

    # ---- planning

    def test_04_plan(self):
        done = self.organiser("meeting", "plan", "runde", "--on", day(30), "--from", "10:00", "--to",
                              "12:00", "--place", "Rathaus, Raum 259", "--link",
                              "https://example.org/x", "--agenda", "Begrüßung", "--suggest", "--dry-run")
        self.assertExit(done, 0)
        self.assertExit(self.organiser("meeting", "show", f"runde-{day(30).replace('-', '')}"), 1)
        self.ok(self.organiser, "meeting", "plan", "runde", "--on", day(30), "--from", "10:00", "--to",
                "12:00", "--place", "Rathaus, Raum 259", "--link", "https://example.org/x",
                "--agenda", "Begrüßung", "--suggest")
        m = self.items("meeting", "show", f"runde-{day(30).replace('-', '')}")[0]
        self.assertEqual((m["date"], m["begins"], m["ends"], m["state"], m["next"]),
                         (day(30), "10:00", "12:00", "planned", day(30)))
        agenda = m["agenda"].splitlines()
        self.assertEqual(agenda[0], "Begrüßung")
        self.assertTrue(any("Wohnungssuche" in x for x in agenda))
        # who is a guest sees this column
        self.assertFalse(WORD.search(m["agenda"]), m["agenda"])
        self.assertFalse(WORD.search(json.dumps(
            self.items("meeting", "show", m["id"], who="guest"))))

    def test_05_rights(self):
        for who in ("member", "editor", "guest", "outsider", "curator"):
            done = self.people[who]("meeting", "plan", "runde", "--on", day(31))
            self.assertIn(done.exit, (1, 5), f"{who}: {done}")
        for who in ("outsider", "curator", "invited", "left"):
            self.assertExit(self.people[who]("meeting", "list"), 1)
            a = self.people[who]("meeting", "show", "treffen", "--lang", "en")
            b = self.people[who]("meeting", "show", "nirgends", "--lang", "en")
            self.assertExit(a, 1)
            self.assertEqual(a.err.replace("treffen", "X"), b.err.replace("nirgends", "X"))

    def test_06_wrong_input(self):
        for args, part in (
                ((), "--on"), (("--on", "morgen"), "morgen"), (("--on", day(3), "--from", "25:00"), "25:00"),
                (("--on", day(3), "--to", "12:00"), "--from"),
                (("--on", day(3), "--repeat", "daily"), "monthly"),
                (("--on", day(3), "--until", day(9)), "--repeat"),
                (("--on", day(9), "--repeat", "weekly", "--until", day(3)), "")):
            done = self.organiser("meeting", "plan", "runde", *args)
            self.assertExit(done, 2)
            self.assertIn(part, done.err)
        self.assertExit(self.organiser("meeting", "frobnicate"), 2)
        self.assertExit(self.organiser("meeting", "show"), 2)

    # ---- the invitation

    def test_07_invitation(self):
        self.ok(self.organiser, "meeting", "plan", "runde", "--on", "2027-01-12", "--from", "10:00",
                "--to", "12:00", "--repeat", "monthly", "--until", "2027-12-31", "--place",
                "Rathaus", "--link", "https://example.org/raum", "--name", "Werkstatt", "--agenda",
                "1. Lücken")
        id_ = "runde-monthly"
        text = self.ok(self.organiser, "meeting", "show", id_, "--invitation", "--lang", "de").out
        subject, body = text.split("\n", 1)
        self.assertTrue(subject.startswith("Betreff: Einladung: Runde – Werkstatt, Dienstag, "), subject)
        for part in ("10:00 bis 12:00 Uhr (deutsche Zeit, ME", "zweiten Dienstag", "Rathaus",
                     "https://example.org/raum", "1. Lücken", "Haus orga"):
            self.assertIn(part, body)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 100)
        for name in ("Max ", "Erika"):
            self.assertNotIn(name, text)
        english = self.items("meeting", "show", id_, "--invitation", "--lang", "en")[0]
        self.assertEqual(set(english), {"id", "subject", "text"})
        self.assertIn("10:00 to 12:00 (German time, CE", english["text"])
        # the guest may read and pass it on: the same text
        guest = self.ok(self.people["guest"], "meeting", "show", id_, "--invitation", "--lang", "de")
        self.assertEqual(guest.out, text)

    def test_08_summer_and_winter(self):
        for date, zone in (("2028-03-25", "CET"), ("2028-03-26", "CEST"), ("2028-10-29", "CET")):
            self.ok(self.organiser, "meeting", "plan", "runde", "--on", date, "--from", "09:00")
            text = self.ok(self.organiser, "meeting", "show", "runde-" + date.replace("-", ""),
                           "--invitation", "--lang", "en").out
            self.assertIn(f"09:00 (German time, {zone})", text)
            self.ok(self.organiser, "delete", "meeting", "runde-" + date.replace("-", ""), "--yes")

    # ---- the calendar

    def calendar(self, *args, who="organiser"):
        done = self.ok(self.people[who], *args)
        calendar = icalendar.Calendar.from_ical(done.raw if hasattr(done, "raw") else
                                                done.out.encode())
        for part in calendar.walk():
            self.assertEqual(part.errors, [], part.name)
        return calendar

    def test_09_calendar(self):
        path = os.path.join(iqtest.temp_dir(self), "werkstatt.ics")
        done = self.ok(self.organiser, "treffen", "liste", "runde", "--ics", "-o", path)
        self.assertEqual(done.out, "")
        with open(path, "rb") as f:
            data = f.read()
        self.assertNotIn(b"\n", data.replace(b"\r\n", b""))
        self.ok(self.organiser, "meeting", "list", "runde", "--ics", "-o", path)
        with open(path, "rb") as f:
            self.assertEqual(f.read(), data)
        calendar = icalendar.Calendar.from_ical(data)
        for part in calendar.walk():
            self.assertEqual(part.errors, [], part.name)
        events = {str(e["UID"]).split("/")[1].split("@")[0]: e for e in calendar.walk("VEVENT")}
        self.assertEqual(len(events), len(self.items("meeting", "list", "runde")))
        e = events["runde-monthly"]
        self.assertEqual(e["DTSTART"].dt.astimezone(BERLIN),
                         datetime.datetime(2027, 1, 12, 10, tzinfo=BERLIN))
        rule = dateutil.rrule.rrulestr(e["RRULE"].to_ical().decode(), dtstart=e["DTSTART"].dt)
        dates = [d.replace(tzinfo=None).replace(tzinfo=BERLIN) for d in rule]
        self.assertEqual([(d.month, d.day) for d in dates][:4], [(1, 12), (2, 9), (3, 9), (4, 13)])
        self.assertEqual(len(dates), 12)
        self.assertEqual({d.hour for d in dates}, {10})
        self.assertEqual([d.astimezone(datetime.timezone.utc).hour for d in dates],
                         [9, 9, 9, 8, 8, 8, 8, 8, 8, 8, 9, 9])
        self.assertEqual(len(calendar.walk("VTIMEZONE")), 1)
        single = self.calendar("meeting", "show", "runde-monthly", "--ics")
        self.assertEqual([str(e["UID"]) for e in single.walk("VEVENT")], [str(e["UID"])])
        self.assertExit(self.organiser("meeting", "list", "--ics", "--json"), 2)

    def test_10_calendar_of_a_guest(self):
        done = self.ok(self.people["guest"], "meeting", "list", "runde", "--ics")
        self.assertFalse(WORD.search(done.out))
        self.assertIn("runde-monthly", done.out)

    # ---- held, attended, minuted

    def test_11_series(self):
        """A date of a series that is held becomes a record of its own."""
        start = datetime.date.fromisoformat(day(-14))
        self.ok(self.organiser, "meeting", "plan", "runde", "--on", start.isoformat(), "--from",
                "14:00", "--repeat", "weekly", "--id", "woche", "--place", "Rathaus")
        last = day(0).replace("-", "")
        self.ok(self.organiser, "meeting", "hold", "woche", "--dry-run")
        self.assertExit(self.organiser("meeting", "show", f"woche-{last}"), 1)
        self.ok(self.organiser, "treffen", "halte", "woche")
        m = self.items("meeting", "show", f"woche-{last}")[0]
        self.assertEqual((m["date"], m["begins"], m["place"], m["state"], m["repeats"], m["series"]),
                         (day(0), "14:00", "Rathaus", "held", "", "woche"))
        # an earlier one, by its day; its attendance
        first = start.isoformat().replace("-", "")
        self.ok(self.organiser, "meeting", "attend", "woche", "Haus zwei", "mit", "--on",
                start.isoformat())
        self.ok(self.organiser, "meeting", "attend", f"woche-{first}", "zwei")
        self.assertEqual(self.items("meeting", "show", f"woche-{first}")[0]["attended"],
                         ["zwei", "mit"])
        done = self.organiser("meeting", "hold", "woche", "--on", day(-13))
        self.assertExit(done, 2)
        self.assertExit(self.organiser("meeting", "attend", "woche"), 2)
        self.ok(self.organiser, "meeting", "attend", f"woche-{last}", "--all")
        self.assertEqual(self.items("meeting", "show", f"woche-{last}")[0]["attended"],
                         ["gast", "mit", "zwei"])
        calendar = self.calendar("meeting", "list", "runde", "--ics")
        instances = [e for e in calendar.walk("VEVENT") if "RECURRENCE-ID" in e]
        self.assertEqual(len(instances), 2)
        self.assertEqual({str(e["UID"]).split("/")[1].split("@")[0] for e in instances}, {"woche"})
        series = [e for e in calendar.walk("VEVENT")
                  if "RRULE" in e and "/woche@" in e["UID"]][0]
        dates = {d.date() for d in dateutil.rrule.rrulestr(
            series["RRULE"].to_ical().decode(), dtstart=series["DTSTART"].dt.replace(tzinfo=None),
            ignoretz=True).between(datetime.datetime(2020, 1, 1), datetime.datetime(2030, 1, 1))}
        for e in instances:
            self.assertIn(e["RECURRENCE-ID"].dt.date(), dates)

    def test_12_minutes(self):
        last = f"woche-{day(0).replace('-', '')}"
        path = write(self, f"Beschluss: {MARK} angenommen.\r\n\r\nZweiter Absatz.\r\n\r\n")
        self.ok(self.organiser, "treffen", "protokoll", "woche", path)
        m = self.items("meeting", "show", last)[0]
        self.assertEqual((m["minutes"], m["state"]),
                         (f"Beschluss: {MARK} angenommen.\n\nZweiter Absatz.", "minuted"))
        done = self.organiser("meeting", "minutes", last, path)
        self.assertExit(done, 6)
        self.assertIn("state=held", done.err)
        # from planned in one command, through a pipe
        self.ok(self.organiser, "meeting", "plan", "runde", "--on", day(-1), "--id", "gestern")
        self.ok(self.organiser, "meeting", "minutes", "gestern", text=f"{MARK} gestern")
        self.assertEqual(self.items("meeting", "show", "gestern")[0]["state"], "minuted")
        for content, part in ((b"x" * 8193, "8192"), (b"", ""), (b"\xff\xfe", "UTF-8"),
                              (b"a\0b", "UTF-8")):
            self.ok(self.organiser, "meeting", "plan", "runde", "--on", day(-1), "--id", "leer")
            done = self.organiser("meeting", "minutes", "leer", write(self, content))
            self.assertExit(done, 2)
            self.assertIn(part, done.err)
            self.assertEqual(self.items("meeting", "show", "leer")[0]["state"], "planned")
            self.ok(self.organiser, "delete", "meeting", "leer", "--yes")
        guest = json.dumps(self.items("meeting", "list", who="guest"))
        self.assertNotIn(MARK, guest)
        text = self.terminal(self.people["member"], "meeting", "show", last, "--lang", "de")
        self.assertIn(MARK, text)

    def test_13_changes_since(self):
        self.ok(self.iqq, "set", "responsibility", "zwei-arbeit", "role=support")
        items = self.items("meeting", "plan", "runde", "--suggest", "--limit", "100")
        # the last meeting was today: what changed today, too, is in its evening's state
        self.assertTrue(all(x["date"] for x in items if x["class"] == "change"))

    # ---- the report

    def report(self, who, edition, lang="en"):
        folder = iqtest.temp_dir(self)
        args = ["report", "stadt", "--dir", folder, "--edition", edition, "-o", "html,json,csv",
                "--lang", lang]
        if edition != "public":
            args += ["--recipient", "Runde", "--reason", "workshop"]
        self.ok(self.people[who] if who else self.iqq, *args)
        out = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as f:
                out[name] = f.read()
        return out

    def test_14_report(self):
        for who in ("organiser", "coordinator", "editor"):
            files = self.report(who, "members", "de")
            doc = json.loads(next(v for k, v in files.items() if k.endswith(".json")))
            part = {x["section"]: x["rows"] for x in doc["items"]}
            self.assertEqual([x["date"] for x in part["minutes"]], [day(0), day(-1)])
            self.assertIn(MARK, part["minutes"][0]["minutes"])
            self.assertEqual(part["minutes"][0]["present"], "Haus gast, Haus mit, Haus zwei")
            self.assertEqual(sorted((x["due"], x["state"]) for x in part["commitments"]),
                             sorted([(day(-3), "überfällig"), (day(30), "offen"),
                                     (day(30), "offen")]))
            html = next(v for k, v in files.items() if k.endswith(".html")).decode()
            self.assertIn(f"Beschluss: {MARK} angenommen.</p><p>Zweiter Absatz.</p>", html)
            for name, data in files.items():
                self.assertNotIn(rb"\x0a", data, name)
            csv = next(v for k, v in files.items() if "minutes" in k).decode("utf-8-sig")
            self.assertIn(f"Beschluss: {MARK} angenommen. / Zweiter Absatz.", csv)

    def test_15_report_of_others(self):
        for who, editions in (("organiser", ("public", "partners")), ("coordinator", ("partners",)),
                              ("outsider", ("public", "partners", "members")),
                              ("curator", ("members",)), ("hosteditor", ("partners",))):
            for edition in editions:
                for name, data in self.report(who, edition).items():
                    self.assertFalse(WORD.search(data.decode("utf-8", "replace")),
                                     f"{who} {edition} {name}")
                    self.assertFalse(re.search("commitments|minutes", name), name)

    def test_16_report_guest(self):
        """Who prints it sees what they may see: the editor of a guest their own commitment."""
        files = self.report("hosteditor", "members")
        for name, data in files.items():
            self.assertFalse(WORD.search(data.decode("utf-8", "replace")), name)
        self.assertIn(b"Raum stellen", next(v for k, v in files.items() if k.endswith(".html")))

    def test_17_commitments_as_calendar(self):
        calendar = self.calendar("absprache", "faellig", "--within", "60", "--ics")
        todo = {str(t["UID"]).split("/")[1].split("@")[0]: t for t in calendar.walk("VTODO")}
        self.assertEqual(set(todo), {"intern-spaet", "intern-zusage", "gast-zusage"})
        self.assertEqual(todo["intern-spaet"]["DUE"].dt.isoformat(), day(-3))
        self.assertEqual(todo["intern-spaet"]["STATUS"], "NEEDS-ACTION")
        self.assertIn("Haus zwei", todo["intern-spaet"]["DESCRIPTION"])
        calendar = self.calendar("commitment", "due", "--within", "60", "--ics", who="guest")
        self.assertEqual([str(t["SUMMARY"]) for t in calendar.walk("VTODO")], ["Raum stellen"])

    def test_18_cards(self):
        self.do(self.iqq, "set", "contact", "mit-rep", "visibility=workshop")
        names = re.compile("^FN:(.*)$", re.M)
        done = self.ok(self.people["member"], "workshop", "show", "runde", "--vcard", "--reason",
                       "workshop")
        self.assertEqual(sorted(names.findall(done.out.replace("\r", ""))),
                         ["Max gast", "Max mit", "Max zwei"])
        self.assertIn("X-IQ-CONFIDENTIALITY:workshop", done.out)
        for who in ("outsider", "curator", "guest"):
            done = self.people[who]("workshop", "show", "runde", "--vcard", "--reason", "workshop")
            self.assertNotIn("Max mit", done.out, who)
        self.assertExit(self.people["member"]("workshop", "show", "--vcard", "--json"), 2)

    def test_19_two_workshops(self):
        """A member of one does not see what the other works on: the paper shows neither."""
        self.do(self.iqq, "add", "workshop", "neue", "region=stadt", "name_de=Neue")
        self.do(self.iqq, "add", "membership", "m-neue", "workshop=neue", "institution=aus",
                "accepted_from=" + day(-1))
        for name, data in self.report("organiser", "members").items():
            self.assertFalse(WORD.search(data.decode("utf-8", "replace")), name)


if __name__ == "__main__":
    iqtest.main()
