# SPDX-License-Identifier: Apache-2.0
"""Going back to an earlier version of a motor: all that moves with it, what a version touched, and making that anew."""
import json
import random
import re
import signal

import harness
import pages
from crash_test import in_memory
from harness import BAD_INPUT, DONE, FORBIDDEN, WAITING, Case, World, by_app, git, version_of

ROOT = harness.HERE.parent.parent
SECRET = "s" * 64
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
STEPS = ["read", "reserve", "layout", "check", "publish"]
# Mends wide pages, and breaks long ones.
BAD = pages.BREAKING
LONG = {"title": "stuck", "width": "wide", "items": [{"count": 1}, {"count": 2}, {"count": 3}]}
# All that a version is made of.
PROMPT, VALIDATOR = "prompts/title.txt", "validate.py"


def variant(number):
    return pages.LAYOUT.replace("Where things go", f"Where things go, edition {number}")


class RollbackCase(Case):
    def begin(self, specs, more="", fixes=None):
        files = pages.files(more=more)
        files[PROMPT] = "Say what the page is about.\n"
        self.files = files
        self.motor = self.world.motor(files)
        for name, changed in (fixes or {}).items():
            self.motor.branch(name, changed)
        self.world.add_plant(self.motor)
        self.world.add_apps(specs)

    def go(self, code, *words, environment=None):
        return self.expect_code(self.world.run("--jobs", "2", *words, environment=environment), code).summary

    def submit(self, files, code=DONE, **more):
        """A patch on top of what is active."""
        repository = self.world.home / "motor" / "pages" / "repository.git"
        git(self.motor.folder, "fetch", "-q", str(repository), "main")
        git(self.motor.folder, "checkout", "-q", "--detach", "FETCH_HEAD")
        patch = self.world.folder / "patch"
        patch.write_text(self.motor.patch(files), encoding="utf-8")
        git(self.motor.folder, "checkout", "-q", "main")
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch), **more)
        return self.expect_code(answer, code).json

    def rollback(self, *words, code=DONE, **more):
        answer = self.expect_code(self.world.aiop("--json", "motor", "rollback", "pages", *words, **more), code)
        return answer.json if code == DONE else answer

    def runs(self):
        return {run["app"]: run for run in self.world.ok("runs").items}

    def show(self, run):
        return self.world.ok("run", "show", run["id"] if isinstance(run, dict) else run).json

    def ok_fork(self, run, checkpoint):
        return self.world.ok("run", "fork", run, "--from", checkpoint).json["id"]

    def versions(self):
        return {version_of(each["reference"]): each["status"] for each in self.world.ok("motor", "versions", "pages").items}

    def main(self, path=None):
        repository = self.world.home / "motor" / "pages" / "repository.git"
        return git(repository, "show", f"main:{path}") if path else git(repository, "rev-parse", "main").strip()

    def commit_of(self, tag):
        repository = self.world.home / "motor" / "pages" / "repository.git"
        return git(repository, "rev-parse", f"{tag}^{{commit}}").strip()

    def radius(self, version):
        return self.world.ok("motor", "blast-radius", "pages", version).json

    def points(self):
        return {version_of(each["version"]): each for each in self.world.ok("motor", "restore-points", "pages").items}

    def policy(self, old, new):
        default = (ROOT / "policies" / "default.yaml").read_text(encoding="utf-8")
        self.assertIn(old, default)
        file = self.world.folder / "policy.yaml"
        file.write_text(default.replace(old, new), encoding="utf-8")
        return str(file)

    def released(self):
        """A bad version, on which one run has ended, one has resumed and stands, and one was started."""
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "stuck": LONG})
        first = by_app(self.go(WAITING))
        self.assertEqual((first["stuck"]["status"], first["stuck"]["paused_because"]), ("PAUSED", "fix"))
        manifest = self.files["motor.yaml"] + "components: {layouter: 2.0.0}\n"
        change = self.submit({"layout.py": BAD, PROMPT: "Say it louder.\n", "motor.yaml": manifest,
                              VALIDATOR: self.files[VALIDATOR] + "# Says no more than before.\n"}, WAITING)
        self.assertEqual((change["status"], self.world.active()), ("promoted", "1.0.1"), json.dumps(change, indent=1))
        self.world.add_apps({"late": pages.LONG})
        self.go(WAITING, "--app", "late")
        runs = self.runs()
        self.assertEqual({app: (run["state"], version_of(run["motor_ctx"])) for app, run in runs.items()},
                         {"narrow": ("SUCCESS", "1.0.0"), "wide": ("SUCCESS", "1.0.1"), "stuck": ("PAUSED", "1.0.1"),
                          "late": ("PAUSED", "1.0.1")})
        self.assertEqual(runs["stuck"]["checkpoint"], "layout")
        return change, runs


