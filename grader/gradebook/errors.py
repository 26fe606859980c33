"""Errors of the disk and of the database, as sentences for the instructor."""

import errno
import sqlite3
from typing import Literal

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from utils.errors import CourseError

_FULL = {errno.ENOSPC, errno.EFBIG, *(getattr(errno, name) for name in ("EDQUOT",) if hasattr(errno, name))}
_AGAIN = "try again"


class NotWritten(CourseError):
    """A write that the disk or the database refused; the text is the sentence to show."""


class Locked(NotWritten):
    """Another program has locked the gradebook, so a later try may succeed."""


def file_error_message(error: OSError) -> str:
    """Return the cause of a file's error, and what to do."""
    if error.errno in _FULL:
        return f"the disk is full: make room and {_AGAIN}."
    return f"{error.filename or 'a file'} cannot be written: {error.strerror or error}."


def database_error_message(error: SQLAlchemyError) -> NotWritten:
    """Return the cause of a database's error, and what to do, as an exception to raise."""
    message = _first_line(error)
    match _kind(error):
        case "locked":
            return Locked(
                f"the gradebook is locked by another program, formgrader perhaps: close it and {_AGAIN}."
            )
        case "full":
            return NotWritten(f"the gradebook's disk is full: make room and {_AGAIN}.")
        case "forbidden":
            return NotWritten(f"the gradebook may not be written ({message}): give yourself the right to.")
        case "old":
            return NotWritten(
                "the gradebook is of an older nbgrader: back it up, then run `nbgrader db upgrade`."
            )
        case "damaged":
            return NotWritten(
                f"the gradebook's file is damaged ({message}): put its latest copy in its place."
            )
        case "unreachable":
            return NotWritten(
                f"the gradebook's database cannot be reached ({message}): see to it and {_AGAIN}."
            )
        case _:
            return NotWritten(f"the gradebook refused it ({message}).")


_Kind = Literal["locked", "full", "forbidden", "old", "damaged", "unreachable", ""]

# The primary result codes of https://sqlite.org/rescode.html
_SQLITE: dict[int, _Kind] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "forbidden",
    sqlite3.SQLITE_PERM: "forbidden",
    sqlite3.SQLITE_AUTH: "forbidden",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
}
_MISSING_IN_SQLITE = ("no such column", "no such table", "has no column named")
"""SQLite's messages for an older schema, for which it has no code. They are always in English."""

# Codes and classes of codes (the first two characters) of PostgreSQL's appendix A, most of them of the SQL
# standard. A server's messages may be in any language.
_SQLSTATE: dict[str, _Kind] = {
    "55P03": "locked",  # lock_not_available
    "55006": "locked",  # object_in_use
    "40P01": "locked",  # deadlock_detected
    "40001": "locked",  # serialization_failure
    "57014": "locked",  # query_canceled: it waited longer than the server allows
    "53100": "full",  # disk_full
    "25006": "forbidden",  # read_only_sql_transaction
    "42501": "forbidden",  # insufficient_privilege
    "42703": "old",  # undefined_column
    "42P01": "old",  # undefined_table
    "XX001": "damaged",  # data_corrupted
    "XX002": "damaged",  # index_corrupted
    "53300": "unreachable",  # too_many_connections
    "3D000": "unreachable",  # invalid_catalog_name: there is no such database
    "08": "unreachable",  # connection exceptions
    "28": "unreachable",  # invalid authorization
    "57P": "unreachable",  # the server shuts down or starts
}


def _kind(error: SQLAlchemyError) -> _Kind:
    """Classify an error by the driver's code, since the message may be in any language."""
    if not isinstance(error, DBAPIError):
        return ""
    origin = error.orig
    code = getattr(origin, "sqlite_errorcode", None)
    if code is not None:
        return _kind_in_sqlite(code & 0xFF, str(origin))
    state = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None) or ""
    known = (_SQLSTATE[part] for part in (state, state[:3], state[:2]) if part in _SQLSTATE)
    # A driver that got no answer from the server has no code.
    no_answer = error.connection_invalidated or (isinstance(error, OperationalError) and not state)
    return next(known, "unreachable" if no_answer else "")


def _kind_in_sqlite(code: int, message: str) -> _Kind:
    if code == sqlite3.SQLITE_ERROR and any(words in message for words in _MISSING_IN_SQLITE):
        return "old"
    return _SQLITE.get(code, "")


def _first_line(error: SQLAlchemyError) -> str:
    origin = getattr(error, "orig", None) or error
    return (str(origin).strip().split("\n") or [""])[0] or type(origin).__name__
