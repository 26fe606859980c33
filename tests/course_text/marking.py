"""The marking scheme of a week's answer in the student's own words: `own_words.md` beside the source."""

import re
from dataclasses import dataclass

from utils.weeks import Week

from .notebooks import CHECKOUT

_ROW = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
_SAMPLE = re.compile(
    r"^## A sample answer: (?P<total>\d+) of 10\n\n> (?P<answer>.+)\n\n"
    r"Marks: (?P<marks>\d+(?: \+ \d+)*)\. (?P<why>.+)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Sample:
    """A sample answer with its marks, one for each row of the scheme."""

    total: int
    answer: str
    marks: tuple[int, ...]
    why: str


@dataclass(frozen=True)
class Scheme:
    """What earns how many points, and two answers with their marks."""

    text: str
    points: tuple[int, ...]
    ideas: tuple[str, ...]
    samples: tuple[Sample, ...]


def read(week: Week) -> Scheme:
    """The week's marking scheme."""
    text = (CHECKOUT / "solutions" / week.folder / "own_words.md").read_text(encoding="utf-8")
    rows = _ROW.findall(text)
    samples = tuple(
        Sample(int(m["total"]), m["answer"], tuple(map(int, m["marks"].split(" + "))), m["why"])
        for m in _SAMPLE.finditer(text)
    )
    return Scheme(text, tuple(int(points) for points, _ in rows), tuple(idea for _, idea in rows), samples)
