"""A plant of three steps for tests: read, make, check. What fails is decided by the spec and by the motor's rule.txt."""
import json
import os
import sys

request = json.loads(sys.stdin.readline())
motor = request["motorRef"]
work = request["workDir"]
rule = open(os.path.join(motor, "rule.txt")).read().strip()
spec = json.load(open(request["appSpecRef"]))
steps = ["read", "make", "check"]


def say(message):
    print(json.dumps(message), flush=True)


def count(step):
    log = os.environ.get("AIOP_STEP_LOG")
    if log and request["purpose"] == "run":
        with open(log, "a") as out:
            out.write(f"{request['traceId']} {step}\n")


def fail(scope, kind, text):
    say({"event": {"scope": scope, "signal_type": kind, "severity": "error", "payload": {"details": text}}})
    say({"result": {"traceId": request["traceId"], "status": "failed", "artifacts": [], "signals": []}})
    sys.exit(0)


start = 0
if request.get("runMode") == "resume":
    start = steps.index(request["checkpoint"]) + 1
for step in steps[start:]:
    count(step)
    if step == "make" and rule == "buggy" and spec.get("wide"):
        fail("motor", "error", "KeyError: the template has no place for a wide page")
    if step == "check" and "title" not in spec:
        fail("app", "validation", "field 'title' is missing")
    with open(os.path.join(work, step + ".txt"), "w") as out:
        out.write(json.dumps(spec) + rule + "\n")
    say({"checkpoint": step})
say({"result": {"traceId": request["traceId"], "status": "success",
                "artifacts": [{"id": "page", "path": "make.txt", "role": "page"}], "signals": []}})
