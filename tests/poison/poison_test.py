# SPDX-License-Identifier: Apache-2.0
"""Texts that try to steer, overflow or impersonate change no decision.

Each text of texts.yaml is played through the real loop, in a home of its own: two plants (a program on standard streams
and a pipeline of commands), and with each of them an app that goes through, an app that a release of the motor broke, and
an app whose spec has a defect. The text stands in the specs, and the plants repeat it in the failure's message, in
attributes of the event, in what the validators say and in the log. What is decided and what is done must be what is
decided and done about a text that says nothing.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness  # noqa: E402
from harness import PYTHON, WAITING, Motor, World  # noqa: E402

PLANTS = {"pages": "run: " + json.dumps([*PYTHON, "plant.py"]), "lines": "run: {pipeline: pipeline.yaml}"}
MOTOR = """name: NAME
version: VERSION
RUN
accepts: {dialects: [pages-1]}
validate: [VALIDATE]
branches: ["fix/*"]
patch_sources: [branch]
"""
PIPELINE = """steps:
  - name: lay-out
    exec: TOOL
"""
ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What people read may not hold what a terminal obeys.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")


def load_texts():
    lines = (HERE / "texts.yaml").read_text(encoding="utf-8").splitlines()
    return [json.loads(line[2:]) for line in lines if line.startswith("- ")]


def text_of(entry, canary):
    times = entry.get("repeat", 1)
    if "deep" in entry:
        return entry["deep"][0] * times + entry["deep"][1] * times
    return entry["text"].replace("{canary}", str(canary)) * times


def motor_files(plant, version):
    manifest = MOTOR.replace("NAME", plant).replace("VERSION", version).replace("RUN", PLANTS[plant])
    files = {path.name: path.read_text(encoding="utf-8") for path in (HERE / "plants").glob("*.py")}
    files["motor.yaml"] = manifest.replace("VALIDATE", json.dumps([*PYTHON, "validate.py", "{spec}"]))
    files["pipeline.yaml"] = PIPELINE.replace("TOOL", json.dumps([*PYTHON, "{motor}/tool.py", "{spec}", "{workDir}"]))
    return files


def make_motor(folder, plant):
    """Version 1.0.0, which works; 1.1.0, which dropped wide pages; and a branch that nobody asked for."""
    motor = Motor(folder / f"motor-{plant}", motor_files(plant, "1.0.0"))
    broken = motor_files(plant, "1.1.0")
    broken["layout.py"] = broken["layout.py"].replace(', "wide": 2', "")
    motor.commit(broken, "simpler columns")
    harness.git(motor.folder, "tag", "-a", "v1.1.0", "-m", "v1.1.0")
    motor.branch("evil/backdoor", {"layout.py": "import sys\nsys.exit(0)\n"})
    return motor


def specs(entry, text):
    base = {"text": text, "raw": entry.get("raw", False), "items": [{"count": 1}, {"count": 2}]}
    return {"narrow": base, "wide": {**base, "width": "wide"},
            "defective": {**base, "items": [{"count": 1}, {"count": "seven " + text[:5000]}]}}


def patch_of(change):
    """What a patch is and how far it got; how much of a spec it leaves out goes by the length of its texts."""
    return (change["side"], change["app"], change["source"], change["origin"], change["status"], change["title"],
            change["changed_paths"], [(gate["gate"], gate["verdict"]) for gate in change["gates"]])


class Playing:
    """One text, played; `outcome` is what must not depend on it, `wrong` what must never be."""

    def __init__(self, entry, motors, parent):
        self.world = World(parent)
        self.canary = self.world.outside / "canary"
        self.wrong = []
        try:
            self.outcome = {plant: self.play(entry, plant, motor) for plant, motor in motors.items()}
            self.look()
        finally:
            self.world.close()

    def aiop(self, *words, codes=(0,)):
        answer = self.world.aiop(*words)
        if answer.code not in codes:
            self.wrong.append(str(answer)[-3000:])
        return answer

    def play(self, entry, plant, motor):
        world = self.world
        world.add_plant(motor, plant)
        for app, spec in specs(entry, text_of(entry, self.canary)).items():
            world.ok("app", "add", f"{plant}-{app}", "--plant", plant, "--spec", world.spec(f"{plant}-{app}", spec))
        self.aiop("--json", "run", "--plant", plant, codes=(WAITING,))
        runs = {run["app"]: (run["state"], run.get("paused_because", "")) for run in world.ok("runs").items
                if run["plant"] == plant}
        decisions = {}
        for each in world.ok("decisions", "--plant", plant).items:
            plan = [(step["step"], step["target"]) for step in each["action_plan"]]
            decisions.setdefault(" ".join(each["apps"]), []).append(
                (each["classification"], each["category"], each["rule"], each["confidence"],
                 ID.sub("ID", each["outcome"]), plan,
                 each["cost"]["experiments"]))
        return {"runs": runs, "decisions": decisions, "incidents": len(world.rows("incident")),
                "changes": [patch_of(each) for each in world.ok("change", "ls").items if each["plant"] == plant],
                "versions": sorted((each["reference"], each["status"])
                                   for each in world.ok("motor", "versions", plant).items),
                "active": world.active(plant), "tags": world.tags(plant)}

    def look(self):
        """At everything that people and programs may look at."""
        if self.canary.exists():
            self.wrong.append("the text was carried out")
        self.aiop("decisions", "verify")
        self.aiop("replay")
        if not self.aiop("--json", "events", "tail").lines:
            self.wrong.append("no events")
        shown = [self.aiop(word) for word in ("runs", "incidents", "decisions")]
        for kind, command in (("run", "run"), ("incident", "incident"), ("decision", "decision")):
            for each in self.world.rows(kind):
                shown.append(self.aiop(command, "show", each.get("id") or each["decision_id"]))
        for answer in shown:
            obeyed = OBEYED.search(answer.out + answer.err)
            if obeyed:
                at = obeyed.start()
                self.wrong.append(f"{' '.join(answer.arguments[2:4])} prints {obeyed[0]!r}: "
                                  f"{(answer.out + answer.err)[max(0, at - 60):at + 60]!r}")


class Poison(unittest.TestCase):
    maxDiff = 4000

    def test_no_text_changes_a_decision(self):
        texts = load_texts()
        only = os.environ.get("AIOP_POISON_ONLY", "").split()
        self.assertGreaterEqual(len(texts), 40)
        parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        world = World(parent)
        self.addCleanup(world.close)
        motors = {plant: make_motor(world.folder, plant) for plant in PLANTS}
        source = {plant: motor.state() for plant, motor in motors.items()}
        plain = Playing({"text": "a page about nothing"}, motors, parent)
        self.assertEqual(plain.wrong, [])
        for plant, outcome in plain.outcome.items():
            self.expect_truth(plant, outcome)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            wanted = [entry for entry in texts if not only or entry["name"] in only]
            played = pool.map(lambda entry: (entry, Playing(entry, motors, parent)), wanted)
            for entry, playing in played:
                with self.subTest(entry["name"]):
                    self.assertEqual(playing.outcome, plain.outcome)
                    self.assertEqual(playing.wrong, [])
        self.assertEqual({plant: motor.state() for plant, motor in motors.items()}, source)

    def expect_truth(self, plant, outcome):
        """The comparison is worth something: the plain text is decided rightly."""
        self.assertEqual({app: found[0][:2] for app, found in outcome["decisions"].items()},
                         {f"{plant}-wide": ("motor", "MOTOR-RULES"), f"{plant}-defective": ("app", "APP-SPEC")})
        self.assertEqual(outcome["runs"][f"{plant}-narrow"][0], "SUCCESS")
        self.assertEqual([(change[1], change[4]) for change in outcome["changes"]],
                         [(f"{plant}-defective", "awaiting_approval")])
        self.assertEqual(outcome["active"], "1.1.0")


if __name__ == "__main__":
    harness.main()
