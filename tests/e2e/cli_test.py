#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as people and scripts meet it: bad input changes nothing and is named with file, line and field;
shapes of --json; several commands at once."""
import hashlib
import json
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading

from harness import BAD_INPUT, DONE, FORBIDDEN, PYTHON, UNREACHABLE, WAITING, Case, Motor, main, program, wait_until

PLANT = '''
import json, os, sys, time
request = json.loads(sys.stdin.readline())
def say(message):
    print(json.dumps(message), flush=True)
spec = json.load(open(request["appSpecRef"]))
done = request.get("checkpoint", "")
if not done:
    open(os.path.join(request["workDir"], "read.txt"), "w").write(json.dumps(spec))
    say({"checkpoint": "read"})
gate = spec.get("wait_for")
while gate and request["purpose"] == "run" and not os.path.exists(gate):
    time.sleep(0.01)
if "title" not in spec:
    say({"event": {"scope": "app", "signal_type": "validation", "severity": "error",
                   "payload": {"details": "the spec has no title"}}})
    say({"result": {"status": "failed"}})
    sys.exit(0)
open(os.path.join(request["workDir"], "page.txt"), "w").write(spec["title"])
say({"artifact": {"id": "page", "path": "page.txt", "role": "page"}})
say({"checkpoint": "write"})
say({"result": {"status": "success", "traceId": request["traceId"]}})
'''
VALIDATE = '''
import json, sys
spec = json.load(open(sys.argv[1]))
if "title" not in spec:
    print(json.dumps({"finding": {"path": "", "message": "title is missing"}}))
    sys.exit(1)
'''
MANIFEST = f"""name: pages
version: 1.0.0
run: {json.dumps(PYTHON + ["plant.py"])}
validate: [{json.dumps(PYTHON + ["validate.py", "{spec}"])}]
profiles: [plain, rich]
timeout_ms: 30000
resume: {{after_app_patch: false}}
"""
FILES = {"motor.yaml": MANIFEST, "plant.py": PLANT, "validate.py": VALIDATE}
NO_SUCH_ID = "0199f2c4-7d5e-7abc-8def-0123456789ab"


def fingerprint(home):
    """What a home holds: every file's content, stores by their records. Locks and write-ahead logs are no content."""
    found = {}
    for path in sorted(pathlib.Path(home).rglob("*")):
        name = str(path.relative_to(home))
        if not path.is_file() or path.is_symlink() or name.startswith("mailbox/"):
            continue
        if name.endswith(("-wal", "-shm")) or path.name == "lock":
            continue
        found[name] = store_content(path) if path.suffix == ".db" else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def store_content(path):
    with tempfile.TemporaryDirectory() as copy:
        for each in path.parent.glob(path.name + "*"):
            if not each.name.endswith("-shm"):
                shutil.copy(each, copy)
        database = sqlite3.connect(pathlib.Path(copy) / path.name)
        try:
            return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()
        finally:
            database.close()


class CommandLine(Case):
    def setUp(self):
        super().setUp()
        self.pages = self.world.motor(FILES)

    def register(self, **specs):
        self.world.add_plant(self.pages)
        self.world.add_apps(specs)

    def refused(self, *arguments, says=(), code=BAD_INPUT, stdin=None, environment=None):
        """The command is refused for the reasons given, says nothing on stdout, and changes nothing."""
        self.world.ok("init")
        before = fingerprint(self.world.home)
        answer = self.world.aiop(*arguments, stdin=stdin, environment=environment)
        self.expect_code(answer, code)
        self.assertEqual(answer.out, "", str(answer))
        self.assertTrue(answer.err.startswith("aiop: "), str(answer))
        for each in (says,) if isinstance(says, str) else says:
            self.assertIn(each, answer.err)
        after = fingerprint(self.world.home)
        changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
        self.assertEqual(changed, [], f"the home was changed by {answer}")
        return answer


