"""Wrong programs, made from a notebook's own solution by edits of its text."""

from collections.abc import Sequence
from typing import Any

from .taught import _namespace, notebook_of

Edits = Sequence[tuple[str, str]]
"""Texts in the solution, with their replacements."""


class NoSuchText(LookupError):
    """A text to be edited that does not occur exactly once in the solution."""


def edited_solution(folder: str, exercise: str, edits: Edits) -> Any:
    """Return what the notebook passes to the exercise's check when the exercise's cell alone is edited.

    Raises:
        NoSuchText: A text does not occur exactly once in the exercise's cell.
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
