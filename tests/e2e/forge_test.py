# SPDX-License-Identifier: Apache-2.0
"""Pull requests of forges: tried as fixes, and told what became of them; and webhooks that say that there are some."""
import hashlib
import hmac
import json
import shutil
import signal
import stat
import subprocess

import harness
import pages
from forges import TOKEN, Gitea, Github, Source
from harness import BAD_INPUT, DONE, FORBIDDEN, WAITING, by_app
from loop_test import LoopCase

KILLED = -signal.SIGKILL
RIGHT = {"layout.py": pages.RIGHT}
WORD = "hook-8d1e6c53b2"
DRILL = "s" * 64
DAY = 86_400_000


class ForgeCase(LoopCase):
    def begin_at(self, forge, specs=None, more=""):
        self.forge = forge
        self.addCleanup(forge.close)
        self.world.extra["AIOP_FORGE_TOKEN"] = TOKEN
        self.motor = self.world.motor(pages.files(more=forge.manifest + more))
        self.source = Source(self.motor, self.world.folder / "source.git")
        self.world.add_plant(self.source)
        self.world.add_apps(specs or {"wide": pages.WIDE})

    def pull(self, number, files=None, **more):
        head = self.source.pull(number, files or RIGHT, f"pull {number}")
        self.forge.open(number, head, **more)
        return head

    def events(self, text):
        return [each["envelope"] for each in self.world.rows("event")
                if text in each["envelope"]["payload"].get("details", "")]

    def expect_told_once(self, number, head, last):
        """The last status is `last`, and there is one comment that knows it."""
        states = self.forge.told(head)
        self.assertEqual(states[-1:], [last], self.forge.statuses)
        ours = [body for body in self.forge.comments_on(number) if "aiop:" in body]
        self.assertEqual(len(ours), 1, ours)
        return states, ours[0]

    def expect_no_token_in(self, *answers):
        for answer in answers:
            self.assertNotIn(TOKEN, answer.out + answer.err)
        for path in self.world.home.rglob("*"):
            if path.is_file():
                self.assertNotIn(TOKEN.encode(), path.read_bytes(), path)


