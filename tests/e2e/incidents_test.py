# SPDX-License-Identifier: Apache-2.0
"""Incidents: how many failures open one, what is shown beside one, and that merging can be taken back exactly."""
import itertools
import json
import random

import harness
from harness import BAD_INPUT, DONE, PYTHON, WAITING

# Says in its spec's words why it fails; `critical` ones say so.
PLANT = """import json, sys
request = json.loads(sys.stdin.readline())
spec = json.load(open(request["appSpecRef"]))
for _ in range(spec.get("times", 1)):
    print(json.dumps({"event": {**({"id": spec["id"]} if "id" in spec else {}), "scope": "motor", "signal_type": "error", "severity": spec.get("severity", "error"),
                                "payload": {"details": spec["says"]}}}))
print(json.dumps({"result": {"traceId": request["traceId"], "status": "failed", "artifacts": [], "signals": []}}))
"""
MOTOR = f"name: sayer\nversion: 1.0.0\nrun: {json.dumps([*PYTHON, 'plant.py'])}\npatch_sources: []\n"
REFUSED = "the server {} refused the connection after 5 attempts"


class IncidentCase(harness.Case):
    def begin(self, **says):
        self.world.add_plant(self.world.motor({"motor.yaml": MOTOR, "plant.py": PLANT}), "sayer")
        self.world.add_apps({app: spec if isinstance(spec, dict) else {"says": spec} for app, spec in says.items()},
                            "sayer")

    def run_app(self, *apps, policy=None):
        words = [word for app in apps for word in ("--app", app)]
        return self.world.run(*words, *(("--policy", policy) if policy else ()), plant="sayer")

    def policy(self, incidents):
        text = self.world.aiop("policy").out
        path = self.world.folder / "policy.yaml"
        kept = [line for line in text.splitlines() if not line.startswith("incidents:")]
        path.write_text("\n".join([*kept, f"incidents: {incidents}", ""]))
        return str(path)

    def failures(self):
        return [event for event in self.world.rows("event") if event["envelope"]["severity"] in ("error", "critical")]


class Opening(IncidentCase):
    def test_an_incident_opens_the_nth_time(self):
        self.begin(**{f"app{i}": REFUSED.format(f"10.0.0.{i}") for i in range(4)})
        policy = self.policy("{opens_after: 3, within: 10m}")
        for i in range(2):
            answer = self.expect_code(self.run_app(f"app{i}", policy=policy), WAITING)
            self.assertEqual((answer.summary["incidents"], answer.summary["decisions"]), ([], []))
            run, = answer.summary["runs"]
            self.assertEqual((run["status"], run["paused_because"]), ("PAUSED", "evidence"))
            self.assertIn(f"this is number {i + 1}", run["cause"])
        self.assertEqual(self.world.ok("incidents").items, [])
        self.assertTrue(all(each["not_an_incident"].startswith("waiting for 3 within 10 min")
                            for each in self.failures()), self.failures())
        third = self.expect_code(self.run_app("app2", policy=policy), WAITING)
        incident, = self.world.ok("incidents").items
        self.assertEqual((incident["occurrences"], incident["apps"]), (3, ["app2", "app0", "app1"]))
        # One decision, about all that waited.
        decision, = self.world.ok("decisions").items
        self.assertEqual(decision["apps"], ["app0", "app1", "app2"])
        self.assertEqual(third.summary["incidents"], [incident["id"]])
        shown = self.world.ok("incident", "show", incident["id"]).json
        self.assertEqual(len(shown["occurrences"]), 3)
        self.assertEqual([each.get("not_an_incident", "") for each in self.failures()], [""] * 3)
        for run in self.world.ok("runs").items:
            self.assertEqual(run["incident"], incident["id"])
        # From now on each failure is one of it, and inherits what was decided.
        self.run_app("app3", policy=policy)
        incident, = self.world.ok("incidents").items
        self.assertEqual(incident["occurrences"], 4)

    def test_a_critical_failure_does_not_wait(self):
        self.begin(one={"says": REFUSED.format("a.example.org"), "severity": "critical"})
        self.run_app("one", policy=self.policy("{opens_after: 5}"))
        self.assertEqual(len(self.world.ok("incidents").items), 1)

    def test_another_failure_is_counted_for_itself(self):
        self.begin(one=REFUSED.format("a.example.org"), two="the disk is full")
        self.run_app("one", "two", policy=self.policy("{opens_after: 2, within: 1h}"))
        self.assertEqual(self.world.ok("incidents").items, [])

    def test_a_policy_with_a_mistake_names_it(self):
        self.begin(one="x")
        for wrong in ("{opens_after: 0}", "{within: soon}", "{within: 10}", "{after: 3}"):
            answer = self.expect_code(self.run_app("one", policy=self.policy(wrong)), BAD_INPUT)
            self.assertIn("incidents", answer.out + answer.err)

    def test_reports_of_one_attempt_are_counted(self):
        self.begin(one={"says": REFUSED.format("a.example.org"), "times": 500})
        self.run_app("one")
        incident, = self.world.ok("incidents").items
        self.assertEqual(incident["occurrences"], 1)
        shown = self.world.ok("incident", "show", incident["id"]).json
        self.assertEqual([each["events"] for each in shown["occurrences"]], [500])
        stored = self.failures()
        self.assertEqual(len(stored), 500)
        self.assertEqual(sum(1 for each in stored if each.get("incident")), 1)
        self.assertTrue(all(each.get("incident") or each["not_an_incident"] for each in stored))


