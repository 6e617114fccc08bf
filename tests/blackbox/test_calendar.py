# SPDX-License-Identifier: Apache-2.0
"""The calendar writer, read back by an independent parser (python3-icalendar)."""

import datetime
import os
import subprocess
import sys
import unittest
import zoneinfo

try:
    import dateutil.rrule
    import icalendar
except ImportError:
    # Debian's packages belong to Debian's interpreter, which need not be the first in the path
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B"] + sys.argv)

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
SAMPLE = os.path.join(os.environ["IQ_BUILD"], "tests", "calendar_sample")


def utc(value):
    return value.astimezone(datetime.timezone.utc)


class Calendar(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bytes = subprocess.run([SAMPLE], check=True, capture_output=True).stdout
        cls.calendar = icalendar.Calendar.from_ical(cls.bytes)
        cls.events = cls.calendar.walk("VEVENT")
        cls.todos = cls.calendar.walk("VTODO")

    def event(self, id_, instance=False):
        found = [e for e in self.events if e["UID"] == f"meeting/{id_}@iqd.example.org" and
                 ("RECURRENCE-ID" in e) == instance]
        self.assertEqual(len(found), 1)
        return found[0]

    def dates(self, event, n=99):
        """Instants of a series: wall clock times by the rule, then in the zone."""
        start = event["DTSTART"].dt
        rule = dateutil.rrule.rrulestr(event["RRULE"].to_ical().decode(), dtstart=start)
        out = []
        for when in rule:
            out.append(when.replace(tzinfo=None).replace(tzinfo=BERLIN))
            if len(out) == n:
                break
        return out

    def test_no_complaint(self):
        for part in self.calendar.walk():
            self.assertEqual(part.errors, [], part.name)
        self.assertEqual(self.calendar["VERSION"], "2.0")
        self.assertEqual(len(self.events), 6)
        self.assertEqual(len(self.todos), 3)
        uids = [p["UID"] for p in self.events + self.todos if "RECURRENCE-ID" not in p]
        self.assertEqual(len(set(uids)), 8)

    def test_lines(self):
        self.assertTrue(self.bytes.endswith(b"\r\n"))
        lines = self.bytes.split(b"\r\n")[:-1]
        for line in lines:
            self.assertLessEqual(len(line), 75)
            self.assertNotIn(b"\n", line)
            line.decode()  # no character is torn apart
        self.assertTrue(any(len(line) >= 73 for line in lines))

    def test_same_again(self):
        again = subprocess.run([SAMPLE], check=True, capture_output=True).stdout
        self.assertEqual(again, self.bytes)

    def test_texts(self):
        e = self.event("leipzig-regular")
        self.assertEqual(e["SUMMARY"], "Regionalwerkstatt Leipzig")
        self.assertEqual(e["LOCATION"], "Neues Rathaus, Raum 259; Eingang B")
        self.assertEqual(e["DESCRIPTION"], "Tagesordnung:\n1. Lücke „Anerkennung“ bei "
                         "Geduldeten\n2. Überschneidung \\ Jobcenter, Ausländerbehörde; "
                         "Weißwasser/O.L. – Běła Woda")
        self.assertEqual(e["URL"], "https://example.org/raum?id=1&x=2")
        self.assertEqual(e["SEQUENCE"], 1287)
        self.assertEqual(e["DTSTAMP"].dt, datetime.datetime(2026, 11, 22, 12,
                                                            tzinfo=datetime.timezone.utc))

    def test_zone(self):
        """The zone as written agrees with the system's for every six hours of 35 years."""
        zone = self.calendar.walk("VTIMEZONE")
        self.assertEqual(len(zone), 1)
        self.assertEqual(zone[0]["TZID"], "Europe/Berlin")
        ours = zone[0].to_tz()
        when = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
        changes = 0
        before = None
        while when.year < 2035:
            offset = when.astimezone(ours).utcoffset()
            self.assertEqual(offset, when.astimezone(BERLIN).utcoffset(), when)
            changes += before is not None and offset != before
            before = offset
            when += datetime.timedelta(hours=1 if when.month in (3, 10) and when.day > 23 else 6)
        self.assertEqual(changes, 70)

    def test_monthly(self):
        """The second Tuesday at ten, in winter and in summer."""
        dates = self.dates(self.event("leipzig-regular"))
        self.assertEqual([(d.month, d.day) for d in dates], [
            (2, 9), (3, 9), (4, 13), (5, 11), (6, 8), (7, 13), (8, 10), (9, 14), (10, 12), (11, 9)])
        self.assertEqual({d.hour for d in dates}, {10})
        self.assertEqual([utc(d).hour for d in dates], [9, 9, 8, 8, 8, 8, 8, 8, 8, 9])
        e = self.event("leipzig-regular")
        self.assertEqual(utc(e["DTSTART"].dt), utc(dates[0]))
        self.assertEqual(e["DTEND"].dt - e["DTSTART"].dt, datetime.timedelta(hours=2, minutes=30))

    def test_moved_date(self):
        e = self.event("leipzig-regular", instance=True)
        self.assertIn(utc(e["RECURRENCE-ID"].dt),
                      [utc(d) for d in self.dates(self.event("leipzig-regular"))])
        self.assertEqual(e["DTSTART"].dt.day, 14)
        self.assertNotIn("RRULE", e)

    def test_across_spring(self):
        dates = self.dates(self.event("weekly"))
        self.assertEqual([(d.month, d.day) for d in dates], [(3, 24), (3, 31), (4, 7)])
        self.assertEqual([(utc(d).hour, utc(d).minute) for d in dates], [(8, 5), (7, 5), (7, 5)])

    def test_across_autumn(self):
        e = self.event("fortnightly")
        dates = self.dates(e)
        self.assertEqual([(d.month, d.day) for d in dates], [(10, 20), (11, 3), (11, 17)])
        self.assertEqual([utc(d).hour for d in dates], [21, 22, 22])
        self.assertEqual(e["DTEND"].dt - e["DTSTART"].dt, datetime.timedelta(hours=2))

    def test_last_friday(self):
        dates = self.dates(self.event("last-friday"), 5)
        self.assertEqual([(d.month, d.day) for d in dates],
                         [(1, 29), (4, 30), (7, 30), (10, 29), (1, 28)])  # of four Fridays
        self.assertNotIn("DTEND", self.event("last-friday"))

    def test_whole_day(self):
        e = self.event("klausur")
        self.assertEqual(e["DTSTART"].dt, datetime.date(2027, 10, 31))
        self.assertEqual(e["STATUS"], "CANCELLED")

    def test_todos(self):
        todo = {t["UID"].split("/")[1].split("@")[0]: t for t in self.todos}
        self.assertEqual(todo["jc-takes-recognition"]["DUE"].dt, datetime.date(2027, 3, 28))
        self.assertEqual(todo["jc-takes-recognition"]["STATUS"], "NEEDS-ACTION")
        self.assertEqual(todo["jc-takes-recognition"]["SUMMARY"],
                         "Jobcenter übernimmt die Anerkennung, mit Merkblatt")
        self.assertEqual(todo["done"]["STATUS"], "COMPLETED")
        self.assertEqual(todo["done"]["COMPLETED"].dt.astimezone(BERLIN).date(),
                         datetime.date(2027, 3, 27))
        self.assertEqual(todo["dropped"]["STATUS"], "CANCELLED")
        self.assertNotIn("DUE", todo["dropped"])


if __name__ == "__main__":
    unittest.main()
