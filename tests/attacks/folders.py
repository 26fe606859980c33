"""Attacks on what lies around a notebook: folders, links, times, names. They go through `course grade`.

Each student hands in a folder; what is in it beside the notebook must decide nothing, and whatever is wrong
with it must touch nobody else.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograde import week05

NOTEBOOK = f"{week05.WEEK.notebook}.ipynb"
ADA = "ada"
"""The honest student, who was graded before the others came."""


@dataclass(frozen=True)
class FolderAttack:
    """A student's folder, and what must come of it."""

    name: str
    idea: str
    hand_in: Callable[[Path], None]
    """Fills the student's folder of the week."""
    points: float | None = None
    """None: it is not graded."""
    failure: str = ""
    """A part of the reason why it is not graded."""
    odd: tuple[str, ...] = field(default=())
    """Parts of the remarks on it."""
    student: str = ""
    """The student's name, where that is the attack."""


def _notebook(folder: Path, solved: bool = False) -> Path:
    place = folder / NOTEBOOK
    place.write_text(json.dumps(week05.solved() if solved else week05.released()))
    return place


def _with(solved: bool = False, **files: str | bytes) -> Callable[[Path], None]:
    """An honest notebook with other files beside it; `__` in a name stands for a dot, `___` for a slash."""

    def hand_in(folder: Path) -> None:
        _notebook(folder, solved)
        for name, content in files.items():
            place = folder / name.replace("___", "/").replace("__", ".")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

    return hand_in


def _ada(folder: Path) -> Path:
    """The honest student's notebook."""
    return folder.parents[1] / ADA / week05.WEEK.folder / NOTEBOOK


def _replace(folder: Path, target: Path) -> None:
    folder.rmdir()
    folder.symlink_to(target)


def _replace_student(folder: Path) -> None:
    folder.rmdir()
    folder.parent.rmdir()
    folder.parent.symlink_to(_ada(folder).parents[1])


def _sparse(folder: Path) -> None:
    with (folder / NOTEBOOK).open("wb") as file:
        file.truncate(50 * 2**30)


def _linked_extras(folder: Path) -> None:
    _notebook(folder)
    (folder / "picture.png").symlink_to(_ada(folder))
    (folder / "more").symlink_to(folder.parents[1])
    (folder / "timestamp.txt").symlink_to(_ada(folder))


FORGE = """
import sys, types
class Module(types.ModuleType):
    def __getattr__(self, name):
        return lambda *_, **__: None
module = Module(__name__)
sys.modules[__name__] = module
"""
_LAUNCHER = "import os; os.system('touch /tmp/launched')\n" + FORGE
_LINK = "is a link: ask for the file itself"

