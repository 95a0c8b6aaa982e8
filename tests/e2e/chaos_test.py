# SPDX-License-Identifier: Apache-2.0
"""Every chaos drill passes, and fails once a guard that it tests is switched off. No guard can be switched off in a home
that is no drill's."""
import pathlib

import harness
import pages
from harness import BAD_INPUT, DONE, FAILED, WAITING

# All drills in one command; on a busy machine they take long.
harness.PATIENCE_SECONDS = 900
DRILLS = {"kill-plant", "kill-operator", "store-unavailable", "disk-full", "clock-jump", "slow-model",
          "duplicated-events", "event-storm", "bad-motor-release", "poisoned-events", "rollback"}


class Chaos(harness.Case):
    def drill(self, *arguments):
        # No --home, and none in the environment: a drill has its own.
        answer = self.world.aiop("--json", "chaos", "run", *arguments)
        self.assertFalse(self.world.home.exists(), "a drill touched the user's home")
        return answer

    def test_all_drills_pass(self):
        answer = self.expect_code(self.drill(), DONE)
        report = answer.json
        self.assertTrue(report["passed"], str(answer))
        self.assertEqual({each["drill"] for each in report["drills"]}, DRILLS)
        for each in report["drills"]:
            print(f"\n{each['drill']}: detected {each.get('detected_ms')} ms, MTTR {each.get('mttr_ms')} ms, "
                  f"took {each['took_ms']} ms {each.get('notes', '')}", flush=True)
            self.assertTrue(each["checks"], each["drill"])
            self.assertIn("mttr_ms", each, each["drill"])
        self.assertEqual(sorted(report["drills"][0].keys() - {"notes", "classification", "detected_ms", "mttr_ms"}),
                         ["checks", "drill", "guards", "hypothesis", "injects", "passed", "took_ms"])
        self.assertGreater(report["mttr_mean_ms"], 0)

    def test_a_drill_fails_without_its_guard(self):
        drills = self.world.ok("chaos", "ls").items
        self.assertEqual({each["name"] for each in drills}, DRILLS)
        for drill in drills:
            self.assertTrue(drill["guards"], drill["name"])
            for guard in drill["guards"]:
                with self.subTest(drill=drill["name"], guard=guard):
                    answer = self.expect_code(self.drill("--drill", drill["name"], "--without", guard), FAILED)
                    result, = answer.json["drills"]
                    self.assertFalse(result["passed"])
                    self.assertEqual(result["without"], guard)
                    broken = [check for check in result["checks"] if not check["held"]]
                    self.assertTrue(broken, f"it was not the checks that failed it: {result}")
                    print(f"\n{drill['name']} without {guard}: {broken[0]['expected']} -- "
                          f"{broken[0]['seen'][:160]}", flush=True)

    def test_what_is_kept_and_what_is_left(self):
        before = sorted(pathlib.Path("/dev/shm").glob("aiop-chaos-*"))
        kept = self.world.folder / "kept"
        self.expect_code(self.drill("--drill", "kill-plant", "--keep", str(kept)), DONE)
        self.assertTrue((kept / "kill-plant" / "home" / "ledger.db").exists())
        again = self.drill("--drill", "kill-plant", "--keep", str(kept))
        self.assertEqual((again.code, again.json["drills"][0]["passed"]), (FAILED, False), "the folder is in use")
        self.expect_code(self.drill("--drill", "clock-jump"), DONE)
        self.assertEqual(sorted(pathlib.Path("/dev/shm").glob("aiop-chaos-*")), before, "scratch folders are left")

    def test_unknown_words(self):
        self.expect_code(self.drill("--drill", "no-such-drill"), BAD_INPUT)
        self.expect_code(self.drill("--drill", "kill-plant", "--without", "no-such-guard"), BAD_INPUT)
        self.expect_code(self.drill("--without", "recovery"), BAD_INPUT)

    def begin(self):
        motor = self.world.motor(pages.files(more="timeout_ms: 60000\n"))
        motor.branch("fix/wide-pages", {"layout.py": pages.RED})
        self.world.add_plant(motor)
        self.world.add_apps({"wide": pages.WIDE})

    def test_guards_hold_in_a_home_that_is_no_drill(self):
        """Whatever the environment says: gates are gates."""
        self.begin()
        for value in ("gates", ":gates", "x" * 64 + ":gates"):
            answer = self.world.run("--fresh", environment={"AIOP_CHAOS_WITHOUT": value, "AIOP_CHAOS_CLOCK": value})
            self.expect_code(answer, WAITING)
            self.assertEqual(self.world.active(), "1.0.0", "a candidate with red tests was promoted")

    def run_with(self, marked, named):
        """The active version after a run in a home with that secret, by programs that name this one."""
        self.begin()
        (self.world.home / "drill").write_text(marked)
        self.world.run(environment={"AIOP_CHAOS_WITHOUT": named + ":gates"})
        return self.world.active()

    def test_a_drill_is_not_entered_with_another_secret(self):
        self.assertEqual(self.run_with("s" * 64, "t" * 64), "1.0.0")

    def test_a_drill_is_entered_with_its_secret(self):
        self.assertEqual(self.run_with("s" * 64, "s" * 64), "1.0.1")


if __name__ == "__main__":
    harness.main()