class Moves(RollbackCase):
    def stored(self):
        """All that a command could have changed."""
        tables = {table: self.world.rows(table) for table in ("run", "transition", "checkpoint", "change", "event", "incident")}
        return tables, git(self.world.home / "motor" / "pages" / "repository.git", "show-ref"), \
            self.world.ok("plant", "show", "pages").json, self.versions(), self.world.ok("motor", "history", "pages").items

    def test_a_dry_run_changes_nothing_and_tells_what_then_moves(self):
        change, runs = self.released()
        before = self.stored()
        plan = self.rollback("--dry-run")
        text = self.expect_code(self.world.aiop("motor", "rollback", "pages", "--dry-run"), DONE).out
        self.assertEqual(self.stored(), before)
        self.assertEqual((version_of(plan["from"]), version_of(plan["to"])), ("1.0.1", "1.0.0"))
        self.assertEqual(set(plan["changed_paths"]), {"CHANGELOG.md", "layout.py", "motor.yaml", PROMPT, VALIDATOR})
        self.assertEqual([each["id"] for each in plan["changes"]], [change["id"]])
        self.assertEqual([(each["run"], each["checkpoint"], each["checkpoints_given_up"]) for each in plan["returned"]],
                         [(runs["stuck"]["id"], "reserve", 1)])
        (stays,) = plan["staying"]
        self.assertEqual(stays["run"], runs["late"]["id"])
        self.assertIn("not there yet when version 1.0.0 was left", stays["because"])
        for told in ("1.0.1 -> 1.0.0", PROMPT, runs["stuck"]["id"], "after reserve", runs["late"]["id"]):
            self.assertIn(told, text)

        move = self.rollback("--because", "wrong rows")
        self.assertEqual((move["from"], move["to"]), (plan["from"], plan["to"]))
        self.assertEqual(move["returned"], [each["run"] for each in plan["returned"]])
        self.assertEqual([(each["run"], each["checkpoint"]) for each in move["runs"]],
                         [(each["run"], each["checkpoint"]) for each in plan["returned"]])
        after = self.runs()
        self.assertEqual({app for app in runs if after[app] != runs[app]}, {"stuck"})
        given_up = [each for each in self.world.rows("checkpoint") if each.get("stale")]
        self.assertEqual([(each["run"], each["name"]) for each in given_up], [(runs["stuck"]["id"], "layout")])

    def test_everything_moves_together(self):
        change, _ = self.released()
        self.assertEqual(self.main(), self.commit_of("v1.0.1"))
        self.rollback("--because", "wrong rows")
        self.assertEqual(self.world.active(), "1.0.0")
        self.assertEqual(self.main(), self.commit_of("v1.0.0"))
        self.assertEqual(self.world.tags(), ["v1.0.0", "v1.0.1"], "what was released stays known")
        for path, text in self.files.items():
            self.assertEqual(self.main(path), text, path)
        self.assertEqual(self.versions(), {"1.0.0": "adopted", "1.0.1": "rolled_back"})
        shown = self.world.ok("change", "show", change["id"]).json
        self.assertEqual((shown["status"], shown["reason"]), ("rolled_back", "wrong rows"))
        # What a new run is started in.
        run = by_app(self.go(DONE, "--app", "narrow", "--fresh"))["narrow"]
        self.assertEqual(version_of(run["motor"]), "1.0.0")
        checkouts = [each for each in (self.world.home / "motor" / "checkouts").rglob(PROMPT)]
        self.assertIn(self.files[PROMPT], [each.read_text() for each in checkouts])

    def test_returned_runs_go_on_where_they_stood_and_redo_nothing_that_held(self):
        _, runs = self.released()
        self.rollback("--because", "wrong rows")
        run = self.show(runs["stuck"])
        self.assertEqual((run["state"], run["paused_because"], run["checkpoint"], version_of(run["motor_ctx"])),
                         ("PAUSED", "fix", "reserve", "1.0.0"))
        for told in ("checkpoint 'reserve'", "1.0.1 was rolled back", "wrong rows"):
            self.assertIn(told, run["cause"])
        # It stands at what 1.0.1 was to mend, and that is not mended.
        incidents = {each["id"]: each["state"] for each in self.world.ok("incidents").items}
        self.assertNotEqual(incidents[run["incident"]], "resolved")
        self.go(WAITING, "--app", "stuck")
        self.assertEqual((self.world.active(), self.runs()["stuck"]["state"]), ("1.0.0", "PAUSED"), "it is not used again")

        self.submit({"layout.py": pages.RIGHT})
        self.assertEqual(self.world.active(), "1.0.2")
        self.go(DONE)
        self.assertEqual({app: (each["state"], version_of(each["motor_ctx"])) for app, each in self.runs().items()
                          if app in ("stuck", "late")}, dict.fromkeys(["stuck", "late"], ("SUCCESS", "1.0.2")))
        steps = self.world.steps_of(runs["stuck"]["id"])
        self.assertEqual([steps.count(each) for each in ("read", "reserve", "publish")], [1, 1, 1], steps)
        self.assertEqual(self.show(runs["stuck"])["steps_redone"], 0)
        self.assertEqual(sorted(each for each in self.world.effects_done().values() if "stuck" in each),
                         ["published stuck", "reserved stuck"])

    def test_the_history_says_who_moved_it_when_and_why(self):
        self.begin({"narrow": pages.NARROW})
        self.submit({"layout.py": variant(1)})
        who = {role: {"AIOP_TOKEN": self.world.ok("token", "add", role, "--role", role).json["secret"]}
               for role in ("viewer", "runner", "operator")}
        for role in ("viewer", "runner"):
            self.rollback("--because", "no", code=FORBIDDEN, environment=who[role])
            self.assertEqual(self.world.active(), "1.0.1")
        self.rollback("--because", "a rehearsal", environment=who["operator"])
        self.rollback("--to", "1.0.1", "--because", "it was fine", environment=who["operator"])
        moves = self.world.ok("motor", "history", "pages").items
        told = [(version_of(each["from"]) if each["from"] else "", version_of(each["to"]), each["actor"], each["because"])
                for each in moves]
        self.assertIn(("1.0.1", "1.0.0", "operator", "a rehearsal"), told)
        self.assertIn(("1.0.0", "1.0.1", "operator", "it was fine"), told)
        self.assertEqual(len([each for each in told if each[0]]), 3, told)
        times = [each["at"] for each in moves]
        self.assertTrue(times == sorted(times) or times == sorted(times, reverse=True), times)
        self.assertTrue(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each) for each in times), times)
        text = self.expect_code(self.world.aiop("motor", "history", "pages"), DONE).out
        self.assertIn("a rehearsal", text)
        self.assertEqual(self.versions(), {"1.0.0": "adopted", "1.0.1": "promoted"})

    def test_what_cannot_be_gone_back_to(self):
        self.begin({"narrow": pages.NARROW})
        self.rollback(code=BAD_INPUT)
        answer = self.rollback("--to", "9.9.9", code=BAD_INPUT)
        self.assertIn("aiop motor versions pages", answer.err)
        self.rollback("--to", "1.0.0", code=BAD_INPUT)
        self.expect_code(self.world.aiop("--json", "motor", "rollback", "nobody"), BAD_INPUT)
        # Released by its owner, and refused by the gates.
        self.motor.release("1.1.0", {"layout.py": variant(1).replace('"narrow": 1', '"narrow": 7'), "motor.yaml":
                                     self.files["motor.yaml"].replace("version: 1.0.0", "version: 1.1.0")})
        self.world.run()
        self.assertEqual(self.world.active(), "1.0.0")
        answer = self.rollback("--to", "1.1.0", code=FORBIDDEN)
        self.assertIn("never promoted", answer.err)
        self.rollback("--to", "1.1.0", "--dry-run", code=FORBIDDEN)
        self.assertEqual(self.world.ok("motor", "history", "pages").items[1:], [])

    def test_several_versions_back_and_forward_again(self):
        self.begin({"narrow": pages.NARROW})
        for number in (1, 2, 3):
            self.submit({"layout.py": variant(number)})
        plan = self.rollback("--to", "1.0.0", "--dry-run")
        self.assertEqual(len(plan["changes"]), 3)
        self.rollback("--to", "1.0.0")
        self.assertEqual(self.versions(), {"1.0.0": "adopted", "1.0.1": "rolled_back", "1.0.2": "rolled_back",
                                           "1.0.3": "rolled_back"})
        forward = self.rollback("--to", "1.0.2", "--dry-run")
        self.assertEqual((forward["returned"], forward["not_returned_because"]),
                         ([], "the move is forward: runs stay where they are"))
        self.rollback("--to", "1.0.2")
        self.assertEqual(self.versions(), {"1.0.0": "adopted", "1.0.1": "promoted", "1.0.2": "promoted",
                                           "1.0.3": "rolled_back"})
        self.assertIn("edition 2", self.main("layout.py"))
        # The way back from a move forward is kept as that from a promotion is.
        point = self.rollback("--to", "1.0.0", "--dry-run")["restore_point"]
        newest = self.world.ok("motor", "restore-points", "pages").items
        times = {each["id"]: each["created"] for each in newest if version_of(each["version"]) == "1.0.0"}
        self.assertEqual(len(times), 2)
        self.assertEqual(point, max(times, key=times.get))
        # A promotion goes on from what is active.
        self.submit({"layout.py": variant(9)})
        self.assertEqual(self.world.active(), "1.0.4")

    def test_a_run_that_was_on_trial_goes_back_to_before_its_trial(self):
        apps = ("one", "two", "three")
        self.begin({name: {**pages.NARROW, "title": name} for name in apps}, more="canary: {apps: 100%, min_runs: 3}\n")
        self.go(DONE)
        self.submit({"layout.py": variant(1)}, WAITING)
        on_trial = by_app(self.go(WAITING, "--app", "one"))["one"]
        self.assertEqual(version_of(on_trial["motor"]), "1.0.1")
        fork = self.ok_fork(on_trial["id"], "layout")
        for _ in range(20):
            self.world.run("--fresh", "--app", "two", "--app", "three")
            if self.world.active() == "1.0.1":
                break
        self.assertEqual((self.world.active(), self.show(fork)["checkpoint"]), ("1.0.1", "layout"))
        (returned,) = self.rollback("--dry-run")["returned"]
        self.assertEqual((returned["run"], returned["checkpoint"], returned["checkpoints_given_up"]), (fork, "", 3))
        self.rollback()
        run = by_app(self.go(DONE, "--app", "one"))["one"]
        self.assertEqual((run["id"], run["status"], version_of(run["motor"])), (fork, "SUCCESS", "1.0.0"))
        self.assertEqual(self.world.steps_of(fork), STEPS)

    def test_versions_that_came_with_the_motor(self):
        files = pages.files()
        motor = self.world.motor(files)
        motor.release("1.1.0", {"layout.py": variant(1), "motor.yaml":
                                files["motor.yaml"].replace("version: 1.0.0", "version: 1.1.0")})
        self.world.add_plant(motor)
        self.assertEqual(self.world.active(), "1.1.0")
        self.assertIn("--to", self.rollback(code=BAD_INPUT).err)
        self.rollback("--to", "1.0.0")
        self.assertEqual(self.versions(), {"1.0.0": "adopted", "1.1.0": "rolled_back"})
        self.rollback("--to", "1.1.0")
        self.assertEqual(self.versions(), {"1.0.0": "adopted", "1.1.0": "adopted"})

    def test_an_owners_release_that_was_left_is_not_taken_again(self):
        self.begin({"narrow": pages.NARROW})
        self.go(DONE)
        self.motor.release("1.1.0", {"layout.py": variant(1), "motor.yaml":
                                     self.files["motor.yaml"].replace("version: 1.0.0", "version: 1.1.0")})
        self.go(DONE, "--fresh")
        self.assertEqual(self.world.active(), "1.1.0")
        self.rollback()
        self.go(DONE, "--fresh")
        self.assertEqual(self.world.active(), "1.0.0")


