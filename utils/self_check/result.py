"""What came of a self-check: plain values, one row an exercise."""

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
"""What the core exercises of every week add up to."""


@dataclass(frozen=True)
class CheckRow:
    """One exercise in the table."""

    exercise: str
    kind: Kind
    points: float
    """Points got; 0 for what a person grades."""
    out_of: float
    """Points there are."""
    mark: Mark
    reason: str
    """Why these points, in one line."""
    report: str = ""
    """The check's whole report as text, where it gave one."""


@dataclass(frozen=True)
class SelfCheck:
    """A week's self-check."""

    week: Week
    notebook: Path
    rows: tuple[CheckRow, ...]
    notes: tuple[str, ...] = ()
    """What else is worth knowing, a sentence each."""

    def points(self, kind: Kind) -> float:
        """Points got in all exercises of a kind."""
        return sum(row.points for row in self.rows if row.kind == kind)

    def out_of(self, kind: Kind) -> float:
        """Points there are in all exercises of a kind; for core what every week has, whatever is here."""
        return CORE_POINTS if kind == "core" else sum(row.out_of for row in self.rows if row.kind == kind)

    def summary(self, when: datetime) -> WeekResult:
        """What is worth remembering of it."""
        return WeekResult(
            when=when,
            core=self.points("core"),
            core_of=self.out_of("core"),
            stretch=self.points("stretch"),
            stretch_of=self.out_of("stretch"),
            exercises={row.exercise: (row.points, row.out_of) for row in self.rows},
        )
