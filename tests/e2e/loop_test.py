# SPDX-License-Identifier: Apache-2.0
"""The closed loop, from a failing run to its end, with faults of each kind."""
import json

import harness
import pages
from harness import DONE, WAITING, by_app, version_of

STEPS_BEFORE_THE_FAULT = ["read", "reserve"]


class LoopCase(harness.Case):
    def begin(self, specs, motor=None, fixes=None):
        """A motor with these branches, its plant and these apps; nothing has run yet."""
        self.motor = self.world.motor(motor or pages.files())
        for name, files in (fixes or {}).items():
            self.motor.branch(name, files)
        self.world.add_plant(self.motor)
        self.world.add_apps(specs)

    def run_all(self, code, *arguments):
        return self.expect_code(self.world.run("--jobs", "2", *arguments), code).summary

    def runs(self):
        return {run["app"]: run for run in self.world.ok("runs").items}

    def changes(self):
        return self.world.ok("change", "ls").items

    def decision_about(self, summary, app):
        found = [each for each in summary["decisions"] if app in each["apps"]]
        self.assertEqual(len(found), 1, json.dumps(summary["decisions"], indent=1))
        return found[0]

    def expect_evidence_exists(self, decision):
        """Each id that a decision cites is a record of this home."""
        known = {each["id"] for kind in ("run", "experiment", "incident") for each in self.world.rows(kind)}
        known |= {each["envelope"]["id"] for each in self.world.rows("event")}
        self.assertTrue(decision["evidence"])
        for fact in decision["evidence"]:
            self.assertTrue(fact["fact"])
            for reference in fact["refs"]:
                self.assertIn(reference, known, json.dumps(decision, indent=1))
        self.assertTrue(any(fact["refs"] for fact in decision["evidence"]), json.dumps(decision, indent=1))

    def expect_paused(self, run, because):
        self.assertEqual((run["status"], run["paused_because"]), ("PAUSED", because), run["cause"])

    def gates_of(self, change):
        """{gate: verdicts} of a change."""
        gates = {}
        for gate in self.world.ok("change", "show", change).json["gates"]:
            gates.setdefault(gate["gate"], []).append(gate["verdict"])
        return gates


