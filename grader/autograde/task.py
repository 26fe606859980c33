"""The input and the result of grading one submission: bytes and plain data, which can be serialised."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from grader.sandbox.limits import Limits

Protection = Literal["files", "network", "processes"]
PROTECTIONS: tuple[Protection, ...] = ("files", "network", "processes")
"""The default requirement: no access to other files, the network or other processes."""

How = Literal["judge", "asserts", "person"]
"""The source of a cell's points: the judge, the outcome of an instructor's own asserts (which hostile code
can forge), or a person."""

Hidden = Literal["passed", "failed", "not reached", ""]
"""The outcome of a check's hidden cases, which follow the public ones; empty where it has none."""


@dataclass(frozen=True)
class GradingTask:
    """One submission, with everything that grading it needs."""

    week: str
    """The week's folder, `week05_attention`."""
    source: bytes
    """The instructor's notebook (.ipynb): as released, or made from the gradebook's source cells. Its text,
    names and points count, not the submission's."""
    submission: bytes
    """The submitted .ipynb, unchanged and untrusted."""
    seed: int
    """Draws the hidden cases: `grader.autograde.seeds.hidden_seed(secret, week, submission)`."""
    parts: bytes = b""
    """The week's `parts.py`, from the instructor's folder; empty where the week has none."""
    limits: Limits = field(default_factory=Limits)
    required: tuple[Protection, ...] = PROTECTIONS
    """The protections that the sandbox must give before anything runs. Empty only where the instructor trusts
    every submission."""


@dataclass(frozen=True)
class CellGrade:
    """The points of one graded cell of the source, and the reason for them."""

    cell: str
    """The cell's grade_id."""
    points: float | None
    """None: a person decides."""
    max_points: float
    how: How
    reason: str
    """In a few words: the mistake's name, `not written yet`, `its cell ran longer than 60 s` …"""
    report: dict[str, Any] | None = None
    """The judge's report (`utils.checks.engine.report.Report.to_plain`), without any hidden value."""
    mistake: str | None = None
    """The mistake's name, if it is a known one."""
    hidden: Hidden = ""


@dataclass(frozen=True)
class DelegationSign:
    """A sign that something ready-made did an exercise's work. It never changes a grade."""

    cell: str
    """The work cell's grade_id, or the place of a cell of the student's own."""
    line: int
    """In that cell, counted from 1; 0 for what was seen while it ran."""
    what: str


@dataclass(frozen=True)
class Timings:
    """The time that the parts of grading took, in seconds."""

    total: float = 0.0
    ready: float = 0.0
    """Until a kernel was ready: starting the fork server, if none was running, and forking."""
    cells: float = 0.0
    """Set-up, work and helper cells."""
    checks: float = 0.0
    """Check cells, with the judge's own work."""
    judge: float = 0.0
    """Of that: drawing cases, computing expected values and comparing."""


@dataclass(frozen=True)
class GradedSubmission:
    """The result of grading one submission."""

    week: str
    notebook: dict[str, Any] | None
    """The graded notebook (nbformat 4): the instructor's cells with the student's answers, the judge's
    reports and, as each check's execute_result, its points. None where nothing could be graded."""
    ledger: tuple[CellGrade, ...]
    """One entry for each graded cell, in the source's order; empty where nothing could be graded."""
    problem: str = ""
    """Why nothing could be graded, in a sentence; an earlier grade should then stay."""
    odd: tuple[str, ...] = ()
    """Irregularities of the submission, and how they were handled: duplicates, missing cells …"""
    signs: tuple[DelegationSign, ...] = ()
    layers: tuple[str, ...] = ()
    """The layers of protection that were in force."""
    reference: str = ""
    """The reference model that the judge used."""
    timings: Timings = Timings()

    @property
    def points(self) -> float:
        """Returns the sum of all points that are decided."""
        return sum(grade.points or 0 for grade in self.ledger)

    def to_plain(self) -> dict[str, Any]:
        """Returns the result as a dict that JSON can hold."""
        return asdict(self)
