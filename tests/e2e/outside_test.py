# SPDX-License-Identifier: Apache-2.0
"""What others do meanwhile: the motor's owner releases too, a human ends aiop, a plant leaves odd things behind."""
import json
import signal
import time

import harness
import pages
from harness import DONE, WAITING, by_app, version_of, wait_until


class OwnersRelease(harness.Case):
    def test_a_release_beside_a_promoted_one_is_merged_gated_and_taken(self):
        motor = self.world.motor(pages.files() | {"CHANGELOG.md": "# Changelog\n\n## 1.0.0 - 2024-03-04\n\nThe first.\n"})
        motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT})
        self.world.add_plant(motor)
        self.world.add_apps({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER})
        self.expect_code(self.world.run(), DONE)
        self.assertEqual(self.world.active(), "1.0.1")

        # Made without knowing of 1.0.1, which was not pushed: both changed the version and the changelog.
        manifest = pages.files()["motor.yaml"].replace("version: 1.0.0", "version: 1.1.0")
        motor.commit({"motor.yaml": manifest, "lint.py": pages.LINT + "# Looks at every file.\n",
                      "CHANGELOG.md": "# Changelog\n\n## 1.1.0 - 2024-04-01\n\nLint says more.\n\n"
                                      "## 1.0.0 - 2024-03-04\n\nThe first.\n"}, "lint says more")
        self.expect_code(self.world.run("--fresh"), DONE)
        # Not 1.1.0: that is what the owner made, without the fix.
        self.assertEqual(self.world.active(), "1.1.1")
        self.assertIn("v1.1.1", self.world.tags())
        repository = self.world.home / "motor" / "pages" / "repository.git"
        changelog = harness.git(repository, "show", "v1.1.1:CHANGELOG.md")
        for entry in ("Lint says more.", "Merge branch fix/wide-pages", "The first."):
            self.assertIn(entry, changelog)
        self.assertNotIn("<<<<", changelog)
        self.assertIn('"wide": 2', harness.git(repository, "show", "v1.1.1:layout.py"))
        runs = by_app(self.expect_code(self.world.run("--fresh", "--app", "wide"), DONE).summary)
        self.assertEqual(version_of(runs["wide"]["motor"]), "1.1.1")

        # The next one touches only what the owner's last one brought: nothing of that is in conflict.
        motor.commit({"motor.yaml": manifest.replace("1.1.0", "1.2.0"),
                      "lint.py": pages.LINT + "# Looks at each file.\n"}, "lint says it better")
        self.expect_code(self.world.run("--fresh", "--app", "narrow"), DONE)
        self.assertEqual(self.world.active(), "1.2.1" if "v1.2.1" in self.world.tags() else "1.2.0")
        self.assertIn("each file", harness.git(repository, "show", "main:lint.py"))


