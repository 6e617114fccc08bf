# SPDX-License-Identifier: Apache-2.0
"""What is measured, each against what it is compared with, alternating, and put into the table."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from . import data as sets
from . import servers

CELLS = [(1, 1), (64, 1), (16, 16)]
CLIENTS = {1: 2500, 16: 10000, 64: 18000}  # durable updates a second to reach
IDLE, HELD = 1000, 10000
SPARE_DESCRIPTORS = 200
SMALL, QUESTIONS = 100000, 1000000  # rows of the smaller set; questions for the steady memory
STEADY_KB = 512  # a leak of half a byte a question


def median(values):
    return statistics.median(values)


def middle(results, key):
    return median(r[key] for r in results)


def ratio(ours, theirs, key):
    """Median of the ratios of each round."""
    return median(a[key] / b[key] for a, b in zip(ours, theirs) if b[key])


def spawn(command, env):
    """Milliseconds of a process from its start to its end, and its exit status."""
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, env, file_actions=null)
    status = os.waitpid(pid, 0)[1]
    return (time.perf_counter() - start) * 1e3, os.waitstatus_to_exitcode(status)


class Bench:
    """The servers of one run over one data set."""

    def __init__(self, options, table, scratch, home):
        self.o, self.table, self.scratch, self.home = options, table, scratch, home
        self.tools = os.path.join(options.build, "tests", "bench")
        self.running = []

    def keep(self, server):
        self.running.append(server)
        return server

    def end(self, *chosen):
        for server in chosen or self.running[::-1]:
            server.stop()
            self.running.remove(server)

    def load(self, server, mode, data=None, conns=1, depth=1, *more, seconds=None, cpu=None,
             program="bench_load"):
        """One run of a load generator; cpu: it and the server share this core."""
        command = [os.path.join(self.tools, program), "-p", str(server.port), "-d", server.profile,
                   "-m", mode, "-c", str(conns), "-n", str(depth), "-P", str(server.pid),
                   "-t", str(seconds or self.o.seconds), "-w", str(self.o.warmup), *more]
        if data is not None:
            command += ["-q", data.queries if program == "bench_load" else server.questions]
        every = os.sched_getaffinity(0)
        if cpu is not None:
            server.pin({cpu})
        done = subprocess.run(command, capture_output=True, text=True, preexec_fn=(
            None if cpu is None else lambda: os.sched_setaffinity(0, {cpu})))
        if cpu is not None:
            server.pin(every)
        if done.returncode:
            sys.exit("%s: %s%s" % (" ".join(command), done.stdout, done.stderr))
        return json.loads(done.stdout)

    def note(self, name, value):
        self.table.data.setdefault(name, []).append(value)
        return value

    # ---- setting up

    def product(self, name, data):
        p = self.keep(servers.Product(self.o.build, os.path.join(self.home, name)))
        return p, self.note("import", {"rows": data.rows, **p.load(data)})

    def start(self):
        self.say("data")
        self.data = (sets.Data(self.o.bundle, os.path.join(self.scratch, "own")) if self.o.bundle
                     else sets.national(self.scratch, self.o.rows))
        self.say("import")
        loads = []
        for n in range(self.o.imports - 1 if self.wanted("import") else 0):
            p, result = self.product("import%d" % n, self.data)
            loads.append(result)
            self.end(p)
            shutil.rmtree(p.home)  # the last one is kept
        self.iqd, result = self.product("iqd", self.data)
        self.loads = loads + [result]
        self.say("verify")
        self.verified(self.iqd, self.data)
        self.ceiling = self.slapd = None
        if self.wanted("who", "core"):
            answer = self.load(self.iqd, "who", self.data)["bytes"]
            self.ceiling = self.keep(servers.Ceiling(self.o.build, self.iqd, answer))
        self.no_slapd = self.o.no_slapd or servers.slapd_missing()
        if not self.no_slapd and self.wanted("who", "core", "cold"):
            self.say("slapd")
            self.slapd = self.keep(servers.Slapd(self.iqd, self.data))
            self.table.data["verify slapd"] = self.load(
                self.slapd, "verify", None, 1, 1, "-q", self.slapd.expected, program="bench_ldap")

    def verified(self, server, data):
        """Ends the run if an answer is wrong."""
        self.note("verify", self.load(server, "verify", None, 1, 1, "-x", data.expected))

    def wanted(self, *parts):
        return not self.o.only or bool(set(parts) & set(self.o.only))

    def say(self, what):
        print("%s …" % what, file=sys.stderr, flush=True)

    # ---- questions

    def round(self, conns, depth, got, cpu=None):
        both = (conns, depth)
        got["iqd"].append(self.load(self.iqd, "who", self.data, *both, cpu=cpu))
        got["ceiling"].append(self.load(self.ceiling, "canned", self.data, *both, cpu=cpu))
        if self.slapd:
            got["slapd"].append(self.load(self.slapd, "who", self.data, *both, cpu=cpu,
                                          program="bench_ldap"))
        if cpu is None:
            got["plain"].append(self.load(self.iqd, "plain", self.data, *both))

    def cell(self, conns, depth, cpu=None):
        got = {"iqd": [], "ceiling": [], "slapd": [], "plain": []}
        for _ in range(self.o.rounds):
            self.round(conns, depth, got, cpu)
        self.table.data["%d x %d%s" % (conns, depth, "" if cpu is None else ", one core")] = got
        return got

    def against_slapd(self, name, got, times):
        target = "≥ %d × slapd" % times
        if not self.slapd:
            self.table.add(name, target, why=self.no_slapd)
            return
        value = ratio(got["iqd"], got["slapd"], "qps")
        self.table.add(name, target, "%.0f/s, slapd %.0f/s" % (
            middle(got["iqd"], "qps"), middle(got["slapd"], "qps")), value, least=times,
            ratio="%.1f ×" % value)

    def processor(self, name, got, most):
        own, theirs = (middle(got[k], "srv_us") for k in ("iqd", "ceiling"))
        figure = "%.1f µs, ceiling %.1f µs" % (own, theirs)
        if got["slapd"]:
            figure += ", slapd %.0f µs" % middle(got["slapd"], "srv_us")
        self.table.add(name, "≤ %d µs" % most, figure, own, most=most,
                       ratio="%.2f × ceiling" % ratio(got["iqd"], got["ceiling"], "srv_us"))

    def who(self):
        plain, memory = [], []
        for conns, depth in CELLS:
            self.say("who %d × %d" % (conns, depth))
            got, name = self.cell(conns, depth), "who %d × %d" % (conns, depth)
            value = ratio(got["iqd"], got["ceiling"], "qps")
            rates = "%.0f/s, ceiling %.0f/s" % tuple(middle(got[k], "qps") for k in ("iqd", "ceiling"))
            if (conns, depth) == (1, 1):
                self.table.add(name + ": rate", "≥ 0.85 × ceiling", rates, value, least=0.85,
                               ratio="%.2f ×" % value)
            else:
                self.against_slapd(name + ": rate", got, 5 if depth == 1 else 10)
                self.processor(name + ": server CPU", got, 22 if depth == 1 else 9)
            if (conns, depth) == (64, 1):
                value = ratio(got["iqd"], got["ceiling"], "p99_us")
                self.table.add(name + ": p99", "≤ 1.5 × ceiling", "%.0f µs, ceiling %.0f µs" % tuple(
                    middle(got[k], "p99_us") for k in ("iqd", "ceiling")), value, most=1.5,
                    ratio="%.2f ×" % value)
            plain.append((name.replace("who", "plain question"), got["plain"]))
            memory += [r["anon_mb"] for r in got["iqd"] + got["plain"]]
        return plain, max(memory)

    def core(self):
        self.say("one core")
        got = self.cell(1, 1, min(os.sched_getaffinity(0)))
        self.processor("who 1 × 1, both ends on one core", got, 18)

    def plain(self, cells):
        for name, got in cells:
            self.table.add(name, "", "%.0f/s, %.1f µs, %.0f bytes" % tuple(
                middle(got, k) for k in ("qps", "srv_us", "bytes")))

    # ---- a process for one question

    def cold(self):
        self.say("cold")
        q = self.data.first_question()
        commands = {"nothing": (["/bin/true"], self.iqd.env), "iqq": (
            [self.iqd.iqq, "who", "--task", q["task"], "--region", q["region"], "--status",
             q["status"], "--certain", "--no-subtasks"], self.iqd.env)}
        if self.slapd:
            commands["ldapsearch"] = (self.slapd.search(), {
                **self.iqd.env, "LDAPTLS_CACERT": os.path.join(self.iqd.profile, "ca.pem")})
        got = {name: [] for name in commands}
        for _ in range(self.o.colds):
            for name, (command, env) in commands.items():
                ms, status = spawn(command, env)
                if status not in (0, 1 if name == "iqq" else 0):  # 1: nobody is responsible
                    sys.exit("%s: exit status %d" % (" ".join(command), status))
                got[name].append(ms)
        self.table.data["cold"] = got
        own = median(got["iqq"])
        self.table.add("cold: iqq who", "≤ 7 ms", "%.2f ms (a process that does nothing %.2f)" % (
            own, median(got["nothing"])), own, most=7)
        if not self.slapd:
            self.table.add("cold: iqq who", "≤ 0.8 × ldapsearch", why=self.no_slapd)
            return
        value = median(a / b for a, b in zip(got["iqq"], got["ldapsearch"]))
        self.table.add("cold: iqq who", "≤ 0.8 × ldapsearch", "%.2f ms, ldapsearch %.2f ms" % (
            own, median(got["ldapsearch"])), value, most=0.8, ratio="%.2f ×" % value)

    # ---- writing

    def imports(self):
        rate, disk = (median(x[k] for x in self.loads) for k in ("rows_s", "disk_mb"))
        self.table.add("import: rate", "≥ 250000 rows/s", "%.0f rows/s (%d rows in %.2f s)" % (
            rate, self.data.rows, median(x["seconds"] for x in self.loads)), rate, least=250000)
        self.table.add("import: on disk", "≤ 500 MB", "%.0f MB, server peak %.0f MB" % (
            disk, max(x["peak_mb"] for x in self.loads)), disk, most=500)

    def updates(self):
        folder = os.path.join(self.home, "lmdb")
        os.mkdir(folder)
        for clients, least in CLIENTS.items():
            self.say("updates %d" % clients)
            got = {"iqd": [], "lmdb": []}
            for _ in range(self.o.write_rounds):
                got["iqd"].append(self.load(self.iqd, "write", None, clients, 1, "-r",
                                            str(self.data.responsibilities)))
                done = subprocess.run([os.path.join(self.tools, "bench_lmdb"), folder,
                                       str(self.data.responsibilities), str(clients),
                                       str(self.o.seconds)], capture_output=True, text=True)
                if done.returncode:
                    sys.exit(done.stderr)
                got["lmdb"].append(json.loads(done.stdout))
            self.table.data["updates %d" % clients] = got
            own = middle(got["iqd"], "qps")
            self.table.add("durable updates, %d client%s" % (clients, "s" if clients > 1 else ""),
                           "≥ %d/s" % least, "%.0f/s, LMDB in process %.0f/s" % (
                               own, middle(got["lmdb"], "qps")), own, least=least,
                           ratio="%.2f × LMDB" % ratio(got["iqd"], got["lmdb"], "qps"))

    # ---- memory

    def idle(self):
        self.say("idle connections")
        self.iqd.restart()  # the others', too, were started over what is there
        self.memory("after a start", max(self.load(self.iqd, "who", self.data, *cell)["anon_mb"]
                                         for cell in CELLS))
        self.iqd.restart()  # no holes in the heap that connections could fill
        self.load(self.iqd, "who", self.data, 4, 1, seconds=0.2)  # what the first ones set up
        got = self.note("idle", self.load(self.iqd, "idle", None, self.o.idle))
        self.table.add("idle connection", "≤ 28 KB", "%.1f KB (%d connections)" % (
            got["kb_per_conn"], self.o.idle), got["kb_per_conn"], most=28)
        self.held()

    def held(self):
        name, target = "idle connections held", "%d" % HELD
        if not self.o.full:
            self.table.add(name, target, why="only in the full run")
        elif self.o.descriptors < HELD + SPARE_DESCRIPTORS:
            self.table.add(name, target, why="the system grants %d descriptors" % self.o.descriptors)
        else:
            got = self.note("held", self.load(self.iqd, "idle", None, HELD))
            self.table.add(name, target, "%d held, %.1f KB each" % (got["held"], got["kb_per_conn"]),
                           got["held"], least=HELD)

    def memory(self, when, mb):
        self.table.add("anonymous memory under load, " + when, "≤ 24 MB", "%.1f MB" % mb, mb, most=24)

    def steady(self):
        name, target = "memory over a million questions", "≤ %d KB more" % STEADY_KB
        if not self.o.full:
            self.table.add(name, target, why="only in the full run")
            return
        self.say("steady memory")
        self.load(self.iqd, "who", self.data, 64, 1)
        before, asked, seen = servers.memory_kb(self.iqd.pid)["RssAnon"], 0, []
        while asked < QUESTIONS:
            asked += self.load(self.iqd, "who", self.data, 64, 1, seconds=5)["answered"]
            seen.append(servers.memory_kb(self.iqd.pid)["RssAnon"] - before)
        self.table.data["steady"] = seen
        self.table.add(name, target, "%+d KB after %d questions" % (seen[-1], asked), seen[-1],
                       most=STEADY_KB)

    # ---- other data

    def audited(self):
        self.say("audited")
        data = self.data.confidential()
        server, _ = self.product("audited", data)
        self.verified(server, data)
        got, before = {"who": [], "contacts": []}, server.disclosed()
        for _ in range(self.o.rounds):
            for mode, results in got.items():
                results.append(self.load(server, mode, data, 64, 1))
        entries, answers = server.disclosed() - before, sum(r["answered"] for r in got["contacts"])
        if entries < answers:
            sys.exit("%d answers with confidential contacts, %d audit entries" % (answers, entries))
        self.table.data["audited"] = {**got, "entries": entries}
        value = ratio(got["contacts"], got["who"], "qps")
        self.table.add("audited disclosure, 64 × 1", "≥ 0.5 × without", "%.0f/s, without %.0f/s" % (
            middle(got["contacts"], "qps"), middle(got["who"], "qps")), value, least=0.5,
            ratio="%.2f ×" % value)
        self.end(server)

    def growth(self):
        if not self.o.full:
            for conns, depth in CELLS[1:]:
                self.table.add("growth to 1,000,000 rows, %d × %d" % (conns, depth),
                               "≤ 1.3 × CPU per query", why="only in the full run")
            return
        self.say("growth")
        data = sets.national(self.scratch, SMALL)
        server, _ = self.product("small", data)
        self.verified(server, data)
        for conns, depth in CELLS[1:]:
            got = {"small": [], "large": []}
            for _ in range(self.o.rounds):
                got["small"].append(self.load(server, "who", data, conns, depth))
                got["large"].append(self.load(self.iqd, "who", self.data, conns, depth))
            self.table.data["growth %d x %d" % (conns, depth)] = got
            value = ratio(got["large"], got["small"], "srv_us")
            self.table.add("growth to 1,000,000 rows, %d × %d" % (conns, depth),
                           "≤ 1.3 × CPU per query", "%.1f µs, with 100,000 rows %.1f µs" % (
                               middle(got["large"], "srv_us"), middle(got["small"], "srv_us")),
                           value, most=1.3, ratio="%.2f ×" % value)
        self.end(server)

    def all(self):
        """The table in its order; what changes the data or restarts the server comes late."""
        self.start()
        plain, mb = self.who() if self.wanted("who") else ([], None)
        for part, measure in (("core", self.core), ("cold", self.cold), ("import", self.imports),
                              ("growth", self.growth), ("steady", self.steady)):
            if self.wanted(part):
                measure()
        if mb is not None:
            self.memory("after the import", mb)
            self.plain(plain)
        for part, measure in (("update", self.updates), ("idle", self.idle),
                              ("audit", self.audited)):
            if self.wanted(part):
                measure()
