"""`course/glossary.md`, entry by entry."""

import re
from dataclasses import dataclass
from functools import lru_cache

from .notebooks import CHECKOUT

_ENTRY = re.compile(
    r"(?P<heads>\*\*.+?\*\*(?:, \*\*.+?\*\*)*) — (?P<says>.+?[.?]) "
    r"\*In papers:\* (?P<papers>.+?)\. \*Source:\* (?P<source>.+)\. \(week (?P<week>\d+)\)"
)


@dataclass(frozen=True)
class Entry:
    """One term of the glossary."""

    forms: tuple[str, ...]
    """The term, first, and the other forms in which notebooks define it."""
    says: str
    papers: str
    source: str
    week: int


def paragraphs() -> list[str]:
    """The paragraphs of the glossary below its introduction."""
    text = (CHECKOUT / "course" / "glossary.md").read_text(encoding="utf-8")
    return [each for each in text.split("\n\n")[2:] if each.strip()]


@lru_cache
def entries() -> tuple[Entry, ...]:
    """The entries, in their order.

    Raises:
        AssertionError: a paragraph does not have the form of an entry.
    """
    found = []
    for paragraph in paragraphs():
        match = _ENTRY.fullmatch(paragraph.strip())
        assert match, f"course/glossary.md: this is not of the form of an entry:\n{paragraph}"
        forms = tuple(re.findall(r"\*\*(.+?)\*\*", match["heads"]))
        found.append(Entry(forms, match["says"], match["papers"], match["source"], int(match["week"])))
    return tuple(found)


def singular(term: str) -> set[str]:
    """The forms in which the glossary may have a term: as it is, and without the ending of a plural."""
    term = re.sub(r" \(.+\)$", "", term).lower()
    return {term, term.removesuffix("s"), term.removesuffix("es")}


def find(term: str) -> Entry | None:
    """The entry of a term, whatever its case and number."""
    for entry in entries():
        if singular(term) & {form.lower() for form in entry.forms}:
            return entry
    return None
