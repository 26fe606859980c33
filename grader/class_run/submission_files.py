"""What a student handed in, as it lies in nbgrader's folder: read, and believed nothing of."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.deadlines.handed_in import LONGEST, TIMESTAMP, time_of_text
from utils.printable import printable

_TICKET = "submission_secret.txt"
"""What the exchange gives a student at handing in; nbgrader releases no feedback without it."""
_LONGEST_TICKET = 1000
_PICTURES = {".png", ".jpg", ".jpeg", ".gif"}
_LARGEST_PICTURES = 2**24
"""Bytes of all pictures of one submission together."""


class Refused(Exception):
    """A submission that cannot be graded; the text says why, as the end of a sentence on it."""


@dataclass(frozen=True)
class SubmissionFiles:
    """A submitted notebook."""

    content: bytes
    timestamp: datetime | None
    """When it was handed in, in UTC without a zone, as nbgrader keeps it."""
    odd: tuple[str, ...] = ()


def read_submission(path: Path, top: Path, most: int) -> SubmissionFiles:
    """Reads the submitted notebook at `path`.

    Args:
        top: the folder of all submissions. Nothing on the way from there to `path` may be a link.
        most: how many bytes it may have.

    Raises:
        Refused: it is not there, or no plain file of its own.
    """
    _refuse_names(path)
    if not path.exists() and not path.is_symlink():
        raise Refused(_missing(path))
    content = read_plain(path, top, most)
    timestamp, odd = _timestamp(path.with_name(TIMESTAMP), top)
    return SubmissionFiles(content, timestamp, odd)


def read_plain(path: Path, top: Path, most: int) -> bytes:
    """The bytes of a plain file below `top`. No link is followed: it could lead to a classmate's work.

    Raises:
        Refused: it is a link, no file, too large, or cannot be read.
    """
    for place in (path, *path.parents[: len(path.relative_to(top).parts) - 1]):
        if place.is_symlink():
            raise Refused(f"{place.name} is a link: ask for the file itself.")
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise Refused(f"{path.name} is no file: ask for the notebook itself.")
            if state.st_size > most:
                raise Refused(f"{path.name} has {state.st_size:,} bytes; at most {most:,} are read.")
            return file.read()
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror or error}.") from None


def pictures(folder: Path, top: Path) -> Iterator[tuple[str, bytes]]:
    """The pictures beside a submitted notebook, by name: a written answer may show one."""
    room = _LARGEST_PICTURES
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in _PICTURES:
            continue
        try:
            content = read_plain(path, top, room)
        except Refused:
            continue
        room -= len(content)
        yield path.name, content


def ticket(folder: Path, top: Path) -> Iterator[tuple[str, bytes]]:
    """The exchange's secret beside a submitted notebook, by name, where it came through the exchange."""
    with suppress(Refused):
        yield _TICKET, read_plain(folder / _TICKET, top, _LONGEST_TICKET)


def _missing(path: Path) -> str:
    others = printable(", ".join(sorted(other.name for other in path.parent.glob("*.ipynb"))))
    found = f"; there is {others}: rename it and grade again." if others else "."
    return f"no {path.name} was handed in{found}"


def _refuse_names(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise Refused("the name of the student's folder is not UTF-8: rename it.") from None


def _timestamp(path: Path, top: Path) -> tuple[datetime | None, tuple[str, ...]]:
    if not path.exists() and not path.is_symlink():
        return None, ()
    try:
        time, why_not = time_of_text(read_plain(path, top, LONGEST))
    except Refused as why:
        time, why_not = None, str(why)
    return time, (f"its time of submission was left out: {why_not}",) if why_not else ()
