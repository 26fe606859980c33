"""Merges a student's answers into the released notebook, and notes the checks that its cells call."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.autograde.source import SourceNotebook
from grader.autograde.submission import SubmittedCell
from utils.checks.engine.check import Check
from utils.notebook import assembly


@dataclass(frozen=True)
class NotebookStep(assembly.Step):
    """A cell of the notebook that is graded."""

    checks: tuple[Check, ...] = ()
    """The course's checks that it calls; a check cell without any has asserts of the instructor's own."""


@dataclass
class MergedNotebook:
    """The notebook that is graded."""

    steps: list[NotebookStep]
    odd: list[str] = field(default_factory=list)
    unwritten: frozenset[str] = frozenset()
    """Names that no cell defines, because their answers are not written."""


def merge_answers(source: SourceNotebook, submitted: Sequence[SubmittedCell]) -> MergedNotebook:
    """Returns the instructor's cells in order, with the student's answers in them and own cells between them.

    Raises:
        Unreadable: the submission is not of this notebook.
    """
    made = assembly.assemble_notebook(source.week, source.cells, submitted)
    steps = [
        NotebookStep(**vars(step), checks=source.checks_of(step.cell) if step.is_check else ())
        for step in made.steps
    ]
    return MergedNotebook(steps, made.remarks, made.unwritten)
