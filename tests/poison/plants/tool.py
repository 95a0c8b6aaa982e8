# SPDX-License-Identifier: Apache-2.0
"""A command of a pipeline that repeats what the spec says, byte for byte, on both its streams:  tool.py SPEC WORK"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import layout  # noqa: E402

with open(sys.argv[1], encoding="utf-8") as file:
    spec = json.load(file)
for stream in (sys.stdout.buffer, sys.stderr.buffer):
    stream.write(layout.said(spec) + b"\n")
    stream.flush()
try:
    page = layout.lay_out(spec)
except ValueError as error:
    sys.stderr.buffer.write(b"page " + layout.said(spec)[:4000] + b": " + str(error).encode() + b"\n")
    sys.exit(1)
with open(os.path.join(sys.argv[2], "page.json"), "w", encoding="utf-8") as file:
    json.dump(page, file)
