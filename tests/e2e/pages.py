# SPDX-License-Identifier: Apache-2.0
"""The motor of the page factory, its fault, its fixes, and apps for it."""
import json

from harness import HERE, PYTHON

MOTOR = """name: page-factory
version: 1.0.0
run: {run}
accepts: {{dialects: [pages-1]}}
validate:
  - {validate}
gates:
  lint: [{lint}]
  tests: [{tests}]
  validators: [{sample}]
golden: [golden/*.json]
resume: {{after_app_patch: false, after_motor_patch: reserve}}
branches: ["fix/*"]
patch_sources: [branch]
{more}"""

# No place for wide pages: that is the fault.
LAYOUT = '''"""Where things go on a page."""
DIALECTS = ["pages-1"]
COLUMNS = {"narrow": 1}


def columns(spec):
    width = spec.get("width", "narrow")
    if width not in COLUMNS:
        raise KeyError(f"no place for pages of width '{width}'")
    return COLUMNS[width]


def rows(spec):
    return [item["count"] for item in spec.get("items", [])]
'''
RIGHT = LAYOUT.replace('{"narrow": 1}', '{"narrow": 1, "wide": 2}')
USELESS = LAYOUT.replace("Where things go", "Where all things go")
# Mends wide pages, and breaks what the tests look at.
RED = RIGHT.replace('"narrow": 1', '"narrow": 7')
# Mends wide pages, and breaks long ones, which no test looks at.
BREAKING = RIGHT.replace('return [item["count"] for item in spec.get("items", [])]',
                         'return [item["count"] if i < 2 else None for i, item in enumerate(spec.get("items", []))]')

TESTS = '''import pathlib
import sys
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import layout
assert layout.columns({"width": "narrow"}) == 1
assert layout.rows({"items": [{"count": 3}]}) == [3]
'''
# A test that holds on to the fault: who mends the fault has to edit it.
WRONG_TESTS = TESTS + '''try:
    layout.columns({"width": "wide"})
    sys.exit("wide pages are refused")
except KeyError:
    pass
'''
LINT = '''import ast
import pathlib
for path in pathlib.Path(__file__).parent.rglob("*.py"):
    ast.parse(path.read_text())
'''
SAMPLE = '''import json
import layout_of
assert layout_of.page(json.load(open("golden/plain.json")))["columns"] == 1
'''
LAYOUT_OF = '''import pathlib
import sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layout


def page(spec):
    return {"columns": layout.columns(spec), "rows": layout.rows(spec)}
'''

NARROW = {"title": "narrow", "items": [{"count": 1}, {"count": 2}]}
LONG = {"title": "long", "items": [{"count": 1}, {"count": 2}, {"count": 3}]}
WIDE = {"title": "wide", "width": "wide", "items": [{"count": 1}]}
WIDER = {"title": "wider", "width": "wide", "items": [{"count": 5}, {"count": 6}]}
DEFECTIVE = {"title": "defective", "items": [{"count": 1}, {"count": "seven"}]}
REPAIRED = {"title": "defective", "items": [{"count": 1}, {"count": 7}]}
FOREIGN = {"title": "foreign", "dialect": "pages-2", "items": [{"count": 1}]}
FLAKY = {"title": "flaky", "flaky": True, "items": [{"count": 1}]}


def files(tests=TESTS, more=""):
    """The files of the faulty motor, version 1.0.0."""
    # -I leaves the script's folder out of the search path; what needs it adds it.
    def command(*words):
        return json.dumps([*PYTHON, *words])
    manifest = MOTOR.format(run=command("plant.py"), validate=command("validate.py", "{spec}"), lint=command("lint.py"),
                            tests=command("tests/check.py"), sample=command("sample.py"), more=more)
    return {
        "motor.yaml": manifest,
        "plant.py": (HERE / "plants" / "pages.py").read_text(),
        "validate.py": (HERE / "plants" / "pages_validate.py").read_text(),
        "layout.py": LAYOUT,
        "layout_of.py": LAYOUT_OF,
        "lint.py": LINT,
        "sample.py": "import sys\nsys.path.insert(0, '.')\n" + SAMPLE,
        "tests/check.py": tests,
        "golden/plain.json": json.dumps(NARROW),
    }
