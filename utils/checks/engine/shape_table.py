"""The shape table: a check, part of every week, of a function that returns names and shapes."""

from collections.abc import Mapping
from typing import Any

from utils.checks.engine.cases import Case
from utils.checks.engine.check import Check
from utils.errors import CheckMisuse


def shape_table_check(week: str, rows: Mapping[str, str]) -> Check:
    """Returns a check of a dict `{row: shape}`, or of a function that returns one. Each row is a case.

    Args:
        week: The week's folder, `week05_attention`.
        rows: The names of the rows, and descriptions of the tensors whose shapes they hold.
    """
    return Check(
        name="shape_table",
        week=week,
        question="Which shape does each tensor have?",
        cases=lambda draw: [Case(f"row {row}: {content}", {"row": row}) for row, content in rows.items()],
        run=_read_row,
    )


def _read_row(table: Any, row: str) -> tuple[int, ...] | None:
    if callable(table):
        table = table()
    if not isinstance(table, Mapping):
        raise CheckMisuse(f"The table is a dict of names and shapes; this is a {type(table).__name__}.")
    if all(shape is None for shape in table.values()):
        raise NotImplementedError
    shape = table.get(row)
    if shape is None:
        return None
    try:
        return tuple(int(size) for size in shape)
    except (TypeError, ValueError):
        raise CheckMisuse(
            f"Row {row} holds {shape!r}; a shape is a tuple of numbers such as (2, 6)."
        ) from None
