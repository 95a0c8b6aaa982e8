# SPDX-License-Identifier: Apache-2.0
"""What becomes of bad and of good patches of a motor: none of the bad is promoted and kept, each of the good is."""
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))
import corpus  # noqa: E402
import harness  # noqa: E402
import pages  # noqa: E402
from harness import BAD_INPUT, DONE, FORBIDDEN, PYTHON, WAITING, Case, git, write_files  # noqa: E402

APPS = {"narrow": pages.NARROW, "long": pages.LONG, "wide": pages.WIDE, "wider": pages.WIDER}
LEAST_BAD, LEAST_GOOD = 30, 10


def offer(motor, patch):
    """The patch as a branch of the motor's repository, on top of its first version."""
    name = "offer/" + patch.name
    git(motor.folder, "checkout", "-q", "-b", name, "main")
    write_files(motor.folder, patch.files)
    for path, target in patch.links.items():
        link = motor.folder / path
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(target)
    git(motor.folder, "add", "-A", "-f")
    git(motor.folder, "commit", "-q", "-m", patch.name)
    git(motor.folder, "checkout", "-q", "main")
    return name


class PatchCase(Case):
    def begin(self, files=None):
        """A home in which two apps wait for a fix of the motor."""
        self.motor = self.world.motor(files or corpus.BASE)
        self.world.add_plant(self.motor)
        self.world.add_apps(APPS)
        self.expect_code(self.world.run("--jobs", "2"), WAITING)
        self.assertEqual({run["app"]: run["state"] for run in self.world.ok("runs").items},
                         {"narrow": "SUCCESS", "long": "SUCCESS", "wide": "PAUSED", "wider": "PAUSED"})

    def twin(self, name):
        """A copy of the home, to do something in that another one must not see."""
        home = self.world.folder / ("home-" + name)
        shutil.copytree(self.world.home, home, symlinks=True)
        self.addCleanup(harness.remove, home)
        return home

    def facts(self, change):
        return f"{change['status']}: {change.get('reason', '')}; " + "; ".join(
            f"{gate['gate']} {gate['verdict']} {gate['details']}" for gate in change["gates"])


class Bad(PatchCase):
    def test_none_is_promoted_and_each_refusal_names_its_reason(self):
        self.assertGreaterEqual(len(corpus.BAD), LEAST_BAD)
        self.begin()
        counts = collections.Counter()
        for patch in corpus.BAD:
            with self.subTest(patch.name):
                answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--branch",
                                         offer(self.motor, patch))
                if not patch.gate:
                    self.assertIn(patch.says, self.expect_code(answer, BAD_INPUT).err)
                    counts["refused"] += 1
                    continue
                self.assertIn(answer.code, (FORBIDDEN, WAITING), str(answer))
                change = self.world.ok("change", "show", answer.json["id"]).json
                counts[change["status"]] += 1
                against = [gate for gate in change["gates"] if gate["gate"] == patch.gate and gate["verdict"] != "pass"]
                self.assertTrue(against, self.facts(change))
                self.assertIn(patch.says, " ".join(gate["details"] for gate in against))
                self.assertIn(patch.gate if change["status"] == "rejected" else patch.says, change["reason"])
                if change["status"] == "awaiting_approval":
                    self.expect_code(self.world.aiop("change", "reject", change["id"], "--because", "no"), DONE)
                self.assertEqual(self.world.active(), "1.0.0")
                self.assertEqual(self.world.tags(), ["v1.0.0"])
        print(f"{len(corpus.BAD)} bad patches: {dict(counts)}, promoted 0", file=sys.stderr)
        # What was tried has moved nothing: the right fix still heals.
        self.expect_code(self.world.aiop("--json", "change", "submit", "--plant", "pages", "--branch",
                                         offer(self.motor, corpus.GOOD[0])), DONE)
        self.assertEqual({run["state"] for run in self.world.ok("runs").items}, {"SUCCESS"})

    def test_a_motor_is_not_renamed(self):
        self.begin()
        patch = corpus.Patch("renamed", {**corpus.RIGHT, **corpus.manifest(("name: page-factory", "name: other"))})
        refused = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--branch", offer(self.motor, patch))
        self.assertIn("rename", self.expect_code(refused, BAD_INPUT).err)
        self.assertEqual(self.world.active(), "1.0.0")

    def test_one_after_which_the_symptom_returns_is_not_kept(self):
        """In experiments it is mended, in reality it is not."""
        self.begin()
        plant = corpus.edited("plant.py", ('"columns": rules.columns(spec)',
                                           '"columns": rules.columns(spec) if real else 2'))
        patch = corpus.Patch("only-where-it-is-looked-at", plant)
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--branch", offer(self.motor, patch))
        change = self.world.ok("change", "show", answer.json["id"]).json
        self.assertEqual(change["status"], "rolled_back", self.facts(change))
        self.assertIn("healed", change["reason"])
        self.assertEqual(self.world.active(), "1.0.0")
        self.assertEqual({run["state"] for run in self.world.ok("runs").items if run["app"].startswith("wid")}, {"PAUSED"})


