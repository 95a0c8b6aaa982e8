#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles each public header alone: a header that needs another one before it breaks whoever includes it first.

Usage: check_headers.py [--jobs N]

A header is compiled again only if it, something it includes, or this file changed: the compiler's list of what it read
is kept under build/check/headers.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAMPS = ROOT / "build/check/headers"
COMPILER = ["clang++-19", "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Werror",
            "-Wno-missing-field-initializers", "-Wno-pragma-once-outside-header", f"-I{ROOT / 'src'}",
            f'-DAIOP_SOURCE_DIR="{ROOT}"']


def public_headers():
    for folder in sorted(p for p in (ROOT / "src").glob("*/*") if p.is_dir()):
        yield from (h for h in (folder / f"{folder.name}.h", folder / "testing.h") if h.is_file())


def is_fresh(stamp):
    """Whether nothing that was read when `stamp` was made has changed since."""
    try:
        made = stamp.stat().st_mtime_ns
        names = re.sub(r"\\\n", " ", stamp.read_text()).split(":", 1)[1].split()
        return all(os.stat(name).st_mtime_ns < made for name in [*names, __file__])
    except (OSError, IndexError):
        return False


def check(header):
    """What the compiler says about the header alone; empty if all is well."""
    stamp = STAMPS / (header.relative_to(ROOT / "src").as_posix().replace("/", "__") + ".d")
    if is_fresh(stamp):
        return ""
    fresh = stamp.with_suffix(".new")
    result = subprocess.run([*COMPILER, "-MD", "-MF", str(fresh), "-x", "c++", str(header)],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        fresh.unlink(missing_ok=True)
        return result.stderr or f"{header}: the compiler failed"
    fresh.replace(stamp)
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    jobs = parser.parse_args().jobs
    STAMPS.mkdir(parents=True, exist_ok=True)
    headers = list(public_headers())
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        complaints = [text for text in pool.map(check, headers) if text]
    print("\n".join(complaints) if complaints else f"headers ok: {len(headers)} compile alone")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
