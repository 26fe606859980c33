"""Records calls into libraries that would do an exercise's work."""

import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any


class LibraryCallWatch:
    """A context that records calls into the named libraries, however they were imported.

    Calls within such a library, and importing it, are not recorded. It uses `sys.setprofile` and restores a
    previous profiler; without names it sets none.

    Args:
        names: Full names of libraries, modules or functions: `tokenizers`, `transformers.generation`.
    """

    def __init__(self, names: Sequence[str]):
        self._names = frozenset(names)
        self._below = tuple(f"{name}." for name in self._names)
        self.seen: dict[str, None] = {}
        """The full names of what was called, in order of the first call."""

    def __enter__(self) -> "LibraryCallWatch":
        self._before = sys.getprofile()
        if self._names:
            sys.setprofile(self._note)
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._names:
            sys.setprofile(self._before)

    def _note(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            name, caller = f"{_module(frame)}.{frame.f_code.co_qualname}", frame.f_back
        elif event == "c_call":
            name, caller = _full_name(called), frame
        else:
            return
        if not self._is_watched(name) or name.endswith(".<module>"):
            return
        origin = _module(caller) if caller else ""
        if not (self._is_watched(origin) or origin.startswith("importlib.") or self._is_imported(caller)):
            self.seen[name] = None

    def _is_imported(self, frame: FrameType | None) -> bool:
        """True if one of the libraries is being imported.

        A decorator of another library, such as dataclass, calls into it during its import.
        """
        while frame:
            if frame.f_code.co_name == "<module>" and self._is_watched(_module(frame)):
                return True
            frame = frame.f_back
        return False

    def _is_watched(self, name: str) -> bool:
        return name.startswith(self._below) or name in self._names


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _full_name(built_in: Any) -> str:
    """Returns the name of a function that is not written in Python; a method's begins with its class's
    module.
    """
    owner = getattr(built_in, "__self__", None)
    kind = owner if isinstance(owner, type) else type(owner)
    module = getattr(built_in, "__module__", None) or kind.__module__
    return f"{module}.{getattr(built_in, '__qualname__', '')}"
