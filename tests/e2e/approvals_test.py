# SPDX-License-Identifier: Apache-2.0
"""Who may approve what, and what an approval is worth."""
import json
import shutil
import sqlite3

import pages
from harness import BAD_INPUT, DONE, FORBIDDEN, WAITING, Case, by_app, git, main

HUMAN = "approval: {human: true, quorum: 2, within: 2d, form: {risk: [low, high], tested: yes_no}}\n"
FORM = ["--form", "risk=low", "--form", "tested=yes"]


class Approvals(Case):
    def begin(self, more="approval: human\n", fixes=None, along=None):
        self.motor = self.world.motor(pages.files(more=more))
        self.motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT, **(along or {})})
        for name, files in (fixes or {}).items():
            self.motor.branch(name, files)
        self.world.add_plant(self.motor)
        self.world.add_apps({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER})

    def waiting(self):
        """A change that the operator made and that awaits approval."""
        self.expect_code(self.world.run("--jobs", "2"), WAITING)
        return self.world.ok("change", "ls", "--status", "awaiting_approval").items[0]["id"]

    def people(self, **roles):
        """Makes a token for each, and returns how each of them acts."""
        return {name: {"AIOP_TOKEN": self.world.ok("token", "add", name, "--role", role).json["secret"]}
                for name, role in roles.items()}

    def say(self, verb, change, code, *words, who=None):
        answer = self.world.aiop("--json", "change", verb, change, *words, environment=who)
        return self.expect_code(answer, code)

    def show(self, change):
        return self.world.ok("change", "show", change).json

    def expect_untouched(self):
        self.assertEqual(self.world.active(), "1.0.0")
        self.assertEqual(self.world.tags(), ["v1.0.0"])

    def age(self, change, where, value):
        """Moves a time that is stored with a change, as if it had been made long ago."""
        with sqlite3.connect(self.world.home / "ledger.db") as ledger:
            (body,) = ledger.execute("SELECT body FROM change WHERE id = ?", (change,)).fetchone()
            record = json.loads(body)
            at = record
            for name in where[:-1]:
                at = at[name]
            at[where[-1]] = value
            ledger.execute("UPDATE change SET body = ? WHERE id = ?", (json.dumps(record), change))

    def test_without_tokens_the_local_user_approves_and_the_runs_go_on(self):
        self.begin()
        change = self.waiting()
        self.say("approve", change, DONE)
        self.assertEqual(self.world.active(), "1.0.1")
        self.assertEqual({run["state"] for run in self.world.ok("runs").items}, {"SUCCESS"})

    def test_nobody_approves_their_own_change_once_there_are_tokens(self):
        self.begin()
        self.expect_code(self.world.run("--jobs", "2"), WAITING)
        who = self.people(alice="admin", bob="approver")
        patch = self.world.folder / "patch"
        patch.write_text(self.motor.patch({"layout.py": pages.RIGHT}), encoding="utf-8")
        submitted = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch),
                                    environment=who["alice"])
        self.expect_code(submitted, WAITING)
        change = submitted.json["id"]
        refused = self.say("approve", change, FORBIDDEN, who=who["alice"])
        self.assertIn("own change", refused.out + refused.err)
        self.expect_untouched()
        self.say("approve", change, DONE, who=who["bob"])
        self.assertEqual(self.world.active(), "1.0.1")
        self.assertEqual([each["by"] for each in self.show(change)["approvals"]], ["bob"])

    def test_roles_teams_and_bad_tokens(self):
        self.begin()
        change = self.waiting()
        who = self.people(vera="viewer", olaf="operator", adam="approver")
        for name in ("vera", "olaf"):
            refused = self.say("approve", change, FORBIDDEN, who=who[name])
            self.assertIn("role", refused.out + refused.err)
        elsewhere = {"AIOP_TOKEN": self.world.ok("token", "add", "erna", "--role", "approver", "--team",
                                                 "docs").json["secret"]}
        self.assertIn("team", self.say("approve", change, FORBIDDEN, who=elsewhere).err)
        self.say("approve", change, FORBIDDEN, who={"AIOP_TOKEN": "aiop_" + "0" * 64})
        self.world.ok("token", "revoke", "adam")
        self.assertIn("revoked", self.say("approve", change, FORBIDDEN, who=who["adam"]).err)
        self.expect_code(self.world.aiop("token", "add", "eve", "--role", "admin", environment=who["olaf"]), FORBIDDEN)
        self.expect_untouched()
        listed = self.world.ok("token", "ls").items
        self.assertEqual({each["name"] for each in listed}, {"vera", "olaf", "adam", "erna"})
        self.assertFalse(any("hash" in each or "secret" in each for each in listed))

    def test_once_there_are_tokens_an_approval_needs_one(self):
        self.begin()
        change = self.waiting()
        who = self.people(bob="approver")
        for nobody in ({}, {"AIOP_TOKEN": ""}):
            self.assertIn("AIOP_TOKEN", self.say("approve", change, FORBIDDEN, who=nobody).err)
        self.expect_untouched()
        self.say("approve", change, DONE, who=who["bob"])

    def test_who_only_looks_changes_nothing(self):
        self.begin()
        change = self.waiting()
        who = self.people(vera="viewer", rune="runner", olaf="operator")
        before = {table: self.world.rows(table) for table in ("run", "incident", "decision", "change")}
        run = before["run"][0]["id"]
        spec = self.world.spec("wide", pages.REPAIRED)
        for name, words in (("vera", ["run", "--plant", "pages"]), ("vera", ["run", "cancel", run]),
                            ("vera", ["app", "update", "wide", "--spec", spec]), ("vera", ["events", "ingest", "-"]),
                            ("rune", ["plant", "add", "other", "--motor", str(self.motor.folder)]),
                            ("rune", ["decision", "correct", before["decision"][0]["decision_id"], "--as", "APP-SPEC",
                                      "--because", "so"]),
                            ("rune", ["motor", "rollback", "pages", "--to", "1.0.0"]),
                            ("olaf", ["change", "approve", change])):
            refused = self.expect_code(self.world.aiop(*words, environment=who[name]), FORBIDDEN)
            self.assertIn("role", refused.err)
        for table, rows in before.items():
            self.assertEqual(self.world.rows(table), rows)
        self.expect_code(self.world.aiop("runs", environment=who["vera"]), DONE)

    def test_quorum_and_form(self):
        self.begin(more=HUMAN)
        change = self.waiting()
        who = self.people(ann="approver", ben="approver")
        for words, field in ([], "risk"), (["--form", "risk=odd", "--form", "tested=yes"], "risk"), (
                ["--form", "risk=low", "--form", "tested=perhaps"], "tested"), ([*FORM, "--form", "colour=red"], "colour"):
            refused = self.say("approve", change, BAD_INPUT, *words, who=who["ann"])
            self.assertIn("--form " + field, refused.err)
        self.say("approve", change, WAITING, *FORM, who=who["ann"])
        self.expect_untouched()
        self.assertIn("somebody else", self.say("approve", change, FORBIDDEN, *FORM, who=who["ann"]).err)
        self.expect_untouched()
        self.say("approve", change, DONE, *FORM, who=who["ben"])
        approvals = self.show(change)["approvals"]
        self.assertEqual([each["by"] for each in approvals], ["ann", "ben"])
        self.assertEqual(approvals[0]["form"], {"risk": "low", "tested": True})
        self.assertEqual(self.world.active(), "1.0.1")

    def test_an_expired_approval_is_refused_and_the_change_rejected(self):
        self.begin()
        change = self.waiting()
        self.age(change, ["approval_wait", "expires"], "2024-01-01T00:00:00.000Z")
        self.assertIn("over", self.say("approve", change, FORBIDDEN).err)
        self.assertEqual(self.show(change)["status"], "rejected")
        self.expect_untouched()
        wide = [run for run in self.world.ok("runs").items if run["app"] == "wide"][0]
        self.assertEqual((wide["state"], wide["paused_because"]), ("PAUSED", "fix"))
        self.assertIn("not approved in time", wide["cause"])

    def test_a_diff_that_changed_after_an_approval_is_refused(self):
        self.begin(more=HUMAN)
        change = self.waiting()
        who = self.people(ann="approver", ben="approver")
        self.say("approve", change, WAITING, *FORM, who=who["ann"])
        git(self.motor.folder, "checkout", "-q", "fix/wide-pages")
        self.motor.commit({"extra.py": "MORE = 1\n"}, "one thing more")
        git(self.motor.folder, "checkout", "-q", "main")
        self.assertIn("moved on", self.say("approve", change, FORBIDDEN, *FORM, who=who["ben"]).err)
        self.assertEqual(self.show(change)["status"], "superseded")
        self.expect_untouched()

    def test_a_change_that_was_altered_in_the_store_is_refused(self):
        self.begin()
        change = self.waiting()
        self.age(change, ["diff"], self.show(change)["diff"].replace("2", "3"))
        self.assertIn("altered", self.say("approve", change, FORBIDDEN).err)
        self.expect_untouched()

    def test_one_looked_at_another_diff(self):
        self.begin()
        change = self.waiting()
        self.say("approve", change, FORBIDDEN, "--diff", "0" * 64)
        self.expect_untouched()
        self.say("approve", change, DONE, "--diff", self.show(change)["diff_hash"])

    def test_a_moved_base_voids_approvals_and_is_gated_again(self):
        self.begin(more=HUMAN, along={"NOTES.md": "notes\n"})
        change = self.waiting()
        who = self.people(ann="approver", ben="approver", cleo="admin")
        self.say("approve", change, WAITING, *FORM, who=who["ann"])
        patch = self.world.folder / "patch"
        patch.write_text(self.motor.patch({"layout.py": pages.RIGHT + "# Somebody else's.\n"}), encoding="utf-8")
        other = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch))
        self.expect_code(other, WAITING)
        for name in ("ann", "ben"):
            self.say("approve", other.json["id"], DONE if name == "ben" else WAITING, *FORM, who=who[name])
        self.assertEqual(self.world.active(), "1.0.1")
        self.say("approve", change, FORBIDDEN, *FORM, who=who["ben"])
        again = self.show(change)
        # On the new base there is nothing left to prove: the failure is gone without it.
        self.assertEqual((again["status"], again["base_version"], again["approvals"]), ("rejected", "1.0.1", []))
        self.assertIn("red_without", again["reason"])
        self.assertEqual({gate["gating"] for gate in again["gates"]}, {1, 2})
        self.assertEqual(self.world.active(), "1.0.1")
        self.assertEqual({run["state"] for run in self.world.ok("runs").items}, {"SUCCESS"})

    def test_rejected_and_pushed_back(self):
        self.begin()
        change = self.waiting()
        self.say("push-back", change, DONE, "--because", "add a test")
        self.assertIn("pushed back", self.say("approve", change, FORBIDDEN).err)
        patch = self.world.folder / "patch"
        patch.write_text(self.motor.patch({"layout.py": pages.RIGHT}), encoding="utf-8")
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch),
                                 "--answers", change)
        self.expect_code(answer, DONE)
        self.assertEqual(self.show(change)["status"], "superseded")
        self.assertEqual(self.world.active(), "1.0.1")

    def test_after_a_rejection_the_runs_say_so(self):
        self.begin()
        change = self.waiting()
        self.say("reject", change, DONE, "--because", "wrong place")
        wide = [run for run in self.world.ok("runs").items if run["app"] == "wide"][0]
        self.assertEqual(wide["paused_because"], "fix")
        self.assertIn("wrong place", wide["cause"])
        self.expect_untouched()

    def test_break_glass_is_loud_and_reviewed_by_somebody_else(self):
        self.begin(fixes={})
        change = self.waiting()
        who = self.people(root1="admin", ben="approver")
        self.say("break-glass", change, FORBIDDEN, "--because", "now", who=who["ben"])
        self.say("break-glass", change, DONE, "--because", "all orders stand still", who=who["root1"])
        self.assertEqual(self.world.active(), "1.0.1")
        self.assertEqual([each["id"] for each in self.world.ok("change", "ls", "--unreviewed").items], [change])
        events = [each["envelope"] for each in self.world.rows("event")
                  if each["envelope"]["severity"] == "critical"]
        self.assertTrue(any("all orders stand still" in json.dumps(each["payload"]) for each in events))
        lines = {line["name"]: line for line in self.world.aiop("--json", "compliance").json["checklist"]}
        self.assertFalse(lines["governance"]["holds"])
        self.say("review", change, FORBIDDEN, "--because", "fine", who=who["root1"])
        self.say("review", change, DONE, "--because", "looked at it", who=who["ben"])
        self.assertEqual(self.world.ok("change", "ls", "--unreviewed").items, [])

    def test_break_glass_that_nobody_reviewed_goes_back(self):
        self.begin()
        change = self.waiting()
        self.say("break-glass", change, DONE, "--because", "now")
        self.assertEqual(self.world.active(), "1.0.1")
        self.age(change, ["break_glass", "until"], "2024-01-01T00:00:00.000Z")
        self.world.run("--app", "narrow")
        self.assertEqual(self.world.active(), "1.0.0")
        self.assertEqual(self.show(change)["status"], "rolled_back")

    def test_killed_after_the_approval_it_is_promoted_all_the_same(self):
        self.begin()
        change = self.waiting()
        log, copy = self.world.folder / "points", self.world.folder / "copy"
        shutil.copytree(self.world.home, copy, symlinks=True)
        self.world.aiop("change", "approve", change, "--no-resume", home=copy, environment={"AIOP_CRASH_LOG": str(log)})
        numbers = [line.split()[0] for line in log.read_text(encoding="utf-8").splitlines()
                   if line.endswith("governance.approved")]
        self.world.aiop("change", "approve", change, environment={"AIOP_CRASH_AT": numbers[0]})
        self.expect_untouched()
        self.assertEqual(self.show(change)["status"], "awaiting_approval")
        self.expect_code(self.world.run("--jobs", "2"), DONE)
        self.assertEqual(self.world.active(), "1.0.1")
        self.assertEqual(by_app(self.world.run().summary)["narrow"]["status"], "SUCCESS")


if __name__ == "__main__":
    main()
