"""The time of submission: one strict parser of timestamp.txt for every way of grading.

nbgrader's own `parse_utc` guesses: it reads 07/03/2026 as 3 July and drops an unknown time zone, so that
seven hours late count as in time; a text without a date raises an exception.
"""

import re
import sys
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nbgrader.coursedir import CourseDirectory

if TYPE_CHECKING:
    from nbgrader.apps.api import NbGraderAPI

TIMESTAMP = "timestamp.txt"
MAX_BYTES = 200
"""The maximal size of a timestamp.txt."""
EXPECTED = "a date as 2026-03-07 19:00 UTC: year, month, day, time and a zone (UTC, +01:00, Europe/Paris)"

_FORM = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[T ](?P<clock>\d{2}:\d{2}(?::\d{2})?)(?P<fraction>\.\d{1,9})?"
    r"\s?(?P<zone>[A-Za-z][A-Za-z0-9_+/-]*|[+-]\d{2}:?\d{2})",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_IS_UTC = {"utc", "gmt", "z"}


def read_time(text: str) -> datetime:
    """Parse a time, and return it in UTC without a zone, as nbgrader keeps times.

    Args:
        text: year-month-day, a time, and a known zone: UTC, an offset, or a name of the IANA database.

    Raises:
        ValueError: the text has another form; the message states the expected one.
    """
    found = _FORM.fullmatch(text.strip())
    zone = _zone(found["zone"]) if found else None
    if found is None or zone is None:
        raise ValueError(f"not {EXPECTED}")
    clock = found["clock"] if found["clock"].count(":") == 2 else f"{found['clock']}:00"
    microseconds = (found["fraction"] or ".0")[:7]
    try:
        local = datetime.strptime(f"{found['date']} {clock}{microseconds}", "%Y-%m-%d %H:%M:%S.%f")
        return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(f"not {EXPECTED}") from None


def written(time: datetime) -> str:
    """Return a time in UTC without a zone as text for timestamp.txt; the inverse of `read_time`."""
    return f"{time.isoformat(' ')} UTC"


def _zone(name: str) -> tzinfo | None:
    """Return the time zone of that name or offset; None if there is no such zone."""
    if name.lower() in _IS_UTC:
        return UTC
    offset = _OFFSET.fullmatch(name)
    try:
        if offset:
            sign, hours, minutes = offset.groups()
            east = timedelta(hours=int(hours), minutes=int(minutes))
            return timezone(east if sign == "+" else -east) if int(minutes) < 60 else None
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, a path outside the database, or a folder in it
        return None


def time_of_folder(folder: Path) -> tuple[datetime | None, str]:
    """Return a folder's time of submission, or None and the reason why its timestamp.txt is invalid."""
    path = folder / TIMESTAMP
    if path.is_symlink():
        return None, f"{TIMESTAMP} is a link: ask for the file itself."
    if not path.exists():
        return None, ""
    try:
        if not path.is_file():
            return None, f"{TIMESTAMP} is no file."
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return None, f"{TIMESTAMP} cannot be read: {error.strerror or error}."
    if len(content) > MAX_BYTES:
        return None, f"{TIMESTAMP} has more than {MAX_BYTES} bytes."
    return time_of_text(content)


def time_of_text(content: bytes) -> tuple[datetime | None, str]:
    """Return the time in the content of a timestamp.txt, or None and the reason why it is invalid."""
    try:
        return read_time(content.decode()), ""
    except ValueError:
        return None, f"{TIMESTAMP} holds no date and time that can be relied on. Write {EXPECTED}."


def use_in_nbgrader() -> None:
    """Makes nbgrader's autograde, its exchange and formgrader read timestamp.txt as `course grade` does.

    nbgrader has no hook for this, so both of its methods are replaced in this process.
    """
    CourseDirectory.get_existing_timestamp = _existing_timestamp
    api = sys.modules.get("nbgrader.apps.api")
    if api is not None:  # Imported by formgrader and nbgrader's commands; nothing else uses it.
        api.NbGraderAPI.get_submitted_timestamp = _submitted_timestamp


def _existing_timestamp(self: CourseDirectory, dest_path: str) -> datetime | None:
    time, problem = time_of_folder(Path(dest_path))
    if problem:
        self.log.warning("The time of submission in %s was left out: %s", dest_path, problem)
    return time


def _submitted_timestamp(self: "NbGraderAPI", assignment_id: str, student_id: str) -> datetime | None:
    folders = self.coursedir
    folder = Path(folders.format_path(folders.submitted_directory, student_id, assignment_id))
    return time_of_folder(folder)[0]