class Healing(ForgeCase):
    def test_a_pull_request_at_github_heals_it_and_is_told(self):
        self.begin_at(Github(), {"narrow": pages.NARROW, "wide": pages.WIDE})
        self.pull(3, draft=True)
        self.pull(4, base={"ref": "old"})
        self.pull(5)
        self.forge.pulls[0]["head"]["repo"] = {"full_name": "eve/motor"}
        self.forge.pulls[0]["author_association"] = "NONE"
        head = self.pull(7)
        self.forge.comments[7] = [{"id": 1000 + i, "body": "a word"} for i in range(5)]
        answer = self.expect_code(self.world.run(), DONE)
        self.assertEqual({app: run["status"] for app, run in by_app(answer.summary).items()},
                         {"narrow": "SUCCESS", "wide": "SUCCESS"})
        change, = self.changes()
        self.assertEqual((change["status"], change["source"], change["title"], change["origin"]),
                         ("promoted", "branch", "Place for wide pages", f"pull request #7@{head[:12]}"))
        self.assertEqual({key: change["pull_request"][key] for key in ("number", "head", "told")},
                         {"number": 7, "head": head, "told": "promoted"})
        states, comment = self.expect_told_once(7, head, "success")
        self.assertEqual(set(states[:-1]), {"pending"}, "told while it was gated")
        self.assertEqual({each["context"] for each in self.forge.statuses}, {"aiop"})
        self.assertTrue(comment.startswith(f"<!-- aiop:{change['id']} -->"), comment)
        for words in ("| green\\_with | pass |", "is promoted: it is version 1.0.1", "Merge the pull request"):
            self.assertIn(words, comment)
        for number, why in ((3, "draft"), (4, "for old"), (5, "another repository")):
            told = self.events(f"pull request #{number} ")
            self.assertTrue(told and why in told[0]["payload"]["details"] and told[0]["severity"] == "warn", told)
        self.expect_no_token_in(answer)
        # Told once: there is nothing more to say.
        before = len(self.forge.statuses)
        self.expect_code(self.world.run("--fresh"), DONE)
        self.assertEqual(len(self.forge.statuses), before)

    def test_at_gitea_a_bad_one_is_told_so_and_the_next_is_tried(self):
        self.begin_at(Gitea(), {"narrow": pages.NARROW, "wide": pages.WIDE})
        bad = self.pull(2, {"layout.py": pages.RED}, title="Wide and narrow")
        self.pull(4, mergeable=False)
        head = self.pull(9, mergeable=True)
        answer = self.expect_code(self.world.run(), DONE)
        self.assertEqual([(each["status"], each["pull_request"]["number"]) for each in self.changes()],
                         [("rejected", 2), ("promoted", 9)])
        _, comment = self.expect_told_once(2, bad, "failure")
        self.assertIn("is rejected", comment)
        self.assertIn("| tests | fail |", comment)
        self.expect_told_once(9, head, "success")
        self.assertEqual(len(self.events("pull request #4 ")), 1)
        self.expect_no_token_in(answer)

    def test_one_that_is_a_pending_branch_too_is_tried_once(self):
        self.begin_at(Github())
        head = self.pull(7)
        harness.git(self.source.folder, "update-ref", "refs/heads/fix/wide", head)
        self.expect_code(self.world.run(), DONE)
        change, = self.changes()
        self.assertEqual((change["origin"], change["pull_request"]["number"]), (f"fix/wide@{head[:12]}", 7))
        self.expect_told_once(7, head, "success")

    def test_what_waits_for_approval_is_pending_and_what_is_rejected_failed(self):
        self.begin_at(Github(), more="approval: human\n")
        head = self.pull(7)
        self.expect_code(self.world.run(), WAITING)
        change, = self.changes()
        _, comment = self.expect_told_once(7, head, "pending")
        self.assertIn(f"aiop change approve {change['id']}", comment)
        self.world.ok("change", "reject", change["id"], "--because", "not @now")
        _, comment = self.expect_told_once(7, head, "failure")
        self.assertIn("not &#64;now", comment)

    def test_one_that_moved_on_is_not_approved_unseen(self):
        self.begin_at(Github(), more="approval: human\n")
        head = self.pull(7)
        self.expect_code(self.world.run(), WAITING)
        change, = self.changes()
        self.source.pull(7, {**RIGHT, "more.py": ""}, "another thing")
        refused = self.expect_code(self.world.aiop("change", "approve", change["id"]), FORBIDDEN)
        self.assertIn("pull request #7 moved on", refused.err)
        self.expect_told_once(7, head, "error")


