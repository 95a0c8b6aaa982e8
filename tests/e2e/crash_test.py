# SPDX-License-Identifier: Apache-2.0
"""Killed at any moment, then the same command again: the same end, nothing repeated, nothing lost.

The program counts its durable writes and dies by SIGKILL after the one that $AIOP_CRASH_AT names. Up to ALL_POINTS of
them all are tried; of more, some evenly spread and all around the promotion (AIOP_E2E_POINTS=all tries all).
"""
import concurrent.futures
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

import harness
import pages
import stale_checkpoint_test as making
from harness import BAD_INPUT, DONE, WAITING, World, version_of

ALL_POINTS = 100
# Writes before and after a version's tag that belong to its promotion.
BEFORE_TAG, AFTER_TAG = 6, 10
RANDOM_KILLS = 10
KILLED = -signal.SIGKILL
MEMORY_BYTES = 1 << 30
# The edges of a run's life.
PATCHING = ("PATCHING_MOTOR", "PATCHING_APP")
EDGES = {"IDLE": {"RUNNING"}, "RUNNING": {"PAUSED", "SUCCESS", "FAILED"},
         "PAUSED": {*PATCHING, "RESUMING", "FAILED", "PAUSED"}, **dict.fromkeys(PATCHING, {"VALIDATING", "PAUSED"}),
         "VALIDATING": {"RESUMING", *PATCHING, "PAUSED"}, "RESUMING": {"RUNNING", "PAUSED"}}
