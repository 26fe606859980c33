"""A hub on this machine: serves one folder as one repository, in the hub's own protocol."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REVISION = "0123456789abcdef0123456789abcdef01234567"


class LoopbackHub(ThreadingHTTPServer):
    """Answers what `huggingface_hub.snapshot_download` asks, and remembers which files were fetched."""

    def __init__(self, repository: str, folder: Path):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repository = repository
        self.folder = folder
        self.fetched: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


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
        if not path.startswith(f"/{repository}/resolve/") or not file.is_file():
            return self.send_error(404)
        if with_body:
            self.server.fetched.append(file.name)
        tags = {"X-Repo-Commit": REVISION, "ETag": f'"{git_name(file)}"'}
        return self._send(file.read_bytes(), with_body, tags)

    def _files(self) -> list[Path]:
        return sorted(file for file in self.server.folder.iterdir() if file.is_file())

    def _send(self, body: bytes, with_body: bool, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def _entry(file: Path) -> dict[str, object]:
    return {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": git_name(file)}


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
