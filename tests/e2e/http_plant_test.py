# SPDX-License-Identifier: Apache-2.0
"""A plant behind HTTP: the same messages, and the state of a checkpoint instead of a folder."""
import http.server
import json
import threading

import harness
from harness import DONE, WAITING, by_app, wait_until


class Service:
    """Answers as a plant with the steps one, two and three. `hold` makes it wait after its first checkpoint."""

    def __init__(self):
        self.requests = []
        self.fail_two = set()  # apps whose step two fails, in real runs
        self.hold = threading.Event()
        self.hold.set()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.requests.append(request)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-ndjson")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    service.answer(request, self.say)
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True  # the caller is gone

            def say(self, **message):
                line = json.dumps(message).encode() + b"\n"
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                self.wfile.flush()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request, say):
        with open(request["appSpecRef"], encoding="utf-8") as file:
            title = json.load(file)["title"]
        done = (request.get("state") or {"done": []})["done"]
        result = {"traceId": request["traceId"], "artifacts": [], "signals": []}
        for step in ["one", "two", "three"][len(done):]:
            if step == "two" and title in self.fail_two and request["purpose"] == "run":
                say(event={"scope": "motor", "signal_type": "error", "severity": "error",
                           "payload": {"details": "the upstream closed the connection"}})
                say(result={**result, "status": "failed"})
                return
            done = [*done, step]
            say(checkpoint=step, state={"done": done, "title": title})
            if not self.hold.is_set():
                self.hold.wait(60)
        say(usage={"tokens": 3, "cost_usd": 0.01, "latency_ms": 5})
        say(result={**result, "status": "success"})

    def close(self):
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


class HttpPlant(harness.Case):
    def setUp(self):
        super().setUp()
        self.service = Service()
        self.addCleanup(self.service.close)

    def begin(self, specs):
        port = self.service.server.server_address[1]
        motor = self.world.motor({"motor.yaml": "name: upstream\nversion: 1.0.0\n"
                                                f"run: {{http: 'http://127.0.0.1:{port}/run'}}\n"})
        self.world.add_plant(motor, "upstream")
        self.world.add_apps(specs, "upstream")

    def real(self):
        return [request for request in self.service.requests if request["purpose"] == "run"]

    def test_it_runs(self):
        self.begin({"one": {"title": "One"}})
        run = self.expect_code(self.world.run(plant="upstream"), DONE).summary["runs"][0]
        self.assertEqual(run["status"], "SUCCESS")
        request, = self.service.requests
        self.assertNotIn("workDir", request)
        self.assertEqual((request["traceId"], request["runMode"], request["motorVersion"], request["profileTargets"]),
                         (run["id"], "fresh", "1.0.0", []))
        self.assertEqual([each["name"] for each in self.world.rows("checkpoint")], ["one", "two", "three"])

    def test_a_failed_one_goes_on_with_the_state_of_its_checkpoint(self):
        self.begin({"one": {"title": "One"}})
        self.service.fail_two = {"One"}

        # In real runs only, and only once: chance, as far as anybody can tell.
        answer = self.service.answer

        def once(request, say):
            answer(request, say)
            if request["purpose"] == "run":
                self.service.fail_two = set()
        self.service.answer = once
        result = self.expect_code(self.world.run(plant="upstream"), DONE)
        run = result.summary["runs"][0]
        self.assertEqual((run["status"], run["steps_redone"]), ("SUCCESS", 0))
        self.assertEqual([each["category"] for each in result.summary["decisions"]], ["TRANSIENT"])
        first, second = self.real()
        self.assertEqual((second["runMode"], second["checkpoint"]), ("resume", "one"))
        self.assertEqual(second["state"], {"done": ["one"], "title": "One"})
        self.assertEqual(second["traceId"], first["traceId"])
        self.assertTrue(second["stepKey"].startswith(second["traceId"]))

    def test_killed_it_goes_on_with_the_state_of_its_checkpoint(self):
        self.begin({"one": {"title": "One"}})
        self.service.hold.clear()
        running = self.world.start("--json", "run", "--plant", "upstream")
        told = self.world.folder / "running.out"
        wait_until(lambda: '{"checkpoint"' in told.read_text(), 20, "a checkpoint is told")
        running.kill()
        self.service.hold.set()
        run = self.expect_code(self.world.run(plant="upstream"), DONE).summary["runs"][0]
        self.assertEqual(run["status"], "SUCCESS")
        _, second = self.real()
        self.assertEqual((second["runMode"], second["checkpoint"], second["state"]["done"]), ("resume", "one", ["one"]))

    def test_a_service_that_is_not_there_is_a_failure_of_the_run(self):
        self.begin({"one": {"title": "One"}})
        self.service.close()
        answer = self.expect_code(self.world.run(plant="upstream"), WAITING)
        self.assertEqual(by_app(answer.summary)["one"]["status"], "PAUSED")


if __name__ == "__main__":
    harness.main()