APPS = {"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER, "defective": pages.DEFECTIVE}
RUN = ("run", "--plant", "pages", "--jobs", "1")


def in_memory():
    """Where hundreds of worlds cost no disk writes: a killed process loses nothing of what it wrote, flushed or not."""
    memory = "/dev/shm"
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES
    return memory if roomy and "TMPDIR" not in os.environ else None


class Scene:
    """A motor and a home with its plant and apps, from which many worlds are copied."""

    def __init__(self, motor_files, fixes, apps, plant="pages"):
        self.world = World(in_memory())
        try:
            self.motor = self.world.motor(motor_files)
            for name, files in fixes.items():
                self.motor.branch(name, files)
            self.world.add_plant(self.motor, plant)
            self.world.add_apps(apps, plant)
        except BaseException:
            self.close()
            raise

    def copy(self):
        world = World(in_memory())
        subprocess.run(["cp", "-a", str(self.world.home), str(world.home)], check=True)
        if self.world.effects.exists():
            shutil.copytree(self.world.effects, world.effects, dirs_exist_ok=True)
        return world

    def close(self):
        self.world.close()


def end_state(world, plant="pages"):
    """All that must not depend on when the program was killed."""
    runs = world.ok("runs").items
    decisions = world.ok("decisions").items
    changes = world.ok("change", "ls").items
    return {
        "runs": sorted((run["app"], run["state"], run.get("paused_because"), version_of(run["motor_ctx"]),
                        version_of(run["app_ctx"])) for run in runs),
        "decisions": sorted((each["classification"], each["category"], each["rule"], sorted(each["apps"]),
                             each["outcome"].split(":")[0]) for each in decisions),
        "changes": sorted(each["status"] for each in changes),
        "incidents": sorted(each["state"] for each in world.ok("incidents").items),
        "active": world.active(plant),
        "tags": world.tags(plant),
        "effects": sorted(world.effects_done().values()),
    }


class Attempt:
    """One interrupted command and the same command again."""

    def __init__(self, world, command, label, patches_invalidate=False):
        self.world, self.command, self.label, self.patches_invalidate = world, command, label, patches_invalidate
        self.problems = []
        self.summary_told = False

    def check(self, condition, text):
        if not condition:
            self.problems.append(f"{self.label}: {text}")

    def interrupted(self, answer):
        """Call after the kill: what had been told must be stored."""
        checkpoints = self.world.rows("checkpoint")
        told = {(each["run"], each["name"]) for each in checkpoints}
        self.stored = {(each["run"], each["name"]): each["id"] for each in checkpoints if not each.get("stale")}
        events = {each["envelope"]["id"] for each in self.world.rows("event")}
        # The last line may have been cut off by the kill.
        for line in answer.out.splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            message = json.loads(line)
            self.summary_told = self.summary_told or "summary" in message
            if "event" in message:
                self.check(message["event"]["id"] in events, f"a told event is lost: {line}")
            if "checkpoint" in message:
                place = (message["checkpoint"]["run"], message["checkpoint"]["name"])
                self.check(place in told, f"a told checkpoint is lost: {line}")
        self.events = events

    def again(self):
        log = self.world.outside / "steps-again"
        answer = self.world.aiop("--json", *self.command, environment={"AIOP_STEP_LOG": log})
        redone = [tuple(line.split()) for line in log.read_text().splitlines()] if log.exists() else []
        stale = {each["id"] for each in self.world.rows("checkpoint") if each.get("stale")}
        self.check(self.patches_invalidate or not stale, "a checkpoint was given up")
        for run, step, purpose in redone:
            if purpose == "run" and self.stored.get((run, step), "stale") not in ("stale", *stale):
                self.check(False, f"step {step} of run {run} was done, stored and done again")
        self.check(self.events <= {each["envelope"]["id"] for each in self.world.rows("event")}, "events are lost")
        return answer

    def compare(self, found, expected):
        for key, value in expected.items():
            self.check(found[key] == value, f"{key} is {found[key]}, not {value}")

    def check_records(self):
        """What must hold of the records however often the program was killed."""
        state = {}
        for each in self.world.rows("transition"):
            self.check(each["from"] == state.get(each["run"], "IDLE"), f"a gap in the history of a run: {each}")
            self.check(each["to"] in EDGES[each["from"]], f"no edge of a run's life: {each}")
            state[each["run"]] = each["to"]
        for each in self.world.rows("run"):
            self.check(each["state"] == state.get(each["id"], "IDLE"), f"not where its history ends: {each}")
        for each in self.world.rows("attempt"):
            self.check(each.get("outcome") and each.get("ended"), f"an attempt without an end: {each}")
        left = list((self.world.home / "experiments").glob("*"))
        self.check(not left, f"left behind: {left}")


class CrashCase(unittest.TestCase):
    def in_parallel(self, work, items):
        """Does all, then fails with all that went wrong."""
        begin, items = time.monotonic(), list(items)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            problems = list(itertools.chain.from_iterable(pool.map(work, items)))
        took = time.monotonic() - begin
        print(f"\n{self.id()}: {len(items)} kills, {took:.0f} s, {len(problems)} problems", flush=True)
        if problems:
            self.fail("\n".join(problems[:40]))

    @staticmethod
    def points_of(world, *command):
        """The names of all durable writes of a command, in order, and its answer."""
        log = world.folder / "points"
        answer = world.aiop("--json", *command, environment={"AIOP_CRASH_LOG": log})
        names = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
        return names, answer


class AnyMoment:
    """One `aiop run`, killed at any moment; the classes below say on what."""
    plant = "pages"
    code = WAITING
    some_points = 80
    patches_invalidate = False  # whether the fix makes checkpoints stale

    @classmethod
    def setUpClass(cls):
        cls.scene = cls.make_scene()
        cls.addClassCleanup(cls.scene.close)
        cls.command = ("run", "--plant", cls.plant, "--jobs", "1")
        world = cls.scene.copy()
        try:
            begin = time.monotonic()
            cls.points, answer = cls.points_of(world, *cls.command)
            cls.seconds = time.monotonic() - begin
            if answer.code != cls.code:
                raise AssertionError(str(answer))
            cls.expected = end_state(world, cls.plant)
        finally:
            world.close()

    def attempt(self, label, kill, command=None):
        """`kill(world)` runs the command and kills it; nothing if it ended by itself first."""
        world = self.scene.copy()
        try:
            attempt = Attempt(world, command or self.command, label, self.patches_invalidate)
            attempt.interrupted(kill(world))
            # Once the summary was told the command is done: the same again would be another one.
            if not attempt.summary_told:
                answer = attempt.again()
                attempt.check(answer.code == self.code, str(answer))
            attempt.compare(end_state(world, self.plant), self.expected)
            attempt.check_records()
            return attempt.problems
        except Exception as error:  # one point must not hide the others
            return [f"{label}: {type(error).__name__}: {error}"]
        finally:
            world.close()

    def test_killed_after_each_durable_write(self):
        total = len(self.points)
        chosen = set(range(1, total + 1))
        if total > ALL_POINTS and os.environ.get("AIOP_E2E_POINTS") != "all":
            chosen = {1 + round(i * (total - 1) / (self.some_points - 1)) for i in range(self.some_points)}
            for number, name in enumerate(self.points, 1):
                if name == "motors.tag":
                    chosen |= set(range(max(1, number - BEFORE_TAG), min(total, number + AFTER_TAG) + 1))
        print(f"\n{total} durable writes, {len(chosen)} of them tried; uninterrupted {self.seconds:.1f} s", flush=True)

        def at(point):
            def kill(world):
                answer = world.aiop("--json", *self.command, environment={"AIOP_CRASH_AT": point})
                if answer.code not in (KILLED, self.code):
                    raise AssertionError(str(answer))
                return answer
            return self.attempt(f"killed after write {point} ({self.points[point - 1]})", kill)
        self.in_parallel(at, sorted(chosen))


class TheLoop(AnyMoment, CrashCase):
    """A fault of the motor in two apps, one of an app, and one that works."""

    @classmethod
    def make_scene(cls):
        return Scene(pages.files(), {"fix/wide-pages": {"layout.py": pages.RIGHT}}, APPS)

    def test_the_uninterrupted_run_is_what_it_should_be(self):
        self.assertEqual(self.expected["runs"], [("defective", "PAUSED", "approval", "1.0.0", "1.0.0"),
                                                 ("narrow", "SUCCESS", None, "1.0.0", "1.0.0"),
                                                 ("wide", "SUCCESS", None, "1.0.1", "1.0.0"),
                                                 ("wider", "SUCCESS", None, "1.0.1", "1.0.0")])
        self.assertEqual(self.expected["changes"], ["awaiting_approval", "promoted"])
        self.assertEqual(self.expected["tags"], ["v1.0.0", "v1.0.1"])
        self.assertGreaterEqual(len(self.points), 50)

    def test_killed_at_random_times(self):
        seed = int(os.environ.get("AIOP_E2E_SEED", time.time_ns() % 1_000_000))
        chance = random.Random(seed)
        print(f"\nAIOP_E2E_SEED={seed}", flush=True)
        command = ("run", "--plant", "pages", "--jobs", "2")

        def after(seconds):
            def kill(world):
                running = world.start("--json", *command)
                try:
                    running.process.wait(seconds)
                except subprocess.TimeoutExpired:
                    running.process.send_signal(signal.SIGKILL)
                return running.wait()
            return self.attempt(f"killed after {seconds:.3f} s (seed {seed})", kill, command)
        self.in_parallel(after, [chance.uniform(0, self.seconds) for _ in range(RANDOM_KILLS)])

    def test_killed_again_and_again_it_still_gets_there(self):
        step = max(60, len(self.points) // 5)
        world = self.scene.copy()
        self.addCleanup(world.close)
        for kills in range(2 * len(self.points) // step + 5):
            answer = world.aiop("--json", *RUN, environment={"AIOP_CRASH_AT": step})
            if answer.code != KILLED:
                break
        self.assertEqual(answer.code, WAITING, str(answer))
        print(f"\nkilled {kills} times, each after {step} durable writes", flush=True)
        self.assertEqual(end_state(world), self.expected)


class APipeline(AnyMoment, CrashCase):
    """The fixed step lies before the last checkpoint: the patch itself gives checkpoints up."""
    plant = "maker"
    code = DONE
    some_points = 40
    patches_invalidate = True

    @classmethod
    def make_scene(cls):
        return Scene(making.pipeline_files("# {{titel}}\n"), {"fix/title": {"page.mustache": "# {{title}}\n"}},
                     making.Pipeline.SPECS, cls.plant)

    def test_the_uninterrupted_run_is_what_it_should_be(self):
        self.assertEqual(self.expected["runs"], [(app, "SUCCESS", None, "1.0.1", "1.0.0") for app in ("one", "two")])


class OtherCommands(CrashCase):
    """Commands that write once and end: done or not done, and doing them again completes them."""

    def each_point(self, scene, command, finish):
        world = scene.copy()
        try:
            points, answer = self.points_of(world, *command)
            self.assertEqual(answer.code, DONE, str(answer))
            expected = end_state(world)
        finally:
            world.close()

        def at(point):
            world = scene.copy()
            try:
                label = f"{' '.join(command[:2])} killed after write {point} ({points[point - 1]})"
                attempt = Attempt(world, command, label)
                killed = world.aiop("--json", *command, environment={"AIOP_CRASH_AT": point})
                attempt.check(killed.code in (KILLED, DONE), str(killed))
                finish(world, attempt)
                attempt.compare(end_state(world), expected)
                attempt.check_records()
                return attempt.problems
            except Exception as error:  # one point must not hide the others
                return [f"{command[:2]} at {point}: {type(error).__name__}: {error}"]
            finally:
                world.close()
        self.in_parallel(at, range(1, len(points) + 1))

    @staticmethod
    def done_or_already(command):
        def finish(world, attempt):
            answer = world.aiop("--json", *command)
            attempt.check(answer.code in (DONE, BAD_INPUT), str(answer))
        return finish

    def test_adding_a_plant_and_an_app(self):
        scene = Scene(pages.files(), {}, {})
        self.addCleanup(scene.close)
        command = ("plant", "add", "second", "--motor", str(scene.motor.folder))
        self.each_point(scene, command, self.done_or_already(command))
        command = ("app", "add", "narrow", "--plant", "pages", "--spec", scene.world.spec("narrow", pages.NARROW))
        self.each_point(scene, command, self.done_or_already(command))

    def test_updating_an_app_that_waits(self):
        scene = Scene(pages.files(), {}, {"narrow": pages.NARROW, "defective": pages.DEFECTIVE})
        self.addCleanup(scene.close)
        self.assertEqual(scene.world.aiop(*RUN).code, WAITING)
        command = ("app", "update", "defective", "--spec", scene.world.spec("repaired", pages.REPAIRED))

        def finish(world, attempt):
            answer = world.aiop("--json", *command)
            attempt.check(answer.code == DONE, str(answer))
        self.each_point(scene, command, finish)

    def test_approving_a_change(self):
        scene = Scene(pages.files(tests=pages.WRONG_TESTS), {
            "fix/wide-pages": {"layout.py": pages.RIGHT, "tests/check.py": pages.TESTS}},
            {"narrow": pages.NARROW, "wide": pages.WIDE})
        self.addCleanup(scene.close)
        self.assertEqual(scene.world.aiop(*RUN).code, WAITING)
        change = scene.world.ok("change", "ls", "--status", "awaiting_approval").items[0]["id"]
        command = ("change", "approve", change)

        def finish(world, attempt):
            again = world.aiop("--json", *command)
            # Where the approval itself was on disk already, what is left of it is done by the next run.
            waits = [run for run in world.ok("runs").items if run["state"] != "SUCCESS"]
            if again.code != DONE and waits:
                done = world.aiop("--json", *RUN, "--app", "wide")
                attempt.check(done.code == DONE, f"{again}\n{done}")
        self.each_point(scene, command, finish)

    def test_rolling_back(self):
        scene = Scene(pages.files(), {"fix/wide-pages": {"layout.py": pages.RIGHT}},
                      {"narrow": pages.NARROW, "wide": pages.WIDE})
        self.addCleanup(scene.close)
        self.assertEqual(scene.world.aiop(*RUN).code, DONE)
        command = ("motor", "rollback", "pages", "--to", "1.0.0")
        self.each_point(scene, command, self.done_or_already(command))


if __name__ == "__main__":
    harness.main()
