"""Searches files for solution text.

The rule. All white space is taken out, of solutions and of files, so that indentation, line breaks and a
notebook's JSON hide nothing. A solution line is searched for when it holds at least LINE words (names,
numbers, operators), and two consecutive lines together when they hold at least PAIR: less than that, such as
`return scores`, anybody writes for other reasons. Comments after code are not searched for.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from grader.build.source import Source
from grader.notebook.cells import BEGIN_SCHEME, END_SCHEME, grade_id, is_part, is_task, solution_regions

LINE, PAIR = 7, 8

_WORD = re.compile(r"[^\W\d]\w*|\d[\d.]*|[^\w\s(),.:;=\[\]{}'\"`]+")


@dataclass(frozen=True)
class Needle:
    """Solution text that must be nowhere else."""

    text: str
    """One line or two, without white space."""
    where: str
    """The source and the exercise it is from."""
    week: int
    part: bool
    """Whether later weeks get it in their parts.py."""


def needles(sources: Iterable[Source]) -> set[Needle]:
    """What to search for: the telling lines, and pairs of lines, of solution regions and marking schemes."""
    return {
        Needle(squeeze(text), f"{source.label} ({grade_id(cell)})", source.week.number, is_part(cell))
        for source in sources
        for cell in source.notebook.cells
        for region in _regions(cell)
        for text in telling(region)
    }


def _regions(cell: Any) -> list[list[str]]:
    if is_part(cell) and not grade_id(cell):  # a source that has parts only carries no nbgrader metadata
        cell = cell.copy()
        cell.metadata = {**cell.metadata, "nbgrader": {"solution": True}}
    return [_marking_scheme(cell)] if is_task(cell) else solution_regions(cell)


def _marking_scheme(cell: Any) -> list[str]:
    _, inside = cell.source.split(BEGIN_SCHEME)
    return inside.split(END_SCHEME)[0].split("\n")[1:-1]


def telling(lines: Iterable[str]) -> Iterator[str]:
    """The lines, and pairs of consecutive lines, that the rule searches for."""
    bare = [each for each in (line.split("  # ")[0].strip() for line in lines) if each]
    yield from (line for line in bare if words(line) >= LINE)
    yield from (one + other for one, other in pairwise(bare) if words(one) + words(other) >= PAIR)


def words(text: str) -> int:
    """How much a line says: its names, numbers and operators; punctuation is free."""
    return len(_WORD.findall(text))


def squeeze(text: str) -> str:
    """The text without any white space."""
    return "".join(text.split())


def find_leaks(hidden: Iterable[Needle], files: Iterable[Path], root: Path) -> list[str]:
    """Every place outside its source where solution text stands, in a sentence each."""
    hidden, found = list(hidden), []
    for path in files:
        text = squeeze(_text(path))
        found += [
            f"{path.relative_to(root)} holds {needle.text!r} of {needle.where}"
            for needle in hidden
            if needle.text in text and not _allowed(needle, path)
        ]
    return found


def _allowed(needle: Needle, path: Path) -> bool:
    week = re.fullmatch(r"week(\d\d)_\w+", path.parent.name)
    in_course = path.parent.parent.name == "course"
    return needle.part and path.name == "parts.py" and in_course and int(week[1]) > needle.week


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="ignore")
    if path.suffix not in {".ipynb", ".json"}:
        return text
    return "\n".join(_strings(json.loads(text)))


def _strings(value: Any) -> Iterator[str]:
    # A notebook keeps a cell as a list of lines: joined in order, they are searched like any text.
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (each for item in value.values() for each in _strings(item))
    elif isinstance(value, list):
        yield from (each for item in value for each in _strings(item))
