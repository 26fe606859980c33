"""The trusted executor: one submission in, its grades and the graded notebook out.

`grader.autograde.grade.grade_submission(GradingTask(...))` is the only entry point. `nbgrader autograde`,
formgrader's button and the class run all use it. Importing that module takes seconds, since it needs PyTorch;
this one holds the types of its arguments and results, and is light.
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
