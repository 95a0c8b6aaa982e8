#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures, objectives, silence and offered incidents: kpi, slo, compliance, decision correct, golden offer."""
import json
import sqlite3

import pages
from harness import BAD_INPUT, DONE, FAILED, PYTHON, WAITING, Case, by_app, git, main, wait_until

OBJECTIVES = 'slos: [{signal: success, target: 0.9, window: 7d}, {signal: quality, target: 0.8, window: 12h}]\n'

# Reports an error, waits for a file if it runs for real, and then succeeds.
COMPLAINER = '''
import json, os, sys, time
request = json.loads(sys.stdin.readline())
spec = json.load(open(request["appSpecRef"]))
def say(message):
    print(json.dumps(message), flush=True)
say({"event": {"scope": "app", "signal_type": "error", "severity": "error", "payload": {"details": "it complains"}}})
say({"checkpoint": "complained"})
while spec.get("wait_for") and not os.path.exists(spec["wait_for"]):
    time.sleep(0.01)
say({"result": {"status": "success", "traceId": request["traceId"]}})
'''


class FiguresCase(Case):
    def begin(self, specs, fixes=None, more=""):
        motor = self.world.motor(pages.files(more=more))
        for name, files in (fixes or {}).items():
            motor.branch(name, files)
        self.world.add_plant(motor)
        self.world.add_apps(specs)
        return motor

    def run_all(self, code, *arguments):
        return self.expect_code(self.world.run(*arguments), code).summary

    def kpi(self, *arguments):
        return self.world.ok("kpi", *arguments).json["figures"]

    def slo(self):
        return {each["signal"]: each for each in self.world.ok("slo").json["items"]}

    def told(self, kind):
        return [each for each in self.world.rows("event") if each["envelope"]["id"].startswith(kind + "/")]

    def compliance(self, code=None):
        """The report; the command ends well just if every line of its checklist holds."""
        answer = self.world.aiop("--json", "compliance")
        self.expect_code(answer, DONE if answer.json["complies"] else FAILED)
        self.assertEqual(answer.json["complies"], all(line["holds"] for line in answer.json["checklist"]))
        silence = [line for line in answer.json["checklist"] if line["name"] == "silence"][0]
        self.assertEqual(silence["holds"], answer.json["mute"] == 0)
        if code is not None:
            self.expect_code(answer, code)
        return answer.json

    def rates(self, figures):
        """Each share, by its place, to see that it stands with its count and interval."""
        found = {}

        def walk(value, place):
            if isinstance(value, dict):
                if "hits" in value:
                    found[place] = value
                for key, member in value.items():
                    walk(member, f"{place}/{key}")
            elif isinstance(value, list):
                for number, member in enumerate(value):
                    walk(member, f"{place}/{number}")
        walk(figures, "")
        return found


