"""Runs nbgrader's commands in subprocesses, as an instructor would type them."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CommandResult:
    """The result of one command."""

    command: str
    """The command line."""
    ok: bool
    log: str
    """Its standard output and error."""

    @property
    def reason(self) -> str:
        """The exception that ended it, else the last logged error, in one line; empty if there is none."""
        raised = re.findall(r"^\s*(?:\w+\.)*(\w*(?:Error|Exception|Missing\w*): .+)$", self.log, re.MULTILINE)
        logged = re.findall(r"\[\w+ \| (?:ERROR|CRITICAL)\] (.+)$", self.log, re.MULTILINE)
        return (raised or logged or [""])[-1].strip()


Seen = Callable[[CommandResult], None]
"""A callback that receives the result of each command."""


def nbgrader(root: Path, *arguments: str) -> CommandResult:
    """Runs `nbgrader` with these arguments in the course folder `root`."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return CommandResult(" ".join(["nbgrader", *map(_quoted, arguments)]), done.returncode == 0, done.stdout)


def _environment() -> dict[str, str]:
    # nbgrader runs the command `alembic`, which is on PATH only in an activated environment.
    beside_python = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join([beside_python, os.environ.get("PATH", "")])}


def _quoted(argument: str) -> str:
    return f'"{argument}"' if re.search(r"[^\w./=-]", argument) else argument
