# SPDX-License-Identifier: Apache-2.0
"""Decisions made again: the stored corpus with the default policy and with changed ones, and equal histories from every
play."""
import collections
import json
import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness  # noqa: E402
import pages  # noqa: E402
from harness import BAD_INPUT, DONE, FAILED, WAITING  # noqa: E402

CORPUS_BYTES_AT_MOST = 3 << 20
# Small plants that need nothing from outside.
SAMPLE = ["--plant", "pages", "--plant", "tables", "--every", "6"]
# One decision of it rests on an earlier one.
RESTING = ["--plant", "pages", "--only", "width-nobody-has"]
PLAYED_WITHIN_SECONDS = 280


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def default_policy():
    return (ROOT / "policies" / "default.yaml").read_text(encoding="utf-8")


class Corpus(harness.Case):
    """What is stored in this folder."""

    def setUp(self):
        super().setUp()
        self.files = sorted(HERE.glob("*.jsonl"))
        self.histories = [each for file in self.files for each in lines_of(file)]

    def replay(self, code, policy=None):
        """{(file, decision of story): difference} over all files, and the totals."""
        differences, totals = {}, collections.Counter()
        more = []
        if policy is not None:
            path = self.world.folder / "policy.yaml"
            path.write_text(policy, encoding="utf-8")
            more = ["--policy", str(path)]
        codes = set()
        for file in self.files:
            answer = self.world.aiop("--json", "replay", str(file), *more)
            self.assertIn(answer.code, (DONE, FAILED), str(answer))
            codes.add(answer.code)
            document = answer.json
            for each in document.pop("differences"):
                differences[each["story"], each["decision"]] = each
            totals.update({key: value for key, value in document.items() if isinstance(value, int)})
        self.assertEqual(max(codes), code, json.dumps(list(differences.values()), indent=1)[:6000])
        return differences, totals

    def expect_about(self, differences, wanted):
        """Just the decisions that `wanted` takes are different, and each says why."""
        expected = {(each["story"], each["decision"]) for each in self.histories if wanted(each)}
        self.assertTrue(expected)
        self.assertEqual(set(differences), expected)
        for each in differences.values():
            self.assertTrue(each["why"])

    def test_it_holds_every_plant_and_stays_small(self):
        plants = {path.parent.name for path in (ROOT / "tests" / "golden").glob("*/plant.yaml")}
        self.assertEqual({file.stem for file in self.files}, plants, "tests/replay/remake.sh makes them")
        self.assertLess(sum(file.stat().st_size for file in self.files), CORPUS_BYTES_AT_MOST)

    def test_the_default_policy_decides_all_as_they_were_decided(self):
        differences, totals = self.replay(DONE)
        self.assertEqual(differences, {})
        self.assertEqual(totals["decisions"], len(self.histories))
        self.assertEqual(totals["experiments_unknown"], 0)
        # Since which version a motor fails is asked after the ruling, for people.
        self.assertLessEqual(totals["experiments_asked"], totals["experiments_recorded"])

    def test_a_threshold_changes_just_what_it_is_about(self):
        below = 0.91
        policy = re.sub(r"abstain_below: [0-9.]+", f"abstain_below: {below}", default_policy(), count=1)
        differences, _ = self.replay(FAILED, policy)
        self.expect_about(differences, lambda each: each["ruling"]["confidence"] < below
                          and not each["ruling"]["abstained"])
        for each in differences.values():
            self.assertTrue(each["after"]["abstained"])
            self.assertIn("abstain_below", each["why"])

    def test_a_rule_put_first_decides_all(self):
        first = ("rules:\n  - {name: everything-is-the-app, when: [], classification: app, category: APP-SPEC, "
                 "confidence: 1, because: It always is.}\n")
        differences, totals = self.replay(FAILED, default_policy().replace("rules:\n", first, 1))
        self.expect_about(differences, lambda each: True)
        self.assertEqual(totals["experiments_asked"], 0)
        self.assertEqual({each["after"]["rule"] for each in differences.values()}, {"everything-is-the-app"})
        self.assertTrue(any(each["why"].endswith("would hold too, but the first rule that holds is "
                                                 "everything-is-the-app") for each in differences.values()))

    def test_a_rule_taken_out_changes_what_it_decided(self):
        rule = collections.Counter(each["ruling"]["rule"] for each in self.histories).most_common(1)[0][0]
        policy = re.sub(rf"(?m)^  - name: {re.escape(rule)}\n(    .*\n)+", "", default_policy(), count=1)
        self.assertNotEqual(policy, default_policy())
        differences, _ = self.replay(FAILED, policy)
        self.expect_about(differences, lambda each: each["ruling"]["rule"] == rule)
        for each in differences.values():
            self.assertIn(f"the policy has no rule {rule}", each["why"])

    def test_an_outcome_that_is_another_is_told(self):
        rule = collections.Counter(each["ruling"]["rule"] for each in self.histories
                                   if each["ruling"]["category"] == "MOTOR-RULES").most_common(1)[0][0]
        policy = re.sub(rf"(name: {re.escape(rule)}\n(?:    .*\n)*?    category: )MOTOR-RULES", r"\1MOTOR-PERF",
                        default_policy(), count=1)
        differences, totals = self.replay(FAILED, policy)
        decided = {key for key, each in differences.items() if each["before"]["rule"] == rule}
        self.assertEqual(decided, {(each["story"], each["decision"]) for each in self.histories
                                   if each["ruling"]["rule"] == rule})
        self.assertGreaterEqual(totals["other_category"], len(decided))

    def test_what_several_means_is_a_proposition_that_differs(self):
        policy = re.sub(r"several_apps: \d+", "several_apps: 90", default_policy(), count=1)
        differences, _ = self.replay(FAILED, policy)
        about = [each for each in differences.values() if each["proposition"] == "several_valid_apps_fail"]
        self.assertTrue(about)
        for each in about:
            self.assertIn("several_valid_apps_fail was yes and is now no", each["why"])