class BadUsage(CommandLine):
    def test_unknown_words_name_the_nearest(self):
        self.refused("rns", says="did you mean 'runs'")
        self.refused("plant", "ad", "x", says="did you mean 'add'")
        self.refused("runs", "--stat", "PAUSED", says="did you mean '--state'")
        self.refused("incident", says="needs a command after it")

    def test_what_is_missing_or_too_much_is_named(self):
        self.refused("plant", "add", "x", says="--motor PATH_OR_URL is missing")
        self.refused("run", says="--plant P is missing")
        self.refused("run", "show", says="ID is missing")
        self.refused("run", "show", "a", "b", says="unexpected argument 'b'")
        self.refused("run", "--plant", "p", "--jobs", "many", says="--jobs must be a whole number")
        self.refused("run", "--plant", "p", "--jobs", "0", says="--jobs is between")
        self.refused("runs", "--state", "ASLEEP", says="--state is one of IDLE")
        self.refused("change", "submit", "--patch", "x", says="--plant and --app")

    def test_unknown_names_and_ids(self):
        self.register(good={"title": "t"})
        for command in (["plant", "show", "none"], ["plant", "verify", "none"], ["app", "show", "none"],
                        ["app", "update", "none", "--spec", self.world.spec("s", {})], ["run", "--plant", "none"],
                        ["run", "--plant", "pages", "--app", "none"], ["run", "--plant", "pages", "--profile", "none"],
                        ["run", "--plant", "pages", "--motor", "9.9.9"], ["motor", "versions", "none"],
                        ["motor", "diff", "pages", "1.0.0", "9.9.9"], ["motor", "rollback", "pages", "--to", "9.9.9"],
                        ["observe", "--app", "none", "--", "true"], ["schema", "show", "none"],
                        ["change", "submit", "--app", "none", "--patch", self.world.spec("p", "x")]):
            with self.subTest(command=command):
                self.refused(*command)
        for command in (["run", "show"], ["run", "watch"], ["run", "pause"], ["run", "resume"], ["run", "cancel"],
                        ["incident", "show"], ["incident", "unmerge"], ["incident", "export"], ["decision", "show"],
                        ["change", "show"], ["change", "approve"], ["change", "reject"]):
            with self.subTest(command=command):
                self.refused(*command, NO_SUCH_ID, says=NO_SUCH_ID)
        self.refused("run", "fork", NO_SUCH_ID, "--from", "read", says=NO_SUCH_ID)
        self.refused("decision", "correct", NO_SUCH_ID, "--as", "APP-SPEC", "--because", "x", says=NO_SUCH_ID)

    def test_a_home_that_cannot_be_opened(self):
        file = self.world.folder / "file"
        file.touch()
        for home in (file, file / "below"):
            answer = self.expect_code(self.world.aiop("runs", home=home), UNREACHABLE)
            self.assertEqual(answer.out, "")
        newer = self.world.folder / "newer"
        newer.mkdir()
        (newer / "home.json").write_text('{"layout": 99}')
        self.assertIn("newer aiop", self.expect_code(self.world.aiop("runs", home=newer), UNREACHABLE).err)

    def test_help_is_on_stdout_and_has_an_example(self):
        for words in ([], ["run"], ["plant", "add"], ["events", "tail"]):
            answer = self.expect_code(self.world.aiop(*words, "--help"), DONE)
            self.assertIn("Usage: aiop", answer.out)
            self.assertIn("Examples:\n  aiop", answer.out)
        self.assertEqual(self.world.aiop().code, BAD_INPUT)