class Killed(RollbackCase):
    """At every durable write of a rollback: the same command again, or any other, does the rest."""

    def end_state(self):
        runs = sorted((run["app"], run["state"], run.get("paused_because"), run["checkpoint"], run["cause"],
                       version_of(run["motor_ctx"])) for run in self.world.ok("runs").items)
        return {
            "runs": runs, "active": self.world.active(), "main": self.main(), "tags": self.world.tags(),
            "versions": self.versions(),
            "changes": [(each["status"], each["reason"]) for each in self.world.ok("change", "ls").items],
            "incidents": sorted(each["state"] for each in self.world.ok("incidents").items),
            "moves": [(each["actor"], version_of(each["to"]), each["returned"])
                      for each in self.world.ok("motor", "history", "pages").items],
            "stale": sorted((each["run"], each["name"]) for each in self.world.rows("checkpoint") if each.get("stale")),
            "told": len([each for each in self.world.rows("event") if "was left for" in json.dumps(each)]),
            "transitions": len(self.world.rows("transition")),
        }

    def in_copy(self, work):
        original, self.world = self.world, World(in_memory())
        try:
            harness.subprocess.run(["cp", "-a", str(original.home), str(self.world.home)], check=True)
            return work()
        finally:
            self.world.close()
            self.world = original

    def test_the_same_command_again_comes_to_the_same_end(self):
        self.released()
        log = self.world.folder / "points"
        command = ("--json", "motor", "rollback", "pages", "--because", "wrong rows")

        def undisturbed():
            told = self.expect_code(self.world.aiop(*command, environment={"AIOP_CRASH_LOG": log}), DONE).json
            return told, self.end_state()
        told, expected = self.in_copy(undisturbed)
        names = [line.split()[1] for line in log.read_text().splitlines()]
        for name in ("rollback.pointer", "rollback.main", "rollback.runs"):
            self.assertIn(name, names)
        print(f"\n{len(names)} durable writes of a rollback: {' '.join(names)}", flush=True)
        for point, name in enumerate(names, 1):
            def again(point=point, name=name):
                killed = self.world.aiop(*command, environment={"AIOP_CRASH_AT": point})
                self.assertEqual(killed.code, -signal.SIGKILL, str(killed))
                # Once it was told it is done: the same again would be another one.
                delivered = point == len(names)
                answer = killed.json if delivered else self.expect_code(self.world.aiop(*command), DONE).json
                found = self.end_state()
                for key, value in expected.items():
                    self.assertEqual(found[key], value, f"{key}, killed after write {point} ({name})")
                self.assertEqual(answer["returned"], told["returned"])
            with self.subTest(point=point, name=name):
                self.in_copy(again)

    def test_any_other_command_does_the_rest(self):
        self.released()
        log = self.world.folder / "points"
        command = ("--json", "motor", "rollback", "pages", "--because", "wrong rows")

        def finished():
            self.expect_code(self.world.aiop(*command, environment={"AIOP_CRASH_LOG": log}), DONE)
            self.world.run("--app", "narrow")
            return self.end_state()
        expected = self.in_copy(finished)
        names = [line.split()[1] for line in log.read_text().splitlines()]
        for name in ("rollback.pointer", "rollback.main", "rollback.runs"):
            def go_on(name=name):
                killed = self.world.aiop(*command, environment={"AIOP_CRASH_AT": names.index(name) + 1})
                self.assertEqual(killed.code, -signal.SIGKILL, str(killed))
                dry = self.world.aiop("motor", "rollback", "pages", "--to", "1.0.1", "--dry-run")
                self.assertIn("1.0.1 -> 1.0.0 was interrupted", dry.err)
                self.world.run("--app", "narrow")
                found = self.end_state()
                for key, value in expected.items():
                    self.assertEqual(found[key], value, f"{key}, killed after {name}")
            with self.subTest(name=name):
                self.in_copy(go_on)


