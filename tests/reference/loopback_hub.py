"""A hub on this machine: serves a folder as a repository, in the hub's protocol, with faults on request."""

import hashlib
import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from utils.reference.checksums import sha256

REVISION = "0123456789abcdef0123456789abcdef01234567"


class LoopbackHub(ThreadingHTTPServer):
    """Answers what the hub's clients ask, and remembers which files were fetched, and from which byte."""

    def __init__(self, repository: str, folder: Path):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repository = repository
        self.folder = folder
        self.fetched: list[str] = []
        self.begun: list[tuple[str, int]] = []
        """Each file that was fetched, and the byte at which it began."""
        self.status: Callable[[str, str], int | None] = lambda method, file: None
        """The status to refuse a request with, by method and file; None answers it."""
        self.content: Callable[[Path], bytes] = Path.read_bytes
        """What a file's answer carries; its headers are always the true file's."""
        self.heeds_ranges = True
        self.headers = True
        """Whether a file's answer carries the headers that only a hub sends."""
        self.before_body: Callable[[str], None] = lambda file: None
        """Called before the body of a file is sent."""
        self.before_head: Callable[[str], None] = lambda file: None
        self.cut: dict[str, int] = {}
        """For a file, the byte before which every answer ends and the connection is closed."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address) -> None:
        """Keep a client that has gone away out of the test's output."""


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackHub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        """Keep the requests out of the test's output."""

    def _answer(self, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        repository = self.server.repository
        if path == f"/api/models/{repository}/revision/main":
            return self._send(json.dumps({"id": repository, "sha": REVISION}).encode(), with_body)
        if path == f"/api/models/{repository}/tree/{REVISION}":
            return self._send(json.dumps([_entry(file) for file in self._files()]).encode(), with_body)
        file = self.server.folder / path.rpartition("/")[2]
        if refused := self.server.status(self.command, file.name):
            return self.send_error(refused)
        if not path.startswith(f"/{repository}/resolve/") or not file.is_file():
            return self.send_error(404)
        return self._send_file(file, with_body)

    def _send_file(self, file: Path, with_body: bool) -> None:
        tags = {"X-Repo-Commit": REVISION, "ETag": f'"{etag_of(file)}"'} if self.server.headers else {}
        if not with_body:
            self.server.before_head(file.name)
            return self._send(file.read_bytes(), False, tags)
        content = self.server.content(file)
        begin = self._first_byte()
        self.server.fetched.append(file.name)
        self.server.begun.append((file.name, begin))
        self.server.before_body(file.name)
        if begin > 0 and begin >= len(content):
            return self.send_error(416)
        if begin:
            tags["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        end = self.server.cut.get(file.name, len(content))
        return self._send(content[begin:], True, tags, 206 if begin else 200, max(end - begin, 0))

    def _first_byte(self) -> int:
        wanted = self.headers.get("Range", "bytes=0-").removeprefix("bytes=")
        return int(wanted.partition("-")[0]) if self.server.heeds_ranges else 0

    def _files(self) -> list[Path]:
        return sorted(file for file in self.server.folder.iterdir() if file.is_file())

    def _send(
        self,
        body: bytes,
        with_body: bool,
        headers: dict[str, str] | None = None,
        status: int = 200,
        sent: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body[:sent])


def _entry(file: Path) -> dict[str, object]:
    return {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": git_name(file)}


def etag_of(file: Path) -> str:
    """The hub's ETag of a file: SHA-256 for weights, which are large files, git's name for the others."""
    if file.suffix == ".safetensors":
        return sha256(file)
    return git_name(file)


def git_name(file: Path) -> str:
    """The name that git gives a file's content, which the hub uses as its ETag and in its cache."""
    content = file.read_bytes()
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


@contextmanager
def serving(server: ThreadingHTTPServer):
    """Run a server in a thread of its own for as long as the block takes."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