class MotorFault(LoopCase):
    def test_a_pending_branch_heals_it_once_and_the_runs_go_on_where_they_stopped(self):
        self.begin({"narrow": pages.NARROW, "long": pages.LONG, "wide": pages.WIDE, "wider": pages.WIDER},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        source = self.motor.state()
        summary = self.run_all(DONE)
        runs = by_app(summary)
        self.assertEqual({app: run["status"] for app, run in runs.items()},
                         dict.fromkeys(["narrow", "long", "wide", "wider"], "SUCCESS"))

        decision = self.decision_about(summary, "wide")
        self.assertEqual((decision["classification"], decision["category"]), ("motor", "MOTOR-RULES"))
        self.assertEqual(sorted(decision["apps"]), ["wide", "wider"])
        self.assertEqual(len(summary["decisions"]), 1)
        self.assertTrue(0.7 <= decision["confidence"] <= 1)
        self.assertIn("@", decision["policy"])
        self.expect_evidence_exists(decision)
        self.assertEqual(self.world.aiop("decisions", "verify").code, DONE)

        self.assertEqual([change["status"] for change in summary["changes"]], ["promoted"])
        change = summary["changes"][0]
        gates = self.gates_of(change["id"])
        for gate in ("lint", "tests", "validators", "red_without", "green_with", "golden", "regression", "tamper"):
            self.assertEqual(set(gates.get(gate, [])), {"pass"}, gate)
        plan = {step["step"]: step for step in decision["action_plan"] if step["target"] == "motor"}
        stored = self.world.ok("decision", "show", decision["decision_id"]).json
        self.assertIn(change["id"], json.dumps(stored["action_plan"]), plan)

        self.assertEqual(change["version"], "1.0.1")
        self.assertIn("v1.0.1", self.world.tags())
        self.assertEqual(self.world.active(), "1.0.1")
        changelog = self.world.aiop("motor", "changelog", "pages").out
        self.assertIn("1.0.1", changelog)
        self.assertIn("fix/wide-pages", changelog)
        version = [each for each in self.world.ok("motor", "versions", "pages").items
                   if version_of(each["reference"]) == "1.0.1"][0]
        self.assertEqual(version["impact"]["runs_healed"], 2)
        self.assertEqual(version["impact"]["steps_saved"], 2 * len(STEPS_BEFORE_THE_FAULT))
        points = self.world.ok("motor", "restore-points", "pages").items
        self.assertEqual([(version_of(each["version"]), each["change"]) for each in points], [("1.0.0", change["id"])])

        for app in ("wide", "wider"):
            run = runs[app]
            self.assertEqual(version_of(run["motor"]), "1.0.1")
            self.assertTrue(run["resumed"])
            self.assertEqual(run["steps_redone"], 0)
            self.assertEqual(self.world.steps_of(run["id"]),
                             ["read", "reserve", "layout", "layout", "check", "publish"])
        for app in ("narrow", "long"):
            self.assertEqual(version_of(runs[app]["motor"]), "1.0.0")
            self.assertEqual(self.world.steps_of(runs[app]["id"]), ["read", "reserve", "layout", "check", "publish"])
        self.assertEqual(sorted(self.world.effects_done().values()), sorted(
            f"{what} {app}" for app in ("narrow", "long", "wide", "wider") for what in ("reserved", "published")))
        self.assertEqual(self.motor.state(), source, "the motor's own repository is only read")

    def test_candidates_that_are_useless_or_break_something_are_rejected(self):
        self.begin({"narrow": pages.NARROW, "long": pages.LONG, "wide": pages.WIDE, "wider": pages.WIDER},
                   fixes={"fix/a-useless": {"layout.py": pages.USELESS}, "fix/b-red": {"layout.py": pages.RED},
                          "fix/c-breaking": {"layout.py": pages.BREAKING}, "fix/d-right": {"layout.py": pages.RIGHT}})
        self.run_all(DONE)
        failed = {}
        for change in self.changes():
            shown = self.world.ok("change", "show", change["id"]).json
            failed[shown["origin"].split("@")[0]] = (shown["status"], sorted(
                {gate["gate"] for gate in shown["gates"] if gate["verdict"] == "fail"}))
        self.assertEqual(failed, {"fix/a-useless": ("rejected", ["green_with"]), "fix/b-red": ("rejected", ["tests"]),
                                  "fix/c-breaking": ("rejected", ["regression"]), "fix/d-right": ("promoted", [])})
        self.assertEqual(self.world.tags(), ["v1.0.0", "v1.0.1"])

    def test_without_a_fix_the_runs_wait_and_asking_again_changes_nothing(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER})
        first = by_app(self.run_all(WAITING))
        for app in ("wide", "wider"):
            self.expect_paused(first[app], "fix")
        self.assertEqual(first["narrow"]["status"], "SUCCESS")
        experiments, steps = len(self.world.rows("experiment")), self.world.steps()
        again = by_app(self.run_all(WAITING, "--app", "wide", "--app", "wider"))
        for app in ("wide", "wider"):
            self.expect_paused(again[app], "fix")
            self.assertEqual(again[app]["id"], first[app]["id"])
        self.assertEqual(len(self.world.rows("experiment")), experiments, "the same question is asked once")
        self.assertEqual(self.world.steps(), steps, "no plant was started")
        self.assertEqual(len(self.world.rows("decision")), 1)

        # The fix comes later: the same command finds it.
        self.motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT})
        healed = by_app(self.run_all(DONE, "--app", "wide", "--app", "wider"))
        self.assertEqual(healed["wide"]["id"], first["wide"]["id"])
        self.assertEqual(self.world.steps_of(first["wide"]["id"]),
                         ["read", "reserve", "layout", "layout", "check", "publish"])

    def test_rolling_back_makes_the_version_before_the_active_one_again(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        self.run_all(DONE)
        self.assertEqual(self.world.active(), "1.0.1")
        self.world.ok("motor", "rollback", "pages", "--because", "a rehearsal")
        self.assertEqual(self.world.active(), "1.0.0")
        self.assertEqual([change["status"] for change in self.changes()], ["rolled_back"])
        self.assertEqual(self.world.tags(), ["v1.0.0", "v1.0.1"], "what was released stays on record")
        fresh = by_app(self.run_all(DONE, "--fresh", "--app", "narrow"))
        self.assertEqual(version_of(fresh["narrow"]["motor"]), "1.0.0")
        self.world.ok("motor", "rollback", "pages", "--to", "1.0.1")
        self.assertEqual(self.world.active(), "1.0.1")


class SubmittedPatch(LoopCase):
    def submit(self, files, code):
        patch = self.world.folder / "fix.diff"
        patch.write_text(self.motor.patch(files))
        return self.expect_code(
            self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch)), code)

    def test_it_heals_the_paused_runs(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER})
        paused = by_app(self.run_all(WAITING))
        self.submit({"layout.py": pages.RIGHT}, DONE)
        runs = self.runs()
        for app in ("wide", "wider"):
            self.assertEqual((runs[app]["state"], runs[app]["id"]), ("SUCCESS", paused[app]["id"]), runs[app]["cause"])
            self.assertEqual(version_of(runs[app]["motor_ctx"]), "1.0.1")
            self.assertEqual(self.world.steps_of(paused[app]["id"]),
                             ["read", "reserve", "layout", "layout", "check", "publish"])
        gates = self.gates_of(self.changes()[0]["id"])
        self.assertEqual((gates["red_without"], gates["green_with"]), (["pass"], ["pass"]))

    def test_one_that_edits_a_check_waits_for_a_human(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER},
                   motor=pages.files(tests=pages.WRONG_TESTS))
        paused = by_app(self.run_all(WAITING))
        self.submit({"layout.py": pages.RIGHT, "tests/check.py": pages.TESTS}, WAITING)
        change = self.changes()[0]
        self.assertEqual(change["status"], "awaiting_approval")
        self.assertTrue(change["needs_human"])
        self.assertIn("tests/check.py", change["needs_human_because"])
        self.assertEqual(self.world.active(), "1.0.0")
        self.assertEqual(self.runs()["wide"]["state"], "PAUSED")
        self.assertEqual(self.world.run("--app", "wide").code, WAITING)
        self.expect_code(self.world.aiop("--json", "change", "approve", change["id"]), DONE)
        self.assertEqual(self.world.active(), "1.0.1")
        runs = self.runs()
        for app in ("wide", "wider"):
            self.assertEqual((runs[app]["state"], runs[app]["id"]), ("SUCCESS", paused[app]["id"]), runs[app]["cause"])
        self.assertEqual(len(self.world.ok("change", "show", change["id"]).json["approvals"]), 1)

    def test_one_that_edits_a_check_the_old_checks_still_agree_with_needs_nobody(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER})
        self.run_all(WAITING)
        more = pages.TESTS + "assert layout.columns({'width': 'wide'}) == 2\n"
        self.submit({"layout.py": pages.RIGHT, "tests/check.py": more}, DONE)
        self.assertEqual(self.world.active(), "1.0.1")

    def test_a_rejected_one_leaves_everything_as_it_was(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE})
        paused = by_app(self.run_all(WAITING))["wide"]
        answer = self.submit({"layout.py": pages.RED}, harness.FORBIDDEN)
        self.assertIn("tests", answer.out + answer.err)
        self.assertEqual(self.world.active(), "1.0.0")
        self.assertEqual(self.world.tags(), ["v1.0.0"])
        run = self.runs()["wide"]
        self.assertEqual((run["id"], run["state"], run["paused_because"]), (paused["id"], "PAUSED", "fix"))