class EndedByAHuman(harness.Case):
    def end_while(self, marker):
        """Starts a run, ends it with SIGTERM once the hanging program runs; returns how long that took."""
        running = self.world.start("--json", "run", "--plant", "pages")
        wait_until(marker.exists, 60, "the hanging program was started")
        begin = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        answer = running.wait()
        return answer, time.monotonic() - begin

    def hanging(self, marker):
        return ("import os, pathlib, time\n"
                f"if os.path.exists({str(self.world.outside / 'hang')!r}):\n"
                f"    pathlib.Path({str(marker)!r}).touch()\n"
                "    time.sleep(100)\n")

    def test_a_hanging_validator_does_not_keep_aiop_from_ending(self):
        marker = self.world.outside / "validating"
        files = pages.files(more=f'sandbox: {{write: [{json.dumps(str(self.world.outside))}]}}\n')
        files["validate.py"] = self.hanging(marker) + files["validate.py"]
        self.world.add_plant(self.world.motor(files))
        self.world.add_apps({"defective": pages.DEFECTIVE})
        (self.world.outside / "hang").touch()
        answer, seconds = self.end_while(marker)
        self.assertLess(seconds, 20, str(answer))
        (self.world.outside / "hang").unlink()
        run = by_app(self.expect_code(self.world.run(), WAITING).summary)["defective"]
        self.assertEqual(run["paused_because"], "approval")


    def test_the_same_command_goes_on_with_the_same_runs(self):
        files = pages.files()
        marker = self.world.outside / "laying-out"
        files["layout.py"] = files["layout.py"].replace(
            "    width = spec", f"    import os, time\n    if spec['title'] == 'slow' and not os.path.exists({str(marker)!r}):\n        open({str(marker)!r}, 'w').close()\n        time.sleep(100)\n    width = spec")
        self.world.add_plant(self.world.motor(files))
        self.world.add_apps({"narrow": pages.NARROW, "slow": {**pages.NARROW, "title": "slow"}})
        answer, seconds = self.end_while(marker)
        self.assertEqual(answer.code, WAITING, str(answer))
        first = by_app(answer.summary)
        self.assertEqual(first["narrow"]["status"], "SUCCESS")
        again = by_app(self.expect_code(self.world.run(), DONE).summary)
        self.assertEqual({app: run["id"] for app, run in again.items()}, {app: run["id"] for app, run in first.items()})
        self.assertEqual(again["slow"]["steps_redone"], 0)


class LeftByTheKilled(harness.Case):
    def test_locks_on_refs_are_removed(self):
        motor = self.world.motor(pages.files())
        motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT})
        self.world.add_plant(motor)
        self.world.add_apps({"wide": pages.WIDE, "wider": pages.WIDER})
        tags = self.world.home / "motor" / "pages" / "repository.git" / "refs" / "tags"
        tags.mkdir(parents=True, exist_ok=True)
        (tags / "v1.0.1.lock").touch()
        self.expect_code(self.world.run(), DONE)
        self.assertEqual(self.world.active(), "1.0.1")


class OddFigures(harness.Case):
    def test_usage_that_no_number_holds_ends_nothing(self):
        files = pages.files()
        files["plant.py"] = files["plant.py"].replace(
            "def read():", "def read():\n    say(usage={'cost_usd': 1e308})\n    say(usage={'cost_usd': 1e308})", 1)
        self.world.add_plant(self.world.motor(files))
        self.world.add_apps({"narrow": pages.NARROW})
        self.expect_code(self.world.run(), DONE)


class OddWorkFolder(harness.Case):
    def test_a_work_folder_that_cannot_be_kept_is_the_plants_failure(self):
        files = pages.files()
        files["plant.py"] = files["plant.py"].replace(
            "def read():", "def read():\n    if 'pipe' in request['appSpecRef']:\n        os.mkfifo(os.path.join(work, 'pipe'))", 1)
        self.world.add_plant(self.world.motor(files))
        self.world.add_apps({"narrow": pages.NARROW, "pipe": {**pages.NARROW, "title": "pipe"}})
        summary = self.expect_code(self.world.run(), WAITING).summary
        run = by_app(summary)["pipe"]
        self.assertIn("checkpoint 'read' cannot be stored", run["cause"] + json.dumps(summary["decisions"]))
        self.assertNotEqual(run["paused_because"], "operator")
        self.assertTrue(run["incident"])
        self.assertEqual(by_app(summary)["narrow"]["status"], "SUCCESS")

    def test_an_artifact_that_is_not_there_is_told(self):
        files = pages.files()
        files["plant.py"] = files["plant.py"].replace(
            "def read():", "def read():\n    say(artifact={'id': 'ghost', 'path': os.path.join(work, 'ghost.txt'), 'role': 'page'})", 1)
        self.world.add_plant(self.world.motor(files))
        self.world.add_apps({"narrow": pages.NARROW})
        self.expect_code(self.world.run(), DONE)
        self.assertIn("artifact 'ghost'", self.world.aiop("--json", "events", "tail").out)


if __name__ == "__main__":
    harness.main()
