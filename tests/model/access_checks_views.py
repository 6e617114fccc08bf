# SPDX-License-Identifier: Apache-2.0
"""Views of a region: the same for everybody who may ask, and no contact in any of them."""

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