class Trouble(ForgeCase):
    def test_a_forge_that_is_down_is_no_error_and_is_asked_again(self):
        self.begin_at(Github())
        self.pull(7)
        self.forge.close()
        answer = self.expect_code(self.world.run(), WAITING)
        self.expect_paused(by_app(answer.summary)["wide"], "fix")
        self.assertEqual([each["severity"] for each in self.events("pull requests are left out")][:1], ["warn"])
        self.forge.reopen()
        self.expect_code(self.world.run(), DONE)

    def test_wrong_tokens_limits_and_nonsense_are_said_with_the_remedy(self):
        self.begin_at(Gitea())
        self.pull(7)
        wrong = {"AIOP_FORGE_TOKEN": "fo-wrong-0123456789"}
        answer = self.expect_code(self.world.run(environment=wrong), WAITING)
        told = self.events("set AIOP_FORGE_TOKEN to one that is valid")
        self.assertEqual([each["severity"] for each in told][:1], ["warn"])
        self.assertNotIn("fo-wrong", answer.out + answer.err + json.dumps(self.world.rows("event")))
        for refusal, words in (((403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": 0}), "no more requests"),
                               ((429, {}, {"Retry-After": 30}), "try again in 30 s"),
                               ((200, {"not": "a list"}, {}), "the answer cannot be read"),
                               ((502, {"message": f"upstream {TOKEN}"}, {}), "upstream [redacted]")):
            self.forge.refuse = refusal
            self.expect_code(self.world.run(), WAITING)
            self.assertTrue(self.events(words), words)
        self.forge.refuse = None
        self.expect_code(self.world.run(), DONE)
        self.expect_no_token_in()

    def test_a_forge_that_hangs_does_not_hold_up_who_wants_to_end(self):
        self.begin_at(Github())
        self.pull(7)
        self.forge.goes_on.clear()
        running = self.world.start("run", "--plant", "pages")
        harness.wait_until(lambda: self.forge.requests, 60, "the forge is asked")
        running.process.terminate()
        # Much sooner than the forge would be given up.
        self.expect_code(running.wait(8), WAITING)
        self.forge.goes_on.set()
        self.expect_code(self.world.run(), DONE)

    def test_what_could_not_be_told_is_told_by_the_next_command(self):
        self.begin_at(Github())
        head = self.pull(7)
        self.forge.deaf = (503, {"message": "maintenance"}, {})
        self.expect_code(self.world.run(), DONE)
        self.assertEqual((self.forge.statuses, self.forge.comments_on(7)), ([], []))
        self.assertTrue(self.events("tried again at the next command"))
        self.forge.deaf = None
        self.expect_code(self.world.run("--fresh"), DONE)
        self.assertEqual(self.expect_told_once(7, head, "success")[0], ["success"], "the last state is what counts")

    def test_killed_while_it_tells_there_is_one_comment_in_the_end(self):
        self.begin_at(Github())
        head = self.pull(7)
        log = self.world.folder / "points"
        homes = [self.world.folder / f"home-{i}" for i in range(5)]
        for home in homes:
            subprocess.run(["cp", "-a", str(self.world.home), str(home)], check=True)
        self.expect_code(self.world.aiop("--json", "run", "--plant", "pages", home=homes[0],
                                         environment={"AIOP_CRASH_LOG": log}), DONE)
        points = [line.split() for line in log.read_text().splitlines()]
        for home, (name, which) in zip(homes[1:], (("forge.status", 0), ("forge.comment", 0), ("forge.status", -1),
                                                   ("forge.told", -1))):
            self.forge.statuses.clear()
            self.forge.comments[7].clear()
            place = [number for number, point in points if point == name][which]
            self.expect_code(self.world.aiop("run", "--plant", "pages", home=home,
                                             environment={"AIOP_CRASH_AT": place}), KILLED)
            self.assertTrue(self.forge.told(head), name)
            self.expect_code(self.world.aiop("run", "--plant", "pages", home=home), DONE)
            _, comment = self.expect_told_once(7, head, "success")
            self.assertIn("is promoted", comment)


class Hooks(ForgeCase):
    def setUp(self):
        super().setUp()
        self.begin_at(Github())
        secret = self.world.folder / "secret.txt"
        secret.write_text(WORD + "\n")
        self.secret = str(secret)
        self.add("motors", "github")

    def add(self, name, kind, code=DONE):
        return self.expect_code(self.world.aiop("--json", "hook", "add", name, "--plant", "pages", "--kind", kind,
                                                "--secret-file", self.secret), code)

    def deliver(self, code, number="72d3162e", event="push", body='{"ref": "refs/heads/main"}', word=WORD, sent=None,
                go=False):
        signature = hmac.new(word.encode(), body.encode(), hashlib.sha256).hexdigest()
        answer = self.world.aiop("--json", "hook", "receive", "motors", "-", "--header", f"X-GitHub-Event: {event}",
                                 "--header", f"x-github-delivery: {number}",
                                 "--header", f"X-Hub-Signature-256: sha256={signature}", *(["--go"] if go else []),
                                 stdin=sent or body)
        return self.expect_code(answer, code)

    def test_a_delivery_is_taken_once_and_its_secret_never_shown(self):
        kept = self.world.home / "hooks" / "motors.json"
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        shown = self.world.ok("hook", "ls")
        self.assertEqual([(each["name"], each["kind"], each["plant"]) for each in shown.items],
                         [("motors", "github", "pages")])
        self.assertNotIn(WORD, shown.out)
        self.assertIn("already", self.add("motors", "gitea", code=BAD_INPUT).out)
        taken = self.deliver(DONE).json
        self.assertEqual((taken["delivery"]["id"], taken["looked"], taken["summary"]), ("motors/72d3162e", True, None))
        told = self.events("webhook motors: 'push'")
        self.assertEqual([(each["signal_type"], each["severity"]) for each in told], [("validation", "info")])
        replayed = self.deliver(FORBIDDEN)
        self.assertIn("taken already", replayed.err)
        self.assertEqual(len(self.events("webhook motors")), 1, "refused: nothing came of it")
        ping = self.deliver(DONE, number="2", event="ping").json
        self.assertEqual((ping["looked"], ping["pending"]), (False, []))
        self.world.ok("hook", "rm", "motors")
        self.deliver(BAD_INPUT, number="3")

    def test_forged_altered_unsigned_and_stale_ones_are_refused(self):
        self.assertIn("signature is wrong", self.deliver(FORBIDDEN, word="guess").err)
        self.deliver(FORBIDDEN, sent='{"ref": "refs/heads/evil"}')
        unsigned = self.world.aiop("hook", "receive", "motors", "--header", "X-GitHub-Event: push", stdin="{}")
        self.expect_code(unsigned, FORBIDDEN)
        self.expect_code(self.world.aiop("hook", "receive", "motors", "--header", "nonsense", stdin="{}"), BAD_INPUT)
        self.add("any", "generic")
        for seconds, code, words in ((1_700_000_000, FORBIDDEN, "stale"), (None, DONE, "")):
            seconds = seconds or int(subprocess.run(["date", "+%s"], capture_output=True, check=True).stdout)
            signature = hmac.new(WORD.encode(), f"{seconds}.{{}}".encode(), hashlib.sha256).hexdigest()
            arguments = ("hook", "receive", "any", "--header", f"X-Signature: t={seconds},v1={signature}")
            answer = self.expect_code(self.world.aiop(*arguments, stdin="{}"), code)
            self.assertIn(words, answer.err)
        self.expect_code(self.world.aiop(*arguments, stdin="{}"), FORBIDDEN)
        self.assertEqual(len(self.world.rows("hook_delivery")), 1)

    def test_runs_that_wait_for_a_fix_go_on(self):
        self.expect_code(self.world.run(), WAITING)
        self.pull(7)
        said = self.deliver(DONE, event="pull_request").json
        self.assertEqual((said["pending"], len(said["waiting"])), (["pull request #7"], 1))
        self.assertEqual([run["state"] for run in self.world.ok("runs").items], ["PAUSED"], "until somebody goes on")
        gone = self.deliver(DONE, number="2", event="pull_request", go=True).json
        self.assertEqual([run["status"] for run in gone["summary"]["runs"]], ["SUCCESS"])
        self.assertEqual(self.world.active(), "1.0.1")

    def test_a_source_that_is_away_does_not_cost_the_delivery(self):
        away = self.source.folder.with_suffix(".away")
        shutil.move(self.source.folder, away)
        self.deliver(harness.UNREACHABLE)
        shutil.move(away, self.source.folder)
        self.deliver(DONE)

    def test_deliveries_are_forgotten_after_their_time(self):
        clock = self.world.folder / "clock"
        # The clock can be put wrong only in a home that is marked as a drill's.
        (self.world.home / "drill").write_text(DRILL)
        self.world.extra["AIOP_CHAOS_CLOCK"] = f"{DRILL}:{clock}"
        clock.write_text("0")
        self.deliver(DONE, number="1")
        clock.write_text(str(29 * DAY))
        self.deliver(DONE, number="2")
        self.deliver(FORBIDDEN, number="1")
        clock.write_text(str(31 * DAY))
        self.deliver(DONE, number="3")
        self.assertEqual(sorted(each["id"] for each in self.world.rows("hook_delivery")), ["motors/2", "motors/3"])


if __name__ == "__main__":
    harness.main()