class BadMotor(CommandLine):
    def refuse_manifest(self, text, *says):
        folder = self.world.folder / "bad"
        shutil.rmtree(folder, ignore_errors=True)
        Motor(folder, dict(FILES, **{"motor.yaml": text}), tag=None)
        self.refused("plant", "add", "bad", "--motor", str(folder), says=says)

    def test_every_illegal_field_is_named_with_its_line(self):
        cases = [
            (MANIFEST + "colour: red\n", "motor.yaml:8: /colour"),
            (MANIFEST.replace("1.0.0", "1.0"), "motor.yaml:2: /version"),
            (MANIFEST.replace("name: pages\n", ""), "/name is missing"),
            (re.sub("run: .*\n", "", MANIFEST), "/run is missing"),
            (re.sub("run: .*\n", "run: []\n", MANIFEST), "motor.yaml:3: /run"),
            (re.sub("run: .*\n", "run: {ftp: x}\n", MANIFEST), "motor.yaml:3: /run"),
            (MANIFEST.replace("30000", "soon"), "motor.yaml:6: /timeout_ms"),
            (MANIFEST.replace("30000", "0"), "motor.yaml:6: /timeout_ms"),
            (MANIFEST.replace("[plain, rich]", "plain"), "motor.yaml:5: /profiles"),
            (MANIFEST.replace("[plain, rich]", "['a b/..']"), "motor.yaml:5: /profiles/0"),
            (MANIFEST + "autonomy: full\n", "motor.yaml:8: /autonomy"),
            (MANIFEST + "approval: maybe\n", "motor.yaml:8: /approval"),
            (MANIFEST + "fallback: newest\n", "motor.yaml:8: /fallback"),
            (MANIFEST + "app_patches: never\n", "motor.yaml:8: /app_patches"),
            (MANIFEST + "patch_sources: [magic]\n", "motor.yaml:8: /patch_sources/0"),
            (MANIFEST + "budgets: {latency_ms: -1}\n", "motor.yaml:8: /budgets/latency_ms"),
            (MANIFEST + "budgets: {speed: 1}\n", "motor.yaml:8: /budgets/speed"),
            (MANIFEST + "slos: [{signal: success, target: 7, window: 7d}]\n", "motor.yaml:8: /slos/0/target"),
            (MANIFEST + "slos: [{signal: speed, target: 0.9, window: 7d}]\n", "motor.yaml:8: /slos/0/signal"),
            (MANIFEST + "slos: [{signal: success, target: 0.9, window: a week}]\n", "motor.yaml:8: /slos/0/window"),
            (MANIFEST + "slos: [{signal: latency, target: 0.9, window: 7d}]\n",
             "motor.yaml:8: /slos/0 needs a threshold, or budgets.latency_ms"),
            (MANIFEST + "slos:\n  - {signal: quality, target: 0.9, window: 12h, threshold: 3}\n",
             "motor.yaml:9: /slos/0/threshold"),
            (MANIFEST + "gates: {lint: [node lint.mjs]}\n", "motor.yaml:8: /gates/lint/0"),
            (MANIFEST + "gates: {style: []}\n", "motor.yaml:8: /gates/style"),
            (MANIFEST + "sandbox: {network: some}\n", "motor.yaml:8: /sandbox/network"),
            (MANIFEST + "canary: {min_runs: 3}\n", "/canary/apps is missing"),
            (MANIFEST + "acks: please\n", "motor.yaml:8: /acks"),
            (MANIFEST + "name: again\n", "motor.yaml:8:"),
            ("name: [unclosed\n", "motor.yaml:"),
            ("", "motor.yaml"),
        ]
        for text, *says in cases:
            with self.subTest(says=says):
                self.refuse_manifest(text, *says)

    def test_all_mistakes_are_named_at_once(self):
        self.refuse_manifest(MANIFEST.replace("1.0.0", "one") + "acks: please\n",
                             "motor.yaml:2: /version", "motor.yaml:8: /acks")

    def test_no_motor_at_all(self):
        empty = self.world.folder / "empty"
        empty.mkdir()
        self.refused("plant", "add", "x", "--motor", str(empty), says="motor.yaml")
        self.refused("plant", "add", "a/b", "--motor", str(self.pages.folder), says="a/b")
        nowhere = self.world.aiop("plant", "add", "x", "--motor", str(self.world.folder / "nowhere"))
        self.assertIn(nowhere.code, (BAD_INPUT, 4), str(nowhere))

    def refuse_files(self, files, *says):
        folder = self.world.folder / "unusable"
        shutil.rmtree(folder, ignore_errors=True)
        Motor(folder, dict(FILES, **files), tag=None)
        self.refused("plant", "add", "bad", "--motor", str(folder), says=says)

    def test_what_the_manifest_names_has_to_be_usable(self):
        pipeline = re.sub("run: .*\n", "run: {pipeline: pipeline.yaml}\n", MANIFEST)
        self.refuse_files({"motor.yaml": pipeline, "pipeline.yaml": "steps:\n  - name: one\n    exec: go\n"},
                          "pipeline.yaml:3", "exec")
        self.refuse_files({"motor.yaml": pipeline, "pipeline.yaml": "stages: []\n"}, "pipeline.yaml:1", "steps")
        self.refuse_files({"motor.yaml": MANIFEST + "accepts: {schema: spec.schema.json}\n",
                           "spec.schema.json": '{"type": 5}'}, "spec.schema.json", "type")

    def test_a_name_that_is_taken(self):
        self.register(good={"title": "t"})
        self.refused("plant", "add", "pages", "--motor", str(self.pages.folder), says="already")
        self.refused("app", "add", "good", "--plant", "pages", "--spec", self.world.spec("s", {}), says="already")

    def test_apps(self):
        self.register()
        spec = self.world.spec("s", {})
        self.refused("app", "add", "x", "--plant", "none", "--spec", spec, says="none")
        self.refused("app", "add", "x", "--plant", "pages", "--spec", spec + ".no", says="no such file")
        self.refused("app", "add", "x", "--plant", "pages", "--spec", spec, "--profile", "odd", says="odd")
        self.refused("app", "add", "../x", "--plant", "pages", "--spec", spec, says="../x")
        self.refused("run", "--plant", "pages", says="has no apps")


