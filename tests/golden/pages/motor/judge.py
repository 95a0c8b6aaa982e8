# SPDX-License-Identifier: Apache-2.0
"""Judges a page's spec without the press:  judge.py SPEC"""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    spec = json.load(file)
print(json.dumps({"dialect": spec.get("dialect", "pages-1")}))
findings = []
if not isinstance(spec.get("title"), str):
    findings.append(("/title", "a page needs a title"))
for index, item in enumerate(spec.get("items", [])):
    if not isinstance(item.get("count"), int):
        findings.append((f"/items/{index}", f"the count must be a whole number, not {item.get('count')!r}"))
if spec.get("width", "narrow") not in ("narrow", "wide"):
    findings.append(("/width", "a page is narrow or wide"))
if "colour" in spec:
    findings.append(("/colour", "pages have no colour"))
for path, message in findings:
    print(json.dumps({"finding": {"path": path, "message": message}}))
sys.exit(1 if findings else 0)
