"""What goes into grading one submission and what comes out: bytes and plain data, fit to be sent anywhere."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from grader.sandbox.limits import Limits

Protection = Literal["files", "network", "processes"]
PROTECTIONS: tuple[Protection, ...] = ("files", "network", "processes")
"""The floor: no sight of other files, no network, no hold on other processes."""

How = Literal["judge", "asserts", "person"]
"""Who decides a cell's points: the judge, what the cell shows (an instructor's own asserts, which code that
means to can forge), or a person."""

Hidden = Literal["passed", "failed", "not reached", ""]
"""What came of a check's hidden cases; empty where it has none. They are tried after the public ones."""


@dataclass(frozen=True)
class GradingTask:
    """One submission, with all that grading it needs."""

    week: str
    """The week's folder, `week05_attention`."""
    source: bytes
    """The instructor's notebook (.ipynb): as released, or made from the gradebook's source cells. Its text,
    names and points count, whatever the submission says."""
    submission: bytes
    """The submitted .ipynb, as it came. Nothing is believed of it."""
    seed: int
    """Draws the hidden cases: `grader.autograde.seeds.hidden_seed(secret, week, submission)`."""
    parts: bytes = b""
    """The week's `parts.py`, from the instructor's folder; empty where the week has none."""
    limits: Limits = field(default_factory=Limits)
    required: tuple[Protection, ...] = PROTECTIONS
    """What the sandbox must protect on this machine before anything runs. Empty is the instructor's explicit
    word that the submissions are trusted."""


@dataclass(frozen=True)
class CellGrade:
    """What one graded cell of the source got, and why."""

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
    """The mistake's name, when it is a known one."""
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
    """Where the time went, in seconds."""

    total: float = 0.0
    ready: float = 0.0
    """Until a kernel was there: starting the warm parent, if it was not yet, and forking."""
    cells: float = 0.0
    """Set-up, work and helper cells."""
    checks: float = 0.0
    """Check cells, with the judge's own work."""
    judge: float = 0.0
    """Of these, drawing cases, computing expected values and comparing."""


@dataclass(frozen=True)
class GradedSubmission:
    """What came of one submission."""

    week: str
    notebook: dict[str, Any] | None
    """The graded notebook (nbformat 4): the instructor's cells with the student's answers, the judge's
    reports and, as each check's execute_result, its points. None where nothing could be graded."""
    ledger: tuple[CellGrade, ...]
    """One entry for each graded cell, in the source's order; empty where nothing could be graded."""
    problem: str = ""
    """Why nothing could be graded, in a sentence; a grade that was there before should then stay."""
    odd: tuple[str, ...] = ()
    """What was strange about the submission, and what was made of it: duplicates, missing cells …"""
    signs: tuple[DelegationSign, ...] = ()
    layers: tuple[str, ...] = ()
    """The layers of protection that were in force."""
    reference: str = ""
    """The reference model that the judge used."""
    timings: Timings = Timings()

    @property
    def points(self) -> float:
        """All points that are decided."""
        return sum(grade.points or 0 for grade in self.ledger)

    def to_plain(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
        return asdict(self)
