# SPDX-License-Identifier: Apache-2.0
"""The product, the transport's ceiling and slapd, each a process of this run on the loopback address."""
import os
import shutil
import socket
import subprocess
import sys
import time

READY_SECONDS, STOP_SECONDS = 60, 60
SLAPD = "/usr/sbin/slapd"
SCHEMA, MODULES = "/etc/ldap/schema/core.schema", "/usr/lib/ldap"

SLAPD_CONF = """include %(schema)s
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'iqId' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.4 NAME 'iqStatus' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( 1.3.6.1.4.1.99999.1.5 NAME 'iqRT' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( 1.3.6.1.4.1.99999.1.7 NAME 'iqRole' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.8 NAME 'iqNote' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.9 NAME 'iqValidFrom' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.10 NAME 'iqContact' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'iqResp' STRUCTURAL MUST iqId MAY ( iqStatus $ iqRT $ iqRole $ iqNote $ iqValidFrom $ iqContact $ o $ street $ postalCode $ l $ telephoneNumber $ mail ) )
modulepath %(modules)s
moduleload back_mdb
threads 4
tool-threads 2
loglevel 0
sizelimit unlimited
timelimit unlimited
TLSCertificateFile %(cert)s
TLSCertificateKeyFile %(key)s
index_hash64 on
database mdb
suffix dc=iq
rootdn cn=admin,dc=iq
directory %(db)s
maxsize 17179869184
access to * by * read
index objectClass,iqRT eq
"""


def memory_kb(pid):
    """{"VmHWM": …, "VmRSS": …, "RssAnon": …}"""
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return {line.split(":")[0]: int(line.split()[1]) for line in f
                if line.startswith(("VmHWM", "VmRSS", "RssAnon"))}


class Process:
    name = "server"

    def run(self, command, **more):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
        self.pid = self.process.pid

    def ready_line(self):
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            sys.exit("%s did not start: %r" % (self.name, line))
        self.port = int(line.rsplit(":", 1)[-1].split()[-1])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=STOP_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()

    def pin(self, cpus):
        """All threads on these cores."""
        for task in os.listdir("/proc/%d/task" % self.pid):
            os.sched_setaffinity(int(task), cpus)


class Product(Process):
    """iqd over a fresh state directory, and iqq with an administrator's profile."""
    name = "iqd"

    def __init__(self, build, home):
        self.iqd, self.iqq = (os.path.join(build, *p) for p in (("server", "iqd"), ("client", "iqq")))
        self.home, self.state = home, os.path.join(home, "state")
        os.makedirs(home)
        self.env = {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        done = subprocess.run([self.iqd, "init", "--state", self.state], check=True,
                              capture_output=True, text=True)
        self.start()
        self.client("enroll", "127.0.0.1:%d" % self.port, "--token", done.stdout.split()[-1])
        self.profile = next(d for d, _, files in os.walk(home) if "client.pem" in files)

    def start(self, port=0):
        with open(os.path.join(self.home, "log"), "ab") as log:
            self.run([self.iqd, "run", "--state", self.state, "--listen", "127.0.0.1:%d" % port],
                     stdout=subprocess.PIPE, stderr=log, text=True)
        self.ready_line()

    def restart(self):
        self.stop()
        self.start(self.port)

    def client(self, *args):
        done = subprocess.run([self.iqq, *args], env=self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit("iqq %s: %s" % (" ".join(args), done.stderr))
        return done.stdout

    def load(self, data):
        """Imports; returns rows a second, MB on disk and the server's peak MB."""
        start = time.perf_counter()
        self.client("import", data.bundle)
        took = time.perf_counter() - start
        disk = os.stat(os.path.join(self.state, "data.mdb")).st_blocks * 512 / 1e6
        return {"rows_s": data.rows / took, "seconds": took, "disk_mb": disk,
                "peak_mb": memory_kb(self.pid)["VmHWM"] / 1024}

    def disclosed(self):
        """Entries in the audit log that somebody was shown."""
        folder, found = os.path.join(self.state, "audit"), 0
        for name in os.listdir(folder):
            if name.endswith(".log"):
                with open(os.path.join(folder, name), "rb") as f:
                    found += f.read().count(b"disclosed")
        return found


class Ceiling(Process):
    """bench_canned with the product's own certificate."""
    name = "bench_canned"

    def __init__(self, build, product, answer_bytes):
        self.profile = product.profile
        self.run([os.path.join(build, "tests", "bench", "bench_canned"), "0", "1",
                  os.path.join(product.state, "server.pem"), os.path.join(product.state, "server.key"),
                  str(max(int(answer_bytes), 16))], stdout=subprocess.PIPE, text=True)
        self.ready_line()


def slapd_missing():
    """Why slapd cannot be measured, or None."""
    for path in (SLAPD, SCHEMA, os.path.join(MODULES, "back_mdb.so")):
        if not os.path.exists(path) and not os.path.exists(path.replace(".so", ".la")):
            return "slapd is not installed"
    return None if shutil.which("ldapsearch") else "ldapsearch is not installed"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Slapd(Process):
    """The best set-up found for it: one key of region and task, indexed, and no index on the status."""
    name = "slapd"

    def __init__(self, product, data):
        self.profile, self.product = product.profile, product
        self.folder = data.made("slapd", lambda folder: self.make(folder, data))
        self.questions, self.expected = (os.path.join(self.folder, n) for n in ("questions", "expected"))
        self.port = free_port()
        self.url = "ldaps://127.0.0.1:%d" % self.port
        self.run([SLAPD, "-h", "ldaps://127.0.0.1:%d" % self.port, "-f", self.configure(self.folder),
                  "-d", "0"], stderr=subprocess.DEVNULL)
        self.wait()

    def configure(self, folder):
        path = os.path.join(self.product.home, "slapd.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(SLAPD_CONF % {"schema": SCHEMA, "modules": MODULES,
                                  "cert": os.path.join(self.product.state, "server.pem"),
                                  "key": os.path.join(self.product.state, "server.key"),
                                  "db": os.path.join(folder, "db")})
        return path

    def make(self, folder, data):
        os.mkdir(os.path.join(folder, "db"))
        ldif = os.path.join(folder, "ldif")
        data.ldif(ldif)
        data.peer_questions(os.path.join(folder, "questions"), os.path.join(folder, "expected"))
        done = subprocess.run([SLAPD, "-T", "add", "-q", "-f", self.configure(folder), "-l", ldif],
                              capture_output=True, text=True)
        if done.returncode:
            sys.exit("slapadd: %s" % done.stderr[-2000:])
        os.unlink(ldif)

    def wait(self):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        sys.exit("slapd did not start")

    def search(self):
        """The command that asks the first question."""
        with open(self.questions, encoding="ascii") as f:
            keys, statuses, _ = f.readline().split("\t")
        either = ["(|" + "".join("(%s=%s)" % (name, v) for v in values.split()) + ")"
                  for name, values in (("iqRT", keys), ("iqStatus", statuses))]
        return [shutil.which("ldapsearch"), "-x", "-H", self.url, "-LLL", "-b", "dc=iq", "-s", "one",
                "(&" + "".join(either) + ")", "iqId", "iqRole", "iqNote", "o", "street",
                "postalCode", "l", "telephoneNumber", "mail", "iqContact"]
