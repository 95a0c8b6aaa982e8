# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import yardrules

yardrules.compile_one("a.py", "a = 1\n")
