"""Reads plain data that came from where a student's code runs, and believes in no type and no length."""

from typing import Any

from utils.checks.engine.plain_data import PlainDataError
from utils.printable import printable

MAX_TEXT = 600
"""Characters of one text that a report repeats."""
_MAX_TEXTS = 10  # names or lines of one kind


def part(data: Any, name: str, kind: Any) -> Any:
    """`data[name]`.

    Raises:
        PlainDataError: there is none, or it is not of that kind.
    """
    if not isinstance(data, dict) or name not in data or not isinstance(data[name], kind):
        raise PlainDataError(f"What came has no part {name}, or one of another type.")
    return data[name]


def text(data: Any, name: str) -> str:
    """`data[name]`, a string, in a form that can be shown."""
    return readable(part(data, name, str))


def texts(data: Any, name: str) -> tuple[str, ...]:
    """`data[name]`, a tuple of strings, in a form that can be shown."""
    return tuple(readable(item) for item in part(data, name, tuple)[:_MAX_TEXTS] if isinstance(item, str))


def readable(text: str) -> str:
    """The text as a report may show it: not endless, and printable."""
    return printable(text[:MAX_TEXT])
