# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: temporary homes, small motors, and the real program run on them.

The program is $AIOP. It is driven through its command line; only what no command shows (stored checkpoints,
experiments) is read from a copy of the ledger.
"""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
# Python without its site packages starts in 20 ms.
PYTHON = ["/usr/bin/python3", "-I", "-S", "-B"]
PATH = "/usr/local/bin:/usr/bin:/bin"
# A command of these tests that takes longer than this hangs.
PATIENCE_SECONDS = 120

DONE, FAILED, BAD_INPUT, WAITING, UNREACHABLE, FORBIDDEN, BUG = 0, 1, 2, 3, 4, 5, 70


def program():
    path = os.environ.get("AIOP")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError("set AIOP to the aiop program to test")
    return str(pathlib.Path(path).resolve())


def remove(folder):
    """Removes a folder with all that is sealed in it."""
    def allow(function, path, _):
        os.chmod(os.path.dirname(path), stat.S_IRWXU)
        os.chmod(path, stat.S_IRWXU)
        function(path)
    shutil.rmtree(folder, onerror=allow)


def git(folder, *arguments):
    environment = {"PATH": PATH, "HOME": str(folder),
                   "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
                   "GIT_AUTHOR_NAME": "Motor Team", "GIT_AUTHOR_EMAIL": "motor@example.org",
                   "GIT_COMMITTER_NAME": "Motor Team", "GIT_COMMITTER_EMAIL": "motor@example.org",
                   "GIT_AUTHOR_DATE": "2024-03-04T09:00:00Z", "GIT_COMMITTER_DATE": "2024-03-04T09:00:00Z"}
    return subprocess.run(["git", "-C", str(folder), *arguments], env=environment, check=True, text=True,
                          capture_output=True).stdout


def write_files(folder, files):
    """Writes {path: text}; a text of None deletes the file."""
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if isinstance(text, str) else json.dumps(text, indent=1), encoding="utf-8")


class Motor:
    """A motor's git repository, as its team would keep it."""

    def __init__(self, folder, files, tag="v1.0.0"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        git(self.folder, "init", "-q", "-b", "main", ".")
        self.commit(files, "the motor")
        if tag:
            git(self.folder, "tag", "-a", tag, "-m", tag)

    def commit(self, files, message):
        write_files(self.folder, files)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", message)

    def release(self, version, files):
        """The owner's next version; `files` bring its motor.yaml."""
        self.commit(files, f"version {version}")
        git(self.folder, "tag", "-a", f"v{version}", "-m", version)

    def branch(self, name, files, message="a fix"):
        """A branch on top of main with these files changed; main stays checked out."""
        git(self.folder, "checkout", "-q", "-b", name, "main")
        self.commit(files, message)
        git(self.folder, "checkout", "-q", "main")

    def patch(self, files):
        """The same as a unified diff, without leaving anything in the repository."""
        write_files(self.folder, files)
        git(self.folder, "add", "-A")
        text = git(self.folder, "diff", "--cached")
        git(self.folder, "reset", "-q", "--hard")
        return text

    def state(self):
        """All refs and the work tree's status: to see that nobody touched them."""
        return git(self.folder, "show-ref"), git(self.folder, "status", "--porcelain")


class Answer:
    """What a command came to."""

    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.split("\n") if line.strip()]

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def items(self):
        return self.json["items"]

    @property
    def summary(self):
        return self.lines[-1]["summary"]

    def __str__(self):
        said = f"--- stdout\n{self.out[-6000:]}\n--- stderr\n{self.err[-4000:]}"
        return f"aiop {' '.join(self.arguments)} -> {self.code}\n{said}"


class Running:
    """A command that goes on while the test does other things."""

    def __init__(self, arguments, environment, folder):
        self.arguments = arguments
        self._out = open(folder / "running.out", "w+", encoding="utf-8")
        self._err = open(folder / "running.err", "w+", encoding="utf-8")
        self.process = subprocess.Popen([program(), *arguments], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=self._out, stderr=self._err)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def wait(self, seconds=PATIENCE_SECONDS):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return Answer(self.arguments, code, self._read(self._out), self._read(self._err))

    @staticmethod
    def _read(file):
        file.flush()
        file.seek(0)
        return file.read()

    def close(self):
        if self.process.poll() is None:
            self.kill()
        self._out.close()
        self._err.close()


