# SPDX-License-Identifier: Apache-2.0
"""Started as a service manager does it: inherited socket, readiness, orderly end."""

import os
import signal
import socket
import subprocess
import unittest

import iqtest


class Service(iqtest.Case):
    data = None

    def test_inherited_socket_and_readiness(self):
        server = iqtest.Server(self)
        listener = socket.create_server(("127.0.0.1", 0))
        server.port = listener.getsockname()[1]
        path = os.path.join(server.home, "notify")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(path)
        manager.settimeout(iqtest.DEADLINE)
        server.process = subprocess.Popen(
            ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" run --state "$1"', iqtest.IQD, server.dir],
            env=iqtest.clean_env(LISTEN_FDS="1", LISTEN_FDNAMES="iq", NOTIFY_SOCKET=path),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(3,),
            preexec_fn=lambda: os.dup2(listener.fileno(), 3))
        iqtest.started.append(server.process)
        listener.close()
        self.assertIn(b"READY=1", manager.recv(4096))
        self.assertEqual(server.read_line(), f"ready 127.0.0.1:{server.port}")
        self.assertExit(iqtest.Client(server, self)("whoami"), 0, "admin")
        server.stop()
        manager.close()

    def test_both_signals_end_it_in_order(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = iqtest.Server(self).start()
            server.process.send_signal(number)
            self.assertEqual(server.process.wait(iqtest.DEADLINE), 0)
            self.assertEqual(server.check().exit, 0)
            server.process.stdout.close()

    def test_two_daemons_over_one_directory(self):
        second = iqtest.run([iqtest.IQD, "run", "--state", self.server.dir, "--listen",
                             "127.0.0.1:0"])
        self.assertNotEqual(second.exit, 0)
        self.assertNotIn("ready", second.out)
        self.assertTrue(second.err.strip())
        self.assertExit(self.iqq("whoami"), 0)

    def test_address_in_use(self):
        other = iqtest.Server(self)
        done = iqtest.run([iqtest.IQD, "run", "--state", other.dir, "--listen",
                           self.server.address])
        self.assertNotIn(done.exit, (0, 70))
        self.assertNotIn("ready", done.out)
        self.assertIn(str(self.server.port), done.err)


if __name__ == "__main__":
    iqtest.main()
