# SPDX-License-Identifier: Apache-2.0
"""The motor of the form factory, and forms with one fault each."""
import copy
import json

from harness import HERE, PYTHON

MOTOR = """name: form-factory
version: {version}
run: {run}
accepts: {{schema: form.schema.json}}
validate:
  - {validate}
resume: {{after_app_patch: prepare}}
patch_sources: [branch]
dependencies:
  - name: theme
    file: "*.json"
    pattern: '"theme":\\s*"([^"]*)"'
    versions: {versions}
{more}"""
SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["title"],
    "properties": {
        "title": {"type": "string"}, "layout": {"enum": ["columns", "stacked", "compact"]},
        "width": {"$ref": "#/$defs/width"}, "fields": {"type": "object"}, "mapping": {"type": "object"},
        "sections": {"type": "array"}, "uses": {"type": "object"}, "heading": {"type": "string"},
        "headings": {"type": "array"}, "notes": {"type": "string"}},
    "$defs": {"width": {"type": "integer", "maximum": 100}}}
VALIDATE = '''import json
import pathlib
import sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import form_rules
try:
    form, broken = form_rules.load(sys.argv[1])
except (OSError, ValueError) as error:
    print(error, file=sys.stderr)
    sys.exit(1)
found = broken + form_rules.problems(form)
for path, message in found:
    print(json.dumps({"finding": {"path": path, "message": message}}))
sys.exit(1 if found else 0)
'''
VERSIONS = '''import pathlib
import sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import form_rules
print("\\n".join(form_rules.THEMES))
'''
GOOD = {"title": "Order", "layout": "columns", "width": 40,
        "fields": {"amount": "Amount to be paid", "quantity": "How many of them", "address": "Where they go to"},
        "mapping": {"amount": "C", "quantity": "D"},
        "sections": [{"id": "goods", "shows": "quantity"}, {"id": "money", "shows": "amount"},
                     {"id": "post", "shows": "address", "link": "#/fields/address"}],
        "uses": {"theme": "1.2.0"}, "notes": "Printed on both sides; the second copy is for the archive. " * 6}


def files(more="", version="1.0.0"):
    def command(*words):
        return json.dumps([*PYTHON, *words])
    return {
        "motor.yaml": MOTOR.format(version=version, run=command("plant.py"), validate=command("validate.py", "{spec}"),
                                   versions=command("{motor}/versions.py"), more=more),
        "plant.py": (HERE / "plants" / "forms.py").read_text(),
        "form_rules.py": (HERE / "plants" / "form_rules.py").read_text(),
        "form.schema.json": json.dumps(SCHEMA),
        "validate.py": VALIDATE,
        "versions.py": VERSIONS,
    }


def form(change):
    made = copy.deepcopy(GOOD)
    change(made)
    return made


def renamed(old, new):
    def change(made):
        pairs = [(new if key == old else key, value) for key, value in made.items()]
        made.clear()
        made.update(pairs)
    return change


def put(*path):
    *steps, last, value = path

    def change(made):
        for step in steps:
            made = made[step]
        made[last] = value
    return change


def again(made):
    made["sections"].append({"id": "goods"})


# What is wrong -> (the form, the source that helps).
FAULTS = {
    "misspelt-field": (form(renamed("title", "titel")), "nearest"),
    "wrong-enum-word": (form(put("layout", "stackd")), "nearest"),
    "wrong-type": (form(put("width", "40")), "nearest"),
    "dangling-reference": (form(put("sections", 1, "shows", "amuont")), "nearest"),
    "dangling-pointer": (form(put("sections", 2, "link", "#/fields/adress")), "nearest"),
    "missing-version": (form(put("uses", "theme", "1.2.9")), "upgrade"),
    "extra-field": (form(put("moonlight", True)), "twin"),
    "bad-mapping": (form(lambda made: renamed("quantity", "quantiti")(made["mapping"])), "nearest"),
    "duplicate-entry": (form(again), "twin"),
    "out-of-range": (form(put("width", 400)), "nearest"),
}
# A folder of which one file is broken.
FOLDER = {"form.json": GOOD, "parts/colour.json": {"colour": "Which colour"}, "parts/size.json": '{"size": "How'}
