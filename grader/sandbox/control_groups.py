"""Control groups: limits for all processes of a sandbox together, where this user may make groups.

Version 1 has a hierarchy for each resource, version 2 one for all. https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from grader.sandbox.limits import MIB, Limits

_ROOT = Path("/sys/fs/cgroup")
_FORK_SERVER_BYTES = 1024 * MIB
"""Memory that the fork server itself needs, beside the submission."""
_NEW_SECONDS = 60
"""A group without a process that is older was left over."""
_OWN_PROCESSES = 16
"""Processes of the sandbox itself."""
_JOIN = 'for file in $1; do echo $$ > "$file" || exit 1; done; shift; exec "$@"'


@dataclass(frozen=True)
class Group:
    """A group of processes: one folder in each hierarchy."""

    folders: tuple[Path, ...]

    def command(self, inside: list[str]) -> list[str]:
        """Returns the command that joins the group and then executes `inside`."""
        files = " ".join(str(folder / "cgroup.procs") for folder in self.folders)
        return ["/bin/sh", "-c", _JOIN, "join", files, *inside]

    def remove(self) -> None:
        """Removes the group, once its last process has ended."""
        for folder in self.folders:
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)


def make(limits: Limits) -> Group | None:
    """Makes a group with these limits; returns None where this user may not."""
    _remove_left_over()
    name = f"grading-{uuid4().hex[:12]}"
    memory, processes = str(limits.memory_bytes + _FORK_SERVER_BYTES), str(limits.processes + _OWN_PROCESSES)
    if (_ROOT / "memory").is_dir():
        wanted = {
            _ROOT / "memory" / name: {"memory.limit_in_bytes": memory},
            _ROOT / "pids" / name: {"pids.max": processes},
        }
    elif (_ROOT / "cgroup.controllers").is_file():
        values = {"memory.max": memory, "memory.swap.max": "0", "pids.max": processes}
        wanted = {_ROOT / name: values}
    else:
        return None
    return _make_folders(wanted)


def _remove_left_over() -> None:
    """Removes groups without a process, which a killed grader left."""
    for folder in (*_ROOT.glob("grading-*"), *_ROOT.glob("*/grading-*")):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _NEW_SECONDS:
                folder.rmdir()


def _make_folders(wanted: dict[Path, dict[str, str]]) -> Group | None:
    made: list[Path] = []
    try:
        for folder, values in wanted.items():
            folder.mkdir()
            made.append(folder)
            if not os.access(folder / "cgroup.procs", os.W_OK):
                raise PermissionError
            for file, value in values.items():
                if file != "memory.swap.max" or (folder / file).exists():
                    (folder / file).write_text(value)
    except OSError:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        return None
    return Group(tuple(made))
