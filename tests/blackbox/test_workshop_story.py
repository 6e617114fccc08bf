# SPDX-License-Identifier: Apache-2.0
"""The Leipzig story (docs/workshop.md "A story"): nine institutions found a workshop, meet over what
the directory shows, vote 6:2:1, and a promise arises, becomes late and is kept; then somebody
leaves. IQ_STORY=FILE writes what everybody types and sees, for the page."""

import os
import re
import time

import iqtest
from circle_world import day

CLOCK = os.path.join(iqtest.BUILD, "tests", "model", "clock_shift.so")
STORY = os.environ.get("IQ_STORY")
UNTIL = f"{time.gmtime().tm_year + 1}-12-31"
# institution → who represents it, and how it will vote
MEMBERS = {
    "jc-leipzig": ("jc-leipzig-casework", "ja"),
    "abh-leipzig": ("abh-leipzig-network", "ja"),
    "bamf-leipzig": ("bamf-leipzig-network", "enthaltung"),
    "ibas-leipzig": ("ibas-leipzig-network", "ja"),
    "jugendamt-leipzig": ("jugendamt-leipzig-network", "nein"),
    "lasub-leipzig": ("lasub-leipzig-casework", "ja"),
    "migref-leipzig": ("migref-leipzig-casework", "ja"),
    "sozialamt-leipzig": ("sozialamt-leipzig-casework", "nein"),
    "vhs-leipzig": ("vhs-leipzig-network", "ja"),
}
ROW = "jc-leipzig-but"
BEFORE = "protected"
AFTER = "protected;resettlement;temporary-protection-from-2025-04"


