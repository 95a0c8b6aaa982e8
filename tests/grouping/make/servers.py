# SPDX-License-Identifier: Apache-2.0
"""Real servers under real requests; each line is labelled with the format string the server printed it with."""
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import corpus

random.seed(7)
WORDS = "alpha beta gamma delta kitchen cellar garden orders invoices users report north south sensor lamp".split()


def wait_port(port, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            return socket.create_connection(("127.0.0.1", port), 0.3).close()
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nobody listens on {port}")


class Server:
    """One program under the recorder; its output goes to a file."""

    def __init__(self, name, command, folder, log=None, port=None):
        self.record = folder / "record"
        self.log = log or folder / f"{name}.out"
        self.output = open(folder / f"{name}.out", "ab")
        self.process = subprocess.Popen(command, cwd=folder, stdout=self.output, stderr=subprocess.STDOUT,
                                        env=dict(os.environ, LD_PRELOAD=corpus.recorder(),
                                                 FORMAT_RECORD=str(self.record)))
        if port:
            wait_port(port)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.output.close()


def label_file(folder, log):
    recorded = corpus.Recorded(folder / "record")
    rows = []
    for line in log.read_text(errors="replace").splitlines():
        label, start = recorded.label(corpus.COLOUR.sub("", line))
        rows.append((label, corpus.COLOUR.sub("", line), start))
    return rows


def say(port, *lines, read=True):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as link:
            link.settimeout(0.4)
            for line in lines:
                link.sendall(line if isinstance(line, bytes) else (line + "\r\n").encode())
                if read:
                    try:
                        link.recv(65536)
                    except OSError:
                        pass
    except OSError:
        pass


def redis(folder):
    rows = []
    for turn in range(4):
        port = 7301 + turn
        home = folder / f"data{turn}"
        home.mkdir(exist_ok=True)
        base = ["redis-server", "--port", str(port), "--dir", str(home), "--loglevel", "debug", "--hz", "2",
                "--enable-debug-command", "yes", "--save", "1 1", "--appendonly", "yes" if turn % 2 else "no",
                "--slowlog-log-slower-than", "0", "--repl-diskless-sync-delay", "0"]
        server = Server("redis", base, folder, port=port)
        other = Server("redis", ["redis-server", "--port", str(port + 50), "--replicaof", f"127.0.0.1 {port}",
                                 "--dir", str(folder), "--dbfilename", f"other{turn}.rdb", "--loglevel", "verbose"],
                       folder, port=port + 50)
        for i in range(60):
            say(port, f"SET {random.choice(WORDS)}:{i} {'x' * random.randrange(400)}")
            if i % 9 == 0:
                say(port, "BGSAVE")
            if i % 13 == 0:
                say(port, "BGREWRITEAOF")
            if i % 11 == 0:
                say(port, "*1\r\n$-5\r\nnonsense", read=True)
            if i % 17 == 0:
                say(port, f"CONFIG SET maxmemory {i}mb", f"CONFIG SET save \"{i + 1} {i + 2}\"", "CONFIG REWRITE")
            if i % 19 == 0:
                say(port, "DEBUG RELOAD", "FLUSHALL", "DEBUG LOG hello-" + random.choice(WORDS))
            if i == 30:
                say(port, "GET / HTTP/1.1\r\nHost: 127.0.0.1:80", "POST / HTTP/1.1")
                say(port + 50, "REPLICAOF NO ONE", f"REPLICAOF 127.0.0.1 {port}", "PSYNC ? -1")
            if i == 45:
                say(port, "SCRIPT KILL", "CLIENT KILL TYPE normal", "ACL SETUSER ann on >pw ~* +@all", "CLIENT PAUSE 50",
                    "FAILOVER TO 127.0.0.1 9", "DEBUG CHANGE-REPL-ID", "DEBUG JMAP", "MEMORY DOCTOR", "LATENCY RESET")
            time.sleep(0.02)
        time.sleep(2.2)
        say(port, "CONFIG SET hz 100")
        other.stop()
        server.stop()
        (home / "dump.rdb").write_bytes(b"REDIS0009broken") if turn == 2 else None
        if turn == 2:
            subprocess.run(base, cwd=folder, stdout=open(folder / "redis.out", "ab"), stderr=subprocess.STDOUT, timeout=20,
                           env=dict(os.environ, LD_PRELOAD=corpus.recorder(), FORMAT_RECORD=str(folder / "record")))
    return label_file(folder, folder / "redis.out")


def mosquitto(folder):
    (folder / "passwords").write_text("")
    (folder / "access").write_text("topic readwrite home/#\n")
    (folder / "mosquitto.conf").write_text(
        "listener 7401 127.0.0.1\nallow_anonymous true\nlog_type all\nlog_timestamp_format %Y-%m-%dT%H:%M:%S\n"
        f"acl_file {folder}/access\npersistence true\npersistence_location {folder}/\nmax_keepalive 60\n"
        "autosave_interval 2\nconnection other\naddress 127.0.0.1:7402\ntopic cellar/# out\n"
        "listener 7403 127.0.0.1\nmax_connections 2\n")
    (folder / "mosquitto.conf").chmod(0o644)
    server = Server("mosquitto", ["mosquitto", "-v", "-c", str(folder / "mosquitto.conf")], folder, port=7401)
    waiting = []
    for i in range(70):
        topic = f"home/{random.choice(WORDS)}/{random.choice(WORDS)}"
        run = lambda *arguments: subprocess.run(arguments, capture_output=True, timeout=10)
        run("mosquitto_pub", "-p", "7401", "-t", topic, "-m", f"{i * 1.5}", "-q", str(i % 3),
            *(["-r"] if i % 4 == 0 else []), *(["-i", f"{random.choice(WORDS)}-{i}"] if i % 2 else []))
        if i % 8 == 0:
            waiting.append(subprocess.Popen(["mosquitto_sub", "-p", "7401", "-t", topic.rsplit("/", 1)[0] + "/#", "-q", "1", "-i",
                                             f"watch-{random.choice(WORDS)}", "-k", "5", "-c", "-W", "3",
                                             "--will-topic", "home/will", "--will-payload", "gone"], stdout=subprocess.DEVNULL))
        if i % 10 == 0:
            run("mosquitto_pub", "-p", "7401", "-t", "forbidden/topic", "-m", "x", "-q", "1", "-V", "5")
            say(7401, b"\x10\x0c\x00\x04MQTX\x04\x02\x00<\x00\x00", b"GET / HTTP/1.0\r\n\r\n")
            say(7401, b"\x10\x0c\x00\x04MQTT\x09\x02\x00<\x00\x00")
            say(7403, b"\x30\x05\x00\x01a")
            run("mosquitto_pub", "-p", "7401", "-t", topic, "-m", "x", "-u", "ann", "-P", "wrong")
            run("mosquitto_sub", "-p", "7401", "-t", topic, "-U", "home/x", "-E", "-W", "1")
        if i == 40:
            server.process.send_signal(1)
            server.process.send_signal(10)
    for each in waiting:
        each.wait()
    time.sleep(2)
    server.stop()
    return label_file(folder, folder / "mosquitto.out")


def memcached(folder):
    server = Server("memcached", ["memcached", "-vvv", "-u", "nobody", "-p", "7601", "-l", "127.0.0.1", "-m", "4", "-c", "40"],
                    folder, port=7601)
    links = []
    for i in range(160):
        key = f"{random.choice(WORDS)}_{i % 31}"
        say(7601, *random.choice([
            [f"set {key} 0 {i % 7} 5\r\nhello"], [f"get {key}"], [f"get {key} other_{i}"], [f"delete {key}"], [f"incr {key} 4"],
            ["stats", "stats slabs"], ["version"], ["nonsense please"], [f"append {key} 0 0 3\r\nabc"], [f"touch {key} 9"],
            ["flush_all"], ["verbosity 3"], [f"set {'k' * 300} 0 0 1\r\nx"], [f"set {key} 0 0 9999999\r\n"], [f"gat 3 {key}"],
            [f"mg {key} v t"], [f"ms {key} 2\r\nhi"], [f"cas {key} 0 0 2 7\r\nhi"], [f"lru_crawler metadump all"], ["slabs reassign 1 2"]]))
        if i % 40 == 0:
            links.append(socket.create_connection(("127.0.0.1", 7601)))
    for link in links:
        link.close()
    say(7601, b"\x80\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00Hello")
    say(7601, b"\x80\x01\x00\x05\x08\x00\x00\x00\x00\x00\x00\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00HelloWorld")
    server.stop()
    return label_file(folder, folder / "memcached.out")


def unbound(folder):
    (folder / "unbound.conf").write_text(
        "server:\n interface: 127.0.0.1@7701\n do-daemonize: no\n use-syslog: no\n chroot: \"\"\n username: \"\"\n verbosity: 4\n"
        f" log-queries: yes\n log-replies: yes\n directory: \"{folder}\"\n pidfile: \"{folder}/pid\"\n logfile: \"\"\n"
        " do-not-query-localhost: no\n module-config: \"iterator\"\n local-zone: \"blocked.example.\" refuse\n"
        " local-data: \"lamp.home.example. A 10.0.0.7\"\n log-local-actions: yes\n"
        "forward-zone:\n name: \"home.example.\"\n forward-addr: 127.0.0.1@7501\n"
        "forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@7798\n")
    upstream = subprocess.Popen(["dnsmasq", "-d", "--port=7501", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv",
                                 "--no-hosts", "--conf-file=/dev/null", "-u", "root"] +
                                [f"--address=/{w}.home.example/10.1.0.{i}" for i, w in enumerate(WORDS)], stderr=subprocess.DEVNULL)
    server = Server("unbound", ["unbound", "-d", "-c", str(folder / "unbound.conf")], folder)
    time.sleep(1)
    for i in range(45):
        name = random.choice([f"{random.choice(WORDS)}.home.example", "x.blocked.example", f"{random.choice(WORDS)}.example",
                              "lamp.home.example", "4.0.0.10.in-addr.arpa"])
        subprocess.run(["dig", "@127.0.0.1", "-p", "7701", "+tries=1", "+time=1", name, random.choice(["A", "A", "AAAA", "MX", "TXT"])],
                       capture_output=True)
    server.stop()
    upstream.terminate()
    upstream.wait()
    return label_file(folder, folder / "unbound.out")


def ffmpeg(folder):
    record = folder / "record"
    environment = dict(os.environ, LD_PRELOAD=corpus.recorder(), FORMAT_RECORD=str(record), AV_LOG_FORCE_NOCOLOR="1")
    sources = ["testsrc=duration=1:size=160x120:rate=10", "smptebars=duration=1:size=320x240", "mandelbrot=size=160x120:end_pts=5",
               "color=red:duration=1:size=64x64"]
    sounds = ["sine=frequency=440:duration=1", "anullsrc=duration=1"]
    outputs = ["a.mp4", "b.mkv", "c.avi", "d.webm", "e.gif", "f.mpg", "g.nut", "h.mov"]
    broken = folder / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypmp42" + random.randbytes(4000))
    (folder / "short.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    with open(folder / "ffmpeg.out", "wb") as out:
        def go(*arguments):
            subprocess.run(["ffmpeg", "-hide_banner", "-nostdin", "-y", "-v", "verbose", *arguments], cwd=folder, stdout=out,
                           stderr=subprocess.STDOUT, env=environment, timeout=60)
        for i, name in enumerate(outputs):
            go("-f", "lavfi", "-i", sources[i % 4], "-f", "lavfi", "-i", sounds[i % 2], "-t", "0.5", name)
            go("-i", name, "-vf", random.choice(["scale=80:60", "hflip,crop=40:40", "fps=5,transpose=1"]), "-f", "null", "-")
            go("-i", name, "-c", "copy", f"copy{i}.mkv")
            go("-i", name, "-vf", random.choice(["nosuch", "crop=9000:1", "scale=abc"]), "x.mp4")
        go("-i", "broken.mp4", "x.avi"), go("-i", "short.wav", "x.mp3"), go("-i", "nothere.mp4", "x.avi")
        go("-i", "a.mp4", "-c:v", "nosuch", "x.mp4"), go("-i", "a.mp4", "x.nosuch"), go("-nosuch", "1")
        go("-i", "a.mp4", "-map", "0:7", "x.mp4"), go("-i", "a.mp4", "-b:v", "lots", "x.mp4"), go("-i", "b.mkv")
        damaged = bytearray((folder / "c.avi").read_bytes())
        for i in range(60):
            damaged[random.randrange(len(damaged) // 4, len(damaged))] ^= 0xFF
        (folder / "damaged.avi").write_bytes(damaged)
        go("-i", "damaged.avi", "-f", "null", "-")
        damaged = bytearray((folder / "f.mpg").read_bytes())
        for i in range(80):
            damaged[random.randrange(2000, len(damaged))] ^= 0xFF
        (folder / "damaged.mpg").write_bytes(damaged)
        go("-i", "damaged.mpg", "-f", "null", "-")
    text = (folder / "ffmpeg.out").read_text(errors="replace").replace("\r", "\n")
    (folder / "ffmpeg.out").write_text(text)
    return label_file(folder, folder / "ffmpeg.out")


if __name__ == "__main__":
    for make in [redis, mosquitto, memcached, unbound, ffmpeg]:
        if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
            continue
        folder = pathlib.Path(tempfile.mkdtemp())
        folder.chmod(0o777)
        corpus.REPLACE[:] = [(str(folder), "/srv/work")]
        corpus.write(make.__name__, make(folder))
        shutil.rmtree(folder)
