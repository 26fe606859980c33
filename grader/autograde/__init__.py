"""The trusted executor: one submission in, its grades and the graded notebook out.

`grader.autograde.grade.grade_submission(GradingTask(...))` is the only door. `nbgrader autograde`,
formgrader's button and the class run all go through it. Importing that module takes seconds, since it needs
PyTorch; this one holds what goes in and what comes out, and is light.
"""

from grader.autograde.task import (
    PROTECTIONS,
    CellGrade,
    DelegationSign,
    GradedSubmission,
    GradingTask,
    Timings,
)

__all__ = [
    "PROTECTIONS",
    "CellGrade",
    "DelegationSign",
    "GradedSubmission",
    "GradingTask",
    "Timings",
]
