"""The result of a self-check: plain values, one row for each exercise."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from utils.progress import WeekResult
from utils.weeks import Week

Kind = Literal["core", "stretch", "written"]
"""`written` is an answer in words, which a person grades."""

Mark = Literal["✓", "✗", "○", "✎"]
"""Right, not right, not written yet, for a person to grade."""

CORE_POINTS = 100
"""The sum of the core exercises' points in every week."""


@dataclass(frozen=True)
class CheckRow:
    """One exercise in the table."""

    exercise: str
    kind: Kind
    points: float
    """Points earned; 0 if a person grades the exercise."""
    out_of: float
    """Maximum points."""
    mark: Mark
    reason: str
    """The reason for the points, in one line."""
    report: str = ""
    """The check's whole report as text; empty if it gave none."""


@dataclass(frozen=True)
class SelfCheck:
    """A week's self-check."""

    week: Week
    notebook: Path
    rows: tuple[CheckRow, ...]
    notes: tuple[str, ...] = ()
    """Further notes, one sentence each."""

    def points(self, kind: Kind) -> float:
        """Return the points earned in all exercises of a kind."""
        return sum(row.points for row in self.rows if row.kind == kind)

    def out_of(self, kind: Kind) -> float:
        """Return the maximum points of all exercises of a kind; for core always `CORE_POINTS`."""
        return CORE_POINTS if kind == "core" else sum(row.out_of for row in self.rows if row.kind == kind)

    def summary(self, when: datetime) -> WeekResult:
        """Return the part of the result that `course progress` keeps."""
        return WeekResult(
            when=when,
            core=self.points("core"),
            core_of=self.out_of("core"),
            stretch=self.points("stretch"),
            stretch_of=self.out_of("stretch"),
            exercises={row.exercise: (row.points, row.out_of) for row in self.rows},
        )
