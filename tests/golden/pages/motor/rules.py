# SPDX-License-Identifier: Apache-2.0
"""How pages look."""
DIALECTS = ["pages-1"]
COLUMNS = {"narrow": 1, "wide": 2}
FONTS = {"screen": {"sans", "serif"}, "print": {"sans", "serif"}}
PRICE = 0.02


def columns(spec):
    if spec.get("dialect", "pages-1") not in DIALECTS:
        raise ValueError(f"unknown dialect '{spec['dialect']}'")
    width = spec.get("width", "narrow")
    if width not in COLUMNS:
        raise KeyError(f"no place for pages of width '{width}'")
    return COLUMNS[width]


def rows(spec):
    return [int(item["count"]) for item in spec.get("items", [])]


def render(spec, layout, profile):
    font = spec.get("font", "sans")
    if font not in FONTS[profile]:
        raise KeyError(f"no font '{font}' for {profile}")
    return [{"title": spec["title"].strip(), "rows": layout["rows"]} for _ in range(layout["columns"])]


def cost(spec, profile):
    return PRICE * len(spec.get("items", []))


def complaints(spec, pages):
    if len(spec["title"]) > 200:
        yield "the title is longer than 200 characters"


def score(spec, pages):
    return 1.0 if pages else 0.0
