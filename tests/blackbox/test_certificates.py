# SPDX-License-Identifier: Apache-2.0
"""Certificates that are not in order: what the person reads, in English and German; renewal; the
authority kept elsewhere and replaced; a public key infrastructure that exists already."""

import datetime
import os
import socket
import ssl
import subprocess
import unittest

import iqtest

AUTHORITY = """
[ca]
default_ca = this
[this]
dir = {dir}
database = {dir}/index
serial = {dir}/serial
new_certs_dir = {dir}
private_key = {key}
certificate = {cert}
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = optional
organizationName = optional
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
{extensions}
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
"""
CLIENT = "extendedKeyUsage = clientAuth\n"
TOKEN = ("iqq enroll", "iqq enroll")


def openssl(*args):
    done = subprocess.run(["openssl", *args], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=iqtest.DEADLINE, check=False)
    if done.returncode != 0:
        raise AssertionError(f"openssl {args}: {done.stderr.decode()}")
    return done.stdout.decode()


def day(offset):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(days=offset)).strftime("%Y%m%d%H%M%SZ")


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, 0o600)


def names(der_uris):
    """subjectAltName with these URIs, as bytes: openssl's own notation cannot write a NUL"""
    body = b"".join(b"\x86" + bytes([len(u)]) + u for u in der_uris)
    return "subjectAltName = critical,DER:30" + bytes([len(body)]).hex() + body.hex() + "\n"