class Clocked(RollbackCase):
    def setUp(self):
        super().setUp()
        self.clock = self.world.folder / "clock"
        self.clock.write_text("0")
        self.world.ok("init")
        # The clock can be put wrong only in a home that is marked as a drill's.
        (self.world.home / "drill").write_text(SECRET)
        self.world.extra["AIOP_CHAOS_CLOCK"] = f"{SECRET}:{self.clock}"

    def pass_time(self, milliseconds):
        self.clock.write_text(str(int(self.clock.read_text()) + milliseconds))


class Retention(Clocked):
    def kept(self):
        return {version for version, point in self.points().items() if point["kept"]}

    def dropped(self):
        return {version for version, point in self.points().items() if point.get("dropped")}

    def test_by_count_the_newest_stay(self):
        self.begin({"narrow": pages.NARROW}, more="restore_points: {count: 2}\n")
        for number in range(1, 5):
            self.submit({"layout.py": variant(number)})
        self.assertEqual((self.kept(), self.dropped()), ({"1.0.3", "1.0.2"}, {"1.0.0", "1.0.1"}))
        self.assertIn("needed by the active version 1.0.4", self.points()["1.0.3"]["because"])
        # One can still go back, only no run is returned.
        self.assertIn("was dropped by retention", self.rollback("--to", "1.0.0", "--dry-run")["not_returned_because"])
        self.rollback("--to", "1.0.0")
        self.assertEqual(self.world.active(), "1.0.0")
        text = self.expect_code(self.world.aiop("motor", "restore-points", "pages"), DONE).out
        self.assertIn("dropped by retention", text)

    def test_by_age(self):
        self.begin({"narrow": pages.NARROW}, more="restore_points: {age: 3d}\n")
        self.submit({"layout.py": variant(1)})
        self.pass_time(2 * DAY)
        self.submit({"layout.py": variant(2)})
        self.assertEqual(self.dropped(), set())
        self.pass_time(2 * DAY)
        self.assertIn("age", self.points()["1.0.0"]["because"])
        self.submit({"layout.py": variant(3)})
        self.assertEqual((self.kept(), self.dropped()), ({"1.0.1", "1.0.2"}, {"1.0.0"}))
        # However old, that of the active version stays.
        self.pass_time(100 * DAY)
        self.assertEqual(self.kept(), {"1.0.2"})

    def test_by_size_what_newer_points_have_too_is_counted_once(self):
        some = random.Random(7)
        picture = lambda: "".join(some.choices("0123456789abcdef", k=700_000))  # noqa: E731
        self.begin({"narrow": pages.NARROW}, more="restore_points: {mebibytes: 1}\n")
        self.submit({"picture.txt": picture()})  # 1.0.0: small
        for number in (1, 2):  # 1.0.1, 1.0.2: the same picture
            self.submit({"layout.py": variant(number)})
        self.assertEqual(self.dropped(), set())
        # In two steps: a diff with both pictures is larger than a patch may be.
        self.submit({"picture.txt": None})  # 1.0.3: the same picture
        self.submit({"picture.txt": picture()})  # 1.0.4: none
        self.submit({"layout.py": variant(3)})  # 1.0.5: another
        self.assertEqual((self.kept(), self.dropped()), ({"1.0.5", "1.0.4", "1.0.0"}, {"1.0.3", "1.0.2", "1.0.1"}))

    def test_what_an_open_run_needs_stays_until_it_has_ended(self):
        self.begin({"narrow": pages.NARROW}, more="restore_points: {count: 1}\n")
        ended = by_app(self.go(DONE))["narrow"]["id"]
        run = self.ok_fork(ended, "reserve")
        for number in (1, 2, 3):
            self.submit({"layout.py": variant(number)})
        self.assertEqual(self.kept(), {"1.0.0", "1.0.1", "1.0.2"})
        self.assertIn("needed by 1 open run", self.points()["1.0.0"]["because"])
        self.world.aiop("run", "cancel", run)
        self.submit({"layout.py": variant(4)})
        self.assertEqual((self.kept(), self.dropped()), ({"1.0.3"}, {"1.0.0", "1.0.1", "1.0.2"}))


