# SPDX-License-Identifier: Apache-2.0
"""A build yard: fetches an app's folder, compiles it, runs its tests, packs it."""
import json
import os
import pathlib
import shutil
import sys

request = json.loads(sys.stdin.readline())
sys.path.insert(0, request["motorRef"])
import yardrules  # noqa: E402  (the motor's)

STEPS = ["fetch", "build", "test", "pack"]
WORK = pathlib.Path(request["workDir"])


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def fetch():
    shutil.copytree(request["appSpecRef"], WORK / "app", dirs_exist_ok=True)


def build():
    for path in sorted((WORK / "app").rglob("*.py")):
        yardrules.compile_one(path.relative_to(WORK / "app").as_posix(), path.read_text(encoding="utf-8"))
    yardrules.resolve(WORK / "app")


def test():
    for path in sorted((WORK / "app").glob("test_*.py")):
        space = {"__name__": "test", "folder": WORK / "app"}
        sys.path.insert(0, str(WORK / "app"))
        yardrules.run_test(path.name, path.read_text(encoding="utf-8"), space)


def pack():
    (WORK / "pack.txt").write_text("\n".join(sorted(os.listdir(WORK / "app"))), encoding="utf-8")


begin = STEPS.index(request["checkpoint"]) + 1 if request.get("runMode") == "resume" else 0
status = "success"
for step in STEPS[begin:]:
    try:
        globals()[step]()
    except yardrules.Broken as error:
        say(event={"scope": "app", "signal_type": "error", "severity": "error",
                   "payload": {"step": step, "details": str(error)}})
        status = "failed"
        break
    say(checkpoint=step)
say(result={"traceId": request["traceId"], "status": status, "artifacts": [], "signals": []})
