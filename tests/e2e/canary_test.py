# SPDX-License-Identifier: Apache-2.0
"""New motor versions on trial with some of the apps: who takes part, what is promoted, what is left."""
import json
import shutil
import signal

import pages
from harness import BAD_INPUT, DONE, PYTHON, WAITING, Case, World, by_app, main, version_of

# A score that comes out a little different each time.
SCORE = """import pathlib
import random
import sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layout
print(min(1.0, max(0.0, random.gauss(layout.QUALITY, 0.04))))
"""
SCORED = pages.LAYOUT + "\n\nQUALITY = 0.85\n"
NARROW = {name: {**pages.NARROW, "title": name} for name in ("one", "two", "three", "four")}
# Nothing that anybody would notice.
SAME = pages.LAYOUT.replace("Where things go", "Where the things go")
# Breaks long pages, which no gate looks at.
BREAKING = SAME.replace('return [item["count"] for item in spec.get("items", [])]',
                        'return [item["count"] if i < 2 else None for i, item in enumerate(spec["items"])]')


class Canary(Case):
    def begin(self, canary="canary: {apps: 50%, min_runs: 3}\n", apps=None, fixes=None, more="", layout=None):
        files = pages.files(more=canary + more)
        if layout:
            files.update({"layout.py": layout, "score.py": SCORE})
        self.motor = self.world.motor(files)
        for name, changed in (fixes or {}).items():
            self.motor.branch(name, changed)
        self.world.add_plant(self.motor)
        self.world.add_apps(apps or NARROW)

    def go(self, code=DONE, *words):
        return self.expect_code(self.world.run("--jobs", "2", *words), code).summary

    def submit(self, layout, code=WAITING):
        patch = self.world.folder / "patch"
        patch.write_text(self.motor.patch({"layout.py": layout}), encoding="utf-8")
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch))
        return self.expect_code(answer, code).json

    def show(self, change):
        return self.world.ok("change", "show", change["id"] if isinstance(change, dict) else change).json

    def versions(self, summary):
        return {app: version_of(run["motor"]) for app, run in by_app(summary).items()}

    def until_decided(self, change, most=30):
        for _ in range(most):
            summary = self.world.run("--jobs", "2")
            shown = self.show(change)
            if shown["status"] != "canary":
                return shown, summary
            self.expect_code(summary, WAITING)
        self.fail(f"not decided: {json.dumps(shown['canaries'], indent=1)}")

    def test_a_version_is_promoted_after_enough_runs_of_its_cohort(self):
        self.begin()
        for _ in range(2):
            self.go()
        change = self.submit(SAME)
        self.assertEqual(change["status"], "canary")
        self.assertEqual(self.world.active(), "1.0.0")
        cohort = change["canaries"][-1]["cohort"]
        self.assertEqual(len(cohort), 2)
        used = self.versions(self.go(WAITING))
        self.assertEqual(used, {app: "1.0.1" if app in cohort else "1.0.0" for app in NARROW})
        shown = self.show(change)
        self.assertIn("more needed", shown["canaries"][-1]["because"])
        shown, _ = self.until_decided(change)
        self.assertEqual(shown["status"], "promoted", json.dumps(shown["canaries"], indent=1))
        self.assertEqual(self.world.active(), "1.0.1")
        self.assertIn("v1.0.1", self.world.tags())
        self.assertGreaterEqual(len(shown["canaries"][-1]["runs"]), 3)
        self.assertEqual(set(self.versions(self.go()).values()), {"1.0.1"})

    def test_paused_runs_that_it_answers_join_first_and_the_others_go_on_when_it_is_promoted(self):
        apps = {**NARROW, "wide": pages.WIDE, "wider": pages.WIDER}
        self.begin(canary="canary: {apps: wide, min_runs: 3}\n", apps=apps,
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        runs = by_app(self.go(WAITING))
        self.assertEqual(version_of(runs["wide"]["motor"]), "1.0.1")
        self.assertEqual(runs["wide"]["status"], "SUCCESS")
        self.assertEqual((runs["wider"]["status"], runs["wider"]["paused_because"]), ("PAUSED", "canary"))
        (change,) = self.world.ok("change", "ls").items
        shown, last = self.until_decided(change)
        self.assertEqual(shown["status"], "promoted", json.dumps(shown["canaries"], indent=1))
        self.assertEqual({run["status"] for run in last.summary["runs"]}, {"SUCCESS"})
        self.assertEqual({run["state"] for run in self.world.ok("runs").items}, {"SUCCESS"})

    def test_a_version_that_fails_on_trial_is_left_at_once_and_its_runs_go_back(self):
        apps = {**NARROW, "long": pages.LONG}
        self.begin(canary="canary: {apps: long, min_runs: 20}\n", apps=apps)
        # No gate looks at long pages; their run is not there to be run again when it is gated.
        self.go(DONE, "--app", "one")
        change = self.submit(BREAKING)
        summary = self.go(DONE)
        shown = self.show(change)
        self.assertEqual(shown["status"], "rolled_back", json.dumps(shown, indent=1)[:3000])
        self.assertIn("long fails on 1.0.1 and passes on 1.0.0", shown["canaries"][-1]["because"])
        self.assertEqual(self.world.active(), "1.0.0")
        run = by_app(summary)["long"]
        self.assertEqual((run["status"], version_of(run["motor"])), ("SUCCESS", "1.0.0"))
        paused = [each for each in self.world.rows("transition") if each.get("paused_because") == "canary"]
        self.assertTrue(paused)
        again = self.world.aiop("--json", "motor", "canary", "pages", "1.0.1", "--apps", "one")
        self.assertNotEqual(again.json["id"], change["id"], str(again))

    def test_names_labels_and_a_cohort_by_hand(self):
        self.begin(canary="canary: {apps: one, min_runs: 3}\n")
        self.go()
        self.world.ok("app", "update", "two", "--label", "early")
        change = self.submit(SAME)
        self.assertEqual(change["canaries"][-1]["cohort"], ["one"])
        self.go(WAITING)
        answer = self.world.aiop("--json", "motor", "canary", "pages", "1.0.1", "--apps", "label:early", "--min-runs", "4")
        self.expect_code(answer, WAITING)
        again = answer.json
        self.assertEqual(again["id"], change["id"])
        self.assertEqual([(each["trial"], each["cohort"]) for each in again["canaries"]], [(1, ["one"]), (2, ["two"])])
        self.assertEqual(again["canaries"][1]["runs"], [])
        self.assertEqual(self.versions(self.go(WAITING))["two"], "1.0.1")
        self.assertEqual(len(self.show(change)["canaries"][1]["runs"]), 1)
        for wrong in ("nobody", "label:late", "0%", "a,,b"):
            answer = self.world.aiop("motor", "canary", "pages", "1.0.1", "--apps", wrong)
            self.expect_code(answer, BAD_INPUT)

    def test_in_shadow_nothing_of_it_is_used(self):
        self.begin(canary="canary: {apps: 100%, min_runs: 3, shadow: true}\n")
        self.go()
        effects = self.world.effects_done()
        change = self.submit(SAME)
        summary = self.world.run("--jobs", "2").summary
        self.assertEqual(set(self.versions(summary).values()), {"1.0.0"})
        shadows = [run for run in self.world.rows("run") if run.get("shadow")]
        self.assertEqual({run["app"] for run in shadows}, set(NARROW))
        self.assertEqual({version_of(run["motor_ctx"]) for run in shadows}, {"1.0.1"})
        self.assertEqual({run["state"] for run in shadows}, {"SUCCESS"})
        made = len(self.world.effects_done()) - len(effects)
        self.assertEqual(made, 2 * len(NARROW), "a shadow acted outside")
        # On a machine that is busy it may take more of them.
        shown, _ = self.until_decided(change)
        self.assertEqual(shown["status"], "promoted", json.dumps(shown["canaries"], indent=1))

    def test_runs_in_flight_stay_on_their_version(self):
        apps = {**NARROW, "defective": pages.DEFECTIVE}
        self.begin(canary="canary: {apps: 100%, min_runs: 50}\n", apps=apps)
        before = by_app(self.go(WAITING))["defective"]
        self.assertEqual(before["status"], "PAUSED")
        self.submit(SAME)
        self.world.ok("app", "update", "defective", "--spec", self.world.spec("repaired", pages.REPAIRED), "--no-resume")
        after = by_app(self.go(WAITING))
        self.assertEqual((after["defective"]["id"], version_of(after["defective"]["motor"])), (before["id"], "1.0.0"))
        self.assertEqual(after["defective"]["status"], "SUCCESS")
        self.assertEqual(version_of(after["one"]["motor"]), "1.0.1")

    def test_a_retry_is_measured_anew(self):
        self.begin(canary="canary: {apps: one, min_runs: 3}\n")
        for _ in range(2):
            self.go()
        change = self.submit(SAME)
        self.go(WAITING)
        self.expect_code(self.world.aiop("--json", "change", "reject", change["id"]), DONE)
        self.assertEqual(set(self.versions(self.go()).values()), {"1.0.0"})
        answer = self.world.aiop("--json", "motor", "canary", "pages", "1.0.1", "--apps", "one")
        again = self.expect_code(answer, WAITING).json
        self.assertNotEqual(again["id"], change["id"])
        self.assertTrue(again["gates"], "it is gated anew")
        self.assertEqual(again["canaries"][-1]["runs"], [])
        first = set(self.show(change)["canaries"][-1]["runs"])
        shown, _ = self.until_decided(again)
        self.assertEqual(shown["status"], "promoted", json.dumps(shown["canaries"], indent=1))
        self.assertFalse(first & set(shown["canaries"][-1]["runs"]))

    def test_quality_on_real_runs_the_same_passes_and_fifteen_points_less_do_not(self):
        score = "score: " + json.dumps([*PYTHON, "score.py", "{workDir}"]) + "\n"
        apps = {f"app{i}": {**pages.NARROW, "title": f"app{i}"} for i in range(6)}
        self.begin(canary="canary: {apps: 50%, min_runs: 6}\n", apps=apps, more=score, layout=SCORED)
        for _ in range(5):
            self.go()
        same = self.submit(SCORED.replace("Where things go", "Where the things go"))
        shown, _ = self.until_decided(same)
        self.assertEqual(shown["status"], "promoted", json.dumps(shown["canaries"], indent=1))
        for _ in range(4):
            self.go()
        worse = self.submit(SCORED.replace("QUALITY = 0.85", "QUALITY = 0.70"))
        shown, _ = self.until_decided(worse)
        self.assertEqual(shown["status"], "rolled_back", json.dumps(shown["canaries"], indent=1))
        self.assertIn("quality", shown["canaries"][-1]["because"])
        self.assertEqual(self.world.active(), "1.0.1")
        print(f"\ncaught after {len(shown['canaries'][-1]['runs'])} runs", flush=True)


class Killed(Case):
    """Killed after each durable write of the command that starts a trial, and of the one that ends it."""

    def end_of(self, world, change):
        shown = world.ok("change", "show", change).json
        plant = world.ok("plant", "show", "pages").json
        return (shown["status"], world.active(), world.tags(), plant.get("canary_change", ""),
                sorted({run["state"] for run in world.ok("runs").items}),
                [each.get("verdict") for each in shown["canaries"]])

    def copy(self):
        world = World("/dev/shm")
        shutil.copytree(self.world.home, world.home, symlinks=True)
        shutil.copytree(self.world.effects, world.effects, dirs_exist_ok=True)
        return world

    def begin(self, fixes, apps, canary):
        self.motor = self.world.motor(pages.files(more=canary))
        for name, files in fixes.items():
            self.motor.branch(name, files)
        self.world.add_plant(self.motor)
        self.world.add_apps(apps)

    def kill_everywhere(self, before, change, expected):
        """The command that ends the trial, from a world in which it goes on."""
        tried = 0
        while True:
            world = World("/dev/shm")
            try:
                shutil.rmtree(world.effects)
                shutil.copytree(before.home, world.home, symlinks=True)
                shutil.copytree(before.effects, world.effects)
                crash = {"AIOP_CRASH_AT": tried + 1}
                killed = world.aiop("--json", "run", "--plant", "pages", environment=crash)
                if killed.code != -signal.SIGKILL:
                    break
                # Noise may leave it open for one more command.
                for _ in range(6):
                    world.aiop("--json", "run", "--plant", "pages")
                    if world.ok("change", "show", change).json["status"] != "canary":
                        break
                tried += 1
                self.assertEqual(self.end_of(world, change), expected, f"killed after write {tried}")
            finally:
                world.close()
        self.assertGreater(tried, 20)
        print(f"\nkilled at {tried} places", flush=True)

    def until_ended(self, change):
        """A world in which the next run ends the trial, and how it ends."""
        for _ in range(10):
            before = self.copy()
            self.world.run()
            if self.world.ok("change", "show", change).json["status"] != "canary":
                self.addCleanup(before.close)
                return before, self.end_of(self.world, change)
            before.close()
        self.fail("the trial does not end")

    def test_whenever_a_promotion_is_killed_it_ends_the_same(self):
        apps = {"one": NARROW["one"], "two": NARROW["two"], "wide": pages.WIDE, "wider": pages.WIDER}
        self.begin({"fix/wide-pages": {"layout.py": pages.RIGHT}}, apps, "canary: {apps: 'wide,one', min_runs: 3}\n")
        self.expect_code(self.world.run(), WAITING)
        (change,) = [each["id"] for each in self.world.ok("change", "ls").items]
        before, expected = self.until_ended(change)
        self.assertEqual(expected[:2], ("promoted", "1.0.1"))
        self.kill_everywhere(before, change, expected)

    def test_whenever_an_abort_is_killed_it_ends_the_same(self):
        self.begin({}, {"one": NARROW["one"], "long": pages.LONG}, "canary: {apps: long, min_runs: 20}\n")
        self.expect_code(self.world.run("--app", "one"), DONE)
        patch = self.world.folder / "patch"
        patch.write_text(self.motor.patch({"layout.py": BREAKING}), encoding="utf-8")
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch))
        change = self.expect_code(answer, WAITING).json["id"]
        before, expected = self.until_ended(change)
        self.assertEqual(expected[:2], ("rolled_back", "1.0.0"))
        self.kill_everywhere(before, change, expected)


if __name__ == "__main__":
    main()
