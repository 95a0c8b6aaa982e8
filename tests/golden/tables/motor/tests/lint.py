# SPDX-License-Identifier: Apache-2.0
import ast
import pathlib

for path in pathlib.Path(__file__).parent.parent.rglob("*.py"):
    ast.parse(path.read_text())
