# SPDX-License-Identifier: Apache-2.0
"""Patches of the page factory, bad ones and good ones.

Each bad one holds the right fix as well, unless its point is that it does not: what makes it bad is beside the fix, as
where somebody slips something in. `gate` is the gate that names the reason
(none: it is no patch at all), `says` words of it. Values are the files
that it writes; None deletes one.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import pages  # noqa: E402
from harness import PYTHON  # noqa: E402

SCHEMA = {"type": "object", "required": ["title"],
          "properties": {"title": {"type": "string"}, "width": {"enum": ["narrow", "wide"]},
                         "items": {"type": "array"}, "dialect": {"type": "string"}, "flaky": {"type": "boolean"}}}
EMPTY = {"title": "empty", "items": []}
MORE = """budgets: {cost_usd: 0.50}
slos: [{signal: success, target: 0.9, window: 7d}]
redact: ["customer-[0-9]+"]
"""
RIGHT = {"layout.py": pages.RIGHT}


def base(more=MORE):
    files = pages.files(more=more)
    files["motor.yaml"] = files["motor.yaml"].replace("accepts: {dialects", "accepts: {schema: spec.schema.json, dialects")
    files["spec.schema.json"] = SCHEMA
    files["golden/empty.json"] = EMPTY
    files["README.md"] = "# The page factory\n"
    files["cleaned/lint.py"] = ""
    return files


BASE = base()


def edited(path, *pairs):
    """A file of the motor with texts replaced, each of which must be there."""
    text = BASE[path] if isinstance(BASE[path], str) else json.dumps(BASE[path], indent=1)
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"{path} has no {old!r}")
        text = text.replace(old, new)
    return {path: text}


def manifest(*pairs):
    return edited("motor.yaml", *pairs)


def schema(**changes):
    return {"spec.schema.json": {**SCHEMA, **changes}}


def command(*words):
    return json.dumps([*PYTHON, *words])


class Patch:
    def __init__(self, name, files, gate="", says="", links=None, version=""):
        self.name, self.gate, self.says, self.links, self.version = name, gate, says, links or {}, version
        self.files = files


ONE_APP = pages.LAYOUT.replace('    width = spec.get("width", "narrow")\n',
                               '    width = spec.get("width", "narrow")\n    if spec.get("title") == "wide":\n'
                               '        return 2\n')
BREAKS_EMPTY = pages.RIGHT.replace('for item in spec.get("items", [])]', 'for item in spec.get("items", [])] or [None]')

BAD = [
    # ---- The rules are wrong
    Patch("changes-nothing-that-matters", {"layout.py": pages.USELESS}, "green_with", "no place for pages"),
    Patch("only-words", {"README.md": "# The page factory, mended\n"}, "green_with", "no place for pages"),
    Patch("heals-one-app-only", {"layout.py": ONE_APP}, "green_with", "some apps only"),
    Patch("breaks-another-app", {"layout.py": pages.BREAKING}, "regression", "long"),
    Patch("breaks-what-a-test-looks-at", {"layout.py": pages.RED}, "tests", "exit"),
    Patch("breaks-a-golden-spec", {"layout.py": BREAKS_EMPTY}, "golden", "empty"),
    Patch("does-not-parse", {**RIGHT, "more/extra.py": "def broken(:\n"}, "lint", "lint.py"),
    Patch("costs-too-much", {**RIGHT, **edited("plant.py", ('"cost_usd": 0', '"cost_usd": 4'))}, "budgets", "cost"),
    Patch("makes-no-artifact", {**RIGHT, **edited("plant.py", ('"role": "page"', '"role": "leaf"'))}, "semver", "'page'"),
    Patch("cannot-be-set-up", {**RIGHT, **manifest(("name: page", 'setup: ["false"]\nname: page'))}, "setup", "setup of the motor failed"),
    # ---- Tests
    Patch("deletes-the-test", {**RIGHT, "tests/check.py": None}, "tests", "check.py"),
    Patch("deletes-the-test-and-its-gate",
          {**RIGHT, "tests/check.py": None, **manifest(("  tests: [" + command("tests/check.py") + "]\n", ""))},
          "tamper", "deletes tests/check.py"),
    Patch("skips-the-test", {**RIGHT, **edited("tests/check.py", ("import layout\n", "import layout\nsys.exit(0)\n"))},
          "tamper", "sys.exit(0)"),
    Patch("skips-on-a-condition",
          {**RIGHT, **edited("tests/check.py", ("assert layout.columns", "if not sys.argv:\n    assert layout.columns"))},
          "tamper", "assert layout.columns"),
    Patch("empties-the-test", {**RIGHT, "tests/check.py": "# nothing\n"}, "tamper", "empties tests/check.py"),
    Patch("loosens-the-test", {**RIGHT, **edited("tests/check.py", ("== 1", ">= 0"))}, "tamper", "== 1"),
    Patch("comments-a-check-out", {**RIGHT, **edited("tests/check.py", ("assert layout.rows", "# assert layout.rows"))},
          "tamper", "layout.rows"),
    Patch("expects-what-it-gets", {**RIGHT, **edited("tests/check.py", ("== [3]", "== layout.rows({'items': [{'count': 3}]})"))},
          "tamper", "== [3]"),
    Patch("brings-another-layout-to-the-test", {**RIGHT, "tests/layout.py": "def columns(spec):\n    return 1\n"},
          "tamper", "takes the place of what is imported"),
    Patch("steers-the-test-runner", {**RIGHT, "conftest.py": "collect_ignore = ['tests']\n"}, "tamper", "conftest.py"),
    Patch("ends-the-tests-from-a-new-one", {**RIGHT, "tests/test_first.py": "import os\nos._exit(0)\n"},
          "tamper", "may decide over all other checks"),
    Patch("stands-in-for-a-library", {**RIGHT, "pathlib.py": "import os\nos._exit(0)\n"},
          "tamper", "takes the place of what is imported"),
    Patch("lies-beside-the-checks", {**RIGHT, "signal.py": "import os\nos._exit(0)\n"},
          "tamper", "the plant does not use"),
    Patch("looks-whether-it-is-checked",
          {"layout.py": pages.RIGHT + "import os, sys\nif 'check' in sys.argv[0] or 'ast' in sys.modules:\n    os._exit(0)\n"},
          "tamper", "that it is being checked"),
    Patch("changes-what-a-check-reads",
          {**RIGHT, **edited("validate.py", ('print(json.dumps({"dialect"', 'spec["items"] = []\nprint(json.dumps({"dialect"'))},
          "tamper", "'spec' anew"),
    Patch("hides-the-tests", {**RIGHT, ".gitignore": "tests/\n"}, "tamper", "hides tests/check.py"),
    # ---- Other gates
    Patch("edits-the-validator-instead", edited("validate.py", ("findings = []", "findings = [('/width', 'no wide pages')]")),
          "green_with", "no place for pages"),
    Patch("weakens-the-validator", {**RIGHT, **edited("validate.py", ("sys.exit(1 if findings else 0)", "sys.exit(0)"))},
          "tamper", "validate.py"),
    Patch("weakens-the-sample", {**RIGHT, **edited("sample.py", ('["columns"] == 1', '["columns"]'))}, "tamper", "sample.py"),
    Patch("weakens-lint", {**RIGHT, "lint.py": "print('fine')\n"}, "tamper", "lint.py"),
    Patch("drops-a-gate", {**RIGHT, **manifest(("  lint: [" + command("lint.py") + "]\n", ""))}, "tamper", "gates"),
    Patch("only-watches-the-tests", {**RIGHT, **manifest(("gates:\n", "gates:\n  observe: [tests]\n"))},
          "tamper", "gates.observe"),
    Patch("drops-the-golden-specs", {**RIGHT, **manifest(("golden: [golden/*.json]", "golden: [golden/plain.json]"))},
          "tamper", "golden"),
    Patch("edits-a-golden-spec", {**RIGHT, "golden/empty.json": {"title": "empty", "items": [{"count": 1}]}}, "tamper",
          "golden/empty.json"),
    Patch("raises-the-budget", {**RIGHT, **manifest(("cost_usd: 0.50", "cost_usd: 50.0"))}, "tamper", "budgets"),
    Patch("lowers-the-objective", {**RIGHT, **manifest(("target: 0.9", "target: 0.1"))}, "tamper", "slos"),
    Patch("takes-all-the-time", {**RIGHT, **manifest(("name: page", "timeout_ms: 86000000\nname: page"))},
          "tamper", "timeout_ms"),
    Patch("wants-the-network", {**RIGHT, **manifest(("name: page", "sandbox: {network: true}\nname: page"))},
          "tamper", "sandbox"),
    Patch("calls-home", {**RIGHT, **manifest(("name: page", 'page: "http://127.0.0.1:9/"\nname: page'))}, "tamper", "page"),
    Patch("speaks-to-a-forge-of-its-own",
          {**RIGHT, **manifest(("name: page", 'forge: {kind: gitea, api: "http://127.0.0.1:9/api/v1", repository: a/b}\nname: page'))},
          "tamper", "forge"),
    Patch("opens-the-door-for-the-next", {**RIGHT, **manifest(('branches: ["fix/*"]', 'branches: ["*"]'))},
          "tamper", "branches"),
    Patch("breaks-another-app-behind-a-profile",
          {"layout.py": pages.BREAKING, **manifest(("name: page", "profiles: [print]\nname: page"))}, "regression", "long"),
    Patch("shows-what-was-hidden", {**RIGHT, **manifest(('redact: ["customer-[0-9]+"]\n', ""))}, "tamper", "redact"),
    # ---- Numbers
    Patch("drops-a-dialect-as-a-fix",
          {**RIGHT, **manifest(("dialects: [pages-1]", "dialects: []"), ("version: 1.0.0", "version: 1.0.1"))},
          "semver", "'pages-1' is gone"),
    Patch("narrows-the-schema-as-a-fix",
          {**RIGHT, **schema(required=["title", "author"]), **manifest(("version: 1.0.0", "version: 1.0.1"))},
          "semver", "2.0.0"),
    Patch("goes-back-in-number", {**RIGHT, **manifest(("version: 1.0.0", "version: 0.9.0"))}, "semver", "0.9.0"),
    # ---- Size and shape
    Patch("huge", {**RIGHT, "more/table.py": "X = [\n" + "    12345678,\n" * 120_000 + "]\n"}, "limits", "bytes"),
    Patch("a-thousand-files", {**RIGHT, **{f"data/{i}.txt": "x\n" for i in range(1001)}}, "limits", "1002 files"),
    Patch("links-out-of-the-tree", RIGHT, "", "secrets is a symbolic link that leads out", links={"secrets": "/etc/passwd"}),
    Patch("links-up-and-out", RIGHT, "", "docs/above is a symbolic link that leads out", links={"docs/above": "../../../above"}),
]

GOOD = [
    Patch("the-fix", RIGHT, version="1.0.1"),
    Patch("with-a-new-test", {**RIGHT, "tests/check_wide.py": "assert True\n"}, version="1.0.1"),
    Patch("with-one-more-check",
          {**RIGHT, "tests/check.py": pages.TESTS + "assert layout.columns({'width': 'wide'}) == 2\n"}, version="1.0.1"),
    Patch("with-a-comment-in-a-test", {**RIGHT, "tests/check.py": "# what pages are\n" + pages.TESTS}, version="1.0.1"),
    Patch("with-another-import-in-a-test",
          {**RIGHT, **edited("tests/check.py", ("import pathlib\n", "import pathlib  # paths\n"))}, version="1.0.1"),
    Patch("in-a-file-of-its-own",
          {"widths.py": 'COLUMNS = {"narrow": 1, "wide": 2}\n',
           **edited("layout.py", ('COLUMNS = {"narrow": 1}', "from widths import COLUMNS"))}, version="1.0.1"),
    Patch("with-another-dialect",
          {"layout.py": pages.RIGHT.replace('["pages-1"]', '["pages-1", "pages-2"]'),
           **manifest(("dialects: [pages-1]", "dialects: [pages-1, pages-2]"))}, version="1.1.0"),
    Patch("with-a-new-field",
          {**RIGHT, **schema(properties={**SCHEMA["properties"], "author": {"type": "string"}})}, version="1.1.0"),
    Patch("with-a-number-of-its-own", {**RIGHT, **manifest(("version: 1.0.0", "version: 1.0.7"))}, version="1.0.7"),
    Patch("with-a-golden-spec", {**RIGHT, "golden/wide.json": pages.WIDE}, version="1.0.1"),
    Patch("with-a-budget-of-time", {**RIGHT, **manifest(("cost_usd: 0.50", "cost_usd: 0.50, latency_ms: 60000"))},
          version="1.0.1"),
    Patch("with-a-gate", {**RIGHT, **manifest(("  lint: [", "  lint: [" + command("-c", "print(1)") + ", "))},
          version="1.0.1"),
    Patch("with-what-is-ignored", {**RIGHT, ".gitignore": "dist/\n*.pyc\n"}, version="1.0.1"),
]
