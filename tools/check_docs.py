#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the documentation to the tree. Prints `file:line: what is wrong`.

Usage: check_docs.py [REPOSITORY]

- links: every relative link of a Markdown file leads to a file, and its #anchor to a heading;
- paths: every `path` in code marks that begins with a folder of this repository exists; of "`path` (`Name`, `Name`)" each
  name occurs in that file;
- keys: docs/motor.md and docs/pipeline.md name every key that the program reads, and docs/motor.md no other;
- modules: ARCHITECTURE.md names every module of src/CMakeLists.txt, each in the line of its floor;
- commands: every `aiop ...` that is shown is a command of the program.

Exit 0 and one summary line if all holds.
"""
import pathlib
import re
import sys

FENCE = re.compile(r"^\s*(```|~~~)")
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
MARKED = re.compile(r"`([^`]+)`")
# A path with what follows it in parentheses: `src/a/b.cc` (`Name`, `Other`).
NAMED = re.compile(r"`([\w./-]+\.(?:cc|h|py))`\s*\(((?:`[\w:~]+`(?:,\s*)?)+)\)")
FOLDERS = ("src", "docs", "tools", "examples", "policies", "tests", "fuzz", "bench", "cmake", ".ci", "schemas")
PATH = re.compile(r"(?:%s)/[\w.*/{},-]*" % "|".join(re.escape(each) for each in FOLDERS))
PLACEHOLDER = re.compile(r"(^|/)[A-Z]+(/|$)")  # src/FLOOR/NAME
KEY = re.compile(r'visit\.(?:Required|Optional)\(\s*"(\w+)"\s*,\s*self\.(\w+)')
# Where a manifest's nested keys are described: struct -> prefix in the documentation.
MANIFEST = {"MotorManifest": "", "ResumeSpec": "resume.", "SandboxSpec": "sandbox.", "Accepts": "accepts.",
            "Budgets": "budgets.", "Gates": "gates.", "CanarySpec": "canary.",
            "AfterCareSpec": "after_care.", "ForgeSpec": "forge."}
# Options of the program that stand before the command and take a value.
WITH_VALUE = {"--home"}


class Problems:
    def __init__(self):
        self.lines = []

    def add(self, place, line, what):
        self.lines.append(f"{place}:{line}: {what}")


def pages(root):
    """The Markdown files that are ours, without build output and installed packages."""
    for path in sorted(root.rglob("*.md")):
        parts = path.relative_to(root).parts
        if parts[0] not in ("build", ".git", ".cache") and "node_modules" not in parts:
            yield path


def split(text):
    """(line number, line, whether it stands in a fenced block) of each line."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
            continue
        yield number, line, fenced


def anchors(path):
    """The anchors of a page's headings, as they are made from their texts."""
    found = set()
    for _, line, fenced in split(path.read_text(encoding="utf-8")):
        heading = None if fenced else re.match(r"#+\s+(.*)", line)
        if heading:
            text = re.sub(r"[^\w\s-]", "", heading[1].replace("`", "").lower())
            found.add(re.sub(r"\s", "-", text.strip()))
    return found


def check_links(root, page, problems):
    for number, line, fenced in split(page.read_text(encoding="utf-8")):
        for target in [] if fenced else LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            path = (page.parent / name).resolve() if name else page
            if not path.exists() or not path.is_relative_to(root.resolve()):
                problems.add(page.relative_to(root), number, f"the link {target} leads nowhere")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path):
                problems.add(page.relative_to(root), number, f"the link {target} names no heading")


def check_paths(root, page, problems):
    here = page.relative_to(root)
    # A page of a folder may speak of that folder's own files.
    bases = [root, page.parent]
    for number, line, fenced in split(page.read_text(encoding="utf-8")):
        for marked in [] if fenced else MARKED.findall(line):
            if not PATH.fullmatch(marked) or "{" in marked or PLACEHOLDER.search(marked):
                continue
            if not any(list(base.glob(marked.rstrip("/"))) for base in bases):
                problems.add(here, number, f"there is no {marked}")


def check_names(root, page, problems):
    text = page.read_text(encoding="utf-8")
    for match in NAMED.finditer(text):
        path = root / match[1]
        if not path.is_file():
            continue  # check_paths tells
        content = path.read_text(encoding="utf-8")
        for name in re.findall(r"`([\w:~]+)`", match[2]):
            if not re.search(r"\b%s\b" % re.escape(name.split("::")[-1]), content):
                number = text.count("\n", 0, match.start()) + 1
                problems.add(page.relative_to(root), number, f"{match[1]} has no {name}")


