"""Reads submitted files from nbgrader's folder, all of which are untrusted."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.deadlines.handed_in import MAX_BYTES, TIMESTAMP, time_of_text
from utils.printable import printable

_TICKET = "submission_secret.txt"
"""Written by the exchange when a student submits; nbgrader releases no feedback without it."""
_MAX_TICKET_BYTES = 1000
_PICTURES = {".png", ".jpg", ".jpeg", ".gif"}
_MAX_PICTURE_BYTES = 2**24
"""Total size in bytes of the pictures of one submission."""


class Refused(Exception):
    """A submission that cannot be graded; the text gives the reason, as the end of a sentence."""


@dataclass(frozen=True)
class SubmissionFiles:
    """A submitted notebook."""

    content: bytes
    timestamp: datetime | None
    """The time of submission, in UTC without a zone, as nbgrader keeps it."""
    odd: tuple[str, ...] = ()
    """Oddities for the instructor, a sentence each."""


def read_submission(path: Path, top: Path, max_bytes: int) -> SubmissionFiles:
    """Reads the submitted notebook at `path`.

    Args:
        path: the notebook.
        top: the folder of all submissions. No folder between it and `path` may be a link.
        max_bytes: the largest size that is read.

    Raises:
        Refused: it is missing, or is not a regular file of its own.
    """
    _refuse_names(path)
    if not path.exists() and not path.is_symlink():
        raise Refused(_missing(path))
    content = read_plain(path, top, max_bytes)
    timestamp, odd = _timestamp(path.with_name(TIMESTAMP), top)
    return SubmissionFiles(content, timestamp, odd)


def read_plain(path: Path, top: Path, max_bytes: int) -> bytes:
    """Return the content of a regular file below `top`. A link could lead to another student's work.

    Raises:
        Refused: it is a link, is not a regular file, is too large, or cannot be read.
    """
    for part in (path, *path.parents[: len(path.relative_to(top).parts) - 1]):
        if part.is_symlink():
            raise Refused(f"{part.name} is a link: ask for the file itself.")
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise Refused(f"{path.name} is no file: ask for the notebook itself.")
            if state.st_size > max_bytes:
                raise Refused(f"{path.name} has {state.st_size:,} bytes; at most {max_bytes:,} are read.")
            return file.read()
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror or error}.") from None


def pictures(folder: Path, top: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the pictures beside a submitted notebook, which written answers may show."""
    budget = _MAX_PICTURE_BYTES
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in _PICTURES:
            continue
        try:
            content = read_plain(path, top, budget)
        except Refused:
            continue
        budget -= len(content)
        yield path.name, content


def ticket(folder: Path, top: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the exchange's secret, where the submission came through the exchange."""
    with suppress(Refused):
        yield _TICKET, read_plain(folder / _TICKET, top, _MAX_TICKET_BYTES)


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
        time, problem = time_of_text(read_plain(path, top, MAX_BYTES))
    except Refused as error:
        time, problem = None, str(error)
    return time, (f"its time of submission was left out: {problem}",) if problem else ()
