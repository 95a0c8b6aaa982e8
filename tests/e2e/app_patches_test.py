# SPDX-License-Identifier: Apache-2.0
"""Faults of apps, healed by patches of the app on the same motor version; and the ladder of autonomy."""
import json

import forms
import harness
import pages
from harness import BAD_INPUT, DONE, FORBIDDEN, WAITING, by_app, version_of

PLANT = "forms"
KILLED = -9
BEFORE_AND_AFTER = ["prepare", "build", "build", "publish"]


class Renewing(harness.Case):
    def renew(self):
        """Another world, as at the beginning."""
        self.doCleanups()
        self.setUp()


class FormCase(Renewing):
    def begin(self, specs, more="", folder=None):
        self.motor = self.world.motor(forms.files(more))
        self.world.add_plant(self.motor, PLANT)
        self.world.add_apps(specs, PLANT)
        if folder:
            path = self.world.folder / "specs" / "folder"
            harness.write_files(path, folder)
            self.world.ok("app", "add", "broken-file", "--plant", PLANT, "--spec", str(path))

    def run_all(self, code, *arguments):
        return self.expect_code(self.world.run(*arguments, plant=PLANT), code).summary

    def changes(self):
        return [self.world.ok("change", "show", each["id"]).json for each in self.world.ok("change", "ls").items]

    def change_of(self, app, status="awaiting_approval"):
        found = [each for each in self.changes() if each["app"] == app and each["status"] == status]
        self.assertEqual(len(found), 1, json.dumps(self.changes(), indent=1)[:4000])
        return found[0]

    def run_of(self, app):
        return {run["app"]: run for run in self.world.ok("runs").items}[app]

    def approve(self, app, code=DONE):
        return self.expect_code(self.world.aiop("--json", "change", "approve", self.change_of(app)["id"]), code)

    def expect_paused(self, run, because):
        self.assertEqual((run["state"], run["paused_because"]), ("PAUSED", because), run["cause"])

    def expect_healed(self, app, run_id, version="1.0.1"):
        """On the same motor version, from the checkpoint, with nothing done a second time."""
        run = self.run_of(app)
        self.assertEqual((run["id"], run["state"]), (run_id, "SUCCESS"), run["cause"])
        self.assertEqual((version_of(run["motor_ctx"]), version_of(run["app_ctx"])), ("1.0.0", version))
        self.assertEqual(run["steps_redone"], 0)
        self.assertEqual(self.world.steps_of(run_id), BEFORE_AND_AFTER)
        return run


