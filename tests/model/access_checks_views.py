# SPDX-License-Identifier: Apache-2.0
"""Views of a region: the same for everybody who may ask, and no contact in any of them. The vote on a
proposal: for those who take part."""

import os

from access_world import day

PLACES = ["land", "kreis-a", "stadt-b1", "gebiet"]
ASKED = {
    "matrix": [{}, {"whole": True}], "gaps": [{"near": True}], "overlaps": [{"parts": True}],
    "stakeholders": [{}, {"whole": True}], "path": [{}],
}


class Viewing:
    """Mixed into the test that has `world`."""

    views = {}  # of who asked first

    def check_view(self, operation, name):
        for region in PLACES:
            for more in ASKED[operation]:
                message = {"region": region, "lang": "BOTH", **more}
                answer, error = self.ask(name, operation, message)
                what = f"{name} {operation} {message}"
                self.assertIsNone(error, what)
                data = self.world.wire(name).seen
                for c in self.contacts.values():
                    for text in (c["name"], c["phone"], c["email"], c["id"], c["external_id"]):
                        if text:
                            self.assertNotIn(text.encode(), data, what)
                answer = {k: v for k, v in answer.items() if k != "revision"}
                first = self.views.setdefault((operation, region, str(more)), (name, answer))
                self.assertEqual(answer, first[1], f"{what}: not what {first[0]} gets")
        _, error = self.ask(name, operation, {"region": "frei-erfunden"})
        self.assertEqual(error and error["code"], "unknown-term", f"{name} {operation}")

    def check_matrix(self, name, _):
        self.check_view("matrix", name)

    def check_gaps(self, name, _):
        self.check_view("gaps", name)

    def check_overlaps(self, name, _):
        self.check_view("overlaps", name)

    def check_stakeholders(self, name, _):
        self.check_view("stakeholders", name)

    def check_path(self, name, _):
        self.check_view("path", name)

    # ---- votes

    def proposal(self):
        """One whose vote runs, in a workshop of amt-a and dienst-b."""
        if not hasattr(type(self), "proposed"):
            type(self).proposed = "vorschlag-a"
            columns = ["id", "workshop", "institution", "text_de", "state", "majority", "quorum",
                       "deadline"]
            row = [self.proposed, "runde-1", "amt-a", "Vorschlag", "open", "simple", "50", day(300)]
            self.world.root.load([("proposals.csv", "proposal", columns, [(2, row)])])
        return self.proposed

    def check_tally(self, name, p):
        """For those who see the proposal; for others there is none."""
        message = {"proposal": self.proposal()}
        known, _ = self.ask(name, "get", {"kind": "proposal", "id": self.proposed})
        answer, error = self.ask(name, "tally", message)
        if not known:
            self.same_as_missing(name, "tally", message, self.proposed)
            return
        self.assertIsNone(error, name)
        self.assertEqual([(x["institution"], x["voted"]) for x in answer["tally"]["lines"]],
                         [("amt-a", False), ("dienst-b", False)], name)

    def check_vote_close(self, name, p):
        """Nobody closes it: it runs, and for most there is none."""
        message = {"request_id": os.urandom(16), "proposal": self.proposal(), "dry_run": True}
        known, _ = self.ask(name, "get", {"kind": "proposal", "id": self.proposed})
        if not known:
            self.same_as_missing(name, "vote_close", message, self.proposed)
            return
        _, error = self.ask(name, "vote_close", message)
        coordinates = any(g.role == "coordinator" and g.region == "land" and not g.institution
                          for g in p.grants if self.access.live(g))
        self.assertEqual(error and error["code"], "conflict" if coordinates else "denied", name)
