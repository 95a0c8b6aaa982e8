# SPDX-License-Identifier: Apache-2.0
"""Programs whose messages are traced to, or matched with, the strings they are made from."""
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
            # A message() that prints a variable and nothing else says nothing about what it prints.
            if label is not None and sum(c.isalpha() for c in re.sub(r"\$\{[^{}]*\}", "", label)) < 2:
                label = None
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
    for make in [cmake, nginx]:
        if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
            continue
        folder = pathlib.Path(tempfile.mkdtemp())
        corpus.REPLACE[:] = [(str(folder), "/srv/work")]
        corpus.write(make.__name__, make(folder))
        shutil.rmtree(folder)
