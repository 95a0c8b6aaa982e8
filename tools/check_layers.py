#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to the rules that no compiler checks. Prints `file:line: what is wrong; what to do instead`.

Usage: check_layers.py [REPOSITORY]

- order: src/CMakeLists.txt lists the modules, lowest first; every #include follows its DEPS, enters a module by its
  public door only, and no floor looks up; what is declared is used; every file belongs to a module;
- libraries: a module includes a third-party library only if its line says LINK, and most never in a public header;
- bans: some things belong to one place only, see BANS; the message names the alternative;
- sizes: a ratchet, see SIZE_LIMITS;
- places: no file names a path of one machine or a host of a package registry.

Exit 0 and one summary line if all holds; warnings go to stderr and do not fail.
"""
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

# Which floors a floor may use. `edge` knows `control` only through its HTTP interface.
FLOORS = {
    "base": {"base"},
    "core": {"base", "core"},
    "inference": {"base", "core", "inference"},
    "control": {"base", "core", "inference", "control"},
    "edge": {"base", "core", "edge"},
    "app": {"base", "core", "inference", "control", "edge", "app"},
}

# Folders outside src/ that are held to the includes of modules. The fuzzers look inside a module, the others do not.
OUTSIDE = {"tests": False, "bench": False, "fuzz": True}

# How long a file may be: suffix -> (warn above, fail above).
SIZE_LIMITS = {".cc": (500, 800), ".h": (250, 400)}

VAGUE_NAMES = {"common", "util", "utils", "misc", "helper", "helpers", "shared"}


class Library(NamedTuple):
    include: str  # pattern of the include path
    link: str  # pattern of the LINK word that declares it
    in_doors: tuple = ()  # modules whose public header may include it


LIBRARIES = (
    Library("sqlite3.h", "PkgConfig::sqlite3"),
    Library("git2*", "PkgConfig::libgit2"),
    Library("curl/*", "PkgConfig::libcurl"),
    Library("yaml-cpp/*", "PkgConfig::yaml-cpp"),
    Library("re2/*", "PkgConfig::re2"),
    Library("pugixml.hpp", "PkgConfig::pugixml"),
    Library("spdlog/*", "PkgConfig::spdlog"),
    Library("fmt/*", "PkgConfig::spdlog"),
    Library("openssl/*", "OpenSSL::*"),
    Library("CLI/*", "CLI11*"),
    Library("boost/json*", "*", ("base/json",)),
    Library("boost/asio*", "*", ("base/async",)),
    Library("boost/beast*", "*"),
)


class Ban(NamedTuple):
    what: str  # regular expression over code without comments and strings, or over include paths
    where: str  # pattern of paths in src/ it is banned in
    allowed: tuple  # patterns of paths it is allowed in all the same
    tests_too: bool
    instead: str


PURE = "core is pure: "
BANS = (
    Ban(r"\b(?:throw|catch)\b", "core/*", (), False, PURE + "return a Result or a Status"),
    Ban(r"\btry\s*\{", "core/*", (), False, PURE + "return a Result or a Status"),
    Ban(r"\b\w+_clock::now\b|\btime::\w*Now\s*\(|(?<![\w.>:])Now\s*\("
        r"|(?<![\w.>:])(?:std::|::)?(?:time|clock|gettimeofday|clock_gettime|localtime|gmtime)\s*\(",
        "core/*", (), False, PURE + "take the time as an argument"),
    Ban(r"\bstd::(?:jthread|thread|async|mutex|shared_mutex|recursive_mutex|condition_variable\w*|atomic\w*|future"
        r"|promise|this_thread)\b|\bthread_local\b",
        "core/*", (), False, PURE + "the caller brings the threads"),
    Ban(r"\bstd::(?:random_device|mt19937\w*|default_random_engine)\b|(?<![\w.>:])(?:s?rand|random|arc4random\w*)\s*\(",
        "core/*", (), False, PURE + "take ids and chances as arguments"),
    Ban(r"\bstd::(?:[io]?fstream|cout|cerr|clog|cin)\b|\bstd::filesystem::(?!path\b)\w+"
        r"|(?<![\w.>:])(?:f?printf|puts|fopen)\s*\(|(?<![\w>])::(?:open|read|write|close|unlink|mkdir|rename)\s*\(",
        "core/*", (), False, PURE + "take the bytes as an argument, return what is to be written"),
    Ban(r"#include <(?:filesystem|fstream|iostream|cstdio|thread|mutex|random|unistd\.h|fcntl\.h|sys/.*)>",
        "core/*", (), False, PURE + "no input, output, clock, thread or randomness"),
    Ban(r"(?<![\w.>:])(?:std::|::)?(?:v?fork|exec[lv]p?e?|fexecve|posix_spawnp?|clone3?)\s*\(",
        "*", ("base/process/*",), False, "start programs through base/process, which ends every descendant"),
    Ban(r"(?<![\w.>:])(?:std::|::)?(?:popen|system)\s*\(",
        "*", (), True, "start programs through base/process, with an argument list instead of a shell line"),
    Ban(r"#include <sqlite3\.h>", "*", ("control/store/*", "control/snapshot/*", "control/contexts/*"), True,
        "only the stores speak SQL; use their interface"),
    Ban(r"#include <git2.*>", "*", ("control/motors/*",), True, "only control/motors opens repositories; use it"),
    Ban(r"(?<![\w.>])(?:std::|::)?(?:secure_)?getenv\s*\(", "*", ("base/*", "app/*"), False,
        "app reads the environment and passes it down in Options"),
    Ban(r"\b(?:std::this_thread::)?sleep_(?:for|until)\s*\(|(?<![\w.>:])(?:u|nano)?sleep\s*\(", "*", ("base/*", "app/*"),
        False, "wait for the event itself, or for a deadline through base/time"),
    Ban(r"\bsleep_(?:for|until)\s*\(|(?<![\w.>:])(?:u|nano)?sleep\s*\(", "*_test.cc", (), True,
        "a test waits for the event itself, with a deadline"),
    Ban(r"\bstd::(?:exit|_Exit|quick_exit)\s*\(|(?<![\w.>:])_?exit\s*\(", "*", ("base/process/*", "base/result/*", "app/*"),
        False, "return a Status; only app ends the process"),
    Ban(r"#include <(?:regex)>", "*", (), True, "std::regex is not linear in time; use RE2"),
)

# Spelt so that this file does not name them itself.
PLACES = re.compile(
    rb"(?<![\w.>}*)])/(?:w[o]rk|f[a]rm)/|/b[a]sh_jobs|\.\./sh[a]red\b|\.libr[a]ry\b"
    rb"|https?://[\w.-]*\b(?:deb[i]an\.org|registry\.npm[j]s\.org|ubunt[u]\.com)")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)', re.M)
# Comments, raw strings, strings, characters (a digit separator is none): replaced by as many newlines.
NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\s\\]{0,16})\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|(?<![0-9a-fA-F])\'(?:[^\'\\\n]|\\.)+\'', re.S)


class Module(NamedTuple):
    name: str
    line: int
    deps: frozenset
    test_deps: frozenset
    link: frozenset


def parse_modules(text):
    """The modules of src/CMakeLists.txt in their order."""
    modules = {}
    clean = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(r"\baiop_module\s*\(\s*([^\s()]+)([^()]*)\)", clean):
        lists, current = {"DEPS": [], "TEST_DEPS": [], "LINK": []}, None
        for word in match[2].split():
            if word in lists:
                current = word
            elif current:
                lists[current].append(word)
        line = clean.count("\n", 0, match.start()) + 1
        modules[match[1]] = Module(match[1], line, *(frozenset(lists[k]) for k in ("DEPS", "TEST_DEPS", "LINK")))
    return modules


def code_only(text):
    """The text with comments and strings blanked, lines kept; #include lines survive as `#include <path>`."""
    includes = INCLUDE.sub(lambda m: f"#include <{m[2]}", text)
    kept = re.sub(r"(#include <[^\">\n]+)[\">]", r"\1>", includes)
    return NOISE.sub(lambda m: "\n" * m[0].count("\n") or " ", kept)


