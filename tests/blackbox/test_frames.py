# SPDX-License-Identifier: Apache-2.0
"""Bad frames of every kind: a clear refusal or a closed door, and the daemon lives on."""

import os
import random
import socket
import ssl

import iqtest
import wire

LEN = 2
WHO, IMPORT_ROWS = 11, 19
GROWTH = 48 * 1024  # kilobytes that the daemon may grow by over a whole test
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ


def ld(number, data):
    return wire.length_delimited(number, data)


def vi(number, value):
    return wire.varint(number << 3) + wire.varint(value)


def request(*parts, number=1):
    return vi(1, number) + b"".join(parts)


def nested(depth):
    data = b""
    for _ in range(depth):
        data = ld(5, data)
    return data


WELL_FORMED = request(ld(WHO, ld(2, b"language")))

# name → body of one frame that must be refused
BODIES = {
    "no operation": request(),
    "unknown operation": request(ld(99, b"")),
    "unknown field in the request": request(ld(WHO, b""), vi(77, 1)),
    "unknown field in the operation": request(ld(WHO, vi(999, 1))),
    "two operations": request(ld(WHO, b""), ld(23, b"")),
    "the operation twice": request(ld(WHO, ld(2, b"a")), ld(WHO, ld(2, b"b"))),
    "singular field twice": request(ld(WHO, ld(2, b"a") + ld(2, b"b"))),
    "id twice": vi(1, 1) + vi(1, 2) + ld(WHO, b""),
    "wrong wire type: varint for string": request(ld(WHO, vi(2, 5))),
    "wrong wire type: string for varint": request(ld(WHO, ld(10, b"x"))),
    "wrong wire type: fixed64": request(wire.varint(WHO << 3 | 1) + b"12345678"),
    "group": request(wire.varint(WHO << 3 | 3) + wire.varint(WHO << 3 | 4)),
    "wire type 7": request(wire.varint(WHO << 3 | 7)),
    "field number 0": request(wire.varint(0 << 3 | 2) + b"\x00"),
    "bad UTF-8": request(ld(WHO, ld(2, b"\xff\xfe"))),
    "overlong UTF-8": request(ld(WHO, ld(2, b"\xc0\xaf"))),
    "surrogate": request(ld(WHO, ld(2, b"\xed\xa0\x80"))),
    "truncated UTF-8": request(ld(WHO, ld(2, b"a\xe2\x82"))),
    "NUL in a string": request(ld(WHO, ld(2, b"language\0x"))),
    "length beyond the frame": request(wire.varint(WHO << 3 | LEN) + wire.varint(1000) + b"x"),
    "huge inner length": request(wire.varint(WHO << 3 | LEN) + b"\xff" * 8 + b"\x7f"),
    "endless varint": request(b"\xff" * 30),
    "truncated varint": request(b"\x80"),
    "deep nesting": request(ld(WHO, nested(300))),
    "many words": request(ld(WHO, ld(1, b"a") * 3000)),
    "many facts": request(ld(WHO, ld(5, ld(1, b"a") + ld(2, b"b")) * 1500)),
    "long string": request(ld(WHO, ld(2, b"a" * 16000))),
    "garbage": bytes(range(256)),
    "zeros": b"\0" * 64,
}


