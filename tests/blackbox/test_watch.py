# SPDX-License-Identifier: Apache-2.0
"""Two terminals: one changes the directory, the other is told as it happens, through everything
that may come between them."""

import json
import os
import select
import signal
import subprocess
import threading
import time

import iqtest

VHS = "vhs-dresden"


class Watch:
    """iqq watch in the background; its lines as they come."""

    def __init__(self, test, *args, **env):
        self.process = subprocess.Popen(
            [iqtest.IQQ, "watch", *args], env={**test.iqq.env, **env},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        iqtest.started.append(self.process)
        test.addCleanup(self.stop)
        self.err, self.buffer = b"", b""

    def note(self, text):
        """Waits until it has said so on standard error."""
        end = time.monotonic() + iqtest.DEADLINE
        while text.encode() not in self.err:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stderr], [], [], left)[0]:
                raise AssertionError(f"no {text!r}, but {self.err}")
            part = os.read(self.process.stderr.fileno(), 4096)
            if not part:
                raise AssertionError(f"no {text!r}, but {self.err}")
            self.err += part
        return self

    def line(self):
        end = time.monotonic() + iqtest.DEADLINE
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"no change was told; {self.err}")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise AssertionError(f"ended: {self.process.wait()} {self.process.stderr.read()}")
            self.buffer += part
        text, _, self.buffer = self.buffer.partition(b"\n")
        return text.decode()

    def stop(self, number=signal.SIGTERM):
        """Its status and what it wrote beyond the lines that were read."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(iqtest.DEADLINE)
        rest = b"" if self.process.stdout.closed else self.buffer + self.process.stdout.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return status, rest


class WatchTest(iqtest.Case):
    phone = 0

    def call(self):
        """Another phone number for the VHS; it is returned."""
        WatchTest.phone += 1
        number = f"030 23125 {100 + self.phone}"
        self.assertExit(self.iqq("set", "institution", VHS, f"phone={number}", "--yes"), 0)
        return number

    def test_as_it_happens(self):
        w = Watch(self).note("Watching")
        self.call()
        self.assertEqual(w.line().split("\t")[:3], ["changed", "institution", VHS])
        self.assertExit(self.iqq("add", "institution", "vhs-muster", "region=dresden",
                                 "kind=adult-education-centre", "name_de=VHS Muster", "--yes"), 0)
        self.assertEqual(w.line().split("\t")[0::5], ["added", "VHS Muster"])
        self.assertExit(self.iqq("delete", "institution", "vhs-muster", "--yes"), 0)
        self.assertEqual(w.line().split("\t")[:3], ["removed", "institution", "vhs-muster"])
        self.assertEqual(w.stop(signal.SIGINT), (0, b""))

    def test_filter(self):
        w = Watch(self, "--region", "leipzig", "--kind", "institution").note("Watching")
        self.call()
        self.assertExit(self.iqq("set", "institution", "vhs-leipzig", "hours=9-12", "--yes"), 0)
        self.assertEqual(w.line().split("\t")[2], "vhs-leipzig")
        self.assertEqual(w.stop(), (0, b""))

    def test_no_gap_and_no_repeat(self):
        """The server is killed and comes back, again and again; everything is told once."""
        state = os.path.join(self.iqq.home, "state-of-watch")
        w = Watch(self, "--state", state, "--json").note("Watching")
        want, got = [], []
        for n in range(6):
            want.append(self.call())
            if n % 2 == 0:
                self.server.kill()
                self.server.start()
            want.append(self.call())
        while not got or got[-1]["record"]["phone"] != want[-1]:
            got.append(json.loads(w.line()))
        phones = [e["record"]["phone"] for e in got]
        revisions = [e["revision"] for e in got]
        # between two answers only the last state counts; none comes twice, none backwards
        self.assertEqual(revisions, sorted(set(revisions)))
        self.assertEqual(phones, [p for p in want if p in phones])
        self.assertEqual(w.stop(), (0, b""))
        # and across runs
        missed = self.call()
        w = Watch(self, "--state", state, "--json")
        self.assertEqual(json.loads(w.line())["record"]["phone"], missed)
        self.assertEqual(w.stop(), (0, b""))
        w = Watch(self, "--state", state, "--json")
        last = self.call()
        self.assertEqual(json.loads(w.line())["record"]["phone"], last)
        self.assertEqual(w.stop(), (0, b""))
        with open(state, encoding="utf-8") as f:
            self.assertNotIn(last, f.read())  # hashes, no contents
        self.assertEqual(os.stat(state).st_mode & 0o777, 0o600)

    def test_exec(self):
        """Data gets to the command by its input and environment, never into a shell."""
        out = os.path.join(self.iqq.home, "out")
        trap = os.path.join(self.iqq.home, "trap")
        w = Watch(self, "--exec", f'echo "$IQ_WHAT $IQ_KIND $IQ_ID" >>{out}; cat >>{out}; exit 3')
        w.note("Watching")
        name = f'"; touch {trap}; $(touch {trap}) `touch {trap}`'
        self.assertExit(self.iqq("set", "institution", VHS, f"hours={name}", "--yes"), 0)
        w.line()
        w.note("exit status 3")
        self.assertEqual(w.stop()[0], 0)
        with open(out, encoding="utf-8") as f:
            first, second = f.read().splitlines()
        self.assertEqual(first, f"changed institution {VHS}")
        self.assertEqual(json.loads(second)["record"]["hours"], name)
        self.assertFalse(os.path.exists(trap))

    def test_saved_question(self):
        w = Watch(self, "--who", "integration-course", "dresden").note("Watching an answer")
        self.assertExit(self.iqq("set", "institution", "vhs-leipzig", "hours=10-12", "--yes"), 0)
        self.call()
        line = w.line().split("\t")
        self.assertEqual(line[0], "changed")
        self.assertIn(VHS, line[1])
        self.assertEqual(line[5], "phone")
        row = f"{VHS}-integration-course-delivery-dresden"
        self.assertExit(self.iqq("set", "responsibility", row, "valid_to=2020-01-01", "--yes"), 0)
        self.assertEqual(w.line().split("\t")[:2], ["removed", row])
        self.assertExit(self.iqq("set", "responsibility", row, "valid_to=", "--yes"), 0)
        self.assertEqual(w.line().split("\t")[:2], ["added", row])
        self.assertEqual(w.stop(), (0, b""))

    def test_saved_question_goes_on(self):
        """What changed in the answer while nobody watched is told first."""
        state = os.path.join(self.iqq.home, "state-of-question")
        asked = ("--who", "integration-course", "dresden", "--state", state, "--json")
        row = f"{VHS}-integration-course-delivery-dresden"
        w = Watch(self, *asked).note("Watching an answer")
        phone = self.call()
        self.assertEqual(json.loads(w.line())["after"]["institution"]["phone"], phone)
        self.assertEqual(w.stop(), (0, b""))
        missed = self.call()
        w = Watch(self, *asked)
        item = json.loads(w.line())
        self.assertEqual((item["what"], item["id"]), ("changed", row))
        self.assertEqual((item["before"]["institution"]["phone"],
                          item["after"]["institution"]["phone"]), (phone, missed))
        w.note("Watching an answer")
        # nothing twice
        last = self.call()
        self.assertEqual(json.loads(w.line())["after"]["institution"]["phone"], last)
        self.assertEqual(w.stop(), (0, b""))
        self.assertEqual(os.stat(state).st_mode & 0o777, 0o600)
        # another question, another language, and what is no such file
        other = ("watch", "--who", "integration-course", "leipzig", "--state", state)
        self.assertExit(self.iqq(*other), 2, "another question", "--state FILE")
        self.assertExit(self.iqq("beobachten", *asked, env={"IQQ_LANG": "de"}), 2,
                        "anderen Sprache")
        self.assertExit(self.iqq("watch", "--state", state), 2, "line 1")
        with open(state, "w", encoding="utf-8") as f:
            f.write('{"cookie":"AAAA"}\n')
        self.assertExit(self.iqq("watch", *asked), 2, "line 1")

    def test_german(self):
        w = Watch(self, IQQ_LANG="de").note("Datensätze")
        self.server.kill()
        w.note("Verbindung")
        self.server.start()
        w.note("wieder")
        self.assertEqual(w.stop(), (0, b""))
        done = self.iqq("änderungen", "--since", "jetzt", env={"IQQ_LANG": "de"})
        self.assertExit(done, 0)
        cookie = done.err.splitlines()[0]
        self.call()
        done = self.iqq.terminal("änderungen", "--since", cookie, env={"IQQ_LANG": "de"})
        self.assertExit(done, 0, f"Institution {VHS}", "Nächstes Mal")

    def test_wrong_usage(self):
        self.assertExit(self.iqq("changes", "--since", "kein Keks"), 2, "cookie")
        self.assertExit(self.iqq("changes", "--since", "AAAA"), 2, "cookie")
        self.assertExit(self.iqq("watch", "dresden"), 2, "--who")
        self.assertExit(self.iqq("changes", "--task", "work-permit", "--kind", "contact"), 2)

    def test_mirror(self):
        path = os.path.join(self.iqq.home, "mirror.jsonl")
        for _ in range(2):
            self.assertExit(self.iqq("changes", "--mirror", path, "--kind", "institution"), 0)
            with open(path, encoding="utf-8") as f:
                lines = [json.loads(line) for line in f]
            listed = self.iqq.json("list", "institution", "--limit", "5000")
            self.assertEqual([r["record"] for r in lines[1:]], listed["items"])
            number = self.call()
        done = self.iqq("changes", "--mirror", path, "--kind", "institution", "--json")
        self.assertEqual([i["record"]["phone"] for i in done.json["items"]], [number])
        # a record that got lost on the way is found by count and digest, and all is told anew
        with open(path, encoding="utf-8") as f:
            kept = [line for line in f if f'"{VHS}"' not in line]
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(kept)
        done = self.iqq("changes", "--mirror", path, "--kind", "institution", "--json")
        self.assertEqual([(i["what"], i["id"]) for i in done.json["items"]], [("added", VHS)])
        # what is too much goes, but only once all is there
        with open(path, "a", encoding="utf-8") as f:
            f.write('{"kind":"institution","id":"vhs-erfunden","record":{}}\n')
        done = self.iqq("changes", "--mirror", path, "--kind", "institution", "--json")
        self.assertEqual([(i["what"], i["id"]) for i in done.json["items"]],
                         [("withdrawn", "vhs-erfunden")])


class ParkedTest(iqtest.Case):
    """Requests that wait, on the wire."""

    def cookie(self, raw):
        return raw.call("changes", {"start": True})["cookie"]

    def wait(self, raw, cookie, ms=30000):
        return raw.send("changes", {"cookie": cookie, "wait_ms": ms})

    def change(self):
        ParkedTest.n = getattr(ParkedTest, "n", 0) + 1
        with self.iqq.connect() as raw:
            raw.write("SET", "institution", VHS, {"hours": f"{self.n} Uhr"})

    def test_woken(self):
        with self.iqq.connect() as raw:
            cookie = self.cookie(raw)
            self.wait(raw, cookie)
            self.change()
            m = raw.result("changes")
            self.assertEqual([e["id"] for e in m["events"]], [VHS])

    def test_other_requests_are_answered_in_order(self):
        with self.iqq.connect() as raw:
            cookie = self.cookie(raw)
            first, second = self.wait(raw, cookie), raw.send("whoami", {})
            third, fourth = self.wait(raw, cookie), self.wait(raw, cookie, 0)
            got = [raw.receive() for _ in range(4)]
            self.assertEqual([r["id"] for r in got], [first, second, third, fourth])
            self.assertEqual([r["changes"]["events"] for r in got if r["changes"]], [[], [], []])

    def test_time_is_over(self):
        with self.iqq.connect() as raw:
            m = raw.call("changes", {"cookie": self.cookie(raw), "wait_ms": 300})
            self.assertEqual((m["events"], m["more"]), ([], False))
            self.assertTrue(m["cookie"])

    def test_many(self):
        """Each of many watchers is told, while others ask."""
        raws = [self.iqq.connect() for _ in range(50)]
        for raw in raws:
            self.wait(raw, self.cookie(raw))
        asked = []

        def ask():
            with self.iqq.connect() as raw:
                for _ in range(50):
                    asked.append(raw.call("whoami", {})["principal"])

        thread = threading.Thread(target=ask)
        thread.start()
        self.change()
        for raw in raws:
            self.assertEqual([e["id"] for e in raw.result("changes")["events"]], [VHS])
            raw.close()
        thread.join(iqtest.DEADLINE)
        self.assertEqual(len(asked), 50)

    def test_stop(self):
        """The server does not wait for those who wait; they get their answers."""
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        with iqq.connect() as raw:
            self.wait(raw, self.cookie(raw))
            raw2 = iqq.connect()
            raw2.call("whoami", {})
            server.stop()
            self.assertEqual(raw.result("changes")["events"], [])
            raw2.close()


if __name__ == "__main__":
    iqtest.main()