class Figures(FiguresCase):
    def test_without_a_run_there_is_no_data(self):
        self.begin({"narrow": pages.NARROW}, more=OBJECTIVES)
        for share in self.rates(self.kpi()).values():
            self.assertEqual((share["hits"], share["of"]), (0, 0))
            self.assertNotIn("share", share)
        text = self.expect_code(self.world.aiop("kpi"), DONE).out
        self.assertGreaterEqual(text.count("no data"), 10, text)
        self.assertEqual({each["verdict"] for each in self.slo().values()}, {"inconclusive"})
        self.assertEqual(self.expect_code(self.world.aiop("slo", "--check"), DONE).out.count("no data"), 8)
        self.assertEqual(self.compliance()["checked"], 0)

    def test_what_a_healed_fault_comes_to(self):
        motor = self.begin({"narrow": pages.NARROW, "long": pages.LONG, "wide": pages.WIDE, "wider": pages.WIDER},
                           more=OBJECTIVES)
        self.run_all(WAITING)
        before = self.kpi()
        self.assertEqual((before["app"]["success"]["hits"], before["app"]["success"]["of"]), (2, 4))
        self.assertAlmostEqual(before["app"]["success"]["low"], 0.15, places=2)
        self.assertAlmostEqual(before["app"]["success"]["high"], 0.85, places=2)
        self.assertEqual(before["operator"]["accuracy"]["of"], 0, "nothing tells yet")
        self.assertEqual(before["operator"]["resumed"]["of"], 0, "there is no fix")

        missed = self.slo()["success"]
        self.assertEqual((missed["verdict"], missed["runs"], missed["bad"]), ("fail", 4, 2))
        self.assertAlmostEqual(missed["budget_left_runs"], 0.4 - 2)
        self.assertAlmostEqual(missed["burn_rate"], 0.5 / 0.1)
        self.expect_code(self.world.aiop("slo", "--check"), FAILED)
        self.run_all(WAITING)
        self.slo()
        breaches = self.told("slo-breach")
        self.assertEqual(len(breaches), 1, "one event, however often it is looked at")
        self.assertEqual(breaches[0]["envelope"]["scope"], "motor")
        self.assertEqual(breaches[0]["envelope"]["severity"], "error")
        self.assertIn(missed["incidents"][0], breaches[0]["not_an_incident"])
        self.assertEqual(missed["breach"], breaches[0]["envelope"]["id"])

        motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT})
        self.run_all(DONE)
        met = self.slo()["success"]
        self.assertEqual(met["verdict"], "pass")
        self.assertNotIn("breach", met)
        self.assertEqual((len(self.told("slo-breach")), len(self.told("slo-met"))), (1, 1))

        after = self.kpi("--plant", "pages")
        for place, share in self.rates(after).items():
            if share["of"]:
                self.assertTrue(share["low"] <= share["share"] <= share["high"], place)
        operator = after["operator"]
        self.assertEqual((operator["accuracy_healing"]["hits"], operator["accuracy_healing"]["of"]), (1, 1))
        self.assertEqual((operator["resumed"]["hits"], operator["resumed"]["of"]), (2, 2))
        self.assertEqual((operator["false_motor_fixes"]["hits"], operator["false_motor_fixes"]["of"]), (0, 1))
        self.assertEqual((operator["abstained"]["hits"], operator["abstained"]["of"]), (0, 1))
        self.assertEqual(operator["saved_plant_seconds"] > 0, True, operator)
        self.assertGreater(operator["spent_plant_seconds"], 0)
        self.assertEqual(after["app"]["success_at_once"]["hits"] < after["app"]["success"]["hits"], True)
        shares = {each["category"]: each["share"]["hits"] for each in after["motor"]["incidents"]}
        self.assertEqual(shares["MOTOR-RULES"], 1)
        self.assertEqual(after["motor"]["repair_ms"]["count"], 1)
        change = after["motor"]["changes"][0]
        self.assertEqual((change["from"], change["to"], change["status"]), ("1.0.0", "1.0.1", "promoted"))
        self.assertEqual(change["success"]["verdict"], "inconclusive", "two attempts show nothing")
        self.assertEqual((change["success"]["count_before"], change["success"]["count_after"]), (8, 2),
                         "three times narrow and long, and two failures; both of them healed")
        self.assertEqual(self.compliance()["mute"], 0)
        self.assertGreater(self.compliance()["explained"], 0)

    def test_the_documents_are_as_their_schemas_say(self):
        names = {each["name"] for each in self.world.ok("schema", "ls").items}
        self.assertLessEqual({"KpiReport", "SloReport", "ComplianceReport"}, names)
        self.begin({"narrow": pages.NARROW}, more=OBJECTIVES)
        for command, name in (("kpi", "KpiReport"), ("slo", "SloReport"), ("compliance", "ComplianceReport")):
            schema = self.world.ok("schema", "show", name).json
            top = schema["$defs"][name]
            document = self.world.aiop("--json", command).json
            self.assertLessEqual(set(top["required"]), set(document))
            self.assertLessEqual(set(document), set(top["properties"]))

    def test_bad_input(self):
        self.begin({"narrow": pages.NARROW})
        for command in (["kpi", "--plant", "none"], ["slo", "--plant", "none"], ["compliance", "--plant", "none"],
                        ["kpi", "--since", "a week"]):
            self.expect_code(self.world.aiop(*command), BAD_INPUT)


