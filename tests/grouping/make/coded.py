# SPDX-License-Identifier: Apache-2.0
"""Tools that give each message a code when asked in another output format: run in both formats, and the codes are the labels of the lines."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import corpus
from marked import WORDS, bits

random.seed(13)
NODE = os.environ.get("NODE_MODULES", "node_modules")


def output(*command, cwd, **extra):
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          env=dict(os.environ, NODE_PATH=NODE, **extra), timeout=200).stdout


def clang(folder):
    """clang's SARIF output carries each diagnostic's number; its text output has the same diagnostics in the same order."""
    rows = []
    for turn in range(320):
        name, text = bits(turn)
        place = random.choice(["", "src/", "lib/core/"])
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / name).write_text(text)
        base = ["clang++-19", "-std=c++20", "-Wall", "-Wextra", "-fno-caret-diagnostics", "-fno-color-diagnostics", "-c", place + name, "-o", "/dev/null"]
        lines = output(*base, cwd=folder).splitlines()
        sarif = output(*base, "-fdiagnostics-format=sarif", "-Wno-sarif-format-unstable", cwd=folder)
        found = [line for line in sarif.splitlines() if line.startswith("{")]
        results = json.loads(found[0])["runs"][0]["results"] if found else []
        said = [r for r in results if r["message"]["text"]]
        at = 0
        for line in lines:
            match = re.match(r"^(?:\S+:\d+:\d+: |\S+: )?(?:fatal error|error|warning|note): (.*)$", line)
            if match:
                if at < len(said) and match.group(1).startswith(said[at]["message"]["text"]):
                    rows.append((f"diagnostic {said[at]['ruleId']}: {said[at]['message']['text']}", line, 0))
                at += 1
            elif re.match(r"^(\d+ (warning|error)s?( and \d+ errors?)?) generated\.$", line):
                rows.append((re.sub(r"\d+", "%d", line), line, 0))
            elif line.startswith("In file included from"):
                rows.append(("In file included from %s:", line, 0))
    names = {}
    return [((names.setdefault(label.split(":")[0], label) if label.startswith("diagnostic") else label), line, at) for label, line, at in rows]


TSC_BITS = [
    "const {a}: number = '{b}';", "let {a} = {b};", "function {a}(x: string) {{}} {a}({n});", "interface {A} {{ {b}: string }} const z{n}: {A} = {{}};",
    "class {A} {{ {b}!: number }} new {A}().{a}{n};", "const {a} = 1; const {a} = 2;", "type {A} = {{ {b}: {A}X }};", "function {a}(): number {{ }}", "return {n};",
    "interface {A} {{ [k: string]: string[]; {b}: boolean }}", "import {{ {a} }} from './{b}';", "import * as {a} from '{b}';", "const {a} = {{ {b}: 1, {b}: 2 }};",
    "class {A} extends {B}{n} {{}}", "class {A} {{ constructor(private {b}: number) {{}} }} new {A}();", "let {a}: string; {a} = {n};", "function {a}(x: number, y: string) {{}} {a}(1);",
    "abstract class {A} {{ abstract {b}(): void }} new {A}();", "class {A} implements I{n} {{}}", "interface I{n} {{ {b}(): void }} class {A} implements I{n} {{}}",
    "const {a}: {{ {b}: {{ {a}: number }} }} = {{ {b}: {{ {a}: '{n}' }} }};", "for (const {a} of {n}) {{}}", "const {a} = async () => {{}}; const z: number = {a}();",
    "enum {A} {{ {b} = 'x' }} const q{n}: {A} = {n};", "let {a} = {{ {b}: 1 }}; {a}.{b}x = {n};", "const {a} = ;", "function ({a} {{ }}", "let {a}: Array<{n}, string>;",
    "const {a}: readonly number[] = [1]; {a}.push({n});", "class {A} {{ private {b} = 1 }} new {A}().{b};", "export default {a}{n};", "let {a}: Promise = null;", "await {a}({n});",
    "class {A} {{ readonly {b} = 1 }} new {A}().{b} = {n};", "if ({n} === '{a}') {{}}", "function {a}({b}) {{ return {b} }}", "const {a} = (x: unknown) => x.{b};", "delete {a}{n};",
    "const {a}: [number, string] = [{n}];", "type {A} = {A};", "let {a}: 'x' | 'y' = '{b}';", "const {{ {a} }} = {{ {b}: {n} }};", "super.{a}();", "break;", "this.{a}.{b};",
    "declare module '{a}' {{ let x{n} }}", "import {a} = require('{b}');", "const {a}: (x: number) => string = (x: string) => x;", "new {n}();", "{n}({a});", "const {a} = null.{b};",
    "function {a}(x?: number, y: string) {{}}", "class {A} {{ {b}: number }}", "namespace {A} {{ export let {b} = 1 }} {A}.{a}{n};", "type {A}<T extends string> = T; let q{n}: {A}<number>;",
    "let {a} = <T>(x: T): T => x; {a}<number>('{b}');", "switch ({n}) {{ case '{a}': }}", "const {a} = [1, 2][{n}].{b};", "const {a} = {n} + {{}} - '{b}';", "var {a}: number; var {a}: string;"]

TSC_SCRIPT = """
const ts = require('typescript');
const [, , ...files] = process.argv;
const program = ts.createProgram(files, {strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, types: [], noUnusedLocals: true});
const host = {getCurrentDirectory: () => process.cwd(), getCanonicalFileName: f => f, getNewLine: () => '\\n'};
const flat = (m, code, depth, out) => {
  if (typeof m === 'string') { out.push([code, depth]); return; }
  m.messageText.split('\\n').forEach(() => out.push([m.code, depth]));
  (m.next || []).forEach(n => flat(n, n.code, depth + 1, out));
};
for (const d of ts.getPreEmitDiagnostics(program)) {
  const codes = []; flat(d.messageText, d.code, 0, codes);
  const lines = ts.formatDiagnostic(d, host).trimEnd().split('\\n');
  lines.forEach((line, i) => console.log(JSON.stringify([codes[Math.min(i, codes.length - 1)].join('/'), line])));
}
"""


def tsc(folder):
    """The compiler's API tells the code of each line, also of the indented ones that explain the first."""
    (folder / "run.js").write_text(TSC_SCRIPT)
    files = []
    for turn in range(420):
        word = lambda: random.choice(WORDS) + random.choice(["", random.choice(WORDS).capitalize(), str(random.randrange(30))])
        text = "export {};\n"
        for bit in ([TSC_BITS[turn]] if turn < len(TSC_BITS) else random.choices(TSC_BITS, [1 + 25 / (1 + i) for i in range(len(TSC_BITS))], k=random.choice([1, 2, 3]))):
            a, b = word(), word()
            text += bit.format(a=a, b=b, A=a.capitalize(), B=b.capitalize(), n=random.randrange(2, 90)) + "\n" * random.randrange(1, 4)
        place = random.choice(["", "src/", "lib/core/"])
        (folder / place).mkdir(parents=True, exist_ok=True)
        files.append(f"{place}{word()}{turn % 7}.ts")
        (folder / files[-1]).write_text(text)
    printed = output("node", "run.js", *dict.fromkeys(files), cwd=folder)
    return [(f"TS{label}", line, 0) for label, line in map(json.loads, printed.splitlines())]


