# SPDX-License-Identifier: Apache-2.0
"""What administrators do besides the story of docs/sharing.md: tokens taken back or with several
grants, the daily limit, listings as an admin of a region sees them, approval on the machine, and
the consent to somebody who joins an institution that has editors."""

import re
import time

import iqtest

UNTIL = f"{time.gmtime().tm_year + 1}-12-31"
LIMIT = 50  # QUOTA_PERSONS of proto/limits.def


class Admin(iqtest.Case):
    def says(self, client, *args, status=0, contains=()):
        done = client(*args)
        self.assertExit(done, status, *contains)
        return done

    def account(self, id_, *fields, by=None):
        return self.says(by or self.iqq, "principal", "add", id_, f"name={id_}", *fields)

    def token(self, id_, *grants, by=None):
        return self.says(by or self.iqq, "token", "create", id_,
                         *(a for g in grants for a in ("--grant", f"{g}:until={UNTIL}")))

    def enrol(self, done):
        client = iqtest.Client(self.server, type(self), enroll=False)
        self.says(client, "enroll", "--token", re.search(r"^token: (\S+)$", done.out, re.M)[1])
        return client

    def items(self, client, *args):
        return client.json(*args)["items"]

    def waiting(self, text):
        return re.search(r"iqq approve (\d+)", text.err)[1]

    def on_the_machine(self, *args, status=0):
        self.server.stop()
        done = iqtest.run([iqtest.IQD, "approve", "--state", self.server.dir, *args])
        self.server.start()
        self.assertExit(done, status)
        return done

    def test_first_grants(self):
        """A token with several grants: those that need nobody else hold at once, and each once."""
        self.account("mit-zwei", "institution=vhs-dresden")
        done = self.token("mit-zwei", "reader:region=dresden", "editor:institution=vhs-dresden",
                          "auditor")
        number = self.waiting(done)
        client = self.enrol(done)
        self.assertEqual({(g["role"], g["institution"] or g["region"])
                          for g in self.items(client, "grants", "mit-zwei")},
                         {("reader", "dresden"), ("editor", "vhs-dresden")})
        token = re.search(r"^token: (\S+)$", done.out, re.M)[1]
        again = iqtest.Client(self.server, type(self), enroll=False)
        self.says(again, "enroll", "--token", token, status=4)  # it was used
        self.says(client, "approve", number, status=1)  # not even for whom it would be
        self.says(self.iqq, "approve", number, "--reject")
        self.says(self.iqq, "revoke", "mit-zwei", "--all")

    def test_token_taken_back(self):
        self.account("ohne-rechner", "institution=vhs-dresden")
        done = self.token("ohne-rechner", "reader:region=dresden")
        (item,) = self.items(self.iqq, "token", "list", "ohne-rechner")
        self.says(self.iqq, "token", "revoke", str(item["id"]))
        self.assertEqual(self.items(self.iqq, "token", "list", "ohne-rechner"), [])
        self.says(self.iqq, "token", "revoke", str(item["id"]), status=1)
        client = iqtest.Client(self.server, type(self), enroll=False)
        token = re.search(r"^token: (\S+)$", done.out, re.M)[1]
        self.says(client, "enroll", "--token", token, status=4)

    def test_daily_limit(self):
        self.account("liest-viel", "institution=bdv-leipzig")
        reader = self.enrol(self.token("liest-viel", "reader:region=land-sachsen",
                                       "coordinator:region=land-sachsen"))

        def names():
            return sum(c["visibility"] == "partners" and bool(c["name"]) for c in self.items(
                reader, "list", "contact", "--reason", "referral"))
        before = names()
        self.assertLessEqual(before, LIMIT)
        self.says(reader, "approve", "quota", "liest-viel", status=5)
        self.says(self.iqq, "approve", "quota", "liest-viel", "--until", "2199-01-01", status=2)
        self.says(self.iqq, "approve", "quota", "liest-viel")
        self.assertGreater(names(), max(before, LIMIT))

    def test_admin_of_a_region(self):
        """Sees and makes what lies within; the rest is not there, or not for him."""
        self.account("adm-dresden", "institution=aa-dresden")
        self.account("dort", "institution=bdv-leipzig")
        self.account("hier", "institution=vhs-dresden")
        done = self.token("adm-dresden", "admin:region=dresden")
        self.on_the_machine(self.waiting(done))
        adm = self.enrol(done)
        for id_ in ("dort", "hier"):
            self.token(id_, f"reader:region={'dresden' if id_ == 'hier' else 'leipzig'}")
        seen = {p["id"] for p in self.items(adm, "principal", "list")}
        self.assertLessEqual({"adm-dresden", "hier"}, seen)
        self.assertNotIn("dort", seen)
        self.assertLess(len(seen), len(self.items(self.iqq, "principal", "list")))
        self.assertEqual({t["principal"] for t in self.items(adm, "token", "list")} &
                         {"hier", "dort"}, {"hier"})
        seen = {g["principal"] for g in self.items(adm, "grants")}
        self.assertIn("hier", seen)
        self.assertNotIn("dort", seen)
        foreign = self.items(self.iqq, "token", "list", "dort")[0]["id"]
        self.says(adm, "token", "revoke", str(foreign), status=1)
        self.says(adm, "token", "create", "dort", status=1)
        self.says(adm, "grant", "hier", "reader", "--region", "leipzig", "--until", UNTIL,
                  status=5)
        # a principal of nowhere lies outside, even if it is oneself
        self.account("adm-nirgends")
        done = self.token("adm-nirgends", "admin:region=dresden")
        self.on_the_machine(self.waiting(done))
        nowhere = self.enrol(done)
        self.says(nowhere, "token", "create", "adm-nirgends", status=5)
        self.says(adm, "token", "create", "adm-dresden")
        for id_ in ("adm-dresden", "adm-nirgends"):
            self.says(self.iqq, "principal", "end", id_, "--yes")

    def test_on_the_machine(self):
        """`iqd approve`: lists, agrees and rejects while there is one administrator."""
        self.account("pruefung")
        asked = [self.says(self.iqq, "grant", "pruefung", "auditor", "--until", until)
                 for until in (UNTIL, UNTIL.replace("12-31", "11-30"))]
        yes, no = (self.waiting(a) for a in asked)
        self.assertIn("pruefung", self.on_the_machine().out)
        self.on_the_machine(yes)
        self.on_the_machine(no, "--reject")
        self.on_the_machine(no, status=6)
        self.on_the_machine("999999", status=1)
        grants = self.items(self.iqq, "grants", "pruefung")
        self.assertEqual([(g["role"], g["valid_to"]) for g in grants], [("auditor", UNTIL)])
        states = {str(a["id"]): (a["state"], a["decided_by"])
                  for a in self.items(self.iqq, "approve", "--all")}
        self.assertEqual((states[yes], states[no]),
                         (("approved", "operator"), ("rejected", "operator")))

    def test_joining(self):
        """The editors of an institution agree to each new account of it; nobody else can."""
        self.account("red-jc", "institution=jc-leipzig")
        editor = self.enrol(self.token("red-jc", "editor:institution=jc-leipzig"))
        number = self.waiting(self.account("neu-jc", "institution=jc-leipzig"))
        self.says(self.iqq, "approve", number, status=5)
        self.on_the_machine(number, status=5)
        self.says(self.iqq, "token", "create", "neu-jc", status=1)
        self.assertIn("neu-jc", {c["id"] for a in self.items(editor, "approve", number)
                                 for c in a["changes"]})
        self.enrol(self.token("neu-jc"))
        self.account("gast", "institution=bdv-leipzig")  # has no editors
        self.waiting(self.says(self.iqq, "principal", "set", "gast", "institution=jc-leipzig"))
        self.assertEqual(self.items(self.iqq, "principal", "list", "gast")[0]["institution"],
                         "bdv-leipzig")
        self.says(self.iqq, "revoke", "red-jc", "--all")


if __name__ == "__main__":
    iqtest.main()
