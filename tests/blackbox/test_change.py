# SPDX-License-Identifier: Apache-2.0
"""Two people change the same record, archive it, bring it back, take changes back; in German and
English, as they see it."""

import os
import unittest

import iqtest

ERIKA, MAX, ROW = "vhs-muster-erika", "vhs-muster-max", "vhs-kurs"


class Change(iqtest.Case):
    data = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for line in (("region", "de", "name_de=Deutschland"),
                     ("task", "kurs", "name_de=Kurs"), ("status", "duldung", "name_de=Duldung"),
                     ("institution", "vhs", "name_de=VHS", "region=de"),
                     ("contact", ERIKA, "institution=vhs", "name=Erika Mustermann",
                      "phone=030 23125 100", "visibility=partners"),
                     ("contact", MAX, "institution=vhs", "name=Max Muster", f"deputy={ERIKA}"),
                     ("responsibility", ROW, "institution=vhs", "task=kurs", "region=de",
                      "role=lead", f"contacts={ERIKA};{MAX}"),
                     ("workshop", "ws", "region=de", "name_de=Runde"),
                     ("membership", "ws-vhs", "workshop=ws", "institution=vhs",
                      f"representative={MAX}")):
            done = cls.iqq("add", *line)
            if done.exit != 0:
                raise AssertionError(done)

    def record(self, kind, id_):
        return self.iqq.json("get", kind, id_)["items"][0]

    def done(self, *args, **more):
        done = self.iqq(*args, **more)
        self.assertExit(done, 0)
        return done

    def newest(self, kind, id_):
        return self.iqq.json("history", kind, id_)["items"][0]

    # ---- two people, one record

    def test_the_revision_is_shown(self):
        revision = str(self.record("contact", ERIKA)["revision"])
        self.assertIn(f"revision\t{revision}\n", self.iqq("get", "contact", ERIKA).out)
        done = self.iqq.terminal("--lang", "de", "--no-pager", "zeige", "kontakt", ERIKA)
        self.assertRegex(done.out, rf"Revision +{revision}\n")

    def test_conflict(self):
        base = self.record("institution", "vhs")["revision"]
        self.done("set", "institution", "vhs", "phone=030 23125 200", "town=Dresden")
        theirs = self.record("institution", "vhs")["revision"]
        mine = ("set", "institution", "vhs", "phone=030 23125 300", "street=Weg 1",
                "--base", str(base))
        done = self.iqq(*mine)
        self.assertExit(done, 6, "was:", "theirs:  030 23125 200", "yours:   030 23125 300",
                        f"--base {theirs}")
        done = self.iqq(*mine, "--lang", "de")
        self.assertExit(done, 6, "vorher:", "jetzt:", "Ihres:", "von jemand anderem", "Telefon",
                        f"Revision {theirs}", "unverändert", f"--base {theirs}")
        done = self.iqq(*mine, "--json")
        self.assertExit(done, 6)
        error = done.json["error"]
        self.assertEqual(error["code"], "conflict")
        fields = {c["column"]: c for c in error["conflicts"]}
        self.assertEqual(set(fields), {"phone", "town"})
        self.assertEqual((fields["phone"]["theirs"], fields["phone"]["mine"]),
                         ("030 23125 200", "030 23125 300"))
        self.assertEqual((fields["phone"]["principal"], fields["phone"]["revision"]),
                         ("admin", theirs))
        self.assertRegex(fields["phone"]["time"], r"^\d{4}-\d\d-\d\dT.*Z$")
        # together: the phone stays in conflict, the rest does not
        done = self.iqq(*mine, "--merge", "--json")
        self.assertEqual([c["column"] for c in done.json["error"]["conflicts"]], ["phone"])
        self.assertEqual(self.record("institution", "vhs")["street"], "")
        # other fields only: taken together when asked to
        other = ("set", "institution", "vhs", "street=Weg 1", "--base", str(base))
        self.assertExit(self.iqq(*other), 6, "--merge")
        self.done(*other, "--merge")
        item = self.record("institution", "vhs")
        self.assertEqual((item["street"], item["town"]), ("Weg 1", "Dresden"))
        # the same value twice is no conflict
        self.done("set", "institution", "vhs", "phone=030 23125 200", "--base", str(base), "--merge")
        # on the base of what is there now
        self.done("set", "institution", "vhs", "phone=030 23125 300", "--base",
                  str(item["revision"]))

    def told(self):
        """Entries of the audit log about persons who were disclosed."""
        folder = os.path.join(self.server.dir, "audit")
        text = ""
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as f:
                text += f.read().decode("utf-8", "replace")
        return text.count("\tdisclosed\t")

    def test_conflicts_go_on_record(self):
        base = self.record("contact", ERIKA)["revision"]
        self.done("set", "contact", ERIKA, "phone=030 23125 400")
        before = self.told()
        mine = ("set", "contact", ERIKA, "phone=030 23125 500", "--base", str(base))
        self.assertExit(self.iqq(*mine), 6, "030 23125 400")
        self.assertEqual(self.told(), before + 1)
        # nothing of it where there is no conflict
        self.assertExit(self.iqq("set", "contact", ERIKA, "visibility=nobody", "--base", str(base)), 7)
        self.assertEqual(self.told(), before + 1)

    def test_usage(self):
        self.assertExit(self.iqq("set", "institution", "vhs", "url=x", "--merge"), 2, "--base")
        self.assertExit(self.iqq("set", "institution", "vhs", "url=x", "--base", "x"), 2)
        self.assertExit(self.iqq("set", "institution", "vhs", "url=x", "--base", "999999"), 2,
                        "999999")
        self.assertExit(self.iqq("revert", "abc"), 2)
        self.assertExit(self.iqq("revert", "999999"), 1)
        self.assertExit(self.iqq("confirm", "vhs"), 1)
        self.assertExit(self.iqq("revive", "contact", "nobody"), 1)

    # ---- archive and revive

    def test_archive(self):
        before = [self.record(k, i) for k, i in
                  (("contact", ERIKA), ("contact", MAX), ("responsibility", ROW))]
        done = self.iqq.terminal("--lang", "de", "--no-pager", "archiviere", "kontakt", ERIKA, "-n")
        self.assertExit(done, 0, "contacts", "deputy", "Es wurde nichts geschrieben")
        base = before[0]["revision"]
        done = self.done("archive", "contact", ERIKA, "--base", str(base))
        self.assertIn(f"responsibility\t{ROW}\tcontacts\t{ERIKA};{MAX}\t{MAX}\n", done.out)
        self.assertExit(self.iqq("get", "contact", ERIKA), 1)
        self.assertEqual(self.record("contact", MAX)["deputy"], "")
        # the id is hers, and who goes on working on her is told where she is
        done = self.iqq("add", "contact", ERIKA, "institution=vhs", "name=X")
        self.assertExit(done, 6, f"iqq revive contact {ERIKA}")
        self.assertExit(self.iqq("set", "contact", ERIKA, "phone=1"), 1, "iqq revive")
        done = self.iqq("set", "contact", ERIKA, "phone=1", "--base", str(base), "--lang", "de")
        self.assertExit(done, 6, "archiviert", "entfernt", "iqq reaktiviere")
        self.assertEqual(self.newest("contact", ERIKA)["operation"], "archive")
        self.done("reaktiviere", "kontakt", ERIKA)
        after = [self.record(k, i) for k, i in
                 (("contact", ERIKA), ("contact", MAX), ("responsibility", ROW))]
        for item in before + after:
            item.pop("revision")
        self.assertEqual(before, after)
        self.assertExit(self.iqq("revive", "contact", ERIKA), 1)

    def test_needed(self):
        done = self.iqq("archive", "contact", MAX)
        self.assertExit(done, 6, "ws-vhs", f"iqq handover {MAX}")
        done = self.iqq("archiviere", "einrichtung", "vhs", "--lang", "de")
        self.assertExit(done, 6, "kann nicht archiviert werden", ROW)

    def test_several(self):
        for id_ in ("kurs-a", "kurs-b"):
            self.done("add", "responsibility", id_, "institution=vhs", "task=kurs", "region=de",
                      "role=advice")
        self.done("bestaetigen", "kurs-a", "kurs-b")
        self.assertRegex(self.record("responsibility", "kurs-a")["confirmed_on"], r"^\d{4}-")
        self.assertEqual(self.newest("responsibility", "kurs-a")["revision"],
                         self.newest("responsibility", "kurs-b")["revision"])
        self.done("bestätigen", "duldung")
        self.assertExit(self.iqq("archive", "responsibility", "kurs-a", "none"), 1)
        self.assertEqual(self.record("responsibility", "kurs-a")["id"], "kurs-a")
        self.done("archive", "responsibility", "kurs-a", "kurs-b")
        change = self.newest("responsibility", "kurs-a")["revision"]
        # one change brings both back
        self.done("revert", str(change))
        self.assertEqual(self.record("responsibility", "kurs-b")["role"], "advice")
        self.done("archive", "responsibility", "kurs-a", "kurs-b")
        # a row of an import brings one back, too
        path = os.path.join(iqtest.temp_dir(self), "responsibilities.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("id,institution,task,region,role\nkurs-a,vhs,kurs,de,provider\n")
        self.done("import", path)
        self.assertEqual(self.record("responsibility", "kurs-a")["role"], "provider")
        self.assertExit(self.iqq("revive", "responsibility", "kurs-a"), 1)
        self.done("revive", "responsibility", "kurs-b")

    # ---- taking back

    def test_revert(self):
        self.done("set", "responsibility", ROW, "note=neu", "condition=")
        change = self.newest("responsibility", ROW)["revision"]
        done = self.iqq.terminal("--lang", "de", "--no-pager", "zurücknehmen", str(change), "-n")
        self.assertExit(done, 0, "note: neu", "nichts geschrieben")
        self.done("set", "responsibility", ROW, "note=neuer", "source=Liste")
        done = self.iqq("zuruecknehmen", str(change), "--lang", "de")
        self.assertExit(done, 6, "seitdem erneut geändert", "--merge", "jetzt:")
        self.done("revert", str(change), "--merge")
        self.assertEqual(self.record("responsibility", ROW)["note"], "neuer")
        second = self.newest("responsibility", ROW)["revision"]
        self.done("revert", str(second), "--reason", "Liste vom Vorjahr")
        item = self.record("responsibility", ROW)
        self.assertEqual((item["note"], item["source"]), ("neu", ""))
        entry = self.newest("responsibility", ROW)
        self.assertEqual((entry["operation"], entry["reason"]), ("revert", "Liste vom Vorjahr"))

    def test_revert_never_widens(self):
        self.done("set", "contact", ERIKA, "visibility=institution")
        change = self.newest("contact", ERIKA)["revision"]
        done = self.iqq("revert", str(change), "--lang", "de")
        self.assertExit(done, 6, "zustimmen", f"iqq setze kontakt {ERIKA} visibility=partners")
        self.assertEqual(self.record("contact", ERIKA)["visibility"], "institution")

    # ---- requests that arrive twice

    def test_request_ids(self):
        with self.iqq.connect() as raw:
            id_ = os.urandom(16)
            message = {"request_id": id_, "verb": "ARCHIVE", "kind": "status", "id": "duldung"}
            first = raw.call("write", message)
            again = raw.call("write", message)
            self.assertEqual((again["revision"], again["replayed"]), (first["revision"], True))
            with self.assertRaises(iqtest.Refused) as refused:
                raw.call("write", {**message, "verb": "REVIVE"})
            self.assertEqual(refused.exception.code, "conflict")
        self.done("revive", "status", "duldung")


class Sound(unittest.TestCase):
    def test_check(self):
        """After all of it the database agrees with itself, also over a restart."""
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        for line in (("region", "de", "name_de=Deutschland"),
                     ("institution", "vhs", "name_de=VHS", "region=de"),
                     ("contact", "a", "institution=vhs", "name=Max Muster"),
                     ("contact", "b", "institution=vhs", "name=Eva Muster", "deputy=a")):
            self.assertEqual(iqq("add", *line).exit, 0)
        self.assertEqual(iqq("archive", "contact", "a").exit, 0)
        server.stop()
        self.assertEqual(server.check().exit, 0)
        server.start()
        self.assertEqual(iqq("revive", "contact", "a").exit, 0)
        self.assertEqual(iqq.json("get", "contact", "b")["items"][0]["deputy"], "a")
        server.stop()
        self.assertEqual(server.check().exit, 0)


if __name__ == "__main__":
    iqtest.main()
