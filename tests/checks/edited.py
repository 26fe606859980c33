"""Wrong programs made from a notebook's own solution by edits of its text, as students get them wrong."""

from collections.abc import Sequence
from typing import Any

from .taught import _namespace, notebook_of

Edits = Sequence[tuple[str, str]]
"""Texts in the solution, and what stands there instead."""


class NoSuchText(LookupError):
    """The text to be edited does not stand in the solution exactly once."""


def edited_solution(folder: str, exercise: str, edits: Edits) -> Any:
    """What the notebook hands to the exercise's check when its own cell is edited; all others are right.

    Raises:
        NoSuchText: a text does not stand in the exercise's cell, or more than once.
    """
    notebook = notebook_of(folder)
    submitted = notebook.submitted[exercise]
    cells = [cell for cell in notebook.cells if _defines(cell, submitted)]
    if len(cells) != 1:
        raise NoSuchText(f"{len(cells)} cells of {folder} define {submitted}")
    code = cells[0]
    for old, new in edits:
        if code.count(old) != 1:
            raise NoSuchText(f"{exercise}: {old!r} stands in the solution {code.count(old)} times")
        code = code.replace(old, new)
    names = dict(_namespace(folder))
    exec(compile(code, f"{exercise}, edited", "exec"), names)
    return names[submitted]


def _defines(cell: str, name: str) -> bool:
    return any(f"\n{kind} {name}{end}" in f"\n{cell}" for kind in ("def", "class") for end in "(:")