def keys_of(header):
    """struct name -> its keys, from a header that describes records by Visit."""
    keys, name = {}, ""
    for chunk in re.split(r"\nstruct (\w+)", header):
        if re.fullmatch(r"\w+", chunk):
            name = chunk
        else:
            keys.setdefault(name, []).extend(key for key, _ in KEY.findall(chunk))
    return keys


def check_keys(root, problems):
    """How many keys were compared."""
    manifest = {}
    for header in ("manifest.h", "forge.h"):
        path = root / "src/core/model" / header
        if path.exists():
            manifest.update(keys_of(path.read_text(encoding="utf-8")))
    known = {prefix + key for struct, prefix in MANIFEST.items() for key in manifest.get(struct, [])}
    # Maps are documented key by key.
    groups = {prefix.rstrip(".") for prefix in MANIFEST.values() if prefix}
    page = root / "docs/motor.md"
    documented = set(re.findall(r"^\| `([\w.]+)` \|", page.read_text(encoding="utf-8"), re.M))
    for key in sorted(known - groups - documented):
        problems.add("docs/motor.md", 1, f"the key {key} of motor.yaml is not documented")
    for key in sorted(documented - known):
        problems.add("docs/motor.md", 1, f"the program reads no key {key} in motor.yaml")
    count = len(known)
    steps = root / "src/control/plants/pipeline_file.h"
    if steps.is_file():
        text = (root / "docs/pipeline.md").read_text(encoding="utf-8")
        for keys in keys_of(steps.read_text(encoding="utf-8")).values():
            for key in keys:
                count += 1
                if not re.search(r"`%s`|\b%s:" % (key, key), text):
                    problems.add("docs/pipeline.md", 1, f"the key {key} of pipelines is not documented")
    return count


def check_modules(root, problems):
    modules = re.findall(r"^aiop_module\((\w+)/(\w+)", (root / "src/CMakeLists.txt").read_text(encoding="utf-8"), re.M)
    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = {floor: set(MARKED.findall(cell)) for floor, cell in re.findall(r"^\| `src/(\w+)` \|([^|]*)\|", text, re.M)}
    for floor, name in modules:
        if name not in rows.get(floor, ()):
            problems.add("ARCHITECTURE.md", 1, f"the module {floor}/{name} is not named in the line of src/{floor}")
    for floor, names in rows.items():
        for name in sorted(names - {name for at, name in modules if at == floor}):
            if not (root / "src" / floor / name).is_dir():
                problems.add("ARCHITECTURE.md", 1, f"there is no module {floor}/{name}")


def words_of(text):
    """The words of the command in `aiop --home X run show ID ...`."""
    words, rest = [], iter(text.split())
    for word in rest:
        if word in WITH_VALUE:
            next(rest, None)
        elif word.startswith("-") or not re.fullmatch(r"[a-z]+(-[a-z]+)*(\|[a-z]+(-[a-z]+)*)*", word):
            if word.startswith("-") and not words:
                continue
            break
        else:
            words.append(word)
    return words


def commands_of(table):
    """path -> whether words of its own may follow, of each entry of the table of commands."""
    commands = {}
    for entry in re.split(r"\.path = ", table)[1:]:
        path = re.match(r'"([^"]+)"', entry)[1]
        commands[path] = ".arguments" in entry
    return commands


def check_commands(root, page, commands, problems):
    groups = {path.split(" ")[0] for path in commands if " " in path}
    for number, line, fenced in split(page.read_text(encoding="utf-8")):
        shown = [line.split("#")[0]] if fenced else MARKED.findall(line)
        for text in shown:
            match = re.match(r"\s*(?:build/)?aiop\s+(.*)", text)
            words = words_of(match[1]) if match else []
            if not words:
                continue
            for last in words[1].split("|") if words[0] in groups and len(words) > 1 else [""]:
                path = f"{words[0]} {last}".strip()
                if path not in commands and not commands.get(words[0]):
                    problems.add(page.relative_to(root), number, f"aiop has no command '{path}'")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    problems, count = Problems(), 0
    tables = sorted((root / "src/app/aiop").glob("*.cc"))
    text = "".join(table.read_text(encoding="utf-8") for table in tables if table.is_file())
    commands = commands_of(text) if text else {}
    for page in pages(root):
        count += 1
        check_links(root, page, problems)
        check_paths(root, page, problems)
        check_names(root, page, problems)
        if commands:
            check_commands(root, page, commands, problems)
    check_modules(root, problems)
    keys = check_keys(root, problems)
    if problems.lines:
        print("\n".join(problems.lines))
        return 1
    print(f"docs ok: {count} pages, {keys} keys, {len(commands)} commands")
    return 0


if __name__ == "__main__":
    sys.exit(main())
