# SPDX-License-Identifier: Apache-2.0
"""A page press: reads a spec, lays it out, renders it, checks it. The rules are in rules.py, and all faults live there."""
import json
import os
import sys

request = json.loads(sys.stdin.readline())
sys.path.insert(0, request["motorRef"])
import rules  # noqa: E402  (the motor's)

STEPS = ["read", "layout", "render", "check"]
PROFILE = (request["profileTargets"] or ["screen"])[0]


class Refused(Exception):
    """The press's own check objects to the page."""


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def load(name):
    with open(os.path.join(request["workDir"], name), encoding="utf-8") as file:
        return json.load(file)


def save(name, value):
    with open(os.path.join(request["workDir"], name), "w", encoding="utf-8") as file:
        json.dump(value, file)


def world(name):
    """What the surroundings are like; empty if they are as usual."""
    try:
        with open(os.path.join(os.environ["AIOP_GOLDEN_WORLD"], name), encoding="utf-8") as file:
            return file.read().strip()
    except (KeyError, OSError):
        return ""


def outage(name, text):
    """Fails as often as the world says; only real runs use the outage up."""
    left = int(world(name) or 0)
    if left > 0 and request["purpose"] == "run":
        with open(os.path.join(os.environ["AIOP_GOLDEN_WORLD"], name), "w", encoding="utf-8") as file:
            file.write(str(left - 1))
    if left > 0:
        raise OSError(text)


def read():
    with open(request["appSpecRef"], encoding="utf-8") as file:
        save("spec.json", json.load(file))


def layout():
    spec = load("spec.json")
    sys.stderr.write(f"laying out {spec.get('title')}\n")
    save("layout.json", {"columns": rules.columns(spec), "rows": rules.rows(spec)})


def render():
    spec = load("spec.json")
    if spec.get("pictures"):
        outage("registry", "the picture registry did not answer: connection reset by peer")
    pages = rules.render(spec, load("layout.json"), PROFILE)
    save("pages.json", pages)
    say(usage={"tokens": len(json.dumps(pages)), "cost_usd": rules.cost(spec, PROFILE), "latency_ms": 5})


def check():
    spec, pages = load("spec.json"), load("pages.json")
    for complaint in rules.complaints(spec, pages):
        raise Refused(complaint)
    score = rules.score(spec, pages)
    say(event={"scope": "app", "signal_type": "quality_score", "severity": "error" if score < 0.8 else "info",
               "payload": {"value": score, "unit": "share", "details": "the reading score is below 0.8"}})
    return "failed" if score < 0.8 else "success"


def main():
    begin = STEPS.index(request["checkpoint"]) + 1 if request.get("runMode") == "resume" else 0
    status = "success"
    for step in STEPS[begin:]:
        try:
            status = globals()[step]() or status
        except (ValueError, KeyError, TypeError, OSError, Refused) as error:
            kind = "validation" if isinstance(error, Refused) else "error"
            say(event={"scope": "app", "signal_type": kind, "severity": "error",
                       "payload": {"step": step, "details": str(error.args[-1])}})
            status = "failed"
        if status == "failed":
            break
        say(checkpoint=step)
    say(result={"traceId": request["traceId"], "status": status, "artifacts": [], "signals": []})


main()
