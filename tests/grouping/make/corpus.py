# SPDX-License-Identifier: Apache-2.0
"""What the makers of the corpus share: labelling by recorded formats, neutral names, writing SYSTEM.log and its labels."""
import collections
import getpass
import hashlib
import os
import pathlib
import re
import socket
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parent
LINE_LIMIT = 2000
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CONVERSION = re.compile(r"%[-+ #0'*0-9.]*(?:hh|h|ll|l|z|j|t|L|q)?[a-zA-Z%]|%[A-Z]\w*")


def recorder():
    """The shared object of format_recorder.c, built once."""
    target = pathlib.Path(tempfile.gettempdir()) / "format_recorder.so"
    if not target.exists():
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-w", "-U_FORTIFY_SOURCE", "-o", target,
                        HERE / "format_recorder.c", "-ldl"], check=True)
    return str(target)


def letters(format_text):
    """How many letters of a format are its own and not filled in."""
    return sum(c.isalpha() for c in CONVERSION.sub("", format_text))


class Recorded:
    """What a program printed, by the format that printed it."""

    def __init__(self, path):
        self.by_text = {}
        for record in pathlib.Path(path).read_bytes().decode("utf-8", "replace").split("\x1e"):
            if "\x1f" not in record:
                continue
            format_text, output = record.split("\x1f", 1)
            if letters(format_text) < 2:
                continue
            for number, line in enumerate(COLOUR.sub("", output).split("\n")):
                line = line.strip()
                if len(line) < 3:
                    continue
                label = format_text if number == 0 else f"{format_text} (line {number + 1})"
                known = self.by_text.get(line)
                if known is None or letters(label) > letters(known):
                    self.by_text[line] = label

    def label(self, line):
        """(label, where the message begins) of a line: the longest recorded text that ends, else begins it."""
        text = line.rstrip()
        for start in range(len(text)):
            if text[start:] in self.by_text:
                return self.by_text[text[start:]], start
        for end in range(len(text), 5, -1):
            piece = text[:end].strip()
            if piece in self.by_text:
                return self.by_text[piece], 0
        return None, 0


# Prepared words in place of this machine's.
def neutral(line):
    line = COLOUR.sub("", line)
    host = socket.gethostname()
    for old, new in REPLACE + [(host, "worker"), (str(pathlib.Path.home()), "/home/ann")]:
        line = line.replace(old, new)
    return line


REPLACE = []


def write(system, rows, limit=LINE_LIMIT):
    """rows: (label, line, start of the message). Lines without a label are left out, and counted."""
    unlabelled = [row for row in rows if row[0] is None]
    rows = [row for row in rows if row[0] is not None and row[1].strip()]
    if len(rows) > limit:  # evenly spaced, as the usual 2,000 line samples are
        step = len(rows) / limit
        rows = [rows[int(i * step)] for i in range(limit)]
    names = {}
    log, labels = [], []
    for label, line, start in rows:
        head, message = neutral(line[:start]), neutral(line[start:])
        log.append((head + message).rstrip("\n"))
        names.setdefault(label, f"E{len(names) + 1}")
        labels.append(f"{names[label]}\t{len(head.encode())}")
    (TARGET / f"{system}.log").write_text("\n".join(log) + "\n")
    (TARGET / f"{system}.labels").write_text("\n".join(labels) + "\n")
    with open(TARGET / f"{system}.events", "w") as file:
        for label, name in names.items():
            file.write(f"{name}\t{neutral(label)!r}\n")
    counts = collections.Counter(label for label, _, _ in rows)
    print(f"{system}: {len(rows)} lines, {len(names)} events, {len(unlabelled)} lines without label left out")
    for label, line, _ in unlabelled[:8]:
        print("   no label:", line[:150])
    return counts
