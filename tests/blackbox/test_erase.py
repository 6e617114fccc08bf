# SPDX-License-Identifier: Apache-2.0
"""A person who is erased: asked for by one, approved by another; then nothing is left of them."""

import datetime
import os
import subprocess
import threading

import iqtest

PERSON = "erika-mustermann-geheim"
OTHER = "max-muster-bleibt"
SECRETS = ("Erika Mustermann", "Erika Musterfrau", "030 23125 777", "030 23125 778",
           "erika.mustermann@example.org", PERSON, "Beratung fuer Erika")
KEPT = ("Max Muster", "030 23125 100", "max.muster@example.org", OTHER)


class Person:
    """A principal with a certificate of its own, and its connection."""

    def __init__(self, test, root, id_, **fields):
        self.name, self.server = id_, test.server
        folder = iqtest.temp_dir(type(test))
        self.key, csr = os.path.join(folder, "key.pem"), os.path.join(folder, "csr.der")
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x",
                        "-keyout", self.key, "-outform", "DER", "-out", csr],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        root.call("principal", {
            "request_id": os.urandom(16), "verb": "PRINCIPAL_ADD", "id": id_,
            "fields": [{"key": k, "value": v} for k, v in fields.items()], "reason": "Test"})
        secret = os.urandom(16)
        root.call("token", {"request_id": os.urandom(16), "verb": "TOKEN_CREATE",
                            "principal": id_, "secret": secret, "reason": "Test"})
        with open(csr, "rb") as f, iqtest.Raw(self.server) as w:
            m = w.call("enroll", {"secret": secret, "csr": f.read()})
        self.certificate = os.path.join(folder, "cert.pem")
        subprocess.run(["openssl", "x509", "-inform", "DER", "-out", self.certificate],
                       input=m["certificate"], check=True)
        self.wire = None
        test.addCleanup(self.close)
        self.connect_again()

    def connect_again(self):
        self.close()
        self.wire = self.connect()

    def close(self):
        if self.wire is not None:
            self.wire.close()

    def connect(self):
        return iqtest.Raw(self.server, self.certificate, self.key)

    def call(self, operation, message):
        return self.wire.call(operation, message)


def give(test, root, name, role, **scope):
    until = (datetime.date.today() + datetime.timedelta(days=300)).isoformat()
    m = root.call("grant", {"request_id": os.urandom(16), "verb": "GRANT_GIVE", "principal": name,
                            "grant": {"role": role, "valid_to": until, **scope},
                            "reason": "Test"})
    return m["approval"]


