# SPDX-License-Identifier: Apache-2.0
"""Whose failure it is, where the text does not tell: each app under one text, since which version, and whom to believe."""
import json
import socket

import harness
from harness import DONE, PYTHON, WAITING

# Says the same of an odd page, which is the motor's fault since 1.0.2, and of a title that is no text, which is the app's.
PLANT = """import json, pathlib, socket, sys
request = json.loads(sys.stdin.readline())
spec = json.load(open(request["appSpecRef"]))
version = json.loads(pathlib.Path(request["motorRef"], "since.json").read_text())
def unreachable(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return True
fails = (not isinstance(spec.get("title", ""), str) or (spec.get("odd") and version >= 2)
         or ("port" in spec and unreachable(spec["port"])))
if fails:
    print(json.dumps({"event": {"scope": "motor", "signal_type": "error", "severity": "error",
                                "payload": {"details": "cannot lay out the page"}}}))
print(json.dumps({"result": {"traceId": request["traceId"], "status": "failed" if fails else "success", "artifacts": [],
                             "signals": []}}))
"""
VALIDATOR = """import json, sys
if not isinstance(json.load(open(sys.argv[1])).get("title", ""), str):
    print(json.dumps({"finding": {"path": "/title", "message": "is no text"}}))
    sys.exit(1)
"""
REFUSES_ALL = "import sys\nsys.exit('cannot import the schema')\n"


class BlameCase(harness.Case):
    def fresh(self):
        self.world = harness.World()
        self.addCleanup(self.world.close)

    def begin(self, apps, versions=1, validator=VALIDATOR, command=("{motor}/validate.py",)):
        def manifest(number):
            return (f"name: pages\nversion: 1.0.{number}\nrun: {json.dumps([*PYTHON, 'plant.py'])}\n"
                    f"validate: [{json.dumps([*PYTHON, *command, '{spec}'])}]\npatch_sources: []\n")
        files = {"motor.yaml": manifest(0), "plant.py": PLANT, "validate.py": validator, "since.json": "0" if versions > 1 else "9"}
        motor = self.world.motor(files)
        for number in range(1, versions):
            motor.release(f"1.0.{number}", {"motor.yaml": manifest(number), "since.json": str(number)})
        self.world.add_plant(motor, "pages")
        self.world.add_apps(apps, "pages")

    def decide(self, *arguments):
        answer = self.expect_code(self.world.run(*arguments, plant="pages"), WAITING)
        return {app: decision for decision in answer.summary["decisions"] for app in decision["apps"]}


class SameText(BlameCase):
    def test_a_defective_spec_is_not_covered_by_the_motor_s_fault(self):
        """Whatever the apps are called."""
        for names in (("x1", "x2", "x3"), ("x3", "x2", "x1"), ("x2", "x3", "x1")):
            with self.subTest(names=names):
                self.fresh()
                odd, odder, bad = names
                self.begin({odd: {"title": "a", "odd": True}, odder: {"title": "b", "odd": True}, bad: {"title": 7, "items": [1, 2, 3]}})
                by_app = self.decide()
                self.assertEqual({app: each["category"] for app, each in by_app.items()},
                                 {odd: "MOTOR-RULES", odder: "MOTOR-RULES", bad: "APP-SPEC"})
                self.assertEqual(by_app[odd]["incident_id"], by_app[odder]["incident_id"])
                self.assertNotEqual(by_app[odd]["incident_id"], by_app[bad]["incident_id"])

    def test_one_that_comes_later_is_examined_too(self):
        self.begin({"odd": {"title": "a", "odd": True}, "bad": {"title": 7, "items": [1, 2, 3]}})
        self.assertEqual(self.decide("--app", "odd")["odd"]["category"], "MOTOR-RULES")
        self.assertEqual(self.decide("--app", "bad")["bad"]["category"], "APP-SPEC")

    def test_a_new_version_of_an_app_that_fails_the_same_is_examined_anew(self):
        self.begin({"bad": {"title": 7, "items": [1, 2, 3]}, "odd": {"title": "a", "odd": True}})
        before = self.decide()
        self.assertEqual((before["bad"]["category"], before["odd"]["category"]), ("APP-SPEC", "MOTOR-RULES"))
        self.world.aiop("app", "update", "bad", "--spec", self.world.spec("bad", {"title": "b", "odd": True}))
        after = [each for each in self.world.ok("decisions").items if "bad" in each["apps"]]
        self.assertEqual(sorted(each["category"] for each in after), ["APP-SPEC", "MOTOR-RULES"])
        run, = self.world.ok("runs", "--app", "bad").items
        self.assertEqual(run["incident"], before["odd"]["incident_id"], "one failure with what the motor does to others")


