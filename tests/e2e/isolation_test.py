# SPDX-License-Identifier: Apache-2.0
"""Experiments stay inside: no outside effects, no real run's folder, no more than their budget."""
import hashlib
import json
import sys
import os
import pathlib
import socket
import time

import harness
import pages
from harness import PYTHON, WAITING, by_app, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


def contents(folder):
    """{path: what lies there}, inodes, times and bytes included."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        info = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        found[str(path.relative_to(folder))] = (info.st_ino, info.st_mode, info.st_size, info.st_mtime_ns, digest)
    return found


class Counted(harness.Case):
    """A plant that may log outside also from the sandbox: what it did is counted there."""

    def begin(self, specs, fixes=None, more=""):
        writable = f"sandbox: {{network: false, write: [{json.dumps(str(self.world.outside))}]}}\n"
        self.motor = self.world.motor(pages.files(more=writable + more))
        for name, files in (fixes or {}).items():
            self.motor.branch(name, files)
        self.world.add_plant(self.motor)
        self.world.add_apps(specs)

    def purposes(self):
        return {purpose for _, _, purpose in self.world.steps()}

    def test_experiments_run_the_plant_and_act_only_for_real_runs(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER, "defective": pages.DEFECTIVE},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        answer = self.expect_code(self.world.run(), WAITING)
        runs = by_app(answer.summary)
        self.assertEqual(self.purposes(), {"run", "experiment"})
        real = {run["id"] for run in runs.values()}
        experiments = {each["id"] for each in self.world.rows("experiment")}
        for trace, _, purpose in self.world.steps():
            self.assertIn(trace, real if purpose == "run" else experiments)
        # `reserve` and `publish` are steps of experiments too; that they acted shows outside.
        done = {(step, purpose) for _, step, purpose in self.world.steps()}
        self.assertIn(("reserve", "experiment"), done)
        self.assertIn(("publish", "experiment"), done)
        self.assertEqual(sorted(self.world.effects_done().values()), sorted(
            ["reserved defective"] + [f"{what} {app}" for app in ("narrow", "wide", "wider")
                                      for what in ("reserved", "published")]))
        for key in self.world.effects_done():
            self.assertTrue(any(key.startswith(run) for run in real), key)

    def test_the_folder_of_a_real_run_is_not_touched(self):
        self.begin({"wide": pages.WIDE, "wider": pages.WIDER, "defective": pages.DEFECTIVE})
        work = self.world.home / "work"
        running = self.world.start("--json", "run", "--plant", "pages")
        out = self.world.folder / "running.out"

        def runs_at_rest():
            return sum('"state":"PAUSED"' in line and '"evidence"' in line for line in out.read_text().splitlines())
        wait_until(lambda: runs_at_rest() == 3, 30, "all plants have failed")
        seen = []
        while running.process.poll() is None:
            seen.append(contents(work))
            time.sleep(0.02)
        self.expect_code(running.wait(), WAITING)
        self.assertGreaterEqual(len(seen), 3, "arbitration was watched")
        self.assertTrue([each for each in self.world.rows("experiment") if each.get("plant_ms", 0) > 0])
        seen.append(contents(work))
        folders = {path.split("/", 1)[0] for path in contents(work)}
        self.assertEqual(len(folders), 3)
        for folder in folders:
            views = [{path: entry for path, entry in view.items()
                      if path.startswith((f"{folder}/work/", f"{folder}/spec/"))} for view in seen]
            self.assertTrue(views[-1])
            for view in views:
                self.assertEqual(view, views[-1], "an experiment changed the folder of a real run")
        self.assertEqual([each for each in (self.world.home / "experiments").iterdir()], [], "nothing is left behind")

    def test_they_stay_within_their_budget(self):
        policy = (ROOT / "policies" / "default.yaml").read_text(encoding="utf-8")
        tight = policy.replace("plant_ms_per_incident: 1800000", "plant_ms_per_incident: 150")
        self.assertNotEqual(tight, policy)
        file = self.world.folder / "policy.yaml"
        file.write_text(tight, encoding="utf-8")
        # Every start of the plant costs 200 ms more than the whole budget allows after the first.
        slow = {"layout.py": pages.LAYOUT + "\nimport time\ntime.sleep(0.2)\n"}
        motor = {**pages.files(), **slow}
        self.motor = self.world.motor(motor)
        self.world.add_plant(self.motor)
        self.world.add_apps({"defective": pages.DEFECTIVE, "narrow": pages.NARROW})
        begin = time.monotonic()
        answer = self.expect_code(self.world.run("--policy", str(file)), WAITING)
        self.assertLess(time.monotonic() - begin, 20)
        experiments = self.world.rows("experiment")
        spent = {}
        for each in experiments:
            spent[each["incident"]] = spent.get(each["incident"], 0) + each.get("plant_ms", 0)
        self.assertTrue(spent)
        # The budget bounds each start by what is left, so that only ending it comes on top.
        for incident, milliseconds in spent.items():
            self.assertLess(milliseconds, 150 + 1500, incident)
        started = [each for each in experiments if each.get("plant_ms", 0) > 0]
        self.assertLessEqual(len(started), 1, "nothing is started once the budget is spent")
        for each in started:
            self.assertEqual(each["result"], "over_budget", "what the budget cut short says nothing: " + each["answer"])
        self.assertIn("over_budget", {each["result"] for each in experiments})
        self.assertTrue(all(run["status"] != "FAILED" for run in answer.summary["runs"]))
        self.assertEqual(answer.summary["changes"], [])


    PAYING = '''import json, sys
request = json.loads(sys.stdin.readline())
print(json.dumps({"usage": {"cost_usd": 0.4, "tokens": 1000}}), flush=True)
if "fine" in request["appSpecRef"]:
    print(json.dumps({"result": {"status": "success"}}), flush=True)
    sys.exit()
print(json.dumps({"result": {"status": "failed", "signals": [{"scope": "motor", "signalType": "error",
      "severity": "error", "payload": {"details": "E42: the press is out of order"}, "contextRef": {}}]}}), flush=True)
'''

    def test_money_and_tokens_have_limits_for_an_incident_and_for_a_day_by_plant_and_team(self):
        default = (ROOT / "policies" / "default.yaml").read_text(encoding="utf-8")
        file = self.world.folder / "policy.yaml"
        file.write_text(default + """