class Frames(iqtest.Case):
    def refused(self, raw, data):
        """Sends bytes; the daemon answers with an error or closes. Returns the code or "closed"."""
        try:
            raw.send_bytes(data)
            response = raw.receive()
        except (EOFError, ConnectionError, ssl.SSLError):
            return "closed"
        self.assertIsNotNone(response["error"], response)
        self.assertTrue(response["error"]["text"])
        return response["error"]["code"]

    def assertServes(self):
        self.assertTrue(self.server.alive(), self.server.read_log())
        with self.iqq.connect() as raw:
            m = raw.who({"task": "integration-course", "region": "dresden", "at": "2026-11-22"})
            self.assertEqual(m["outcome"], "answered")

    def assertBounded(self, before, factor=1):
        if not SANITIZED:  # their quarantine keeps what was freed
            self.assertLess(self.server.memory()[0] - before, GROWTH * factor)

    def test_bodies(self):
        before = self.server.memory()[0]
        for name, body in BODIES.items():
            with self.subTest(name):
                with self.iqq.connect() as raw:
                    code = self.refused(raw, wire.frame(body))
                    self.assertIn(code, ("usage", "unsupported", "closed", "unknown-term", "busy",
                                         "denied"))
                self.assertServes()
        self.assertBounded(before)

    def test_unknown_things_are_unsupported_and_the_connection_stays(self):
        for name in ("unknown operation", "unknown field in the operation"):
            with self.subTest(name), self.iqq.connect() as raw:
                self.assertEqual(self.refused(raw, wire.frame(BODIES[name])), "unsupported")
                raw.number = 1
                self.assertEqual(raw.call("whoami", {})["principal"] != "", True)

    def test_bodies_from_a_stranger(self):
        for name, body in BODIES.items():
            with self.subTest(name), iqtest.Raw(self.server) as raw:
                self.assertNotEqual(self.refused(raw, wire.frame(body)), "")
        self.assertServes()

    def test_lengths(self):
        for n in (0, 1 << 31, 0xFFFFFFFF, 1048577, 16 << 20):
            with self.subTest(n):
                with self.iqq.connect() as raw:
                    self.assertIn(self.refused(raw, n.to_bytes(4, "big") + b"x"),
                                  ("usage", "closed", "rejected", "busy", "quota"))
                with iqtest.Raw(self.server) as raw:
                    self.refused(raw, n.to_bytes(4, "big") + b"x")
        with iqtest.Raw(self.server) as raw:  # a stranger has 4 KiB
            self.assertIn(self.refused(raw, (5000).to_bytes(4, "big") + b"x" * 5000),
                          ("usage", "closed", "login", "denied"))
        self.assertServes()

    def test_frames_over_the_limit_of_their_operation(self):
        body = request(ld(WHO, b"".join(ld(1, b"x" * 100) for _ in range(400))))
        with self.iqq.connect() as raw:
            self.assertIn(self.refused(raw, wire.frame(body)), ("usage", "closed"))
        self.assertServes()

    def test_truncated_and_dropped(self):
        data = wire.frame(WELL_FORMED)
        for cut in range(len(data)):
            with self.iqq.connect() as raw:
                raw.send_bytes(data[:cut])
        self.assertServes()

    def test_trickled(self):
        with self.iqq.connect() as raw:
            for byte in wire.frame(WELL_FORMED):
                raw.send_bytes(bytes([byte]))
            self.assertIsNone(raw.receive()["error"])

    def test_several_frames_at_once(self):
        frames = b"".join(wire.frame(vi(1, n) + ld(23, b"")) for n in range(1, 301))
        with self.iqq.connect() as raw:
            raw.send_bytes(frames)
            got = sorted(raw.receive()["id"] for _ in range(300))
            self.assertEqual(got, list(range(1, 301)))

    def test_a_good_frame_before_a_bad_one_is_answered(self):
        with self.iqq.connect() as raw:
            raw.send_bytes(wire.frame(vi(1, 7) + ld(23, b"")) + wire.frame(BODIES["garbage"]))
            first = raw.receive()
            self.assertEqual((first["id"], first["error"]), (7, None))

    def test_random_frames(self):
        rng = random.Random(7)
        before = self.server.memory()[0]
        good = wire.frame(WELL_FORMED)
        for n in range(150):
            with self.iqq.connect() as raw:
                try:
                    for _ in range(20):
                        if n % 2:
                            data = bytearray(good)
                            for _ in range(rng.randint(1, 4)):
                                data[rng.randrange(4, len(data))] = rng.randrange(256)
                            raw.send_bytes(bytes(data))
                        else:
                            raw.send_bytes(wire.frame(rng.randbytes(rng.randint(1, 200))))
                    raw.receive()
                except (EOFError, ConnectionError, ssl.SSLError):
                    pass
        self.assertServes()
        self.assertBounded(before)

    def test_import_rows_with_huge_counts(self):
        cells = ld(3, vi(1, 2) + ld(2, b"") * 60000)
        body = request(ld(IMPORT_ROWS, ld(1, ld(2, b"kinds.csv") + ld(3, b"kind") + ld(4, b"id"))
                          + cells * 5))
        before = self.server.memory()[0]
        for _ in range(10):
            with self.iqq.connect() as raw:
                raw.call("import_begin", {"request_id": os.urandom(16)})
                raw.send_bytes(wire.frame(body))
                try:
                    self.assertIsNotNone(raw.receive()["error"])
                except (EOFError, ConnectionError, ssl.SSLError):
                    pass
        self.assertServes()
        self.assertBounded(before, 2)

    def test_bad_request_ids_and_verbs(self):
        with self.iqq.connect() as raw:
            for m in ({"request_id": b""}, {"request_id": b"short"}, {"request_id": b"x" * 17},
                      {"verb": 0}, {"verb": 77}):
                with self.subTest(m), self.assertRaises(iqtest.Refused) as refused:
                    raw.call("write", {"request_id": os.urandom(16), "verb": "ADD", "kind": "kind",
                                       "id": "k-x", "fields": [{"key": "name_de", "value": "x"}],
                                       **m})
                self.assertIn(refused.exception.code, ("usage", "unsupported", "rejected"))