class Silence(FiguresCase):
    def put_event(self, **event):
        """Into the ledger itself, as no observer of ours would."""
        body = {"envelope": {"id": "mute-1", "timestamp": "2026-01-02T03:04:05.000Z", "scope": "app",
                             "signal_type": "error", "severity": "critical",
                             "payload": {"details": "nobody heard this\nat all"}, "artifact_ids": [],
                             "context_ref": {"app_ctx": "narrow@1.0.0+0123456789ab"}}, "plant": "pages", **event}
        database = sqlite3.connect(self.world.home / "ledger.db")
        with database:
            database.execute("INSERT INTO event(id, k0, k1, k2, k3, body) VALUES('mute-1', '', '', 'pages', 'app', ?)",
                             (json.dumps(body),))
        database.close()

    def test_a_mute_event_is_found_and_shown(self):
        self.begin({"narrow": pages.NARROW})
        self.run_all(DONE)
        self.assertEqual(self.compliance()["mute"], 0)
        self.put_event()
        report = self.compliance(FAILED)
        self.assertEqual((report["checked"], report["mute"]), (1, 1))
        mute = report["items"][0]
        self.assertEqual((mute["event"], mute["plant"], mute["app"], mute["message"]),
                         ("mute-1", "pages", "narrow", "nobody heard this"))
        text = self.expect_code(self.world.aiop("compliance"), FAILED).out
        for word in ("mute-1", "pages", "narrow", "2026-01-02T03:04:05", "nobody heard this"):
            self.assertIn(word, text)

    def test_an_incident_that_is_not_there_is_no_incident(self):
        self.begin({"narrow": pages.NARROW})
        self.put_event(incident="0199f2c4-7d5e-7abc-8def-0123456789ab")
        self.assertIn("is not there", self.compliance(FAILED)["items"][0]["why"])

    def reasons(self):
        return [each.get("not_an_incident", "") for each in self.world.rows("event")
                if each["envelope"]["severity"] in ("error", "critical") and not each.get("incident")]

    def test_what_is_brought_in_from_outside_gets_a_reason_of_its_own(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE})
        runs = by_app(self.run_all(WAITING))
        report = self.world.folder / "junit.xml"
        report.write_text('<testsuite><testcase name="t"><failure message="broken"/></testcase></testsuite>')
        self.world.aiop("observe", "--app", "narrow", "--junit", str(report))
        self.world.aiop("observe", "--app", "narrow", "--run", runs["narrow"]["id"], "--junit", str(report))
        lines = [{"trace_id": trace, "timestamp": "2026-01-02T03:04:05Z", "scope": "app", "signal_type": "error",
                  "severity": "critical", "payload": {"details": "from outside"}}
                 for trace in (runs["wide"]["id"], "unknown")]
        self.world.ok("events", "ingest", "-", stdin="\n".join(json.dumps(line) for line in lines))
        reasons = self.reasons()
        self.assertEqual(len(reasons), 4, reasons)
        for part in ("observed outside a run", f"observed after the fact: run {runs['narrow']['id']} had ended SUCCESS",
                     f"stands at incident {runs['wide']['incident']}", "ingested outside a run"):
            self.assertTrue(any(part in each for each in reasons), (part, reasons))
        self.assertEqual(self.compliance()["mute"], 0)

    def complain(self):
        gate = self.world.folder / "gate"
        manifest = f"name: complainer\nversion: 1.0.0\nrun: {json.dumps(PYTHON + ['plant.py'])}\n"
        self.world.add_plant(self.world.motor({"motor.yaml": manifest, "plant.py": COMPLAINER}))
        self.world.add_apps({"loud": {"wait_for": str(gate)}})
        running = self.world.start("--json", "run", "--plant", "pages")
        wait_until(lambda: (self.world.home / "ledger.db").exists() and self.world.rows("checkpoint"), 60, "a checkpoint")
        return gate, running

    def test_a_failure_that_aiop_did_not_live_to_conclude_is_pending_and_then_explained(self):
        gate, running = self.complain()
        running.kill()
        self.assertEqual((self.compliance()["pending"], self.compliance()["mute"]), (1, 0))
        gate.touch()
        self.run_all(DONE)
        reasons = self.reasons()
        self.assertTrue(any("taken up again" in each for each in reasons), reasons)
        report = self.compliance()
        self.assertEqual((report["pending"], report["mute"]), (0, 0))
        self.assertEqual(report["explained"], report["checked"])

    def test_a_failure_of_an_attempt_that_was_stopped_is_explained(self):
        _, running = self.complain()
        run = self.world.ok("runs").items[0]["id"]
        self.expect_code(self.world.aiop("run", "pause", run), DONE)
        self.expect_code(running.wait(), WAITING)
        self.assertEqual(self.reasons(), ["its attempt was stopped before the plant had ended"])
        self.assertEqual(self.compliance()["mute"], 0)


