"""The progress file: validated on reading, replaced atomically, and backed up when it is damaged."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from utils.errors import CourseError
from utils.progress.result import Record, WeekResult
from utils.weeks import Week

_VERSION = 1
_LOCK_SECONDS = 5


class NotKept(CourseError):
    """A result that could not be stored; the message says why."""


@dataclass(frozen=True)
class _Content:
    weeks: dict[str, Record]
    damage: str = ""
    """What is wrong with the file; empty if nothing is."""


def progress_file() -> Path:
    """Return the path of the progress file: in COURSE_HOME if that is set, else in the user's data folder."""
    home = os.environ.get("COURSE_HOME")
    folder = Path(home) if home else platformdirs.user_data_path("gpt2-in-twelve-weeks", appauthor=False)
    return folder / "progress.json"


def recall() -> tuple[dict[str, Record], str]:
    """Return the weeks' records by folder name, and a sentence about what is wrong with the file, or "".

    Nothing is written. Records that can be read are returned even from a damaged file.
    """
    path = progress_file()
    try:
        content = _read(path)
    except NotKept as error:
        return {}, str(error)
    if content.damage:
        advice = "The next `course check` sets it aside and keeps what can be read."
        return content.weeks, f"{path} is damaged ({content.damage}). {advice}"
    return content.weeks, ""


def keep(week: Week, result: WeekResult) -> str:
    """Store `result` as `week`'s last one, and as its best if it is.

    Returns:
        A sentence if a damaged file was set aside, else an empty string.

    Raises:
        NotKept: Nothing could be written; the file is unchanged.
    """
    path = progress_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            content = _read(path)
            note = _set_aside(path, content.damage) if content.damage else ""
            before = content.weeks.get(week.folder)
            _write(path, content.weeks | {week.folder: Record.after(before, result)})
    except OSError as error:
        raise NotKept(_unwritable(path, error.strerror or str(error))) from None
    return note


def _unwritable(path: Path, reason: str) -> str:
    return (
        f"Progress was not kept: {path} cannot be written ({reason}). "
        "Set COURSE_HOME to a folder of yours that can be."
    )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock, so that two checks that end together do not overwrite each other's result."""
    import filelock

    lock = filelock.FileLock(path.with_name("progress.lock"), timeout=_LOCK_SECONDS)
    try:
        lock.acquire()
    except (filelock.Timeout, NotImplementedError) as error:
        reason = "another check holds it" if isinstance(error, filelock.Timeout) else str(error)
        raise NotKept(_unwritable(path, reason)) from None
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> _Content:
    """Return the file's records, as far as they can be read.

    Raises:
        NotKept: The file exists and cannot be read, or a newer version of the course wrote it.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return _Content({})
    except OSError as error:
        raise NotKept(f"Progress was not read or kept: {path} cannot be read ({error.strerror}).") from None
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return _Content({}, "it is not JSON")
    if not isinstance(content, dict) or not isinstance(content.get("weeks"), dict):
        return _Content({}, "it does not hold weeks")
    version = content.get("version")
    if isinstance(version, int) and version > _VERSION:
        raise NotKept(f"Progress was not kept: {path} is of a newer `course`. Update this one.")
    return _records(content["weeks"])


def _records(weeks: dict[str, Any]) -> _Content:
    records, broken = {}, []
    for name, value in weeks.items():
        try:
            records[name] = Record.from_plain(value)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
            broken.append(name)
    return _Content(records, f"it holds no result for {', '.join(map(repr, broken))}" if broken else "")


def _set_aside(path: Path, damage: str) -> str:
    """Copy a damaged file to a new name; return the sentence that reports it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    handle, copy = tempfile.mkstemp(prefix=f"progress.damaged-{stamp}-", suffix=".json", dir=path.parent)
    os.close(handle)
    shutil.copyfile(path, copy)
    return f"The progress file was damaged ({damage}); it is kept as {copy}. What could be read was kept."


def _write(path: Path, weeks: dict[str, Record]) -> None:
    """Replace the file atomically: a reader, or a crash at any moment, finds the old or the new content."""
    target = path.resolve()  # keeps a symbolic link, perhaps to a synchronised folder
    content = {"version": _VERSION, "weeks": {name: record.to_plain() for name, record in weeks.items()}}
    handle, draft = tempfile.mkstemp(prefix="progress.", suffix=".new", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            json.dump(content, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise
