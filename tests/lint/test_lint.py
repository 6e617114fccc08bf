# SPDX-License-Identifier: Apache-2.0
"""The lint itself: every rule finds its violation in a small tree, and only that."""

import os
import tempfile
import unittest

import deps
import source

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
CLEAN = {
    "common/base/buf.h": SPDX, "common/domain/match.h": SPDX + '#include "buf.h"\n',
    "common/pb/wire.h": SPDX, "common/net/tls.h": SPDX + '#include "wire.h"\n',
    "common/format/bundle.h": SPDX, "server/store/store.h": SPDX + "#include <lmdb.h>\n",
    "server/pki/pki.h": SPDX + '#include "store.h"\n#include <openssl/x509.h>\n',
    "server/main.c": SPDX + '#include "store.h"\n#include <event2/event.h>\n',
    "client/main.c": SPDX + '#include "tls.h"\n',
}


class Lint(unittest.TestCase):
    def tree(self, **files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path, text in {**CLEAN, **files}.items():
            full = os.path.join(folder.name, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        return folder.name

    def assertFinds(self, module, path, text, words):
        _, out = module.check(self.tree(**{path: text}))
        self.assertEqual(len(out), 1, out)
        self.assertTrue(out[0].startswith(path + ":"), out)
        self.assertIn(words, out[0])

    def test_clean(self):
        for module in (deps, source):
            files, out = module.check(self.tree())
            self.assertTrue(files)
            self.assertEqual(out, [])

    def test_direction(self):
        for path, include, words in (
                ("common/base/a.c", '"match.h"', "above"),
                ("common/domain/a.c", '"store.h"', "above"),
                ("server/store/a.c", '"pki.h"', "above"),
                ("common/format/a.c", '"wire.h"', "siblings"),
                ("common/pb/a.c", '"tls.h"', "siblings"),
                ("client/a.c", '"store.h"', "common only"),
                ("client/cmd/a.c", '"pki.h"', "common only"),
                ("common/net/a.c", '"../base/buf.h"', "base name"),
                ("server/new/a.c", '"buf.h"', "no floor"),
                ("common/domain/a.c", "<time.h>", "pure"),
                ("common/domain/a.c", "<protobuf-c/protobuf-c.h>", "protobuf"),
                ("common/format/a.c", '"iq.pb-c.h"', "protobuf"),
                ("server/a.c", "<openssl/ssl.h>", "belongs"),
                ("server/write/a.c", "<openssl/ssl.h>", "belongs"),
                ("server/ops/a.c", "<lmdb.h>", "belongs"),
                ("client/a.c", "<event2/event.h>", "belongs"),
                ("server/ops/a.c", "<event2/event.h>", "belongs")):
            with self.subTest(path=path, include=include):
                self.assertFinds(deps, path, SPDX + f"#include {include}\n", words)

    def test_headers_of_the_same_name(self):
        _, out = deps.check(self.tree(**{"client/who.h": SPDX, "server/ops/who.h": SPDX,
                                         "server/ops/a.c": SPDX + '#include "who.h"\n',
                                         "client/a.c": SPDX + '#include "who.h"\n'}))
        self.assertEqual(out, [])
        self.assertFinds(deps, "server/ops/buf.h", SPDX, "has a buf.h, too")

    def test_allowed(self):
        for path, include in (("server/write/a.c", "<openssl/evp.h>"),
                              ("client/cmd/a.c", '"match.h"'), ("common/net/a.c", '"wire.h"'),
                              ("server/ops/a.c", '"iq.pb-c.h"')):
            with self.subTest(path=path, include=include):
                _, out = deps.check(self.tree(**{path: SPDX + f"#include {include}\n"}))
                self.assertEqual(out, [])

    def test_source_rules(self):
        for path, text, words in (
                ("common/base/a.c", "int a;\n", "SPDX"),
                ("tools/a.py", "#!/usr/bin/env python3\n", "SPDX"),
                ("common/base/a.c", SPDX + "\n" * 600, "file of 601"),
                ("common/base/a.c", SPDX + "int f(void)\n{\n" + "\tg();\n" * 61 + "}\n",
                 "function of 61"),
                ("common/base/a.c", SPDX + "typedef struct a {\n\tint b;\n} a;\n", "typedef"),
                ("common/base/a.c", SPDX + "/* " + "TO" + "DO */\n", "unfinished"),
                ("docs/a.md", "see " + "/wo" + "rk/main\n", "path of one machine"),
                ("common/base/a.c", SPDX + "\t" * 12 + "int a;\n", "line of 102")):
            with self.subTest(words):
                self.assertFinds(source, path, text, words)

    def test_just_within_the_limits(self):
        text = SPDX + "int f(void)\n{\n" + "\tg();\n" * 60 + "}\n" + "\n" * 500
        _, out = source.check(self.tree(**{"common/base/a.c": text}))
        self.assertEqual(out, [])


if __name__ == "__main__":
    unittest.main()
