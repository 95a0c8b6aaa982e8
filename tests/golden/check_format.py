#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the golden incidents to what the program that plays them cannot know. Prints `file: what is wrong`.

Usage: check_format.py [FOLDER]

- split: about a third of all incidents is `test`. In plants that share plant.mjs it is every third name in sorted order, so
  that nobody chose;
- labels: every label says what it rests on, and its category belongs to its classification;
- files: what `spec_file` names exists, and every spec is used;
- copies: plant.mjs is the same in all plants that have one;
- locks: no lock file names the address of a package, and each pins exactly what package.json does.

Exit 0 and one summary line if all holds. Only the form that these files are written in is read, not all of YAML.
"""
import json
import pathlib
import re
import sys

SIDE = {"APP-SPEC": "app", "APP-BUILD": "app", "TRANSIENT": "app", "MOTOR-RULES": "motor", "MOTOR-PERF": "motor",
        "MIXED-DRIFT": "mixed"}
LABEL = re.compile(r"^      classification: (\S+)\n      category: (\S+)\n((?:      .*\n)*)", re.M)


def incidents_of(text):
    """{name: block} of an incidents.yaml."""
    blocks = re.split(r"(?m)^(?=- name: )", text)[1:]
    return {re.match(r"- name: (\S+)", block)[1]: block for block in blocks}


def check_split(blocks, by_rule):
    """What is wrong with the split of one plant, and how many are test."""
    split = {name: (re.findall(r"(?m)^  split: (\S+)$", block) or [""])[0] for name, block in blocks.items()}
    wrong = [f"{name}: split must be tuning or test" for name, part in split.items() if part not in ("tuning", "test")]
    if by_rule:
        for index, name in enumerate(sorted(split)):
            if (split[name] == "test") != (index % 3 == 2):
                wrong.append(f"{name}: every third name in sorted order is test")
    return wrong, sum(part == "test" for part in split.values())


def check_labels(blocks):
    for name, block in blocks.items():
        labels = LABEL.findall(block)
        if not labels:
            yield f"{name}: has no label"
        for side, category, rest in labels:
            if SIDE.get(category) != side:
                yield f"{name}: {category} is not of {side}"
            if not re.search(r"(?m)^      because: \S", rest):
                yield f"{name}: a label needs its source, `because`"


def check_specs(plant, text):
    named = set(re.findall(r"spec_file: ([^\s,}]+)", text))
    for spec in sorted(named):
        if not (plant / spec).exists():
            yield f"there is no {spec}"
    for path in sorted((plant / "specs").glob("*")):
        if f"specs/{path.name}" not in named:
            yield f"specs/{path.name} is used by no incident"


def check_lock(motor):
    lock, manifest = motor / "package-lock.json", motor / "package.json"
    if not lock.exists():
        return
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    wants = json.loads(manifest.read_text(encoding="utf-8"))
    if any("resolved" in package for package in packages.values()):
        yield "package-lock.json names addresses of packages"
    for kind in ("dependencies", "devDependencies"):
        for name, version in wants.get(kind, {}).items():
            if packages.get(f"node_modules/{name}", {}).get("version") != version.split("@")[-1]:
                yield f"package-lock.json does not pin {name} {version}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    wrong, total, tests, shared = [], 0, 0, set()
    for file in sorted(root.glob("*/incidents.yaml")):
        plant, text = file.parent, file.read_text(encoding="utf-8")
        blocks, library = incidents_of(text), plant / "motor" / "plant.mjs"
        if library.exists():
            shared.add(library.read_text(encoding="utf-8"))
        split, test = check_split(blocks, library.exists())
        found = [*split, *check_labels(blocks), *check_lock(plant / "motor")]
        if library.exists():
            found += check_specs(plant, text)
        wrong += [f"{file.relative_to(root)}: {each}" for each in found]
        total, tests = total + len(blocks), tests + test
    if len(shared) > 1:
        wrong.append("the copies of plant.mjs differ")
    if total and not 0.28 <= tests / total <= 0.38:
        wrong.append(f"{tests} of {total} incidents are test, which is not about a third")
    print("\n".join(wrong) or f"golden ok: {total} incidents, {tests} of them test")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
