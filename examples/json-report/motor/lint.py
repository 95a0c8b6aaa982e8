"""Every program file must parse and hold to 120 columns."""
import ast
import pathlib
import sys

bad = 0
for path in sorted(pathlib.Path(__file__).parent.rglob("*.py")):
    text = path.read_text(encoding="utf-8")
    ast.parse(text, str(path))
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > 120:
            print(f"{path.name}:{number}: {len(line)} columns")
            bad = 1
sys.exit(bad)