class BlastRadius(RollbackCase):
    def test_it_lists_the_runs_and_artifacts_of_a_version_and_no_others(self):
        _, runs = self.released()
        radius = self.radius("1.0.1")
        self.assertEqual({each["app"]: (each["id"], each["part"], each["from_checkpoint"], each["steps_that_hold"],
                                        each["artifacts"]) for each in radius["runs"]},
                         {"wide": (runs["wide"]["id"], "resumed", "reserve", 3, 1),
                          "stuck": (runs["stuck"]["id"], "resumed", "reserve", 1, 0),
                          "late": (runs["late"]["id"], "started", "", 3, 0)})
        made = {each["id"]: each for run in runs.values() for each in self.world.ok("artifact", "ls", run["id"]).items}
        bad = {name for name, each in made.items() if version_of(each["motor_ctx"]) == "1.0.1"}
        self.assertEqual({each["id"] for each in radius["artifacts"]}, bad)
        self.assertEqual(len(bad), 1)
        self.assertEqual([(each["app"], each["runs"], each["successful"]) for each in radius["apps"]],
                         [("late", 1, 0), ("stuck", 1, 0), ("wide", 1, 1)])
        self.assertEqual({each["app"] for each in self.radius("1.0.0")["runs"]}, {"narrow", "wide", "stuck"})
        text = self.expect_code(self.world.aiop("motor", "blast-radius", "pages", "1.0.1"), DONE).out
        self.assertIn("3 runs of 3 apps, 1 artifact", text)
        # What was returned has nothing of it any more, and was touched by it all the same.
        self.rollback()
        left = {each["app"]: each["steps_that_hold"] for each in self.radius("1.0.1")["runs"]}
        self.assertEqual(left, {"wide": 3, "stuck": 0, "late": 3})
        self.expect_code(self.world.aiop("--json", "motor", "blast-radius", "pages", "9.9.9"), BAD_INPUT)


