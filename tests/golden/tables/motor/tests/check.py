# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import cells

assert cells.clean("text", " a ") == "a"
assert cells.sums([["a", 1.0], ["b", 2.0]]) == [0, 3.0]
