# SPDX-License-Identifier: Apache-2.0
"""Programs that say themselves which entry of their message catalogue they print.

For each program a catalogue for the invented language "xx" is installed, in which every message is itself with its number in front of each of
its lines: "{{17}}fatal: not a repository: %s". What the program then prints carries its labels; they are taken out again.
"""
import gettext
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import corpus

random.seed(11)
LOCALE = pathlib.Path("/usr/share/locale")
MARK = re.compile(r"\{\{([\w.-]+)\}\}")
WORDS = "alpha beta gamma delta kitchen cellar garden orders invoices users report north south sensor lamp".split()
ENVIRONMENT = dict(os.environ, LANGUAGE="xx", LC_ALL="C.UTF-8", LANG="C.UTF-8", GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="ann@example.org",
                   GIT_COMMITTER_NAME="Ann", GIT_COMMITTER_EMAIL="ann@example.org", GIT_CONFIG_NOSYSTEM="1")


def marked(message, number):
    lines = message.split("\n")
    return "\n".join(f"{{{{{number}.{i}}}}}{line}" if line.strip() else line for i, line in enumerate(lines))


def install(domain, source):
    """Writes xx/DOMAIN.mo from any translation's catalogue; returns {number: message}."""
    with open(source, "rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog
    names, entries, plurals = {}, {"": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"}, set()
    blob = pathlib.Path(source).read_bytes()
    order, count, originals = ("<", *struct.unpack("<II", blob[8:16])) if blob[:4] == b"\xde\x12\x04\x95" else (">", *struct.unpack(">II", blob[8:16]))
    for i in range(count):
        length, offset = struct.unpack(order + "II", blob[originals + 8 * i:originals + 8 * i + 8])
        key = blob[offset:offset + length].decode("utf-8", "replace")
        if not key:
            continue
        context, _, plain = key.rpartition("\x04")
        forms = plain.split("\0")
        for k, form in enumerate(forms):
            names[f"{domain}-{i}" + ("p" * k)] = form
        entries[key] = "\0".join(marked(form, f"{domain}-{i}" + "p" * k) for k, form in enumerate(forms))
    keys = sorted(entries, key=lambda k: k.encode())
    ids = strings = b""
    places = []
    for key in keys:
        a, b = key.encode(), entries[key].encode()
        places.append((len(a), len(ids), len(b), len(strings)))
        ids += a + b"\0"
        strings += b + b"\0"
    start = 7 * 4 + 16 * len(keys)
    table = b"".join(struct.pack("<II", la, start + oa) for la, oa, _, _ in places)
    table += b"".join(struct.pack("<II", lb, start + len(ids) + ob) for _, _, lb, ob in places)
    target = LOCALE / "xx" / "LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{domain}.mo").write_bytes(struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0) + table + ids + strings)
    return names


def own_letters(text):
    return corpus.letters(text)


# Words that stand before the message proper, and so do not tell messages apart.
OPENINGS = {"error", "fatal", "warning", "note", "hint", "error: ", "fatal: ", "hint: ", "warning: ", "ERROR", "LOG", "WARNING", "FATAL", "DETAIL", "HINT",
            "NOTICE", "CONTEXT", "STATEMENT", "PANIC", "DEBUG", "INFO", "usage", "permerror: ", "note: ", "internal compiler error: "}


def take(text, names):
    """Rows of a marked output: the label of a line is what all its marks name, its openings left out."""
    rows = []
    for line in corpus.COLOUR.sub("", text).replace("\r", "\n").split("\n"):
        marks = MARK.findall(line)
        plain = MARK.sub("", line)
        said = []
        for mark in marks:
            number, _, part = mark.rpartition(".")
            form = names.get(number, "")
            if own_letters(form) >= 2:
                said.append((form, part))
        # A line of which only the opening was marked has a message that is in no catalogue.
        main = [each for each in said if each[0].strip() not in OPENINGS and not re.match(r"^\w+: ?(%\S*)?\s*$", each[0])]
        label = " + ".join(f"{form} (line {int(part) + 1})" if part != "0" else form for form, part in dict.fromkeys(main)) or None
        rows.append((label, plain, 0))
    return rows


