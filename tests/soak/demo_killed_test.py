# SPDX-License-Identifier: Apache-2.0
"""The demo, killed by SIGKILL again and again at random moments and started again: it ends as if nothing had been.

What aiop had told before a kill (events, stored checkpoints) is there afterwards; no step of a stored checkpoint is done
again; every run and decision ends as in a demo that nobody disturbed.

  $AIOP the program; $DEMO_PARTS a home of an earlier demo whose fetched packages may be used; $AIOP_SOAK_KILLS how often
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "examples" / "openapi-client"
AIOP = os.environ["AIOP"]
KILLS = int(os.environ.get("AIOP_SOAK_KILLS", "10"))
# From the start of `aiop run` to the kill.
SOONEST_SECONDS, LATEST_SECONDS = 0.2, 30
DEMO_SECONDS = 1800


def runner(home):
    """The process that runs `aiop run` on this home, if it is there."""
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].decode(errors="replace") == AIOP and str(home).encode() in words and b"run" in words:
            return int(entry.name)
    return None


class Demo:
    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.told = self.home / "demo" / "openapi-client" / "run.ndjson"

    def start(self):
        return subprocess.Popen([DEMO / "demo.sh", self.home], env={**os.environ, "AIOP": AIOP}, start_new_session=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self):
        done = subprocess.run([DEMO / "demo.sh", self.home], env={**os.environ, "AIOP": AIOP}, capture_output=True,
                              text=True, timeout=DEMO_SECONDS, check=False)
        if done.returncode != 0:
            raise AssertionError(f"the demo ended with {done.returncode}\n{done.stderr[-3000:]}")

    def kill_after(self, seconds):
        """False if the demo ended before that."""
        script = self.start()
        try:
            begin = time.monotonic()
            while runner(self.home) is None:
                if script.poll() is not None:
                    return False
                if time.monotonic() - begin > 300:
                    raise AssertionError("aiop run was not started")
                time.sleep(0.02)
            time.sleep(seconds)
            victim = runner(self.home)
            if victim is None:
                return False
            os.kill(victim, signal.SIGKILL)
            return True
        finally:
            if script.poll() is None:
                os.killpg(script.pid, signal.SIGKILL)
            script.wait()

    def lines(self):
        """What the last `aiop run` printed; its last line may be cut."""
        lines = []
        for line in self.told.read_text().splitlines() if self.told.exists() else []:
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                pass
        return lines

    def ask(self, *words):
        items, cursor = [], []
        while True:
            out = subprocess.run([AIOP, "--home", self.home, "--json", *words, *cursor], capture_output=True, text=True,
                                 check=True).stdout
            page = json.loads(out)
            if "items" not in page:
                return page
            items += page["items"]
            if page.get("next") is None:
                return items
            cursor = ["--after", str(page["next"])]


def expected():
    """(app, profile) -> what apps.json says comes of it."""
    table = {}
    for app in json.loads((DEMO / "apps.json").read_text())["apps"]:
        for profile in app.get("profiles", ["plain"]):
            what = app["expect"]
            table[app["name"], profile] = what if isinstance(what, str) else what[profile]
    return table


class DemoKilled(unittest.TestCase):
    def test_it_ends_as_if_nothing_had_been(self):
        with tempfile.TemporaryDirectory(prefix="aiop-demo-", ignore_cleanup_errors=True) as folder:
            home = pathlib.Path(folder) / "home"
            parts = os.environ.get("DEMO_PARTS")
            if parts:
                for part in ("npm-cache", "openapi-client/apps"):
                    shutil.copytree(pathlib.Path(parts) / "demo" / part, home / "demo" / part, symlinks=True)
            self.disturb(Demo(home))
            subprocess.run(["chmod", "-R", "u+w", folder], check=False)

    def disturb(self, demo):
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        events, checkpoints, kills = set(), set(), 0
        for _ in range(KILLS):
            seconds = chance.uniform(SOONEST_SECONDS, LATEST_SECONDS)
            killed = demo.kill_after(seconds)
            told = demo.lines()
            events |= {line["event"]["id"] for line in told if "event" in line}
            checkpoints |= {(line["checkpoint"]["run"], line["checkpoint"]["name"]) for line in told if "checkpoint" in line}
            print(f"killed after {seconds:.1f} s: {killed}; told so far: {len(events)} events, {len(checkpoints)} checkpoints",
                  file=sys.stderr, flush=True)
            kills += killed
            if not killed:
                break
        self.assertGreater(kills, 0, f"seed {seed}")
        demo.finish()

        with self.subTest(seed=seed, kills=kills):
            self.check(demo, events, checkpoints)

    def check(self, demo, events, checkpoints):
        runs = {(run["app"], run["profile"]): run for run in demo.ask("runs") if run["plant"] == "openapi-client"}
        self.assertEqual(set(runs), set(expected()))
        decisions = {each["decision_id"]: each for each in demo.ask("decisions")}
        for key, what in expected().items():
            run = runs[key]
            side = decisions[run["decision"]]["classification"] if run.get("decision") else None
            healed = what in ("success", "motor")
            self.assertEqual(run["state"], "SUCCESS" if healed else "PAUSED", (key, run["cause"]))
            if not healed:
                self.assertEqual(run["paused_because"], "fix", (key, run["cause"]))
                self.assertEqual(side, what.removesuffix("-without-fix"), key)
            self.assertEqual(run["steps_redone"], 0, key)
        changes = [each for each in demo.ask("change", "ls") if each["plant"] == "openapi-client"]
        self.assertEqual([each["version"] for each in changes if each["status"] == "promoted"], ["1.0.1"])
        stored = {(run["id"], each["name"]) for run in runs.values()
                  for each in demo.ask("run", "show", run["id"])["checkpoints"]}
        self.assertLessEqual({each for each in checkpoints if each[0] in {run["id"] for run in runs.values()}}, stored)
        known = {json.loads(line)["id"] for line in subprocess.run(
            [AIOP, "--home", demo.home, "--json", "events", "tail", "--all"], capture_output=True, text=True,
            check=True).stdout.splitlines() if '"id"' in line}
        self.assertLessEqual(events, known)
        self.assertTrue(demo.ask("decisions", "verify")["valid"])
        print(f"{len(events)} events and {len(checkpoints)} checkpoints told before the kills are all there", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