class ReRuns(Clocked):
    def made_by_it(self, apps=("one", "two", "three")):
        """Runs that ended on a version which was left."""
        self.begin({name: {**pages.NARROW, "title": name} for name in apps})
        self.submit({"layout.py": variant(1)})
        self.go(DONE)
        self.rollback("--because", "wrong rows")
        return {app: run["id"] for app, run in self.runs().items()}

    def rerun(self, code=DONE, *words, environment=None):
        answer = self.world.aiop("--json", "motor", "rerun", "pages", "1.0.1", *words, environment=environment)
        return self.expect_code(answer, code)

    def remade(self):
        return [(run["rerun_of"], run["id"]) for run in self.world.rows("run") if run.get("rerun_of")]

    def expect_each_once(self, origins):
        self.assertEqual(sorted(origin for origin, _ in self.remade()), sorted(origins.values()))
        for _, run in self.remade():
            shown = self.show(run)
            self.assertEqual((shown["state"], version_of(shown["motor_ctx"])), ("SUCCESS", "1.0.0"))

    def test_everything_it_made_is_made_anew_once(self):
        origins = self.made_by_it()
        summary = self.rerun(DONE, "--jobs", "2").summary
        self.assertEqual(len(summary["runs"]), 3)
        self.expect_each_once(origins)
        for origin, run in self.remade():
            self.assertEqual(self.world.steps_of(run), STEPS)
            self.assertEqual(self.show(run)["app"], self.show(origin)["app"])
        steps = len(self.world.steps())
        again = self.rerun().summary
        self.assertEqual({each["id"] for each in again["runs"]}, {run for _, run in self.remade()})
        self.assertEqual(len(self.world.steps()), steps, "nothing is done twice")
        self.expect_code(self.world.aiop("--json", "motor", "rerun", "pages", "1.0.0"), FORBIDDEN)
        self.expect_code(self.world.aiop("--json", "motor", "rerun", "pages", "9.9.9"), BAD_INPUT)

    def test_the_same_version_of_the_app_is_used(self):
        origins = self.made_by_it()
        self.world.ok("app", "update", "one", "--spec", self.world.spec("one", {**pages.NARROW, "title": "newer"}))
        self.rerun()
        self.rerun(DONE, "--from", "layout")
        for origin, run in self.remade():
            self.assertEqual(self.show(run)["app_ctx"], self.show(origin)["app_ctx"])
        self.expect_each_once(origins)

    def test_it_begins_with_the_affected_step(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE})
        self.go(WAITING)
        self.submit({"layout.py": BAD})
        self.submit({"layout.py": pages.RIGHT})
        (origin,) = [each["id"] for each in self.radius("1.0.1")["runs"]]
        self.rerun()
        ((of, run),) = self.remade()
        self.assertEqual(of, origin)
        self.assertEqual(self.world.steps_of(run), ["layout", "check", "publish"])
        shown = self.show(run)
        self.assertEqual((shown["state"], version_of(shown["motor_ctx"])), ("SUCCESS", "1.0.2"))

    def test_a_step_can_be_named(self):
        self.made_by_it(apps=("one",))
        answer = self.rerun(BAD_INPUT, "--from", "no-such-step")
        self.assertIn("no step 'no-such-step'", answer.err + answer.out)
        self.assertEqual(self.remade(), [])
        self.rerun(DONE, "--from", "layout")
        ((_, run),) = self.remade()
        self.assertEqual(self.world.steps_of(run), ["layout", "check", "publish"])

    def test_what_was_returned_and_finished_elsewhere_is_not_made_anew(self):
        RollbackCase.released(self)
        self.rollback()
        self.submit({"layout.py": pages.RIGHT})
        self.go(DONE)
        touched = {each["app"]: each["steps_that_hold"] for each in self.radius("1.0.1")["runs"]}
        self.assertEqual(touched["stuck"], 0)
        self.rerun()
        apps = {self.show(origin)["app"] for origin, _ in self.remade()}
        self.assertNotIn("stuck", apps)
        self.assertIn("wide", apps)

    def test_killed_anywhere_it_goes_on_and_makes_none_twice(self):
        origins = self.made_by_it()
        source, log = self.world, self.world.folder / "points"

        def in_copy(work):
            self.world = World(in_memory())
            try:
                harness.subprocess.run(["cp", "-a", str(source.home), str(self.world.home)], check=True)
                self.world.extra = source.extra
                return work()
            finally:
                self.world.close()
                self.world = source
        in_copy(lambda: self.rerun(environment={"AIOP_CRASH_LOG": log}))
        names = [line.split()[1] for line in log.read_text().splitlines()]
        created = [number for number, name in enumerate(names, 1) if name == "reruns.created"]
        self.assertEqual(len(created), 3)
        some = {1 + round(i * (len(names) - 2) / 11) for i in range(12)}

        def killed(point):
            answer = self.world.aiop("--json", "motor", "rerun", "pages", "1.0.1", environment={"AIOP_CRASH_AT": point})
            # How many writes there are is a matter of time too: the last ones may not come.
            self.assertIn(answer.code, (-signal.SIGKILL, DONE), str(answer))
            stored = {(each["run"], each["name"]) for each in self.world.rows("checkpoint")}
            self.world.step_log.unlink(missing_ok=True)
            self.rerun()
            self.expect_each_once(origins)
            done = {(run, step) for run, step, _ in self.world.steps()}
            self.assertEqual(done & stored, set(), "what has a checkpoint is not done again")
            self.assertEqual(done - {(run, step) for _, run in self.remade() for step in STEPS}, set())
        for point in sorted(some | set(created)):
            with self.subTest(point=point, name=names[point - 1]):
                in_copy(lambda: killed(point))

    def test_it_keeps_to_the_limit_also_after_a_kill(self):
        origins = self.made_by_it()
        words = ("--policy", self.policy("reruns_per_minute: 60", "reruns_per_minute: 2"))
        running = self.world.start("--json", "motor", "rerun", "pages", "1.0.1", *words)
        said = self.world.folder / "running.err"
        harness.wait_until(lambda: "reruns_per_minute" in said.read_text(), 60, "it waits for the limit")
        self.assertEqual(len(self.remade()), 2)
        running.kill()
        again = self.world.start("--json", "motor", "rerun", "pages", "1.0.1", *words)
        harness.wait_until(lambda: "reruns_per_minute" in said.read_text(), 60, "it waits for the limit again")
        self.assertEqual(len(self.remade()), 2, "those of the killed command count")
        again.kill()
        self.pass_time(MINUTE + 1000)
        self.rerun(DONE, *words)
        self.expect_each_once(origins)

    def test_a_viewer_makes_nothing_anew(self):
        self.made_by_it(apps=("one",))
        token = self.world.ok("token", "add", "vera", "--role", "viewer").json["secret"]
        self.rerun(FORBIDDEN, environment={"AIOP_TOKEN": token})