class World:
    """One folder with a home, motors, specs and an outside for plants to reach."""

    def __init__(self, parent=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aiop-e2e-", dir=parent))
        self.home = self.folder / "home"
        self.outside = self.folder / "outside"
        self.step_log = self.outside / "steps"
        self.effects = self.outside / "effects"
        self.effects.mkdir(parents=True, exist_ok=True)
        self.extra = {}
        self.running = []

    def environment(self, **more):
        environment = {"PATH": PATH, "HOME": str(self.folder), "LANG": "C.UTF-8", "TMPDIR": str(self._temporary()),
                       "AIOP_STEP_LOG": str(self.step_log), "AIOP_EFFECTS": str(self.effects)}
        environment.update(self.extra)
        environment.update({name: str(value) for name, value in more.items()})
        return environment

    def _temporary(self):
        folder = self.folder / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    def close(self):
        for each in self.running:
            each.close()
        remove(self.folder)

    # ---- Motors, apps

    def motor(self, files, name="motor", tag="v1.0.0"):
        return Motor(self.folder / name, files, tag)

    def spec(self, name, content):
        path = self.folder / "specs" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
        return str(path)

    def add_plant(self, motor, name="pages"):
        return self.ok("plant", "add", name, "--motor", str(motor.folder))

    def add_apps(self, specs, plant="pages"):
        for name, content in specs.items():
            self.ok("app", "add", name, "--plant", plant, "--spec", self.spec(name, content))

    # ---- The program

    def aiop(self, *arguments, stdin=None, environment=None, home=None):
        words = ["--home", str(home or self.home), *arguments]
        done = subprocess.run([program(), *words], env=self.environment(**(environment or {})), input=stdin, text=True,
                              capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        return Answer(words, done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments, **more):
        answer = self.aiop("--json", *arguments, **more)
        if answer.code != DONE:
            raise AssertionError(str(answer))
        return answer

    def start(self, *arguments, environment=None):
        running = Running(["--home", str(self.home), *arguments], self.environment(**(environment or {})), self.folder)
        self.running.append(running)
        return running

    def run(self, *arguments, plant="pages", environment=None):
        return self.aiop("--json", "run", "--plant", plant, *arguments, environment=environment)

    # ---- What came of it

    def rows(self, table, home=None):
        """The records of a kind, oldest first, from a copy of the ledger."""
        source = pathlib.Path(home or self.home)
        with tempfile.TemporaryDirectory(dir=self._temporary()) as copy:
            for file in source.glob("ledger.db*"):
                if not file.name.endswith("-shm"):
                    shutil.copy(file, copy)
            database = sqlite3.connect(pathlib.Path(copy) / "ledger.db")
            try:
                found = database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
                bodies = database.execute(f'SELECT body FROM "{table}" ORDER BY seq').fetchall() if found else []
            finally:
                database.close()
        return [json.loads(body) for (body,) in bodies]

    def steps(self):
        """Every step a plant began: (run, step, purpose), in order."""
        if not self.step_log.exists():
            return []
        return [tuple(line.split()) for line in self.step_log.read_text().splitlines() if line]

    def steps_of(self, run):
        return [step for trace, step, purpose in self.steps() if trace == run and purpose == "run"]

    def effects_done(self):
        """The outside effects: {key: what}."""
        return {path.name: path.read_text() for path in sorted(self.effects.iterdir())}

    def active(self, plant="pages"):
        """The semver of the plant's active motor version."""
        return version_of(self.ok("plant", "show", plant).json["active"])

    def tags(self, plant="pages"):
        return git(self.home / "motor" / plant / "repository.git", "tag").split()


def version_of(reference):
    """`1.2.3` of `name@1.2.3+hash`."""
    return reference.split("@", 1)[1].rsplit("+", 1)[0]


def by_app(summary):
    return {run["app"]: run for run in summary["runs"]}


def wait_until(condition, seconds, what):
    """Polls until the condition holds; returns the seconds it took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)
    return time.monotonic() - begin


class Case(unittest.TestCase):
    """A test with a world of its own."""

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def expect_code(self, answer, code):
        self.assertEqual(answer.code, code, str(answer))
        return answer


def main():
    unittest.main(verbosity=2)
