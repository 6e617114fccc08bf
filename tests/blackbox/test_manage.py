# SPDX-License-Identifier: Apache-2.0
"""What an operator does to the running server: reload, levels of the log, watchdog, stopping; keys
from the service manager, and what the process gives up."""

import fcntl
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import threading
import unittest

import iqtest

QUESTION = {"task": "integration-course", "region": "dresden"}
SANITIZED_KB = 1 << 30  # sanitizers reserve terabytes of addresses


class Manager:
    """The end of the service manager: what the server tells it."""

    def __init__(self, test):
        self.path = os.path.join(iqtest.temp_dir(test), "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        test.addCleanup(self.socket.close)

    def next(self, deadline=iqtest.DEADLINE):
        """The lines of the next message as a dictionary; None: there was none."""
        self.socket.settimeout(deadline)
        try:
            text = self.socket.recv(4096).decode()
        except TimeoutError:
            return None
        return dict(line.split("=", 1) for line in text.splitlines())

    def until(self, key):
        while True:
            lines = self.next()
            if lines is None:
                raise AssertionError(f"no {key} from the server")
            if key in lines:
                return lines


def iqd(server, *words, **env):
    return iqtest.run([iqtest.IQD, *words, "--state", server.dir], env=iqtest.clean_env(**env))


def conf(server, text=None):
    path = os.path.join(server.dir, "iqd.conf")
    if text is not None:
        with open(path, "a", encoding="utf-8") as f:
            f.write(text)
    with open(path, encoding="utf-8") as f:
        return f.read()


class Reload(iqtest.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = None

    def setUp(self):
        self.path = os.path.join(self.server.dir, "iqd.conf")
        self.before = conf(self.server)

    def tearDown(self):
        self.write(self.before)
        done = iqd(self.server, "reload")
        self.assertEqual(done.exit, 0, done)

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as f:
            f.write(text)

    def anonymous(self):
        """What somebody without a certificate is answered."""
        with iqtest.Raw(self.server) as raw:
            try:
                return raw.who(QUESTION)
            except iqtest.Refused as e:
                return e.code

    def test_settings_take_effect(self):
        self.assertEqual(self.anonymous(), "login")
        conf(self.server, "anonymous = yes\nreasons = audit-visit\n")
        self.assertExit(iqd(self.server, "reload"), 0, "in force")
        self.assertTrue(self.anonymous()["answers"])
        done = self.iqq("who", "integration-course", "dresden", "--contacts", "--reason",
                        "referral")
        self.assertExit(done, 2, "audit-visit")
        self.write(self.before)
        self.server.process.send_signal(signal.SIGHUP)
        iqtest.wait_for(lambda: self.anonymous() == "login", "the signal to act")

    def test_mistake_leaves_all_as_it_was(self):
        """While clients ask: nobody notices a file with a mistake."""
        stop, wrong, asked = threading.Event(), [], [0]

        def ask():
            try:
                with self.iqq.connect() as raw:
                    while not stop.is_set():
                        if not raw.who(QUESTION)["answers"]:
                            wrong.append("no answer")
                        asked[0] += 1
            except Exception as e:  # shown by the main thread
                wrong.append(e)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for t in threads:
            t.start()
        line = len(self.before.splitlines()) + 2
        for text in ("anonymous = yes\nquoat = 3\n", "anonymous = yes\nquota = many\n",
                     "anonymous = yes\nclient_ca = nothing.pem\n",
                     "anonymous = yes\nlog = chatty\n"):
            self.write(self.before + text)
            seen = asked[0]
            done = iqd(self.server, "reload", IQQ_LANG="en")
            self.assertIn(done.exit, (2, 4), done)
            if "client_ca" not in text:
                self.assertIn(f"Line {line} of ", done.err)
            self.server.process.send_signal(signal.SIGHUP)
            iqtest.wait_for(lambda: asked[0] > seen + 10 or wrong, "questions meanwhile")
            self.assertEqual(self.anonymous(), "login")
        stop.set()
        for t in threads:
            t.join(iqtest.DEADLINE)
        self.assertEqual(wrong, [])
        self.assertIn(f"stays in force: Line {line} of ", self.server.read_log())

    def test_certificate_that_does_not_fit(self):
        pem = os.path.join(self.server.dir, "server.pem")
        shutil.copy(pem, pem + ".good")
        try:
            with open(pem, "w", encoding="ascii") as f:
                f.write("nothing\n")
            self.assertExit(iqd(self.server, "reload", IQQ_LANG="en"), 4, "server.pem")
            self.assertExit(self.iqq("whoami"), 0)
        finally:
            os.replace(pem + ".good", pem)

    def test_waits_for_the_next_start(self):
        self.write(self.before + "workers = 3\n")
        self.assertExit(iqd(self.server, "reload"), 0)
        self.assertIn("only after the next start: workers", self.server.read_log())

    def test_log_levels_and_request_ids(self):
        self.assertExit(iqd(self.server, "log-level"), 0, "info")
        self.assertExit(iqd(self.server, "log-level", "debug", "store=error"), 0,
                        "debug store=error")
        with self.iqq.connect() as raw:
            raw.who(QUESTION)
            raw.write("ADD", "kind", "log-kind", {"name_de": "Art"})
        answers = re.compile(
            r"answered op=(\w+) result=ok us=\d+ part=request conn=(\d+) req=(\d+)")
        found = iqtest.wait_for(
            lambda: [m for m in answers.findall(self.server.read_log()) if m[0] == "write"],
            "the line of the change")
        both = dict((m[0], m[1:]) for m in answers.findall(self.server.read_log()))
        self.assertEqual(both["who"][0], found[0][1], "one connection")
        self.assertEqual((both["who"][1], found[0][2]), ("1", "2"))
        self.assertNotIn("integration-course", self.server.read_log())
        self.assertExit(iqd(self.server, "log-level", "loud"), 2)
        self.assertExit(iqd(self.server, "log-level", IQQ_LANG="de"), 0, "store=error")
        conf(self.server, "log = warning audit=debug\n")
        self.assertExit(iqd(self.server, "reload"), 0)
        self.assertExit(iqd(self.server, "log-level"), 0, "warning audit=debug")


class Managed(iqtest.Case):
    data = None

    def start(self, before=(), log=None, **env):
        server, manager = iqtest.Server(self), Manager(self)
        if log:
            conf(server, f"log = {log}\n")
        server.start(before, NOTIFY_SOCKET=manager.path, **env)
        return server, manager

    def test_what_the_manager_hears(self):
        server, manager = self.start(WATCHDOG_USEC="300000")
        ready = manager.until("READY")
        self.assertIn(f"127.0.0.1:{server.port}", ready["STATUS"])
        for _ in range(3):
            manager.until("WATCHDOG")
        server.process.send_signal(signal.SIGHUP)
        reloading = manager.until("RELOADING")
        self.assertGreater(int(reloading["MONOTONIC_USEC"]), 0)
        self.assertEqual(manager.until("READY")["READY"], "1")
        conf(server, "nonsense\n")
        server.process.send_signal(signal.SIGHUP)
        manager.until("RELOADING")
        self.assertRegex(manager.until("READY")["STATUS"], r"stays in force: Line \d+ of ")
        server.process.send_signal(signal.SIGTERM)
        manager.until("STOPPING")
        self.assertEqual(server.process.wait(iqtest.DEADLINE), 0)
        server.process.stdout.close()

    def test_watchdog_of_another_process(self):
        server, manager = self.start(WATCHDOG_USEC="100000", WATCHDOG_PID="1")
        manager.until("READY")
        server.process.send_signal(signal.SIGHUP)
        heard = [manager.until("READY")]
        self.assertNotIn("WATCHDOG", heard[0])
        server.stop()

    def test_stuck_worker_is_not_vouched_for(self):
        """A worker hangs in writing to a log that nobody reads; it goes on when somebody does."""
        server, manager = iqtest.Server(self), Manager(self)
        conf(server, "log = info request=debug\nworkers = 1\n")
        read_end, write_end = os.pipe()
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
        server.process = subprocess.Popen(
            [iqtest.IQD, "run", "--state", server.dir, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=write_end,
            env=iqtest.clean_env(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="400000"))
        iqtest.started.append(server.process)
        os.close(write_end)
        server.port = int(server.read_line().rsplit(":", 1)[1])
        manager.until("WATCHDOG")
        with iqtest.Raw(server) as raw:
            for _ in range(400):
                raw.send("status", {})
            iqtest.wait_for(lambda: manager.next(2) is None, "silence")
            drained = threading.Event()

            def drain():
                while not drained.is_set():
                    if select.select([read_end], [], [], 0.05)[0] and not os.read(read_end, 65536):
                        return

            reader = threading.Thread(target=drain)
            reader.start()
            manager.until("WATCHDOG")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(iqtest.DEADLINE), 0)
        drained.set()
        reader.join()
        os.close(read_end)
        server.process.stdout.close()

    def test_term_finishes_what_is_queued(self):
        """Each acknowledged change is there after the end; the others are refused or not sent."""
        server, manager = self.start()
        admin = iqtest.Client(server, self)
        raws = [admin.connect() for _ in range(4)]
        for i, raw in enumerate(raws):
            for n in range(300):
                raw.send("write", {"request_id": os.urandom(16), "verb": "ADD", "kind": "kind",
                                   "id": f"k{i}-{n}", "fields": [{"key": "name_de",
                                                                  "value": "Art"}]})
        self.assertEqual(raws[0].result("write")["revision"] > 0, True)
        server.process.send_signal(signal.SIGTERM)
        manager.until("STOPPING")
        good = [["k0-0"], [], [], []]
        for i, raw in enumerate(raws):
            try:
                while True:
                    m = raw.receive()
                    if m["error"] is None:
                        good[i].append(f"k{i}-{m['id'] - 1}")
            except (EOFError, OSError):
                pass
            raw.close()
        self.assertEqual(server.process.wait(iqtest.DEADLINE), 0, server.read_log())
        server.process.stdout.close()
        self.assertEqual(server.check().exit, 0)
        server.start()
        with admin.connect() as raw:
            for i, ids in enumerate(good):
                for id_ in ids:
                    self.assertTrue(raw.call("get", {"kind": "kind", "id": id_})["record"], id_)
        server.stop()

    def test_second_signal_ends_it_at_once(self):
        """While an answer that nobody reads keeps it from ending."""
        server, manager = self.start()
        admin = iqtest.Client(server, self)
        self.assertExit(admin("import", iqtest.SAXONY, "--reason", "test"), 0)
        with admin.connect() as raw:
            raw.socket.settimeout(1)
            sent = 0
            try:
                for sent in range(20000):
                    raw.send("list", {"kind": "responsibility", "limit": 1000})
            except TimeoutError:
                pass
            self.assertGreater(sent, 0)
            server.process.send_signal(signal.SIGTERM)
            manager.until("STOPPING")
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(iqtest.DEADLINE), -signal.SIGTERM)
        server.process.stdout.close()
        self.assertEqual(server.check().exit, 0)

    def test_keys_from_the_manager(self):
        server = iqtest.Server(self)
        credentials = iqtest.temp_dir(self)
        for name in ("server.key", "ca.key"):
            shutil.move(os.path.join(server.dir, name), os.path.join(credentials, name))
        done = iqtest.run([iqtest.IQD, "run", "--state", server.dir],
                          env=iqtest.clean_env(IQQ_LANG="en"))
        self.assertExit(done, 4, "server.key")
        server.start(CREDENTIALS_DIRECTORY=credentials)
        self.assertExit(iqtest.Client(server, self)("whoami"), 0)
        self.assertExit(iqd(server, "reload"), 0)
        server.stop()

    def test_what_the_process_gives_up(self):
        server = iqtest.Server(self).start()
        status = {}
        with open(f"/proc/{server.pid}/status", encoding="ascii") as f:
            for line in f:
                key, _, value = line.partition(":")
                status[key] = value.strip()
        if int(status["VmSize"].split()[0]) > SANITIZED_KB:
            server.stop()
            self.skipTest("built with a sanitizer")
        self.assertEqual(status["Umask"], "0077")
        for task in os.listdir(f"/proc/{server.pid}/task"):
            with open(f"/proc/{server.pid}/task/{task}/status", encoding="ascii") as f:
                self.assertIn("Seccomp:\t2", f.read(), task)
        with open(f"/proc/{server.pid}/limits", encoding="ascii") as f:
            self.assertRegex(f.read(), r"Max core file size +0 +0 ")
        server.stop()


class Config(unittest.TestCase):
    def check(self, text, lang="en", name="iqd.conf"):
        folder = iqtest.temp_dir(self)
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return iqtest.run([iqtest.IQD, "config", "check", path],
                          env=iqtest.clean_env(IQQ_LANG=lang)), path

    def test_every_mistake_with_its_line(self):
        done, path = self.check("[server]\nlisten = nowhere\nlsten = 1\nanonymous = ja\n"
                                "quota = 0\n\nquota = 5\nname = a b\nwords\nlog = loud\n")
        self.assertEqual(done.exit, 2, done)
        for line, words in ((2, "nowhere"), (3, "lsten"), (4, "anonymous = ja"), (5, "quota"),
                            (7, "second time"), (8, "a b"), (9, "not a setting"), (10, "log")):
            self.assertRegex(done.err, rf"Line {line} of {re.escape(path)}.*{words}")
        for hint in ("Did you mean “listen”?", "Did you mean “anonymous = yes”?"):
            self.assertIn(hint, done.err)

    def test_in_german(self):
        done, path = self.check("lsten = 1\n", lang="de")
        self.assertEqual(done.exit, 2, done)
        self.assertIn(f"Zeile 1 von {path}", done.err)
        self.assertIn("Meinten Sie „listen“?", done.err)

    def test_in_order(self):
        done, _ = self.check("name = iq.example.org\nlisten = [::]:7430\n", name="new.conf")
        self.assertEqual((done.exit, done.err), (0, ""), done)

    def test_without_a_server(self):
        folder = iqtest.temp_dir(self)
        for words in (["reload"], ["log-level"], ["log-level", "debug"]):
            done = iqtest.run([iqtest.IQD, *words, "--state", folder],
                              env=iqtest.clean_env(IQQ_LANG="en"))
            self.assertEqual(done.exit, 3, done)
            self.assertIn("No server is running", done.err)
        self.assertEqual(iqtest.run([iqtest.IQD, "config", "check"]).exit, 2)
        self.assertEqual(iqtest.run([iqtest.IQD, "config", "check", folder + "/none"]).exit, 2)


if __name__ == "__main__":
    iqtest.main()