class Golden(harness.Case):
    """The histories of golden incidents."""

    def play(self, name, sample, *more):
        file = self.world.folder / f"{name}.jsonl"
        playing = self.world.start("--json", "golden", "run", str(ROOT / "tests" / "golden"), *sample, "--history",
                                   str(file), *more)
        answer = playing.wait(PLAYED_WITHIN_SECONDS)
        playing.close()
        # A sample may miss a bar; it must have been played.
        self.assertIn(answer.code, (DONE, FAILED), str(answer))
        self.assertEqual(answer.json.get("broken", []), [], str(answer)[-2000:])
        return file.read_bytes()

    def test_two_plays_and_any_number_of_jobs_write_the_same_bytes(self):
        one = self.play("one", SAMPLE, "--jobs", "1")
        self.assertGreater(one.count(b"\n"), 5)
        self.assertEqual(self.play("eight", SAMPLE, "--jobs", "8"), one)
        answer = self.world.aiop("--json", "replay", str(self.world.folder / "one.jsonl"))
        self.assertEqual((answer.code, answer.json["experiments_unknown"]), (DONE, 0), str(answer))


    def test_a_decision_that_rests_on_an_earlier_one_is_written_the_same_each_time(self):
        one = self.play("one", RESTING)
        self.assertIn(b'"motor_decision"', one)
        self.assertEqual(self.play("two", RESTING), one)


class Home(harness.Case):
    """The decisions of a home."""

    def setUp(self):
        super().setUp()
        self.world.add_plant(self.world.motor(pages.files()))
        self.world.add_apps({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER,
                             "defective": pages.DEFECTIVE})
        self.expect_code(self.world.run(), WAITING)

    def policy(self, change):
        path = self.world.folder / "policy.yaml"
        path.write_text(change(default_policy()), encoding="utf-8")
        return ["--policy", str(path)]

    def test_they_are_decided_the_same_from_the_home_and_from_its_export(self):
        decisions = len(self.world.rows("decision"))
        self.assertEqual(decisions, 2)
        steps = self.world.steps()
        document = self.world.ok("replay").json
        self.assertEqual((document["decisions"], document["same"], document["experiments_unknown"],
                          document["without_history"]), (decisions, decisions, 0, 0))
        export = self.world.folder / "export.jsonl"
        self.assertEqual(self.world.ok("replay", "--export", str(export)).json["decisions"], decisions)
        self.assertEqual(self.world.ok("replay", str(export)).json["same"], decisions)
        self.assertEqual(self.world.steps(), steps, "no plant was started")
        self.assertEqual(len(self.world.rows("decision")), decisions, "nothing was stored")
        self.expect_code(self.world.aiop("replay", str(export), "--export", str(export)), BAD_INPUT)

    def test_a_changed_policy_changes_a_decision_and_says_why(self):
        options = self.policy(lambda text: re.sub(r"several_apps: \d+", "several_apps: 90", text, count=1))
        answer = self.expect_code(self.world.aiop("replay", *options), FAILED)
        self.assertIn("several_valid_apps_fail was yes and is now no", re.sub(r"\s+", " ", answer.out))
        self.assertIn("1 the same, 1 different", answer.out)
        document = self.world.aiop("--json", "replay", *options).json
        self.assertEqual((document["same"], document["different"]), (1, 1))
        difference = document["differences"][0]
        self.assertEqual(difference["before"]["rule"], "valid-specs-of-several-apps")
        self.assertNotEqual(difference["after"]["rule"], "valid-specs-of-several-apps")

    def test_a_file_that_is_none_is_refused_by_line(self):
        file = self.world.folder / "broken.jsonl"
        self.world.ok("replay", "--export", str(file))
        file.write_text(file.read_text() + '{"history": 1, "decision": 7}\n')
        answer = self.expect_code(self.world.aiop("replay", str(file)), BAD_INPUT)
        self.assertIn("broken.jsonl:3: ", answer.err)
        self.expect_code(self.world.aiop("replay", str(self.world.folder / "none.jsonl")), BAD_INPUT)


if __name__ == "__main__":
    harness.main()
