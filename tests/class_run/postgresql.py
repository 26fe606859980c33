"""A PostgreSQL server of the test's own: in a temporary folder, by an unprivileged user, without a port."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from needed_programs import need

NOBODY = 65534
"""Who runs the server when the tests run as root, which PostgreSQL refuses."""


@dataclass
class Server:
    """A running server."""

    folder: Path

    @property
    def url(self) -> str:
        """The address of its database, as nbgrader's configuration wants it."""
        return f"postgresql+psycopg://grader@/postgres?host={self.folder}"

    def control(self, *arguments: str) -> None:
        """Starts or stops it, and waits until that is done."""
        log = f"--log={self.folder / 'log'}"
        _run(self.folder, "pg_ctl", f"--pgdata={self.folder / 'data'}", log, "--wait", *arguments)

    def start(self) -> None:
        """Starts it: it listens on a socket in its folder alone."""
        self.control("start", f"--options=-k {self.folder} -c listen_addresses='' -c fsync=off")

    def stop(self) -> None:
        """Ends it and all of its connections."""
        self.control("stop", "--mode=immediate")


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server with an empty database."""
    folder = Path(mkdtemp(prefix="course-postgresql-"))  # pytest's own folders are closed to other users
    server = Server(folder)
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        _run(
            folder, "initdb", f"--pgdata={folder / 'data'}", "--username=grader", "--auth=trust", "--no-sync"
        )
        server.start()
        yield server
    finally:
        if (folder / "data/postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder)


def _run(folder: Path, program: str, *arguments: str) -> None:
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    # The server inherits these files: a pipe would stay open as long as it runs.
    with (folder / f"{program}.out").open("w") as out:
        done = subprocess.run(
            [_find(program), *arguments], cwd=folder, stdout=out, stderr=subprocess.STDOUT, **user
        )
    said = (folder / f"{program}.out").read_text()
    assert done.returncode == 0, f"{program}: {said}"


def _find(program: str) -> str:
    """Debian keeps the server's programs off the path."""
    there = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return need("PostgreSQL", there[-1] if there else program)