class Story(iqtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people, cls.shift, cls.told = {}, 0, []
        admin = cls.do_as(cls.iqq)
        for i in ("bamf-leipzig", "ibas-leipzig"):
            admin("add", "contact", f"{i}-network", f"institution={i}", "name=Erika Mustermann",
                  "function=Netzwerk", "visibility=workshop")
        # one overlap, and a row that covers some of a gap
        admin("add", "responsibility", "vhs-leipzig-career", "institution=vhs-leipzig",
              "task=career-guidance", "region=leipzig", "role=lead")
        admin("add", "responsibility", ROW, "institution=jc-leipzig",
              "task=education-participation", "region=leipzig", "role=lead",
              f"statuses={BEFORE}")
        cls.person("leitstelle", grants=("coordinator:region=leipzig",))
        for institution, (contact, _) in MEMBERS.items():
            cls.person(institution, f"institution={institution}", f"contact={contact}",
                       grants=(f"editor:institution={institution}",))

    @staticmethod
    def do_as(client):
        def do(*args, status=0):
            done = client(*args)
            if done.exit != status:
                raise AssertionError(f"iqq {' '.join(args)}: {done}")
            return done
        return do

    @classmethod
    def person(cls, name, *fields, grants=(), agrees=None):
        """agrees: who has to agree, where the institution sits in a workshop already."""
        admin = cls.do_as(cls.iqq)
        admin("principal", "add", name, f"name={name}", *fields)
        cls.agree(agrees)
        given = [a for g in grants for a in ("--grant", f"{g}:until={UNTIL}")]
        token = re.search(r"^token: (\S+)$", admin("token", "create", name, *given).out,
                          re.M).group(1)
        cls.agree(agrees)
        client = iqtest.Client(cls.server, cls, enroll=False)
        client.env["IQQ_LANG"] = "de"
        cls.do_as(client)("enroll", "--token", token)
        cls.people[name] = client

    @classmethod
    def agree(cls, who):
        for item in cls.iqq.json("approve")["items"] if who else ():
            if item["state"] == "waiting":
                cls.do_as(cls.people[who])("approve", str(item["id"]))

    def say(self, name, *args, status=0, texts=(), tell=True):
        """One command of one person, on a terminal of 80 columns in German."""
        done = self.people[name].terminal(*args, "--color=never", "--no-input",
                                          env=self.clock())
        self.assertEqual(done.exit, status, f"{name}: {done}")
        self.assertExit(done, status, *texts)
        # messages are one line each; whatever is a page keeps to the width
        if args[0] in ("willkommen", "übergabe", "who") or args[1] == "zeige":
            self.assertEqual([x for x in done.out.splitlines() if len(x) > 80], [], done)
        if tell:
            self.told.append((name, args, done.out))
        return done

    def clock(self):
        if not self.shift:
            return {}
        return {"LD_PRELOAD": CLOCK, "IQ_CLOCK_SHIFT": str(self.shift * 86400)}

    def wait(self, days):
        """Days pass, for the server and for those who ask."""
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.shift += days
        self.server.stop()
        self.server.start(**self.clock(), ASAN_OPTIONS=sanitizer.lstrip(":"))

    def get(self, name, kind, id_):
        return self.people[name].json("get", kind, id_, env=self.clock())["items"][0]

    # ---- the story ------------------------------------------------------------------------------

    def test_story(self):
        try:
            self.found()
            self.meet()
            self.decide()
            self.promise()
            self.succeed()
        finally:
            if STORY:
                with open(STORY, "w", encoding="utf-8") as f:
                    for name, args, out in self.told:
                        line = " ".join(a if re.fullmatch(r"[\w./:=|-]+", a) else f"'{a}'"
                                        for a in args)
                        f.write(f"### {name}\n$ iqq {line}\n{out}\n")

    def found(self):
        self.say("leitstelle", "werkstatt", "gründen", "Werkstatt Leipzig", "--region", "leipzig",
                 "--organiser", "migref-leipzig", "--goals",
                 "Zugewanderte kommen ohne Umweg in Sprache, Ausbildung und Arbeit.")
        self.workshop = self.people["leitstelle"].json("list", "workshop")["items"][0]["id"]
        for i in MEMBERS:
            self.say("migref-leipzig", "werkstatt", "einladen", i, tell=i == "jc-leipzig")
        self.say("migref-leipzig", "werkstatt", "einladen", "ihk-leipzig", "--guest")
        for i, (contact, _) in MEMBERS.items():
            self.say(i, "werkstatt", "annehmen", "--representative", contact,
                     tell=i == "jc-leipzig")
        members = self.people["migref-leipzig"].json("list", "membership")["items"]
        self.assertEqual(len([m for m in members if m["accepted_from"]]), 9)
        self.say("jc-leipzig", "werkstatt", "zeige")

    def meet(self):
        done = self.say("migref-leipzig", "treffen", "plane", "leipzig", "--on", day(7), "--from",
                        "10:00", "--to", "12:00", "--place", "Neues Rathaus, Raum 259",
                        "--suggest")
        m = self.people["jc-leipzig"].json("list", "meeting")["items"][0]
        self.meeting = m["id"]
        self.assertIn("Bildung und Teilhabe", m["agenda"])
        self.assertRegex(m["agenda"], "(?i)berufsberatung")
        self.say("vhs-leipzig", "treffen", "zeige", self.meeting)
        return done

    def decide(self):
        who = ("who", "--task", "education-participation", "--region", "leipzig", "--status",
               "temporary-protection-from-2025-04")
        before = self.people["vhs-leipzig"].json(*who, env=self.clock())
        self.assertNotIn("jc-leipzig", str(before["answers"]))
        self.say("vhs-leipzig", *who, status=1)
        self.say("jc-leipzig", "vorschlag", "neu",
                 "Das Jobcenter übernimmt das Bildungspaket für zwei weitere Gruppen.",
                 "--task", "education-participation", "--region", "leipzig",
                 "--change", f"set responsibility {ROW} statuses={AFTER}")
        p = self.people["jc-leipzig"].json("list", "proposal")["items"][0]["id"]
        self.proposal = p
        self.say("migref-leipzig", "abstimmung", "öffnen", p, "--deadline", day(14))
        for i, (_, choice) in MEMBERS.items():
            self.say(i, "abstimmung", "stimmen", p, choice, tell=i == "jc-leipzig")
        self.say("migref-leipzig", "abstimmung", "schließen", p)
        self.assertIn("yes=6 no=2 abstain=1", self.get("jc-leipzig", "proposal", p)["result"])
        self.assertEqual(self.get("jc-leipzig", "proposal", p)["state"], "passed")
        self.assertEqual(self.get("jc-leipzig", "responsibility", ROW)["statuses"],
                         AFTER.split(";"))
        done = self.say("vhs-leipzig", *who)
        self.assertIn("Jobcenter Leipzig", done.out)

    def promise(self):
        self.say("jc-leipzig", "absprache", "neu",
                 "Merkblatt zum Bildungspaket für die beiden Gruppen", "--institution",
                 "jc-leipzig", "--due", day(21), "--proposal", self.proposal)
        c = self.people["jc-leipzig"].json("list", "commitment")["items"][0]["id"]
        self.wait(8)
        self.say("migref-leipzig", "treffen", "anwesend", self.meeting, "--all")
        folder = iqtest.temp_dir(self)
        with open(os.path.join(folder, "protokoll.txt"), "w", encoding="utf-8") as f:
            f.write("Das Jobcenter übernimmt das Bildungspaket für zwei weitere Gruppen (6:2:1).\n"
                    "Offen: Wer berät zuerst zum Beruf, Arbeitsagentur oder Volkshochschule?\n")
        self.people["migref-leipzig"].env["HOME"] = folder
        done = self.people["migref-leipzig"]("treffen", "protokoll", self.meeting,
                                             os.path.join(folder, "protokoll.txt"),
                                             env=self.clock())
        self.assertExit(done, 0)
        self.wait(20)
        self.say("migref-leipzig", "absprache", "fällig", texts=("Merkblatt",))
        self.assertExit(self.people["vhs-leipzig"]("absprache", "abschließen", c, "--evidence", "ja",
                                                  env=self.clock()), 5)
        self.commitment = c

    def succeed(self):
        self.do_as(self.iqq)("add", "contact", "jc-leipzig-neu", "institution=jc-leipzig",
                             "name=Max Mustermann", "function=Integration", "visibility=workshop")
        self.person("max", "institution=jc-leipzig", "contact=jc-leipzig-neu",
                    grants=("editor:institution=jc-leipzig",), agrees="jc-leipzig")
        self.say("jc-leipzig", "übergabe", "jc-leipzig-casework",
                 texts=("Geht mit dem Sitz über", "überfällig seit"))
        self.say("jc-leipzig", "übergabe", "jc-leipzig-casework", "jc-leipzig-neu", "--yes")
        self.say("max", "willkommen", "--reason", "workshop",
                 texts=("Sie vertreten: Jobcenter Leipzig.", "überfällig seit", "Merkblatt",
                        "6:2:1"))
        self.say("max", "absprache", "abschließen", self.commitment, "--evidence",
                 "https://www.example.org/merkblatt.pdf")
        self.assertEqual(self.get("max", "commitment", self.commitment)["state"], "kept")
        done = self.say("max", "willkommen", tell=False)
        self.assertNotIn("Merkblatt zum", done.out)


if __name__ == "__main__":
    iqtest.main()
