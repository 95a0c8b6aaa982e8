# SPDX-License-Identifier: Apache-2.0
"""A plant and all it started, in whatever way, are gone within a second of its end."""
import json
import os
import pathlib
import signal
import time
import uuid

import harness
from harness import DONE, FAILED, PYTHON, wait_until

GONE_WITHIN_SECONDS = 1.0
# Kinds of children, and the plant itself.
BROOD_SIZE = 11
TIMEOUT_MS = 2500


def status(process):
    """The fields of /proc/PID/stat after the name; None if the process is gone or only a zombie is left."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields


def start_of(process):
    fields = status(process)
    return fields[19] if fields else None


def parents():
    folders = [folder.name for folder in pathlib.Path("/proc").iterdir() if folder.name.isdigit()]
    found = {int(name): status(name) for name in folders}
    return {process: int(fields[1]) for process, fields in found.items() if fields}


class Descendants(harness.Case):
    def setUp(self):
        super().setUp()
        self.brood = self.world.outside / "brood"
        self.cookie = str(uuid.uuid4())
        self.brood_processes = {}
        self.world.extra = {"AIOP_BROOD": str(self.brood), "AIOP_BROOD_COOKIE": self.cookie}
        self.addCleanup(self.end_what_is_left)

    def end_what_is_left(self):
        for process in self.alive():
            os.kill(process, signal.SIGKILL)

    def begin(self, more="", deaf=False):
        if deaf:
            self.world.extra["AIOP_BROOD_DEAF"] = "1"
        motor = self.world.motor({
            "motor.yaml": f"name: brood\nversion: 1.0.0\nrun: {json.dumps([*PYTHON, 'plant.py'])}\n{more}",
            "plant.py": (harness.HERE / "plants" / "brood.py").read_text()})
        self.world.add_plant(motor, "brood")
        self.world.add_apps({"one": {}}, "brood")
        return self.world.start("--json", "run", "--plant", "brood")

    def born(self):
        """{kind: (process id, start time)} of those that have said so."""
        if not self.brood.exists():
            return {}
        lines = [line.split() for line in self.brood.read_text().splitlines()]
        return {kind: (int(process), started) for kind, process, started in lines}

    def carriers(self):
        """{process id: start time} of all processes with the cookie in their environment."""
        found = {}
        for folder in pathlib.Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if self.cookie.encode() in (folder / "environ").read_bytes():
                    found[int(folder.name)] = start_of(folder.name)
            except OSError:
                continue
        return found

    def alive(self):
        """Those of the brood that live."""
        return {process for process, started in self.brood_processes.items() if start_of(process) == started}

    def wait_for_the_brood(self, running):
        wait_until(lambda: len(self.born()) == BROOD_SIZE, 20, "all children are born")
        mother = running.process.pid
        mothers = {mother} | {process for process, parent in parents().items() if parent == mother}
        # What they wrote down, and what descends from them; aiop itself and its zygote have another life.
        self.brood_processes = {process: started for process, started in self.carriers().items()
                                if process not in mothers}
        self.brood_processes.update(dict(self.born().values()))
        self.assertGreater(len(self.alive()), BROOD_SIZE, "the keeper and grandchildren are there too")

    def expect_gone(self, begin, why):
        while self.alive() and time.monotonic() - begin < 10:
            time.sleep(0.005)
        took = time.monotonic() - begin
        left = sorted(kind for kind, (process, _) in self.born().items() if process in self.alive())
        self.assertEqual(self.alive(), set(), f"{why}: {left} live on")
        print(f"\n{self.id()}: gone after {took * 1000:.0f} ms", flush=True)
        self.assertLess(took, GONE_WITHIN_SECONDS, why)

    def expect_gone_at_timeout(self, deaf):
        running = self.begin(f"timeout_ms: {TIMEOUT_MS}\npatch_sources: []\n", deaf)
        self.wait_for_the_brood(running)
        began = float(pathlib.Path(f"{self.brood}.began").read_text())
        deadline = time.monotonic() + began + TIMEOUT_MS / 1000 - time.time()
        self.assertLess(time.monotonic(), deadline, "the machine is too slow for this test")
        wait_until(lambda: time.monotonic() >= deadline, 20, "the time is over")
        self.expect_gone(deadline, "the plant timed out")
        answer = running.wait()
        failures = [json.dumps(line["event"]["payload"]) for line in answer.lines if "event" in line]
        self.assertTrue(any("in time" in each for each in failures), str(answer))

    def test_when_it_times_out(self):
        self.expect_gone_at_timeout(deaf=False)

    def test_when_it_times_out_and_does_not_listen(self):
        self.expect_gone_at_timeout(deaf=True)

    def expect_gone_when_cancelled(self, deaf):
        running = self.begin(deaf=deaf)
        self.wait_for_the_brood(running)
        run = self.world.ok("runs").items[0]["id"]
        begin = time.monotonic()
        cancelled = self.world.aiop("--json", "run", "cancel", run)
        self.expect_gone(begin, "the run was cancelled")
        self.expect_code(cancelled, DONE)
        self.expect_code(running.wait(), FAILED)
        self.assertEqual(self.world.ok("run", "show", run).json["state"], "FAILED")

    def test_when_its_run_is_cancelled_from_another_process(self):
        self.expect_gone_when_cancelled(deaf=False)

    def test_when_its_run_is_cancelled_and_it_does_not_listen(self):
        self.expect_gone_when_cancelled(deaf=True)

    def test_when_aiop_is_killed(self):
        running = self.begin(deaf=True)
        self.wait_for_the_brood(running)
        wait_until(lambda: self.world.rows("checkpoint"), 10, "the checkpoint is stored")
        begin = time.monotonic()
        running.kill()
        self.expect_gone(begin, "aiop was killed")
        # The same command goes on where it stopped.
        pathlib.Path(f"{self.brood}.behave").touch()
        answer = self.expect_code(self.world.run(plant="brood"), DONE)
        run = answer.summary["runs"][0]
        self.assertEqual(run["status"], "SUCCESS")
        self.assertTrue(run["resumed"])


if __name__ == "__main__":
    harness.main()