class Erase(iqtest.Case):
    data = None

    def setUp(self):
        self.root = self.iqq.connect()
        self.addCleanup(lambda: self.root.close())

    def put(self, verb, kind_, id_, **fields):
        return self.root.write(verb, kind_, id_, fields)

    def files(self):
        for folder, _, names in os.walk(self.server.dir):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        yield path, f.read()

    def holding(self, text):
        return sorted(os.path.relpath(path, self.server.dir) for path, data in self.files()
                      if text.encode() in data)

    def build(self):
        add = lambda *a, **f: self.put("ADD", *a, **f)
        add("region", "stadt", kind="country", name_de="Stadt")
        add("task", "kurs", name_de="Kurs")
        add("kind", "amt", name_de="Amt")
        add("institution", "vhs", kind="amt", region="stadt", name_de="VHS")
        for id_, name, phone, email in (
                (OTHER, "Max Muster", "030 23125 100", "max.muster@example.org"),
                (PERSON, "Erika Mustermann", "030 23125 777", "erika.mustermann@example.org")):
            add("contact", id_, institution="vhs", name=name, phone=phone, email=email,
                function="Beratung", languages="de", visibility="partners")
        self.put("SET", "contact", OTHER, deputy=PERSON)
        add("responsibility", "vhs-kurs", institution="vhs", task="kurs", region="stadt",
            role="provider", contacts=PERSON + ";" + OTHER)
        # changed several times: the past and the stored answers of requests hold all of it
        self.put("SET", "contact", PERSON, name="Erika Musterfrau")
        self.put("SET", "contact", PERSON, phone="030 23125 778")
        self.put("SET", "contact", PERSON, function="Beratung fuer Erika")
        self.put("SET", "responsibility", "vhs-kurs", note="geprüft")

    def ask(self, stop, failures):
        """Another connection that goes on asking."""
        try:
            with self.iqq.connect() as wire:
                while not stop.is_set():
                    m = wire.call("get", {"kind": "contact", "id": OTHER,
                                          "reason": "correction"})
                    if m["record"]["contact"]["name"] != "Max Muster":
                        failures.append(m)
        except Exception as e:  # pylint: disable=broad-except
            failures.append(e)

    def test_nothing_is_left(self):
        self.build()
        second = Person(self, self.root, "zweite-person", name="Zweite Person")
        # the first second person needs the operator's consent
        number = give(self, self.root, second.name, "admin")
        self.root.close()
        self.server.stop()
        self.assertExit(iqtest.run([iqtest.IQD, "approve", "--state", self.server.dir,
                                    str(number)]), 0)
        self.server.start()
        self.root = self.iqq.connect()
        second.connect_again()
        own = Person(self, self.root, "konto-17", contact=PERSON, institution="vhs",
                     name="Erika Mustermann")
        give(self, self.root, second.name, "editor", institution="vhs")
        reader = Person(self, self.root, "leserin", name="Leserin")
        give(self, self.root, reader.name, "reader", region="stadt")
        seen = reader.call("contact", {"term": PERSON, "reason": "referral"})
        self.assertEqual([c["name"] for c in seen["contacts"]], ["Erika Musterfrau"])
        self.root.call("flag", {"request_id": os.urandom(16), "id": PERSON,
                                "text": "Erika Mustermann hat ein anderes Telefon."})

        # her own view of it
        mine = own.call("my_data", {})
        self.assertEqual(mine["contact"]["name"], "Erika Musterfrau")
        self.assertEqual([d["principal"] for d in mine["disclosures"]
                          if d["purpose"] == "referral"], ["leserin"])
        self.assertGreaterEqual(len(mine["sources"]), 4)
        for secret in SECRETS:
            self.assertIn("data.mdb", self.holding(secret))

        # who may not, may not; hidden and missing look alike
        asked = {"request_id": os.urandom(16), "contact": PERSON, "reason": "correction"}
        with self.assertRaises(iqtest.Refused) as caught:
            reader.call("erase", asked)
        self.assertIn(caught.exception.error["code"], ("denied", "not-found"))

        # the first person asks: nothing has happened yet
        done = self.iqq.json("erase", PERSON, "--reason", "correction", "--yes")
        number = done["items"][0]["approval"]
        self.assertTrue(number)
        self.assertEqual(own.call("my_data", {})["contact"]["name"], "Erika Musterfrau")

        stop, failures = threading.Event(), []
        asking = [threading.Thread(target=self.ask, args=(stop, failures)) for _ in range(3)]
        for t in asking:
            t.start()
        try:
            approve = {"request_id": os.urandom(16), "verb": "APPROVE_YES", "id": number,
                       "reason": "correction"}
            second.call("approve", approve)
            # a retry is harmless
            second.call("approve", approve)
            for secret in SECRETS:
                self.assertEqual(self.holding(secret), [], secret)
            # … also after further changes
            for i in range(20):
                self.put("SET", "institution", "vhs", name_en=f"Centre {i}")
        finally:
            stop.set()
            for t in asking:
                t.join()
        self.assertEqual(failures, [])
        for secret in SECRETS:
            self.assertEqual(self.holding(secret), [], secret)
        for text in KEPT:
            self.assertIn("data.mdb", self.holding(text))

        # it is gone for everybody, in every way
        self.assertEqual(self.iqq("get", "contact", PERSON).exit, 1)
        self.assertEqual(self.iqq("history", "contact", PERSON).exit, 1)
        self.assertEqual(self.iqq("erase", PERSON, "--reason", "correction", "--yes").exit, 1)
        with self.assertRaises((iqtest.Refused, EOFError, OSError)):
            own.call("my_data", {})
        record = self.root.call("get", {"kind": "responsibility", "id": "vhs-kurs"})["record"]
        self.assertEqual(record["responsibility"]["contacts"], [OTHER])
        for entry in self.iqq.json("history", "responsibility", "vhs-kurs")["items"]:
            self.assertNotIn(PERSON, str(entry))
        self.assertEqual(self.root.call("flags", {})["flags"], [])

        # the chain holds, and the store agrees with itself
        self.assertExit(self.server.check(), 0, "audit")
        for person in (second, own, reader):
            person.wire.close()
        self.server.stop()
        self.assertExit(self.server.check(), 0)
        self.assertEqual([n for n in os.listdir(self.server.dir) if n.startswith("data.mdb")
                          and n not in ("data.mdb", "data.mdb-lock")], [])
        for secret in SECRETS:
            self.assertEqual(self.holding(secret), [], secret)
        self.server.start()
        self.assertEqual(self.iqq.json("get", "contact", OTHER)["items"][0]["name"], "Max Muster")


if __name__ == "__main__":
    iqtest.main()
