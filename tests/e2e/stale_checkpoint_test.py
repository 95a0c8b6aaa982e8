# SPDX-License-Identifier: Apache-2.0
"""A fix of a step before the last checkpoint: what depends on it is done again, and only that."""
import json

import harness
from harness import DONE, PYTHON, by_app, version_of

STEP = '''import os
import sys
name, key, purpose = sys.argv[1:4]
try:
    with open(os.environ["AIOP_STEP_LOG"], "a") as log:
        log.write(f"{key.rsplit(':', 1)[0]} {name} {purpose}\\n")
except OSError:
    pass  # experiments see no outside
'''
OUTLINE = '''import json
spec = json.load(open(sys.argv[4]))
json.dump(sorted(spec), open(sys.argv[5] + "/outline.json", "w"))
'''
STAMP = '''text = open(sys.argv[5] + "/page.md").read()
open(sys.argv[5] + "/stamped.md", "w").write("stamped\\n" + text)
'''
CHECK = '''import json
title = json.load(open(sys.argv[4]))["title"]
if "# " + title not in open(sys.argv[5] + "/stamped.md").read():
    sys.exit("the page does not show its title")
'''
STRICT_CHECK = CHECK.replace('"# " + title', '"## " + title')


def exec_step(name, motor, **reads):
    command = [*PYTHON, f"steps/{name}.py", name, "{stepKey}", "{purpose}", "{spec}", "{workDir}"]
    return {"name": name, "exec": command, "reads": {"motor": [*motor], **reads}}


PIPELINE = {"steps": [
    exec_step("outline", ["steps/outline.py"], work=[]),
    {"name": "page", "render": {"template": "page.mustache", "to": "page.md", "data": "spec"},
     "reads": {"motor": ["page.mustache"], "work": []}},
    exec_step("stamp", ["steps/stamp.py"], spec=False),
    exec_step("check", ["steps/check.py"]),
]}
ACCEPT = [*PYTHON, "-c", "import json,sys; json.load(open(sys.argv[1]))", "{spec}"]


def manifest(run, more=""):
    return (f"name: maker\nversion: 1.0.0\nrun: {json.dumps(run)}\nvalidate: [{json.dumps(ACCEPT)}]\n"
            f"gates: {{tests: [{json.dumps([*PYTHON, '-c', 'pass'])}]}}\npatch_sources: [branch]\n{more}")


def pipeline_files(template, check=CHECK):
    return {"motor.yaml": manifest({"pipeline": "pipeline.yaml"}), "pipeline.yaml": json.dumps(PIPELINE),
            "page.mustache": template, "steps/outline.py": STEP + OUTLINE, "steps/stamp.py": STEP + STAMP,
            "steps/check.py": STEP + check}


class StaleCheckpoint(harness.Case):
    def heal(self, files, fix, specs):
        motor = self.world.motor(files)
        motor.branch("fix/it", fix)
        self.world.add_plant(motor, "maker")
        self.world.add_apps(specs, "maker")
        answer = self.expect_code(self.world.run(plant="maker"), DONE)
        runs = by_app(answer.summary)
        self.assertEqual([change["status"] for change in answer.summary["changes"]], ["promoted"])
        for run in runs.values():
            self.assertEqual((run["status"], version_of(run["motor"])), ("SUCCESS", "1.0.1"))
            self.assertEqual(run["steps_redone"], 0)
        return runs

    def checkpoints(self, run):
        """[(name, motor version, stale)] as stored, oldest first."""
        return [(each["name"], version_of(each["motor_ctx"]), bool(each.get("stale")))
                for each in self.world.rows("checkpoint") if each["run"] == run["id"]]


class Pipeline(StaleCheckpoint):
    SPECS = {"one": {"title": "One"}, "two": {"title": "Two"}}

    def test_a_fixed_template_renders_again_and_what_comes_after(self):
        runs = self.heal(pipeline_files("# {{titel}}\n"), {"page.mustache": "# {{title}}\n"}, self.SPECS)
        for run in runs.values():
            self.assertEqual(self.world.steps_of(run["id"]), ["outline", "stamp", "check", "stamp", "check"])
            self.assertEqual((run["steps_kept"], run["steps_invalidated"]), (1, 2))
            self.assertEqual(self.checkpoints(run), [
                ("outline", "1.0.0", False), ("page", "1.0.0", True), ("stamp", "1.0.0", True),
                ("page", "1.0.1", False), ("stamp", "1.0.1", False), ("check", "1.0.1", False)])

    def test_a_fixed_check_repeats_nothing_that_was_done(self):
        runs = self.heal(pipeline_files("# {{title}}\n", STRICT_CHECK), {"steps/check.py": STEP + CHECK}, self.SPECS)
        for run in runs.values():
            self.assertEqual(self.world.steps_of(run["id"]), ["outline", "stamp", "check", "check"])
            self.assertEqual((run["steps_kept"], run["steps_invalidated"]), (3, 0))


class Program(StaleCheckpoint):
    SPECS = {"one": {"words": ["red", "blue"]}, "two": {"words": ["blue"]}}
    RIGHT = {"table.json": json.dumps({"red": "rot", "blue": "blau"})}

    def files(self, resume):
        return {"motor.yaml": manifest([*PYTHON, "plant.py"], resume),
                "plant.py": (harness.HERE / "plants" / "chain.py").read_text(),
                "table.json": json.dumps({"red": "rot"})}

    def expect_steps(self, runs, steps):
        for run in runs.values():
            self.assertEqual(self.world.steps_of(run["id"]), steps)

    def test_the_checkpoint_its_motor_names_survives(self):
        runs = self.heal(self.files("resume: {after_motor_patch: a}\n"), self.RIGHT, self.SPECS)
        self.expect_steps(runs, ["a", "b", "c", "b", "c"])
        for run in runs.values():
            self.assertEqual((run["steps_kept"], run["steps_invalidated"]), (1, 1))

    def test_where_nothing_is_known_nothing_survives(self):
        self.expect_steps(self.heal(self.files(""), self.RIGHT, self.SPECS), ["a", "b", "c", "a", "b", "c"])

    def test_where_the_motor_promises_too_much_it_goes_one_checkpoint_back(self):
        runs = self.heal(self.files("resume: {after_motor_patch: true}\n"), self.RIGHT, self.SPECS)
        for run in runs.values():
            steps = self.world.steps_of(run["id"])
            self.assertEqual(steps.count("a"), 1)
            self.assertEqual(steps[-2:], ["b", "c"])


if __name__ == "__main__":
    harness.main()