class AppFault(LoopCase):
    def test_it_waits_for_the_app_and_touches_no_motor(self):
        self.begin({"narrow": pages.NARROW, "defective": pages.DEFECTIVE},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        summary = self.run_all(WAITING)
        run = by_app(summary)["defective"]
        self.expect_paused(run, "approval")
        decision = self.decision_about(summary, "defective")
        self.assertEqual((decision["classification"], decision["category"]), ("app", "APP-SPEC"))
        self.expect_evidence_exists(decision)
        told = decision["rationale"] + json.dumps(decision["evidence"])
        self.assertIn("/items/1", told)
        self.assertIn("seven", told)
        self.assertEqual([(each["side"], each["status"]) for each in self.changes()], [("app", "awaiting_approval")])
        self.assertEqual((self.world.active(), self.world.tags()), ("1.0.0", ["v1.0.0"]))

        repaired = self.world.spec("repaired", pages.REPAIRED)
        self.expect_code(self.world.aiop("--json", "app", "update", "defective", "--spec", repaired), DONE)
        healed = self.runs()["defective"]
        self.assertEqual((healed["id"], healed["state"]), (run["id"], "SUCCESS"), healed["cause"])
        self.assertEqual(version_of(healed["motor_ctx"]), "1.0.0")
        self.assertEqual(version_of(healed["app_ctx"]), "1.1.0")
        self.assertEqual(self.world.tags(), ["v1.0.0"])

    def test_beside_a_motor_fault_each_side_gets_what_it_needs(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER, "defective": pages.DEFECTIVE},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        summary = self.run_all(WAITING)
        runs = by_app(summary)
        self.assertEqual({app: run["status"] for app, run in runs.items()},
                         {"narrow": "SUCCESS", "wide": "SUCCESS", "wider": "SUCCESS", "defective": "PAUSED"})
        self.expect_paused(runs["defective"], "approval")
        self.assertEqual(self.decision_about(summary, "defective")["category"], "APP-SPEC")
        self.assertEqual(self.decision_about(summary, "wide")["category"], "MOTOR-RULES")
        self.assertEqual(sorted(change["status"] for change in summary["changes"]), ["awaiting_approval", "promoted"])
        self.assertEqual(self.world.active(), "1.0.1")


class MeetingOfBoth(LoopCase):
    def test_a_spec_the_motor_never_declared_is_drift(self):
        self.begin({"narrow": pages.NARROW, "foreign": pages.FOREIGN})
        summary = self.run_all(WAITING)
        decision = self.decision_about(summary, "foreign")
        self.assertEqual((decision["classification"], decision["category"]), ("mixed", "MIXED-DRIFT"))
        order = [step["target"] for step in decision["action_plan"] if step["step"] == "apply_patch"]
        self.assertEqual(order, ["motor", "app"])
        self.expect_paused(by_app(summary)["foreign"], "fix")

    def test_one_drift_that_several_apps_meet_is_one_incident_with_a_decision_for_each(self):
        self.begin({"foreign": pages.FOREIGN, "alien": pages.FOREIGN})
        summary = self.run_all(WAITING)
        self.assertEqual([len(each["apps"]) for each in summary["decisions"]], [1, 1])
        incidents = {each["id"]: each for each in self.world.ok("incidents").items}
        merged = [each for each in incidents.values() if each["state"] == "merged"]
        self.assertEqual(len(merged), 1)
        target = incidents[merged[0]["merged_into"]]
        self.assertEqual({run["incident"] for run in self.runs().values()}, {target["id"]})
        # Asked again, the runs wait as before and nothing is decided anew.
        self.run_all(WAITING)
        self.assertEqual(len(self.world.ok("decisions").items), 2)
        self.world.ok("incident", "unmerge", merged[0]["id"])
        apart = {each["id"]: each["state"] for each in self.world.ok("incidents").items}
        self.assertEqual(apart, {target["id"]: "decided", merged[0]["id"]: "decided"})
        self.assertEqual(len({run["incident"] for run in self.runs().values()}), 2)
        self.assertEqual(self.world.ok("decisions", "verify").code, 0)


class Chance(LoopCase):
    def test_a_fault_that_is_gone_when_repeated_needs_no_patch(self):
        self.begin({"narrow": pages.NARROW, "flaky": pages.FLAKY},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        summary = self.run_all(DONE)
        run = by_app(summary)["flaky"]
        self.assertEqual(run["status"], "SUCCESS")
        decision = self.decision_about(summary, "flaky")
        self.assertEqual((decision["classification"], decision["category"]), ("app", "TRANSIENT"))
        self.assertNotIn("apply_patch", [step["step"] for step in decision["action_plan"]])
        self.assertEqual(summary["changes"], [])
        self.assertEqual((self.world.active(), version_of(run["motor"])), ("1.0.0", "1.0.0"))
        self.assertEqual(self.world.steps_of(run["id"]), ["read", "reserve", "reserve", "layout", "check", "publish"])
        self.assertEqual(sorted(each for each in self.world.effects_done().values() if "flaky" in each),
                         ["published flaky", "reserved flaky"])


class Guards(LoopCase):
    """What a patch may not do by itself."""

    def run_with_branch(self, files, more=""):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER},
                   motor=pages.files(more=more), fixes={"fix/wide-pages": files})
        return self.run_all(WAITING)

    def expect_waiting(self, summary, because):
        self.assertEqual([change["status"] for change in summary["changes"]], ["awaiting_approval"])
        shown = self.world.ok("change", "show", summary["changes"][0]["id"]).json
        self.assertIn(because, shown["needs_human_because"])
        self.assertEqual(self.world.active(), "1.0.0")

    def test_a_branch_cannot_lift_the_approval_it_needs(self):
        files = pages.files(more="approval: auto\n")
        summary = self.run_with_branch({"layout.py": pages.RIGHT, "motor.yaml": files["motor.yaml"]},
                                       more="approval: human\n")
        self.expect_waiting(summary, "approval: human")

    def test_a_branch_cannot_lift_the_autonomy_it_has(self):
        files = pages.files(more="autonomy: patch_motor\n")
        summary = self.run_with_branch({"layout.py": pages.RIGHT, "motor.yaml": files["motor.yaml"]},
                                       more="autonomy: propose\n")
        self.expect_waiting(summary, "autonomy: propose")

    def test_what_a_check_imports_is_guarded_too(self):
        helper = "def count(page):\n    assert page['columns'] in (1, 2), page\n"
        base = pages.files()
        base["helper.py"] = helper
        base["sample.py"] = base["sample.py"] + "import helper\nhelper.count({'columns': layout_of.layout.COLUMNS['narrow']})\n"
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER}, motor=base,
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT.replace("return COLUMNS[width]", "return COLUMNS[width] if width == 'wide' else 1").replace('"narrow": 1', '"narrow": 9'),
                                             "helper.py": "def count(page):\n    pass\n"}})
        self.expect_waiting(self.run_all(WAITING), "helper.py")

    def test_apps_with_the_same_spec_are_two_apps(self):
        self.begin({"wide": pages.WIDE, "also-wide": pages.WIDE}, fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        summary = self.run_all(DONE)
        self.assertEqual({run["status"] for run in summary["runs"]}, {"SUCCESS"})
        self.assertEqual(self.decision_about(summary, "wide")["classification"], "motor")


class RealOnly(LoopCase):
    def test_what_only_reality_shows_is_no_chance(self):
        motor = pages.files()
        motor["plant.py"] = motor["plant.py"].replace(
            "def read():", "def read():\n    if real and 'wide' in request['appSpecRef']:\n        raise ValueError('only for real')", 1)
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, motor=motor)
        summary = self.run_all(WAITING)
        self.expect_paused(by_app(summary)["wide"], "evidence")
        last = summary["decisions"][-1]
        self.assertEqual((last["outcome"], last["rule"]), ("abstained", "fails-for-real-only"))


class SideBySide(LoopCase):
    SPECS = {"wide": pages.WIDE, "wider": pages.WIDER, "defective": pages.DEFECTIVE, "foreign": pages.FOREIGN,
             "alien": pages.FOREIGN, "both": {"title": "both", "width": "wide", "items": [{"count": "seven"}]}}

    def decided(self, jobs):
        """Which apps were examined, in their order, and what was asked about each."""
        self.setUp()
        self.begin(self.SPECS)
        self.expect_code(self.world.run("--jobs", str(jobs)), WAITING)
        export = self.world.folder / "histories"
        self.world.ok("replay", "--export", str(export))
        histories = [json.loads(line) for line in export.read_text(encoding="utf-8").splitlines()]
        return [(each["app"], [(asked["kind"], asked["result"]) for asked in each["experiments"]]) for each in histories]

    def test_however_many_runs_go_on_at_a_time_the_same_is_decided_in_the_same_order(self):
        alone = self.decided(1)
        self.assertGreater(len(alone), 3)
        for _ in range(3):
            self.assertEqual(self.decided(8), alone)


if __name__ == "__main__":
    harness.main()
