# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import rules

assert rules.columns({"width": "narrow"}) == 1
assert rules.rows({"items": [{"count": 3}]}) == [3]
