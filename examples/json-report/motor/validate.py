"""Independent of the pipeline: is this a spec at all?   validate.py SPEC"""
import json
import sys

findings = []


def expect(good, path, message):
    if not good:
        findings.append({"path": path, "message": message})
    return good


with open(sys.argv[1], encoding="utf-8") as file:
    try:
        spec = json.load(file)
    except ValueError as error:
        spec = {}
        expect(False, "", f"no JSON: {error}")
if expect(isinstance(spec.get("rows"), list) and spec["rows"], "/rows", "a list with at least one row is needed"):
    for index, row in enumerate(spec["rows"]):
        count = row.get("count") if isinstance(row, dict) else None
        expect(type(count) is int and count >= 0, f"/rows/{index}", f"the count must be a whole number, not {count!r}")
expect(isinstance(spec.get("title"), str), "/title", "a title is needed")
print(json.dumps({"dialect": "report-1"}))
for finding in findings:
    print(json.dumps({"finding": finding}))
sys.exit(1 if findings else 0)