class Session:
    def __init__(self, folder, names):
        self.folder, self.names, self.rows = folder, names, []

    def __call__(self, *command, cwd=None, keep=True, stdin="", **extra):
        try:
            done = subprocess.run(command, cwd=cwd or self.folder, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", env=dict(ENVIRONMENT, **extra), timeout=60)
        except subprocess.TimeoutExpired:
            return
        if keep:
            self.rows += take(done.stdout, self.names)


def git(folder):
    run = Session(folder, install("git", LOCALE / "de/LC_MESSAGES/git.mo"))
    run("git", "init", "--bare", "up.git")
    for turn in range(24):
        word = WORDS[turn % len(WORDS)] + str(turn)
        home = folder / word
        g = lambda *a, **k: run("git", *a, cwd=home, **k)
        run("git", "clone", "up.git", word)
        for name in random.sample(WORDS, 3):
            (home / f"{name}.txt").write_text(f"{word}\n" * (turn + 2))
        g("status"), g("add", "."), g("commit", "-m", f"add {word}"), g("push", "origin", "HEAD:main"), g("push")
        g("checkout", "-b", f"fix/{word}"), g("branch", "-d", "nosuch" + word), g("checkout", word), g("switch", "nosuch" + word)
        (home / "alpha.txt").write_text(f"changed {turn}\n")
        g("status"), g("checkout", "master"), g("checkout", "main"), g("commit", "-m", "x"), g("commit", "-am", f"change {turn}"), g("stash")
        (home / "beta.txt").write_text(f"other {turn}\n")
        (home / f"new-{word}").write_text("x")
        g("add", "beta.txt"), g("status"), g("stash"), g("stash", "pop"), g("stash", "drop", f"stash@{{{turn}}}")
        g("commit", "-am", "second"), g("checkout", "-b", "side", "HEAD~1")
        (home / "beta.txt").write_text(f"conflict {turn}\n"), (home / "alpha.txt").write_text(f"conflict {turn}\n")
        g("add", "beta.txt", "alpha.txt"), g("commit", "-m", f"third of {word}"), g("merge", f"fix/{word}"), g("status"), g("commit"), g("merge", "--abort")
        g("rebase", f"fix/{word}"), g("status"), g("rebase", "--abort"), g("cherry-pick", f"fix/{word}"), g("cherry-pick", "--abort")
        g("revert", "--no-edit", "HEAD"), g("reset", "--hard", f"HEAD~{turn}"), g("tag", word), g("tag", word), g("tag", "-d", word), g("tag", "-d", word)
        g("push", "origin", "HEAD:main"), g("fetch", "nosuch" + word), g("pull"), g("remote", "add", "origin", "x"), g("remote", "rm", word)
        g("branch", "-D", "side"), g("branch", "-m", word, "x"), g("checkout", "--", f"nosuch-{word}"), g("log", word), g("show", f"{turn:040x}")
        g("apply", "-", stdin="--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), g("apply", "-", stdin="nonsense"), g("am", stdin="nonsense")
        g("fsck"), g("gc", "--prune=now") if turn % 6 == 0 else None, g("config", "x"), g("config", "--get-regexp", "["), g(word), g("bisect", "good")
        g("worktree", "add", f"../wt-{word}", "HEAD"), g("worktree", "remove", f"../none-{word}"), g("submodule", "update", word), g("mv", "none", word)
        g("rm", f"none-{word}"), g("rm", "alpha.txt"), g("clean", "-n"), g("blame", f"none-{word}"), g("format-patch", "-1"), g("notes", "show", word)
        g("checkout", "HEAD"), g("merge", word), g("push", "--delete", "origin", word), g("clone", f"/nowhere/{word}")
        g("diff", word, "--"), g("archive", word), g("bundle", "verify", word), g("cat-file", "-p", word), g("read-tree", word), g("symbolic-ref", word)
    return run.rows


def dpkg(folder):
    names = install("dpkg", LOCALE / "de/LC_MESSAGES/dpkg.mo")
    names.update(install("apt", LOCALE / "de/LC_MESSAGES/apt.mo"))
    names.update(install("libapt-pkg6.0", LOCALE / "de/LC_MESSAGES/libapt-pkg6.0.mo"))
    names.update(install("dpkg-dev", LOCALE / "de/LC_MESSAGES/dpkg-dev.mo"))
    run = Session(folder, names)
    root = folder / "root"
    for each in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/log"]:
        (root / each).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text(""), (root / "var/lib/dpkg/available").write_text("")
    d = lambda *a: run("dpkg", f"--root={root}", "--force-not-root", "--force-script-chrootless", *a)
    for turn in range(22):
        name = WORDS[turn % len(WORDS)] + ("-" + WORDS[turn % 4] if turn > 14 else "")
        for version in ["1.0", f"2.{turn}"]:
            tree = folder / f"{name}_{version}"
            (tree / "DEBIAN").mkdir(parents=True, exist_ok=True), (tree / "usr/share").mkdir(parents=True, exist_ok=True)
            (tree / "usr/share" / (name if turn % 5 else "shared")).write_text(version)
            needs = random.choice(["", f"Depends: nosuch-{name}\n", f"Depends: {WORDS[(turn + 1) % 15]} (>= 1.5)\n", f"Conflicts: {WORDS[(turn + 2) % 15]}\n",
                                   f"Breaks: {WORDS[(turn + 2) % 15]}\n", f"Pre-Depends: nosuch{turn}\n", f"Recommends: {WORDS[turn % 9]}\n"])
            (tree / "DEBIAN/control").write_text(f"Package: {name}\nVersion: {version}\nArchitecture: {'all' if turn % 7 else 'sparc'}\nMaintainer: Ann <ann@example.org>\n"
                                                 f"{needs}Description: a test\n")
            if turn % 6 == 3:
                (tree / "DEBIAN/postinst").write_text(f"#!/bin/sh\nexit {turn}\n"), (tree / "DEBIAN/postinst").chmod(0o755)
            if turn % 8 == 5:
                (tree / "DEBIAN/prerm").write_text(f"#!/bin/sh\nexit {turn}\n"), (tree / "DEBIAN/prerm").chmod(0o755)
            run("dpkg-deb", "--root-owner-group", "-b", str(tree), str(folder / f"{name}_{version}.deb"))
        d("-i", f"{name}_1.0.deb"), d("-i", f"{name}_2.{turn}.deb"), d("-s", name), d("--configure", name), d("-L", f"none-{name}")
        if turn % 3 == 0:
            d("-r", name), d("-P", f"nosuch-{name}"), d("--configure", "-a")
        if turn % 4 == 0:
            d("-i", f"{name}_1.0.deb"), d("-P", name), d("-S", f"/usr/none/{name}"), d("-i", f"none{turn}.deb"), d("--nosuch"), d("--audit")
            bad = folder / f"bad{turn}.deb"
            bad.write_bytes(random.choice([b"!<arch>\nnonsense" * turn, b"", b"hello" * 200]))
            d("-i", str(bad)), d("-c", str(bad)), run("dpkg-deb", "-I", str(bad)), run("dpkg", "--compare-versions", name, "xx", "1"), d("--verify", name)
        if turn % 5 == 0:
            broken = folder / f"wrong{turn}"
            (broken / "DEBIAN").mkdir(parents=True)
            (broken / "DEBIAN/control").write_text(random.choice([f"Package: {name}_X\nVersion: 1\n", f"Package {name}\n", f"Package: {name}\nVersion: a:b\n",
                                                                  f"Package: {name}\nVersion: 1\nArchitecture: all\nDepends: a (>> \n"]))
            run("dpkg-deb", "-b", str(broken), "x.deb")
        a = lambda *x: run("apt-get", "-s", "-o", f"Dir::State::status={root}/var/lib/dpkg/status", "-o", "Debug::NoLocking=1", *x)
        a("install", random.choice(["zsh", "nosuch" + name, "fish", "tcsh", "mc", "vim", "joe", "emacs-nox"])), a("remove", random.choice(["bash", "nosuch", "perl", name]))
        if turn % 4 == 1:
            a("install", f"{name}=9.{turn}"), a("frobnicate"), a("install", "-t", name, "vim"), a("source", name), a("build-dep", name), a("-f", "install")
            run("apt-cache", "show", "nosuch" + name), run("apt-cache", "policy", name), run("apt-get", "--nosuch" + name), run("apt-mark", "hold", "nosuch" + name)
    return run.rows


GCC_BITS = [
    "int {a}() {{ return {b}; }}", "int {a}(int x) {{ x.{b} = 1; return 0; }}", "struct {A} {{ int x; }}; int f({A} p) {{ return p.{b}; }}",
    "void {a}() {{ {b}(3) }}", "int {a}(int); int {b}() {{ return {a}(\"x\"); }}", "class {A} {{ int {b}; }}; int f({A} z) {{ return z.{b}; }}",
    "int {a}; double {a};", "int {a}() {{ int {b}; return {b}; }}", "int {a}() {{ }}", "void {a}(int {b}) {{ }}", "int x{n} = \"{a}\";",
    "#include <{a}/{b}.h>", "#include \"{a}.h\"", "template <class T> T {a}(T x); int y{n} = {a}();", "const int {a} = 1; void f() {{ {a} = 2; }}",
    "struct {A}; {A} {b};", "int {a}() {{ if (1) {{ return 2; ", "void {a}() {{ for (int i = 0; i < 3; i++ {{ }} }}", "struct {A} {{ virtual void {b}() = 0; }}; {A} z;",
    "enum class {A} {{ {b} }}; int y = {A}::{b};", "#error {a} is not {b}", "#warning {a} {b}", "int {a}[-{n}];", "char {a}[2] = \"{b}{b}\";", "int {a} = 1 / 0;",
    "void {a}() {{ goto {b}; }}", "void {a}() {{ break; }}", "int {a}() {{ switch (1) {{ case 1: case 1: return 0; }} return 1; }}", "namespace {A} {{}} int z = {A}::{b};",
    "int {a}() {{ auto {b}; return 0; }}", "struct {A} {{ {A}(int); }}; {A} {b};", "struct {A} {{ ~{A}() = delete; }}; void f() {{ {A} {b}; }}", "int {a} = 08;",
    "int {a}() {{ int y = 300000000000; char c = 3000; return y + c; }}", "static int {a}() {{ return 0; }}", "int {a}(int x) {{ if (x = 3) return 1; return 0; }}",
    "#define {a} 1\n#define {a} 2", "int {a}() {{ unsigned u = 1; int i = 0; return u < i; }}", "void {a}() {{ const char* p = 3; *p = 1; }}", "int {a}() {{ return; }}",
    "void {a}() {{ return 3; }}", "template <class T> struct {A} {{ typename T::{b} x; }}; {A}<int> z;", "using {A} = {B};", "int {a}(int); int z = {a}(1, 2, 3);",
    "#if {n}\nint y;", "#endif", "int {a}() {{ throw {n}; }} int f() noexcept {{ throw 1; }}", "struct {A} {{ static int {b}() {{ return x; }} int x; }};",
    "struct {A} final {{ }}; struct {B} : {A} {{ }};", "struct {A} {{ void f(); }}; void {A}::{b}() {{ }}", "int {a} = nullptr;", "void {a}(int, int = 3, int);", "@",
    "constexpr int {a}(int x) {{ return x / 0; }} constexpr int z = {a}({n});", "static_assert(sizeof(int) == {n}, \"{a}\");", "int {a}() {{ int x; x + 1; 3 == x; return 0; }}",
    "extern \"X\" int {a};", "int *{a}() {{ int {b} = 1; return &{b}; }}", "#include <cstdio>\nvoid {a}() {{ printf(\"%s %d\", {n}, \"x\"); printf(\"%d\"); }}",
    "union {A} {{ virtual void f(); }};", "int operator+(int, int);", "void {a}() {{ delete {n}; }}", "int {a} = sizeof(void);", "int {a}{{1, 2}};", "friend int {a};"]


def bits(turn):
    """One small faulty program: the same faults under other names."""
    chosen = random.sample(GCC_BITS, random.choice([1, 1, 2, 4])) if turn >= len(GCC_BITS) else [GCC_BITS[turn]]
    word = lambda: random.choice(WORDS) + random.choice(["", "_" + random.choice(WORDS), str(random.randrange(30))])
    text = ""
    for bit in chosen:
        a, b = word(), word()
        text += bit.format(a=a, b=b, A=a.capitalize(), B=b.capitalize(), n=random.randrange(2, 90)) + "\n" * random.randrange(1, 4)
    return f"{word()}.cc", text


def gcc(folder):
    package = next(pathlib.Path().resolve().glob("gcc-12-locales*.deb"))  # apt-get download gcc-12-locales
    subprocess.run(["dpkg-deb", "-x", package, folder / "locales"], check=True)
    names = install("gcc-12", folder / "locales/usr/share/locale/de/LC_MESSAGES/gcc-12.mo")
    names.update(install("cpplib-12", folder / "locales/usr/share/locale/de/LC_MESSAGES/cpplib-12.mo"))
    run = Session(folder, names)
    for turn in range(300):
        name, text = bits(turn)
        place = random.choice(["", "src/", "lib/core/"])
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / name).write_text(text)
        run("g++", "-std=c++20", "-Wall", "-Wextra", "-fno-diagnostics-show-caret", "-c", place + name, "-o", "/dev/null")
    return run.rows


def postgres(folder):
    os.environ["PATH"] += ":/usr/lib/postgresql/15/bin"
    ENVIRONMENT["PATH"] = os.environ["PATH"]
    source = "/usr/share/locale/de/LC_MESSAGES/postgres-15.mo"
    names = install("postgres-15", source)
    names.update(install("plpgsql-15", "/usr/share/locale/de/LC_MESSAGES/plpgsql-15.mo"))
    subprocess.run(["chown", "-R", "postgres", str(folder)], check=True)
    folder.chmod(0o755)
    as_user = lambda *a, **k: subprocess.run(["runuser", "-u", "postgres", "--", "env", "LANGUAGE=xx", "LC_ALL=C.UTF-8", *a], cwd=folder, **k)
    as_user("/usr/lib/postgresql/15/bin/initdb", "-D", "data", "--locale=C.UTF-8", "-E", "UTF8", stdout=subprocess.DEVNULL, check=True)
    (folder / "data/postgresql.conf").open("a").write(
        f"listen_addresses='127.0.0.1'\nport=7811\nunix_socket_directories='{folder}'\nlog_line_prefix='%m [%p] %q%u@%d '\nlog_min_messages=log\n"
        "log_connections=on\nlog_disconnections=on\nlog_checkpoints=on\nlog_lock_waits=on\ndeadlock_timeout=100ms\nlog_temp_files=0\nlog_min_duration_statement=15\n"
        "log_min_error_statement=panic\nlog_autovacuum_min_duration=0\nautovacuum_naptime=1\nautovacuum_vacuum_threshold=5\nlc_messages='C.UTF-8'\nlog_replication_commands=on\n"
        "checkpoint_timeout=30\nmax_connections=12\nwork_mem=64kB\nlog_hostname=off\nlog_timezone='UTC'\n")
    control = lambda *a: as_user("/usr/lib/postgresql/15/bin/pg_ctl", "-D", "data", "-l", "log", "-w", *a, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    control("start")
    sql = lambda text, base="postgres", user="postgres": subprocess.run(["psql", "-h", "127.0.0.1", "-p", "7811", "-U", user, "-d", base, "-qAt"], input=text,
                                                                       text=True, capture_output=True, env=dict(os.environ, LC_ALL="C"), timeout=60)
    sql("CREATE DATABASE shop; CREATE ROLE ann LOGIN; CREATE ROLE ben LOGIN; CREATE TABLE orders(id int primary key, name text not null, n int check (n > 0), d date);"
        "CREATE TABLE parts(id int references orders(id), w text unique); CREATE FUNCTION boom(x int) RETURNS int LANGUAGE plpgsql AS "
        "'BEGIN RAISE NOTICE ''note %'', x; RETURN 1 / x; END'; INSERT INTO orders SELECT i, 'n' || i, i, now() FROM generate_series(1, 2000) i;")
    faults = ["SELECT * FROM {a}_{n};", "SELECT {a} FROM orders;", "SELEC {n};", "INSERT INTO orders VALUES ({n}, 'x', 3);", "INSERT INTO orders VALUES ({m}, null, 3);",
              "INSERT INTO orders VALUES ({m}, 'x', -{n});", "INSERT INTO parts VALUES ({m}9, '{a}');", "INSERT INTO parts VALUES ({n}, '{a}'), ({n}, '{a}');",
              "SELECT boom(0);", "SELECT boom({n});", "SELECT 1/0;", "SELECT '{a}'::int;", "SELECT '{a}'::date;", "SELECT {a}({n});", "SELECT 2147483647 + {n};",
              "CREATE TABLE orders(x int);", "DROP TABLE {a};", "DROP TABLE IF EXISTS {a};", "ALTER TABLE orders ADD COLUMN id int;", "ALTER TABLE orders DROP COLUMN {a};",
              "SELECT * FROM orders WHERE name = {n};", "SELECT count(*), name FROM orders;", "SELECT (SELECT id FROM orders);", "COPY orders FROM '/nowhere/{a}.csv';",
              "SET {a} = 3;", "SET work_mem = '{a}';", "SELECT pg_sleep(0.02);", "SELECT * FROM orders a, orders b ORDER BY a.name || b.name LIMIT 1;", "CREATE ROLE ann;",
              "GRANT ALL ON {a} TO ann;", "DROP ROLE {a};", "CREATE INDEX i{n} ON orders({a});", "DELETE FROM orders WHERE id = {n};", "CREATE EXTENSION {a};",
              "BEGIN; SELECT 1/0; SELECT 2; COMMIT;", "COMMIT;", "ROLLBACK TO {a};", "SELECT to_number('{a}', '99');", "SELECT '{{{a}'::json;", "SELECT 'a'::varchar::inet;",
              "SELECT substring('x', 1, -{n});", "SELECT array[1,2] || '{a}';", "CREATE VIEW v AS SELECT * FROM {a};", "SELECT '{a}' ~ '[';", "SELECT chr(-{n});", "SELECT sqrt(-{n});",
              "CREATE TABLE t{n} (a int, a int);", "SELECT 1 UNION SELECT 2, 3;", "SELECT 1 LIMIT -{n};", "INSERT INTO orders VALUES (1);", "INSERT INTO orders(id, id) VALUES (1, 2);",
              "UPDATE orders SET {a} = 1;", "LOCK TABLE {a};", "CHECKPOINT;", "VACUUM orders;", "ANALYZE {a};", "NOTIFY {a}; SELECT pg_notify('', '');", "PREPARE p AS SELECT {a};",
              "EXECUTE {a};", "DECLARE c CURSOR FOR SELECT 1;", "FETCH {a};", "SELECT nextval('{a}');", "SELECT lastval();", "TRUNCATE orders;", "SELECT 'x' COLLATE \"{a}\";",
              "SET statement_timeout = 5; SELECT pg_sleep(1);", "SELECT pg_terminate_backend(pg_backend_pid());", "SET ROLE {a};", "SELECT xmlparse(document '<{a}');",
              "CREATE FUNCTION {a}{n}() RETURNS int LANGUAGE sql AS 'SELECT {a}';", "CREATE DATABASE shop;", "SELECT pg_reload_conf();", "SHOW {a};", "SELECT * FROM orders FOR {a};",
              "UPDATE orders SET n = n + 1 WHERE id < {n};", "SELECT pg_read_file('{a}');", "COPY orders(id) FROM stdin;\n{a}\n\\.\n", "SELECT '\\x{n}zz'::bytea;"]
    weights = [1 + 30 / (1 + i) for i in range(len(faults))]
    random.shuffle(weights)
    for turn in range(330):
        text = random.choices(faults, weights)[0] if turn >= len(faults) else faults[turn]
        sql(text.format(a=random.choice(WORDS), n=random.randrange(2, 70), m=random.randrange(3000, 9000)), random.choice(["postgres", "postgres", "postgres", "shop"]),
            random.choice(["postgres", "postgres", "postgres", "ann"]))
        if turn % 40 == 0:
            sql("SELECT 1", random.choice(WORDS)), sql("SELECT 1", user=random.choice(WORDS))
            first = subprocess.Popen(["psql", "-h", "127.0.0.1", "-p", "7811", "-U", "postgres"], stdin=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            first.stdin.write("BEGIN; UPDATE orders SET n = 5 WHERE id = 100; SELECT pg_sleep(0.4); UPDATE orders SET n = 5 WHERE id = 101; COMMIT;\n"), first.stdin.flush()
            time.sleep(0.15)
            sql("BEGIN; UPDATE orders SET n = 6 WHERE id = 101; UPDATE orders SET n = 6 WHERE id = 100; COMMIT;")
            first.stdin.close(), first.wait()
        if turn in (120, 240):
            control("restart", "-m", "immediate" if turn == 120 else "fast")
    many = [subprocess.Popen(["psql", "-h", "127.0.0.1", "-p", "7811", "-U", "postgres", "-c", "SELECT pg_sleep(1)"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for i in range(18)]
    [each.wait() for each in many]
    control("stop", "-m", "fast")
    rows = []
    header = re.compile(r"^\d{4}-[-\d]+ [\d:.]+ \w+ \[\d+\] (?:\S+@\S+ )?")
    for label, line, _ in take((folder / "log").read_text(errors="replace"), names):
        match = header.match(line)
        start = match.end() if match else 0
        severity = re.match(r"(\w+):  ", line[start:])
        rows.append((label, line, start + (severity.end() if severity else 0)))
    return rows


if __name__ == "__main__":
    try:
        for make in [git, dpkg, gcc, postgres]:
            if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
                continue
            folder = pathlib.Path(tempfile.mkdtemp())
            corpus.REPLACE[:] = [(str(folder), "/srv/work")]
            corpus.write(make.__name__, make(folder))
            shutil.rmtree(folder)
    finally:
        shutil.rmtree(LOCALE / "xx", ignore_errors=True)
