# SPDX-License-Identifier: Apache-2.0
"""A plant for tests that leaves children of every kind behind, writes their process ids to $AIOP_BROOD, and never ends.

Once the file $AIOP_BROOD.behave exists it just succeeds.
"""
import json
import os
import signal
import sys
import time

request = json.loads(sys.stdin.readline())
brood = os.environ.get("AIOP_BROOD", "")
began = time.time()


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def note(kind):
    """One write, so that lines do not mix. The start time tells a process from a later namesake."""
    with open(f"/proc/{os.getpid()}/stat", encoding="utf-8") as file:
        started = file.read().rsplit(")", 1)[1].split()[19]
    with open(brood, "a", encoding="utf-8") as file:
        file.write(f"{kind} {os.getpid()} {started}\n")


def wait_for_ever():
    while True:
        time.sleep(1000)


def deaf():
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)


def child(kind, *preparations, program=None, environment=None):
    if os.fork() != 0:
        return
    for prepare in preparations:
        prepare()
    note(kind)
    if program:
        os.execve(program[0], program, os.environ if environment is None else environment)
    wait_for_ever()


def daemon():
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)


def own_group():
    os.setpgid(0, 0)


if request["purpose"] != "run":
    sys.exit("experiments see no outside")
if os.path.exists(brood + ".behave"):
    say(checkpoint="behaved")
    say(result={"traceId": request["traceId"], "status": "success", "artifacts": [], "signals": []})
    sys.exit(0)

KINDS = {
    "plain": lambda: child("plain"),
    "session": lambda: child("session", os.setsid),
    "group": lambda: child("group", own_group),
    "daemon": lambda: child("daemon", daemon),
    "deaf": lambda: child("deaf", deaf),
    "deaf-daemon": lambda: child("deaf-daemon", daemon, deaf),
    "nohup": lambda: child("nohup", program=["/usr/bin/nohup", "/bin/sleep", "1000"]),
    "timeout": lambda: child("timeout", program=["/usr/bin/timeout", "1000", "/bin/sleep", "1000"]),
    "jobs": lambda: child("jobs", program=["/bin/bash", "-c", "set -m; sleep 1000 & disown -a; sleep 1000"]),
    "nameless-daemon": lambda: child("nameless-daemon", daemon, program=["/bin/sleep", "1000"], environment={}),
}
with open(brood + ".began", "w", encoding="utf-8") as out:
    out.write(str(began))
for start in KINDS.values():
    start()
say(checkpoint="born")
note("plant")
if os.environ.get("AIOP_BROOD_DEAF"):
    deaf()
wait_for_ever()
