# SPDX-License-Identifier: Apache-2.0
"""A form factory for tests. Steps: prepare, which looks at no spec, then build and publish.

A spec is a file, or a folder with form.json and parts/*.json. The factory takes nothing that its rules do not name, and
blames the app for everything.
"""
import json
import os
import pathlib
import sys

STEPS = ["prepare", "build", "publish"]
request = json.loads(sys.stdin.readline())
sys.path.insert(0, request["motorRef"])
import form_rules  # noqa: E402  (the motor's)

work = pathlib.Path(request["workDir"])


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def log(step):
    try:
        with open(os.environ["AIOP_STEP_LOG"], "a", encoding="utf-8") as file:
            file.write(f"{request['traceId']} {step} {request['purpose']}\n")
    except (KeyError, OSError):
        pass  # experiments see no outside


def prepare():
    (work / "paper.json").write_text('{"sheets": 1}', encoding="utf-8")


def build():
    form, broken = form_rules.load(request["appSpecRef"])
    for _, message in broken + form_rules.problems(form):
        raise ValueError(message)
    (work / "form.json").write_text(json.dumps(form), encoding="utf-8")


def publish():
    (work / "published.json").write_text((work / "form.json").read_text(encoding="utf-8"), encoding="utf-8")


def main():
    begin = STEPS.index(request["checkpoint"]) + 1 if request.get("runMode") == "resume" else 0
    status = "success"
    for step in STEPS[begin:]:
        log(step)
        try:
            globals()[step]()
        except ValueError as error:
            say(event={"scope": "app", "signal_type": "error", "severity": "error",
                       "payload": {"step": step, "details": str(error)}})
            status = "failed"
            break
        say(checkpoint=step)
    say(result={"traceId": request["traceId"], "status": status, "artifacts": [], "signals": []})


main()
