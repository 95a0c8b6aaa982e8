# SPDX-License-Identifier: Apache-2.0
"""Versions that are no different, and versions whose quality fell by 15 points, on real runs of a noisy plant.

One run in thirty fails by chance, scores and times come out a little different each time. $AIOP_PAIRS (default 4) says
how many pairs are played; 200 take a quarter of an hour. Printed: how often gates and trials were wrong, and how many runs
a regression took.
"""
import collections
import concurrent.futures
import os
import pathlib
import shutil
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))
import harness  # noqa: E402
import pages  # noqa: E402
from harness import DONE, FORBIDDEN, WAITING, Case  # noqa: E402

PAIRS = int(os.environ.get("AIOP_PAIRS", "4"))
APPS = {name: {**pages.NARROW, "title": name} for name in ("one", "two", "three", "four")}
FEW = 12  # below that many pairs a share says nothing
MOST_RUNS = 40

# Some runs fail whatever the spec, and each takes a little longer or shorter.
NOISE = '''import random
import time


def of_chance():
    time.sleep(random.uniform(0, 0.02))
    if random.random() < CHANCE:
        raise ValueError("the printer did not answer")


'''
SCORE = """import pathlib
import random
import sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layout
print(min(1.0, max(0.0, random.gauss(layout.QUALITY, 0.04))))
"""
SAME = "# Nothing that anybody would notice.\n"


def files(chance, more=""):
    made = pages.files(more=f'score: {harness.json.dumps([*harness.PYTHON, "score.py", "{workDir}"])}\n{more}')
    made["noise.py"] = NOISE.replace("CHANCE", str(chance))
    made["plant.py"] = made["plant.py"].replace("def check():\n", "def check():\n    import noise\n    noise.of_chance()\n")
    made["layout.py"] += "\n\nQUALITY = 0.85\n"
    made["score.py"] = SCORE
    return made


class Pairs(Case):
    def begin(self, chance, more=""):
        self.files = files(chance, more)
        self.motor = self.world.motor(self.files)
        self.world.add_plant(self.motor)
        self.world.add_apps(APPS)

    def history(self, rounds):
        """Runs of each app on the first version, as far as chance lets them."""
        for _ in range(rounds):
            for _ in range(8):
                if self.world.run("--jobs", "2").code == DONE:
                    break

    def play(self, count, pair):
        """`pair(home)` on copies of the home, two at a time."""
        def one(number):
            home = self.world.folder / f"home-{number}"
            shutil.copytree(self.world.home, home, symlinks=True)
            try:
                return pair(home)
            finally:
                harness.remove(home)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(one, range(count)))

    def submit(self, home, patch):
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch), home=home)
        self.assertIn(answer.code, (DONE, WAITING, FORBIDDEN), str(answer))
        return self.world.ok("change", "show", answer.json["id"], home=home).json

    def patch(self, name, text):
        path = self.world.folder / name
        path.write_text(self.motor.patch({"layout.py": text}), encoding="utf-8")
        return path

    def test_gates_rarely_reject_what_is_no_different(self):
        self.begin(chance=1 / 30)
        self.history(2)
        patch = self.patch("same", SAME + self.files["layout.py"])
        changes = self.play(PAIRS, lambda home: self.submit(home, patch))
        states = collections.Counter(change["status"] for change in changes)
        wrong = [change for change in changes if change["status"] == "rejected"]
        print(f"gates, {PAIRS} pairs that are no different: {dict(states)}, rejected {len(wrong)} "
              f"({100 * len(wrong) / PAIRS:.1f} %)", file=sys.stderr)
        self.assertLessEqual(len(wrong), max(1, PAIRS * 0.02), [change["reason"] for change in wrong])

    def trial(self, home, patch):
        """The state a trial ended in, and the runs it took; `canary` if it went on too long."""
        change = self.submit(home, patch)
        while change["status"] == "canary" and len(change["canaries"][-1]["runs"]) < MOST_RUNS:
            self.world.aiop("--json", "run", "--plant", "pages", "--jobs", "2", home=home)
            change = self.world.ok("change", "show", change["id"], home=home).json
        return change["status"], len(change["canaries"][-1]["runs"]) if change["canaries"] else 0

    def begin_trials(self):
        self.begin(chance=0, more="canary: {apps: 50%, min_runs: 3}\n")
        self.history(5)

    def test_trials_rarely_leave_what_is_no_different(self):
        self.begin_trials()
        patch = self.patch("same", SAME + self.files["layout.py"])
        ends = self.play(PAIRS, lambda home: self.trial(home, patch))
        states = collections.Counter(state for state, _ in ends)
        runs = [count for state, count in ends if state == "promoted"]
        print(f"trials, {PAIRS} pairs that are no different: {dict(states)}, left {states['rolled_back']} "
              f"({100 * states['rolled_back'] / PAIRS:.1f} %), runs until promoted: median "
              f"{statistics.median(runs or [0])}, most {max(runs or [0])}", file=sys.stderr)
        self.assertLessEqual(states["rolled_back"], max(1, PAIRS * 0.02))

    def test_fifteen_points_less_are_caught(self):
        self.begin_trials()
        patch = self.patch("worse", self.files["layout.py"].replace("QUALITY = 0.85", "QUALITY = 0.70"))
        count = max(1, PAIRS // 2)
        ends = self.play(count, lambda home: self.trial(home, patch))
        states = collections.Counter(state for state, _ in ends)
        runs = [runs for state, runs in ends if state == "rolled_back"]
        print(f"trials, {count} with quality 15 points less: {dict(states)}, caught {states['rolled_back']} of {count}, runs "
              f"until caught: median {statistics.median(runs or [0])}, most {max(runs or [0])}", file=sys.stderr)
        self.assertEqual(states["promoted"], 0)
        self.assertGreaterEqual(states["rolled_back"], count * 0.95 if count >= FEW else 1)


if __name__ == "__main__":
    harness.main()