class EveryKind(FormCase):
    def test_faults_of_every_kind_are_healed_by_one_command_each(self):
        self.begin({app: spec for app, (spec, _) in forms.FAULTS.items()} | {"good": forms.GOOD}, folder=forms.FOLDER)
        summary = self.run_all(WAITING)
        stopped = by_app(summary)
        self.assertEqual(stopped["good"]["status"], "SUCCESS")
        expected = {app: source for app, (_, source) in forms.FAULTS.items()} | {"broken-file": "twin"}
        rows = []
        for app, source in expected.items():
            run = self.run_of(app)
            self.expect_paused(run, "approval")
            change = self.change_of(app)
            self.assertIn(f"aiop change approve {change['id']}", run["cause"])
            self.assertEqual((change["side"], change["source"]), ("app", source), change["title"])
            self.assertEqual((change["base_version"], change["version"]), ("1.0.0", "1.0.1"))
            self.assertEqual((change["incident"], change["decision"]), (run["incident"], run["decision"]))
            gates = {gate["gate"]: gate["verdict"] for gate in change["gates"]}
            self.assertEqual((gates["validators"], gates["green_with"]), ("pass", "pass"), gates)
            self.assertTrue(change["diff"])
            self.assertEqual(version_of(self.world.ok("app", "show", app).json["current"]), "1.0.0")

            self.approve(app)
            healed = self.expect_healed(app, stopped[app]["id"])
            made = self.world.ok("app", "show", app).json["versions"][-1]
            self.assertEqual((made["made_by"], made["because"]), ("operator", f"change {change['id']}"))
            self.assertEqual(healed["healed_by"], change["id"])
            self.assertEqual(self.world.ok("change", "show", change["id"]).json["status"], "promoted")
            self.assertEqual(self.world.ok("decision", "show", run["decision"]).json["outcome"], "healed")
            rows.append((app, source, change["title"], healed["steps_redone"]))
        self.assertEqual(self.world.tags(PLANT), ["v1.0.0"], "the motor stays as it is")
        self.assertGreaterEqual(len(rows), 10)
        print("\n" + "\n".join(f"{app:20} {source:8} redone {redone}  {title}" for app, source, title, redone in rows),
              flush=True)

    def test_what_an_author_wrote_stands_but_for_the_word(self):
        text = json.dumps(forms.FAULTS["misspelt-field"][0])
        spec = text.replace('"titel": ', '"titel"   :\t')
        self.begin({"one": spec})
        self.run_all(WAITING)
        self.approve("one")
        diff = self.world.ok("app", "diff", "one").json["diff"]
        added = [line[1:] for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
        self.assertEqual(added, [spec.replace("titel", "title")])


class Choosing(FormCase):
    def test_of_two_names_equally_near_none_is_chosen(self):
        # One letter from `heading` as well as from `headings`.
        self.begin({"one": forms.form(forms.put("headingz", "x"))})
        self.run_all(WAITING)
        self.assertEqual([each["source"] for each in self.changes()], ["twin"])
        self.assertIn("/headingz", self.changes()[0]["title"])

    def test_a_package_is_pinned_to_the_nearest_version(self):
        self.begin({"one": forms.form(forms.put("uses", "theme", "1.2.9"))})
        self.run_all(WAITING)
        self.assertIn("1.2.9 -> 1.2.4", self.change_of("one")["title"])

    def test_where_nothing_helps_the_run_waits_for_a_fix(self):
        # A form that is nothing but its fault.
        self.begin({"one": {"wholly": "wrong"}})
        self.run_all(WAITING)
        self.expect_paused(self.run_of("one"), "fix")
        self.assertEqual([each["status"] for each in self.changes() if each["status"] != "rejected"], [])


class ByItself(FormCase):
    def test_where_the_motor_says_auto_nobody_is_asked(self):
        names = ("misspelt-field", "wrong-type", "missing-version", "duplicate-entry")
        self.begin({app: forms.FAULTS[app][0] for app in names}, "app_patches: auto\n")
        summary = self.run_all(DONE)
        for app in names:
            self.expect_healed(app, by_app(summary)[app]["id"])
            self.assertEqual(self.change_of(app, "promoted")["approvals"], [])

    def test_a_guess_is_only_offered(self):
        self.begin({"one": forms.FAULTS["out-of-range"][0]}, "app_patches: auto\n")
        self.run_all(WAITING)
        self.assertIn("400 -> 100", self.change_of("one")["needs_human_because"])

    def test_a_twin_that_leaves_out_much_is_only_offered(self):
        self.begin({"one": {"title": "Short", "moonlight": "shines brightly on all of this form"}},
                   "app_patches: auto\n")
        self.run_all(WAITING)
        self.assertIn("% of the spec", self.change_of("one")["needs_human_because"])
        self.assertEqual(version_of(self.world.ok("app", "show", "one").json["current"]), "1.0.0")


class Refusing(FormCase):
    def setUp(self):
        super().setUp()
        self.begin({"one": forms.FAULTS["misspelt-field"][0]})
        self.run_id = by_app(self.run_all(WAITING))["one"]["id"]
        self.change = self.change_of("one")["id"]

    def test_a_refused_patch_leaves_the_run_waiting_for_a_fix(self):
        self.expect_code(self.world.aiop("change", "reject", self.change, "--because", "ask the author"), DONE)
        self.expect_paused(self.run_of("one"), "fix")
        self.run_all(WAITING)
        self.expect_paused(self.run_of("one"), "fix")
        self.assertEqual([each["status"] for each in self.changes()], ["rejected"])
        self.expect_code(self.world.aiop("change", "approve", self.change), FORBIDDEN)
        self.world.ok("app", "update", "one", "--spec", self.world.spec("right", forms.GOOD))
        self.expect_healed("one", self.run_id, "1.1.0")

    def test_the_owners_own_version_supersedes_it(self):
        self.world.ok("app", "update", "one", "--no-resume", "--spec", self.world.spec("right", forms.GOOD))
        self.assertEqual([each["status"] for each in self.changes()], ["superseded"])
        self.expect_code(self.world.aiop("change", "approve", self.change), FORBIDDEN)
        self.run_all(DONE)
        self.expect_healed("one", self.run_id, "1.1.0")

    def test_asking_again_changes_nothing(self):
        experiments, steps = len(self.world.rows("experiment")), self.world.steps()
        self.run_all(WAITING)
        self.expect_paused(self.run_of("one"), "approval")
        self.assertEqual((len(self.world.rows("experiment")), self.world.steps()), (experiments, steps))
        self.assertEqual([each["id"] for each in self.changes()], [self.change])


class Killed(FormCase):
    def points_of(self, *command):
        """The names of the durable writes of a command, each with its number."""
        log = self.world.folder / "points"
        answer = self.world.aiop(*command, environment={"AIOP_CRASH_LOG": log})
        return [line.split(None, 1) for line in log.read_text().splitlines()], answer

    def test_between_approval_and_application(self):
        def make():
            self.begin({"one": forms.FAULTS["misspelt-field"][0]})
            self.run_all(WAITING)
            return ("change", "approve", self.change_of("one")["id"])
        points, answer = self.points_of(*make())
        self.expect_code(answer, DONE)
        self.check_each(points, make, ("governance.app_approval", "app_repair.version", "app_repair.change"))

    def test_while_it_is_checked_and_applied_by_itself(self):
        def make():
            self.begin({"one": forms.FAULTS["misspelt-field"][0]}, "app_patches: auto\n")
            return ("run", "--plant", PLANT)
        points, answer = self.points_of(*make())
        self.expect_code(answer, DONE)
        self.check_each(points, make, ("app_repair.gate", "app_repair.version", "app_repair.change"))

    def check_each(self, points, make, wanted):
        chosen = [(int(number), name.strip()) for number, name in points if name.strip() in wanted]
        self.assertEqual({name for _, name in chosen}, set(wanted), points)
        for number, name in chosen:
            with self.subTest(f"killed after write {number} ({name})"):
                self.renew()
                killed = self.world.aiop(*make(), environment={"AIOP_CRASH_AT": number})
                self.assertEqual(killed.code, KILLED, str(killed))
                self.run_all(DONE)
                self.expect_healed("one", self.run_of("one")["id"])
                versions = self.world.ok("app", "show", "one").json["versions"]
                self.assertEqual([version_of(each["reference"]) for each in versions], ["1.0.0", "1.0.1"])
                settled = [each["status"] for each in self.changes() if each["status"] != "rejected"]
                self.assertEqual(settled, ["promoted"])


class Ladder(FormCase):
    FAULT = {"one": forms.FAULTS["misspelt-field"][0]}

    def report(self, *more):
        answer = self.world.ok("plant", "autonomy", PLANT, "--report", *more).json
        return answer, {rung["autonomy"]: rung for rung in answer["report"]["rungs"]}

    def test_observe_decides_and_changes_nothing(self):
        self.begin(self.FAULT, "autonomy: observe\napp_patches: auto\n")
        summary = self.run_all(WAITING)
        run = self.run_of("one")
        self.expect_paused(run, "fix")
        self.assertIn("autonomy: observe", run["cause"])
        self.assertEqual((self.changes(), len(summary["decisions"])), ([], 1))
        self.run_all(WAITING)
        self.assertEqual(self.run_of("one")["transitions"], run["transitions"], "asking again changes nothing")
        answer, rungs = self.report()
        self.assertEqual((answer["autonomy"], answer["report"]["decisions"]), ("observe", 1))
        told = {name: (rung["recorded"], rung["waits"], rung["by_itself"]) for name, rung in rungs.items()}
        self.assertEqual(told, {"observe": (1, 0, 0), "propose": (0, 1, 0), "patch_app": (0, 0, 1),
                                "patch_motor": (0, 0, 1)})
        self.assertEqual(rungs["patch_app"]["unknown"], 1)

    def test_a_higher_rung_takes_up_what_was_observed(self):
        self.begin(self.FAULT, "autonomy: observe\napp_patches: auto\n")
        run = by_app(self.run_all(WAITING))["one"]
        self.motor.release("1.1.0", forms.files("autonomy: patch_app\napp_patches: auto\n", "1.1.0"))
        self.run_all(DONE)
        self.expect_healed("one", run["id"])

    def test_propose_asks_even_where_patches_are_automatic(self):
        self.begin(self.FAULT, "autonomy: propose\napp_patches: auto\n")
        run = by_app(self.run_all(WAITING))["one"]
        self.assertIn("autonomy: propose", self.change_of("one")["needs_human_because"])
        self.approve("one")
        self.expect_healed("one", run["id"])

    def test_patch_app_patches_apps_and_the_report_says_that_it_was_right(self):
        self.begin(self.FAULT, "autonomy: patch_app\napp_patches: auto\n")
        run = by_app(self.run_all(DONE))["one"]
        self.expect_healed("one", run["id"])
        _, rungs = self.report("--since", "1d")
        told = {name: (rung["by_itself"], rung["right"], rung["wrong"], rung["healed"])
                for name, rung in rungs.items()}
        self.assertEqual(told, {"observe": (0, 0, 0, 0), "propose": (0, 0, 0, 0), "patch_app": (1, 1, 0, 1),
                                "patch_motor": (1, 1, 0, 1)})
        text = self.world.aiop("plant", "autonomy", PLANT, "--report").out
        self.assertIn("patch_app *", text)
        print("\n" + text, flush=True)

    def test_a_correction_counts_against_it(self):
        self.begin(self.FAULT, "autonomy: patch_app\napp_patches: auto\n")
        decision = self.run_all(DONE)["decisions"][0]["decision_id"]
        self.world.ok("decision", "correct", decision, "--as", "MOTOR-RULES", "--because", "the motor was to blame")
        answer, rungs = self.report()
        self.assertEqual((answer["report"]["corrected"], rungs["patch_app"]["wrong"]), (1, 1))

    def test_a_span_that_is_none_is_refused(self):
        self.begin({})
        self.expect_code(self.world.aiop("plant", "autonomy", PLANT, "--report", "--since", "soon"), BAD_INPUT)
        self.expect_code(self.world.aiop("plant", "autonomy", "nobody"), BAD_INPUT)


class LadderOfTheMotor(Renewing):
    def begin(self, rung):
        motor = self.world.motor(pages.files(more=f"autonomy: {rung}\n"))
        motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT})
        self.world.add_plant(motor)
        self.world.add_apps({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER})

    def run_all(self, code):
        return self.expect_code(self.world.run(), code).summary

    def test_observe_makes_no_change(self):
        self.begin("observe")
        summary = self.run_all(WAITING)
        self.assertEqual(summary["changes"], [])
        self.assertEqual({run["paused_because"] for run in summary["runs"] if run["status"] != "SUCCESS"}, {"fix"})
        self.assertEqual(self.world.tags(), ["v1.0.0"])

    def test_below_patch_motor_a_patch_of_the_motor_waits(self):
        for rung in ("propose", "patch_app"):
            with self.subTest(rung):
                self.begin(rung)
                summary = self.run_all(WAITING)
                self.assertEqual([each["status"] for each in summary["changes"]], ["awaiting_approval"])
                self.assertIn(f"autonomy: {rung}", summary["changes"][0]["reason"])
                self.renew()

    def test_patch_motor_patches_it(self):
        self.begin("patch_motor")
        self.assertEqual([each["status"] for each in self.run_all(DONE)["changes"]], ["promoted"])
        self.assertEqual(self.world.active(), "1.0.1")


if __name__ == "__main__":
    harness.main()
