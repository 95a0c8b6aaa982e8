"""The plant: reads a spec, computes shares, writes a table, checks it."""
import json
import os
import sys

from shares import shares


def send(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Failure(Exception):
    def __init__(self, scope, signal, details):
        super().__init__(details)
        self.scope, self.signal, self.details = scope, signal, details


def load(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def save(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(value if isinstance(value, str) else json.dumps(value, indent=1))


def read(request, work):
    """Takes the spec in, row by row."""
    try:
        with open(request["appSpecRef"], encoding="utf-8") as file:
            spec = json.load(file)
    except ValueError as error:
        raise Failure("app", "validation", f"the spec is no JSON: {error}")
    for index, row in enumerate(spec.get("rows", [])):
        if not isinstance(row.get("count"), int) or isinstance(row.get("count"), bool):
            raise Failure("app", "validation", f"/rows/{index}/count is no whole number: {row.get('count')!r}")
    save(work, "rows.json", spec)


def compute(request, work):
    """Adds each row's share."""
    spec = load(work, "rows.json")
    for row, share in zip(spec["rows"], shares([row["count"] for row in spec["rows"]])):
        row["share"] = share
    save(work, "shares.json", spec)


def render(request, work):
    """Writes the table."""
    spec = load(work, "shares.json")
    lines = [f"# {spec['title']}", "", "| name | count | share |", "|---|---:|---:|"]
    lines += [f"| {r['name']} | {r['count']} | {r['share'] / 10:.1f} % |" for r in spec["rows"]]
    save(work, "report.md", "\n".join(lines) + "\n")


def check(request, work):
    """Holds the written table against the pipeline's promise: shares add up to 100 %."""
    with open(os.path.join(work, "report.md"), encoding="utf-8") as file:
        cells = [line.split("|")[3] for line in file if line.startswith("| ") and "%" in line]
    total = sum(round(10 * float(cell.replace("%", ""))) for cell in cells)
    if total != 1000:
        raise Failure("motor", "error", f"the shares of the table add up to {total / 10:.1f} %, not to 100 %")


STEPS = [read, compute, render, check]


def main():
    request = json.loads(sys.stdin.readline())
    work, trace = request["workDir"], request["traceId"]
    names = [step.__name__ for step in STEPS]
    begin = names.index(request["checkpoint"]) + 1 if request.get("runMode") == "resume" else 0
    artifacts, status = [], "success"
    for step in STEPS[begin:]:
        name = step.__name__
        if os.environ.get("AIOP_STEP_LOG"):
            with open(os.environ["AIOP_STEP_LOG"], "a", encoding="utf-8") as file:
                file.write(f"{trace} {name} {request.get('purpose', 'run')}\n")
        print(f"step {name}: start", file=sys.stderr, flush=True)
        try:
            step(request, work)
        except Failure as failure:
            print(f"step {name}: failed: {failure.details}", file=sys.stderr, flush=True)
            send(event={"scope": failure.scope, "signal_type": failure.signal, "severity": "error",
                        "payload": {"step": name, "details": failure.details}})
            status = "failed"
            break
        send(checkpoint=name)
    if status == "success":
        artifacts.append({"id": "report.md", "path": "report.md", "role": "report"})
        send(artifact=artifacts[0])
    send(usage={"tokens": 0, "cost_usd": 0})
    send(result={"traceId": trace, "status": status, "artifacts": artifacts, "signals": []})


if __name__ == "__main__":
    main()
