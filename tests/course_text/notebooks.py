"""The text of the weeks as students read it, and the bold terms in it."""

import json
import re
from functools import lru_cache
from pathlib import Path

from utils.weeks import Week

CHECKOUT = Path(__file__).resolve().parents[2]

PAIR_SESSION = "## For your pair session (90 minutes)"
WORDS_OF_THE_WEEK = "Words of this week in the [glossary](../glossary.md): "
"""Begins the line with which a notebook's summary, its last text before any capstone, ends."""
OWN_WORDS = re.compile(r"\buse the words? \*\*", re.IGNORECASE)
"""The question that is answered in the student's own words lists words to use, terms and others, in bold."""

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_LINE_BEGINS = re.compile(r"(\s*([-*]|\d+\.)\s+)?")


@lru_cache
def cells(week: Week) -> tuple[dict, ...]:
    """The cells of the week's notebook in `course/`; a cell's source is one string."""
    path = CHECKOUT / "course" / week.folder / f"{week.notebook}.ipynb"
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return tuple({**cell, "source": "".join(cell["source"])} for cell in found)


def texts(week: Week) -> list[str]:
    """The sources of the week's text cells, in order."""
    return [cell["source"] for cell in cells(week) if cell["cell_type"] == "markdown"]


def section(week: Week, heading: str) -> str:
    """What the week's text says below a heading, up to the next text cell that begins with one."""
    found: list[str] = []
    for text in texts(week):
        if text.startswith("#") and found:
            break
        if found or text.startswith(heading):
            found.append(text)
    assert found, f"Week {week.number} has no section {heading!r}."
    return "\n".join(found)


def bold(text: str) -> list[tuple[str, bool]]:
    """The bold spans of a text that may be terms, each with whether it opens a line or an item of a list.

    In bold are terms at their definition, and besides them questions and sentences (which end with a mark),
    names that open an item or a paragraph, heads of tables, and sizes for a table of shapes (with a number).
    """
    found = []
    for line in text.splitlines():
        if line.lstrip().startswith(("|", "#")):
            continue
        opening = _LINE_BEGINS.match(line)
        begins = opening.end() if opening else 0
        for match in _BOLD.finditer(line):
            span = match[1]
            if span[-1] not in ".?:!" and "`" not in span and not re.search(r"(^| )\d", span):
                found.append((span, match.start() == begins))
    return found


def terms(week: Week) -> list[tuple[str, bool]]:
    """The bold spans of a week's explanations, as `bold` gives them.

    The pair session, the summary and the question for the student's own words define nothing.
    """
    explaining = [text for text in texts(week) if not _defines_nothing(text)]
    return [span for text in explaining for span in bold(text)]


def _defines_nothing(text: str) -> bool:
    return text.startswith(PAIR_SESSION) or WORDS_OF_THE_WEEK in text or bool(OWN_WORDS.search(text))
