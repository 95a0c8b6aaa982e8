# SPDX-License-Identifier: Apache-2.0
"""How the yard builds and tests."""
import os

PACKAGES = {"left": "1", "right": "2", "centre": "3"}


class Broken(Exception):
    """The build cannot go on."""


def compile_one(name, text):
    try:
        compile(text, name, "exec")
    except SyntaxError as error:
        raise Broken(f"{name}:{error.lineno}: compile error: {error.msg}") from error


def resolve(folder):
    wanted = folder / "needs.txt"
    for line in wanted.read_text(encoding="utf-8").split() if wanted.exists() else []:
        if line not in PACKAGES:
            raise Broken(f"dependency {line} cannot be resolved")


def run_test(name, text, space):
    try:
        exec(compile(text, name, "exec"), space)  # noqa: S102  (that is what a test runner does)
    except AssertionError as error:
        raise Broken(f"{name}: test failed: {error}") from error
    except OSError as error:
        raise Broken(f"{name}: test could not reach its service: {error.strerror}") from error


def world(name):
    try:
        with open(os.path.join(os.environ["AIOP_GOLDEN_WORLD"], name), encoding="utf-8") as file:
            return file.read().strip()
    except (KeyError, OSError):
        return ""
