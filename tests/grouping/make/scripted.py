# SPDX-License-Identifier: Apache-2.0
"""Programs in an interpreted language: the call that emits a line is watched, and its place or its format string is the label."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

import corpus
from marked import WORDS

random.seed(17)

# Loaded into each Python program: logs as its own handlers do, with the format string of the record in front of the line.
WATCH_LOGGING = '''
import logging, os, sys
_format = logging.Formatter.format
def format(self, record):
    text = _format(self, record)
    message = record.getMessage()
    # A message put together before it was logged is labelled with the place of the call.
    place = f"{os.path.basename(record.pathname)}:{record.lineno}"
    label = str(record.msg) if record.args or "WATCH_FORMAT" in os.environ else place
    label = label.split("\\n")[0]
    at = text.find(message.split("\\n")[0])
    return "\\x1c" + label + "\\x1f" + str(max(at, 0)) + "\\x1f" + text
logging.Formatter.format = format
'''


def watched(folder, *command, cwd=None, timeout=120, **extra):
    hook = folder / "hook"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(WATCH_LOGGING)
    try:
        done = subprocess.run(command, cwd=cwd or folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout,
                              env=dict(os.environ, PYTHONPATH=str(hook), **extra))
        return done.stdout
    except subprocess.TimeoutExpired as expired:
        return (expired.stdout or b"").decode(errors="replace")


def records(text):
    """The first line of each record; what follows it (a traceback) has no format of its own."""
    rows = []
    for line in corpus.COLOUR.sub("", text).splitlines():
        if "\x1c" in line and line.count("\x1f") >= 2:
            before, _, rest = line.partition("\x1c")
            label, at, message = rest.split("\x1f", 2)
            rows.append((label, before + message, len(before) + int(at)))
    return rows


def pip(folder):
    rows = []
    for turn in range(12):
        name = WORDS[turn % len(WORDS)] + str(turn)
        project = folder / name
        project.mkdir()
        needs = random.choice(["[]", f"['nosuch-{name}']", f"['{WORDS[(turn - 1) % 15]}{turn - 1} >= 2']"])
        (project / "setup.py").write_text(f"from setuptools import setup\nsetup(name='{name}', version='1.{turn}', py_modules=['{name}'], install_requires={needs})\n")
        (project / f"{name}.py").write_text("x = 1\n")
        target = folder / f"target{turn % 3}"
        base = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--no-input", "-vvv"]
        go = lambda *a: rows.extend(records(watched(folder, *base, *a)))
        index = ["--no-index", "--find-links", str(folder / "wheels"), "--retries", "0", "--timeout", "1"]
        if turn % 3 == 0:
            go("wheel", "--no-build-isolation", "--no-deps", "-w", str(folder / "wheels"), str(project))
        go("install", *index, "--target", str(target), name), go("install", *index, "--target", str(target), f"nosuch{turn}")
        go("download", *index, "-d", str(folder / "down"), name), go("install", *index, f"{name}=={turn}.9"), go("uninstall", "-y", "nosuch" + name)
        go("install", *index, f"./nosuch-{name}"), go("install", "-r", f"none-{name}.txt"), go("show", "nosuch" + name), go("install", f"{name}@@{turn}")
        go("install", "--index-url", f"http://127.0.0.1:{7900 + turn}/simple", "--retries", "1", "--timeout", "1", name)
        go("hash", str(project / "setup.py")), go("cache", "remove", name), go("config", "get", f"global.{name}"), go("check")
    return rows


FAIL2BAN_LINES = ["sshd[{n}]: Failed password for {a} from 10.0.{n}.{m} port {m} ssh2", "sshd[{n}]: Invalid user {a} from 10.2.{n}.{m}", "sshd[{n}]: hello {a}"]


def fail2ban(folder):
    home = folder / "etc"
    shutil.copytree("/etc/fail2ban", home)
    (home / "jail.d").mkdir(exist_ok=True)
    for each in (home / "jail.d").iterdir():
        each.unlink()
    logs = [folder / f"{w}.log" for w in WORDS[:6]]
    (home / "jail.local").write_text("[DEFAULT]\nbackend = polling\nbanaction = nothing\nbantime = 3\nfindtime = 60\nmaxretry = 3\nignoreip = 127.0.0.1 10.0.7.0/24\n" + "".join(
        f"[{w}]\nenabled = true\nfilter = sshd\nlogpath = {log}\n" for w, log in zip(WORDS, logs)) + "[bantime-increment]\n")
    (home / "action.d/nothing.conf").write_text("[Definition]\nactionban = test <ip> != 10.0.5.5\nactionunban = true\nactionstart = true\nactioncheck =\nactionstop = true\n[Init]\n")
    for log in logs:
        log.write_text("")
    hook = folder / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(WATCH_LOGGING)
    common = ["-c", str(home), "-s", str(folder / "socket"), "-p", str(folder / "pid")]
    server = subprocess.Popen(["/usr/bin/python3", "/usr/bin/fail2ban-server", "-f", *common, "--loglevel", "DEBUG", "--logtarget", str(folder / "fail2ban.log"), "start"], env=dict(os.environ, PYTHONPATH=str(hook), WATCH_FORMAT="1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(8)
    client = lambda *a: subprocess.run(["/usr/bin/python3", "/usr/bin/fail2ban-client", *common, *a], capture_output=True, timeout=30)
    for turn in range(24):
        for log in random.sample(logs, 3):
            with log.open("a") as out:
                for i in range(random.randrange(1, 7)):
                    out.write(time.strftime("%b %d %H:%M:%S ") + "worker " + random.choice(FAIL2BAN_LINES).format(n=turn, m=random.choice([5, 9, turn + 2]), a=random.choice(WORDS)) + "\n")
        jail = random.choice(WORDS[:6])
        client("set", jail, "banip", f"10.9.{turn}.1"), client("set", jail, "unbanip", f"10.9.{turn}.1"), client("set", jail, "maxretry", str(turn + 1))
        client("get", "nosuch" + jail, "bantime"), client("status", jail), client("set", jail, "addignoreip", f"10.8.0.{turn}"), client("set", jail, "nosuch", "1")
        if turn % 8 == 5:
            client("reload"), client("restart", jail), client("set", jail, "findtime", f"{turn}m"), client("set", jail, "addlogpath", f"/nowhere/{jail}.log")
        time.sleep(0.3)
    client("stop")
    server.wait(20)
    return records((folder / "fail2ban.log").read_text())


WATCH_NPM = """
const where = () => {
  const lines = new Error().stack.split('\\n').slice(3).filter(l => !/proc-log|node:events|watch\\.js/.test(l));
  const m = /([^/(]+):(\\d+):\\d+\\)?$/.exec(lines[0] || '');
  return m ? m[1] + ':' + m[2] : '?';
};
const fs = require('fs');
const emit = process.emit;
process.emit = function (name, ...args) {
  if (name === 'log' && args.length > 1) {
    const [level, ...rest] = args;
    try { fs.appendFileSync(process.env.NPM_WATCH, JSON.stringify([where(), level, rest.map(x => x && x.stack || String(x)).join(' ')]) + '\\n'); } catch {}
  }
  return emit.call(this, name, ...args);
};
"""


def npm(folder):
    """npm's messages pass through process.emit('log'); the place that emitted one is its label. Lines are as npm's debug log has them."""
    watch = folder / "watch.js"
    watch.write_text(WATCH_NPM)
    rows = []
    site = subprocess.Popen([sys.executable, "-m", "http.server", "7821", "--bind", "127.0.0.1", "--directory", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for turn in range(18):
        name = WORDS[turn % len(WORDS)] + ("-kit" if turn > 14 else "")
        home = folder / name
        (home / "part").mkdir(parents=True, exist_ok=True)
        other = WORDS[(turn + 3) % len(WORDS)]
        (home / "part/package.json").write_text(json.dumps({"name": f"@{name}/part", "version": f"0.{turn}.1", "dependencies": {} if turn % 3 else {other: f"^{turn}.0.0"}}))
        manifest = {"name": name, "version": f"1.{turn}.0", "scripts": {"test": f"exit {turn}", "build": f"node -e 'console.log({turn})'", "preinstall": "true" if turn % 4 else f"exit {turn + 1}"},
                    "dependencies": {f"@{name}/part": "file:part"}, "engines": {"node": f">={turn}"}}
        (home / "package.json").write_text(json.dumps(manifest) if turn % 9 != 4 else "{ broken " + name)
        def go(*a):
            record = folder / "npm.record"
            record.unlink(missing_ok=True)
            subprocess.run(["npm", *a, "--registry", f"http://127.0.0.1:{7821 if turn % 2 else 7900 + turn}/", "--fetch-retries", "1", "--fetch-retry-mintimeout", "5", "--fetch-retry-maxtimeout",
                            "10", "--cache", str(folder / "cache"), "--logs-max", "0"], cwd=home, capture_output=True, timeout=90,
                           env=dict(os.environ, NODE_OPTIONS=f"--require {watch}", NPM_WATCH=str(record)))
            number = 0
            for line in (record.read_text().splitlines() if record.exists() else []):
                place, level, text = json.loads(line)
                for i, part in enumerate(text.split("\n")[:1]):
                    head = f"{number} {level} "
                    rows.append((f"{place} {level}", head + part, len(head)))
                    number += 1
        go("install"), go("install", other), go("test"), go("run", "build"), go("run", "nosuch-" + name), go("view", other), go("ci"), go("ls", other)
        if turn % 3 == 0:
            go("publish"), go("install", f"./none-{name}"), go("explain", other), go("frobnicate" + name), go("audit"), go("pack"), go("install", f"{other}@@@"), go("rebuild")
            go("version", "nonsense"), go("whoami"), go("link", other), go("dedupe"), go("prune"), go("outdated"), go("uninstall", name), go("exec", "--yes", other)
    site.terminate()
    site.wait()
    return rows


def cmake(folder):
    """cmake --trace tells the place of each message(); the text of its output is matched to the expanded arguments in order."""
    rows = []
    packages = ["ZLIB", "Threads", "OpenSSL", "Boost", "CURL", "Git", "Doxygen", "PNG", "Qt5", "Java", "Perl", "BZip2", "LibXml2", "EXPAT", "GTest", "SDL", "OpenGL", "Protobuf", "LAPACK", "MPI",
                "Lua", "SQLite3", "PostgreSQL", "Python3", "Ruby", "X11", "JPEG", "TIFF", "Freetype", "Subversion", "FLEX", "BISON", "LibArchive", "Cups", "Curses", "OpenMP", "Intl", "Gettext"]
    for turn in range(12):
        home = folder / random.choice(WORDS)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        word = lambda: random.choice(WORDS)
        lines = ["cmake_minimum_required(VERSION 3.20)", f"project({word()}{turn} LANGUAGES {'C CXX' if turn % 3 else 'C'})",
                 "include(CheckIncludeFile)", "include(CheckFunctionExists)", "include(CheckSymbolExists)", "include(CheckTypeSize)", "include(CheckCSourceCompiles)", "include(CheckLibraryExists)",
                 "include(CheckCCompilerFlag)", "include(TestBigEndian)", "include(FeatureSummary)", "include(CheckStructHasMember)"]
        for i in range(9):
            lines.append(random.choice([f"check_include_file({word()}.h HAVE_{i})", f"check_include_file({random.choice(['stdio', 'unistd', 'math', 'zlib'])}.h HAVE_{i})",
                                        f"check_function_exists({random.choice(['printf', 'fork', word()])} F_{i})", f"check_symbol_exists({word()} stdio.h S_{i})",
                                        f"check_type_size({random.choice(['long', 'int', 'struct ' + word()])} T_{i})", f"check_c_source_compiles(\"int main(){{return {word()};}}\" C_{i})",
                                        f"check_c_compiler_flag(-W{word()} W_{i})", f"check_c_compiler_flag(-Wall W_{i})", f"check_library_exists({word()} f \"\" L_{i})",
                                        f"check_struct_has_member(\"struct stat\" {random.choice(['st_size', word()])} sys/stat.h M_{i})"]))
            lines.append(f"find_package({random.choice(packages)}{random.choice(['', '', ' 9.' + str(turn), ' REQUIRED' if i > 7 else ''])})")
            lines.append(random.choice([f"message(STATUS \"building ${{PROJECT_NAME}} with {word()} {i}\")", f"message(WARNING \"{word()} is old\")", f"message(DEPRECATION \"use {word()}\")", f"message(STATUS \"{i} of 14 done\")"]))
        if turn % 5 == 2:
            lines.append(f"message(FATAL_ERROR \"no {word()} for ${{PROJECT_NAME}}\")")
        (home / "CMakeLists.txt").write_text("\n".join(lines) + "\n")
        traces = []
        for option in ["--trace", "--trace-expand"]:
            build = home / "build"
            shutil.rmtree(build, ignore_errors=True)
            done = subprocess.run(["cmake", "-S", str(home), "-B", str(build), option, "--trace-format=json-v1", f"--trace-redirect={home}/trace", "--log-level=VERBOSE"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=200)
            traces.append([each for each in map(json.loads, (home / "trace").read_text().splitlines()[1:]) if each["cmd"] == "message"])
        said = {}
        for plain, full in zip(*traces):
            kinds = {"STATUS", "WARNING", "FATAL_ERROR", "SEND_ERROR", "AUTHOR_WARNING", "DEPRECATION", "NOTICE", "VERBOSE", "CHECK_START", "CHECK_PASS", "CHECK_FAIL", "DEBUG", "TRACE"}
            key = lambda each: "".join(each["args"][1:] if each["args"] and each["args"][0] in kinds else each["args"])
            for number, (line, source) in enumerate(zip(key(full).split("\n"), key(plain).split("\n"))):
                if len(line.strip()) > 2:
                    said[" ".join(line.split())] = source.strip() if number == 0 else source.strip() + f" (line {number + 1})"
        checks = sorted(said, key=len, reverse=True)
        for line in done.stdout.splitlines():
            text = " ".join(line.split())
            start = 3 if line.startswith("-- ") else 0
            text = text[start:]
            if not text:
                continue
            label = said.get(text)
            if label is None:  # CHECK_PASS prints "what was checked - what came out"
                for at in [m.start() for m in re.finditer(" - ", text)]:
                    if text[:at] in said and text[at + 3:] in said:
                        label = said[text[:at]] + " - " + said[text[at + 3:]]
            place = re.match(r"CMake (\w+(?: Warning)?)(?: \(dev\))? at (\S+):(\d+) \((\w+)\):", text)
            if place:
                label = f"CMake {place.group(1)} at"
            if label is None and re.match(r"^(Configuring (incomplete|done)|Generating done|Build files have been written|Call Stack)", text):
                label = " ".join(text.split()[:3])
            if label is None and re.match(r"^\S+:\d+ \(\w+\)$", text):
                label = "frame of a call stack"
            rows.append((label, line, start))
    return rows


def nginx(folder):
    """nginx formats by itself, so its format strings are read out of the program, and the one with most letters of its own that fits a message is the label."""
    binary = pathlib.Path("/usr/sbin/nginx").read_bytes()
    formats = {m.decode() for m in re.findall(rb"[\x20-\x7e]{6,}", binary)}
    # The linker keeps a string that is the end of another only once.
    formats |= {each[m.end():] for each in formats if "%" in each for m in re.finditer(" ", each) if len(each) - m.end() > 10 and each[m.end()].isalpha()}
    conversion = re.compile(r"%\d*(?:\.\d+)?\*?[uxX]*[a-zA-Z%]")
    patterns = []
    for each in formats:
        if sum(c.isalpha() for c in conversion.sub("", each)) < 4:
            continue
        pattern = ".*".join(map(re.escape, conversion.split(each)))
        patterns.append((sum(c.isalpha() for c in conversion.sub("", each)), each, re.compile(pattern)))
    patterns.sort(key=lambda p: -p[0])
    (folder / "site").mkdir()
    for word in WORDS[:6]:
        (folder / "site" / f"{word}.html").write_text(word * 50)
    (folder / "site/secret.html").write_text("x"), (folder / "site/locked").mkdir()
    (folder / "passwords").write_text("ann:{PLAIN}hello\n")
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log debug;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
 limit_req_zone $binary_remote_addr zone=slow:1m rate=2r/s; limit_conn_zone $binary_remote_addr zone=few:1m;
 server {{ listen 127.0.0.1:7831; root {folder}/site; server_name home.example; client_max_body_size 1k; large_client_header_buffers 2 1k; proxy_connect_timeout 1; proxy_read_timeout 1;
  location /secret.html {{ deny all; }} location /user/ {{ auth_basic "x"; auth_basic_user_file {folder}/passwords; }}
  location /up/ {{ proxy_pass http://127.0.0.1:7832; }} location /slow/ {{ limit_req zone=slow burst=2; }} location /loop {{ rewrite ^ /loop last; }}
  location /fast/ {{ fastcgi_pass 127.0.0.1:7833; }} location /old/ {{ rewrite ^/old/(.*)$ /$1 last; }} location /many/ {{ limit_conn few 1; }} }} }}
""")
    os.chmod(folder, 0o755)
    subprocess.run(["chown", "-R", "www-data", str(folder)])
    server = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    import servers
    for turn in range(110):
        path = random.choice([f"/{random.choice(WORDS)}.html", f"/{random.choice(WORDS)}.html", "/secret.html", f"/user/{random.choice(WORDS)}", f"/up/{turn}", "/slow/x", "/loop", f"/fast/{turn}", "/locked/",
                              f"/old/{random.choice(WORDS)}.html", "/none/" + "x" * random.choice([5, 3000]), "/../../etc"])
        servers.say(7831, *random.choice([[f"GET {path} HTTP/1.1\r\nHost: home.example\r\nConnection: close\r\n"]] * 6 + [
            [f"GET {path} HTTP/1.0\r\nAuthorization: Basic YW5uOmJhZA==\r\n"], [f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n"], ["nonsense\r\n"], [f"GET {path} HTTP/9.9\r\n"],
            [f"GET {path} HTTP/1.1\r\n\r\n"], [f"GET {path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n"], [f"GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n"], [f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"]]))
        if turn in (40, 80):
            server.send_signal(1)
            time.sleep(0.3)
    server.terminate()
    server.wait(10)
    header = re.compile(r"^\d{4}/\d\d/\d\d [\d:]+ \[\w+\] \d+#\d+: (?:\*\d+ )?")
    rows, known = [], {}
    for line in (folder / "error.log").read_text(errors="replace").splitlines():
        match = header.match(line)
        start = match.end() if match else 0
        text = re.split(r", client: ", line[start:])[0]
        text = re.sub(r" \(\d+: [^)]*\)$", "", text)
        label = known.get(text) or next((each for _, each, pattern in patterns if pattern.fullmatch(text) or pattern.fullmatch(line[start:])), None)
        known[text] = label
        rows.append((label, line, start))
    return rows


if __name__ == "__main__":
    for make in [pip, fail2ban, npm, cmake, nginx]:
        if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
            continue
        folder = pathlib.Path(tempfile.mkdtemp())
        corpus.REPLACE[:] = [(str(folder), "/srv/work")]
        corpus.write(make.__name__, make(folder))
        shutil.rmtree(folder)