JAVA_BITS = [
    "int {a}() {{ return {b}; }}", "int {a}() {{ return \"{b}\"; }}", "void {a}() {{ {b}({n}); }}", "int {a}; int {a};", "void {a}() {{ int x = {n} }}", "{A} {b};", "String {a} = {n};",
    "void {a}() {{ int x; System.out.println(x); }}", "void {a}() {{ throw new Exception(\"{b}\"); }}", "int {a}() {{ }}", "void {a}() {{ return {n}; }}", "final int {a} = 1; void g{n}() {{ {a} = 2; }}",
    "void {a}(int x) {{}} void h{n}() {{ {a}(\"{b}\"); }}", "abstract void {a}();", "class {A} implements Runnable {{}}", "class {A} extends {B}{n} {{}}", "void {a}() {{ for (String s : {n}) {{}} }}",
    "void {a}() {{ \"{b}\".{a}{n}(); }}", "static void {a}() {{ this.toString(); }}", "void {a}() {{ while (true) {{}} int x; }}", "byte {a} = {n}000;", "int {a} = {n}.5;", "void {a}() {{ break; }}",
    "void {a}() {{ int {b} = 1; int {b} = 2; }}", "void {a}() {{ switch ({n}) {{ case 1: case 1: }} }}", "int {a}(int x) {{ if (x > 1) return 1; }}", "void {a}() {{ java.util.List<int> l; }}",
    "void {a}() {{ new {A}{n}(); }}", "void {a}() {{ try {{ }} catch (java.io.IOException e) {{}} }}", "private public int {a};", "interface {A} {{ int {b}() {{ return 1; }} }}", "void {a}() {{ int x = null; }}",
    "enum {A} {{ X }} void q{n}() {{ {A}.{b} .x(); }}", "void {a}() {{ {n}; }}", "char {a} = '{b}';", "String {a} = \"{b};", "void {a}() {{ if ({n}) {{}} }}", "int {a} = 99999999999;", "Object {a} = new Runnable();",
    "void {a}() {{ Thread t = new Thread({n}, {n}, {n}, {n}, {n}); }}", "void {a}() {{ var x; }}", "void {a}() {{ Object o = \"\"; String s = o; }}", "int[] {a} = {{ \"{b}\" }};", "@Override void {a}{n}() {{}}",
    "static class {A} {{ private int {b}; }} ", "void {a}() throws {A}{n} {{}}", "record {A}(int {b}) {{ int x; }}", "sealed interface {A} permits {B}{n} {{}}", "void {a}() {{ continue {b}; }}", "import java.{a};"]


