# SPDX-License-Identifier: Apache-2.0
"""Where an artifact comes from: told, signed, and checked by somebody else."""
import hashlib
import json
import shutil
import subprocess
import unittest

import harness
import pages
from harness import BAD_INPUT, DONE, FAILED, FORBIDDEN

SAY_ARTIFACT = """def read():
    with open(os.path.join(work, "page.txt"), "w", encoding="utf-8") as page:
        page.write("a page")
    say(artifact={"id": "a/page", "path": os.path.join(work, "page.txt"), "role": "page"})"""


@unittest.skipUnless(shutil.which("openssl"), "needs openssl to make keys")
class Provenance(harness.Case):
    def setUp(self):
        super().setUp()
        self.file = self.world.folder / "page.txt"
        self.file.write_text("a page", encoding="utf-8")
        self.out = self.world.folder / "out"

    def key(self, name):
        """A new key: its private and its public file."""
        private, public = (str(self.world.folder / f"{name}.{end}") for end in ("pem", "pub"))
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
        return private, public

    def made(self, specs, fixes=None, code=DONE):
        """The runs, by app, of a motor that makes a page."""
        files = pages.files()
        for name, text in files.items():
            if "def read():" in text:
                files[name] = text.replace("def read():", SAY_ARTIFACT, 1)
        motor = self.world.motor(files)
        for name, changed in (fixes or {}).items():
            motor.branch(name, changed)
        self.world.add_plant(motor)
        self.world.add_apps(specs)
        self.expect_code(self.world.run(), code)
        return {run["app"]: run for run in self.world.ok("runs").items}

    def verify(self, *more, code, home=None):
        record = str(self.out / "a%2Fpage.provenance.json")
        answer = self.world.aiop("--json", "artifact", "verify", str(self.file), "--provenance", record, *more, home=home)
        self.expect_code(answer, code)
        return {each["check"]: each["result"] for each in answer.json["checks"]}

    def test_a_signed_record_is_verified_and_what_was_altered_is_refused(self):
        run = self.made({"narrow": pages.NARROW})["narrow"]["id"]
        private, public = self.key("release")
        _, other = self.key("other")
        told = self.world.ok("artifact", "provenance", run, "a/page", "--key", private, "--out", str(self.out)).items
        self.assertEqual(len(told), 1)
        self.assertEqual(told[0]["hash"], hashlib.sha256(b"a page").hexdigest())
        self.assertEqual((told[0]["run"], told[0]["checks"]), (run, ["adopted"]))
        again = self.world.ok("artifact", "provenance", run, environment={"AIOP_SIGNING_KEY": private}).items
        self.assertEqual([each for each in again if each["artifact"] == f"{run}/a/page"], told)
        listed = self.world.ok("artifact", "ls", run).items
        self.assertEqual(sorted(each["id"] for each in listed), ["a/page", "page"])

        good = {"content": "ok", "signature": "ok", "run and motor": "ok"}
        self.assertEqual(self.verify("--public-key", public, code=DONE), good)
        self.assertEqual(self.verify(code=DONE), good | {"signature": "not checked"})
        self.assertEqual(self.verify("--public-key", other, code=FAILED), good | {"signature": "failed"})
        nowhere = self.world.folder / "nowhere"
        self.assertEqual(self.verify("--public-key", public, code=DONE, home=nowhere),
                         good | {"run and motor": "not checked"})
        self.assertFalse(nowhere.exists())
        empty = self.world.folder / "empty"
        self.world.ok("init", home=empty)
        self.assertEqual(self.verify("--public-key", public, code=FAILED, home=empty),
                         good | {"run and motor": "failed"})

        self.file.write_text("another page", encoding="utf-8")
        self.assertEqual(self.verify("--public-key", public, code=FAILED), good | {"content": "failed"})
        path = self.out / "a%2Fpage.provenance.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        record["hash"] = hashlib.sha256(b"another page").hexdigest()
        path.write_text(json.dumps(record), encoding="utf-8")
        self.assertEqual(self.verify("--public-key", public, code=FAILED),
                         {"content": "ok", "signature": "failed", "run and motor": "failed"})

    def test_a_motor_that_was_changed_is_told_with_the_gates_it_passed(self):
        run = self.made({"wide": pages.WIDE}, {"fix/wide-pages": {"layout.py": pages.RIGHT}})["wide"]["id"]
        records = {each["artifact"]: each for each in self.world.ok("artifact", "provenance", run).items}
        # Made before the fault was mended, and kept; made after it.
        early, late = records[f"{run}/a/page"], records[f"{run}/page"]
        self.assertEqual((harness.version_of(early["motor_ctx"]), early["checks"]), ("1.0.0", ["adopted"]))
        self.assertEqual(harness.version_of(late["motor_ctx"]), "1.0.1")
        for gate in ("lint", "tests", "validators", "red_without", "green_with"):
            self.assertIn(f"gate {gate} pass", late["checks"])

    def test_a_run_that_did_not_succeed_and_wrong_keys_are_refused(self):
        runs = self.made({"narrow": pages.NARROW, "wide": pages.WIDE}, code=harness.WAITING)
        wide, narrow = runs["wide"]["id"], runs["narrow"]["id"]
        self.expect_code(self.world.aiop("artifact", "provenance", wide), FORBIDDEN)
        self.file.write_text("no key", encoding="utf-8")
        answer = self.expect_code(self.world.aiop("artifact", "provenance", narrow, "--key", str(self.file)), BAD_INPUT)
        self.assertIn("openssl genpkey", answer.err)


if __name__ == "__main__":
    harness.main()
