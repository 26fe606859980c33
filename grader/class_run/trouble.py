"""What can go wrong around a submission, in sentences: the disk, the database, the workers."""

import errno

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from utils.errors import CourseError

_FULL = {errno.ENOSPC, errno.EFBIG, *(getattr(errno, name) for name in ("EDQUOT",) if hasattr(errno, name))}
_AGAIN = "try again"


class NotWritten(CourseError):
    """What the disk or the gradebook refused; the text is the sentence to show."""


class Locked(NotWritten):
    """Another program holds the gradebook: it may be free later."""


def file_trouble(error: OSError) -> str:
    """What is the matter with a file, and what to do."""
    if error.errno in _FULL:
        return f"the disk is full: make room and {_AGAIN}."
    return f"{error.filename or 'a file'} cannot be written: {error.strerror or error}."


def database_trouble(error: SQLAlchemyError) -> NotWritten:
    """What is the matter with the gradebook, and what to do."""
    said = _first_line(error)
    words = said.lower()
    if "locked" in words or "lock timeout" in words or "busy" in words:
        return Locked(
            f"the gradebook is locked by another program, formgrader perhaps: close it and {_AGAIN}."
        )
    if "full" in words or "no space" in words:
        return NotWritten(f"the gradebook's disk is full: make room and {_AGAIN}.")
    if "readonly" in words or "read-only" in words or "permission denied" in words:
        return NotWritten(f"the gradebook may not be written ({said}): give yourself the right to.")
    if "no such column" in words or "undefinedcolumn" in words:
        return NotWritten(
            "the gradebook is of an older nbgrader: back it up, then run `nbgrader db upgrade`."
        )
    if (isinstance(error, DBAPIError) and error.connection_invalidated) or "connect" in words:
        return NotWritten(f"the gradebook's database cannot be reached ({said}): see to it and {_AGAIN}.")
    return NotWritten(f"the gradebook refused it ({said}).")


def _first_line(error: SQLAlchemyError) -> str:
    origin = getattr(error, "orig", None) or error
    return (str(origin).strip().split("\n") or [""])[0] or type(origin).__name__
