# SPDX-License-Identifier: Apache-2.0
"""What comes after a fix: it is watched, confirmed and learned, or taken back; and what was learned heals again."""
import http.server
import json
import threading

import harness
import pages
from harness import BAD_INPUT, DONE, WAITING, by_app, git, version_of
from loop_test import LoopCase

SECRET = "s" * 64
HOUR = 3_600_000
CARE = "after_care: {runs: 3, within: 1h}\n"
PART = "components: {layouter: 1.2.0}\n"


def up_to(items):
    """A fix that holds only for pages with so many items: the symptom is back once a page grows."""
    return pages.RIGHT.replace("    return COLUMNS[width]",
                               f"    if width == 'wide' and len(spec.get('items', [])) > {items}:\n"
                               "        raise KeyError(f\"no place for pages of width '{width}'\")\n"
                               "    return COLUMNS[width]")


def wide(items):
    return {"title": "wide", "width": "wide", "items": [{"count": count} for count in range(items)]}


# The owner's next version: all around the fault is different, the fault is still there.
MOVED = pages.LAYOUT.replace('"""Where things go on a page."""',
                             '"""Where things go, and how far from the edge."""\nMARGIN = 3') \
    .replace("def columns(spec)", "def margin():\n    return MARGIN\n\n\ndef columns(spec)")


class LearningCase(LoopCase):
    def setUp(self):
        super().setUp()
        self.clock = self.world.folder / "clock"
        self.passed = 0
        self.pass_time(0)
        self.world.ok("init")
        # The clock can be put wrong only in a home that is marked as a drill's.
        (self.world.home / "drill").write_text(SECRET)
        self.world.extra["AIOP_CHAOS_CLOCK"] = f"{SECRET}:{self.clock}"

    def pass_time(self, milliseconds):
        self.passed += milliseconds
        self.clock.write_text(str(self.passed))

    def motor_files(self, more=CARE + PART):
        files = pages.files(more=more)
        files["motor.yaml"] = files["motor.yaml"].replace("patch_sources: [branch]", "patch_sources: [pattern, branch]")
        return files

    def change(self, number=-1):
        return self.world.ok("change", "show", self.changes()[number]["id"]).json

    def incident(self):
        found = self.world.ok("incidents").items
        self.assertEqual(len(found), 1, found)
        return found[0]

    def pattern(self):
        found = self.world.ok("patterns", "ls").items
        self.assertEqual(len(found), 1, found)
        return found[0]

    def fresh(self, code, *apps, plant="pages"):
        words = [word for app in apps for word in ("--app", app)]
        return self.expect_code(self.world.run("--fresh", *words, plant=plant), code).summary

    def grow(self, items):
        self.world.ok("app", "update", "wide", "--spec", self.world.spec("wide", wide(items)))

    def confirm(self, *apps):
        """Lets the window of the last change end well."""
        self.fresh(DONE, *apps)
        self.pass_time(2 * HOUR)
        self.fresh(DONE, *apps)
        care = self.change()["after_care"]
        self.assertEqual(care["state"], "confirmed", care)


