# SPDX-License-Identifier: Apache-2.0
"""Doubles of a GitHub and a Gitea on this machine, as their documentation says they answer, and a bare git repository
with pull requests for them to know of."""
import http.server
import json
import re
import threading
import urllib.parse

from harness import git

TOKEN = "fo-1f4c0a7e9d52438b"
REPOSITORY = "team/motor"
STATES = ("error", "failure", "pending", "success")
LONGEST_DESCRIPTION = 140


class Source:
    """A bare repository with refs/pull/N/head, filled from a motor's work tree."""

    def __init__(self, motor, folder):
        self.motor, self.folder = motor, folder
        git(motor.folder, "clone", "-q", "--bare", str(motor.folder), str(folder))

    def pull(self, number, files, message="a fix"):
        """Pull request `number` with these files; its head."""
        work = self.motor.folder
        git(work, "checkout", "-q", "--detach", "main")
        self.motor.commit(files, message)
        head = git(work, "rev-parse", "HEAD").strip()
        git(work, "push", "-q", "-f", str(self.folder), f"HEAD:refs/pull/{number}/head")
        git(work, "checkout", "-q", "main")
        return head


class Forge:
    """What both have in common. `refuse` answers every request, `deaf` every one that would change something."""
    prefix = ""
    page_limit = 2

    def __init__(self, port=0):
        self.pulls, self.comments, self.statuses, self.requests = [], {}, [], []
        self.refuse, self.deaf = None, None
        self.goes_on = threading.Event()  # cleared: no request is answered
        self.goes_on.set()
        self._last_id = 0
        self._start(port)

    def _start(self, port):
        forge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _serve(self):
                size = int(self.headers.get("Content-Length") or 0)
                forge.handle(self, json.loads(self.rfile.read(size)) if size else None)

            do_GET = do_POST = do_PATCH = _serve  # noqa: N815

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.handle_error = lambda *_: None  # who asked was killed meanwhile
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def api(self):
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    @property
    def manifest(self):
        return f"forge: {{kind: {self.kind}, api: '{self.api}', repository: {REPOSITORY}}}\n"

    def close(self):
        self.goes_on.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def reopen(self):
        self._start(self.port)

    def open(self, number, head, title="Place for wide pages", **more):
        entry = {"number": number, "state": "open", "title": title, "draft": False,
                 "html_url": f"http://127.0.0.1:{self.port}/{REPOSITORY}/pull/{number}",
                 "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
                 "head": {"ref": f"wide-{number}", "sha": head, "repo": {"full_name": REPOSITORY}}}
        entry.update(more)
        self.pulls.insert(0, entry)  # the newest first
        self.comments.setdefault(number, [])

    # ---- What is seen from outside

    def told(self, head):
        return [each["state"] for each in self.statuses if each["sha"] == head]

    def comments_on(self, number):
        return [each["body"] for each in self.comments[number]]

    # ---- Answers

    def handle(self, handler, body):
        address = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        changes = handler.command != "GET"
        self.requests.append((handler.command, address.path, dict(handler.headers)))
        self.goes_on.wait()
        status, answer, headers = self.refuse or (self.deaf if changes and self.deaf else None) or self.route(
            handler, address.path, query, body)
        text = json.dumps(answer).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(text), **headers}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(text)

    def route(self, handler, path, query, body):
        root = f"{self.prefix}/repos/{REPOSITORY}"
        if not self.welcome(handler):
            return 401, {"message": "Bad credentials"}, {}
        if not path.startswith(root + "/"):
            return 404, {"message": "Not Found"}, {}
        rest, method = path[len(root):], handler.command
        if (method, rest) == ("GET", "/pulls"):
            return self.page([each for each in self.pulls if query.get("state") == "open"], query, path)
        found = re.fullmatch(r"/issues/(\d+)/comments", rest)
        if found and int(found[1]) in self.comments:
            comments = self.comments[int(found[1])]
            if method == "GET":
                return self.page_of_comments(comments, query, path)
            self._last_id += 1
            comments.append({"id": self._last_id, "body": body["body"]})
            return 201, comments[-1], {}
        found = re.fullmatch(r"/issues/comments/(\d+)", rest)
        for each in [each for some in self.comments.values() for each in some]:
            if method == "PATCH" and found and each["id"] == int(found[1]):
                each["body"] = body["body"]
                return 200, each, {}
        found = re.fullmatch(r"/statuses/([0-9a-f]{40})", rest)
        if method == "POST" and found:
            return self.set_status(found[1], body)
        return 404, {"message": "Not Found"}, {}

    def set_status(self, sha, body):
        if sha not in [each["head"]["sha"] for each in self.pulls]:
            return 422, {"message": f"No commit found for SHA: {sha}"}, {}
        if body["state"] not in STATES or len(body.get("description", "")) > LONGEST_DESCRIPTION:
            return 422, {"message": "Validation Failed"}, {}
        self.statuses.append({"sha": sha, **body})
        return 201, body, {}


class Github(Forge):
    kind = "github"

    def welcome(self, handler):
        return handler.headers["Authorization"] == f"Bearer {TOKEN}" and handler.headers["User-Agent"]

    def page(self, entries, query, path):
        size, number = min(int(query.get("per_page", 30)), self.page_limit), int(query.get("page", 1))
        last = max(1, -(-len(entries) // size))
        links = [f'<{self.api}{path}?page={page}>; rel="{name}"'
                 for name, page in (("prev", number - 1), ("next", number + 1), ("last", last)) if 0 < page <= last]
        return 200, entries[(number - 1) * size:number * size], {"Link": ", ".join(links)}

    page_of_comments = page


class Gitea(Forge):
    kind = "gitea"
    prefix = "/api/v1"

    def welcome(self, handler):
        return handler.headers["Authorization"] == f"token {TOKEN}"

    def page(self, entries, query, path):
        size, number = min(int(query.get("limit", 30)), self.page_limit), int(query.get("page", 1))
        return 200, entries[(number - 1) * size:number * size], {"X-Total-Count": len(entries)}

    def page_of_comments(self, comments, query, path):
        return 200, comments, {"X-Total-Count": len(comments)}  # never in pages
