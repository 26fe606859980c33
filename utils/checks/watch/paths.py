"""What stands at a path while code runs: seen at every call that it makes, also of built-in functions."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

_MOST_LOOKS = 40  # at changed files; a whole checkpoint is read at each


class PathWatch:
    """A context that looks at `path` whenever a function is called or returns, and notes what `describe` says
    of the file each time that it has changed: `seen`, in order, without repeating itself.

    Python's own profiler hook does the work; one that was set before is set again afterwards.
    """

    def __init__(self, path: Path, describe: Callable[[Path], Any]):
        self._path, self._describe = path, describe
        self._state: tuple[int, ...] | None = None
        self._looks = 0
        self.seen: list[Any] = []

    def __enter__(self) -> "PathWatch":
        self._before = sys.getprofile()
        self._look()
        sys.setprofile(self._note)
        return self

    def __exit__(self, *exception: Any) -> None:
        sys.setprofile(self._before)
        self._look()

    def _note(self, frame: FrameType, event: str, called: Any) -> None:
        sys.setprofile(None)  # looking calls functions, too
        try:
            self._look()
        finally:
            sys.setprofile(self._note)

    def _look(self) -> None:
        try:
            found = os.stat(self._path)
            state = (found.st_ino, found.st_size, found.st_mtime_ns)
        except FileNotFoundError:
            state = ()
        if state == self._state or self._looks >= _MOST_LOOKS:
            return
        self._state, self._looks = state, self._looks + 1
        said = self._describe(self._path)
        if not self.seen or self.seen[-1] != said:
            self.seen.append(said)
