"""Access to plain data from a process that runs a student's code: every type and length is checked."""

from typing import Any

from utils.checks.engine.plain_data import PlainDataError
from utils.printable import printable

MAX_TEXT = 600
"""How many characters of one text a report shows."""
_MAX_TEXTS = 10  # that a report shows of one field


def part(data: Any, name: str, kind: Any) -> Any:
    """Returns `data[name]`.

    Raises:
        PlainDataError: `data` is not a dict with that name, or the value is not of type `kind`.
    """
    if not isinstance(data, dict) or name not in data or not isinstance(data[name], kind):
        raise PlainDataError(f"The data has no field {name}, or one of another type.")
    return data[name]


def text(data: Any, name: str) -> str:
    """Returns the string `data[name]`, shortened and printable.

    Raises:
        PlainDataError: it is not there or is not a string.
    """
    return readable(part(data, name, str))


def texts(data: Any, name: str) -> tuple[str, ...]:
    """Returns the strings in the tuple `data[name]`, at most ten, shortened and printable.

    Raises:
        PlainDataError: it is not there or is not a tuple.
    """
    return tuple(readable(item) for item in part(data, name, tuple)[:_MAX_TEXTS] if isinstance(item, str))


def readable(text: str) -> str:
    """Returns the first `MAX_TEXT` characters of the text, printable."""
    return printable(text[:MAX_TEXT])