class Fallback(RollbackCase):
    def on_a_version_that_breaks_long_pages(self, more=""):
        self.begin({"narrow": pages.NARROW}, more=more)
        self.go(DONE)
        self.submit({"layout.py": BAD})
        self.world.add_apps({"long": pages.LONG, "stuck": LONG})

    def test_without_it_a_run_waits_for_a_fix(self):
        self.on_a_version_that_breaks_long_pages()
        run = by_app(self.go(WAITING))["long"]
        self.assertEqual((run["status"], version_of(run["motor"])), ("PAUSED", "1.0.1"))

    def test_where_no_fix_is_found_a_run_goes_on_on_the_version_before_if_that_takes_it(self):
        self.on_a_version_that_breaks_long_pages("fallback: previous_version\n")
        summary = self.go(WAITING)
        runs = by_app(summary)
        self.assertEqual((runs["long"]["status"], version_of(runs["long"]["motor"])), ("SUCCESS", "1.0.0"))
        self.assertEqual(runs["stuck"]["status"], "PAUSED", "the version before does not take it either")
        self.assertEqual(version_of(runs["stuck"]["motor"]), "1.0.1")
        self.assertEqual(self.world.active(), "1.0.1", "only runs go back, not the motor")
        decisions = [each for each in summary["decisions"] if "long" in each["apps"]]
        self.assertTrue(any(each["outcome"].startswith("fell back: on motor 1.0.0") for each in decisions), decisions)
        self.assertNotIn("resolved", {each["state"] for each in self.world.ok("incidents").items
                                      if "long" in each["apps"]}, "it is there still")
        paused = [each for each in self.world.rows("transition") if each["run"] == runs["long"]["id"]]
        self.assertTrue(any("fallback: previous_version" in each["cause"] for each in paused), paused)