class BadFiles(CommandLine):
    EVENT = {"timestamp": "2025-08-19T11:35:12.000Z", "scope": "app", "signal_type": "error", "severity": "warn",
             "payload": {"details": "x"}}

    def test_each_refused_event_line_is_named_and_good_ones_are_stored(self):
        bad = [dict(self.EVENT, scope="both"), dict(self.EVENT, payload="text"), dict(self.EVENT, color=1),
               {k: v for k, v in self.EVENT.items() if k != "severity"}, dict(self.EVENT, timestamp="yesterday"),
               dict(self.EVENT, context_ref={"app_ctx": "x@1"})]
        lines = [json.dumps(dict(self.EVENT, id="one")), json.dumps(dict(self.EVENT, id="one")), *map(json.dumps, bad),
                 "no json", '{"scope":"app","scope":"app"}', "", json.dumps(dict(self.EVENT, id="two"))]
        answer = self.world.aiop("--json", "events", "ingest", "-", stdin="\n".join(lines))
        self.expect_code(answer, BAD_INPUT)
        self.assertEqual((answer.json["accepted"], answer.json["duplicates"]), (2, 1))
        refused = {each["line"]: each["reason"] for each in answer.json["refused"]}
        self.assertEqual(sorted(refused), list(range(3, 11)))
        for line, field in ((3, "/scope"), (4, "/payload"), (5, "/color"), (6, "/severity"), (7, "/timestamp"),
                            (8, "/context_ref/app_ctx")):
            self.assertIn(field, refused[line])
        tail = self.world.ok("events", "tail", "--all").lines
        self.assertEqual([each["id"] for each in tail[:-1]], ["one", "two"])
        self.assertEqual(tail[-1]["summary"]["events"], 2)
        again = self.world.ok("events", "ingest", "-", stdin=lines[0])
        self.assertEqual(again.json, {"accepted": 0, "duplicates": 1, "refused": []})

    def test_only_bad_lines_change_nothing(self):
        self.world.ok("init")
        before = fingerprint(self.world.home)
        self.expect_code(self.world.aiop("events", "ingest", "-", stdin="{}\n"), BAD_INPUT)
        self.assertEqual(before, fingerprint(self.world.home))

    def test_policies(self):
        self.register(good={"title": "t"})
        default = self.world.aiop("policy").out
        path = self.world.folder / "policy.yaml"
        line = next(n for n, each in enumerate(default.splitlines(), 1) if "abstain_below" in each)
        for text, says in ((re.sub("abstain_below: [0-9.]+", "abstain_below: 7", default),
                            (f"policy.yaml:{line}:", "abstain_below")),
                           (default + "extra: 1\n", ("policy.yaml:", "extra")),
                           (re.sub("version: .*", "version: newest", default, count=1), ("policy.yaml:", "version")),
                           ("rules: [", ("policy.yaml:",))):
            path.write_text(text)
            self.refused("run", "--plant", "pages", "--policy", str(path), says=says)
            self.refused("run", "--plant", "pages", says=says, environment={"AIOP_POLICY": path})
        self.refused("run", "--plant", "pages", "--policy", str(path) + ".no", says="policy.yaml.no")

    def test_reports(self):
        self.register(good={"title": "t"})
        path = self.world.folder / "report"
        for option, text, says in (("--junit", "<testsuite>\n<oops>", "report:"), ("--junit", "no xml", "report:"),
                                   ("--sarif", '{"version": "2.1.0",\n "runs": 7}', "/runs"),
                                   ("--sarif", "{", "report"), ("--coverage", "<coverage", "report:")):
            path.write_text(text)
            with self.subTest(option=option, text=text):
                self.refused("observe", "--app", "good", option, str(path), says=says)
        self.refused("observe", "--app", "good", "--junit", str(path) + ".no", says="no such file")
        self.refused("observe", "--app", "good", says="nothing to observe")
        self.refused("observe", "--app", "good", "--junit", str(path), "--", "true", says="not both")
        self.refused("observe", "--app", "good", "--score", "--minimum", "2", "--", "echo", "1", says="--minimum")

    def test_patches(self):
        self.register(good={"title": "t"})
        patch = self.world.folder / "p.diff"
        patch.write_text("--- a/plant.py\n+++ b/plant.py\n@@ -1,1 +1,1 @@\n-not there\n+x\n")
        answer = self.world.aiop("change", "submit", "--plant", "pages", "--patch", str(patch))
        self.assertIn(answer.code, (BAD_INPUT, 4), str(answer))
        self.assertEqual(self.world.ok("change", "ls").items, [])
        self.refused("change", "submit", "--app", "good", "--branch", "x", says="an app has no branches")
        self.refused("change", "submit", "--plant", "pages", "--patch", str(patch) + ".no", says="no such file")