class Good(PatchCase):
    def test_each_is_promoted_and_heals(self):
        self.assertGreaterEqual(len(corpus.GOOD), LEAST_GOOD)
        self.begin()
        branches = {patch.name: offer(self.motor, patch) for patch in corpus.GOOD}

        def play(patch):
            home = self.twin(patch.name)
            return patch, home, self.world.aiop("--json", "change", "submit", "--plant", "pages", "--branch",
                                                branches[patch.name], home=home)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for patch, home, answer in pool.map(play, corpus.GOOD):
                with self.subTest(patch.name):
                    change = self.world.ok("change", "show", answer.json["id"], home=home).json if answer.out else None
                    self.assertEqual(answer.code, DONE, self.facts(change) if change else str(answer))
                    self.assertEqual((change["status"], change["version"]), ("promoted", patch.version))
                    self.assertEqual({run["state"] for run in self.world.ok("runs", home=home).items}, {"SUCCESS"})
        print(f"{len(corpus.GOOD)} good patches: promoted {len(corpus.GOOD)}", file=sys.stderr)


class Watched(PatchCase):
    def test_a_gate_that_is_only_watched_says_what_it_thinks_and_holds_nothing_up(self):
        files = {**corpus.BASE, **corpus.manifest(("gates:\n", "gates:\n  observe: [tests]\n"))}
        self.begin(files)
        patch = corpus.Patch("red", {"layout.py": pages.RED})
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--branch", offer(self.motor, patch))
        change = self.world.ok("change", "show", self.expect_code(answer, FORBIDDEN).json["id"]).json
        # RED also breaks the sample: the gate behind the watched one stops it.
        watched = [gate for gate in change["gates"] if gate["gate"] == "tests"][0]
        self.assertEqual((watched["verdict"], watched["blocks"]), ("fail", False))
        self.assertEqual(change["gates"][-1]["gate"], "validators")


class Written(PatchCase):
    """Patches that a model writes: here a program that answers what it is told to."""

    def begin_with_a_model(self):
        files = {**corpus.BASE, **corpus.manifest(("patch_sources: [branch]",
                                                   'patch_sources: [llm]\npatches: {allow: ["layout*.py"], lines: 40}'))}
        self.begin(files)

    def diff(self, files):
        return self.motor.patch(files)

    def play(self, name, answer):
        home = self.twin(name)
        folder = self.world.folder / ("model-" + name)
        folder.mkdir()
        (folder / "answer").write_text(answer, encoding="utf-8")
        (folder / "model.py").write_text("import sys\nfolder = sys.path[0]\nopen(folder + '/prompt', 'a').write(sys.stdin"
                                         ".read())\nprint(open(folder + '/answer').read(), end='')\n", encoding="utf-8")
        answered = self.world.aiop("--json", "run", "--plant", "pages", home=home, environment={
            "AIOP_PATCH_WRITER": f"/usr/bin/python3 -B {folder / 'model.py'}"})
        changes = self.world.ok("change", "ls", home=home).items
        return home, answered, changes, (folder / "prompt").read_text(encoding="utf-8")

    @staticmethod
    def answer(reason, diff):
        return f"REASON: {reason}\n```diff\n{diff.rstrip()}\n```\n"

    def test_a_good_one_is_gated_like_any_other_and_heals(self):
        self.begin_with_a_model()
        home, answered, changes, prompt = self.play(
            "good", self.answer("wide pages have two columns", self.diff(corpus.RIGHT)))
        self.expect_code(answered, DONE)
        self.assertEqual([(each["source"], each["status"], each["title"]) for each in changes],
                         [("llm", "promoted", "wide pages have two columns")])
        self.assertIn("no place for pages of width", prompt)
        self.assertIn("file layout.py", prompt)
        self.assertNotIn("file tests/check.py", prompt)
        self.assertEqual({run["state"] for run in self.world.ok("runs", home=home).items}, {"SUCCESS"})

    def test_what_breaks_the_contract_is_refused_with_its_reason(self):
        self.begin_with_a_model()
        long = pages.RIGHT + "".join(f"X{i} = {i}\n" for i in range(60))
        for name, answer, says in (
                ("prose", "I would change the widths.", "REASON"),
                ("no-diff", "REASON: it is wide\n", "diff"),
                ("outside", self.answer("r", self.diff({**corpus.RIGHT, "README.md": "# Other\n"})), "README.md"),
                ("manifest", self.answer("r", self.diff(corpus.manifest(("cost_usd: 0.50", "cost_usd: 9.0")))), "motor.yaml"),
                ("check", self.answer("r", self.diff({**corpus.RIGHT, "tests/check.py": "pass\n"})), "tests/check.py"),
                ("long", self.answer("r", self.diff({"layout.py": long})), "lines"),
                ("wrong", self.answer("r", self.diff({"layout.py": pages.RED})), "tests")):
            with self.subTest(name):
                home, answered, changes, _ = self.play(name, answer)
                self.expect_code(answered, WAITING)
                self.assertEqual([each["status"] for each in changes], ["rejected"])
                self.assertIn(says, changes[0]["reason"])
                self.assertEqual(self.world.aiop("--json", "plant", "show", "pages", home=home).json["active"].split("@")[1]
                                 .split("+")[0], "1.0.0")

    def test_a_model_is_not_asked_for_ever(self):
        self.begin_with_a_model()
        home, _, _, _ = self.play("once", "no idea")
        folder = self.world.folder / "model-once"
        for _ in range(3):
            self.world.aiop("--json", "run", "--plant", "pages", home=home, environment={
                "AIOP_PATCH_WRITER": f"/usr/bin/python3 -B {folder / 'model.py'}"})
        asked = (folder / "prompt").read_text(encoding="utf-8").count("Write the smallest change")
        self.assertLessEqual(asked, 2)


if __name__ == "__main__":
    harness.main()