class SinceWhen(BlameCase):
    def test_a_decision_names_the_version_that_brought_the_fault(self):
        self.begin({"one": {"title": "a", "odd": True}, "two": {"title": "b", "odd": True}}, versions=6)
        decision = self.decide()["one"]
        self.assertEqual(decision["category"], "MOTOR-RULES")
        self.assertIn("It came in with motor version 1.0.2: 1.0.1 goes through.", decision["rationale"])
        told = next(each for each in decision["evidence"] if "came in with" in each["fact"])
        versions = {each["id"]: each["motor_ctx"] for each in self.world.rows("experiment")}
        self.assertEqual({versions[each].split("@")[1].split("+")[0] for each in told["refs"]}, {"1.0.1", "1.0.2"})


class WhomToBelieve(BlameCase):
    def test_validators_that_cannot_run_object_to_nothing(self):
        for command in (("/nowhere/validate.py",), ("-c", "import os; os.kill(os.getpid(), 9)"), ("-c", "raise SystemExit(127)")):
            with self.subTest(command=command):
                self.fresh()
                self.begin({"odd": {"title": "a", "odd": True}, "fine": {"title": "b"}, "good": {"title": "c"}},
                           versions=3, command=command)
                decision = self.decide()["odd"]
                self.assertNotEqual(decision["classification"], "app", decision["rationale"])
                self.assertNotIn("object to its spec", decision["rationale"])

    def test_a_high_exit_code_is_how_some_validators_refuse(self):
        self.begin({"bad": {"title": 7, "items": [1, 2, 3]}, "fine": {"title": "b"}},
                   validator=VALIDATOR.replace("sys.exit(1)", "sys.exit(255)"))
        self.assertEqual(self.decide()["bad"]["category"], "APP-SPEC")

    def test_validators_that_refuse_what_goes_through_object_to_nothing(self):
        self.begin({"odd": {"title": "a", "odd": True}, "fine": {"title": "b"}, "good": {"title": "c"}}, versions=3,
                   validator=REFUSES_ALL)
        decision = self.decide()["odd"]
        self.assertEqual(decision["category"], "MOTOR-RULES", decision["rationale"])
        asked = [each for each in self.world.rows("experiment") if each["kind"] == "validators"]
        self.assertIn("whatever they are shown", asked[0]["answer"])


class Outage(BlameCase):
    def test_what_went_through_before_and_fails_each_time_is_for_a_human(self):
        with socket.create_server(("127.0.0.1", 0)) as service:
            port = service.getsockname()[1]
            self.begin({"one": {"title": "a", "port": port}, "two": {"title": "b", "port": port}})
            self.expect_code(self.world.run("--app", "one", plant="pages"), DONE)  # `two` never saw the service
        policy = self.world.folder / "policy.yaml"
        policy.write_text(self.world.aiop("policy").out.replace("first_ms: 1000", "first_ms: 1"))
        answer = self.expect_code(self.world.run("--fresh", "--policy", str(policy), plant="pages"), WAITING)
        for decision in answer.summary["decisions"]:
            self.assertEqual(decision["category"], "TRANSIENT", decision["rationale"])
            self.assertNotEqual(decision["outcome"], "healed")
        self.assertEqual([run["paused_because"] for run in answer.summary["runs"]], ["evidence", "evidence"])
        last = answer.summary["decisions"][-1]
        self.assertEqual(last["apps"], ["one", "two"])
        self.assertIn("something outside", last["rationale"])
        self.assertIn("a human has to look", last["outcome"])
        self.assertIn("ask", [step["step"] for step in last["action_plan"]])
        before = self.world.ok("decisions").items
        self.expect_code(self.world.run("--policy", str(policy), plant="pages"), WAITING)
        self.assertEqual(self.world.ok("decisions").items, before, "asking again changes nothing")


if __name__ == "__main__":
    harness.main()