def is_test(path):
    return path.endswith("_test.cc") or path.endswith("/testing.h") or path.endswith("/testing.cc")


class Checker:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.breaches, self.warnings = [], []
        self.modules = {}
        self.used = {}
        self.used_by_tests = {}

    def breach(self, path, line, message):
        self.breaches.append(f"{path}:{line}: {message}" if line else f"{path}: {message}")

    def owner(self, path):
        """The module that owns a path below src/, by its first two parts; modules do not nest."""
        name = "/".join(path.split("/")[:2])
        return self.modules.get(name)

    def check_declarations(self):
        where, above = "src/CMakeLists.txt", set()
        for module in self.modules.values():
            parts = module.name.split("/")
            if len(parts) != 2 or parts[0] not in FLOORS:
                self.breach(where, module.line, f"{module.name}: a module is FLOOR/NAME, FLOOR one of {', '.join(FLOORS)}")
                continue
            if parts[1] in VAGUE_NAMES:
                self.breach(where, module.line, f"{module.name}: say what it is; everything ends up in a folder named so")
            door = f"{module.name}/{parts[1]}.h"
            if not (self.root / "src" / module.name).is_dir():
                self.breach(where, module.line, f"{module.name}: there is no such folder; remove the line")
            elif not (self.root / "src" / door).is_file() and parts[0] != "app":
                self.breach(where, module.line, f"{module.name}: has no public header src/{door}")
            for dep in sorted(module.deps | module.test_deps):
                if dep not in above:
                    self.breach(where, module.line, f"{module.name}: {dep} must be declared above it")
                if dep.split("/")[0] not in FLOORS[parts[0]]:
                    self.breach(where, module.line, f"{module.name}: {parts[0]} may not depend on {dep.split('/')[0]}")
            above.add(module.name)

    def check_include(self, path, line, inc, me):
        """One #include of a file in src/ (me: its module) or beside it (me: None)."""
        if ".." in inc.split("/"):
            self.breach(path, line, f"relative include {inc}; write it from src/, as floor/module/file.h")
        for library in LIBRARIES:
            if me and fnmatch.fnmatch(inc, library.include):
                self.check_library(path, line, inc, me, library)
        to = self.owner(inc)
        if to is None:
            if inc.split("/")[0] in FLOORS and "/" in inc:
                self.breach(path, line, f"{inc} belongs to no module")
            return
        if to is me:
            return
        test = is_test(path) or me is None
        doors = {f"{to.name}/{to.name.split('/')[1]}.h"} | ({f"{to.name}/testing.h"} if test else set())
        if inc not in doors and not OUTSIDE.get(path.split("/")[0], False):
            self.breach(path, line, f"{inc} is private to {to.name}; use {min(doors)}")
        if me is None:
            return
        if to.name not in (me.deps | me.test_deps if test else me.deps):
            kind = "DEPS or TEST_DEPS" if test else "DEPS"
            self.breach(path, line, f"{me.name} does not declare {to.name}; add it to {kind} in src/CMakeLists.txt")
        (self.used_by_tests if test else self.used)[me.name].add(to.name)

    def check_library(self, path, line, inc, me, library):
        if not is_test(path) and not any(fnmatch.fnmatch(link, library.link) for link in me.link) and library.link != "*":
            self.breach(path, line, f"{me.name} includes {inc} but does not say LINK {library.link} in src/CMakeLists.txt")
        is_door = path == f"src/{me.name}/{me.name.split('/')[1]}.h"
        if is_door and me.name not in library.in_doors:
            self.breach(path, line, f"{inc} in a public header costs every file that includes it; keep it in the .cc")

    def check_bans(self, path, text):
        """path is below src/."""
        code, test = None, is_test(path)
        for ban in BANS:
            if not fnmatch.fnmatch(path, ban.where) or (test and not ban.tests_too):
                continue
            if any(fnmatch.fnmatch(path, allowed) for allowed in ban.allowed):
                continue
            code = code_only(text) if code is None else code
            for match in re.finditer(ban.what, code):
                line = code.count("\n", 0, match.start()) + 1
                self.breach(f"src/{path}", line, f"`{match[0].strip()}` is not for here; {ban.instead}")

    def check_source(self, path, text):
        """A C++ file anywhere in the repository."""
        suffix = pathlib.PurePosixPath(path).suffix
        lines = text.count("\n")
        warn, stop = SIZE_LIMITS[suffix]
        if lines > stop:
            self.breach(path, 0, f"{lines} lines, the limit is {stop}; it is more than one thing, split it")
        elif lines > warn:
            self.warnings.append(f"{path}: {lines} lines, aim below {warn}")
        if not text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
            self.breach(path, 1, "the first line must be `// SPDX-License-Identifier: Apache-2.0`")
        if suffix == ".h" and "\n#pragma once\n" not in text:
            self.breach(path, 1, "a header says #pragma once")
        for match in UNFINISHED.finditer(text):
            self.breach(path, text.count("\n", 0, match.start()) + 1, f"`{match[0]}`: finish it, or file an issue")
        in_src = path.startswith("src/")
        me = self.owner(path[4:]) if in_src else None
        for match in INCLUDE.finditer(text):
            self.check_include(path, text.count("\n", 0, match.start(1)) + 1, match[2], me)
        if in_src:
            self.check_bans(path[4:], text)

    def check_place(self, path):
        """A file below src/ belongs to a module and lies where the build looks."""
        if path == "src/CMakeLists.txt":
            return
        if self.owner(path[4:]) is None or path.count("/") < 3:
            self.breach(path, 0, "belongs to no module; declare one in src/CMakeLists.txt")
        elif path.endswith(".cc") and path.count("/") > 4:
            self.breach(path, 0, "lies deeper than one folder inside its module, where the build does not look")

    def check_unused(self):
        for module in self.modules.values():
            where = "src/CMakeLists.txt"
            if not (self.root / "src" / module.name).is_dir():
                continue
            for dep in sorted(module.deps - self.used[module.name]):
                hint = "move it to TEST_DEPS" if dep in self.used_by_tests[module.name] else "remove it"
                self.breach(where, module.line, f"{module.name}: {dep} is declared but not used; {hint}")
            for dep in sorted(module.test_deps - self.used_by_tests[module.name]):
                self.breach(where, module.line, f"{module.name}: {dep} is declared but not used by its tests; remove it")
            for dep in sorted(module.test_deps & module.deps):
                self.breach(where, module.line, f"{module.name}: {dep} is in DEPS already; remove it from TEST_DEPS")

    def files(self):
        """What git knows or would know; everything but build/ where there is no git."""
        try:
            listed = subprocess.run(
                ["git", "-C", str(self.root), "ls-files", "-coz", "--exclude-standard"], capture_output=True, check=True)
            names = {name for name in listed.stdout.decode().split("\0") if name}
        except (OSError, subprocess.CalledProcessError):
            names = {p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file()}
            names = {n for n in names if not n.startswith(("build/", ".git/"))}
        return sorted(n for n in names if os.path.isfile(self.root / n))

    def run(self):
        self.modules = parse_modules((self.root / "src/CMakeLists.txt").read_text())
        self.used = {name: set() for name in self.modules}
        self.used_by_tests = {name: set() for name in self.modules}
        self.check_declarations()
        for path in self.files():
            data = (self.root / path).read_bytes()
            for match in PLACES.finditer(data):
                found = match[0].decode(errors="replace")
                self.breach(path, data.count(b"\n", 0, match.start()) + 1,
                            f"`{found}` is true on one machine only; take it from an argument or the configuration")
            if path.startswith("src/"):
                self.check_place(path)
            if path.endswith((".cc", ".h")) and path.split("/")[0] in {"src", *OUTSIDE}:
                self.check_source(path, data.decode(errors="replace"))
        self.check_unused()
        return not self.breaches


def main():
    checker = Checker(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    good = checker.run()
    for warning in checker.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print("\n".join(checker.breaches) if not good else f"layers ok: {len(checker.modules)} modules")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
