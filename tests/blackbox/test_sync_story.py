# SPDX-License-Identifier: Apache-2.0
"""A clerk, her list and what becomes of it: the story of the README, step by step."""

import os
import re
import subprocess
import threading

import workbook
from iqtest import IQQ, Case, Client, main, started, wait_for

CLERK = "abh-leipzig"


class Watch:
    """A second terminal that shows changes as they come."""

    def __init__(self, client, *args):
        self.process = subprocess.Popen([IQQ, "watch", *args], env=client.env, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        started.append(self.process)
        self.lines, self.notes = [], []
        for stream, to in ((self.process.stdout, self.lines), (self.process.stderr, self.notes)):
            threading.Thread(target=lambda s=stream, t=to: t.extend(s), daemon=True).start()

    def shows(self, pattern):
        wait_for(lambda: any(re.search(pattern, line) for line in list(self.lines)),
                 f"{pattern} in {self.lines} {self.notes}")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Story(Case):
    def enrol(self, name, grant, *fields):
        self.ok(self.iqq("principal", "add", name, f"name={name.title()}", *fields))
        done = self.ok(self.iqq("token", "create", name, "--grant", grant + ":until=2027-12-31"))
        client = Client(self.server, self, enroll=False)
        token = re.search(r"[A-Z2-7]{4}(-[A-Z2-7]{1,4})+", done.out + done.err).group(0)
        self.ok(client("enroll", "--token", token))
        return client

    def ok(self, done, status=0):
        self.assertEqual(done.exit, status, done)
        return done

    def test_story(self):
        clerk = self.enrol("clerk", f"editor:institution={CLERK}", f"institution={CLERK}")
        colleague = self.enrol("colleague", "coordinator:region=leipzig")
        german = {"IQQ_LANG": "de"}
        folder = clerk.home
        path = os.path.join(folder, "liste.xlsx")

        # the template is the list as it stands; unchanged it plans nothing
        self.ok(clerk("sync", "template", "-o", path, "--reason", "correction"))
        self.ok(clerk("sync", "plan", path))
        sheets, _ = workbook.read(path)
        contacts, duties = sheets["Kontakte"], sheets["Zuständigkeiten"]
        self.assertEqual((len(contacts), len(duties)), (1 + 4, 1 + 10))

        def column(rows, name):
            return rows[0].index(name)

        # four new, eleven changed, two removed rows
        phone, note = column(contacts, "Telefon"), column(duties, "Hinweis")
        name, mail = column(contacts, "Ansprechpartner/in"), column(contacts, "E-Mail")
        task = column(duties, "Aufgabe")
        for n, row in enumerate(contacts[1:]):
            row[phone] = f"030 23125 1{n:02}"
        del duties[1:3]
        for row in duties[1:8]:
            row += [""] * (len(duties[0]) - len(row))
            row[note] = "nur mit Termin"
        for who in ("Erika Mustermann", "Max Muster"):
            row = [""] * len(contacts[0])
            row[name], row[phone] = who, "030 23125 200"
            row[mail] = f"{who.split()[0].lower()}@example.org"
            row[column(contacts, "Funktion")] = "Sachbearbeitung"
            row[column(contacts, "Vertraulichkeit")] = "partners"
            contacts.append(row)
        for what in ("labour-rights-advice", "welcome-orientation"):
            row = [""] * len(duties[0])
            row[task], row[column(duties, "Region")] = what, "leipzig"
            row[column(duties, "Rolle")] = "support"
            duties.append(row)
        workbook.write(path, sheets)

        before = clerk.json("status")["items"][0]["revision"] if False else clerk.json(
            "get", "institution", CLERK)["revision"]
        plan = self.ok(clerk.terminal("sync", "plan", path, env=german), 1)
        self.assertIn("Abgleich: Stadt Leipzig, Ausländerbehörde", plan.out)
        self.assertNotIn(CLERK, plan.out)  # names, not ids
        self.assertIn("für Freizügigkeitsberechtigte wäre niemand mehr zuständig. Zuletzt",
                      " ".join(plan.out.replace("Für", "für").split()))
        self.assertIn("Ansprechpersonen: 2 neu, 4 geändert", plan.out)
        self.assertIn("Zuständigkeiten: 2 neu, 7 geändert, 2 archiviert, 1 unverändert", plan.out)
        self.assertIn("Freizügigkeit und Aufenthaltskarte, Leipzig: ", plan.out)
        self.assertIn("--allow-deletes 2", plan.out)

        # nothing is taken away by accident
        refused = self.ok(clerk("abgleich", "anwenden", "last", "--yes", env=german), 6)
        self.assertIn("--allow-deletes 2", refused.err)
        self.assertRegex(refused.err, r"iqq sync status [0-9a-f]{8}\.")
        self.assertNotIn("cell:", refused.err)
        steps = self.ok(clerk("abgleich", env=german), 2)
        self.assertRegex(steps.err, r"template(.|\n)*plan(.|\n)*resolve(.|\n)*apply(.|\n)*status")
        self.assertEqual(clerk.json("get", "institution", CLERK)["revision"], before)

        # meanwhile somebody else changes a row of the list
        watch = Watch(self.iqq, "--institution", CLERK)
        self.addCleanup(watch.stop)
        wait_for(lambda: watch.notes, "the watch to begin")
        person = clerk.json("list", "contact", "--institution", CLERK, "--reason",
                            "correction")["items"][0]["id"]
        self.ok(colleague("set", "contact", person, "phone=030 23125 999"))
        watch.shows(f"^changed\tcontact\t{person}\t")
        conflict = self.ok(clerk("sync", "apply", "last", "--allow-deletes", "2", "--yes"), 6)
        self.assertIn("030 23125 999", conflict.out + conflict.err)
        self.ok(clerk("sync", "resolve", "last", "contact", person, "phone", "mine"))
        self.ok(clerk("sync", "apply", "last", "--allow-deletes", "2", "--yes"))
        got = clerk.json("get", "contact", person, "--reason", "correction")["items"][0]
        self.assertRegex(got["phone"], r"^\+49 30 231251")

        # the second terminal has seen it all
        watch.shows("^added\tcontact\tc-")
        watch.shows("^added\tresponsibility\tabh-leipzig-labour-rights-advice")
        watch.shows("^removed\tresponsibility\tabh-leipzig-")
        after = clerk.json("get", "institution", CLERK)["revision"]
        self.assertEqual(self.ok(clerk("sync", "plan", path, "--delta")).exit, 0)

        # she leaves; Erika Mustermann takes over
        people = clerk.json("list", "contact", "--institution", CLERK, "--reason",
                            "correction")["items"]
        new = next(p["id"] for p in people if p["name"] == "Erika Mustermann")
        self.assertRegex(new, r"^c-[a-z2-7]+$")
        sheet = clerk.json("handover", person, "--reason", "correction")
        self.assertTrue(sheet["items"])
        self.ok(clerk("handover", person, new, "--reason", "correction", "--yes"))
        self.assertTrue(clerk.json("handover", new, "--reason", "correction")["items"])

        # what the next workshop will talk about
        diff = self.ok(clerk("diff", "leipzig", "--from", str(before), "--reason", "workshop",
                             "--json"), 1).json
        what = {(i["what"], i["kind"]) for i in diff["items"]}
        for pair in (("added", "contact"), ("added", "responsibility"),
                     ("removed", "responsibility"), ("changed", "contact")):
            self.assertIn(pair, what)
        self.assertGreater(diff["revision"], after)
        watch.stop()
        self.server.stop()
        self.ok(self.server.check())


if __name__ == "__main__":
    main()
