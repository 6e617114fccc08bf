# SPDX-License-Identifier: Apache-2.0
"""Runs the real daemon and client in throwaway directories.

Programs: $IQD and $IQQ, or $IQ_BUILD/server/iqd and $IQ_BUILD/client/iqq, or build/ in the source
tree. Everything waits for a condition with a deadline; nothing sleeps.
"""

import atexit
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import wire

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SAXONY = os.path.join(SOURCE, "data", "saxony")
BUILD = os.environ.get("IQ_BUILD") or os.path.join(SOURCE, "build")
IQD = os.environ.get("IQD") or os.path.join(BUILD, "server", "iqd")
IQQ = os.environ.get("IQQ") or os.path.join(BUILD, "client", "iqq")
SCHEMA = wire.Schema(os.path.join(SOURCE, "proto", "iq.proto"))
# sanitizers and a loaded machine are slow; a healthy run never comes near
DEADLINE = float(os.environ.get("IQ_DEADLINE", "60"))

started = []


def stop_all():
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


atexit.register(stop_all)


def temp_dir(test=None):
    path = tempfile.mkdtemp(prefix="iq-test-")
    cleanup = (lambda: shutil.rmtree(path, ignore_errors=True))
    if test is None:
        atexit.register(cleanup)
    elif isinstance(test, type):
        test.addClassCleanup(cleanup)
    else:
        test.addCleanup(cleanup)
    return path


def clean_env(**more):
    """What a fresh machine has: no locale, no terminal settings."""
    keep = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS",
            "LLVM_PROFILE_FILE")
    env = {k: os.environ[k] for k in keep if k in os.environ}
    env.update(more)
    return env


