# SPDX-License-Identifier: Apache-2.0
"""What cells can be."""


def clean(kind, cell):
    if kind == "number":
        return float(str(cell).replace(",", ""))
    if kind == "date":
        day, month, year = (int(part) for part in cell.split("."))
        return f"{year:04}-{month:02}-{day:02}"
    if kind == "text":
        return cell.strip()
    raise KeyError(f"no cells of kind '{kind}'")


def sums(rows):
    return [sum(cell for cell in column if isinstance(cell, float)) for column in zip(*rows)]


def time(table):
    return 10 + 20 * len(table["rows"])
