# SPDX-License-Identifier: Apache-2.0
"""The compliance checklist: answered from what is stored, and never without evidence."""
import sqlite3

import pages
from harness import DONE, FAILED, Case, by_app, main


class Compliance(Case):
    def begin(self, specs, fixes=None):
        self.motor = self.world.motor(pages.files())
        for name, files in (fixes or {}).items():
            self.motor.branch(name, files)
        self.world.add_plant(self.motor)
        self.world.add_apps(specs)

    def lines(self, code):
        report = self.expect_code(self.world.aiop("--json", "compliance"), code).json
        return {line["name"]: line for line in report["checklist"]}

    def open(self, code):
        return sorted(name for name, line in self.lines(code).items() if not line["holds"])

    def healed(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        self.expect_code(self.world.run("--jobs", "2"), DONE)

    def test_it_fails_closed_in_a_home_without_evidence(self):
        self.begin({"narrow": pages.NARROW})
        self.assertEqual(self.open(FAILED), ["changelog", "contexts", "decisions", "events", "resumption", "rollback"])
        text = self.expect_code(self.world.aiop("compliance"), FAILED).out
        self.assertIn("[ ] Rollback is tested", text)
        self.assertIn("aiop chaos run --drill rollback", text)
        self.assertIn("does not comply", text)

    def test_the_drill_is_evidence_that_rollback_is_tested(self):
        self.begin({"narrow": pages.NARROW})
        self.expect_code(self.world.aiop("--json", "chaos", "run", "--drill", "rollback"), DONE)
        line = self.lines(FAILED)["rollback"]
        self.assertTrue(line["holds"], line)
        self.assertIn("exercise that passed", str(line["evidence"]))

    def test_every_line_is_answered_once_a_fault_was_healed_and_a_rollback_exercised(self):
        self.healed()
        self.assertEqual(self.open(FAILED), ["rollback"])
        self.expect_code(self.world.aiop("motor", "rollback", "pages"), DONE)
        lines = self.lines(DONE)
        for name, line in lines.items():
            self.assertTrue(line["evidence"], name)
            self.assertTrue(line["test"], name)
        runs = by_app(self.world.run("--jobs", "2").summary)
        self.assertIn(runs["wide"]["id"], [each["id"] for each in self.world.ok("runs").items])
        known = {each["id"] for kind in ("run", "decision") for each in self.world.rows(kind)
                 if "id" in each} | {each["decision_id"] for each in self.world.rows("decision")}
        for name in ("resumption", "decisions"):
            for evidence in lines[name]["evidence"]:
                for reference in evidence["refs"]:
                    self.assertIn(reference, known, name)
        text = self.expect_code(self.world.aiop("compliance"), DONE).out
        self.assertIn("[x] Rollback is tested", text)
        self.assertIn("\ncomplies\n", text)

    def test_a_decision_that_was_changed_afterwards_is_noticed(self):
        self.healed()
        with sqlite3.connect(self.world.home / "ledger.db") as ledger:
            ledger.execute("UPDATE decision SET body = replace(body, 'MOTOR-RULES', 'MOTOR-PERF')")
        line = self.lines(FAILED)["decisions"]
        self.assertFalse(line["holds"])
        self.assertTrue(any("changed" in each for each in line["missing"]), line)

    def test_a_run_whose_app_version_is_gone_is_noticed(self):
        self.healed()
        with sqlite3.connect(self.world.home / "app" / "context.db") as apps:
            apps.execute("DELETE FROM app_version WHERE id LIKE 'narrow@%'")
        self.assertIn("contexts", self.open(FAILED))


if __name__ == "__main__":
    main()