def wait_for(condition, what="condition", deadline=DEADLINE):
    """Asks again and again until it holds; the pause only spares the processor."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:.0f} s in vain for {what}")
        select.select([], [], [], 0.01)


class Result:
    def __init__(self, exit_status, out, err):
        self.exit, self.out, self.err = exit_status, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.exit}\nstdout: {self.out[:3000]}\nstderr: {self.err[:3000]}"


def run(args, env=None, cwd=None, stdin=subprocess.DEVNULL, text=None):
    done = subprocess.run(args, env=env if env is not None else clean_env(), cwd=cwd,
                          timeout=DEADLINE * 3,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **({"input": text.encode()} if text is not None else {"stdin": stdin}))
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"),
                  done.stderr.decode("utf-8", "replace"))


class Server:
    """One state directory and the daemon over it."""

    def __init__(self, test=None, init=True):
        self.home = temp_dir(test)
        self.dir = os.path.join(self.home, "state")
        self.log = os.path.join(self.home, "log")
        self.process, self.port, self.token = None, 0, ""
        if test is not None:
            add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
            add(self.discard)
        if init:
            self.init()

    def init(self):
        done = run([IQD, "init", "--state", self.dir, "--name", "localhost",
                    "--listen", "127.0.0.1:0"])
        if done.exit != 0:
            raise AssertionError(f"iqd init: {done}")
        last = done.out.splitlines()[-1]
        if not last.startswith("token: "):
            raise AssertionError(f"iqd init ends with {last!r}")
        self.token = last[len("token: "):]

    def start(self, before=(), **env):
        """env: more variables for the daemon; before: a command that becomes the daemon."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*before, IQD, "run", "--state", self.dir, "--listen", f"127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=clean_env(**env))
        started.append(self.process)
        line = self.read_line()
        if not line.startswith("ready 127.0.0.1:"):
            raise AssertionError(f"iqd run says {line!r}; log: {self.read_log()}")
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def read_line(self):
        line, end = b"", time.monotonic() + DEADLINE
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"iqd is not ready; log: {self.read_log()}")
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                break
            line += byte
        return line.decode().strip()

    def read_log(self):
        with open(self.log, "rb") as f:
            return f.read().decode("utf-8", "replace")[-4000:]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        """Asks the daemon to end; it must do so in order (sanitizers report by exit status)."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE)
        rest = self.process.stdout.read()
        self.process.stdout.close()
        if status != 0 or rest:
            raise AssertionError(f"iqd ended with {status}, wrote {rest!r}; log: {self.read_log()}")

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)
        self.process.stdout.close()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def discard(self):
        if self.alive():
            self.kill()

    def check(self):
        return run([IQD, "check", "--state", self.dir])

    def memory(self):
        """Anonymous and resident kilobytes of the daemon."""
        values = {}
        with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
            for line in f:
                key, _, value = line.partition(":")
                values[key] = value.split()[:1]
        return int(values["RssAnon"][0]), int(values["VmRSS"][0])


class Client:
    """One person's home directory with an enrolled profile."""

    def __init__(self, server=None, test=None, enroll=True):
        self.home = temp_dir(test)
        self.server = server
        self.env = clean_env(HOME=self.home, XDG_CONFIG_HOME=os.path.join(self.home, "config"),
                             XDG_DATA_HOME=os.path.join(self.home, "data"),
                             XDG_STATE_HOME=os.path.join(self.home, "state"),
                             XDG_CACHE_HOME=os.path.join(self.home, "cache"), IQQ_LANG="en")
        if server is not None and enroll:
            done = self.enroll(server.token)
            if done.exit != 0:
                raise AssertionError(f"iqq enroll: {done}; log: {server.read_log()}")

    def enroll(self, token):
        return self("enroll", self.server.address, "--token", token)

    def __call__(self, *args, env=None, cwd=None, text=None):
        return run([IQQ, *args], env={**self.env, **(env or {})}, cwd=cwd, text=text)

    def json(self, *args, **more):
        done = self(*args, "--json", **more)
        try:
            return done.json
        except ValueError:
            raise AssertionError(f"iqq {' '.join(args)} --json: no JSON: {done}") from None

    def terminal(self, *args, columns=80, env=None, lines=50):
        """Runs iqq on a terminal of this width; returns a Result whose out is what it shows."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        env = {**self.env, "TERM": "xterm-256color", "PAGER": "cat", **(env or {})}
        process = subprocess.Popen([IQQ, *args], env=env, stdin=slave, stdout=slave, stderr=slave,
                                   start_new_session=True)
        started.append(process)
        os.close(slave)
        out, end = b"", time.monotonic() + DEADLINE
        while select.select([master], [], [], max(0, end - time.monotonic()))[0]:
            try:
                part = os.read(master, 65536)
            except OSError:  # EIO: the other end is closed
                break
            if not part:
                break
            out += part
        status = process.wait(max(1, end - time.monotonic()))
        os.close(master)
        return Result(status, out.decode("utf-8", "replace").replace("\r\n", "\n"), "")

    def files(self):
        """(key, certificate, ca) of the profile, told apart by their content."""
        key = ca = certificate = None
        with open(os.path.join(self.server.dir, "ca.pem"), encoding="ascii") as f:
            ca_text = f.read().strip()
        for folder, _, names in os.walk(self.home):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    text = f.read().decode("latin-1")
                if "PRIVATE KEY" in text:
                    key = path
                elif text.strip() == ca_text:
                    ca = path
                elif "BEGIN CERTIFICATE" in text:
                    certificate = path
        return key, certificate, ca

    def connect(self):
        key, certificate, _ = self.files()
        return Raw(self.server, certificate, key)


def who_message(q):
    m = {k: q[k] for k in ("task", "region", "status", "at", "limit", "roles") if q.get(k)}
    m.update({k: True for k in ("certain", "no_subtasks", "all", "explain") if q.get(k)})
    m["facts"] = [{"key": k, "value": v} for k, v in q.get("facts", {}).items()]
    return m


class Refused(Exception):
    """An Error message as the answer."""

    def __init__(self, error):
        rows = [f"{r['file']}:{r['line']} {r['column']}={r['value']!r} {r['text']} {r['args']}"
                for r in error["rows"][:5]]
        super().__init__(f"{error['code']}: {error['text']} {error['args']} {rows or ''}")
        self.error, self.code = error, error["code"]


class Raw:
    """A TLS connection that speaks frames, for speed and for mischief."""

    def __init__(self, server, certificate=None, key=None, alpn=("iq/1",), maximum=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(os.path.join(server.dir, "ca.pem"))
        if certificate:
            context.load_cert_chain(certificate, key)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if maximum:
            context.maximum_version = maximum
        plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        try:
            self.socket = context.wrap_socket(plain, server_hostname="localhost")
        except BaseException:
            plain.close()
            raise
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, operation, message, number=None):
        if number is None:
            self.number += 1
            number = self.number
        body = SCHEMA.encode("Request", {"id": number, operation: message})
        self.socket.sendall(wire.frame(body))
        return number

    def receive_exactly(self, n):
        data = bytearray()
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise EOFError(f"connection ended after {len(data)} of {n} bytes")
            data += part
        return bytes(data)

    def receive(self):
        n = int.from_bytes(self.receive_exactly(4), "big")
        return SCHEMA.decode("Response", self.receive_exactly(n))

    def result(self, operation):
        """The final response to one request; progress messages are passed over."""
        while True:
            response = self.receive()
            if response["error"] is not None:
                raise Refused(response["error"])
            if response["more"]:
                continue
            if response[operation] is None:
                raise AssertionError(f"answer to {operation} is {response}")
            return response[operation]

    def call(self, operation, message):
        self.send(operation, message)
        return self.result(operation)

    def who(self, q):
        """q: a question as reference.Reference.who takes it."""
        return self.call("who", who_message(q))

    def write(self, verb, kind, id_, fields=None, into="", request_id=None, dry_run=False):
        m = {"request_id": request_id or os.urandom(16), "verb": verb, "kind": kind, "id": id_}
        m["fields"] = [{"key": k, "value": v} for k, v in (fields or {}).items()]
        if into:
            m["into"] = into
        if dry_run:
            m["dry_run"] = True
        return self.call("write", m)

    def load(self, files, request_id=None, **begin):
        """files: [(name, kind, columns, [(line, cells)])]; Begin, Rows …, Commit."""
        self.call("import_begin", {"request_id": request_id or os.urandom(16), **begin})
        for index, (name, kind, columns, rows) in enumerate(files):
            head = [{"index": index, "name": name, "kind": kind, "columns": columns}]
            for start in range(0, max(len(rows), 1), 500):
                part = [{"line": n, "cells": cells} for n, cells in rows[start:start + 500]]
                m = {"files": head, "file": index, "rows": part}
                if start:
                    del m["files"]
                self.call("import_rows", m)
        return self.call("import_commit", {})


class Case(unittest.TestCase):
    """A test with a server, a client and data; one server per class."""

    data = SAXONY
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls).start()
        cls.iqq = Client(cls.server, cls)
        if cls.data:
            done = cls.iqq("import", cls.data, "--reason", "test")
            if done.exit != 0:
                raise AssertionError(f"iqq import: {done}")

    @classmethod
    def tearDownClass(cls):
        if cls.server.alive():
            cls.server.stop()

    def assertExit(self, done, status, *texts):
        self.assertEqual(done.exit, status, done)
        for text in texts:
            self.assertIn(text, done.out + done.err)


def main():
    for program in (IQD, IQQ):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program} is missing: build first, or set IQ_BUILD")
    unittest.main(verbosity=1)