class RollForward(RollbackCase):
    def useless(self, items):
        return pages.RIGHT.replace("    return COLUMNS[width]",
                                   f"    if width == 'wide' and len(spec.get('items', [])) > {items}:\n"
                                   "        raise KeyError(f\"no place for pages of width '{width}'\")\n"
                                   "    return COLUMNS[width]")

    def grown(self, *words):
        """The failure is back after its fix."""
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, fixes={"fix/small": {"layout.py": self.useless(1)}})
        self.go(DONE)
        self.assertEqual(self.world.active(), "1.0.1")
        spec = {**pages.WIDE, "items": [{"count": 1}, {"count": 2}]}
        self.world.ok("app", "update", "wide", "--spec", self.world.spec("wide", spec))
        return by_app(self.go(WAITING, "--fresh", "--app", "wide", *words))["wide"]

    def test_by_default_a_version_that_did_not_heal_is_left(self):
        self.grown()
        self.assertEqual(self.world.active(), "1.0.0")
        move = [each for each in self.world.ok("motor", "history", "pages").items if version_of(each["to"]) == "1.0.0"][-1]
        self.assertEqual(move["actor"], "operator")

    def test_a_policy_that_rolls_forward_keeps_it_and_the_next_fix_goes_on_top(self):
        policy = self.policy("when_back: roll_back ", "when_back: roll_forward ")
        run = self.grown("--policy", policy)
        self.assertEqual((run["status"], self.world.active()), ("PAUSED", "1.0.1"))
        (change,) = self.world.ok("change", "ls").items
        shown = self.world.ok("change", "show", change["id"]).json
        self.assertEqual(shown["status"], "promoted")
        self.assertIn("the policy rolls forward", shown["after_care"]["because"])
        self.motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT})
        self.submit({"layout.py": pages.RIGHT})
        run = by_app(self.go(DONE, "--app", "wide", "--policy", policy))["wide"]
        self.assertEqual((run["status"], version_of(run["motor"])), ("SUCCESS", "1.0.2"))


if __name__ == "__main__":
    harness.main()