def javac(folder):
    """-XDrawDiagnostics prints the keys of javac's message catalogue in place of the messages."""
    rows = []
    for turn in range(110):
        word = lambda: random.choice(WORDS) + random.choice(["", random.choice(WORDS).capitalize(), str(random.randrange(30))])
        name = word().capitalize()
        text = f"package shop.{random.choice(WORDS)};\n{random.choice(['', 'import java.' + random.choice(WORDS) + '.Set;', 'import java.util.*;'])}\nclass {name} {{\n"
        for bit in ([JAVA_BITS[turn]] if turn < len(JAVA_BITS) else random.choices(JAVA_BITS, [1 + 20 / (1 + i) for i in range(len(JAVA_BITS))], k=random.choice([1, 2, 3]))):
            a, b = word(), word()
            text += bit.format(a=a, b=b, A=a.capitalize(), B=b.capitalize(), n=random.randrange(2, 90)) + "\n" * random.randrange(1, 4)
        (folder / f"{name}.java").write_text(text + "}\n")
        base = ["javac", "-Xlint:all", "-d", str(folder / "out")]
        plain = output(*base, f"{name}.java", cwd=folder).splitlines()
        raw = output(*base, "-XDrawDiagnostics", f"{name}.java", cwd=folder).splitlines()
        keys = [m.group(1) for m in (re.match(r"^\S+?:\d+:\d+: ([\w.]+)", line) for line in raw) if m]
        heads = [i for i, line in enumerate(plain) if re.match(r"^\S+\.java:\d+: ", line)]
        if len(keys) != len(heads):
            continue
        for key, at in zip(keys, heads):
            rows.append((key, plain[at], 0))
            for extra in plain[at + 1:]:
                if re.match(r"^\S+\.java:\d+: ", extra):
                    break
                match = re.match(r"^  (symbol|location|required|found|reason): ", extra)
                if match:
                    kind = re.match(r"^  (symbol|location|found): +(\w+)", extra)
                    rows.append((f"line '{match.group(1)}'" + (f" of a {kind.group(2)}" if kind and match.group(1) != "found" else ""), extra, 0))
        for line in plain:
            match = re.match(r"^\d+ (errors?|warnings?)$", line)
            if match:
                rows.append((f"count of {match.group(1)}", line, 0))
    return rows


PY_BITS = [
    "import os, {a}", "def {a}(x):\n    {b} = 1\n    return x", "class {a}:\n    pass", "def {A}():\n    return undefined_{b}", "x = {n}\nx == {n}", "def {a}(l=[]):\n    return l",
    "try:\n    pass\nexcept:\n    pass", "if {n}:\n    pass\nelse:\n    pass", "print('{a}' % {n})", "from {a} import *", "def {a}(a, b, c, d, e, f, g):\n    return a", "import {a}.{b}",
    "assert ({n}, '{a}')", "'%s %s' % ('{a}',)", "def {a}():\n    return 1\n    print('{b}')", "for i in range(len('{a}')):\n    print(i)", "global {a}", "lambda: {n}", "{a} = lambda x: x",
    "class {A}({B}):\n    def m(this):\n        return self", "exec('{a}')", "eval('{b}')", "x = [i for i in [1]]", "def {a}():\n    global {b}\n    {b} = 3", "raise '{a}'", "'{a}'.{b}()", "open('{a}')",
    "def len(x):\n    return x", "while True:\n    break\nelse:\n    pass", "def {a}(self, *args):\n    self.{b} = {n}", "x = dict([(1, 2)])", "not {n} == {n}", "if type({n}) == int:\n    pass", "import sys; sys.exit()",
    "{a} = {{'x': 1, 'x': 2}}", "def {a}(:\n    pass", "return {n}", "yield {n}", "def {a}(x, x):\n    pass", "   {a} = 1", "class {A}:\n    def __init__(self):\n        return {n}", "assert '{a}'", "del {a}{n}"]


def pylint(folder):
    """pylint is asked for the symbol of each message beside the message."""
    files = []
    for turn in range(200):
        word = lambda: random.choice(WORDS) + random.choice(["", "_" + random.choice(WORDS), str(random.randrange(30))])
        text = ""
        for bit in ([PY_BITS[turn]] if turn < len(PY_BITS) else random.choices(PY_BITS, k=random.choice([1, 2, 4]))):
            a, b = word(), word()
            text += bit.format(a=a, b=b, A=a.capitalize(), B=b.capitalize(), n=random.randrange(2, 90)) + "\n" * random.randrange(1, 4)
        files.append(f"{word()}{turn}.py")
        (folder / files[-1]).write_text(text)
    printed = output("/usr/bin/python3", "-m", "pylint", "--msg-template={symbol}\x1f{path}:{line}:{column}: {msg}", *files, cwd=folder)
    return [(*line.split("\x1f", 1), 0) for line in printed.splitlines() if "\x1f" in line]


if __name__ == "__main__":
    for make in [clang, tsc, javac, pylint]:
        if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
            continue
        folder = pathlib.Path(tempfile.mkdtemp())
        corpus.REPLACE[:] = [(str(folder), "/srv/work")]
        corpus.write(make.__name__, make(folder))
        shutil.rmtree(folder)
