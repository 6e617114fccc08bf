# SPDX-License-Identifier: Apache-2.0
"""A copy of what one may see (iqq changes --mirror): after a full refresh exactly what is gone is
gone from it, and nothing at all while count and digest do not match."""

import json
import os
import re
import shutil
import socket
import ssl
import threading

import iqtest
import wire

CLOCK = os.path.join(iqtest.BUILD, "tests", "model", "clock_shift.so")
VHS = "vhs-dresden"


def shifted(days):
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return {"LD_PRELOAD": CLOCK, "IQ_CLOCK_SHIFT": str(int(days * 86400)),
            "ASAN_OPTIONS": sanitizer.lstrip(":")}


class Between:
    """A server in the middle, with the real one's key: it passes everything on, but changes the
    answers of the change feed as long as it is told to."""

    def __init__(self, server, client):
        self.server, (key, certificate, _) = server, client.files()
        self.files, self.change, self.changed = (certificate, key), None, 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(os.path.join(server.dir, "server.pem"),
                                     os.path.join(server.dir, "server.key"))
        self.context.set_alpn_protocols(["iq/1"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as down, \
                    iqtest.Raw(self.server, *self.files) as up:
                while True:
                    up.send_bytes(wire.frame(self.frame(down.recv)))
                    more = True
                    while more:
                        body = self.frame(up.socket.recv)
                        answer = iqtest.SCHEMA.decode("Response", body)
                        more = answer["more"]
                        if answer["changes"] is not None and self.change is not None:
                            body = self.tamper(body, answer["changes"])
                        down.sendall(wire.frame(body))
        except (OSError, EOFError):
            pass

    @staticmethod
    def frame(recv):
        def exactly(n):
            data = b""
            while len(data) < n:
                part = recv(n - len(data))
                if not part:
                    raise EOFError
                data += part
            return data
        return exactly(int.from_bytes(exactly(4), "big"))

    def tamper(self, body, changes):
        if not changes["counted"]:
            return body
        count = b"\x40" + wire.varint(changes["count"])  # fields 8 and 9
        old = count + b"\x4a\x20" + changes["digest"]
        assert body.count(old) == 1, changes
        if self.change == "count":
            new = b"\x40" + wire.varint(changes["count"] - 1) + old[len(count):]
        else:
            new = old[:-1] + bytes([old[-1] ^ 1])
        self.changed += 1
        return body.replace(old, new) if len(new) == len(old) else body


class Mirror(iqtest.Case):
    def setUp(self):
        self.path = os.path.join(iqtest.temp_dir(self), "mirror.jsonl")

    def update(self, *args, status=0, env=None):
        done = self.iqq("changes", "--mirror", self.path, *args, "--json", env=env)
        self.assertExit(done, status)
        return {(i["what"], i["kind"], i["id"]) for i in done.json.get("items", [])}

    def held(self):
        with open(self.path, encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        self.assertEqual(lines[0]["records"], len(lines) - 1)
        return {(r["kind"], r["id"]): r["record"] for r in lines[1:]}

    def anew(self):
        """What somebody is told who begins now."""
        path, self.path = self.path, self.path + ".new"
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.update()
        held, self.path = self.held(), path
        return held

    def write(self, *args):
        self.assertExit(self.iqq(*args, "--yes"), 0)

    def test_restored(self):
        """The server stands at an older state: what came after it never was."""
        self.server.stop()
        kept = self.server.dir + ".kept"
        shutil.copytree(self.server.dir, kept)
        self.server.start()
        self.write("add", "institution", "kommt-weg", "kind=state-ministry", "region=dresden",
                   "name_de=Kommt weg")
        self.write("set", "institution", VHS, "phone=030 23125 555")
        self.update()
        before = self.held()
        self.assertIn(("institution", "kommt-weg"), before)
        self.server.stop()
        shutil.rmtree(self.server.dir)
        os.rename(kept, self.server.dir)
        self.server.start()
        self.assertEqual(self.update(), {("withdrawn", "institution", "kommt-weg"),
                                         ("changed", "institution", VHS)})
        self.assertEqual(set(before) - set(self.held()), {("institution", "kommt-weg")})
        self.assertEqual(self.held(), self.anew())
        self.assertEqual(self.update(), set())

    def test_erased(self):
        """Of a person who was erased not even the id is left to be told as removed."""
        self.write("add", "contact", "c-vergessen", f"institution={VHS}", "name=Max Muster",
                   "visibility=public")
        self.update()
        before = self.held()
        self.assertIn(("contact", "c-vergessen"), before)
        self.assertExit(self.iqq("erase", "c-vergessen", "--reason", "correction", "--yes"), 0)
        # there is only one administrator: the second person sits at the machine
        self.server.stop()
        waiting = iqtest.run([iqtest.IQD, "approve", "--state", self.server.dir])
        number = re.search(r"^(\d+) ", waiting.out, re.M).group(1)
        self.assertExit(iqtest.run([iqtest.IQD, "approve", "--state", self.server.dir, number]), 0)
        self.server.start()
        self.assertExit(self.iqq("get", "contact", "c-vergessen"), 1)
        self.assertEqual({i for _, _, i in self.update()}, {"c-vergessen"})
        self.assertEqual(set(before) - set(self.held()), {("contact", "c-vergessen")})
        self.assertEqual(self.held(), self.anew())
        with open(self.path, encoding="utf-8") as f:
            self.assertNotIn("c-vergessen", f.read())

    def test_no_match(self):
        self.update()
        with open(self.path, "a", encoding="utf-8") as f:
            f.write('{"kind":"institution","id":"vhs-erfunden","record":{}}\n')
        with open(self.path, "rb") as f:
            before = f.read()
        between = Between(self.server, self.iqq)
        self.addCleanup(between.close)
        for change in ("digest", "count"):
            with self.subTest(change=change):
                between.change, between.changed = change, 0
                done = self.iqq("changes", "--mirror", self.path, "--server", between.address)
                self.assertExit(done, 8, "does not match")
                self.assertGreater(between.changed, 1)
                with open(self.path, "rb") as f:
                    self.assertEqual(f.read(), before)
                self.assertNotIn("vhs-erfunden", done.out)
        between.change = None
        self.assertEqual(self.update("--server", between.address),
                         {("withdrawn", "institution", "vhs-erfunden")})
        self.assertEqual(self.held(), self.anew())


class Horizon(iqtest.Case):
    """Four hundred days, on the calendars of server and client."""

    @classmethod
    def setUpClass(cls):
        pass  # its server comes from another time

    @classmethod
    def tearDownClass(cls):
        pass

    def test_horizon(self):
        server = iqtest.Server(self, init=False)
        done = iqtest.run([iqtest.IQD, "init", "--state", server.dir, "--name", "localhost",
                           "--listen", "127.0.0.1:0"], env=iqtest.clean_env(**shifted(-401)))
        server.token = done.out.splitlines()[-1][len("token: "):]
        server.start(**shifted(-401))
        client = iqtest.Client(server, self, enroll=False)
        path = os.path.join(client.home, "mirror.jsonl")

        def at(days, *args, status=0):
            done = client(*args, env=shifted(days))
            self.assertExit(done, status)
            return done

        def mirror(days):
            done = at(days, "changes", "--mirror", path, "--json")
            return {(i["what"], i["id"]) for i in done.json["items"]}

        at(-401, "enroll", server.address, "--token", server.token)
        at(-401, "import", iqtest.SAXONY)
        old = path + ".old"
        mirror(-401)
        shutil.copy(path, old)
        at(-401, "add", "institution", "kommt-weg", "kind=state-ministry", "region=dresden",
           "name_de=Kommt weg", "--yes")
        self.assertEqual(mirror(-401), {("added", "kommt-weg")})
        shutil.copy(path, old)
        at(-401, "delete", "institution", "kommt-weg", "--yes")
        for days in (-100, 0):  # on the way its certificate is renewed
            server.stop()
            server.start(**shifted(days))
            at(days, "status")
            if days < 0:
                self.assertEqual(mirror(days), {("removed", "kommt-weg")})
        shutil.copy(old, path)
        # it is no longer told that it was removed, but it is not there
        self.assertEqual(mirror(0), {("withdrawn", "kommt-weg")})
        self.assertEqual(mirror(0), set())


if __name__ == "__main__":
    iqtest.main()
