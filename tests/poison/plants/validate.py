# SPDX-License-Identifier: Apache-2.0
"""Judges a page's spec without a factory, and repeats what it says:  validate.py SPEC"""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    spec = json.load(file)
print(json.dumps({"dialect": "pages-1"}))
sys.stderr.write(json.dumps(spec["text"])[:20000] + "\n")
found = 0
for index, item in enumerate(spec["items"]):
    if not isinstance(item["count"], int):
        found += 1
        print(json.dumps({"finding": {"path": f"/items/{index}",
                                      "message": f"the count must be a number, not {str(item['count'])[:2000]}"}}))
sys.exit(1 if found else 0)