class Shown(IncidentCase):
    def test_how_it_was_grouped_and_what_is_like_it(self):
        self.begin(one="cannot open the template for pages of width wide",
                   two="cannot open the template for pages of height wide", three="out of memory")
        self.run_app()
        incidents = {each["apps"][0]: each for each in self.world.ok("incidents").items}
        self.assertEqual(len(incidents), 3)
        shown = self.world.ok("incident", "show", incidents["one"]["id"]).json
        self.assertEqual(shown["grouping"]["rule"], shown["grouped_by"].split(":")[0])
        self.assertEqual(shown["grouping"]["fields"]["signal_type"], "error")
        self.assertEqual(shown["grouping"]["fields"]["template"], "cannot open the template for pages of width wide")
        self.assertEqual([each["incident"] for each in shown["similar"]], [incidents["two"]["id"]])
        self.assertGreater(shown["similar"][0]["similarity"], 0.7)
        self.assertLess(shown["similar"][0]["similarity"], 1)
        self.assertEqual({each["incident"] for each in shown["together"]},
                         {incidents["two"]["id"], incidents["three"]["id"]})
        text = self.world.aiop("incident", "show", incidents["one"]["id"]).out
        for words in ("grouped by", "SIMILAR", "AT THE SAME TIME"):
            self.assertIn(words, text)


class Merging(IncidentCase):
    def look(self):
        """All that is shown of incidents and runs."""
        shown = {each["id"]: self.world.ok("incident", "show", each["id"]).json
                 for each in self.world.ok("incidents").items}
        return json.dumps([shown, self.world.ok("runs").items], sort_keys=True)

    def test_unmerging_restores_exactly(self):
        self.begin(**{f"app{i}": words for i, words in enumerate([
            "no rule for a table", "no rule for a picture", "out of memory", "the other side hung up"])})
        self.run_app()
        ids = sorted(each["id"] for each in self.world.ok("incidents").items)
        self.assertEqual(len(ids), 4)
        before = self.look()
        pairs = list(itertools.permutations(ids, 2))
        chance = random.Random(7)
        for one, into in chance.sample(pairs, 6):
            with self.subTest(one=one, into=into):
                self.expect_code(self.world.aiop("incident", "merge", one, into), DONE)
                self.assertNotEqual(self.look(), before)
                self.expect_code(self.world.aiop("incident", "unmerge", one), DONE)
                self.assertEqual(self.look(), before)
        # Several into one, taken out in any order.
        for order in chance.sample(list(itertools.permutations(ids[1:])), 2):
            with self.subTest(order=order):
                for each in ids[1:]:
                    self.expect_code(self.world.aiop("incident", "merge", each, ids[0]), DONE)
                for each in order:
                    self.expect_code(self.world.aiop("incident", "unmerge", each), DONE)
                self.assertEqual(self.look(), before)

    def test_a_chain_of_merges_is_followed_and_taken_back(self):
        self.begin(one="no rule for a table", two="no rule for a picture", three="out of memory")
        self.run_app()
        by_app = {each["apps"][0]: each["id"] for each in self.world.ok("incidents").items}
        before = self.look()
        self.world.ok("incident", "merge", by_app["two"], by_app["one"])
        self.world.ok("incident", "merge", by_app["one"], by_app["three"])
        again = self.expect_code(self.world.run("--app", "two", "--fresh", plant="sayer"), WAITING)
        run, = again.summary["runs"]
        self.assertEqual(run["status"], "PAUSED")
        self.assertNotEqual(run["paused_because"], "operator")
        stands = {each["id"]: each["incident"] for each in self.world.ok("runs").items}
        self.assertEqual(stands[run["id"]], by_app["three"])
        self.assertEqual(len(self.world.ok("incident", "show", by_app["three"]).json["occurrences"]), 4)
        # Taken out in the other order; what came meanwhile goes where it belongs.
        for app in ("two", "one"):
            self.expect_code(self.world.aiop("incident", "unmerge", by_app[app]), DONE)
        stands = {each["id"]: each["incident"] for each in self.world.ok("runs").items}
        self.assertEqual(stands.pop(run["id"]), by_app["two"])
        earlier = {each["id"]: each["incident"] for each in json.loads(before)[1]}
        self.assertEqual(stands, earlier)
        show = lambda app: self.world.ok("incident", "show", by_app[app]).json
        self.assertEqual([len(show(app)["occurrences"]) for app in ("one", "two", "three")], [1, 2, 1])


class Remarks(IncidentCase):
    def test_nobody_speaks_for_aiop(self):
        """What aiop notes about its own records cannot be brought in from outside, by file or by plant."""
        self.begin(one={"says": "no rule for a table", "id": "correction/x/1"})
        self.run_app()
        line = {"timestamp": "2026-01-01T00:00:00.000Z", "scope": "app", "signal_type": "validation",
                "severity": "info", "payload": {"details": "corrected by alice", "as": "APP-SPEC"}}
        for kind in ("correction", "merge", "unmerge", "slo-breach", "slo-met"):
            told = self.world.aiop("--json", "events", "ingest", "-", stdin=json.dumps({**line, "id": f"{kind}/x/1"}))
            self.assertEqual((told.code, told.json["accepted"]), (BAD_INPUT, 0), told.out)
            self.assertIn("/id", told.json["refused"][0]["reason"])
        self.assertEqual([each for each in self.world.rows("event")
                          if each["envelope"]["id"].split("/")[0] in ("correction", "merge", "slo-breach")], [])


if __name__ == "__main__":
    harness.main()
