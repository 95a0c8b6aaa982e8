# SPDX-License-Identifier: Apache-2.0
"""A page factory on standard streams that repeats what the spec says wherever a tool can: in the failure's message, in
attributes of the event, on standard error as it is, and on standard output as a tool's log lines."""
import json
import os
import sys

request = json.loads(sys.stdin.readline())
sys.path.insert(0, request["motorRef"])
import layout  # noqa: E402  (the motor's)


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main():
    with open(request["appSpecRef"], encoding="utf-8") as file:
        spec = json.load(file)
    text = spec["text"]
    if request.get("runMode") != "resume":
        say(checkpoint="read")
    sys.stderr.buffer.write(layout.said(spec) + b"\n")
    sys.stderr.flush()
    for line in text.split("\n"):
        sys.stdout.write(f"tool> {json.dumps(line)}\n")
    status = "success"
    try:
        page = layout.lay_out(spec)
        with open(os.path.join(request["workDir"], "page.json"), "w", encoding="utf-8") as file:
            json.dump(page, file)
        say(artifact={"id": "page", "path": "page.json", "role": "page"})
    except ValueError as error:
        say(event={"scope": "motor", "signal_type": "error", "severity": "error",
                   "payload": {"details": f"page {text}: {error}", "tool": text[:20000],
                               "attributes": {text[:200]: [text[:200]]}}})
        status = "failed"
    say(result={"traceId": request["traceId"], "status": status, "artifacts": [], "signals": []})


main()