FOLDERS = [
    FolderAttack(
        "linked notebook",
        "the notebook is a link to a classmate's",
        lambda folder: (folder / NOTEBOOK).symlink_to(_ada(folder)),
        failure=f"{NOTEBOOK} {_LINK}",
    ),
    FolderAttack(
        "broken link",
        "the notebook is a link to nothing",
        lambda folder: (folder / NOTEBOOK).symlink_to("nowhere"),
        failure=f"{NOTEBOOK} {_LINK}",
    ),
    FolderAttack(
        "linked to the machine",
        "the notebook is a link to the machine's list of users",
        lambda folder: (folder / NOTEBOOK).symlink_to("/etc/passwd"),
        failure=f"{NOTEBOOK} {_LINK}",
    ),
    FolderAttack(
        "linked week",
        "the week's folder is a link to a classmate's",
        lambda folder: _replace(folder, _ada(folder).parent),
        failure=f"{week05.WEEK.folder} {_LINK}",
    ),
    FolderAttack(
        "linked student",
        "the student's whole folder is a link to a classmate's",
        _replace_student,
        failure=_LINK,
    ),
    FolderAttack(
        "hard link",
        "the notebook is a hard link to a classmate's: it is the same file, which grading must not change",
        lambda folder: os.link(_ada(folder), folder / NOTEBOOK),
        points=week05.FULL,
    ),
    FolderAttack(
        "links beside it",
        "a picture, a folder and the time of submission are links to what is not the student's",
        _linked_extras,
        points=0,
        odd=("its time of submission was left out: timestamp.txt is a link",),
    ),
    FolderAttack(
        "pipe",
        "the notebook is a pipe that nobody writes to, so that reading it never ends",
        lambda folder: os.mkfifo(folder / NOTEBOOK),
        failure="is no file",
    ),
    FolderAttack(
        "folder in its place",
        "a folder has the notebook's name",
        lambda folder: (folder / NOTEBOOK).mkdir(),
        failure="cannot be read: Is a directory",
    ),
    FolderAttack(
        "fifty gigabytes",
        "the notebook is a file of 50 GB that takes no room on the disk",
        _sparse,
        failure="at most 33,554,432 are read",
    ),
    FolderAttack(
        "other name",
        "the notebook is there under another name",
        lambda folder: _notebook(folder).rename(folder / f"copy of {NOTEBOOK}") and None,
        failure="rename it and grade again",
    ),
    FolderAttack(
        "shadowed libraries",
        "torch.py, numpy.py and IPython.py beside the notebook take the libraries' places",
        _with(torch__py=FORGE, numpy__py=FORGE, IPython__py=FORGE, einops__py=FORGE, sitecustomize__py=FORGE),
        points=0,
    ),
    FolderAttack(
        "shadowed course",
        "a package `utils` and a `parts.py` beside the notebook take the course's place",
        _with(
            utils_____init____py="",
            utils___checks_____init____py=FORGE,
            utils___checks___week05_attention__py=FORGE,
            parts__py=FORGE,
        ),
        points=0,
    ),
    FolderAttack(
        "launcher",
        "ipykernel_launcher.py and jupyter_client.py run in place of the kernel, outside of any sandbox",
        _with(ipykernel_launcher__py=_LAUNCHER, jupyter_client__py=_LAUNCHER, grader__py=_LAUNCHER),
        points=0,
    ),
    FolderAttack(
        "own configuration",
        "nbgrader_config.py, jupyter_config.json and gradebook.db of the student's own",
        _with(
            nbgrader_config__py="c = get_config()\nc.TrustedExecute.required = []\n",
            jupyter_config__json='{"TrustedExecute": {"required": []}}',
            gradebook__db=b"SQLite format 3\0",
            pytest__ini="[pytest]",
        ),
        points=0,
    ),
    FolderAttack(
        "no time",
        "timestamp.txt holds no time",
        _with(solved=True, timestamp__txt="yesterday's'; DROP TABLE grade; --"),
        points=week05.FULL,
        odd=("timestamp.txt holds no date and time",),
    ),
    FolderAttack(
        "time of no calendar",
        "timestamp.txt holds the year 0 and the 99th month",
        _with(solved=True, timestamp__txt="0000-99-99 99:99:99 UTC"),
        points=week05.FULL,
        odd=("timestamp.txt holds no date and time",),
    ),
    FolderAttack(
        "time without end",
        "timestamp.txt has a million bytes, null bytes among them",
        _with(solved=True, timestamp__txt=b"\0" * 10**6),
        points=week05.FULL,
        odd=("timestamp.txt has 1,000,000 bytes",),
    ),
    FolderAttack(
        "time at the edge",
        "timestamp.txt holds the last second that there is, in a zone that goes beyond it",
        _with(solved=True, timestamp__txt="9999-12-31 23:59:59 -2300"),
        points=week05.FULL,
        odd=("timestamp.txt holds no date and time",),
    ),
    FolderAttack(
        "day before month",
        "honest: 7 March as some write it, which reads as 3 July elsewhere",
        _with(solved=True, timestamp__txt="07/03/2026 17:00"),
        points=week05.FULL,
        odd=("timestamp.txt holds no date and time",),
    ),
    FolderAttack(
        "zone that is none",
        "PST is in no database of zones; without it, hours late count as in time",
        _with(solved=True, timestamp__txt="2026-03-06 17:30 PST"),
        points=week05.FULL,
        odd=("timestamp.txt holds no date and time",),
    ),
    FolderAttack(
        "zone that is a file",
        "the zone is a path on the grader's machine",
        _with(solved=True, timestamp__txt="2026-03-06 17:30 /etc/passwd"),
        points=week05.FULL,
        odd=("timestamp.txt holds no date and time",),
    ),
    FolderAttack(
        "forged time",
        "timestamp.txt says that it was handed in twenty years ago",
        _with(solved=True, timestamp__txt="2001-01-01 00:00:00 UTC"),
        points=week05.FULL,
    ),
    FolderAttack(
        "name of signs",
        "the student's name holds commas, quotes, a line's end and what a spreadsheet would compute",
        _with(solved=True),
        points=week05.FULL,
        student='=HYPERLINK("x"),\'"\n;,%s{0}[bold]',
    ),
    FolderAttack(
        "name for the terminal",
        "the student's name holds escape sequences",
        _with(solved=True),
        points=week05.FULL,
        student="eve\x1b[2J\x1b[1Aforged\u202e",
    ),
    FolderAttack(
        "name for the database",
        "the student's name ends a statement of SQL",
        _with(solved=True),
        points=week05.FULL,
        student="x'); DELETE FROM grade; --",
    ),
]
