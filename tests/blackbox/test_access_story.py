# SPDX-License-Identifier: Apache-2.0
"""Several institutions share one daemon: the story of docs/sharing.md, by the command line."""

import os
import re
import ssl
import time
import unittest

import iqtest

PERSON, NAME, PHONE = "jc-leipzig-casework", "Greta Probe", "030 23125 006"
UNTIL = f"{time.gmtime().tm_year + 1}-12-31"
ASK = ("who", "--task", "job-placement", "--region", "leipzig", "--contacts",
       "--reason", "referral")


class Story(iqtest.Case):
    """One test, because each scene needs those before it; `scene` says where it went wrong."""

    def test_story(self):
        for scene in (self.editor, self.reader_sees_withheld, self.grant, self.contact_person,
                      self.explained, self.revoked, self.auditor, self.languages, self.tour):
            self.scene = scene.__name__
            scene()

    def assertExit(self, done, status, *texts):
        self.assertEqual(done.exit, status, f"{self.scene}: {done}")
        for text in texts:
            self.assertIn(text, done.out + done.err, f"{self.scene}: {done}")

    def says(self, client, *args, status=0, contains=(), **more):
        done = client(*args, **more)
        self.assertExit(done, status, *contains)
        return done

    def enrol(self, done):
        """A fresh computer, with the token that a command printed."""
        token = re.search(r"^token: (\S+)$", done.out, re.M).group(1)
        client = iqtest.Client(self.server, type(self), enroll=False)
        self.says(client, "enroll", "--token", token)
        return client

    def account(self, id_, name, *fields):
        self.says(self.iqq, "principal", "add", id_, f"name={name}", *fields)

    # ---- scenes

    def editor(self):
        self.account("max-muster", "Max Muster", "institution=jc-leipzig")
        done = self.says(self.iqq, "token", "create", "max-muster", "--grant",
                         f"editor:institution=jc-leipzig:until={UNTIL}")
        self.max = self.enrol(done)
        self.says(self.max, "whoami", contains=("max-muster", "editor", "jc-leipzig"))
        self.says(self.max, "set", "institution", "jc-leipzig", "hours=Mo-Fr 8-12")
        self.says(self.max, "set", "institution", "aa-leipzig", "hours=Mo 8-12", status=5)
        self.says(self.max, "contact", "jc-leipzig", contains=(NAME, PHONE))  # its own

    def reader_sees_withheld(self):
        self.account("rosa-beispiel", "Rosa Beispiel", "institution=bdv-leipzig")
        self.rosa = self.enrol(self.says(self.iqq, "token", "create", "rosa-beispiel"))
        answers = self.says(self.rosa, *ASK, "--json").json["answers"]
        row = next(a for a in answers if a["institution"]["id"] == "jc-leipzig")
        self.assertNotIn(PERSON, [c["id"] for c in row["contacts"]])
        self.assertEqual([(w["visibility"], w["ask"]) for w in row["withheld"]],
                         [("partners", "jc-leipzig")])
        for args in (ASK, ("contact", "jc-leipzig", "--reason", "referral"),
                     ("list", "contact", "--reason", "referral"), ("search", NAME)):
            done = self.rosa(*args)
            self.assertNotIn(NAME, done.out)
            self.assertNotIn(PHONE, done.out + done.err)

    def grant(self):
        self.says(self.iqq, "grant", "rosa-beispiel", "reader", "--region", "leipzig",
                  "--until", UNTIL, "--reason", "Beratung")
        done = self.says(self.rosa, "contact", "jc-leipzig")  # without a reason: still nothing
        self.assertNotIn(PHONE, done.out + done.err)
        self.says(self.rosa, "contact", "jc-leipzig", "--reason", "weil", status=2)
        self.says(self.rosa, "contact", "jc-leipzig", "--reason", "referral",
                  contains=(NAME, PHONE))
        self.says(self.rosa, *ASK, contains=(PHONE,))

    def contact_person(self):
        self.account("greta-probe", NAME, "institution=jc-leipzig", "contact=" + PERSON)
        (number,) = (str(a["id"]) for a in self.says(self.max, "approve", "--json").json["items"])
        self.says(self.iqq, "approve", number, status=5)  # not by whoever asked
        self.says(self.max, "approve", number)  # the job centre's own editor
        greta = self.enrol(self.says(self.iqq, "token", "create", "greta-probe"))
        for words in (("my-data",), ("meine-daten",)):
            self.says(greta, *words, contains=(PHONE, "rosa-beispiel", "bdv-leipzig", "referral"))
        self.says(self.rosa, "my-data", "--subject", PERSON, status=5)
        self.says(greta, "flag", PERSON, "Die Durchwahl ist jetzt 007.")

    def explained(self):
        """The right is explained from both ends, in both languages."""
        for lang, word in (("en", "may do this"), ("de", "darf")):
            env = {"IQQ_LANG": lang}
            done = self.iqq.terminal("can", "rosa-beispiel", "contact", "contact", PERSON,
                                     "--explain", env=env, columns=120)
            self.assertExit(done, 0, "rosa-beispiel", word)
            done = self.iqq.terminal("who-can", "contact", "contact", PERSON, env=env,
                                     columns=120)
            self.assertExit(done, 0, "rosa-beispiel", "max-muster")
        self.assertExit(self.rosa("can", "edit", "institution", "jc-leipzig"), 5)
        self.assertExit(self.max("can", "edit", "institution", "jc-leipzig"), 0)

    def revoked(self):
        raw = self.rosa.connect()
        self.addCleanup(raw.close)
        ask = {"term": "jc-leipzig", "reason": "referral"}
        self.assertIn(PERSON, [c["id"] for c in raw.call("contact", ask)["contacts"]])
        number = next(g["id"] for g in self.iqq.json("grants", "rosa-beispiel")["items"]
                      if g["role"] == "reader")
        self.says(self.iqq, "revoke", "rosa-beispiel", str(number))
        m = raw.call("contact", ask)  # the connection is the same, the right is gone
        self.assertNotIn(PERSON, [c["id"] for c in m["contacts"]])
        self.says(self.iqq, "revoke", "rosa-beispiel", "--all")
        self.assertEnds(raw)
        self.says(self.rosa, "whoami", status=4, contains=("rosa-beispiel",))
        self.says(self.iqq, "can", "rosa-beispiel", "contact", "contact", PERSON, status=5)

    def assertEnds(self, raw):
        """Nobody asks anything: the server ends the connection."""
        raw.socket.settimeout(iqtest.DEADLINE)
        try:
            while raw.socket.recv(4096):
                pass
        except (ConnectionError, ssl.SSLError):
            pass  # ended as well, less politely

    def auditor(self):
        self.account("revision", "Revision")
        done = self.iqq("token", "create", "revision", "--grant", f"auditor:until={UNTIL}")
        self.assertExit(done, 0, "iqq approve")
        self.says(self.max, "audit", status=5)
        # there is only one administrator: the second person sits at the machine
        self.server.stop()
        waiting = iqtest.run([iqtest.IQD, "approve", "--state", self.server.dir])
        self.assertExit(waiting, 0, "revision", "auditor")
        number = re.search(r"^(\d+) ", waiting.out, re.M).group(1)
        self.assertExit(iqtest.run([iqtest.IQD, "approve", "--state", self.server.dir, number]), 0)
        self.server.start()
        self.revision = self.enrol(done)
        report = self.says(self.revision, "audit", "verify", "--json").json["items"][0]
        self.assertTrue(report["intact"])
        seen = self.says(self.revision, "audit", "--subject", PERSON, "--json").json["items"]
        self.assertEqual({(e["principal"], e["purpose"]) for e in seen
                          if e["event"] == "disclosed" and e["principal"] == "rosa-beispiel"},
                         {("rosa-beispiel", "referral")})
        self.says(self.revision, "protokoll", "pruefe")
        self.assertExit(self.server_check(), 0)

    def server_check(self):
        self.server.stop()
        done = self.server.check()
        self.server.start()
        return done

    def languages(self):
        english, german = (self.iqq.terminal("rights", env={"IQQ_LANG": lang}, columns=100).out
                           for lang in ("en", "de"))
        self.assertNotEqual(english, german)
        for role in ("reader", "editor", "coordinator", "curator", "admin", "auditor"):
            self.assertIn(role, english)
        self.assertRegex(german, r"(?i)darf|Leserecht|Rolle")
        self.assertEqual(self.iqq("rights").out, self.iqq("rechte", env={"IQQ_LANG": "de"}).out)
        done = self.iqq.terminal("darf", "rosa-beispiel", "contact", "contact", PERSON,
                                 "--explain", env={"IQQ_LANG": "de"}, columns=120)
        self.assertExit(done, 5, "rosa-beispiel")
        self.assertRegex(done.out, r"(?i)widerrufen")

    def tour(self):
        """Each command of the section in the documentation is one that exists."""
        with open(os.path.join(iqtest.SOURCE, "docs", "sharing.md"), encoding="utf-8") as f:
            lines = re.findall(r"^\$ (iqq|iqd) (.*)$", f.read(), re.M)
        self.assertGreater(len(lines), 10)
        for program, line in lines:
            command = line.split()[0]
            if program == "iqq":
                self.assertExit(self.iqq("help", command), 0)
            else:
                self.assertIn(" " + command, iqtest.run([iqtest.IQD, "help"]).out)


if __name__ == "__main__":
    iqtest.main()
