"""An attack is a value: a submission, and what exactly must come of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autograde.week05 import FULL
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from grader.autograde import GradedSubmission
from grader.sandbox.limits import Limits

Group = Literal[
    "forging", "lies to the judge", "exhaustion", "malformed", "exfiltration", "honest work", "folders"
]

EVERY = "*"
"""Stands for all exercises that are not named."""
NOT_WRITTEN = "not written yet"
NOTHING = {EVERY: NOT_WRITTEN}
"""Why an untouched notebook loses its points."""


@dataclass(frozen=True)
class Expected:
    """What must come of an attack."""

    points: float = FULL
    why: Mapping[str, str] = field(default_factory=dict)
    """The beginning of the reason of every exercise that loses points, by exercise; `EVERY` for the rest.
    `all cases` stands for `7 of 7 cases`.
    """
    problem: str = ""
    """A part of the sentence that says why nothing was graded; then there are no points at all."""
    odd: tuple[str, ...] = ()
    """A part of each remark on the submission, in order."""
    signs: tuple[str, ...] = ()
    """Parts of signs that an instructor must see."""
    shows: tuple[str, ...] = ()
    """What the graded notebook must hold."""
    never: tuple[str, ...] = ()
    """What must not be in anything that comes back."""


@dataclass(frozen=True)
class Attack:
    """One way in."""

    name: str
    idea: str
    """How it is meant to work, in half a sentence."""
    submission: Callable[[], bytes | NotebookNode]
    expected: Expected
    limits: Limits = field(default_factory=Limits)


def comes_back(graded: GradedSubmission) -> str:
    """All that anybody is shown of a graded submission; the student's own code is left out."""
    cells = graded.notebook["cells"] if graded.notebook else []
    outputs = [cell.get("outputs") for cell in cells]
    said = [graded.problem, graded.odd, [sign.what for sign in graded.signs]]
    reports = [[each.reason, each.mistake, each.report] for each in graded.ledger]
    pages = [_page(cell) for cell in cells if cell["cell_type"] == "markdown"]
    return "\n".join(_texts([outputs, said, reports, pages]))


def _page(cell: dict[str, Any]) -> str:
    """A text as formgrader and the feedback show it, in the instructor's browser and with its rights."""
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}))
    return MarkdownWithMath(renderer=renderer).render(cell["source"])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def begins(reason: str, wanted: str) -> bool:
    """Whether a reason begins with the wanted text, in which `all cases` stands for any `7 of 7 cases`."""
    pattern = re.escape(wanted).replace(re.escape("all cases"), r"(\d+) of \1 cases")
    return re.match(pattern, reason) is not None


def reasons_differ(attack: Attack, graded: GradedSubmission) -> list[str]:
    """Each exercise whose points or reason are not as expected, in words."""
    why = attack.expected.why
    wrong = []
    for each in graded.ledger:
        exercise = each.cell.removeprefix("check_")
        lost = each.points is not None and each.points < each.max_points
        wanted = why.get(exercise, why.get(EVERY))
        if lost and (wanted is None or not begins(each.reason, wanted)):
            wrong.append(f"{exercise} lost its points: {each.reason!r}, expected {wanted!r}")
        elif not lost and exercise in why:
            wrong.append(f"{exercise} lost nothing, expected {wanted!r}")
    return wrong
