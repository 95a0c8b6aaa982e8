# SPDX-License-Identifier: Apache-2.0
"""What a form may ask for."""
import json
import pathlib

THEMES = ["1.0.0", "1.2.0", "1.2.4", "2.0.0"]
LAYOUTS = ["columns", "stacked", "compact"]
KNOWN = ["title", "layout", "width", "fields", "mapping", "sections", "uses", "heading", "headings", "notes"]


def load(place):
    """The form, and what of its folder cannot be read: (path, message)."""
    place = pathlib.Path(place)
    if place.is_file():
        return json.loads(place.read_text(encoding="utf-8")), []
    broken = []
    form = json.loads((place / "form.json").read_text(encoding="utf-8"))
    for part in sorted((place / "parts").glob("*.json")):
        try:
            form.setdefault("fields", {}).update(json.loads(part.read_text(encoding="utf-8")))
        except ValueError:
            broken.append(("", f"the part {part.name} cannot be read"))
    return form, broken


def problems(form):
    """(JSON pointer, message) of each."""
    found = []
    for key in form:
        if key not in KNOWN:
            found.append((f"/{key}", f"a form has no such member as {key}"))
    if not isinstance(form.get("title"), str):
        found.append(("/title", "the form lacks its headline"))
    if form.get("layout", "columns") not in LAYOUTS:
        found.append(("/layout", "nobody can lay out a form that way"))
    width = form.get("width", 10)
    if not isinstance(width, int):
        found.append(("/width", "how broad it is has to be counted"))
    elif width > 100:
        found.append(("/width", "no paper is as broad as this"))
    fields = form.get("fields", {})
    for key in form.get("mapping", {}):
        if key not in fields:
            found.append((f"/mapping/{key}", "a column is filled from nowhere"))
    seen = set()
    for index, section in enumerate(form.get("sections", [])):
        if section["id"] in seen:
            found.append((f"/sections/{index}", "one section comes up twice"))
        seen.add(section["id"])
        if "shows" in section and section["shows"] not in fields:
            found.append((f"/sections/{index}/shows", "a section shows something unheard of"))
        target = section.get("link", "#/title")
        if target.split("/")[-1] not in fields and target != "#/title":
            found.append((f"/sections/{index}/link", "a link leads to no place"))
    theme = form.get("uses", {}).get("theme", THEMES[0])
    if theme not in THEMES:
        found.append(("/uses/theme", f"the package theme was never released as {theme}"))
    return found
