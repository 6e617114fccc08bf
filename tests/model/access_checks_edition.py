# SPDX-License-Identifier: Apache-2.0
"""Editions of the interface document against access_reference.py: rendered for their readers."""

from access_reference import FULL, HIDDEN, OUTLINE
from access_world import PURPOSE

EDITIONS = ["public", "partners", "members"]
REGIONS = ["land", "kreis-a", "stadt-b1", "gebiet"]
RECIPIENT = "Runde der Behörden"


class Editions:
    """Mixed into the test that has `world`."""

    def edition(self, edition, region, **more):
        message = {"region": region, "edition": edition}
        if edition != "public":
            message.update(reason=PURPOSE, recipient=RECIPIENT)
        return {**message, **more}

    def check_edition(self, name, p):
        bulk = self.access.may_at_all(p, "bulk")
        for edition in EDITIONS:
            for region in REGIONS:
                answer, error = self.ask(name, "edition", self.edition(edition, region))
                if edition != "public" and not bulk:
                    self.assertEqual(error and error["code"], "denied", f"{name} {edition}")
                    break
                self.assertIsNone(error, f"{name} {edition} {region}")
                self.check_edition_bytes(name, edition, region)
                self.check_edition_of(name, p, edition, region, answer)
            if bulk and edition != "public":
                for missing in ({"reason": ""}, {"recipient": ""}, {"recipient": "a\nb"},
                                {"reason": "frei-erfunden"}):
                    _, error = self.ask(name, "edition", self.edition(edition, "land", **missing))
                    self.assertEqual(error and error["code"], "usage", f"{name} {missing}")

    def check_edition_bytes(self, name, edition, region):
        """Whoever prints it: nothing is in it that its readers may not see."""
        data = self.world.wire(name).seen
        for c, r in self.contacts.items():
            seen = self.access.reader_sees(edition, region, c)
            texts = [] if seen == FULL else [r["name"], r["phone"], r["email"]]
            if seen == HIDDEN:
                texts += [r["function"], r["id"]]
            texts.append(r["external_id"])
            for text in texts:
                self.assertNotIn(text.encode(), data, f"{name} {edition} {region}: {c}")

    def there(self, region):
        """Institutions with their seat in the region, or with a row that counts there."""
        rows = self.world.records["responsibility"].values()
        return {i for i, r in self.world.records["institution"].items()
                if self.access.covers_region(region, r["region"])
                or any(d["institution"] == i and self.access.valid(d)
                       and self.access.related(region, d["region"]) for d in rows)}

    def check_edition_of(self, name, p, edition, region, answer):
        shown = {i["institution"]["id"]: i for i in answer["institutions"]}
        what = f"{name} {edition} {region}"
        self.assertEqual(set(shown), self.there(region), what)
        self.assertEqual((answer["total"], answer["cursor"]), (len(shown), b""), what)
        refused = 0
        for id_, i in shown.items():
            refused += self.check_edition_people(p, edition, region, id_, i, f"{what} {id_}")
            for d in i["responsibilities"]:
                self.assertEqual(d["contacts"], [], what)
                stored = self.world.records["responsibility"][d["id"]]
                self.assertEqual(stored["institution"], id_, what)
                self.assertTrue(self.access.valid(stored), what)
                self.assertTrue(self.access.related(region, stored["region"]), what)
        self.assertEqual((answer["withheld"], answer["because"]),
                         (refused, "right" if refused else ""), what)

    def check_edition_people(self, p, edition, region, institution, shown, what):
        want = {c: self.access.in_edition(p, edition, region, c)
                for c, r in self.contacts.items()
                if r["institution"] == institution and self.access.valid(r)}
        full = {c for c, (seen, _) in want.items() if seen == FULL}
        self.assertEqual({m["id"] for m in shown["contacts"]}, full, what)
        for m in shown["contacts"]:
            for column in ("name", "function", "phone", "email", "visibility"):
                self.assertEqual(m[column], self.contacts[m["id"]][column], what)
            self.assertEqual((m["deputy"], m["external_id"]), ("", ""), what)
        self.assertEqual(
            sorted((m["function"], m["because"]) for m in shown["withheld"]),
            sorted((self.contacts[c]["function"], "right" if author else "")
                   for c, (seen, author) in want.items() if seen == OUTLINE), what)
        return sum(author for _, author in want.values())
