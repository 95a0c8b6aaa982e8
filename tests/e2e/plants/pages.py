# SPDX-License-Identifier: Apache-2.0
"""A page factory for tests. Steps: read, reserve, layout, check, publish. What fails is a matter of spec and motor.

`reserve` and `publish` act outside: they put a file named after their step key into $AIOP_EFFECTS, which refuses a key
it has seen. The plant blames the app for everything, as dumb tools do.
"""
import json
import os
import sys

STEPS = ["read", "reserve", "layout", "check", "publish"]

request = json.loads(sys.stdin.readline())
sys.path.insert(0, request["motorRef"])
import layout as rules  # noqa: E402  (the motor's)

work, trace, real = request["workDir"], request["traceId"], request["purpose"] == "run"


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def log(step):
    try:
        with open(os.environ["AIOP_STEP_LOG"], "a", encoding="utf-8") as file:
            file.write(f"{trace} {step} {request['purpose']}\n")
    except (KeyError, OSError):
        pass  # experiments see no outside


def load(name):
    with open(os.path.join(work, name), encoding="utf-8") as file:
        return json.load(file)


def save(name, value):
    with open(os.path.join(work, name), "w", encoding="utf-8") as file:
        json.dump(value, file)


def act(what, after):
    if not real:
        return
    # The key of the request belongs to the first step of this start; later ones are made the same way.
    key = request["stepKey"] if request.get("checkpoint", "") == after else f"{trace}:{after}"
    # Whole or not at all, whenever the plant is killed.
    path = os.path.join(os.environ["AIOP_EFFECTS"], key.replace("/", "_"))
    draft = os.path.join(work, "effect")
    with open(draft, "w", encoding="utf-8") as file:
        file.write(f"{what} {load('read.json')['title']}")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    os.unlink(draft)


def read():
    with open(request["appSpecRef"], encoding="utf-8") as file:
        spec = json.load(file)
    if spec.get("dialect", "pages-1") not in rules.DIALECTS:
        raise ValueError(f"unknown dialect '{spec['dialect']}'")
    save("read.json", spec)


def reserve():
    act("reserved", "read")
    flaky = load("read.json").get("flaky")
    if flaky and real:
        marker = os.path.join(os.environ["AIOP_EFFECTS"], "..", "flake-" + trace)
        if not os.path.exists(marker):
            with open(marker, "w", encoding="utf-8"):
                pass
            raise ValueError("the registry did not answer")


def layout():
    spec = load("read.json")
    save("layout.json", {"title": spec.get("title"), "rows": rules.rows(spec), "columns": rules.columns(spec)})


def check():
    page = load("layout.json")
    for index, row in enumerate(page["rows"]):
        if not isinstance(row, int):
            raise ValueError(f"row {index} of the page holds no number")


def publish():
    act("published", "check")
    save("published.json", {"page": load("layout.json")})


def main():
    begin = STEPS.index(request["checkpoint"]) + 1 if request.get("runMode") == "resume" else 0
    status = "success"
    for step in STEPS[begin:]:
        log(step)
        try:
            globals()[step]()
        except (ValueError, KeyError, TypeError) as error:
            say(event={"scope": "app", "signal_type": "error", "severity": "error",
                       "payload": {"step": step, "details": str(error.args[0])}})
            status = "failed"
            break
        say(checkpoint=step)
    made = [{"id": "page", "path": "layout.json", "role": "page"}] if status == "success" else []
    for artifact in made:
        say(artifact=artifact)
    say(usage={"tokens": 0, "cost_usd": 0})
    say(result={"traceId": trace, "status": status, "artifacts": made, "signals": []})


main()
