#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants one mistake at a time into a copy of the documentation and sees that check_docs.py finds it."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECK = ROOT / "tools" / "check_docs.py"

# What is appended to which page, and what the check has to say.
PLANTED = [
    ("README.md", "[gone](docs/gone.md)", "the link docs/gone.md leads nowhere"),
    ("README.md", "[out](../outside.md)", "the link ../outside.md leads nowhere"),
    ("README.md", "[gone](docs/motor.md#gone)", "names no heading"),
    ("docs/cli.md", "[gone](motor.md#gone)", "names no heading"),
    ("ARCHITECTURE.md", "`src/core/gone/gone.h`", "there is no src/core/gone/gone.h"),
    ("ARCHITECTURE.md", "`src/core/policy/decide.cc` (`Decide`, `Guess`)", "has no Guess"),
    ("ARCHITECTURE.md", "| `src/core` | `gone` |", "there is no module core/gone"),
    ("docs/motor.md", "| `gone` | text | none | |", "the program reads no key gone"),
    ("docs/cli.md", "`aiop fly`", "no command 'fly'"),
    ("docs/cli.md", "`aiop change submite ID`", "no command 'change submite'"),
    ("README.md", "```\naiop --home X incident sho ID\n```", "no command 'incident sho'"),
]
# A text that is taken out of a page.
TAKEN_OUT = [
    ("docs/motor.md", "| `acks` |", "the key acks of motor.yaml is not documented"),
    ("ARCHITECTURE.md", "`supervision`", "the module control/supervision is not named"),
]


def copy_tree(to):
    for pattern in ("*.md", "LICENSE"):
        for path in ROOT.glob(pattern):
            shutil.copy(path, to / path.name)
    for folder in (".ci", "docs", "examples", "policies", "tools", "cmake", "src", "tests", "fuzz", "bench", "schemas"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("node_modules", "corpus"))


def run(root):
    done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        copy_tree(root)
        code, output = run(root)
        if code != 0:
            failures.append(f"the documentation as it is fails:\n{output}")
        cases = [(page, lambda text, more=more: f"{text}\n{more}\n", wanted) for page, more, wanted in PLANTED]
        cases += [(page, lambda text, gone=gone: text.replace(gone, ""), wanted) for page, gone, wanted in TAKEN_OUT]
        for page, change, wanted in cases:
            original = (root / page).read_text(encoding="utf-8")
            (root / page).write_text(change(original), encoding="utf-8")
            code, output = run(root)
            (root / page).write_text(original, encoding="utf-8")
            if code != 1 or wanted not in output:
                failures.append(f"{page}: expected '{wanted}', got exit {code}:\n{output}")
    print("\n".join(failures) or f"check_docs: {len(PLANTED) + len(TAKEN_OUT)} planted mistakes found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
