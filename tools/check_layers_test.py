#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants each breach that check_layers.py exists to find in a small tree that has none, and expects it to be found."""
import fnmatch
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_layers  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


def header(body=""):
    return f"{SPDX}#pragma once\n{body}"


CMAKE = """# modules, lowest first: aiop_module(not/this)
aiop_module(base/result)
aiop_module(base/file DEPS base/result)
aiop_module(base/process DEPS base/result)
aiop_module(core/model DEPS base/result
            TEST_DEPS base/file)
aiop_module(control/store DEPS core/model LINK PkgConfig::sqlite3)
aiop_module(edge/agent DEPS base/result)
aiop_module(app/aiop DEPS control/store)
"""

TREE = {
    "src/CMakeLists.txt": CMAKE,
    "src/base/result/result.h": header(),
    "src/base/result/testing.h": header('#include "base/result/result.h"\n'),
    "src/base/file/file.h": header('#include "base/result/result.h"\n'),
    "src/base/process/process.h": header('#include "base/result/result.h"\n'),
    "src/base/process/process.cc": SPDX + '#include "base/process/process.h"\nint Start() { return fork(); }\n',
    "src/core/model/model.h": header('#include "base/result/result.h"\n'),
    "src/core/model/inner.h": header(),
    "src/core/model/model.cc": SPDX + '#include "core/model/model.h"\n'
                               '// the caller may throw(); time(nullptr) is not asked, TO'
                               'DAY neither\nconst char* kText = "throw, catch (std::thread)";\n'
                               "int Use() { auto read = [] { return 1; }; return read(); }\n",
    "src/core/model/model_test.cc": SPDX + '#include "base/file/file.h"\n#include "base/result/testing.h"\n',
    "src/control/store/store.h": header(),
    "src/control/store/store.cc": SPDX + '#include <sqlite3.h>\n#include "core/model/model.h"\n',
    "src/edge/agent/agent.h": header('#include "base/result/result.h"\n'),
    "src/app/aiop/main.cc": SPDX + '#include "control/store/store.h"\nauto home = std::getenv("AIOP_HOME");\n',
    "tests/contract/spi_test.cc": SPDX + '#include "core/model/model.h"\n',
    "fuzz/model_fuzz.cc": SPDX + '#include "core/model/inner.h"\n',
    "README.md": "nothing to see in runs/ID/wo" "rk/ and HOME/wo" "rk/a\n",
}


def module_line(old, new):
    return {"src/CMakeLists.txt": CMAKE.replace(old, new)}


def core(body):
    return {"src/core/model/extra.cc": SPDX + body}


def control(body):
    return {"src/control/store/extra.cc": SPDX + body}