class Doors(iqtest.Case):
    """What is not our protocol does not get in, and does not keep others out."""

    def assertClosed(self, plain):
        plain.settimeout(iqtest.DEADLINE)
        try:
            while plain.recv(65536):
                pass
        except ConnectionError:
            pass

    def test_not_tls(self):
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 100, b"\xff" * 5000,
                     b"\x16\x03\x01\xff\xff" + b"x" * 100):
            with self.subTest(data[:10]):
                with socket.create_connection(("127.0.0.1", self.server.port)) as plain:
                    plain.sendall(data)
                    plain.shutdown(socket.SHUT_WR)
                    self.assertClosed(plain)
        self.assertEqual(self.iqq("whoami").exit, 0)

    def test_only_tls_1_3(self):
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            iqtest.Raw(self.server, maximum=ssl.TLSVersion.TLSv1_2)
        with iqtest.Raw(self.server) as raw:
            self.assertEqual(raw.socket.version(), "TLSv1.3")
            self.assertIn(raw.socket.cipher()[0],
                          ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"))

    def test_alpn(self):
        for alpn in ((), ("h2", "http/1.1")):
            with self.subTest(alpn):
                refused = False
                try:
                    with iqtest.Raw(self.server, *self.certificate(), alpn=alpn) as raw:
                        raw.call("whoami", {})
                except (ssl.SSLError, ConnectionError, EOFError, iqtest.Refused):
                    refused = True
                self.assertTrue(refused)
        with iqtest.Raw(self.server, alpn=("h2", "iq/1")) as raw:
            self.assertEqual(raw.socket.selected_alpn_protocol(), "iq/1")

    def certificate(self):
        key, certificate, _ = self.iqq.files()
        return certificate, key

    def test_many_half_open_connections(self):
        idle = []
        try:
            for _ in range(300):
                idle.append(socket.create_connection(("127.0.0.1", self.server.port)))
            self.assertEqual(self.iqq("whoami").exit, 0)
        finally:
            for s in idle:
                s.close()
        self.assertEqual(self.iqq("whoami").exit, 0)

    def test_a_client_that_does_not_read(self):
        before = self.server.memory()[0]
        with self.iqq.connect() as raw:
            raw.socket.settimeout(1)
            body = b"".join(wire.frame(vi(1, n) + ld(21, b"")) for n in range(1, 200))
            try:
                for _ in range(20):
                    raw.send_bytes(body)
            except (TimeoutError, ssl.SSLError, ConnectionError):
                pass  # the daemon stopped reading: that is right
            self.assertEqual(self.iqq("whoami").exit, 0)
            if not SANITIZED:
                self.assertLess(self.server.memory()[0] - before, 2 * GROWTH)


if __name__ == "__main__":
    iqtest.main()