class AfterCare(LearningCase):
    def test_a_fix_is_confirmed_by_runs_and_time_together(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, motor=self.motor_files(),
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        self.run_all(DONE)
        care = self.change()["after_care"]
        self.assertEqual((care["state"], care["runs_seen"], care["runs_wanted"]), ("watching", 1, 3))
        self.pass_time(2 * HOUR)
        self.fresh(DONE, "narrow")
        care = self.change()["after_care"]
        self.assertEqual((care["state"], care["runs_seen"]), ("watching", 2), "time alone confirms nothing")
        self.assertIn("2 of 3 runs", care["because"])
        self.assertEqual(self.world.ok("patterns", "ls").items, [])
        self.fresh(DONE, "wide")
        care = self.change()["after_care"]
        self.assertEqual((care["state"], care["runs_seen"]), ("confirmed", 3))
        pattern = self.pattern()
        self.assertEqual((pattern["state"], pattern["successes"], pattern["failures"]), ("candidate", 1, 0))
        self.assertEqual(pattern["fingerprint"], self.incident()["fingerprint"])
        self.assertEqual(pattern["recipe"]["paths"], ["layout.py"], "neither version nor changelog")
        self.assertNotIn("CHANGELOG", pattern["recipe"]["text"])
        self.assertEqual(pattern["components"], {"layouter": "1.2.0"})

    def test_runs_alone_confirm_nothing(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, motor=self.motor_files(),
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        self.run_all(DONE)
        for _ in range(3):
            self.fresh(DONE, "wide")
        care = self.change()["after_care"]
        self.assertEqual((care["state"], care["runs_seen"]), ("watching", 4))
        self.assertIn("watched until", care["because"])

    def test_a_version_that_somebody_left_is_not_watched_any_more(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, motor=self.motor_files(),
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        self.run_all(DONE)
        self.world.ok("motor", "rollback", "pages", "--because", "a rehearsal")
        self.pass_time(2 * HOUR)
        self.fresh(DONE, "narrow")
        care = self.change()["after_care"]
        self.assertEqual(care["state"], "replaced")
        self.assertIn("a rehearsal", care["because"])
        self.assertEqual(self.world.ok("patterns", "ls").items, [])

    def test_a_failure_that_is_back_takes_its_fix_back(self):
        self.begin({"narrow": pages.NARROW, "wide": wide(1)}, motor=self.motor_files(),
                   fixes={"fix/small": {"layout.py": up_to(1)}})
        self.run_all(DONE)
        self.assertEqual((self.world.active(), self.incident()["state"]), ("1.0.1", "resolved"))
        self.grow(2)
        summary = self.fresh(WAITING, "wide")
        self.expect_paused(by_app(summary)["wide"], "fix")
        self.assertEqual(self.world.active(), "1.0.0")
        change = self.change()
        self.assertEqual((change["status"], change["after_care"]["state"]), ("rolled_back", "returned"))
        self.assertEqual(change["after_care"]["returns"], [by_app(summary)["wide"]["id"]])
        incident = self.incident()
        self.assertEqual((incident["reopened"], incident["useless_fixes"]), (1, 1))
        self.assertNotEqual(incident["state"], "resolved")
        self.assertNotIn("breaker", incident)
        said = self.world.aiop("incident", "show", incident["id"]).out
        self.assertIn("reopened     1 time", said)
        # It is not tried a second time.
        self.expect_code(self.world.run("--app", "wide"), WAITING)
        self.assertEqual(len(self.changes()), 1)

    def test_killed_while_it_goes_back_it_goes_back_all_the_same(self):
        self.begin({"narrow": pages.NARROW, "wide": wide(1)}, motor=self.motor_files(),
                   fixes={"fix/small": {"layout.py": up_to(1)}})
        self.run_all(DONE)
        self.grow(2)
        log = self.world.folder / "points"
        for point in ("followup.went_back", "followup.returned"):
            with self.subTest(point=point):
                world = harness.World(self.world.folder)
                self.addCleanup(world.close)
                home = world.folder / "copy"
                harness.shutil.copytree(self.world.home, home, symlinks=True)
                environment = dict(self.world.extra, AIOP_CRASH_LOG=str(log))
                arguments = ("--json", "run", "--plant", "pages", "--fresh", "--app", "wide")
                log.write_text("")
                rehearsal = world.folder / "rehearsal"
                harness.shutil.copytree(self.world.home, rehearsal, symlinks=True)
                world.aiop(*arguments, home=rehearsal, environment=environment)
                numbers = [line.split()[0] for line in log.read_text().splitlines() if line.split()[1] == point]
                self.assertTrue(numbers, log.read_text())
                killed = world.aiop(*arguments, home=home, environment=dict(self.world.extra, AIOP_CRASH_AT=numbers[0]))
                self.assertIn(killed.code, (-9, WAITING), str(killed))
                world.aiop("--json", "run", "--plant", "pages", "--app", "wide", home=home,
                           environment=self.world.extra)
                incident, = world.aiop("--json", "incidents", home=home).items
                self.assertEqual(incident["useless_fixes"], 1)
                change, = world.aiop("--json", "change", "ls", home=home).items
                self.assertEqual((change["status"], change["after_care"]["state"]), ("rolled_back", "returned"))

    def test_back_in_another_app_only_it_is_for_a_human(self):
        # What the fix has no place for is another width of the same failure.
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, motor=self.motor_files(),
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        self.run_all(DONE)
        self.world.add_apps({"huge": dict(pages.WIDE, title="huge", width="huge")})
        self.fresh(WAITING, "huge")
        change = self.change()
        self.assertEqual((change["status"], change["after_care"]["state"]), ("promoted", "returned"))
        self.assertIn("a human has to look", change["after_care"]["because"])
        self.assertEqual(self.world.active(), "1.0.1", "what it healed stays healed")
        self.fresh(DONE, "wide")
        events = self.world.aiop("--json", "events", "tail", "--all", "--severity", "critical").lines
        self.assertTrue(any(change["id"] == event["payload"].get("change") for event in events), events)


class Receiver:
    """A real HTTP server that pages are sent to; it refuses while `status` says so."""

    def __init__(self):
        self.status, self.pages = 503, []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.pages.append((self.headers["Idempotency-Key"], body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/page"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Breaker(LearningCase):
    def open_breaker(self, more=""):
        """Three fixes that hold until the page grows, and a fourth that would be right."""
        self.begin({"narrow": pages.NARROW, "wide": wide(1)}, motor=self.motor_files(CARE + more),
                   fixes={f"fix/{name}": {"layout.py": up_to(items)}
                          for name, items in (("a", 1), ("b", 2), ("c", 3), ("d", 9))})
        self.run_all(DONE)
        for items in (2, 3):
            self.grow(items)
            self.fresh(DONE, "wide")
        self.assertEqual([change["origin"][:5] for change in self.changes()], ["fix/a", "fix/b", "fix/c"])
        self.grow(4)
        self.expect_paused(by_app(self.fresh(WAITING, "wide"))["wide"], "breaker")
        self.assertEqual(len(self.changes()), 3, "no fourth")
        self.assertEqual(self.world.active(), "1.0.0")

    def test_a_human_may_bring_a_fix_all_the_same(self):
        self.open_breaker()
        patch = self.world.folder / "fix.diff"
        patch.write_text(self.motor.patch({"layout.py": pages.RIGHT}))
        self.expect_code(self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch)), DONE)
        self.assertEqual(self.runs()["wide"]["state"], "SUCCESS")

    def test_after_three_useless_fixes_a_human_is_paged_and_no_fourth_is_tried(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self.open_breaker(f"page: {receiver.url}\n")
        incident = self.incident()
        self.assertEqual(incident["useless_fixes"], 3)
        self.assertIn("3 fixes", incident["breaker"])
        self.assertIn("3 fixes", self.world.ok("decisions").items[-1]["outcome"])

        # The receiver refused it: it is sent again, and then no more.
        self.assertEqual(len(receiver.pages), 1)
        receiver.status = 204
        self.expect_code(self.world.run("--app", "wide"), WAITING)
        self.assertEqual(len(receiver.pages), 2)
        self.expect_code(self.world.run("--app", "wide"), WAITING)
        self.assertEqual(len(receiver.pages), 2)
        (first, body), (second, again) = receiver.pages
        self.assertEqual((first, body), (second, again))
        self.assertEqual((body["kind"], body["severity"], body["incident"]), ("breaker", "critical", incident["id"]))
        self.assertEqual(len(self.changes()), 3)

        said = self.world.aiop("incident", "show", incident["id"]).out
        self.assertIn("breaker      open", said)
        self.expect_code(self.world.aiop("incident", "close-breaker", incident["id"]), BAD_INPUT)
        self.world.ok("incident", "close-breaker", incident["id"], "--because", "fix/d was looked at")
        self.expect_code(self.world.aiop("incident", "close-breaker", incident["id"], "--because", "x"), BAD_INPUT)
        self.expect_code(self.world.run("--app", "wide"), DONE)
        self.assertEqual(self.changes()[-1]["origin"][:5], "fix/d")


class Learning(LearningCase):
    def learn(self):
        """The first time: nobody has a fix; a human brings one ten minutes later, and it is confirmed."""
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, motor=self.motor_files())
        self.run_all(WAITING)
        self.pass_time(600_000)
        patch = self.world.folder / "fix.diff"
        patch.write_text(self.motor.patch({"layout.py": pages.RIGHT}))
        self.expect_code(self.world.aiop("--json", "change", "submit", "--plant", "pages", "--patch", str(patch)), DONE)
        self.confirm("narrow", "wide")
        return self.pattern()

    def expect_second_time_in_seconds(self, pattern, plant):
        first, second = pattern["uses"][0], pattern["uses"][-1]
        self.assertEqual((second["plant"], second["outcome"]), (plant, "trying"))
        self.assertGreaterEqual(first["elapsed_ms"], 600_000)
        self.assertLess(second["elapsed_ms"], 60_000)
        said = self.world.aiop("patterns", "show", pattern["id"]).out
        self.assertIn("took         first 10 min", said)
        print(f"\n{plant}: first time {first['elapsed_ms']} ms, second time {second['elapsed_ms']} ms", flush=True)

    def test_another_app_on_a_motor_that_has_moved(self):
        learned = self.learn()
        self.world.ok("motor", "rollback", "pages", "--because", "the owner starts anew")
        moved = self.motor_files()
        moved["motor.yaml"] = moved["motor.yaml"].replace("version: 1.0.0", "version: 1.1.0")
        moved["layout.py"] = MOVED
        self.motor.release("1.1.0", moved)
        self.world.add_apps({"wider": pages.WIDER})
        self.fresh(DONE, "wider")
        change = self.change()
        self.assertEqual((change["source"], change["pattern"], change["status"]), ("pattern", learned["id"], "promoted"))
        self.assertEqual(change["base_version"], "1.1.0")
        gates = self.gates_of(change["id"])
        for gate in ("red_without", "green_with", "lint", "tests", "golden"):
            self.assertEqual(gates.get(gate), ["pass"], gates)
        self.assertIn("MARGIN", git(self.world.home / "motor" / "pages" / "repository.git", "show",
                                    f"{change['candidate']}:layout.py"))
        self.expect_second_time_in_seconds(self.pattern(), "pages")

        self.confirm("narrow", "wider")
        promoted = self.pattern()
        self.assertEqual((promoted["state"], promoted["successes"], promoted["version"]), ("promoted", 2, 2))
        self.assertEqual([use["outcome"] for use in promoted["uses"]], ["healed", "healed"])
        self.assertNotEqual(promoted["recipe"]["text"], learned["recipe"]["text"], "as it was carried out last")
        exported = json.loads(self.world.aiop("patterns", "export", promoted["id"]).out)
        self.assertEqual(exported, promoted)

    def other_plant(self, more):
        files = self.motor_files(CARE + more)
        files["motor.yaml"] = files["motor.yaml"].replace("name: page-factory", "name: leaflet-press")
        files["layout.py"] = MOVED
        self.world.add_plant(self.world.motor(files, name="press"), name="leaflets")
        self.world.add_apps({"flyer": pages.WIDE}, plant="leaflets")

    def test_another_plant_that_shares_the_part(self):
        learned = self.learn()
        self.other_plant("components: {layouter: 1.3.5}\n")
        self.expect_code(self.world.run(plant="leaflets"), DONE)
        change = self.change()
        self.assertEqual((change["plant"], change["source"], change["pattern"]), ("leaflets", "pattern", learned["id"]))
        self.assertIn("shares layouter 1.3.5", change["title"])
        self.assertEqual(self.gates_of(change["id"])["green_with"], ["pass"])
        self.expect_second_time_in_seconds(self.pattern(), "leaflets")

    def test_another_plant_that_shares_nothing(self):
        self.learn()
        self.other_plant("components: {binder: 1.2.0}\n")
        self.expect_code(self.world.run(plant="leaflets"), WAITING)
        self.assertEqual(len(self.changes()), 1)

    def test_a_learned_fix_that_does_not_hold_is_demoted_and_not_tried_again(self):
        self.begin({"narrow": pages.NARROW, "wide": wide(1)}, motor=self.motor_files(),
                   fixes={"fix/small": {"layout.py": up_to(1)}})
        self.run_all(DONE)
        self.confirm("narrow", "wide")
        self.world.ok("motor", "rollback", "pages")
        self.fresh(DONE, "wide")
        self.assertEqual(self.change()["source"], "pattern")
        self.grow(2)
        self.fresh(WAITING, "wide")
        pattern = self.pattern()
        self.assertEqual((pattern["state"], pattern["failures"]), ("demoted", 1))
        self.assertEqual([use["outcome"] for use in pattern["uses"]], ["healed", "not_healed"])
        self.assertIn("back", pattern["because"])
        changes = len(self.changes())
        self.fresh(WAITING, "wide")
        self.assertEqual([change["source"] for change in self.changes()[changes:]
                          if change["source"] == "pattern"], [])

    def test_one_that_was_demoted_by_hand_is_not_tried(self):
        learned = self.learn()
        self.expect_code(self.world.aiop("patterns", "demote", learned["id"]), BAD_INPUT)
        self.world.ok("patterns", "demote", learned["id"], "--because", "the layouter is rewritten")
        self.world.ok("motor", "rollback", "pages")
        self.fresh(WAITING, "wide")
        self.assertEqual(len(self.changes()), 1)


class Suggestions(LearningCase):
    def test_the_same_fault_in_three_apps_suggests_a_check(self):
        self.begin({f"defective-{row}": {"title": f"d{row}", "items": [{"count": 1}] * row + [{"count": "seven"}]}
                    for row in (1, 2)}, motor=self.motor_files())
        self.run_all(WAITING)
        self.assertEqual(self.world.ok("patterns", "ls", "--suggestions").items, [])
        self.world.add_apps({"defective-3": {"title": "d3", "items": [{"count": 1}] * 3 + [{"count": "seven"}]}})
        self.run_all(WAITING)
        check, = self.world.ok("patterns", "ls", "--suggestions").items
        self.assertEqual(check["recipe"]["kind"], "validator")
        schema = json.loads(check["recipe"]["text"])
        self.assertIn("whole number", schema["properties"]["items"]["items"]["description"])
        self.assertIn("3 apps", check["because"])
        self.assertEqual({each["side"] for each in self.changes()}, {"app"}, "it is never applied by itself")
        self.assertEqual(self.world.ok("patterns", "ls").items, [])


class Impact(LearningCase):
    def test_the_changelog_says_what_each_version_came_to(self):
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE}, motor=self.motor_files(),
                   fixes={"fix/wide-pages": {"layout.py": pages.RIGHT}})
        self.run_all(DONE)
        self.confirm("narrow", "wide")
        entry, = self.world.ok("motor", "changelog", "pages").items
        failures, = [each for each in entry["impact"]["comparisons"] if each["signal"] == "failures"]
        self.assertEqual((failures["before"]["samples"], failures["before"]["value"]), (2, 0.5))
        self.assertEqual((failures["after"]["samples"], failures["after"]["value"]), (5, 0))
        self.assertLess(failures["before"]["low"], 0.5)
        self.assertEqual(entry["incidents"], [self.incident()["id"]])
        self.assertEqual(entry["after_care"]["state"], "confirmed")
        said = self.world.aiop("motor", "changelog", "pages").out
        self.assertIn("failed runs: 1 of 2 (50.0 %", said)
        self.assertIn("after-care: confirmed", said)

        # The next version carries it in the motor's own changelog; the version it is about stays as it was tagged.
        self.motor.branch("fix/comment", {"layout_of.py": pages.LAYOUT_OF + "# Nothing else.\n"})
        self.world.ok("change", "submit", "--plant", "pages", "--branch", "fix/comment")
        repository = self.world.home / "motor" / "pages" / "repository.git"
        log = git(repository, "show", "v1.0.2:CHANGELOG.md")
        self.assertIn("- Measured: failed runs: 1 of 2 (50.0 %", log.split("## 1.0.1")[1])
        self.assertNotIn("Measured", log.split("## 1.0.1")[0])
        self.assertNotIn("Measured", git(repository, "show", "v1.0.1:CHANGELOG.md"))


class ExampleFlow(LearningCase):
    """The specification's example flow, step by step."""

    def test_from_a_validation_error_to_the_record_and_the_impact(self):
        files = self.motor_files()
        files["plant.py"] = files["plant.py"].replace('"signal_type": "error"', '"signal_type": "validation"')
        self.begin({"narrow": pages.NARROW, "wide": pages.WIDE, "wider": pages.WIDER}, motor=files)

        # 1. An observer emits a validation error during an app run.
        paused = by_app(self.run_all(WAITING, "--app", "narrow", "--app", "wide", "--app", "wider"))
        events = [event for event in self.world.aiop("--json", "events", "tail", "--all", "--severity", "error").lines
                  if event.get("scope") == "app"]
        self.assertEqual({event["signal_type"] for event in events}, {"validation"})
        self.assertEqual({event["trace_id"] for event in events}, {paused[app]["id"] for app in ("wide", "wider")})

        # 2. The operator finds similar incidents across multiple apps and classifies it as MOTOR-RULES.
        incident = self.incident()
        self.assertEqual(sorted(incident["apps"]), ["wide", "wider"])
        decision = self.world.ok("decisions").items[0]
        self.assertEqual((decision["category"], decision["incident_id"]), ("MOTOR-RULES", incident["id"]))
        self.expect_evidence_exists(decision)

        # 3. The motor is patched, validated, and the version is bumped.
        self.motor.branch("fix/wide-pages", {"layout.py": pages.RIGHT})
        healed = by_app(self.run_all(DONE, "--app", "wide", "--app", "wider"))
        change = self.change()
        self.assertEqual((change["status"], change["base_version"], change["version"]), ("promoted", "1.0.0", "1.0.1"))
        self.assertEqual({gate["verdict"] for gate in change["gates"]}, {"pass"}, change["gates"])
        self.assertIn("v1.0.1", self.world.tags())

        # 4. The app resumes from its checkpoint and completes successfully.
        for app in ("wide", "wider"):
            self.assertEqual((healed[app]["id"], healed[app]["status"]), (paused[app]["id"], "SUCCESS"))
            self.assertEqual(healed[app]["steps_redone"], 0)
            self.assertEqual(self.world.steps_of(healed[app]["id"]),
                             ["read", "reserve", "layout", "layout", "check", "publish"])

        # 5. The decision record and impact metrics are logged.
        self.assertEqual(self.world.aiop("decisions", "verify").code, DONE)
        record = self.world.ok("decision", "show", decision["decision_id"]).json
        self.assertEqual(record["outcome"], "healed")
        self.assertIn(change["id"], json.dumps(record["action_plan"]))
        entry, = self.world.ok("motor", "changelog", "pages").items
        self.assertEqual(entry["incidents"], [incident["id"]])
        self.assertEqual((entry["impact"]["runs_healed"], entry["impact"]["runs_not_healed"]), (2, 0))
        self.assertEqual(entry["impact"]["steps_saved"], 4)
        failures, = [each for each in entry["impact"]["comparisons"] if each["signal"] == "failures"]
        self.assertGreater(failures["before"]["value"], failures["after"]["value"])
        self.assertEqual(version_of(healed["wide"]["motor"]), "1.0.1")
        self.assertEqual(self.incident()["state"], "resolved")


if __name__ == "__main__":
    harness.main()
