"""The service interface in Python. Steps: copy, reverse, count. A spec with a line FAIL fails in the step reverse."""
import json
import os
import pathlib
import sys


def send(**message):
    print(json.dumps(message), flush=True)


def receive():
    line = sys.stdin.readline()
    return json.loads(line) if line else None


class Failure(Exception):
    pass


def copy(spec, work):
    source = spec / "spec.txt" if spec.is_dir() else spec
    (work / "copy.txt").write_text(source.read_text())


def reverse(spec, work):
    lines = (work / "copy.txt").read_text().splitlines()
    if "FAIL" in lines:
        raise Failure("the spec has a line FAIL")
    (work / "reverse.txt").write_text("\n".join(line[::-1] for line in lines) + "\n")


def count(spec, work):
    (work / "count.txt").write_text(f"{len((work / 'reverse.txt').read_text().splitlines())}\n")


STEPS = {"copy": copy, "reverse": reverse, "count": count}


def main():
    request = receive()
    spec, work, trace = pathlib.Path(request["appSpecRef"]), pathlib.Path(request["workDir"]), request["traceId"]
    names = list(STEPS)
    if request.get("runMode") == "resume":
        names = names[names.index(request["checkpoint"]) + 1:]
    for name in names:
        print(f"step {name}: start", file=sys.stderr, flush=True)
        if os.environ.get("AIOP_STEP_LOG"):
            with open(os.environ["AIOP_STEP_LOG"], "a", encoding="utf-8") as file:
                file.write(f"{trace} {name} {request.get('purpose', 'run')}\n")
        try:
            STEPS[name](spec, work)
        except Failure as failure:
            send(event={"scope": "app", "signal_type": "validation", "severity": "error",
                        "payload": {"step": name, "details": str(failure)}})
            send(result={"traceId": trace, "status": "failed", "artifacts": [], "signals": []})
            return 0
        send(checkpoint=name)
        if receive() != {"ack": name}:
            print(f"no acknowledgement of {name}", file=sys.stderr)
            return 1
    made = {"id": "reverse.txt", "path": "reverse.txt", "role": "text"}
    send(artifact=made)
    send(usage={"tokens": 0, "cost_usd": 0})
    send(result={"traceId": trace, "status": "success", "artifacts": [made], "signals": []})
    return 0


sys.exit(main())
