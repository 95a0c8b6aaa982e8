# SPDX-License-Identifier: Apache-2.0
"""A fault of a published package, healed by a newer version of it: the real npm, the real registry.

`is-number` 2.1.0 calls a blank string a number; 3.0.0 and later do not. Nothing is planted.
"""
import json
import os
import shutil
import subprocess

import harness
import pages
from harness import DONE, PYTHON, WAITING, by_app, version_of

MOTOR = """name: counter
version: 1.0.0
run: ["node", "plant.cjs"]
setup: ["npm", "ci", "--no-audit", "--no-fund"]
validate: [{accept}]
gates: {{tests: [["node", "test.cjs"]]}}
patch_sources: [upgrade]
resume: {{after_motor_patch: read}}
timeout_ms: 60000
"""
PLANT = """const fs = require('fs');
const isNumber = require('is-number');
const say = (message) => fs.writeSync(1, JSON.stringify(message) + '\\n');
const request = JSON.parse(fs.readFileSync(0, 'utf8').split('\\n')[0]);
const log = (step) => {
  try { fs.appendFileSync(process.env.AIOP_STEP_LOG, `${request.traceId} ${step} ${request.purpose}\\n`); } catch {}
};
const done = request.checkpoint ?? '';
if (done === '') {
  log('read');
  fs.copyFileSync(request.appSpecRef, `${request.workDir}/cells.json`);
  say({ checkpoint: 'read' });
}
log('count');
const { cells } = JSON.parse(fs.readFileSync(`${request.workDir}/cells.json`, 'utf8'));
const blank = cells.findIndex((cell) => cell.trim() === '' && isNumber(cell));
if (blank >= 0) {
  say({ event: { scope: 'app', signal_type: 'validation', severity: 'error',
    payload: { details: `cell ${blank} is blank and was counted as a number` } } });
  say({ result: { status: 'failed', artifacts: [], signals: [] } });
} else {
  say({ checkpoint: 'count' });
  say({ result: { status: 'success', artifacts: [], signals: [] } });
}
"""
TEST = """const isNumber = require('is-number');
JSON.parse(require('fs').readFileSync('package-lock.json', 'utf8'));
require('assert').deepStrictEqual(['1', '2.5', 'x', ''].map((cell) => isNumber(cell)), [true, true, false, false]);
"""
PACKAGE = {"name": "counter", "version": "1.0.0", "private": True, "dependencies": {"is-number": "2.1.0"}}
# How npm reaches its registry on this machine, if not as by default.
NETWORK = ("npm_config_", "http_proxy", "https_proxy", "no_proxy", "ssl_cert", "node_extra_ca_certs")