class Shapes(CommandLine):
    def setUp(self):
        super().setUp()
        self.register(good={"title": "t"}, bad={"name": "b"})
        self.ran = self.expect_code(self.world.run(), WAITING)

    def test_a_run_is_told_line_by_line_and_ends_with_its_summary(self):
        kinds = [next(iter(line)) for line in self.ran.lines]
        self.assertEqual(kinds[-1], "summary")
        self.assertEqual(kinds.count("summary"), 1)
        self.assertTrue({"run", "checkpoint", "event", "experiment"} <= set(kinds), kinds)
        summary = self.ran.summary
        self.assertEqual(set(summary), {"runs", "incidents", "decisions", "changes"})
        by_app = {run["app"]: run for run in summary["runs"]}
        for field in ("id", "app", "profile", "status", "motor", "app_ctx", "resumed", "steps_done", "steps_redone"):
            self.assertIn(field, by_app["good"])
        self.assertEqual(by_app["good"]["status"], "SUCCESS")
        self.assertEqual((by_app["bad"]["status"], by_app["bad"]["paused_because"]), ("PAUSED", "fix"))
        names = [line["checkpoint"]["name"] for line in self.ran.lines
                 if "checkpoint" in line and line["checkpoint"]["run"] == by_app["good"]["id"]]
        self.assertEqual(names, ["read", "write"])
        experiment = next(line["experiment"] for line in self.ran.lines if "experiment" in line)
        self.assertTrue({"kind", "app", "motor", "outcome"} <= set(experiment))

    def test_lists_are_pages(self):
        whole = self.world.ok("runs").json
        self.assertEqual((len(whole["items"]), whole["next"]), (2, None))
        first = self.world.ok("runs", "--limit", "1").json
        self.assertEqual(len(first["items"]), 1)
        second = self.world.ok("runs", "--limit", "1", "--after", first["next"]).json
        self.assertEqual([first["items"][0]["id"], second["items"][0]["id"]], [run["id"] for run in whole["items"]])
        self.assertIsNone(second["next"])
        for command in (["plant", "ls"], ["app", "ls"], ["incidents"], ["decisions"], ["change", "ls"], ["schema", "ls"],
                        ["motor", "versions", "pages"], ["motor", "changelog", "pages"],
                        ["motor", "restore-points", "pages"], ["search", "title"]):
            with self.subTest(command=command):
                self.assertEqual(set(self.world.ok(*command).json), {"items", "next"})
        paused = self.world.ok("runs", "--state", "PAUSED", "--plant", "pages").items
        self.assertEqual([run["app"] for run in paused], ["bad"])

    def test_show_is_the_object(self):
        run = self.ran.summary["runs"][0]["id"]
        shown = self.world.ok("run", "show", run).json
        self.assertEqual(shown["id"], run)
        for field in ("transitions", "attempts", "checkpoints", "artifacts"):
            self.assertIsInstance(shown[field], list)
        self.assertEqual(self.world.ok("run", "show", run[-12:]).json["id"], run)
        decision = self.ran.summary["decisions"][0]
        record = self.world.ok("decision", "show", decision["decision_id"]).json
        self.assertEqual(record["classification"], "app")
        for field in ("rationale", "action_plan", "safety_checks", "evidence", "rejected", "policy", "confidence"):
            self.assertIn(field, record)
        incident = self.world.ok("incident", "show", decision["incident_id"]).json
        self.assertEqual(len(incident["occurrences"]), 1)
        self.assertTrue(incident["experiments"])
        plant = self.world.ok("plant", "show", "pages").json
        self.assertEqual((plant["manifest"]["name"], plant["name"]), ("pages", "pages"))
        versions = self.world.ok("motor", "versions", "pages").items
        self.assertEqual([(v["version"], v["active"]) for v in versions], [("1.0.0", True)])

    def test_people_get_tables(self):
        for command in (["runs"], ["incidents"], ["decisions"], ["plant", "ls"], ["app", "ls"],
                        ["motor", "versions", "pages"], ["run", "show", self.ran.summary["runs"][0]["id"]],
                        ["decision", "show", self.ran.summary["decisions"][0]["decision_id"]],
                        ["incident", "show", self.ran.summary["incidents"][0]]):
            answer = self.expect_code(self.world.aiop(*command), DONE)
            self.assertNotIn("\033", answer.out)
            self.assertTrue(answer.out.strip(), str(answer))

    def test_a_correction_is_kept_beside_the_record(self):
        decision = self.ran.summary["decisions"][0]["decision_id"]
        self.world.ok("decision", "correct", decision, "--as", "APP-BUILD", "--because", "its build lost the title")
        record = self.world.ok("decision", "show", decision).json
        self.assertTrue(record["outcome"].startswith("corrected: APP-BUILD"))
        self.assertEqual(record["corrections"][0]["because"], "its build lost the title")
        self.assertTrue(self.world.ok("decisions", "verify").json["valid"])

    def test_an_exported_incident_fails_again_without_aiop(self):
        folder = self.world.folder / "exported"
        self.world.ok("incident", "export", self.ran.summary["incidents"][0], str(folder))
        for _ in range(2):
            done = subprocess.run([str(folder / "run.sh")], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the spec has no title", (folder / "output.ndjson").read_text())
        (folder / "spec" / "bad.json").write_text('{"title": "now it has one"}')
        self.assertEqual(subprocess.run([str(folder / "run.sh")], capture_output=True, check=False).returncode, 1)
        (folder / "spec" / "bad.json").write_text('no JSON at all')
        self.assertEqual(subprocess.run([str(folder / "run.sh")], capture_output=True, check=False).returncode, 3)
        self.refused("incident", "export", self.ran.summary["incidents"][0], str(folder), says="exists already")

    def test_updating_the_app_resumes_its_paused_run(self):
        spec = self.world.spec("bad2", {"title": "b"})
        answer = self.expect_code(self.world.aiop("--json", "app", "update", "bad", "--spec", spec), DONE)
        self.assertTrue(answer.json["changed"])
        self.assertEqual(answer.json["summary"]["runs"][0]["status"], "SUCCESS")
        self.assertIn("title", self.world.ok("app", "diff", "bad").json["diff"])
        again = self.world.ok("app", "update", "bad", "--spec", spec).json
        self.assertEqual((again["changed"], again["summary"]), (False, None))

    def test_merge_and_unmerge_restore_exactly(self):
        first = self.ran.summary["incidents"][0]
        self.refused("incident", "merge", first, first, says="into itself")
        self.refused("incident", "unmerge", first, says="not merged")
        self.world.add_apps({"odd": {"title": 7}})
        second = self.world.run("--app", "odd").summary["incidents"][0]
        self.assertNotEqual(first, second)
        before = [self.world.ok("incident", "show", each).json for each in (first, second)]
        merged = self.world.ok("incident", "merge", second, first).json
        self.assertEqual((merged["state"], merged["merged_into"]), ("merged", first))
        self.refused("incident", "merge", second, first, says="already")
        self.assertEqual(self.world.ok("runs", "--app", "odd").items[0]["incident"], first)
        self.world.ok("incident", "unmerge", second)
        after = [self.world.ok("incident", "show", each).json for each in (first, second)]
        self.assertEqual(before, after)
        self.assertEqual(self.world.ok("runs", "--app", "odd").items[0]["incident"], second)

    def test_fork_waits_or_goes(self):
        run = next(r for r in self.ran.summary["runs"] if r["app"] == "good")["id"]
        self.refused("run", "fork", run, "--from", "nowhere", says="nowhere")
        self.refused("run", "resume", run, says="has ended")
        self.refused("run", "pause", run, says="has ended")
        fork = self.world.ok("run", "fork", run, "--from", "read").json
        self.assertEqual((fork["state"], fork["checkpoint"]), ("PAUSED", "read"))
        resumed = self.expect_code(self.world.aiop("--json", "run", "resume", fork["id"]), DONE)
        self.assertEqual(resumed.summary["runs"][0]["status"], "SUCCESS")
        self.assertEqual(resumed.summary["runs"][0]["steps_redone"], 0)
        gone = self.expect_code(self.world.aiop("--json", "run", "fork", run, "--from", "read", "--go"), DONE)
        self.assertEqual(gone.summary["runs"][0]["status"], "SUCCESS")


class Observing(CommandLine):
    def setUp(self):
        super().setUp()
        self.register(good={"title": "t"})

    def test_a_report_becomes_events(self):
        report = self.world.folder / "junit.xml"
        report.write_text('<testsuite name="s" tests="2" failures="1"><testcase name="a"/><testcase name="b">'
                          '<failure message="token=sk-abcdefghijklmnopqrstuvwx">no</failure></testcase></testsuite>')
        answer = self.world.ok("observe", "--app", "good", "--junit", str(report)).json
        self.assertEqual((answer["stored"], answer["failures"]), (2, 1))
        stored = self.world.ok("events", "tail", "--all", "--severity", "error").lines[:-1]
        self.assertEqual(len(stored), 1)
        self.assertNotIn("sk-abcdefghijklmnopqrstuvwx", json.dumps(stored))
        self.assertIn("good@1.0.0+", stored[0]["context_ref"]["app_ctx"])
        self.assertIn("pages@1.0.0+", stored[0]["context_ref"]["motor_ctx"])

    def test_a_wrapped_command_passes_its_status_on(self):
        fine = self.expect_code(self.world.aiop("observe", "--app", "good", "--", "echo", "--json"), DONE)
        self.assertEqual(fine.out, "--json\n")
        bad = self.world.aiop("--json", "observe", "--app", "good", "--", "sh", "-c", "echo oops >&2; exit 7")
        self.expect_code(bad, 1)
        self.assertIn("oops", bad.err)
        self.assertEqual(bad.json["failures"], 1)
        self.refused("observe", "--app", "good", "--", "no-such-program-here", says="no-such-program-here")

    def test_a_score(self):
        answer = self.world.ok("observe", "--app", "good", "--score", "--", "echo", "0.9").json
        self.assertEqual(answer["events"][0]["payload"]["value"], 0.9)
        low = self.world.aiop("observe", "--app", "good", "--score", "--minimum", "0.95", "--", "echo", "0.9")
        self.expect_code(low, 1)


class AtOnce(CommandLine):
    def setUp(self):
        super().setUp()
        self.gate = self.world.outside / "gate"
        self.register(slow={"title": "t", "wait_for": str(self.gate)})

    def start_run(self):
        running = self.world.start("--json", "run", "--plant", "pages")
        wait_until(lambda: any(each["state"] == "RUNNING" and each["checkpoint"] == "read"
                               for each in [self.with_checkpoint(r) for r in self.world.ok("runs").items]),
                   30, "the run is at its checkpoint")
        return running, self.world.ok("runs").items[0]["id"]

    def beside(self, *arguments):
        """A command that goes on beside the run; its output is collected at its end."""
        process = subprocess.Popen([program(), "--home", str(self.world.home), *arguments], text=True,
                                   env=self.world.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def with_checkpoint(run):
        return dict(run, checkpoint=run.get("checkpoint", ""))

    def test_readers_do_not_wait_and_writers_say_that_they_do(self):
        running, run = self.start_run()
        self.assertEqual(self.world.ok("run", "show", run).json["state"], "RUNNING")
        spec = self.world.spec("other", {"title": "o"})
        waiting = self.beside("app", "add", "other", "--plant", "pages", "--spec", spec)
        self.assertIn("waiting", waiting.stderr.readline())
        self.gate.touch()
        self.assertEqual(waiting.wait(60), DONE)
        self.assertEqual(running.process.wait(60), DONE)
        self.assertEqual(len(self.world.ok("app", "ls").items), 2)

    def test_another_process_pauses_and_resumes_a_run(self):
        running, run = self.start_run()
        self.expect_code(self.world.aiop("run", "pause", run), DONE)
        self.expect_code(running.wait(), WAITING)
        shown = self.world.ok("run", "show", run).json
        self.assertEqual((shown["state"], shown["paused_because"], shown["checkpoint"]), ("PAUSED", "human", "read"))
        self.gate.touch()
        resumed = self.expect_code(self.world.aiop("--json", "run", "resume", run), DONE)
        self.assertEqual(resumed.summary["runs"][0]["steps_redone"], 0)

    def test_another_process_cancels_a_run(self):
        running, run = self.start_run()
        self.expect_code(self.world.aiop("run", "cancel", run), DONE)
        self.expect_code(running.wait(), 1)
        self.assertEqual(self.world.ok("run", "show", run).json["state"], "FAILED")
        self.refused("run", "cancel", run, says="has ended")

    def test_a_signal_stops_in_good_order_and_the_same_command_goes_on(self):
        running, run = self.start_run()
        running.process.send_signal(signal.SIGINT)
        self.expect_code(running.wait(), WAITING)
        shown = self.world.ok("run", "show", run).json
        self.assertEqual((shown["state"], shown["paused_because"]), ("PAUSED", "operator"))
        self.gate.touch()
        again = self.expect_code(self.world.run(), DONE)
        self.assertEqual([(r["id"], r["status"], r["steps_redone"]) for r in again.summary["runs"]], [(run, "SUCCESS", 0)])

    def test_watching_ends_when_the_run_does(self):
        running, run = self.start_run()
        watching = self.beside("--json", "run", "watch", run)
        first = json.loads(watching.stdout.readline())  # it has seen the run before that goes on
        self.gate.touch()
        lines = [first, *map(json.loads, watching.stdout)]
        self.assertEqual(watching.wait(60), DONE)
        self.assertEqual(running.process.wait(60), DONE)
        self.assertEqual(lines[-1]["summary"]["runs"][0]["status"], "SUCCESS")
        states = [line["run"]["state"] for line in lines if "run" in line]
        self.assertEqual((states[0], states[-1]), ("RUNNING", "SUCCESS"))

    def test_following_events_ends_with_a_summary_when_it_is_stopped(self):
        following = self.beside("--json", "events", "tail", "--follow")
        self.assertEqual(self.world.ok("events", "ingest", "-", stdin=json.dumps(dict(BadFiles.EVENT, id="late"))).code,
                         DONE)
        self.assertEqual(json.loads(following.stdout.readline())["id"], "late")
        following.send_signal(signal.SIGINT)
        self.assertEqual(json.loads(following.stdout.readline())["summary"]["events"], 1)
        self.assertEqual(following.wait(30), DONE)

    def test_many_first_commands_make_one_home(self):
        codes = []
        lock = threading.Lock()
        home = self.world.folder / "new-home"

        def command():
            answer = self.world.aiop("--json", "runs", home=home)
            with lock:
                codes.append((answer.code, answer.json["items"]))
        threads = [threading.Thread(target=command) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(codes, [(DONE, [])] * 8)


class Changes(CommandLine):
    def test_a_patch_by_a_human_waits_rolls_back_and_is_shown(self):
        self.register(good={"title": "t"})
        patch = self.world.folder / "p.diff"
        patch.write_text(self.pages.patch({"NOTES.md": "a note\n"}))
        answer = self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch))
        self.assertIn(answer.code, (DONE, WAITING), str(answer))
        change = answer.json["id"]
        if answer.code == WAITING:
            self.assertEqual(self.world.ok("change", "ls", "--status", "awaiting_approval").items[0]["id"], change)
            self.world.ok("change", "approve", change)
        self.assertEqual(self.world.ok("change", "show", change).json["status"], "promoted")
        versions = {v["version"]: v["active"] for v in self.world.ok("motor", "versions", "pages").items}
        self.assertEqual(versions, {"1.0.0": False, "1.0.1": True})
        self.assertIn("a note", self.world.ok("motor", "diff", "pages", "1.0.0", "1.0.1").json["diff"])
        self.assertEqual([v["version"] for v in self.world.ok("motor", "changelog", "pages").items], ["1.0.1"])
        self.expect_code(self.world.aiop("change", "approve", change), FORBIDDEN)
        moved = self.world.ok("motor", "rollback", "pages", "--because", "a test").json
        self.assertIn("@1.0.0+", moved["to"])
        self.assertEqual(self.world.active(), "1.0.0")


if __name__ == "__main__":
    main()