# What is planted (path -> text) and a part of the message that must come.
BREACHES = {
    # order
    "undeclared": ({"src/edge/agent/a.cc": SPDX + '#include "base/file/file.h"\n'}, "edge/agent does not declare base/file"),
    "undeclared angle": ({"src/edge/agent/a.cc": SPDX + "#include <base/file/file.h>\n"}, "does not declare base/file"),
    "test dependency outside tests": (core('#include "base/file/file.h"\n'), "does not declare base/file"),
    "unused": (module_line("control/store)", "control/store base/file)"), "base/file is declared but not used"),
    "used by tests only": (module_line("base/result\n            TEST_DEPS base/file", "base/result base/file"),
                           "move it to TEST_DEPS"),
    "unused by tests": (module_line("edge/agent DEPS base/result", "edge/agent DEPS base/result TEST_DEPS base/file"),
                        "not used by its tests"),
    "private header": ({"src/control/store/a.cc": SPDX + '#include "core/model/inner.h"\n'}, "is private to core/model"),
    "private header in tests/": ({"tests/contract/b_test.cc": SPDX + '#include "core/model/inner.h"\n'}, "is private to"),
    "testing.h outside tests": (core('#include "base/result/testing.h"\n'), "is private to base/result"),
    "upward include": ({"src/core/model/a.cc": SPDX + '#include "control/store/store.h"\n'}, "does not declare control/store"),
    "upward floor": (module_line("aiop_module(edge/agent DEPS base/result)",
                                 "aiop_module(edge/agent DEPS base/result control/store)"), "edge may not depend on control"),
    "declared too early": (module_line("aiop_module(base/file DEPS base/result)",
                                       "aiop_module(base/file DEPS base/result core/model)"), "must be declared above it"),
    "relative include": (core('#include "../../base/result/result.h"\n'), "relative include"),
    "orphan": ({"src/core/lost/lost.cc": SPDX}, "belongs to no module"),
    "orphan on a floor": ({"src/core/lost.h": header()}, "belongs to no module"),
    "include of nothing": (core('#include "base/lost/lost.h"\n'), "belongs to no module"),
    "too deep": ({"src/core/model/a/b/c.cc": SPDX}, "deeper than one folder"),
    "no folder": (module_line("aiop_module(app", "aiop_module(core/ghost)\naiop_module(app"), "no such folder"),
    "no public header": ({"src/base/file/file.h": None, "src/base/file/other.h": header('#include "base/result/result.h"\n'),
                          "src/core/model/model_test.cc": SPDX}, "has no public header"),
    "unknown floor": ({**module_line("edge/agent", "cloud/agent"), "src/cloud/agent/agent.h": header()}, "FLOOR/NAME"),
    "vague name": ({**module_line("edge/agent", "edge/utils"), "src/edge/utils/utils.h": header()}, "say what it is"),
    # libraries
    "library not linked": ({"src/base/file/a.cc": SPDX + "#include <curl/curl.h>\n"}, "does not say LINK"),
    "library in a public header": ({"src/control/store/store.h": header("#include <sqlite3.h>\n")}, "in a public header"),
    # bans
    "throw": (core("void F() { throw 1; }\n"), "`throw` is not for here"),
    "catch": (core("void F() { try { } catch (...) { } }\n"), "`catch` is not for here"),
    "wall clock": (core("auto now = std::chrono::system_clock::now();\n"), "take the time as an argument"),
    "our clock": (core("auto now = time::Now();\n"), "take the time as an argument"),
    "C clock": (core("auto now = ::time(nullptr);\n"), "take the time as an argument"),
    "thread": (core("std::jthread worker;\n"), "the caller brings the threads"),
    "mutex": (core("std::mutex lock;\n"), "the caller brings the threads"),
    "randomness": (core("std::random_device dice;\n"), "take ids and chances"),
    "file system": (core("bool there = std::filesystem::exists(path);\n"), "take the bytes"),
    "file stream": (core("std::ifstream in(path);\n"), "take the bytes"),
    "system call": (core("auto count = ::read(file, buffer, size);\n"), "take the bytes"),
    "include of the file system": (core("#include <fstream>\n"), "no input, output"),
    "after a raw string": (core('auto a = R"(")"; void F() { throw 1; }\n'), "`throw` is not for here"),
    "after a digit separator": (core("int a = 1'000; void F() { throw 1; } int b = 1'000;\n"), "`throw` is not for here"),
    "fork": (control("auto child = ::fork();\n"), "base/process"),
    "exec": (control("void F() { execvp(a, b); }\n"), "base/process"),
    "popen": (control("auto pipe = popen(a, b);\n"), "argument list"),
    "system": ({"src/base/process/a_test.cc": SPDX + "int a = std::system(command);\n"}, "argument list"),
    "sqlite": ({**module_line("edge/agent DEPS base/result", "edge/agent DEPS base/result LINK PkgConfig::sqlite3"),
                "src/edge/agent/a.cc": SPDX + "#include <sqlite3.h>\n"}, "only the stores speak SQL"),
    "git": (control("#include <git2.h>\n"), "only control/motors"),
    "getenv": (control('auto home = std::getenv("HOME");\n'), "app reads the environment"),
    "sleep in a test": ({"src/base/file/a_test.cc": SPDX + "void F() { std::this_thread::sleep_for(1ms); }\n"}, "waits for"),
    "sleep": (control("void F() { std::this_thread::sleep_for(1ms); }\n"), "wait for the event"),
    "exit": (control("void F() { std::exit(1); }\n"), "only app ends the process"),
    "std::regex": (control("#include <regex>\n"), "use RE2"),
    # sizes and forms
    "long source": (core("\n" * 800), "the limit is 800"),
    "long header": ({"src/core/model/long.h": header("\n" * 399)}, "the limit is 400"),
    "long test": ({"tests/contract/a_test.cc": SPDX + "\n" * 800}, "the limit is 800"),
    "no licence": ({"src/core/model/extra.cc": "int a;\n"}, "SPDX"),
    "no pragma once": ({"src/core/model/extra.h": SPDX}, "#pragma once"),
    "unfinished": (core("// TO" "DO: the rest\n"), "finish it"),
    # places
    "machine path": ({"README.md": "see /wo" "rk/main\n"}, "README.md:1: `/wo" "rk/`"),
    "folder beside": ({"docs/a.md": "\nsee ../sha" "red/DESIGN.md\n"}, "docs/a.md:2:"),
    "registry host": ({"tools/a.sh": "curl https://deb.deb" "ian.org/x\n"}, "true on one machine only"),
}


def findings(changes):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in {**TREE, **changes}.items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
        checker = check_layers.Checker(root)
        checker.run()
        return checker.breaches, checker.warnings


class CheckLayersTest(unittest.TestCase):
    def test_a_good_tree_passes(self):
        self.assertEqual(findings({}), ([], []))

    def test_each_breach_is_found(self):
        for name, (changes, message) in BREACHES.items():
            with self.subTest(name):
                breaches, _ = findings(changes)
                self.assertTrue(any(message in breach for breach in breaches), f"{message!r} not in {breaches}")

    def test_each_ban_has_a_breach(self):
        planted = [(path.removeprefix("src/"), check_layers.code_only(text))
                   for changes, _ in BREACHES.values() for path, text in changes.items() if text]
        for ban in check_layers.BANS:
            self.assertTrue(any(fnmatch.fnmatch(path, ban.where) and re.search(ban.what, code) for path, code in planted),
                            f"no breach is planted for {ban.what}")

    def test_lines_are_counted_from_one_and_in_the_original(self):
        breaches, _ = findings(core('/* two\nlines */\nauto a = R"(\n)";\n\nvoid F() { throw 1; }\n'))
        self.assertEqual([b.split(": ")[0] for b in breaches], ["src/core/model/extra.cc:7"])

    def test_long_files_warn_before_they_fail(self):
        breaches, warnings = findings(core("\n" * 500))
        self.assertEqual(breaches, [])
        self.assertEqual(warnings, ["src/core/model/extra.cc: 501 lines, aim below 500"])

    def test_the_program_exits_1_on_a_breach(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "src").mkdir()
            (pathlib.Path(folder) / "src/CMakeLists.txt").write_text("aiop_module(core/ghost)\n")
            result = subprocess.run([sys.executable, check_layers.__file__, folder], capture_output=True, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(b"core/ghost", result.stdout)


if __name__ == "__main__":
    unittest.main()