class Upgrade(harness.Case):
    def setUp(self):
        super().setUp()
        self.world.extra = {name: value for name, value in os.environ.items() if name.lower().startswith(NETWORK)}
        node = os.path.dirname(shutil.which("node") or "/usr/bin/node")
        self.world.extra["PATH"] = f"{node}:{harness.PATH}"

    def lock(self):
        folder = self.world.folder / "lock"
        folder.mkdir()
        (folder / "package.json").write_text(json.dumps(PACKAGE))
        subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"],
                       cwd=folder, check=True, capture_output=True)
        return (folder / "package-lock.json").read_text()

    def test_a_newer_version_is_found_gated_promoted_and_the_runs_go_on(self):
        accept = json.dumps([*PYTHON, "-c", "import json,sys; json.load(open(sys.argv[1]))", "{spec}"])
        motor = self.world.motor({
            "motor.yaml": MOTOR.format(accept=accept), "plant.cjs": PLANT, "test.cjs": TEST,
            "package.json": json.dumps(PACKAGE, indent=2) + "\n", "package-lock.json": self.lock()})
        self.world.add_plant(motor, "counter")
        self.world.add_apps({"plain": {"cells": ["1", "2"]}, "blank": {"cells": ["1", "  "]},
                             "blanks": {"cells": [" ", "x"]}}, "counter")
        summary = self.expect_code(self.world.run(plant="counter"), DONE).summary
        runs = by_app(summary)
        self.assertEqual({run["status"] for run in runs.values()}, {"SUCCESS"})
        self.assertEqual([(d["classification"], d["category"]) for d in summary["decisions"]], [("motor", "MOTOR-RULES")])
        promoted = [change for change in summary["changes"] if change["status"] == "promoted"]
        self.assertEqual(len(promoted), 1)
        change = self.world.ok("change", "show", promoted[0]["id"]).json
        self.assertEqual(change["source"], "upgrade")
        self.assertIn("is-number 2.1.0 -> ", change["origin"])
        self.assertEqual(sorted(change["changed_paths"]), ["package-lock.json", "package.json"])
        verdicts = {gate["gate"]: gate["verdict"] for gate in change["gates"]}
        for gate in ("tests", "red_without", "green_with", "regression"):
            self.assertEqual(verdicts.get(gate), "pass", verdicts)
        self.assertIn("v" + change["version"], self.world.tags("counter"))
        self.assertIn("is-number", self.world.aiop("motor", "changelog", "counter").out)
        for app in ("blank", "blanks"):
            self.assertEqual(self.world.steps_of(runs[app]["id"]), ["read", "count", "count"])
            self.assertEqual(version_of(runs[app]["motor"]), change["version"])
        self.assertEqual(self.world.steps_of(runs["plain"]["id"]), ["read", "count"])

    def test_without_a_registry_the_runs_wait_and_say_so(self):
        self.world.extra["npm_config_registry"] = "http://127.0.0.1:9/"
        accept = json.dumps([*PYTHON, "-c", "import json,sys; json.load(open(sys.argv[1]))", "{spec}"])
        files = {"motor.yaml": MOTOR.format(accept=accept).replace('setup: ["npm", "ci", "--no-audit", "--no-fund"]\n', ""),
                 "plant.cjs": PLANT.replace("require('is-number')", "(cell) => !Number.isNaN(Number(cell))"),
                 "test.cjs": "", "package.json": json.dumps(PACKAGE, indent=2) + "\n", "package-lock.json": self.lock()}
        self.world.add_plant(self.world.motor(files), "counter")
        self.world.add_apps({"blank": {"cells": ["1", "  "]}, "blanks": {"cells": [" ", "x"]}}, "counter")
        answer = self.expect_code(self.world.run(plant="counter"), WAITING)
        self.assertEqual({(run["status"], run["paused_because"]) for run in answer.summary["runs"]}, {("PAUSED", "fix")})
        events = self.world.aiop("--json", "events", "tail").out
        self.assertIn("npm view failed", events)


class Listed(harness.Case):
    """A part of the motor that no registry knows: a command lists its versions."""

    PART = """import pathlib
version = (pathlib.Path(__file__).parent / "parts.txt").read_text().split("==")[1].strip()
COLUMNS = {"narrow": 1, "wide": 2} if version >= "1.2.1" else {"narrow": 1}
"""
    DEPENDENCY = """dependencies:
  - {name: layouter, file: "*.txt", pattern: "layouter==([0-9.]+)", versions: COMMAND}
"""

    def begin(self, versions):
        command = json.dumps([*PYTHON, "-c", f"print({versions!r})"])
        files = pages.files(more=self.DEPENDENCY.replace("COMMAND", command))
        files["motor.yaml"] = files["motor.yaml"].replace("patch_sources: [branch]", "patch_sources: [upgrade]")
        files["parts.txt"] = "layouter==1.2.0\n"
        files["part.py"] = self.PART
        files["layout.py"] = pages.LAYOUT.replace('COLUMNS = {"narrow": 1}', "from part import COLUMNS")
        self.world.add_plant(self.world.motor(files))
        self.world.add_apps({"narrow": pages.NARROW, "wide": pages.WIDE})

    def test_a_newer_one_heals(self):
        self.begin("1.2.1\n2.0.0-rc.1\n1.1.0\n1.2.0\nnonsense")
        self.expect_code(self.world.run(), DONE)
        change, = self.world.ok("change", "ls").items
        self.assertEqual((change["source"], change["origin"], change["status"]),
                         ("upgrade", "layouter 1.2.0 -> 1.2.1", "promoted"))
        self.assertEqual(change["changed_paths"], ["parts.txt"])
        self.assertIn("+layouter==1.2.1", change["diff"])

    def test_a_list_that_cannot_be_had_is_told_and_stops_nothing(self):
        self.begin("1.2.1")
        self.world.extra["PATH"] = "/usr/bin:/bin"
        broken = self.world.motor({**pages.files(more=self.DEPENDENCY.replace("COMMAND", '["/bin/false"]')),
                                   "parts.txt": "layouter==1.2.0\n"}, name="broken")
        self.world.add_plant(broken, "broken")
        self.world.add_apps({"alone": pages.WIDE}, plant="broken")
        self.expect_code(self.world.run(plant="broken"), WAITING)


if __name__ == "__main__":
    harness.main()
