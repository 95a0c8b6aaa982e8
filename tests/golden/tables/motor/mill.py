# SPDX-License-Identifier: Apache-2.0
"""A table mill: loads rows, cleans them, sums them. What it knows of cells and dates is in cells.py."""
import json
import os
import sys

request = json.loads(sys.stdin.readline())
sys.path.insert(0, request["motorRef"])
import cells  # noqa: E402  (the motor's)

STEPS = ["load", "clean", "sum"]


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def path(name):
    return os.path.join(request["workDir"], name)


def load():
    with open(request["appSpecRef"], encoding="utf-8") as file, open(path("table.json"), "w", encoding="utf-8") as out:
        json.dump(json.load(file), out)


def clean():
    with open(path("table.json"), encoding="utf-8") as file:
        table = json.load(file)
    rows = [[cells.clean(kind, cell) for kind, cell in zip(table["kinds"], row)] for row in table["rows"]]
    say(usage={"tokens": 0, "cost_usd": 0, "latency_ms": cells.time(table)})
    with open(path("rows.json"), "w", encoding="utf-8") as file:
        json.dump(rows, file)


def sum():  # noqa: A001
    with open(path("rows.json"), encoding="utf-8") as file:
        rows = json.load(file)
    with open(path("sums.json"), "w", encoding="utf-8") as file:
        json.dump(cells.sums(rows), file)


begin = STEPS.index(request["checkpoint"]) + 1 if request.get("runMode") == "resume" else 0
status = "success"
for step in STEPS[begin:]:
    try:
        globals()[step]()
    except (ValueError, KeyError, TypeError, IndexError) as error:
        say(event={"scope": "app", "signal_type": "error", "severity": "error",
                   "payload": {"step": step, "details": f"{type(error).__name__} in {step}: {error}"}})
        status = "failed"
        break
    say(checkpoint=step)
say(result={"traceId": request["traceId"], "status": status, "artifacts": [], "signals": []})
