# SPDX-License-Identifier: Apache-2.0
"""A process of its own that keeps coming as a new client and notes how long it had to wait.

A try that fails is repeated at once: what counts is the time until a question was answered.
"""

import multiprocessing
import os
import socket
import ssl
import time

import iqtest

PAUSE = 0.05
TRY = 5.0  # seconds of one try; a healthy one takes milliseconds


def once(context, port, question):
    with socket.create_connection(("127.0.0.1", port), TRY) as plain:
        plain.settimeout(TRY)
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(question)
            head = b""
            while len(head) < 4:
                part = tls.recv(65536)
                if not part:
                    raise EOFError
                head += part
            n = int.from_bytes(head[:4], "big")
            body = head[4:]
            while len(body) < n:
                part = tls.recv(65536)
                if not part:
                    raise EOFError
                body += part
    answer = iqtest.SCHEMA.decode("Response", body)
    if answer["error"] is not None or answer["who"]["outcome"] != "answered":
        raise iqtest.Refused(answer["error"])


def work(pipe, port, ca, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["iq/1"])
    message = iqtest.who_message({"task": "integration-course", "region": "dresden"})
    body = iqtest.SCHEMA.encode("Request", {"id": 1, "who": message})
    question = iqtest.wire.frame(body)
    served, failed, worst, last = 0, 0, 0.0, ""
    begin, parent = time.monotonic(), os.getppid()
    while os.getppid() == parent:  # does not outlive it
        try:
            once(context, port, question)
            worst = max(worst, time.monotonic() - begin)
            served += 1
            begin = None
        except (OSError, EOFError, iqtest.Refused) as e:
            failed += 1
            last = f"{type(e).__name__}: {e}"
        if begin is None or failed:
            if pipe.poll(PAUSE):
                break
        if begin is None:
            begin = time.monotonic()
    if os.getppid() != parent:
        return
    if failed and served == 0:
        worst = max(worst, time.monotonic() - begin)
    pipe.send((served, failed, worst, last))


class Probe:
    """with Probe(server, client) as p: …; afterwards p.served, p.failed, p.worst, p.last"""

    def __init__(self, server, client):
        key, certificate, _ = client.files()
        self.pipe, there = multiprocessing.Pipe()
        fork = multiprocessing.get_context("fork")
        self.process = fork.Process(target=work, daemon=True, args=(
            there, server.port, f"{server.dir}/ca.pem", certificate, key))
        self.served = self.failed = 0
        self.worst, self.last = 0.0, ""

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.pipe.send("stop")
        if self.pipe.poll(60):
            self.served, self.failed, self.worst, self.last = self.pipe.recv()
        else:
            self.worst, self.last = float("inf"), "the probe hangs"
            self.process.kill()
        self.process.join()
