# SPDX-License-Identifier: Apache-2.0
"""Where things go on a page: what both plants share, and what a release of their motor changes."""
COLUMNS = {"narrow": 1, "wide": 2}


def lay_out(spec):
    """The page, or why there is none."""
    width = spec.get("width", "narrow")
    if width not in COLUMNS:
        raise ValueError(f"no place for pages of width '{width}'")
    for index, item in enumerate(spec["items"]):
        if not isinstance(item["count"], int):
            raise ValueError(f"row {index} of the page holds no number")
    return {"columns": COLUMNS[width], "rows": [item["count"] for item in spec["items"]]}


def said(spec):
    """The spec's text as bytes, which need not be UTF-8."""
    return spec["text"].encode("latin-1" if spec.get("raw") else "utf-8")
