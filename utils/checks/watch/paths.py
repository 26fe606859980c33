"""Watches the file at a path while code runs."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

_MAX_READS = 40  # a description reads the whole checkpoint


class PathWatch:
    """A context that looks at a file whenever a function, built-in or not, is called or returns.

    `seen` holds a description for each change of the file, in order, without consecutive repetitions. It uses
    `sys.setprofile` and restores a previous profiler.

    Args:
        path: The file, which need not exist.
        describe: Returns a description of the file.
    """

    def __init__(self, path: Path, describe: Callable[[Path], Any]):
        self._path, self._describe = path, describe
        self._state: tuple[int, ...] | None = None
        self._reads = 0
        self.seen: list[Any] = []

    def __enter__(self) -> "PathWatch":
        self._before = sys.getprofile()
        self._update()
        sys.setprofile(self._note)
        return self

    def __exit__(self, *exception: Any) -> None:
        sys.setprofile(self._before)
        self._update()

    def _note(self, frame: FrameType, event: str, called: Any) -> None:
        sys.setprofile(None)  # updating calls functions, too
        try:
            self._update()
        finally:
            sys.setprofile(self._note)

    def _update(self) -> None:
        state: tuple[int, ...] = ()
        with contextlib.suppress(FileNotFoundError):
            # os.stat, because this runs at every call, and Path.stat takes longer.
            status = os.stat(self._path)  # noqa: PTH116
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
        if state == self._state or self._reads >= _MAX_READS:
            return
        self._state, self._reads = state, self._reads + 1
        description = self._describe(self._path)
        if not self.seen or self.seen[-1] != description:
            self.seen.append(description)