class Forge:
    """Makes certificates with somebody's authority."""

    def __init__(self, test, key, cert):
        self.dir, self.key, self.cert = iqtest.temp_dir(test), key, cert

    def sign(self, key, serial, begin=-1, end=300, extensions=CLIENT, subject="/CN=odd"):
        """The certificate (PEM) for a key file."""
        path = (lambda name: os.path.join(self.dir, name))
        write(path("index"), "")
        write(path("serial"), serial + "\n")
        write(path("conf"), AUTHORITY.format(dir=self.dir, key=self.key, cert=self.cert,
                                             extensions=extensions))
        openssl("req", "-new", "-key", key, "-subj", subject, "-out", path("csr"))
        openssl("ca", "-batch", "-notext", "-config", path("conf"), "-extensions", "leaf",
                "-startdate", day(begin), "-enddate", day(end), "-in", path("csr"),
                "-out", path("cert"))
        return read(path("cert"))


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = iqtest.Server(cls).start()
        cls.iqq = iqtest.Client(cls.server, cls)
        cls.key, cls.cert, cls.ca = cls.iqq.files()
        cls.good = {path: read(path) for path in (cls.key, cls.cert, cls.ca)}
        cls.serial = openssl("x509", "-in", cls.cert, "-noout", "-serial").strip().split("=")[1]
        cls.ours = Forge(cls, os.path.join(cls.server.dir, "ca.key"),
                         os.path.join(cls.server.dir, "ca.pem"))

    def setUp(self):
        for path, text in self.good.items():
            write(path, text)

    def uri(self, name="admin"):
        return CLIENT + f"subjectAltName = critical,URI:iq:principal/{name}\n"

    def refused(self, english, german, hints=TOKEN, iqq=None, *args):
        """Exit 4, the sentence and the next step, in both languages."""
        iqq = iqq or self.iqq
        for lang, text, hint in (("en", english, hints[0]), ("de", german, hints[1])):
            done = iqq("whoami", *args, env={"IQQ_LANG": lang})
            self.assertEqual(done.exit, 4, done)
            self.assertIn(text, done.err.replace("\n", " "), done)
            self.assertIn(hint, " ".join(done.err.split()), done)
            self.assertEqual(done.out, "")

    def show(self, **more):
        more.setdefault("extensions", self.uri())
        write(self.cert, self.ours.sign(self.key, more.pop("serial", self.serial), **more))

    def test_good(self):
        self.show()
        self.assertEqual(self.iqq("whoami").exit, 0)

    def test_expired(self):
        self.show(begin=-100, end=-20)
        date = (datetime.date.today() - datetime.timedelta(days=20))
        self.refused("Your certificate expired on", "Ihr Zertifikat ist am")
        done = self.iqq("whoami")
        self.assertTrue(any(str((date + datetime.timedelta(days=d)).day) in done.err
                            for d in (-1, 0, 1)), done)

    def test_not_yet_valid(self):
        self.show(begin=3, end=300)
        self.refused("Your certificate is valid only from", "Ihr Zertifikat gilt erst ab",
                     ("clock", "Uhr"))

    def test_unknown_serial(self):
        self.show(serial="5A" * 20)
        self.refused("This server has no record of the certificate of admin.",
                     "Dieser Server hat das Zertifikat von admin nicht verzeichnet.")

    def test_serial_of_another(self):
        self.show(extensions=self.uri("somebody"))
        self.refused("The certificate of somebody", "Das Zertifikat von somebody")

    def test_wrong_authority(self):
        other = iqtest.Server(self)
        forge = Forge(self, os.path.join(other.dir, "ca.key"), os.path.join(other.dir, "ca.pem"))
        write(self.cert, forge.sign(self.key, self.serial, extensions=self.uri()))
        self.refused("was not issued by the server", "wurde nicht vom Server")

    def test_self_signed(self):
        path = os.path.join(iqtest.temp_dir(self), "cert")
        openssl("req", "-x509", "-new", "-key", self.key, "-subj", "/CN=me", "-days", "10",
                "-addext", "extendedKeyUsage=clientAuth",
                "-addext", "subjectAltName=URI:iq:principal/admin", "-out", path)
        write(self.cert, read(path))
        self.refused("is signed by itself", "von sich selbst")

    def test_wrong_usage(self):
        self.show(extensions="extendedKeyUsage = serverAuth\n"
                             "subjectAltName = critical,URI:iq:principal/admin\n")
        self.refused("it is not meant for clients", "nicht für Clients bestimmt")

    def test_weak_keys(self):
        kinds = (("RSA", "rsa_keygen_bits:1024"), ("EC", "ec_paramgen_curve:P-192"),
                 ("EC", "ec_paramgen_curve:secp224r1"))
        for kind, option in kinds:
            with self.subTest(option):
                os.unlink(self.key)
                openssl("genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", self.key)
                os.chmod(self.key, 0o600)
                self.show()
                self.refused("is too weak", "zu schwach", ("iqq enroll", "iqq enroll"))

    def test_names(self):
        one = b"iq:principal/admin"
        one_principal = ("must name exactly one principal", "genau ein Konto nennen")
        no_principal = ("names something that is no principal", "das kein Konto ist")
        cases = (
            ("none", "", one_principal),
            ("foreign", CLIENT + "subjectAltName = critical,URI:https://example.org/admin\n",
             no_principal),
            ("a host", "subjectAltName = critical,DNS:admin\n", one_principal),
            ("two", names([one, b"iq:principal/other"]), one_principal),
            ("the same twice", names([one, one]), one_principal),
            ("NUL", names([b"iq:principal/admin\0.example.org"]), no_principal),
            ("NUL at the end", names([one + b"\0"]), no_principal),
        )
        for what, extensions, (english, german) in cases:
            with self.subTest(what):
                self.show(extensions=(extensions if CLIENT in extensions else CLIENT + extensions))
                self.refused(english, german)

    def test_key_of_another(self):
        os.unlink(self.key)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-out", self.key)
        os.chmod(self.key, 0o600)
        self.refused("does not belong to the certificate", "gehört nicht zum Zertifikat",
                     ("iqq enroll", "iqq enroll"))

    def test_renewed_in_grace(self):
        self.show(begin=-100, end=-3)
        done = self.iqq("whoami")
        self.assertEqual(done.exit, 0, done)
        self.assertEqual(done.err, "")
        self.assertNotEqual(read(self.key), self.good[self.key])
        self.assertEqual(os.stat(self.key).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(self.cert).st_mode & 0o777, 0o600)
        self.assertFalse([n for n in os.listdir(os.path.dirname(self.key)) if "next" in n])
        left = openssl("x509", "-in", self.cert, "-noout", "-checkend", str(300 * 86400))
        self.assertIn("will not expire", left)
        self.assertEqual(self.iqq("whoami").exit, 0)

    def test_renewed_in_last_third(self):
        self.show(begin=-300, end=60)
        before = read(self.cert)
        done = self.iqq("whoami")
        self.assertEqual((done.exit, done.err), (0, ""), done)
        self.assertNotEqual(read(self.cert), before)
        after = read(self.cert)
        self.assertEqual(self.iqq("whoami").exit, 0)
        self.assertEqual(read(self.cert), after)  # not again

    def test_interrupted_renewal_is_completed(self):
        self.show(begin=-300, end=60)
        old = read(self.cert)
        self.assertEqual(self.iqq("whoami").exit, 0)
        write(self.cert + ".next", read(self.cert))  # the key is in place, the certificate is not
        write(self.cert, old)
        self.assertEqual(self.iqq("whoami").exit, 0)
        self.assertEqual(os.path.exists(self.cert + ".next"), False)

    def test_wrong_host(self):
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        server.stop()
        process = subprocess.Popen(
            [iqtest.IQD, "run", "--state", server.dir, "--listen", "127.0.0.2:0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=iqtest.clean_env())
        iqtest.started.append(process)
        address = process.stdout.readline().decode().split()[1]
        self.refused("has another name than 127.0.0.2", "127.0.0.2",
                     ("iqd init --name", "iqd init --name"), iqq, "--server", address)
        process.terminate()
        self.assertEqual(process.wait(iqtest.DEADLINE), 0)
        process.stdout.close()


class Authority(unittest.TestCase):
    def iqd(self, *args, env=None):
        return iqtest.run([iqtest.IQD, *args], env=iqtest.clean_env(**(env or {})))

    def test_offline(self):
        server = iqtest.Server(self)
        keep = os.path.join(server.home, "kept.key")
        done = self.iqd("ca", "export", "--state", server.dir, keep, "--remove")
        self.assertEqual(done.exit, 0, done)
        self.assertEqual(os.stat(keep).st_mode & 0o777, 0o600)
        self.assertFalse(os.path.exists(os.path.join(server.dir, "ca.key")))
        again = self.iqd("ca", "export", "--state", server.dir, keep + "2")
        self.assertNotEqual(again.exit, 0)
        self.assertIn("ca import", again.err)
        server.start()
        iqq = iqtest.Client(server, self, enroll=False)
        done = iqq.enroll(server.token)
        self.assertEqual(done.exit, 8, done)
        self.assertIn("offline", done.err)
        self.assertIn("iqd ca import", done.err)
        server.stop()
        other = iqtest.Server(self)
        wrong = self.iqd("ca", "import", "--state", server.dir,
                         os.path.join(other.dir, "ca.key"))
        self.assertEqual(wrong.exit, 7, wrong)
        self.assertEqual(self.iqd("ca", "import", "--state", server.dir, keep).exit, 0)
        server.start()
        self.assertEqual(iqq.enroll(server.token).exit, 0)  # the token was not used up
        server.stop()

    def test_key_is_not_in_the_daemon(self):
        server = iqtest.Server(self).start()
        iqtest.Client(server, self)  # has something signed
        text = openssl("pkey", "-in", os.path.join(server.dir, "ca.key"), "-noout", "-text")
        number = text.split("priv:")[1].split("pub:")[0]
        key = bytes.fromhex("".join(c for c in number if c in "0123456789abcdef"))[-32:]
        for needle, there in ((key, False), (key[::-1], False), (server.dir.encode(), True)):
            self.assertEqual(self.in_memory(server.pid, needle), there)
        server.stop()

    def in_memory(self, pid, needle):
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
                open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                fields = line.split()
                begin, end = (int(v, 16) for v in fields[0].split("-"))
                if not fields[1].startswith("rw") or end - begin > 1 << 28:
                    continue
                memory.seek(begin)
                try:
                    if needle in memory.read(end - begin):
                        return True
                except OSError:
                    pass
        return False

    def test_rotation(self):
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        key, cert, ca = iqq.files()
        running = self.iqd("ca", "rotate", "--state", server.dir)
        self.assertEqual(running.exit, 6, running)
        server.stop()
        made = self.iqd("token", "create", "--state", server.dir, "--principal", "admin")
        self.assertEqual(made.exit, 0, made)
        token = made.out.split()[1]
        done = self.iqd("ca", "rotate", "--state", server.dir)
        self.assertEqual(done.exit, 0, done)
        text = read(os.path.join(server.dir, "ca.pem"))
        self.assertEqual(text.count("BEGIN CERTIFICATE"), 2)
        server.start()
        old = read(ca)
        self.assertEqual(iqq("whoami").exit, 0)  # knows only the old one
        self.assertEqual(read(ca), old)
        late = iqtest.Client(server, self, enroll=False)
        port = server.address
        self.assertEqual(late("enroll", port, "--token", token).exit, 0)  # with the old fingerprint
        self.assertEqual(late("whoami").exit, 0)
        server.stop()
        made = self.iqd("token", "create", "--state", server.dir, "--principal", "admin")
        server.start()
        new = iqtest.Client(server, self, enroll=False)
        self.assertEqual(new("enroll", server.address, "--token", made.out.split()[1]).exit, 0)
        self.assertEqual(new("whoami").exit, 0)
        self.learn(server, iqq, key, cert, ca)
        server.stop()
        # a second time: who learned of the first change follows
        self.assertEqual(self.iqd("ca", "rotate", "--state", server.dir).exit, 0)
        server.start()
        for client in (iqq, new):
            self.assertEqual(client("whoami").exit, 0)
        server.stop()

    def learn(self, server, iqq, key, cert, ca):
        """A renewal brings the new authority."""
        serial = openssl("x509", "-in", cert, "-noout", "-serial").strip().split("=")[1]
        forge = Forge(self, os.path.join(server.dir, "ca.key"), os.path.join(server.dir, "ca.pem"))
        write(cert, forge.sign(key, serial, begin=-300, end=30, extensions=CLIENT +
                               "subjectAltName = critical,URI:iq:principal/admin\n"))
        self.assertEqual(iqq("whoami").exit, 0)
        self.assertEqual(read(ca).count("BEGIN CERTIFICATE"), 2)
        self.assertEqual(iqq("whoami").exit, 0)


class External(unittest.TestCase):
    def test_unmapped_and_bad(self):
        server = iqtest.Server(self)
        folder = iqtest.temp_dir(self)
        root, key = os.path.join(folder, "root.pem"), os.path.join(folder, "root.key")
        openssl("req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", key, "-out", root,
                "-subj", "/O=Musterbehörde/CN=Muster CA", "-utf8", "-days", "100")
        with open(os.path.join(server.dir, "iqd.conf"), "a", encoding="ascii") as f:
            f.write(f"client_ca = {root}\n")
        check = iqtest.run([iqtest.IQD, "config", "check", "--state", server.dir],
                           env=iqtest.clean_env())
        self.assertEqual(check.exit, 0, check)
        server.start()
        iqq = iqtest.Client(server, self)
        own_key, cert, _ = iqq.files()
        forge = Forge(self, key, root)
        cases = (
            (CLIENT, "assigned to nobody here"),
            ("", "does not say clientAuth"),
            # the other authority cannot speak for ours
            (CLIENT + "subjectAltName = URI:iq:principal/admin\n", "assigned to nobody here"),
        )
        serial = openssl("x509", "-in", cert, "-noout", "-serial").strip().split("=")[1]
        for extensions, words in cases:
            write(cert, forge.sign(own_key, serial, extensions=extensions,
                                   subject="/O=Muster/CN=Erika Mustermann"))
            done = iqq("whoami")
            self.assertEqual(done.exit, 4, done)
            self.assertIn(words, " ".join(done.err.split()), done)
        write(cert, forge.sign(own_key, serial, begin=-20, end=-2, extensions=CLIENT))
        done = iqq("whoami")  # no grace: it cannot be renewed here
        self.assertEqual(done.exit, 4, done)
        self.assertIn("expired", done.err)
        server.stop()


    def trust(self, server, line):
        """Other authorities from now on, as the running server is told."""
        path = os.path.join(server.dir, "iqd.conf")
        rest = [x for x in read(path).splitlines(True) if not x.startswith("client_ca")]
        with open(path, "w", encoding="ascii") as f:
            f.write("".join(rest) + line)
        done = iqtest.run([iqtest.IQD, "reload", "--state", server.dir])
        self.assertEqual(done.exit, 0, done)

    def test_mapped_until_ended(self):
        """Mapped by issuer and subject; ending the principal ends its open connection."""
        server = iqtest.Server(self)
        folder = iqtest.temp_dir(self)
        root, key = os.path.join(folder, "root.pem"), os.path.join(folder, "root.key")
        openssl("req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", key, "-out", root,
                "-subj", "/O=Muster/CN=Muster CA", "-days", "100")
        with open(os.path.join(server.dir, "iqd.conf"), "a", encoding="ascii") as f:
            f.write(f"client_ca = {root}\n")
        server.start()
        admin = iqtest.Client(server, self)
        admin_key, admin_cert, _ = admin.files()
        own = os.path.join(folder, "own.key")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", own)
        cert = os.path.join(folder, "own.pem")
        write(cert, Forge(self, key, root).sign(own, "5B" * 16, extensions=CLIENT,
                                                subject="/O=Muster/CN=Erika Mustermann"))
        fields = [{"key": "name", "value": "Erika Mustermann"},
                  {"key": "issuer", "value": ""}, {"key": "subject", "value": ""}]
        with Line(server, cert, own) as theirs:
            refused = theirs.ask("whoami")["error"]
            self.assertEqual(refused["code"], "login")
            self.assertIn("{0}", refused["hint"])  # names what is to be assigned
            fields[2]["value"], fields[1]["value"] = refused["args"]
            self.assertEqual(set(fields[2]["value"].split(",")),
                             {"CN=Erika Mustermann", "O=Muster"})
        with Line(server, admin_cert, admin_key) as line:
            made = line.ask("principal", request_id=b"1" * 16, verb=1, id="erika", fields=fields)
            self.assertTrue(made["principal"], made)
            with Line(server, cert, own) as theirs:
                known = theirs.ask("whoami")
                self.assertTrue(known["whoami"], known)
                self.assertEqual(known["whoami"]["principal"], "erika")
                renewal = theirs.ask("renew", csr=b"x")
                self.assertEqual(renewal["error"]["code"], "usage")
                self.trust(server, "")
                self.assertIsNone(theirs.receive())  # and nobody else's
                self.assertEqual(line.ask("whoami")["whoami"]["principal"], "admin")
                self.trust(server, f"client_ca = {root}\n")
            with Line(server, cert, own) as theirs:
                with Line(server, cert, own) as idle:
                    self.assertTrue(theirs.ask("whoami")["whoami"])
                    ended = line.ask("principal", request_id=b"2" * 16, verb=3, id="erika")
                    self.assertTrue(ended["principal"], ended)
                    for connection in (theirs, idle):
                        last = connection.receive()
                        self.assertEqual(last["error"]["code"], "login")
                        self.assertIsNone(connection.receive())
            self.assertEqual(line.ask("whoami")["whoami"]["principal"], "admin")
        server.stop()


class Line:
    """A connection of somebody with a certificate."""

    def __init__(self, server, cert, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_alpn_protocols(["iq/1"])
        context.load_verify_locations(os.path.join(server.dir, "ca.pem"))
        if cert is not None:
            context.load_cert_chain(cert, key)
        plain = socket.create_connection(("127.0.0.1", server.port), iqtest.DEADLINE)
        self.tls = context.wrap_socket(plain, server_hostname="localhost")
        self.id = 0

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.tls.close()

    def ask(self, request, **fields):
        self.id += 1
        body = iqtest.SCHEMA.encode("Request", {"id": self.id, request: fields})
        self.tls.sendall(len(body).to_bytes(4, "big") + body)
        return self.receive()

    def receive(self):
        """The next response; None: the server has closed."""
        head = self.read(4)
        return head and iqtest.SCHEMA.decode("Response", self.read(int.from_bytes(head, "big")))

    def read(self, n):
        data = b""
        while len(data) < n:
            part = self.tls.recv(n - len(data))
            if not part:
                return None
            data += part
        return data


class Anonymous(unittest.TestCase):
    def test_config(self):
        server = iqtest.Server(self)
        path = os.path.join(server.dir, "iqd.conf")
        good = read(path)
        for line, words in (("nmae = x", "nmae"), ("anonymous = maybe", "yes or no"),
                            ("client_ca = nothing.pem", "nothing.pem")):
            with open(path, "w", encoding="ascii") as f:
                f.write(good + line + "\n")
            for command in (["config", "check"], ["run"]):
                done = iqtest.run([iqtest.IQD, *command, "--state", server.dir],
                                  env=iqtest.clean_env(IQQ_LANG="en"))
                self.assertNotEqual(done.exit, 0, done)
                self.assertIn(words, done.err)

    def ask(self, server, request, **fields):
        with Line(server, None, None) as line:
            return line.ask(request, **fields)

    def test_questions(self):
        server = iqtest.Server(self).start()
        iqq = iqtest.Client(server, self)
        self.assertEqual(iqq("import", iqtest.SAXONY, "--yes").exit, 0)
        question = {"task": "integration-course", "region": "dresden"}
        self.assertEqual(self.ask(server, "who", **question)["error"]["code"], "login")
        server.stop()
        with open(os.path.join(server.dir, "iqd.conf"), "a", encoding="ascii") as f:
            f.write("anonymous = yes\n")
        server.start()
        answer = self.ask(server, "who", **question)
        self.assertTrue(answer["who"]["answers"], answer)
        self.assertEqual(self.ask(server, "status")["error"]["code"], "login")
        self.assertEqual(self.ask(server, "whoami")["error"]["code"], "login")
        server.stop()


if __name__ == "__main__":
    unittest.main()
