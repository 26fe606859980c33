"""bubblewrap: starts a program that sees only the view's files, no network and no other processes.

https://github.com/containers/bubblewrap
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import PurePath

from grader.sandbox.view import View

PRIVATE = "/student"
"""The path of each submission's private folder."""


def program() -> str | None:
    """Returns the path of bubblewrap; None where it is not installed."""
    return shutil.which("bwrap")


def command(bwrap: str, view: View, inside: list[str], disk_bytes: int) -> list[str]:
    """Returns the command that starts `inside` with that view and a private folder of that size."""
    return [bwrap, *_namespaces(), *_file_system(view, disk_bytes), "--chdir", PRIVATE, "--", *inside]


def _namespaces() -> Iterator[str]:
    if os.geteuid() == 0:
        # Root needs no user namespace. The fork server changes its user, which takes two capabilities.
        yield from (
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-uts",
            "--unshare-cgroup-try",
        )
        yield from ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    else:
        yield "--unshare-all"
    yield from ("--die-with-parent", "--new-session", "--hostname", "grading")


def _file_system(view: View, disk_bytes: int) -> Iterator[str]:
    yield from ("--proc", "/proc", "--dev", "/dev", "--dir", "/tmp")
    for folder in sorted({str(each) for path in view.readable for each in PurePath(path).parents}):
        if folder != "/":
            yield from ("--dir", folder)  # else bubblewrap makes it with mode 0700
    for path in view.readable:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        else:
            yield from ("--ro-bind", path, path)
    for path in view.hidden:
        yield from _cover(path)
    for path in view.shown:
        yield from ("--ro-bind", path, path)
    yield from ("--perms", "1777", "--size", str(disk_bytes), "--tmpfs", PRIVATE, "--remount-ro", "/")


def _cover(path: str) -> Iterator[str]:
    if os.path.isdir(path):
        yield from ("--perms", "0711", "--tmpfs", path)
    elif os.path.exists(path):
        yield from ("--ro-bind", os.devnull, path)  # mounted with nodev, so it cannot even be opened