overrides:
  - {name: thrifty, teams: [press], budgets: {usd_per_incident: 0.5}}
  - {name: frugal, plants: [by-day], budgets: {usd_per_incident: 100, tokens_per_day: 1500}}
""", encoding="utf-8")
        for plant, arguments, most in (("by-incident", ("--team", "press"), 1), ("by-day", (), 1)):
            motor = self.world.motor({"plant.py": self.PAYING, "motor.yaml":
                                      f"name: {plant}\nversion: 1.0.0\nrun: {json.dumps([*harness.PYTHON, 'plant.py'])}\n"},
                                     name=plant)
            self.world.ok("plant", "add", plant, "--motor", str(motor.folder), *arguments)
            self.world.add_apps({f"{plant}-{app}": {"title": app} for app in ("fine", "broken")}, plant)
            for title in ("again", "and again"):
                self.world.ok("app", "update", f"{plant}-broken", "--spec",
                              self.world.spec(f"{plant}-broken", {"title": title}))
            self.world.aiop("run", "--plant", plant, "--policy", str(file))
            mine = [each for each in self.world.rows("experiment") if each["plant"] == plant]
            paid = sum(each.get("usage", {}).get("cost_usd", 0) for each in mine)
            self.assertGreater(paid, 0)
            cut = [each["answer"] for each in mine if each["result"] == "over_budget"]
            self.assertTrue(cut, mine)
            self.assertIn("used up", cut[0])
            # What was begun below the limit may pass it once.
            self.assertLessEqual(len([each for each in mine if each.get("usage")]), most + 1)
        policies = {each["plant"]: each["policy"] for each in self.world.ok("decisions").items}
        self.assertEqual({name: policy.split("+")[1] for name, policy in policies.items()},
                         {"by-incident": "thrifty", "by-day": "frugal"})


class Hostile(harness.Case):
    PLANT = '''import json, os, pathlib, socket, sys
request = json.loads(sys.stdin.readline())
experiment = request["purpose"] != "run"
work = pathlib.Path(request["workDir"])
outside = pathlib.Path(os.environ["AIOP_EFFECTS"])
report = {}

def attempt(name, action):
    try:
        action()
        report[name] = "done"
    except Exception as error:
        report[name] = f"{type(error).__name__}: {error}"

def connect():
    socket.create_connection(("127.0.0.1", int(os.environ["AIOP_E2E_PORT"])), 2).close()

# It does not care about the purpose.
if experiment:
    attempt("effect", lambda: (outside / "stolen").write_text("x"))
    attempt("motor", lambda: (pathlib.Path(request["motorRef"]) / "plant.py").write_text("pass"))
    attempt("spec", lambda: pathlib.Path(request["appSpecRef"]).write_text("{}"))
    attempt("home", lambda: (work.parent.parent.parent / "ledger.db").write_bytes(b""))
    attempt("host", lambda: pathlib.Path("/usr/aiop-was-here").write_text("x"))
    attempt("mother", lambda: os.kill(int(os.environ["AIOP_E2E_MOTHER"]), 9))
    attempt("network", connect)
    (work / "mine").write_text("x")
def say(**message):
    print(json.dumps(message), flush=True)
print("tried " + json.dumps(report), file=sys.stderr, flush=True)
say(event={"scope": "app", "signal_type": "error", "severity": "error", "payload": {"details": "it never works"}})
say(result={"traceId": request["traceId"], "status": "failed", "artifacts": [], "signals": []})
'''

    def test_a_plant_that_ignores_the_purpose_is_held_by_the_sandbox(self):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.2)
        self.addCleanup(listener.close)
        self.world.extra = {"AIOP_E2E_PORT": str(listener.getsockname()[1]), "AIOP_E2E_MOTHER": str(os.getpid())}
        manifest = f"name: hostile\nversion: 1.0.0\nrun: {json.dumps([*PYTHON, 'plant.py'])}\n"
        motor = self.world.motor({"motor.yaml": manifest, "plant.py": self.PLANT})
        self.world.add_plant(motor, "hostile")
        self.world.add_apps({"one": {"a": 1}, "two": {"a": 2}}, "hostile")
        self.expect_code(self.world.run(plant="hostile"), WAITING)
        tried = [each for each in self.world.rows("experiment") if each.get("plant_ms", 0) > 0]
        self.assertTrue(tried, "the plant was started in an experiment")
        self.assertEqual(self.world.effects_done(), {})
        self.assertFalse(pathlib.Path("/usr/aiop-was-here").exists())
        with self.assertRaises(TimeoutError):
            listener.accept()
        self.assertEqual(self.world.aiop("decisions", "verify").code, harness.DONE, "the ledger is whole")
        self.assertEqual(pathlib.Path(motor.folder / "plant.py").read_text(), self.PLANT)
        for checkout in (self.world.home / "motor" / "checkouts").glob("*/plant.py"):
            self.assertEqual(checkout.read_text(), self.PLANT)
        # What it may write in an experiment is not the real run's folder.
        self.assertEqual(list((self.world.home / "work").glob("*/work/mine")), [])
        for each in tried:
            self.assertNotIn(each["sandbox"], ("", "none"))


if __name__ == "__main__":
    harness.main()
