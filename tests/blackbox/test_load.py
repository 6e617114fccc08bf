# SPDX-License-Identifier: Apache-2.0
"""Many connections at once: questions, changes, imports and coming and going, side by side.

Run under ThreadSanitizer by tools/check; answers are looked at here, too."""

import os
import random
import threading

import iqtest

ROUNDS = int(os.environ.get("IQ_LOAD_ROUNDS", "60"))
PIPELINE = 8


class Load(iqtest.Case):
    def setUp(self):
        self.wrong = []

    def thread(self, work, *args):
        def run():
            try:
                work(*args)
            except Exception as e:
                self.wrong.append(f"{work.__name__}{args}: {e!r}")
        t = threading.Thread(target=run)
        t.start()
        return t

    def ask(self, seed):
        rng = random.Random(seed)
        towns = ["dresden", "leipzig", "goerlitz", "lk-meissen", "de", ""]
        tasks = ["language", "integration-course", "work-permit", "job-placement", "asylum-decision"]
        with self.iqq.connect() as raw:
            revision = 0
            for _ in range(ROUNDS):
                for _ in range(PIPELINE):
                    raw.send("who", {"task": rng.choice(tasks), "region": rng.choice(towns),
                                     "at": "2026-11-22"})
                for _ in range(PIPELINE):
                    m = raw.result("who")
                    if m["outcome"] not in ("answered", "nobody", "excluded", "not-needed"):
                        raise AssertionError(m["outcome"])
                    if m["revision"] < revision:
                        raise AssertionError(f"revision {m['revision']} after {revision}")
                    revision = m["revision"]

    def change(self, name):
        """Records and vocabulary: each written revision is seen by the next question."""
        with self.iqq.connect() as raw:
            for n in range(ROUNDS):
                id_ = f"{name}-{n}"
                m = raw.write("ADD", "task", id_, {"name_de": "Last " + id_, "parent": "language"})
                raw.write("ADD", "responsibility", id_, {
                    "institution": "vhs-dresden", "task": id_, "region": "dresden", "role": "lead"})
                answer = raw.call("who", {"task": id_, "region": "dresden", "at": "2026-11-22"})
                first = answer["answers"][0]
                if first["responsibility"]["id"] != id_ or answer["revision"] < m["revision"]:
                    raise AssertionError(f"{id_}: {first['responsibility']['id']}")
                if n % 3 == 0:
                    raw.write("DELETE", "responsibility", id_)
                    raw.write("DELETE", "task", id_)

    def load(self, name):
        with self.iqq.connect() as raw:
            for n in range(max(ROUNDS // 10, 1)):
                rows = [(i + 2, [f"{name}-{n}-{i}", "Art"]) for i in range(200)]
                m = raw.load([("kinds.csv", "kind", ["id", "name_de"], rows)])
                if sum(c["created"] for c in m["counts"]) != 200:
                    raise AssertionError(m["counts"])

    def come_and_go(self):
        for n in range(ROUNDS):
            with self.iqq.connect() as raw:
                raw.call("whoami", {})
                if n % 2:
                    raw.send("export", {})  # and leave without reading

    def read_everything(self):
        with self.iqq.connect() as raw:
            for _ in range(max(ROUNDS // 20, 1)):
                for kind in ("institution", "responsibility", "region"):
                    cursor = b""
                    while True:
                        m = raw.call("list", {"kind": kind, "cursor": cursor})
                        cursor = m["cursor"]
                        if not cursor:
                            break
                raw.call("search", {"text": "Volkshochschule"})
                raw.call("status", {})

    def test_side_by_side(self):
        threads = [self.thread(self.ask, n) for n in range(4)]
        threads += [self.thread(self.change, f"load-{n}") for n in range(2)]
        threads += [self.thread(self.load, "bulk"), self.thread(self.come_and_go),
                    self.thread(self.read_everything)]
        for t in threads:
            t.join(iqtest.DEADLINE * 4)
            self.assertFalse(t.is_alive(), self.server.read_log())
        self.assertEqual(self.wrong, [], self.server.read_log())
        self.server.stop()
        self.assertEqual(self.server.check().exit, 0)


if __name__ == "__main__":
    iqtest.main()