class Offered(FiguresCase):
    def offer(self, decision, name):
        folder = self.world.folder / "corpus" / name
        self.world.ok("golden", "offer", decision, "--into", str(folder), "--name", name)
        return folder

    def tamper(self, statement):
        database = sqlite3.connect(self.world.home / "ledger.db")
        with database:
            self.assertGreater(database.execute(statement).rowcount, 0)
        database.close()

    def play(self, folder):
        return self.world.aiop("--json", "golden", "run", str(folder), "--cache", str(self.world.folder / "cache"))

    def test_a_correction_is_kept_counted_and_part_of_the_chain(self):
        self.begin({"narrow": pages.NARROW, "bad": pages.DEFECTIVE})
        decision = self.run_all(WAITING)["decisions"][0]["decision_id"]
        hint = self.expect_code(self.world.aiop("decision", "correct", decision, "--as", "APP-BUILD", "--because",
                                                "its build wrote the word"), DONE)
        self.assertIn(f"aiop golden offer {decision} --into", hint.err)
        operator = self.kpi()["operator"]
        self.assertEqual((operator["accuracy_human"]["hits"], operator["accuracy_human"]["of"]), (0, 1))
        shown = self.expect_code(self.world.aiop("decision", "show", decision), DONE).out
        self.assertIn("its build wrote the word", shown)
        self.assertTrue(self.world.ok("decisions", "verify").json["valid"])
        self.tamper("UPDATE event SET body = replace(body, 'APP-BUILD', 'MOTOR-PERF') WHERE id LIKE 'correction/%'")
        broken = self.expect_code(self.world.aiop("--json", "decisions", "verify"), FAILED).json
        self.assertIn(f"correction/{decision}/1 was changed", broken["reason"])
        self.tamper("DELETE FROM event WHERE id LIKE 'correction/%'")
        broken = self.expect_code(self.world.aiop("--json", "decisions", "verify"), FAILED).json
        self.assertIn("is missing", broken["reason"])

    def test_a_correction_that_was_taken_out_is_missed(self):
        self.begin({"narrow": pages.NARROW, "bad": pages.DEFECTIVE})
        decision = self.run_all(WAITING)["decisions"][0]["decision_id"]
        for number, category in enumerate(["APP-BUILD", "APP-SPEC", "MOTOR-RULES"], 1):
            told = self.world.ok("decision", "correct", decision, "--as", category, "--because", f"reason {number}")
        self.assertIn("awaits approval", told.json["outcome"], "what it came to before is kept")
        database = (self.world.home / "ledger.db").read_bytes()
        for number in (1, 2, 3):
            self.tamper(f"DELETE FROM event WHERE id = 'correction/{decision}/{number}'")
            broken = self.expect_code(self.world.aiop("--json", "decisions", "verify"), FAILED).json
            self.assertIn("is missing", broken["reason"], number)
            (self.world.home / "ledger.db").write_bytes(database)
            self.assertTrue(self.world.ok("decisions", "verify").json["valid"])

    def test_without_a_correction_there_is_no_truth_to_offer(self):
        self.begin({"narrow": pages.NARROW, "bad": pages.DEFECTIVE})
        decision = self.run_all(WAITING)["decisions"][0]["decision_id"]
        refused = self.expect_code(self.world.aiop("golden", "offer", decision, "--into", str(self.world.folder / "o")),
                                   BAD_INPUT)
        self.assertIn("aiop decision correct", refused.err)
        self.assertFalse((self.world.folder / "o").exists())

    def test_a_confirmed_motor_fault_is_played_again_and_holds(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER},
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        decision = self.run_all(DONE)["decisions"][0]
        self.assertEqual(decision["category"], "MOTOR-RULES")
        self.world.ok("decision", "correct", decision["decision_id"], "--as", "MOTOR-RULES", "--because", "it has no place")
        folder = self.offer(decision["decision_id"], "no-place-for-wide-pages")
        for name in ("plant.yaml", "motor/motor.yaml", "incidents.yaml"):
            self.assertTrue((folder / name).is_file(), name)
        played = self.play(folder)
        self.assertEqual(played.json["broken"], [], str(played))
        answer = played.json["answers"][0]
        self.assertEqual(played.code, DONE, str(played))
        self.assertEqual(len(played.json["answers"]), 1)
        self.assertIn("no-place-for-wide-pages", json.dumps(answer))

    def test_a_corrected_decision_is_a_miss_of_the_operator(self):
        self.begin({"narrow": pages.NARROW, "bad": pages.DEFECTIVE})
        decision = self.run_all(WAITING)["decisions"][0]["decision_id"]
        self.world.ok("app", "update", "bad", "--spec", self.world.spec("bad-repaired", pages.REPAIRED))
        self.world.ok("decision", "correct", decision, "--as", "APP-BUILD", "--because", "its build wrote the word")
        folder = self.offer(decision, "a-word-for-a-number")
        text = (folder / "incidents.yaml").read_text()
        self.assertIn("healed_by: \"app_update\"", text)
        played = self.expect_code(self.play(folder), FAILED)
        self.assertEqual(played.json["broken"], [], str(played))
        answer = played.json["answers"][0]
        self.assertIn("APP-BUILD", json.dumps(answer))
        self.assertIn("its build wrote the word", json.dumps(answer))

    def test_a_regression_is_told_with_the_release_that_brought_it(self):
        motor = self.world.motor(dict(pages.files(), **{"layout.py": pages.RIGHT}))
        manifest = pages.files()["motor.yaml"].replace("version: 1.0.0", "version: 1.1.0")
        motor.commit({"layout.py": pages.LAYOUT, "motor.yaml": manifest}, "simpler columns")
        git(motor.folder, "tag", "-a", "v1.1.0", "-m", "v1.1.0")
        self.world.add_plant(motor)
        self.world.add_apps({"narrow": pages.NARROW, "wide": pages.WIDE})
        decision = self.run_all(WAITING)["decisions"][0]["decision_id"]
        self.world.ok("decision", "correct", decision, "--as", "MOTOR-RULES", "--because", "1.1.0 dropped the width")
        folder = self.offer(decision, "dropped")
        self.assertIn('"version":"1.1.0"', (folder / "incidents.yaml").read_text())
        self.assertEqual((folder / "motor" / "layout.py").read_text(), pages.RIGHT)
        played = self.expect_code(self.play(folder), DONE)
        self.assertEqual((played.json["broken"], len(played.json["answers"])), ([], 1), str(played))


if __name__ == "__main__":
    main()
